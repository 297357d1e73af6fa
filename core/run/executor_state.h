/* The inside of the executor, shared by the units that do one kind of step each: resource.c, resolve.c,
 * act.c, probe.c. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "model/expr.h"
#include "plan/plan.h"
#include "run/account.h"
#include "run/change.h"
#include "run/executor.h"
#include "run/purse.h"

struct arena;
struct teardown;
struct store_res;

enum step_state {
    STEP_WAITS_FOR_NEEDS = 0,
    STEP_READY,
    STEP_RUNNING,
    STEP_DONE,
    STEP_NOT_DONE, /* failed, held, blocked, waits for a person: what needs it is not started */
};

/* How a step ended, for the counts. */
enum step_end {
    STEP_END_DONE = 1,
    STEP_END_FAILED,
    STEP_END_HELD,
    STEP_END_CONFLICT,
    STEP_END_WAITS,
    STEP_END_TODO,
    STEP_END_OVER, /* beyond the ceiling: not started */
    STEP_END_STOPPED
};

/* What is known of a step once it is done; same index as the plan's steps. */
struct step_truth {
    const struct value *state;
    const char *id;
    const char *inputs; /* of an action, check or person: digest of what it ran on */
    bool deposed;       /* its old object was left standing beside the new one */
};

/* A pause of a step: cut short when the run is to stop, so that nobody waits out a service's Retry-After. */
struct pause {
    struct executor *x;
    struct loop_timer *timer;
    void (*fn)(void *user);
    void *user;
    struct pause *next, *prev;
};

/* One step under way: its memory dies with it. */
struct step_run {
    struct executor *x;
    uint32_t i;
    struct arena *mem;
    enum plan_action action; /* as it turned out, never stronger than planned */
    const struct value *desired, *planned;
    struct store_res row; /* as it will stand */
    uint32_t next_row;    /* of the rows to be destroyed */
    int64_t began_ms;
    bool released;         /* its outcome is put: what depends on it was begun */
    const char *failed_at; /* file:line inside the body that failed, or NULL: where the step is declared */
    struct event done;     /* told once it is durable */
    void *own;             /* act.c's or probe.c's */
};

struct executor {
    struct executor_ask ask;
    const struct plan *plan;
    struct arena *mem; /* of the run */
    struct changes *changes;
    struct expr_world world;
    uint8_t *state; /* enum step_state */
    uint32_t *waiting;
    uint32_t *ready, ready_count, ready_next;
    struct step_truth *truth;
    const struct value **ids; /* per step: its id as a value, made when first referred to */
    bool *read;               /* per step: somebody may read more of it than its id */
    struct teardown *teardown;
    uint32_t in_flight;
    bool stopping, aborted, epilogue, pumping;
    struct account account; /* of the whole run, of which this may be a part */
    int64_t began_ms;
    struct pause *pauses;
    struct purse purse;
    bool told_ceiling; /* the first step beyond it says all there is to say */
    bool failed;       /* the store */
    struct err failure;
    struct executor_outcome out;
};

/* executor.c */
void executor_end_step(struct step_run *r, enum step_end end); /* frees r, starts what became ready */
/* A step that ends in failure without a change of its own: the event, kept and told, then executor_end_step.
 */
/* The outcome is put, in order, and not durable yet: what depends on the step may put its intents beside it.
 */
void executor_release(struct step_run *r);
void executor_fail_step(struct step_run *r, const struct err *err);
/* A step of a kind without driver is done: row and event durable, then executor_end_step. observed may be
 * NULL. */
void executor_finish_step(struct step_run *r, const struct value *observed, const char *inputs,
                          const char *text);
/* A step is done with what was put into the store just now: once that is durable it is told, and ended.  text
 * lives as long as r. */
void executor_done(struct step_run *r, const char *text);
/* What the last run of it found out no longer counts: should this one fail, the next plan runs it again. */
void executor_run_anew(struct step_run *r);
void executor_tell(struct step_run *r, enum event_kind kind, const char *text, const char *code,
                   const char *advice);
struct store_res executor_row(const struct step_run *r);
bool executor_store_ok(struct executor *x, bool ok, const struct err *err);
/* Calls fn(user) after ms, or at once when the run is to stop. */
void executor_pause(struct executor *x, uint64_t ms, void (*fn)(void *user), void *user);
/* executor_audit.c */
void executor_audit_opened(struct executor *x);
void executor_audit_ended(struct executor *x, const char *state);
/* resource.c */
void resource_begin(struct step_run *r);
bool resource_is_behind(struct executor *x, uint32_t i);
bool resource_sync(struct executor *x,
                   uint32_t i); /* a kept row whose surroundings changed: true when it was put */
/* Starts the destruction of one row; fn is called with r.  False: nothing was started. */
MUST_USE bool resource_destroy_row(struct step_run *r, const struct store_res *row, change_done_fn *fn,
                                   struct err *err);
void resource_destroy_deposed(struct executor *x, uint32_t i);
/* Memory for what a call under way may still read when its step has ended: many travel in one call. */
struct arena *resource_memory(const struct step_run *r, const struct contract_type *type);
/* resolve.c: evaluates what is known by now; then resource_go or executor_fail_step. */
void resolve_begin(struct step_run *r);
void resource_go(struct step_run *r);
void resolve_lookup(struct step_run *r);
bool resolve_find(void *executor, const struct expr *ref, const struct value **out, struct err *err);
/* Digest of an action's, check's or person's inputs, all known now; in r->mem. */
const char *resolve_inputs(struct step_run *r);
/* act.c, probe.c */
void act_begin(struct step_run *r);
void probe_begin(struct step_run *r);
