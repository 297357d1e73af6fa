/* The zone: when a day ends in a place of the tz database.  People write dates ("valid until 2027-03-31") and
 * mean their own midnight; what is stored is UTC.  Reads the files of tzdata (RFC 8536) itself, since the C
 * library knows one zone per process only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* A date: its end, 24:00 in that zone (where a midnight comes twice, the first).  An RFC 3339 time: itself.
 * False when the text is neither.  Without tzdata on the machine, or for a zone it does not know, a day ends
 * at 24:00 UTC. */
MUST_USE bool zone_day_end(const char *zone, const char *text, int64_t *wall_ms);
/* The second of UTC at which clocks that go by a tz file first show that local second (one that they skip is
 * the moment of the skip); false when the bytes are no such file. */
MUST_USE bool zone_file_utc(const void *bytes, size_t count, int64_t local_s, int64_t *utc_s);
/* Seconds east of UTC at that second of UTC by a rule as TZ= has it ("GMT0IST,M3.5.0/1,M10.5.0"), which is
 * what a tz file ends with; false when it is no such rule. */
MUST_USE bool zone_rule_offset(const char *rule, int64_t utc_s, int64_t *east_s);
