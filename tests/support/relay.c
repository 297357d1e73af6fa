#include "relay.h"

#include <arpa/inet.h>
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX   65535
#define OPCODE(head)  (((head)[2] >> 3) & 15)
#define OPCODE_UPDATE 5
#define TYPE_AXFR     252

struct relay {
    int listening, port, server_port, reads_port;
    pthread_t thread;
    pthread_mutex_t lock;
    size_t counts[RELAY_KINDS];
    enum relay_kind kind; /* of the message that `fault` is for */
    enum relay_fault fault;
    size_t skip;
    bool landing; /* what is late may land */
    void (*hook)(void *user);
    void *user;
    size_t late, threads;
    _Atomic bool closing;
};

/* One client's connection. */
struct passage {
    struct relay *relay;
    int client, server, reader;
};

/* A message that a dead client left behind. */
struct straggler {
    struct relay *relay;
    uint8_t *bytes;
    size_t len;
};

static void pause_ms(int ms)
{
    struct timespec wait = {ms / 1000, (long)(ms % 1000) * 1000000};
    (void)nanosleep(&wait, NULL);
}

static bool read_all(int fd, uint8_t *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = recv(fd, bytes + done, len - done, 0);
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

static bool read_message(int fd, uint8_t *bytes, size_t *len)
{
    uint8_t head[2];
    if (!read_all(fd, head, 2))
        return false;
    *len = (size_t)head[0] << 8 | head[1];
    return read_all(fd, bytes, *len);
}

static bool write_part(int fd, const uint8_t *bytes, size_t len, size_t part)
{
    uint8_t all[MESSAGE_MAX + 2];
    all[0] = (uint8_t)(len >> 8);
    all[1] = (uint8_t)len;
    memcpy(all + 2, bytes, len);
    size_t want = part + 2;
    return send(fd, all, want, MSG_NOSIGNAL) == (ssize_t)want;
}

static bool write_message(int fd, const uint8_t *bytes, size_t len)
{
    return write_part(fd, bytes, len, len);
}

static int connect_to(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval bound = {10, 0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof(bound));
    if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* An update without changes only asks.  The type of the first question stands behind its name. */
static enum relay_kind kind_of(const uint8_t *bytes, size_t len)
{
    size_t at = 12;
    if (OPCODE(bytes) == OPCODE_UPDATE && (bytes[8] || bytes[9]))
        return RELAY_UPDATE;
    while (at < len && bytes[at] != 0)
        at += (size_t)bytes[at] + 1;
    return at + 2 < len && bytes[at + 1] == 0 && bytes[at + 2] == TYPE_AXFR ? RELAY_TRANSFER : RELAY_QUERY;
}

static enum relay_fault fault_for(struct relay *relay, enum relay_kind kind)
{
    enum relay_fault fault = RELAY_NONE;
    pthread_mutex_lock(&relay->lock);
    relay->counts[kind]++;
    if (relay->fault != RELAY_NONE && relay->kind == kind) {
        if (relay->skip > 0) {
            relay->skip--;
        } else {
            fault = relay->fault;
            relay->fault = RELAY_NONE;
        }
    }
    pthread_mutex_unlock(&relay->lock);
    return fault;
}

static bool may_land(struct relay *relay)
{
    pthread_mutex_lock(&relay->lock);
    bool may = relay->landing;
    pthread_mutex_unlock(&relay->lock);
    return may;
}

static void *deliver_late(void *user)
{
    struct straggler *straggler = user;
    struct relay *relay = straggler->relay;
    uint8_t answer[MESSAGE_MAX];
    size_t len = 0;
    while (!may_land(relay))
        pause_ms(10);
    int fd = connect_to(relay->server_port);
    if (fd >= 0 && write_message(fd, straggler->bytes, straggler->len))
        (void)read_message(fd, answer, &len);
    close(fd);
    free(straggler->bytes);
    free(straggler);
    pthread_mutex_lock(&relay->lock);
    relay->late--;
    pthread_mutex_unlock(&relay->lock);
    return NULL;
}

static void leave_behind(struct relay *relay, const uint8_t *bytes, size_t len)
{
    pthread_t thread;
    struct straggler *straggler = calloc(1, sizeof(*straggler));
    *straggler = (struct straggler){.relay = relay, .len = len};
    straggler->bytes = malloc(len);
    memcpy(straggler->bytes, bytes, len);
    pthread_mutex_lock(&relay->lock);
    relay->late++;
    pthread_mutex_unlock(&relay->lock);
    pthread_create(&thread, NULL, deliver_late, straggler);
    pthread_detach(thread);
}

/* The answer, as the fault has it.  False: the connection ends. */
static bool give_back(const struct passage *passage, enum relay_fault fault, uint8_t *bytes, size_t len)
{
    switch (fault) {
    case RELAY_LOSE:
        return false;
    case RELAY_HALF:
        (void)write_part(passage->client, bytes, len, len / 2);
        return false;
    case RELAY_TWIST:
        bytes[len - 11] ^= 1;
        break;
    case RELAY_OTHER:
        bytes[0] ^= 0x40;
        break;
    case RELAY_NOISE:
        memset(bytes, 0xff, len);
        break;
    case RELAY_REPEAT:
        for (int i = 0; i < 1000 && write_message(passage->client, bytes, len); i++)
            continue;
        return false;
    default:
        break;
    }
    return write_message(passage->client, bytes, len);
}

/* Whatever the server says is handed on until it falls silent or the client speaks. */
static bool answer(struct passage *passage, enum relay_fault fault, int server)
{
    uint8_t bytes[MESSAGE_MAX];
    size_t len = 0;
    for (bool first = true;; first = false) {
        struct pollfd ready[2] = {{.fd = server, .events = POLLIN},
                                  {.fd = passage->client, .events = POLLIN}};
        if (!first && (poll(ready, 2, 10000) <= 0 || !(ready[0].revents & POLLIN)))
            return true;
        if (!read_message(server, bytes, &len) || !give_back(passage, first ? fault : RELAY_NONE, bytes, len))
            return false;
    }
}

static bool pass(struct passage *passage, uint8_t *bytes, size_t len)
{
    struct relay *relay = passage->relay;
    enum relay_kind kind = kind_of(bytes, len);
    enum relay_fault fault = fault_for(relay, kind);
    int *server = kind != RELAY_UPDATE && relay->reads_port ? &passage->reader : &passage->server;
    if (fault == RELAY_DROP)
        return false;
    if (fault == RELAY_LATE) {
        leave_behind(relay, bytes, len);
        return false;
    }
    if (fault == RELAY_SILENT) {
        (void)read_message(passage->client, bytes, &len);
        return false;
    }
    if (fault == RELAY_HOLD)
        relay->hook(relay->user);
    if (*server < 0)
        *server = connect_to(server == &passage->reader ? relay->reads_port : relay->server_port);
    return *server >= 0 && write_message(*server, bytes, len) && answer(passage, fault, *server);
}

static void *serve(void *user)
{
    struct passage *passage = user;
    struct relay *relay = passage->relay;
    uint8_t bytes[MESSAGE_MAX];
    size_t len = 0;
    while (read_message(passage->client, bytes, &len) && pass(passage, bytes, len))
        continue;
    close(passage->client);
    if (passage->server >= 0)
        close(passage->server);
    if (passage->reader >= 0)
        close(passage->reader);
    free(passage);
    pthread_mutex_lock(&relay->lock);
    relay->threads--;
    pthread_mutex_unlock(&relay->lock);
    return NULL;
}

static void *accept_all(void *user)
{
    struct relay *relay = user;
    for (;;) {
        pthread_t thread;
        int client = accept4(relay->listening, NULL, NULL, SOCK_CLOEXEC);
        if (relay->closing || client < 0) {
            if (client >= 0)
                close(client);
            return NULL;
        }
        struct passage *passage = calloc(1, sizeof(*passage));
        *passage = (struct passage){.relay = relay, .client = client, .server = -1, .reader = -1};
        pthread_mutex_lock(&relay->lock);
        relay->threads++;
        pthread_mutex_unlock(&relay->lock);
        pthread_create(&thread, NULL, serve, passage);
        pthread_detach(thread);
    }
}

struct relay *relay_open(int port, int reads_port)
{
    struct relay *relay = calloc(1, sizeof(*relay));
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof(at);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    relay->server_port = port;
    relay->reads_port = reads_port;
    relay->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int good = bind(relay->listening, (const struct sockaddr *)&at, sizeof(at));
    assert(good == 0);
    good = listen(relay->listening, 16);
    assert(good == 0);
    good = getsockname(relay->listening, (struct sockaddr *)&at, &len);
    assert(good == 0);
    relay->port = ntohs(at.sin_port);
    pthread_mutex_init(&relay->lock, NULL);
    pthread_create(&relay->thread, NULL, accept_all, relay);
    return relay;
}

static bool is_quiet(struct relay *relay, bool all)
{
    pthread_mutex_lock(&relay->lock);
    bool quiet = relay->late == 0 && (!all || relay->threads == 0);
    pthread_mutex_unlock(&relay->lock);
    return quiet;
}

static void let_land(struct relay *relay, bool landing)
{
    pthread_mutex_lock(&relay->lock);
    relay->landing = landing;
    pthread_mutex_unlock(&relay->lock);
}

void relay_land(struct relay *relay)
{
    let_land(relay, true);
    while (!is_quiet(relay, false))
        pause_ms(10);
    let_land(relay, false);
}

void relay_close(struct relay *relay)
{
    relay->closing = true;
    shutdown(relay->listening, SHUT_RDWR);
    pthread_join(relay->thread, NULL);
    close(relay->listening);
    let_land(relay, true);
    while (!is_quiet(relay, true))
        pause_ms(10);
    pthread_mutex_destroy(&relay->lock);
    free(relay);
}

int relay_port(const struct relay *relay)
{
    return relay->port;
}

void relay_next(struct relay *relay, enum relay_kind kind, size_t skip, enum relay_fault fault)
{
    /* A connection that is just ending may still hold a message; it is not the one that is meant. */
    for (int tries = 0; tries < 500 && !is_quiet(relay, true); tries++)
        pause_ms(10);
    pthread_mutex_lock(&relay->lock);
    relay->kind = kind;
    relay->skip = skip;
    relay->fault = fault;
    pthread_mutex_unlock(&relay->lock);
}

void relay_hook(struct relay *relay, void (*hook)(void *user), void *user)
{
    relay->hook = hook;
    relay->user = user;
}

size_t relay_count(struct relay *relay, enum relay_kind kind)
{
    pthread_mutex_lock(&relay->lock);
    size_t count = relay->counts[kind];
    pthread_mutex_unlock(&relay->lock);
    return count;
}
