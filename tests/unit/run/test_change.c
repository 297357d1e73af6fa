#include "fake_action.h"
#include "fake_run.h"

/* One change and everything that may become of it: retries, doubts of every kind, and how they are settled.
 */

static struct run run;

static int setup(void **state)
{
    (void)state;
    run_open(&run);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    run_close(&run);
    return 0;
}

static const char *const kinds[] = {"named", "tokened", "findable",  "conditional", "markless",
                                    "slow",  "planned", "no_update", "secretive",   "many"};

static const char *address_of(const char *type)
{
    return arena_print(run.rig.mem, "fake.%s.x", type);
}

/* One step of the type, built while the fault strikes once; it must be there once, and be remembered. */
static void build_with(const char *type, enum fake_fault_kind kind, uint32_t verb)
{
    run_close(&run);
    run_open(&run);
    rig_step(&run.rig, address_of(type), "{'name': 'x', 'size': 2}");
    rig_fault(&run.rig, kind, verb, "", 1);
    run_apply(&run);
    if (run.out.done != 1)
        fail_msg("%s with fault %d: %s %s", type, kind, run.last.code, run.last.text);
    assert_int_equal(rig_alive(&run.rig), 1);
    assert_non_null(rig_find(&run.rig, "x"));
    run_check(&run);
}

static void test_a_create_whose_reply_was_lost_is_made_once(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(kinds); k++)
        build_with(kinds[k], FAKE_LOST_AFTER, LF_VERB_CREATE);
}

static void test_a_create_that_was_lost_is_made_once(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(kinds); k++)
        build_with(kinds[k], FAKE_LOST_BEFORE, LF_VERB_CREATE);
}

static void test_a_create_that_lands_late_is_made_once(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(kinds); k++)
        build_with(kinds[k], FAKE_LATE, LF_VERB_CREATE);
}

static void test_a_create_that_never_answers_is_made_once(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(kinds); k++)
        build_with(kinds[k], FAKE_HANG, LF_VERB_CREATE);
}

/* Built, then changed while the fault strikes. */
static void change_with(const char *type, enum fake_fault_kind kind)
{
    run_close(&run);
    run_open(&run);
    rig_step(&run.rig, address_of(type), "{'name': 'x', 'size': 2}");
    run_apply(&run);
    run.rig.steps.at[0].attrs = rig_json(&run.rig, "{'name': 'x', 'size': 3}");
    rig_fault(&run.rig, kind, 0, "", 1)->verb = LF_VERB_UPDATE;
    run_apply(&run);
    if (run.out.done != 1)
        fail_msg("%s with fault %d: %s %s", type, kind, run.last.code, run.last.text);
    assert_string_equal(rig_find(&run.rig, "x")->state, "{\"name\":\"x\",\"size\":3}");
    run_check(&run);
}

static void test_an_update_in_doubt_is_settled(void **state)
{
    (void)state;
    static const enum fake_fault_kind faults[] = {FAKE_LOST_AFTER, FAKE_LOST_BEFORE, FAKE_LATE, FAKE_HANG};
    static const char *const types[] = {"named", "tokened", "conditional", "markless", "slow", "many"};
    for (size_t f = 0; f < COUNT_OF(faults); f++) {
        for (size_t k = 0; k < COUNT_OF(types); k++)
            change_with(types[k], faults[f]);
    }
}

static void test_a_destroy_in_doubt_is_settled(void **state)
{
    (void)state;
    static const enum fake_fault_kind faults[] = {FAKE_LOST_AFTER, FAKE_LOST_BEFORE, FAKE_LATE, FAKE_HANG};
    for (size_t f = 0; f < COUNT_OF(faults); f++) {
        for (size_t k = 0; k < COUNT_OF(kinds); k++) {
            run_close(&run);
            run_open(&run);
            rig_step(&run.rig, address_of(kinds[k]), "{'name': 'x'}");
            run_apply(&run);
            rig_forget_steps(&run.rig);
            rig_fault(&run.rig, faults[f], LF_VERB_DESTROY, "", 1);
            run_apply(&run);
            assert_int_equal(run.out.done, 1);
            assert_int_equal(rig_alive(&run.rig), 0);
            assert_int_equal(run.rig.truth.res_count, 0);
            run_check(&run);
        }
    }
}

