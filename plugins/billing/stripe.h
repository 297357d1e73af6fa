/* One account at Stripe: where it is asked, with which key, and what its operators said of it.  Lives from
 * open to close and never changes. */
#pragma once

#include "kit.h"

struct stripe_code {
    char *category;
    char *code; /* "txcd_10103001" */
};

struct stripe {
    struct kit kit;
    char *url;     /* without a final slash */
    char *account; /* "acct_...", or NULL: whichever the key is of */
    const struct lf_value *api_key;
    struct stripe_code *codes; /* tax codes by category */
    size_t code_count;         /* 0: tax codes are left to people */
};

/* The tax code for a category; NULL: none is set down. */
const char *stripe_tax_code(const struct stripe *stripe, const char *category);
