#include "conform/proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "io/loop.h"

#define CHUNK    16384
#define BACKLOG  64
#define HELD_MAX ((size_t)16 << 20) /* no sample is that big */

enum side { CLIENT = 0, SERVICE = 1 };

/* One end of a pair: what was read from the other end and is still to be written here. */
struct end {
    int fd; /* -1: closed */
    struct loop_watch *watch;
    uint32_t watching;
    struct buf out;
    bool no_more; /* the other end has said all it will: close behind the last byte */
};

struct pair {
    struct proxy *proxy;
    struct pair *next, *prev;
    struct end ends[2];
    bool connecting;
    bool begun;         /* bytes have flowed */
    enum side last;     /* who spoke last */
    enum proxy_kind is; /* what has struck it */
    bool sender_died;   /* while its request was held */
    bool orphan;        /* delivered: nobody is there to read the reply */
};

struct proxy {
    struct loop *loop;
    int seat; /* holds the port */
    int fd;   /* -1: refusing */
    struct loop_watch *watch;
    uint16_t port;
    struct sockaddr_in service;
    struct pair *pairs;
    enum proxy_kind kind;
    uint32_t skip, hits;
    bool saw_http;
    void (*on_hit)(void *user);
    void *hit_user;
};

static const char http_giant[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                 "Transfer-Encoding: chunked\r\n\r\n";
static const char junk[] = "\x00\xff\xfe junk \x80\x81 no protocol begins like this \r\n\r\n\x00\x00\x00\x01";

static void ready(void *user, int fd, uint32_t events);

/* ---- sockets
 * ----------------------------------------------------------------------------------------------- */

static bool set_nonblocking(int fd)
{
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

/* Sockets that agree to it share a port while none of them listens, or only one. */
static bool bind_to(uint16_t port, int *fd, uint16_t *got, struct err *err)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t size = sizeof(at);
    int one = 1;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    if (*fd >= 0 && set_nonblocking(*fd) &&
        setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
        bind(*fd, (struct sockaddr *)&at, size) == 0 &&
        getsockname(*fd, (struct sockaddr *)&at, &size) == 0) {
        *got = ntohs(at.sin_port);
        return true;
    }
    err_sys(err, "conform.proxy", errno, "cannot have port %u of 127.0.0.1", port);
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return false;
}

bool proxy_reserve(int *seat, uint16_t *port, struct err *err)
{
    return bind_to(0, seat, port, err);
}

/* ---- pairs
 * -------------------------------------------------------------------------------------------------- */

/* With a reset instead of an orderly end, where the other side is to be startled. */
static void close_end(struct end *e, bool reset)
{
    static const struct linger at_once = {1, 0};
    if (e->fd < 0)
        return;
    loop_unwatch(e->watch);
    e->watch = NULL;
    e->watching = 0;
    if (reset)
        setsockopt(e->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(e->fd);
    e->fd = -1;
}

static void free_pair(struct pair *p, bool reset_client)
{
    close_end(&p->ends[CLIENT], reset_client);
    close_end(&p->ends[SERVICE], false);
    buf_done(&p->ends[CLIENT].out);
    buf_done(&p->ends[SERVICE].out);
    if (p->prev)
        p->prev->next = p->next;
    else
        p->proxy->pairs = p->next;
    if (p->next)
        p->next->prev = p->prev;
    free(p);
}

static void watch(struct pair *p, enum side side)
{
    struct end *e = &p->ends[side], *other = &p->ends[!side];
    uint32_t wants = 0;
    if (e->fd < 0)
        return;
    if (!other->no_more && !(p->connecting && side == SERVICE))
        wants |= LOOP_READABLE;
    if (e->out.count > 0 || (p->connecting && side == SERVICE))
        wants |= LOOP_WRITABLE;
    if (side == CLIENT && p->sender_died)
        wants = 0;
    if (wants == e->watching)
        return;
    loop_unwatch(e->watch);
    e->watch = wants ? loop_watch(p->proxy->loop, e->fd, wants, ready, p) : NULL;
    e->watching = e->watch ? wants : 0;
}

/* Writes what it can.  False: the pair is over. */
static bool flush(struct pair *p, enum side side)
{
    struct end *e = &p->ends[side];
    while (e->fd >= 0 && e->out.count > 0 && !(p->connecting && side == SERVICE)) {
        ssize_t sent = send(e->fd, e->out.at, e->out.count, MSG_NOSIGNAL);
        if (sent < 0)
            return errno == EAGAIN || errno == EINTR;
        memmove(e->out.at, e->out.at + sent, e->out.count - (size_t)sent);
        e->out.count -= (size_t)sent;
        e->out.at[e->out.count] = '\0';
    }
    if (e->fd >= 0 && e->no_more && e->out.count == 0)
        shutdown(e->fd, SHUT_WR);
    return true;
}

/* ---- striking
 * ----------------------------------------------------------------------------------------------- */

static bool strikes_requests(enum proxy_kind kind)
{
    return kind == PROXY_HOLD;
}

static bool strikes_replies(enum proxy_kind kind)
{
    return kind == PROXY_LOST || kind == PROXY_TRUNCATED || kind == PROXY_GARBLED || kind == PROXY_STALLED ||
           kind == PROXY_GIANT;
}

static void hit(struct proxy *x)
{
    if (x->hits++ == 0 && x->on_hit)
        x->on_hit(x->hit_user);
}

/* Is this the point at which it is to happen? */
static bool is_struck(struct pair *p, enum side from)
{
    struct proxy *x = p->proxy;
    bool point = !p->begun || p->last != from;
    bool fits = from == CLIENT ? strikes_requests(x->kind) : strikes_replies(x->kind);
    if (!point || !fits || x->hits > 0)
        return false;
    if (x->skip > 0) {
        x->skip--;
        return false;
    }
    p->is = x->kind;
    hit(x);
    return true;
}

/* The reply that was to come, and what becomes of it.  False: the pair is over. */
static bool strike_reply(struct pair *p, const char *bytes, size_t count)
{
    struct end *client = &p->ends[CLIENT];
    switch (p->is) {
    case PROXY_TRUNCATED:
        buf_add(&client->out, bytes, count / 2);
        client->no_more = true;
        return true;
    case PROXY_GARBLED:
        buf_add(&client->out, junk, sizeof(junk));
        client->no_more = true;
        return true;
    case PROXY_GIANT:
        buf_text(&client->out, http_giant);
        return true;
    case PROXY_STALLED:
        return true;
    default:
        return false; /* lost: a reset */
    }
}

/* Chunks of an endless list, as fast as they are taken. */
static void feed_giant(struct pair *p)
{
    static const char item[] = "[\"landfall\"],";
    struct buf *out = &p->ends[CLIENT].out;
    size_t count = CHUNK / (sizeof(item) - 1);
    if (out->count > 0)
        return;
    buf_print(out, "%zx\r\n", count * (sizeof(item) - 1));
    for (size_t i = 0; i < count; i++)
        buf_text(out, item);
    buf_text(out, "\r\n");
}

/* ---- bytes
 * ------------------------------------------------------------------------------------------------- */

static void note_first(struct proxy *x, const char *bytes, size_t count)
{
    static const char *const methods[] = {"GET ", "PUT ", "POST ", "PATCH ", "DELETE ", "HEAD "};
    x->saw_http = false;
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        size_t length = strlen(methods[i]);
        if (count >= length && memcmp(bytes, methods[i], length) == 0)
            x->saw_http = true;
    }
}

/* False: the pair is over. */
static bool take(struct pair *p, enum side from, const char *bytes, size_t count)
{
    struct end *to = &p->ends[!from];
    if (from == CLIENT && !p->begun)
        note_first(p->proxy, bytes, count);
    bool struck = is_struck(p, from);
    p->begun = true;
    p->last = from;
    if (p->orphan)
        return true; /* nobody is there to read it */
    if (struck && from == SERVICE)
        return strike_reply(p, bytes, count);
    if (p->is == PROXY_SILENT || (p->is != PROXY_PASS && from == SERVICE))
        return true; /* swallowed */
    if (to->out.count + count > HELD_MAX)
        return false;
    buf_add(&to->out, bytes, count);
    return true;
}

/* Reads once.  False: the pair is over. */
static bool pull(struct pair *p, enum side from)
{
    char bytes[CHUNK];
    struct end *e = &p->ends[from];
    ssize_t got = recv(e->fd, bytes, sizeof(bytes), 0);
    if (got > 0)
        return take(p, from, bytes, (size_t)got);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (p->is == PROXY_HOLD && from == CLIENT) {
        p->sender_died = true;
        return true;
    }
    if (got < 0)
        return false;
    /* What the service does with its end of a broken connection is nothing to the client. */
    if (from == SERVICE && (p->is == PROXY_STALLED || p->is == PROXY_GIANT)) {
        close_end(&p->ends[SERVICE], false);
        return true;
    }
    if (p->orphan || (p->is != PROXY_PASS && p->is != PROXY_TRUNCATED && p->is != PROXY_GARBLED))
        return false;
    p->ends[!from].no_more = true;
    return true;
}

static bool is_over(const struct pair *p)
{
    bool client = p->ends[CLIENT].no_more && p->ends[CLIENT].out.count == 0;
    bool service = p->ends[SERVICE].no_more && p->ends[SERVICE].out.count == 0;
    /* A spoilt reply ends the connection, however much its sender would still say. */
    return client && (service || p->is != PROXY_PASS);
}

static bool finish_connect(struct pair *p)
{
    int code = 0;
    socklen_t size = sizeof(code);
    if (getsockopt(p->ends[SERVICE].fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0 || code != 0)
        return false;
    p->connecting = false;
    return true;
}

static bool step(struct pair *p, enum side side, uint32_t events)
{
    if (p->connecting && side == SERVICE && !finish_connect(p))
        return false;
    if ((events & LOOP_READABLE) && (p->ends[side].watching & LOOP_READABLE) && !pull(p, side))
        return false;
    if (p->is != PROXY_HOLD && !flush(p, SERVICE))
        return false;
    /* As fast as it is taken, so that the socket is full when this returns, and its next room is an event. */
    do {
        if (p->is == PROXY_GIANT)
            feed_giant(p);
        if (!flush(p, CLIENT))
            return false;
    } while (p->is == PROXY_GIANT && p->ends[CLIENT].out.count == 0);
    return !is_over(p);
}

static void ready(void *user, int fd, uint32_t events)
{
    struct pair *p = user;
    enum side side = fd == p->ends[CLIENT].fd ? CLIENT : SERVICE;
    if (!step(p, side, events)) {
        free_pair(p, p->is != PROXY_PASS && !p->ends[CLIENT].no_more);
        return;
    }
    watch(p, CLIENT);
    watch(p, SERVICE);
}

/* ---- accepting
 * --------------------------------------------------------------------------------------------- */

static bool connect_service(struct pair *p)
{
    struct end *e = &p->ends[SERVICE];
    e->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (e->fd < 0 || !set_nonblocking(e->fd))
        return false;
    const struct sockaddr_in *to = &p->proxy->service;
    p->connecting = true;
    if (connect(e->fd, (const struct sockaddr *)to, sizeof(*to)) == 0)
        p->connecting = false;
    else if (errno != EINPROGRESS)
        return false;
    return true;
}

static void accept_one(struct proxy *x, int fd)
{
    struct pair *p = calloc(1, sizeof(*p));
    if (!p)
        abort();
    p->proxy = x;
    p->ends[CLIENT].fd = fd;
    p->ends[SERVICE].fd = -1;
    buf_init(&p->ends[CLIENT].out, 0);
    buf_init(&p->ends[SERVICE].out, 0);
    p->next = x->pairs;
    if (p->next)
        p->next->prev = p;
    x->pairs = p;
    bool passes = true;
    if ((x->kind == PROXY_RESET || x->kind == PROXY_SILENT) && x->skip == 0) {
        p->is = x->kind;
        passes = false;
        hit(x);
    } else if (x->kind == PROXY_RESET || x->kind == PROXY_SILENT) {
        x->skip--;
    }
    if (!set_nonblocking(fd) || p->is == PROXY_RESET || (passes && !connect_service(p))) {
        free_pair(p, true);
        return;
    }
    watch(p, CLIENT);
    watch(p, SERVICE);
}

static void accepting(void *user, int listener, uint32_t events)
{
    struct proxy *x = user;
    (void)events;
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0)
        accept_one(x, fd);
}

/* ---- the face
 * ---------------------------------------------------------------------------------------------- */

static bool start_listening(struct proxy *x, struct err *err)
{
    uint16_t port;
    if (!bind_to(x->port, &x->fd, &port, err))
        return false;
    if (listen(x->fd, BACKLOG) != 0) {
        err_sys(err, "conform.proxy", errno, "cannot listen on 127.0.0.1:%u", x->port);
        close(x->fd);
        x->fd = -1;
        return false;
    }
    x->watch = loop_watch(x->loop, x->fd, LOOP_READABLE, accepting, x);
    return true;
}

static void stop_listening(struct proxy *x)
{
    loop_unwatch(x->watch);
    x->watch = NULL;
    if (x->fd >= 0)
        close(x->fd);
    x->fd = -1;
}

bool proxy_open(struct loop *loop, int seat, uint16_t port, const char *host, uint16_t service,
                struct proxy **out, struct err *err)
{
    struct proxy *x = calloc(1, sizeof(*x));
    if (!x)
        abort();
    x->loop = loop;
    x->seat = seat;
    x->fd = -1;
    x->port = port;
    x->service = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(service)};
    if (inet_pton(AF_INET, str_equal(host, "localhost") ? "127.0.0.1" : host, &x->service.sin_addr) != 1 ||
        ntohl(x->service.sin_addr.s_addr) >> 24 != 127) {
        proxy_close(x);
        err_set(err, "conform.proxy", "'%s' is not this machine", host);
        return err_advise(err, "the service listens on 127.0.0.1; a test has no business elsewhere");
    }
    if (!start_listening(x, err)) {
        proxy_close(x);
        return false;
    }
    *out = x;
    return true;
}

