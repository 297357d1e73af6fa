/* The board over launches made by hand: what moved a date, against what was remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/tick.h"
#include "launch/board.h"
#include "launch/forecast.h"
#include "launch/launch.h"
#include "model/decl.h"
#include "plan/plan.h"
#include "region/region.h"
#include "region/waiver.h"
#include "store/store.h"

#define DAY   CALENDAR_DAY_MS
#define STEPS 6

/* One day of a region, as launch_make would tell it. */
struct day {
    struct region region;
    struct decl decls_at[STEPS];
    struct decls decls;
    struct plan plan;
    struct plan_step steps[STEPS];
    struct waivers waivers;
    struct launch launch;
    struct launch_milestone milestone;
    struct launch_item items[STEPS];
    struct forecast forecasts[STEPS];
    uint32_t path[STEPS];
    struct store_event events[STEPS];
    size_t event_count;
};

static struct arena *mem;

static int set_up(void **state)
{
    (void)state;
    mem = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(mem);
    return 0;
}

static int64_t at(const char *date)
{
    int64_t ms;
    assert_true(calendar_begin("UTC", date, &ms));
    return ms + DAY / 2;
}

/* Noon of that date, with steps that are declared and none that is open. */
static struct day *day(const char *date)
{
    struct day *d = ARENA_NEW(mem, struct day);
    static const char *const names[STEPS] = {"dns.zone.apex", "human.dpa", "human.kyc",
                                             "todo.mail",     "todo.sms",  "todo.whatsapp"};
    d->region = (struct region){.name = "eu", .timezone = "UTC", .currency = "EUR"};
    for (size_t i = 0; i < STEPS; i++) {
        d->decls_at[i] =
            (struct decl){.address = names[i], .kind = DECL_HUMAN, .meta.owner = i ? "legal" : NULL};
        d->steps[i] = (struct plan_step){.address = names[i], .decl = &d->decls_at[i], .targeted = true};
    }
    d->decls = (struct decls){.at = d->decls_at, .count = STEPS};
    d->plan = (struct plan){.region = &d->region, .decls = &d->decls, .steps = d->steps, .count = STEPS};
    d->milestone = (struct launch_milestone){.name = "launch", .steps = 10};
    d->launch = (struct launch){.milestone = "launch",
                                .milestones = &d->milestone,
                                .milestone_count = 1,
                                .items = d->items,
                                .path = d->path,
                                .now_ms = at(date),
                                .today = date};
    return d;
}

/* An open step that begins and ends so many days from that noon. */
static void open_step(struct day *d, const char *address, double start, double end, bool critical)
{
    uint32_t i = d->launch.item_count++;
    d->items[i] = (struct launch_item){.address = address,
                                       .need = LAUNCH_PERSON,
                                       .forecast = &d->forecasts[i],
                                       .start_ms = d->launch.now_ms + (int64_t)(start * (double)DAY),
                                       .end_ms = d->launch.now_ms + (int64_t)(end * (double)DAY),
                                       .critical = critical};
    d->launch.gate_count = d->launch.item_count;
    d->milestone.open++;
    if (critical)
        d->path[d->launch.path_count++] = i;
}

static void finish(struct day *d, const char *address, const char *date)
{
    d->events[d->event_count++] =
        (struct store_event){.wall_ms = at(date), .kind = "resolved", .verb = "done", .address = address};
}

static const struct board *board(struct day *d, const char *p50, const char *memory)
{
    struct board *b;
    struct err err;
    snprintf(d->milestone.p50, sizeof(d->milestone.p50), "%s", p50);
    snprintf(d->milestone.p90, sizeof(d->milestone.p90), "%s", p50);
    struct board_ask ask = {.plan = &d->plan,
                            .launch = &d->launch,
                            .waivers = &d->waivers,
                            .memory = memory,
                            .events = d->events,
                            .event_count = d->event_count};
    if (!board_make(mem, &ask, &b, &err))
        fail_msg("%s", err.summary);
    return b;
}

static void check_cause(const struct board *b, size_t i, enum board_cause_kind kind, const char *address,
                        double days)
{
    assert_true(i < b->cause_count);
    assert_int_equal(b->causes[i].kind, kind);
    assert_string_equal(b->causes[i].address, address);
    int64_t off = b->causes[i].ms - (int64_t)(days * (double)DAY);
    assert_true(llabs(off) < 1000);
}

