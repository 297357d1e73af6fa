#include "plan/graph.h"

#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/str.h"
#include "model/diag.h"
#include "model/expr.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/graph_loop.h"
#include "store/store.h"

struct edge {
    uint32_t from, to; /* from needs to */
};

struct builder {
    struct arena *mem;
    struct arena *tmp;
    const struct decls *decls;
    const struct store_snapshot *truth;
    struct diags *diags;
    struct graph *g;
    struct map *index; /* address -> node index + 1 */
    ARRAY(struct edge) edges;
    uint32_t current; /* the node whose edges are collected */
};

_Static_assert(offsetof(struct graph_node, address) == 0, "it is looked up by what it begins with");

uint32_t graph_find(const struct graph *g, const char *address)
{
    size_t i = str_find_sorted(address, g->nodes, g->count, sizeof(*g->nodes));
    return i < g->count ? (uint32_t)i : UINT32_MAX;
}

static uint32_t node_of(const struct builder *b, const char *address)
{
    uintptr_t found = (uintptr_t)map_find(b->index, address);
    return found ? (uint32_t)(found - 1) : UINT32_MAX;
}

/* Declarations and stored rows are both sorted by address: one merging walk, without `nodes` to count. */
static uint32_t merge_nodes(const struct decls *d, const struct store_snapshot *t, struct graph_node *nodes)
{
    size_t i = 0, j = 0;
    uint32_t n = 0;
    while (i < d->count || j < t->res_count) {
        int order = i >= d->count ? 1 : j >= t->res_count ? -1 : strcmp(d->at[i].address, t->res[j].address);
        struct graph_node node = {.address = order <= 0 ? d->at[i].address : t->res[j].address,
                                  .res_first = (uint32_t)j};
        if (order <= 0)
            node.decl = &d->at[i++];
        while (order >= 0 && j < t->res_count && strcmp(t->res[j].address, node.address) == 0)
            j++;
        node.res_count = (uint32_t)j - node.res_first;
        if (nodes)
            nodes[n] = node;
        n++;
    }
    return n;
}

static void collect_nodes(struct builder *b)
{
    b->g->count = merge_nodes(b->decls, b->truth, NULL);
    b->g->nodes = ARENA_ARRAY(b->mem, struct graph_node, b->g->count + 1);
    merge_nodes(b->decls, b->truth, b->g->nodes);
    for (uint32_t i = 0; i < b->g->count; i++)
        map_put(b->index, b->g->nodes[i].address, (void *)(uintptr_t)(i + 1));
}

static void add_edge(struct builder *b, uint32_t from, uint32_t to)
{
    /* A step often reads several attributes of one other step: the newest edges catch most repeats cheaply,
     * the rest is harmless (an edge counted twice is also completed twice). */
    for (size_t i = b->edges.count, seen = 0; i > 0 && seen < 4 && b->edges.at[i - 1].from == from;
         i--, seen++) {
        if (b->edges.at[i - 1].to == to)
            return;
    }
    struct edge e = {from, to};
    ARRAY_PUSH(&b->edges, e);
}

static const char *nearest_address(const struct builder *b, const char *address)
{
    const char **names = ARENA_ARRAY(b->tmp, const char *, b->decls->count + 1);
    for (size_t i = 0; i < b->decls->count; i++)
        names[i] = b->decls->at[i].address;
    return str_nearest(address, names, b->decls->count);
}

static void report_missing(struct builder *b, const struct decl *d, const char *address, uint32_t line)
{
    const char *near = nearest_address(b, address);
    struct diag one = {
        .severity = DIAG_ERROR,
        .code = "plan.no_step",
        .address = d->address,
        .where = arena_print(b->tmp, "%s:%u", d->file, line ? line : d->line),
        .summary =
            arena_print(b->tmp, "step '%s' refers to '%s', and there is no such step", d->address, address),
        .advice = near ? arena_print(b->tmp, "did you mean '%s'?", near)
                       : "declare it, or take the reference out; `landfall graph REGION` lists every step",
    };
    diag_add(b->diags, &one);
}

static bool add_reference(void *user, const struct expr *ref)
{
    struct builder *b = user;
    uint32_t to = node_of(b, ref->address);
    const struct decl *from = b->g->nodes[b->current].decl;
    if (to == UINT32_MAX || !b->g->nodes[to].decl)
        report_missing(b, from, ref->address, ref->line);
    else
        add_edge(b, b->current, to);
    return true;
}

static void collect_declared_edges(struct builder *b)
{
    for (uint32_t i = 0; i < b->g->count; i++) {
        const struct decl *d = b->g->nodes[i].decl;
        if (!d)
            continue;
        b->current = i;
        expr_each_ref(d->attrs, add_reference, b);
        for (size_t a = 0; a < d->meta.after_count; a++) {
            uint32_t to = node_of(b, d->meta.after[a]);
            if (to == UINT32_MAX || !b->g->nodes[to].decl)
                report_missing(b, d, d->meta.after[a], 0);
            else
                add_edge(b, i, to);
        }
    }
}

