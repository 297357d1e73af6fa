/* What is there: the records of some names and types in one zone, and the marks that belong to them.
 *
 * Many are read from one transfer of the zone.  Few, or all where the server gives no transfer, are asked for
 * one by one; then a wildcard may have answered in place of a name that is not there, so what an answer says
 * is confirmed by an update message that has preconditions and no change. */
#pragma once

#include "rfc2136_talk.h"

struct look_key {
    const char *owner;
    const char *type;
    const char *mark; /* the name of its marker */
    /* Found: */
    struct wire_set set;      /* count 0: not there */
    struct wire_set mark_set; /* count 0: not there */
    const char *beside;       /* a type at the same name that excludes this one, where that was seen */
    const char *unclear;      /* why there is no definite answer, or NULL */
};

struct look {
    struct talk *talk;
    const char *zone;
    struct look_key *keys;
    size_t count;
    struct wire_set soa; /* count 0: the server does not answer for the zone; see not_served */
    uint32_t serial;
    bool whole;             /* read from a transfer: nothing seen can be a wildcard's answer */
    const char *not_served; /* in words */
    bool absent;            /* it answers for sure that there is no such zone */
};

/* False: see talk->fault. */
bool look_at(struct look *look);
/* Only its SOA record. */
bool look_at_zone(struct look *look);
