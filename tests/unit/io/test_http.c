#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/str.h"
#include "io/http.h"

/* ---- a server on loopback: one thread, one connection at a time, what it does is in the path ---- */

struct server {
    int fd;
    uint16_t port;
    pthread_t thread;
    atomic_int connections, requests;
    char last[8192]; /* the last request, headers and body; read once its reply is in */
};

static const struct {
    const char *path, *reply;
    bool keeps; /* the connection stays open for one more request, which is read and never answered */
} pages[] = {
    {"/hello", "HTTP/1.1 200 OK\r\nX-One:  1 \r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", false},
    {"/keep", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nkept", true},
    {"/seconds", "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", false},
    {"/ages", "HTTP/1.1 503 Busy\r\nRetry-After: 99999999999999999999\r\nContent-Length: 0\r\n\r\n", false},
    {"/date", "HTTP/1.1 503 Busy\r\nRetry-After: Fri, 01 Jan 2100 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n",
     false},
    {"/past", "HTTP/1.1 503 Busy\r\nRetry-After: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n",
     false},
    {"/nonsense", "HTTP/1.1 503 Busy\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", false},
    {"/early", "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 204 None\r\nX-Late: 1\r\n\r\n", false},
    {"/moved", "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n", false},
    {"/partial", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", false},
    {"/garbage", "this is no HTTP\r\n\r\n", false},
    {"/close", "", false},
};

static size_t content_length(const char *request)
{
    const char *at = strstr(request, "Content-Length: ");
    return at ? strtoul(at + strlen("Content-Length: "), NULL, 10) : 0;
}

/* False when the connection ended or TLS was spoken before a whole request had come. */
static bool read_request(struct server *s, int fd, char *text, size_t room)
{
    size_t used = 0;
    for (;;) {
        ssize_t more = recv(fd, text + used, room - used - 1, 0);
        if (more <= 0)
            return false;
        used += (size_t)more;
        text[used] = '\0';
        if (text[0] == 0x16) /* the handshake record of TLS */
            return false;
        const char *end = strstr(text, "\r\n\r\n");
        if (end && used >= (size_t)(end + 4 - text) + content_length(text))
            break;
    }
    memcpy(s->last, text, used + 1);
    s->requests++;
    return true;
}

static void send_text(int fd, const char *text)
{
    send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Until the client has had enough. */
static void flood(int fd, const char *head, const char *line)
{
    send_text(fd, head);
    for (int i = 0; i < 1000000; i++)
        if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0)
            return;
}

static void echo(struct server *s, int fd)
{
    char head[128];
    snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
             strlen(s->last));
    send_text(fd, head);
    send_text(fd, s->last);
}

static void serve_connection(struct server *s, int fd)
{
    static const char filler[] = "0123456789012345678901234567890123456789012345678901234567890123";
    char text[sizeof(s->last)], path[64] = "";
    if (!read_request(s, fd, text, sizeof(text)) || sscanf(text, "%*s %63s", path) != 1)
        return;
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        if (strcmp(path, pages[i].path) != 0)
            continue;
        send_text(fd, pages[i].reply);
        if (pages[i].keeps)
            (void)!read_request(s, fd, text, sizeof(text));
        return;
    }
    if (strcmp(path, "/echo") == 0)
        echo(s, fd);
    else if (strcmp(path, "/big") == 0)
        flood(fd, "HTTP/1.1 200 OK\r\n\r\n", filler);
    else if (strcmp(path, "/headers") == 0)
        flood(fd, "HTTP/1.1 200 OK\r\n", "X-More: 0123456789012345678901234567890123456789\r\n");
    else if (strcmp(path, "/hang") == 0)
        (void)!recv(fd, text, 1, 0);
}

static void *run_server(void *user)
{
    struct server *s = user;
    for (int fd; (fd = accept(s->fd, NULL, NULL)) >= 0; close(fd)) {
        s->connections++;
        serve_connection(s, fd);
    }
    return NULL;
}

