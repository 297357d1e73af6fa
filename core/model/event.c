#include "model/event.h"

#include <string.h>

/* The names are stored and printed by other programs: they never change. */
static const char *const names[EVENT_KIND_COUNT] = {
    [EVENT_RUN_STARTED] = "run.started",     [EVENT_RUN_ENDED] = "run.ended",
    [EVENT_STEP_STARTED] = "step.started",   [EVENT_STEP_PROGRESS] = "step.progress",
    [EVENT_STEP_RETRY] = "step.retry",       [EVENT_STEP_DOUBT] = "step.doubt",
    [EVENT_STEP_DONE] = "step.done",         [EVENT_STEP_FAILED] = "step.failed",
    [EVENT_STEP_CONFLICT] = "step.conflict", [EVENT_STEP_HELD] = "step.held",
    [EVENT_STEP_BLOCKED] = "step.blocked",   [EVENT_STEP_WAITS] = "step.waits",
    [EVENT_STEP_CEILING] = "step.ceiling",   [EVENT_RECOVERED] = "recovered",
    [EVENT_RESOLVED] = "resolved",           [EVENT_NOTE] = "note",
};

const char *event_name(enum event_kind kind)
{
    return kind > 0 && kind < EVENT_KIND_COUNT ? names[kind] : "unknown";
}

/* Only reading history asks, once per line: a walk is enough. */
enum event_kind event_from_name(const char *name)
{
    for (int kind = EVENT_RUN_STARTED; kind < EVENT_KIND_COUNT; kind++)
        if (strcmp(names[kind], name) == 0)
            return (enum event_kind)kind;
    return 0;
}
