#include "run/executor.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "io/loop.h"
#include "model/decl.h"
#include "model/due.h"
#include "model/value.h"
#include "model/value_json.h"
#include "playbook/playbook.h"
#include "plugin/contract.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "run/account.h"
#include "run/executor_state.h"
#include "run/row.h"
#include "run/teardown.h"
#include "store/store.h"

#define PARALLEL 256
/* Steps under way where the driver takes many at once: a turn's worth of intents. */
#define PARALLEL_MANY 1024

static void pump(struct executor *x);

bool executor_store_ok(struct executor *x, bool ok, const struct err *err)
{
    if (!ok && !x->failed) {
        x->failed = true;
        x->failure = *err;
        loop_stop(x->ask.loop);
    }
    return ok;
}

static void on_store_failed(void *user, const struct err *err)
{
    executor_store_ok(user, false, err);
}

static bool call_script(void *user, uint32_t fn, const struct value *arg, struct arena *mem,
                        const struct value **out, struct err *err)
{
    const struct executor *x = user;
    return playbook_call(x->ask.playbook, fn, arg, mem, out, err);
}

/* ---- rows and events ------------------------------------------------------------------------------ */

struct store_res executor_row(const struct step_run *r)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    if (!s->decl)
        return *s->row;
    /* A step that turned out to be a replacement makes another generation than the plan could know. */
    bool anew = r->action == PLAN_REPLACE && s->row && s->generation == s->row->generation;
    struct store_res row = row_of_step(r->mem, r->x->plan, r->i);
    row.generation += anew;
    return row;
}

static const char *where_of(const struct step_run *r)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    if (s->decl)
        return arena_print(r->mem, "%s:%u", s->decl->file, s->decl->line);
    return s->row ? s->row->declared_at : NULL;
}

static struct event event_of(const struct step_run *r, enum event_kind kind, const char *text)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    return (struct event){.kind = kind,
                          .address = s->address,
                          .verb = plan_action_name(s->action),
                          .text = text,
                          .where = r->failed_at ? r->failed_at : where_of(r),
                          .took_ms = loop_now_ms(r->x->ask.loop) - r->began_ms};
}

void executor_tell(struct step_run *r, enum event_kind kind, const char *text, const char *code,
                   const char *advice)
{
    struct event e = event_of(r, kind, text);
    e.code = code;
    e.advice = advice;
    if (kind != EVENT_STEP_STARTED && kind != EVENT_STEP_PROGRESS && kind != EVENT_STEP_RETRY)
        changes_keep(r->x->changes, &e);
    changes_tell(r->x->changes, &e);
}

void executor_run_anew(struct step_run *r)
{
    const struct store_res *row = r->x->plan->steps[r->i].row;
    if (row)
        store_remove_res(r->x->ask.writer, row->address, row->generation);
}

void executor_fail_step(struct step_run *r, const struct err *err)
{
    const char *text =
        err->detail[0] ? arena_print(r->mem, "%s: %s", err->summary, err->detail) : err->summary;
    /* Where an action's body failed tells more than where the action begins. */
    if (err->where[0])
        r->failed_at = err->where;
    executor_tell(r, EVENT_STEP_FAILED, text, err->code, err->advice[0] ? err->advice : NULL);
    executor_end_step(r, STEP_END_FAILED);
}

static void on_done(void *user, bool ok, const struct err *err)
{
    struct step_run *r = user;
    if (!executor_store_ok(r->x, ok, err))
        return;
    changes_tell(r->x->changes, &r->done);
    executor_end_step(r, STEP_END_DONE);
}

void executor_done(struct step_run *r, const char *text)
{
    r->done = event_of(r, EVENT_STEP_DONE, text);
    changes_keep(r->x->changes, &r->done);
    store_after_commit(r->x->ask.writer, on_done, r);
}

void executor_finish_step(struct step_run *r, const struct value *observed, const char *inputs,
                          const char *text)
{
    struct executor *x = r->x;
    struct store_res row = executor_row(r);
    row.inputs = inputs;
    row.observed = observed ? value_json_stored(r->mem, observed) : NULL;
    store_put_res(x->ask.writer, &row);
    x->truth[r->i].inputs = arena_text(x->mem, inputs);
    x->truth[r->i].state = observed ? value_copy(x->mem, observed) : NULL;
    executor_done(r, text);
}

