/* Comparing: the session's region beside another one of the same project. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

struct err;
struct parity;
struct plan;
struct session;

/* The session's region and drivers are open; a playbook that was read for the region is not read again.
 * `brief`: which rule explains what is not asked.  What is wrong with the other region's file is in the
 * session's diags. */
MUST_USE bool comparing_make(struct session *s, const char *other, bool brief, struct parity **out,
                             struct err *err);
/* Fills in plan->reference where the plan is of a whole copied region: what the region it is copied from
 * would cost.  What stands in the way - that region's file or the playbook does not go through - is no error
 * of this plan: the reference says so.  What the playbook declares for that region stays in the session, for
 * whoever compares the two afterwards. */
void comparing_price(struct session *s, struct plan *plan);
