#include "plugin/op_state.h"

#include <stdlib.h>
#include <string.h>

/* How many tombstones rest before the oldest is used again: the window in which a plugin that uses an
 * operation after its end is named for certain. */
#define TOMBSTONES 256
#define BLOCK_OPS  32

struct host_block {
    struct host_block *next;
    struct op ops[BLOCK_OPS];
};

/* At the back: the longer a tombstone rests, the surer a late call is named. */
static void push(struct host *h, struct op *op)
{
    op->next = NULL;
    if (h->free_last)
        h->free_last->next = op;
    else
        h->free_first = op;
    h->free_last = op;
    h->free_count++;
}

/* A block of new ops: the first is returned, the others wait as fresh ones. */
static struct op *grow(struct host *h)
{
    struct host_block *b = calloc(1, sizeof(*b));
    if (!b)
        abort();
    b->next = h->blocks;
    h->blocks = b;
    for (size_t i = 0; i < BLOCK_OPS; i++)
        b->ops[i].host = h;
    for (size_t i = 1; i < BLOCK_OPS; i++) {
        b->ops[i].next = h->fresh;
        h->fresh = &b->ops[i];
    }
    return &b->ops[0];
}

/* Fresh ops are used up before a young tombstone is disturbed. */
static struct op *pop(struct host *h)
{
    if (h->free_count >= TOMBSTONES) {
        struct op *op = h->free_first;
        h->free_first = op->next;
        if (!h->free_first)
            h->free_last = NULL;
        h->free_count--;
        return op;
    }
    if (!h->fresh)
        return grow(h);
    struct op *op = h->fresh;
    h->fresh = op->next;
    return op;
}

/* Everything of the earlier life is wiped here, not at its end: until now it was evidence. */
struct op *op_slab_take(struct host *h)
{
    struct op *op = pop(h);
    memset(op, 0, sizeof(*op));
    op->host = h;
    op->mem = host_arena_take(h);
    op_pend_init(op);
    h->live++;
    return op;
}

void op_slab_give(struct op *op)
{
    struct host *h = op->host;
    host_arena_give(h, op->mem);
    op->mem = NULL;
    op->stage = OP_IDLE;
    h->live--;
    push(h, op);
}

void op_slab_done(struct host *h)
{
    for (struct host_block *b = h->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    h->blocks = NULL;
}
