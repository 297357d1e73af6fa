/* One record set as Route 53 keeps it: read from a list, made from a wish, printed into a change.
 *
 * Beside the canonical form each value keeps the service's own spelling, because a change that takes a set
 * away must name it exactly.  Everything belongs to the operation. */
#pragma once

#include "route53.h"

struct route53_set {
    const char *owner; /* lower case, without a final dot; a wildcard's first label is "*" */
    const char *type;
    uint32_t ttl;
    const char **raw;
    const char **rdata; /* canonical; what has no canonical form is as it was */
    size_t count;
    const char *special; /* what it is instead of plain values: "an alias of 'x.example.net'"; or NULL */
};

/* NULL: the element is no record set. */
struct route53_set *set_parse(const struct route53 *dns, struct lf_op *op, const struct kit_xml *xml);
struct route53_set *set_make(const struct route53 *dns, struct lf_op *op, const char *owner, const char *type,
                             uint32_t ttl, const char *const *rdata, size_t count);
/* One <Change>. */
void set_add_change(const struct route53 *dns, struct lf_op *op, struct kit_text *xml, const char *action,
                    const struct route53_set *set);
/* What it weighs in a batch: its values, and their characters. */
size_t set_chars(const struct route53_set *set);
/* Type and owner are these. */
bool set_is(const struct route53_set *set, const char *owner, const char *type);

/* ---- lists ----------------------------------------------------------------------------------------------
 */

/* false: no more is wanted. */
typedef bool set_each_fn(struct lf_op *op, const struct route53_set *set, void *user);
/* reply: NULL when all was given, otherwise what came instead of a page. */
typedef void set_done_fn(struct lf_op *op, const struct kit_aws_reply *reply, void *user);

/* The sets of a zone in the service's order (by labels from the right, then by type), from `name` and `type`
 * on; both NULL: all.  `most`: of one page; 0: the service's most. */
void set_list(const struct route53 *dns, struct lf_op *op, const char *hosted, const char *name,
              const char *type, unsigned most, set_each_fn *each, set_done_fn *done, void *user);

/* One page of it, of at most `most` sets.  *more (borrowed until `done`) tells whether it goes on behind. */
void set_page(const struct route53 *dns, struct lf_op *op, const char *hosted, const char *name,
              const char *type, unsigned most, bool *more, set_each_fn *each, set_done_fn *done, void *user);
/* The service's order: negative, 0 or positive. */
int set_order(const char *owner, const char *type, const char *other_owner, const char *other_type);

/* ---- markers --------------------------------------------------------------------------------------------
 */

/* The marker of a record is a TXT record "_<type>.<name>._landfall.<zone>", made, changed and removed by the
 * batch that makes, changes and removes the record.  Its strings: the marker; the token of the change that
 * wrote it last, so that no two states of a record are alike and a late request of a dead process meets none
 * it was meant for; the step's address.  All lie in one branch of the zone: none is below a delegation or
 * beside a CNAME.  The label "-", which no record can have, stands for "*". */
#define SET_MARK_BRANCH "_landfall"

struct set_mark {
    const char *marker, *token, *address;
};

/* NULL: it would be longer than a name can be; then *over says by how many characters. */
const char *set_mark_name(const struct route53 *dns, struct lf_op *op, const char *zone, const char *owner,
                          const char *type, size_t *over);
struct route53_set *set_mark_make(const struct route53 *dns, struct lf_op *op, const char *name,
                                  const struct set_mark *mark);
/* False: it is no marker of landfall's. */
bool set_mark_read(const struct route53 *dns, struct lf_op *op, const struct route53_set *set,
                   struct set_mark *mark);
/* What the marker's name stands for: "A" and "api".  False: it is none of this zone's. */
bool set_mark_subject(const struct route53 *dns, struct lf_op *op, const char *zone, const char *name,
                      const char **type, const char **relative);
