/* A link: one connection to one database of one server, kept for the next operation that needs it.
 *
 * A link is busy while a job has it, idle otherwise.  Idle links cost a server slot, and a session in a
 * database stops DROP DATABASE, so they are few, are closed when they have idled for a while, and are closed
 * before their database goes. */
#pragma once

#include "postgresql.h"

#include <libpq-fe.h>

struct pgsql_link {
    struct pgsql_link *next;
    PGconn *conn; /* NULL: not yet made */
    const struct pgsql_server *server;
    char *database;
    bool reads; /* its session is read only */
    bool busy;
    bool unclean;    /* its session is no longer as it was: close it after use   */
    bool has_calls;  /* the ledger of calls was seen in its database             */
    char *owner;     /* the role that owns its database, once asked; or NULL     */
    int64_t idle_ms; /* since when, on the clock of the host                     */
};

/* An idle link that is still alive, now busy; or NULL. */
struct pgsql_link *pgsql_link_take(struct pgsql *self, const struct pgsql_server *server,
                                   const char *database, bool reads, int64_t now_ms);
/* A busy link without a connection. */
struct pgsql_link *pgsql_link_new(struct pgsql *self, const struct pgsql_server *server, const char *database,
                                  bool reads);
/* Starts to connect.  `addresses` are those of the server's name, with a comma between them, and `hosts` that
 * name once for each; both NULL: the name is an address itself.  `password` may be NULL. */
bool pgsql_link_start(struct pgsql_link *link, const char *hosts, const char *addresses,
                      const char *password);
/* Gives it back.  One whose session is in a transaction, unclean or broken is closed. */
void pgsql_link_give(struct pgsql *self, struct pgsql_link *link, int64_t now_ms);
void pgsql_link_close(struct pgsql *self, struct pgsql_link *link);
/* Idle links to a database that is about to change or go. */
void pgsql_link_close_idle(struct pgsql *self, const struct pgsql_server *server, const char *database);
void pgsql_link_close_all(struct pgsql *self);
