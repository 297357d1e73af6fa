/* Decimals: exactly as written, and rounding in one direction only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/arena.h"
#include "model/value.h"
#include "region/decimal.h"

static bool of_text(const char *text, struct decimal *out)
{
    struct arena *mem = arena_new();
    bool ok = decimal_of(value_text(mem, text), out);
    arena_free(mem);
    return ok;
}

static void test_text_real_and_integer_give_the_same_decimal(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    struct decimal text, real, whole;
    assert_true(of_text("0.25", &text));
    assert_true(decimal_of(value_real(mem, 0.25), &real));
    assert_true(decimal_of(value_int(mem, 3), &whole));
    assert_int_equal(text.digits, 25);
    assert_int_equal(text.unit, 100);
    assert_int_equal(real.digits, 25);
    assert_int_equal(real.unit, 100);
    assert_int_equal(whole.digits, 3);
    assert_int_equal(whole.unit, 1);
    arena_free(mem);
}

static void test_every_short_real_is_the_decimal_that_was_written(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    for (int64_t n = -30000; n <= 30000; n += 7) {
        char *end;
        const char *text = arena_print(mem, "%s%lld.%04lld", n < 0 ? "-" : "", (long long)llabs(n) / 10000,
                                       (long long)llabs(n) % 10000);
        struct decimal d;
        assert_true(decimal_of(value_real(mem, strtod(text, &end)), &d));
        assert_int_equal(d.digits * (10000 / d.unit), n);
    }
    arena_free(mem);
}

static void test_what_is_no_decimal_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "-", ".5", "1.",           "1..2",
                                      "1e3", "a", " 1", "0.0000000001", "99999999999999999999"};
    struct decimal d;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(of_text(bad[i], &d));
    assert_false(decimal_of(value_null(), &d));
    assert_false(decimal_of(NULL, &d));
    struct arena *mem = arena_new();
    assert_false(decimal_of(value_real(mem, 1e300), &d));
    assert_false(decimal_of(value_real(mem, 0.0000000001), &d));
    arena_free(mem);
}

static int64_t times(const char *factor, int64_t n)
{
    struct decimal d;
    int64_t out;
    assert_true(of_text(factor, &d));
    assert_true(decimal_times_up(d, n, &out));
    return out;
}

static void test_a_product_is_rounded_up_and_never_by_a_float(void **state)
{
    (void)state;
    assert_int_equal(times("0.25", 8), 2);
    assert_int_equal(times("0.25", 9), 3);
    assert_int_equal(times("0.25", 1), 1);
    assert_int_equal(times("0.25", 0), 0);
    assert_int_equal(times("0.25", -9), -2);
    /* 0.1 * 30 is 3.0000000000000004 in doubles, which would round up to 4. */
    assert_int_equal(times("0.1", 30), 3);
    assert_int_equal(times("0.07", 100), 7);
    assert_int_equal(times("1", INT64_MAX), INT64_MAX);
    struct decimal d = {25, 100};
    int64_t out;
    assert_false(decimal_times_up(d, INT64_MAX, &out));
}

static void test_thousandths_are_exact_or_refused(void **state)
{
    (void)state;
    struct decimal d;
    int64_t milli;
    assert_true(of_text("4.5", &d) && decimal_milli(d, &milli));
    assert_int_equal(milli, 4500);
    assert_true(of_text("0.0010", &d) && decimal_milli(d, &milli));
    assert_int_equal(milli, 1);
    assert_true(of_text("0.0001", &d));
    assert_false(decimal_milli(d, &milli));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_real_and_integer_give_the_same_decimal),
        cmocka_unit_test(test_every_short_real_is_the_decimal_that_was_written),
        cmocka_unit_test(test_what_is_no_decimal_is_refused),
        cmocka_unit_test(test_a_product_is_rounded_up_and_never_by_a_float),
        cmocka_unit_test(test_thousandths_are_exact_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
