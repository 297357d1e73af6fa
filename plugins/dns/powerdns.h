/* What the parts of dns-powerdns share: the instance, asking the API, and what its replies mean.
 *
 * PowerDNS answers some refusals as JSON ({"error": "..."}, 422) and others as plain text (401, 404, 409,
 * 500), closes the connection after each, and answers 404 for a missing zone and for a wrong address alike.
 */
#pragma once

#include "kit_http.h"
#include "wish.h"

#define POWERDNS_MARKER "lf1." /* what every marker of landfall's begins with */
#define POWERDNS_POOL   "dns-powerdns"
/* A request of a dead client may land this much later: PowerDNS reads a request for at most 5 s
 * (webserver-connection-timeout's default), and what it has read it does at once; the rest is for a busy
 * database. */
#define POWERDNS_INFLIGHT_MS 10000

struct powerdns {
    struct kit kit;
    char *root;                         /* "https://dns.example:8081/api/v1" */
    char *api;                          /* root and "/servers/localhost"     */
    char *server;                       /* "localhost"                       */
    const char *kind;                   /* of new zones, as the API says it: "Native" or "Master" */
    const struct lf_value *key;         /* handle; the host keeps the settings as long as the driver */
    const struct lf_value *nameservers; /* of zones that name none; or NULL */
    bool charged;
};

struct wish_for powerdns_for(const struct powerdns *dns, struct lf_op *op);

/* `path` is below the server: "/zones/eu.acme.example."; a path that begins with "//" is below the root. */
void powerdns_send(const struct powerdns *dns, struct lf_op *op, const char *method, const char *path,
                   const struct lf_value *json, kit_http_fn *fn, void *user);
/* "/zones/eu.acme.example." and what `more` says. */
const char *powerdns_zone_path(const struct powerdns *dns, struct lf_op *op, const char *zone,
                               const char *more);

/* The service's own words: of {"error": "..."}, or NULL where the body is all there is. */
const char *powerdns_said(const struct powerdns *dns, const struct kit_http_reply *reply);
/* Item i cannot be answered because a question went wrong before anything was changed: a change may be tried
 * again, whatever only looks cannot tell. */
void powerdns_unread(struct kit_batch *batch, size_t i, const struct kit_http_reply *reply,
                     const char *doing);
/* A reply that says yes and is not what the API promises: cut off, or somebody else's. */
void powerdns_garbled(struct kit_batch *batch, size_t i, const char *doing);

/* A 404 may mean that a zone is missing, and may mean that this is no PowerDNS.  Asks for what must be there;
 * `fn` learns whether it was, and with which reply. */
typedef void powerdns_control_fn(struct lf_op *op, const struct kit_http_reply *reply, bool good, void *user);
void powerdns_control(const struct powerdns *dns, struct lf_op *op, powerdns_control_fn *fn, void *user);

/* A text of the API in the one form names are compared in. */
const char *powerdns_name(const struct powerdns *dns, struct lf_op *op, const char *text);

/* One writer per zone: overlapping changes of one RRset can leave copies of it (lane). */
const char *powerdns_lane(const struct powerdns *dns, struct lf_op *op, const char *zone);

extern const struct lf_resource powerdns_zone;
extern const struct lf_resource powerdns_record;

void powerdns_preflight(void *self, struct lf_op *op, const struct lf_request *req);
/* found() for everything marked on the server: zones, or records. */
void powerdns_sweep(const struct powerdns *dns, struct lf_op *op, bool zones);
/* The end of an ESTIMATE. */
void powerdns_estimate(const struct powerdns *dns, struct lf_op *op, const char *sku, const char *unit);
