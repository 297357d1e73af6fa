/* The trial: one case under way - the objects it makes, what it asks the driver about them, and what it holds
 * against it.  A case asks through here, so that every operation carries what the core would send: defaults
 * filled in, the plan's promise, one token and one marker for each object.
 *
 * struct trial_run is what all cases share; it lives as long as the suite. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/attr.h"
#include "base/err.h"
#include "conform/conform.h"
#include "conform/rig.h"
#include "conform/sheet.h"
#include "plugin/contract.h"

struct fault;
struct proxy;
struct victim;

/* One object of ours, as the core would know it. */
struct thing {
    const struct contract_type *type;
    const struct sheet_type *sample;
    const char *name, *address, *token, *marker;
    struct thing **needs;        /* in the order of the sample's */
    const struct value *desired; /* filled, checked, with defaults */
    /* What the store would hold. */
    const char *id;
    const struct value *state, *memo;
    uint32_t generation;
};

struct trial_run {
    struct arena *mem;
    struct loop *loop;
    struct rig *rig;
    const struct sheet *sheet;
    struct fault *fault; /* what becomes of requests by HTTP */
    struct proxy *proxy; /* or NULL: nothing stands in between */
    bool proxy_is_down;
    struct err proxy_err;
    struct victim *victim; /* a process that may be killed */
    const char *folder, *nonce;
    uint16_t port; /* of ${proxy} */
    uint32_t next_name;
    ARRAY(struct thing *) stands; /* what others need, made once */
    ARRAY(const char *) markers;  /* all that were ever used */
};

struct trial {
    struct trial_run *run;
    struct arena *mem; /* of this case */
    const struct contract_type *type;
    const struct sheet_type *sample;
    const char *skipped; /* why, once it is */
    ARRAY(struct conform_finding) findings;
    ARRAY(struct thing *) things;
    int64_t timeout_ms; /* of the operations that follow; 0: the core's */
    bool may_refuse;    /* what is broken need not pass by itself */
    bool only_plans;    /* nothing may change, not even what a crash left half-done */
    bool keeps_trying;  /* RETRY is tried again, as the core does */
};

/* ---- objects ------------------------------------------------------------------------------------------- */

/* A new object of the trial's type under a name of its own, not made yet; what it needs is made first.  NULL:
 * that went wrong, and is a finding. */
struct thing *trial_thing(struct trial *t);
/* The sample's part laid over `create`, for the same object; NULL: the sample has none, or it is broken. */
const struct value *trial_desired(struct trial *t, const struct thing *x, const struct value *part);
/* A marker of nobody this suite knows. */
const char *trial_marker(struct trial *t, const struct thing *x, const char *lineage);
/* The same object under the next generation: another token, another marker, nothing known. */
struct thing *trial_successor(struct trial *t, const struct thing *x);
/* Runs a program of the samples, without a shell, to its end; false: it failed, and that is a finding. */
bool trial_run_program(struct trial *t, const struct thing *x, const struct value *argv);
/* Destroys what is left, whatever a fault has made of it. */
void trial_clean(struct trial *t);
/* At the end of all: what others needed, last first. */
void trial_run_clean(struct trial *t);

/* ---- asking -------------------------------------------------------------------------------------------- */

/* An item with the object's names and what is known of it. */
struct op_item trial_item(const struct thing *x, uint32_t verb);
/* One operation.  An answer of OK to a change is remembered in the thing. */
struct rig_answer *trial_ask(struct trial *t, const struct op_item *item);
struct rig_answer *trial_ask_many(struct trial *t, const struct op_item *items, size_t count);
/* The verb's usual request. */
struct rig_answer *trial_do(struct trial *t, struct thing *x, uint32_t verb);
/* Reads, and waits as long as the driver says that a look may miss what is there. */
struct rig_answer *trial_look(struct trial *t, struct thing *x);
/* What the core would plan from `prior` to `desired`: LF_DO_*, 0 when the driver refused; and the promise. */
uint32_t trial_plan(struct trial *t, const struct thing *x, const struct value *prior,
                    const struct value *desired, const struct value **promise);
/* Plans and creates; false: something went wrong with it, and is a finding. */
bool trial_create(struct trial *t, struct thing *x, const char *doing);
/* How many objects carry the marker; -1: nobody can tell. */
int trial_count(struct trial *t, const struct thing *x);
/* How long a look may miss what is there, and how much later a request of a dead process may land: by the
 * driver's word, or the file's. */
int64_t trial_lag_ms(const struct trial *t);
int64_t trial_inflight_ms(const struct trial *t);
/* Waits until nothing that was sent can land any more, and a look shows what did. */
void trial_drain(struct trial *t);

/* ---- settling ------------------------------------------------------------------------------------------ */

/* What the core does after a doubt about a create, and what must hold after it: one object, ours, as
 * promised. `a` is what the driver answered when something was broken (NULL: the asking process died), `what`
 * the words for it.  must_doubt: nobody could know whether it happened, so that only UNSURE was honest. */
bool trial_settle(struct trial *t, struct thing *x, const struct value *promise, const struct rig_answer *a,
                  bool must_doubt, const char *what);
/* The same for an update from x->state to `desired`. */
bool trial_settle_update(struct trial *t, struct thing *x, const struct value *desired,
                         const struct value *promise, const struct rig_answer *a, bool must_doubt,
                         const char *what);
/* And for a destroy: at the end it is gone. */
bool trial_settle_destroy(struct trial *t, struct thing *x, const struct rig_answer *a, const char *what);
/* A look that was disturbed: whatever it says with certainty is true.  x->id NULL: it is not there. */
bool trial_judge_look(struct trial *t, const struct thing *x, const struct rig_answer *a, const char *what);

/* ---- judging ------------------------------------------------------------------------------------------- */

#define TRIAL_BIT(status) (1u << (status))

void trial_fail(struct trial *t, const char *advice, const char *fmt, ...) PRINTF(3, 4);
/* With the driver's own notes as the detail. */
void trial_blame(struct trial *t, const struct rig_answer *a, const char *advice, const char *fmt, ...)
    PRINTF(4, 5);
void trial_skip(struct trial *t, const char *fmt, ...) PRINTF(2, 3);
/* "OK", "GONE" ... */
const char *trial_status(uint32_t status);
/* True when the answer is one of `allowed`; otherwise a finding: "<doing> ended with UNSURE". */
bool trial_expect(struct trial *t, const struct rig_answer *a, uint32_t allowed, const char *doing,
                  const char *advice);
/* Is the known part of the promise there?  Otherwise a finding that names the attribute. */
bool trial_keeps(struct trial *t, const struct value *promise, const struct value *seen, const char *doing);
/* The state, with secrets the service never tells taken from what was asked. */
const struct value *trial_carry(struct trial *t, const struct value *desired, const struct value *state);
bool trial_has_failed(const struct trial *t);
/* Does the service know things of this type by their name, so that no two can bear one? */
bool trial_names_are_unique(const struct trial *t);
