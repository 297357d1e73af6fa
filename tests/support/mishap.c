#include "mishap.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define RULES_MAX   16
#define MESSAGE_MAX ((size_t)32 << 20)
#define LINES_MAX   4096
#define LINE_MAX_   200

struct rule {
    char request[64];
    size_t count;
    enum mishap_kind kind;
    const char *text;
};

struct bytes {
    char *at;
    size_t count, room;
};

struct mishap {
    int listener, port, server_port;
    pthread_t thread;
    pthread_mutex_t lock;
    bool arriving;    /* what is late may come */
    int64_t comes_ms; /* or may from then on; 0: not said */
    bool closing;
    size_t busy;
    struct rule rules[RULES_MAX];
    size_t rule_count;
    char (*lines)[LINE_MAX_]; /* first lines of the requests */
    size_t line_count;
    struct bytes seen;
};

struct link {
    struct mishap *m;
    int client;
};

/* ---- bytes --------------------------------------------------------------------------------------------- */

static void add(struct bytes *b, const char *bytes, size_t count)
{
    if (b->count + count + 1 > b->room) {
        b->room = (b->count + count + 1) * 2;
        b->at = realloc(b->at, b->room);
        if (!b->at)
            abort();
    }
    memcpy(b->at + b->count, bytes, count);
    b->count += count;
    b->at[b->count] = '\0';
}

/* Length of a whole message with its head, or 0: more must come.  Without a Content-Length it is its head. */
static size_t whole(const struct bytes *b)
{
    const char *end = b->at ? memmem(b->at, b->count, "\r\n\r\n", 4) : NULL;
    if (!end)
        return 0;
    size_t head = (size_t)(end - b->at) + 4, body = 0;
    for (const char *line = b->at; line < end; line = strchr(line, '\n') + 1)
        if (strncasecmp(line, "Content-Length:", 15) == 0)
            body = strtoul(line + 15, NULL, 10);
    return b->count >= head + body ? head + body : 0;
}

/* One message; false when the connection ended first. */
static bool read_message(int fd, struct bytes *b)
{
    char piece[65536];
    while (whole(b) == 0 && b->count < MESSAGE_MAX) {
        ssize_t got = recv(fd, piece, sizeof(piece), 0);
        if (got <= 0)
            return false;
        add(b, piece, (size_t)got);
    }
    return true;
}

static bool send_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        count -= (size_t)sent;
    }
    return true;
}

