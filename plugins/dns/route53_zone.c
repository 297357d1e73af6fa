/* dns.zone on Route 53: a public hosted zone, marked in its comment.
 *
 * The request that makes it carries the core's token as CallerReference, which Route 53 keeps for ever: sent
 * twice, it makes one zone.  Its name is no key there, so a zone of that name is looked for first. */
#include "route53_change.h"
#include "route53_view.h"

#include "kit_plan.h"
#include "name.h"
#include "rdata.h"

#include <string.h>

struct job {
    const struct route53 *dns;
    struct kit_batch *batch; /* of one */
    struct lf_op *op;
    const struct lf_request *req;
    struct wish_zone wish; /* of a create or update */
    const char *name;
    struct view view;
    /* of a search by name */
    const char *ours, *other;
    size_t our_count, other_count;
    const char *other_marker;
    bool searched_again;
    /* of a change */
    bool touched; /* something was changed: no doubt may end as "nothing happened" any more */
    bool brought; /* it was brought to what is asked, as far as it goes */
    const char *made_change, *apex_change;
};

/* ---- ends -----------------------------------------------------------------------------------------------
 */

static const char *zone_id(const struct job *job)
{
    return route53_zone_id(job->dns, job->op, job->view.name ? job->view.name : job->name, job->view.hosted);
}

static void end(struct job *job, uint32_t status)
{
    kit_batch_status(job->batch, 0, status);
    kit_batch_end(job->batch);
}

static void taken(struct job *job, const char *marker)
{
    wish_taken(job->batch, 0, marker);
    kit_batch_end(job->batch);
}

static const char *doing_of(const struct job *job, const char *verb)
{
    return kit_format(&job->dns->kit, job->op, "%s zone '%s'", verb, job->name ? job->name : "?");
}

/* A question that got no answer. */
static void unread(struct job *job, const struct kit_aws_reply *reply)
{
    route53_fail(job->dns, job->batch, 0, reply, doing_of(job, "look at"));
    uint32_t status = job->batch->answers[0].status;
    if (job->touched && status != LF_END_CANCELED)
        kit_batch_status(job->batch, 0, LF_END_UNSURE);
    else if (status == LF_END_UNSURE)
        kit_batch_status(job->batch, 0, LF_END_RETRY);
    kit_batch_end(job->batch);
}

/* A change that was refused or is in doubt. */
static void failed(struct job *job, const struct kit_aws_reply *reply, const char *verb)
{
    static const struct {
        const char *code, *what, *advice;
    } known[] = {
        {"TooManyHostedZones", "route53.quota",
         "ask AWS to raise the quota of hosted zones (Service Quotas), or remove zones nobody needs"},
        {"DelegationSetNotAvailable", "route53.name_not_available",
         "too many zones of this name exist: remove those nobody needs, or ask AWS"},
        {"ConflictingDomainExists", "route53.name_not_available",
         "choose another name, or remove the other zone"},
        {"InvalidDomainName", "route53.name", "choose another name"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!kit_aws_is(reply, known[i].code))
            continue;
        kit_batch_refuse(job->batch, 0, known[i].what, "name",
                         kit_format(&job->dns->kit, job->op, "Route 53 does not %s", doing_of(job, verb)),
                         kit_format(&job->dns->kit, job->op, "%s: %.400s", reply->code,
                                    reply->message ? reply->message : ""),
                         known[i].advice);
        kit_batch_end(job->batch);
        return;
    }
    route53_fail(job->dns, job->batch, 0, reply, doing_of(job, verb));
    if (job->touched && job->batch->answers[0].status == LF_END_RETRY)
        kit_batch_status(job->batch, 0, LF_END_UNSURE);
    kit_batch_end(job->batch);
}

/* "dns\.admin.acme.example", as a wish has it. */
static const char *mailbox(const struct job *job, const char *word)
{
    return name_absolute(&job->dns->kit, job->op, word, strlen(word), "");
}

static void answer(struct job *job)
{
    struct wish_for who = route53_for(job->dns, job->op);
    const char *soa[VIEW_SOA_WORDS] = {"", ""};
    const struct view *view = &job->view;
    bool whole = view_soa(view, job->op, soa);
    struct wish_zone have = {.name = view->name,
                             .servers = view->servers,
                             .server_count = view->server_count,
                             .rname = whole ? mailbox(job, soa[1]) : "",
                             .ttl = view->soa ? view->soa->ttl : 0,
                             .ds = view->ds,
                             .ds_count = view->ds_count};
    struct lf_result result = kit_result(LF_END_OK);
    result.id = zone_id(job);
    result.marker = view->mark.marker;
    result.state = wish_zone_state(&who, &have, wish_subject(job->req));
    kit_batch_answer(job->batch, 0, &result);
    kit_batch_end(job->batch);
}

