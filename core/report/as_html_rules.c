#include <string.h>

#include "plan/plan.h"
#include "region/waiver.h"
#include "report/as_html_parts.h"
#include "report/out.h"

/* Rules over the plan, what they found, and the waivers that bend them. */

#define FINDINGS_MOST 200 /* rows: a rule that fails everywhere is one piece of news */

static size_t count_waivers(const struct as_html *h)
{
    return h->plan->waivers ? h->plan->waivers->count : 0;
}

const char *as_html_rules_missing(const struct as_html *h)
{
    return h->plan->rules > 0 || count_waivers(h) > 0
               ? NULL
               : "No rules were asked of this plan, and no waiver bends one.";
}

static const char *verdict_word(const struct plan_finding *f)
{
    static const char *const words[] = {[PLAN_BROKEN] = "advised against",
                                        [PLAN_CANNOT_TELL] = "decided when the step starts",
                                        [PLAN_WAIVED] = "waived",
                                        [PLAN_AT_APPLY] = "to be met at apply"};
    return f->blocks ? "broken: nothing is applied" : words[f->verdict];
}

static void print_finding(struct as_html *h, const struct plan_finding *f)
{
    struct page *p = &h->page;
    page_print(p, f->blocks ? "<tr><td><strong class=\"over\">%s</strong></td><td>" : "<tr><td>%s</td><td>",
               verdict_word(f));
    page_text(p, f->rule);
    page_markup(p, "</td><td>");
    if (f->address)
        as_html_link(h, f->address);
    else
        page_markup(p, "the whole plan");
    page_markup(p, "</td><td>");
    page_text(p, f->message);
    if (f->waiver) {
        page_markup(p, "<br>waiver <strong>");
        page_text(p, f->waiver->name);
        page_markup(p, "</strong>");
    }
    if (f->ended) {
        page_markup(p, "<br>the waiver <strong>");
        page_text(p, f->ended->name);
        page_markup(p, "</strong> has ended");
    }
    if (f->advice && f->verdict != PLAN_WAIVED) {
        page_markup(p, "<br>To do: ");
        page_text(p, f->advice);
    }
    page_markup(p, "</td><td>");
    page_text(p, f->why);
    page_markup(p, "</td></tr>\n");
}

static void print_sum(struct as_html *h)
{
    const struct plan *plan = h->plan;
    page_print(&h->page, "<p>%u rules were asked of this plan; ", plan->rules);
    size_t blocks = plan_broken_rules(plan);
    if (plan->finding_count == 0)
        page_markup(&h->page, "all of them hold.</p>\n");
    else if (blocks > 0)
        page_print(&h->page,
                   "<strong class=\"over\">one is broken in %zu place%s, and nothing is applied while it "
                   "is.</strong></p>\n",
                   blocks, blocks == 1 ? "" : "s");
    else
        page_markup(&h->page, "none of them keeps it from being applied.</p>\n");
}

/* Those that a waiver covers, or those that none does. */
static void print_findings(struct as_html *h, bool waived)
{
    static const char *const titles[] = {
        "^Verdict", "^Rule", "^Step", "What was found", "Why the rule is there", NULL};
    const struct plan *plan = h->plan;
    size_t count = 0, shown = 0;
    for (size_t k = 0; k < plan->finding_count; k++)
        count += (plan->findings[k].verdict == PLAN_WAIVED) == waived;
    if (count == 0)
        return;
    if (waived)
        page_print(&h->page, "<details class=\"table\"><summary>What is waived, %zu in all</summary>\n",
                   count);
    as_html_table(h, waived ? "Waived" : "What rules found", titles, NULL);
    for (size_t k = 0; k < plan->finding_count && shown < FINDINGS_MOST; k++) {
        if ((plan->findings[k].verdict == PLAN_WAIVED) != waived)
            continue;
        print_finding(h, &plan->findings[k]);
        shown++;
    }
    as_html_table_end(h);
    if (count > shown)
        page_print(&h->page, "<p>And %zu more.</p>\n", count - shown);
    page_markup(&h->page, waived ? "</details>\n" : "");
}

static void print_texts(struct as_html *h, const char *const *at, size_t count)
{
    page_markup(&h->page, "<td>");
    for (size_t k = 0; k < count; k++) {
        page_markup(&h->page, k ? ", " : "");
        page_text(&h->page, at[k]);
    }
    page_markup(&h->page, "</td>");
}

static void print_waiver(struct as_html *h, const struct waiver *w)
{
    struct page *p = &h->page;
    page_markup(p, "<tr><th scope=\"row\">");
    page_text(p, w->name);
    page_markup(p, "</th><td>");
    page_text(p, w->rule);
    page_markup(p, "</td>");
    print_texts(h, w->steps, w->step_count);
    page_markup(p, "<td>");
    page_text(p, w->owner);
    page_markup(p, "</td><td>");
    page_text(p, w->reason);
    page_markup(p, "</td><td>");
    page_text(p, w->expires);
    page_markup(p, waiver_is_expired(w, h->plan->judged_ms) ? " <strong class=\"over\">ended</strong></td>"
                                                            : "</td>");
    print_texts(h, w->told, w->told_count);
    page_markup(p, "</tr>\n");
}

static void print_waivers(struct as_html *h)
{
    static const char *const titles[] = {"^Waiver", "^Bends", "For",  "^Owner",
                                         "Reason",  "^Until", "Told", NULL};
    if (count_waivers(h) == 0) {
        page_markup(&h->page, "<p>No waiver bends a rule.</p>\n");
        return;
    }
    as_html_table(h, "Waivers", titles, NULL);
    for (size_t k = 0; k < count_waivers(h); k++)
        print_waiver(h, &h->plan->waivers->at[k]);
    as_html_table_end(h);
}

void as_html_rules(struct as_html *h)
{
    if (h->plan->rules > 0)
        print_sum(h);
    print_findings(h, false);
    print_waivers(h);
    print_findings(h, true);
}
