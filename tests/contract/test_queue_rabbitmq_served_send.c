#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "broker.h"
#include "model/value.h"
#include "server.h"

/* Messages sent through queue-rabbitmq, received by a program over AMQP. */

static struct broker broker;

#define NOT_FOUND                                                                                            \
    "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 62\r\nConnection: close"    \
    "\r\n\r\n{\"error\":\"not_found\",\"reason\":\"NOT_FOUND - home node is down\"}"

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

static const struct op_result *send(struct broker *w, const char *token, const char *json)
{
    const struct op_result *r = broker_call(w, LF_VERB_CALL, token, json);
    assert_null(r->broke);
    return r;
}

static void sent(struct broker *w, const char *token, const char *json)
{
    const struct op_result *r = send(w, token, json);
    size_t count = 0;
    const struct diag *notes = bench_notes(w->b, &count);
    if (r->status != LF_END_OK)
        fail_msg("%s ended as %u: %s", json, r->status, count ? notes[0].summary : "without a note");
}

static const char *first_id(const struct op_result *r)
{
    const struct value *ids = value_get(r->reply, "ids");
    return ids && ids->count > 0 ? ids->items[0]->text : "(none)";
}

/* A program that waits for one more message gets none. */
static void nothing_more(struct broker *w, const char *queue)
{
    char out[256];
    assert_int_equal(server_try(out, sizeof(out),
                                TESTS_FOLDER
                                "/servers/rabbitmq_client amqp://landfall:landfall-secret@127.0.0.1:%d/%s "
                                "%s ack 1",
                                w->amqp_port, w->vhost, queue),
                     1);
}

/* ---- once --------------------------------------------------------------------------------------------- */

static void test_a_token_sent_twice_is_one_message_and_one_answer(void **state)
{
    struct broker *w = *state;
    broker_made(w, "queue", "{'name':'orders'}");
    const char *json = "{'queue':'orders','body':'hello','attributes':{'n':7,'test':false,'app':'mail'}}";
    const struct op_result *first = send(w, "token-1", json);
    assert_int_equal(first->status, LF_END_OK);
    assert_string_equal(first_id(first), "orders/token-1");
    const struct op_result *second = send(w, "token-1", json);
    assert_int_equal(second->status, LF_END_OK);
    assert_true(value_equal(first->reply, second->reply));
    sent(w, "token-2", "{'queue':'orders','body':'more'}");
    assert_string_equal(broker_receive(w, "orders", "ack", 2, "[.body, .id, .headers, .types]"),
                        "[\"hello\",\"token-1\",{\"app\":\"mail\",\"n\":7,\"test\":false},"
                        "{\"app\":\"str\",\"n\":\"int\",\"test\":\"bool\"}]\n[\"more\",\"token-2\",{},{}]");
    assert_string_equal(broker_ask(w, "/queues/*", "map(.name) | sort"),
                        "[\"landfall.sent.token-1\",\"landfall.sent.token-2\",\"orders\"]");
}

/* Received and settled long before anybody asks: the ledger knows it still. */
static void test_recover_knows_a_message_that_was_read_and_forgotten(void **state)
{
    struct broker *w = *state;
    const char *json = "{'queue':'orders','body':'hello'}";
    broker_made(w, "queue", "{'name':'orders'}");
    assert_int_equal(broker_call(w, LF_VERB_RECOVER, "t", json)->status, LF_END_GONE);
    const struct op_result *first = send(w, "t", json);
    assert_string_equal(broker_receive(w, "orders", "ack", 1, ".body"), "hello");
    for (int i = 0; i < 3; i++) {
        const struct op_result *r = broker_call(w, LF_VERB_RECOVER, "t", json);
        assert_int_equal(r->status, LF_END_OK);
        assert_true(value_equal(r->reply, first->reply));
    }
    assert_int_equal(broker_call(w, LF_VERB_RECOVER, "u", json)->status, LF_END_GONE);
    bench_read_only(w->b, true);
    assert_int_equal(broker_call(w, LF_VERB_RECOVER, "t", json)->status, LF_END_OK);
    assert_int_equal(send(w, "v", json)->status, LF_END_REFUSED);
    assert_true(bench_has_note(w->b, "queue.only_reads"));
}

