/* The sample plan as a report sees it: with needs, and with the events of a run that was not a full success.
 */
#pragma once

#include "facts_sample.h"

#define REPORT_SAMPLE_NOW 1795347630123 /* 2026-11-22T11:40:30.123Z */

/* action.seed-reference-data needs the database; dns.record.api the database and the zone; the delegation
 * needs the parent zone. */
static inline void report_sample_connect(struct sample *s)
{
    static const uint32_t needs[] = {2, 2, 7, 9}, needs_at[] = {0, 1, 1, 1, 1, 3, 4, 4, 4, 4, 4, 4, 4};
    static const uint32_t needed_by[] = {0, 4, 4, 5},
                          needed_by_at[] = {0, 0, 0, 2, 2, 2, 2, 2, 3, 3, 4, 4, 4};
    static const uint32_t sorted[] = {1, 2, 0, 3, 6, 7, 4, 8, 9, 5, 10, 11};
    s->graph.needs = needs;
    s->graph.needs_at = needs_at;
    s->graph.needed_by = needed_by;
    s->graph.needed_by_at = needed_by_at;
    s->graph.sorted = sorted;
    for (uint32_t i = 0; i < s->plan.count; i++) {
        struct decl *d = &s->declared[i];
        if (strncmp(d->address, "dns.", 4) == 0)
            d->subsystem = "dns";
        else if (strncmp(d->address, "database.", 9) == 0)
            d->subsystem = "database";
    }
}

static const struct store_event report_sample_events[] = {
    {1, REPORT_SAMPLE_NOW - 9000, "r1", "step.waits", "human.dpa-signed", "wait", "legal: Countersign", NULL,
     0},
    {2, REPORT_SAMPLE_NOW - 7000, "r1", "step.done", "dns.zone.apex", "create", NULL, NULL, 1500},
    {3, REPORT_SAMPLE_NOW - 4000, "r1", "step.done", "database.database.main", "create", NULL, NULL, 5000},
    {4, REPORT_SAMPLE_NOW - 3900, "r1", "step.done", "dns.record.api", "create", NULL, NULL, 100},
    {5, REPORT_SAMPLE_NOW, "r1", "step.failed", "action.seed-reference-data", "run",
     "row 7: no <such> table & more", "db.query", 4000},
    {6, REPORT_SAMPLE_NOW, "r1", "step.done", "dns.gone.away", "destroy", NULL, NULL, 20},
};
static const struct store_run report_sample_run = {.run_id = "00112233445566778899aabbccddeeff",
                                                   .plan_digest = "7f3a00c2ffee",
                                                   .command = "apply",
                                                   .state = "partial",
                                                   .started_ms = REPORT_SAMPLE_NOW - 9000,
                                                   .ended_ms = REPORT_SAMPLE_NOW,
                                                   .total = 6,
                                                   .done = 4,
                                                   .failed = 1};

static inline struct facts_report report_sample(struct sample *s)
{
    report_sample_connect(s);
    s->truth.last_run = &report_sample_run;
    return (struct facts_report){.plan = &s->plan,
                                 .events = report_sample_events,
                                 .event_count = COUNT_OF(report_sample_events),
                                 .made_ms = REPORT_SAMPLE_NOW};
}
