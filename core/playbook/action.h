/* The action: the body of one action step, run as coroutines that wait without blocking the loop.  Every
 * effect is a named, keyed unit:
 *
 *   ctx:each(name, rows, { key = "code", width = 64 }, fn)   each row a unit: <version>/<name>/<row key>
 *   ctx:call(name, subsystem.call, args[, { if_in_doubt = "again" }])   a driver's call: <path of
 * units>/<name> ctx:step(name, fn)                                        a block whose result is kept
 *   ctx:get(ref)                                              the value of a reference
 *
 * Units that are recorded answer from the record; the caller (run/) keeps the record and makes the calls.  A
 * key used twice is an error; changed arguments stop with action.diverged.
 *
 * Rows start in order, `width` at once (16 without it); a slash in a row's key is written %2F.  When a row
 * fails no further ones start, the running ones finish, and ctx:each raises the first error, which a pcall of
 * the body may catch; a failed world.find it cannot.  What a body returns is the action's result.  A body may
 * read files; what it reads is in no plan, so what the plan is to vouch for is read outside of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct action;
struct arena;
struct err;
struct expr;
struct playbook;
struct decl;
struct value;

/* A unit that waits for its answer.  Good until action_answer. */
struct action_unit {
    const char *key;    /* "1/countries/IE/insert": unique within the step's address */
    const char *digest; /* hex, of its arguments */
    /* A call (subsystem not NULL): */
    const char *subsystem, *instance, *call;
    const struct value
        *args;           /* checked, fallbacks of the schema filled in; `digest` is of what was written */
    bool again_in_doubt; /* if_in_doubt = "again" */
    void *owner;         /* the caller's, free to use */
};

/* What run/ does for an action.  Nothing here may call action_answer before returning. */
struct action_world {
    void *user;
    /* EXPR_REF only; unknown or NULL: not known yet, which ends the action. */
    bool (*get)(void *user, const struct expr *ref, struct arena *mem, const struct value **out,
                struct err *err);
    /* The record of a unit: *found, and its reply (may be null).  A record with another digest is the
     * caller's action.diverged: it returns false. */
    bool (*find)(void *user, const char *key, const char *digest, struct arena *mem, bool *found,
                 const struct value **reply, struct err *err);
    void (*call)(void *user, struct action_unit *unit); /* then action_answer */
    void (*record)(void *user, struct action_unit *unit,
                   const struct value *reply); /* make it durable, then action_answer */
    void (*progress)(void *user, const char *name, uint64_t done, uint64_t total);
    /* Once, when no unit is open any more, never inside action_start or action_answer; the action may be
     * freed in it.  err NULL: it succeeded with `result` (or null), borrowed as err is. */
    void (*ended)(void *user, const struct value *result, const struct err *err);
    /* Runs fn(arg) soon, outside the current call: the loop's soon. */
    void (*soon)(void *user, void (*fn)(void *arg), void *arg);
};

MUST_USE bool action_start(struct playbook *p, const struct decl *decl, const struct action_world *world,
                           struct action **out, struct err *err);
/* err NULL: the unit's reply, copied; of a record it is ignored.  The unit is gone afterwards. */
void action_answer(struct action *a, struct action_unit *unit, const struct value *reply,
                   const struct err *err);
void action_free(struct action *a); /* running coroutines are dropped; open units get no answer any more */
