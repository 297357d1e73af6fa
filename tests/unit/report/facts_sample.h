/* Facts as commands gather them, for the tests of text and JSON alike. */
#pragma once

#include "landfall/plugin.h"
#include "model/event.h"
#include "plugin/contract.h"
#include "report/facts.h"
#include "run/executor.h"
#include "run/recover.h"
#include "run/sweep.h"
#include "sample.h"
#include "store/store.h"

#define FACTS_NOW 1795347630123 /* 2026-11-22T11:40:30.123Z */

static inline const struct store_snapshot *facts_truth(void)
{
    static const struct store_res rows[] = {
        {.address = "action.seed",
         .generation = 1,
         .kind = DECL_ACTION,
         .declared_at = "playbooks/saas.lua:9"},
        {.address = "dns.record.api",
         .generation = 1,
         .kind = DECL_RESOURCE,
         .driver = "local",
         .ext_id = "api/A"},
        {.address = "dns.record.www",
         .generation = 1,
         .kind = DECL_RESOURCE,
         .driver = "local",
         .ext_id = "www/A",
         .deposed = true},
        {.address = "dns.record.www",
         .generation = 2,
         .kind = DECL_RESOURCE,
         .driver = "local",
         .ext_id = "www2/A",
         .damaged = true},
        {.address = "dns.zone.apex",
         .generation = 1,
         .kind = DECL_RESOURCE,
         .driver = "local",
         .ext_id = "zone-1",
         .adopted = true},
    };
    static const struct store_op ops[] = {
        {.op_id = "0123456789abcdef0123456789abcdef",
         .address = "dns.zone.mail",
         .verb = LF_VERB_CREATE,
         .state = STORE_OP_HELD,
         .reason = "nobody can tell whether it was made",
         .ext_id = "zone-9"},
    };
    static const struct store_run run = {.run_id = "00112233445566778899aabbccddeeff",
                                         .plan_digest = "7f3a00c2ffee",
                                         .command = "apply",
                                         .state = "partial",
                                         .started_ms = FACTS_NOW - 7200000,
                                         .ended_ms = FACTS_NOW - 7100000,
                                         .total = 12,
                                         .done = 9,
                                         .failed = 2};
    static const struct store_snapshot truth = {.exists = true,
                                                .lineage = "aa",
                                                .serial = 41,
                                                .res = rows,
                                                .res_count = COUNT_OF(rows),
                                                .ops = ops,
                                                .op_count = COUNT_OF(ops),
                                                .last_run = &run};
    return &truth;
}

static const struct store_event facts_events[] = {
    {.seq = 1,
     .wall_ms = FACTS_NOW - 7190000,
     .run_id = "0011",
     .kind = "step.failed",
     .address = "dns.zone.apex",
     .verb = "create",
     .text = "the service was away",
     .code = "http.away",
     .took_ms = 400},
    {.seq = 2,
     .wall_ms = FACTS_NOW - 7180000,
     .run_id = "0011",
     .kind = "step.done",
     .address = "dns.zone.apex",
     .verb = "create",
     .took_ms = 210},
    {.seq = 3,
     .wall_ms = FACTS_NOW - 7170000,
     .run_id = "0011",
     .kind = "step.failed",
     .address = "dns.record.mx",
     .verb = "create",
     .text = "refused:\x1b[31m quota",
     .code = "dns.quota",
     .took_ms = 1500},
    {.seq = 4,
     .wall_ms = FACTS_NOW - 7160000,
     .run_id = "0011",
     .kind = "step.waits",
     .address = "human.dpa-signed",
     .verb = "wait",
     .text = "legal: Countersign the agreement"},
};

static inline struct facts_status facts_make_status(const struct region *region)
{
    return (struct facts_status){.region = "eu",
                                 .resolved = region,
                                 .truth = facts_truth(),
                                 .events = facts_events,
                                 .event_count = COUNT_OF(facts_events),
                                 .now_ms = FACTS_NOW};
}

