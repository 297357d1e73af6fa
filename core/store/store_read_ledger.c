#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "store/store_ledger.h"
#include "store/store_source.h"
#include "store/store_word.h"

/* Every question below is asked of an open store; one of schema 1 has none of these tables and is read as one
 * in which nothing was put, like one that is not there. */
static bool open_ledger(struct arena *mem, const char *path, struct store_source *s, bool *has,
                        struct err *err)
{
    bool exists = false;
    if (!store_source_open(mem, path, s, &exists, err))
        return false;
    *has = exists && s->meta.schema >= 2;
    return true;
}

/* ---- the audit chain ----------------------------------------------------------------------- */

/* The entry that should come next is `seq`, behind `prev`. */
static bool check_entry(const struct store_audit *e, int64_t seq, const char *prev, const char *path,
                        struct err *err)
{
    char what[256], hash[DIGEST_HEX];
    if (e->seq != seq) {
        snprintf(what, sizeof(what), "entry %" PRId64 " is missing", seq);
        return store_ledger_broken(path, what, err);
    }
    if (!str_equal(e->prev, prev)) {
        snprintf(what, sizeof(what), "entry %" PRId64 " (%s) does not follow the one before it", seq,
                 e->kind);
        return store_ledger_broken(path, what, err);
    }
    store_ledger_hash(e, hash);
    if (str_equal(e->hash, hash))
        return true;
    snprintf(what, sizeof(what), "entry %" PRId64 " (%s) is not as it was written", seq, e->kind);
    return store_ledger_broken(path, what, err);
}

static bool check_end(const struct store_meta *meta, int64_t last, const char *head, const char *path,
                      struct err *err)
{
    char what[128];
    if (last == meta->audit_count && str_equal(head, meta->audit_head))
        return true;
    if (last < meta->audit_count)
        snprintf(what, sizeof(what), "entry %" PRId64 " is missing", last + 1);
    else if (last > meta->audit_count)
        snprintf(what, sizeof(what), "entry %" PRId64 " was never written by landfall",
                 meta->audit_count + 1);
    else
        snprintf(what, sizeof(what), "entry %" PRId64 " is not the one that was written last", last);
    return store_ledger_broken(path, what, err);
}

/* A row whose checksum does not match is told as a broken entry, whatever broke it. */
static bool next_entry(struct store_cursor *c, struct arena *mem, struct store_audit *row, bool *more,
                       int64_t seq, const char *path, struct err *err)
{
    if (store_cursor_next(c, mem, row, more, err)) {
        row->seq = c->id;
        return true;
    }
    if (!str_equal(err->code, "store.corrupt"))
        return false;
    char what[64];
    snprintf(what, sizeof(what), "entry %" PRId64 " is not as it was written", seq);
    return store_ledger_broken(path, what, err);
}

static bool read_chain(struct store_source *s, struct arena *mem, struct store_audit **out, size_t *count,
                       struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    if (!store_cursor_open(&c, &s->db, STORE_ROWS_AUDIT, "ORDER BY seq", err))
        return false;
    ARRAY(struct store_audit) entries = {0};
    struct store_audit row = {0};
    char genesis[DIGEST_HEX];
    store_ledger_genesis(s->meta.lineage, genesis);
    const char *head = genesis;
    int64_t seq = 0;
    bool more = true, good = true;
    while ((good = next_entry(&c, mem, &row, &more, seq + 1, s->db.path, err)) && more) {
        good = check_entry(&row, ++seq, head, s->db.path, err);
        if (!good)
            break;
        head = row.hash;
        ARRAY_PUSH(&entries, row);
    }
    good = good && check_end(&s->meta, seq, head, s->db.path, err);
    if (good) {
        *out = ARRAY_KEEP(&entries, mem);
        *count = entries.count;
    }
    ARRAY_DONE(&entries);
    return good;
}

bool store_read_audit(struct arena *mem, const char *path, struct store_audit **out, size_t *count,
                      struct err *err)
{
    struct store_source s AUTO(store_source_close) = {0};
    struct store_audit *entries = NULL;
    size_t found = 0;
    bool has = false;
    if (!open_ledger(mem, path, &s, &has, err) || (has && !read_chain(&s, mem, &entries, &found, err)))
        return false;
    *out = entries;
    *count = found;
    return true;
}

/* ---- words --------------------------------------------------------------------------------- */

typedef ARRAY(struct store_word) words;

