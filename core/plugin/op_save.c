#include "plugin/op_state.h"

#include <string.h>

#include "base/str.h"
#include "plugin/registry.h"

/* One save on its way to the disk.  The owner acknowledges the saves of an item in order. */
struct op_save {
    struct op_pend pend;
    struct op_save *next; /* of the same item */
    size_t i;
    lf_after_fn *fn; /* NULL: the plugin does not wait for it */
    void *user;
};

/* A plugin that only wants its id kept passes no callback. */
static void call(struct op_save *s, int canceled)
{
    struct op *op = s->pend.op, *before = op_guard_enter(op);
    if (s->fn)
        s->fn((struct lf_op *)op, s->user, canceled);
    op_guard_leave(op, before);
}

/* On disk, yet the operation may have been asked to stop meanwhile: then it hears both in one. */
static void durable(struct op_pend *p)
{
    call((struct op_save *)p, p->op->cancel_told);
}

static void drop(struct op_pend *p)
{
    (void)p; /* the owner's acknowledgement finds no pending save and passes */
}

static void cancel(struct op_pend *p)
{
    call((struct op_save *)p, 1);
}

static const struct op_pend_kind save_kind = {.drop = drop, .cancel = cancel};

/* Into two lists: the op's waits, and the item's saves in the order in which they will become durable. */
static struct op_save *queue(struct op *op, size_t i, lf_after_fn *fn, void *user)
{
    struct op_slot *slot = &op->slots[i];
    struct op_save *s = ARENA_NEW(op->mem, struct op_save);
    s->i = i;
    s->fn = fn;
    s->user = user;
    if (slot->last_save)
        slot->last_save->next = s;
    else
        slot->first_save = s;
    slot->last_save = s;
    op_pend_add(op, &s->pend, &save_kind);
    return s;
}

/* The id is kept in the slot as well: a result that forgets it, or never comes, still carries it. */
void op_save_start(struct op *op, size_t i, const char *id, const struct value *progress, lf_after_fn *fn,
                   void *user)
{
    struct op_slot *slot = &op->slots[i];
    if (id && !str_is_utf8(id, strlen(id))) {
        op_event_broke(op, "saved an id that is not text");
        id = NULL;
    }
    if (id)
        slot->saved_id = arena_text(op->mem, id);
    queue(op, i, fn, user);
    if (op->events.save)
        op->events.save(op->user, op, i, slot->saved_id, progress);
    else
        op_saved(op, i);
}

/* Tolerant on purpose: the owner's disk may be slower than the plugin's end. */
void op_saved(struct op *op, size_t i)
{
    if (op->stage == OP_IDLE || i >= op->ask.count)
        return;
    struct op_slot *slot = &op->slots[i];
    struct op_save *s = slot->first_save;
    if (!s)
        return;
    slot->first_save = s->next;
    if (!s->next)
        slot->last_save = NULL;
    if (s->pend.next)
        op_pend_soon(&s->pend, durable);
}
