/* The sample plan as a report sees it: with needs, and with the events of a run that was not a full success.
 */
#pragma once

#include "facts_sample.h"
#include "launch/forecast.h"
#include "launch/launch.h"
#include "plan/residence_book.h"
#include "region/waiver.h"

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

static const int64_t report_sample_days[] = {5 * CALENDAR_DAY_MS, 10 * CALENDAR_DAY_MS};
static const struct forecast report_sample_forecasts[] = {
    {.spread = {report_sample_days, 2}, .source = FORECAST_GUESSED},
    {.source = FORECAST_UNKNOWN},
};
static const struct launch_item report_sample_items[] = {
    {.step = 10,
     .address = "human.dpa-signed",
     .need = LAUNCH_PERSON,
     .owner = "legal",
     .milestone = "launch",
     .why = "waits for a person",
     .ask = "Countersign <the> agreement",
     .unlocks = 2,
     .forecast = &report_sample_forecasts[0],
     .start_ms = REPORT_SAMPLE_NOW,
     .end_ms = REPORT_SAMPLE_NOW + 5 * CALENDAR_DAY_MS,
     .critical = true,
     .deadline = "2026-11-20",
     .overdue = true},
    {.step = 0,
     .address = "action.seed-reference-data",
     .need = LAUNCH_TROUBLE,
     .milestone = "launch",
     .why = "failed: row 7 & more",
     .after = "human.dpa-signed",
     .after_more = true,
     .forecast = &report_sample_forecasts[1],
     .end_ms = REPORT_SAMPLE_NOW},
};
static const uint32_t report_sample_gates[] = {0, 1}, report_sample_chain[] = {0};
static const struct launch_milestone report_sample_milestones[] = {
    {.name = "launch",
     .steps = 10,
     .open = 2,
     .unknown = 1,
     .p50 = "2026-11-27",
     .p90 = "2026-12-02",
     .p50_ms = REPORT_SAMPLE_NOW + 5 * CALENDAR_DAY_MS,
     .p90_ms = REPORT_SAMPLE_NOW + 10 * CALENDAR_DAY_MS,
     .target = "2026-11-25",
     .target_date = "2026-11-25",
     .late_p50 = 2,
     .late_p90 = 7},
};
static const struct launch_owner report_sample_owners[] = {
    {.name = "legal", .open = 1, .gates = &report_sample_gates[0], .gate_count = 1},
    {.open = 1, .gates = &report_sample_gates[1], .gate_count = 1},
};
static const struct launch_extra report_sample_extras[] = {
    {.kind = "rule",
     .subject = "backups",
     .text = "database.database.main: it has no <backup>",
     .blocks = true},
    {.kind = "waiver",
     .subject = "old-disks",
     .text = "'encrypted at rest' is bent: the old disks go in <March>",
     .owner = "data-platform",
     .until = "2027-03-31"},
    {.kind = "waiver",
     .subject = "old-names",
     .text = "'names are short' is bent, and the waiver has ended: <soon>",
     .owner = "data-platform",
     .until = "2026-01-31",
     .ended = true},
};
static const char *const report_sample_follow[] = {"todo.whatsapp"};
static const struct launch report_sample_launch = {.milestone = "launch",
                                                   .milestones = report_sample_milestones,
                                                   .milestone_count = 1,
                                                   .items = report_sample_items,
                                                   .item_count = 2,
                                                   .gate_count = 2,
                                                   .path = report_sample_chain,
                                                   .path_count = 1,
                                                   .owners = report_sample_owners,
                                                   .owner_count = 2,
                                                   .can_follow = report_sample_follow,
                                                   .can_follow_count = 1,
                                                   .extras = report_sample_extras,
                                                   .extra_count = 3,
                                                   .extra_blocks = 1,
                                                   .now_ms = REPORT_SAMPLE_NOW,
                                                   .today = "2026-11-22",
                                                   .trials = 1024};

static const struct store_audit report_sample_audit[] = {
    {1, REPORT_SAMPLE_NOW - 9000, "run.opened", "{\"command\":\"apply\"}", "00", "a1b2c3"},
    {2, REPORT_SAMPLE_NOW, "human.done", "{\"by\":\"Ada <Byron>\"}", "a1b2c3", "d4e5f6"},
};

static const char *const report_sample_steps[] = {"database.*"}, *const report_sample_told[] = {"security",
                                                                                                "legal"};
