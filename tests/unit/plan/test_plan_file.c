#include "base/tick.h"
#include "fake_rows.h"
#include "plan/plan_file.h"
#include "region/price_book.h"
#include "region/rates.h"

/* The same bytes for the same inputs, on disk and back; and what it all costs. */

static struct rig rig;

static int setup(void **state)
{
    (void)state;
    rig_open(&rig);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

/* Of everything: new, kept, changed, moved, with notes and files. */
static void fill(void)
{
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 1}");
    rig_built(&rig, "fake.named.b", "{'name': 'b', 'size': 1}");
    rig.steps.at[1].attrs = rig_json(&rig, "{'name': 'b', 'size': 2}");
    rig.steps.at[1].meta.owner = "team";
    rig.steps.at[1].meta.holds = rig_texts(&rig, "personal");
    rig.steps.at[1].meta.holds_count = 1;
    rig_step(&rig, "fake.tokened.c", "{'name': 'c', 'ref': '$fake.named.a:serial'}");
    rig_step(&rig, "fake.named.d", "{'name': 'd', 'ref': '$fake.tokened.c:serial'}");
    rig_step(&rig, "action.seed", "{'units': []}");
    rig.outputs = rig_refer(&rig, rig_json(&rig, "{'x': '$fake.named.d:serial'}"));
}

static void test_the_same_inputs_give_the_same_plan_in_any_order(void **state)
{
    (void)state;
    fill();
    rig_plan_rows(&rig);
    const char *digest = rig.plan->digest, *body = rig.plan->body;
    assert_int_equal(strlen(digest), 64);
    rig_plan(&rig);
    assert_string_equal(rig.plan->digest, digest);
    for (size_t i = 0; i < rig.steps.count / 2; i++) {
        struct decl d = rig.steps.at[i];
        rig.steps.at[i] = rig.steps.at[rig.steps.count - 1 - i];
        rig.steps.at[rig.steps.count - 1 - i] = d;
    }
    rig_plan(&rig);
    assert_string_equal(rig.plan->body, body);
    rig.ask.parallel = 1;
    rig_plan(&rig);
    assert_string_equal(rig.plan->digest, digest);
}

static void test_the_body_is_canonical(void **state)
{
    (void)state;
    fill();
    rig_plan_rows(&rig);
    const struct value *v;
    assert_true(value_json_parse(rig.mem, rig.plan->body, rig.plan->body_count, &v, &rig.err));
    assert_string_equal(value_json_text(rig.mem, v), rig.plan->body);
    char hex[DIGEST_HEX];
    digest_text(rig.plan->body, rig.plan->body_count, hex);
    assert_string_equal(rig.plan->digest, hex);
}

static void test_whatever_is_decided_is_in_the_digest(void **state)
{
    (void)state;
    fill();
    rig_plan_rows(&rig);
    const char *digest = rig.plan->digest;
    rig.world->objects[0].etag = 1;
    snprintf(rig.world->objects[0].state, FAKE_STATE, "{\"name\":\"a\",\"size\":1,\"place\":\"ie\"}");
    rig_plan(&rig);
    assert_string_not_equal(rig.plan->digest, digest);
    /* A run was made since, even though it changed nothing. */
    digest = rig.plan->digest;
    const struct store_run last = {.run_id = "11111111111111111111111111111111"};
    rig.truth.last_run = &last;
    rig_plan(&rig);
    assert_string_not_equal(rig.plan->digest, digest);
}

static const char *save(void)
{
    const char *path = file_join(rig.mem, rig.folder, "eu.plan");
    const struct value *options = rig_json(&rig, "{'targets': []}");
    if (!plan_file_save(rig.plan, options, loop_tick(rig.loop), "ada", path, &rig.err))
        fail_msg("%s", rig.err.summary);
    return path;
}

