/* What the types of billing demand of their attributes, and of each other. */
#pragma once

#include "local_catalog.h"
#include "terms.h"

/* What needs the rest of the catalogue: before something is put there, and before it is removed. */
typedef bool rules_beside_fn(const struct catalog *catalog, const char *code, const struct lf_value *asked,
                             struct terms_problem *problem);

struct rules {
    terms_fn *alone;
    rules_beside_fn *beside; /* or NULL */
    rules_beside_fn *remove; /* or NULL */
};

const struct rules *rules_of(uint32_t section);
