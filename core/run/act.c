#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "io/loop.h"
#include "io/pool.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/event.h"
#include "model/value.h"
#include "model/value_json.h"
#include "playbook/action.h"
#include "plugin/host.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "plugin/retry.h"
#include "region/region.h"
#include "run/executor_state.h"
#include "store/store.h"

/* Actions: the record behind each keyed unit, and the calls they make.  A unit's row is durable as an intent
 * with its token before the call leaves, with what its driver saves before the driver goes on, and with its
 * reply before the body does. */

#define CALL_TRIES 20
/* Between two looks at worker jobs of a call that ran out of time. */
#define JOB_WAIT_MS 1000

/* The step stays under way until the last call is back, also when the body has ended early: its answer is
 * recorded even then, and nothing of it may outlive the run. */
struct act {
    struct step_run *r;
    struct action *action;
    const char *inputs;
    char prefix[18]; /* of every key in the store: the inputs it ran on, so that other inputs run anew */
    uint64_t open;   /* units that were not answered yet */
    bool over, failed;
    const struct value *result;
    struct err err;
};

/* One unit that waits: a call, or a record being made durable. */
struct unit {
    struct act *act;
    struct arena *mem;
    struct action_unit *asked;
    const struct driver *driver;
    const struct contract_call *call;
    struct op_item item;
    char token[33];
    const char *key;
    uint32_t status, retry_after_ms; /* of the answer that came */
    const char *why;
    const struct value *reply;
    const struct value *saved; /* the driver's progress, of this try or an earlier one; or NULL */
    struct err err;
    struct op *op;   /* under way, or NULL */
    uint32_t saving; /* saves that are not durable yet: it is not settled before they are */
    bool failed, recovering;
    bool doubtful; /* an earlier try may have taken effect */
    uint32_t tries;
    struct diag note;
};

static void send(void *user);
static void close_act(struct act *a);

static const char *store_key(struct act *a, struct arena *mem, const char *key)
{
    return arena_print(mem, "%s/%s", a->prefix, key);
}

static void unit_answer(struct unit *u)
{
    struct act *a = u->act;
    if (!a->over)
        action_answer(a->action, u->asked, u->failed ? NULL : u->reply, u->failed ? &u->err : NULL);
    arena_free(u->mem);
    free(u);
    a->open--;
    if (a->over && a->open == 0)
        close_act(a);
}

static struct unit *unit_new(struct act *a, struct action_unit *asked)
{
    struct unit *u = calloc(1, sizeof(*u));
    if (!u)
        abort();
    u->act = a;
    u->mem = arena_new();
    u->asked = asked;
    u->key = store_key(a, u->mem, asked->key);
    a->open++;
    return u;
}

/* ---- records ------------------------------------------------------------------------------------------ */

static void put_call(struct unit *u, bool done)
{
    struct executor *x = u->act->r->x;
    const struct value *kept = done ? u->reply : u->saved;
    struct store_call row = {.address = x->plan->steps[u->act->r->i].address,
                             .key = u->key,
                             .digest = u->asked->digest,
                             .token = u->token,
                             .reply = kept   ? value_json_stored(u->mem, kept)
                                      : done ? "null"
                                             : NULL,
                             .done = done};
    store_put_call(x->ask.writer, &row);
}

static void on_recorded(void *user, bool ok, const struct err *err)
{
    struct unit *u = user;
    if (executor_store_ok(u->act->r->x, ok, err))
        unit_answer(u);
}

static void record(void *user, struct action_unit *asked, const struct value *reply)
{
    struct act *a = user;
    struct unit *u = unit_new(a, asked);
    u->reply = reply ? value_copy(u->mem, reply) : NULL;
    put_call(u, true);
    store_after_commit(a->r->x->ask.writer, on_recorded, u);
}

static bool diverged(struct act *a, const char *key, struct err *err)
{
    const struct executor *x = a->r->x;
    const struct plan_step *s = &x->plan->steps[a->r->i];
    err_set(err, "action.diverged", "'%s' was recorded with other arguments than the playbook gives now",
            key);
    err_at(err, s->decl->file, s->decl->line, 0);
    return err_advise(
        err, "raise `version` of '%s' to run all of it anew, or give the changed unit another name or key",
        s->address);
}

/* A call that for certain did not happen leaves a row without token: it is as if it had never been asked. */
static bool is_cleared(const struct store_call *row)
{
    return !row->done && (!row->token || !row->token[0]);
}