static void test_a_plan_file_is_what_was_planned(void **state)
{
    (void)state;
    fill();
    rig_plan_rows(&rig);
    const char *path = save();
    struct plan_file file;
    assert_true(plan_file_load(rig.mem, path, &file, &rig.err));
    assert_string_equal(file.region, "eu");
    assert_string_equal(file.digest, rig.plan->digest);
    assert_string_equal(file.lineage, RIG_LINEAGE);
    assert_int_equal(value_get_int(file.envelope, "serial", 0), 7);
    assert_string_equal(value_get_text(file.envelope, "made", ""), "2026-01-01T00:00:00.000Z");
    assert_string_equal(plan_file_explain_stale(rig.mem, &file, rig.plan, 9), "");
    (void)unlink(path);
}

static void test_what_is_stale_says_what_differs(void **state)
{
    (void)state;
    fill();
    rig_plan_rows(&rig);
    const char *path = save();
    struct plan_file file;
    assert_true(plan_file_load(rig.mem, path, &file, &rig.err));
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'a', 'size': 9}");
    rig.steps.at[3] = rig.steps.at[4];
    rig.steps.count = 4;
    rig.outputs = NULL;
    rig_step(&rig, "fake.named.e", "{'name': 'e'}");
    rig_plan(&rig);
    assert_string_equal(plan_file_explain_stale(rig.mem, &file, rig.plan, 9),
                        "fake.named.a: keep in the plan, now update\n"
                        "fake.named.d: create in the plan, now no longer a step\n"
                        "fake.named.e: no step in the plan, now create");
    assert_string_equal(plan_file_explain_stale(rig.mem, &file, rig.plan, 1),
                        "fake.named.a: keep in the plan, now update\nand 2 more");
    (void)unlink(path);
}

static void test_a_run_since_then_is_told_as_such(void **state)
{
    (void)state;
    fill();
    rig_plan_rows(&rig);
    const char *path = save();
    struct plan_file file;
    assert_true(plan_file_load(rig.mem, path, &file, &rig.err));
    const struct store_run last = {.run_id = "11111111111111111111111111111111"};
    rig.truth.last_run = &last;
    rig_plan(&rig);
    assert_string_equal(plan_file_explain_stale(rig.mem, &file, rig.plan, 9),
                        "the region: not built since in the plan, now built by another run");
    (void)unlink(path);
}

static void test_a_damaged_plan_file_is_refused_wherever_it_is_damaged(void **state)
{
    (void)state;
    fill();
    rig_plan_rows(&rig);
    const char *path = save(), *bytes;
    size_t count;
    struct plan_file file;
    assert_true(file_read(rig.mem, path, 1 << 20, &bytes, &count, &rig.err));
    size_t envelope = (size_t)(strstr(bytes, "\"envelope\"") - bytes),
           body = (size_t)(strstr(bytes, "\"body\"") - bytes);
    for (size_t i = 0; i < count; i += 7) {
        if (i >= envelope && i < body)
            continue; /* checked, not digested */
        char *bad = arena_text_n(rig.mem, bytes, count);
        bad[i] ^= 1;
        assert_true(file_replace(path, bad, count, 0644, &rig.err));
        if (plan_file_load(rig.mem, path, &file, &rig.err))
            fail_msg("byte %zu may be changed unseen: %.20s", i, bytes + i);
    }
    for (size_t cut = 2; cut < count; cut += 101) {
        assert_true(file_replace(path, bytes, count - cut, 0644, &rig.err));
        assert_false(plan_file_load(rig.mem, path, &file, &rig.err));
    }
    char *newer = arena_text_n(rig.mem, bytes, count);
    memcpy(strstr(newer, "landfall.plan/1"), "landfall.plan/2", 15);
    assert_true(file_replace(path, newer, count, 0644, &rig.err));
    assert_false(plan_file_load(rig.mem, path, &file, &rig.err));
    assert_string_equal(rig.err.code, "plan_file.newer");
    (void)unlink(path);
    assert_false(plan_file_load(rig.mem, path, &file, &rig.err));
}

