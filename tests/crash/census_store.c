#include "census_store.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PATH 1024
#define LINE 65536

/* ---- the drivers' databases ------------------------------------------------------------------ */

/* What differs from build to build: chance, time, and the numbers of rows that a rolled back transaction
 * used. */
static bool is_by_chance(const char *table, const char *column)
{
    static const char *const names[] = {"token", "applied_at", "sent_at", "visible_at", "marker"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(column, names[i]) == 0)
            return true;
    }
    bool counts = strcmp(table, "landfall_calls") == 0 && strcmp(column, "reply") == 0;
    return counts || (strcmp(table, "message") == 0 && strcmp(column, "id") == 0);
}

static void take_row(struct census *c, const char *name, const char *table, sqlite3_stmt *row)
{
    char line[LINE];
    const char *marker = NULL, *address = NULL;
    size_t put = 0;
    line[0] = '\0';
    for (int i = 0; i < sqlite3_column_count(row); i++) {
        const char *column = sqlite3_column_name(row, i), *text = (const char *)sqlite3_column_text(row, i);
        if (strcmp(column, "marker") == 0)
            marker = text;
        if (strcmp(column, "address") == 0)
            address = text;
        const char *shown = is_by_chance(table, column) ? "*" : text ? text : "null";
        if (put < sizeof(line))
            put += (size_t)snprintf(line + put, sizeof(line) - put, "|%s", shown);
    }
    if (marker)
        census_add_mark(c, marker, address);
    census_add(c, "row %s %s%s", name, table, line);
}

static void take_table(struct census *c, sqlite3 *db, const char *name, const char *table)
{
    sqlite3_stmt *row = NULL;
    char *sql = sqlite3_mprintf("select * from \"%w\"", table);
    int rc = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
        take_row(c, name, table, row);
        rc = SQLITE_OK;
    }
    if (rc != SQLITE_DONE)
        census_add(c, "unreadable %s %s: %s", name, table, sqlite3_errmsg(db));
    sqlite3_finalize(row);
    sqlite3_free(sql);
}

/* Read-write, because a hot journal can only be judged once SQLite has played it back, as the next reader
 * would. */
void census_take_sqlite(struct census *c, const char *path, const char *name)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "pragma integrity_check", -1, &row, NULL) != SQLITE_OK) {
        census_add(c, "unreadable %s: %s", name, sqlite3_errmsg(db));
        sqlite3_close(db);
        return;
    }
    while (sqlite3_step(row) == SQLITE_ROW)
        census_add(c, "integrity %s: %s", name, (const char *)sqlite3_column_text(row, 0));
    sqlite3_finalize(row);
    static const char all[] = "select type, name, coalesce(sql, '') from sqlite_master order by name";
    int rc = sqlite3_prepare_v2(db, all, -1, &row, NULL);
    while (rc == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
        const char *type = (const char *)sqlite3_column_text(row, 0);
        const char *table = (const char *)sqlite3_column_text(row, 1);
        census_add(c, "%s %s %s: %s", type, name, table, (const char *)sqlite3_column_text(row, 2));
        if (strcmp(type, "table") == 0 && strcmp(table, "sqlite_sequence") != 0)
            take_table(c, db, name, table);
    }
    sqlite3_finalize(row);
    sqlite3_close(db);
}

/* ---- landfall's store ------------------------------------------------------------------------ */

struct looking {
    sqlite3 *db;
    struct census_result *result;
    FILE *tell;
};

/* Every row of the answer is something that must not be. */
static void must_be_empty(struct looking *l, const char *what, const char *sql)
{
    sqlite3_stmt *row = NULL;
    int rc = sqlite3_prepare_v2(l->db, sql, -1, &row, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
        l->result->broken++;
        fprintf(l->tell, "  store: %s: %s\n", what, (const char *)sqlite3_column_text(row, 0));
        rc = SQLITE_OK;
    }
    if (rc != SQLITE_DONE) {
        l->result->broken++;
        fprintf(l->tell, "  store: cannot ask for '%s': %s\n", what, sqlite3_errmsg(l->db));
    }
    sqlite3_finalize(row);
}

