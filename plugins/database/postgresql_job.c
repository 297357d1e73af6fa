#include "postgresql_fault.h"

#include <stdio.h>
#include <string.h>

/* Results that may come after a line broke: an end to a loop that nobody else ends. */
#define DRAIN_MAX 64
/* What a server says is cut to this. */
#define SAID_MAX 800

struct pgsql_job *pgsql_job_new(struct pgsql *self, struct lf_op *op, const struct lf_request *req)
{
    struct pgsql_job *job = self->kit.ops->scratch(op, sizeof(*job));
    job->self = self;
    job->kit = &self->kit;
    job->op = op;
    job->req = req;
    job->id = req->id;
    job->row_at = SIZE_MAX;
    return job;
}

/* ---- results ------------------------------------------------------------------------------ */

static void forget_results(struct pgsql_job *job)
{
    for (size_t i = 0; i < PGSQL_FLIGHT_MAX; i++) {
        PQclear(job->results[i]);
        job->results[i] = NULL;
    }
    PQclear(job->error);
    job->error = NULL;
}

int pgsql_job_rows(const struct pgsql_job *job, size_t i)
{
    return job->results[i] ? PQntuples(job->results[i]) : 0;
}

const char *pgsql_job_value(const struct pgsql_job *job, size_t i, int row, int column)
{
    const PGresult *result = job->results[i];
    if (!result || row >= PQntuples(result) || column >= PQnfields(result) ||
        PQgetisnull(result, row, column))
        return NULL;
    return kit_copy(job->kit, job->op, PQgetvalue(result, row, column),
                    (size_t)PQgetlength(result, row, column));
}

bool pgsql_job_is_true(const struct pgsql_job *job, size_t i, int row, int column)
{
    const char *value = pgsql_job_value(job, i, row, column);
    return value && value[0] == 't';
}

const char *pgsql_job_state(const struct pgsql_job *job)
{
    const char *state = job->error ? PQresultErrorField(job->error, PG_DIAG_SQLSTATE) : NULL;
    return state ? state : "";
}

/* Message, detail and hint, as psql would show them, without the statement around the place. */
const char *pgsql_job_said(const struct pgsql_job *job)
{
    static const int fields[] = {PG_DIAG_MESSAGE_PRIMARY, PG_DIAG_MESSAGE_DETAIL, PG_DIAG_MESSAGE_HINT};
    struct kit_text text = {0};
    for (size_t i = 0; job->error && i < sizeof(fields) / sizeof(fields[0]); i++) {
        const char *part = PQresultErrorField(job->error, fields[i]);
        if (part)
            kit_text_print(job->kit, job->op, &text, "%s%.*s", text.len > 0 ? "; " : "", SAID_MAX, part);
    }
    const char *state = pgsql_job_state(job);
    if (*state)
        kit_text_print(job->kit, job->op, &text, " (SQLSTATE %s)", state);
    if (text.len == 0 && job->link)
        kit_text_print(job->kit, job->op, &text, "%.*s", SAID_MAX, PQerrorMessage(job->link->conn));
    return text.bytes ? text.bytes : "";
}

/* ---- ends --------------------------------------------------------------------------------- */

void pgsql_job_disconnect(struct pgsql_job *job)
{
    forget_results(job);
    job->connecting++;
    if (job->link)
        pgsql_link_give(job->self, job->link, job->kit->ops->now_ms(job->op));
    job->link = NULL;
}

/* The line may not be used again: somebody else's answer could come over it. */
static void hang_up(struct pgsql_job *job)
{
    if (job->link)
        job->link->unclean = true;
    pgsql_job_disconnect(job);
}

void pgsql_job_end(struct pgsql_job *job, const struct lf_result *result)
{
    pgsql_job_disconnect(job);
    job->kit->ops->finish(job->op, result);
}

void pgsql_job_finish(struct pgsql_job *job, uint32_t status)
{
    struct lf_result result = kit_result(status);
    pgsql_job_end(job, &result);
}

void pgsql_job_refuse(struct pgsql_job *job, const char *code, const char *path, const char *summary,
                      const char *detail, const char *advice)
{
    pgsql_job_disconnect(job);
    kit_refuse(job->kit, job->op, code, path, summary, detail, advice);
}

/* The core called it off, or its time is up: what was sent may still be done. */
static void canceled(struct pgsql_job *job)
{
    bool doubtful = job->risk == PGSQL_AT_RISK;
    hang_up(job);
    kit_finish(job->kit, job->op, doubtful ? LF_END_UNSURE : LF_END_CANCELED);
}

