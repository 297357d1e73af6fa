/* Calls of Tryton over JSON-RPC, with a session that is opened when it is first needed and again when it has
 * run out.  The session lives in memory only.
 *
 * What a reply means, besides what HTTP means (kit_http.h): Tryton answers its own refusals with status 200
 * and
 * {"error": [class, ...]}.  A UserError, a UserWarning and a ConcurrencyException are raised inside the
 * transaction, which is then rolled back: nothing happened, for certain.  Of any other exception that is not
 * known, so it leaves a change in doubt. */
#pragma once

#include "kit_http.h"

struct tryton;

struct rpc_ask {
    const char *method;            /* "model.party.party.create" */
    const struct lf_value *params; /* a list that ends with the context */
    const char *doing;             /* "create the party 'acme-eu'", for messages */
    bool changes;                  /* false: it only asks */
};

struct rpc_reply {
    uint32_t status;               /* OK, or what a read or a change that met this ends with */
    const struct lf_value *result; /* with OK; never NULL */
    bool is_before;                /* the call itself was never sent */
    bool is_conflict;              /* somebody else wrote a record meanwhile; nothing was done */
    uint32_t retry_after_ms;
    const char *code; /* of the note; NULL with OK and CANCELED */
    const char *summary;
    const char *detail;
    const char *advice;
};

typedef void rpc_fn(struct lf_op *op, const struct rpc_reply *reply, void *user);

/* The callback comes exactly once, later. */
void rpc_call(struct tryton *tryton, struct lf_op *op, const struct rpc_ask *ask, rpc_fn *fn, void *user);
/* A question to the server itself, which needs no session. */
void rpc_server(struct tryton *tryton, struct lf_op *op, const char *method, const char *doing, rpc_fn *fn,
                void *user);
/* Opens a session without calling anything; the result is the user's number. */
void rpc_login(struct tryton *tryton, struct lf_op *op, rpc_fn *fn, void *user);

/* model.<model>.search_read(domain, offset, limit, order, fields, context). */
struct rpc_search {
    const char *model;
    const struct lf_value *domain;
    const char *const *fields; /* ends with NULL */
    int64_t offset;
    int64_t limit;                  /* 0: none */
    const struct lf_value *context; /* NULL: rpc_context */
};
void rpc_find(struct tryton *tryton, struct lf_op *op, const struct rpc_search *search, rpc_fn *fn,
              void *user);
/* {"company": N, "active_test": false}: the company's values, and what was deactivated is seen. */
const struct lf_value *rpc_context(const struct tryton *tryton, struct lf_op *op);
