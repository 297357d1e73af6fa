/* The inside of an operation, shared by the units that make it up (op, op_slab, op_verb, op_event, op_result,
 * op_pend, op_save) and by the host services that wait on its behalf.  Nobody above this folder sees it.
 *
 * A struct op is never given back to malloc while the host lives: a plugin that keeps a pointer for too long
 * meets a tombstone that names its mistake instead of undefined behaviour. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/diag.h"
#include "plugin/host_state.h"
#include "plugin/op.h"

struct host_files_sight;
struct loop_timer;
struct pool_ticket;

enum op_stage {
    OP_IDLE = 0,     /* in the slab: never used, or a tombstone             */
    OP_QUEUED = 1,   /* waits for its pool and lane                         */
    OP_LEAVING = 2,  /* asks its owner whether to go                        */
    OP_RUNNING = 3,  /* the plugin has it                                   */
    OP_EXPIRED = 4,  /* the deadline passed; waits are being called off     */
    OP_FINISHED = 5, /* over for the plugin; events are still to deliver    */
    OP_ENDED = 6,    /* over for everybody; held by worker jobs alone       */
};

/* ---- pending things -------------------------------------------------------------------------- */

struct op_pend;

struct op_pend_kind {
    void (*drop)(struct op_pend *p);   /* stop waiting, say nothing                            */
    void (*cancel)(struct op_pend *p); /* stop waiting and call the plugin with canceled = 1   */
};

/* One thing an op waits for.  Embedded first in the wait's own struct, which lives in the op's arena. */
struct op_pend {
    struct op_pend *next, *prev; /* NULL when not pending */
    struct op *op;
    const struct op_pend_kind *kind;
    void (*fire)(struct op_pend *p);
};

/* ---- events on their way to the owner -------------------------------------------------------- */

enum op_event_kind { OP_EVENT_ITEM = 1, OP_EVENT_NOTE = 2, OP_EVENT_FOUND = 3 };

struct op_event {
    struct op_event *next;
    enum op_event_kind kind;
    size_t i;                       /* of an item */
    const struct op_result *result; /* of an item or a find */
    struct diag *diag;              /* of a note */
};

struct op_event_list {
    struct op_event *first, *last;
};

/* ---- items ----------------------------------------------------------------------------------- */

struct op_save;

struct op_slot {
    struct op_result result;
    struct op_event event;
    struct op_save *first_save, *last_save; /* not yet durable, in order */
    const char *saved_id;                   /* of this try or an earlier one, or NULL */
    bool settled;
};

struct op {
    struct host *host;
    struct op *next; /* in the slab's lists */
    struct arena *mem;
    enum op_stage stage;
    uint32_t jobs;        /* worker jobs that still run */
    uint32_t holds;       /* jobs, and callbacks the loop will still make */
    atomic_bool trespass; /* touched from a worker thread */
    bool many, may_change, soon, cancel_asked, cancel_told, timed_out;
    bool late;           /* a canceled callback runs: what it asks for is ignored in silence */
    bool change_dropped; /* an unsafe request was in flight when it was called off */

    struct op_ask ask;
    struct op_events events;
    void *user;
    struct pool_ticket *ticket;
    const char *pool; /* whose place the ticket is */
    struct loop_timer *timer;
    int64_t deadline_ms;

    struct op_slot *slots; /* `one` or in the arena */
    struct lf_request *requests;
    size_t open; /* items not settled */
    size_t notes;
    struct host_files_sight *sights; /* files it read, and which version of them; in the arena */
    bool unrevealed;                 /* a secret was refused: what the driver says next is a consequence */
    struct op_pend pending;          /* the list's anchor */
    struct op_event_list ready;      /* to deliver */
    struct op_event_list held;       /* notes of a many that wait for their item */
    const char *broke;               /* of a single: what to put in its result */
    struct op_slot one;
    struct lf_request request;
};

/* ---- op_slab: where ops come from and where they rest ----------------------------------------- */

struct op *op_slab_take(struct host *h);
void op_slab_give(struct op *op); /* forgets its memory, keeps the tombstone */
void op_slab_done(struct host *h);

