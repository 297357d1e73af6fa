#include "fake_rows.h"

/* Order, loops, missing steps, targets, moves: what a plan says of its steps together. */

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

static void named(const char *name, const char *needs)
{
    rig_step(&rig, arena_print(rig.mem, "fake.named.%s", name),
             needs ? arena_print(rig.mem, "{'name': '%s', 'ref': '$fake.named.%s:id'}", name, needs)
                   : arena_print(rig.mem, "{'name': '%s'}", name));
}

static void test_every_step_comes_after_all_it_needs_and_ties_go_by_address(void **state)
{
    (void)state;
    named("c", "a");
    named("b", "d");
    named("d", NULL);
    named("a", NULL);
    rig_step(&rig, "fake.named.e",
             "{'name': 'e', 'ref': ['$fake.named.b:id', '$fake.named.b:serial', "
             "'$fake.named.c:id', '$fake.named.d:id', '$fake.named.a:id', "
             "'$fake.named.b:size']}");
    rig_plan(&rig);
    const struct graph *g = rig.plan->graph;
    const char *order = "";
    for (uint32_t k = 0; k < g->count; k++)
        order = arena_print(rig.mem, "%s%s", order, g->nodes[g->sorted[k]].address + strlen("fake.named."));
    assert_string_equal(order, "acdbe");
}

static void test_the_shortest_loop_is_named_with_its_places(void **state)
{
    (void)state;
    named("a", "b");
    named("b", "c");
    named("c", "d");
    named("d", "a");
    named("x", "y");
    rig_after(&rig, rig_step(&rig, "fake.named.y", "{'name': 'y'}"), "fake.named.z");
    named("z", "x");
    named("behind", "a");
    assert_string_equal(
        rig_refused(&rig, "plan.cycle"),
        "these steps wait for each other: fake.named.x -> fake.named.y -> fake.named.z -> fake.named.x");
    assert_non_null(strstr(rig.diags.at[0].detail, "fake.named.y is declared at playbooks/test.lua:15"));
    assert_int_equal(rig.diags.errors, 1);
}

static void test_a_step_that_refers_to_itself_is_a_loop(void **state)
{
    (void)state;
    named("a", "a");
    assert_string_equal(rig_refused(&rig, "plan.cycle"),
                        "these steps wait for each other: fake.named.a -> fake.named.a");
}

static void test_a_missing_step_is_named_with_the_nearest(void **state)
{
    (void)state;
    named("gateway", NULL);
    named("b", "gatewya");
    rig_after(&rig, rig_step(&rig, "fake.named.c", "{'name': 'c'}"), "fake.named.zzzzzzzzzz");
    assert_string_equal(rig_refused(&rig, "plan.no_step"),
                        "step 'fake.named.b' refers to 'fake.named.gatewya', and there is no such step");
    assert_string_equal(rig.diags.at[0].advice, "did you mean 'fake.named.gateway'?");
    assert_int_equal(rig.diags.errors, 2);
}

static void test_a_reference_to_what_is_only_stored_is_a_missing_step(void **state)
{
    (void)state;
    rig_row(&rig, "fake.named.old", "{'name': 'old'}");
    named("b", "old");
    rig_sort_rows(&rig);
    rig_refused(&rig, "plan.no_step");
}

static void test_all_errors_are_told_at_once(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.a", "{'name': 'a', 'siez': 1}");
    rig_step(&rig, "fake.named.b", "{'size': 'big', 'name': 'b'}");
    rig_step(&rig, "fake.none.c", "{}");
    rig_step(&rig, "fake.named.d", "{}");
    assert_false(rig_try_plan(&rig));
    assert_int_equal(rig.diags.errors, 4);
    rig_refused(&rig, "plan.no_type");
}

static void test_two_steps_of_one_name_are_one_object(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.a", "{'name': 'same'}");
    rig_step(&rig, "fake.named.b", "{'name': 'same'}");
    rig_step(&rig, "fake.planned.c", "{'name': 'same'}");
    rig_step(&rig, "fake.tokened.d", "{'name': 'same'}");
    rig_step(&rig, "fake.tokened.e", "{'name': 'same'}");
    assert_string_equal(rig_refused(&rig, "plan.same_object"),
                        "'fake.named.b' and 'fake.named.a' are the same object: both are fake.named "
                        "\"same\"");
    assert_int_equal(rig.diags.errors, 1);
}

static void test_a_kept_and_a_new_step_of_one_name_are_one_object(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'same', 'size': 1}");
    rig_step(&rig, "fake.named.b", "{'name': 'same'}");
    rig_sort_rows(&rig);
    rig_refused(&rig, "plan.same_object");
}

/* ---- targets -------------------------------------------------------------------------------------- */

static void target(const char *what)
{
    rig.ask.targets = rig_texts(&rig, what);
    rig.ask.target_count = 1;
}

static void test_a_target_brings_what_it_needs_and_nothing_else(void **state)
{
    (void)state;
    named("a", NULL);
    named("ab", NULL);
    named("b", "a");
    named("c", "b");
    target("fake.named.b");
    rig_plan(&rig);
    assert_true(rig_at(&rig, "fake.named.a")->targeted);
    assert_true(rig_at(&rig, "fake.named.b")->targeted);
    assert_false(rig_at(&rig, "fake.named.c")->targeted);
    assert_false(rig_at(&rig, "fake.named.ab")->targeted);
    assert_int_equal(rig.plan->totals.by_action[PLAN_CREATE], 2);
    target("fake.named.a");
    rig_plan(&rig);
    assert_false(rig_at(&rig, "fake.named.ab")->targeted);
    target("fake.named");
    rig_plan(&rig);
    assert_int_equal(rig.plan->totals.by_action[PLAN_CREATE], 4);
    target("fake.nam");
    assert_false(rig_try_plan(&rig));
    assert_string_equal(rig.err.code, "plan.no_target");
}

