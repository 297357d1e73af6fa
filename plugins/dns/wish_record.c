#include "wish.h"

#include "kit_plan.h"
#include "name.h"
#include "rdata.h"

#include <ctype.h>
#include <landfall/dns.h>
#include <string.h>

static bool known(const struct wish_for *who, const struct lf_value *map, const char *key)
{
    return kit_is_known(who->kit, kit_get(who->kit, map, key));
}

/* ---- checking what is asked --------------------------------------------------------------- */

static bool read_type(const struct wish_for *who, const struct lf_value *map, struct wish_record *wish,
                      struct wish_problem *problem)
{
    const char *text = kit_get_text(who->kit, map, "type");
    if (!known(who, map, "type"))
        return true;
    char *type = kit_copy(who->kit, who->op, text, text ? strlen(text) : 0);
    for (char *c = type; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    wish->type = type;
    if (rdata_is_known(type))
        return true;
    *problem = (struct wish_problem){
        .code = "dns.type_unknown",
        .path = "type",
        .summary = kit_format(who->kit, who->op, "driver '%s' has no records of type '%s'", who->driver,
                              text ? text : ""),
        .detail = kit_format(who->kit, who->op, "it knows %s", rdata_known_types()),
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

static bool bad_name(const struct wish_for *who, const char *name, const char *why, const char *advice,
                     struct wish_problem *problem)
{
    *problem = (struct wish_problem){
        .code = "dns.record_name",
        .path = "name",
        .summary = kit_format(who->kit, who->op, "'%s' cannot be the name of this record", name),
        .detail = why,
        .advice = advice,
    };
    return false;
}

/* Rules that tie a name to its type. */
static const char *name_against_type(const char *owner, const struct wish_record *wish)
{
    bool apex = strcmp(owner, wish->zone) == 0;
    if (apex && strcmp(wish->type, "CNAME") == 0)
        return "a CNAME cannot stand at the apex, beside SOA and NS";
    if (apex && strcmp(wish->type, "NS") == 0)
        return "the zone's own name servers are the `nameservers` of dns.zone";
    if (apex && strcmp(wish->type, "DS") == 0)
        return "the DS records of a zone stand in its parent, at the name of the delegation";
    if (strcmp(wish->type, "SRV") == 0) {
        const char *dot = strchr(owner, '.');
        if (owner[0] != '_' || !dot || dot[1] != '_')
            return "the name of a SRV record begins with '_service._proto'";
    }
    return NULL;
}

static bool read_owner(const struct wish_for *who, const struct lf_value *map, struct wish_record *wish,
                       struct wish_problem *problem)
{
    const char *name = kit_get_text(who->kit, map, "name");
    if (!known(who, map, "name") || !wish->type)
        return true;
    if (!name)
        return bad_name(who, "", "it is missing", NULL, problem);
    const char *why = NULL;
    const char *relative = "@";
    size_t len = strlen(name);
    if (strcmp(name, "@") != 0 &&
        !name_parse(who->kit, who->op, name, len, name_flags(wish->type), &relative, &why))
        return bad_name(who, name, why, len == 0 ? "write '@' for the zone itself" : NULL, problem);
    if (len > 1 && name[len - 1] == '.')
        return bad_name(who, name, "it ends with a dot, but names are relative to their zone", NULL, problem);
    if (!wish->zone)
        return true;
    if (name_is_in(relative, wish->zone))
        return bad_name(who, name, "it already ends with the name of its zone",
                        "leave the zone's name away: names are relative to their zone", problem);
    const char *whole = name_in_zone(who->kit, who->op, relative, wish->zone);
    if (!name_parse(who->kit, who->op, whole, strlen(whole), name_flags(wish->type), &wish->owner, &why))
        return bad_name(who, name, why, NULL, problem);
    why = name_against_type(wish->owner, wish);
    return why ? bad_name(who, name, why, NULL, problem) : true;
}

static bool bad_value(const struct wish_for *who, const struct wish_record *wish, size_t i, const char *value,
                      const char *why, struct wish_problem *problem)
{
    *problem = (struct wish_problem){
        .code = "dns.value",
        .path = kit_format(who->kit, who->op, "values[%zu]", i),
        .summary =
            kit_format(who->kit, who->op, "'%.80s' is not a value of a record of type %s", value, wish->type),
        .detail = why,
    };
    return false;
}

static bool read_value(const struct wish_for *who, const struct lf_value *value, size_t i,
                       struct wish_record *wish, struct wish_problem *problem)
{
    size_t len = 0;
    const char *text = who->kit->values->as_text(value, &len);
    const char *rdata = NULL;
    const char *why = "it is not a text";
    if (!text || !rdata_from_value(who->kit, who->op, wish->type, text, len, &rdata, &why))
        return bad_value(who, wish, i, text ? text : "", why, problem);
    for (size_t before = 0; before < wish->count; before++)
        if (strcmp(wish->rdata[before], rdata) == 0)
            return bad_value(who, wish, i, text, "it is there twice", problem);
    wish->rdata[wish->count++] = rdata;
    return true;
}

static bool read_values(const struct wish_for *who, const struct lf_value *map, struct wish_record *wish,
                        struct wish_problem *problem)
{
    const struct lf_values *values = who->kit->values;
    const struct lf_value *list = kit_get(who->kit, map, "values");
    if ((list && values->kind(list) == LF_KIND_UNKNOWN) || !wish->type)
        return true;
    size_t count = list && values->kind(list) == LF_KIND_LIST ? values->count(list) : 0;
    wish->rdata = who->kit->ops->scratch(who->op, (count + 1) * sizeof(const char *));
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *value = values->at(list, i, &key);
        if (values->kind(value) != LF_KIND_UNKNOWN && !read_value(who, value, i, wish, problem))
            return false;
    }
    const char *why = count == 0 ? "a record needs at least one value" : NULL;
    if (count > 1 && strcmp(wish->type, "CNAME") == 0)
        why = "a name has one CNAME only";
    if (!why)
        return true;
    *problem = (struct wish_problem){
        .code = "dns.value_count",
        .path = "values",
        .summary = kit_format(who->kit, who->op, "%zu values are not possible here", count),
        .detail = why};
    return false;
}

bool wish_record_read(const struct wish_for *who, const struct lf_value *map, struct wish_record *wish,
                      struct wish_problem *problem)
{
    *wish = (struct wish_record){0};
    if (known(who, map, "zone") && !wish_zone_name(who, map, "zone", &wish->zone, problem))
        return false;
    return read_type(who, map, wish, problem) && read_owner(who, map, wish, problem) &&
           read_values(who, map, wish, problem) && wish_ttl(who, map, &wish->ttl, problem);
}

bool wish_record_key(const struct wish_for *who, const struct lf_value *map, struct wish_record *wish,
                     struct wish_problem *problem)
{
    *wish = (struct wish_record){0};
    return wish_zone_name(who, map, "zone", &wish->zone, problem) && read_type(who, map, wish, problem) &&
           read_owner(who, map, wish, problem);
}

/* ---- state -------------------------------------------------------------------------------- */

const char *wish_record_id(const struct wish_for *who, const char *zone, const char *owner, const char *type)
{
    size_t owner_len = strlen(owner);
    size_t zone_len = strlen(zone);
    if (owner_len <= zone_len)
        return kit_format(who->kit, who->op, "%s/@/%s", zone, type);
    return kit_format(who->kit, who->op, "%s/%.*s/%s", zone, (int)(owner_len - zone_len - 1), owner, type);
}

static bool is_spelled_so(const struct wish_for *who, const struct wish_record *have,
                          const struct lf_value *spelled)
{
    struct wish_record wish;
    struct wish_problem ignored;
    return kit_get(who->kit, spelled, "values") && wish_record_read(who, spelled, &wish, &ignored) &&
           wish_is_met(wish.rdata, wish.count, have->rdata, have->count);
}

const struct lf_value *wish_record_state(const struct wish_for *who, const struct wish_record *have,
                                         const struct lf_value *spelled)
{
    const struct kit *kit = who->kit;
    struct lf_op *op = who->op;
    static const char *const keys[] = {"zone", "type", "name"};
    const struct lf_value *state = kit_map(kit, op);
    const struct lf_value *values = kit_get(kit, spelled, "values");
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        state = kit_put_text(kit, op, state, keys[i], kit_get_text(kit, spelled, keys[i]));
    if (!is_spelled_so(who, have, spelled)) {
        const struct lf_value **list = kit->ops->scratch(op, (have->count + 1) * sizeof(*list));
        for (size_t i = 0; i < have->count; i++)
            list[i] = rdata_to_value(kit, op, have->type, have->rdata[i]);
        values = kit->values->of_list(op, list, have->count);
    }
    state = kit_put(kit, op, state, "values", values);
    state = kit_put_int(kit, op, state, "ttl", have->ttl);
    return kit_put_text(kit, op, state, "fqdn", have->owner);
}

/* ---- plan --------------------------------------------------------------------------------- */

struct comparing {
    const struct wish_for *who;
    const struct lf_value *desired;
};

/* Whether two spellings of one attribute come to the same, with the other attributes as asked. */
static bool is_same(void *self, const char *name, const struct lf_value *a, const struct lf_value *b)
{
    const struct comparing *it = self;
    const struct kit *kit = it->who->kit;
    struct lf_op *op = it->who->op;
    struct wish_record left;
    struct wish_record right;
    struct wish_problem ignored;
    if (!wish_record_read(it->who, kit_put(kit, op, it->desired, name, a), &left, &ignored) ||
        !wish_record_read(it->who, kit_put(kit, op, it->desired, name, b), &right, &ignored))
        return false;
    if (strcmp(name, "values") == 0)
        return left.type && wish_is_met(left.rdata, left.count, right.rdata, right.count);
    if (strcmp(name, "zone") == 0)
        return strcmp(left.zone, right.zone) == 0;
    if (strcmp(name, "type") == 0)
        return strcmp(left.type, right.type) == 0;
    if (strcmp(name, "name") == 0)
        return left.owner && right.owner && strcmp(left.owner, right.owner) == 0;
    return false;
}

void wish_record_plan(const struct wish_for *who, const struct lf_request *req,
                      const struct wish_record *wish)
{
    const struct kit *kit = who->kit;
    const struct lf_value *computed = NULL;
    if (wish->owner)
        computed = kit_put_text(kit, who->op, kit_map(kit, who->op), "fqdn", wish->owner);
    struct comparing it = {who, req->desired};
    kit_plan(kit, &it, who->op, req, &lf_dns_record, computed, is_same);
}