static inline struct facts_history facts_make_history(const char *address)
{
    return (struct facts_history){.region = "eu",
                                  .address = address,
                                  .runs = facts_truth()->last_run,
                                  .run_count = address ? 0 : 1,
                                  .events = facts_events,
                                  .event_count = COUNT_OF(facts_events)};
}

static inline struct facts_run facts_make_run(const struct plan *plan, const struct value *outputs)
{
    static const struct event troubles[] = {
        {.kind = EVENT_STEP_FAILED,
         .wall_ms = FACTS_NOW,
         .address = "dns.record.mx",
         .verb = "create",
         .text = "the zone has too many records",
         .code = "dns.quota",
         .advice = "ask the provider for more, then resume",
         .where = "playbooks/saas.lua:31"},
        {.kind = EVENT_STEP_BLOCKED, .wall_ms = FACTS_NOW, .address = "check.mail", .text = "not started"},
        {.kind = EVENT_STEP_HELD,
         .wall_ms = FACTS_NOW,
         .address = "dns.zone.mail",
         .verb = "create",
         .text = "two objects carry the marker",
         .code = "run.held",
         .advice = "landfall resolve eu dns.zone.mail"},
        {.kind = EVENT_STEP_WAITS,
         .wall_ms = FACTS_NOW,
         .address = "human.dpa-signed",
         .text = "legal: Countersign the EU data processing agreement"},
        {.kind = EVENT_STEP_WAITS,
         .wall_ms = FACTS_NOW,
         .address = "todo.whatsapp",
         .text = "channels: not written yet"},
        {.kind = EVENT_STEP_BLOCKED, .wall_ms = FACTS_NOW, .address = "check.smtp", .text = "not started"},
    };
    static const struct executor_outcome outcome = {
        .total = 9, .done = 3, .failed = 1, .held = 1, .blocked = 2, .waits = 2};
    static const struct recover_outcome recovered = {.settled = 2, .held = 1};
    static const struct sweep_found found[] = {
        {.subsystem = "dns",
         .instance = "parent",
         .type = "record",
         .id = "eu.acme.example/NS",
         .marker = "lf1.x",
         .address = "dns.record.delegation"},
        {.subsystem = "queue", .instance = "", .type = "queue", .id = "orders", .marker = "lf1.y"},
    };
    static const char *const unchecked[] = {"billing.price"};
    static const struct sweep sweep = {
        .found = found, .count = COUNT_OF(found), .unchecked = unchecked, .unchecked_count = 1};
    return (struct facts_run){.region = "eu",
                              .command = "apply",
                              .run_id = "0011",
                              .plan = plan,
                              .outcome = &outcome,
                              .recovered = &recovered,
                              .troubles = troubles,
                              .trouble_count = COUNT_OF(troubles),
                              .outputs = outputs,
                              .sweep = &sweep,
                              .took_ms = 12345,
                              .next = "landfall resume eu"};
}

static inline void facts_make_plugins(struct sample *s, struct facts_plugin out[2])
{
    static const struct lf_plugin plugin = {.abi_major = 1,
                                            .subsystem = "database",
                                            .name = "local",
                                            .version = "1.0.0",
                                            .doc = "databases as SQLite files",
                                            .contract_version = 1};
    static struct contract contract;
    static struct contract_call call;
    call = (struct contract_call){.facts = {.subsystem = "database",
                                            .name = "query",
                                            .doc = "runs one statement",
                                            .args = &sample_zone,
                                            .reply = &sample_record}};
    s->store.facts.doc = "one database";
    contract = (struct contract){
        .settings = &sample_zone, .types = &s->store, .type_count = 1, .calls = &call, .call_count = 1};
    out[0] =
        (struct facts_plugin){.path = "plugins/database-local.so", .plugin = &plugin, .contract = &contract};
    out[1] = (struct facts_plugin){.path = "plugins/dns-broken.so", .refusal = "it was built for ABI 2"};
}
