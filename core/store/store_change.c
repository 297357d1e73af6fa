#include "store/store_change.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/digest.h"
#include "base/err.h"
#include "store/store_ledger.h"

/* ---- statements ---------------------------------------------------------------------------- */

/* All statements are prepared once: a step costs four of them, and preparing one costs more than running it.
 */
struct stmt_text {
    enum { FIXED, PUT, UPDATE } how;
    const char *text; /* the SQL, the verb, or the tail */
    enum store_rows rows;
};

#define CAS       "WHERE id=? AND state=? AND attempt=?"
#define OF_PREFIX "WHERE address=?1 AND substr(key, 1, length(?2))=?2"

static const struct stmt_text texts[STORE_STMT_COUNT] = {
    /* IMMEDIATE: with a foreign writer in the way it is better to fail here than at the first change. */
    [STORE_STMT_BEGIN] = {FIXED, "BEGIN IMMEDIATE", 0},
    [STORE_STMT_COMMIT] = {FIXED, "COMMIT", 0},
    [STORE_STMT_FENCE] = {FIXED, "SELECT fence FROM lock WHERE id=1", 0},
    [STORE_STMT_META] = {PUT, "REPLACE", STORE_ROWS_META},
    [STORE_STMT_OP] = {PUT, "REPLACE", STORE_ROWS_OP},
    [STORE_STMT_OP_MOVE] = {UPDATE, CAS, STORE_ROWS_OP},
    [STORE_STMT_OP_END] = {UPDATE, ", desired=NULL, prior=NULL, planned=NULL, saved=NULL " CAS,
                           STORE_ROWS_OP},
    [STORE_STMT_RES] = {PUT, "REPLACE", STORE_ROWS_RES},
    [STORE_STMT_RES_INSERT] = {PUT, "INSERT", STORE_ROWS_RES},
    [STORE_STMT_RES_REMOVE] = {FIXED, "DELETE FROM res WHERE id=?", 0},
    [STORE_STMT_CALL] = {PUT, "REPLACE", STORE_ROWS_CALL},
    [STORE_STMT_CALL_FIND] = {FIXED, "SELECT chk FROM call WHERE address=? AND key=?", 0},
    [STORE_STMT_CALLS_FIND] = {FIXED, "SELECT chk FROM call " OF_PREFIX, 0},
    [STORE_STMT_CALLS_DROP] = {FIXED, "DELETE FROM call " OF_PREFIX, 0},
    [STORE_STMT_EVENT] = {PUT, "INSERT", STORE_ROWS_EVENT},
    /* Never REPLACE: that would remove another run of the same plan instead of saying so. */
    [STORE_STMT_RUN] = {PUT, "INSERT", STORE_ROWS_RUN},
    [STORE_STMT_RUN_FIND] = {FIXED, "SELECT id, chk, plan_digest FROM run WHERE run_id=?", 0},
    [STORE_STMT_RUN_REMOVE] = {FIXED, "DELETE FROM run WHERE id=?", 0},
    [STORE_STMT_PLAN] = {PUT, "REPLACE", STORE_ROWS_PLAN},
    [STORE_STMT_PLAN_DROP] = {FIXED, "DELETE FROM plan WHERE id<?", 0},
    [STORE_STMT_OUTPUT] = {PUT, "REPLACE", STORE_ROWS_OUTPUT},
    /* A chain only grows, and an approval is spent once: neither may replace what is there. */
    [STORE_STMT_AUDIT] = {PUT, "INSERT", STORE_ROWS_AUDIT},
    [STORE_STMT_NOTICE] = {PUT, "REPLACE", STORE_ROWS_NOTICE},
    [STORE_STMT_NOTICE_INSERT] = {PUT, "INSERT OR IGNORE", STORE_ROWS_NOTICE},
    [STORE_STMT_APPROVAL] = {PUT, "INSERT", STORE_ROWS_APPROVAL},
    [STORE_STMT_WORD] = {PUT, "REPLACE", STORE_ROWS_WORD},
    [STORE_STMT_WORD_FIND] = {FIXED, "SELECT generation, chk FROM word WHERE subject=?", 0},
    [STORE_STMT_WORD_REMOVE] = {FIXED, "DELETE FROM word WHERE subject=?", 0},
};

