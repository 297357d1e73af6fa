#include <string.h>

#include "base/err.h"
#include "launch/calendar.h"
#include "launch/forecast.h"
#include "launch/launch.h"
#include "plan/plan.h"
#include "region/region.h"
#include "report/as_html_parts.h"
#include "report/as_text_launch.h"
#include "report/facts.h"
#include "report/out.h"

/* What blocks launch: the dates, who has to move, the longest chain, and what stands in the way and is no
 * step. */

#define PATH_MOST 30

static bool is_reached(const struct launch_milestone *m)
{
    return m->open == 0 && m->unknown == 0;
}

/* ---- the dates ------------------------------------------------------------------------------- */

void as_html_launch_card(struct as_html *h)
{
    const struct launch *l = h->facts->launch;
    struct page *p = &h->page;
    if (!l)
        return;
    const struct launch_milestone *m = &l->milestones[l->asked];
    as_html_card(h, "Launch");
    page_markup(p, "<span class=\"big\">");
    page_text(p, is_reached(m) ? "reached" : m->p50);
    page_markup(p, "</span>");
    if (!is_reached(m))
        page_print(p, "<span class=\"small\">%s%s</span>",
                   m->unknown ? "at the earliest" : "as likely earlier as later; nine in ten: ",
                   m->unknown ? "" : m->p90);
    if (m->target_date[0]) {
        page_print(p, "<span class=\"small%s\">", m->late_p50 > 0 && !is_reached(m) ? " over" : "");
        as_text_launch_target(page_cell(p), p->out, m);
        page_cell_text(p);
        page_markup(p, "</span>");
    }
    as_html_card_end(h);
}

static void print_milestones(struct as_html *h, const struct launch *l)
{
    static const char *const titles[] = {"Milestone", "When", "Target", "#Open", NULL};
    struct page *p = &h->page;
    as_html_table(h, "Milestones", titles, NULL);
    for (uint32_t k = 0; k < l->milestone_count; k++) {
        const struct launch_milestone *m = &l->milestones[k];
        page_markup(p, "<tr><th scope=\"row\">");
        page_text(p, m->name);
        page_markup(p, "</th><td>");
        as_text_launch_dates(page_cell(p), m);
        page_cell_text(p);
        page_markup(p, "</td><td>");
        as_text_launch_target(page_cell(p), p->out, m);
        page_cell_text(p);
        page_print(p, "</td><td class=\"n\">%u of %u</td></tr>\n", m->open, m->steps);
    }
    as_html_table_end(h);
}

/* ---- who has to move ------------------------------------------------------------------------- */

static void print_end(struct as_html *h, const struct launch *l, const struct launch_item *i)
{
    char end[CALENDAR_DATE];
    if (i->end_ms > l->now_ms)
        calendar_end_date(h->plan->region->timezone, i->end_ms, end);
    else
        calendar_date(h->plan->region->timezone, i->end_ms, end);
    page_text(&h->page, i->forecast->spread.count > 0 ? end : "unknown");
}

static void print_item(struct as_html *h, const struct launch *l, const struct launch_item *i,
                       const char *owner)
{
    struct page *p = &h->page;
    bool trouble = i->need == LAUNCH_TROUBLE || i->need == LAUNCH_HELD;
    page_markup(p, "<tr><td>");
    page_text(p, owner ? owner : "nobody");
    page_markup(p, "</td><td>");
    as_html_link(h, i->address);
    if (trouble) {
        page_markup(p, "<br><strong>");
        page_text(p, i->why);
        page_markup(p, "</strong>");
    }
    if (i->ask) {
        page_markup(p, "<br>");
        page_text(p, i->ask);
    }
    if (i->after) {
        page_markup(p, "<br><span class=\"small\">after ");
        as_html_link(h, i->after);
        page_markup(p, i->after_more ? " and others</span>" : "</span>");
    }
    page_print(p, "</td><td class=\"n\">%u</td><td>", i->unlocks);
    as_text_launch_takes(page_cell(p), i);
    page_cell_text(p);
    page_markup(p, i->critical ? "<br><strong>◆ on the critical path</strong></td><td>" : "</td><td>");
    print_end(h, l, i);
    page_markup(p, "</td><td>");
    page_text(p, i->deadline);
    page_markup(p, i->overdue ? " <strong class=\"over\">overdue</strong>"
                   : i->late  ? " <strong>later is expected</strong>"
                              : "");
    page_markup(p, "</td></tr>\n");
}

static void print_gates(struct as_html *h, const struct launch *l)
{
    static const char *const titles[] = {"^Owner", "Step", "#^Unlocks", "Takes", "^Done by", "^Due", NULL};
    if (l->gate_count == 0)
        return;
    as_html_table(h, "Who has to move", titles, NULL);
    for (uint32_t n = 0; n < l->owner_count; n++) {
        const struct launch_owner *owner = &l->owners[n];
        for (uint32_t k = 0; k < owner->gate_count; k++)
            print_item(h, l, &l->items[owner->gates[k]], owner->name);
    }
    as_html_table_end(h);
}

