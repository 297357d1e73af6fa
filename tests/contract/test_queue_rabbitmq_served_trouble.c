#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "broker.h"
#include "model/value.h"
#include "server.h"

/* What queue-rabbitmq refuses, what can go wrong on the way to a broker, and what is seen before anything is
 * approved. */

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

/* ---- refusals ----------------------------------------------------------------------------------------- */

#define EIGHTY_ONE "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhhi"

static void test_what_cannot_be_is_refused_when_planned_and_when_made(void **state)
{
    struct broker *w = *state;
    static const char *const cases[][3] = {
        {"queue", "{'name':'q','max_receives':3}", "queue.half_dead_letter"},
        {"queue", "{'name':'q','dead_letter':'d'}", "queue.half_dead_letter"},
        {"queue", "{'name':'q','dead_letter':'q','max_receives':2}", "queue.dead_letter_loop"},
        {"queue", "{'name':'q','dead_letter':'eu/d','max_receives':2}", "queue.bad_dead_letter"},
        {"queue", "{'name':'q','dead_letter':'d','max_receives':2,'options':{'type':'classic'}}",
         "queue.needs_quorum"},
        {"queue", "{'name':'q','visibility_timeout_s':43201}", "queue.out_of_range"},
        {"queue", "{'name':'q','retention_s':59}", "queue.out_of_range"},
        {"queue", "{'name':'amq.q'}", "queue.bad_name"},
        {"queue", "{'name':'landfall.sent.t'}", "queue.bad_name"},
        {"queue", "{'name':''}", "queue.bad_name"},
        {"queue", "{'name':'..'}", "queue.bad_name"},
        {"queue", "{'name':'a\\nb'}", "queue.bad_name"},
        {"queue", "{'name':'" EIGHTY_ONE "'}", "queue.bad_name"},
        {"queue", "{'name':'q','options':{'shiny':true}}", "queue.unknown_option"},
        {"queue", "{'name':'q','options':{'type':'stream'}}", "queue.bad_option"},
        {"queue", "{'name':'q','options':{'max_length':0}}", "queue.bad_option"},
        {"topic", "{'name':'amq.t'}", "queue.bad_name"},
        {"topic", "{'name':'t','options':{'type':'x-random'}}", "queue.bad_option"},
        {"namespace", "{'name':'.'}", "queue.bad_name"},
        {"namespace", "{'name':'n','options':{'shiny':true}}", "queue.unknown_option"},
        {"subscription", "{'topic':'t','queue':'a','filter':{'kind':[]}}", "queue.bad_filter"},
        {"subscription", "{'topic':'t','queue':'a','filter':{'x-kind':1}}", "queue.bad_filter"},
        {"subscription", "{'topic':'t','queue':'a','filter':{'it is':1}}", "queue.bad_filter"},
        {"subscription", "{'topic':'t','queue':'a','filter':{'k':{'deep':1}}}", "queue.bad_filter"},
        {"subscription", "{'topic':'t','queue':'eu/a'}", "queue.bad_reference"},
        {"subscription", "{'topic':'t','queue':'a/b/c'}", "queue.bad_reference"},
        {"subscription",
         "{'topic':'t','queue':'a','filter':{'a':[1,2,3,4,5,6,7,8,9,10],'b':[1,2,3,4,5,6,7,8,9,10,11]}}",
         "queue.bad_filter"},
        {"policy", "{'name':'p','pattern':'x','apply_to':'all of it','definition':{'max-length':1}}",
         "queue.bad_policy"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        broker_refused(w, LF_VERB_PLAN, cases[i][0], cases[i][1], cases[i][2]);
        broker_refused(w, LF_VERB_CREATE, cases[i][0], cases[i][1], cases[i][2]);
    }
    assert_int_equal(mishap_count(w->m, "PUT") + mishap_count(w->m, "POST"), 0);
}

static void test_what_an_object_needs_must_be_there(void **state)
{
    struct broker *w = *state;
    broker_made(w, "queue", "{'name':'a'}");
    broker_refused(w, LF_VERB_CREATE, "queue", "{'name':'q','namespace':'nowhere'}", "queue.no_namespace");
    broker_refused(w, LF_VERB_CREATE, "topic", "{'name':'t','namespace':'nowhere'}", "queue.no_namespace");
    broker_refused(w, LF_VERB_CREATE, "policy",
                   "{'name':'p','namespace':'nowhere','pattern':'x','definition':{'max-length':1}}",
                   "queue.no_namespace");
    broker_refused(w, LF_VERB_CREATE, "queue", "{'name':'q','dead_letter':'d','max_receives':2}",
                   "queue.no_dead_letter");
    broker_refused(w, LF_VERB_CREATE, "subscription", "{'topic':'t','queue':'a'}", "queue.no_topic");
    broker_made(w, "topic", "{'name':'t'}");
    broker_refused(w, LF_VERB_CREATE, "subscription", "{'topic':'t','queue':'b'}", "queue.no_queue");
    assert_string_equal(broker_ask(w, "/queues/*", "map(.name)"), "[\"a\"]");
}

/* ---- a bad way to the broker -------------------------------------------------------------------------- */

static void test_a_create_in_doubt_is_settled_by_looking(void **state)
{
    struct broker *w = *state;
    static const char *const requests[] = {"PUT /api/queues", "PUT /api/policies"};
    for (size_t i = 0; i < 2; i++) {
        const char *json = arena_print(bench_arena(w->b), "{'name':'q%zu','retention_s':60}", i);
        mishap_next(w->m, requests[i], 1, MISHAP_LOSE_REPLY, NULL);
        assert_int_equal(broker_do(w, LF_VERB_CREATE, "queue", json)->status, LF_END_UNSURE);
        const struct op_result *r = broker_do(w, LF_VERB_RECOVER, "queue", json);
        assert_int_equal(r->status, LF_END_OK);
        assert_string_equal(r->marker, BROKER_MARKER);
        broker_made(w, "queue", json);
    }
    mishap_next(w->m, "PUT /api/queues", 1, MISHAP_RESET, NULL);
    assert_int_equal(broker_do(w, LF_VERB_CREATE, "queue", "{'name':'never'}")->status, LF_END_UNSURE);
    assert_int_equal(broker_do(w, LF_VERB_RECOVER, "queue", "{'name':'never'}")->status, LF_END_GONE);
    assert_string_equal(broker_ask(w, "/queues/*", "map(.name) | sort"), "[\"q0\",\"q1\"]");
}

/* The dead landfall's queue lands late: it is found as ours, and there is one. */
static void test_a_late_create_is_one_object(void **state)
{
    struct broker *w = *state;
    mishap_next(w->m, "PUT /api/queues", 1, MISHAP_LATE, NULL);
    assert_int_equal(broker_do(w, LF_VERB_CREATE, "queue", "{'name':'q'}")->status, LF_END_UNSURE);
    assert_true(mishap_is_quiet(w->m));
    assert_int_equal(broker_do(w, LF_VERB_RECOVER, "queue", "{'name':'q'}")->status, LF_END_OK);
    broker_made(w, "queue", "{'name':'q'}");
    assert_string_equal(broker_ask(w, "/queues/*", "length"), "1");
}

#define REPLY(head, type, body)                                                                              \
    "HTTP/1.1 " head "\r\nContent-Type: " type "\r\nConnection: close\r\n\r\n" body
#define JSON "application/json"

static void test_each_kind_of_trouble_is_what_it_is(void **state)
{
    struct broker *w = *state;
    static const struct {
        const char *request;
        enum mishap_kind kind;
        const char *text;
        uint32_t status;
        const char *code;
    } cases[] = {
        /* as long as only questions were asked nothing has happened */
        {"GET", MISHAP_ANSWER, REPLY("503 Service Unavailable", "text/plain", "booting"), LF_END_RETRY,
         "rabbitmq.trouble"},
        {"GET", MISHAP_RESET, NULL, LF_END_RETRY, "rabbitmq.no_reply"},
        {"GET", MISHAP_CUT, NULL, LF_END_RETRY, "rabbitmq.no_reply"},
        {"GET", MISHAP_ANSWER, REPLY("404 Not Found", "text/html", "<h1>proxy</h1>"), LF_END_REFUSED,
         "rabbitmq.refused"},
        {"GET", MISHAP_ANSWER, REPLY("200 OK", "text/html", "<h1>login</h1>"), LF_END_REFUSED,
         "rabbitmq.unreadable"},
        {"GET", MISHAP_ANSWER, REPLY("302 Found", "text/html", ""), LF_END_REFUSED, "rabbitmq.refused"},
        /* afterwards it may have */
        {"PUT", MISHAP_ANSWER, REPLY("503 Service Unavailable", "text/plain", "busy"), LF_END_UNSURE,
         "rabbitmq.trouble"},
        {"PUT", MISHAP_AFTER, REPLY("500 Oops", "text/plain", "crashed"), LF_END_UNSURE, "rabbitmq.trouble"},
        {"PUT", MISHAP_CUT, NULL, LF_END_OK, NULL}, /* an empty reply has no second half */
        {"PUT", MISHAP_RESET, NULL, LF_END_UNSURE, "rabbitmq.no_reply"},
        {"PUT", MISHAP_ANSWER, REPLY("429 Too Many", "text/plain", "slower\r\n"), LF_END_RETRY,
         "rabbitmq.throttled"},
        {"PUT", MISHAP_ANSWER,
         REPLY("401 Unauthorized", JSON, "{\"error\":\"not_authorised\",\"reason\":\"Access refused.\"}"),
         LF_END_REFUSED, "rabbitmq.forbidden"},
        {"PUT", MISHAP_ANSWER,
         REPLY("401 Unauthorized", JSON, "{\"error\":\"not_authorized\",\"reason\":\"Login failed\"}"),
         LF_END_REFUSED, "rabbitmq.credentials"},
        {"PUT", MISHAP_ANSWER,
         REPLY("400 Bad Request", JSON,
               "{\"error\":\"bad_request\",\"reason\":\"inequivalent arg 'x' for queue\"}"),
         LF_END_REFUSED, "rabbitmq.refused"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i].kind == MISHAP_CUT && !cases[i].code)
            continue;
        mishap_forget(w->m);
        mishap_next(w->m, cases[i].request, 1, cases[i].kind, cases[i].text);
        const char *json = arena_print(bench_arena(w->b), "{'name':'q%zu'}", i);
        uint32_t status = broker_do(w, LF_VERB_CREATE, "queue", json)->status;
        if (status != cases[i].status || !bench_has_note(w->b, cases[i].code)) {
            size_t count = 0;
            const struct diag *notes = bench_notes(w->b, &count);
            fail_msg("case %zu: %s ended as %u with %s", i, cases[i].request, status,
                     count ? notes[0].code : "no note");
        }
    }
}

