#include "store/store_meta.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "store/store.h"
#include "store/store_ledger.h"
#include "store/store_lock.h"
#include "store/store_word.h"

/* "LFst" as the header's application id, so that `file` and we know a store from any other SQLite file. */
#define APPLICATION_ID 0x4C467374

/* 4 KiB is what file systems write; larger pages make a commit of one row dearer, smaller ones push a row
 * with its JSON onto overflow pages. */
#define PAGE_SIZE 4096

/* ---- creating ------------------------------------------------------------------------------ */

/* The one row of a table that has one, or a row of one without an id; *sum is its checksum. */
static bool put_row(struct store_db *db, struct arena *mem, enum store_rows rows, const void *row,
                    uint64_t *sum, struct err *err)
{
    const struct store_table *table = store_row_table(rows);
    sqlite3_stmt *stmt AUTO(store_db_close_stmt) = NULL;
    if (!store_db_prepare(db, store_row_sql_put(mem, rows, "REPLACE"), &stmt, err))
        return false;
    int id = table->id ? 1 : 0;
    uint64_t head = store_row_bind(stmt, id + 1, rows, row, 0, table->count);
    *sum = store_row_sum(rows, id, head, STORE_SUM_START);
    if (id)
        sqlite3_bind_int64(stmt, 1, id);
    sqlite3_bind_int64(stmt, id + (int)table->count + 1, (int64_t)*sum);
    return store_db_run(db, stmt, "filling", err);
}

static bool make_index(struct store_db *db, enum store_rows rows, struct err *err)
{
    const char *index = store_row_table(rows)->index;
    return !index || store_db_exec(db, index, err);
}

/* All in one transaction of a file nobody knows yet; what makes it durable comes after. */
static bool fill(struct store_db *db, const char *region, const char *lineage, struct arena *mem,
                 struct err *err)
{
    char key[DIGEST_KEY * 2 + 1];
    digest_random_hex(DIGEST_KEY, key);
    char genesis[DIGEST_HEX];
    store_ledger_genesis(lineage, genesis);
    struct store_meta meta = {.schema = STORE_SCHEMA,
                              .lineage = lineage,
                              .region = region,
                              .digest_key = key,
                              .op_first = 1,
                              .audit_head = genesis};
    struct store_lock_facts lock = {.nonce = "", .host = "", .command = ""};

    const char *start = arena_print(mem,
                                    "PRAGMA page_size=%d; PRAGMA auto_vacuum=0; PRAGMA synchronous=0;"
                                    "PRAGMA journal_mode=WAL; PRAGMA application_id=%d; BEGIN",
                                    PAGE_SIZE, APPLICATION_ID);
    if (!store_db_exec(db, start, err))
        return false;
    for (enum store_rows rows = 0; rows < STORE_ROWS_TABLES; rows++) {
        if (!store_db_exec(db, store_row_sql_create(mem, rows), err) || !make_index(db, rows, err))
            return false;
    }
    uint64_t sum;
    return put_row(db, mem, STORE_ROWS_META, &meta, &sum, err) &&
           put_row(db, mem, STORE_ROWS_LOCK, &lock, &sum, err) && store_db_exec(db, "COMMIT", err);
}

/* SQLite gives its side files the mode of this one. */
static bool make_file(const char *path, struct err *err)
{
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return store_db_failed_sys(path, errno, "creating", err);
    close(fd);
    return true;
}

static bool sync_path(const char *path, int flags, struct err *err)
{
    int fd AUTO(file_close_fd) = open(path, O_RDONLY | O_CLOEXEC | flags);
    if (fd < 0 || fsync(fd) != 0)
        return store_db_failed_sys(path, errno, "writing", err);
    return true;
}

static void remove_draft(const char *draft, struct arena *mem)
{
    unlink(draft);
    unlink(arena_print(mem, "%s-wal", draft));
    unlink(arena_print(mem, "%s-shm", draft));
}

/* Everything happens under another name: rename is what makes it a store. */
static bool make_draft(const char *draft, const char *region, const char *lineage, struct arena *mem,
                       struct err *err)
{
    struct store_db db = {0};
    if (!make_file(draft, err) || !store_db_open(&db, draft, draft, SQLITE_OPEN_READWRITE, NULL, err))
        return false;
    bool good = fill(&db, region, lineage, mem, err);
    store_db_close(&db); /* the last connection moves the log into the file */
    return good && sync_path(draft, 0, err);
}

bool store_meta_create(const char *path, const char *region, const char *lineage, struct err *err)
{
    struct arena *mem = arena_new();
    const char *draft = arena_print(mem, "%s.new", path);
    remove_draft(draft, mem); /* of a crash */
    bool good = make_draft(draft, region, lineage, mem, err);
    if (good && rename(draft, path) != 0)
        good = store_db_failed_sys(path, errno, "creating", err);
    if (!good)
        remove_draft(draft, mem);
    good = good && sync_path(file_folder(mem, path), O_DIRECTORY, err);
    arena_free(mem);
    return good;
}

