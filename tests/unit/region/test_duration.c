/* Durations: how they are written, what of a region file is refused, and which of several counts. */
#include "project_folder.h"

#include "region/duration.h"

static void test_times_are_whole_numbers_with_units_the_biggest_first(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"90s", 90000},         {"10m", 600000}, {"1h30m", 5400000},   {"2d", 172800000},
                {"1d1h1m1s", 90061000}, {"0s", 0},       {"366d", 31622400000}};
    static const char *const bad[] = {"",       "10",  "m",   "10 m",  "1.5h", "30m1h",
                                      "10m10m", "-1s", "+1s", "10min", "367d", "99999999999999999999d",
                                      "1e3s"};
    int64_t ms;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_true(duration_parse(good[i].text, &ms));
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        ms = 42;
        if (duration_parse(bad[i], &ms) || ms != 42)
            fail_msg("'%s' was read as %lld ms", bad[i], (long long)ms);
    }
}

static void test_the_step_wins_over_its_type(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu",
                        "rehearse:\n"
                        "  durations:\n"
                        "    database.database: 10m\n"
                        "    database.database.main: { p50: 20m, p90: 1h }\n"
                        "    human.dpa-signed: 3d\n"
                        "    check: 30s\n");
    folder_must_load(p, "eu");
    struct durations d = duration_list(p->mem, p->region->rehearse);
    assert_int_equal(d.count, 4);
    const struct duration *main = duration_find(&d, "database.database.main", "database.database");
    assert_int_equal(main->p50_ms, 1200000);
    assert_int_equal(main->p90_ms, 3600000);
    const struct duration *other = duration_find(&d, "database.database.audit", "database.database");
    assert_int_equal(other->p50_ms, 600000);
    assert_int_equal(other->p90_ms, 1080000);
    assert_int_equal(duration_find(&d, "check.login", "check")->p50_ms, 30000);
    assert_null(duration_find(&d, "dns.zone.apex", "dns.zone"));
}

static void test_a_region_without_durations_has_none(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu", "");
    folder_must_load(p, "eu");
    assert_int_equal(duration_list(p->mem, p->region->rehearse).count, 0);
}

static void test_what_is_wrong_is_told_at_its_place(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu",
                        "rehearse:\n"
                        "  duration: {}\n"
                        "  durations:\n"
                        "    database: 10m\n"
                        "    dns.zone: soon\n"
                        "    dns.record: 10\n"
                        "    queue.queue: { p50: 10m }\n"
                        "    queue.topic: { p50: 10m, p90: 5m }\n");
    assert_false(folder_load(p, "eu"));
    folder_says(p, "region.unknown_key", "regions/eu.yaml:8:3", "durations");
    folder_says(p, "region.missing_key", "regions/eu.yaml:13:18", "p90");
    size_t count = 0;
    for (size_t i = 0; i < p->diags.count; i++)
        count += strcmp(p->diags.at[i].code, "region.duration") == 0;
    assert_int_equal(count, 4);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_times_are_whole_numbers_with_units_the_biggest_first),
        CASE(test_the_step_wins_over_its_type),
        CASE(test_a_region_without_durations_has_none),
        CASE(test_what_is_wrong_is_told_at_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
