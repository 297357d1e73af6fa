/* The probe of a step: run, and judged by exit code, text and JSON of what it printed. */
#pragma once

#include "exec_run.h"

enum exec_seen { EXEC_SEEN_DONE = 1, EXEC_SEEN_ABSENT, EXEC_SEEN_UNCLEAR, EXEC_SEEN_CANCELED };

struct exec_probe;
typedef void exec_seen_fn(struct exec_probe *probe, enum exec_seen seen);

/* Filled by the caller up to `then`; lives until `then` has been called, exactly once. */
struct exec_probe {
    const struct exec *exec;
    const struct lf_request *req;
    const struct lf_value *step;
    bool tells; /* its output is wanted: without a JSON object it is no answer */
    void *user;
    exec_seen_fn *then;
    struct exec_end end;            /* how it ended */
    const struct lf_value *outputs; /* the JSON object it printed, where that is wanted; or NULL */
};

void exec_probe_ask(struct exec_probe *probe, struct lf_op *op);
/* NULL unless the command printed one whole JSON object. */
const struct lf_value *exec_probe_object(const struct kit *kit, struct lf_op *op, const struct exec_end *end);
