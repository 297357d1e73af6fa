#include <stdlib.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "io/loop.h"
#include "model/value.h"
#include "plan/cost_table.h"
#include "plan/planner.h"
#include "plan/price.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "region/region.h"

/* One question to a driver: what would this take? */
struct estimate {
    struct planner *p;
    uint32_t i;
    struct op_item item;
};

static void on_item(void *user, struct op *op, size_t n, const struct op_result *result)
{
    (void)op;
    (void)n;
    struct estimate *e = user;
    struct planner *p = e->p;
    struct plan_step *s = &p->plan->steps[e->i];
    struct price_ask ask = {.books = p->ask->prices, .region = p->plan->region, .guess = s->decl->meta.guess};
    struct err err;
    if (result->status != LF_END_OK)
        price_by_guess(ask.guess, "the driver could not estimate it", &s->cost);
    else if (!price_of(p->mem, &ask, result->costs, result->cost_count, &s->cost, &err))
        planner_error(p, e->i, err.code, NULL, err.summary, err.advice);
}

static void on_end(void *user, struct op *op)
{
    (void)op;
    struct estimate *e = user;
    struct planner *p = e->p;
    p->in_flight--;
    free(e);
    loop_stop(p->ask->loop);
}

static void ask(struct planner *p, uint32_t i)
{
    static const struct op_events events = {.item = on_item, .end = on_end};
    struct plan_step *s = &p->plan->steps[i];
    struct estimate *e = calloc(1, sizeof(*e));
    if (!e)
        abort();
    *e = (struct estimate){.p = p,
                           .i = i,
                           .item = {.verb = LF_VERB_ESTIMATE,
                                    .attempt = 1,
                                    .address = s->address,
                                    .prior = s->observed,
                                    .desired = s->promise ? s->promise : s->desired}};
    struct op_ask op = {
        .driver = s->driver, .type = s->type, .items = &e->item, .count = 1, .read_only = true};
    p->in_flight++;
    op_start(&op, &events, e);
}

/* A driver prices its resources; what people do costs what somebody guessed.  A todo will cost something, so
 * one without a guess is unknown; a signature without a guess is no cost at all. */
static void estimate(struct planner *p, uint32_t i)
{
    struct plan_step *s = &p->plan->steps[i];
    if (!s->decl || !s->targeted || s->broken)
        return;
    const struct value *guess = s->decl->meta.guess;
    if (s->decl->kind == DECL_RESOURCE && s->type->has_estimate)
        ask(p, i);
    else if (s->decl->kind == DECL_RESOURCE)
        price_by_guess(guess,
                       arena_print(p->mem, "%s-%s does not estimate '%s'", s->driver->subsystem,
                                   s->driver->name, s->type->facts.name),
                       &s->cost);
    else
        price_by_guess(guess, s->decl->kind == DECL_TODO ? "a todo without a guess of its money" : NULL,
                       &s->cost);
}

/* What will exist afterwards costs by the month; only what is still to be done may cost once. */
static bool is_still_to_do(const struct plan_step *s)
{
    return s->action == PLAN_CREATE || s->action == PLAN_REPLACE || s->action == PLAN_RUN ||
           s->action == PLAN_CHECK || s->action == PLAN_WAIT || s->action == PLAN_TODO;
}

static void add_to_totals(struct planner *p)
{
    struct plan_totals *t = &p->plan->totals;
    struct cost_table_sum sum = {0};
    for (uint32_t i = 0; i < p->plan->count; i++) {
        struct plan_step *s = &p->plan->steps[i];
        if (!is_still_to_do(s))
            s->cost.once_low = s->cost.once_expected = s->cost.once_high = 0;
        if (!cost_table_add(&sum, s)) {
            planner_error(
                p, i, "cost.overflow", NULL,
                arena_print(p->mem, "with '%s' the plan costs more money than can be counted", s->address),
                "look at the quantities that are declared, and at the price books");
            return;
        }
    }
    t->cost = sum.cost;
    t->guess = sum.guess;
    t->priced = sum.priced;
    t->guessed = sum.guessed;
    t->priceable = sum.steps;
}

void cost_estimate(struct planner *p)
{
    uint32_t i = 0;
    if (p->ask->refresh_only) /* builds nothing, and no step has been matched with its driver */
        return;
    while (i < p->plan->count || p->in_flight > 0) {
        while (i < p->plan->count && p->in_flight < p->parallel)
            estimate(p, i++);
        if (p->in_flight > 0)
            loop_run(p->ask->loop);
    }
    add_to_totals(p);
}
