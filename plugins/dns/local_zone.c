/* dns.zone on a zone file: its SOA record and the name servers at its apex. */
#include "local.h"

#include <landfall/dns.h>
#include <string.h>

/* This driver has no extras, so any is refused by its name. */
static bool zone_wish(const struct wish_for *who, const struct lf_value *map, struct wish_zone *wish,
                      struct wish_problem *problem)
{
    return wish_zone_read(who, map, wish, problem) && wish_options(who, map, NULL, problem);
}

/* ---- state -------------------------------------------------------------------------------- */

static bool has_server(const struct zonefile_set *set, const char *server)
{
    for (size_t i = 0; set && i < set->count; i++)
        if (strcmp(set->rdata[i], server) == 0)
            return true;
    return false;
}

static bool same_servers(const struct zonefile_set *set, const struct wish_zone *wish)
{
    return wish_is_met(wish->servers, wish->server_count, set ? set->rdata : NULL, set ? set->count : 0);
}

static void answer_zone(const struct local_file *file, size_t i, const struct lf_value *spelled)
{
    struct wish_for who = local_for(file->local, file->batch->op);
    const struct zonefile *zone = file->zone;
    const struct zonefile_set *servers = zonefile_find(zone, zone->origin, "NS");
    struct wish_zone have = {
        .name = zone->origin,
        .servers = servers ? servers->rdata : NULL,
        .server_count = servers ? servers->count : 0,
        .rname = zone->soa.rname,
        .ttl = zone->soa.set->ttl,
    };
    struct lf_result result = kit_result(LF_END_OK);
    result.id = file->name;
    result.marker = zone->soa.set->marker;
    result.state = wish_zone_state(&who, &have, spelled);
    kit_batch_answer(file->batch, i, &result);
}

/* ---- changing ----------------------------------------------------------------------------- */

static void fill_servers(struct zonefile *zone, const struct wish_zone *wish)
{
    struct zonefile_set *set = zonefile_find(zone, zone->origin, "NS");
    if (wish->servers && !same_servers(set, wish)) {
        if (!set)
            set = zonefile_add(zone, zone->origin, "NS");
        set->count = 0;
        set->changed = true;
        for (size_t i = 0; i < wish->server_count; i++)
            zonefile_add_rdata(zone, set, wish->servers[i]);
        set->ttl = zone->soa.set->ttl;
    }
    if (set && set->count > 0 && !has_server(set, zone->soa.mname)) {
        zone->soa.mname = set->rdata[0];
        zone->soa.set->changed = true;
    }
}

/* Brings our zone to what is asked; what is not said stays as it is. */
static void bring_to(struct zonefile *zone, const struct wish_zone *wish, const struct lf_request *req)
{
    struct zonefile_set *set = zone->soa.set;
    if (!set->marker || strcmp(set->marker, req->marker) != 0) {
        set->marker = req->marker;
        set->changed = true;
    }
    if (!set->address || strcmp(set->address, req->address) != 0) {
        set->address = req->address;
        set->changed = true;
    }
    if (wish->ttl > 0 && wish->ttl != set->ttl) {
        struct zonefile_set *servers = zonefile_find(zone, zone->origin, "NS");
        set->ttl = zone->new_ttl = wish->ttl;
        set->changed = true;
        if (servers) {
            servers->ttl = wish->ttl;
            servers->changed = true;
        }
    }
    if (wish->rname && strcmp(wish->rname, zone->soa.rname) != 0) {
        zone->soa.rname = wish->rname;
        set->changed = true;
    }
    fill_servers(zone, wish);
}

static void start_zone(struct local_file *file, const struct wish_zone *wish, const struct lf_request *req)
{
    const struct kit *kit = file->batch->kit;
    struct lf_op *op = file->batch->op;
    struct zonefile *zone = zonefile_new(kit, op, file->name);
    struct wish_zone whole = *wish;
    if (!whole.servers) {
        whole.servers = kit->ops->scratch(op, sizeof(const char *));
        whole.servers[0] = kit_format(kit, op, "ns1.%s", file->name);
        whole.server_count = 1;
    }
    zone->soa.set = zonefile_add(zone, file->name, "SOA");
    zone->soa.set->ttl = wish->ttl > 0 ? wish->ttl : WISH_TTL;
    zone->soa.mname = whole.servers[0];
    zone->soa.rname = kit_format(kit, op, "hostmaster.%s", file->name);
    const uint32_t timers[4] = {WISH_REFRESH, WISH_RETRY, WISH_EXPIRE, WISH_NEGATIVE};
    memcpy(zone->soa.timers, timers, sizeof(timers));
    bring_to(zone, &whole, req);
    file->zone = zone;
    file->remove = false;
}

/* Whatever else stands in the file would go with it. */
static bool holds_more(const struct local_file *file, size_t i)
{
    const struct zonefile *zone = file->zone;
    const struct zonefile_set *sample = NULL;
    size_t count = 0;
    for (const struct zonefile_set *set = zone->first; set; set = set->next) {
        bool part =
            set == zone->soa.set || (strcmp(set->type, "NS") == 0 && strcmp(set->owner, zone->origin) == 0);
        if (!set->live || set->glue || part)
            continue;
        sample = sample ? sample : set;
        count++;
    }
    if (!sample)
        return false;
    const struct kit *kit = file->batch->kit;
    kit_batch_refuse(
        file->batch, i, "dns.zone_not_empty", NULL,
        kit_format(kit, file->batch->op, "zone '%s' still holds other records", file->name),
        kit_format(kit, file->batch->op, "%zu sets, such as %s of '%s'", count, sample->type, sample->owner),
        "remove them first; landfall deletes only what is its own");
    return true;
}

