/* The process: a command, run for its exit code and for what it prints.  No shell stands between: its words
 * are an array.  It gets the environment it is given and no other, leads a session and process group of its
 * own, and inherits no descriptor but the one it is meant to keep.  When it has ended, whatever is left of
 * its group is killed: what a process_end tells is the end of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/loop.h"

struct process;

/* Borrowed during process_start. */
struct process_ask {
    const char *const *argv; /* ends with NULL; argv[0] without a slash is looked up in the PATH of env */
    const char *const *env;  /* "NAME=value", ends with NULL */
    const char *cwd;         /* NULL: ours */
    const char *input;       /* NULL: it reads from /dev/null */
    size_t input_count;
    int keep_fd;         /* inherited as its descriptor 3; -1: none */
    uint64_t timeout_ms; /* 0: none */
    uint64_t grace_ms;   /* from SIGTERM to SIGKILL; 0: 5 000 */
    size_t output_max;   /* kept of each stream, the rest is read and dropped; 0: 1 MiB */
};

struct process_output {
    const char *bytes; /* NUL behind */
    size_t count;
    bool cut; /* there was more */
};

/* Valid inside the callback. */
struct process_end {
    bool started;     /* false: for certain it never ran, and `error` says why */
    bool timed_out;   /* its time was over before it ended */
    bool was_stopped; /* by process_stop or process_kill */
    int exit_code;    /* when signal is 0 */
    int signal;       /* that ended it, or 0 */
    struct process_output out, err;
    const char *error; /* or NULL */
};

typedef void process_end_fn(void *user, const struct process_end *end);

/* fn is called exactly once, never inside this call. */
struct process *process_start(struct loop *l, const struct process_ask *ask, process_end_fn *fn, void *user);
bool process_has_started(const struct process *p);
/* Asks its group to end, and makes it after its grace or grace_ms, what is less.  fn is still called. */
void process_stop(struct process *p, uint64_t grace_ms);
/* At once.  fn is still called, when it has ended. */
void process_kill(struct process *p);
