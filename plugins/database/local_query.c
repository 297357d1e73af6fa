/* The call `query`: one statement with bound values.  What it changes and the row that remembers its token
 * are one transaction, so that a token seen twice answers what it answered the first time. */
#include "local_rows.h"
#include "local_sql.h"

#include <landfall/database.h>
#include <math.h>
#include <string.h>

/* The contract's bound on rows, and what a reply may take in memory and in the ledger. */
#define ROWS_MAX  10000
#define REPLY_MAX (1 << 20)

/* One value on its way to the worker. */
struct param {
    uint32_t kind;
    int64_t n;
    double real;
    const char *text;
    size_t len;
};

struct query {
    const char *sql;
    size_t count;
    struct param params[];
};

/* ---- on the loop -------------------------------------------------------------------------- */

/* The rules that need no file.  The database's name becomes a path, so it is looked at before anything is
 * opened; the catalogue is no database of the playbook's. */
static bool check_query(const struct kit *kit, struct lf_op *op, const struct lf_value *args,
                        struct kit_sql_note *bad)
{
    size_t len = 0;
    const struct lf_value *sql = kit_get(kit, args, "sql");
    const char *text = sql ? kit->values->as_text(sql, &len) : NULL;
    const char *name = kit_get_text(kit, args, "database");
    if (!text || len > LOCAL_SQL_MAX || strlen(text) != len) {
        *bad = (struct kit_sql_note){
            "database.bad_sql", "sql", "the SQL cannot be used",
            kit_format(kit, op, "it must be text without NUL of at most %d bytes", LOCAL_SQL_MAX),
            "give one statement, and what varies as `params`"};
        return false;
    }
    if (!name || !*name || strlen(name) > LOCAL_NAME_MAX || strspn(name, LOCAL_NAME_CHARS) != strlen(name) ||
        strcmp(name, "catalogue") == 0) {
        *bad = (struct kit_sql_note){"database.bad_name", "database", "that is not the id of a database",
                                     kit_format(kit, op, "'%.100s'", name ? name : ""),
                                     "give the id of a database.database"};
        return false;
    }
    return true;
}

/* A secret is bound like any other value; lists and maps as JSON text. */
static bool take_param(const struct kit *kit, struct lf_op *op, const struct lf_value *value,
                       struct param *param)
{
    param->kind = value ? kit->values->kind(value) : LF_KIND_NULL;
    switch (param->kind) {
    case LF_KIND_NULL:
        return true;
    case LF_KIND_BOOL:
        param->n = kit->values->as_bool(value, 0);
        param->kind = LF_KIND_INT;
        return true;
    case LF_KIND_INT:
        param->n = kit->values->as_int(value, 0);
        return true;
    case LF_KIND_REAL:
        param->real = kit->values->as_real(value, 0);
        return true;
    case LF_KIND_TEXT:
        param->text = kit->values->as_text(value, &param->len);
        break;
    case LF_KIND_SECRET:
        param->text = kit->values->reveal(op, value, &param->len);
        break;
    case LF_KIND_LIST:
    case LF_KIND_MAP:
        param->text = kit->values->to_json(op, value, &param->len);
        break;
    default:
        break;
    }
    if (!param->text)
        return false;
    param->kind = LF_KIND_TEXT;
    param->text = kit_copy(kit, op, param->text, param->len);
    return true;
}

/* Everything the worker needs, copied: the values are borrowed and a running worker may outlive the
 * operation. */
