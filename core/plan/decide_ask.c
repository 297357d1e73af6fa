#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "io/loop.h"
#include "model/diag.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/planner.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "plugin/retry.h"
#include "store/store.h"

/* One question to a driver about one step. */
struct question {
    struct planner *p;
    uint32_t i;
    struct op_item item;
    const struct op_events *events;
    uint64_t wait_ms;
    bool told;  /* the driver's notes already say what is wrong */
    bool again; /* it was throttled: asked once more, later */
};

static void on_note(void *user, struct op *op, const struct diag *note)
{
    (void)op;
    struct question *q = user;
    struct diag one = *note;
    one.address = q->p->plan->steps[q->i].address;
    if (!one.where)
        one.where = planner_where(q->p, q->i);
    diag_add(q->p->diags, &one);
    q->told = q->told || note->severity == DIAG_ERROR;
}

static void send(struct question *q);

static void send_again(void *user)
{
    send(user);
}

/* RETRY says for certain that nothing happened, and a question has nothing to lose by being asked again. */
static bool asks_again(struct question *q, const struct op_result *result)
{
    q->again =
        result->status == LF_END_RETRY && retry_reads(q->item.attempt, result->retry_after_ms, &q->wait_ms);
    return q->again;
}

static void on_end(void *user, struct op *op)
{
    (void)op;
    struct question *q = user;
    struct planner *p = q->p;
    uint32_t i = q->i;
    if (q->again) {
        q->item.attempt++;
        loop_after(p->ask->loop, q->wait_ms, send_again, q);
        return;
    }
    p->in_flight--;
    free(q);
    planner_decided(p, i);
    /* Let decide_all take up what became ready; it comes back to the loop while answers are awaited. */
    loop_stop(p->ask->loop);
}

static void send(struct question *q)
{
    struct plan_step *s = &q->p->plan->steps[q->i];
    struct op_ask op = {
        .driver = s->driver, .type = s->type, .items = &q->item, .count = 1, .read_only = true};
    q->again = q->told = false;
    op_start(&op, q->events, q);
}

static void ask(struct planner *p, uint32_t i, uint32_t verb, const struct op_events *events)
{
    struct plan_step *s = &p->plan->steps[i];
    struct question *q = calloc(1, sizeof(*q));
    if (!q)
        abort();
    *q = (struct question){.p = p,
                           .i = i,
                           .events = events,
                           .item = {.verb = verb,
                                    .attempt = 1,
                                    .address = s->address,
                                    .marker = s->row ? s->row->marker : NULL,
                                    .id = s->id,
                                    .prior = s->observed,
                                    .desired = s->desired,
                                    .memo = s->memo}};
    p->in_flight++;
    send(q);
}

static const char *words_of(const struct op_result *result)
{
    return result->broke       ? result->broke
           : result->timed_out ? "no answer in time"
                               : "the driver gave no reason";
}

/* ---- the plan of a type with rules of its own ------------------------------------------------ */

static const char *const *copy_paths(struct planner *p, const char *const *because)
{
    size_t n = 0;
    while (because && because[n])
        n++;
    if (n == 0)
        return NULL;
    const char **paths = ARENA_ARRAY(p->mem, const char *, n + 1);
    for (size_t k = 0; k < n; k++)
        paths[k] = arena_text(p->mem, because[k]);
    return paths;
}

/* A plan that promises something else than what was asked is the plugin's mistake. */
static bool promise_fits(struct planner *p, uint32_t i, const struct value *promise)
{
    struct plan_step *s = &p->plan->steps[i];
    const char *path = NULL;
    if (schema_keeps_promise(p->mem, s->type->facts.schema, s->desired, promise, &path))
        return true;
    planner_error(p, i, "plugin.broke_promise", path,
                  arena_print(p->mem, "the plan of %s-%s for '%s' does not keep what was asked at '%s'",
                              s->driver->subsystem, s->driver->name, s->address, path ? path : "?"),
                  "this is a mistake in the driver: report it to its author");
    return false;
}

static void on_planned(void *user, struct op *op, size_t n, const struct op_result *result)
{
    (void)op;
    (void)n;
    struct question *q = user;
    struct planner *p = q->p;
    struct plan_step *s = &p->plan->steps[q->i];
    if (asks_again(q, result))
        return;
    bool is_answer =
        result->status == LF_END_OK && result->action >= LF_DO_KEEP && result->action <= LF_DO_REPLACE;
    if (!is_answer) {
        s->broken = true;
        if (!q->told)
            planner_error(p, q->i, "plan.refused", NULL,
                          arena_print(p->mem, "%s-%s cannot plan '%s': %s", s->driver->subsystem,
                                      s->driver->name, s->address, words_of(result)),
                          "change what the playbook asks for, or the region's values behind it");
        return;
    }
    const struct value *promise = result->state ? value_copy(p->mem, result->state) : NULL;
    if (promise && !promise_fits(p, q->i, promise)) {
        s->broken = true;
        return;
    }
    if (!s->row || s->gone) {
        struct schema_diffs unused = {0};
        if (!promise)
            schema_compare(p->mem, s->type->facts.schema, NULL, s->desired, &unused, &promise);
        s->action = PLAN_CREATE;
        s->promise = promise;
        s->reason = s->gone ? planner_gone(s) : "new";
        if (s->gone)
            s->generation = s->row->generation + 1;
        return;
    }
    decide_finish(p, q->i, result->action, promise, copy_paths(p, result->because));
}

void decide_ask_plan(struct planner *p, uint32_t i)
{
    static const struct op_events events = {.item = on_planned, .note = on_note, .end = on_end};
    ask(p, i, LF_VERB_PLAN, &events);
}

/* ---- existing objects ------------------------------------------------------------------------ */

static void on_found(void *user, struct op *op, size_t n, const struct op_result *result)
{
    (void)op;
    (void)n;
    struct question *q = user;
    struct planner *p = q->p;
    struct plan_step *s = &p->plan->steps[q->i];
    if (asks_again(q, result))
        return;
    if (result->status == LF_END_OK) {
        s->observed = value_copy(p->mem, result->state);
        s->id = arena_text(p->mem, result->id);
        s->observed_marker = arena_text(p->mem, result->marker);
        s->promise = s->observed;
        return;
    }
    s->broken = true;
    if (q->told)
        return;
    const char *looked_for = value_json_text(p->mem, s->desired);
    if (result->status == LF_END_GONE)
        planner_error(p, q->i, "plan.existing_missing", NULL,
                      arena_print(p->mem, "'%s' should exist and does not: looked for %s with %s-%s",
                                  s->address, looked_for, s->driver->subsystem, s->driver->name),
                      "check the name and the driver instance of the step; what landfall shall build is "
                      "declared without `:existing`");
    else
        planner_error(p, q->i, "plan.cannot_find", NULL,
                      arena_print(p->mem, "cannot look up '%s' with %s-%s: %s", s->address,
                                  s->driver->subsystem, s->driver->name, words_of(result)),
                      "mend the connection to the service, then plan again");
}

void decide_ask_find(struct planner *p, uint32_t i)
{
    static const struct op_events events = {.item = on_found, .note = on_note, .end = on_end};
    struct plan_step *s = &p->plan->steps[i];
    s->action = PLAN_LOOKUP;
    s->reason = p->ask->offline ? "not looked up: no service was asked"
                : s->unknown    ? "looked up when its inputs are known, never written"
                                : "looked up, never written";
    if (s->unknown || p->ask->offline) {
        planner_decided(p, i);
        return;
    }
    ask(p, i, LF_VERB_FIND, &events);
}
