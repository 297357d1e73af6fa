/* The census: where the data of what stands already is - asked by a plan, and written to the audit chain
 * where that is news, or on request in any case.  What a run makes writes its own entry. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct err;
struct plan;
struct store_writer;

struct census_ask {
    struct store_writer *writer;
    const char *store_path;
    const char *lineage;
    const struct plan *plan; /* its steps were just read */
    const char *run_id;      /* or NULL */
    bool always;             /* also what the chain knows already */
};

/* Does the plan have a step that stands and holds data?  If not there is nothing to take. */
bool census_has_work(const struct plan *plan);
/* Puts the entries into the next commit; *count: how many.  Reads the newest entry of each step that the
 * chain knows to stand, which has to be as it was written; the rest of the chain is not looked at. */
MUST_USE bool census_take(const struct census_ask *ask, size_t *count, struct err *err);