/* A ledger that RabbitMQ may have deleted is no proof that nothing was sent. */
static void test_recover_claims_nothing_of_what_may_be_forgotten(void **state)
{
    struct broker *w = *state;
    const char *json = "{'queue':'orders','body':'hello'}";
    broker_made(w, "queue", "{'name':'orders'}");
    assert_int_equal(
        broker_send(w, "PUT", "/exchanges/*/landfall.sent",
                    "{\"type\":\"fanout\",\"durable\":true,\"arguments\":{\"x-landfall-since\":1700000000}}"),
        201);
    const struct op_result *r = broker_call(w, LF_VERB_RECOVER, "t", json);
    assert_int_equal(r->status, LF_END_CANNOT_TELL);
    assert_true(bench_has_note(w->b, "queue.send_forgotten"));
    sent(w, "t", json);
    assert_int_equal(broker_call(w, LF_VERB_RECOVER, "t", json)->status, LF_END_OK);
    assert_string_equal(broker_ask(w, "/exchanges/*/landfall.sent", ".arguments.\"x-landfall-since\""),
                        "1700000000");
    assert_string_equal(broker_ask(w, "/queues/*/landfall.sent.t", ".arguments.\"x-expires\""), "2592000000");
}

/* The reply is lost after the broker took the message: asked again, nothing is sent again. */
static void test_a_lost_reply_is_no_second_message(void **state)
{
    struct broker *w = *state;
    const char *json = "{'queue':'orders','body':'hello'}";
    broker_made(w, "queue", "{'name':'orders'}");
    mishap_next(w->m, "POST /api/exchanges/", 1, MISHAP_LOSE_REPLY, NULL);
    assert_int_equal(send(w, "t", json)->status, LF_END_UNSURE);
    sent(w, "t", json);
    assert_string_equal(broker_receive(w, "orders", "ack", 1, ".body"), "hello");
    assert_string_equal(broker_ask(w, "/queues/*/orders", "has(\"error\")"), "false");
    nothing_more(w, "orders");
}

/* The request of a dead landfall lands while the next one is already asking. */
static void test_a_late_request_is_waited_for(void **state)
{
    struct broker *w = *state;
    const char *json = "{'queue':'orders','body':'hello'}";
    broker_made(w, "queue", "{'name':'orders'}");
    mishap_next(w->m, "POST /api/exchanges/", 1, MISHAP_LATE, NULL);
    assert_int_equal(send(w, "t", json)->status, LF_END_UNSURE);
    mishap_let_come(w->m, 1000);
    sent(w, "t", json);
    assert_true(mishap_is_quiet(w->m));
    assert_string_equal(broker_receive(w, "orders", "ack", 1, ".body"), "hello");
    broker_await(w, "/queues/*/orders", ".messages", "0");
    assert_int_equal(mishap_count(w->m, "POST /api/exchanges/"), 1);
}

/* Cut off between the ledger and the message: nothing was sent, and the next try sends it. */
static void test_an_empty_ledger_is_a_message_that_was_not_sent(void **state)
{
    struct broker *w = *state;
    const char *json = "{'queue':'orders','body':'hello'}";
    broker_made(w, "queue", "{'name':'orders'}");
    mishap_next(w->m, "POST /api/exchanges/", 1, MISHAP_RESET, NULL);
    assert_int_equal(send(w, "t", json)->status, LF_END_UNSURE);
    assert_int_equal(broker_call(w, LF_VERB_RECOVER, "t", json)->status, LF_END_GONE);
    sent(w, "t", json);
    assert_string_equal(broker_receive(w, "orders", "ack", 1, ".body"), "hello");
}

