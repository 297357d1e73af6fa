#include "report/as_text_policy.h"

#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "model/diag.h"
#include "plan/plan.h"
#include "plan/policy.h"
#include "plan/policy_case.h"
#include "region/waiver.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"

/* Findings of one rule that are told in the normal form: a rule that fails everywhere is one piece of news.
 */
#define OF_ONE_RULE_MAX 5
/* A waiver that ends within this many days says how many are left. */
#define SOON_DAYS 30
#define DAY_MS    ((int64_t)86400000)

static void labeled(struct out *o, enum out_color color, const char *label, const char *text)
{
    size_t column = strlen(label) + 2;
    out_paint(o, OUT_BOLD);
    out_painted(o, color, label);
    out_text(o, "  ");
    cell_paragraph(o, column, column, text);
}

static void add_part(struct buf *out, const struct out *o, size_t count, const char *what)
{
    if (count == 0)
        return;
    cell_sign(out, o, " · ", " | ");
    buf_print(out, "%zu %s", count, what);
}

static size_t count_of(const struct plan *p, enum plan_verdict verdict, bool blocks)
{
    size_t n = 0;
    for (size_t i = 0; i < p->finding_count; i++)
        n += p->findings[i].verdict == verdict && p->findings[i].blocks == blocks;
    return n;
}

void as_text_policy_line(struct out *o, const struct plan *p)
{
    struct buf text;
    size_t broken = plan_broken_rules(p);
    if (p->rules == 0)
        return;
    buf_init(&text, 0);
    buf_print(&text, "%u asked", p->rules);
    if (broken > 0) {
        cell_sign(&text, o, " · ", " | ");
        buf_print(&text, "BROKEN in %zu place%s: this plan will not be applied", broken,
                  broken == 1 ? "" : "s");
    }
    add_part(&text, o, count_of(p, PLAN_BROKEN, false), "advised against");
    add_part(&text, o, count_of(p, PLAN_CANNOT_TELL, false), "decided when the step starts");
    add_part(&text, o, count_of(p, PLAN_AT_APPLY, false), "to be met at apply");
    add_part(&text, o, count_of(p, PLAN_WAIVED, false), "waived");
    if (p->finding_count == 0)
        buf_text(&text, ", all hold");
    labeled(o, broken ? OUT_RED : OUT_PLAIN, "Rules", text.at);
    buf_done(&text);
}

/* ---- waivers --------------------------------------------------------------------------------------- */

static void add_list(struct buf *out, const struct out *o, const char *const *at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_text(out, i ? ", " : "");
        cell_add(out, o, at[i]);
    }
}

static void waiver_line(struct out *o, const struct waiver *w, int64_t now_ms)
{
    struct buf text;
    bool ended = waiver_is_expired(w, now_ms);
    int64_t days = (w->expires_ms - now_ms + DAY_MS - 1) / DAY_MS;
    buf_init(&text, 0);
    buf_print(&text, "%s: '%s' for ", w->name, w->rule);
    add_list(&text, o, w->steps, w->step_count);
    if (ended)
        buf_print(&text, " until %s; the rule holds again: renew or remove %s", w->expires, w->file);
    else
        buf_print(&text, " until %s", w->expires);
    if (!ended && days <= SOON_DAYS)
        buf_print(&text, " (%lld day%s left)", (long long)days, days == 1 ? "" : "s");
    buf_print(&text, " - %s: %s; told ", w->owner, w->reason);
    add_list(&text, o, w->told, w->told_count);
    labeled(o, ended ? OUT_RED : OUT_YELLOW, ended ? "Waiver ended" : "Waived", text.at);
    buf_done(&text);
}

void as_text_policy_waivers(struct out *o, const struct waivers *all, int64_t now_ms)
{
    for (size_t i = 0; all && i < all->count; i++)
        waiver_line(o, &all->at[i], now_ms);
}

/* ---- findings -------------------------------------------------------------------------------------- */

