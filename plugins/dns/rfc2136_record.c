/* dns.record: all values of one name and type, with their marker. */
#include "name.h"
#include "rfc2136_job.h"
#include "rfc2136_mark.h"
#include "rfc2136_text.h"

#include <landfall/dns.h>
#include <string.h>

/* ---- what this driver adds to the rules of all -------------------------------------------- */

static bool name_fits(const struct rfc2136 *self, struct lf_op *op, const struct wish_record *wish,
                      const char **mark, struct wish_problem *problem)
{
    const struct kit *kit = &self->kit;
    size_t over = 0;
    const char *why = NULL;
    if (name_is_in(wish->owner, kit_format(kit, op, MARK_BRANCH ".%s", wish->zone)))
        why = "the names below '" MARK_BRANCH "' hold landfall's own markers";
    *mark = mark_name(kit, op, wish->zone, wish->owner, wish->type, &over);
    if (!*mark)
        why =
            kit_format(kit, op, "with '_%s' and '" MARK_BRANCH "', which its marker adds, it is %zu too long",
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

static bool set_fits(const struct rfc2136 *self, struct lf_op *op, const struct wish_record *wish,
                     struct wish_problem *problem)
{
    const struct kit *kit = &self->kit;
    const struct wire_set *set = text_set(kit, op, wish->owner, wish->type, 0, wish->rdata, wish->count);
    if (text_size(set) <= RFC2136_SET_MOST)
        return true;
    *problem = (struct wish_problem){
        .code = "rfc2136.too_large",
        .path = "values",
        .summary = kit_format(kit, op, "the values of '%s' are too many for one update message", wish->owner),
        .detail = kit_format(kit, op,
                             "they take about %zu bytes, %d are possible: a message of 64 KB holds the "
                             "old and the new values",
                             text_size(set), RFC2136_SET_MOST),
        .advice = "spread them over several names",
    };
    return false;
}

static bool read_all(const struct wish_for *who, const struct lf_value *map, struct wish_record *wish,
                     struct wish_problem *problem)
{
    return wish_record_read(who, map, wish, problem) && wish_options(who, map, NULL, problem);
}

/* Everything that is known; what is unknown yet is judged when it is known. */
static bool fits(const struct rfc2136 *self, struct lf_op *op, const struct wish_record *wish,
                 struct wish_problem *problem)
{
    const char *mark = NULL;
    return !wish->owner || !wish->zone ||
           (name_fits(self, op, wish, &mark, problem) && set_fits(self, op, wish, problem));
}

/* ---- state -------------------------------------------------------------------------------- */

/* What each key of a job asks for. */
static const struct wish_record *wish_of(const struct job *job, size_t key)
{
    const struct wish_record *wishes = job->user;
    return &wishes[key];
}

static void answer_ok(struct job *job, size_t key, const struct wish_record *have, const char *marker,
                      const struct lf_value *spelled)
{
    const struct wish_for who = rfc2136_who(job->self, job->op);
    struct lf_result result = kit_result(LF_END_OK);
    result.id = wish_record_id(&who, have->zone, have->owner, have->type);
    result.marker = marker;
    result.state = wish_record_state(&who, have, spelled);
    kit_batch_answer(job->batch, job->items[key], &result);
}

/* What was seen at the key: OK with all of it, or nothing definite where the data is beyond us. */
static void answer_seen(struct job *job, size_t key, const struct wish_record *wish, const char *marker,
                        const struct lf_value *spelled)
{
    const struct kit *kit = &job->self->kit;
    const struct wire_set *set = &job->look.keys[key].set;
    const char *why = NULL;
    const char **rdata = text_canonical(kit, job->op, set, &why);
    if (!rdata) {
        kit_batch_note(job->batch, job->items[key], "rfc2136.not_understood", NULL,
                       kit_format(kit, job->op, "%s of '%s' is not understood", wish->type, wish->owner), why,
                       "mend it on the server");
        kit_batch_status(job->batch, job->items[key], LF_END_CANNOT_TELL);
        return;
    }
    struct wish_record have = {.zone = wish->zone, .type = wish->type, .owner = wish->owner};
    have.rdata = rdata;
    have.count = set->count;
    have.ttl = set->ttl;
    answer_ok(job, key, &have, marker, spelled);
}

/* ---- deciding ----------------------------------------------------------------------------- */

static const struct wire_set *bare_set(struct job *job, const char *owner, const char *type)
{
    return text_set(&job->self->kit, job->op, owner, type, 0, NULL, 0);
}

static void edit_mark(struct job *job, struct edit *edit, const struct look_key *at, bool has_mark)
{
    if (has_mark)
        edit_add(edit, EDIT_NEED_SAME, &at->mark_set);
    else
        edit_add(edit, EDIT_NEED_NONE, bare_set(job, at->mark, "TXT"));
}

/* The set as asked, in place of what was seen. */
static void write_set(struct job *job, size_t key, const struct wish_record *wish, bool has_mark)
{
    const struct kit *kit = &job->self->kit;
    const struct look_key *at = &job->look.keys[key];
    struct edit *edit = job_edit(job, key);
    uint32_t ttl = wish->ttl > 0 ? wish->ttl : at->set.count > 0 ? at->set.ttl : job->look.soa.ttl;
    const struct wire_set *set = text_set(kit, job->op, at->owner, at->type, ttl, wish->rdata, wish->count);
    if (at->set.count > 0) {
        edit_add(edit, EDIT_NEED_SAME, &at->set);
    } else if (edit->is_alias) {
        edit_add(edit, EDIT_NEED_UNUSED, set);
    } else {
        edit_add(edit, EDIT_NEED_NONE, set);
        edit_add(edit, EDIT_NEED_NONE, bare_set(job, at->owner, "CNAME"));
    }
    edit_mark(job, edit, at, has_mark);
    if (at->set.count > 0)
        edit_add(edit, EDIT_DROP, set);
    edit_add(edit, EDIT_ADD, set);
    if (has_mark)
        edit_add(edit, EDIT_DROP, &at->mark_set);
    edit_add(edit, EDIT_ADD, mark_new(kit, job->op, at->mark, job_request(job, key)));
}

static bool is_as_asked(struct job *job, size_t key, const struct wish_record *wish, const struct mark *mark)
{
    const struct look_key *at = &job->look.keys[key];
    const char *why = NULL;
    const char **rdata = text_canonical(&job->self->kit, job->op, &at->set, &why);
    return rdata && (wish->ttl == 0 || wish->ttl == at->set.ttl) && mark->marker &&
           strcmp(mark->marker, job_request(job, key)->marker) == 0 &&
           wish_is_met(wish->rdata, wish->count, rdata, at->set.count);
}

/* What is there already is left alone: nothing is sent, and the zone's serial stays. */
static void bring_to(struct job *job, size_t key, const struct wish_record *wish, const struct mark *mark)
{
    if (is_as_asked(job, key, wish, mark))
        answer_seen(job, key, wish, mark->marker, job_request(job, key)->desired);
    else
        write_set(job, key, wish, mark->marker != NULL);
}

static void refuse_beside(struct job *job, size_t key, const struct wish_record *wish)
{
    const struct kit *kit = &job->self->kit;
    kit_batch_refuse(job->batch, job->items[key], "dns.cname_not_alone", "name",
                     kit_format(kit, job->op, "'%s' cannot have a %s record", wish->owner, wish->type),
                     kit_format(kit, job->op, "it has a %s record, and a CNAME stands alone at its name",
                                job->look.keys[key].beside),
                     "give one of them another name");
}

static void refuse_mark(struct job *job, size_t key)
{
    const struct kit *kit = &job->self->kit;
    kit_batch_refuse(
        job->batch, job->items[key], "rfc2136.mark_taken", NULL,
        kit_format(kit, job->op, "the place of its marker, '%s', is taken", job->look.keys[key].mark),
        "the TXT record there is no marker of landfall's", "remove that record");
}

/* A marker without its record protects nothing: it is replaced, if it is still the one that was read. */
static void create(struct job *job, size_t key, const struct wish_record *wish, const struct mark *mark)
{
    const struct look_key *at = &job->look.keys[key];
    const struct lf_request *req = job_request(job, key);
    if (at->set.count > 0 && kit_may_change(&job->self->kit, req, mark->marker))
        bring_to(job, key, wish, mark);
    else if (at->set.count > 0)
        wish_taken(job->batch, job->items[key], mark->marker);
    else if (at->beside)
        refuse_beside(job, key, wish);
    else if (job->look.whole && at->mark_set.count > 0 && !mark->marker)
        refuse_mark(job, key);
    else
        write_set(job, key, wish, mark->marker != NULL);
}

static void update(struct job *job, size_t key, const struct wish_record *wish, const struct mark *mark)
{
    if (job->look.keys[key].set.count == 0)
        kit_batch_status(job->batch, job->items[key], LF_END_GONE);
    else if (!kit_may_change(&job->self->kit, job_request(job, key), mark->marker))
        wish_taken(job->batch, job->items[key], mark->marker);
    else
        bring_to(job, key, wish, mark);
}

static void destroy(struct job *job, size_t key, const struct mark *mark)
{
    const struct look_key *at = &job->look.keys[key];
    bool ours = kit_may_change(&job->self->kit, job_request(job, key), mark->marker);
    if (at->set.count > 0 && !ours) {
        wish_taken(job->batch, job->items[key], mark->marker);
        return;
    }
    if (!ours) {
        kit_batch_status(job->batch, job->items[key], LF_END_GONE);
        return;
    }
    struct edit *edit = job_edit(job, key);
    edit_add(edit, EDIT_NEED_SAME, &at->mark_set);
    if (at->set.count > 0) {
        edit_add(edit, EDIT_NEED_SAME, &at->set);
        edit_add(edit, EDIT_DROP, &at->set);
    } else {
        edit_add(edit, EDIT_NEED_NONE, bare_set(job, at->owner, at->type));
    }
    edit_add(edit, EDIT_DROP, &at->mark_set);
}

static void tell(struct job *job, size_t key, const struct wish_record *wish, const struct mark *mark)
{
    const struct lf_request *req = job_request(job, key);
    if (job->look.keys[key].set.count == 0)
        kit_batch_status(job->batch, job->items[key], LF_END_GONE);
    else if (req->verb == LF_VERB_RECOVER && !(mark->marker && strcmp(mark->marker, req->marker) == 0))
        wish_taken(job->batch, job->items[key], mark->marker);
    else
        answer_seen(job, key, wish, mark->marker, wish_subject(req));
}

static void decide(struct job *job, size_t key)
{
    const struct wish_record *wish = wish_of(job, key);
    struct mark mark;
    (void)mark_read(&job->self->kit, job->op, &job->look.keys[key].mark_set, &mark);
    switch (job_request(job, key)->verb) {
    case LF_VERB_CREATE:
        create(job, key, wish, &mark);
        return;
    case LF_VERB_UPDATE:
        update(job, key, wish, &mark);
        return;
    case LF_VERB_DESTROY:
        destroy(job, key, &mark);
        return;
    default:
        tell(job, key, wish, &mark);
        return;
    }
}

/* ---- after a change ----------------------------------------------------------------------- */

static void not_visible(struct job *job, size_t key)
{
    kit_batch_note(job->batch, job->items[key], "rfc2136.not_visible", "server",
                   "the name server took the change and does not show it",
                   "a secondary that hands updates on to its primary behaves so, and so does another writer",
                   "write the address of the zone's primary as `server`");
    kit_batch_status(job->batch, job->items[key], LF_END_UNSURE);
}

/* Nobody can look, but all of the message was done. */
static void answer_promised(struct job *job, const struct edit *edit, const struct wish_record *wish)
{
    const struct lf_request *req = job_request(job, edit->key);
    struct wish_record made = *wish;
    for (size_t i = 0; i < edit->count; i++)
        if (edit->steps[i].kind == EDIT_ADD && strcmp(edit->steps[i].set->owner, edit->owner) == 0)
            made.ttl = edit->steps[i].set->ttl;
    answer_ok(job, edit->key, &made, req->marker, req->desired);
}

/* The server's word is that it is done; what is there now is the truth, where it could be read. */
static void settle(struct job *job, const struct edit *edit, bool seen)
{
    size_t key = edit->key;
    const struct kit *kit = &job->self->kit;
    const struct wish_record *wish = wish_of(job, key);
    const struct lf_request *req = job_request(job, key);
    const struct look_key *at = &job->look.keys[key];
    struct mark mark = {0};
    if (seen)
        (void)mark_read(kit, job->op, &at->mark_set, &mark);
    bool ours = mark.marker && strcmp(mark.marker, req->marker) == 0;
    if (req->verb == LF_VERB_DESTROY && seen && ours) {
        not_visible(job, key);
    } else if (req->verb == LF_VERB_DESTROY) {
        kit_batch_status(job->batch, job->items[key], LF_END_GONE);
    } else if (!seen) {
        answer_promised(job, edit, wish);
    } else if (ours && at->set.count > 0) {
        answer_seen(job, key, wish, mark.marker, req->desired);
    } else {
        not_visible(job, key);
    }
}

/* ---- verbs -------------------------------------------------------------------------------- */

static void want_record(struct job *job, size_t i, struct wish_record *wish)
{
    const struct lf_request *req = job->batch->reqs[i];
    const struct wish_for who = rfc2136_who(job->self, job->op);
    const char *mark = NULL;
    struct wish_problem problem;
    bool makes = req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE;
    bool good = makes ? read_all(&who, req->desired, wish, &problem)
                      : wish_record_key(&who, wish_subject(req), wish, &problem);
    good = good && name_fits(job->self, job->op, wish, &mark, &problem) &&
           (!makes || set_fits(job->self, job->op, wish, &problem));
    if (good)
        job_want(job, i, wish->owner, wish->type, mark);
    else
        wish_refuse(job->batch, i, &problem);
}

static void start(struct kit_batch *batch)
{
    const struct rfc2136 *self = batch->self;
    struct job *job = job_new(self, batch->op, batch->reqs[0], batch);
    if (!job)
        return;
    struct wish_record *wishes = self->kit.ops->scratch(batch->op, batch->count * sizeof(*wishes));
    job->user = wishes;
    for (size_t i = 0; i < batch->count; i++)
        want_record(job, i, &wishes[job->look.count]);
    job_start(job, job->look.count > 0 ? wishes[0].zone : "", decide, settle);
}

static void record_verb(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct rfc2136 *mine = self;
    start(kit_batch_one(&mine->kit, self, op, req));
}

/* The requests share a lane, so they share a zone. */
static void record_many(void *self, struct lf_op *op, const struct lf_request *const *reqs, size_t count)
{
    const struct rfc2136 *mine = self;
    start(kit_batch_many(&mine->kit, self, op, reqs, count));
}

static void record_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct rfc2136 *mine = self;
    const struct wish_for who = rfc2136_who(mine, op);
    struct wish_record wish = {0};
    struct wish_problem problem;
    if (req->desired && (!read_all(&who, req->desired, &wish, &problem) || !fits(mine, op, &wish, &problem)))
        wish_refuse_plan(&who, &problem);
    else
        wish_record_plan(&who, req, &wish);
}

static void record_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct rfc2136 *mine = self;
    static const struct lf_cost cost = {
        .what = "a record set",
        .sku = "rfc2136.record",
        .unit = "record set",
        .per = LF_PER_MONTH,
        .low_milli = 1000,
        .expected_milli = 1000,
        .high_milli = 1000,
    };
    struct lf_result result = kit_result(LF_END_OK);
    (void)req;
    result.costs = &cost;
    result.cost_count = 1;
    result.cost_size = sizeof(cost);
    mine->kit.ops->finish(op, &result);
}

