#include <stdio.h>

#include "launch/forecast.h"
#include "launch/launch.h"
#include "region/region.h"
#include "report/as_json.h"
#include "report/as_json_launch.h"
#include "report/as_json_source.h"
#include "report/doc.h"

/* Days fit any reader's numbers; they may be negative. */
static void days(struct doc *d, const char *key, int64_t count)
{
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)count);
    doc_json(d, key, text);
}

/* A milestone's dates; days_late below 0: that many to spare. */
static void milestone(struct doc *d, const char *key, const struct launch_milestone *m)
{
    doc_map(d, key);
    doc_text(d, "name", m->name);
    doc_count(d, "steps", m->steps);
    doc_count(d, "open", m->open);
    doc_count(d, "unknown", m->unknown);
    doc_time(d, "p50", m->p50_ms);
    doc_time(d, "p90", m->p90_ms);
    doc_text(d, "p50_date", m->p50);
    doc_text(d, "p90_date", m->p90);
    doc_flag(d, "at_the_earliest", m->unknown > 0);
    doc_text(d, "target", m->target);
    if (m->target_date[0]) {
        doc_text(d, "target_date", m->target_date);
        days(d, "days_late_p50", m->late_p50);
        days(d, "days_late_p90", m->late_p90);
    }
    doc_close(d);
}

static void forecast(struct doc *d, const struct forecast *f)
{
    doc_map(d, "takes");
    doc_text(d, "source", forecast_source_name(f->source));
    if (f->spread.count > 0) {
        doc_count(d, "p50_ms", (uint64_t)spread_percentile(f->spread, 50));
        doc_count(d, "p90_ms", (uint64_t)spread_percentile(f->spread, 90));
    }
    if (f->measured > 0)
        doc_count(d, "measured", f->measured);
    if (f->outlived)
        doc_flag(d, "outlived", true);
    doc_close(d);
}

static void item(struct doc *d, const struct launch_item *i)
{
    doc_map(d, NULL);
    doc_text(d, "address", i->address);
    doc_text(d, "needs", launch_need_name(i->need));
    doc_text(d, "owner", i->owner);
    doc_text(d, "blocks", i->milestone);
    doc_text(d, "why", i->why);
    doc_text(d, "ask", i->ask);
    doc_count(d, "unlocks", i->unlocks);
    doc_text(d, "after", i->after);
    doc_flag(d, "after_more", i->after_more);
    forecast(d, i->forecast);
    doc_time(d, "waits_since", i->forecast->waits_since_ms);
    doc_time(d, "start", i->start_ms);
    doc_time(d, "end", i->end_ms);
    doc_count(d, "slack_ms", (uint64_t)i->slack_ms);
    doc_flag(d, "critical", i->critical);
    doc_text(d, "deadline", i->deadline);
    if (i->deadline) {
        doc_flag(d, "overdue", i->overdue);
        doc_flag(d, "late", i->late);
    }
    if (i->remind_days > 0) {
        doc_count(d, "remind_days", i->remind_days);
        doc_count(d, "reminder", i->reminder);
    }
    doc_close(d);
}

static void owners(struct doc *d, const struct launch *l)
{
    doc_list(d, "owners");
    for (uint32_t k = 0; k < l->owner_count; k++) {
        doc_map(d, NULL);
        doc_text(d, "name", l->owners[k].name);
        doc_count(d, "open", l->owners[k].open);
        doc_count(d, "need_somebody", l->owners[k].gate_count);
        doc_close(d);
    }
    doc_close(d);
}

static void extras(struct doc *d, const struct launch *l)
{
    doc_list(d, "besides");
    for (size_t k = 0; k < l->extra_count; k++) {
        const struct launch_extra *e = &l->extras[k];
        doc_map(d, NULL);
        doc_text(d, "kind", e->kind);
        doc_text(d, "subject", e->subject);
        doc_text(d, "text", e->text);
        doc_text(d, "owner", e->owner);
        doc_text(d, "until", e->until);
        doc_text(d, "where", e->where);
        doc_flag(d, "blocks", e->blocks);
        doc_flag(d, "ended", e->ended);
        doc_close(d);
    }
    doc_close(d);
}

static void saved(struct doc *d, const struct cost_table_sum *s, const char *currency)
{
    doc_map(d, "saved");
    if (s->cost.priced) {
        doc_money(d, "once_low", s->cost.once_low, currency);
        doc_money(d, "once_expected", s->cost.once_expected, currency);
        doc_money(d, "once_high", s->cost.once_high, currency);
        doc_money(d, "month_low", s->cost.month_low, currency);
        doc_money(d, "month_expected", s->cost.month_expected, currency);
        doc_money(d, "month_high", s->cost.month_high, currency);
    }
    if (s->guess.priced) {
        doc_money(d, "once_guess", s->guess.once_expected, currency);
        doc_money(d, "month_guess", s->guess.month_expected, currency);
    }
    doc_count(d, "not_priced", s->unknown);
    doc_close(d);
}

static void change(struct doc *d, const struct launch *l, const char *currency)
{
    static const char *const kinds[] = {
        [WHAT_IF_WITHOUT] = "without", [WHAT_IF_FASTER] = "faster", [WHAT_IF_DONE] = "done"};
    if (!l->change)
        return;
    doc_map(d, "what_if");
    doc_list(d, "parts");
    for (size_t k = 0; k < l->change->part_count; k++) {
        const struct what_if_part *p = &l->change->parts[k];
        doc_map(d, NULL);
        doc_text(d, "kind", kinds[p->kind]);
        doc_text(d, "text", p->text);
        doc_count(d, "steps", p->steps);
        if (p->kind == WHAT_IF_WITHOUT)
            doc_count(d, "behind", p->behind);
        doc_close(d);
    }
    doc_close(d);
    milestone(d, "milestone", &l->change->milestones[l->asked]);
    saved(d, &l->change->saved, currency);
    doc_count(d, "timeless", l->change->timeless);
    doc_close(d);
}

void as_json_launch_keys(struct doc *d, const struct facts_launch *f)
{
    const struct launch *l = f->launch;
    doc_text(d, "region", f->region->name);
    doc_text(d, "milestone", l->milestone);
    doc_time(d, "now", l->now_ms);
    doc_text(d, "timezone", f->region->timezone);
    doc_count(d, "trials", l->trials);
    doc_list(d, "milestones");
    for (uint32_t k = 0; k < l->milestone_count; k++)
        milestone(d, NULL, &l->milestones[k]);
    doc_close(d);
    doc_list(d, "open");
    for (uint32_t k = 0; k < l->item_count; k++)
        item(d, &l->items[k]);
    doc_close(d);
    owners(d, l);
    doc_list(d, "critical_path");
    for (uint32_t k = 0; k < l->path_count; k++)
        doc_text(d, NULL, l->items[l->path[k]].address);
    doc_close(d);
    extras(d, l);
    doc_texts(d, "can_follow", l->can_follow, l->can_follow_count);
    doc_texts(d, "can_follow_unknown", l->strays, l->stray_count);
    change(d, l, f->region->currency);
}

void as_json_launch(struct out *o, const struct facts_launch *f)
{
    struct doc d;
    doc_begin(&d, o, "landfall.launch/1");
    as_json_source(&d, f->silence, f->silence);
    as_json_launch_keys(&d, f);
    doc_end(&d);
}
