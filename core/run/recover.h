/* Recovery: settles every operation an earlier run left in INTENT, DOUBT or SETTLING before anything new
 * starts, each with its own stored inputs.  It deletes nothing; what it cannot settle is HELD with the exact
 * command to type. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/event.h"
#include "plugin/retry.h"

struct err;
struct loop;
struct region;
struct registry;
struct store_snapshot;
struct store_writer;

struct recover_ask {
    struct loop *loop;
    struct registry *registry;
    struct store_writer *writer;
    const struct store_snapshot *truth;
    event_fn *tell;
    void *tell_user;
    event_fn *keep; /* as struct changes_ask; or NULL */
    void *keep_user;
    const char *run_id;
    const char *region;         /* its name, for markers and messages */
    const struct region *rules; /* where data may live, or NULL: the audit chain is told nothing of it */
    const struct taken_others *others; /* as struct changes_ask; or NULL */
    uint32_t tries;                    /* as executor_ask */
    struct retry_chance chance;        /* zero: chance itself */
};

struct recover_outcome {
    uint32_t settled, failed, held, conflict; /* done now / ended without an effect / for a person */
};

/* Runs the loop.  Afterwards read the store again: rows have changed. */
MUST_USE bool recover_run(const struct recover_ask *ask, struct recover_outcome *out, struct err *err);
