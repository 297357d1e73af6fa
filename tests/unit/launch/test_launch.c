#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/attr.h"
#include "base/err.h"
#include "launch/forecast.h"
#include "launch/history.h"
#include "launch/launch.h"
#include "model/diag.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/graph.h"
#include "plan/plan.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "store/store.h"

/* What blocks a milestone, over small plans made by hand: membership, dates, history, what-if, extras. */

#define NOW INT64_C(1795564800000) /* 2026-11-25T00:00:00Z */
#define DAY CALENDAR_DAY_MS

static struct arena *mem;
static struct region region;
static ARRAY(struct decl) decls;
static struct decls all;
static struct store_snapshot truth;
static struct plan plan;
static struct driver driver;
static struct launch *launch;
static struct err err;

static int setup(void **state)
{
    (void)state;
    mem = arena_new();
    region = (struct region){.name = "eu", .place = "eu-west-1", .timezone = "UTC", .currency = "EUR"};
    decls.count = 0;
    driver = (struct driver){.subsystem = "dns", .instance = "", .name = "local"};
    err_clear(&err);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ARRAY_DONE(&decls);
    arena_free(mem);
    return 0;
}

static const struct value *json(const char *text)
{
    const struct value *v = NULL;
    char *copy = arena_text(mem, text);
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    assert_true(value_json_parse(mem, copy, strlen(copy), &v, &err));
    return v;
}

/* Good until the next one.  after: "a b", or NULL. */
static struct decl *step(const char *address, double days, const char *after)
{
    struct decl d = {
        .address = address, .instance = "", .stage = "", .file = "playbooks/test.lua", .line = 1};
    d.kind = strncmp(address, "human.", 6) == 0  ? DECL_HUMAN
             : strncmp(address, "todo.", 5) == 0 ? DECL_TODO
                                                 : DECL_RESOURCE;
    d.name = strrchr(address, '.') + 1;
    d.attrs = json("{'ask': 'do it'}");
    if (d.kind == DECL_RESOURCE) {
        d.subsystem = "dns";
        d.type = "record";
    }
    if (days >= 0) {
        struct pair pair = {"days", value_real(mem, days)};
        d.meta.guess = value_map(mem, &pair, 1);
    }
    const char **list = ARENA_ARRAY(mem, const char *, 8);
    for (const char *at = after; at && *at; at += strspn(at, " ")) {
        size_t count = strcspn(at, " ");
        list[d.meta.after_count++] = arena_text_n(mem, at, count);
        at += count;
    }
    d.meta.after = list;
    ARRAY_PUSH(&decls, d);
    return &decls.at[decls.count - 1];
}

static int by_address(const void *a, const void *b)
{
    return strcmp(((const struct decl *)a)->address, ((const struct decl *)b)->address);
}

/* Nothing is built yet; tests change steps afterwards. */
static void make_plan(void)
{
    static const enum plan_action actions[] = {
        [DECL_RESOURCE] = PLAN_CREATE, [DECL_HUMAN] = PLAN_WAIT, [DECL_TODO] = PLAN_TODO};
    struct diags diags;
    diag_init(&diags, mem);
    qsort(decls.at, decls.count, sizeof(*decls.at), by_address);
    all = (struct decls){.at = decls.at, .count = decls.count};
    truth = (struct store_snapshot){0};
    plan = (struct plan){.region = &region, .decls = &all, .truth = &truth};
    assert_true(graph_build(mem, &all, &truth, &plan.graph, &diags));
    plan.count = plan.graph->count;
    plan.steps = ARENA_ARRAY(mem, struct plan_step, plan.count);
    for (uint32_t i = 0; i < plan.count; i++) {
        const struct decl *d = plan.graph->nodes[i].decl;
        plan.steps[i] = (struct plan_step){
            .address = d->address, .decl = d, .action = actions[d->kind], .reason = "new", .targeted = true};
        plan.steps[i].driver = d->kind == DECL_RESOURCE ? &driver : NULL;
    }
}

