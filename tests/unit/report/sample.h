/* A sample plan, built by hand: small, and with one of everything a report has to show. */
#pragma once

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "landfall/plugin.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/expr.h"
#include "model/money.h"
#include "model/origins.h"
#include "model/value.h"
#include "plan/cost_table.h"
#include "plan/plan.h"
#include "plan/price.h"
#include "plugin/contract.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "store/store.h"

#define SAMPLE_ROOM 32

struct sample {
    struct arena *mem;
    struct origins origins;
    struct region region;
    struct decls decls;
    struct store_snapshot truth;
    struct graph graph;
    struct graph_node nodes[SAMPLE_ROOM];
    struct plan_step steps[SAMPLE_ROOM];
    struct decl declared[SAMPLE_ROOM];
    struct plan plan;
    struct driver dns, parent, database;
    struct contract_type zone, record, store;
};

static const struct schema_attr sample_zone_attrs[] = {
    {.name = "name",
     .kind = VALUE_TEXT,
     .flags = SCHEMA_REQUIRED | SCHEMA_FIXED | SCHEMA_KEY,
     .doc = "its name"},
    {.name = "nameservers",
     .kind = VALUE_LIST,
     .flags = SCHEMA_COMPUTED,
     .of_kind = VALUE_TEXT,
     .doc = "who answers"},
};
static const struct schema sample_zone = {1, sample_zone_attrs, COUNT_OF(sample_zone_attrs)};
static const struct schema_attr sample_record_attrs[] = {
    {.name = "name",
     .kind = VALUE_TEXT,
     .flags = SCHEMA_REQUIRED | SCHEMA_KEY,
     .doc = "relative to its zone"},
    {.name = "ttl", .kind = VALUE_INT, .flags = 0, .doc = "in seconds"},
    {.name = "type",
     .kind = VALUE_TEXT,
     .flags = SCHEMA_REQUIRED | SCHEMA_KEY | SCHEMA_FIXED,
     .doc = "A, NS, ..."},
    {.name = "values",
     .kind = VALUE_LIST,
     .flags = SCHEMA_REQUIRED,
     .of_kind = VALUE_TEXT,
     .doc = "all values"},
    {.name = "zone",
     .kind = VALUE_TEXT,
     .flags = SCHEMA_REQUIRED | SCHEMA_KEY | SCHEMA_FIXED,
     .doc = "id of its zone"},
};
static const struct schema sample_record = {1, sample_record_attrs, COUNT_OF(sample_record_attrs)};
static const struct schema_attr sample_store_attrs[] = {
    {.name = "name", .kind = VALUE_TEXT, .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .doc = "its name"},
    {.name = "password", .kind = VALUE_TEXT, .flags = SCHEMA_SECRET, .doc = "of the owner"},
    {.name = "replicas", .kind = VALUE_INT, .doc = "readable copies"},
    {.name = "size", .kind = VALUE_TEXT, .flags = SCHEMA_FIXED, .doc = "of one node"},
    {.name = "storage_gb", .kind = VALUE_INT, .doc = "in gigabytes"},
};
static const struct schema sample_store = {1, sample_store_attrs, COUNT_OF(sample_store_attrs)};

static inline const struct value *sample_t(struct sample *s, const char *text)
{
    return value_text(s->mem, text);
}

static inline const struct value *sample_ref(struct sample *s, const char *address, const char *path)
{
    struct expr *e = ARENA_NEW(s->mem, struct expr);
    *e = (struct expr){.op = EXPR_REF, .address = address, .path = path};
    return value_expr(s->mem, e);
}

#define SAMPLE_MAP(s, ...)                                                                                   \
    value_map((s)->mem, (struct pair[]){__VA_ARGS__}, COUNT_OF(((struct pair[]){__VA_ARGS__})))

/* Addresses must come in order: the graph is searched by them. */
static inline struct plan_step *sample_add(struct sample *s, const char *address, enum decl_kind kind,
                                           const char *stage, enum plan_action action, const char *reason)
{
    uint32_t i = s->plan.count++;
    struct decl *d = &s->declared[i];
    *d = (struct decl){.address = address,
                       .kind = kind,
                       .stage = stage,
                       .instance = "",
                       .file = "playbooks/saas.lua",
                       .line = 10 + i,
                       .version = 1};
    s->nodes[i] = (struct graph_node){.address = address, .decl = d};
    s->steps[i] = (struct plan_step){
        .address = address, .decl = d, .action = action, .reason = reason, .generation = 1, .targeted = true};
    s->graph.count = s->plan.count;
    s->plan.totals.by_action[action]++;
    return &s->steps[i];
}

