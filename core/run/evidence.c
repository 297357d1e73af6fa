#include "run/evidence.h"

#include "base/arena.h"
#include "base/err.h"
#include "io/loop.h"
#include "model/value.h"
#include "model/value_json.h"
#include "run/executor_state.h"
#include "store/store.h"

struct commit {
    bool ok;
    struct err err;
};

static void on_commit(void *user, bool ok, const struct err *err)
{
    struct commit *c = user;
    c->ok = ok;
    if (!ok)
        c->err = *err;
}

/* What a report shows, and what another step may refer to: human.dpa-signed.by. */
static const char *observed_json(struct arena *mem, const struct evidence_ask *ask, int64_t wall_ms)
{
    char now[TICK_TEXT];
    tick_print(wall_ms, now);
    struct pair pairs[] = {
        {"by", value_text(mem, ask->by)},
        {"evidence", value_text(mem, ask->proof)},
        {"at", value_text(mem, now)},
    };
    return value_json_text(mem, value_map(mem, pairs, COUNT_OF(pairs)));
}

bool evidence_record(const struct evidence_ask *ask, struct err *err)
{
    const struct plan_step *step = &ask->plan->steps[ask->step];
    const struct tick *tick = loop_tick(ask->loop);
    int64_t now = tick->wall_ms(tick->user);
    struct commit commit = {0};
    struct arena *mem = arena_new();
    struct executor x = {.plan = ask->plan};
    struct step_run run = {.x = &x, .i = ask->step, .mem = mem};
    struct store_res row = executor_row(&run);
    row.inputs = step->inputs;
    row.observed = observed_json(mem, ask, now);
    struct event event = {.kind = EVENT_RESOLVED,
                          .wall_ms = now,
                          .address = step->address,
                          .verb = "done",
                          .text = arena_print(mem, "by %s: %s", ask->by, ask->proof)};
    store_put_res(ask->writer, &row);
    store_put_event(ask->writer, &event);
    if (ask->keep)
        ask->keep(ask->keep_user, &event);
    store_after_commit(ask->writer, on_commit, &commit);
    loop_run(ask->loop);
    arena_free(mem);
    if (!commit.ok)
        *err = commit.err;
    return commit.ok;
}
