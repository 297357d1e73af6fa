#include "store/store_commit.h"

#include <inttypes.h>

#include "base/err.h"
#include "base/str.h"
#include "store/store_change.h"
#include "store/store_ledger.h"

struct store_commit {
    struct store_tables tables;
    int backlog;
};

/* ---- opening ------------------------------------------------------------------------------- */

/* cache_size: 32 MiB hold the pages a commit of 1 024 steps touches, many times over.
 * wal_autocheckpoint: the writer does it itself, when nobody waits.
 * secure_delete=FAST: what is deleted is overwritten where that costs no extra page. */
#define PRAGMAS                                                                                              \
    "PRAGMA synchronous=FULL; PRAGMA cache_size=-8192; PRAGMA wal_autocheckpoint=0;"                         \
    "PRAGMA secure_delete=FAST; PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=1"

static int count_pages(void *user, sqlite3 *handle, const char *name, int pages)
{
    struct store_commit *c = user;
    (void)handle, (void)name;
    c->backlog = pages;
    return SQLITE_OK;
}

/* SQLite opens a file it may not write to without a word; a person wants to hear it now, not at the first
 * step. */
static bool open_file(struct store_tables *t, const char *path, struct err *err)
{
    if (!store_db_open(&t->db, path, path, SQLITE_OPEN_READWRITE, NULL, err))
        return false;
    if (sqlite3_db_readonly(t->db.handle, "main") == 1) {
        err_set(err, "store.read_only", "opening '%s': it is not writable", path);
        return err_advise(err,
                          "landfall keeps what it did in that file: make it and its folder writable for you");
    }
    return store_db_exec(&t->db, PRAGMAS, err);
}

/* Every row's place and checksum.  What the rows say was verified by whoever read them before; that none is
 * missing is verified here. */
static bool load_res(struct store_tables *t, struct err *err)
{
    sqlite3_stmt *s AUTO(store_db_close_stmt) = NULL;
    if (!store_db_prepare(&t->db, "SELECT id, address, generation, chk FROM res", &s, err))
        return false;
    struct store_tally found = {0};
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        const char *address = (const char *)sqlite3_column_text(s, 1);
        int64_t id = sqlite3_column_int64(s, 0), generation = sqlite3_column_int64(s, 2);
        struct store_known_res *known = store_known_add_res(t->known, address ? address : "", generation, id);
        known->sum = (uint64_t)sqlite3_column_int64(s, 3);
        store_tally_add(&found, known->sum);
        if (id >= t->next_res)
            t->next_res = id + 1;
    }
    if (rc != SQLITE_DONE)
        return store_db_failed(&t->db, "reading table 'res'", err);
    return store_tally_check(&found, &t->meta.res, t->db.path, "res", err);
}

/* Unfinished ops are read and verified whole: the reconciliation of a resume stands on them. */
static bool load_ops(struct store_tables *t, struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    if (!store_cursor_open(&c, &t->db, STORE_ROWS_OP, "WHERE id>=? AND state NOT IN (?, ?) ORDER BY id", err))
        return false;
    sqlite3_bind_int64(c.stmt, 1, t->meta.op_first);
    sqlite3_bind_int64(c.stmt, 2, STORE_OP_DONE);
    sqlite3_bind_int64(c.stmt, 3, STORE_OP_FAILED);
    struct store_tally found = {0};
    struct store_op row = {0};
    bool more = true;
    while (store_cursor_next(&c, t->turn, &row, &more, err) && more) {
        struct store_known_op *known = store_known_add_op(t->known, row.op_id ? row.op_id : "", c.id);
        known->sum = c.sum;
        known->rest = c.rest;
        store_tally_add(&found, c.sum);
    }
    return !more && store_tally_check(&found, &t->meta.op, t->db.path, "op", err);
}

/* Reads and verifies those rows of a table that its tally is of, when the writer remembers nothing of them.
 */
