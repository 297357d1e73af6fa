#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "broker.h"
#include "model/diag.h"
#include "model/value.h"

/* What queue-rabbitmq says and does while a node of a cluster is down that has queues: two nodes of RabbitMQ,
 * the driver talks to the first, and the queues are on the second. */

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

/* Made where the driver would not make it, with what the driver would have made it of. */
static void make_on_partner(struct broker *w, const char *name, const char *more)
{
    struct arena *mem = bench_arena(w->b);
    const char *body = arena_print(mem,
                                   "{\"durable\":true,\"node\":\"rabbit%d@localhost\",\"arguments\":{"
                                   "\"x-landfall-op\":\"" BROKER_MARKER "\"%s}}",
                                   w->partner_ports[0], more);
    assert_int_equal(broker_send(w, "PUT", arena_print(mem, "/queues/*/%s", name), body), 201);
}

#define LISTING "/queues/*?disable_stats=true"

static void await_state(struct broker *w, const char *name, const char *filter, const char *answer)
{
    broker_await(w, LISTING,
                 arena_print(bench_arena(w->b), "map(select(.name == \"%s\"))[0].%s", name, filter), answer);
}

static void await_away(struct broker *w, const char *name)
{
    await_state(w, name, "state", "down");
}

static void expect(struct broker *w, uint32_t verb, const char *type, const char *json, uint32_t status)
{
    const struct op_result *r = broker_do(w, verb, type, json);
    size_t count = 0;
    const struct diag *notes = bench_notes(w->b, &count);
    if (r->status != status || (count == 0 && status != LF_END_OK && status != LF_END_GONE))
        fail_msg("verb %u of %s %s ended as %u with %s", verb, type, json, r->status,
                 count ? notes[0].summary : "no note");
    if (status == LF_END_CANNOT_TELL || status == LF_END_RETRY) {
        assert_true(bench_has_note(w->b, "queue.away"));
        if (!strstr(notes[0].detail, "@localhost"))
            fail_msg("%s does not say which node", notes[0].detail);
        assert_non_null(notes[0].advice);
    }
}

/* What is sent meanwhile is not sent, and not refused: it waits. */
static void expect_waits(struct broker *w, const char *token, const char *json)
{
    const struct op_result *r = broker_call(w, LF_VERB_CALL, token, json);
    size_t count = 0;
    const struct diag *notes = bench_notes(w->b, &count);
    if (r->status != LF_END_RETRY || !bench_has_note(w->b, "queue.away"))
        fail_msg("%s ended as %u with %s", json, r->status, count ? notes[0].summary : "no note");
    assert_non_null(strstr(notes[0].detail, "@localhost"));
}

#define ORDERS    "{'name':'orders'}"
#define QUOTED    "{'name':'or$ders'}"
#define BOUND     "{'topic':'events','queue':'orders'}"
#define NOT_BOUND "{'topic':'events','queue':'here'}"

static void expect_many(struct broker *w, const char *type, const char *away, const char *there,
                        const char *nowhere)
{
    const char *const all[] = {away, there, nowhere};
    const uint32_t verbs[] = {LF_VERB_READ, LF_VERB_RECOVER, LF_VERB_FIND};
    struct op_item items[3];
    for (size_t v = 0; v < 3; v++) {
        memset(items, 0, sizeof(items));
        for (size_t i = 0; i < 3; i++) {
            items[i] =
                (struct op_item){.verb = verbs[v], .marker = BROKER_MARKER, .address = "queue.step.one"};
            const struct value *wish = bench_value(w->b, all[i]);
            if (verbs[v] == LF_VERB_READ)
                items[i].prior = wish;
            else
                items[i].desired = wish;
        }
        const struct op_result *r = bench_run_many(w->b, type, items, 3);
        assert_int_equal(r[0].status, LF_END_CANNOT_TELL);
        assert_int_equal(r[1].status, LF_END_OK);
        assert_int_equal(r[2].status, LF_END_GONE);
        assert_true(bench_has_note(w->b, "queue.away"));
    }
}