/* The first of December: dpa takes until the 5th, then mail until the 10th. */
static const char *the_first(void)
{
    struct day *d = day("2026-12-01");
    open_step(d, "human.dpa", 0, 4, true);
    open_step(d, "todo.mail", 4, 9, true);
    open_step(d, "human.kyc", 0, 2, false);
    return board_memory(mem, board(d, "2026-12-10", NULL));
}

static void test_the_first_board_compares_with_nothing(void **state)
{
    (void)state;
    struct day *d = day("2026-12-01");
    finish(d, "dns.zone.apex", "2026-11-30");
    const struct board *b = board(d, "2026-12-10", NULL);
    assert_null(b->before);
    assert_int_equal(b->done_count, 0);
    assert_int_equal(b->cause_count, 0);
}

static void test_a_day_on_which_all_went_as_expected_moves_nothing(void **state)
{
    (void)state;
    struct day *d = day("2026-12-02");
    open_step(d, "human.dpa", 0, 3, true);
    open_step(d, "todo.mail", 3, 8, true);
    finish(d, "human.kyc", "2026-12-02");
    const struct board *b = board(d, "2026-12-10", the_first());
    assert_string_equal(b->before->date, "2026-12-01");
    assert_int_equal(b->before->moved_p50, 0);
    assert_int_equal(b->cause_count, 0);
    assert_int_equal(b->done_count, 1);
    assert_string_equal(b->done[0], "human.kyc");
}

/* mail begins three days later because of dpa, and is blamed for nothing. */
static void test_only_the_step_that_is_late_is_named(void **state)
{
    (void)state;
    struct day *d = day("2026-12-03");
    open_step(d, "human.dpa", 0, 5, true);
    open_step(d, "todo.mail", 5, 10, true);
    const struct board *b = board(d, "2026-12-13", the_first());
    assert_int_equal(b->before->moved_p50, 3);
    assert_int_equal(b->cause_count, 1);
    check_cause(b, 0, BOARD_LATER, "human.dpa", 3);
    assert_string_equal(b->causes[0].owner, "legal");
}

static void test_a_step_that_will_take_longer_is_named_though_it_has_not_begun(void **state)
{
    (void)state;
    struct day *d = day("2026-12-02");
    open_step(d, "human.dpa", 0, 3, true);
    open_step(d, "todo.mail", 3, 12, true);
    const struct board *b = board(d, "2026-12-14", the_first());
    assert_int_equal(b->cause_count, 1);
    check_cause(b, 0, BOARD_LATER, "todo.mail", 4);
}

static void test_what_was_done_late_and_what_began_late_are_told_apart(void **state)
{
    (void)state;
    struct day *d = day("2026-12-08");
    finish(d, "human.dpa", "2026-12-08");
    open_step(d, "todo.mail", 0, 5, true);
    const struct board *b = board(d, "2026-12-13", the_first());
    assert_int_equal(b->cause_count, 1);
    check_cause(b, 0, BOARD_LATER, "human.dpa", 3);
}

static void test_what_was_done_sooner_is_named_too(void **state)
{
    (void)state;
    struct day *d = day("2026-12-02");
    finish(d, "human.dpa", "2026-12-02");
    open_step(d, "todo.mail", 0, 5, true);
    const struct board *b = board(d, "2026-12-07", the_first());
    assert_int_equal(b->before->moved_p50, -3);
    assert_int_equal(b->cause_count, 1);
    check_cause(b, 0, BOARD_SOONER, "human.dpa", 3);
}

static void test_what_was_added_and_what_was_removed_are_named_by_their_length(void **state)
{
    (void)state;
    struct day *d = day("2026-12-01");
    open_step(d, "human.dpa", 0, 4, true);
    open_step(d, "todo.sms", 4, 24, true);
    d->decls.count = 3; /* todo.mail, and with it sms, is not declared */
    struct decl sms = d->decls_at[4];
    d->decls_at[3] = sms;
    d->decls.count = 4;
    const struct board *b = board(d, "2026-12-25", the_first());
    assert_int_equal(b->cause_count, 2);
    check_cause(b, 0, BOARD_ADDED, "todo.sms", 20);
    check_cause(b, 1, BOARD_REMOVED, "todo.mail", 5);
}