static void test_a_blind_create_in_doubt_asks_a_person_once(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.blind.x", "{'name': 'x'}");
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CREATE, "", 1);
    run_apply(&run);
    assert_int_equal(run.out.held, 1);
    assert_string_equal(run.last.code, "run.held");
    assert_string_equal(run.last.text,
                        "it may or may not have happened, and the service offers no way to find out");
    assert_non_null(strstr(run.last.advice, "landfall resolve eu fake.blind.x --keep ID"));
    assert_int_equal(run_op(&run, "fake.blind.x")->state, STORE_OP_HELD);
    run_check(&run);
    /* It stays held, and is not made again. */
    run_restart(&run);
    run_apply(&run);
    assert_int_equal(run.out.held, 1);
    assert_int_equal(run.rig.world->asked[LF_VERB_CREATE], 1);
}

static void test_one_token_serves_every_try(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.tokened.x", "{'name': 'x'}");
    rig_fault(&run.rig, FAKE_LOST_BEFORE, LF_VERB_CREATE, "", 1);
    rig_fault(&run.rig, FAKE_RETRY, LF_VERB_CREATE, "", 3);
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CREATE, "", 1);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    const struct fake_world *w = run.rig.world;
    for (uint32_t i = 1; i < w->token_count; i++)
        assert_string_equal(w->tokens[i], w->tokens[0]);
    assert_int_equal(strlen(w->last_token), 32);
    assert_int_equal(run.rig.world->asked[LF_VERB_RECOVER], 0);
    run_check(&run);
}

static void test_what_was_not_done_is_tried_again_and_given_up_in_the_end(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.named.x", "{'name': 'x'}");
    rig_fault(&run.rig, FAKE_RETRY, LF_VERB_CREATE, "", 19)->ms = 0;
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    rig_step(&run.rig, "fake.named.y", "{'name': 'y'}");
    rig_fault(&run.rig, FAKE_RETRY, LF_VERB_CREATE, "", 20)->ms = 0;
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "run.gave_up");
    assert_null(run_op(&run, "fake.named.y"));
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    run_check(&run);
}

static void test_the_services_own_wait_is_kept(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.named.x", "{'name': 'x'}");
    rig_fault(&run.rig, FAKE_RETRY, LF_VERB_CREATE, "", 1)->ms = 90000;
    int64_t before = loop_now_ms(run.rig.loop);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_true(loop_now_ms(run.rig.loop) - before >= 90000);
    assert_true(run_said(&run, "retry fake.named.x"));
}

static void test_no_wait_is_longer_than_an_hour_and_none_without_bound(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.named.x", "{'name': 'x'}");
    run.tries = 2;
    rig_fault(&run.rig, FAKE_RETRY, LF_VERB_CREATE, "", 2);
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_int_equal(run.rig.world->asked[LF_VERB_CREATE], 2);
}

/* ---- answers that speak of the last try only ------------------------------------------------------ */

static void test_throttling_after_a_lost_reply_does_not_lose_the_object(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.tokened.x", "{'name': 'x'}");
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CREATE, "", 1);
    rig_fault(&run.rig, FAKE_RETRY, LF_VERB_CREATE, "", 20)->ms = 0;
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "run.in_doubt");
    assert_int_equal(run_op(&run, "fake.tokened.x")->state, STORE_OP_DOUBT);
    run_check_objects(&run);
    run_restart(&run);
    run_apply(&run);
    assert_int_equal(run.recovered.settled, 1);
    assert_int_equal(rig_alive(&run.rig), 1);
    run_check(&run);
}

static void test_a_refusal_after_a_lost_reply_is_looked_into(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.tokened.x", "{'name': 'x'}");
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CREATE, "", 1);
    rig_fault(&run.rig, FAKE_REFUSE, LF_VERB_CREATE, "", 5);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(run.rig.world->asked[LF_VERB_RECOVER], 1);
    run_check(&run);
}

