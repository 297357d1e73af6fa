#include "postgresql_types.h"

#include <string.h>

/* clang-format off */
static const char *const tables[] = {
    "create table if not exists landfall.migrations ("
    "  name text primary key, checksum text not null, sql text not null, follows text,"
    "  applied_at timestamptz not null default pg_catalog.clock_timestamp(),"
    "  released boolean not null default false, marker text, address text)",
    "create table if not exists landfall.calls ("
    "  token text primary key, reply text,"
    "  made_at timestamptz not null default pg_catalog.clock_timestamp())",
};
/* clang-format on */

static void let_reader_in(struct pgsql_job *job)
{
    if (!job->server->reader)
        return;
    const char *reader = pgsql_job_name(job, job->server->reader);
    pgsql_job_print(job, "grant usage on schema landfall to %s", reader);
    pgsql_job_print(job, "grant select on all tables in schema landfall to %s", reader);
}

void pgsql_ledger_add(struct pgsql_job *job)
{
    pgsql_job_print(job, "create schema if not exists landfall");
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        pgsql_job_add(job, tables[i], NULL, 0);
    let_reader_in(job);
}

void pgsql_ledger_add_own(struct pgsql_job *job, const char *table)
{
    pgsql_job_print(job, "create schema if not exists landfall");
    pgsql_job_add(job, table, NULL, 0);
    let_reader_in(job);
}

bool pgsql_is_absent(const struct pgsql_job *job)
{
    const char *state = pgsql_job_state(job);
    return strcmp(state, "42P01") == 0 || strcmp(state, "3F000") == 0;
}

const char *pgsql_asked(const struct kit *kit, const struct lf_value *map, const char *key)
{
    size_t len = 0;
    const struct lf_value *value = kit_get(kit, map, key);
    const char *text = value ? kit->values->as_text(value, &len) : NULL;
    return text && strlen(text) == len ? text : NULL;
}

bool pgsql_check_name(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                      const char *key)
{
    const struct lf_value *value = kit_get(kit, desired, key);
    const char *name = pgsql_asked(kit, desired, key);
    if (!value || kit->values->kind(value) != LF_KIND_TEXT)
        return true;
    const char *fault = name ? pgsql_name_fault(kit, op, name) : "it has a NUL inside";
    if (!fault)
        return true;
    kit_refuse(kit, op, "database.bad_name", key, "the name cannot be used", fault,
               "give 1 to 63 bytes without quotes, slashes and control characters");
    return false;
}

bool pgsql_check_options(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                         const char *const *known)
{
    const struct lf_value *options = kit_get(kit, desired, "options");
    size_t count = options && kit->values->kind(options) == LF_KIND_MAP ? kit->values->count(options) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        bool found = false;
        (void)kit->values->at(options, i, &key);
        for (size_t k = 0; known && known[k]; k++)
            found = found || strcmp(known[k], key) == 0;
        if (found)
            continue;
        kit_refuse(kit, op, "database.bad_option", "options",
                   kit_format(kit, op, "there is no option '%.80s'", key), NULL,
                   known ? "see the driver's README for those there are" : "leave `options` out");
        return false;
    }
    return true;
}

bool pgsql_check_source(const struct kit *kit, struct lf_op *op, const struct lf_value *desired)
{
    int64_t port = kit_get_int(kit, desired, "source_port", 5432);
    const char *sslmode = kit_get_text(kit, desired, "options.sslmode");
    bool good_mode =
        !kit_has(kit, desired, "options.sslmode") || (sslmode && pgsql_sslmode_is_known(sslmode));
    if (port < 1 || port > 65535)
        kit_refuse(kit, op, "database.bad_port", "source_port", "a port is a number from 1 to 65535",
                   kit_format(kit, op, "%lld", (long long)port), "give the port of the source");
    else if (!good_mode)
        kit_refuse(kit, op, "database.bad_option", "options.sslmode", "there is no such sslmode",
                   kit_format(kit, op, "'%.80s'", sslmode ? sslmode : ""),
                   "choose disable, require, verify-ca or verify-full");
    return port >= 1 && port <= 65535 && good_mode;
}

