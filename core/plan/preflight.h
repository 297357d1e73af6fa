/* Preflight: can the drivers do what the plan will ask of them?  Each driver that a step of the plan needs
 * looks at its service once - reachable, credentials good, allowed, offered in that place, room left - before
 * anything else is asked, so that one wrong password is one sentence and not one for each of its objects.
 * Changes nothing. */
#pragma once

#include <stddef.h>

struct arena;
struct diags;
struct driver;
struct loop;

struct preflight_ask {
    struct loop *loop;
    const struct driver *const *drivers;
    size_t count;
};

/* Runs the loop.  What a driver finds goes to `diags` with the place of its drivers block: errors end the
 * plan. Drivers without a preflight of their own pass. */
void preflight_run(struct arena *mem, const struct preflight_ask *ask, struct diags *diags);
