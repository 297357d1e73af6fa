#include "bad.h"

struct job {
    void *self;
    struct lf_op *op;
};

static void on_thread(void *user)
{
    struct job *job = user;
    bad_end(job->self, job->op, LF_END_FAILED);
    (void)bad_host(job->self)->values->of_int(job->op, 1);
    memset(bad_host(job->self)->ops->scratch(job->op, 16), 1, 16);
}

static void done(struct lf_op *op, void *user, int canceled)
{
    struct job *job = user;
    (void)canceled;
    bad_end(job->self, op, LF_END_OK);
}

static void create(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    struct job *job = bad_host(self)->ops->scratch(op, sizeof(*job));
    job->self = self;
    job->op = op;
    bad_host(self)->wait->work(op, NULL, on_thread, done, job);
}

BAD_PLUGIN("wrong-thread", good_verb, create)
