/* The view: where the values of two regions differ, what made them differ, and how to turn the one into the
 * other group by group. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "launch/parity.h"
#include "model/path.h"

struct parity_words;

/* One place below `services`. */
struct parity_delta {
    struct path path; /* on the left; the right's may have another key where the left has its own word */
    const struct value *right; /* what to put there; NULL: nothing */
    uint32_t group;
};

/* What differs for the same reasons. */
struct parity_group {
    const struct parity_cause *causes[2]; /* of the left and of the right region; one may be NULL */
    bool explained;
};

struct parity_view {
    const struct parity_delta *deltas; /* by path */
    size_t delta_count;
    const struct parity_group *groups; /* unexplained ones first */
    size_t group_count;
};

void parity_view_compare(struct arena *mem, const struct region *left, const struct region *right,
                         const struct parity_words *words, struct parity_view *out);
/* `view` with the right region's values in every place of the group. */
MUST_USE bool parity_view_turn(struct arena *mem, const struct parity_view *v, uint32_t group,
                               const struct value *view, const struct value **out, struct err *err);
