#include "op_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/http.h"

/* ---- a server that gives one answer to each of `turns` connections ----------------------------------------
 */

struct server {
    int fd;
    uint16_t port;
    int turns;
    pthread_t thread;
    char request[4096];
};

static const char answer[] = "HTTP/1.1 201 Created\r\nX-Kind: good\r\nRetry-After: 2\r\nContent-Length: 4\r\n"
                             "Connection: close\r\n\r\nmade";

static void *serve(void *user)
{
    struct server *s = user;
    for (int i = 0; i < s->turns; i++) {
        int fd = accept(s->fd, NULL, NULL);
        size_t used = 0;
        ssize_t more;
        while ((more = recv(fd, s->request + used, sizeof(s->request) - used - 1, 0)) > 0) {
            used += (size_t)more;
            s->request[used] = '\0';
            const char *end = strstr(s->request, "\r\n\r\n");
            if (end && (!strstr(s->request, "Content-Length: 5") || strlen(end + 4) >= 5))
                break;
        }
        (void)!write(fd, answer, strlen(answer));
        close(fd);
    }
    return NULL;
}

static void server_start(struct server *s, int turns)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    memset(s, 0, sizeof(*s));
    s->turns = turns;
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(s->fd, 8), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &size), 0);
    s->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s)
{
    pthread_join(s->thread, NULL);
    close(s->fd);
}

/* ---- an operation that sends ------------------------------------------------------------------- */

struct sending {
    struct fixture f;
    struct http *http;
    struct lf_send ask;
    char url[64];
    int times;
};

static int start(void **state)
{
    struct sending *t = test_calloc(1, sizeof(*t));
    fixture_init(&t->f, loop_new());
    host_free(t->f.host);
    t->http = http_new(t->f.loop, (struct http_limits){0});
    t->f.host = host_new((struct host_parts){.loop = t->f.loop, .pools = t->f.pools, .http = t->http});
    t->f.driver.host = t->f.host;
    t->f.driver.self = t;
    t->ask = (struct lf_send){.struct_size = sizeof(t->ask), .method = "GET", .url = t->url};
    t->times = 1;
    *state = t;
    return 0;
}

static int stop(void **state)
{
    struct sending *t = *state;
    host_free(t->f.host);
    t->f.host = NULL;
    http_free(t->http);
    fixture_done(&t->f);
    test_free(t);
    return 0;
}

static void replied(struct lf_op *op, const struct lf_reply *reply, void *user)
{
    struct sending *t = user;
    const struct lf_http *http = host_table(t->f.host)->http;
    const char *kind = http->header(reply, "x-kind");
    bool came = http->sent(reply) == LF_SENT_REPLY;
    /* Over plain HTTP there is no certificate to tell of, and a reply on loopback takes no minute. */
    assert_int_equal(http->certificate_left_s(reply), -1);
    assert_true(http->took_ms(reply) < 60000);
    buf_print(&t->f.said, "sent%u:%u:%s:%s:%u ", http->sent(reply), http->status(reply), kind ? kind : "-",
              came ? http->body(reply, NULL) : "-", http->retry_after_ms(reply));
    if (--t->times == 0)
        fixture_finish(&t->f, op, LF_END_OK);
}

static void send_all(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct sending *t = self;
    (void)req;
    for (int i = t->times; i > 0; i--)
        host_table(t->f.host)->http->send(op, &t->ask, replied, t);
}

static void run(struct sending *t, uint32_t verb)
{
    t->f.raw.read = t->f.raw.create = send_all;
    fixture_start(&t->f, verb, 0);
    loop_run(t->f.loop);
}

static void test_a_reply_carries_status_header_body_and_patience(void **state)
{
    struct sending *t = *state;
    struct server s;
    server_start(&s, 1);
    snprintf(t->url, sizeof(t->url), "http://127.0.0.1:%u/zones", s.port);
    /* Headers of a newer, wider kind. */
    const struct {
        struct lf_header head;
        uint64_t weight;
    } headers[] = {{{"X-One", "1"}, 5}, {{"X-Two", "2"}, 6}};
    t->ask.method = "POST";
    t->ask.headers = &headers[0].head;
    t->ask.header_count = 2;
    t->ask.header_size = sizeof(headers[0]);
    t->ask.body = "hello, cut";
    t->ask.body_len = 5;
    t->ask.pool = "api";
    run(t, LF_VERB_CREATE);
    server_stop(&s);
    fixture_said(&t->f, "sent1:201:good:made:2000 item0=1 end ");
    assert_non_null(strstr(s.request, "POST /zones HTTP/1.1\r\n"));
    assert_non_null(strstr(s.request, "X-Two: 2\r\n"));
    assert_string_equal(strstr(s.request, "\r\n\r\n"), "\r\n\r\nhello");
}

