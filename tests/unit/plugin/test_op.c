#include "op_fixture.h"

static int start(void **state)
{
    struct fixture *f = test_malloc(sizeof(*f));
    fixture_init(f, loop_new_virtual());
    *state = f;
    return 0;
}

static int stop(void **state)
{
    fixture_done(*state);
    test_free(*state);
    return 0;
}

static const struct lf_ops *ops_of(const struct fixture *f)
{
    return host_table(f->host)->ops;
}

/* ---- verbs of the tests ------------------------------------------------------------------------------ */

static void nothing(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)self;
    (void)op;
    (void)req;
}

static void later(struct lf_op *op, void *user, int canceled)
{
    struct fixture *f = user;
    buf_print(&f->said, "after%d ", canceled);
    fixture_finish(f, op, canceled ? LF_END_RETRY : LF_END_OK);
}

static void in_a_minute(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    ops_of(self)->after(op, 60000, later, self);
}

static void stubborn(struct lf_op *op, void *user, int canceled)
{
    (void)op;
    buf_print(&((struct fixture *)user)->said, "after%d ", canceled);
}

static void twice_in_a_minute(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    ops_of(self)->after(op, 60000, stubborn, self);
    ops_of(self)->after(op, 90000, later, self);
    ops_of(self)->after(op, 99000, later, self);
}

static void finish_before_waiting_ends(void *self, struct lf_op *op, const struct lf_request *req)
{
    ops_of(self)->after(op, 5, stubborn, self);
    fixture_ok(self, op, req);
}

static void look_at_request(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct fixture *f = self;
    buf_print(&f->said, "try%u ro%u %s in%lld ", req->attempt, req->read_only, req->address,
              (long long)(req->deadline_ms - ops_of(f)->now_ms(op)));
    fixture_finish(f, op, LF_END_OK);
}

/* ---- ends ------------------------------------------------------------------------------------------------
 */

static void test_nothing_is_called_back_inside_start(void **state)
{
    struct fixture *f = *state;
    fixture_start(f, LF_VERB_READ, 0);
    fixture_said(f, "");
    loop_run(f->loop);
    fixture_said(f, "item0=1 end ");
}

static void test_a_request_says_what_the_verb_may_do_and_until_when(void **state)
{
    struct fixture *f = *state;
    f->raw.read = f->raw.create = look_at_request;
    fixture_start(f, LF_VERB_READ, 0);
    loop_run(f->loop);
    fixture_said(f, "try1 ro0 toy.thing.a in60000 item0=1 end ");
    f->read_only = true;
    fixture_start(f, LF_VERB_READ, 0);
    loop_run(f->loop);
    fixture_said(f, "try1 ro1 toy.thing.a in60000 item0=1 end ");
    f->read_only = false;
    fixture_start(f, LF_VERB_CREATE, 0);
    loop_run(f->loop);
    fixture_said(f, "try1 ro0 toy.thing.a in1800000 item0=1 end ");
    fixture_start(f, LF_VERB_CREATE, 7);
    loop_run(f->loop);
    fixture_said(f, "try1 ro0 toy.thing.a in7 item0=1 end ");
}

static void test_a_verb_the_plugin_lacks_is_refused_with_a_note(void **state)
{
    struct fixture *f = *state;
    f->raw.update = NULL;
    fixture_start(f, LF_VERB_UPDATE, 0);
    loop_run(f->loop);
    fixture_said(f, "note:plugin.no_verb@toy.thing.a item0=8 end ");
}

static void test_an_owner_that_says_no_keeps_the_plugin_out(void **state)
{
    struct fixture *f = *state;
    f->stay = true;
    f->raw.create = look_at_request;
    fixture_start(f, LF_VERB_CREATE, 0);
    loop_run(f->loop);
    fixture_said(f, "item0=11 end ");
}

