/* landfall/database.h - the database contract, version 2: clusters, databases, users, migrations, and the
 * call `query`; and, for databases that are servers, schemas, extensions, grants, publications, subscriptions
 * and copies of a schema, which a driver may leave out.
 *
 * Const data only.  A driver points its lf_resource.schema and lf_call schemas at these; a playbook that
 * uses nothing else runs on any driver of the contract.  Later versions only
 * add: types, and attributes at the end, each with its own `since`.
 */
#ifndef LF_DATABASE_H
#define LF_DATABASE_H

#include <landfall/plugin.h>

#define LF_DATABASE_CONTRACT 2u

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

/* ---- schema: a name space of one database, since version 2 -------------------------------- */

static const struct lf_attr lf_database_schema_attrs[] = {
    {"database", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "the id of the database", NULL,
     NULL, 0, 2},
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED,
     "the schema's name, unique within the database", NULL, NULL, 0, 2},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 2},
};
static const struct lf_schema lf_database_schema = LF_SCHEMA(1, lf_database_schema_attrs);

/* ---- extension: what the server can be made to know, since version 2 ---------------------- */

static const struct lf_attr lf_database_extension_attrs[] = {
    {"database", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "the id of the database", NULL,
     NULL, 0, 2},
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED,
     "the extension's name, as the server lists it", NULL, NULL, 0, 2},
    {"version", LF_KIND_TEXT, LF_ATTR_COMPUTED, "its version; left out: the server's default", NULL, NULL, 0,
     2},
    {"schema", LF_KIND_TEXT, LF_ATTR_COMPUTED | LF_ATTR_FIXED,
     "the schema its objects are made in; left out: the extension's own choice", NULL, NULL, 0, 2},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 2},
};
static const struct lf_schema lf_database_extension = LF_SCHEMA(1, lf_database_extension_attrs);

/* ---- grant: what a user may do beyond its role, since version 2 --------------------------- */

static const struct lf_attr lf_database_grant_attrs[] = {
    {"database", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "the id of the database", NULL,
     NULL, 0, 2},
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED,
     "the grant's name, unique within the database", NULL, NULL, 0, 2},
    {"user", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_FIXED, "the id of the user, of the same database", NULL,
     NULL, 0, 2},
    {"kind", LF_KIND_TEXT, LF_ATTR_FIXED, "what the object is: table, sequence, schema or function", NULL,
     "\"table\"", 0, 2},
    {"object", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_FIXED,
     "the object, as SQL names it: orders, billing.invoice, billing.total(date)", NULL, NULL, 0, 2},
    {"privileges", LF_KIND_LIST, LF_ATTR_REQUIRED | LF_ATTR_UNORDERED,
     "what the user may do with it: select, insert, update, delete, usage, execute ...", NULL, NULL,
     LF_KIND_TEXT, 2},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 2},
};
static const struct lf_schema lf_database_grant = LF_SCHEMA(1, lf_database_grant_attrs);

/* ---- publication: whose changes others may follow, since version 2 ------------------------ */

static const struct lf_attr lf_database_publication_attrs[] = {
    {"database", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "the id of the database", NULL,
     NULL, 0, 2},
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED,
     "the publication's name, unique within the database", NULL, NULL, 0, 2},
    {"tables", LF_KIND_LIST, LF_ATTR_UNORDERED, "its tables; left out: all, also those made later", NULL,
     NULL, LF_KIND_TEXT, 2},
    {"operations", LF_KIND_LIST, LF_ATTR_UNORDERED,
     "which changes are published, of insert, update, delete and truncate", NULL,
     "[\"insert\",\"update\",\"delete\",\"truncate\"]", LF_KIND_TEXT, 2},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 2},
};
static const struct lf_schema lf_database_publication = LF_SCHEMA(1, lf_database_publication_attrs);

/* ---- subscription: following a publication, since version 2 ------------------------------- */

static const struct lf_attr lf_database_subscription_attrs[] = {
    {"database", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "the id of the database", NULL,
     NULL, 0, 2},
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED,
     "the subscription's name, unique within the database", NULL, NULL, 0, 2},
    {"source_host", LF_KIND_TEXT, LF_ATTR_REQUIRED,
     "the publisher's host, as this database's server reaches it", NULL, NULL, 0, 2},
    {"source_port", LF_KIND_INT, 0, "the publisher's port", NULL, "5432", 0, 2},
    {"source_database", LF_KIND_TEXT, LF_ATTR_REQUIRED, "the publisher's database", NULL, NULL, 0, 2},
    {"source_user", LF_KIND_TEXT, LF_ATTR_REQUIRED, "whom the publisher lets in for it", NULL, NULL, 0, 2},
    {"source_password", LF_KIND_TEXT, LF_ATTR_SECRET, "that user's password", NULL, NULL, 0, 2},
    {"publications", LF_KIND_LIST, LF_ATTR_REQUIRED | LF_ATTR_UNORDERED, "the publications it follows", NULL,
     NULL, LF_KIND_TEXT, 2},
    {"copy_data", LF_KIND_BOOL, 0, "begin with a copy of the rows that are there", NULL, "true", 0, 2},
    {"enabled", LF_KIND_BOOL, 0, "false: it is there and stands still", NULL, "true", 0, 2},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 2},
};
static const struct lf_schema lf_database_subscription = LF_SCHEMA(1, lf_database_subscription_attrs);

/* ---- schema_copy: the tables of a reference database without their rows, since version 2 -- */

static const struct lf_attr lf_database_schema_copy_attrs[] = {
    {"database", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "the id of the database", NULL,
     NULL, 0, 2},
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED,
     "the copy's name, unique within the database", NULL, NULL, 0, 2},
    {"source_host", LF_KIND_TEXT, LF_ATTR_REQUIRED, "the reference's host, as landfall reaches it", NULL,
     NULL, 0, 2},
    {"source_port", LF_KIND_INT, 0, "the reference's port", NULL, "5432", 0, 2},
    {"source_database", LF_KIND_TEXT, LF_ATTR_REQUIRED, "the reference database", NULL, NULL, 0, 2},
    {"source_user", LF_KIND_TEXT, LF_ATTR_REQUIRED, "who may read its catalog", NULL, NULL, 0, 2},
    {"source_password", LF_KIND_TEXT, LF_ATTR_SECRET, "that user's password", NULL, NULL, 0, 2},
    {"schemas", LF_KIND_LIST, LF_ATTR_UNORDERED, "the schemas to copy; left out: all", NULL, NULL,
     LF_KIND_TEXT, 2},
    {"checksum", LF_KIND_TEXT, LF_ATTR_COMPUTED, "BLAKE2b-256 of what was applied, in hexadecimal", NULL,
     NULL, 0, 2},
    {"applied_at", LF_KIND_TEXT, LF_ATTR_COMPUTED, "when it was applied, UTC, as RFC 3339", NULL, NULL, 0, 2},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 2},
};
static const struct lf_schema lf_database_schema_copy = LF_SCHEMA(1, lf_database_schema_copy_attrs);

/* ---- query: one statement, once ----------------------------------------------------------- */

static const struct lf_attr lf_database_query_args_attrs[] = {
    {"database", LF_KIND_TEXT, LF_ATTR_REQUIRED, "the id of the database", NULL, NULL, 0, 1},
    {"sql", LF_KIND_TEXT, LF_ATTR_REQUIRED,
     "one statement, at most 1048576 bytes, with a `?` for each value (a driver may take its own kind too)",
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
