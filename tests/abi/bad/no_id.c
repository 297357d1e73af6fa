#include "bad.h"

static void create(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    struct lf_result r = bad_result(LF_END_OK);
    r.id = NULL;
    bad_host(self)->ops->finish(op, &r);
}

static void read_one(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    struct lf_result r = bad_result(LF_END_OK);
    r.id = "\xff\xfe";
    bad_host(self)->ops->finish(op, &r);
}

BAD_PLUGIN("no-id", read_one, create)
