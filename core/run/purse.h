/* The purse: the money a run has committed - what stands, and what it has started - against what was
 * approved.  A step that would take it beyond is not started.  Counts high estimates, exactly; what has no
 * price is not in it, and was said to the one who approved.  Lives as long as its executor. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "plan/spend.h"

struct arena;
struct err;
struct plan;
struct plan_step;
struct store_approval;

/* Under which yes a run goes; zeroed: under none, and without limits. */
struct purse_terms {
    struct spend_limit limit;
    const char *limit_by;   /* "the approval of ada", "the region's budget" */
    const char *asked_with; /* options by which a new yes is given: "--why TEXT"; NULL: these */
    int64_t spent_once;     /* by earlier parts of this run, under the same yes */
    const char *digest;     /* of the plan that was approved, or "" */
    const struct store_approval *approvals; /* to be spent as the run is opened, or goes on */
    size_t approval_count;
};

struct purse {
    struct purse_terms terms;
    const char *currency;
    int64_t month, once;
};

/* What stands already is committed before the first step. */
void purse_open(struct purse *p, const struct purse_terms *terms, const struct plan *plan);
/* Commits the step's cost.  False: it would pass a limit; nothing is committed, *why says by how much. */
MUST_USE bool purse_take(struct purse *p, struct arena *mem, const struct plan_step *s, const char **why);
/* What is kept with the operation of a step that costs once: JSON, or NULL. */
const char *purse_note(const struct purse *p, struct arena *mem, const struct plan_step *s);

/* What the parts of a run so far have committed once, by the operations in its store, under the approval of
 * `digest`. */
MUST_USE bool purse_read_spent(const char *store_path, const char *run_id, const char *digest, int64_t *out,
                               struct err *err);
