#include "run/rehearsal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "model/diag.h"
#include "region/region.h"
#include "run/rehearsal_state.h"

/* When the builds begin, by their own clock: any time would do, as long as it is always the same. */
#define BEGAN_MS ((int64_t)1767225600000) /* 2026-01-01T00:00:00Z */
/* Most crashes of one round: each is a process more. */
#define CRASHES_MOST 10000

/* ---- one build and its end ---------------------------------------------------------------------------- */

static bool begin(struct rehearsal_work *w, struct rehearsal_build *b, const char **folder, struct err *err)
{
    *folder = file_join(w->mem, w->ask->folder, arena_print(w->mem, "%u", w->builds));
    if (mkdir(*folder, 0700) != 0)
        return err_sys(err, "rehearse.folder", errno, "cannot make '%s'", *folder);
    b->store_path = file_join(w->mem, *folder, arena_print(w->mem, "%s.db", w->ask->world->region->name));
    b->ledger = ledger_new(BEGAN_MS);
    if (b->ledger)
        return true;
    (void)file_remove_all(*folder);
    err_set(err, "rehearse.no_memory", "there is no room for the simulated world");
    return err_advise(err, "allow the process more address space (ulimit -v)");
}

static void add_up(struct rehearsal_work *w, const struct rehearsal_build *b)
{
    struct rehearsal *r = w->out;
    const struct ledger *l = b->ledger;
    r->persons += b->way == REHEARSAL_TYPICAL ? 0 : l->persons;
    r->deaths += l->mishaps[LEDGER_CRASH];
    r->resumes += l->lives - 1;
    for (size_t i = 0; i < LEDGER_MISHAPS && b->way == REHEARSAL_ROUND; i++)
        r->mishaps[i] += l->mishaps[i];
    if (b->way != REHEARSAL_SWEEP)
        return;
    r->points[b->point] = l->points[b->point];
    for (const struct ledger_unit *u = l->units; u; u = u->older)
        r->missed[b->point] += (u->can & ~u->died) >> b->point & 1u;
}

/* Leaves the ledger with the caller only when all went well. */
static bool build(struct rehearsal_work *w, struct rehearsal_build *b, struct err *err)
{
    const char *folder;
    if (!begin(w, b, &folder, err))
        return false;
    bool ok = rehearsal_build(w, b, err) && rehearsal_judge(w, b, err);
    if (ok)
        add_up(w, b);
    w->builds++;
    if (!file_remove_all(folder) && ok)
        ok = err_set(err, "rehearse.folder", "cannot remove '%s' again", folder);
    if (!ok) {
        ledger_free(b->ledger);
        b->ledger = NULL;
    }
    if (ok && w->ask->progress)
        w->ask->progress(w->ask->user, w->builds, 1 + w->ask->rounds + LEDGER_POINTS);
    return ok;
}

/* ---- which builds there are -------------------------------------------------------------------------------
 */

static bool typical(struct rehearsal_work *w, struct err *err)
{
    struct rehearsal_build b = {.way = REHEARSAL_TYPICAL, .seed = w->ask->seed};
    if (!build(w, &b, err))
        return false;
    w->out->typical = b.ledger;
    w->out->machine_ms = b.machine_ms;
    w->out->complete = b.ended;
    rehearsal_times(w);
    return true;
}

static bool sweep(struct rehearsal_work *w, enum ledger_point point, struct err *err)
{
    struct rehearsal_build b = {.way = REHEARSAL_SWEEP, .point = point, .seed = w->ask->seed};
    bool ok = build(w, &b, err);
    if (ok)
        ledger_free(b.ledger);
    return ok;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Each crash falls into its own share of all sendings, so that none comes before the one ahead of it. */
static void choose_deaths(struct rehearsal_work *w, struct rehearsal_build *b)
{
    uint64_t all = w->out->typical->sendings, last = 0;
    b->death_count = w->ask->crashes < CRASHES_MOST ? w->ask->crashes : CRASHES_MOST;
    b->deaths = ARENA_ARRAY(w->mem, uint64_t, b->death_count + 1);
    for (uint32_t i = 0; i < b->death_count; i++)
        b->deaths[i] = 1 + fate_draw(b->seed, "death", i) % (all ? all : 1);
    qsort(b->deaths, b->death_count, sizeof(*b->deaths), by_number);
    for (uint32_t i = 0; i < b->death_count; i++)
        last = b->deaths[i] = b->deaths[i] > last ? b->deaths[i] : last + 1;
}

/* The least time that so many of a hundred do not exceed; times are sorted. */
static int64_t percentile(const int64_t *times, uint32_t count, uint32_t percent)
{
    return count ? times[(count * percent + 99) / 100 - 1] : 0;
}

static bool rounds(struct rehearsal_work *w, struct err *err)
{
    uint32_t count = 0;
    int64_t *times = ARENA_ARRAY(w->mem, int64_t, w->ask->rounds + 1);
    int64_t *machine = ARENA_ARRAY(w->mem, int64_t, w->ask->rounds + 1);
    for (uint32_t i = 0; i < w->ask->rounds; i++) {
        struct rehearsal_build b = {.way = REHEARSAL_ROUND, .seed = w->ask->seed + i};
        choose_deaths(w, &b);
        if (!build(w, &b, err))
            return false;
        machine[count] = b.machine_ms;
        times[count] = b.ledger->now_ms - b.ledger->began_ms;
        count += b.ended;
        ledger_free(b.ledger);
    }
    qsort(times, count, sizeof(*times), by_number);
    qsort(machine, count, sizeof(*machine), by_number);
    w->out->rounds_ended = count;
    w->out->p50_ms = percentile(times, count, 50);
    w->out->p90_ms = percentile(times, count, 90);
    w->out->machine_p50_ms = percentile(machine, count, 50);
    w->out->machine_p90_ms = percentile(machine, count, 90);
    return true;
}

bool rehearsal_run(struct arena *mem, const struct rehearsal_ask *ask, struct rehearsal **out,
                   struct diags *diags, struct err *err)
{
    struct rehearsal *r = ARENA_NEW(mem, struct rehearsal);
    struct rehearsal_work w = {.out = r, .ask = ask, .mem = mem, .diags = diags};
    r->ask = ask;
    bool ok = typical(&w, err);
    /* What fails undisturbed has nothing to be compared with. */
    for (int p = 0; ok && r->complete && p < LEDGER_POINTS; p++)
        ok = sweep(&w, (enum ledger_point)p, err);
    ok = ok && (!r->complete || rounds(&w, err));
    r->findings = ARRAY_KEEP(&w.findings, mem);
    r->finding_count = w.findings.count;
    ARRAY_DONE(&w.findings);
    if (ok)
        *out = r;
    else
        rehearsal_free(r);
    return ok;
}

void rehearsal_free(struct rehearsal *r)
{
    if (r)
        ledger_free((struct ledger *)r->typical);
}
