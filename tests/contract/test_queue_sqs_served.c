#include "sqs_world.h"

/* queue-sqs against a strict double of the service, judged by what the double holds in the end: queues,
 * sweeps, preflight. */

#define ORDERS "{'name':'orders','visibility_timeout_s':45,'retention_s':3600}"

static const struct op_result *made(struct world *w, const char *json)
{
    const struct op_result *r = want(w, "queue", LF_VERB_CREATE, json);
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->broke);
    return r;
}

/* ---- making -------------------------------------------------------------------------------------------- */

static void test_a_queue_is_made_marked_and_as_asked(void **state)
{
    struct world *w = *state;
    const struct op_result *r =
        made(w, "{'name':'orders','visibility_timeout_s':45,'retention_s':3600,'monthly_requests':5000000,"
                "'options':{'delay_s':3,'receive_wait_s':20,'kms_key':'alias/ours'}}");
    assert_string_equal(r->id, QUEUE("orders"));
    assert_string_equal(r->marker, MINE);
    assert_state(w, r, "url", "'https://sqs.eu-west-1.amazonaws.com/" ACCOUNT "/orders'");
    assert_state(w, r, "host", "'sqs.eu-west-1.amazonaws.com'");
    assert_state(w, r, "place", "'eu-west-1'");
    assert_state(w, r, "monthly_requests", "5000000");
    assert_state(w, r, "options", "{'delay_s':3,'receive_wait_s':20,'kms_key':'alias/ours'}");
    assert_holds(w, "'tags': {'landfall': 'lf1.mine', 'landfall:address': 'queue.queue.one'}");
    assert_holds(w, "'VisibilityTimeout': '45', 'MessageRetentionPeriod': '3600', 'DelaySeconds': '3'");
    assert_holds(w, "'KmsMasterKeyId': 'alias/ours'");
    size_t saves = 0;
    assert_string_equal(bench_saves(w->b, &saves)[0].id, r->id);
    assert_int_equal(asked(w, "TagQueue"), 0);
}

static void test_a_queue_made_twice_is_one(void **state)
{
    struct world *w = *state;
    (void)made(w, ORDERS);
    (void)made(w, ORDERS);
    assert_int_equal(queues(w), 1);
    assert_int_equal(asked(w, "CreateQueue"), 1);
}

static void test_a_create_whose_reply_was_lost_is_found(void **state)
{
    static const char *const faults[] = {"lost", "after_500", "truncate", "garbage", "giant"};
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        const char *json = text(w, "{'name':'orders-%zu'}", i);
        fault(w, "CreateQueue", faults[i]);
        assert_int_equal(want(w, "queue", LF_VERB_CREATE, json)->status, LF_END_UNSURE);
        const struct op_result *r = want(w, "queue", LF_VERB_RECOVER, json);
        assert_int_equal(r->status, LF_END_OK);
        assert_string_equal(r->marker, MINE);
        (void)made(w, json);
        assert_int_equal(queues(w), (int)i + 1);
    }
}

static void test_what_was_never_sent_may_be_sent_again(void **state)
{
    struct world *w = *state;
    fault(w, "CreateQueue", "throttle");
    assert_int_equal(want(w, "queue", LF_VERB_CREATE, ORDERS)->status, LF_END_RETRY);
    assert_note(w, "sqs.throttled");
    /* A question that got no answer: nothing was asked for yet. */
    fault(w, "GetQueueUrl", "before_500");
    assert_int_equal(want(w, "queue", LF_VERB_CREATE, ORDERS)->status, LF_END_RETRY);
    fault(w, "GetQueueUrl", "garbage");
    assert_int_equal(want(w, "queue", LF_VERB_CREATE, ORDERS)->status, LF_END_RETRY);
    assert_int_equal(queues(w), 0);
    fault(w, "CreateQueue", "reset");
    assert_int_equal(want(w, "queue", LF_VERB_CREATE, ORDERS)->status, LF_END_UNSURE);
    assert_int_equal(want(w, "queue", LF_VERB_RECOVER, ORDERS)->status, LF_END_GONE);
}

