/* Money held against arithmetic of another make: long multiplication on decimal digits, where dividing by a
 * power of ten is dropping digits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "base/err.h"
#include "generate.h"
#include "model/money.h"

#define TRIES 20000

/* ---- a big number: decimal digits, the lowest first ---------------------------------------------- */

#define DIGITS 80

struct big {
    uint8_t digit[DIGITS];
};

static struct big big_of(uint64_t n)
{
    struct big b = {{0}};
    for (size_t i = 0; n; n /= 10)
        b.digit[i++] = (uint8_t)(n % 10);
    return b;
}

static struct big big_times(const struct big *a, const struct big *b)
{
    struct big out = {{0}};
    for (size_t i = 0; i < DIGITS; i++) {
        unsigned carry = 0;
        for (size_t k = 0; i + k < DIGITS; k++) {
            unsigned sum = out.digit[i + k] + carry + (unsigned)a->digit[i] * b->digit[k];
            out.digit[i + k] = (uint8_t)(sum % 10);
            carry = sum / 10;
        }
    }
    return out;
}

/* Without the lowest `drop` digits, half rounded up. */
static struct big big_rounded(const struct big *a, size_t drop)
{
    struct big out = {{0}};
    unsigned carry = drop > 0 && a->digit[drop - 1] >= 5;
    for (size_t i = 0; i < DIGITS; i++) {
        unsigned sum = (i + drop < DIGITS ? a->digit[i + drop] : 0) + carry;
        out.digit[i] = (uint8_t)(sum % 10);
        carry = sum / 10;
    }
    return out;
}

static int big_compare(const struct big *a, const struct big *b)
{
    for (size_t i = DIGITS; i > 0; i--)
        if (a->digit[i - 1] != b->digit[i - 1])
            return a->digit[i - 1] < b->digit[i - 1] ? -1 : 1;
    return 0;
}

/* ---- numbers to try ------------------------------------------------------------------------------- */

/* Of every size, and the ends of the range more often than chance has it. */
static int64_t any_number(struct generator *g)
{
    static const int64_t odd[] = {0,   1,    -1,   499,       500,       501,
                                  999, 1000, 1001, INT64_MAX, INT64_MIN, INT64_MAX - 1};
    if (generate_below(g, 8) == 0)
        return odd[generate_below(g, COUNT_OF(odd))];
    return (int64_t)generate_number(g) >> generate_below(g, 64);
}

static uint64_t size_of(int64_t n)
{
    return n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
}

static struct money_rate any_rate(struct generator *g, size_t *places)
{
    struct money_rate rate = {1, 1};
    *places = generate_below(g, 13);
    for (size_t i = 0; i < *places; i++)
        rate.unit *= 10;
    rate.digits = (int64_t)(generate_number(g) >> (1 + generate_below(g, 62)));
    rate.digits += rate.digits == 0;
    return rate;
}

/* ---- what must hold --------------------------------------------------------------------------------- */

static void test_a_conversion_is_what_long_multiplication_gives_or_is_refused(void **state)
{
    (void)state;
    struct generator g = {.state = 21};
    const struct big most = big_of(INT64_MAX);
    size_t fitted = 0, refused = 0;
    for (int i = 0; i < TRIES; i++) {
        size_t places;
        int64_t price = any_number(&g), quantity = any_number(&g), made = 77;
        struct money_rate rate = any_rate(&g, &places);
        struct big a = big_of(size_of(price)), b = big_of(size_of(quantity)),
                   c = big_of((uint64_t)rate.digits);
        struct big product = big_times(&a, &b);
        product = big_times(&product, &c);
        product = big_rounded(&product, places + 3);
        bool fits = big_compare(&product, &most) <= 0;
        assert_int_equal(money_convert(price, quantity, rate, &made), fits);
        fitted += fits;
        refused += !fits;
        if (!fits) {
            assert_int_equal(made, 77);
            continue;
        }
        struct big got = big_of(size_of(made));
        assert_int_equal(big_compare(&got, &product), 0);
        assert_true(made == 0 || (made < 0) == ((price < 0) != (quantity < 0)));
    }
    assert_true(fitted > TRIES / 10 && refused > TRIES / 10);
}

