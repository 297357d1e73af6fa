#include "launch/spread.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* Fewer measured times than this are widened. */
#define ENOUGH 3
/* Values one guess is cut into; odd, so that the middle one is the guess itself. */
#define GUESS_PARTS 15

static int64_t within(int64_t ms)
{
    if (ms < 0)
        return 0;
    return ms < SPREAD_LONGEST_MS ? ms : SPREAD_LONGEST_MS;
}

static int by_length(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct spread spread_exact(struct arena *mem, int64_t ms)
{
    int64_t value = within(ms);
    return (struct spread){arena_copy(mem, &value, sizeof(value)), 1};
}

/* Appends the middles of its equally likely parts: 1/2 to 1 for the lower half, 1 to 2 for the upper. */
static void add_guess(int64_t *out, int64_t ms)
{
    for (int64_t k = 0; k < GUESS_PARTS; k++) {
        int64_t part = 2 * k + 1; /* of 2 * GUESS_PARTS */
        bool under = part < GUESS_PARTS;
        out[k] = within(under ? ms / 2 + ms * part / (2 * GUESS_PARTS) : ms * part / GUESS_PARTS);
    }
}

struct spread spread_guess(struct arena *mem, int64_t ms)
{
    int64_t *out = ARENA_ARRAY(mem, int64_t, GUESS_PARTS);
    add_guess(out, within(ms));
    return (struct spread){out, GUESS_PARTS};
}

struct spread spread_measured(struct arena *mem, int64_t *ms, size_t count)
{
    if (count == 0)
        return (struct spread){0};
    qsort(ms, count, sizeof(*ms), by_length);
    if (count < ENOUGH) {
        int64_t *out = ARENA_ARRAY(mem, int64_t, count * GUESS_PARTS);
        for (size_t i = 0; i < count; i++)
            add_guess(out + i * GUESS_PARTS, within(ms[i]));
        qsort(out, count * GUESS_PARTS, sizeof(*out), by_length);
        return (struct spread){out, (uint32_t)(count * GUESS_PARTS)};
    }
    size_t kept = count < SPREAD_MOST ? count : SPREAD_MOST;
    int64_t *out = ARENA_ARRAY(mem, int64_t, kept);
    for (size_t k = 0; k < kept; k++)
        out[k] = within(ms[(2 * k + 1) * count / (2 * kept)]);
    return (struct spread){out, (uint32_t)kept};
}

struct spread spread_left(struct arena *mem, struct spread s, int64_t elapsed_ms, bool *outlived)
{
    uint32_t first = 0;
    *outlived = false;
    if (elapsed_ms <= 0 || s.count == 0)
        return s;
    while (first < s.count && s.at[first] <= elapsed_ms)
        first++;
    *outlived = first == s.count;
    if (*outlived)
        return s;
    int64_t *out = ARENA_ARRAY(mem, int64_t, s.count - first);
    for (uint32_t k = first; k < s.count; k++)
        out[k - first] = s.at[k] - elapsed_ms;
    return (struct spread){out, s.count - first};
}

struct spread spread_faster(struct arena *mem, struct spread s, int64_t times_milli)
{
    int64_t *out = ARENA_ARRAY(mem, int64_t, s.count + 1);
    for (uint32_t k = 0; k < s.count; k++)
        out[k] = within((int64_t)((__int128)s.at[k] * 1000 / times_milli));
    return (struct spread){s.count ? out : NULL, s.count};
}

int64_t spread_percentile(struct spread s, uint32_t percent)
{
    if (s.count == 0)
        return 0;
    uint64_t rank = ((uint64_t)percent * s.count + 99) / 100; /* from 1, rounded up */
    return s.at[rank > 0 ? rank - 1 : 0];
}
