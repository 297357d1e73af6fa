#include "base/zone.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/tick.h"

#define ZONES     "/usr/share/zoneinfo"
#define FILE_MAX  (1u << 20) /* the largest of tzdata has 4 KiB */
#define DAY_S     86400
#define HEAD      44  /* RFC 8536, 3.1 */
#define RULE_MAX  128 /* longer than any rule of tzdata */
#define HOURS_MAX 167 /* RFC 8536, 3.3.1: a change may be a week off its day */

/* ---- the rule at a file's end: POSIX TZ, with RFC 8536's wider hours ---------------------------- */

/* Mm.w.d, Jn or n, and the second of that day in local time. */
struct change {
    char kind; /* 'M', 'J' or 'n' */
    int month, week, day;
    int64_t second;
};

struct rule {
    int64_t standard, summer; /* seconds east of UTC */
    bool has_summer;
    struct change begin, end;
};

static bool take_name(const char **at)
{
    const char *from = *at;
    if (**at == '<') {
        const char *end = strchr(*at, '>');
        if (!end)
            return false;
        *at = end + 1;
        return true;
    }
    while (isalpha((unsigned char)**at))
        (*at)++;
    return *at - from >= 3;
}

static bool take_digits(const char **at, int max, int *out)
{
    int n = 0;
    if (!isdigit((unsigned char)**at))
        return false;
    for (; isdigit((unsigned char)**at); (*at)++) {
        n = n * 10 + (**at - '0');
        if (n > max)
            return false;
    }
    *out = n;
    return true;
}

/* "5", "-5:30", "167:59:59" in seconds. */
static bool take_hours(const char **at, int64_t *out)
{
    int part[3] = {0};
    int sign = **at == '-' ? -1 : 1;
    if (**at == '-' || **at == '+')
        (*at)++;
    if (!take_digits(at, HOURS_MAX, &part[0]))
        return false;
    for (int i = 1; i < 3 && **at == ':'; i++) {
        (*at)++;
        if (!take_digits(at, 59, &part[i]))
            return false;
    }
    *out = sign * ((int64_t)part[0] * 3600 + part[1] * 60 + part[2]);
    return true;
}

static bool take_dot(const char **at)
{
    if (**at != '.')
        return false;
    (*at)++;
    return true;
}

static bool take_change(const char **at, struct change *out)
{
    *out = (struct change){.kind = 'n', .second = 2 * 3600};
    if (**at != ',')
        return false;
    (*at)++;
    if (**at == 'M' || **at == 'J')
        out->kind = *(*at)++;
    bool ok = out->kind != 'M' ? take_digits(at, 366, &out->day)
                               : take_digits(at, 12, &out->month) && out->month > 0 && take_dot(at) &&
                                     take_digits(at, 5, &out->week) && out->week > 0 && take_dot(at) &&
                                     take_digits(at, 6, &out->day);
    if (!ok || **at != '/')
        return ok;
    (*at)++;
    return take_hours(at, &out->second);
}

