/* The account that the key is of: as the entity that people opened, and as what a plan asks about first. */
#pragma once

#include "stripe.h"

/* billing.entity: it is looked at, never made. */
void account_look(struct stripe *stripe, struct lf_op *op, const struct lf_request *req);
void account_refuse(const struct stripe *stripe, struct lf_op *op, const struct lf_request *req);

void account_preflight(const struct stripe *stripe, struct lf_op *op, const struct lf_request *req);
