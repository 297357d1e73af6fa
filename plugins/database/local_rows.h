/* The database driver's own parts: how each type is kept, and the call that runs SQL. */
#pragma once

#include "kit_sql.h"

/* The pool of all operations on an instance's files. */
#define LOCAL_POOL "database-local"
/* Names of databases are file names, so the list is short. */
#define LOCAL_NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_-"
#define LOCAL_NAME_MAX   63
/* The contract's bound on SQL texts. */
#define LOCAL_SQL_MAX 1048576

extern const struct kit_sql_type local_cluster_rows;
extern const struct kit_sql_type local_user_rows;
extern const struct kit_sql_type local_database_rows;
extern const struct kit_sql_type local_migration_rows;
extern const struct kit_sql_type local_query_rows;

/* landfall's own tables in every database. */
extern const char local_tables[];

/* The catalogue of clusters and users. */
const char *local_catalogue(const struct kit_sql_driver *driver, struct lf_op *op, const char *id);
/* The file of the database an id begins with. */
const char *local_file(const struct kit_sql_driver *driver, struct lf_op *op, const char *id);
/* The same on a worker, for a name. */
const char *local_file_of(struct kit_sql_job *job, const char *name);
/* Hexadecimal BLAKE2b-256 of a text. */
const char *local_checksum(const struct kit *kit, struct lf_op *op, const char *text, size_t len);
