#include "launch/milestone.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "base/map.h"
#include "model/value.h"
#include "plan/plan.h"
#include "region/region.h"

static const char *blocked_by(const struct plan_step *s)
{
    return s->decl->meta.blocks ? s->decl->meta.blocks : MILESTONE_LAUNCH;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct milestone *)a)->name, ((const struct milestone *)b)->name);
}

static const struct value *targets_of(const struct plan *plan)
{
    return value_get(plan->region->launch, "milestones");
}

static const char *target_of(const struct plan *plan, const char *name)
{
    if (strcmp(name, MILESTONE_LAUNCH) == 0)
        return value_get_text(plan->region->launch, "target", NULL);
    return value_get_text(targets_of(plan), name, NULL);
}

/* Those that steps name, and those that only have a date: one without steps is reached, and worth a line. */
static void collect(struct arena *mem, const struct plan *plan, struct milestones *out)
{
    struct map *names = map_new();
    map_put(names, MILESTONE_LAUNCH, names);
    for (uint32_t i = 0; i < plan->count; i++) {
        if (plan->steps[i].decl)
            map_put(names, blocked_by(&plan->steps[i]), names);
    }
    const struct value *targets = targets_of(plan);
    for (size_t k = 0; value_kind(targets) == VALUE_MAP && k < targets->count; k++)
        map_put(names, targets->pairs[k].key, names);
    struct milestone *at = ARENA_ARRAY(mem, struct milestone, map_count(names));
    const char *name;
    void *unused;
    for (size_t pos = 0; map_next(names, &pos, &name, &unused);)
        at[out->count++] = (struct milestone){name, target_of(plan, name)};
    map_free(names);
    qsort(at + 1, out->count - 1, sizeof(*at), by_name);
    out->at = at;
}

uint32_t milestone_find(const struct milestones *m, const char *name)
{
    for (uint32_t k = 0; k < m->count; k++) {
        if (strcmp(m->at[k].name, name) == 0)
            return k;
    }
    return UINT32_MAX;
}

/* Milestones are few, and most steps name the same one as the step before. */
static void assign(struct arena *mem, const struct plan *plan, struct milestones *out)
{
    uint32_t *of = ARENA_ARRAY(mem, uint32_t, plan->count + 1);
    struct map *by = map_new();
    for (uint32_t k = 0; k < out->count; k++)
        map_put(by, out->at[k].name, (void *)(uintptr_t)(k + 1));
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct plan_step *s = &plan->steps[i];
        of[i] = s->decl ? (uint32_t)(uintptr_t)map_find(by, blocked_by(s)) - 1 : MILESTONE_NONE;
    }
    map_free(by);
    const struct value *list = value_get(plan->region->launch, "can_follow");
    ARRAY(const char *) strays = {0};
    for (size_t k = 0; value_kind(list) == VALUE_LIST && k < list->count; k++) {
        const char *address = value_as_text(list->items[k]);
        uint32_t i = address ? plan_find(plan, address) : UINT32_MAX;
        if (i == UINT32_MAX)
            ARRAY_PUSH(&strays, address);
        else if (of[i] == 0)
            of[i] = MILESTONE_NONE;
    }
    out->of = of;
    out->strays = ARRAY_KEEP(&strays, mem);
    out->stray_count = strays.count;
    ARRAY_DONE(&strays);
}

bool milestone_read(struct arena *mem, const struct plan *plan, struct milestones *out, struct err *err)
{
    struct milestones made = {0};
    collect(mem, plan, &made);
    if (made.count > MILESTONE_MOST) {
        err_set(err, "launch.milestones", "there are %u milestones, %d are the limit", made.count,
                MILESTONE_MOST);
        return err_advise(err, "a milestone is for many steps: group them under fewer names in step.blocks");
    }
    assign(mem, plan, &made);
    *out = made;
    return true;
}

uint32_t *milestone_waits(struct arena *mem, const struct plan *plan, const struct milestones *m,
                          const bool *removed)
{
    const struct graph *g = plan->graph;
    uint32_t *waits = ARENA_ARRAY(mem, uint32_t, plan->count + 1);
    for (uint32_t k = g->count; k-- > 0;) {
        uint32_t i = g->sorted[k];
        if (removed && removed[i]) {
            waits[i] = 0;
            continue;
        }
        if (m->of[i] != MILESTONE_NONE)
            waits[i] |= UINT32_C(1) << m->of[i];
        for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++)
            waits[g->needs[e]] |= waits[i];
    }
    return waits;
}
