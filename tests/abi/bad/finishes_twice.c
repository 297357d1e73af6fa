#include "bad.h"

static void create(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    bad_end(self, op, LF_END_OK);
    bad_end(self, op, LF_END_FAILED);
}

BAD_PLUGIN("finishes-twice", good_verb, create)