/* Only a change and a call may end as the fault says; a look just has no answer. */
static uint32_t status_of(const struct pgsql_job *job, uint32_t status)
{
    uint32_t verb = job->req->verb;
    if (status == LF_END_RETRY)
        return pgsql_fault_not_now(job->req);
    bool speaks = kit_changes(job->req) || verb == LF_VERB_CALL || verb == LF_VERB_PREFLIGHT;
    return speaks ? status : LF_END_CANNOT_TELL;
}

static void end_with_fault(struct pgsql_job *job, const struct pgsql_fault *fault, const char *detail)
{
    const struct pgsql_words *words = &job->words;
    bool own = words->code && fault->status == LF_END_REFUSED;
    kit_note(job->kit, job->op, own ? words->code : fault->code, own ? words->path : NULL,
             own && words->summary ? words->summary : kit_format(job->kit, job->op, "%s", fault->summary),
             detail, own && words->advice ? words->advice : fault->advice);
    hang_up(job);
    kit_finish(job->kit, job->op, status_of(job, fault->status));
}

void pgsql_job_fail_with(struct pgsql_job *job, const char *state, const char *said)
{
    struct pgsql_fault fault = pgsql_fault_of(state, said);
    end_with_fault(job, &fault, said);
}

void pgsql_job_fail(struct pgsql_job *job)
{
    pgsql_job_fail_with(job, pgsql_job_state(job), pgsql_job_said(job));
}

/* A refusal before the last statement says that the COMMIT behind it was never looked at. */
static void lost_line(struct pgsql_job *job)
{
    bool refused = job->error && *pgsql_job_state(job) && job->error_at + 1 < job->count;
    struct pgsql_fault fault = {
        LF_END_RETRY,
        "database.connection_lost",
        "the connection to the server broke",
        "nothing was changed; type this again once the server is well",
    };
    if (job->risk == PGSQL_AT_RISK && !refused) {
        fault.status = LF_END_UNSURE;
        fault.advice = "whether it was done is looked up before anything else";
    }
    end_with_fault(job, &fault, pgsql_job_said(job));
}

/* A flight that is left in the middle: the transaction dies with the connection. */
static void cut_off(struct pgsql_job *job)
{
    const struct pgsql_words *words = &job->words;
    hang_up(job);
    kit_refuse(job->kit, job->op, words->code, words->path, words->summary, words->detail, words->advice);
}

/* ---- a flight ----------------------------------------------------------------------------- */

static void ready(struct lf_op *op, int fd, uint32_t events, void *user, int stop);

static void watch(struct pgsql_job *job, uint32_t events)
{
    job->kit->host->wait->watch(job->op, PQsocket(job->link->conn), events, ready, job);
}

static void unwatch(struct pgsql_job *job)
{
    int fd = job->link ? PQsocket(job->link->conn) : -1;
    if (fd >= 0)
        job->kit->host->wait->unwatch(job->op, fd);
}

static void landed(struct pgsql_job *job)
{
    if (job->cut) {
        cut_off(job);
        return;
    }
    if (job->pipelined && !job->lost)
        job->lost = PQexitPipelineMode(job->link->conn) != 1;
    if (job->lost) {
        lost_line(job);
        return;
    }
    job->count = 0;
    job->risk = PGSQL_SAFE;
    if (job->error && job->otherwise)
        job->otherwise(job);
    else if (job->error)
        pgsql_job_fail(job);
    else
        job->then(job);
}

static const struct pgsql_words copy_words = {
    "database.no_copy",
    "sql",
    "COPY has no place here: there is no file behind it",
    "write rows with INSERT, or COPY from a file of the server",
    "COPY ... FROM STDIN or TO STDOUT",
};

/* Takes over one result; false when nothing more can come of the flight. */
static bool take_result(struct pgsql_job *job, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    bool goes_on = true;
    if (status == PGRES_SINGLE_TUPLE) {
        goes_on = job->row(job, result);
    } else if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
        job->words = copy_words;
        goes_on = false;
    } else if (status == PGRES_FATAL_ERROR && !job->error) {
        job->error = result;
        job->error_at = job->at;
        return true;
    } else if (status != PGRES_FATAL_ERROR && !job->pipelined) {
        job->at++;
    } else if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        PQclear(job->results[job->at]);
        job->results[job->at] = result;
        return true;
    }
    PQclear(result);
    job->cut = !goes_on;
    return goes_on;
}