static bool prepare_query(struct kit_sql_job *job, size_t i)
{
    const struct kit *kit = &job->driver->kit;
    struct lf_op *op = job->batch->op;
    const struct lf_request *req = job->batch->reqs[i];
    const char *name = kit_get_text(kit, req->args, "database");
    const char *sql = kit_get_text(kit, req->args, "sql");
    const struct lf_value *params = kit_get(kit, req->args, "params");
    bool has_params = params && kit->values->kind(params) == LF_KIND_LIST;
    size_t count = has_params ? kit->values->count(params) : 0;
    struct query *query = kit->ops->scratch(op, sizeof(*query) + count * sizeof(query->params[0]));
    query->sql = kit_copy(kit, op, sql, strlen(sql));
    query->count = count;
    for (size_t p = 0; p < count; p++) {
        if (take_param(kit, op, kit->values->at(params, p, NULL), &query->params[p]))
            continue;
        kit_sql_refuse(&job->items[i], "database.bad_param", kit_format(kit, op, "params[%zu]", p),
                       "a value cannot be bound", "it is not known, or its secret cannot be read",
                       "give a text, a number, a boolean, null, a list or a map");
        return false;
    }
    job->items[i].extra = query;
    job->items[i].file = local_file(job->driver, op, name);
    return true;
}

/* The file is named by the arguments, which prepare looks at. */
static const char *no_file_yet(const struct kit_sql_driver *driver, struct lf_op *op, const char *id)
{
    (void)id;
    return kit_format(&driver->kit, op, "%s", driver->folder);
}

/* ---- rows as JSON ------------------------------------------------------------------------- */

/* The well-formed sequences of Unicode's table 3-7: which second byte may follow which first byte.  It
 * leaves out overlong forms, surrogates, and what is above the last character. */
static const struct {
    unsigned char first_low, first_high;
    unsigned char second_low, second_high;
    size_t size;
} sequences[] = {
    {0x01, 0x7f, 0x00, 0xff, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

/* Bytes of the character at `text`; 0 when it is none, or NUL. */
static size_t utf8_step(const unsigned char *text, size_t len)
{
    for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
        size_t size = sequences[i].size;
        if (*text < sequences[i].first_low || *text > sequences[i].first_high)
            continue;
        bool good =
            size <= len &&
            (size == 1 || (text[1] >= sequences[i].second_low && text[1] <= sequences[i].second_high));
        for (size_t at = 2; good && at < size; at++)
            good = (text[at] & 0xc0) == 0x80;
        return good ? size : 0;
    }
    return 0;
}

/* False when the text is not UTF-8 or has a NUL. */
static bool add_text(sqlite3_str *json, const char *text, size_t len)
{
    sqlite3_str_appendchar(json, 1, '"');
    for (size_t i = 0; i < len;) {
        const unsigned char *at = (const unsigned char *)text + i;
        size_t size = utf8_step(at, len - i);
        if (size == 0)
            return false;
        if (*at == '"' || *at == '\\')
            sqlite3_str_appendf(json, "\\%c", *at);
        else if (*at < 0x20)
            sqlite3_str_appendf(json, "\\u%04x", *at);
        else
            sqlite3_str_append(json, (const char *)at, (int)size);
        i += size;
    }
    sqlite3_str_appendchar(json, 1, '"');
    return true;
}

/* JSON has no blobs and no infinities: the first become hexadecimal, the second are refused, since a number
 * that silently turns into another is worse than an error. */
static bool add_value(sqlite3_str *json, sqlite3_stmt *row, int column)
{
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL:
        sqlite3_str_appendall(json, "null");
        return true;
    case SQLITE_INTEGER:
        sqlite3_str_appendf(json, "%lld", sqlite3_column_int64(row, column));
        return true;
    case SQLITE_FLOAT:
        sqlite3_str_appendf(json, "%!.17g", sqlite3_column_double(row, column));
        return isfinite(sqlite3_column_double(row, column));
    case SQLITE_TEXT: {
        const char *text = (const char *)sqlite3_column_text(row, column);
        return add_text(json, text, (size_t)sqlite3_column_bytes(row, column));
    }
    default: {
        const unsigned char *bytes = sqlite3_column_blob(row, column);
        int len = sqlite3_column_bytes(row, column);
        sqlite3_str_appendchar(json, 1, '"');
        for (int i = 0; i < len; i++)
            sqlite3_str_appendf(json, "%02x", bytes[i]);
        sqlite3_str_appendchar(json, 1, '"');
        return true;
    }
    }
}

