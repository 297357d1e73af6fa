/* What is there, for a batch of records.  Lists come in the service's order, from any name on, so the sets
 * that are wanted are sorted the same way and the list is entered anew wherever the next of them is not on
 * the page: a few records cost a question each, neighbors share a page, and never is more read than the zone.
 *
 * That something is not there is believed in two cases alone: a list entered just at its place shows
 * something else, or the whole zone was read.  The order is only a means to read less. */
#include "route53_job.h"

#include <stdlib.h>
#include <string.h>

/* So many sets are asked for one by one, and of one page no more is read than the one. */
#define SINGLY_MOST 8
/* So many that were not found on their page are asked for one by one; beyond it the whole zone is read. */
#define DOUBTS_MOST 24
#define PAGE_MOST   300u

struct key {
    const char *owner, *type;
    const struct route53_set **slot;
    bool is_sure; /* it was found, or a list was entered at its place and shows something else */
};

struct look {
    struct job *job;
    job_fn *next;
    struct key *keys; /* sorted; no two are equal, because no two records are */
    size_t count, at; /* at: where the page on its way was entered */
    bool singly, more;
    const struct route53_set *last; /* of the page */
};

static int by_place(const void *a, const void *b)
{
    const struct key *left = a, *right = b;
    return set_order(left->owner, left->type, right->owner, right->type);
}

static bool take(struct lf_op *op, const struct route53_set *set, void *user)
{
    struct look *look = user;
    struct key wanted = {.owner = set->owner, .type = set->type};
    struct key *key = bsearch(&wanted, look->keys, look->count, sizeof(*look->keys), by_place);
    (void)op;
    /* Of several with one name, weighted ones, the first speaks for all: it is special. */
    if (key && !*key->slot)
        *key->slot = set;
    if (key)
        key->is_sure = true;
    look->last = set;
    return true;
}

static const char *doing_of(struct job *job)
{
    return kit_format(&job->dns->kit, job->op, "list the records of zone '%s'", job->hosted);
}

static void give_up(struct job *job, const struct kit_aws_reply *reply)
{
    bool missing = kit_aws_is(reply, "NoSuchHostedZone");
    for (size_t i = 0; i < job->batch->count; i++) {
        if (job->items[i].state != JOB_OPEN)
            continue;
        job->items[i].state = JOB_ANSWERED;
        if (missing) {
            job_zone_missing(job, i);
            continue;
        }
        route53_fail(job->dns, job->batch, i, reply, doing_of(job));
        /* It was only a question: for certain nothing was changed. */
        if (job->batch->answers[i].status == LF_END_UNSURE)
            job_status(job, i, LF_END_RETRY);
    }
}

static void done(struct look *look)
{
    struct job *job = look->job;
    for (size_t i = 0; i < job->batch->count; i++) {
        struct job_item *item = &job->items[i];
        if (item->state == JOB_OPEN)
            (void)set_mark_read(job->dns, job->op, item->old_mark, &item->mark);
    }
    look->next(job);
}

static void look_on(struct look *look);

static void whole_came(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct look *look = user;
    (void)op;
    if (reply)
        give_up(look->job, reply);
    done(look);
}

static void page_came(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct look *look = user;
    (void)op;
    if (reply) {
        give_up(look->job, reply);
        done(look);
        return;
    }
    look->keys[look->at].is_sure = true;
    /* Those the page has passed are left for later, found or not; all of them when the zone ends here. */
    while (look->at < look->count &&
           (look->keys[look->at].is_sure ||
            (!look->singly &&
             (!look->more || (look->last && set_order(look->keys[look->at].owner, look->keys[look->at].type,
                                                      look->last->owner, look->last->type) < 0)))))
        look->at++;
    look_on(look);
}

static size_t doubts(const struct look *look)
{
    size_t count = 0;
    for (size_t i = 0; i < look->count; i++)
        count += look->keys[i].is_sure ? 0 : 1;
    return count;
}

static void look_on(struct look *look)
{
    struct job *job = look->job;
    if (look->at == look->count) {
        size_t left = doubts(look);
        if (left == 0) {
            done(look);
            return;
        }
        if (left > DOUBTS_MOST) {
            set_list(job->dns, job->op, job->hosted, NULL, NULL, 0, take, whole_came, look);
            return;
        }
        look->singly = true;
        look->at = 0;
        while (look->keys[look->at].is_sure)
            look->at++;
    }
    const struct key *key = &look->keys[look->at];
    look->last = NULL;
    set_page(job->dns, job->op, job->hosted, key->owner, key->type, look->singly ? 1 : PAGE_MOST, &look->more,
             take, page_came, look);
}

void job_look(struct job *job, job_fn *next)
{
    const struct kit *kit = &job->dns->kit;
    struct look *look = kit->ops->scratch(job->op, sizeof(*look));
    *look = (struct look){.job = job, .next = next};
    look->keys = kit->ops->scratch(job->op, (2 * job->batch->count + 1) * sizeof(*look->keys));
    for (size_t i = 0; i < job->batch->count; i++) {
        struct job_item *item = &job->items[i];
        if (item->state != JOB_OPEN)
            continue;
        item->old = item->old_mark = NULL;
        item->mark = (struct set_mark){0};
        look->keys[look->count++] = (struct key){item->wish.owner, item->wish.type, &item->old, false};
        look->keys[look->count++] = (struct key){item->mark_name, "TXT", &item->old_mark, false};
    }
    if (look->count > 1)
        qsort(look->keys, look->count, sizeof(*look->keys), by_place);
    look->singly = look->count <= SINGLY_MOST;
    look_on(look);
}
