/* dns.zone on PowerDNS: the zone itself with its SOA and NS records, marked in its account.
 *
 * A zone is made by one POST, mark and records together.  Its keys are made by PowerDNS when `dnssec` is set
 * on the zone: that way no reply ever holds a private key. */
#include "powerdns_zone.h"
#include "rdata.h"

#include <landfall/dns.h>
#include <string.h>

struct job {
    const struct powerdns *dns;
    struct kit_batch *batch; /* of one */
    const struct lf_request *req;
    const char *name;
    struct powerdns_asked asked;
    struct powerdns_view view;
    const char **ds;
    size_t ds_count;
    bool posted;  /* a POST was answered with 409: look once more */
    bool doubted; /* POST or DELETE was answered with 500, which is kept in `failure`: look what became of it
                   */
    struct kit_http_reply failure;
    bool touched; /* something was changed already: nothing is for certain undone any more */
    const char *doing;
};

/* ---- state -------------------------------------------------------------------------------- */

/* Only those that are asked for: what nobody asks about is nobody's difference. */
static const struct lf_value *options_state(const struct job *job, const struct lf_value *spelled)
{
    const struct kit *kit = &job->dns->kit;
    struct lf_op *op = job->batch->op;
    const struct lf_value *options = kit_map(kit, op);
    if (kit_has(kit, spelled, "options.dnssec"))
        options = kit_put_bool(kit, op, options, "dnssec", job->view.is_signed);
    if (kit_has(kit, spelled, "options.kind"))
        options = kit_put_text(kit, op, options, "kind", powerdns_zone_kind(job->dns, op, job->view.kind));
    return options;
}

static void answer(struct job *job)
{
    const struct kit *kit = &job->dns->kit;
    struct lf_op *op = job->batch->op;
    struct wish_for who = powerdns_for(job->dns, op);
    const struct lf_value *spelled = wish_subject(job->req);
    const char *soa[VIEW_SOA_WORDS] = {"", ""};
    struct wish_zone have = {.name = job->name, .ds = job->ds, .ds_count = job->ds_count};
    struct powerdns_set *servers = view_find(&job->view, job->name, "NS");
    if (servers) {
        view_parse(&job->view, servers);
        have.servers = servers->rdata;
        have.server_count = servers->count;
    }
    (void)view_soa(&job->view, soa, &have.ttl);
    have.rname = soa[1];
    struct lf_result result = kit_result(LF_END_OK);
    result.id = job->name;
    result.marker = job->view.marker;
    result.state = wish_zone_state(&who, &have, spelled);
    if (kit_has(kit, spelled, "options"))
        result.state = kit_put(kit, op, result.state, "options", options_state(job, spelled));
    kit_batch_answer(job->batch, 0, &result);
    kit_batch_end(job->batch);
}

static void end(struct job *job, uint32_t status)
{
    kit_batch_status(job->batch, 0, status);
    kit_batch_end(job->batch);
}

static bool is_ours(const struct job *job)
{
    return job->view.marker && strcmp(job->view.marker, job->req->marker) == 0;
}

static void taken(struct job *job)
{
    wish_taken(job->batch, 0, job->view.marker);
    kit_batch_end(job->batch);
}

/* A question that went wrong.  After a change that was made, nothing is certainly undone. */
static void unread(struct job *job, const struct kit_http_reply *reply)
{
    if (kit_http_end(reply, false) == LF_END_OK)
        powerdns_garbled(job->batch, 0, job->doing);
    else
        powerdns_unread(job->batch, 0, reply, job->doing);
    if (job->touched && job->batch->answers[0].status != LF_END_CANCELED)
        kit_batch_status(job->batch, 0, LF_END_UNSURE);
    kit_batch_end(job->batch);
}

static void failed(struct job *job, const struct kit_http_reply *reply)
{
    kit_http_fail(job->batch, 0, reply, "powerdns", "PowerDNS", job->doing, powerdns_said(job->dns, reply));
    bool mild = job->batch->answers[0].status == LF_END_RETRY;
    if (job->touched && mild)
        kit_batch_status(job->batch, 0, LF_END_UNSURE);
    kit_batch_end(job->batch);
}

