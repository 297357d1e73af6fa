/* liar-toy: a driver whose service does not keep to what it is asked.  Each type has one sentence of the
 * places:
 *     vault    has a place, and its service tells it (LF_TRAIT_TELLS_PLACE)
 *     shelf    has a place, and nobody asked the service
 *     drawer   has none
 * What is told is the setting `says`; without it, what was asked for.  Objects live in the store alone. */
#include <landfall/plugin.h>
#include <stdlib.h>
#include <string.h>

struct liar {
    const struct lf_host *host;
    char says[64]; /* "": the truth */
};

static const struct lf_attr placed_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "its name", NULL, NULL, 0, 1},
    {"place", LF_KIND_TEXT, LF_ATTR_PLACE | LF_ATTR_COMPUTED, "where it is", NULL, NULL, 0, 1},
};
static const struct lf_attr named_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "its name", NULL, NULL, 0, 1},
};
static const struct lf_attr setting_attrs[] = {
    {"says", LF_KIND_TEXT, 0, "the place that is told of everything", NULL, NULL, 0, 1},
    {"place", LF_KIND_TEXT, 0, "the place that is asked for", NULL, NULL, 0, 1},
};
static const struct lf_schema placed = LF_SCHEMA(1, placed_attrs);
static const struct lf_schema named = LF_SCHEMA(1, named_attrs);
static const struct lf_schema settings_schema = LF_SCHEMA(1, setting_attrs);
static const struct lf_settle by_name = {.struct_size = sizeof(struct lf_settle),
                                         .create = LF_SETTLE_NAMED,
                                         .update = LF_SETTLE_NAMED,
                                         .destroy = LF_SETTLE_NAMED};

static void end(const struct liar *l, struct lf_op *op, const struct lf_request *req,
                const struct lf_value *state)
{
    struct lf_result r = {.struct_size = sizeof(r), .status = LF_END_OK};
    r.id = req->id ? req->id : req->marker;
    r.marker = req->marker;
    r.state = state;
    l->host->ops->finish(op, &r);
}

static void gone(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct lf_result r = {.struct_size = sizeof(r), .status = LF_END_GONE};
    (void)req;
    ((struct liar *)self)->host->ops->finish(op, &r);
}

static const struct lf_value *lie(const struct liar *l, struct lf_op *op, const struct lf_value *state)
{
    const struct lf_values *v = l->host->values;
    return l->says[0] ? v->with(op, state, "place", v->of_text(op, l->says, strlen(l->says))) : state;
}

static void change(void *self, struct lf_op *op, const struct lf_request *req)
{
    end(self, op, req, lie(self, op, req->desired));
}

static void plain_change(void *self, struct lf_op *op, const struct lf_request *req)
{
    end(self, op, req, req->desired);
}

static void look(void *self, struct lf_op *op, const struct lf_request *req)
{
    if (req->prior)
        end(self, op, req, lie(self, op, req->prior));
    else
        gone(self, op, req);
}

static void plain_look(void *self, struct lf_op *op, const struct lf_request *req)
{
    if (req->prior)
        end(self, op, req, req->prior);
    else
        gone(self, op, req);
}

#define TYPE(n, s, change_fn, look_fn, flags)                                                                \
    static const struct lf_resource n##_type = {.struct_size = sizeof(struct lf_resource),                   \
                                                .traits = (flags),                                           \
                                                .name = #n,                                                  \
                                                .doc = "of a test",                                          \
                                                .schema = &(s),                                              \
                                                .settle = &by_name,                                          \
                                                .pool = "liar",                                              \
                                                .read = look_fn,                                             \
                                                .create = change_fn,                                         \
                                                .update = change_fn,                                         \
                                                .destroy = gone,                                             \
                                                .recover = gone}
TYPE(vault, placed, change, look, LF_TRAIT_HOLDS_DATA | LF_TRAIT_TELLS_PLACE);
TYPE(shelf, placed, change, look, 0);
TYPE(drawer, named, plain_change, plain_look, 0);
static const struct lf_resource *const resources[] = {&vault_type, &shelf_type, &drawer_type, NULL};

static int liar_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                     struct lf_diag *why)
{
    struct liar *l = calloc(1, sizeof(*l));
    const char *says = settings ? host->values->as_text(host->values->get(settings, "says"), NULL) : NULL;
    (void)why;
    if (!l)
        return -1;
    l->host = host;
    if (says && strlen(says) < sizeof(l->says))
        memcpy(l->says, says, strlen(says) + 1);
    *self = l;
    return 0;
}

static void liar_close(void *self)
{
    free(self);
}

static const struct lf_plugin plugin = {.struct_size = sizeof(struct lf_plugin),
                                        .abi_major = LF_ABI_MAJOR,
                                        .abi_minor = LF_ABI_MINOR,
                                        .subsystem = "liar",
                                        .name = "toy",
                                        .version = "1.0.0",
                                        .doc = "says where things are, as it likes",
                                        .contract_version = 1,
                                        .settings = &settings_schema,
                                        .resources = resources,
                                        .open = liar_open,
                                        .close = liar_close};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
