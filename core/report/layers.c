#include "report/layers.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static bool is_forward(const struct layers_edge *e)
{
    return e->from < e->to;
}

/* A column further right than everything it needs.  Indexes only grow along forward edges, so one walk by
 * target is enough when the edges are sorted by it. */
static void place_columns(struct layers *l)
{
    for (uint32_t i = 0; i < l->edge_count; i++) {
        const struct layers_edge *e = &l->edges[i];
        if (is_forward(e) && l->layer[e->to] < l->layer[e->from] + 1)
            l->layer[e->to] = l->layer[e->from] + 1;
    }
    for (uint32_t i = 0; i < l->count; i++)
        if (l->layer[i] + 1 > l->layer_count)
            l->layer_count = l->layer[i] + 1;
}

/* reach[a][b]: b can be reached from a by forward edges. */
static void find_detours(struct arena *mem, struct layers *l)
{
    size_t n = l->count;
    bool *reach = ARENA_ARRAY(mem, bool, n *n + 1);
    for (uint32_t i = l->edge_count; i-- > 0;) {
        const struct layers_edge *e = &l->edges[i];
        if (is_forward(e))
            reach[e->from * n + e->to] = true;
    }
    for (size_t from = n; from-- > 0;) {
        for (size_t by = from + 1; by < n; by++) {
            for (size_t to = by + 1; reach[from * n + by] && to < n; to++)
                reach[from * n + to] = reach[from * n + to] || reach[by * n + to];
        }
    }
    for (uint32_t i = 0; i < l->edge_count; i++) {
        struct layers_edge *e = &l->edges[i];
        e->drawn = true;
        for (size_t by = e->from + 1; is_forward(e) && by < e->to && e->drawn; by++)
            e->drawn = !(reach[e->from * n + by] && reach[by * n + e->to]);
    }
}

struct place {
    uint32_t node;
    uint64_t wish; /* in thousandths of a row */
};

static int by_wish(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->wish != y->wish)
        return x->wish < y->wish ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* The middle of what it hangs on; without that, as it comes. */
static uint64_t wish_of(const struct layers *l, uint32_t node, uint32_t otherwise)
{
    uint64_t sum = 0, count = 0;
    for (uint32_t i = 0; i < l->edge_count; i++) {
        const struct layers_edge *e = &l->edges[i];
        if (e->to != node || !is_forward(e))
            continue;
        sum += (uint64_t)l->row[e->from] * 1000;
        count++;
    }
    return count ? sum / count : (uint64_t)otherwise * 1000;
}

static void place_rows(struct arena *mem, struct layers *l)
{
    struct place *places = ARENA_ARRAY(mem, struct place, l->count + 1);
    for (uint32_t column = 0; column < l->layer_count; column++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < l->count; i++) {
            if (l->layer[i] != column)
                continue;
            places[count] = (struct place){i, wish_of(l, i, count)};
            count++;
        }
        qsort(places, count, sizeof(*places), by_wish);
        for (uint32_t k = 0; k < count; k++)
            l->row[places[k].node] = k;
        l->row_count = count > l->row_count ? count : l->row_count;
    }
}

static int by_target(const void *a, const void *b)
{
    const struct layers_edge *x = a, *y = b;
    if (x->to != y->to)
        return x->to < y->to ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

void layers_make(struct arena *mem, struct layers *l)
{
    l->layer = ARENA_ARRAY(mem, uint32_t, l->count + 1);
    l->row = ARENA_ARRAY(mem, uint32_t, l->count + 1);
    l->layer_count = l->row_count = 0;
    if (l->edge_count > 0)
        qsort(l->edges, l->edge_count, sizeof(*l->edges), by_target);
    place_columns(l);
    find_detours(mem, l);
    place_rows(mem, l);
}
