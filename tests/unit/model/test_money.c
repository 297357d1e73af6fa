#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "generate.h"
#include "model/money.h"

static void test_currencies_know_their_decimals(void **state)
{
    (void)state;
    assert_int_equal(money_digits("EUR"), 2);
    assert_int_equal(money_digits("JPY"), 0);
    assert_int_equal(money_digits("KWD"), 3);
    assert_int_equal(money_digits("CLF"), 4);
    assert_int_equal(money_digits("AED"), 2);
    assert_int_equal(money_digits("ZWL"), 2);
    assert_int_equal(money_digits("XAU"), -1);
    assert_int_equal(money_digits("eur"), -1);
    assert_int_equal(money_digits("EURO"), -1);
    assert_int_equal(money_digits(""), -1);
}

static void test_every_currency_is_found(void **state)
{
    (void)state;
    /* The table is searched by halves: one entry out of order would hide others. */
    char code[4] = "AAA";
    size_t known = 0;
    for (code[0] = 'A'; code[0] <= 'Z'; code[0]++)
        for (code[1] = 'A'; code[1] <= 'Z'; code[1]++)
            for (code[2] = 'A'; code[2] <= 'Z'; code[2]++)
                known += money_digits(code) >= 0;
    assert_int_equal(known, 167);
}

static void test_amounts_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t millionths;
    } cases[] = {
        {"0", 0},
        {"-0", 0},
        {"0.0", 0},
        {"-3", -3000000},
        {"1842.50", 1842500000},
        {"0.000001", 1},
        {"-0.5", -500000},
        {"10.10", 10100000},
        {"9223372036854.775807", INT64_MAX},
        {"-9223372036854.775808", INT64_MIN},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t amount = 7;
        struct err err = {0};
        assert_true(money_parse(cases[i].text, &amount, &err));
        assert_int_equal(amount, cases[i].millionths);
    }
}

static void test_what_is_no_amount_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code;
    } cases[] = {
        {"", "money.syntax"},
        {"-", "money.syntax"},
        {"+1", "money.syntax"},
        {" 1", "money.syntax"},
        {"1 ", "money.syntax"},
        {"1.", "money.syntax"},
        {".5", "money.syntax"},
        {"1,5", "money.syntax"},
        {"1 000", "money.syntax"},
        {"01", "money.syntax"},
        {"1e3", "money.syntax"},
        {"1.0000000", "money.syntax"},
        {"--1", "money.syntax"},
        {"EUR 1", "money.syntax"},
        {"1.-5", "money.syntax"},
        {"9223372036854.775808", "money.range"},
        {"-9223372036854.775809", "money.range"},
        {"99999999999999999999999999999999999999999999999999999999999999999999999", "money.range"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t amount = 7;
        struct err err = {0};
        assert_false(money_parse(cases[i].text, &amount, &err));
        assert_string_equal(err.code, cases[i].code);
        assert_int_equal(amount, 7);
    }
}

