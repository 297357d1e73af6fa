#include "io/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "io/heap.h"
#include "io/kernel.h"

#define GRACE_MS   5000
#define OUTPUT_MAX ((size_t)1 << 20)
#define CHUNK      ((size_t)64 << 10) /* what a pipe of Linux holds */
/* Chunks read of a pipe that somebody still fills after the command has ended. */
#define DRAIN_MAX 64

struct stream {
    int fd;
    struct loop_watch *watch;
    struct buf kept;
};

struct process {
    struct loop *loop;
    process_end_fn *fn;
    void *user;
    int pid; /* 0: it never started */
    struct stream out, err;
    struct stream in; /* kept: what is to be written */
    size_t written;
    uint64_t grace_ms;
    struct loop_timer *timer; /* its time, then the grace; or why it never started */
    bool timed_out, stopping, was_stopped;
    struct err why;
};

/* ---- streams ------------------------------------------------------------------------------------------- */

static void close_stream(struct stream *s)
{
    loop_unwatch(s->watch);
    s->watch = NULL;
    file_close_fd(&s->fd);
}

/* False: there is no more for now, or for ever. */
static bool read_once(struct stream *s)
{
    char chunk[CHUNK];
    ssize_t count = read(s->fd, chunk, sizeof(chunk));
    if (count > 0) {
        buf_add(&s->kept, chunk, (size_t)count);
        return true;
    }
    if (count == 0 || (errno != EAGAIN && errno != EINTR))
        close_stream(s);
    return false;
}

static void on_readable(void *user, int fd, uint32_t events)
{
    (void)fd, (void)events;
    read_once(user);
}

/* A command that does not read its input closes it, and that is its right. */
static void on_writable(void *user, int fd, uint32_t events)
{
    struct process *p = user;
    (void)events;
    ssize_t count = write(fd, p->in.kept.at + p->written, p->in.kept.count - p->written);
    if (count >= 0)
        p->written += (size_t)count;
    bool broken = count < 0 && errno != EAGAIN && errno != EINTR;
    if (broken || p->written == p->in.kept.count)
        close_stream(&p->in);
}

/* Pipes and not sockets: a command may open /dev/stdin.  Only our end never blocks. */
static bool open_pipe(struct stream *ours, bool reads, int *theirs, struct err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_sys(err, "process.start", errno, "cannot make a pipe for a command");
    ours->fd = ends[reads ? 0 : 1];
    *theirs = ends[reads ? 1 : 0];
    if (fcntl(ours->fd, F_SETFL, O_NONBLOCK) != 0)
        return err_sys(err, "process.start", errno, "cannot make a pipe for a command");
    return true;
}

/* ---- the end ---------------------------------------------------------------------------------------------
 */

static struct process_output output_of(const struct stream *s)
{
    return (struct process_output){.bytes = s->kept.at, .count = s->kept.count, .cut = s->kept.full};
}

static void finish(struct process *p, int exit_code, int sig)
{
    struct process_end end = {
        .started = p->pid != 0,
        .timed_out = p->timed_out,
        .was_stopped = p->was_stopped,
        .exit_code = exit_code,
        .signal = sig,
        .out = output_of(&p->out),
        .err = output_of(&p->err),
        .error = p->pid ? NULL : p->why.summary,
    };
    loop_timer_cancel(p->timer);
    close_stream(&p->in);
    close_stream(&p->out);
    close_stream(&p->err);
    p->fn(p->user, &end);
    buf_done(&p->in.kept);
    buf_done(&p->out.kept);
    buf_done(&p->err.kept);
    free(p);
}

static void drain(struct stream *s)
{
    for (int i = 0; s->fd >= 0 && i < DRAIN_MAX && read_once(s); i++) {
    }
}

/* Nothing of it may go on behind its caller's back.  All that it wrote itself is in the pipes by now; their
 * end is not waited for, because something that left the group may hold them open for years. */
