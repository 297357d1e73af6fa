#include "run/row.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "model/decl.h"
#include "model/value_json.h"
#include "plan/plan.h"

/* The step's direct needs, by address. */
static const char *needs_json(struct arena *mem, const struct graph *g, uint32_t i)
{
    if (g->needs_at[i] == g->needs_at[i + 1])
        return "[]";
    struct buf out;
    buf_init(&out, 0);
    buf_char(&out, '[');
    for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++) {
        const char *address = g->nodes[g->needs[e]].address;
        if (e > g->needs_at[i])
            buf_char(&out, ',');
        value_json_print_text(&out, address, strlen(address));
    }
    buf_char(&out, ']');
    const char *text = buf_keep(&out, mem);
    buf_done(&out);
    return text;
}

static const char *holds_json(struct arena *mem, const struct decl *d)
{
    if (d->meta.holds_count == 0)
        return NULL;
    struct buf out;
    buf_init(&out, 0);
    for (size_t k = 0; k < d->meta.holds_count; k++) {
        buf_char(&out, k ? ',' : '[');
        value_json_print_text(&out, d->meta.holds[k], strlen(d->meta.holds[k]));
    }
    buf_char(&out, ']');
    const char *text = buf_keep(&out, mem);
    buf_done(&out);
    return text;
}

struct store_res row_of_step(struct arena *mem, const struct plan *plan, uint32_t i)
{
    const struct plan_step *s = &plan->steps[i];
    const struct decl *d = s->decl;
    return (struct store_res){.address = s->address,
                              .generation = s->generation,
                              .kind = d->kind,
                              .subsystem = s->driver ? d->subsystem : "",
                              .type = s->driver ? d->type : "",
                              .instance = s->driver ? d->instance : "",
                              .driver = "",
                              .driver_version = "",
                              .depends_on = needs_json(mem, plan->graph, i),
                              .holds = holds_json(mem, d),
                              .declared_at = arena_print(mem, "%s:%u", d->file, d->line),
                              .shared = s->shared,
                              .protect = d->meta.protect,
                              .adopted = s->row && s->row->adopted};
}
