/* The rehearsal: a whole build against simulators, again and again - once as it is typically, some times with
 * faults and crashes by chance, and once for each point at which a process can die around a unit of work, so
 * that every unit of every step has died there and was gone on with.  What is there afterwards must be what
 * the undisturbed build made: nothing doubled, orphaned or lost, by the simulated services' own books.
 *
 * Nothing real is touched: processes live in virtual time, write to a folder that is thrown away and speak to
 * nobody.  The same seed tells the same story. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "run/ledger.h"
#include "run/life.h"

struct arena;
struct diags;
struct err;

struct rehearsal_ask {
    const struct life_world *world;
    const char *folder; /* of our own, empty; what is made in it is removed again */
    uint32_t rounds;    /* builds with faults */
    uint64_t seed;      /* of the first of them; each further one counts on */
    uint32_t faults_milli, throttle_milli;
    uint32_t crashes;                                          /* in each round */
    bool (*stop)(void *user);                                  /* asked when a signal comes */
    void (*progress)(void *user, uint32_t done, uint32_t all); /* builds; or NULL */
    void *user;
};

/* A step of the typical build, by its clock from 0. */
struct rehearsal_step {
    const char *address;
    const struct decl *decl;
    int64_t began_ms, done_ms; /* -1: not */
    const struct ledger_step *how;
};

struct rehearsal_stage {
    const char *name; /* "" before the first */
    uint32_t steps, done;
    int64_t began_ms, done_ms; /* -1: nothing of it */
};

/* Something that must not be. */
enum rehearsal_finding_kind {
    REHEARSAL_FAILED = 1, /* it failed after a death, and did not fail without one */
    REHEARSAL_LOST,       /* it is not there, and should be */
    REHEARSAL_DOUBLED,    /* it is there twice, or happened twice */
    REHEARSAL_OTHER,      /* it is there, and is another than without the death */
    REHEARSAL_ORPHANED,   /* it is there, and the store does not know it */
    REHEARSAL_UNREAL,     /* the store knows it, and it is not there */
    REHEARSAL_NO_END,     /* the build came to no end */
};

struct rehearsal_finding {
    enum rehearsal_finding_kind kind;
    uint32_t points; /* a bit for each ledger_point after whose death it was found */
    uint32_t rounds; /* so many rounds found it too, the first of them with `seed` */
    uint64_t seed;
    const char *address;               /* or NULL */
    const char *text;                  /* one line */
    const char *advice, *where, *code; /* or NULL */
};

#define REHEARSAL_FINDINGS 50 /* further ones are counted, not kept */

struct rehearsal {
    const struct rehearsal_ask *ask;
    uint32_t step_count, unit_count;
    const struct ledger *typical;
    bool complete;                      /* the typical build did all there is to do without failing */
    const struct rehearsal_step *steps; /* by beginning, then address */
    size_t told_count;
    const struct rehearsal_stage *stages;
    size_t stage_count;
    int64_t typical_ms, machine_ms; /* all of it; and that in which landfall ran */
    int64_t p50_ms, p90_ms;         /* of all of it, over the rounds that came to their end */
    int64_t machine_p50_ms, machine_p90_ms;
    uint32_t rounds_ended;
    uint64_t mishaps[LEDGER_MISHAPS]; /* in the rounds */
    uint64_t points[LEDGER_POINTS];   /* units that died there, in the sweeps */
    uint64_t missed[LEDGER_POINTS]; /* units that could have and did not: a step before them did not go on */
    const struct ledger_reply *const *replies; /* made up in the typical build, by address */
    size_t reply_count;
    const struct ledger_thing *const *assumed; /* what is only looked up, by address */
    size_t assumed_count;
    uint64_t deaths, resumes; /* processes, in sweeps and rounds */
    uint32_t persons;         /* times somebody had to look at a service */
    const struct rehearsal_finding *findings;
    size_t finding_count, findings_left_out;
};

/* False: it could not run, as a plan could not; then `diags` says more.  The ledgers live until
 * rehearsal_free. */
MUST_USE bool rehearsal_run(struct arena *mem, const struct rehearsal_ask *ask, struct rehearsal **out,
                            struct diags *diags, struct err *err);
void rehearsal_free(struct rehearsal *r); /* NULL is fine */