static void test_a_product_is_what_long_multiplication_gives_or_is_refused(void **state)
{
    (void)state;
    struct generator g = {.state = 22};
    const struct big most = big_of(INT64_MAX), least = big_of(size_of(INT64_MIN));
    for (int i = 0; i < TRIES; i++) {
        int64_t price = any_number(&g), quantity = any_number(&g), made = 77;
        bool negative = (price < 0) != (quantity < 0);
        struct big a = big_of(size_of(price)), b = big_of(size_of(quantity));
        struct big product = big_times(&a, &b);
        product = big_rounded(&product, 3);
        bool fits = big_compare(&product, negative ? &least : &most) <= 0;
        assert_int_equal(money_times(price, quantity, &made), fits);
        struct big got = big_of(size_of(made));
        assert_true(!fits || big_compare(&got, &product) == 0);
    }
}

static void test_at_a_rate_of_one_converting_is_multiplying(void **state)
{
    (void)state;
    struct generator g = {.state = 23};
    for (int i = 0; i < TRIES; i++) {
        int64_t price = (int64_t)size_of(any_number(&g) / 2), quantity = any_number(&g) / 2, a = 0, b = 0;
        bool fits = money_times(price, quantity, &a);
        /* -2^63 is the one amount whose size does not fit. */
        assert_true(money_convert(price, quantity, (struct money_rate){1, 1}, &b) == fits || a == INT64_MIN);
        assert_true(!fits || a == b || a == INT64_MIN);
    }
}

static void test_what_is_more_never_costs_less(void **state)
{
    (void)state;
    struct generator g = {.state = 24};
    for (int i = 0; i < TRIES; i++) {
        size_t places;
        struct money_rate rate = any_rate(&g, &places);
        int64_t price = (int64_t)(size_of(any_number(&g)) >> 1),
                low = (int64_t)(size_of(any_number(&g)) >> 1);
        int64_t high, cheap, dear;
        if (__builtin_add_overflow(low, (int64_t)generate_below(&g, 5000), &high) ||
            !money_convert(price, high, rate, &dear))
            continue;
        assert_true(money_convert(price, low, rate, &cheap));
        assert_true(cheap <= dear);
    }
}

static void test_sums_do_not_depend_on_the_order(void **state)
{
    (void)state;
    struct generator g = {.state = 25};
    for (int i = 0; i < TRIES; i++) {
        int64_t n[3], left, right;
        for (size_t k = 0; k < 3; k++)
            n[k] = any_number(&g) / 4; /* so that no partial sum overflows */
        assert_true(money_add(n[0], n[1], &left) && money_add(left, n[2], &left));
        assert_true(money_add(n[1], n[2], &right) && money_add(n[0], right, &right));
        assert_int_equal(left, right);
        assert_true(money_add(n[2], n[0], &right) && money_add(right, n[1], &right));
        assert_int_equal(left, right);
    }
}

static void test_a_rate_is_read_as_it_is_written(void **state)
{
    (void)state;
    struct generator g = {.state = 26};
    for (int i = 0; i < TRIES; i++) {
        size_t places;
        struct money_rate rate = any_rate(&g, &places), again = {0, 0};
        struct err err;
        char text[64];
        int64_t whole = rate.digits / rate.unit, rest = rate.digits % rate.unit;
        if (places)
            (void)snprintf(text, sizeof(text), "%" PRId64 ".%0*" PRId64, whole, (int)places, rest);
        else
            (void)snprintf(text, sizeof(text), "%" PRId64, whole);
        if (!money_rate_parse(text, &again, &err))
            fail_msg("%s: %s", text, err.summary);
        assert_true(again.digits == rate.digits && again.unit == rate.unit);
    }
}

static void test_what_is_no_rate_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "0",
                                        "0.000",
                                        "-1",
                                        "1.",
                                        ".5",
                                        "1,5",
                                        "1e3",
                                        " 1",
                                        "1 ",
                                        "x",
                                        "0.0000000000001",
                                        "1..5",
                                        "0x10",
                                        "+1",
                                        "1/2",
                                        "99999999999999999999"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct money_rate rate = {7, 7};
        struct err err = {0};
        assert_false(money_rate_parse(texts[i], &rate, &err));
        assert_string_equal(err.code, "money.rate");
        assert_int_equal(rate.digits, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_conversion_is_what_long_multiplication_gives_or_is_refused),
        cmocka_unit_test(test_a_product_is_what_long_multiplication_gives_or_is_refused),
        cmocka_unit_test(test_at_a_rate_of_one_converting_is_multiplying),
        cmocka_unit_test(test_what_is_more_never_costs_less),
        cmocka_unit_test(test_sums_do_not_depend_on_the_order),
        cmocka_unit_test(test_a_rate_is_read_as_it_is_written),
        cmocka_unit_test(test_what_is_no_rate_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
