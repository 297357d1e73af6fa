#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/planner.h"
#include "store/store.h"

static int by_address(const void *a, const void *b)
{
    const struct store_res *x = a, *y = b;
    int order = strcmp(x->address, y->address);
    return order ? order : (x->generation > y->generation) - (x->generation < y->generation);
}

static bool has_rows(const struct store_res *rows, size_t count, const char *address)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].address, address) == 0)
            return true;
    }
    return false;
}

static bool both_exist(const struct decl_moved *m, struct err *err)
{
    err_set(err, "plan.moved_onto", "'%s' moved to '%s', and both were built already", m->from, m->to);
    err_at(err, m->file, m->line, 0);
    return err_advise(err,
                      "take this landfall.moved out; the step that is no longer declared is then destroyed");
}

/* What is open for the old address is open for the new one. */
static const struct store_op *move_ops(struct planner *p)
{
    const struct plan *plan = p->plan;
    if (plan->truth->op_count == 0)
        return plan->truth->ops;
    struct store_op *ops = arena_copy(p->mem, plan->truth->ops, plan->truth->op_count * sizeof(*ops));
    for (size_t i = 0; i < plan->truth->op_count; i++) {
        for (size_t k = 0; k < plan->move_count; k++) {
            if (strcmp(ops[i].address, plan->moves[k].from) == 0)
                ops[i].address = plan->moves[k].to;
        }
    }
    return ops;
}

/* Moves are few and rows many: one scan a move, and a copy of the rows only when one applies. */
bool moves_apply(struct planner *p, struct err *err)
{
    const struct decls *d = p->ask->decls;
    struct plan *plan = p->plan;
    struct plan_move *moves = ARENA_ARRAY(p->mem, struct plan_move, d->moved_count + 1);
    struct store_res *rows = NULL;
    for (size_t k = 0; k < d->moved_count; k++) {
        const struct decl_moved *m = &d->moved[k];
        const struct store_res *now = rows ? rows : plan->truth->res;
        if (!has_rows(now, plan->truth->res_count, m->from))
            continue;
        if (has_rows(now, plan->truth->res_count, m->to))
            return both_exist(m, err);
        if (!rows)
            rows = arena_copy(p->mem, plan->truth->res, plan->truth->res_count * sizeof(*rows));
        for (size_t i = 0; i < plan->truth->res_count; i++) {
            if (strcmp(rows[i].address, m->from) == 0)
                rows[i].address = m->to;
        }
        moves[plan->move_count++] = (struct plan_move){.from = m->from, .to = m->to};
    }
    plan->moves = moves;
    if (rows) {
        qsort(rows, plan->truth->res_count, sizeof(*rows), by_address);
        struct store_snapshot *moved = arena_copy(p->mem, plan->truth, sizeof(*plan->truth));
        moved->res = rows;
        moved->ops = move_ops(p);
        plan->truth = moved;
    }
    return true;
}
