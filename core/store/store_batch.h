/* The batch: changes that become durable together, in the order they were asked for.  Filled on the loop's
 * thread, handed to the writer's thread as a whole and handed back; never touched by two at once.  Private to
 * store. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/store.h"

enum store_change {
    STORE_CHANGE_PUT_OP,
    STORE_CHANGE_MOVE_OP,
    STORE_CHANGE_SAVE_OP,
    STORE_CHANGE_PUT_RES,
    STORE_CHANGE_REMOVE_RES,
    STORE_CHANGE_RENAME_RES,
    STORE_CHANGE_PUT_CALL,
    STORE_CHANGE_DROP_CALLS,
    STORE_CHANGE_PUT_EVENT,
    STORE_CHANGE_PUT_RUN,
    STORE_CHANGE_PUT_OUTPUTS,
    STORE_CHANGE_PUT_AUDIT,
    STORE_CHANGE_PUT_NOTICE,
    STORE_CHANGE_MOVE_NOTICE,
    STORE_CHANGE_COUNT,
};

struct store_record {
    struct store_record *next;
    enum store_change change;
    enum store_op_state from; /* MOVE_OP */
    uint32_t from_attempt;
    int64_t generation; /* REMOVE_RES */
    void *row;          /* of the PUTs and MOVEs: a copy the writer may complete */
    const char *key;    /* op_id, address, from */
    const char *text;   /* ext_id, to, key prefix, outputs */
    const char *more;   /* saved */
    bool *taken;        /* PUT_NOTICE: the caller's, or NULL */
};

struct store_waiting {
    struct store_waiting *next;
    store_committed_fn *fn;
    void *user;
};

struct store_batch {
    struct arena *mem;
    struct store_batch *next;
    struct store_record *first, **last;
    struct store_waiting *waiting, **last_waiting;
    size_t ops;  /* intents: what a commit is limited by */
    size_t rows; /* records */
    bool ok;     /* set by the writer's thread */
};

struct store_batch *store_batch_new(void);
void store_batch_free(struct store_batch *b);                 /* NULL is fine */
struct store_batch *store_batch_clear(struct store_batch *b); /* empty, in the same memory; b is gone */
bool store_batch_is_empty(const struct store_batch *b);
/* A new record at the end, zeroed but for its kind. */
struct store_record *store_batch_add(struct store_batch *b, enum store_change change);
void store_batch_wait(struct store_batch *b, store_committed_fn *fn, void *user);

/* First in, first out. */
struct store_batches {
    struct store_batch *first, *last;
};
void store_batches_push(struct store_batches *q, struct store_batch *b);
struct store_batch *store_batches_pop(struct store_batches *q); /* NULL: empty */