const char *pgsql_source_sslmode(const struct kit *kit, const struct lf_value *desired)
{
    const char *sslmode = kit_get_text(kit, desired, "options.sslmode");
    const char *host = kit_get_text(kit, desired, "source_host");
    if (sslmode)
        return sslmode;
    return host && pgsql_host_is_near(host) ? "prefer" : "verify-full";
}

bool pgsql_check_database(const struct pgsql *self, struct lf_op *op, const struct lf_value *desired)
{
    const struct kit *kit = &self->kit;
    const struct pgsql_server *server = NULL;
    const struct lf_value *value = kit_get(kit, desired, "database");
    const char *id = pgsql_asked(kit, desired, "database");
    if (!value || kit->values->kind(value) == LF_KIND_UNKNOWN)
        return true;
    const char *name = id ? pgsql_database_of(self, id, &server) : NULL;
    const char *fault = name ? pgsql_name_fault(kit, op, name) : "no server of this instance has it";
    if (!fault)
        return true;
    kit_refuse(kit, op, "database.bad_name", "database", "that is not the id of a database",
               kit_format(kit, op, "'%.100s': %s", id ? id : "", fault),
               "give the id of a database.database");
    return false;
}

/* Names have no slash, so the last one is where the object's own begins. */
bool pgsql_within_of(const struct pgsql *self, struct lf_op *op, const struct lf_request *req,
                     struct pgsql_within *out)
{
    const struct kit *kit = &self->kit;
    const char *database = pgsql_asked(kit, req->desired, "database");
    const char *name = pgsql_asked(kit, req->desired, "name");
    const char *slash = req->id ? strrchr(req->id, '/') : NULL;
    if (slash) {
        database = kit_copy(kit, op, req->id, (size_t)(slash - req->id));
        name = kit_copy(kit, op, slash + 1, strlen(slash + 1));
    }
    const char *found = database && name ? pgsql_database_of(self, database, &out->server) : NULL;
    if (!found || pgsql_name_fault(kit, op, found) || pgsql_name_fault(kit, op, name)) {
        kit_refuse(kit, op, "database.bad_name", "database", "that is not the id of a database",
                   kit_format(kit, op, "'%.100s'", database ? database : ""),
                   "give the id of a database.database");
        return false;
    }
    out->database = kit_copy(kit, op, found, strlen(found));
    out->name = kit_copy(kit, op, name, strlen(name));
    out->id = kit_format(kit, op, "%s/%s", database, name);
    return true;
}

bool pgsql_is_ours(const struct pgsql_job *job, const char *marker)
{
    return marker && job->req->marker && strcmp(marker, job->req->marker) == 0;
}

void pgsql_job_ok(struct pgsql_job *job, const char *marker, const struct lf_value *state)
{
    struct lf_result result = kit_result(LF_END_OK);
    result.id = job->id;
    result.marker = marker;
    result.state = state;
    pgsql_job_end(job, &result);
}

void pgsql_job_exists(struct pgsql_job *job, const char *marker, const struct lf_value *state)
{
    struct lf_result result = kit_result(LF_END_EXISTS);
    result.id = job->id;
    result.marker = marker;
    result.state = state;
    pgsql_job_end(job, &result);
}

void pgsql_job_absent(struct pgsql_job *job)
{
    pgsql_job_finish(job, LF_END_GONE);
}

/* ---- all types ---------------------------------------------------------------------------- */

void pgsql_costs_nothing(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)req;
    kit_finish(&((const struct pgsql *)self)->kit, op, LF_END_OK);
}

/* The id of what lives in a database begins with the database's. */
const char *pgsql_lane(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct kit *kit = &((const struct pgsql *)self)->kit;
    const char *database = kit_get_text(kit, req->desired ? req->desired : req->prior, "database");
    return database ? kit_format(kit, op, "database-postgresql %.128s", database) : NULL;
}
