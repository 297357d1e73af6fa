#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "io/loop.h"
#include "model/schema.h"
#include "model/value.h"
#include "plugin/registry.h"
#include "run/change_state.h"

/* Rounds of doubt before a person is asked: reconcile is bounded. */
#define ROUNDS_MAX 3
#define TRIES      9

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
    uint64_t random;
    digest_random(&random, sizeof(random));
    uint64_t wait = retry_wait_ms(c->tries, asked_ms, random);
    struct event e = {
        .kind = EVENT_STEP_RETRY, .address = c->ask.op.address, .text = why, .wait_ms = (int64_t)wait};
    changes_tell(owner, &e);
    c->timer = loop_after(owner->ask.loop, wait, post_again, c);
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
    if (++c->rounds > ROUNDS_MAX) {
        change_hold(c, reason, NULL);
        return;
    }
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

static bool token_is_good(const struct change *c)
{
    const struct tick *tick = loop_tick(c->owner->ask.loop);
    int64_t until = c->ask.op.retention_until_ms;
    return until == 0 || tick->wall_ms(tick->user) < until;
}

void change_settle(struct change *c)
{
    const struct contract_type *type = c->ask.type;
    uint32_t settle = c->ask.op.settle;
    c->note = c->note_code = c->advice = NULL;
    if (settle == LF_SETTLE_TOKENED && token_is_good(c)) {
        send_again(c);
        return;
    }
    if (type->has_recover) {
        /* Until nothing that was sent before can still land, and a read would see what did. */
        bool fenced = settle == LF_SETTLE_CONDITIONAL;
        uint64_t drain = fenced ? 0 : (uint64_t)type->settle.max_inflight_ms + type->settle.visible_after_ms;
        if (drain == 0)
            ask_recover(c);
        else
            c->timer = loop_after(c->owner->ask.loop, drain, ask_recover, c);
        return;
    }
    if (settle == LF_SETTLE_NAMED || settle == LF_SETTLE_CONDITIONAL)
        send_again(c);
    else
        change_hold(c, "it may or may not have happened, and the service offers no way to find out", NULL);
}

/* Is what is there what this change was to make? */
static bool is_as_asked(struct change *c, const struct op_result *result)
{
    const struct value *promise = c->ask.planned ? c->ask.planned : c->ask.desired;
    const char *path;
    return result->state &&
           schema_keeps_promise(c->mem, c->ask.type->facts.schema, promise, result->state, &path);
}

static void recovered_ours(struct change *c, const struct op_result *result)
{
    uint32_t verb = c->ask.op.verb;
    if (result->id)
        c->ext_id = arena_text(c->mem, result->id);
    if (verb == LF_VERB_DESTROY) {
        send_again(c); /* still there */
    } else if (is_as_asked(c, result)) {
        change_done(c, result);
    } else if (verb == LF_VERB_CREATE || value_equal(result->state, c->ask.prior)) {
        send_again(c); /* ours and unfinished, or untouched */
    } else {
        const char *path;
        bool untouched = c->ask.prior && schema_keeps_promise(c->mem, c->ask.type->facts.schema, c->ask.prior,
                                                              result->state, &path);
        if (untouched)
            send_again(c);
        else
            change_fail(c, "run.drift",
                        "it is neither as it was nor as asked: somebody else changed it meanwhile",
                        "plan again, and look at what the plan says");
    }
}

void change_recovered(struct change *c, const struct op_result *result)
{
    uint32_t verb = c->ask.op.verb;
    switch (result->status) {
    case LF_END_OK:
    case LF_END_DAMAGED:
        recovered_ours(c, result);
        return;
    case LF_END_GONE:
        if (verb == LF_VERB_DESTROY)
            change_done(c, result);
        else if (verb == LF_VERB_CREATE)
            send_again(c);
        else
            change_fail(c, "run.gone", "it is not there any more", "plan again: the next plan creates it");
        return;
    case LF_END_EXISTS:
        if (result->marker && strcmp(result->marker, c->marker) == 0)
            recovered_ours(c, result);
        else
            change_conflict(c, result->marker);
        return;
    case LF_END_MANY:
        change_hold(c, c->note ? c->note : "several objects carry its marker", NULL);
        return;
    case LF_END_CANCELED:
        /* Stopped while asking: the doubt stays as it is in the store, and the next run asks again. */
        change_finish(
            c, &(struct change_result){.end = CHANGE_STOPPED, .reason = "stopped while settling a doubt"});
        return;
    default:
        if (!change_try_later(c, result->retry_after_ms,
                              c->note ? c->note : "cannot tell whether it is there"))
            change_hold(c,
                        c->note ? arena_text(c->mem, c->note)
                                : "the service could not be asked whether it happened",
                        NULL);
        return;
    }
}
