#include "fake_rows.h"

/* What becomes of one step, and the reason a person reads. */

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

static void test_a_step_that_was_never_built_is_created(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.a", "{'name': 'a', 'size': 3}");
    rig_plan(&rig);
    rig_says(&rig, "fake.named.a", "create: new");
    const struct plan_step *s = rig_at(&rig, "fake.named.a");
    assert_int_equal(s->generation, 1);
    assert_int_equal(value_kind(value_get(s->promise, "serial")), VALUE_UNKNOWN);
    assert_int_equal(value_get_int(s->promise, "size", 0), 3);
    assert_true(plan_has_changes(rig.plan));
    assert_int_equal(rig.plan->totals.by_action[PLAN_CREATE], 1);
    assert_int_equal(strlen(rig.plan->lineage), 32);
}

static void test_a_fallback_of_the_schema_fills_what_is_not_said(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig_plan(&rig);
    assert_int_equal(value_get_int(rig_at(&rig, "fake.named.a")->desired, "size", 0), 1);
}

static void test_what_is_as_declared_is_kept(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 3, 'tags': ['x', 'y']}");
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'a', 'size': 3, 'tags': ['y', 'x']}");
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.a", "keep: as declared");
    assert_false(plan_has_changes(rig.plan));
    assert_string_equal(rig_at(&rig, "fake.named.a")->id, "named-1");
}

static void test_a_changed_attribute_is_an_update_and_says_from_what_to_what(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 3}");
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'a', 'size': 4}");
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.a", "update: size: 3 -> 4");
    const struct plan_step *s = rig_at(&rig, "fake.named.a");
    assert_string_equal(s->because[0], "size");
    assert_null(s->because[1]);
    assert_int_equal(s->generation, 1);
}

static void test_drift_is_repaired_and_told_apart(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 3}");
    snprintf(rig.world->objects[0].state, FAKE_STATE, "{\"name\":\"a\",\"size\":9}");
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.a", "update: size: 9 -> 3 (changed outside landfall)");
}

static void test_drift_that_is_ignored_is_kept(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 3}");
    snprintf(rig.world->objects[0].state, FAKE_STATE, "{\"name\":\"a\",\"size\":9}");
    rig.steps.at[0].meta.ignore = rig_texts(&rig, "size");
    rig.steps.at[0].meta.ignore_count = 1;
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.a", "keep: as declared");
}

static void test_a_fixed_attribute_makes_a_new_object(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'engine': 'pg', 'size': 1}");
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'a', 'engine': 'my'}");
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.a", "replace: engine: pg -> my");
    const struct plan_step *s = rig_at(&rig, "fake.named.a");
    assert_int_equal(s->generation, 2);
    assert_int_equal(value_kind(value_get(s->promise, "serial")), VALUE_UNKNOWN);
}

static void test_a_type_without_update_is_replaced_and_promises_nothing_of_the_old(void **state)
{
    (void)state;
    rig_built(&rig, "fake.no_update.a", "{'name': 'a', 'size': 1}");
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'a', 'size': 2}");
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.no_update.a", "replace: size: 1 -> 2");
    assert_int_equal(value_kind(value_get(rig_at(&rig, "fake.no_update.a")->promise, "serial")),
                     VALUE_UNKNOWN);
}

static void test_what_vanished_is_created_as_another_generation(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a'}");
    rig.world->objects[0].alive = 0;
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.a", "create: it is gone: removed outside landfall");
    const struct plan_step *s = rig_at(&rig, "fake.named.a");
    assert_int_equal(s->generation, 2);
    assert_null(s->id);
}

static void test_a_damaged_row_is_replaced(void **state)
{
    (void)state;
    rig_row(&rig, "fake.named.a", "{'name': 'a', 'size': 1}")->damaged = true;
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.a", "replace: it exists, but it is not right");
}

static void test_what_a_failed_create_left_nothing_of_was_not_removed_by_anybody(void **state)
{
    (void)state;
    struct store_res *row = rig_row(&rig, "fake.named.a", "{'name': 'a', 'size': 1}");
    row->damaged = true;
    row->observed = NULL;
    rig_row(&rig, "fake.planned.b", "{'name': 'b', 'size': 1}")->damaged = true;
    rig.world->objects[0].alive = rig.world->objects[1].alive = 0;
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig_step(&rig, "fake.planned.b", "{'name': 'b'}");
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.a", "create: it is not there: its create failed");
    rig_says(&rig, "fake.planned.b", "create: it is gone: removed outside landfall");
}

