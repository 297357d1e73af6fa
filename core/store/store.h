/* The store: what a region's build remembers.  One SQLite file per region (.landfall/eu.db, WAL,
 * synchronous=FULL), one writer.  This interface is all that is known of it above; another store is a second
 * implementation.
 *
 * Reading (store_read) never writes a byte: not the database, no side file.  Writing goes through one
 * store_writer: a thread of its own that turns each batch into one transaction and one fsync, and says so on
 * the loop.  Nothing may be assumed durable before its batch's callback came with ok. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"

struct err;
struct event;
struct loop;

/* Raise with every change of the tables.  A newer one is refused; an older one is read as it is, and brought
 * up to this one by the first writer that opens it.
 *   2: the audit chain, notices, and which approvals a run was opened with.
 *   3: what keeps a command as cheap in an old region as in a young one: the newest word on each subject, an
 *      index of what is not sent, and where the newest run begins. */
#define STORE_SCHEMA 3

/* ---- rows ---------------------------------------------------------------------------------- */

/* JSON columns are canonical JSON text (model/value_json) or NULL. */

/* One thing that exists (or a step that was done): the row that outlives playbooks. Key: address, generation.
 */
struct store_res {
    const char *address;
    int64_t generation;                      /* from 1; a replacement gets the next */
    uint32_t kind;                           /* enum decl_kind */
    bool deposed;                            /* replaced by a newer generation, not yet destroyed */
    const char *subsystem, *type, *instance; /* "" where the kind has none */
    const char *driver, *driver_version;
    uint32_t schema_version;
    const char *ext_id;      /* the service's id, or NULL */
    const char *marker;      /* or NULL */
    const char *desired;     /* JSON: what was asked when it was last changed */
    const char *observed;    /* JSON: what was true when last seen */
    const char *memo;        /* JSON: driver's notes, or NULL */
    const char *depends_on;  /* JSON list of addresses: direct edges only */
    const char *holds;       /* JSON list, or NULL */
    const char *inputs;      /* digest of the inputs of an action, check, human step; or NULL */
    const char *declared_at; /* playbooks/saas.lua:12 */
    bool shared, protect, adopted;
    bool damaged;        /* exists but is not right: replace */
    int64_t row_version; /* serial of the commit that wrote it; set by the writer */
};

enum store_op_state {
    STORE_OP_INTENT = 1, /* durable before anything is sent                          */
    STORE_OP_DOUBT,      /* may or may not have happened                             */
    STORE_OP_SETTLING,   /* identity known, waiting until it is ready                */
    STORE_OP_DONE,
    STORE_OP_FAILED,
    STORE_OP_CONFLICT, /* something foreign is there; nothing of ours             */
    STORE_OP_HELD,     /* a person must decide: landfall resolve                  */
};
const char *store_op_state_name(enum store_op_state s);

/* One change of one step, from its durable intent to its end. Key: op_id, which is also the token. */
struct store_op {
    const char *op_id; /* 32 hex characters */
    const char *run_id, *address;
    int64_t generation;
    uint32_t kind; /* enum decl_kind */
    const char *subsystem, *type, *instance, *driver, *driver_version;
    uint32_t schema_version;
    uint32_t verb;   /* LF_VERB_* */
    uint32_t settle; /* LF_SETTLE_* of that verb */
    const char *marker;
    const char *desired, *prior,
        *planned;             /* JSON; kept until the end, so that it is settled with its own inputs */
    const char *precondition; /* JSON of what was read before, or NULL */
    const char *memo;
    const char *meta; /* JSON: depends_on, holds, shared, protect, declared_at ... all a res row needs */
    enum store_op_state state;
    uint32_t attempt;
    int64_t fence;
    int64_t sent_deadline_ms;   /* wall clock: nothing we sent can still land after it; 0: nothing was sent */
    int64_t retention_until_ms; /* wall clock: until then the token is good; 0: for ever */
    const char *ext_id;         /* as soon as it is known */
    const char *saved;          /* JSON: the driver's progress, or NULL */
    const char *reason;         /* doubt, failure, conflict: one line */
    const char *candidates;     /* JSON list of ids found with our marker (HELD), or NULL */
};

