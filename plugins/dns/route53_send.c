/* Changes on their way.  A batch is atomic: one record that does not fit fails all of it, so after a refusal
 * its records are looked at again, and if that did not help each goes alone. */
#include "route53_job.h"

#include <string.h>

/* Rounds of one item: with what was remembered, with what was seen, alone. */
#define ROUND_ALONE 2u

/* ---- answers --------------------------------------------------------------------------------------------
 */

void job_status(struct job *job, size_t i, uint32_t status)
{
    job->items[i].state = JOB_ANSWERED;
    kit_batch_status(job->batch, i, status);
}

void job_refuse(struct job *job, size_t i, const char *code, const char *path, const char *summary,
                const char *detail, const char *advice)
{
    job->items[i].state = JOB_ANSWERED;
    kit_batch_refuse(job->batch, i, code, path, summary, detail, advice);
}

const char *job_id(const struct job *job, size_t i)
{
    const struct wish_record *wish = &job->items[i].wish;
    struct wish_for who = route53_for(job->dns, job->op);
    const char *zone = kit_get_text(&job->dns->kit, wish_subject(job->batch->reqs[i]), "zone");
    const char *id = wish_record_id(&who, wish->zone, wish->owner, wish->type);
    /* The zone's name in front becomes the zone's id. */
    return kit_format(&job->dns->kit, job->op, "%s%s", zone, id + strlen(wish->zone));
}

void job_zone_missing(struct job *job, size_t i)
{
    if (job->batch->reqs[i]->verb != LF_VERB_CREATE) {
        job_status(job, i, LF_END_GONE);
        return;
    }
    job_refuse(job, i, "dns.zone_missing", "zone",
               kit_format(&job->dns->kit, job->op, "there is no zone '%s'", job->hosted),
               "Route 53 does not know its id", "apply again: a zone that is gone is planned anew");
}

/* ---- a chunk --------------------------------------------------------------------------------------------
 */

static void add_item(const struct job *job, struct change *change, const struct job_item *item)
{
    const struct route53_set *const gone[] = {item->old, item->old_mark};
    const struct route53_set *const made[] = {item->made, item->made_mark};
    for (size_t i = 0; i < 2; i++)
        if (gone[i])
            change_add(job->dns, job->op, change, "DELETE", gone[i]);
    for (size_t i = 0; i < 2; i++)
        if (made[i])
            change_add(job->dns, job->op, change, "CREATE", made[i]);
}

/* The values and characters of an item, without making its text. */
static void weigh(const struct job_item *item, size_t *values, size_t *chars)
{
    const struct route53_set *const sets[] = {item->old, item->old_mark, item->made, item->made_mark};
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        *values += sets[i] ? sets[i]->count : 0;
        *chars += sets[i] ? set_chars(sets[i]) : 0;
    }
}

/* From job->begin, the first READY item, on: as many as one batch holds.  false: nothing is ready. */
static bool choose(struct job *job, struct change *change)
{
    size_t count = job->batch->count;
    job->begin = 0;
    while (job->begin < count && job->items[job->begin].state != JOB_READY)
        job->begin++;
    if (job->begin == count || job->stopped)
        return false;
    bool alone = job->items[job->begin].round >= ROUND_ALONE;
    for (job->end = job->begin; job->end < count; job->end++) {
        const struct job_item *item = &job->items[job->end];
        size_t values = change->values, chars = change->chars;
        if (item->state != JOB_READY)
            continue;
        weigh(item, &values, &chars);
        bool full = values > CHANGE_VALUES_MOST || chars > CHANGE_CHARS_MOST;
        bool apart = alone || item->round >= ROUND_ALONE;
        if (job->end > job->begin && (full || apart))
            break;
        add_item(job, change, item);
    }
    return true;
}

static void chunk_sent(struct lf_op *op, const struct kit_aws_reply *reply, void *user);
static void wait_on(struct job *job);

static const char *doing_of(const struct job *job)
{
    const struct kit *kit = &job->dns->kit;
    size_t count = 0;
    for (size_t i = job->begin; i < job->end; i++)
        count += job->items[i].state == JOB_READY ? 1 : 0;
    const struct wish_record *first = &job->items[job->begin].wish;
    if (count == 1)
        return kit_format(kit, job->op, "change the %s record of '%s'", first->type, first->owner);
    return kit_format(kit, job->op, "change %zu records of zone '%s', such as %s of '%s'", count, job->hosted,
                      first->type, first->owner);
}

static void end(struct job *job)
{
    /* What was never sent did for certain not happen. */
    for (size_t i = 0; i < job->batch->count; i++)
        if (job->items[i].state == JOB_READY || job->items[i].state == JOB_OPEN)
            job_status(job, i, LF_END_RETRY);
    kit_batch_end(job->batch);
}

void job_send(struct job *job)
{
    struct change change = {0};
    if (choose(job, &change))
        change_send(job->dns, job->op, job->hosted, &change, chunk_sent, job);
    else
        wait_on(job);
}

static void decide_all(struct job *job)
{
    for (size_t i = 0; i < job->batch->count; i++)
        if (job->items[i].state == JOB_OPEN)
            job->plan->decide(job, i);
    job_send(job);
}

void job_look_and_send(struct job *job)
{
    job_look(job, decide_all);
}

/* ---- what came of it ------------------------------------------------------------------------------------
 */