static void test_a_refusal_after_a_lost_request_is_a_refusal(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.tokened.x", "{'name': 'x'}");
    rig_fault(&run.rig, FAKE_LOST_BEFORE, LF_VERB_CREATE, "", 1);
    rig_fault(&run.rig, FAKE_REFUSE, LF_VERB_CREATE, "", 2);
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "fake.refused");
    assert_null(run_op(&run, "fake.tokened.x"));
    run_check(&run);
}

static void test_a_token_past_its_time_is_not_sent_again(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.tokened.x", "{'name': 'x'}");
    /* Two hours of throttling, then a doubt: the token was good for one. */
    rig_fault(&run.rig, FAKE_RETRY, LF_VERB_CREATE, "", 3)->ms = 3000000;
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CREATE, "", 1);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(run.rig.world->asked[LF_VERB_CREATE], 4);
    assert_int_equal(run.rig.world->asked[LF_VERB_RECOVER], 1);
    run_check(&run);
}

/* ---- recover's own answers -------------------------------------------------------------------------- */

static void test_a_list_that_lags_is_waited_for(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.findable.x", "{'name': 'x'}");
    rig_fault(&run.rig, FAKE_LATE, LF_VERB_CREATE, "", 1)->ms = 2400;
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(rig_alive(&run.rig), 1);
    run_check(&run);
}

static void test_several_with_our_marker_are_a_persons_choice(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.findable.x", "{'name': 'x'}");
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CREATE, "", 1);
    rig_fault(&run.rig, FAKE_MANY, LF_VERB_RECOVER, "", 1);
    run_apply(&run);
    assert_int_equal(run.out.held, 1);
    assert_string_equal(run.last.text, "three objects carry the marker: a, b, c");
    run_check(&run);
}

static void
test_a_recover_that_has_failed_is_not_asked_again_and_its_doubt_stays_for_the_next_run(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.named.x", "{'name': 'x'}");
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CREATE, "x", 1);
    rig_fault(&run.rig, FAKE_FAIL, LF_VERB_RECOVER, "x", 1);
    run_apply(&run);
    assert_int_equal(run.rig.world->asked[LF_VERB_RECOVER], 1);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "run.in_doubt");
    assert_int_equal(run_op(&run, "fake.named.x")->state, STORE_OP_DOUBT);
    run_restart(&run);
    rig_fault(&run.rig, FAKE_REFUSE, LF_VERB_RECOVER, "x", 1);
    run_apply(&run);
    assert_int_equal(run.rig.world->asked[LF_VERB_RECOVER], 2);
    run_restart(&run);
    run_apply(&run);
    assert_int_equal(run.recovered.settled, 1);
    assert_int_equal(run.rig.truth.op_count, 0);
    assert_int_equal(run.rig.world->asked[LF_VERB_CREATE], 1);
    run_check(&run);
}

static void test_a_service_that_cannot_be_asked_is_asked_again_and_by_the_next_run(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.named.x", "{'name': 'x'}");
    rig_step(&run.rig, "fake.named.y", "{'name': 'y'}");
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CREATE, "x", 1);
    rig_fault(&run.rig, FAKE_CANNOT_TELL, LF_VERB_RECOVER, "x", 19);
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CREATE, "y", 1);
    rig_fault(&run.rig, FAKE_CANNOT_TELL, LF_VERB_RECOVER, "y", 20);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "run.in_doubt");
    assert_int_equal(run_op(&run, "fake.named.y")->state, STORE_OP_DOUBT);
    run_restart(&run);
    run_apply(&run);
    assert_int_equal(run.rig.truth.op_count, 0);
    assert_int_equal(run.rig.world->asked[LF_VERB_CREATE], 2);
    assert_int_equal(rig_alive(&run.rig), 2);
    run_check(&run);
}

