#include "io/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "io/heap.h"
#include "io/pools.h"

/* A ticket first takes its lane, then a place in its pool, and gives both back together.  In that order one
 * that waits for its lane holds no place, and the holder of a lane runs or stands in one pool's queue:
 * nothing can wait in a circle.
 *
 * Every queue is a list with links in the ticket, so that entering, leaving and canceling cost the same
 * with 100 000 tickets waiting as with one. */

#define NS_IN_MS ((int64_t)1000000)

/* ---- queues ---- */

static void queue_push(struct pool_queue *q, struct pool_ticket *t)
{
    t->next = NULL;
    t->prev = q->last;
    if (q->last)
        q->last->next = t;
    else
        q->first = t;
    q->last = t;
}

static void queue_push_first(struct pool_queue *q, struct pool_ticket *t)
{
    t->prev = NULL;
    t->next = q->first;
    if (q->first)
        q->first->prev = t;
    else
        q->last = t;
    q->first = t;
}

static void queue_remove(struct pool_queue *q, struct pool_ticket *t)
{
    if (t->prev)
        t->prev->next = t->next;
    else
        q->first = t->next;
    if (t->next)
        t->next->prev = t->prev;
    else
        q->last = t->prev;
    t->next = t->prev = NULL;
}

/* ---- rate ---- */

static int64_t now_ns(const struct pool *p)
{
    const struct tick *tick = loop_tick(p->pools->loop);
    return tick->mono_ns(tick->user);
}

static void earn(struct pool *p, int64_t units, int64_t full)
{
    if (p->bucket < full)
        p->bucket = p->bucket < full - units ? p->bucket + units : full;
}

/* late_ms: how much of a timer's lateness counts beyond the burst. */
static void fill(struct pool *p, int64_t late_ms)
{
    int64_t rate = p->limits.rate_milli, now = now_ns(p);
    int64_t full = POOL_START_COST * p->limits.burst + rate * late_ms * NS_IN_MS;
    int64_t gone = now - p->filled_ns;
    p->filled_ns = now;
    /* Divided, not multiplied: a long idle time must not overflow. */
    earn(p, gone > full / rate ? full : gone * rate, full);
}

static void serve(struct pool *p);

static void on_refill(void *user)
{
    struct pool *p = user;
    p->refill = NULL;
    /* Timers count in milliseconds, rounded up.  Without this credit 300 starts a second became 250. */
    fill(p, 1);
    serve(p);
}

/* True when a start is paid for; otherwise a timer serves the queue when it will be. */
static bool pay(struct pool *p)
{
    if (p->limits.rate_milli == 0)
        return true;
    fill(p, 0); /* also a full bucket, or the idle time before it would count again after it */
    if (p->bucket >= POOL_START_COST) {
        p->bucket -= POOL_START_COST;
        return true;
    }
    if (!p->refill) {
        int64_t rate = p->limits.rate_milli;
        int64_t ns = (POOL_START_COST - p->bucket + rate - 1) / rate;
        p->refill = loop_after(p->pools->loop, (uint64_t)((ns + NS_IN_MS - 1) / NS_IN_MS), on_refill, p);
    }
    return false;
}

/* ---- serving ---- */

static void call_tickets(void *user)
{
    struct pools *all = user;
    all->calling = NULL;
    /* Callbacks may leave, cancel and enter; those served through that wait for their own turn. */
    for (size_t left = all->called_count; left > 0 && all->called.first; left--) {
        struct pool_ticket *t = all->called.first;
        queue_remove(&all->called, t);
        all->called_count--;
        t->stage = POOL_RUNNING;
        queue_push(&all->running, t);
        t->fn(t->user);
    }
}

