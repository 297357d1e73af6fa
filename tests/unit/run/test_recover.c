#include "fake_action.h"
#include "fake_run.h"
#include "run/adopt.h"
#include "run/sweep.h"
#include "run/verdict.h"

/* What an earlier run left behind, and what a person decides about it. */

static struct run run;

static int setup(void **state)
{
    (void)state;
    run_open(&run);
    return 0;
}

static bool as_it_is; /* adoptions */

static int teardown(void **state)
{
    (void)state;
    as_it_is = false;
    run_close(&run);
    return 0;
}

static void step(const char *address, const char *attrs)
{
    rig_step(&run.rig, address, attrs);
}

/* An operation on fake.<type>.x as a dead run left it. */
static struct store_op left(const char *type, uint32_t verb, uint32_t settle)
{
    char *marker = arena_alloc(run.rig.mem, DIGEST_MARKER);
    const char *address = arena_print(run.rig.mem, "fake.%s.x", type);
    digest_marker(RIG_LINEAGE, "eu", address, 1, marker);
    return (struct store_op){.op_id = "0123456789abcdef0123456789abcdef",
                             .run_id = "dead",
                             .address = address,
                             .generation = 1,
                             .kind = DECL_RESOURCE,
                             .subsystem = "fake",
                             .type = type,
                             .instance = "",
                             .driver = "fake",
                             .driver_version = "1.0.0",
                             .schema_version = 1,
                             .verb = verb,
                             .settle = settle,
                             .marker = marker,
                             .desired = "{\"name\":\"x\",\"size\":2}",
                             .planned = "{\"name\":\"x\",\"size\":2}",
                             .meta =
                                 "{\"declared_at\":\"a \\\"b\\\".lua:3\",\"depends_on\":[\"fake.named.z\"],"
                                 "\"protect\":true}",
                             .state = STORE_OP_INTENT,
                             .attempt = 1};
}

/* Puts it, moved on to the state it died in. */
static void leave(const struct store_op *op, enum store_op_state state, const char *ext_id, const char *saved)
{
    assert_true(run_take_store(&run));
    store_put_op(run.writer, op);
    if (state != STORE_OP_INTENT) {
        struct store_op moved = *op;
        moved.state = state;
        moved.ext_id = ext_id;
        store_move_op(run.writer, STORE_OP_INTENT, 1, &moved);
    }
    if (saved)
        store_save_op(run.writer, op->op_id, ext_id, saved);
    store_writer_close(run.writer);
}

static void recover(void)
{
    assert_true(run_take_store(&run));
    if (!run_recover(&run))
        fail_msg("%s: %s", run.rig.err.code, run.rig.err.summary);
    store_writer_close(run.writer);
}

static void test_an_intent_that_was_never_sent_is_sent(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        uint32_t settle;
    } kinds[] = {{"named", LF_SETTLE_NAMED},       {"tokened", LF_SETTLE_TOKENED},
                 {"findable", LF_SETTLE_FINDABLE}, {"conditional", LF_SETTLE_CONDITIONAL},
                 {"slow", LF_SETTLE_FINDABLE},     {"many", LF_SETTLE_NAMED}};
    static const enum store_op_state states[] = {STORE_OP_INTENT, STORE_OP_DOUBT, STORE_OP_SETTLING};
    for (size_t k = 0; k < COUNT_OF(kinds) * COUNT_OF(states); k++) {
        run_close(&run);
        run_open(&run);
        struct store_op op = left(kinds[k / 3].type, LF_VERB_CREATE, kinds[k / 3].settle);
        leave(&op, states[k % 3], NULL, NULL);
        recover();
        assert_int_equal(run.recovered.settled, 1);
        assert_int_equal(rig_alive(&run.rig), 1);
        assert_string_equal(run.rig.world->last_token, op.op_id);
        const struct store_res *row = run_row(&run, op.address);
        assert_string_equal(row->declared_at, "a \"b\".lua:3");
        assert_string_equal(row->depends_on, "[\"fake.named.z\"]");
        assert_true(row->protect);
        run_check(&run);
    }
}

