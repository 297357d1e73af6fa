/* The big plan: as many steps as asked for, built in memory the way a first plan of a large region looks, for
 * measuring what is done over finished plans.  Groups of ten: a database that two records, two queues and
 * four users need, and an action after them; every tenth group begins with a person's step that the group
 * waits for, every twentieth ends in a todo.  Groups are chained in threes, so that paths are long, too.
 * Nothing of it comes from a driver; no cost is filled in. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "landfall/plugin.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/origins.h"
#include "model/schema.h"
#include "model/value.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "plugin/contract.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "store/store.h"

#define BIG_PLAN_GROUP 10
#define BIG_PLAN_CHAIN 3 /* groups one after the other */

struct big_plan {
    struct arena *mem;
    struct origins origins;
    struct region region;
    struct decls decls;
    struct store_snapshot truth;
    struct diags diags;
    struct driver driver[3]; /* database, dns, queue */
    struct contract_type type[4];
    struct plan plan;
};

/* One step of a group: {subsystem, type} of a resource, or a kind alone. */
struct big_plan_slot {
    const char *name; /* of the step, behind the group's number */
    const char *subsystem, *type, *stage, *owner;
    enum decl_kind kind;
    uint32_t driver, of_type; /* indexes above */
    bool needs_database;
};

static const struct big_plan_slot big_plan_slots[BIG_PLAN_GROUP] = {
    {"main", "database", "database", "data", "data-platform", DECL_RESOURCE, 0, 0, false},
    {"read", "database", "user", "data", "data-platform", DECL_RESOURCE, 0, 1, true},
    {"write", "database", "user", "data", "data-platform", DECL_RESOURCE, 0, 1, true},
    {"admin", "database", "user", "data", "security", DECL_RESOURCE, 0, 1, true},
    {"audit", "database", "user", "data", "security", DECL_RESOURCE, 0, 1, true},
    {"db", "dns", "record", "names", "dns-team", DECL_RESOURCE, 1, 2, true},
    {"app", "dns", "record", "names", "dns-team", DECL_RESOURCE, 1, 2, true},
    {"in", "queue", "queue", "messages", NULL, DECL_RESOURCE, 2, 3, true},
    {"out", "queue", "queue", "messages", NULL, DECL_RESOURCE, 2, 3, true},
    {"seed", NULL, NULL, "contents", "data-platform", DECL_ACTION, 0, 0, true},
};
static const struct big_plan_slot big_plan_human = {"signed",   NULL, NULL, "people", "legal",
                                                    DECL_HUMAN, 0,    0,    false};
static const struct big_plan_slot big_plan_todo = {"later",   NULL, NULL, "people", "channels",
                                                   DECL_TODO, 0,    0,    false};

static inline const char *big_plan_address(struct big_plan *b, const struct big_plan_slot *slot,
                                           uint32_t group)
{
    static const char *const kinds[] = {
        [DECL_ACTION] = "action", [DECL_HUMAN] = "human", [DECL_TODO] = "todo"};
    if (slot->subsystem)
        return arena_print(b->mem, "%s.%s.g%06u-%s", slot->subsystem, slot->type, group, slot->name);
    return arena_print(b->mem, "%s.g%06u-%s", kinds[slot->kind], group, slot->name);
}

