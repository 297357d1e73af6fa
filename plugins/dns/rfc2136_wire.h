/* Messages of the domain name system: made, signed (TSIG, RFC 8945), read and verified, by ldns.  This is the
 * only unit that knows the library; everybody else sees names and data as text.
 *
 * Names are as name.h has them.  Data is as in a zone file: host names absolute with their final dot,
 * character strings in quotes.  It goes out as it came in, byte for byte, so what was read can be a
 * precondition. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_MUST_USE __attribute__((warn_unused_result))

struct memory;
struct ldns_struct_pkt;
struct ldns_struct_rr;

/* RFC 8945, 10: how far two clocks may lie apart.  A server takes no message that was signed longer ago, so
 * it also bounds how late a message may land. */
#define WIRE_FUDGE_S 300

struct wire_key {
    const char *name;
    const char *algorithm; /* "hmac-sha256" */
    const char *secret;    /* base64 */
};

/* All records of one name and type. */
struct wire_set {
    const char *owner;
    const char *type;
    uint32_t ttl;
    const char **data;
    size_t count;
};

/* ---- making ------------------------------------------------------------------------------- */

struct wire; /* one message that is being made */

struct wire *wire_query(const char *name, const char *type);
struct wire *wire_update(const char *zone);
void wire_free(struct wire *wire);

/* Preconditions (RFC 2136, 2.4).  Each function here gives false, and *why, where a text cannot be put into a
 * message. */
WIRE_MUST_USE bool wire_need_none(struct wire *wire, const char *owner, const char *type);
WIRE_MUST_USE bool wire_need_some(struct wire *wire, const char *owner, const char *type);
WIRE_MUST_USE bool wire_need_unused(struct wire *wire, const char *owner);
WIRE_MUST_USE bool wire_need_same(struct wire *wire, const struct wire_set *set);
/* Changes (RFC 2136, 2.5). */
WIRE_MUST_USE bool wire_drop(struct wire *wire, const char *owner, const char *type);
WIRE_MUST_USE bool wire_drop_data(struct wire *wire, const struct wire_set *set);
WIRE_MUST_USE bool wire_add(struct wire *wire, const struct wire_set *set);

struct wire_signed {
    uint8_t *bytes;
    size_t len;
    void *mac; /* for wire_verify; lives in memory */
    size_t mac_len;
};

/* False: the key cannot be used, or the message is too long; *why says which. */
WIRE_MUST_USE bool wire_sign(struct wire *wire, struct memory *memory, uint16_t id,
                             const struct wire_key *key, struct wire_signed *out, const char **why);

/* ---- reading ------------------------------------------------------------------------------ */

#define WIRE_NOERROR  0u
#define WIRE_FORMERR  1u
#define WIRE_SERVFAIL 2u
#define WIRE_NXDOMAIN 3u
#define WIRE_NOTIMP   4u
#define WIRE_REFUSED  5u
#define WIRE_YXDOMAIN 6u
#define WIRE_YXRRSET  7u
#define WIRE_NXRRSET  8u
#define WIRE_NOTAUTH  9u
#define WIRE_NOTZONE  10u
/* Of TSIG. */
#define WIRE_BADSIG  16u
#define WIRE_BADKEY  17u
#define WIRE_BADTIME 18u

struct wire_reply {
    uint16_t id;
    uint32_t rcode;
    bool authoritative;
    bool has_tsig;
    uint32_t tsig_error;
    int64_t signed_at; /* of the TSIG: what the sender's clock said, or ours as the server saw it */
    int64_t server_at; /* BADTIME: what the server's clock says; else 0 */
    struct ldns_struct_pkt *packet;
};

/* False: it is no message. */
WIRE_MUST_USE bool wire_read(const uint8_t *bytes, size_t len, struct wire_reply *reply);
void wire_reply_done(struct wire_reply *reply);
/* Signed by `key`, as the answer to the message with this `mac`; `next`: as a further message of the same
 * answer, after the one with this mac.  Gives the reply's own mac. */
WIRE_MUST_USE bool wire_verify(const struct wire_reply *reply, struct memory *memory, const uint8_t *bytes,
                               size_t len, const struct wire_key *key, bool next, void **mac,
                               size_t *mac_len);
/* "REFUSED". */
const char *wire_rcode_name(uint32_t rcode);

struct wire_record {
    const char *owner;
    const char *type;
    uint32_t ttl;
    uint32_t serial; /* of a SOA */
    const struct ldns_struct_rr *raw;
};

/* Every record of the sections answer, authority and additional, in order.  Its texts live in `memory`, its
 * data during the callback. */
typedef void wire_each_fn(void *user, const struct wire_record *record);
void wire_each(const struct wire_reply *reply, struct memory *memory, wire_each_fn *fn, void *user);
const char *wire_data(struct memory *memory, const struct wire_record *record);
/* One more record in a set that grows: its data and its time to live. */
void wire_set_add(struct memory *memory, struct wire_set *set, const struct wire_record *record);

/* The data of the DS record (SHA-256) for a DNSKEY of the owner, if it is one that a parent points to; else
 * NULL. */
const char *wire_ds(struct memory *memory, const char *owner, const char *data);

/* At the end of what a worker thread did here: gives back what the cryptographic library keeps for the
 * thread. */
void wire_thread_done(void);
