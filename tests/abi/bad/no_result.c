#include "bad.h"

static void create(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    bad_host(self)->ops->finish(op, NULL);
}

static void read_one(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    struct lf_result r = bad_result(LF_END_OK);
    r.struct_size = 0;
    bad_host(self)->ops->finish(op, &r);
}

BAD_PLUGIN("no-result", read_one, create)
