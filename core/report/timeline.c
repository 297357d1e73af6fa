#include "report/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/str.h"
#include "model/event.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "store/store.h"

/* An end that took time: what merely waits, or was never begun, has no bar. */
static bool is_end(const struct store_event *e)
{
    enum event_kind kind = event_from_name(e->kind);
    return e->address && (kind == EVENT_STEP_DONE || kind == EVENT_STEP_FAILED ||
                          kind == EVENT_STEP_CONFLICT || kind == EVENT_STEP_HELD || kind == EVENT_RECOVERED);
}

static int by_start(const void *a, const void *b)
{
    const struct timeline_bar *x = a, *y = b;
    if (x->start_ms != y->start_ms)
        return x->start_ms < y->start_ms ? -1 : 1;
    int order = strcmp(x->event->address, y->event->address);
    return order ? order : (x->event->seq > y->event->seq) - (x->event->seq < y->event->seq);
}

const struct timeline_bar **timeline_by_step(struct arena *mem, const struct plan *plan,
                                             const struct timeline *t)
{
    const struct timeline_bar **last = ARENA_ARRAY(mem, const struct timeline_bar *, plan->count + 1);
    for (size_t i = 0; i < t->count; i++) {
        const struct timeline_bar *bar = &t->bars[i];
        if (bar->step == UINT32_MAX)
            continue;
        if (!last[bar->step] || last[bar->step]->end_ms <= bar->end_ms)
            last[bar->step] = bar;
    }
    return last;
}

/* The bar that this one had to wait for: among its needs the one that ended last.  That it ended before this
 * one began is not asked: both are rounded to milliseconds, and a machine's clock may be set. */
static const struct timeline_bar *waited_for(const struct plan *p, const struct timeline_bar *const *last,
                                             const struct timeline_bar *bar)
{
    const struct graph *g = p->graph;
    const struct timeline_bar *best = NULL;
    if (bar->step == UINT32_MAX)
        return NULL;
    bool down = str_equal(bar->event->verb, "destroy");
    const uint32_t *at = down ? g->needed_by_at : g->needs_at, *to = down ? g->needed_by : g->needs;
    for (uint32_t e = at[bar->step]; e < at[bar->step + 1]; e++) {
        const struct timeline_bar *one = last[to[e]];
        if (one && !one->critical && (!best || one->end_ms > best->end_ms))
            best = one;
    }
    return best;
}

/* No bar is taken twice, so it ends also where things were made and taken down in one run. */
static void mark_path(struct arena *mem, const struct plan *plan, struct timeline_bar *bars,
                      struct timeline *t)
{
    const struct timeline_bar *const *last = timeline_by_step(mem, plan, t);
    const struct timeline_bar *bar = NULL;
    ARRAY(uint32_t) path = {0};
    for (size_t i = 0; i < t->count; i++)
        if (!bar || bars[i].end_ms > bar->end_ms)
            bar = &bars[i];
    for (; bar; bar = waited_for(plan, last, bar)) {
        ARRAY_PUSH(&path, (uint32_t)(bar - bars));
        bars[bar - bars].critical = true;
        t->path_ms += bar->end_ms - bar->start_ms;
    }
    for (size_t i = 0; i < path.count / 2; i++) {
        uint32_t swap = path.at[i];
        path.at[i] = path.at[path.count - 1 - i];
        path.at[path.count - 1 - i] = swap;
    }
    t->path = ARRAY_KEEP(&path, mem);
    t->path_count = path.count;
    ARRAY_DONE(&path);
}

void timeline_make(struct arena *mem, const struct plan *plan, const struct store_event *events, size_t count,
                   struct timeline *out)
{
    struct timeline_bar *bars = ARENA_ARRAY(mem, struct timeline_bar, count + 1);
    *out = (struct timeline){.bars = bars};
    for (size_t i = 0; i < count; i++) {
        const struct store_event *e = &events[i];
        if (!is_end(e))
            continue;
        bars[out->count++] = (struct timeline_bar){.event = e,
                                                   .step = plan_find(plan, e->address),
                                                   .start_ms = e->wall_ms - (e->took_ms > 0 ? e->took_ms : 0),
                                                   .end_ms = e->wall_ms};
    }
    if (out->count == 0)
        return;
    qsort(bars, out->count, sizeof(*bars), by_start);
    out->start_ms = bars[0].start_ms;
    for (size_t i = 0; i < out->count; i++)
        out->end_ms = bars[i].end_ms > out->end_ms ? bars[i].end_ms : out->end_ms;
    mark_path(mem, plan, bars, out);
}
