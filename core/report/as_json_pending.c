#include "report/as_json_pending.h"

#include "landfall/plugin.h"
#include "report/doc.h"
#include "store/store.h"

static const char *verb_name(uint32_t verb)
{
    return verb == LF_VERB_CREATE    ? "create"
           : verb == LF_VERB_UPDATE  ? "update"
           : verb == LF_VERB_DESTROY ? "destroy"
                                     : "run";
}

/* Candidates are a JSON list in the store already; they stay one. */
void as_json_pending(struct doc *d, const struct store_snapshot *truth)
{
    doc_list(d, "pending");
    for (size_t i = 0; truth && i < truth->op_count; i++) {
        const struct store_op *op = &truth->ops[i];
        doc_map(d, NULL);
        doc_text(d, "operation", op->op_id);
        doc_text(d, "address", op->address);
        doc_text(d, "verb", verb_name(op->verb));
        doc_text(d, "state", store_op_state_name(op->state));
        doc_text(d, "reason", op->reason);
        doc_text(d, "id", op->ext_id);
        doc_json(d, "candidates", op->candidates);
        doc_close(d);
    }
    doc_close(d);
}