/* The driver allows for two seconds in flight and half a one until a look sees it. */
static int64_t drained_in(uint32_t lands_ms)
{
    struct store_op op = left("findable", LF_VERB_CREATE, LF_SETTLE_FINDABLE);
    leave(&op, STORE_OP_INTENT, NULL, NULL);
    pools_limit(run.rig.pools, "fake", (struct pool_limits){.lands_ms = lands_ms});
    int64_t began = loop_now_ms(run.rig.loop);
    recover();
    assert_int_equal(rig_alive(&run.rig), 1);
    return loop_now_ms(run.rig.loop) - began;
}

static void test_what_may_still_land_is_waited_for_as_long_as_the_driver_says(void **state)
{
    (void)state;
    int64_t took = drained_in(0);
    assert_true(took >= 2500 && took < 3500);
}

static void test_the_operator_may_know_better_how_late_something_lands(void **state)
{
    (void)state;
    int64_t took = drained_in(100);
    assert_true(took >= 600 && took < 1600);
}

static void test_what_happened_already_is_taken_and_not_made_again(void **state)
{
    (void)state;
    static const char *const types[] = {"named", "findable", "conditional", "many"};
    for (size_t k = 0; k < COUNT_OF(types); k++) {
        run_close(&run);
        run_open(&run);
        struct store_op op = left(types[k], LF_VERB_CREATE, LF_SETTLE_NAMED);
        rig_object(&run.rig, types[k], "x", op.marker, "{'name': 'x', 'size': 2}");
        leave(&op, STORE_OP_INTENT, NULL, NULL);
        recover();
        assert_int_equal(run.recovered.settled, 1);
        assert_int_equal(run.rig.world->asked[LF_VERB_CREATE], 0);
        run_check(&run);
    }
}

static void test_a_build_under_way_goes_on_from_what_was_saved(void **state)
{
    (void)state;
    struct store_op op = left("slow", LF_VERB_CREATE, LF_SETTLE_FINDABLE);
    rig_object(&run.rig, "slow", "x", op.marker, "{'name': 'x', 'size': 2}")->ready_ms = 5000;
    leave(&op, STORE_OP_SETTLING, "slow-1", "{\"id\":\"slow-1\"}");
    recover();
    assert_int_equal(run.recovered.settled, 1);
    assert_int_equal(run.rig.world->token_count, 0);
    assert_int_equal(rig_alive(&run.rig), 1);
    run_check(&run);
}

static void test_a_blind_intent_is_held_with_what_to_type(void **state)
{
    (void)state;
    struct store_op op = left("blind", LF_VERB_CREATE, LF_SETTLE_BLIND);
    leave(&op, STORE_OP_INTENT, NULL, NULL);
    recover();
    assert_int_equal(run.recovered.held, 1);
    assert_int_equal(rig_alive(&run.rig), 0);
    assert_non_null(strstr(run.last.advice, "landfall resolve eu fake.blind.x --retry"));
}

/* By the settling and by the run behind it, in the same words: the history folds what is said again. */
static void test_what_is_held_is_told_in_the_same_words(void **state)
{
    (void)state;
    struct store_event *events;
    const struct store_event *first = NULL;
    size_t count, held = 0;
    struct store_op op = left("blind", LF_VERB_CREATE, LF_SETTLE_BLIND);
    leave(&op, STORE_OP_INTENT, NULL, NULL);
    step("fake.blind.x", "{'name': 'x', 'size': 2}");
    run_apply(&run);
    assert_int_equal(run.recovered.held, 1);
    assert_int_equal(run.out.held, 1);
    assert_true(store_read_events(run.rig.mem, run.rig.store_path, "fake.blind.x", 100, &events, &count,
                                  &run.rig.err));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(events[i].kind, "step.held") != 0)
            continue;
        first = first ? first : &events[i];
        assert_string_equal(events[i].verb, first->verb);
        assert_string_equal(events[i].text, first->text);
        held++;
    }
    assert_int_equal(held, 2);
}

