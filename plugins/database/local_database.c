/* A database is a file.  It appears whole under its name or not at all, its marker is inside it, and it is
 * removed only while nobody else is in the middle of a transaction. */
#include "local_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <landfall/database.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* clang-format off */
const char local_tables[] =
    "create table if not exists landfall_marks ("
    "  one integer primary key check (one = 1),"
    "  name text not null, cluster text, size text, storage_gb integer, replicas integer, place text,"
    "  marker text, address text);"
    "create table if not exists landfall_migrations ("
    "  name text primary key not null,"
    "  checksum text not null, sql text not null, follows text, applied_at text not null,"
    "  released integer not null default 0,"
    "  marker text, address text) without rowid;"
    "create table if not exists landfall_calls (token text primary key not null, reply text not null)"
    "  without rowid;";
/* clang-format on */

/* Whole and in place: also for a file that comes with somebody's mark, once adoption has compared it. */
#define WRITE_MARK                                                                                           \
    "insert or replace into landfall_marks"                                                                  \
    " (one, name, cluster, size, storage_gb, replicas, place, marker, address) values"                       \
    " (1, :id, :want->>'$.cluster', :want->>'$.size', :want->>'$.storage_gb', :want->>'$.replicas',"         \
    " coalesce(:want->>'$.place', :place), :marker, :address);"

/* Side files SQLite puts next to a database. */
static const char *const sides[] = {"-journal", "-wal", "-shm"};

/* Anything in the way counts, a dangling link too: create must not go through it. */
static bool is_there(const char *file)
{
    struct stat found;
    return lstat(file, &found) == 0 || errno != ENOENT;
}

/* A journal of an earlier file of this name would be rolled back into the new one. */
static void remove_sides(struct kit_sql_job *job, const char *file)
{
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++)
        (void)unlink(kit_sql_print(job, "%s%s", file, sides[i]));
}

static void fail_by_errno(struct kit_sql_job *job, struct kit_sql_item *item, uint32_t status,
                          const char *doing)
{
    item->status = status;
    item->note = (struct kit_sql_note){errno == ENOSPC ? "database.no_space" : "database.file_system", NULL,
                                       kit_sql_print(job, "%s '%s' failed", doing, item->file),
                                       kit_sql_print(job, "%s", strerror(errno)),
                                       "check the folder and its file system, then resume"};
}

/* A database that says it lives on a cluster of this instance must find it there. */
static void ask_cluster(struct kit_sql_job *job, struct kit_sql_item *item)
{
    sqlite3 *db = NULL;
    struct kit_sql_item asking = *item;
    const char *file = local_file_of(job, "catalogue");
    bool known = is_there(file) && kit_sql_connect(file, SQLITE_OPEN_READONLY, &db) == SQLITE_OK;
    if (known)
        known = kit_sql_ask(job, db, &asking, "select 1 from cluster where name = :want->>'$.cluster'", NULL);
    if (!known)
        kit_sql_refuse(item, "database.no_cluster", "cluster", "the cluster is not there",
                       kit_sql_print(job, "'%s' does not list it", file),
                       "declare it as a database.cluster and give its id");
    sqlite3_close(db);
}

/* The arguments are JSON here, and SQLite is the reader of JSON at hand. */
static bool names_cluster(struct kit_sql_job *job, struct kit_sql_item *item)
{
    sqlite3 *db = NULL;
    bool named = sqlite3_open(":memory:", &db) == SQLITE_OK &&
                 kit_sql_ask(job, db, item, "select 1 where :want->>'$.cluster' is not null", NULL);
    sqlite3_close(db);
    return named;
}

/* The draft is complete and synced when this returns: the commit is the sync. */
static bool build(struct kit_sql_job *job, struct kit_sql_item *item, const char *draft)
{
    sqlite3 *db = NULL;
    int rc = kit_sql_connect(draft, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "begin immediate", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, local_tables, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = kit_sql_run(db, item, WRITE_MARK);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "commit", NULL, NULL, NULL);
    bool built = rc == SQLITE_OK && kit_sql_look(job, db, item);
    if (rc != SQLITE_OK)
        kit_sql_fail(job, db, item, rc);
    sqlite3_close(db);
    return built;
}

/* Never over a file that came in the meantime.  Some file systems know no such rename; there the lane and
 * the look before must do. */
static bool put_in_place(const char *draft, const char *file)
{
    if (renameat2(AT_FDCWD, draft, AT_FDCWD, file, RENAME_NOREPLACE) == 0)
        return true;
    return (errno == EINVAL || errno == ENOSYS) && rename(draft, file) == 0;
}