/* A queue without its policy, and RabbitMQ says no to the policy: what is there is not forgotten. */
static void test_a_create_that_is_refused_half_way_is_kept_as_damaged(void **state)
{
    struct broker *w = *state;
    mishap_next(w->m, "PUT /api/policies", 1, MISHAP_ANSWER,
                REPLY("400 Bad Request", JSON, "{\"error\":\"bad_request\",\"reason\":\"no such key\"}"));
    const struct op_result *r = broker_do(w, LF_VERB_CREATE, "queue", "{'name':'q'}");
    assert_int_equal(r->status, LF_END_DAMAGED);
    assert_string_equal(r->id, "q");
    assert_string_equal(r->marker, BROKER_MARKER);
    assert_true(bench_has_note(w->b, "rabbitmq.refused"));
    assert_int_equal(broker_do(w, LF_VERB_DESTROY, "queue", "{'name':'q'}")->status, LF_END_GONE);
}

static void test_no_answer_is_never_gone(void **state)
{
    struct broker *w = *state;
    const uint32_t verbs[] = {LF_VERB_READ, LF_VERB_RECOVER, LF_VERB_FIND, LF_VERB_OWNED};
    static const enum mishap_kind kinds[] = {MISHAP_RESET, MISHAP_CUT, MISHAP_GIANT, MISHAP_SILENT};
    broker_made(w, "queue", "{'name':'q'}");
    for (size_t v = 0; v < 4; v++)
        for (size_t k = 0; k < 4; k++) {
            if (kinds[k] == MISHAP_GIANT && v > 0)
                continue; /* 64 MiB take their time */
            bench_timeout(w->b, kinds[k] == MISHAP_SILENT ? 300 : 0);
            mishap_next(w->m, "GET", 1, kinds[k], NULL);
            assert_int_equal(broker_do(w, verbs[v], "queue", "{'name':'q'}")->status, LF_END_CANNOT_TELL);
            mishap_forget(w->m);
        }
    bench_timeout(w->b, 0);
    assert_int_equal(broker_do(w, LF_VERB_READ, "queue", "{'name':'q'}")->status, LF_END_OK);
}