/* A node that is down, or still coming up, says "not found" of a ledger that is on its disk. */
static void test_a_ledger_that_cannot_be_looked_into_is_no_message_unsent(void **state)
{
    struct broker *w = *state;
    const char *json = "{'queue':'orders','body':'hello'}";
    broker_made(w, "queue", "{'name':'orders'}");
    sent(w, "t", json);
    sent(w, "tt", json);
    mishap_next(w->m, "*/landfall.sent.t/get", 1, MISHAP_ANSWER, NOT_FOUND);
    assert_int_equal(broker_call(w, LF_VERB_RECOVER, "t", json)->status, LF_END_CANNOT_TELL);
    assert_true(bench_has_note(w->b, "queue.ledger_away"));
    assert_int_equal(broker_call(w, LF_VERB_RECOVER, "t", json)->status, LF_END_OK);
    mishap_next(w->m, "PUT /api/queues/", 1, MISHAP_ANSWER, NOT_FOUND);
    assert_int_equal(send(w, "t", json)->status, LF_END_UNSURE);
    assert_true(bench_has_note(w->b, "queue.away"));
    sent(w, "t", json);
    /* One that is listed nowhere was never made, whatever others are called. */
    assert_int_equal(broker_call(w, LF_VERB_RECOVER, "tt.", json)->status, LF_END_GONE);
    mishap_next(w->m, "*/landfall.sent.u/get", 1, MISHAP_ANSWER, NOT_FOUND);
    mishap_next(w->m, "GET /api/queues/", 1, MISHAP_RESET, NULL);
    assert_int_equal(broker_call(w, LF_VERB_RECOVER, "u", json)->status, LF_END_CANNOT_TELL);
    assert_int_equal(broker_call(w, LF_VERB_RECOVER, "u", json)->status, LF_END_GONE);
}

static void test_what_a_crash_of_the_broker_leaves_is_settled(void **state)
{
    struct broker *w = *state;
    const char *json = "{'queue':'orders','body':'hello'}";
    broker_made(w, "queue", "{'name':'orders','retention_s':99}");
    sent(w, "t", json);
    /* Killed in the moment after it had acknowledged a ledger, RabbitMQ 3.10.8 forgets it now and then (see
     * the driver's README): what lies on the disk for a while is what this is about. */
    sleep(3);
    broker_crash(w);
    assert_int_equal(broker_call(w, LF_VERB_RECOVER, "t", json)->status, LF_END_CANNOT_TELL);
    assert_int_equal(broker_do(w, LF_VERB_READ, "queue", "{'name':'orders'}")->status, LF_END_CANNOT_TELL);
    assert_int_equal(broker_do(w, LF_VERB_CREATE, "queue", "{'name':'late'}")->status, LF_END_RETRY);
    broker_restart(w);
    assert_int_equal(broker_call(w, LF_VERB_RECOVER, "t", json)->status, LF_END_OK);
    const struct op_result *r = broker_do(w, LF_VERB_READ, "queue", "{'name':'orders'}");
    assert_int_equal(value_get_int(r->state, "retention_s", 0), 99);
    assert_string_equal(broker_receive(w, "orders", "ack", 1, ".body"), "hello");
}

/* ---- a ledger that is lost ------------------------------------------------------------------------------
 */

static const char *progress(struct broker *w)
{
    const struct value *saved = broker_saved(w);
    return saved ? value_get_text(saved, "sent", "(odd)") : "(none)";
}

