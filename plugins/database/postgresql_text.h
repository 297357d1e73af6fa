/* SQL as text, as far as landfall has to understand it: where statements, quotes and comments begin and end,
 * and which `?` is a placeholder.  The server parses it again and has the last word; what is judged here is
 * only what the server would not refuse, such as a COMMIT. */
#pragma once

#include "kit.h"

/* A placeholder is `?` outside quotes and comments; `??` is the operator `?` of jsonb.  A text that has no
 * placeholder but $1 ... is left as it is. */
struct pgsql_text {
    const char *sql;       /* with $1 ... for `?`; belongs to the operation               */
    size_t marks;          /* placeholders `?`                                            */
    size_t numbered;       /* the highest n of $n                                         */
    size_t statements;     /* that say anything                                           */
    const char *forbidden; /* the first word of a statement that may not be here, or NULL */
    size_t forbidden_line; /* its line, from 1                                            */
};

/* False when a quote or comment never ends: then the server says so better than we can. */
bool pgsql_text_read(const struct kit *kit, struct lf_op *op, const char *sql, struct pgsql_text *out);
/* The line, from 1, of the n-th statement (from 0) of a text. */
size_t pgsql_text_line_of(const char *sql, size_t statement);
/* The line of the n-th character (from 1), as the server counts. */
size_t pgsql_text_line_at(const char *sql, size_t character);
