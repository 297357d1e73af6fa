#include "bad.h"

static void replied(struct lf_op *op, const struct lf_reply *reply, void *user)
{
    const struct lf_host *host = user;
    uint32_t sent = host->http->sent(reply);
    bad_end(user, op, sent == LF_SENT_NOT ? LF_END_CANNOT_TELL : LF_END_OK);
}

/* Port 9 answers nobody; the request must not even be tried. */
static void read_one(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    struct lf_send send;
    memset(&send, 0, sizeof(send));
    send.struct_size = sizeof(send);
    send.method = "DELETE";
    send.url = "http://127.0.0.1:9/zones";
    bad_host(self)->http->send(op, &send, replied, self);
}

BAD_PLUGIN("writes-http", read_one, read_one)
