#include "store/store_row.h"

#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "store/store.h"
#include "store/store_lock.h"
#include "store/store_meta.h"
#include "store/store_word.h"

#define TEXT(s, f)                                                                                           \
    {                                                                                                        \
#f, offsetof(struct s, f), STORE_FIELD_TEXT                                                          \
    }
#define INT(s, f)                                                                                            \
    {                                                                                                        \
#f, offsetof(struct s, f), STORE_FIELD_INT                                                           \
    }
#define UINT32(s, f)                                                                                         \
    {                                                                                                        \
#f, offsetof(struct s, f), STORE_FIELD_UINT32                                                        \
    }
#define BOOL(s, f)                                                                                           \
    {                                                                                                        \
#f, offsetof(struct s, f), STORE_FIELD_BOOL                                                          \
    }

static const struct store_field res_fields[] = {
    TEXT(store_res, address),
    INT(store_res, generation),
    UINT32(store_res, kind),
    BOOL(store_res, deposed),
    TEXT(store_res, subsystem),
    TEXT(store_res, type),
    TEXT(store_res, instance),
    TEXT(store_res, driver),
    TEXT(store_res, driver_version),
    TEXT(store_res, ext_id),
    UINT32(store_res, schema_version),
    TEXT(store_res, marker),
    TEXT(store_res, desired),
    TEXT(store_res, observed),
    TEXT(store_res, memo),
    TEXT(store_res, depends_on),
    TEXT(store_res, holds),
    TEXT(store_res, inputs),
    TEXT(store_res, declared_at),
    BOOL(store_res, shared),
    BOOL(store_res, protect),
    BOOL(store_res, adopted),
    BOOL(store_res, damaged),
    INT(store_res, row_version),
};

/* The last four are the inputs of the change and the driver's progress: large, written once, cleared at the
 * end.  What a search looks at stands in front. */
static const struct store_field op_fields[] = {
    UINT32(store_op, state),
    UINT32(store_op, attempt),
    TEXT(store_op, op_id),
    TEXT(store_op, address),
    INT(store_op, generation),
    TEXT(store_op, marker),
    TEXT(store_op, run_id),
    UINT32(store_op, kind),
    TEXT(store_op, subsystem),
    TEXT(store_op, type),
    TEXT(store_op, instance),
    TEXT(store_op, driver),
    TEXT(store_op, driver_version),
    UINT32(store_op, schema_version),
    UINT32(store_op, verb),
    UINT32(store_op, settle),
    TEXT(store_op, precondition),
    TEXT(store_op, memo),
    TEXT(store_op, meta),
    INT(store_op, fence),
    INT(store_op, sent_deadline_ms),
    INT(store_op, retention_until_ms),
    TEXT(store_op, ext_id),
    TEXT(store_op, reason),
    TEXT(store_op, candidates),
    TEXT(store_op, desired),
    TEXT(store_op, prior),
    TEXT(store_op, planned),
    TEXT(store_op, saved),
};
#define OP_HEAD (COUNT_OF(op_fields) - 4)

static const struct store_field call_fields[] = {
    TEXT(store_call, address), TEXT(store_call, key),   TEXT(store_call, digest),
    TEXT(store_call, token),   TEXT(store_call, reply), BOOL(store_call, done),
};

static const struct store_field run_fields[] = {
    TEXT(store_run, run_id),  TEXT(store_run, plan_digest), INT(store_run, base_serial),
    TEXT(store_run, command), TEXT(store_run, state),       INT(store_run, started_ms),
    INT(store_run, ended_ms), INT(store_run, total),        INT(store_run, done),
    INT(store_run, failed),
};

static const struct store_field event_fields[] = {
    INT(store_event, wall_ms), TEXT(store_event, run_id), TEXT(store_event, kind), TEXT(store_event, address),
    TEXT(store_event, verb),   TEXT(store_event, text),   TEXT(store_event, code), INT(store_event, took_ms),
};

static const struct store_field audit_fields[] = {
    INT(store_audit, wall_ms), TEXT(store_audit, kind), TEXT(store_audit, entry),
    TEXT(store_audit, prev),   TEXT(store_audit, hash),
};

static const struct store_field notice_fields[] = {
    TEXT(store_notice, key),   TEXT(store_notice, sink),      TEXT(store_notice, body),
    INT(store_notice, due_ms), UINT32(store_notice, attempt), TEXT(store_notice, state),
    TEXT(store_notice, why),
};

static const struct store_field approval_fields[] = {
    TEXT(store_approval, nonce),
    TEXT(store_approval, run_id),
    TEXT(store_approval, plan_digest),
    TEXT(store_approval, json),
};

