/* What the parts of dns-rfc2136 share: the instance, and how it speaks of trouble. */
#pragma once

#include "kit.h"
#include "rfc2136_talk.h"
#include "wish.h"

#define RFC2136_POOL "dns-rfc2136"

/* Old and new records of one name and type, once as a precondition and once as a change, share a message of
 * 64 KB with their marker. */
#define RFC2136_SET_MOST 20000

struct rfc2136 {
    struct kit kit;
    char *server;
    uint16_t port;
    uint32_t silence_ms;
    char *key;
    const char *algorithm;
    const struct lf_value *secret; /* a handle; lives as long as the instance */
    char **zones;                  /* that landfall may take charge of */
    size_t zone_count;
    char **nameservers; /* of those that say none; as rdata of NS */
    size_t nameserver_count;
};

struct wish_for rfc2136_who(const struct rfc2136 *self, struct lf_op *op);
/* One of the zones of the settings. */
bool rfc2136_lists(const struct rfc2136 *self, const char *zone);
/* Requests for one zone wait for each other: a batch is one reading and few messages. */
const char *rfc2136_lane(const struct rfc2136 *self, struct lf_op *op, const char *zone);

extern const struct lf_resource rfc2136_zone;
extern const struct lf_resource rfc2136_record;
lf_verb_fn rfc2136_preflight;

/* found() for the marks in the zones of the settings: of zones, or of records. */
void rfc2136_owned(const struct rfc2136 *self, struct lf_op *op, const struct lf_request *req, bool zones);

/* ---- words ------------------------------------------------------------------------------- */

struct rfc2136_words {
    const char *code;
    const char *path; /* the setting at fault, or NULL */
    const char *summary;
    const char *detail;
    const char *advice;
};

/* Why there was no answer that could be used. */
struct rfc2136_words rfc2136_fault_words(const struct rfc2136 *self, struct lf_op *op,
                                         const struct talk_fault *fault);
/* Why the server did not do it.  `what`: "the record A of 'api.acme.example'"; zone: of the message. */
struct rfc2136_words rfc2136_rcode_words(const struct rfc2136 *self, struct lf_op *op, uint32_t rcode,
                                         const char *what, const char *zone);
/* The server does not answer for the zone. */
struct rfc2136_words rfc2136_not_served_words(const struct rfc2136 *self, struct lf_op *op, const char *zone,
                                              const char *seen);

void rfc2136_note(struct kit_batch *batch, size_t i, const struct rfc2136_words *words);
