/* A schema copy: the tables, views and functions of a reference database, without its rows.
 *
 * What pg_dump knows about dependencies and spellings nobody should write again, so it is run: with a fixed
 * command line, everything that varies and the password in an environment of its own.  Its text is then
 * applied like a migration: in one transaction with the ledger row that says so, as the role that owns the
 * database. */
#include "kit_plan.h"
#include "postgresql_fault.h"
#include "postgresql_text.h"
#include "postgresql_types.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define DUMP_MAX      ((size_t)16 << 20)
#define SCHEMAS_MAX   64
#define STANDARD_PATH "/usr/local/bin:/usr/bin:/bin"

/* clang-format off */
static const char table[] =
    "create table if not exists landfall.copies (name text primary key, source text not null,"
    " schemas jsonb, checksum text not null, applied_at timestamptz not null default pg_catalog.clock_timestamp(),"
    " released boolean not null default false, marker text, address text)";
/* clang-format on */

#define SELECT                                                                                               \
    "select marker, source, schemas, checksum, pg_catalog.to_char(applied_at at time zone 'UTC',"            \
    " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), released from landfall.copies where name = $1"
#define OWNER                                                                                                \
    "select r.rolname from pg_catalog.pg_database d join pg_catalog.pg_roles r on r.oid = d.datdba"          \
    " where d.datname = pg_catalog.current_database() and pg_catalog.pg_has_role(r.oid, 'member')"

struct subject {
    struct pgsql_within within;
    char *text; /* of the dump */
    const char *checksum;
    const char *owner;
    size_t at; /* where the answer of the last look is */
};

static struct subject *subject_of(const struct pgsql_job *job)
{
    return job->user;
}

static const char *seen(const struct pgsql_job *job, int column)
{
    return pgsql_job_value(job, subject_of(job)->at, 0, column);
}

static bool is_there(const struct pgsql_job *job)
{
    return pgsql_job_rows(job, subject_of(job)->at) > 0;
}

static bool is_released(const struct pgsql_job *job)
{
    return pgsql_job_is_true(job, subject_of(job)->at, 0, 5);
}

/* ---- state -------------------------------------------------------------------------------- */

static const char *const source_keys[] = {"source_host", "source_port", "source_database", "source_user"};

/* Where it came from, as one text: a change of it is a change of the copy. */
static const char *source_of(const struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    const struct lf_value *source = kit_map(kit, job->op);
    for (size_t i = 0; i < sizeof(source_keys) / sizeof(source_keys[0]); i++)
        if (kit_has(kit, job->req->desired, source_keys[i]))
            source = kit_put(kit, job->op, source, source_keys[i],
                             kit_get(kit, job->req->desired, source_keys[i]));
    return kit->values->to_json(job->op, source, NULL);
}

static const struct lf_value *json(const struct pgsql_job *job, const char *text)
{
    return text ? job->kit->values->from_json(job->op, text, strlen(text)) : NULL;
}

static const struct lf_value *state_of(const struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    const char *id = subject_of(job)->within.id;
    const struct lf_value *source = json(job, seen(job, 1)), *schemas = json(job, seen(job, 2));
    const struct lf_value *from = job->req->desired ? job->req->desired : job->req->prior;
    const struct lf_value *state = kit_map(kit, job->op);
    state = kit_put_text(kit, job->op, state, "database",
                         kit_copy(kit, job->op, id, (size_t)(strrchr(id, '/') - id)));
    state = kit_put_text(kit, job->op, state, "name", subject_of(job)->within.name);
    for (size_t i = 0; i < sizeof(source_keys) / sizeof(source_keys[0]); i++)
        if (kit_has(kit, source, source_keys[i]))
            state = kit_put(kit, job->op, state, source_keys[i], kit_get(kit, source, source_keys[i]));
    if (schemas)
        state = kit_put(kit, job->op, state, "schemas", schemas);
    if (kit_has(kit, from, "options"))
        state = kit_put(kit, job->op, state, "options", kit_get(kit, from, "options"));
    if (kit_has(kit, job->req->desired, "source_password"))
        state = kit_put(kit, job->op, state, "source_password",
                        kit_get(kit, job->req->desired, "source_password"));
    state = kit_put_text(kit, job->op, state, "checksum", seen(job, 3));
    return kit_put_text(kit, job->op, state, "applied_at", seen(job, 4));
}

static void ok(struct pgsql_job *job)
{
    pgsql_job_ok(job, seen(job, 0), state_of(job));
}

