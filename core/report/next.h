/* The next step: the one command that goes on from where a run stands.  Asked when it ends, of what came of
 * it, and later, of what the store remembers: the answer is the same. */
#pragma once

#include <stdbool.h>

struct arena;
struct facts_status;

struct next {
    bool broken;         /* stopped, failed or killed: going on tries again */
    bool over;           /* stopped at a ceiling */
    const char *waiting; /* a person's step that is not done: its address, or NULL */
};

/* NULL: nothing of it can be gone on with by one command. */
const char *next_command(struct arena *mem, const char *region, const struct next *n);
/* Of the last run, by its record and its events. */
const char *next_of_status(struct arena *mem, const struct facts_status *s);
