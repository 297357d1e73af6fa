#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "model/decl.h"
#include "model/money.h"
#include "model/origins.h"
#include "model/schema.h"
#include "model/value.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "plugin/contract.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "report/as_html_parts.h"
#include "report/as_text_plan_row.h"
#include "report/as_text_plan_value.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/facts.h"
#include "report/out.h"
#include "store/store.h"

/* The plan: a list of stages, each a list of steps, each with what there is to know behind it.  Everything
 * is in the document.  What is behind a step is a <noscript>: a browser without script reads it as it stands,
 * one with script takes it for text, and the script makes it elements when the step is opened - of ten
 * thousand steps that is the difference between four hundred thousand elements and a quarter of them. */

#define OPEN_MOST  60  /* steps in all: with more, stages begin closed */
#define LINKS_MOST 12  /* needs that are named, of each way */
#define VALUE_MOST 200 /* columns of one attribute */

/* ---- inside a step --------------------------------------------------------------------------- */

static void fact(struct as_html *h, const char *name)
{
    page_print(&h->page, "<dt>%s<dd>", name);
}

static void text_fact(struct as_html *h, const char *name, const char *text)
{
    if (!text || !text[0])
        return;
    fact(h, name);
    page_text(&h->page, text);
}

static const struct origin *shrunk_from(const struct as_html *h, const struct value *v, const char **why)
{
    const struct origins *all = h->plan->region->origins;
    const struct origin *at = v && v->where ? origins_get(all, v->where) : NULL;
    if (!at || at->kind != ORIGIN_SHRUNK || !at->from)
        return NULL;
    *why = at->why;
    return origins_get(all, at->from);
}

/* One attribute, and where the region file made it small: what the reference has, and why. */
static void print_attribute(struct as_html *h, const struct plan_step *s, const struct pair *pair)
{
    struct page *p = &h->page;
    const char *why = NULL;
    page_markup(p, "<dt><code>");
    page_text(p, pair->key);
    page_markup(p, "</code><dd>");
    as_text_plan_attr(page_cell(p), p->out, h->plan, s, pair->key, pair->value, VALUE_MOST);
    page_cell_text(p);
    const struct origin *from = shrunk_from(h, pair->value, &why);
    if (!from)
        return;
    page_markup(p, " <em>instead of ");
    brief_value(page_cell(p), p->out, from->value, VALUE_MOST);
    page_cell_text(p);
    page_markup(p, ": ");
    page_text(p, why);
    page_markup(p, "</em>");
}

static void print_attributes(struct as_html *h, const struct plan_step *s)
{
    bool goes = s->action == PLAN_DESTROY || s->action == PLAN_FORGET;
    const struct value *all = goes         ? (s->observed ? s->observed : s->stored)
                              : s->promise ? s->promise
                              : s->desired ? s->desired
                                           : s->observed;
    if (value_kind(all) != VALUE_MAP || all->count == 0)
        return;
    page_markup(&h->page, goes                     ? "<h4>What goes</h4><dl>"
                          : s->action == PLAN_KEEP ? "<h4>What it is</h4><dl>"
                                                   : "<h4>What it will be</h4><dl>");
    for (size_t k = 0; k < all->count; k++) {
        if (!value_is_null(all->pairs[k].value))
            print_attribute(h, s, &all->pairs[k]);
    }
    page_markup(&h->page, "</dl>");
}

static void print_changes(struct as_html *h, const struct plan_step *s)
{
    struct page *p = &h->page;
    if (s->diff_count == 0)
        return;
    page_markup(p, "<h4>What changes</h4><ul>");
    for (uint32_t k = 0; k < s->diff_count; k++) {
        page_markup(p, "<li>");
        as_text_plan_change(page_cell(p), p->out, h->plan, s, &s->diffs[k]);
        page_cell_text(p);
        if (s->diffs[k].fixed && s->action == PLAN_REPLACE)
            page_markup(p, " <em>cannot change in place</em>");
    }
    page_markup(p, "</ul>");
}

/* Direct needs, or who needs it, as links. */
static void print_links(struct as_html *h, uint32_t i, const char *name, const uint32_t *to,
                        const uint32_t *at)
{
    if (at[i] == at[i + 1])
        return;
    uint32_t count = at[i + 1] - at[i];
    fact(h, name);
    for (uint32_t k = 0; k < count && k < LINKS_MOST; k++) {
        page_markup(&h->page, k ? ", " : "");
        as_html_link(h, h->plan->steps[to[at[i] + k]].address);
    }
    if (count > LINKS_MOST)
        page_print(&h->page, " and %u more", count - LINKS_MOST);
}

static void print_pending(struct as_html *h, const struct plan_step *s)
{
    struct page *p = &h->page;
    if (!s->pending)
        return;
    page_markup(p, "<p class=\"alert\">Begun by an earlier run and not settled (");
    page_text(p, store_op_state_name(s->pending->state));
    page_markup(p, ")");
    if (s->pending->reason) {
        page_markup(p, ": ");
        page_text(p, s->pending->reason);
    }
    page_markup(p, "</p>");
}

