#include "report/as_dot.h"

#include <string.h>

#include "base/buf.h"
#include "model/decl.h"
#include "plan/graph.h"
#include "report/out.h"

static const char *attributes_of(const struct decl *d)
{
    static const char *const by_kind[] = {
        [DECL_RESOURCE] = "shape=box", [DECL_EXISTING] = "shape=box, style=dashed",
        [DECL_ACTION] = "shape=cds",   [DECL_CHECK] = "shape=diamond",
        [DECL_HUMAN] = "shape=house",  [DECL_TODO] = "shape=note",
    };
    return d ? by_kind[d->kind] : "shape=box, style=dotted";
}

/* A quoted string of the DOT language: a quote and a backslash are escaped, so that \N and the like stay
 * what was written. */
static void quoted(struct out *o, const char *text)
{
    struct buf escaped;
    buf_init(&escaped, 0);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_char(&escaped, '\\');
        buf_char(&escaped, *text);
    }
    out_char(o, '"');
    out_safe(o, escaped.at);
    out_char(o, '"');
    buf_done(&escaped);
}

/* Nodes first, so that their order does not depend on the edges and two graphs can be compared by diff. */
void as_dot_graph(struct out *o, const char *region, const struct graph *g)
{
    out_text(o, "digraph ");
    quoted(o, region);
    out_text(o, " {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n");
    for (uint32_t i = 0; i < g->count; i++) {
        out_text(o, "  ");
        quoted(o, g->nodes[i].address);
        out_print(o, " [%s];\n", attributes_of(g->nodes[i].decl));
    }
    for (uint32_t i = 0; i < g->count; i++) {
        for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++) {
            out_text(o, "  ");
            quoted(o, g->nodes[g->needs[e]].address);
            out_text(o, " -> ");
            quoted(o, g->nodes[i].address);
            out_text(o, ";\n");
        }
    }
    out_text(o, "}\n");
}
