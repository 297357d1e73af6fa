/* dns.record: all values of one name and type, and their marker.
 *
 * A change is a compare-and-set: it takes away exactly what was there, marker included, and makes what is
 * asked. So it is sent without looking where the store knows what is there: ten thousand records take forty
 * requests. */
#include "route53_job.h"

#include "kit_plan.h"
#include "name.h"
#include "rdata.h"

#include <string.h>

/* The API's limits, and half of a batch: the old values and the new ones share it. */
#define VALUES_MOST 400u
#define TEXT_MOST   4000u
#define CHARS_MOST  15000u
#define BATCH_MOST  1000u

/* ---- what this driver adds to the rules of all ----------------------------------------------------------
 */

static bool name_fits(const struct route53 *dns, struct lf_op *op, const struct wish_record *wish,
                      const char **mark, struct wish_problem *problem)
{
    const struct kit *kit = &dns->kit;
    size_t over = 0;
    const char *why = NULL;
    if (name_is_in(wish->owner, kit_format(kit, op, SET_MARK_BRANCH ".%s", wish->zone)))
        why = "the names below '" SET_MARK_BRANCH "' hold landfall's own markers";
    *mark = set_mark_name(dns, op, wish->zone, wish->owner, wish->type, &over);
    if (!*mark)
        why = kit_format(kit, op,
                         "with '_%s' and '" SET_MARK_BRANCH "', which its marker adds, it is %zu too long",
                         wish->type, over);
    if (!why)
        return true;
    *problem = (struct wish_problem){
        .code = "dns.record_name",
        .path = "name",
        .summary = kit_format(kit, op, "'%s' cannot be the name of this record", wish->owner),
        .detail = why,
        .advice = "choose another name",
    };
    return false;
}

static bool values_fit(const struct route53 *dns, struct lf_op *op, const struct wish_record *wish,
                       struct wish_problem *problem)
{
    const struct kit *kit = &dns->kit;
    const struct route53_set *set = set_make(dns, op, wish->owner, wish->type, 0, wish->rdata, wish->count);
    const char *path = "values", *why = NULL;
    for (size_t i = 0; i < set->count && !why; i++) {
        if (strlen(set->raw[i]) <= TEXT_MOST)
            continue;
        path = kit_format(kit, op, "values[%zu]", i);
        why = kit_format(kit, op, "it has %zu characters with its quotes, %u are possible",
                         strlen(set->raw[i]), TEXT_MOST);
    }
    if (!why && set->count > VALUES_MOST)
        why = kit_format(kit, op, "there are %zu of them, %u are possible", set->count, VALUES_MOST);
    if (!why && set_chars(set) > CHARS_MOST)
        why = kit_format(
            kit, op, "they have %zu characters, %u are possible: a change of %u holds the old and the new",
            set_chars(set), CHARS_MOST, CHANGE_CHARS_MOST);
    if (!why)
        return true;
    *problem = (struct wish_problem){
        .code = "route53.too_large",
        .path = path,
        .summary = kit_format(kit, op, "the values of '%s' are too large for Route 53", wish->owner),
        .detail = why,
        .advice = "spread them over several names, or shorten them",
    };
    return false;
}

/* The rules of all drivers take a zone by its name, which is the first part of an id. */
static bool read_zone(const struct route53 *dns, struct lf_op *op, const struct lf_value *map,
                      const struct lf_value **plain, struct wish_problem *problem)
{
    const char *zone = kit_get_text(&dns->kit, map, "zone");
    *plain = map;
    if (!zone)
        return true;
    if (route53_hosted(dns, op, zone)) {
        const char *name = kit_copy(&dns->kit, op, zone, strcspn(zone, "/"));
        *plain = kit_put_text(&dns->kit, op, map, "zone", name);
        return true;
    }
    *problem = (struct wish_problem){
        .code = "dns.zone_id",
        .path = "zone",
        .summary = kit_format(&dns->kit, op, "'%s' is not the id of a zone of Route 53", zone),
        .detail =
            "several zones may have one name there, so an id is the name, a slash and the service's own id",
        .advice = "write `zone = main.id` with the zone of the playbook, or of `dns.zone:existing`",
    };
    return false;
}

static bool read_record(const struct route53 *dns, struct lf_op *op, const struct lf_value *map,
                        struct wish_record *wish, struct wish_problem *problem)
{
    struct wish_for who = route53_for(dns, op);
    const struct lf_value *plain = NULL;
    return read_zone(dns, op, map, &plain, problem) && wish_record_read(&who, plain, wish, problem);
}

