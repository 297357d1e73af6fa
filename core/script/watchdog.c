#include "script/watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "base/tick.h"

#define NS_PER_MS 1000000
#define NS_PER_S  ((int64_t)1000 * NS_PER_MS)
/* A script computes, so its own processor time is what counts: a machine that stands still, or serves others,
 * ends no plan.  One that waits inside a read that never returns spends none, and is ended by the clock. */
#define CLOCK_SLACK 10

/* Arming happens on every resume of a coroutine, so it only stores a time; the thread looks at it when the
 * earlier deadline passes, and is woken only when it sleeps without one. */
struct watchdog {
    struct tick tick;
    uint32_t limit_ms;
    clockid_t cpu;            /* of the script's thread */
    _Atomic int64_t spent_ns; /* by that clock, when it was armed; set before armed_ns, read after it */
    _Atomic int64_t armed_ns; /* 0: not armed */
    _Atomic(const char *) file;
    _Atomic uint32_t line;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool started; /* only the script's thread reads it */
    bool idle;    /* under lock: the thread sleeps without a deadline */
    bool ends;    /* under lock */
};

struct watchdog *watchdog_new(uint32_t limit_ms)
{
    struct watchdog *w = NULL;
    size_t room = 0;
    array_room((void **)&w, &room, 1, sizeof(*w));
    memset(w, 0, sizeof(*w));
    w->tick = tick_real();
    w->limit_ms = limit_ms;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &attr);
    pthread_condattr_destroy(&attr);
    return w;
}

/* The script's thread may be anywhere, also inside malloc, so nothing here allocates or takes a lock, and
 * no exit handler runs. */
static void end_process(const struct watchdog *w)
{
    char text[512];
    const char *file;
    uint32_t line;
    watchdog_last(w, &file, &line);
    int count = file ? snprintf(text, sizeof(text), "landfall: %s:%u: ", file, line)
                     : snprintf(text, sizeof(text), "landfall: ");
    size_t used = count > 0 && (size_t)count < sizeof(text) ? (size_t)count : 0;
    snprintf(text + used, sizeof(text) - used,
             "the script has run for more than %g seconds around this line and was ended; look for a loop or "
             "a search that never ends (a plan has written nothing; an apply goes on with `landfall "
             "resume`)\n",
             w->limit_ms / 1000.0);
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        _exit(1);
    _exit(1);
}

static void wait_until(struct watchdog *w, int64_t ns)
{
    struct timespec until = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
    pthread_cond_timedwait(&w->wake, &w->lock, &until);
}

static int64_t cpu_ns(clockid_t cpu)
{
    struct timespec spent = {0};
    clock_gettime(cpu, &spent);
    return (int64_t)spent.tv_sec * NS_PER_S + spent.tv_nsec;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void *watch(void *arg)
{
    struct watchdog *w = arg;
    pthread_mutex_lock(&w->lock);
    while (!w->ends) {
        int64_t armed = atomic_load(&w->armed_ns);
        if (armed == 0) {
            w->idle = true;
            pthread_cond_wait(&w->wake, &w->lock);
            w->idle = false;
            continue;
        }
        int64_t limit = (int64_t)w->limit_ms * NS_PER_MS, now = w->tick.mono_ns(w->tick.user);
        int64_t left = atomic_load(&w->spent_ns) + limit - cpu_ns(w->cpu);
        int64_t left_by_clock = armed + limit * CLOCK_SLACK - now;
        if (left <= 0 || left_by_clock <= 0)
            end_process(w);
        wait_until(w, now + least(left, left_by_clock)); /* no thread spends more than the clock does */
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Signals are for the engine's thread alone. */
static void start(struct watchdog *w)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&w->thread, NULL, watch, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        log_debug("no thread for the watchdog: the instruction budget alone bounds scripts");
    w->started = failed == 0;
}

/* The lock orders the store against the thread's decision to sleep without a deadline. */
void watchdog_arm(struct watchdog *w)
{
    if (!w->started && pthread_getcpuclockid(pthread_self(), &w->cpu) != 0)
        w->cpu = CLOCK_MONOTONIC;
    atomic_store(&w->spent_ns, cpu_ns(w->cpu));
    atomic_store(&w->armed_ns, w->tick.mono_ns(w->tick.user));
    if (!w->started)
        start(w);
    pthread_mutex_lock(&w->lock);
    if (w->idle)
        pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

void watchdog_disarm(struct watchdog *w)
{
    atomic_store(&w->armed_ns, 0);
}

void watchdog_note(struct watchdog *w, const char *file, uint32_t line)
{
    atomic_store_explicit(&w->file, file, memory_order_relaxed);
    atomic_store_explicit(&w->line, line, memory_order_relaxed);
}

void watchdog_last(const struct watchdog *w, const char **file, uint32_t *line)
{
    *file = atomic_load_explicit(&w->file, memory_order_relaxed);
    *line = atomic_load_explicit(&w->line, memory_order_relaxed);
}

void watchdog_rest(struct watchdog *w)
{
    if (!w->started)
        return;
    pthread_mutex_lock(&w->lock);
    w->ends = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    w->started = w->ends = false;
}

void watchdog_free(struct watchdog *w)
{
    if (!w)
        return;
    watchdog_rest(w);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    size_t count = 1, room = 1;
    array_done((void **)&w, &count, &room);
}
