/* dns.zone: the charge of a zone that the server already has.
 *
 * A dynamic update can neither make nor delete a zone (RFC 2136, 1), so that is not what create and destroy
 * do here: they put a marker into a zone that stands ready, bring its own records to what is asked, and take
 * the marker out again. */
#include "name.h"
#include "rdata.h"
#include "rfc2136_job.h"
#include "rfc2136_mark.h"
#include "rfc2136_text.h"

#include <landfall/dns.h>
#include <string.h>

/* The words of a SOA record: mname, rname, serial, refresh, retry, expire, minimum. */
#define SOA_WORDS 7

/* What is looked at; the batch has one item, and the first key speaks for it. */
#define KEY_APEX   0
#define KEY_DNSKEY 1

static struct wish_zone *wish_of(const struct job *job)
{
    return job->user;
}

/* ---- the zone's own records --------------------------------------------------------------- */

static const char *soa_word(struct job *job, size_t i)
{
    const struct kit *kit = &job->self->kit;
    size_t count = 0;
    const struct rdata_word *words = text_words(kit, job->op, job->look.soa.data[0], &count);
    return count == SOA_WORDS ? kit_copy(kit, job->op, words[i].text, words[i].len) : "";
}

/* Lower case, without the final dot. */
static const char *rname_of(struct job *job)
{
    const char *rname = soa_word(job, 1);
    return name_absolute(&job->self->kit, job->op, rname, strlen(rname), "");
}

static const char **servers_of(struct job *job, const struct look_key *at)
{
    const char *why = NULL;
    const char **servers = text_canonical(&job->self->kit, job->op, &at->set, &why);
    return servers ? servers : job->self->kit.ops->scratch(job->op, sizeof(*servers));
}

/* What the parent publishes of the keys that sign the zone; none where it is not signed. */
static const char **ds_of(struct job *job, size_t *count)
{
    const struct kit *kit = &job->self->kit;
    const struct wire_set *keys = &job->look.keys[KEY_DNSKEY].set;
    struct wire_set ds = {.owner = job->look.zone, .type = "DS"};
    ds.data = kit->ops->scratch(job->op, (keys->count + 1) * sizeof(*ds.data));
    for (size_t i = 0; i < keys->count; i++) {
        const char *data = wire_ds(job->memory, keys->owner, keys->data[i]);
        if (data)
            ds.data[ds.count++] = data;
    }
    const char *why = NULL;
    const char **rdata = text_canonical(kit, job->op, &ds, &why);
    *count = rdata ? ds.count : 0;
    return rdata;
}

/* ---- state -------------------------------------------------------------------------------- */

static void answer_seen(struct job *job, const char *marker, const struct lf_value *spelled)
{
    const struct wish_for who = rfc2136_who(job->self, job->op);
    const struct look_key *at = &job->look.keys[KEY_APEX];
    struct wish_zone have = {.name = job->look.zone, .ttl = job->look.soa.ttl, .rname = rname_of(job)};
    have.servers = servers_of(job, at);
    have.server_count = at->set.count;
    have.ds = ds_of(job, &have.ds_count);
    struct lf_result result = kit_result(LF_END_OK);
    result.id = job->look.zone;
    result.marker = marker;
    result.state = wish_zone_state(&who, &have, spelled);
    kit_batch_answer(job->batch, 0, &result);
}

static void answer_taken(struct job *job, const char *marker)
{
    wish_taken(job->batch, 0, marker);
}

/* ---- deciding ----------------------------------------------------------------------------- */