/* Everything that is known; what is unknown yet is judged when it is known. */
static bool read_wish(const struct route53 *dns, struct lf_op *op, const struct lf_value *map,
                      struct wish_record *wish, const char **mark, struct wish_problem *problem)
{
    struct wish_for who = route53_for(dns, op);
    return read_record(dns, op, map, wish, problem) && wish_options(&who, map, NULL, problem) &&
           (!wish->owner || name_fits(dns, op, wish, mark, problem)) &&
           (!wish->rdata || !wish->owner || values_fit(dns, op, wish, problem));
}

static bool read_key(const struct route53 *dns, struct lf_op *op, const struct lf_value *map,
                     struct job_item *item, struct wish_problem *problem)
{
    struct wish_for who = route53_for(dns, op);
    const struct lf_value *plain = NULL;
    return read_zone(dns, op, map, &plain, problem) && wish_record_key(&who, plain, &item->wish, problem) &&
           name_fits(dns, op, &item->wish, &item->mark_name, problem);
}

struct comparing {
    const struct route53 *dns;
    struct lf_op *op;
    const struct lf_value *desired;
};

/* Whether two spellings of one attribute come to the same, with the other attributes as asked. */
static bool is_same(void *self, const char *name, const struct lf_value *a, const struct lf_value *b)
{
    const struct comparing *it = self;
    const struct kit *kit = &it->dns->kit;
    struct wish_record left, right;
    struct wish_problem ignored;
    if (strcmp(name, "zone") == 0 || /* ids of one name are different zones */
        !read_record(it->dns, it->op, kit_put(kit, it->op, it->desired, name, a), &left, &ignored) ||
        !read_record(it->dns, it->op, kit_put(kit, it->op, it->desired, name, b), &right, &ignored))
        return false;
    if (strcmp(name, "values") == 0)
        return left.type && wish_is_met(left.rdata, left.count, right.rdata, right.count);
    if (strcmp(name, "type") == 0)
        return strcmp(left.type, right.type) == 0;
    if (strcmp(name, "name") == 0)
        return left.owner && right.owner && strcmp(left.owner, right.owner) == 0;
    return false;
}

static void record_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct route53 *dns = self;
    const struct kit *kit = &dns->kit;
    struct wish_for who = route53_for(dns, op);
    struct wish_record wish = {0};
    struct wish_problem problem;
    const char *mark = NULL;
    if (req->desired && !read_wish(dns, op, req->desired, &wish, &mark, &problem)) {
        wish_refuse_plan(&who, &problem);
        return;
    }
    const struct lf_value *computed = NULL;
    if (wish.owner)
        computed = kit_put_text(kit, op, kit_map(kit, op), "fqdn", wish.owner);
    struct comparing it = {dns, op, req->desired};
    kit_plan(kit, &it, op, req, &lf_dns_record, computed, is_same);
}

/* ---- answers --------------------------------------------------------------------------------------------
 */

/* What the next change needs to take the marker away without looking. */
static const struct lf_value *memo_of(const struct job *job, const struct set_mark *mark)
{
    const struct kit *kit = &job->dns->kit;
    const struct lf_value *memo = kit_put_text(kit, job->op, kit_map(kit, job->op), "token", mark->token);
    return kit_put_text(kit, job->op, memo, "address", mark->address);
}

static const struct lf_value *state_of(const struct job *job, size_t i, const struct route53_set *set)
{
    const struct kit *kit = &job->dns->kit;
    struct wish_for who = route53_for(job->dns, job->op);
    struct wish_record have = job->items[i].wish;
    have.rdata = set->rdata;
    have.count = set->count;
    have.ttl = set->ttl;
    const struct lf_value *spelled = wish_subject(job->batch->reqs[i]), *plain = NULL;
    struct wish_problem ignored;
    (void)read_zone(job->dns, job->op, spelled, &plain, &ignored);
    const struct lf_value *state = wish_record_state(&who, &have, plain);
    state = kit_put(kit, job->op, state, "zone", kit_get(kit, spelled, "zone"));
    if (!set->special)
        return state;
    const struct lf_value *words = kit->values->of_text(job->op, set->special, strlen(set->special));
    return kit_put(kit, job->op, state, "values", kit->values->of_list(job->op, &words, 1));
}

