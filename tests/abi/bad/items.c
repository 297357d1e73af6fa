#include "bad.h"

/* Settles item 0 twice, an item that is not there, and forgets item 1. */
static void change(void *self, struct lf_op *op, const struct lf_request *const *reqs, size_t count)
{
    (void)reqs;
    const struct lf_ops *ops = bad_host(self)->ops;
    struct lf_result r = bad_result(LF_END_OK);
    ops->item(op, 0, &r);
    r.status = LF_END_FAILED;
    ops->item(op, 0, &r);
    r.status = LF_END_OK;
    ops->item(op, count, &r);
    ops->item(op, (size_t)-1, &r);
    ops->item_save(op, count, "x", NULL, NULL, NULL);
    for (size_t i = 2; i < count; i++)
        ops->item(op, i, &r);
    ops->finish(op, &r);
}

/* An item where there is only one. */
static void create(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct lf_result r = bad_result(LF_END_FAILED);
    bad_host(self)->ops->item(op, 0, &r);
    good_verb(self, op, req);
}

BAD_PLUGIN_WITH("items", .read = good_verb, .create = create, .destroy = good_verb, .change_many = change)
