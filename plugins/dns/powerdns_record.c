/* dns.record on PowerDNS: all values of one name and type, an RRset with a comment that carries the marker.
 *
 * A batch is of one zone, whose only writer it is: it reads the zone, decides everything, sends one PATCH
 * (atomic: all of it or nothing), and reads the zone again.  The second reading is no politeness: a PATCH
 * that overlaps with another one, a dead client's for instance, can leave copies of a record, and a lone
 * REPLACE heals that. */
#include "powerdns_view.h"

#include <ctype.h>
#include <landfall/dns.h>
#include <string.h>

/* One item: what it asks for, and the RRset it changed. */
struct item {
    struct wish_record wish;
    uint32_t ttl;
    struct powerdns_set *set; /* NULL: nothing was to be done */
};

struct job {
    const struct powerdns *dns;
    struct kit_batch *batch;
    const char *zone;
    struct powerdns_view view;
    struct item *items;
    bool healed;  /* the second PATCH is under way */
    bool certain; /* the PATCH was answered with yes; otherwise `failure` is the answer */
    struct kit_http_reply failure;
    const char *doing;
};

/* The whole zone, also for one record: asked for one name, PowerDNS leaves out what is switched off, and a
 * REPLACE would wipe it away unseen. */
static void job_read(struct job *job, kit_http_fn *fn)
{
    struct lf_op *op = job->batch->op;
    powerdns_send(job->dns, op, "GET", powerdns_zone_path(job->dns, op, job->zone, ""), NULL, fn, job);
}

/* ---- answers ------------------------------------------------------------------------------ */

static void answer_record(const struct job *job, const struct powerdns_view *view, size_t i,
                          struct powerdns_set *set, const struct lf_value *spelled)
{
    struct wish_for who = powerdns_for(job->dns, job->batch->op);
    view_parse(view, set);
    struct wish_record have = {
        .zone = job->zone,
        .type = set->type,
        .owner = set->owner,
        .rdata = set->rdata,
        .count = set->count,
        .ttl = set->ttl,
    };
    struct lf_result result = kit_result(LF_END_OK);
    result.id = wish_record_id(&who, job->zone, set->owner, set->type);
    result.marker = view_marker(view, set, job->batch->reqs[i]->marker);
    result.state = wish_record_state(&who, &have, spelled);
    kit_batch_answer(job->batch, i, &result);
}

/* ---- deciding ----------------------------------------------------------------------------- */

/* This driver has no extras for records, so any is refused by its name. */
static bool record_wish(const struct wish_for *who, const struct lf_value *map, struct wish_record *wish,
                        struct wish_problem *problem)
{
    return wish_record_read(who, map, wish, problem) && wish_options(who, map, NULL, problem);
}

/* A CNAME stands alone at its name (RFC 1034, 3.6.2). */
static bool stands_alone(const struct job *job, size_t i, const struct wish_record *wish)
{
    const struct kit *kit = &job->dns->kit;
    struct lf_op *op = job->batch->op;
    bool alias = strcmp(wish->type, "CNAME") == 0;
    const struct powerdns_set *other = alias ? view_find_other(&job->view, wish->owner, wish->type)
                                             : view_find(&job->view, wish->owner, "CNAME");
    if (!other)
        return true;
    kit_batch_refuse(
        job->batch, i, "dns.cname_not_alone", "name",
        kit_format(kit, op, "'%s' cannot have a %s record", wish->owner, wish->type),
        kit_format(kit, op, "it has a %s record, and a CNAME stands alone at its name", other->type),
        "give one of them another name");
    return false;
}

/* What a secondary holds is overwritten by its primary. */
static bool is_writable(const struct job *job, size_t i)
{
    const struct kit *kit = &job->dns->kit;
    if (strcmp(job->view.kind, "Native") == 0 || strcmp(job->view.kind, "Master") == 0)
        return true;
    kit_batch_refuse(
        job->batch, i, "dns.zone_not_writable", "zone",
        kit_format(kit, job->batch->op, "the zone '%s' is not written on this server", job->zone),
        kit_format(kit, job->batch->op, "its kind is '%s'", job->view.kind),
        "name the server that is its primary in the drivers block");
    return false;
}

