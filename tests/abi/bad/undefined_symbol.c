#include "bad.h"

void nobody_defines_this(void);

static void create(void *self, struct lf_op *op, const struct lf_request *req)
{
    nobody_defines_this();
    good_verb(self, op, req);
}

BAD_PLUGIN("undefined-symbol", good_verb, create)