static void test_an_object_that_reads_as_damaged_is_replaced(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 1}");
    rig.world->objects[0].damaged = 1;
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.a", "replace: it exists, but it is not right");
}

static void test_replacement_can_be_asked_for(void **state)
{
    (void)state;
    static const char *const replaces[] = {"fake.named.a"};
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 1}");
    rig.ask.replaces = replaces;
    rig.ask.replace_count = 1;
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.a", "replace: replacement was asked for");
    static const char *const nowhere[] = {"fake.named.ab"};
    rig.ask.replaces = nowhere;
    assert_false(rig_try_plan(&rig));
    assert_string_equal(rig.err.code, "plan.no_target");
    assert_string_equal(rig.err.advice, "did you mean 'fake.named.a'?");
}

static void test_another_instance_is_another_object(void **state)
{
    (void)state;
    rig_add_driver(&rig, "parent");
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 1}");
    rig.steps.at[0].instance = "parent";
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.a", "replace: its driver changes: fake -> fake/parent");
}

/* ---- unknowns -------------------------------------------------------------------------------- */

static void test_what_a_new_object_gets_is_unknown_to_those_that_read_it(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig_step(&rig, "fake.named.b", "{'name': 'b', 'ref': ['$fake.named.a:serial', '$fake.named.a:id']}");
    rig_step(&rig, "fake.named.c", "{'name': 'c', 'size': '$fake.named.a:size'}");
    rig_plan(&rig);
    assert_true(rig_at(&rig, "fake.named.b")->unknown);
    assert_false(rig_at(&rig, "fake.named.c")->unknown);
    assert_int_equal(value_get_int(rig_at(&rig, "fake.named.c")->desired, "size", 0), 1);
}

static void test_what_stands_is_known_to_those_that_read_it(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 1}");
    rig_step(&rig, "fake.named.b", "{'name': 'b', 'ref': ['$fake.named.a:serial', '$fake.named.a:id']}");
    rig_plan_rows(&rig);
    const struct plan_step *s = rig_at(&rig, "fake.named.b");
    assert_false(s->unknown);
    assert_string_equal(value_json_text(rig.mem, value_get(s->desired, "ref")), "[\"named-1\",\"named-1\"]");
}

static void test_an_unknown_fixed_attribute_may_replace(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.b", "{'name': 'b', 'engine': 'pg', 'size': 1}");
    rig.steps.at[0].attrs =
        rig_refer(&rig, rig_json(&rig, "{'name': 'b', 'engine': '$fake.named.a:serial'}"));
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig_plan_rows(&rig);
    const struct plan_step *s = rig_at(&rig, "fake.named.b");
    assert_true(s->may_replace);
    assert_int_equal(s->action, PLAN_UPDATE);
    rig_says(&rig, "fake.named.b", "update: engine: pg -> known later");
}

static void test_a_protected_step_is_not_replaced(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.b", "{'name': 'b', 'engine': 'pg', 'size': 1}");
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'b', 'engine': 'my'}");
    rig.steps.at[0].meta.protect = true;
    rig_sort_rows(&rig);
    assert_string_equal(rig_refused(&rig, "plan.protected"),
                        "'fake.named.b' is protected, and the plan would replace it: engine: pg -> my");
}

static void test_a_protected_row_is_not_destroyed(void **state)
{
    (void)state;
    rig_row(&rig, "fake.named.b", "{'name': 'b'}")->protect = true;
    rig_sort_rows(&rig);
    rig_refused(&rig, "plan.protected");
}

/* ---- what nobody declares ---------------------------------------------------------------------- */

static void test_what_is_no_longer_declared_is_destroyed(void **state)
{
    (void)state;
    rig_row(&rig, "fake.named.a", "{'name': 'a'}");
    rig_row(&rig, "fake.named.b", "{'name': 'b'}");
    rig.world->objects[1].alive = 0;
    rig_row(&rig, "action.seed", NULL)->inputs = "abc";
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.a", "destroy: no longer declared");
    rig_says(&rig, "fake.named.b", "forget: no longer declared, and gone already");
    rig_says(&rig, "action.seed", "forget: no longer declared");
}