static uint32_t ttl_of(const struct job *job, const struct wish_record *wish, const struct powerdns_set *set)
{
    const char *words[VIEW_SOA_WORDS];
    uint32_t ttl = WISH_TTL;
    if (wish->ttl > 0)
        return wish->ttl;
    if (set)
        return set->ttl;
    (void)view_soa(&job->view, words, &ttl);
    return ttl;
}

static void make_record(struct job *job, size_t i)
{
    const struct lf_request *req = job->batch->reqs[i];
    struct item *item = &job->items[i];
    struct powerdns_set *set = view_find(&job->view, item->wish.owner, item->wish.type);
    if (!set && req->verb == LF_VERB_UPDATE) {
        kit_batch_status(job->batch, i, LF_END_GONE);
        return;
    }
    const char *marker = set ? view_marker(&job->view, set, req->marker) : NULL;
    if (set && !kit_may_change(&job->dns->kit, req, marker)) {
        wish_taken(job->batch, i, marker);
        return;
    }
    if (!is_writable(job, i) || (!set && !stands_alone(job, i, &item->wish)))
        return;
    item->ttl = ttl_of(job, &item->wish, set);
    if (!set || !view_is_met(&job->view, set, &item->wish, item->ttl, req))
        item->set = set = view_put(&job->view, &item->wish, item->ttl, req, i);
    answer_record(job, &job->view, i, set, req->desired);
}

static void destroy_record(struct job *job, size_t i)
{
    struct item *item = &job->items[i];
    struct powerdns_set *set = view_find(&job->view, item->wish.owner, item->wish.type);
    if (!set) {
        kit_batch_status(job->batch, i, LF_END_GONE);
        return;
    }
    const char *marker = view_marker(&job->view, set, job->batch->reqs[i]->marker);
    if (!kit_may_change(&job->dns->kit, job->batch->reqs[i], marker)) {
        wish_taken(job->batch, i, marker);
        return;
    }
    if (!is_writable(job, i))
        return;
    view_remove(&job->view, set, i);
    item->set = set;
    kit_batch_status(job->batch, i, LF_END_GONE);
}

static void look_at_record(struct job *job, size_t i)
{
    const struct lf_request *req = job->batch->reqs[i];
    const struct wish_record *wish = &job->items[i].wish;
    struct powerdns_set *set = view_find(&job->view, wish->owner, wish->type);
    if (!set) {
        kit_batch_status(job->batch, i, LF_END_GONE);
        return;
    }
    const char *marker = view_marker(&job->view, set, req->marker);
    if (req->verb == LF_VERB_RECOVER && !(marker && strcmp(marker, req->marker) == 0))
        wish_taken(job->batch, i, marker);
    else
        answer_record(job, &job->view, i, set, wish_subject(req));
}

static bool makes(const struct lf_request *req)
{
    return req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE;
}

/* What is asked, before anything is sent.  An item that cannot work is answered here and left out. */
static void read_wishes(struct job *job)
{
    struct kit_batch *batch = job->batch;
    struct wish_for who = powerdns_for(job->dns, batch->op);
    for (size_t i = 0; i < batch->count; i++) {
        const struct lf_request *req = batch->reqs[i];
        struct wish_record *wish = &job->items[i].wish;
        struct wish_problem problem;
        bool good = makes(req) ? record_wish(&who, req->desired, wish, &problem)
                               : wish_record_key(&who, wish_subject(req), wish, &problem);
        if (!good)
            wish_refuse(batch, i, &problem);
    }
}

static void decide(struct job *job)
{
    for (size_t i = 0; i < job->batch->count; i++) {
        const struct lf_request *req = job->batch->reqs[i];
        if (job->batch->answers[i].status != 0)
            continue;
        if (makes(req))
            make_record(job, i);
        else if (req->verb == LF_VERB_DESTROY)
            destroy_record(job, i);
        else
            look_at_record(job, i);
    }
}

/* ---- after the PATCH ---------------------------------------------------------------------- */

