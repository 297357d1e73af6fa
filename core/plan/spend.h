/* The spend: what a plan may come to, and what a run of it has committed so far - the high estimates of the
 * steps that landfall itself builds, in millionths of the region's currency.  What a person guesses for work
 * of people is not in it: no run starts that. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct err;
struct plan;
struct plan_step;

struct spend {
    int64_t month_low, month_high; /* what will stand afterwards, the kept included */
    int64_t once_low, once_high;   /* for what is newly made */
    uint32_t priced, unpriced;     /* steps; what is not priced is in none of the sums */
};

/* Does the step stand or get built by landfall, so that it costs? */
bool spend_counts(const struct plan_step *s);
/* Error "plan.money" when the sums are beyond all money. */
MUST_USE bool spend_of_plan(const struct plan *p, struct spend *out, struct err *err);

/* No more than this.  Each side may be without a limit. */
struct spend_limit {
    bool has_month, has_once;
    int64_t month, once;
};
/* The smaller of both, side by side. */
void spend_limit_narrow(struct spend_limit *limit, const struct spend_limit *by);