static const char *sql_of(struct arena *mem, const struct stmt_text *t)
{
    switch (t->how) {
    case PUT:
        return store_row_sql_put(mem, t->rows, t->text);
    case UPDATE:
        return store_row_sql_update(mem, t->rows, store_row_table(t->rows)->head, t->text);
    default:
        return t->text;
    }
}

bool store_change_prepare(struct store_tables *t, struct err *err)
{
    for (size_t i = 0; i < STORE_STMT_COUNT; i++) {
        if (!store_db_prepare(&t->db, sql_of(t->turn, &texts[i]), &t->stmts[i], err))
            return false;
    }
    return store_cursor_open(&t->op_by_id, &t->db, STORE_ROWS_OP, "WHERE id=?", err) &&
           store_cursor_open(&t->res_by_id, &t->db, STORE_ROWS_RES, "WHERE id=?", err) &&
           store_cursor_open(&t->notice_by_key, &t->db, STORE_ROWS_NOTICE, "WHERE key=?", err);
}

void store_change_done(struct store_tables *t)
{
    for (size_t i = 0; i < STORE_STMT_COUNT; i++)
        store_db_close_stmt(&t->stmts[i]);
    store_cursor_close(&t->op_by_id);
    store_cursor_close(&t->res_by_id);
    store_cursor_close(&t->notice_by_key);
}

bool store_change_run(struct store_tables *t, enum store_stmt stmt, struct err *err)
{
    return store_db_run(&t->db, t->stmts[stmt], "writing", err);
}

bool store_change_put(struct store_tables *t, enum store_stmt stmt, enum store_rows rows, int64_t id,
                      const void *row, uint64_t *sum, uint64_t *rest, struct err *err)
{
    const struct store_table *table = store_row_table(rows);
    sqlite3_stmt *s = t->stmts[stmt];
    int at = 1;
    if (table->id)
        sqlite3_bind_int64(s, at++, id);
    uint64_t head = store_row_bind(s, at, rows, row, 0, table->head);
    *rest = store_row_bind(s, at + (int)table->head, rows, row, table->head, table->count);
    *sum = store_row_sum(rows, table->id ? id : 0, head, *rest);
    sqlite3_bind_int64(s, at + (int)table->count, (int64_t)*sum);
    return store_change_run(t, stmt, err);
}

/* Reads the row `id` through one of the two cursors kept for that; it is there, because we know of it. */
static bool read_by_id(struct store_tables *t, struct store_cursor *c, int64_t id, void *row, struct err *err)
{
    bool found = false;
    store_cursor_rewind(c);
    sqlite3_bind_int64(c->stmt, 1, id);
    bool good = store_cursor_next(c, t->turn, row, &found, err);
    sqlite3_reset(c->stmt);
    if (good && !found)
        return store_db_corrupt(t->db.path, "a row has vanished", err);
    return good;
}

/* ---- ops ----------------------------------------------------------------------------------- */

static bool is_finished(enum store_op_state state)
{
    return state == STORE_OP_DONE || state == STORE_OP_FAILED;
}

/* Somebody else moved it, or we did and forgot: in either case what we believe of the world is wrong. */
static bool has_moved(const struct store_op *op, enum store_op_state from, uint32_t attempt, struct err *err)
{
    err_set(err, "store.op_moved", "the operation on '%s' is not at %s, attempt %" PRIu32 " any more",
            op->address ? op->address : op->op_id, store_op_state_name(from), attempt);
    return err_advise(err, "run `landfall resume`: it reads what is true before it goes on");
}

static void write_op_tally(struct store_tables *t)
{
    t->meta.op_first = store_known_first_op(t->known, t->next_op);
    t->meta_changed = true;
}

/* An id that is open already is a programmer's mistake, but one that would let two changes run under one
 * token: it stops the writer like a missed compare-and-set. */