/* ---- keys --------------------------------------------------------------------------------- */

/* SHA-256 is the digest every validator must know (RFC 8624, 3.3); the others say the same again. */
#define DIGEST_WANTED " 2 "

static bool is_wanted(const char *ds)
{
    const char *tag = strchr(ds, ' ');
    const char *algorithm = tag ? strchr(tag + 1, ' ') : NULL;
    return algorithm && strncmp(algorithm, DIGEST_WANTED, strlen(DIGEST_WANTED)) == 0;
}

static void take_ds(struct job *job, const struct lf_value *list)
{
    const struct kit *kit = &job->dns->kit;
    for (size_t i = 0; i < kit->values->count(list); i++) {
        const char *key = NULL;
        const char *why = NULL;
        size_t len = 0;
        const char *text = kit->values->as_text(kit->values->at(list, i, &key), &len);
        if (text && is_wanted(text) &&
            rdata_from_text(kit, job->batch->op, "DS", text, len, &job->ds[job->ds_count], &why))
            job->ds_count++;
    }
}

/* The list of keys has no private part. */
static void keys_replied(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct job *job = user;
    const struct kit *kit = &job->dns->kit;
    bool good = reply->sent == LF_SENT_REPLY && reply->status == 200 && reply->json &&
                kit->values->kind(reply->json) == LF_KIND_LIST;
    if (!good) {
        unread(job, reply);
        return;
    }
    size_t most = 0;
    const char *key = NULL;
    for (size_t i = 0; i < kit->values->count(reply->json); i++) {
        const struct lf_value *ds = kit_get(kit, kit->values->at(reply->json, i, &key), "ds");
        most += ds ? kit->values->count(ds) : 0;
    }
    job->ds = kit->ops->scratch(op, (most + 1) * sizeof(const char *));
    for (size_t i = 0; i < kit->values->count(reply->json); i++) {
        const struct lf_value *one = kit->values->at(reply->json, i, &key);
        const struct lf_value *ds = kit_get(kit, one, "ds");
        if (ds && kit_get_bool(kit, one, "active", false))
            take_ds(job, ds);
    }
    answer(job);
}

/* The truth is whole with the keys of a signed zone. */
static void finish_with_keys(struct job *job)
{
    if (!job->view.is_signed) {
        answer(job);
        return;
    }
    powerdns_send(job->dns, job->batch->op, "GET",
                  powerdns_zone_path(job->dns, job->batch->op, job->name, "/cryptokeys"), NULL, keys_replied,
                  job);
}

/* ---- making ------------------------------------------------------------------------------- */

static void look_again(struct job *job);

/* PowerDNS has answered, so nothing is under way any more, and looking tells the truth. */
static bool is_answered_trouble(const struct kit_http_reply *reply)
{
    return reply->sent == LF_SENT_REPLY && reply->status == 500;
}

static void look_behind(struct job *job, const struct kit_http_reply *reply)
{
    job->doubted = job->touched = true;
    job->failure = *reply;
    job->failure.raw = NULL; /* it ends with this callback */
    look_again(job);
}

/* What was to be made is not there, or what was to go is: nothing happened. */
static void undone(struct job *job)
{
    kit_http_fail(job->batch, 0, &job->failure, "powerdns", "PowerDNS", job->doing,
                  powerdns_said(job->dns, &job->failure));
    end(job, LF_END_RETRY);
}

static void posted(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct job *job = user;
    if (reply->sent == LF_SENT_REPLY && reply->status == 409) {
        job->posted = true;
        look_again(job);
    } else if (is_answered_trouble(reply)) {
        look_behind(job, reply);
    } else if (kit_http_end(reply, true) != LF_END_OK) {
        failed(job, reply);
    } else if (view_open(&job->view, job->dns, op, job->name, reply->json, 0)) {
        job->touched = true;
        finish_with_keys(job);
    } else {
        job->touched = true;
        look_again(job);
    }
}

