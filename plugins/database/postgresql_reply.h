/* A reply: the rows of a query as JSON, within the contract's bounds. */
#pragma once

#include "kit.h"

#include <libpq-fe.h>

struct pgsql_reply {
    const struct kit *kit;
    struct lf_op *op;
    struct kit_text json;
    size_t rows;
    /* Why it cannot be given, once a function said so. */
    const char *code, *summary, *detail, *advice;
};

void pgsql_reply_begin(struct pgsql_reply *reply, const struct kit *kit, struct lf_op *op);
/* One row; false when it cannot be told, or is one too many. */
bool pgsql_reply_add(struct pgsql_reply *reply, const PGresult *row);
/* The whole reply; `last` says how many rows were changed. */
const char *pgsql_reply_end(struct pgsql_reply *reply, PGresult *last);