static bool put_op(struct store_tables *t, const struct store_record *r, struct err *err)
{
    struct store_op *op = r->row;
    int64_t id = t->next_op++;
    uint64_t sum, rest;
    if (store_known_find_op(t->known, op->op_id))
        return has_moved(op, op->state, op->attempt, err);
    op->fence = t->fence;
    if (!store_change_put(t, STORE_STMT_OP, STORE_ROWS_OP, id, op, &sum, &rest, err))
        return false;
    if (!is_finished(op->state)) {
        struct store_known_op *known = store_known_add_op(t->known, op->op_id, id);
        known->sum = sum;
        known->rest = rest;
        store_tally_add(&t->meta.op, sum);
    }
    write_op_tally(t);
    return true;
}

/* The inputs of the change are neither read nor written again: the part of the checksum that covers them is
 * remembered.  The WHERE is the compare-and-set; that it found a row is what makes the move true. */
static bool move_op(struct store_tables *t, const struct store_record *r, struct err *err)
{
    const struct store_table *table = store_row_table(STORE_ROWS_OP);
    struct store_op *op = r->row;
    struct store_known_op *known = store_known_find_op(t->known, op->op_id);
    if (!known)
        return has_moved(op, r->from, r->from_attempt, err);
    op->fence = t->fence;
    bool ends = is_finished(op->state);
    if (ends)
        known->rest = store_row_sum_empty(table->count - table->head);

    enum store_stmt which = ends ? STORE_STMT_OP_END : STORE_STMT_OP_MOVE;
    sqlite3_stmt *s = t->stmts[which];
    int at = (int)table->head + 1;
    uint64_t head = store_row_bind(s, 1, STORE_ROWS_OP, op, 0, table->head);
    uint64_t sum = store_row_sum(STORE_ROWS_OP, known->id, head, known->rest);
    sqlite3_bind_int64(s, at, (int64_t)sum);
    sqlite3_bind_int64(s, at + 1, known->id);
    sqlite3_bind_int64(s, at + 2, r->from);
    sqlite3_bind_int64(s, at + 3, r->from_attempt);
    if (!store_change_run(t, which, err))
        return false;
    if (sqlite3_changes(t->db.handle) != 1)
        return has_moved(op, r->from, r->from_attempt, err);

    store_tally_remove(&t->meta.op, known->sum);
    known->sum = sum;
    if (ends)
        store_known_remove_op(t->known, op->op_id);
    else
        store_tally_add(&t->meta.op, sum);
    write_op_tally(t);
    return true;
}

/* Seldom enough to read the row first, and so to verify it. */
static bool save_op(struct store_tables *t, const struct store_record *r, struct err *err)
{
    struct store_known_op *known = store_known_find_op(t->known, r->key);
    struct store_op op = {.op_id = r->key};
    if (!known)
        return has_moved(&op, STORE_OP_INTENT, 0, err);
    if (!read_by_id(t, &t->op_by_id, known->id, &op, err))
        return false;
    if (r->text)
        op.ext_id = r->text;
    if (r->more)
        op.saved = r->more;
    store_tally_remove(&t->meta.op, known->sum);
    if (!store_change_put(t, STORE_STMT_OP, STORE_ROWS_OP, known->id, &op, &known->sum, &known->rest, err))
        return false;
    store_tally_add(&t->meta.op, known->sum);
    write_op_tally(t);
    return true;
}

/* ---- res ----------------------------------------------------------------------------------- */

/* One serial per commit, taken at its first change of a res row: all rows of a turn carry the same one. */
static void touch_res(struct store_tables *t)
{
    if (!t->res_changed)
        t->meta.serial++;
    t->res_changed = t->meta_changed = true;
}

/* Insert at the end of the table, or replace in place; either way without searching by address on disk. */
static bool put_res(struct store_tables *t, const struct store_record *r, struct err *err)
{
    struct store_res *res = r->row;
    struct store_known_res *known = store_known_find_res(t->known, res->address, res->generation);
    enum store_stmt which = known ? STORE_STMT_RES : STORE_STMT_RES_INSERT;
    uint64_t rest;
    touch_res(t);
    res->row_version = t->meta.serial;
    if (known)
        store_tally_remove(&t->meta.res, known->sum);
    else
        known = store_known_add_res(t->known, res->address, res->generation, t->next_res++);
    if (!store_change_put(t, which, STORE_ROWS_RES, known->id, res, &known->sum, &rest, err))
        return false;
    store_tally_add(&t->meta.res, known->sum);
    return true;
}