static void test_what_was_built_on_it_goes_first(void **state)
{
    (void)state;
    rig_row(&rig, "fake.named.a", "{'name': 'a'}");
    rig_row(&rig, "fake.named.b", "{'name': 'b'}")->depends_on = "[\"fake.named.a\"]";
    rig_row(&rig, "fake.named.c", "{'name': 'c'}")->depends_on = "[\"fake.named.b\",\"fake.named.a\"]";
    rig.ask.destroy = true;
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.c", "destroy: destroy was asked for");
    const struct graph *g = rig.plan->graph;
    assert_string_equal(g->nodes[g->sorted[0]].address, "fake.named.c");
    assert_string_equal(g->nodes[g->sorted[1]].address, "fake.named.b");
    assert_string_equal(g->nodes[g->sorted[2]].address, "fake.named.a");
}

static void test_a_deposed_row_is_counted_and_goes_with_its_step(void **state)
{
    (void)state;
    struct store_res *old = rig_row(&rig, "fake.named.a", "{'name': 'a1'}");
    old->deposed = true;
    old = rig_row(&rig, "fake.named.a", "{'name': 'a', 'size': 1}");
    old->generation = 2;
    old->marker = rig_marker(&rig, "fake.named.a", 2);
    snprintf(rig.world->objects[1].marker, 40, "%s", old->marker);
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig_plan_rows(&rig);
    const struct plan_step *s = rig_at(&rig, "fake.named.a");
    assert_int_equal(s->action, PLAN_KEEP);
    assert_int_equal(s->deposed_left, 1);
    assert_int_equal(s->generation, 2);
    assert_true(plan_has_changes(rig.plan));
}

static void test_a_deposed_row_alone_is_destroyed_when_nobody_declares_it(void **state)
{
    (void)state;
    rig_row(&rig, "fake.named.a", "{'name': 'a1'}")->deposed = true;
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.a", "destroy: no longer declared");
}

/* ---- whose is it ----------------------------------------------------------------------------------- */

static void test_what_carries_another_marker_is_not_touched(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 2}");
    snprintf(rig.world->objects[0].marker, 40, "%s", FAKE_FOREIGN_MARKER);
    rig_sort_rows(&rig);
    const char *says = rig_refused(&rig, "plan.foreign");
    assert_string_equal(says, "'fake.named.a' is there (named-1), but it carries '" FAKE_FOREIGN_MARKER
                              "' instead of our marker");
    /* To be copied as it stands, but for the lineage: without one, adopt would refuse. */
    assert_non_null(
        strstr(rig.diags.at[0].advice, "`landfall adopt eu fake.named.a --yes --why TEXT --lineage OLD`"));
    assert_non_null(strstr(rig.diags.at[0].advice, "`landfall resolve eu fake.named.a --forget"));
    rig.ask.adopting = "fake.named.a";
    rig_plan(&rig);
}

static void test_what_lost_its_marker_is_not_touched(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 2}");
    rig.world->objects[0].marker[0] = '\0';
    rig_sort_rows(&rig);
    rig_refused(&rig, "plan.foreign");
    assert_non_null(strstr(rig.diags.at[0].advice,
                           "then `landfall adopt eu fake.named.a --yes --why TEXT` to take it over"));
}

static void test_what_nobody_declares_and_is_not_ours_any_more_is_not_destroyed(void **state)
{
    (void)state;
    rig_row(&rig, "fake.named.a", "{'name': 'a'}");
    snprintf(rig.world->objects[0].marker, 40, "%s", FAKE_FOREIGN_MARKER);
    rig_sort_rows(&rig);
    rig_refused(&rig, "plan.foreign");
    /* What the playbook does not declare can only be let go of. */
    assert_null(strstr(rig.diags.at[0].advice, "landfall adopt"));
    assert_non_null(strstr(rig.diags.at[0].advice, "`landfall resolve eu fake.named.a --forget"));
}

