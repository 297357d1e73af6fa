/* database-local: databases that are SQLite files in one folder, with a catalogue of clusters and users.
 *
 * A file per database (local_database.c) that holds its own marker, its ledger of migrations
 * (local_migration.c) and of calls (local_query.c); rows of catalogue.db for the rest (local_rows.c). */
#include "kit_plan.h"
#include "local_rows.h"

#include <landfall/database.h>
#include <string.h>

#define cluster_rows   local_cluster_rows
#define user_rows      local_user_rows
#define database_rows  local_database_rows
#define migration_rows local_migration_rows

KIT_SQL_VERBS(cluster)
KIT_SQL_VERBS(user)
KIT_SQL_VERBS(database)
KIT_SQL_VERBS(migration)
KIT_SQL_PLAN(cluster)
KIT_SQL_PLAN(database)

/* A natural name each, and one transaction: doing it twice is doing it once. */
static const struct lf_settle settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_NAMED,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
};

/* The ledger keeps tokens for ever. */
static const struct lf_settle settle_query = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_TOKENED,
    .update = LF_SETTLE_TOKENED,
    .destroy = LF_SETTLE_TOKENED,
};

/* ---- plan --------------------------------------------------------------------------------- */

/* The one rule that only the prior state can break, told before anything is approved.  A database that is
 * made anew has an empty ledger, and there the new text is as good as any. */
static bool changes_applied(const struct kit *kit, const struct lf_request *req, const char *checksum)
{
    const char *applied = kit_get_text(kit, req->prior, "checksum");
    return applied && checksum && strcmp(applied, checksum) != 0 &&
           kit_is_same(kit, kit_get(kit, req->prior, "database"), kit_get(kit, req->desired, "database")) &&
           kit_is_same(kit, kit_get(kit, req->prior, "name"), kit_get(kit, req->desired, "name"));
}

static void migration_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct kit *kit = &((const struct kit_sql_driver *)self)->kit;
    struct kit_sql_note bad = {0};
    size_t len = 0;
    const struct lf_value *sql = kit_get(kit, req->desired, "sql");
    const char *text = sql ? kit->values->as_text(sql, &len) : NULL;
    const char *checksum = text ? local_checksum(kit, op, text, len) : NULL;
    if (req->desired && !kit_sql_check(&migration_rows, kit, op, req->desired, &bad)) {
        kit_refuse(kit, op, bad.code, bad.path, bad.summary, bad.detail, bad.advice);
        return;
    }
    if (changes_applied(kit, req, checksum)) {
        kit_refuse(kit, op, "database.migration_changed", "sql", "an applied migration may not change",
                   kit_format(kit, op, "it was applied with checksum %s, now it has %s",
                              kit_get_text(kit, req->prior, "checksum"), checksum),
                   "put its old text back, and write what is new as a new migration");
        return;
    }
    kit_plan(kit, self, op, req, &lf_database_migration,
             kit_put_text(kit, op, kit_map(kit, op), "checksum", checksum), NULL);
}

/* ---- costs -------------------------------------------------------------------------------- */

static void costs_nothing(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct kit_sql_driver *driver = self;
    (void)req;
    kit_finish(&driver->kit, op, LF_END_OK);
}

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

/* Nodes of the size asked for, and storage on each.  A database without a size of its own is paid for with
 * its cluster. */
static void estimate_nodes(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct kit *kit = &((const struct kit_sql_driver *)self)->kit;
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
    /* A number that some other step will give cannot be priced yet. */
    if (!kit_is_known(kit, kit_get(kit, of, "size")) || !kit_is_known(kit, kit_get(kit, of, "replicas")) ||
        !kit_is_known(kit, kit_get(kit, of, "storage_gb")))
        kit_finish(kit, op, LF_END_CANNOT_TELL);
    else
        kit->ops->finish(op, &result);
}

/* ---- the record --------------------------------------------------------------------------- */

static const struct lf_resource cluster = {
    KIT_SQL_RESOURCE(cluster),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "cluster",
    .doc = "what databases live on",
    .schema = &lf_database_cluster,
    .settle = &settle,
    .pool = LOCAL_POOL,
    .plan = cluster_plan,
    .estimate = estimate_nodes,
};

static const struct lf_resource database = {
    KIT_SQL_RESOURCE(database),
    .traits = LF_TRAIT_OWN_TRANSPORT | LF_TRAIT_HOLDS_DATA,
    .name = "database",
    .doc = "a database, which is one SQLite file",
    .schema = &lf_database_database,
    .settle = &settle,
    .pool = LOCAL_POOL,
    .plan = database_plan,
    .estimate = estimate_nodes,
};

/* No plan of its own: the core compares passwords, a driver may not see them there. */
static const struct lf_resource user = {
    KIT_SQL_RESOURCE(user),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "user",
    .doc = "who may use a database, recorded in the catalogue",
    .schema = &lf_database_user,
    .settle = &settle,
    .pool = LOCAL_POOL,
    .estimate = costs_nothing,
};

static const struct lf_resource migration = {
    KIT_SQL_RESOURCE(migration),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "migration",
    .doc = "SQL that is applied once, in the order of its names",
    .schema = &lf_database_migration,
    .settle = &settle,
    .pool = LOCAL_POOL,
    .plan = migration_plan,
    .estimate = costs_nothing,
};

static const struct lf_resource *const resources[] = {&cluster, &database, &user, &migration, NULL};

static void query_verb(void *self, struct lf_op *op, const struct lf_request *req)
{
    kit_sql_verb(&local_query_rows, self, op, req);
}

static const struct lf_call query = {
    .struct_size = sizeof(struct lf_call),
    .traits = LF_TRAIT_OWN_TRANSPORT,
    .name = "query",
    .doc = "run one SQL statement with bound values, once",
    .args = &lf_database_query_args,
    .reply = &lf_database_query_reply,
    .settle = &settle_query,
    .pool = LOCAL_POOL,
    .run = query_verb,
    .recover = query_verb,
};
static const struct lf_call *const calls[] = {&query, NULL};

static void preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    kit_sql_preflight(&database_rows, self, op, req);
}

static const struct lf_attr setting_attrs[] = {
    {"path", LF_KIND_TEXT, LF_ATTR_REQUIRED, "the folder of the files, relative to the project", NULL, NULL,
     0, 1},
    {"place", LF_KIND_TEXT, 0, "where that folder is, for databases that do not say it themselves", NULL,
     NULL, 0, 1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 0,
    .subsystem = "database",
    .name = "local",
    .version = "1.0.0",
    .doc = "databases that are SQLite files, for one machine",
    .contract_version = LF_DATABASE_CONTRACT,
    .settings = &setting_schema,
    .resources = resources,
    .calls = calls,
    .open = kit_sql_open,
    .close = kit_sql_close,
    .preflight = preflight,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
