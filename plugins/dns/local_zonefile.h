/* One zone file in memory: sets of records (one owner, one type), who each belongs to, and where each stands
 * in the text, so that what people wrote is given back byte by byte and only what is ours is rewritten.
 *
 * A comment line `; landfall MARKER ADDRESS` makes the set of the record right after it ours; on the SOA
 * record it makes the zone ours, and with it the name servers at the apex.  `; landfall glue` stands before
 * addresses that are derived: of name servers inside the zone that have no address of their own.
 *
 * Lives as long as the operation it was read for. */
#pragma once

#include "kit.h"

#define ZONEFILE_TTL_MOST 2147483647u /* RFC 2181, 8 */

struct zonefile_set {
    const char *owner; /* absolute, lower case, no final dot */
    const char *type;
    const char **rdata; /* canonical, see rdata.h */
    size_t count;
    size_t room;
    const char *marker;  /* NULL: nobody's, or people's */
    const char *address; /* the step's, in clear        */
    uint32_t ttl;
    bool glue;
    bool live;                       /* false: to be taken out            */
    bool printed;                    /* its new form stands in the new text */
    bool changed;                    /* to be printed anew, or not at all */
    size_t record_count;             /* how many records of it stand in the text */
    struct zonefile_set *next_alike; /* in its hash bucket */
    struct zonefile_set *next;       /* in order           */
};

/* The start of authority.  `set` holds its ttl and marker. */
struct zonefile_soa {
    struct zonefile_set *set; /* NULL: no SOA was seen */
    const char *mname;
    const char *rname;
    uint32_t serial;
    uint32_t timers[4]; /* refresh, retry, expire, minimum; in seconds */
    size_t serial_begin;
    size_t serial_end;
};

struct zonefile {
    const struct kit *kit;
    struct lf_op *op;
    const char *origin; /* the zone's name */
    const char *text;   /* NULL: there is no file yet */
    size_t len;
    struct zonefile_soa soa;
    struct zonefile_record *records;
    size_t record_count;
    size_t record_room;
    struct zonefile_orphan *orphans; /* marker lines that mark nothing */
    struct zonefile_set *first;
    struct zonefile_set *last;
    struct zonefile_set **buckets;
    size_t bucket_count;
    size_t ttl_begin; /* the number of the first $TTL, or both 0 */
    size_t ttl_end;
    uint32_t new_ttl; /* to be put there; 0 leaves it */
};

struct zonefile_problem {
    size_t line;
    const char *what;
};

/* Reads a zone file.  What it cannot understand is a problem with its line, never skipped. */
bool zonefile_parse(const struct kit *kit, struct lf_op *op, const char *origin, const char *text, size_t len,
                    struct zonefile **out, struct zonefile_problem *problem);
/* A zone that has no file yet. */
struct zonefile *zonefile_new(const struct kit *kit, struct lf_op *op, const char *origin);

/* The live set that is not glue, or NULL. */
struct zonefile_set *zonefile_find(const struct zonefile *zone, const char *owner, const char *type);
/* The first live set at `owner` that is not glue and not of `type`, or NULL. */
const struct zonefile_set *zonefile_find_other(const struct zonefile *zone, const char *owner,
                                               const char *type);
/* A new set, changed and live, at the end. */
struct zonefile_set *zonefile_add(struct zonefile *zone, const char *owner, const char *type);
void zonefile_add_rdata(const struct zonefile *zone, struct zonefile_set *set, const char *rdata);

/* The new text, with a higher serial number; NULL when nothing has changed.  `glue_address` is given to name
 * servers inside the zone that have no address. */
const char *zonefile_print(struct zonefile *zone, const char *glue_address, size_t *len);

/* ---- between local_zonefile.c and local_zonefile_print.c ---- */

/* The set of derived addresses, wanted any more or not; or NULL. */
struct zonefile_set *zonefile_find_glue(const struct zonefile *zone, const char *owner, const char *type);

struct zonefile_record {
    struct zonefile_set *set;
    size_t begin; /* with the marker line above it */
    size_t end;
    size_t owner_end; /* where a missing owner or ttl would be written */
    uint32_t ttl;
    bool takes_owner; /* the owner is the one of the record above */
    bool takes_ttl;   /* so is the time to live                   */
};

struct zonefile_orphan {
    struct zonefile_orphan *next;
    size_t begin;
    size_t end;
};