/* A new SOA counts only with a higher serial (RFC 2136, 3.4.2.2); the one it replaces is the precondition. */
static void edit_soa(struct job *job, struct edit *edit, const struct wish_zone *wish)
{
    const struct kit *kit = &job->self->kit;
    const struct wire_set *was = &job->look.soa;
    bool same = (wish->ttl == 0 || wish->ttl == was->ttl) &&
                (!wish->rname || strcmp(wish->rname, rname_of(job)) == 0);
    if (same)
        return;
    uint32_t serial = job->look.serial + 1;
    struct wire_set *soa = kit->ops->scratch(job->op, sizeof(*soa));
    *soa = (struct wire_set){.owner = was->owner, .type = "SOA", .count = 1};
    soa->ttl = wish->ttl > 0 ? wish->ttl : was->ttl;
    soa->data = kit->ops->scratch(job->op, sizeof(*soa->data));
    soa->data[0] = kit_format(kit, job->op, "%s %s. %u %s %s %s %s", soa_word(job, 0),
                              wish->rname ? wish->rname : rname_of(job), serial > 0 ? serial : 1,
                              soa_word(job, 3), soa_word(job, 4), soa_word(job, 5), soa_word(job, 6));
    edit_add(edit, EDIT_NEED_SAME, was);
    edit_add(edit, EDIT_ADD, soa);
}

static bool has(const char *const *list, size_t count, const char *one)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], one) == 0)
            return true;
    return false;
}

/* Those of `a` that are not in `b`, as a set. */
static const struct wire_set *without(struct job *job, const char *const *a, size_t a_count,
                                      const char *const *b, size_t b_count, uint32_t ttl)
{
    const struct kit *kit = &job->self->kit;
    const char **rest = kit->ops->scratch(job->op, (a_count + 1) * sizeof(*rest));
    size_t count = 0;
    for (size_t i = 0; i < a_count; i++)
        if (!has(b, b_count, a[i]))
            rest[count++] = a[i];
    return text_set(kit, job->op, job->look.zone, "NS", ttl, rest, count);
}

/* The apex always has a name server: a server drops no whole set there, and never the last (RFC
 * 2136, 3.4.2.4). So the new ones come first, then the old ones go one by one. */
static void edit_servers(struct job *job, struct edit *edit, const struct look_key *at,
                         const struct wish_zone *wish)
{
    const char **have = servers_of(job, at);
    uint32_t ttl = wish->ttl > 0 ? wish->ttl : job->look.soa.ttl;
    if (!wish->servers || wish_is_met(wish->servers, wish->server_count, have, at->set.count))
        return;
    edit_add(edit, EDIT_NEED_SAME, &at->set);
    edit_add(edit, EDIT_ADD, without(job, wish->servers, wish->server_count, have, at->set.count, ttl));
    edit_add(edit, EDIT_DROP_DATA, without(job, have, at->set.count, wish->servers, wish->server_count, 0));
}

/* Brings the zone to what is asked and into our charge; what is not said stays as it is. */
static void bring_to(struct job *job, size_t key, const struct mark *mark)
{
    const struct kit *kit = &job->self->kit;
    const struct lf_request *req = job_request(job, key);
    const struct look_key *at = &job->look.keys[key];
    struct edit *edit = job_edit(job, key);
    edit_soa(job, edit, wish_of(job));
    edit_servers(job, edit, at, wish_of(job));
    if (edit->count == 0 && mark->marker && strcmp(mark->marker, req->marker) == 0) {
        job->edit_count--;
        answer_seen(job, mark->marker, req->desired);
        return;
    }
    if (mark->marker) {
        edit_add(edit, EDIT_NEED_SAME, &at->mark_set);
        edit_add(edit, EDIT_DROP, &at->mark_set);
    } else {
        edit_add(edit, EDIT_NEED_NONE, text_set(kit, job->op, at->mark, "TXT", 0, NULL, 0));
    }
    edit_add(edit, EDIT_ADD, mark_new(kit, job->op, at->mark, req));
}

/* A zone that nobody listed stands for itself: it is there, and it is not ours. */
static void create(struct job *job, size_t key, const struct mark *mark)
{
    bool free = !mark->marker && rfc2136_lists(job->self, job->look.zone);
    if (free || kit_may_change(&job->self->kit, job_request(job, key), mark->marker))
        bring_to(job, key, mark);
    else
        answer_taken(job, mark->marker);
}

