#include <string.h>

#include "io/loop.h"
#include "io/pool.h"
#include "plugin/op_state.h"

/* lf_wait: descriptors and blocking calls of client libraries.  A watch is a pending thing like any other; a
 * job is one only until its thread starts, for a running thread cannot be stopped. */

/* ---- watch --------------------------------------------------------------------------------------- */

struct watch {
    struct op_pend pend;
    struct loop_watch *watching; /* NULL: refused, because the op was asked to stop */
    int fd;
    lf_ready_fn *fn;
    void *user;
};

static void call_ready(struct watch *w, uint32_t events, int canceled)
{
    struct op *op = w->pend.op, *before = op_guard_enter(op);
    w->fn((struct lf_op *)op, w->fd, events, w->user, canceled);
    op_guard_leave(op, before);
}

static void ready(void *user, int fd, uint32_t events)
{
    (void)fd;
    call_ready(user, events, 0);
}

static void watch_refused(struct op_pend *p)
{
    call_ready((struct watch *)p, 0, 1);
}

static void watch_drop(struct op_pend *p)
{
    struct watch *w = (struct watch *)p;
    if (w->watching)
        loop_unwatch(w->watching);
    w->watching = NULL;
}

static void watch_cancel(struct op_pend *p)
{
    watch_drop(p);
    call_ready((struct watch *)p, 0, 1);
}

static const struct op_pend_kind watch_kind = {.drop = watch_drop, .cancel = watch_cancel};

/* An op watches one or two descriptors, so a walk over its waits is the shortest way. */
static void stop_watching(struct op *op, int fd)
{
    for (struct op_pend *p = op->pending.next; p != &op->pending; p = p->next) {
        if (p->kind != &watch_kind || ((struct watch *)p)->fd != fd)
            continue;
        op_pend_remove(p);
        watch_drop(p);
        return;
    }
}

/* The loop would report a descriptor to the watch it met last; one watch each keeps that unambiguous. */
static void watch(struct lf_op *lf, int fd, uint32_t events, lf_ready_fn *fn, void *user)
{
    struct op *op = (struct op *)lf;
    if (!op_guard_may_act(op, "watch"))
        return;
    stop_watching(op, fd);
    struct watch *w = ARENA_NEW(op->mem, struct watch);
    w->fd = fd;
    w->fn = fn;
    w->user = user;
    op_pend_add(op, &w->pend, &watch_kind);
    if (op->cancel_told)
        op_pend_soon(&w->pend, watch_refused);
    else
        w->watching = loop_watch(host_loop(op->host), fd, events, ready, w);
}

static void unwatch(struct lf_op *lf, int fd)
{
    struct op *op = (struct op *)lf;
    /* Cleaning up is welcome at any time; after the end there is nothing left to clean. */
    if (op_guard_may_make(op, "unwatch"))
        stop_watching(op, fd);
}

/* ---- work ------------------------------------------------------------------------------------------ */

struct job {
    struct op_pend pend; /* until the thread starts */
    struct pool_ticket *ticket;
    lf_work_fn *fn;
    lf_work_done_fn *done;
    void *user;
};

static void call_done(struct job *j, int canceled)
{
    struct op *op = j->pend.op, *before = op_guard_enter(op);
    j->done((struct lf_op *)op, j->user, canceled);
    op_guard_leave(op, before);
}

static void work_refused(struct op_pend *p)
{
    call_done((struct job *)p, 1);
}

static void on_thread(void *user)
{
    struct job *j = user;
    j->fn(j->user);
}

/* The thread is back.  An op that is over meanwhile lets the plugin close its connections, no more. */
static void returned(void *user)
{
    struct job *j = user;
    struct op *op = j->pend.op;
    if (j->ticket)
        pool_leave(j->ticket);
    if (op->stage == OP_RUNNING) {
        call_done(j, 0);
    } else {
        op->late = true;
        call_done(j, 1);
        op->late = false;
    }
    op_job_ended(op);
}

/* From here on nothing can stop it: the job leaves the list of waits and holds the op's memory instead. */
static void start(void *user)
{
    struct job *j = user;
    op_pend_remove(&j->pend);
    op_job_started(j->pend.op);
    loop_work(host_loop(j->pend.op->host), on_thread, returned, j);
}

static void work_drop(struct op_pend *p)
{
    struct job *j = (struct job *)p;
    if (j->ticket)
        pool_cancel(j->ticket);
    j->ticket = NULL;
}

static void work_cancel(struct op_pend *p)
{
    work_drop(p);
    call_done((struct job *)p, 1);
}

static const struct op_pend_kind work_kind = {.drop = work_drop, .cancel = work_cancel};

/* The op's own place in a pool serves for its jobs: an op that waited for a second place in a full pool would
 * wait for itself. */
static void work(struct lf_op *lf, const char *pool, lf_work_fn *fn, lf_work_done_fn *done, void *user)
{
    struct op *op = (struct op *)lf;
    if (!op_guard_may_act(op, "work"))
        return;
    struct job *j = ARENA_NEW(op->mem, struct job);
    j->fn = fn;
    j->done = done;
    j->user = user;
    op_pend_add(op, &j->pend, &work_kind);
    if (op->cancel_told)
        op_pend_soon(&j->pend, work_refused);
    else if (pool && strcmp(pool, op->pool) != 0)
        j->ticket = pool_enter(host_pools(op->host), pool, NULL, start, j);
    else
        start(j);
}

const struct lf_wait *host_wait_table(void)
{
    static const struct lf_wait table = {
        .struct_size = sizeof(table),
        .watch = watch,
        .unwatch = unwatch,
        .work = work,
    };
    return &table;
}