static void add_look(struct pgsql_job *job)
{
    subject_of(job)->at = job->count;
    PGSQL_ADD(job, SELECT, subject_of(job)->within.name);
}

/* ---- looking ------------------------------------------------------------------------------ */

static void looked(struct pgsql_job *job)
{
    if (!is_there(job) || is_released(job))
        pgsql_job_absent(job);
    else if (job->req->verb == LF_VERB_RECOVER && !pgsql_is_ours(job, seen(job, 0)))
        pgsql_job_exists(job, seen(job, 0), state_of(job));
    else
        ok(job);
}

static void not_looked(struct pgsql_job *job)
{
    if (pgsql_is_absent(job))
        pgsql_job_absent(job);
    else
        pgsql_job_fail(job);
}

static void look(struct pgsql_job *job)
{
    if (!job->req->read_only)
        PGSQL_ADD(job, PGSQL_LOCK, PGSQL_TURN);
    add_look(job);
    job->otherwise = not_looked;
    pgsql_job_fly(job, PGSQL_SAFE, looked);
}

/* ---- the dump ----------------------------------------------------------------------------- */

/* Newer versions guard their text for psql with a pair of lines that only psql understands. */
static void drop_guards(char *text)
{
    static const char *const guards[] = {"\\restrict ", "\\unrestrict "};
    char *to = text;
    for (const char *from = text; *from;) {
        size_t len = strcspn(from, "\n");
        len += from[len] == '\n';
        bool guard = strncmp(from, guards[0], strlen(guards[0])) == 0 ||
                     strncmp(from, guards[1], strlen(guards[1])) == 0;
        if (!guard) {
            memmove(to, from, len);
            to += len;
        }
        from += len;
    }
    *to = '\0';
}

static const char *checksum_of(const struct kit *kit, struct lf_op *op, const char *text)
{
    unsigned char digest[crypto_generichash_BYTES];
    char *hex = kit->ops->scratch(op, sizeof(digest) * 2 + 1);
    (void)crypto_generichash(digest, sizeof(digest), (const unsigned char *)text, strlen(text), NULL, 0);
    return sodium_bin2hex(hex, sizeof(digest) * 2 + 1, digest, sizeof(digest));
}

static void start_change(struct pgsql_job *job);

static void dumped(struct lf_op *op, const struct lf_ended *ended, void *user)
{
    struct pgsql_job *job = user;
    const struct lf_process *process = job->kit->host->process;
    size_t len = 0;
    const char *text = process->output(ended, LF_RAN_OUT, &len);
    uint32_t sent = process->sent(ended);
    if (sent == LF_SENT_CANCELED) {
        pgsql_job_finish(job, LF_END_CANCELED);
        return;
    }
    bool good = sent == LF_SENT_REPLY && process->exit_code(ended) == 0;
    if (good && !process->was_cut(ended, LF_RAN_OUT) && strlen(text) == len) {
        subject_of(job)->text = kit_copy(job->kit, op, text, len);
        drop_guards(subject_of(job)->text);
        subject_of(job)->checksum = checksum_of(job->kit, op, subject_of(job)->text);
        start_change(job);
        return;
    }
    const char *words = process->output(ended, LF_RAN_ERR, NULL);
    const char *why = process->why(ended);
    kit_note(job->kit, op, good ? "database.dump_too_large" : "database.dump_failed", NULL,
             good ? "the reference's schema is too large" : "pg_dump could not read the reference",
             good ? kit_format(job->kit, op, "more than %zu bytes", DUMP_MAX)
                  : kit_format(job->kit, op, "%.800s",
                               words && *words ? words
                               : why           ? why
                                               : ""),
             good ? "copy it in parts, with `schemas`"
                  : "mend what it names, then resume: nothing was changed");
    pgsql_job_finish(job, LF_END_FAILED);
}

/* Names in a pattern are taken literally inside double quotes. */
static void add_schemas(struct pgsql_job *job, const char **argv, size_t at)
{
    const struct kit *kit = job->kit;
    const struct lf_value *list = kit_get(kit, job->req->desired, "schemas");
    size_t count = list && kit->values->kind(list) == LF_KIND_LIST ? kit->values->count(list) : 0;
    for (size_t i = 0; i < count && i < SCHEMAS_MAX; i++)
        argv[at++] = kit_format(kit, job->op, "--schema=\"%s\"",
                                kit->values->as_text(kit->values->at(list, i, NULL), NULL));
}

