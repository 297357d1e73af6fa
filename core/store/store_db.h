/* The connection: one SQLite handle and the name it has for people.  Turns what SQLite says into errors that
 * say what to do.  One thread at a time.  Private to store, and the only header that brings sqlite3.h. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct err;

struct store_db {
    sqlite3 *handle;
    const char *path; /* as the user knows it; outlives this */
};

/* Opens `name` (a path or a file: URI) under SQLITE_OPEN_* flags; `vfs` may be NULL. */
MUST_USE bool store_db_open(struct store_db *db, const char *name, const char *path, int flags,
                            const char *vfs, struct err *err);
void store_db_close(struct store_db *db);

MUST_USE bool store_db_exec(struct store_db *db, const char *sql, struct err *err);
MUST_USE bool store_db_prepare(struct store_db *db, const char *sql, sqlite3_stmt **out, struct err *err);
/* Runs a statement that gives no rows, and makes it ready for the next time. */
MUST_USE bool store_db_run(struct store_db *db, sqlite3_stmt *stmt, const char *doing, struct err *err);
/* The one number a query gives; 0 when it gives no row or NULL. */
MUST_USE bool store_db_number(struct store_db *db, const char *sql, int64_t *out, struct err *err);

/* What the last call on this handle failed with.  Returns false. */
bool store_db_failed(struct store_db *db, const char *doing, struct err *err);
/* As above for a failed system call on a file of the store: store.no_space, store.read_only or store.io. */
bool store_db_failed_sys(const char *path, int errno_value, const char *doing, struct err *err);
/* store.corrupt, with the advice that belongs to it; `what` names table and row. */
bool store_db_corrupt(const char *path, const char *what, struct err *err);

void store_db_close_stmt(sqlite3_stmt **stmt); /* for AUTO */