static int dial(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* ---- one request --------------------------------------------------------------------------------------- */

static void see(struct mishap *m, const struct bytes *b)
{
    pthread_mutex_lock(&m->lock);
    add(&m->seen, b->at, b->count);
    pthread_mutex_unlock(&m->lock);
}

/* "POST /api" begins it, "*create" is anywhere in it. */
static bool is_meant(const char *whole, const char *request)
{
    return request[0] == '*' ? strstr(whole, request + 1) != NULL
                             : strncmp(whole, request, strlen(request)) == 0;
}

/* Counts the request and finds what is to happen to it. */
static bool take_rule(struct mishap *m, const struct bytes *request, struct rule *rule)
{
    bool found = false;
    pthread_mutex_lock(&m->lock);
    if (m->line_count < LINES_MAX) {
        size_t len = strcspn(request->at, "\r\n");
        len = len < LINE_MAX_ - 1 ? len : LINE_MAX_ - 1;
        memcpy(m->lines[m->line_count], request->at, len);
        m->lines[m->line_count++][len] = '\0';
    }
    for (size_t i = 0; i < m->rule_count && !found; i++) {
        struct rule *r = &m->rules[i];
        if (r->count == 0 || !is_meant(request->at, r->request))
            continue;
        r->count--;
        *rule = *r;
        found = true;
    }
    pthread_mutex_unlock(&m->lock);
    return found;
}

/* A server that would keep the connection is asked not to, and so tells the client. */
static bool pass_on(int fd, const struct bytes *request)
{
    static const char close_it[] = "Connection: close\r\n";
    const char *line = memmem(request->at, request->count, "\r\n", 2);
    size_t first = line ? (size_t)(line - request->at) + 2 : 0;
    return send_all(fd, request->at, first) && send_all(fd, close_it, strlen(close_it)) &&
           send_all(fd, request->at + first, request->count - first);
}

static bool forward(struct mishap *m, const struct bytes *request, struct bytes *reply)
{
    int fd = dial(m->server_port);
    bool good = fd >= 0 && pass_on(fd, request) && read_message(fd, reply);
    if (fd >= 0)
        close(fd);
    if (reply->count > 0)
        see(m, reply);
    return good;
}

/* An RST instead of a FIN. */
static void reset(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void hold(struct mishap *m, int client)
{
    bool closing = false;
    while (!closing) {
        struct pollfd p = {.fd = client, .events = POLLIN};
        char byte;
        if (poll(&p, 1, 50) > 0 && recv(client, &byte, 1, 0) <= 0)
            return;
        pthread_mutex_lock(&m->lock);
        closing = m->closing;
        pthread_mutex_unlock(&m->lock);
    }
}

static void flood(int client)
{
    static const char head[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n[";
    static char zeros[65536];
    bool good = send_all(client, head, strlen(head));
    memset(zeros, '0', sizeof(zeros));
    while (good)
        good = send_all(client, zeros, sizeof(zeros));
}

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool may_come(struct mishap *m)
{
    pthread_mutex_lock(&m->lock);
    bool may = m->arriving || (m->comes_ms > 0 && now_ms() >= m->comes_ms);
    pthread_mutex_unlock(&m->lock);
    return may;
}

static void do_mishap(struct mishap *m, int *client, const struct rule *rule, const struct bytes *request)
{
    struct bytes reply = {0};
    bool asks = rule->kind == MISHAP_LOSE_REPLY || rule->kind == MISHAP_CUT || rule->kind == MISHAP_AFTER;
    if (asks)
        (void)forward(m, request, &reply);
    if (rule->kind == MISHAP_LATE) {
        close(*client);
        *client = -1;
        while (!may_come(m))
            usleep(10000);
        (void)forward(m, request, &reply);
    } else if (rule->kind == MISHAP_RESET) {
        reset(*client);
    } else if (rule->kind == MISHAP_CUT) {
        (void)send_all(*client, reply.at, reply.count / 2);
    } else if (rule->kind == MISHAP_GIANT) {
        flood(*client);
    } else if (rule->kind == MISHAP_SILENT) {
        hold(m, *client);
    } else if (rule->kind == MISHAP_ANSWER || rule->kind == MISHAP_AFTER) {
        (void)send_all(*client, rule->text, strlen(rule->text));
    }
    free(reply.at);
}

static void *serve(void *user)
{
    struct link *link = user;
    struct mishap *m = link->m;
    struct bytes request = {0}, reply = {0};
    struct rule rule;
    if (read_message(link->client, &request)) {
        see(m, &request);
        if (take_rule(m, &request, &rule))
            do_mishap(m, &link->client, &rule, &request);
        else if (forward(m, &request, &reply))
            (void)send_all(link->client, reply.at, reply.count);
    }
    if (link->client >= 0)
        close(link->client);
    free(request.at);
    free(reply.at);
    pthread_mutex_lock(&m->lock);
    m->busy--;
    pthread_mutex_unlock(&m->lock);
    free(link);
    return NULL;
}

static void *listen_on(void *user)
{
    struct mishap *m = user;
    for (;;) {
        pthread_t thread;
        int client = accept(m->listener, NULL, NULL);
        if (client < 0)
            return NULL;
        struct link *link = malloc(sizeof(*link));
        if (!link)
            abort();
        *link = (struct link){m, client};
        pthread_mutex_lock(&m->lock);
        m->busy++;
        pthread_mutex_unlock(&m->lock);
        if (pthread_create(&thread, NULL, serve, link) != 0)
            abort();
        pthread_detach(thread);
    }
}

/* ---- from outside -------------------------------------------------------------------------------------- */

struct mishap *mishap_open(int server_port)
{
    struct mishap *m = calloc(1, sizeof(*m));
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof(at);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_non_null(m);
    m->lines = calloc(LINES_MAX, LINE_MAX_);
    assert_non_null(m->lines);
    m->server_port = server_port;
    m->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(m->listener, (const struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(m->listener, 64), 0);
    assert_int_equal(getsockname(m->listener, (struct sockaddr *)&at, &len), 0);
    m->port = ntohs(at.sin_port);
    pthread_mutex_init(&m->lock, NULL);
    assert_int_equal(pthread_create(&m->thread, NULL, listen_on, m), 0);
    return m;
}

void mishap_let_come(struct mishap *m, int ms)
{
    pthread_mutex_lock(&m->lock);
    m->comes_ms = now_ms() + ms;
    pthread_mutex_unlock(&m->lock);
}

bool mishap_is_quiet(struct mishap *m)
{
    size_t busy = 1;
    for (int tries = 0; busy > 0 && tries < 6000; tries++) {
        if (tries > 0)
            usleep(10000);
        pthread_mutex_lock(&m->lock);
        busy = m->busy;
        m->arriving = busy > 0;
        m->comes_ms = busy > 0 ? m->comes_ms : 0;
        pthread_mutex_unlock(&m->lock);
    }
    return busy == 0;
}

void mishap_close(struct mishap *m)
{
    pthread_mutex_lock(&m->lock);
    m->closing = true;
    pthread_mutex_unlock(&m->lock);
    shutdown(m->listener, SHUT_RDWR);
    pthread_join(m->thread, NULL);
    close(m->listener);
    assert_true(mishap_is_quiet(m));
    free(m->lines);
    free(m->seen.at);
    free(m);
}

int mishap_port(const struct mishap *m)
{
    return m->port;
}

void mishap_next(struct mishap *m, const char *request, size_t count, enum mishap_kind kind, const char *text)
{
    pthread_mutex_lock(&m->lock);
    assert_true(m->rule_count < RULES_MAX && strlen(request) < sizeof(m->rules[0].request));
    struct rule *r = &m->rules[m->rule_count++];
    *r = (struct rule){.count = count, .kind = kind, .text = text};
    memcpy(r->request, request, strlen(request) + 1);
    pthread_mutex_unlock(&m->lock);
}

size_t mishap_count(struct mishap *m, const char *request)
{
    size_t count = 0;
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < m->line_count; i++)
        count += strncmp(m->lines[i], request, strlen(request)) == 0;
    pthread_mutex_unlock(&m->lock);
    return count;
}

bool mishap_saw(struct mishap *m, const char *bytes)
{
    pthread_mutex_lock(&m->lock);
    bool saw = m->seen.at && memmem(m->seen.at, m->seen.count, bytes, strlen(bytes)) != NULL;
    pthread_mutex_unlock(&m->lock);
    return saw;
}

void mishap_forget(struct mishap *m)
{
    pthread_mutex_lock(&m->lock);
    m->line_count = m->rule_count = m->seen.count = 0;
    pthread_mutex_unlock(&m->lock);
}
