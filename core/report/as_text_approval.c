#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/tick.h"
#include "model/money.h"
#include "model/value.h"
#include "plan/approval.h"
#include "plan/plan.h"
#include "plan/plan_file.h"
#include "region/approvals.h"
#include "report/as_text.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"

/* Steps named of each kind, unless all are asked for. */
#define NAMED_MOST 12
/* Of a step that is done otherwise. */
#define DIFFERENCES_MOST 6
#define VALUE_COLUMNS    48

static void labeled(struct out *o, const char *label, const char *text)
{
    size_t column = strlen(label) + 2;
    out_painted(o, OUT_BOLD, label);
    out_text(o, "  ");
    cell_paragraph(o, column, column, text);
}

static void add_dot(struct buf *out, const struct out *o)
{
    cell_sign(out, o, " · ", " | ");
}

/* ---- what is new ----------------------------------------------------------------------------- */

static void add_becomes(struct buf *out, const struct out *o)
{
    cell_sign(out, o, " → ", " -> ");
}

/* "+2 steps"; with its sign, because it is a difference. */
static void add_steps(struct buf *text, char sign, uint32_t count, const char *what)
{
    if (count == 0)
        return;
    buf_print(text, "%s%c%u %s%s", text->count ? ", " : "", sign, count, count == 1 ? "step" : "steps", what);
}

/* "+€22.00/month (€42.00 → €64.00)" */
static void add_change(struct buf *text, const struct out *o, int64_t amount, int64_t now,
                       const char *currency, const char *unit)
{
    if (amount == 0)
        return;
    buf_text(text, text->count ? ", " : "");
    if (amount > 0)
        buf_char(text, '+');
    brief_money(text, o, amount, amount, currency);
    buf_text(text, unit);
    buf_text(text, " (");
    brief_money(text, o, now - amount, now - amount, currency);
    add_becomes(text, o);
    brief_money(text, o, now, now, currency);
    buf_char(text, ')');
}

static void add_value(struct buf *text, const struct out *o, const struct value *v)
{
    if (v)
        brief_value(text, o, v, VALUE_COLUMNS);
    else
        buf_text(text, "nothing");
}

/* "storage_gb: 10 → 20" */
static void print_difference(struct out *o, const struct approval_change *c, struct buf *text)
{
    buf_clear(text);
    cell_add(text, o, c->what);
    if (c->hidden) {
        buf_text(text,
                 value_has_secret(c->before) || value_has_secret(c->now) ? ": (secret) changes" : " changes");
    } else {
        buf_text(text, ": ");
        add_value(text, o, c->before);
        add_becomes(text, o);
        add_value(text, o, c->now);
    }
    out_text(o, "        ");
    cell_paragraph(o, 8, 10, text->at);
}

static void print_step(struct out *o, const struct approval_step *s, size_t most, struct buf *text)
{
    buf_clear(text);
    buf_print(text, "%c %s ", s->sign, s->action);
    cell_add(text, o, s->address);
    if (s->was) {
        buf_text(text, ", and the yes was to ");
        cell_add(text, o, s->was);
    }
    out_text(o, "    ");
    cell_paragraph(o, 4, 6, text->at);
    for (size_t i = 0; i < s->change_count && i < most; i++)
        print_difference(o, &s->changes[i], text);
    if (s->change_count > most)
        out_print(o, "        and %zu more differences (-v names all)\n", s->change_count - most);
}

void as_text_since(struct out *o, const struct facts_since *since, enum as_text_detail detail)
{
    size_t most = detail == AS_TEXT_FULL ? SIZE_MAX : DIFFERENCES_MOST;
    const struct approval_delta *d = since->delta;
    struct buf text, label;
    buf_init(&text, 0);
    buf_init(&label, 0);
    add_steps(&text, '+', d->more, "");
    add_steps(&text, '-', d->fewer, "");
    add_steps(&text, '~', d->other, " done otherwise");
    add_change(&text, o, since->month, since->month_now, since->currency, "/month");
    if (since->has_once)
        add_change(&text, o, since->once, since->once_now, since->currency, " once");
    if (text.count == 0)
        buf_text(&text, "nothing is different");
    buf_text(&label, "Since the approval of ");
    cell_add(&label, o, since->by);
    buf_text(&label, " (");
    brief_time(&label, since->when_ms);
    buf_text(&label, "):");
    labeled(o, label.at, text.at);
    for (size_t i = 0; i < d->step_count; i++)
        print_step(o, &d->steps[i], most, &text);
    if (d->left_out)
        out_print(o, "    and %zu more (-v names all)\n", d->left_out);
    buf_done(&label);
    buf_done(&text);
}

/* ---- what is to be approved ------------------------------------------------------------------ */

static void head(struct out *o, const struct facts_approval *f)
{
    struct buf text;
    buf_init(&text, 0);
    buf_text(&text, "landfall approve");
    add_dot(&text, o);
    buf_print(&text, "region %s", f->subject->region);
    add_dot(&text, o);
    buf_print(&text, "plan %.12s", f->subject->digest);
    add_dot(&text, o);
    buf_text(&text, "made by ");
    cell_add(&text, o, f->subject->planned_by);
    buf_text(&text, " at ");
    cell_add(&text, o, f->plan->made);
    cell_paragraph(o, 0, 2, text.at);
    out_char(o, '\n');
    buf_done(&text);
}

