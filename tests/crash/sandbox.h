/* A sandbox: a copy of the example project in a folder of its own, and landfall run in it, under the killer
 * or without.  It is left behind when a test fails, so that a person can look. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SANDBOX_PATH   512
#define SANDBOX_HUNG   124 /* it did not end by itself within a minute */
#define SANDBOX_KILLED 137 /* as a shell says it: 128 + SIGKILL */

struct sandbox_tools {
    const char *program; /* landfall */
    const char *killer;  /* the library */
    const char *project; /* the folder of the example */
    const char *work;    /* where sandboxes are made */
};

struct sandbox {
    const struct sandbox_tools *tools;
    char folder[SANDBOX_PATH];
    char said[SANDBOX_PATH]; /* what landfall said, all of it */
};

/* What the killer does in one run: see killer.h. */
struct sandbox_kill {
    const char *how; /* NULL: no killer at all; "strace": killed from outside, at the N-th call of a thread */
    const char *kinds; /* "": all */
    const char *name;  /* renames to such names only; NULL: all */
    unsigned long at, span;
    int error;
    unsigned seed;
};

/* Makes it anew.  Ends the test's process when even that fails. */
void sandbox_make(struct sandbox *box, const struct sandbox_tools *tools, const char *name);
void sandbox_remove(const struct sandbox *box);
/* Runs landfall with the words of `line` in the sandbox; its exit code, or 128 + the signal that ended it.
 * After a minute it is killed, and the code is 124. */
int sandbox_run(struct sandbox *box, const char *line, const struct sandbox_kill *kill);
/* The same in two halves, for tests that do something meanwhile. */
pid_t sandbox_start(struct sandbox *box, const char *line, const struct sandbox_kill *kill);
int sandbox_wait(pid_t child);
/* Waits until the killer has halted it (kill how "halt"); false: it ended before. */
bool sandbox_wait_for_halt(pid_t child);
/* Did the last run say this? */
bool sandbox_said(const struct sandbox *box, const char *what);
/* Calls by kind of the last run under the killer, in the order of `enum killer_kind`. */
void sandbox_tally(const struct sandbox *box, unsigned long *counts);
/* Copies a finished sandbox's artefacts and store over this one's. */
void sandbox_copy(const struct sandbox *from, const struct sandbox *to);
