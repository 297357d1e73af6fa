#include "report/as_json_policy.h"

#include "plan/plan.h"
#include "plan/policy.h"
#include "plan/policy_case.h"
#include "region/waiver.h"
#include "report/as_json.h"
#include "report/doc.h"

void as_json_policy_findings(struct doc *d, const struct plan *p)
{
    if (p->rules == 0)
        return;
    doc_map(d, "rules");
    doc_count(d, "asked", p->rules);
    doc_count(d, "broken", plan_broken_rules(p));
    doc_close(d);
    doc_list(d, "findings");
    for (size_t i = 0; i < p->finding_count; i++) {
        const struct plan_finding *f = &p->findings[i];
        doc_map(d, NULL);
        doc_text(d, "rule", f->rule);
        doc_text(d, "level", plan_level_name(f->level));
        doc_text(d, "verdict", plan_verdict_name(f->verdict));
        doc_flag(d, "blocks", f->blocks);
        doc_text(d, "address", f->address);
        doc_text(d, "message", f->message);
        doc_text(d, "advice", f->advice);
        doc_text(d, "why", f->why);
        doc_text(d, "where", f->where);
        doc_text(d, "rule_where", f->rule_where);
        doc_text(d, "waiver", f->waiver ? f->waiver->name : NULL);
        doc_text(d, "waiver_ended", f->ended ? f->ended->name : NULL);
        doc_close(d);
    }
    doc_close(d);
}

void as_json_policy_waivers(struct doc *d, const struct waivers *all, int64_t now_ms)
{
    if (!all || all->count == 0)
        return;
    doc_list(d, "waivers");
    for (size_t i = 0; i < all->count; i++) {
        const struct waiver *w = &all->at[i];
        doc_map(d, NULL);
        doc_text(d, "name", w->name);
        doc_text(d, "rule", w->rule);
        doc_texts(d, "steps", w->steps, w->step_count);
        doc_text(d, "owner", w->owner);
        doc_text(d, "reason", w->reason);
        doc_text(d, "expires", w->expires);
        doc_flag(d, "ended", waiver_is_expired(w, now_ms));
        doc_texts(d, "told", w->told, w->told_count);
        doc_text(d, "file", w->file);
        doc_close(d);
    }
    doc_close(d);
}

void as_json_rules(struct out *o, const struct policy_rule *at, size_t count)
{
    struct doc d;
    doc_begin(&d, o, "landfall.rules/1");
    doc_list(&d, "rules");
    for (size_t i = 0; i < count; i++) {
        doc_map(&d, NULL);
        doc_text(&d, "name", at[i].name);
        doc_text(&d, "level", plan_level_name(at[i].level));
        doc_flag(&d, "at_apply", at[i].at_apply);
        doc_texts(&d, "each", at[i].each, at[i].each_count);
        doc_text(&d, "why", at[i].why);
        doc_text(&d, "file", at[i].file);
        doc_count(&d, "line", at[i].line);
        doc_close(&d);
    }
    doc_close(&d);
    doc_end(&d);
}

void as_json_cases(struct out *o, const struct facts_cases *f)
{
    struct doc d;
    doc_begin(&d, o, "landfall.policy-test/1");
    doc_count(&d, "tests", f->count);
    doc_count(&d, "failed", f->failed);
    doc_list(&d, "results");
    for (size_t i = 0; i < f->count; i++) {
        doc_map(&d, NULL);
        doc_text(&d, "name", f->at[i].name);
        doc_text(&d, "file", f->at[i].file);
        doc_count(&d, "line", f->at[i].line);
        doc_flag(&d, "passed", f->at[i].passed);
        doc_text(&d, "why", f->at[i].why);
        doc_close(&d);
    }
    doc_close(&d);
    doc_end(&d);
}