static const struct store_field word_fields[] = {
    TEXT(store_word, subject),
    INT(store_word, generation),
    INT(store_word, seq),
};

/* New fields go to the end, where store_meta_upgrade adds their columns. */
static const struct store_field meta_fields[] = {
    INT(store_meta, schema),      TEXT(store_meta, lineage),       TEXT(store_meta, region),
    TEXT(store_meta, digest_key), INT(store_meta, epoch),          INT(store_meta, serial),
    INT(store_meta, op_first),    INT(store_meta, res.count),      INT(store_meta, res.sum),
    INT(store_meta, op.count),    INT(store_meta, op.sum),         INT(store_meta, call.count),
    INT(store_meta, call.sum),    INT(store_meta, run.count),      INT(store_meta, run.sum),
    TEXT(store_meta, audit_head), INT(store_meta, audit_count),    INT(store_meta, notice.count),
    INT(store_meta, notice.sum),  INT(store_meta, approval.count), INT(store_meta, approval.sum),
    INT(store_meta, word.count),  INT(store_meta, word.sum),       INT(store_meta, run_newest),
    INT(store_meta, run_event),   INT(store_meta, run_op),
};
#define META_1 15 /* fields of schema 1 */
#define META_2 21 /* of schema 2 */

static const struct store_field lock_fields[] = {
    INT(store_lock_facts, fence), TEXT(store_lock_facts, nonce),     TEXT(store_lock_facts, host),
    INT(store_lock_facts, pid),   INT(store_lock_facts, started_ms), TEXT(store_lock_facts, command),
};

static const struct store_field body_fields[] = {TEXT(store_body, body)};

#define META(which, field_count)                                                                             \
    [which] = {.rows = STORE_ROWS_META,                                                                      \
               .name = "meta",                                                                               \
               .id = "id",                                                                                   \
               .constraints = ")",                                                                           \
               .fields = meta_fields,                                                                        \
               .count = field_count,                                                                         \
               .head = field_count}

#define TABLE(which, text, id_column, more, list, head_count)                                                \
    [which] = {.rows = which,                                                                                \
               .name = text,                                                                                 \
               .id = id_column,                                                                              \
               .constraints = more,                                                                          \
               .fields = list,                                                                               \
               .count = COUNT_OF(list),                                                                      \
               .head = head_count}

/* What was not sent, or never will be: few among all that ever was.  Moving one to "sent" takes it out. */
#define NOTICE_OPEN "CREATE INDEX notice_open ON notice(state) WHERE state<>'sent'"

#define APPROVAL_OF_RUN "CREATE INDEX approval_of_run ON approval(run_id)"

/* No table that a step writes to has an index beside its key: the writer knows in memory where its rows lie,
 * and every index costs a page of each commit. */
static const struct store_table tables[STORE_ROWS_COUNT] = {
    TABLE(STORE_ROWS_RES, "res", "id", ")", res_fields, COUNT_OF(res_fields)),
    TABLE(STORE_ROWS_OP, "op", "id", ")", op_fields, OP_HEAD),
    TABLE(STORE_ROWS_CALL, "call", NULL, ", PRIMARY KEY(address, key)) WITHOUT ROWID", call_fields,
          COUNT_OF(call_fields)),
    TABLE(STORE_ROWS_RUN, "run", "id", ", UNIQUE(run_id), UNIQUE(plan_digest))", run_fields,
          COUNT_OF(run_fields)),
    TABLE(STORE_ROWS_EVENT, "event", "seq", ")", event_fields, COUNT_OF(event_fields)),
    TABLE(STORE_ROWS_META, "meta", "id", ")", meta_fields, COUNT_OF(meta_fields)),
    TABLE(STORE_ROWS_LOCK, "lock", "id", ")", lock_fields, COUNT_OF(lock_fields)),
    TABLE(STORE_ROWS_OUTPUT, "output", "id", ")", body_fields, COUNT_OF(body_fields)),
    TABLE(STORE_ROWS_PLAN, "plan", "id", ")", body_fields, COUNT_OF(body_fields)),
    TABLE(STORE_ROWS_AUDIT, "audit", "seq", ")", audit_fields, COUNT_OF(audit_fields)),
    [STORE_ROWS_NOTICE] = {.rows = STORE_ROWS_NOTICE,
                           .name = "notice",
                           .id = "id",
                           .constraints = ", UNIQUE(key))",
                           .index = NOTICE_OPEN,
                           .fields = notice_fields,
                           .count = COUNT_OF(notice_fields),
                           .head = COUNT_OF(notice_fields)},
    [STORE_ROWS_APPROVAL] = {.rows = STORE_ROWS_APPROVAL,
                             .name = "approval",
                             .id = "id",
                             .constraints = ", UNIQUE(nonce))",
                             .index = APPROVAL_OF_RUN,
                             .fields = approval_fields,
                             .count = COUNT_OF(approval_fields),
                             .head = COUNT_OF(approval_fields)},
    TABLE(STORE_ROWS_WORD, "word", NULL, ", PRIMARY KEY(subject)) WITHOUT ROWID", word_fields,
          COUNT_OF(word_fields)),
    META(STORE_ROWS_META_1, META_1),
    META(STORE_ROWS_META_2, META_2),
};