static const char *advice_of(struct buf *text, const struct plan_finding *f)
{
    buf_clear(text);
    if (f->ended)
        buf_print(text, "the waiver '%s' of %s ended on %s: mend the step, or renew %s", f->ended->name,
                  f->ended->owner, f->ended->expires, f->ended->file);
    else if (f->advice)
        buf_text(text, f->advice);
    return text->count ? text->at : NULL;
}

static void finding(struct out *o, const struct plan_finding *f)
{
    static const char *const codes[] = {[PLAN_BROKEN] = "policy.broken",
                                        [PLAN_CANNOT_TELL] = "policy.cannot_tell",
                                        [PLAN_AT_APPLY] = "policy.at_apply"};
    struct buf summary, detail, advice;
    buf_init(&summary, 0);
    buf_init(&detail, 0);
    buf_init(&advice, 0);
    buf_print(&summary, "rule '%s': %s", f->rule, f->message);
    buf_print(&detail, "%s\n%s at %s", f->why, plan_level_name(f->level), f->rule_where);
    struct diag one = {.severity = f->blocks                   ? DIAG_ERROR
                                   : f->verdict == PLAN_BROKEN ? DIAG_WARNING
                                                               : DIAG_HINT,
                       .code = codes[f->verdict],
                       .address = f->address,
                       .where = f->where,
                       .summary = summary.at,
                       .detail = detail.at,
                       .advice = advice_of(&advice, f)};
    out_char(o, '\n');
    as_text_diag(o, &one);
    buf_done(&advice);
    buf_done(&detail);
    buf_done(&summary);
}

void as_text_policy_findings(struct out *o, const struct plan *p, enum as_text_detail detail)
{
    size_t most = detail == AS_TEXT_FULL ? SIZE_MAX : OF_ONE_RULE_MAX;
    for (size_t i = 0; i < p->finding_count;) {
        const char *rule = p->findings[i].rule;
        size_t told = 0, more = 0;
        for (; i < p->finding_count && strcmp(p->findings[i].rule, rule) == 0; i++) {
            if (p->findings[i].verdict == PLAN_WAIVED)
                continue;
            if (told < most)
                finding(o, &p->findings[i]);
            else
                more++;
            told++;
        }
        if (more > 0)
            out_print(o, "\nand %zu more of that rule: -v shows them\n", more);
    }
}

/* ---- landfall policy ------------------------------------------------------------------------------- */

void as_text_rules(struct out *o, const struct policy_rule *at, size_t count)
{
    if (count == 0)
        out_text(o, "No rule holds here: write policies/NAME.lua, or name those that landfall came with in "
                    "landfall.yaml.\n");
    for (size_t i = 0; i < count; i++) {
        out_painted(o, OUT_BOLD, at[i].name);
        out_print(o, "  %s%s  ", plan_level_name(at[i].level), at[i].at_apply ? ", at apply" : "");
        out_paint(o, OUT_DIM);
        out_safe(o, at[i].file);
        out_print(o, ":%u", at[i].line);
        out_paint(o, OUT_PLAIN);
        out_text(o, "\n    ");
        cell_paragraph(o, 4, 4, at[i].why);
    }
}

void as_text_cases(struct out *o, const struct facts_cases *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct policy_case *c = &f->at[i];
        if (c->passed && f->only_failed)
            continue;
        out_painted(o, c->passed ? OUT_GREEN : OUT_RED, c->passed ? "ok    " : "FAILED");
        out_text(o, "  ");
        out_safe(o, c->name);
        out_text(o, "  ");
        out_paint(o, OUT_DIM);
        out_safe(o, c->file);
        out_print(o, ":%u", c->line);
        out_paint(o, OUT_PLAIN);
        out_char(o, '\n');
        if (c->passed)
            continue;
        out_fill(o, ' ', 8);
        cell_paragraph(o, 8, 8, c->why);
    }
    struct buf text;
    buf_init(&text, 0);
    brief_count(&text, f->count, "test");
    buf_print(&text, ", %zu failed", f->failed);
    if (f->untested)
        buf_print(&text, "; without tests: %s", f->untested);
    out_painted(o, f->failed ? OUT_RED : OUT_PLAIN, text.at);
    out_char(o, '\n');
    buf_done(&text);
}