static int by_seq(const void *a, const void *b)
{
    const struct store_word *x = a, *y = b;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

/* A store that keeps none is walked through, as long as no writer has brought it up. */
static bool collect_words(struct store_source *s, struct arena *mem, const char *subject, words *list,
                          struct err *err)
{
    struct map *all = map_new();
    const char *key;
    void *word;
    bool good = store_word_collect(&s->db, mem, all, err);
    for (size_t at = 0; good && map_next(all, &at, &key, &word);) {
        if (!subject || str_equal(key, subject))
            ARRAY_PUSH(list, *(const struct store_word *)word);
    }
    map_free(all);
    return good;
}

static bool read_table(struct store_source *s, struct arena *mem, const char *subject, words *list,
                       struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    struct store_word row = {0};
    struct store_tally found = {0};
    bool more = true;
    if (!store_cursor_open(&c, &s->db, STORE_ROWS_WORD, subject ? "WHERE subject=?" : "", err))
        return false;
    if (subject)
        sqlite3_bind_text(c.stmt, 1, subject, -1, SQLITE_STATIC);
    while (store_cursor_next(&c, mem, &row, &more, err) && more) {
        ARRAY_PUSH(list, row);
        store_tally_add(&found, c.sum);
    }
    return !more && (subject || store_tally_check(&found, &s->meta.word, s->db.path, "word", err));
}

/* The entry has to be what was written, and about what it was asked for. */
static bool read_entry(struct store_source *s, struct store_cursor *c, struct arena *mem,
                       const struct store_word *word, struct store_audit *out, struct err *err)
{
    char what[256], hash[DIGEST_HEX];
    struct store_word is;
    bool found = false, ends;
    store_cursor_rewind(c);
    sqlite3_bind_int64(c->stmt, 1, word->seq);
    if (!next_entry(c, mem, out, &found, word->seq, s->db.path, err))
        return false;
    if (!found) {
        snprintf(what, sizeof(what), "entry %" PRId64 " is missing", word->seq);
        return store_ledger_broken(s->db.path, what, err);
    }
    store_ledger_hash(out, hash);
    if (str_equal(out->hash, hash) && store_word_of(mem, out, &is, &ends) && !ends &&
        str_equal(is.subject, word->subject))
        return true;
    snprintf(what, sizeof(what), "entry %" PRId64 " (%s) is not as it was written", word->seq, out->kind);
    return store_ledger_broken(s->db.path, what, err);
}

static bool read_entries(struct store_source *s, struct arena *mem, const words *list,
                         struct store_audit *out, struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    bool good = store_cursor_open(&c, &s->db, STORE_ROWS_AUDIT, "WHERE seq=?", err);
    for (size_t i = 0; good && i < list->count; i++)
        good = read_entry(s, &c, mem, &list->at[i], &out[i], err);
    return good;
}

static bool read_words(struct store_source *s, struct arena *mem, const char *subject,
                       struct store_audit **out, size_t *count, struct err *err)
{
    words list = {0};
    bool good = s->meta.schema < 3 ? collect_words(s, mem, subject, &list, err)
                                   : read_table(s, mem, subject, &list, err);
    if (good && list.count > 1)
        qsort(list.at, list.count, sizeof(*list.at), by_seq);
    struct store_audit *entries = ARENA_ARRAY(mem, struct store_audit, list.count + 1);
    good = good && read_entries(s, mem, &list, entries, err);
    if (good) {
        *out = entries;
        *count = list.count;
    }
    ARRAY_DONE(&list);
    return good;
}

bool store_read_words(struct arena *mem, const char *path, const char *subject, struct store_audit **out,
                      size_t *count, struct err *err)
{
    struct store_source s AUTO(store_source_close) = {0};
    struct store_audit *entries = NULL;
    size_t found = 0;
    bool has = false;
    if (!open_ledger(mem, path, &s, &has, err) ||
        (has && !read_words(&s, mem, subject, &entries, &found, err)))
        return false;
    *out = entries;
    *count = found;
    return true;
}

/* ---- notices ------------------------------------------------------------------------------- */

typedef ARRAY(struct store_notice) notices;

/* `number` is the tail's parameter, if it has one.  *due: NULL where not all that are due come along. */
static bool add_notices(struct store_source *s, struct arena *mem, const char *tail, int64_t number,
                        struct store_tally *due, notices *list, struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    struct store_notice row = {0};
    bool more = true;
    if (!store_cursor_open(&c, &s->db, STORE_ROWS_NOTICE, tail, err))
        return false;
    if (sqlite3_bind_parameter_count(c.stmt) > 0)
        sqlite3_bind_int64(c.stmt, 1, number);
    while (store_cursor_next(&c, mem, &row, &more, err) && more) {
        row.id = c.id;
        if (due && str_equal(row.state, "due"))
            store_tally_add(due, c.sum);
        ARRAY_PUSH(list, row);
    }
    return !more;
}

static bool check_due(const struct store_source *s, const struct store_tally *due, struct err *err)
{
    return store_tally_check(due, &s->meta.notice, s->db.path, "notice", err);
}

static const struct {
    const char *state; /* NULL: any */
    const char *tail;
    bool has_due; /* all that are due are among them, and are verified together */
} of_state[] = {
    {NULL, "ORDER BY id", true},
    {"due", STORE_NOTICE_DUE, true},
    {"given_up", "WHERE state<>'sent' AND state='given_up' ORDER BY id", false},
    {"sent", "WHERE state='sent' ORDER BY id", false},
};

static bool read_notices(struct store_source *s, struct arena *mem, const char *state, notices *list,
                         struct err *err)
{
    struct store_tally due = {0};
    size_t i = 0;
    while (i < COUNT_OF(of_state) - 1 && !(state ? str_equal(of_state[i].state, state) : !of_state[i].state))
        i++;
    return add_notices(s, mem, of_state[i].tail, 0, &due, list, err) &&
           (!of_state[i].has_due || check_due(s, &due, err));
}

bool store_read_notices(struct arena *mem, const char *path, const char *state, struct store_notice **out,
                        size_t *count, struct err *err)
{
    struct store_source s AUTO(store_source_close) = {0};
    notices list = {0};
    bool has = false;
    bool good = open_ledger(mem, path, &s, &has, err) && (!has || read_notices(&s, mem, state, &list, err));
    if (good) {
        *out = ARRAY_KEEP(&list, mem);
        *count = list.count;
    }
    ARRAY_DONE(&list);
    return good;
}

static int by_id(const void *a, const void *b)
{
    const struct store_notice *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static bool read_open(struct store_source *s, struct arena *mem, int64_t sent, notices *list, int64_t *total,
                      struct err *err)
{
    struct store_tally due = {0};
    /* Ids have no gaps, since none is ever taken out. */
    if (!store_db_number(&s->db, "SELECT coalesce(max(id), 0) FROM notice", total, err) ||
        !add_notices(s, mem, "WHERE state<>'sent'", 0, &due, list, err) || !check_due(s, &due, err) ||
        !add_notices(s, mem, "WHERE state='sent' ORDER BY id DESC LIMIT ?", sent, NULL, list, err))
        return false;
    if (list->count > 1)
        qsort(list->at, list->count, sizeof(*list->at), by_id);
    return true;
}

bool store_read_open_notices(struct arena *mem, const char *path, size_t sent, struct store_notice **out,
                             size_t *count, size_t *total, struct err *err)
{
    struct store_source s AUTO(store_source_close) = {0};
    notices list = {0};
    int64_t all = 0;
    bool has = false;
    bool good = open_ledger(mem, path, &s, &has, err) &&
                (!has || read_open(&s, mem, (int64_t)sent, &list, &all, err));
    if (good) {
        *out = ARRAY_KEEP(&list, mem);
        *count = list.count;
        *total = (size_t)all;
    }
    ARRAY_DONE(&list);
    return good;
}

bool store_read_notice(struct arena *mem, const char *path, const char *key, const struct store_notice **out,
                       struct err *err)
{
    struct store_source s AUTO(store_source_close) = {0};
    struct store_cursor c AUTO(store_cursor_close) = {0};
    struct store_notice *row = ARENA_NEW(mem, struct store_notice);
    bool has = false, found = false;
    if (!open_ledger(mem, path, &s, &has, err))
        return false;
    if (has) {
        if (!store_cursor_open(&c, &s.db, STORE_ROWS_NOTICE, "WHERE key=?", err))
            return false;
        sqlite3_bind_text(c.stmt, 1, key, -1, SQLITE_STATIC);
        if (!store_cursor_next(&c, mem, row, &found, err))
            return false;
        row->id = c.id;
    }
    *out = found ? row : NULL;
    return true;
}

/* ---- approvals ----------------------------------------------------------------------------- */

typedef ARRAY(struct store_approval) approvals;

/* run_id NULL: all, which are verified together. */
static bool read_approvals(struct store_source *s, struct arena *mem, const char *run_id, approvals *list,
                           struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    struct store_approval row = {0};
    struct store_tally found = {0};
    bool more = true;
    if (!store_cursor_open(&c, &s->db, STORE_ROWS_APPROVAL,
                           run_id ? "WHERE run_id=? ORDER BY id" : "ORDER BY id", err))
        return false;
    if (run_id)
        sqlite3_bind_text(c.stmt, 1, run_id, -1, SQLITE_STATIC);
    while (store_cursor_next(&c, mem, &row, &more, err) && more) {
        ARRAY_PUSH(list, row);
        store_tally_add(&found, c.sum);
    }
    return !more && (run_id || store_tally_check(&found, &s->meta.approval, s->db.path, "approval", err));
}

bool store_read_approvals_of_run(struct arena *mem, const char *path, const char *run_id,
                                 struct store_approval **out, size_t *count, struct err *err)
{
    struct store_source s AUTO(store_source_close) = {0};
    approvals list = {0};
    bool has = false;
    bool good =
        open_ledger(mem, path, &s, &has, err) && (!has || read_approvals(&s, mem, run_id, &list, err));
    if (good) {
        *out = ARRAY_KEEP(&list, mem);
        *count = list.count;
    }
    ARRAY_DONE(&list);
    return good;
}

bool store_read_approvals(struct arena *mem, const char *path, struct store_approval **out, size_t *count,
                          struct err *err)
{
    return store_read_approvals_of_run(mem, path, NULL, out, count, err);
}