static void done(const char *address)
{
    plan.steps[plan_find(&plan, address)].action = PLAN_KEEP;
}

static bool try_launch(const char *milestone, const struct history *history,
                       const struct what_if_ask *what_if)
{
    struct launch_ask ask = {
        .plan = &plan, .history = history, .now_ms = NOW, .milestone = milestone, .what_if = what_if};
    return launch_make(mem, &ask, &launch, &err);
}

static void look(void)
{
    if (!try_launch(NULL, NULL, NULL))
        fail_msg("%s", err.summary);
}

static const struct launch_item *item(const char *address)
{
    for (uint32_t k = 0; k < launch->item_count; k++) {
        if (strcmp(launch->items[k].address, address) == 0)
            return &launch->items[k];
    }
    return NULL;
}

static const char *order(void)
{
    const char *text = "";
    for (uint32_t k = 0; k < launch->item_count; k++)
        text = arena_print(mem, "%s%s%s", text, k ? " " : "", strchr(launch->items[k].address, '.') + 1);
    return text;
}

static const char *path(void)
{
    const char *text = "";
    for (uint32_t k = 0; k < launch->path_count; k++)
        text = arena_print(mem, "%s%s%s", text, k ? " " : "",
                           strchr(launch->items[launch->path[k]].address, '.') + 1);
    return text;
}

static uint32_t milestone_of(const char *name)
{
    uint32_t k = 0;
    while (strcmp(launch->milestones[k].name, name) != 0)
        k++;
    return k;
}

/* ---- what blocks -------------------------------------------------------------------------------------- */

static void test_every_step_blocks_launch_unless_the_region_lets_it_follow(void **state)
{
    (void)state;
    region.launch = json("{'can_follow': ['todo.later', 'todo.nothing']}");
    step("human.sign", 1, NULL);
    step("todo.later", 1, NULL);
    make_plan();
    look();
    assert_string_equal(order(), "sign");
    assert_int_equal(launch->milestones[0].steps, 1);
    assert_int_equal(launch->can_follow_count, 1);
    assert_string_equal(launch->can_follow[0], "todo.later");
    assert_int_equal(launch->stray_count, 1);
    assert_string_equal(launch->strays[0], "todo.nothing");
}

static void test_what_may_follow_blocks_all_the_same_when_a_step_needs_it(void **state)
{
    (void)state;
    region.launch = json("{'can_follow': ['todo.later']}");
    step("todo.later", 1, NULL);
    step("human.sign", 1, "todo.later");
    make_plan();
    look();
    assert_string_equal(order(), "later sign");
    assert_null(item("todo.later")->milestone);
    assert_string_equal(item("human.sign")->milestone, "launch");
    assert_int_equal(launch->can_follow_count, 0);
}

static void test_what_is_done_is_not_listed_and_hides_nothing(void **state)
{
    (void)state;
    step("human.first", 2, NULL);
    step("dns.record.middle", 1, "human.first");
    step("human.last", 3, "dns.record.middle");
    make_plan();
    done("dns.record.middle");
    look();
    assert_string_equal(order(), "first last");
    assert_int_equal(item("human.first")->unlocks, 1);
    assert_string_equal(item("human.last")->after, "human.first");
    assert_string_equal(path(), "first last");
    assert_int_equal(item("human.last")->start_ms, NOW + 2 * DAY);
}

static void test_another_milestone_has_its_own_steps_and_date(void **state)
{
    (void)state;
    region.launch =
        json("{'target': '2026-12-01', 'milestones': {'pilot': '2026-11-28', 'beta': '2026-11-27'}}");
    step("human.sign", 10, NULL);
    step("todo.desk", 2, NULL)->meta.blocks = "pilot";
    make_plan();
    assert_true(try_launch("pilot", NULL, NULL));
    assert_string_equal(order(), "desk");
    assert_int_equal(launch->milestone_count, 3);
    assert_string_equal(launch->milestones[0].name, "launch");
    assert_string_equal(launch->milestones[1].name, "beta");
    assert_int_equal(launch->milestones[1].steps, 0);
    assert_string_equal(launch->milestones[launch->asked].p50, "2026-11-26");
    assert_int_equal(launch->milestones[launch->asked].late_p50, -2);
    assert_string_equal(launch->milestones[0].p50, "2026-12-04");
    assert_int_equal(launch->milestones[0].late_p50, 3);
    assert_false(try_launch("pilto", NULL, NULL));
    assert_string_equal(err.code, "launch.no_milestone");
    assert_string_equal(err.advice, "did you mean 'pilot'?");
}

