/* A plugin as it was written for version 1.0 of the contract, against the header of that day.  It uses every
 * service once.  It is frozen with its header: whatever the core becomes, this file compiles and its plugin
 * runs. */
#include "plugin.h"

#include <stdlib.h>
#include <string.h>

struct frozen {
    const struct lf_host *host;
    char greeting[32];
};

/* ---- contract ------------------------------------------------------------------------------------- */

static const struct lf_attr part_attrs[] = {
    {"size_gb", LF_KIND_INT, LF_ATTR_REQUIRED, "gigabytes (10^9 bytes)", NULL, NULL, 0, 1},
};
static const struct lf_schema part_schema = LF_SCHEMA(1, part_attrs);

static const struct lf_attr thing_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "its name", NULL, NULL, 0, 1},
    {"tags", LF_KIND_LIST, LF_ATTR_UNORDERED, "words", NULL, "[]", LF_KIND_TEXT, 1},
    {"parts", LF_KIND_LIST, 0, "its parts", &part_schema, NULL, 0, 1},
    {"greeting", LF_KIND_TEXT, LF_ATTR_COMPUTED, "what it says", NULL, NULL, 0, 1},
    {"key", LF_KIND_SECRET, LF_ATTR_SECRET | LF_ATTR_COMPUTED, "what opens it", NULL, NULL, 0, 1},
};
static const struct lf_schema thing_schema = LF_SCHEMA(3, thing_attrs);

