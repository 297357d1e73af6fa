#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "launch/spread.h"

/* What is known of a duration: measured, guessed, or nothing. */

static struct arena *mem;

static int setup(void **state)
{
    (void)state;
    mem = arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(mem);
    return 0;
}

static void test_a_guess_is_as_likely_over_as_under_and_runs_over_further(void **state)
{
    (void)state;
    struct spread s = spread_guess(mem, 1000);
    for (uint32_t k = 1; k < s.count; k++)
        assert_true(s.at[k] > s.at[k - 1]);
    assert_true(s.at[0] > 500 && s.at[s.count - 1] < 2000);
    assert_int_equal(spread_percentile(s, 50), 1000);
    assert_int_equal(spread_percentile(s, 90), 1800);
    assert_int_equal(spread_percentile(spread_guess(mem, INT64_MAX), 90), SPREAD_LONGEST_MS);
    assert_int_equal(spread_percentile(spread_guess(mem, 0), 90), 0);
}

static void test_three_times_measured_speak_for_themselves(void **state)
{
    (void)state;
    int64_t ms[] = {30, 10, 20};
    struct spread s = spread_measured(mem, ms, 3);
    assert_int_equal(s.count, 3);
    assert_int_equal(s.at[0], 10);
    assert_int_equal(spread_percentile(s, 50), 20);
    assert_int_equal(spread_percentile(s, 90), 30);
}

static void test_one_time_measured_is_widened_as_a_guess_is(void **state)
{
    (void)state;
    int64_t ms[] = {1000};
    struct spread one = spread_measured(mem, ms, 1), guess = spread_guess(mem, 1000);
    assert_int_equal(one.count, guess.count);
    for (uint32_t k = 0; k < one.count; k++)
        assert_int_equal(one.at[k], guess.at[k]);
}

static void test_many_are_thinned_and_keep_their_percentiles(void **state)
{
    (void)state;
    int64_t ms[1000];
    for (size_t i = 0; i < COUNT_OF(ms); i++)
        ms[i] = (int64_t)(i * 389 % 1000);
    struct spread s = spread_measured(mem, ms, COUNT_OF(ms));
    assert_int_equal(s.count, SPREAD_MOST);
    assert_in_range(spread_percentile(s, 50), 450, 550);
    assert_in_range(spread_percentile(s, 90), 850, 970);
}

static void test_nothing_known_is_no_zero(void **state)
{
    (void)state;
    struct spread s = spread_measured(mem, NULL, 0);
    assert_int_equal(s.count, 0);
    assert_int_equal(spread_faster(mem, s, 2000).count, 0);
}

static void test_what_waited_already_has_less_left(void **state)
{
    (void)state;
    bool outlived;
    int64_t ms[] = {5, 10, 20, 40};
    struct spread s = spread_measured(mem, ms, 4), left = spread_left(mem, s, 10, &outlived);
    assert_false(outlived);
    assert_int_equal(left.count, 2);
    assert_int_equal(left.at[0], 10);
    assert_int_equal(left.at[1], 30);
}

static void test_what_outlived_every_time_is_expected_whole_again(void **state)
{
    (void)state;
    bool outlived;
    int64_t ms[] = {5, 10, 20};
    struct spread s = spread_measured(mem, ms, 3), left = spread_left(mem, s, 20, &outlived);
    assert_true(outlived);
    assert_int_equal(left.count, 3);
    assert_int_equal(left.at[2], 20);
}

static void test_twice_as_fast_takes_half_and_nothing_overflows(void **state)
{
    (void)state;
    struct spread s = spread_faster(mem, spread_exact(mem, 3000), 2000);
    assert_int_equal(s.at[0], 1500);
    s = spread_faster(mem, spread_exact(mem, INT64_MAX), 1);
    assert_int_equal(s.at[0], SPREAD_LONGEST_MS);
    assert_int_equal(spread_exact(mem, -5).at[0], 0);
}

int main(void)
{
#define ONE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        ONE(test_a_guess_is_as_likely_over_as_under_and_runs_over_further),
        ONE(test_three_times_measured_speak_for_themselves),
        ONE(test_one_time_measured_is_widened_as_a_guess_is),
        ONE(test_many_are_thinned_and_keep_their_percentiles),
        ONE(test_nothing_known_is_no_zero),
        ONE(test_what_waited_already_has_less_left),
        ONE(test_what_outlived_every_time_is_expected_whole_again),
        ONE(test_twice_as_fast_takes_half_and_nothing_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
