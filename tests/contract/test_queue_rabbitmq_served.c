#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "broker.h"
#include "model/value.h"
#include "server.h"

/* The objects of queue-rabbitmq on a real broker, judged by its API and by programs that use them. */

#define OTHER "lf1.other"

static struct broker broker;

static int enter(void **state)
{
    broker_open(&broker, "");
    *state = &broker;
    return 0;
}

static int leave(void **state)
{
    broker_close(*state);
    return 0;
}

static const char *text_of(const struct op_result *r, const char *path)
{
    return value_get_text(r->state, path, "(none)");
}

/* Everything but lists and maps of the state, in the order of their names. */
static void assert_state(struct broker *w, const struct op_result *r, const char *json)
{
    if (!value_equal(r->state, bench_value(w->b, json)))
        fail_msg("the state is not %s", json);
}

/* A plan from what is there to `json`. */
static const struct op_result *planned(struct broker *w, const char *type, const char *prior,
                                       const char *json)
{
    struct op_item item = {.verb = LF_VERB_PLAN, .id = prior ? "planned" : NULL};
    item.desired = bench_value(w->b, json);
    if (prior)
        item.prior = broker_do(w, LF_VERB_READ, type, prior)->state;
    const struct op_result *r = bench_run(w->b, type, item);
    assert_null(r->broke);
    return r;
}

/* ---- queue -------------------------------------------------------------------------------------------- */

#define QUEUE_FACTS                                                                                          \
    "[.name, .type, .durable, .auto_delete, .arguments.\"x-landfall-op\", "                                  \
    ".arguments.\"x-landfall-address\"]"

static void test_a_queue_is_made_with_its_mark_and_its_policy(void **state)
{
    struct broker *w = *state;
    const struct op_result *r =
        broker_made(w, "queue", "{'name':'orders','visibility_timeout_s':45,'retention_s':3600}");
    assert_string_equal(r->id, "orders");
    assert_string_equal(r->marker, BROKER_MARKER);
    const char *want =
        arena_print(bench_arena(w->b),
                    "{'name':'orders','visibility_timeout_s':45,'retention_s':3600,'place':'here',"
                    "'url':'amqp://127.0.0.1:5672/%s?queue=orders','host':'127.0.0.1'}",
                    w->vhost);
    assert_state(w, r, want);
    assert_state(w, broker_do(w, LF_VERB_READ, "queue", "{'name':'orders'}"), want);
    assert_string_equal(broker_ask(w, "/queues/*/orders", QUEUE_FACTS),
                        "[\"orders\",\"classic\",true,false,\"lf1.mine\",\"queue.step.one\"]");
    assert_string_equal(
        broker_ask(w, "/policies/*/landfall.orders", "[.pattern, .\"apply-to\", .priority, .definition]"),
        "[\"(?#lf1.mine address=queue.step.one visibility_timeout_s=45)^orders$\",\"queues\",0,"
        "{\"message-ttl\":3600000}]");
}

/* The policy is not only there: it is the one that holds.  RabbitMQ says so some seconds later. */
static void test_the_policy_of_a_queue_is_in_effect(void **state)
{
    struct broker *w = *state;
    broker_made(w, "queue", "{'name':'odd name.+(x)','retention_s':60}");
    broker_made(w, "queue", "{'name':'odd name.+(x)y','retention_s':61}");
    broker_await(w, "/queues/*", "sort_by(.name) | map(.effective_policy_definition.\"message-ttl\")",
                 "[60000,61000]");
}

static void test_a_queue_created_twice_is_one_queue_that_keeps_its_messages(void **state)
{
    struct broker *w = *state;
    broker_made(w, "queue", "{'name':'orders'}");
    assert_int_equal(broker_send(w, "POST", "/exchanges/*/amq.default/publish",
                                 "{\"properties\":{},\"routing_key\":\"orders\",\"payload\":\"one\","
                                 "\"payload_encoding\":\"string\"}"),
                     200);
    const struct op_result *r = broker_made(w, "queue", "{'name':'orders','retention_s':120}");
    assert_int_equal(value_get_int(r->state, "retention_s", 0), 120);
    assert_string_equal(broker_ask(w, "/queues/*", "length"), "1");
    assert_string_equal(broker_ask(w, "/policies/*", "length"), "1");
    assert_string_equal(broker_receive(w, "orders", "ack", 1, ".body"), "one");
}

static void test_a_queue_is_changed_in_place_and_keeps_its_messages(void **state)
{
    struct broker *w = *state;
    broker_made(w, "queue", "{'name':'dead','retention_s':1209600}");
    broker_made(w, "queue", "{'name':'orders','max_receives':3,'dead_letter':'dead'}");
    (void)broker_call(w, LF_VERB_CALL, "token", "{'queue':'orders','body':'one'}");
    const struct op_result *r = broker_do(
        w, LF_VERB_UPDATE, "queue",
        "{'name':'orders','max_receives':5,'dead_letter':'dead','retention_s':60,'visibility_timeout_s':9}");
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(value_get_int(r->state, "max_receives", 0), 5);
    assert_int_equal(value_get_int(r->state, "visibility_timeout_s", 0), 9);
    assert_string_equal(
        broker_ask(w, "/policies/*/landfall.orders", ".definition"),
        "{\"dead-letter-exchange\":\"\",\"dead-letter-routing-key\":\"dead\","
        "\"dead-letter-strategy\":\"at-least-once\",\"delivery-limit\":4,\"message-ttl\":60000,"
        "\"overflow\":\"reject-publish\"}");
    assert_string_equal(broker_receive(w, "orders", "ack", 1, ".body"), "one");
    assert_int_equal(broker_do(w, LF_VERB_UPDATE, "queue", "{'name':'nobody'}")->status, LF_END_GONE);
}

