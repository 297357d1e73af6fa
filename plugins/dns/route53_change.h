/* A batch of changes to the record sets of one zone, which Route 53 does whole or not at all, and the waiting
 * until its name servers answer with it: a change that is PENDING is accepted, not done. */
#pragma once

#include "route53_set.h"

/* The API's limits of a batch: its values, and their characters. */
#define CHANGE_VALUES_MOST 1000u
#define CHANGE_CHARS_MOST  32000u

struct change {
    struct kit_text xml;
    size_t values, chars;
};

/* An UPSERT counts twice. */
void change_add(const struct route53 *dns, struct lf_op *op, struct change *change, const char *action,
                const struct route53_set *set);
void change_send(const struct route53 *dns, struct lf_op *op, const char *hosted, struct change *change,
                 kit_aws_fn *fn, void *user);
/* The id in <ChangeInfo>, or NULL. */
const char *change_id(const struct route53 *dns, struct lf_op *op, const struct kit_aws_reply *reply);
/* Its status is INSYNC. */
bool change_is_done(const struct kit_aws_reply *reply);

/* reply: NULL when it is INSYNC, otherwise what came instead. */
typedef void change_done_fn(struct lf_op *op, const struct kit_aws_reply *reply, void *user);
void change_wait(const struct route53 *dns, struct lf_op *op, const char *id, change_done_fn *fn, void *user);