static void serve(struct pool *p)
{
    struct pools *all = p->pools;
    while (p->queue.first && p->running < p->limits.width && pay(p)) {
        struct pool_ticket *t = p->queue.first;
        queue_remove(&p->queue, t);
        p->waiting--;
        p->running++;
        t->stage = POOL_CALLED;
        queue_push(&all->called, t);
        all->called_count++;
        /* A timer of 0 ms, because unlike loop_soon it can be canceled by pools_free. */
        if (!all->calling)
            all->calling = loop_after(all->loop, 0, call_tickets, all);
    }
}

/* It holds its lane, or needs none.  One that asked before all who stand in the queue goes to their front: it
 * has waited for its lane, and first come is first served. */
static void want_place(struct pool_ticket *t)
{
    struct pool *p = t->pool;
    t->stage = POOL_IN_POOL;
    if (p->queue.first && t->order < p->queue.first->order)
        queue_push_first(&p->queue, t);
    else
        queue_push(&p->queue, t);
    serve(p);
}

/* ---- lanes ---- */

static void lane_enter(struct pools *all, const char *name, struct pool_ticket *t)
{
    struct pool_lane *lane = map_find(all->lanes, name);
    if (!lane) {
        size_t size = strlen(name) + 1;
        lane = heap_new(sizeof(*lane) + size);
        memcpy(lane->name, name, size);
        map_put(all->lanes, lane->name, lane);
    }
    t->lane = lane;
    t->lane_prev = lane->last;
    if (lane->last)
        lane->last->lane_next = t;
    else
        lane->first = t;
    lane->last = t;
}

static void lane_leave(struct pools *all, struct pool_ticket *t)
{
    struct pool_lane *lane = t->lane;
    bool held = lane->first == t;
    if (t->lane_prev)
        t->lane_prev->lane_next = t->lane_next;
    else
        lane->first = t->lane_next;
    if (t->lane_next)
        t->lane_next->lane_prev = t->lane_prev;
    else
        lane->last = t->lane_prev;
    if (!lane->first) {
        map_remove(all->lanes, lane->name);
        free(lane);
    } else if (held) {
        want_place(lane->first);
    }
}

/* ---- the face ---- */

struct pool_ticket *pool_enter(struct pools *all, const char *name, const char *lane, loop_fn *fn, void *user)
{
    struct pool_ticket *t = heap_new(sizeof(*t));
    t->pool = pools_named(all, name);
    t->fn = fn;
    t->user = user;
    t->order = all->next_order++;
    t->pool->waiting++;
    if (lane)
        lane_enter(all, lane, t);
    if (!t->lane || t->lane->first == t)
        want_place(t);
    return t;
}

static void give_back(struct pool_ticket *t)
{
    struct pool *p = t->pool;
    if (t->lane)
        lane_leave(p->pools, t);
    serve(p);
    free(t);
}

void pool_leave(struct pool_ticket *t)
{
    assert(t->stage == POOL_RUNNING);
    struct pool *p = t->pool;
    queue_remove(&p->pools->running, t);
    p->running--;
    give_back(t);
}

void pool_cancel(struct pool_ticket *t)
{
    assert(t->stage != POOL_RUNNING);
    struct pool *p = t->pool;
    if (t->stage == POOL_CALLED) {
        /* It never started, so it costs nothing of the rate. */
        queue_remove(&p->pools->called, t);
        p->pools->called_count--;
        p->running--;
        if (p->limits.rate_milli > 0)
            earn(p, POOL_START_COST, POOL_START_COST * p->limits.burst);
    } else {
        p->waiting--;
        if (t->stage == POOL_IN_POOL)
            queue_remove(&p->queue, t);
    }
    give_back(t);
}

void pool_counts(const struct pools *all, const char *name, uint64_t *waiting, uint64_t *running)
{
    const struct pool *p = map_find(all->by_name, name);
    *waiting = p ? p->waiting : 0;
    *running = p ? p->running : 0;
}

uint64_t pool_lands_ms(struct pools *all, const char *name, uint64_t otherwise)
{
    uint32_t said = pools_named(all, name)->limits.lands_ms;
    return said > 0 ? said : otherwise;
}
