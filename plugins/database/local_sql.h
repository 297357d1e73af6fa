/* SQL that comes from a playbook: what it may do, and where it went wrong. */
#pragma once

#include <sqlite3.h>
#include <stddef.h>

/* Filled while SQL runs under local_sql_fence; `why` NULL: nothing was denied. */
struct local_sql_denial {
    const char *why;
};

/* From now on statements prepared on `db` may not leave their transaction, reach other files, or write
 * landfall's own tables.  NULL lifts it. */
void local_sql_fence(sqlite3 *db, struct local_sql_denial *denial);
/* The line, from 1, where the statement prepared last went wrong; `sql` is the whole text and `at` where
 * that statement begins in it. */
size_t local_sql_line(sqlite3 *db, const char *sql, const char *at);
