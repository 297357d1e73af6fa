/* One change of one record, inside a transaction that store_commit has begun.  Private to store. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "store/store_batch.h"
#include "store/store_cursor.h"
#include "store/store_known.h"
#include "store/store_meta.h"

struct err;

enum store_stmt {
    STORE_STMT_BEGIN,
    STORE_STMT_COMMIT,
    STORE_STMT_FENCE,
    STORE_STMT_META,
    STORE_STMT_OP,
    STORE_STMT_OP_MOVE,
    STORE_STMT_OP_END,
    STORE_STMT_RES,
    STORE_STMT_RES_INSERT,
    STORE_STMT_RES_REMOVE,
    STORE_STMT_CALL,
    STORE_STMT_CALL_FIND,
    STORE_STMT_CALLS_FIND,
    STORE_STMT_CALLS_DROP,
    STORE_STMT_EVENT,
    STORE_STMT_RUN,
    STORE_STMT_RUN_FIND,
    STORE_STMT_RUN_REMOVE,
    STORE_STMT_PLAN,
    STORE_STMT_PLAN_DROP,
    STORE_STMT_OUTPUT,
    STORE_STMT_AUDIT,
    STORE_STMT_NOTICE,
    STORE_STMT_NOTICE_INSERT,
    STORE_STMT_APPROVAL,
    STORE_STMT_WORD,
    STORE_STMT_WORD_FIND,
    STORE_STMT_WORD_REMOVE,
    STORE_STMT_COUNT,
};

/* What changes work on: shared by the commit that owns it and the changes it makes. */
struct store_tables {
    struct store_db db;
    struct arena *mem;  /* texts of meta */
    struct arena *turn; /* of one transaction */
    struct store_meta meta;
    struct store_known *known;
    int64_t fence;
    int64_t next_res, next_op, next_run, next_event, next_notice, next_approval; /* ids */
    bool meta_changed, res_changed;                                              /* in this transaction */
    char audit_head[DIGEST_HEX]; /* what meta.audit_head points to once an entry was put */
    sqlite3_stmt *stmts[STORE_STMT_COUNT];
    struct store_cursor op_by_id, res_by_id, notice_by_key;
};

MUST_USE bool store_change_prepare(struct store_tables *t, struct err *err);
void store_change_done(struct store_tables *t); /* statements only */
MUST_USE bool store_change_apply(struct store_tables *t, const struct store_record *r, struct err *err);
/* A step of one of the statements above that gives no rows. */
MUST_USE bool store_change_run(struct store_tables *t, enum store_stmt stmt, struct err *err);
/* Writes a whole row of a table with an id. */
MUST_USE bool store_change_put(struct store_tables *t, enum store_stmt stmt, enum store_rows rows, int64_t id,
                               const void *row, uint64_t *sum, uint64_t *rest, struct err *err);