static void test_a_step_that_several_milestones_need_blocks_each(void **state)
{
    (void)state;
    step("human.shared", 2, NULL)->meta.blocks = "pilot";
    step("human.sign", 1, "human.shared");
    step("human.test", 1, "human.shared")->meta.blocks = "beta";
    make_plan();
    look();
    for (uint32_t k = 0; k < launch->milestone_count; k++)
        assert_int_equal(launch->milestones[k].open, k == milestone_of("pilot") ? 1 : 2);
    assert_string_equal(order(), "shared sign");
}

static void test_more_milestones_than_bits_are_refused(void **state)
{
    (void)state;
    for (int k = 0; k < 32; k++)
        step(arena_print(mem, "todo.t%d", k), 1, NULL)->meta.blocks = arena_print(mem, "m%d", k);
    make_plan();
    assert_false(try_launch(NULL, NULL, NULL));
    assert_string_equal(err.code, "launch.milestones");
}

static void test_when_all_is_done_launch_is_reached_today(void **state)
{
    (void)state;
    step("human.sign", 10, NULL);
    make_plan();
    done("human.sign");
    look();
    assert_int_equal(launch->item_count, 0);
    assert_int_equal(launch->milestones[0].open, 0);
    assert_string_equal(launch->milestones[0].p50, "2026-11-25");
    assert_string_equal(launch->today, "2026-11-25");
}

/* ---- when --------------------------------------------------------------------------------------------- */

static void test_what_nobody_knows_is_counted_and_never_zero(void **state)
{
    (void)state;
    step("human.sign", 4, NULL);
    step("human.mystery", -1, NULL);
    make_plan();
    look();
    assert_int_equal(launch->milestones[0].unknown, 1);
    assert_int_equal(item("human.mystery")->forecast->source, FORECAST_UNKNOWN);
    assert_int_equal(item("human.mystery")->forecast->spread.count, 0);
    assert_int_equal(item("human.sign")->forecast->source, FORECAST_GUESSED);
}

static void test_slack_is_what_a_step_may_slip(void **state)
{
    (void)state;
    step("human.long", 10, NULL);
    step("human.short", 4, NULL);
    make_plan();
    look();
    assert_int_equal(item("human.long")->slack_ms, 0);
    assert_true(item("human.long")->critical);
    assert_int_equal(item("human.short")->slack_ms, 6 * DAY);
    assert_string_equal(order(), "long short");
}

