#include "bad.h"

static void create(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    bad_end(self, op, LF_END_CANCELED);
}

static void plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    struct lf_result r = bad_result(LF_END_OK);
    r.action = 77;
    bad_host(self)->ops->finish(op, &r);
}

static void estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    struct lf_result r = bad_result(LF_END_OK);
    r.cost_count = 3;
    bad_host(self)->ops->finish(op, &r);
}

BAD_PLUGIN_WITH("canceled-unasked", .read = good_verb, .create = create, .destroy = good_verb, .plan = plan,
                .estimate = estimate)
