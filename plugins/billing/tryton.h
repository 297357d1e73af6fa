/* billing-tryton, what its units share: one Tryton database, reached as one user, for one company's books. */
#pragma once

#include "tryton_books.h"

#include "kit.h"

/* What a price may be paid for, as the contract names it. */
#define TRYTON_MONTH     0u
#define TRYTON_YEAR      1u
#define TRYTON_ONE_TIME  2u
#define TRYTON_INTERVALS 3u
extern const char *const tryton_intervals[TRYTON_INTERVALS + 1]; /* ends with NULL */

struct tryton {
    struct kit kit;
    char *server;   /* where the server itself is asked: "http://127.0.0.1:8000/" */
    char *database; /* where its database is asked: the same and "acme/"          */
    char *database_name;
    char *user;
    const struct lf_value *password;     /* a handle */
    char *company;                       /* code or name of the company's party */
    char *tax_account;                   /* code or name */
    char *tax_rule;                      /* name */
    char *lists[TRYTON_INTERVALS];       /* names of price lists; NULL: none for that interval */
    char *recurrences[TRYTON_INTERVALS]; /* names of recurrence rule sets; NULL: no service is made */
    char *session;                       /* of the Authorization header; NULL: not logged in */
    int64_t number;                      /* of the last request */
    struct books books;
};
