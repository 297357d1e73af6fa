#include "report/as_markdown.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/tick.h"
#include "launch/launch.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/money.h"
#include "model/value.h"
#include "plan/cost_table.h"
#include "plan/plan.h"
#include "plan/reference.h"
#include "plan/residence_book.h"
#include "region/region.h"
#include "region/waiver.h"
#include "report/as_text_launch.h"
#include "report/as_text_plan_row.h"
#include "report/brief.h"
#include "report/data_place.h"
#include "report/facts.h"
#include "report/out.h"
#include "report/timeline.h"
#include "store/store.h"

/* A comment on GitHub holds 65 536 characters; a step takes about 150. */
#define STEPS_MOST 250
#define PATH_MOST  12
#define GATES_MOST 30

struct paper {
    struct out *out;
    const struct facts_report *facts;
    const struct plan *plan;
    struct buf cell, masked, safe;
};

/* ---- texts ----------------------------------------------------------------------------------- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* @team and #12 are acted on after Markdown is read, so an escape does not help: an empty comment does.  An
 * address of mail is no mention. */
static bool calls_somebody(const char *at, char before)
{
    return (*at == '@' || *at == '#') && !is_word(before) && is_word(at[1]);
}

void as_markdown_text(struct buf *out, const char *safe)
{
    char before = '\0';
    for (; *safe; before = *safe++) {
        if (*safe == '<')
            buf_text(out, "&lt;");
        else if (*safe == '&')
            buf_text(out, "&amp;");
        else if (calls_somebody(safe, before))
            buf_print(out, "%c<!-- -->", *safe);
        else if (*safe == '_' && is_word(before) && is_word(safe[1])) /* storage_gb stands for itself */
            buf_char(out, '_');
        else if (strchr("\\`*_[]|~>", *safe))
            buf_print(out, "\\%c", *safe);
        else
            buf_char(out, *safe);
    }
}

static void say(struct paper *p, const char *text)
{
    if (!text)
        return;
    buf_clear(&p->masked);
    buf_clear(&p->safe);
    out_filter_mask(p->out->filter, &p->masked, text, strlen(text));
    str_safe(&p->safe, p->masked.at, p->masked.count);
    buf_clear(&p->masked);
    as_markdown_text(&p->masked, p->safe.at);
    out_text(p->out, p->masked.at);
}

static struct buf *cell(struct paper *p)
{
    buf_clear(&p->cell);
    return &p->cell;
}

static void money(struct paper *p, int64_t low, int64_t high)
{
    brief_money(cell(p), p->out, low, high, p->plan->region->currency);
    say(p, p->cell.at);
}

/* Addresses hold no backtick. */
static void address(struct paper *p, const char *text)
{
    out_char(p->out, '`');
    out_safe(p->out, text);
    out_char(p->out, '`');
}

/* ---- the head -------------------------------------------------------------------------------- */

static void print_head(struct paper *p)
{
    const struct region *r = p->plan->region;
    char made[TICK_TEXT];
    tick_print(p->facts->made_ms, made);
    out_text(p->out, "# ");
    say(p, r->title);
    out_text(p->out, ": landfall report\n\nRegion **");
    say(p, r->name);
    out_text(p->out, "** in ");
    say(p, r->place);
    if (r->from) {
        out_text(p->out, ", copied from **");
        say(p, r->from);
        out_text(p->out, "**");
    }
    out_print(p->out, " · plan %.12s · made %s\n\n", p->plan->digest, made);
    if (!p->facts->as_stored)
        return;
    out_text(p->out, "> **As of the store.** ");
    if (p->facts->silence) {
        out_text(p->out, "No plan of what is there could be made: ");
        say(p, p->facts->silence->summary);
    } else {
        out_text(p->out, "No service was asked.");
    }
    out_text(p->out, "\n\n");
}

static void print_budget(struct paper *p, const char *key, int64_t high, int64_t guess)
{
    int64_t budget, most;
    if (!brief_amount(value_get(p->plan->region->budget, key), &budget))
        return;
    if (!money_add(high, guess, &most))
        most = INT64_MAX;
    out_text(p->out, most > budget ? " · **over the budget of " : " · within the budget of ");
    money(p, budget, budget);
    out_text(p->out, most > budget ? "**" : "");
}

