#include "fake_action.h"
#include "fake_run.h"

/* Actions and checks: what they did is recorded unit by unit, and never done twice. */

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

static struct decl *seed(const char *attrs)
{
    rig_forget_steps(&run.rig);
    return rig_step(&run.rig, "action.seed", attrs);
}

/* How often calls with that value took effect. */
static uint32_t effects(const char *value)
{
    uint32_t n = 0;
    for (size_t i = 0; i < FAKE_CALLS; i++)
        n += strcmp(run.rig.world->calls[i].value, value) == 0 ? run.rig.world->calls[i].times : 0;
    return n;
}

static void test_an_action_runs_its_units_and_is_done(void **state)
{
    (void)state;
    seed("{'units': ['send:one', 'keep:two', 'asks:three', 'shout:four']}");
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(effects("one") + effects("three") + effects("four"), 3);
    const struct store_res *row = run_row(&run, "action.seed");
    assert_int_equal(strlen(row->inputs), 64);
    assert_string_equal(row->observed, "{\"n\":2}");
    run_restart(&run);
    run_apply(&run);
    assert_int_equal(run.out.total, 0);
    assert_int_equal(effects("one") + effects("three") + effects("four"), 3);
}

static void test_what_is_recorded_is_not_done_again(void **state)
{
    (void)state;
    seed("{'units': ['send:one', 'shout:two', 'send:three']}");
    rig_fault(&run.rig, FAKE_REFUSE, LF_VERB_CALL, "three", 1);
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "fake.refused");
    run_restart(&run);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(effects("one"), 1);
    assert_int_equal(effects("two"), 1);
    assert_int_equal(effects("three"), 1);
}

static void test_an_action_that_fails_early_waits_for_its_open_calls(void **state)
{
    (void)state;
    seed("{'units': ['send:one', 'asks:two', 'shout:three'], 'together': true}");
    rig_fault(&run.rig, FAKE_REFUSE, LF_VERB_CALL, "one", 1);
    rig_fault(&run.rig, FAKE_RETRY, LF_VERB_CALL, "two", 1);
    rig_fault(&run.rig, FAKE_RETRY, LF_VERB_CALL, "three", 2);
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_int_equal(effects("two"), 1);
    assert_int_equal(effects("three"), 1);
    run_restart(&run);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(effects("one"), 1);
    assert_int_equal(effects("two"), 1);
    assert_int_equal(effects("three"), 1);
}

static void test_a_call_in_doubt_is_settled_as_its_kind_allows(void **state)
{
    (void)state;
    seed("{'units': ['send:one', 'asks:two']}");
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CALL, "one", 1);
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CALL, "two", 1);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(effects("one"), 1);
    assert_int_equal(effects("two"), 1);
    seed("{'units': ['send:three', 'asks:four']}");
    rig_fault(&run.rig, FAKE_LOST_BEFORE, LF_VERB_CALL, "three", 1);
    rig_fault(&run.rig, FAKE_LOST_BEFORE, LF_VERB_CALL, "four", 1);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(effects("three"), 1);
    assert_int_equal(effects("four"), 1);
}

static void test_a_call_that_nobody_can_look_into_is_a_persons(void **state)
{
    (void)state;
    seed("{'units': ['shout:one']}");
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CALL, "one", 1);
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "action.in_doubt");
    run_restart(&run);
    run_apply(&run);
    assert_string_equal(run.last.code, "action.in_doubt");
    assert_int_equal(effects("one"), 1);
    /* The playbook's word: it may run again. */
    seed("{'units': ['shout:two'], 'again': true}");
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CALL, "two", 1);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(effects("two"), 2);
}

static void test_a_call_that_was_refused_may_come_back_with_other_arguments(void **state)
{
    (void)state;
    seed("{'units': ['shout:one'], 'salt': 'a'}");
    rig_fault(&run.rig, FAKE_REFUSE, LF_VERB_CALL, "one", 1);
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(effects("one"), 1);
}

