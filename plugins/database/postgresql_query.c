/* The call `query`: one statement with bound values.  What it changes and the row that remembers its token
 * are one transaction, and the row comes first: a token that is being used makes a repeat wait for the
 * outcome, and one that was used answers what it answered.
 *
 * Two trips to the server: the claim and the statement, then the reply and the COMMIT. */
#include "postgresql_fault.h"
#include "postgresql_reply.h"
#include "postgresql_text.h"
#include "postgresql_types.h"

#include <stdlib.h>
#include <string.h>

struct query {
    struct pgsql_text text;
    const char **values;
    size_t count;
    const char *reply; /* as JSON */
    struct pgsql_reply rows;
    size_t claim; /* which statement of the flight claims the token; SIZE_MAX: none */
    size_t at;    /* which is the query itself */
};

static void reply(struct pgsql_job *job, const char *json)
{
    struct lf_result result = kit_result(LF_END_OK);
    result.reply = job->kit->values->from_json(job->op, json, strlen(json));
    pgsql_job_end(job, &result);
}

/* ---- again -------------------------------------------------------------------------------- */

static void remembered(struct pgsql_job *job)
{
    const char *json = pgsql_job_value(job, job->req->verb == LF_VERB_RECOVER ? 0 : 1, 0, 0);
    if (json)
        reply(job, json);
    else
        pgsql_job_absent(job);
}

static void not_remembered(struct pgsql_job *job)
{
    if (pgsql_is_absent(job))
        pgsql_job_absent(job);
    else
        pgsql_job_fail(job);
}

#define REPLY "select reply from landfall.calls where token = $1"

static void look(struct pgsql_job *job)
{
    job->otherwise = not_remembered;
    PGSQL_ADD(job, REPLY, job->req->token);
    pgsql_job_fly(job, PGSQL_SAFE, remembered);
}

/* The claim was refused: the token is there, and its row with it, for only a COMMIT lets the claim fail. */
static void recall(struct pgsql_job *job)
{
    job->otherwise = NULL;
    pgsql_job_print(job, "rollback");
    PGSQL_ADD(job, REPLY, job->req->token);
    pgsql_job_fly(job, PGSQL_SAFE, remembered);
}

/* ---- once --------------------------------------------------------------------------------- */

static void done(struct pgsql_job *job)
{
    reply(job, ((const struct query *)job->user)->reply);
}

/* The session goes back as it came: the statement may have been a SET. */
static void answer(struct pgsql_job *job)
{
    struct query *query = job->user;
    job->otherwise = NULL;
    job->row_at = SIZE_MAX;
    query->reply = pgsql_reply_end(&query->rows, job->results[query->at]);
    if (!query->reply) {
        pgsql_job_refuse(job, query->rows.code, "sql", query->rows.summary, query->rows.detail,
                         query->rows.advice);
        return;
    }
    pgsql_job_print(job, "reset role");
    if (query->claim != SIZE_MAX)
        PGSQL_ADD(job, "update landfall.calls set reply = $2 where token = $1", job->req->token,
                  query->reply);
    pgsql_job_print(job, query->claim != SIZE_MAX ? "commit" : "rollback");
    pgsql_job_print(job, "reset all");
    pgsql_job_fly(job, query->claim != SIZE_MAX ? PGSQL_AT_RISK : PGSQL_SAFE, done);
}

/* A row of the reply: false when the reply cannot be given, and `words` say why. */
static bool take_row(struct pgsql_job *job, const PGresult *row)
{
    struct query *query = job->user;
    if (pgsql_reply_add(&query->rows, row))
        return true;
    job->words = (struct pgsql_words){query->rows.code, "sql", query->rows.summary, query->rows.advice,
                                      query->rows.detail};
    return false;
}

