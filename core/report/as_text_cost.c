#include "report/as_text_cost.h"

#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/map.h"
#include "model/money.h"
#include "model/value.h"
#include "plan/plan.h"
#include "plan/reference.h"
#include "region/region.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"

/* Reasons for a missing price that are named in the short form. */
#define WHY_NOT_MAX 3

/* What a budget is for, as the region file has it, and what of a plan it is held against. */
struct purse {
    const char *key, *unit, *what;
    bool monthly;
};

static const struct purse purses[] = {{"monthly", "/month", "monthly", true},
                                      {"one_off", " once", "one-off", false}};

/* ---- a step ---------------------------------------------------------------------------------- */

static void label(struct buf *out, const struct out *o, const struct plan_cost *c, bool monthly,
                  const char *currency)
{
    int64_t low = monthly ? c->month_low : c->once_low, high = monthly ? c->month_high : c->once_high;
    if (high <= 0)
        return;
    if (out->count)
        buf_text(out, "  ");
    if (c->guess)
        buf_char(out, '~');
    brief_money(out, o, low, high, currency);
    buf_text(out, monthly ? "/month" : " once");
    if (c->guess)
        buf_text(out, " (guess)");
}

/* A todo says what is guessed of it where others say what they are. */
void as_text_cost_label(struct buf *out, const struct out *o, const struct plan *p, const struct plan_step *s)
{
    if (!s->cost.priced || s->action == PLAN_TODO)
        return;
    label(out, o, &s->cost, false, p->region->currency);
    label(out, o, &s->cost, true, p->region->currency);
}

/* ---- the sum --------------------------------------------------------------------------------- */

/* Reasons and how often each, in the order they are met. */
static void add_why_not(struct buf *out, const struct out *o, const struct plan *p,
                        enum as_text_detail detail)
{
    struct map *seen = map_new();
    for (uint32_t i = 0; i < p->count; i++) {
        const char *why = p->steps[i].cost.why_not;
        if (p->steps[i].cost.priced || !why || !p->steps[i].targeted)
            continue;
        map_put(seen, why, (void *)((uintptr_t)map_find(seen, why) + 1));
    }
    const char *why;
    void *times;
    size_t shown = 0, most = detail == AS_TEXT_FULL ? SIZE_MAX : WHY_NOT_MAX;
    for (size_t at = 0; map_next(seen, &at, &why, &times) && shown < most; shown++) {
        buf_text(out, shown ? "; " : ": ");
        cell_add(out, o, why);
        if ((uintptr_t)times > 1 && map_count(seen) > 1)
            buf_print(out, " (%zu times)", (size_t)(uintptr_t)times);
    }
    if (map_count(seen) > shown)
        buf_print(out, "; and %zu more reasons", map_count(seen) - shown);
    map_free(seen);
}

/* "€1 842.50 – €2 010.00, expected €1 900.00": a range alone does not say where in it to put one's money. */
static void add_amount(struct buf *out, const struct out *o, const struct plan *p, int64_t low,
                       int64_t expected, int64_t high)
{
    brief_money(out, o, low, high, p->region->currency);
    if (low == high)
        return;
    buf_text(out, ", expected ");
    brief_money(out, o, expected, expected, p->region->currency);
}

/* No amount is printed when no step has a price. */
static void add_sum(struct buf *out, const struct out *o, const struct plan *p)
{
    const struct plan_cost *c = &p->totals.cost, *g = &p->totals.guess;
    if (c->priced) {
        buf_text(out, "one-off ");
        add_amount(out, o, p, c->once_low, c->once_expected, c->once_high);
        cell_sign(out, o, " · monthly ", " | monthly ");
        add_amount(out, o, p, c->month_low, c->month_expected, c->month_high);
    } else {
        buf_text(out, "not estimated");
    }
    if (!g->priced)
        return;
    cell_sign(out, o, " · guessed besides ", " | guessed besides ");
    bool once = g->once_high > 0, month = g->month_high > 0;
    if (once) {
        brief_money(out, o, g->once_low, g->once_high, p->region->currency);
        buf_text(out, month ? " once, " : " once");
    }
    if (month) {
        brief_money(out, o, g->month_low, g->month_high, p->region->currency);
        buf_text(out, "/month");
    }
    buf_text(out, once || month ? "" : "nothing");
}

/* Two amounts that add up each fit; together they may not, and then they are past any budget. */
static int64_t with_guesses(int64_t amount, int64_t guess)
{
    int64_t sum;
    return money_add(amount, guess, &sum) ? sum : INT64_MAX;
}

