#include "io/pools.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "io/heap.h"

struct pool *pools_named(struct pools *all, const char *name)
{
    struct pool *p = map_find(all->by_name, name);
    if (p)
        return p;
    size_t size = strlen(name) + 1;
    p = heap_new(sizeof(*p) + size);
    p->pools = all;
    p->limits = (struct pool_limits){.width = all->default_width, .burst = 1};
    memcpy(p->name, name, size);
    map_put(all->by_name, p->name, p);
    return p;
}

struct pools *pools_new(struct loop *l, uint32_t default_width)
{
    assert(default_width > 0);
    struct pools *all = heap_new(sizeof(*all));
    all->loop = l;
    all->default_width = default_width;
    all->by_name = map_new();
    all->lanes = map_new();
    return all;
}

static void free_queue(struct pool_queue *q)
{
    for (struct pool_ticket *t = q->first, *next; t; t = next) {
        next = t->next;
        free(t);
    }
}

void pools_free(struct pools *all)
{
    if (!all)
        return;
    loop_timer_cancel(all->calling);
    size_t at = 0;
    const char *name;
    void *found;
    /* Lanes first: who waits in one is in no other list, and its holder is freed with that other list. */
    while (map_next(all->lanes, &at, &name, &found)) {
        struct pool_lane *lane = found;
        for (struct pool_ticket *t = lane->first->lane_next, *next; t; t = next) {
            next = t->lane_next;
            free(t);
        }
        free(lane);
    }
    for (at = 0; map_next(all->by_name, &at, &name, &found);) {
        struct pool *p = found;
        loop_timer_cancel(p->refill);
        free_queue(&p->queue);
        free(p);
    }
    free_queue(&all->called);
    free_queue(&all->running);
    map_free(all->lanes);
    map_free(all->by_name);
    free(all);
}

void pools_limit(struct pools *all, const char *name, struct pool_limits limits)
{
    struct pool *p = pools_named(all, name);
    assert(p->waiting == 0 && p->running == 0);
    if (limits.width == 0)
        limits.width = all->default_width;
    if (limits.burst == 0)
        limits.burst = 1;
    if (limits.burst > POOL_BURST_MAX)
        limits.burst = POOL_BURST_MAX;
    p->limits = limits;
    p->bucket = POOL_START_COST * limits.burst;
    const struct tick *tick = loop_tick(all->loop);
    p->filled_ns = tick->mono_ns(tick->user);
}
