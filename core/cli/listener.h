/* The listener: hears the events of a run, passes them to the progress display, keeps what went wrong for the
 * summary, and pulls the trigger of the crash drill.  Lives during one run. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "model/event.h"

struct arena;
struct plan;
struct progress;
struct session;

struct listener {
    struct arena *mem;
    struct progress *progress;
    ARRAY(struct event) troubles; /* texts copied into mem */
    int64_t crash_after;          /* finished steps until the process kills itself; 0: never */
    int64_t finished;
};

/* plan: for costs in the progress line; NULL while settling. */
void listener_open(struct listener *l, struct session *s, const struct plan *plan);
void listener_close(struct listener *l);
/* An event_fn; user is the listener. */
void listener_tell(void *user, const struct event *e);