static void test_what_went_wrong_comes_first(void **state)
{
    (void)state;
    struct day *d = day("2026-12-02");
    open_step(d, "dns.zone.apex", 0, 0, true);
    d->items[0].need = LAUNCH_TROUBLE;
    open_step(d, "human.dpa", 0, 9, true);
    const struct board *b = board(d, "2026-12-16", the_first());
    assert_int_equal(b->cause_count, 2);
    check_cause(b, 0, BOARD_TROUBLE, "dns.zone.apex", 0);
    check_cause(b, 1, BOARD_LATER, "human.dpa", 6);
}

/* kyc was known, and had slack: nothing of it is late but that it is waited for now. */
static void test_another_chain_may_be_the_longest_now(void **state)
{
    (void)state;
    struct day *d = day("2026-12-02");
    finish(d, "human.dpa", "2026-12-05");
    d->launch.now_ms = at("2026-12-02");
    open_step(d, "human.kyc", 0, 1, true);
    const struct board *b = board(d, "2026-12-03", the_first());
    assert_int_equal(b->cause_count, 1);
    check_cause(b, 0, BOARD_CHAIN, "human.kyc", 0);
}

static void test_a_memory_of_something_else_is_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "{\"format\":\"landfall.digest/2\"}",
        "{\"format\":\"landfall.digest/1\",\"milestone\":\"pilot\"}",
        "{\"format\":\"landfall.digest/1\",\"milestone\":\"launch\",\"date\":\"x\","
        "\"p50\":\"2026-12-10\",\"p90\":\"2026-12-10\"}"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_null(board(day("2026-12-02"), "2026-12-10", bad[i])->before);
}

static void test_waivers_count_their_last_day_and_the_next_deadline_comes_first(void **state)
{
    (void)state;
    struct day *d = day("2026-12-01");
    struct waiver w[3] = {{.name = "b", .expires = "2026-12-03"},
                          {.name = "a", .expires = "2026-11-30"},
                          {.name = "c", .expires = "2026-12-01"}};
    for (size_t i = 0; i < 3; i++)
        assert_true(calendar_end("UTC", w[i].expires, &w[i].expires_ms));
    d->waivers = (struct waivers){.at = w, .count = 3};
    open_step(d, "human.dpa", 0, 4, true);
    open_step(d, "human.kyc", 0, 4, false);
    open_step(d, "todo.mail", 0, 4, false);
    d->items[0].deadline_ms = at("2026-12-09");
    d->items[2].deadline_ms = at("2026-12-05");
    const struct board *b = board(d, "2026-12-10", NULL);
    assert_int_equal(b->waiver_count, 3);
    assert_string_equal(b->waivers[0].waiver->name, "a");
    assert_true(b->waivers[0].days < 0);
    assert_int_equal(b->waivers[1].days, 1);
    assert_int_equal(b->waivers[2].days, 3);
    assert_int_equal(b->deadline_count, 2);
    assert_string_equal(b->deadlines[0]->address, "todo.mail");
}

static void test_what_stands_is_told_apart_from_what_is_to_come(void **state)
{
    (void)state;
    struct day *d = day("2026-12-01");
    struct store_res row = {.address = "dns.zone.apex"};
    struct plan_cost ten = {.priced = true, .month_low = 10, .month_expected = 10, .month_high = 10};
    for (size_t i = 0; i < 4; i++) {
        d->steps[i].cost = ten;
        d->steps[i].action = i < 2 ? PLAN_KEEP : PLAN_CREATE;
    }
    d->steps[0].row = d->steps[1].row = &row;
    d->steps[3].cost.guess = true;
    const struct board *b = board(d, "2026-12-10", NULL);
    assert_int_equal(b->standing.cost.month_expected, 20);
    assert_int_equal(b->whole.cost.month_expected, 30);
    assert_int_equal(b->whole.guess.month_expected, 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_first_board_compares_with_nothing),
        TEST(test_a_day_on_which_all_went_as_expected_moves_nothing),
        TEST(test_only_the_step_that_is_late_is_named),
        TEST(test_a_step_that_will_take_longer_is_named_though_it_has_not_begun),
        TEST(test_what_was_done_late_and_what_began_late_are_told_apart),
        TEST(test_what_was_done_sooner_is_named_too),
        TEST(test_what_was_added_and_what_was_removed_are_named_by_their_length),
        TEST(test_what_went_wrong_comes_first),
        TEST(test_another_chain_may_be_the_longest_now),
        TEST(test_a_memory_of_something_else_is_none),
        TEST(test_waivers_count_their_last_day_and_the_next_deadline_comes_first),
        TEST(test_what_stands_is_told_apart_from_what_is_to_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
