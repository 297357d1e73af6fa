/* The pools and their tickets from inside: what pools.c makes and frees and pool.c moves.  Private to io. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "io/pool.h"

struct map;

/* A bucket counts in units so fine that a thousandth of a start per second adds one unit per nanosecond. */
#define POOL_START_COST ((int64_t)1000 * 1000000000)
#define POOL_BURST_MAX  1000000u /* keeps the units within 64 bits */

enum pool_stage { POOL_IN_LANE, POOL_IN_POOL, POOL_CALLED, POOL_RUNNING };

struct pool_ticket {
    struct pool *pool;
    struct pool_lane *lane; /* or NULL */
    loop_fn *fn;
    void *user;
    enum pool_stage stage;
    uint64_t order;
    struct pool_ticket *next, *prev;           /* in its pool's queue, or among the called or the running */
    struct pool_ticket *lane_next, *lane_prev; /* in its lane; the first one there holds it */
};

struct pool_queue {
    struct pool_ticket *first, *last;
};

struct pool_lane {
    struct pool_ticket *first, *last;
    char name[];
};

struct pool {
    struct pools *pools;
    struct pool_limits limits; /* width and burst as they count: never 0 */
    struct pool_queue queue;
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
    struct pool_queue called, running;
    size_t called_count;
    struct loop_timer *calling;
};

/* Made with the default limits when nobody asked for it before. */
struct pool *pools_named(struct pools *all, const char *name);
