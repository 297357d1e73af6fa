/* The breaker: one way in which things go wrong, tried on every operation of a type at every point where it
 * can strike, and judged by what is there afterwards. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct trial;
struct trial_run;

struct breaker {
    const char *name; /* "a lost reply" */
    int kind;         /* for arm */
    /* From the next point but `skip` on; lasting: until disarm. */
    void (*arm)(struct trial_run *run, int kind, uint32_t skip, bool lasting);
    void (*disarm)(struct trial_run *run);
    uint32_t (*hits)(const struct trial_run *run); /* since it was armed */
    /* A change left, and for certain nobody told what became of it.  NULL: that cannot be known here. */
    bool (*is_doubtful)(const struct trial_run *run, int kind);
    int64_t patience_ms; /* the operations' deadline; 0: the core's */
    bool can_last;
    bool may_refuse; /* it does not announce itself as trouble that passes */
    bool once;       /* every point is the first */
};

/* create, update, destroy and all that look; what is wrong are findings of the trial. */
void breaker_try(struct trial *t, const struct breaker *b);