static void update(struct job *job, size_t key, const struct mark *mark)
{
    if (kit_may_change(&job->self->kit, job_request(job, key), mark->marker))
        bring_to(job, key, mark);
    else
        answer_taken(job, mark->marker);
}

static void destroy(struct job *job, size_t key, const struct mark *mark)
{
    const struct look_key *at = &job->look.keys[key];
    if (!mark->marker) {
        kit_batch_status(job->batch, job->items[key], LF_END_GONE);
    } else if (!kit_may_change(&job->self->kit, job_request(job, key), mark->marker)) {
        answer_taken(job, mark->marker);
    } else {
        struct edit *edit = job_edit(job, key);
        edit_add(edit, EDIT_NEED_SAME, &at->mark_set);
        edit_add(edit, EDIT_DROP, &at->mark_set);
    }
}

/* What is made and unmade is the charge.  Without a marker an update may have met a zone as it always was; a
 * create did not happen, and a destroy did. */
static void recover(struct job *job, size_t key, const struct mark *mark)
{
    const struct lf_request *req = job_request(job, key);
    if (mark->marker && strcmp(mark->marker, req->marker) == 0)
        answer_seen(job, mark->marker, wish_subject(req));
    else if (mark->marker || (req->prior && req->desired))
        answer_taken(job, mark->marker);
    else
        kit_batch_status(job->batch, job->items[key], LF_END_GONE);
}

static void decide(struct job *job, size_t key)
{
    if (key != KEY_APEX)
        return;
    const struct lf_request *req = job_request(job, key);
    struct mark mark;
    (void)mark_read(&job->self->kit, job->op, &job->look.keys[key].mark_set, &mark);
    switch (req->verb) {
    case LF_VERB_CREATE:
        create(job, key, &mark);
        return;
    case LF_VERB_UPDATE:
        update(job, key, &mark);
        return;
    case LF_VERB_DESTROY:
        destroy(job, key, &mark);
        return;
    case LF_VERB_RECOVER:
        recover(job, key, &mark);
        return;
    default:
        break;
    }
    /* Without its marker the zone is not in our charge any more; `find` asks for the zone itself. */
    if (req->verb == LF_VERB_READ && !mark.marker)
        kit_batch_status(job->batch, job->items[key], LF_END_GONE);
    else
        answer_seen(job, mark.marker, wish_subject(req));
}

static void settle(struct job *job, const struct edit *edit, bool seen)
{
    const struct kit *kit = &job->self->kit;
    const struct lf_request *req = job_request(job, edit->key);
    struct mark mark = {0};
    if (seen)
        (void)mark_read(kit, job->op, &job->look.keys[edit->key].mark_set, &mark);
    bool ours = mark.marker && strcmp(mark.marker, req->marker) == 0;
    if (req->verb == LF_VERB_DESTROY && !ours) {
        kit_batch_status(job->batch, job->items[edit->key], LF_END_GONE);
    } else if (req->verb != LF_VERB_DESTROY && ours) {
        answer_seen(job, mark.marker, req->desired);
    } else {
        kit_batch_note(job->batch, job->items[edit->key], "rfc2136.not_visible", "server",
                       "the name server took the change and does not show it",
                       seen ? "a secondary that hands updates on to its primary behaves so"
                            : "it did not answer",
                       "write the address of the zone's primary as `server`");
        kit_batch_status(job->batch, job->items[edit->key], LF_END_UNSURE);
    }
}

static bool read_all(const struct wish_for *who, const struct lf_value *map, struct wish_zone *wish,
                     struct wish_problem *problem)
{
    return wish_zone_read(who, map, wish, problem) && wish_options(who, map, NULL, problem);
}

/* ---- verbs -------------------------------------------------------------------------------- */