static void test_destroying_a_queue_takes_its_policy_along(void **state)
{
    struct broker *w = *state;
    broker_made(w, "queue", "{'name':'orders'}");
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "queue", "{'name':'orders'}")->status, LF_END_GONE);
    assert_string_equal(broker_ask(w, "/queues/*", "length"), "0");
    assert_string_equal(broker_ask(w, "/policies/*", "length"), "0");
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "queue", "{'name':'orders'}")->status, LF_END_GONE);
}

/* A destroy that was cut off between the two is not over: the policy's mark says whose it was. */
static void test_a_destroy_that_was_cut_off_is_found_and_finished(void **state)
{
    struct broker *w = *state;
    broker_made(w, "queue", "{'name':'orders'}");
    assert_int_equal(broker_send(w, "DELETE", "/queues/*/orders", NULL), 204);
    struct op_item item = {.verb = LF_VERB_RECOVER, .marker = BROKER_MARKER, .id = "orders"};
    item.prior = bench_value(w->b, "{'name':'orders'}");
    const struct op_result *r = bench_run(w->b, "queue", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, BROKER_MARKER);
    assert_int_equal(broker_do(w, LF_VERB_READ, "queue", "{'name':'orders'}")->status, LF_END_GONE);
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "queue", "{'name':'orders'}")->status, LF_END_GONE);
    assert_string_equal(broker_ask(w, "/policies/*", "length"), "0");
    assert_int_equal(bench_run(w->b, "queue", item)->status, LF_END_GONE);
}

/* A create that was cut off between the two is ours, and not yet as asked. */
static void test_a_half_made_queue_is_ours_and_is_finished(void **state)
{
    struct broker *w = *state;
    assert_int_equal(broker_send(w, "PUT", "/queues/*/orders",
                                 "{\"durable\":true,\"arguments\":{\"x-landfall-op\":\"lf1.mine\","
                                 "\"x-queue-type\":\"classic\"}}"),
                     201);
    const struct op_result *r = broker_do(w, LF_VERB_RECOVER, "queue", "{'name':'orders','retention_s':60}");
    assert_int_equal(r->status, LF_END_OK);
    assert_null(value_get(r->state, "retention_s"));
    r = broker_made(w, "queue", "{'name':'orders','retention_s':60}");
    assert_int_equal(value_get_int(r->state, "retention_s", 0), 60);
}

static void test_the_queues_of_others_are_left_alone(void **state)
{
    struct broker *w = *state;
    assert_int_equal(
        broker_send(w, "PUT", "/queues/*/theirs", "{\"arguments\":{\"x-landfall-op\":\"lf1.other\"}}"), 201);
    assert_int_equal(broker_send(w, "PUT", "/queues/*/nobodys", "{}"), 201);
    const uint32_t verbs[] = {LF_VERB_CREATE, LF_VERB_UPDATE, LF_VERB_DESTROY, LF_VERB_RECOVER};
    for (size_t i = 0; i < 4; i++) {
        const struct op_result *r = broker_do(w, verbs[i], "queue", "{'name':'theirs'}");
        assert_int_equal(r->status, LF_END_EXISTS);
        assert_string_equal(r->marker, OTHER);
        r = broker_do(w, verbs[i], "queue", "{'name':'nobodys'}");
        assert_int_equal(r->status, LF_END_EXISTS);
        assert_null(r->marker);
    }
    assert_string_equal(broker_ask(w, "/queues/*", "map(.arguments) | sort"),
                        "[{},{\"x-landfall-op\":\"lf1.other\"}]");
    assert_string_equal(broker_ask(w, "/policies/*", "length"), "0");
}

/* Arguments never change, so the policy says whose the queue is now, and which mark it took the place of. */
static void test_a_queue_is_adopted_by_comparing_its_mark(void **state)
{
    struct broker *w = *state;
    assert_int_equal(broker_send(w, "PUT", "/queues/*/old",
                                 "{\"durable\":true,\"arguments\":{\"x-landfall-op\":\"lf1.before\"}}"),
                     201);
    struct op_item item = {.verb = LF_VERB_FIND, .marker = BROKER_MARKER, .address = "queue.step.one"};
    item.desired = bench_value(w->b, "{'name':'old','retention_s':60}");
    assert_string_equal(bench_run(w->b, "queue", item)->marker, "lf1.before");
    item.verb = LF_VERB_UPDATE;
    item.memo = bench_value(w->b, "{'adopt':true,'was':''}");
    assert_int_equal(bench_run(w->b, "queue", item)->status, LF_END_EXISTS);
    item.memo = bench_value(w->b, "{'adopt':true,'was':'lf1.before'}");
    const struct op_result *r = bench_run(w->b, "queue", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, BROKER_MARKER);
    assert_string_equal(broker_do(w, LF_VERB_READ, "queue", "{'name':'old'}")->marker, BROKER_MARKER);
    /* Changing it once more keeps it ours; another queue of that name is not. */
    assert_int_equal(broker_do(w, LF_VERB_UPDATE, "queue", "{'name':'old','retention_s':61}")->status,
                     LF_END_OK);
    assert_string_equal(broker_do(w, LF_VERB_READ, "queue", "{'name':'old'}")->marker, BROKER_MARKER);
    assert_int_equal(broker_send(w, "DELETE", "/queues/*/old", NULL), 204);
    assert_int_equal(broker_send(w, "PUT", "/queues/*/old", "{}"), 201);
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "queue", "{'name':'old'}")->status, LF_END_EXISTS);
}

