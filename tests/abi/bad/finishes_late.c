#include "bad.h"

static struct lf_op *kept;

static void create(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)self;
    (void)req;
    kept = op;
}

/* By the time somebody reads, the create's deadline has passed. */
static void read_one(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    bad_end(self, kept, LF_END_OK);
    bad_end(self, op, LF_END_OK);
}

BAD_PLUGIN("finishes-late", read_one, create)
