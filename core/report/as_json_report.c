#include "base/arena.h"
#include "base/err.h"
#include "model/money.h"
#include "plan/cost_table.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "region/region.h"
#include "report/as_json.h"
#include "report/as_json_plan.h"
#include "report/doc.h"
#include "report/facts.h"
#include "report/timeline.h"
#include "store/store.h"

static void source(struct doc *d, const struct facts_report *f)
{
    doc_text(d, "as_of", f->as_stored ? "store" : "services");
    if (!f->silence)
        return;
    doc_map(d, "not_asked");
    doc_text(d, "code", f->silence->code);
    doc_text(d, "summary", f->silence->summary);
    doc_close(d);
}

static void amounts(struct doc *d, const char *key, const struct plan_cost *c, const char *currency)
{
    if (!c->priced)
        return;
    doc_map(d, key);
    doc_money(d, "once_low", c->once_low, currency);
    doc_money(d, "once_expected", c->once_expected, currency);
    doc_money(d, "once_high", c->once_high, currency);
    doc_money(d, "month_low", c->month_low, currency);
    doc_money(d, "month_expected", c->month_expected, currency);
    doc_money(d, "month_high", c->month_high, currency);
    doc_close(d);
}

static void cost_rows(struct doc *d, const struct plan *p, const struct cost_table *t)
{
    for (size_t k = 0; k < t->count; k++) {
        const struct cost_table_sum *sum = &t->rows[k].sum;
        doc_map(d, NULL);
        doc_text(d, "name", t->rows[k].name);
        doc_count(d, "steps", sum->steps);
        doc_count(d, "priced", sum->priced);
        doc_count(d, "guessed", sum->guessed);
        doc_count(d, "unknown", sum->unknown);
        amounts(d, "cost", &sum->cost, p->region->currency);
        amounts(d, "guesses", &sum->guess, p->region->currency);
        doc_close(d);
    }
}

/* "costs": by stage, subsystem and owner.  A sum beyond all money is an error in the place of its rows. */
static void costs(struct doc *d, const struct plan *p, struct arena *mem)
{
    doc_map(d, "costs");
    for (int by = 0; by < COST_TABLE_WAYS; by++) {
        struct cost_table t;
        struct err err;
        if (!cost_table_make(mem, p, (enum cost_table_by)by, &t, &err)) {
            doc_text(d, cost_table_by_name((enum cost_table_by)by), err.summary);
            continue;
        }
        doc_list(d, cost_table_by_name((enum cost_table_by)by));
        cost_rows(d, p, &t);
        doc_close(d);
    }
    doc_close(d);
}

static void graph(struct doc *d, const struct graph *g)
{
    doc_list(d, "graph");
    for (uint32_t i = 0; i < g->count; i++) {
        doc_map(d, NULL);
        doc_text(d, "address", g->nodes[i].address);
        doc_list(d, "needs");
        for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++)
            doc_text(d, NULL, g->nodes[g->needs[e]].address);
        doc_close(d);
        doc_close(d);
    }
    doc_close(d);
}

static void run(struct doc *d, const struct store_run *run, const struct timeline *t)
{
    if (!run)
        return;
    doc_map(d, "last_run");
    doc_text(d, "run", run->run_id);
    doc_text(d, "command", run->command);
    doc_text(d, "state", run->state);
    doc_time(d, "started", run->started_ms);
    doc_time(d, "ended", run->ended_ms);
    doc_count(d, "total", (uint64_t)run->total);
    doc_count(d, "done", (uint64_t)run->done);
    doc_count(d, "failed", (uint64_t)run->failed);
    doc_list(d, "timeline");
    for (size_t i = 0; i < t->count; i++) {
        const struct timeline_bar *bar = &t->bars[i];
        doc_map(d, NULL);
        doc_text(d, "address", bar->event->address);
        doc_text(d, "verb", bar->event->verb);
        doc_text(d, "kind", bar->event->kind);
        doc_time(d, "started", bar->start_ms);
        doc_time(d, "ended", bar->end_ms);
        if (bar->critical)
            doc_flag(d, "critical", true);
        doc_close(d);
    }
    doc_close(d);
    doc_list(d, "critical_path");
    for (size_t i = 0; i < t->path_count; i++)
        doc_text(d, NULL, t->bars[t->path[i]].event->address);
    doc_close(d);
    doc_close(d);
}

void as_json_report(struct out *o, const struct facts_report *f)
{
    struct arena *mem = arena_new();
    struct timeline t;
    struct doc d;
    timeline_make(mem, f->plan, f->events, f->event_count, &t);
    doc_begin(&d, o, "landfall.report/1");
    doc_text(&d, "region", f->plan->region->name);
    doc_time(&d, "made_at", f->made_ms);
    source(&d, f);
    doc_map(&d, "plan");
    as_json_plan_keys(&d, f->plan);
    doc_close(&d);
    costs(&d, f->plan, mem);
    graph(&d, f->plan->graph);
    run(&d, f->plan->truth->last_run, &t);
    doc_end(&d);
    arena_free(mem);
}
