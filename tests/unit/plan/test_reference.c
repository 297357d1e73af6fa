/* The region a plan is compared with: priced from declarations alone, or stated. */
#include "fake_rig.h"

#include "plan/reference.h"
#include "region/price_book.h"
#include "region/rates.h"

static struct rig rig;

static const struct price_book_item prices[] = {
    {.sku = "fake.setup", .unit = "piece", .currency = "EUR", .per = PRICE_BOOK_ONCE, .price = 5000000},
    {.sku = "fake.storage", .unit = "gb", .currency = "EUR", .per = PRICE_BOOK_MONTH, .price = 100000},
};
static const struct price_book_file file = {
    .path = "prices/ours.yaml", .digest = "00", .currency = "EUR", .ours = true};
static const struct price_books books = {.items = prices, .count = 2, .files = &file, .file_count = 1};

static int setup(void **state)
{
    (void)state;
    rig_open(&rig);
    rig.ask.prices = &books;
    rig_step(&rig, "fake.named.own", "{'name': 'own', 'size': 10}");
    rig_plan(&rig);
    rig_forget_steps(&rig);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

/* Requests of the service by any verb but the estimate, which asks the driver alone. */
static uint32_t asked(void)
{
    uint32_t sum = 0;
    for (uint32_t verb = 0; verb < COUNT_OF(rig.world->asked); verb++)
        sum += verb == LF_VERB_ESTIMATE ? 0 : rig.world->asked[verb];
    return sum;
}

static struct plan_reference price(void)
{
    struct plan_reference out = {.region = "us"};
    struct reference_ask ask = {
        .plan = rig.plan, .loop = rig.loop, .registry = rig.registry, .decls = rig_decls(&rig)};
    uint32_t before = asked();
    reference_price(rig.mem, &ask, &out);
    assert_int_equal(asked(), before);
    return out;
}

static void test_the_other_region_is_priced_from_what_it_declares(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.a", "{'name': 'a', 'size': 100}");
    rig_step(&rig, "fake.named.b", "{'name': 'b', 'size': 50, 'ref': '$fake.named.a:serial'}");
    struct plan_reference r = price();
    assert_null(r.why_not);
    assert_null(r.dated);
    assert_string_equal(r.region, "us");
    assert_int_equal(r.month, 15000000);
    assert_int_equal(r.sum.cost.month_high, 30000000);
    assert_int_equal(r.sum.cost.once_expected, 10000000);
    assert_int_equal(reference_row(&r, COST_TABLE_SUBSYSTEM, "fake")->cost.month_expected, 15000000);
    assert_null(reference_row(&r, COST_TABLE_SUBSYSTEM, "dns"));
}

static void test_a_size_written_down_in_another_step_is_known(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.a", "{'name': 'a', 'size': 100}");
    rig_step(&rig, "fake.named.b", "{'name': 'b', 'size': '$fake.named.a:size'}");
    struct plan_reference r = price();
    assert_int_equal(r.month, 20000000);
}

static void test_what_cannot_be_estimated_is_counted_and_not_free(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.a", "{'name': 'a', 'size': 100}");
    rig_step(&rig, "fake.named.endless", "{'name': 'e', 'size': 13}");
    rig_step(&rig, "fake.blind.c", "{'name': 'c', 'size': 20}");
    rig_step(&rig, "fake.named.wrong", "{'name': 'w', 'size': 'no number'}");
    rig_step(&rig, "other.thing.d", "{'name': 'd'}");
    struct decl *todo = rig_step(&rig, "todo.later", "{}");
    todo->meta.guess = rig_json(&rig, "{'monthly': 300}");
    struct plan_reference r = price();
    assert_int_equal(r.month, 10000000);
    assert_int_equal(r.sum.priced, 1);
    assert_int_equal(r.sum.unknown, 4);
    assert_int_equal(r.sum.guessed, 1);
    assert_int_equal(r.sum.guess.month_expected, 300000000);
}

static void test_a_region_without_a_single_price_is_not_compared(void **state)
{
    (void)state;
    rig_step(&rig, "fake.blind.c", "{'name': 'c', 'size': 20}");
    struct plan_reference r = price();
    assert_string_equal(r.why_not, "none of its steps is priced here");
}

/* ---- stated ------------------------------------------------------------------------------------------- */

static struct plan_reference state_of(const char *currency, const char *cost, const struct rates *rates)
{
    struct plan_reference out = {.region = "us"};
    struct region own = {.name = "eu", .currency = "EUR", .rates = rates};
    struct region other = {.name = "us", .currency = currency, .cost = rig_json(&rig, cost)};
    reference_state(rig.mem, &own, &other, &out);
    return out;
}

static void test_a_stated_cost_is_taken_at_its_word_and_its_date(void **state)
{
    (void)state;
    struct plan_reference r = state_of("EUR", "{'monthly': '14210.55', 'dated': '2026-10-31'}", NULL);
    assert_null(r.why_not);
    assert_string_equal(r.dated, "2026-10-31");
    assert_int_equal(r.month, 14210550000);
    assert_int_equal(state_of("EUR", "{'monthly': 7, 'dated': '2026-10-31'}", NULL).month, 7000000);
}

static void test_a_stated_cost_in_another_currency_needs_a_rate(void **state)
{
    (void)state;
    const struct rates_one usd = {.currency = "USD", .rate = {9215, 10000}, .text = "0.9215"};
    const struct rates rates = {.dated = "2026-11-01", .source = "ECB", .at = &usd, .count = 1};
    struct plan_reference r = state_of("USD", "{'monthly': '14210.55', 'dated': '2026-10-31'}", &rates);
    assert_null(r.why_not);
    assert_int_equal(r.month, 13095021825);
    r = state_of("USD", "{'monthly': 7, 'dated': '2026-10-31'}", NULL);
    assert_non_null(strstr(r.why_not, "'rates' in regions/eu.yaml"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_the_other_region_is_priced_from_what_it_declares),
        T(test_a_size_written_down_in_another_step_is_known),
        T(test_what_cannot_be_estimated_is_counted_and_not_free),
        T(test_a_region_without_a_single_price_is_not_compared),
        T(test_a_stated_cost_is_taken_at_its_word_and_its_date),
        T(test_a_stated_cost_in_another_currency_needs_a_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