/* As the region file has it: either part may be missing. */
static void add_budget(struct buf *out, const struct out *o, const struct plan *p)
{
    const struct plan_cost *c = &p->totals.cost, *g = &p->totals.guess;
    bool any = false;
    for (size_t k = 0; k < COUNT_OF(purses); k++) {
        bool monthly = purses[k].monthly;
        int64_t budget;
        if (!brief_amount(value_get(p->region->budget, purses[k].key), &budget))
            continue;
        buf_text(out, any ? ", " : "\nbudget ");
        brief_money(out, o, budget, budget, p->region->currency);
        buf_text(out, purses[k].unit);
        any = true;
        if (budget == 0 || (!c->priced && !g->priced))
            continue;
        buf_text(out, " (");
        brief_share(out,
                    with_guesses(monthly ? c->month_expected : c->once_expected,
                                 monthly ? g->month_expected : g->once_expected),
                    budget);
        buf_text(out, (monthly ? g->month_expected : g->once_expected) > 0 ? " with the guesses)" : ")");
    }
}

/* "12 % of us (€4 780.00/month at the same prices, 207 of 210 priced)": guesses are left out on both sides.
 * Nothing is a share of nothing. */
static void add_reference(struct buf *out, const struct out *o, const struct plan *p)
{
    const struct plan_reference *r = p->reference;
    if (!r || (!r->why_not && (!p->totals.cost.priced || r->month == 0)))
        return;
    if (r->why_not) {
        buf_print(out, "\nnot compared with %s: ", r->region);
        cell_add(out, o, r->why_not);
        return;
    }
    buf_char(out, '\n');
    brief_share(out, p->totals.cost.month_expected, r->month);
    buf_print(out, " of %s (", r->region);
    brief_money(out, o, r->month, r->month, p->region->currency);
    if (r->dated)
        buf_print(out, "/month, stated as of %s)", r->dated);
    else
        buf_print(out, "/month at the same prices, %u of %u priced)", r->sum.priced, r->sum.steps);
}

/* "58 of 61 priced, 1 guessed, 2 not estimated: why" */
static void add_coverage(struct buf *out, const struct out *o, const struct plan *p,
                         enum as_text_detail detail)
{
    const struct plan_totals *t = &p->totals;
    uint32_t unknown = t->priceable - t->priced - t->guessed;
    buf_print(out, "\n%u of %u priced", t->priced, t->priceable);
    if (t->guessed > 0)
        buf_print(out, ", %u guessed", t->guessed);
    if (unknown == 0)
        return;
    buf_print(out, " (%u not estimated", unknown);
    add_why_not(out, o, p, detail);
    buf_char(out, ')');
}

/* ---- over budget ----------------------------------------------------------------------------- */

/* "is" when even the low end is too much, "may be" when only the high end is.  Guesses are no prices: where
 * only they make it too much, that is said.  Steps without a price can only make it worse, so they are told
 * here again. */
static void over_budget(struct out *o, const struct plan *p, const struct purse *purse)
{
    const struct plan_totals *t = &p->totals;
    int64_t low = purse->monthly ? t->cost.month_low : t->cost.once_low;
    int64_t high = purse->monthly ? t->cost.month_high : t->cost.once_high, budget;
    if (!brief_amount(value_get(p->region->budget, purse->key), &budget))
        return;
    bool guesses = high <= budget;
    if (guesses) {
        low = with_guesses(low, purse->monthly ? t->guess.month_low : t->guess.once_low);
        high = with_guesses(high, purse->monthly ? t->guess.month_high : t->guess.once_high);
    }
    if (high <= budget)
        return;
    struct buf text;
    buf_init(&text, 0);
    buf_print(&text, "OVER BUDGET%s: the %s cost %s ", guesses ? " with the guesses" : "", purse->what,
              low > budget && !guesses ? "is" : "may be");
    brief_money(&text, o, low > budget ? low : high, high, p->region->currency);
    buf_text(&text, ", ");
    brief_money(&text, o, high - budget, high - budget, p->region->currency);
    buf_text(&text, " more than the budget allows");
    uint32_t unknown = t->priceable - t->priced - t->guessed;
    if (unknown > 0)
        buf_print(&text, " - and %u of %u %s not estimated", unknown, t->priceable,
                  unknown == 1 ? "is" : "are");
    out_paint(o, OUT_BOLD);
    out_paint(o, OUT_RED);
    cell_paragraph(o, 0, 2, text.at);
    out_paint(o, OUT_PLAIN);
    buf_done(&text);
}

void as_text_cost_lines(struct out *o, const struct plan *p, enum as_text_detail detail)
{
    struct buf text;
    if (p->totals.priceable == 0)
        return;
    buf_init(&text, 0);
    add_sum(&text, o, p);
    add_budget(&text, o, p);
    add_reference(&text, o, p);
    add_coverage(&text, o, p, detail);
    out_painted(o, OUT_BOLD, "Cost");
    out_text(o, "  ");
    cell_paragraph(o, strlen("Cost  "), strlen("Cost  "), text.at);
    buf_done(&text);
    for (size_t k = 0; k < COUNT_OF(purses); k++)
        over_budget(o, p, &purses[k]);
}
