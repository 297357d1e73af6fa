/* The loop in a graph, named by its shortest form, so that a person sees which reference to cut. */
#pragma once

#include <stdint.h>

struct arena;
struct diags;
struct graph;

/* `waiting`: per node, how many of its needs sorting could not finish; > 0 marks the nodes on or behind a
 * loop.  Adds one error to `diags`: "a -> b -> a" with the place of each. */
void graph_loop_report(struct arena *tmp, const struct graph *g, const uint32_t *waiting,
                       struct diags *diags);