static void destroy_zone(struct local_file *file, size_t i)
{
    if (!file->zone) {
        kit_batch_status(file->batch, i, LF_END_GONE);
        return;
    }
    const char *marker = file->zone->soa.set->marker;
    if (!kit_may_change(file->batch->kit, file->batch->reqs[i], marker)) {
        wish_taken(file->batch, i, marker);
        return;
    }
    if (holds_more(file, i))
        return;
    file->zone = NULL;
    file->remove = true;
    kit_batch_status(file->batch, i, LF_END_GONE);
}

static void change_zone(struct local_file *file, size_t i)
{
    struct kit_batch *batch = file->batch;
    const struct lf_request *req = batch->reqs[i];
    struct wish_zone wish;
    struct wish_problem problem;
    struct wish_for who = local_for(file->local, batch->op);
    if (!zone_wish(&who, req->desired, &wish, &problem)) {
        wish_refuse(batch, i, &problem);
        return;
    }
    if (!file->zone && req->verb == LF_VERB_UPDATE) {
        kit_batch_status(batch, i, LF_END_GONE);
        return;
    }
    if (!file->zone) {
        start_zone(file, &wish, req);
    } else if (kit_may_change(batch->kit, req, file->zone->soa.set->marker)) {
        bring_to(file->zone, &wish, req);
    } else {
        wish_taken(batch, i, file->zone->soa.set->marker);
        return;
    }
    answer_zone(file, i, req->desired);
}

static void look_at_zone(struct local_file *file, size_t i)
{
    const struct lf_request *req = file->batch->reqs[i];
    if (!file->zone) {
        kit_batch_status(file->batch, i, LF_END_GONE);
        return;
    }
    const char *marker = file->zone->soa.set->marker;
    if (req->verb == LF_VERB_RECOVER && !(marker && strcmp(marker, req->marker) == 0)) {
        wish_taken(file->batch, i, marker);
        return;
    }
    answer_zone(file, i, wish_subject(req));
}

static void zone_item(struct local_file *file, size_t i)
{
    const struct lf_request *req = file->batch->reqs[i];
    if (req->verb == LF_VERB_DESTROY)
        destroy_zone(file, i);
    else if (kit_changes(req))
        change_zone(file, i);
    else
        look_at_zone(file, i);
}

/* ---- verbs -------------------------------------------------------------------------------- */

static void zone_start(struct kit_batch *batch)
{
    struct wish_for who = local_for(batch->self, batch->op);
    const char *name = NULL;
    struct wish_problem problem;
    if (wish_zone_name(&who, wish_subject(batch->reqs[0]), "name", &name, &problem)) {
        local_edit(batch, name, zone_item);
        return;
    }
    for (size_t i = 0; i < batch->count; i++)
        wish_refuse(batch, i, &problem);
    kit_batch_end(batch);
}

static void zone_verb(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct local *local = self;
    zone_start(kit_batch_one(&local->kit, self, op, req));
}

static void zone_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct local *local = self;
    const struct kit *kit = &local->kit;
    struct wish_for who = local_for(local, op);
    struct wish_zone wish;
    struct wish_problem problem;
    bool unknown_name = req->desired && !kit_is_known(kit, kit_get(kit, req->desired, "name"));
    if (req->desired && !unknown_name && !zone_wish(&who, req->desired, &wish, &problem)) {
        wish_refuse_plan(&who, &problem);
        return;
    }
    const struct lf_value *computed = NULL;
    if (req->desired && !req->prior && !unknown_name) {
        const char *server = kit_format(kit, op, "ns1.%s", wish.name);
        const struct lf_value *list = kit->values->of_text(op, server, strlen(server));
        computed = kit_put(kit, op, kit_map(kit, op), "nameservers", kit->values->of_list(op, &list, 1));
        computed = kit_put_text(kit, op, computed, "email", kit_format(kit, op, "hostmaster@%s", wish.name));
        computed = kit_put(kit, op, computed, "ds", kit->values->of_list(op, NULL, 0));
    }
    wish_zone_plan(&who, req, computed);
}

/* A file costs nothing. */
static void zone_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct local *local = self;
    (void)req;
    kit_finish(&local->kit, op, LF_END_OK);
}

static void zone_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    local_sweep(self, op, true);
}

/* One writer a file: zones and their records share the lane. */
static const char *zone_lane(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct wish_for who = local_for(self, op);
    const char *name = NULL;
    struct wish_problem ignored;
    return wish_zone_name(&who, wish_subject(req), "name", &name, &ignored) ? local_path(self, op, name)
                                                                            : NULL;
}

static const struct lf_settle zone_settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_NAMED,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
};

const struct lf_resource local_zone = {
    .struct_size = sizeof(struct lf_resource),
    .name = "zone",
    .doc = "a zone: one file with its SOA record and name servers",
    .schema = &lf_dns_zone,
    .settle = &zone_settle,
    .pool = "dns-local",
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