static inline void sample_type(struct contract_type *t, const char *name, const struct schema *schema,
                               uint32_t traits)
{
    *t = (struct contract_type){.facts = {.subsystem = "x", .name = name, .schema = schema, .traits = traits},
                                .has_update = true};
}

static inline void sample_region(struct sample *s)
{
    static const struct region_shrink shrinks[] = {
        {.match = "services.databases.*.replicas",
         .why = "3 % of US traffic at launch",
         .grow_back = "replica lag above 5 s for a day",
         .hits = 4},
        {.match = "services.unused.*", .why = "matches and changes nothing", .hits = 0},
    };
    static const struct region_absent absents[] = {
        {.what = "services.queues.legacy-import",
         .why = "the importer was replaced",
         .owner = "data-platform",
         .revisit = "2027-03-01"},
        {.what = "services.search", .why = "few customers use it", .owner = "search"},
    };
    origins_init(&s->origins, s->mem);
    s->region = (struct region){.name = "eu",
                                .title = "Europe",
                                .place = "eu-west-1",
                                .from = "us",
                                .domain = "eu.acme.example",
                                .currency = "EUR",
                                .origins = &s->origins,
                                .shrinks = shrinks,
                                .shrink_count = COUNT_OF(shrinks),
                                .absents = absents,
                                .absent_count = COUNT_OF(absents)};
    s->region.budget =
        SAMPLE_MAP(s, {"monthly", value_int(s->mem, 42000)}, {"one_off", sample_t(s, "5000.00")});
}

static inline void sample_priced(struct plan_step *step, int64_t once, int64_t low, int64_t high)
{
    step->cost = (struct plan_cost){.priced = true,
                                    .once_low = once * MONEY_UNIT,
                                    .once_expected = once * MONEY_UNIT,
                                    .once_high = once * MONEY_UNIT,
                                    .month_low = low * MONEY_UNIT,
                                    .month_expected = (low + high) / 2 * MONEY_UNIT,
                                    .month_high = high * MONEY_UNIT};
}

static inline struct plan_step *sample_of(struct plan_step *step, const struct driver *driver,
                                          const struct contract_type *type, const struct value *desired)
{
    step->driver = driver;
    step->type = type;
    step->desired = step->promise = desired;
    return step;
}

static inline void sample_people(struct sample *s)
{
    struct plan_step *one =
        sample_add(s, "human.dpa-signed", DECL_HUMAN, "legal", PLAN_WAIT, "waits for a person");
    one->desired = SAMPLE_MAP(s, {"ask", sample_t(s, "Countersign the EU data processing agreement")});
    s->declared[s->plan.count - 1].meta.owner = "legal";
    s->declared[s->plan.count - 1].meta.blocks = "launch";
    one = sample_add(s, "todo.whatsapp", DECL_TODO, "legal", PLAN_TODO, "not written yet");
    s->declared[s->plan.count - 1].meta.owner = "channels";
    s->declared[s->plan.count - 1].meta.guess =
        SAMPLE_MAP(s, {"days", value_int(s->mem, 10)}, {"monthly", value_int(s->mem, 300)});
    price_by_guess(s->declared[s->plan.count - 1].meta.guess, NULL, &one->cost);
}

static inline void sample_actions(struct sample *s)
{
    static const char *const after[] = {"database.database.main"};
    struct plan_step *one =
        sample_add(s, "action.seed-reference-data", DECL_ACTION, "data", PLAN_RUN, "never ran");
    s->declared[s->plan.count - 1].meta.after = after;
    s->declared[s->plan.count - 1].meta.after_count = 1;
    one = sample_add(s, "check.login", DECL_CHECK, "data", PLAN_CHECK, "never ran");
    one->desired =
        SAMPLE_MAP(s, {"http", SAMPLE_MAP(s, {"url", sample_t(s, "https://app.eu.acme.example/healthz")},
                                          {"expect", value_int(s->mem, 200)})});
}