static void name_steps(struct out *o, const char *label, const char *const *at, size_t count,
                       enum as_text_detail detail)
{
    size_t most = detail == AS_TEXT_FULL ? count : NAMED_MOST;
    if (count == 0)
        return;
    out_paint(o, OUT_BOLD);
    out_text(o, label);
    out_paint(o, OUT_PLAIN);
    out_char(o, '\n');
    for (size_t i = 0; i < count && i < most; i++) {
        out_text(o, "    ");
        out_safe(o, at[i]);
        out_char(o, '\n');
    }
    if (count > most)
        out_print(o, "    and %zu more (-v names all)\n", count - most);
}

static void counts(struct out *o, const struct approval_subject *s)
{
    static const struct {
        enum plan_action action;
        const char *what;
    } words[] = {{PLAN_CREATE, "to create"},   {PLAN_UPDATE, "to change"}, {PLAN_REPLACE, "to replace"},
                 {PLAN_DESTROY, "to destroy"}, {PLAN_RUN, "to run"},       {PLAN_FORGET, "to forget"},
                 {PLAN_KEEP, "kept"}};
    struct buf text;
    buf_init(&text, 0);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (i < 4 || s->by_action[words[i].action] > 0)
            buf_print(&text, "%s%u %s", text.count ? ", " : "", s->by_action[words[i].action], words[i].what);
    }
    labeled(o, "Steps   ", text.at);
    buf_done(&text);
}

/* The high end rounded up: who types what he reads as a ceiling covers it. */
static void add_money(struct buf *text, const struct out *o, int64_t low, int64_t high, const char *currency)
{
    int64_t most = money_round_up(high, currency);
    brief_money(text, o, low == high ? most : low, most, currency);
}

/* What has no price is said beside every sum: it is in none.  A plan counts more steps that may cost: those
 * that people do, and guess the cost of. */
static void cost(struct out *o, const struct approval_subject *s)
{
    const struct spend *c = &s->spend;
    struct buf text;
    if (c->priced + c->unpriced == 0) /* a destruction */
        return;
    buf_init(&text, 0);
    if (c->priced > 0) {
        buf_text(&text, "one-off ");
        add_money(&text, o, c->once_low, c->once_high, s->currency);
        add_dot(&text, o);
        buf_text(&text, "monthly ");
        add_money(&text, o, c->month_low, c->month_high, s->currency);
        add_dot(&text, o);
    }
    buf_print(&text, "%u of the %u that landfall builds priced", c->priced, c->priced + c->unpriced);
    if (c->unpriced > 0)
        buf_print(&text, "; %u %s no price, and no ceiling holds %s", c->unpriced,
                  c->unpriced == 1 ? "step has" : "steps have", c->unpriced == 1 ? "it" : "them");
    labeled(o, "Cost    ", text.at);
    buf_done(&text);
}

/* ---- the budget ------------------------------------------------------------------------------ */

static void over_budget(struct out *o, const char *what, int64_t low, int64_t high, int64_t budget,
                        const char *currency)
{
    struct buf text;
    buf_init(&text, 0);
    buf_print(&text, "OVER BUDGET: the %s cost %s ", what, low > budget ? "is" : "may be");
    add_money(&text, o, low > budget ? low : high, high, currency);
    buf_text(&text, ", ");
    int64_t more = money_round_up(high, currency) - budget;
    brief_money(&text, o, more, more, currency);
    buf_text(&text, " more than the budget allows");
    out_paint(o, OUT_BOLD);
    out_paint(o, OUT_RED);
    cell_paragraph(o, 0, 2, text.at);
    out_paint(o, OUT_PLAIN);
    buf_done(&text);
}

/* Of what stands afterwards; what is taken down needs none. */
static void budget(struct out *o, const struct facts_approval *f)
{
    const struct spend *c = &f->subject->spend;
    const char *currency = f->subject->currency;
    int64_t month, once;
    bool has_month = brief_amount(value_get(f->budget, "monthly"), &month);
    bool has_once = brief_amount(value_get(f->budget, "one_off"), &once);
    struct buf text;
    if ((!has_month && !has_once) || c->priced + c->unpriced == 0)
        return;
    buf_init(&text, 0);
    if (has_once) {
        buf_text(&text, "one-off ");
        brief_money(&text, o, once, once, currency);
    }
    if (has_once && has_month)
        add_dot(&text, o);
    if (has_month) {
        buf_text(&text, "monthly ");
        brief_money(&text, o, month, month, currency);
    }
    if (f->held->has_month || f->held->has_once)
        buf_text(&text, "; no ceiling is above it");
    labeled(o, "Budget  ", text.at);
    buf_done(&text);
    if (has_month && c->month_high > month)
        over_budget(o, "monthly", c->month_low, c->month_high, month, currency);
    if (has_once && c->once_high > once)
        over_budget(o, "one-off", c->once_low, c->once_high, once, currency);
}