static void create(struct job *job)
{
    const struct kit *kit = &job->dns->kit;
    struct lf_op *op = job->batch->op;
    struct wish_for who = powerdns_for(job->dns, op);
    struct wish_zone *zone = &job->asked.zone;
    struct wish_problem problem;
    if (!zone->servers && !powerdns_zone_servers(job->dns, &who, job->name, zone, &problem)) {
        wish_refuse(job->batch, 0, &problem);
        kit_batch_end(job->batch);
        return;
    }
    const struct lf_value *sets[2];
    powerdns_zone_new(&who, zone, sets);
    const struct lf_value *map = kit_map(kit, op);
    map = kit_put_text(kit, op, map, "name", kit_format(kit, op, "%s.", job->name));
    map = kit_put_text(kit, op, map, "kind", job->asked.kind ? job->asked.kind : job->dns->kind);
    map = kit_put_text(kit, op, map, "account", job->req->marker);
    map = kit_put_text(kit, op, map, "soa_edit_api", POWERDNS_COUNTS);
    if (job->asked.dnssec) {
        map = kit_put_bool(kit, op, map, "dnssec", true);
        map = kit_put_bool(kit, op, map, "api_rectify", true);
    }
    map = kit_put(kit, op, map, "nameservers", kit->values->of_list(op, NULL, 0));
    map = kit_put(kit, op, map, "rrsets", kit->values->of_list(op, sets, 2));
    powerdns_send(job->dns, op, "POST", "/zones", map, posted, job);
}

/* ---- changing ----------------------------------------------------------------------------- */

static void read_back(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct job *job = user;
    bool good = reply->sent == LF_SENT_REPLY && reply->status == 200 &&
                view_open(&job->view, job->dns, op, job->name, reply->json, 0);
    if (good && is_ours(job)) {
        finish_with_keys(job);
    } else if (good) {
        kit_batch_refuse(
            job->batch, 0, "powerdns.no_mark", NULL,
            kit_format(&job->dns->kit, op, "PowerDNS did not keep the mark of the zone '%s'", job->name),
            "it took the account that makes a zone landfall's, and does not have it now",
            "keep the zone on a backend that the API can write: gsqlite3, gpgsql, gmysql or godbc");
        kit_batch_end(job->batch);
    } else {
        unread(job, reply);
    }
}

static void look_back(struct job *job)
{
    const char *more = kit_format(&job->dns->kit, job->batch->op, "?rrset_name=%s.", job->name);
    powerdns_send(job->dns, job->batch->op, "GET",
                  powerdns_zone_path(job->dns, job->batch->op, job->name, more), NULL, read_back, job);
}

static void records_changed(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct job *job = user;
    (void)op;
    if (kit_http_end(reply, true) != LF_END_OK) {
        failed(job, reply);
        return;
    }
    job->touched = true;
    look_back(job);
}

/* PowerDNS makes a zone before its records: one that was cut off between has none, and gets what a new one
 * gets.
 */
static bool fill_servers(struct job *job)
{
    struct wish_for who = powerdns_for(job->dns, job->batch->op);
    struct wish_problem problem;
    struct wish_zone *zone = &job->asked.zone;
    if (zone->servers || view_find(&job->view, job->name, "NS") ||
        powerdns_zone_servers(job->dns, &who, job->name, zone, &problem))
        return true;
    wish_refuse(job->batch, 0, &problem);
    kit_batch_end(job->batch);
    return false;
}

static void change_records(struct job *job)
{
    const struct kit *kit = &job->dns->kit;
    struct lf_op *op = job->batch->op;
    const struct lf_value *sets[2];
    if (!fill_servers(job))
        return;
    size_t count = powerdns_zone_changed(&job->view, &job->asked.zone, sets);
    if (count == 0 && job->touched) {
        look_back(job);
    } else if (count == 0) {
        finish_with_keys(job);
    } else {
        const struct lf_value *map =
            kit_put(kit, op, kit_map(kit, op), "rrsets", kit->values->of_list(op, sets, count));
        powerdns_send(job->dns, op, "PATCH", powerdns_zone_path(job->dns, op, job->name, ""), map,
                      records_changed, job);
    }
}

