/* The schedule: when the last of some steps is done, if each begins as soon as all it needs are done.
 *
 * Two answers from the same net.  The critical path method over the middle (P50) of each step's spread gives
 * one timetable: starts, ends, slack and the longest chain.  The dates come from trials: each draws one value
 * per step and takes the longest chain, and of all trials P50 and P90 are read off.  Trials rather than
 * PERT's sums of means and variances, because those follow one chain only and promise too early a date
 * wherever several meet; and rather than adding up whole distributions, because chains that part and meet
 * again depend on each other.  Draws come from a step's seed and the trial's number alone: same inputs, same
 * bytes, and a what-if is compared with the present under the same luck.
 *
 * How much runs at once is not limited here: pools and people are taken as many as needed.  A step whose
 * spread is not known takes no time, which makes every date behind it the earliest possible: who prints one
 * says so. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "launch/spread.h"

struct arena;

/* Steps in an order in which each stands behind all it needs. */
struct schedule_net {
    uint32_t count;
    const uint32_t *needs; /* step i needs needs[needs_at[i] .. needs_at[i + 1]), all below i */
    const uint32_t *needs_at;
    const struct spread *spreads;
    const uint64_t *seeds;
    const bool *takes;     /* false: it is done, and takes no time at all */
    const uint32_t *goals; /* what it is one of the last steps of, below goal_count; or SCHEDULE_NO_GOAL */
    uint32_t goal_count, asked;
};

#define SCHEDULE_NO_GOAL UINT32_MAX

/* A goal is reached when the last of its steps is. */
struct schedule_goal {
    int64_t length;         /* by P50 of each step */
    int64_t p50_ms, p90_ms; /* by the trials */
};

/* All in milliseconds from now. */
struct schedule {
    int64_t *starts, *ends; /* by P50 of each step */
    int64_t *slack;         /* how much later it may end without moving the goal that was asked for;
                               INT64_MAX: that one does not wait for it */
    uint32_t *path; /* the longest chain to that goal, first step first, without steps that are done */
    uint32_t path_count;
    struct schedule_goal *goals;
    uint32_t trials;
};

void schedule_make(struct arena *mem, const struct schedule_net *net, struct schedule *out);
/* Trials for a net of that many steps. */
uint32_t schedule_trials(uint32_t steps);
/* A seed for a step, by its address. */
uint64_t schedule_seed(const char *address);
