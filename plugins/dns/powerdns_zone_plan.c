#include "powerdns_zone.h"

#include <string.h>

static const char *const option_names[] = {"dnssec", "kind", NULL};

/* A playbook's words for what the API calls otherwise. */
static const struct {
    const char *option;
    const char *kind;
} kinds[] = {{"native", "Native"}, {"primary", "Master"}};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

/* ---- what is asked ------------------------------------------------------------------------ */

static bool bad_option(const char *path, const char *detail, struct wish_problem *problem)
{
    *problem = (struct wish_problem){
        .code = "dns.option_value",
        .path = path,
        .summary = "the option has a value that the driver does not know",
        .detail = detail,
    };
    return false;
}

static bool read_options(const struct wish_for *who, const struct lf_value *map, struct powerdns_asked *asked,
                         struct wish_problem *problem)
{
    const struct kit *kit = who->kit;
    if (!wish_options(who, map, option_names, problem))
        return false;
    if (kit_has(kit, map, "options.dnssec")) {
        asked->says_dnssec = true;
        asked->dnssec = kit_get_bool(kit, map, "options.dnssec", false);
        if (kit->values->kind(kit_get(kit, map, "options.dnssec")) != LF_KIND_BOOL)
            return bad_option("options.dnssec", "it is true or false", problem);
    }
    if (!kit_has(kit, map, "options.kind"))
        return true;
    const char *kind = kit_get_text(kit, map, "options.kind");
    for (size_t i = 0; kind && i < KIND_COUNT; i++)
        if (strcmp(kinds[i].option, kind) == 0) {
            asked->kind = kinds[i].kind;
            return true;
        }
    return bad_option("options.kind", "it is 'native' or 'primary'", problem);
}

bool powerdns_zone_read(const struct wish_for *who, const struct lf_value *map, struct powerdns_asked *asked,
                        struct wish_problem *problem)
{
    *asked = (struct powerdns_asked){0};
    return wish_zone_read(who, map, &asked->zone, problem) && read_options(who, map, asked, problem);
}

/* The setting, read as if the playbook had said it. */
bool powerdns_zone_servers(const struct powerdns *dns, const struct wish_for *who, const char *name,
                           struct wish_zone *zone, struct wish_problem *problem)
{
    const struct lf_value *map = kit_put_text(&dns->kit, who->op, kit_map(&dns->kit, who->op), "name", name);
    if (!dns->nameservers) {
        *problem = (struct wish_problem){
            .code = "dns.nameservers_missing",
            .path = "nameservers",
            .summary = kit_format(&dns->kit, who->op, "nobody says which servers answer for '%s'", name),
            .detail = "the zone has no `nameservers`, and neither has the drivers block",
            .advice = "write `nameservers: [ns1.acme.example, ns2.acme.example]` into the drivers block",
        };
        return false;
    }
    struct wish_zone wish;
    map = kit_put(&dns->kit, who->op, map, "nameservers", dns->nameservers);
    if (!wish_zone_read(who, map, &wish, problem))
        return false;
    zone->servers = wish.servers;
    zone->server_count = wish.server_count;
    return true;
}

const char *powerdns_zone_kind(const struct powerdns *dns, struct lf_op *op, const char *kind)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].option;
    return powerdns_name(dns, op, kind);
}

/* ---- planning ----------------------------------------------------------------------------- */

static const struct lf_value *server_list(const struct powerdns *dns, struct lf_op *op,
                                          const struct wish_zone *zone)
{
    const struct lf_value **list = dns->kit.ops->scratch(op, (zone->server_count + 1) * sizeof(*list));
    for (size_t i = 0; i < zone->server_count; i++)
        list[i] = dns->kit.values->of_text(op, zone->servers[i], strlen(zone->servers[i]));
    return dns->kit.values->of_list(op, list, zone->server_count);
}

/* What a new zone will have where the playbook is silent, and what follows from being signed or not. */
static bool foresee(const struct powerdns *dns, const struct wish_for *who, const struct lf_request *req,
                    struct powerdns_asked *asked, const struct lf_value **computed,
                    struct wish_problem *problem)
{
    const struct kit *kit = &dns->kit;
    struct lf_op *op = who->op;
    bool known = kit_is_known(kit, kit_get(kit, req->desired, "options"));
    bool was = kit_get_bool(kit, req->prior, "options.dnssec", false);
    *computed = kit_map(kit, op);
    if (!known || (asked->dnssec && !(req->prior && was)))
        *computed = kit_put(kit, op, *computed, "ds", kit->values->unknown(op, LF_KIND_LIST));
    else if (asked->says_dnssec ? !asked->dnssec : !req->prior)
        *computed = kit_put(kit, op, *computed, "ds", kit->values->of_list(op, NULL, 0));
    if (req->prior)
        return true;
    *computed =
        kit_put_text(kit, op, *computed, "email", kit_format(kit, op, "hostmaster@%s", asked->zone.name));
    if (kit_get(kit, req->desired, "nameservers"))
        return true;
    if (!powerdns_zone_servers(dns, who, asked->zone.name, &asked->zone, problem))
        return false;
    *computed = kit_put(kit, op, *computed, "nameservers", server_list(dns, op, &asked->zone));
    return true;
}

/* A resolver that still finds the DS records refuses the whole zone. */
static void warn_of_unsigning(const struct powerdns *dns, const struct wish_for *who,
                              const struct lf_request *req, const struct powerdns_asked *asked)
{
    const struct lf_value *ds = kit_get(&dns->kit, req->prior, "ds");
    if (!asked->says_dnssec || asked->dnssec || !ds || dns->kit.values->count(ds) == 0)
        return;
    struct lf_diag note = {
        .struct_size = sizeof(note),
        .severity = LF_DIAG_WARNING,
        .code = "dns.unsigning",
        .path = "options.dnssec",
        .summary = kit_format(&dns->kit, who->op, "the zone '%s' will no longer be signed", asked->zone.name),
        .detail =
            "as long as its parent publishes DS records, resolvers that check them answer nothing of it",
        .advice = "remove the DS records from the parent first, and wait for their time to live",
    };
    dns->kit.ops->note(who->op, &note);
}

void powerdns_zone_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct powerdns *dns = self;
    const struct kit *kit = &dns->kit;
    struct wish_for who = powerdns_for(dns, op);
    struct powerdns_asked asked = {0};
    struct wish_problem problem;
    const struct lf_value *computed = NULL;
    bool known = req->desired && kit_is_known(kit, kit_get(kit, req->desired, "name"));
    if (known && (!powerdns_zone_read(&who, req->desired, &asked, &problem) ||
                  !foresee(dns, &who, req, &asked, &computed, &problem))) {
        wish_refuse_plan(&who, &problem);
        return;
    }
    if (known)
        warn_of_unsigning(dns, &who, req, &asked);
    wish_zone_plan(&who, req, computed);
}
