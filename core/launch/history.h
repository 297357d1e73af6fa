/* The history: how long things took, out of the events that stores keep - of this region and of the others of
 * the project, because what another region's build measured is better than a guess.  Times are kept by
 * driver, type, verb and place, and once more for every place; for steps without a driver by their address,
 * since a playbook builds every region with the same ones.  A person's step took from the day it first waited
 * to the day it was recorded as done.
 *
 * Besides, of the own region: since when a step waits for its person, and the last word on each that did not
 * go well. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "launch/spread.h"
#include "model/event.h"

struct arena;
struct plan_step;
struct store_event;
struct store_snapshot;

/* What one store remembers. */
struct history_source {
    const char *place; /* where that region is built: eu-west-1 */
    const struct store_snapshot *truth;
    const struct store_event *events; /* oldest first */
    size_t event_count;
    bool own; /* the region that is asked about */
};

/* What takes the time. */
struct history_key {
    const char *what;   /* "database.database"; without a driver the step's address: "human.dpa-signed" */
    const char *driver; /* "postgresql"; "" without one */
    const char *verb;   /* "create", "update", "destroy", "lookup", "run", "check", "done" (a person) */
};

struct history_found {
    struct spread spread; /* of the newest HISTORY_KEPT */
    uint32_t count;       /* times measured; 0: never */
    bool elsewhere;       /* none of them in that place */
};

#define HISTORY_KEPT 64
/* Of a person's steps.  The one time a colleague signed at once says less than what the playbook guesses. */
#define HISTORY_ENOUGH 3

struct history_trouble {
    enum event_kind kind;    /* EVENT_STEP_FAILED, _CONFLICT, _HELD */
    const char *text, *code; /* or NULL */
    int64_t wall_ms;
};

struct history;

/* Borrows the events' texts. */
struct history *history_new(const struct history_source *sources, size_t count);
void history_free(struct history *h); /* NULL is fine */
/* In that place, or else in any. */
struct history_found history_find(const struct history *h, struct arena *mem, const struct history_key *key,
                                  const char *place);
/* Since when the own region waits for that person; 0: it does not, as far as is known. */
int64_t history_waits_since(const struct history *h, const char *address);
/* NULL: its last word was a good one, or there is none. */
const struct history_trouble *history_trouble_of(const struct history *h, const char *address);
/* The key of what a plan's step has still to do; in mem. */
struct history_key history_key_of(struct arena *mem, const struct plan_step *step);
