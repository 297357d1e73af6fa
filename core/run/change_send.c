#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "io/loop.h"
#include "model/diag.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plugin/registry.h"
#include "run/change_state.h"

/* One call, under way or waiting for its lane, with the changes that travel in it. */
struct sending {
    struct changes *owner;
    struct lane *lane;    /* NULL: the driver names none */
    struct sending *next; /* waiting in the same lane */
    struct change **changes;
    struct op_item *items;
    size_t count, room;
    bool recovering;
    const char *note_code, *note, *advice; /* said since the last answer; live in the op */
};

/* Calls of one kind that may not overlap, in one of the driver's lanes.  What comes while one is under way
 * would only wait for it: it gathers here, and leaves as one call when that has ended.  Otherwise the calls
 * would be as small as the pieces in which the store commits their intents. */
struct lane {
    char *key;
    bool busy;
    struct sending *waiting, *last;
    struct lane *next; /* among those to be started by the present flush */
};

/* ---- answers ------------------------------------------------------------------------------------ */

static const char *reason_of(const struct change *c, const struct op_result *result, const char *otherwise)
{
    return result->broke       ? result->broke
           : c->note           ? c->note
           : result->timed_out ? "no answer in time"
                               : otherwise;
}

/* Ended without an effect because the run is to stop. */
static void stopped(struct change *c)
{
    if (c->doubtful) {
        change_leave(c, CHANGE_STOPPED, "stopped while settling a doubt");
        return;
    }
    change_put_op(c, STORE_OP_FAILED, c->attempt, "stopped before it was done", NULL);
    change_finish(c, &(struct change_result){.end = CHANGE_STOPPED, .reason = "stopped before it was done"});
}

/* This try had no effect, for certain; an earlier one may have had. */
static void not_done(struct change *c, const struct op_result *result, const char *reason)
{
    if (change_try_later(c, result->retry_after_ms, reason))
        return;
    if (c->owner->stopped)
        stopped(c);
    else if (c->doubtful)
        change_leave(c, CHANGE_FAILED, reason);
    else
        change_fail(c, c->note_code ? c->note_code : "run.gave_up", reason,
                    c->advice ? c->advice
                              : "nothing was changed; mend what the message names, then `landfall resume`");
}

static void refused(struct change *c, const char *reason)
{
    if (c->doubtful && c->ask.op.verb == LF_VERB_CREATE && !c->ext_id)
        change_look(c, reason);
    else
        change_fail(c, c->note_code ? c->note_code : "run.refused", reason,
                    c->advice ? c->advice : "change what is asked, or what it meets there, then plan again");
}

static void not_there(struct change *c, const struct op_result *result)
{
    if (c->ask.op.verb == LF_VERB_DESTROY)
        change_done(c, result);
    else
        change_fail(c, "run.gone", "it is not there any more", "plan again: the next plan creates it");
}

static void there_already(struct change *c, const struct op_result *result)
{
    if (result->marker && strcmp(result->marker, c->marker) == 0)
        change_doubt(c, "it is there already, and it is ours");
    else
        change_conflict(c, result->marker);
}

static void answered(struct change *c, const struct op_result *result)
{
    const char *reason = arena_text(c->mem, reason_of(c, result, "the driver gave no reason"));
    switch (result->status) {
    case LF_END_OK:
    case LF_END_DAMAGED:
        change_done(c, result);
        return;
    case LF_END_GONE:
        not_there(c, result);
        return;
    case LF_END_EXISTS:
        there_already(c, result);
        return;
    case LF_END_RETRY:
        not_done(c, result, reason);
        return;
    case LF_END_CANCELED:
        stopped(c);
        return;
    case LF_END_REFUSED:
    case LF_END_FAILED:
        refused(c, reason);
        return;
    case LF_END_MANY:
        change_hold(c, reason, NULL);
        return;
    default:
        change_doubt(c, reason);
        return;
    }
}

static void take_note(struct sending *s, struct change *c)
{
    c->note_code = arena_text(c->mem, s->note_code);
    c->note = arena_text(c->mem, s->note);
    c->advice = arena_text(c->mem, s->advice);
    s->note_code = s->note = s->advice = NULL;
}

static void on_item(void *user, struct op *op, size_t i, const struct op_result *result)
{
    (void)op;
    struct sending *s = user;
    struct change *c = s->changes[i];
    if (s->owner->failed)
        return;
    c->op = NULL;
    take_note(s, c);
    if (s->recovering)
        change_recovered(c, result);
    else
        answered(c, result);
}