static void test_a_call_is_given_up_after_enough_tries(void **state)
{
    (void)state;
    seed("{'units': ['send:one']}");
    rig_fault(&run.rig, FAKE_RETRY, LF_VERB_CALL, "one", 20)->ms = 0;
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "action.gave_up");
    assert_int_equal(run.rig.world->asked[LF_VERB_CALL], 20);
}

static void test_other_arguments_under_a_recorded_key_stop_the_action(void **state)
{
    (void)state;
    struct decl *d = seed("{'units': ['send:one', 'send:two'], 'ref': 1, 'salt': 'a'}");
    rig_fault(&run.rig, FAKE_REFUSE, LF_VERB_CALL, "two", 2);
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    /* The same inputs, so the same record; but the body asks with other arguments. */
    const char *inputs = rig_at(&run.rig, "action.seed")->inputs;
    char key[64];
    snprintf(key, sizeof(key), "%.16s/1/send:one", inputs);
    assert_true(run_take_store(&run));
    struct store_call call = {.address = "action.seed",
                              .key = key,
                              .digest = "other",
                              .token = "0123456789abcdef0123456789abcdef",
                              .reply = "{}",
                              .done = true};
    store_put_call(run.writer, &call);
    store_writer_close(run.writer);
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "action.diverged");
    (void)d;
}

static void test_a_raised_version_runs_all_of_it_anew(void **state)
{
    (void)state;
    seed("{'units': ['send:one']}");
    run_apply(&run);
    run.rig.steps.at[0].version = 2;
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(effects("one"), 2);
}

static void test_inputs_that_turn_out_the_same_run_nothing(void **state)
{
    (void)state;
    rig_step(&run.rig, "fake.named.a", "{'name': 'a', 'size': 7}");
    rig_step(&run.rig, "action.seed", "{'units': ['send:one'], 'ref': '$fake.named.a:place'}");
    run_apply(&run);
    assert_int_equal(run.out.done, 2);
    rig_step(&run.rig, "fake.named.b", "{'name': 'b'}");
    run.rig.steps.at[0].attrs =
        rig_refer(&run.rig, rig_json(&run.rig, "{'name': 'a', 'size': '$fake.named.b:size'}"));
    run_apply(&run);
    assert_int_equal(effects("one"), 1);
    assert_int_equal(run.out.failed, 0);
}

static void test_a_body_that_fails_or_cannot_start_fails_its_step(void **state)
{
    (void)state;
    seed("{'units': ['send:one'], 'fails': true}");
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "lua.error");
    seed("{'broken': true}");
    run_apply(&run);
    assert_string_equal(run.last.code, "lua.broken");
}

static void stop_at_retry(struct run *r, const struct event *e)
{
    if (strcmp(e->address ? e->address : "", "fake.named.a") == 0 && e->kind == EVENT_STEP_DONE)
        executor_interrupt(r->executor);
}

static void test_an_interrupt_does_not_wait_for_a_pause(void **state)
{
    (void)state;
    seed("{'units': ['send:one', 'send:two'], 'together': true}");
    rig_step(&run.rig, "fake.named.a", "{'name': 'a'}");
    rig_step(&run.rig, "check.x",
             "{'call': {'subsystem': 'fake', 'call': 'ping'}, 'args': {'value': 'v'}, "
             "'expect': {'n': 1}, 'within': 9000}");
    run.rig.world->ping_passes_after = 1000;
    rig_fault(&run.rig, FAKE_RETRY, LF_VERB_CALL, "one", 1)->ms = 3000000;
    rig_fault(&run.rig, FAKE_RETRY, LF_VERB_CREATE, "a", 1)->ms = 5000;
    run.on_event = stop_at_retry;
    int64_t before = loop_now_ms(run.rig.loop);
    run_apply(&run);
    assert_true(run.out.stopped);
    assert_int_equal(run.out.failed, 0);
    assert_true(loop_now_ms(run.rig.loop) - before < 60000);
    run.on_event = NULL;
    run.rig.world->ping_passes_after = 0;
    run_restart(&run);
    run_apply(&run);
    assert_int_equal(run.out.done, 2);
    assert_int_equal(effects("one"), 1);
    assert_int_equal(effects("two"), 1);
}

