/* The what-if: the same plan with some things otherwise - steps left out, done, or taking another time.  Says
 * what changes, per step; schedule and blockers do the rest.  Nothing is written anywhere. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct arena;
struct err;
struct plan;

/* As typed.  A step is named by its address, by a prefix of whole segments (dns.record: all of them) or by
 * its own name (whatsapp: todo.whatsapp, and what else has that name). */
struct what_if_ask {
    const char *const *without;
    size_t without_count;
    const char *const *faster; /* "database.database.main=2x", "=1.5x", "=3d", "=12h", "=30m", "=45s" */
    size_t faster_count;
    const char *const *done;
    size_t done_count;
};

enum what_if_kind { WHAT_IF_WITHOUT = 1, WHAT_IF_FASTER, WHAT_IF_DONE };

/* One of them, with what it comes to. */
struct what_if_part {
    enum what_if_kind kind;
    const char *text; /* as typed */
    uint32_t steps;   /* that it names */
    uint32_t behind;  /* without: further steps that cannot be without those */
};

/* Per step of the plan. */
struct what_if {
    bool *removed;
    bool *done;
    int64_t *times_milli; /* durations are divided by a thousandth of it; 0: not */
    int64_t *takes_ms;    /* this long; -1: not said */
    const struct what_if_part *parts;
    size_t part_count;
};

/* False: nothing is asked. */
bool what_if_is_asked(const struct what_if_ask *ask);
/* Errors: what_if.no_step (with the nearest name), what_if.syntax. */
MUST_USE bool what_if_read(struct arena *mem, const struct plan *plan, const struct what_if_ask *ask,
                           struct what_if *out, struct err *err);
