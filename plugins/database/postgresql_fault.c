#include "postgresql_fault.h"

#include <ctype.h>
#include <string.h>

/* Read where trying again has come to its end, and in a plan, which does not try again at all. */
#define TRY_LATER   "nothing was changed; type this again once the server is well"
#define MEND_SERVER "mend what the server names, then resume"

/* The first row whose prefix fits.  RETRY only where the server said that the transaction was taken back. */
static const struct {
    const char *prefix;
    const char *said; /* NULL: whatever it said */
    struct pgsql_fault fault;
} faults[] = {
    {"08", NULL, {LF_END_RETRY, "database.unreachable", "the connection failed", TRY_LATER}},
    {"40", NULL, {LF_END_RETRY, "database.try_again", "the server asks to try again", TRY_LATER}},
    {"55P03", NULL, {LF_END_RETRY, "database.locked", "a lock was not free in time", TRY_LATER}},
    {"55006", NULL, {LF_END_RETRY, "database.in_use", "somebody is connected to it", "close their sessions"}},
    {"53300",
     NULL,
     {LF_END_RETRY, "database.no_connection_left", "the server has no connection left",
      "end sessions that nobody needs, raise what the server names, or narrow the pool database-postgresql"}},
    {"53100",
     NULL,
     {LF_END_FAILED, "database.no_space", "the server has no space left", "free some, then resume"}},
    {"53", NULL, {LF_END_RETRY, "database.no_room", "the server is out of a resource", TRY_LATER}},
    {"57P0",
     NULL,
     {LF_END_RETRY, "database.server_stopping", "the server is starting or stopping", TRY_LATER}},
    {"XX000",
     "tuple concurrently", /* updated, or deleted */
     {LF_END_RETRY, "database.try_again", "two changes met", TRY_LATER}},
    {"28",
     NULL,
     {LF_END_REFUSED, "database.login_refused", "the server does not let landfall in",
      "check `user`, `password` and the server's pg_hba.conf"}},
    {"3D000",
     NULL,
     {LF_END_REFUSED, "database.no_database", "the database is not there",
      "declare it as a database.database and give its id"}},
    {"58P01",
     NULL,
     {LF_END_REFUSED, "database.not_installed", "the server has no such file",
      "install it on the server's machine"}},
    {"42501",
     NULL,
     {LF_END_REFUSED, "database.not_allowed", "landfall's role may not do that",
      "give the role in `user` the right that the server names"}},
    {"2B", NULL, {LF_END_REFUSED, "database.in_use", "something else depends on it", MEND_SERVER}},
    {"25006",
     NULL,
     {LF_END_REFUSED, "database.only_reads", "a check may only read, and this writes",
      "ask with SELECT; what has to be written belongs in an action"}},
    {"25001",
     NULL,
     {LF_END_REFUSED, "database.not_in_transaction", "it cannot run inside a transaction",
      "run it by hand, or put it into the options of a type that can"}},
    {"22", NULL, {LF_END_REFUSED, "database.server_refused", "the server refuses a value", MEND_SERVER}},
    {"23", NULL, {LF_END_REFUSED, "database.server_refused", "the server refuses a row", MEND_SERVER}},
    {"42",
     NULL,
     {LF_END_REFUSED, "database.server_refused", "the server refuses the statement", MEND_SERVER}},
    {"0A", NULL, {LF_END_REFUSED, "database.server_refused", "the server cannot do that", MEND_SERVER}},
    {"", NULL, {LF_END_FAILED, "database.server_error", "the server reports an error", MEND_SERVER}},
};

struct pgsql_fault pgsql_fault_of(const char *state, const char *said)
{
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        if (strncmp(state, faults[i].prefix, strlen(faults[i].prefix)) == 0 &&
            (!faults[i].said || (said && strstr(said, faults[i].said))))
            return faults[i].fault;
    return faults[sizeof(faults) / sizeof(faults[0]) - 1].fault;
}

/* "... failed: FATAL:  28P01: password authentication failed ..." */
void pgsql_fault_connect_state(const char *text, char state[6])
{
    state[0] = '\0';
    for (const char *at = strstr(text, ":  "); at; at = strstr(at + 1, ":  ")) {
        size_t len = 0;
        while (len < 5 && (isupper((unsigned char)at[3 + len]) || isdigit((unsigned char)at[3 + len])))
            len++;
        if (len < 5 || at[8] != ':' || at[9] != ' ')
            continue;
        memcpy(state, at + 3, 5);
        state[5] = '\0';
        return;
    }
}

uint32_t pgsql_fault_not_now(const struct lf_request *req)
{
    bool looks = req->verb == LF_VERB_READ || req->verb == LF_VERB_FIND;
    return kit_changes(req) || req->verb == LF_VERB_CALL || looks ? LF_END_RETRY : LF_END_CANNOT_TELL;
}