static void print_purse(struct paper *p, const char *title, const char *key, int64_t low, int64_t expected,
                        int64_t high, int64_t guess)
{
    out_print(p->out, "| %s | ", title);
    if (p->plan->totals.priced > 0)
        money(p, expected, expected);
    else
        out_text(p->out, "not estimated");
    if (low != high) {
        out_text(p->out, " · ");
        money(p, low, high);
    }
    const struct plan_reference *r = p->plan->reference;
    if (r && !r->why_not && r->month > 0 && strcmp(key, "monthly") == 0 && p->plan->totals.priced > 0) {
        out_text(p->out, " · ");
        brief_share(cell(p), expected, r->month);
        say(p, p->cell.at);
        out_text(p->out, " of ");
        say(p, r->region);
    }
    if (guess > 0) {
        out_text(p->out, " · guessed besides ");
        money(p, guess, guess);
    }
    print_budget(p, key, high, guess);
    out_text(p->out, " |\n");
}

static void print_sums(struct paper *p)
{
    const struct plan_totals *t = &p->plan->totals;
    const struct plan_cost *c = &t->cost;
    out_text(p->out, "| | |\n|---|---|\n");
    print_purse(p, "Every month", "monthly", c->month_low, c->month_expected, c->month_high,
                t->guess.month_high);
    print_purse(p, "Once", "one_off", c->once_low, c->once_expected, c->once_high, t->guess.once_high);
    out_print(p->out, "| Priced | %u of %u, %u guessed, %u unknown |\n| Steps | ", t->priced, t->priceable,
              t->guessed, t->priceable - t->priced - t->guessed);
    bool any = false;
    for (uint32_t a = PLAN_KEEP; a <= PLAN_FORGET; a++) {
        if (t->by_action[a] == 0)
            continue;
        out_print(p->out, any ? " · %u %s" : "%u %s", t->by_action[a], as_text_plan_sign_name(a));
        any = true;
    }
    out_print(p->out, " |\n| Changes to what other regions share | %u |\n\n", t->shared);
}

/* ---- cost ------------------------------------------------------------------------------------ */

static void print_costs(struct paper *p, enum cost_table_by by, const char *title, const char *nameless)
{
    struct arena *mem = arena_new();
    struct cost_table t;
    struct err err;
    if (p->plan->totals.priceable > 0 && cost_table_make(mem, p->plan, by, &t, &err)) {
        out_print(p->out, "| %s | a month | once | guessed a month | priced |\n|---|--:|--:|--:|--:|\n",
                  title);
        for (size_t k = 0; k < t.count; k++) {
            const struct cost_table_sum *s = &t.rows[k].sum;
            out_text(p->out, "| ");
            say(p, t.rows[k].name[0] ? t.rows[k].name : nameless);
            out_text(p->out, " | ");
            if (s->cost.priced)
                money(p, s->cost.month_low, s->cost.month_high);
            out_text(p->out, " | ");
            if (s->cost.priced)
                money(p, s->cost.once_low, s->cost.once_high);
            out_text(p->out, " | ");
            if (s->guessed > 0)
                money(p, s->guess.month_low, s->guess.month_high);
            out_print(p->out, " | %u of %u |\n", s->priced, s->steps);
        }
        out_char(p->out, '\n');
    }
    arena_free(mem);
}

/* ---- notes ----------------------------------------------------------------------------------- */