static void answer(struct job *job, size_t i, const struct route53_set *set, const struct set_mark *mark)
{
    struct lf_result result = kit_result(LF_END_OK);
    result.id = job_id(job, i);
    result.marker = mark->marker;
    result.state = state_of(job, i, set);
    if (mark->marker)
        result.memo = memo_of(job, mark);
    job->items[i].state = JOB_ANSWERED;
    kit_batch_answer(job->batch, i, &result);
}

static void taken(struct job *job, size_t i)
{
    job->items[i].state = JOB_ANSWERED;
    wish_taken(job->batch, i, job->items[i].mark.marker);
}

static struct set_mark new_mark(const struct lf_request *req)
{
    return (struct set_mark){req->marker, req->token ? req->token : "", req->address ? req->address : ""};
}

static void done(struct job *job, size_t i)
{
    const struct job_item *item = &job->items[i];
    struct set_mark mark = new_mark(job->batch->reqs[i]);
    if (item->made)
        answer(job, i, item->made, &mark);
    else
        job_status(job, i, LF_END_GONE);
}

/* ---- changing -------------------------------------------------------------------------------------------
 */

/* What is asked; what it leaves open stays as it was, or is the zone's. */
static const struct route53_set *wanted(const struct job *job, const struct job_item *item)
{
    const struct wish_record *wish = &item->wish;
    uint32_t ttl = wish->ttl > 0 ? wish->ttl : item->old ? item->old->ttl : job->zone_ttl;
    return set_make(job->dns, job->op, wish->owner, wish->type, ttl, wish->rdata, wish->count);
}

static bool is_met(const struct job *job, size_t i)
{
    const struct job_item *item = &job->items[i];
    const struct wish_record *wish = &item->wish;
    return item->mark.marker && strcmp(item->mark.marker, job->batch->reqs[i]->marker) == 0 &&
           (wish->ttl == 0 || wish->ttl == item->old->ttl) &&
           wish_is_met(wish->rdata, wish->count, item->old->rdata, item->old->count);
}

static void make_ready(struct job *job, size_t i)
{
    struct job_item *item = &job->items[i];
    struct set_mark mark = new_mark(job->batch->reqs[i]);
    item->made = wanted(job, item);
    item->made_mark = set_mark_make(job->dns, job->op, item->mark_name, &mark);
    item->state = JOB_READY;
}

/* A record that is more than its values cannot be named exactly enough to be taken away. */
static void refuse_special(struct job *job, size_t i)
{
    const struct job_item *item = &job->items[i];
    const char *what = item->old->special;
    job_refuse(job, i, "route53.not_simple", NULL,
               kit_format(&job->dns->kit, job->op, "the %s record of '%s' is not what landfall made",
                          item->wish.type, item->wish.owner),
               kit_format(&job->dns->kit, job->op, "somebody made %s of it", what),
               "make it a simple record again, or remove it together with its marker");
}

/* The place of the marker holds a TXT record that is none. */
static void refuse_squatter(struct job *job, size_t i)
{
    job_refuse(job, i, "dns.marker_taken", "name",
               kit_format(&job->dns->kit, job->op, "the place of its marker, '%s', is taken",
                          job->items[i].mark_name),
               "the TXT record there is no marker of landfall's", "remove that record");
}

static void decide_make(struct job *job, size_t i)
{
    struct job_item *item = &job->items[i];
    const struct lf_request *req = job->batch->reqs[i];
    bool ours = kit_may_change(&job->dns->kit, req, item->mark.marker);
    if (!item->old && req->verb == LF_VERB_UPDATE)
        job_status(job, i, LF_END_GONE);
    else if (item->old && !ours)
        taken(job, i);
    else if (item->old_mark && !item->mark.marker)
        refuse_squatter(job, i);
    else if (item->old && item->old->special)
        refuse_special(job, i);
    else if (item->old && is_met(job, i))
        answer(job, i, item->old, &item->mark);
    else
        make_ready(job, i);
}

/* A marker without its record protects nothing; ours goes with a destroy. */
static void decide_remove(struct job *job, size_t i)
{
    struct job_item *item = &job->items[i];
    bool ours = kit_may_change(&job->dns->kit, job->batch->reqs[i], item->mark.marker);
    if (item->old && !ours)
        taken(job, i);
    else if (item->old && item->old->special)
        refuse_special(job, i);
    else if (ours)
        item->state = JOB_READY;
    else
        job_status(job, i, LF_END_GONE);
}