static void zone_verb(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct rfc2136 *mine = self;
    const struct kit *kit = &mine->kit;
    const struct wish_for who = rfc2136_who(mine, op);
    struct wish_zone *wish = kit->ops->scratch(op, sizeof(*wish));
    struct wish_problem problem;
    bool makes = req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE;
    bool good = makes ? read_all(&who, req->desired, wish, &problem)
                      : wish_zone_name(&who, wish_subject(req), "name", &wish->name, &problem);
    if (!good) {
        wish_refuse_plan(&who, &problem);
        return;
    }
    if (req->verb == LF_VERB_CREATE && !wish->servers && mine->nameserver_count > 0) {
        wish->servers = (const char **)mine->nameservers;
        wish->server_count = mine->nameserver_count;
    }
    struct job *job = job_new(mine, op, req, kit_batch_one(kit, self, op, req));
    if (!job)
        return;
    job->user = wish;
    const char *mark = mark_zone_name(kit, op, wish->name);
    job_want(job, 0, wish->name, "NS", mark);
    job_want(job, 0, wish->name, "DNSKEY", mark);
    job_start(job, wish->name, decide, settle);
}

static void refuse_making(const struct rfc2136 *self, struct lf_op *op, const char *zone)
{
    const struct kit *kit = &self->kit;
    kit_refuse(
        kit, op, "rfc2136.zone_not_made", "name",
        kit_format(kit, op, "the zone '%s' cannot be made by dynamic updates", zone),
        "driver 'rfc2136' changes what is in zones that the server already has",
        kit_format(kit, op,
                   "make it on the server (BIND: rndc addzone; Knot: knotc conf-set), then either write "
                   "`zones: [%s]` into the drivers block, so that landfall takes charge of it, or declare "
                   "it as dns.zone:existing",
                   zone));
}

static void zone_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct rfc2136 *mine = self;
    const struct kit *kit = &mine->kit;
    const struct wish_for who = rfc2136_who(mine, op);
    struct wish_zone wish = {0};
    struct wish_problem problem;
    bool known = req->desired && kit_is_known(kit, kit_get(kit, req->desired, "name"));
    if (known && !read_all(&who, req->desired, &wish, &problem)) {
        wish_refuse_plan(&who, &problem);
        return;
    }
    if (known && !req->prior && !rfc2136_lists(mine, wish.name)) {
        refuse_making(mine, op, wish.name);
        return;
    }
    const struct lf_value *computed = NULL;
    if (known && !req->prior && mine->nameserver_count > 0) {
        const struct lf_value **list = kit->ops->scratch(op, mine->nameserver_count * sizeof(*list));
        for (size_t i = 0; i < mine->nameserver_count; i++)
            list[i] = rdata_to_value(kit, op, "NS", mine->nameservers[i]);
        computed = kit_put(kit, op, kit_map(kit, op), "nameservers",
                           kit->values->of_list(op, list, mine->nameserver_count));
    }
    wish_zone_plan(&who, req, computed);
}

static void zone_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct rfc2136 *mine = self;
    static const struct lf_cost cost = {
        .what = "a zone on a name server of one's own",
        .sku = "rfc2136.zone",
        .unit = "zone",
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

static void zone_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    rfc2136_owned(self, op, req, true);
}

static const char *zone_lane(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct rfc2136 *mine = self;
    const struct wish_for who = rfc2136_who(mine, op);
    const char *name = NULL;
    struct wish_problem ignored;
    return wish_zone_name(&who, wish_subject(req), "name", &name, &ignored) ? rfc2136_lane(mine, op, name)
                                                                            : NULL;
}

static const struct lf_settle zone_settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_CONDITIONAL,
    .update = LF_SETTLE_CONDITIONAL,
    .destroy = LF_SETTLE_CONDITIONAL,
    .max_inflight_ms = WIRE_FUDGE_S * 1000,
};

const struct lf_resource rfc2136_zone = {
    .struct_size = sizeof(struct lf_resource),
    .traits = LF_TRAIT_OWN_TRANSPORT | LF_TRAIT_TAKES_UNMARKED,
    .name = "zone",
    .doc = "the charge of a zone that the server already has: its SOA record and name servers",
    .schema = &lf_dns_zone,
    .settle = &zone_settle,
    .pool = RFC2136_POOL,
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
