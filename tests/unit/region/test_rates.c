/* Rates of other currencies: fixed, dated, exact; and which of several prices counts. */
#include "project_folder.h"

#include "region/price_book.h"
#include "region/rates.h"

#define RATES "rates: { dated: 2026-11-01, source: ECB, USD: \"0.9215\", GBP: \"1.1432\", JPY: 1 }\n"

static void test_rates_are_read_as_they_are_written(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu", RATES);
    folder_must_load(p, "eu");
    const struct rates *rates = p->region->rates;
    assert_int_equal(rates->count, 3);
    assert_string_equal(rates->dated, "2026-11-01");
    assert_string_equal(rates->source, "ECB");
    assert_null(rates->valid_until);
    const struct rates_one *usd = rates_find(rates, "USD");
    assert_int_equal(usd->rate.digits, 9215);
    assert_int_equal(usd->rate.unit, 10000);
    assert_string_equal(usd->text, "0.9215");
    assert_int_equal(rates_find(rates, "JPY")->rate.digits, 1);
    assert_null(rates_find(rates, "AUD"));
    assert_null(rates_find(NULL, "USD"));
}

static void test_everything_wrong_with_rates_is_told_at_once(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu",
                        "rates:\n"
                        "  date: 2026-11-01\n"
                        "  valid_until: soon\n"
                        "  EUR: 1\n"
                        "  USD: 0.9215\n"
                        "  GBP: \"0\"\n"
                        "  CHF: \"-0.93\"\n"
                        "  EURO: 1\n"
                        "  SEK: [1]\n");
    assert_false(folder_load(p, "eu"));
    folder_says(p, "region.rates_currency", "regions/eu.yaml:8:3", "did you mean 'dated'?");
    folder_says(p, "region.date", "regions/eu.yaml:9:16", "'soon'");
    folder_says(p, "region.rates_own", "regions/eu.yaml:10:3", "remove it");
    folder_says(p, "region.money_float", "regions/eu.yaml:11:8", "quote it");
    folder_says(p, "money.rate", "regions/eu.yaml:12:8", "above 0");
    folder_says(p, "money.rate", "regions/eu.yaml:13:8", "above 0");
    folder_says(p, "region.rates_currency", "regions/eu.yaml:14:3", "ISO 4217");
    folder_says(p, "region.wrong_kind", "regions/eu.yaml:15:8", "");
    folder_says(p, "region.missing_key", "regions/eu.yaml:8:3", "'source'");
}

static void test_a_known_cost_has_a_date(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "us", "cost: { monthly: \"14210.55\", dated: 2026-10-31, source: invoices }\n");
    folder_must_load(p, "us");
    assert_string_equal(value_get_text(p->region->cost, "monthly", ""), "14210.55");
    folder_write_region(p, "us", "cost: { monthly: -1 }\n");
    assert_false(folder_load(p, "us"));
    folder_says(p, "region.budget", "regions/us.yaml:7:18", "0 or more");
    folder_says(p, "region.missing_key", "regions/us.yaml:7:7", "'dated'");
    folder_write_region(p, "us", "cost: { monthly: 9223372036855, dated: 2026-10-31 }\n");
    assert_false(folder_load(p, "us"));
    folder_says(p, "money.range", "regions/us.yaml:7:18", "the limit");
}

/* ---- which price counts ------------------------------------------------------------------------------ */