/* One keyed unit of an action. Key: address, key. */
struct store_call {
    const char *address;
    const char *key;    /* version/name/row key */
    const char *digest; /* of its arguments */
    const char *token;  /* as sent */
    const char *reply;  /* JSON; while it is only intended the progress that its driver saved, or NULL */
    bool done;
};

/* A yes that was spent.  Key: nonce, so that it can be spent once only. */
struct store_approval {
    const char *nonce;
    const char *run_id;      /* set by the writer: the run it opened, or let go on */
    const char *plan_digest; /* what it said yes to */
    const char *json;        /* the approval as it was given, canonical */
};

struct store_run {
    const char *run_id;
    const char *plan_digest; /* hex, of the plan it was started with; one run each */
    int64_t base_serial;
    const char *command; /* "apply", "destroy", "resume" */
    const char *state;   /* "running", "done", "partial", "stopped" */
    int64_t started_ms, ended_ms;
    int64_t total, done, failed; /* steps, of the whole run; of a running one that is read, done by now */
    const char *plan;            /* canonical body of the plan, for resume; NULL in lists */
    bool killed; /* set by reading: it has no end on record, and who worked on it does not any more */
    /* What store_put_run is to spend in the transaction that writes the run; never read back with a run. */
    const struct store_approval *approvals;
    size_t approval_count;
};

/* The state to tell people: "killed", or what is on record. */
const char *store_run_state(const struct store_run *run);

/* The landfall that works on a region: it holds the lock. */
struct store_holder {
    const char *command, *host; /* NULL: it did not say yet who it is */
    int64_t pid;
    int64_t since_ms; /* wall clock */
};

struct store_event { /* an event as it was kept */
    int64_t seq;
    int64_t wall_ms;
    const char *run_id, *kind, *address, *verb, *text, *code;
    int64_t took_ms;
};

/* An entry of the audit chain: what a person or an auditor may ask about later.  Each entry's hash covers its
 * content and the hash before it, and the newest one's is kept beside the chain, so that a changed, removed
 * or moved entry is found.  Who can write to the file can write the whole chain anew: compare the newest hash
 * with one that was kept elsewhere. */
struct store_audit {
    int64_t seq, wall_ms;    /* seq: from 1, without gaps */
    const char *kind;        /* "approval.used", "run.opened", "human.done", ... */
    const char *entry;       /* canonical JSON */
    const char *prev, *hash; /* hex; the first entry's prev stands for the store's lineage */
};

/* Kinds of entries that are asked for by what they are about, without the rest of the chain: a step's
 * address, or the kind itself. */
#define STORE_AUDIT_SEEN   "residency.seen" /* JSON with address and generation: this stands */
#define STORE_AUDIT_GONE   "residency.gone" /* and this does not any more */
#define STORE_AUDIT_DIGEST "digest.sent"

/* A notice on its way to people.  Key: key. */
struct store_notice {
    int64_t id;        /* in order of creation; set by the writer */
    const char *key;   /* event and sink, so that nothing is queued twice */
    const char *sink;  /* as landfall.yaml names it */
    const char *body;  /* JSON */
    int64_t due_ms;    /* wall clock: not before */
    uint32_t attempt;  /* tries so far */
    const char *state; /* "due", "sent", "given_up" */
    const char *why;   /* the last try's failure, or NULL */
};

/* ---- reading ------------------------------------------------------------------------------- */

struct store_snapshot {
    bool exists;               /* false: nothing was ever applied; all else is empty */
    const char *lineage;       /* 32 hex characters */
    const uint8_t *digest_key; /* as store_writer_digest_key; NULL: there is no store */
    int64_t serial, fence, epoch;
    const struct store_res *res; /* sorted by address, then generation: live one last */
    size_t res_count;
    const struct store_op
        *ops; /* not DONE and not FAILED: INTENT, DOUBT, SETTLING, CONFLICT, HELD; in order of creation */
    size_t op_count;
    const struct store_run *last_run;  /* NULL: none; with its plan */
    const struct store_holder *holder; /* NULL: no other process works on it now */
    const char *outputs;               /* JSON map, or NULL */
    const char *audit_head;            /* hash of the newest audit entry; NULL: there is none */
    int64_t audit_count;
    int64_t approval_count; /* spent so far */
};

