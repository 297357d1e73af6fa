/* The victim: a process that creates something and dies over it.  It is forked from one that was split off
 * before any driver, loop or thread existed, so that it begins as a landfall does that has just been started;
 * the driver it opens is its own. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct err;
struct loop;
struct victim;

/* What the victim does with the text it is handed; in the victim's process.  Calls left() as the request
 * leaves. */
typedef void victim_fn(void *user, const char *text, void (*left)(void *handle), void *handle);

/* Splits off; close_fd (or -1) is not for the victims. */
MUST_USE bool victim_open(victim_fn *fn, void *user, int close_fd, struct victim **out, struct err *err);
void victim_close(struct victim *v); /* NULL is fine */

struct victim_end {
    bool left;       /* its request left its pool */
    bool killed;     /* before it was done */
    int64_t took_us; /* from leaving to its end */
};

/* Starts one that dies `die_after_us` after its request has left; 0: it lives to its end. */
MUST_USE bool victim_start(struct victim *v, const char *text, uint64_t die_after_us, struct err *err);
/* Kills it now. */
void victim_kill(struct victim *v);
/* While the loop runs, until it has ended or ms are over; false: it lives. */
bool victim_wait(struct victim *v, struct loop *loop, uint64_t ms, struct victim_end *end);