static void test_a_made_up_lineage_is_refused(void **state)
{
    (void)state;
    fill();
    rig_plan_rows(&rig);
    const char *path = save(), *bytes;
    size_t count;
    struct plan_file file;
    assert_true(file_read(rig.mem, path, 1 << 20, &bytes, &count, &rig.err));
    char *bad = arena_text_n(rig.mem, bytes, count);
    *strstr(bad, RIG_LINEAGE) = '/';
    assert_true(file_replace(path, bad, count, 0644, &rig.err));
    assert_false(plan_file_load(rig.mem, path, &file, &rig.err));
    assert_string_equal(rig.err.code, "plan_file.damaged");
    (void)unlink(path);
}

static void test_a_plan_is_not_written_over_anything_else(void **state)
{
    (void)state;
    fill();
    rig_plan_rows(&rig);
    const char *path = save(), *bytes;
    size_t count;
    assert_true(plan_file_save(rig.plan, value_null(), loop_tick(rig.loop), "ada", path, &rig.err));
    assert_true(file_replace(path, "", 0, 0644, &rig.err));
    assert_true(plan_file_save(rig.plan, value_null(), loop_tick(rig.loop), "ada", path, &rig.err));
    assert_true(file_replace(path, "region: eu\n", 11, 0644, &rig.err));
    assert_false(plan_file_save(rig.plan, value_null(), loop_tick(rig.loop), "ada", path, &rig.err));
    assert_string_equal(rig.err.code, "plan_file.in_the_way");
    assert_true(file_read(rig.mem, path, 1 << 20, &bytes, &count, &rig.err));
    assert_string_equal(bytes, "region: eu\n");
    (void)unlink(path);
}

/* Who does as the advice says overwrites what it names. */
static void test_the_advice_names_no_file_that_is_no_plan(void **state)
{
    (void)state;
    struct plan_file file;
    const char *path = "advice_test.plan";
    assert_true(file_replace(path, "region: eu\n", 11, 0644, &rig.err));
    assert_false(plan_file_load(rig.mem, path, &file, &rig.err));
    assert_string_equal(rig.err.code, "plan_file.damaged");
    assert_null(strstr(rig.err.advice, path));
    const char *cut = "{\"format\":\"landfall.plan/1\",\"dig";
    assert_true(file_replace(path, cut, strlen(cut), 0644, &rig.err));
    assert_false(plan_file_load(rig.mem, path, &file, &rig.err));
    assert_string_equal(rig.err.code, "plan_file.damaged");
    assert_non_null(strstr(rig.err.advice, path));
    (void)unlink(path);
}

/* ---- cost ------------------------------------------------------------------------------------------- */

static const struct price_book_item prices[] = {
    {.sku = "fake.setup", .unit = "piece", .currency = "EUR", .per = PRICE_BOOK_ONCE, .price = 5000000},
    {.sku = "fake.storage", .unit = "gb", .currency = "EUR", .per = PRICE_BOOK_MONTH, .price = 100000},
};

static const struct price_book_file files[] = {
    {.path = "prices/ours.yaml",
     .digest = "00",
     .currency = "EUR",
     .source = "contract 17",
     .dated = "2026-11-01",
     .valid_until = "2027-01-31",
     .ours = true},
};