/* A whole text counts its statements; each statement of a pipeline ends with a NULL. */
static bool next_statement(struct pgsql_job *job)
{
    if (!job->pipelined)
        return false;
    if (job->at + 1 < PGSQL_FLIGHT_MAX)
        job->at++;
    if (job->at == job->row_at)
        (void)PQsetSingleRowMode(job->link->conn);
    return true;
}

/* True when the flight is over. */
static bool collect(struct pgsql_job *job)
{
    PGconn *conn = job->link->conn;
    int after = 0;
    while (job->lost ? after++ < DRAIN_MAX : !PQisBusy(conn)) {
        PGresult *result = PQgetResult(conn);
        if (!result) {
            if (job->lost || !next_statement(job))
                return true;
        } else if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            return true;
        } else if (!take_result(job, result)) {
            return true;
        }
        job->lost = job->lost || PQstatus(conn) == CONNECTION_BAD;
    }
    return job->lost;
}

static void pump(struct pgsql_job *job)
{
    PGconn *conn = job->link->conn;
    int flushed = PQflush(conn);
    if (flushed < 0)
        job->lost = true;
    if (collect(job)) {
        unwatch(job);
        landed(job);
        return;
    }
    watch(job, LF_WATCH_READ | (flushed > 0 ? LF_WATCH_WRITE : 0));
}

static void ready(struct lf_op *op, int fd, uint32_t events, void *user, int stop)
{
    struct pgsql_job *job = user;
    (void)op;
    (void)fd;
    if (stop) {
        canceled(job);
        return;
    }
    if ((events & (LF_WATCH_READ | LF_WATCH_CLOSED)) && PQconsumeInput(job->link->conn) != 1)
        job->lost = true;
    pump(job);
}

static void take_off(struct pgsql_job *job, uint32_t risk, pgsql_then_fn *then)
{
    forget_results(job);
    job->risk = risk;
    job->then = then;
    job->at = 0;
    job->lost = false;
    job->cut = false;
}

void pgsql_job_fly(struct pgsql_job *job, uint32_t risk, pgsql_then_fn *then)
{
    PGconn *conn = job->link->conn;
    take_off(job, risk, then);
    job->pipelined = true;
    bool sent = PQenterPipelineMode(conn) == 1;
    for (size_t i = 0; sent && i < job->count; i++) {
        const struct pgsql_statement *one = &job->flight[i];
        sent = PQsendQueryParams(conn, one->sql, one->count, NULL, one->values, NULL, NULL, 0) == 1;
    }
    job->lost = !sent || PQpipelineSync(conn) != 1;
    if (job->row_at == 0)
        (void)PQsetSingleRowMode(conn);
    pump(job);
}

void pgsql_job_text(struct pgsql_job *job, const char *text, pgsql_then_fn *then)
{
    take_off(job, PGSQL_SAFE, then);
    job->pipelined = false;
    job->lost = PQsendQuery(job->link->conn, text) != 1;
    pump(job);
}

/* ---- statements --------------------------------------------------------------------------- */

void pgsql_job_add(struct pgsql_job *job, const char *sql, const char *const *values, size_t count)
{
    const char **kept = job->kit->ops->scratch(job->op, (count + 1) * sizeof(*kept));
    for (size_t i = 0; i < count; i++)
        kept[i] = values[i];
    if (job->count < PGSQL_FLIGHT_MAX)
        job->flight[job->count++] = (struct pgsql_statement){sql, kept, (int)count};
}

void pgsql_job_print(struct pgsql_job *job, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *sql = job->kit->ops->scratch(job->op, (size_t)len + 1);
    va_start(args, format);
    (void)vsnprintf(sql, (size_t)len + 1, format, args);
    va_end(args);
    pgsql_job_add(job, sql, NULL, 0);
}

/* What the library gives is its own memory. */
static const char *quoted(struct pgsql_job *job, char *bytes)
{
    const char *copy = bytes ? kit_copy(job->kit, job->op, bytes, strlen(bytes)) : "\"\"";
    PQfreemem(bytes);
    return copy;
}

const char *pgsql_job_name(struct pgsql_job *job, const char *name)
{
    return quoted(job, PQescapeIdentifier(job->link->conn, name, strlen(name)));
}

const char *pgsql_job_literal(struct pgsql_job *job, const char *text)
{
    return quoted(job, PQescapeLiteral(job->link->conn, text, strlen(text)));
}
