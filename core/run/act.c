#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "io/loop.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/event.h"
#include "model/value.h"
#include "model/value_json.h"
#include "playbook/action.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "run/executor_state.h"
#include "run/retry.h"
#include "store/store.h"

/* Actions: the record behind each keyed unit, and the calls they make.  A unit's row is durable as an intent
 * with its token before the call leaves, and with its reply before the body goes on. */

#define CALL_TRIES 9

struct act {
    struct step_run *r;
    struct action *action;
    const char *inputs;
    char prefix[18]; /* of every key in the store: the inputs it ran on, so that other inputs run anew */
    uint64_t open;   /* calls under way */
    bool ended;
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
    const struct value *reply;
    struct err err;
    bool failed, recovering;
    uint32_t tries;
    struct diag note;
};

static void send(struct unit *u);

static const char *store_key(struct act *a, struct arena *mem, const char *key)
{
    return arena_print(mem, "%s/%s", a->prefix, key);
}

static void act_free(struct act *a)
{
    action_free(a->action);
    free(a);
}

/* The last of an action that ended early: its open calls still come back here. */
static void unit_free(struct unit *u)
{
    struct act *a = u->act;
    arena_free(u->mem);
    free(u);
    a->open--;
    if (a->ended && a->open == 0)
        act_free(a);
}

