#include "fake_rows.h"

/* Is the name of a new object free?  What a plan says when it is not, and whom it asks. */

static struct rig rig;

static int setup(void **state)
{
    (void)state;
    rig_open(&rig);
    rig.ask.names = true;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static struct fake_object *there(const char *type, const char *name, const char *marker)
{
    return rig_object(&rig, type, name, marker, arena_print(rig.mem, "{'name': '%s', 'size': 1}", name));
}

static const struct plan_taken *conflict_at(const char *address)
{
    const struct plan_step *s = rig_at(&rig, address);
    assert_true(plan_is_conflict(s));
    assert_int_equal(s->action, PLAN_CREATE);
    return s->taken;
}

static uint32_t finds(void)
{
    return rig.world->asked[LF_VERB_FIND];
}

static const char *warning(void)
{
    for (size_t i = 0; i < rig.diags.count; i++) {
        if (strcmp(rig.diags.at[i].code, "plan.names_not_asked") == 0)
            return rig.diags.at[i].summary;
    }
    return NULL;
}

/* ---- whose it is --------------------------------------------------------------------------------------- */

static void test_a_name_that_nobody_has_is_free(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig_plan(&rig);
    assert_null(rig_at(&rig, "fake.named.a")->taken);
    assert_int_equal(rig.plan->totals.conflicts, 0);
    assert_int_equal(finds(), 1);
    assert_int_equal(rig.world->changes, 0);
}

static void test_what_carries_no_marker_is_somebodys(void **state)
{
    (void)state;
    there("named", "a", "");
    rig_step(&rig, "fake.named.a", "{'name': 'a', 'size': 3}");
    rig_step(&rig, "fake.named.b", "{'name': 'b'}");
    rig_plan(&rig);
    const struct plan_taken *t = conflict_at("fake.named.a");
    assert_string_equal(t->reason, "something with this name is there already, and it is not ours");
    assert_string_equal(t->detail, "fake-fake has it as 'named-1'; what is asked for differs in size");
    assert_string_equal(
        t->advice, "look at it; then `landfall adopt eu fake.named.a --yes --why TEXT` to take it over, or "
                   "give the step another name, or build the others alone (--target)");
    assert_null(rig_at(&rig, "fake.named.b")->taken);
    assert_int_equal(rig.plan->totals.conflicts, 1);
    rig_says(&rig, "fake.named.a", "create: new");
}

static void test_what_stands_ready_is_no_conflict_until_somebody_has_marked_it(void **state)
{
    (void)state;
    there("ready", "a", "");
    there("ready", "b", FAKE_FOREIGN_MARKER);
    rig_step(&rig, "fake.ready.a", "{'name': 'a', 'size': 3}");
    rig_step(&rig, "fake.ready.b", "{'name': 'b'}");
    rig_plan(&rig);
    assert_null(rig_at(&rig, "fake.ready.a")->taken);
    rig_says(&rig, "fake.ready.a", "create: new");
    assert_string_equal(conflict_at("fake.ready.b")->marker, FAKE_FOREIGN_MARKER);
    assert_int_equal(rig.plan->totals.conflicts, 1);
}

static void test_what_another_store_made_says_how_to_have_it(void **state)
{
    (void)state;
    there("named", "a", FAKE_FOREIGN_MARKER);
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig_plan(&rig);
    const struct plan_taken *t = conflict_at("fake.named.a");
    assert_string_equal(t->marker, FAKE_FOREIGN_MARKER);
    assert_non_null(strstr(t->reason, "it carries the marker " FAKE_FOREIGN_MARKER));
    assert_non_null(strstr(t->advice, "`landfall adopt eu fake.named.a --yes --why TEXT --lineage OLD`"));
}

static void test_what_would_get_this_very_marker_is_ours(void **state)
{
    (void)state;
    rig_row(&rig, "fake.named.z", "{'name': 'z'}");
    there("named", "a", rig_marker(&rig, "fake.named.a", 1));
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig_plan_rows(&rig);
    const struct plan_step *s = rig_at(&rig, "fake.named.a");
    assert_true(s->taken && s->taken->ours && !plan_is_conflict(s));
    assert_null(s->taken->advice);
    assert_int_equal(rig.plan->totals.conflicts, 0);
}

static void test_an_older_one_of_this_step_needs_no_lineage(void **state)
{
    (void)state;
    rig_row(&rig, "fake.named.a", "{'name': 'a'}");
    rig.world->objects[0].alive = 0;
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig_sort_rows(&rig);
    /* Its row says gone; one of its generation stands under another id, and no row knows that marker. */
    rig.truth.res = arena_copy(rig.mem, rig.truth.res, sizeof(struct store_res));
    ((struct store_res *)rig.truth.res)[0].generation = 4;
    ((struct store_res *)rig.truth.res)[0].marker = rig_marker(&rig, "fake.named.a", 4);
    there("named", "a", rig_marker(&rig, "fake.named.a", 2));
    rig_plan(&rig);
    assert_int_equal(rig_at(&rig, "fake.named.a")->generation, 5);
    assert_non_null(
        strstr(conflict_at("fake.named.a")->advice, "`landfall adopt eu fake.named.a --yes --why TEXT` to"));
}

/* The service takes 'B' for 'b', say. */
static void test_what_another_step_built_is_that_steps(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.b", "{'name': 'b', 'size': 1}");
    there("named", "B", rig_marker(&rig, "fake.named.b", 1));
    rig_step(&rig, "fake.named.c", "{'name': 'B'}");
    rig_plan_rows(&rig);
    const struct plan_taken *t = conflict_at("fake.named.c");
    assert_string_equal(t->reason, "it is what 'fake.named.b' built");
    assert_string_equal(t->advice, "give one of the two steps another name");
}

static void test_what_makes_room_in_the_same_plan_takes_no_name(void **state)
{
    (void)state;
    rig_row(&rig, "fake.named.b", "{'name': 'b', 'size': 1}");
    there("named", "B", rig_marker(&rig, "fake.named.b", 1));
    rig_step(&rig, "fake.named.c", "{'name': 'B'}");
    rig_plan_rows(&rig);
    assert_int_equal(rig_at(&rig, "fake.named.b")->action, PLAN_DESTROY);
    assert_null(rig_at(&rig, "fake.named.c")->taken);
}

/* ---- what to do ---------------------------------------------------------------------------------------- */

static void test_what_cannot_be_adopted_says_why(void **state)
{
    (void)state;
    rig_object(&rig, "named", "a", "", "{'name': 'a', 'engine': 'pg'}");
    there("no_update", "n", "");
    there("named", "later", "");
    rig_step(&rig, "fake.named.a", "{'name': 'a', 'engine': 'my'}");
    rig_step(&rig, "fake.no_update.n", "{'name': 'n'}");
    rig_step(&rig, "fake.named.later", "{'name': 'later', 'ref': ['$fake.named.other:serial']}");
    rig_step(&rig, "fake.named.other", "{'name': 'other'}");
    rig_plan(&rig);
    assert_non_null(strstr(conflict_at("fake.named.a")->advice,
                           "; it cannot be adopted before 'engine', which no change can mend"));
    assert_non_null(strstr(conflict_at("fake.no_update.n")->advice, "; it cannot be adopted: its driver"));
    assert_non_null(strstr(conflict_at("fake.named.later")->advice,
                           "after fake.named.other, `landfall adopt eu fake.named.later --yes --why TEXT`"));
    assert_int_equal(rig.plan->totals.conflicts, 3);
}

/* Who said yes said it to what is done, and that is the same when the name is free again. */
static void test_a_conflict_is_no_part_of_the_digest(void **state)
{
    (void)state;
    struct fake_object *o = there("named", "a", "");
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    const char *taken = rig_plan(&rig)->digest;
    o->alive = 0;
    assert_int_equal(rig.plan->totals.conflicts, 1);
    assert_string_equal(rig_plan(&rig)->digest, taken);
    assert_int_equal(rig.plan->totals.conflicts, 0);
}

/* ---- who is asked -------------------------------------------------------------------------------------- */

static void test_only_new_objects_of_types_with_unique_names_are_looked_up(void **state)
{
    (void)state;
    static const char *const targets[] = {"fake.named", "fake.tokened", "fake.findable", "fake.markless"};
    rig_built(&rig, "fake.named.kept", "{'name': 'kept', 'size': 1}");
    there("markless", "m", "");
    there("named", "out", "");
    rig_step(&rig, "fake.tokened.t", "{'name': 't'}");
    rig_step(&rig, "fake.findable.f", "{'name': 'f'}");
    rig_step(&rig, "fake.markless.m", "{'name': 'm'}");
    rig_step(&rig, "fake.conditional.out", "{'name': 'out'}");
    rig_step(&rig, "fake.named.new", "{'name': 'new'}");
    rig.ask.targets = targets;
    rig.ask.target_count = COUNT_OF(targets);
    rig_plan_rows(&rig);
    assert_int_equal(finds(), 1);
    assert_int_equal(rig.plan->totals.conflicts, 0);
}

static void test_nobody_is_asked_unless_it_is_wanted(void **state)
{
    (void)state;
    there("named", "a", "");
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig.ask.names = false;
    rig_plan(&rig);
    rig.ask.names = rig.ask.no_refresh = true;
    rig_plan(&rig);
    assert_int_equal(finds(), 0);
    assert_null(rig_at(&rig, "fake.named.a")->taken);
}

static void test_a_name_that_is_not_known_yet_is_not_looked_up(void **state)
{
    (void)state;
    there("named", "a", "");
    rig_step(&rig, "fake.named.a", "{'name': 'a', 'engine': '$fake.named.b:serial'}");
    rig_step(&rig, "fake.named.b", "{'name': 'b'}");
    rig_plan(&rig);
    /* A fixed attribute may well say where: in which cluster, on which host. */
    assert_null(rig_at(&rig, "fake.named.a")->taken);
    assert_int_equal(finds(), 1);
}

static void test_what_is_in_doubt_is_settled_first(void **state)
{
    (void)state;
    static const struct store_op op = {.address = "fake.named.a", .state = STORE_OP_DOUBT};
    there("named", "a", "");
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig.truth.ops = &op;
    rig.truth.op_count = 1;
    rig_plan(&rig);
    assert_non_null(rig_at(&rig, "fake.named.a")->pending);
    assert_int_equal(finds(), 0);
}

static void test_a_replacement_is_looked_up_under_another_name_only(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'engine': 'pg', 'size': 1}");
    rig_built(&rig, "fake.named.b", "{'name': 'b', 'engine': 'pg', 'size': 1}");
    there("named", "c", "");
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'a', 'engine': 'my'}");
    rig.steps.at[1].attrs = rig_json(&rig, "{'name': 'c', 'engine': 'pg', 'size': 1}");
    rig_plan_rows(&rig);
    assert_int_equal(rig_at(&rig, "fake.named.a")->action, PLAN_REPLACE);
    assert_null(rig_at(&rig, "fake.named.a")->taken);
    assert_int_equal(rig_at(&rig, "fake.named.b")->action, PLAN_REPLACE);
    assert_true(plan_is_conflict(rig_at(&rig, "fake.named.b")));
    assert_int_equal(finds(), 1);
}