static void test_a_late_create_of_a_dead_process_makes_no_second_queue(void **state)
{
    struct world *w = *state;
    fault(w, "CreateQueue", "late");
    assert_int_equal(want(w, "queue", LF_VERB_CREATE, ORDERS)->status, LF_END_UNSURE);
    (void)made(w, ORDERS);
    assert_string_equal(twin_tell(w->twin, "land", NULL), "1");
    assert_int_equal(queues(w), 1);
    assert_int_equal(want(w, "queue", LF_VERB_CREATE, ORDERS)->status, LF_END_OK);
}

static void test_a_queue_that_shows_late_is_waited_for(void **state)
{
    struct world *w = *state;
    set(w, "{'lag':1.3}");
    (void)made(w, ORDERS);
    assert_int_equal(asked(w, "CreateQueue"), 1);
    assert_true(asked(w, "GetQueueUrl") >= 3);
}

static void test_a_queue_that_does_not_show_is_in_doubt_and_its_id_is_kept(void **state)
{
    struct world *w = *state;
    set(w, "{'lag':60}");
    bench_timeout(w->b, 7000);
    assert_int_equal(want(w, "queue", LF_VERB_CREATE, ORDERS)->status, LF_END_UNSURE);
    assert_note(w, "sqs.slow");
    size_t saves = 0;
    assert_string_equal(bench_saves(w->b, &saves)[0].id, QUEUE("orders"));
    assert_int_equal(saves, 1);
    set(w, "{'lag':0}");
    (void)made(w, ORDERS);
    assert_int_equal(queues(w), 1);
}

/* ---- what others own ----------------------------------------------------------------------------------- */

static void test_a_foreign_queue_of_the_name_is_a_conflict(void **state)
{
    struct world *w = *state;
    someone(w, "{'sqs':'CreateQueue','body':{'QueueName':'orders'}}");
    const struct op_result *r = want(w, "queue", LF_VERB_CREATE, ORDERS);
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_null(r->marker);
    someone(w, "{'sqs':'CreateQueue','body':{'QueueName':'theirs','tags':{'landfall':'" OTHER "'}}}");
    r = want(w, "queue", LF_VERB_CREATE, "{'name':'theirs'}");
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, OTHER);
    r = want(w, "queue", LF_VERB_RECOVER, "{'name':'theirs'}");
    assert_int_equal(r->status, LF_END_EXISTS);
    struct op_item item = {.verb = LF_VERB_UPDATE, .id = QUEUE("theirs")};
    item.desired = bench_value(w->b, "{'name':'theirs','retention_s':60}");
    assert_int_equal(run_item(w, "queue", item)->status, LF_END_EXISTS);
    assert_int_equal(by_id(w, "queue", LF_VERB_DESTROY, QUEUE("theirs"))->status, LF_END_EXISTS);
    assert_int_equal(asked(w, "CreateQueue") + asked(w, "SetQueueAttributes") + asked(w, "DeleteQueue"), 0);
    assert_int_equal(queues(w), 2);
}

/* It does not show yet when the name is looked for, so the create itself meets it. */
static void test_a_foreign_queue_that_shows_late_is_a_conflict_too(void **state)
{
    struct world *w = *state;
    set(w, "{'lag':1.2}");
    someone(w, "{'sqs':'CreateQueue','body':{'QueueName':'same','tags':{'landfall':'" OTHER "'}}}");
    const struct op_result *r = want(w, "queue", LF_VERB_CREATE, "{'name':'same'}");
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, OTHER);
    someone(w, "{'sqs':'CreateQueue','body':{'QueueName':'else','Attributes':{'VisibilityTimeout':'1'}}}");
    r = want(w, "queue", LF_VERB_CREATE, "{'name':'else'}");
    assert_int_equal(r->status, LF_END_RETRY);
    assert_note(w, "sqs.name_unsettled");
    set(w, "{'lag':0}");
    assert_int_equal(want(w, "queue", LF_VERB_CREATE, "{'name':'else'}")->status, LF_END_EXISTS);
    assert_int_equal(queues(w), 2);
}

