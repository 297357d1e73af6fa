#include "plan/graph_loop.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "model/diag.h"
#include "plan/graph.h"

/* Breadth-first searches are made from at most this many nodes: enough to find the shortest loop of any
 * playbook a person wrote, and a bound for one a program wrote. */
#define STARTS_MAX 2000

struct search {
    const struct graph *g;
    const uint32_t *waiting;
    uint32_t *came_from; /* node + 1; 0: not reached */
    uint32_t *queue;
};

/* Length of the shortest way from `start` back to itself over nodes on loops, below `best`; 0 when there is
 * none. */
static uint32_t shortest_back(struct search *s, uint32_t start, uint32_t best, uint32_t *last)
{
    memset(s->came_from, 0, sizeof(uint32_t) * s->g->count);
    uint32_t head = 0, tail = 0, length = 0, level_end = 1;
    s->queue[tail++] = start;
    while (head < tail && length + 1 < best) {
        uint32_t at = s->queue[head++];
        for (uint32_t e = s->g->needs_at[at]; e < s->g->needs_at[at + 1]; e++) {
            uint32_t next = s->g->needs[e];
            if (next == start) {
                *last = at;
                return length + 1;
            }
            if (s->waiting[next] == 0 || s->came_from[next])
                continue;
            s->came_from[next] = at + 1;
            s->queue[tail++] = next;
        }
        if (head == level_end) {
            length++;
            level_end = tail;
        }
    }
    return 0;
}

static void describe(struct arena *tmp, const struct graph *g, const uint32_t *loop, uint32_t length,
                     struct diags *diags)
{
    struct buf chain, places;
    buf_init(&chain, 400);
    buf_init(&places, 1400);
    for (uint32_t i = 0; i < length; i++) {
        const struct graph_node *node = &g->nodes[loop[i]];
        buf_print(&chain, "%s -> ", node->address);
        if (node->decl)
            buf_print(&places, "%s%s is declared at %s:%u", i ? "\n" : "", node->address, node->decl->file,
                      node->decl->line);
    }
    buf_text(&chain, g->nodes[loop[0]].address);
    const struct decl *d = g->nodes[loop[0]].decl;
    struct diag one = {
        .severity = DIAG_ERROR,
        .code = "plan.cycle",
        .address = g->nodes[loop[0]].address,
        .where = d ? arena_print(tmp, "%s:%u", d->file, d->line) : NULL,
        .summary = arena_print(tmp, "these steps wait for each other: %s", chain.at),
        .detail = places.at,
        .advice = "take one of these references or `after` entries out, or split one of the steps in two",
    };
    diag_add(diags, &one);
    buf_done(&chain);
    buf_done(&places);
}

void graph_loop_report(struct arena *tmp, const struct graph *g, const uint32_t *waiting, struct diags *diags)
{
    struct search s = {
        .g = g,
        .waiting = waiting,
        .came_from = ARENA_ARRAY(tmp, uint32_t, g->count + 1),
        .queue = ARENA_ARRAY(tmp, uint32_t, g->count + 1),
    };
    uint32_t best = UINT32_MAX, *loop = ARENA_ARRAY(tmp, uint32_t, g->count + 1), starts = 0;
    for (uint32_t i = 0; i < g->count && starts < STARTS_MAX && best > 2; i++) {
        if (waiting[i] == 0)
            continue;
        starts++;
        uint32_t last = 0, length = shortest_back(&s, i, best, &last);
        if (length == 0)
            continue;
        best = length;
        for (uint32_t k = length, at = last; k > 1; k--, at = s.came_from[at] - 1)
            loop[k - 1] = at;
        loop[0] = i;
    }
    if (best != UINT32_MAX)
        describe(tmp, g, loop, best, diags);
}