/* ---- what a call saves -------------------------------------------------------------------------- */

static void test_what_a_call_saved_is_handed_to_each_later_try(void **state)
{
    (void)state;
    const struct fake_world *w = run.rig.world;
    seed("{'units': ['ledgered:one', 'ledgered:two', 'ledgered:three']}");
    rig_fault(&run.rig, FAKE_LOST_BEFORE, LF_VERB_CALL, "one", 2);
    rig_fault(&run.rig, FAKE_RETRY, LF_VERB_CALL, "two", 1);
    rig_fault(&run.rig, FAKE_HANG, LF_VERB_CALL, "three", 1);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(w->asked[LF_VERB_CALL], 3 + 2 + 2);
    assert_int_equal(w->handed[LF_VERB_CALL], 2 + 1 + 1);
    seed("{'units': ['careful:four', 'careful:five']}");
    rig_fault(&run.rig, FAKE_LOST_BEFORE, LF_VERB_CALL, "four", 1);
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CALL, "five", 1);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(w->asked[LF_VERB_RECOVER], 2);
    assert_int_equal(w->handed[LF_VERB_RECOVER], 2);
    assert_int_equal(w->handed[LF_VERB_CALL], 4 + 1);
    static const char *const values[] = {"one", "two", "three", "four", "five"};
    for (size_t i = 0; i < COUNT_OF(values); i++)
        assert_int_equal(effects(values[i]), 1);
}

/* The service keeps `ledgers`, or forgets all of them. */
static void set_ledgers(const char (*ledgers)[40])
{
    struct fake_world *w = run.rig.world;
    memset(w->ledgers, 0, sizeof(w->ledgers));
    if (ledgers)
        memcpy(w->ledgers, ledgers, sizeof(w->ledgers));
}

/* A process ends with a call in doubt; a later one knows how far it had come, and with it that the service
 * has forgotten. */
static void outlives(const char *units, enum fake_fault_kind fault, const char *code)
{
    struct fake_world *w = run.rig.world;
    char ledgers[FAKE_CALLS][40];
    bool happened = fault == FAKE_LOST_AFTER;
    seed(units);
    rig_fault(&run.rig, fault, LF_VERB_CALL, "one", 1);
    run.tries = 1;
    run_apply(&run);
    assert_string_equal(run.last.code, "action.in_doubt");
    memcpy(ledgers, w->ledgers, sizeof(ledgers));
    for (int i = 0; i < 2; i++) {
        run_restart(&run);
        set_ledgers(NULL);
        run.tries = 3;
        run_apply(&run);
        assert_int_equal(run.out.failed, 1);
        assert_string_equal(run.last.code, code);
        assert_non_null(strstr(run.last.text, "the ledger is gone"));
        assert_string_equal(run.last.advice, "put the ledger back");
        assert_int_equal(effects("one"), happened);
    }
    run_restart(&run);
    set_ledgers(ledgers);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(effects("one"), 1);
    assert_int_equal(w->asked[LF_VERB_CALL] + w->asked[LF_VERB_RECOVER],
                     w->handed[LF_VERB_CALL] + w->handed[LF_VERB_RECOVER] + 1);
}

static void test_what_a_call_saved_outlives_the_process(void **state)
{
    (void)state;
    outlives("{'units': ['ledgered:one']}", FAKE_LOST_BEFORE, "fake.ledger_lost");
}

static void test_a_call_that_took_effect_is_not_made_again_without_its_ledger(void **state)
{
    (void)state;
    outlives("{'units': ['ledgered:one']}", FAKE_LOST_AFTER, "fake.ledger_lost");
}

static void test_recover_is_handed_what_an_earlier_process_saved(void **state)
{
    (void)state;
    outlives("{'units': ['careful:one']}", FAKE_LOST_AFTER, "action.in_doubt");
}