static void
test_what_is_in_doubt_each_time_and_never_there_has_failed_and_is_made_by_the_next_run(void **state)
{
    (void)state;
    static const char *const types[] = {"named", "findable", "tokened", "many"};
    for (size_t k = 0; k < COUNT_OF(types); k++) {
        run_close(&run);
        run_open(&run);
        rig_step(&run.rig, address_of(types[k]), "{'name': 'x'}");
        rig_fault(&run.rig, FAKE_LOST_BEFORE, LF_VERB_CREATE, "", 4);
        run_apply(&run);
        if (run.out.failed != 1)
            fail_msg("%s: %s %s", types[k], run.last.code, run.last.text);
        assert_string_equal(run.last.code, "run.gave_up");
        assert_int_equal(rig_alive(&run.rig), 0);
        run_restart(&run);
        run_apply(&run);
        assert_int_equal(run.out.done, 1);
        assert_int_equal(rig_alive(&run.rig), 1);
        run_check(&run);
    }
}

static void test_what_is_there_and_foreign_is_a_conflict_and_untouched(void **state)
{
    (void)state;
    rig_object(&run.rig, "named", "x", FAKE_FOREIGN_MARKER, "{'name': 'x', 'size': 7}");
    rig_object(&run.rig, "named", "y", "", "{'name': 'y', 'size': 7}");
    rig_step(&run.rig, "fake.named.x", "{'name': 'x'}");
    rig_step(&run.rig, "fake.named.y", "{'name': 'y'}");
    run_apply(&run);
    assert_int_equal(run.out.conflict, 2);
    assert_string_equal(run.last.code, "run.conflict");
    assert_non_null(strstr(run.last.advice, "landfall adopt eu fake.named."));
    assert_string_equal(rig_find(&run.rig, "x")->state, "{\"name\":\"x\",\"size\":7}");
    assert_int_equal(run.rig.truth.res_count, 0);
    run_check(&run);
    run_apply(&run);
    assert_int_equal(run.out.conflict, 2);
}

static void test_a_lost_create_beaten_by_somebody_else_is_a_conflict(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.named.x", "{'name': 'x'}");
    rig_fault(&run.rig, FAKE_LOST_BEFORE, LF_VERB_CREATE, "", 1);
    rig_object(&run.rig, "named", "x", FAKE_FOREIGN_MARKER, "{'name': 'x'}");
    run_apply(&run);
    assert_int_equal(run.out.conflict, 1);
    run_check(&run);
}

static void test_what_cannot_carry_a_marker_and_differs_is_a_conflict(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.markless.x", "{'name': 'x', 'size': 2}");
    rig_fault(&run.rig, FAKE_LOST_BEFORE, LF_VERB_CREATE, "", 1);
    rig_object(&run.rig, "markless", "x", "", "{'name': 'x', 'size': 9}");
    run_apply(&run);
    assert_int_equal(run.out.conflict, 1);
    assert_string_equal(rig_find(&run.rig, "x")->state, "{\"name\":\"x\",\"size\":9}");
}

static void test_an_update_that_somebody_else_undid_is_told(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.named.x", "{'name': 'x', 'size': 2}");
    run_apply(&run);
    run.rig.steps.at[0].attrs = rig_json(&run.rig, "{'name': 'x', 'size': 3}");
    rig_fault(&run.rig, FAKE_LATE, LF_VERB_UPDATE, "", 1)->ms = 1;
    struct fake_late *late = &run.rig.world->lates[1];
    late->verb = LF_VERB_UPDATE;
    late->due_ms = 1000;
    late->object = *rig_find(&run.rig, "x");
    late->object.etag = 0;
    snprintf(late->object.state, FAKE_STATE, "{\"name\":\"x\",\"size\":99}");
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "run.drift");
    run_check(&run);
}

static void test_what_vanished_under_an_update_is_told(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.named.x", "{'name': 'x', 'size': 2}");
    run_apply(&run);
    run.rig.steps.at[0].attrs = rig_json(&run.rig, "{'name': 'x', 'size': 3}");
    rig_fault(&run.rig, FAKE_LOST_BEFORE, LF_VERB_UPDATE, "", 1);
    rig_fault(&run.rig, FAKE_STALE, LF_VERB_RECOVER, "", 1);
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "run.gone");
}