/* What is to be destroyed goes after everything that was built on it: the stored edges, turned round. */
static bool collect_stored_edges(struct builder *b, struct err *err)
{
    const struct store_snapshot *t = b->truth;
    for (size_t i = 0; i < t->res_count; i++) {
        if (!t->res[i].depends_on || strcmp(t->res[i].depends_on, "[]") == 0)
            continue;
        const struct value *list;
        if (!value_json_parse(b->tmp, t->res[i].depends_on, strlen(t->res[i].depends_on), &list, err))
            return err_wrap(err, "reading what '%s' depends on", t->res[i].address);
        uint32_t dependent = node_of(b, t->res[i].address);
        for (size_t k = 0; value_kind(list) == VALUE_LIST && k < list->count; k++) {
            const char *address = value_as_text(list->items[k]);
            uint32_t to = address ? node_of(b, address) : UINT32_MAX;
            if (to != UINT32_MAX && to != dependent && !b->g->nodes[to].decl)
                add_edge(b, to, dependent);
        }
    }
    return true;
}

/* Edges sorted into compressed rows by counting: one pass to count, one to place. */
static void compress(struct arena *mem, const struct builder *b, bool reversed, const uint32_t **edges,
                     const uint32_t **at)
{
    uint32_t n = b->g->count;
    uint32_t *start = ARENA_ARRAY(mem, uint32_t, n + 2);
    uint32_t *list = ARENA_ARRAY(mem, uint32_t, b->edges.count + 1);
    for (size_t i = 0; i < b->edges.count; i++)
        start[(reversed ? b->edges.at[i].to : b->edges.at[i].from) + 2]++;
    for (uint32_t i = 2; i < n + 2; i++)
        start[i] += start[i - 1];
    for (size_t i = 0; i < b->edges.count; i++) {
        struct edge e = b->edges.at[i];
        list[start[(reversed ? e.to : e.from) + 1]++] = reversed ? e.from : e.to;
    }
    *edges = list;
    *at = start;
}

/* Kahn's algorithm with a heap of node indexes: nodes are sorted by address, so the smallest index first is
 * the order by address among what is ready. */
static void heap_push(uint32_t *heap, uint32_t *count, uint32_t item)
{
    uint32_t i = (*count)++;
    while (i > 0 && heap[(i - 1) / 2] > item) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap[i] = item;
}

static uint32_t heap_pop(uint32_t *heap, uint32_t *count)
{
    uint32_t top = heap[0], last = heap[--(*count)], i = 0;
    while (2 * i + 1 < *count) {
        uint32_t child = 2 * i + 1;
        if (child + 1 < *count && heap[child + 1] < heap[child])
            child++;
        if (heap[child] >= last)
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return top;
}

static uint32_t sort_nodes(struct builder *b, uint32_t *waiting)
{
    struct graph *g = b->g;
    uint32_t *sorted = ARENA_ARRAY(b->mem, uint32_t, g->count + 1);
    uint32_t *heap = ARENA_ARRAY(b->tmp, uint32_t, g->count + 1);
    uint32_t ready = 0, done = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        waiting[i] = g->needs_at[i + 1] - g->needs_at[i];
        if (waiting[i] == 0)
            heap_push(heap, &ready, i);
    }
    while (ready > 0) {
        uint32_t i = heap_pop(heap, &ready);
        sorted[done++] = i;
        for (uint32_t e = g->needed_by_at[i]; e < g->needed_by_at[i + 1]; e++) {
            if (--waiting[g->needed_by[e]] == 0)
                heap_push(heap, &ready, g->needed_by[e]);
        }
    }
    g->sorted = sorted;
    return done;
}

static void check_moves(struct builder *b)
{
    for (size_t i = 0; i < b->decls->moved_count; i++) {
        const struct decl_moved *m = &b->decls->moved[i];
        if (node_of(b, m->to) != UINT32_MAX && b->g->nodes[node_of(b, m->to)].decl)
            continue;
        const char *near = nearest_address(b, m->to);
        struct diag one = {
            .severity = DIAG_ERROR,
            .code = "plan.moved_nowhere",
            .address = m->to,
            .where = arena_print(b->tmp, "%s:%u", m->file, m->line),
            .summary =
                arena_print(b->tmp, "'%s' moved to '%s', and no step is declared there", m->from, m->to),
            .advice = near ? arena_print(b->tmp, "did you mean '%s'?", near)
                           : "declare the step under its new name, or take landfall.moved out",
        };
        diag_add(b->diags, &one);
    }
}

bool graph_build(struct arena *mem, const struct decls *decls, const struct store_snapshot *truth,
                 struct graph **out, struct diags *diags)
{
    struct builder b = {.mem = mem, .tmp = arena_new(), .decls = decls, .truth = truth, .diags = diags};
    size_t before = diags->errors;
    b.g = ARENA_NEW(mem, struct graph);
    b.index = map_new();
    collect_nodes(&b);
    check_moves(&b);
    collect_declared_edges(&b);
    struct err err;
    if (!collect_stored_edges(&b, &err))
        diag_add_err(diags, DIAG_ERROR, NULL, &err);
    compress(mem, &b, false, &b.g->needs, &b.g->needs_at);
    compress(mem, &b, true, &b.g->needed_by, &b.g->needed_by_at);
    uint32_t *waiting = ARENA_ARRAY(b.tmp, uint32_t, b.g->count + 1);
    if (sort_nodes(&b, waiting) < b.g->count)
        graph_loop_report(b.tmp, b.g, waiting, diags);
    bool fine = diags->errors == before;
    if (fine)
        *out = b.g;
    map_free(b.index);
    ARRAY_DONE(&b.edges);
    arena_free(b.tmp);
    return fine;
}
