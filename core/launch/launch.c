#include "launch/launch.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "launch/history.h"
#include "launch/launch_state.h"
#include "model/decl.h"
#include "plan/plan.h"
#include "region/region.h"
#include "store/store.h"

const char *launch_need_name(enum launch_need need)
{
    static const char *const names[] = {
        [LAUNCH_OURS] = "landfall",   [LAUNCH_PERSON] = "person", [LAUNCH_TODO] = "todo",
        [LAUNCH_TROUBLE] = "trouble", [LAUNCH_HELD] = "held",
    };
    return names[need];
}

/* ---- what is open ------------------------------------------------------------------------------------- */

/* A kept row of an operation that is not settled is no news of the world. */
static bool is_open(const struct plan_step *s)
{
    return s->pending || !(s->action == PLAN_KEEP || (s->action == PLAN_LOOKUP && s->observed));
}

/* What went wrong last time goes wrong again until somebody has looked, and a name that is taken stays so. */
static enum launch_need need_of(const struct launch_ask *ask, const struct plan_step *s)
{
    if (s->pending && (s->pending->state == STORE_OP_HELD || s->pending->state == STORE_OP_CONFLICT))
        return LAUNCH_HELD;
    if (s->action == PLAN_WAIT)
        return LAUNCH_PERSON;
    if (s->action == PLAN_TODO)
        return LAUNCH_TODO;
    if (plan_is_conflict(s) || (ask->history && history_trouble_of(ask->history, s->address)))
        return LAUNCH_TROUBLE;
    return LAUNCH_OURS;
}

static void find_open(struct launch_state *s, const struct what_if *what_if)
{
    uint32_t count = s->plan->count;
    bool *open = ARENA_ARRAY(s->mem, bool, count + 1), *gate = ARENA_ARRAY(s->mem, bool, count + 1);
    uint8_t *needs = ARENA_ARRAY(s->mem, uint8_t, count + 1);
    s->waits = milestone_waits(s->mem, s->plan, s->milestones, what_if ? what_if->removed : NULL);
    for (uint32_t i = 0; i < count; i++) {
        const struct plan_step *step = &s->plan->steps[i];
        open[i] = s->waits[i] != 0 && step->decl && is_open(step) && !(what_if && what_if->done[i]);
        if (!open[i])
            continue;
        needs[i] = (uint8_t)need_of(s->ask, step);
        gate[i] = needs[i] != LAUNCH_OURS;
    }
    s->open = open;
    s->gate = gate;
    s->needs = needs;
}

/* ---- when --------------------------------------------------------------------------------------------- */

/* Steps that are done, and behind nothing that is open, have no part in it.  The others stay, because what
 * needs them waits for what they need. */
static uint32_t place_steps(struct launch_state *s, struct schedule_net *net)
{
    const struct graph *g = s->plan->graph;
    uint32_t *place = ARENA_ARRAY(s->mem, uint32_t, g->count + 1), count = 0, edges = 0;
    for (uint32_t k = 0; k < g->count; k++) {
        uint32_t i = g->sorted[k], behind = 0;
        for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++)
            behind += place[g->needs[e]] != UINT32_MAX;
        place[i] = s->waits[i] != 0 && (s->open[i] || behind > 0) ? count++ : UINT32_MAX;
        edges += place[i] != UINT32_MAX ? behind : 0;
    }
    s->place = place;
    net->count = count;
    return edges;
}

static void schedule(struct launch_state *s)
{
    const struct graph *g = s->plan->graph;
    struct schedule_net net = {.goal_count = s->milestones->count, .asked = s->asked};
    uint32_t edges = place_steps(s, &net), at = 0;
    uint32_t *needs = ARENA_ARRAY(s->mem, uint32_t, edges + 1);
    uint32_t *needs_at = ARENA_ARRAY(s->mem, uint32_t, net.count + 1);
    uint32_t *goals = ARENA_ARRAY(s->mem, uint32_t, net.count + 1);
    uint64_t *seeds = ARENA_ARRAY(s->mem, uint64_t, net.count + 1);
    struct spread *spreads = ARENA_ARRAY(s->mem, struct spread, net.count + 1);
    bool *takes = ARENA_ARRAY(s->mem, bool, net.count + 1);
    for (uint32_t k = 0; k < g->count; k++) {
        uint32_t i = g->sorted[k], n = s->place[i];
        if (n == UINT32_MAX)
            continue;
        for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++) {
            if (s->place[g->needs[e]] != UINT32_MAX)
                needs[at++] = s->place[g->needs[e]];
        }
        needs_at[n + 1] = at;
        goals[n] = s->milestones->of[i];
        seeds[n] = schedule_seed(s->plan->steps[i].address);
        spreads[n] = s->forecasts[i].spread;
        takes[n] = s->open[i];
    }
    net.needs = needs;
    net.needs_at = needs_at;
    net.goals = goals;
    net.seeds = seeds;
    net.spreads = spreads;
    net.takes = takes;
    schedule_make(s->mem, &net, &s->schedule);
}

