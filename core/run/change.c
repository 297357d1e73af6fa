#include "run/change.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "io/loop.h"
#include "model/schema.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/taken.h"
#include "plugin/registry.h"
#include "run/change_residence.h"
#include "run/change_state.h"

static const char *verb_name(uint32_t verb)
{
    return verb == LF_VERB_CREATE    ? "create"
           : verb == LF_VERB_UPDATE  ? "update"
           : verb == LF_VERB_DESTROY ? "destroy"
                                     : "run";
}

/* Taking over is a change of the mark, and of what differs: its note says which it is. */
static bool adopts(const struct change *c)
{
    return value_get_bool(c->ask.memo, "adopt", false);
}

static struct event event_of(const struct change *c, enum event_kind kind, const char *text)
{
    return (struct event){.kind = kind,
                          .address = c->ask.op.address,
                          .verb = adopts(c) ? "adopt" : verb_name(c->ask.op.verb),
                          .text = text,
                          .where = c->ask.row ? c->ask.row->declared_at : NULL};
}

/* ---- making things durable -------------------------------------------------------------------- */

bool change_store_ok(struct change *c, bool ok, const struct err *err)
{
    if (ok)
        return true;
    if (!c->owner->failed) {
        c->owner->failed = true;
        c->owner->ask.store_failed(c->owner->ask.user, err);
    }
    return false;
}

void change_put_op(struct change *c, enum store_op_state to, uint32_t attempt, const char *reason,
                   const char *candidates)
{
    struct store_op op = c->ask.op;
    op.state = to;
    op.attempt = attempt;
    op.ext_id = c->ext_id;
    op.reason = reason;
    op.candidates = candidates;
    store_move_op(c->owner->ask.writer, c->state, c->attempt, &op);
    c->state = to;
    c->attempt = attempt;
}

static void change_free(struct change *c)
{
    arena_free(c->mem);
    free(c);
}

static void on_outcome(void *user, bool ok, const struct err *err)
{
    struct change *c = user;
    if (!change_store_ok(c, ok, err))
        return;
    struct event e = event_of(c, c->event, c->result.reason);
    e.code = c->result.code;
    e.advice = c->result.advice;
    e.took_ms = loop_now_ms(c->owner->ask.loop) - c->began_ms;
    changes_tell(c->owner, &e);
    changes_remove(c->owner, c);
    c->fn(c->user, &c->result);
    c->ended = true;
    if (c->in_ops == 0)
        change_free(c);
}

void change_finish(struct change *c, const struct change_result *result)
{
    static const enum event_kind events[] = {
        [CHANGE_DONE] = EVENT_STEP_DONE,         [CHANGE_FAILED] = EVENT_STEP_FAILED,
        [CHANGE_CONFLICT] = EVENT_STEP_CONFLICT, [CHANGE_HELD] = EVENT_STEP_HELD,
        [CHANGE_STOPPED] = EVENT_STEP_BLOCKED,
    };
    c->result = *result;
    c->event = events[result->end];
    struct event e = event_of(c, c->event, result->reason);
    e.code = result->code;
    e.advice = result->advice;
    e.took_ms = loop_now_ms(c->owner->ask.loop) - c->began_ms;
    changes_keep(c->owner, &e);
    store_after_commit(c->owner->ask.writer, on_outcome, c);
    if (result->end == CHANGE_DONE && c->ask.put)
        c->ask.put(c->user, &c->result);
}

static void put_row(struct change *c, const struct op_result *result, const struct value *state,
                    bool damaged);

/* ---- ends --------------------------------------------------------------------------------------- */

void change_fail(struct change *c, const char *code, const char *reason, const char *advice)
{
    /* What has an identity exists, whatever became of it: a row keeps it from being lost. */
    if (c->ask.op.verb == LF_VERB_CREATE && c->ext_id)
        put_row(c, &(struct op_result){0}, NULL, true);
    change_put_op(c, STORE_OP_FAILED, c->attempt, reason, NULL);
    change_finish(
        c, &(struct change_result){.end = CHANGE_FAILED, .code = code, .reason = reason, .advice = advice});
}

void change_conflict(struct change *c, const char *marker)
{
    const char *region = c->owner->ask.region;
    const struct taken taken = {.region = region,
                                .address = c->ask.op.address,
                                .driver = c->ask.driver,
                                .marker = marker,
                                .hindrance = taken_hindrance(c->ask.type),
                                .others = c->owner->ask.others};
    const char *reason = taken_reason(c->mem, &taken, c->note);
    const char *advice = arena_print(
        c->mem, "%s. It was not touched",
        taken_advice(c->mem, &taken, arena_print(c->mem, ", and then `landfall resume %s`", region)));
    change_put_op(c, STORE_OP_FAILED, c->attempt, reason, NULL);
    change_finish(c, &(struct change_result){.end = CHANGE_CONFLICT,
                                             .code = "run.conflict",
                                             .marker = arena_text(c->mem, marker),
                                             .reason = reason,
                                             .advice = advice});
}

