/* Requests to Stripe's API: one at a time, forms going out, JSON coming back.  It knows headers, errors and
 * the words for them; what is asked is the caller's. */
#pragma once

#include "kit_http.h"
#include "stripe.h"

/* A request that was sent is given this long; Stripe may finish it as much later when its sender is gone. */
#define API_TIMEOUT_MS 30000

/* "name=value" with what has to be encoded encoded: {0} is an empty form. */
void api_field(const struct kit *kit, struct lf_op *op, struct kit_text *form, const char *name,
               const char *value);

/* `path` begins with "/v1/" and may carry a query. */
void api_get(const struct stripe *stripe, struct lf_op *op, const char *path, kit_http_fn *fn, void *user);
void api_delete(const struct stripe *stripe, struct lf_op *op, const char *path, kit_http_fn *fn, void *user);
/* `key`: the Idempotency-Key.  Copied. */
void api_post(const struct stripe *stripe, struct lf_op *op, const char *path, const struct kit_text *form,
              const char *key, kit_http_fn *fn, void *user);

/* A whole answer: 200 with an object in it. */
bool api_is_good(const struct stripe *stripe, const struct kit_http_reply *reply);
/* Stripe kept this answer from an earlier request with the same key, which is finished. */
bool api_is_replay(const struct stripe *stripe, const struct kit_http_reply *reply);
/* A field of the error: "code", "type", "param", "message"; "" where there is none. */
const char *api_error(const struct stripe *stripe, const struct kit_http_reply *reply, const char *field);
/* Stripe has no such object (the one in the path, when `param` is NULL or "id"). */
bool api_is_missing(const struct stripe *stripe, const struct kit_http_reply *reply);
/* The reply to what was being done as note and answer of item i. */
void api_fail(const struct stripe *stripe, struct kit_batch *batch, size_t i,
              const struct kit_http_reply *reply, const char *doing);