static void test_what_cannot_carry_a_marker_is_ours_while_it_is_as_we_left_it(void **state)
{
    (void)state;
    rig_built(&rig, "fake.markless.a", "{'name': 'a', 'size': 2}");
    rig.world->objects[0].marker[0] = '\0';
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'a', 'size': 3}");
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.markless.a", "update: size: 2 -> 3");
    snprintf(rig.world->objects[0].state, FAKE_STATE, "{\"name\":\"a\",\"size\":9}");
    rig_refused(&rig, "plan.foreign");
    /* Nothing is changed of what is kept, so there is nothing to refuse. */
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'a', 'size': 9}");
    rig_plan(&rig);
    rig_says(&rig, "fake.markless.a", "keep: as declared");
}

static void test_an_object_that_cannot_be_read_is_not_an_absent_one(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a'}");
    rig_fault(&rig, FAKE_CANNOT_TELL, LF_VERB_READ, "", 1);
    rig_sort_rows(&rig);
    rig_refused(&rig, "plan.cannot_read");
    rig_plan(&rig);
}

static void test_a_drivers_block_that_rows_need_is_missed_by_name(void **state)
{
    (void)state;
    rig_row(&rig, "fake.named.a", "{'name': 'a'}")->instance = "parent";
    rig_sort_rows(&rig);
    assert_string_equal(rig_refused(&rig, "plan.no_driver"),
                        "'fake.named.a' was built by the driver of 'fake/parent', and the region names none");
}

/* ---- plans of the driver's own --------------------------------------------------------------------- */

static void test_a_driver_may_plan_by_its_own_rules(void **state)
{
    (void)state;
    rig_built(&rig, "fake.planned.a", "{'name': 'a', 'size': 5}");
    rig_step(&rig, "fake.planned.b", "{'name': 'b', 'size': 5}");
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.planned.a", "keep: as declared");
    rig_says(&rig, "fake.planned.b", "create: new");
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'a', 'size': 6}");
    rig_plan(&rig);
    rig_says(&rig, "fake.planned.a", "update: size: 5 -> 6");
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'a', 'size': 4}");
    rig_plan(&rig);
    rig_says(&rig, "fake.planned.a", "replace: size: 5 -> 4");
    assert_string_equal(rig_at(&rig, "fake.planned.a")->because[0], "size");
    assert_int_equal(rig_at(&rig, "fake.planned.a")->generation, 2);
}

static void test_a_driver_may_refuse_at_plan_time_with_a_note(void **state)
{
    (void)state;
    rig_step(&rig, "fake.planned.a", "{'name': 'a', 'size': -1}");
    assert_string_equal(rig_refused(&rig, "fake.bad_size"), "a size below zero");
    assert_int_equal(rig.diags.errors, 1);
    assert_string_equal(rig.diags.at[0].where, "playbooks/test.lua:10");
    assert_string_equal(rig.diags.at[0].address, "fake.planned.a");
}

static void test_a_driver_that_promises_something_else_is_named(void **state)
{
    (void)state;
    rig_step(&rig, "fake.planned.a", "{'name': 'a', 'size': 5}");
    rig_fault(&rig, FAKE_LIE, LF_VERB_PLAN, "a", 1);
    rig_refused(&rig, "plugin.broke_promise");
    assert_string_equal(rig.diags.at[0].path, "size");
}

/* ---- secrets ------------------------------------------------------------------------------------------ */

static void test_a_secret_that_is_never_told_again_is_carried_over(void **state)
{
    (void)state;
    static const char with[] =
        "{'name': 'a', 'size': 1, 'secret': {'$secret': {'source': 'env:P', 'digest': 'd1'}}}";
    struct store_res *row = rig_row(&rig, "fake.secretive.a", "{'name': 'a', 'size': 1}");
    row->desired = rig_text(&rig, with);
    rig_step(&rig, "fake.secretive.a", with);
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.secretive.a", "keep: as declared");
    rig.steps.at[0].attrs = rig_json(
        &rig, "{'name': 'a', 'size': 1, 'secret': {'$secret': {'source': 'env:P', 'digest': 'd2'}}}");
    rig_plan(&rig);
    rig_says(&rig, "fake.secretive.a", "update: secret (secret) changes");
}