static void test_a_missing_driver_is_named_and_the_rest_is_settled(void **state)
{
    (void)state;
    struct store_op op = left("named", LF_VERB_CREATE, LF_SETTLE_NAMED);
    op.instance = "parent";
    leave(&op, STORE_OP_INTENT, NULL, NULL);
    struct store_op other = left("tokened", LF_VERB_CREATE, LF_SETTLE_TOKENED);
    other.op_id = "fedcba9876543210fedcba9876543210";
    leave(&other, STORE_OP_INTENT, NULL, NULL);
    assert_true(run_take_store(&run));
    assert_false(run_recover(&run));
    store_writer_close(run.writer);
    assert_string_equal(run.rig.err.code, "recover.no_driver");
    assert_non_null(run_row(&run, "fake.tokened.x"));
    assert_non_null(run_op(&run, "fake.named.x"));
}

static void test_what_needs_a_secret_waits_until_it_is_there(void **state)
{
    (void)state;
    struct store_op op = left("secretive", LF_VERB_CREATE, LF_SETTLE_NAMED);
    op.desired = op.planned =
        "{\"name\":\"x\",\"secret\":{\"$secret\":{\"source\":\"env:LOST\"}},\"size\":2}";
    leave(&op, STORE_OP_DOUBT, NULL, NULL);
    assert_true(run_take_store(&run));
    assert_false(run_recover(&run));
    store_writer_close(run.writer);
    assert_string_equal(run.rig.err.code, "secrets.not_set");
    assert_non_null(strstr(run.rig.err.summary, "settling 'fake.secretive.x': 'secret': "));
    assert_int_equal(run.rig.world->object_count, 0);
    assert_int_equal(run_op(&run, op.address)->state, STORE_OP_DOUBT);
}

static void test_a_destroy_in_doubt_is_finished(void **state)
{
    (void)state;
    step("fake.named.x", "{'name': 'x', 'size': 2}");
    run_apply(&run);
    struct store_op op = left("named", LF_VERB_DESTROY, LF_SETTLE_NAMED);
    op.desired = op.planned = NULL;
    op.ext_id = "named-1";
    op.prior = run_row(&run, "fake.named.x")->observed;
    leave(&op, STORE_OP_DOUBT, "named-1", NULL);
    recover();
    assert_int_equal(run.recovered.settled, 1);
    assert_int_equal(rig_alive(&run.rig), 0);
    assert_int_equal(run.rig.truth.res_count, 0);
}

/* ---- what a person says: it is audited, and told ---------------------------------------------------- */

static struct {
    char verb[16], text[200];
    unsigned count;
} kept;

static void keep_word(void *user, const struct event *e)
{
    (void)user;
    if (e->kind != EVENT_RESOLVED)
        return;
    snprintf(kept.verb, sizeof(kept.verb), "%s", e->verb);
    snprintf(kept.text, sizeof(kept.text), "%s", e->text);
    kept.count++;
}

/* The entry of the chain that many places before its end. */
static const struct store_audit *audited(size_t before_last)
{
    struct store_audit *chain;
    size_t count;
    assert_true(store_read_audit(run.rig.mem, run.rig.store_path, &chain, &count, &run.rig.err));
    assert_true(count > before_last);
    return &chain[count - 1 - before_last];
}

static void check_audited(size_t before_last, const char *kind, const char *entry)
{
    assert_string_equal(audited(before_last)->kind, kind);
    assert_string_equal(audited(before_last)->entry, entry);
}

/* ---- verdicts ------------------------------------------------------------------------------------- */