static void test_what_an_argument_fixed_is_not_changed(void **state)
{
    struct broker *w = *state;
    assert_int_equal(
        broker_send(
            w, "PUT", "/queues/*/q",
            "{\"durable\":true,\"arguments\":{\"x-landfall-op\":\"lf1.mine\",\"x-message-ttl\":60000}}"),
        201);
    assert_int_equal(broker_send(w, "PUT", "/queues/*/short",
                                 "{\"durable\":false,\"arguments\":"
                                 "{\"x-landfall-op\":\"lf1.mine\"}}"),
                     201);
    assert_int_equal(
        value_get_int(broker_do(w, LF_VERB_READ, "queue", "{'name':'q'}")->state, "retention_s", 0), 60);
    broker_refused(w, LF_VERB_UPDATE, "queue", "{'name':'q','retention_s':61}", "queue.fixed");
    broker_refused(w, LF_VERB_UPDATE, "queue", "{'name':'q','options':{'type':'quorum'}}", "queue.fixed");
    broker_refused(w, LF_VERB_UPDATE, "queue", "{'name':'short','retention_s':61}", "queue.fixed");
    assert_string_equal(broker_ask(w, "/policies/*", "length"), "0");
}

/* RabbitMQ keeps what it was told first, and says neither yes nor no. */
static void test_an_unknown_argument_is_ignored_by_rabbitmq_and_not_by_us(void **state)
{
    struct broker *w = *state;
    broker_made(w, "queue", "{'name':'orders'}");
    assert_int_equal(broker_send(w, "PUT", "/queues/*/orders",
                                 "{\"durable\":true,\"arguments\":{\"x-landfall-op\":\"lf1.other\","
                                 "\"x-queue-type\":\"classic\"}}"),
                     204);
    assert_int_equal(broker_send(w, "PUT", "/queues/*/orders", "{\"durable\":false}"), 400);
    assert_string_equal(broker_do(w, LF_VERB_READ, "queue", "{'name':'orders'}")->marker, BROKER_MARKER);
    assert_int_equal(broker_do_as(w, OTHER, LF_VERB_CREATE, "queue", "{'name':'orders'}")->status,
                     LF_END_EXISTS);
}

static void test_what_another_tool_changed_is_drift(void **state)
{
    struct broker *w = *state;
    broker_made(w, "queue", "{'name':'orders','retention_s':60}");
    assert_int_equal(planned(w, "queue", "{'name':'orders'}", "{'name':'orders','retention_s':60}")->action,
                     LF_DO_KEEP);
    assert_int_equal(broker_send(w, "DELETE", "/policies/*/landfall.orders", NULL), 204);
    const struct op_result *r =
        planned(w, "queue", "{'name':'orders'}", "{'name':'orders','retention_s':60}");
    assert_int_equal(r->action, LF_DO_UPDATE);
    assert_int_equal(broker_do(w, LF_VERB_UPDATE, "queue", "{'name':'orders','retention_s':60}")->status,
                     LF_END_OK);
    assert_int_equal(planned(w, "queue", "{'name':'orders'}", "{'name':'orders','retention_s':60}")->action,
                     LF_DO_KEEP);
}

static void test_a_plan_replaces_only_for_what_can_never_change(void **state)
{
    struct broker *w = *state;
    assert_int_equal(planned(w, "queue", NULL, "{'name':'a'}")->action, LF_DO_CREATE);
    broker_made(w, "queue", "{'name':'dead'}");
    broker_made(w, "queue", "{'name':'a'}");
    const struct op_result *r = planned(w, "queue", "{'name':'a'}", "{'name':'a','retention_s':99}");
    assert_int_equal(r->action, LF_DO_UPDATE);
    assert_string_equal(r->because[0], "retention_s");
    r = planned(w, "queue", "{'name':'a'}", "{'name':'a','max_receives':2,'dead_letter':'dead'}");
    assert_int_equal(r->action, LF_DO_REPLACE);
    r = planned(w, "queue", "{'name':'a'}", "{'name':'a','options':{'type':'quorum'}}");
    assert_int_equal(r->action, LF_DO_REPLACE);
    r = planned(w, "queue", "{'name':'a'}", "{'name':'a','options':{'max_length':7}}");
    assert_int_equal(r->action, LF_DO_UPDATE);
    broker_made(w, "queue", "{'name':'b','options':{'type':'quorum'}}");
    r = planned(w, "queue", "{'name':'b','options':{'type':'quorum'}}",
                "{'name':'b','options':{'type':'quorum'},'max_receives':2,'dead_letter':'dead'}");
    assert_int_equal(r->action, LF_DO_UPDATE);
}

static void test_options_are_read_back(void **state)
{
    struct broker *w = *state;
    const char *json = "{'name':'q','options':{'type':'quorum','max_length':7,'policy_priority':3}}";
    const struct op_result *r = broker_made(w, "queue", json);
    assert_true(value_equal(value_get(r->state, "options"),
                            bench_value(w->b, "{'type':'quorum','max_length':7,'policy_priority':3}")));
    assert_int_equal(planned(w, "queue", json, json)->action, LF_DO_KEEP);
    assert_string_equal(broker_ask(w, "/policies/*/landfall.q", "[.priority, .definition.\"max-length\"]"),
                        "[3,7]");
}

static void test_a_queue_that_is_used_is_not_destroyed(void **state)
{
    struct broker *w = *state;
    broker_made(w, "queue", "{'name':'dead'}");
    broker_made(w, "queue", "{'name':'a','max_receives':2,'dead_letter':'dead'}");
    broker_made(w, "topic", "{'name':'t'}");
    broker_made(w, "subscription", "{'topic':'t','queue':'a'}");
    broker_refused(w, LF_VERB_DESTROY, "queue", "{'name':'dead'}", "queue.in_use");
    broker_refused(w, LF_VERB_DESTROY, "queue", "{'name':'a'}", "queue.in_use");
    broker_refused(w, LF_VERB_DESTROY, "topic", "{'name':'t'}", "queue.in_use");
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "subscription", "{'topic':'t','queue':'a'}")->status,
                     LF_END_GONE);
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "topic", "{'name':'t'}")->status, LF_END_GONE);
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "queue", "{'name':'a'}")->status, LF_END_GONE);
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "queue", "{'name':'dead'}")->status, LF_END_GONE);
}

