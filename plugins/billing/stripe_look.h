/* One look at Stripe for the requests of a batch: lists and single reads, then what each request sees. */
#pragma once

#include "kit_http.h"
#include "stripe_kind.h"

/* Stripe's own limit of a page. */
#define LOOK_PAGE 100

struct look {
    const struct stripe *stripe;
    const struct kit *kit;
    struct lf_op *op;
    const struct kind *kind;
    const struct lf_request *const *reqs;
    size_t count;
    const char *id; /* of a lone request, learned on the way; wins over the request's own */
    const struct lf_value **rows;
    size_t row_count;
    size_t row_room;
};

/* What there is for one request. */
struct seen {
    const struct lf_value *row; /* NULL: nothing */
    const char *id;
    const char *marker;
    bool is_live; /* neither archived nor deleted */
    size_t many;  /* rows with the request's marker */
};

/* `failed` is the reply without which nothing can be said; NULL: all is seen. */
typedef void look_fn(struct look *look, const struct kit_http_reply *failed, void *user);

struct look *look_new(const struct stripe *stripe, struct lf_op *op, const struct kind *kind,
                      const struct lf_request *const *reqs, size_t count);
/* May be called again for a new look. */
void look_fill(struct look *look, look_fn *fn, void *user);
struct seen look_seen(const struct look *look, const struct lf_request *req);
struct seen look_row(const struct look *look, const struct lf_value *row);
/* The declaration that a request is about. */
const struct lf_value *look_subject(const struct lf_request *req);

/* Verbs: read, recover and find, alone or many; owned. */
void look_verb(const struct kind *kind, const struct stripe *stripe, struct lf_op *op,
               const struct lf_request *const *reqs, size_t count, bool single);
void look_owned(const struct kind *kind, const struct stripe *stripe, struct lf_op *op,
                const struct lf_request *req);
