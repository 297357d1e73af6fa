/* dns.record on a zone file: all values of one name and type, as one set. */
#include "kit_plan.h"
#include "local.h"
#include "name.h"
#include "rdata.h"

#include <ctype.h>
#include <landfall/dns.h>
#include <string.h>

/* What is asked of a record, in canonical form.  What is unknown while planning is NULL or left out. */
struct wish {
    const char *zone;
    const char *type;
    const char *owner; /* absolute */
    const char **rdata;
    size_t count;
    bool all_known;
    uint32_t ttl; /* 0: not said */
};

static bool known(const struct local *local, const struct lf_value *map, const char *key)
{
    return kit_is_known(&local->kit, kit_get(&local->kit, map, key));
}

/* ---- checking what is asked --------------------------------------------------------------- */

static bool wish_type(const struct local *local, struct lf_op *op, const struct lf_value *map,
                      struct wish *wish, struct local_problem *problem)
{
    const char *text = kit_get_text(&local->kit, map, "type");
    if (!known(local, map, "type"))
        return true;
    char *type = kit_copy(&local->kit, op, text, text ? strlen(text) : 0);
    for (char *c = type; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    wish->type = type;
    if (rdata_is_known(type))
        return true;
    *problem = (struct local_problem){
        .code = "dns.type_unknown",
        .path = "type",
        .summary =
            kit_format(&local->kit, op, "driver 'local' has no records of type '%s'", text ? text : ""),
        .detail = kit_format(&local->kit, op, "it knows %s", rdata_known_types()),
        .advice = strcmp(type, "SOA") == 0 ? "the SOA record belongs to dns.zone" : NULL,
    };
    return false;
}

/* Underscores name services and keys, never hosts (RFC 8552). */
static uint32_t name_flags(const char *type)
{
    bool host = strcmp(type, "A") == 0 || strcmp(type, "AAAA") == 0 || strcmp(type, "MX") == 0;
    return (host ? NAME_HOST : 0) | NAME_WILDCARD;
}

static bool bad_name(const struct local *local, struct lf_op *op, const char *name, const char *why,
                     const char *advice, struct local_problem *problem)
{
    *problem = (struct local_problem){
        .code = "dns.record_name",
        .path = "name",
        .summary = kit_format(&local->kit, op, "'%s' cannot be the name of this record", name),
        .detail = why,
        .advice = advice,
    };
    return false;
}

/* Rules that tie a name to its type. */
static const char *name_against_type(const char *owner, const struct wish *wish)
{
    bool apex = strcmp(owner, wish->zone) == 0;
    if (apex && strcmp(wish->type, "CNAME") == 0)
        return "a CNAME cannot stand at the apex, beside SOA and NS";
    if (apex && strcmp(wish->type, "NS") == 0)
        return "the zone's own name servers are the `nameservers` of dns.zone";
    if (strcmp(wish->type, "SRV") == 0) {
        const char *dot = strchr(owner, '.');
        if (owner[0] != '_' || !dot || dot[1] != '_')
            return "the name of a SRV record begins with '_service._proto'";
    }
    return NULL;
}

static bool wish_owner(const struct local *local, struct lf_op *op, const struct lf_value *map,
                       struct wish *wish, struct local_problem *problem)
{
    const char *name = kit_get_text(&local->kit, map, "name");
    if (!known(local, map, "name") || !wish->type)
        return true;
    if (!name)
        return bad_name(local, op, "", "it is missing", NULL, problem);
    const char *why = NULL;
    const char *relative = "@";
    size_t len = strlen(name);
    if (strcmp(name, "@") != 0 &&
        !name_parse(&local->kit, op, name, len, name_flags(wish->type), &relative, &why))
        return bad_name(local, op, name, why, len == 0 ? "write '@' for the zone itself" : NULL, problem);
    if (len > 1 && name[len - 1] == '.')
        return bad_name(local, op, name, "it ends with a dot, but names are relative to their zone", NULL,
                        problem);
    if (!wish->zone)
        return true;
    if (name_is_in(relative, wish->zone))
        return bad_name(local, op, name, "it already ends with the name of its zone",
                        "leave the zone's name away: names are relative to their zone", problem);
    const char *whole = name_in_zone(&local->kit, op, relative, wish->zone);
    if (!name_parse(&local->kit, op, whole, strlen(whole), name_flags(wish->type), &wish->owner, &why))
        return bad_name(local, op, name, why, NULL, problem);
    why = name_against_type(wish->owner, wish);
    return why ? bad_name(local, op, name, why, NULL, problem) : true;
}

static bool bad_value(const struct local *local, struct lf_op *op, const struct wish *wish, size_t i,
                      const char *value, const char *why, struct local_problem *problem)
{
    *problem = (struct local_problem){
        .code = "dns.value",
        .path = kit_format(&local->kit, op, "values[%zu]", i),
        .summary =
            kit_format(&local->kit, op, "'%.80s' is not a value of a record of type %s", value, wish->type),
        .detail = why,
    };
    return false;
}

static bool wish_value(const struct local *local, struct lf_op *op, const struct lf_value *value, size_t i,
                       struct wish *wish, struct local_problem *problem)
{
    size_t len = 0;
    const char *text = local->kit.values->as_text(value, &len);
    const char *rdata = NULL;
    const char *why = "it is not a text";
    if (!text || !rdata_from_value(&local->kit, op, wish->type, text, len, &rdata, &why))
        return bad_value(local, op, wish, i, text ? text : "", why, problem);
    for (size_t before = 0; before < wish->count; before++)
        if (strcmp(wish->rdata[before], rdata) == 0)
            return bad_value(local, op, wish, i, text, "it is there twice", problem);
    wish->rdata[wish->count++] = rdata;
    return true;
}

static bool wish_values(const struct local *local, struct lf_op *op, const struct lf_value *map,
                        struct wish *wish, struct local_problem *problem)
{
    const struct lf_values *values = local->kit.values;
    const struct lf_value *list = kit_get(&local->kit, map, "values");
    wish->all_known = known(local, map, "values");
    if ((list && values->kind(list) == LF_KIND_UNKNOWN) || !wish->type)
        return true;
    size_t count = list && values->kind(list) == LF_KIND_LIST ? values->count(list) : 0;
    wish->rdata = local->kit.ops->scratch(op, (count + 1) * sizeof(const char *));
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *value = values->at(list, i, &key);
        if (values->kind(value) != LF_KIND_UNKNOWN && !wish_value(local, op, value, i, wish, problem))
            return false;
    }
    const char *why = count == 0 ? "a record needs at least one value" : NULL;
    if (count > 1 && strcmp(wish->type, "CNAME") == 0)
        why = "a name has one CNAME only";
    if (!why)
        return true;
    *problem = (struct local_problem){
        .code = "dns.value_count",
        .path = "values",
        .summary = kit_format(&local->kit, op, "%zu values are not possible here", count),
        .detail = why};
    return false;
}

