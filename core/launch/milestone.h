/* The milestone: a named set of steps that must be done before something may happen; `launch` is one.  A step
 * belongs to the one it names (step = { blocks = "pilot" }), or else to launch, unless the region's
 * launch.can_follow lists its address; then it belongs to none.  What a milestone truly waits for is its own
 * steps and all that they need, also when that belongs elsewhere or may follow. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct arena;
struct err;
struct plan;

#define MILESTONE_LAUNCH "launch"
#define MILESTONE_NONE   UINT32_MAX
#define MILESTONE_MOST   32 /* bits of a mask */

struct milestone {
    const char *name;
    const char *target; /* as the region file has it, or NULL */
};

struct milestones {
    const struct milestone *at; /* launch first, then by name */
    uint32_t count;
    const uint32_t *of;        /* per step of the plan: its milestone, or MILESTONE_NONE */
    const char *const *strays; /* addresses in can_follow that no step has */
    size_t stray_count;
};

/* Error: launch.milestones when there are more than MILESTONE_MOST. */
MUST_USE bool milestone_read(struct arena *mem, const struct plan *plan, struct milestones *out,
                             struct err *err);
/* MILESTONE_NONE when there is none. */
uint32_t milestone_find(const struct milestones *m, const char *name);
/* Per step of the plan the milestones that wait for it, bit by bit: its own, and those of all that need it.
 * removed (or NULL): flags of steps that are not there. */
uint32_t *milestone_waits(struct arena *mem, const struct plan *plan, const struct milestones *m,
                          const bool *removed);
