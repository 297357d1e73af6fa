/* Blockers: what each open step holds back.
 *
 * Some steps need somebody - a person, a todo, one that failed - and are gates; landfall does the others as
 * soon as they may begin.  A gate *unlocks* a step when everything that step still waits for waits for the
 * gate: no other gate has to be opened first, except those that only this one makes possible.  Once the gate
 * is done, and what comes of it, the step can be done.  A step that waits for two gates that have nothing to
 * do with each other is unlocked by neither.
 *
 * These are the dominators of the graph of waiting, where gates that wait for no other begin it.  In an
 * acyclic graph they are found in one walk (each step's is the nearest common ancestor of its needs'), so
 * that the count of all gates together costs O((V + E) log V), where counting what lies behind each would
 * cost O(V * E). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct graph;

#define BLOCKERS_NONE UINT32_MAX

struct blockers_ask {
    const struct graph *graph;
    const bool *part; /* per node: it is looked at */
    const bool *open; /* it is not done */
    const bool *gate; /* it is open, and needs somebody */
};

struct blockers {
    const uint32_t *unlocks; /* per node: open steps that it unlocks, itself not counted */
    const uint32_t *after;   /* a gate that it waits for, directly or behind others; BLOCKERS_NONE: no gate */
    const bool *after_more;  /* and for others that are not behind that one */
};

void blockers_find(struct arena *mem, const struct blockers_ask *ask, struct blockers *out);