/* ---- what came out is not what was promised ------------------------------------------------------------ */

static void test_a_broken_promise_keeps_the_truth_and_fails(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.named.x", "{'name': 'x', 'size': 2}");
    rig_fault(&run.rig, FAKE_LIE, LF_VERB_CREATE, "", 1);
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "plugin.broke_promise");
    assert_string_equal(run.last.text, "the driver fake-fake did not do what its plan promised at 'size'");
    assert_string_equal(run_row(&run, "fake.named.x")->observed,
                        "{\"name\":\"x\",\"serial\":\"named-1\",\"size\":4711}");
    run_check(&run);
    run_apply(&run);
    assert_int_equal(run.out.failed, 0);
}

static void test_what_came_up_damaged_is_remembered_and_replaced_next(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.named.x", "{'name': 'x'}");
    rig_fault(&run.rig, FAKE_DAMAGE, LF_VERB_CREATE, "", 1);
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "fake.damaged");
    assert_true(run_row(&run, "fake.named.x")->damaged);
    run_check(&run);
    run_restart(&run);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_false(run_row(&run, "fake.named.x")->damaged);
    assert_int_equal(rig_alive(&run.rig), 1);
    run_check(&run);
}

static void test_what_recover_finds_damaged_is_remembered_as_such(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.findable.x", "{'name': 'x'}");
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CREATE, "", 1);
    rig_fault(&run.rig, FAKE_DAMAGE, LF_VERB_RECOVER, "", 1);
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "run.damaged");
    assert_true(run_row(&run, "fake.findable.x")->damaged);
    run_check(&run);
}

static void test_a_driver_that_tells_no_state_stands_by_its_promise(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.named.x", "{'name': 'x'}");
    rig_fault(&run.rig, FAKE_SILENT, LF_VERB_CREATE, "", 1);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_string_equal(run_row(&run, "fake.named.x")->observed, "{\"name\":\"x\",\"size\":1}");
    run_check(&run);
}

/* ---- what takes long ---------------------------------------------------------------------------------- */

static void test_an_identity_is_recorded_before_it_is_waited_for(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.slow.x", "{'name': 'x'}");
    run.timeout_ms = 2000;
    run_apply(&run);
    /* The build takes longer than one call may: the calls after it go on from what was saved. */
    assert_int_equal(run.out.done, 1);
    assert_int_equal(run.rig.world->token_count, 1);
    assert_int_equal(rig_alive(&run.rig), 1);
    run_check(&run);
}

static void test_what_failed_in_the_making_is_not_lost(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.slow.x", "{'name': 'x'}");
    rig_fault(&run.rig, FAKE_FAIL_IN_BUILD, LF_VERB_CREATE, "", 1);
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "fake.build_failed");
    assert_true(run_row(&run, "fake.slow.x")->damaged);
    run_check(&run);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(rig_alive(&run.rig), 1);
    run_check(&run);
}

/* ---- a person stops it ----------------------------------------------------------------------------------
 */

static void stop_at_retry(struct run *r, const struct event *e)
{
    if (e->kind == EVENT_STEP_RETRY || e->kind == EVENT_STEP_DOUBT)
        executor_interrupt(r->executor);
}

static void test_an_interrupt_lets_running_changes_end_and_starts_no_more(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.named.a", "{'name': 'a'}");
    rig_step(&run.rig, "fake.slow.b", "{'name': 'b'}");
    rig_step(&run.rig, "fake.named.c", "{'name': 'c', 'ref': '$fake.slow.b:id'}");
    rig_fault(&run.rig, FAKE_RETRY, LF_VERB_CREATE, "a", 1)->ms = 900000;
    run.on_event = stop_at_retry;
    int64_t before = loop_now_ms(run.rig.loop);
    run_apply(&run);
    assert_true(run.out.stopped);
    assert_true(loop_now_ms(run.rig.loop) - before < 60000);
    assert_int_equal(run.out.done, 1);
    assert_non_null(run_row(&run, "fake.slow.b"));
    assert_null(run_op(&run, "fake.named.a"));
    assert_string_equal(run.rig.truth.last_run->state, "stopped");
    run_check(&run);
    run.on_event = NULL;
    run_restart(&run);
    run_apply(&run);
    assert_int_equal(run.out.done, 2);
    run_check(&run);
}

