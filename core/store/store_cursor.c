#include "store/store_cursor.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

bool store_cursor_open(struct store_cursor *c, struct store_db *db, enum store_rows rows, const char *tail,
                       struct err *err)
{
    *c = (struct store_cursor){.db = db, .table = store_row_table(rows)};
    struct arena *mem = arena_new();
    bool good = store_db_prepare(db, store_row_sql_select(mem, rows, tail), &c->stmt, err);
    arena_free(mem);
    return good;
}

void store_cursor_close(struct store_cursor *c)
{
    store_db_close_stmt(&c->stmt);
}

void store_cursor_rewind(struct store_cursor *c)
{
    sqlite3_reset(c->stmt);
    memset(c->texts, 0, sizeof(c->texts));
}

static bool failed(struct store_cursor *c, struct err *err)
{
    char doing[64];
    snprintf(doing, sizeof(doing), "reading table '%s'", c->table->name);
    return store_db_failed(c->db, doing, err);
}

/* Names the row by its address where it has one: that is what a person knows it by. */
static bool does_not_match(struct store_cursor *c, const char *row, struct err *err)
{
    const char *address = NULL;
    for (size_t i = 0; i < c->table->count; i++) {
        if (strcmp(c->table->fields[i].name, "address") == 0)
            address = *(const char *const *)(const void *)(row + c->table->fields[i].offset);
    }
    char what[512];
    snprintf(what, sizeof(what), "row %lld of table '%s'%s%s%s does not match its checksum", (long long)c->id,
             c->table->name, address ? " (step '" : "", address ? address : "", address ? "')" : "");
    return store_db_corrupt(c->db->path, what, err);
}

static bool is_same(const struct store_cursor *c, size_t i, const char *text, size_t count)
{
    return c->texts[i] && c->counts[i] == count && memcmp(c->texts[i], text, count) == 0;
}

/* Column `at` as text in mem, or the last row's, or this row's column before, when they are the same: most
 * rows ask for what is then observed. */
static const char *read_text(struct store_cursor *c, struct arena *mem, size_t i, int at, uint64_t *sum)
{
    const char *text = (const char *)sqlite3_column_text(c->stmt, at);
    size_t count = text ? (size_t)sqlite3_column_bytes(c->stmt, at) : 0;
    *sum = store_row_sum_text(*sum, text, count);
    if (!text)
        return NULL;
    if (!is_same(c, i, text, count)) {
        bool is_twin = i > 0 && is_same(c, i - 1, text, count);
        c->texts[i] = is_twin ? c->texts[i - 1] : arena_text_n(mem, text, count);
        c->counts[i] = count;
    }
    return c->texts[i];
}

/* What does not fit its field was never written, and the checksum, taken of all 64 bits, says so. */
static void read_field(struct store_cursor *c, struct arena *mem, size_t i, int at, char *row, uint64_t *sum)
{
    const struct store_field *f = &c->table->fields[i];
    char *to = row + f->offset;
    if (f->type == STORE_FIELD_TEXT) {
        *(const char **)(void *)to = read_text(c, mem, i, at, sum);
        return;
    }
    int64_t number = sqlite3_column_int64(c->stmt, at);
    *sum = store_row_sum_int(*sum, number);
    uint32_t narrow = (uint32_t)number;
    if (f->type == STORE_FIELD_UINT32)
        memcpy(to, &narrow, sizeof(narrow));
    else if (f->type == STORE_FIELD_BOOL)
        *(bool *)to = number != 0;
    else
        *(int64_t *)(void *)to = number;
}

/* The sum is taken of what was read before any of it is believed; the caller's struct may then hold damaged
 * values, but he is told not to look. */
bool store_cursor_next(struct store_cursor *c, struct arena *mem, void *row, bool *more, struct err *err)
{
    int rc = sqlite3_step(c->stmt);
    if (rc == SQLITE_DONE) {
        *more = false;
        return true;
    }
    if (rc != SQLITE_ROW)
        return failed(c, err);

    const struct store_table *t = c->table;
    int at = 0;
    c->id = t->id ? sqlite3_column_int64(c->stmt, at++) : 0;
    uint64_t head = STORE_SUM_START, rest = STORE_SUM_START;
    for (size_t i = 0; i < t->count; i++)
        read_field(c, mem, i, at++, row, i < t->head ? &head : &rest);
    c->rest = rest;
    c->sum = store_row_sum(t->rows, c->id, head, rest);
    if ((uint64_t)sqlite3_column_int64(c->stmt, at) != c->sum)
        return does_not_match(c, row, err);
    *more = true;
    return true;
}

/* ---- tallies ------------------------------------------------------------------------------- */

void store_tally_add(struct store_tally *t, uint64_t sum)
{
    t->count++;
    t->sum = (int64_t)((uint64_t)t->sum + sum);
}

void store_tally_remove(struct store_tally *t, uint64_t sum)
{
    t->count--;
    t->sum = (int64_t)((uint64_t)t->sum - sum);
}

/* Equal counts and sums mean the same rows: each sum covers key and content of its row. */
bool store_tally_check(const struct store_tally *found, const struct store_tally *written, const char *path,
                       const char *table, struct err *err)
{
    if (found->count == written->count && found->sum == written->sum)
        return true;
    char what[256];
    snprintf(what, sizeof(what), "table '%s' should hold %lld rows%s and holds %lld%s", table,
             (long long)written->count, strcmp(table, "op") == 0 ? " that are not finished" : "",
             (long long)found->count, found->count == written->count ? " others" : "");
    return store_db_corrupt(path, what, err);
}
