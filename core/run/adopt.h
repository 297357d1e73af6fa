/* Adoption: an object that exists and is not ours becomes ours, on a person's word.  It is looked up by its
 * natural key, marked in a compare-and-set on the marker it carries now, and brought to what the playbook
 * declares - or left as it is, so that a plan shows what is different, and somebody says yes to that.
 *
 * The audit chain is told twice: "adopt.begun", durable before the driver is asked, of whose word it was and
 * what was there; "adopt.done" with the outcome.  What was cut off in between has the first alone. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "model/event.h"

struct err;
struct loop;
struct plan;
struct registry;
struct store_writer;

struct adopt_ask {
    struct loop *loop;
    struct registry *registry;
    struct store_writer *writer;
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

/* Runs the loop; durable when it returns true. */
MUST_USE bool adopt_run(const struct adopt_ask *ask, struct err *err);