static void print_holds(struct as_html *h, const struct decl_meta *meta)
{
    if (meta->holds_count == 0)
        return;
    fact(h, "Holds");
    for (size_t k = 0; k < meta->holds_count; k++) {
        page_markup(&h->page, k ? ", " : "");
        page_text(&h->page, meta->holds[k]);
    }
}

static void print_declared(struct as_html *h, const struct plan_step *s)
{
    struct page *p = &h->page;
    if (s->decl) {
        text_fact(h, "Owner", s->decl->meta.owner);
        text_fact(h, "Blocks", s->decl->meta.blocks);
        print_holds(h, &s->decl->meta);
        fact(h, "Declared");
        page_text(p, s->decl->file);
        page_print(p, ":%u", s->decl->line);
    } else {
        text_fact(h, "Was declared", s->row ? s->row->declared_at : NULL);
    }
    if (!s->driver)
        return;
    fact(h, "Driver");
    page_text(p, s->driver->subsystem);
    page_markup(p, "-");
    page_text(p, s->driver->name);
    if (s->driver->instance[0]) {
        page_markup(p, " as ");
        page_text(p, s->driver->instance);
    }
    if (s->by_word)
        page_markup(p, ", dry by its own word");
}

static void print_inside(struct as_html *h, uint32_t i)
{
    const struct plan_step *s = &h->plan->steps[i];
    const struct graph *g = h->plan->graph;
    page_markup(&h->page, "<noscript>");
    print_pending(h, s);
    page_markup(&h->page, "<dl>");
    text_fact(h, "Why", s->reason);
    if (!s->cost.priced)
        text_fact(h, "Not priced", s->cost.why_not);
    text_fact(h, "Id", s->id);
    print_declared(h, s);
    if (g->needs_at) {
        print_links(h, i, "Needs", g->needs, g->needs_at);
        print_links(h, i, "Needed by", g->needed_by, g->needed_by_at);
    }
    page_markup(&h->page, "</dl>");
    print_changes(h, s);
    print_attributes(h, s);
    page_markup(&h->page, "</noscript>");
}

/* ---- its line -------------------------------------------------------------------------------- */

static void tag(struct as_html *h, const char *class, const char *text)
{
    page_print(&h->page, " <span class=\"tag %s\">", class);
    page_text(&h->page, text);
    page_markup(&h->page, "</span>");
}

static bool takes_data_away(const struct plan_step *s)
{
    return (s->action == PLAN_DESTROY || s->action == PLAN_REPLACE) && s->type &&
           (s->type->facts.traits & CATALOG_HOLDS_DATA);
}

static void print_tags(struct as_html *h, const struct plan_step *s)
{
    if (s->shared && s->action != PLAN_KEEP && s->action != PLAN_LOOKUP)
        tag(h, "shared", "shared");
    if (takes_data_away(s))
        tag(h, "data", "data goes");
    if (s->pending)
        tag(h, "data", "not settled");
    if (s->decl && s->decl->meta.blocks && s->action != PLAN_KEEP)
        tag(h, "blocks", arena_print(h->mem, "blocks %s", s->decl->meta.blocks));
    if (s->decl && s->decl->meta.owner)
        tag(h, "owner", s->decl->meta.owner);
}

static void print_amount(struct as_html *h, int64_t low, int64_t high, const char *unit, bool guess)
{
    page_markup(&h->page, guess ? "~" : "");
    page_money(&h->page, low, high, h->plan->region->currency);
    page_print(&h->page, " <span class=\"unit\">%s%s</span>", unit, guess ? ", a guess" : "");
}

/* An amount of nothing is not said; a step without a price is, where it could have one. */
static void print_cost(struct as_html *h, const struct plan_step *s)
{
    const struct plan_cost *c = &s->cost;
    struct page *p = &h->page;
    page_markup(p, " <span class=\"cost\">");
    if (!c->priced && c->why_not)
        page_markup(p, "<span class=\"unit\">not priced</span>");
    if (c->priced && c->month_high > 0)
        print_amount(h, c->month_low, c->month_high, "a month", c->guess);
    if (c->priced && c->once_high > 0) {
        page_markup(p, c->month_high > 0 ? "<br>" : "");
        print_amount(h, c->once_low, c->once_high, "once", c->guess);
    }
    page_markup(p, "</span>");
}

