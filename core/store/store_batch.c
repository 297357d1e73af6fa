#include "store/store_batch.h"

#include <string.h>

/* The batch lives in its own arena, so that a cleared one is made anew in the same memory. */
static struct store_batch *begin(struct arena *mem)
{
    struct store_batch *b = ARENA_NEW(mem, struct store_batch);
    b->mem = mem;
    b->last = &b->first;
    b->last_waiting = &b->waiting;
    return b;
}

struct store_batch *store_batch_new(void)
{
    return begin(arena_new());
}

void store_batch_free(struct store_batch *b)
{
    if (b)
        arena_free(b->mem);
}

struct store_batch *store_batch_clear(struct store_batch *b)
{
    struct arena *mem = b->mem;
    arena_reset(mem);
    return begin(mem);
}

bool store_batch_is_empty(const struct store_batch *b)
{
    return !b->first && !b->waiting;
}

struct store_record *store_batch_add(struct store_batch *b, enum store_change change)
{
    struct store_record *r = ARENA_NEW(b->mem, struct store_record);
    r->change = change;
    *b->last = r;
    b->last = &r->next;
    b->rows++;
    return r;
}

void store_batch_wait(struct store_batch *b, store_committed_fn *fn, void *user)
{
    struct store_waiting *w = ARENA_NEW(b->mem, struct store_waiting);
    w->fn = fn;
    w->user = user;
    *b->last_waiting = w;
    b->last_waiting = &w->next;
}

void store_batches_push(struct store_batches *q, struct store_batch *b)
{
    b->next = NULL;
    if (q->last)
        q->last->next = b;
    else
        q->first = b;
    q->last = b;
}

struct store_batch *store_batches_pop(struct store_batches *q)
{
    struct store_batch *b = q->first;
    if (!b)
        return NULL;
    q->first = b->next;
    if (!q->first)
        q->last = NULL;
    b->next = NULL;
    return b;
}
