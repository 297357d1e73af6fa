#include "run/verdict.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "io/loop.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "store/store.h"

struct work {
    const struct verdict_ask *ask;
    struct arena *mem;
    const struct store_op *op; /* NULL: only a row */
    uint32_t status;
    const struct value *state, *memo;
    const char *id, *marker, *words;
    bool ok, waiting;
    struct err failure;
};

static const struct store_op *find_op(const struct verdict_ask *ask)
{
    for (size_t i = 0; i < ask->truth->op_count; i++) {
        if (strcmp(ask->truth->ops[i].address, ask->address) == 0)
            return &ask->truth->ops[i];
    }
    return NULL;
}

/* NULL: none.  The newest, where an older one is still to be destroyed. */
static const struct store_res *find_row(const struct verdict_ask *ask)
{
    const struct store_res *found = NULL;
    for (size_t i = 0; i < ask->truth->res_count; i++) {
        const struct store_res *res = &ask->truth->res[i];
        if (strcmp(res->address, ask->address) == 0 && (!found || res->generation > found->generation))
            found = res;
    }
    return found;
}

static void answered(struct work *w)
{
    w->waiting = false;
    loop_stop(w->ask->loop);
}

/* A stop that somebody else asked for does not answer the question. */
static void wait_for_answer(struct work *w)
{
    w->waiting = true;
    while (w->waiting)
        loop_run(w->ask->loop);
}

static void on_committed(void *user, bool ok, const struct err *err)
{
    struct work *w = user;
    w->ok = ok;
    if (!ok)
        w->failure = *err;
    answered(w);
}

static const char *const verbs[] = {
    [VERDICT_KEEP] = "keep", [VERDICT_RETRY] = "retry", [VERDICT_FORGET] = "forget"};

/* " (seen in the console)" */
static const char *reason(const struct work *w)
{
    return w->ask->why && w->ask->why[0] ? arena_print(w->mem, " (%s)", w->ask->why) : "";
}

static void put_audit(struct work *w)
{
    const struct verdict_ask *ask = w->ask;
    const struct pair pairs[] = {{"address", value_text(w->mem, ask->address)},
                                 {"by", value_text(w->mem, ask->by)},
                                 {"id", value_text_or_null(w->mem, ask->id)},
                                 {"verdict", value_text(w->mem, verbs[ask->verdict])},
                                 {"why", value_text_or_null(w->mem, ask->why)}};
    store_put_audit(ask->writer, "resolved",
                    value_json_text(w->mem, value_map(w->mem, pairs, COUNT_OF(pairs))));
}

/* Everything put so far becomes durable together with the event and the entry that say who decided what. */
static bool commit(struct work *w, const char *text, struct err *err)
{
    const struct tick *tick = loop_tick(w->ask->loop);
    struct event e = {.kind = EVENT_RESOLVED,
                      .wall_ms = tick->wall_ms(tick->user),
                      .run_id = "",
                      .address = w->ask->address,
                      .verb = verbs[w->ask->verdict],
                      .text = arena_print(w->mem, "by %s: %s", w->ask->by, text)};
    store_put_event(w->ask->writer, &e);
    put_audit(w);
    if (w->ask->keep)
        w->ask->keep(w->ask->keep_user, &e);
    store_after_commit(w->ask->writer, on_committed, w);
    wait_for_answer(w);
    if (!w->ok) {
        *err = w->failure;
        return false;
    }
    if (w->ask->tell)
        w->ask->tell(w->ask->tell_user, &e);
    return true;
}

static void move_op(struct work *w, enum store_op_state to, const char *reason)
{
    struct store_op op = *w->op;
    op.state = to;
    op.reason = reason;
    op.ext_id = w->id ? w->id : op.ext_id;
    op.fence = store_writer_fence(w->ask->writer);
    store_move_op(w->ask->writer, w->op->state, w->op->attempt, &op);
}

/* ---- keep ------------------------------------------------------------------------------------------- */

static void on_item(void *user, struct op *op, size_t n, const struct op_result *result)
{
    (void)op;
    (void)n;
    struct work *w = user;
    w->status = result->status;
    w->state = result->state ? value_copy(w->mem, result->state) : NULL;
    w->memo = result->memo ? value_copy(w->mem, result->memo) : NULL;
    w->id = arena_text(w->mem, result->id);
    w->marker = arena_text(w->mem, result->marker);
    if (result->broke)
        w->words = arena_text(w->mem, result->broke);
}

