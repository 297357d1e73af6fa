#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "base/map.h"
#include "model/decl.h"
#include "model/value.h"
#include "plan/plan.h"
#include "plan/residence.h"
#include "plan/residence_book.h"
#include "region/region.h"
#include "region/residency.h"
#include "report/as_html_parts.h"
#include "report/facts.h"
#include "report/out.h"
#include "store/store.h"

/* Residency: where the plan puts which data and whether that is allowed, and where, by the audit chain, it
 * was seen afterwards. */

#define LINES_MOST   300
#define MISSING_MOST 20

/* ---- by the plan ----------------------------------------------------------------------------- */

/* One category in one place. */
struct use {
    const char *category, *place;
    uint32_t steps;
};

typedef ARRAY(struct use) uses;

static bool holds_data(const struct plan_step *s)
{
    return s->decl && s->decl->meta.holds_count > 0 && s->type && s->driver;
}

static bool any_holds(const struct as_html *h)
{
    for (uint32_t i = 0; i < h->plan->count; i++)
        if (holds_data(&h->plan->steps[i]))
            return true;
    return false;
}

static void add_use(struct as_html *h, uses *list, struct map *seen, const char *category, const char *place)
{
    const char *key = arena_print(h->mem, "%s\n%s", category, place);
    uintptr_t at = (uintptr_t)map_find(seen, key);
    if (at == 0) {
        ARRAY_PUSH(list, ((struct use){.category = category, .place = place}));
        at = list->count;
        map_put(seen, key, (void *)at);
    }
    list->at[at - 1].steps++;
}

static void print_use(struct as_html *h, const struct use *u)
{
    struct page *p = &h->page;
    bool ruled = h->plan->region->residency != NULL;
    page_markup(p, "<tr><th scope=\"row\">");
    page_text(p, u->category);
    page_markup(p, "</th><td>");
    page_text(p, u->place);
    page_print(p, "</td><td class=\"n\">%u</td><td>", u->steps);
    if (!ruled)
        page_markup(p, "no rule");
    else if (residency_allows(h->plan->region, u->category, u->place))
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

/* Where it is asked for, by the step, its driver's settings or the region. */
static const char *place_of(struct as_html *h, const struct plan_step *s)
{
    struct residence where;
    struct residence_ask ask = {.region = h->plan->region,
                                .driver = s->driver,
                                .type = s->type,
                                .address = s->address,
                                .holds = value_list(h->mem, NULL, 0),
                                .asked = s->promise ? s->promise : s->desired};
    residence_judge(h->mem, &ask, &where);
    return where.asked ? where.asked : "nobody said";
}

static void print_planned(struct as_html *h)
{
    static const char *const titles[] = {"^Data", "^Place", "#^Steps", "^Verdict", "May be in", NULL};
    uses list = {0};
    struct map *seen = map_new();
    for (uint32_t i = 0; i < h->plan->count; i++) {
        const struct plan_step *s = &h->plan->steps[i];
        for (size_t k = 0; holds_data(s) && k < s->decl->meta.holds_count; k++)
            add_use(h, &list, seen, s->decl->meta.holds[k], place_of(h, s));
    }
    map_free(seen);
    if (list.count > 0)
        as_html_table(h, "Where the plan puts it", titles, NULL);
    for (size_t k = 0; k < list.count; k++)
        print_use(h, &list.at[k]);
    if (list.count > 0)
        as_html_table_end(h);
    ARRAY_DONE(&list);
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
    return seen || h->facts->book_why || any_holds(h)
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
