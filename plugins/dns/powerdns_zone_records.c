#include "powerdns_zone.h"

#include "rdata.h"

#include <string.h>

static const struct lf_value *rrset(const struct wish_for *who, const char *zone, const char *type,
                                    uint32_t ttl, const char *const *contents, size_t count)
{
    const struct kit *kit = who->kit;
    struct lf_op *op = who->op;
    const struct lf_value **list = kit->ops->scratch(op, (count + 1) * sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        list[i] = kit_put_text(kit, op, kit_map(kit, op), "content", contents[i]);
        list[i] = kit_put_bool(kit, op, list[i], "disabled", false);
    }
    const struct lf_value *map = kit_map(kit, op);
    map = kit_put_text(kit, op, map, "name", kit_format(kit, op, "%s.", zone));
    map = kit_put_text(kit, op, map, "type", type);
    map = kit_put_text(kit, op, map, "changetype", "REPLACE");
    map = kit_put_int(kit, op, map, "ttl", ttl);
    return kit_put(kit, op, map, "records", kit->values->of_list(op, list, count));
}

static const struct lf_value *ns_rrset(const struct wish_for *who, const struct wish_zone *zone, uint32_t ttl)
{
    const struct kit *kit = who->kit;
    const char **contents = kit->ops->scratch(who->op, (zone->server_count + 1) * sizeof(*contents));
    for (size_t i = 0; i < zone->server_count; i++) {
        struct kit_text text = {0};
        rdata_print(kit, who->op, "NS", zone->servers[i], &text);
        contents[i] = text.bytes;
    }
    return rrset(who, zone->name, "NS", ttl, contents, zone->server_count);
}

static const struct lf_value *soa_rrset(const struct wish_for *who, const char *zone,
                                        const char *const soa[VIEW_SOA_WORDS], uint32_t ttl)
{
    const char *content = kit_format(who->kit, who->op, "%s. %s. %s %s %s %s %s", soa[0], soa[1], soa[2],
                                     soa[3], soa[4], soa[5], soa[6]);
    return rrset(who, zone, "SOA", ttl, &content, 1);
}

/* The SOA record of a zone that has none yet.  Its serial number is PowerDNS's to count (soa_edit_api). */
static void new_soa(const struct wish_for *who, const struct wish_zone *zone, const char *soa[VIEW_SOA_WORDS])
{
    const struct kit *kit = who->kit;
    static const uint32_t timers[] = {1, WISH_REFRESH, WISH_RETRY, WISH_EXPIRE, WISH_NEGATIVE};
    soa[0] = zone->servers[0];
    soa[1] = zone->rname ? zone->rname : kit_format(kit, who->op, "hostmaster.%s", zone->name);
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
        soa[2 + i] = kit_format(kit, who->op, "%u", timers[i]);
}

static bool is_among(const struct wish_zone *zone, const char *server)
{
    for (size_t i = 0; i < zone->server_count; i++)
        if (strcmp(zone->servers[i], server) == 0)
            return true;
    return false;
}

/* The SOA record as it should be; true when that differs from what is there.  Its first server is one of the
 * zone's. */
static bool plan_soa(const struct wish_for *who, const struct powerdns_view *view,
                     const struct wish_zone *want, const char *soa[VIEW_SOA_WORDS], uint32_t *ttl)
{
    uint32_t was = 0;
    if (!view_soa(view, soa, &was)) {
        new_soa(who, want, soa);
        *ttl = want->ttl > 0 ? want->ttl : WISH_TTL;
        return true;
    }
    *ttl = want->ttl > 0 ? want->ttl : was;
    bool differs = *ttl != was;
    if (want->rname && strcmp(want->rname, soa[1]) != 0) {
        soa[1] = want->rname;
        differs = true;
    }
    if (!is_among(want, soa[0])) {
        soa[0] = want->servers[0];
        differs = true;
    }
    return differs;
}

size_t powerdns_zone_changed(struct powerdns_view *view, const struct wish_zone *asked,
                             const struct lf_value *sets[2])
{
    struct wish_for who = powerdns_for(view->dns, view->op);
    const char *soa[VIEW_SOA_WORDS];
    struct wish_zone want = *asked;
    struct powerdns_set *ns = view_find(view, asked->name, "NS");
    size_t count = 0;
    uint32_t ttl = 0;
    if (ns)
        view_parse(view, ns);
    if (!want.servers && ns) {
        want.servers = ns->rdata;
        want.server_count = ns->count;
    }
    if (want.server_count == 0)
        return 0;
    if (plan_soa(&who, view, &want, soa, &ttl))
        sets[count++] = soa_rrset(&who, want.name, soa, ttl);
    if (!ns || ns->ttl != ttl || !wish_is_met(want.servers, want.server_count, ns->rdata, ns->count))
        sets[count++] = ns_rrset(&who, &want, ttl);
    return count;
}

void powerdns_zone_new(const struct wish_for *who, const struct wish_zone *zone,
                       const struct lf_value *sets[2])
{
    const char *soa[VIEW_SOA_WORDS];
    uint32_t ttl = zone->ttl > 0 ? zone->ttl : WISH_TTL;
    new_soa(who, zone, soa);
    sets[0] = soa_rrset(who, zone->name, soa, ttl);
    sets[1] = ns_rrset(who, zone, ttl);
}