static const struct census_mark *mark_find(const struct census *c, const char *marker, size_t *times)
{
    const struct census_mark *found = NULL;
    *times = 0;
    for (size_t i = 0; i < c->mark_count; i++) {
        if (strcmp(c->marks[i].marker, marker) == 0) {
            found = &c->marks[i];
            ++*times;
        }
    }
    return found;
}

/* Each live row has its artefact, once, under the same address.  A command leaves no mark: what it made is
 * counted by its files, as everything is. */
static size_t match_rows(struct looking *l, const struct census *seen)
{
    sqlite3_stmt *row = NULL;
    size_t rows = 0;
    static const char sql[] = "select marker, address from res where marker is not null and marker <> '' "
                              "and subsystem <> 'exec'";
    if (sqlite3_prepare_v2(l->db, sql, -1, &row, NULL) != SQLITE_OK) {
        l->result->broken++;
        fprintf(l->tell, "  store: %s\n", sqlite3_errmsg(l->db));
    }
    while (row && sqlite3_step(row) == SQLITE_ROW) {
        const char *marker = (const char *)sqlite3_column_text(row, 0);
        const char *address = (const char *)sqlite3_column_text(row, 1);
        size_t times;
        const struct census_mark *mark = mark_find(seen, marker, &times);
        rows++;
        l->result->losses += times == 0;
        l->result->duplicates += times > 1 ? (unsigned)times - 1 : 0;
        if (times != 1)
            fprintf(l->tell, "  %s of the store is there %zu times\n", address, times);
        else if (strcmp(mark->address, address) != 0) {
            l->result->broken++;
            fprintf(l->tell, "  %s of the store is marked '%s'\n", address, mark->address);
        }
    }
    sqlite3_finalize(row);
    return rows;
}

/* Each artefact with a marker is known. */
static void match_marks(struct looking *l, const struct census *seen)
{
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(l->db, "select count(*) from res where marker = ?", -1, &row, NULL) != SQLITE_OK)
        return; /* told by match_rows */
    for (size_t i = 0; i < seen->mark_count; i++) {
        sqlite3_bind_text(row, 1, seen->marks[i].marker, -1, SQLITE_STATIC);
        if (sqlite3_step(row) != SQLITE_ROW || sqlite3_column_int(row, 0) != 1) {
            l->result->orphans++;
            fprintf(l->tell, "  orphan: %s of %s is unknown to the store\n", seen->marks[i].marker,
                    seen->marks[i].address);
        }
        sqlite3_reset(row);
    }
    sqlite3_finalize(row);
}

void census_check_store(const struct census *seen, const char *folder, const char *region,
                        struct census_result *result, FILE *tell)
{
    char path[PATH];
    struct looking l = {.result = result, .tell = tell};
    snprintf(path, sizeof(path), "%s/.landfall/%s.db", folder, region);
    if (sqlite3_open_v2(path, &l.db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        result->broken++;
        fprintf(tell, "  store: cannot open '%s': %s\n", path, sqlite3_errmsg(l.db));
        sqlite3_close(l.db);
        return;
    }
    must_be_empty(&l, "the file is damaged",
                  "select integrity_check from pragma_integrity_check where integrity_check <> 'ok'");
    must_be_empty(
        &l, "an op that is neither done nor failed (state, address, reason)",
        "select state || ' ' || address || ' ' || coalesce(reason, '') from op where state not in (4, 5)");
    must_be_empty(&l, "two live rows of one address",
                  "select address from res where not deposed group by address having count(*) > 1");
    must_be_empty(&l, "a deposed or damaged row", "select address from res where deposed or damaged");
    must_be_empty(&l, "a done creation without its row",
                  "select address from op where state = 4 and verb = 3 and not exists "
                  "(select 1 from res where res.address = op.address)");
    must_be_empty(&l, "an object at its second generation, though nothing was replaced",
                  "select address from res where generation > 1");
    must_be_empty(&l, "a call that is only intended",
                  "select address || ' ' || key from call where not done");
    if (match_rows(&l, seen) == 0) {
        result->broken++;
        fprintf(tell, "  store: it holds nothing\n");
    }
    match_marks(&l, seen);
    sqlite3_close(l.db);
}
