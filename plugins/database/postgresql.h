/* database-postgresql: what its parts share.  One instance knows one server or several; connections to them
 * are kept and used again (postgresql_link.h), and each operation is a job that sends flights of statements
 * over one of them (postgresql_job.h). */
#pragma once

#include "kit.h"

#include <landfall/database.h>

/* The pool of all operations of an instance: its width is how many connections there are at most. */
#define PGSQL_POOL "database-postgresql"
/* NAMEDATALEN - 1: what is longer PostgreSQL cuts off in silence. */
#define PGSQL_NAME_MAX 63
/* The contract's bound on SQL texts. */
#define PGSQL_SQL_MAX 1048576
/* The oldest server this driver speaks to: it needs hashtextextended and default privileges on schemas. */
#define PGSQL_VERSION_MIN 120000

struct pgsql_link;

/* One server, which is one cluster of the contract.  The texts live as long as the instance; those that may
 * be NULL say so. */
struct pgsql_server {
    const char *cluster; /* "": the instance's own, for databases that name no cluster */
    const char *host;    /* a name, an address, or the folder of a socket */
    const char *port;
    const char *user;
    const char *reader; /* who looks where nothing may be changed; NULL: the user itself */
    const char *dbname; /* the maintenance database                       */
    const char *sslmode;
    const char *sslrootcert; /* NULL: the system's                             */
    const char *told_host;   /* what programs connect to                       */
    const char *place;       /* NULL: not said                                 */
    const char *size;        /* NULL: not said                                 */
    int64_t replicas;
    int64_t storage_gb; /* 0: not said */
    /* Handles; the bytes are seen only while a connection is made.  NULL: none. */
    const struct lf_value *password;
    const struct lf_value *reader_password;
};

struct pgsql {
    struct kit kit;
    struct pgsql_server *servers;
    size_t server_count;
    struct pgsql_link *links; /* all of them, idle and busy */
};

extern const struct lf_schema pgsql_settings;

int pgsql_open(const struct lf_host *host, const struct lf_value *settings, void **self, struct lf_diag *why);
void pgsql_close(void *self);

/* NULL: no such cluster.  `cluster` may be NULL or empty: the instance's own server. */
const struct pgsql_server *pgsql_server_of(const struct pgsql *self, const char *cluster);

/* The id of a database is its name, behind its cluster's and a slash where it lives on one.  Gives the name,
 * and the server in *server; NULL when no server of this instance can have it. */
const char *pgsql_database_of(const struct pgsql *self, const char *id, const struct pgsql_server **server);

/* A way to a server that never falls back to an open connection; a name libpq knows is not enough. */
bool pgsql_sslmode_is_known(const char *sslmode);
/* This machine: a socket's folder or an address of loopback. */
bool pgsql_host_is_near(const char *host);

/* Whether a text can be an object's name here; what is wrong with it otherwise. */
const char *pgsql_name_fault(const struct kit *kit, struct lf_op *op, const char *name);