static void dump(struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    const struct lf_value *desired = job->req->desired;
    static const char *const fixed[] = {
        "pg_dump",
        "--schema-only",
        "--no-owner",
        "--no-privileges",
        "--no-comments",
        "--no-publications",
        "--no-subscriptions",
        "--no-security-labels",
        "--no-tablespaces",
        "--no-password",
        "--exclude-schema=landfall",
    };
    const size_t count = sizeof(fixed) / sizeof(fixed[0]);
    const char **argv = kit->ops->scratch(job->op, (count + SCHEMAS_MAX + 1) * sizeof(*argv));
    memcpy(argv, fixed, sizeof(fixed));
    add_schemas(job, argv, count);
    const char *sslrootcert = kit_get_text(kit, desired, "options.sslrootcert");
    const struct lf_value *password = kit_get(kit, desired, "source_password");
    bool has_password = password && kit->values->kind(password) != LF_KIND_NULL;
    const struct lf_variable env[] = {
        {"PATH", STANDARD_PATH, NULL},
        {"LC_ALL", "C.UTF-8", NULL},
        {"PGHOST", kit_get_text(kit, desired, "source_host"), NULL},
        {"PGPORT",
         kit_format(kit, job->op, "%lld", (long long)kit_get_int(kit, desired, "source_port", 5432)), NULL},
        {"PGDATABASE", kit_get_text(kit, desired, "source_database"), NULL},
        {"PGUSER", kit_get_text(kit, desired, "source_user"), NULL},
        {"PGSSLMODE", pgsql_source_sslmode(kit, desired), NULL},
        {"PGSSLROOTCERT", sslrootcert ? sslrootcert : "/etc/ssl/certs/ca-certificates.crt", NULL},
        {"PGCONNECT_TIMEOUT", "10", NULL},
        {"PGAPPNAME", "landfall", NULL},
        {"PGPASSWORD", has_password ? NULL : "", has_password ? password : NULL},
        /* No file: what lies in the home of whoever runs this is not in the plan. */
        {"PGPASSFILE", "/dev/null/none", NULL},
    };
    const struct lf_run run = {
        .struct_size = sizeof(run),
        .flags = LF_RUN_SAFE,
        .pool = PGSQL_POOL,
        .argv = argv,
        .env = env,
        .env_count = sizeof(env) / sizeof(env[0]),
        .env_size = sizeof(env[0]),
        .output_max = DUMP_MAX,
    };
    pgsql_job_disconnect(job);
    kit->host->process->run(job->op, &run, dumped, job);
}

/* ---- applying ----------------------------------------------------------------------------- */

static void write_row(struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    const struct lf_value *schemas = kit_get(kit, job->req->desired, "schemas");
    job->otherwise = NULL;
    pgsql_job_print(job, "reset role");
    pgsql_job_print(job, "reset search_path");
    PGSQL_ADD(job,
              "insert into landfall.copies (name, source, schemas, checksum, marker, address)"
              " values ($1, $2, $3::jsonb, $4, $5, $6) on conflict (name) do update set released = false,"
              " source = excluded.source, schemas = excluded.schemas, marker = excluded.marker,"
              " address = excluded.address",
              subject_of(job)->within.name, source_of(job),
              kit_has(kit, job->req->desired, "schemas") ? kit->values->to_json(job->op, schemas, NULL)
                                                         : NULL,
              subject_of(job)->checksum ? subject_of(job)->checksum : seen(job, 3), job->req->marker,
              job->req->address);
    add_look(job);
    pgsql_job_print(job, "commit");
    pgsql_job_fly(job, PGSQL_AT_RISK, ok);
}

static void not_applied(struct pgsql_job *job)
{
    const char *said = pgsql_job_said(job), *sql = subject_of(job)->text;
    struct pgsql_fault fault = pgsql_fault_of(pgsql_job_state(job), said);
    const char *position = PQresultErrorField(job->error, PG_DIAG_STATEMENT_POSITION);
    size_t line =
        position ? pgsql_text_line_at(sql, strtoul(position, NULL, 10)) : pgsql_text_line_of(sql, job->at);
    if (fault.status == LF_END_RETRY)
        pgsql_job_fail(job);
    else
        pgsql_job_refuse(job, "database.copy_failed", NULL,
                         kit_format(job->kit, job->op, "schema copy '%s' cannot be applied", job->id),
                         kit_format(job->kit, job->op, "line %zu of the dump: %s", line, said),
                         "make what the server names, or move what is in the way: nothing of it was kept");
}

static void run_text(struct pgsql_job *job)
{
    job->otherwise = not_applied;
    job->link->unclean = true;
    pgsql_job_text(job, subject_of(job)->text, write_row);
}

