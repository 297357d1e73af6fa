/* The zone: a day's end where people mean it.  The C library is the judge, one zone at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/file.h"
#include "base/tick.h"
#include "base/zone.h"

static const char *const zones[] = {"UTC",
                                    "Europe/Dublin", /* winter time is the exception there */
                                    "Europe/London",
                                    "America/New_York",
                                    "America/Sao_Paulo",
                                    "America/Havana", /* changes at midnight */
                                    "Africa/Cairo",   /* at 24:00 of a Thursday */
                                    "Asia/Kathmandu",
                                    "Asia/Beirut",
                                    "Australia/Lord_Howe", /* half an hour */
                                    "Pacific/Apia",        /* skipped a whole day */
                                    "America/Nuuk"};

static bool has_tzdata(void)
{
    return file_exists("/usr/share/zoneinfo/Europe/Dublin");
}

/* What the C library's clock shows there at that second. */
static void clock_of(const char *zone, int64_t wall_ms, struct tm *out)
{
    time_t second = (time_t)(wall_ms / 1000);
    setenv("TZ", zone, 1);
    tzset();
    localtime_r(&second, out);
}

static void date_text(const struct tm *t, char out[16])
{
    assert_int_equal(strftime(out, 16, "%Y-%m-%d", t), 10);
}

/* A millisecond before it the clock still shows that date, and at it a later one. */
static void test_a_day_ends_where_the_clock_says(void **state)
{
    (void)state;
    if (!has_tzdata())
        skip();
    for (size_t z = 0; z < COUNT_OF(zones); z++) {
        for (int64_t day = tick_days_of(1995, 1, 1); day < tick_days_of(2099, 1, 1); day += 3) {
            char date[TICK_TEXT], before[16], after[16];
            struct tm t;
            int64_t end;
            tick_print(day * 86400000, date);
            date[10] = '\0';
            assert_true(zone_day_end(zones[z], date, &end));
            clock_of(zones[z], end - 1000, &t);
            date_text(&t, before);
            clock_of(zones[z], end, &t);
            date_text(&t, after);
            if (strcmp(date, "2011-12-30") == 0 && strcmp(zones[z], "Pacific/Apia") == 0)
                continue; /* a date that never was */
            if (strcmp(before, date) != 0 || strcmp(after, date) <= 0)
                fail_msg("%s %s ends at %lld: %s, %s", zones[z], date, (long long)end, before, after);
        }
    }
    unsetenv("TZ");
    tzset();
}

static void test_a_time_is_itself_in_any_zone(void **state)
{
    (void)state;
    int64_t wall_ms;
    assert_true(zone_day_end("Europe/Dublin", "2026-11-22T11:40:30Z", &wall_ms));
    assert_int_equal(wall_ms, 1795347630000);
    assert_false(zone_day_end("Europe/Dublin", "next week", &wall_ms));
    assert_false(zone_day_end("Europe/Dublin", "2026-02-30", &wall_ms));
}

static void test_an_unknown_zone_counts_in_utc(void **state)
{
    (void)state;
    static const char *const names[] = {"Mars/Olympus", "../../../etc/passwd", "/etc/passwd", "", "Europe"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        int64_t wall_ms;
        assert_true(zone_day_end(names[i], "1970-01-01", &wall_ms));
        assert_int_equal(wall_ms, 86400000);
    }
}

static void test_rules_are_read_as_posix_has_them(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        int64_t utc_s, east_s;
    } cases[] = {
        {"UTC0", 0, 0},
        {"<+0545>-5:45", 0, 20700},
        {"EST5EDT,M3.2.0,M11.1.0", 1767225600, -18000},   /* 2026-01-01 */
        {"EST5EDT,M3.2.0,M11.1.0", 1782864000, -14400},   /* 2026-07-01 */
        {"IST-1GMT0,M10.5.0,M3.5.0/1", 1782864000, 3600}, /* summer is the standard */
        {"IST-1GMT0,M10.5.0,M3.5.0/1", 1767225600, 0},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1782864000, -3600},
        {"AAA3BBB,J60,J300", 1772323200 + 5 * 3600, -7200}, /* 2026-03-01 */
        {"AAA3BBB,59/2,300", 1772323200 + 4 * 3600, -10800},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", 1767225600, 39600},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t east = -1;
        assert_true(zone_rule_offset(cases[i].rule, cases[i].utc_s, &east));
        if (east != cases[i].east_s)
            fail_msg("%s at %lld: %lld", cases[i].rule, (long long)cases[i].utc_s, (long long)east);
    }
}

static void test_what_is_no_rule_is_refused(void **state)
{
    (void)state;
    static const char *const rules[] = {"",
                                        "AB0",
                                        "ABC",
                                        "ABC999",
                                        "<ABC",
                                        "EST5EDT",
                                        "EST5EDT,M3",
                                        "EST5EDT,M3.2.0",
                                        "EST5EDT,M13.1.0,M11.1.0",
                                        "EST5EDT,M3.6.0,M11.1.0",
                                        "EST5EDT,M3.2.7,M11.1.0",
                                        "EST5EDT,M3.2.0,M11.1.0,",
                                        "EST5EDT,M3.2.0/999,M11.1.0"};
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        int64_t east;
        if (zone_rule_offset(rules[i], 0, &east))
            fail_msg("'%s' was taken", rules[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_day_ends_where_the_clock_says),
        cmocka_unit_test(test_a_time_is_itself_in_any_zone),
        cmocka_unit_test(test_an_unknown_zone_counts_in_utc),
        cmocka_unit_test(test_rules_are_read_as_posix_has_them),
        cmocka_unit_test(test_what_is_no_rule_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