static int listen_on_loopback(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* ---- the scene of every test ---- */

struct scene {
    struct server server;
    struct loop *loop;
    struct http *http;
    struct http_request *request;
    /* what came back */
    int calls;
    enum http_sent sent;
    uint32_t status, retry_after_ms;
    char body[8192], error[512], header[256];
    const char *look_for; /* the header to keep */
};

static int start_scene(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    s->server.fd = listen_on_loopback(&s->server.port);
    assert_int_equal(pthread_create(&s->server.thread, NULL, run_server, &s->server), 0);
    s->loop = loop_new();
    s->http = http_new(s->loop, (struct http_limits){.body_max = 65536});
    *state = s;
    return 0;
}

static int end_scene(void **state)
{
    struct scene *s = *state;
    http_free(s->http); /* closes the connections, so that the server is back at accept */
    shutdown(s->server.fd, SHUT_RDWR);
    pthread_join(s->server.thread, NULL);
    close(s->server.fd);
    loop_free(s->loop);
    free(s);
    return 0;
}

static void on_reply(void *user, const struct http_reply *reply)
{
    struct scene *s = user;
    s->calls++;
    s->sent = reply->sent;
    s->status = reply->status;
    s->retry_after_ms = reply->retry_after_ms;
    assert_int_equal(reply->body[reply->body_count], '\0');
    snprintf(s->body, sizeof(s->body), "%s", reply->body);
    snprintf(s->error, sizeof(s->error), "%s", reply->error ? reply->error : "");
    s->header[0] = '\0';
    for (size_t i = 0; s->look_for && i < reply->header_count; i++)
        if (strcmp(reply->headers[i].name, s->look_for) == 0)
            snprintf(s->header, sizeof(s->header), "%s", reply->headers[i].value);
}

static void send_ask(struct scene *s, struct http_ask ask)
{
    char url[256];
    snprintf(url, sizeof(url), "%s", ask.url);
    if (ask.url[0] == '/')
        snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", (unsigned)s->server.port, ask.url);
    ask.url = url;
    if (!ask.method)
        ask.method = "GET";
    int before = s->calls;
    s->request = http_send(s->http, &ask, on_reply, s);
    assert_int_equal(s->calls, before);
}

static void ask_and_wait(struct scene *s, struct http_ask ask)
{
    int before = s->calls;
    send_ask(s, ask);
    loop_run(s->loop);
    assert_int_equal(s->calls, before + 1);
}

static void get(struct scene *s, const char *url)
{
    ask_and_wait(s, (struct http_ask){.url = url});
}

/* ---- replies ---- */

static void test_a_reply_has_status_headers_and_body(void **state)
{
    struct scene *s = *state;
    s->look_for = "X-One";
    get(s, "/hello");
    assert_int_equal(s->sent, HTTP_REPLY);
    assert_int_equal(s->status, 200);
    assert_string_equal(s->body, "hello");
    assert_string_equal(s->header, "1");
    assert_string_equal(s->error, "");
    assert_int_equal(s->retry_after_ms, 0);
}

static void test_only_the_headers_of_the_last_reply_count(void **state)
{
    struct scene *s = *state;
    s->look_for = "X-Early";
    get(s, "/early");
    assert_int_equal(s->status, 204);
    assert_string_equal(s->header, "");
    s->look_for = "X-Late";
    get(s, "/early");
    assert_string_equal(s->header, "1");
}

static void test_retry_after_is_read_in_both_forms_and_capped_at_an_hour(void **state)
{
    struct scene *s = *state;
    get(s, "/seconds");
    assert_int_equal(s->status, 503);
    assert_int_equal(s->retry_after_ms, 7000);
    get(s, "/ages");
    assert_int_equal(s->retry_after_ms, 3600000);
    get(s, "/date");
    assert_int_equal(s->retry_after_ms, 3600000);
    get(s, "/past");
    assert_int_equal(s->retry_after_ms, 0);
    get(s, "/nonsense");
    assert_int_equal(s->retry_after_ms, 0);
}

static void test_a_redirect_is_a_reply_and_is_not_followed(void **state)
{
    struct scene *s = *state;
    s->look_for = "Location";
    get(s, "/moved");
    assert_int_equal(s->sent, HTTP_REPLY);
    assert_int_equal(s->status, 302);
    assert_string_equal(s->header, "/hello");
    assert_int_equal(s->server.requests, 1);
}

/* ---- what leaves ---- */

static void test_a_post_leaves_as_it_was_given(void **state)
{
    struct scene *s = *state;
    const struct http_header headers[] = {{"X-Mark", "a: b"}, {"X-Empty", ""}};
    ask_and_wait(s, (struct http_ask){.method = "POST",
                                      .url = "/echo",
                                      .headers = headers,
                                      .header_count = 2,
                                      .body = "one\0two",
                                      .body_count = 7});
    assert_int_equal(s->status, 200);
    assert_true(str_starts(s->body, "POST /echo HTTP/1.1\r\n"));
    assert_non_null(strstr(s->body, "\r\nX-Mark: a: b\r\n"));
    assert_non_null(strstr(s->body, "\r\nX-Empty:\r\n"));
    assert_non_null(strstr(s->body, "\r\nUser-Agent: landfall\r\n"));
    assert_non_null(strstr(s->body, "\r\nContent-Length: 7\r\n"));
    assert_null(strstr(s->body, "Expect:"));
    assert_null(strstr(s->body, "Content-Type:"));
    assert_memory_equal(strstr(s->server.last, "\r\n\r\n"), "\r\n\r\none\0two", 11);
}

static void test_methods_say_their_length_when_they_should(void **state)
{
    struct scene *s = *state;
    ask_and_wait(s, (struct http_ask){.method = "PUT", .url = "/echo"});
    assert_true(str_starts(s->body, "PUT /echo "));
    assert_non_null(strstr(s->body, "\r\nContent-Length: 0\r\n"));
    ask_and_wait(s, (struct http_ask){.method = "DELETE", .url = "/echo"});
    assert_true(str_starts(s->body, "DELETE /echo "));
    assert_null(strstr(s->body, "Content-Length"));
    ask_and_wait(s, (struct http_ask){.method = "HEAD", .url = "/hello"});
    assert_true(str_starts(s->server.last, "HEAD /hello "));
    assert_int_equal(s->status, 200);
    assert_string_equal(s->body, "");
}

static void test_credentials_leave_with_their_own_request_only(void **state)
{
    struct scene *s = *state;
    ask_and_wait(s, (struct http_ask){.url = "/echo", .user = "us:er", .password = "secret"});
    assert_non_null(strstr(s->body, "\r\nAuthorization: Basic dXM6ZXI6c2VjcmV0\r\n"));
    get(s, "/echo");
    assert_null(strstr(s->body, "Authorization"));
}

static void test_a_request_is_signed_for_aws(void **state)
{
    struct scene *s = *state;
    const struct http_header type = {"Content-Type", "application/x-amz-json-1.0"};
    ask_and_wait(s, (struct http_ask){.method = "POST",
                                      .url = "/echo",
                                      .headers = &type,
                                      .header_count = 1,
                                      .body = "{}",
                                      .body_count = 2,
                                      .aws_sigv4 = "aws:amz:eu-west-1:sqs",
                                      .user = "AKID",
                                      .password = "secret"});
    const char *signature = strstr(s->body, "\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKID/");
    assert_non_null(signature);
    assert_non_null(
        strstr(signature, "/eu-west-1/sqs/aws4_request, SignedHeaders=content-type;host;x-amz-date"));
    assert_null(strstr(s->body, "secret"));
}

static void test_a_proxy_from_the_environment_is_not_used(void **state)
{
    struct scene *s = *state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    get(s, "/hello");
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    assert_int_equal(s->status, 200);
}

/* ---- how certain it is ---- */

static void test_a_refused_connection_was_not_sent(void **state)
{
    struct scene *s = *state;
    uint16_t port;
    char url[64];
    close(listen_on_loopback(&port)); /* a port where nobody listens now */
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", (unsigned)port);
    ask_and_wait(s, (struct http_ask){.method = "POST", .url = url, .body = "x", .body_count = 1});
    assert_int_equal(s->sent, HTTP_NOT_SENT);
    assert_int_equal(s->status, 0);
    assert_string_not_equal(s->error, "");
}

static void test_a_failed_handshake_was_not_sent(void **state)
{
    struct scene *s = *state;
    char url[64];
    snprintf(url, sizeof(url), "https://127.0.0.1:%u/hello", (unsigned)s->server.port);
    get(s, url);
    assert_int_equal(s->sent, HTTP_NOT_SENT);
    assert_int_equal(s->server.connections, 1);
    assert_int_equal(s->server.requests, 0);
}

static void test_without_a_whole_reply_it_may_have_been_sent(void **state)
{
    struct scene *s = *state;
    static const char *const paths[] = {"/close", "/partial", "/garbage"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        ask_and_wait(s, (struct http_ask){.method = "POST", .url = paths[i], .body = "x", .body_count = 1});
        assert_int_equal(s->sent, HTTP_MAYBE_SENT);
        assert_int_equal(s->status, 0);
        assert_string_not_equal(s->error, "");
    }
    assert_int_equal(s->server.requests, 3);
}

static void test_a_reply_that_does_not_come_in_time_leaves_it_in_doubt(void **state)
{
    struct scene *s = *state;
    ask_and_wait(s, (struct http_ask){.method = "POST", .url = "/hang", .timeout_ms = 2000});
    assert_int_equal(s->sent, HTTP_MAYBE_SENT);
    assert_non_null(strstr(s->error, "timed out"));
}

static void test_a_change_is_not_repeated_when_its_reused_connection_dies(void **state)
{
    struct scene *s = *state;
    get(s, "/keep");
    ask_and_wait(s, (struct http_ask){.method = "POST", .url = "/hello", .body = "x", .body_count = 1});
    assert_int_equal(s->server.requests, 2);
    assert_int_equal(s->sent, HTTP_MAYBE_SENT);
    assert_string_equal(s->error, "the connection closed before a reply came");
}

static void test_a_look_is_repeated_when_its_reused_connection_dies(void **state)
{
    struct scene *s = *state;
    get(s, "/keep");
    get(s, "/hello");
    assert_int_equal(s->server.connections, 2);
    assert_int_equal(s->server.requests, 3);
    assert_int_equal(s->sent, HTTP_REPLY);
    assert_string_equal(s->body, "hello");
}

static void test_a_peer_that_closes_does_not_end_the_process(void **state)
{
    struct scene *s = *state;
    signal(SIGPIPE, SIG_DFL);
    get(s, "/close");
    raise(SIGPIPE); /* what OpenSSL's write to a closed connection does */
    assert_int_equal(s->sent, HTTP_MAYBE_SENT);
}

/* ---- limits ---- */

static void test_a_giant_body_ends_at_the_limit(void **state)
{
    struct scene *s = *state;
    get(s, "/big");
    assert_int_equal(s->sent, HTTP_MAYBE_SENT);
    assert_string_equal(s->error, "the reply's body is over the limit of 65536 bytes");
    assert_string_equal(s->body, "");
}

static void test_endless_headers_end_at_the_limit(void **state)
{
    struct scene *s = *state;
    get(s, "/headers");
    assert_int_equal(s->sent, HTTP_MAYBE_SENT);
    assert_string_equal(s->error, "the reply's headers are over the limit");
}

/* ---- refusals ---- */

static void test_plain_http_stays_on_loopback_and_no_name_is_looked_up(void **state)
{
    struct scene *s = *state;
    static const char *const urls[] = {
        "http://api.example.invalid/", "http://127.0.0.1.example.invalid/", "http://198.51.100.1/",
        "http://[2001:db8::1]/",       "http://localhost.example.invalid/", "http://0.0.0.0/",
        "http://169.254.169.253/",     "http://[fd00:ec2::253]/", /* beside a cloud's metadata service */
    };
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        get(s, urls[i]);
        assert_int_equal(s->sent, HTTP_NOT_SENT);
        assert_non_null(strstr(s->error, "without TLS"));
    }
}