static void test_many_requests_share_a_narrow_pool(void **state)
{
    struct sending *t = *state;
    struct server s;
    server_start(&s, 3);
    snprintf(t->url, sizeof(t->url), "http://127.0.0.1:%u/", s.port);
    pools_limit(t->f.pools, "api", (struct pool_limits){.width = 1});
    t->ask.pool = "api";
    t->times = 3;
    run(t, LF_VERB_READ);
    server_stop(&s);
    fixture_said(&t->f,
                 "sent1:201:good:made:2000 sent1:201:good:made:2000 sent1:201:good:made:2000 item0=1 end ");
    uint64_t waiting, running;
    pool_counts(t->f.pools, "api", &waiting, &running);
    assert_int_equal(waiting + running, 0);
}

static void test_nobody_listening_is_certainly_not_sent(void **state)
{
    struct sending *t = *state;
    snprintf(t->url, sizeof(t->url), "http://127.0.0.1:9/");
    run(t, LF_VERB_READ);
    fixture_said(&t->f, "sent2:0:-:-:0 item0=1 end ");
}

static void test_only_safe_requests_pass_the_gate_of_a_look(void **state)
{
    struct sending *t = *state;
    snprintf(t->url, sizeof(t->url), "http://127.0.0.1:9/");
    const char *const unsafe[] = {"POST", "PUT", "PATCH", "DELETE", "get", "TRACE"};
    for (size_t i = 0; i < 6; i++) {
        t->ask.method = unsafe[i];
        t->times = 1;
        run(t, LF_VERB_READ);
        fixture_said(&t->f, "note:plugin.broke_contract@toy.thing.a sent2:0:-:-:0 item0=1 end ");
    }
    t->ask.flags = LF_SEND_SAFE;
    t->ask.method = "DELETE"; /* whatever its sender says */
    t->times = 1;
    run(t, LF_VERB_READ);
    fixture_said(&t->f, "note:plugin.broke_contract@toy.thing.a sent2:0:-:-:0 item0=1 end ");
    const char *const safe[] = {"GET", "HEAD", "OPTIONS", "POST", "PUT"};
    for (size_t i = 0; i < 5; i++) {
        t->ask.method = safe[i];
        t->times = 1;
        run(t, LF_VERB_READ);
        fixture_said(&t->f, "sent2:0:-:-:0 item0=1 end ");
    }
}

static void test_an_unreadable_request_is_named_and_not_sent(void **state)
{
    struct sending *t = *state;
    t->ask.method = NULL;
    run(t, LF_VERB_CREATE);
    fixture_said(&t->f, "sent2:0:-:-:0 item0=1 end ");
    assert_string_equal(t->f.broke, "plugin toy-box sent a request without size, method or URL");
    t->ask.method = "GET";
    t->ask.header_count = 2;
    t->times = 1;
    run(t, LF_VERB_CREATE);
    assert_string_equal(t->f.broke, "plugin toy-box sent a request whose headers cannot be read");
}

static void test_without_http_nothing_is_sent(void **state)
{
    struct sending *t = *state;
    host_free(t->f.host);
    t->f.host = host_new((struct host_parts){.loop = t->f.loop, .pools = t->f.pools});
    t->f.driver.host = t->f.host;
    snprintf(t->url, sizeof(t->url), "http://127.0.0.1:9/");
    run(t, LF_VERB_CREATE);
    fixture_said(&t->f, "sent2:0:-:-:0 item0=1 end ");
}

/* ---- called off -------------------------------------------------------------------------------- */

static void say_retry(struct lf_op *op, const struct lf_reply *reply, void *user)
{
    struct sending *t = user;
    buf_print(&t->f.said, "sent%u ", host_table(t->f.host)->http->sent(reply));
    fixture_finish(&t->f, op, LF_END_RETRY);
}

static void send_and_say_retry(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct sending *t = self;
    (void)req;
    host_table(t->f.host)->http->send(op, &t->ask, say_retry, t);
}

static void cancel_now(void *user)
{
    op_cancel(((struct fixture *)user)->holding);
}

/* The listener accepts and never answers. */
static void test_a_change_called_off_on_its_way_is_unsure_even_if_the_plugin_is_not(void **state)
{
    struct sending *t = *state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    snprintf(t->url, sizeof(t->url), "http://127.0.0.1:%u/", ntohs(at.sin_port));
    t->f.raw.create = send_and_say_retry;
    t->ask.method = "PUT";
    t->f.holding = fixture_start(&t->f, LF_VERB_CREATE, 0);
    loop_after(t->f.loop, 20, cancel_now, &t->f);
    loop_run(t->f.loop);
    fixture_said(&t->f, "sent4 item0=5 end ");
    close(fd);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_a_reply_carries_status_header_body_and_patience),
        TEST(test_many_requests_share_a_narrow_pool),
        TEST(test_nobody_listening_is_certainly_not_sent),
        TEST(test_only_safe_requests_pass_the_gate_of_a_look),
        TEST(test_an_unreadable_request_is_named_and_not_sent),
        TEST(test_without_http_nothing_is_sent),
        TEST(test_a_change_called_off_on_its_way_is_unsure_even_if_the_plugin_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