static void patch(struct job *job);

/* The item changed its RRset, and no later one of the batch changed it again. */
static bool has_last_word(const struct job *job, size_t i)
{
    return job->items[i].set && job->items[i].set->by == i;
}

static bool is_met(const struct job *job, struct powerdns_view *now, size_t i, struct powerdns_set **set)
{
    const struct item *item = &job->items[i];
    *set = view_find(now, item->wish.owner, item->wish.type);
    if (job->batch->reqs[i]->verb == LF_VERB_DESTROY)
        return *set == NULL;
    return *set && view_is_met(now, *set, &item->wish, item->ttl, job->batch->reqs[i]);
}

/* It carries our marker, or is ours to make: writing it once more is writing it once. */
static bool may_heal(const struct job *job, const struct powerdns_view *now, size_t i,
                     const struct powerdns_set *set)
{
    const char *ours = job->batch->reqs[i]->marker;
    const char *marker = set ? view_marker(now, set, ours) : NULL;
    return !job->healed && marker && strcmp(marker, ours) == 0;
}

/* After a yes: what is not as it was written was written over meanwhile. */
static void judge(struct job *job, struct powerdns_view *now)
{
    struct kit_batch *batch = job->batch;
    for (size_t i = 0; i < batch->count; i++) {
        struct powerdns_set *set = NULL;
        bool mine = has_last_word(job, i);
        job->items[i].set = NULL;
        if (!mine)
            continue;
        if (is_met(job, now, i, &set)) {
            if (set)
                answer_record(job, now, i, set, batch->reqs[i]->desired);
        } else if (!may_heal(job, now, i, set)) {
            kit_batch_note(batch, i, "dns.written_over", NULL, "somebody else writes this record, too",
                           "right after it was written it was no longer as it was written",
                           "let one tool alone write it");
            kit_batch_status(batch, i, LF_END_UNSURE);
        } else if (batch->reqs[i]->verb == LF_VERB_DESTROY) {
            view_remove(now, set, i);
            job->items[i].set = set;
        } else {
            job->items[i].set = view_put(now, &job->items[i].wish, job->items[i].ttl, batch->reqs[i], i);
        }
    }
}

/* Nothing happened - unless this was the second PATCH: then the first one did. */
static void undone(struct job *job, size_t i)
{
    kit_batch_status(job->batch, i, job->healed ? LF_END_UNSURE : LF_END_RETRY);
}

static void fail_item(struct job *job, size_t i, const struct kit_http_reply *reply)
{
    kit_http_fail(job->batch, i, reply, "powerdns", "PowerDNS", job->doing, powerdns_said(job->dns, reply));
    if (job->healed && job->batch->answers[i].status != LF_END_CANCELED)
        kit_batch_status(job->batch, i, LF_END_UNSURE);
}

static void fail_changed(struct job *job, const struct kit_http_reply *reply)
{
    for (size_t i = 0; i < job->batch->count; i++)
        if (job->items[i].set)
            fail_item(job, i, reply);
}

/* After a 500: PowerDNS has answered, so nothing is under way any more, and a PATCH is done whole or not at
 * all.  When nothing of it is there, nothing happened. */
static void judge_failure(struct job *job, struct powerdns_view *now)
{
    struct kit_batch *batch = job->batch;
    struct powerdns_set *set = NULL;
    bool any = false;
    for (size_t i = 0; i < batch->count; i++)
        any |= has_last_word(job, i) && is_met(job, now, i, &set);
    for (size_t i = 0; i < batch->count; i++) {
        if (!job->items[i].set)
            continue;
        bool met = has_last_word(job, i) && is_met(job, now, i, &set);
        if (!met)
            fail_item(job, i, &job->failure);
        if (!any)
            undone(job, i);
        else if (met && set)
            answer_record(job, now, i, set, batch->reqs[i]->desired);
    }
}

