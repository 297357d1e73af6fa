/* Asking an HTTP API: one request, its reply as JSON or text, and what that reply means to the core.
 *
 * It adds nothing to the host's rules (no redirects, TLS verified, caps, the read-only gate) and keeps no
 * state: a driver of many requests chains them in its callbacks. */
#pragma once

#include "kit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All borrowed until kit_http_send returns, the password until the reply. */
struct kit_http_ask {
    const char *method;
    const char *url;
    const struct lf_value *json; /* the body, sent as application/json; or NULL      */
    const char *body;            /* instead of it, with a content type among headers */
    size_t body_len;
    const struct lf_header *headers;
    uint32_t header_count;
    uint32_t flags;      /* LF_SEND_* */
    const char *pool;    /* NULL: the operation's own place is enough */
    uint64_t timeout_ms; /* 0: the host's */
    const char *user;    /* of basic auth or, with aws_sigv4, the access key; or NULL */
    const struct lf_value *password;
    const char *aws_sigv4;
};

/* Body and JSON belong to the operation; `raw` (for headers) lives as long as the callback. */
struct kit_http_reply {
    uint32_t sent;   /* LF_SENT_* */
    uint32_t status; /* 0 unless LF_SENT_REPLY */
    uint32_t retry_after_ms;
    const char *body; /* never NULL; without a reply: why, in words */
    size_t body_len;
    const struct lf_value *json; /* NULL: the body is no JSON */
    const struct lf_reply *raw;
};

typedef void kit_http_fn(struct lf_op *op, const struct kit_http_reply *reply, void *user);

/* The callback comes exactly once, later.  With LF_SENT_CANCELED it must do nothing but end. */
void kit_http_send(const struct kit *kit, struct lf_op *op, const struct kit_http_ask *ask, kit_http_fn *fn,
                   void *user);

/* What to end with.  `changes`: the request was one that changes something.
 *   2xx                                  OK
 *   never sent, 429                      RETRY (for certain nothing happened)
 *   sent without a reply, 408, 5xx       UNSURE for a change, CANNOT_TELL otherwise
 *   canceled                             CANCELED
 *   all else (3xx, 4xx, 501, 505)        REFUSED
 * What a 404, 409 or 412 means only the driver knows: it looks at the status before it asks here. */
uint32_t kit_http_end(const struct kit_http_reply *reply, bool changes);
/* kit_http_end as a result, with the pause that the service asked for. */
struct lf_result kit_http_result(const struct kit_http_reply *reply, bool changes);

/* A reply that is not what was hoped for, in words.  `service`: as people call it ("PowerDNS");
 * `doing`: "create the zone 'eu.acme.example'"; `said`: the service's own words, or NULL: the body is shown.
 */
struct kit_http_words {
    const char *what; /* second half of a code: unreachable, plain, unusable, untrusted, no_tls, no_reply,
                         credentials, forbidden, throttled, trouble, refused */
    const char *summary;
    const char *detail;
    const char *advice;
};
struct kit_http_words kit_http_words(const struct kit *kit, struct lf_op *op,
                                     const struct kit_http_reply *reply, const char *service,
                                     const char *doing, const char *said);
/* The words as a note with the code "<driver>.<what>", and the result as the answer of item i. */
void kit_http_fail(struct kit_batch *batch, size_t i, const struct kit_http_reply *reply, const char *driver,
                   const char *service, const char *doing, const char *said);

/* RFC 3986: everything but unreserved characters (letters, digits, - . _ ~) becomes %XX. */
const char *kit_http_encode(const struct kit *kit, struct lf_op *op, const char *text);

#ifdef __cplusplus
}
#endif
