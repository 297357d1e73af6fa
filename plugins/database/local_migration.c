/* A migration is SQL that is applied once: the statements and the ledger row that says so are one
 * transaction.  It cannot be unapplied; destroying one only releases its row. */
#include "local_rows.h"
#include "local_sql.h"

#include <landfall/database.h>
#include <sodium.h>
#include <string.h>

/* The two halves of an id, which every verb has; `want` has them only where something is asked. */
#define NAME     "substr(:id, instr(:id, '/') + 1)"
#define DATABASE "substr(:id, 1, instr(:id, '/') - 1)"

/* The same 64 digits as `b2sum -l 256`, so that a person can compare a ledger with a file. */
const char *local_checksum(const struct kit *kit, struct lf_op *op, const char *text, size_t len)
{
    unsigned char digest[crypto_generichash_BYTES];
    char *hex = kit->ops->scratch(op, sizeof(digest) * 2 + 1);
    (void)crypto_generichash(digest, sizeof(digest), (const unsigned char *)text, len, NULL, 0);
    return sodium_bin2hex(hex, sizeof(digest) * 2 + 1, digest, sizeof(digest));
}

static bool check_migration(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                            struct kit_sql_note *bad)
{
    size_t len = 0;
    const struct lf_value *sql = kit_get(kit, desired, "sql");
    const char *text = sql ? kit->values->as_text(sql, &len) : NULL;
    bool unknown = sql && kit->values->kind(sql) == LF_KIND_UNKNOWN;
    if (unknown || (text && len > 0 && len <= LOCAL_SQL_MAX && strlen(text) == len))
        return true;
    *bad = (struct kit_sql_note){
        "database.bad_sql", "sql", "the SQL cannot be used",
        kit_format(kit, op, "it must be text without NUL of 1 to %d bytes, and has %zu", LOCAL_SQL_MAX, len),
        "give the text of the migration's file"};
    return false;
}

/* :text is the checksum, extra the SQL.  Verbs that do not ask for anything (read, destroy) have neither. */
static bool prepare_migration(struct kit_sql_job *job, size_t i)
{
    const struct kit *kit = &job->driver->kit;
    const struct lf_request *req = job->batch->reqs[i];
    size_t len = 0;
    const struct lf_value *sql = kit_get(kit, req->desired, "sql");
    const char *text = sql ? kit->values->as_text(sql, &len) : NULL;
    if (!text)
        return true;
    job->items[i].text = local_checksum(kit, job->batch->op, text, len);
    job->items[i].extra = kit_copy(kit, job->batch->op, text, len);
    return true;
}

/* The line is the one a person sees in the file the text came from. */
static void say_where(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item, const char *at,
                      const char *why)
{
    const char *seen = why ? kit_sql_print(job, "it may not use %s", why) : sqlite3_errmsg(db);
    kit_sql_refuse(item, "database.migration_failed", "sql",
                   kit_sql_print(job, "migration '%s' cannot be applied", item->id),
                   kit_sql_print(job, "line %lld: %s", (long long)local_sql_line(db, item->extra, at), seen),
                   "correct the SQL: nothing of this migration was kept");
}

/* Trouble with the file or a lock, as opposed to trouble with the SQL. */
static bool is_outside(int rc)
{
    int code = rc & 0xff;
    return code != SQLITE_ERROR && code != SQLITE_AUTH && code != SQLITE_CONSTRAINT &&
           code != SQLITE_MISMATCH;
}

/* Statement by statement behind the fence, inside the savepoint of the item: whatever goes wrong takes all of
 * them back, and the ledger row with them. */
static void apply(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item)
{
    const char *rest = item->extra;
    struct local_sql_denial denial = {NULL};
    local_sql_fence(db, &denial);
    while (*rest && item->status == 0) {
        const char *at = rest;
        sqlite3_stmt *row = NULL;
        int rc = sqlite3_prepare_v2(db, at, -1, &row, &rest);
        while (rc == SQLITE_OK && row && (rc = sqlite3_step(row)) == SQLITE_ROW)
            rc = SQLITE_OK;
        if (rc != SQLITE_OK && rc != SQLITE_DONE && is_outside(rc))
            kit_sql_fail(job, db, item, rc);
        else if (rc != SQLITE_OK && rc != SQLITE_DONE)
            say_where(job, db, item, at, denial.why);
        sqlite3_finalize(row);
    }
    local_sql_fence(db, NULL);
}