static void test_history_wins_over_guesses_and_the_own_place_over_others(void **state)
{
    (void)state;
    step("dns.record.a", 9, NULL);
    step("human.sign", 9, NULL);
    make_plan();
    struct store_res rows[] = {{.address = "dns.record.a",
                                .kind = DECL_RESOURCE,
                                .subsystem = "dns",
                                .type = "record",
                                .driver = "local"},
                               {.address = "human.sign", .kind = DECL_HUMAN}};
    struct store_snapshot there = {.res = rows, .res_count = 2};
    struct store_event far[] = {
        {.kind = "step.done", .address = "dns.record.a", .verb = "create", .took_ms = 7000},
        {.kind = "step.waits", .address = "human.sign", .wall_ms = NOW - 40 * DAY},
        {.kind = "step.waits", .address = "human.sign", .wall_ms = NOW - 39 * DAY},
        {.kind = "resolved", .address = "human.sign", .verb = "done", .wall_ms = NOW - 34 * DAY},
        {.kind = "step.waits", .address = "human.sign", .wall_ms = NOW - 30 * DAY},
        {.kind = "resolved", .address = "human.sign", .verb = "done", .wall_ms = NOW - 24 * DAY},
        {.kind = "step.waits", .address = "human.sign", .wall_ms = NOW - 20 * DAY},
        {.kind = "resolved", .address = "human.sign", .verb = "done", .wall_ms = NOW - 14 * DAY},
    };
    struct store_event near[] = {
        {.kind = "step.done", .address = "dns.record.a", .verb = "create", .took_ms = 1000},
        {.kind = "step.done", .address = "dns.record.a", .verb = "create", .took_ms = 2000},
        {.kind = "step.done", .address = "dns.record.a", .verb = "create", .took_ms = 3000},
        {.kind = "step.done", .address = "dns.record.a", .verb = "update", .took_ms = 99000},
    };
    struct history_source sources[] = {
        {.place = "us-east-1", .truth = &there, .events = far, .event_count = COUNT_OF(far)},
        {.place = "eu-west-1", .truth = &there, .events = near, .event_count = COUNT_OF(near), .own = true},
    };
    struct history *h = history_new(sources, 2);
    assert_true(try_launch(NULL, h, NULL));
    const struct forecast *record = item("dns.record.a")->forecast, *person = item("human.sign")->forecast;
    assert_int_equal(record->source, FORECAST_MEASURED);
    assert_int_equal(record->measured, 3);
    assert_int_equal(spread_percentile(record->spread, 50), 2000);
    assert_int_equal(person->source, FORECAST_ELSEWHERE);
    assert_int_equal(spread_percentile(person->spread, 50), 6 * DAY);
    history_free(h);
}

static void test_a_person_who_was_quick_twice_is_no_rule_where_somebody_guessed(void **state)
{
    (void)state;
    step("human.sign", 9, NULL);
    step("human.unguessed", -1, NULL);
    make_plan();
    struct store_res rows[] = {{.address = "human.sign", .kind = DECL_HUMAN},
                               {.address = "human.unguessed", .kind = DECL_HUMAN}};
    struct store_snapshot here = {.res = rows, .res_count = 2};
    struct store_event events[] = {
        {.kind = "step.waits", .address = "human.sign", .wall_ms = NOW - 9000},
        {.kind = "resolved", .address = "human.sign", .verb = "done", .wall_ms = NOW - 8000},
        {.kind = "step.waits", .address = "human.sign", .wall_ms = NOW - 7000},
        {.kind = "resolved", .address = "human.sign", .verb = "done", .wall_ms = NOW - 6000},
        {.kind = "step.waits", .address = "human.unguessed", .wall_ms = NOW - 5000},
        {.kind = "resolved", .address = "human.unguessed", .verb = "done", .wall_ms = NOW - 4000},
    };
    struct history_source source = {
        .place = "eu-west-1", .truth = &here, .events = events, .event_count = COUNT_OF(events), .own = true};
    struct history *h = history_new(&source, 1);
    assert_true(try_launch(NULL, h, NULL));
    const struct forecast *guessed = item("human.sign")->forecast, *seen = item("human.unguessed")->forecast;
    assert_int_equal(guessed->source, FORECAST_GUESSED);
    assert_int_equal(spread_percentile(guessed->spread, 50), 9 * DAY);
    assert_int_equal(seen->source, FORECAST_MEASURED);
    assert_int_equal(seen->measured, 1);
    history_free(h);
}

