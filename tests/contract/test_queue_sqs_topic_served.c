#include "sqs_world.h"

/* queue-sqs against a strict double of SQS and SNS, judged by what the double holds in the end: topics,
 * subscriptions with the queues' policies, and messages that must arrive. */

#define SUBSCRIPTION "'topic':'" TOPIC("sold") "','queue':'" QUEUE("orders") "'"
#define FOREIGN_POLICY                                                                                       \
    "{'sqs':'SetQueueAttributes','body':{'QueueUrl':'https://x/" ACCOUNT "/orders','Attributes':{"           \
    "'Policy':'{\\'Version\\':\\'2008-10-17\\',\\'Statement\\':{\\'Sid\\':\\'theirs\\',\\'Effect\\':"        \
    "\\'Deny\\',\\'Principal\\':\\'*\\',\\'Action\\':\\'sqs:*\\',\\'Resource\\':\\'*\\'}}'}}}"

static const struct op_result *made(struct world *w, const char *type, const char *json)
{
    const struct op_result *r = want(w, type, LF_VERB_CREATE, json);
    if (r->status != LF_END_OK)
        assert_note(w, "-");
    assert_null(r->broke);
    return r;
}

static void make_ends(struct world *w)
{
    (void)made(w, "queue", "{'name':'orders'}");
    (void)made(w, "topic", "{'name':'sold'}");
}

static void publish(struct world *w, const char *body, const char *attributes)
{
    const char *json = text(w, "{'topic':'" TOPIC("sold") "','body':'%s','attributes':%s}", body, attributes);
    const struct op_result *r = send_token(w, body, json);
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(value_get(r->reply, "ids")->count, 1);
}

/* ---- topics -------------------------------------------------------------------------------------------- */

static void test_a_topic_is_made_marked_changed_and_destroyed(void **state)
{
    struct world *w = *state;
    const struct op_result *r =
        made(w, "topic", "{'name':'sold.fifo','options':{'fifo':true,'kms_key':'alias/ours'}}");
    assert_string_equal(r->id, TOPIC("sold.fifo"));
    assert_string_equal(r->marker, MINE);
    assert_state(w, r, "url", "'" TOPIC("sold.fifo") "'");
    assert_holds(w, "'tags': {'landfall': 'lf1.mine', 'landfall:address': 'queue.queue.one'}");
    (void)made(w, "topic", "{'name':'sold.fifo','options':{'fifo':true,'kms_key':'alias/ours'}}");
    assert_int_equal(asked(w, "CreateTopic"), 1);
    set(w, "{'change_lag':1.2}");
    r = change(w, "topic", r, "{'name':'sold.fifo','options':{'fifo':true,'content_deduplication':true}}");
    assert_int_equal(r->status, LF_END_OK);
    assert_state(w, r, "options", "{'fifo':true,'content_deduplication':true}");
    assert_int_equal(asked(w, "SetTopicAttributes"), 2);
    set(w, "{'gone_lag':1.2}");
    assert_int_equal(by_id(w, "topic", LF_VERB_DESTROY, r->id)->status, LF_END_GONE);
    assert_int_equal(by_id(w, "topic", LF_VERB_READ, TOPIC("sold.fifo"))->status, LF_END_GONE);
    assert_holds(w, "'topics': {}");
}

static void test_a_topic_whose_reply_was_lost_is_found(void **state)
{
    static const char *const faults[] = {"lost", "after_500", "truncate", "garbage"};
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        const char *json = text(w, "{'name':'sold-%zu'}", i);
        fault(w, "CreateTopic", faults[i]);
        assert_int_equal(want(w, "topic", LF_VERB_CREATE, json)->status, LF_END_UNSURE);
        assert_int_equal(want(w, "topic", LF_VERB_RECOVER, json)->status, LF_END_OK);
        (void)made(w, "topic", json);
        assert_int_equal(twin_count(w->twin, "dump", "lf1.mine"), (int)i + 1);
    }
    fault(w, "CreateTopic", "throttle");
    assert_int_equal(want(w, "topic", LF_VERB_CREATE, "{'name':'b'}")->status, LF_END_RETRY);
    fault(w, "GetTopicAttributes", "garbage");
    assert_int_equal(by_id(w, "topic", LF_VERB_READ, TOPIC("sold-0"))->status, LF_END_CANNOT_TELL);
}

