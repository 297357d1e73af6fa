#include "bad.h"

static void create(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    bad_end(self, op, 42);
}

static void read_one(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    bad_end(self, op, LF_END_MANY); /* known, but only recover and find may say so */
}

BAD_PLUGIN("unknown-status", read_one, create)
