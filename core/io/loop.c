#include "io/loop.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/log.h"
#include "io/heap.h"
#include "io/kernel.h"
#include "io/timers.h"

/* A turn: look at or wait for the kernel, fire what is due, run what was asked for before the turn began,
 * answer wakes, and at the very end call the hooks.  Whatever a callback asks for lands in the next turn. */

#define SLOW_NS     ((int64_t)50 * 1000000)
#define NS_IN_MS    ((int64_t)1000000)
#define WALL_OF_NEW ((int64_t)1767225600000) /* 2026-01-01T00:00:00Z in ms */

struct call {
    loop_fn *fn, *then; /* then: what the next turn does with the same user, or NULL */
    void *user;
};

/* A ring: a turn takes from the front what was there when it began. */
struct ring {
    struct call *at;
    size_t room, first, count; /* room is 0 or a power of two */
};

struct loop_waker {
    struct loop *loop;
    loop_fn *fn;
    void *user;
    bool held;
    bool rung; /* in the list of rung wakers; guarded by the loop's lock, as are the two links */
    struct loop_waker *next, *prev;
};

struct loop_hook {
    struct loop *loop;
    loop_fn *fn;
    void *user;
    uint64_t first_turn;
    struct loop_hook *next, *prev;
};

struct loop {
    struct kernel *kernel; /* NULL: virtual */
    struct tick tick;
    int64_t now_ns; /* of this turn; the clock itself when virtual */
    uint64_t turn;
    bool stopping, ran, in_hooks;
    bool in_step;         /* with the threads that work for it */
    int64_t wall_zero_ms; /* of a virtual clock */
    struct ring soon;
    struct timers timers;
    struct loop_hook *hooks, *last_hook, *next_hook; /* next_hook: the walk's place, moved by removal */
    size_t holds;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t bell;  /* a virtual loop waits here for a held waker */
    struct loop_waker *rung, *last_rung;
    size_t rung_count;
    bool asleep;
};

/* ---- calling ---- */

static void call(void *owner, loop_fn *fn, void *user)
{
    struct loop *l = owner;
    l->ran = true;
    if (!log_is_on()) {
        fn(user);
        return;
    }
    /* The machine's clock also in a virtual loop: what blocks there blocks a real one. */
    struct tick real = tick_real();
    int64_t start = real.mono_ns(real.user);
    fn(user);
    int64_t took = real.mono_ns(real.user) - start;
    if (took > SLOW_NS)
        log_debug("a callback held the loop for %lld ms", (long long)(took / NS_IN_MS));
}

static void ring_push(struct ring *r, struct call c)
{
    if (r->count == r->room) {
        size_t more = r->room ? r->room * 2 : 64, room = 0;
        struct call *grown = NULL;
        array_room((void **)&grown, &room, more, sizeof(*grown));
        for (size_t i = 0; i < r->count; i++)
            grown[i] = r->at[(r->first + i) & (r->room - 1)];
        free(r->at);
        r->at = grown;
        r->room = more;
        r->first = 0;
    }
    r->at[(r->first + r->count++) & (r->room - 1)] = c;
}

static struct call ring_pop(struct ring *r)
{
    struct call c = r->at[r->first];
    r->first = (r->first + 1) & (r->room - 1);
    r->count--;
    return c;
}

/* ---- life ---- */

static int64_t virtual_mono_ns(void *user)
{
    const struct loop *l = user;
    return l->now_ns;
}

static int64_t virtual_wall_ms(void *user)
{
    const struct loop *l = user;
    return l->wall_zero_ms + l->now_ns / NS_IN_MS;
}

static struct loop *new_loop(void)
{
    struct loop *l = heap_new(sizeof(*l));
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->bell, NULL);
    return l;
}

struct loop *loop_new(void)
{
    struct loop *l = new_loop();
    l->tick = tick_real();
    l->now_ns = l->tick.mono_ns(l->tick.user);
    l->kernel = kernel_new(call, l);
    return l;
}

struct loop *loop_new_virtual(void)
{
    struct loop *l = new_loop();
    l->tick = (struct tick){.mono_ns = virtual_mono_ns, .wall_ms = virtual_wall_ms, .user = l};
    l->wall_zero_ms = WALL_OF_NEW;
    return l;
}