static bool remove_res(struct store_tables *t, const struct store_record *r, struct err *err)
{
    struct store_known_res *known = store_known_find_res(t->known, r->key, r->generation);
    if (!known)
        return true;
    touch_res(t);
    sqlite3_bind_int64(t->stmts[STORE_STMT_RES_REMOVE], 1, known->id);
    if (!store_change_run(t, STORE_STMT_RES_REMOVE, err))
        return false;
    store_tally_remove(&t->meta.res, known->sum);
    store_known_remove_res(t->known, r->key, r->generation);
    return true;
}

/* ---- calls --------------------------------------------------------------------------------- */

/* The old row's checksum is asked for, since units are not remembered on this side. */
static bool put_call(struct store_tables *t, const struct store_record *r, struct err *err)
{
    const struct store_call *call = r->row;
    sqlite3_stmt *find = t->stmts[STORE_STMT_CALL_FIND];
    sqlite3_bind_text(find, 1, call->address, -1, SQLITE_STATIC);
    sqlite3_bind_text(find, 2, call->key, -1, SQLITE_STATIC);
    int rc = sqlite3_step(find);
    if (rc == SQLITE_ROW)
        store_tally_remove(&t->meta.call, (uint64_t)sqlite3_column_int64(find, 0));
    else if (rc != SQLITE_DONE)
        store_db_failed(&t->db, "reading", err);
    sqlite3_reset(find);
    uint64_t sum, rest;
    if ((rc != SQLITE_ROW && rc != SQLITE_DONE) ||
        !store_change_put(t, STORE_STMT_CALL, STORE_ROWS_CALL, 0, call, &sum, &rest, err))
        return false;
    store_tally_add(&t->meta.call, sum);
    t->meta_changed = true;
    return true;
}

static bool drop_calls_of(struct store_tables *t, const char *address, const char *prefix, struct err *err)
{
    sqlite3_stmt *find = t->stmts[STORE_STMT_CALLS_FIND], *drop = t->stmts[STORE_STMT_CALLS_DROP];
    sqlite3_bind_text(find, 1, address, -1, SQLITE_STATIC);
    sqlite3_bind_text(find, 2, prefix, -1, SQLITE_STATIC);
    sqlite3_bind_text(drop, 1, address, -1, SQLITE_STATIC);
    sqlite3_bind_text(drop, 2, prefix, -1, SQLITE_STATIC);
    int rc;
    while ((rc = sqlite3_step(find)) == SQLITE_ROW)
        store_tally_remove(&t->meta.call, (uint64_t)sqlite3_column_int64(find, 0));
    if (rc != SQLITE_DONE)
        store_db_failed(&t->db, "reading", err);
    sqlite3_reset(find);
    t->meta_changed = true;
    return rc == SQLITE_DONE && store_change_run(t, STORE_STMT_CALLS_DROP, err);
}

static bool drop_calls(struct store_tables *t, const struct store_record *r, struct err *err)
{
    return drop_calls_of(t, r->key, r->text, err);
}

/* ---- renaming ------------------------------------------------------------------------------ */

static bool rename_res_rows(struct store_tables *t, const char *from, const char *to, struct err *err)
{
    if (store_known_res_of(t->known, to)) {
        err_set(err, "store.taken", "'%s' cannot become '%s': there is a step of that name already", from,
                to);
        return err_advise(err, "take the `moved` line out of the playbook, or destroy '%s' first", to);
    }
    for (struct store_known_res *k = store_known_res_of(t->known, from); k; k = k->next) {
        struct store_res row = {0};
        uint64_t rest;
        if (!read_by_id(t, &t->res_by_id, k->id, &row, err))
            return false;
        touch_res(t);
        row.address = to;
        row.row_version = t->meta.serial;
        store_tally_remove(&t->meta.res, k->sum);
        if (!store_change_put(t, STORE_STMT_RES, STORE_ROWS_RES, k->id, &row, &k->sum, &rest, err))
            return false;
        store_tally_add(&t->meta.res, k->sum);
    }
    store_known_rename_res(t->known, from, to);
    return true;
}

