#include <stdlib.h>

#include "io/loop.h"
#include "run/change_state.h"

struct changes *changes_new(const struct changes_ask *ask)
{
    struct changes *c = calloc(1, sizeof(*c));
    if (!c)
        abort();
    c->ask = *ask;
    c->outbox_end = &c->outbox;
    retry_budget_init(&c->budget);
    return c;
}

void changes_free(struct changes *c)
{
    if (c)
        change_lanes_free(c);
    free(c);
}

uint64_t changes_open(const struct changes *c)
{
    return c->open;
}

void changes_expect(struct changes *c, uint64_t total)
{
    c->total = total;
}

/* What only waits to try again waits no longer: it leaves, finds the gate shut and ends as stopped. */
void changes_stop(struct changes *owner)
{
    owner->stopped = true;
    for (struct change *c = owner->newest; c; c = c->older) {
        if (!c->timer)
            continue;
        loop_timer_cancel(c->timer);
        c->timer = NULL;
        change_post(c);
    }
}

void changes_add(struct changes *owner, struct change *c)
{
    c->older = owner->newest;
    if (c->older)
        c->older->newer = c;
    owner->newest = c;
    owner->open++;
}

void changes_remove(struct changes *owner, struct change *c)
{
    if (c->newer)
        c->newer->older = c->older;
    else
        owner->newest = c->older;
    if (c->older)
        c->older->newer = c->newer;
    owner->open--;
}

void changes_keep(struct changes *c, struct event *e)
{
    const struct tick *tick = loop_tick(c->ask.loop);
    e->wall_ms = tick->wall_ms(tick->user);
    e->run_id = c->ask.run_id;
    store_put_event(c->ask.writer, e);
    if (c->ask.keep)
        c->ask.keep(c->ask.keep_user, e);
}

void changes_tell(struct changes *c, struct event *e)
{
    if (e->kind == EVENT_STEP_DONE)
        c->done++;
    if (!c->ask.tell)
        return;
    if (e->wall_ms == 0) {
        const struct tick *tick = loop_tick(c->ask.loop);
        e->wall_ms = tick->wall_ms(tick->user);
        e->run_id = c->ask.run_id;
    }
    e->done = c->done;
    e->total = c->total;
    c->ask.tell(c->ask.tell_user, e);
}