static void test_costs_add_up_and_what_is_unknown_is_never_zero(void **state)
{
    (void)state;
    const struct price_books books = {.items = prices, .count = 2, .files = files, .file_count = 1};
    rig.ask.prices = &books;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 10}");
    rig_step(&rig, "fake.tokened.b", "{'name': 'b', 'size': 20}");
    rig_step(&rig, "fake.blind.c", "{'name': 'c', 'size': 20}");
    rig_step(&rig, "fake.named.d", "{'name': 'd', 'size': 13}");
    rig_plan_rows(&rig);
    const struct plan_cost *a = &rig_at(&rig, "fake.named.a")->cost;
    assert_true(a->priced);
    assert_int_equal(a->month_low, 1000000);
    assert_int_equal(a->month_expected, 1000000);
    assert_int_equal(a->month_high, 2000000);
    assert_int_equal(a->once_low, 0); /* it is there already */
    const struct plan_cost *b = &rig_at(&rig, "fake.tokened.b")->cost;
    assert_int_equal(b->month_low, 2000000);
    assert_int_equal(b->once_high, 5000000);
    const struct plan_cost *c = &rig_at(&rig, "fake.blind.c")->cost;
    assert_false(c->priced);
    assert_string_equal(c->why_not, "fake-fake does not estimate 'blind'");
    const struct plan_cost *d = &rig_at(&rig, "fake.named.d")->cost;
    assert_false(d->priced);
    assert_string_equal(d->why_not, "storage cannot be bounded: give the step a guess");
    const struct plan_totals *t = &rig.plan->totals;
    assert_int_equal(t->priceable, 4);
    assert_int_equal(t->priced, 2);
    assert_true(t->cost.priced);
    assert_int_equal(t->cost.month_low, 3000000);
    assert_int_equal(t->cost.month_high, 6000000);
    assert_int_equal(t->cost.once_low, 5000000);
}

/* It costs once only if it has to be made anew, which is known when nobody is asked any more. */
static void test_what_may_become_a_replacement_may_cost_once(void **state)
{
    (void)state;
    const struct price_books books = {.items = prices, .count = 2, .files = files, .file_count = 1};
    rig.ask.prices = &books;
    rig_row(&rig, "fake.named.a", "{'name': 'a', 'size': 10, 'engine': 'x'}");
    rig_step(&rig, "fake.named.a", "{'name': 'a', 'size': 10, 'engine': '$fake.named.b:serial'}");
    rig_step(&rig, "fake.named.b", "{'name': 'b', 'size': 20}");
    rig_plan_rows(&rig);
    const struct plan_step *a = rig_at(&rig, "fake.named.a");
    assert_true(plan_may_replace(a));
    assert_int_equal(a->cost.once_low, 0);
    assert_int_equal(a->cost.once_expected, 0);
    assert_int_equal(a->cost.once_high, 5000000);
    assert_int_equal(rig.plan->totals.cost.once_high, 10000000);
}

static void test_a_guess_prices_what_nobody_can_bound(void **state)
{
    (void)state;
    const struct price_books books = {.items = prices, .count = 2, .files = files, .file_count = 1};
    rig.ask.prices = &books;
    struct decl *d = rig_step(&rig, "fake.named.d", "{'name': 'd', 'size': 13}");
    d->meta.guess = rig_json(&rig, "{'monthly': 300, 'one_off': '12.50'}");
    rig_plan(&rig);
    const struct plan_cost *c = &rig_at(&rig, "fake.named.d")->cost;
    assert_true(c->priced && c->guess);
    assert_int_equal(c->month_low, 300000000);
    assert_int_equal(c->month_high, 300000000);
    assert_int_equal(c->once_low, 12500000);
}

static void test_guesses_of_people_are_summed_apart(void **state)
{
    (void)state;
    const struct price_books books = {.items = prices, .count = 2, .files = files, .file_count = 1};
    rig.ask.prices = &books;
    rig_step(&rig, "fake.named.a", "{'name': 'a', 'size': 10}");
    struct decl *todo = rig_step(&rig, "todo.mail", "{}");
    todo->meta.guess = rig_json(&rig, "{'monthly': 300, 'one_off': '12.50'}");
    rig_step(&rig, "todo.chat", "{}");
    rig_plan(&rig);
    const struct plan_totals *t = &rig.plan->totals;
    assert_int_equal(t->cost.month_low, 1000000);
    assert_false(t->cost.guess);
    assert_true(t->guess.priced && t->guess.guess);
    assert_int_equal(t->guess.month_expected, 300000000);
    assert_int_equal(t->guess.once_high, 12500000);
    assert_int_equal(t->priceable, 3);
    assert_int_equal(t->priced, 1);
    assert_int_equal(t->guessed, 1);
    assert_string_equal(rig_at(&rig, "todo.chat")->cost.why_not, "a todo without a guess of its money");
}

