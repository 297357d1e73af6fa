#include "region/duration.h"

#include <string.h>

#include "base/arena.h"
#include "model/addr.h"
#include "model/value.h"
#include "region/findings.h"
#include "region/keys.h"

#define LONGEST_MS ((int64_t)366 * 24 * 3600 * 1000)
#define ADVICE     "write a time such as 90s, 10m, 1h30m or 2d, or { p50: 10m, p90: 30m }"

static const struct keys_rule top_rules[] = {{"durations", KEYS_MAP, false}};
static const struct keys top_keys = {"region", "'rehearse'", top_rules, COUNT_OF(top_rules)};
static const struct keys_rule span_rules[] = {{"p50", KEYS_TEXT, true}, {"p90", KEYS_TEXT, true}};
static const struct keys span_keys = {"region", "a duration", span_rules, COUNT_OF(span_rules)};

struct unit {
    char letter;
    int64_t ms;
};

/* Biggest first: 30m1h is a slip. */
static const struct unit units[] = {{'d', 86400000}, {'h', 3600000}, {'m', 60000}, {'s', 1000}};

bool duration_parse(const char *text, int64_t *ms)
{
    int64_t sum = 0;
    size_t next = 0;
    for (const char *c = text; *c;) {
        int64_t n = 0;
        const char *digits = c;
        for (; *c >= '0' && *c <= '9'; c++) {
            n = n * 10 + (*c - '0');
            if (n > LONGEST_MS)
                return false;
        }
        while (next < COUNT_OF(units) && units[next].letter != *c)
            next++;
        if (c == digits || next == COUNT_OF(units))
            return false;
        c++;
        sum += n * units[next++].ms;
        if (sum > LONGEST_MS)
            return false;
    }
    if (!text[0])
        return false;
    *ms = sum;
    return true;
}

struct duration duration_guess(const char *what, int64_t ms)
{
    return (struct duration){.what = what, .p50_ms = ms, .p90_ms = ms / 5 * 9};
}

/* ---- checking ------------------------------------------------------------------------------------------ */

static bool is_what(const char *what)
{
    const char *dot = strchr(what, '.');
    if (strcmp(what, "check") == 0 || addr_is_valid(what))
        return true;
    if (!dot || strchr(dot + 1, '.') || !addr_name_is_valid(dot + 1))
        return false;
    /* A name is at most 63 characters. */
    char first[64];
    size_t length = (size_t)(dot - what);
    if (length >= sizeof(first))
        return false;
    memcpy(first, what, length);
    first[length] = '\0';
    return addr_name_is_valid(first);
}

static bool check_time(struct findings *f, const struct value *v, int64_t *ms)
{
    if (value_kind(v) == VALUE_TEXT && duration_parse(v->text, ms))
        return true;
    findings_error(f, "region.duration", v, ADVICE, "'%s' is not a time",
                   value_kind(v) == VALUE_TEXT ? v->text : value_kind_name(value_kind(v)));
    return false;
}

static void check_span(struct findings *f, const struct value *v)
{
    int64_t p50, p90;
    if (value_kind(v) != VALUE_MAP) {
        (void)check_time(f, v, &p50);
        return;
    }
    if (keys_check(f, &span_keys, v) && check_time(f, value_get(v, "p50"), &p50) &&
        check_time(f, value_get(v, "p90"), &p90) && p90 < p50)
        findings_error(f, "region.duration", value_get(v, "p90"), "nine in ten take no longer than p90",
                       "p90 is less than p50");
}

void duration_check(struct findings *f, const struct value *rehearse)
{
    if (value_kind(rehearse) != VALUE_MAP)
        return;
    keys_check(f, &top_keys, rehearse);
    const struct value *map = value_get(rehearse, "durations");
    for (size_t i = 0; value_kind(map) == VALUE_MAP && i < map->count; i++) {
        const struct pair *p = &map->pairs[i];
        if (!is_what(p->key))
            findings_error_key(f, "region.duration", p->value,
                               "name a step, a type or a call, such as database.database, or 'check'",
                               "'%s' is nothing that takes time", p->key);
        check_span(f, p->value);
    }
}

/* ---- asking ---------------------------------------------------------------------------------------------
 */

static struct duration one_of(const struct pair *p)
{
    struct duration d = {.what = p->key};
    if (value_kind(p->value) != VALUE_MAP) {
        int64_t ms = 0;
        const char *text = value_as_text(p->value);
        return text && duration_parse(text, &ms) ? duration_guess(p->key, ms) : d;
    }
    if (!duration_parse(value_get_text(p->value, "p50", ""), &d.p50_ms) ||
        !duration_parse(value_get_text(p->value, "p90", ""), &d.p90_ms))
        return (struct duration){.what = p->key};
    return d;
}

struct durations duration_list(struct arena *mem, const struct value *rehearse)
{
    const struct value *map = value_get(rehearse, "durations");
    size_t count = value_kind(map) == VALUE_MAP ? map->count : 0;
    struct duration *at = ARENA_ARRAY(mem, struct duration, count + 1);
    for (size_t i = 0; i < count; i++) /* a map is sorted */
        at[i] = one_of(&map->pairs[i]);
    return (struct durations){.at = at, .count = count};
}

static const struct duration *find(const struct durations *d, const char *what)
{
    size_t low = 0, high = d->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(d->at[middle].what, what);
        if (order == 0)
            return &d->at[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct duration *duration_find(const struct durations *d, const char *address, const char *what)
{
    const struct duration *own = find(d, address);
    return own ? own : find(d, what);
}