static void test_names_that_need_care_are_one_object_each(void **state)
{
    struct broker *w = *state;
    static const char *const names[][2] = {
        {"a/b", "a%2Fb"},
        {"per%cent", "per%25cent"},
        {"sp ace", "sp%20ace"},
        {"\\u00e4\\u4e2d", "%C3%A4%E4%B8%AD"},
        {"it is \\u0022quoted\\u0022", "it%20is%20%22quoted%22"},
        {"a?b&c=d#e", "a%3Fb%26c%3Dd%23e"},
    };
    broker_made(w, "topic", "{'name':'to/pic %'}");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *json = arena_print(bench_arena(w->b), "{'name':'%s'}", names[i][0]);
        const struct op_result *r = broker_made(w, "queue", json);
        assert_string_equal(r->id, names[i][1]);
        struct op_item item = {.verb = LF_VERB_READ, .id = names[i][1]};
        assert_true(value_equal(bench_run(w->b, "queue", item)->state, r->state));
        broker_made(w, "subscription",
                    arena_print(bench_arena(w->b),
                                "{'topic':'to%%2Fpic%%20%%25','queue':'%s','filter':{'k':'/ %%'}}",
                                names[i][1]));
    }
    assert_string_equal(broker_ask(w, "/queues/*", "length"), "6");
    assert_string_equal(broker_ask(w, "/bindings/*", "map(select(.source != \"\")) | length"), "6");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct op_item item = {.verb = LF_VERB_DESTROY, .marker = BROKER_MARKER};
        item.id = arena_print(bench_arena(w->b), "to%%2Fpic%%20%%25/%s", names[i][1]);
        assert_int_equal(bench_run(w->b, "subscription", item)->status, LF_END_GONE);
        item.id = names[i][1];
        assert_int_equal(bench_run(w->b, "queue", item)->status, LF_END_GONE);
    }
    assert_string_equal(broker_ask(w, "/queues/*", "length"), "0");
}

/* ---- namespace ---------------------------------------------------------------------------------------- */

static void test_a_namespace_is_a_vhost_with_its_mark(void **state)
{
    struct broker *w = *state;
    const struct op_result *r =
        broker_made(w, "namespace", "{'name':'eu west/1','options':{'description':'ours'}}");
    assert_string_equal(r->id, "eu%20west%2F1");
    assert_string_equal(broker_ask(w, "/vhosts/eu%20west%2F1", "[.description, .tags]"),
                        "[\"ours\",[\"lf1.mine\",\"landfall:queue.step.one\"]]");
    broker_made(w, "namespace", "{'name':'eu west/1'}");
    assert_string_equal(broker_ask(w, "/vhosts/eu%20west%2F1", ".description"), "");
    assert_int_equal(broker_do_as(w, OTHER, LF_VERB_CREATE, "namespace", "{'name':'eu west/1'}")->status,
                     LF_END_EXISTS);
    assert_int_equal(broker_do_as(w, OTHER, LF_VERB_DESTROY, "namespace", "{'name':'eu west/1'}")->status,
                     LF_END_EXISTS);
    r = broker_made(w, "queue", "{'name':'q','namespace':'eu%20west%2F1'}");
    assert_string_equal(r->id, "eu%20west%2F1/q");
    assert_string_equal(text_of(r, "namespace"), "eu%20west%2F1");
    broker_refused(w, LF_VERB_DESTROY, "namespace", "{'name':'eu west/1'}", "queue.in_use");
    struct op_item item = {.verb = LF_VERB_DESTROY, .marker = BROKER_MARKER, .id = "eu%20west%2F1/q"};
    assert_int_equal(bench_run(w->b, "queue", item)->status, LF_END_GONE);
    broker_made(w, "topic", "{'name':'t','namespace':'eu%20west%2F1'}");
    broker_refused(w, LF_VERB_DESTROY, "namespace", "{'name':'eu west/1'}", "queue.in_use");
    item.id = "eu%20west%2F1/t";
    assert_int_equal(bench_run(w->b, "topic", item)->status, LF_END_GONE);
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "namespace", "{'name':'eu west/1'}")->status, LF_END_GONE);
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "namespace", "{'name':'eu west/1'}")->status, LF_END_GONE);
    assert_string_equal(broker_ask(w, "/vhosts/eu%20west%2F1", ".error"), "Object Not Found");
}

static void test_the_vhost_of_people_is_theirs_until_it_is_adopted(void **state)
{
    struct broker *w = *state;
    const char *json = arena_print(bench_arena(w->b), "{'name':'%s'}", w->vhost);
    assert_int_equal(broker_send(w, "PUT", "/vhosts/*", "{\"tags\":\"theirs\"}"), 204);
    assert_int_equal(broker_do(w, LF_VERB_CREATE, "namespace", json)->status, LF_END_EXISTS);
    struct op_item item = {.verb = LF_VERB_UPDATE, .marker = BROKER_MARKER, .address = "queue.step.one"};
    item.desired = bench_value(w->b, json);
    item.memo = bench_value(w->b, "{'adopt':true,'was':''}");
    assert_int_equal(bench_run(w->b, "namespace", item)->status, LF_END_OK);
    assert_string_equal(broker_ask(w, "/vhosts/*", ".tags"),
                        "[\"theirs\",\"lf1.mine\",\"landfall:queue.step.one\"]");
}

/* ---- topic -------------------------------------------------------------------------------------------- */

