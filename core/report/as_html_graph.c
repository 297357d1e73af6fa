#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/map.h"
#include "base/str.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "report/as_html_parts.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/layers.h"
#include "report/out.h"

/* The graph: which part of the build needs which.  A few steps are drawn one by one; more are drawn as
 * groups, finer ones first, as long as a person can still read the picture. */

#define STEPS_MOST 30 /* drawn one by one */
#define NODES_MOST 40
#define NODE_WIDE  190
#define NODE_HIGH  46
#define GAP_WIDE   70
#define GAP_HIGH   18
#define MARGIN     8
#define TIP        6
#define LABEL_MOST 25 /* columns that fit into a node */

struct group {
    const char *stage, *name; /* stage NULL: by something else */
    uint32_t steps, due;
};

struct picture {
    struct group *groups;
    uint32_t *group_of; /* each step's */
    struct layers layers;
};

enum by { BY_STEP, BY_BOTH, BY_STAGE, BY_SUBSYSTEM, BY_COUNT };

static const char *const captions[BY_COUNT] = {[BY_STEP] = "Each step",
                                               [BY_BOTH] = "Steps by stage and subsystem",
                                               [BY_STAGE] = "Steps by stage",
                                               [BY_SUBSYSTEM] = "Steps by subsystem"};

/* ---- grouping -------------------------------------------------------------------------------- */

static const char *key_of(struct arena *mem, const struct plan_step *s, enum by by)
{
    const char *stage = as_html_stage_of(s), *subsystem = as_html_subsystem_of(s);
    return by == BY_STEP        ? s->address
           : by == BY_STAGE     ? stage
           : by == BY_SUBSYSTEM ? subsystem
                                : arena_print(mem, "%s\n%s", stage, subsystem);
}

static struct group group_of(const struct plan_step *s, enum by by)
{
    return (struct group){.stage = by == BY_BOTH || by == BY_STEP ? as_html_stage_of(s) : NULL,
                          .name = by == BY_STEP    ? s->address
                                  : by == BY_STAGE ? as_html_stage_of(s)
                                                   : as_html_subsystem_of(s)};
}

static bool is_due(const struct plan_step *s)
{
    return s->action != PLAN_KEEP && s->action != PLAN_LOOKUP;
}

/* Groups in the reader's order: what a playbook does first is to the left.  False when there are too many. */
static bool make_groups(struct arena *mem, const struct plan *plan, const uint32_t *order, enum by by,
                        struct picture *out)
{
    struct map *seen = map_new();
    uint32_t most = by == BY_STEP ? STEPS_MOST : NODES_MOST;
    bool fits = true;
    out->groups = ARENA_ARRAY(mem, struct group, most + 1);
    out->group_of = ARENA_ARRAY(mem, uint32_t, plan->count + 1);
    for (uint32_t k = 0; k < plan->count && fits; k++) {
        const struct plan_step *s = &plan->steps[order[k]];
        const char *key = key_of(mem, s, by);
        uintptr_t at = (uintptr_t)map_find(seen, key);
        if (at == 0) {
            at = map_count(seen) + 1;
            fits = at <= most;
            if (!fits)
                break;
            map_put(seen, key, (void *)at);
            out->groups[at - 1] = group_of(s, by);
        }
        out->groups[at - 1].steps++;
        out->groups[at - 1].due += is_due(s);
        out->group_of[order[k]] = (uint32_t)at - 1;
    }
    out->layers.count = (uint32_t)map_count(seen);
    map_free(seen);
    return fits;
}

static void make_edges(struct arena *mem, const struct plan *plan, struct picture *out)
{
    uint32_t n = out->layers.count;
    const struct graph *g = plan->graph;
    uint32_t *weights = ARENA_ARRAY(mem, uint32_t, (size_t)n * n + 1);
    ARRAY(struct layers_edge) edges = {0};
    for (uint32_t i = 0; i < plan->count; i++) {
        for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++)
            weights[out->group_of[g->needs[e]] * n + out->group_of[i]]++;
    }
    for (uint32_t from = 0; from < n; from++) {
        for (uint32_t to = 0; to < n; to++) {
            if (from != to && weights[from * n + to] > 0)
                ARRAY_PUSH(&edges, ((struct layers_edge){from, to, weights[from * n + to], true}));
        }
    }
    out->layers.edges = ARRAY_KEEP(&edges, mem);
    out->layers.edge_count = (uint32_t)edges.count;
    ARRAY_DONE(&edges);
}

/* Single steps have an order of doing, which has no loops; groups keep the reader's. */
static bool make_picture(struct arena *mem, const struct plan *plan, struct picture *out, enum by *how)
{
    for (enum by by = BY_STEP; by < BY_COUNT; by++) {
        const uint32_t *order = by == BY_STEP ? plan->graph->sorted : plan_order(mem, plan);
        if (!make_groups(mem, plan, order, by, out))
            continue;
        make_edges(mem, plan, out);
        layers_make(mem, &out->layers);
        *how = by;
        return true;
    }
    return false;
}

/* ---- drawing --------------------------------------------------------------------------------- */

static unsigned left_of(const struct picture *pic, uint32_t node)
{
    return MARGIN + pic->layers.layer[node] * (NODE_WIDE + GAP_WIDE);
}

static unsigned top_of(const struct picture *pic, uint32_t node)
{
    return MARGIN + pic->layers.row[node] * (NODE_HIGH + GAP_HIGH);
}

static void print_label(struct as_html *h, unsigned x, unsigned y, const char *class, const char *text)
{
    page_print(&h->page, "<text class=\"%s\" x=\"%u\" y=\"%u\">", class, x, y);
    cell_add_short(page_cell(&h->page), h->page.out, text, strlen(text), LABEL_MOST);
    page_cell_text(&h->page);
    page_markup(&h->page, "</text>");
}

