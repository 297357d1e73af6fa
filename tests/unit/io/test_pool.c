#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/pool.h"

struct scene {
    struct loop *loop;
    struct pools *pools;
    char text[1024];
};

/* One job: takes its ticket, stays for `ms`, leaves.  The story reads "+a@0 -a@5". */
struct job {
    struct scene *scene;
    const char *name;
    uint64_t ms;
    struct pool_ticket *ticket;
};

static int start_scene(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    s->loop = loop_new_virtual();
    s->pools = pools_new(s->loop, 2);
    *state = s;
    return 0;
}

static int end_scene(void **state)
{
    struct scene *s = *state;
    pools_free(s->pools);
    loop_free(s->loop);
    free(s);
    return 0;
}

static void say(struct job *j, char sign)
{
    struct scene *s = j->scene;
    size_t used = strlen(s->text);
    snprintf(s->text + used, sizeof(s->text) - used, "%c%s@%lld ", sign, j->name,
             (long long)loop_now_ms(s->loop));
}

static void leave(void *user)
{
    struct job *j = user;
    say(j, '-');
    pool_leave(j->ticket);
}

static void run(void *user)
{
    struct job *j = user;
    say(j, '+');
    loop_after(j->scene->loop, j->ms, leave, j);
}

static void enter(struct job *j, const char *pool, const char *lane)
{
    j->ticket = pool_enter(j->scene->pools, pool, lane, run, j);
}

static void test_a_pool_runs_its_width_and_serves_in_order(void **state)
{
    struct scene *s = *state;
    struct job a = {s, "a", 5, NULL}, b = {s, "b", 8, NULL}, c = {s, "c", 1, NULL}, d = {s, "d", 1, NULL};
    enter(&a, "x", NULL);
    enter(&b, "x", NULL);
    enter(&c, "x", NULL);
    enter(&d, "x", NULL);
    uint64_t waiting, running;
    pool_counts(s->pools, "x", &waiting, &running);
    assert_int_equal(waiting, 2);
    assert_int_equal(running, 2);
    assert_string_equal(s->text, "");
    loop_run(s->loop);
    assert_string_equal(s->text, "+a@0 +b@0 -a@5 +c@5 -c@6 +d@6 -d@7 -b@8 ");
    pool_counts(s->pools, "x", &waiting, &running);
    assert_int_equal(waiting + running, 0);
}

static void test_a_pool_nobody_entered_counts_nothing(void **state)
{
    struct scene *s = *state;
    uint64_t waiting = 7, running = 7;
    pool_counts(s->pools, "never", &waiting, &running);
    assert_int_equal(waiting + running, 0);
}

static void test_pools_do_not_hold_each_other_up(void **state)
{
    struct scene *s = *state;
    struct job a = {s, "a", 9, NULL}, b = {s, "b", 9, NULL}, c = {s, "c", 1, NULL};
    pools_limit(s->pools, "narrow", (struct pool_limits){.width = 1});
    enter(&a, "narrow", NULL);
    enter(&b, "narrow", NULL);
    enter(&c, "other", NULL);
    loop_run(s->loop);
    assert_string_equal(s->text, "+a@0 +c@0 -c@1 -a@9 +b@9 -b@18 ");
}

static void test_equal_lanes_never_overlap_even_across_pools(void **state)
{
    struct scene *s = *state;
    struct job a = {s, "a", 5, NULL}, b = {s, "b", 5, NULL}, c = {s, "c", 5, NULL}, d = {s, "d", 1, NULL};
    enter(&a, "x", "zone");
    enter(&b, "y", "zone");
    enter(&c, "x", "zone");
    enter(&d, "x", "another");
    loop_run(s->loop);
    assert_string_equal(s->text, "+a@0 +d@0 -d@1 -a@5 +b@5 -b@10 +c@10 -c@15 ");
}

static void test_one_that_waits_for_its_lane_holds_no_place(void **state)
{
    struct scene *s = *state;
    struct job a = {s, "a", 9, NULL}, b = {s, "b", 1, NULL}, c = {s, "c", 2, NULL}, d = {s, "d", 2, NULL};
    enter(&a, "x", "zone");
    enter(&b, "x", "zone");
    enter(&c, "x", NULL);
    enter(&d, "x", NULL);
    loop_run(s->loop);
    assert_string_equal(s->text, "+a@0 +c@0 -c@2 +d@2 -d@4 -a@9 +b@9 -b@10 ");
}

