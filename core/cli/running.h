/* Running: the part of a command that changes the world - settling what is in doubt, executing a plan - with
 * its progress, its signals and its summary.  The session's writer is open. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "model/event.h"
#include "run/executor.h"
#include "run/recover.h"

struct err;
struct plan;
struct purse_terms;
struct session;

/* Is there an operation nobody knows the fate of? */
bool running_has_doubts(const struct session *s);
/* Settles them under the id of the run they belong to, and reads the store again. */
MUST_USE bool running_settle(struct session *s, struct recover_outcome *out, struct err *err);

struct running {
    struct executor_outcome outcome;
    const struct event *troubles;
    size_t trouble_count;
    int64_t took_ms;
};

/* Executes the plan, under the yes it was given.  Ctrl-C once: stops starting steps; twice: stops now.
 * Afterwards the store is read again. */
MUST_USE bool running_execute(struct session *s, const struct plan *plan, const char *run_id,
                              const char *command, const struct purse_terms *terms, struct running *out,
                              struct err *err);