void change_hold(struct change *c, const char *reason, const char *candidates)
{
    const char *region = c->owner->ask.region, *address = c->ask.op.address;
    const char *advice = arena_print(
        c->mem,
        "look at the service, then type one of: landfall resolve %s %s --keep ID  |  landfall resolve %s %s "
        "--retry  |  landfall resolve %s %s --forget --why TEXT",
        region, address, region, address, region, address);
    change_put_op(c, STORE_OP_HELD, c->attempt, reason, candidates);
    change_finish(c, &(struct change_result){
                         .end = CHANGE_HELD, .code = "run.held", .reason = reason, .advice = advice});
}

void change_leave(struct change *c, enum change_end end, const char *reason)
{
    const char *region = c->owner->ask.region;
    bool told = end == CHANGE_FAILED && c->advice;
    const char *advice =
        told ? arena_print(
                   c->mem,
                   "%s. It may or may not have happened: then `landfall resume %s` finds out before it "
                   "does anything else",
                   c->advice, region)
             : arena_print(c->mem,
                           "it may or may not have happened: `landfall resume %s` finds out before it does "
                           "anything else",
                           region);
    if (c->state == STORE_OP_INTENT)
        change_put_op(c, STORE_OP_DOUBT, c->attempt, reason, NULL);
    change_finish(
        c, &(struct change_result){.end = end, .code = "run.in_doubt", .reason = reason, .advice = advice});
}

static const char *json_of(struct arena *mem, const struct value *v)
{
    return v ? value_json_stored(mem, v) : NULL;
}

static void put_row(struct change *c, const struct op_result *result, const struct value *state, bool damaged)
{
    struct store_res row = *c->ask.row;
    row.ext_id = c->ext_id;
    row.marker = c->marker;
    row.driver = c->ask.driver->name;
    row.driver_version = c->ask.driver->version;
    row.schema_version = c->ask.type->facts.schema->version;
    row.desired = c->ask.op.desired;
    row.observed = state == c->ask.desired && c->ask.op.desired ? c->ask.op.desired : json_of(c->mem, state);
    /* The note that asks for an adoption is no note of the driver's. */
    row.memo = result->memo ? json_of(c->mem, result->memo) : adopts(c) ? NULL : c->ask.op.memo;
    row.damaged = damaged;
    store_put_res(c->owner->ask.writer, &row);
    change_residence_put(c, state);
}

/* A driver that tells no state stands by its promise; what that left open stays open until the next read. */
static const struct value *known_part(struct arena *mem, const struct value *promise)
{
    const struct value *known = promise;
    for (size_t k = 0; value_kind(promise) == VALUE_MAP && k < promise->count; k++) {
        if (value_has_unknown(promise->pairs[k].value))
            known = value_with_key(mem, known, promise->pairs[k].key, NULL);
    }
    return known;
}

/* The object is there, but not as promised: the truth is kept, the step fails. */
static void finish_damaged(struct change *c, const struct op_result *result, const struct value *state,
                           bool damaged, const char *code, const char *reason, const char *advice)
{
    put_row(c, result, state, damaged);
    change_put_op(c, STORE_OP_FAILED, c->attempt, reason, NULL);
    change_finish(
        c, &(struct change_result){.end = CHANGE_FAILED, .code = code, .reason = reason, .advice = advice});
}

/* True when it is there, but not as promised: then that is how it ended. */
static bool fell_short(struct change *c, const struct op_result *result, const struct value *promise,
                       const struct value *state)
{
    const char *path = NULL;
    if (result->status == LF_END_DAMAGED) {
        finish_damaged(c, result, state, true, c->note_code ? c->note_code : "run.damaged",
                       c->note ? c->note : "it exists, but it is not right",
                       "the next plan replaces it; look at the service first if it may hold data");
        return true;
    }
    if (!result->state || schema_keeps_promise(c->mem, c->ask.type->facts.schema, promise, state, &path))
        return false;
    finish_damaged(
        c, result, state, false, "plugin.broke_promise",
        arena_print(c->mem, "the driver %s-%s did not do what its plan promised at '%s'",
                    c->ask.driver->subsystem, c->ask.driver->name, path ? path : "?"),
        "this is a mistake in the driver or the service changed the value: look at it, then plan again");
    return true;
}

static void destroyed(struct change *c)
{
    store_remove_res(c->owner->ask.writer, c->ask.op.address, c->ask.op.generation);
    change_residence_gone(c);
    change_put_op(c, STORE_OP_DONE, c->attempt, NULL, NULL);
    change_finish(c, &(struct change_result){.end = CHANGE_DONE});
}

void change_done(struct change *c, const struct op_result *result)
{
    retry_budget_success(&c->owner->budget);
    if (c->ask.op.verb == LF_VERB_DESTROY) {
        destroyed(c);
        return;
    }
    const struct value *promise = c->ask.planned ? c->ask.planned : c->ask.desired;
    const struct value *state = result->state ? result->state : known_part(c->mem, promise);
    if (result->id && (!c->ext_id || strcmp(c->ext_id, result->id) != 0))
        c->ext_id = arena_text(c->mem, result->id);
    if (fell_short(c, result, promise, state))
        return;
    if (state != c->ask.desired && state != c->ask.planned)
        state = value_equal(state, promise) ? promise : value_copy(c->mem, state);
    put_row(c, result, state, false);
    change_put_op(c, STORE_OP_DONE, c->attempt, NULL, NULL);
    change_finish(
        c, &(struct change_result){.end = CHANGE_DONE,
                                   .id = c->ext_id,
                                   .marker = c->marker,
                                   .state = state,
                                   .memo = result->memo ? value_copy(c->mem, result->memo) : c->ask.memo,
                                   .residence = c->residence});
}

