/* database-postgresql: databases, users, migrations and queries on PostgreSQL servers, through libpq.
 *
 * The servers are there already (postgresql_settings.c); a cluster is one of them, taken into use
 * (postgresql_cluster.c).  Every operation is a job (postgresql_job.c) on a connection that is kept
 * (postgresql_link.c).  Marks live where PostgreSQL itself keeps them: the owner of a database, the comment
 * of a role, a row of the ledger that is written in the transaction it is about. */
#include "postgresql_types.h"

/* Each has a name of its own, and a lock that is held until nothing can land any more: one look under it
 * tells for certain.  The second is for what a dead program's last packet takes to be read by the server. */
static const struct lf_settle settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_NAMED,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
    .max_inflight_ms = 1000,
};

/* The ledger keeps tokens for ever, and a row that is being written makes a repeat wait for its end. */
static const struct lf_settle settle_query = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_TOKENED,
    .update = LF_SETTLE_TOKENED,
    .destroy = LF_SETTLE_TOKENED,
};

#define VERBS(type)                                                                                          \
    .struct_size = sizeof(struct lf_resource), .settle = &settle, .pool = PGSQL_POOL, .read = pgsql_##type,  \
    .create = pgsql_##type, .destroy = pgsql_##type, .update = pgsql_##type, .recover = pgsql_##type,        \
    .find = pgsql_##type, .plan = pgsql_##type##_plan, .owned = pgsql_##type##_owned

static const struct lf_resource cluster = {
    VERBS(cluster),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "cluster",
    .doc = "a server of the settings, taken into use",
    .schema = &lf_database_cluster,
    .estimate = pgsql_cluster_estimate,
};

static const struct lf_resource database = {
    VERBS(database),
    .traits = LF_TRAIT_OWN_TRANSPORT | LF_TRAIT_HOLDS_DATA,
    .name = "database",
    .doc = "a database, owned by a role that is its mark",
    .schema = &lf_database_database,
    .estimate = pgsql_costs_nothing,
    .lane = pgsql_database_lane,
};

static const struct lf_resource user = {
    VERBS(user),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "user",
    .doc = "a role that may use one database, called DATABASE_USER",
    .schema = &lf_database_user,
    .estimate = pgsql_costs_nothing,
    .lane = pgsql_lane,
};

static const struct lf_resource migration = {
    VERBS(migration),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "migration",
    .doc = "SQL that is applied once, in the order of its names",
    .schema = &lf_database_migration,
    .estimate = pgsql_costs_nothing,
    .lane = pgsql_lane,
};

static const struct lf_resource schema = {
    VERBS(schema),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "schema",
    .doc = "a name space, owned by the database's owner",
    .schema = &lf_database_schema,
    .estimate = pgsql_costs_nothing,
    .lane = pgsql_lane,
};

static const struct lf_resource extension = {
    VERBS(extension),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "extension",
    .doc = "an extension of the server, in one database",
    .schema = &lf_database_extension,
    .estimate = pgsql_costs_nothing,
    .lane = pgsql_lane,
};

static const struct lf_resource grant = {
    VERBS(grant),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "grant",
    .doc = "privileges of one user on one object, beyond its role",
    .schema = &lf_database_grant,
    .estimate = pgsql_costs_nothing,
    .lane = pgsql_lane,
};

static const struct lf_resource publication = {
    VERBS(publication),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "publication",
    .doc = "tables whose changes others may follow",
    .schema = &lf_database_publication,
    .estimate = pgsql_costs_nothing,
    .lane = pgsql_lane,
};

static const struct lf_resource subscription = {
    VERBS(subscription),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "subscription",
    .doc = "following a publication, with a slot of our marker's name at the publisher",
    .schema = &lf_database_subscription,
    .estimate = pgsql_costs_nothing,
    .lane = pgsql_lane,
};

static const struct lf_resource schema_copy = {
    VERBS(copy),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "schema_copy",
    .doc = "the schema of a reference database, applied once",
    .schema = &lf_database_schema_copy,
    .estimate = pgsql_costs_nothing,
    .lane = pgsql_lane,
};

static const struct lf_resource *const resources[] = {
    &cluster, &database,    &user,         &migration,   &schema, &extension,
    &grant,   &publication, &subscription, &schema_copy, NULL,
};

static const struct lf_call query = {
    .struct_size = sizeof(struct lf_call),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "query",
    .doc = "run one SQL statement with bound values, once",
    .args = &lf_database_query_args,
    .reply = &lf_database_query_reply,
    .settle = &settle_query,
    .pool = PGSQL_POOL,
    .run = pgsql_query,
    .recover = pgsql_query,
};
static const struct lf_call *const calls[] = {&query, NULL};

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 1, /* lf_host.process, for pg_dump */
    .subsystem = "database",
    .name = "postgresql",
    .version = "1.0.0",
    .doc = "databases on PostgreSQL servers",
    .contract_version = LF_DATABASE_CONTRACT,
    .settings = &pgsql_settings,
    .resources = resources,
    .calls = calls,
    .open = pgsql_open,
    .close = pgsql_close,
    .preflight = pgsql_preflight,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
