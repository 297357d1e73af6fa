#include "report/trouble.h"

#include "base/array.h"
#include "base/map.h"
#include "store/store.h"

struct word {
    const char *text;
    enum out_color color;
};

/* At most eight characters each: lines of a run are aligned behind them. */
static const struct word words[EVENT_KIND_COUNT] = {
    [EVENT_RUN_STARTED] = {"begin", OUT_PLAIN},    [EVENT_RUN_ENDED] = {"end", OUT_PLAIN},
    [EVENT_STEP_STARTED] = {"start", OUT_DIM},     [EVENT_STEP_PROGRESS] = {"going", OUT_DIM},
    [EVENT_STEP_RETRY] = {"retry", OUT_YELLOW},    [EVENT_STEP_DOUBT] = {"doubt", OUT_YELLOW},
    [EVENT_STEP_DONE] = {"done", OUT_GREEN},       [EVENT_STEP_FAILED] = {"failed", OUT_RED},
    [EVENT_STEP_CONFLICT] = {"conflict", OUT_RED}, [EVENT_STEP_HELD] = {"held", OUT_RED},
    [EVENT_STEP_BLOCKED] = {"blocked", OUT_DIM},   [EVENT_STEP_WAITS] = {"waits", OUT_BLUE},
    [EVENT_RECOVERED] = {"settled", OUT_GREEN},    [EVENT_RESOLVED] = {"resolved", OUT_GREEN},
    [EVENT_NOTE] = {"note", OUT_YELLOW},           [EVENT_STEP_CEILING] = {"ceiling", OUT_RED},
};

const char *trouble_word(enum event_kind kind)
{
    return kind > 0 && kind < EVENT_KIND_COUNT ? words[kind].text : "?";
}

enum out_color trouble_color(enum event_kind kind)
{
    return kind > 0 && kind < EVENT_KIND_COUNT ? words[kind].color : OUT_PLAIN;
}

/* Progress, retries and doubts are followed by an end, or by a crash that the next run settles. */
static bool is_last_word(enum event_kind kind)
{
    return kind == EVENT_STEP_DONE || kind == EVENT_STEP_FAILED || kind == EVENT_STEP_CONFLICT ||
           kind == EVENT_STEP_HELD || kind == EVENT_STEP_CEILING || kind == EVENT_STEP_BLOCKED ||
           kind == EVENT_STEP_WAITS || kind == EVENT_RECOVERED || kind == EVENT_RESOLVED;
}

static bool is_good(enum event_kind kind)
{
    return kind == EVENT_STEP_DONE || kind == EVENT_RECOVERED || kind == EVENT_RESOLVED;
}

/* Two walks: the first finds the last word of each step, the second keeps those that are not good. */
void trouble_collect(struct trouble_list *list, const struct store_event *events, size_t count)
{
    *list = (struct trouble_list){0};
    struct map *last = map_new();
    for (size_t i = 0; i < count; i++) {
        if (events[i].address && is_last_word(event_from_name(events[i].kind)))
            map_put(last, events[i].address, (void *)(uintptr_t)(i + 1));
    }
    for (size_t i = 0; i < count; i++) {
        if (!events[i].address || (uintptr_t)map_find(last, events[i].address) != i + 1 ||
            is_good(event_from_name(events[i].kind)))
            continue;
        ARRAY_PUSH(list, &events[i]);
    }
    map_free(last);
}

void trouble_done(struct trouble_list *list)
{
    array_done((void **)&list->at, &list->count, &list->room);
}
