/* The rates: what other currencies are worth in a region's own, as its file fixes them - dated and sourced,
 * so that the same plan costs the same tomorrow.
 *
 *     rates: { dated: 2026-11-01, source: "ECB, reference rates", USD: "0.9215", GBP: "1.1432" }
 *
 * Lives in the arena of the load. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/money.h"

struct findings;
struct value;

struct rates_one {
    const char *currency; /* one unit of it ... */
    struct money_rate rate;
    const char *text; /* ... as it was written */
};

struct rates {
    const char *dated, *source;
    const char *valid_until;    /* a date, or NULL */
    const struct rates_one *at; /* sorted by currency */
    size_t count;
    uint32_t where; /* of the block */
};

/* Everything wrong with the block is a finding.  NULL for NULL; `currency` is the region's own, or NULL when
 * that is wrong already. */
const struct rates *rates_parse(struct findings *f, const struct value *block, const char *currency);
/* NULL: no rate is fixed for it, or `rates` is NULL. */
const struct rates_one *rates_find(const struct rates *rates, const char *currency);
