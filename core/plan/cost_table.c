#include "plan/cost_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "base/map.h"
#include "model/money.h"

const char *cost_table_by_name(enum cost_table_by by)
{
    static const char *const names[] = {
        [COST_TABLE_STAGE] = "stage", [COST_TABLE_SUBSYSTEM] = "subsystem", [COST_TABLE_OWNER] = "owner"};
    return names[by];
}

/* ---- sums ------------------------------------------------------------------------------------ */

static bool add_costs(struct plan_cost *sum, const struct plan_cost *c)
{
    struct plan_cost made = *sum;
    if (!money_add(made.once_low, c->once_low, &made.once_low) ||
        !money_add(made.once_expected, c->once_expected, &made.once_expected) ||
        !money_add(made.once_high, c->once_high, &made.once_high) ||
        !money_add(made.month_low, c->month_low, &made.month_low) ||
        !money_add(made.month_expected, c->month_expected, &made.month_expected) ||
        !money_add(made.month_high, c->month_high, &made.month_high))
        return false;
    made.priced = true;
    *sum = made;
    return true;
}

/* A step tells by itself whether it belongs here: either it has a cost, or a reason why it has none. */
static bool is_counted(const struct plan_step *s)
{
    return s->targeted && (s->cost.priced || s->cost.why_not);
}

bool cost_table_add(struct cost_table_sum *sum, const struct plan_step *s)
{
    const struct plan_cost *c = &s->cost;
    if (!is_counted(s))
        return true;
    if (c->priced && !add_costs(c->guess ? &sum->guess : &sum->cost, c))
        return false;
    sum->guess.guess = sum->guess.priced;
    sum->steps++;
    sum->priced += c->priced && !c->guess;
    sum->guessed += c->priced && c->guess;
    sum->unknown += !c->priced;
    return true;
}

/* ---- tables ---------------------------------------------------------------------------------- */

/* What the step is called by in such a table.  A step without a subsystem has a kind, and both are the first
 * part of its address. */
static const char *name_of(const struct plan_step *s, enum cost_table_by by, struct arena *tmp)
{
    if (by == COST_TABLE_STAGE)
        return s->decl ? s->decl->stage : "";
    if (by == COST_TABLE_OWNER)
        return s->decl && s->decl->meta.owner ? s->decl->meta.owner : "";
    if (s->decl && s->decl->subsystem)
        return s->decl->subsystem;
    return arena_text_n(tmp, s->address, strcspn(s->address, "."));
}

struct making {
    struct arena *mem, *tmp;
    struct map *by_name; /* of struct cost_table_row */
    ARRAY(struct cost_table_row *) rows;
    struct cost_table_row *last; /* steps come sorted, so most of them belong where the one before did */
};

static struct cost_table_row *row_of(struct making *m, const char *name)
{
    if (m->last && strcmp(m->last->name, name) == 0)
        return m->last;
    m->last = map_find(m->by_name, name);
    if (m->last)
        return m->last;
    m->last = ARENA_NEW(m->mem, struct cost_table_row);
    m->last->name = arena_text(m->mem, name);
    map_put(m->by_name, m->last->name, m->last);
    ARRAY_PUSH(&m->rows, m->last);
    return m->last;
}

static int by_name(const void *a, const void *b)
{
    const struct cost_table_row *const *x = a, *const *y = b;
    bool x_named = (*x)->name[0] != '\0', y_named = (*y)->name[0] != '\0';
    return x_named != y_named ? (x_named ? -1 : 1) : strcmp((*x)->name, (*y)->name);
}

/* A playbook has a few dozen stages at most, each looked up once. */
static void sort_stages(struct making *m, const struct decls *decls)
{
    size_t placed = 0;
    for (size_t k = 0; k < decls->stage_count; k++) {
        struct cost_table_row *row = map_find(m->by_name, decls->stages[k]);
        if (row && row->name[0])
            m->rows.at[placed++] = row;
    }
    if (map_has(m->by_name, ""))
        m->rows.at[placed++] = map_find(m->by_name, "");
    m->rows.count = placed;
}

static bool too_much(const struct plan_step *s, enum cost_table_by by, const char *name, struct err *err)
{
    err_set(err, "cost.overflow", "the cost of %s '%s' is more money than can be counted",
            cost_table_by_name(by), name);
    if (s->decl)
        err_at(err, s->decl->file, s->decl->line, 0);
    return err_advise(err, "look at the quantities of '%s' and at the price books", s->address);
}

static bool fill(struct making *m, const struct plan *p, enum cost_table_by by, struct err *err)
{
    for (uint32_t i = 0; i < p->count; i++) {
        const struct plan_step *s = &p->steps[i];
        if (!is_counted(s))
            continue;
        arena_reset(m->tmp);
        struct cost_table_row *row = row_of(m, name_of(s, by, m->tmp));
        if (!cost_table_add(&row->sum, s))
            return too_much(s, by, row->name, err);
    }
    return true;
}

bool cost_table_make(struct arena *mem, const struct plan *p, enum cost_table_by by, struct cost_table *out,
                     struct err *err)
{
    struct making m = {.mem = mem, .tmp = arena_new(), .by_name = map_new()};
    bool ok = fill(&m, p, by, err);
    if (ok && by == COST_TABLE_STAGE)
        sort_stages(&m, p->decls);
    else if (m.rows.count > 1)
        qsort(m.rows.at, m.rows.count, sizeof(*m.rows.at), by_name);
    if (ok) {
        struct cost_table_row *rows = ARENA_ARRAY(mem, struct cost_table_row, m.rows.count + 1);
        for (size_t k = 0; k < m.rows.count; k++)
            rows[k] = *m.rows.at[k];
        *out = (struct cost_table){.rows = rows, .count = m.rows.count};
    }
    ARRAY_DONE(&m.rows);
    map_free(m.by_name);
    arena_free(m.tmp);
    return ok;
}
