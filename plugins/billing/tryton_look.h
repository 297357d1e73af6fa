/* Looking: what is there for a batch of requests, in one search of the main records and one of each kind of
 * piece, whatever the number of requests. */
#pragma once

#include "tryton_kind.h"

/* failed NULL: look->rows and the pieces are filled. */
typedef void look_fn(struct look *look, const struct rpc_reply *failed, void *user);

/* A look that belongs to the operation, over requests that live as long. */
struct look *look_new(struct tryton *tryton, struct lf_op *op, const struct kind *kind,
                      const struct lf_request *const *reqs, size_t count);
/* Fills it, or fills it again. */
void look_fill(struct look *look, look_fn *fn, void *user);
/* What was seen of one of its requests. */
struct seen look_seen(const struct look *look, const struct lf_request *req);
/* A piece that carries the marker outlived its main record. */
bool look_remains(const struct look *look, const char *marker);
/* What a request is about: what it asks for, or what was there. */
const struct lf_value *look_subject(const struct lf_request *req);

/* The verbs that only look: read, recover, find, over one or many; and owned. */
void look_verb(const struct kind *kind, struct tryton *tryton, struct lf_op *op,
               const struct lf_request *const *reqs, size_t count, bool single);
void look_owned(const struct kind *kind, struct tryton *tryton, struct lf_op *op,
                const struct lf_request *req);