static void test_what_is_pending_at_the_end_is_dropped_in_silence(void **state)
{
    struct fixture *f = *state;
    f->raw.read = finish_before_waiting_ends;
    fixture_start(f, LF_VERB_READ, 0);
    loop_run(f->loop);
    fixture_said(f, "item0=1 end ");
    assert_int_equal(loop_now_ms(f->loop), 0);
}

/* ---- deadline ---------------------------------------------------------------------------------- */

static void test_a_change_that_waits_too_long_is_unsure_whatever_it_says_then(void **state)
{
    struct fixture *f = *state;
    f->raw.create = in_a_minute;
    fixture_start(f, LF_VERB_CREATE, 1000);
    loop_run(f->loop);
    fixture_said(f, "after1 item0=5 end ");
    assert_true(f->last[0].timed_out);
    assert_string_equal(f->broke, "");
    assert_int_equal(loop_now_ms(f->loop), 1000);
}

static void test_a_read_that_waits_too_long_cannot_tell(void **state)
{
    struct fixture *f = *state;
    f->raw.read = nothing;
    fixture_start(f, LF_VERB_READ, 0);
    loop_run(f->loop);
    fixture_said(f, "item0=6 end ");
    assert_string_equal(f->broke,
                        "plugin toy-box never finished: it waited for nothing when the deadline came");
    assert_int_equal(loop_now_ms(f->loop), 60000);
}

static void test_the_deadline_starts_when_the_pool_is_left(void **state)
{
    struct fixture *f = *state;
    f->type.pool = "narrow";
    pools_limit(f->pools, "narrow", (struct pool_limits){.width = 1});
    f->raw.create = in_a_minute;
    fixture_start(f, LF_VERB_CREATE, 61000);
    fixture_start(f, LF_VERB_CREATE, 61000);
    fixture_start(f, LF_VERB_CREATE, 61000);
    loop_run(f->loop);
    fixture_said(f, "after0 item0=1 end after0 item0=1 end after0 item0=1 end ");
    assert_int_equal(loop_now_ms(f->loop), 180000);
}

/* ---- cancel ------------------------------------------------------------------------------------ */

static void test_what_still_queues_is_canceled_at_once(void **state)
{
    struct fixture *f = *state;
    struct op *op = fixture_start(f, LF_VERB_CREATE, 0);
    op_cancel(op);
    op_cancel(op);
    fixture_said(f, "");
    loop_run(f->loop);
    fixture_said(f, "item0=11 end ");
}

static void cancel_now(void *user)
{
    struct fixture *f = user;
    op_cancel(f->holding);
    buf_text(&f->said, "asked ");
}

static void test_every_wait_is_told_once_that_it_is_off(void **state)
{
    struct fixture *f = *state;
    f->raw.read = twice_in_a_minute;
    f->holding = fixture_start(f, LF_VERB_READ, 0);
    loop_after(f->loop, 10, cancel_now, f);
    loop_run(f->loop);
    /* The second callback finishes, so the third is dropped. */
    fixture_said(f, "asked after1 after1 item0=4 end ");
    assert_int_equal(loop_now_ms(f->loop), 10);
}

static void test_who_does_not_stop_has_five_seconds(void **state)
{
    struct fixture *f = *state;
    f->raw.create = nothing;
    f->holding = fixture_start(f, LF_VERB_CREATE, 0);
    loop_after(f->loop, 10, cancel_now, f);
    loop_run(f->loop);
    fixture_said(f, "asked item0=5 end ");
    assert_int_equal(loop_now_ms(f->loop), 5010);
}

/* ---- saves ------------------------------------------------------------------------------------- */

static void save_then_fail(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    struct lf_result r = {.struct_size = sizeof(r), .status = LF_END_OK};
    ops_of(self)->save(op, "half-1", NULL, NULL, NULL);
    ops_of(self)->finish(op, &r);
}

static void save_and_wait(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    ops_of(self)->save(op, "half-2", NULL, later, self);
}

