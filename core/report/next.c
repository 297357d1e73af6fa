#include "report/next.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "model/event.h"
#include "report/facts.h"
#include "report/trouble.h"
#include "store/store.h"

const char *next_command(struct arena *mem, const char *region, const struct next *n)
{
    if (n->broken)
        return arena_print(mem, "landfall resume %s", region);
    if (n->over)
        return arena_print(mem, "landfall plan %s -o %s.plan, for the approval of the rest", region, region);
    if (n->waiting)
        return arena_print(mem, "landfall done %s %s --by WHO --evidence PROOF", region, n->waiting);
    return NULL;
}

/* Behind the last word of the run itself: with that, what waited for it can go on. */
static bool was_mended(const struct facts_status *s)
{
    const struct store_run *run = s->truth->last_run;
    for (size_t i = s->event_count; i > 0; i--) {
        const struct store_event *e = &s->events[i - 1];
        if (str_equal(e->run_id, run->run_id))
            return false;
        if (event_from_name(e->kind) == EVENT_RESOLVED)
            return true;
    }
    return false;
}

const char *next_of_status(struct arena *mem, const struct facts_status *s)
{
    const struct store_run *run = s->truth->last_run;
    struct next n = {.broken = s->truth->op_count > 0};
    if (run && strcmp(run->state, "done") != 0) {
        struct trouble_list list;
        trouble_collect(&list, s->events, s->event_count);
        n.broken |= strcmp(run->state, "partial") != 0 || run->failed > 0 || was_mended(s);
        for (size_t i = 0; i < list.count; i++) {
            enum event_kind kind = event_from_name(list.at[i]->kind);
            n.over |= kind == EVENT_STEP_CEILING;
            if (kind == EVENT_STEP_WAITS && !n.waiting && str_starts(list.at[i]->address, "human."))
                n.waiting = list.at[i]->address;
        }
        n.broken |= list.count == 0; /* nobody knows any more what it was */
        trouble_done(&list);
    }
    return next_command(mem, s->region, &n);
}