static void test_a_person_who_waits_already_has_less_left_until_all_of_it_is_over(void **state)
{
    (void)state;
    step("human.sign", 10, NULL);
    make_plan();
    struct store_event events[] = {{.kind = "step.waits", .address = "human.sign", .wall_ms = NOW - 4 * DAY}};
    struct history_source source = {
        .place = "eu-west-1", .truth = &truth, .events = events, .event_count = 1, .own = true};
    struct history *h = history_new(&source, 1);
    assert_true(try_launch(NULL, h, NULL));
    assert_false(item("human.sign")->forecast->outlived);
    assert_in_range(spread_percentile(item("human.sign")->forecast->spread, 50), 6 * DAY - DAY,
                    6 * DAY + DAY);
    history_free(h);
    events[0].wall_ms = NOW - 40 * DAY;
    h = history_new(&source, 1);
    assert_true(try_launch(NULL, h, NULL));
    assert_true(item("human.sign")->forecast->outlived);
    assert_int_equal(spread_percentile(item("human.sign")->forecast->spread, 50), 10 * DAY);
    history_free(h);
}

static void test_what_failed_needs_somebody_until_it_is_mended(void **state)
{
    (void)state;
    step("dns.record.a", 1, NULL);
    step("dns.record.b", 1, "dns.record.a");
    make_plan();
    struct store_event events[] = {
        {.kind = "step.failed", .address = "dns.record.a", .text = "no space", .code = "dns.full"},
        {.kind = "step.done", .address = "dns.record.a", .verb = "create", .took_ms = 5},
    };
    struct history_source source = {
        .place = "eu-west-1", .truth = &truth, .events = events, .event_count = 1, .own = true};
    struct history *h = history_new(&source, 1);
    assert_true(try_launch(NULL, h, NULL));
    assert_int_equal(item("dns.record.a")->need, LAUNCH_TROUBLE);
    assert_string_equal(item("dns.record.a")->why, "failed: no space");
    assert_int_equal(item("dns.record.a")->unlocks, 1);
    assert_int_equal(launch->gate_count, 1);
    assert_int_equal(launch->milestones[0].unknown, 1);
    history_free(h);
    source.event_count = 2;
    h = history_new(&source, 1);
    assert_true(try_launch(NULL, h, NULL));
    assert_int_equal(item("dns.record.a")->need, LAUNCH_OURS);
    assert_int_equal(launch->milestones[0].unknown, 0);
    history_free(h);
}

static void test_whose_name_is_taken_needs_somebody_whatever_a_run_met_before(void **state)
{
    (void)state;
    step("dns.record.a", 1, NULL)->meta.owner = "platform";
    step("dns.record.b", 1, "dns.record.a");
    step("dns.record.c", 1, NULL);
    make_plan();
    const struct plan_taken others = {.reason = "it is there already", .advice = "look at it"},
                            ours = {.ours = true, .reason = "it is ours"};
    plan.steps[plan_find(&plan, "dns.record.a")].taken = &others;
    plan.steps[plan_find(&plan, "dns.record.c")].taken = &ours;
    look();
    assert_string_equal(order(), "record.a record.b record.c");
    assert_int_equal(launch->gate_count, 1);
    assert_int_equal(launch->milestones[0].open, 3);
    assert_int_equal(launch->milestones[0].unknown, 1);
    assert_int_equal(item("dns.record.a")->need, LAUNCH_TROUBLE);
    assert_string_equal(item("dns.record.a")->owner, "platform");
    assert_string_equal(item("dns.record.a")->why, "it is there already");
    assert_string_equal(item("dns.record.a")->ask, "look at it");
    assert_int_equal(item("dns.record.a")->unlocks, 1);
    assert_true(item("dns.record.b")->behind_gate);
    assert_int_equal(item("dns.record.c")->need, LAUNCH_OURS);
    struct store_event failed = {.kind = "step.failed", .address = "dns.record.a", .text = "no space"};
    struct history_source source = {
        .place = "eu-west-1", .truth = &truth, .events = &failed, .event_count = 1, .own = true};
    struct history *h = history_new(&source, 1);
    assert_true(try_launch(NULL, h, NULL));
    assert_string_equal(item("dns.record.a")->why, "it is there already");
    history_free(h);
}