static void acknowledge(void *user)
{
    struct fixture *f = user;
    op_saved(f->holding, 0);
    op_saved(f->holding, 0); /* once too often does no harm */
    op_saved(f->holding, 5);
    buf_text(&f->said, "durable ");
}

static void test_a_saved_id_does_for_a_result_without_one(void **state)
{
    struct fixture *f = *state;
    f->raw.create = save_then_fail;
    fixture_start(f, LF_VERB_CREATE, 0);
    loop_run(f->loop);
    fixture_said(f, "saved0=half-1 item0=1 end ");
    assert_string_equal(f->id, "half-1");
    assert_string_equal(f->broke, "");
}

static void test_a_save_goes_on_when_it_is_durable_and_not_before(void **state)
{
    struct fixture *f = *state;
    f->raw.create = save_and_wait;
    f->hold_saves = true;
    fixture_start(f, LF_VERB_CREATE, 0);
    loop_after(f->loop, 50, acknowledge, f);
    loop_run(f->loop);
    fixture_said(f, "saved0=half-2 durable after0 item0=1 end ");
}

static void test_a_save_that_never_becomes_durable_keeps_its_id(void **state)
{
    struct fixture *f = *state;
    f->raw.create = save_and_wait;
    f->hold_saves = true;
    fixture_start(f, LF_VERB_CREATE, 100);
    loop_run(f->loop);
    fixture_said(f, "saved0=half-2 after1 item0=5 end ");
    assert_string_equal(f->id, "half-2");
}

/* ---- batches ----------------------------------------------------------------------------------- */

static void note(struct fixture *f, struct lf_op *op, const char *code)
{
    struct lf_diag d = {.struct_size = sizeof(d), .severity = LF_DIAG_WARNING, .code = code, .summary = "hm"};
    ops_of(f)->note(op, &d);
}

static void settle_all_but_the_second(void *self, struct lf_op *op, const struct lf_request *const *reqs,
                                      size_t count)
{
    struct lf_result r = {.struct_size = sizeof(r), .status = LF_END_OK};
    for (size_t i = 0; i < count; i++) {
        r.id = reqs[i]->address;
        if (i == 1)
            continue;
        note(self, op, "toy.seen");
        ops_of(self)->item(op, i, &r);
    }
    note(self, op, "toy.over");
    ops_of(self)->finish(op, &r);
}

static void test_notes_of_a_batch_belong_to_the_item_that_follows(void **state)
{
    struct fixture *f = *state;
    struct op_item items[3] = {{.verb = LF_VERB_CREATE, .address = "a"},
                               {.verb = LF_VERB_DESTROY, .address = "b"},
                               {.verb = LF_VERB_UPDATE, .address = "c"}};
    f->raw.change_many = settle_all_but_the_second;
    fixture_start_many(f, items, 3, 0);
    loop_run(f->loop);
    fixture_said(f, "note:toy.seen@a item0=1 note:toy.seen@c item2=1 note:toy.over@- item1=5 end ");
}

static void test_a_reading_batch_cannot_tell_of_what_it_left_out(void **state)
{
    struct fixture *f = *state;
    struct op_item items[2] = {{.verb = LF_VERB_READ, .address = "a"},
                               {.verb = LF_VERB_READ, .address = "b"}};
    f->raw.read_many = settle_all_but_the_second;
    fixture_start_many(f, items, 2, 0);
    loop_run(f->loop);
    fixture_said(f, "note:toy.seen@a item0=1 note:toy.over@- item1=6 end ");
}

static void test_a_queued_batch_can_be_canceled(void **state)
{
    struct fixture *f = *state;
    struct op_item items[2] = {{.verb = LF_VERB_READ}, {.verb = LF_VERB_READ}};
    f->raw.read_many = settle_all_but_the_second;
    op_cancel(fixture_start_many(f, items, 2, 0));
    loop_run(f->loop);
    fixture_said(f, "item0=11 item1=11 end ");
}