static void test_an_interrupt_in_a_drain_keeps_the_doubt(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        run_close(&run);
        run_open(&run);
        rig_step(&run.rig, address_of(kinds[k]), "{'name': 'x'}");
        rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CREATE, "", 1);
        run.on_event = stop_at_retry;
        run_apply(&run);
        assert_true(run.out.stopped);
        assert_int_equal(run_op(&run, address_of(kinds[k]))->state, STORE_OP_DOUBT);
        run_check_objects(&run);
        run.on_event = NULL;
        run_restart(&run);
        run_apply(&run);
        assert_int_equal(rig_alive(&run.rig), 1);
        run_check(&run);
    }
}

static void test_an_interrupt_while_a_batch_is_in_doubt_loses_nothing(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.many.a", "{'name': 'a'}");
    rig_step(&run.rig, "fake.many.b", "{'name': 'b'}");
    rig_fault(&run.rig, FAKE_HANG, LF_VERB_CREATE, "b", 1);
    run.on_event = stop_at_retry;
    run_apply(&run);
    run.on_event = NULL;
    run_restart(&run);
    run_apply(&run);
    assert_int_equal(rig_alive(&run.rig), 2);
    run_check(&run);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_create_whose_reply_was_lost_is_made_once),
        T(test_a_create_that_was_lost_is_made_once),
        T(test_a_create_that_lands_late_is_made_once),
        T(test_a_create_that_never_answers_is_made_once),
        T(test_an_update_in_doubt_is_settled),
        T(test_a_destroy_in_doubt_is_settled),
        T(test_a_blind_create_in_doubt_asks_a_person_once),
        T(test_one_token_serves_every_try),
        T(test_what_was_not_done_is_tried_again_and_given_up_in_the_end),
        T(test_the_services_own_wait_is_kept),
        T(test_no_wait_is_longer_than_an_hour_and_none_without_bound),
        T(test_throttling_after_a_lost_reply_does_not_lose_the_object),
        T(test_a_refusal_after_a_lost_reply_is_looked_into),
        T(test_a_refusal_after_a_lost_request_is_a_refusal),
        T(test_a_token_past_its_time_is_not_sent_again),
        T(test_a_list_that_lags_is_waited_for),
        T(test_several_with_our_marker_are_a_persons_choice),
        T(test_a_service_that_cannot_be_asked_is_asked_again_and_by_the_next_run),
        T(test_a_recover_that_has_failed_is_not_asked_again_and_its_doubt_stays_for_the_next_run),
        T(test_what_is_in_doubt_each_time_and_never_there_has_failed_and_is_made_by_the_next_run),
        T(test_what_is_there_and_foreign_is_a_conflict_and_untouched),
        T(test_a_lost_create_beaten_by_somebody_else_is_a_conflict),
        T(test_what_cannot_carry_a_marker_and_differs_is_a_conflict),
        T(test_an_update_that_somebody_else_undid_is_told),
        T(test_what_vanished_under_an_update_is_told),
        T(test_a_broken_promise_keeps_the_truth_and_fails),
        T(test_what_came_up_damaged_is_remembered_and_replaced_next),
        T(test_what_recover_finds_damaged_is_remembered_as_such),
        T(test_a_driver_that_tells_no_state_stands_by_its_promise),
        T(test_an_identity_is_recorded_before_it_is_waited_for),
        T(test_what_failed_in_the_making_is_not_lost),
        T(test_an_interrupt_lets_running_changes_end_and_starts_no_more),
        T(test_an_interrupt_in_a_drain_keeps_the_doubt),
        T(test_an_interrupt_while_a_batch_is_in_doubt_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
