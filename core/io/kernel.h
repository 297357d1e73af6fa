/* The kernel: waiting for descriptors, signals, worker jobs and other threads, on libuv.  It has no turns, no
 * timers and no opinion on what is pending; the loop decides how long to wait.  Callbacks come from inside
 * kernel_wait only.  Private to io. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "io/loop.h"

struct kernel;

/* Every callback goes through this, so that the loop can count and time it. */
typedef void kernel_call_fn(void *owner, loop_fn *fn, void *user);

#define KERNEL_FOREVER INT64_MAX

struct kernel *kernel_new(kernel_call_fn *call, void *owner);
void kernel_free(struct kernel *k); /* waits for the jobs that run, drops the others and every callback */

/* Returns after at least one callback, an interrupt, or timeout_ns; may return early.  0: only looks. */
void kernel_wait(struct kernel *k, int64_t timeout_ns);
void kernel_interrupt(struct kernel *k); /* from any thread: ends this wait or the next one */

bool kernel_is_busy(const struct kernel *k); /* something is watched, or a job is not done */

/* NULL when the descriptor cannot be watched (a regular file, a closed one, one that is watched already). */
struct loop_watch *kernel_watch(struct kernel *k, int fd, uint32_t events, loop_ready_fn *fn, void *user);
void kernel_unwatch(struct loop_watch *w);
void kernel_work(struct kernel *k, loop_fn *work, loop_fn *done, void *user);
void kernel_signal(struct kernel *k, int number, loop_fn *fn, void *user);
/* As loop_spawn. */
MUST_USE bool kernel_spawn(struct kernel *k, const struct loop_spawn *what, loop_exit_fn *fn, void *user,
                           int *pid, struct err *err);
/* A write to a peer or a command that has gone must fail instead of ending the process: curl leaves signals
 * alone when threads are about, and pipes have no MSG_NOSIGNAL.  A handler that somebody has set stays. */
void kernel_survive_closed_peers(void);