static bool verify(struct store_tables *t, enum store_rows rows, const char *which,
                   const struct store_tally *written, struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    if (!store_cursor_open(&c, &t->db, rows, which, err))
        return false;
    union {
        struct store_call call;
        struct store_run run;
        struct store_notice notice;
        struct store_approval approval;
    } row = {0};
    struct store_tally found = {0};
    struct arena *mem = arena_new();
    bool more = true;
    while (store_cursor_next(&c, mem, &row, &more, err) && more)
        store_tally_add(&found, c.sum);
    arena_free(mem);
    return !more && store_tally_check(&found, written, t->db.path, c.table->name, err);
}

static bool count_ids(struct store_tables *t, struct err *err)
{
    return store_db_number(&t->db, "SELECT coalesce(max(id), 0) + 1 FROM op", &t->next_op, err) &&
           store_db_number(&t->db, "SELECT coalesce(max(id), 0) + 1 FROM run", &t->next_run, err) &&
           store_db_number(&t->db, "SELECT coalesce(max(seq), 0) + 1 FROM event", &t->next_event, err) &&
           store_db_number(&t->db, "SELECT coalesce(max(id), 0) + 1 FROM notice", &t->next_notice, err) &&
           store_db_number(&t->db, "SELECT coalesce(max(id), 0) + 1 FROM approval", &t->next_approval, err);
}

/* Runs inside the transaction that raises the fence, so that nobody changes what was read before it counts.
 */
static bool load(struct store_tables *t, const char *region, struct err *err)
{
    if (!store_meta_load(&t->db, t->mem, &t->meta, err))
        return false;
    if (!str_equal(t->meta.region, region)) {
        err_set(err, "store.other_region", "the store '%s' belongs to region '%s', not to '%s'", t->db.path,
                t->meta.region, region);
        return err_advise(
            err, "a store cannot be copied for another region: it would claim the first one's objects");
    }
    if (t->meta.schema < STORE_SCHEMA && !store_meta_upgrade(&t->db, t->mem, &t->meta, err))
        return false;
    t->next_res = 1;
    return load_res(t, err) && load_ops(t, err) && verify(t, STORE_ROWS_CALL, "", &t->meta.call, err) &&
           verify(t, STORE_ROWS_RUN, "", &t->meta.run, err) &&
           verify(t, STORE_ROWS_NOTICE, STORE_NOTICE_DUE, &t->meta.notice, err) &&
           verify(t, STORE_ROWS_APPROVAL, "", &t->meta.approval, err) && store_ledger_check_end(t, err) &&
           count_ids(t, err);
}

/* From this commit on every transaction of an earlier writer fails, even of one that was only suspended. */
static bool raise_fence(struct store_tables *t, const struct store_lock_facts *facts, struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    struct store_lock_facts lock = {0};
    bool found = false;
    if (!store_cursor_open(&c, &t->db, STORE_ROWS_LOCK, "WHERE id=1", err) ||
        !store_cursor_next(&c, t->turn, &lock, &found, err))
        return false;
    if (!found)
        return store_db_corrupt(t->db.path, "table 'lock' is empty", err);
    sqlite3_reset(c.stmt);
    int64_t fence = lock.fence + 1;
    lock = *facts;
    lock.fence = t->fence = fence;

    sqlite3_stmt *put AUTO(store_db_close_stmt) = NULL;
    const struct store_table *table = store_row_table(STORE_ROWS_LOCK);
    if (!store_db_prepare(&t->db, store_row_sql_put(t->turn, STORE_ROWS_LOCK, "REPLACE"), &put, err))
        return false;
    uint64_t head = store_row_bind(put, 2, STORE_ROWS_LOCK, &lock, 0, table->count);
    sqlite3_bind_int64(put, 1, 1);
    sqlite3_bind_int64(put, (int)table->count + 2,
                       (int64_t)store_row_sum(STORE_ROWS_LOCK, 1, head, STORE_SUM_START));
    return store_db_run(&t->db, put, "locking", err);
}