static void reread(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct job *job = user;
    struct powerdns_view now;
    bool good = reply->sent == LF_SENT_REPLY && reply->status == 200 &&
                view_open(&now, job->dns, op, job->zone, reply->json, job->batch->count);
    if (good && job->certain)
        judge(job, &now);
    else if (good)
        judge_failure(job, &now);
    else if (!job->certain)
        fail_changed(job, &job->failure);
    /* After a yes the answers stand as they are: they tell what was written. */
    if (good && now.changed > 0 && !job->healed) {
        job->view = now;
        job->healed = true;
        patch(job);
        return;
    }
    kit_batch_end(job->batch);
}

static bool names(const char *said, const char *what)
{
    const char *at = strstr(said, what);
    return at && !isalnum((unsigned char)at[strlen(what)]);
}

/* The one RRset that the service's words are about: "RRset a.eu.acme.example. IN CNAME: ..." or
 * "Record a.eu.acme.example./A '...': ...". */
static bool is_about(const struct job *job, const char *said, const struct powerdns_set *set)
{
    const struct kit *kit = &job->dns->kit;
    struct lf_op *op = job->batch->op;
    return names(said, kit_format(kit, op, " %s. IN %s", set->owner, set->type)) ||
           names(said, kit_format(kit, op, " %s./%s", set->owner, set->type));
}

/* A backend that cannot do what every record here needs: records and comments that the API may write. */
static bool is_of_backend(const char *said)
{
    return said && strstr(said, "ackend does not support");
}

static void refuse_backend(struct job *job, const char *said)
{
    for (size_t i = 0; i < job->batch->count; i++)
        if (job->items[i].set)
            kit_batch_refuse(job->batch, i, "powerdns.backend", "zone",
                             "this PowerDNS cannot keep records that are marked as landfall's", said,
                             "keep the zone on a backend with comments: gsqlite3, gpgsql, gmysql or godbc");
}

/* 422: the whole PATCH was refused for the sake of one RRset.  The others did nothing wrong and are sent
 * again without it. */
static void refused(struct job *job, const struct kit_http_reply *reply)
{
    const char *said = powerdns_said(job->dns, reply);
    bool found = false;
    if (is_of_backend(said)) {
        refuse_backend(job, said);
        return;
    }
    for (size_t i = 0; said && i < job->batch->count; i++)
        found |= job->items[i].set && is_about(job, said, job->items[i].set);
    for (size_t i = 0; i < job->batch->count; i++) {
        if (!job->items[i].set)
            continue;
        if (found && !is_about(job, said, job->items[i].set))
            undone(job, i);
        else
            fail_item(job, i, reply);
    }
}

static void patched(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct job *job = user;
    uint32_t end = kit_http_end(reply, true);
    (void)op;
    job->certain = end == LF_END_OK;
    job->failure = *reply;
    job->failure.raw = NULL; /* it ends with this callback */
    if (job->certain || (reply->sent == LF_SENT_REPLY && reply->status == 500)) {
        job_read(job, reread);
        return;
    }
    if (end == LF_END_REFUSED && reply->status == 422)
        refused(job, reply);
    else
        fail_changed(job, reply);
    kit_batch_end(job->batch);
}

static void patch(struct job *job)
{
    struct lf_op *op = job->batch->op;
    powerdns_send(job->dns, op, "PATCH", powerdns_zone_path(job->dns, op, job->zone, ""),
                  view_patch(&job->view), patched, job);
}

/* ---- before it ---------------------------------------------------------------------------- */

static void no_zone(struct lf_op *op, const struct kit_http_reply *reply, bool good, void *user)
{
    struct job *job = user;
    struct kit_batch *batch = job->batch;
    const struct kit *kit = &job->dns->kit;
    (void)op;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->answers[i].status != 0)
            continue;
        if (!good && kit_http_end(reply, false) == LF_END_OK)
            powerdns_garbled(batch, i, job->doing);
        else if (!good)
            powerdns_unread(batch, i, reply, job->doing);
        else if (batch->reqs[i]->verb != LF_VERB_CREATE)
            kit_batch_status(batch, i, LF_END_GONE);
        else
            kit_batch_refuse(batch, i, "dns.zone_missing", "zone",
                             kit_format(kit, batch->op, "there is no zone '%s'", job->zone),
                             kit_format(kit, batch->op, "PowerDNS at '%s' does not have it", job->dns->root),
                             "declare it as a dns.zone and write `zone = <its variable>.id`");
    }
    kit_batch_end(batch);
}

