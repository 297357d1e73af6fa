#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "launch/history.h"
#include "launch/launch_state.h"
#include "model/decl.h"
#include "model/value.h"
#include "plan/plan.h"
#include "region/region.h"
#include "store/store.h"

/* ---- one item ----------------------------------------------------------------------------------------- */

static const char *trouble_text(struct arena *mem, const struct launch_state *s, const struct plan_step *step)
{
    /* What the plan has just met is newer than what a run did. */
    if (plan_is_conflict(step))
        return step->taken->reason;
    const struct history_trouble *t = history_trouble_of(s->ask->history, step->address);
    const char *word = t->kind == EVENT_STEP_CONFLICT ? "found something foreign" : "failed";
    return t->text ? arena_print(mem, "%s: %s", word, t->text) : word;
}

static const char *why(const struct launch_state *s, uint32_t i)
{
    const struct plan_step *step = &s->plan->steps[i];
    if (s->needs[i] == LAUNCH_HELD)
        return step->pending->reason ? step->pending->reason : "a person has to settle it";
    if (s->needs[i] == LAUNCH_TROUBLE)
        return trouble_text(s->mem, s, step);
    return step->reason ? step->reason : plan_action_name(step->action);
}

/* The first of its needs, as the graph has them, that is not done, seen through those that are. */
static const char *open_need(const struct launch_state *s, uint32_t i)
{
    const struct graph *g = s->plan->graph;
    for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++) {
        if (s->open[g->needs[e]])
            return s->plan->steps[g->needs[e]].address;
    }
    return NULL;
}

static void fill_after(const struct launch_state *s, const struct blockers *b, struct launch_item *item)
{
    uint32_t gate = b->after[item->step];
    item->after = gate == BLOCKERS_NONE ? open_need(s, item->step) : s->plan->steps[gate].address;
    item->behind_gate = gate != BLOCKERS_NONE;
    item->after_more = gate != BLOCKERS_NONE && b->after_more[item->step];
}

static void fill_deadline(const struct launch_state *s, const struct decl *d, struct launch_item *item)
{
    item->deadline = value_get_text(d->attrs, "deadline", NULL);
    if (!item->deadline || !calendar_end(s->plan->region->timezone, item->deadline, &item->deadline_ms))
        return;
    item->overdue = s->ask->now_ms >= item->deadline_ms;
    item->late = item->end_ms > item->deadline_ms;
}

static void fill_reminder(const struct launch_state *s, const struct decl *d, struct launch_item *item)
{
    int64_t days = value_get_int(d->attrs, "remind", 0), since = item->forecast->waits_since_ms;
    if (item->need != LAUNCH_PERSON || days <= 0)
        return;
    item->remind_days = (uint32_t)days;
    if (since > 0 && s->ask->now_ms > since)
        item->reminder = (uint32_t)((s->ask->now_ms - since) / (days * CALENDAR_DAY_MS));
}

static struct launch_item item_of(const struct launch_state *s, const struct blockers *gates,
                                  const struct blockers *all, uint32_t i)
{
    const struct plan_step *step = &s->plan->steps[i];
    const struct decl *d = step->decl;
    uint32_t own = s->milestones->of[i], n = s->place[i];
    struct launch_item item = {
        .step = i,
        .address = step->address,
        .need = (enum launch_need)s->needs[i],
        .owner = d->meta.owner,
        .milestone = own == MILESTONE_NONE ? NULL : s->milestones->at[own].name,
        .why = why(s, i),
        .ask = plan_is_conflict(step) ? step->taken->advice : value_get_text(d->attrs, "ask", NULL),
        .unlocks = s->gate[i] ? gates->unlocks[i] : all->unlocks[i],
        .forecast = &s->forecasts[i],
        .start_ms = s->ask->now_ms + s->schedule.starts[n],
        .end_ms = s->ask->now_ms + s->schedule.ends[n],
        .slack_ms = s->schedule.slack[n],
    };
    fill_after(s, gates, &item);
    fill_deadline(s, d, &item);
    fill_reminder(s, d, &item);
    return item;
}

/* ---- all of them -------------------------------------------------------------------------------------- */

