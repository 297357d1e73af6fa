/* The spread: how long something may take, as up to SPREAD_MOST equally likely values in milliseconds,
 * sorted. Measured times are their own spread; a guess becomes one by a stated rule; nothing known is a
 * spread without values, and never a zero.  Plain data; the values live in the arena they were made in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define SPREAD_MOST 32
/* Longer than any build; a million of them, one after the other, still fit into 64 bits. */
#define SPREAD_LONGEST_MS (INT64_C(100) * 366 * 24 * 3600 * 1000)

struct spread {
    const int64_t *at; /* count values, ascending; NULL with count 0 */
    uint32_t count;    /* 0: not known */
};

/* Exactly this long. */
struct spread spread_exact(struct arena *mem, int64_t ms);
/* A person's guess: as likely over as under, from half of it to twice as much, even on either side.  So P50
 * is what was guessed, and P90 is 1.8 times that: what runs over runs further. */
struct spread spread_guess(struct arena *mem, int64_t ms);
/* Measured times, in any order; sorts them in place.  More than SPREAD_MOST are thinned to the middles of as
 * many equal parts; fewer than three say nothing of how they vary, so each is widened as a guess is. */
struct spread spread_measured(struct arena *mem, int64_t *ms, size_t count);
/* What is left when `elapsed_ms` are over already: the values beyond it, less it.  *outlived: there is none,
 * and the whole spread stands again from now. */
struct spread spread_left(struct arena *mem, struct spread s, int64_t elapsed_ms, bool *outlived);
/* Every value divided by times_milli / 1000. */
struct spread spread_faster(struct arena *mem, struct spread s, int64_t times_milli);
/* The least value that at least `percent` of 100 do not exceed; 0 when nothing is known. */
int64_t spread_percentile(struct spread s, uint32_t percent);