static void drop_all(struct proxy *x)
{
    while (x->pairs)
        free_pair(x->pairs, x->pairs->is != PROXY_PASS);
}

void proxy_close(struct proxy *p)
{
    if (!p)
        return;
    drop_all(p);
    stop_listening(p);
    close(p->seat);
    free(p);
}

bool proxy_arm(struct proxy *p, enum proxy_kind kind, uint32_t skip, struct err *err)
{
    drop_all(p);
    p->kind = kind;
    p->skip = skip;
    p->hits = 0;
    if (kind == PROXY_REFUSE) {
        stop_listening(p);
        p->hits = 1; /* whoever comes meets nobody */
        return true;
    }
    return p->fd >= 0 || start_listening(p, err);
}

bool proxy_disarm(struct proxy *p, struct err *err)
{
    uint32_t hits = p->hits;
    bool good = proxy_arm(p, PROXY_PASS, 0, err);
    p->hits = hits;
    return good;
}

uint32_t proxy_hits(const struct proxy *p)
{
    return p->hits;
}

bool proxy_saw_http(const struct proxy *p)
{
    return p->saw_http;
}

void proxy_on_hit(struct proxy *p, void (*fn)(void *user), void *user)
{
    p->on_hit = fn;
    p->hit_user = user;
}

/* The client may be long gone: its end is closed here as well, and the bytes go their way. */
void proxy_deliver(struct proxy *p)
{
    p->kind = PROXY_PASS;
    for (struct pair *one = p->pairs, *next; one; one = next) {
        next = one->next;
        if (one->is != PROXY_HOLD)
            continue;
        close_end(&one->ends[CLIENT], true);
        one->is = PROXY_LOST;
        one->orphan = true;
        /* Behind the last byte comes the end that the kernel sends for a dead process. */
        one->ends[SERVICE].no_more = true;
        if (!flush(one, SERVICE))
            free_pair(one, false);
        else
            watch(one, SERVICE);
    }
}
