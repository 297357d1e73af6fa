/* The inside of one launch_make: what is known of every step of the plan, shared by the units that fill in
 * the answer.  There are two of them when a what-if was asked: the present, and how it would be. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "launch/blockers.h"
#include "launch/forecast.h"
#include "launch/launch.h"
#include "launch/milestone.h"
#include "launch/schedule.h"

struct launch_state {
    struct arena *mem;
    const struct launch_ask *ask;
    const struct plan *plan;
    const struct milestones *milestones;
    uint32_t asked;
    /* Per step of the plan. */
    const uint32_t *waits; /* milestones that wait for it, bit by bit */
    const bool *open;      /* it is not done, and a milestone waits for it */
    const bool *gate;      /* it is open, and needs somebody */
    const uint8_t *needs;  /* enum launch_need of what is open */
    const struct forecast *forecasts;
    const uint32_t *place; /* in the schedule; UINT32_MAX: it is done, and so is all it needs */
    struct schedule schedule;
};

/* launch_items.c: items, owners and the path, from the present. */
void launch_fill_items(const struct launch_state *s, struct launch *out);
