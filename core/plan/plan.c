#include "plan/plan.h"

#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include "io/loop.h"
#include "model/diag.h"
#include "model/path.h"
#include "model/value.h"
#include "plan/planner.h"
#include "plan/policy.h"
#include "plan/preflight.h"
#include "plugin/host.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "store/store.h"

#define PARALLEL 256

const char *plan_action_name(enum plan_action a)
{
    static const char *const names[] = {
        [PLAN_KEEP] = "keep",       [PLAN_UPDATE] = "update",   [PLAN_CREATE] = "create",
        [PLAN_REPLACE] = "replace", [PLAN_DESTROY] = "destroy", [PLAN_LOOKUP] = "lookup",
        [PLAN_RUN] = "run",         [PLAN_CHECK] = "check",     [PLAN_WAIT] = "wait",
        [PLAN_TODO] = "todo",       [PLAN_FORGET] = "forget",
    };
    return (size_t)a < COUNT_OF(names) && names[a] ? names[a] : "none";
}

const char *plan_level_name(enum plan_level l)
{
    static const char *const names[] = {
        [PLAN_ADVISORY] = "advisory", [PLAN_MUST] = "must", [PLAN_MUST_WITH_WAIVER] = "must_with_waiver"};
    return (size_t)l < COUNT_OF(names) && names[l] ? names[l] : "none";
}

const char *plan_verdict_name(enum plan_verdict v)
{
    static const char *const names[] = {[PLAN_BROKEN] = "broken",
                                        [PLAN_CANNOT_TELL] = "cannot_tell",
                                        [PLAN_WAIVED] = "waived",
                                        [PLAN_AT_APPLY] = "at_apply"};
    return (size_t)v < COUNT_OF(names) && names[v] ? names[v] : "none";
}

_Static_assert(offsetof(struct plan_step, address) == 0, "it is looked up by what it begins with");

uint32_t plan_find(const struct plan *p, const char *address)
{
    size_t i = str_find_sorted(address, p->steps, p->count, sizeof(*p->steps));
    return i < p->count ? (uint32_t)i : UINT32_MAX;
}

bool plan_knows(const struct plan_step *s, const char *path)
{
    bool is_there = s->action == PLAN_KEEP || s->action == PLAN_UPDATE || s->action == PLAN_LOOKUP;
    if (s->action == PLAN_KEEP || (is_there && s->id && strcmp(path, "id") == 0))
        return true;
    const struct value *known = value_get(s->promise, path);
    return known && !value_has_unknown(known);
}

bool plan_stands_beside(const struct plan_step *s, const struct value *desired)
{
    const struct schema *schema = s->type->facts.schema;
    bool any = false;
    for (size_t k = 0; k < schema->count; k++) {
        const char *name = schema->attrs[k].name;
        if (!(schema->attrs[k].flags & SCHEMA_KEY))
            continue;
        any = true;
        if (!value_equal(value_get(desired, name), value_get(s->observed, name)))
            return true;
    }
    return !any;
}

/* What a reference is worth so far: *out NULL means later. */
static bool find_reference(void *user, const struct expr *ref, const struct value **out, struct err *err)
{
    (void)err;
    struct planner *p = user;
    uint32_t i = plan_find(p->plan, ref->address);
    *out = NULL;
    if (i == UINT32_MAX)
        return true; /* reported by the graph */
    const struct plan_step *s = &p->plan->steps[i];
    bool is_there = s->action == PLAN_KEEP || s->action == PLAN_UPDATE || s->action == PLAN_LOOKUP;
    if (strcmp(ref->path, "id") == 0) {
        if (is_there && s->id && !p->ids[i])
            p->ids[i] = value_text_borrow(p->mem, s->id, strlen(s->id));
        if (is_there)
            *out = p->ids[i];
        return true;
    }
    const struct value *known = s->action == PLAN_LOOKUP || s->decl->kind != DECL_RESOURCE
                                    ? (is_there ? s->observed : NULL)
                                    : s->promise;
    if (!known)
        return true;
    const struct value *found = value_get(known, ref->path);
    if (!found)
        found = path_get_text(p->mem, known, ref->path);
    *out = found ? found : value_null();
    return true;
}