static void test_a_cost_can_say_what_it_is_made_of(void **state)
{
    (void)state;
    const struct price_books books = {.items = prices, .count = 2, .files = files, .file_count = 1};
    rig.ask.prices = &books;
    rig_step(&rig, "fake.named.a", "{'name': 'a', 'size': 10}");
    rig_plan(&rig);
    assert_int_equal(rig_at(&rig, "fake.named.a")->cost_line_count, 0); /* nobody asked */
    rig.ask.keep_lines = true;
    rig_plan(&rig);
    const struct plan_step *s = rig_at(&rig, "fake.named.a");
    assert_int_equal(s->cost_line_count, 2);
    const struct plan_cost_line *storage = &s->cost_lines[0], *setup_line = &s->cost_lines[1];
    assert_string_equal(storage->what, "storage");
    assert_string_equal(storage->per, "month");
    assert_string_equal(storage->book, "prices/ours.yaml");
    assert_null(storage->rate);
    assert_int_equal(storage->low_milli, 10000);
    assert_int_equal(storage->price, 100000);
    assert_int_equal(storage->low, s->cost.month_low);
    assert_int_equal(storage->high, s->cost.month_high);
    assert_string_equal(setup_line->per, "once");
    assert_int_equal(setup_line->expected, s->cost.once_expected);
}

/* Half a year on, with not a file changed, the plan is the same one; it only says that its prices are old. */
static void test_stale_prices_are_a_warning_and_change_no_digest(void **state)
{
    (void)state;
    int64_t day_ms;
    const struct price_books books = {.items = prices, .count = 2, .files = files, .file_count = 1};
    rig.ask.prices = &books;
    rig.region.timezone = "Europe/Dublin";
    rig_step(&rig, "fake.named.a", "{'name': 'a', 'size': 10}");
    assert_true(tick_parse("2027-01-31T23:59:59Z", &day_ms));
    rig.ask.wall_ms = day_ms;
    rig_plan(&rig);
    const char *digest = rig.plan->digest;
    assert_int_equal(rig.plan->note_count, 0);
    assert_true(rig.plan->prices_used[0]);
    rig.ask.wall_ms = day_ms + 1000;
    rig_plan(&rig);
    assert_string_equal(rig.plan->digest, digest);
    assert_int_equal(rig.plan->note_count, 1);
    assert_string_equal(rig.plan->notes[0].code, "cost.stale");
    assert_string_equal(rig.plan->notes[0].where, "prices/ours.yaml");
    assert_non_null(strstr(rig.plan->notes[0].advice, "contract 17"));
}

static void test_prices_nobody_counts_on_may_be_stale(void **state)
{
    (void)state;
    const struct price_books books = {.items = prices, .count = 2, .files = files, .file_count = 1};
    rig.ask.prices = &books;
    rig.region.timezone = "UTC";
    rig_step(&rig, "fake.blind.a", "{'name': 'a', 'size': 10}");
    rig.ask.wall_ms = INT64_MAX / 2;
    rig_plan(&rig);
    assert_int_equal(rig.plan->note_count, 0);
}