static bool decide(const char *address, enum verdict verdict, const char *id)
{
    struct verdict_ask ask = {.loop = run.rig.loop,
                              .registry = run.rig.registry,
                              .truth = &run.rig.truth,
                              .region = "eu",
                              .address = address,
                              .verdict = verdict,
                              .id = id,
                              .by = "ada",
                              .why = "because",
                              .keep = keep_word,
                              .tell = run_tell,
                              .tell_user = &run};
    assert_true(run_take_store(&run));
    ask.writer = run.writer;
    bool ok = verdict_run(&ask, &run.rig.err);
    store_writer_close(run.writer);
    run_read(&run);
    return ok;
}

/* fake.blind.x, made for certain or not, and held. */
static void hold(enum fake_fault_kind kind)
{
    step("fake.blind.x", "{'name': 'x', 'size': 2}");
    rig_fault(&run.rig, kind, LF_VERB_CREATE, "", 1);
    run_apply(&run);
    assert_int_equal(run.out.held, 1);
}

static void test_what_a_person_keeps_is_kept(void **state)
{
    (void)state;
    hold(FAKE_LOST_AFTER);
    assert_true(decide("fake.blind.x", VERDICT_KEEP, "blind-1"));
    assert_null(run_op(&run, "fake.blind.x"));
    assert_string_equal(run_row(&run, "fake.blind.x")->ext_id, "blind-1");
    check_audited(0, "resolved",
                  "{\"address\":\"fake.blind.x\",\"by\":\"ada\",\"id\":\"blind-1\",\"verdict\":\"keep\","
                  "\"why\":\"because\"}");
    assert_string_equal(kept.verb, "keep");
    assert_string_equal(kept.text, "by ada: kept: 'blind-1' is it (because)");
    run_apply(&run);
    assert_int_equal(run.out.total, 0);
    run_check(&run);
}

static void test_only_what_is_there_and_ours_can_be_kept(void **state)
{
    (void)state;
    hold(FAKE_LOST_AFTER);
    assert_false(decide("fake.blind.x", VERDICT_KEEP, "blind-9"));
    assert_string_equal(run.rig.err.code, "resolve.not_there");
    rig_object(&run.rig, "blind", "x2", FAKE_FOREIGN_MARKER, "{'name': 'x', 'size': 2}");
    assert_false(decide("fake.blind.x", VERDICT_KEEP, "blind-2"));
    assert_string_equal(run.rig.err.code, "resolve.foreign");
    rig_object(&run.rig, "blind", "x3", "", "{'name': 'x', 'size': 2}");
    assert_false(decide("fake.blind.x", VERDICT_KEEP, "blind-3"));
    assert_string_equal(run.rig.err.code, "resolve.foreign");
    assert_int_equal(run_op(&run, "fake.blind.x")->state, STORE_OP_HELD);
}

static void test_what_did_not_happen_is_planned_anew(void **state)
{
    (void)state;
    hold(FAKE_LOST_BEFORE);
    assert_true(decide("fake.blind.x", VERDICT_RETRY, NULL));
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    run_check(&run);
}

static void test_what_is_let_go_stays_there_and_is_nobodys(void **state)
{
    (void)state;
    hold(FAKE_LOST_AFTER);
    step("fake.named.y", "{'name': 'y'}");
    run_apply(&run);
    assert_true(decide("fake.named.y", VERDICT_FORGET, NULL));
    assert_null(run_row(&run, "fake.named.y"));
    assert_true(decide("fake.blind.x", VERDICT_FORGET, NULL));
    assert_null(run_op(&run, "fake.blind.x"));
    assert_int_equal(rig_alive(&run.rig), 2);
    assert_false(decide("fake.blind.x", VERDICT_FORGET, NULL));
    assert_string_equal(run.rig.err.code, "resolve.nothing");
}