void loop_start_at(struct loop *l, int64_t wall_ms)
{
    assert(!l->kernel && l->turn == 0);
    l->wall_zero_ms = wall_ms;
    l->in_step = true;
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    kernel_free(l->kernel);
    timers_done(&l->timers);
    free(l->soon.at);
    while (l->hooks)
        loop_hook_remove(l->hooks);
    pthread_cond_destroy(&l->bell);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

const struct tick *loop_tick(const struct loop *l)
{
    return &l->tick;
}

int64_t loop_now_ms(const struct loop *l)
{
    return l->now_ns / NS_IN_MS;
}

/* ---- turns ---- */

/* Until when this turn may wait: 0 when something is ready already. */
static int64_t longest_wait(const struct loop *l)
{
    if (l->soon.count > 0)
        return 0;
    const struct loop_timer *first = timers_first(&l->timers);
    if (!first)
        return KERNEL_FOREVER;
    int64_t now = l->tick.mono_ns(l->tick.user);
    return first->due_ns > now ? first->due_ns - now : 0;
}

/* Other threads ring the kernel only while the loop sleeps, so that a busy loop costs no system calls. */
static bool fall_asleep(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    l->asleep = l->rung_count == 0;
    bool asleep = l->asleep;
    pthread_mutex_unlock(&l->lock);
    return asleep;
}

static void wake_up(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    l->asleep = false;
    pthread_mutex_unlock(&l->lock);
}

static void wait_real(struct loop *l, int64_t wait)
{
    if (wait > 0 && fall_asleep(l)) {
        kernel_wait(l->kernel, wait);
        wake_up(l);
    } else {
        kernel_wait(l->kernel, 0);
    }
}

/* A held waker means that a thread is working for us: its answer comes before any later time does. */
static void wait_virtual(struct loop *l, int64_t wait)
{
    pthread_mutex_lock(&l->lock);
    while ((wait > 0 || l->in_step) && l->holds > 0 && l->rung_count == 0)
        pthread_cond_wait(&l->bell, &l->lock);
    bool jump = wait > 0 && wait < KERNEL_FOREVER && l->rung_count == 0;
    pthread_mutex_unlock(&l->lock);
    if (jump)
        l->now_ns += wait;
}

static void fire_timers(struct loop *l)
{
    /* Those asked for by the callbacks below wait for the next turn, even at 0 ms.  They come behind all
     * older ones that are due, because time stands still here. */
    uint64_t end = l->timers.next_order;
    for (;;) {
        struct loop_timer *t = timers_first(&l->timers);
        if (!t || t->due_ns > l->now_ns || t->order >= end)
            return;
        loop_fn *fn = t->fn;
        void *user = t->user;
        timers_remove(&l->timers, t);
        free(t);
        call(l, fn, user);
    }
}

static void run_soon(struct loop *l, size_t count)
{
    while (count-- > 0) {
        struct call c = ring_pop(&l->soon);
        call(l, c.fn, c.user);
        if (c.then)
            loop_soon(l, c.then, c.user);
    }
}

/* Called with the lock held. */
static void unring(struct loop_waker *w)
{
    struct loop *l = w->loop;
    if (w->prev)
        w->prev->next = w->next;
    else
        l->rung = w->next;
    if (w->next)
        w->next->prev = w->prev;
    else
        l->last_rung = w->prev;
    w->next = w->prev = NULL;
    w->rung = false;
    l->rung_count--;
}

static void answer_wakes(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    for (size_t left = l->rung_count; left > 0 && l->rung; left--) {
        struct loop_waker *w = l->rung;
        loop_fn *fn = w->fn;
        void *user = w->user;
        /* Before the call: a wake that comes while fn looks must lead to another look. */
        unring(w);
        pthread_mutex_unlock(&l->lock);
        call(l, fn, user);
        pthread_mutex_lock(&l->lock);
    }
    pthread_mutex_unlock(&l->lock);
}

static void run_hooks(struct loop *l)
{
    l->in_hooks = true;
    for (struct loop_hook *h = l->hooks; h; h = l->next_hook) {
        l->next_hook = h->next;
        if (h->first_turn <= l->turn)
            call(l, h->fn, h->user);
    }
    l->next_hook = NULL;
    l->in_hooks = false;
}

static void run_turn(struct loop *l)
{
    size_t asked_before = l->soon.count;
    int64_t wait = longest_wait(l);
    l->turn++;
    l->ran = false;
    if (l->kernel) {
        wait_real(l, wait);
        l->now_ns = l->tick.mono_ns(l->tick.user);
    } else {
        wait_virtual(l, wait);
    }
    fire_timers(l);
    run_soon(l, asked_before);
    answer_wakes(l);
    if (l->ran)
        run_hooks(l);
}

static bool is_alive(struct loop *l)
{
    if (l->soon.count > 0 || l->timers.heap.count > 0 || l->holds > 0)
        return true;
    if (l->kernel && kernel_is_busy(l->kernel))
        return true;
    pthread_mutex_lock(&l->lock);
    bool rung = l->rung_count > 0;
    pthread_mutex_unlock(&l->lock);
    return rung;
}

void loop_run(struct loop *l)
{
    while (!l->stopping && is_alive(l))
        run_turn(l);
    l->stopping = false;
}

void loop_stop(struct loop *l)
{
    l->stopping = true;
}

/* ---- asking ---- */

void loop_soon(struct loop *l, loop_fn *fn, void *user)
{
    ring_push(&l->soon, (struct call){.fn = fn, .user = user});
}

struct loop_timer *loop_after(struct loop *l, uint64_t ms, loop_fn *fn, void *user)
{
    struct loop_timer *t = heap_new(sizeof(*t));
    t->loop = l;
    t->fn = fn;
    t->user = user;
    /* From this moment, not from the turn's: a slow callback before this one must not shorten the wait.
     * The cap of some hundred years keeps the sum within 64 bits. */
    uint64_t most = INT64_MAX / 4 / NS_IN_MS;
    t->due_ns = l->tick.mono_ns(l->tick.user) + (int64_t)(ms < most ? ms : most) * NS_IN_MS;
    timers_add(&l->timers, t);
    return t;
}

void loop_timer_cancel(struct loop_timer *t)
{
    if (!t)
        return;
    timers_remove(&t->loop->timers, t);
    free(t);
}

struct loop_watch *loop_watch(struct loop *l, int fd, uint32_t events, loop_ready_fn *fn, void *user)
{
    assert(l->kernel);
    return kernel_watch(l->kernel, fd, events, fn, user);
}

void loop_unwatch(struct loop_watch *w)
{
    if (w)
        kernel_unwatch(w);
}

void loop_work(struct loop *l, loop_fn *work, loop_fn *done, void *user)
{
    if (l->kernel)
        kernel_work(l->kernel, work, done, user);
    else
        ring_push(&l->soon, (struct call){.fn = work, .then = done, .user = user});
}

struct loop_waker *loop_waker_new(struct loop *l, loop_fn *fn, void *user)
{
    struct loop_waker *w = heap_new(sizeof(*w));
    w->loop = l;
    w->fn = fn;
    w->user = user;
    return w;
}

void loop_wake(struct loop_waker *w)
{
    struct loop *l = w->loop;
    pthread_mutex_lock(&l->lock);
    if (!w->rung) {
        w->rung = true;
        w->prev = l->last_rung;
        if (l->last_rung)
            l->last_rung->next = w;
        else
            l->rung = w;
        l->last_rung = w;
        l->rung_count++;
        if (l->asleep)
            kernel_interrupt(l->kernel);
        l->asleep = false;
        pthread_cond_signal(&l->bell);
    }
    pthread_mutex_unlock(&l->lock);
}

void loop_waker_hold(struct loop_waker *w, bool hold)
{
    if (w->held != hold)
        w->loop->holds += hold ? 1 : (size_t)-1;
    w->held = hold;
}

void loop_waker_free(struct loop_waker *w)
{
    if (!w)
        return;
    loop_waker_hold(w, false);
    pthread_mutex_lock(&w->loop->lock);
    if (w->rung)
        unring(w);
    pthread_mutex_unlock(&w->loop->lock);
    free(w);
}

struct loop_hook *loop_on_turn_end(struct loop *l, loop_fn *fn, void *user)
{
    struct loop_hook *h = heap_new(sizeof(*h));
    h->loop = l;
    h->fn = fn;
    h->user = user;
    h->first_turn = l->in_hooks ? l->turn + 1 : l->turn;
    struct loop_hook *last = l->last_hook;
    h->prev = last;
    if (last)
        last->next = h;
    else
        l->hooks = h;
    l->last_hook = h;
    return h;
}

void loop_hook_remove(struct loop_hook *h)
{
    if (!h)
        return;
    struct loop *l = h->loop;
    if (l->next_hook == h)
        l->next_hook = h->next;
    if (h->prev)
        h->prev->next = h->next;
    else
        l->hooks = h->next;
    if (h->next)
        h->next->prev = h->prev;
    else
        l->last_hook = h->prev;
    free(h);
}

void loop_on_signal(struct loop *l, int signal, loop_fn *fn, void *user)
{
    assert(l->kernel);
    kernel_signal(l->kernel, signal, fn, user);
}

bool loop_spawn(struct loop *l, const struct loop_spawn *what, loop_exit_fn *fn, void *user, int *pid,
                struct err *err)
{
    assert(l->kernel);
    return kernel_spawn(l->kernel, what, fn, user, pid, err);
}