static bool find(void *user, const char *key, const char *digest, struct arena *mem, bool *found,
                 const struct value **reply, struct err *err)
{
    struct act *a = user;
    const struct executor *x = a->r->x;
    const struct store_call *row;
    *found = false;
    if (!store_find_call(x->ask.writer, mem, x->plan->steps[a->r->i].address, store_key(a, mem, key), &row,
                         err))
        return false;
    if (!row || is_cleared(row))
        return true;
    if (strcmp(row->digest, digest) != 0)
        return diverged(a, key, err);
    if (!row->done)
        return true;
    *found = true;
    *reply = NULL;
    return !row->reply || value_json_parse(mem, row->reply, strlen(row->reply), reply, err);
}

static bool get(void *user, const struct expr *ref, struct arena *mem, const struct value **out,
                struct err *err)
{
    struct act *a = user;
    const struct value *found;
    if (!resolve_find(a->r->x, ref, &found, err))
        return false;
    if (!found) {
        err_set(err, "action.not_known", "'%s' of '%s' is not known when this action runs", ref->path,
                ref->address);
        return err_advise(err, "let the action come after it: step = { after = { \"%s\" } }", ref->address);
    }
    *out = value_copy(mem, found);
    return true;
}

static void progress(void *user, const char *name, uint64_t done, uint64_t total)
{
    struct act *a = user;
    struct executor *x = a->r->x;
    struct event e = {.kind = EVENT_STEP_PROGRESS, .address = x->plan->steps[a->r->i].address, .text = name};
    const struct tick *tick = loop_tick(x->ask.loop);
    e.wall_ms = tick->wall_ms(tick->user);
    e.run_id = x->ask.run_id;
    e.done = done;
    e.total = total;
    if (x->ask.tell)
        x->ask.tell(x->ask.tell_user, &e);
}

/* ---- calls -------------------------------------------------------------------------------------------- */

/* A token says when it was made, so that one past its retention is not trusted, then is random: 48 bits of
 * milliseconds and 80 of chance. */
#define TOKEN_TIME 12

static void mint_token(struct unit *u)
{
    const struct tick *tick = loop_tick(u->act->r->x->ask.loop);
    char random[2 * 10 + 1];
    digest_random_hex(10, random);
    snprintf(u->token, sizeof(u->token), "%0*llx%s", TOKEN_TIME,
             (unsigned long long)tick->wall_ms(tick->user) & 0xffffffffffffULL, random);
}

static bool token_is_good(const struct unit *u)
{
    const struct tick *tick = loop_tick(u->act->r->x->ask.loop);
    char made[TOKEN_TIME + 1] = {0};
    memcpy(made, u->token, TOKEN_TIME);
    int64_t until = (int64_t)strtoull(made, NULL, 16) + (int64_t)u->call->retention_s * 1000;
    return u->call->settle == LF_SETTLE_TOKENED &&
           (u->call->retention_s == 0 || tick->wall_ms(tick->user) < until);
}

static void unit_fail(struct unit *u, const char *code, const char *what, const char *advice)
{
    u->failed = true;
    err_set(&u->err, code, "%s", what);
    if (advice)
        err_advise(&u->err, "%s", advice);
    if (!u->doubtful) {
        u->token[0] = '\0';
        put_call(u, false);
    }
    unit_answer(u);
}

/* One more try, unless there were enough or nothing is started any more. */
static bool may_try(struct unit *u)
{
    const struct executor *x = u->act->r->x;
    return ++u->tries < (x->ask.tries ? x->ask.tries : CALL_TRIES) && !x->stopping;
}

static bool try_later(struct unit *u, uint64_t asked_ms)
{
    struct executor *x = u->act->r->x;
    if (!may_try(u))
        return false;
    executor_pause(x, retry_wait_ms(u->tries, asked_ms, retry_draw(&x->ask.chance)), send, u);
    return true;
}

static void in_doubt(struct unit *u, const char *why)
{
    unit_fail(u, "action.in_doubt",
              arena_print(u->mem, "the call '%s' may or may not have happened: %s", u->asked->key, why),
              u->note.advice
                  ? u->note.advice
                  : "look at the service; a call that may safely run twice says { if_in_doubt = \"again\" }");
}

/* Sends, or looks, when nothing that was sent before can still land. */
static void drain(void *user)
{
    struct unit *u = user;
    struct executor *x = u->act->r->x;
    if (host_stray_jobs(u->driver->host) > 0 && !x->stopping)
        executor_pause(x, JOB_WAIT_MS, drain, u);
    else
        executor_pause(x, pool_lands_ms(host_pools(u->driver->host), u->call->pool, u->call->max_inflight_ms),
                       send, u);
}

/* In doubt: a token the service knows makes asking again harmless; otherwise only recover, or the playbook's
 * word, may. */