/* ---- what is said yes to --------------------------------------------------------------------- */

static void add_ceiling(struct buf *text, const struct out *o, const struct approval *a)
{
    buf_text(text, "one-off ");
    brief_money(text, o, a->ceiling_once, a->ceiling_once, a->currency);
    add_dot(text, o);
    buf_text(text, "monthly ");
    brief_money(text, o, a->ceiling_month, a->ceiling_month, a->currency);
}

static void ceiling(struct out *o, const struct facts_approval *f)
{
    struct buf text;
    buf_init(&text, 0);
    add_ceiling(&text, o, f->mine);
    buf_text(&text, "; a step that would pass it is not started");
    labeled(o, "Ceiling ", text.at);
    buf_clear(&text);
    brief_time(&text, f->mine->expires_ms);
    buf_text(&text, " UTC; a run that has begun goes on after it");
    labeled(o, "Until   ", text.at);
    buf_done(&text);
}

static void add_classes(struct buf *text, uint32_t classes)
{
    for (unsigned c = 0, n = 0; c < APPROVALS_CLASS_COUNT; c++) {
        if (classes & APPROVALS_BIT(c))
            buf_print(text, "%s%s", n++ ? ", " : "", approvals_class_name(c));
    }
}

static void needs(struct out *o, const struct facts_approval *f)
{
    struct buf text;
    buf_init(&text, 0);
    for (unsigned c = 0; c < APPROVALS_CLASS_COUNT; c++) {
        uint32_t need = f->config->need[c];
        if ((f->subject->classes & APPROVALS_BIT(c)) && need > 0)
            buf_print(&text, "%s%u of %u for %s changes", text.count ? ", " : "", f->set->given[c], need,
                      approvals_class_name(c));
    }
    labeled(o, "Has     ", text.count ? text.at : "nobody has to approve it");
    for (size_t i = 0; i < f->set->count; i++) {
        const struct approval *a = f->set->at[i];
        buf_clear(&text);
        cell_add(&text, o, a->by);
        buf_text(&text, " (");
        add_classes(&text, a->classes);
        buf_text(&text, a->signature ? ", signed): " : ", not signed): ");
        cell_add(&text, o, a->why);
        out_fill(o, ' ', 10);
        cell_paragraph(o, 10, 12, text.at);
    }
    buf_done(&text);
}

static bool gives_again(const struct facts_approval *f, const char *by)
{
    const struct approval_set *set = f->set;
    size_t i = 0;
    while (i < set->count && strcmp(set->at[i]->by, by) != 0)
        i++;
    return i < set->count || strcmp(f->mine->by, by) == 0;
}

/* Who counts on a yes that is in the file learns here that it counts no more, and not from apply. */
static void superseded(struct out *o, const struct facts_approval *f)
{
    struct buf text;
    buf_init(&text, 0);
    for (size_t i = 0; i < f->set->superseded_count; i++) {
        const struct approval *a = f->set->superseded[i];
        if (gives_again(f, a->by))
            continue;
        buf_clear(&text);
        cell_add(&text, o, a->by);
        buf_print(&text,
                  " (line %zu) does not count: the plan was made anew since, and it has to be given again",
                  a->number);
        out_fill(o, ' ', 10);
        cell_paragraph(o, 10, 12, text.at);
    }
    buf_done(&text);
}

static void mine(struct out *o, const struct facts_approval *f)
{
    struct buf text;
    buf_init(&text, 0);
    cell_add(&text, o, f->mine->by);
    buf_text(&text, ", for ");
    add_classes(&text, f->mine->classes);
    buf_text(&text, " changes: ");
    cell_add(&text, o, f->mine->why);
    labeled(o, "You     ", text.at);
    buf_done(&text);
}

void as_text_approval(struct out *o, const struct facts_approval *f, enum as_text_detail detail)
{
    head(o, f);
    if (f->since)
        as_text_since(o, f->since, detail);
    name_steps(o, "Touches what other regions use", f->subject->shared, f->subject->shared_count, detail);
    name_steps(o, "Loses data, and cannot be taken back", f->subject->irreversible,
               f->subject->irreversible_count, detail);
    counts(o, f->subject);
    cost(o, f->subject);
    budget(o, f);
    ceiling(o, f);
    if (f->is_blind)
        labeled(o, "Store   ",
                "there is none of this region here: only apply can tell whether it went on since");
    needs(o, f);
    superseded(o, f);
    mine(o, f);
}

void as_text_approved(struct out *o, const struct facts_approval *f)
{
    struct buf text;
    buf_init(&text, 0);
    out_text(o, "Approved: written to ");
    out_safe(o, f->approvals);
    out_text(o, ". Nothing has been changed.");
    for (unsigned c = 0; c < APPROVALS_CLASS_COUNT; c++) {
        if (f->missing[c])
            buf_print(&text, "%s%u more for %s changes", text.count ? ", " : "", f->missing[c],
                      approvals_class_name(c));
    }
    if (text.count)
        out_print(o, " Still needed: %s.", text.at);
    out_text(o, " Next: ");
    out_safe(o, f->next);
    out_char(o, '\n');
    buf_done(&text);
}
