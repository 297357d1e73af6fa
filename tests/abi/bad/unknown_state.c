#include "bad.h"

static void create(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    const struct lf_values *values = bad_host(self)->values;
    struct lf_result r = bad_result(LF_END_OK);
    r.state = values->with(op, NULL, "name", values->unknown(op, LF_KIND_TEXT));
    bad_host(self)->ops->finish(op, &r);
}

static void read_one(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    struct lf_result r = bad_result(LF_END_OK);
    r.state = bad_host(self)->values->of_text(op, "a\xff", 2);
    bad_host(self)->ops->finish(op, &r);
}

BAD_PLUGIN("unknown-state", read_one, create)
