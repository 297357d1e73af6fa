/* Refresh: what is really there.  Asks the driver of every stored row to read its object, many at a time
 * where the driver can, and changes nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct arena;
struct diags;
struct err;
struct loop;
struct registry;
struct store_snapshot;
struct value;

/* One row's answer; same index as the snapshot's res. */
struct refresh_row {
    uint32_t status; /* LF_END_OK, LF_END_GONE; 0: nothing to read (an action's row, --no-refresh) */
    const char *id, *marker;
    const struct value *state;  /* as read, or as stored where nothing was read; NULL when gone */
    const struct value *stored; /* as the store remembers it; NULL: none */
    const struct value *memo;
    bool damaged; /* there, but not right, says the driver */
};

struct refresh_ask {
    struct loop *loop;
    struct registry *registry;
    const struct store_snapshot *truth;
    uint32_t parallel; /* operations in flight, at least 1 */
    bool no_refresh;   /* believe the store */
    bool held;         /* the region is held by this run: see lf_request.read_only */
};

/* Runs the loop.  A row whose driver cannot tell is an error: an unread object is not an absent one.  rows:
 * truth->res_count entries in mem. */
MUST_USE bool refresh_run(struct arena *mem, const struct refresh_ask *ask, struct refresh_row **rows,
                          struct diags *diags, struct err *err);