static void test_a_topic_is_an_exchange_with_its_mark(void **state)
{
    struct broker *w = *state;
    const struct op_result *r = broker_made(w, "topic", "{'name':'events'}");
    assert_string_equal(r->id, "events");
    broker_made(w, "topic", "{'name':'events'}");
    assert_string_equal(broker_ask(w, "/exchanges/*/events", "[.type, .durable, .auto_delete, .arguments]"),
                        "[\"headers\",true,false,{\"x-landfall-address\":\"queue.step.one\",\"x-landfall-"
                        "op\":\"lf1.mine\"}]");
    assert_int_equal(broker_do_as(w, OTHER, LF_VERB_CREATE, "topic", "{'name':'events'}")->status,
                     LF_END_EXISTS);
    assert_int_equal(broker_do_as(w, OTHER, LF_VERB_DESTROY, "topic", "{'name':'events'}")->status,
                     LF_END_EXISTS);
    r = planned(w, "topic", "{'name':'events'}", "{'name':'events','options':{'type':'fanout'}}");
    assert_int_equal(r->action, LF_DO_REPLACE);
    assert_int_equal(planned(w, "topic", "{'name':'events'}", "{'name':'events'}")->action, LF_DO_KEEP);
    struct op_item item = {.verb = LF_VERB_UPDATE, .marker = OTHER, .address = "queue.step.one"};
    item.desired = bench_value(w->b, "{'name':'events'}");
    item.memo = bench_value(w->b, "{'adopt':true,'was':'lf1.mine'}");
    assert_int_equal(bench_run(w->b, "topic", item)->status, LF_END_REFUSED);
    assert_true(bench_has_note(w->b, "queue.cannot_adopt"));
}

/* ---- subscription ------------------------------------------------------------------------------------- */

#define BINDINGS "map(.arguments | with_entries(select(.key | startswith(\"x-\") | not))) | sort"

static void test_a_filter_with_lists_is_a_binding_for_each_combination(void **state)
{
    struct broker *w = *state;
    const char *json =
        "{'topic':'t','queue':'q','filter':{'kind':['order','refund'],'test':false,'n':[1,2]}}";
    broker_made(w, "topic", "{'name':'t'}");
    broker_made(w, "queue", "{'name':'q'}");
    const struct op_result *r = broker_made(w, "subscription", json);
    assert_string_equal(r->id, "t/q");
    assert_string_equal(r->marker, BROKER_MARKER);
    assert_true(value_equal(value_get(r->state, "filter"),
                            bench_value(w->b, "{'kind':['order','refund'],'test':false,'n':[1,2]}")));
    broker_made(w, "subscription", json);
    assert_string_equal(
        broker_ask(w, "/bindings/*/e/t/q/q", BINDINGS),
        "[{\"kind\":\"order\",\"n\":1,\"test\":false},{\"kind\":\"order\",\"n\":2,\"test\":false},"
        "{\"kind\":\"refund\",\"n\":1,\"test\":false},{\"kind\":\"refund\",\"n\":2,\"test\":false}]");
    assert_int_equal(planned(w, "subscription", json, json)->action, LF_DO_KEEP);
}

static void test_a_changed_filter_leaves_no_binding_behind(void **state)
{
    struct broker *w = *state;
    broker_made(w, "topic", "{'name':'t'}");
    broker_made(w, "queue", "{'name':'q'}");
    broker_made(w, "subscription", "{'topic':'t','queue':'q','filter':{'kind':['a','b','c']}}");
    const struct op_result *r =
        broker_do(w, LF_VERB_UPDATE, "subscription", "{'topic':'t','queue':'q','filter':{'kind':['c','d']}}");
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(broker_ask(w, "/bindings/*/e/t/q/q", BINDINGS),
                        "[{\"kind\":\"c\"},{\"kind\":\"d\"}]");
    r = broker_do(w, LF_VERB_UPDATE, "subscription", "{'topic':'t','queue':'q'}");
    assert_int_equal(r->status, LF_END_OK);
    assert_null(value_get(r->state, "filter"));
    assert_string_equal(broker_ask(w, "/bindings/*/e/t/q/q", BINDINGS), "[{}]");
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "subscription", "{'topic':'t','queue':'q'}")->status,
                     LF_END_GONE);
    assert_string_equal(broker_ask(w, "/bindings/*/e/t/q/q", "length"), "0");
}

static void test_a_binding_that_is_missing_is_drift(void **state)
{
    struct broker *w = *state;
    const char *json = "{'topic':'t','queue':'q','filter':{'kind':['a','b']}}";
    broker_made(w, "topic", "{'name':'t'}");
    broker_made(w, "queue", "{'name':'q'}");
    broker_made(w, "subscription", json);
    const char *key =
        broker_ask(w, "/bindings/*/e/t/q/q", "map(select(.arguments.kind == \"a\"))[0].properties_key");
    assert_int_equal(
        broker_send(w, "DELETE", arena_print(bench_arena(w->b), "/bindings/*/e/t/q/q/%s", key), NULL), 204);
    assert_int_equal(planned(w, "subscription", json, json)->action, LF_DO_UPDATE);
    assert_int_equal(broker_do(w, LF_VERB_UPDATE, "subscription", json)->status, LF_END_OK);
    assert_int_equal(planned(w, "subscription", json, json)->action, LF_DO_KEEP);
}

