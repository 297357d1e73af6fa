/* The types of the driver: their verbs, and the few words they have in common. */
#pragma once

#include "postgresql_job.h"
#include "postgresql_sweep.h"

/* Every change inside a database waits its turn here until its transaction ends, and so does a look for what
 * a dead program's last request became: the lock is held as long as that may still land. */
#define PGSQL_LOCK "select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended($1, 0))"
/* The turn of a whole database's objects. */
#define PGSQL_TURN "landfall"

/* The marker of what a comment of ours describes; "" for a comment of somebody else.  Comments have a line
 * each for: what it is, marker, address, and what else the type needs to know. */
#define PGSQL_LINE(comment, n) "pg_catalog.split_part(" comment ", E'\\n', " #n ")"

/* landfall's own tables in a database: migrations and calls. */
void pgsql_ledger_add(struct pgsql_job *job);
/* The same with one table more, or another. */
void pgsql_ledger_add_own(struct pgsql_job *job, const char *table);
/* SQLSTATE of a table, schema or database that is not there. */
bool pgsql_is_absent(const struct pgsql_job *job);

/* A text of the request that is there and has no NUL inside; NULL otherwise. */
const char *pgsql_asked(const struct kit *kit, const struct lf_value *map, const char *key);
/* Refuses (and gives false) a text attribute that cannot be a name here; one not known yet is left alone. */
bool pgsql_check_name(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                      const char *key);
bool pgsql_check_options(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                         const char *const *known);
/* How a reference or a publisher is reached: its port, and `options.sslmode`. */
bool pgsql_check_source(const struct kit *kit, struct lf_op *op, const struct lf_value *desired);
/* What it was asked to be, else as in the settings; near, a server may have TLS or not. */
const char *pgsql_source_sslmode(const struct kit *kit, const struct lf_value *desired);
/* The database named by attribute `database`, and its server; refuses what is no id of this instance's. */
bool pgsql_check_database(const struct pgsql *self, struct lf_op *op, const struct lf_value *desired);

/* What lives in a database: its id is the database's, a slash and its own name. */
struct pgsql_within {
    const struct pgsql_server *server;
    const char *database;
    const char *name;
    const char *id;
};

/* By the id, or by what is asked for; refuses and gives false when that is no place of this instance. */
bool pgsql_within_of(const struct pgsql *self, struct lf_op *op, const struct lf_request *req,
                     struct pgsql_within *out);
/* A marker as read, compared with the request's. */
bool pgsql_is_ours(const struct pgsql_job *job, const char *marker);

void pgsql_job_ok(struct pgsql_job *job, const char *marker, const struct lf_value *state);
void pgsql_job_exists(struct pgsql_job *job, const char *marker, const struct lf_value *state);
void pgsql_job_absent(struct pgsql_job *job);

void pgsql_costs_nothing(void *self, struct lf_op *op, const struct lf_request *req);
/* Changes in one database take turns; the lane keeps them from waiting for each other inside their time. */
const char *pgsql_lane(void *self, struct lf_op *op, const struct lf_request *req);

lf_verb_fn pgsql_cluster, pgsql_cluster_plan, pgsql_cluster_estimate, pgsql_cluster_owned;
lf_verb_fn pgsql_database, pgsql_database_plan, pgsql_database_owned;
const char *pgsql_database_lane(void *self, struct lf_op *op, const struct lf_request *req);
lf_verb_fn pgsql_user, pgsql_user_plan, pgsql_user_owned;
lf_verb_fn pgsql_migration, pgsql_migration_plan, pgsql_migration_owned;
lf_verb_fn pgsql_schema, pgsql_schema_plan, pgsql_schema_owned;
lf_verb_fn pgsql_extension, pgsql_extension_plan, pgsql_extension_owned;
lf_verb_fn pgsql_grant, pgsql_grant_plan, pgsql_grant_owned;
lf_verb_fn pgsql_publication, pgsql_publication_plan, pgsql_publication_owned;
lf_verb_fn pgsql_subscription, pgsql_subscription_plan, pgsql_subscription_owned;
lf_verb_fn pgsql_copy, pgsql_copy_plan, pgsql_copy_owned;
lf_verb_fn pgsql_query;
lf_verb_fn pgsql_preflight;