static void print_ours(struct as_html *h, const struct launch *l)
{
    uint32_t free_now = 0, count = l->item_count - l->gate_count;
    for (uint32_t k = l->gate_count; k < l->item_count; k++)
        free_now += !l->items[k].behind_gate;
    if (count == 0)
        return;
    page_markup(&h->page, "<p>Landfall does ");
    as_html_count(h, count, "open step");
    page_print(&h->page, " itself, %u of them as soon as it may begin.</p>\n", free_now);
}

/* ---- the longest chain, and what is no step -------------------------------------------------- */

static void print_path(struct as_html *h, const struct launch *l)
{
    struct page *p = &h->page;
    /* A chain of unknown lengths is as good as any other. */
    if (l->path_count == 0 || l->items[l->path[l->path_count - 1]].end_ms == l->now_ms)
        return;
    page_markup(
        p, "<h3>Critical path to launch</h3>\n<p>Each done by, if all take what is expected of them.</p>\n"
           "<ol class=\"path\">\n");
    for (uint32_t k = 0; k < l->path_count && k < PATH_MOST; k++) {
        const struct launch_item *i = &l->items[l->path[k]];
        page_markup(p, "<li>");
        print_end(h, l, i);
        page_markup(p, " ");
        as_html_link(h, i->address);
        page_markup(p, " <span class=\"mute\">");
        as_text_launch_takes(page_cell(p), i);
        page_cell_text(p);
        page_markup(p, "</span></li>\n");
    }
    page_markup(p, "</ol>\n");
    if (l->path_count > PATH_MOST)
        page_print(p, "<p>And %u more.</p>\n", l->path_count - PATH_MOST);
}

static void print_extra(struct as_html *h, const struct launch_extra *e)
{
    struct page *p = &h->page;
    page_markup(p, "<tr><td>");
    page_text(p, e->kind);
    page_markup(p, "</td><td><code>");
    page_text(p, e->subject);
    page_markup(p, "</code></td><td>");
    page_text(p, e->text);
    page_markup(p, "</td><td>");
    page_text(p, e->owner);
    page_markup(p, "</td><td>");
    page_text(p, e->until);
    page_markup(p, e->ended ? " <strong class=\"over\">ended</strong>" : "");
    if (launch_extra_is_bent(e))
        page_markup(p, "</td></tr>\n");
    else
        page_markup(p, e->blocks ? "</td><td><strong>yes</strong></td></tr>\n" : "</td><td>no</td></tr>\n");
}

/* Obstacles first; what is bent and holds back nothing is a table of its own, and its rows stand last. */
static void print_extras(struct as_html *h, const struct launch *l)
{
    static const char *const in_the_way[] = {"^What",  "^Where",         "Why", "^Owner",
                                             "^Until", "^Blocks launch", NULL};
    static const char *const bent[] = {"^What", "^Where", "Why", "^Owner", "^Until", NULL};
    for (size_t k = 0; k < l->extra_count; k++) {
        bool is_bent = launch_extra_is_bent(&l->extras[k]);
        if (k == 0 || is_bent != launch_extra_is_bent(&l->extras[k - 1])) {
            if (k > 0)
                as_html_table_end(h);
            as_html_table(h, is_bent ? "Bent rules" : "In the way, and no step", is_bent ? bent : in_the_way,
                          NULL);
        }
        print_extra(h, &l->extras[k]);
    }
    if (l->extra_count > 0)
        as_html_table_end(h);
}

static void print_list(struct as_html *h, const char *title, const char *const *at, size_t count)
{
    if (count == 0)
        return;
    page_print(&h->page, "<p>%s ", title);
    for (size_t k = 0; k < count; k++) {
        page_markup(&h->page, k ? ", " : "");
        as_html_link(h, at[k]);
    }
    page_markup(&h->page, ".</p>\n");
}

const char *as_html_launch_missing(const struct as_html *h)
{
    return h->facts->launch || h->facts->launch_why ? NULL : "What blocks launch was not asked.";
}

void as_html_launch(struct as_html *h)
{
    const struct launch *l = h->facts->launch;
    if (!l) {
        page_markup(&h->page, "<p class=\"alert\">It cannot be told what blocks launch: ");
        page_text(&h->page, h->facts->launch_why->summary);
        page_markup(&h->page, "</p>\n");
        return;
    }
    print_milestones(h, l);
    print_gates(h, l);
    print_ours(h, l);
    print_path(h, l);
    print_extras(h, l);
    print_list(h, "May follow after launch:", l->can_follow, l->can_follow_count);
    print_list(h, "Stands in <code>can_follow</code>, and there is no such step:", l->strays, l->stray_count);
}
