#include "report/as_html.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "model/decl.h"
#include "model/money.h"
#include "model/value.h"
#include "plan/plan.h"
#include "plan/reference.h"
#include "region/region.h"
#include "report/as_html_files.h"
#include "report/as_html_parts.h"
#include "report/as_text_plan_row.h"
#include "report/brief.h"
#include "report/facts.h"
#include "report/out.h"
#include "store/store.h"

/* ---- what sections share --------------------------------------------------------------------- */

const char *as_html_stage_of(const struct plan_step *s)
{
    if (!s->decl)
        return "no longer declared";
    return s->decl->stage[0] ? s->decl->stage : "before the first stage";
}

const char *as_html_subsystem_of(const struct plan_step *s)
{
    static const char *const kinds[] = {
        [DECL_RESOURCE] = "resource", [DECL_EXISTING] = "existing", [DECL_ACTION] = "actions",
        [DECL_CHECK] = "checks",      [DECL_HUMAN] = "people",      [DECL_TODO] = "todo"};
    const char *subsystem = s->decl ? s->decl->subsystem : s->row ? s->row->subsystem : NULL;
    uint32_t kind = s->decl ? s->decl->kind : s->row ? s->row->kind : 0;
    if (subsystem && subsystem[0])
        return subsystem;
    return kind < COUNT_OF(kinds) && kinds[kind] ? kinds[kind] : "other";
}

void as_html_table(struct as_html *h, const char *caption, const char *const *titles, const char *class)
{
    struct page *p = &h->page;
    page_print(
        p, "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"%s\">\n<table class=\"%s\">\n",
        caption, class ? class : "plain");
    page_print(p, "<caption>%s</caption>\n<thead><tr>", caption);
    for (; *titles; titles++) {
        const char *title = *titles;
        bool number = *title == '#';
        title += number;
        bool sorts = *title == '^';
        title += sorts;
        page_print(p, "<th scope=\"col\"%s%s>%s</th>", number ? " class=\"n\"" : "",
                   sorts ? " data-sort" : "", title);
    }
    page_markup(p, "</tr></thead>\n<tbody>\n");
}

void as_html_table_end(struct as_html *h)
{
    page_markup(&h->page, "</tbody>\n</table>\n</div>\n");
}

void as_html_count(struct as_html *h, uint64_t count, const char *noun)
{
    brief_count(page_cell(&h->page), count, noun);
    page_cell_text(&h->page);
}

unsigned as_html_per_mille(int64_t part, int64_t whole)
{
    if (whole <= 0 || part <= 0)
        return 0;
    if (part >= whole)
        return 1000;
    return (unsigned)(whole > INT64_MAX / 1000 ? part / (whole / 1000) : part * 1000 / whole);
}

void as_html_link(struct as_html *h, const char *address)
{
    struct page *p = &h->page;
    bool there = plan_find(h->plan, address) != UINT32_MAX;
    if (there) {
        page_markup(p, "<a href=\"#");
        page_id(p, "s-", address);
        page_markup(p, "\">");
    }
    page_markup(p, "<code>");
    page_text(p, address);
    page_markup(p, there ? "</code></a>" : "</code>");
}

/* ---- the head -------------------------------------------------------------------------------- */

static void print_hash(struct as_html *h, const char *bytes)
{
    uint8_t hash[DIGEST_BYTES];
    digest_sha256(bytes, strlen(bytes), hash);
    page_print(&h->page, "'sha256-%s'", digest_base64(h->mem, hash, sizeof(hash)));
}

/* Nothing may be loaded, sent or embedded; the style and the script are those of this very build.  CSP level
 * 3, by a meta element, because a file has no headers. */