/* ---- refresh only ----------------------------------------------------------------------------------------
 */

static void test_refresh_only_plans_what_the_store_will_remember(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 3}");
    rig_built(&rig, "fake.named.b", "{'name': 'b', 'size': 3}");
    rig_built(&rig, "fake.named.c", "{'name': 'c', 'size': 3}");
    rig_step(&rig, "fake.named.d", "{'name': 'd'}");
    snprintf(rig.world->objects[1].state, FAKE_STATE, "{\"name\":\"b\",\"size\":9}");
    rig.world->objects[2].alive = 0;
    rig.ask.refresh_only = true;
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.a", "keep: as remembered");
    rig_says(&rig, "fake.named.b", "update: changed outside landfall");
    rig_says(&rig, "fake.named.c", "forget: it is gone: removed outside landfall");
    rig_says(&rig, "fake.named.d", "keep: not built yet");
}

static void test_refresh_only_sees_no_change_in_a_secret_nobody_tells(void **state)
{
    (void)state;
    static const char with[] =
        "{'name': 'a', 'size': 1, 'secret': {'$secret': {'source': 'env:P', 'digest': 'd1'}}}";
    struct store_res *row = rig_row(&rig, "fake.secretive.a", "{'name': 'a', 'size': 1}");
    row->desired = rig_text(&rig, with);
    row->observed = value_json_text(
        rig.mem, value_with_key(rig.mem, rig_json(&rig, with), "serial", value_text(rig.mem, "secretive-1")));
    rig_step(&rig, "fake.secretive.a", with);
    rig.ask.refresh_only = true;
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.secretive.a", "keep: as remembered");
}

/* ---- lookups ----------------------------------------------------------------------------------- */

static void test_an_existing_object_is_found_and_read_by_others(void **state)
{
    (void)state;
    rig_object(&rig, "named", "old", "", "{'name': 'old', 'size': 42}");
    rig_step(&rig, "fake.named.old", "{'name': 'old'}")->kind = DECL_EXISTING;
    rig_step(&rig, "fake.named.b", "{'name': 'b', 'size': '$fake.named.old:size'}");
    rig_plan(&rig);
    rig_says(&rig, "fake.named.old", "lookup: looked up, never written");
    assert_int_equal(value_get_int(rig_at(&rig, "fake.named.b")->desired, "size", 0), 42);
    assert_string_equal(rig_at(&rig, "fake.named.old")->id, "named-1");
}

static void test_an_existing_object_that_is_missing_is_an_error(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.old", "{'name': 'old', 'size': 1}")->kind = DECL_EXISTING;
    assert_string_equal(rig_refused(&rig, "plan.existing_missing"),
                        "'fake.named.old' should exist and does not: looked for "
                        "{\"name\":\"old\",\"size\":1} with fake-fake");
    rig_fault(&rig, FAKE_CANNOT_TELL, LF_VERB_FIND, "", 1);
    rig_refused(&rig, "plan.cannot_find");
}

static void test_an_existing_object_whose_name_is_unknown_is_looked_up_later(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig_step(&rig, "fake.named.old", "{'name': '$fake.named.a:serial'}")->kind = DECL_EXISTING;
    rig_plan(&rig);
    rig_says(&rig, "fake.named.old", "lookup: looked up when its inputs are known, never written");
    assert_null(rig_at(&rig, "fake.named.old")->observed);
}

/* ---- steps without a driver -------------------------------------------------------------------- */

static void test_an_action_runs_again_only_when_what_it_runs_on_changes(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 1}");
    rig_after(&rig, rig_step(&rig, "action.seed", "{}"), "fake.named.a");
    rig_plan_rows(&rig);
    rig_says(&rig, "action.seed", "run: never ran");
    const char *inputs = rig_at(&rig, "action.seed")->inputs;
    assert_non_null(inputs);
    rig_row(&rig, "action.seed", NULL)->inputs = inputs;
    rig_plan_rows(&rig);
    rig_says(&rig, "action.seed", "keep: done as declared");
    rig.steps.at[1].version = 2;
    rig_plan(&rig);
    rig_says(&rig, "action.seed", "run: its inputs or what it comes after changed");
    rig.steps.at[1].version = 1;
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'a', 'engine': 'new'}");
    rig_plan(&rig);
    rig_says(&rig, "action.seed", "run: its inputs or what it comes after changed");
    static const char *const replaces[] = {"action.seed"};
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'a', 'size': 1}");
    rig.ask.replaces = replaces;
    rig.ask.replace_count = 1;
    rig_plan(&rig);
    rig_says(&rig, "action.seed", "run: running it again was asked for");
}