/* RabbitMQ stops in the middle when the client is gone.  Clients that go at any moment, until one leaves what
 * `filter` finds; its name. */
static const char *cut_off(struct broker *w, const char *path, const char *body, const char *listing,
                           const char *filter)
{
    const char *found = "null";
    for (int i = 0; i < 300 && strcmp(found, "null") == 0; i++) {
        char out[64];
        (void)server_try(out, sizeof(out),
                         "curl -s -m 0.%03d -X PUT -u landfall:landfall-secret -H 'Content-Type: "
                         "application/json' -d '%s' "
                         "http://127.0.0.1:%d/api%s%d",
                         i % 40 + 1, body, w->api_port, path, i);
        found = broker_ask(w, listing, filter);
    }
    assert_string_not_equal(found, "null");
    return found;
}

/* The broker's statistics of a queue are seconds old: those of one whose deletion was cut off contradict it.
 */
static void test_a_quorum_queue_whose_deletion_was_cut_off_can_be_read(void **state)
{
    enum { QUEUES = 24, ROUNDS = 5 };
    struct broker *w = *state;
    char json[64], out[64];
    int unfinished = 0;
    for (int round = 0; round < ROUNDS && unfinished == 0; round++) {
        for (int i = 0; i < QUEUES; i++) {
            (void)snprintf(json, sizeof(json), "{'name':'q%d','options':{'type':'quorum'}}", i);
            broker_made(w, "queue", json);
        }
        sleep(6); /* the first statistics come after five seconds */
        for (int i = 0; i < QUEUES; i++)
            (void)server_try(out, sizeof(out),
                             "curl -s -m 0.%03d -X DELETE -u landfall:landfall-secret "
                             "http://127.0.0.1:%d/api/queues/%s/q%d",
                             i / 2 + 1 + round, w->api_port, w->vhost, i);
        for (int i = 0; i < QUEUES; i++) {
            (void)snprintf(json, sizeof(json), "{'name':'q%d','options':{'type':'quorum'}}", i);
            uint32_t status = broker_do(w, LF_VERB_READ, "queue", json)->status;
            assert_true(status == LF_END_OK || status == LF_END_GONE || status == LF_END_DAMAGED);
            unfinished += status == LF_END_DAMAGED;
            status = broker_do(w, LF_VERB_DESTROY, "queue", json)->status;
            assert_true(status == LF_END_OK || status == LF_END_GONE);
        }
    }
    assert_true(unfinished > 0);
}