/* Finished ops move as well: they are the history of the step, under whatever name it has. */
static bool rename_op(struct store_tables *t, int64_t id, struct store_op *op, const char *to,
                      struct err *err)
{
    struct store_known_op *known = is_finished(op->state) ? NULL : store_known_find_op(t->known, op->op_id);
    uint64_t sum, rest;
    op->address = to;
    if (!store_change_put(t, STORE_STMT_OP, STORE_ROWS_OP, id, op, &sum, &rest, err))
        return false;
    if (known) {
        store_tally_remove(&t->meta.op, known->sum);
        store_tally_add(&t->meta.op, sum);
        known->sum = sum;
        t->meta_changed = true;
    }
    return true;
}

/* Rows are collected before the first is written: a cursor must not walk over what it changes. */
static bool rename_op_rows(struct store_tables *t, const char *from, const char *to, struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    ARRAY(struct store_op) rows = {0};
    ARRAY(int64_t) ids = {0};
    bool more = true;
    struct store_op row = {0};
    bool good = store_cursor_open(&c, &t->db, STORE_ROWS_OP, "WHERE address=?", err);
    if (good)
        sqlite3_bind_text(c.stmt, 1, from, -1, SQLITE_STATIC);
    while (good && (good = store_cursor_next(&c, t->turn, &row, &more, err)) && more) {
        ARRAY_PUSH(&rows, row);
        ARRAY_PUSH(&ids, c.id);
    }
    for (size_t i = 0; good && i < rows.count; i++)
        good = rename_op(t, ids.at[i], &rows.at[i], to, err);
    ARRAY_DONE(&rows);
    ARRAY_DONE(&ids);
    return good;
}

static bool rename_call_rows(struct store_tables *t, const char *from, const char *to, struct err *err)
{
    struct store_cursor c AUTO(store_cursor_close) = {0};
    ARRAY(struct store_call) rows = {0};
    struct store_call row = {0};
    bool more = true;
    bool good = store_cursor_open(&c, &t->db, STORE_ROWS_CALL, "WHERE address=?", err);
    if (good)
        sqlite3_bind_text(c.stmt, 1, from, -1, SQLITE_STATIC);
    while (good && (good = store_cursor_next(&c, t->turn, &row, &more, err)) && more)
        ARRAY_PUSH(&rows, row);
    good = good && drop_calls_of(t, from, "", err);
    for (size_t i = 0; good && i < rows.count; i++) {
        rows.at[i].address = to;
        good = put_call(t, &(struct store_record){.row = &rows.at[i]}, err);
    }
    ARRAY_DONE(&rows);
    return good;
}

static bool rename_res(struct store_tables *t, const struct store_record *r, struct err *err)
{
    return rename_res_rows(t, r->key, r->text, err) && rename_op_rows(t, r->key, r->text, err) &&
           rename_call_rows(t, r->key, r->text, err);
}

/* ---- events, runs, outputs ----------------------------------------------------------------- */

static bool put_event(struct store_tables *t, const struct store_record *r, struct err *err)
{
    uint64_t sum, rest;
    return store_change_put(t, STORE_STMT_EVENT, STORE_ROWS_EVENT, t->next_event++, r->row, &sum, &rest, err);
}

/* The plan of the newest run is kept, because a resume needs it; of older ones the digest is enough. */
static bool put_plan(struct store_tables *t, int64_t id, const char *plan, struct err *err)
{
    uint64_t sum, rest;
    sqlite3_bind_int64(t->stmts[STORE_STMT_PLAN_DROP], 1, id);
    return store_change_run(t, STORE_STMT_PLAN_DROP, err) &&
           store_change_put(t, STORE_STMT_PLAN, STORE_ROWS_PLAN, id, &(struct store_body){plan}, &sum, &rest,
                            err);
}

