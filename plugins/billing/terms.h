/* What the contract demands of one declaration, whatever the driver: said by looking at it alone, and what is
 * unknown is passed over. */
#pragma once

#include "kit.h"

/* Why an input cannot work. */
struct terms_problem {
    const char *code;
    const char *path;
    const char *summary;
    const char *detail;
    const char *advice;
};

/* False with *problem filled.  `driver` is its name, for an option it does not have. */
typedef bool terms_fn(const struct kit *kit, struct lf_op *op, const char *driver,
                      const struct lf_value *asked, struct terms_problem *problem);
terms_fn terms_entity;
terms_fn terms_product;
terms_fn terms_price;
terms_fn terms_tax;

/* The price's amount in minor units; -1 where it is unknown or breaks a rule. */
int64_t terms_minor(const struct kit *kit, const struct lf_value *asked);
/* Two tax rules hold for one jurisdiction and category on the same day. */
bool terms_overlap(const struct kit *kit, const struct lf_value *a, const struct lf_value *b);
/* The text under `key`, or `otherwise`. */
const char *terms_text(const struct kit *kit, const struct lf_value *map, const char *key,
                       const char *otherwise);
