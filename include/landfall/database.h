/* landfall/database.h - the database contract, version 1: clusters, databases, users, migrations, and the
 * call `query`.
 *
 * Const data only.  A driver points its lf_resource.schema and lf_call schemas at these; a playbook that
 * uses nothing else runs on any driver of the contract.  Version 1 of the contract is complete: later
 * versions only add attributes at the end, each with its own `since`.
 */
#ifndef LF_DATABASE_H
#define LF_DATABASE_H

#include <landfall/plugin.h>

#define LF_DATABASE_CONTRACT 1u

/* ---- cluster: the server or servers that databases live on -------------------------------- */

static const struct lf_attr lf_database_cluster_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED,
     "the cluster's name, unique within the driver's instance", NULL, NULL, 0, 1},
    {"size", LF_KIND_TEXT, 0, "the size of one node, in the service's own words, such as db.t4g.medium", NULL,
     NULL, 0, 1},
    {"replicas", LF_KIND_INT, 0, "how many readable copies beside the primary, 0 to 100", NULL, "0", 0, 1},
    {"storage_gb", LF_KIND_INT, 0, "storage of each node in gigabytes (10^9 bytes)", NULL, NULL, 0, 1},
    {"place", LF_KIND_TEXT, LF_ATTR_PLACE | LF_ATTR_COMPUTED,
     "where its data lives; the driver's own place where it is not given", NULL, NULL, 0, 1},
    {"host", LF_KIND_TEXT, LF_ATTR_COMPUTED, "the host name programs connect to", NULL, NULL, 0, 1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 1},
};
static const struct lf_schema lf_database_cluster = LF_SCHEMA(1, lf_database_cluster_attrs);

/* ---- database: holds data ----------------------------------------------------------------- */

static const struct lf_attr lf_database_database_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED,
     "the database's name, unique within the driver's instance", NULL, NULL, 0, 1},
    {"cluster", LF_KIND_TEXT, LF_ATTR_FIXED, "the id of the cluster it lives on; left out: one of its own",
     NULL, NULL, 0, 1},
    {"size", LF_KIND_TEXT, 0, "the size of one node where it has its own, in the service's own words", NULL,
     NULL, 0, 1},
    {"storage_gb", LF_KIND_INT, 0, "storage in gigabytes (10^9 bytes)", NULL, NULL, 0, 1},
    {"replicas", LF_KIND_INT, 0, "how many readable copies beside the primary, 0 to 100", NULL, NULL, 0, 1},
    {"place", LF_KIND_TEXT, LF_ATTR_PLACE | LF_ATTR_COMPUTED,
     "where its data lives; the driver's own place where it is not given", NULL, NULL, 0, 1},
    {"host", LF_KIND_TEXT, LF_ATTR_COMPUTED, "the host name programs connect to", NULL, NULL, 0, 1},
    {"path", LF_KIND_TEXT, LF_ATTR_COMPUTED, "the file, where the database is one", NULL, NULL, 0, 1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 1},
};
static const struct lf_schema lf_database_database = LF_SCHEMA(1, lf_database_database_attrs);

/* ---- user: who may use one database ------------------------------------------------------- */

static const struct lf_attr lf_database_user_attrs[] = {
    {"database", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "the id of the database", NULL,
     NULL, 0, 1},
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED,
     "the user's name, unique within the database", NULL, NULL, 0, 1},
    {"role", LF_KIND_TEXT, 0, "read, write (read and change rows), or admin (change tables too)", NULL,
     "\"read\"", 0, 1},
    {"password", LF_KIND_TEXT, LF_ATTR_SECRET, "the password; left out: the user cannot use one", NULL, NULL,
     0, 1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 1},
    {"login", LF_KIND_TEXT, LF_ATTR_COMPUTED, "the name programs log in with, where it is another", NULL,
     NULL, 0, 2},
};
static const struct lf_schema lf_database_user = LF_SCHEMA(1, lf_database_user_attrs);

/* ---- migration: SQL that is applied once, in the order of its names ----------------------- */

static const struct lf_attr lf_database_migration_attrs[] = {
    {"database", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "the id of the database", NULL,
     NULL, 0, 1},
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED,
     "the migration's name; names sort in the order of application (0001_init, 0002_orders)", NULL, NULL, 0,
     1},
    {"sql", LF_KIND_TEXT, LF_ATTR_REQUIRED,
     "the statements, at most 1048576 bytes; once applied they may not change: add a new migration", NULL,
     NULL, 0, 1},
    {"follows", LF_KIND_TEXT, 0, "the id of the migration that must be applied before this one", NULL, NULL,
     0, 1},
    {"checksum", LF_KIND_TEXT, LF_ATTR_COMPUTED, "BLAKE2b-256 of `sql` in hexadecimal", NULL, NULL, 0, 1},
    {"applied_at", LF_KIND_TEXT, LF_ATTR_COMPUTED, "when it was applied, UTC, as RFC 3339", NULL, NULL, 0, 1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 1},
};
static const struct lf_schema lf_database_migration = LF_SCHEMA(1, lf_database_migration_attrs);

/* ---- query: one statement, once ----------------------------------------------------------- */

static const struct lf_attr lf_database_query_args_attrs[] = {
    {"database", LF_KIND_TEXT, LF_ATTR_REQUIRED, "the id of the database", NULL, NULL, 0, 1},
    {"sql", LF_KIND_TEXT, LF_ATTR_REQUIRED,
     "one statement, at most 1048576 bytes, with a placeholder of the database's own kind for each value",
     NULL, NULL, 0, 1},
    {"params", LF_KIND_LIST, 0, "the values of the placeholders, in order; always bound, never pasted in",
     NULL, "[]", LF_KIND_ANY, 1},
};
static const struct lf_schema lf_database_query_args = LF_SCHEMA(1, lf_database_query_args_attrs);

static const struct lf_attr lf_database_query_reply_attrs[] = {
    {"rows", LF_KIND_LIST, LF_ATTR_COMPUTED, "the rows, each a map by column, at most 10000", NULL, NULL,
     LF_KIND_MAP, 1},
    {"changes", LF_KIND_INT, LF_ATTR_COMPUTED, "how many rows were inserted, updated or deleted", NULL, NULL,
     0, 1},
};
static const struct lf_schema lf_database_query_reply = LF_SCHEMA(1, lf_database_query_reply_attrs);

#endif
