#include "conform/victim.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "io/loop.h"

#define TEXT_MAX ((size_t)128 << 10) /* of one message: a sample and its promise */
#define LOOK_MS  2                   /* how often the warden looks whether its victim has ended */

/* Messages on the line, each one datagram that keeps its bounds.  To the warden: an order.  Back: what
 * happened, from the warden and from the victim itself. */
enum order_kind { ORDER_START = 1, ORDER_KILL };
struct order {
    enum order_kind kind;
    uint64_t die_after_us;
    char text[];
};
enum news_kind { NEWS_LEFT = 1, NEWS_ENDED };
struct news {
    enum news_kind kind;
    bool killed;
    int64_t at_us;
};

struct victim {
    pid_t warden;
    int line;
    bool running, ended;
    int64_t left_us;
    struct victim_end end;
    struct loop *loop;
};

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- in the victim
 * ------------------------------------------------------------------------------------------ */

struct fate {
    int line;
    uint64_t die_after_us;
};

static void tell(int line, enum news_kind kind, bool killed)
{
    struct news n;
    memset(&n, 0, sizeof(n));
    n.kind = kind;
    n.killed = killed;
    n.at_us = now_us();
    while (send(line, &n, sizeof(n), MSG_NOSIGNAL) < 0 && errno == EINTR) {
    }
}

/* A timer of the kernel's own whose signal is SIGKILL: nothing in the process can be in its way. */
static void left(void *handle)
{
    const struct fate *f = handle;
    tell(f->line, NEWS_LEFT, false);
    if (f->die_after_us == 0)
        return;
    struct sigevent kills = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(f->die_after_us / 1000000),
                                           .tv_nsec = (long)(f->die_after_us % 1000000) * 1000}};
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &kills, &timer) != 0 || timer_settime(timer, 0, &when, NULL) != 0)
        kill(getpid(), SIGKILL);
}

/* ---- in the warden
 * ------------------------------------------------------------------------------------------ */

static pid_t start(int line, victim_fn *fn, void *user, const struct order *o)
{
    pid_t warden = getpid(), pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != warden)
        _exit(1);
    struct fate fate = {line, o->die_after_us};
    fn(user, o->text, left, &fate);
    _exit(0);
}

/* Waits for an order, and meanwhile for the end of its victim.  False: whoever gives orders is gone. */
static bool turn(int line, victim_fn *fn, void *user, struct order *o, pid_t *pid)
{
    struct pollfd at = {.fd = line, .events = POLLIN};
    int status;
    if (*pid > 0 && waitpid(*pid, &status, WNOHANG) == *pid) {
        *pid = 0;
        tell(line, NEWS_ENDED, WIFSIGNALED(status));
    }
    if (poll(&at, 1, *pid > 0 ? LOOK_MS : -1) <= 0)
        return true;
    ssize_t got = recv(line, o, sizeof(*o) + TEXT_MAX, 0);
    if (got < (ssize_t)sizeof(*o))
        return got < 0 && errno == EINTR;
    if (o->kind == ORDER_KILL && *pid > 0)
        kill(*pid, SIGKILL);
    else if (o->kind == ORDER_START)
        *pid = start(line, fn, user, o);
    return true;
}

static void watch_over(int line, victim_fn *fn, void *user)
{
    struct order *o = calloc(1, sizeof(*o) + TEXT_MAX + 1);
    pid_t pid = 0;
    /* What the keyboard sends is for the suite, which then lets go of the line. */
    signal(SIGINT, SIG_IGN);
    while (o && turn(line, fn, user, o, &pid)) {
    }
    if (pid > 0)
        kill(pid, SIGKILL);
    _exit(0);
}

/* ---- in the suite
 * ------------------------------------------------------------------------------------------- */

bool victim_open(victim_fn *fn, void *user, int close_fd, struct victim **out, struct err *err)
{
    int line[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line) != 0)
        return err_sys(err, "conform.victim", errno, "cannot talk to a process of its own");
    pid_t pid = fork();
    if (pid < 0) {
        close(line[0]);
        close(line[1]);
        return err_sys(err, "conform.victim", errno, "cannot start a process");
    }
    if (pid == 0) {
        close(line[0]);
        if (close_fd >= 0)
            close(close_fd);
        watch_over(line[1], fn, user);
    }
    close(line[1]);
    struct victim *v = calloc(1, sizeof(*v));
    if (!v)
        abort();
    v->warden = pid;
    v->line = line[0];
    *out = v;
    return true;
}

void victim_close(struct victim *v)
{
    if (!v)
        return;
    close(v->line);
    while (waitpid(v->warden, NULL, 0) < 0 && errno == EINTR) {
    }
    free(v);
}

static bool give(struct victim *v, const struct order *o, size_t size, struct err *err)
{
    ssize_t sent;
    do
        sent = send(v->line, o, size, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size || err_sys(err, "conform.victim", errno, "cannot start a process");
}

bool victim_start(struct victim *v, const char *text, uint64_t die_after_us, struct err *err)
{
    size_t count = strlen(text), size = sizeof(struct order) + count + 1;
    if (count >= TEXT_MAX)
        return err_set(err, "conform.victim", "a sample of %zu bytes is too long to be killed over", count);
    struct order *o = calloc(1, size);
    if (!o)
        abort();
    o->kind = ORDER_START;
    o->die_after_us = die_after_us;
    memcpy(o->text, text, count);
    v->running = true;
    v->ended = false;
    v->left_us = 0;
    v->end = (struct victim_end){0};
    bool good = give(v, o, size, err);
    free(o);
    return good;
}

void victim_kill(struct victim *v)
{
    const struct order o = {.kind = ORDER_KILL};
    struct err unused;
    (void)!give(v, &o, sizeof(o), &unused);
}

static void hear(void *user, int fd, uint32_t events)
{
    struct victim *v = user;
    struct news n;
    (void)events;
    ssize_t got = recv(fd, &n, sizeof(n), MSG_DONTWAIT);
    if (got == (ssize_t)sizeof(n) && n.kind == NEWS_LEFT) {
        v->left_us = n.at_us;
        v->end.left = true;
        return;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    v->ended = true;
    v->end.killed = got != (ssize_t)sizeof(n) || n.killed;
    v->end.took_us = v->left_us ? now_us() - v->left_us : 0;
    loop_stop(v->loop);
}

static void over(void *user)
{
    struct victim *v = user;
    v->running = false;
    loop_stop(v->loop);
}

bool victim_wait(struct victim *v, struct loop *loop, uint64_t ms, struct victim_end *end)
{
    v->loop = loop;
    v->running = true;
    struct loop_watch *watch = loop_watch(loop, v->line, LOOP_READABLE, hear, v);
    struct loop_timer *timer = loop_after(loop, ms, over, v);
    while (v->running && !v->ended)
        loop_run(loop);
    loop_unwatch(watch);
    if (v->running)
        loop_timer_cancel(timer);
    if (end)
        *end = v->end;
    return v->ended;
}
