/* Sums of a plan: every step once, guesses and unknowns apart, and never more than can be counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "big_plan.h"
#include "model/money.h"
#include "plan/cost_table.h"

#define STEPS 2000

static struct arena *mem;
static struct big_plan big;

static int setup(void **state)
{
    (void)state;
    mem = arena_new();
    return big_plan_make(&big, mem, STEPS) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(mem);
    return 0;
}

/* A number that depends on nothing but i: the same in every run. */
static int64_t odd(uint32_t i, uint32_t salt)
{
    uint64_t n = (i + 1) * UINT64_C(0x9E3779B97F4A7C15) + salt;
    n ^= n >> 31;
    return (int64_t)(n * UINT64_C(0xBF58476D1CE4E5B9) >> 24);
}

/* Of five steps one is unknown, one is a guess and one is left out by --target. */
static void fill(void)
{
    for (uint32_t i = 0; i < big.plan.count; i++) {
        struct plan_step *s = &big.plan.steps[i];
        int64_t low = odd(i, 1), more = odd(i, 2), most = odd(i, 3);
        s->targeted = i % 5 != 2;
        s->cost = (struct plan_cost){.priced = true,
                                     .guess = i % 5 == 1,
                                     .once_low = low / 7,
                                     .once_expected = low / 7 + more / 9,
                                     .once_high = low / 7 + more / 9 + most / 11,
                                     .month_low = low,
                                     .month_expected = low + more,
                                     .month_high = low + more + most};
        if (i % 5 == 0)
            s->cost = (struct plan_cost){.why_not = "nobody knows"};
    }
}

static void add(struct plan_cost *to, const struct plan_cost *c)
{
    to->once_low += c->once_low;
    to->once_expected += c->once_expected;
    to->once_high += c->once_high;
    to->month_low += c->month_low;
    to->month_expected += c->month_expected;
    to->month_high += c->month_high;
}

static void check_equal(const struct plan_cost *a, const struct plan_cost *b)
{
    assert_int_equal(a->once_low, b->once_low);
    assert_int_equal(a->once_expected, b->once_expected);
    assert_int_equal(a->once_high, b->once_high);
    assert_int_equal(a->month_low, b->month_low);
    assert_int_equal(a->month_expected, b->month_expected);
    assert_int_equal(a->month_high, b->month_high);
}

static void check_ordered(const struct plan_cost *c)
{
    assert_true(c->once_low <= c->once_expected && c->once_expected <= c->once_high);
    assert_true(c->month_low <= c->month_expected && c->month_expected <= c->month_high);
}

static void test_every_way_of_summing_comes_to_the_same(void **state)
{
    (void)state;
    struct plan_cost priced = {0}, guessed = {0};
    struct err err;
    uint32_t unknown = 0, counted = 0;
    fill();
    for (uint32_t i = 0; i < big.plan.count; i++) {
        const struct plan_step *s = &big.plan.steps[i];
        counted += s->targeted;
        unknown += s->targeted && !s->cost.priced;
        if (s->targeted && s->cost.priced)
            add(s->cost.guess ? &guessed : &priced, &s->cost);
    }
    for (int by = 0; by < COST_TABLE_WAYS; by++) {
        struct cost_table table;
        struct plan_cost sum = {0}, guess = {0};
        uint32_t steps = 0, rest = 0;
        assert_true(cost_table_make(mem, &big.plan, (enum cost_table_by)by, &table, &err));
        assert_true(table.count > 2);
        for (size_t k = 0; k < table.count; k++) {
            const struct cost_table_sum *row = &table.rows[k].sum;
            check_ordered(&row->cost);
            check_ordered(&row->guess);
            assert_false(row->cost.guess);
            assert_int_equal(row->guess.guess, row->guess.priced);
            assert_int_equal(row->steps, row->priced + row->guessed + row->unknown);
            add(&sum, &row->cost);
            add(&guess, &row->guess);
            steps += row->steps;
            rest += row->unknown;
        }
        check_equal(&sum, &priced);
        check_equal(&guess, &guessed);
        assert_int_equal(steps, counted);
        assert_int_equal(rest, unknown);
    }
}

static void check_names(enum cost_table_by by, const char *const *names, size_t count)
{
    struct cost_table table;
    struct err err;
    assert_true(cost_table_make(mem, &big.plan, by, &table, &err));
    assert_int_equal(table.count, count);
    for (size_t k = 0; k < count; k++)
        assert_string_equal(table.rows[k].name, names[k]);
}

static void test_stages_stand_in_the_order_of_the_playbook_and_the_rest_by_name(void **state)
{
    (void)state;
    static const char *const stages[] = {"names", "data", "messages", "contents", "people"};
    static const char *const subsystems[] = {"action", "database", "dns", "human", "queue", "todo"};
    static const char *const owners[] = {"channels", "data-platform", "dns-team", "legal", "security", ""};
    fill();
    check_names(COST_TABLE_STAGE, stages, COUNT_OF(stages));
    check_names(COST_TABLE_SUBSYSTEM, subsystems, COUNT_OF(subsystems));
    check_names(COST_TABLE_OWNER, owners, COUNT_OF(owners));
}

static void test_a_step_that_can_cost_nothing_is_in_no_table(void **state)
{
    (void)state;
    struct cost_table table;
    struct err err;
    assert_true(cost_table_make(mem, &big.plan, COST_TABLE_OWNER, &table, &err));
    assert_int_equal(table.count, 0);
}

static void test_a_sum_beyond_all_money_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    struct cost_table_sum sum = {0};
    struct cost_table table;
    struct err err;
    struct plan_step *a = &big.plan.steps[0], *b = &big.plan.steps[1];
    a->cost = (struct plan_cost){.priced = true, .month_high = INT64_MAX};
    b->cost = (struct plan_cost){.priced = true, .month_low = 1, .month_expected = 1, .month_high = 1};
    assert_true(cost_table_add(&sum, a));
    assert_false(cost_table_add(&sum, b));
    assert_int_equal(sum.cost.month_high, INT64_MAX);
    assert_int_equal(sum.cost.month_low, 0);
    assert_int_equal(sum.steps, 1);
    a->cost.guess = b->cost.guess = true;
    sum = (struct cost_table_sum){0};
    assert_true(cost_table_add(&sum, a));
    assert_false(cost_table_add(&sum, b));
    assert_false(cost_table_make(mem, &big.plan, COST_TABLE_SUBSYSTEM, &table, &err));
    assert_string_equal(err.code, "cost.overflow");
    assert_non_null(strstr(err.advice, b->address));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_every_way_of_summing_comes_to_the_same),
        T(test_stages_stand_in_the_order_of_the_playbook_and_the_rest_by_name),
        T(test_a_step_that_can_cost_nothing_is_in_no_table),
        T(test_a_sum_beyond_all_money_is_refused_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
