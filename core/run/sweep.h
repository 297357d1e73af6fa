/* The sweep: objects that carry our marker and that the store does not know - leftovers.  It only looks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct arena;
struct err;
struct loop;
struct registry;
struct store_snapshot;

struct sweep_found {
    const char *subsystem, *instance, *type;
    const char *id, *marker;
    const char *address; /* as far as it can be told, or NULL */
};

struct sweep {
    const struct sweep_found *found;
    size_t count;
    const char *const
        *unchecked; /* "dns/parent.record": types that cannot list what is ours, or could not be asked */
    size_t unchecked_count;
};

struct sweep_ask {
    struct loop *loop;
    struct registry *registry;
    const struct store_snapshot *truth;
    const char *store_path; /* for markers that were minted and whose rows are gone */
    const char *region;
};

/* Runs the loop. */
MUST_USE bool sweep_run(struct arena *mem, const struct sweep_ask *ask, struct sweep *out, struct err *err);
