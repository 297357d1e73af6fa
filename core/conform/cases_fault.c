#include "base/attr.h"
#include "conform/breaker.h"
#include "conform/cases.h"
#include "conform/fault.h"
#include "conform/trial.h"

#define PATIENCE_MS 500

static void arm(struct trial_run *run, int kind, uint32_t skip, bool lasting)
{
    fault_arm(run->fault, (enum fault_kind)kind, skip, lasting);
}

static void disarm(struct trial_run *run)
{
    fault_disarm(run->fault);
}

static uint32_t hits(const struct trial_run *run)
{
    return run->fault->hits;
}

static bool is_doubtful(const struct trial_run *run, int kind)
{
    static const bool says_nothing[] = {
        [FAULT_LOST_REQUEST] = true, [FAULT_LOST_REPLY] = true, [FAULT_SILENT] = true};
    return run->fault->hit_unsafe && (size_t)kind < COUNT_OF(says_nothing) && says_nothing[kind];
}

static void try_fault(struct trial *t, enum fault_kind kind, const char *name, int64_t patience_ms)
{
    const struct breaker b = {.name = name,
                              .kind = (int)kind,
                              .arm = arm,
                              .disarm = disarm,
                              .hits = hits,
                              .is_doubtful = is_doubtful,
                              .patience_ms = patience_ms,
                              .can_last = true,
                              .may_refuse = kind == FAULT_GARBLED || kind == FAULT_EMPTY};
    if (rig_requests(t->run->rig) == 0)
        trial_skip(t, "the driver sends nothing by HTTP through the host");
    else
        breaker_try(t, &b);
}

static void unreachable(struct trial *t)
{
    try_fault(t, FAULT_NOT_SENT, "a service that cannot be reached", 0);
}

static void lost_request(struct trial *t)
{
    try_fault(t, FAULT_LOST_REQUEST, "a request that is lost on its way", 0);
}

static void lost_reply(struct trial *t)
{
    try_fault(t, FAULT_LOST_REPLY, "a reply that is lost on its way", 0);
}

static void throttled(struct trial *t)
{
    try_fault(t, FAULT_THROTTLED, "429 with Retry-After", 0);
}

static void error(struct trial *t)
{
    try_fault(t, FAULT_ERROR, "500 instead of doing it", 0);
}

static void error_after(struct trial *t)
{
    try_fault(t, FAULT_ERROR_AFTER, "500 after doing it", 0);
}

static void unavailable(struct trial *t)
{
    try_fault(t, FAULT_UNAVAILABLE, "503 with Retry-After", 0);
}

static void garbled(struct trial *t)
{
    try_fault(t, FAULT_GARBLED, "a body that is no document", 0);
}

static void empty_body(struct trial *t)
{
    try_fault(t, FAULT_EMPTY, "an empty body", 0);
}

static void silent(struct trial *t)
{
    try_fault(t, FAULT_SILENT, "a service that says nothing", PATIENCE_MS);
}

const struct cases_row cases_fault[] = {
    {"unreachable", "a service that cannot be reached changes nothing, and nothing is called gone",
     unreachable},
    {"lost_request", "a request that was lost leaves one object in the end", lost_request},
    {"lost_reply", "a reply that was lost leaves one object in the end", lost_reply},
    {"throttled", "429 is waited for, and nothing is called gone", throttled},
    {"error", "500 is trouble that passes, and nothing is called gone", error},
    {"error_after", "500 after the effect is a doubt", error_after},
    {"unavailable", "503 is trouble that passes, and nothing is called gone", unavailable},
    {"garbled", "a reply that cannot be read is no answer", garbled},
    {"empty_body", "a reply without a body is no answer where one was due", empty_body},
    {"silent", "a service that says nothing costs no more than the deadline", silent},
    {0},
};
