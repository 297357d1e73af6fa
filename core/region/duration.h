/* The durations: `rehearse: { durations: { ... } }` of a region file - how long things take here, by somebody
 * who knows.  A key is a step's address, or a type or call such as database.database, or `check`; a value is
 * a time such as 10m, or { p50: 10m, p90: 30m }.  Parsed from a region that was checked; lives in its arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct arena;
struct findings;
struct value;

struct duration {
    const char *what;
    int64_t p50_ms, p90_ms;
};

struct durations {
    const struct duration *at; /* sorted by what */
    size_t count;
};

/* "90s", "10m", "1h30m", "2d": whole numbers with s, m, h or d, biggest first; false when it is anything else
 * or longer than a year. */
MUST_USE bool duration_parse(const char *text, int64_t *ms);
/* As launch has it: half of all times are less than a guess, and nine in ten less than 1.8 times that. */
struct duration duration_guess(const char *what, int64_t ms);

/* What is wrong with a `rehearse` block. */
void duration_check(struct findings *f, const struct value *rehearse);
/* rehearse may be NULL. */
struct durations duration_list(struct arena *mem, const struct value *rehearse);
/* The step's own, or that of what it is; NULL: it is not said. */
const struct duration *duration_find(const struct durations *d, const char *address, const char *what);
