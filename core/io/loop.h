/* The loop: all waiting happens here - timers, descriptors, signals, worker jobs, messages from other threads
 * - on libuv. One thread runs it.  No callback is ever called from inside the call that registered it.  A
 * virtual loop has the same face and no real time: when nothing else is ready, its clock jumps to the next
 * timer, so slow things are tested fast. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/tick.h"

struct err;
struct loop;
struct loop_timer;
struct loop_watch;
struct loop_waker;
struct loop_hook;

typedef void loop_fn(void *user);
typedef void loop_ready_fn(void *user, int fd, uint32_t events);

#define LOOP_READABLE   1u
#define LOOP_WRITABLE   2u
#define LOOP_DISCONNECT 4u

struct loop *loop_new(void);
struct loop *loop_new_virtual(void); /* starts at mono 0, wall 2026-01-01T00:00:00Z */
/* A virtual loop that has not run yet: its wall clock begins there, and it goes in step with the threads that
 * work for it - every turn waits for the answers that are awaited - so that the same run is told twice alike.
 */
void loop_start_at(struct loop *l, int64_t wall_ms);
void loop_free(struct loop *l); /* waits for worker jobs; pending callbacks are dropped */

/* The loop's clock: real or virtual. */
const struct tick *loop_tick(const struct loop *l);
int64_t loop_now_ms(const struct loop *l); /* mono, of this turn */

/* Runs until nothing is pending or loop_stop was called.  A stop lets the turn end, with its hooks. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* Next turn, in order of asking. */
void loop_soon(struct loop *l, loop_fn *fn, void *user);
/* Once, after at least ms.  Freed after it fired or by loop_timer_cancel. */
struct loop_timer *loop_after(struct loop *l, uint64_t ms, loop_fn *fn, void *user);
void loop_timer_cancel(struct loop_timer *t); /* not after it fired; NULL is fine */
/* Until unwatched, which comes before the descriptor is closed.  A descriptor in error is ready for all that
 * was asked.  NULL when it cannot be watched: a regular file, a closed one, one that is watched already.
 * Not on a virtual loop. */
struct loop_watch *loop_watch(struct loop *l, int fd, uint32_t events, loop_ready_fn *fn, void *user);
void loop_unwatch(struct loop_watch *w); /* NULL is fine */
/* Blocking work on a worker thread, then done on the loop.  A virtual loop runs it inline, done a turn later.
 */
void loop_work(struct loop *l, loop_fn *work, loop_fn *done, void *user);
/* Callable from any thread: fn runs on the loop, several wakes may become one call.  Does not keep the loop
 * alive unless loop_waker_hold says that an answer is awaited; a virtual clock stands still meanwhile. */
struct loop_waker *loop_waker_new(struct loop *l, loop_fn *fn, void *user);
void loop_wake(struct loop_waker *w);
void loop_waker_hold(struct loop_waker *w, bool hold);
void loop_waker_free(struct loop_waker *w);
/* Called at the end of every turn that ran at least one callback, until removed: group commit lives on it.
 * Does not keep the loop alive. */
struct loop_hook *loop_on_turn_end(struct loop *l, loop_fn *fn, void *user);
void loop_hook_remove(struct loop_hook *h);
/* Until the loop is freed; does not keep it alive.  fn gets `user`.  Not on a virtual loop. */
void loop_on_signal(struct loop *l, int signal, loop_fn *fn, void *user);

/* A child process.  Borrowed during loop_spawn. */
struct loop_spawn {
    const char *const *argv; /* ends with NULL; argv[0] without a slash is looked up in the PATH of env */
    const char *const *env;  /* "NAME=value", ends with NULL: all it gets */
    const char *cwd;         /* NULL: ours */
    const int *fds;          /* become its 0, 1, 2, ...; -1 (of the first three only): /dev/null */
    int fd_count;
};

/* signal: 0 unless one ended it. */
typedef void loop_exit_fn(void *user, int exit_code, int signal);

/* Starts it as the leader of a session and process group of its own, with every signal at its default and
 * with no other descriptor of ours.  It has begun its program when this returns true; fn comes once, after it
 * has ended.  False: for certain it never ran.  Not on a virtual loop. */
MUST_USE bool loop_spawn(struct loop *l, const struct loop_spawn *what, loop_exit_fn *fn, void *user,
                         int *pid, struct err *err);
