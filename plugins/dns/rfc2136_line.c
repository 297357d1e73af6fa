#include "rfc2136_line.h"

#include "rfc2136_memory.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

int64_t line_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool fail(struct line *line, const char *doing, const char *why)
{
    (void)snprintf(line->why, sizeof(line->why), "%s: %s", doing, why);
    return false;
}

/* Until the descriptor is ready, `until` comes, or the job's own end does. */
static bool wait_for(struct line *line, short events, int64_t until, const char *doing)
{
    if (until > line->until_ms)
        until = line->until_ms;
    for (;;) {
        int64_t left = until - line_now_ms();
        struct pollfd wait = {.fd = line->fd, .events = events};
        int ready = left > 0 ? poll(&wait, 1, (int)left) : 0;
        if (ready > 0)
            return true;
        if (ready == 0)
            return fail(line, doing, "no answer in time");
        if (errno != EINTR)
            return fail(line, doing, strerror(errno));
    }
}

static int64_t silence_ends(const struct line *line)
{
    return line_now_ms() + line->silence_ms;
}

static bool connect_to(struct line *line, const struct addrinfo *at)
{
    int error = 0;
    socklen_t len = sizeof(error);
    int yes = 1;
    line->fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (line->fd < 0)
        return fail(line, "making a socket", strerror(errno));
    bool done = connect(line->fd, at->ai_addr, at->ai_addrlen) == 0;
    if (!done && errno != EINPROGRESS)
        fail(line, "connecting", strerror(errno));
    else if (!done && !wait_for(line, POLLOUT, silence_ends(line), "connecting"))
        done = false;
    else if (getsockopt(line->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0)
        done = fail(line, "connecting", strerror(error ? error : errno));
    else
        done = true;
    if (done)
        (void)setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    else
        line_close(line);
    return done;
}

bool line_open(struct line *line, const char *server, uint16_t port)
{
    char service[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    (void)snprintf(service, sizeof(service), "%u", port);
    line->fd = -1;
    int failure = getaddrinfo(server, service, &hints, &found);
    if (failure != 0)
        return fail(line, "looking up its address", gai_strerror(failure));
    bool good = false;
    for (const struct addrinfo *at = found; at && !good; at = at->ai_next)
        good = connect_to(line, at);
    freeaddrinfo(found);
    return good;
}

bool line_send(struct line *line, const uint8_t *bytes, size_t len)
{
    uint8_t head[2] = {(uint8_t)(len >> 8), (uint8_t)len};
    if (len > UINT16_MAX)
        return fail(line, "sending", "the message is longer than 65 535 bytes");
    for (size_t done = 0; done < len + sizeof(head);) {
        size_t skip = done < sizeof(head) ? 0 : done - sizeof(head);
        struct iovec parts[2] = {
            {.iov_base = head + (done < sizeof(head) ? done : sizeof(head)),
             .iov_len = done < sizeof(head) ? sizeof(head) - done : 0},
            /* sendmsg only reads; iovec has no const. */
            {.iov_base = (void *)(uintptr_t)(bytes + skip), .iov_len = len - skip},
        };
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        ssize_t sent = sendmsg(line->fd, &message, MSG_NOSIGNAL);
        if (sent > 0)
            done += (size_t)sent;
        else if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return fail(line, "sending", strerror(errno));
        else if (!wait_for(line, POLLOUT, silence_ends(line), "sending"))
            return false;
    }
    return true;
}

/* A message that comes byte by byte is as slow as one that does not come. */
static bool read_whole(struct line *line, uint8_t *bytes, size_t len, int64_t until)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = recv(line->fd, bytes + done, len - done, 0);
        if (got > 0)
            done += (size_t)got;
        else if (got == 0)
            return fail(line, "waiting for an answer", "the server closed the connection");
        else if (errno != EAGAIN && errno != EINTR)
            return fail(line, "waiting for an answer", strerror(errno));
        else if (!wait_for(line, POLLIN, until, "waiting for an answer"))
            return false;
    }
    return true;
}

bool line_receive(struct line *line, struct memory *memory, uint8_t **bytes, size_t *len)
{
    uint8_t head[2];
    int yes = 1;
    int64_t until = silence_ends(line);
    /* A server that sends its second answer only when the first is acknowledged would wait 40 ms for it. */
    (void)setsockopt(line->fd, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof(yes));
    if (!read_whole(line, head, sizeof(head), until))
        return false;
    size_t size = (size_t)head[0] << 8 | head[1];
    uint8_t *all = memory_get(memory, size + 1);
    if (!read_whole(line, all, size, until))
        return false;
    *bytes = all;
    *len = size;
    return true;
}

void line_close(struct line *line)
{
    if (line->fd >= 0)
        close(line->fd);
    line->fd = -1;
}
