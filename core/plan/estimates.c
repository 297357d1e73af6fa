#include "plan/estimates.h"

#include <stdlib.h>

#include "io/loop.h"
#include "plugin/op.h"

struct estimate {
    struct estimates *all;
    uint32_t i;
    struct op_item item;
};

static void on_item(void *user, struct op *op, size_t n, const struct op_result *result)
{
    (void)op;
    (void)n;
    struct estimate *e = user;
    e->all->told(e->all->user, e->i, result);
}

static void on_end(void *user, struct op *op)
{
    (void)op;
    struct estimate *e = user;
    e->all->in_flight--;
    loop_stop(e->all->loop);
    free(e);
}

void estimates_ask(struct estimates *e, uint32_t i, const struct estimate_ask *ask)
{
    static const struct op_events events = {.item = on_item, .end = on_end};
    while (e->in_flight >= e->most)
        loop_run(e->loop);
    struct estimate *one = calloc(1, sizeof(*one));
    if (!one)
        abort();
    *one = (struct estimate){.all = e,
                             .i = i,
                             .item = {.verb = LF_VERB_ESTIMATE,
                                      .attempt = 1,
                                      .address = ask->address,
                                      .prior = ask->prior,
                                      .desired = ask->desired}};
    struct op_ask op = {
        .driver = ask->driver, .type = ask->type, .items = &one->item, .count = 1, .read_only = true};
    e->in_flight++;
    op_start(&op, &events, one);
}

void estimates_wait(struct estimates *e)
{
    while (e->in_flight > 0)
        loop_run(e->loop);
}
