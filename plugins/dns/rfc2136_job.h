/* One batch of one zone: look, decide, change, look again.  The looking and changing is a worker's, the
 * deciding the loop's. */
#pragma once

#include "rfc2136.h"
#include "rfc2136_edit.h"
#include "rfc2136_look.h"

struct job;

/* Both run on the loop.  decide: answers item `key` of the look, or gives an edit.  settle: answers an edit
 * that was done; keys[edit->key] is what is there now, or what was before where `seen` is false. */
typedef void job_decide_fn(struct job *job, size_t key);
typedef void job_settle_fn(struct job *job, const struct edit *edit, bool seen);

struct job {
    const struct rfc2136 *self;
    struct lf_op *op;
    struct kit_batch *batch; /* NULL: the job is no batch */
    struct memory *memory;
    struct talk talk;
    void (*work)(struct job *job);
    bool ran;  /* the worker of this phase began */
    bool good; /* the look worked */
    struct look look;
    size_t *items; /* of the batch, by key */
    job_decide_fn *decide;
    job_settle_fn *settle;
    struct edit *edits;
    size_t edit_count;
    bool seen; /* the look after the changes worked */
    void *user;
};

/* NULL: it ended already, because the secret cannot be revealed. */
struct job *job_new(const struct rfc2136 *self, struct lf_op *op, const struct lf_request *req,
                    struct kit_batch *batch);
/* Runs `work` on a worker, with job->ran set.  `done` must end with job_free. */
void job_work(struct job *job, void (*work)(struct job *job), lf_work_done_fn *done);
/* Closes the connection and forgets the key. */
void job_free(struct job *job);

/* One more thing to look at, for item i. */
void job_want(struct job *job, size_t i, const char *owner, const char *type, const char *mark);
/* Looks at what is wanted; then decide, and all that follows.  Ends the batch. */
void job_start(struct job *job, const char *zone, job_decide_fn *decide, job_settle_fn *settle);
/* A new edit for the key. */
struct edit *job_edit(struct job *job, size_t key);
const struct lf_request *job_request(const struct job *job, size_t key);
