/* Before anything is approved: is the broker ready for us? */
#pragma once

#include "kit.h"

void rabbit_preflight(void *self, struct lf_op *op, const struct lf_request *req);
