/* The books: what an accountant has set up in Tryton before landfall comes, found by the names in the drivers
 * block and kept for the life of the process.  What is missing is known by name, and said when it is needed.
 */
#pragma once

#include "kit.h"

struct tryton;
struct rpc_reply;

#define BOOKS_INTERVALS 3u

struct books_name {
    const char *name;
    char *own; /* the same where it is ours to free */
    int64_t id;
};

/* Records of one model by their code or name, sorted as Tryton gave them. */
struct books_names {
    struct books_name *at;
    size_t count;
};

struct books_list {
    int64_t id; /* 0: not there */
    bool tax_included;
};

struct books {
    bool loaded;
    int64_t company; /* 0 in each of these: not there */
    int64_t currency;
    char currency_code[4];
    int64_t tax_account;
    int64_t tax_rule;
    int64_t unit;          /* the unit of measure services are sold in */
    int64_t sequence_type; /* of invoices */
    struct books_list lists[BOOKS_INTERVALS];
    int64_t recurrences[BOOKS_INTERVALS];
    struct books_names groups;       /* of taxes, by code           */
    struct books_names categories;   /* of products' accounting, by name */
    struct books_names countries;    /* by code */
    struct books_names subdivisions; /* by code */
};

/* failed NULL: they are there.  Otherwise nothing was kept, and the next who needs them asks again. */
typedef void books_fn(struct lf_op *op, const struct rpc_reply *failed, void *user);

void books_need(struct tryton *tryton, struct lf_op *op, books_fn *fn, void *user);
void books_free(struct books *books);
/* 0: not there. */
int64_t books_find(const struct books_names *names, const char *name);