static void test_destroying_a_target_brings_what_was_built_on_it(void **state)
{
    (void)state;
    rig_row(&rig, "fake.named.a", "{'name': 'a'}");
    rig_row(&rig, "fake.named.b", "{'name': 'b'}")->depends_on = "[\"fake.named.a\"]";
    rig_row(&rig, "fake.named.c", "{'name': 'c'}");
    rig.ask.destroy = true;
    target("fake.named.a");
    rig_plan_rows(&rig);
    assert_true(rig_at(&rig, "fake.named.b")->targeted);
    assert_false(rig_at(&rig, "fake.named.c")->targeted);
}

/* ---- moves ------------------------------------------------------------------------------------------- */

static void test_a_moved_step_is_kept_under_its_new_address(void **state)
{
    (void)state;
    rig_row(&rig, "fake.named.old", "{'name': 'a', 'size': 1}");
    rig_step(&rig, "fake.named.new", "{'name': 'a'}");
    rig_moved(&rig, "fake.named.old", "fake.named.new");
    rig_moved(&rig, "fake.named.older", "fake.named.new");
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.new", "keep: as declared");
    assert_int_equal(rig.plan->count, 1);
    assert_int_equal(rig.plan->move_count, 1);
    assert_true(plan_has_changes(rig.plan));
    assert_string_equal(rig.truth.res[0].address, "fake.named.old");
}

static void test_what_is_held_moves_along(void **state)
{
    (void)state;
    struct store_op op = {.address = "fake.named.old", .state = STORE_OP_HELD, .marker = "lf1.x"};
    rig_row(&rig, "fake.named.old", "{'name': 'a', 'size': 1}");
    rig_step(&rig, "fake.named.new", "{'name': 'a'}");
    rig_moved(&rig, "fake.named.old", "fake.named.new");
    rig.truth.ops = &op;
    rig.truth.op_count = 1;
    rig_plan_rows(&rig);
    assert_non_null(rig_at(&rig, "fake.named.new")->pending);
}

static void test_nothing_moves_onto_what_was_built(void **state)
{
    (void)state;
    rig_row(&rig, "fake.named.old", "{'name': 'a'}");
    rig_built(&rig, "fake.named.new", "{'name': 'b'}");
    rig_moved(&rig, "fake.named.old", "fake.named.new");
    rig_sort_rows(&rig);
    assert_false(rig_try_plan(&rig));
    assert_string_equal(rig.err.code, "plan.moved_onto");
    assert_string_equal(rig.err.where, "playbooks/test.lua:3");
}

/* ---- residency ------------------------------------------------------------------------------------------
 */

static void test_data_stays_where_it_must(void **state)
{
    (void)state;
    rig.region.residency = rig_json(&rig, "{'personal': ['ie', 'de']}");
    struct decl *d = rig_step(&rig, "fake.named.a", "{'name': 'a', 'place': 'us'}");
    d->meta.holds = rig_texts(&rig, "personal");
    d->meta.holds_count = 1;
    assert_false(rig_try_plan(&rig));
    assert_int_equal(rig.diags.errors, 1);
    assert_string_equal(rig.diags.at[0].address, "fake.named.a");
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'a', 'place': 'de'}");
    rig_plan(&rig);
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'a'}");
    rig_plan(&rig);
}

/* ---- the reader's order ------------------------------------------------------------------------ */

static void test_a_reader_sees_stages_then_addresses_then_what_goes(void **state)
{
    (void)state;
    rig_row(&rig, "fake.named.a", "{'name': 'gone'}");
    static const char *const stages[] = {"first", "second"};
    named("z", NULL);
    named("y", NULL);
    named("x", NULL);
    rig.steps.at[0].stage = stages[0];
    rig.steps.at[1].stage = stages[1];
    rig_plan_rows(&rig);
    rig.decls.stages = stages;
    rig.decls.stage_count = 2;
    const uint32_t *order = plan_order(rig.mem, rig.plan);
    assert_string_equal(rig.plan->steps[order[0]].address, "fake.named.x");
    assert_string_equal(rig.plan->steps[order[1]].address, "fake.named.z");
    assert_string_equal(rig.plan->steps[order[2]].address, "fake.named.y");
    assert_string_equal(rig.plan->steps[order[3]].address, "fake.named.a");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_every_step_comes_after_all_it_needs_and_ties_go_by_address),
        T(test_the_shortest_loop_is_named_with_its_places),
        T(test_a_step_that_refers_to_itself_is_a_loop),
        T(test_a_missing_step_is_named_with_the_nearest),
        T(test_a_reference_to_what_is_only_stored_is_a_missing_step),
        T(test_all_errors_are_told_at_once),
        T(test_two_steps_of_one_name_are_one_object),
        T(test_a_kept_and_a_new_step_of_one_name_are_one_object),
        T(test_a_target_brings_what_it_needs_and_nothing_else),
        T(test_destroying_a_target_brings_what_was_built_on_it),
        T(test_a_moved_step_is_kept_under_its_new_address),
        T(test_what_is_held_moves_along),
        T(test_nothing_moves_onto_what_was_built),
        T(test_data_stays_where_it_must),
        T(test_a_reader_sees_stages_then_addresses_then_what_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