static void test_a_foreign_topic_is_a_conflict(void **state)
{
    struct world *w = *state;
    someone(w, "{'sns':'CreateTopic','body':{'Name':'sold'}}");
    const struct op_result *r = want(w, "topic", LF_VERB_CREATE, "{'name':'sold'}");
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_null(r->marker);
    set(w, "{'lag':60}");
    someone(w, "{'sns':'CreateTopic','body':{'Name':'late','Tags.member.1.Key':'landfall',"
               "'Tags.member.1.Value':'" OTHER "'}}");
    r = want(w, "topic", LF_VERB_CREATE, "{'name':'late'}");
    assert_int_equal(r->status, LF_END_RETRY);
    assert_note(w, "sqs.name_unsettled");
    set(w, "{'lag':0}");
    r = want(w, "topic", LF_VERB_CREATE, "{'name':'late'}");
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, OTHER);
    assert_int_equal(by_id(w, "topic", LF_VERB_DESTROY, TOPIC("late"))->status, LF_END_EXISTS);
    assert_int_equal(asked(w, "DeleteTopic") + asked(w, "TagResource"), 0);
    assert_int_equal(want(w, "topic", LF_VERB_OWNED, "{}")->status, LF_END_OK);
    size_t count = 0;
    assert_string_equal(bench_found(w->b, &count)[0].marker, OTHER);
    assert_int_equal(count, 1);
}

static void test_topics_are_listed_to_the_last_page(void **state)
{
    struct world *w = *state;
    set(w, "{'page':2}");
    for (int i = 0; i < 5; i++)
        (void)made(w, "topic", text(w, "{'name':'t%d'}", i));
    assert_int_equal(want(w, "topic", LF_VERB_OWNED, "{}")->status, LF_END_OK);
    size_t count = 0;
    (void)bench_found(w->b, &count);
    assert_int_equal(count, 5);
}

static void test_without_an_address_of_sns_there_are_no_topics(void **state)
{
    struct world *w = *state;
    char settings[512];
    (void)snprintf(settings, sizeof(settings),
                   "{" PLACE ",'account':'" ACCOUNT "','endpoint':'http://127.0.0.1:%d'," KEYS "}",
                   twin_port(w->twin));
    bench_close(w->b);
    w->b = bench_open(SQS_DRIVER, settings);
    refuses(w, "topic", "{'name':'sold'}", "sqs.no_sns");
    refuses(w, "subscription", "{" SUBSCRIPTION "}", "sqs.no_sns");
    assert_int_equal(send_token(w, "t", "{'topic':'" TOPIC("sold") "','body':'x'}")->status, LF_END_REFUSED);
    assert_note(w, "sqs.no_sns");
    (void)made(w, "queue", "{'name':'orders'}");
    struct op_item item = {.verb = LF_VERB_PREFLIGHT};
    bench_read_only(w->b, true);
    assert_int_equal(bench_run(w->b, NULL, item)->status, LF_END_OK);
}

/* ---- subscriptions ------------------------------------------------------------------------------------- */

static void test_what_is_sent_to_a_topic_arrives_where_it_is_wanted(void **state)
{
    struct world *w = *state;
    make_ends(w);
    const struct op_result *r = made(
        w, "subscription", "{" SUBSCRIPTION ",'filter':{'kind':['order','refund'],'size':5,'test':false}}");
    assert_memory_equal(r->id, TOPIC("sold") ":", strlen(TOPIC("sold") ":"));
    assert_state(w, r, "filter", "{'kind':['order','refund'],'size':5,'test':false}");
    publish(w, "wanted", "{'kind':'order','size':5,'test':false}");
    publish(w, "other-kind", "{'kind':'note','size':5,'test':false}");
    publish(w, "other-size", "{'kind':'order','size':6,'test':false}");
    publish(w, "other-flag", "{'kind':'order','size':5,'test':true}");
    assert_int_equal(messages(w), 1);
    assert_holds(w, "'body': 'wanted', 'attributes': {'kind': ['String', 'order'], 'size': ['Number', '5'], "
                    "'test': ['String', 'false']}");
    assert_holds(w, "'undelivered': []");
    r = change(w, "subscription", r, "{" SUBSCRIPTION "}");
    assert_int_equal(r->status, LF_END_OK);
    assert_null(value_get(r->state, "filter"));
    publish(w, "all", "{}");
    assert_int_equal(messages(w), 2);
    r = change(w, "subscription", r, "{" SUBSCRIPTION ",'filter':{}}");
    assert_int_equal(r->status, LF_END_OK);
    assert_state(w, r, "filter", "{}");
}

