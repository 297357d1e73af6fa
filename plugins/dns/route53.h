/* What the parts of dns-route53 share: the instance, and the names of things in the API. */
#pragma once

#include "kit_aws.h"
#include "wish.h"

#include <landfall/dns.h>

/* The version of the API: part of every path, and of the namespace of every document. */
#define ROUTE53_VERSION   "2013-04-01"
#define ROUTE53_NAMESPACE "https://route53.amazonaws.com/doc/" ROUTE53_VERSION "/"

struct route53 {
    struct kit kit;
    struct kit_aws *aws;
};

extern const struct lf_resource route53_zone;
extern const struct lf_resource route53_record;

struct wish_for route53_for(const struct route53 *dns, struct lf_op *op);

/* The id of a zone is its name, a slash and the service's own id, "acme.example/Z1D633PJN98FT9": several
 * zones may have one name there, and the rules of records need the name.  A name, or NULL, and its hosted id.
 */
const char *route53_hosted(const struct route53 *dns, struct lf_op *op, const char *id);
const char *route53_zone_id(const struct route53 *dns, struct lf_op *op, const char *name,
                            const char *hosted);

/* A path below the version. */
KIT_PRINTF(3, 4)
const char *route53_path(const struct route53 *dns, struct lf_op *op, const char *format, ...);

/* A GET, or a DELETE. */
void route53_ask(const struct route53 *dns, struct lf_op *op, const char *method, const char *path,
                 const struct kit_aws_pair *query, size_t count, kit_aws_fn *fn, void *user);
/* A POST of a document. */
void route53_post(const struct route53 *dns, struct lf_op *op, const char *path, const struct kit_text *xml,
                  kit_aws_fn *fn, void *user);
/* 2xx, and a document with this root. */
bool route53_is_good(const struct kit_aws_reply *reply, const char *root);

/* The answer of item i to a reply that is not good; also to one that was good but cannot be read. */
void route53_fail(const struct route53 *dns, struct kit_batch *batch, size_t i,
                  const struct kit_aws_reply *reply, const char *doing);
/* The end of an operation that only looks, likewise. */
void route53_end(const struct route53 *dns, struct lf_op *op, const struct kit_aws_reply *reply,
                 const char *doing);

/* ---- the name in a comment ------------------------------------------------------------------------------
 */

/* "landfall MARKER ADDRESS", and after a bar what somebody else had written there. */
const char *route53_comment(const struct route53 *dns, struct lf_op *op, const struct lf_request *req,
                            const char *before);
/* Texts of the operation; NULL: there is none. */
struct route53_mark {
    const char *marker, *address;
};
struct route53_mark route53_comment_mark(const struct route53 *dns, struct lf_op *op, const char *comment);

/* ---- sweeping -------------------------------------------------------------------------------------------
 */

/* found() for every zone of the account that carries a marker, or for every record in any of its zones. */
void route53_sweep(const struct route53 *dns, struct lf_op *op, bool zones);
