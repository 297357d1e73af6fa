#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "launch/schedule.h"

/* Dates against brute force: small random nets, every path walked and every outcome enumerated. */

#define NODES_MOST 10
#define GOALS      2

struct net {
    struct schedule_net net;
    uint32_t needs[NODES_MOST * NODES_MOST], needs_at[NODES_MOST + 1], goals[NODES_MOST];
    struct spread spreads[NODES_MOST];
    int64_t values[NODES_MOST][3];
    uint64_t seeds[NODES_MOST];
    bool takes[NODES_MOST];
};

static uint32_t chance_at;

/* A generator of the test's own, so that its nets do not depend on what is tested. */
static uint32_t chance(uint32_t below)
{
    chance_at = chance_at * 1664525 + 1013904223;
    return (chance_at >> 8) % below;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void random_step(struct net *n, uint32_t i, uint32_t most_values)
{
    uint32_t count = chance(8) == 0 ? 0 : 1 + chance(most_values), edges = n->needs_at[i];
    for (uint32_t k = 0; k < i; k++) {
        if (chance(3) == 0)
            n->needs[edges++] = k;
    }
    n->needs_at[i + 1] = edges;
    for (uint32_t v = 0; v < count; v++)
        n->values[i][v] = chance(4) == 0 ? 0 : 1 + chance(100);
    qsort(n->values[i], count, sizeof(int64_t), by_value);
    n->spreads[i] = (struct spread){n->values[i], count};
    n->seeds[i] = chance(1u << 24) * UINT64_C(0x1234567);
    n->takes[i] = chance(6) != 0;
    n->goals[i] = chance(4) == 0 ? SCHEDULE_NO_GOAL : chance(GOALS);
}

static void random_net(struct net *n, uint32_t seed, uint32_t most_values)
{
    memset(n, 0, sizeof(*n));
    chance_at = seed * 2654435761u;
    uint32_t count = 1 + chance(NODES_MOST);
    for (uint32_t i = 0; i < count; i++)
        random_step(n, i, most_values);
    n->net = (struct schedule_net){.count = count,
                                   .needs = n->needs,
                                   .needs_at = n->needs_at,
                                   .spreads = n->spreads,
                                   .seeds = n->seeds,
                                   .takes = n->takes,
                                   .goals = n->goals,
                                   .goal_count = GOALS,
                                   .asked = seed % GOALS};
}

/* ---- brute force -------------------------------------------------------------------------------------- */

/* The longest of all paths that end in i, by walking each. */
static int64_t longest_to(const struct net *n, const int64_t *lengths, uint32_t i)
{
    int64_t longest = 0;
    for (uint32_t e = n->needs_at[i]; e < n->needs_at[i + 1]; e++) {
        int64_t one = longest_to(n, lengths, n->needs[e]);
        longest = one > longest ? one : longest;
    }
    return longest + lengths[i];
}

/* The longest of all paths from i (not counted itself) to a step of that goal; -1: no path leads there. */
static int64_t longest_from(const struct net *n, const int64_t *lengths, uint32_t i, uint32_t goal)
{
    int64_t longest = n->goals[i] == goal ? 0 : -1;
    for (uint32_t k = i + 1; k < n->net.count; k++) {
        for (uint32_t e = n->needs_at[k]; e < n->needs_at[k + 1]; e++) {
            int64_t rest = n->needs[e] == i ? longest_from(n, lengths, k, goal) : -1;
            if (rest >= 0 && rest + lengths[k] > longest)
                longest = rest + lengths[k];
        }
    }
    return longest;
}

static int64_t length_of_goal(const struct net *n, const int64_t *lengths, uint32_t goal)
{
    int64_t last = 0;
    for (uint32_t i = 0; i < n->net.count; i++) {
        int64_t end = n->goals[i] == goal ? longest_to(n, lengths, i) : 0;
        last = end > last ? end : last;
    }
    return last;
}

static void middles(const struct net *n, int64_t *lengths)
{
    for (uint32_t i = 0; i < n->net.count; i++)
        lengths[i] = n->takes[i] && n->spreads[i].count ? n->values[i][(n->spreads[i].count + 1) / 2 - 1] : 0;
}

/* The share of all equally likely outcomes in which that goal is reached by `ms`. */
static double share_by(const struct net *n, uint32_t goal, int64_t ms)
{
    uint32_t pick[NODES_MOST] = {0};
    uint64_t all = 0, in_time = 0;
    for (bool more = true; more;) {
        int64_t lengths[NODES_MOST];
        for (uint32_t i = 0; i < n->net.count; i++)
            lengths[i] = n->takes[i] && n->spreads[i].count ? n->values[i][pick[i]] : 0;
        all++;
        in_time += length_of_goal(n, lengths, goal) <= ms;
        more = false;
        for (uint32_t i = 0; i < n->net.count && !more; i++) {
            pick[i]++;
            more = pick[i] < n->spreads[i].count;
            if (!more)
                pick[i] = 0;
        }
    }
    return (double)in_time / (double)all;
}

/* ---- the timetable ------------------------------------------------------------------------------------ */

static void test_starts_ends_slack_and_lengths_are_those_of_all_paths_walked(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 3000; seed++) {
        struct net n;
        struct schedule s;
        struct arena *mem = arena_new();
        int64_t lengths[NODES_MOST];
        random_net(&n, seed, 3);
        middles(&n, lengths);
        schedule_make(mem, &n.net, &s);
        for (uint32_t g = 0; g < GOALS; g++)
            assert_int_equal(s.goals[g].length, length_of_goal(&n, lengths, g));
        for (uint32_t i = 0; i < n.net.count; i++) {
            int64_t end = longest_to(&n, lengths, i), rest = longest_from(&n, lengths, i, n.net.asked);
            assert_int_equal(s.ends[i], end);
            assert_int_equal(s.starts[i], end - lengths[i]);
            if (rest < 0)
                assert_int_equal(s.slack[i], INT64_MAX);
            else
                assert_int_equal(s.slack[i], s.goals[n.net.asked].length - end - rest);
        }
        arena_free(mem);
    }
}

