#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/map.h"
#include "plan/cost_table.h"
#include "plan/plan.h"
#include "plan/reference.h"
#include "region/price_book.h"
#include "region/rates.h"
#include "region/region.h"
#include "report/as_html_parts.h"
#include "report/brief.h"

/* What it costs: by stage, by subsystem, by owner, and what has no price and why.  Guesses of people stand in
 * a column of their own. */

#define LINKS_MOST 8 /* steps named behind one reason */

const char *as_html_cost_missing(const struct as_html *h)
{
    return h->plan->totals.priceable > 0 ? NULL : "There is no cost: no step can cost anything.";
}

/* An amount, and for sorting the number behind it.  Nothing is a dash, so that the eye finds what is not. */
static void amount(struct as_html *h, bool known, int64_t low, int64_t high)
{
    struct page *p = &h->page;
    page_print(p, "<td class=\"n\" data-v=\"%lld\">", (long long)(known ? high : -1));
    if (known && high > 0)
        page_money(p, low, high, h->plan->region->currency);
    else
        page_markup(p, known ? "–" : "<span class=\"mute\">unknown</span>");
    page_markup(p, "</td>");
}

static void bar(struct as_html *h, const struct plan_cost *c, int64_t most)
{
    page_print(
        &h->page,
        "<td><svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
        "<rect class=\"rest\" width=\"1000\" height=\"10\"/><rect class=\"high\" width=\"%u\" height=\"10\"/>"
        "<rect class=\"low\" width=\"%u\" height=\"10\"/></svg></td>",
        as_html_per_mille(c->month_high, most), as_html_per_mille(c->month_expected, most));
}

/* "12 %" of the same row of the region it is copied from. */
static void share(struct as_html *h, const struct cost_table_sum *s, const struct cost_table_sum *other)
{
    struct page *p = &h->page;
    int64_t whole = other && other->cost.priced ? other->cost.month_expected : 0;
    struct buf *cell = page_cell(p);
    page_print(p, "<td class=\"n\" data-v=\"%u\">", as_html_per_mille(s->cost.month_expected, whole));
    if (s->cost.priced && whole > 0)
        brief_share(cell, s->cost.month_expected, whole);
    page_cell_text(p);
    page_markup(p, "</td>");
}

/* Its sums are compared row by row where it was priced, and not merely stated. */
static const struct plan_reference *compared(const struct as_html *h)
{
    const struct plan_reference *r = h->plan->reference;
    return r && !r->why_not && !r->dated ? r : NULL;
}

/* most < 0: the sum of all, which needs no bar. */
static void sum(struct as_html *h, const struct cost_table_sum *s, const struct cost_table_sum *other,
                int64_t most)
{
    amount(h, s->cost.priced, s->cost.month_expected, s->cost.month_expected);
    amount(h, s->cost.priced, s->cost.month_low, s->cost.month_high);
    if (most < 0)
        page_markup(&h->page, "<td></td>");
    else
        bar(h, &s->cost, most);
    if (compared(h))
        share(h, s, other);
    amount(h, s->cost.priced, s->cost.once_low, s->cost.once_high);
    amount(h, s->guessed > 0 || s->unknown == 0 || s->priced > 0, s->guess.month_low, s->guess.month_high);
    page_print(&h->page, "<td class=\"n\">%u of %u</td></tr>\n", s->priced, s->steps);
}

/* The sum of the plan itself, in the shape of a row. */
static struct cost_table_sum whole(const struct plan *plan)
{
    const struct plan_totals *t = &plan->totals;
    return (struct cost_table_sum){.cost = t->cost,
                                   .guess = t->guess,
                                   .steps = t->priceable,
                                   .priced = t->priced,
                                   .guessed = t->guessed,
                                   .unknown = t->priceable - t->priced - t->guessed};
}

static const struct way {
    const char *caption, *nameless, *title;
} ways[COST_TABLE_WAYS] = {
    [COST_TABLE_STAGE] = {"Cost by stage", "before the first stage", "^Stage"},
    [COST_TABLE_SUBSYSTEM] = {"Cost by subsystem", "without a subsystem", "^Subsystem"},
    [COST_TABLE_OWNER] = {"Cost by owner", "without an owner", "^Owner"},
};

static void print_head(struct as_html *h, const struct way *way)
{
    const char *const with[] = {way->title, "#^A month", "#^From – to", "Share", "#^Of the reference",
                                "#^Once",   "#^Guessed", "#Priced",     NULL};
    const char *const without[] = {way->title, "#^A month", "#^From – to", "Share",
                                   "#^Once",   "#^Guessed", "#Priced",     NULL};
    if (compared(h))
        as_html_table(h, way->caption, with, "costs compared");
    else
        as_html_table(h, way->caption, without, "costs");
}

static int64_t dearest(const struct cost_table *t)
{
    int64_t most = 0;
    for (size_t k = 0; k < t->count; k++)
        most = t->rows[k].sum.cost.month_high > most ? t->rows[k].sum.cost.month_high : most;
    return most;
}

static void print_way(struct as_html *h, enum cost_table_by by)
{
    const struct cost_table_sum all = whole(h->plan);
    struct cost_table t;
    struct err err;
    struct page *p = &h->page;
    if (!cost_table_make(h->mem, h->plan, by, &t, &err)) {
        page_markup(p, "<p class=\"alert\">");
        page_text(p, err.summary);
        page_markup(p, "</p>\n");
        return;
    }
    const struct plan_reference *r = compared(h);
    print_head(h, &ways[by]);
    for (size_t k = 0; k < t.count; k++) {
        const char *name = t.rows[k].name;
        page_markup(p, "<tr><th scope=\"row\">");
        page_text(p, name[0] ? name : ways[by].nameless);
        page_markup(p, "</th>");
        sum(h, &t.rows[k].sum, r ? reference_row(r, by, name) : NULL, dearest(&t));
    }
    page_markup(p, "</tbody>\n<tfoot><tr><th scope=\"row\">All</th>");
    sum(h, &all, r ? &r->sum : NULL, -1);
    page_markup(p, "</tfoot>\n</table>\n</div>\n");
}

