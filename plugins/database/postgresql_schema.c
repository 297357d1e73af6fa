/* A schema, which belongs to the database's owner, and an extension.  Each carries its mark as its comment.
 */
#include "postgresql_object.h"

#include <string.h>

/* ---- schema ------------------------------------------------------------------------------- */

static const char *schema_name(struct pgsql_job *job)
{
    return pgsql_job_name(job, pgsql_object_of(job)->within.name);
}

static const char *schema_thing(struct pgsql_job *job)
{
    return kit_format(job->kit, job->op, "schema %s", schema_name(job));
}

static bool schema_create(struct pgsql_job *job)
{
    pgsql_object_as_owner(job);
    pgsql_job_print(job, "create schema %s", schema_name(job));
    pgsql_object_comment(job, schema_thing(job));
    return true;
}

static bool schema_update(struct pgsql_job *job)
{
    pgsql_object_comment(job, schema_thing(job));
    return true;
}

/* What is in it has to go first: nothing is dropped that nobody named. */
static bool schema_destroy(struct pgsql_job *job)
{
    job->words = (struct pgsql_words){
        .code = "database.schema_in_use",
        .summary = "the schema is not empty",
        .advice = "drop or move what the server names, then destroy again",
    };
    pgsql_job_print(job, "drop schema %s restrict", schema_name(job));
    return true;
}

static bool schema_check(const struct pgsql *self, struct lf_op *op, const struct lf_request *req)
{
    const char *name = pgsql_asked(&self->kit, req->desired, "name");
    if (!name || (strcmp(name, "landfall") != 0 && strncmp(name, "pg_", 3) != 0))
        return true;
    kit_refuse(&self->kit, op, "database.bad_name", "name", "the name is taken",
               "'landfall' is the driver's own schema, and pg_... are the server's", "choose another name");
    return false;
}

#define SCHEMA_COMMENT "pg_catalog.obj_description(n.oid, 'pg_namespace')"

static const struct pgsql_kind schemas = {
    .what = "landfall schema",
    .schema = &lf_database_schema,
    .select = "select case when " PGSQL_LINE(SCHEMA_COMMENT, 1) " = 'landfall schema' then " PGSQL_LINE(
        SCHEMA_COMMENT, 2) " end from pg_catalog.pg_namespace n where n.nspname = $1",
    .owned = "select n.nspname, " PGSQL_LINE(SCHEMA_COMMENT, 2) ", " PGSQL_LINE(
        SCHEMA_COMMENT,
        3) " from pg_catalog.pg_namespace n where " PGSQL_LINE(SCHEMA_COMMENT,
                                                               1) " = 'landfall schema' order by 1",
    .create = schema_create,
    .update = schema_update,
    .destroy = schema_destroy,
    .check = schema_check,
};
PGSQL_OBJECT(schema, schemas)

/* ---- extension ---------------------------------------------------------------------------- */

static const char *extension_thing(struct pgsql_job *job)
{
    return kit_format(job->kit, job->op, "extension %s", schema_name(job));
}

/* A trusted extension may be made by the database's owner; any other only by a superuser. */
static void work_as_owner(struct pgsql_job *job)
{
    if (!pgsql_object_of(job)->superuser)
        pgsql_object_as_owner(job);
}

static bool extension_create(struct pgsql_job *job)
{
    const char *schema = pgsql_asked(job->kit, job->req->desired, "schema");
    const char *version = pgsql_asked(job->kit, job->req->desired, "version");
    work_as_owner(job);
    pgsql_job_print(job, "create extension %s%s%s%s%s", schema_name(job), schema ? " schema " : "",
                    schema ? pgsql_job_name(job, schema) : "", version ? " version " : "",
                    version ? pgsql_job_literal(job, version) : "");
    pgsql_object_comment(job, extension_thing(job));
    return true;
}

static bool extension_update(struct pgsql_job *job)
{
    const char *version = pgsql_asked(job->kit, job->req->desired, "version");
    const char *is = pgsql_object_seen(job, 1);
    work_as_owner(job);
    if (version && is && strcmp(version, is) != 0)
        pgsql_job_print(job, "alter extension %s update to %s", schema_name(job),
                        pgsql_job_literal(job, version));
    pgsql_object_comment(job, extension_thing(job));
    return true;
}

static bool extension_destroy(struct pgsql_job *job)
{
    job->words = (struct pgsql_words){
        .code = "database.extension_in_use",
        .summary = "something uses the extension",
        .advice = "drop or change what the server names, then destroy again",
    };
    pgsql_job_print(job, "drop extension %s restrict", schema_name(job));
    return true;
}

static const struct lf_value *extension_state(struct pgsql_job *job, const struct lf_value *state)
{
    state = kit_put_text(job->kit, job->op, state, "version", pgsql_object_seen(job, 1));
    return kit_put_text(job->kit, job->op, state, "schema", pgsql_object_seen(job, 2));
}

#define EXTENSION_COMMENT "pg_catalog.obj_description(e.oid, 'pg_extension')"

static const struct pgsql_kind extensions = {
    .what = "landfall extension",
    .schema = &lf_database_extension,
    .select = "select case when " PGSQL_LINE(EXTENSION_COMMENT, 1) " = 'landfall extension' then " PGSQL_LINE(
        EXTENSION_COMMENT,
        2) " end, e.extversion, n.nspname from pg_catalog.pg_extension e"
           " join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = $1",
    .owned = "select e.extname, " PGSQL_LINE(EXTENSION_COMMENT, 2) ", " PGSQL_LINE(
        EXTENSION_COMMENT,
        3) " from pg_catalog.pg_extension e where " PGSQL_LINE(EXTENSION_COMMENT,
                                                               1) " = 'landfall extension' order by 1",
    .state = extension_state,
    .create = extension_create,
    .update = extension_update,
    .destroy = extension_destroy,
};
PGSQL_OBJECT(extension, extensions)
