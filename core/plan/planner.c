#include "plan/planner.h"

#include "base/arena.h"
#include "model/diag.h"
#include "store/store.h"

/* A create that failed leaves a row when it had an id already: nobody removed what was never seen. */
const char *planner_gone(const struct plan_step *s)
{
    return s->row->damaged && !s->row->observed ? "it is not there: its create failed"
                                                : "it is gone: removed outside landfall";
}

void planner_decided(struct planner *p, uint32_t i)
{
    const struct graph *g = p->plan->graph;
    for (uint32_t e = g->needed_by_at[i]; e < g->needed_by_at[i + 1]; e++) {
        if (--p->waiting[g->needed_by[e]] == 0)
            p->ready[p->ready_count++] = g->needed_by[e];
    }
}

const char *planner_where(struct planner *p, uint32_t i)
{
    const struct plan_step *s = &p->plan->steps[i];
    if (s->decl)
        return arena_print(p->mem, "%s:%u", s->decl->file, s->decl->line);
    return s->row ? s->row->declared_at : NULL;
}

void planner_error(struct planner *p, uint32_t i, const char *code, const char *path, const char *summary,
                   const char *advice)
{
    struct diag one = {
        .severity = DIAG_ERROR,
        .code = code,
        .address = p->plan->steps[i].address,
        .path = path,
        .where = planner_where(p, i),
        .summary = summary,
        .advice = advice,
    };
    diag_add(p->diags, &one);
}
