#include "fake_rows.h"

/* A plan as of the store: no service is asked anything, and what is built is told as it was last seen. */

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

/* The service answers nothing any more; nobody may notice. */
static void plan_offline(void)
{
    rig.world->ping_worse = LF_END_FAILED;
    rig.ask.no_refresh = rig.ask.offline = true;
    memset(rig.world->asked, 0, sizeof(rig.world->asked));
    uint32_t pings = rig.world->pings;
    rig_plan_rows(&rig);
    assert_int_equal(rig.world->asked[LF_VERB_READ], 0);
    assert_int_equal(rig.world->asked[LF_VERB_FIND], 0);
    assert_int_equal(rig.world->asked[LF_VERB_PLAN], 0);
    assert_int_equal(rig.world->pings, pings);
}

static void test_what_was_built_is_kept_though_it_is_gone_by_now(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 3}");
    rig.world->objects[0].alive = 0;
    plan_offline();
    rig_says(&rig, "fake.named.a", "keep: as declared");
    assert_int_equal(value_get_int(rig_at(&rig, "fake.named.a")->promise, "size", 0), 3);
}

static void test_what_was_edited_is_a_change_as_ever(void **state)
{
    (void)state;
    rig_built(&rig, "fake.named.a", "{'name': 'a', 'size': 3}");
    rig.steps.at[0].attrs = rig_json(&rig, "{'name': 'a', 'size': 4}");
    plan_offline();
    rig_says(&rig, "fake.named.a", "update: size: 3 -> 4");
}

static void test_a_lookup_is_not_made_and_what_uses_it_is_kept(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.old", "{'name': 'old'}")->kind = DECL_EXISTING;
    rig_row(&rig, "fake.named.b", "{'name': 'b', 'size': 42}");
    rig_step(&rig, "fake.named.b", "{'name': 'b', 'size': '$fake.named.old:size'}");
    plan_offline();
    rig_says(&rig, "fake.named.old", "lookup: not looked up: no service was asked");
    rig_says(&rig, "fake.named.b", "keep: as declared");
    assert_int_equal(rig_at(&rig, "fake.named.b")->diff_count, 0);
}

static void test_beside_an_unknown_a_known_change_is_still_seen(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.old", "{'name': 'old'}")->kind = DECL_EXISTING;
    rig_row(&rig, "fake.named.b", "{'name': 'b', 'size': 42, 'tags': ['x']}");
    rig_step(&rig, "fake.named.b", "{'name': 'b', 'size': '$fake.named.old:size', 'tags': ['y']}");
    plan_offline();
    const struct plan_step *s = rig_at(&rig, "fake.named.b");
    assert_int_equal(s->action, PLAN_UPDATE);
    assert_int_equal(s->diff_count, 1);
}

static void test_a_driver_s_own_plan_is_done_without(void **state)
{
    (void)state;
    rig_built(&rig, "fake.planned.a", "{'name': 'a', 'size': 5}");
    rig_step(&rig, "fake.planned.b", "{'name': 'b', 'size': 5}");
    plan_offline();
    rig_says(&rig, "fake.planned.a", "keep: as declared");
    rig_says(&rig, "fake.planned.b", "create: new");
}

static void test_an_action_after_a_lookup_stays_done(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.old", "{'name': 'old'}")->kind = DECL_EXISTING;
    rig_after(&rig, rig_step(&rig, "action.seed", "{}"), "fake.named.old");
    rig_row(&rig, "action.seed", NULL)->inputs = "abc";
    plan_offline();
    rig_says(&rig, "action.seed", "keep: done as declared");
}

static void test_an_action_after_something_new_runs(void **state)
{
    (void)state;
    rig_step(&rig, "fake.named.a", "{'name': 'a'}");
    rig_after(&rig, rig_step(&rig, "action.seed", "{}"), "fake.named.a");
    rig_row(&rig, "action.seed", NULL)->inputs = "abc";
    plan_offline();
    rig_says(&rig, "action.seed", "run: its inputs or what it comes after changed");
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_what_was_built_is_kept_though_it_is_gone_by_now),
        T(test_what_was_edited_is_a_change_as_ever),
        T(test_a_lookup_is_not_made_and_what_uses_it_is_kept),
        T(test_beside_an_unknown_a_known_change_is_still_seen),
        T(test_a_driver_s_own_plan_is_done_without),
        T(test_an_action_after_a_lookup_stays_done),
        T(test_an_action_after_something_new_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