/* What is no event of the store, but told in its commit. */
static void keep(struct executor *x, struct event *e)
{
    const struct tick *tick = loop_tick(x->ask.loop);
    if (!x->ask.keep)
        return;
    e->wall_ms = tick->wall_ms(tick->user);
    e->run_id = x->ask.run_id;
    x->ask.keep(x->ask.keep_user, e);
}

/* ---- the ends of steps ------------------------------------------------------------------------------ */

static void block(struct executor *x, uint32_t k, uint32_t because)
{
    const struct plan_step *s = &x->plan->steps[k];
    x->state[k] = STEP_NOT_DONE;
    if (s->action == PLAN_KEEP || s->action == PLAN_LOOKUP || !s->targeted)
        return; /* it stands as it is */
    x->out.total++;
    x->out.blocked++;
    struct event e = {.kind = EVENT_STEP_BLOCKED,
                      .address = s->address,
                      .text = arena_print(x->mem, "not started: %s before it is not done",
                                          x->plan->steps[because].address)};
    keep(x, &e);
    changes_tell(x->changes, &e);
}

static void block_dependents(struct executor *x, uint32_t from)
{
    const struct graph *g = x->plan->graph;
    uint32_t *stack = ARENA_ARRAY(x->mem, uint32_t, 64);
    size_t depth = 0, room = 64;
    stack[depth++] = from;
    while (depth > 0) {
        uint32_t i = stack[--depth];
        for (uint32_t e = g->needed_by_at[i]; e < g->needed_by_at[i + 1]; e++) {
            uint32_t k = g->needed_by[e];
            if (x->state[k] != STEP_WAITS_FOR_NEEDS)
                continue;
            block(x, k, i);
            if (depth == room) {
                uint32_t *wider = ARENA_ARRAY(x->mem, uint32_t, room * 2);
                memcpy(wider, stack, room * sizeof(*stack));
                stack = wider;
                room *= 2;
            }
            stack[depth++] = k;
        }
    }
}

static void release_dependents(struct executor *x, uint32_t i)
{
    const struct graph *g = x->plan->graph;
    for (uint32_t e = g->needed_by_at[i]; e < g->needed_by_at[i + 1]; e++) {
        uint32_t k = g->needed_by[e];
        if (--x->waiting[k] == 0 && x->state[k] == STEP_WAITS_FOR_NEEDS) {
            x->state[k] = STEP_READY;
            x->ready[x->ready_count++] = k;
        }
    }
}

static void count_end(struct executor_outcome *out, enum step_end end)
{
    out->total++;
    out->done += end == STEP_END_DONE;
    out->failed += end == STEP_END_FAILED;
    out->held += end == STEP_END_HELD;
    out->conflict += end == STEP_END_CONFLICT;
    out->waits += end == STEP_END_WAITS;
    out->todos += end == STEP_END_TODO;
    out->over += end == STEP_END_OVER;
    out->stopped = out->stopped || end == STEP_END_STOPPED;
}

void executor_release(struct step_run *r)
{
    struct executor *x = r->x;
    r->released = true;
    x->state[r->i] = STEP_DONE;
    release_dependents(x, r->i);
    pump(x);
}

void executor_end_step(struct step_run *r, enum step_end end)
{
    struct executor *x = r->x;
    uint32_t i = r->i;
    bool released = r->released;
    arena_free(r->mem);
    free(r);
    x->in_flight--;
    if (x->in_flight == 0)
        loop_stop(x->ask.loop);
    /* What goes in the epilogue is part of a step that was counted, unless that one stood as it was. */
    if (!x->epilogue || end != STEP_END_DONE || x->plan->steps[i].action == PLAN_KEEP)
        count_end(&x->out, end);
    if (x->epilogue)
        return;
    if (released) {
        pump(x); /* there is room for one more */
        return;
    }
    x->state[i] = end == STEP_END_DONE ? STEP_DONE : STEP_NOT_DONE;
    if (end == STEP_END_DONE)
        release_dependents(x, i);
    else
        block_dependents(x, i);
    pump(x);
}

/* ---- the beginnings --------------------------------------------------------------------------------- */