static void apply(struct pgsql_job *job)
{
    if (!subject_of(job)->owner) {
        run_text(job);
        return;
    }
    pgsql_job_print(job, "set local role %s", pgsql_job_name(job, subject_of(job)->owner));
    pgsql_job_fly(job, PGSQL_SAFE, run_text);
}

/* ---- deciding ----------------------------------------------------------------------------- */

static void release(struct pgsql_job *job)
{
    PGSQL_ADD(job,
              "update landfall.copies set released = true, marker = null, address = null where name = $1",
              subject_of(job)->within.name);
    pgsql_job_print(job, "commit");
    pgsql_job_fly(job, PGSQL_AT_RISK, pgsql_job_absent);
}

/* A copy that was made once is not made again: what programs and migrations did since would be in its way. */
static void decide(struct pgsql_job *job)
{
    bool there = is_there(job) && !is_released(job);
    subject_of(job)->owner = pgsql_job_value(job, subject_of(job)->at + 1, 0, 0);
    if (!there && job->req->verb != LF_VERB_CREATE)
        pgsql_job_absent(job);
    else if (there && !kit_may_change(job->kit, job->req, seen(job, 0)))
        pgsql_job_exists(job, seen(job, 0), state_of(job));
    else if (job->req->verb == LF_VERB_DESTROY)
        release(job);
    else if (is_there(job))
        write_row(job);
    else if (subject_of(job)->text)
        apply(job);
    else
        dump(job);
}

static void change(struct pgsql_job *job)
{
    pgsql_job_print(job, "begin");
    PGSQL_ADD(job, PGSQL_LOCK, PGSQL_TURN);
    pgsql_ledger_add_own(job, table);
    add_look(job);
    pgsql_job_print(job, OWNER);
    pgsql_job_fly(job, PGSQL_SAFE, decide);
}

/* Once more from the top, with the text: somebody may have been faster while pg_dump ran. */
static void start_change(struct pgsql_job *job)
{
    pgsql_job_connect(job, subject_of(job)->within.server, subject_of(job)->within.database, change);
}

/* ---- verbs -------------------------------------------------------------------------------- */

static bool check(const struct pgsql *self, struct lf_op *op, const struct lf_request *req)
{
    static const char *const known[] = {"sslmode", "sslrootcert", NULL};
    const struct kit *kit = &self->kit;
    const struct lf_value *list = kit_get(kit, req->desired, "schemas");
    size_t count = list && kit->values->kind(list) == LF_KIND_LIST ? kit->values->count(list) : 0;
    if (!pgsql_check_name(kit, op, req->desired, "name") || !pgsql_check_database(self, op, req->desired) ||
        !pgsql_check_options(kit, op, req->desired, known) || !pgsql_check_source(kit, op, req->desired))
        return false;
    if (count > SCHEMAS_MAX) {
        kit_refuse(kit, op, "database.bad_name", "schemas", "there are too many schemas",
                   kit_format(kit, op, "%zu, and %d are the limit", count, SCHEMAS_MAX),
                   "leave it out for all");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const char *one = kit->values->as_text(kit->values->at(list, i, NULL), NULL);
        const char *fault = one ? pgsql_name_fault(kit, op, one) : NULL;
        if (!fault)
            continue;
        kit_refuse(kit, op, "database.bad_name", kit_format(kit, op, "schemas[%zu]", i),
                   "the name cannot be used", fault, "give the name of a schema of the reference");
        return false;
    }
    return true;
}

void pgsql_copy(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct pgsql *pgsql = self;
    struct pgsql_within within = {0};
    bool asks = req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE;
    if ((asks && !check(pgsql, op, req)) || !pgsql_within_of(pgsql, op, req, &within))
        return;
    struct pgsql_job *job = pgsql_job_new(pgsql, op, req);
    struct subject *subject = job->kit->ops->scratch(op, sizeof(*subject));
    subject->within = within;
    job->user = subject;
    job->id = within.id;
    if (!asks)
        job->no_database = pgsql_job_absent;
    pgsql_job_connect(job, within.server, within.database, kit_changes(req) ? change : look);
}

void pgsql_copy_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct pgsql *pgsql = self;
    if (!req->desired || check(pgsql, op, req))
        kit_plan(&pgsql->kit, self, op, req, &lf_database_schema_copy, NULL, NULL);
}

void pgsql_copy_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    pgsql_tour(self, op, req,
               "select name, marker, address from landfall.copies where marker is not null order by name");
}
