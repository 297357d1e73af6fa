#include "launch/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* Trials that are walked side by side: the net is read once for all of them, and the compiler adds and
 * compares several in one instruction. */
#define LANES 16
/* The rank of P90 among 1 024 trials is off by less than one in a hundred (its standard error is
 * sqrt(0.9 * 0.1 / 1 024)); among 256, by less than two. */
#define TRIALS_MOST  1024
#define TRIALS_LEAST 256
/* Draws that fit into a fraction of a second. */
#define DRAWS_MOST (UINT32_C(1) << 24)

uint32_t schedule_trials(uint32_t steps)
{
    uint32_t trials = DRAWS_MOST / (steps ? steps : 1);
    if (trials >= TRIALS_MOST)
        return TRIALS_MOST;
    return trials < TRIALS_LEAST ? TRIALS_LEAST : trials / LANES * LANES;
}

/* FNV-1a, 64 bits. */
uint64_t schedule_seed(const char *address)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *address; address++)
        h = (h ^ (unsigned char)*address) * UINT64_C(0x100000001b3);
    return h;
}

/* SplitMix64 (Steele, Lea, Flood 2014) at position `n` of the stream of `seed`: any draw without the ones
 * before it. */
static uint64_t draw(uint64_t seed, uint64_t n)
{
    uint64_t z = seed + (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* ---- the timetable ----------------------------------------------------------------------------------- */

static int64_t middle(const struct schedule_net *net, uint32_t i)
{
    return net->takes[i] ? spread_percentile(net->spreads[i], 50) : 0;
}

static void forward(const struct schedule_net *net, struct schedule *s)
{
    for (uint32_t i = 0; i < net->count; i++) {
        int64_t start = 0;
        for (uint32_t e = net->needs_at[i]; e < net->needs_at[i + 1]; e++) {
            int64_t end = s->ends[net->needs[e]];
            start = end > start ? end : start;
        }
        s->starts[i] = start;
        s->ends[i] = start + middle(net, i);
        if (net->goals[i] == SCHEDULE_NO_GOAL)
            continue;
        int64_t *length = &s->goals[net->goals[i]].length;
        *length = s->ends[i] > *length ? s->ends[i] : *length;
    }
}

/* slack holds the latest end that moves nothing, until that is known for all. */
static void backward(const struct schedule_net *net, struct schedule *s)
{
    for (uint32_t i = 0; i < net->count; i++)
        s->slack[i] = net->goals[i] == net->asked ? s->goals[net->asked].length : INT64_MAX;
    for (uint32_t i = net->count; i-- > 0;) {
        if (s->slack[i] == INT64_MAX)
            continue;
        int64_t latest_start = s->slack[i] - middle(net, i);
        for (uint32_t e = net->needs_at[i]; e < net->needs_at[i + 1]; e++) {
            int64_t *need = &s->slack[net->needs[e]];
            *need = latest_start < *need ? latest_start : *need;
        }
        s->slack[i] -= s->ends[i];
    }
}

/* Where the chain ends: at the last step, in the net's order, that ends last, so that steps of unknown length
 * behind others are on it. */
static uint32_t last_of(const struct schedule_net *net, const struct schedule *s)
{
    uint32_t last = UINT32_MAX;
    for (uint32_t i = 0; i < net->count; i++) {
        if (net->goals[i] == net->asked && s->ends[i] == s->goals[net->asked].length &&
            (last == UINT32_MAX || net->takes[i]))
            last = i;
    }
    return last;
}

/* The need that i waited for longest; one that is still to be done before one that is. */
static uint32_t before(const struct schedule_net *net, const struct schedule *s, uint32_t i)
{
    uint32_t found = UINT32_MAX;
    for (uint32_t e = net->needs_at[i]; e < net->needs_at[i + 1]; e++) {
        uint32_t need = net->needs[e];
        if (s->ends[need] != s->starts[i])
            continue;
        if (found == UINT32_MAX || (net->takes[need] && !net->takes[found]))
            found = need;
    }
    return found;
}

static void trace(struct arena *mem, const struct schedule_net *net, struct schedule *s)
{
    uint32_t count = 0, last = last_of(net, s);
    for (uint32_t i = last; i != UINT32_MAX; i = before(net, s, i))
        count += net->takes[i];
    s->path = ARENA_ARRAY(mem, uint32_t, count + 1);
    s->path_count = count;
    for (uint32_t i = last; i != UINT32_MAX; i = before(net, s, i)) {
        if (net->takes[i])
            s->path[--count] = i;
    }
}

/* ---- the trials -------------------------------------------------------------------------------------- */

/* Doubles, because the machine compares and adds two or more of them at once.  Whole milliseconds are exact
 * in them up to 285 000 years. */
struct lanes {
    double at[LANES];
};

static void start_lanes(const struct schedule_net *net, const struct lanes *ends, uint32_t i,
                        struct lanes *out)
{
    *out = (struct lanes){{0}};
    for (uint32_t e = net->needs_at[i]; e < net->needs_at[i + 1]; e++) {
        const struct lanes *end = &ends[net->needs[e]];
        for (int k = 0; k < LANES; k++)
            out->at[k] = end->at[k] > out->at[k] ? end->at[k] : out->at[k];
    }
}

static void add_draws(const struct schedule_net *net, uint32_t i, uint32_t first, struct lanes *out)
{
    struct spread s = net->spreads[i];
    if (!net->takes[i] || s.count == 0)
        return;
    if (s.count == 1) {
        for (int k = 0; k < LANES; k++)
            out->at[k] += (double)s.at[0];
        return;
    }
    for (uint32_t k = 0; k < LANES; k++) {
        uint64_t r = draw(net->seeds[i], first + k) >> 32;
        out->at[k] += (double)s.at[r * s.count >> 32];
    }
}

static int by_length(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void later_of(struct lanes *last, const struct lanes *end)
{
    for (int k = 0; k < LANES; k++)
        last->at[k] = end->at[k] > last->at[k] ? end->at[k] : last->at[k];
}

/* lasts: goal by goal, one end per trial. */
static void run_trials(const struct schedule_net *net, uint32_t trials, int64_t *lasts)
{
    struct arena *tmp = arena_new();
    struct lanes *ends = ARENA_ARRAY(tmp, struct lanes, net->count + 1);
    struct lanes *last = ARENA_ARRAY(tmp, struct lanes, net->goal_count + 1);
    for (uint32_t first = 0; first < trials; first += LANES) {
        memset(last, 0, sizeof(*last) * net->goal_count);
        for (uint32_t i = 0; i < net->count; i++) {
            start_lanes(net, ends, i, &ends[i]);
            add_draws(net, i, first, &ends[i]);
            if (net->goals[i] != SCHEDULE_NO_GOAL)
                later_of(&last[net->goals[i]], &ends[i]);
        }
        for (uint32_t g = 0; g < net->goal_count; g++) {
            for (uint32_t k = 0; k < LANES; k++)
                lasts[(size_t)g * trials + first + k] = (int64_t)last[g].at[k];
        }
    }
    arena_free(tmp);
}

static void read_off(const int64_t *lasts, struct schedule *s, uint32_t goal_count)
{
    for (uint32_t g = 0; g < goal_count; g++) {
        struct spread ends = {lasts + (size_t)g * s->trials, s->trials};
        s->goals[g].p50_ms = spread_percentile(ends, 50);
        s->goals[g].p90_ms = spread_percentile(ends, 90);
    }
}

void schedule_make(struct arena *mem, const struct schedule_net *net, struct schedule *out)
{
    uint32_t trials = schedule_trials(net->count);
    int64_t *lasts = ARENA_ARRAY(mem, int64_t, (size_t)trials * net->goal_count + 1);
    *out = (struct schedule){
        .starts = ARENA_ARRAY(mem, int64_t, net->count + 1),
        .ends = ARENA_ARRAY(mem, int64_t, net->count + 1),
        .slack = ARENA_ARRAY(mem, int64_t, net->count + 1),
        .goals = ARENA_ARRAY(mem, struct schedule_goal, net->goal_count + 1),
        .trials = trials,
    };
    forward(net, out);
    backward(net, out);
    trace(mem, net, out);
    run_trials(net, trials, lasts);
    for (uint32_t g = 0; g < net->goal_count; g++)
        qsort(lasts + (size_t)g * trials, trials, sizeof(*lasts), by_length);
    read_off(lasts, out, net->goal_count);
}
