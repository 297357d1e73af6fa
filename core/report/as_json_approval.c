#include "report/as_json_approval.h"
#include "model/money.h"
#include "plan/approval.h"
#include "plan/plan_file.h"
#include "region/approvals.h"
#include "report/as_json.h"
#include "report/doc.h"
#include "report/facts.h"

static void classes(struct doc *d, const char *key, uint32_t bits)
{
    const char *names[APPROVALS_CLASS_COUNT];
    size_t count = 0;
    for (unsigned c = 0; c < APPROVALS_CLASS_COUNT; c++) {
        if (bits & APPROVALS_BIT(c))
            names[count++] = approvals_class_name(c);
    }
    doc_texts(d, key, names, count);
}

void as_json_given(struct doc *d, const struct approval *a)
{
    doc_map(d, NULL);
    doc_text(d, "by", a->by);
    doc_text(d, "why", a->why);
    classes(d, "classes", a->classes);
    doc_money(d, "ceiling_one_off", a->ceiling_once, a->currency);
    doc_money(d, "ceiling_monthly", a->ceiling_month, a->currency);
    doc_time(d, "given", a->given_ms);
    doc_time(d, "expires", a->expires_ms);
    doc_flag(d, "signed", a->signature != NULL);
    doc_text(d, "nonce", a->nonce);
    doc_close(d);
}

/* The high ends rounded up: what is read here is enough as a ceiling. */
static void cost(struct doc *d, const struct approval_subject *s)
{
    const struct spend *c = &s->spend;
    doc_map(d, "cost");
    doc_text(d, "currency", s->currency);
    doc_money(d, "one_off_low", c->once_low, s->currency);
    doc_money(d, "one_off_high", money_round_up(c->once_high, s->currency), s->currency);
    doc_money(d, "monthly_low", c->month_low, s->currency);
    doc_money(d, "monthly_high", money_round_up(c->month_high, s->currency), s->currency);
    doc_count(d, "priced", c->priced);
    doc_count(d, "unpriced", c->unpriced);
    doc_close(d);
}

static void needs(struct doc *d, const struct facts_approval *f)
{
    doc_list(d, "needs");
    for (unsigned c = 0; c < APPROVALS_CLASS_COUNT; c++) {
        if (!(f->subject->classes & APPROVALS_BIT(c)))
            continue;
        doc_map(d, NULL);
        doc_text(d, "class", approvals_class_name(c));
        doc_count(d, "need", f->config->need[c]);
        doc_count(d, "given", f->set->given[c]);
        doc_count(d, "missing", f->missing[c]);
        doc_close(d);
    }
    doc_close(d);
}

void as_json_approval(struct out *o, const struct facts_approval *f)
{
    struct doc d;
    doc_begin(&d, o, "landfall.approved/1");
    doc_text(&d, "plan", f->file);
    doc_text(&d, "digest", f->subject->digest);
    doc_text(&d, "region", f->subject->region);
    doc_text(&d, "planned_by", f->subject->planned_by);
    cost(&d, f->subject);
    doc_texts(&d, "shared", f->subject->shared, f->subject->shared_count);
    doc_texts(&d, "irreversible", f->subject->irreversible, f->subject->irreversible_count);
    doc_list(&d, "approvals");
    for (size_t i = 0; i < f->set->count; i++)
        as_json_given(&d, f->set->at[i]);
    doc_close(&d);
    needs(&d, f);
    doc_text(&d, "approvals_file", f->approvals);
    doc_text(&d, "next", f->next);
    doc_end(&d);
}
