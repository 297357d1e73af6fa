#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "model/decl.h"
#include "playbook/playbook.h"
#include "run/rehearsal_state.h"

static int64_t since(const struct ledger *l, int64_t wall_ms)
{
    return wall_ms == 0 ? -1 : wall_ms - l->began_ms;
}

static int by_beginning(const void *a, const void *b)
{
    const struct rehearsal_step *x = a, *y = b;
    if (x->began_ms != y->began_ms)
        return x->began_ms < y->began_ms ? -1 : 1;
    return strcmp(x->address, y->address);
}

static void take_steps(struct rehearsal_work *w)
{
    const struct ledger *l = w->out->typical;
    const struct decls *decls = playbook_decls(w->ask->world->playbook);
    size_t count = 0;
    for (const struct ledger_step *s = l->steps; s; s = s->older)
        count++;
    struct rehearsal_step *steps = ARENA_ARRAY(w->mem, struct rehearsal_step, count + 1);
    size_t n = 0;
    for (const struct ledger_step *s = l->steps; s; s = s->older)
        steps[n++] = (struct rehearsal_step){.address = s->address,
                                             .decl = decl_find(decls, s->address),
                                             .began_ms = since(l, s->started_ms),
                                             .done_ms = since(l, s->done_ms),
                                             .how = s};
    qsort(steps, n, sizeof(*steps), by_beginning);
    w->out->steps = steps;
    w->out->told_count = n;
}

static void add_to(struct rehearsal_stage *stage, const struct rehearsal_step *s)
{
    stage->steps++;
    stage->done += s->done_ms >= 0;
    if (s->began_ms >= 0 && (stage->began_ms < 0 || s->began_ms < stage->began_ms))
        stage->began_ms = s->began_ms;
    if (s->done_ms > stage->done_ms)
        stage->done_ms = s->done_ms;
}

/* In the playbook's order; what is before the first stage comes first. */
static void take_stages(struct rehearsal_work *w)
{
    const struct decls *decls = playbook_decls(w->ask->world->playbook);
    struct rehearsal_stage *at = ARENA_ARRAY(w->mem, struct rehearsal_stage, decls->stage_count + 1);
    struct map *by_name = map_new();
    size_t count = 0;
    at[count++] = (struct rehearsal_stage){.name = "", .began_ms = -1, .done_ms = -1};
    map_put(by_name, "", &at[0]);
    for (size_t i = 0; i < decls->stage_count; i++) {
        if (map_has(by_name, decls->stages[i]))
            continue;
        at[count] = (struct rehearsal_stage){.name = decls->stages[i], .began_ms = -1, .done_ms = -1};
        map_put(by_name, decls->stages[i], &at[count++]);
    }
    for (size_t i = 0; i < w->out->told_count; i++) {
        const struct rehearsal_step *s = &w->out->steps[i];
        struct rehearsal_stage *stage = map_find(by_name, s->decl ? s->decl->stage : "");
        add_to(stage ? stage : &at[0], s);
    }
    map_free(by_name);
    w->out->stages = at;
    w->out->stage_count = count;
}

static int by_step(const void *a, const void *b)
{
    const struct ledger_reply *x = *(const struct ledger_reply *const *)a,
                              *y = *(const struct ledger_reply *const *)b;
    int order = strcmp(x->address, y->address);
    return order ? order : strcmp(x->call, y->call);
}

static int by_address(const void *a, const void *b)
{
    return strcmp((*(const struct ledger_thing *const *)a)->address,
                  (*(const struct ledger_thing *const *)b)->address);
}

/* What was not the playbook's doing. */
static void take_inventions(struct rehearsal_work *w)
{
    const struct ledger *l = w->out->typical;
    size_t replies = 0, things = 0;
    for (const struct ledger_reply *r = l->replies; r; r = r->older)
        replies++;
    for (const struct ledger_thing *t = l->things; t; t = t->older)
        things += t->foreign;
    const struct ledger_reply **made_up = ARENA_ARRAY(w->mem, const struct ledger_reply *, replies + 1);
    const struct ledger_thing **assumed = ARENA_ARRAY(w->mem, const struct ledger_thing *, things + 1);
    for (const struct ledger_reply *r = l->replies; r; r = r->older)
        made_up[w->out->reply_count++] = r;
    for (const struct ledger_thing *t = l->things; t; t = t->older) {
        if (t->foreign)
            assumed[w->out->assumed_count++] = t;
    }
    qsort(made_up, replies, sizeof(*made_up), by_step);
    qsort(assumed, things, sizeof(*assumed), by_address);
    w->out->replies = made_up;
    w->out->assumed = assumed;
}

void rehearsal_times(struct rehearsal_work *w)
{
    const struct ledger *l = w->out->typical;
    w->out->typical_ms = l->now_ms - l->began_ms;
    w->out->step_count = l->step_count;
    for (const struct ledger_unit *u = l->units; u; u = u->older)
        w->out->unit_count++;
    take_steps(w);
    take_stages(w);
    take_inventions(w);
}