static void test_a_queue_is_adopted_by_the_mark_that_was_expected(void **state)
{
    struct world *w = *state;
    someone(w, "{'sqs':'CreateQueue','body':{'QueueName':'orders','tags':{'team':'a'}}}");
    const struct op_result *r = want(w, "queue", LF_VERB_FIND, ORDERS);
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->marker);
    struct op_item item = {.verb = LF_VERB_UPDATE, .id = r->id, .desired = bench_value(w->b, ORDERS)};
    item.memo = bench_value(w->b, "{'adopt':true,'was':'" OTHER "'}");
    assert_int_equal(run_item(w, "queue", item)->status, LF_END_EXISTS);
    item.memo = bench_value(w->b, "{'adopt':true,'was':''}");
    r = run_item(w, "queue", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, MINE);
    assert_holds(w, "'team': 'a', 'landfall': 'lf1.mine'");
    assert_holds(w, "'VisibilityTimeout': '45'");
}

/* ---- changing ------------------------------------------------------------------------------------------ */

static void test_a_queue_is_changed_where_it_differs_and_waited_for(void **state)
{
    struct world *w = *state;
    (void)made(w, "{'name':'dead'}");
    const struct op_result *r = made(w, ORDERS);
    someone(w, "{'sqs':'SetQueueAttributes','body':{'QueueUrl':'https://x/" ACCOUNT "/orders','Attributes':"
               "{'MaximumMessageSize':'2048'}}}");
    set(w, "{'change_lag':1.2}");
    r = change(w, "queue", r,
               "{'name':'orders','visibility_timeout_s':60,'retention_s':3600,'max_receives':5,"
               "'dead_letter':'" QUEUE("dead") "'}");
    assert_int_equal(r->status, LF_END_OK);
    assert_state(w, r, "visibility_timeout_s", "60");
    assert_state(w, r, "max_receives", "5");
    assert_state(w, r, "dead_letter", "'" QUEUE("dead") "'");
    assert_holds(w, "'MaximumMessageSize': '2048'");
    assert_holds(w, "\\\"maxReceiveCount\\\":5");
    set(w, "{'change_lag':0}");
    r = change(w, "queue", r, ORDERS);
    assert_int_equal(r->status, LF_END_OK);
    assert_null(value_get(r->state, "dead_letter"));
    assert_holds(w, "'RedrivePolicy': ''");
    assert_int_equal(asked(w, "SetQueueAttributes"), 2);
    r = change(w, "queue", r, ORDERS);
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(asked(w, "SetQueueAttributes"), 2);
}

