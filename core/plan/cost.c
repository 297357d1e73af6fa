#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "io/loop.h"
#include "model/money.h"
#include "model/value.h"
#include "plan/planner.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "region/price_book.h"
#include "region/region.h"

/* One question to a driver: what would this take? */
struct estimate {
    struct planner *p;
    uint32_t i;
    struct op_item item;
};

static void not_priced(struct plan_cost *c, const char *why)
{
    *c = (struct plan_cost){.why_not = why};
}

/* What a person expects it to cost, where nobody can know. */
static bool price_by_guess(struct plan_cost *c, const struct value *guess)
{
    static const char *const keys[] = {"monthly", "one_off"};
    int64_t amounts[COUNT_OF(keys)] = {0};
    bool any = false;
    for (size_t k = 0; k < COUNT_OF(keys); k++) {
        const struct value *v = value_get(guess, keys[k]);
        struct err err;
        if (value_kind(v) == VALUE_INT && v->number >= 0 && v->number < INT64_MAX / MONEY_UNIT)
            amounts[k] = v->number * MONEY_UNIT;
        else if (value_is_null(v) || !value_as_text(v) || !money_parse(v->text, &amounts[k], &err))
            continue;
        any = true;
    }
    if (any)
        *c = (struct plan_cost){.priced = true,
                                .month_low = amounts[0],
                                .month_high = amounts[0],
                                .once_low = amounts[1],
                                .once_high = amounts[1]};
    return any;
}

/* Adds one line to a step's cost; false when that is the end of it: no price, with why_not, or a guess that
 * stands for all of it. */
static bool price_line(struct planner *p, struct plan_cost *c, const struct lf_cost *line,
                       const struct value *guess)
{
    const char *currency = p->plan->region->currency;
    if (line->flags & LF_COST_UNBOUNDED) {
        if (price_by_guess(c, guess))
            return false;
        not_priced(c, arena_print(p->mem, "%s cannot be bounded: give the step a guess",
                                  line->what ? line->what : line->sku));
        return false;
    }
    const struct price_book_item *price =
        p->ask->prices ? price_book_find(p->ask->prices, line->sku, currency) : NULL;
    if (!price) {
        not_priced(c, arena_print(p->mem, "no price for '%s' in %s", line->sku, currency));
        return false;
    }
    if (line->unit && strcmp(price->unit, line->unit) != 0) {
        not_priced(c, arena_print(p->mem, "'%s' is counted in '%s' and priced by '%s'", line->sku, line->unit,
                                  price->unit));
        return false;
    }
    int64_t low, high;
    int64_t *low_sum = price->per == PRICE_BOOK_ONCE ? &c->once_low : &c->month_low;
    int64_t *high_sum = price->per == PRICE_BOOK_ONCE ? &c->once_high : &c->month_high;
    if (!price_book_cost(price, line->low_milli, &low) || !price_book_cost(price, line->high_milli, &high) ||
        !money_add(*low_sum, low, low_sum) || !money_add(*high_sum, high, high_sum)) {
        not_priced(c, arena_print(p->mem, "the quantity of '%s' is beyond all money", line->sku));
        return false;
    }
    return true;
}

static void on_item(void *user, struct op *op, size_t n, const struct op_result *result)
{
    (void)op;
    (void)n;
    struct estimate *e = user;
    struct plan_cost *c = &e->p->plan->steps[e->i].cost;
    if (result->status != LF_END_OK) {
        not_priced(c, "the driver could not estimate it");
        return;
    }
    const struct value *guess = e->p->plan->steps[e->i].decl->meta.guess;
    *c = (struct plan_cost){.priced = true};
    for (size_t k = 0; k < result->cost_count; k++) {
        if (!price_line(e->p, c, &result->costs[k], guess))
            return;
    }
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

/* What will exist afterwards costs by the month; what is newly made may cost once. */
static bool is_priceable(const struct plan_step *s)
{
    return s->decl && s->decl->kind == DECL_RESOURCE && s->targeted && !s->broken;
}

static void add_to_totals(struct planner *p)
{
    struct plan_totals *t = &p->plan->totals;
    for (uint32_t i = 0; i < p->plan->count; i++) {
        const struct plan_step *s = &p->plan->steps[i];
        struct plan_cost *c = &p->plan->steps[i].cost;
        if (!is_priceable(s))
            continue;
        t->priceable++;
        if (s->action != PLAN_CREATE && s->action != PLAN_REPLACE)
            c->once_low = c->once_high = 0;
        if (!c->priced)
            continue;
        struct plan_cost sum = t->cost;
        bool fits = money_add(sum.once_low, c->once_low, &sum.once_low) &&
                    money_add(sum.once_high, c->once_high, &sum.once_high) &&
                    money_add(sum.month_low, c->month_low, &sum.month_low) &&
                    money_add(sum.month_high, c->month_high, &sum.month_high);
        if (!fits) {
            not_priced(c, "the sum is beyond all money");
            continue;
        }
        sum.priced = true;
        t->cost = sum;
        t->priced++;
    }
}

void cost_estimate(struct planner *p)
{
    uint32_t i = 0;
    if (p->ask->refresh_only) /* builds nothing, and no step has been matched with its driver */
        return;
    while (i < p->plan->count || p->in_flight > 0) {
        for (; i < p->plan->count && p->in_flight < p->parallel; i++) {
            struct plan_step *s = &p->plan->steps[i];
            if (!is_priceable(s))
                continue;
            if (s->type->has_estimate)
                ask(p, i);
            else
                s->cost.why_not = arena_print(p->mem, "%s-%s does not estimate '%s'", s->driver->subsystem,
                                              s->driver->name, s->type->facts.name);
        }
        if (p->in_flight > 0)
            loop_run(p->ask->loop);
    }
    add_to_totals(p);
}