static void refused(struct pgsql_job *job)
{
    const struct query *query = job->user;
    const char *said = pgsql_job_said(job);
    struct pgsql_fault fault = pgsql_fault_of(pgsql_job_state(job), said);
    if (job->error_at == query->claim && strcmp(pgsql_job_state(job), "23505") == 0)
        recall(job);
    else if (fault.status == LF_END_RETRY || job->error_at != query->at ||
             strcmp(fault.code, "database.only_reads") == 0)
        pgsql_job_fail(job);
    else
        pgsql_job_refuse(job, "database.query_failed", "sql", "the database refuses the statement", said,
                         "correct the SQL or its values: nothing of it was kept");
}

static void run(struct pgsql_job *job)
{
    struct query *query = job->user;
    bool reads = job->req->read_only != 0;
    query->claim = SIZE_MAX;
    pgsql_job_print(job, reads ? "begin read only" : "begin");
    if (!reads) {
        query->claim = job->count;
        PGSQL_ADD(job, "insert into landfall.calls (token) values ($1)", job->req->token);
    }
    if (!reads && job->link->owner)
        pgsql_job_print(job, "set local role %s", pgsql_job_name(job, job->link->owner));
    query->at = job->count;
    pgsql_job_add(job, query->text.sql, query->values, query->count);
    pgsql_reply_begin(&query->rows, job->kit, job->op);
    job->row_at = query->at;
    job->row = take_row;
    job->otherwise = refused;
    pgsql_job_fly(job, PGSQL_SAFE, answer);
}

/* Once for each connection: the ledger is there, and whose the database is. */
static void prepared(struct pgsql_job *job)
{
    const char *owner = pgsql_job_value(job, 0, 0, 0);
    free(job->link->owner);
    job->link->owner = owner ? strdup(owner) : NULL;
    job->link->has_calls = true;
    run(job);
}

static void prepare(struct pgsql_job *job)
{
    if (job->req->read_only || job->link->has_calls) {
        run(job);
        return;
    }
    pgsql_job_print(job, "select r.rolname from pg_catalog.pg_database d join pg_catalog.pg_roles r"
                         " on r.oid = d.datdba where d.datname = pg_catalog.current_database()"
                         " and pg_catalog.pg_has_role(r.oid, 'member')");
    pgsql_job_print(job, "begin");
    PGSQL_ADD(job, PGSQL_LOCK, PGSQL_TURN);
    pgsql_ledger_add(job);
    pgsql_job_print(job, "commit");
    pgsql_job_fly(job, PGSQL_SAFE, prepared);
}

/* ---- arguments ---------------------------------------------------------------------------- */

/* A secret is bound like any other value; lists and maps as JSON text.  *text NULL: null. */
static bool take_value(const struct kit *kit, struct lf_op *op, const struct lf_value *value,
                       const char **text)
{
    size_t len = 0;
    const char *bytes = NULL;
    *text = NULL;
    switch (value ? kit->values->kind(value) : LF_KIND_NULL) {
    case LF_KIND_NULL:
        return true;
    case LF_KIND_BOOL:
        *text = kit->values->as_bool(value, 0) ? "true" : "false";
        return true;
    case LF_KIND_INT:
        *text = kit_format(kit, op, "%lld", (long long)kit->values->as_int(value, 0));
        return true;
    case LF_KIND_REAL:
        *text = kit_format(kit, op, "%.17g", kit->values->as_real(value, 0));
        return true;
    case LF_KIND_TEXT:
        bytes = kit->values->as_text(value, &len);
        break;
    case LF_KIND_SECRET:
        bytes = kit->values->reveal(op, value, &len);
        break;
    case LF_KIND_LIST:
    case LF_KIND_MAP:
        bytes = kit->values->to_json(op, value, &len);
        break;
    default:
        break;
    }
    if (!bytes || strlen(bytes) != len)
        return false;
    *text = kit_copy(kit, op, bytes, len);
    return true;
}