static struct step_run *run_new(struct executor *x, uint32_t i)
{
    struct step_run *r = calloc(1, sizeof(*r));
    if (!r)
        abort();
    r->x = x;
    r->i = i;
    r->mem = arena_new();
    r->action = x->plan->steps[i].action;
    r->began_ms = loop_now_ms(x->ask.loop);
    x->in_flight++;
    x->state[i] = STEP_RUNNING;
    return r;
}

/* Nothing to do for it: what it is, is known from the plan. */
static bool stands(struct executor *x, uint32_t i)
{
    const struct plan_step *s = &x->plan->steps[i];
    if (account_is_open(s))
        return false;
    const struct value *state = s->action == PLAN_KEEP && s->promise ? s->promise : s->observed;
    x->truth[i] = (struct step_truth){.state = state, .id = s->id, .inputs = s->inputs};
    if (s->targeted)
        resource_sync(x, i);
    x->state[i] = STEP_DONE;
    release_dependents(x, i);
    return true;
}

static void forget(struct step_run *r)
{
    const struct graph_node *node = &r->x->plan->graph->nodes[r->i];
    for (uint32_t k = 0; k < node->res_count; k++) {
        const struct store_res *row = &r->x->plan->truth->res[node->res_first + k];
        if (row->deposed) /* another object, which may well be there */
            continue;
        store_remove_res(r->x->ask.writer, row->address, row->generation);
    }
    executor_done(r, r->x->plan->steps[r->i].reason);
}

static void wait_for_person(struct step_run *r)
{
    const struct decl *d = r->x->plan->steps[r->i].decl;
    const char *ask =
        value_get_text(d->attrs, "ask", d->kind == DECL_TODO ? "not written yet" : "a person has to do this");
    const char *text = d->meta.owner ? arena_print(r->mem, "%s: %s", d->meta.owner, ask) : ask;
    text = due_print(r->mem, text, value_get_text(d->attrs, "deadline", NULL));
    executor_tell(r, EVENT_STEP_WAITS, text, NULL, NULL);
    executor_end_step(r, d->kind == DECL_TODO ? STEP_END_TODO : STEP_END_WAITS);
}

static void hold(struct step_run *r)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    const char *region = r->x->plan->region->name;
    executor_tell(r, EVENT_STEP_HELD, s->pending->reason, "run.held",
                  arena_print(r->mem,
                              "look at the service, then type one of: landfall resolve %s %s --keep ID  |  "
                              "landfall resolve %s %s --retry "
                              " |  landfall resolve %s %s --forget --why TEXT",
                              region, s->address, region, s->address, region, s->address));
    executor_end_step(r, STEP_END_HELD);
}

/* Steps beyond the first one that only meet the same ceiling are told shortly: there may be thousands. */
static bool is_beyond(struct step_run *r)
{
    struct executor *x = r->x;
    const char *why, *region = x->plan->region->name, *options = x->purse.terms.asked_with;
    if (purse_take(&x->purse, r->mem, &x->plan->steps[r->i], &why))
        return false;
    enum event_kind kind = x->told_ceiling ? EVENT_STEP_BLOCKED : EVENT_STEP_CEILING;
    x->told_ceiling = true;
    executor_tell(
        r, kind, why, "run.ceiling",
        arena_print(r->mem,
                    "have the rest approved, and go on: landfall plan %s -o %s.plan; landfall approve "
                    "%s.plan %s; landfall resume %s.plan",
                    region, region, region, options ? options : "--why TEXT", region));
    executor_end_step(r, STEP_END_OVER);
    return true;
}

static void begin(struct executor *x, uint32_t i)
{
    struct step_run *r = run_new(x, i);
    const struct plan_step *s = &x->plan->steps[i];
    if (teardown_stops(r) || (!s->pending && is_beyond(r)))
        return;
    if (s->pending)
        hold(r);
    else if (s->action == PLAN_FORGET)
        forget(r);
    else if (s->action == PLAN_WAIT || s->action == PLAN_TODO)
        wait_for_person(r);
    else if (s->action == PLAN_RUN)
        act_begin(r);
    else if (s->action == PLAN_CHECK)
        probe_begin(r);
    else if (s->action == PLAN_LOOKUP)
        resolve_lookup(r);
    else
        resource_begin(r);
}

