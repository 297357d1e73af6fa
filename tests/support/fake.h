/* The fake service: what a test and the driver fake-fake.so share.  It lives in a file that both map, so that
 * its objects survive the death of the process that made them, as those of a real service do.  A test scripts
 * faults into it and looks at what is there afterwards.
 *
 * Types and how a doubt about them is settled:
 *   named        by natural key                 tokened      by token, for an hour; then by marker
 *   findable     by a list of markers           blind        not at all
 *   conditional  by precondition (memo.etag)    markless     by natural key, cannot carry a marker
 *   slow         saves its id, then is polled   planned      named, with a plan of its own
 *   secretive    named, never tells its secret  no_update    named, every change is a new object
 *   many         named, many at a time, by lane
 *
 * Calls: send (by token), shout (not at all), asks (by asking), ping (reads); ledgered (by token) and careful
 * (by asking), which trust in a ledger and save that it is there.
 */
#pragma once

#include <sched.h>
#include <stdint.h>

#define FAKE_OBJECTS 512
#define FAKE_FAULTS  64
#define FAKE_LATES   64
#define FAKE_CALLS   64
#define FAKE_LANES   8
#define FAKE_STATE   700

struct fake_object {
    uint32_t alive, damaged;
    int64_t etag;
    int64_t ready_ms; /* slow: built by then */
    char type[16], key[48], id[32], marker[40], token[40];
    char state[FAKE_STATE]; /* JSON */
};

enum fake_fault_kind {
    FAKE_LOST_BEFORE = 1, /* the request was lost: UNSURE, and nothing happened        */
    FAKE_LOST_AFTER,      /* the reply was lost: UNSURE, and it happened               */
    FAKE_LATE,            /* UNSURE, and it happens `ms` later                         */
    FAKE_RETRY,           /* RETRY, asking for `ms`                                    */
    FAKE_REFUSE,
    FAKE_FAIL,
    FAKE_FOREIGN, /* EXISTS, and somebody else's marker                        */
    FAKE_STALE,   /* reads and lists do not show it                            */
    FAKE_CANNOT_TELL,
    FAKE_MANY,          /* recover: several                                          */
    FAKE_LIE,           /* the state comes back with another size than promised      */
    FAKE_DAMAGE,        /* made, but not right                                       */
    FAKE_HANG,          /* never answers                                             */
    FAKE_SILENT,        /* made, and answers without a state                         */
    FAKE_FAIL_IN_BUILD, /* slow: it fails after its id was saved               */
};

struct fake_fault {
    uint32_t kind;
    uint32_t verb;  /* LF_VERB_*, 0: any       */
    uint32_t skip;  /* fitting requests to let pass first */
    uint32_t times; /* 0: used up */
    int64_t ms;
    char key[48]; /* "": any */
};

struct fake_late {
    int64_t due_ms;
    uint32_t verb; /* 0: free */
    uint32_t reserved;
    struct fake_object object;
};

struct fake_call {
    uint32_t times; /* how often it took effect */
    char name[16], token[40], value[64];
};

struct fake_world {
    int64_t clock_ms; /* as the driver last saw it */
    uint32_t rebase;  /* a new process: its clock starts anew */
    uint32_t
        held; /* the service is in the middle of a change: nobody dies now, for it does not die with them */
    uint32_t next_id;
    uint32_t doubles;              /* moments at which two objects carried one marker */
    uint32_t points;               /* so many places where the process could have died */
    uint32_t changes;              /* calls that were to change something, whatever came of them */
    uint32_t kill_at;              /* it dies there; 0: never */
    uint32_t lands_after_death_ms; /* what it had sent then still lands, so much later */
    uint32_t lands_now;            /* all that is under way arrives with the next request */
    uint32_t overlaps, batches, biggest_batch;
    uint32_t look_batches; /* questions about many at once */
    uint32_t pings, ping_passes_after;
    uint32_t ping_worse; /* how much worse than LF_END_OK it ends */
    bool ping_hangs;     /* it never answers */
    bool hasty;          /* calls with a ledger do not wait until it is saved */
    uint32_t asked[16];  /* by verb */
    uint32_t busy[FAKE_LANES];
    char last_token[40];
    char tokens[64][40]; /* of creates, in order */
    uint32_t token_count;
    uint32_t object_count;
    struct fake_object objects[FAKE_OBJECTS];
    struct fake_fault faults[FAKE_FAULTS];
    struct fake_late lates[FAKE_LATES];
    struct fake_call calls[FAKE_CALLS];
    char ledgers[FAKE_CALLS][40]; /* tokens, "": free */
    uint32_t handed[16];          /* tries of careful calls that were handed saved progress, by verb */
};

/* A request happens or does not, whenever its sender dies: whoever kills from another thread holds it first.
 */
static inline void fake_hold(struct fake_world *w)
{
    while (__atomic_exchange_n(&w->held, 1, __ATOMIC_ACQUIRE) != 0)
        sched_yield();
}

static inline void fake_let_go(struct fake_world *w)
{
    __atomic_store_n(&w->held, 0, __ATOMIC_RELEASE);
}

#define FAKE_FOREIGN_MARKER "lf1.foreignforeignforeignforei"
#define FAKE_BUILD_MS       3000
