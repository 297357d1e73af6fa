#include "bad.h"

static void replied(struct lf_op *op, const struct lf_reply *reply, void *user)
{
    const struct lf_host *host = user;
    bad_end(user, op, host->http->status(reply) == 403 ? LF_END_CANNOT_TELL : LF_END_OK);
}

static void read_one(void *self, struct lf_op *op, const struct lf_request *req)
{
    bad_host(self)->files->replace(op, req->address, "mine", 4, replied, self);
}

static void destroy(void *self, struct lf_op *op, const struct lf_request *req)
{
    bad_host(self)->files->remove(op, req->address, replied, self);
}

BAD_PLUGIN_WITH("writes-files", .read = read_one, .create = read_one, .destroy = destroy, .find = destroy)