static bool call_script(void *user, uint32_t fn, const struct value *arg, struct arena *mem,
                        const struct value **out, struct err *err)
{
    const struct planner *p = user;
    return p->ask->call(p->ask->call_user, fn, arg, mem, out, err);
}

static void make_steps(struct planner *p)
{
    struct plan *plan = p->plan;
    plan->count = plan->graph->count;
    plan->steps = ARENA_ARRAY(p->mem, struct plan_step, plan->count + 1);
    p->ids = ARENA_ARRAY(p->mem, const struct value *, plan->count + 1);
    for (uint32_t i = 0; i < plan->count; i++) {
        struct plan_step *s = &plan->steps[i];
        s->address = plan->graph->nodes[i].address;
        s->decl = plan->graph->nodes[i].decl;
        s->targeted = true;
        s->generation = 1;
    }
}

static void attach_rows(struct planner *p)
{
    struct plan *plan = p->plan;
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct graph_node *node = &plan->graph->nodes[i];
        struct plan_step *s = &plan->steps[i];
        for (uint32_t r = node->res_first; r < node->res_first + node->res_count; r++) {
            const struct store_res *row = &plan->truth->res[r];
            const struct refresh_row *seen = &p->rows[r];
            s->generation = row->generation + 1;
            if (row->deposed) {
                s->deposed_left++;
                continue;
            }
            s->row = row;
            s->generation = row->generation;
            s->stored = seen->stored;
            s->observed = seen->status == LF_END_GONE ? NULL : seen->state;
            s->gone = seen->status == LF_END_GONE;
            s->damaged = row->damaged || seen->damaged;
            s->id = s->gone ? NULL : seen->id;
            s->observed_marker = s->gone ? NULL : seen->marker;
            s->memo = s->gone ? NULL : seen->memo;
        }
    }
    for (size_t k = 0; k < plan->truth->op_count; k++) {
        uint32_t i = plan_find(plan, plan->truth->ops[k].address);
        if (i != UINT32_MAX)
            plan->steps[i].pending = &plan->truth->ops[k];
    }
}

/* Every step once, each after all it needs; the loop runs only while a driver is being asked. */
static void decide_all(struct planner *p)
{
    const struct graph *g = p->plan->graph;
    p->waiting = ARENA_ARRAY(p->mem, uint32_t, g->count + 1);
    p->ready = ARENA_ARRAY(p->mem, uint32_t, g->count + 1);
    for (uint32_t i = 0; i < g->count; i++)
        p->waiting[i] = g->needs_at[i + 1] - g->needs_at[i];
    for (uint32_t k = 0; k < g->count; k++) {
        if (p->waiting[g->sorted[k]] == 0)
            p->ready[p->ready_count++] = g->sorted[k];
    }
    while (p->ready_next < p->ready_count || p->in_flight > 0) {
        while (p->ready_next < p->ready_count && p->in_flight < p->parallel)
            decide_step(p, p->ready[p->ready_next++]);
        if (p->in_flight > 0)
            loop_run(p->ask->loop);
    }
}

static void count_totals(struct plan *plan)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct plan_step *s = &plan->steps[i];
        if (!s->targeted)
            continue;
        plan->totals.by_action[s->action]++;
        bool changes = s->action == PLAN_UPDATE || s->action == PLAN_CREATE || s->action == PLAN_REPLACE ||
                       s->action == PLAN_DESTROY;
        plan->totals.shared += s->shared && changes;
        plan->totals.conflicts += plan_is_conflict(s);
    }
}

static bool eval_outputs(struct planner *p, struct err *err)
{
    if (!p->plan->decls->outputs || p->diags->errors > 0)
        return true;
    if (!expr_eval(p->mem, p->plan->decls->outputs, &p->world, &p->plan->outputs, err))
        return err_wrap(err, "working out the outputs");
    return true;
}

