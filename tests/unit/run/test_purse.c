/* The purse: what a run has committed never passes what was approved, whatever the order of its steps, and no
 * step that fits is kept waiting. */
#include "fake_run.h"

#include "plan/spend.h"
#include "run/purse.h"

struct world {
    struct region region;
    struct plan plan;
    struct decl decl;
    struct plan_step steps[32];
    struct arena *mem;
};

static uint64_t seed = 20261126;

static uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); /* Knuth's MMIX */
    return (uint32_t)(seed >> 33) % below;
}

static int setup(void **state)
{
    struct arena *mem = arena_new();
    struct world *w = ARENA_NEW(mem, struct world);
    w->mem = mem;
    w->region = (struct region){.name = "eu", .currency = "EUR"};
    w->decl = (struct decl){.kind = DECL_RESOURCE};
    w->plan = (struct plan){.region = &w->region, .steps = w->steps};
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    arena_free(w->mem);
    return 0;
}

static void add_step(struct world *w, enum plan_action action, bool priced, int64_t month, int64_t once)
{
    w->steps[w->plan.count++] = (struct plan_step){
        .address = "a.b.c",
        .decl = &w->decl,
        .action = action,
        .targeted = true,
        .cost = {.priced = priced, .month_low = month / 2, .month_high = month, .once_high = once}};
}

static struct purse open_purse(struct world *w, int64_t month, int64_t once, int64_t spent)
{
    struct purse_terms terms = {.limit = {.has_month = true, .month = month, .has_once = true, .once = once},
                                .limit_by = "the approval of ada",
                                .spent_once = spent,
                                .digest = "0123456789abcdef0123"};
    struct purse p;
    purse_open(&p, &terms, &w->plan);
    return p;
}

static void test_a_whole_plan_fits_the_ceiling_of_its_own_high_estimate(void **state)
{
    struct world *w = *state;
    struct spend sum;
    struct err err;
    const char *why;
    add_step(w, PLAN_KEEP, true, 100, 0);
    add_step(w, PLAN_UPDATE, true, 50, 0);
    add_step(w, PLAN_REPLACE, true, 30, 7);
    add_step(w, PLAN_CREATE, true, 20, 5);
    add_step(w, PLAN_CREATE, false, 0, 0);
    assert_true(spend_of_plan(&w->plan, &sum, &err));
    assert_int_equal(sum.month_high, 200);
    assert_int_equal(sum.once_high, 12);
    assert_int_equal(sum.unpriced, 1);
    struct purse p = open_purse(w, sum.month_high, sum.once_high, 0);
    for (uint32_t i = 1; i < w->plan.count; i++)
        assert_true(purse_take(&p, w->mem, &w->steps[i], &why));
    assert_int_equal(p.month, 200);
    assert_int_equal(p.once, 12);
    p = open_purse(w, 199, 12, 0);
    assert_false(purse_take(&p, w->mem, &w->steps[3], &why));
    assert_string_equal(why,
                        "not started: it costs up to EUR 0.00 by the month; EUR 0.00 are committed, and the "
                        "ceiling is EUR 0.00 (the approval of ada)");
}

/* Arithmetic that cannot overflow, beside the purse's. */
struct sums {
    __int128 month, once;
    int64_t limit_month, limit_once;
};

static void draw_steps(struct world *w, int64_t scale, struct sums *sums)
{
    static const enum plan_action actions[] = {PLAN_KEEP, PLAN_UPDATE, PLAN_REPLACE, PLAN_CREATE,
                                               PLAN_CREATE};
    w->plan.count = 0;
    for (uint32_t i = 0, n = 1 + draw(32); i < n; i++) {
        enum plan_action action = actions[draw(COUNT_OF(actions))];
        add_step(w, action, draw(5) > 0, scale / 100 * draw(100), scale / 100 * draw(20));
        if (action != PLAN_CREATE && w->steps[i].cost.priced)
            sums->month += w->steps[i].cost.month_high;
    }
    if (sums->month > INT64_MAX)
        sums->month = INT64_MAX;
}

