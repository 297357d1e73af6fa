#include "store/store_db.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

/* How long a foreign program (a backup, the sqlite3 shell) may hold us up. */
#define BUSY_MS 2000

bool store_db_open(struct store_db *db, const char *name, const char *path, int flags, const char *vfs,
                   struct err *err)
{
    *db = (struct store_db){.path = path};
    int rc = sqlite3_open_v2(name, &db->handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
    if (rc != SQLITE_OK) {
        store_db_failed(db, "opening it", err);
        store_db_close(db);
        return false;
    }
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return true;
}

/* Statements are closed before: SQLite keeps a handle that still has some. */
void store_db_close(struct store_db *db)
{
    sqlite3_close(db->handle);
    db->handle = NULL;
}

void store_db_close_stmt(sqlite3_stmt **stmt)
{
    sqlite3_finalize(*stmt);
    *stmt = NULL;
}

bool store_db_exec(struct store_db *db, const char *sql, struct err *err)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ||
           store_db_failed(db, "writing", err);
}

bool store_db_prepare(struct store_db *db, const char *sql, sqlite3_stmt **out, struct err *err)
{
    if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) == SQLITE_OK)
        return true;
    return store_db_failed(db, "looking at its tables", err);
}

bool store_db_run(struct store_db *db, sqlite3_stmt *stmt, const char *doing, struct err *err)
{
    bool good = sqlite3_step(stmt) == SQLITE_DONE;
    if (!good)
        store_db_failed(db, doing, err);
    sqlite3_reset(stmt);
    return good;
}

bool store_db_number(struct store_db *db, const char *sql, int64_t *out, struct err *err)
{
    sqlite3_stmt *stmt AUTO(store_db_close_stmt) = NULL;
    if (!store_db_prepare(db, sql, &stmt, err))
        return false;
    int rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return store_db_failed(db, "looking at its tables", err);
    *out = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    return true;
}

/* ---- errors -------------------------------------------------------------------------------- */

static bool no_space(const char *path, const char *doing, const char *why, struct err *err)
{
    err_set(err, "store.no_space", "%s '%s': no room left: %s", doing, path, why);
    return err_advise(err,
                      "free disk space (or raise the quota), then run `landfall resume`: nothing is lost");
}

static bool read_only(const char *path, const char *doing, const char *why, struct err *err)
{
    err_set(err, "store.read_only", "%s '%s': %s", doing, path, why);
    return err_advise(err,
                      "landfall keeps what it did in that file: make it and its folder writable for you");
}

static bool broken_disk(const char *path, const char *doing, const char *why, struct err *err)
{
    err_set(err, "store.io", "%s '%s': %s", doing, path, why);
    return err_advise(err, "look at the system's log, the disk may be failing; then run `landfall resume`");
}

static bool too_many_files(const char *path, const char *doing, const char *why, struct err *err)
{
    err_set(err, "store.io", "%s '%s': %s", doing, path, why);
    return err_advise(err, "raise the limit (ulimit -n), then run `landfall resume`");
}

bool store_db_failed_sys(const char *path, int errno_value, const char *doing, struct err *err)
{
    char reason[128];
    const char *why = strerror_r(errno_value, reason, sizeof(reason)); /* the GNU form */
    switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return no_space(path, doing, why, err);
    case EACCES:
    case EPERM:
    case EROFS:
        return read_only(path, doing, why, err);
    case EMFILE:
    case ENFILE:
        return too_many_files(path, doing, why, err);
    default:
        return broken_disk(path, doing, why, err);
    }
}

bool store_db_corrupt(const char *path, const char *what, struct err *err)
{
    err_set(err, "store.corrupt", "the store '%s' is damaged: %s", path, what);
    return err_advise(
        err, "restore a backup of that file; without one, move it away, "
             "and take over what exists with `landfall adopt REGION ADDRESS --why TEXT --lineage OLD`");
}

static bool not_a_store(const char *path, const char *why, struct err *err)
{
    err_set(err, "store.not_a_store", "'%s' is not a store of landfall: %s", path, why);
    return err_advise(err, "move that file away, or restore the store from a backup");
}

/* Our own readers and writers never meet like this: they go by the lock file. */
static bool busy(const char *path, const char *doing, struct err *err)
{
    err_set(err, "store.busy", "%s '%s': another program holds it", doing, path);
    return err_advise(err, "close what has it open (a backup tool, the sqlite3 shell), then run it again");
}

/* The system's reason, 0 when SQLite does not know one.  What a COMMIT fails with is known only to the file
 * that failed: the store itself or its log. */
static int system_reason(struct store_db *db)
{
    int number = db->handle ? sqlite3_system_errno(db->handle) : 0;
    sqlite3_file *log = NULL;
    if (number == 0 && db->handle)
        sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
    if (number == 0 && db->handle)
        sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (log && log->pMethods)
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number);
    return number;
}

/* A file that SQLite cannot make it tries to open for reading, so that all it remembers of the true reason is
 * that the file is not there. */
static bool no_side_file(const char *path, const char *doing, struct err *err)
{
    err_set(err, "store.io", "%s '%s': a file beside it cannot be made", doing, path);
    return err_advise(
        err, "see that the disk has room, the folder is writable for you and the limit of open files "
             "(ulimit -n) is not reached; then run `landfall resume`");
}

static bool failed_io(struct store_db *db, const char *doing, const char *why, struct err *err)
{
    int number = system_reason(db);
    if (number == ENOENT)
        return no_side_file(db->path, doing, err);
    if (number != 0)
        return store_db_failed_sys(db->path, number, doing, err);
    return broken_disk(db->path, doing, why, err);
}

bool store_db_failed(struct store_db *db, const char *doing, struct err *err)
{
    int code = db->handle ? sqlite3_errcode(db->handle) & 0xFF : SQLITE_NOMEM;
    const char *why = db->handle ? sqlite3_errmsg(db->handle) : "out of memory";
    char what[512];
    switch (code) {
    case SQLITE_FULL:
        return no_space(db->path, doing, why, err);
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return read_only(db->path, doing, why, err);
    case SQLITE_NOTADB:
        return not_a_store(db->path, why, err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return busy(db->path, doing, err);
    case SQLITE_CORRUPT:
        sqlite3_snprintf(sizeof(what), what, "%s: %s", doing, why);
        return store_db_corrupt(db->path, what, err);
    case SQLITE_ERROR: /* our own SQL is right: a table or a column is missing */
        sqlite3_snprintf(sizeof(what), what, "%s: %s", doing, why);
        return store_db_corrupt(db->path, what, err);
    default:
        return failed_io(db, doing, why, err);
    }
}