static void test_keeping_what_was_to_be_destroyed_keeps_its_row(void **state)
{
    (void)state;
    step("fake.named.x", "{'name': 'x', 'size': 2}");
    run_apply(&run);
    rig_forget_steps(&run.rig);
    rig_fault(&run.rig, FAKE_LOST_BEFORE, LF_VERB_DESTROY, "", 1);
    rig_fault(&run.rig, FAKE_CANNOT_TELL, LF_VERB_RECOVER, "", 20);
    run_apply(&run);
    /* It stays in doubt: the next run would ask again, or a person says what is so. */
    assert_int_equal(run.out.failed, 1);
    assert_true(decide("fake.named.x", VERDICT_KEEP, "named-1"));
    assert_string_equal(run_row(&run, "fake.named.x")->desired, "{\"name\":\"x\",\"size\":2}");
}

/* ---- adoption ------------------------------------------------------------------------------------------ */

static bool adopt(const char *address, const char *lineage)
{
    kept.count = 0;
    run.rig.ask.adopting = address;
    assert_true(run_take_store(&run));
    rig_plan(&run.rig);
    struct adopt_ask ask = {.loop = run.rig.loop,
                            .registry = run.rig.registry,
                            .plan = run.rig.plan,
                            .address = address,
                            .lineage = lineage,
                            .run_id = "adopt",
                            .as_it_is = as_it_is,
                            .by = "ada",
                            .why = as_it_is ? "lost" : "",
                            .keep = keep_word,
                            .tell = run_tell,
                            .tell_user = &run};
    struct adoption *adoption;
    struct adopt_found found;
    bool ok = adopt_look(run.rig.mem, &ask, &adoption, &found, &run.rig.err) &&
              adopt_take(adoption, run.writer, &run.rig.err);
    store_writer_close(run.writer);
    run_read(&run);
    run.rig.ask.adopting = NULL;
    return ok;
}

static void test_an_object_of_nobody_becomes_ours_and_as_declared(void **state)
{
    (void)state;
    rig_object(&run.rig, "named", "x", "", "{'name': 'x', 'size': 7}");
    step("fake.named.x", "{'name': 'x', 'size': 2}");
    assert_true(adopt("fake.named.x", NULL));
    const struct store_res *row = run_row(&run, "fake.named.x");
    assert_true(row->adopted);
    assert_string_equal(row->marker, rig_find(&run.rig, "x")->marker);
    assert_string_equal(rig_find(&run.rig, "x")->state, "{\"name\":\"x\",\"size\":2}");
    assert_null(row->memo);
    run_apply(&run);
    assert_int_equal(run.out.total, 0);
    assert_true(run_row(&run, "fake.named.x")->adopted);
    run_check(&run);
    assert_false(adopt("fake.named.x", NULL));
    assert_string_equal(run.rig.err.summary, "'fake.named.x' cannot be adopted: it is ours already");
}

static void test_an_object_of_another_store_is_given_up_only_by_its_lineage(void **state)
{
    (void)state;
    static const char lost[] = "ffeeddccbbaa99887766554433221100";
    char marker[DIGEST_MARKER];
    digest_marker(lost, "eu", "fake.named.x", 3, marker);
    rig_object(&run.rig, "named", "x", marker, "{'name': 'x', 'size': 2}");
    step("fake.named.x", "{'name': 'x', 'size': 2}");
    assert_false(adopt("fake.named.x", NULL));
    assert_string_equal(run.rig.err.code, "adopt.owned");
    assert_false(adopt("fake.named.x", "00000000000000000000000000000000"));
    assert_string_equal(rig_find(&run.rig, "x")->marker, marker);
    assert_true(adopt("fake.named.x", lost));
    assert_string_not_equal(rig_find(&run.rig, "x")->marker, marker);
    run_check(&run);
}

static void test_adoption_takes_only_what_it_saw(void **state)
{
    (void)state;
    rig_object(&run.rig, "named", "x", "", "{'name': 'x', 'size': 2}");
    step("fake.named.x", "{'name': 'x', 'size': 2}");
    /* Between the look and the change somebody else marks it. */
    rig_fault(&run.rig, FAKE_FOREIGN, LF_VERB_UPDATE, "", 1);
    assert_false(adopt("fake.named.x", NULL));
    assert_string_equal(run.rig.err.code, "run.conflict");
    assert_int_equal(run.rig.truth.res_count, 0);
    assert_string_equal(rig_find(&run.rig, "x")->marker, "");
}

