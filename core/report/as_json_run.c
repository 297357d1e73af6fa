#include <string.h>

#include "base/str.h"
#include "model/event.h"
#include "model/value.h"
#include "plan/plan.h"
#include "region/region.h"
#include "report/as_json.h"
#include "report/as_json_approval.h"
#include "report/as_json_pending.h"
#include "report/as_json_plan.h"
#include "report/as_json_policy.h"
#include "report/as_json_run.h"
#include "report/doc.h"
#include "report/trouble.h"
#include "run/executor.h"
#include "run/recover.h"
#include "run/sweep.h"
#include "store/store.h"

static const char *or_null(const char *text)
{
    return text && text[0] ? text : NULL;
}

/* "failed" is what the store counts as not successful: failed, held and in conflict. */
/* used: of this run and of others.  A run that nobody had to approve has no approvals. */
static void approvals(struct doc *d, const struct store_run *run, const struct facts_used *used, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (!str_equal(used[i].run_id, run->run_id))
            continue;
        if (!any)
            doc_list(d, "approvals");
        any = true;
        as_json_given(d, used[i].approval);
    }
    if (any)
        doc_close(d);
}

void as_json_run_keys(struct doc *d, const struct store_run *run)
{
    doc_text(d, "run", run->run_id);
    doc_text(d, "command", run->command);
    doc_text(d, "state", store_run_state(run));
    doc_text(d, "plan_digest", run->plan_digest);
    doc_time(d, "started", run->started_ms);
    doc_time(d, "ended", run->ended_ms);
    doc_count(d, "total", (uint64_t)run->total);
    doc_count(d, "done", (uint64_t)run->done);
    doc_count(d, "failed", (uint64_t)run->failed);
}

static void store_run(struct doc *d, const char *key, const struct store_run *run,
                      const struct facts_used *used, size_t used_count)
{
    doc_map(d, key);
    as_json_run_keys(d, run);
    approvals(d, run, used, used_count);
    doc_close(d);
}

/* Empty where it did not say yet who it is. */
static void locked_by(struct doc *d, const struct store_holder *holder)
{
    doc_map(d, "locked_by");
    doc_text(d, "command", holder->command);
    doc_text(d, "host", holder->host);
    if (holder->pid)
        doc_count(d, "pid", (uint64_t)holder->pid);
    doc_time(d, "since", holder->since_ms);
    doc_close(d);
}

static void store_event(struct doc *d, const struct store_event *e)
{
    doc_map(d, NULL);
    doc_number(d, "seq", e->seq);
    doc_time(d, "at", e->wall_ms);
    doc_text(d, "run", or_null(e->run_id));
    doc_text(d, "kind", e->kind);
    doc_text(d, "address", e->address);
    doc_text(d, "verb", e->verb);
    doc_text(d, "text", e->text);
    doc_text(d, "code", e->code);
    doc_count(d, "took_ms", (uint64_t)e->took_ms);
    doc_close(d);
}

/* ---- status and history ---------------------------------------------------------------------- */

/* Row by row, older generations too: what a program compares with the service must be complete. */
static void standing(struct doc *d, const struct store_snapshot *truth)
{
    doc_list(d, "steps");
    for (size_t i = 0; i < truth->res_count; i++) {
        const struct store_res *row = &truth->res[i];
        doc_map(d, NULL);
        doc_text(d, "address", row->address);
        doc_number(d, "generation", row->generation);
        doc_text(d, "id", row->ext_id);
        doc_text(d, "driver", or_null(row->driver));
        doc_text(d, "instance", or_null(row->instance));
        doc_text(d, "where", row->declared_at);
        if (row->deposed)
            doc_flag(d, "deposed", true);
        if (row->damaged)
            doc_flag(d, "damaged", true);
        if (row->adopted)
            doc_flag(d, "adopted", true);
        doc_close(d);
    }
    doc_close(d);
}

void as_json_status(struct out *o, const struct facts_status *s)
{
    struct doc d;
    struct trouble_list list;
    doc_begin(&d, o, "landfall.status/1");
    doc_text(&d, "region", s->region);
    doc_text(&d, "place", s->resolved ? s->resolved->place : NULL);
    doc_flag(&d, "built", s->truth->exists);
    doc_text(&d, "lineage", s->truth->lineage);
    doc_number(&d, "serial", s->truth->serial);
    standing(&d, s->truth);
    if (s->truth->last_run)
        store_run(&d, "last_run", s->truth->last_run, s->used, s->used_count);
    if (s->truth->holder)
        locked_by(&d, s->truth->holder);
    trouble_collect(&list, s->events, s->event_count);
    doc_list(&d, "troubles");
    for (size_t i = 0; i < list.count; i++)
        store_event(&d, list.at[i]);
    doc_close(&d);
    trouble_done(&list);
    as_json_pending(&d, s->truth);
    as_json_policy_waivers(&d, s->waivers, s->now_ms);
    doc_end(&d);
}