/* ---- lanes ------------------------------------------------------------------------------------- */

static const char *lane_of_address(void *self, struct lf_op *op, const struct lf_request *req)
{
    fixture_finish(self, op, LF_END_OK); /* a lane is no place to finish */
    memset(ops_of(self)->scratch(op, 32), 1, 32);
    return req->address;
}

static void test_equal_lanes_never_overlap(void **state)
{
    struct fixture *f = *state;
    f->raw.lane = lane_of_address;
    f->raw.create = in_a_minute;
    fixture_start(f, LF_VERB_CREATE, 0);
    fixture_start(f, LF_VERB_CREATE, 0);
    loop_run(f->loop);
    fixture_said(f, "after0 item0=1 end after0 item0=1 end ");
    assert_int_equal(loop_now_ms(f->loop), 120000);
    assert_string_equal(f->broke, "plugin toy-box called finish() before its verb was asked");
}

static void test_a_lane_can_be_asked_for_without_an_operation(void **state)
{
    struct fixture *f = *state;
    struct op_item item = {.verb = LF_VERB_READ, .address = "toy.thing.z"};
    assert_null(op_lane(f->mem, &f->driver, &f->type, &item));
    f->raw.lane = lane_of_address;
    assert_string_equal(op_lane(f->mem, &f->driver, &f->type, &item), "toy.thing.z");
    loop_run(f->loop);
    fixture_said(f, "");
}

/* ---- foreign operations and tombstones --------------------------------------------------------- */

static void finish_the_other(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct fixture *f = self;
    fixture_finish(f, (struct lf_op *)f->holding, LF_END_GONE);
    fixture_ok(self, op, req);
}

static void test_an_operation_of_another_driver_cannot_be_ended(void **state)
{
    struct fixture *f = *state;
    struct driver other = f->driver, first = f->driver;
    f->raw.create = in_a_minute;
    f->holding = fixture_start(f, LF_VERB_CREATE, 0);
    f->driver = first;
    f->raw.read = finish_the_other;
    struct op_item item = {.verb = LF_VERB_READ, .address = "toy.thing.b"};
    static const struct op_events events = {.item = fixture_on_item, .end = fixture_on_end};
    struct op_ask ask = {.driver = &other, .type = &f->type, .items = &item, .count = 1};
    op_start(&ask, &events, f);
    loop_run(f->loop);
    fixture_said(f, "item0=1 end after0 item0=1 end ");
    assert_string_equal(f->broke, "plugin toy-box used an operation of another driver");
}

static void test_a_tombstone_names_its_mistake_for_a_long_time(void **state)
{
    struct fixture *f = *state;
    struct op *first = fixture_start(f, LF_VERB_READ, 0);
    loop_run(f->loop);
    for (int i = 0; i < 200; i++) {
        fixture_start(f, LF_VERB_READ, 0);
        loop_run(f->loop);
    }
    buf_clear(&f->said);
    fixture_finish(f, (struct lf_op *)first, LF_END_OK);
    note(f, (struct lf_op *)first, "toy.ghost");
    fixture_said(f, "told:plugin toy-box finished twice "
                    "told:plugin toy-box called note() after its operation had ended ");
    op_cancel(first);
    op_saved(first, 0);
    loop_run(f->loop);
    fixture_said(f, "");
}

static void chatter(void *self, struct lf_op *op, const struct lf_request *req)
{
    for (int i = 0; i < 1000; i++)
        note(self, op, "toy.chatter");
    fixture_ok(self, op, req);
}

static void test_a_plugin_that_chatters_is_cut_off(void **state)
{
    struct fixture *f = *state;
    size_t heard = 0;
    f->raw.read = chatter;
    fixture_start(f, LF_VERB_READ, 0);
    loop_run(f->loop);
    for (const char *at = f->said.at; (at = strstr(at, "note:")); at++)
        heard++;
    assert_int_equal(heard, 201);
}

