#include "launch/calendar.h"

#include <string.h>

#include "base/tick.h"
#include "base/zone.h"

bool calendar_end(const char *zone, const char *text, int64_t *wall_ms)
{
    return zone_day_end(zone, text, wall_ms);
}

/* A date has four digits for its year: what is later than all of them is told as the last day there is. */
static void date_in_utc(int64_t wall_ms, char out[CALENDAR_DATE])
{
    const int64_t end = tick_days_of(10000, 1, 1) * CALENDAR_DAY_MS;
    char text[TICK_TEXT];
    tick_print(wall_ms < end ? wall_ms : end - 1, text);
    memcpy(out, text, CALENDAR_DATE - 1);
    out[CALENDAR_DATE - 1] = '\0';
}

/* Where the day before ends. */
bool calendar_begin(const char *zone, const char *text, int64_t *wall_ms)
{
    char before[CALENDAR_DATE];
    int64_t end;
    if (strlen(text) != CALENDAR_DATE - 1 || !tick_parse(text, &end))
        return calendar_end(zone, text, wall_ms);
    date_in_utc(end - 2 * CALENDAR_DAY_MS, before);
    return calendar_end(zone, before, wall_ms);
}

/* Zones are less than a day apart: the day before, the day or the day after, whichever ends first behind it.
 */
void calendar_date(const char *zone, int64_t wall_ms, char out[CALENDAR_DATE])
{
    for (int64_t shift = -1; shift <= 1; shift++) {
        int64_t end;
        date_in_utc(wall_ms + shift * CALENDAR_DAY_MS, out);
        if (calendar_end(zone, out, &end) && wall_ms < end)
            return;
    }
}

void calendar_end_date(const char *zone, int64_t wall_ms, char out[CALENDAR_DATE])
{
    calendar_date(zone, wall_ms - 1, out);
}

int64_t calendar_days(const char *from, const char *to)
{
    int64_t a, b;
    if (!tick_parse(from, &a) || !tick_parse(to, &b))
        return 0;
    return (b - a) / CALENDAR_DAY_MS;
}