static bool has_room(const struct executor *x, uint32_t i)
{
    const struct contract_type *type = x->plan->steps[i].type;
    uint32_t most = type && type->has_change_many ? PARALLEL_MANY
                    : x->ask.parallel             ? x->ask.parallel
                                                  : PARALLEL;
    return x->in_flight < most;
}

static void start_ready(struct executor *x)
{
    while (x->ready_next < x->ready_count && !x->stopping && !x->failed) {
        uint32_t i = x->ready[x->ready_next];
        if (stands(x, i)) {
            x->ready_next++;
            continue;
        }
        if (!has_room(x, i))
            return;
        x->ready_next++;
        begin(x, i);
    }
}

/* Steps that end as they begin must not begin the next ones from inside: a chain of them has no bound. */
static void pump(struct executor *x)
{
    if (x->pumping)
        return;
    x->pumping = true;
    start_ready(x);
    x->pumping = false;
}

/* ---- pauses ------------------------------------------------------------------------------------------- */

static void pause_over(void *user)
{
    struct pause *p = user;
    if (p->next)
        p->next->prev = p->prev;
    if (p->prev)
        p->prev->next = p->next;
    else
        p->x->pauses = p->next;
    void (*fn)(void *user) = p->fn;
    void *mine = p->user;
    free(p);
    fn(mine);
}

void executor_pause(struct executor *x, uint64_t ms, void (*fn)(void *user), void *user)
{
    struct pause *p = calloc(1, sizeof(*p));
    if (!p)
        abort();
    *p = (struct pause){.x = x, .fn = fn, .user = user, .next = x->pauses};
    if (p->next)
        p->next->prev = p;
    x->pauses = p;
    p->timer = loop_after(x->ask.loop, x->stopping ? 0 : ms, pause_over, p);
}

static void cut_pauses(struct executor *x)
{
    for (struct pause *p = x->pauses; p; p = p->next) {
        loop_timer_cancel(p->timer);
        p->timer = loop_after(x->ask.loop, 0, pause_over, p);
    }
}

/* ---- the run ------------------------------------------------------------------------------------------ */

static bool mark_read(void *user, const struct expr *ref)
{
    struct executor *x = user;
    uint32_t i = plan_find(x->plan, ref->address);
    if (i != UINT32_MAX && strcmp(ref->path, "id") != 0)
        x->read[i] = true;
    return true;
}

/* Whose state is worth keeping until the end: what attributes and outputs refer to, and all that an action,
 * which may ask for anything of what it comes after, can see. */
static void find_readers(struct executor *x)
{
    const struct plan *plan = x->plan;
    const struct graph *g = plan->graph;
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct decl *d = plan->steps[i].decl;
        if (!d)
            continue;
        expr_each_ref(d->attrs, mark_read, x);
        for (uint32_t e = g->needs_at[i]; d->kind == DECL_ACTION && e < g->needs_at[i + 1]; e++)
            x->read[g->needs[e]] = true;
    }
    if (plan->decls->outputs)
        expr_each_ref(plan->decls->outputs, mark_read, x);
}

struct executor *executor_new(const struct executor_ask *ask)
{
    struct executor *x = calloc(1, sizeof(*x));
    if (!x)
        abort();
    const struct graph *g = ask->plan->graph;
    x->ask = *ask;
    x->plan = ask->plan;
    x->mem = arena_new();
    x->world = (struct expr_world){.user = x, .find = resolve_find, .call = call_script};
    struct changes_ask changes = {.loop = ask->loop,
                                  .writer = ask->writer,
                                  .tell = ask->tell,
                                  .tell_user = ask->tell_user,
                                  .keep = ask->keep,
                                  .keep_user = ask->keep_user,
                                  .run_id = ask->run_id,
                                  .region = ask->plan->region->name,
                                  .rules = ask->plan->region,
                                  .others = ask->plan->others,
                                  .tries = ask->tries,
                                  .timeout_change_ms = ask->timeout_change_ms,
                                  .timeout_read_ms = ask->timeout_read_ms,
                                  .chance = ask->chance,
                                  .store_failed = on_store_failed,
                                  .user = x};
    x->changes = changes_new(&changes);
    purse_open(&x->purse, ask->terms ? ask->terms : &(struct purse_terms){0}, ask->plan);
    x->state = arena_alloc(x->mem, g->count + 1);
    x->waiting = ARENA_ARRAY(x->mem, uint32_t, g->count + 1);
    x->ready = ARENA_ARRAY(x->mem, uint32_t, g->count + 1);
    x->truth = ARENA_ARRAY(x->mem, struct step_truth, g->count + 1);
    x->ids = ARENA_ARRAY(x->mem, const struct value *, g->count + 1);
    x->read = ARENA_ARRAY(x->mem, bool, g->count + 1);
    find_readers(x);
    return x;
}