static bool wish_read(const struct local *local, struct lf_op *op, const struct lf_value *map,
                      struct wish *wish, struct local_problem *problem)
{
    *wish = (struct wish){0};
    if (known(local, map, "zone") && !local_zone_name(local, op, map, "zone", &wish->zone, problem))
        return false;
    return wish_type(local, op, map, wish, problem) && wish_owner(local, op, map, wish, problem) &&
           wish_values(local, op, map, wish, problem) && local_ttl(local, map, &wish->ttl, problem) &&
           local_no_options(local, op, map, problem);
}

/* Only what finds the record: a read must work on values that no longer pass. */
static bool wish_key(const struct local *local, struct lf_op *op, const struct lf_value *map,
                     struct wish *wish, struct local_problem *problem)
{
    *wish = (struct wish){0};
    return local_zone_name(local, op, map, "zone", &wish->zone, problem) &&
           wish_type(local, op, map, wish, problem) && wish_owner(local, op, map, wish, problem);
}

/* ---- state -------------------------------------------------------------------------------- */

static bool has_rdata(const char **rdata, size_t count, const char *one)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rdata[i], one) == 0)
            return true;
    return false;
}

static bool same_rdata(const char **a, size_t a_count, const char **b, size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++)
        if (!has_rdata(b, b_count, a[i]))
            return false;
    return true;
}