static void test_a_check_runs_again_when_something_before_it_changes(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 1}");
    rig_after(&rig, rig_step(&rig, "check.up", "{'http': {'url': 'http://x'}}"), "fake.named.a");
    rig_plan_rows(&rig);
    rig_says(&rig, "check.up", "check: never ran");
    rig_row(&rig, "check.up", NULL)->inputs = rig_at(&rig, "check.up")->inputs;
    rig_plan_rows(&rig);
    rig_says(&rig, "check.up", "keep: done as declared");
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'a', 'size': 2}");
    rig_plan(&rig);
    rig_says(&rig, "check.up", "check: its inputs or what it comes after changed");
}

static void test_people_and_todos_wait(void **state)
{
    (void)state;
    rig_step(&rig, "human.sign", "{'ask': 'sign the contract'}");
    rig_step(&rig, "todo.later", "{}");
    rig_plan(&rig);
    rig_says(&rig, "human.sign", "wait: waits for a person");
    rig_says(&rig, "todo.later", "todo: not written yet");
    assert_false(plan_has_changes(rig.plan));
}

static void test_a_driver_that_is_not_ready_is_told_once_and_asked_nothing_else(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a'}");
    rig_built(&rig, "fake.named.b", "{'name': 'b'}");
    rig_fault(&rig, FAKE_REFUSE, LF_VERB_PREFLIGHT, "", 1);
    rig_sort_rows(&rig);
    assert_string_equal(rig_refused(&rig, "fake.refused"), "the fake service refuses it");
    assert_int_equal(rig.diags.count, 1);
    assert_int_equal(rig.world->asked[LF_VERB_PREFLIGHT], 1);
    assert_int_equal(rig.world->asked[LF_VERB_READ], 0);
}

static void test_a_driver_that_is_not_ready_and_says_nothing_is_told_by_name(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig_fault(&rig, FAKE_CANNOT_TELL, LF_VERB_PREFLIGHT, "", 1);
    assert_string_equal(rig_refused(&rig, "plan.preflight"),
                        "'fake' is not ready: fake-fake says: it cannot tell whether its service is ready");
}

static void test_a_driver_that_no_step_needs_is_not_asked(void **state)
{
    (void)state;
    rig_step(&rig, "human.sign", "{'ask': 'sign the contract'}");
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    const char *const targets[] = {"human.sign"};
    rig.ask.targets = targets;
    rig.ask.target_count = 1;
    rig_plan(&rig);
    assert_int_equal(rig.world->asked[LF_VERB_PREFLIGHT], 0);
}

static void test_a_driver_that_only_a_check_asks_is_asked_too(void **state)
{
    (void)state;
    rig_step(&rig, "check.up", "{'call': {'subsystem': 'fake', 'instance': '', 'call': 'ping'}, 'args': {}}");
    rig_plan(&rig);
    assert_int_equal(rig.world->asked[LF_VERB_PREFLIGHT], 1);
}

static void test_a_question_that_is_throttled_is_asked_again(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 1}");
    rig_built(&rig, "fake.named.b", "{'name': 'b', 'size': 1}");
    rig_step(&rig, "fake.planned.c", "{'name': 'c'}");
    rig_fault(&rig, FAKE_RETRY, LF_VERB_PREFLIGHT, "", 1);
    rig_fault(&rig, FAKE_RETRY, LF_VERB_READ, "", 3);
    rig_fault(&rig, FAKE_RETRY, LF_VERB_PLAN, "", 2);
    rig_object(&rig, "named", "d", "", "{'name': 'd'}");
    rig_step(&rig, "fake.named.d", "{'name': 'd'}")->kind = DECL_EXISTING;
    rig_fault(&rig, FAKE_RETRY, LF_VERB_FIND, "", 1);
    rig_plan_rows(&rig);
    rig_says(&rig, "fake.named.a", "keep: as declared");
    rig_says(&rig, "fake.named.b", "keep: as declared");
    rig_says(&rig, "fake.planned.c", "create: new");
    rig_says(&rig, "fake.named.d", "lookup: looked up, never written");
    assert_int_equal(rig.world->asked[LF_VERB_PREFLIGHT], 2);
    assert_int_equal(rig.world->asked[LF_VERB_READ], 5);
    assert_int_equal(rig.world->asked[LF_VERB_PLAN], 3);
    assert_int_equal(rig.world->asked[LF_VERB_FIND], 2);
}

