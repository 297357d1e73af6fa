/* Fates: the same seed tells the same story, in whatever order it is asked; shares are what they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "run/fate.h"

static struct ledger_unit unit(char *text, size_t size, unsigned n)
{
    snprintf(text, size, "dns.record.r%u", n);
    return (struct ledger_unit){.address = text, .what = "create"};
}

static void test_a_fate_depends_on_seed_unit_and_try_alone(void **state)
{
    (void)state;
    char a[32], b[32];
    struct fate_odds odds = {.seed = 7, .faults_milli = 500}, other = {.seed = 8, .faults_milli = 500};
    unsigned differ = 0;
    for (unsigned i = 0; i < 200; i++) {
        struct ledger_unit first = unit(a, sizeof(a), i), again = unit(b, sizeof(b), i);
        struct fate f = fate_of(&odds, &first, 1), g = fate_of(&odds, &again, 1);
        assert_int_equal(f.kind, g.kind);
        assert_int_equal(f.retry_after_ms, g.retry_after_ms);
        differ += fate_of(&other, &first, 1).kind != f.kind;
    }
    assert_in_range(differ, 50, 200);
}

static void test_as_many_go_wrong_as_was_asked_for(void **state)
{
    (void)state;
    char text[32];
    struct fate_odds odds = {.seed = 1, .faults_milli = 100, .throttle_milli = 200};
    unsigned kinds[FATE_DEATH + 1] = {0};
    for (unsigned i = 0; i < 10000; i++) {
        struct ledger_unit u = unit(text, sizeof(text), i);
        kinds[fate_of(&odds, &u, 1).kind]++;
    }
    assert_in_range(kinds[FATE_FINE], 7000, 7400); /* 0.8 * 0.9 */
    assert_in_range(kinds[FATE_THROTTLED], 1950, 2250);
    for (int k = FATE_UNREACHED; k < FATE_DEATH; k++)
        assert_in_range(kinds[k], 70, 165); /* a seventh of 0.8 * 0.1 */
    assert_int_equal(kinds[FATE_DEATH], 0);
}

static void test_nothing_goes_wrong_for_ever(void **state)
{
    (void)state;
    char text[32];
    struct fate_odds odds = {.seed = 1, .faults_milli = 1000};
    struct ledger_unit u = unit(text, sizeof(text), 1);
    assert_int_not_equal(fate_of(&odds, &u, 1).kind, FATE_FINE);
    assert_int_equal(fate_of(&odds, &u, 5).kind, FATE_FINE);
}

static void test_durations_have_their_percentiles(void **state)
{
    (void)state;
    unsigned below_p50 = 0, below_p90 = 0;
    for (unsigned i = 0; i < 10000; i++) {
        int64_t ms = fate_duration(fate_draw(3, "x", i), 1000, 4000);
        assert_in_range(ms, 500, 6000);
        below_p50 += ms < 1000;
        below_p90 += ms < 4000;
    }
    assert_in_range(below_p50, 4800, 5200);
    assert_in_range(below_p90, 8850, 9150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fate_depends_on_seed_unit_and_try_alone),
        cmocka_unit_test(test_as_many_go_wrong_as_was_asked_for),
        cmocka_unit_test(test_nothing_goes_wrong_for_ever),
        cmocka_unit_test(test_durations_have_their_percentiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
