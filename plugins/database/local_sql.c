#include "local_sql.h"

#include <string.h>

/* Statements that would end, split or leave the transaction that holds both the SQL and its ledger row. */
static const struct {
    int action;
    const char *why;
} denied[] = {
    {SQLITE_TRANSACTION, "BEGIN, COMMIT and ROLLBACK: it runs in a transaction of its own already"},
    {SQLITE_SAVEPOINT, "SAVEPOINT and RELEASE: it runs in a transaction of its own already"},
    {SQLITE_ATTACH, "ATTACH: it may reach this database only"},
    {SQLITE_DETACH, "DETACH: it may reach this database only"},
};

/* Pragmas that only read, or that write nothing but this database's own header. */
static const char *const pragmas[] = {
    "table_info",  "table_xinfo",     "table_list",         "index_list",       "index_info",
    "index_xinfo", "user_version",    "application_id",     "foreign_key_list", "foreign_key_check",
    "quick_check", "integrity_check", "defer_foreign_keys",
};

/* Actions that write a table, and which of the two names is the table's. */
static const struct {
    int action;
    int name;
} writes[] = {
    {SQLITE_INSERT, 0},       {SQLITE_UPDATE, 0},         {SQLITE_DELETE, 0},       {SQLITE_DROP_TABLE, 0},
    {SQLITE_CREATE_TABLE, 0}, {SQLITE_ALTER_TABLE, 1},    {SQLITE_CREATE_INDEX, 1}, {SQLITE_DROP_INDEX, 1},
    {SQLITE_CREATE_VIEW, 0},  {SQLITE_CREATE_TRIGGER, 1},
};

static int deny(struct local_sql_denial *denial, const char *why)
{
    denial->why = why;
    return SQLITE_DENY;
}

/* An allow-list: SQLite's list of pragmas grows, and many of them outlive a rollback. */
static int judge_pragma(struct local_sql_denial *denial, const char *name)
{
    for (size_t i = 0; i < sizeof(pragmas) / sizeof(pragmas[0]); i++)
        if (sqlite3_stricmp(name, pragmas[i]) == 0)
            return SQLITE_OK;
    return deny(denial, "this PRAGMA: it would change more than this transaction");
}

/* SQLite asks this while it prepares a statement, once for each thing the statement would do; triggers and
 * views are asked about too, so there is no way around. */
static int judge(void *user, int action, const char *first, const char *second, const char *database,
                 const char *trigger)
{
    struct local_sql_denial *denial = user;
    (void)database;
    (void)trigger;
    for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
        if (denied[i].action == action)
            return deny(denial, denied[i].why);
    if (action == SQLITE_PRAGMA)
        return judge_pragma(denial, first);
    for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
        const char *table = writes[i].name == 0 ? first : second;
        if (writes[i].action == action && table && sqlite3_strnicmp(table, "landfall_", 9) == 0)
            return deny(denial, "writing a landfall_ table: those are landfall's own records");
    }
    return SQLITE_OK;
}

void local_sql_fence(sqlite3 *db, struct local_sql_denial *denial)
{
    sqlite3_set_authorizer(db, denial ? judge : NULL, denial);
}

size_t local_sql_line(sqlite3 *db, const char *sql, const char *at)
{
    int offset = sqlite3_error_offset(db);
    size_t line = 1;
    /* A statement starts with the blank lines before it; without an offset its first word is the place. */
    const char *place = at + (offset > 0 ? (size_t)offset : strspn(at, " \t\r\n"));
    for (const char *one = sql; one < place && *one; one++)
        line += *one == '\n';
    return line;
}