/* A note belongs to the item that is answered next: drivers speak first, then answer. */
static void on_note(void *user, struct op *op, const struct diag *note)
{
    struct sending *s = user;
    struct arena *mem = op_arena(op);
    if (note->severity == DIAG_ERROR) {
        s->note_code = arena_text(mem, note->code);
        s->note = note->detail ? arena_print(mem, "%s: %s", note->summary, note->detail)
                               : arena_text(mem, note->summary);
        s->advice = arena_text(mem, note->advice);
    } else if (note->severity == DIAG_WARNING) {
        struct event e = {.kind = EVENT_NOTE,
                          .address = s->count == 1 ? s->changes[0]->ask.op.address : NULL,
                          .text = note->summary,
                          .code = note->code,
                          .advice = note->advice};
        changes_tell(s->owner, &e);
    }
}

static void on_saved(void *user, bool ok, const struct err *err)
{
    struct change *c = user;
    if (change_store_ok(c, ok, err) && c->op)
        op_saved(c->op, c->save_index);
}

/* The identity is recorded before anything waits for it: a half-built database is never only in memory. */
static void on_save(void *user, struct op *op, size_t i, const char *id, const struct value *progress)
{
    struct sending *s = user;
    struct change *c = s->changes[i];
    struct store_writer *writer = c->owner->ask.writer;
    if (id)
        c->ext_id = arena_text(c->mem, id);
    if (progress)
        c->saved = value_copy(c->mem, progress);
    c->op = op;
    c->save_index = i;
    if (c->state != STORE_OP_SETTLING)
        change_put_op(c, STORE_OP_SETTLING, c->attempt, NULL, NULL);
    store_save_op(writer, c->op_id, c->ext_id, c->saved ? value_json_stored(c->mem, c->saved) : NULL);
    store_after_commit(writer, on_saved, c);
}

static bool on_leaving(void *user, struct op *op)
{
    (void)op;
    struct sending *s = user;
    return !s->owner->stopped && !s->owner->failed;
}

static void lane_next(struct lane *lane);

static void sending_free(struct sending *s)
{
    free(s->changes);
    free(s->items);
    free(s);
}

static void on_end(void *user, struct op *op)
{
    struct sending *s = user;
    for (size_t i = 0; i < s->count; i++) {
        struct change *c = s->changes[i];
        if (c->op == op)
            c->op = NULL;
        if (--c->in_ops == 0 && c->ended) {
            arena_free(c->mem);
            free(c);
        }
    }
    struct lane *lane = s->lane;
    sending_free(s);
    if (lane)
        lane_next(lane);
}

/* ---- grouping ------------------------------------------------------------------------------------ */

struct op_item change_item(const struct change *c)
{
    const struct store_op *op = &c->ask.op;
    return (struct op_item){.verb = c->recovering ? LF_VERB_RECOVER : op->verb,
                            .attempt = c->attempt,
                            .address = op->address,
                            .token = c->op_id,
                            .marker = c->marker,
                            .id = c->ext_id,
                            .prior = c->ask.prior,
                            .desired = c->ask.desired,
                            .planned = c->ask.planned,
                            .saved = c->saved,
                            .memo = c->ask.memo,
                            .prior_version = op->schema_version};
}

static struct sending *sending_new(struct changes *owner, bool recovering)
{
    struct sending *s = calloc(1, sizeof(*s));
    if (!s)
        abort();
    s->owner = owner;
    s->recovering = recovering;
    return s;
}

static void sending_add(struct sending *s, struct change *c)
{
    if (s->count == s->room) {
        s->room = s->room ? s->room * 2 : 1;
        s->changes = reallocarray(s->changes, s->room, sizeof(*s->changes));
        s->items = reallocarray(s->items, s->room, sizeof(*s->items));
        if (!s->changes || !s->items)
            abort();
    }
    s->items[s->count] = change_item(c);
    s->changes[s->count++] = c;
    c->in_ops++;
}