static void go_on(struct job *job)
{
    decide(job);
    if (job->view.changed > 0)
        patch(job);
    else
        kit_batch_end(job->batch);
}

static void unread(struct job *job, const struct kit_http_reply *reply)
{
    for (size_t i = 0; i < job->batch->count; i++) {
        if (job->batch->answers[i].status != 0)
            continue;
        if (kit_http_end(reply, false) == LF_END_OK)
            powerdns_garbled(job->batch, i, job->doing);
        else
            powerdns_unread(job->batch, i, reply, job->doing);
    }
    kit_batch_end(job->batch);
}

static void read_zone(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct job *job = user;
    if (reply->sent == LF_SENT_REPLY && reply->status == 404) {
        powerdns_control(job->dns, op, no_zone, job);
    } else if (reply->sent != LF_SENT_REPLY || reply->status != 200 ||
               !view_open(&job->view, job->dns, op, job->zone, reply->json, job->batch->count)) {
        unread(job, reply);
    } else {
        go_on(job);
    }
}

/* ---- verbs -------------------------------------------------------------------------------- */

static void record_start(struct kit_batch *batch)
{
    const struct powerdns *dns = batch->self;
    struct wish_for who = powerdns_for(dns, batch->op);
    struct wish_problem problem;
    if (batch->count == 0) {
        kit_batch_end(batch);
        return;
    }
    struct job *job = dns->kit.ops->scratch(batch->op, sizeof(*job));
    job->dns = dns;
    job->batch = batch;
    job->items = dns->kit.ops->scratch(batch->op, batch->count * sizeof(*job->items));
    if (!wish_zone_name(&who, wish_subject(batch->reqs[0]), "zone", &job->zone, &problem)) {
        for (size_t i = 0; i < batch->count; i++)
            wish_refuse(batch, i, &problem);
        kit_batch_end(batch);
        return;
    }
    const char *what = kit_changes(batch->reqs[0]) ? "change" : "read";
    job->doing = kit_format(&dns->kit, batch->op, "%s records of the zone '%s'", what, job->zone);
    read_wishes(job);
    job_read(job, read_zone);
}

static void record_verb(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct powerdns *dns = self;
    record_start(kit_batch_one(&dns->kit, self, op, req));
}

/* The requests share a lane, so they share a zone: one reading and one PATCH serve them all. */
static void record_many(void *self, struct lf_op *op, const struct lf_request *const *reqs, size_t count)
{
    const struct powerdns *dns = self;
    record_start(kit_batch_many(&dns->kit, self, op, reqs, count));
}

static void record_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct wish_for who = powerdns_for(self, op);
    struct wish_record wish = {0};
    struct wish_problem problem;
    if (req->desired && !record_wish(&who, req->desired, &wish, &problem))
        wish_refuse_plan(&who, &problem);
    else
        wish_record_plan(&who, req, &wish);
}

static void record_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    powerdns_estimate(self, op, "powerdns.record", "record");
}

static void record_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    powerdns_sweep(self, op, false);
}

static const char *record_lane(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct wish_for who = powerdns_for(self, op);
    const char *zone = NULL;
    struct wish_problem ignored;
    return wish_zone_name(&who, wish_subject(req), "zone", &zone, &ignored) ? powerdns_lane(self, op, zone)
                                                                            : NULL;
}

static const struct lf_settle record_settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_NAMED,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
    .max_inflight_ms = POWERDNS_INFLIGHT_MS,
};

const struct lf_resource powerdns_record = {
    .struct_size = sizeof(struct lf_resource),
    .name = "record",
    .doc = "all values of one name and type in a zone: an RRset",
    .schema = &lf_dns_record,
    .settle = &record_settle,
    .pool = POWERDNS_POOL,
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
    .max_batch = 10000, /* one reading of the zone for as many records as landfall hands over at once */
};
