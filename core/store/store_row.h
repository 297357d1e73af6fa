/* Rows: which column of which table is which field of which struct, told once.  SQL text, binding, copying
 * and checksums are made from these tables, so that a column cannot be written and not be checked.  The
 * checksum guards against bit rot, which SQLite does not see; it is no defense against an attacker.
 * Private to store. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/store_db.h"

/* The numbers are part of every checksum: add at the end of the tables, never between. */
enum store_rows {
    STORE_ROWS_RES,
    STORE_ROWS_OP,
    STORE_ROWS_CALL,
    STORE_ROWS_RUN,
    STORE_ROWS_EVENT,
    STORE_ROWS_META,
    STORE_ROWS_LOCK,
    STORE_ROWS_OUTPUT,
    STORE_ROWS_PLAN,
    STORE_ROWS_AUDIT,
    STORE_ROWS_NOTICE,
    STORE_ROWS_APPROVAL,
    STORE_ROWS_WORD,
    STORE_ROWS_TABLES, /* so many tables; behind it, older shapes of them */
    STORE_ROWS_META_1 = STORE_ROWS_TABLES,
    STORE_ROWS_META_2,
    STORE_ROWS_COUNT,
};

enum store_field_type { STORE_FIELD_TEXT, STORE_FIELD_INT, STORE_FIELD_UINT32, STORE_FIELD_BOOL };

struct store_field {
    const char *name;
    size_t offset; /* in the row's struct */
    enum store_field_type type;
};

#define STORE_FIELDS_MAX 32

struct store_table {
    enum store_rows rows;
    const char *name;
    const char *id;          /* the column that is the rowid; NULL: the table has a natural key only */
    const char *constraints; /* behind the columns of CREATE TABLE */
    const char *index;       /* SQL that makes an index beside the key; NULL: there is none */
    const struct store_field *fields;
    size_t count;
    size_t head; /* fields before this one are written by every change of a row, those behind it seldom */
};

/* A body of text kept apart from the row it belongs to, because that row changes often: outputs, plans. */
struct store_body {
    const char *body;
};

const struct store_table *store_row_table(enum store_rows rows);

/* Copies the struct and all its texts. */
void *store_row_copy(struct arena *mem, enum store_rows rows, const void *row);

const char *store_row_sql_create(struct arena *mem, enum store_rows rows);
/* Gives a table of an older store the column of this field. */
const char *store_row_sql_add_column(struct arena *mem, enum store_rows rows, size_t field);
/* Parameters: the id where there is one, the fields, the checksum.  `verb` is INSERT or REPLACE. */
const char *store_row_sql_put(struct arena *mem, enum store_rows rows, const char *verb);
/* Columns: the same. */
const char *store_row_sql_select(struct arena *mem, enum store_rows rows, const char *tail);
/* Parameters: fields before `count`, the checksum; behind them those of the tail. */
const char *store_row_sql_update(struct arena *mem, enum store_rows rows, size_t count, const char *tail);

/* Binds fields [from, to) from parameter `at` on, borrowed, and returns their part of the checksum. */
uint64_t store_row_bind(struct sqlite3_stmt *stmt, int at, enum store_rows rows, const void *row, size_t from,
                        size_t to);
/* The two parts below meet in the row's checksum: the writer keeps the second one of a running op in memory
 * and needs not read what it does not change. */
uint64_t store_row_sum(enum store_rows rows, int64_t id, uint64_t head, uint64_t rest);
/* The part of fields that are all NULL. */
uint64_t store_row_sum_empty(size_t fields);
/* One more field; count is the text's. */
uint64_t store_row_sum_text(uint64_t sum, const char *text, size_t count);
uint64_t store_row_sum_int(uint64_t sum, int64_t number);
#define STORE_SUM_START UINT64_C(0x6C616E6466616C6C)
