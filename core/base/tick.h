/* The tick: where time comes from.  A struct of two functions, so that tests own the clock. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct tick {
    int64_t (*mono_ns)(void *user); /* never goes back; origin is arbitrary */
    int64_t (*wall_ms)(void *user); /* milliseconds since 1970-01-01 UTC    */
    void *user;
};

/* The machine's clocks. */
struct tick tick_real(void);

static inline int64_t tick_mono_ms(const struct tick *t)
{
    return t->mono_ns(t->user) / 1000000;
}

#define TICK_TEXT 32
/* RFC 3339 in UTC with milliseconds: 2026-11-22T11:40:30.123Z. */
void tick_print(int64_t wall_ms, char out[TICK_TEXT]);
/* A date (2026-12-15: its end, 24:00 UTC) or an RFC 3339 time; false when neither. */
MUST_USE bool tick_parse(const char *text, int64_t *wall_ms);
/* Days since 1970-01-01 of a date (month and day from 1), and the year a day lies in. */
int64_t tick_days_of(int64_t year, int month, int day);
int64_t tick_year_of(int64_t days);
