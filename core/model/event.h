/* Events: what a run tells while it goes, and what the store keeps of it.  Progress lines, history and
 * post-mortems all read these and nothing else.  Plain data; borrowed during the call of an event_fn. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum event_kind {
    EVENT_RUN_STARTED = 1,
    EVENT_RUN_ENDED,
    EVENT_STEP_STARTED,  /* its intent is durable                          */
    EVENT_STEP_PROGRESS, /* an action's unit, a save                        */
    EVENT_STEP_RETRY,    /* will try again in wait_ms                       */
    EVENT_STEP_DOUBT,    /* in doubt; reconciling                           */
    EVENT_STEP_DONE,
    EVENT_STEP_FAILED,
    EVENT_STEP_CONFLICT, /* something foreign is there                      */
    EVENT_STEP_HELD,     /* a person must decide                            */
    EVENT_STEP_BLOCKED,  /* not started: something before it did not succeed */
    EVENT_STEP_WAITS,    /* a human step or todo                            */
    EVENT_RECOVERED,     /* settled what an earlier run left in doubt       */
    EVENT_RESOLVED,      /* a person settled it                             */
    EVENT_NOTE,          /* a plugin's diagnostic                           */
    EVENT_STEP_CEILING,  /* not started: it would cost more than was approved */
    EVENT_KIND_COUNT,
};

struct event {
    enum event_kind kind;
    int64_t wall_ms;
    const char *run_id;
    const char *address; /* or NULL */
    const char *verb;    /* "create", "update", "destroy", "run", ... or NULL */
    const char *text;    /* one line for a person, or NULL */
    const char *code;    /* of an error, or NULL */
    const char *advice;  /* or NULL */
    const char *where;   /* file:line that declared the step, or NULL */
    int64_t wait_ms;
    int64_t took_ms;
    uint64_t done, total; /* of the run (STEP_DONE) or of an action's units (STEP_PROGRESS) */
};

typedef void event_fn(void *user, const struct event *e);
const char *event_name(enum event_kind kind);      /* "step.done" */
enum event_kind event_from_name(const char *name); /* 0 when unknown */
