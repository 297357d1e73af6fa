/* The price: what one estimate of a driver - so many of this, so many of that - comes to in the region's
 * currency.  Pure arithmetic over price books: no driver is asked here, nothing is written. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "plan/plan.h"

struct arena;
struct err;
struct lf_cost;
struct price_books;
struct value;

struct price_ask {
    const struct price_books *books; /* or NULL: nothing has a price */
    const struct region *region;     /* for its currency and rates */
    const struct value *guess;       /* the step's, or NULL */
    bool *used;                      /* per file of the books: a price of it counted; or NULL */
};

/* What a cost was made of. */
struct price_lines {
    const struct plan_cost_line *at;
    uint32_t count;
};

/* The lines of one estimate together.  A line without a price leaves the whole step without one - why_not
 * says why - unless a guess stands for all of it.  Errors: "cost.no_rate", where the region fixes rates and
 * misses one; "cost.overflow", more money than can be counted.  `made` (or NULL: not wanted)
 * gets what a price came of. */
MUST_USE bool price_of(struct arena *mem, const struct price_ask *ask, const struct lf_cost *lines,
                       size_t count, struct plan_cost *out, struct price_lines *made, struct err *err);
/* Where no estimate is: the guess, or why_not. */
void price_by_guess(const struct value *guess, const char *why_not, struct plan_cost *out);
