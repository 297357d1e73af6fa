#include "store/store_ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "store/store_word.h"

/* ---- the audit chain ----------------------------------------------------------------------- */

static void end_as_hex(struct digest_stream *s, char out[DIGEST_HEX])
{
    uint8_t hash[DIGEST_BYTES];
    digest_stream_end(s, hash);
    digest_hex(hash, sizeof(hash), out);
}

void store_ledger_genesis(const char *lineage, char out[DIGEST_HEX])
{
    struct arena *mem = arena_new();
    struct digest_stream *s = digest_stream_new(mem);
    digest_stream_text(s, "landfall audit 1");
    digest_stream_text(s, lineage);
    end_as_hex(s, out);
    arena_free(mem);
}

/* Numbers go in as text, so that an auditor's script needs no byte order. */
void store_ledger_hash(const struct store_audit *entry, char out[DIGEST_HEX])
{
    char seq[24], wall[24];
    snprintf(seq, sizeof(seq), "%" PRId64, entry->seq);
    snprintf(wall, sizeof(wall), "%" PRId64, entry->wall_ms);
    struct arena *mem = arena_new();
    struct digest_stream *s = digest_stream_new(mem);
    digest_stream_text(s, entry->prev);
    digest_stream_text(s, seq);
    digest_stream_text(s, wall);
    digest_stream_text(s, entry->kind);
    digest_stream_text(s, entry->entry);
    end_as_hex(s, out);
    arena_free(mem);
}

bool store_ledger_broken(const char *path, const char *what, struct err *err)
{
    err_set(err, "store.audit_broken", "the audit chain of '%s' is broken: %s", path, what);
    return err_advise(err, "it was changed behind landfall's back, or the disk is failing: compare it with a "
                           "backup of that file, and ask who could write to it");
}

/* Only the end is looked at here, since every writer pays for it; store_read_audit walks the whole chain. */
bool store_ledger_check_end(struct store_tables *t, struct err *err)
{
    sqlite3_stmt *s AUTO(store_db_close_stmt) = NULL;
    if (!store_db_prepare(&t->db, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", &s, err))
        return false;
    int rc = sqlite3_step(s);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return store_db_failed(&t->db, "reading table 'audit'", err);
    bool has_end = rc == SQLITE_ROW;
    const char *hash = has_end ? (const char *)sqlite3_column_text(s, 1) : NULL;
    int64_t seq = has_end ? sqlite3_column_int64(s, 0) : 0;
    if (seq == t->meta.audit_count && (!has_end || str_equal(hash, t->meta.audit_head)))
        return true;
    char what[128];
    snprintf(what, sizeof(what), "its last entry should be %" PRId64 " and is %s%" PRId64,
             t->meta.audit_count, seq == t->meta.audit_count ? "another " : "", seq);
    return store_ledger_broken(t->db.path, what, err);
}

bool store_ledger_put_audit(struct store_tables *t, const struct store_record *r, struct err *err)
{
    struct store_audit *entry = r->row;
    uint64_t sum, rest;
    entry->seq = t->meta.audit_count + 1;
    entry->prev = t->meta.audit_head;
    char hash[DIGEST_HEX];
    store_ledger_hash(entry, hash);
    entry->hash = hash;
    if (!store_change_put(t, STORE_STMT_AUDIT, STORE_ROWS_AUDIT, entry->seq, entry, &sum, &rest, err))
        return false;
    snprintf(t->audit_head, sizeof(t->audit_head), "%s", hash);
    t->meta.audit_head = t->audit_head;
    t->meta.audit_count = entry->seq;
    t->meta_changed = true;
    return store_word_note(t, entry, err);
}

/* ---- notices ------------------------------------------------------------------------------- */

static bool is_due(const struct store_notice *n)
{
    return str_equal(n->state, "due");
}

/* The key's own index says whether it is there: notices are not remembered on this side. */
bool store_ledger_put_notice(struct store_tables *t, const struct store_record *r, struct err *err)
{
    const struct store_notice *n = r->row;
    uint64_t sum, rest;
    if (!store_change_put(t, STORE_STMT_NOTICE_INSERT, STORE_ROWS_NOTICE, t->next_notice, n, &sum, &rest,
                          err))
        return false;
    if (sqlite3_changes(t->db.handle) == 0)
        return true;
    if (r->taken)
        *r->taken = true;
    t->next_notice++;
    if (is_due(n)) {
        store_tally_add(&t->meta.notice, sum);
        t->meta_changed = true;
    }
    return true;
}

static bool find_notice(struct store_tables *t, const char *key, struct store_notice *out, struct err *err)
{
    struct store_cursor *c = &t->notice_by_key;
    bool found = false;
    store_cursor_rewind(c);
    sqlite3_bind_text(c->stmt, 1, key, -1, SQLITE_STATIC);
    bool good = store_cursor_next(c, t->turn, out, &found, err);
    sqlite3_reset(c->stmt);
    if (good && !found)
        return err_set(err, "store.no_notice", "there is no notice '%s'", key);
    return good;
}

bool store_ledger_move_notice(struct store_tables *t, const struct store_record *r, struct err *err)
{
    const struct store_notice *asked = r->row;
    struct store_notice n = {0};
    uint64_t sum, rest;
    if (!find_notice(t, asked->key, &n, err))
        return false;
    if (is_due(&n))
        store_tally_remove(&t->meta.notice, t->notice_by_key.sum);
    n.state = asked->state;
    n.attempt = asked->attempt;
    n.due_ms = asked->due_ms;
    n.why = asked->why;
    if (!store_change_put(t, STORE_STMT_NOTICE, STORE_ROWS_NOTICE, t->notice_by_key.id, &n, &sum, &rest, err))
        return false;
    if (is_due(&n))
        store_tally_add(&t->meta.notice, sum);
    t->meta_changed = true;
    return true;
}

/* ---- approvals ----------------------------------------------------------------------------- */

/* Whoever spent it, for the message; NULL when it cannot be read. */
static const char *spent_by(struct store_tables *t, const char *nonce)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    struct store_approval a = {0};
    struct err err;
    bool found = false;
    if (!store_cursor_open(&c, &t->db, STORE_ROWS_APPROVAL, "WHERE nonce=?", &err))
        return NULL;
    sqlite3_bind_text(c.stmt, 1, nonce, -1, SQLITE_STATIC);
    return store_cursor_next(&c, t->turn, &a, &found, &err) && found ? a.run_id : NULL;
}

static bool put_approval(struct store_tables *t, const struct store_approval *a, struct err *err)
{
    uint64_t sum, rest;
    if (!store_change_put(t, STORE_STMT_APPROVAL, STORE_ROWS_APPROVAL, t->next_approval, a, &sum, &rest,
                          err)) {
        if ((sqlite3_errcode(t->db.handle) & 0xFF) != SQLITE_CONSTRAINT)
            return false;
        const char *run = spent_by(t, a->nonce);
        err_set(err, "store.approval_used", "the approval %.12s was used before, by run %.12s", a->nonce,
                run ? run : "?");
        return err_advise(err, "an approval opens one run: make a new plan with `landfall plan`, and have it "
                               "approved");
    }
    t->next_approval++;
    store_tally_add(&t->meta.approval, sum);
    t->meta_changed = true;
    return true;
}

bool store_ledger_put_approvals(struct store_tables *t, const struct store_run *run, struct err *err)
{
    for (size_t i = 0; i < run->approval_count; i++) {
        struct store_approval a = run->approvals[i];
        a.run_id = run->run_id;
        if (!put_approval(t, &a, err))
            return false;
    }
    return true;
}