static void test_one_that_waited_for_its_lane_comes_before_those_who_asked_later(void **state)
{
    struct scene *s = *state;
    struct job a = {s, "a", 5, NULL}, b = {s, "b", 1, NULL}, c = {s, "c", 9, NULL}, d = {s, "d", 1, NULL};
    enter(&a, "x", "zone");
    enter(&b, "x", "zone");
    enter(&c, "x", NULL);
    enter(&d, "x", NULL);
    loop_run(s->loop);
    assert_string_equal(s->text, "+a@0 +c@0 -a@5 +b@5 -b@6 +d@6 -d@7 -c@9 ");
}

static void test_a_rate_spreads_starts_after_its_burst(void **state)
{
    struct scene *s = *state;
    pools_limit(s->pools, "x", (struct pool_limits){.width = 10, .rate_milli = 2000, .burst = 2});
    struct job jobs[5] = {
        {s, "a", 0, NULL}, {s, "b", 0, NULL}, {s, "c", 0, NULL}, {s, "d", 0, NULL}, {s, "e", 0, NULL}};
    for (int i = 0; i < 5; i++)
        enter(&jobs[i], "x", NULL);
    loop_run(s->loop);
    assert_string_equal(s->text, "+a@0 +b@0 -a@0 -b@0 +c@500 -c@500 +d@1000 -d@1000 +e@1500 -e@1500 ");
}

static void nothing(void *user)
{
    (void)user;
}

static void test_a_long_idle_time_fills_the_bucket_to_its_burst_only(void **state)
{
    struct scene *s = *state;
    pools_limit(s->pools, "x", (struct pool_limits){.width = 10, .rate_milli = 1000, .burst = 1});
    loop_after(s->loop, 40ull * 365 * 86400 * 1000, nothing, NULL);
    loop_run(s->loop);
    int64_t then = loop_now_ms(s->loop);
    struct job a = {s, "a", 0, NULL}, b = {s, "b", 0, NULL}, c = {s, "c", 0, NULL};
    enter(&a, "x", NULL);
    enter(&b, "x", NULL);
    enter(&c, "x", NULL);
    loop_run(s->loop);
    assert_int_equal(loop_now_ms(s->loop) - then, 2000);
}

/* Enters again each time until `left` is used up. */
struct many {
    struct scene *scene;
    struct pool_ticket *ticket;
    uint64_t left;
};

static void run_many(void *user)
{
    struct many *m = user;
    pool_leave(m->ticket);
    m->ticket = --m->left > 0 ? pool_enter(m->scene->pools, "x", NULL, run_many, m) : NULL;
}

static void test_a_rate_that_does_not_fit_whole_milliseconds_is_reached(void **state)
{
    struct scene *s = *state;
    pools_limit(s->pools, "x", (struct pool_limits){.width = 10, .rate_milli = 300000});
    struct many m = {.scene = s, .left = 3001};
    m.ticket = pool_enter(s->pools, "x", NULL, run_many, &m);
    loop_run(s->loop);
    assert_in_range(loop_now_ms(s->loop), 10000, 10010);
}

static void test_a_canceled_ticket_is_never_called_and_gives_way(void **state)
{
    struct scene *s = *state;
    struct job jobs[5] = {
        {s, "a", 3, NULL}, {s, "b", 3, NULL}, {s, "c", 3, NULL}, {s, "d", 3, NULL}, {s, "e", 3, NULL}};
    for (int i = 0; i < 5; i++)
        enter(&jobs[i], "x", i < 3 ? "zone" : NULL);
    /* a is about to be called, b waits in the lane, and e waits for a place in the pool. */
    pool_cancel(jobs[1].ticket);
    pool_cancel(jobs[0].ticket);
    pool_cancel(jobs[4].ticket);
    loop_run(s->loop);
    assert_string_equal(s->text, "+d@0 +c@0 -d@3 -c@3 ");
}