static void test_a_question_that_stays_throttled_ends_the_plan(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a'}");
    rig_fault(&rig, FAKE_RETRY, LF_VERB_READ, "", 100);
    rig_sort_rows(&rig);
    rig_refused(&rig, "plan.cannot_read");
    assert_int_equal(rig.world->asked[LF_VERB_READ], 4);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_step_that_was_never_built_is_created),
        T(test_a_fallback_of_the_schema_fills_what_is_not_said),
        T(test_what_is_as_declared_is_kept),
        T(test_a_changed_attribute_is_an_update_and_says_from_what_to_what),
        T(test_drift_is_repaired_and_told_apart),
        T(test_drift_that_is_ignored_is_kept),
        T(test_a_fixed_attribute_makes_a_new_object),
        T(test_a_type_without_update_is_replaced_and_promises_nothing_of_the_old),
        T(test_what_vanished_is_created_as_another_generation),
        T(test_a_damaged_row_is_replaced),
        T(test_what_a_failed_create_left_nothing_of_was_not_removed_by_anybody),
        T(test_an_object_that_reads_as_damaged_is_replaced),
        T(test_replacement_can_be_asked_for),
        T(test_another_instance_is_another_object),
        T(test_what_a_new_object_gets_is_unknown_to_those_that_read_it),
        T(test_what_stands_is_known_to_those_that_read_it),
        T(test_an_unknown_fixed_attribute_may_replace),
        T(test_a_protected_step_is_not_replaced),
        T(test_a_protected_row_is_not_destroyed),
        T(test_what_is_no_longer_declared_is_destroyed),
        T(test_what_was_built_on_it_goes_first),
        T(test_a_deposed_row_is_counted_and_goes_with_its_step),
        T(test_a_deposed_row_alone_is_destroyed_when_nobody_declares_it),
        T(test_what_carries_another_marker_is_not_touched),
        T(test_what_lost_its_marker_is_not_touched),
        T(test_what_nobody_declares_and_is_not_ours_any_more_is_not_destroyed),
        T(test_what_cannot_carry_a_marker_is_ours_while_it_is_as_we_left_it),
        T(test_an_object_that_cannot_be_read_is_not_an_absent_one),
        T(test_a_drivers_block_that_rows_need_is_missed_by_name),
        T(test_a_driver_may_plan_by_its_own_rules),
        T(test_a_driver_may_refuse_at_plan_time_with_a_note),
        T(test_a_driver_that_promises_something_else_is_named),
        T(test_a_secret_that_is_never_told_again_is_carried_over),
        T(test_refresh_only_plans_what_the_store_will_remember),
        T(test_refresh_only_sees_no_change_in_a_secret_nobody_tells),
        T(test_an_existing_object_is_found_and_read_by_others),
        T(test_an_existing_object_that_is_missing_is_an_error),
        T(test_an_existing_object_whose_name_is_unknown_is_looked_up_later),
        T(test_an_action_runs_again_only_when_what_it_runs_on_changes),
        T(test_a_check_runs_again_when_something_before_it_changes),
        T(test_people_and_todos_wait),
        T(test_a_driver_that_is_not_ready_is_told_once_and_asked_nothing_else),
        T(test_a_driver_that_is_not_ready_and_says_nothing_is_told_by_name),
        T(test_a_driver_that_no_step_needs_is_not_asked),
        T(test_a_driver_that_only_a_check_asks_is_asked_too),
        T(test_a_question_that_is_throttled_is_asked_again),
        T(test_a_question_that_stays_throttled_ends_the_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
