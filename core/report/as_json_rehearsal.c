#include "model/decl.h"
#include "region/region.h"
#include "report/as_json.h"
#include "report/doc.h"
#include "run/rehearsal.h"

/* Words for programs: they stay as they are. */
static const char *const points[LEDGER_POINTS] = {
    [LEDGER_UNSENT] = "unsent", [LEDGER_SENT] = "sent",       [LEDGER_LATE] = "lands_late",
    [LEDGER_SAVED] = "saved",   [LEDGER_REPLIED] = "replied", [LEDGER_DONE] = "done",
};

static const char *const mishaps[LEDGER_MISHAPS] = {
    [LEDGER_THROTTLED] = "throttled",       [LEDGER_UNREACHED] = "unreached",
    [LEDGER_LOST_REQUEST] = "lost_request", [LEDGER_LOST_REPLY] = "lost_reply",
    [LEDGER_LANDED_LATE] = "landed_late",   [LEDGER_SERVER_ERROR] = "server_error",
    [LEDGER_CHECK_FAILED] = "check_failed", [LEDGER_CRASH] = "crash",
};

static const char *const kinds[] = {
    [REHEARSAL_FAILED] = "failed", [REHEARSAL_LOST] = "lost",         [REHEARSAL_DOUBLED] = "doubled",
    [REHEARSAL_OTHER] = "other",   [REHEARSAL_ORPHANED] = "orphaned", [REHEARSAL_UNREAL] = "unreal",
    [REHEARSAL_NO_END] = "no_end",
};

static void time_of(struct doc *d, const char *key, int64_t ms)
{
    if (ms >= 0)
        doc_count(d, key, (uint64_t)ms);
}

static void options(struct doc *d, const struct rehearsal_ask *ask)
{
    doc_map(d, "options");
    doc_count(d, "rounds", ask->rounds);
    doc_number(d, "seed", (int64_t)ask->seed);
    doc_count(d, "faults_per_mille", ask->faults_milli);
    doc_count(d, "throttle_per_mille", ask->throttle_milli);
    doc_count(d, "crashes", ask->crashes);
    doc_close(d);
}

static void stages(struct doc *d, const struct rehearsal *r)
{
    doc_list(d, "stages");
    for (size_t i = 0; i < r->stage_count; i++) {
        const struct rehearsal_stage *s = &r->stages[i];
        if (s->steps == 0)
            continue;
        doc_map(d, NULL);
        doc_text(d, "stage", s->name);
        doc_count(d, "steps", s->steps);
        doc_count(d, "done", s->done);
        time_of(d, "began_ms", s->began_ms);
        time_of(d, "done_ms", s->done_ms);
        doc_close(d);
    }
    doc_close(d);
}

static const char *state_of(const struct rehearsal_step *s)
{
    return s->done_ms >= 0  ? "done"
           : s->how->failed ? "failed"
           : s->how->held   ? "held"
           : s->how->todo   ? "todo"
           : s->how->waits  ? "waits"
                            : "blocked";
}

static void steps(struct doc *d, const struct rehearsal *r)
{
    doc_list(d, "steps");
    for (size_t i = 0; i < r->told_count; i++) {
        const struct rehearsal_step *s = &r->steps[i];
        bool good = s->done_ms >= 0;
        doc_map(d, NULL);
        doc_text(d, "address", s->address);
        doc_text(d, "stage", s->decl ? s->decl->stage : NULL);
        doc_text(d, "state", state_of(s));
        time_of(d, "began_ms", s->began_ms);
        time_of(d, "done_ms", s->done_ms);
        doc_text(d, "code", good ? NULL : s->how->code);
        doc_text(d, "text", good ? NULL : s->how->text);
        doc_text(d, "where", good ? NULL : s->how->where);
        doc_text(d, "advice", good ? NULL : s->how->advice);
        doc_close(d);
    }
    doc_close(d);
}

static void durations(struct doc *d, const struct facts_rehearsal *f)
{
    doc_list(d, "durations");
    for (size_t i = 0; i < f->span_count; i++) {
        const struct facts_span *s = &f->spans[i];
        doc_map(d, NULL);
        doc_text(d, "what", s->what);
        doc_text(d, "source", s->source);
        if (s->measured > 0)
            doc_count(d, "measured", s->measured);
        doc_flag(d, "known", s->known);
        time_of(d, "p50_ms", s->p50_ms);
        time_of(d, "p90_ms", s->p90_ms);
        doc_count(d, "steps", s->steps);
        doc_close(d);
    }
    doc_close(d);
}