static void facts_changed(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct job *job = user;
    (void)op;
    if (kit_http_end(reply, true) != LF_END_OK) {
        failed(job, reply);
        return;
    }
    job->touched = true;
    change_records(job);
}

/* Brings a zone that is ours, or is being adopted, to what is asked: first its own facts, the mark among
 * them, then its records.  Every step says what shall be, so that the whole may be done again. */
static void bring_to(struct job *job)
{
    const struct kit *kit = &job->dns->kit;
    struct lf_op *op = job->batch->op;
    const struct powerdns_asked *asked = &job->asked;
    const struct lf_value *map = kit_map(kit, op);
    if (!job->view.marker || strcmp(job->view.marker, job->req->marker) != 0)
        map = kit_put_text(kit, op, map, "account", job->req->marker);
    if (!job->view.counts)
        map = kit_put_text(kit, op, map, "soa_edit_api", POWERDNS_COUNTS);
    if (asked->kind && strcmp(asked->kind, job->view.kind) != 0)
        map = kit_put_text(kit, op, map, "kind", asked->kind);
    if (asked->says_dnssec && asked->dnssec != job->view.is_signed) {
        map = kit_put_bool(kit, op, map, "dnssec", asked->dnssec);
        map = asked->dnssec ? kit_put_bool(kit, op, map, "api_rectify", true) : map;
    }
    if (kit->values->count(map) == 0)
        change_records(job);
    else
        powerdns_send(job->dns, op, "PUT", powerdns_zone_path(job->dns, op, job->name, ""), map,
                      facts_changed, job);
}

/* ---- destroying --------------------------------------------------------------------------- */

static void deleted(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct job *job = user;
    (void)op;
    if (kit_http_end(reply, true) == LF_END_OK)
        end(job, LF_END_GONE);
    else if (is_answered_trouble(reply))
        look_behind(job, reply);
    else
        failed(job, reply);
}

static void destroy(struct job *job)
{
    const struct kit *kit = &job->dns->kit;
    struct lf_op *op = job->batch->op;
    size_t count = 0;
    const struct powerdns_set *sample = view_find_more(&job->view, &count);
    if (!sample) {
        powerdns_send(job->dns, op, "DELETE", powerdns_zone_path(job->dns, op, job->name, ""), NULL, deleted,
                      job);
        return;
    }
    kit_batch_refuse(
        job->batch, 0, "dns.zone_not_empty", NULL,
        kit_format(kit, op, "zone '%s' still holds other records", job->name),
        kit_format(kit, op, "%zu RRsets, such as %s of '%s'", count, sample->type, sample->owner),
        "remove them first; landfall deletes only what is its own");
    kit_batch_end(job->batch);
}

/* ---- the verbs' common way ---------------------------------------------------------------- */

/* What a secondary holds is overwritten by its primary, unless it is to be made one. */
static bool is_writable(struct job *job)
{
    const struct kit *kit = &job->dns->kit;
    if (job->asked.kind || strcmp(job->view.kind, "Native") == 0 || strcmp(job->view.kind, "Master") == 0)
        return true;
    kit_batch_refuse(
        job->batch, 0, "dns.zone_not_writable", "name",
        kit_format(kit, job->batch->op, "the zone '%s' is not written on this server", job->name),
        kit_format(kit, job->batch->op, "its kind is '%s'", job->view.kind),
        "name the server that is its primary in the drivers block, or make this one it with "
        "`options = { kind = \"primary\" }`");
    kit_batch_end(job->batch);
    return false;
}