/* Who only has the progress of an interrupted try, and finds no ledger, sends nothing and claims nothing. */
static void nobody_can_tell(struct broker *w, const char *json, const struct value *saved)
{
    mishap_forget(w->m);
    const struct op_result *r = broker_call_again(w, LF_VERB_CALL, "t", json, saved);
    assert_null(r->broke);
    assert_int_equal(r->status, LF_END_REFUSED);
    assert_true(bench_has_note(w->b, "queue.ledger_lost"));
    assert_int_equal(broker_call_again(w, LF_VERB_RECOVER, "t", json, saved)->status, LF_END_CANNOT_TELL);
    assert_true(bench_has_note(w->b, "queue.ledger_lost"));
    assert_int_equal(mishap_count(w->m, "POST /api/exchanges/"), 0);
    assert_int_equal(mishap_count(w->m, "PUT "), 0);
    assert_string_equal(broker_ask(w, "/queues/*/landfall.sent.t", ".error"), "Object Not Found");
}

static void lose_ledger(struct broker *w)
{
    assert_int_equal(broker_send(w, "DELETE", "/queues/*/landfall.sent.t", NULL), 204);
}

/* Sent, the reply lost, and then the ledger.  A person who finds the message says so with a ledger. */
static void test_a_message_is_not_sent_again_when_its_ledger_is_lost(void **state)
{
    struct broker *w = *state;
    const char *json = "{'queue':'orders','body':'hello'}";
    broker_made(w, "queue", "{'name':'orders'}");
    mishap_next(w->m, "POST /api/exchanges/", 1, MISHAP_LOSE_REPLY, NULL);
    assert_int_equal(send(w, "t", json)->status, LF_END_UNSURE);
    const struct value *saved = broker_saved(w);
    assert_string_equal(progress(w), "maybe");
    lose_ledger(w);
    nobody_can_tell(w, json, saved);
    nobody_can_tell(w, json, saved);
    assert_int_equal(broker_send(w, "PUT", "/queues/*/landfall.sent.t", "{\"durable\":true}"), 201);
    assert_int_equal(broker_send(w, "POST", "/exchanges/*/amq.default/publish",
                                 "{\"routing_key\":\"landfall.sent.t\",\"payload\":\"\",\"payload_encoding\":"
                                 "\"string\",\"properties\":{\"message_id\":\"t\"}}"),
                     200);
    assert_int_equal(broker_call_again(w, LF_VERB_RECOVER, "t", json, saved)->status, LF_END_OK);
    const struct op_result *r = broker_call_again(w, LF_VERB_CALL, "t", json, saved);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(first_id(r), "orders/t");
    assert_string_equal(broker_receive(w, "orders", "ack", 1, ".body"), "hello");
    nothing_more(w, "orders");
}

/* Cut off between the save and the message.  A person who finds none makes an empty ledger. */
static void test_an_empty_ledger_made_by_hand_lets_the_message_go(void **state)
{
    struct broker *w = *state;
    const char *json = "{'queue':'orders','body':'hello'}";
    broker_made(w, "queue", "{'name':'orders'}");
    mishap_next(w->m, "POST /api/exchanges/", 1, MISHAP_RESET, NULL);
    assert_int_equal(send(w, "t", json)->status, LF_END_UNSURE);
    const struct value *saved = broker_saved(w);
    assert_string_equal(progress(w), "maybe");
    lose_ledger(w);
    nobody_can_tell(w, json, saved);
    assert_int_equal(broker_send(w, "PUT", "/queues/*/landfall.sent.t", "{\"durable\":true}"), 201);
    assert_int_equal(broker_call_again(w, LF_VERB_RECOVER, "t", json, saved)->status, LF_END_GONE);
    assert_int_equal(broker_call_again(w, LF_VERB_CALL, "t", json, saved)->status, LF_END_OK);
    assert_int_equal(broker_call_again(w, LF_VERB_CALL, "t", json, saved)->status, LF_END_OK);
    assert_string_equal(broker_receive(w, "orders", "ack", 1, ".body"), "hello");
    nothing_more(w, "orders");
}

