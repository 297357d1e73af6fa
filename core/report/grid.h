/* The grid: rows of cells in aligned columns, for tables of figures.  A column without a single entry is left
 * out; on a terminal that is too narrow, columns give way in the order they say, so that no figure is ever
 * cut in two.  Lives from grid_init to grid_done. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "base/buf.h"

struct out;

#define GRID_COLUMNS 12

struct grid_column {
    const char *head;
    bool right;     /* figures */
    unsigned gives; /* 0: never gives way; otherwise the highest goes first */
};

struct grid {
    struct out *o;
    const struct grid_column *columns;
    size_t count;
    struct buf texts;    /* every cell with its NUL */
    ARRAY(size_t) cells; /* where in the texts, row after row */
    size_t indent;
};

/* At most GRID_COLUMNS; the array is borrowed. */
void grid_init(struct grid *g, struct out *o, const struct grid_column *columns, size_t count, size_t indent);
void grid_done(struct grid *g);
/* The next cell: safe text already (cell_add), copied. */
void grid_add(struct grid *g, const char *text);
/* Other people's text. */
void grid_add_safe(struct grid *g, const char *text);
/* The heads, dim, then the rows; `total`: the last row is one, and bold. */
void grid_print(struct grid *g, bool total);