/* The only constraint a run can break is that of its plan's digest; its id was looked up before. */
static bool insert_run(struct store_tables *t, int64_t id, const struct store_run *run, struct err *err)
{
    uint64_t sum, rest;
    if (!store_change_put(t, STORE_STMT_RUN, STORE_ROWS_RUN, id, run, &sum, &rest, err)) {
        if ((sqlite3_errcode(t->db.handle) & 0xFF) != SQLITE_CONSTRAINT)
            return false;
        err_set(err, "store.plan_used", "this plan was applied before (digest %.12s)", run->plan_digest);
        return err_advise(
            err, "make a new one with `landfall plan`; to go on where a run stopped: `landfall resume`");
    }
    store_tally_add(&t->meta.run, sum);
    if (id == t->next_run - 1)
        t->meta.run_newest = (int64_t)sum;
    t->meta_changed = true;
    return true;
}

/* A run keeps the digest it was started with.  Each resume makes a plan of its own, which is the plan a new
 * apply would make: written into the row, it would lock that apply out. */
static bool update_run(struct store_tables *t, int64_t id, uint64_t old_sum, const struct store_run *run,
                       const char *digest, struct err *err)
{
    struct store_run kept = *run;
    kept.plan_digest = digest;
    sqlite3_bind_int64(t->stmts[STORE_STMT_RUN_REMOVE], 1, id);
    store_tally_remove(&t->meta.run, old_sum);
    return store_change_run(t, STORE_STMT_RUN_REMOVE, err) && insert_run(t, id, &kept, err);
}

static bool write_run(struct store_tables *t, const struct store_run *run, struct err *err)
{
    sqlite3_stmt *find = t->stmts[STORE_STMT_RUN_FIND];
    sqlite3_bind_text(find, 1, run->run_id, -1, SQLITE_STATIC);
    int rc = sqlite3_step(find);
    if (rc == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(find, 0);
        uint64_t old = (uint64_t)sqlite3_column_int64(find, 1);
        const char *had = (const char *)sqlite3_column_text(find, 2);
        char digest[DIGEST_HEX];
        snprintf(digest, sizeof(digest), "%s", had ? had : "");
        sqlite3_reset(find);
        return update_run(t, id, old, run, digest, err) &&
               (run->approval_count == 0 || !run->plan || put_plan(t, id, run->plan, err));
    }
    if (rc != SQLITE_DONE)
        store_db_failed(&t->db, "reading", err);
    sqlite3_reset(find);
    int64_t id = t->next_run++;
    t->meta.run_event = t->next_event;
    t->meta.run_op = t->next_op;
    return rc == SQLITE_DONE && insert_run(t, id, run, err) && put_plan(t, id, run->plan, err);
}

static bool put_run(struct store_tables *t, const struct store_record *r, struct err *err)
{
    const struct store_run *run = r->row;
    return write_run(t, run, err) && store_ledger_put_approvals(t, run, err);
}

static bool put_outputs(struct store_tables *t, const struct store_record *r, struct err *err)
{
    uint64_t sum, rest;
    return store_change_put(t, STORE_STMT_OUTPUT, STORE_ROWS_OUTPUT, 1, &(struct store_body){r->text}, &sum,
                            &rest, err);
}

/* ---- all of them --------------------------------------------------------------------------- */

typedef bool change_fn(struct store_tables *t, const struct store_record *r, struct err *err);

static change_fn *const changes[STORE_CHANGE_COUNT] = {
    [STORE_CHANGE_PUT_OP] = put_op,
    [STORE_CHANGE_MOVE_OP] = move_op,
    [STORE_CHANGE_SAVE_OP] = save_op,
    [STORE_CHANGE_PUT_RES] = put_res,
    [STORE_CHANGE_REMOVE_RES] = remove_res,
    [STORE_CHANGE_RENAME_RES] = rename_res,
    [STORE_CHANGE_PUT_CALL] = put_call,
    [STORE_CHANGE_DROP_CALLS] = drop_calls,
    [STORE_CHANGE_PUT_EVENT] = put_event,
    [STORE_CHANGE_PUT_RUN] = put_run,
    [STORE_CHANGE_PUT_OUTPUTS] = put_outputs,
    [STORE_CHANGE_PUT_AUDIT] = store_ledger_put_audit,
    [STORE_CHANGE_PUT_NOTICE] = store_ledger_put_notice,
    [STORE_CHANGE_MOVE_NOTICE] = store_ledger_move_notice,
};

bool store_change_apply(struct store_tables *t, const struct store_record *r, struct err *err)
{
    return changes[r->change](t, r, err);
}