static void test_the_bindings_of_others_are_left_alone_until_they_are_adopted(void **state)
{
    struct broker *w = *state;
    broker_made(w, "topic", "{'name':'t'}");
    broker_made(w, "queue", "{'name':'q'}");
    assert_int_equal(broker_send(w, "POST", "/bindings/*/e/t/q/q",
                                 "{\"routing_key\":\"\",\"arguments\":{\"x-match\":\"all\",\"kind\":\"a\"}}"),
                     201);
    const uint32_t verbs[] = {LF_VERB_CREATE, LF_VERB_UPDATE, LF_VERB_DESTROY, LF_VERB_RECOVER};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(broker_do(w, verbs[i], "subscription", "{'topic':'t','queue':'q'}")->status,
                         LF_END_EXISTS);
    assert_string_equal(broker_ask(w, "/bindings/*/e/t/q/q", BINDINGS), "[{\"kind\":\"a\"}]");
    struct op_item item = {.verb = LF_VERB_UPDATE, .marker = BROKER_MARKER, .address = "queue.step.one"};
    item.desired = bench_value(w->b, "{'topic':'t','queue':'q','filter':{'kind':'a'}}");
    item.memo = bench_value(w->b, "{'adopt':true,'was':''}");
    assert_int_equal(bench_run(w->b, "subscription", item)->status, LF_END_OK);
    assert_string_equal(broker_ask(w, "/bindings/*/e/t/q/q", "map(.arguments.\"x-landfall-op\")"),
                        "[\"lf1.mine\"]");
    /* What a program binds beside ours is its own. */
    assert_int_equal(broker_send(w, "POST", "/bindings/*/e/t/q/q",
                                 "{\"routing_key\":\"\",\"arguments\":{\"x-match\":\"all\",\"kind\":\"z\"}}"),
                     201);
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "subscription", "{'topic':'t','queue':'q'}")->status,
                     LF_END_GONE);
    assert_string_equal(broker_ask(w, "/bindings/*/e/t/q/q", BINDINGS), "[{\"kind\":\"z\"}]");
}

static void test_topics_of_other_kinds_are_subscribed_by_key(void **state)
{
    struct broker *w = *state;
    broker_made(w, "queue", "{'name':'q'}");
    broker_made(w, "topic", "{'name':'routes','options':{'type':'topic'}}");
    broker_made(w, "topic", "{'name':'all','options':{'type':'fanout'}}");
    const struct op_result *r = broker_made(
        w, "subscription", "{'topic':'routes','queue':'q','options':{'routing_key':'orders.#./ x %'}}");
    assert_string_equal(value_get_text(value_get(r->state, "options"), "routing_key", ""), "orders.#./ x %");
    assert_string_equal(broker_ask(w, "/bindings/*/e/routes/q/q", "map(.routing_key)"),
                        "[\"orders.#./ x %\"]");
    assert_int_equal(broker_do(w, LF_VERB_UPDATE, "subscription",
                               "{'topic':'routes','queue':'q','options':{'routing_key':'refunds.*'}}")
                         ->status,
                     LF_END_OK);
    assert_string_equal(broker_ask(w, "/bindings/*/e/routes/q/q", "map(.routing_key)"), "[\"refunds.*\"]");
    broker_made(w, "subscription", "{'topic':'all','queue':'q'}");
    const char *no = "{'topic':'routes','queue':'q','options':{'routing_key':'a~b'}}";
    broker_refused(w, LF_VERB_PLAN, "subscription", no, "queue.bad_option");
    no = "{'topic':'routes','queue':'q'}";
    broker_refused(w, LF_VERB_UPDATE, "subscription", no, "queue.no_routing_key");
    no = "{'topic':'all','queue':'q','options':{'routing_key':'x'}}";
    broker_refused(w, LF_VERB_UPDATE, "subscription", no, "queue.useless_routing_key");
    no = "{'topic':'all','queue':'q','filter':{'kind':'a'}}";
    broker_refused(w, LF_VERB_UPDATE, "subscription", no, "queue.filter_needs_headers");
}

/* ---- user, permission, policy ------------------------------------------------------------------------- */

#define SECRET(bytes) "'password':{'$secret':{'source':'test:" bytes "'}}"

/* Whether a user gets in with that password. */
static int signs_in(struct broker *w, const char *user, const char *password)
{
    char out[64];
    server_run(out, sizeof(out),
               "curl -s -o /dev/null -w '%%{http_code}' -u %s:%s http://127.0.0.1:%d/api/whoami", user,
               password, w->api_port);
    return (int)strtol(out, NULL, 10);
}

static void test_a_user_signs_in_with_the_password_that_was_given(void **state)
{
    struct broker *w = *state;
    broker_made(w, "user", "{'name':'shop'," SECRET("first-password") ",'tags':['management']}");
    assert_string_equal(broker_ask(w, "/users/shop", ".tags"),
                        "[\"management\",\"lf1.mine\",\"landfall:queue.step.one\"]");
    assert_int_equal(signs_in(w, "shop", "first-password"), 200);
    assert_int_equal(signs_in(w, "shop", "other-password"), 401);
    const struct op_result *r = broker_do(
        w, LF_VERB_UPDATE, "user", "{'name':'shop'," SECRET("other-password") ",'tags':['management']}");
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(signs_in(w, "shop", "other-password"), 200);
    assert_int_equal(broker_do_as(w, OTHER, LF_VERB_CREATE, "user", "{'name':'shop'}")->status,
                     LF_END_EXISTS);
    assert_int_equal(signs_in(w, "shop", "other-password"), 200);
    assert_int_equal(broker_do(w, LF_VERB_UPDATE, "user", "{'name':'shop','tags':['management']}")->status,
                     LF_END_OK);
    assert_int_equal(signs_in(w, "shop", "other-password"), 401);
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "user", "{'name':'shop'}")->status, LF_END_GONE);
    assert_int_equal(broker_do(w, LF_VERB_CREATE, "user", "{'name':'landfall'}")->status, LF_END_EXISTS);
    broker_refused(w, LF_VERB_CREATE, "user", "{'name':'x','tags':['lf1.stolen']}", "queue.bad_tag");
}