const char *local_record_id(const struct zonefile *zone, const struct zonefile_set *set)
{
    size_t owner = strlen(set->owner);
    size_t origin = strlen(zone->origin);
    if (owner <= origin)
        return kit_format(zone->kit, zone->op, "%s/@/%s", zone->origin, set->type);
    return kit_format(zone->kit, zone->op, "%s/%.*s/%s", zone->origin, (int)(owner - origin - 1), set->owner,
                      set->type);
}

/* The truth.  Values that mean the same as those of `spelled` keep that spelling, so that what a playbook
 * writes in its own way is not a difference for ever. */
static const struct lf_value *record_state(const struct local_file *file, const struct zonefile_set *set,
                                           const struct lf_value *spelled)
{
    const struct kit *kit = file->batch->kit;
    struct lf_op *op = file->batch->op;
    struct wish wish;
    struct local_problem ignored;
    const struct lf_value *values = kit_get(kit, spelled, "values");
    const struct lf_value *state = kit_map(kit, op);
    static const char *const keys[] = {"zone", "type", "name"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        state = kit_put_text(kit, op, state, keys[i], kit_get_text(kit, spelled, keys[i]));
    if (!values || !wish_read(file->local, op, spelled, &wish, &ignored) ||
        !same_rdata(wish.rdata, wish.count, set->rdata, set->count)) {
        const struct lf_value **list = kit->ops->scratch(op, (set->count + 1) * sizeof(*list));
        for (size_t i = 0; i < set->count; i++)
            list[i] = rdata_to_value(kit, op, set->type, set->rdata[i]);
        values = kit->values->of_list(op, list, set->count);
    }
    state = kit_put(kit, op, state, "values", values);
    state = kit_put_int(kit, op, state, "ttl", set->ttl);
    return kit_put_text(kit, op, state, "fqdn", set->owner);
}

static void answer_record(const struct local_file *file, size_t i, const struct zonefile_set *set,
                          const struct lf_value *spelled)
{
    struct lf_result result = kit_result(LF_END_OK);
    result.id = local_record_id(file->zone, set);
    result.marker = set->marker;
    result.state = record_state(file, set, spelled);
    kit_batch_answer(file->batch, i, &result);
}

/* ---- changing ----------------------------------------------------------------------------- */

static void bring_to(const struct zonefile *zone, struct zonefile_set *set, const struct wish *wish,
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
    if (!same_rdata(wish->rdata, wish->count, set->rdata, set->count)) {
        set->count = 0;
        for (size_t i = 0; i < wish->count; i++)
            zonefile_add_rdata(zone, set, wish->rdata[i]);
        set->changed = true;
    }
}

/* A CNAME stands alone at its name (RFC 1034, 3.6.2). */
static bool stands_alone(const struct local_file *file, size_t i, const struct wish *wish)
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

static void create_record(struct local_file *file, size_t i, const struct wish *wish)
{
    const struct lf_request *req = file->batch->reqs[i];
    struct zonefile_set *set = zonefile_find(file->zone, wish->owner, wish->type);
    if (set && !kit_may_change(file->batch->kit, req, set->marker)) {
        local_taken(file->batch, i, set->marker);
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

static void update_record(struct local_file *file, size_t i, const struct wish *wish)
{
    const struct lf_request *req = file->batch->reqs[i];
    struct zonefile_set *set = zonefile_find(file->zone, wish->owner, wish->type);
    if (!set) {
        kit_batch_status(file->batch, i, LF_END_GONE);
    } else if (!kit_may_change(file->batch->kit, req, set->marker)) {
        local_taken(file->batch, i, set->marker);
    } else {
        bring_to(file->zone, set, wish, req);
        answer_record(file, i, set, req->desired);
    }
}

static void destroy_record(struct local_file *file, size_t i, const struct wish *wish)
{
    struct zonefile_set *set = zonefile_find(file->zone, wish->owner, wish->type);
    if (set && !kit_may_change(file->batch->kit, file->batch->reqs[i], set->marker)) {
        local_taken(file->batch, i, set->marker);
        return;
    }
    if (set) {
        set->live = false;
        set->changed = true;
    }
    kit_batch_status(file->batch, i, LF_END_GONE);
}

static void look_at_record(struct local_file *file, size_t i, const struct wish *wish)
{
    const struct lf_request *req = file->batch->reqs[i];
    const struct zonefile_set *set = zonefile_find(file->zone, wish->owner, wish->type);
    if (!set)
        kit_batch_status(file->batch, i, LF_END_GONE);
    else if (req->verb == LF_VERB_RECOVER && !(set->marker && strcmp(set->marker, req->marker) == 0))
        local_taken(file->batch, i, set->marker);
    else
        answer_record(file, i, set, local_subject(req));
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
    struct wish wish;
    struct local_problem problem;
    bool makes = req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE;
    bool good = makes ? wish_read(file->local, file->batch->op, req->desired, &wish, &problem)
                      : wish_key(file->local, file->batch->op, local_subject(req), &wish, &problem);
    if (!good)
        local_refuse(file->batch, i, &problem);
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
    const char *zone = NULL;
    struct local_problem problem;
    if (batch->count > 0 &&
        local_zone_name(local, batch->op, local_subject(batch->reqs[0]), "zone", &zone, &problem)) {
        local_edit(batch, zone, record_item);
        return;
    }
    for (size_t i = 0; i < batch->count; i++)
        local_refuse(batch, i, &problem);
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

struct plan_ask {
    const struct local *local;
    struct lf_op *op;
    const struct lf_value *desired;
};

/* Whether two spellings of one attribute come to the same, with the other attributes as asked. */
static bool record_same(void *self, const char *name, const struct lf_value *a, const struct lf_value *b)
{
    const struct plan_ask *ask = self;
    const struct kit *kit = &ask->local->kit;
    struct wish left;
    struct wish right;
    struct local_problem ignored;
    if (!wish_read(ask->local, ask->op, kit_put(kit, ask->op, ask->desired, name, a), &left, &ignored) ||
        !wish_read(ask->local, ask->op, kit_put(kit, ask->op, ask->desired, name, b), &right, &ignored))
        return false;
    if (strcmp(name, "values") == 0)
        return left.type && same_rdata(left.rdata, left.count, right.rdata, right.count);
    if (strcmp(name, "zone") == 0)
        return strcmp(left.zone, right.zone) == 0;
    if (strcmp(name, "type") == 0)
        return strcmp(left.type, right.type) == 0;
    if (strcmp(name, "name") == 0)
        return left.owner && right.owner && strcmp(left.owner, right.owner) == 0;
    return false;
}

static void record_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct local *local = self;
    const struct kit *kit = &local->kit;
    struct wish wish = {0};
    struct local_problem problem;
    if (req->desired && !wish_read(local, op, req->desired, &wish, &problem)) {
        kit_refuse(kit, op, problem.code, problem.path, problem.summary, problem.detail, problem.advice);
        return;
    }
    const struct lf_value *computed = NULL;
    if (wish.owner)
        computed = kit_put_text(kit, op, kit_map(kit, op), "fqdn", wish.owner);
    struct plan_ask ask = {local, op, req->desired};
    kit_plan(kit, &ask, op, req, &lf_dns_record, computed, record_same);
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
    const struct local *local = self;
    const char *zone = NULL;
    struct local_problem ignored;
    return local_zone_name(local, op, local_subject(req), "zone", &zone, &ignored)
               ? local_path(local, op, zone)
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
};