static void record_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    rfc2136_owned(self, op, req, false);
}

static const char *record_lane(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct rfc2136 *mine = self;
    const struct wish_for who = rfc2136_who(mine, op);
    const char *zone = NULL;
    struct wish_problem ignored;
    return wish_zone_name(&who, wish_subject(req), "zone", &zone, &ignored) ? rfc2136_lane(mine, op, zone)
                                                                            : NULL;
}

/* Every message has preconditions that hold once only: on the records, and on a marker that each change
 * writes anew.  A late one is refused by the server when it meets another state, and when it is older than
 * the clock difference that signatures allow. */
static const struct lf_settle record_settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_CONDITIONAL,
    .update = LF_SETTLE_CONDITIONAL,
    .destroy = LF_SETTLE_CONDITIONAL,
    .max_inflight_ms = WIRE_FUDGE_S * 1000,
};

const struct lf_resource rfc2136_record = {
    .struct_size = sizeof(struct lf_resource),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "record",
    .doc = "all values of one name and type in a zone",
    .schema = &lf_dns_record,
    .settle = &record_settle,
    .pool = RFC2136_POOL,
    .lane = record_lane,
    .read = record_verb,
    .create = record_verb,
    .destroy = record_verb,
    .update = record_verb,
    .plan = record_plan,
    .recover = record_verb,
    .estimate = record_estimate,
    .find = record_verb,
    .owned = record_owned,
    .read_many = record_many,
    .change_many = record_many,
    .recover_many = record_many,
    .find_many = record_many,
};