static const struct lf_attr setting_attrs[] = {
    {"greeting", LF_KIND_TEXT, 0, "what things say", NULL, "\"hello\"", 0, 1},
    {"password", LF_KIND_SECRET, LF_ATTR_SECRET, "of the service", NULL, NULL, 0, 1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

static const struct lf_attr say_attrs[] = {
    {"what", LF_KIND_TEXT, LF_ATTR_REQUIRED, "the words", NULL, NULL, 0, 1},
};
static const struct lf_schema say_schema = LF_SCHEMA(1, say_attrs);

static const struct lf_settle settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_TOKENED,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
    .token_retention_s = 86400,
    .max_inflight_ms = 1500,
};

/* ---- create: a worker job, a save, a pause, the end ------------------------------------------------- */

struct making {
    struct frozen *self;
    const struct lf_request *req;
    char worked[16];
};

static void finish(struct frozen *self, struct lf_op *op, uint32_t status)
{
    struct lf_result r = {.struct_size = sizeof(r), .status = status};
    self->host->ops->finish(op, &r);
}

static void rested(struct lf_op *op, void *user, int canceled)
{
    struct making *m = user;
    const struct lf_values *v = m->self->host->values;
    if (canceled) {
        finish(m->self, op, LF_END_UNSURE);
        return;
    }
    const char *greeting = m->self->greeting;
    struct lf_result r = {.struct_size = sizeof(r), .status = LF_END_OK, .id = m->worked};
    r.marker = m->req->marker;
    r.state = v->with(op, m->req->desired, "greeting", v->of_text(op, greeting, strlen(greeting)));
    r.state = v->with(op, r.state, "key", v->of_secret(op, "open sesame", 11));
    r.memo = v->from_json(op, "{\"seen\":[1,2.5,true,null]}", 26);
    m->self->host->ops->finish(op, &r);
}

static void saved(struct lf_op *op, void *user, int canceled)
{
    struct making *m = user;
    if (canceled)
        finish(m->self, op, LF_END_UNSURE);
    else
        m->self->host->ops->after(op, 1, rested, m);
}

static void work_on_thread(void *user)
{
    struct making *m = user;
    memcpy(m->worked, "made-1", 7);
}

static void worked(struct lf_op *op, void *user, int canceled)
{
    struct making *m = user;
    const struct lf_values *v = m->self->host->values;
    if (canceled)
        finish(m->self, op, LF_END_UNSURE);
    else
        m->self->host->ops->save(op, m->worked, v->with(op, NULL, "step", v->of_int(op, 1)), saved, m);
}

static void thing_create(void *user, struct lf_op *op, const struct lf_request *req)
{
    struct frozen *self = user;
    struct lf_diag note = {.struct_size = sizeof(note), .severity = LF_DIAG_HINT};
    note.code = "old.making";
    note.summary = "making a thing";
    self->host->ops->note(op, &note);
    struct making *m = self->host->ops->scratch(op, sizeof(*m));
    m->self = self;
    m->req = req;
    self->host->wait->work(op, "old", work_on_thread, worked, m);
}

/* ---- the other verbs ---------------------------------------------------------------------------------- */

static void thing_read(void *user, struct lf_op *op, const struct lf_request *req)
{
    struct frozen *self = user;
    struct lf_result r = {.struct_size = sizeof(r), .status = req->prior ? LF_END_OK : LF_END_GONE};
    r.id = req->id;
    r.state = req->prior;
    self->host->ops->finish(op, &r);
}

static void thing_destroy(void *user, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    finish(user, op, LF_END_GONE);
}

static void thing_read_many(void *user, struct lf_op *op, const struct lf_request *const *reqs, size_t count)
{
    struct frozen *self = user;
    for (size_t i = 0; i < count; i++) {
        struct lf_result r = {.struct_size = sizeof(r), .status = reqs[i]->prior ? LF_END_OK : LF_END_GONE};
        r.state = reqs[i]->prior;
        self->host->ops->item(op, i, &r);
    }
    finish(self, op, LF_END_OK);
}

static void thing_estimate(void *user, struct lf_op *op, const struct lf_request *req)
{
    struct frozen *self = user;
    const struct lf_cost costs[] = {
        {"one thing", "old.thing", "thing", LF_PER_MONTH, 0, 1000, 1000, 1000},
        {"its traffic", "old.traffic", "gb", LF_PER_MONTH, LF_COST_UNBOUNDED, 0, 500, 9000},
    };
    (void)req;
    struct lf_result r = {.struct_size = sizeof(r), .status = LF_END_OK};
    r.costs = costs;
    r.cost_count = 2;
    r.cost_size = sizeof(costs[0]);
    self->host->ops->finish(op, &r);
}

static void thing_owned(void *user, struct lf_op *op, const struct lf_request *req)
{
    struct frozen *self = user;
    struct lf_result r = {.struct_size = sizeof(r), .status = LF_END_OK, .id = "a", .marker = "lf1.a"};
    (void)req;
    self->host->ops->found(op, &r);
    r.id = "b";
    r.marker = "lf1.b";
    self->host->ops->found(op, &r);
    finish(self, op, LF_END_OK);
}

static void file_read(struct lf_op *op, const struct lf_reply *reply, void *user)
{
    struct frozen *self = user;
    const struct lf_http *http = self->host->http;
    size_t len = 0;
    const char *bytes = http->body(reply, &len);
    if (http->sent(reply) != LF_SENT_REPLY || http->status(reply) != 200) {
        finish(self, op, http->status(reply) == 404 ? LF_END_GONE : LF_END_CANNOT_TELL);
        return;
    }
    struct lf_result r = {.struct_size = sizeof(r), .status = LF_END_OK, .id = "found"};
    const struct lf_values *v = self->host->values;
    r.state = v->with(op, NULL, "name", v->of_text(op, bytes, len));
    self->host->ops->finish(op, &r);
}

/* The name of a file, for want of a service. */
static void thing_find(void *user, struct lf_op *op, const struct lf_request *req)
{
    struct frozen *self = user;
    const char *path = self->host->values->as_text(self->host->values->get(req->desired, "name"), NULL);
    self->host->files->read(op, path, 1000, file_read, self);
}

static const char *thing_lane(void *user, struct lf_op *op, const struct lf_request *req)
{
    (void)user;
    (void)op;
    return req->address;
}

static void say(void *user, struct lf_op *op, const struct lf_request *req)
{
    struct frozen *self = user;
    struct lf_result r = {.struct_size = sizeof(r), .status = LF_END_OK};
    r.reply = self->host->values->with(op, NULL, "said", self->host->values->get(req->args, "what"));
    self->host->ops->finish(op, &r);
}

/* ---- plugin ---------------------------------------------------------------------------------------------
 */

static int frozen_open(const struct lf_host *host, const struct lf_value *settings, void **out,
                       struct lf_diag *why)
{
    size_t len = 0;
    const char *greeting = host->values->as_text(host->values->get(settings, "greeting"), &len);
    if (!greeting || len >= 32) {
        why->code = "old.long_greeting";
        why->path = "greeting";
        why->summary = "things cannot say more than 31 bytes";
        return -1;
    }
    struct frozen *self = calloc(1, sizeof(*self));
    if (!self)
        return -1;
    self->host = host;
    memcpy(self->greeting, greeting, len);
    *out = self;
    return 0;
}

static void frozen_close(void *self)
{
    free(self);
}

static const struct lf_resource thing = {
    .struct_size = sizeof(thing),
    .traits = LF_TRAIT_HOLDS_DATA,
    .name = "thing",
    .doc = "a thing",
    .schema = &thing_schema,
    .settle = &settle,
    .pool = "old",
    .lane = thing_lane,
    .read = thing_read,
    .create = thing_create,
    .destroy = thing_destroy,
    .estimate = thing_estimate,
    .find = thing_find,
    .owned = thing_owned,
    .read_many = thing_read_many,
    .max_batch = 50,
};
static const struct lf_resource *const things[] = {&thing, NULL};

static const struct lf_call say_call = {
    .struct_size = sizeof(say_call),
    .name = "say",
    .doc = "says something",
    .args = &say_schema,
    .settle = &settle,
    .run = say,
};
static const struct lf_call *const calls[] = {&say_call, NULL};

static const struct lf_plugin plugin = {
    .struct_size = sizeof(plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 0,
    .subsystem = "old",
    .name = "frozen",
    .version = "1.0.0",
    .doc = "as plugins were in version 1.0",
    .contract_version = 1,
    .settings = &setting_schema,
    .resources = things,
    .calls = calls,
    .open = frozen_open,
    .close = frozen_close,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