/* ---- bringing it to what is asked -----------------------------------------------------------------------
 */

static void look(struct job *job);
static void wait_made(struct lf_op *op, void *user, int canceled);

static struct route53_set *with_ttl(const struct job *job, const struct route53_set *set, uint32_t ttl)
{
    struct route53_set *copy = job->dns->kit.ops->scratch(job->op, sizeof(*copy));
    *copy = *set;
    copy->ttl = ttl;
    return copy;
}

/* What differs at the apex.  SOA and NS of a zone can be replaced, never removed: hence UPSERT. */
static bool apex_differs(const struct job *job, struct change *change)
{
    const char *soa[VIEW_SOA_WORDS];
    const struct view *view = &job->view;
    const struct wish_zone *wish = &job->wish;
    if (!view_soa(view, job->op, soa))
        return false;
    uint32_t ttl = wish->ttl > 0 ? wish->ttl : view->soa->ttl;
    bool mail = wish->rname && strcmp(wish->rname, mailbox(job, soa[1])) != 0;
    if (view->ns && ttl != view->ns->ttl)
        change_add(job->dns, job->op, change, "UPSERT", with_ttl(job, view->ns, ttl));
    if (mail || ttl != view->soa->ttl) {
        struct route53_set *set = with_ttl(job, view->soa, ttl);
        set->raw = job->dns->kit.ops->scratch(job->op, sizeof(*set->raw));
        set->raw[0] =
            kit_format(&job->dns->kit, job->op, "%s %s. %s %s %s %s %s", soa[0],
                       mail ? wish->rname : mailbox(job, soa[1]), soa[2], soa[3], soa[4], soa[5], soa[6]);
        change_add(job->dns, job->op, change, "UPSERT", set);
    }
    return change->values > 0;
}

static const struct lf_value *progress_of(const struct job *job)
{
    const struct kit *kit = &job->dns->kit;
    const struct lf_value *map = kit_put_text(kit, job->op, kit_map(kit, job->op), "made", job->made_change);
    return kit_put_text(kit, job->op, map, "apex", job->apex_change);
}

static void apex_changed(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct job *job = user;
    const char *id =
        route53_is_good(reply, "ChangeResourceRecordSetsResponse") ? change_id(job->dns, op, reply) : NULL;
    if (!id) {
        failed(job, reply, "set the time to live and the mail address of");
        return;
    }
    job->touched = true;
    job->apex_change = change_is_done(reply) ? NULL : id;
    job->dns->kit.ops->save(op, zone_id(job), progress_of(job), wait_made, job);
}

static void bring_apex(struct job *job)
{
    struct change change = {0};
    if (apex_differs(job, &change))
        change_send(job->dns, job->op, job->view.hosted, &change, apex_changed, job);
    else if (job->made_change || job->touched)
        wait_made(job->op, job, 0);
    else
        answer(job);
}

static void comment_changed(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct job *job = user;
    (void)op;
    if (!route53_is_good(reply, "UpdateHostedZoneCommentResponse")) {
        failed(job, reply, "mark");
        return;
    }
    job->touched = true;
    bring_apex(job);
}

static void bring(struct job *job)
{
    const struct kit *kit = &job->dns->kit;
    const char *comment = route53_comment(job->dns, job->op, job->req, job->view.comment);
    job->brought = true;
    if (job->view.comment && strcmp(comment, job->view.comment) == 0) {
        bring_apex(job);
        return;
    }
    struct kit_text xml = {0};
    kit_text_print(
        kit, job->op, &xml,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<UpdateHostedZoneCommentRequest xmlns=\"%s\"><Comment>",
        ROUTE53_NAMESPACE);
    kit_xml_add(kit, job->op, &xml, comment);
    kit_text_print(kit, job->op, &xml, "</Comment></UpdateHostedZoneCommentRequest>");
    route53_post(job->dns, job->op, route53_path(job->dns, job->op, "hostedzone/%s", job->view.hosted), &xml,
                 comment_changed, job);
}

/* ---- waiting --------------------------------------------------------------------------------------------
 */

static void waited(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct job *job = user;
    /* A change that was forgotten is long done. */
    if (reply && !kit_aws_is(reply, "NoSuchChange")) {
        unread(job, reply);
        return;
    }
    if (job->made_change)
        job->made_change = NULL;
    else
        job->apex_change = NULL;
    wait_made(op, job, 0);
}