_Static_assert(COUNT_OF(op_fields) <= STORE_FIELDS_MAX, "a cursor remembers this many");
_Static_assert(sizeof(enum store_op_state) == sizeof(uint32_t), "an op's state is read as UINT32");

const struct store_table *store_row_table(enum store_rows rows)
{
    return &tables[rows];
}

void *store_row_copy(struct arena *mem, enum store_rows rows, const void *row)
{
    /* Every struct here ends behind its last field, and copying a little less than it would lose one. */
    static const size_t sizes[STORE_ROWS_COUNT] = {
        [STORE_ROWS_RES] = sizeof(struct store_res),
        [STORE_ROWS_OP] = sizeof(struct store_op),
        [STORE_ROWS_CALL] = sizeof(struct store_call),
        [STORE_ROWS_RUN] = sizeof(struct store_run),
        [STORE_ROWS_EVENT] = sizeof(struct store_event),
        [STORE_ROWS_META] = sizeof(struct store_meta),
        [STORE_ROWS_LOCK] = sizeof(struct store_lock_facts),
        [STORE_ROWS_OUTPUT] = sizeof(struct store_body),
        [STORE_ROWS_PLAN] = sizeof(struct store_body),
        [STORE_ROWS_AUDIT] = sizeof(struct store_audit),
        [STORE_ROWS_NOTICE] = sizeof(struct store_notice),
        [STORE_ROWS_APPROVAL] = sizeof(struct store_approval),
        [STORE_ROWS_WORD] = sizeof(struct store_word),
        [STORE_ROWS_META_1] = sizeof(struct store_meta),
        [STORE_ROWS_META_2] = sizeof(struct store_meta),
    };
    const struct store_table *t = &tables[rows];
    char *copy = arena_copy(mem, row, sizes[rows]);
    for (size_t i = 0; i < t->count; i++) {
        if (t->fields[i].type != STORE_FIELD_TEXT)
            continue;
        const char **at = (const char **)(void *)(copy + t->fields[i].offset);
        *at = arena_text(mem, *at);
    }
    return copy;
}

/* ---- SQL ----------------------------------------------------------------------------------- */

/* A tally is a struct of two numbers in C and two columns in the table: res.count is res_count. */
static void add_column(struct buf *b, const char *name)
{
    for (; *name; name++)
        buf_char(b, *name == '.' ? '_' : *name);
}

/* The order of columns is that of the fields, in every statement. */
static void add_columns(struct buf *b, const struct store_table *t)
{
    if (t->id)
        buf_print(b, "%s, ", t->id);
    for (size_t i = 0; i < t->count; i++) {
        add_column(b, t->fields[i].name);
        buf_text(b, ", ");
    }
    buf_text(b, "chk");
}

static const char *keep(struct buf *b, struct arena *mem)
{
    const char *text = buf_keep(b, mem);
    buf_done(b);
    return text;
}

const char *store_row_sql_create(struct arena *mem, enum store_rows rows)
{
    const struct store_table *t = &tables[rows];
    struct buf b;
    buf_init(&b, 0);
    buf_print(&b, "CREATE TABLE %s(", t->name);
    if (t->id)
        buf_print(&b, "%s INTEGER PRIMARY KEY, ", t->id);
    for (size_t i = 0; i < t->count; i++) {
        add_column(&b, t->fields[i].name);
        buf_text(&b, t->fields[i].type == STORE_FIELD_TEXT ? " TEXT, " : " INTEGER, ");
    }
    buf_print(&b, "chk INTEGER%s", t->constraints);
    return keep(&b, mem);
}

const char *store_row_sql_add_column(struct arena *mem, enum store_rows rows, size_t field)
{
    const struct store_table *t = &tables[rows];
    struct buf b;
    buf_init(&b, 0);
    buf_print(&b, "ALTER TABLE %s ADD COLUMN ", t->name);
    add_column(&b, t->fields[field].name);
    buf_text(&b, t->fields[field].type == STORE_FIELD_TEXT ? " TEXT" : " INTEGER");
    return keep(&b, mem);
}