static inline void big_plan_types(struct big_plan *b)
{
    static const struct schema_attr attrs[] = {
        {.name = "encrypted", .kind = VALUE_BOOL},
        {.name = "name", .kind = VALUE_TEXT, .flags = SCHEMA_REQUIRED | SCHEMA_KEY},
        {.name = "place", .kind = VALUE_TEXT},
        {.name = "size", .kind = VALUE_INT},
    };
    static const struct schema schema = {1, attrs, COUNT_OF(attrs)};
    static const char *const drivers[] = {"database", "dns", "queue"};
    static const struct {
        const char *subsystem, *name;
        uint32_t traits;
    } types[] = {{"database", "database", CATALOG_HOLDS_DATA},
                 {"database", "user", 0},
                 {"dns", "record", 0},
                 {"queue", "queue", CATALOG_HOLDS_DATA}};
    for (size_t k = 0; k < COUNT_OF(types); k++)
        b->type[k] = (struct contract_type){.facts = {.subsystem = types[k].subsystem,
                                                      .name = types[k].name,
                                                      .schema = &schema,
                                                      .traits = types[k].traits},
                                            .has_update = true,
                                            .has_estimate = true};
    for (size_t k = 0; k < COUNT_OF(drivers); k++)
        b->driver[k] = (struct driver){.subsystem = drivers[k],
                                       .instance = "",
                                       .name = "local",
                                       .version = "1.0.0",
                                       .contract_version = 1};
}

static inline void big_plan_region(struct big_plan *b)
{
    origins_init(&b->origins, b->mem);
    b->region = (struct region){.name = "eu",
                                .title = "Europe",
                                .jurisdiction = "EU",
                                .from = "us",
                                .place = "eu-west-1",
                                .domain = "eu.acme.example",
                                .parent_domain = "acme.example",
                                .currency = "EUR",
                                .timezone = "Europe/Dublin",
                                .origins = &b->origins};
    const struct pair budget[] = {{"monthly", value_int(b->mem, 4000000)},
                                  {"one_off", value_int(b->mem, 500000)}};
    const struct value *places[] = {value_text(b->mem, "eu-west-1"), value_text(b->mem, "eu-central-1")};
    const struct pair residency[] = {{"customer", value_list(b->mem, places, COUNT_OF(places))}};
    b->region.budget = value_map(b->mem, budget, COUNT_OF(budget));
    b->region.residency = value_map(b->mem, residency, COUNT_OF(residency));
}

static inline const struct value *big_plan_attrs(struct big_plan *b, const char *name, uint32_t group)
{
    const struct pair pairs[] = {{"encrypted", value_bool(group % 50 != 0)},
                                 {"name", value_text(b->mem, name)},
                                 {"place", value_text(b->mem, group % 3 ? "eu-west-1" : "eu-central-1")},
                                 {"size", value_int(b->mem, 1 + group % 64)}};
    return value_map(b->mem, pairs, COUNT_OF(pairs));
}

/* A group's database waits for the action of the group before in its chain, everything else for its database;
 * the action comes after all of them, a person's step before the database. */
static inline void big_plan_after(struct big_plan *b, struct decl *d, const struct big_plan_slot *slot,
                                  uint32_t group)
{
    const char **after = ARENA_ARRAY(b->mem, const char *, BIG_PLAN_GROUP);
    size_t count = 0;
    if (slot == &big_plan_slots[0] && group % BIG_PLAN_CHAIN != 0)
        after[count++] = big_plan_address(b, &big_plan_slots[BIG_PLAN_GROUP - 1], group - 1);
    if (slot == &big_plan_slots[0] && group % 10 == 0)
        after[count++] = big_plan_address(b, &big_plan_human, group);
    for (size_t k = 0; slot->kind == DECL_ACTION && k + 1 < BIG_PLAN_GROUP; k++)
        after[count++] = big_plan_address(b, &big_plan_slots[k], group);
    if (slot->needs_database && slot->kind != DECL_ACTION)
        after[count++] = big_plan_address(b, &big_plan_slots[0], group);
    d->meta.after = after;
    d->meta.after_count = count;
}

