/* dns.record on a zone file: all values of one name and type, as one set. */
#include "local.h"

#include <landfall/dns.h>
#include <string.h>

static void answer_record(const struct local_file *file, size_t i, const struct zonefile_set *set,
                          const struct lf_value *spelled)
{
    struct wish_for who = local_for(file->local, file->batch->op);
    struct wish_record have = {
        .zone = file->name,
        .type = set->type,
        .owner = set->owner,
        .rdata = set->rdata,
        .count = set->count,
        .ttl = set->ttl,
    };
    struct lf_result result = kit_result(LF_END_OK);
    result.id = wish_record_id(&who, file->name, set->owner, set->type);
    result.marker = set->marker;
    result.state = wish_record_state(&who, &have, spelled);
    kit_batch_answer(file->batch, i, &result);
}

/* This driver has no extras, so any is refused by its name. */
static bool record_wish(const struct wish_for *who, const struct lf_value *map, struct wish_record *wish,
                        struct wish_problem *problem)
{
    return wish_record_read(who, map, wish, problem) && wish_options(who, map, NULL, problem);
}

/* ---- changing ----------------------------------------------------------------------------- */

static void bring_to(const struct zonefile *zone, struct zonefile_set *set, const struct wish_record *wish,
                     const struct lf_request *req)
{
    if (!set->marker || strcmp(set->marker, req->marker) != 0) {
        set->marker = req->marker;
        set->changed = true;
    }
    if (!set->address || strcmp(set->address, req->address) != 0) {
        set->address = req->address;
        set->changed = true;
    }
    if (wish->ttl > 0 && wish->ttl != set->ttl) {
        set->ttl = wish->ttl;
        set->changed = true;
    }
    if (!wish_is_met(wish->rdata, wish->count, set->rdata, set->count)) {
        set->count = 0;
        for (size_t i = 0; i < wish->count; i++)
            zonefile_add_rdata(zone, set, wish->rdata[i]);
        set->changed = true;
    }
}

/* A CNAME stands alone at its name (RFC 1034, 3.6.2). */
static bool stands_alone(const struct local_file *file, size_t i, const struct wish_record *wish)
{
    const struct kit *kit = file->batch->kit;
    bool alias = strcmp(wish->type, "CNAME") == 0;
    const struct zonefile_set *other = alias ? zonefile_find_other(file->zone, wish->owner, wish->type)
                                             : zonefile_find(file->zone, wish->owner, "CNAME");
    if (!other)
        return true;
    kit_batch_refuse(
        file->batch, i, "dns.cname_not_alone", "name",
        kit_format(kit, file->batch->op, "'%s' cannot have a %s record", wish->owner, wish->type),
        kit_format(kit, file->batch->op, "it has a %s record, and a CNAME stands alone at its name",
                   other->type),
        "give one of them another name");
    return false;
}

static void create_record(struct local_file *file, size_t i, const struct wish_record *wish)
{
    const struct lf_request *req = file->batch->reqs[i];
    struct zonefile_set *set = zonefile_find(file->zone, wish->owner, wish->type);
    if (set && !kit_may_change(file->batch->kit, req, set->marker)) {
        wish_taken(file->batch, i, set->marker);
        return;
    }
    if (!set) {
        if (!stands_alone(file, i, wish))
            return;
        set = zonefile_add(file->zone, wish->owner, wish->type);
        set->ttl = wish->ttl > 0 ? wish->ttl : file->zone->soa.set->ttl;
    }
    bring_to(file->zone, set, wish, req);
    answer_record(file, i, set, req->desired);
}

static void update_record(struct local_file *file, size_t i, const struct wish_record *wish)
{
    const struct lf_request *req = file->batch->reqs[i];
    struct zonefile_set *set = zonefile_find(file->zone, wish->owner, wish->type);
    if (!set) {
        kit_batch_status(file->batch, i, LF_END_GONE);
    } else if (!kit_may_change(file->batch->kit, req, set->marker)) {
        wish_taken(file->batch, i, set->marker);
    } else {
        bring_to(file->zone, set, wish, req);
        answer_record(file, i, set, req->desired);
    }
}

static void destroy_record(struct local_file *file, size_t i, const struct wish_record *wish)
{
    struct zonefile_set *set = zonefile_find(file->zone, wish->owner, wish->type);
    if (set && !kit_may_change(file->batch->kit, file->batch->reqs[i], set->marker)) {
        wish_taken(file->batch, i, set->marker);
        return;
    }
    if (set) {
        set->live = false;
        set->changed = true;
    }
    kit_batch_status(file->batch, i, LF_END_GONE);
}