static void test_a_queues_policy_keeps_what_others_wrote(void **state)
{
    struct world *w = *state;
    make_ends(w);
    someone(w, FOREIGN_POLICY);
    const struct op_result *r = made(w, "subscription", "{" SUBSCRIPTION "}");
    assert_holds(w, "\\\"Sid\\\":\\\"theirs\\\"");
    assert_holds(w, "\\\"Version\\\":\\\"2008-10-17\\\"");
    assert_holds(w, "\\\"Sid\\\":\\\"landfall-lf1.mine\\\"");
    assert_int_equal(by_id(w, "subscription", LF_VERB_DESTROY, r->id)->status, LF_END_EXISTS);
    struct op_item item = {.verb = LF_VERB_DESTROY, .id = r->id, .prior = r->state};
    assert_int_equal(run_item(w, "subscription", item)->status, LF_END_GONE);
    assert_int_equal(subscriptions(w), 0);
    assert_holds(w, "\\\"Sid\\\":\\\"theirs\\\"");
    assert_false(holds(w, "landfall-lf1"));
}

static void test_a_policy_without_our_statement_is_seen_and_healed(void **state)
{
    struct world *w = *state;
    make_ends(w);
    const struct op_result *r = made(w, "subscription", "{" SUBSCRIPTION "}");
    someone(w, FOREIGN_POLICY);
    publish(w, "lost", "{}");
    assert_int_equal(messages(w), 0);
    struct op_item item = {.verb = LF_VERB_READ, .id = r->id, .prior = r->state};
    r = run_item(w, "subscription", item);
    assert_state(w, r, "options", "{'allow':false}");
    item = (struct op_item){.verb = LF_VERB_PLAN, .id = r->id, .prior = r->state};
    item.desired = bench_value(w->b, "{" SUBSCRIPTION "}");
    assert_int_equal(run_item(w, "subscription", item)->action, LF_DO_UPDATE);
    r = change(w, "subscription", r, "{" SUBSCRIPTION "}");
    assert_int_equal(r->status, LF_END_OK);
    assert_null(value_get(r->state, "options"));
    publish(w, "found", "{}");
    assert_int_equal(messages(w), 1);
    assert_holds(w, "\\\"Sid\\\":\\\"theirs\\\"");
    r = change(w, "subscription", r, "{" SUBSCRIPTION ",'options':{'allow':false,'raw':false}}");
    assert_int_equal(r->status, LF_END_OK);
    assert_false(holds(w, "landfall-lf1"));
    assert_holds(w, "'RawMessageDelivery': 'false'");
}

static void test_two_topics_share_a_queue(void **state)
{
    struct world *w = *state;
    make_ends(w);
    (void)made(w, "topic", "{'name':'paid'}");
    const struct op_result *first = made(w, "subscription", "{" SUBSCRIPTION "}");
    (void)made(w, "subscription", "{'topic':'" TOPIC("paid") "','queue':'" QUEUE("orders") "'}");
    struct op_item item = {.verb = LF_VERB_DESTROY, .id = first->id, .prior = first->state};
    assert_int_equal(run_item(w, "subscription", item)->status, LF_END_GONE);
    assert_int_equal(twin_count(w->twin, "dump", "landfall-lf1"), 1);
    const struct op_result *r = send_token(w, "t", "{'topic':'" TOPIC("paid") "','body':'x'}");
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(messages(w), 1);
}

static void test_a_subscription_whose_reply_was_lost_is_one(void **state)
{
    static const char *const faults[] = {"lost", "truncate", "after_500"};
    struct world *w = *state;
    make_ends(w);
    for (size_t i = 0; i < 3; i++) {
        fault(w, "Subscribe", faults[i]);
        const char *json = "{" SUBSCRIPTION ",'filter':{'kind':'order'}}";
        assert_int_equal(want(w, "subscription", LF_VERB_CREATE, json)->status, LF_END_UNSURE);
        const struct op_result *r = want(w, "subscription", LF_VERB_RECOVER, json);
        assert_int_equal(r->status, LF_END_OK);
        assert_state(w, r, "filter", "{'kind':'order'}");
        r = made(w, "subscription", json);
        assert_int_equal(subscriptions(w), 1);
        struct op_item item = {.verb = LF_VERB_DESTROY, .id = r->id, .prior = r->state};
        fault(w, "Unsubscribe", "reset");
        assert_int_equal(run_item(w, "subscription", item)->status, LF_END_UNSURE);
        /* The statement has gone, the subscription has not: it is found, and the rest is done. */
        item.verb = LF_VERB_RECOVER;
        assert_int_equal(run_item(w, "subscription", item)->status, LF_END_OK);
        item.verb = LF_VERB_DESTROY;
        assert_int_equal(run_item(w, "subscription", item)->status, LF_END_GONE);
        assert_int_equal(subscriptions(w), 0);
    }
    fault(w, "SetQueueAttributes", "lost");
    assert_int_equal(want(w, "subscription", LF_VERB_CREATE, "{" SUBSCRIPTION "}")->status, LF_END_UNSURE);
    assert_int_equal(want(w, "subscription", LF_VERB_RECOVER, "{" SUBSCRIPTION "}")->status, LF_END_GONE);
    (void)made(w, "subscription", "{" SUBSCRIPTION "}");
    assert_int_equal(twin_count(w->twin, "dump", "landfall-lf1"), 1);
}