static void on_note(void *user, struct op *op, const struct diag *note)
{
    (void)op;
    struct work *w = user;
    w->words = arena_text(w->mem, note->summary);
}

static void on_end(void *user, struct op *op)
{
    (void)op;
    answered(user);
}

static bool read_back(struct work *w, const struct driver *driver, const struct contract_type *type,
                      struct err *err)
{
    static const struct op_events events = {.item = on_item, .note = on_note, .end = on_end};
    const struct value *desired = NULL;
    if (w->op->desired && !value_json_parse(w->mem, w->op->desired, strlen(w->op->desired), &desired, err))
        return false;
    struct op_item item = {.verb = LF_VERB_READ,
                           .attempt = 1,
                           .address = w->op->address,
                           .marker = w->op->marker,
                           .id = w->ask->id,
                           .prior = desired,
                           .desired = desired};
    struct op_ask ask = {.driver = driver, .type = type, .items = &item, .count = 1, .read_only = true};
    op_start(&ask, &events, w);
    wait_for_answer(w);
    if (w->status == LF_END_OK || w->status == LF_END_DAMAGED)
        return true;
    err_set(err, "resolve.not_there", "%s-%s has no object '%s' to keep: %s", driver->subsystem, driver->name,
            w->ask->id,
            w->words                   ? w->words
            : w->status == LF_END_GONE ? "it is not there"
                                       : "it cannot be read");
    return err_advise(err, "give the id as the service shows it, or decide for --retry or --forget");
}

static const char *meta_json(struct arena *mem, const struct value *meta, const char *key)
{
    const struct value *v = value_get(meta, key);
    return value_is_null(v) ? NULL : value_json_text(mem, v);
}

/* Whose the object is, as far as it can say. */
static bool may_keep(struct work *w, const struct contract_type *type, struct err *err)
{
    const struct store_op *op = w->op;
    if ((type->facts.traits & CATALOG_MARKLESS) != 0 || !op->marker ||
        (w->marker && strcmp(w->marker, op->marker) == 0))
        return true;
    err_set(err, "resolve.foreign", "'%s' carries %s%s, not that of '%s'", w->ask->id,
            w->marker ? "the marker " : "no marker", w->marker ? w->marker : "", op->address);
    return err_advise(err,
                      "it is not what landfall made: decide for --retry or --forget, then `landfall adopt %s "
                      "%s` takes an object over",
                      w->ask->region, op->address);
}

/* The row that stands for it: what was asked last, or, where it was to be destroyed, what it was before. */
static struct store_res row_of(struct work *w, const struct value *meta)
{
    const struct store_op *op = w->op;
    const struct store_snapshot *t = w->ask->truth;
    for (size_t i = 0; op->verb == LF_VERB_DESTROY && i < t->res_count; i++) {
        if (strcmp(t->res[i].address, op->address) == 0 && t->res[i].generation == op->generation)
            return t->res[i];
    }
    return (struct store_res){.address = op->address,
                              .generation = op->generation,
                              .kind = op->kind,
                              .subsystem = op->subsystem,
                              .type = op->type,
                              .instance = op->instance,
                              .desired = op->desired,
                              .depends_on = meta_json(w->mem, meta, "depends_on"),
                              .holds = meta_json(w->mem, meta, "holds"),
                              .declared_at = value_get_text(meta, "declared_at", NULL),
                              .adopted = value_get_bool(meta, "adopted", false),
                              .shared = value_get_bool(meta, "shared", false),
                              .protect = value_get_bool(meta, "protect", false)};
}

static bool keep(struct work *w, struct err *err)
{
    const struct store_op *op = w->op;
    const struct driver *driver = registry_find(w->ask->registry, op->subsystem, op->instance);
    const struct contract_type *type = driver ? driver_type(driver, op->type) : NULL;
    const struct value *meta = NULL;
    if (!type) {
        err_set(err, "resolve.no_driver", "the region no longer names the driver of '%s' ('%s')", op->address,
                op->driver);
        return err_advise(err, "put the drivers block back, then resolve");
    }
    if (!read_back(w, driver, type, err) ||
        (op->meta && !value_json_parse(w->mem, op->meta, strlen(op->meta), &meta, err)))
        return false;
    if (!may_keep(w, type, err))
        return false;
    struct store_res row = row_of(w, meta);
    row.driver = driver->name;
    row.driver_version = driver->version;
    row.schema_version = type->facts.schema->version;
    row.ext_id = w->id ? w->id : w->ask->id;
    row.marker = op->marker;
    row.observed = w->state ? value_json_stored(w->mem, w->state) : row.desired;
    row.memo = w->memo ? value_json_stored(w->mem, w->memo) : NULL;
    row.damaged = w->status == LF_END_DAMAGED;
    store_put_res(w->ask->writer, &row);
    move_op(w, STORE_OP_DONE, NULL);
    return commit(w, arena_print(w->mem, "kept: '%s' is it%s", w->ask->id, reason(w)), err);
}