static void check_take(struct purse *p, struct arena *mem, const struct plan_step *s, struct sums *sums)
{
    const char *why;
    bool is_once = s->action != PLAN_UPDATE;
    if (s->action == PLAN_KEEP || !s->cost.priced)
        return;
    __int128 month = sums->month + (s->action == PLAN_CREATE ? s->cost.month_high : 0);
    __int128 once = sums->once + (is_once ? s->cost.once_high : 0);
    bool fits = (s->cost.month_high == 0 || month <= sums->limit_month) &&
                (!is_once || s->cost.once_high == 0 || once <= sums->limit_once);
    assert_int_equal(purse_take(p, mem, s, &why), fits);
    if (fits) {
        sums->month = month;
        sums->once = once;
    }
    assert_true(p->month == (int64_t)sums->month && p->once == (int64_t)sums->once);
    assert_true(sums->once <= sums->limit_once);
}

static void test_no_order_of_steps_passes_a_limit_or_keeps_out_what_fits(void **state)
{
    struct world *w = *state;
    for (int round = 0; round < 4000; round++) {
        struct arena *mem = arena_new();
        struct sums sums = {0};
        int64_t scale = round % 7 == 0 ? INT64_MAX / 8 : 1000, unit = scale > 1000 ? scale / 10000 : 10;
        draw_steps(w, scale, &sums);
        sums.limit_month = unit * draw(1500);
        sums.limit_once = unit * draw(200);
        struct purse p = open_purse(w, sums.limit_month, sums.limit_once, 0);
        assert_true(p.month == (int64_t)sums.month);
        for (uint32_t i = 0; i < w->plan.count; i++)
            check_take(&p, mem, &w->steps[i], &sums);
        arena_free(mem);
    }
}

/* A change in place that may turn out to be a replacement is paid for as one: nobody is asked again then. */
static void test_what_may_become_a_replacement_costs_once(void **state)
{
    struct world *w = *state;
    const char *why;
    add_step(w, PLAN_UPDATE, true, 10, 7);
    struct purse p = open_purse(w, 100, 6, 0);
    assert_true(purse_take(&p, w->mem, &w->steps[0], &why));
    assert_null(purse_note(&p, w->mem, &w->steps[0]));
    w->steps[0].may_replace = true;
    assert_false(purse_take(&p, w->mem, &w->steps[0], &why));
    p = open_purse(w, 100, 7, 0);
    assert_true(purse_take(&p, w->mem, &w->steps[0], &why));
    assert_int_equal(p.once, 7);
    assert_non_null(purse_note(&p, w->mem, &w->steps[0]));
}

static void test_without_terms_nothing_is_limited(void **state)
{
    struct world *w = *state;
    struct purse p;
    const char *why;
    add_step(w, PLAN_CREATE, true, INT64_MAX, INT64_MAX);
    add_step(w, PLAN_CREATE, true, INT64_MAX, INT64_MAX);
    purse_open(&p, &(struct purse_terms){0}, &w->plan);
    assert_true(purse_take(&p, w->mem, &w->steps[0], &why));
    assert_true(purse_take(&p, w->mem, &w->steps[1], &why));
    assert_int_equal(p.month, INT64_MAX);
}

static void test_more_money_than_there_is_is_an_error(void **state)
{
    struct world *w = *state;
    struct spend sum;
    struct err err;
    add_step(w, PLAN_CREATE, true, INT64_MAX, 0);
    add_step(w, PLAN_KEEP, true, 1, 0);
    assert_false(spend_of_plan(&w->plan, &sum, &err));
    assert_string_equal(err.code, "plan.money");
}

static void test_the_note_of_an_operation_says_what_was_paid_once_and_under_which_plan(void **state)
{
    struct world *w = *state;
    add_step(w, PLAN_CREATE, true, 20, 5);
    add_step(w, PLAN_UPDATE, true, 20, 5);
    add_step(w, PLAN_CREATE, true, 20, 0);
    struct purse p = open_purse(w, 100, 100, 0);
    assert_string_equal(purse_note(&p, w->mem, &w->steps[0]), "{\"of\":\"0123456789abcdef\",\"once\":\"5\"}");
    assert_null(purse_note(&p, w->mem, &w->steps[1]));
    assert_null(purse_note(&p, w->mem, &w->steps[2]));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_whole_plan_fits_the_ceiling_of_its_own_high_estimate),
        TEST(test_no_order_of_steps_passes_a_limit_or_keeps_out_what_fits),
        TEST(test_what_may_become_a_replacement_costs_once),
        TEST(test_without_terms_nothing_is_limited),
        TEST(test_more_money_than_there_is_is_an_error),
        TEST(test_the_note_of_an_operation_says_what_was_paid_once_and_under_which_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
