/* A migration is SQL that is applied once.  Its statements and the ledger row that says so are one
 * transaction, under the lock of the database.  It runs as the role that owns the database, so that what it
 * makes has one owner and the rights of the users hold for it.  It cannot be unapplied: destroying one
 * releases its row. */
#include "kit_plan.h"
#include "postgresql_fault.h"
#include "postgresql_text.h"
#include "postgresql_types.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SELECT                                                                                               \
    "select checksum, sql, follows, pg_catalog.to_char(applied_at at time zone 'UTC',"                       \
    " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), released, marker from landfall.migrations where name = $1"
/* What must not be after it, and what must be before it. */
#define NEIGHBORS                                                                                            \
    "select (select m.name from landfall.migrations m where m.name collate \"C\" > $1"                       \
    "   order by m.name collate \"C\" desc limit 1),"                                                        \
    " $2::text is null or exists (select from landfall.migrations m where m.name = $2)"
#define OWNER                                                                                                \
    "select r.rolname from pg_catalog.pg_database d join pg_catalog.pg_roles r on r.oid = d.datdba"          \
    " where d.datname = pg_catalog.current_database() and pg_catalog.pg_has_role(r.oid, 'member')"

struct subject {
    struct pgsql_within within;
    const char *sql; /* NULL where nothing is asked */
    const char *checksum;
    const char *follows; /* the name alone */
    const char *owner;
    const char *transaction;
    size_t at; /* where the answer of the last look is */
};

static struct subject *subject_of(const struct pgsql_job *job)
{
    return job->user;
}

/* The same 64 digits as `b2sum -l 256`, so that a person can compare a ledger with a file. */
static const char *checksum_of(const struct kit *kit, struct lf_op *op, const char *text, size_t len)
{
    unsigned char digest[crypto_generichash_BYTES];
    char *hex = kit->ops->scratch(op, sizeof(digest) * 2 + 1);
    (void)crypto_generichash(digest, sizeof(digest), (const unsigned char *)text, len, NULL, 0);
    return sodium_bin2hex(hex, sizeof(digest) * 2 + 1, digest, sizeof(digest));
}

/* ---- what was seen ------------------------------------------------------------------------ */

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
    return pgsql_job_is_true(job, subject_of(job)->at, 0, 4);
}

static const char *database_of(const struct pgsql_job *job)
{
    const char *id = subject_of(job)->within.id;
    return kit_copy(job->kit, job->op, id, (size_t)(strrchr(id, '/') - id));
}

static const struct lf_value *state_of(const struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    const char *follows = seen(job, 2);
    const struct lf_value *state = kit_map(kit, job->op);
    state = kit_put_text(kit, job->op, state, "database", database_of(job));
    state = kit_put_text(kit, job->op, state, "name", subject_of(job)->within.name);
    state = kit_put_text(kit, job->op, state, "checksum", seen(job, 0));
    state = kit_put_text(kit, job->op, state, "sql", seen(job, 1));
    if (follows)
        follows = kit_format(kit, job->op, "%s/%s", database_of(job), follows);
    state = kit_put_text(kit, job->op, state, "follows", follows);
    return kit_put_text(kit, job->op, state, "applied_at", seen(job, 3));
}