static void decide(struct job *job, size_t i)
{
    job->items[i].made = job->items[i].made_mark = NULL;
    if (job->batch->reqs[i]->verb == LF_VERB_DESTROY)
        decide_remove(job, i);
    else
        decide_make(job, i);
}

static const struct job_plan plan_of_changes = {.decide = decide, .done = done};

/* What the store knows to be there.  Wrong guesses do no harm: the service compares. */
static bool guess(struct job *job, size_t i)
{
    const struct kit *kit = &job->dns->kit;
    struct job_item *item = &job->items[i];
    const struct lf_request *req = job->batch->reqs[i];
    struct wish_record was;
    struct wish_problem ignored;
    if (req->verb == LF_VERB_CREATE) {
        make_ready(job, i);
        return true;
    }
    const char *token = kit_get_text(kit, req->memo, "token");
    if (!token || kit_get_bool(kit, req->memo, "adopt", false) || !req->marker || !req->prior ||
        !read_record(job->dns, job->op, req->prior, &was, &ignored) || !was.rdata || was.ttl == 0)
        return false;
    struct set_mark mark = {req->marker, token, kit_get_text(kit, req->memo, "address")};
    item->old = set_make(job->dns, job->op, was.owner, was.type, was.ttl, was.rdata, was.count);
    item->old_mark = set_mark_make(job->dns, job->op, item->mark_name, &mark);
    item->mark = mark;
    if (req->verb == LF_VERB_DESTROY)
        item->state = JOB_READY;
    else
        make_ready(job, i);
    return true;
}

/* A change that was accepted before a crash is waited for, not sent again. */
static bool resume(struct job *job, size_t i)
{
    struct job_item *item = &job->items[i];
    const char *id = kit_get_text(&job->dns->kit, job->batch->reqs[i]->saved, "change");
    if (!id || !guess(job, i))
        return false;
    item->state = JOB_SENT;
    item->change = id;
    return true;
}

static void begin_changes(struct job *job)
{
    bool look = false;
    for (size_t i = 0; i < job->batch->count; i++)
        if (job->items[i].state == JOB_OPEN && !resume(job, i))
            look |= !guess(job, i);
    if (look)
        job_look_and_send(job);
    else
        job_send(job);
}

static bool take_ttl(struct lf_op *op, const struct route53_set *set, void *user)
{
    struct job *job = user;
    (void)op;
    if (strcmp(set->type, "SOA") == 0)
        job->zone_ttl = set->ttl;
    return false;
}

static void ttl_read(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct job *job = user;
    (void)op;
    for (size_t i = 0; i < job->batch->count; i++) {
        if (job->items[i].state != JOB_OPEN || job->zone_ttl > 0)
            continue;
        job->items[i].state = JOB_ANSWERED;
        if (reply && kit_aws_is(reply, "NoSuchHostedZone"))
            job_zone_missing(job, i);
        else if (reply)
            route53_fail(job->dns, job->batch, i, reply, "read the time to live of its zone");
        /* Only a question went wrong: for certain nothing was changed. */
        uint32_t status = job->batch->answers[i].status;
        if (status == 0 || status == LF_END_UNSURE)
            job_status(job, i, LF_END_RETRY);
    }
    begin_changes(job);
}

static struct job *job_new(struct kit_batch *batch)
{
    const struct route53 *dns = batch->self;
    struct job *job = dns->kit.ops->scratch(batch->op, sizeof(*job));
    *job = (struct job){.dns = dns, .batch = batch, .op = batch->op, .plan = &plan_of_changes};
    job->items = dns->kit.ops->scratch(batch->op, (batch->count + 1) * sizeof(*job->items));
    return job;
}

/* All of a batch are of one zone: that is the lane.  Without one there is nothing to ask. */
static bool take_zone(struct job *job, size_t i)
{
    const char *zone = kit_get_text(&job->dns->kit, wish_subject(job->batch->reqs[i]), "zone");
    job->hosted = route53_hosted(job->dns, job->op, zone);
    job->zone = job->items[i].wish.zone;
    return job->hosted != NULL;
}

