#include "launch/blockers.h"

#include "base/arena.h"
#include "plan/graph.h"

/* The tree of dominators.  Node count stands for the root: nothing but the beginning.  `jump` is an ancestor
 * far up (a skew-binary jump pointer, Myers 1983): two nodes' common ancestor is found in O(log V) steps. */
struct tree {
    uint32_t root;
    uint32_t *parent, *jump, *depth;
    bool *held; /* it is in the tree: a gate, or behind one */
};

static void tree_add(struct tree *t, uint32_t i, uint32_t parent)
{
    uint32_t up = t->jump[parent];
    bool far = t->depth[parent] - t->depth[up] == t->depth[up] - t->depth[t->jump[up]];
    t->held[i] = true;
    t->parent[i] = parent;
    t->depth[i] = t->depth[parent] + 1;
    t->jump[i] = far ? t->jump[up] : parent;
}

static uint32_t tree_lift(const struct tree *t, uint32_t i, uint32_t depth)
{
    while (t->depth[i] > depth)
        i = t->depth[t->jump[i]] >= depth ? t->jump[i] : t->parent[i];
    return i;
}

/* Equal depths have jumps of equal length, so both sides may jump together. */
static uint32_t tree_meet(const struct tree *t, uint32_t a, uint32_t b)
{
    a = tree_lift(t, a, t->depth[b]);
    b = tree_lift(t, b, t->depth[a]);
    while (a != b) {
        bool jumps = t->jump[a] != t->jump[b];
        a = jumps ? t->jump[a] : t->parent[a];
        b = jumps ? t->jump[b] : t->parent[b];
    }
    return a;
}

static void grow(struct tree *t, const struct blockers_ask *ask, uint32_t i)
{
    const struct graph *g = ask->graph;
    uint32_t above = BLOCKERS_NONE;
    for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++) {
        uint32_t need = g->needs[e];
        if (t->held[need])
            above = above == BLOCKERS_NONE ? need : tree_meet(t, above, need);
    }
    if (above != BLOCKERS_NONE)
        tree_add(t, i, above);
    else if (ask->gate[i])
        tree_add(t, i, t->root);
}

/* The nearest gate above in the tree holds back all there is; where the root comes first, one of several. */
static uint32_t any_gate(const struct blockers_ask *ask, const struct tree *t, const uint32_t *after,
                         uint32_t i)
{
    const struct graph *g = ask->graph;
    for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++) {
        uint32_t need = g->needs[e];
        if (t->held[need])
            return ask->gate[need] ? need : after[need];
    }
    return BLOCKERS_NONE;
}

/* gate_above: per node of the tree the gate nearest to it on the way to the root, itself included. */
static void find_after(struct arena *mem, const struct blockers_ask *ask, const struct tree *t,
                       struct blockers *out)
{
    const struct graph *g = ask->graph;
    uint32_t *after = ARENA_ARRAY(mem, uint32_t, g->count + 1);
    uint32_t *gate_above = ARENA_ARRAY(mem, uint32_t, g->count + 1);
    bool *more = ARENA_ARRAY(mem, bool, g->count + 1);
    gate_above[t->root] = BLOCKERS_NONE;
    for (uint32_t k = 0; k < g->count; k++) {
        uint32_t i = g->sorted[k];
        after[i] = BLOCKERS_NONE;
        if (!t->held[i])
            continue;
        uint32_t sole = gate_above[t->parent[i]];
        gate_above[i] = ask->gate[i] ? i : sole;
        after[i] = any_gate(ask, t, after, i);
        more[i] = after[i] != BLOCKERS_NONE && after[i] != sole;
    }
    out->after = after;
    out->after_more = more;
}

void blockers_find(struct arena *mem, const struct blockers_ask *ask, struct blockers *out)
{
    const struct graph *g = ask->graph;
    struct tree t = {.root = g->count,
                     .parent = ARENA_ARRAY(mem, uint32_t, g->count + 1),
                     .jump = ARENA_ARRAY(mem, uint32_t, g->count + 1),
                     .depth = ARENA_ARRAY(mem, uint32_t, g->count + 1),
                     .held = ARENA_ARRAY(mem, bool, g->count + 1)};
    uint32_t *unlocks = ARENA_ARRAY(mem, uint32_t, g->count + 1);
    t.parent[t.root] = t.jump[t.root] = t.root;
    for (uint32_t k = 0; k < g->count; k++) {
        if (ask->part[g->sorted[k]])
            grow(&t, ask, g->sorted[k]);
    }
    /* Parents stand before their children in the order, so one walk back sums up whole subtrees. */
    for (uint32_t k = g->count; k-- > 0;) {
        uint32_t i = g->sorted[k];
        if (t.held[i])
            unlocks[t.parent[i]] += unlocks[i] + ask->open[i];
    }
    out->unlocks = unlocks;
    find_after(mem, ask, &t, out);
}
