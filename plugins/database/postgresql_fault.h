/* A fault: what went wrong on a server or on the way to it, as the core and a person should hear it. */
#pragma once

#include "postgresql_job.h"

struct pgsql_fault {
    uint32_t status;
    const char *code;
    const char *summary;
    const char *advice;
};

/* `state` is an SQLSTATE; `said` the server's words, which tell apart what has one SQLSTATE. */
struct pgsql_fault pgsql_fault_of(const char *state, const char *said);
/* The SQLSTATE in libpq's verbose text of a connection that did not come to be; "" when the server sent none.
 */
void pgsql_fault_connect_state(const char *text, char state[6]);
/* Nothing was sent, or nothing can have come of it: the verb's word for "not now". */
uint32_t pgsql_fault_not_now(const struct lf_request *req);
