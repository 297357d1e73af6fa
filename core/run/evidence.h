/* The evidence: a person did a human step, says so, and what proves it.  Its row is what lets the steps after
 * it go on; it holds as long as what the step was declared with stays the same. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/event.h"

struct err;
struct loop;
struct plan;
struct store_writer;

struct evidence_ask {
    struct loop *loop;
    struct store_writer *writer;
    const struct plan *plan;
    uint32_t step;          /* of a human step whose inputs are known */
    const char *by, *proof; /* who did it; a link, a ticket, a document's name */
    event_fn *keep;         /* called beside the event that is put, or NULL */
    void *keep_user;
};

/* Runs the loop; durable when it returns true. */
MUST_USE bool evidence_record(const struct evidence_ask *ask, struct err *err);
