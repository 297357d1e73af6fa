#include "bad.h"

static void forgetful(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    bad_end(self, op, 0);
}

BAD_PLUGIN("status-zero", forgetful, forgetful)