static void test_an_update_in_doubt_is_told_by_what_is_there(void **state)
{
    struct world *w = *state;
    const struct op_result *r = made(w, ORDERS);
    struct op_item item = {.verb = LF_VERB_UPDATE, .id = r->id, .prior = r->state};
    item.desired = bench_value(w->b, "{'name':'orders','visibility_timeout_s':1,'retention_s':3600}");
    fault(w, "SetQueueAttributes", "lost");
    assert_int_equal(run_item(w, "queue", item)->status, LF_END_UNSURE);
    item.verb = LF_VERB_RECOVER;
    r = run_item(w, "queue", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_state(w, r, "visibility_timeout_s", "1");
}

/* The change was taken, and the look after it was not: the first look passes. */
static void test_what_was_changed_is_never_called_undone(void **state)
{
    struct world *w = *state;
    const struct op_result *r = made(w, ORDERS);
    (void)twin_tell(w->twin, "faults",
                    "[{'action':'GetQueueUrl','what':''},{'action':'GetQueueUrl','what':'throttle'}]");
    r = change(w, "queue", r, "{'name':'orders','visibility_timeout_s':1,'retention_s':3600}");
    assert_int_equal(r->status, LF_END_UNSURE);
    assert_holds(w, "'VisibilityTimeout': '1'");
    (void)twin_tell(w->twin, "faults",
                    "[{'action':'GetQueueUrl','what':''},{'action':'GetQueueUrl','what':'throttle'}]");
    assert_int_equal(want(w, "queue", LF_VERB_CREATE, "{'name':'b'}")->status, LF_END_UNSURE);
    assert_int_equal(queues(w), 2);
}

static void test_options_taken_out_are_as_if_never_said(void **state)
{
    struct world *w = *state;
    const struct op_result *r = made(w, "{'name':'orders','options':{'delay_s':9,'kms_key':'alias/k'}}");
    r = change(w, "queue", r, "{'name':'orders'}");
    assert_int_equal(r->status, LF_END_OK);
    assert_null(value_get(r->state, "options"));
    assert_holds(w, "'DelaySeconds': '0'");
    assert_holds(w, "'KmsMasterKeyId': ''");
}

static void test_a_fifo_queue_is_what_its_name_says(void **state)
{
    struct world *w = *state;
    const struct op_result *r =
        made(w, "{'name':'orders.fifo','options':{'fifo':true,'content_deduplication':true}}");
    assert_holds(w, "'ContentBasedDeduplication': 'true', 'FifoQueue': 'true'");
    assert_state(w, r, "options", "{'fifo':true,'content_deduplication':true}");
    r = change(w, "queue", r, "{'name':'orders.fifo','options':{'fifo':true}}");
    assert_int_equal(r->status, LF_END_OK);
    assert_holds(w, "'ContentBasedDeduplication': 'false'");
}

static void test_a_dead_letter_queue_must_be_there(void **state)
{
    struct world *w = *state;
    const struct op_result *r =
        want(w, "queue", LF_VERB_CREATE, "{'name':'a','max_receives':5,'dead_letter':'" QUEUE("none") "'}");
    assert_int_equal(r->status, LF_END_REFUSED);
    assert_note(w, "queue.no_dead_letter");
    assert_int_equal(queues(w), 0);
}

/* ---- removing ------------------------------------------------------------------------------------------ */

static void test_a_name_rests_for_a_minute_after_a_queue_is_destroyed(void **state)
{
    struct world *w = *state;
    const struct op_result *r = made(w, ORDERS);
    set(w, "{'gone_lag':1.2}");
    assert_int_equal(by_id(w, "queue", LF_VERB_DESTROY, r->id)->status, LF_END_GONE);
    assert_int_equal(queues(w), 0);
    assert_int_equal(by_id(w, "queue", LF_VERB_READ, QUEUE("orders"))->status, LF_END_GONE);
    assert_int_equal(by_id(w, "queue", LF_VERB_DESTROY, QUEUE("orders"))->status, LF_END_GONE);
    assert_int_equal(asked(w, "DeleteQueue"), 1);
    r = want(w, "queue", LF_VERB_CREATE, ORDERS);
    assert_int_equal(r->status, LF_END_RETRY);
    assert_int_equal(r->retry_after_ms, 60000);
    assert_note(w, "sqs.deleted_recently");
    set(w, "{'quarantine':0}");
    (void)made(w, ORDERS);
}

static void test_a_destroy_in_doubt_is_told_by_what_is_there(void **state)
{
    struct world *w = *state;
    (void)made(w, ORDERS);
    fault(w, "DeleteQueue", "reset");
    assert_int_equal(by_id(w, "queue", LF_VERB_DESTROY, QUEUE("orders"))->status, LF_END_UNSURE);
    assert_int_equal(by_id(w, "queue", LF_VERB_RECOVER, QUEUE("orders"))->status, LF_END_OK);
    fault(w, "DeleteQueue", "lost");
    assert_int_equal(by_id(w, "queue", LF_VERB_DESTROY, QUEUE("orders"))->status, LF_END_UNSURE);
    assert_int_equal(by_id(w, "queue", LF_VERB_RECOVER, QUEUE("orders"))->status, LF_END_GONE);
}

/* ---- looking ------------------------------------------------------------------------------------------- */

static void test_no_answer_is_never_gone(void **state)
{
    static const char *const faults[] = {"before_500", "reset", "lost", "truncate", "garbage"};
    static const char *const actions[] = {"GetQueueUrl", "GetQueueAttributes", "ListQueueTags"};
    struct world *w = *state;
    (void)made(w, ORDERS);
    for (size_t a = 0; a < 3; a++) {
        for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
            fault(w, actions[a], faults[i]);
            assert_int_equal(by_id(w, "queue", LF_VERB_READ, QUEUE("orders"))->status, LF_END_CANNOT_TELL);
            fault(w, actions[a], faults[i]);
            assert_int_equal(want(w, "queue", LF_VERB_RECOVER, ORDERS)->status, LF_END_CANNOT_TELL);
        }
    }
    fault(w, "GetQueueUrl", "throttle");
    assert_int_equal(by_id(w, "queue", LF_VERB_READ, QUEUE("orders"))->status, LF_END_RETRY);
    bench_timeout(w->b, 400);
    fault(w, "GetQueueUrl", "silent");
    assert_int_not_equal(by_id(w, "queue", LF_VERB_READ, QUEUE("orders"))->status, LF_END_GONE);
}

