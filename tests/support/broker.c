#include "broker.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "server.h"

#define SCRIPT  TESTS_FOLDER "/servers/rabbitmq"
#define CLIENT  TESTS_FOLDER "/servers/rabbitmq_client"
#define OUT_MAX ((size_t)1 << 20)
#define LOGIN   "landfall:landfall-secret"

int broker_missing(void)
{
    static const char *const programs[] = {"/usr/lib/rabbitmq/bin/rabbitmq-server", "epmd", "curl", "jq",
                                           NULL};
    int missing = server_missing(programs, "rabbitmq-server curl jq");
    char out[256];
    if (missing || server_try(out, sizeof(out), "/usr/bin/python3 -c 'import pika' 2>&1") == 0)
        return missing;
    static const char *const pika[] = {"python3-pika", NULL}; /* no program: says what is missing */
    return server_missing(pika, "python3-pika");
}

void broker_restart(struct broker *w)
{
    char out[4096];
    server_run(out, sizeof(out), SCRIPT " start %s %d %d %d %d 2>&1", w->folder, w->amqp_port, w->api_port,
               w->more_ports[0], w->more_ports[1]);
}

/* A broker opens its ports seconds after they were chosen, so they come from below those that every
 * connection on this machine may be given meanwhile. */
#define PORTS_FROM 12000
#define PORTS      20000

static int quiet_port(void)
{
    static int next = -1;
    if (next < 0)
        next = (int)getpid() * 7 % PORTS;
    for (int tries = 0; tries < PORTS; tries++) {
        struct sockaddr_in at = {.sin_family = AF_INET};
        next = (next + 1) % PORTS;
        at.sin_port = htons((uint16_t)(PORTS_FROM + next));
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        bool good = fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
        close(fd);
        if (good)
            return PORTS_FROM + next;
    }
    fail_msg("no free port");
    return 0;
}