static void test_the_path_is_a_chain_without_slack_as_long_as_the_goal(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 3000; seed++) {
        struct net n;
        struct schedule s;
        struct arena *mem = arena_new();
        int64_t lengths[NODES_MOST], sum = 0;
        random_net(&n, seed, 3);
        middles(&n, lengths);
        schedule_make(mem, &n.net, &s);
        for (uint32_t k = 0; k < s.path_count; k++) {
            uint32_t i = s.path[k];
            assert_true(n.takes[i]);
            assert_int_equal(s.slack[i], 0);
            assert_int_equal(s.starts[i], sum);
            sum += lengths[i];
        }
        assert_int_equal(sum, s.goals[n.net.asked].length);
        arena_free(mem);
    }
}

/* ---- the dates ---------------------------------------------------------------------------------------- */

/* A thousand trials put a rank within five standard errors of its share, else something is wrong: P50 within
 * 0.08, P90 within 0.05.  The value just below must not do already, by the same measure. */
static void check_percentile(const struct net *n, uint32_t goal, int64_t ms, double share, double within)
{
    assert_true(share_by(n, goal, ms) >= share - within);
    if (ms > 0)
        assert_true(share_by(n, goal, ms - 1) <= share + within);
}

static void test_p50_and_p90_are_those_of_every_outcome_enumerated(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 150; seed++) {
        struct net n;
        struct schedule s;
        struct arena *mem = arena_new();
        random_net(&n, seed, 3);
        schedule_make(mem, &n.net, &s);
        assert_int_equal(s.trials, 1024);
        for (uint32_t g = 0; g < GOALS; g++) {
            check_percentile(&n, g, s.goals[g].p50_ms, 0.5, 0.08);
            check_percentile(&n, g, s.goals[g].p90_ms, 0.9, 0.05);
        }
        arena_free(mem);
    }
}

static void test_where_nothing_varies_every_date_is_the_longest_path(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 500; seed++) {
        struct net n;
        struct schedule s;
        struct arena *mem = arena_new();
        random_net(&n, seed, 1);
        schedule_make(mem, &n.net, &s);
        for (uint32_t g = 0; g < GOALS; g++) {
            assert_int_equal(s.goals[g].p50_ms, s.goals[g].length);
            assert_int_equal(s.goals[g].p90_ms, s.goals[g].length);
        }
        arena_free(mem);
    }
}

