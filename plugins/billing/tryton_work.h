/* Working: create, update, destroy and plan.  A change is a loop of looking and doing the one thing that is
 * missing, until nothing is: so a change that was cut off anywhere goes on where it was, and what it answers
 * is what was read back. */
#pragma once

#include "tryton_kind.h"

void work_verb(const struct kind *kind, struct tryton *tryton, struct lf_op *op,
               const struct lf_request *req);
void work_plan(const struct kind *kind, struct tryton *tryton, struct lf_op *op,
               const struct lf_request *req);