static void test_nothing_is_changed_where_only_looking_is_allowed(void **state)
{
    struct world *w = *state;
    struct op_item item = {.verb = LF_VERB_CREATE, .marker = MINE, .desired = bench_value(w->b, ORDERS)};
    bench_read_only(w->b, true);
    assert_int_not_equal(bench_run(w->b, "queue", item)->status, LF_END_OK);
    assert_int_equal(queues(w), 0);
    assert_int_equal(asked(w, "CreateQueue"), 0);
}

static void test_owned_goes_through_all_pages(void **state)
{
    struct world *w = *state;
    set(w, "{'page':2}");
    for (int i = 0; i < 5; i++)
        someone(w, text(w, "{'sqs':'CreateQueue','body':{'QueueName':'q%d','tags':{'landfall':'%s'}}}", i,
                        i == 1   ? "somebody"
                        : i == 3 ? OTHER
                                 : MINE));
    (void)made(w, ORDERS);
    assert_int_equal(want(w, "queue", LF_VERB_OWNED, "{}")->status, LF_END_OK);
    size_t count = 0;
    const struct op_result *found = bench_found(w->b, &count);
    assert_int_equal(count, 5);
    assert_string_equal(found[0].id, QUEUE("orders"));
    assert_string_equal(value_as_text(value_get(found[0].memo, "address")), "queue.queue.one");
    assert_string_equal(found[3].marker, OTHER);
    assert_int_equal(asked(w, "ListQueues"), 3);
    fault(w, "ListQueueTags", "before_500");
    assert_int_equal(want(w, "queue", LF_VERB_OWNED, "{}")->status, LF_END_CANNOT_TELL);
}

/* ---- refusals ------------------------------------------------------------------------------------------ */

static void test_what_cannot_be_is_refused_in_the_plan(void **state)
{
    struct world *w = *state;
    refuses(w, "queue", "{'name':'a b'}", "queue.bad_name");
    refuses(w, "queue", "{'name':'a;b'}", "queue.bad_name");
    refuses(w, "queue", "{'name':''}", "queue.bad_name");
    refuses(w, "queue", "{'name':'a.fifo'}", "queue.bad_name");
    refuses(w, "queue", "{'name':'a','options':{'fifo':true}}", "queue.bad_name");
    refuses(w, "queue",
            "{'name':'a23456789012345678901234567890123456789012345678901234567890123456789012345678901'}",
            "queue.bad_name");
    refuses(w, "queue", "{'name':'a','namespace':'eu'}", "queue.no_namespace");
    refuses(w, "queue", "{'name':'a','visibility_timeout_s':43201}", "queue.out_of_range");
    refuses(w, "queue", "{'name':'a','retention_s':59}", "queue.out_of_range");
    refuses(w, "queue", "{'name':'a','max_receives':5}", "queue.half_dead_letter");
    refuses(w, "queue", "{'name':'a','dead_letter':'" QUEUE("b") "'}", "queue.half_dead_letter");
    refuses(w, "queue", "{'name':'a','max_receives':0,'dead_letter':'" QUEUE("b") "'}", "queue.out_of_range");
    refuses(w, "queue", "{'name':'a','max_receives':5,'dead_letter':'b'}", "queue.bad_dead_letter");
    refuses(w, "queue", "{'name':'a','max_receives':5,'dead_letter':'arn:aws:sqs:eu-west-1:999999999999:b'}",
            "queue.bad_dead_letter");
    refuses(w, "queue", "{'name':'a','max_receives':5,'dead_letter':'arn:aws:sqs:us-east-1:" ACCOUNT ":b'}",
            "queue.bad_dead_letter");
    refuses(w, "queue", "{'name':'a','max_receives':5,'dead_letter':'" QUEUE("a") "'}",
            "queue.dead_letter_loop");
    refuses(w, "queue", "{'name':'a','max_receives':5,'dead_letter':'" QUEUE("b.fifo") "'}",
            "queue.bad_dead_letter");
    refuses(w, "queue", "{'name':'a','place':'eu-central-1'}", "queue.not_there");
    refuses(w, "queue", "{'name':'a','options':{'speed':9}}", "queue.unknown_option");
    refuses(w, "queue", "{'name':'a','options':{'delay_s':901}}", "queue.bad_option");
    refuses(w, "queue", "{'name':'a','options':{'delay_s':'9'}}", "queue.bad_option");
    refuses(w, "queue", "{'name':'a','options':{'content_deduplication':true}}", "queue.bad_option");
    assert_int_equal(twin_count(w->twin, "log", "\"action\""), 0);
    assert_int_equal(by_id(w, "queue", LF_VERB_READ, "orders")->status, LF_END_REFUSED);
    assert_note(w, "queue.bad_id");
    assert_int_equal(by_id(w, "queue", LF_VERB_READ, "arn:aws:sqs:us-east-1:" ACCOUNT ":a")->status,
                     LF_END_REFUSED);
}

