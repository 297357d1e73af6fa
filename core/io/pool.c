#include "io/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "io/heap.h"

/* A ticket first takes its lane, then a place in its pool, and gives both back together.  In that order one
 * that waits for its lane holds no place, and the holder of a lane runs or stands in one pool's queue:
 * nothing can wait in a circle.
 *
 * Every queue is a list with links in the ticket, so that entering, leaving and canceling cost the same
 * with 100 000 tickets waiting as with one. */

/* A bucket counts in units so fine that a thousandth of a start per second adds one unit per nanosecond. */
#define START_COST ((int64_t)1000 * 1000000000)
#define BURST_MAX  1000000u /* keeps the units within 64 bits */
#define NS_IN_MS   ((int64_t)1000000)

enum stage { IN_LANE, IN_POOL, CALLED, RUNNING };

struct pool_ticket {
    struct pool *pool;
    struct lane *lane; /* or NULL */
    loop_fn *fn;
    void *user;
    enum stage stage;
    uint64_t order;
    struct pool_ticket *next, *prev;           /* in its pool's queue, or among the called or the running */
    struct pool_ticket *lane_next, *lane_prev; /* in its lane; the first one there holds it */
};

struct queue {
    struct pool_ticket *first, *last;
};

struct lane {
    struct pool_ticket *first, *last;
    char name[];
};

struct pool {
    struct pools *pools;
    struct pool_limits limits; /* width and burst as they count: never 0 */
    struct queue queue;
    uint64_t waiting, running; /* waiting: also those in a lane; running: also those about to be called */
    int64_t bucket;
    int64_t filled_ns; /* the bucket is right for this time */
    struct loop_timer *refill;
    char name[];
};

struct pools {
    struct loop *loop;
    uint32_t default_width;
    uint64_t next_order;
    struct map *by_name, *lanes;
    struct queue called, running;
    size_t called_count;
    struct loop_timer *calling;
};

/* ---- queues ---- */

static void queue_push(struct queue *q, struct pool_ticket *t)
{
    t->next = NULL;
    t->prev = q->last;
    if (q->last)
        q->last->next = t;
    else
        q->first = t;
    q->last = t;
}

static void queue_push_first(struct queue *q, struct pool_ticket *t)
{
    t->prev = NULL;
    t->next = q->first;
    if (q->first)
        q->first->prev = t;
    else
        q->last = t;
    q->first = t;
}

static void queue_remove(struct queue *q, struct pool_ticket *t)
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
    p->bucket = p->bucket < full - units ? p->bucket + units : full;
}

/* late_ms: how much of a timer's lateness counts beyond the burst. */
static void fill(struct pool *p, int64_t late_ms)
{
    int64_t rate = p->limits.rate_milli, now = now_ns(p);
    int64_t full = START_COST * p->limits.burst + rate * late_ms * NS_IN_MS;
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
    if (p->bucket < START_COST)
        fill(p, 0);
    if (p->bucket >= START_COST) {
        p->bucket -= START_COST;
        return true;
    }
    if (!p->refill) {
        int64_t rate = p->limits.rate_milli;
        int64_t ns = (START_COST - p->bucket + rate - 1) / rate;
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
        t->stage = RUNNING;
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
        t->stage = CALLED;
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
    t->stage = IN_POOL;
    if (p->queue.first && t->order < p->queue.first->order)
        queue_push_first(&p->queue, t);
    else
        queue_push(&p->queue, t);
    serve(p);
}

/* ---- lanes ---- */

static void lane_enter(struct pools *all, const char *name, struct pool_ticket *t)
{
    struct lane *lane = map_find(all->lanes, name);
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
    struct lane *lane = t->lane;
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

static struct pool *pool_named(struct pools *all, const char *name)
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

static void free_queue(struct queue *q)
{
    while (q->first) {
        struct pool_ticket *t = q->first;
        queue_remove(q, t);
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
        struct lane *lane = found;
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
    struct pool *p = pool_named(all, name);
    assert(p->waiting == 0 && p->running == 0);
    if (limits.width == 0)
        limits.width = all->default_width;
    if (limits.burst == 0)
        limits.burst = 1;
    if (limits.burst > BURST_MAX)
        limits.burst = BURST_MAX;
    p->limits = limits;
    p->bucket = START_COST * limits.burst;
    p->filled_ns = now_ns(p);
}

struct pool_ticket *pool_enter(struct pools *all, const char *name, const char *lane, loop_fn *fn, void *user)
{
    struct pool_ticket *t = heap_new(sizeof(*t));
    t->pool = pool_named(all, name);
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
    assert(t->stage == RUNNING);
    struct pool *p = t->pool;
    queue_remove(&p->pools->running, t);
    p->running--;
    give_back(t);
}

void pool_cancel(struct pool_ticket *t)
{
    assert(t->stage != RUNNING);
    struct pool *p = t->pool;
    if (t->stage == CALLED) {
        /* It never started, so it costs nothing of the rate. */
        queue_remove(&p->pools->called, t);
        p->pools->called_count--;
        p->running--;
        if (p->limits.rate_milli > 0)
            earn(p, START_COST, START_COST * p->limits.burst);
    } else {
        p->waiting--;
        if (t->stage == IN_POOL)
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
