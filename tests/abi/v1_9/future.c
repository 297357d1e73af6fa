/* A plugin of a pretended version 1.9: every struct it hands over is wider than the core of today knows, and
 * it asks LF_HAS before it uses what an older core lacks. */
#include "plugin.h"

#include <string.h>

static const struct lf_attr part_attrs[] = {
    {"size_gb", LF_KIND_INT, LF_ATTR_REQUIRED, "gigabytes (10^9 bytes)", NULL, NULL, 0, 1, "5", 7},
    {"fast", LF_KIND_BOOL, 0, "on fast disks", NULL, "true", 0, 2, "true", 7},
};
static const struct lf_schema part_schema = {
    sizeof(struct lf_schema), 1, part_attrs, 2, sizeof(struct lf_attr), "a part",
};

/* Bit 20 is a flag the core of today has never heard of. */
static const struct lf_attr thing_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | (1u << 20), "its name", NULL, NULL, 0, 1, "x", 1},
    {"parts", LF_KIND_LIST, 0, "its parts", &part_schema, NULL, 0, 1, "[]", 2},
    {"core", LF_KIND_TEXT, LF_ATTR_COMPUTED, "what the core could do", NULL, NULL, 0, 9, NULL, 3},
};
static const struct lf_schema thing_schema = {
    sizeof(struct lf_schema), 1, thing_attrs, 3, sizeof(struct lf_attr), "a thing",
};

static const struct lf_attr setting_attrs[] = {
    {"wants", LF_KIND_TEXT, 0, "a service of the host it cannot do without", NULL, NULL, 0, 9, NULL, 0},
};
static const struct lf_schema setting_schema = {
    sizeof(struct lf_schema), 1, setting_attrs, 1, sizeof(struct lf_attr), "settings",
};

static const struct lf_settle settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = 77, /* a way of settling doubts that is still to be invented */
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
    .fence_ms = 5,
};

static void end_with(const struct lf_host *host, struct lf_op *op, struct lf_result *r)
{
    r->struct_size = sizeof(*r);
    r->console_url = "https://example.com";
    r->spent_ms = 12;
    host->ops->finish(op, r);
}

static void thing_read(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct lf_host *host = self;
    struct lf_result r = {.status = LF_END_OK, .id = "future-1", .state = req->prior};
    end_with(host, op, &r);
}

static void thing_create(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct lf_host *host = self;
    const struct lf_values *v = host->values;
    const char *core = "new";
    if (!LF_HAS(struct lf_ops, host->ops, progress) && !LF_HAS(struct lf_request, req, trace_id))
        core = "old";
    struct lf_diag note = {.struct_size = sizeof(note), .severity = LF_DIAG_WARNING};
    note.code = "new.wide";
    note.summary = "a wide note";
    note.link = "https://example.com";
    host->ops->note(op, &note);
    struct lf_result r = {.status = LF_END_OK, .id = "future-1", .marker = req->marker};
    r.state = v->with(op, req->desired, "core", v->of_text(op, core, 3));
    end_with(host, op, &r);
}

static void thing_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    static const struct lf_cost costs[] = {
        {"a", "new.a", "one", LF_PER_HOUR, 0, 1, 2, 3, 4, "gold"},
        {"b", "new.b", "two", LF_PER_ONCE, 0, 5, 6, 7, 8, "gold"},
    };
    (void)req;
    struct lf_result r = {.status = LF_END_OK, .costs = costs, .cost_count = 2};
    r.cost_size = sizeof(costs[0]);
    end_with(self, op, &r);
}

static void never_called(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    struct lf_result r = {.status = LF_END_FAILED};
    end_with(self, op, &r);
}

static int future_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                       struct lf_diag *why)
{
    const char *wants = host->values->as_text(host->values->get(settings, "wants"), NULL);
    if (wants && strcmp(wants, "weather") == 0 && !(LF_HAS(struct lf_host, host, weather) && host->weather))
        why->summary = "this core has no weather service";
    if (wants && strcmp(wants, "files") == 0 && !(LF_HAS(struct lf_host, host, files) && host->files))
        why->summary = "this core has no files service";
    if (LF_HAS(struct lf_diag, why, link))
        why->link = "https://example.com";
    *self = (void *)host;
    return why->summary ? -1 : 0;
}

static const struct lf_resource thing = {
    .struct_size = sizeof(thing),
    .name = "thing",
    .doc = "a thing",
    .schema = &thing_schema,
    .settle = &settle,
    .read = thing_read,
    .create = thing_create,
    .destroy = thing_read,
    .estimate = thing_estimate,
    .rename = never_called,
    .hints = 3,
};
static const struct lf_resource *const things[] = {&thing, NULL};

static const struct lf_plugin plugin = {
    .struct_size = sizeof(plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 0,
    .subsystem = "new",
    .name = "future",
    .version = "1.9.0",
    .doc = "as plugins may be in version 1.9",
    .contract_version = 9,
    .settings = &setting_schema,
    .resources = things,
    .open = future_open,
    .health = never_called,
    .hints = 1,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
