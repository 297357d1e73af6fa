#include "base/arena.h"
#include "io/loop.h"
#include "model/value.h"
#include "run/executor_state.h"
#include "run/look.h"

/* Checks: a probe that must pass - an HTTP request or a driver's call that only reads - tried until it does,
 * or `within` is over. */

#define PAUSE_MS 1000 /* between two tries */

struct probe {
    struct step_run *r;
    const char *inputs;
    const struct value *asked; /* the check's attributes, all known */
    int64_t until_ms;
};

static void try_once(void *user);

static void pass(struct probe *p)
{
    executor_finish_step(p->r, p->asked, p->inputs, NULL);
}

static void fail(struct probe *p, const char *what, const char *advice)
{
    struct step_run *r = p->r;
    struct loop *loop = r->x->ask.loop;
    if (r->x->stopping) {
        executor_end_step(r, STEP_END_STOPPED);
        return;
    }
    if (loop_now_ms(loop) + PAUSE_MS <= p->until_ms) {
        executor_pause(r->x, PAUSE_MS, try_once, p);
        executor_tell(r, EVENT_STEP_RETRY, what, NULL, NULL);
        return;
    }
    struct err err;
    err_set(&err, "check.failed", "%s", what);
    err_advise(&err, "%s", advice ? advice : "mend what the check looks at, then `landfall resume`");
    executor_fail_step(r, &err);
}

static void on_seen(void *user, bool passed, const char *what, const char *advice)
{
    if (passed)
        pass(user);
    else
        fail(user, what, advice);
}

static void try_once(void *user)
{
    struct probe *p = user;
    if (p->r->x->stopping) {
        executor_end_step(p->r, STEP_END_STOPPED);
        return;
    }
    const struct executor *x = p->r->x;
    struct look_ask ask = {.http = x->ask.http,
                           .web = x->ask.web,
                           .registry = x->ask.registry,
                           .address = x->plan->steps[p->r->i].address,
                           .asked = p->asked};
    look_start(p->r->mem, &ask, on_seen, p);
}

void probe_begin(struct step_run *r)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    const char *inputs = resolve_inputs(r);
    if (!inputs)
        return;
    struct probe *p = ARENA_NEW(r->mem, struct probe);
    p->r = r;
    p->inputs = inputs;
    p->asked = s->inputs ? s->desired : r->desired;
    p->until_ms = loop_now_ms(r->x->ask.loop) + value_get_int(p->asked, "within", 0) * 1000;
    executor_run_anew(r);
    executor_tell(r, EVENT_STEP_STARTED, NULL, NULL, NULL);
    try_once(p);
}
