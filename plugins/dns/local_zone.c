/* dns.zone on a zone file: its SOA record and the name servers at its apex. */
#include "kit_plan.h"
#include "local.h"
#include "name.h"
#include "rdata.h"

#include <landfall/dns.h>
#include <string.h>

/* Timers of a new zone, in seconds, within the ranges of RFC 1912, 2.2; the last is how long resolvers
 * remember that a name does not exist, kept short while a region is being built (RFC 2308, 5). */
static const uint32_t new_timers[4] = {7200, 900, 1209600, 300};
#define DEFAULT_TTL 3600u

/* What is asked of a zone, in canonical form.  NULL and 0 are "not said". */
struct wish {
    const char *name;
    const char **servers;
    size_t server_count;
    const char *rname;
    uint32_t ttl;
};

static bool wish_servers(const struct local *local, struct lf_op *op, const struct lf_value *map,
                         struct wish *wish, struct local_problem *problem)
{
    const struct lf_values *values = local->kit.values;
    const struct lf_value *list = kit_get(&local->kit, map, "nameservers");
    if (!kit_has(&local->kit, map, "nameservers"))
        return true;
    size_t count = values->count(list);
    wish->servers = local->kit.ops->scratch(op, (count + 1) * sizeof(const char *));
    const char *why = "a zone needs at least one";
    size_t at = 0;
    for (; at < count; at++) {
        const char *key = NULL;
        const struct lf_value *value = values->at(list, at, &key);
        if (values->kind(value) == LF_KIND_UNKNOWN)
            continue;
        size_t len = 0;
        const char *text = values->as_text(value, &len);
        why = "it is not a text";
        if (!text ||
            !rdata_from_value(&local->kit, op, "NS", text, len, &wish->servers[wish->server_count], &why))
            break;
        why = "it is named twice";
        for (size_t i = 0; i < wish->server_count; i++)
            if (strcmp(wish->servers[i], wish->servers[wish->server_count]) == 0)
                goto out;
        wish->server_count++;
    }
out:
    if (count > 0 && at == count)
        return true;
    *problem = (struct local_problem){
        .code = "dns.nameserver",
        .path = kit_format(&local->kit, op, count > 0 ? "nameservers[%zu]" : "nameservers", at),
        .summary = "the list of name servers is not right",
        .detail = why,
        .advice = "name the servers that answer for the zone, or leave the list out",
    };
    return false;
}

/* "dns.admin@acme.example" is written dns\.admin.acme.example (RFC 1035, 8). */
static bool wish_email(const struct local *local, struct lf_op *op, const struct lf_value *map,
                       struct wish *wish, struct local_problem *problem)
{
    if (!kit_has(&local->kit, map, "email"))
        return true;
    const char *email = kit_get_text(&local->kit, map, "email");
    const char *sign = email ? strchr(email, '@') : NULL;
    const char *domain = NULL;
    const char *why = "it has no '@'";
    bool good = sign && name_parse(&local->kit, op, sign + 1, strlen(sign + 1), NAME_HOST, &domain, &why);
    struct kit_text text = {0};
    for (const char *c = email; good && c < sign; c++) {
        good = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-_", *c);
        kit_text_print(&local->kit, op, &text, *c == '.' ? "\\%c" : "%c", *c);
        why = "the part before the '@' has letters, digits and . + - _ only";
    }
    if (good && text.len > 0) {
        wish->rname = kit_format(&local->kit, op, "%s.%s", text.bytes, domain);
        return true;
    }
    *problem = (struct local_problem){
        .code = "dns.email",
        .path = "email",
        .summary =
            kit_format(&local->kit, op, "'%s' cannot be the mail address of a zone", email ? email : ""),
        .detail = why,
    };
    return false;
}

