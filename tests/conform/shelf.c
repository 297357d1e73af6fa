#include "shelf.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "model/value.h"
#include "model/value_json.h"

#define THINGS_MAX  4096
#define REQUEST_MAX 65536

struct shelf {
    pthread_mutex_t lock;
    struct arena *mem;
    const struct value *things[THINGS_MAX]; /* NULL: removed */
    size_t count;
};

struct visit {
    struct shelf *shelf;
    int fd;
    char request[REQUEST_MAX + 1];
    size_t count;
};

/* ---- what it keeps ------------------------------------------------------------------------------------- */

static const char *text_of(const struct value *v, const char *key)
{
    return value_get_text(v, key, "");
}

static const struct value *by_name(struct shelf *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->things[i] && str_equal(text_of(s->things[i], "name"), name))
            return s->things[i];
    }
    return NULL;
}

static const struct value **by_id(struct shelf *s, const char *id)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->things[i] && str_equal(text_of(s->things[i], "id"), id))
            return &s->things[i];
    }
    return NULL;
}

static const struct value *list(struct shelf *s)
{
    const struct value *items[THINGS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->things[i])
            items[count++] = s->things[i];
    }
    return value_list(s->mem, items, count);
}

static unsigned make(struct shelf *s, const struct value *body, int force, const struct value **out)
{
    *out = by_name(s, text_of(body, "name"));
    if (*out && !force)
        return 409;
    if (s->count == THINGS_MAX)
        return 507;
    const struct value *id = value_text(s->mem, arena_print(s->mem, "t%zu", s->count + 1));
    *out = s->things[s->count++] = value_with_key(s->mem, value_copy(s->mem, body), "id", id);
    return 201;
}

static unsigned serve(struct shelf *s, const char *method, const char *path, const struct value *body,
                      const struct value **out)
{
    const char *id = str_starts(path, "/things/") ? path + strlen("/things/") : "";
    const struct value **thing = by_id(s, id);
    *out = NULL;
    if (str_equal(method, "GET") && str_equal(path, "/things")) {
        *out = list(s);
        return 200;
    }
    if (str_equal(method, "POST"))
        return value_kind(body) == VALUE_MAP ? make(s, body, strstr(path, "?force") != NULL, out) : 400;
    if (!thing)
        return 404;
    if (str_equal(method, "DELETE")) {
        *thing = NULL;
        return 204;
    }
    *thing = value_merge(s->mem, *thing, value_copy(s->mem, body));
    *out = *thing;
    return 200;
}

/* ---- HTTP -------------------------------------------------------------------------------------------------
 */

/* The whole request, by its Content-Length. */
static int receive(struct visit *v, char **body)
{
    for (;;) {
        char *end = strstr(v->request, "\r\n\r\n");
        const char *length = end ? strcasestr(v->request, "content-length:") : NULL;
        size_t wanted = length && length < end ? strtoul(length + strlen("content-length:"), NULL, 10) : 0;
        if (end && v->count >= (size_t)(end - v->request) + 4 + wanted) {
            *body = end + 4;
            return 1;
        }
        ssize_t got = recv(v->fd, v->request + v->count, REQUEST_MAX - v->count, 0);
        if (got <= 0)
            return 0;
        v->count += (size_t)got;
        v->request[v->count] = '\0';
    }
}

static void answer(struct visit *v, unsigned status, const struct value *body)
{
    struct buf text, reply;
    buf_init(&text, 0);
    buf_init(&reply, 0);
    if (body)
        value_json_print(&text, body);
    buf_print(&reply,
              "HTTP/1.1 %u x\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
              "Connection: close\r\n\r\n",
              status, text.count);
    buf_add(&reply, text.at, text.count);
    (void)!send(v->fd, reply.at, reply.count, MSG_NOSIGNAL);
    buf_done(&text);
    buf_done(&reply);
}

static void *visit(void *user)
{
    struct visit *v = user;
    struct shelf *s = v->shelf;
    char *text, method[16] = "", path[512] = "";
    if (receive(v, &text) && sscanf(v->request, "%15s %511s", method, path) == 2) {
        const struct value *body = NULL, *out = NULL;
        struct err err;
        pthread_mutex_lock(&s->lock);
        unsigned status = 400;
        if (!*text || value_json_parse(s->mem, text, strlen(text), &body, &err))
            status = serve(s, method, path, body, &out);
        answer(v, status, out);
        pthread_mutex_unlock(&s->lock);
    }
    close(v->fd);
    free(v);
    return NULL;
}

static void run(int listener)
{
    static struct shelf shelf = {.lock = PTHREAD_MUTEX_INITIALIZER};
    shelf.mem = arena_new();
    for (;;) {
        pthread_t thread;
        struct visit *v = calloc(1, sizeof(*v));
        v->shelf = &shelf;
        v->fd = accept(listener, NULL, NULL);
        if (v->fd < 0 || pthread_create(&thread, NULL, visit, v) != 0)
            _exit(1);
        pthread_detach(thread);
    }
}

pid_t shelf_start(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) != 0)
        return -1;
    *port = ntohs(at.sin_port);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        run(fd);
    }
    close(fd);
    return pid;
}

void shelf_stop(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
