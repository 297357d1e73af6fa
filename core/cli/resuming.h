/* Resuming: what a run was started to do, against what is planned now.  A yes covers what it was given for:
 * less is fine, more is not. */
#pragma once

#include <stddef.h>

struct arena;
struct plan;

/* One step that would now be more than was agreed to. */
struct resuming_difference {
    const char *address;
    const char *before; /* "create"; NULL: was not part of it */
    const char *now;
};

/* outline: JSON of the run as it was started (store_run.plan); NULL or unreadable: everything differs. */
void resuming_compare(struct arena *mem, const char *outline, const struct plan *now,
                      struct resuming_difference **out, size_t *count);