/* Two chains that meet end later than either: what sums of means along one chain miss. */
static void test_chains_that_meet_end_later_than_each_alone(void **state)
{
    (void)state;
    static const int64_t values[] = {10, 20};
    struct net n = {.needs = {0, 1}, .goals = {SCHEDULE_NO_GOAL, SCHEDULE_NO_GOAL, 0}};
    struct schedule s;
    struct arena *mem = arena_new();
    for (uint32_t i = 0; i < 3; i++)
        n.takes[i] = true;
    n.needs_at[3] = 2;
    n.spreads[0] = n.spreads[1] = (struct spread){values, 2};
    n.seeds[0] = 1;
    n.seeds[1] = 2;
    n.net = (struct schedule_net){.count = 3,
                                  .needs = n.needs,
                                  .needs_at = n.needs_at,
                                  .spreads = n.spreads,
                                  .seeds = n.seeds,
                                  .takes = n.takes,
                                  .goals = n.goals,
                                  .goal_count = 1};
    schedule_make(mem, &n.net, &s);
    assert_int_equal(s.goals[0].length, 10);
    assert_int_equal(s.goals[0].p50_ms, 20);
    arena_free(mem);
}

static void test_the_same_net_gives_the_same_bytes(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 50; seed++) {
        struct net n;
        struct schedule a, b;
        struct arena *mem = arena_new();
        random_net(&n, seed, 3);
        schedule_make(mem, &n.net, &a);
        schedule_make(mem, &n.net, &b);
        assert_memory_equal(a.goals, b.goals, sizeof(*a.goals) * GOALS);
        arena_free(mem);
    }
}

/* What is removed elsewhere does not move the luck of what stays: a what-if compares like with like. */
static void test_a_step_draws_the_same_wherever_it_stands(void **state)
{
    (void)state;
    static const int64_t values[] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint32_t needs_at[3] = {0}, goals[2] = {SCHEDULE_NO_GOAL, 0}, none = 0;
    uint64_t seeds[2] = {77, schedule_seed("human.dpa-signed")};
    struct spread spreads[2] = {{values, 8}, {values, 8}};
    bool takes[2] = {true, true};
    struct schedule both, alone;
    struct arena *mem = arena_new();
    struct schedule_net net = {2, &none, needs_at, spreads, seeds, takes, goals, 1, 0};
    schedule_make(mem, &net, &both);
    net = (struct schedule_net){1, &none, needs_at, spreads + 1, seeds + 1, takes + 1, goals + 1, 1, 0};
    schedule_make(mem, &net, &alone);
    assert_int_equal(both.goals[0].p50_ms, alone.goals[0].p50_ms);
    assert_int_equal(both.goals[0].p90_ms, alone.goals[0].p90_ms);
    arena_free(mem);
}

static void test_an_empty_net_is_reached_now(void **state)
{
    (void)state;
    uint32_t zero = 0;
    struct schedule_net net = {.needs = &zero, .needs_at = &zero, .goals = &zero, .goal_count = 1};
    struct schedule s;
    struct arena *mem = arena_new();
    schedule_make(mem, &net, &s);
    assert_int_equal(s.goals[0].p90_ms, 0);
    assert_int_equal(s.path_count, 0);
    arena_free(mem);
}

static void test_large_nets_take_fewer_trials_but_never_too_few(void **state)
{
    (void)state;
    assert_int_equal(schedule_trials(0), 1024);
    assert_int_equal(schedule_trials(16384), 1024);
    assert_int_equal(schedule_trials(40000), 416);
    assert_int_equal(schedule_trials(1000000), 256);
    for (uint32_t steps = 1; steps < 100000; steps += 997)
        assert_int_equal(schedule_trials(steps) % 16, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_ends_slack_and_lengths_are_those_of_all_paths_walked),
        cmocka_unit_test(test_the_path_is_a_chain_without_slack_as_long_as_the_goal),
        cmocka_unit_test(test_p50_and_p90_are_those_of_every_outcome_enumerated),
        cmocka_unit_test(test_where_nothing_varies_every_date_is_the_longest_path),
        cmocka_unit_test(test_chains_that_meet_end_later_than_each_alone),
        cmocka_unit_test(test_the_same_net_gives_the_same_bytes),
        cmocka_unit_test(test_a_step_draws_the_same_wherever_it_stands),
        cmocka_unit_test(test_an_empty_net_is_reached_now),
        cmocka_unit_test(test_large_nets_take_fewer_trials_but_never_too_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
