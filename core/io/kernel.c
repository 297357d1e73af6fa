#include "io/kernel.h"

#include <linux/close_range.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "base/err.h"
#include "base/log.h"
#include "io/heap.h"

struct kernel {
    uv_loop_t uv;
    uv_async_t interrupt;
    uv_timer_t limit; /* ends a wait in time */
    kernel_call_fn *call;
    void *owner;
    struct job *jobs; /* so that kernel_free can drop those no worker has begun */
    size_t watches, children;
    bool dropping;
};

struct loop_watch {
    uv_poll_t uv;
    struct kernel *kernel;
    loop_ready_fn *fn;
    void *user;
    int fd;
    uint32_t events, seen;
};

struct job {
    uv_work_t uv;
    struct kernel *kernel;
    loop_fn *work, *done;
    void *user;
    struct job *next, **link;
};

struct signal_watch {
    uv_signal_t uv;
    struct kernel *kernel;
    loop_fn *fn;
    void *user;
};

struct child {
    uv_process_t uv;
    struct kernel *kernel;
    loop_exit_fn *fn;
    void *user;
    int exit_code, signal;
};

/* For calls that fail only when the process has run out of memory or descriptors at its very start. */
static void must(int result, const char *what)
{
    if (result == 0)
        return;
    fprintf(stderr, "landfall: %s: %s\n", what, uv_strerror(result));
    abort();
}

static void nothing_for_interrupt(uv_async_t *uv)
{
    (void)uv;
}

static void nothing_for_limit(uv_timer_t *uv)
{
    (void)uv;
}