static void test_a_message_to_a_topic_is_not_sent_again_either(void **state)
{
    struct broker *w = *state;
    const char *json = "{'topic':'events','body':'one'}";
    broker_made(w, "topic", "{'name':'events'}");
    broker_made(w, "queue", "{'name':'all'}");
    broker_made(w, "subscription", "{'topic':'events','queue':'all'}");
    mishap_next(w->m, "*/events/publish", 1, MISHAP_LOSE_REPLY, NULL);
    assert_int_equal(send(w, "t", json)->status, LF_END_UNSURE);
    const struct value *saved = broker_saved(w);
    assert_string_equal(progress(w), "maybe");
    lose_ledger(w);
    nobody_can_tell(w, json, saved);
    assert_string_equal(broker_receive(w, "all", "ack", 1, ".body"), "one");
    nothing_more(w, "all");
}

/* Before the ledger is acknowledged nothing is saved, and nothing can have been sent. */
static void test_a_ledger_is_saved_once_it_is_there(void **state)
{
    struct broker *w = *state;
    const char *json = "{'queue':'orders','body':'hello'}";
    broker_made(w, "queue", "{'name':'orders'}");
    mishap_next(w->m, "*/landfall.sent.t HTTP", 1, MISHAP_LOSE_REPLY, NULL);
    assert_int_equal(send(w, "t", json)->status, LF_END_UNSURE);
    assert_string_equal(progress(w), "(none)");
    lose_ledger(w);
    sent(w, "t", json);
    assert_string_equal(progress(w), "maybe");
    /* It is there: nothing more is made for who knows that it was. */
    const struct value *saved = broker_saved(w);
    mishap_forget(w->m);
    assert_int_equal(broker_call_again(w, LF_VERB_CALL, "t", json, saved)->status, LF_END_OK);
    assert_int_equal(mishap_count(w->m, "PUT "), 0);
    mishap_next(w->m, "*/landfall.sent.t/get", 1, MISHAP_ANSWER, NOT_FOUND);
    assert_int_equal(broker_call_again(w, LF_VERB_CALL, "t", json, saved)->status, LF_END_UNSURE);
    assert_true(bench_has_note(w->b, "queue.ledger_away"));
    assert_string_equal(broker_receive(w, "orders", "ack", 1, ".body"), "hello");
    nothing_more(w, "orders");
}

