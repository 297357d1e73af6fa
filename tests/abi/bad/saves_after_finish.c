#include "bad.h"

static void create(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    bad_end(self, op, LF_END_OK);
    bad_host(self)->ops->save(op, "thing-2", NULL, NULL, NULL);
}

/* What a look at the world can never need. */
static void saved(struct lf_op *op, void *user, int canceled)
{
    (void)canceled;
    bad_end(user, op, LF_END_OK);
}

static void read_one(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    bad_host(self)->ops->save(op, "thing-3", NULL, saved, self);
}

BAD_PLUGIN("saves-after-finish", read_one, create)
