/* What the types of billing demand of their attributes, and of each other. */
#pragma once

#include "local_catalog.h"

/* Why an input cannot work. */
struct rules_problem {
    const char *code;
    const char *path;
    const char *summary;
    const char *detail;
    const char *advice;
};

/* What can be said by looking at one declaration alone; what is unknown is passed over. */
typedef bool rules_alone_fn(const struct kit *kit, struct lf_op *op, const struct lf_value *asked,
                            struct rules_problem *problem);
/* What needs the rest of the catalogue: before something is put there, and before it is removed. */
typedef bool rules_beside_fn(const struct catalog *catalog, const char *code, const struct lf_value *asked,
                             struct rules_problem *problem);

struct rules {
    rules_alone_fn *alone;
    rules_beside_fn *beside; /* or NULL */
    rules_beside_fn *remove; /* or NULL */
};

const struct rules *rules_of(uint32_t section);

/* The price's amount in minor units; -1 where it is unknown or breaks a rule. */
int64_t rules_minor(const struct kit *kit, const struct lf_value *asked);
