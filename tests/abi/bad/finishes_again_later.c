#include "bad.h"

/* Keeps the operation of a create, and ends it once more in the next read. */
static struct lf_op *kept;

static void create(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    kept = op;
    bad_end(self, op, LF_END_OK);
}

static void read_one(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    bad_end(self, kept, LF_END_GONE);
    (void)bad_host(self)->values->of_int(kept, 7);
    memset(bad_host(self)->ops->scratch(kept, 100), 1, 100);
    bad_end(self, op, LF_END_OK);
}

BAD_PLUGIN("finishes-again-later", read_one, create)