static void test_a_host_that_is_named_may_be_asked_without_tls(void **state)
{
    struct scene *s = *state;
    static const char *const hosts[] = {"0.0.0.0", "::"};
    char url[64];
    http_free(s->http);
    s->http = http_new(s->loop, (struct http_limits){.plain = hosts, .plain_count = COUNT_OF(hosts)});
    snprintf(url, sizeof(url), "http://0.0.0.0:%u/hello", (unsigned)s->server.port);
    get(s, url);
    assert_int_equal(s->status, 200);
    /* Its brackets belong to the URL; nobody is there, but it was tried. */
    get(s, "http://[::]:1/");
    assert_null(strstr(s->error, "without TLS"));
    get(s, "http://0.0.0.1/");
    assert_non_null(strstr(s->error, "name the host below http.plain in landfall.yaml"));
}

static void test_loopback_is_known_in_its_other_spellings(void **state)
{
    struct scene *s = *state;
    static const char *const hosts[] = {"localhost", "LOCALHOST", "127.1", "0x7f000001"};
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        char url[64];
        snprintf(url, sizeof(url), "http://%s:%u/hello", hosts[i], (unsigned)s->server.port);
        get(s, url);
        assert_int_equal(s->status, 200);
    }
    get(s, "http://[::1]:1/"); /* nobody there, but it may be asked */
    assert_null(strstr(s->error, "without TLS"));
    assert_int_equal(s->sent, HTTP_NOT_SENT);
}

