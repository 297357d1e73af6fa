#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "broker.h"
#include "server.h"

/* landfall itself, killed while it sends a message through RabbitMQ, and the broker forgets the ledger before
 * landfall comes back. */

static struct broker broker;
static char project[64];

static int enter(void **state)
{
    char out[4096];
    broker_open(&broker, "");
    *state = &broker;
    (void)snprintf(project, sizeof(project), "./landfall-killed-XXXXXX");
    assert_non_null(mkdtemp(project));
    server_run(out, sizeof(out),
               "cp -r " TESTS_FOLDER "/contract/queue-rabbitmq-killed/. %s && "
               "sed -i 's,PORT,%d,; s,VHOST,%s,' %s/regions/eu.yaml",
               project, mishap_port(broker.m), broker.vhost, project);
    return 0;
}

static int leave(void **state)
{
    char out[4096];
    broker_close(*state);
    server_run(out, sizeof(out), "rm -r %s", project);
    return 0;
}

/* ---- landfall -------------------------------------------------------------------------------------------
 */

/* Builds until its next request of that kind, which is never answered, and is killed then. */
static void build_until(struct broker *w, const char *request)
{
    mishap_forget(w->m);
    mishap_next(w->m, request, 1, MISHAP_SILENT, NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (chdir(project) == 0 && setenv("RABBITMQ_PASSWORD", "landfall-secret", 1) == 0)
            execl("/bin/sh", "sh", "-c", "exec " LANDFALL_PROGRAM " apply eu --yes >said 2>&1", (char *)NULL);
        _exit(127);
    }
    int status = 0;
    while (mishap_count(w->m, request) == 0) {
        if (waitpid(pid, &status, WNOHANG) != 0)
            fail_msg("the build ended with %x before it could be killed: see %s/said", (unsigned)status,
                     project);
        usleep(10000);
    }
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    mishap_forget(w->m);
}

static int resume(char *out, size_t room)
{
    return server_try(out, room,
                      "cd %s && RABBITMQ_PASSWORD=landfall-secret " LANDFALL_PROGRAM " resume eu --yes 2>&1",
                      project);
}

static void resumes(void)
{
    char out[16384];
    int end = resume(out, sizeof(out));
    if (end != 0)
        fail_msg("resume ends with %d: %s", end, out);
}

/* It sends nothing, and says what to look for. */
static void asks(struct broker *w, const char *token)
{
    char out[16384];
    mishap_forget(w->m);
    assert_int_equal(resume(out, sizeof(out)), 3);
    if (!strstr(out, "queue.ledger_lost") || !strstr(out, token))
        fail_msg("%s", out);
    assert_int_equal(mishap_count(w->m, "POST /api/exchanges/"), 0);
    assert_int_equal(mishap_count(w->m, "PUT "), 0);
}

/* ---- the broker -----------------------------------------------------------------------------------------
 */

static const char *token_of(struct broker *w)
{
    const char *name = broker_ask(w, "/queues/*", ".[].name | select(startswith(\"landfall.sent.\"))");
    return name + strlen("landfall.sent.");
}

static const char *ledger(struct broker *w, const char *token)
{
    return arena_print(bench_arena(w->b), "/queues/*/landfall.sent.%s", token);
}

static void lose_ledger(struct broker *w, const char *token)
{
    assert_int_equal(broker_send(w, "DELETE", ledger(w, token), NULL), 204);
}

/* The request of the dead landfall lands, or a person's. */
static void put_message(struct broker *w, const char *queue, const char *token)
{
    const char *json =
        arena_print(bench_arena(w->b),
                    "{\"routing_key\":\"%s\",\"payload\":\"hello\",\"payload_encoding\":\"string\","
                    "\"properties\":{\"message_id\":\"%s\"}}",
                    queue, token);
    assert_int_equal(broker_send(w, "POST", "/exchanges/*/amq.default/publish", json), 200);
}

static void one_message(struct broker *w)
{
    char out[1024];
    assert_string_equal(broker_receive(w, "orders", "ack", 1, ".body"), "hello");
    assert_int_equal(server_try(out, sizeof(out),
                                TESTS_FOLDER
                                "/servers/rabbitmq_client amqp://landfall:landfall-secret@127.0.0.1:%d/%s "
                                "orders ack 1",
                                w->amqp_port, w->vhost),
                     1);
}

#define PUBLISH "POST /api/exchanges/"

/* ---- the stories ----------------------------------------------------------------------------------------
 */

static void test_what_was_sent_and_forgotten_is_not_sent_again(void **state)
{
    struct broker *w = *state;
    build_until(w, PUBLISH);
    const char *token = token_of(w);
    put_message(w, "orders", token);
    lose_ledger(w, token);
    asks(w, token);
    asks(w, token);
    /* A person finds it. */
    assert_int_equal(broker_send(w, "PUT", ledger(w, token), "{\"durable\":true}"), 201);
    put_message(w, arena_print(bench_arena(w->b), "landfall.sent.%s", token), token);
    resumes();
    one_message(w);
}

static void test_what_was_not_sent_goes_once_a_person_has_looked(void **state)
{
    struct broker *w = *state;
    build_until(w, PUBLISH);
    const char *token = token_of(w);
    lose_ledger(w, token);
    asks(w, token);
    assert_int_equal(broker_send(w, "PUT", ledger(w, token), "{\"durable\":true}"), 201);
    resumes();
    one_message(w);
}

static void test_a_ledger_that_is_kept_needs_nobody(void **state)
{
    struct broker *w = *state;
    build_until(w, PUBLISH);
    resumes();
    one_message(w);
}

/* Nothing was saved, so nothing can have been sent. */
static void test_killed_before_the_ledger_is_there_needs_nobody(void **state)
{
    struct broker *w = *state;
    build_until(w, arena_print(bench_arena(w->b), "PUT /api/queues/%s/landfall.sent.", w->vhost));
    resumes();
    one_message(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

static const struct CMUnitTest tests[] = {
    TEST(test_what_was_sent_and_forgotten_is_not_sent_again),
    TEST(test_what_was_not_sent_goes_once_a_person_has_looked),
    TEST(test_a_ledger_that_is_kept_needs_nobody),
    TEST(test_killed_before_the_ledger_is_there_needs_nobody),
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