/* RabbitMQ ignores declarations, with a 201, as long as it believes in a deletion whose client is dead. */
static void test_a_topic_whose_deletion_was_cut_off_can_be_made_again(void **state)
{
    struct broker *w = *state;
    char json[64], out[64], listing[] = "/parameters/exchange-delete-in-progress";
    const char *name = "null";
    for (int i = 0; i < 300 && strcmp(name, "null") == 0; i++) {
        (void)snprintf(json, sizeof(json), "{'name':'t%d'}", i);
        broker_made(w, "topic", json);
        (void)server_try(out, sizeof(out),
                         "curl -s -m 0.%03d -X DELETE -u landfall:landfall-secret "
                         "http://127.0.0.1:%d/api/exchanges/%s/t%d",
                         i % 20 + 1, w->api_port, w->vhost, i);
        usleep(20000);
        name = broker_ask(w, listing, "map(select(.vhost != \"/\"))[0].name");
    }
    assert_string_not_equal(name, "null");
    const char *again = arena_print(bench_arena(w->b), "{'name':'%s'}", name);
    broker_made(w, "topic", again);
    assert_int_equal(broker_do(w, LF_VERB_READ, "topic", again)->status, LF_END_OK);
}

static void test_a_quorum_queue_that_was_cut_off_is_made_anew(void **state)
{
    struct broker *w = *state;
    char path[64];
    (void)snprintf(path, sizeof(path), "/queues/%s/q", w->vhost);
    const char *name = cut_off(
        w, path,
        "{\"durable\":true,\"arguments\":{\"x-landfall-op\":\"lf1.mine\",\"x-queue-type\":\"quorum\"}}",
        "/queues/*", "map(select(.type == \"quorum\" and .online == []))[0].name");
    const char *json =
        arena_print(bench_arena(w->b), "{'name':'%s','max_receives':2,'dead_letter':'dead'}", name);
    broker_made(w, "queue", "{'name':'dead'}");
    assert_int_equal(broker_do(w, LF_VERB_READ, "queue", json)->status, LF_END_DAMAGED);
    assert_true(bench_has_note(w->b, "queue.unfinished"));
    const struct op_result *r = broker_do(w, LF_VERB_RECOVER, "queue", json);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, BROKER_MARKER);
    assert_null(value_get(r->state, "name"));
    r = broker_made(w, "queue", json);
    assert_string_equal(value_get_text(r->state, "name", ""), name);
    assert_int_equal(broker_do(w, LF_VERB_READ, "queue", json)->status, LF_END_OK);
    assert_int_equal(
        broker_call(w, LF_VERB_CALL, "t", arena_print(bench_arena(w->b), "{'queue':'%s','body':'x'}", name))
            ->status,
        LF_END_OK);
    assert_string_equal(broker_receive(w, name, "ack", 1, ".body"), "x");
}