static int in_order(const void *a, const void *b)
{
    const struct launch_item *x = a, *y = b;
    bool x_gate = x->need != LAUNCH_OURS, y_gate = y->need != LAUNCH_OURS;
    if (x_gate != y_gate)
        return x_gate ? -1 : 1;
    if (x->unlocks != y->unlocks)
        return x->unlocks > y->unlocks ? -1 : 1;
    if (x->slack_ms != y->slack_ms)
        return x->slack_ms < y->slack_ms ? -1 : 1;
    return strcmp(x->address, y->address);
}

/* Counted first, then filled in: the lists of all owners lie one behind the other. */
static void fill_owners(const struct launch_state *s, const struct launch_item *items, struct launch *out)
{
    struct launch_owner *owners = ARENA_ARRAY(s->mem, struct launch_owner, out->item_count + 1);
    struct launch_owner **of = ARENA_ARRAY(s->mem, struct launch_owner *, out->item_count + 1);
    uint32_t *gates = ARENA_ARRAY(s->mem, uint32_t, out->gate_count + 1), at = 0;
    struct map *by = map_new();
    for (uint32_t k = 0; k < out->item_count; k++) {
        const char *name = items[k].owner ? items[k].owner : "";
        of[k] = map_find(by, name);
        if (!of[k]) {
            of[k] = &owners[out->owner_count++];
            of[k]->name = items[k].owner;
            map_put(by, name, of[k]);
        }
        of[k]->open++;
        of[k]->gate_count += k < out->gate_count;
    }
    map_free(by);
    for (uint32_t n = 0; n < out->owner_count; n++) {
        owners[n].gates = gates + at;
        at += owners[n].gate_count;
        owners[n].gate_count = 0;
    }
    for (uint32_t k = 0; k < out->gate_count; k++)
        gates[(of[k]->gates - gates) + of[k]->gate_count++] = k;
    out->owners = owners;
}

/* The schedule's places lead to steps, steps to items. */
static void fill_path(const struct launch_state *s, struct launch_item *items, struct launch *out)
{
    uint32_t *item_at = ARENA_ARRAY(s->mem, uint32_t, s->plan->count + 1);
    uint32_t *step_at = ARENA_ARRAY(s->mem, uint32_t, s->plan->count + 1);
    uint32_t *path = ARENA_ARRAY(s->mem, uint32_t, s->schedule.path_count + 1);
    for (uint32_t i = 0; i < s->plan->count; i++) {
        if (s->place[i] != UINT32_MAX)
            step_at[s->place[i]] = i;
    }
    for (uint32_t k = 0; k < out->item_count; k++)
        item_at[items[k].step] = k;
    for (uint32_t k = 0; k < s->schedule.path_count; k++) {
        path[k] = item_at[step_at[s->schedule.path[k]]];
        items[path[k]].critical = true;
    }
    out->path = path;
    out->path_count = s->schedule.path_count;
}

void launch_fill_items(const struct launch_state *s, struct launch *out)
{
    uint32_t count = 0;
    struct blockers gates, all;
    bool *part = ARENA_ARRAY(s->mem, bool, s->plan->count + 1);
    for (uint32_t i = 0; i < s->plan->count; i++) {
        part[i] = s->waits[i] >> s->asked & 1;
        count += part[i] && s->open[i];
    }
    struct blockers_ask ask = {s->plan->graph, part, s->open, s->gate};
    blockers_find(s->mem, &ask, &gates);
    ask.gate = s->open;
    blockers_find(s->mem, &ask, &all);
    struct launch_item *items = ARENA_ARRAY(s->mem, struct launch_item, count + 1);
    for (uint32_t i = 0; i < s->plan->count; i++) {
        if (part[i] && s->open[i])
            items[out->item_count++] = item_of(s, &gates, &all, i);
    }
    qsort(items, out->item_count, sizeof(*items), in_order);
    while (out->gate_count < out->item_count && items[out->gate_count].need != LAUNCH_OURS)
        out->gate_count++;
    fill_owners(s, items, out);
    fill_path(s, items, out);
    out->items = items;
}