/* POSIX counts west of Greenwich. */
static bool parse_rule(const char *text, struct rule *out)
{
    int64_t west;
    *out = (struct rule){0};
    if (!take_name(&text) || !take_hours(&text, &west))
        return false;
    out->standard = -west;
    if (!*text)
        return true;
    out->has_summer = true;
    out->summer = out->standard + 3600;
    if (!take_name(&text))
        return false;
    if (*text != ',') {
        if (!take_hours(&text, &west))
            return false;
        out->summer = -west;
    }
    return take_change(&text, &out->begin) && take_change(&text, &out->end) && !*text;
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t day_of_change(const struct change *c, int64_t year)
{
    int64_t first = tick_days_of(year, 1, 1);
    if (c->kind == 'n')
        return first + c->day;
    if (c->kind == 'J') /* 29 February is never counted */
        return first + c->day - 1 + (is_leap(year) && c->day >= 60);
    int64_t month = tick_days_of(year, c->month, 1);
    int64_t next = c->month == 12 ? tick_days_of(year + 1, 1, 1) : tick_days_of(year, c->month + 1, 1);
    int weekday = (int)(((month + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    int64_t day = month + (c->day - weekday + 7) % 7 + (int64_t)(c->week - 1) * 7;
    while (day >= next) /* week 5: the last one there is */
        day -= 7;
    return day;
}

static int64_t rule_offset(const struct rule *r, int64_t utc_s)
{
    if (!r->has_summer)
        return r->standard;
    int64_t local = utc_s + r->standard;
    int64_t year = tick_year_of((local - (local < 0 ? DAY_S - 1 : 0)) / DAY_S);
    int64_t begin = day_of_change(&r->begin, year) * DAY_S + r->begin.second - r->standard;
    int64_t end = day_of_change(&r->end, year) * DAY_S + r->end.second - r->summer;
    bool summer = begin < end ? utc_s >= begin && utc_s < end : utc_s >= begin || utc_s < end;
    return summer ? r->summer : r->standard;
}

bool zone_rule_offset(const char *rule, int64_t utc_s, int64_t *east_s)
{
    struct rule r;
    if (!parse_rule(rule, &r))
        return false;
    *east_s = rule_offset(&r, utc_s);
    return true;
}

/* ---- the file: changes so far, then the rule ---------------------------------------------------- */

struct zone {
    const uint8_t *times, *indexes, *types;
    size_t time_count, type_count;
    bool has_rule;
    struct rule rule;
};

static int64_t big_endian(const uint8_t *at, size_t count)
{
    uint64_t n = at[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < count; i++)
        n = n << 8 | at[i];
    return (int64_t)n;
}

/* In the order of the header. */
enum { UTC_COUNT, STANDARD_COUNT, LEAP_COUNT, TIME_COUNT, TYPE_COUNT, CHAR_COUNT, COUNTS };

static bool read_head(const uint8_t *at, size_t count, size_t counts[COUNTS])
{
    if (count < HEAD || memcmp(at, "TZif", 4) != 0)
        return false;
    for (size_t i = 0; i < COUNTS; i++) {
        int64_t n = big_endian(at + 20 + i * 4, 4);
        if (n < 0 || n > FILE_MAX)
            return false;
        counts[i] = (size_t)n;
    }
    return true;
}

/* `wide`: bytes of one time. */
static size_t block_size(const size_t counts[COUNTS], size_t wide)
{
    return counts[TIME_COUNT] * (wide + 1) + counts[TYPE_COUNT] * 6 + counts[CHAR_COUNT] +
           counts[LEAP_COUNT] * (wide + 4) + counts[STANDARD_COUNT] + counts[UTC_COUNT];
}

/* What a fat file repeats up to 2037 the rule says too, so a missing rule matters only for the far future. */
static void read_rule(struct zone *z, const uint8_t *at, size_t count)
{
    char text[RULE_MAX];
    const uint8_t *end = count > 2 && at[0] == '\n' ? memchr(at + 1, '\n', count - 1) : NULL;
    size_t length = end ? (size_t)(end - at - 1) : 0;
    if (length == 0 || length >= sizeof(text))
        return;
    memcpy(text, at + 1, length);
    text[length] = '\0';
    z->has_rule = parse_rule(text, &z->rule);
}

/* The first block is for readers that know 32 bits; every file of the last twenty years has the second. */
static bool parse_file(struct zone *z, const uint8_t *at, size_t count)
{
    size_t counts[COUNTS];
    if (!read_head(at, count, counts) || at[4] < '2')
        return false;
    size_t skip = HEAD + block_size(counts, 4);
    if (skip > count || !read_head(at + skip, count - skip, counts))
        return false;
    size_t size = block_size(counts, 8);
    at += skip + HEAD;
    count -= skip + HEAD;
    if (size > count || counts[TYPE_COUNT] == 0)
        return false;
    z->time_count = counts[TIME_COUNT];
    z->type_count = counts[TYPE_COUNT];
    z->times = at;
    z->indexes = at + z->time_count * 8;
    z->types = z->indexes + z->time_count;
    read_rule(z, at + size, count - size);
    return true;
}

static int64_t zone_offset(const struct zone *z, int64_t utc_s)
{
    size_t low = 0, high = z->time_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (big_endian(z->times + middle * 8, 8) <= utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == z->time_count && z->has_rule)
        return rule_offset(&z->rule, utc_s);
    size_t type = low > 0 ? z->indexes[low - 1] : 0;
    return type < z->type_count ? big_endian(z->types + type * 6, 4) : 0;
}

/* What the zone's clocks showed a day before and a day after brackets every change of that day. */
static int64_t to_utc(const struct zone *z, int64_t local_s)
{
    int64_t before = zone_offset(z, local_s - 2 * DAY_S), after = zone_offset(z, local_s + 2 * DAY_S);
    int64_t early = local_s - (before > after ? before : after);
    int64_t late = local_s - (before > after ? after : before);
    if (zone_offset(z, early) == local_s - early)
        return early;
    /* A midnight that the clocks skip is the moment of the skip: what they showed before it counts. */
    return zone_offset(z, late) == local_s - late ? late : local_s - before;
}

bool zone_file_utc(const void *bytes, size_t count, int64_t local_s, int64_t *utc_s)
{
    struct zone z = {0};
    if (!parse_file(&z, bytes, count))
        return false;
    *utc_s = to_utc(&z, local_s);
    return true;
}

/* The name becomes part of a path. */
static bool is_name(const char *zone)
{
    return *zone && *zone != '/' && !strstr(zone, "..");
}

bool zone_day_end(const char *zone, const char *text, int64_t *wall_ms)
{
    struct err none;
    const char *bytes;
    size_t count;
    int64_t utc_s;
    if (!tick_parse(text, wall_ms))
        return false;
    if (strlen(text) != strlen("2026-12-31") || !is_name(zone))
        return true;
    struct arena *tmp = arena_new();
    if (file_read(tmp, file_join(tmp, ZONES, zone), FILE_MAX, &bytes, &count, &none) &&
        zone_file_utc(bytes, count, *wall_ms / 1000, &utc_s))
        *wall_ms = utc_s * 1000;
    arena_free(tmp);
    return true;
}