static void test_a_queue_and_its_bindings_are_not_gone_with_their_node(void **state)
{
    struct broker *w = *state;
    make_on_partner(w, "orders", "");
    make_on_partner(w, "or$ders", "");
    broker_made(w, "queue", ORDERS);
    broker_made(w, "queue", QUOTED);
    broker_made(w, "queue", "{'name':'here'}");
    broker_made(w, "topic", "{'name':'events'}");
    broker_made(w, "topic", "{'name':'quiet'}");
    broker_made(w, "subscription", BOUND);
    broker_made(w, "subscription", "{'topic':'quiet','queue':'here'}");
    assert_int_equal(broker_call(w, LF_VERB_CALL, "t", "{'queue':'orders','body':'hello'}")->status,
                     LF_END_OK);

    broker_partner_stop(w);
    await_away(w, "orders");
    await_away(w, "or$ders");
    const uint32_t asking[] = {LF_VERB_READ, LF_VERB_RECOVER, LF_VERB_FIND};
    const uint32_t changing[] = {LF_VERB_CREATE, LF_VERB_UPDATE, LF_VERB_DESTROY};
    for (size_t v = 0; v < 3; v++) {
        expect(w, asking[v], "queue", ORDERS, LF_END_CANNOT_TELL);
        expect(w, asking[v], "queue", QUOTED, LF_END_CANNOT_TELL);
        expect(w, asking[v], "queue", "{'name':'orderss'}", LF_END_GONE);
        expect(w, asking[v], "subscription", BOUND, LF_END_CANNOT_TELL);
        expect(w, asking[v], "subscription", NOT_BOUND, LF_END_GONE);
        expect(w, changing[v], "queue", ORDERS, LF_END_RETRY);
        expect(w, changing[v], "subscription", BOUND, LF_END_RETRY);
    }
    expect_many(w, "queue", ORDERS, "{'name':'here'}", "{'name':'orderss'}");
    expect_many(w, "subscription", BOUND, "{'topic':'quiet','queue':'here'}", NOT_BOUND);
    expect(w, LF_VERB_OWNED, "queue", "{}", LF_END_OK);
    expect(w, LF_VERB_OWNED, "subscription", "{}", LF_END_CANNOT_TELL);
    expect(w, LF_VERB_CREATE, "queue", "{'name':'late','max_receives':2,'dead_letter':'orders'}",
           LF_END_RETRY);
    expect_waits(w, "later", "{'queue':'orders','body':'later'}");
    assert_int_equal(broker_call(w, LF_VERB_CALL, "x", "{'queue':'orderss','body':'x'}")->status,
                     LF_END_REFUSED);
    assert_true(bench_has_note(w->b, "queue.no_target"));
    broker_refused(w, LF_VERB_DESTROY, "topic", "{'name':'events'}", "queue.in_use");

    broker_partner_start(w);
    await_state(w, "orders", "state", "live");
    await_state(w, "or$ders", "state", "live");
    broker_await(w, "/exchanges/*/events/bindings/source", "length", "1");
    expect(w, LF_VERB_READ, "queue", ORDERS, LF_END_OK);
    expect(w, LF_VERB_READ, "subscription", BOUND, LF_END_OK);
    expect(w, LF_VERB_OWNED, "subscription", "{}", LF_END_OK);
    assert_int_equal(broker_call(w, LF_VERB_CALL, "later", "{'queue':'orders','body':'later'}")->status,
                     LF_END_OK);
    assert_string_equal(broker_receive(w, "orders", "ack", 2, ".body"), "hello\nlater");
    expect(w, LF_VERB_DESTROY, "subscription", BOUND, LF_END_GONE);
    expect(w, LF_VERB_DESTROY, "queue", ORDERS, LF_END_GONE);
    expect(w, LF_VERB_READ, "queue", ORDERS, LF_END_GONE);
}

#define OLD "{'name':'old','options':{'type':'quorum'}}"

/* It has no member that runs, as one that was never finished. */
static void test_a_quorum_queue_whose_node_is_down_is_not_damaged(void **state)
{
    struct broker *w = *state;
    const char *json = "{'name':'q','options':{'type':'quorum'}}";
    make_on_partner(w, "q", ",\"x-queue-type\":\"quorum\",\"x-quorum-initial-group-size\":1");
    assert_int_equal(broker_do(w, LF_VERB_UPDATE, "queue", json)->status, LF_END_OK);
    assert_int_equal(broker_call(w, LF_VERB_CALL, "t", "{'queue':'q','body':'hello'}")->status, LF_END_OK);
    broker_made(w, "queue", "{'name':'here'}");
    make_on_partner(w, "old", ",\"x-queue-type\":\"quorum\",\"x-quorum-initial-group-size\":1");
    assert_int_equal(broker_do(w, LF_VERB_UPDATE, "queue", OLD)->status, LF_END_OK);

    broker_partner_stop(w);
    await_state(w, "q", "online | length", "0");
    await_state(w, "old", "online | length", "0");
    expect(w, LF_VERB_READ, "queue", json, LF_END_CANNOT_TELL);
    expect(w, LF_VERB_RECOVER, "queue", json, LF_END_CANNOT_TELL);
    expect(w, LF_VERB_CREATE, "queue", json, LF_END_RETRY);
    expect(w, LF_VERB_UPDATE, "queue", json, LF_END_RETRY);
    expect_many(w, "queue", json, "{'name':'here'}", "{'name':'qq'}");
    expect(w, LF_VERB_DESTROY, "queue", OLD, LF_END_GONE);
    expect_waits(w, "later", "{'queue':'q','body':'later'}");

    broker_partner_start(w);
    await_state(w, "q", "leader != null", "true");
    expect(w, LF_VERB_READ, "queue", json, LF_END_OK);
    assert_string_equal(broker_receive(w, "q", "ack", 1, ".body"), "hello");
    expect(w, LF_VERB_READ, "queue", OLD, LF_END_GONE);
}

