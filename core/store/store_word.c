#include "store/store_word.h"

#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "model/value.h"
#include "model/value_json.h"
#include "store/store.h"
#include "store/store_change.h"
#include "store/store_cursor.h"

/* ---- what an entry is about ---------------------------------------------------------------- */

/* No address is like a kind without one: those begin with a subsystem or a word of the playbooks. */
static const struct {
    const char *kind;
    bool of_step; /* names its step and generation */
    bool ends;
} kinds[] = {
    {STORE_AUDIT_SEEN, .of_step = true},
    {STORE_AUDIT_GONE, .of_step = true, .ends = true},
    {STORE_AUDIT_DIGEST, .of_step = false},
};
#define OF_KINDS                                                                                             \
    "WHERE kind IN ('" STORE_AUDIT_SEEN "', '" STORE_AUDIT_GONE "', '" STORE_AUDIT_DIGEST "') ORDER BY seq"
_Static_assert(COUNT_OF(kinds) == 3, "the SQL above names all of them");

/* An entry that is not what landfall writes is about nothing; whoever reads the whole chain complains of it.
 */
static bool read_step(struct arena *mem, const char *json, struct store_word *out)
{
    const struct value *entry = NULL;
    struct err none;
    if (!value_json_parse(mem, json, strlen(json), &entry, &none))
        return false;
    out->subject = value_get_text(entry, "address", NULL);
    out->generation = value_get_int(entry, "generation", 0);
    return out->subject != NULL;
}

bool store_word_of(struct arena *mem, const struct store_audit *entry, struct store_word *out, bool *ends)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct store_word word = {.subject = kinds[i].kind, .seq = entry->seq};
        if (!str_equal(entry->kind, kinds[i].kind))
            continue;
        if (kinds[i].of_step && !read_step(mem, entry->entry, &word))
            return false;
        *out = word;
        *ends = kinds[i].ends;
        return true;
    }
    return false;
}

/* ---- keeping the table --------------------------------------------------------------------- */

/* The row that is there: its generation and checksum. */
static bool find(struct store_tables *t, const char *subject, bool *found, int64_t *generation, uint64_t *sum,
                 struct err *err)
{
    sqlite3_stmt *s = t->stmts[STORE_STMT_WORD_FIND];
    sqlite3_bind_text(s, 1, subject, -1, SQLITE_STATIC);
    int rc = sqlite3_step(s);
    *found = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW) {
        *generation = sqlite3_column_int64(s, 0);
        *sum = (uint64_t)sqlite3_column_int64(s, 1);
    } else if (rc != SQLITE_DONE) {
        store_db_failed(&t->db, "reading table 'word'", err);
    }
    sqlite3_reset(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

bool store_word_note(struct store_tables *t, const struct store_audit *entry, struct err *err)
{
    struct store_word word;
    bool ends, found;
    int64_t generation = 0;
    uint64_t sum = 0, rest;
    if (!store_word_of(t->turn, entry, &word, &ends))
        return true;
    if (!find(t, word.subject, &found, &generation, &sum, err))
        return false;
    /* What was replaced by something newer is gone without an effect on that. */
    if (ends && (!found || generation > word.generation))
        return true;
    if (found)
        store_tally_remove(&t->meta.word, sum);
    t->meta_changed = true;
    if (ends) {
        sqlite3_bind_text(t->stmts[STORE_STMT_WORD_REMOVE], 1, word.subject, -1, SQLITE_STATIC);
        return store_change_run(t, STORE_STMT_WORD_REMOVE, err);
    }
    if (!store_change_put(t, STORE_STMT_WORD, STORE_ROWS_WORD, 0, &word, &sum, &rest, err))
        return false;
    store_tally_add(&t->meta.word, sum);
    return true;
}

/* ---- by the chain -------------------------------------------------------------------------- */

static void take(struct map *words, struct arena *mem, const struct store_word *word, bool ends)
{
    struct store_word *before = map_find(words, word->subject);
    if (ends && (!before || before->generation > word->generation))
        return;
    if (ends) {
        map_remove(words, word->subject);
    } else if (before) {
        before->generation = word->generation;
        before->seq = word->seq;
    } else {
        struct store_word *kept = arena_copy(mem, word, sizeof(*word));
        kept->subject = arena_text(mem, word->subject);
        map_put(words, kept->subject, kept);
    }
}

bool store_word_collect(struct store_db *db, struct arena *mem, struct map *words, struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    struct store_audit entry = {0};
    bool more = true, good;
    if (!store_cursor_open(&c, db, STORE_ROWS_AUDIT, OF_KINDS, err))
        return false;
    struct arena *tmp = arena_new(), *parsed = arena_new();
    while ((good = store_cursor_next(&c, tmp, &entry, &more, err)) && more) {
        struct store_word word;
        bool ends;
        entry.seq = c.id;
        if (store_word_of(parsed, &entry, &word, &ends))
            take(words, mem, &word, ends);
        arena_reset(parsed);
    }
    arena_free(parsed);
    arena_free(tmp);
    return good;
}
