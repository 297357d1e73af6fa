/* The change: one create, update or destroy of one object, from its durable intent to its durable end - and
 * the same from the middle, for what an earlier run left behind.  This is the protocol of durability.md;
 * executor and recover both drive it.
 *
 *     intent durable -> call -> identity durable -> ... -> outcome durable -> done_fn
 *     anything uncertain -> doubt durable -> drain -> recover -> take it, send again, or ask a person
 *
 * Changes of one type, driver and lane that become sendable together leave as one call where the driver can.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/event.h"
#include "plugin/retry.h"
#include "store/store.h"

struct arena;
struct changes;
struct contract_type;
struct diag;
struct driver;
struct err;
struct loop;
struct region;
struct residence;
struct taken_others;
struct value;

struct changes_ask {
    struct loop *loop;
    struct store_writer *writer;
    event_fn *tell;
    void *tell_user;
    /* Called beside each event that is put into the store: what it puts shares the event's commit.  NULL:
     * nobody listens. */
    event_fn *keep;
    void *keep_user;
    const char *run_id;
    const char *region;         /* for markers and for the commands that messages name */
    const struct region *rules; /* where data may live: what is made is told to the audit chain; or NULL */
    const struct taken_others *others; /* whose marks may be met besides ours; or NULL */
    uint32_t tries;                    /* of one change, the first included; 0: 20 */
    int64_t timeout_change_ms;         /* 0: the operation's default */
    int64_t timeout_read_ms;
    struct retry_chance chance; /* zero: chance itself */
    /* The store failed: nothing is durable any more; stop the loop.  err is borrowed. */
    void (*store_failed)(void *user, const struct err *err);
    void *user;
};

enum change_end {
    CHANGE_DONE = 1,
    CHANGE_FAILED,
    CHANGE_CONFLICT,
    CHANGE_HELD,
    CHANGE_STOPPED, /* interrupted before anything was sent */
};

/* Valid during the callback.  state, memo: of what is there now; NULL after a destroy. */
struct change_result {
    enum change_end end;
    const char *id, *marker;
    const struct value *state, *memo;
    const char *code, *reason, *advice; /* of a failure */
    const struct residence *residence;  /* of what holds data and was made; else NULL */
};

typedef void change_done_fn(void *user, const struct change_result *result);

/* What is to be done.  `op` says it all in storable form; the values are the same, parsed.  Everything is
 * borrowed until the callback.  */
struct change_ask {
    struct store_op op;
    const struct driver *driver;
    const struct contract_type *type;
    const struct value *desired, *prior, *planned, *saved, *memo;
    /* Everything of the row that will stand for it: dependencies, holds, shared, ...; the outcome fills in
     * the rest. */
    const struct store_res *row;
    int64_t timeout_ms; /* 0: the default */
    const char *spent;  /* JSON: what it commits, kept with the operation; or NULL */
    /* Called when the outcome DONE is put and not yet durable, or NULL: what is put into the store from here
     * on shares its commit or comes after it, so the intents of what depends on this may be put already. */
    change_done_fn *put;
};

struct changes *changes_new(const struct changes_ask *ask);
void changes_free(struct changes *c);
/* A new change: mints op_id and token, puts the intent. */
void change_start(struct changes *c, const struct change_ask *ask, change_done_fn *fn, void *user);
/* One that is in the store as INTENT, DOUBT or SETTLING: settles it first. */
void change_resume(struct changes *c, const struct change_ask *ask, change_done_fn *fn, void *user);
/* From now on nothing is sent any more; what waits for its pool or for a retry ends CHANGE_STOPPED. */
void changes_stop(struct changes *c);
/* Changes that have not ended. */
uint64_t changes_open(const struct changes *c);
/* Steps that events count: `total`, and how many of them are done already. */
void changes_expect(struct changes *c, uint64_t total);
/* Puts an event into the store's next commit without telling it yet. */
void changes_keep(struct changes *c, struct event *e);
/* Tells it; DONE events count. */
void changes_tell(struct changes *c, struct event *e);
