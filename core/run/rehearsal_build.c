#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/decl.h"
#include "model/diag.h"
#include "playbook/playbook.h"
#include "region/region.h"
#include "run/rehearsal_state.h"

/* What passes before somebody starts landfall again, and before somebody has looked at a service. */
#define RESTART_MS 60000
#define LOOK_MS    3600000
/* Ends in a row without one step more done, after which trying again is no use. */
#define IDLE_MOST 4
/* Deaths in a row without anything new to die around: a sweep that goes in circles. */
#define STUCK_MOST 50

struct going {
    struct rehearsal_work *w;
    struct rehearsal_build *b;
    uint32_t idle, stuck, next_death;
    uint32_t done_before;
    bool over;
};

static uint64_t covered(const struct ledger *l)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < LEDGER_POINTS; i++)
        sum += l->points[i];
    return sum;
}

static uint32_t count_done(const struct ledger *l)
{
    uint32_t n = 0;
    for (const struct ledger_step *s = l->steps; s; s = s->older)
        n += s->done_ms != 0;
    return n;
}

/* The earliest time at which a person has done what is waited for; 0: nobody is waited for. */
static int64_t next_person(const struct ledger *l)
{
    int64_t due = 0;
    for (const struct ledger_step *s = l->steps; s; s = s->older) {
        if (s->waits && s->due_ms > 0 && (due == 0 || s->due_ms < due))
            due = s->due_ms;
    }
    return due;
}

/* What keeps failing is found once, and says in its own words why. */
static void find_failures(struct going *g)
{
    struct ledger *l = g->b->ledger;
    for (const struct ledger_step *s = l->steps; s && g->b->way != REHEARSAL_TYPICAL; s = s->older) {
        if (!s->failed && !s->held)
            continue;
        struct rehearsal_finding f = {.kind = REHEARSAL_FAILED,
                                      .address = s->address,
                                      .text = s->text ? s->text : "it failed",
                                      .advice = s->advice,
                                      .where = s->where,
                                      .code = s->code};
        rehearsal_find(g->w, g->b, &f);
    }
}

static void ended(struct going *g)
{
    struct ledger *l = g->b->ledger;
    uint32_t done = count_done(l);
    bool typical = g->b->way == REHEARSAL_TYPICAL;
    int64_t person = next_person(l);
    g->idle = done > g->done_before ? 0 : g->idle + 1;
    g->done_before = done;
    g->over = g->idle > IDLE_MOST;
    if (l->held > 0 && !typical && !g->over)
        l->now_ms += LOOK_MS;
    else if (person > 0 && !g->over)
        l->now_ms = person > l->now_ms ? person : l->now_ms;
    else if (l->failed + l->conflict > 0 && !typical && !g->over)
        l->now_ms += RESTART_MS;
    else
        g->over = true;
    g->b->ended = g->over && l->failed + l->conflict + l->held == 0;
    if (g->over)
        find_failures(g);
}

static void died(struct going *g, uint64_t before)
{
    struct ledger *l = g->b->ledger;
    g->stuck = covered(l) > before ? 0 : g->stuck + 1;
    if (g->b->way == REHEARSAL_ROUND) {
        g->next_death++;
        l->now_ms += RESTART_MS;
    }
    g->over = g->stuck > STUCK_MOST;
    if (g->over)
        rehearsal_find(g->w, g->b,
                       &(struct rehearsal_finding){.kind = REHEARSAL_NO_END,
                                                   .text = "it dies again and again without coming further"});
}

/* The first process that cannot run tells of the playbook; a later one, of what the first left behind. */
static bool could_not(struct going *g, struct err *err)
{
    struct ledger *l = g->b->ledger;
    if (l->lives == 1) {
        for (size_t i = 0; i < l->diag_count; i++)
            diag_add(g->w->diags, &l->diags[i]);
        *err = l->err;
        return false;
    }
    struct rehearsal_finding f = {.kind = REHEARSAL_FAILED,
                                  .address = l->diag_count ? l->diags[0].address : NULL,
                                  .text = arena_print(g->w->mem, "it could not go on: %s", l->err.summary),
                                  .advice = l->err.advice[0] ? l->err.advice : NULL,
                                  .where = l->err.where[0] ? l->err.where : NULL,
                                  .code = l->err.code};
    rehearsal_find(g->w, g->b, &f);
    g->over = true;
    return true;
}

static struct life_ask ask_of(const struct going *g, const char *run_id)
{
    struct rehearsal_build *b = g->b;
    const struct rehearsal_ask *ask = g->w->ask;
    struct life_ask life = {.world = ask->world,
                            .store_path = b->store_path,
                            .run_id = run_id,
                            .prices = b->way == REHEARSAL_TYPICAL};
    bool round = b->way == REHEARSAL_ROUND;
    life.how = (struct simulate_life){.ledger = b->ledger,
                                      .typical = !round,
                                      .sweep = {.on = b->way == REHEARSAL_SWEEP, .point = b->point}};
    life.how.odds = (struct fate_odds){.seed = b->seed,
                                       .faults_milli = round ? ask->faults_milli : 0,
                                       .throttle_milli = round ? ask->throttle_milli : 0};
    if (g->next_death < b->death_count) {
        life.how.death_at = b->deaths[g->next_death];
        life.how.death_point =
            (enum ledger_point)(fate_draw(b->seed, "point", g->next_death) % LEDGER_POINTS);
    }
    return life;
}

static bool broke(enum life_end end, int how, struct err *err)
{
    if (end == LIFE_FULL) {
        err_set(err, "rehearse.too_large", "the simulated world of this build does not fit into memory");
        return err_advise(err, "rehearse a part of it: fewer services in the region, or a shorter playbook");
    }
    err_set(err, "rehearse.broke", "a simulated process ended unexpectedly (wait status %d)", how);
    return err_advise(err, "report it; nothing real was touched");
}

bool rehearsal_build(struct rehearsal_work *w, struct rehearsal_build *b, struct err *err)
{
    struct going g = {.w = w, .b = b};
    const char *run_id = arena_print(w->mem, "%032x", w->builds);
    struct ledger *l = b->ledger;
    while (!g.over) {
        struct life_ask ask = ask_of(&g, run_id);
        uint64_t before = covered(l);
        int64_t began = l->now_ms;
        int how;
        enum life_end end = life_live(&ask, w->ask->stop, w->ask->user, &how);
        b->machine_ms += l->now_ms - began;
        if (end == LIFE_STOPPED)
            return err_set(err, "rehearse.stopped", "stopped before the rehearsal was over");
        if (end == LIFE_ENDED)
            ended(&g);
        else if (end == LIFE_DIED)
            died(&g, before);
        else if (end == LIFE_NO_RUN && could_not(&g, err))
            continue;
        else
            return end == LIFE_NO_RUN ? false : broke(end, how, err);
    }
    return true;
}
