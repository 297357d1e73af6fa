#include "base/tick.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_MS ((int64_t)86400000)

static int64_t real_mono_ns(void *user)
{
    (void)user;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t real_wall_ms(void *user)
{
    (void)user;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct tick tick_real(void)
{
    return (struct tick){.mono_ns = real_mono_ns, .wall_ms = real_wall_ms};
}

struct date {
    int64_t year;
    int month, day; /* from 1 */
};

/* Days since 1970-01-01 and back in the proleptic Gregorian calendar, in 400-year eras that begin on
 * 1 March, so that the leap day ends its year (H. Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms").  Our own, because gmtime fails on years an int cannot hold. */
static int64_t days_from_date(struct date d)
{
    int64_t year = d.year - (d.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct date date_from_days(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    int month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    return (struct date){
        .year = era * 400 + year_of_era + (month <= 2),
        .month = month,
        .day = (int)(of_year - (153 * shifted + 2) / 5 + 1),
    };
}

int64_t tick_days_of(int64_t year, int month, int day)
{
    return days_from_date((struct date){.year = year, .month = month, .day = day});
}

int64_t tick_year_of(int64_t days)
{
    return date_from_days(days).year;
}

void tick_print(int64_t wall_ms, char out[TICK_TEXT])
{
    int64_t days = wall_ms / DAY_MS, rest = wall_ms % DAY_MS;
    if (rest < 0) {
        rest += DAY_MS;
        days--;
    }
    struct date d = date_from_days(days);
    int ms = (int)rest;
    /* Room for any field, so that the compiler can see that nothing is cut. */
    char text[96];
    snprintf(text, sizeof(text), "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d.%03dZ", d.year, d.month, d.day,
             ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
    size_t count = strlen(text);
    memcpy(out, text, count < TICK_TEXT ? count + 1 : TICK_TEXT);
    out[TICK_TEXT - 1] = '\0';
}

/* Exactly `digits` digits; moves *at behind them. */
static bool take_number(const char **at, int digits, int *out)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        if (!isdigit((unsigned char)(*at)[i]))
            return false;
        value = value * 10 + ((*at)[i] - '0');
    }
    *at += digits;
    *out = value;
    return true;
}

static bool take_char(const char **at, const char *one_of)
{
    if (!**at || !strchr(one_of, **at))
        return false;
    (*at)++;
    return true;
}

static bool take_date(const char **at, struct date *out)
{
    static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    if (!take_number(at, 4, &year) || !take_char(at, "-") || !take_number(at, 2, &month) ||
        !take_char(at, "-") || !take_number(at, 2, &day))
        return false;
    if (month < 1 || month > 12)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day < 1 || day > month_days[month - 1] + (month == 2 && leap))
        return false;
    *out = (struct date){.year = year, .month = month, .day = day};
    return true;
}

/* "11:40:30" and an optional fraction, of which milliseconds count.  Second 60 is a leap second and
 * equals the next minute's first. */
static bool take_time(const char **at, int64_t *ms)
{
    int hour, minute, second, fraction = 0;
    if (!take_number(at, 2, &hour) || !take_char(at, ":") || !take_number(at, 2, &minute) ||
        !take_char(at, ":") || !take_number(at, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    if (take_char(at, ".")) {
        if (!isdigit((unsigned char)**at))
            return false;
        for (int weight = 100; isdigit((unsigned char)**at); (*at)++, weight /= 10)
            fraction += (**at - '0') * weight;
    }
    *ms = ((int64_t)(hour * 60 + minute) * 60 + second) * 1000 + fraction;
    return true;
}

/* "Z", or "+02:00" as what must be subtracted to come to UTC. */
static bool take_zone(const char **at, int64_t *ms)
{
    *ms = 0;
    if (take_char(at, "Zz"))
        return true;
    int sign = **at == '-' ? -1 : 1, hour, minute;
    if (!take_char(at, "+-") || !take_number(at, 2, &hour) || !take_char(at, ":") ||
        !take_number(at, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *ms = sign * (int64_t)(hour * 60 + minute) * 60000;
    return true;
}

bool tick_parse(const char *text, int64_t *wall_ms)
{
    struct date date;
    if (!take_date(&text, &date))
        return false;
    int64_t start = days_from_date(date) * DAY_MS, time_ms, zone_ms;
    if (!*text) {
        *wall_ms = start + DAY_MS;
        return true;
    }
    if (!take_char(&text, "Tt ") || !take_time(&text, &time_ms) || !take_zone(&text, &zone_ms) || *text)
        return false;
    *wall_ms = start + time_ms - zone_ms;
    return true;
}
