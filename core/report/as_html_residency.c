#include <string.h>

#include "base/err.h"
#include "model/decl.h"
#include "model/value.h"
#include "plan/plan.h"
#include "plan/residence_book.h"
#include "region/region.h"
#include "report/as_html_parts.h"
#include "report/data_place.h"
#include "report/facts.h"
#include "report/out.h"
#include "store/store.h"

/* Residency: where the plan puts which data and whether that is allowed, and where, by the audit chain, it
 * was seen afterwards. */

#define LINES_MOST   300
#define MISSING_MOST 20

/* ---- by the plan ----------------------------------------------------------------------------- */

static void print_use(struct as_html *h, const struct data_place *u)
{
    struct page *p = &h->page;
    page_markup(p, "<tr><th scope=\"row\">");
    page_text(p, u->category);
    page_markup(p, "</th><td>");
    page_text(p, u->place);
    page_print(p, "</td><td class=\"n\">%u</td><td>", u->steps);
    if (!u->ruled)
        page_markup(p, "no rule");
    else if (u->allowed)
        page_markup(p, "allowed");
    else
        page_markup(p, "<strong class=\"over\">not allowed</strong>");
    page_markup(p, "</td><td>");
    const struct value *places = value_get(h->plan->region->residency, u->category);
    for (size_t k = 0; value_kind(places) == VALUE_LIST && k < places->count; k++) {
        page_markup(p, k ? ", " : "");
        page_text(p, value_as_text(places->items[k]));
    }
    page_markup(p, "</td></tr>\n");
}

static void print_planned(struct as_html *h)
{
    static const char *const titles[] = {"^Data", "^Place", "#^Steps", "^Verdict", "May be in", NULL};
    size_t count;
    const struct data_place *list = data_place_list(h->mem, h->plan, &count);
    if (count == 0)
        return;
    as_html_table(h, "Where the plan puts it", titles, NULL);
    for (size_t k = 0; k < count; k++)
        print_use(h, &list[k]);
    as_html_table_end(h);
}

/* ---- by the audit chain ---------------------------------------------------------------------- */

static void entry_text(struct as_html *h, const struct residence_line *line, const char *key)
{
    page_markup(&h->page, "<td>");
    page_text(&h->page, value_get_text(line->entry, key, NULL));
    page_markup(&h->page, "</td>");
}

static void print_line(struct as_html *h, const struct residence_line *line)
{
    struct page *p = &h->page;
    const struct value *holds = value_get(line->entry, "holds");
    page_markup(p, "<tr><td>");
    as_html_link(h, line->address);
    page_markup(p, "</td><td>");
    for (size_t k = 0; value_kind(holds) == VALUE_LIST && k < holds->count; k++) {
        page_markup(p, k ? ", " : "");
        page_text(p, value_as_text(holds->items[k]));
    }
    page_markup(p, "</td>");
    entry_text(h, line, "asked");
    entry_text(h, line, "told");
    entry_text(h, line, "how");
    page_markup(p, line->wrong ? "<td><strong class=\"over\">" : "<td>");
    page_text(p, line->verdict);
    page_markup(p, line->wrong ? "</strong><br>" : "");
    if (line->wrong)
        page_text(p, value_get_text(line->entry, "why", NULL));
    page_print(p, "</td><td class=\"n\">%lld</td><td>", (long long)line->audit->seq);
    page_time(p, line->audit->wall_ms);
    page_markup(p, "</td></tr>\n");
}

/* Those that are wrong, or those that are not. */
static void print_lines(struct as_html *h, const struct residence_book *b, bool wrong)
{
    static const char *const titles[] = {"^Step",    "^Data",   "^Asked for", "^Told", "^By",
                                         "^Verdict", "#^Entry", "^When",      NULL};
    size_t shown = 0, left = 0;
    as_html_table(h, wrong ? "Where data is and should not be" : "Where it is, as the audit chain keeps it",
                  titles, NULL);
    for (size_t k = 0; k < b->count; k++) {
        if (b->lines[k].wrong != wrong)
            continue;
        if (shown == LINES_MOST) {
            left++;
            continue;
        }
        print_line(h, &b->lines[k]);
        shown++;
    }
    as_html_table_end(h);
    if (left > 0)
        page_print(&h->page, "<p>And %zu more; the evidence file has all of them.</p>\n", left);
}

/* What is wrong is in sight; the others are there for whoever wants to see them one by one. */
static void print_book(struct as_html *h, const struct residence_book *b)
{
    if (b->wrong > 0)
        print_lines(h, b, true);
    if (b->count == b->wrong)
        return;
    page_print(
        &h->page,
        "<details class=\"table\"><summary>The %zu that are not known to be wrong, one by one</summary>\n",
        b->count - b->wrong);
    print_lines(h, b, false);
    page_markup(&h->page, "</details>\n");
}

static void print_missing(struct as_html *h)
{
    const struct facts_report *f = h->facts;
    if (f->missing_count == 0)
        return;
    page_markup(&h->page,
                "<p class=\"alert\">Stands and holds data, and the audit chain does not say where: ");
    for (size_t k = 0; k < f->missing_count && k < MISSING_MOST; k++) {
        page_markup(&h->page, k ? ", " : "");
        as_html_link(h, f->missing[k]);
    }
    if (f->missing_count > MISSING_MOST)
        page_print(&h->page, " and %zu more", f->missing_count - MISSING_MOST);
    page_markup(&h->page, "</p>\n");
}

const char *as_html_residency_missing(const struct as_html *h)
{
    bool seen = h->facts->book && h->facts->book->count > 0;
    return seen || h->facts->book_why || data_place_any(h->plan)
               ? NULL
               : "No step says that it holds data, so nothing is told of where data is.";
}

void as_html_residency(struct as_html *h)
{
    const struct residence_book *b = h->facts->book;
    print_planned(h);
    if (h->facts->book_why) {
        page_markup(&h->page, "<p class=\"alert\">The audit chain cannot be read for it: ");
        page_text(&h->page, h->facts->book_why->summary);
        page_markup(&h->page, "</p>\n");
    }
    if (!b)
        return;
    if (b->count > 0)
        page_print(
            &h->page,
            "<p>Of %zu steps that stand and hold data, the service told of %zu, the settings declare %zu, "
            "nobody tells of %zu.</p>\n",
            b->count, b->seen, b->declared, b->untold);
    print_missing(h);
    print_book(h, b);
}