/* ---- many, and too many -------------------------------------------------------------------------------- */

static void test_many_names_are_one_question(void **state)
{
    (void)state;
    there("many", "n7", "");
    for (int i = 0; i < 1000; i++)
        rig_step(&rig, arena_print(rig.mem, "fake.many.n%d", i), arena_print(rig.mem, "{'name': 'n%d'}", i));
    rig_plan(&rig);
    assert_int_equal(rig.world->look_batches, 1);
    assert_int_equal(finds(), 1000);
    assert_int_equal(rig.plan->totals.conflicts, 1);
    assert_true(plan_is_conflict(rig_at(&rig, "fake.many.n7")));
}

static void test_a_driver_that_answers_one_at_a_time_is_not_flooded(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++)
        rig_step(&rig, arena_print(rig.mem, "fake.named.n%d", i), arena_print(rig.mem, "{'name': 'n%d'}", i));
    rig_plan(&rig);
    assert_int_equal(finds(), 256);
    assert_string_equal(warning(),
                        "fake-fake was not asked whether the names of 44 new fake.named steps are free");
}

/* ---- no answer ----------------------------------------------------------------------------------------- */

static void test_a_look_that_fails_is_no_conflict(void **state)
{
    (void)state;
    there("named", "a", "");
    rig_fault(&rig, FAKE_CANNOT_TELL, LF_VERB_FIND, "", 2);
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig_step(&rig, "fake.named.b", "{'name': 'b'}");
    rig_plan(&rig);
    assert_null(rig_at(&rig, "fake.named.a")->taken);
    assert_int_equal(rig.plan->totals.conflicts, 0);
    assert_non_null(warning());
    assert_int_equal(
        strncmp(warning(),
                "fake-fake could not say whether the names of 2 new fake.named steps are free: ", 77),
        0);
}