static void test_an_adoption_in_doubt_is_settled(void **state)
{
    (void)state;
    rig_object(&run.rig, "named", "x", "", "{'name': 'x', 'size': 2}");
    step("fake.named.x", "{'name': 'x', 'size': 2}");
    rig_fault(&run.rig, FAKE_LOST_AFTER, LF_VERB_UPDATE, "", 1);
    assert_true(adopt("fake.named.x", NULL));
    run_check(&run);
}

static void test_what_no_change_can_mend_is_not_adopted(void **state)
{
    (void)state;
    rig_object(&run.rig, "named", "x", "", "{'name': 'x', 'engine': 'pg', 'size': 1}");
    step("fake.named.x", "{'name': 'x', 'engine': 'my'}");
    assert_false(adopt("fake.named.x", NULL));
    assert_string_equal(run.rig.err.code, "adopt.cannot");
    assert_non_null(strstr(run.rig.err.summary, "'engine'"));
    rig_step(&run.rig, "fake.named.gone", "{'name': 'gone'}");
    assert_false(adopt("fake.named.gone", NULL));
    assert_string_equal(run.rig.err.code, "adopt.not_found");
}

static void test_an_object_that_nobody_may_change_becomes_ours_as_it_is(void **state)
{
    (void)state;
    as_it_is = true;
    rig_object(&run.rig, "named", "x", "", "{'name': 'x', 'size': 7, 'tags': ['a']}");
    step("fake.named.x", "{'name': 'x', 'size': 2}");
    assert_true(adopt("fake.named.x", NULL));
    const struct store_res *row = run_row(&run, "fake.named.x");
    assert_true(row->adopted);
    assert_string_equal(row->marker, rig_find(&run.rig, "x")->marker);
    assert_string_equal(rig_find(&run.rig, "x")->state, "{\"name\":\"x\",\"size\":7,\"tags\":[\"a\"]}");
    assert_string_equal(kept.verb, "adopt");
    assert_string_equal(kept.text, "taken over by ada, as it was: lost");
    assert_int_equal(kept.count, 1);
    assert_string_equal(audited(1)->kind, "adopt.begun");
    assert_non_null(
        strstr(audited(1)->entry, "\"as_it_is\":true,\"by\":\"ada\",\"differs\":[\"size\",\"tags\"]"));
    assert_non_null(strstr(audited(1)->entry, "\"why\":\"lost\""));
    assert_string_equal(audited(0)->kind, "adopt.done");
    /* What is declared otherwise is a change like any other, for a plan to show. */
    run_apply(&run);
    assert_int_equal(run.out.done, 1);
    assert_string_equal(rig_find(&run.rig, "x")->state, "{\"name\":\"x\",\"size\":2}");
    run_check(&run);
}

/* A service does not tell it, so nobody knows whether it would be changed. */
static void test_an_untold_secret_cannot_be_left_as_it_is(void **state)
{
    (void)state;
    as_it_is = true;
    rig_object(&run.rig, "secretive", "x", "", "{'name': 'x', 'size': 1}");
    step("fake.secretive.x", "{'name': 'x', 'secret': {'$secret': {'source': 'env:P', 'digest': 'd1'}}}");
    assert_false(adopt("fake.secretive.x", NULL));
    assert_string_equal(run.rig.err.code, "adopt.not_approved");
    assert_non_null(strstr(run.rig.err.summary, "'secret' would be changed"));
    assert_string_equal(rig_find(&run.rig, "x")->marker, "");
    assert_int_equal(run.rig.truth.res_count, 0);
}