static void look_at_record(struct local_file *file, size_t i, const struct wish_record *wish)
{
    const struct lf_request *req = file->batch->reqs[i];
    const struct zonefile_set *set = zonefile_find(file->zone, wish->owner, wish->type);
    if (!set)
        kit_batch_status(file->batch, i, LF_END_GONE);
    else if (req->verb == LF_VERB_RECOVER && !(set->marker && strcmp(set->marker, req->marker) == 0))
        wish_taken(file->batch, i, set->marker);
    else
        answer_record(file, i, set, wish_subject(req));
}

static void no_zone(const struct local_file *file, size_t i)
{
    const struct kit *kit = file->batch->kit;
    if (file->batch->reqs[i]->verb != LF_VERB_CREATE) {
        kit_batch_status(file->batch, i, LF_END_GONE);
        return;
    }
    kit_batch_refuse(file->batch, i, "dns.zone_missing", "zone",
                     kit_format(kit, file->batch->op, "there is no zone '%s'", file->name),
                     kit_format(kit, file->batch->op, "'%s' does not exist",
                                local_path(file->local, file->batch->op, file->name)),
                     "declare it as a dns.zone and write `zone = <its variable>.id`");
}

static void record_item(struct local_file *file, size_t i)
{
    const struct lf_request *req = file->batch->reqs[i];
    struct wish_record wish;
    struct wish_problem problem;
    struct wish_for who = local_for(file->local, file->batch->op);
    bool makes = req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE;
    bool good = makes ? record_wish(&who, req->desired, &wish, &problem)
                      : wish_record_key(&who, wish_subject(req), &wish, &problem);
    if (!good)
        wish_refuse(file->batch, i, &problem);
    else if (!file->zone)
        no_zone(file, i);
    else if (req->verb == LF_VERB_CREATE)
        create_record(file, i, &wish);
    else if (req->verb == LF_VERB_UPDATE)
        update_record(file, i, &wish);
    else if (req->verb == LF_VERB_DESTROY)
        destroy_record(file, i, &wish);
    else
        look_at_record(file, i, &wish);
}

/* ---- verbs -------------------------------------------------------------------------------- */

static void record_start(struct kit_batch *batch)
{
    const struct local *local = batch->self;
    struct wish_for who = local_for(local, batch->op);
    const char *zone = NULL;
    struct wish_problem problem;
    if (batch->count > 0 && wish_zone_name(&who, wish_subject(batch->reqs[0]), "zone", &zone, &problem)) {
        local_edit(batch, zone, record_item);
        return;
    }
    for (size_t i = 0; i < batch->count; i++)
        wish_refuse(batch, i, &problem);
    kit_batch_end(batch);
}

static void record_verb(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct local *local = self;
    record_start(kit_batch_one(&local->kit, self, op, req));
}

/* The requests share a lane, so they share a zone: one reading and one writing serve them all. */
static void record_many(void *self, struct lf_op *op, const struct lf_request *const *reqs, size_t count)
{
    const struct local *local = self;
    record_start(kit_batch_many(&local->kit, self, op, reqs, count));
}

static void record_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct wish_for who = local_for(self, op);
    struct wish_record wish = {0};
    struct wish_problem problem;
    if (req->desired && !record_wish(&who, req->desired, &wish, &problem))
        wish_refuse_plan(&who, &problem);
    else
        wish_record_plan(&who, req, &wish);
}

/* A line in a file costs nothing. */
static void record_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct local *local = self;
    (void)req;
    kit_finish(&local->kit, op, LF_END_OK);
}

static void record_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    local_sweep(self, op, false);
}

static const char *record_lane(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct wish_for who = local_for(self, op);
    const char *zone = NULL;
    struct wish_problem ignored;
    return wish_zone_name(&who, wish_subject(req), "zone", &zone, &ignored) ? local_path(self, op, zone)
                                                                            : NULL;
}

static const struct lf_settle record_settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_NAMED,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
};

const struct lf_resource local_record = {
    .struct_size = sizeof(struct lf_resource),
    .name = "record",
    .doc = "all values of one name and type in a zone",
    .schema = &lf_dns_record,
    .settle = &record_settle,
    .pool = "dns-local",
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
