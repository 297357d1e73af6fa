#include "launch/forecast.h"

#include "base/arena.h"
#include "base/map.h"
#include "launch/calendar.h"
#include "launch/history.h"
#include "launch/what_if.h"
#include "model/decl.h"
#include "model/value.h"
#include "plan/plan.h"
#include "region/region.h"

const char *forecast_source_name(enum forecast_source source)
{
    static const char *const names[] = {
        [FORECAST_UNKNOWN] = "unknown", [FORECAST_MEASURED] = "measured", [FORECAST_ELSEWHERE] = "elsewhere",
        [FORECAST_GUESSED] = "guess",   [FORECAST_SUPPOSED] = "supposed",
    };
    return names[source];
}

/* guess = { days = 10 }, or 0.5; the playbook has checked that it is a number from 0. */
static bool guessed(const struct value *guess, int64_t *ms)
{
    const double longest = (double)SPREAD_LONGEST_MS / CALENDAR_DAY_MS;
    const struct value *days = value_get(guess, "days");
    double n = value_kind(days) == VALUE_INT    ? (double)days->number
               : value_kind(days) == VALUE_REAL ? days->real
                                                : -1;
    if (!(n >= 0))
        return false;
    *ms = (int64_t)((n < longest ? n : longest) * CALENDAR_DAY_MS);
    return true;
}

struct work {
    struct arena *mem;
    const struct forecast_ask *ask;
    /* Thousands of steps of one type take their time from the same times measured: key -> history_found. */
    struct map *found;
};

static struct history_found measured(struct work *w, const struct plan_step *s)
{
    const char *place = w->ask->plan->region->place;
    struct history_key key = history_key_of(w->mem, s);
    if (!s->driver)
        return history_find(w->ask->history, w->mem, &key, place);
    const char *text = arena_print(w->mem, "%s %s %s", key.what, key.driver, key.verb);
    struct history_found *known = map_find(w->found, text);
    if (!known) {
        known = ARENA_NEW(w->mem, struct history_found);
        *known = history_find(w->ask->history, w->mem, &key, place);
        map_put(w->found, text, known);
    }
    return *known;
}

static void by_history_or_guess(struct work *w, const struct plan_step *s, struct forecast *out)
{
    struct history_found found = {0};
    int64_t ms = 0;
    bool guess = s->decl && guessed(s->decl->meta.guess, &ms);
    bool person = s->decl && s->decl->kind == DECL_HUMAN;
    if (w->ask->history)
        found = measured(w, s);
    if (found.count > 0 && !(person && guess && found.count < HISTORY_ENOUGH)) {
        out->spread = found.spread;
        out->measured = found.count;
        out->source = found.elsewhere ? FORECAST_ELSEWHERE : FORECAST_MEASURED;
    } else if (guess) {
        out->spread = spread_guess(w->mem, ms);
        out->source = FORECAST_GUESSED;
    }
}

/* Somebody is at it since it first waited. */
static void take_off_elapsed(struct work *w, const struct plan_step *s, struct forecast *out)
{
    if (s->action != PLAN_WAIT || !w->ask->history)
        return;
    out->waits_since_ms = history_waits_since(w->ask->history, s->address);
    if (out->waits_since_ms > 0)
        out->spread = spread_left(w->mem, out->spread, w->ask->now_ms - out->waits_since_ms, &out->outlived);
}

static void suppose(struct work *w, uint32_t i, struct forecast *out)
{
    const struct what_if *what_if = w->ask->what_if;
    if (what_if->takes_ms[i] >= 0)
        out->spread = spread_exact(w->mem, what_if->takes_ms[i]);
    else if (what_if->times_milli[i] > 0)
        out->spread = spread_faster(w->mem, out->spread, what_if->times_milli[i]);
    else
        return;
    out->source = out->spread.count ? FORECAST_SUPPOSED : FORECAST_UNKNOWN;
}

struct forecast *forecast_make(struct arena *mem, const struct forecast_ask *ask, const bool *open)
{
    struct work w = {.mem = mem, .ask = ask, .found = map_new()};
    struct forecast *out = ARENA_ARRAY(mem, struct forecast, ask->plan->count + 1);
    for (uint32_t i = 0; i < ask->plan->count; i++) {
        const struct plan_step *s = &ask->plan->steps[i];
        if (!open[i])
            continue;
        by_history_or_guess(&w, s, &out[i]);
        take_off_elapsed(&w, s, &out[i]);
        if (ask->what_if)
            suppose(&w, i, &out[i]);
    }
    map_free(w.found);
    return out;
}
