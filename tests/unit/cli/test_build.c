/* The build: apply, resume, destroy and done on a project of human steps and todos, which need no driver - so
 * that what is tested here is the story itself: asking, locking, once-only plans, exit codes. */
#include "rig.h"

#include <signal.h>
#include <sys/wait.h>

#include "io/loop.h"
#include "store/store.h"

static void make_project(struct rig *r, const char *playbook)
{
    rig_write(r, "landfall.yaml", "playbook: playbooks/main.lua\n");
    rig_write(r, "regions/us.yaml",
              "region: us\ntitle: US\njurisdiction: US\nplace: us-east-1\n"
              "domain: us.acme.example\ncurrency: USD\n");
    rig_write(r, "playbooks/main.lua", playbook);
}

static const char signing[] = "human \"signed\" { ask = \"Sign it\", step = { owner = \"legal\" } }\n";
static const char acting[] = "action \"seed\" { version = 1, run = function(ctx) end }\n"
                             "action \"sow\" { version = 1, run = function(ctx) end }\n"
                             "landfall.output { domain = landfall.region.domain }\n";

static bool store_is_there(struct rig *r)
{
    return file_exists(file_join(r->mem, r->folder, ".landfall/us.db"));
}

static void test_nobody_to_ask_is_a_no_and_writes_nothing(void **state)
{
    struct rig *r = *state;
    make_project(r, acting);
    rig_run(r, "apply us");
    assert_false(r->ran);
    assert_string_equal(r->err.code, "cli.needs_yes");
    assert_false(store_is_there(r));
}

static void test_a_broken_playbook_writes_nothing(void **state)
{
    struct rig *r = *state;
    make_project(r, "this is not Lua\n");
    rig_run(r, "apply us --yes");
    assert_false(r->ran);
    assert_false(store_is_there(r));
}

static void test_actions_run_once_and_outputs_stay(void **state)
{
    struct rig *r = *state;
    make_project(r, acting);
    rig_run(r, "apply us --yes");
    assert_true(r->ran);
    assert_int_equal(r->exit_code, COMMAND_OK);
    rig_run(r, "plan us --exit-code");
    assert_int_equal(r->exit_code, COMMAND_OK);
    rig_run(r, "output us domain");
    assert_string_equal(r->said, "us.acme.example\n");
    rig_run(r, "apply us"); /* nothing to do needs no yes */
    assert_true(r->ran);
    assert_int_equal(r->exit_code, COMMAND_OK);
}

static void test_a_waiting_person_is_partial_until_done_is_recorded(void **state)
{
    struct rig *r = *state;
    make_project(r, signing);
    rig_run(r, "apply us --yes");
    assert_int_equal(r->exit_code, COMMAND_PARTIAL);
    assert_non_null(strstr(r->said, "landfall done us human.signed"));
    rig_run(r, "done us human.singed --by Ada --evidence https://sign.example/x.pdf");
    assert_false(r->ran);
    assert_non_null(strstr(r->err.summary, "did you mean 'human.signed'?"));
    rig_run(r, "done us human.signed --by Ada");
    assert_string_equal(r->err.code, "usage.missing");
    rig_run(r, "done us human.signed --by Ada --evidence https://sign.example/x.pdf");
    assert_true(r->ran);
    rig_run(r, "resume us");
    assert_true(r->ran);
    assert_int_equal(r->exit_code, COMMAND_OK);
    rig_run(r, "history us human.signed");
    assert_non_null(strstr(r->said, "by Ada: https://sign.example/x.pdf"));
}

static void test_a_step_can_be_done_before_anything_was_applied(void **state)
{
    struct rig *r = *state;
    make_project(r, signing);
    rig_run(r, "done us human.signed --by Ada --evidence https://sign.example/x.pdf");
    assert_true(r->ran);
    rig_run(r, "apply us");
    assert_true(r->ran);
    assert_int_equal(r->exit_code, COMMAND_OK);
}

static void test_a_plan_file_is_applied_once(void **state)
{
    struct rig *r = *state;
    make_project(r, acting);
    rig_run(r, "plan us -o us.plan");
    assert_true(r->ran);
    assert_false(store_is_there(r));
    rig_run(r, "apply us.plan --yes");
    if (!r->ran)
        fail_msg("%s: %s", r->err.summary, r->err.detail);
    rig_run(r, "apply us.plan --yes");
    assert_false(r->ran);
    assert_string_equal(r->err.code, "plan.used");
}

static void test_an_edit_makes_a_plan_file_stale(void **state)
{
    struct rig *r = *state;
    make_project(r, acting);
    rig_run(r, "plan us -o us.plan");
    make_project(r, "action \"seed\" { version = 2, run = function(ctx) end }\n");
    rig_run(r, "apply us.plan --yes");
    assert_false(r->ran);
    assert_string_equal(r->err.code, "plan.stale");
    assert_non_null(strstr(r->err.detail, "action.sow"));
    assert_false(store_is_there(r));
}

static void test_a_plan_file_takes_no_options_of_a_plan(void **state)
{
    struct rig *r = *state;
    make_project(r, acting);
    rig_run(r, "plan us -o us.plan");
    rig_run(r, "apply us.plan --yes --target action.seed");
    assert_false(r->ran);
    assert_string_equal(r->err.code, "usage.fixed");
}

static void test_a_target_leaves_the_rest_alone(void **state)
{
    struct rig *r = *state;
    make_project(r, acting);
    rig_run(r, "apply us --yes --target action.seed");
    assert_int_equal(r->exit_code, COMMAND_OK);
    rig_run(r, "plan us --exit-code");
    assert_int_equal(r->exit_code, COMMAND_CHANGES);
    rig_run(r, "plan us --exit-code --target action.seed");
    assert_int_equal(r->exit_code, COMMAND_OK);
}