static void test_other_protocols_and_odd_urls_are_refused(void **state)
{
    struct scene *s = *state;
    static const char *const urls[] = {"file:///etc/passwd",
                                       "ftp://127.0.0.1/",
                                       "gopher://127.0.0.1/",
                                       "http://user:word@127.0.0.1/",
                                       "http://",
                                       "not a url",
                                       "http://127.0.0.1/\r\nX-Evil: 1"};
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        get(s, urls[i]);
        assert_int_equal(s->sent, HTTP_NOT_SENT);
        assert_string_not_equal(s->error, "");
    }
    assert_int_equal(s->server.connections, 0);
}

static void test_a_path_is_asked_as_it_is_written(void **state)
{
    struct scene *s = *state;
    /* Both would be "/hello" to whoever walks through them. */
    static const char *const paths[] = {"/hello/things/../..", "/./hello"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        char line[64];
        snprintf(line, sizeof(line), "DELETE %s HTTP/1.1\r\n", paths[i]);
        ask_and_wait(s, (struct http_ask){.method = "DELETE", .url = paths[i]});
        assert_non_null(strstr(s->server.last, line));
    }
}

static void test_a_line_cannot_be_smuggled_into_a_header_or_method(void **state)
{
    struct scene *s = *state;
    const struct http_header evil[] = {
        {"X-A", "1\r\nX-B: 2"}, {"X-A\r\nX-B", "1"}, {"", "1"}, {"X A", "1"}, {"X-A", "1\nX-B: 2"}};
    for (size_t i = 0; i < COUNT_OF(evil); i++) {
        ask_and_wait(s, (struct http_ask){.url = "/hello", .headers = &evil[i], .header_count = 1});
        assert_int_equal(s->sent, HTTP_NOT_SENT);
        assert_non_null(strstr(s->error, "does not allow"));
    }
    ask_and_wait(s, (struct http_ask){.method = "GET / HTTP/1.1\r\nX:", .url = "/hello"});
    assert_int_equal(s->sent, HTTP_NOT_SENT);
    assert_int_equal(s->server.connections, 0);
}