static void test_a_start_that_was_canceled_costs_nothing_of_the_rate(void **state)
{
    struct scene *s = *state;
    pools_limit(s->pools, "x", (struct pool_limits){.width = 10, .rate_milli = 1, .burst = 1});
    struct job a = {s, "a", 0, NULL}, b = {s, "b", 0, NULL};
    enter(&a, "x", NULL);
    pool_cancel(a.ticket);
    enter(&b, "x", NULL);
    loop_run(s->loop);
    assert_string_equal(s->text, "+b@0 -b@0 ");
}

static void test_names_and_lanes_are_copied(void **state)
{
    struct scene *s = *state;
    char name[] = "x", lane[] = "zone";
    struct job a = {s, "a", 2, NULL}, b = {s, "b", 2, NULL};
    enter(&a, name, lane);
    name[0] = 'q';
    lane[0] = 'q';
    enter(&b, "x", "zone");
    loop_run(s->loop);
    assert_string_equal(s->text, "+a@0 -a@2 +b@2 -b@4 ");
}

static void test_pools_freed_with_tickets_everywhere_leave_nothing(void **state)
{
    struct scene *s = *state;
    pools_limit(s->pools, "slow", (struct pool_limits){.width = 1, .rate_milli = 1});
    struct job a = {s, "a", 1000, NULL}, b = a, c = a, d = a, e = a, f = a;
    enter(&a, "x", "zone");
    enter(&b, "x", "zone");
    enter(&c, "x", "zone");
    enter(&d, "slow", NULL);
    enter(&e, "slow", NULL);
    loop_after(s->loop, 10, (loop_fn *)loop_stop, s->loop);
    loop_run(s->loop);
    enter(&f, "y", NULL); /* about to be called */
    loop_stop(s->loop);
    loop_run(s->loop);
    assert_string_equal(s->text, "+a@0 +a@0 ");
}

struct crowd {
    struct scene *scene;
    struct pool_ticket **tickets;
    size_t ran;
};

struct guest {
    struct crowd *crowd;
    size_t at;
};

static void run_guest(void *user)
{
    struct guest *g = user;
    assert_int_equal(g->at, g->crowd->ran);
    g->crowd->ran++;
    pool_leave(g->crowd->tickets[g->at]);
}

static void test_a_hundred_thousand_tickets_wait_and_are_served_in_order(void **state)
{
    enum { COUNT = 100000 };
    struct scene *s = *state;
    struct crowd crowd = {.scene = s, .tickets = calloc(COUNT, sizeof(*crowd.tickets))};
    struct guest *guests = calloc(COUNT, sizeof(*guests));
    for (size_t i = 0; i < COUNT; i++) {
        guests[i] = (struct guest){&crowd, i};
        crowd.tickets[i] = pool_enter(s->pools, "x", i % 2 ? "zone" : NULL, run_guest, &guests[i]);
    }
    for (size_t i = COUNT / 2; i < COUNT; i++)
        pool_cancel(crowd.tickets[i]);
    loop_run(s->loop);
    assert_int_equal(crowd.ran, COUNT / 2);
    free(guests);
    free(crowd.tickets);
}

#define SCENE_TEST(test) cmocka_unit_test_setup_teardown(test, start_scene, end_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_a_pool_runs_its_width_and_serves_in_order),
        SCENE_TEST(test_a_pool_nobody_entered_counts_nothing),
        SCENE_TEST(test_pools_do_not_hold_each_other_up),
        SCENE_TEST(test_equal_lanes_never_overlap_even_across_pools),
        SCENE_TEST(test_one_that_waits_for_its_lane_holds_no_place),
        SCENE_TEST(test_one_that_waited_for_its_lane_comes_before_those_who_asked_later),
        SCENE_TEST(test_a_rate_spreads_starts_after_its_burst),
        SCENE_TEST(test_a_long_idle_time_fills_the_bucket_to_its_burst_only),
        SCENE_TEST(test_a_rate_that_does_not_fit_whole_milliseconds_is_reached),
        SCENE_TEST(test_a_canceled_ticket_is_never_called_and_gives_way),
        SCENE_TEST(test_a_start_that_was_canceled_costs_nothing_of_the_rate),
        SCENE_TEST(test_names_and_lanes_are_copied),
        SCENE_TEST(test_pools_freed_with_tickets_everywhere_leave_nothing),
        SCENE_TEST(test_a_hundred_thousand_tickets_wait_and_are_served_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