bool store_commit_open(const char *path, const char *region, const struct store_lock_facts *facts,
                       struct store_commit **out, struct err *err)
{
    struct arena *mem = arena_new();
    struct store_commit *c = ARENA_NEW(mem, struct store_commit);
    struct store_tables *t = &c->tables;
    t->mem = mem;
    t->turn = arena_new();
    t->known = store_known_new();
    bool good = open_file(t, arena_text(mem, path), err) && store_db_exec(&t->db, "BEGIN IMMEDIATE", err);
    good = good && load(t, region, err) && raise_fence(t, facts, err) && store_change_prepare(t, err) &&
           store_change_run(t, STORE_STMT_COMMIT, err);
    arena_reset(t->turn);
    if (!good) {
        store_commit_close(c, true);
        return false;
    }
    sqlite3_wal_hook(t->db.handle, count_pages, c);
    *out = c;
    return true;
}

void store_commit_close(struct store_commit *c, bool failed)
{
    struct store_tables *t = &c->tables;
    store_change_done(t);
    if (t->db.handle && failed)
        sqlite3_db_config(t->db.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    /* Closing alone would leave a full log when somebody reads just now, and every later reader would have to
     * copy it; this waits for him.  When it fails the log stays, which loses nothing. */
    else if (t->db.handle)
        sqlite3_wal_checkpoint_v2(t->db.handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    store_db_close(&t->db);
    store_known_free(t->known);
    arena_free(t->turn);
    arena_free(t->mem);
}

int64_t store_commit_fence(const struct store_commit *c)
{
    return c->tables.fence;
}

const struct store_meta *store_commit_meta(const struct store_commit *c)
{
    return &c->tables.meta;
}

/* ---- committing ---------------------------------------------------------------------------- */

static bool check_fence(struct store_tables *t, struct err *err)
{
    sqlite3_stmt *s = t->stmts[STORE_STMT_FENCE];
    int rc = sqlite3_step(s);
    int64_t fence = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        store_db_failed(&t->db, "reading", err);
    sqlite3_reset(s);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return false;
    if (fence == t->fence)
        return true;
    err_set(err, "store.fence_taken",
            "another landfall has taken over '%s' (fence %" PRId64 ", ours was %" PRId64 ")", t->db.path,
            fence, t->fence);
    return err_advise(err, "this one stops; look with `landfall status`, then run `landfall resume`");
}

/* The tallies and the serial are written once, behind the last change, with the sums of all of them. */
static bool apply_all(struct store_tables *t, const struct store_batch *first, struct err *err)
{
    for (const struct store_batch *b = first; b; b = b->next) {
        for (const struct store_record *r = b->first; r; r = r->next) {
            if (!store_change_apply(t, r, err))
                return false;
        }
    }
    if (!t->meta_changed)
        return true;
    uint64_t sum, rest;
    return store_change_put(t, STORE_STMT_META, STORE_ROWS_META, 1, &t->meta, &sum, &rest, err);
}

bool store_commit_run(struct store_commit *c, const struct store_batch *first, struct err *err)
{
    struct store_tables *t = &c->tables;
    t->meta_changed = t->res_changed = false;
    if (!store_change_run(t, STORE_STMT_BEGIN, err))
        return false;
    bool good = check_fence(t, err) && apply_all(t, first, err);
    if (good && !store_change_run(t, STORE_STMT_COMMIT, err)) {
        err_detail(err, "whether the last changes were written is unknown until the store is opened again");
        good = false;
    }
    /* Takes back what was not committed; it writes nothing. */
    if (!good && !sqlite3_get_autocommit(t->db.handle))
        sqlite3_exec(t->db.handle, "ROLLBACK", NULL, NULL, NULL);
    arena_reset(t->turn);
    return good;
}

int store_commit_backlog(const struct store_commit *c)
{
    return c->backlog;
}

bool store_commit_checkpoint(struct store_commit *c, struct err *err)
{
    int pages = 0, moved = 0;
    int rc = sqlite3_wal_checkpoint_v2(c->tables.db.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
    if (rc != SQLITE_OK && rc != SQLITE_BUSY)
        return store_db_failed(&c->tables.db, "moving the log into", err);
    c->backlog = pages - moved;
    return true;
}
