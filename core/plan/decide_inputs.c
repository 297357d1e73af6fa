#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/planner.h"
#include "store/store.h"

/* What a step that it comes after is, for good: its object's id, or the inputs of the last run.  NULL: known
 * later.  A name may come back with another object behind it, so the generation counts besides. */
static const char *identity(const struct plan_step *need)
{
    bool settled = need->action == PLAN_KEEP || need->action == PLAN_UPDATE || need->action == PLAN_LOOKUP;
    if (!settled)
        return need->action == PLAN_TODO ? "todo" : NULL;
    return need->id ? need->id : need->inputs;
}

/* What a step runs on.  A person answers for what was asked; when it is due, and what looks after it, may
 * change without a new signature. */
static const struct value *runs_on(struct planner *p, const struct plan_step *s)
{
    static const char *const besides[] = {"deadline", "probe", "remind"};
    const struct value *v = s->desired;
    for (size_t k = 0; s->decl->kind == DECL_HUMAN && k < COUNT_OF(besides); k++) {
        if (value_get(v, besides[k]))
            v = value_with_key(p->mem, v, besides[k], NULL);
    }
    return v;
}

/* A digest of everything the step runs on: attributes, version, and the identity of what it comes after. */
static const char *inputs_digest(struct planner *p, uint32_t i)
{
    const struct graph *g = p->plan->graph;
    struct plan_step *s = &p->plan->steps[i];
    const struct value *runs = runs_on(p, s);
    if (s->unknown && value_has_unknown(runs))
        return NULL;
    struct digest_stream *d = digest_stream_new(p->mem);
    digest_stream_text(d, arena_print(p->mem, "%lld", (long long)s->decl->version));
    digest_stream_text(d, value_json_text(p->mem, runs));
    for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++) {
        const struct plan_step *need = &p->plan->steps[g->needs[e]];
        const char *is = identity(need);
        if (!is)
            return NULL;
        digest_stream_text(d, need->address);
        digest_stream_text(d, is);
        if (need->generation > 1)
            digest_stream_text(d, arena_print(p->mem, "%lld", (long long)need->generation));
    }
    uint8_t bytes[DIGEST_BYTES];
    char hex[DIGEST_HEX];
    digest_stream_end(d, bytes);
    digest_hex(bytes, sizeof(bytes), hex);
    return arena_text(p->mem, hex);
}

static bool a_need_changes(const struct planner *p, uint32_t i)
{
    const struct graph *g = p->plan->graph;
    for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++) {
        enum plan_action a = p->plan->steps[g->needs[e]].action;
        if (a != PLAN_KEEP && a != PLAN_LOOKUP && a != PLAN_TODO && a != PLAN_WAIT)
            return true;
    }
    return false;
}

/* It ran on exactly this; a check besides when nothing changed since that it looks at.  Offline it may hang
 * on something that nobody was asked for: then what was done counts as done. */
static bool is_done(const struct planner *p, uint32_t i)
{
    const struct plan_step *s = &p->plan->steps[i];
    if (!s->row || !s->row->inputs || select_is_replaced(p, i))
        return false;
    if (!s->inputs)
        return p->ask->offline && !a_need_changes(p, i);
    return strcmp(s->row->inputs, s->inputs) == 0 && (s->decl->kind != DECL_CHECK || !a_need_changes(p, i));
}

void decide_by_inputs(struct planner *p, uint32_t i)
{
    struct plan_step *s = &p->plan->steps[i];
    static const enum plan_action to_do[] = {
        [DECL_ACTION] = PLAN_RUN,
        [DECL_CHECK] = PLAN_CHECK,
        [DECL_HUMAN] = PLAN_WAIT,
        [DECL_TODO] = PLAN_TODO,
    };
    s->shared = s->decl->meta.shared;
    s->action = to_do[s->decl->kind];
    s->inputs = inputs_digest(p, i);
    if (s->decl->kind == DECL_TODO) {
        s->reason = "not written yet";
    } else if (is_done(p, i)) {
        s->action = PLAN_KEEP;
        s->reason = "done as declared";
        s->promise = s->observed;
    } else if (!s->row) {
        s->reason = s->decl->kind == DECL_HUMAN ? "waits for a person" : "never ran";
    } else {
        s->reason = select_is_replaced(p, i) ? "running it again was asked for"
                                             : "its inputs or what it comes after changed";
    }
    planner_decided(p, i);
}
