/* What is asked of a zone of dns-powerdns, what a plan promises of it, and the records it consists of. */
#pragma once

#include "powerdns_view.h"

/* PowerDNS raises the serial number with each change that comes through the API. */
#define POWERDNS_COUNTS "DEFAULT"

/* NULL, and dnssec without says_dnssec: not said. */
struct powerdns_asked {
    struct wish_zone zone;
    const char *kind; /* as the API says it */
    bool says_dnssec;
    bool dnssec;
};

/* ---- powerdns_zone_plan.c ------------------------------------------------------------------- */

bool powerdns_zone_read(const struct wish_for *who, const struct lf_value *map, struct powerdns_asked *asked,
                        struct wish_problem *problem);
/* The name servers of the setting, for a zone that names none. */
bool powerdns_zone_servers(const struct powerdns *dns, const struct wish_for *who, const char *name,
                           struct wish_zone *zone, struct wish_problem *problem);
/* A playbook's word for a kind of the API's. */
const char *powerdns_zone_kind(const struct powerdns *dns, struct lf_op *op, const char *kind);
void powerdns_zone_plan(void *self, struct lf_op *op, const struct lf_request *req);

/* ---- powerdns_zone_records.c ---------------------------------------------------------------- */

/* SOA and NS of a new zone, whose servers are known. */
void powerdns_zone_new(const struct wish_for *who, const struct wish_zone *zone,
                       const struct lf_value *sets[2]);
/* SOA and NS of the zone in `view` as asked; what is not said stays as it is.  Gives how many of `sets` are
 * to be replaced. */
size_t powerdns_zone_changed(struct powerdns_view *view, const struct wish_zone *asked,
                             const struct lf_value *sets[2]);
