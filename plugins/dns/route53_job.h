/* A batch of requests about records of one zone, on its way. */
#pragma once

#include "route53_change.h"

enum job_state {
    JOB_OPEN = 1, /* what is there is not known yet, or was guessed wrong */
    JOB_READY,    /* its changes are known */
    JOB_SENT,     /* accepted by Route 53, not everywhere yet */
    JOB_ANSWERED,
};

/* One request.  The sets are what is there (as seen or as remembered) and what shall be there; NULL: none. */
struct job_item {
    enum job_state state;
    struct wish_record wish;
    const char *mark_name;
    const struct route53_set *old, *old_mark, *made, *made_mark;
    struct set_mark mark; /* what old_mark says */
    const char *change;   /* id of the change that carries it */
    bool in_sync;         /* and it was done everywhere at once */
    unsigned round;       /* how often its batch was refused */
};

struct job;

struct job_plan {
    /* What is there is known: makes an OPEN item READY, or answers it. */
    void (*decide)(struct job *job, size_t i);
    /* Its change is in sync. */
    void (*done)(struct job *job, size_t i);
};

struct job {
    const struct route53 *dns;
    struct kit_batch *batch;
    struct lf_op *op;
    const struct job_plan *plan; /* of changes */
    const char *hosted, *zone;   /* the zone's id and its name */
    struct job_item *items;
    uint32_t zone_ttl;   /* of records that say none; 0: not read                */
    size_t begin, end;   /* the chunk on its way                                 */
    size_t saving;       /* its items whose change is not durable yet            */
    bool stopped;        /* nothing more is sent: what was not sent is tried again later */
    const char *waiting; /* the change that is waited for                        */
};

typedef void job_fn(struct job *job);

/* Reads what is there for every OPEN item into old, old_mark and mark, then goes on with `next`.  What cannot
 * be read is answered. */
void job_look(struct job *job, job_fn *next);
/* Sends what is READY in as few batches as possible, looks again and asks plan->decide about those whose
 * batch was refused, waits until all that is SENT is in sync, and ends the batch. */
void job_send(struct job *job);
/* job_look, plan->decide, job_send. */
void job_look_and_send(struct job *job);

/* ---- answers --------------------------------------------------------------------------------------------
 */

void job_status(struct job *job, size_t i, uint32_t status);
void job_refuse(struct job *job, size_t i, const char *code, const char *path, const char *summary,
                const char *detail, const char *advice);
/* "acme.example/Z1/api/A" */
const char *job_id(const struct job *job, size_t i);
/* NoSuchHostedZone: a record of it is gone, and none can be made. */
void job_zone_missing(struct job *job, size_t i);
