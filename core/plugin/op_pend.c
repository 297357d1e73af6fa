#include "plugin/op_state.h"

#include "io/loop.h"

void op_pend_init(struct op *op)
{
    op->pending.next = op->pending.prev = &op->pending;
}

bool op_pend_is_empty(const struct op *op)
{
    return op->pending.next == &op->pending;
}

/* A list of two links: any wait may end at any time, from any callback. */
void op_pend_add(struct op *op, struct op_pend *p, const struct op_pend_kind *kind)
{
    p->op = op;
    p->kind = kind;
    p->prev = op->pending.prev;
    p->next = &op->pending;
    p->prev->next = p->next->prev = p;
}

void op_pend_remove(struct op_pend *p)
{
    p->prev->next = p->next;
    p->next->prev = p->prev;
    p->next = p->prev = NULL;
}

/* The loop cannot forget what it was asked to call.  A wait that was dropped meanwhile is no longer in the
 * list, and the callback only lets go of the memory. */
static void soon(void *user)
{
    struct op_pend *p = user;
    struct op *op = p->op;
    if (p->next) {
        op_pend_remove(p);
        p->fire(p);
    }
    op_release(op);
}

void op_pend_soon(struct op_pend *p, void (*fire)(struct op_pend *p))
{
    p->fire = fire;
    op_hold(p->op);
    loop_soon(host_loop(p->op->host), soon, p);
}

/* From the front each time: dropping one may take others along. */
void op_pend_drop_all(struct op *op)
{
    while (!op_pend_is_empty(op)) {
        struct op_pend *p = op->pending.next;
        op_pend_remove(p);
        p->kind->drop(p);
    }
}

/* Only what is pending now: a callback may ask for more, and is answered next turn.  The waits move to an
 * anchor of their own, from which a callback may still remove them; one that finishes the op leaves the rest
 * to be dropped. */
void op_pend_cancel_all(struct op *op)
{
    struct op_pend anchor = {.next = &anchor, .prev = &anchor};
    if (op_pend_is_empty(op))
        return;
    anchor.next = op->pending.next;
    anchor.prev = op->pending.prev;
    anchor.next->prev = anchor.prev->next = &anchor;
    op_pend_init(op);
    while (anchor.next != &anchor) {
        struct op_pend *p = anchor.next;
        op_pend_remove(p);
        if (op->stage == OP_RUNNING || op->stage == OP_EXPIRED)
            p->kind->cancel(p);
        else
            p->kind->drop(p);
    }
}

/* ---- after ----------------------------------------------------------------------------------------- */

struct after {
    struct op_pend pend;
    struct loop_timer *timer; /* NULL: fires next turn, because the op was asked to stop */
    lf_after_fn *fn;
    void *user;
};

static void call_after(struct after *a, int canceled)
{
    struct op *op = a->pend.op, *before = op_guard_enter(op);
    a->fn((struct lf_op *)op, a->user, canceled);
    op_guard_leave(op, before);
}

static void after_elapsed(void *user)
{
    struct after *a = user;
    op_pend_remove(&a->pend);
    call_after(a, 0);
}

/* An operation that was asked to stop gets no more time. */
static void after_refused(struct op_pend *p)
{
    call_after((struct after *)p, 1);
}

static void after_drop(struct op_pend *p)
{
    struct after *a = (struct after *)p;
    if (a->timer)
        loop_timer_cancel(a->timer);
}

static void after_cancel(struct op_pend *p)
{
    after_drop(p);
    call_after((struct after *)p, 1);
}

static const struct op_pend_kind after_kind = {.drop = after_drop, .cancel = after_cancel};

void op_pend_after(struct op *op, uint64_t ms, lf_after_fn *fn, void *user)
{
    struct after *a = ARENA_NEW(op->mem, struct after);
    a->fn = fn;
    a->user = user;
    op_pend_add(op, &a->pend, &after_kind);
    if (op->cancel_told)
        op_pend_soon(&a->pend, after_refused);
    else
        a->timer = loop_after(host_loop(op->host), ms, after_elapsed, a);
}
