/* Resuming: what a run was started to do, against what is planned now.  A yes covers what it was given for:
 * less is fine, more is not. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct plan;

enum resuming_kind {
    RESUMING_FILE = 1, /* was edited, or is read only now */
    RESUMING_MORE,     /* a step that would now be more than was agreed to */
    RESUMING_EDITED,   /* a step that is no more than that, but declared otherwise */
    RESUMING_UNPRICED, /* the same step, which had a price, and has none to be held against a ceiling */
};

struct resuming_difference {
    enum resuming_kind kind;
    const char *what; /* path or address */
    /* RESUMING_MORE: "create"; before is NULL when it was not part of the run.  RESUMING_UNPRICED: now is
     * why, or NULL. */
    const char *before, *now;
};

/* outline: of the plan the run was started with (store_run.plan); NULL or unreadable: everything differs.
 * Where nothing is left to be changed there are no differences.  has_ceiling: money is counted. */
void resuming_compare(struct arena *mem, const char *outline, const struct plan *now, bool has_ceiling,
                      struct resuming_difference **out, size_t *count);
