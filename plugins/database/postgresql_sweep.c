#include "postgresql_types.h"

struct sweep {
    size_t next; /* server */
    pgsql_then_fn *ask;
};

void pgsql_sweep_next(struct pgsql_job *job)
{
    struct sweep *sweep = job->sweep;
    pgsql_job_disconnect(job);
    while (sweep->next < job->self->server_count && !job->self->servers[sweep->next].host)
        sweep->next++;
    if (sweep->next >= job->self->server_count) {
        pgsql_job_finish(job, LF_END_OK);
        return;
    }
    const struct pgsql_server *server = &job->self->servers[sweep->next++];
    pgsql_job_connect(job, server, server->dbname, sweep->ask);
}

static struct pgsql_job *begin(void *self, struct lf_op *op, const struct lf_request *req,
                               pgsql_then_fn *ask_server)
{
    struct pgsql_job *job = pgsql_job_new(self, op, req);
    job->sweep = job->kit->ops->scratch(op, sizeof(*job->sweep));
    job->sweep->ask = ask_server;
    return job;
}

void pgsql_sweep(void *self, struct lf_op *op, const struct lf_request *req, pgsql_then_fn *ask)
{
    pgsql_sweep_next(begin(self, op, req, ask));
}

void pgsql_sweep_found(struct pgsql_job *job, const char *id, const char *marker, const char *address)
{
    struct lf_result found = kit_result(LF_END_OK);
    found.id = id;
    found.marker = marker;
    found.memo = kit_put_text(job->kit, job->op, kit_map(job->kit, job->op), "address", address);
    job->kit->ops->found(job->op, &found);
}

/* ---- inside databases --------------------------------------------------------------------- */

#define COMMENT "pg_catalog.shobj_description(r.oid, 'pg_authid')"
#define DATABASES                                                                                            \
    "select d.datname from pg_catalog.pg_database d join pg_catalog.pg_roles r on r.oid = d.datdba"          \
    " where " PGSQL_LINE(COMMENT, 1) " = 'landfall database' and " PGSQL_LINE(                               \
        COMMENT, 4) " = d.datname"                                                                           \
                    " and " PGSQL_LINE(COMMENT, 5) " = $1 order by 1"

struct tour {
    const char *sql;
    const char **databases;
    size_t count, next;
};

static void tour_on(struct pgsql_job *job);

static void told(struct pgsql_job *job)
{
    const char *cluster = job->server->cluster;
    for (int row = 0; row < pgsql_job_rows(job, 0); row++)
        pgsql_sweep_found(job,
                          kit_format(job->kit, job->op, "%s%s%s/%s", cluster, *cluster ? "/" : "",
                                     job->database, pgsql_job_value(job, 0, row, 0)),
                          pgsql_job_value(job, 0, row, 1), pgsql_job_value(job, 0, row, 2));
    tour_on(job);
}

static void not_told(struct pgsql_job *job)
{
    if (pgsql_is_absent(job))
        tour_on(job);
    else
        pgsql_job_fail(job);
}

static void ask(struct pgsql_job *job)
{
    job->otherwise = not_told;
    pgsql_job_add(job, ((const struct tour *)job->user)->sql, NULL, 0);
    pgsql_job_fly(job, PGSQL_SAFE, told);
}

static void tour_on(struct pgsql_job *job)
{
    struct tour *tour = job->user;
    job->otherwise = NULL;
    pgsql_job_disconnect(job);
    if (tour->next >= tour->count) {
        pgsql_sweep_next(job);
        return;
    }
    /* Dropped meanwhile: then what was in it is gone as well. */
    job->no_database = tour_on;
    pgsql_job_connect(job, job->server, tour->databases[tour->next++], ask);
}

static void listed(struct pgsql_job *job)
{
    struct tour *tour = job->user;
    tour->next = 0;
    tour->count = (size_t)pgsql_job_rows(job, 0);
    tour->databases = job->kit->ops->scratch(job->op, (tour->count + 1) * sizeof(*tour->databases));
    for (size_t i = 0; i < tour->count; i++)
        tour->databases[i] = pgsql_job_value(job, 0, (int)i, 0);
    tour_on(job);
}

static void list(struct pgsql_job *job)
{
    job->no_database = NULL;
    PGSQL_ADD(job, DATABASES, job->server->cluster);
    pgsql_job_fly(job, PGSQL_SAFE, listed);
}

void pgsql_tour(void *self, struct lf_op *op, const struct lf_request *req, const char *sql)
{
    struct pgsql_job *job = begin(self, op, req, list);
    struct tour *tour = job->kit->ops->scratch(op, sizeof(*tour));
    tour->sql = sql;
    job->user = tour;
    pgsql_sweep_next(job);
}