static void test_deadlines_and_reminders_of_people(void **state)
{
    (void)state;
    struct decl *d = step("human.sign", 10, NULL);
    d->attrs = json("{'ask': 'Sign', 'deadline': '2026-11-24', 'remind': 3}");
    d = step("human.pay", 10, NULL);
    d->attrs = json("{'ask': 'Pay', 'deadline': '2026-11-30'}");
    make_plan();
    struct store_event events[] = {{.kind = "step.waits", .address = "human.sign", .wall_ms = NOW - 7 * DAY}};
    struct history_source source = {
        .place = "eu-west-1", .truth = &truth, .events = events, .event_count = 1, .own = true};
    struct history *h = history_new(&source, 1);
    assert_true(try_launch(NULL, h, NULL));
    assert_true(item("human.sign")->overdue);
    assert_int_equal(item("human.sign")->remind_days, 3);
    assert_int_equal(item("human.sign")->reminder, 2);
    assert_false(item("human.pay")->overdue);
    assert_true(item("human.pay")->late);
    assert_int_equal(item("human.pay")->reminder, 0);
    history_free(h);
}

/* ---- what if ------------------------------------------------------------------------------------------ */

static void cost(const char *address, int64_t month, bool guess)
{
    plan.steps[plan_find(&plan, address)].cost = (struct plan_cost){
        .month_low = month, .month_expected = month, .month_high = month, .priced = true, .guess = guess};
}

static void test_what_if_shows_the_other_date_and_what_is_saved(void **state)
{
    (void)state;
    static const char *const without[] = {"whatsapp"}, *const faster[] = {"human.sign=2x"};
    step("human.sign", 8, NULL);
    step("todo.whatsapp", 20, NULL);
    step("dns.record.wa", 1, "todo.whatsapp");
    make_plan();
    cost("todo.whatsapp", 300000000, true);
    cost("dns.record.wa", 5000000, false);
    struct what_if_ask ask = {.without = without, .without_count = 1, .faster = faster, .faster_count = 1};
    assert_true(try_launch(NULL, NULL, &ask));
    /* 21 days by the middle of each, one more by the trials: what runs over runs further. */
    assert_string_equal(launch->milestones[0].p50, "2026-12-16");
    const struct launch_change *c = launch->change;
    assert_string_equal(c->milestones[0].p50, "2026-11-28");
    assert_int_equal(c->saved.guess.month_expected, 300000000);
    assert_int_equal(c->saved.cost.month_expected, 5000000);
    assert_int_equal(c->parts[0].steps, 1);
    assert_int_equal(c->parts[0].behind, 1);
    assert_int_equal(launch->item_count, 3);
}

static void test_what_if_nothing_relevant_changes_not_one_date(void **state)
{
    (void)state;
    static const char *const finished[] = {"human.short"};
    step("human.long", 30, NULL);
    step("human.short", 1, NULL);
    make_plan();
    struct what_if_ask ask = {.done = finished, .done_count = 1};
    assert_true(try_launch(NULL, NULL, &ask));
    assert_int_equal(launch->change->milestones[0].p50_ms, launch->milestones[0].p50_ms);
    assert_int_equal(launch->change->milestones[0].p90_ms, launch->milestones[0].p90_ms);
    assert_int_equal(launch->change->milestones[0].open, 1);
}

static void test_faster_what_nobody_knows_stays_unknown_unless_a_time_is_said(void **state)
{
    (void)state;
    static const char *const twice[] = {"mystery=2x"}, *const days[] = {"mystery=3d"};
    step("human.mystery", -1, NULL);
    make_plan();
    struct what_if_ask ask = {.faster = twice, .faster_count = 1};
    assert_true(try_launch(NULL, NULL, &ask));
    assert_int_equal(launch->change->milestones[0].unknown, 1);
    assert_int_equal(launch->change->timeless, 1);
    ask.faster = days;
    assert_true(try_launch(NULL, NULL, &ask));
    assert_int_equal(launch->change->milestones[0].unknown, 0);
    assert_int_equal(launch->change->timeless, 0);
    assert_string_equal(launch->change->milestones[0].p90, "2026-11-27");
}

