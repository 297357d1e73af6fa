#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "model/event.h"
#include "plan/plan.h"
#include "report/as_html_parts.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/facts.h"
#include "report/out.h"
#include "report/trouble.h"
#include "store/store.h"

/* The timeline of the last run: a row for each step, or, where those are too many, one for each group and
 * one for each step of the critical path. */

#define ROWS_MOST  60
#define LABEL_WIDE 340
#define CHART_WIDE 640
#define ROW_HIGH   20
#define HEAD_HIGH  26
#define BAR_HIGH   12
#define MARK_LEAST 2 /* pixels: what took no time is still seen */
#define LABEL_MOST 36
#define TICKS      4
#define LIST_MOST  40 /* steps of the critical path in the list */

struct row {
    const char *label;
    int64_t start_ms, end_ms;
    uint32_t steps; /* of a group; 0: a single one */
    bool critical, failed;
};

static bool is_good(const struct timeline_bar *bar)
{
    enum event_kind kind = event_from_name(bar->event->kind);
    return kind == EVENT_STEP_DONE || kind == EVENT_RECOVERED;
}

/* Steps on local drivers take milliseconds, and "0.0 s" tells them apart from nothing. */
static void took(struct as_html *h, int64_t ms)
{
    struct buf *cell = page_cell(&h->page);
    if (ms < 1000)
        buf_print(cell, "%lld ms", (long long)ms);
    else
        brief_took(cell, ms);
    page_cell_text(&h->page);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static struct row row_of(const struct timeline_bar *bar)
{
    return (struct row){.label = bar->event->address,
                        .start_ms = bar->start_ms,
                        .end_ms = bar->end_ms,
                        .critical = bar->critical,
                        .failed = !is_good(bar)};
}

static const char *group_name(struct as_html *h, const struct timeline_bar *bar)
{
    if (bar->step == UINT32_MAX)
        return "no longer declared";
    const struct plan_step *s = &h->plan->steps[bar->step];
    return arena_print(h->mem, "%s: %s", as_html_stage_of(s), as_html_subsystem_of(s));
}

/* Groups in the order they began. */
static uint32_t make_groups(struct as_html *h, struct row *rows)
{
    const struct timeline *t = &h->timeline;
    struct map *seen = map_new();
    for (size_t i = 0; i < t->count; i++) {
        const struct timeline_bar *bar = &t->bars[i];
        const char *name = group_name(h, bar);
        uintptr_t at = (uintptr_t)map_find(seen, name);
        if (at == 0) {
            at = map_count(seen) + 1;
            map_put(seen, name, (void *)at);
            rows[at - 1] = (struct row){.label = name, .start_ms = bar->start_ms, .end_ms = bar->end_ms};
        }
        struct row *row = &rows[at - 1];
        row->steps++;
        row->end_ms = bar->end_ms > row->end_ms ? bar->end_ms : row->end_ms;
        row->failed = row->failed || !is_good(bar);
    }
    uint32_t count = (uint32_t)map_count(seen);
    map_free(seen);
    return count;
}

static struct row *make_rows(struct as_html *h, uint32_t *count)
{
    const struct timeline *t = &h->timeline;
    struct row *rows = ARENA_ARRAY(h->mem, struct row, t->count * 2 + 1);
    *count = 0;
    if (t->count > ROWS_MOST)
        *count = make_groups(h, rows);
    for (size_t i = 0; t->count > ROWS_MOST && i < t->path_count && i < ROWS_MOST; i++)
        rows[(*count)++] = row_of(&t->bars[t->path[i]]);
    for (size_t i = 0; t->count <= ROWS_MOST && i < t->count; i++)
        rows[(*count)++] = row_of(&t->bars[i]);
    return rows;
}

/* ---- the picture ----------------------------------------------------------------------------- */

static unsigned x_of(const struct timeline *t, int64_t at_ms)
{
    return as_html_per_mille(at_ms - t->start_ms, t->end_ms - t->start_ms) * CHART_WIDE / 1000;
}

static void print_axis(struct as_html *h, unsigned high)
{
    const struct timeline *t = &h->timeline;
    struct page *p = &h->page;
    for (unsigned k = 0; k <= TICKS; k++) {
        int64_t ms = (t->end_ms - t->start_ms) * k / TICKS;
        unsigned x = LABEL_WIDE + CHART_WIDE * k / TICKS;
        page_print(
            p,
            "<path class=\"grid\" d=\"M%u %uV%u\"/><text class=\"sub\" x=\"%u\" y=\"14\" text-anchor=\"%s\">",
            x, HEAD_HIGH - 6, high, x, k == TICKS ? "end" : "middle");
        took(h, ms);
        page_markup(p, "</text>\n");
    }
}

/* What is critical has a mark in front of its name and a frame: the color says it a third time. */
static void print_row(struct as_html *h, const struct row *row, unsigned k)
{
    const struct timeline *t = &h->timeline;
    struct page *p = &h->page;
    unsigned y = HEAD_HIGH + k * ROW_HIGH, x = x_of(t, row->start_ms), end = x_of(t, row->end_ms);
    unsigned wide = end - x < MARK_LEAST ? MARK_LEAST : end - x;
    const char *class = row->failed ? "failed" : row->critical ? "critical" : row->steps ? "group" : "plain";
    page_print(p, "<g class=\"%s\"><title>", class);
    page_text(p, row->label);
    page_markup(p, row->critical ? ", on the critical path" : "");
    page_markup(p, row->failed ? ", not done" : "");
    page_print(p, "</title><text class=\"name\" x=\"%u\" y=\"%u\" text-anchor=\"end\">", LABEL_WIDE - 10,
               y + 13);
    page_markup(p, row->failed ? "✕ " : row->critical ? "◆ " : "");
    struct buf *cell = page_cell(p);
    cell_add_short(cell, p->out, row->label, strlen(row->label), LABEL_MOST);
    if (row->steps)
        buf_print(cell, " (%u)", row->steps);
    page_cell_text(p);
    page_print(p, "</text><rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"2\"/></g>\n",
               LABEL_WIDE + x, y + 3, wide, BAR_HIGH);
}

static void print_picture(struct as_html *h)
{
    struct page *p = &h->page;
    uint32_t count;
    const struct row *rows = make_rows(h, &count);
    unsigned wide = LABEL_WIDE + CHART_WIDE + 8, high = HEAD_HIGH + count * ROW_HIGH;
    page_markup(p, "<figure>\n<figcaption>");
    if (h->timeline.count > ROWS_MOST)
        page_print(p,
                   "%zu steps: each part of the build from its first beginning to its last end (in brackets "
                   "how many "
                   "steps), then the critical path step by step. ",
                   h->timeline.count);
    page_markup(
        p, "◆ on the critical path, ✕ not done.</figcaption>\n"
           "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Picture of the last run\">\n");
    page_print(p,
               "<svg class=\"gantt\" role=\"img\" aria-labelledby=\"time-name\" width=\"%u\" height=\"%u\" "
               "viewBox=\"0 0 "
               "%u %u\">\n<title id=\"time-name\">When each part of the last run began and ended; its "
               "critical path is "
               "listed below</title>\n",
               wide, high, wide, high);
    print_axis(h, high);
    for (uint32_t k = 0; k < count; k++)
        print_row(h, &rows[k], k);
    page_markup(p, "</svg>\n</div>\n</figure>\n");
}

/* ---- in words -------------------------------------------------------------------------------- */

static void print_run(struct as_html *h)
{
    const struct store_run *run = h->plan->truth->last_run;
    struct page *p = &h->page;
    page_markup(p, "<p><strong>");
    page_text(p, run->command);
    page_markup(p, "</strong> began ");
    page_time(p, run->started_ms);
    if (run->ended_ms) {
        page_markup(p, ", ended ");
        page_time(p, run->ended_ms);
    }
    page_markup(p, run->ended_ms ? " as <strong>" : run->killed ? ", was <strong>" : ", is <strong>");
    page_text(p, store_run_state(run));
    page_print(p, "</strong>: %lld of %lld steps done, %lld failed. Run <code>%.8s</code>.</p>\n",
               (long long)run->done, (long long)run->total, (long long)run->failed, run->run_id);
}

static void print_path(struct as_html *h)
{
    const struct timeline *t = &h->timeline;
    struct page *p = &h->page;
    page_markup(p, "<h3>Critical path</h3>\n<p>The run took ");
    took(h, t->end_ms - t->start_ms);
    page_markup(p, "; this chain alone took ");
    took(h, t->path_ms);
    page_markup(p, ". Whoever wants a faster build begins here.</p>\n<ol class=\"path\">\n");
    for (size_t i = 0; i < t->path_count && i < LIST_MOST; i++) {
        const struct timeline_bar *bar = &t->bars[t->path[i]];
        page_markup(p, "<li>");
        as_html_link(h, bar->event->address);
        page_markup(p, " <span class=\"n\">");
        took(h, bar->end_ms - bar->start_ms);
        page_markup(p, "</span></li>\n");
    }
    page_markup(p, "</ol>\n");
    if (t->path_count > LIST_MOST)
        page_print(p, "<p>And %zu more.</p>\n", t->path_count - LIST_MOST);
}

static void print_troubles(struct as_html *h)
{
    static const char *const titles[] = {"Step", "How it ended", "What was seen", NULL};
    struct trouble_list list;
    struct page *p = &h->page;
    trouble_collect(&list, h->facts->events, h->facts->event_count);
    if (list.count > 0)
        as_html_table(h, "Not done", titles, NULL);
    for (size_t i = 0; i < list.count; i++) {
        page_markup(p, "<tr><td>");
        as_html_link(h, list.at[i]->address);
        page_print(p, "</td><td>%s</td><td>", trouble_word(event_from_name(list.at[i]->kind)));
        page_text(p, list.at[i]->text);
        page_markup(p, "</td></tr>\n");
    }
    if (list.count > 0)
        as_html_table_end(h);
    trouble_done(&list);
}

const char *as_html_time_missing(const struct as_html *h)
{
    return h->plan->truth->last_run ? NULL : "There is no timeline: nothing was built yet.";
}

void as_html_time(struct as_html *h)
{
    print_run(h);
    if (h->timeline.count > 0) {
        print_picture(h);
        print_path(h);
    }
    print_troubles(h);
}
