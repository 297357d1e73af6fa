/* Pools: how much at once and how fast.  An operator gives a pool a width (in flight) and a rate (starts per
 * second, token bucket with burst); equal lanes inside all pools never overlap ("one writer per zone").
 * Waiting is first come, first served. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "io/loop.h"

struct pools;
struct pool_ticket;

struct pool_limits {
    uint32_t width;      /* 0: the default width */
    uint32_t rate_milli; /* thousandths of a start per second; 0: no rate */
    uint32_t burst;      /* 0: 1 */
    uint32_t lands_ms;   /* what a dead sender sent through it lands no later than this; 0: nobody says */
};

struct pools *pools_new(struct loop *l, uint32_t default_width);
void pools_free(struct pools *p); /* with all tickets; outside of their callbacks */
/* Before anything entered it. */
void pools_limit(struct pools *p, const char *name, struct pool_limits limits);
/* Calls fn(user) in this or a later turn of the loop, never inside this call, once there is room in the pool
 * and in the lane (lane may be NULL).  `name` and `lane` are copied.  The ticket is good until pool_leave or
 * pool_cancel. */
struct pool_ticket *pool_enter(struct pools *p, const char *name, const char *lane, loop_fn *fn, void *user);
void pool_leave(struct pool_ticket *t);  /* after fn ran: gives the place back */
void pool_cancel(struct pool_ticket *t); /* before fn ran */
/* How late something sent through the pool may still land after its sender died: the operator's word, or
 * `otherwise`, the driver's. */
uint64_t pool_lands_ms(struct pools *p, const char *name, uint64_t otherwise);
/* Waiting and running tickets of a pool, for status. */
void pool_counts(const struct pools *p, const char *name, uint64_t *waiting, uint64_t *running);
