/* The teardown: what stands on an object that is replaced by destroying it first has to go before it, in
 * reverse order.  A zone that still holds records, a cluster that still holds databases cannot be destroyed;
 * their replacement follows in the run's ordinary order. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct executor;
struct step_run;

/* Runs the loop; before anything else is started.  Nothing happens in a plan without such a pair of steps. */
void teardown_run(struct executor *x);
/* The old object of step i went in the teardown. */
bool teardown_has_gone(const struct executor *x, uint32_t i);
/* True when r ended here: its own teardown failed (and was told), or that of something that stands on it. */
bool teardown_stops(struct step_run *r);