/* Reads everything into mem.  A missing file is an empty snapshot.  Errors: store.newer (made by a newer
 * landfall), store.corrupt (names table and row, says how to go on), store.not_a_store. A live writer
 * elsewhere is fine: a reader sees whole turns.  So is one in this process: what it has committed is read. */
MUST_USE bool store_read(struct arena *mem, const char *path, struct store_snapshot *out, struct err *err);
/* What a store is at, without its rows: costs the same however large it is. */
struct store_brief {
    bool exists;
    const char *lineage;
    int64_t serial;
    uint64_t open_ops;   /* as store_snapshot.op_count */
    const char *outputs; /* JSON map, or NULL */
};
MUST_USE bool store_read_brief(struct arena *mem, const char *path, struct store_brief *out, struct err *err);
/* Events, oldest first, at most `max` newest; address NULL: all. */
MUST_USE bool store_read_events(struct arena *mem, const char *path, const char *address, size_t max,
                                struct store_event **out, size_t *count, struct err *err);
/* The same, at most `max` newest, of what was written since the newest run was opened.  In a store that does
 * not know since when, and in one without a run, all. */
MUST_USE bool store_read_new_events(struct arena *mem, const char *path, size_t max, struct store_event **out,
                                    size_t *count, struct err *err);
MUST_USE bool store_read_runs(struct arena *mem, const char *path, struct store_run **out, size_t *count,
                              struct err *err);
/* Was a plan of this digest applied already?  The run, or NULL. */
MUST_USE bool store_read_run_of_plan(struct arena *mem, const char *path, const char *plan_digest,
                                     const struct store_run **out, struct err *err);
/* Newest op rows of an address in any state, newest first (history, resolve). */
MUST_USE bool store_read_ops_of(struct arena *mem, const char *path, const char *address,
                                struct store_op **out, size_t *count, struct err *err);
/* All op rows of a run in any state, in order of creation. */
MUST_USE bool store_read_ops_of_run(struct arena *mem, const char *path, const char *run_id,
                                    struct store_op **out, size_t *count, struct err *err);
/* The whole chain, oldest first, verified: store.audit_broken names the first entry that is not as it was
 * written, or that is missing. */
MUST_USE bool store_read_audit(struct arena *mem, const char *path, struct store_audit **out, size_t *count,
                               struct err *err);
/* The newest entry about each subject of which one stands, oldest first; subject NULL: all.  Costs what it
 * gives, however long the chain is: each entry is verified by itself, that the chain is whole is not. */
MUST_USE bool store_read_words(struct arena *mem, const char *path, const char *subject,
                               struct store_audit **out, size_t *count, struct err *err);
/* Notices, oldest first; state NULL: in any state. */
MUST_USE bool store_read_notices(struct arena *mem, const char *path, const char *state,
                                 struct store_notice **out, size_t *count, struct err *err);
/* Those that are due or were given up and the newest `sent` of those that were sent, oldest first; *total:
 * how many there ever were. */
MUST_USE bool store_read_open_notices(struct arena *mem, const char *path, size_t sent,
                                      struct store_notice **out, size_t *count, size_t *total,
                                      struct err *err);
/* The notice of that key in any state, or NULL. */
MUST_USE bool store_read_notice(struct arena *mem, const char *path, const char *key,
                                const struct store_notice **out, struct err *err);
/* Every approval that was spent, oldest first. */
MUST_USE bool store_read_approvals(struct arena *mem, const char *path, struct store_approval **out,
                                   size_t *count, struct err *err);
/* Those of one run; that none is missing is not verified. */
MUST_USE bool store_read_approvals_of_run(struct arena *mem, const char *path, const char *run_id,
                                          struct store_approval **out, size_t *count, struct err *err);
/* Is `marker` one that this store ever minted (in res or op)?  Then *address (mem). */
MUST_USE bool store_read_marker(struct arena *mem, const char *path, const char *marker, const char **address,
                                struct err *err);

/* ---- writing ------------------------------------------------------------------------------- */

struct store_writer;
struct store_batch;

/* Makes the file if needed (with `lineage`, 32 hex characters), takes the region's lock (flock on a side file
 * whose descriptor children may inherit, plus the lock row), raises the fence, starts the thread.  Errors:
 * store.locked (host, pid, since when, what it does), store.newer, store.corrupt, store.not_a_store,
 * store.other_region (a file copied from another region would claim its objects), store.read_only,
 * store.no_space, store.io. `command` is for the lock's message. */