static inline void sample_databases(struct sample *s)
{
    static const struct secret password = {.source = "env:DB_PASSWORD", .digest = "d1"};
    uint32_t us = origins_add(&s->origins, (struct origin){.file = "regions/us.yaml",
                                                           .line = 20,
                                                           .column = 7,
                                                           .kind = ORIGIN_WRITTEN,
                                                           .value = sample_t(s, "db.m6g.large")});
    uint32_t small = origins_add(&s->origins, (struct origin){.file = "regions/eu.yaml",
                                                              .line = 12,
                                                              .column = 3,
                                                              .kind = ORIGIN_SHRUNK,
                                                              .from = us,
                                                              .why = "3 % of US traffic"});
    const struct value *attrs =
        SAMPLE_MAP(s, {"name", sample_t(s, "main")}, {"password", value_secret(s->mem, &password)},
                   {"replicas", value_int(s->mem, 1)},
                   {"size", value_at_origin(s->mem, sample_t(s, "db.t4g.medium"), small)},
                   {"storage_gb", value_int(s->mem, 200)});
    struct plan_step *one =
        sample_add(s, "database.database.main", DECL_RESOURCE, "data", PLAN_CREATE, "new");
    sample_priced(sample_of(one, &s->database, &s->store, attrs), 310, 212, 240);
    one = sample_add(s, "database.database.queue-ledger", DECL_RESOURCE, "data", PLAN_REPLACE,
                     "size: db.m6g.large -> db.t4g.small; storage_gb: 800 -> 100");
    struct schema_diff *diffs = ARENA_ARRAY(s->mem, struct schema_diff, 3);
    diffs[0] = (struct schema_diff){.path = "password", .secret = true};
    diffs[1] = (struct schema_diff){.path = "size",
                                    .before = sample_t(s, "db.m6g.large"),
                                    .after = sample_t(s, "db.t4g.small"),
                                    .fixed = true};
    diffs[2] = (struct schema_diff){
        .path = "storage_gb", .before = value_int(s->mem, 800), .after = value_int(s->mem, 100)};
    one->diffs = diffs;
    one->diff_count = 3;
    one->reason = "password (secret) changes; size: db.m6g.large -> db.t4g.small; storage_gb: 800 -> 100";
    sample_priced(sample_of(one, &s->database, &s->store, attrs), 0, 90, 90);
    one->by_word = true;
}

static inline void sample_names(struct sample *s)
{
    struct plan_step *one = sample_add(s, "dns.record.api", DECL_RESOURCE, "names", PLAN_CREATE, "new");
    s->declared[s->plan.count - 1].attrs =
        SAMPLE_MAP(s, {"name", sample_t(s, "api")}, {"type", sample_t(s, "CNAME")},
                   {"values", sample_ref(s, "database.database.main", "host")},
                   {"zone", sample_ref(s, "dns.zone.apex", "id")});
    sample_of(one, &s->dns, &s->record,
              SAMPLE_MAP(s, {"name", sample_t(s, "api")}, {"type", sample_t(s, "CNAME")},
                         {"values", value_unknown(VALUE_ANY)}, {"zone", value_unknown(VALUE_TEXT)}));
    one->cost.why_not = "dns-local does not estimate 'record'";
    one = sample_add(s, "dns.record.delegation", DECL_RESOURCE, "names", PLAN_UPDATE,
                     "values[0]: ns1.us.acme.example -> ns1.eu.acme.example");
    struct schema_diff *diff = ARENA_NEW(s->mem, struct schema_diff);
    *diff = (struct schema_diff){.path = "values[0]",
                                 .before = sample_t(s, "ns1.us.acme.example"),
                                 .after = sample_t(s, "ns1.eu.acme.example")};
    one->diffs = diff;
    one->diff_count = 1;
    one->shared = true;
    one->stored =
        SAMPLE_MAP(s, {"values", value_list(s->mem, (const struct value *[]){sample_t(s, "ns9")}, 1)});
    one->observed = SAMPLE_MAP(
        s, {"values", value_list(s->mem, (const struct value *[]){sample_t(s, "ns1.us.acme.example")}, 1)});
    s->declared[s->plan.count - 1].meta.owner = "dns-team";
    sample_of(one, &s->parent, &s->record, SAMPLE_MAP(s, {"name", sample_t(s, "eu")}));
    one->cost.why_not = "dns-local does not estimate 'record'";
    one = sample_add(s, "dns.record.old", DECL_RESOURCE, "names", PLAN_DESTROY, "no longer declared");
    one->decl = s->nodes[s->plan.count - 1].decl = NULL;
    one->id = "old.eu.acme.example/A";
    one->observed = SAMPLE_MAP(s, {"name", sample_t(s, "old")});
    one->type = &s->record;
    one = sample_add(s, "dns.zone.apex", DECL_RESOURCE, "names", PLAN_CREATE,
                     "it is gone: removed outside landfall");
    sample_of(one, &s->dns, &s->zone, SAMPLE_MAP(s, {"name", sample_t(s, "eu.acme.example")}));
    one->promise =
        SAMPLE_MAP(s, {"name", sample_t(s, "eu.acme.example")}, {"nameservers", value_unknown(VALUE_LIST)});
    one->cost.why_not = "dns-local does not estimate 'zone'";
    one = sample_add(s, "dns.zone.mail", DECL_RESOURCE, "names", PLAN_KEEP, "as declared");
    sample_of(one, &s->dns, &s->zone, SAMPLE_MAP(s, {"name", sample_t(s, "mail.acme.example")}));
    one->id = "mail.acme.example";
    sample_priced(one, 0, 1, 1);
    one = sample_add(s, "dns.zone.parent", DECL_EXISTING, "names", PLAN_LOOKUP, "looked up, never written");
    sample_of(one, &s->parent, &s->zone, SAMPLE_MAP(s, {"name", sample_t(s, "acme.example")}));
    one->id = "acme.example";
}