/* A migration of the same batch with a smaller name that could not be applied stops those after it. */
static const char *blocked_by(const struct kit_sql_job *job, const struct kit_sql_item *item)
{
    for (size_t i = 0; i < job->count; i++) {
        const struct kit_sql_item *other = &job->items[i];
        bool broken = other->status != 0 && other->status != LF_END_OK && other->verb == LF_VERB_CREATE;
        if (broken && other->id && strcmp(other->file ? other->file : "", item->file) == 0 &&
            strcmp(other->id, item->id) < 0)
            return other->id;
    }
    return NULL;
}

/* Runs the SQL just before its ledger row is added.  A row that is there already (item->got_id) is a create
 * that was done before. */
static void guard_migration(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item)
{
    if (item->verb != LF_VERB_CREATE || item->got_id)
        return;
    const char *blocker = blocked_by(job, item);
    if (blocker)
        kit_sql_refuse(item, "database.migration_blocked", NULL,
                       kit_sql_print(job, "migration '%s' waits for '%s'", item->id, blocker),
                       "that one comes first and could not be applied", "correct that one, then resume");
    /* A released row says that the SQL is in the database already. */
    else if (!kit_sql_ask(job, db, item, "select 1 from landfall_migrations where name = " NAME, NULL) &&
             item->status == 0)
        apply(job, db, item);
}

/* Asked of the ledger inside the transaction that will write to it, so nothing can come in between. */
#define WRITES (KIT_SQL_ON(LF_VERB_CREATE) | KIT_SQL_ON(LF_VERB_UPDATE))

static const struct kit_sql_rule rules[] = {
    {WRITES,
     "select 'applied ' || applied_at || ' with checksum ' || checksum || ', now it has ' || :text"
     " from landfall_migrations where name = " NAME " and checksum <> :text",
     "migration_changed", "sql", "an applied migration may not change",
     "put its old text back, and write what is new as a new migration"},
    {KIT_SQL_ON(LF_VERB_CREATE),
     "select '''' || name || ''' is applied already' from landfall_migrations where name > " NAME
     " and not exists (select 1 from landfall_migrations where name = " NAME ") order by name desc limit 1",
     "migration_order", "name", "a migration must come after those that are applied",
     "give it a name that sorts last"},
    {WRITES,
     "select '''' || (:want->>'$.follows') || ''' is not in the ledger' where :want->>'$.follows' is not null"
     " and not exists (select 1 from landfall_migrations"
     "  where " DATABASE " || '/' || name = :want->>'$.follows')",
     "migration_follows", "follows", "the migration it follows is not applied",
     "give the id of a migration of the same database that comes before it"},
    {0, NULL, NULL, NULL, NULL, NULL},
};

static const char *const keys[] = {"database", "name", NULL};

#define COLUMNS(database)                                                                                    \
    "select " database " || '/' || name, marker, address, json_patch('{}', json_object("                     \
    "'database', " database ", 'name', name, 'sql', sql, 'follows', follows, 'checksum', checksum,"          \
    " 'applied_at', applied_at)) from landfall_migrations "

const struct kit_sql_type local_migration_rows = {
    .subsystem = "database",
    .noun = "migration",
    .pool = LOCAL_POOL,
    .contract = &lf_database_migration,
    .keys = keys,
    .name_chars = LOCAL_NAME_CHARS,
    .name_max = LOCAL_NAME_MAX,
    .table = "landfall_migrations",
    .ensure = local_tables,
    .one = COLUMNS(DATABASE) "where name = " NAME " and released = 0",
    /* Ledger rows of a copied file are the original's. */
    .all = COLUMNS(":id") "where marker is not null"
                          " and not exists (select 1 from landfall_marks where name <> :id) order by name",
    .add = "insert into landfall_migrations"
           " (name, checksum, sql, follows, applied_at, marker, address) values (" NAME ", :text,"
           " :want->>'$.sql', :want->>'$.follows', strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), :marker, :address)"
           " on conflict (name) do update set released = 0, follows = excluded.follows,"
           " marker = excluded.marker, address = excluded.address",
    .change = "update landfall_migrations set follows = :want->>'$.follows', marker = :marker,"
              " address = :address where name = " NAME,
    .drop = "update landfall_migrations set released = 1, marker = null, address = null where name = " NAME,
    .scattered = true,
    .ordered = true,
    .file = local_file,
    .rules = rules,
    .check = check_migration,
    .prepare = prepare_migration,
    .guard = guard_migration,
};
