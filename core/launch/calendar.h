/* The calendar: instants as dates of the region's time zone, and back.  A day of work is a day of the
 * calendar, 24 hours long, weekends and holidays included: a guess of ten days is over ten days from now. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

#define CALENDAR_DATE   11 /* "2026-12-15" and its NUL */
#define CALENDAR_DAY_MS INT64_C(86400000)

/* The end of a date, 24:00 in that zone, or the time itself; false when it is neither. */
MUST_USE bool calendar_end(const char *zone, const char *text, int64_t *wall_ms);
/* The beginning of a date, 00:00 in that zone, or the time itself; false when it is neither. */
MUST_USE bool calendar_begin(const char *zone, const char *text, int64_t *wall_ms);
/* The date of an instant there; at midnight that of the day that begins. */
void calendar_date(const char *zone, int64_t wall_ms, char out[CALENDAR_DATE]);
/* The same for the end of something: at midnight it is the day that ends. */
void calendar_end_date(const char *zone, int64_t wall_ms, char out[CALENDAR_DATE]);
/* Days from one date to another, both as calendar_date gives them. */
int64_t calendar_days(const char *from, const char *to);
