#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
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
#include "io/http_mail.h"
#include "io/loop.h"

/* ---- a mail server on loopback: one thread, one connection, a reply for each command ---- */

enum silence { NEVER = 0, AT_ONCE, AFTER_DATA, AT_QUIT };

struct server {
    int fd;
    char url[64];
    pthread_t thread;
    enum silence silence;
    const char *to_rcpt; /* what it says to a recipient; NULL: 250 */
    atomic_int messages;
    char commands[2048], message[4096];
};

static void say(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void add(char *text, size_t room, const char *more)
{
    size_t used = strlen(text);
    snprintf(text + used, room - used, "%s", more);
}

static bool read_line(int fd, char *line, size_t room)
{
    size_t used = 0;
    while (used + 1 < room && recv(fd, line + used, 1, 0) == 1)
        if (line[used++] == '\n') {
            line[used] = '\0';
            return true;
        }
    return false;
}

static void wait_for_end(int fd)
{
    char byte;
    while (recv(fd, &byte, 1, 0) == 1)
        ;
}

static bool take_message(struct server *s, int fd)
{
    char line[1200];
    while (read_line(fd, line, sizeof(line))) {
        if (strcmp(line, ".\r\n") == 0) {
            s->messages++;
            return true;
        }
        add(s->message, sizeof(s->message), line);
    }
    return false;
}

static void serve(struct server *s, int fd)
{
    char line[1200];
    if (s->silence == AT_ONCE) {
        wait_for_end(fd);
        return;
    }
    say(fd, "220 here\r\n");
    while (read_line(fd, line, sizeof(line))) {
        add(s->commands, sizeof(s->commands), line);
        if (str_starts(line, "QUIT") && s->silence == AT_QUIT)
            wait_for_end(fd);
        if (str_starts(line, "QUIT"))
            return;
        if (str_starts(line, "RCPT") && s->to_rcpt) {
            say(fd, s->to_rcpt);
        } else if (str_starts(line, "DATA")) {
            say(fd, "354 go on\r\n");
            if (!take_message(s, fd))
                return;
            if (s->silence == AFTER_DATA) {
                wait_for_end(fd);
                return;
            }
            say(fd, "250 taken\r\n");
        } else {
            say(fd, "250 ok\r\n");
        }
    }
}

static void *run_server(void *user)
{
    struct server *s = user;
    for (int fd; (fd = accept(s->fd, NULL, NULL)) >= 0; close(fd))
        serve(s, fd);
    return NULL;
}

/* ---- the rig ---- */

struct rig {
    struct loop *loop;
    struct server server;
    struct http_reply reply;
    char error[256];
    int replies, ticks;
};

static int set_up(void **state)
{
    struct rig *r = calloc(1, sizeof(*r));
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    r->loop = loop_new();
    r->server.fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(r->server.fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(r->server.fd, 8), 0);
    assert_int_equal(getsockname(r->server.fd, (struct sockaddr *)&at, &size), 0);
    snprintf(r->server.url, sizeof(r->server.url), "smtp://127.0.0.1:%u", ntohs(at.sin_port));
    assert_int_equal(pthread_create(&r->server.thread, NULL, run_server, &r->server), 0);
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *r = *state;
    shutdown(r->server.fd, SHUT_RDWR);
    pthread_join(r->server.thread, NULL);
    close(r->server.fd);
    loop_free(r->loop);
    free(r);
    return 0;
}

static void on_reply(void *user, const struct http_reply *reply)
{
    struct rig *r = user;
    r->reply = *reply;
    snprintf(r->error, sizeof(r->error), "%s", reply->error ? reply->error : "");
    r->replies++;
    loop_stop(r->loop);
}

static const char *one[] = {"ada@acme.example"};

static struct http_mail mail(const struct rig *r, const char *message)
{
    return (struct http_mail){.server = r->server.url,
                              .from = "landfall@acme.example",
                              .to = one,
                              .to_count = 1,
                              .message = message,
                              .message_count = strlen(message),
                              .timeout_ms = 10000};
}

static void send_it(struct rig *r, const struct http_mail *m)
{
    http_mail_send(r->loop, m, on_reply, r);
    assert_int_equal(r->replies, 0); /* never inside the call */
    loop_run(r->loop);
    assert_int_equal(r->replies, 1);
}

/* ---- the stories ---- */

static void test_a_mail_is_taken_for_all_its_recipients(void **state)
{
    struct rig *r = *state;
    const char *both[] = {"ada@acme.example", "bob@acme.example"};
    struct http_mail m = mail(r, "Subject: x\r\n\r\nhello\r\n");
    m.to = both;
    m.to_count = 2;
    send_it(r, &m);
    assert_int_equal(r->reply.sent, HTTP_REPLY);
    assert_int_equal(r->reply.status, 250);
    assert_non_null(strstr(r->server.commands, "MAIL FROM:<landfall@acme.example>"));
    assert_non_null(
        strstr(r->server.commands, "RCPT TO:<ada@acme.example>\r\nRCPT TO:<bob@acme.example>\r\n"));
    assert_string_equal(r->server.message, "Subject: x\r\n\r\nhello\r\n");
}

/* A line that is a dot ends a message; within one it has to travel as two. */
static void test_a_line_that_is_a_dot_does_not_end_the_mail(void **state)
{
    struct rig *r = *state;
    struct http_mail m = mail(r, "Subject: x\r\n\r\nbefore\r\n.\r\n..\r\n.after\r\n");
    send_it(r, &m);
    assert_int_equal(r->server.messages, 1);
    assert_string_equal(r->server.message, "Subject: x\r\n\r\nbefore\r\n..\r\n...\r\n..after\r\n");
}

static void test_what_a_server_refuses_is_a_reply_with_its_number(void **state)
{
    struct rig *r = *state;
    r->server.to_rcpt = "550 no such person\r\n";
    struct http_mail m = mail(r, "Subject: x\r\n\r\n");
    send_it(r, &m);
    assert_int_equal(r->reply.sent, HTTP_REPLY);
    assert_int_equal(r->reply.status, 550);
    assert_non_null(strstr(r->error, "550"));
    assert_int_equal(r->server.messages, 0);
}

static void test_no_address_can_bring_a_command_of_its_own(void **state)
{
    struct rig *r = *state;
    static const char *const bad[] = {"ada@acme.example>\r\nRCPT TO:<eve@evil.example",
                                      "ada @acme.example",
                                      "a\nb@c",
                                      "<ada@acme.example>",
                                      "\"ada\"@acme.example",
                                      "ad\xc3\xa9@acme.example"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct http_mail m = mail(r, "Subject: x\r\n\r\n");
        m.to = &bad[i];
        r->replies = 0;
        send_it(r, &m);
        assert_int_equal(r->reply.sent, HTTP_NOT_SENT);
        m = mail(r, "Subject: x\r\n\r\n");
        m.from = bad[i];
        r->replies = 0;
        send_it(r, &m);
        assert_int_equal(r->reply.sent, HTTP_NOT_SENT);
    }
    assert_string_equal(r->server.commands, "");
}

static void test_what_is_no_mail_server_is_not_asked(void **state)
{
    struct rig *r = *state;
    static const char *const bad[] = {"http://127.0.0.1/", "smtp://user:secret@127.0.0.1",
                                      "file:///etc/passwd", "smtp:", ""};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct http_mail m = mail(r, "Subject: x\r\n\r\n");
        m.server = bad[i];
        r->replies = 0;
        send_it(r, &m);
        assert_int_equal(r->reply.sent, HTTP_NOT_SENT);
        assert_true(r->error[0]);
    }
}

