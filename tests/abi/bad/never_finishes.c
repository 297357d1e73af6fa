#include "bad.h"

static void create(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)self;
    (void)op;
    (void)req;
}

BAD_PLUGIN("never-finishes", good_verb, create)