static void ok(struct pgsql_job *job)
{
    pgsql_job_ok(job, seen(job, 5), state_of(job));
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
    else if (job->req->verb == LF_VERB_RECOVER && !pgsql_is_ours(job, seen(job, 5)))
        pgsql_job_exists(job, seen(job, 5), state_of(job));
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

/* ---- applying ----------------------------------------------------------------------------- */

static void write_row(struct pgsql_job *job)
{
    const struct subject *subject = subject_of(job);
    PGSQL_ADD(job,
              "insert into landfall.migrations (name, checksum, sql, follows, marker, address)"
              " values ($1, $2, $3, $4, $5, $6) on conflict (name) do update set released = false,"
              " follows = excluded.follows, marker = excluded.marker, address = excluded.address",
              subject->within.name, subject->checksum, subject->sql, subject->follows, job->req->marker,
              job->req->address);
    add_look(job);
    pgsql_job_print(job, "commit");
    pgsql_job_fly(job, PGSQL_AT_RISK, ok);
}

/* The words of a text that ends its own transaction were looked for before; this is for what hides one. */
static void check_transaction(struct pgsql_job *job)
{
    const char *now = pgsql_job_value(job, 1, 0, 0);
    if (now && strcmp(now, subject_of(job)->transaction) == 0) {
        write_row(job);
        return;
    }
    kit_note(job->kit, job->op, "database.transaction_ended", "sql",
             kit_format(job->kit, job->op, "migration '%s' ended its own transaction", job->id),
             "what it did stays, and the ledger does not say so",
             "look what it left, put that right by hand, and take the COMMIT out of the SQL");
    pgsql_job_finish(job, LF_END_FAILED);
}

static void applied(struct pgsql_job *job)
{
    job->otherwise = NULL;
    pgsql_job_print(job, "reset role");
    pgsql_job_print(job, "select pg_catalog.txid_current()");
    pgsql_job_fly(job, PGSQL_SAFE, check_transaction);
}

/* The line is the one a person sees in the file the text came from: where the server points to, else where
 * the statement begins. */
static void not_applied(struct pgsql_job *job)
{
    const char *said = pgsql_job_said(job), *sql = subject_of(job)->sql;
    struct pgsql_fault fault = pgsql_fault_of(pgsql_job_state(job), said);
    const char *position = PQresultErrorField(job->error, PG_DIAG_STATEMENT_POSITION);
    size_t line =
        position ? pgsql_text_line_at(sql, strtoul(position, NULL, 10)) : pgsql_text_line_of(sql, job->at);
    if (fault.status == LF_END_RETRY) {
        pgsql_job_fail(job);
        return;
    }
    bool outside = strcmp(fault.code, "database.not_in_transaction") == 0;
    pgsql_job_refuse(job, outside ? fault.code : "database.migration_failed", "sql",
                     kit_format(job->kit, job->op, "migration '%s' cannot be applied", job->id),
                     kit_format(job->kit, job->op, "line %zu: %s", line, said),
                     outside ? "a migration is one transaction: find a form of it that can be in one"
                             : "correct the SQL: nothing of this migration was kept");
}

static void run_text(struct pgsql_job *job)
{
    const char *transaction = pgsql_job_value(job, 0, 0, 0);
    subject_of(job)->transaction = transaction ? transaction : "";
    job->otherwise = not_applied;
    /* It may SET what it likes: the session is not used again. */
    job->link->unclean = true;
    pgsql_job_text(job, subject_of(job)->sql, applied);
}

static void apply(struct pgsql_job *job)
{
    pgsql_job_print(job, "select pg_catalog.txid_current()");
    if (subject_of(job)->owner)
        pgsql_job_print(job, "set local role %s", pgsql_job_name(job, subject_of(job)->owner));
    pgsql_job_fly(job, PGSQL_SAFE, run_text);
}

/* ---- the rules ---------------------------------------------------------------------------- */

/* True when a rule was broken and the job has ended. */
static bool breaks_order(struct pgsql_job *job)
{
    const struct subject *subject = subject_of(job);
    const char *later = pgsql_job_value(job, subject->at + 1, 0, 0);
    bool follows = pgsql_job_is_true(job, subject->at + 1, 0, 1);
    if (!is_there(job) && later) {
        pgsql_job_refuse(job, "database.migration_order", "name",
                         "a migration must come after those that are applied",
                         kit_format(job->kit, job->op, "'%.80s' is applied already", later),
                         "give it a name that sorts last");
        return true;
    }
    if (follows)
        return false;
    pgsql_job_refuse(job, "database.migration_follows", "follows", "the migration it follows is not applied",
                     kit_format(job->kit, job->op, "'%.80s' is not in the ledger", subject->follows),
                     "give the id of a migration of the same database that comes before it");
    return true;
}

static bool changes_applied(struct pgsql_job *job)
{
    const char *applied = seen(job, 0);
    if (!applied || strcmp(applied, subject_of(job)->checksum) == 0)
        return false;
    pgsql_job_refuse(job, "database.migration_changed", "sql", "an applied migration may not change",
                     kit_format(job->kit, job->op, "applied %s with checksum %s, now it has %s", seen(job, 3),
                                applied, subject_of(job)->checksum),
                     "put its old text back, and write what is new as a new migration");
    return true;
}

static void release(struct pgsql_job *job)
{
    PGSQL_ADD(job,
              "update landfall.migrations set released = true, marker = null, address = null where name = $1",
              subject_of(job)->within.name);
    pgsql_job_print(job, "commit");
    pgsql_job_fly(job, PGSQL_AT_RISK, pgsql_job_absent);
}

static void decide(struct pgsql_job *job)
{
    uint32_t verb = job->req->verb;
    bool there = is_there(job) && !is_released(job);
    struct subject *subject = subject_of(job);
    subject->owner = pgsql_job_value(job, subject->at + 2, 0, 0);
    if (!there && verb != LF_VERB_CREATE)
        pgsql_job_absent(job);
    else if (there && !kit_may_change(job->kit, job->req, seen(job, 5)))
        pgsql_job_exists(job, seen(job, 5), state_of(job));
    else if (verb == LF_VERB_DESTROY)
        release(job);
    else if (changes_applied(job) || breaks_order(job))
        return;
    else if (is_there(job))
        write_row(job);
    else
        apply(job);
}

static void change(struct pgsql_job *job)
{
    pgsql_job_print(job, "begin");
    PGSQL_ADD(job, PGSQL_LOCK, PGSQL_TURN);
    pgsql_ledger_add(job);
    add_look(job);
    PGSQL_ADD(job, NEIGHBORS, subject_of(job)->within.name, subject_of(job)->follows);
    pgsql_job_print(job, OWNER);
    pgsql_job_fly(job, PGSQL_SAFE, decide);
}

/* ---- verbs -------------------------------------------------------------------------------- */

/* The rules that need no server. */
static bool check_sql(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                      const char **checksum)
{
    size_t len = 0;
    struct pgsql_text text;
    const struct lf_value *sql = kit_get(kit, desired, "sql");
    const char *bytes = sql ? kit->values->as_text(sql, &len) : NULL;
    if (sql && kit->values->kind(sql) == LF_KIND_UNKNOWN)
        return true;
    if (!bytes || len == 0 || len > PGSQL_SQL_MAX || strlen(bytes) != len) {
        kit_refuse(kit, op, "database.bad_sql", "sql", "the SQL cannot be used",
                   kit_format(kit, op, "it must be text without NUL of 1 to %d bytes, and has %zu",
                              PGSQL_SQL_MAX, len),
                   "give the text of the migration's file");
        return false;
    }
    *checksum = checksum_of(kit, op, bytes, len);
    if (!pgsql_text_read(kit, op, bytes, &text) || !text.forbidden)
        return true;
    kit_refuse(kit, op, "database.migration_failed", "sql", "a migration may not end its own transaction",
               kit_format(kit, op, "line %zu: %s", text.forbidden_line, text.forbidden),
               "take it out: the whole migration is one transaction already");
    return false;
}

/* The name in the id of a migration of the same database; refuses another's. */
static bool check_follows(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                          const char **name)
{
    const char *follows = pgsql_asked(kit, desired, "follows");
    const char *database = pgsql_asked(kit, desired, "database");
    const char *slash = follows ? strrchr(follows, '/') : NULL;
    if (!follows || !database)
        return true;
    if (slash && strlen(database) == (size_t)(slash - follows) &&
        memcmp(database, follows, (size_t)(slash - follows)) == 0) {
        *name = kit_copy(kit, op, slash + 1, strlen(slash + 1));
        return true;
    }
    kit_refuse(kit, op, "database.migration_follows", "follows", "the migration it follows is not applied",
               kit_format(kit, op, "'%.80s' is no migration of this database", follows),
               "give the id of a migration of the same database that comes before it");
    return false;
}

void pgsql_migration(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct pgsql *pgsql = self;
    const struct kit *kit = &pgsql->kit;
    struct subject found = {0};
    bool asks = req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE;
    if (!pgsql_within_of(pgsql, op, req, &found.within))
        return;
    if (asks && (!check_sql(kit, op, req->desired, &found.checksum) ||
                 !check_follows(kit, op, req->desired, &found.follows)))
        return;
    if (asks) {
        const char *sql = kit_get_text(kit, req->desired, "sql");
        found.sql = kit_copy(kit, op, sql, strlen(sql));
    }
    struct pgsql_job *job = pgsql_job_new(pgsql, op, req);
    struct subject *subject = kit->ops->scratch(op, sizeof(*subject));
    *subject = found;
    job->user = subject;
    job->id = found.within.id;
    /* A ledger goes with its database. */
    if (!asks)
        job->no_database = pgsql_job_absent;
    pgsql_job_connect(job, found.within.server, found.within.database, kit_changes(req) ? change : look);
}

/* The one rule that only the prior state can break.  A database that is made anew has an empty ledger, and
 * there the new text is as good as any. */
static bool was_changed(const struct kit *kit, const struct lf_request *req, const char *checksum)
{
    const char *applied = kit_get_text(kit, req->prior, "checksum");
    return applied && checksum && strcmp(applied, checksum) != 0 &&
           kit_is_same(kit, kit_get(kit, req->prior, "database"), kit_get(kit, req->desired, "database")) &&
           kit_is_same(kit, kit_get(kit, req->prior, "name"), kit_get(kit, req->desired, "name"));
}

void pgsql_migration_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    static const char *const none[] = {NULL};
    const struct pgsql *pgsql = self;
    const struct kit *kit = &pgsql->kit;
    const char *checksum = NULL, *follows = NULL;
    if (req->desired &&
        (!pgsql_check_name(kit, op, req->desired, "name") || !pgsql_check_database(pgsql, op, req->desired) ||
         !check_sql(kit, op, req->desired, &checksum) || !check_follows(kit, op, req->desired, &follows) ||
         !pgsql_check_options(kit, op, req->desired, none)))
        return;
    if (was_changed(kit, req, checksum)) {
        kit_refuse(kit, op, "database.migration_changed", "sql", "an applied migration may not change",
                   kit_format(kit, op, "it was applied with checksum %s, now it has %s",
                              kit_get_text(kit, req->prior, "checksum"), checksum),
                   "put its old text back, and write what is new as a new migration");
        return;
    }
    kit_plan(kit, self, op, req, &lf_database_migration,
             kit_put_text(kit, op, kit_map(kit, op), "checksum", checksum), NULL);
}

/* ---- owned -------------------------------------------------------------------------------- */

void pgsql_migration_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    pgsql_tour(
        self, op, req,
        "select name, marker, address from landfall.migrations where marker is not null order by name");
}
