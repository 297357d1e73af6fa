/* The timeline: what a run did when, as bars, and the chain of them that it could not have been shorter than.
 * Read from the events that the store kept, which tell of a step's end and of how long it took; where steps
 * came again (a resume, a retry) each end is a bar of its own.  Lives in the arena it was made in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct plan;
struct store_event;

struct timeline_bar {
    const struct store_event *event; /* of its end: kind, address, verb, text */
    uint32_t step;                   /* in the plan; UINT32_MAX: of a step that is no longer there */
    int64_t start_ms, end_ms;        /* wall clock */
    bool critical;
};

struct timeline {
    const struct timeline_bar *bars; /* by start, then address */
    size_t count;
    const uint32_t *path; /* indexes of the critical ones, first to last */
    size_t path_count;
    int64_t start_ms, end_ms; /* of the first and the last; 0 without bars */
    int64_t path_ms;          /* what the critical ones took, without the gaps between them */
};

/* Events of one run, oldest first.  The critical path goes back from the last end, each time to the need
 * whose end came last; when things are taken down, to what needed it. */
void timeline_make(struct arena *mem, const struct plan *plan, const struct store_event *events, size_t count,
                   struct timeline *out);
/* The last bar of each step, by index of the plan; NULL where there is none.  plan->count entries. */
const struct timeline_bar **timeline_by_step(struct arena *mem, const struct plan *plan,
                                             const struct timeline *t);
