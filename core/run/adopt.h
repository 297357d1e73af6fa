/* Adoption: an object that exists and is not ours becomes ours, on a person's word.  It is looked up by its
 * natural key, marked in a compare-and-set on the marker it carries now, and brought to what the playbook
 * declares. */
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
    bool as_it_is;       /* nobody approved a change: only what is as declared already is taken */
    const char *run_id;
    event_fn *tell;
    void *tell_user;
};

/* Runs the loop; durable when it returns true. */
MUST_USE bool adopt_run(const struct adopt_ask *ask, struct err *err);