static void test_a_foreign_price_without_a_rate_says_what_to_add(void **state)
{
    (void)state;
    struct price_book_item foreign[] = {prices[0], prices[1]};
    foreign[0].currency = foreign[1].currency = "USD";
    const struct price_books books = {.items = foreign, .count = 2, .files = files, .file_count = 1};
    rig.ask.prices = &books;
    rig_step(&rig, "fake.named.a", "{'name': 'a', 'size': 10}");
    rig_plan(&rig);
    assert_string_equal(
        rig_at(&rig, "fake.named.a")->cost.why_not,
        "no price for 'fake.storage' in EUR, one in USD: 'rates' in regions/eu.yaml can convert it");
    const struct rates_one gbp = {.currency = "GBP", .rate = {8, 10}, .text = "0.8"};
    struct rates rates = {.dated = "2026-11-01", .source = "ECB", .at = &gbp, .count = 1};
    rig.region.rates = &rates;
    rig_step(&rig, "fake.named.b", "{'name': 'b', 'size': 10}");
    assert_non_null(strstr(rig_refused(&rig, "cost.no_rate"), "no rate for USD"));
    assert_int_equal(rig.diags.errors, 1); /* once, for both steps */
    assert_non_null(strstr(rig.err.advice, "what one USD is in EUR"));
    const struct rates_one usd = {.currency = "USD", .rate = {5, 10}, .text = "0.5"};
    rates.at = &usd;
    rig_plan(&rig);
    const struct plan_cost *c = &rig_at(&rig, "fake.named.a")->cost;
    assert_true(c->priced);
    assert_int_equal(c->month_low, 500000);
    assert_int_equal(c->month_high, 1000000);
    assert_int_equal(c->once_high, 2500000);
}

static void test_more_money_than_can_be_counted_is_an_error(void **state)
{
    (void)state;
    struct price_book_item dear[] = {prices[0], prices[1]};
    dear[1].price = INT64_MAX / 8;
    const struct price_books books = {.items = dear, .count = 2, .files = files, .file_count = 1};
    rig.ask.prices = &books;
    rig_step(&rig, "fake.named.a", "{'name': 'a', 'size': 4}");
    rig_step(&rig, "fake.named.b", "{'name': 'b', 'size': 1}");
    (void)rig_refused(&rig, "cost.overflow"); /* a: at most 8 / 8 of all there is, and b another quarter */
    dear[1].price = INT64_MAX / 6;
    (void)rig_refused(&rig, "cost.overflow"); /* a alone */
}

static void test_without_a_price_nothing_is_priced(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig_plan(&rig);
    assert_false(rig_at(&rig, "fake.named.a")->cost.priced);
    assert_string_equal(rig_at(&rig, "fake.named.a")->cost.why_not, "no price for 'fake.storage' in EUR");
    assert_false(rig.plan->totals.cost.priced);
    struct price_book_item other[] = {prices[0], prices[1]};
    other[1].unit = "tb";
    const struct price_books books = {.items = other, .count = 2, .files = files, .file_count = 1};
    rig.ask.prices = &books;
    rig_plan(&rig);
    assert_string_equal(rig_at(&rig, "fake.named.a")->cost.why_not,
                        "'fake.storage' is counted in 'gb' and priced by 'tb'");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_the_same_inputs_give_the_same_plan_in_any_order),
        T(test_the_body_is_canonical),
        T(test_whatever_is_decided_is_in_the_digest),
        T(test_a_plan_file_is_what_was_planned),
        T(test_what_is_stale_says_what_differs),
        T(test_a_run_since_then_is_told_as_such),
        T(test_a_damaged_plan_file_is_refused_wherever_it_is_damaged),
        T(test_a_made_up_lineage_is_refused),
        T(test_a_plan_is_not_written_over_anything_else),
        T(test_the_advice_names_no_file_that_is_no_plan),
        T(test_costs_add_up_and_what_is_unknown_is_never_zero),
        T(test_what_may_become_a_replacement_may_cost_once),
        T(test_a_guess_prices_what_nobody_can_bound),
        T(test_guesses_of_people_are_summed_apart),
        T(test_a_cost_can_say_what_it_is_made_of),
        T(test_stale_prices_are_a_warning_and_change_no_digest),
        T(test_prices_nobody_counts_on_may_be_stale),
        T(test_a_foreign_price_without_a_rate_says_what_to_add),
        T(test_more_money_than_can_be_counted_is_an_error),
        T(test_without_a_price_nothing_is_priced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