static void print_step(struct as_html *h, uint32_t i)
{
    const struct plan_step *s = &h->plan->steps[i];
    const char *action = plan_action_name(s->action);
    struct page *p = &h->page;
    page_markup(p, "<li id=\"");
    page_id(p, "s-", s->address);
    page_print(p, "\" data-a=\"%s\"", action);
    if (s->decl)
        page_attr(p, "data-o", s->decl->meta.owner);
    if (s->cost.priced && s->cost.month_high > 0)
        page_print(p, " data-m=\"%lld\"", (long long)(s->cost.month_high / (MONEY_UNIT / 1000)));
    page_print(p, "><details><summary><span class=\"act %s\">", action);
    page_text(p, as_text_plan_sign(s));
    page_print(p, " %s</span> <code>", as_text_plan_sign_name(s->action));
    page_text(p, s->address);
    page_markup(p, "</code> <span class=\"what\">");
    as_text_plan_what(page_cell(p), p->out, h->plan, s);
    page_cell_text(p);
    print_tags(h, s);
    page_markup(p, "</span>");
    print_cost(h, s);
    page_markup(p, "</summary>");
    print_inside(h, i);
    page_markup(p, "</details></li>\n");
}

/* ---- stages ---------------------------------------------------------------------------------- */

struct stage {
    const char *name;
    uint32_t count, by_action[PLAN_FORGET + 1];
    int64_t low, high; /* a month, without guesses; -1: more than can be counted */
};

/* The steps from `first` on that are of one stage. */
static struct stage stage_of(const struct as_html *h, const uint32_t *order, uint32_t first)
{
    struct stage stage = {.name = as_html_stage_of(&h->plan->steps[order[first]])};
    for (uint32_t k = first; k < h->plan->count; k++) {
        const struct plan_step *s = &h->plan->steps[order[k]];
        if (strcmp(as_html_stage_of(s), stage.name) != 0)
            break;
        stage.count++;
        stage.by_action[s->action]++;
        if (!s->cost.priced || s->cost.guess || stage.high < 0)
            continue;
        if (!money_add(stage.low, s->cost.month_low, &stage.low) ||
            !money_add(stage.high, s->cost.month_high, &stage.high))
            stage.high = -1;
    }
    return stage;
}

static void print_stage_head(struct as_html *h, const struct stage *stage, bool open)
{
    struct page *p = &h->page;
    page_print(p, "<details class=\"stage\"%s><summary><h3>", open ? " open" : "");
    page_text(p, stage->name);
    page_markup(p, "</h3> <span class=\"sum\">");
    as_html_count(h, stage->count, "step");
    for (uint32_t a = PLAN_KEEP; a <= PLAN_FORGET; a++)
        if (stage->by_action[a] > 0)
            page_print(p, " · %u %s", stage->by_action[a], as_text_plan_sign_name(a));
    page_markup(p, "</span> <span class=\"cost\">");
    if (stage->high > 0)
        print_amount(h, stage->low, stage->high, "a month", false);
    page_markup(p, "</span></summary>\n<ul class=\"steps\">\n");
}

/* The form is of use to the script only, which shows it. */
static void print_tools(struct as_html *h)
{
    page_markup(&h->page,
                "<form id=\"tools\" hidden>\n"
                "<label>Find <input type=\"search\" id=\"find\" autocomplete=\"off\" "
                "placeholder=\"address, owner, value\"></label>\n"
                "<label>Action <select id=\"action\"><option value=\"\">all</option></select></label>\n"
                "<label>Owner <select id=\"owner\"><option value=\"\">all</option></select></label>\n"
                "<label>Order <select id=\"order\"><option value=\"\">by address</option>"
                "<option value=\"m\">dearest first</option><option value=\"o\">by owner</option>"
                "<option value=\"a\">by action</option></select></label>\n"
                "<button type=\"button\" id=\"all\">Open all stages</button>\n"
                "<output id=\"shown\" role=\"status\"></output>\n"
                "<p class=\"small\">In the list: ↑ ↓ go from step to step, → ← open and close, Home and End "
                "go to the "
                "ends, / goes back to Find.</p>\n</form>\n");
}

const char *as_html_plan_missing(const struct as_html *h)
{
    return h->plan->count == 0 ? "There is no plan: the playbook declares nothing, and nothing was built."
                               : NULL;
}

void as_html_plan(struct as_html *h)
{
    const struct plan *plan = h->plan;
    const uint32_t *order = plan_order(h->mem, plan);
    struct arena *whole = h->mem, *tmp = arena_new();
    print_tools(h);
    page_markup(&h->page, "<div id=\"tree\">\n");
    for (uint32_t k = 0; k < plan->count;) {
        struct stage stage = stage_of(h, order, k);
        print_stage_head(h, &stage, plan->count <= OPEN_MOST);
        for (uint32_t end = k + stage.count; k < end; k++) {
            h->mem = tmp; /* texts made for one step go with it */
            print_step(h, order[k]);
            arena_reset(tmp);
        }
        h->mem = whole;
        page_markup(&h->page, "</ul>\n</details>\n");
    }
    page_markup(&h->page, "</div>\n");
    arena_free(tmp);
}