static void test_a_look_that_is_throttled_is_made_again(void **state)
{
    (void)state;
    there("named", "a", "");
    rig_fault(&rig, FAKE_RETRY, LF_VERB_FIND, "a", 1)->ms = 2000;
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig_step(&rig, "fake.named.b", "{'name': 'b'}");
    rig_plan(&rig);
    assert_null(warning());
    assert_int_equal(finds(), 3);
    assert_non_null(conflict_at("fake.named.a"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_a_name_that_nobody_has_is_free),
        T(test_what_carries_no_marker_is_somebodys),
        T(test_what_stands_ready_is_no_conflict_until_somebody_has_marked_it),
        T(test_what_another_store_made_says_how_to_have_it),
        T(test_what_would_get_this_very_marker_is_ours),
        T(test_an_older_one_of_this_step_needs_no_lineage),
        T(test_what_another_step_built_is_that_steps),
        T(test_what_makes_room_in_the_same_plan_takes_no_name),
        T(test_what_cannot_be_adopted_says_why),
        T(test_a_conflict_is_no_part_of_the_digest),
        T(test_only_new_objects_of_types_with_unique_names_are_looked_up),
        T(test_nobody_is_asked_unless_it_is_wanted),
        T(test_a_name_that_is_not_known_yet_is_not_looked_up),
        T(test_what_is_in_doubt_is_settled_first),
        T(test_a_replacement_is_looked_up_under_another_name_only),
        T(test_many_names_are_one_question),
        T(test_a_driver_that_answers_one_at_a_time_is_not_flooded),
        T(test_a_look_that_fails_is_no_conflict),
        T(test_a_look_that_is_throttled_is_made_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