/* First for the zone itself, then for its apex; then the truth is read. */
static void wait_made(struct lf_op *op, void *user, int canceled)
{
    struct job *job = user;
    const char *id = job->made_change ? job->made_change : job->apex_change;
    if (canceled) {
        end(job, LF_END_CANCELED);
        return;
    }
    job->touched = true;
    if (id)
        change_wait(job->dns, op, id, waited, job);
    else
        look(job);
}

/* ---- removing -------------------------------------------------------------------------------------------
 */

struct rest {
    struct job *job;
    const struct route53_set *sample;
    size_t count;
};

static bool take_rest(struct lf_op *op, const struct route53_set *set, void *user)
{
    struct rest *rest = user;
    const char *apex = rest->job->view.name;
    (void)op;
    if (set_is(set, apex, "SOA") || set_is(set, apex, "NS"))
        return true;
    rest->sample = rest->sample ? rest->sample : set;
    rest->count++;
    return rest->count < 300;
}

static void rest_listed(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    const struct rest *rest = user;
    struct job *job = rest->job;
    const char *detail = "Route 53 says that it is not empty";
    (void)reply;
    if (rest->sample)
        detail = kit_format(&job->dns->kit, op, "%zu%s sets, such as %s of '%s'", rest->count,
                            rest->count >= 300 ? " or more" : "", rest->sample->type, rest->sample->owner);
    kit_batch_refuse(job->batch, 0, "dns.zone_not_empty", NULL,
                     kit_format(&job->dns->kit, op, "zone '%s' still holds other records", job->view.name),
                     detail, "remove them first; landfall deletes only what is its own");
    kit_batch_end(job->batch);
}

static void removed(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct job *job = user;
    if (route53_is_good(reply, "DeleteHostedZoneResponse") || kit_aws_is(reply, "NoSuchHostedZone")) {
        end(job, LF_END_GONE);
    } else if (kit_aws_is(reply, "HostedZoneNotEmpty")) {
        struct rest *rest = job->dns->kit.ops->scratch(op, sizeof(*rest));
        rest->job = job;
        set_list(job->dns, op, job->view.hosted, NULL, NULL, 0, take_rest, rest_listed, rest);
    } else {
        failed(job, reply, "delete");
    }
}

/* ---- what is there decides ------------------------------------------------------------------------------
 */

static void act(struct job *job)
{
    const struct lf_request *req = job->req;
    const char *marker = job->view.mark.marker;
    /* A zone that our own token made is ours, whatever somebody wrote into its comment since. */
    bool made = req->verb == LF_VERB_CREATE && req->token && strcmp(job->view.reference, req->token) == 0;
    bool same = marker && req->marker && strcmp(marker, req->marker) == 0;
    if (job->brought || req->verb == LF_VERB_READ || req->verb == LF_VERB_FIND ||
        (req->verb == LF_VERB_RECOVER && same))
        answer(job);
    else if (req->verb == LF_VERB_RECOVER || !(made || kit_may_change(&job->dns->kit, req, marker)))
        taken(job, marker);
    else if (req->verb == LF_VERB_DESTROY)
        route53_ask(job->dns, job->op, "DELETE",
                    route53_path(job->dns, job->op, "hostedzone/%s", job->view.hosted), NULL, 0, removed,
                    job);
    else
        bring(job);
}

static void search(struct job *job);

static void looked(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct job *job = user;
    (void)op;
    if (!reply)
        act(job);
    else if (!kit_aws_is(reply, "NoSuchHostedZone"))
        unread(job, reply);
    else if (job->req->verb == LF_VERB_CREATE && !job->touched)
        search(job);
    else
        end(job, job->touched ? LF_END_UNSURE : LF_END_GONE);
}

static void look(struct job *job)
{
    job->view = (struct view){.dns = job->dns, .hosted = job->view.hosted};
    view_get(job->op, &job->view, looked, job);
}

/* ---- making ---------------------------------------------------------------------------------------------
 */

static void made_saved(struct lf_op *op, void *user, int canceled)
{
    struct job *job = user;
    (void)op;
    if (canceled)
        end(job, LF_END_CANCELED);
    else
        look(job);
}

