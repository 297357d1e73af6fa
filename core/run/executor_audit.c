#include "base/arena.h"
#include "base/attr.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "region/region.h"
#include "region/waiver.h"
#include "run/executor_state.h"
#include "store/store.h"

/* What the audit chain says of a run: under which yes it was opened, which rules were bent for it, and how it
 * ended. */

static const struct value *texts(struct arena *mem, const char *const *at, size_t count)
{
    const struct value **items = ARENA_ARRAY(mem, const struct value *, count + 1);
    for (size_t i = 0; i < count; i++)
        items[i] = value_text(mem, at[i]);
    return value_list(mem, items, count);
}

static void put_waiver(struct executor *x, const struct waiver *w, size_t findings)
{
    struct arena *mem = x->mem;
    struct pair pairs[] = {
        {"expires", value_text(mem, w->expires)},     {"findings", value_int(mem, (int64_t)findings)},
        {"owner", value_text(mem, w->owner)},         {"reason", value_text(mem, w->reason)},
        {"rule", value_text(mem, w->rule)},           {"run", value_text(mem, x->ask.run_id)},
        {"told", texts(mem, w->told, w->told_count)}, {"waiver", value_text(mem, w->name)}};
    store_put_audit(x->ask.writer, "waiver.used",
                    value_json_text(mem, value_map(mem, pairs, COUNT_OF(pairs))));
}

/* Those without which the plan would have been refused. */
static void put_waivers(struct executor *x)
{
    const struct plan *plan = x->plan;
    size_t count = plan->waivers ? plan->waivers->count : 0;
    size_t *findings = ARENA_ARRAY(x->mem, size_t, count + 1);
    for (size_t i = 0; i < plan->finding_count; i++) {
        const struct plan_finding *f = &plan->findings[i];
        if (f->waiver && f->level != PLAN_ADVISORY)
            findings[f->waiver - plan->waivers->at]++;
    }
    for (size_t i = 0; i < count; i++) {
        if (findings[i] > 0)
            put_waiver(x, &plan->waivers->at[i], findings[i]);
    }
}

void executor_audit_opened(struct executor *x)
{
    const struct purse_terms *t = &x->purse.terms;
    for (size_t i = 0; i < t->approval_count; i++) {
        struct pair pairs[] = {{"approval", value_text(x->mem, t->approvals[i].json)},
                               {"nonce", value_text(x->mem, t->approvals[i].nonce)},
                               {"plan", value_text(x->mem, t->approvals[i].plan_digest)},
                               {"run", value_text(x->mem, x->ask.run_id)}};
        store_put_audit(x->ask.writer, "approval.used",
                        value_json_text(x->mem, value_map(x->mem, pairs, COUNT_OF(pairs))));
    }
    struct pair pairs[] = {{"command", value_text(x->mem, x->ask.command)},
                           {"plan", value_text(x->mem, x->plan->digest)},
                           {"region", value_text(x->mem, x->plan->region->name)},
                           {"run", value_text(x->mem, x->ask.run_id)}};
    store_put_audit(x->ask.writer, "run.opened",
                    value_json_text(x->mem, value_map(x->mem, pairs, COUNT_OF(pairs))));
    put_waivers(x);
}

void executor_audit_ended(struct executor *x, const char *state)
{
    const struct executor_outcome *out = &x->out;
    struct pair pairs[] = {{"done", value_int(x->mem, out->done)},
                           {"run", value_text(x->mem, x->ask.run_id)},
                           {"state", value_text(x->mem, state)},
                           {"total", value_int(x->mem, out->total)}};
    store_put_audit(x->ask.writer, "run.ended",
                    value_json_text(x->mem, value_map(x->mem, pairs, COUNT_OF(pairs))));
}