static void doubt(struct unit *u, const char *why)
{
    bool good = token_is_good(u);
    bool again = good || (u->call->settle == LF_SETTLE_NAMED && !u->call->has_recover) ||
                 (u->asked->again_in_doubt && !u->call->has_recover);
    u->doubtful = true;
    if (u->recovering || good) {
        if (!try_later(u, 0))
            in_doubt(u, why);
        return;
    }
    u->recovering = u->call->has_recover;
    if ((u->recovering || again) && may_try(u))
        drain(u);
    else
        in_doubt(u, why);
}

static void on_replied(void *user, bool ok, const struct err *err)
{
    struct unit *u = user;
    if (executor_store_ok(u->act->r->x, ok, err))
        unit_answer(u);
}

static void settle(struct unit *u)
{
    uint32_t status = u->status;
    if (status == LF_END_OK) {
        put_call(u, true);
        store_after_commit(u->act->r->x->ask.writer, on_replied, u);
    } else if (u->recovering && status == LF_END_GONE) {
        u->recovering = u->doubtful = false;
        send(u);
    } else if (status == LF_END_UNSURE || status == LF_END_CANNOT_TELL) {
        doubt(u, u->why);
    } else if (status == LF_END_CANCELED) {
        unit_fail(u, "action.stopped", "stopped before the call was sent", NULL);
    } else if (status != LF_END_RETRY || !try_later(u, u->retry_after_ms)) {
        unit_fail(u,
                  u->note.code             ? u->note.code
                  : status == LF_END_RETRY ? "action.gave_up"
                                           : "action.call_failed",
                  u->why, u->note.advice);
    }
}

static void on_item(void *user, struct op *op, size_t n, const struct op_result *result)
{
    (void)op;
    (void)n;
    struct unit *u = user;
    u->status = result->status;
    u->retry_after_ms = result->retry_after_ms;
    u->reply = result->reply ? value_copy(u->mem, result->reply) : NULL;
    u->why = arena_text(u->mem, result->broke       ? result->broke
                                : u->note.summary   ? u->note.summary
                                : result->timed_out ? "no answer in time"
                                                    : "the driver gave no reason");
}

static void on_note(void *user, struct op *op, const struct diag *note)
{
    (void)op;
    struct unit *u = user;
    if (note->severity == DIAG_ERROR)
        u->note =
            (struct diag){.code = arena_text(u->mem, note->code),
                          .summary = note->detail ? arena_print(u->mem, "%s: %s", note->summary, note->detail)
                                                  : arena_text(u->mem, note->summary),
                          .advice = arena_text(u->mem, note->advice)};
}

static bool on_leaving(void *user, struct op *op)
{
    (void)op;
    const struct unit *u = user;
    return !u->act->r->x->stopping && !u->act->r->x->failed;
}

static void on_call_end(void *user, struct op *op)
{
    (void)op;
    struct unit *u = user;
    u->op = NULL;
    if (u->saving == 0)
        settle(u);
}

static void on_saved(void *user, bool ok, const struct err *err)
{
    struct unit *u = user;
    if (!executor_store_ok(u->act->r->x, ok, err))
        return;
    u->saving--;
    if (u->op)
        op_saved(u->op, 0);
    else if (u->saving == 0)
        settle(u); /* it had ended meanwhile */
}

/* A call makes no object of its own, so there is no identity to keep. */
static void on_save(void *user, struct op *op, size_t n, const char *id, const struct value *progress)
{
    (void)n;
    (void)id;
    struct unit *u = user;
    u->op = op;
    u->saving++;
    if (progress)
        u->saved = value_copy(u->mem, progress);
    put_call(u, false);
    store_after_commit(u->act->r->x->ask.writer, on_saved, u);
}

static void send(void *user)
{
    struct unit *u = user;
    static const struct op_events events = {
        .leaving = on_leaving, .item = on_item, .save = on_save, .note = on_note, .end = on_call_end};
    struct executor *x = u->act->r->x;
    u->note = (struct diag){0};
    u->item = (struct op_item){.verb = u->recovering ? LF_VERB_RECOVER : LF_VERB_CALL,
                               .attempt = u->tries + 1,
                               .address = x->plan->steps[u->act->r->i].address,
                               .token = u->token,
                               .saved = u->saved,
                               .args = u->asked->args};
    struct op_ask ask = {
        .driver = u->driver, .call = u->call, .items = &u->item, .count = 1, .read_only = u->recovering};
    op_start(&ask, &events, u);
}

