#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/tick.h"

static void test_times_print_as_rfc_3339(void **state)
{
    (void)state;
    static const struct {
        int64_t wall_ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {1709251199999, "2024-02-29T23:59:59.999Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"},
        {1795347630123, "2026-11-22T11:40:30.123Z"},
        {-62135596800000, "0001-01-01T00:00:00.000Z"},
        {INT64_MAX, "292278994-08-17T07:12:55.807Z"},
        {INT64_MIN, "-292275055-05-16T16:47:04.192Z"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char out[TICK_TEXT];
        tick_print(cases[i].wall_ms, out);
        assert_string_equal(out, cases[i].text);
    }
}

static void test_what_is_printed_is_parsed_back(void **state)
{
    (void)state;
    for (int64_t wall_ms = -62135596800000; wall_ms < 253402300799000; wall_ms += 86399999 * (int64_t)97) {
        char out[TICK_TEXT];
        int64_t back = 0;
        tick_print(wall_ms, out);
        assert_true(tick_parse(out, &back));
        assert_true(back == wall_ms);
    }
}

static void test_a_date_is_its_end(void **state)
{
    (void)state;
    int64_t date, midnight;
    assert_true(tick_parse("2026-12-15", &date));
    assert_true(tick_parse("2026-12-16T00:00:00Z", &midnight));
    assert_true(date == midnight);
}

static void test_zones_and_fractions_are_understood(void **state)
{
    (void)state;
    static const char *const same[] = {
        "2026-11-22T11:40:30.5Z",      "2026-11-22T13:40:30.500+02:00", "2026-11-22t06:10:30.5009999z",
        "2026-11-22 05:40:30.5-06:00", "2026-11-23T11:39:30.5+23:59",
    };
    int64_t first, other;
    assert_true(tick_parse(same[0], &first));
    for (size_t i = 1; i < COUNT_OF(same); i++) {
        assert_true(tick_parse(same[i], &other));
        assert_true(other == first || i == 2);
    }
    assert_true(tick_parse(same[2], &other));
    assert_true(first - other == (5 * 60 + 30) * 60000);
}

static void test_anything_else_is_refused_and_leaves_the_output(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026",
        "2026-1-01",
        "2026-13-01",
        "2026-00-10",
        "2026-02-29",
        "2100-02-29",
        "2026-04-31",
        "2026-01-00",
        "2026-12-15 ",
        "15.12.2026",
        "2026-12-15T",
        "2026-12-15T10:00Z",
        "2026-12-15T24:00:00Z",
        "2026-12-15T10:60:00Z",
        "tomorrow",
        "+026-12-15",
        "2026-12-15T1:00:00Z",
        "2026-12-15T10:00:61Z",
        "2026-12-15T10:00:00",
        "2026-12-15T10:00:00.Z",
        "2026-12-15T10:00:00+0200",
        "2026-12-15T10:00:00+24:00",
        "2026-12-15T10:00:00Zx",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t out = 42;
        assert_false(tick_parse(bad[i], &out));
        assert_true(out == 42);
    }
}

static int64_t fixed_ns(void *user)
{
    return *(int64_t *)user;
}

static void test_milliseconds_come_from_the_given_clock(void **state)
{
    (void)state;
    int64_t now = 1999999;
    const struct tick t = {.mono_ns = fixed_ns, .wall_ms = fixed_ns, .user = &now};
    assert_true(tick_mono_ms(&t) == 1);
    now = 2000000;
    assert_true(tick_mono_ms(&t) == 2);
}

static void test_the_machine_never_goes_back(void **state)
{
    (void)state;
    struct tick t = tick_real();
    int64_t before = t.mono_ns(t.user);
    for (int i = 0; i < 1000; i++) {
        int64_t now = t.mono_ns(t.user);
        assert_true(now >= before);
        before = now;
    }
    int64_t built;
    assert_true(tick_parse("2024-01-01", &built));
    assert_true(t.wall_ms(t.user) > built);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_print_as_rfc_3339),
        cmocka_unit_test(test_what_is_printed_is_parsed_back),
        cmocka_unit_test(test_a_date_is_its_end),
        cmocka_unit_test(test_zones_and_fractions_are_understood),
        cmocka_unit_test(test_anything_else_is_refused_and_leaves_the_output),
        cmocka_unit_test(test_milliseconds_come_from_the_given_clock),
        cmocka_unit_test(test_the_machine_never_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