static const char *email_of(const struct zonefile *zone)
{
    struct kit_text text = {0};
    bool found = false;
    for (const char *c = zone->soa.rname; *c; c++) {
        if (*c == '\\' && c[1])
            c++;
        else if (*c == '.' && !found) {
            found = true;
            kit_text_add(zone->kit, zone->op, &text, "@", 1);
            continue;
        }
        kit_text_add(zone->kit, zone->op, &text, c, 1);
    }
    return text.bytes ? text.bytes : "";
}

static bool wish_read(const struct local *local, struct lf_op *op, const struct lf_value *map,
                      struct wish *wish, struct local_problem *problem)
{
    *wish = (struct wish){0};
    return local_zone_name(local, op, map, "name", &wish->name, problem) &&
           wish_servers(local, op, map, wish, problem) && wish_email(local, op, map, wish, problem) &&
           local_ttl(local, map, &wish->ttl, problem) && local_no_options(local, op, map, problem);
}

/* ---- state -------------------------------------------------------------------------------- */

static bool has_server(const struct zonefile_set *set, const char *server)
{
    for (size_t i = 0; set && i < set->count; i++)
        if (strcmp(set->rdata[i], server) == 0)
            return true;
    return false;
}

static bool same_servers(const struct zonefile_set *set, const struct wish *wish)
{
    for (size_t i = 0; i < wish->server_count; i++)
        if (!has_server(set, wish->servers[i]))
            return false;
    return (set ? set->count : 0) == wish->server_count;
}

/* The truth.  What means the same as `spelled` keeps that spelling, so that "Ns1.Acme.example." and what the
 * file says are not a difference for ever. */
static const struct lf_value *zone_state(const struct local_file *file, const struct lf_value *spelled)
{
    const struct kit *kit = file->batch->kit;
    struct lf_op *op = file->batch->op;
    const struct zonefile *zone = file->zone;
    const struct zonefile_set *set = zonefile_find(zone, zone->origin, "NS");
    const char *name = kit_get_text(kit, spelled, "name");
    struct wish wish;
    struct local_problem ignored;
    bool readable = wish_read(file->local, op, spelled, &wish, &ignored);
    const struct lf_value *state =
        kit_put_text(kit, op, kit_map(kit, op), "name", name ? name : zone->origin);
    const struct lf_value *servers = kit_get(kit, spelled, "nameservers");
    if (!readable || !wish.servers || !same_servers(set, &wish)) {
        size_t count = set ? set->count : 0;
        const struct lf_value **list = kit->ops->scratch(op, (count + 1) * sizeof(*list));
        for (size_t i = 0; i < count; i++)
            list[i] = rdata_to_value(kit, op, "NS", set->rdata[i]);
        servers = kit->values->of_list(op, list, count);
    }
    state = kit_put(kit, op, state, "nameservers", servers);
    bool same_email = readable && wish.rname && strcmp(wish.rname, zone->soa.rname) == 0;
    state = kit_put_text(kit, op, state, "email",
                         same_email ? kit_get_text(kit, spelled, "email") : email_of(zone));
    return kit_put_int(kit, op, state, "ttl", zone->soa.set->ttl);
}

static void answer_zone(const struct local_file *file, size_t i, const struct lf_value *spelled)
{
    struct lf_result result = kit_result(LF_END_OK);
    result.id = file->name;
    result.marker = file->zone->soa.set->marker;
    result.state = zone_state(file, spelled);
    kit_batch_answer(file->batch, i, &result);
}

/* ---- changing ----------------------------------------------------------------------------- */

static void fill_servers(struct zonefile *zone, const struct wish *wish)
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
static void bring_to(struct zonefile *zone, const struct wish *wish, const struct lf_request *req)
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