static bool take_values(const struct kit *kit, struct lf_op *op, const struct lf_value *args,
                        struct query *query)
{
    const struct lf_value *params = kit_get(kit, args, "params");
    bool has = params && kit->values->kind(params) == LF_KIND_LIST;
    query->count = has ? kit->values->count(params) : 0;
    query->values = kit->ops->scratch(op, (query->count + 1) * sizeof(*query->values));
    for (size_t i = 0; i < query->count; i++) {
        if (take_value(kit, op, kit->values->at(params, i, NULL), &query->values[i]))
            continue;
        kit_refuse(kit, op, "database.bad_param", kit_format(kit, op, "params[%zu]", i),
                   "a value cannot be bound", "it is not known, has a NUL, or its secret cannot be read",
                   "give a text, a number, a boolean, null, a list or a map");
        return false;
    }
    return true;
}

static bool check_text(const struct kit *kit, struct lf_op *op, const struct lf_value *args,
                       struct query *query)
{
    size_t len = 0;
    const struct lf_value *sql = kit_get(kit, args, "sql");
    const char *text = sql ? kit->values->as_text(sql, &len) : NULL;
    if (!text || len > PGSQL_SQL_MAX || strlen(text) != len) {
        kit_refuse(kit, op, "database.bad_sql", "sql", "the SQL cannot be used",
                   kit_format(kit, op, "it must be text without NUL of at most %d bytes", PGSQL_SQL_MAX),
                   "give one statement, and what varies as `params`");
        return false;
    }
    if (!pgsql_text_read(kit, op, text, &query->text)) {
        kit_refuse(kit, op, "database.query_failed", "sql", "the database refuses the statement",
                   "a quote or a comment in it never ends", "correct the SQL: nothing of it was kept");
        return false;
    }
    if (query->text.statements != 1 || query->text.forbidden) {
        kit_refuse(kit, op, query->text.forbidden ? "database.query_failed" : "database.one_statement", "sql",
                   query->text.forbidden ? "a query may not end its own transaction"
                                         : "a query is one statement",
                   query->text.forbidden
                       ? query->text.forbidden
                       : (query->text.statements ? "there is more after the first" : "there is none"),
                   "call `query` once for each statement; use a migration for many");
        return false;
    }
    return true;
}

static bool check_count(const struct kit *kit, struct lf_op *op, const struct query *query)
{
    size_t wants = query->text.marks ? query->text.marks : query->text.numbered;
    bool mixed = query->text.marks && query->text.numbered;
    if (!mixed && wants == query->count)
        return true;
    kit_refuse(kit, op, "database.param_count", "params",
               mixed ? "there are placeholders of two kinds" : "placeholders and values do not match",
               kit_format(kit, op, "the SQL has %zu of `?` and up to $%zu, `params` has %zu",
                          query->text.marks, query->text.numbered, query->count),
               "give one value for each `?`, or number them all as $1, $2; write the operator `?` as `??`");
    return false;
}

void pgsql_query(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct pgsql *pgsql = self;
    const struct kit *kit = &pgsql->kit;
    const struct pgsql_server *server = NULL;
    const char *id = pgsql_asked(kit, req->args, "database");
    const char *name = id ? pgsql_database_of(pgsql, id, &server) : NULL;
    struct query *query = kit->ops->scratch(op, sizeof(*query));
    if (!name || pgsql_name_fault(kit, op, name)) {
        kit_refuse(kit, op, "database.bad_name", "database", "that is not the id of a database",
                   kit_format(kit, op, "'%.100s'", id ? id : ""), "give the id of a database.database");
        return;
    }
    if (!check_text(kit, op, req->args, query))
        return;
    if (req->verb == LF_VERB_CALL &&
        (!take_values(kit, op, req->args, query) || !check_count(kit, op, query)))
        return;
    struct pgsql_job *job = pgsql_job_new(pgsql, op, req);
    job->user = query;
    if (req->verb == LF_VERB_RECOVER)
        job->no_database = pgsql_job_absent;
    pgsql_job_connect(job, server, kit_copy(kit, op, name, strlen(name)),
                      req->verb == LF_VERB_RECOVER ? look : prepare);
}