/* Cut off a little later it has a member that waits for ever, and looks like any other: but it has no policy.
 */
static void test_a_quorum_queue_without_its_policy_is_not_trusted(void **state)
{
    struct broker *w = *state;
    const char *json = "{'name':'q','options':{'type':'quorum'}}";
    assert_int_equal(broker_send(w, "PUT", "/queues/*/q",
                                 "{\"durable\":true,\"arguments\":{\"x-landfall-op\":\"lf1.mine\","
                                 "\"x-queue-type\":\"quorum\"}}"),
                     201);
    broker_made(w, "queue", json);
    assert_int_equal(mishap_count(w->m, "DELETE /api/queues/"), 1);
    broker_made(w, "queue", json);
    assert_int_equal(mishap_count(w->m, "DELETE /api/queues/"), 1);
}

static void test_a_vhost_that_was_cut_off_is_made_anew(void **state)
{
    struct broker *w = *state;
    char out[4096];
    const char *name = cut_off(w, "/vhosts/cut", "{\"tags\":\"lf1.mine\"}", "/vhosts/?columns=name",
                               "map(select(.name | startswith(\"cut\")))[0].name");
    const char *missing = arena_print(bench_arena(w->b), "/permissions/%s/landfall", name);
    for (int i = 0; i < 300 && strcmp(broker_ask(w, missing, ".error"), "Object Not Found") != 0; i++) {
        server_run(out, sizeof(out),
                   "curl -s -X DELETE -u landfall:landfall-secret http://127.0.0.1:%d/api/vhosts/%s",
                   w->api_port, name);
        name = cut_off(w, "/vhosts/cut", "{\"tags\":\"lf1.mine\"}", "/vhosts/?columns=name",
                       "map(select(.name | startswith(\"cut\")))[0].name");
        missing = arena_print(bench_arena(w->b), "/permissions/%s/landfall", name);
    }
    const char *json = arena_print(bench_arena(w->b), "{'name':'%s'}", name);
    const struct op_result *r = broker_do(w, LF_VERB_RECOVER, "namespace", json);
    assert_int_equal(r->status, LF_END_OK);
    assert_null(value_get(r->state, "name"));
    broker_made(w, "namespace", json);
    r = broker_do(w, LF_VERB_RECOVER, "namespace", json);
    assert_string_equal(value_get_text(r->state, "name", ""), name);
    broker_made(w, "queue", arena_print(bench_arena(w->b), "{'name':'q','namespace':'%s'}", name));
    assert_string_equal(broker_ask(w, arena_print(bench_arena(w->b), "/exchanges/%s", name), "length"), "7");
    /* Somebody works in it: then it is not made anew, only permitted. */
    server_run(out, sizeof(out), "curl -sf -X DELETE -u landfall:landfall-secret http://127.0.0.1:%d/api%s",
               w->api_port, missing);
    broker_made(w, "namespace", json);
    assert_string_equal(broker_ask(w, missing, ".read"), ".*");
    assert_string_equal(broker_ask(w, arena_print(bench_arena(w->b), "/queues/%s", name), "map(.name)"),
                        "[\"q\"]");
    server_run(out, sizeof(out),
               "curl -sf -X DELETE -u landfall:landfall-secret http://127.0.0.1:%d/api/vhosts/%s",
               w->api_port, name);
}