static void mint_lineage(struct planner *p)
{
    if (p->plan->truth->exists) {
        p->plan->lineage = p->plan->truth->lineage;
        return;
    }
    char hex[33];
    digest_random_hex(16, hex);
    p->plan->lineage = arena_text(p->mem, hex);
}

static bool is_of(const struct driver *d, const char *subsystem, const char *instance)
{
    return str_equal(subsystem, d->subsystem) && str_equal(instance, d->instance);
}

/* A resource is its driver's, a check asks one; what an action will call only its run tells. */
static bool uses_driver(const struct decl *decl, const struct driver *d)
{
    if (decl->subsystem)
        return is_of(d, decl->subsystem, decl->instance);
    const struct value *call = decl->kind == DECL_CHECK ? value_get(decl->attrs, "call") : NULL;
    return call && is_of(d, value_get_text(call, "subsystem", ""), value_get_text(call, "instance", ""));
}

/* The drivers that a chosen step needs, or was built with. */
static bool is_needed(const struct planner *p, const struct driver *d)
{
    const struct plan *plan = p->plan;
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct graph_node *node = &plan->graph->nodes[i];
        if (!plan->steps[i].targeted)
            continue;
        if (node->decl && uses_driver(node->decl, d))
            return true;
        for (uint32_t r = node->res_first; r < node->res_first + node->res_count; r++) {
            if (is_of(d, plan->truth->res[r].subsystem, plan->truth->res[r].instance))
                return true;
        }
    }
    return false;
}

static bool look_ahead(struct planner *p, struct err *err)
{
    size_t all, count = 0;
    const struct driver *const *drivers = registry_drivers(p->ask->registry, &all);
    const struct driver **needed = ARENA_ARRAY(p->mem, const struct driver *, all + 1);
    for (size_t i = 0; i < all && !p->ask->no_refresh; i++) {
        if (is_needed(p, drivers[i]))
            needed[count++] = drivers[i];
    }
    struct preflight_ask ask = {.loop = p->ask->loop, .drivers = needed, .count = count};
    preflight_run(p->mem, &ask, p->diags);
    return diag_ok(p->diags, err);
}

static bool read_truth(struct planner *p, struct err *err)
{
    struct refresh_ask reads = {.loop = p->ask->loop,
                                .registry = p->ask->registry,
                                .truth = p->plan->truth,
                                .parallel = p->parallel,
                                .no_refresh = p->ask->no_refresh,
                                .held = p->ask->held};
    struct refresh_row *rows;
    if (!refresh_run(p->mem, &reads, &rows, p->diags, err))
        return err_wrap(err, "reading what is there");
    p->rows = rows;
    return true;
}

/* A driver behind the gate may still have had a command run on its word alone, in any verb of this plan. */
static void mark_words(struct plan *plan)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        struct plan_step *s = &plan->steps[i];
        s->by_word = s->by_word || (s->driver && host_took_word(s->driver->host, s->driver));
    }
}

/* Last of all, since rules may ask about anything. */
static bool judge(struct planner *p, struct err *err)
{
    struct plan *plan = p->plan;
    struct policy_ask ask = {
        .plan = plan, .waivers = p->ask->waivers, .now_ms = p->ask->wall_ms, .all = true};
    size_t rules;
    const struct policy_rule *at;
    plan->waivers = p->ask->waivers;
    plan->judged_ms = p->ask->wall_ms;
    if (!p->ask->policy)
        return true;
    at = policy_rules(p->ask->policy, &rules);
    for (size_t i = 0; i < rules && !plan->refresh_only; i++)
        plan->rules += !plan->destroy || at[i].actions != 0;
    return policy_judge(p->mem, p->ask->policy, &ask, &plan->findings, &plan->finding_count, p->diags, err);
}

