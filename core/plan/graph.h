/* The graph: steps and what each needs, as indexes.  Nodes are the declarations plus, for everything in the
 * store that no playbook declares any more, one node to destroy.  Direct edges only, in compressed rows;
 * built once, never walked per completion.  Lives in its arena. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/decl.h"

struct arena;
struct diags;
struct err;
struct store_snapshot;

struct graph_node {
    const char *address;
    const struct decl *decl; /* NULL: only in the store, to be destroyed */
    uint32_t res_first,
        res_count; /* its rows in the snapshot (generations; the live one last); count 0: none */
};

struct graph {
    struct graph_node *nodes; /* sorted by address */
    uint32_t count;
    const uint32_t *needs; /* node i needs needs[needs_at[i] .. needs_at[i + 1]) */
    const uint32_t *needs_at;
    const uint32_t *needed_by; /* the same edges, the other way */
    const uint32_t *needed_by_at;
    const uint32_t *sorted; /* node indexes, each behind all it needs; ties by address */
};

/* Adds to `diags`: references to missing steps (with the nearest name), `after` of unknown addresses, moved
 * to or from nowhere, cycles by their shortest loop ("a -> b -> a", each with file:line).  False when there
 * was one. */
MUST_USE bool graph_build(struct arena *mem, const struct decls *decls, const struct store_snapshot *truth,
                          struct graph **out, struct diags *diags);
/* Binary search; UINT32_MAX when there is none. */
uint32_t graph_find(const struct graph *g, const char *address);
