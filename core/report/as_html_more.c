#include <string.h>

#include "model/diag.h"
#include "model/money.h"
#include "model/value.h"
#include "plan/plan.h"
#include "region/region.h"
#include "report/as_html_parts.h"
#include "report/brief.h"
#include "report/out.h"
#include "store/store.h"

/* What to know before saying yes, and what is smaller or missing on purpose. */

/* ---- warnings -------------------------------------------------------------------------------- */

/* The most it may cost, guesses among it: a budget asks for all of it. */
static int64_t with_guess(int64_t high, int64_t guess)
{
    int64_t sum;
    return money_add(high, guess, &sum) ? sum : INT64_MAX;
}

static bool is_over(const struct as_html *h, const char *key, int64_t high, int64_t *budget)
{
    return brief_amount(value_get(h->plan->region->budget, key), budget) && high > *budget;
}

static uint32_t count_unknown(const struct plan_totals *t)
{
    return t->priceable - t->priced - t->guessed;
}

static size_t count_notes(const struct as_html *h)
{
    size_t count = 0;
    for (size_t k = 0; k < h->plan->note_count; k++)
        count += h->plan->notes[k].severity != DIAG_TRACE;
    return count;
}

const char *as_html_warnings_missing(const struct as_html *h)
{
    const struct plan_totals *t = &h->plan->totals;
    int64_t budget;
    bool any = count_notes(h) > 0 || plan_broken_rules(h->plan) > 0 || t->conflicts > 0 ||
               h->plan->truth->op_count > 0 || t->shared > 0 || count_unknown(t) > 0 ||
               is_over(h, "monthly", with_guess(t->cost.month_high, t->guess.month_high), &budget) ||
               is_over(h, "one_off", with_guess(t->cost.once_high, t->guess.once_high), &budget);
    return any ? NULL
               : "Nothing asks for a second look: no warning, nothing over budget, nothing without a price, "
                 "nothing "
                 "shared, nothing unsettled.";
}

static void over_budget(struct as_html *h, const char *what, const char *key, int64_t low, int64_t high)
{
    const char *currency = h->plan->region->currency;
    struct page *p = &h->page;
    int64_t budget;
    if (!is_over(h, key, high, &budget))
        return;
    page_print(
        p, "<li class=\"alert\"><strong>Over budget.</strong> With the guesses of people, the %s cost %s ",
        what, low > budget ? "is" : "may be");
    page_money(p, low > budget ? low : high, high, currency);
    page_markup(p, ", ");
    page_money(p, high - budget, high - budget, currency);
    page_markup(p, " more than the budget allows.</li>\n");
}

static void print_shared(struct as_html *h)
{
    struct page *p = &h->page;
    if (h->plan->totals.shared == 0)
        return;
    page_markup(p, "<li><strong>Shared with live customers of other regions:</strong> ");
    bool any = false;
    for (uint32_t i = 0; i < h->plan->count; i++) {
        const struct plan_step *s = &h->plan->steps[i];
        if (!s->shared || s->action == PLAN_KEEP || s->action == PLAN_LOOKUP)
            continue;
        page_markup(p, any ? ", " : "");
        as_html_link(h, s->address);
        any = true;
    }
    page_markup(p, ".</li>\n");
}

static void print_note(struct as_html *h, const struct diag *one)
{
    struct page *p = &h->page;
    page_markup(p, "<li><strong>");
    page_text(p, one->summary);
    page_markup(p, "</strong>");
    if (one->address) {
        page_markup(p, " ");
        as_html_link(h, one->address);
    }
    if (one->detail) {
        page_markup(p, "<br>");
        page_text(p, one->detail);
    }
    if (one->advice) {
        page_markup(p, "<br>To do: ");
        page_text(p, one->advice);
    }
    if (one->where) {
        page_markup(p, " <code>");
        page_text(p, one->where);
        page_markup(p, "</code>");
    }
    page_markup(p, "</li>\n");
}

static void print_op(struct as_html *h, const struct store_op *op)
{
    struct page *p = &h->page;
    page_markup(p, "<li class=\"alert\"><strong>Not settled: ");
    page_text(p, store_op_state_name(op->state));
    page_markup(p, "</strong> ");
    as_html_link(h, op->address);
    if (op->reason) {
        page_markup(p, " · ");
        page_text(p, op->reason);
    }
    page_markup(p, "</li>\n");
}