#define NOT_FOUND                                                                                            \
    "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"                  \
    "{\"error\":\"Object Not Found\",\"reason\":\"Not Found\"}"

/* Its node went down between the look and the request, and was back when the listing was asked. */
static void test_a_queue_that_is_listed_was_not_deleted(void **state)
{
    struct broker *w = *state;
    broker_made(w, "queue", ORDERS);
    mishap_next(w->m, "DELETE /api/queues/", 1, MISHAP_ANSWER, NOT_FOUND);
    expect(w, LF_VERB_DESTROY, "queue", ORDERS, LF_END_RETRY);
    expect(w, LF_VERB_READ, "queue", ORDERS, LF_END_OK);
    mishap_next(w->m, "GET /api/queues/", 1, MISHAP_ANSWER, NOT_FOUND);
    expect(w, LF_VERB_READ, "queue", ORDERS, LF_END_CANNOT_TELL);
    mishap_next(w->m, "GET /api/queues/", 1, MISHAP_ANSWER, NOT_FOUND);
    expect(w, LF_VERB_DESTROY, "queue", ORDERS, LF_END_RETRY);
    expect(w, LF_VERB_DESTROY, "queue", ORDERS, LF_END_GONE);
    assert_string_equal(broker_ask(w, "/policies/*", "length"), "0");
}

#define OK_REPLY(body) "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" body

/* Where a node comes up its queues are there before their bindings are. */
static void test_a_binding_that_its_node_has_not_yet_is_not_gone(void **state)
{
    struct broker *w = *state;
    struct arena *mem = bench_arena(w->b);
    const char *coming = arena_print(
        mem, OK_REPLY("[{\"name\":\"%s\",\"cluster_state\":{\"rabbit%d@localhost\":\"stopped\"}}]"), w->vhost,
        w->amqp_port);
    broker_made(w, "queue", ORDERS);
    broker_made(w, "topic", "{'name':'events'}");
    broker_made(w, "subscription", BOUND);
    const uint32_t verbs[] = {LF_VERB_READ, LF_VERB_RECOVER, LF_VERB_DESTROY};
    for (size_t v = 0; v < 3; v++) {
        mishap_next(w->m, "GET /api/bindings/", 1, MISHAP_ANSWER, OK_REPLY("[]"));
        mishap_next(w->m, "GET /api/vhosts", 1, MISHAP_ANSWER, coming);
        expect(w, verbs[v], "subscription", BOUND, v < 2 ? LF_END_CANNOT_TELL : LF_END_RETRY);
    }
    mishap_next(w->m, "DELETE /api/bindings/", 1, MISHAP_ANSWER, NOT_FOUND);
    mishap_next(w->m, "GET /api/vhosts", 1, MISHAP_ANSWER, coming);
    expect(w, LF_VERB_DESTROY, "subscription", BOUND, LF_END_RETRY);
    mishap_next(w->m, "GET /api/vhosts", 1, MISHAP_ANSWER, coming);
    expect(w, LF_VERB_OWNED, "subscription", "{}", LF_END_CANNOT_TELL);
    /* It has them as soon as it says that it is up, so that they are looked for again. */
    mishap_next(w->m, "GET /api/bindings/", 1, MISHAP_ANSWER, OK_REPLY("[]"));
    expect(w, LF_VERB_READ, "subscription", BOUND, LF_END_OK);
    const struct op_item item = {.verb = LF_VERB_READ, .prior = bench_value(w->b, BOUND)};
    const struct op_item both[] = {item, item};
    mishap_next(w->m, "GET /api/bindings/", 1, MISHAP_ANSWER, OK_REPLY("[]"));
    assert_int_equal(bench_run_many(w->b, "subscription", both, 2)[1].status, LF_END_OK);
    size_t found = 0;
    mishap_next(w->m, "GET /api/bindings", 1, MISHAP_ANSWER, OK_REPLY("[]"));
    expect(w, LF_VERB_OWNED, "subscription", "{}", LF_END_OK);
    (void)bench_found(w->b, &found);
    assert_int_equal(found, 1);
    expect(w, LF_VERB_DESTROY, "subscription", BOUND, LF_END_GONE);
    expect(w, LF_VERB_READ, "subscription", BOUND, LF_END_GONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

static const struct CMUnitTest tests[] = {
    TEST(test_a_queue_and_its_bindings_are_not_gone_with_their_node),
    TEST(test_a_quorum_queue_whose_node_is_down_is_not_damaged),
    TEST(test_a_queue_that_is_listed_was_not_deleted),
    TEST(test_a_binding_that_its_node_has_not_yet_is_not_gone),
};

int main(void)
{
    int missing = broker_missing();
    if (missing)
        return missing;
    broker_start(&broker);
    broker_partner_start(&broker);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    broker_stop(&broker);
    return failed;
}