void broker_start(struct broker *w)
{
    *w = (struct broker){0};
    (void)snprintf(w->folder, sizeof(w->folder), "/tmp/landfall-broker-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    w->amqp_port = quiet_port();
    w->api_port = quiet_port();
    w->more_ports[0] = quiet_port();
    w->more_ports[1] = quiet_port();
    broker_restart(w);
}

void broker_crash(struct broker *w)
{
    char out[4096];
    server_run(out, sizeof(out), SCRIPT " crash %s 2>&1", w->folder);
}

void broker_partner_start(struct broker *w)
{
    char out[4096];
    if (!*w->partner) {
        (void)snprintf(w->partner, sizeof(w->partner), "%s-2", w->folder);
        for (size_t i = 0; i < 3; i++)
            w->partner_ports[i] = quiet_port();
    }
    server_run(out, sizeof(out), SCRIPT " join %s %s %d %d %d 2>&1", w->partner, w->folder,
               w->partner_ports[0], w->partner_ports[1], w->partner_ports[2]);
}

void broker_partner_stop(struct broker *w)
{
    char out[4096];
    server_run(out, sizeof(out), SCRIPT " stop %s 2>&1", w->partner);
}

void broker_stop(struct broker *w)
{
    char out[4096];
    if (*w->partner)
        server_run(out, sizeof(out), SCRIPT " stop %s 2>&1 && rm -r %s 2>&1", w->partner, w->partner);
    server_run(out, sizeof(out), SCRIPT " stop %s 2>&1 && rm -r %s 2>&1", w->folder, w->folder);
}

void broker_open(struct broker *w, const char *settings)
{
    char json[1024];
    (void)snprintf(w->vhost, sizeof(w->vhost), "t%d", ++w->tests);
    w->m = mishap_open(w->api_port);
    (void)snprintf(json, sizeof(json),
                   "{'url':'http://127.0.0.1:%d','user':'landfall','vhost':'%s','place':'here',"
                   "'password':{'$secret':{'source':'test:landfall-secret'}}%s}",
                   mishap_port(w->m), w->vhost, settings);
    w->b = bench_open(PLUGINS_FOLDER "/queue-rabbitmq.so", json);
    assert_int_equal(broker_send(w, "PUT", "/vhosts/*", "{}"), 201);
}

void broker_close(struct broker *w)
{
    size_t breaches = 0;
    (void)bench_breaches(w->b, &breaches);
    assert_int_equal(breaches, 0);
    mishap_close(w->m);
    assert_int_equal(broker_send(w, "DELETE", "/vhosts/*", NULL), 204);
    bench_close(w->b);
}

/* ---- the judges --------------------------------------------------------------------------------------- */

/* `text` quoted for a shell; in a path with the vhost for each '*'. */
static const char *quote(struct broker *w, const char *text, bool is_path)
{
    struct arena *mem = bench_arena(w->b);
    char *out = arena_alloc(mem, strlen(text) * 32 + 3), *to = out;
    *to++ = '\'';
    for (; *text; text++) {
        const char *piece = is_path && *text == '*' ? w->vhost : *text == '\'' ? "'\\''" : NULL;
        if (piece)
            to = stpcpy(to, piece);
        else
            *to++ = *text;
    }
    *to++ = '\'';
    *to = '\0';
    return out;
}

static const char *chomp(char *out)
{
    size_t len = strlen(out);
    if (len > 0 && out[len - 1] == '\n')
        out[len - 1] = '\0';
    return out;
}

const char *broker_ask(struct broker *w, const char *path, const char *filter)
{
    char *out = arena_alloc(bench_arena(w->b), OUT_MAX);
    server_run(out, OUT_MAX, "curl -s -u " LOGIN " http://127.0.0.1:%d/api%s | jq -rc '%s'", w->api_port,
               quote(w, path, true), filter);
    return chomp(out);
}

void broker_await(struct broker *w, const char *path, const char *filter, const char *answer)
{
    const char *got = "";
    for (int tries = 0; tries < 600; tries++) {
        got = broker_ask(w, path, filter);
        if (strcmp(got, answer) == 0)
            return;
        usleep(100000);
    }
    assert_string_equal(got, answer);
}

int broker_send(struct broker *w, const char *method, const char *path, const char *body)
{
    char out[64];
    server_run(out, sizeof(out),
               "curl -s -o /dev/null -w '%%{http_code}' -X %s -u " LOGIN
               " -H 'Content-Type: application/json' %s %s http://127.0.0.1:%d/api%s",
               method, body ? "-d" : "", body ? quote(w, body, false) : "", w->api_port,
               quote(w, path, true));
    return (int)strtol(out, NULL, 10);
}

const char *broker_receive(struct broker *w, const char *queue, const char *how, int count,
                           const char *filter)
{
    char *out = arena_alloc(bench_arena(w->b), OUT_MAX);
    server_run(out, OUT_MAX, CLIENT " amqp://" LOGIN "@127.0.0.1:%d/%s %s %s %d | jq -rc '%s'", w->amqp_port,
               w->vhost, queue, how, count, filter);
    return chomp(out);
}

/* ---- verbs -------------------------------------------------------------------------------------------- */

const struct op_result *broker_do_as(struct broker *w, const char *marker, uint32_t verb, const char *type,
                                     const char *json)
{
    struct op_item item = {.verb = verb, .marker = marker, .address = "queue.step.one"};
    const struct value *v = bench_value(w->b, json);
    if (verb == LF_VERB_DESTROY || verb == LF_VERB_READ)
        item.prior = v;
    else
        item.desired = v;
    const struct op_result *r = bench_run(w->b, type, item);
    if (r->broke)
        fail_msg("%s %s: %s", type, json, r->broke);
    return r;
}

const struct op_result *broker_do(struct broker *w, uint32_t verb, const char *type, const char *json)
{
    return broker_do_as(w, BROKER_MARKER, verb, type, json);
}

const struct op_result *broker_made(struct broker *w, const char *type, const char *json)
{
    const struct op_result *r = broker_do(w, LF_VERB_CREATE, type, json);
    size_t count = 0;
    const struct diag *notes = bench_notes(w->b, &count);
    if (r->status != LF_END_OK)
        fail_msg("%s %s ended as %u: %s", type, json, r->status, count ? notes[0].summary : "without a note");
    return r;
}

void broker_refused(struct broker *w, uint32_t verb, const char *type, const char *json, const char *code)
{
    const struct op_result *r = broker_do(w, verb, type, json);
    if (r->status != LF_END_REFUSED || !bench_has_note(w->b, code)) {
        size_t count = 0;
        const struct diag *notes = bench_notes(w->b, &count);
        fail_msg("%s ended as %u with %s, not with %s", json, r->status, count ? notes[0].code : "no note",
                 code);
    }
}

const struct op_result *broker_call_again(struct broker *w, uint32_t verb, const char *token,
                                          const char *json, const struct value *saved)
{
    struct op_item item = {.verb = verb, .token = token, .args = bench_value(w->b, json), .saved = saved};
    return bench_call(w->b, "send", item);
}

const struct op_result *broker_call(struct broker *w, uint32_t verb, const char *token, const char *json)
{
    return broker_call_again(w, verb, token, json, NULL);
}

const struct value *broker_saved(const struct broker *w)
{
    size_t count = 0;
    const struct bench_save *saves = bench_saves(w->b, &count);
    return count ? saves[count - 1].progress : NULL;
}