static void print_conflict(struct as_html *h, const struct plan_step *s)
{
    struct page *p = &h->page;
    page_markup(p, "<li class=\"alert\"><strong>");
    page_text(p, s->address);
    page_markup(p, " has its name taken,</strong> and nothing is applied while it has: ");
    page_text(p, s->taken->reason);
    page_markup(p, "<br>To do: ");
    page_text(p, s->taken->advice);
    page_markup(p, "</li>\n");
}

void as_html_warnings(struct as_html *h)
{
    const struct plan_totals *t = &h->plan->totals;
    page_markup(&h->page, "<ul class=\"notes\">\n");
    over_budget(h, "monthly", "monthly", t->cost.month_low,
                with_guess(t->cost.month_high, t->guess.month_high));
    over_budget(h, "one-off", "one_off", t->cost.once_low, with_guess(t->cost.once_high, t->guess.once_high));
    size_t broken = plan_broken_rules(h->plan);
    if (broken > 0)
        page_print(&h->page,
                   "<li class=\"alert\"><strong>Rules are broken in %zu place%s,</strong> and nothing is "
                   "applied while "
                   "they are: <a href=\"#rules\">Rules and waivers</a>.</li>\n",
                   broken, broken == 1 ? "" : "s");
    for (uint32_t i = 0; i < h->plan->count; i++)
        if (plan_is_conflict(&h->plan->steps[i]))
            print_conflict(h, &h->plan->steps[i]);
    if (count_unknown(t) > 0)
        page_print(
            &h->page,
            "<li><strong>%u of %u steps have no price.</strong> What they cost comes on top of every sum on "
            "this page.</li>\n",
            count_unknown(t), t->priceable);
    for (size_t k = 0; k < h->plan->truth->op_count; k++)
        print_op(h, &h->plan->truth->ops[k]);
    print_shared(h);
    for (size_t k = 0; k < h->plan->note_count; k++)
        if (h->plan->notes[k].severity != DIAG_TRACE)
            print_note(h, &h->plan->notes[k]);
    page_markup(&h->page, "</ul>\n");
}

/* ---- smaller, on purpose --------------------------------------------------------------------- */

/* A rule that changed nothing is the region file's matter. */
static size_t count_shrunk(const struct region *r)
{
    size_t count = 0;
    for (size_t k = 0; k < r->shrink_count; k++)
        count += r->shrinks[k].hits > 0;
    return count;
}

const char *as_html_smaller_missing(const struct as_html *h)
{
    const struct region *r = h->plan->region;
    return count_shrunk(r) + r->absent_count > 0 ? NULL
                                                 : "Nothing was shrunk and nothing is absent on purpose.";
}

static void cell(struct as_html *h, const char *text, bool code)
{
    page_markup(&h->page, code ? "<td><code>" : "<td>");
    page_text(&h->page, text);
    page_markup(&h->page, code ? "</code></td>" : "</td>");
}

void as_html_smaller(struct as_html *h)
{
    static const char *const shrunk[] = {"Rule", "#Values", "Why", "Grows back when", NULL};
    static const char *const absent[] = {"What", "Why", "Owner", "Looked at again", NULL};
    const struct region *r = h->plan->region;
    if (count_shrunk(r) > 0)
        as_html_table(h, "Shrunk, by rule", shrunk, NULL);
    for (size_t k = 0; k < r->shrink_count; k++) {
        if (r->shrinks[k].hits == 0)
            continue;
        page_markup(&h->page, "<tr>");
        cell(h, r->shrinks[k].match, true);
        page_print(&h->page, "<td class=\"n\">%zu</td>", r->shrinks[k].hits);
        cell(h, r->shrinks[k].why, false);
        cell(h, r->shrinks[k].grow_back, false);
        page_markup(&h->page, "</tr>\n");
    }
    if (count_shrunk(r) > 0)
        as_html_table_end(h);
    if (r->absent_count > 0)
        as_html_table(h, "Left out", absent, NULL);
    for (size_t k = 0; k < r->absent_count; k++) {
        page_markup(&h->page, "<tr>");
        cell(h, r->absents[k].what, true);
        cell(h, r->absents[k].why, false);
        cell(h, r->absents[k].owner, false);
        cell(h, r->absents[k].revisit, false);
        page_markup(&h->page, "</tr>\n");
    }
    if (r->absent_count > 0)
        as_html_table_end(h);
}
