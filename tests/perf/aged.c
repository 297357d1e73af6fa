/* aged: makes a store as old as asked for - what its newest run left behind is put once more, under other
 * names, until there are so many past events, operations, audit entries and notices; with every hundred of
 * them a run and its approval.  What stands stays as it is: only history grows.
 *
 *     perf_aged STORE REGION COUNT
 *
 * The store belongs to a region that was applied and is not open elsewhere. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "io/loop.h"
#include "model/event.h"
#include "store/store.h"

#define PER_COMMIT 1000
#define PER_RUN    100

struct past {
    struct arena *mem;
    struct store_snapshot truth;
    struct store_event *events;
    struct store_op *ops;
    struct store_audit *audit;
    struct store_approval *approvals;
    size_t event_count, op_count, audit_count, approval_count;
};

struct end {
    bool ok;
    struct err err;
};

static void on_commit(void *user, bool ok, const struct err *err)
{
    struct end *e = user;
    e->ok = ok;
    if (!ok)
        e->err = *err;
}

static bool read_past(struct past *p, const char *path, struct err *err)
{
    if (!store_read(p->mem, path, &p->truth, err))
        return false;
    if (!p->truth.last_run ||
        !store_read_events(p->mem, path, NULL, PER_COMMIT, &p->events, &p->event_count, err) ||
        !store_read_ops_of_run(p->mem, path, p->truth.last_run->run_id, &p->ops, &p->op_count, err) ||
        !store_read_audit(p->mem, path, &p->audit, &p->audit_count, err) ||
        !store_read_approvals(p->mem, path, &p->approvals, &p->approval_count, err))
        return false;
    if (p->event_count && p->op_count && p->audit_count && p->approval_count)
        return true;
    return err_set(err, "perf.fresh", "there is no past of every kind to go by");
}

static void put_run(struct store_writer *w, const struct past *p, struct arena *mem, long n)
{
    struct store_approval yes = p->approvals[0];
    struct store_run run = *p->truth.last_run;
    yes.nonce = arena_print(mem, "%032lx", n);
    run.run_id = arena_print(mem, "%032ld", n);
    run.plan_digest = yes.plan_digest = arena_print(mem, "%064ld", n);
    run.approvals = &yes;
    run.approval_count = 1;
    store_put_run(w, &run);
}

static void put_event(struct store_writer *w, const struct past *p, const char *run_id, long n)
{
    const struct store_event *old = &p->events[(size_t)n % p->event_count];
    struct event e = {.kind = event_from_name(old->kind),
                      .wall_ms = old->wall_ms,
                      .run_id = run_id,
                      .address = old->address,
                      .verb = old->verb,
                      .text = old->text,
                      .code = old->code,
                      .took_ms = old->took_ms};
    store_put_event(w, &e);
}

static void put_one(struct store_writer *w, const struct past *p, struct arena *mem, long n)
{
    const char *run_id = arena_print(mem, "%032ld", n - n % PER_RUN);
    struct store_op op = p->ops[(size_t)n % p->op_count];
    op.op_id = arena_print(mem, "%032ld", n);
    op.run_id = run_id;
    store_put_op(w, &op);
    put_event(w, p, run_id, n);
    const struct store_audit *a = &p->audit[(size_t)n % p->audit_count];
    store_put_audit(w, a->kind, a->entry);
    /* Half of them are of those that are told once for all time. */
    struct store_notice notice = {.key = arena_print(mem, "%s%032ld", n % 2 ? "event-" : "once-", n),
                                  .sink = "team",
                                  .body = "{\"at\":\"2026-01-01T00:00:00.000Z\",\"title\":\"it was so\"}",
                                  .attempt = 1,
                                  .state = "sent"};
    store_put_notice(w, &notice);
}

static bool commit(struct loop *loop, struct store_writer *w, struct err *err)
{
    struct end end = {0};
    store_after_commit(w, on_commit, &end);
    loop_run(loop);
    if (!end.ok)
        *err = end.err;
    return end.ok;
}

static bool age(struct loop *loop, const char *path, const char *region, long count, struct err *err)
{
    struct past p = {.mem = arena_new()};
    struct arena *turn = arena_new();
    struct store_writer *w = NULL;
    bool ok =
        read_past(&p, path, err) && store_writer_open(loop, path, region, p.truth.lineage, "age", &w, err);
    for (long n = 1; ok && n <= count; n++) {
        if (n % PER_RUN == 1)
            put_run(w, &p, turn, n - 1);
        put_one(w, &p, turn, n);
        if (n % PER_COMMIT == 0 || n == count) {
            ok = commit(loop, w, err);
            arena_reset(turn);
        }
    }
    store_writer_close(w);
    arena_free(turn);
    arena_free(p.mem);
    return ok;
}

int main(int argc, char **argv)
{
    long count = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
    struct loop *loop = loop_new();
    struct err err;
    if (count < 1) {
        fputs("usage: perf_aged STORE REGION COUNT\n", stderr);
        return 2;
    }
    bool ok = age(loop, argv[1], argv[2], count, &err);
    if (!ok)
        fprintf(stderr, "perf_aged: %s\n", err.summary);
    loop_free(loop);
    return ok ? 0 : 1;
}
