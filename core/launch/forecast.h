/* The forecast: how long a step still takes, and how that is known - from history in its place, else from
 * history elsewhere, else from the playbook's guess, else not at all: nothing is built in, and what nobody
 * knows is said.  A guess about a person goes before a history of fewer than HISTORY_ENOUGH times.  A
 * person's step that waits already has less left; one that waits longer than was ever expected is expected
 * whole again, and marked. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "launch/spread.h"

struct arena;
struct history;
struct plan;
struct what_if;

/* Where a duration comes from. */
enum forecast_source {
    FORECAST_UNKNOWN = 0,
    FORECAST_MEASURED,  /* in that place             */
    FORECAST_ELSEWHERE, /* measured in other places  */
    FORECAST_GUESSED,   /* step = { guess = { days } } */
    FORECAST_SUPPOSED,  /* by --faster               */
};
const char *forecast_source_name(enum forecast_source source); /* "measured" */

struct forecast {
    struct spread spread; /* count 0: nobody knows */
    enum forecast_source source;
    uint32_t measured;      /* how often, where it was */
    int64_t waits_since_ms; /* a person's step: wall clock; 0: it does not wait yet, as far as is known */
    bool outlived;
};

struct forecast_ask {
    const struct plan *plan;
    const struct history *history; /* or NULL */
    int64_t now_ms;
    const struct what_if *what_if; /* or NULL */
};

/* One per step of the plan; only those with open[i] are filled in. */
struct forecast *forecast_make(struct arena *mem, const struct forecast_ask *ask, const bool *open);