static struct launch_state *look(struct arena *mem, const struct launch_ask *ask,
                                 const struct milestones *milestones, uint32_t asked,
                                 const struct what_if *what_if)
{
    struct launch_state *s = ARENA_NEW(mem, struct launch_state);
    struct forecast_ask forecast = {ask->plan, ask->history, ask->now_ms, what_if};
    *s = (struct launch_state){
        .mem = mem, .ask = ask, .plan = ask->plan, .milestones = milestones, .asked = asked};
    find_open(s, what_if);
    s->forecasts = forecast_make(mem, &forecast, s->open);
    schedule(s);
    return s;
}

/* ---- milestones --------------------------------------------------------------------------------------- */

static void count_steps(const struct launch_state *s, struct launch_milestone *out)
{
    for (uint32_t i = 0; i < s->plan->count; i++) {
        bool sure =
            s->forecasts[i].spread.count > 0 && s->needs[i] != LAUNCH_TROUBLE && s->needs[i] != LAUNCH_HELD;
        for (uint32_t left = s->waits[i]; left != 0; left &= left - 1) {
            struct launch_milestone *m = &out[__builtin_ctz(left)];
            m->steps++;
            m->open += s->open[i];
            m->unknown += s->open[i] && !sure;
        }
    }
}

static void date_of(const struct launch_state *s, int64_t wall_ms, char out[CALENDAR_DATE])
{
    const char *zone = s->plan->region->timezone;
    if (wall_ms > s->ask->now_ms)
        calendar_end_date(zone, wall_ms, out);
    else
        calendar_date(zone, wall_ms, out);
}

/* A target that is a time counts by its day, as all dates here do. */
static void compare_target(const struct launch_state *s, struct launch_milestone *m)
{
    const char *zone = s->plan->region->timezone;
    int64_t target_ms;
    if (!m->target || !calendar_end(zone, m->target, &target_ms))
        return;
    calendar_end_date(zone, target_ms, m->target_date);
    m->late_p50 = calendar_days(m->target_date, m->p50);
    m->late_p90 = calendar_days(m->target_date, m->p90);
}

static const struct launch_milestone *fill_milestones(const struct launch_state *s, size_t extra_blocks)
{
    struct launch_milestone *out = ARENA_ARRAY(s->mem, struct launch_milestone, s->milestones->count);
    count_steps(s, out);
    out[0].unknown += (uint32_t)extra_blocks;
    for (uint32_t k = 0; k < s->milestones->count; k++) {
        struct launch_milestone *m = &out[k];
        m->name = s->milestones->at[k].name;
        m->target = s->milestones->at[k].target;
        m->p50_ms = s->ask->now_ms + s->schedule.goals[k].p50_ms;
        m->p90_ms = s->ask->now_ms + s->schedule.goals[k].p90_ms;
        date_of(s, m->p50_ms, m->p50);
        date_of(s, m->p90_ms, m->p90);
        compare_target(s, m);
    }
    return out;
}

/* ---- what may follow, what else there is --------------------------------------------------------------- */

static void fill_can_follow(const struct launch_state *s, struct launch *out)
{
    const char **list = ARENA_ARRAY(s->mem, const char *, s->plan->count + 1);
    for (uint32_t i = 0; i < s->plan->count; i++) {
        const struct plan_step *step = &s->plan->steps[i];
        if (step->decl && s->waits[i] == 0 && is_open(step))
            list[out->can_follow_count++] = step->address;
    }
    out->can_follow = list;
    out->strays = s->milestones->strays;
    out->stray_count = s->milestones->stray_count;
}