static inline void sample_sum(struct sample *s)
{
    struct plan_totals *t = &s->plan.totals;
    struct cost_table_sum sum = {0};
    for (uint32_t i = 0; i < s->plan.count; i++) {
        assert_true(cost_table_add(&sum, &s->steps[i]));
        t->shared += s->steps[i].shared;
    }
    t->cost = sum.cost;
    t->guess = sum.guess;
    t->priced = sum.priced;
    t->guessed = sum.guessed;
    t->priceable = sum.steps;
}

static inline void sample_make(struct sample *s, struct arena *mem)
{
    static const char *const stages[] = {"names", "data", "legal"};
    static const struct diag notes[] = {
        {.severity = DIAG_WARNING,
         .code = "dns.long_ttl",
         .address = "dns.record.api",
         .path = "ttl",
         .where = "playbooks/saas.lua:14",
         .summary = "a ttl of a week delays every later change",
         .advice = "lower it until the launch is over"},
    };
    static const struct store_op ops[] = {
        {.op_id = "0123456789abcdef0123456789abcdef",
         .address = "dns.zone.apex",
         .verb = LF_VERB_CREATE,
         .state = STORE_OP_HELD,
         .reason = "two objects carry the marker",
         .candidates = "[\"zone-2\",\"zone-7\"]"},
        {.op_id = "1123456789abcdef0123456789abcdef",
         .address = "dns.record.api",
         .verb = LF_VERB_UPDATE,
         .state = STORE_OP_DOUBT,
         .reason = "the connection was lost after sending"},
    };
    static const struct plan_move moves[] = {{"dns.zone.main", "dns.zone.apex"}};
    memset(s, 0, sizeof(*s));
    s->mem = mem;
    s->dns = (struct driver){.subsystem = "dns", .instance = "", .name = "local", .version = "1.0.0"};
    s->parent =
        (struct driver){.subsystem = "dns", .instance = "parent", .name = "route53", .version = "1.2.0"};
    s->database =
        (struct driver){.subsystem = "database", .instance = "", .name = "local", .version = "1.0.0"};
    sample_type(&s->zone, "zone", &sample_zone, 0);
    sample_type(&s->record, "record", &sample_record, 0);
    sample_type(&s->store, "database", &sample_store, CATALOG_HOLDS_DATA | CATALOG_OWN_TRANSPORT);
    sample_region(s);
    s->decls = (struct decls){.stages = stages, .stage_count = COUNT_OF(stages)};
    s->truth = (struct store_snapshot){.exists = true,
                                       .lineage = "00112233445566778899aabbccddeeff",
                                       .serial = 7,
                                       .ops = ops,
                                       .op_count = COUNT_OF(ops)};
    s->graph.nodes = s->nodes;
    s->plan = (struct plan){.region = &s->region,
                            .decls = &s->decls,
                            .truth = &s->truth,
                            .graph = &s->graph,
                            .steps = s->steps,
                            .moves = moves,
                            .move_count = COUNT_OF(moves),
                            .lineage = s->truth.lineage,
                            .digest = "7f3a00c2",
                            .playbook = "playbooks/saas.lua",
                            .notes = notes,
                            .note_count = COUNT_OF(notes)};
    sample_actions(s);
    sample_databases(s);
    sample_names(s);
    sample_people(s);
    sample_sum(s);
    s->plan.outputs = SAMPLE_MAP(s, {"app_url", sample_t(s, "https://app.eu.acme.example")},
                                 {"zone_id", value_unknown(VALUE_TEXT)});
}
