/* Progress: what is happening, from events alone.  On a terminal one live line for each of the running steps
 * that fit and a bar with done and total, the money committed so far and the time left; elsewhere one plain
 * line per event that matters.  Lives during one run. */
#pragma once

#include <stdbool.h>

#include "model/event.h"

struct loop;
struct out;
struct plan;
struct progress;

struct progress_ask {
    struct out *out;
    struct loop *loop;       /* its clock, and its timer for redrawing; nothing is pending while none runs */
    const struct plan *plan; /* for costs; NULL while settling what an earlier run left */
    bool live;               /* a terminal: redraw in place; else plain lines */
    bool quiet;              /* only what went wrong */
    bool verbose;            /* also starts, retries and saved progress in a pipe */
};

struct progress *progress_new(const struct progress_ask *ask);
/* An event_fn; user is the progress. */
void progress_tell(void *user, const struct event *e);
/* Takes the live lines away, so that other text can follow; the next event brings them back. */
void progress_clear(struct progress *p);
void progress_free(struct progress *p); /* clears; NULL is fine */
/* One event as one line; clock: with its time of day, UTC. */
void progress_line(struct out *o, const struct event *e, bool clock);