/* Below .localhost curl finds this machine, and landfall takes no name for it but one. */
static void test_away_from_loopback_nothing_is_said_without_tls(void **state)
{
    struct rig *r = *state;
    char url[64];
    struct http_mail m = mail(r, "Subject: x\r\n\r\n");
    snprintf(url, sizeof(url), "smtp://mail.localhost%s", strrchr(r->server.url, ':'));
    m.server = url;
    m.user = "landfall";
    m.password = "swordfish-and-chips";
    send_it(r, &m);
    assert_int_equal(r->reply.sent, HTTP_NOT_SENT);
    assert_null(strstr(r->server.commands, "AUTH"));
    assert_null(strstr(r->server.commands, "MAIL"));
    assert_int_equal(r->server.messages, 0);
}

static void tick(void *user)
{
    struct rig *r = user;
    if (++r->ticks < 20)
        loop_after(r->loop, 10, tick, r);
    else
        loop_stop(r->loop);
}

/* curl waits for this reply inside a call: the loop has to go on all the same. */
static void test_a_server_that_says_nothing_after_the_message_does_not_stop_the_loop(void **state)
{
    struct rig *r = *state;
    r->server.silence = AFTER_DATA;
    struct http_mail m = mail(r, "Subject: x\r\n\r\nhello\r\n");
    struct http_mail_sending *s = http_mail_send(r->loop, &m, on_reply, r);
    int64_t began = loop_now_ms(r->loop);
    tick(r);
    loop_run(r->loop);
    assert_int_equal(r->ticks, 20);
    assert_true(loop_now_ms(r->loop) - began < 8000);
    assert_int_equal(r->replies, 0);
    http_mail_cancel(s);
}