static void test_a_foreign_subscription_is_a_conflict(void **state)
{
    struct world *w = *state;
    make_ends(w);
    (void)made(w, "queue", "{'name':'more'}");
    set(w, "{'page':1}");
    someone(w, "{'sns':'Subscribe','body':{'TopicArn':'" TOPIC(
                   "sold") "','Protocol':'sqs','Endpoint':'" QUEUE("more") "'}}");
    someone(w, "{'sns':'Subscribe','body':{'TopicArn':'" TOPIC(
                   "sold") "','Protocol':'sqs','Endpoint':'" QUEUE("orders") "'}}");
    assert_int_equal(want(w, "subscription", LF_VERB_CREATE, "{" SUBSCRIPTION "}")->status, LF_END_EXISTS);
    struct op_item item = {.verb = LF_VERB_UPDATE};
    const struct op_result *r = want(w, "subscription", LF_VERB_FIND, "{" SUBSCRIPTION "}");
    assert_int_equal(r->status, LF_END_OK);
    assert_state(w, r, "options", "{'raw':false,'allow':false}");
    item.id = r->id;
    item.desired = bench_value(w->b, "{" SUBSCRIPTION ",'filter':{'kind':'order'}}");
    item.prior = bench_value(w->b, "{" SUBSCRIPTION ",'filter':{'kind':'else'}}");
    assert_int_equal(run_item(w, "subscription", item)->status, LF_END_EXISTS);
    assert_int_equal(asked(w, "SetSubscriptionAttributes") + asked(w, "SetQueueAttributes"), 0);
    /* It does not show yet: SNS itself says that it is another. */
    set(w, "{'list_lag':60}");
    const char *more = "{'topic':'" TOPIC("sold") "','queue':'" QUEUE("more") "'}";
    assert_int_equal(want(w, "subscription", LF_VERB_CREATE, more)->status, LF_END_RETRY);
    assert_note(w, "sqs.name_unsettled");
    set(w, "{'list_lag':0}");
    assert_int_equal(want(w, "subscription", LF_VERB_CREATE, more)->status, LF_END_EXISTS);
    assert_int_equal(subscriptions(w), 2);
    item.memo = bench_value(w->b, "{'adopt':true,'was':''}");
    assert_int_equal(run_item(w, "subscription", item)->status, LF_END_OK);
    assert_holds(w, "'RawMessageDelivery': 'true'");
}