static const struct price_book_file files[] = {
    {.path = "a-list.prices.yaml", .currency = "EUR"},
    {.path = "b-list.prices.yaml", .currency = "USD"},
    {.path = "prices/usd.yaml", .currency = "USD", .ours = true},
    {.path = "prices/eur.yaml", .currency = "EUR", .ours = true},
    {.path = "prices/gbp.yaml", .currency = "GBP", .ours = true},
};
static const struct price_book_item items[] = {
    {.sku = "all", .unit = "u", .currency = "EUR", .per = PRICE_BOOK_MONTH, .price = 3000000, .file = 3},
    {.sku = "all", .unit = "u", .currency = "GBP", .per = PRICE_BOOK_MONTH, .price = 4000000, .file = 4},
    {.sku = "all", .unit = "u", .currency = "USD", .per = PRICE_BOOK_MONTH, .price = 2000000, .file = 2},
    {.sku = "deal", .unit = "u", .currency = "EUR", .per = PRICE_BOOK_MONTH, .price = 9000000, .file = 0},
    {.sku = "deal", .unit = "u", .currency = "USD", .per = PRICE_BOOK_MONTH, .price = 7000000, .file = 2},
    {.sku = "lists", .unit = "u", .currency = "EUR", .per = PRICE_BOOK_MONTH, .price = 9000000, .file = 0},
    {.sku = "lists", .unit = "u", .currency = "USD", .per = PRICE_BOOK_MONTH, .price = 1000000, .file = 1},
    {.sku = "two", .unit = "u", .currency = "GBP", .per = PRICE_BOOK_MONTH, .price = 4000000, .file = 4},
    {.sku = "two", .unit = "u", .currency = "USD", .per = PRICE_BOOK_MONTH, .price = 2000000, .file = 2},
};
static const struct price_books books = {
    .items = items, .count = COUNT_OF(items), .files = files, .file_count = COUNT_OF(files)};

static void check(const struct rates *rates, const char *sku, int64_t price, const char *converted)
{
    const struct rates_one *rate;
    const struct price_book_item *item = price_book_find(&books, sku, "EUR", rates, &rate);
    if (price == 0) {
        assert_null(item);
        return;
    }
    assert_non_null(item);
    assert_int_equal(item->price, price);
    assert_true(converted ? rate && strcmp(rate->currency, converted) == 0 : !rate);
}

static void test_our_own_prices_count_before_lists_and_own_currency_before_conversion(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu", RATES);
    folder_must_load(p, "eu");
    const struct rates *rates = p->region->rates;
    check(rates, "all", 3000000, NULL);
    check(rates, "deal", 7000000, "USD"); /* negotiated in dollars, and still the one that was negotiated */
    check(rates, "lists", 9000000, NULL);
    check(rates, "two", 4000000, "GBP"); /* both convert: the book read last */
    check(rates, "none", 0, NULL);
    check(NULL, "all", 3000000, NULL);
    check(NULL, "deal", 9000000, NULL);
    check(NULL, "two", 0, NULL);
    assert_string_equal(price_book_other(&books, "two"), "GBP");
    assert_null(price_book_other(&books, "none"));
}

/* 0.0730 dollars an hour are not rounded to cents before they become euros. */
static void test_a_conversion_is_rounded_once_at_the_end(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu", "rates: { dated: 2026-11-01, source: ECB, USD: \"0.333333333333\" }\n");
    folder_must_load(p, "eu");
    const struct price_book_item hourly = {
        .sku = "x", .unit = "node", .currency = "USD", .per = PRICE_BOOK_HOUR, .price = 73001};
    const struct rates_one *rate = rates_find(p->region->rates, "USD");
    int64_t cost;
    assert_true(price_book_cost(&hourly, 1500, rate, &cost));
    /* 0.073001 * 1.5 * 730 * 0.333333333333 = 26.64536499997... */
    assert_int_equal(cost, 26645365);
    assert_true(price_book_cost(&hourly, 1, rate, &cost));
    assert_int_equal(cost, 17764); /* 0.01776357... */
    assert_false(price_book_cost(&hourly, INT64_MAX / 2, rate, &cost));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_rates_are_read_as_they_are_written),
        CASE(test_everything_wrong_with_rates_is_told_at_once),
        CASE(test_a_known_cost_has_a_date),
        CASE(test_our_own_prices_count_before_lists_and_own_currency_before_conversion),
        CASE(test_a_conversion_is_rounded_once_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
