/* null-null: a driver that does nothing, in full.  Copy it to begin a driver of your own.
 *
 * A `null.thing` exists nowhere but in landfall's own store.  So the truth about it is what the store
 * remembers (`prior`), nothing can be lost or doubled, and each verb shows its shape without the noise of
 * a service behind it.  It also serves as the floor of every benchmark: what a step costs on this driver
 * is what the core costs.
 *
 * How to read it: the record at the end of the file is what the core sees first; follow it upwards.
 */
#include "kit.h"

#include <stdlib.h>

/* One per instance: `null` and `null/other` in a region's drivers block are two of these. */
struct null {
    struct kit kit;    /* the host's tables                  */
    uint64_t delay_ms; /* how long a create pretends to work */
};

/* ---- the type's schema -------------------------------------------------------------------- */

/* One line per attribute.  The flags do the planning: a change of a FIXED one is a replacement, a COMPUTED
 * one is unknown until the driver has spoken, a KEY names the object within its instance, a SECRET never
 * reaches a plan, the store or a log as text.  There is no `id` here: every type has it. */
static const struct lf_attr thing_attrs[] = {
    {"value", LF_KIND_ANY, 0, "anything at all, kept as it is", NULL, NULL, 0, 1},
    {"name", LF_KIND_TEXT, LF_ATTR_FIXED, "a name; another name is another thing", NULL, NULL, 0, 1},
    {"size", LF_KIND_INT, 0, "a size, in no unit", NULL, NULL, 0, 1},
    {"secret", LF_KIND_TEXT, LF_ATTR_SECRET, "a secret, kept sealed", NULL, NULL, 0, 1},
    {"echo", LF_KIND_TEXT, LF_ATTR_COMPUTED, "the same as `name`, known once the thing is made", NULL, NULL,
     0, 1},
};
static const struct lf_schema thing_schema = LF_SCHEMA(1, thing_attrs);

static const struct lf_attr echo_attrs[] = {
    {"value", LF_KIND_ANY, LF_ATTR_REQUIRED, "anything; the reply holds the same", NULL, NULL, 0, 1},
};
static const struct lf_schema echo_schema = LF_SCHEMA(1, echo_attrs);

static const struct lf_attr setting_attrs[] = {
    {"delay_ms", LF_KIND_INT, 0, "how long each create waits before it answers, in milliseconds", NULL, "0",
     0, 1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

/* How a doubt about a change is settled after a crash.  NAMED says that doing it twice is doing it once.
 * Be honest here: the core builds the promise "never lost, never doubled" on these three words. */
static const struct lf_settle settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_NAMED,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
};

/* ---- the verbs ---------------------------------------------------------------------------- */

/* The truth after a change.  Without a name it is the very value that was asked for: nothing is copied. */
static const struct lf_value *truth(const struct null *null, struct lf_op *op, const struct lf_request *req)
{
    const char *name = kit_get_text(&null->kit, req->desired, "name");
    return name ? kit_put_text(&null->kit, op, req->desired, "echo", name) : req->desired;
}

/* What a changing verb answers.  The id is the service's name for the object; here the marker will do. */
static struct lf_result changed(const struct null *null, struct lf_op *op, const struct lf_request *req)
{
    if (req->verb == LF_VERB_DESTROY)
        return kit_result(LF_END_GONE);
    struct lf_result result = kit_result(LF_END_OK);
    result.id = req->id ? req->id : req->marker;
    result.marker = req->marker;
    result.state = truth(null, op, req);
    return result;
}

/* GONE is a definite "not there".  A driver that got no answer says CANNOT_TELL. */
static struct lf_result remembered(const struct lf_request *req)
{
    if (!req->prior)
        return kit_result(LF_END_GONE);
    struct lf_result result = kit_result(LF_END_OK);
    result.id = req->id;
    result.marker = req->marker;
    result.state = req->prior;
    return result;
}

static void thing_read(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct null *null = self;
    struct lf_result result = remembered(req);
    null->kit.ops->finish(op, &result);
}

/* Waiting is ops->after: a verb returns at once, and goes on in a callback.  `canceled` says that the core
 * no longer wants the outcome; then nothing more may happen. */
static void create_waited(struct lf_op *op, void *user, int canceled)
{
    struct kit_batch *batch = user;
    for (size_t i = 0; i < batch->count; i++) {
        struct lf_result result =
            canceled ? kit_result(LF_END_CANCELED) : changed(batch->self, op, batch->reqs[i]);
        kit_batch_answer(batch, i, &result);
    }
    kit_batch_end(batch);
}

static void thing_create(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct null *null = self;
    if (null->delay_ms > 0) {
        struct kit_batch *batch = kit_batch_one(&null->kit, self, op, req);
        null->kit.ops->after(op, null->delay_ms, create_waited, batch);
        return;
    }
    struct lf_result result = changed(null, op, req);
    null->kit.ops->finish(op, &result);
}

/* A create that finds its own object, an update and a destroy that were already done all answer as if
 * they had just done it.  With nothing outside the store that needs no looking. */
static void thing_change(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct null *null = self;
    struct lf_result result = changed(null, op, req);
    null->kit.ops->finish(op, &result);
}

/* After a crash: did the change happen?  Nothing exists outside the store, so: no, for certain.  The core
 * then sends it again with the same token. */
static void thing_recover(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct null *null = self;
    (void)req;
    kit_finish(&null->kit, op, LF_END_GONE);
}

/* By natural key, for `adopt` and for existing objects: there never is one. */
static void thing_find(void *self, struct lf_op *op, const struct lf_request *req)
{
    thing_recover(self, op, req);
}

/* found() once for each object that carries a marker, then the end. */
static void thing_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct null *null = self;
    (void)req;
    kit_finish(&null->kit, op, LF_END_OK);
}

