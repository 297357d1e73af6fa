/* The executor: does a plan.  Intent durable, then the call, then the outcome durable, then the dependents:
 * see durability.md.  One executor per process; it runs the loop until nothing more can be done.  Everything
 * it tells goes out as events. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "io/http.h"
#include "model/event.h"
#include "model/expr.h"
#include "plugin/retry.h"

struct arena;
struct err;
struct host;
struct loop;
struct plan;
struct playbook;
struct purse_terms;
struct registry;
struct store_snapshot;
struct store_writer;
struct value;

struct executor_ask {
    struct loop *loop;
    struct registry *registry;
    struct http *http;           /* for check { http = ... } */
    struct store_writer *writer; /* open, the fence is ours */
    const struct plan *plan;
    struct playbook *playbook;       /* actions and landfall.map; NULL when destroying */
    const char *run_id;              /* 32 hex characters */
    const char *command;             /* "apply", "resume", "destroy" */
    const struct purse_terms *terms; /* under which yes it goes; NULL: none is asked, nothing is limited */
    event_fn *tell;
    void *tell_user;
    /* Called beside what is put into the store - kept events, the end of the run - and for each step that
     * could not start: what it puts shares their commit.  NULL: nobody listens. */
    event_fn *keep;
    void *keep_user;
    /* Asked before a step starts whose values were not all known when it was planned: false and it fails.
     * NULL: nobody minds. */
    bool (*judge)(void *user, uint32_t step, const struct value *desired, struct err *err);
    void *judge_user;
    uint32_t parallel;                          /* operations in flight; 0: 256 */
    uint32_t tries;                             /* of one change or call, the first included; 0: 20 */
    int64_t timeout_read_ms, timeout_change_ms; /* 0: the operation's defaults */
    struct retry_chance chance;                 /* zero: chance itself */
    const struct look_web *web;                 /* answers what checks ask instead of the network, or NULL */
};

struct executor_outcome {
    uint32_t total, done, failed, held, conflict, blocked,
        waits;      /* steps with something to do, by how they ended */
    uint32_t over;  /* would have passed the ceiling: not started */
    uint32_t todos; /* nobody has written them yet: no failure, and nobody waits */
    bool stopped;   /* interrupted: resume goes on */
};

struct executor;

/* Would a run of this plan do anything, or write more than its own record?  False: every step stands, and
 * what is remembered of it is right. */
bool executor_has_work(const struct plan *plan);
struct executor *executor_new(const struct executor_ask *ask);
/* True when it could run (also when steps failed: see out); false when the store failed under it: end the
 * process, resume. */
MUST_USE bool executor_run(struct executor *x, struct executor_outcome *out, struct err *err);
/* From a signal callback on the loop: once stops starting, twice stops now. */
void executor_interrupt(struct executor *x);
void executor_free(struct executor *x);