static void sending_start(struct sending *s)
{
    static const struct op_events events = {
        .leaving = on_leaving, .item = on_item, .save = on_save, .note = on_note, .end = on_end};
    const struct change *first = s->changes[0];
    int64_t timeout = s->recovering           ? s->owner->ask.timeout_read_ms
                      : first->ask.timeout_ms ? first->ask.timeout_ms
                                              : s->owner->ask.timeout_change_ms;
    struct op_ask ask = {.driver = first->ask.driver,
                         .type = first->ask.type,
                         .items = s->items,
                         .count = s->count,
                         .timeout_ms = timeout};
    op_start(&ask, &events, s);
}

static bool travels_in_groups(const struct change *c)
{
    return c->recovering ? c->ask.type->has_recover_many : c->ask.type->has_change_many;
}

static void lane_next(struct lane *lane)
{
    struct sending *s = lane->waiting;
    lane->busy = s != NULL;
    if (!s)
        return;
    lane->waiting = s->next;
    sending_start(s);
}

static struct lane *lane_get(struct changes *owner, const char *key)
{
    if (!owner->lanes)
        owner->lanes = map_new();
    struct lane *lane = map_find(owner->lanes, key);
    if (lane)
        return lane;
    lane = calloc(1, sizeof(*lane));
    char *own_key = strdup(key);
    if (!lane || !own_key)
        abort();
    lane->key = own_key;
    map_put(owner->lanes, own_key, lane);
    return lane;
}

void change_lanes_free(struct changes *owner)
{
    size_t at = 0;
    const char *key;
    void *found;
    while (owner->lanes && map_next(owner->lanes, &at, &key, &found)) {
        struct lane *lane = found;
        for (struct sending *s = lane->waiting, *next; s; s = next) {
            next = s->next;
            sending_free(s);
        }
        free(lane->key);
        free(lane);
    }
    map_free(owner->lanes);
}

/* An idle lane is started at the end of the flush, with all that the flush brings it. */
static void join_lane(struct lane *lane, struct lane **idle, struct changes *owner, struct change *c)
{
    struct sending *s = lane->waiting ? lane->last : NULL;
    if (!s && !lane->busy) {
        lane->next = *idle;
        *idle = lane;
    }
    if (!s || s->count >= c->ask.type->max_batch) {
        struct sending *more = sending_new(owner, c->recovering);
        more->lane = lane;
        if (s)
            s->next = more;
        else
            lane->waiting = more;
        lane->last = s = more;
    }
    sending_add(s, c);
}

static void join_group(struct changes *owner, struct arena *tmp, struct map *groups, struct lane **idle,
                       struct change *c)
{
    const struct op_item item = change_item(c);
    const char *lane = op_lane(tmp, c->ask.driver, c->ask.type, &item);
    const char *key =
        arena_print(tmp, "%s/%s/%s/%d/%lld/%s", c->ask.driver->subsystem, c->ask.driver->instance,
                    c->ask.type->facts.name, c->recovering, (long long)c->ask.timeout_ms, lane ? lane : "");
    if (lane) {
        join_lane(lane_get(owner, key), idle, owner, c);
        return;
    }
    struct sending *s = map_find(groups, key);
    if (s && s->count >= c->ask.type->max_batch) {
        sending_start(s);
        s = NULL;
    }
    if (!s) {
        s = sending_new(owner, c->recovering);
        map_put(groups, key, s);
    }
    sending_add(s, c);
}

static void flush(void *user)
{
    struct changes *owner = user;
    struct change *c = owner->outbox;
    owner->outbox = NULL;
    owner->outbox_end = &owner->outbox;
    owner->flush_asked = false;
    struct arena *tmp = arena_new();
    struct map *groups = map_new();
    struct lane *idle = NULL;
    while (c) {
        struct change *next = c->next;
        c->next = NULL;
        if (travels_in_groups(c)) {
            join_group(owner, tmp, groups, &idle, c);
        } else {
            struct sending *s = sending_new(owner, c->recovering);
            sending_add(s, c);
            sending_start(s);
        }
        c = next;
    }
    size_t at = 0;
    const char *key;
    void *group;
    while (map_next(groups, &at, &key, &group))
        sending_start(group);
    for (struct lane *next; idle; idle = next) {
        next = idle->next;
        lane_next(idle);
    }
    map_free(groups);
    arena_free(tmp);
}

void change_post(struct change *c)
{
    struct changes *owner = c->owner;
    *owner->outbox_end = c;
    owner->outbox_end = &c->next;
    if (!owner->flush_asked) {
        owner->flush_asked = true;
        loop_soon(owner->ask.loop, flush, owner);
    }
}
