#include "store/store_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"

#define TRIES 200 /* naps of 10 ms: a writer that starts or ends is between two states for a few */
/* After so many a held lock without a living SQLite behind it means that its owner died and left a child. */
#define TRIES_BEFORE_ORPHANED 20

/* ---- a file system that only reads --------------------------------------------------------- */

#define READING_VFS "landfall-reading"

/* SQLite creates a missing log even for a read-only connection; a reader must not. */
static int open_for_reading(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    sqlite3_vfs *base = vfs->pAppData;
    if (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL))
        flags = (flags & ~(SQLITE_OPEN_CREATE | SQLITE_OPEN_READWRITE)) | SQLITE_OPEN_READONLY;
    return base->xOpen(base, name, file, flags, out);
}

static int delete_nothing(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs, (void)name, (void)sync;
    return SQLITE_READONLY;
}

/* SQLite keeps the list of file systems for the life of the process, so ours is made once and never freed. */
static bool add_reading_vfs(void)
{
    if (sqlite3_vfs_find(READING_VFS))
        return true;
    sqlite3_vfs *base = sqlite3_vfs_find(NULL), *ours = malloc(sizeof(*ours));
    if (!base || !ours) {
        free(ours);
        return false;
    }
    *ours = *base;
    ours->pNext = NULL;
    ours->zName = READING_VFS;
    ours->pAppData = base;
    ours->xOpen = open_for_reading;
    ours->xDelete = delete_nothing;
    return sqlite3_vfs_register(ours, 0) == SQLITE_OK;
}

/* ---- the three ways ------------------------------------------------------------------------ */

/* SQLite takes options in a URI only, where three characters mean something. */
static const char *uri_of(struct arena *mem, const char *path, const char *option)
{
    struct buf b;
    buf_init(&b, 0);
    buf_text(&b, path[0] == '/' ? "file://" : "file:");
    for (const char *c = path; *c; c++) {
        if (*c == '%' || *c == '?' || *c == '#')
            buf_print(&b, "%%%02x", (unsigned char)*c);
        else
            buf_char(&b, *c);
    }
    buf_print(&b, "?%s=1", option);
    const char *uri = buf_keep(&b, mem);
    buf_done(&b);
    return uri;
}

static bool open_in_place(struct arena *mem, const char *path, const char *option, struct store_db *db,
                          struct err *err)
{
    if (!add_reading_vfs())
        return err_set(err, "store.io", "opening '%s': SQLite gives no file system", path);
    return store_db_open(db, uri_of(mem, path, option), path, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
                         READING_VFS, err);
}

/* The image stays with the source, which outlives the handle. */
static bool open_image(const char *path, bool detached, struct store_source *s, struct err *err)
{
    if (!store_image_open(path, detached, &s->image, err) ||
        !store_db_open(&s->db, ":memory:", path, SQLITE_OPEN_READWRITE, NULL, err))
        return false;
    sqlite3_int64 size = (sqlite3_int64)s->image.size;
    if (sqlite3_deserialize(s->db.handle, "main", s->image.at, size, size, SQLITE_DESERIALIZE_READONLY) ==
        SQLITE_OK)
        return true;
    return store_db_failed(&s->db, "reading", err);
}

/* ---- choosing ------------------------------------------------------------------------------ */

struct stamp {
    struct stat file, wal;
};

static void look(struct arena *mem, const char *path, struct stamp *out)
{
    memset(out, 0, sizeof(*out));
    if (stat(path, &out->file) != 0)
        out->file.st_size = -1;
    if (stat(arena_print(mem, "%s-wal", path), &out->wal) != 0)
        out->wal.st_size = -1;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* The lock is held by a child of a dead writer: nobody writes, but the next writer may start while we copy.
 */
static bool open_orphaned(struct arena *mem, const char *path, struct store_source *s, struct err *err)
{
    struct stamp before, after;
    look(mem, path, &before);
    if (!open_image(path, true, s, err))
        return false;
    look(mem, path, &after);
    if (same_file(&before.file, &after.file) && same_file(&before.wal, &after.wal))
        return true;
    return err_set(err, "store.busy", "reading '%s': a writer is starting", path);
}

static bool log_is_empty(struct arena *mem, const char *path)
{
    struct stat st;
    return stat(arena_print(mem, "%s-wal", path), &st) != 0 || st.st_size == 0;
}

/* One attempt.  *again says that a failure may be due to a writer that is just starting or ending. */
static bool try_open(struct arena *mem, const char *path, int attempt, struct store_source *s, bool *again,
                     struct err *err)
{
    enum store_lock_state lock = store_lock_share(path, &s->lock_fd);
    bool held = lock == STORE_LOCK_HELD, good;
    s->locked = lock == STORE_LOCK_SHARED;
    s->held = held && store_lock_holder(mem, path, &s->holder);
    if (held && attempt >= TRIES_BEFORE_ORPHANED && !store_lock_is_ours(path))
        good = open_orphaned(mem, path, s, err);
    else if (held)
        good = open_in_place(mem, path, "readonly_shm", &s->db, err);
    else if (log_is_empty(mem, path))
        good = open_in_place(mem, path, "immutable", &s->db, err);
    else
        good = open_image(path, false, s, err);
    good = good && store_db_exec(&s->db, "PRAGMA cell_size_check=1; BEGIN", err) &&
           store_meta_load(&s->db, mem, &s->meta, err);
    /* With a writer only what a damaged or foreign file says is final. */
    *again = held && strcmp(err->code, "store.newer") != 0 && strcmp(err->code, "store.corrupt") != 0 &&
             strcmp(err->code, "store.not_a_store") != 0;
    return good;
}

/* A file that is not there is no failure.  Everything else is tried again for as long as a writer is about.
 */
bool store_source_open(struct arena *mem, const char *path, struct store_source *out, bool *exists,
                       struct err *err)
{
    struct stat st;
    if (stat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
        *exists = false;
        return true;
    }
    for (int attempt = 0;; attempt++) {
        struct store_source s = {0};
        bool again = false;
        struct err why;
        err_clear(&why);
        if (try_open(mem, path, attempt, &s, &again, &why)) {
            *out = s;
            *exists = true;
            return true;
        }
        store_source_close(&s);
        if (!again || attempt >= TRIES) {
            *err = why;
            return false;
        }
        store_lock_nap();
    }
}

void store_source_close(struct store_source *s)
{
    store_db_close(&s->db);
    store_image_close(&s->image);
    if (s->locked)
        file_close_fd(&s->lock_fd);
    s->locked = false;
}