struct kernel *kernel_new(kernel_call_fn *call, void *owner)
{
    struct kernel *k = heap_new(sizeof(*k));
    k->call = call;
    k->owner = owner;
    must(uv_loop_init(&k->uv), "cannot start the event loop");
    must(uv_async_init(&k->uv, &k->interrupt, nothing_for_interrupt), "cannot start the event loop");
    must(uv_timer_init(&k->uv, &k->limit), "cannot start the event loop");
    return k;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void close_one(uv_handle_t *handle, void *kernel)
{
    struct kernel *k = kernel;
    bool inside = handle == (uv_handle_t *)&k->interrupt || handle == (uv_handle_t *)&k->limit;
    if (!uv_is_closing(handle))
        uv_close(handle, inside ? NULL : free_handle);
}

void kernel_free(struct kernel *k)
{
    if (!k)
        return;
    k->dropping = true;
    /* Fails for a job that a worker has begun; uv_run below waits for that one. */
    for (struct job *j = k->jobs; j; j = j->next)
        uv_cancel((uv_req_t *)&j->uv);
    uv_walk(&k->uv, close_one, k);
    uv_run(&k->uv, UV_RUN_DEFAULT);
    must(uv_loop_close(&k->uv), "cannot end the event loop");
    free(k);
}

void kernel_wait(struct kernel *k, int64_t timeout_ns)
{
    if (timeout_ns <= 0) {
        uv_run(&k->uv, UV_RUN_NOWAIT);
        return;
    }
    if (timeout_ns == KERNEL_FOREVER) {
        uv_timer_stop(&k->limit);
    } else {
        /* Rounded up, or the loop would spin through the last millisecond. */
        uv_update_time(&k->uv);
        uv_timer_start(&k->limit, nothing_for_limit,
                       (uint64_t)(timeout_ns / 1000000 + (timeout_ns % 1000000 != 0)), 0);
    }
    uv_run(&k->uv, UV_RUN_ONCE);
    uv_timer_stop(&k->limit);
}

void kernel_interrupt(struct kernel *k)
{
    uv_async_send(&k->interrupt);
}

bool kernel_is_busy(const struct kernel *k)
{
    return k->watches > 0 || k->children > 0 || k->jobs;
}

static void on_poll(uv_poll_t *uv, int status, int events);

static bool arm(struct loop_watch *w)
{
    int wanted = (w->events & LOOP_READABLE ? UV_READABLE : 0) |
                 (w->events & LOOP_WRITABLE ? UV_WRITABLE : 0) |
                 (w->events & LOOP_DISCONNECT ? UV_DISCONNECT : 0);
    return uv_poll_start(&w->uv, wanted, on_poll) == 0;
}

static void run_ready(void *watch)
{
    struct loop_watch *w = watch;
    w->fn(w->user, w->fd, w->seen);
}

static void on_poll(uv_poll_t *uv, int status, int events)
{
    struct loop_watch *w = (struct loop_watch *)uv;
    if (w->kernel->dropping)
        return;
    /* A descriptor in error is ready for everything: whoever reads or writes next learns what is wrong.
     * libuv has stopped this handle; it is armed again, so that the watch lives until its owner ends it. */
    if (status < 0 && !arm(w))
        log_debug("descriptor %d cannot be watched any more", w->fd);
    w->seen = status < 0
                  ? w->events | LOOP_DISCONNECT
                  : (events & UV_READABLE ? LOOP_READABLE : 0) | (events & UV_WRITABLE ? LOOP_WRITABLE : 0) |
                        (events & UV_DISCONNECT ? LOOP_DISCONNECT : 0);
    w->kernel->call(w->kernel->owner, run_ready, w);
}

struct loop_watch *kernel_watch(struct kernel *k, int fd, uint32_t events, loop_ready_fn *fn, void *user)
{
    struct loop_watch *w = heap_new(sizeof(*w));
    w->kernel = k;
    w->fn = fn;
    w->user = user;
    w->fd = fd;
    w->events = events;
    if (uv_poll_init(&k->uv, &w->uv, fd) != 0) {
        free(w);
        return NULL;
    }
    k->watches++;
    if (!arm(w)) {
        kernel_unwatch(w);
        return NULL;
    }
    return w;
}

void kernel_unwatch(struct loop_watch *w)
{
    w->kernel->watches--;
    uv_close((uv_handle_t *)&w->uv, free_handle);
}

static void run_job(uv_work_t *uv)
{
    struct job *j = (struct job *)uv;
    j->work(j->user);
}

static void end_job(uv_work_t *uv, int status)
{
    struct job *j = (struct job *)uv;
    (void)status; /* canceled happens in kernel_free only */
    *j->link = j->next;
    if (j->next)
        j->next->link = j->link;
    if (!j->kernel->dropping)
        j->kernel->call(j->kernel->owner, j->done, j->user);
    free(j);
}

void kernel_work(struct kernel *k, loop_fn *work, loop_fn *done, void *user)
{
    struct job *j = heap_new(sizeof(*j));
    j->kernel = k;
    j->work = work;
    j->done = done;
    j->user = user;
    j->next = k->jobs;
    j->link = &k->jobs;
    if (j->next)
        j->next->link = &j->next;
    k->jobs = j;
    /* The first job starts the workers: signals are for the thread of the loop alone. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int why = uv_queue_work(&k->uv, &j->uv, run_job, end_job);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    must(why, "cannot start a worker");
}

static void on_signal(uv_signal_t *uv, int number)
{
    struct signal_watch *s = (struct signal_watch *)uv;
    (void)number;
    if (!s->kernel->dropping)
        s->kernel->call(s->kernel->owner, s->fn, s->user);
}

void kernel_signal(struct kernel *k, int number, loop_fn *fn, void *user)
{
    struct signal_watch *s = heap_new(sizeof(*s));
    s->kernel = k;
    s->fn = fn;
    s->user = user;
    must(uv_signal_init(&k->uv, &s->uv), "cannot watch a signal");
    must(uv_signal_start(&s->uv, on_signal, number), "cannot watch a signal");
}

void kernel_survive_closed_peers(void)
{
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

/* ---- children ---- */

#define FDS_MAX 8

static void run_exit(void *child)
{
    struct child *c = child;
    c->fn(c->user, c->exit_code, c->signal);
}

static void on_exit_of(uv_process_t *uv, int64_t exit_code, int signal)
{
    struct child *c = (struct child *)uv;
    struct kernel *k = c->kernel;
    c->exit_code = (int)exit_code;
    c->signal = signal;
    k->children--;
    if (!k->dropping)
        k->call(k->owner, run_exit, c);
    uv_close((uv_handle_t *)&c->uv, free_handle);
}

/* Descriptors of libraries, too, some of which do not say close-on-exec.  A kernel before 5.11 answers with
 * an error, and then only theirs would be inherited: landfall's own all say it. */
static void hide_descriptors(void)
{
    if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
        log_debug("descriptors of libraries may be inherited by a command");
}

/* libuv reports through a pipe what came before the program began: no such file, no such folder. */
bool kernel_spawn(struct kernel *k, const struct loop_spawn *what, loop_exit_fn *fn, void *user, int *pid,
                  struct err *err)
{
    uv_stdio_container_t fds[FDS_MAX];
    if (what->fd_count > FDS_MAX)
        return err_set(err, "process.start", "cannot hand %d descriptors to a command", what->fd_count);
    for (int i = 0; i < what->fd_count; i++) {
        fds[i].flags = what->fds[i] < 0 ? UV_IGNORE : UV_INHERIT_FD;
        fds[i].data.fd = what->fds[i];
    }
    struct child *c = heap_new(sizeof(*c));
    *c = (struct child){.kernel = k, .fn = fn, .user = user};
    /* libuv's structure is older than const; it changes nothing. */
    uv_process_options_t options = {.exit_cb = on_exit_of,
                                    .file = what->argv[0],
                                    .args = (char **)(uintptr_t)what->argv,
                                    .env = (char **)(uintptr_t)what->env,
                                    .cwd = what->cwd,
                                    .flags = UV_PROCESS_DETACHED,
                                    .stdio_count = what->fd_count,
                                    .stdio = fds};
    hide_descriptors();
    int why = uv_spawn(&k->uv, &c->uv, &options);
    if (why != 0) {
        uv_close((uv_handle_t *)&c->uv, free_handle);
        return err_set(err, "process.start", "cannot start '%s': %s", what->argv[0], uv_strerror(why));
    }
    k->children++;
    *pid = c->uv.pid;
    return true;
}