static void test_on_whose_word_an_adoption_began_is_known_also_when_it_fails(void **state)
{
    (void)state;
    rig_object(&run.rig, "named", "x", "", "{'name': 'x', 'size': 2}");
    step("fake.named.x", "{'name': 'x', 'size': 2}");
    rig_fault(&run.rig, FAKE_FOREIGN, LF_VERB_UPDATE, "", 1);
    assert_false(adopt("fake.named.x", NULL));
    assert_int_equal(kept.count, 0);
    check_audited(0, "adopt.begun",
                  "{\"address\":\"fake.named.x\",\"as_it_is\":false,\"by\":\"ada\",\"differs\":[],"
                  "\"id\":\"named-1\",\"lineage\":null,\"run\":\"adopt\",\"was\":null,\"why\":null}");
}

/* ---- the sweep --------------------------------------------------------------------------------------------
 */

static void test_the_sweep_finds_what_is_left_over_and_nothing_else(void **state)
{
    (void)state;
    hold(FAKE_LOST_AFTER);
    step("fake.named.a", "{'name': 'a'}");
    step("fake.tokened.b", "{'name': 'b'}");
    run_apply(&run);
    rig_object(&run.rig, "named", "foreign", FAKE_FOREIGN_MARKER, "{'name': 'foreign'}");
    rig_object(&run.rig, "named", "plain", "", "{'name': 'plain'}");
    /* A copy of b that only the history of this store can explain. */
    char marker[40];
    snprintf(marker, sizeof(marker), "%s", rig_find(&run.rig, "b")->marker);
    rig_forget_steps(&run.rig);
    step("fake.named.a", "{'name': 'a'}");
    run_apply(&run);
    rig_object(&run.rig, "tokened", "copy", marker, "{'name': 'copy'}");
    rig_fault(&run.rig, FAKE_CANNOT_TELL, LF_VERB_OWNED, "", 1);
    struct sweep_ask ask = {.loop = run.rig.loop,
                            .registry = run.rig.registry,
                            .truth = &run.rig.truth,
                            .store_path = run.rig.store_path,
                            .region = "eu"};
    struct sweep found;
    assert_true(sweep_run(run.rig.mem, &ask, &found, &run.rig.err));
    assert_int_equal(found.count, 1);
    assert_string_equal(found.found[0].address, "fake.tokened.b");
    assert_string_equal(found.found[0].type, "tokened");
    assert_int_equal(found.unchecked_count, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_an_intent_that_was_never_sent_is_sent),
        T(test_what_may_still_land_is_waited_for_as_long_as_the_driver_says),
        T(test_the_operator_may_know_better_how_late_something_lands),
        T(test_what_happened_already_is_taken_and_not_made_again),
        T(test_a_build_under_way_goes_on_from_what_was_saved),
        T(test_a_blind_intent_is_held_with_what_to_type),
        T(test_what_is_held_is_told_in_the_same_words),
        T(test_a_missing_driver_is_named_and_the_rest_is_settled),
        T(test_what_needs_a_secret_waits_until_it_is_there),
        T(test_a_destroy_in_doubt_is_finished),
        T(test_what_a_person_keeps_is_kept),
        T(test_only_what_is_there_and_ours_can_be_kept),
        T(test_what_did_not_happen_is_planned_anew),
        T(test_what_is_let_go_stays_there_and_is_nobodys),
        T(test_keeping_what_was_to_be_destroyed_keeps_its_row),
        T(test_an_object_of_nobody_becomes_ours_and_as_declared),
        T(test_an_object_of_another_store_is_given_up_only_by_its_lineage),
        T(test_adoption_takes_only_what_it_saw),
        T(test_an_adoption_in_doubt_is_settled),
        T(test_what_no_change_can_mend_is_not_adopted),
        T(test_an_object_that_nobody_may_change_becomes_ours_as_it_is),
        T(test_an_untold_secret_cannot_be_left_as_it_is),
        T(test_on_whose_word_an_adoption_began_is_known_also_when_it_fails),
        T(test_the_sweep_finds_what_is_left_over_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
