#include "base/err.h"
#include "conform/breaker.h"
#include "conform/cases.h"
#include "conform/proxy.h"
#include "conform/trial.h"

#define PATIENCE_MS 400
#define GIANT_MS    20000 /* until a reader has had enough of it */

static void arm(struct trial_run *run, int kind, uint32_t skip, bool lasting)
{
    (void)lasting;
    /* The port is the suite's own; should another have taken it meanwhile, the operation meets nobody. */
    run->proxy_is_down = !proxy_arm(run->proxy, (enum proxy_kind)kind, skip, &run->proxy_err);
}

static void disarm(struct trial_run *run)
{
    run->proxy_is_down = !proxy_disarm(run->proxy, &run->proxy_err);
}

static uint32_t hits(const struct trial_run *run)
{
    return proxy_hits(run->proxy);
}

static void try_kind(struct trial *t, enum proxy_kind kind, const char *name, int64_t patience_ms, bool once)
{
    const struct breaker b = {.name = name,
                              .kind = (int)kind,
                              .arm = arm,
                              .disarm = disarm,
                              .hits = hits,
                              .patience_ms = patience_ms,
                              .once = once};
    breaker_try(t, &b);
    if (t->run->proxy_is_down)
        trial_fail(t, "run the suite again", "the suite lost its own port: %s", t->run->proxy_err.summary);
}

static void refused(struct trial *t)
{
    try_kind(t, PROXY_REFUSE, "a refused connection", 0, true);
}

static void reset(struct trial *t)
{
    try_kind(t, PROXY_RESET, "a connection that is reset at once", 0, false);
}

static void half_open(struct trial *t)
{
    try_kind(t, PROXY_SILENT, "a connection that says nothing", PATIENCE_MS, false);
}

static void stalled(struct trial *t)
{
    try_kind(t, PROXY_STALLED, "a reply that never comes", PATIENCE_MS, false);
}

static void cut_reply(struct trial *t)
{
    try_kind(t, PROXY_LOST, "a connection that is reset instead of the reply", 0, false);
}

static void truncated(struct trial *t)
{
    try_kind(t, PROXY_TRUNCATED, "half a reply", 0, false);
}

static void junk(struct trial *t)
{
    try_kind(t, PROXY_GARBLED, "bytes that are no reply", 0, false);
}

static void giant(struct trial *t)
{
    if (proxy_saw_http(t->run->proxy))
        try_kind(t, PROXY_GIANT, "a reply without an end", GIANT_MS, true);
    else
        trial_skip(t, "what flows is no plain HTTP");
}

const struct cases_row cases_wire[] = {
    {"refused", "where nobody listens nothing happens, and nothing is called gone", refused},
    {"reset", "a connection that is reset at once is no answer", reset},
    {"half_open", "a connection that says nothing costs no more than the deadline", half_open},
    {"stalled", "a reply that never comes leaves one object in the end", stalled},
    {"cut_reply", "a connection that breaks before the reply leaves one object in the end", cut_reply},
    {"truncated", "half a reply is no answer", truncated},
    {"junk", "bytes of no protocol are no answer", junk},
    {"giant", "a reply without an end is cut off", giant},
    {0},
};
