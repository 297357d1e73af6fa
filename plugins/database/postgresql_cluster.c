/* A cluster is a server that is there already.  Taking it into use is a row in the ledger of its maintenance
 * database; what it is like is what the settings say, and a step that asks for something else is refused. */
#include "kit_plan.h"
#include "postgresql_types.h"

#include <stdlib.h>
#include <string.h>

#define SELECT                                                                                               \
    "select name, size, replicas, storage_gb, place, marker, address from landfall.clusters where name = $1"

static const struct lf_value *state_of(struct pgsql_job *job, size_t i)
{
    const struct kit *kit = job->kit;
    const struct lf_value *state = kit_map(kit, job->op);
    const char *replicas = pgsql_job_value(job, i, 0, 2), *storage = pgsql_job_value(job, i, 0, 3);
    state = kit_put_text(kit, job->op, state, "name", pgsql_job_value(job, i, 0, 0));
    state = kit_put_text(kit, job->op, state, "size", pgsql_job_value(job, i, 0, 1));
    state = kit_put_int(kit, job->op, state, "replicas", replicas ? strtoll(replicas, NULL, 10) : 0);
    if (storage)
        state = kit_put_int(kit, job->op, state, "storage_gb", strtoll(storage, NULL, 10));
    state = kit_put_text(kit, job->op, state, "place", pgsql_job_value(job, i, 0, 4));
    return kit_put_text(kit, job->op, state, "host", job->server->told_host);
}

/* ---- looking ------------------------------------------------------------------------------ */

static void seen(struct pgsql_job *job)
{
    size_t i = job->req->read_only ? 0 : 1;
    if (pgsql_job_rows(job, i) == 0) {
        pgsql_job_absent(job);
        return;
    }
    const char *marker = pgsql_job_value(job, i, 0, 5);
    if (job->req->verb == LF_VERB_RECOVER && !pgsql_is_ours(job, marker))
        pgsql_job_exists(job, marker, state_of(job, i));
    else
        pgsql_job_ok(job, marker, state_of(job, i));
}

static void not_seen(struct pgsql_job *job)
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
    PGSQL_ADD(job, SELECT, job->id);
    job->otherwise = not_seen;
    pgsql_job_fly(job, PGSQL_SAFE, seen);
}

/* ---- changing ----------------------------------------------------------------------------- */

static void changed(struct pgsql_job *job)
{
    if (job->req->verb == LF_VERB_DESTROY)
        pgsql_job_absent(job);
    else
        pgsql_job_ok(job, job->req->marker, state_of(job, 1));
}

static void write_row(struct pgsql_job *job)
{
    const struct pgsql_server *server = job->server;
    const char *replicas = kit_format(job->kit, job->op, "%lld", (long long)server->replicas);
    const char *storage =
        server->storage_gb > 0 ? kit_format(job->kit, job->op, "%lld", (long long)server->storage_gb) : NULL;
    PGSQL_ADD(job,
              "insert into landfall.clusters (name, size, replicas, storage_gb, place, marker, address)"
              " values ($1, $2, $3::bigint, $4::bigint, $5, $6, $7) on conflict (name) do update set"
              " size = excluded.size, replicas = excluded.replicas, storage_gb = excluded.storage_gb,"
              " place = excluded.place, marker = excluded.marker, address = excluded.address",
              job->id, server->size, replicas, storage, server->place, job->req->marker, job->req->address);
    PGSQL_ADD(job, SELECT, job->id);
    pgsql_job_print(job, "commit");
    pgsql_job_fly(job, PGSQL_AT_RISK, changed);
}

/* Databases say in the comment of their owner which cluster they live on. */
#define LIVES_ON                                                                                             \
    "select d.datname from pg_catalog.pg_database d join pg_catalog.pg_roles r on r.oid = d.datdba"          \
    " where " PGSQL_LINE("pg_catalog.shobj_description(r.oid, 'pg_authid')",                                 \
                         1) " = 'landfall database'"                                                         \
                            " and " PGSQL_LINE("pg_catalog.shobj_description(r.oid, 'pg_authid')",           \
                                               5) " = $1 order by 1"