static void on_exit_of(void *user, int exit_code, int sig)
{
    struct process *p = user;
    kill(-p->pid, SIGKILL);
    drain(&p->out);
    drain(&p->err);
    finish(p, exit_code, sig);
}

static void never_started(void *user)
{
    struct process *p = user;
    p->timer = NULL;
    finish(p, 0, 0);
}

/* ---- stopping --------------------------------------------------------------------------------------------
 */

static void end_grace(void *user)
{
    struct process *p = user;
    p->timer = NULL;
    kill(-p->pid, SIGKILL);
}

static void ask_to_end(struct process *p, uint64_t grace_ms)
{
    if (p->stopping || p->pid == 0)
        return;
    p->stopping = true;
    loop_timer_cancel(p->timer);
    p->timer = loop_after(p->loop, grace_ms < p->grace_ms ? grace_ms : p->grace_ms, end_grace, p);
    kill(-p->pid, SIGTERM);
}

static void on_timeout(void *user)
{
    struct process *p = user;
    p->timer = NULL;
    p->timed_out = true;
    ask_to_end(p, p->grace_ms);
}

void process_stop(struct process *p, uint64_t grace_ms)
{
    p->was_stopped = true;
    ask_to_end(p, grace_ms);
}

void process_kill(struct process *p)
{
    p->was_stopped = true;
    if (p->pid != 0)
        kill(-p->pid, SIGKILL);
}

bool process_has_started(const struct process *p)
{
    return p->pid != 0;
}

/* ---- starting --------------------------------------------------------------------------------------------
 */

static bool start(struct process *p, const struct process_ask *ask, struct err *err)
{
    int fds[] = {-1, -1, -1, ask->keep_fd};
    const struct loop_spawn spawn = {.argv = ask->argv,
                                     .env = ask->env,
                                     .cwd = ask->cwd,
                                     .fds = fds,
                                     .fd_count = ask->keep_fd < 0 ? 3 : 4};
    bool good = (!ask->input || open_pipe(&p->in, false, &fds[0], err)) &&
                open_pipe(&p->out, true, &fds[1], err) && open_pipe(&p->err, true, &fds[2], err) &&
                loop_spawn(p->loop, &spawn, on_exit_of, p, &p->pid, err);
    for (int i = 0; i < 3; i++)
        file_close_fd(&fds[i]);
    return good;
}

static struct process *new_process(struct loop *l, const struct process_ask *ask, process_end_fn *fn,
                                   void *user)
{
    struct process *p = heap_new(sizeof(*p));
    p->loop = l;
    p->fn = fn;
    p->user = user;
    p->grace_ms = ask->grace_ms ? ask->grace_ms : GRACE_MS;
    p->in.fd = p->out.fd = p->err.fd = -1;
    buf_init(&p->in.kept, 0);
    buf_init(&p->out.kept, ask->output_max ? ask->output_max : OUTPUT_MAX);
    buf_init(&p->err.kept, ask->output_max ? ask->output_max : OUTPUT_MAX);
    if (ask->input)
        buf_add(&p->in.kept, ask->input, ask->input_count);
    return p;
}

struct process *process_start(struct loop *l, const struct process_ask *ask, process_end_fn *fn, void *user)
{
    struct process *p = new_process(l, ask, fn, user);
    kernel_survive_closed_peers();
    if (!start(p, ask, &p->why)) {
        p->timer = loop_after(l, 0, never_started, p);
        return p;
    }
    p->out.watch = loop_watch(l, p->out.fd, LOOP_READABLE, on_readable, &p->out);
    p->err.watch = loop_watch(l, p->err.fd, LOOP_READABLE, on_readable, &p->err);
    if (ask->input)
        p->in.watch = loop_watch(l, p->in.fd, LOOP_WRITABLE, on_writable, p);
    if (ask->timeout_ms)
        p->timer = loop_after(l, ask->timeout_ms, on_timeout, p);
    return p;
}