static void print_head(struct as_html *h)
{
    struct page *p = &h->page;
    page_markup(p, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src ");
    print_hash(h, as_html_style);
    page_markup(p, "; script-src ");
    print_hash(h, as_html_script);
    page_markup(p, "; base-uri 'none'; form-action 'none'\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<meta name=\"color-scheme\" content=\"light dark\">\n"
                   "<meta name=\"referrer\" content=\"no-referrer\">\n"
                   "<meta name=\"generator\" content=\"landfall report/1\">\n<title>");
    page_text(p, h->plan->region->title);
    page_markup(p, " · landfall report</title>\n<style>");
    page_verbatim(p, as_html_style);
    page_markup(p, "</style>\n</head>\n");
}

/* ---- the summary ----------------------------------------------------------------------------- */

static void print_source(struct as_html *h)
{
    struct page *p = &h->page;
    const struct facts_report *f = h->facts;
    page_markup(p, "<p class=\"source\">Made ");
    page_time(p, f->made_ms);
    if (!f->as_stored)
        page_markup(p, ". What is there was asked of the services.");
    else if (!f->silence)
        page_markup(p, ". No service was asked: what is there is as the store remembers it.");
    else {
        page_markup(
            p,
            ".</p>\n<p class=\"alert\"><strong>As of the store.</strong> No plan of what is there could be "
            "made, so it is as the store remembers it: ");
        page_text(p, f->silence->summary);
        page_markup(p, ".");
    }
    page_markup(p, "</p>\n");
}

void as_html_card(struct as_html *h, const char *title)
{
    page_print(&h->page, "<div class=\"card\"><dt>%s</dt><dd>", title);
}

void as_html_card_end(struct as_html *h)
{
    page_markup(&h->page, "</dd></div>\n");
}

/* The share of the budget as a bar: solid up to the low end, lighter up to the high end, the budget a line.
 */
static void print_meter(struct as_html *h, int64_t low, int64_t high, int64_t budget)
{
    int64_t most = high > budget ? high : budget;
    page_print(
        &h->page,
        "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
        "<rect class=\"rest\" width=\"1000\" height=\"10\"/>"
        "<rect class=\"high\" width=\"%u\" height=\"10\"/><rect class=\"low\" width=\"%u\" height=\"10\"/>"
        "<rect class=\"limit\" x=\"%u\" width=\"6\" height=\"10\"/></svg>",
        as_html_per_mille(high, most), as_html_per_mille(low, most),
        as_html_per_mille(budget, most) * 994 / 1000);
}

struct purse {
    const char *title, *key; /* of the budget */
    int64_t low, expected, high, guess;
};

static void print_budget(struct as_html *h, const struct purse *purse)
{
    const char *currency = h->plan->region->currency;
    struct page *p = &h->page;
    int64_t budget, high;
    if (!brief_amount(value_get(h->plan->region->budget, purse->key), &budget))
        return;
    if (!money_add(purse->high, purse->guess, &high))
        high = INT64_MAX;
    print_meter(h, purse->expected, high, budget);
    page_markup(p, high > budget ? "<span class=\"small over\">over the budget of "
                                 : "<span class=\"small\">within the budget of ");
    page_money(p, budget, budget, currency);
    page_markup(p, purse->guess > 0 ? ", guesses counted</span>" : "</span>");
}

/* "12 % of us": the month alone, once is built once. */
static void print_of_reference(struct as_html *h, const struct purse *purse)
{
    const struct plan_reference *r = h->plan->reference;
    struct page *p = &h->page;
    if (!r || r->why_not || r->month <= 0 || strcmp(purse->key, "monthly") != 0 ||
        h->plan->totals.priced == 0)
        return;
    page_markup(p, "<span class=\"small\">");
    brief_share(page_cell(p), purse->expected, r->month);
    page_cell_text(p);
    page_markup(p, " of ");
    page_text(p, r->region);
    page_markup(p, "</span>");
}

static void cost_card(struct as_html *h, const struct purse *purse)
{
    const char *currency = h->plan->region->currency;
    struct page *p = &h->page;
    as_html_card(h, purse->title);
    page_markup(p, "<span class=\"big\">");
    if (h->plan->totals.priced > 0)
        page_money(p, purse->expected, purse->expected, currency);
    else
        page_markup(p, "not estimated");
    page_markup(p, "</span>");
    if (purse->low != purse->high) {
        page_markup(p, "<span class=\"small\">");
        page_money(p, purse->low, purse->high, currency);
        page_markup(p, "</span>");
    }
    print_of_reference(h, purse);
    if (purse->guess > 0) {
        page_markup(p, "<span class=\"small\">and up to ");
        page_money(p, purse->guess, purse->guess, currency);
        page_markup(p, " by people's guesses</span>");
    }
    print_budget(h, purse);
    as_html_card_end(h);
}

static void priced_card(struct as_html *h)
{
    const struct plan_totals *t = &h->plan->totals;
    struct page *p = &h->page;
    uint32_t unknown = t->priceable - t->priced - t->guessed;
    as_html_card(h, "Priced");
    page_print(p, "<span class=\"big\">%u of %u</span><span class=\"small\">", t->priced, t->priceable);
    if (t->guessed > 0)
        page_print(p, "%u guessed, ", t->guessed);
    page_print(p, unknown ? "%u unknown and in no sum</span>" : "%u unknown</span>", unknown);
    as_html_card_end(h);
}

static void print_cards(struct as_html *h)
{
    const struct plan_totals *t = &h->plan->totals;
    const struct plan_cost *c = &t->cost;
    struct page *p = &h->page;
    page_markup(p, "<dl class=\"cards\">\n");
    cost_card(h, &(struct purse){"Every month", "monthly", c->month_low, c->month_expected, c->month_high,
                                 t->guess.month_high});
    cost_card(h, &(struct purse){"Once", "one_off", c->once_low, c->once_expected, c->once_high,
                                 t->guess.once_high});
    priced_card(h);
    as_html_launch_card(h);
    as_html_card(h, "Waits for people");
    page_print(p, "<span class=\"big\">%u</span><span class=\"small\">and %u still to be written</span>",
               t->by_action[PLAN_WAIT], t->by_action[PLAN_TODO]);
    as_html_card_end(h);
    as_html_card(h, "Changes to what other regions share");
    page_print(p, "<span class=\"big\">%u</span><span class=\"small\">%s</span>", t->shared,
               t->shared ? "live customers depend on it" : "nothing others use is touched");
    as_html_card_end(h);
    page_markup(p, "</dl>\n");
}

/* The four that change the world are always there, also with 0: that nothing is destroyed is news. */
static void print_actions(struct as_html *h)
{
    struct page *p = &h->page;
    page_markup(p, "<ul class=\"actions\" aria-label=\"What the plan does\">\n");
    for (uint32_t a = PLAN_KEEP; a <= PLAN_FORGET; a++) {
        uint32_t n = h->plan->totals.by_action[a];
        if (n == 0 && (a < PLAN_UPDATE || a > PLAN_DESTROY))
            continue;
        page_print(p, "<li class=\"%s\"><span class=\"sign\" aria-hidden=\"true\">",
                   plan_action_name((enum plan_action)a));
        page_text(p, as_text_plan_sign_of(a));
        page_print(p, "</span> <strong>%u</strong> %s</li>\n", n, as_text_plan_sign_name(a));
    }
    page_markup(p, "</ul>\n");
}

static void print_header(struct as_html *h)
{
    struct page *p = &h->page;
    const struct region *r = h->plan->region;
    page_markup(p, "<header>\n<p class=\"kind\">landfall report</p>\n<h1>");
    page_text(p, r->title);
    page_markup(p, "</h1>\n<p class=\"where\">Region <strong>");
    page_text(p, r->name);
    page_markup(p, "</strong> in ");
    page_text(p, r->place);
    if (r->from) {
        page_markup(p, ", copied from <strong>");
        page_text(p, r->from);
        page_markup(p, "</strong>");
    }
    page_markup(p, " · ");
    page_text(p, r->domain);
    page_print(p, " · plan <code>%.12s</code></p>\n", h->plan->digest);
    print_source(h);
    print_cards(h);
    print_actions(h);
    page_markup(p, "</header>\n");
}

/* ---- sections -------------------------------------------------------------------------------- */

static const struct {
    const char *id, *title;
    const char *(*missing)(const struct as_html *h); /* NULL: it is there */
    void (*print)(struct as_html *h);
} sections[] = {
    {"warnings", "Before you say yes", as_html_warnings_missing, as_html_warnings},
    {"cost", "Cost", as_html_cost_missing, as_html_cost},
    {"launch", "What blocks launch", as_html_launch_missing, as_html_launch},
    {"rules", "Rules and waivers", as_html_rules_missing, as_html_rules},
    {"residency", "Where data is", as_html_residency_missing, as_html_residency},
    {"plan", "Plan", as_html_plan_missing, as_html_plan},
    {"graph", "What needs what", as_html_graph_missing, as_html_graph},
    {"time", "Last run", as_html_time_missing, as_html_time},
    {"smaller", "Smaller, on purpose", as_html_smaller_missing, as_html_smaller},
    {"audit", "Audit", as_html_audit_missing, as_html_audit},
};

static void print_nav(struct as_html *h)
{
    page_markup(&h->page, "<nav aria-label=\"Sections\"><ul>\n");
    for (size_t i = 0; i < COUNT_OF(sections); i++) {
        if (!sections[i].missing(h))
            page_print(&h->page, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id, sections[i].title);
    }
    page_markup(&h->page, "</ul></nav>\n");
}

static void print_sections(struct as_html *h)
{
    for (size_t i = 0; i < COUNT_OF(sections); i++) {
        if (sections[i].missing(h))
            continue;
        page_print(&h->page,
                   "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">%s</h2>\n",
                   sections[i].id, sections[i].id, sections[i].id, sections[i].title);
        sections[i].print(h);
        page_markup(&h->page, "</section>\n");
    }
}

/* What is not there, said rather than shown empty. */
static void print_foot(struct as_html *h)
{
    struct page *p = &h->page;
    page_markup(p, "</main>\n<footer>\n");
    for (size_t i = 0; i < COUNT_OF(sections); i++) {
        const char *why = sections[i].missing(h);
        if (why)
            page_print(p, "<p>%s</p>\n", why);
    }
    page_markup(p, "<p>Made by landfall from the plan, the region file and the store of ");
    page_text(p, h->plan->region->name);
    page_markup(p, ". Nothing was changed to make it. Plan ");
    page_print(p, "<code class=\"digest\">%s</code>.</p>\n</footer>\n<script>", h->plan->digest);
    page_verbatim(p, as_html_script);
    page_markup(p, "</script>\n</body>\n</html>\n");
}

void as_html_report(struct out *o, const struct facts_report *f)
{
    struct as_html h = {.facts = f, .plan = f->plan, .mem = arena_new()};
    page_open(&h.page, o);
    timeline_make(h.mem, f->plan, f->events, f->event_count, &h.timeline);
    print_head(&h);
    page_markup(&h.page, "<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n");
    print_header(&h);
    print_nav(&h);
    page_markup(&h.page, "<main id=\"main\" tabindex=\"-1\">\n");
    print_sections(&h);
    print_foot(&h);
    page_done(&h.page);
    arena_free(h.mem);
}
