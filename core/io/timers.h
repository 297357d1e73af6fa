/* The timers: a binary heap of what is due when.  Equal times fire in the order of asking.  It knows no
 * clock; the loop compares and calls.  Private to io. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "io/loop.h"

struct loop_timer {
    struct loop *loop;
    loop_fn *fn;
    void *user;
    int64_t due_ns;
    uint64_t order;
    size_t at; /* its place in the heap */
};

struct timers {
    ARRAY(struct loop_timer *) heap;
    uint64_t next_order;
};

void timers_done(struct timers *t); /* frees what is still waiting */
void timers_add(struct timers *t, struct loop_timer *timer);
void timers_remove(struct timers *t, struct loop_timer *timer);
struct loop_timer *timers_first(const struct timers *t); /* NULL: none */