/* ---- preflight ---------------------------------------------------------------------------------------- */

static uint32_t preflight(struct broker *w)
{
    return bench_run(w->b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT})->status;
}

/* With settings of its own, on the test's vhost unless they say otherwise. */
static uint32_t preflight_as(struct broker *w, const char *settings, const char *code)
{
    struct broker other = *w;
    other.b = bench_open(PLUGINS_FOLDER "/queue-rabbitmq.so", settings);
    uint32_t status = preflight(&other);
    bool has = bench_has_note(other.b, code);
    bench_close(other.b);
    if (!has)
        fail_msg("%s: no %s", settings, code);
    return status;
}

static const char *settings_of(struct broker *w, const char *user, const char *password, const char *vhost)
{
    return arena_print(bench_arena(w->b),
                       "{'url':'http://127.0.0.1:%d/','user':'%s','vhost':'%s','password':"
                       "{'$secret':{'source':'test:%s'}}}",
                       w->api_port, user, vhost, password);
}

static void test_preflight_says_who_may_not_do_what(void **state)
{
    struct broker *w = *state;
    assert_int_equal(preflight(w), LF_END_OK);
    assert_int_equal(
        preflight_as(w, settings_of(w, "landfall", "wrong-password", w->vhost), "rabbitmq.credentials"),
        LF_END_REFUSED);
    assert_int_equal(
        preflight_as(w, settings_of(w, "landfall", "landfall-secret", "nowhere"), "rabbitmq.no_vhost"),
        LF_END_REFUSED);
    assert_int_equal(broker_send(w, "PUT", "/users/low", "{\"password\":\"low-password\",\"tags\":\"\"}"),
                     201);
    const char *low = settings_of(w, "low", "low-password", w->vhost);
    assert_int_equal(preflight_as(w, low, "rabbitmq.forbidden"), LF_END_REFUSED);
    assert_int_equal(
        broker_send(w, "PUT", "/users/low", "{\"password\":\"low-password\",\"tags\":\"management\"}"), 204);
    assert_int_equal(preflight_as(w, low, "rabbitmq.not_allowed"), LF_END_REFUSED);
    assert_int_equal(
        broker_send(w, "PUT", "/users/low", "{\"password\":\"low-password\",\"tags\":\"policymaker\"}"), 204);
    assert_int_equal(preflight_as(w, low, "rabbitmq.no_vhost"), LF_END_REFUSED);
    assert_int_equal(broker_send(w, "PUT", "/permissions/*/low",
                                 "{\"configure\":\".*\",\"write\":\".*\",\"read\":\".*\"}"),
                     201);
    assert_int_equal(preflight_as(w, low, "rabbitmq.no_administrator"), LF_END_OK);
    assert_int_equal(
        broker_send(w, "PUT", "/users/low", "{\"password\":\"low-password\",\"tags\":\"administrator\"}"),
        204);
    assert_int_equal(
        broker_send(w, "PUT", "/permissions/*/low", "{\"configure\":\"\",\"write\":\".*\",\"read\":\".*\"}"),
        204);
    assert_int_equal(preflight_as(w, low, "rabbitmq.not_allowed"), LF_END_REFUSED);
    assert_int_equal(broker_send(w, "DELETE", "/users/low", NULL), 204);
}

