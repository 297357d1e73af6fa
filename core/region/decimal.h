/* The decimal: a factor exactly as it was written - 0.25, "0.25" or 2 - for arithmetic on integers.  It never
 * goes through a double's rounding. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct value;

struct decimal {
    int64_t digits;
    int64_t unit; /* a power of ten; the number is digits / unit */
};

/* An integer, a text or a real with at most nine decimals; false when it is anything else. */
MUST_USE bool decimal_of(const struct value *v, struct decimal *out);
/* n times d, rounded up; false when it does not fit. */
MUST_USE bool decimal_times_up(struct decimal d, int64_t n, int64_t *out);
/* In thousandths; false when that would round or does not fit. */
MUST_USE bool decimal_milli(struct decimal d, int64_t *out);
