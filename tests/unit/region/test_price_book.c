/* Price books: exact amounts, later books win, no price is ever guessed. */
#include "project_folder.h"

#include "region/price_book.h"

#define HEAD "currency: EUR\nsource: https://provider.example/pricing\ndated: 2026-11-01\n"

static struct price_books *load(struct folder *p, const char *const *paths, size_t count)
{
    struct price_books *books = NULL;
    struct price_book_at at[8];
    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++)
        at[i] = (struct price_book_at){p->path, paths[i], true};
    diag_init(&p->diags, p->mem);
    return price_book_load(p->mem, at, count, &books, &p->diags, &p->err) ? books : NULL;
}

static struct price_books *given(struct folder *p, const char *text)
{
    static const char *const paths[] = {"prices/a.yaml"};
    folder_write(p, "prices/a.yaml", text);
    return load(p, paths, 1);
}

/* Without rates: only what is priced in that currency. */
static const struct price_book_item *find(const struct price_books *books, const char *sku,
                                          const char *currency)
{
    const struct rates_one *rate;
    const struct price_book_item *item = price_book_find(books, sku, currency, NULL, &rate);
    assert_null(rate);
    return item;
}

static void test_prices_are_exact_and_know_their_source(void **state)
{
    struct folder *p = *state;
    struct price_books *books =
        given(p, HEAD "valid_until: 2027-01-31\n"
                      "items:\n"
                      "  database.medium: { unit: node, per: hour, price: \"0.0730\" }\n"
                      "  dns.zone: { unit: zone, per: month, price: 1 }\n"
                      "  setup: { unit: entity, per: once, price: \"12.50\" }\n");
    assert_non_null(books);
    assert_int_equal(books->count, 3);
    const struct price_book_item *item = find(books, "database.medium", "EUR");
    assert_int_equal(item->price, 73000);
    assert_int_equal(item->per, PRICE_BOOK_HOUR);
    assert_string_equal(item->unit, "node");
    const struct price_book_file *file = &books->files[item->file];
    assert_string_equal(file->path, "prices/a.yaml");
    assert_string_equal(file->currency, "EUR");
    assert_string_equal(file->source, "https://provider.example/pricing");
    assert_string_equal(file->valid_until, "2027-01-31");
    assert_true(file->ours);
    assert_int_equal(find(books, "dns.zone", "EUR")->price, 1000000);
    assert_int_equal(books->file_count, 1);
    assert_int_equal(strlen(books->files[0].digest), 64);
}

static void test_what_has_no_price_in_that_currency_has_none(void **state)
{
    struct folder *p = *state;
    struct price_books *books = given(p, HEAD "items: { a: { unit: u, per: month, price: 1 } }\n");
    assert_non_null(find(books, "a", "EUR"));
    assert_null(find(books, "a", "USD"));
    assert_null(find(books, "b", "EUR"));
    books = load(p, NULL, 0);
    assert_non_null(books);
    assert_null(find(books, "a", "EUR"));
}

static void test_an_hourly_price_makes_a_month_of_730_hours(void **state)
{
    struct folder *p = *state;
    struct price_books *books = given(p, HEAD "items:\n"
                                              "  h: { unit: u, per: hour, price: \"0.0730\" }\n"
                                              "  m: { unit: u, per: month, price: \"2.50\" }\n");
    int64_t cost;
    assert_true(price_book_cost(find(books, "h", "EUR"), 2000, NULL, &cost));
    assert_int_equal(cost, 106580000); /* 2 * 730 * 0.073 */
    assert_true(price_book_cost(find(books, "m", "EUR"), 500, NULL, &cost));
    assert_int_equal(cost, 1250000);
    assert_false(price_book_cost(find(books, "h", "EUR"), INT64_MAX, NULL, &cost));
}

static void test_a_later_book_wins(void **state)
{
    struct folder *p = *state;
    static const char *const paths[] = {"list.yaml", "ours.yaml"};
    folder_write(p, "list.yaml",
                 HEAD "items:\n  a: { unit: u, per: month, price: 10 }\n"
                      "  b: { unit: u, per: month, price: 20 }\n");
    folder_write(p, "ours.yaml",
                 "currency: EUR\nsource: contract 17\ndated: 2026-11-02\n"
                 "items:\n  a: { unit: u, per: month, price: 7 }\n");
    struct price_books *books = load(p, paths, 2);
    assert_int_equal(books->count, 2);
    assert_int_equal(find(books, "a", "EUR")->price, 7000000);
    assert_string_equal(books->files[find(books, "a", "EUR")->file].source, "contract 17");
    assert_int_equal(find(books, "b", "EUR")->price, 20000000);
}

static void test_everything_wrong_is_told_at_once(void **state)
{
    struct folder *p = *state;
    assert_null(given(p, "currency: EURO\n"
                         "source: x\n"
                         "dated: lately\n"
                         "items:\n"
                         "  a: { unit: u, per: hour, price: 0.073 }\n"
                         "  b: { unit: u, per: mouth, price: 1 }\n"
                         "  c: { unit: u, per: hour, price: -1 }\n"
                         "  d: { unit: u, per: hour, price: \"1,5\" }\n"
                         "  e: { unit: u, pre: hour, price: 1 }\n"
                         "  f: { unit: u, per: hour, price: 9223372036854775807 }\n"));
    folder_says(p, "price_book.currency", "prices/a.yaml:1:11", "ISO 4217");
    folder_says(p, "price_book.date", "prices/a.yaml:3:8", "'lately'");
    folder_says(p, "price_book.money_float", "prices/a.yaml:5:35", "quote it");
    folder_says(p, "price_book.per", "prices/a.yaml:6:22", "did you mean 'month'?");
    folder_says(p, "price_book.price", "prices/a.yaml:7:35", "0 or more");
    folder_says(p, "money.syntax", "prices/a.yaml:8:35", "");
    folder_says(p, "price_book.unknown_key", "prices/a.yaml:9:17", "did you mean 'per'?");
    folder_says(p, "price_book.missing_key", "prices/a.yaml:9:6", "'per'");
    folder_says(p, "price_book.price", "prices/a.yaml:10:35", "one unit");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_prices_are_exact_and_know_their_source),
        CASE(test_what_has_no_price_in_that_currency_has_none),
        CASE(test_an_hourly_price_makes_a_month_of_730_hours),
        CASE(test_a_later_book_wins),
        CASE(test_everything_wrong_is_told_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
