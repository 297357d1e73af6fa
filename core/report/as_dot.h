/* As DOT: the graph of a region in the language of graphviz, for `landfall graph eu --dot | dot -Tsvg`. */
#pragma once

struct graph;
struct out;

/* Nodes are addresses, shaped by kind; an edge runs from what is needed to what needs it. */
void as_dot_graph(struct out *o, const char *region, const struct graph *g);