static void made(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct job *job = user;
    const char *id = route53_is_good(reply, "CreateHostedZoneResponse")
                         ? route53_hosted(job->dns, op, kit_xml_text(reply->xml, "HostedZone/Id"))
                         : NULL;
    if (id) {
        job->touched = true;
        job->view.hosted = id;
        job->made_change = change_is_done(reply) ? NULL : change_id(job->dns, op, reply);
        job->dns->kit.ops->save(op, zone_id(job), progress_of(job), made_saved, job);
    } else if (kit_aws_is(reply, "HostedZoneAlreadyExists")) {
        /* Our token was here before; the list that will show it may lag. */
        job->searched_again = true;
        job->touched = true;
        search(job);
    } else {
        failed(job, reply, "create");
    }
}

static void make(struct job *job)
{
    const struct kit *kit = &job->dns->kit;
    struct kit_text xml = {0};
    kit_text_print(kit, job->op, &xml,
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CreateHostedZoneRequest xmlns=\"%s\">"
                   "<Name>%s.</Name><CallerReference>",
                   ROUTE53_NAMESPACE, job->name);
    kit_xml_add(kit, job->op, &xml, job->req->token);
    kit_text_print(kit, job->op, &xml, "</CallerReference><HostedZoneConfig><Comment>");
    kit_xml_add(kit, job->op, &xml, route53_comment(job->dns, job->op, job->req, NULL));
    kit_text_print(kit, job->op, &xml, "</Comment></HostedZoneConfig></CreateHostedZoneRequest>");
    route53_post(job->dns, job->op, route53_path(job->dns, job->op, "hostedzone"), &xml, made, job);
}

/* ---- searching by name ----------------------------------------------------------------------------------
 */

static bool take_row(struct lf_op *op, const struct view_row *row, void *user)
{
    struct job *job = user;
    const struct lf_request *req = job->req;
    bool made_so = req->token && strcmp(row->reference, req->token) == 0;
    bool marked = row->mark.marker && req->marker && strcmp(row->mark.marker, req->marker) == 0;
    (void)op;
    if (row->is_private)
        return true;
    if (marked || (made_so && req->verb == LF_VERB_CREATE)) {
        job->our_count++;
        job->ours = row->hosted;
    } else {
        job->other_count++;
        job->other = row->hosted;
        job->other_marker = job->other_marker ? job->other_marker : row->mark.marker;
    }
    return true;
}

static void refuse_many(struct job *job)
{
    kit_batch_note(job->batch, 0, "route53.ambiguous", "name",
                   kit_format(&job->dns->kit, job->op, "there are %zu zones called '%s'",
                              job->our_count + job->other_count, job->name),
                   "Route 53 allows that, and nothing says which is meant", "remove those nobody needs");
    end(job, job->req->verb == LF_VERB_RECOVER ? LF_END_MANY : LF_END_CANNOT_TELL);
}

static void take_found(struct job *job, const char *hosted)
{
    job->view.hosted = hosted;
    look(job);
}

/* A zone of another's with this name is a conflict: two public zones of one name are never meant. */
static void not_ours(struct job *job)
{
    const struct lf_request *req = job->req;
    if (req->verb == LF_VERB_FIND && job->other_count == 1)
        take_found(job, job->other);
    else if (req->verb == LF_VERB_FIND && job->other_count > 1)
        refuse_many(job);
    else if (job->searched_again)
        end(job, LF_END_UNSURE);
    else if (job->other_count > 0 && (req->verb == LF_VERB_CREATE || req->verb == LF_VERB_RECOVER))
        taken(job, job->other_marker);
    else if (req->verb == LF_VERB_CREATE)
        make(job);
    else
        end(job, LF_END_GONE);
}

static void searched(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct job *job = user;
    (void)op;
    if (reply)
        unread(job, reply);
    else if (job->our_count > 1 || (job->req->verb == LF_VERB_FIND && job->our_count + job->other_count > 1))
        refuse_many(job);
    else if (job->our_count == 1)
        take_found(job, job->ours);
    else
        not_ours(job);
}

static void search(struct job *job)
{
    job->our_count = job->other_count = 0;
    job->other_marker = NULL;
    view_list(job->dns, job->op, job->name, take_row, searched, job);
}

/* ---- verbs ----------------------------------------------------------------------------------------------
 */

static void refuse(struct job *job, const struct wish_problem *problem)
{
    wish_refuse(job->batch, 0, problem);
    kit_batch_end(job->batch);
}