static void test_what_cannot_be_subscribed_is_refused(void **state)
{
    struct world *w = *state;
    refuses(w, "subscription", "{'topic':'sold','queue':'" QUEUE("orders") "'}", "queue.bad_reference");
    refuses(w, "subscription", "{'topic':'" TOPIC("sold") "','queue':'orders'}", "queue.bad_reference");
    refuses(w, "subscription",
            "{'topic':'" TOPIC("sold") "','queue':'arn:aws:sqs:eu-west-1:999999999999:orders'}",
            "queue.bad_reference");
    refuses(w, "subscription", "{'topic':'" TOPIC("sold") "','queue':'" QUEUE("a.fifo") "'}",
            "queue.bad_reference");
    refuses(w, "subscription", "{" SUBSCRIPTION ",'filter':{'a':[]}}", "queue.bad_filter");
    refuses(w, "subscription", "{" SUBSCRIPTION ",'filter':{'a':1000000001}}", "queue.bad_filter");
    refuses(w, "subscription", "{" SUBSCRIPTION ",'filter':{'a':{'b':1}}}", "queue.bad_filter");
    refuses(w, "subscription", "{" SUBSCRIPTION ",'filter':{'a':1,'b':1,'c':1,'d':1,'e':1,'f':1}}",
            "queue.bad_filter");
    refuses(w, "subscription", "{" SUBSCRIPTION ",'options':{'raw':'yes'}}", "queue.bad_option");
    refuses(w, "topic", "{'name':'a b'}", "queue.bad_name");
    refuses(w, "topic", "{'name':'a','namespace':'eu'}", "queue.no_namespace");
    assert_int_equal(twin_count(w->twin, "log", "\"action\""), 0);
    (void)made(w, "queue", "{'name':'orders'}");
    assert_int_equal(want(w, "subscription", LF_VERB_CREATE, "{" SUBSCRIPTION "}")->status, LF_END_REFUSED);
    assert_note(w, "queue.no_topic");
    (void)made(w, "topic", "{'name':'sold'}");
    const char *no_queue = "{'topic':'" TOPIC("sold") "','queue':'" QUEUE("none") "'}";
    assert_int_equal(want(w, "subscription", LF_VERB_CREATE, no_queue)->status, LF_END_REFUSED);
    assert_note(w, "queue.no_queue");
    assert_int_equal(subscriptions(w), 0);
    assert_false(holds(w, "landfall-lf1"));
}

/* ---- messages ------------------------------------------------------------------------------------------ */

static void test_a_message_is_sent_as_it_is(void **state)
{
    struct world *w = *state;
    (void)made(w, "queue", "{'name':'orders'}");
    const struct op_result *r =
        send_token(w, "t",
                   "{'queue':'" QUEUE("orders") "','body':'caf\xc3\xa9 & <b>','delay_s':9,'attributes':"
                                                "{'app.name':'a=b&c','n':-5,'on':true}}");
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(value_get(r->reply, "ids")->count, 1);
    assert_holds(w, "'body': 'caf\\u00e9 & <b>', 'attributes': {'app.name': ['String', 'a=b&c'], 'n': "
                    "['Number', '-5'], 'on': ['String', 'true']}");
}

/* A standard queue knows no tokens; a FIFO queue does, and so does a FIFO topic. */
static void test_a_fifo_queue_drops_a_token_that_comes_again(void **state)
{
    struct world *w = *state;
    (void)made(w, "queue", "{'name':'a.fifo','options':{'fifo':true}}");
    (void)made(w, "topic", "{'name':'t.fifo','options':{'fifo':true}}");
    (void)made(w, "subscription", "{'topic':'" TOPIC("t.fifo") "','queue':'" QUEUE("a.fifo") "'}");
    fault(w, "SendMessage", "lost");
    const char *json = "{'queue':'" QUEUE("a.fifo") "','body':'x'}";
    assert_int_equal(send_token(w, "one", json)->status, LF_END_UNSURE);
    assert_int_equal(send_token(w, "one", json)->status, LF_END_OK);
    assert_int_equal(messages(w), 1);
    assert_int_equal(send_token(w, "two", json)->status, LF_END_OK);
    assert_int_equal(messages(w), 2);
    const char *topic = "{'topic':'" TOPIC("t.fifo") "','body':'x'}";
    assert_int_equal(send_token(w, "three", topic)->status, LF_END_OK);
    assert_int_equal(send_token(w, "three", topic)->status, LF_END_OK);
    assert_int_equal(messages(w), 3);
}

static void test_a_message_in_doubt_is_a_persons_question(void **state)
{
    struct world *w = *state;
    (void)made(w, "queue", "{'name':'orders'}");
    const char *json = "{'queue':'" QUEUE("orders") "','body':'x'}";
    fault(w, "SendMessage", "throttle");
    assert_int_equal(send_token(w, "t", json)->status, LF_END_RETRY);
    fault(w, "GetQueueUrl", "reset");
    assert_int_equal(send_token(w, "t", json)->status, LF_END_RETRY);
    assert_int_equal(messages(w), 0);
    fault(w, "SendMessage", "garbage");
    assert_int_equal(send_token(w, "t", json)->status, LF_END_UNSURE);
    struct op_item item = {.verb = LF_VERB_RECOVER, .token = "t", .args = bench_value(w->b, json)};
    bench_read_only(w->b, true);
    assert_int_equal(bench_call(w->b, "send", item)->status, LF_END_CANNOT_TELL);
    assert_note(w, "sqs.cannot_look");
    item.verb = LF_VERB_CALL;
    assert_int_equal(bench_call(w->b, "send", item)->status, LF_END_REFUSED);
    assert_note(w, "queue.only_reads");
    assert_int_equal(messages(w), 1);
}