const char *store_row_sql_put(struct arena *mem, enum store_rows rows, const char *verb)
{
    const struct store_table *t = &tables[rows];
    struct buf b;
    buf_init(&b, 0);
    buf_print(&b, "%s INTO %s(", verb, t->name);
    add_columns(&b, t);
    buf_text(&b, ") VALUES(?");
    for (size_t i = t->id ? 0 : 1; i < t->count + 1; i++)
        buf_text(&b, ", ?");
    buf_char(&b, ')');
    return keep(&b, mem);
}

const char *store_row_sql_select(struct arena *mem, enum store_rows rows, const char *tail)
{
    const struct store_table *t = &tables[rows];
    struct buf b;
    buf_init(&b, 0);
    buf_text(&b, "SELECT ");
    add_columns(&b, t);
    buf_print(&b, " FROM %s %s", t->name, tail);
    return keep(&b, mem);
}

const char *store_row_sql_update(struct arena *mem, enum store_rows rows, size_t count, const char *tail)
{
    const struct store_table *t = &tables[rows];
    struct buf b;
    buf_init(&b, 0);
    buf_print(&b, "UPDATE %s SET ", t->name);
    for (size_t i = 0; i < count; i++) {
        add_column(&b, t->fields[i].name);
        buf_text(&b, "=?, ");
    }
    buf_print(&b, "chk=? %s", tail);
    return keep(&b, mem);
}

/* ---- checksums ----------------------------------------------------------------------------- */

/* Each step is a bijection of the sum for a given word, and of the word for a given sum, so that one changed
 * word always changes the end; the multiplier is 2^64 / golden ratio, as in Fibonacci hashing. */
static inline uint64_t mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return sum ^ (sum >> 32);
}

#define NULL_TEXT UINT64_MAX /* no text is as long */

uint64_t store_row_sum_int(uint64_t sum, int64_t number)
{
    return mix(sum, (uint64_t)number);
}

/* The length goes in front, so that a text and its neighbor cannot trade bytes. */
uint64_t store_row_sum_text(uint64_t sum, const char *text, size_t count)
{
    if (!text)
        return mix(sum, NULL_TEXT);
    sum = mix(sum, count);
    uint64_t word;
    for (; count >= sizeof(word); text += sizeof(word), count -= sizeof(word)) {
        memcpy(&word, text, sizeof(word));
        sum = mix(sum, word);
    }
    if (count > 0) {
        word = 0;
        memcpy(&word, text, count);
        sum = mix(sum, word);
    }
    return sum;
}

uint64_t store_row_sum(enum store_rows rows, int64_t id, uint64_t head, uint64_t rest)
{
    return mix(mix(mix(mix(STORE_SUM_START, head), rest), (uint64_t)id), (uint64_t)rows);
}

uint64_t store_row_sum_empty(size_t fields)
{
    uint64_t sum = STORE_SUM_START;
    while (fields-- > 0)
        sum = mix(sum, NULL_TEXT);
    return sum;
}

/* All numbers are 64 bits wide in the file and in the checksum, whatever they are in C. */
static int64_t number_of(const struct store_field *f, const void *at)
{
    uint32_t number;
    switch (f->type) {
    case STORE_FIELD_UINT32:
        memcpy(&number, at, sizeof(number));
        return number;
    case STORE_FIELD_BOOL:
        return *(const bool *)at;
    default:
        return *(const int64_t *)at;
    }
}

/* Texts are capped far below SQLite's limit where they enter landfall; one that is not must never become a
 * NULL with a checksum that says otherwise. */
static void must_fit(int rc)
{
    if (rc != SQLITE_OK)
        abort();
}

/* One pass for both: the bytes that are bound are the bytes that are summed. */
uint64_t store_row_bind(struct sqlite3_stmt *stmt, int at, enum store_rows rows, const void *row, size_t from,
                        size_t to)
{
    uint64_t sum = STORE_SUM_START;
    const struct store_field *fields = tables[rows].fields;
    for (size_t i = from; i < to; i++, at++) {
        const char *field = (const char *)row + fields[i].offset;
        if (fields[i].type == STORE_FIELD_TEXT) {
            const char *text = *(const char *const *)(const void *)field;
            size_t count = text ? strlen(text) : 0;
            sum = store_row_sum_text(sum, text, count);
            must_fit(sqlite3_bind_text64(stmt, at, text, count, SQLITE_STATIC, SQLITE_UTF8));
        } else {
            int64_t number = number_of(&fields[i], field);
            sum = store_row_sum_int(sum, number);
            sqlite3_bind_int64(stmt, at, number);
        }
    }
    return sum;
}
