/* A zone as PowerDNS told it, and as a batch wants it to become.
 *
 * The RRsets of a reply are found by name and type; what a batch decides is written into them, so that later
 * items see what earlier ones did, and what was decided becomes one PATCH.  Belongs to an operation. */
#pragma once

#include "powerdns.h"

/* One RRset.  It is there while it has records; a comment alone is what other tools leave behind. */
struct powerdns_set {
    struct powerdns_set *next; /* in its bucket */
    const char *owner;
    const char *type;
    const struct lf_value *told; /* as the API said it, or NULL: it is new */
    uint32_t ttl;
    const char **rdata; /* read when first asked for; may hold copies */
    size_t count;
    bool there;
    bool parsed;
    bool changed;
    const char *marker; /* with `changed`: what it is to carry */
    const char *address;
    size_t by; /* with `changed`: the item of the batch that had the last word */
};

struct powerdns_view {
    const struct powerdns *dns;
    struct lf_op *op;
    const char *zone;
    const char *kind;   /* "Native", "Master", "Slave" */
    const char *marker; /* of the zone: its account, where that is one of landfall's; or NULL */
    bool is_signed;
    bool counts; /* PowerDNS raises the serial number with each change (soa_edit_api) */
    struct powerdns_set **buckets;
    size_t bucket_count;
    size_t changed;
};

/* `more`: RRsets that may be added.  False: the reply is no zone. */
bool view_open(struct powerdns_view *view, const struct powerdns *dns, struct lf_op *op, const char *zone,
               const struct lf_value *json, size_t more);
/* NULL: there is none, or it has no records. */
struct powerdns_set *view_find(const struct powerdns_view *view, const char *owner, const char *type);
/* An RRset at `owner` that is not of `type`. */
const struct powerdns_set *view_find_other(const struct powerdns_view *view, const char *owner,
                                           const char *type);
/* Any RRset that is neither SOA nor NS of the zone itself; *count: how many. */
const struct powerdns_set *view_find_more(const struct powerdns_view *view, size_t *count);

/* The marker an RRset carries, for the holder of `ours` (or NULL): where several are claimed, one that is not
 * ours. */
const char *view_marker(const struct powerdns_view *view, const struct powerdns_set *set, const char *ours);
/* The address in clear beside a marker, or NULL. */
const char *view_address(const struct powerdns_view *view, const struct powerdns_set *set);
/* Reads set->rdata. */
void view_parse(const struct powerdns_view *view, struct powerdns_set *set);

/* What it is to become; `req` gives marker and address. */
struct powerdns_set *view_put(struct powerdns_view *view, const struct wish_record *wish, uint32_t ttl,
                              const struct lf_request *req, size_t by);
void view_remove(struct powerdns_view *view, struct powerdns_set *set, size_t by);
/* It is what view_put would make of it. */
bool view_is_met(const struct powerdns_view *view, struct powerdns_set *set, const struct wish_record *wish,
                 uint32_t ttl, const struct lf_request *req);

/* All that was put and removed, as the body of one PATCH.  Where PowerDNS does not count the changes of the
 * zone, as in one that people loaded from a file, the serial number goes with it: secondaries fetch nothing
 * before it grows. */
const struct lf_value *view_patch(struct powerdns_view *view);

/* The data of the SOA record in words: mname rname serial refresh retry expire minimum; false: there is none,
 * or it is not like that. */
#define VIEW_SOA_WORDS 7
bool view_soa(const struct powerdns_view *view, const char *words[VIEW_SOA_WORDS], uint32_t *ttl);