/* OK without costs means "priced: nothing".  A type that leaves the hook out is "not estimated". */
static void thing_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct null *null = self;
    (void)req;
    kit_finish(&null->kit, op, LF_END_OK);
}

/* ---- many at once ------------------------------------------------------------------------- */

/* Optional, and worth it where the service has bulk calls.  Each request carries its own verb and gets
 * exactly one item(); then the operation as a whole is finished. */
static void thing_read_many(void *self, struct lf_op *op, const struct lf_request *const *reqs, size_t count)
{
    const struct null *null = self;
    for (size_t i = 0; i < count; i++) {
        struct lf_result result = remembered(reqs[i]);
        null->kit.ops->item(op, i, &result);
    }
    kit_finish(&null->kit, op, LF_END_OK);
}

static void thing_change_many(void *self, struct lf_op *op, const struct lf_request *const *reqs,
                              size_t count)
{
    const struct null *null = self;
    if (null->delay_ms > 0) {
        /* As a bulk call would: one wait for all of them. */
        struct kit_batch *batch = kit_batch_many(&null->kit, self, op, reqs, count);
        null->kit.ops->after(op, null->delay_ms, create_waited, batch);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct lf_result result = changed(null, op, reqs[i]);
        null->kit.ops->item(op, i, &result);
    }
    kit_finish(&null->kit, op, LF_END_OK);
}

static void thing_recover_many(void *self, struct lf_op *op, const struct lf_request *const *reqs,
                               size_t count)
{
    const struct null *null = self;
    (void)reqs;
    for (size_t i = 0; i < count; i++) {
        struct lf_result result = kit_result(LF_END_GONE);
        null->kit.ops->item(op, i, &result);
    }
    kit_finish(&null->kit, op, LF_END_OK);
}

/* ---- a call ------------------------------------------------------------------------------- */

/* A named action a playbook can run (`ctx:call(name, null.echo, {...})`), journaled like a change. */
static void echo_run(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct null *null = self;
    struct lf_result result = kit_result(LF_END_OK);
    result.reply = req->args;
    null->kit.ops->finish(op, &result);
}

/* ---- the record --------------------------------------------------------------------------- */

/* What is left out, and what leaving it out means: no lane (requests may overlap freely), no plan (the
 * schema's own diff is the plan), no upgrade (there is only one schema version), max_batch 0 (the core
 * chooses), no traits (a marker is carried, no data is held, the host's gate sees everything). */
static const struct lf_resource thing = {
    .struct_size = sizeof(struct lf_resource),
    .name = "thing",
    .doc = "something that exists only in landfall's store",
    .schema = &thing_schema,
    .settle = &settle,
    .pool = "null",
    .read = thing_read,
    .create = thing_create,
    .destroy = thing_change,
    .update = thing_change,
    .recover = thing_recover,
    .estimate = thing_estimate,
    .find = thing_find,
    .owned = thing_owned,
    .read_many = thing_read_many,
    .change_many = thing_change_many,
    .recover_many = thing_recover_many,
    .find_many = thing_recover_many,
};
static const struct lf_resource *const resources[] = {&thing, NULL};

static const struct lf_call echo = {
    .struct_size = sizeof(struct lf_call),
    .name = "echo",
    .doc = "answer with what was sent",
    .args = &echo_schema,
    .reply = &echo_schema,
    .settle = &settle,
    .pool = "null",
    .run = echo_run,
    .recover = thing_recover,
};
static const struct lf_call *const calls[] = {&echo, NULL};

/* No I/O here: it also runs for `plan`, `describe` and shell completion. */
static int null_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                     struct lf_diag *why)
{
    struct null *null = calloc(1, sizeof(*null));
    if (!null) {
        why->summary = "out of memory";
        return -1;
    }
    kit_init(&null->kit, host);
    int64_t delay = kit_get_int(&null->kit, settings, "delay_ms", 0);
    if (delay < 0) {
        why->code = "null.delay";
        why->path = "delay_ms";
        why->summary = "delay_ms must not be negative";
        free(null);
        return -1;
    }
    null->delay_ms = (uint64_t)delay;
    *self = null;
    return 0;
}

static void null_close(void *self)
{
    free(self);
}

/* Checked field by field before any other code of the plugin runs.  The file's name must be
 * <subsystem>-<name>.so, and the schema of `settings` is closed: an unknown setting is an error. */
static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 0,
    .subsystem = "null",
    .name = "null",
    .version = "1.0.0",
    .doc = "does nothing; the template to copy and the floor of every benchmark",
    .contract_version = 1,
    .settings = &setting_schema,
    .resources = resources,
    .calls = calls,
    .open = null_open,
    .close = null_close,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