static void test_a_permission_is_ours_while_it_is_as_we_left_it(void **state)
{
    struct broker *w = *state;
    const char *json = "{'user':'reader','configure':'','write':'','read':'^orders$'}";
    broker_refused(w, LF_VERB_CREATE, "permission", json, "queue.no_user");
    broker_made(w, "user", "{'name':'reader'}");
    const struct op_result *r = broker_made(w, "permission", json);
    assert_string_equal(r->id, arena_print(bench_arena(w->b), "%s/reader", w->vhost));
    broker_made(w, "permission", json);
    assert_string_equal(broker_ask(w, "/permissions/*/reader", "[.configure, .write, .read]"),
                        "[\"\",\"\",\"^orders$\"]");
    struct op_item item = {.verb = LF_VERB_UPDATE, .id = r->id, .prior = bench_value(w->b, json)};
    item.desired = bench_value(w->b, "{'user':'reader','configure':'','write':'^x','read':'^orders$'}");
    assert_int_equal(bench_run(w->b, "permission", item)->status, LF_END_OK);
    assert_int_equal(broker_send(w, "PUT", "/permissions/*/reader",
                                 "{\"configure\":\".*\",\"write\":\".*\",\"read\":\".*\"}"),
                     204);
    assert_int_equal(broker_do(w, LF_VERB_CREATE, "permission", json)->status, LF_END_EXISTS);
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "permission", json)->status, LF_END_EXISTS);
    assert_int_equal(bench_run(w->b, "permission", item)->status, LF_END_EXISTS);
    assert_string_equal(broker_ask(w, "/permissions/*/reader", ".write"), ".*");
    json = "{'user':'reader','configure':'.*','write':'.*','read':'.*'}";
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "permission", json)->status, LF_END_GONE);
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "user", "{'name':'reader'}")->status, LF_END_GONE);
}

static void test_a_policy_carries_its_mark_in_a_comment_and_holds(void **state)
{
    struct broker *w = *state;
    const struct op_result *r = broker_made(
        w, "policy",
        "{'name':'limits','pattern':'^big','apply_to':'queues','priority':5,'definition':{'max-length':3}}");
    assert_string_equal(text_of(r, "pattern"), "^big");
    assert_string_equal(r->marker, BROKER_MARKER);
    assert_string_equal(broker_ask(w, "/policies/*/limits", ".pattern"),
                        "(?#lf1.mine address=queue.step.one)^big");
    assert_int_equal(broker_send(w, "PUT", "/queues/*/bigger", "{}"), 201);
    broker_await(w, "/queues/*/bigger", ".policy", "limits");
    assert_int_equal(broker_do_as(w, OTHER, LF_VERB_UPDATE, "policy",
                                  "{'name':'limits','pattern':'x','definition':{'max-length':4}}")
                         ->status,
                     LF_END_EXISTS);
    assert_int_equal(
        broker_send(w, "PUT", "/policies/*/theirs", "{\"pattern\":\"x\",\"definition\":{\"max-length\":1}}"),
        201);
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "policy", "{'name':'theirs'}")->status, LF_END_EXISTS);
    broker_refused(w, LF_VERB_CREATE, "policy", "{'name':'bad','pattern':'x','definition':{'nonsense':1}}",
                   "queue.bad_policy");
    broker_refused(w, LF_VERB_PLAN, "policy", "{'name':'bad','pattern':'x','definition':{}}",
                   "queue.bad_policy");
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "policy", "{'name':'limits'}")->status, LF_END_GONE);
}

/* ---- many at once ------------------------------------------------------------------------------------- */

static void test_owned_finds_everything_that_carries_a_mark_once(void **state)
{
    struct broker *w = *state;
    size_t count = 0;
    broker_made(w, "queue", "{'name':'a'}");
    broker_made(w, "topic", "{'name':'t'}");
    broker_made(w, "subscription", "{'topic':'t','queue':'a','filter':{'k':[1,2,3]}}");
    assert_int_equal(
        broker_send(w, "PUT", "/queues/*/theirs", "{\"arguments\":{\"x-landfall-op\":\"lf1.other\"}}"), 201);
    assert_int_equal(broker_send(w, "PUT", "/queues/*/nobodys", "{}"), 201);
    static const char *const types[][2] = {{"queue", "a"}, {"topic", "t"}, {"subscription", "t/a"}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bench_run(w->b, types[i][0], (struct op_item){.verb = LF_VERB_OWNED})->status,
                         LF_END_OK);
        const struct op_result *found = bench_found(w->b, &count);
        assert_int_equal(count, i == 0 ? 2 : 1);
        assert_string_equal(found[0].id, types[i][1]);
        assert_string_equal(found[0].marker, BROKER_MARKER);
        assert_string_equal(value_get_text(found[0].memo, "address", ""), "queue.step.one");
    }
}

static void test_many_are_read_from_one_listing(void **state)
{
    struct broker *w = *state;
    struct op_item items[60];
    for (int i = 0; i < 30; i++) {
        char json[64];
        (void)snprintf(json, sizeof(json), "{'name':'q%d','retention_s':%d}", i, 60 + i);
        broker_made(w, "queue", json);
    }
    for (int i = 0; i < 60; i++) {
        items[i] = (struct op_item){.verb = i % 2 ? LF_VERB_READ : LF_VERB_RECOVER, .marker = BROKER_MARKER};
        items[i].id = arena_print(bench_arena(w->b), i == 59 ? "elsewhere/q%d" : "q%d", i);
        items[i].desired = bench_value(w->b, arena_print(bench_arena(w->b), "{'name':'q%d'}", i));
    }
    mishap_forget(w->m);
    const struct op_result *r = bench_run_many(w->b, "queue", items, 60);
    for (int i = 0; i < 60; i++) {
        assert_int_equal(r[i].status, i < 30 ? LF_END_OK : LF_END_GONE);
        if (i < 30)
            assert_int_equal(value_get_int(r[i].state, "retention_s", 0), 60 + i);
    }
    assert_int_equal(mishap_count(w->m, "GET"), 4); /* queues and policies of two vhosts */
    assert_int_equal(mishap_count(w->m, ""), 4);
}