static void remove_row(struct pgsql_job *job)
{
    const char *other = pgsql_job_value(job, 6, 0, 0);
    if (other) {
        pgsql_job_refuse(job, "database.cluster_in_use", NULL, "the cluster still has databases",
                         kit_format(job->kit, job->op, "'%s' lives on it", other),
                         "destroy or move them first");
        return;
    }
    PGSQL_ADD(job, "delete from landfall.clusters where name = $1", job->id);
    pgsql_job_print(job, "commit");
    pgsql_job_fly(job, PGSQL_AT_RISK, changed);
}

static void decide(struct pgsql_job *job)
{
    const struct lf_request *req = job->req;
    const char *marker = pgsql_job_value(job, 5, 0, 5);
    bool there = pgsql_job_rows(job, 5) > 0;
    if (!there && req->verb != LF_VERB_CREATE)
        pgsql_job_absent(job);
    else if (there && !kit_may_change(job->kit, req, marker))
        pgsql_job_exists(job, marker, state_of(job, 5));
    else if (req->verb == LF_VERB_DESTROY)
        remove_row(job);
    else
        write_row(job);
}

static void change(struct pgsql_job *job)
{
    pgsql_job_print(job, "begin");
    PGSQL_ADD(job, PGSQL_LOCK, PGSQL_TURN);
    pgsql_job_print(job, "create schema if not exists landfall");
    pgsql_job_print(job,
                    "create table if not exists landfall.clusters (name text primary key, size text,"
                    " replicas bigint not null, storage_gb bigint, place text, marker text, address text)");
    if (job->server->reader)
        pgsql_job_print(job, "grant usage on schema landfall to %s",
                        pgsql_job_name(job, job->server->reader));
    else
        pgsql_job_print(job, "select 1");
    PGSQL_ADD(job, SELECT, job->id);
    if (job->req->verb == LF_VERB_DESTROY)
        PGSQL_ADD(job, LIVES_ON, job->id);
    else if (job->server->reader)
        pgsql_job_print(job, "grant select on landfall.clusters to %s",
                        pgsql_job_name(job, job->server->reader));
    pgsql_job_fly(job, PGSQL_SAFE, decide);
}

/* ---- verbs -------------------------------------------------------------------------------- */

/* What the settings say about it against what the step asks.  Refuses and gives false. */
static bool fits(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                 const struct pgsql_server *server)
{
    const struct {
        const char *key;
        const char *has;
    } words[] = {{"size", server->size}, {"place", server->place}};
    const struct {
        const char *key;
        int64_t has;
    } numbers[] = {{"replicas", server->replicas}, {"storage_gb", server->storage_gb}};
    const char *path = NULL, *asks = NULL, *has = NULL;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && !path; i++) {
        asks = kit_get_text(kit, desired, words[i].key);
        has = words[i].has ? words[i].has : "";
        path = asks && strcmp(asks, has) != 0 ? words[i].key : NULL;
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && !path; i++) {
        int64_t asked = kit_get_int(kit, desired, numbers[i].key, numbers[i].has);
        if (asked == numbers[i].has)
            continue;
        path = numbers[i].key;
        asks = kit_format(kit, op, "%lld", (long long)asked);
        has = kit_format(kit, op, "%lld", (long long)numbers[i].has);
    }
    if (!path)
        return true;
    kit_refuse(kit, op, "database.cluster_differs", path,
               kit_format(kit, op, "the cluster has another %s", path),
               kit_format(kit, op, "the step asks for '%.80s', the settings of cluster '%s' say '%.80s'",
                          asks, server->cluster, has),
               "PostgreSQL servers are not made by SQL: change the server and the settings, or the step");
    return false;
}

static const struct pgsql_server *check(const struct pgsql *self, struct lf_op *op, const char *name,
                                        const struct lf_value *desired)
{
    static const char *const none[] = {NULL};
    const struct pgsql_server *server = name && *name ? pgsql_server_of(self, name) : NULL;
    if (!server) {
        kit_refuse(&self->kit, op, "database.no_cluster", "name", "the settings list no such cluster",
                   kit_format(&self->kit, op, "'%.80s' is not among `clusters`", name ? name : ""),
                   "add the server to `clusters` in the drivers block, or correct the name");
        return NULL;
    }
    return !desired || (pgsql_check_options(&self->kit, op, desired, none) &&
                        fits(&self->kit, op, desired, server))
               ? server
               : NULL;
}

