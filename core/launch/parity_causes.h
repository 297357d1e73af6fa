/* The causes: what several differences have in common.  Hundreds of thousands of differences come from a few
 * sets of causes, so each set is made once and shared by all that have it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct parity_cause;
struct parity_causes_way;
struct parity_difference;

/* All zero: the empty set that others are made of. */
struct parity_causes {
    const struct parity_cause *const *at; /* in the order in which they were found */
    size_t count;
    bool explained;                  /* by each of them */
    struct parity_difference *first; /* in the report's order, of parity_list; or NULL */
    struct parity_causes_way *ways;  /* to larger ones */
};

/* What a set becomes when these are added; told apart by their address. */
struct parity_causes_more {
    const struct parity_cause *const *at;
    size_t count;
};

struct parity_causes *parity_causes_one(struct arena *mem, const struct parity_cause *cause);
/* `set` with what is not yet in it; the same question has the same answer.  `more` lives as long as `mem`. */
struct parity_causes *parity_causes_join(struct arena *mem, struct parity_causes *set,
                                         const struct parity_causes_more *more);
