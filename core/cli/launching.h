/* Launching: a plan of the session's region, and what the project's stores remember, brought together into
 * what blocks launch.  For every command that tells when a region is done. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct err;
struct history;
struct history_source;
struct launch;
struct plan;
struct session;
struct what_if_ask;

struct launching {
    const struct plan *plan;
    const char *milestone;             /* NULL: launch */
    const struct what_if_ask *what_if; /* or NULL */
    int64_t now_ms;
    struct history_source *own; /* gets what the own store remembers; NULL: nobody asks */
};

/* How long things took, in this region and in the others.  *own, unless it is NULL: what this one's store
 * remembers. */
MUST_USE bool launching_history(struct session *s, struct history_source *own, struct history **out,
                                struct err *err);
/* The other regions' stores are read for their durations alone: what is wrong with one is no hindrance. */
MUST_USE bool launching_make(struct session *s, const struct launching *ask, struct launch **out,
                             struct err *err);
