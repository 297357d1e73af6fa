/* Figures in few characters: shares, quantities and prices, none of them through a float. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/buf.h"
#include "report/brief.h"

static void check_share(int64_t part, int64_t whole, const char *text)
{
    struct buf out;
    buf_init(&out, 0);
    brief_share(&out, part, whole);
    assert_string_equal(out.at, text);
    buf_done(&out);
}

static void test_a_share_is_rounded_and_never_hides_that_there_is_one(void **state)
{
    (void)state;
    check_share(1, 2, "50 %");
    check_share(125, 1000, "13 %");
    check_share(124, 1000, "12 %");
    check_share(1, 1000000, "under 1 %");
    check_share(0, 1000000, "0 %");
    check_share(0, 0, "0 %");
    check_share(5, 0, "0 %");
    check_share(-1, 100, "0 %");
    check_share(250, 100, "250 %");
    check_share(INT64_MAX, INT64_MAX, "100 %");
    check_share(INT64_MAX / 2, INT64_MAX, "50 %");
    check_share(INT64_MAX, 1, "9223372036854775807 %"); /* more than can be said */
}

static void test_quantities_and_prices_show_the_places_they_need(void **state)
{
    (void)state;
    static const struct {
        int64_t number;
        const char *quantity, *price;
    } cases[] = {
        {0, "0", "0.00"},
        {1, "0.001", "0.000001"},
        {1500, "1.5", "0.0015"},
        {2000, "2", "0.002"},
        {131600, "131.6", "0.1316"},
        {20000000, "20000", "20.00"},
        {1200000, "1200", "1.20"},
        {INT64_MAX, "9223372036854775.807", "9223372036854.775807"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out;
        buf_init(&out, 0);
        brief_quantity(&out, cases[i].number);
        assert_string_equal(out.at, cases[i].quantity);
        buf_clear(&out);
        brief_price(&out, cases[i].number);
        assert_string_equal(out.at, cases[i].price);
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_share_is_rounded_and_never_hides_that_there_is_one),
        cmocka_unit_test(test_quantities_and_prices_show_the_places_they_need),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