static void print_node(struct as_html *h, const struct picture *pic, uint32_t node, enum by by)
{
    const struct group *g = &pic->groups[node];
    unsigned x = left_of(pic, node), y = top_of(pic, node);
    struct page *p = &h->page;
    page_print(p, "<g class=\"node%s\"><title>", g->due ? " due" : "");
    if (g->stage) {
        page_text(p, g->stage);
        page_markup(p, ": ");
    }
    page_text(p, g->name);
    page_print(p, "</title><rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"4\"/>", x, y, NODE_WIDE,
               NODE_HIGH);
    struct buf text;
    buf_init(&text, 0);
    if (by == BY_BOTH)
        buf_print(&text, "%s · ", g->stage);
    buf_text(&text, g->name);
    print_label(h, x + 10, y + 19, "name", text.at);
    buf_clear(&text);
    if (by == BY_STEP)
        buf_text(&text, g->stage);
    else
        brief_count(&text, g->steps, "step");
    if (by != BY_STEP && g->due > 0)
        buf_print(&text, ", %u to do", g->due);
    print_label(h, x + 10, y + 36, "sub", text.at);
    buf_done(&text);
    page_markup(p, "</g>\n");
}

/* From the right side of what is needed to the left side of what needs it; back to the left, or inside a
 * column, it is dashed. */
static void print_edge(struct as_html *h, const struct picture *pic, const struct layers_edge *e)
{
    const uint32_t *layer = pic->layers.layer;
    bool right = layer[e->to] > layer[e->from], left = layer[e->to] < layer[e->from];
    int x1 = (int)left_of(pic, e->from) + (left ? 0 : NODE_WIDE);
    int x2 = (int)left_of(pic, e->to) + (right ? -TIP : NODE_WIDE + TIP);
    int y1 = (int)top_of(pic, e->from) + NODE_HIGH / 2, y2 = (int)top_of(pic, e->to) + NODE_HIGH / 2;
    int bend1 = left ? -GAP_WIDE / 2 : GAP_WIDE / 2, bend2 = right ? -GAP_WIDE / 2 : GAP_WIDE / 2;
    if (!e->drawn)
        return;
    page_print(&h->page, "<path class=\"%s\" d=\"M%d %dC%d %d %d %d %d %d\" marker-end=\"url(#tip)\"/>\n",
               right ? "edge" : "edge back", x1, y1, x1 + bend1, y1, x2 + bend2, y2, x2, y2);
}

static void print_picture(struct as_html *h, const struct picture *pic, enum by by)
{
    struct page *p = &h->page;
    unsigned wide = 2 * MARGIN + pic->layers.layer_count * (NODE_WIDE + GAP_WIDE) - GAP_WIDE;
    unsigned high = 2 * MARGIN + pic->layers.row_count * (NODE_HIGH + GAP_HIGH) - GAP_HIGH;
    page_print(p,
               "<figure>\n<figcaption>%s. An arrow leads from what is needed to what needs it; one that "
               "follows from others is left out, one that leads back is dashed.</figcaption>\n",
               captions[by]);
    page_markup(
        p, "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Picture of what needs what\">\n");
    page_print(
        p,
        "<svg class=\"graph\" role=\"img\" aria-labelledby=\"graph-name\" width=\"%u\" height=\"%u\" "
        "viewBox=\"0 0 %u %u\">\n<title id=\"graph-name\">%u nodes and what each needs; the table below says "
        "the same</title>\n",
        wide, high, wide, high, pic->layers.count);
    page_markup(p, "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"2\" refY=\"4\" markerWidth=\"7\" "
                   "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n");
    for (uint32_t i = 0; i < pic->layers.edge_count; i++)
        print_edge(h, pic, &pic->layers.edges[i]);
    for (uint32_t i = 0; i < pic->layers.count; i++)
        print_node(h, pic, i, by);
    page_markup(p, "</svg>\n</div>\n</figure>\n");
}

static void print_group(struct as_html *h, const struct group *g)
{
    struct page *p = &h->page;
    page_markup(p, "<td>");
    if (g->stage) {
        page_text(p, g->stage);
        page_markup(p, ": ");
    }
    page_text(p, g->name);
    page_markup(p, "</td>");
}

static void print_table(struct as_html *h, const struct picture *pic)
{
    static const char *const titles[] = {"^What", "^Needs", "#^Single needs", NULL};
    struct page *p = &h->page;
    if (pic->layers.edge_count == 0)
        return;
    page_markup(p, "<details class=\"table\"><summary>The same as a table</summary>\n");
    as_html_table(h, "Needs", titles, NULL);
    for (uint32_t i = 0; i < pic->layers.edge_count; i++) {
        const struct layers_edge *e = &pic->layers.edges[i];
        page_markup(p, "<tr>");
        print_group(h, &pic->groups[e->to]);
        print_group(h, &pic->groups[e->from]);
        page_print(p, "<td class=\"n\">%u</td></tr>\n", e->weight);
    }
    as_html_table_end(h);
    page_markup(p, "</details>\n");
}

const char *as_html_graph_missing(const struct as_html *h)
{
    return h->plan->count > 0 && h->plan->graph->needs_at ? NULL : "There is no graph: there are no steps.";
}

void as_html_graph(struct as_html *h)
{
    struct picture pic = {0};
    enum by by = BY_STEP;
    if (!make_picture(h->mem, h->plan, &pic, &by)) {
        page_print(
            &h->page,
            "<p>More stages and subsystems than one picture can show; each step names what it needs.</p>\n");
        return;
    }
    print_picture(h, &pic, by);
    print_table(h, &pic);
}
