#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "plan/planner.h"

/* "dns.zone.apex" and "dns" and "dns.zone" select dns.zone.apex; "dns.zone.a" does not. */
static bool matches(const char *address, const char *wanted)
{
    size_t n = strlen(wanted);
    return strncmp(address, wanted, n) == 0 && (address[n] == '\0' || address[n] == '.');
}

static bool no_match(const struct planner *p, const char *option, const char *wanted, struct err *err)
{
    const struct plan *plan = p->plan;
    const char **names = ARENA_ARRAY(p->mem, const char *, plan->count + 1);
    for (uint32_t i = 0; i < plan->count; i++)
        names[i] = plan->steps[i].address;
    const char *near = str_nearest(wanted, names, plan->count);
    if (p->ask->adopting)
        err_set(err, "plan.no_target", "there is no step '%s' in the playbook", wanted);
    else
        err_set(err, "plan.no_target", "%s '%s' selects no step", option, wanted);
    return near ? err_advise(err, "did you mean '%s'?", near)
                : err_advise(err, "give an address (dns.zone.apex) or its first parts (dns.zone); `landfall "
                                  "graph` lists them");
}

/* A target needs all it is built on; marks walk the edges once. */
static void mark_needs(struct planner *p, uint32_t *stack, uint32_t depth)
{
    const struct graph *g = p->plan->graph;
    while (depth > 0) {
        uint32_t i = stack[--depth];
        for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++) {
            struct plan_step *need = &p->plan->steps[g->needs[e]];
            if (need->targeted)
                continue;
            need->targeted = true;
            stack[depth++] = g->needs[e];
        }
    }
}

bool select_targets(struct planner *p, struct err *err)
{
    struct plan *plan = p->plan;
    for (size_t r = 0; r < p->ask->replace_count; r++) {
        if (plan_find(plan, p->ask->replaces[r]) == UINT32_MAX)
            return no_match(p, "--replace", p->ask->replaces[r], err);
    }
    if (p->ask->target_count == 0)
        return true;
    uint32_t *stack = ARENA_ARRAY(p->mem, uint32_t, plan->count + 1), depth = 0;
    for (uint32_t i = 0; i < plan->count; i++)
        plan->steps[i].targeted = false;
    for (size_t t = 0; t < p->ask->target_count; t++) {
        bool any = false;
        for (uint32_t i = 0; i < plan->count; i++) {
            if (!matches(plan->steps[i].address, p->ask->targets[t]))
                continue;
            any = true;
            if (!plan->steps[i].targeted)
                stack[depth++] = i;
            plan->steps[i].targeted = true;
        }
        if (!any)
            return no_match(p, "--target", p->ask->targets[t], err);
    }
    mark_needs(p, stack, depth);
    return true;
}

bool select_is_replaced(const struct planner *p, uint32_t i)
{
    for (size_t r = 0; r < p->ask->replace_count; r++) {
        if (strcmp(p->ask->replaces[r], p->plan->steps[i].address) == 0)
            return true;
    }
    return false;
}
