#include "plan/graph.h"
#include "report/as_text.h"
#include "report/out.h"

void as_text_graph(struct out *o, const struct graph *g)
{
    for (uint32_t k = 0; k < g->count; k++) {
        uint32_t i = g->sorted[k];
        out_painted(o, OUT_BOLD, g->nodes[i].address);
        if (!g->nodes[i].decl)
            out_painted(o, OUT_DIM, " (no longer declared)");
        out_char(o, '\n');
        for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++) {
            out_text(o, "    needs ");
            out_safe(o, g->nodes[g->needs[e]].address);
            out_char(o, '\n');
        }
    }
}
