/* A hosted zone as Route 53 tells it: itself, its apex records and the state of its signatures.  Three
 * questions. */
#pragma once

#include "route53_set.h"

struct view {
    const struct route53 *dns;
    const char *hosted;
    const char *name, *reference, *comment;
    struct route53_mark mark; /* in the comment */
    bool is_private;
    const char **servers;
    size_t server_count;
    const struct route53_set *ns, *soa;
    const char **ds;
    size_t ds_count;
};

/* reply: NULL when the view is whole, otherwise what came instead. */
typedef void view_fn(struct lf_op *op, const struct kit_aws_reply *reply, void *user);
void view_get(struct lf_op *op, struct view *view, view_fn *fn, void *user);

/* The words of the SOA record: server, mailbox, five numbers.  false: there is no whole one. */
#define VIEW_SOA_WORDS 7
bool view_soa(const struct view *view, struct lf_op *op, const char *words[VIEW_SOA_WORDS]);

/* One zone of a list. */
struct view_row {
    const char *hosted, *name, *reference;
    struct route53_mark mark;
    bool is_private;
};
/* false: no more is wanted. */
typedef bool view_row_fn(struct lf_op *op, const struct view_row *row, void *user);
/* All zones of the account, or with a name those of that name.  The lists lag behind what was made. */
void view_list(const struct route53 *dns, struct lf_op *op, const char *name, view_row_fn *each,
               view_fn *done, void *user);