void pgsql_cluster(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct pgsql *pgsql = self;
    const char *name = req->id ? req->id : kit_get_text(&pgsql->kit, req->desired, "name");
    bool asks = req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE;
    const struct pgsql_server *server = check(pgsql, op, name, asks ? req->desired : NULL);
    if (!server)
        return;
    struct pgsql_job *job = pgsql_job_new(pgsql, op, req);
    job->id = server->cluster;
    pgsql_job_connect(job, server, server->dbname, kit_changes(req) ? change : look);
}

void pgsql_cluster_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct pgsql *pgsql = self;
    const struct kit *kit = &pgsql->kit;
    const struct lf_value *computed = kit_map(kit, op);
    const char *name = pgsql_asked(kit, req->desired, "name");
    if (req->desired && !pgsql_check_name(kit, op, req->desired, "name"))
        return;
    if (req->desired && name) {
        const struct pgsql_server *server = check(pgsql, op, name, req->desired);
        if (!server)
            return;
        computed = kit_put_text(kit, op, computed, "place", server->place);
        computed = kit_put_text(kit, op, computed, "host", server->told_host);
    }
    kit_plan(kit, self, op, req, &lf_database_cluster, computed, NULL);
}

/* ---- costs -------------------------------------------------------------------------------- */

static struct lf_cost monthly(const char *what, const char *sku, const char *unit, int64_t milli)
{
    return (struct lf_cost){.what = what,
                            .sku = sku,
                            .unit = unit,
                            .per = LF_PER_MONTH,
                            .low_milli = milli,
                            .expected_milli = milli,
                            .high_milli = milli};
}

/* A server costs what its owner says a node of that size costs; databases on it are paid for with it. */
void pgsql_cluster_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct kit *kit = &((const struct pgsql *)self)->kit;
    const struct lf_value *of = req->desired ? req->desired : req->prior;
    const char *size = kit_get_text(kit, of, "size");
    int64_t nodes = kit_get_int(kit, of, "replicas", 0) + 1;
    int64_t storage = kit_get_int(kit, of, "storage_gb", 0);
    struct lf_cost costs[2];
    struct lf_result result = kit_result(LF_END_OK);
    if (size)
        costs[result.cost_count++] =
            monthly(kit_format(kit, op, "%s, %lld node%s", size, (long long)nodes, nodes == 1 ? "" : "s"),
                    kit_format(kit, op, "database.%s", size), "node", nodes * 1000);
    if (storage > 0)
        costs[result.cost_count++] = monthly("storage", "database.storage", "gb", storage * nodes * 1000);
    result.costs = costs;
    result.cost_size = sizeof(costs[0]);
    if (!kit_is_known(kit, kit_get(kit, of, "size")) || !kit_is_known(kit, kit_get(kit, of, "replicas")) ||
        !kit_is_known(kit, kit_get(kit, of, "storage_gb")))
        kit_finish(kit, op, LF_END_CANNOT_TELL);
    else
        kit->ops->finish(op, &result);
}

/* ---- owned -------------------------------------------------------------------------------- */

static void heard(struct pgsql_job *job)
{
    if (pgsql_job_rows(job, 0) > 0)
        pgsql_sweep_found(job, job->server->cluster, pgsql_job_value(job, 0, 0, 0),
                          pgsql_job_value(job, 0, 0, 1));
    pgsql_sweep_next(job);
}

static void not_heard(struct pgsql_job *job)
{
    if (pgsql_is_absent(job))
        pgsql_sweep_next(job);
    else
        pgsql_job_fail(job);
}

static void ask(struct pgsql_job *job)
{
    PGSQL_ADD(job, "select marker, address from landfall.clusters where name = $1 and marker is not null",
              job->server->cluster);
    job->otherwise = not_heard;
    pgsql_job_fly(job, PGSQL_SAFE, heard);
}

void pgsql_cluster_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    pgsql_sweep(self, op, req, ask);
}
