/* The cursor: walks over rows of one table and believes none whose checksum does not match.  Private to
 * store. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "store/store_db.h"
#include "store/store_row.h"

struct err;

struct store_cursor {
    struct store_db *db;
    const struct store_table *table;
    sqlite3_stmt *stmt; /* bind the tail's parameters here before the first step */
    /* Of the row that was read last: */
    int64_t id;
    uint64_t sum;  /* its checksum */
    uint64_t rest; /* the part of it that store_row_sum takes last */
    /* The last row's texts, which the next row shares where they are equal: drivers, types, runs repeat. */
    const char *texts[STORE_FIELDS_MAX];
    size_t counts[STORE_FIELDS_MAX];
};

/* `tail` is what stands behind FROM table: WHERE, ORDER BY. */
MUST_USE bool store_cursor_open(struct store_cursor *c, struct store_db *db, enum store_rows rows,
                                const char *tail, struct err *err);
void store_cursor_close(struct store_cursor *c); /* for AUTO; once is enough, twice is fine */

/* Back before the first row, for other parameters and another mem. */
void store_cursor_rewind(struct store_cursor *c);

/* Reads the next row into `row` (a struct of that table), texts into mem, which must be the same one for
 * every step and is not reset between them.  *more is false at the end. */
MUST_USE bool store_cursor_next(struct store_cursor *c, struct arena *mem, void *row, bool *more,
                                struct err *err);

/* What the store remembers of a whole table, so that rows that vanished are seen as well. */
struct store_tally {
    int64_t count, sum;
};
void store_tally_add(struct store_tally *t, uint64_t sum);
void store_tally_remove(struct store_tally *t, uint64_t sum);
/* store.corrupt unless the rows that were found are those that were written. */
MUST_USE bool store_tally_check(const struct store_tally *found, const struct store_tally *written,
                                const char *path, const char *table, struct err *err);