static void found(struct job *job)
{
    uint32_t verb = job->req->verb;
    if (job->doubted && is_ours(job)) {
        if (verb == LF_VERB_DESTROY)
            undone(job);
        else
            failed(job, &job->failure);
        return;
    }
    bool may = kit_may_change(&job->dns->kit, job->req, job->view.marker);
    if ((kit_changes(job->req) && !may) || (verb == LF_VERB_RECOVER && !is_ours(job)))
        taken(job);
    else if (verb == LF_VERB_DESTROY)
        destroy(job);
    else if (!kit_changes(job->req))
        finish_with_keys(job);
    else if (is_writable(job))
        bring_to(job);
}

static void not_found(struct lf_op *op, const struct kit_http_reply *reply, bool good, void *user)
{
    struct job *job = user;
    (void)op;
    if (!good)
        unread(job, reply);
    else if (job->posted)
        end(job, LF_END_RETRY); /* it was in the way a moment ago */
    else if (job->doubted && job->req->verb == LF_VERB_CREATE)
        undone(job);
    else if (job->req->verb == LF_VERB_CREATE)
        create(job);
    else
        end(job, LF_END_GONE);
}

static void looked(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct job *job = user;
    if (reply->sent == LF_SENT_REPLY && reply->status == 404)
        powerdns_control(job->dns, op, not_found, job);
    else if (reply->sent == LF_SENT_REPLY && reply->status == 200 &&
             view_open(&job->view, job->dns, op, job->name, reply->json, 0))
        found(job);
    else
        unread(job, reply);
}

/* Only a destroy must know what else is in the zone. */
static void look_again(struct job *job)
{
    struct lf_op *op = job->batch->op;
    const char *more = "";
    if (job->req->verb != LF_VERB_DESTROY)
        more = kit_format(&job->dns->kit, op, "?rrset_name=%s.", job->name);
    powerdns_send(job->dns, op, "GET", powerdns_zone_path(job->dns, op, job->name, more), NULL, looked, job);
}

static void zone_verb(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct powerdns *dns = self;
    struct wish_for who = powerdns_for(dns, op);
    struct wish_problem problem;
    struct job *job = dns->kit.ops->scratch(op, sizeof(*job));
    job->dns = dns;
    job->req = req;
    job->batch = kit_batch_one(&dns->kit, self, op, req);
    bool makes = req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE;
    bool good = makes ? powerdns_zone_read(&who, req->desired, &job->asked, &problem)
                      : wish_zone_name(&who, wish_subject(req), "name", &job->name, &problem);
    if (!good) {
        wish_refuse(job->batch, 0, &problem);
        kit_batch_end(job->batch);
        return;
    }
    job->name = makes ? job->asked.zone.name : job->name;
    job->doing =
        kit_format(&dns->kit, op, "%s the zone '%s'", kit_changes(req) ? "change" : "read", job->name);
    look_again(job);
}

static void zone_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    powerdns_estimate(self, op, "powerdns.zone", "zone");
}

static void zone_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    powerdns_sweep(self, op, true);
}

/* Zones and their records share the lane. */
static const char *zone_lane(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct wish_for who = powerdns_for(self, op);
    const char *name = NULL;
    struct wish_problem ignored;
    return wish_zone_name(&who, wish_subject(req), "name", &name, &ignored) ? powerdns_lane(self, op, name)
                                                                            : NULL;
}

static const struct lf_settle zone_settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_NAMED,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
    .max_inflight_ms = POWERDNS_INFLIGHT_MS,
};

const struct lf_resource powerdns_zone = {
    .struct_size = sizeof(struct lf_resource),
    .name = "zone",
    .doc = "a zone with its SOA record and name servers, signed on request",
    .schema = &lf_dns_zone,
    .settle = &zone_settle,
    .pool = POWERDNS_POOL,
    .lane = zone_lane,
    .read = zone_verb,
    .create = zone_verb,
    .destroy = zone_verb,
    .update = zone_verb,
    .plan = powerdns_zone_plan,
    .recover = zone_verb,
    .estimate = zone_estimate,
    .find = zone_verb,
    .owned = zone_owned,
};