/* What the broker for certain did not take is sent anew, whatever became of its ledger. */
static void test_a_message_that_was_not_taken_needs_no_ledger(void **state)
{
    struct broker *w = *state;
    const char *json = "{'queue':'orders','body':'hello'}";
    broker_made(w, "queue", "{'name':'orders'}");
    mishap_next(w->m, "POST /api/exchanges/", 1, MISHAP_ANSWER,
                "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    assert_int_equal(send(w, "t", json)->status, LF_END_UNSURE);
    const struct value *saved = broker_saved(w);
    assert_string_equal(progress(w), "no");
    assert_int_equal(broker_call_again(w, LF_VERB_RECOVER, "t", json, saved)->status, LF_END_GONE);
    lose_ledger(w);
    assert_int_equal(broker_call_again(w, LF_VERB_CALL, "t", json, saved)->status, LF_END_OK);
    assert_string_equal(progress(w), "maybe");
    assert_string_equal(broker_receive(w, "orders", "ack", 1, ".body"), "hello");
    nothing_more(w, "orders");
}

#define FORCED                                                                                               \
    "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"                \
    "{\"error\":\"bad_request\",\"reason\":\"320 CONNECTION_FORCED - broker forced connection closure with " \
    "reason 'shutdown'\"}"

/* RabbitMQ closes the channel under the API's hands: that is no "no", the message may be there. */
static void test_a_broker_that_breaks_off_has_not_said_no(void **state)
{
    struct broker *w = *state;
    const char *json = "{'queue':'orders','body':'hello'}";
    static const enum mishap_kind kinds[] = {MISHAP_AFTER, MISHAP_ANSWER};
    broker_made(w, "queue", "{'name':'orders'}");
    for (size_t i = 0; i < 2; i++) {
        const char *token = i == 0 ? "taken" : "lost";
        mishap_next(w->m, "POST /api/exchanges/", 1, kinds[i], FORCED);
        assert_int_equal(send(w, token, json)->status, LF_END_UNSURE);
        assert_true(bench_has_note(w->b, "rabbitmq.cut_off"));
        const struct value *saved = broker_saved(w);
        assert_string_equal(progress(w), "maybe");
        assert_int_equal(broker_call_again(w, LF_VERB_CALL, token, json, saved)->status, LF_END_OK);
        assert_string_equal(broker_receive(w, "orders", "ack", 1, ".id"), token);
    }
    nothing_more(w, "orders");
}

/* Cut off before the ledger of a message that was rejected is deleted: it holds the message, and is no proof.
 */
static void test_the_ledger_of_a_rejected_message_is_not_believed(void **state)
{
    struct broker *w = *state;
    const char *json = "{'queue':'orders','body':'hello'}";
    broker_made(w, "queue", "{'name':'orders'}");
    mishap_next(w->m, "POST /api/exchanges/", 1, MISHAP_ANSWER,
                "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 45\r\n"
                "Connection: close\r\n\r\n{\"error\":\"bad_request\",\"reason\":\"rejected\"}  ");
    mishap_next(w->m, "DELETE /api/queues/", 1, MISHAP_RESET, NULL);
    assert_int_equal(send(w, "t", json)->status, LF_END_UNSURE);
    const struct value *saved = broker_saved(w);
    assert_string_equal(progress(w), "no");
    assert_int_equal(broker_send(w, "POST", "/exchanges/*/amq.default/publish",
                                 "{\"routing_key\":\"landfall.sent.t\",\"payload\":\"\",\"payload_encoding\":"
                                 "\"string\",\"properties\":{\"message_id\":\"t\"}}"),
                     200);
    assert_int_equal(broker_call_again(w, LF_VERB_RECOVER, "t", json, saved)->status, LF_END_GONE);
    /* Its node is down as it is to be deleted, and back a moment later. */
    mishap_next(w->m, "DELETE /api/queues/", 1, MISHAP_ANSWER, NOT_FOUND);
    assert_int_equal(broker_call_again(w, LF_VERB_CALL, "t", json, saved)->status, LF_END_RETRY);
    assert_true(bench_has_note(w->b, "queue.away"));
    assert_int_equal(broker_call_again(w, LF_VERB_CALL, "t", json, saved)->status, LF_END_OK);
    assert_string_equal(broker_receive(w, "orders", "ack", 1, ".body"), "hello");
    assert_int_equal(broker_call(w, LF_VERB_RECOVER, "t", json)->status, LF_END_OK);
}

/* ---- where to ----------------------------------------------------------------------------------------- */

static void test_a_topic_reaches_each_subscription_that_wants_it(void **state)
{
    struct broker *w = *state;
    broker_made(w, "topic", "{'name':'events'}");
    static const char *const queues[] = {"all", "orders", "german"};
    for (size_t i = 0; i < 3; i++)
        broker_made(w, "queue", arena_print(bench_arena(w->b), "{'name':'%s'}", queues[i]));
    broker_made(w, "subscription", "{'topic':'events','queue':'all'}");
    broker_made(w, "subscription",
                "{'topic':'events','queue':'orders','filter':{'kind':['order','refund']}}");
    broker_made(w, "subscription",
                "{'topic':'events','queue':'german','filter':{'kind':'order','country.code':'DE','test':"
                "false,'n':2}}");
    const char *one = "{'topic':'events','body':'one','attributes':"
                      "{'kind':'order','country.code':'DE','test':false,'n':2}}";
    const struct op_result *r = send(w, "1", one);
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(value_get(r->reply, "ids")->count, 3);
    assert_true(value_equal(send(w, "1", one)->reply, r->reply));
    sent(w, "2", "{'topic':'events','body':'two','attributes':{'kind':'refund'}}");
    r = send(w, "3", "{'topic':'events','body':'three'}");
    assert_int_equal(value_get(r->reply, "ids")->count, 1);
    assert_string_equal(first_id(r), "all/3");
    assert_string_equal(broker_receive(w, "all", "ack", 3, ".body"), "one\ntwo\nthree");
    assert_string_equal(broker_receive(w, "orders", "ack", 2, ".body"), "one\ntwo");
    assert_string_equal(broker_receive(w, "german", "ack", 1, "[.body, .id, .exchange]"),
                        "[\"one\",\"1\",\"events\"]");
    assert_string_equal(
        broker_ask(w, "/exchanges/*/events/bindings/source", "map(.destination) | sort | unique"),
        "[\"all\",\"german\",\"orders\"]");
    assert_int_equal(broker_call(w, LF_VERB_RECOVER, "2", "{'topic':'events','body':'two'}")->status,
                     LF_END_OK);
}

/* A ledger that a cut-off send left bound is no subscription that keeps a topic alive. */
static void test_a_topic_goes_with_the_ledgers_that_are_bound_to_it(void **state)
{
    struct broker *w = *state;
    broker_made(w, "topic", "{'name':'events'}");
    mishap_next(w->m, "POST /api/exchanges/", 1, MISHAP_RESET, NULL);
    assert_int_equal(send(w, "t", "{'topic':'events','body':'one'}")->status, LF_END_UNSURE);
    assert_string_equal(broker_ask(w, "/exchanges/*/events/bindings/source", "length"), "1");
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "topic", "{'name':'events'}")->status, LF_END_GONE);
    assert_string_equal(broker_ask(w, "/exchanges/*/events", ".error"), "Object Not Found");
}

