#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/str.h"
#include "store/store_ledger.h"
#include "store/store_source.h"

/* A store of schema 1 has none of these tables; it is read as one in which nothing was put. */
static bool has_ledger(const struct store_source *s, bool exists)
{
    return exists && s->meta.schema >= 2;
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
    bool exists = false;
    if (!store_source_open(mem, path, &s, &exists, err))
        return false;
    if (has_ledger(&s, exists))
        return read_chain(&s, mem, out, count, err);
    *out = NULL;
    *count = 0;
    return true;
}

/* ---- notices ------------------------------------------------------------------------------- */

/* All rows are walked over, since those that are due are verified together; which of them are wanted is
 * decided here. */
static bool read_notices(struct store_source *s, struct arena *mem, const char *state,
                         struct store_notice **out, size_t *count, struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    if (!store_cursor_open(&c, &s->db, STORE_ROWS_NOTICE, "ORDER BY id", err))
        return false;
    ARRAY(struct store_notice) notices = {0};
    struct store_notice row = {0};
    struct store_tally due = {0};
    bool more = true;
    while (store_cursor_next(&c, mem, &row, &more, err) && more) {
        row.id = c.id;
        if (str_equal(row.state, "due"))
            store_tally_add(&due, c.sum);
        if (!state || str_equal(row.state, state))
            ARRAY_PUSH(&notices, row);
    }
    bool good = !more && store_tally_check(&due, &s->meta.notice, s->db.path, "notice", err);
    if (good) {
        *out = ARRAY_KEEP(&notices, mem);
        *count = notices.count;
    }
    ARRAY_DONE(&notices);
    return good;
}

bool store_read_notices(struct arena *mem, const char *path, const char *state, struct store_notice **out,
                        size_t *count, struct err *err)
{
    struct store_source s AUTO(store_source_close) = {0};
    bool exists = false;
    if (!store_source_open(mem, path, &s, &exists, err))
        return false;
    if (has_ledger(&s, exists))
        return read_notices(&s, mem, state, out, count, err);
    *out = NULL;
    *count = 0;
    return true;
}

/* ---- approvals ----------------------------------------------------------------------------- */

static bool read_approvals(struct store_source *s, struct arena *mem, struct store_approval **out,
                           size_t *count, struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    if (!store_cursor_open(&c, &s->db, STORE_ROWS_APPROVAL, "ORDER BY id", err))
        return false;
    ARRAY(struct store_approval) approvals = {0};
    struct store_approval row = {0};
    struct store_tally found = {0};
    bool more = true;
    while (store_cursor_next(&c, mem, &row, &more, err) && more) {
        ARRAY_PUSH(&approvals, row);
        store_tally_add(&found, c.sum);
    }
    bool good = !more && store_tally_check(&found, &s->meta.approval, s->db.path, "approval", err);
    if (good) {
        *out = ARRAY_KEEP(&approvals, mem);
        *count = approvals.count;
    }
    ARRAY_DONE(&approvals);
    return good;
}

bool store_read_approvals(struct arena *mem, const char *path, struct store_approval **out, size_t *count,
                          struct err *err)
{
    struct store_source s AUTO(store_source_close) = {0};
    bool exists = false;
    if (!store_source_open(mem, path, &s, &exists, err))
        return false;
    if (has_ledger(&s, exists))
        return read_approvals(&s, mem, out, count, err);
    *out = NULL;
    *count = 0;
    return true;
}
