/* Everything that carries a marker of landfall's on one server. */
#include "powerdns_view.h"

#include <stdlib.h>
#include <string.h>

/* Hits the search gives at most; where there are as many, there may be more, and every zone is read instead.
 * A hit takes about 150 bytes. */
#define HITS_MOST   200000
#define TEXT_OF(n)  TEXT_OF_(n)
#define TEXT_OF_(n) #n

struct sweep {
    const struct powerdns *dns;
    const char **zones;
    size_t count, at;
    bool unclear; /* something could not be read: the list may not be whole */
};

static void next_zone(struct lf_op *op, struct sweep *sweep);

static void unclear(struct lf_op *op, struct sweep *sweep, const struct kit_http_reply *reply,
                    const char *doing)
{
    const struct kit *kit = &sweep->dns->kit;
    struct kit_http_words words =
        kit_http_words(kit, op, reply, "PowerDNS", doing, powerdns_said(sweep->dns, reply));
    sweep->unclear = true;
    kit_note(kit, op, kit_format(kit, op, "powerdns.%s", words.what), NULL, words.summary, words.detail,
             words.advice);
}

static void sweep_end(struct lf_op *op, const struct sweep *sweep)
{
    kit_finish(&sweep->dns->kit, op, sweep->unclear ? LF_END_CANNOT_TELL : LF_END_OK);
}

/* A list of maps, or NULL. */
static const struct lf_value *list_of(const struct sweep *sweep, const struct kit_http_reply *reply)
{
    bool good = reply->sent == LF_SENT_REPLY && reply->status == 200 && reply->json &&
                sweep->dns->kit.values->kind(reply->json) == LF_KIND_LIST;
    return good ? reply->json : NULL;
}

/* ---- the RRsets of each zone -------------------------------------------------------------- */

static void give_sets(struct lf_op *op, const struct powerdns_view *view)
{
    const struct kit *kit = &view->dns->kit;
    struct wish_for who = powerdns_for(view->dns, op);
    for (size_t i = 0; i < view->bucket_count; i++)
        for (const struct powerdns_set *set = view->buckets[i]; set; set = set->next) {
            struct lf_result result = kit_result(LF_END_OK);
            result.marker = view_marker(view, set, NULL);
            if (!result.marker)
                continue;
            result.id = wish_record_id(&who, view->zone, set->owner, set->type);
            result.memo = kit_put_text(kit, op, kit_map(kit, op), "address", view_address(view, set));
            kit->ops->found(op, &result);
        }
}

static void zone_read(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct sweep *sweep = user;
    struct powerdns_view view;
    const char *zone = sweep->zones[sweep->at++];
    if (reply->sent == LF_SENT_CANCELED) {
        kit_finish(&sweep->dns->kit, op, LF_END_CANCELED);
        return;
    }
    if (reply->sent == LF_SENT_REPLY && reply->status == 200 &&
        view_open(&view, sweep->dns, op, zone, reply->json, 0))
        give_sets(op, &view);
    else if (!(reply->sent == LF_SENT_REPLY && reply->status == 404)) /* it went since it was listed */
        unclear(op, sweep, reply,
                kit_format(&sweep->dns->kit, op, "look for leftovers in the zone '%s'", zone));
    next_zone(op, sweep);
}

static void next_zone(struct lf_op *op, struct sweep *sweep)
{
    if (sweep->at == sweep->count)
        sweep_end(op, sweep);
    else
        powerdns_send(sweep->dns, op, "GET", powerdns_zone_path(sweep->dns, op, sweep->zones[sweep->at], ""),
                      NULL, zone_read, sweep);
}

/* ---- which zones -------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The zones named under `key`, each once. */
static void take_zones(struct lf_op *op, struct sweep *sweep, const struct lf_value *list, const char *key)
{
    const struct kit *kit = &sweep->dns->kit;
    size_t most = kit->values->count(list);
    size_t kept = 0;
    sweep->zones = kit->ops->scratch(op, (most + 1) * sizeof(*sweep->zones));
    for (size_t i = 0; i < most; i++) {
        const char *index = NULL;
        const char *zone = kit_get_text(kit, kit->values->at(list, i, &index), key);
        if (zone)
            sweep->zones[sweep->count++] = powerdns_name(sweep->dns, op, zone);
    }
    qsort(sweep->zones, sweep->count, sizeof(*sweep->zones), by_name);
    for (size_t i = 0; i < sweep->count; i++)
        if (kept == 0 || strcmp(sweep->zones[kept - 1], sweep->zones[i]) != 0)
            sweep->zones[kept++] = sweep->zones[i];
    sweep->count = kept;
}

static void give_zones(struct lf_op *op, const struct sweep *sweep, const struct lf_value *list)
{
    const struct kit *kit = &sweep->dns->kit;
    for (size_t i = 0; i < kit->values->count(list); i++) {
        const char *index = NULL;
        const struct lf_value *one = kit->values->at(list, i, &index);
        const char *name = kit_get_text(kit, one, "name");
        struct lf_result result = kit_result(LF_END_OK);
        result.marker = kit_get_text(kit, one, "account");
        if (!name || !result.marker || strncmp(result.marker, POWERDNS_MARKER, strlen(POWERDNS_MARKER)) != 0)
            continue;
        result.id = powerdns_name(sweep->dns, op, name);
        kit->ops->found(op, &result);
    }
}

static void zones_listed(struct lf_op *op, const struct kit_http_reply *reply, bool of_records,
                         struct sweep *sweep)
{
    const struct lf_value *list = list_of(sweep, reply);
    if (reply->sent == LF_SENT_CANCELED) {
        kit_finish(&sweep->dns->kit, op, LF_END_CANCELED);
    } else if (!list) {
        unclear(op, sweep, reply, "list its zones");
        sweep_end(op, sweep);
    } else if (of_records) {
        take_zones(op, sweep, list, "name");
        next_zone(op, sweep);
    } else {
        give_zones(op, sweep, list);
        sweep_end(op, sweep);
    }
}

static void listed_for_zones(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    zones_listed(op, reply, false, user);
}

static void listed_for_records(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    zones_listed(op, reply, true, user);
}

/* The search knows which zones have a comment of landfall's: a server of many zones is not read whole. */
static void searched(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct sweep *sweep = user;
    const struct lf_value *list = list_of(sweep, reply);
    if (list && sweep->dns->kit.values->count(list) < HITS_MOST) {
        take_zones(op, sweep, list, "zone");
        next_zone(op, sweep);
    } else {
        powerdns_send(sweep->dns, op, "GET", "/zones?dnssec=false", NULL, listed_for_records, sweep);
    }
}

void powerdns_sweep(const struct powerdns *dns, struct lf_op *op, bool zones)
{
    struct sweep *sweep = dns->kit.ops->scratch(op, sizeof(*sweep));
    sweep->dns = dns;
    if (zones)
        powerdns_send(dns, op, "GET", "/zones?dnssec=false", NULL, listed_for_zones, sweep);
    else
        powerdns_send(dns, op, "GET",
                      "/search-data?q=landfall%20%2A&object_type=comment&max=" TEXT_OF(HITS_MOST), NULL,
                      searched, sweep);
}
