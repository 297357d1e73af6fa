/* The operation: one call of a plugin's verb, from its pool's queue to its single end.  It guards the plugin
 * contract: exactly one finish, one item each, deadlines, no use after the end, no change through a read-only
 * verb; whoever breaks it is named in the result and the run goes on.  struct op is lf_op. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "landfall/plugin.h"

struct contract_call;
struct contract_type;
struct diag;
struct driver;
struct op;
struct value;

/* One request.  Texts and values are borrowed until the op's end callback returned. */
struct op_item {
    uint32_t verb; /* LF_VERB_* */
    uint32_t attempt;
    const char *address, *token, *marker, *id;
    const struct value *prior, *desired, *planned, *saved, *memo, *args;
    uint32_t prior_version;
};

struct op_ask {
    const struct driver *driver;
    const struct contract_type *type; /* or NULL for a call, preflight, types */
    const struct contract_call *call; /* or NULL */
    const struct op_item *items;      /* array borrowed until the end callback returned */
    size_t count;                     /* over 1: the type must have the fitting *_many, equal lanes */
    bool read_only;
    int64_t timeout_ms; /* from leaving the pool; 0: 60 000 for reads, 1 800 000 for changes */
};

/* How one item ended.  Valid during the callback; copy what must stay. */
struct op_result {
    uint32_t status; /* LF_END_*, never 0 */
    uint32_t action; /* LF_DO_* of a plan */
    uint32_t retry_after_ms;
    const char *id, *marker;
    const struct value *state, *reply, *memo;
    const char *const *because;  /* ends with NULL; or NULL */
    const struct lf_cost *costs; /* normalised to this core's stride */
    size_t cost_count;
    const char *broke; /* how the plugin broke its contract ("finished twice", "answered after its deadline",
                          ...), or NULL */
    bool timed_out;
};

struct op_events {
    /* It leaves its pool's queue now; false: do not send, the items end as CANCELED.  NULL: always go. */
    bool (*leaving)(void *user, struct op *op);
    void (*item)(void *user, struct op *op, size_t i, const struct op_result *result); /* exactly once each */
    void (*found)(void *user, struct op *op, const struct op_result *result); /* LF_VERB_OWNED; may be NULL */
    /* Make it durable, then op_saved(op, i).  NULL: acknowledged at once (next turn). */
    void (*save)(void *user, struct op *op, size_t i, const char *id, const struct value *progress);
    void (*note)(void *user, struct op *op, const struct diag *diag); /* may be NULL */
    /* After the last item; the op and its arena are gone when this returns. */
    void (*end)(void *user, struct op *op);
};

/* Never calls back inside.  The deadline of a change ends its items as UNSURE, of a read as CANNOT_TELL. */
struct op *op_start(const struct op_ask *ask, const struct op_events *events, void *user);
/* Asks it to stop: not yet sent ends CANCELED; already sent may still end any way. */
void op_cancel(struct op *op);
void op_saved(struct op *op, size_t i);
struct arena *op_arena(struct op *op); /* lives until the end callback returned */
const struct op_item *op_items(const struct op *op, size_t *count);
/* What it is about, as it was asked for. */
const struct op_ask *op_asked(const struct op *op);
/* The lane of a request, copied into mem, or NULL: asked before batching, without queueing. */
const char *op_lane(struct arena *mem, const struct driver *driver, const struct contract_type *type,
                    const struct op_item *item);
/* How a doubt about this very change is settled: the type's way, or the driver's word for this object. */
void op_settle_of(const struct driver *driver, const struct contract_type *type, const struct op_item *item,
                  struct lf_settle *out);