static void start_zone(struct local_file *file, const struct wish *wish, const struct lf_request *req)
{
    const struct kit *kit = file->batch->kit;
    struct lf_op *op = file->batch->op;
    struct zonefile *zone = zonefile_new(kit, op, file->name);
    struct wish whole = *wish;
    if (!whole.servers) {
        whole.servers = kit->ops->scratch(op, sizeof(const char *));
        whole.servers[0] = kit_format(kit, op, "ns1.%s", file->name);
        whole.server_count = 1;
    }
    zone->soa.set = zonefile_add(zone, file->name, "SOA");
    zone->soa.set->ttl = wish->ttl > 0 ? wish->ttl : DEFAULT_TTL;
    zone->soa.mname = whole.servers[0];
    zone->soa.rname = kit_format(kit, op, "hostmaster.%s", file->name);
    memcpy(zone->soa.timers, new_timers, sizeof(new_timers));
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
        local_taken(file->batch, i, marker);
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
    struct wish wish;
    struct local_problem problem;
    if (!wish_read(file->local, batch->op, req->desired, &wish, &problem)) {
        local_refuse(batch, i, &problem);
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
        local_taken(batch, i, file->zone->soa.set->marker);
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
        local_taken(file->batch, i, marker);
        return;
    }
    answer_zone(file, i, local_subject(req));
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
    const struct local *local = batch->self;
    const char *name = NULL;
    struct local_problem problem;
    if (local_zone_name(local, batch->op, local_subject(batch->reqs[0]), "name", &name, &problem)) {
        local_edit(batch, name, zone_item);
        return;
    }
    for (size_t i = 0; i < batch->count; i++)
        local_refuse(batch, i, &problem);
    kit_batch_end(batch);
}

static void zone_verb(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct local *local = self;
    zone_start(kit_batch_one(&local->kit, self, op, req));
}

/* Canonical forms are compared, so that spelling alone changes nothing. */
struct plan_ask {
    const struct local *local;
    struct lf_op *op;
};

static bool zone_same(void *self, const char *name, const struct lf_value *a, const struct lf_value *b)
{
    const struct plan_ask *ask = self;
    const struct kit *kit = &ask->local->kit;
    struct wish left = {0};
    struct wish right = {0};
    struct local_problem ignored;
    const struct lf_value *one = kit_put(kit, ask->op, kit_map(kit, ask->op), name, a);
    const struct lf_value *two = kit_put(kit, ask->op, kit_map(kit, ask->op), name, b);
    if (strcmp(name, "name") == 0)
        return local_zone_name(ask->local, ask->op, one, name, &left.name, &ignored) &&
               local_zone_name(ask->local, ask->op, two, name, &right.name, &ignored) &&
               strcmp(left.name, right.name) == 0;
    if (strcmp(name, "nameservers") == 0) {
        if (!wish_servers(ask->local, ask->op, one, &left, &ignored) ||
            !wish_servers(ask->local, ask->op, two, &right, &ignored))
            return false;
        struct zonefile_set set = {.rdata = left.servers, .count = left.server_count};
        return same_servers(&set, &right);
    }
    return false;
}

static void zone_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct local *local = self;
    const struct kit *kit = &local->kit;
    struct wish wish;
    struct local_problem problem;
    bool unknown_name = req->desired && !kit_is_known(kit, kit_get(kit, req->desired, "name"));
    if (req->desired && !unknown_name && !wish_read(local, op, req->desired, &wish, &problem)) {
        kit_refuse(kit, op, problem.code, problem.path, problem.summary, problem.detail, problem.advice);
        return;
    }
    const struct lf_value *computed = NULL;
    if (req->desired && !req->prior && !unknown_name) {
        const char *server = kit_format(kit, op, "ns1.%s", wish.name);
        const struct lf_value *list = kit->values->of_text(op, server, strlen(server));
        computed = kit_put(kit, op, kit_map(kit, op), "nameservers", kit->values->of_list(op, &list, 1));
        computed = kit_put_text(kit, op, computed, "email", kit_format(kit, op, "hostmaster@%s", wish.name));
    }
    struct plan_ask ask = {local, op};
    kit_plan(kit, &ask, op, req, &lf_dns_zone, computed, zone_same);
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
    const struct local *local = self;
    const char *name = NULL;
    struct local_problem ignored;
    return local_zone_name(local, op, local_subject(req), "name", &name, &ignored)
               ? local_path(local, op, name)
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