void executor_free(struct executor *x)
{
    if (!x)
        return;
    changes_free(x->changes);
    arena_free(x->mem);
    free(x);
}

/* Changes, not steps: a replacement is two, and so is what it takes to be rid of several generations. */
static uint64_t count_expected(const struct plan *plan)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct plan_step *s = &plan->steps[i];
        enum plan_action a = s->action;
        if (!s->targeted || a == PLAN_WAIT || a == PLAN_TODO)
            continue;
        if (a == PLAN_DESTROY)
            n += plan->graph->nodes[i].res_count;
        else
            n += (a != PLAN_KEEP && a != PLAN_LOOKUP) + (a == PLAN_REPLACE) + s->deposed_left;
    }
    return n;
}

static void put_run(struct executor *x, const char *state)
{
    const struct tick *tick = loop_tick(x->ask.loop);
    int64_t now = tick->wall_ms(tick->user);
    const struct account *whole = &x->account;
    struct store_run run = {.run_id = x->ask.run_id,
                            .plan_digest = x->plan->digest,
                            .base_serial = x->plan->truth->serial,
                            .command = x->ask.command,
                            .state = state,
                            .started_ms = whole->opened_ms,
                            .ended_ms = strcmp(state, "running") == 0 ? 0 : now,
                            .total = account_total(whole, x->out.total),
                            .done = account_done(whole, x->out.done),
                            .failed = x->out.failed + x->out.conflict + x->out.held,
                            .plan = x->plan->outline};
    /* Spent in the transaction that opens the run, or in which it goes on. */
    if (run.ended_ms == 0) {
        run.approvals = x->purse.terms.approvals;
        run.approval_count = x->purse.terms.approval_count;
    }
    store_put_run(x->ask.writer, &run);
}

static const char *end_state(const struct executor_outcome *out)
{
    if (out->stopped)
        return "stopped";
    return out->failed + out->held + out->conflict + out->blocked + out->waits + out->over > 0 ? "partial"
                                                                                               : "done";
}

static void put_outputs(struct executor *x)
{
    const struct value *outputs;
    struct err err;
    if (x->plan->destroy) /* what is gone gives nothing out */
        store_put_outputs(x->ask.writer, "{}");
    if (!x->plan->decls->outputs || !expr_eval(x->mem, x->plan->decls->outputs, &x->world, &outputs, &err))
        return;
    const struct value *known = NULL, *before = NULL;
    const char *stored = x->plan->truth->outputs;
    /* What a part of the build that was not reached gives out, it gave out before: others read it. */
    if (stored && !value_json_parse(x->mem, stored, strlen(stored), &before, &err))
        before = NULL;
    for (size_t k = 0; value_kind(outputs) == VALUE_MAP && k < outputs->count; k++) {
        const char *name = outputs->pairs[k].key;
        const struct value *v = outputs->pairs[k].value;
        if (value_has_unknown(v))
            v = value_get(before, name);
        if (v)
            known = value_with_key(x->mem, known, name, v);
    }
    if (known)
        store_put_outputs(x->ask.writer, value_json_stored(x->mem, known));
}

static bool all_dependents_done(const struct executor *x, uint32_t i)
{
    const struct graph *g = x->plan->graph;
    for (uint32_t e = g->needed_by_at[i]; e < g->needed_by_at[i + 1]; e++) {
        if (x->state[g->needed_by[e]] != STEP_DONE)
            return false;
    }
    return x->state[i] == STEP_DONE;
}

/* Others may stop the loop, and others may keep it alive: neither ends a run. */
static void run_loop(struct executor *x)
{
    while (x->in_flight > 0 && !x->failed && !x->aborted)
        loop_run(x->ask.loop);
}

/* What was replaced goes last, when nothing built on it is left; and in the order in which it was built on,
 * turned round. */