/* From here to the rename nobody else can see anything; after it the database is complete.  Until the folder
 * is synced a power cut may still take the name away, so a failure there is in doubt. */
static void create(struct kit_sql_job *job, struct kit_sql_item *item)
{
    const char *draft = kit_sql_print(job, "%s/.%s.db.new", job->driver->folder, item->id);
    if (!kit_sql_make_folder(job->driver->folder)) {
        fail_by_errno(job, item, errno == ENOSPC ? LF_END_FAILED : LF_END_REFUSED, "making the folder of");
        return;
    }
    /* What a crash left of an earlier try, and side files of a database that is no more. */
    (void)unlink(draft);
    remove_sides(job, draft);
    remove_sides(job, item->file);
    if (!build(job, item, draft)) {
        (void)unlink(draft);
        return;
    }
    if (!put_in_place(draft, item->file)) {
        item->status = errno == EEXIST ? LF_END_EXISTS : 0;
        if (item->status == 0)
            fail_by_errno(job, item, LF_END_FAILED, "naming");
        item->got_marker = NULL;
        (void)unlink(draft);
    } else if (!kit_sql_sync_folder(job->driver->folder)) {
        fail_by_errno(job, item, LF_END_UNSURE, "syncing the folder of");
    } else {
        item->status = LF_END_OK;
    }
}

/* Looks at the mark and removes the file under one exclusive lock: a program in the middle of a transaction
 * makes this wait, and then end as RETRY. */
static void destroy(struct kit_sql_job *job, struct kit_sql_item *item)
{
    sqlite3 *db = NULL;
    int rc = kit_sql_connect(item->file, SQLITE_OPEN_READWRITE, &db);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "begin exclusive", NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        kit_sql_fail(job, db, item, rc);
    else if (kit_sql_look(job, db, item) && !kit_sql_is_ours(item))
        item->status = LF_END_EXISTS;
    if (item->status == 0) {
        /* The lock is held, so no transaction of anybody is cut in half. */
        if (unlink(item->file) != 0)
            fail_by_errno(job, item, LF_END_FAILED, "removing");
        remove_sides(job, item->file);
    }
    sqlite3_close(db);
    if (item->status == 0 && !kit_sql_sync_folder(job->driver->folder))
        fail_by_errno(job, item, LF_END_UNSURE, "syncing the folder of");
    if (item->status == 0)
        item->status = LF_END_OK;
}

/* Making and removing the file; all else is the row inside it. */
static bool whole_database(struct kit_sql_job *job, struct kit_sql_item *item)
{
    bool there = is_there(item->file);
    if (item->verb == LF_VERB_CREATE && names_cluster(job, item))
        ask_cluster(job, item);
    if (item->status != 0)
        return true;
    if (item->verb == LF_VERB_CREATE && !there)
        create(job, item);
    else if (item->verb == LF_VERB_DESTROY && there)
        destroy(job, item);
    return item->status != 0;
}

/* catalogue.db would be a valid name otherwise. */
static bool check_database(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                           struct kit_sql_note *bad)
{
    const char *name = kit_get_text(kit, desired, "name");
    (void)op;
    if (!name || strcmp(name, "catalogue") != 0)
        return true;
    *bad = (struct kit_sql_note){"database.bad_name", "name", "'catalogue' is the driver's own file",
                                 "catalogue.db lists clusters and users", "choose another name"};
    return false;
}

static const char *const keys[] = {"name", NULL};
static const struct kit_sql_range ranges[] = {
    {"replicas", 0, 100},
    {"storage_gb", 1, 1000000},
    {NULL, 0, 0},
};

/* A file that was copied still says its old name, and is nobody's until adopted. */
#define COLUMNS                                                                                              \
    "select name, marker, address, json_patch('{}', json_object('name', name, 'cluster', cluster,"           \
    " 'size', size, 'storage_gb', storage_gb, 'replicas', replicas, 'place', place, 'host', 'localhost',"    \
    " 'path', :file)) from landfall_marks "

const struct kit_sql_type local_database_rows = {
    .subsystem = "database",
    .noun = "database",
    .pool = LOCAL_POOL,
    .contract = &lf_database_database,
    .keys = keys,
    .name_chars = LOCAL_NAME_CHARS,
    .name_max = LOCAL_NAME_MAX,
    .table = "landfall_marks",
    .ensure = local_tables,
    .one = COLUMNS "where name = :id",
    .bare = "select :id, null, null, json_object('name', :id, 'host', 'localhost', 'path', :file)",
    .all = COLUMNS "where name = :id and marker is not null",
    .change = WRITE_MARK,
    .scattered = true,
    .file = local_file,
    .ranges = ranges,
    .check = check_database,
    .whole = whole_database,
};