/* Counted by RabbitMQ, received by a program that never settles. */
static void test_a_message_nobody_can_handle_goes_to_the_dead_letters(void **state)
{
    struct broker *w = *state;
    broker_made(w, "queue", "{'name':'dead'}");
    broker_made(w, "queue", "{'name':'orders','max_receives':3,'dead_letter':'dead'}");
    sent(w, "t", "{'queue':'orders','body':'poison','attributes':{'n':1}}");
    assert_string_equal(broker_receive(w, "orders", "drop", 3, "[.body, .again]"),
                        "[\"poison\",false]\n[\"poison\",true]\n[\"poison\",true]");
    assert_string_equal(broker_receive(w, "dead", "ack", 1, "[.body, .id, .headers]"),
                        "[\"poison\",\"t\",{\"n\":1}]");
    broker_made(w, "queue", "{'name':'once','max_receives':1,'dead_letter':'dead'}");
    sent(w, "u", "{'queue':'once','body':'poison'}");
    assert_string_equal(broker_receive(w, "once", "drop", 1, ".again"), "false");
    assert_string_equal(broker_receive(w, "dead", "ack", 1, ".id"), "u");
}

static void test_a_queue_that_is_full_takes_no_message_and_no_ledger_says_so(void **state)
{
    struct broker *w = *state;
    const char *json = "{'queue':'small','body':'hello'}";
    broker_made(w, "queue", "{'name':'dead'}");
    broker_made(w, "queue",
                "{'name':'small','max_receives':3,'dead_letter':'dead','options':{'max_length':1}}");
    int status = LF_END_OK;
    for (int i = 0; i < 5 && status == LF_END_OK; i++) /* a quorum queue refuses a little late */
        status = (int)send(w, arena_print(bench_arena(w->b), "t%d", i), json)->status;
    assert_int_equal(status, LF_END_REFUSED);
    assert_true(bench_has_note(w->b, "queue.full"));
    size_t count = 0;
    while (broker_call(w, LF_VERB_RECOVER, arena_print(bench_arena(w->b), "t%zu", count), json)->status ==
           LF_END_OK)
        count++;
    (void)broker_receive(w, "small", "ack", (int)count, ".body");
    broker_await(w, "/queues/*/small", ".messages", "0");
}