static void saved(struct lf_op *op, void *user, int canceled)
{
    struct job *job = user;
    (void)op;
    if (canceled) /* it is on its way all the same: what was sent is waited for by the next run */
        job->stopped = true;
    if (--job->saving == 0)
        job_send(job);
}

/* The id of the change is durable before it is waited for. */
static void save(struct job *job, const char *id, bool in_sync)
{
    const struct kit *kit = &job->dns->kit;
    size_t begin = job->begin, stop = job->end;
    for (size_t i = begin; i < stop; i++)
        job->saving += job->items[i].state == JOB_READY ? 1 : 0;
    for (size_t i = begin; i < stop; i++) {
        struct job_item *item = &job->items[i];
        if (item->state != JOB_READY)
            continue;
        item->state = JOB_SENT;
        item->change = id;
        item->in_sync = in_sync;
        const struct lf_value *progress = kit_put_text(kit, job->op, kit_map(kit, job->op), "change", id);
        kit->ops->item_save(job->op, i, job_id(job, i), progress, saved, job);
    }
}

/* Somebody changed a record between our look and our change: that passes.  All else is a fault of the record.
 */
static bool is_outrun(const struct kit_aws_reply *reply)
{
    static const char *const words[] = {"already exists", "not found", "do not match the current values"};
    for (size_t i = 0; reply->message && i < sizeof(words) / sizeof(words[0]); i++)
        if (strstr(reply->message, words[i]))
            return true;
    return false;
}

static void refused_alone(struct job *job, size_t i, const struct kit_aws_reply *reply)
{
    const struct kit *kit = &job->dns->kit;
    const struct wish_record *wish = &job->items[i].wish;
    const char *summary =
        kit_format(kit, job->op, "Route 53 refuses the %s record of '%s'", wish->type, wish->owner);
    const char *detail =
        kit_format(kit, job->op, "%.600s", reply->message ? reply->message : reply->http.body);
    if (!is_outrun(reply)) {
        job_refuse(job, i, "route53.change_refused", NULL, summary, detail,
                   "change what the detail names, then apply again");
        return;
    }
    kit_batch_note(job->batch, i, "route53.outrun", NULL, summary, detail,
                   "somebody else is changing this zone at the same time");
    job_status(job, i, LF_END_RETRY);
}

/* Nothing of the chunk was done. */
static void look_again(struct job *job, const struct kit_aws_reply *reply)
{
    for (size_t i = job->begin; i < job->end; i++) {
        struct job_item *item = &job->items[i];
        if (item->state != JOB_READY)
            continue;
        if (item->round >= ROUND_ALONE) {
            refused_alone(job, i, reply);
            continue;
        }
        item->state = JOB_OPEN;
        item->round++;
    }
    job_look_and_send(job);
}

static void chunk_failed(struct job *job, const struct kit_aws_reply *reply)
{
    const char *doing = doing_of(job);
    bool missing = kit_aws_is(reply, "NoSuchHostedZone");
    for (size_t i = job->begin; i < job->end; i++) {
        if (job->items[i].state != JOB_READY)
            continue;
        job->items[i].state = JOB_ANSWERED;
        if (missing)
            job_zone_missing(job, i);
        else
            route53_fail(job->dns, job->batch, i, reply, doing);
    }
    job->stopped = true;
    wait_on(job);
}

static void chunk_sent(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct job *job = user;
    const char *id =
        route53_is_good(reply, "ChangeResourceRecordSetsResponse") ? change_id(job->dns, op, reply) : NULL;
    if (id)
        save(job, id, change_is_done(reply));
    else if (kit_aws_is(reply, "InvalidChangeBatch"))
        look_again(job, reply);
    else
        chunk_failed(job, reply);
}

/* ---- waiting --------------------------------------------------------------------------------------------
 */

/* Route 53 forgets changes after some time; what they made is seen in the zone. */
static void forgotten(struct job *job)
{
    for (size_t i = 0; i < job->batch->count; i++) {
        struct job_item *item = &job->items[i];
        if (item->state == JOB_SENT && strcmp(item->change, job->waiting) == 0)
            item->state = JOB_OPEN;
    }
    job_look_and_send(job);
}

static void waited(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct job *job = user;
    (void)op;
    if (reply && kit_aws_is(reply, "NoSuchChange")) {
        forgotten(job);
        return;
    }
    for (size_t i = 0; i < job->batch->count; i++) {
        struct job_item *item = &job->items[i];
        if (item->state != JOB_SENT || strcmp(item->change, job->waiting) != 0)
            continue;
        item->state = JOB_ANSWERED;
        if (!reply) {
            job->plan->done(job, i);
            continue;
        }
        route53_fail(job->dns, job->batch, i, reply,
                     kit_format(&job->dns->kit, job->op, "tell what became of change %s", job->waiting));
        kit_batch_status(job->batch, i,
                         reply->http.sent == LF_SENT_CANCELED ? LF_END_CANCELED : LF_END_UNSURE);
    }
    wait_on(job);
}

/* Changes of one zone are done in order, so the first not known is the one to wait for. */
static void wait_on(struct job *job)
{
    for (size_t i = 0; i < job->batch->count; i++) {
        struct job_item *item = &job->items[i];
        if (item->state == JOB_SENT && item->in_sync) {
            item->state = JOB_ANSWERED;
            job->plan->done(job, i);
        }
        if (item->state != JOB_SENT)
            continue;
        job->waiting = job->items[i].change;
        change_wait(job->dns, job->op, job->waiting, waited, job);
        return;
    }
    end(job);
}
