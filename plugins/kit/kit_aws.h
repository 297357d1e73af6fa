/* What every driver of an AWS service needs: the settings they share, credentials from the places people keep
 * them, signed requests in the three dialects (REST with XML, the query protocol, JSON), and what an error of
 * theirs means to the core.
 *
 * Requests are signed by libcurl (lf_send.aws_sigv4).  What its signer gets wrong is kept from it here: a
 * query is sorted and encoded before it is handed over and every key has its '=', a path of anything but
 * unreserved characters is refused, and bodies come from memory.
 *
 * A driver makes one kit_aws in open() and frees it in close().  It links libxml2. */
#pragma once

#include "kit_http.h"
#include "kit_xml.h"

#ifdef __cplusplus
extern "C" {
#endif

struct kit_aws; /* one instance of one driver; holds its credentials */

/* All constant; borrowed for the life of the kit_aws. */
struct kit_aws_service {
    const char *name;   /* of the signature's scope: "route53"           */
    const char *driver; /* first half of the codes: "route53"             */
    const char *title;  /* as people call it: "Route 53"                  */
    const char *pool;   /* of requests that name none; NULL: the operation's own place */
};

/* For the driver's array of settings.  Where the service is, and in which partition, is always said by the
 * region file: no default here can send a request to the wrong side of a border. */
#define KIT_AWS_SETTINGS                                                                                     \
    {"region",                                                                                               \
     LF_KIND_TEXT,                                                                                           \
     LF_ATTR_REQUIRED,                                                                                       \
     "AWS region that requests are signed for: \"eu-west-1\"",                                               \
     NULL,                                                                                                   \
     NULL,                                                                                                   \
     0,                                                                                                      \
     1},                                                                                                     \
        {"endpoint",                                                                                         \
         LF_KIND_TEXT,                                                                                       \
         LF_ATTR_REQUIRED,                                                                                   \
         "address of the service's API: \"https://route53.amazonaws.com\"",                                  \
         NULL,                                                                                               \
         NULL,                                                                                               \
         0,                                                                                                  \
         1},                                                                                                 \
        {"partition",                                                                                        \
         LF_KIND_TEXT,                                                                                       \
         LF_ATTR_REQUIRED,                                                                                   \
         "\"aws\", \"aws-cn\" or \"aws-us-gov\"",                                                            \
         NULL,                                                                                               \
         NULL,                                                                                               \
         0,                                                                                                  \
         1},                                                                                                 \
        {"access_key",                                                                                       \
         LF_KIND_TEXT,                                                                                       \
         LF_ATTR_SECRET,                                                                                     \
         "access key id: `!secret env:AWS_ACCESS_KEY_ID`; with secret_key",                                  \
         NULL,                                                                                               \
         NULL,                                                                                               \
         0,                                                                                                  \
         1},                                                                                                 \
        {"secret_key",                                                                                       \
         LF_KIND_TEXT,                                                                                       \
         LF_ATTR_SECRET,                                                                                     \
         "secret access key: `!secret env:AWS_SECRET_ACCESS_KEY`",                                           \
         NULL,                                                                                               \
         NULL,                                                                                               \
         0,                                                                                                  \
         1},                                                                                                 \
        {"session_token",                                                                                    \
         LF_KIND_TEXT,                                                                                       \
         LF_ATTR_SECRET,                                                                                     \
         "session token that belongs to temporary keys: `!secret env:AWS_SESSION_TOKEN`",                    \
         NULL,                                                                                               \
         NULL,                                                                                               \
         0,                                                                                                  \
         1},                                                                                                 \
        {"credentials_file",                                                                                 \
         LF_KIND_TEXT,                                                                                       \
         0,                                                                                                  \
         "path of a shared credentials or config file; with profile",                                        \
         NULL,                                                                                               \
         NULL,                                                                                               \
         0,                                                                                                  \
         1},                                                                                                 \
        {"profile", LF_KIND_TEXT, 0, "profile of credentials_file", NULL, NULL, 0, 1},                       \
        {"credentials_command",                                                                              \
         LF_KIND_LIST,                                                                                       \
         0,                                                                                                  \
         "words of a command that prints keys as JSON, as `credential_process` does; no shell",              \
         NULL,                                                                                               \
         NULL,                                                                                               \
         LF_KIND_TEXT,                                                                                       \
         1},                                                                                                 \
        {"credentials_environment",                                                                          \
         LF_KIND_MAP,                                                                                        \
         0,                                                                                                  \
         "environment of credentials_command, by name; nothing is inherited, PATH is /usr/local/bin:"        \
         "/usr/bin:/bin unless said",                                                                        \
         NULL,                                                                                               \
         NULL,                                                                                               \
         LF_KIND_TEXT,                                                                                       \
         1},                                                                                                 \
        {"credentials",                                                                                      \
         LF_KIND_TEXT,                                                                                       \
         0,                                                                                                  \
         "\"instance\": the role of the EC2 instance that landfall runs on (IMDSv2)",                        \
         NULL,                                                                                               \
         NULL,                                                                                               \
         0,                                                                                                  \
         1},                                                                                                 \
    {                                                                                                        \
        "metadata_endpoint", LF_KIND_TEXT, 0, "address of the instance metadata service", NULL,              \
            "\"http://169.254.169.254\"", 0, 1                                                               \
    }

/* Checks the shared settings; no I/O.  On failure *why is filled (path, summary, advice; code
 * "<driver>.settings") and nothing is kept.  The handles of secrets are kept as they are: the host keeps the
 * settings of a driver as long as the driver. */
bool kit_aws_open(const struct kit *kit, const struct lf_value *settings,
                  const struct kit_aws_service *service, struct kit_aws **out, struct lf_diag *why);
/* The same with the address under another setting's name, for a driver of two services. */
bool kit_aws_open_at(const struct kit *kit, const struct lf_value *settings,
                     const struct kit_aws_service *service, const char *endpoint, struct kit_aws **out,
                     struct lf_diag *why);
void kit_aws_close(struct kit_aws *aws); /* NULL is fine; keys are wiped */

const char *kit_aws_region(const struct kit_aws *aws);
/* The region that an ARN names: where the service says that an object is.  NULL where it names none; `arn`
 * may be NULL. */
const char *kit_aws_region_of(const struct kit *kit, struct lf_op *op, const char *arn);
const char *kit_aws_partition(const struct kit_aws *aws);
const char *kit_aws_endpoint(const struct kit_aws *aws); /* without a final slash */
const struct kit_aws_service *kit_aws_what(const struct kit_aws *aws);

/* ---- asking ---------------------------------------------------------------------------------------------
 */

struct kit_aws_pair {
    const char *name;
    const char *value; /* plain text, encoded here; NULL: the pair is left out */
};

/* All borrowed until kit_aws_send returns. */
struct kit_aws_ask {
    const char *method;
    const char *path;                 /* "/2013-04-01/hostedzone"; unreserved characters and slashes only */
    const struct kit_aws_pair *query; /* in any order */
    size_t query_count;
    const char *body; /* or NULL */
    size_t body_len;
    const char *type;   /* Content-Type of the body */
    const char *target; /* X-Amz-Target, or NULL */
    uint32_t flags;     /* LF_SEND_SAFE for a POST that only asks */
    const char *pool;   /* NULL: the service's */
    uint64_t timeout_ms;
};

/* Why there are no credentials, or the request could not even be made. */
struct kit_aws_trouble {
    const char *what;    /* second half of the code: "credentials" */
    const char *path;    /* the setting at fault, or NULL */
    const char *summary; /* NULL: the words for an unreachable service */
    const char *detail;
    const char *advice;
    bool final; /* trying again cannot help */
};

/* Everything belongs to the operation but http.raw. */
struct kit_aws_reply {
    struct kit_http_reply http;
    const struct kit_xml *xml; /* root of the body; NULL: it is no XML */
    const char *code;          /* the service's error code without namespace: "Throttling"; NULL: none */
    const char *message;       /* its own words, or NULL */
    const char *request_id;    /* for the vendor's support, or NULL */
    const struct kit_aws_trouble *trouble; /* nothing was sent, and this is why; or NULL */
    bool renews;                           /* the keys can be had anew without a person */
};

typedef void kit_aws_fn(struct lf_op *op, const struct kit_aws_reply *reply, void *user);

/* The callback comes exactly once, later.  With LF_SENT_CANCELED it must do nothing but end. */
void kit_aws_send(struct kit_aws *aws, struct lf_op *op, const struct kit_aws_ask *ask, kit_aws_fn *fn,
                  void *user);

/* The query protocol (RDS, SNS): a form of Action, Version and `pairs`; the reply is XML. */
void kit_aws_query(struct kit_aws *aws, struct lf_op *op, const char *version, const char *action,
                   const struct kit_aws_pair *pairs, size_t count, uint32_t flags, kit_aws_fn *fn,
                   void *user);
/* The JSON protocol (SQS): `target` is "AmazonSQS.CreateQueue", the reply is in http.json. */
void kit_aws_json(struct kit_aws *aws, struct lf_op *op, const char *target, const struct lf_value *body,
                  uint32_t flags, kit_aws_fn *fn, void *user);

/* ---- what a reply means ---------------------------------------------------------------------------------
 */

/* The error code is `code`. */
bool kit_aws_is(const struct kit_aws_reply *reply, const char *code);

/* What to end with; what an AlreadyExists or a NoSuch means only the driver knows, and asks kit_aws_is first.
 *   2xx                                                   OK
 *   never sent; throttled, also as HTTP 400;
 *   PriorRequestNotComplete; keys that ran out and
 *   can be had anew                                       RETRY (for certain nothing happened)
 *   no reply, 5xx                                         UNSURE for a change, CANNOT_TELL otherwise
 *   all else                                              REFUSED */
uint32_t kit_aws_end(const struct kit_aws_reply *reply, bool changes);
struct lf_result kit_aws_result(const struct kit_aws_reply *reply, bool changes);

/* A reply that is not what was hoped for, in words; `doing`: "create the zone 'eu.acme.example'". */
struct kit_http_words kit_aws_words(const struct kit_aws *aws, struct lf_op *op,
                                    const struct kit_aws_reply *reply, const char *doing);
/* The words as a note with the code "<driver>.<what>", and the result as the answer of item i. */
void kit_aws_fail(const struct kit_aws *aws, struct kit_batch *batch, size_t i,
                  const struct kit_aws_reply *reply, const char *doing);
/* The note alone, for operations that are no batch. */
void kit_aws_note(const struct kit_aws *aws, struct lf_op *op, const struct kit_aws_reply *reply,
                  const char *doing);

#ifdef __cplusplus
}
#endif