static void test_a_bad_send_is_refused_and_leaves_nothing(void **state)
{
    struct broker *w = *state;
    broker_made(w, "queue", "{'name':'a'}");
    broker_made(w, "topic", "{'name':'t'}");
    broker_made(w, "topic", "{'name':'routes','options':{'type':'topic'}}");
    static const char *const cases[][2] = {
        {"{'body':'x'}", "queue.where_to"},
        {"{'body':'x','queue':'a','topic':'t'}", "queue.where_to"},
        {"{'body':'x','queue':'b'}", "queue.no_target"},
        {"{'body':'x','topic':'b'}", "queue.no_target"},
        {"{'body':'x','queue':'nowhere/a'}", "queue.no_target"},
        {"{'body':'x','queue':'a//b'}", "queue.no_target"},
        {"{'body':'x','topic':'routes'}", "queue.topic_kind"},
        {"{'body':'x','queue':'a','delay_s':30}", "queue.no_delay"},
        {"{'body':'x','queue':'a','delay_s':901}", "queue.out_of_range"},
        {"{'body':'x','queue':'a','attributes':{'BCC':'b'}}", "queue.bad_attribute"},
        {"{'body':'x','queue':'a','attributes':{'list':[1]}}", "queue.bad_attribute"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(send(w, "t", cases[i][0])->status, LF_END_REFUSED);
        if (!bench_has_note(w->b, cases[i][1]))
            fail_msg("%s is not %s", cases[i][0], cases[i][1]);
    }
    char *body = arena_alloc(bench_arena(w->b), 262144 + 2);
    memset(body, 'x', 262145);
    body[262145] = '\0';
    (void)send(w, "t", arena_print(bench_arena(w->b), "{'queue':'a','body':'%s'}", body));
    assert_true(bench_has_note(w->b, "queue.bad_body"));
    assert_string_equal(broker_ask(w, "/queues/*", "map(.name)"), "[\"a\"]");
    body[262144] = '\0';
    sent(w, "t", arena_print(bench_arena(w->b), "{'queue':'a','body':'%s'}", body));
    assert_string_equal(broker_receive(w, "a", "ack", 1, ".body | length"), "262144");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

static const struct CMUnitTest tests[] = {
    TEST(test_a_token_sent_twice_is_one_message_and_one_answer),
    TEST(test_recover_knows_a_message_that_was_read_and_forgotten),
    TEST(test_recover_claims_nothing_of_what_may_be_forgotten),
    TEST(test_a_lost_reply_is_no_second_message),
    TEST(test_a_late_request_is_waited_for),
    TEST(test_an_empty_ledger_is_a_message_that_was_not_sent),
    TEST(test_a_ledger_that_cannot_be_looked_into_is_no_message_unsent),
    TEST(test_what_a_crash_of_the_broker_leaves_is_settled),
    TEST(test_a_message_is_not_sent_again_when_its_ledger_is_lost),
    TEST(test_an_empty_ledger_made_by_hand_lets_the_message_go),
    TEST(test_a_message_to_a_topic_is_not_sent_again_either),
    TEST(test_a_ledger_is_saved_once_it_is_there),
    TEST(test_a_message_that_was_not_taken_needs_no_ledger),
    TEST(test_a_broker_that_breaks_off_has_not_said_no),
    TEST(test_the_ledger_of_a_rejected_message_is_not_believed),
    TEST(test_a_topic_reaches_each_subscription_that_wants_it),
    TEST(test_a_topic_goes_with_the_ledgers_that_are_bound_to_it),
    TEST(test_a_message_nobody_can_handle_goes_to_the_dead_letters),
    TEST(test_a_queue_that_is_full_takes_no_message_and_no_ledger_says_so),
    TEST(test_a_bad_send_is_refused_and_leaves_nothing),
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
