/* The board: what there is to say of a region every day - what was done since it was last said, whom it waits
 * for, when launch is, and why that date moved.  What has to be remembered for that goes out as a memory and
 * comes back the next time.  Made from a launch; reads nothing, writes nothing.  Lives in its arena; borrows
 * the plan, the launch and the events. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "launch/calendar.h"
#include "plan/cost_table.h"

struct arena;
struct err;
struct launch;
struct launch_item;
struct launch_milestone;
struct plan;
struct store_event;
struct waiver;
struct waivers;

/* Why the date moved.  Each is a fact of one step of the longest chain, as it is now or was then; they need
 * not add up, because what is late elsewhere may hide what is late here. */
enum board_cause_kind {
    BOARD_LATER = 1, /* ends later than was expected, or did, or will take longer */
    BOARD_SOONER,
    BOARD_ADDED,   /* was not there before */
    BOARD_REMOVED, /* is not there any more */
    BOARD_TROUBLE, /* failed, or is held */
    BOARD_CHAIN,   /* the longest chain leads through it, and did not */
};
struct board_cause {
    enum board_cause_kind kind;
    const char *address;
    const char *owner; /* or NULL */
    int64_t ms;        /* by how much; of what was added or removed: how long it takes; 0: says nothing */
};

struct board_waiver {
    const struct waiver *waiver;
    int64_t days; /* left, today included; below 0: ended */
};

/* What the board was like when it was last sent. */
struct board_before {
    int64_t at_ms;
    char date[CALENDAR_DATE], p50[CALENDAR_DATE], p90[CALENDAR_DATE];
    int64_t moved_p50, moved_p90; /* days since then; above 0: later */
};

struct board {
    const struct plan *plan;
    const struct launch *launch;
    const struct launch_milestone *milestone;
    const char *const *done; /* since then, in order; "" without `before` */
    size_t done_count;
    const struct board_before *before; /* NULL: never sent */
    const struct board_cause *causes;  /* the weightiest first; none when the date stands */
    size_t cause_count;
    struct cost_table_sum standing; /* of what is there */
    struct cost_table_sum whole;    /* when all is built */
    const struct board_waiver *waivers;
    size_t waiver_count;
    const struct err *silence;                  /* as asked */
    const struct launch_item *const *deadlines; /* open steps with one, the next first */
    size_t deadline_count;
};

struct board_ask {
    const struct plan *plan;
    const struct launch *launch;
    const struct err *silence;     /* the plan is of the store, because a service did not answer; or NULL */
    const struct waivers *waivers; /* or NULL */
    const char *memory;            /* of the board sent last, or NULL */
    const struct store_event *events; /* oldest first */
    size_t event_count;
};

/* A memory that cannot be read is none.  Error: "cost.overflow". */
MUST_USE bool board_make(struct arena *mem, const struct board_ask *ask, struct board **out, struct err *err);
/* JSON, "landfall.digest/1". */
const char *board_memory(struct arena *mem, const struct board *b);
