#include "io/timers.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

static bool is_before(const struct loop_timer *a, const struct loop_timer *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void place(struct timers *t, size_t at, struct loop_timer *timer)
{
    t->heap.at[at] = timer;
    timer->at = at;
}

static void sift_up(struct timers *t, size_t at, struct loop_timer *timer)
{
    while (at > 0 && is_before(timer, t->heap.at[(at - 1) / 2])) {
        place(t, at, t->heap.at[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    place(t, at, timer);
}

static void sift_down(struct timers *t, size_t at, struct loop_timer *timer)
{
    for (size_t child = 2 * at + 1; child < t->heap.count; child = 2 * at + 1) {
        if (child + 1 < t->heap.count && is_before(t->heap.at[child + 1], t->heap.at[child]))
            child++;
        if (!is_before(t->heap.at[child], timer))
            break;
        place(t, at, t->heap.at[child]);
        at = child;
    }
    place(t, at, timer);
}

void timers_done(struct timers *t)
{
    for (size_t i = 0; i < t->heap.count; i++)
        free(t->heap.at[i]);
    ARRAY_DONE(&t->heap);
}

void timers_add(struct timers *t, struct loop_timer *timer)
{
    timer->order = t->next_order++;
    ARRAY_PUSH(&t->heap, timer);
    sift_up(t, t->heap.count - 1, timer);
}

void timers_remove(struct timers *t, struct loop_timer *timer)
{
    size_t at = timer->at;
    assert(at < t->heap.count && t->heap.at[at] == timer);
    struct loop_timer *last = t->heap.at[--t->heap.count];
    if (last == timer)
        return;
    /* The last one comes from another branch: it may belong above or below the hole. */
    if (at > 0 && is_before(last, t->heap.at[(at - 1) / 2]))
        sift_up(t, at, last);
    else
        sift_down(t, at, last);
}

struct loop_timer *timers_first(const struct timers *t)
{
    return t->heap.count ? t->heap.at[0] : NULL;
}