static void test_amounts_beyond_all_money_are_an_error(void **state)
{
    (void)state;
    static const char *const without[] = {"human"};
    step("human.a", 1, NULL);
    step("human.b", 1, NULL);
    make_plan();
    cost("human.a", INT64_MAX, false);
    cost("human.b", 1, false);
    struct what_if_ask ask = {.without = without, .without_count = 1};
    assert_false(try_launch(NULL, NULL, &ask));
    assert_string_equal(err.code, "cost.overflow");
}

/* ---- what is no step ---------------------------------------------------------------------------------- */

static void test_what_blocks_and_is_no_step_makes_the_date_the_earliest_possible(void **state)
{
    (void)state;
    const struct launch_extra extras[] = {
        {.kind = "waiver", .subject = "backups", .text = "open"},
        {.kind = "parity", .subject = "b", .text = "differs", .blocks = true},
        {.kind = "parity", .subject = "a", .text = "differs", .blocks = true},
    };
    step("human.sign", 1, NULL);
    make_plan();
    done("human.sign");
    struct launch_ask ask = {.plan = &plan, .now_ms = NOW, .extras = extras, .extra_count = COUNT_OF(extras)};
    assert_true(launch_make(mem, &ask, &launch, &err));
    assert_int_equal(launch->extra_blocks, 2);
    assert_int_equal(launch->milestones[0].unknown, 2);
    assert_string_equal(launch->extras[0].subject, "a");
    assert_string_equal(launch->extras[2].subject, "backups");
    assert_true(launch_extra_is_bent(&launch->extras[2]));
    assert_false(launch_extra_is_bent(&launch->extras[0]));
}

/* ---- owners ------------------------------------------------------------------------------------------- */

static void test_owners_have_their_gates_in_the_order_of_the_items(void **state)
{
    (void)state;
    step("human.a", 1, NULL)->meta.owner = "legal";
    step("human.b", 1, NULL)->meta.owner = "finance";
    step("human.c", 1, "human.b")->meta.owner = "legal";
    step("dns.record.d", 1, "human.b");
    make_plan();
    look();
    assert_string_equal(order(), "b c a record.d");
    assert_int_equal(launch->owner_count, 3);
    assert_string_equal(launch->owners[0].name, "finance");
    assert_string_equal(launch->owners[1].name, "legal");
    assert_int_equal(launch->owners[1].gate_count, 2);
    assert_string_equal(launch->items[launch->owners[1].gates[0]].address, "human.c");
    assert_null(launch->owners[2].name);
    assert_int_equal(launch->owners[2].gate_count, 0);
    assert_int_equal(launch->owners[2].open, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_every_step_blocks_launch_unless_the_region_lets_it_follow),
        T(test_what_may_follow_blocks_all_the_same_when_a_step_needs_it),
        T(test_what_is_done_is_not_listed_and_hides_nothing),
        T(test_another_milestone_has_its_own_steps_and_date),
        T(test_a_step_that_several_milestones_need_blocks_each),
        T(test_more_milestones_than_bits_are_refused),
        T(test_when_all_is_done_launch_is_reached_today),
        T(test_what_nobody_knows_is_counted_and_never_zero),
        T(test_slack_is_what_a_step_may_slip),
        T(test_history_wins_over_guesses_and_the_own_place_over_others),
        T(test_a_person_who_was_quick_twice_is_no_rule_where_somebody_guessed),
        T(test_a_person_who_waits_already_has_less_left_until_all_of_it_is_over),
        T(test_what_failed_needs_somebody_until_it_is_mended),
        T(test_whose_name_is_taken_needs_somebody_whatever_a_run_met_before),
        T(test_deadlines_and_reminders_of_people),
        T(test_what_if_shows_the_other_date_and_what_is_saved),
        T(test_what_if_nothing_relevant_changes_not_one_date),
        T(test_faster_what_nobody_knows_stays_unknown_unless_a_time_is_said),
        T(test_amounts_beyond_all_money_are_an_error),
        T(test_what_blocks_and_is_no_step_makes_the_date_the_earliest_possible),
        T(test_owners_have_their_gates_in_the_order_of_the_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
