/* Adoption: an object that exists and is not ours becomes ours, on a person's word.  It is looked up by its
 * natural key, marked in a compare-and-set on the marker it carries now, and brought to what the playbook
 * declares - or left as it is, so that a plan shows what is different, and somebody says yes to that.
 *
 * The audit chain is told twice: "adopt.begun", durable before the driver is asked, of whose word it was and
 * what was there; "adopt.done" with the outcome.  What was cut off in between has the first alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "model/event.h"

struct arena;
struct err;
struct loop;
struct plan;
struct registry;
struct schema_diff;
struct store_writer;

struct adopt_ask {
    struct loop *loop;
    struct registry *registry;
    const struct plan *plan; /* made with adopting = address */
    const char *address;
    const char *lineage; /* of the lost store whose marker it may carry; NULL: none */
    const char *run_id;
    bool as_it_is;        /* nothing of it may change but the mark it carries */
    const char *by, *why; /* who says so; why: "" when nobody gave a reason */
    event_fn *tell;
    void *tell_user;
    event_fn *keep; /* as struct changes_ask; or NULL */
    void *keep_user;
};

/* What is there, beside what the playbook declares. */
struct adopt_found {
    const char *id; /* or NULL */
    const struct schema_diff *diffs;
    size_t diff_count;
};

struct adoption;

/* Looks only, and says why it cannot be.  Runs the loop.  The outputs live as long as mem; ask is borrowed as
 * long as they are used. */
MUST_USE bool adopt_look(struct arena *mem, const struct adopt_ask *ask, struct adoption **out,
                         struct adopt_found *found, struct err *err);
/* Looks again, with the lock in hand: what is not as it was when somebody said yes is not touched (error
 * "adopt.overtaken").  Runs the loop; durable when it returns true. */
MUST_USE bool adopt_take(struct adoption *a, struct store_writer *writer, struct err *err);