static void change(struct kit_batch *batch)
{
    struct job *job = job_new(batch);
    bool needs_ttl = false;
    for (size_t i = 0; i < batch->count; i++) {
        struct job_item *item = &job->items[i];
        const struct lf_request *req = batch->reqs[i];
        struct wish_problem problem;
        bool good = req->verb == LF_VERB_DESTROY
                        ? read_key(job->dns, job->op, wish_subject(req), item, &problem)
                        : read_wish(job->dns, job->op, req->desired, &item->wish, &item->mark_name, &problem);
        if (!good) {
            item->state = JOB_ANSWERED;
            wish_refuse(batch, i, &problem);
        } else if (take_zone(job, i)) {
            item->state = JOB_OPEN;
            needs_ttl |= req->verb == LF_VERB_CREATE && item->wish.ttl == 0;
        }
    }
    if (!job->hosted)
        kit_batch_end(batch);
    else if (needs_ttl)
        set_list(job->dns, job->op, job->hosted, job->zone, "SOA", 1, take_ttl, ttl_read, job);
    else
        begin_changes(job);
}

/* ---- looking --------------------------------------------------------------------------------------------
 */

static void tell(struct job *job)
{
    for (size_t i = 0; i < job->batch->count; i++) {
        struct job_item *item = &job->items[i];
        const struct lf_request *req = job->batch->reqs[i];
        if (item->state != JOB_OPEN)
            continue;
        bool ours = item->mark.marker && req->marker && strcmp(item->mark.marker, req->marker) == 0;
        if (!item->old)
            job_status(job, i, LF_END_GONE);
        else if (req->verb == LF_VERB_RECOVER && !ours)
            taken(job, i);
        else
            answer(job, i, item->old, &item->mark);
    }
    kit_batch_end(job->batch);
}

static void look(struct kit_batch *batch)
{
    struct job *job = job_new(batch);
    for (size_t i = 0; i < batch->count; i++) {
        struct job_item *item = &job->items[i];
        struct wish_problem problem;
        if (!read_key(job->dns, job->op, wish_subject(batch->reqs[i]), item, &problem)) {
            item->state = JOB_ANSWERED;
            wish_refuse(batch, i, &problem);
        } else if (take_zone(job, i)) {
            item->state = JOB_OPEN;
        }
    }
    if (job->hosted)
        job_look(job, tell);
    else
        kit_batch_end(batch);
}

/* ---- verbs ----------------------------------------------------------------------------------------------
 */

static void record_change(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct route53 *dns = self;
    change(kit_batch_one(&dns->kit, self, op, req));
}

static void record_change_many(void *self, struct lf_op *op, const struct lf_request *const *reqs,
                               size_t count)
{
    const struct route53 *dns = self;
    change(kit_batch_many(&dns->kit, self, op, reqs, count));
}

static void record_look(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct route53 *dns = self;
    look(kit_batch_one(&dns->kit, self, op, req));
}

static void record_look_many(void *self, struct lf_op *op, const struct lf_request *const *reqs, size_t count)
{
    const struct route53 *dns = self;
    look(kit_batch_many(&dns->kit, self, op, reqs, count));
}

static void record_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    route53_sweep(self, op, false);
}

/* The first ten thousand records of a zone are part of its price. */
static void record_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct route53 *dns = self;
    (void)req;
    kit_finish(&dns->kit, op, LF_END_OK);
}

/* One change of a zone at a time: a second one is answered PriorRequestNotComplete. */
static const char *record_lane(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct route53 *dns = self;
    const char *hosted = route53_hosted(dns, op, kit_get_text(&dns->kit, wish_subject(req), "zone"));
    return hosted ? kit_format(&dns->kit, op, "route53/%s", hosted) : NULL;
}

/* Each change names exactly what it takes away, and its marker holds a token of its own. */
static const struct lf_settle record_settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_CONDITIONAL,
    .update = LF_SETTLE_CONDITIONAL,
    .destroy = LF_SETTLE_CONDITIONAL,
};

const struct lf_resource route53_record = {
    .struct_size = sizeof(struct lf_resource),
    .name = "record",
    .doc = "all values of one name and type",
    .schema = &lf_dns_record,
    .settle = &record_settle,
    .pool = "route53",
    .lane = record_lane,
    .read = record_look,
    .create = record_change,
    .destroy = record_change,
    .update = record_change,
    .plan = record_plan,
    .recover = record_look,
    .estimate = record_estimate,
    .find = record_look,
    .owned = record_owned,
    .read_many = record_look_many,
    .change_many = record_change_many,
    .recover_many = record_look_many,
    .find_many = record_look_many,
    .max_batch = BATCH_MOST,
};