static void test_there_is_nothing_to_resume_after_all_is_done(void **state)
{
    struct rig *r = *state;
    make_project(r, acting);
    rig_run(r, "resume us");
    assert_true(r->ran);
    assert_non_null(strstr(r->said, "nothing to resume"));
    assert_false(store_is_there(r));
    rig_run(r, "apply us --yes");
    rig_run(r, "resume us");
    assert_int_equal(r->exit_code, COMMAND_OK);
    assert_non_null(strstr(r->said, "nothing to resume"));
}

/* The drill: a process of its own, because it ends like a power cut. */
static int crash_after_one(struct rig *r)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        rig_run(r, "apply us --yes --crash-after 1");
        _exit(99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void test_the_crash_drill_kills_and_a_resume_goes_on(void **state)
{
    struct rig *r = *state;
    struct store_snapshot seen;
    make_project(r, acting);
    int status = crash_after_one(r);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_true(store_read(r->mem, ".landfall/us.db", &seen, &r->err));
    assert_string_equal(seen.last_run->state, "running");
    rig_run(r, "resume us"); /* under the yes the run was given */
    assert_true(r->ran);
    assert_int_equal(r->exit_code, COMMAND_OK);
    assert_true(store_read(r->mem, ".landfall/us.db", &seen, &r->err));
    assert_string_equal(seen.last_run->state, "done");
    assert_int_equal(seen.res_count, 2);
}

static void test_more_than_the_run_began_with_needs_a_yes_of_its_own(void **state)
{
    struct rig *r = *state;
    make_project(r, acting);
    crash_after_one(r);
    make_project(r, "action \"seed\" { version = 1, run = function(ctx) end }\n"
                    "action \"sow\" { version = 1, run = function(ctx) end }\n"
                    "action \"reap\" { version = 1, run = function(ctx) end }\n");
    rig_run(r, "resume us");
    assert_false(r->ran);
    assert_string_equal(r->err.code, "cli.needs_yes");
    assert_non_null(strstr(r->said, "action.reap: run, was not part of it"));
    rig_run(r, "resume us --yes");
    assert_true(r->ran);
    assert_int_equal(r->exit_code, COMMAND_OK);
}

static void test_an_edited_value_needs_a_yes_of_its_own(void **state)
{
    struct rig *r = *state;
    make_project(r, acting);
    crash_after_one(r);
    make_project(r, "action \"seed\" { version = 2, run = function(ctx) end }\n"
                    "action \"sow\" { version = 2, run = function(ctx) end }\n");
    rig_run(r, "resume us");
    assert_false(r->ran);
    assert_string_equal(r->err.code, "cli.needs_yes");
    assert_non_null(strstr(r->said, "file playbooks/main.lua changed"));
    assert_non_null(strstr(r->said, "action.sow: declared otherwise than when the run was started"));
    assert_non_null(strstr(r->said, "action.seed: declared otherwise than when the run was started"));
    rig_run(r, "resume us --yes");
    assert_true(r->ran);
}

static void test_destroy_takes_everything_and_its_outputs(void **state)
{
    struct rig *r = *state;
    struct store_snapshot seen;
    make_project(r, acting);
    rig_run(r, "apply us --yes");
    rig_run(r, "destroy us");
    assert_string_equal(r->err.code, "cli.needs_yes");
    rig_run(r, "destroy us --yes");
    assert_true(r->ran);
    assert_int_equal(r->exit_code, COMMAND_OK);
    assert_true(store_read(r->mem, ".landfall/us.db", &seen, &r->err));
    assert_int_equal(seen.res_count, 0);
    rig_run(r, "output us domain");
    assert_string_equal(r->err.code, "output.missing");
    rig_run(r, "resume us");
    assert_int_equal(r->exit_code, COMMAND_OK);
    assert_non_null(strstr(r->said, "nothing to resume: the last destroy was done"));
    assert_null(strstr(r->said, "landfall apply"));
}

static void test_one_region_has_one_writer(void **state)
{
    struct rig *r = *state;
    make_project(r, acting);
    rig_run(r, "apply us --yes --target action.seed");
    struct loop *loop = loop_new();
    struct store_snapshot seen;
    struct store_writer *other;
    assert_true(store_read(r->mem, ".landfall/us.db", &seen, &r->err));
    assert_true(store_writer_open(loop, ".landfall/us.db", "us", seen.lineage, "apply", &other, &r->err));
    rig_run(r, "apply us --yes");
    assert_false(r->ran);
    assert_string_equal(r->err.code, "store.locked");
    rig_run(r, "plan us");
    assert_true(r->ran); /* reading needs no lock */
    store_writer_close(other);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nobody_to_ask_is_a_no_and_writes_nothing, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_a_broken_playbook_writes_nothing, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_actions_run_once_and_outputs_stay, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_a_waiting_person_is_partial_until_done_is_recorded, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_a_step_can_be_done_before_anything_was_applied, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_a_plan_file_is_applied_once, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_an_edit_makes_a_plan_file_stale, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_a_plan_file_takes_no_options_of_a_plan, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_a_target_leaves_the_rest_alone, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_there_is_nothing_to_resume_after_all_is_done, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_the_crash_drill_kills_and_a_resume_goes_on, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_more_than_the_run_began_with_needs_a_yes_of_its_own, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_an_edited_value_needs_a_yes_of_its_own, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_destroy_takes_everything_and_its_outputs, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_one_region_has_one_writer, rig_set_up, rig_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