static void test_a_product_is_rounded_once_or_refused(void **state)
{
    (void)state;
    static const struct {
        int64_t price, quantity, product;
    } cases[] = {
        {1000000, 1000, 1000000},
        {1000000, 1, 1000},
        {1, 499, 0},
        {1, 500, 1},
        {-1, 500, -1},
        {-1, 499, 0},
        {3, 1500, 5},
        {INT64_MAX, 1000, INT64_MAX},
        {INT64_MIN, 1000, INT64_MIN},
        {INT64_MAX, -1000, -INT64_MAX},
        {0, INT64_MAX, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t product = -77;
        assert_true(money_times(cases[i].price, cases[i].quantity, &product));
        assert_int_equal(product, cases[i].product);
    }
    int64_t kept = 7;
    assert_false(money_times(INT64_MAX, 1001, &kept));
    assert_false(money_times(INT64_MIN, -1000, &kept));
    assert_false(money_times(INT64_MAX, INT64_MAX, &kept));
    assert_false(money_add(INT64_MAX, 1, &kept));
    assert_false(money_add(INT64_MIN, -1, &kept));
    assert_int_equal(kept, 7);
    assert_true(money_add(INT64_MAX, INT64_MIN, &kept));
    assert_int_equal(kept, -1);
}

static void check_printed(int64_t amount, const char *currency, const char *plain, const char *full,
                          const char *ascii)
{
    struct buf text;
    buf_init(&text, 0);
    money_print_plain(&text, amount, currency);
    assert_string_equal(text.at, plain);
    buf_clear(&text);
    money_print(&text, amount, currency, false);
    assert_string_equal(text.at, full);
    buf_clear(&text);
    money_print(&text, amount, currency, true);
    assert_string_equal(text.at, ascii);
    buf_done(&text);
}

static void test_amounts_print_with_the_digits_of_their_currency(void **state)
{
    (void)state;
    check_printed(1842500000, "EUR", "1842.50", "\u20ac1 842.50", "EUR 1 842.50");
    check_printed(0, "EUR", "0.00", "\u20ac0.00", "EUR 0.00");
    check_printed(5000, "EUR", "0.01", "\u20ac0.01", "EUR 0.01");
    check_printed(4999, "EUR", "0.00", "\u20ac0.00", "EUR 0.00");
    check_printed(-5000, "EUR", "-0.01", "-\u20ac0.01", "-EUR 0.01");
    check_printed(-4999, "EUR", "0.00", "\u20ac0.00", "EUR 0.00");
    check_printed(999500000, "JPY", "1000", "\u00a51 000", "JPY 1 000");
    check_printed(1234567, "KWD", "1.235", "KWD 1.235", "KWD 1.235");
    check_printed(123456789, "???", "123.46", "??? 123.46", "??? 123.46");
    check_printed(1000000000000, "USD", "1000000.00", "$1 000 000.00", "USD 1 000 000.00");
    check_printed(INT64_MIN, "CLF", "-9223372036854.7758", "-CLF 9 223 372 036 854.7758",
                  "-CLF 9 223 372 036 854.7758");
    check_printed(INT64_MAX, "EUR", "9223372036854.78", "\u20ac9 223 372 036 854.78",
                  "EUR 9 223 372 036 854.78");
}

static void test_rounded_up_is_never_less_and_prints_as_itself(void **state)
{
    (void)state;
    assert_int_equal(money_round_up(574410001, "EUR"), 574420000);
    assert_int_equal(money_round_up(574410000, "EUR"), 574410000);
    assert_int_equal(money_round_up(1, "JPY"), 1000000);
    assert_int_equal(money_round_up(1234001, "KWD"), 1235000);
    assert_int_equal(money_round_up(1, "???"), 10000);
    assert_int_equal(money_round_up(0, "EUR"), 0);
    assert_int_equal(money_round_up(-5001, "EUR"), 0);
    assert_int_equal(money_round_up(INT64_MAX, "EUR"), INT64_MAX);
}

static void test_minor_units_survive_printing_and_parsing(void **state)
{
    (void)state;
    struct generator g = {.state = 8};
    for (int i = 0; i < 2000; i++) {
        int64_t cents = (int64_t)generate_number(&g) >> (16 + generate_below(&g, 40)), again;
        struct buf text;
        struct err err = {0};
        buf_init(&text, 0);
        money_print_plain(&text, cents * 10000, "EUR");
        if (!money_parse(text.at, &again, &err))
            fail_msg("%s", err.summary);
        assert_int_equal(again, cents * 10000);
        buf_done(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_currencies_know_their_decimals),
        cmocka_unit_test(test_every_currency_is_found),
        cmocka_unit_test(test_amounts_are_exact),
        cmocka_unit_test(test_what_is_no_amount_is_refused),
        cmocka_unit_test(test_a_product_is_rounded_once_or_refused),
        cmocka_unit_test(test_amounts_print_with_the_digits_of_their_currency),
        cmocka_unit_test(test_rounded_up_is_never_less_and_prints_as_itself),
        cmocka_unit_test(test_minor_units_survive_printing_and_parsing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