/* What a policymaker may not do says so, and is not taken for a wrong password. */
static void test_a_missing_permission_is_told_as_one(void **state)
{
    struct broker *w = *state;
    assert_int_equal(
        broker_send(w, "PUT", "/users/low", "{\"password\":\"low-password\",\"tags\":\"policymaker\"}"), 201);
    assert_int_equal(broker_send(w, "PUT", "/permissions/*/low",
                                 "{\"configure\":\"^z\",\"write\":\"^z\",\"read\":\"^z\"}"),
                     201);
    struct broker other = *w;
    other.b =
        bench_open(PLUGINS_FOLDER "/queue-rabbitmq.so", settings_of(w, "low", "low-password", w->vhost));
    broker_made(&other, "queue", "{'name':'zq'}");
    broker_refused(&other, LF_VERB_CREATE, "queue", "{'name':'q'}", "rabbitmq.forbidden");
    broker_refused(&other, LF_VERB_CREATE, "namespace", "{'name':'n'}", "rabbitmq.forbidden");
    assert_int_equal(broker_call(&other, LF_VERB_CALL, "t", "{'queue':'zq','body':'x'}")->status,
                     LF_END_REFUSED);
    assert_true(bench_has_note(other.b, "rabbitmq.forbidden"));
    bench_close(other.b);
    assert_int_equal(broker_send(w, "DELETE", "/users/low", NULL), 204);
}

static void test_preflight_sees_an_old_broker_an_alarm_and_a_full_vhost(void **state)
{
    struct broker *w = *state;
    mishap_next(w->m, "GET /api/overview", 1, MISHAP_ANSWER,
                REPLY("200 OK", JSON, "{\"rabbitmq_version\":\"3.9.27\"}"));
    assert_int_equal(preflight(w), LF_END_REFUSED);
    assert_true(bench_has_note(w->b, "rabbitmq.old_version"));
    mishap_next(
        w->m, "GET /api/health", 1, MISHAP_ANSWER,
        REPLY("503 Unavailable", JSON, "{\"status\":\"failed\",\"reason\":\"There are alarms in effect\"}"));
    assert_int_equal(preflight(w), LF_END_REFUSED);
    assert_true(bench_has_note(w->b, "rabbitmq.alarm"));
    mishap_next(w->m, "GET /api/feature-flags", 1, MISHAP_ANSWER,
                REPLY("200 OK", JSON, "[{\"name\":\"quorum_queue\",\"state\":\"disabled\"}]"));
    assert_int_equal(preflight(w), LF_END_REFUSED);
    assert_true(bench_has_note(w->b, "rabbitmq.feature_off"));
    broker_made(w, "queue", "{'name':'a'}");
    assert_int_equal(broker_send(w, "PUT", "/vhost-limits/*/max-queues", "{\"value\":3}"), 204);
    assert_int_equal(preflight(w), LF_END_OK);
    assert_true(bench_has_note(w->b, "rabbitmq.room_left"));
    assert_int_equal(broker_send(w, "PUT", "/vhost-limits/*/max-queues", "{\"value\":1}"), 204);
    assert_int_equal(preflight(w), LF_END_REFUSED);
    assert_true(bench_has_note(w->b, "rabbitmq.no_room"));
}