/* ---- reading changes nothing -------------------------------------------------------------------------- */

static void test_verbs_that_only_look_send_only_questions(void **state)
{
    struct broker *w = *state;
    static const char *const types[][2] = {
        {"namespace", "{'name':'n'}"},
        {"queue", "{'name':'a'}"},
        {"topic", "{'name':'t'}"},
        {"subscription", "{'topic':'t','queue':'a'}"},
        {"user", "{'name':'u'}"},
        {"permission", "{'user':'u'}"},
        {"policy", "{'name':'p','pattern':'x','definition':{'max-length':1}}"},
    };
    const uint32_t verbs[] = {LF_VERB_READ, LF_VERB_PLAN,  LF_VERB_RECOVER,
                              LF_VERB_FIND, LF_VERB_OWNED, LF_VERB_ESTIMATE};
    for (int there = 0; there < 2; there++) {
        bench_read_only(w->b, true);
        mishap_forget(w->m);
        for (size_t t = 0; t < 7; t++)
            for (size_t v = 0; v < 6; v++) {
                if (verbs[v] == LF_VERB_OWNED && strcmp(types[t][0], "permission") == 0)
                    continue;
                const struct op_result *r = broker_do(w, verbs[v], types[t][0], types[t][1]);
                assert_true(r->status == LF_END_OK || r->status == LF_END_GONE);
            }
        assert_int_equal(bench_run(w->b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT})->status,
                         LF_END_OK);
        (void)broker_call(w, LF_VERB_RECOVER, "t", "{'queue':'a','body':'x'}");
        assert_int_equal(mishap_count(w->m, "PUT") + mishap_count(w->m, "DELETE"), 0);
        assert_int_equal(mishap_count(w->m, "POST"), mishap_count(w->m, "POST /api/queues/"));
        bench_read_only(w->b, false);
        for (size_t t = 0; t < 7 && !there; t++)
            broker_made(w, types[t][0], types[t][1]);
    }
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "user", "{'name':'u'}")->status, LF_END_GONE);
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "namespace", "{'name':'n'}")->status, LF_END_GONE);
}

static void test_requests_are_counted_when_somebody_counted_them(void **state)
{
    struct broker *w = *state;
    const struct op_result *r =
        broker_do(w, LF_VERB_ESTIMATE, "queue", "{'name':'a','monthly_requests':2500001}");
    assert_int_equal(r->cost_count, 1);
    assert_string_equal(r->costs[0].sku, "queue.requests");
    assert_int_equal(r->costs[0].expected_milli, 2501);
    assert_int_equal(broker_do(w, LF_VERB_ESTIMATE, "queue", "{'name':'a'}")->costs[0].flags,
                     LF_COST_UNBOUNDED);
    assert_int_equal(broker_do(w, LF_VERB_ESTIMATE, "topic", "{'name':'t'}")->cost_count, 0);
    r = broker_made(w, "queue", "{'name':'a','monthly_requests':2500001,'place':'eu-west-1'}");
    assert_int_equal(value_get_int(r->state, "monthly_requests", 0), 2500001);
    assert_string_equal(text_of(r, "place"), "eu-west-1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

static const struct CMUnitTest tests[] = {
    TEST(test_a_queue_is_made_with_its_mark_and_its_policy),
    TEST(test_the_policy_of_a_queue_is_in_effect),
    TEST(test_a_queue_created_twice_is_one_queue_that_keeps_its_messages),
    TEST(test_a_queue_is_changed_in_place_and_keeps_its_messages),
    TEST(test_destroying_a_queue_takes_its_policy_along),
    TEST(test_a_destroy_that_was_cut_off_is_found_and_finished),
    TEST(test_a_half_made_queue_is_ours_and_is_finished),
    TEST(test_the_queues_of_others_are_left_alone),
    TEST(test_a_queue_is_adopted_by_comparing_its_mark),
    TEST(test_what_an_argument_fixed_is_not_changed),
    TEST(test_an_unknown_argument_is_ignored_by_rabbitmq_and_not_by_us),
    TEST(test_what_another_tool_changed_is_drift),
    TEST(test_a_plan_replaces_only_for_what_can_never_change),
    TEST(test_options_are_read_back),
    TEST(test_a_queue_that_is_used_is_not_destroyed),
    TEST(test_names_that_need_care_are_one_object_each),
    TEST(test_a_namespace_is_a_vhost_with_its_mark),
    TEST(test_the_vhost_of_people_is_theirs_until_it_is_adopted),
    TEST(test_a_topic_is_an_exchange_with_its_mark),
    TEST(test_a_filter_with_lists_is_a_binding_for_each_combination),
    TEST(test_a_changed_filter_leaves_no_binding_behind),
    TEST(test_a_binding_that_is_missing_is_drift),
    TEST(test_the_bindings_of_others_are_left_alone_until_they_are_adopted),
    TEST(test_topics_of_other_kinds_are_subscribed_by_key),
    TEST(test_a_user_signs_in_with_the_password_that_was_given),
    TEST(test_a_permission_is_ours_while_it_is_as_we_left_it),
    TEST(test_a_policy_carries_its_mark_in_a_comment_and_holds),
    TEST(test_owned_finds_everything_that_carries_a_mark_once),
    TEST(test_many_are_read_from_one_listing),
    TEST(test_verbs_that_only_look_send_only_questions),
    TEST(test_requests_are_counted_when_somebody_counted_them),
};

int main(void)
{
    int missing = broker_missing();
    if (missing)
        return missing;
    broker_start(&broker);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    broker_stop(&broker);
    return failed;
}