static const struct waiver report_sample_waiver_list[] = {
    {.name = "old-disks",
     .rule = "encrypted at rest",
     .steps = report_sample_steps,
     .step_count = 1,
     .owner = "data-platform",
     .reason = "the old disks go in <March>",
     .expires = "2027-03-31",
     .expires_ms = REPORT_SAMPLE_NOW + 100 * CALENDAR_DAY_MS,
     .told = report_sample_told,
     .told_count = 2,
     .file = "waivers/old-disks.yaml"},
    {.name = "over",
     .rule = "backups",
     .steps = report_sample_steps,
     .step_count = 1,
     .owner = "data-platform",
     .reason = "it was short",
     .expires = "2026-11-01",
     .expires_ms = REPORT_SAMPLE_NOW - 20 * CALENDAR_DAY_MS,
     .told = report_sample_told,
     .told_count = 1,
     .file = "waivers/over.yaml"},
};
static const struct waivers report_sample_waivers = {.at = report_sample_waiver_list, .count = 2};
static const struct plan_finding report_sample_findings[] = {
    {.rule = "backups",
     .why = "the contract says so",
     .level = PLAN_MUST_WITH_WAIVER,
     .verdict = PLAN_BROKEN,
     .address = "database.database.main",
     .message = "it has no <backup>",
     .advice = "say backups = 7",
     .rule_where = "policies/ours.lua:3",
     .ended = &report_sample_waiver_list[1],
     .blocks = true},
    {.rule = "encrypted at rest",
     .why = "the contract says so",
     .level = PLAN_MUST_WITH_WAIVER,
     .verdict = PLAN_WAIVED,
     .address = "database.database.main",
     .message = "its disks are plain",
     .rule_where = "policies/ours.lua:9",
     .waiver = &report_sample_waiver_list[0]},
    {.rule = "budget",
     .why = "finance asked for it",
     .level = PLAN_ADVISORY,
     .verdict = PLAN_CANNOT_TELL,
     .message = "a price is missing",
     .rule_where = "policies/ours.lua:20"},
};

/* Two steps that hold data: one seen where it was asked for, one seen where it may not be. */
static inline const struct residence_book *report_sample_book(struct sample *s)
{
    static const char *const holds[] = {"customer"};
    static const struct store_audit audits[] = {
        {3, REPORT_SAMPLE_NOW - 3000, "residency.seen", "{}", "d4", "e5"},
        {4, REPORT_SAMPLE_NOW - 2000, "residency.seen", "{}", "e5", "f6"},
    };
    struct residence_line *lines = ARENA_ARRAY(s->mem, struct residence_line, 2);
    struct residence_book *book = ARENA_NEW(s->mem, struct residence_book);
    const struct value *list = value_list(s->mem, (const struct value *[]){sample_t(s, "customer")}, 1);
    lines[0] = (struct residence_line){.address = "database.database.main",
                                       .entry = SAMPLE_MAP(s, {"asked", sample_t(s, "eu-west-1")},
                                                           {"holds", list}, {"how", sample_t(s, "seen")},
                                                           {"told", sample_t(s, "eu-west-1")}),
                                       .audit = &audits[0],
                                       .verdict = "fine"};
    lines[1] = (struct residence_line){
        .address = "database.database.queue-ledger",
        .entry = SAMPLE_MAP(s, {"asked", sample_t(s, "eu-west-1")}, {"holds", list},
                            {"how", sample_t(s, "seen")}, {"told", sample_t(s, "us-east-1")},
                            {"why", sample_t(s, "customer may not be in <us-east-1>")}),
        .audit = &audits[1],
        .verdict = "forbidden",
        .wrong = true};
    *book = (struct residence_book){
        .region = "eu", .lineage = s->truth.lineage, .lines = lines, .count = 2, .seen = 2, .wrong = 1};
    for (uint32_t i = 2; i <= 3; i++) {
        s->declared[i].meta.holds = holds;
        s->declared[i].meta.holds_count = 1;
    }
    s->region.residency = SAMPLE_MAP(
        s, {"customer", value_list(s->mem, (const struct value *[]){sample_t(s, "eu-central-1")}, 1)});
    return book;
}

static inline struct facts_report report_sample(struct sample *s)
{
    report_sample_connect(s);
    s->truth.last_run = &report_sample_run;
    s->region.timezone = "UTC";
    s->plan.rules = 3;
    s->plan.findings = report_sample_findings;
    s->plan.finding_count = COUNT_OF(report_sample_findings);
    s->plan.waivers = &report_sample_waivers;
    s->plan.judged_ms = REPORT_SAMPLE_NOW;
    return (struct facts_report){.plan = &s->plan,
                                 .events = report_sample_events,
                                 .event_count = COUNT_OF(report_sample_events),
                                 .launch = &report_sample_launch,
                                 .book = report_sample_book(s),
                                 .audit = report_sample_audit,
                                 .audit_count = COUNT_OF(report_sample_audit),
                                 .made_ms = REPORT_SAMPLE_NOW};
}