static void on_intent(void *user, bool ok, const struct err *err)
{
    struct unit *u = user;
    if (executor_store_ok(u->act->r->x, ok, err))
        send(u);
}

/* A call whose intent an earlier run left behind goes on with the same token and what its driver had saved,
 * in doubt. */
static void on_pending(void *user)
{
    struct unit *u = user;
    u->doubtful = true;
    if (token_is_good(u))
        send(u);
    else
        doubt(u, "the process ended before its answer came");
}

static void fail_soon(void *user)
{
    unit_answer(user);
}

static bool take_up(struct unit *u, const struct store_call *row, struct err *err)
{
    memcpy(u->token, row->token, strnlen(row->token, sizeof(u->token) - 1));
    if (row->reply && !value_json_parse(u->mem, row->reply, strlen(row->reply), &u->saved, err))
        return err_wrap(err, "reading how far '%s' had come", u->asked->key);
    loop_soon(u->act->r->x->ask.loop, on_pending, u);
    return true;
}

static bool begin_call(struct unit *u, struct err *err)
{
    const struct executor *x = u->act->r->x;
    const struct action_unit *asked = u->asked;
    const struct store_call *row = NULL;
    if (!u->call)
        return err_set(err, "action.no_call", "no driver of '%s' offers the call '%s'", asked->subsystem,
                       asked->call);
    if (!store_find_call(x->ask.writer, u->mem, x->plan->steps[u->act->r->i].address, u->key, &row, err))
        return false;
    if (row && !is_cleared(row))
        return take_up(u, row, err);
    mint_token(u);
    put_call(u, false);
    store_after_commit(x->ask.writer, on_intent, u);
    return true;
}

static void call(void *user, struct action_unit *asked)
{
    struct act *a = user;
    const struct executor *x = a->r->x;
    struct unit *u = unit_new(a, asked);
    u->driver = registry_find(x->ask.registry, asked->subsystem, asked->instance);
    u->call = u->driver ? driver_call(u->driver, asked->call) : NULL;
    if (!begin_call(u, &u->err)) {
        u->failed = true;
        loop_soon(x->ask.loop, fail_soon, u);
    }
}

/* ---- the action as a step -------------------------------------------------------------------------------
 */

static void close_act(struct act *a)
{
    struct step_run *r = a->r;
    struct executor *x = r->x;
    struct act ended = *a;
    action_free(a->action);
    free(a);
    if (ended.failed && (x->stopping || x->failed)) {
        executor_end_step(r, STEP_END_STOPPED);
    } else if (ended.failed) {
        executor_fail_step(r, &ended.err);
    } else {
        /* Its own row answers from now on; the units' rows go in the same transaction. */
        store_drop_calls(x->ask.writer, x->plan->steps[r->i].address, "");
        executor_finish_step(r, ended.result, ended.inputs, NULL);
    }
}

static void ended(void *user, const struct value *result, const struct err *err)
{
    struct act *a = user;
    a->over = true;
    a->failed = err != NULL;
    if (err)
        a->err = *err;
    else
        a->result = result ? value_copy(a->r->mem, result) : NULL;
    if (a->open == 0)
        close_act(a);
}

static void soon(void *user, void (*fn)(void *arg), void *arg)
{
    struct act *a = user;
    loop_soon(a->r->x->ask.loop, fn, arg);
}

/* Inputs that were unknown to the plan may turn out to be those it ran on last. */
static bool ran_already(struct step_run *r, const char *inputs)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    if (s->inputs || !s->row || !s->row->inputs || strcmp(s->row->inputs, inputs) != 0)
        return false;
    r->x->truth[r->i] = (struct step_truth){.state = s->observed, .inputs = s->row->inputs};
    executor_done(r, "done as declared, now that its inputs are known");
    return true;
}

void act_begin(struct step_run *r)
{
    struct executor *x = r->x;
    struct err err;
    const char *inputs = resolve_inputs(r);
    if (!inputs || ran_already(r, inputs))
        return;
    struct act *a = calloc(1, sizeof(*a));
    if (!a)
        abort();
    a->r = r;
    a->inputs = inputs;
    memcpy(a->prefix, a->inputs, 16);
    const struct action_world world = {.user = a,
                                       .get = get,
                                       .find = find,
                                       .call = call,
                                       .record = record,
                                       .progress = progress,
                                       .ended = ended,
                                       .soon = soon};
    executor_run_anew(r);
    executor_tell(r, EVENT_STEP_STARTED, NULL, NULL, NULL);
    if (!action_start(x->ask.playbook, x->plan->steps[r->i].decl, &world, &a->action, &err)) {
        free(a);
        executor_fail_step(r, &err);
    }
}
