#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "io/loop.h"
#include "io/pool.h"
#include "model/schema.h"
#include "model/value.h"
#include "plugin/host.h"
#include "plugin/registry.h"
#include "run/change_state.h"

/* Rounds of doubt: reconcile is bounded.  After the last one nothing is sent any more, only looked for: what
 * is definitely not there has failed and may be tried by the next run, all else is a person's to judge. */
#define ROUNDS_MAX 3
/* With pauses of up to half a minute, about three minutes: what a restart or a failover of a service takes.
 */
#define TRIES 20
/* How long a worker job of a call that ran out of time is waited for: ten minutes, a second at a time. */
#define JOB_WAIT_MS   1000
#define JOB_WAITS_MAX 600

static void post_again(void *user)
{
    struct change *c = user;
    c->timer = NULL;
    change_post(c);
}

bool change_try_later(struct change *c, uint64_t asked_ms, const char *why)
{
    struct changes *owner = c->owner;
    uint32_t most = owner->ask.tries ? owner->ask.tries : TRIES;
    if (++c->tries >= most || owner->stopped || !retry_budget_take(&owner->budget))
        return false;
    uint64_t wait = retry_wait_ms(c->tries, asked_ms, retry_draw(&owner->ask.chance));
    struct event e = {
        .kind = EVENT_STEP_RETRY, .address = c->ask.op.address, .text = why, .wait_ms = (int64_t)wait};
    /* Before it is told: whoever hears of it may stop the run. */
    c->timer = loop_after(owner->ask.loop, wait, post_again, c);
    changes_tell(owner, &e);
    return true;
}

static void on_doubt(void *user, bool ok, const struct err *err)
{
    struct change *c = user;
    if (change_store_ok(c, ok, err))
        change_settle(c);
}

void change_doubt(struct change *c, const char *reason)
{
    struct event e = {.kind = EVENT_STEP_DOUBT, .address = c->ask.op.address, .text = reason};
    changes_keep(c->owner, &e);
    changes_tell(c->owner, &e);
    if (c->rounds++ > ROUNDS_MAX) {
        change_hold(c, reason, NULL);
        return;
    }
    c->doubt = reason;
    change_put_op(c, STORE_OP_DOUBT, c->attempt, reason, NULL);
    store_after_commit(c->owner->ask.writer, on_doubt, c);
}

static void on_send_again(void *user, bool ok, const struct err *err)
{
    struct change *c = user;
    if (!change_store_ok(c, ok, err))
        return;
    c->recovering = false;
    c->tries = 0;
    change_post(c);
}

/* The same change, the same token, one attempt more - and that is durable before it leaves. */
static void send_again(struct change *c)
{
    change_put_op(c, STORE_OP_INTENT, c->attempt + 1, NULL, NULL);
    store_after_commit(c->owner->ask.writer, on_send_again, c);
}

static void ask_recover(void *user)
{
    struct change *c = user;
    c->timer = NULL;
    c->recovering = true;
    c->tries = 0;
    change_post(c);
}

static void send_after_drain(void *user)
{
    struct change *c = user;
    c->timer = NULL;
    send_again(c);
}

static bool token_is_good(const struct change *c)
{
    const struct tick *tick = loop_tick(c->owner->ask.loop);
    int64_t until = c->ask.op.retention_until_ms;
    return c->ask.op.settle == LF_SETTLE_TOKENED && (until == 0 || tick->wall_ms(tick->user) < until);
}

/* Goes on when nothing that was sent before can still land, and a read would see what did. */
static void drain(struct change *c, loop_fn *then)
{
    struct op_item item = change_item(c);
    struct lf_settle settle;
    item.verb = c->ask.op.verb;
    op_settle_of(c->ask.driver, c->ask.type, &item, &settle);
    bool fenced = c->ask.op.settle == LF_SETTLE_CONDITIONAL;
    uint64_t lands =
        pool_lands_ms(host_pools(c->ask.driver->host), c->ask.type->pool, settle.max_inflight_ms);
    uint64_t ms = fenced ? 0 : lands + settle.visible_after_ms;
    if (ms == 0)
        then(c);
    else
        c->timer = loop_after(c->owner->ask.loop, ms, then, c);
}

static void settle_again(void *user)
{
    struct change *c = user;
    c->timer = NULL;
    change_settle(c);
}

/* A call that ran out of time may have left a job on a worker thread, which no bound of the service's covers:
 * it is waited for. */
static bool waits_for_jobs(struct change *c)
{
    if (host_stray_jobs(c->ask.driver->host) == 0 || c->waits++ >= JOB_WAITS_MAX)
        return false;
    c->timer = loop_after(c->owner->ask.loop, JOB_WAIT_MS, settle_again, c);
    return true;
}

static bool is_last_round(const struct change *c)
{
    return c->rounds > ROUNDS_MAX;
}

/* By looking, or by asking for what is harmless to ask twice; else a person looks. */
static void look(struct change *c)
{
    uint32_t settle = c->ask.op.settle;
    if (settle == LF_SETTLE_BLIND)
        change_hold(c, "it may or may not have happened, and the service offers no way to find out", NULL);
    else if (c->ask.type->has_recover)
        drain(c, ask_recover);
    else if (is_last_round(c))
        change_hold(c, c->doubt, NULL);
    else if (settle == LF_SETTLE_NAMED || settle == LF_SETTLE_CONDITIONAL)
        drain(c, send_after_drain);
    else
        change_hold(c, "it may or may not have happened, and the driver offers no way to find out", NULL);
}