static bool make(struct planner *p, struct err *err)
{
    struct plan *plan = p->plan;
    if (!moves_apply(p, err))
        return false;
    if (!graph_build(p->mem, p->ask->decls, plan->truth, &plan->graph, p->diags))
        return diag_ok(p->diags, err);
    make_steps(p);
    if (!select_targets(p, err) || !look_ahead(p, err) || !read_truth(p, err))
        return false;
    attach_rows(p);
    mint_lineage(p);
    decide_all(p);
    rules_check(p);
    if (!eval_outputs(p, err))
        return false;
    if (p->diags->errors > 0)
        return diag_ok(p->diags, err);
    names_look(p);
    cost_estimate(p);
    if (p->diags->errors > 0)
        return diag_ok(p->diags, err);
    mark_words(plan);
    count_totals(plan);
    if (!spend_of_plan(plan, &p->spend, err) || !judge(p, err))
        return false;
    plan->notes = p->diags->at;
    plan->note_count = p->diags->count;
    body_write(p);
    return true;
}

bool plan_make(struct arena *mem, const struct plan_ask *ask, struct plan **out, struct diags *diags,
               struct err *err)
{
    struct plan *plan = ARENA_NEW(mem, struct plan);
    *plan = (struct plan){.region = ask->region,
                          .others = ask->others,
                          .decls = ask->decls,
                          .truth = ask->truth,
                          .playbook = ask->playbook,
                          .refresh_only = ask->refresh_only,
                          .destroy = ask->destroy};
    struct planner p = {.mem = mem,
                        .ask = ask,
                        .plan = plan,
                        .diags = diags,
                        .parallel = ask->parallel ? ask->parallel : PARALLEL,
                        .scratch = arena_new(),
                        .world = {.find = find_reference, .call = call_script}};
    p.world.user = &p;
    bool ok = make(&p, err);
    arena_free(p.scratch);
    if (ok)
        *out = plan;
    return ok;
}

bool plan_may_replace(const struct plan_step *s)
{
    return s->action == PLAN_UPDATE && s->may_replace;
}

bool plan_is_conflict(const struct plan_step *s)
{
    return s->taken && !s->taken->ours;
}

bool plan_loses_data(const struct plan_step *s)
{
    bool goes =
        s->action == PLAN_DESTROY || s->action == PLAN_REPLACE || plan_may_replace(s) || s->deposed_left > 0;
    return goes && s->targeted && s->type && (s->type->facts.traits & CATALOG_HOLDS_DATA) != 0;
}

size_t plan_broken_rules(const struct plan *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->finding_count; i++)
        n += p->findings[i].blocks;
    return n;
}

bool plan_has_changes(const struct plan *p)
{
    const uint32_t *n = p->totals.by_action;
    if (p->move_count > 0)
        return true;
    for (uint32_t i = 0; i < p->count; i++) {
        if (p->steps[i].deposed_left > 0 && p->steps[i].targeted)
            return true;
    }
    return n[PLAN_UPDATE] + n[PLAN_CREATE] + n[PLAN_REPLACE] + n[PLAN_DESTROY] + n[PLAN_RUN] + n[PLAN_CHECK] +
               n[PLAN_FORGET] >
           0;
}

const uint32_t *plan_order(struct arena *mem, const struct plan *p)
{
    /* Stages number a few dozen: counting sort by stage keeps the order by address inside each. */
    size_t stages = p->decls->stage_count + 2;
    uint32_t *start = ARENA_ARRAY(mem, uint32_t, stages + 1);
    uint32_t *stage_of = ARENA_ARRAY(mem, uint32_t, p->count + 1);
    uint32_t *order = ARENA_ARRAY(mem, uint32_t, p->count + 1);
    const char *last = NULL;
    uint32_t last_stage = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct decl *d = p->steps[i].decl;
        uint32_t stage = d ? 0 : (uint32_t)stages - 1;
        if (d && d->stage == last) {
            stage = last_stage;
        } else if (d && d->stage[0]) {
            for (uint32_t k = 0; k < p->decls->stage_count && stage == 0; k++)
                stage = strcmp(p->decls->stages[k], d->stage) == 0 ? k + 1 : 0;
        }
        last = d ? d->stage : NULL;
        last_stage = stage;
        stage_of[i] = stage;
        start[stage + 1]++;
    }
    for (size_t k = 1; k <= stages; k++)
        start[k] += start[k - 1];
    for (uint32_t i = 0; i < p->count; i++)
        order[start[stage_of[i]]++] = i;
    return order;
}