void as_json_history(struct out *o, const struct facts_history *h)
{
    struct doc d;
    doc_begin(&d, o, "landfall.history/1");
    doc_text(&d, "region", h->region);
    doc_text(&d, "address", h->address);
    if (h->earlier_runs > 0)
        doc_count(&d, "earlier_runs", h->earlier_runs);
    if (h->earlier_events)
        doc_flag(&d, "earlier_events", true);
    doc_list(&d, "runs");
    for (size_t i = 0; i < h->run_count; i++)
        store_run(&d, NULL, &h->runs[i], h->used, h->used_count);
    doc_close(&d);
    doc_list(&d, "events");
    for (size_t i = 0; i < h->event_count; i++)
        store_event(&d, &h->events[i]);
    doc_close(&d);
    doc_end(&d);
}

/* ---- a run that has just ended --------------------------------------------------------------- */

static void trouble(struct doc *d, const struct event *e)
{
    doc_map(d, NULL);
    doc_text(d, "kind", event_name(e->kind));
    doc_time(d, "at", e->wall_ms);
    doc_text(d, "address", e->address);
    doc_text(d, "verb", e->verb);
    doc_text(d, "text", e->text);
    doc_text(d, "code", e->code);
    doc_text(d, "advice", e->advice);
    doc_text(d, "where", e->where);
    doc_close(d);
}

/* The same words as the state of the run in the store. */
static void outcome(struct doc *d, const struct executor_outcome *x)
{
    bool whole = !x->stopped && x->failed + x->held + x->conflict + x->blocked + x->waits + x->over == 0;
    doc_text(d, "state", x->stopped ? "stopped" : whole ? "done" : "partial");
    doc_map(d, "steps");
    doc_count(d, "total", x->total);
    doc_count(d, "done", x->done);
    doc_count(d, "failed", x->failed);
    doc_count(d, "held", x->held);
    doc_count(d, "conflict", x->conflict);
    doc_count(d, "blocked", x->blocked);
    doc_count(d, "over_ceiling", x->over);
    doc_count(d, "todos", x->todos);
    doc_count(d, "waits", x->waits);
    doc_close(d);
}

static void recovered(struct doc *d, const struct recover_outcome *r)
{
    doc_map(d, "recovered");
    doc_count(d, "settled", r->settled);
    doc_count(d, "failed", r->failed);
    doc_count(d, "held", r->held);
    doc_count(d, "conflict", r->conflict);
    doc_close(d);
}

static void leftovers(struct doc *d, const struct sweep *sweep)
{
    doc_list(d, "leftovers");
    for (size_t i = 0; i < sweep->count; i++) {
        const struct sweep_found *f = &sweep->found[i];
        doc_map(d, NULL);
        doc_text(d, "subsystem", f->subsystem);
        doc_text(d, "instance", or_null(f->instance));
        doc_text(d, "type", f->type);
        doc_text(d, "id", f->id);
        doc_text(d, "marker", f->marker);
        doc_text(d, "address", f->address);
        doc_close(d);
    }
    doc_close(d);
    doc_texts(d, "unchecked", sweep->unchecked, sweep->unchecked_count);
}

void as_json_run(struct out *o, const struct facts_run *r)
{
    struct doc d;
    doc_begin(&d, o, "landfall.run/1");
    doc_text(&d, "region", r->region);
    doc_text(&d, "command", r->command);
    doc_text(&d, "run", r->run_id);
    doc_text(&d, "plan_digest", r->plan ? r->plan->digest : NULL);
    doc_count(&d, "took_ms", (uint64_t)r->took_ms);
    /* Without an outcome the run ended while settling what an earlier one left. */
    if (r->outcome)
        outcome(&d, r->outcome);
    else
        doc_text(&d, "state", "partial");
    if (r->recovered)
        recovered(&d, r->recovered);
    doc_list(&d, "troubles");
    for (size_t i = 0; i < r->trouble_count; i++)
        trouble(&d, &r->troubles[i]);
    doc_close(&d);
    doc_value(&d, "outputs", r->outputs);
    if (r->sweep)
        leftovers(&d, r->sweep);
    doc_text(&d, "next", r->next);
    doc_end(&d);
}

void as_json_deed(struct out *o, const struct facts_deed *deed)
{
    struct doc d;
    doc_begin(&d, o, "landfall.deed/1");
    doc_text(&d, "command", deed->command);
    doc_text(&d, "region", deed->region);
    doc_text(&d, "address", deed->address);
    doc_text(&d, "id", deed->id);
    doc_text(&d, "what", deed->what);
    if (deed->adoption) {
        doc_flag(&d, "as_it_is", deed->adoption->as_it_is != NULL);
        as_json_plan_changes(&d, deed->adoption->diffs, deed->adoption->diff_count);
    }
    doc_text(&d, "next", deed->next);
    doc_end(&d);
}