MUST_USE bool store_writer_open(struct loop *loop, const char *path, const char *region, const char *lineage,
                                const char *command, struct store_writer **out, struct err *err);
/* Makes durable what was put, moves the log into the file, gives the lock back.  Callbacks that were not
 * called yet are dropped.  Not to be called from one of them.  NULL is fine. */
void store_writer_close(struct store_writer *w);
int64_t store_writer_fence(const struct store_writer *w);
const char *store_writer_lineage(const struct store_writer *w);
int store_writer_lock_fd(const struct store_writer *w);
/* 32 random bytes of this store, made with it: keys the digests of secrets. */
const uint8_t *store_writer_digest_key(const struct store_writer *w);

/* The batch being filled.  Rows are copied into it.  It is committed at the end of this turn of the loop,
 * together with everything else put in this turn (at most 1 024 ops, the rest follows in the next commit), in
 * the order of the calls. */
void store_put_op(struct store_writer *w, const struct store_op *op); /* new: state INTENT; fence: ours */
/* Compare-and-set on (op_id, state, attempt) under our fence, which is written into the row; the other fields
 * of `op` are written as given, except desired, prior, planned and saved, which stay, and are cleared when
 * the new state is DONE or FAILED.
 */
void store_move_op(struct store_writer *w, enum store_op_state from, uint32_t from_attempt,
                   const struct store_op *op);
/* Progress of a running one; NULL leaves what is there.  One that has ended fails as a missed compare-and-set
 * does. */
void store_save_op(struct store_writer *w, const char *op_id, const char *ext_id, const char *saved);
void store_put_res(struct store_writer *w,
                   const struct store_res *res); /* insert or replace; the serial grows */
void store_remove_res(struct store_writer *w, const char *address, int64_t generation);
void store_rename_res(
    struct store_writer *w, const char *from,
    const char *to); /* res, op and call rows: landfall.moved; store.taken when `to` has res rows */
void store_put_call(struct store_writer *w, const struct store_call *call);
void store_drop_calls(struct store_writer *w, const char *address, const char *key_prefix);
void store_put_event(struct store_writer *w, const struct event *e);
/* Insert, or update by run_id, which leaves the plan and its digest as they are; a new run with a used
 * plan_digest is store.plan_used.  Only the newest run keeps its plan, because only that one can be resumed.
 * Its approvals are spent with it, all or none: a nonce that was spent before is store.approval_used.  An
 * update that spends some replaces the plan: from then on that is what was agreed to.
 */
void store_put_run(struct store_writer *w, const struct store_run *run);
void store_put_outputs(struct store_writer *w, const char *json);
/* A new entry at the end of the chain, dated by the loop's clock. */
void store_put_audit(struct store_writer *w, const char *kind, const char *entry_json);
/* Queues a notice, unless one of its key was queued before. */
void store_put_notice(struct store_writer *w, const struct store_notice *n);
/* The same.  *taken, which has to last as long as the writer, says in callbacks put after it whether it was
 * queued now. */
void store_offer_notice(struct store_writer *w, const struct store_notice *n, bool *taken);
/* State, attempt, due_ms and why of the one with this key, which must be there; sink and body stay. */
void store_move_notice(struct store_writer *w, const struct store_notice *n);

typedef void store_committed_fn(void *user, bool ok, const struct err *err);
/* fn is called on the loop once everything put before is durable (ok), or the commit failed: then its fate is
 * unknown, the writer refuses all further puts, and the process must end and resume. Reasons: full disk
 * (store.no_space), I/O error (store.io), fence taken (store.fence_taken), a compare-and-set that missed
 * (store.op_moved), store.plan_used, store.approval_used, store.taken.  err says what to do; it is borrowed.
 */
void store_after_commit(struct store_writer *w, store_committed_fn *fn, void *user);

/* The unit of an action that was recorded, or NULL; a map kept in memory per address, loaded at first use. */
MUST_USE bool store_find_call(struct store_writer *w, struct arena *mem, const char *address, const char *key,
                              const struct store_call **out, struct err *err);

/* For measuring: commits and rows so far. */
void store_writer_counts(const struct store_writer *w, uint64_t *commits, uint64_t *rows);
