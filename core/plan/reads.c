#include "plan/reads.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "io/loop.h"
#include "model/diag.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "plugin/retry.h"

/* No further batch is begun beyond so many objects: more would only wait in the drivers' queues, each with
 * its request in memory. */
#define IN_FLIGHT_MAX 4000

struct round {
    const struct reads *ask;
    struct reads_one *at;
    size_t count, next;
    uint32_t batches;
    size_t in_flight;
    uint32_t number; /* from 1: what was throttled in one is asked again in the next */
    size_t again;    /* so many of those that are through are moved to the front of `at`, to be asked again */
    uint64_t wait_ms;
};

struct batch {
    struct round *round;
    struct op_item *items;
    struct reads_one *at; /* copies: what is asked again takes the place of what is through */
    size_t count;
    struct diag note;
};

void reads_add(const struct reads *r, struct reads_one *at)
{
    at->lane = "";
    if (!r->many(at->type))
        return;
    struct op_item item = r->item(r->user, at->i, 1);
    const char *lane = op_lane(r->mem, at->driver, at->type, &item);
    at->lane = lane ? lane : "";
}

static int by_batch(const void *a, const void *b)
{
    const struct reads_one *x = a, *y = b;
    int order = strcmp(x->driver->subsystem, y->driver->subsystem);
    order = order ? order : strcmp(x->driver->instance, y->driver->instance);
    order = order ? order : strcmp(x->type->facts.name, y->type->facts.name);
    order = order ? order : strcmp(x->lane, y->lane);
    return order ? order : (x->i > y->i) - (x->i < y->i);
}

static bool share_a_batch(const struct reads_one *x, const struct reads_one *y)
{
    return x->driver == y->driver && x->type == y->type && strcmp(x->lane, y->lane) == 0;
}

static bool is_asked_again(struct batch *b, size_t i, const struct op_result *result)
{
    struct round *r = b->round;
    uint64_t wait_ms;
    if (result->status != LF_END_RETRY || !retry_reads(r->number, result->retry_after_ms, &wait_ms))
        return false;
    r->at[r->again++] = b->at[i];
    r->wait_ms = wait_ms > r->wait_ms ? wait_ms : r->wait_ms;
    return true;
}

static void on_item(void *user, struct op *op, size_t i, const struct op_result *result)
{
    (void)op;
    struct batch *b = user;
    const struct reads *ask = b->round->ask;
    if (!is_asked_again(b, i, result))
        ask->told(ask->user, b->at[i].i, result, &b->note);
}

static void on_note(void *user, struct op *op, const struct diag *diag)
{
    (void)op;
    struct batch *b = user;
    struct arena *mem = b->round->ask->mem;
    b->note = (struct diag){
        .summary = arena_text(mem, diag->summary),
        .detail = arena_text(mem, diag->detail),
        .advice = arena_text(mem, diag->advice),
    };
}

static void start_more(struct round *r);

static void on_end(void *user, struct op *op)
{
    (void)op;
    struct batch *b = user;
    struct round *r = b->round;
    r->batches--;
    r->in_flight -= b->count;
    free(b->items);
    free(b->at);
    free(b);
    start_more(r);
    if (r->batches == 0)
        loop_stop(r->ask->loop);
}

static size_t size_of_batch(const struct round *r)
{
    const struct reads_one *first = &r->at[r->next];
    size_t most = r->ask->many(first->type) ? first->type->max_batch : 1, n = 1;
    while (n < most && r->next + n < r->count && share_a_batch(first, &r->at[r->next + n]))
        n++;
    return n;
}

static void start_batch(struct round *r)
{
    static const struct op_events events = {.item = on_item, .note = on_note, .end = on_end};
    const struct reads *ask = r->ask;
    size_t n = size_of_batch(r);
    struct batch *b = calloc(1, sizeof(*b));
    struct op_item *items = calloc(n, sizeof(*items));
    struct reads_one *at = calloc(n, sizeof(*at));
    if (!b || !items || !at)
        abort();
    memcpy(at, &r->at[r->next], n * sizeof(*at));
    *b = (struct batch){.round = r, .items = items, .at = at, .count = n};
    for (size_t i = 0; i < n; i++)
        items[i] = ask->item(ask->user, at[i].i, r->number);
    r->next += n;
    r->batches++;
    r->in_flight += n;
    struct op_ask op = {
        .driver = at[0].driver, .type = at[0].type, .items = items, .count = n, .read_only = !ask->writable};
    op_start(&op, &events, b);
}

static void start_more(struct round *r)
{
    while (r->batches < r->ask->parallel && r->in_flight < IN_FLIGHT_MAX && r->next < r->count)
        start_batch(r);
}

static void waited(void *user)
{
    loop_stop(user);
}

static void run_round(struct round *r)
{
    qsort(r->at, r->count, sizeof(*r->at), by_batch);
    r->next = r->again = 0;
    r->wait_ms = 0;
    start_more(r);
    while (r->batches > 0)
        loop_run(r->ask->loop);
}

void reads_run(const struct reads *ask, struct reads_one *at, size_t count)
{
    struct round r = {.ask = ask, .at = at, .count = count, .number = 1};
    run_round(&r);
    while (r.again > 0) {
        /* After the longest pause that was asked for. */
        loop_after(ask->loop, r.wait_ms, waited, ask->loop);
        loop_run(ask->loop);
        r.count = r.again;
        r.number++;
        run_round(&r);
    }
}