/* ---- beginnings --------------------------------------------------------------------------------- */

static struct change *change_new(struct changes *owner, const struct change_ask *ask, change_done_fn *fn,
                                 void *user)
{
    struct change *c = calloc(1, sizeof(*c));
    if (!c)
        abort();
    c->owner = owner;
    c->mem = arena_new();
    c->ask = *ask;
    c->fn = fn;
    c->user = user;
    c->saved = ask->saved;
    c->ext_id = ask->op.ext_id;
    c->began_ms = loop_now_ms(owner->ask.loop);
    changes_add(owner, c);
    return c;
}

/* The meta column: all of the row that must survive when playbooks and drivers blocks are gone. */
static const char *meta_of(struct arena *mem, const struct store_res *row, const char *spent)
{
    struct buf out;
    const char *where = row->declared_at ? row->declared_at : "";
    buf_init(&out, 0);
    buf_text(&out, "{\"declared_at\":");
    value_json_print_text(&out, where, strlen(where));
    buf_print(&out, ",\"depends_on\":%s,\"holds\":%s,\"protect\":%s,\"shared\":%s,\"adopted\":%s",
              row->depends_on ? row->depends_on : "[]", row->holds ? row->holds : "null",
              row->protect ? "true" : "false", row->shared ? "true" : "false",
              row->adopted ? "true" : "false");
    if (spent)
        buf_print(&out, ",\"spent\":%s", spent);
    buf_char(&out, '}');
    const char *text = buf_keep(&out, mem);
    buf_done(&out);
    return text;
}

/* The way, and until when its token is good; both are kept with the operation. */
static void take_settle(struct change *c)
{
    const struct tick *tick = loop_tick(c->owner->ask.loop);
    const struct op_item item = change_item(c);
    struct store_op *op = &c->ask.op;
    struct lf_settle settle;
    op_settle_of(c->ask.driver, c->ask.type, &item, &settle);
    op->settle = op->verb == LF_VERB_CREATE   ? settle.create
                 : op->verb == LF_VERB_UPDATE ? settle.update
                                              : settle.destroy;
    if (settle.token_retention_s)
        op->retention_until_ms = tick->wall_ms(tick->user) + (int64_t)settle.token_retention_s * 1000;
}

static void on_intent(void *user, bool ok, const struct err *err)
{
    struct change *c = user;
    if (!change_store_ok(c, ok, err))
        return;
    struct event e = event_of(c, EVENT_STEP_STARTED, NULL);
    changes_tell(c->owner, &e);
    change_post(c);
}

void change_start(struct changes *owner, const struct change_ask *ask, change_done_fn *fn, void *user)
{
    struct change *c = change_new(owner, ask, fn, user);
    struct store_op *op = &c->ask.op;
    digest_random_hex(16, c->op_id);
    if (op->marker)
        memcpy(c->marker, op->marker, strnlen(op->marker, sizeof(c->marker) - 1));
    else
        digest_marker(store_writer_lineage(owner->ask.writer), owner->ask.region, op->address, op->generation,
                      c->marker);
    op->op_id = c->op_id;
    op->marker = c->marker;
    op->run_id = owner->ask.run_id;
    op->driver = ask->driver->name;
    op->driver_version = ask->driver->version;
    op->schema_version = ask->type->facts.schema->version;
    op->state = STORE_OP_INTENT;
    op->attempt = 1;
    op->fence = store_writer_fence(owner->ask.writer);
    op->meta = meta_of(c->mem, ask->row, ask->spent);
    c->state = STORE_OP_INTENT;
    c->attempt = 1;
    take_settle(c);
    store_put_op(owner->ask.writer, op);
    store_after_commit(owner->ask.writer, on_intent, c);
}

void change_resume(struct changes *owner, const struct change_ask *ask, change_done_fn *fn, void *user)
{
    struct change *c = change_new(owner, ask, fn, user);
    memcpy(c->op_id, ask->op.op_id, strnlen(ask->op.op_id, sizeof(c->op_id) - 1));
    if (ask->op.marker)
        memcpy(c->marker, ask->op.marker, strnlen(ask->op.marker, sizeof(c->marker) - 1));
    c->ask.op.op_id = c->op_id;
    c->ask.op.marker = c->marker;
    c->ask.op.fence = store_writer_fence(owner->ask.writer);
    c->state = ask->op.state;
    c->attempt = ask->op.attempt;
    c->doubtful = true;
    if (c->state == STORE_OP_SETTLING && c->saved)
        change_post(c); /* its identity is known: the same call goes on from what it saved */
    else
        change_settle(c);
}
