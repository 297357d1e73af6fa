#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/file.h"
#include "base/tick.h"
#include "launch/calendar.h"

/* Dates of a region's time zone.  The zones are tzdata's, which not every machine has. */

#define ZONES "/usr/share/zoneinfo/Europe/Dublin"

static int64_t at(const char *text)
{
    int64_t wall_ms;
    assert_true(tick_parse(text, &wall_ms));
    return wall_ms;
}

static void check_dates(const char *zone, const char *instant, const char *date, const char *end_date)
{
    char out[CALENDAR_DATE];
    calendar_date(zone, at(instant), out);
    assert_string_equal(out, date);
    calendar_end_date(zone, at(instant), out);
    assert_string_equal(out, end_date);
}

static void test_an_instant_has_the_date_of_its_zone(void **state)
{
    (void)state;
    check_dates("UTC", "2026-11-26T12:00:00Z", "2026-11-26", "2026-11-26");
    check_dates("UTC", "2026-11-26T00:00:00Z", "2026-11-26", "2026-11-25");
    if (!file_exists(ZONES))
        skip();
    check_dates("Pacific/Auckland", "2026-11-26T12:00:00Z", "2026-11-27", "2026-11-27");
    check_dates("America/Los_Angeles", "2026-11-26T07:59:59Z", "2026-11-25", "2026-11-25");
    check_dates("America/Los_Angeles", "2026-11-26T08:00:00Z", "2026-11-26", "2026-11-25");
    check_dates("Pacific/Kiritimati", "2026-12-31T10:00:00Z", "2027-01-01", "2026-12-31");
}

static void test_a_day_begins_where_the_day_before_ends(void **state)
{
    (void)state;
    static const char *const zones[] = {"UTC", "Europe/Dublin", "Pacific/Auckland", "America/St_Johns"};
    for (size_t k = 0; k < COUNT_OF(zones); k++) {
        int64_t begin, end;
        char out[CALENDAR_DATE];
        assert_true(calendar_begin(zones[k], "2026-03-29", &begin));
        assert_true(calendar_end(zones[k], "2026-03-28", &end));
        assert_int_equal(begin, end);
        calendar_date(zones[k], begin, out);
        assert_string_equal(out, "2026-03-29");
    }
}

static void test_a_time_begins_and_ends_at_itself_and_nonsense_is_refused(void **state)
{
    (void)state;
    int64_t ms;
    assert_true(calendar_begin("UTC", "2026-11-26T09:00:00Z", &ms));
    assert_int_equal(ms, at("2026-11-26T09:00:00Z"));
    assert_false(calendar_begin("UTC", "tomorrow", &ms));
    assert_false(calendar_begin("UTC", "2026-02-30", &ms));
    assert_false(calendar_end("UTC", "", &ms));
}

static void test_what_lies_behind_the_last_year_is_its_last_day(void **state)
{
    (void)state;
    char date[CALENDAR_DATE];
    const int64_t last = at("9999-12-31T12:00:00Z");
    for (int64_t days = 0; days < 3000000; days += 999999) {
        calendar_date("UTC", last + days * CALENDAR_DAY_MS, date);
        assert_string_equal(date, "9999-12-31");
        calendar_end_date("Asia/Tokyo", last + days * CALENDAR_DAY_MS, date);
        assert_string_equal(date, "9999-12-31");
    }
}

static void test_days_are_counted_between_dates(void **state)
{
    (void)state;
    assert_int_equal(calendar_days("2026-12-15", "2026-12-17"), 2);
    assert_int_equal(calendar_days("2027-01-01", "2026-12-31"), -1);
    assert_int_equal(calendar_days("2028-02-28", "2028-03-01"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_instant_has_the_date_of_its_zone),
        cmocka_unit_test(test_a_day_begins_where_the_day_before_ends),
        cmocka_unit_test(test_a_time_begins_and_ends_at_itself_and_nonsense_is_refused),
        cmocka_unit_test(test_what_lies_behind_the_last_year_is_its_last_day),
        cmocka_unit_test(test_days_are_counted_between_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