/* The column whose value cannot be told, or NULL. */
static const char *add_row(sqlite3_str *json, sqlite3_stmt *row)
{
    for (int c = 0; c < sqlite3_column_count(row); c++) {
        const char *name = sqlite3_column_name(row, c);
        sqlite3_str_appendchar(json, 1, c == 0 ? '{' : ',');
        if (!add_text(json, name, strlen(name)))
            return name;
        sqlite3_str_appendchar(json, 1, ':');
        if (!add_value(json, row, c))
            return name;
    }
    sqlite3_str_appendchar(json, 1, '}');
    return NULL;
}

/* ---- on the worker ------------------------------------------------------------------------ */

/* Placeholders are counted from 1; their number was compared with query->count before. */
static int bind(sqlite3_stmt *row, const struct query *query)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < query->count; i++) {
        const struct param *param = &query->params[i];
        int index = (int)i + 1;
        if (param->kind == LF_KIND_INT)
            rc = sqlite3_bind_int64(row, index, param->n);
        else if (param->kind == LF_KIND_REAL)
            rc = sqlite3_bind_double(row, index, param->real);
        else if (param->kind == LF_KIND_TEXT)
            rc = sqlite3_bind_text64(row, index, param->text, param->len, SQLITE_STATIC, SQLITE_UTF8);
        else
            rc = sqlite3_bind_null(row, index);
    }
    return rc;
}

/* A row is given as a map, where a second column of one name would hide the first. */
static const char *repeated_column(sqlite3_stmt *row)
{
    for (int a = 0; a < sqlite3_column_count(row); a++)
        for (int b = 0; b < a; b++)
            if (strcmp(sqlite3_column_name(row, a), sqlite3_column_name(row, b)) == 0)
                return sqlite3_column_name(row, a);
    return NULL;
}

/* What makes a prepared statement unfit, before it runs. */
static void judge(struct kit_sql_job *job, struct kit_sql_item *item, sqlite3_stmt *row, const char *rest)
{
    const struct query *query = item->extra;
    const char *twice = row ? repeated_column(row) : NULL;
    if (!row || rest[strspn(rest, " \t\r\n;")] != '\0')
        kit_sql_refuse(item, "database.one_statement", "sql", "a query is one statement",
                       row ? "there is more after the first" : "there is none",
                       "call `query` once for each statement; use a migration for many");
    else if ((size_t)sqlite3_bind_parameter_count(row) != query->count)
        kit_sql_refuse(item, "database.param_count", "params", "placeholders and values do not match",
                       kit_sql_print(job, "the SQL has %d, `params` has %d",
                                     sqlite3_bind_parameter_count(row), (int)query->count),
                       "give one value for each `?`");
    else if (twice)
        kit_sql_refuse(item, "database.column_twice", "sql",
                       kit_sql_print(job, "two columns are called '%s'", twice), "a row is a map by column",
                       "name one of them with AS");
}

/* Trouble that only other SQL or other values can mend. */
static void refuse_sql(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item, const char *why)
{
    kit_sql_refuse(item, "database.query_failed", "sql", "the database refuses the statement",
                   why ? kit_sql_print(job, "it may not use %s", why)
                       : kit_sql_print(job, "%s", sqlite3_errmsg(db)),
                   "correct the SQL or its values: nothing of it was kept");
}

/* Fills item->reply, or answers the item.  The bounds are looked at between rows, so a statement that gives
 * rows for ever ends here as well. */