static void cannot_send(struct world *w, const char *json, const char *code)
{
    if (send_token(w, "t", json)->status != LF_END_REFUSED)
        fail_msg("%s is sent", json);
    assert_note(w, code);
}

static void test_what_cannot_be_sent_is_refused(void **state)
{
    struct world *w = *state;
    cannot_send(w, "{'body':'x'}", "queue.where_to");
    cannot_send(w, "{'queue':'" QUEUE("a") "','topic':'" TOPIC("a") "','body':'x'}", "queue.where_to");
    cannot_send(w, "{'queue':'orders','body':'x'}", "queue.no_target");
    cannot_send(w, "{'queue':'" QUEUE("none") "','body':'x'}", "queue.no_target");
    cannot_send(w, "{'topic':'" TOPIC("none") "','body':'x'}", "queue.no_target");
    cannot_send(w, "{'queue':'" QUEUE("a") "','body':''}", "queue.bad_body");
    cannot_send(w, "{'queue':'" QUEUE("a") "','body':'\\u0001'}", "queue.bad_body");
    cannot_send(w, "{'queue':'" QUEUE("a") "','body':'x','attributes':{'a':''}}", "queue.bad_attribute");
    cannot_send(w, "{'queue':'" QUEUE("a") "','body':'x','attributes':{'AWS.a':'b'}}", "queue.bad_attribute");
    cannot_send(w, "{'queue':'" QUEUE("a") "','body':'x','attributes':{'a b':'b'}}", "queue.bad_attribute");
    cannot_send(w, "{'queue':'" QUEUE("a") "','body':'x','attributes':{'a':['b']}}", "queue.bad_attribute");
    cannot_send(w,
                "{'queue':'" QUEUE("a") "','body':'x','attributes':{'a':1,'b':1,'c':1,'d':1,'e':1,'f':1,"
                                        "'g':1,'h':1,'i':1,'j':1,'k':1}}",
                "queue.bad_attribute");
    cannot_send(w, "{'queue':'" QUEUE("a") "','body':'x','delay_s':901}", "queue.out_of_range");
    cannot_send(w, "{'queue':'" QUEUE("a.fifo") "','body':'x','delay_s':1}", "queue.no_delay");
    cannot_send(w, "{'topic':'" TOPIC("a") "','body':'x','delay_s':1}", "queue.no_delay");
    assert_int_equal(asked(w, "SendMessage"), 0);
}

static void test_a_body_may_be_as_large_as_the_contract_says(void **state)
{
    struct world *w = *state;
    char *json = malloc(300000);
    assert_non_null(json);
    (void)made(w, "queue", "{'name':'orders'}");
    for (int more = 0; more < 2; more++) {
        int at = snprintf(json, 300000, "{'queue':'" QUEUE("orders") "','body':'");
        memset(json + at, 'x', (size_t)(262144 + more));
        (void)snprintf(json + at + 262144 + more, 8, "'}");
        assert_int_equal(send_token(w, "t", json)->status, more ? LF_END_REFUSED : LF_END_OK);
    }
    assert_note(w, "queue.bad_body");
    assert_int_equal(messages(w), 1);
    free(json);
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
        TEST(a_topic_is_made_marked_changed_and_destroyed),
        TEST(a_topic_whose_reply_was_lost_is_found),
        TEST(a_foreign_topic_is_a_conflict),
        TEST(topics_are_listed_to_the_last_page),
        TEST(without_an_address_of_sns_there_are_no_topics),
        TEST(what_is_sent_to_a_topic_arrives_where_it_is_wanted),
        TEST(a_queues_policy_keeps_what_others_wrote),
        TEST(a_policy_without_our_statement_is_seen_and_healed),
        TEST(two_topics_share_a_queue),
        TEST(a_subscription_whose_reply_was_lost_is_one),
        TEST(a_foreign_subscription_is_a_conflict),
        TEST(what_cannot_be_subscribed_is_refused),
        TEST(a_message_is_sent_as_it_is),
        TEST(a_fifo_queue_drops_a_token_that_comes_again),
        TEST(a_message_in_doubt_is_a_persons_question),
        TEST(what_cannot_be_sent_is_refused),
        TEST(a_body_may_be_as_large_as_the_contract_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