/* ---- what has no price ----------------------------------------------------------------------- */

struct reason {
    const char *why;
    uint32_t steps, named[LINKS_MOST];
};

static void print_reason(struct as_html *h, const struct reason *r)
{
    struct page *p = &h->page;
    page_markup(p, "<tr><td>");
    page_text(p, r->why);
    page_print(p, "</td><td class=\"n\">%u</td><td>", r->steps);
    for (uint32_t k = 0; k < r->steps && k < LINKS_MOST; k++) {
        page_markup(p, k ? ", " : "");
        as_html_link(h, h->plan->steps[r->named[k]].address);
    }
    if (r->steps > LINKS_MOST)
        page_print(p, " and %u more", r->steps - LINKS_MOST);
    page_markup(p, "</td></tr>\n");
}

static void print_unpriced(struct as_html *h)
{
    static const char *const titles[] = {"Why", "#Steps", "Which", NULL};
    struct map *seen = map_new();
    ARRAY(struct reason) reasons = {0};
    for (uint32_t i = 0; i < h->plan->count; i++) {
        const struct plan_step *s = &h->plan->steps[i];
        if (s->cost.priced || !s->cost.why_not)
            continue;
        uintptr_t at = (uintptr_t)map_find(seen, s->cost.why_not);
        if (at == 0) {
            ARRAY_PUSH(&reasons, ((struct reason){.why = s->cost.why_not}));
            at = reasons.count;
            map_put(seen, s->cost.why_not, (void *)at);
        }
        struct reason *r = &reasons.at[at - 1];
        if (r->steps < LINKS_MOST)
            r->named[r->steps] = i;
        r->steps++;
    }
    if (reasons.count > 0)
        as_html_table(h, "Without a price, and why", titles, NULL);
    for (size_t k = 0; k < reasons.count; k++)
        print_reason(h, &reasons.at[k]);
    if (reasons.count > 0)
        as_html_table_end(h);
    map_free(seen);
    ARRAY_DONE(&reasons);
}

/* ---- where the figures come from ------------------------------------------------------------- */

static void cell(struct as_html *h, const char *text)
{
    page_markup(&h->page, "<td>");
    page_text(&h->page, text);
    page_markup(&h->page, "</td>");
}

static void print_books(struct as_html *h)
{
    static const char *const titles[] = {"Price book", "Currency", "Dated", "Valid until", "Source", NULL};
    const struct price_books *books = h->plan->prices;
    bool any = false;
    for (size_t i = 0; books && i < books->file_count; i++) {
        const struct price_book_file *f = &books->files[i];
        if (!h->plan->prices_used[i])
            continue;
        if (!any)
            as_html_table(h, "Where the prices come from", titles, NULL);
        any = true;
        page_markup(&h->page, "<tr><td><code>");
        page_text(&h->page, f->path);
        page_markup(&h->page, "</code></td>");
        cell(h, f->currency);
        cell(h, f->dated);
        cell(h, f->valid_until);
        cell(h, f->source);
        page_markup(&h->page, "</tr>\n");
    }
    if (any)
        as_html_table_end(h);
}

static void print_rates(struct as_html *h)
{
    const struct rates *rates = h->plan->region->rates;
    struct page *p = &h->page;
    if (!rates || rates->count == 0)
        return;
    page_markup(p, "<p>Converted at ");
    for (size_t k = 0; k < rates->count; k++) {
        page_markup(p, k ? ", 1 " : "1 ");
        page_text(p, rates->at[k].currency);
        page_markup(p, " = ");
        page_text(p, rates->at[k].text);
        page_markup(p, " ");
        page_text(p, h->plan->region->currency);
    }
    page_markup(p, ", dated ");
    page_text(p, rates->dated);
    page_markup(p, ": ");
    page_text(p, rates->source);
    page_markup(p, ".</p>\n");
}

/* What the sums are compared with, in a sentence: priced like this region, stated by its file, or why not. */
static void print_reference(struct as_html *h)
{
    const struct plan_reference *r = h->plan->reference;
    struct page *p = &h->page;
    if (!r)
        return;
    page_markup(p, "<p>The reference is region <strong>");
    page_text(p, r->region);
    page_markup(p, "</strong>");
    if (r->why_not) {
        page_markup(p, ", which could not be compared: ");
        page_text(p, r->why_not);
        page_markup(p, ".</p>\n");
        return;
    }
    page_markup(p, r->dated ? ", which its file says costs " : ", its steps at the same prices: ");
    page_money(p, r->month, r->month, h->plan->region->currency);
    page_markup(p, " a month");
    if (r->dated) {
        page_markup(p, ", as of ");
        page_text(p, r->dated);
    }
    page_markup(p, ".</p>\n");
}

void as_html_cost(struct as_html *h)
{
    page_markup(
        &h->page,
        "<p>What a month is expected to cost; the bars are solid up to that and lighter up to the high end. "
        "What has no price is in no sum. Each amount is rounded by itself; sums are of the exact "
        "amounts.</p>\n");
    for (int by = 0; by < COST_TABLE_WAYS; by++)
        print_way(h, (enum cost_table_by)by);
    print_reference(h);
    print_unpriced(h);
    print_books(h);
    print_rates(h);
}