static void test_a_plan_knows_where_it_will_be(void **state)
{
    struct world *w = *state;
    const struct op_result *r = want(w, "queue", LF_VERB_PLAN, ORDERS);
    assert_int_equal(r->action, LF_DO_CREATE);
    assert_state(w, r, "place", "'eu-west-1'");
    assert_int_equal(twin_count(w->twin, "log", "\"action\""), 0);
}

static void refuses_settings(const char *json, const char *path)
{
    struct bench *b = NULL;
    struct err err = {0};
    char settings[1024];
    (void)snprintf(settings, sizeof(settings), "{%s," KEYS "}", json);
    if (bench_try(SQS_DRIVER, settings, &b, &err))
        fail_msg("%s is taken", json);
    if (!strstr(err.where, path) && !strstr(err.summary, path) && !strstr(err.detail, path))
        fail_msg("%s: %s, %s, %s", path, err.where, err.summary, err.detail);
}

static void test_settings_name_one_place(void **state)
{
    (void)state;
    refuses_settings(PLACE ",'endpoint':'https://sqs.eu-west-1.amazonaws.com'", "account");
    refuses_settings(PLACE ",'endpoint':'https://sqs.eu-west-1.amazonaws.com','account':'12'", "account");
    refuses_settings("'region':'eu-west-1','partition':'aws-cn','account':'" ACCOUNT
                     "','endpoint':'https://sqs.eu-west-1.amazonaws.com'",
                     "partition");
    refuses_settings(PLACE ",'account':'" ACCOUNT "','endpoint':'https://sqs.us-east-1.amazonaws.com'",
                     "endpoint");
    refuses_settings(PLACE ",'account':'" ACCOUNT "','endpoint':'https://sqs.eu-west-1.amazonaws.com',"
                           "'sns_endpoint':'https://sns.eu-west-2.amazonaws.com'",
                     "sns_endpoint");
    refuses_settings(PLACE ",'account':'" ACCOUNT "','endpoint':'sqs'", "endpoint");
}

/* ---- preflight and costs ------------------------------------------------------------------------------- */

static uint32_t flies(struct world *w)
{
    struct op_item item = {.verb = LF_VERB_PREFLIGHT};
    bench_read_only(w->b, true);
    return bench_run(w->b, NULL, item)->status;
}

static void test_preflight_tells_keys_account_and_leave(void **state)
{
    struct world *w = *state;
    int port = twin_port(w->twin);
    assert_int_equal(flies(w), LF_END_OK);
    someone(w, "{'sqs':'CreateQueue','body':{'QueueName':'orders'}}");
    assert_int_equal(flies(w), LF_END_OK);
    fault(w, "ListQueues", "throttle");
    assert_int_equal(flies(w), LF_END_RETRY);
    fault(w, "ListTopics", "before_500");
    assert_int_equal(flies(w), LF_END_CANNOT_TELL);
    open_driver(w, "999999999999", KEYS, port);
    assert_int_equal(flies(w), LF_END_REFUSED);
    assert_note(w, "sqs.wrong_account");
    open_driver(w, ACCOUNT,
                "'access_key':{'$secret':{'source':'test:AKIDEXAMPLE'}},"
                "'secret_key':{'$secret':{'source':'test:wrong'}}",
                port);
    assert_int_equal(flies(w), LF_END_REFUSED);
    assert_note(w, "sqs.signature");
    set(w, "{'keys':[{'access':'LIMITED','secret':'s','denied':['ListTopics','CreateQueue']}]}");
    open_driver(w, ACCOUNT,
                "'access_key':{'$secret':{'source':'test:LIMITED'}},"
                "'secret_key':{'$secret':{'source':'test:s'}}",
                port);
    assert_int_equal(flies(w), LF_END_REFUSED);
    assert_note(w, "sqs.forbidden");
    assert_int_equal(want(w, "queue", LF_VERB_CREATE, "{'name':'b'}")->status, LF_END_REFUSED);
    assert_note(w, "sqs.forbidden");
    open_driver(w, ACCOUNT, KEYS, 1);
    assert_int_equal(flies(w), LF_END_RETRY);
    assert_note(w, "sqs.unreachable");
}