static void test_preflight_knows_what_is_no_rabbitmq(void **state)
{
    struct broker *w = *state;
    mishap_next(w->m, "GET /api/whoami", 1, MISHAP_ANSWER, REPLY("200 OK", "text/html", "<h1>hello</h1>"));
    assert_int_equal(preflight(w), LF_END_REFUSED);
    assert_true(bench_has_note(w->b, "rabbitmq.not_rabbitmq"));
    mishap_next(w->m, "GET /api/whoami", 1, MISHAP_ANSWER,
                REPLY("404 Not Found", "text/html", "<h1>nothing</h1>"));
    assert_int_equal(preflight(w), LF_END_REFUSED);
    assert_true(bench_has_note(w->b, "rabbitmq.refused"));
    mishap_next(w->m, "GET /api/whoami", 1, MISHAP_ANSWER, REPLY("503 Unavailable", "text/plain", "booting"));
    assert_int_equal(preflight(w), LF_END_CANNOT_TELL);
    const char *nobody = arena_print(bench_arena(w->b),
                                     "{'url':'http://127.0.0.1:%d','user':'u','password':"
                                     "{'$secret':{'source':'test:landfall-secret'}}}",
                                     server_port());
    assert_int_equal(preflight_as(w, nobody, "rabbitmq.unreachable"), LF_END_RETRY);
    const char *tls = arena_print(bench_arena(w->b),
                                  "{'url':'https://127.0.0.1:%d','user':'u','password':"
                                  "{'$secret':{'source':'test:landfall-secret'}}}",
                                  w->api_port);
    assert_int_equal(preflight_as(w, tls, "rabbitmq.no_tls"), LF_END_RETRY);
}

#define PASSWORD "'password':{'$secret':{'source':'test:landfall-secret'}}"

static void test_bad_settings_are_refused_with_what_is_wrong(void **state)
{
    struct broker *w = *state;
    static const char *const cases[] = {
        "{'url':'127.0.0.1:15672','user':'u'," PASSWORD "}",
        "{'url':'ftp://127.0.0.1','user':'u'," PASSWORD "}",
        "{'url':'http://user:pw@127.0.0.1','user':'u'," PASSWORD "}",
        "{'url':'http://','user':'u'," PASSWORD "}",
        "{'url':'http://127.0.0.1','user':''," PASSWORD "}",
        "{'url':'http://127.0.0.1','user':'u'," PASSWORD ",'vhost':''}",
        "{'url':'http://127.0.0.1','user':'u'," PASSWORD ",'amqp':'127.0.0.1:5672'}",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench *b = NULL;
        struct err err;
        if (bench_try(PLUGINS_FOLDER "/queue-rabbitmq.so", cases[i], &b, &err))
            fail_msg("%s is taken", cases[i]);
        assert_string_equal(err.code, "plugin.cannot_open");
    }
    (void)w;
}

/* ---- what every driver must --------------------------------------------------------------------------- */

static void test_the_suite_for_every_driver_passes(void **state)
{
    struct broker *w = *state;
    char out[65536];
    server_run(out, sizeof(out),
               "sed 's,PORT,%d,; s,VHOST,%s,' " TESTS_FOLDER
               "/contract/queue-rabbitmq.yaml >%s/sheet.yaml && "
               "RABBITMQ_PASSWORD=landfall-secret " LANDFALL_PROGRAM " plugin test " PLUGINS_FOLDER
               "/queue-rabbitmq.so --settings %s/sheet.yaml 2>&1",
               w->api_port, w->vhost, w->folder, w->folder);
    assert_non_null(strstr(out, " 0 failed"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

static const struct CMUnitTest tests[] = {
    TEST(test_what_cannot_be_is_refused_when_planned_and_when_made),
    TEST(test_what_an_object_needs_must_be_there),
    TEST(test_a_create_in_doubt_is_settled_by_looking),
    TEST(test_a_late_create_is_one_object),
    TEST(test_each_kind_of_trouble_is_what_it_is),
    TEST(test_a_create_that_is_refused_half_way_is_kept_as_damaged),
    TEST(test_a_quorum_queue_whose_deletion_was_cut_off_can_be_read),
    TEST(test_a_topic_whose_deletion_was_cut_off_can_be_made_again),
    TEST(test_no_answer_is_never_gone),
    TEST(test_a_quorum_queue_that_was_cut_off_is_made_anew),
    TEST(test_a_quorum_queue_without_its_policy_is_not_trusted),
    TEST(test_a_vhost_that_was_cut_off_is_made_anew),
    TEST(test_preflight_says_who_may_not_do_what),
    TEST(test_a_missing_permission_is_told_as_one),
    TEST(test_preflight_sees_an_old_broker_an_alarm_and_a_full_vhost),
    TEST(test_preflight_knows_what_is_no_rabbitmq),
    TEST(test_bad_settings_are_refused_with_what_is_wrong),
    TEST(test_the_suite_for_every_driver_passes),
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