/* ---- how a doubt is settled, object by object ------------------------------------------------------- */

static void settle_by_size(void *self, struct lf_op *op, const struct lf_request *req, struct lf_settle *out)
{
    (void)self;
    (void)op;
    out->create = (uint32_t)value_get_int((const struct value *)req->desired, "way", 0);
    out->token_retention_s = 60;
}

static void test_a_driver_may_say_for_each_object_how_a_doubt_is_settled(void **state)
{
    struct fixture *f = *state;
    struct lf_settle settle;
    struct op_item item = {.verb = LF_VERB_CREATE, .address = "toy.thing.a"};
    f->type.settle = (struct lf_settle){.struct_size = sizeof(settle),
                                        .create = LF_SETTLE_BLIND,
                                        .update = LF_SETTLE_NAMED,
                                        .destroy = LF_SETTLE_FINDABLE};
    op_settle_of(&f->driver, &f->type, &item, &settle);
    assert_int_equal(settle.create, LF_SETTLE_BLIND);

    const struct value *number = value_int(f->mem, LF_SETTLE_TOKENED);
    item.desired = value_map(f->mem, &(const struct pair){"way", number}, 1);
    f->raw.settle_of = settle_by_size;
    op_settle_of(&f->driver, &f->type, &item, &settle);
    assert_int_equal(settle.create, LF_SETTLE_TOKENED);
    assert_int_equal(settle.token_retention_s, 60);
    assert_int_equal(settle.update, LF_SETTLE_NAMED);

    /* A word nobody knows is as good as none. */
    item.desired = NULL;
    op_settle_of(&f->driver, &f->type, &item, &settle);
    assert_int_equal(settle.create, LF_SETTLE_BLIND);

    /* An older plugin's shorter record is not read beyond its end. */
    f->raw.struct_size = offsetof(struct lf_resource, settle_of);
    f->raw.settle_of = (void (*)(void *, struct lf_op *, const struct lf_request *, struct lf_settle *))1;
    op_settle_of(&f->driver, &f->type, &item, &settle);
    assert_int_equal(settle.create, LF_SETTLE_BLIND);
    assert_int_equal(settle.token_retention_s, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_is_called_back_inside_start),
        TEST(test_a_request_says_what_the_verb_may_do_and_until_when),
        TEST(test_a_verb_the_plugin_lacks_is_refused_with_a_note),
        TEST(test_an_owner_that_says_no_keeps_the_plugin_out),
        TEST(test_what_is_pending_at_the_end_is_dropped_in_silence),
        TEST(test_a_change_that_waits_too_long_is_unsure_whatever_it_says_then),
        TEST(test_a_read_that_waits_too_long_cannot_tell),
        TEST(test_the_deadline_starts_when_the_pool_is_left),
        TEST(test_what_still_queues_is_canceled_at_once),
        TEST(test_every_wait_is_told_once_that_it_is_off),
        TEST(test_who_does_not_stop_has_five_seconds),
        TEST(test_a_saved_id_does_for_a_result_without_one),
        TEST(test_a_save_goes_on_when_it_is_durable_and_not_before),
        TEST(test_a_save_that_never_becomes_durable_keeps_its_id),
        TEST(test_notes_of_a_batch_belong_to_the_item_that_follows),
        TEST(test_a_reading_batch_cannot_tell_of_what_it_left_out),
        TEST(test_a_queued_batch_can_be_canceled),
        TEST(test_equal_lanes_never_overlap),
        TEST(test_a_lane_can_be_asked_for_without_an_operation),
        TEST(test_an_operation_of_another_driver_cannot_be_ended),
        TEST(test_a_tombstone_names_its_mistake_for_a_long_time),
        TEST(test_a_plugin_that_chatters_is_cut_off),
        TEST(test_a_driver_may_say_for_each_object_how_a_doubt_is_settled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