static void test_a_cancel_comes_at_once_whatever_the_server_does(void **state)
{
    struct rig *r = *state;
    static const enum silence all[] = {AT_ONCE, AFTER_DATA};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        r->server.silence = all[i];
        r->ticks = 10;
        struct http_mail m = mail(r, "Subject: x\r\n\r\nhello\r\n");
        struct http_mail_sending *s = http_mail_send(r->loop, &m, on_reply, r);
        tick(r);
        loop_run(r->loop);
        struct tick clock = tick_real();
        int64_t began = tick_mono_ms(&clock);
        http_mail_cancel(s);
        assert_true(tick_mono_ms(&clock) - began < 8000);
        assert_int_equal(r->replies, 0);
    }
}

static void test_time_runs_out(void **state)
{
    struct rig *r = *state;
    r->server.silence = AFTER_DATA;
    struct http_mail m = mail(r, "Subject: x\r\n\r\nhello\r\n");
    m.timeout_ms = 3000;
    send_it(r, &m);
    assert_int_equal(r->reply.sent, HTTP_MAYBE_SENT);
    assert_true(r->error[0]);
}

/* It has the mail: a goodbye that is never said changes nothing. */
static void test_a_server_that_never_says_goodbye_has_taken_the_mail(void **state)
{
    struct rig *r = *state;
    r->server.silence = AT_QUIT;
    struct http_mail m = mail(r, "Subject: x\r\n\r\nhello\r\n");
    m.timeout_ms = 3000;
    send_it(r, &m);
    assert_int_equal(r->reply.sent, HTTP_REPLY);
    assert_int_equal(r->reply.status, 250);
    assert_true(r->reply.took_ms < 30000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_mail_is_taken_for_all_its_recipients),
        TEST(test_a_line_that_is_a_dot_does_not_end_the_mail),
        TEST(test_what_a_server_refuses_is_a_reply_with_its_number),
        TEST(test_no_address_can_bring_a_command_of_its_own),
        TEST(test_what_is_no_mail_server_is_not_asked),
        TEST(test_away_from_loopback_nothing_is_said_without_tls),
        TEST(test_a_server_that_says_nothing_after_the_message_does_not_stop_the_loop),
        TEST(test_a_cancel_comes_at_once_whatever_the_server_does),
        TEST(test_time_runs_out),
        TEST(test_a_server_that_never_says_goodbye_has_taken_the_mail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
