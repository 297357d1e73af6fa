#include "launch/board_why.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/map.h"
#include "base/str.h"
#include "launch/board.h"
#include "launch/forecast.h"
#include "launch/launch.h"
#include "model/decl.h"
#include "model/event.h"
#include "model/value.h"
#include "plan/plan.h"
#include "store/store.h"

#define CAUSES_MOST 8
/* Less than that moves no date by itself. */
#define NOTED_MS (CALENDAR_DAY_MS / 2)
/* What begins later than that waits for something. */
#define SOON_MS 60000

struct why {
    struct arena *mem;
    const struct board_ask *ask;
    const struct board *board;
    const struct value *steps;
    struct map *items;   /* address -> struct launch_item */
    struct map *done_at; /* address -> int64_t: when it was done, since then */
    ARRAY(struct board_cause) causes;
};

static void add(struct why *w, enum board_cause_kind kind, const char *address, int64_t ms)
{
    const struct decl *d = decl_find(w->ask->plan->decls, address);
    struct board_cause one = {kind, arena_text(w->mem, address), d ? d->meta.owner : NULL, ms};
    ARRAY_PUSH(&w->causes, one);
}

static void add_slip(struct why *w, const char *address, int64_t ms)
{
    if (ms >= NOTED_MS)
        add(w, BOARD_LATER, address, ms);
    else if (ms <= -NOTED_MS)
        add(w, BOARD_SOONER, address, -ms);
}

/* By how much the step itself is late, without what it inherits from those before it: of one that still waits
 * for others only its own length counts; one that waited then and could begin since is measured from its
 * beginning. */
static int64_t own_slip(const struct why *w, const struct launch_item *item, const struct value *then)
{
    int64_t start = value_get_int(then, "start", 0), end = value_get_int(then, "end", 0);
    int64_t now = w->ask->launch->now_ms;
    if (item->start_ms > now + SOON_MS)
        return (item->end_ms - item->start_ms) - (end - start);
    int64_t slip = item->end_ms - end;
    if (start > w->board->before->at_ms + SOON_MS) {
        int64_t since = item->forecast->waits_since_ms;
        slip -= (since ? since : now) - start;
    }
    return slip;
}

static bool is_trouble(int64_t need)
{
    return need == LAUNCH_TROUBLE || need == LAUNCH_HELD;
}

static void look_at_item(struct why *w, const struct launch_item *item)
{
    const struct value *then = value_get(w->steps, item->address);
    if (is_trouble(item->need) && !is_trouble(value_get_int(then, "need", 0)))
        add(w, BOARD_TROUBLE, item->address, 0);
    else if (then)
        add_slip(w, item->address, own_slip(w, item, then));
    /* What landfall does itself was not remembered, so it is not news. */
    else if (item->need != LAUNCH_OURS)
        add(w, BOARD_ADDED, item->address, item->end_ms - item->start_ms);
}

/* It was on the longest chain, and is not open any more. */
static void look_at_gone(struct why *w, const char *address, const struct value *then)
{
    int64_t start = value_get_int(then, "start", 0), end = value_get_int(then, "end", 0);
    const int64_t *done = map_find(w->done_at, address);
    if (!decl_find(w->ask->plan->decls, address))
        add(w, BOARD_REMOVED, address, end - start);
    else if (done)
        add_slip(w, address, *done - end);
}

/* None of the steps is late by itself: another chain is the longest now. */
static void look_for_chain(struct why *w)
{
    const struct launch *l = w->ask->launch;
    for (uint32_t k = 0; k < l->path_count && w->causes.count == 0; k++) {
        const struct launch_item *item = &l->items[l->path[k]];
        const struct value *then = value_get(w->steps, item->address);
        if (item->need != LAUNCH_OURS && !value_get_bool(then, "critical", false))
            add(w, BOARD_CHAIN, item->address, 0);
    }
}

static int by_weight(const void *a, const void *b)
{
    const struct board_cause *x = a, *y = b;
    bool x_trouble = x->kind == BOARD_TROUBLE, y_trouble = y->kind == BOARD_TROUBLE;
    if (x_trouble != y_trouble)
        return x_trouble ? -1 : 1;
    return x->ms != y->ms ? (x->ms < y->ms) - (x->ms > y->ms) : strcmp(x->address, y->address);
}

static void read_world(struct why *w)
{
    const struct launch *l = w->ask->launch;
    for (uint32_t i = 0; i < l->item_count; i++)
        map_put(w->items, l->items[i].address, (void *)&l->items[i]);
    for (size_t i = 0; i < w->ask->event_count; i++) {
        const struct store_event *e = &w->ask->events[i];
        enum event_kind kind = event_from_name(e->kind);
        if (e->address && e->wall_ms >= w->board->before->at_ms &&
            (kind == EVENT_STEP_DONE || (kind == EVENT_RESOLVED && str_equal(e->verb, "done"))))
            map_put(w->done_at, e->address, (void *)&e->wall_ms);
    }
}

void board_why(struct arena *mem, const struct board_ask *ask, const struct value *steps, struct board *b)
{
    const struct launch *l = ask->launch;
    struct why w = {
        .mem = mem, .ask = ask, .board = b, .steps = steps, .items = map_new(), .done_at = map_new()};
    read_world(&w);
    for (uint32_t k = 0; k < l->path_count; k++)
        look_at_item(&w, &l->items[l->path[k]]);
    for (size_t i = 0; value_kind(steps) == VALUE_MAP && i < steps->count; i++) {
        const struct pair *p = &steps->pairs[i];
        if (value_get_bool(p->value, "critical", false) && !map_has(w.items, p->key))
            look_at_gone(&w, p->key, p->value);
    }
    look_for_chain(&w);
    if (w.causes.count > 1)
        qsort(w.causes.at, w.causes.count, sizeof(*w.causes.at), by_weight);
    b->causes = ARRAY_KEEP(&w.causes, mem);
    b->cause_count = w.causes.count < CAUSES_MOST ? w.causes.count : CAUSES_MOST;
    ARRAY_DONE(&w.causes);
    map_free(w.items);
    map_free(w.done_at);
}
