/* Before anything is approved: each server is there, lets landfall in, is young enough, gives the rights that
 * databases and users need, and has connections left.  All of it is said, not only the first. */
#include "postgresql_types.h"

#include <stdlib.h>
#include <string.h>

/* As many as landfall opens to one server by default, and a few for a person with psql. */
#define CONNECTIONS_WANTED 12

#define SELECT                                                                                               \
    "select pg_catalog.current_setting('server_version_num'), r.rolsuper or r.rolcreatedb,"                  \
    " r.rolsuper or r.rolcreaterole,"                                                                        \
    " pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),"                           \
    " pg_catalog.pg_is_in_recovery(),"                                                                       \
    " pg_catalog.current_setting('max_connections')::int"                                                    \
    "  - pg_catalog.current_setting('superuser_reserved_connections')::int"                                  \
    "  - (select pg_catalog.count(*)::int from pg_catalog.pg_stat_activity where datid is not null),"        \
    " pg_catalog.current_setting('server_version')"                                                          \
    " from pg_catalog.pg_roles r where r.rolname = $1"

struct findings {
    size_t errors;
    size_t next; /* server */
};

static void say(struct pgsql_job *job, uint32_t severity, const char *code, const char *path,
                const char *summary, const char *detail, const char *advice)
{
    const struct lf_diag diag = {.struct_size = sizeof(diag),
                                 .severity = severity,
                                 .code = code,
                                 .path = path,
                                 .summary = kit_format(job->kit, job->op, "%s: %s port %s", summary,
                                                       job->server->host, job->server->port),
                                 .detail = detail,
                                 .advice = advice};
    struct findings *findings = job->user;
    findings->errors += severity == LF_DIAG_ERROR;
    job->kit->ops->note(job->op, &diag);
}

static const struct {
    int column;
    bool good;
    const char *code;
    const char *summary;
    const char *advice;
} rights[] = {
    {1, true, "database.cannot_create_databases", "landfall's role may not create databases",
     "as a superuser: ALTER ROLE ... CREATEDB"},
    {2, true, "database.cannot_create_roles", "landfall's role may not create roles",
     "as a superuser: ALTER ROLE ... CREATEROLE"},
    {3, true, "database.no_ledger_right",
     "landfall's role may not keep its ledger in the maintenance database",
     "name a database of its own in `dbname`, or as a superuser: GRANT CREATE ON DATABASE"},
    {4, false, "database.is_replica", "the server is a replica and takes no changes",
     "give `host` of the primary"},
};

static void next(struct pgsql_job *job);

static void told(struct pgsql_job *job)
{
    const char *version = pgsql_job_value(job, 0, 0, 0), *left = pgsql_job_value(job, 0, 0, 5);
    if (version && strtol(version, NULL, 10) < PGSQL_VERSION_MIN)
        say(job, LF_DIAG_ERROR, "database.old_server", NULL, "the server is too old",
            kit_format(job->kit, job->op, "it is PostgreSQL %s, this driver needs 12",
                       pgsql_job_value(job, 0, 0, 6)),
            "upgrade the server");
    for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++)
        if (pgsql_job_is_true(job, 0, 0, rights[i].column) != rights[i].good)
            say(job, LF_DIAG_ERROR, rights[i].code, "user", rights[i].summary,
                kit_format(job->kit, job->op, "the role is '%.63s'", job->server->user), rights[i].advice);
    if (left && strtol(left, NULL, 10) < CONNECTIONS_WANTED)
        say(job, LF_DIAG_WARNING, "database.few_connections", NULL, "the server has few connections left",
            kit_format(job->kit, job->op, "%s left of max_connections", left),
            "raise max_connections, or narrow the pool database-postgresql in landfall.yaml");
    next(job);
}

static void ask(struct pgsql_job *job)
{
    PGSQL_ADD(job, SELECT, job->server->user);
    pgsql_job_fly(job, PGSQL_SAFE, told);
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The same question: one server, one database, and one way in. */
static bool asks_the_same(const struct kit *kit, const struct pgsql_server *a, const struct pgsql_server *b)
{
    return is_same(a->host, b->host) && is_same(a->port, b->port) && is_same(a->dbname, b->dbname) &&
           is_same(a->user, b->user) && is_same(a->reader, b->reader) && is_same(a->sslmode, b->sslmode) &&
           is_same(a->sslrootcert, b->sslrootcert) && kit_is_same(kit, a->password, b->password) &&
           kit_is_same(kit, a->reader_password, b->reader_password);
}

/* Clusters that share everything that is asked about are asked once. */
static bool was_asked(const struct pgsql *self, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (asks_the_same(&self->kit, &self->servers[j], &self->servers[i]))
            return true;
    return false;
}

static const struct pgsql_server *next_server(struct pgsql_job *job)
{
    struct findings *findings = job->user;
    const struct pgsql *self = job->self;
    while (findings->next < self->server_count &&
           (!self->servers[findings->next].host || was_asked(self, findings->next)))
        findings->next++;
    return findings->next < self->server_count ? &self->servers[findings->next++] : NULL;
}

/* The reader's login is good when it gets in. */
static void next(struct pgsql_job *job)
{
    const struct pgsql_server *asked = job->server;
    bool has_reader = asked && asked->reader && job->login == PGSQL_LOGIN_USER;
    pgsql_job_disconnect(job);
    job->login = has_reader ? PGSQL_LOGIN_READER : PGSQL_LOGIN_USER;
    const struct pgsql_server *server = has_reader ? asked : next_server(job);
    if (server)
        pgsql_job_connect(job, server, server->dbname, has_reader ? next : ask);
    else
        pgsql_job_finish(job, ((const struct findings *)job->user)->errors ? LF_END_REFUSED : LF_END_OK);
}

void pgsql_preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct pgsql_job *job = pgsql_job_new(self, op, req);
    job->user = job->kit->ops->scratch(op, sizeof(struct findings));
    next(job);
}