static void money(struct doc *d, const struct facts_rehearsal *f)
{
    const struct ledger_money *m = &f->rehearsal->typical->money;
    const char *currency = f->region->currency;
    doc_map(d, "cost");
    doc_text(d, "currency", currency);
    doc_count(d, "priced", m->priced_count);
    doc_count(d, "priceable", m->priceable);
    if (m->priced) {
        doc_money(d, "one_off_low", m->once_low, currency);
        doc_money(d, "one_off_high", m->once_high, currency);
        doc_money(d, "monthly_low", m->month_low, currency);
        doc_money(d, "monthly_high", m->month_high, currency);
    }
    doc_count(d, "guessed", m->guessed_count);
    if (m->guessed_count > 0) {
        doc_money(d, "guessed_one_off_low", m->guess_once_low, currency);
        doc_money(d, "guessed_one_off_high", m->guess_once_high, currency);
        doc_money(d, "guessed_monthly_low", m->guess_month_low, currency);
        doc_money(d, "guessed_monthly_high", m->guess_month_high, currency);
    }
    doc_close(d);
}

static void simulated(struct doc *d, const struct facts_rehearsal *f)
{
    const struct rehearsal *r = f->rehearsal;
    doc_texts(d, "drivers", f->drivers, f->driver_count);
    doc_texts(d, "unasked", f->unopened, f->unopened_count);
    doc_list(d, "assumed_to_exist");
    for (size_t i = 0; i < r->assumed_count; i++)
        doc_text(d, NULL, r->assumed[i]->address);
    doc_close(d);
    doc_list(d, "made_up_replies");
    for (size_t i = 0; i < r->reply_count; i++) {
        doc_map(d, NULL);
        doc_text(d, "address", r->replies[i]->address);
        doc_text(d, "call", r->replies[i]->call);
        doc_count(d, "count", r->replies[i]->count);
        doc_close(d);
    }
    doc_close(d);
}

static void counts(struct doc *d, const char *key, const char *const *names, const uint64_t *at, size_t count)
{
    doc_map(d, key);
    for (size_t i = 0; i < count; i++)
        doc_count(d, names[i], at[i]);
    doc_close(d);
}

static void findings(struct doc *d, const struct rehearsal *r)
{
    doc_list(d, "findings");
    for (size_t i = 0; i < r->finding_count; i++) {
        const struct rehearsal_finding *f = &r->findings[i];
        doc_map(d, NULL);
        doc_text(d, "kind", kinds[f->kind]);
        doc_text(d, "address", f->address);
        doc_list(d, "after_death");
        for (size_t p = 0; p < LEDGER_POINTS; p++) {
            if (f->points >> p & 1u)
                doc_text(d, NULL, points[p]);
        }
        doc_close(d);
        doc_count(d, "rounds", f->rounds);
        if (f->rounds > 0)
            doc_number(d, "seed", (int64_t)f->seed);
        doc_text(d, "code", f->code);
        doc_text(d, "text", f->text);
        doc_text(d, "where", f->where);
        doc_text(d, "advice", f->advice);
        doc_close(d);
    }
    doc_close(d);
    doc_count(d, "findings_left_out", r->findings_left_out);
}

void as_json_rehearsal(struct out *o, const struct facts_rehearsal *f)
{
    const struct rehearsal *r = f->rehearsal;
    struct doc d;
    doc_begin(&d, o, "landfall.rehearsal/1");
    doc_text(&d, "region", f->region->name);
    doc_text(&d, "playbook", f->playbook);
    options(&d, r->ask);
    doc_flag(&d, "complete", r->complete);
    doc_flag(&d, "resumable", r->complete && r->finding_count == 0);
    doc_count(&d, "step_count", r->step_count);
    doc_map(&d, "eta");
    time_of(&d, "undisturbed_ms", r->typical_ms);
    time_of(&d, "landfall_runs_ms", r->machine_ms);
    doc_count(&d, "builds", r->rounds_ended);
    if (r->rounds_ended > 0) {
        time_of(&d, "p50_ms", r->p50_ms);
        time_of(&d, "p90_ms", r->p90_ms);
        time_of(&d, "landfall_runs_p50_ms", r->machine_p50_ms);
        time_of(&d, "landfall_runs_p90_ms", r->machine_p90_ms);
    }
    doc_close(&d);
    money(&d, f);
    stages(&d, r);
    steps(&d, r);
    durations(&d, f);
    simulated(&d, f);
    counts(&d, "faults", mishaps, r->mishaps, LEDGER_MISHAPS);
    counts(&d, "died", points, r->points, LEDGER_POINTS);
    counts(&d, "not_reached", points, r->missed, LEDGER_POINTS);
    doc_count(&d, "deaths", r->deaths);
    doc_count(&d, "resumes", r->resumes);
    doc_count(&d, "persons_asked", r->persons);
    findings(&d, r);
    doc_end(&d);
}
