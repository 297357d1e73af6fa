#include "run/teardown.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "io/loop.h"
#include "model/decl.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "run/change.h"
#include "run/executor_state.h"
#include "store/store.h"

enum tear { TEAR_NOT = 0, TEAR_WANTED, TEAR_GONE, TEAR_FAILED };

struct teardown {
    uint8_t *state;    /* enum tear, per step */
    uint32_t *waiting; /* per step: wanted ones that stand on it and are not gone yet */
};

/* Replaced by destroying the old object first. */
static bool goes_first(const struct plan_step *s)
{
    bool stands_beside = s->create_first && (s->unknown || plan_stands_beside(s, s->desired));
    return s->decl && s->targeted && s->action == PLAN_REPLACE && !stands_beside && !s->pending && s->row;
}

static bool needs_one_that_goes(const struct plan *plan, uint32_t i)
{
    const struct graph *g = plan->graph;
    for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++) {
        if (goes_first(&plan->steps[g->needs[e]]))
            return true;
    }
    return false;
}

/* A step that is no longer declared and stood on one that is replaced; only what nothing else stands on. */
static bool stood_on_one_that_goes(struct executor *x, uint32_t i)
{
    const struct graph *g = x->plan->graph;
    const struct plan_step *s = &x->plan->steps[i];
    const struct value *list;
    struct err err;
    bool is_leaf = !s->decl && s->action == PLAN_DESTROY && s->row && s->row->depends_on && !s->pending &&
                   g->nodes[i].res_count == 1 && g->needs_at[i] == g->needs_at[i + 1];
    if (!is_leaf || !value_json_parse(x->mem, s->row->depends_on, strlen(s->row->depends_on), &list, &err))
        return false;
    for (size_t k = 0; value_kind(list) == VALUE_LIST && k < list->count; k++) {
        const char *address = value_as_text(list->items[k]);
        uint32_t to = address ? plan_find(x->plan, address) : UINT32_MAX;
        if (to != UINT32_MAX && goes_first(&x->plan->steps[to]))
            return true;
    }
    return false;
}

static void start(struct executor *x, uint32_t i);

static void release(struct executor *x, uint32_t i)
{
    const struct graph *g = x->plan->graph;
    struct teardown *t = x->teardown;
    for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++) {
        uint32_t k = g->needs[e];
        if (t->state[k] == TEAR_WANTED && --t->waiting[k] == 0)
            start(x, k);
    }
}

static void on_gone(void *user, const struct change_result *result)
{
    struct step_run *r = user;
    struct executor *x = r->x;
    uint32_t i = r->i;
    x->teardown->state[i] = result->end == CHANGE_DONE ? TEAR_GONE : TEAR_FAILED;
    arena_free(r->mem);
    free(r);
    x->in_flight--;
    if (result->end == CHANGE_DONE)
        release(x, i);
    if (x->in_flight == 0)
        loop_stop(x->ask.loop);
}

static void start(struct executor *x, uint32_t i)
{
    if (x->stopping || x->failed)
        return;
    struct step_run *r = calloc(1, sizeof(*r));
    if (!r)
        abort();
    *r = (struct step_run){
        .x = x, .i = i, .mem = arena_new(), .action = PLAN_DESTROY, .began_ms = loop_now_ms(x->ask.loop)};
    x->in_flight++;
    struct err err;
    if (!resource_destroy_row(r, x->plan->steps[i].row, on_gone, &err)) {
        executor_tell(r, EVENT_STEP_FAILED, err.summary, err.code, err.advice);
        on_gone(r, &(struct change_result){.end = CHANGE_FAILED});
    }
}

void teardown_run(struct executor *x)
{
    const struct graph *g = x->plan->graph;
    struct teardown *t = x->teardown = ARENA_NEW(x->mem, struct teardown);
    t->state = arena_alloc(x->mem, g->count + 1);
    uint32_t wanted = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        bool goes =
            goes_first(&x->plan->steps[i]) ? needs_one_that_goes(x->plan, i) : stood_on_one_that_goes(x, i);
        t->state[i] = goes ? TEAR_WANTED : TEAR_NOT;
        wanted += goes;
    }
    if (wanted == 0)
        return;
    t->waiting = ARENA_ARRAY(x->mem, uint32_t, g->count + 1);
    for (uint32_t i = 0; i < g->count; i++) {
        for (uint32_t e = g->needed_by_at[i]; e < g->needed_by_at[i + 1]; e++)
            t->waiting[i] += t->state[i] == TEAR_WANTED && t->state[g->needed_by[e]] == TEAR_WANTED;
    }
    for (uint32_t i = 0; i < g->count; i++) {
        if (t->state[i] == TEAR_WANTED && t->waiting[i] == 0)
            start(x, i);
    }
    if (x->in_flight > 0 && !x->failed)
        loop_run(x->ask.loop);
}

bool teardown_has_gone(const struct executor *x, uint32_t i)
{
    return x->teardown->state[i] == TEAR_GONE;
}

bool teardown_stops(struct step_run *r)
{
    struct executor *x = r->x;
    const struct graph *g = x->plan->graph;
    const struct teardown *t = x->teardown;
    if (t->state[r->i] == TEAR_FAILED) {
        executor_end_step(r, STEP_END_FAILED);
        return true;
    }
    if (!goes_first(&x->plan->steps[r->i]))
        return false;
    for (uint32_t e = g->needed_by_at[r->i]; e < g->needed_by_at[r->i + 1]; e++) {
        uint32_t k = g->needed_by[e];
        if (t->state[k] != TEAR_FAILED && t->state[k] != TEAR_WANTED)
            continue;
        struct err err;
        err_set(&err, "run.still_stands", "'%s' stands on it and could not be destroyed first",
                x->plan->steps[k].address);
        err_advise(&err, "mend that, then plan again: nothing of this step was changed");
        executor_fail_step(r, &err);
        return true;
    }
    return false;
}