/* ---- cancel ---- */

static void cancel(void *user)
{
    struct scene *s = user;
    /* Asked again until the server has it: only then is there something to cancel. */
    if (s->server.requests == 0) {
        loop_after(s->loop, 1, cancel, s);
        return;
    }
    assert_true(http_has_begun(s->request));
    http_cancel(s->request);
}

static void test_a_canceled_request_is_silent_and_lets_the_loop_end(void **state)
{
    struct scene *s = *state;
    send_ask(s, (struct http_ask){.url = "/hang"});
    assert_false(http_has_begun(s->request));
    loop_soon(s->loop, cancel, s);
    loop_run(s->loop);
    assert_int_equal(s->calls, 0);
    assert_int_equal(s->server.requests, 1);
}

static void test_a_refused_request_can_be_canceled(void **state)
{
    struct scene *s = *state;
    send_ask(s, (struct http_ask){.url = "http://api.example.invalid/"});
    http_cancel(s->request);
    loop_run(s->loop);
    assert_int_equal(s->calls, 0);
}

static void test_requests_in_flight_end_silently_with_the_http(void **state)
{
    struct scene *s = *state;
    for (int i = 0; i < 5; i++)
        send_ask(s, (struct http_ask){.url = "/hang"});
    loop_after(s->loop, 5, (loop_fn *)loop_stop, s->loop);
    loop_run(s->loop);
    http_free(s->http);
    s->http = NULL;
    loop_run(s->loop);
    assert_int_equal(s->calls, 0);
}