/* ---- upgrading ----------------------------------------------------------------------------- */

/* How a store of that schema writes its row of meta. */
static enum store_rows shape_of(int64_t schema)
{
    return schema < 2 ? STORE_ROWS_META_1 : schema < 3 ? STORE_ROWS_META_2 : STORE_ROWS_META;
}

/* What was said before there was a table of it. */
static bool fill_words(struct store_db *db, struct arena *mem, struct store_meta *meta, struct err *err)
{
    struct map *words = map_new();
    const char *subject;
    void *word;
    bool good = store_word_collect(db, mem, words, err);
    for (size_t at = 0; good && map_next(words, &at, &subject, &word);) {
        uint64_t sum = 0;
        good = put_row(db, mem, STORE_ROWS_WORD, word, &sum, err);
        store_tally_add(&meta->word, sum);
    }
    map_free(words);
    return good;
}

bool store_meta_upgrade(struct store_db *db, struct arena *mem, struct store_meta *meta, struct err *err)
{
    static const struct {
        enum store_rows rows;
        int64_t since; /* schema that has the table */
    } added[] = {
        {STORE_ROWS_AUDIT, 2}, {STORE_ROWS_NOTICE, 2}, {STORE_ROWS_APPROVAL, 2}, {STORE_ROWS_WORD, 3}};
    const struct store_table *old = store_row_table(shape_of(meta->schema)),
                             *now = store_row_table(STORE_ROWS_META);
    for (size_t i = old->count; i < now->count; i++) {
        if (!store_db_exec(db, store_row_sql_add_column(mem, STORE_ROWS_META, i), err))
            return false;
    }
    for (size_t i = 0; i < COUNT_OF(added); i++) {
        if (meta->schema < added[i].since &&
            !store_db_exec(db, store_row_sql_create(mem, added[i].rows), err))
            return false;
    }
    /* Indexes came with schema 3. */
    for (enum store_rows rows = 0; rows < STORE_ROWS_TABLES; rows++) {
        if (!make_index(db, rows, err))
            return false;
    }
    if (!fill_words(db, mem, meta, err) ||
        !store_db_number(db, "SELECT chk FROM run ORDER BY id DESC LIMIT 1", &meta->run_newest, err))
        return false;
    char genesis[DIGEST_HEX];
    store_ledger_genesis(meta->lineage, genesis);
    if (meta->schema < 2)
        meta->audit_head = arena_text(mem, genesis);
    meta->schema = STORE_SCHEMA;
    uint64_t sum;
    return put_row(db, mem, STORE_ROWS_META, meta, &sum, err);
}

/* ---- loading ------------------------------------------------------------------------------- */

/* Asked before anything else is read: a newer schema may have other columns, but keeps this one. */
static bool check_schema(struct store_db *db, int64_t *out, struct err *err)
{
    int64_t application = 0, schema = 0;
    if (!store_db_number(db, "PRAGMA application_id", &application, err))
        return false;
    if (application != APPLICATION_ID) {
        err_set(err, "store.not_a_store", "'%s' is not a store of landfall", db->path);
        return err_advise(err, "move that file away, or restore the store from a backup");
    }
    if (!store_db_number(db, "SELECT schema FROM meta WHERE id=1", &schema, err))
        return false;
    *out = schema;
    if (schema <= STORE_SCHEMA)
        return true; /* less than 1 fails at the row's checksum */
    err_set(err, "store.newer",
            "the store '%s' was made by a newer landfall: its schema is %" PRId64 ", this one knows %d",
            db->path, schema, STORE_SCHEMA);
    return err_advise(err, "use the newer landfall; there is no way back for a store");
}

bool store_meta_load(struct store_db *db, struct arena *mem, struct store_meta *out, struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    struct store_meta meta = {0};
    bool found = false;
    int64_t schema = 0;
    if (!check_schema(db, &schema, err))
        return false;
    if (!store_cursor_open(&c, db, shape_of(schema), "WHERE id=1", err) ||
        !store_cursor_next(&c, mem, &meta, &found, err))
        return false;
    if (!found)
        return store_db_corrupt(db->path, "table 'meta' is empty", err);
    if (!meta.lineage || !meta.region || !meta.digest_key || strlen(meta.digest_key) != DIGEST_KEY * 2 ||
        (schema >= 2 && (!meta.audit_head || strlen(meta.audit_head) != DIGEST_HEX - 1)))
        return store_db_corrupt(db->path, "table 'meta' is incomplete", err);
    *out = meta;
    return true;
}

void store_meta_key(const struct store_meta *meta, uint8_t out[DIGEST_KEY])
{
    for (size_t i = 0; i < DIGEST_KEY; i++) {
        char byte[3] = {meta->digest_key[2 * i], meta->digest_key[2 * i + 1], '\0'};
        out[i] = (uint8_t)strtoul(byte, NULL, 16);
    }
}
