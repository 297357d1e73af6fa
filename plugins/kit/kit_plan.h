/* The plan a schema alone gives, for drivers that look closer before or after.
 *
 * A driver has its own plan verb when it must refuse bad input early or compare what a service spells in
 * its own way; everything else about planning stays what the core would have done. */
#pragma once

#include "kit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whether two spellings of attribute `name` mean the same to the service. */
typedef bool kit_same_fn(void *self, const char *name, const struct lf_value *a, const struct lf_value *b);

/* Ends a PLAN operation: CREATE without a prior, KEEP, UPDATE, or REPLACE where a FIXED attribute changes.
 * The promise is `desired` with what is COMPUTED and not in it taken from prior, or unknown when the object
 * is made anew.  `computed` (or NULL) is a map of computed attributes the driver knows beforehand: those that
 * follow from others belong in it, as values or as unknown, or an update would promise what they were before.
 * `same` (or NULL) is asked where two known values differ in spelling. */
void kit_plan(const struct kit *kit, void *self, struct lf_op *op, const struct lf_request *req,
              const struct lf_schema *schema, const struct lf_value *computed, kit_same_fn *same);

#ifdef __cplusplus
}
#endif