/* ---- op_verb: what each verb is --------------------------------------------------------------- */

bool op_verb_changes(uint32_t verb);
const char *op_verb_doing(uint32_t verb); /* "reading" */
bool op_verb_allows(uint32_t verb, uint32_t status);
/* What an item is when nobody can say how it ended. */
uint32_t op_verb_doubt(const struct op *op, size_t i);
lf_verb_fn *op_verb_single(const struct op *op); /* NULL: the plugin has none */
lf_many_fn *op_verb_many(const struct op *op);

/* ---- op_event: telling the owner, in order, never from inside a plugin's call ------------------ */

void op_event_item(struct op *op, size_t i);
void op_event_note(struct op *op, struct diag *diag);               /* moved: belongs to the op's arena */
void op_event_found(struct op *op, const struct op_result *result); /* likewise */
void op_event_flush(struct op *op);
void op_event_let_go(struct op *op); /* notes that wait for an item no longer do */
/* The plugin broke its contract: said in the result of a single, as a note of a many, and through the host
 * once the op is over.  The text goes on from "plugin dns-x ". */
void op_event_broke(struct op *op, const char *fmt, ...) PRINTF(2, 3);
/* It tried to change the world in a verb that only looks, and was refused. */
void op_event_gate(struct op *op, const char *attempt, const char *target);
/* A plugin's lf_diag as a diag in the op's arena, cut and made printable. */
struct diag *op_event_diag(struct op *op, const struct lf_diag *from);
/* A note in the core's own words. */
void op_event_say(struct op *op, const char *code, const char *advice, const char *fmt, ...) PRINTF(4, 5);

/* ---- op_result: what a plugin says, checked ---------------------------------------------------- */

/* Copies and checks; what makes no sense becomes the verb's doubt and is named in `broke`. */
void op_result_take(struct op *op, size_t i, const struct lf_result *given, struct op_result *out);
/* For LF_VERB_OWNED; false when it was unusable and has been named. */
bool op_result_take_found(struct op *op, const struct lf_result *given, struct op_result *out);

/* ---- op_pend: everything pending belongs to the op ---------------------------------------------- */

void op_pend_init(struct op *op);
void op_pend_add(struct op *op, struct op_pend *p, const struct op_pend_kind *kind);
void op_pend_remove(struct op_pend *p);
/* Already added: fire(p) next turn, unless it is dropped or canceled before. */
void op_pend_soon(struct op_pend *p, void (*fire)(struct op_pend *p));
void op_pend_drop_all(struct op *op);
void op_pend_cancel_all(struct op *op);
bool op_pend_is_empty(const struct op *op);
void op_pend_after(struct op *op, uint64_t ms, lf_after_fn *fn, void *user);

/* ---- op_save: progress made durable -------------------------------------------------------------- */

void op_save_start(struct op *op, size_t i, const char *id, const struct value *progress, lf_after_fn *fn,
                   void *user);

/* ---- op_guard: who may do what now ------------------------------------------------------------------ */

/* May a plugin use it so?  When not, the mistake is named (or passed over, in a canceled callback). */
bool op_guard_may_act(struct op *op, const char *what);  /* finish, send, wait ...: only while it runs */
bool op_guard_may_make(struct op *op, const char *what); /* values, scratch: while its memory lives    */
/* Around every call into a plugin. */
struct op *op_guard_enter(struct op *op);
void op_guard_leave(struct op *op, struct op *before);

/* ---- op: its life ------------------------------------------------------------------------------------ */

void op_finish(struct op *op, const struct lf_result *result);
void op_settle(struct op *op, size_t i, const struct lf_result *result);
void op_schedule(struct op *op); /* deliver next turn */
bool op_is_over(const struct op *op);
/* A callback the loop still owes keeps the op's memory; the last release buries an op that has ended. */
void op_hold(struct op *op);
void op_release(struct op *op);
/* The same for a worker job, which cannot be stopped.  The op may be gone when op_job_ended returns. */
void op_job_started(struct op *op);
void op_job_ended(struct op *op);
