#include "base/arena.h"
#include "base/err.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "region/region.h"
#include "report/as_json.h"
#include "report/as_json_launch.h"
#include "report/as_json_plan.h"
#include "report/as_json_run.h"
#include "report/as_json_source.h"
#include "report/doc.h"
#include "report/facts.h"
#include "report/timeline.h"
#include "store/store.h"

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
    as_json_run_keys(d, run);
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

static void launch(struct doc *d, const struct facts_report *f)
{
    if (!f->launch)
        return;
    struct facts_launch facts = {.region = f->plan->region, .plan = f->plan, .launch = f->launch};
    doc_map(d, "launch");
    as_json_launch_keys(d, &facts);
    doc_close(d);
}

/* The whole chain: this is the form an auditor's program reads. */
static void audit(struct doc *d, const struct facts_report *f)
{
    doc_map(d, "audit");
    doc_text(d, "broken", f->audit_broken ? f->audit_broken->summary : NULL);
    doc_text(d, "head", f->audit_count > 0 ? f->audit[f->audit_count - 1].hash : NULL);
    doc_list(d, "entries");
    for (size_t k = 0; k < f->audit_count; k++) {
        const struct store_audit *a = &f->audit[k];
        doc_map(d, NULL);
        doc_number(d, "seq", a->seq);
        doc_time(d, "at", a->wall_ms);
        doc_text(d, "kind", a->kind);
        doc_json(d, "entry", a->entry);
        doc_text(d, "prev", a->prev);
        doc_text(d, "hash", a->hash);
        doc_close(d);
    }
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
    as_json_source(&d, f->as_stored, f->silence);
    doc_map(&d, "plan");
    as_json_plan_keys(&d, f->plan);
    doc_close(&d);
    graph(&d, f->plan->graph);
    launch(&d, f);
    run(&d, f->plan->truth->last_run, &t);
    audit(&d, f);
    doc_end(&d);
    arena_free(mem);
}
