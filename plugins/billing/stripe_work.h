/* Verbs that change something, and what is planned to be changed. */
#pragma once

#include "stripe_kind.h"

/* create, update, destroy */
void work_verb(const struct kind *kind, const struct stripe *stripe, struct lf_op *op,
               const struct lf_request *req);
void work_plan(const struct kind *kind, const struct stripe *stripe, struct lf_op *op,
               const struct lf_request *req);
