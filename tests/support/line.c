#include "line.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define PIECE_MAX 65536
#define WAIT_MS   50

struct line {
    pthread_mutex_t lock;
    pthread_t thread;
    int listener, port, server_port;
    int open; /* connections with a thread of their own */
    bool closing;

    const char *bytes; /* NULL: nothing is to go wrong */
    int left;
    enum line_mishap mishap;
    pid_t client;
    bool broke;
};

struct call {
    struct line *line;
    int client, server;
};

static int dial(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* True when this piece is the one. */
static bool strikes(struct line *l, const char *piece, size_t len, enum line_mishap *mishap)
{
    pthread_mutex_lock(&l->lock);
    bool fits = l->bytes && memmem(piece, len, l->bytes, strlen(l->bytes)) && l->left-- == 0;
    if (fits) {
        *mishap = l->mishap;
        l->bytes = NULL;
        l->broke = true;
    }
    pthread_mutex_unlock(&l->lock);
    return fits;
}

static bool is_closing(struct line *l)
{
    pthread_mutex_lock(&l->lock);
    bool closing = l->closing;
    pthread_mutex_unlock(&l->lock);
    return closing;
}

static bool put(int fd, const char *piece, size_t len)
{
    return send(fd, piece, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void hang(struct line *l)
{
    while (!is_closing(l))
        poll(NULL, 0, WAIT_MS);
}

/* False: the connection is over. */
static bool strike(struct call *call, enum line_mishap mishap, const char *piece, size_t len)
{
    struct pollfd answer = {.fd = call->server, .events = POLLIN};
    pid_t client = call->line->client;
    if (mishap == LINE_HANG) {
        hang(call->line);
        return false;
    }
    if (mishap == LINE_KILL_BEFORE)
        kill(client, SIGKILL);
    if (mishap == LINE_CUT_BEFORE || mishap == LINE_KILL_BEFORE)
        return false;
    (void)put(call->server, piece, len);
    if (mishap == LINE_KILL_AFTER || mishap == LINE_KILL_HIDDEN)
        kill(client, SIGKILL);
    if (mishap != LINE_KILL_AFTER)
        (void)poll(&answer, 1, 10000);
    return false;
}

static bool carry(struct call *call, int from, int to)
{
    char piece[PIECE_MAX];
    enum line_mishap mishap;
    ssize_t len = recv(from, piece, sizeof(piece), 0);
    if (len <= 0)
        return false;
    if (from == call->client && strikes(call->line, piece, (size_t)len, &mishap))
        return strike(call, mishap, piece, (size_t)len);
    return put(to, piece, (size_t)len);
}

static void *talk(void *user)
{
    struct call *call = user;
    struct line *l = call->line;
    bool open = call->server >= 0;
    while (open && !is_closing(l)) {
        struct pollfd ends[] = {{.fd = call->client, .events = POLLIN},
                                {.fd = call->server, .events = POLLIN}};
        if (poll(ends, 2, WAIT_MS) <= 0)
            continue;
        if (ends[0].revents)
            open = carry(call, call->client, call->server);
        if (open && ends[1].revents)
            open = carry(call, call->server, call->client);
    }
    close(call->client);
    if (call->server >= 0)
        close(call->server);
    free(call);
    pthread_mutex_lock(&l->lock);
    l->open--;
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

static void *serve(void *user)
{
    struct line *l = user;
    struct pollfd door = {.fd = l->listener, .events = POLLIN};
    while (!is_closing(l)) {
        int fd = poll(&door, 1, WAIT_MS) > 0 ? accept4(l->listener, NULL, NULL, SOCK_CLOEXEC) : -1;
        struct call *call = fd >= 0 ? calloc(1, sizeof(*call)) : NULL;
        pthread_t thread;
        if (!call)
            continue;
        *call = (struct call){.line = l, .client = fd, .server = dial(l->server_port)};
        pthread_mutex_lock(&l->lock);
        l->open++;
        pthread_mutex_unlock(&l->lock);
        if (pthread_create(&thread, NULL, talk, call) == 0)
            pthread_detach(thread);
    }
    return NULL;
}

struct line *line_open(int server_port)
{
    struct line *l = calloc(1, sizeof(*l));
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof(at);
    assert_non_null(l);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    l->server_port = server_port;
    pthread_mutex_init(&l->lock, NULL);
    l->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(l->listener >= 0);
    assert_int_equal(bind(l->listener, (const struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(l->listener, 64), 0);
    assert_int_equal(getsockname(l->listener, (struct sockaddr *)&at, &len), 0);
    l->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&l->thread, NULL, serve, l), 0);
    return l;
}

void line_close(struct line *l)
{
    pthread_mutex_lock(&l->lock);
    l->closing = true;
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    for (bool open = true; open;) {
        pthread_mutex_lock(&l->lock);
        open = l->open > 0;
        pthread_mutex_unlock(&l->lock);
        if (open)
            poll(NULL, 0, 10);
    }
    close(l->listener);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

int line_port(const struct line *l)
{
    return l->port;
}

void line_break(struct line *l, const char *bytes, int n, enum line_mishap mishap, pid_t client)
{
    pthread_mutex_lock(&l->lock);
    l->bytes = bytes;
    l->left = n;
    l->mishap = mishap;
    l->client = client;
    l->broke = false;
    pthread_mutex_unlock(&l->lock);
}

bool line_broke(struct line *l)
{
    pthread_mutex_lock(&l->lock);
    bool broke = l->broke;
    l->bytes = NULL;
    l->broke = false;
    pthread_mutex_unlock(&l->lock);
    return broke;
}