static void test_many_requests_at_once_are_all_answered(void **state)
{
    struct scene *s = *state;
    for (int i = 0; i < 40; i++)
        send_ask(s, (struct http_ask){.url = "/hello"});
    loop_run(s->loop);
    assert_int_equal(s->calls, 40);
    assert_int_equal(s->sent, HTTP_REPLY);
    assert_int_equal(s->server.requests, 40);
}

#define SCENE_TEST(test) cmocka_unit_test_setup_teardown(test, start_scene, end_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_a_reply_has_status_headers_and_body),
        SCENE_TEST(test_only_the_headers_of_the_last_reply_count),
        SCENE_TEST(test_retry_after_is_read_in_both_forms_and_capped_at_an_hour),
        SCENE_TEST(test_a_redirect_is_a_reply_and_is_not_followed),
        SCENE_TEST(test_a_post_leaves_as_it_was_given),
        SCENE_TEST(test_methods_say_their_length_when_they_should),
        SCENE_TEST(test_credentials_leave_with_their_own_request_only),
        SCENE_TEST(test_a_request_is_signed_for_aws),
        SCENE_TEST(test_a_proxy_from_the_environment_is_not_used),
        SCENE_TEST(test_a_refused_connection_was_not_sent),
        SCENE_TEST(test_a_failed_handshake_was_not_sent),
        SCENE_TEST(test_without_a_whole_reply_it_may_have_been_sent),
        SCENE_TEST(test_a_reply_that_does_not_come_in_time_leaves_it_in_doubt),
        SCENE_TEST(test_a_change_is_not_repeated_when_its_reused_connection_dies),
        SCENE_TEST(test_a_look_is_repeated_when_its_reused_connection_dies),
        SCENE_TEST(test_a_peer_that_closes_does_not_end_the_process),
        SCENE_TEST(test_a_giant_body_ends_at_the_limit),
        SCENE_TEST(test_endless_headers_end_at_the_limit),
        SCENE_TEST(test_plain_http_stays_on_loopback_and_no_name_is_looked_up),
        SCENE_TEST(test_a_host_that_is_named_may_be_asked_without_tls),
        SCENE_TEST(test_loopback_is_known_in_its_other_spellings),
        SCENE_TEST(test_other_protocols_and_odd_urls_are_refused),
        SCENE_TEST(test_a_path_is_asked_as_it_is_written),
        SCENE_TEST(test_a_line_cannot_be_smuggled_into_a_header_or_method),
        SCENE_TEST(test_a_canceled_request_is_silent_and_lets_the_loop_end),
        SCENE_TEST(test_a_refused_request_can_be_canceled),
        SCENE_TEST(test_requests_in_flight_end_silently_with_the_http),
        SCENE_TEST(test_many_requests_at_once_are_all_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