bool launch_extra_is_bent(const struct launch_extra *e)
{
    return !e->blocks && strcmp(e->kind, "waiver") == 0;
}

static int by_kind(const void *a, const void *b)
{
    const struct launch_extra *x = a, *y = b;
    if (x->blocks != y->blocks)
        return x->blocks ? -1 : 1;
    if (launch_extra_is_bent(x) != launch_extra_is_bent(y))
        return launch_extra_is_bent(x) ? 1 : -1;
    int order = strcmp(x->kind, y->kind);
    if (order == 0)
        order = strcmp(x->subject, y->subject);
    return order ? order : strcmp(x->text, y->text);
}

static void fill_extras(struct arena *mem, const struct launch_ask *ask, struct launch *out)
{
    struct launch_extra *extras = ARENA_ARRAY(mem, struct launch_extra, ask->extra_count + 1);
    for (size_t k = 0; k < ask->extra_count; k++) {
        extras[k] = ask->extras[k];
        out->extra_blocks += extras[k].blocks;
    }
    qsort(extras, ask->extra_count, sizeof(*extras), by_kind);
    out->extras = extras;
    out->extra_count = ask->extra_count;
}

/* ---- what if ------------------------------------------------------------------------------------------ */

static const struct launch_change *change_of(struct arena *mem, const struct launch_ask *ask,
                                             const struct milestones *milestones,
                                             const struct launch *present, const struct what_if *what_if,
                                             struct err *err)
{
    struct launch_change *change = ARENA_NEW(mem, struct launch_change);
    struct launch_state *s = look(mem, ask, milestones, present->asked, what_if);
    change->parts = what_if->parts;
    change->part_count = what_if->part_count;
    change->milestones = fill_milestones(s, present->extra_blocks);
    for (uint32_t i = 0; i < ask->plan->count; i++) {
        change->timeless += s->open[i] && what_if->times_milli[i] > 0 && s->forecasts[i].spread.count == 0;
        if (what_if->removed[i] && !cost_table_add(&change->saved, &ask->plan->steps[i])) {
            err_set(err, "cost.overflow", "what would be saved is more money than can be counted");
            return NULL;
        }
    }
    return change;
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

static bool no_milestone(struct arena *mem, const struct milestones *m, const char *name, struct err *err)
{
    const char **names = ARENA_ARRAY(mem, const char *, m->count);
    for (uint32_t k = 0; k < m->count; k++)
        names[k] = m->at[k].name;
    const char *near = str_nearest(name, names, m->count);
    err_set(err, "launch.no_milestone", "no step blocks a milestone '%s'", name);
    if (near)
        return err_advise(err, "did you mean '%s'?", near);
    return err_advise(err, "a step names it: step = { blocks = \"%s\" }", name);
}

bool launch_make(struct arena *mem, const struct launch_ask *ask, struct launch **out, struct err *err)
{
    const char *name = ask->milestone ? ask->milestone : MILESTONE_LAUNCH;
    struct launch *made = ARENA_NEW(mem, struct launch);
    struct milestones *milestones = ARENA_NEW(mem, struct milestones);
    struct what_if what_if;
    char today[CALENDAR_DATE];
    bool is_changed = what_if_is_asked(ask->what_if);
    if (!milestone_read(mem, ask->plan, milestones, err))
        return false;
    made->asked = milestone_find(milestones, name);
    if (made->asked == MILESTONE_NONE)
        return no_milestone(mem, milestones, name, err);
    if (is_changed && !what_if_read(mem, ask->plan, ask->what_if, &what_if, err))
        return false;
    calendar_date(ask->plan->region->timezone, ask->now_ms, today);
    made->milestone = milestones->at[made->asked].name;
    made->now_ms = ask->now_ms;
    made->today = arena_text(mem, today);
    struct launch_state *s = look(mem, ask, milestones, made->asked, NULL);
    fill_extras(mem, ask, made);
    made->milestones = fill_milestones(s, made->extra_blocks);
    made->milestone_count = milestones->count;
    made->trials = s->schedule.trials;
    launch_fill_items(s, made);
    fill_can_follow(s, made);
    if (is_changed) {
        made->change = change_of(mem, ask, milestones, made, &what_if, err);
        if (!made->change)
            return false;
    }
    *out = made;
    return true;
}