static inline void big_plan_declare(struct big_plan *b, struct decl *at, const struct big_plan_slot *slot,
                                    uint32_t group)
{
    static const char *const holds[] = {"customer"};
    const struct pair guess[] = {{"days", value_int(b->mem, 5)}, {"monthly", value_int(b->mem, 100)}};
    const char *address = big_plan_address(b, slot, group);
    *at = (struct decl){.address = address,
                        .kind = slot->kind,
                        .subsystem = slot->subsystem,
                        .type = slot->type,
                        .name = strrchr(address, '.') + 1,
                        .instance = "",
                        .stage = slot->stage,
                        .file = "playbooks/big.lua",
                        .line = 1 + (uint32_t)(slot - big_plan_slots) % 100,
                        .version = 1};
    at->attrs = big_plan_attrs(b, at->name, group);
    at->meta.owner = slot->owner;
    at->meta.blocks = group % 20 == 0 || slot->kind == DECL_HUMAN ? "launch" : NULL;
    if (slot == &big_plan_slots[0]) {
        at->meta.holds = holds;
        at->meta.holds_count = COUNT_OF(holds);
        at->meta.protect = group % 40 != 0;
    }
    if (slot->kind == DECL_TODO)
        at->meta.guess = value_map(b->mem, guess, COUNT_OF(guess));
    big_plan_after(b, at, slot, group);
}

static inline int big_plan_by_address(const void *a, const void *b)
{
    return strcmp(((const struct decl *)a)->address, ((const struct decl *)b)->address);
}

static inline void big_plan_decls(struct big_plan *b, uint32_t count)
{
    static const char *const stages[] = {"names", "data", "messages", "contents", "people"};
    struct decl *at = ARENA_ARRAY(b->mem, struct decl, count);
    uint32_t n = 0;
    for (uint32_t group = 0; n < count; group++) {
        if (group % 10 == 0 && n < count)
            big_plan_declare(b, &at[n++], &big_plan_human, group);
        for (size_t k = 0; k < BIG_PLAN_GROUP && n < count; k++)
            big_plan_declare(b, &at[n++], &big_plan_slots[k], group);
        if (group % 20 == 19 && n < count)
            big_plan_declare(b, &at[n++], &big_plan_todo, group);
    }
    qsort(at, count, sizeof(*at), big_plan_by_address);
    b->decls = (struct decls){.at = at, .count = count, .stages = stages, .stage_count = COUNT_OF(stages)};
}

static inline void big_plan_step(struct big_plan *b, struct plan_step *s, const struct decl *d)
{
    static const enum plan_action actions[] = {[DECL_RESOURCE] = PLAN_CREATE,
                                               [DECL_ACTION] = PLAN_RUN,
                                               [DECL_HUMAN] = PLAN_WAIT,
                                               [DECL_TODO] = PLAN_TODO};
    *s = (struct plan_step){.address = d->address,
                            .decl = d,
                            .action = actions[d->kind],
                            .reason = "new",
                            .desired = d->attrs,
                            .promise = d->attrs,
                            .generation = 1,
                            .targeted = true};
    for (size_t k = 0; k < BIG_PLAN_GROUP && d->kind == DECL_RESOURCE; k++) {
        const struct big_plan_slot *slot = &big_plan_slots[k];
        if (strcmp(slot->subsystem, d->subsystem) != 0 || strcmp(slot->type, d->type) != 0)
            continue;
        s->driver = &b->driver[slot->driver];
        s->type = &b->type[slot->of_type];
        break;
    }
}

/* False, with the findings in `diags`, when its own declarations do not fit together. */
static inline bool big_plan_make(struct big_plan *b, struct arena *mem, uint32_t count)
{
    *b = (struct big_plan){.mem = mem};
    big_plan_types(b);
    big_plan_region(b);
    big_plan_decls(b, count);
    diag_init(&b->diags, mem);
    b->plan = (struct plan){
        .region = &b->region, .decls = &b->decls, .truth = &b->truth, .playbook = "playbooks/big.lua"};
    if (!graph_build(mem, &b->decls, &b->truth, &b->plan.graph, &b->diags))
        return false;
    b->plan.count = b->plan.graph->count;
    b->plan.steps = ARENA_ARRAY(mem, struct plan_step, b->plan.count);
    for (uint32_t i = 0; i < b->plan.count; i++) {
        big_plan_step(b, &b->plan.steps[i], b->plan.graph->nodes[i].decl);
        b->plan.totals.by_action[b->plan.steps[i].action]++;
    }
    return true;
}