void change_settle(struct change *c)
{
    c->note = c->note_code = c->advice = NULL;
    c->doubtful = true;
    if (waits_for_jobs(c))
        return;
    /* With its identity recorded the same call goes on from there; with its token it is done once only. */
    bool may_repeat = token_is_good(c) || (c->saved && c->ext_id && c->ask.op.verb == LF_VERB_CREATE);
    if (may_repeat && !is_last_round(c))
        send_again(c);
    else
        look(c);
}

void change_look(struct change *c, const char *reason)
{
    if (!c->ask.type->has_recover || c->ask.op.settle == LF_SETTLE_BLIND || c->rounds++ > ROUNDS_MAX) {
        change_hold(c, reason, NULL);
        return;
    }
    c->doubt = reason;
    drain(c, ask_recover);
}

/* Is what is there what this change was to make? */
static bool is_as_asked(struct change *c, const struct op_result *result)
{
    const struct value *promise = c->ask.planned ? c->ask.planned : c->ask.desired;
    const char *path;
    return result->state && promise &&
           schema_keeps_promise(c->mem, c->ask.type->facts.schema, promise, result->state, &path);
}

static bool is_untouched(struct change *c, const struct op_result *result)
{
    const char *path;
    return c->ask.prior && result->state &&
           (value_equal(result->state, c->ask.prior) ||
            schema_keeps_promise(c->mem, c->ask.type->facts.schema, c->ask.prior, result->state, &path));
}

/* For certain nothing happened: once more, unless that went wrong too often. */
static void send_or_give_up(struct change *c)
{
    if (is_last_round(c))
        change_fail(c, "run.gave_up", c->doubt,
                    "it was looked for, and nothing was changed; mend what the message names, then `landfall "
                    "resume`");
    else
        send_again(c);
}

static void recovered_ours(struct change *c, const struct op_result *result)
{
    uint32_t verb = c->ask.op.verb;
    c->doubtful = false;
    if (result->id)
        c->ext_id = arena_text(c->mem, result->id);
    if (verb == LF_VERB_DESTROY)
        send_or_give_up(c); /* still there */
    else if (result->status == LF_END_DAMAGED || is_as_asked(c, result))
        change_done(c, result);
    else if (verb == LF_VERB_CREATE && is_last_round(c))
        change_hold(c, c->doubt, NULL); /* ours and unfinished, and no row would know it */
    else if (verb == LF_VERB_CREATE || is_untouched(c, result))
        send_or_give_up(c); /* ours and unfinished, or untouched */
    else
        change_fail(c, "run.drift",
                    "it is neither as it was nor as asked: somebody else changed it meanwhile",
                    "plan again, and look at what the plan says");
}

static void recovered_gone(struct change *c, const struct op_result *result)
{
    c->doubtful = false;
    if (c->ask.op.verb == LF_VERB_DESTROY) {
        change_done(c, result);
    } else if (c->ask.op.verb == LF_VERB_CREATE) {
        c->ext_id = NULL; /* what was half made is gone as well */
        c->saved = NULL;
        send_or_give_up(c);
    } else {
        change_fail(c, "run.gone", "it is not there any more", "plan again: the next plan creates it");
    }
}

/* "There" is not yet "ours": the marker tells, where there can be one. */
static void recovered_there(struct change *c, const struct op_result *result)
{
    bool markless = (c->ask.type->facts.traits & CATALOG_MARKLESS) != 0;
    bool ours = result->marker ? strcmp(result->marker, c->marker) == 0 : result->status != LF_END_EXISTS;
    /* What cannot carry a marker is ours when it is as we made it, or as we left it. */
    if (markless)
        ours = result->status != LF_END_EXISTS && (is_as_asked(c, result) || is_untouched(c, result));
    if (ours)
        recovered_ours(c, result);
    else
        change_conflict(c, result->marker);
}

void change_recovered(struct change *c, const struct op_result *result)
{
    switch (result->status) {
    case LF_END_OK:
    case LF_END_DAMAGED:
    case LF_END_EXISTS:
        recovered_there(c, result);
        return;
    case LF_END_GONE:
        recovered_gone(c, result);
        return;
    case LF_END_MANY:
        change_hold(c, c->note ? c->note : "several objects carry its marker", NULL);
        return;
    case LF_END_CANCELED:
        /* Stopped while asking: the doubt stays as it is in the store, and the next run asks again. */
        change_leave(c, CHANGE_STOPPED, "stopped while settling a doubt");
        return;
    case LF_END_REFUSED:
    case LF_END_FAILED:
        /* A damaged file, a right that is missing: asking again meets the same until a person has mended it,
         * and what became of the change is still not known. */
        change_leave(c, CHANGE_FAILED, c->note ? c->note : "the driver cannot say whether it is there");
        return;
    default:
        /* It stays in doubt: the next run asks again, once whatever is in the way of asking is gone. */
        if (!change_try_later(c, result->retry_after_ms,
                              c->note ? c->note : "cannot tell whether it is there"))
            change_leave(c, c->owner->stopped ? CHANGE_STOPPED : CHANGE_FAILED,
                         c->note ? arena_text(c->mem, c->note)
                                 : "the service could not be asked whether it happened");
        return;
    }
}
