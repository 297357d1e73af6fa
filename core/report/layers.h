/* The layers: where the nodes of a small directed graph are drawn - in columns from left to right, each to
 * the right of what it needs, and inside a column near what it hangs on.  Plain arithmetic over indexes, for
 * some dozens of nodes; lives in its arena. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct arena;

struct layers_edge {
    uint32_t from, to; /* `to` needs `from` */
    uint32_t weight;   /* how many single edges it stands for */
    bool drawn;        /* false: it follows from others, by a longer way */
};

struct layers {
    uint32_t count;
    struct layers_edge *edges;
    uint32_t edge_count;
    uint32_t *layer, *row; /* of each node */
    uint32_t layer_count, row_count;
};

/* An edge to a node of an equal or lower index takes no part in the placing, so that a loop does no harm; it
 * is drawn all the same. */
void layers_make(struct arena *mem, struct layers *l);