static void unit_answer(struct unit *u)
{
    struct act *a = u->act;
    if (!a->ended)
        action_answer(a->action, u->asked, u->failed ? NULL : u->reply, u->failed ? &u->err : NULL);
    unit_free(u);
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
    struct store_call row = {.address = x->plan->steps[u->act->r->i].address,
                             .key = u->key,
                             .digest = u->asked->digest,
                             .token = u->token,
                             .reply = done ? (u->reply ? value_json_text(u->mem, u->reply) : "null") : NULL,
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
    if (!row)
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

static void unit_fail(struct unit *u, const char *code, const char *what, const char *advice)
{
    u->failed = true;
    err_set(&u->err, code, "%s", what);
    if (advice)
        err_advise(&u->err, "%s", advice);
    unit_answer(u);
}

static void on_replied(void *user, bool ok, const struct err *err)
{
    struct unit *u = user;
    if (executor_store_ok(u->act->r->x, ok, err))
        unit_answer(u);
}

static void send_later(void *user)
{
    send(user);
}

static bool try_later(struct unit *u, uint64_t asked_ms)
{
    struct executor *x = u->act->r->x;
    uint64_t random;
    if (++u->tries >= CALL_TRIES || x->stopping)
        return false;
    digest_random(&random, sizeof(random));
    loop_after(x->ask.loop, retry_wait_ms(u->tries, asked_ms, random), send_later, u);
    return true;
}

/* In doubt: a token the service knows makes asking again harmless; otherwise only recover, or the playbook's
 * word, may. */
static void doubt(struct unit *u, const char *why)
{
    bool tokened = u->call->settle == LF_SETTLE_TOKENED || u->call->settle == LF_SETTLE_NAMED;
    if (u->call->has_recover && !u->recovering) {
        u->recovering = true;
        send(u);
    } else if ((tokened || u->asked->again_in_doubt) && try_later(u, 0)) {
        u->recovering = false;
    } else {
        unit_fail(u, "action.in_doubt",
                  arena_print(u->mem, "the call '%s' may or may not have happened: %s", u->asked->key, why),
                  "look at the service; a call that may safely run twice says { if_in_doubt = \"again\" }");
    }
}

static void replied(struct unit *u, const struct op_result *result)
{
    u->reply = result->reply ? value_copy(u->mem, result->reply) : NULL;
    put_call(u, true);
    store_after_commit(u->act->r->x->ask.writer, on_replied, u);
}

static void on_item(void *user, struct op *op, size_t n, const struct op_result *result)
{
    (void)op;
    (void)n;
    struct unit *u = user;
    const char *why = arena_text(u->mem, result->broke       ? result->broke
                                         : u->note.summary   ? u->note.summary
                                         : result->timed_out ? "no answer in time"
                                                             : "the driver gave no reason");
    uint32_t status = result->status;
    if (status == LF_END_OK) {
        replied(u, result);
    } else if (u->recovering && status == LF_END_GONE) {
        u->recovering = false;
        send(u);
    } else if (status == LF_END_RETRY) {
        if (!try_later(u, result->retry_after_ms))
            unit_fail(u, u->note.code ? u->note.code : "action.gave_up", why, u->note.advice);
    } else if (status == LF_END_CANCELED) {
        unit_fail(u, "action.stopped", "stopped before the call was sent", NULL);
    } else if (status == LF_END_UNSURE || status == LF_END_CANNOT_TELL) {
        doubt(u, why);
    } else {
        unit_fail(u, u->note.code ? u->note.code : "action.call_failed", why, u->note.advice);
    }
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
    (void)user;
    (void)op;
}

static void send(struct unit *u)
{
    static const struct op_events events = {
        .leaving = on_leaving, .item = on_item, .note = on_note, .end = on_call_end};
    struct executor *x = u->act->r->x;
    u->item = (struct op_item){.verb = u->recovering ? LF_VERB_RECOVER : LF_VERB_CALL,
                               .attempt = u->tries + 1,
                               .address = x->plan->steps[u->act->r->i].address,
                               .token = u->token,
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

/* A call whose intent an earlier run left behind goes on with the same token, in doubt. */
static void on_pending(void *user)
{
    struct unit *u = user;
    if (u->call->settle == LF_SETTLE_TOKENED || u->call->settle == LF_SETTLE_NAMED ||
        u->asked->again_in_doubt)
        send(u);
    else
        doubt(u, "the process ended before its answer came");
}

static void call(void *user, struct action_unit *asked)
{
    struct act *a = user;
    struct executor *x = a->r->x;
    struct unit *u = unit_new(a, asked);
    struct err err;
    const struct store_call *row = NULL;
    u->driver = registry_find(x->ask.registry, asked->subsystem, asked->instance);
    u->call = u->driver ? driver_call(u->driver, asked->call) : NULL;
    if (u->call &&
        store_find_call(x->ask.writer, u->mem, x->plan->steps[a->r->i].address, u->key, &row, &err)) {
        if (row) {
            memcpy(u->token, row->token, strnlen(row->token, sizeof(u->token) - 1));
            loop_soon(x->ask.loop, on_pending, u);
        } else {
            digest_random_hex(16, u->token);
            put_call(u, false);
            store_after_commit(x->ask.writer, on_intent, u);
        }
        return;
    }
    u->failed = true;
    if (u->call)
        u->err = err;
    else
        err_set(&u->err, "action.no_call", "no driver of '%s' offers the call '%s'", asked->subsystem,
                asked->call);
    loop_soon(x->ask.loop, (loop_fn *)unit_answer, u);
}

/* ---- the action as a step -------------------------------------------------------------------------------
 */

static void ended(void *user, const struct value *result, const struct err *err)
{
    struct act *a = user;
    struct step_run *r = a->r;
    struct executor *x = r->x;
    a->ended = true;
    if (err && (x->stopping || x->failed)) {
        executor_end_step(r, STEP_END_STOPPED);
    } else if (err) {
        struct err mine = *err;
        executor_fail_step(r, &mine);
    } else {
        /* Its own row answers from now on; the units' rows go in the same transaction. */
        store_drop_calls(x->ask.writer, x->plan->steps[r->i].address, "");
        executor_finish_step(r, result, a->inputs, NULL);
    }
    if (a->open == 0)
        act_free(a);
}

static void soon(void *user, void (*fn)(void *arg), void *arg)
{
    struct act *a = user;
    loop_soon(a->r->x->ask.loop, fn, arg);
}

void act_begin(struct step_run *r)
{
    struct executor *x = r->x;
    struct err err;
    struct act *a = calloc(1, sizeof(*a));
    if (!a)
        abort();
    a->r = r;
    a->inputs = resolve_inputs(r);
    if (!a->inputs) {
        free(a);
        return;
    }
    memcpy(a->prefix, a->inputs, 16);
    const struct action_world world = {.user = a,
                                       .get = get,
                                       .find = find,
                                       .call = call,
                                       .record = record,
                                       .progress = progress,
                                       .ended = ended,
                                       .soon = soon};
    executor_tell(r, EVENT_STEP_STARTED, NULL, NULL, NULL);
    if (!action_start(x->ask.playbook, x->plan->steps[r->i].decl, &world, &a->action, &err)) {
        free(a);
        executor_fail_step(r, &err);
    }
}
