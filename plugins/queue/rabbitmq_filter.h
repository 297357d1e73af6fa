/* A filter as a headers exchange has it: one binding says one value of each attribute, so lists become one
 * binding for each combination of their values. */
#pragma once

#include "kit.h"

/* More bindings than that for one subscription slow every message of the exchange. */
#define RABBIT_FILTER_MOST 100
/* Where the filter is kept as it was spelled. */
#define RABBIT_FILTER "x-landfall-filter"

/* What is wrong with it, and where; NULL: nothing.  Unknown values pass. */
const char *rabbit_filter_fault(const struct kit *kit, struct lf_op *op, const struct lf_value *filter,
                                const char **path);
/* A list of maps, one for each combination; of one empty map where there is no filter. */
const struct lf_value *rabbit_filter_spread(const struct kit *kit, struct lf_op *op,
                                            const struct lf_value *filter);
/* The filter that these bindings are (their arguments, of one subscription): as it was spelled while that is
 * what they do, else what can be said of them.  NULL: everything passes. */
const struct lf_value *rabbit_filter_gather(const struct kit *kit, struct lf_op *op,
                                            const struct lf_value *const *arguments, size_t count);
/* Whether a message with these attributes passes one binding. */
bool rabbit_filter_passes(const struct kit *kit, const struct lf_value *arguments,
                          const struct lf_value *attributes);
