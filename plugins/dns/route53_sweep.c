/* What carries a marker of landfall's: zones by their comment, records by the marker branch of every zone. */
#include "route53_view.h"

#include "name.h"

#include <string.h>

struct zone {
    const char *hosted, *name;
    struct zone *next;
};

struct sweep {
    const struct route53 *dns;
    bool zones;
    struct zone *first, *last; /* whose records are still to be looked at */
};

static void give(struct lf_op *op, const struct sweep *sweep, const char *id, const char *marker,
                 const char *address)
{
    const struct kit *kit = &sweep->dns->kit;
    struct lf_result result = kit_result(LF_END_OK);
    result.id = id;
    result.marker = marker;
    if (address && address[0])
        result.memo = kit_put_text(kit, op, kit_map(kit, op), "address", address);
    kit->ops->found(op, &result);
}

static bool take_zone(struct lf_op *op, const struct view_row *row, void *user)
{
    struct sweep *sweep = user;
    if (row->is_private)
        return true;
    if (sweep->zones) {
        if (row->mark.marker)
            give(op, sweep, route53_zone_id(sweep->dns, op, row->name, row->hosted), row->mark.marker,
                 row->mark.address);
        return true;
    }
    struct zone *zone = sweep->dns->kit.ops->scratch(op, sizeof(*zone));
    zone->hosted = row->hosted;
    zone->name = row->name;
    if (sweep->last)
        sweep->last->next = zone;
    else
        sweep->first = zone;
    sweep->last = zone;
    return true;
}

static bool take_set(struct lf_op *op, const struct route53_set *set, void *user)
{
    const struct sweep *sweep = user;
    const struct zone *zone = sweep->first;
    const char *branch = kit_format(&sweep->dns->kit, op, SET_MARK_BRANCH ".%s", zone->name);
    const char *type = NULL, *relative = NULL;
    struct set_mark mark;
    if (!name_is_in(set->owner, branch))
        return false;
    if (strcmp(set->type, "TXT") == 0 && set_mark_read(sweep->dns, op, set, &mark) &&
        set_mark_subject(sweep->dns, op, zone->name, set->owner, &type, &relative))
        give(op, sweep,
             kit_format(&sweep->dns->kit, op, "%s/%s/%s/%s", zone->name, zone->hosted, relative, type),
             mark.marker, mark.address);
    return true;
}

static void next_zone(struct lf_op *op, struct sweep *sweep);

static void sets_came(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sweep *sweep = user;
    /* A zone that went away in the meantime took its records along. */
    if (reply && !kit_aws_is(reply, "NoSuchHostedZone")) {
        route53_end(sweep->dns, op, reply,
                    kit_format(&sweep->dns->kit, op, "list the records of zone '%s'", sweep->first->name));
        return;
    }
    sweep->first = sweep->first->next;
    next_zone(op, sweep);
}

static void next_zone(struct lf_op *op, struct sweep *sweep)
{
    const struct kit *kit = &sweep->dns->kit;
    if (sweep->first)
        set_list(sweep->dns, op, sweep->first->hosted,
                 kit_format(kit, op, SET_MARK_BRANCH ".%s", sweep->first->name), NULL, 0, take_set, sets_came,
                 sweep);
    else
        kit_finish(kit, op, LF_END_OK);
}

static void zones_came(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct sweep *sweep = user;
    if (reply)
        route53_end(sweep->dns, op, reply, "list the hosted zones");
    else
        next_zone(op, sweep);
}

void route53_sweep(const struct route53 *dns, struct lf_op *op, bool zones)
{
    struct sweep *sweep = dns->kit.ops->scratch(op, sizeof(*sweep));
    sweep->dns = dns;
    sweep->zones = zones;
    view_list(dns, op, NULL, take_zone, zones_came, sweep);
}
