/* The respectable half of every misbehaving plugin: a whole descriptor around two verbs.  A plugin defines
 * bad_read and bad_create, or says which it leaves as they are, then BAD_PLUGIN("finishes-twice"). */
#ifndef BAD_H
#define BAD_H

#include <landfall/plugin.h>
#include <string.h>

static const struct lf_attr bad_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_KEY, "its name", NULL, NULL, 0, 1},
};
static const struct lf_schema bad_schema = LF_SCHEMA(1, bad_attrs);
static const struct lf_settle bad_settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_NAMED,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
};

/* The driver's self is the host's table. */
static inline const struct lf_host *bad_host(void *self)
{
    return self;
}

static inline struct lf_result bad_result(uint32_t status)
{
    struct lf_result r;
    memset(&r, 0, sizeof(r));
    r.struct_size = sizeof(r);
    r.status = status;
    r.id = "thing-1";
    r.cost_size = sizeof(struct lf_cost);
    return r;
}

static inline void bad_end(void *self, struct lf_op *op, uint32_t status)
{
    struct lf_result r = bad_result(status);
    bad_host(self)->ops->finish(op, &r);
}

static inline void good_verb(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    bad_end(self, op, LF_END_OK);
}

static inline int bad_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                           struct lf_diag *why)
{
    (void)settings;
    (void)why;
    *self = (void *)host;
    return 0;
}

#define BAD_PLUGIN_WITH(name_, ...)                                                                          \
    static const struct lf_resource bad_thing = {                                                            \
        .struct_size = sizeof(bad_thing),                                                                    \
        .name = "thing",                                                                                     \
        .doc = "a thing",                                                                                    \
        .schema = &bad_schema,                                                                               \
        .settle = &bad_settle,                                                                               \
        __VA_ARGS__,                                                                                         \
    };                                                                                                       \
    static const struct lf_resource *const bad_things[] = {&bad_thing, NULL};                                \
    static const struct lf_plugin bad_plugin = {                                                             \
        .struct_size = sizeof(bad_plugin),                                                                   \
        .abi_major = LF_ABI_MAJOR,                                                                           \
        .abi_minor = LF_ABI_MINOR,                                                                           \
        .subsystem = "bad",                                                                                  \
        .name = (name_),                                                                                     \
        .version = "1.0.0",                                                                                  \
        .doc = "misbehaves",                                                                                 \
        .contract_version = 1,                                                                               \
        .resources = bad_things,                                                                             \
        .open = bad_open,                                                                                    \
    };                                                                                                       \
    LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)                                                     \
    {                                                                                                        \
        return &bad_plugin;                                                                                  \
    }

#define BAD_PLUGIN(name_, read_, create_)                                                                    \
    BAD_PLUGIN_WITH(name_, .read = (read_), .create = (create_), .destroy = good_verb, .update = good_verb)

#endif