static void run_epilogue(struct executor *x)
{
    const struct graph *g = x->plan->graph;
    x->epilogue = true;
    for (uint32_t k = x->plan->count; k > 0 && !x->stopping && !x->failed; k--) {
        uint32_t i = g->sorted[k - 1];
        const struct plan_step *s = &x->plan->steps[i];
        if (!s->decl || !s->targeted || (s->deposed_left == 0 && !x->truth[i].deposed) ||
            !all_dependents_done(x, i))
            continue;
        resource_destroy_deposed(x, i);
        run_loop(x);
    }
}

static void on_last(void *user, bool ok, const struct err *err)
{
    struct executor *x = user;
    x->in_flight--;
    if (executor_store_ok(x, ok, err))
        loop_stop(x->ask.loop);
}

/* Beside the record of the end, so that nobody hears of an end that was none. */
static void keep_end(struct executor *x)
{
    struct event e = {.kind = EVENT_RUN_ENDED,
                      .verb = x->ask.command,
                      .code = end_state(&x->out),
                      .took_ms = loop_now_ms(x->ask.loop) - x->began_ms,
                      .done = x->out.done,
                      .total = x->out.total};
    keep(x, &e);
}

static void start_all(struct executor *x)
{
    const struct graph *g = x->plan->graph;
    const struct tick *tick = loop_tick(x->ask.loop);
    x->began_ms = loop_now_ms(x->ask.loop);
    account_open(&x->account, x->plan, x->ask.run_id, tick->wall_ms(tick->user));
    put_run(x, "running");
    executor_audit_opened(x);
    for (size_t m = 0; m < x->plan->move_count; m++)
        store_rename_res(x->ask.writer, x->plan->moves[m].from, x->plan->moves[m].to);
    changes_expect(x->changes, count_expected(x->plan));
    for (uint32_t i = 0; i < g->count; i++)
        x->waiting[i] = g->needs_at[i + 1] - g->needs_at[i];
    for (uint32_t k = 0; k < g->count; k++) {
        if (x->waiting[g->sorted[k]] == 0) {
            x->state[g->sorted[k]] = STEP_READY;
            x->ready[x->ready_count++] = g->sorted[k];
        }
    }
}

bool executor_run(struct executor *x, struct executor_outcome *out, struct err *err)
{
    start_all(x);
    teardown_run(x);
    pump(x);
    run_loop(x);
    if (!x->failed && !x->aborted && !x->stopping && !x->plan->refresh_only)
        run_epilogue(x);
    x->out.stopped = x->out.stopped || x->aborted || x->stopping;
    if (!x->failed && !x->aborted) {
        put_outputs(x);
        put_run(x, end_state(&x->out));
        keep_end(x);
        executor_audit_ended(x, end_state(&x->out));
        x->in_flight++;
        store_after_commit(x->ask.writer, on_last, x);
        run_loop(x);
    }
    if (x->failed) {
        *err = x->failure;
        return false;
    }
    *out = x->out;
    return true;
}

static bool has_new_outputs(const struct plan *plan)
{
    if (!plan->outputs || value_has_unknown(plan->outputs))
        return plan->outputs != NULL;
    struct arena *tmp = arena_new();
    const char *stored = plan->truth->outputs;
    const struct value *before;
    struct err err;
    bool is_new = !stored || !value_json_parse(tmp, stored, strlen(stored), &before, &err) ||
                  !value_equal(before, plan->outputs);
    arena_free(tmp);
    return is_new;
}

bool executor_has_work(const struct plan *plan)
{
    const uint32_t *n = plan->totals.by_action;
    struct executor x = {.plan = plan};
    if (plan_has_changes(plan) || n[PLAN_WAIT] + n[PLAN_TODO] > 0 || plan->move_count > 0 ||
        has_new_outputs(plan))
        return true;
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct plan_step *s = &plan->steps[i];
        if (s->targeted && (s->pending || resource_is_behind(&x, i)))
            return true;
    }
    return false;
}

void executor_interrupt(struct executor *x)
{
    if (x->stopping) {
        x->aborted = true;
        loop_stop(x->ask.loop);
        return;
    }
    x->stopping = true;
    changes_stop(x->changes);
    cut_pauses(x);
}
