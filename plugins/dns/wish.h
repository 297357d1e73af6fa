/* What a playbook asks of a zone or a record, checked and in canonical form, and the state that answers it:
 * the rules every driver of the subsystem shares.
 *
 * A wish read while planning may lack what is still unknown: such fields are NULL, 0 or left out.  Everything
 * belongs to the operation it was read for. */
#pragma once

#include "kit.h"

/* RFC 2181, 8 */
#define WISH_TTL_MOST 2147483647u
/* Timers of a new zone's SOA record, in seconds, within the ranges of RFC 1912, 2.2; the last is how long
 * resolvers remember that a name does not exist, kept short while a region is being built (RFC 2308, 5). */
#define WISH_REFRESH  7200u
#define WISH_RETRY    900u
#define WISH_EXPIRE   1209600u
#define WISH_NEGATIVE 300u
#define WISH_TTL      3600u

/* Who asks: for memory and for messages. */
struct wish_for {
    const struct kit *kit;
    struct lf_op *op;
    const char *driver; /* "local" */
};

/* Why an input cannot work. */
struct wish_problem {
    const char *code;
    const char *path;
    const char *summary;
    const char *detail;
    const char *advice;
};

/* No two of `rdata` are equal. */
struct wish_record {
    const char *zone;
    const char *type;
    const char *owner; /* absolute */
    const char **rdata;
    size_t count;
    uint32_t ttl; /* 0: not said */
};

/* NULL and 0 are "not said". */
struct wish_zone {
    const char *name;
    const char **servers;
    size_t server_count;
    const char *rname; /* the mail address as in a SOA record */
    uint32_t ttl;
    const char **ds; /* only told, never asked: canonical data of the DS records of a signed zone */
    size_t ds_count;
};

/* ---- common ------------------------------------------------------------------------------- */

/* The request's object: what is asked, or what was. */
const struct lf_value *wish_subject(const struct lf_request *req);
void wish_refuse(struct kit_batch *batch, size_t i, const struct wish_problem *problem);
/* The same as the end of an operation. */
void wish_refuse_plan(const struct wish_for *who, const struct wish_problem *problem);
/* EXISTS, with the marker as read, or NULL. */
void wish_taken(struct kit_batch *batch, size_t i, const char *marker);
/* A zone's name as it stands in `map` under `key`; also safe as part of a path or URL. */
bool wish_zone_name(const struct wish_for *who, const struct lf_value *map, const char *key,
                    const char **name, struct wish_problem *problem);
bool wish_ttl(const struct wish_for *who, const struct lf_value *map, uint32_t *ttl,
              struct wish_problem *problem);
/* `options` has only keys among `known` (ends with NULL), which may be NULL: none at all. */
bool wish_options(const struct wish_for *who, const struct lf_value *map, const char *const *known,
                  struct wish_problem *problem);
/* Equal as multisets, where no two of `wished` are equal. */
bool wish_is_met(const char *const *wished, size_t wished_count, const char *const *have, size_t count);

/* ---- records ------------------------------------------------------------------------------ */

/* Everything but the options. */
bool wish_record_read(const struct wish_for *who, const struct lf_value *map, struct wish_record *wish,
                      struct wish_problem *problem);
/* Only what finds the record: a read must work on values that no longer pass. */
bool wish_record_key(const struct wish_for *who, const struct lf_value *map, struct wish_record *wish,
                     struct wish_problem *problem);
/* "zone/name/TYPE", "zone/@/TYPE" */
const char *wish_record_id(const struct wish_for *who, const char *zone, const char *owner, const char *type);
/* The truth in `have`, whose `rdata` may hold copies.  Values that mean the same as those of `spelled` keep
 * that spelling, so that what a playbook writes in its own way is not a difference for ever. */
const struct lf_value *wish_record_state(const struct wish_for *who, const struct wish_record *have,
                                         const struct lf_value *spelled);
/* Ends a PLAN whose inputs were read into `wish` and found good. */
void wish_record_plan(const struct wish_for *who, const struct lf_request *req,
                      const struct wish_record *wish);

/* ---- zones -------------------------------------------------------------------------------- */

/* Everything but the options. */
bool wish_zone_read(const struct wish_for *who, const struct lf_value *map, struct wish_zone *wish,
                    struct wish_problem *problem);
/* The truth in `have`, which says everything; spelled as above. */
const struct lf_value *wish_zone_state(const struct wish_for *who, const struct wish_zone *have,
                                       const struct lf_value *spelled);
/* Ends a PLAN whose inputs were found good.  `computed`: as in kit_plan. */
void wish_zone_plan(const struct wish_for *who, const struct lf_request *req,
                    const struct lf_value *computed);
