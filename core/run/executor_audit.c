#include "base/arena.h"
#include "base/attr.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "region/region.h"
#include "run/executor_state.h"
#include "store/store.h"

/* What the audit chain says of a run: under which yes it was opened, and how it ended. */

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
