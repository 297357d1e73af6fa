/* The inside of a change, shared by the units of the protocol: change.c (begin and end), change_send.c
 * (grouping and sending), change_settle.c (doubt). */
#pragma once

#include "plugin/op.h"
#include "plugin/retry.h"
#include "run/change.h"

struct change {
    struct changes *owner;
    struct change *next;          /* in the outbox */
    struct change *older, *newer; /* among the open ones */
    struct arena *mem;
    struct change_ask ask;
    change_done_fn *fn;
    void *user;
    char op_id[33], marker[40];
    enum store_op_state state; /* as last put into the store */
    uint32_t attempt;          /* as last put into the store */
    uint32_t tries;            /* of the present question, answered RETRY or CANNOT_TELL */
    uint32_t rounds;           /* of doubt */
    const char *doubt;         /* the last one's reason, or NULL */
    uint32_t waits;            /* for worker jobs of a call that ran out of time */
    bool recovering;           /* what is asked is recover, not the change itself */
    /* An earlier try may have taken effect, and nobody has looked yet: an answer that says "nothing happened"
     * is true of the last try only. */
    bool doubtful;
    /* Freed when it has ended and no call holds it: of a call of many it may be answered, and sent again,
     * while the call still waits for others. */
    uint32_t in_ops;
    bool ended;
    struct op *op;
    const char *ext_id;
    const struct value *saved;
    const char *note_code, *note, *advice; /* of the driver's last error note */
    int64_t began_ms;
    struct loop_timer *timer;
    struct residence *residence; /* where its data is; NULL: it holds none */
    size_t save_index;           /* which item waits for op_saved */
    struct change_result result; /* being made durable */
    enum event_kind event;       /* told when it is */
};

struct changes {
    struct changes_ask ask;
    struct retry_budget budget;
    struct change *newest; /* open changes */
    struct change *outbox, **outbox_end;
    struct map *lanes; /* of change_send.c; or NULL */
    bool flush_asked, stopped, failed;
    uint64_t open, done, total;
};

/* changes.c */
void changes_add(struct changes *owner, struct change *c); /* among the open ones */
void changes_remove(struct changes *owner, struct change *c);
/* change.c */
void change_finish(struct change *c,
                   const struct change_result *result); /* makes the outcome durable, then tells */
void change_fail(struct change *c, const char *code, const char *reason, const char *advice);
void change_conflict(struct change *c, const char *marker);
void change_hold(struct change *c, const char *reason, const char *candidates);
/* Ends it for this run only: the doubt stays in the store, and the next run settles it first. */
void change_leave(struct change *c, enum change_end end, const char *reason);
void change_done(struct change *c, const struct op_result *result);
void change_put_op(struct change *c, enum store_op_state to, uint32_t attempt, const char *reason,
                   const char *candidates);
bool change_store_ok(struct change *c, bool ok, const struct err *err);
/* change_send.c */
struct op_item change_item(const struct change *c); /* what is asked of the driver now */
void change_post(struct change *c);                 /* into the outbox; leaves next turn */
void change_lanes_free(struct changes *owner);
/* change_settle.c */
void change_doubt(struct change *c, const char *reason); /* makes the doubt durable, then settles it */
void change_settle(struct change *c);
/* Settles it by looking only, whatever its token would allow. */
void change_look(struct change *c, const char *reason);
void change_recovered(struct change *c, const struct op_result *result);
/* Waits, then posts again; false when there were enough tries. */
bool change_try_later(struct change *c, uint64_t asked_ms, const char *why);
