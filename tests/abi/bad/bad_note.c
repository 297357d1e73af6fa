#include "bad.h"

static void create(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct lf_ops *ops = bad_host(self)->ops;
    struct lf_diag empty;
    memset(&empty, 0, sizeof(empty));
    ops->note(op, &empty);
    ops->note(op, NULL);
    empty.struct_size = sizeof(empty);
    ops->note(op, &empty);
    empty.severity = 99;
    empty.summary = "\x1b[31m\xff";
    ops->note(op, &empty);
    ops->found(op, NULL);
    good_verb(self, op, req);
}

BAD_PLUGIN("bad-note", good_verb, create)