/* What for certain did not happen has come nowhere. */
static void test_a_call_that_is_given_up_forgets_what_it_saved(void **state)
{
    (void)state;
    const struct fake_world *w = run.rig.world;
    seed("{'units': ['ledgered:one']}");
    rig_fault(&run.rig, FAKE_RETRY, LF_VERB_CALL, "one", 3)->ms = 0;
    run.tries = 3;
    run_apply(&run);
    assert_string_equal(run.last.code, "action.gave_up");
    assert_int_equal(w->handed[LF_VERB_CALL], 2);
    set_ledgers(NULL);
    run_restart(&run);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(effects("one"), 1);
    assert_int_equal(w->handed[LF_VERB_CALL], 2);
}

static void test_a_call_that_does_not_wait_for_its_save_ends_after_it(void **state)
{
    (void)state;
    run.rig.world->hasty = true;
    seed("{'units': ['ledgered:one', 'ledgered:two', 'careful:three'], 'together': true}");
    rig_fault(&run.rig, FAKE_RETRY, LF_VERB_CALL, "one", 3)->ms = 0;
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_CALL, "three", 1);
    run.tries = 3;
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "action.gave_up");
    assert_int_equal(effects("one"), 0);
    run_restart(&run);
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(effects("one"), 1);
    assert_int_equal(effects("two"), 1);
    assert_int_equal(effects("three"), 1);
}

/* ---- checks ----------------------------------------------------------------------------------- */

static void check(const char *more)
{
    rig_forget_steps(&run.rig);
    rig_step(&run.rig, "check.up",
             arena_print(run.rig.mem,
                         "{'call': {'subsystem': 'fake', 'call': 'ping'}, 'args': {'value': 'v'}%s}", more));
}

static void test_a_check_passes_at_once_or_within_its_time(void **state)
{
    (void)state;
    check(", 'expect': {'n': 1}, 'within': 10");
    run.rig.world->ping_passes_after = 5;
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_int_equal(run.rig.world->pings, 6);
    run_apply(&run);
    assert_int_equal(run.out.total, 0);
}

static void test_a_check_that_does_not_pass_in_time_fails_with_what_was_seen(void **state)
{
    (void)state;
    check(", 'expect': {'n': 1}, 'within': 3");
    run.rig.world->ping_passes_after = 100;
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.code, "check.failed");
    assert_string_equal(run.last.text, "expected {\"n\":1} and saw {\"n\":0}");
    assert_int_equal(run.rig.world->pings, 4);
    assert_null(run_row(&run, "check.up"));
}

static void test_a_check_of_a_call_that_nobody_offers_fails(void **state)
{
    (void)state;
    rig_step(&run.rig, "check.up", "{'call': {'subsystem': 'fake', 'call': 'none'}}");
    run_apply(&run);
    assert_int_equal(run.out.failed, 1);
    assert_string_equal(run.last.text, "no driver of 'fake' offers the call 'none'");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_an_action_runs_its_units_and_is_done),
        T(test_what_is_recorded_is_not_done_again),
        T(test_an_action_that_fails_early_waits_for_its_open_calls),
        T(test_a_call_in_doubt_is_settled_as_its_kind_allows),
        T(test_a_call_that_nobody_can_look_into_is_a_persons),
        T(test_a_call_that_was_refused_may_come_back_with_other_arguments),
        T(test_a_call_is_given_up_after_enough_tries),
        T(test_other_arguments_under_a_recorded_key_stop_the_action),
        T(test_a_raised_version_runs_all_of_it_anew),
        T(test_inputs_that_turn_out_the_same_run_nothing),
        T(test_a_body_that_fails_or_cannot_start_fails_its_step),
        T(test_an_interrupt_does_not_wait_for_a_pause),
        T(test_what_a_call_saved_is_handed_to_each_later_try),
        T(test_what_a_call_saved_outlives_the_process),
        T(test_a_call_that_took_effect_is_not_made_again_without_its_ledger),
        T(test_recover_is_handed_what_an_earlier_process_saved),
        T(test_a_call_that_is_given_up_forgets_what_it_saved),
        T(test_a_call_that_does_not_wait_for_its_save_ends_after_it),
        T(test_a_check_passes_at_once_or_within_its_time),
        T(test_a_check_that_does_not_pass_in_time_fails_with_what_was_seen),
        T(test_a_check_of_a_call_that_nobody_offers_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