static void zone_verb(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct route53 *dns = self;
    const struct kit *kit = &dns->kit;
    struct wish_for who = route53_for(dns, op);
    struct wish_problem problem;
    struct job *job = kit->ops->scratch(op, sizeof(*job));
    *job = (struct job){.dns = dns, .op = op, .req = req, .batch = kit_batch_one(kit, self, op, req)};
    bool makes = req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE;
    bool good = makes ? wish_zone_read(&who, req->desired, &job->wish, &problem)
                      : wish_zone_name(&who, wish_subject(req), "name", &job->name, &problem);
    if (!good) {
        refuse(job, &problem);
        return;
    }
    job->name = makes ? job->wish.name : job->name;
    job->made_change = req->verb == LF_VERB_CREATE ? kit_get_text(kit, req->saved, "made") : NULL;
    job->apex_change = req->verb == LF_VERB_CREATE ? kit_get_text(kit, req->saved, "apex") : NULL;
    /* A search by natural name takes no id on trust. */
    job->view.hosted = req->verb == LF_VERB_FIND ? NULL : route53_hosted(dns, op, req->id);
    if (job->view.hosted)
        look(job);
    else
        search(job);
}

/* The service chooses the name servers; asking for just those it chose is no difference. */
static bool servers_fit(const struct wish_for *who, const struct lf_request *req,
                        const struct wish_zone *wish, struct wish_problem *problem)
{
    struct wish_zone was;
    bool had = req->prior && wish_zone_read(who, req->prior, &was, problem);
    if (!wish->servers ||
        (had && wish_is_met(wish->servers, wish->server_count, was.servers, was.server_count)))
        return true;
    *problem = (struct wish_problem){
        .code = "route53.nameservers",
        .path = "nameservers",
        .summary = "the name servers of a zone of Route 53 cannot be chosen",
        .detail = "the service gives each zone four of its own",
        .advice = "leave `nameservers` out; the zone tells them to the delegation of its parent",
    };
    return false;
}

static void zone_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct route53 *dns = self;
    struct wish_for who = route53_for(dns, op);
    struct wish_problem problem;
    struct wish_zone wish;
    bool known = req->desired && kit_is_known(&dns->kit, kit_get(&dns->kit, req->desired, "name"));
    if (known &&
        (!wish_zone_read(&who, req->desired, &wish, &problem) ||
         !wish_options(&who, req->desired, NULL, &problem) || !servers_fit(&who, req, &wish, &problem)))
        wish_refuse_plan(&who, &problem);
    else
        wish_zone_plan(&who, req, NULL);
}

/* How many will ask is nobody's to know: the playbook guesses. */
static const struct lf_cost zone_costs[] = {
    {.what = "hosted zone",
     .sku = "route53.zone",
     .unit = "zone",
     .per = LF_PER_MONTH,
     .low_milli = 1000,
     .expected_milli = 1000,
     .high_milli = 1000},
    {.what = "queries for its names",
     .sku = "route53.queries",
     .unit = "million queries",
     .per = LF_PER_MONTH,
     .flags = LF_COST_UNBOUNDED},
};

static void zone_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct route53 *dns = self;
    struct lf_result result = kit_result(LF_END_OK);
    if (req->desired || req->prior) {
        result.costs = zone_costs;
        result.cost_count = sizeof(zone_costs) / sizeof(zone_costs[0]);
        result.cost_size = sizeof(zone_costs[0]);
    }
    dns->kit.ops->finish(op, &result);
}

static void zone_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    route53_sweep(self, op, true);
}

/* With the zone's records where it is known, so that its apex is not changed beside them. */
static const char *zone_lane(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct route53 *dns = self;
    const char *name = NULL, *hosted = route53_hosted(dns, op, req->id);
    struct wish_for who = route53_for(dns, op);
    struct wish_problem ignored;
    if (!hosted && wish_zone_name(&who, wish_subject(req), "name", &name, &ignored))
        return kit_format(&dns->kit, op, "route53/%s", name);
    return hosted ? kit_format(&dns->kit, op, "route53/%s", hosted) : NULL;
}

/* An update is the same done twice, and so is a delete by id.  The pauses: a request of a dead process is
 * done within seconds of its arrival; the lists of zones lag by about as much. */
static const struct lf_settle zone_settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_TOKENED,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
    .max_inflight_ms = 10000,
    .visible_after_ms = 5000,
};

const struct lf_resource route53_zone = {
    .struct_size = sizeof(struct lf_resource),
    .name = "zone",
    .doc = "a public hosted zone",
    .schema = &lf_dns_zone,
    .settle = &zone_settle,
    .pool = "route53",
    .lane = zone_lane,
    .read = zone_verb,
    .create = zone_verb,
    .destroy = zone_verb,
    .update = zone_verb,
    .plan = zone_plan,
    .recover = zone_verb,
    .estimate = zone_estimate,
    .find = zone_verb,
    .owned = zone_owned,
};
