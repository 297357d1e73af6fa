#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "report/as_html_parts.h"
#include "report/brief.h"
#include "report/facts.h"
#include "store/store.h"

/* The audit chain: its head, for whoever keeps one elsewhere, and its newest entries. */

#define ENTRIES_MOST 50

const char *as_html_audit_missing(const struct as_html *h)
{
    return h->facts->audit_count > 0 || h->facts->audit_broken
               ? NULL
               : "There is no audit chain: nothing that an auditor asks about has happened yet.";
}

/* The entry as a person reads it; one that is no JSON after all as it stands. */
static void print_entry(struct as_html *h, const struct store_audit *a)
{
    struct page *p = &h->page;
    const struct value *v;
    struct err unused;
    struct arena *tmp = arena_new();
    if (value_json_parse(tmp, a->entry, strlen(a->entry), &v, &unused))
        brief_value(page_cell(p), p->out, v, 0);
    else
        buf_text(page_cell(p), a->entry);
    page_cell_text(p);
    arena_free(tmp);
}

/* Where data was seen is told in a section of its own, and would drown the rest. */
static bool is_told(const struct store_audit *a)
{
    return strcmp(a->kind, "residency.seen") != 0;
}

static void print_entries(struct as_html *h)
{
    static const char *const titles[] = {"#No.", "When", "What", "Said", NULL};
    const struct facts_report *f = h->facts;
    struct page *p = &h->page;
    size_t told = 0, seen = 0, shown = 0;
    for (size_t k = 0; k < f->audit_count; k++) {
        told += is_told(&f->audit[k]);
        seen += !is_told(&f->audit[k]);
    }
    if (seen > 0 && !as_html_residency_missing(h))
        page_print(p,
                   "<p>%zu of them say where data was seen: <a href=\"#residency\">Where data is</a>.</p>\n",
                   seen);
    if (told > ENTRIES_MOST)
        page_print(p, "<p>The newest %d of the other %zu:</p>\n", ENTRIES_MOST, told);
    if (told > 0)
        as_html_table(h, "Entries, newest first", titles, NULL);
    for (size_t k = f->audit_count; k-- > 0 && shown < ENTRIES_MOST;) {
        const struct store_audit *a = &f->audit[k];
        if (!is_told(a))
            continue;
        page_print(p, "<tr><td class=\"n\">%lld</td><td>", (long long)a->seq);
        page_time(p, a->wall_ms);
        page_markup(p, "</td><td>");
        page_text(p, a->kind);
        page_markup(p, "</td><td class=\"long\">");
        print_entry(h, a);
        page_markup(p, "</td></tr>\n");
        shown++;
    }
    if (told > 0)
        as_html_table_end(h);
}

void as_html_audit(struct as_html *h)
{
    const struct facts_report *f = h->facts;
    struct page *p = &h->page;
    if (f->audit_broken) {
        page_markup(p, "<p class=\"alert\"><strong>The audit chain is broken:</strong> ");
        page_text(p, f->audit_broken->summary);
        page_markup(p, "</p>\n");
        return;
    }
    page_markup(p, "<p>");
    page_print(p, f->audit_count == 1 ? "%zu entry" : "%zu entries", f->audit_count);
    page_markup(p, ", each sealed by a digest over itself and the one before it, and all checked for this "
                   "page. Keep the "
                   "newest digest somewhere else: who changes an entry changes it.</p>\n<p>Head <code "
                   "class=\"digest\">");
    page_text(p, f->audit[f->audit_count - 1].hash);
    page_markup(p, "</code></p>\n");
    print_entries(h);
}