static int step(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item, sqlite3_stmt *row)
{
    sqlite3_str *json = sqlite3_str_new(db);
    const char *untold = NULL;
    int rows = 0;
    int rc = SQLITE_ROW;
    bool reads = sqlite3_stmt_readonly(row);
    sqlite3_str_appendall(json, "{\"rows\":[");
    while (!untold && rows <= ROWS_MAX && sqlite3_str_length(json) <= REPLY_MAX &&
           (rc = sqlite3_step(row)) == SQLITE_ROW) {
        if (rows++ > 0)
            sqlite3_str_appendchar(json, 1, ',');
        untold = add_row(json, row);
    }
    sqlite3_str_appendf(json, "],\"changes\":%lld}", reads ? 0LL : sqlite3_changes64(db));
    if (untold)
        kit_sql_refuse(item, "database.bad_value", "sql",
                       kit_sql_print(job, "a value of column '%s' cannot be told", untold),
                       "it is not UTF-8, has a NUL, or is no finite number",
                       "convert it in the SQL, with hex()");
    else if (rows > ROWS_MAX || sqlite3_str_length(json) > REPLY_MAX)
        kit_sql_refuse(item, "database.too_many_rows", "sql", "the reply is too large",
                       kit_sql_print(job, "more than %d rows or %d bytes", ROWS_MAX, REPLY_MAX),
                       "ask with LIMIT, or for fewer columns");
    else if (rc == SQLITE_DONE)
        item->reply = kit_sql_print(job, "%s", sqlite3_str_value(json));
    sqlite3_free(sqlite3_str_finish(json));
    return item->status == 0 ? rc : SQLITE_DONE;
}

/* What a prepared statement may do here: one statement, and nothing written where the asker only looks. */
static void allow(struct kit_sql_job *job, struct kit_sql_item *item, sqlite3_stmt *row, const char *rest)
{
    judge(job, item, row, rest);
    if (item->status == 0 && row && !sqlite3_stmt_readonly(row) && !item->may_settle)
        kit_sql_refuse(item, "database.only_reads", "sql", "a check may only read, and this statement writes",
                       NULL, "ask with SELECT; what has to be written belongs in an action");
}

static void failed(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item, int rc, const char *why)
{
    int code = rc & 0xff;
    if (code == SQLITE_ERROR || code == SQLITE_AUTH || code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH)
        refuse_sql(job, db, item, why);
    else
        kit_sql_fail(job, db, item, rc);
}

/* 0 left in item->status means that item->reply is there.  True when the statement may have changed
 * something, which is SQLite's word and not a guess from the text. */
static bool run(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item)
{
    struct local_sql_denial denial = {NULL};
    const struct query *query = item->extra;
    sqlite3_stmt *row = NULL;
    const char *rest = NULL;
    local_sql_fence(db, &denial);
    int rc = sqlite3_prepare_v2(db, query->sql, -1, &row, &rest);
    if (rc == SQLITE_OK)
        allow(job, item, row, rest);
    bool reads = row && sqlite3_stmt_readonly(row);
    if (rc == SQLITE_OK && item->status == 0)
        rc = bind(row, query);
    if (rc == SQLITE_OK && item->status == 0)
        rc = step(job, db, item, row);
    if (item->status == 0 && rc != SQLITE_OK && rc != SQLITE_DONE)
        failed(job, db, item, rc, denial.why);
    sqlite3_finalize(row);
    local_sql_fence(db, NULL);
    return !reads;
}

/* Token first: a call that was answered before is answered the same way again and does nothing. */
static void act_query(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item)
{
    if (kit_sql_look(job, db, item)) {
        item->reply = item->state;
        item->status = LF_END_OK;
    } else if (item->status == 0 && item->verb == LF_VERB_RECOVER) {
        item->status = LF_END_GONE;
    }
    if (item->status != 0)
        return;
    bool wrote = run(job, db, item);
    int rc = SQLITE_OK;
    /* What only read may be asked again; the ledger keeps what changed something. */
    if (item->status == 0 && wrote) {
        rc = kit_sql_run(db, item, local_tables);
        item->text = item->reply;
    }
    if (item->status == 0 && wrote && rc == SQLITE_OK)
        rc = kit_sql_run(db, item, "insert into landfall_calls (token, reply) values (:token, :text)");
    if (rc != SQLITE_OK)
        kit_sql_fail(job, db, item, rc);
    else if (item->status == 0)
        item->status = LF_END_OK;
}

const struct kit_sql_type local_query_rows = {
    .subsystem = "database",
    .noun = "query",
    .pool = LOCAL_POOL,
    .contract = &lf_database_query_args,
    .hidden = "params",
    .table = "landfall_calls",
    .one = "select null, null, null, reply from landfall_calls where token = :token",
    .file = no_file_yet,
    .check = check_query,
    .prepare = prepare_query,
    .act = act_query,
};