static void print_notes(struct paper *p)
{
    const struct plan *plan = p->plan;
    for (size_t k = 0; k < plan->truth->op_count; k++) {
        out_text(p->out, "- **Not settled** (");
        say(p, store_op_state_name(plan->truth->ops[k].state));
        out_text(p->out, "): ");
        address(p, plan->truth->ops[k].address);
        out_char(p->out, '\n');
    }
    for (uint32_t k = 0; k < plan->count; k++) {
        if (!plan_is_conflict(&plan->steps[k]))
            continue;
        out_text(p->out, "- **In conflict** ");
        address(p, plan->steps[k].address);
        out_text(p->out, ": ");
        say(p, plan->steps[k].taken->reason);
        out_char(p->out, '\n');
    }
    for (size_t k = 0; k < plan->note_count; k++) {
        if (plan->notes[k].severity == DIAG_TRACE)
            continue;
        out_text(p->out, "- **Warning** ");
        say(p, plan->notes[k].summary);
        if (plan->notes[k].address) {
            out_text(p->out, " ");
            address(p, plan->notes[k].address);
        }
        out_char(p->out, '\n');
    }
    out_char(p->out, '\n');
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void print_waiver(struct paper *p, const struct waiver *w)
{
    out_text(p->out, waiver_is_expired(w, p->plan->judged_ms) ? "- **waiver ended** " : "- waiver ");
    say(p, w->name);
    out_text(p->out, " bends ");
    say(p, w->rule);
    out_text(p->out, " until ");
    say(p, w->expires);
    out_text(p->out, " (");
    say(p, w->owner);
    out_text(p->out, "): ");
    say(p, w->reason);
    out_char(p->out, '\n');
}

static void print_finding(struct paper *p, const struct plan_finding *f)
{
    out_text(p->out, f->blocks ? "- **broken** " : "- advised against ");
    say(p, f->rule);
    if (f->address) {
        out_char(p->out, ' ');
        address(p, f->address);
    }
    out_text(p->out, ": ");
    say(p, f->message);
    out_char(p->out, '\n');
}

static bool has_rules(const struct plan *plan)
{
    return plan->rules > 0 || (plan->waivers && plan->waivers->count > 0);
}

static void print_rules(struct paper *p)
{
    const struct plan *plan = p->plan;
    size_t told = 0, left = 0;
    out_print(p->out, "## Rules and waivers\n\n%u rules asked, broken in %zu place%s\n\n", plan->rules,
              plan_broken_rules(plan), plan_broken_rules(plan) == 1 ? "" : "s");
    for (size_t k = 0; k < plan->finding_count; k++) {
        const struct plan_finding *f = &plan->findings[k];
        if (!f->blocks && f->verdict != PLAN_BROKEN)
            continue;
        if (told < GATES_MOST)
            print_finding(p, f);
        else
            left++;
        told++;
    }
    if (left > 0)
        out_print(p->out, "- and %zu more\n", left);
    for (size_t k = 0; plan->waivers && k < plan->waivers->count; k++)
        print_waiver(p, &plan->waivers->at[k]);
    out_char(p->out, '\n');
}

/* ---- launch ---------------------------------------------------------------------------------- */

static void print_gate(struct paper *p, const struct launch_item *i)
{
    out_text(p->out, "- ");
    if (i->owner) {
        out_text(p->out, "**");
        say(p, i->owner);
        out_text(p->out, "** ");
    }
    address(p, i->address);
    out_text(p->out, ": ");
    as_text_launch_takes(cell(p), i);
    say(p, p->cell.at);
    if (i->unlocks > 0)
        out_print(p->out, ", unlocks %u", i->unlocks);
    out_text(p->out, i->critical ? ", **on the critical path**\n" : "\n");
}

/* Obstacles, and behind them what is bent and holds back nothing. */
static void print_extra(struct paper *p, const struct launch_extra *e, const struct launch_extra *before)
{
    bool bent = launch_extra_is_bent(e);
    if (bent && (!before || !launch_extra_is_bent(before)))
        out_text(p->out, "\nBent rules, which hold nothing back:\n\n");
    const char *strong = e->blocks || e->ended ? "**" : "";
    out_print(p->out, "- %s", strong);
    say(p, e->kind);
    out_print(p->out, "%s ", strong);
    say(p, e->subject);
    out_text(p->out, ": ");
    say(p, e->text);
    out_char(p->out, '\n');
}

static void print_launch(struct paper *p)
{
    const struct launch *l = p->facts->launch;
    out_text(p->out, "## What blocks launch\n\n");
    if (!l) {
        out_text(p->out, "> It cannot be told: ");
        say(p, p->facts->launch_why->summary);
        out_text(p->out, "\n\n");
        return;
    }
    const struct launch_milestone *m = &l->milestones[l->asked];
    as_text_launch_dates(cell(p), m);
    say(p, p->cell.at);
    if (m->target_date[0]) {
        out_text(p->out, " · ");
        as_text_launch_target(cell(p), p->out, m);
        say(p, p->cell.at);
    }
    out_print(p->out, " · %u of %u steps open\n\n", m->open, m->steps);
    for (uint32_t k = 0; k < l->gate_count && k < GATES_MOST; k++)
        print_gate(p, &l->items[k]);
    if (l->gate_count > GATES_MOST)
        out_print(p->out, "- and %u more\n", l->gate_count - GATES_MOST);
    for (size_t k = 0; k < l->extra_count && k < GATES_MOST; k++)
        print_extra(p, &l->extras[k], k > 0 ? &l->extras[k - 1] : NULL);
    if (l->extra_count > GATES_MOST)
        out_print(p->out, "- and %zu more\n", l->extra_count - GATES_MOST);
    out_char(p->out, '\n');
}

/* ---- where data is --------------------------------------------------------------------------- */

static void print_places(struct paper *p)
{
    struct arena *mem = arena_new();
    size_t count;
    const struct data_place *places = data_place_list(mem, p->plan, &count);
    if (count > 0)
        out_text(p->out, "| Data | planned in | steps | verdict |\n|---|---|--:|---|\n");
    for (size_t k = 0; k < count; k++) {
        out_text(p->out, "| ");
        say(p, places[k].category);
        out_text(p->out, " | ");
        say(p, places[k].place);
        out_print(p->out, " | %u | %s |\n", places[k].steps,
                  !places[k].ruled    ? "no rule"
                  : places[k].allowed ? "allowed"
                                      : "**not allowed**");
    }
    out_text(p->out, count > 0 ? "\n" : "");
    arena_free(mem);
}

static void print_wrong(struct paper *p, const struct residence_line *line)
{
    out_text(p->out, "- **");
    say(p, line->verdict);
    out_text(p->out, "** ");
    address(p, line->address);
    out_text(p->out, ": ");
    say(p, value_get_text(line->entry, "why", NULL));
    out_char(p->out, '\n');
}

/* What is wrong, and what nobody knows, is named; what is well is counted. */
static void print_book(struct paper *p)
{
    const struct residence_book *b = p->facts->book;
    size_t told = 0;
    out_print(p->out,
              "Of %zu steps that stand and hold data, the service told of %zu, the settings declare %zu, "
              "nobody tells of %zu; not where it should be: %zu.\n\n",
              b->count, b->seen, b->declared, b->untold, b->wrong);
    for (size_t k = 0; k < b->count && told < GATES_MOST; k++) {
        if (b->lines[k].wrong)
            print_wrong(p, &b->lines[k]);
        told += b->lines[k].wrong;
    }
    if (b->wrong > told)
        out_print(p->out, "- and %zu more\n", b->wrong - told);
    for (size_t k = 0; k < p->facts->missing_count && k < GATES_MOST; k++) {
        out_text(p->out, "- **stands and holds data, and the audit chain does not say where** ");
        address(p, p->facts->missing[k]);
        out_char(p->out, '\n');
    }
    if (p->facts->missing_count > GATES_MOST)
        out_print(p->out, "- and %zu more\n", p->facts->missing_count - GATES_MOST);
    if (b->wrong + p->facts->missing_count > 0)
        out_char(p->out, '\n');
}

static bool has_residency(const struct facts_report *f)
{
    return f->book_why || (f->book && f->book->count + f->missing_count > 0) || data_place_any(f->plan);
}

static void print_residency(struct paper *p)
{
    out_text(p->out, "## Where data is\n\n");
    print_places(p);
    if (p->facts->book_why) {
        out_text(p->out, "> **The audit chain cannot be read for it:** ");
        say(p, p->facts->book_why->summary);
        out_text(p->out, "\n\n");
    }
    if (p->facts->book && p->facts->book->count + p->facts->missing_count > 0)
        print_book(p);
}

/* ---- the audit chain ------------------------------------------------------------------------- */

static void print_audit(struct paper *p)
{
    const struct facts_report *f = p->facts;
    out_text(p->out, "## Audit\n\n");
    if (f->audit_broken) {
        out_text(p->out, "> **The audit chain is broken:** ");
        say(p, f->audit_broken->summary);
        out_text(p->out, "\n\n");
        return;
    }
    out_print(p->out, "%zu %s, all checked for this report. Head ", f->audit_count,
              f->audit_count == 1 ? "entry" : "entries");
    address(p, f->audit[f->audit_count - 1].hash);
    out_text(p->out, "\n\n");
}

/* ---- steps ----------------------------------------------------------------------------------- */

static const char *stage_of(const struct plan_step *s)
{
    return !s->decl ? "no longer declared" : s->decl->stage[0] ? s->decl->stage : "before the first stage";
}

static bool is_told(const struct plan_step *s)
{
    return s->action != PLAN_KEEP && s->action != PLAN_LOOKUP;
}

static void print_step(struct paper *p, const struct plan_step *s)
{
    out_print(p->out, "- **%s** ", as_text_plan_sign_name(s->action));
    address(p, s->address);
    out_char(p->out, ' ');
    as_text_plan_what(cell(p), p->out, p->plan, s);
    say(p, p->cell.at);
    if (s->shared)
        out_text(p->out, " · **shared**");
    if (s->decl && s->decl->meta.owner) {
        out_text(p->out, " · ");
        say(p, s->decl->meta.owner);
    }
    if (s->cost.priced && s->cost.month_high > 0) {
        out_text(p->out, s->cost.guess ? " · ~" : " · ");
        money(p, s->cost.month_low, s->cost.month_high);
        out_text(p->out, " a month");
    }
    out_char(p->out, '\n');
}

static void print_steps(struct paper *p)
{
    struct arena *mem = arena_new();
    const uint32_t *order = plan_order(mem, p->plan);
    const char *stage = NULL;
    uint32_t shown = 0, left = 0, told = 0;
    for (uint32_t k = 0; k < p->plan->count; k++)
        told += is_told(&p->plan->steps[k]);
    if (told > STEPS_MOST)
        out_print(p->out, "The first %d of %u steps that do something.\n\n", STEPS_MOST, told);
    for (uint32_t k = 0; k < p->plan->count; k++) {
        const struct plan_step *s = &p->plan->steps[order[k]];
        if (!is_told(s))
            continue;
        if (shown == STEPS_MOST) {
            left++;
            continue;
        }
        if (!stage || strcmp(stage, stage_of(s)) != 0) {
            out_text(p->out, stage ? "\n</details>\n" : "");
            stage = stage_of(s);
            out_text(p->out, "<details><summary><b>");
            say(p, stage);
            out_text(p->out, "</b></summary>\n\n");
        }
        print_step(p, s);
        shown++;
    }
    out_text(p->out, stage ? "\n</details>\n\n" : "Nothing to do: everything is as declared.\n\n");
    if (left > 0)
        out_print(p->out, "And %u more steps: `landfall report %s -o %s.html`.\n\n", left,
                  p->plan->region->name, p->plan->region->name);
    arena_free(mem);
}

/* ---- the last run ---------------------------------------------------------------------------- */

static void print_run(struct paper *p)
{
    const struct store_run *run = p->plan->truth->last_run;
    struct arena *mem = arena_new();
    struct timeline t;
    char text[TICK_TEXT];
    timeline_make(mem, p->plan, p->facts->events, p->facts->event_count, &t);
    tick_print(run->started_ms, text);
    out_print(p->out, "## Last run\n\n**%s** of %s %s **%s**: %lld of %lld steps done, %lld failed",
              run->command, text,
              run->ended_ms ? "ended as"
              : run->killed ? "was"
                            : "is",
              store_run_state(run), (long long)run->done, (long long)run->total, (long long)run->failed);
    if (t.count > 0) {
        brief_took(cell(p), t.end_ms - t.start_ms);
        out_print(p->out, "; it took %s. Its critical path:\n\n", p->cell.at);
    } else {
        out_text(p->out, ".\n");
    }
    for (size_t i = 0; i < t.path_count && i < PATH_MOST; i++) {
        const struct timeline_bar *bar = &t.bars[t.path[i]];
        out_text(p->out, "1. ");
        address(p, bar->event->address);
        brief_took(cell(p), bar->end_ms - bar->start_ms);
        out_print(p->out, " %s\n", p->cell.at);
    }
    if (t.path_count > PATH_MOST)
        out_print(p->out, "\nAnd %zu more.\n", t.path_count - PATH_MOST);
    out_char(p->out, '\n');
    arena_free(mem);
}

static void print_smaller(struct paper *p)
{
    const struct region *r = p->plan->region;
    out_text(p->out, "## Smaller, on purpose\n\n");
    for (size_t k = 0; k < r->shrink_count; k++) {
        if (r->shrinks[k].hits == 0)
            continue;
        out_text(p->out, "- shrunk: ");
        address(p, r->shrinks[k].match);
        out_print(p->out, " (%zu): ", r->shrinks[k].hits);
        say(p, r->shrinks[k].why);
        out_char(p->out, '\n');
    }
    for (size_t k = 0; k < r->absent_count; k++) {
        out_text(p->out, "- absent: ");
        address(p, r->absents[k].what);
        out_text(p->out, ": ");
        say(p, r->absents[k].why);
        out_text(p->out, " (");
        say(p, r->absents[k].owner);
        out_text(p->out, ")\n");
    }
    out_char(p->out, '\n');
}

/* What is not here, said rather than left to be noticed: what there is nothing of, and what fits a page only.
 */
static void print_foot(struct paper *p)
{
    const struct facts_report *f = p->facts;
    const struct region *r = p->plan->region;
    const struct {
        bool there;
        const char *why_not;
    } parts[] = {{f->plan->totals.priceable > 0, "There is no cost: no step can cost anything. "},
                 {has_rules(f->plan), "No rules were asked of this plan, and no waiver bends one. "},
                 {f->launch || f->launch_why, "What blocks launch was not asked. "},
                 {has_residency(f), "No step says that it holds data. "},
                 {f->plan->truth->last_run, "Nothing was built yet. "},
                 {r->shrink_count + r->absent_count > 0, "Nothing was shrunk or is absent on purpose. "},
                 {f->audit_count > 0 || f->audit_broken, "There is no audit chain yet. "}};
    for (size_t k = 0; k < COUNT_OF(parts); k++)
        out_text(p->out, parts[k].there ? "" : parts[k].why_not);
    out_text(p->out, "Only in the page (`landfall report ");
    out_safe(p->out, r->name);
    out_text(p->out, " -o ");
    out_safe(p->out, r->name);
    out_text(p->out, ".html`): what needs what, the reason and values of each step, the steps that change "
                     "nothing, what has no price and why, the last run as a picture, and the entries of the "
                     "audit chain.\n");
}

void as_markdown_report(struct out *o, const struct facts_report *f)
{
    struct paper p = {.out = o, .facts = f, .plan = f->plan};
    buf_init(&p.cell, 0);
    buf_init(&p.masked, 0);
    buf_init(&p.safe, 0);
    print_head(&p);
    print_sums(&p);
    print_notes(&p);
    if (f->plan->totals.priceable > 0)
        out_text(o, "## Cost\n\nEach amount is rounded by itself; sums are of the exact amounts.\n\n");
    print_costs(&p, COST_TABLE_STAGE, "Stage", "before the first stage");
    print_costs(&p, COST_TABLE_SUBSYSTEM, "Subsystem", "without a subsystem");
    print_costs(&p, COST_TABLE_OWNER, "Owner", "without an owner");
    if (has_rules(f->plan))
        print_rules(&p);
    if (f->launch || f->launch_why)
        print_launch(&p);
    if (has_residency(f))
        print_residency(&p);
    out_text(o, "## Plan\n\n");
    print_steps(&p);
    if (f->plan->truth->last_run)
        print_run(&p);
    if (f->plan->region->shrink_count + f->plan->region->absent_count > 0)
        print_smaller(&p);
    if (f->audit_count > 0 || f->audit_broken)
        print_audit(&p);
    print_foot(&p);
    buf_done(&p.cell);
    buf_done(&p.masked);
    buf_done(&p.safe);
}
