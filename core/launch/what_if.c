#include "launch/what_if.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "launch/spread.h"
#include "plan/plan.h"
#include "region/region.h"

bool what_if_is_asked(const struct what_if_ask *ask)
{
    return ask && ask->without_count + ask->faster_count + ask->done_count > 0;
}

/* ---- which steps -------------------------------------------------------------------------------------- */

static bool is_named(const struct plan_step *s, const char *name)
{
    size_t count = strlen(name);
    if (!s->decl)
        return false;
    bool below =
        strncmp(s->address, name, count) == 0 && (s->address[count] == '\0' || s->address[count] == '.');
    return below || strcmp(s->decl->name, name) == 0;
}

static bool no_such_step(struct arena *mem, const struct plan *plan, const char *name, struct err *err)
{
    const char **names = ARENA_ARRAY(mem, const char *, 2 * (size_t)plan->count + 1);
    size_t count = 0;
    for (uint32_t i = 0; i < plan->count; i++) {
        if (!plan->steps[i].decl)
            continue;
        names[count++] = plan->steps[i].address;
        names[count++] = plan->steps[i].decl->name;
    }
    const char *near = str_nearest(name, names, count);
    err_set(err, "what_if.no_step", "no step is called '%s'", name);
    if (near)
        return err_advise(err, "did you mean '%s'?", near);
    return err_advise(err, "landfall graph %s lists them all", plan->region->name);
}

/* ---- 2x, 3d ------------------------------------------------------------------------------------------- */

/* Digits with at most three behind a point, in thousandths; *at moves behind them. */
static bool take_milli(const char **at, int64_t *milli)
{
    int64_t n = 0;
    size_t digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > 7)
        return false;
    for (size_t i = 0; i < digits; i++)
        n = n * 10 + (*at)[i] - '0';
    *at += digits;
    n *= 1000;
    if (**at == '.') {
        size_t behind = strspn(*at + 1, "0123456789");
        if (behind == 0 || behind > 3)
            return false;
        for (int64_t weight = 100, i = 1; i <= (int64_t)behind; i++, weight /= 10)
            n += ((*at)[i] - '0') * weight;
        *at += 1 + behind;
    }
    *milli = n;
    return true;
}

/* One of *times_milli and *takes_ms is set. */
static bool read_speed(const char *text, int64_t *times_milli, int64_t *takes_ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}};
    int64_t milli;
    if (!take_milli(&text, &milli))
        return false;
    if (strcmp(text, "x") == 0) {
        *times_milli = milli;
        return milli > 0;
    }
    for (size_t k = 0; k < COUNT_OF(units); k++) {
        if (strcmp(text, units[k].unit) != 0)
            continue;
        *takes_ms = milli * (units[k].ms / 1000);
        return *takes_ms <= SPREAD_LONGEST_MS;
    }
    return false;
}

static bool bad_speed(const char *text, struct err *err)
{
    err_set(err, "what_if.syntax", "'--faster %s' does not say how much faster", text);
    return err_advise(err,
                      "write ADDRESS=2x (twice as fast), =1.5x, or how long it takes: =3d, =12h, =30m, =45s");
}

/* ---- each kind ---------------------------------------------------------------------------------------- */

static bool read_one(struct arena *mem, const struct plan *plan, enum what_if_kind kind, const char *text,
                     struct what_if *out, struct what_if_part *part, struct err *err)
{
    const char *name = text;
    int64_t times_milli = 0, takes_ms = -1;
    if (kind == WHAT_IF_FASTER) {
        const char *equals = strrchr(text, '=');
        if (!equals || equals == text || !read_speed(equals + 1, &times_milli, &takes_ms))
            return bad_speed(text, err);
        name = arena_text_n(mem, text, (size_t)(equals - text));
    }
    *part = (struct what_if_part){.kind = kind, .text = text};
    for (uint32_t i = 0; i < plan->count; i++) {
        if (!is_named(&plan->steps[i], name))
            continue;
        part->steps++;
        out->removed[i] = out->removed[i] || kind == WHAT_IF_WITHOUT;
        out->done[i] = out->done[i] || kind == WHAT_IF_DONE;
        if (kind != WHAT_IF_FASTER)
            continue;
        out->times_milli[i] = times_milli;
        out->takes_ms[i] = takes_ms;
    }
    return part->steps > 0 || no_such_step(mem, plan, name, err);
}

/* What needs a step that is not there cannot be there either. */
static uint32_t remove_behind(const struct plan *plan, bool *removed)
{
    const struct graph *g = plan->graph;
    uint32_t count = 0;
    for (uint32_t k = 0; k < g->count; k++) {
        uint32_t i = g->sorted[k];
        bool goes = false;
        for (uint32_t e = g->needs_at[i]; !removed[i] && !goes && e < g->needs_at[i + 1]; e++)
            goes = removed[g->needs[e]];
        removed[i] = removed[i] || goes;
        count += goes;
    }
    return count;
}

bool what_if_read(struct arena *mem, const struct plan *plan, const struct what_if_ask *ask,
                  struct what_if *out, struct err *err)
{
    const struct {
        enum what_if_kind kind;
        const char *const *at;
        size_t count;
    } lists[] = {{WHAT_IF_WITHOUT, ask->without, ask->without_count},
                 {WHAT_IF_FASTER, ask->faster, ask->faster_count},
                 {WHAT_IF_DONE, ask->done, ask->done_count}};
    size_t most = ask->without_count + ask->faster_count + ask->done_count;
    struct what_if_part *parts = ARENA_ARRAY(mem, struct what_if_part, most + 1);
    struct what_if made = {.removed = ARENA_ARRAY(mem, bool, plan->count + 1),
                           .done = ARENA_ARRAY(mem, bool, plan->count + 1),
                           .times_milli = ARENA_ARRAY(mem, int64_t, plan->count + 1),
                           .takes_ms = ARENA_ARRAY(mem, int64_t, plan->count + 1),
                           .parts = parts};
    for (uint32_t i = 0; i < plan->count; i++)
        made.takes_ms[i] = -1;
    for (size_t k = 0; k < COUNT_OF(lists); k++) {
        for (size_t n = 0; n < lists[k].count; n++) {
            struct what_if_part *part = &parts[made.part_count++];
            if (!read_one(mem, plan, lists[k].kind, lists[k].at[n], &made, part, err))
                return false;
            if (part->kind == WHAT_IF_WITHOUT)
                part->behind = remove_behind(plan, made.removed);
        }
    }
    *out = made;
    return true;
}