/* ---- the other two, and the choice -------------------------------------------------------------------- */

static bool forget(struct work *w, struct err *err)
{
    const struct store_snapshot *t = w->ask->truth;
    for (size_t i = 0; i < t->res_count; i++) {
        if (strcmp(t->res[i].address, w->ask->address) == 0)
            store_remove_res(w->ask->writer, t->res[i].address, t->res[i].generation);
    }
    const char *text = arena_print(w->mem, "forgotten: %s", w->ask->why);
    for (size_t i = 0; i < t->op_count; i++) {
        w->op = &t->ops[i];
        if (strcmp(w->op->address, w->ask->address) == 0)
            move_op(w, STORE_OP_FAILED, text);
    }
    return commit(w, text, err);
}

/* What was built stands as the record has it: there is no question that a word could answer. */
static bool in_order(const struct verdict_ask *ask, const struct store_res *row, struct err *err)
{
    const char *region = ask->region, *address = ask->address;
    err_set(err, "resolve.nothing", "there is nothing to resolve: no call of '%s' is in doubt", address);
    err_detail(err, "the store of '%s' has it as done%s%s%s%s", region, row->ext_id ? ", as '" : "",
               row->ext_id ? row->ext_id : "", row->ext_id ? "'" : "",
               row->damaged ? ", and as damaged: the next apply makes it anew" : "");
    if (row->kind != DECL_RESOURCE)
        return err_advise(err, "to have it done once more: landfall resolve %s %s --forget --why TEXT",
                          region, address);
    return err_advise(err,
                      "what is there now: landfall plan %s --target %s; to make it anew: landfall apply %s "
                      "--replace %s; to let go of it: landfall resolve %s %s --forget --why TEXT",
                      region, address, region, address, region, address);
}

/* Of all that could be settled or let go of. */
static const char *nearest(const struct verdict_ask *ask, struct arena *tmp)
{
    const struct store_snapshot *t = ask->truth;
    const char **names = ARENA_ARRAY(tmp, const char *, t->op_count + t->res_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < t->op_count; i++)
        names[count++] = t->ops[i].address;
    for (size_t i = 0; i < t->res_count; i++)
        names[count++] = t->res[i].address;
    return str_nearest(ask->address, names, count);
}

static bool nothing_open(const struct verdict_ask *ask, struct err *err)
{
    const struct store_res *row = find_row(ask);
    if (row)
        return in_order(ask, row, err);
    struct arena *tmp = arena_new();
    const char *near = nearest(ask, tmp);
    err_set(err, "resolve.nothing",
            "nothing is known of '%s' in '%s': nothing of it stands, and nothing is in doubt", ask->address,
            ask->region);
    if (near)
        err_advise(err, "did you mean '%s'?", near);
    else if (str_starts(ask->address, "human."))
        err_advise(err, "what a person did is told with: landfall done %s %s --by WHO --evidence PROOF",
                   ask->region, ask->address);
    else
        err_advise(err, "landfall status %s lists what is held; landfall plan %s what is still to be built",
                   ask->region, ask->region);
    arena_free(tmp);
    return false;
}

bool verdict_check(const struct verdict_ask *ask, struct err *err)
{
    return find_op(ask) || (ask->verdict == VERDICT_FORGET && find_row(ask)) || nothing_open(ask, err);
}

bool verdict_run(const struct verdict_ask *ask, struct err *err)
{
    struct work w = {.ask = ask, .mem = arena_new(), .op = find_op(ask)};
    bool ok;
    if (!verdict_check(ask, err)) {
        ok = false;
    } else if (ask->verdict == VERDICT_KEEP) {
        ok = keep(&w, err);
    } else if (ask->verdict == VERDICT_FORGET) {
        ok = forget(&w, err);
    } else {
        move_op(&w, STORE_OP_FAILED, "resolved: it did not happen");
        ok = commit(&w, arena_print(w.mem, "it did not happen: the next apply plans it anew%s", reason(&w)),
                    err);
    }
    arena_free(w.mem);
    return ok;
}
