/* The row that will stand for a step, as far as it follows from what is declared: what it needs, what data it
 * holds, whether it is shared or protected.  Whoever writes one - a run, an adoption - writes the same, so
 * that a later process that has no playbook any more takes it down in the right order. */
#pragma once

#include <stdint.h>

#include "store/store.h"

struct arena;
struct plan;

/* Of step i, which is declared; of the generation that the plan has for it.  Who the driver is, what it was
 * asked for and what it told is left open.  Texts live as long as mem and the plan. */
struct store_res row_of_step(struct arena *mem, const struct plan *plan, uint32_t i);