/* Nothing tells beforehand in an empty account: what was made in the wrong one is kept as what it is. */
static void test_what_was_made_in_another_account_is_not_forgotten(void **state)
{
    struct world *w = *state;
    open_driver(w, "999999999999", KEYS, twin_port(w->twin));
    const struct op_result *r = want(w, "queue", LF_VERB_CREATE, ORDERS);
    assert_int_equal(r->status, LF_END_DAMAGED);
    assert_note(w, "sqs.wrong_account");
    assert_string_equal(r->id, QUEUE("orders"));
    assert_int_equal(by_id(w, "queue", LF_VERB_DESTROY, QUEUE("orders"))->status, LF_END_GONE);
    assert_int_equal(queues(w), 0);
}

static void test_requests_are_what_costs(void **state)
{
    struct world *w = *state;
    const struct op_result *r = want(w, "queue", LF_VERB_ESTIMATE, "{'name':'a','monthly_requests':2500000}");
    assert_int_equal(r->cost_count, 1);
    assert_string_equal(r->costs[0].sku, "queue.requests");
    assert_int_equal(r->costs[0].expected_milli, 2500);
    r = want(w, "queue", LF_VERB_ESTIMATE, "{'name':'a.fifo','options':{'fifo':true}}");
    assert_string_equal(r->costs[0].sku, "queue.requests.fifo");
    assert_true(r->costs[0].flags & LF_COST_UNBOUNDED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, enter, leave)

int main(void)
{
    int end = 0;
    const char *missing = twin_missing(&end);
    if (missing) {
        (void)fprintf(stderr, "%s\n", missing);
        return end;
    }
    const struct CMUnitTest tests[] = {
        TEST(a_queue_is_made_marked_and_as_asked),
        TEST(a_queue_made_twice_is_one),
        TEST(a_create_whose_reply_was_lost_is_found),
        TEST(what_was_never_sent_may_be_sent_again),
        TEST(a_late_create_of_a_dead_process_makes_no_second_queue),
        TEST(a_queue_that_shows_late_is_waited_for),
        TEST(a_queue_that_does_not_show_is_in_doubt_and_its_id_is_kept),
        TEST(a_foreign_queue_of_the_name_is_a_conflict),
        TEST(a_foreign_queue_that_shows_late_is_a_conflict_too),
        TEST(a_queue_is_adopted_by_the_mark_that_was_expected),
        TEST(a_queue_is_changed_where_it_differs_and_waited_for),
        TEST(an_update_in_doubt_is_told_by_what_is_there),
        TEST(what_was_changed_is_never_called_undone),
        TEST(options_taken_out_are_as_if_never_said),
        TEST(a_fifo_queue_is_what_its_name_says),
        TEST(a_dead_letter_queue_must_be_there),
        TEST(a_name_rests_for_a_minute_after_a_queue_is_destroyed),
        TEST(a_destroy_in_doubt_is_told_by_what_is_there),
        TEST(no_answer_is_never_gone),
        TEST(nothing_is_changed_where_only_looking_is_allowed),
        TEST(owned_goes_through_all_pages),
        TEST(what_cannot_be_is_refused_in_the_plan),
        TEST(a_plan_knows_where_it_will_be),
        cmocka_unit_test(test_settings_name_one_place),
        TEST(preflight_tells_keys_account_and_leave),
        TEST(what_was_made_in_another_account_is_not_forgotten),
        TEST(requests_are_what_costs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
