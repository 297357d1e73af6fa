#include "postgresql_link.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MAX    8 /* kept per database and kind */
#define LOOKS_MAX   4
#define IDLE_MAX_MS 30000 /* a server slot is worth more than a reconnect by then */

/* What every session is: texts as UTF-8, values spelled in one way whatever the server's defaults, and no
 * wait for a lock without an end.  Either side notices in half a minute that the other is lost, so that no
 * lock outlives its holder for long. */
#define SESSION                                                                                              \
    "-c client_min_messages=warning -c lock_timeout=10000 -c datestyle=ISO -c intervalstyle=iso_8601"        \
    " -c timezone=UTC -c bytea_output=hex -c extra_float_digits=1 -c standard_conforming_strings=on"         \
    " -c escape_string_warning=off -c idle_in_transaction_session_timeout=60000 -c tcp_keepalives_idle=10"   \
    " -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=25000"
#define READING SESSION " -c default_transaction_read_only=on"

/* A session that is read only and one that is not are never the same connection. */
static bool fits(const struct pgsql_link *link, const struct pgsql_server *server, const char *database,
                 bool reads)
{
    return link->server == server && link->reads == reads && strcmp(link->database, database) == 0;
}

/* What the server said while nobody listened: most likely that it closed the session.  First its words come,
 * then the end of the line, so one look is not enough. */
static bool is_alive(const struct pgsql_link *link)
{
    struct pollfd line = {.fd = PQsocket(link->conn), .events = POLLIN};
    for (int looks = 0; looks < LOOKS_MAX && poll(&line, 1, 0) != 0; looks++)
        if (PQconsumeInput(link->conn) != 1 || PQisBusy(link->conn))
            return false;
    return PQstatus(link->conn) == CONNECTION_OK && PQtransactionStatus(link->conn) == PQTRANS_IDLE &&
           poll(&line, 1, 0) == 0;
}

struct pgsql_link *pgsql_link_take(struct pgsql *self, const struct pgsql_server *server,
                                   const char *database, bool reads, int64_t now_ms)
{
    struct pgsql_link *next = NULL;
    for (struct pgsql_link *link = self->links; link; link = next) {
        next = link->next;
        if (link->busy)
            continue;
        if (now_ms - link->idle_ms > IDLE_MAX_MS || !is_alive(link)) {
            pgsql_link_close(self, link);
        } else if (fits(link, server, database, reads)) {
            link->busy = true;
            return link;
        }
    }
    return NULL;
}

struct pgsql_link *pgsql_link_new(struct pgsql *self, const struct pgsql_server *server, const char *database,
                                  bool reads)
{
    struct pgsql_link *link = calloc(1, sizeof(*link));
    char *name = strdup(database);
    if (!link || !name) {
        free(link);
        free(name);
        return NULL;
    }
    link->server = server;
    link->database = name;
    link->reads = reads;
    link->busy = true;
    link->next = self->links;
    self->links = link;
    return link;
}

/* Every word that libpq would otherwise take from the environment or a file of the user's is given, so that a
 * region's settings mean the same on every machine. */
bool pgsql_link_start(struct pgsql_link *link, const char *hosts, const char *addresses, const char *password)
{
    const struct pgsql_server *server = link->server;
    bool as_reader = link->reads && server->reader;
    const char *certificates =
        server->sslrootcert ? server->sslrootcert : "/etc/ssl/certs/ca-certificates.crt";
    bool verifies = strncmp(server->sslmode, "verify", 6) == 0;
    const struct {
        const char *word;
        const char *value;
    } words[] = {
        {"host", hosts ? hosts : server->host},
        {"hostaddr", addresses},
        {"port", server->port},
        {"dbname", link->database},
        {"user", as_reader ? server->reader : server->user},
        {"password", password},
        {"passfile", "/dev/null/none"},
        {"sslmode", server->sslmode},
        {"sslrootcert", verifies ? certificates : "/dev/null/none"},
        {"sslcert", "/dev/null/none"},
        {"sslkey", "/dev/null/none"},
        {"sslcrl", "/dev/null/none"},
        {"gssencmode", "disable"},
        {"target_session_attrs", "any"},
        {"client_encoding", "UTF8"},
        {"application_name", "landfall"},
        {"options", link->reads ? READING : SESSION},
        {"keepalives", "1"},
        {"keepalives_idle", "10"},
        {"keepalives_interval", "5"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", "25000"},
    };
    const char *names[sizeof(words) / sizeof(words[0]) + 1] = {NULL};
    const char *values[sizeof(words) / sizeof(words[0]) + 1] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!words[i].value)
            continue;
        names[count] = words[i].word;
        values[count++] = words[i].value;
    }
    link->conn = PQconnectStartParams(names, values, 0);
    if (!link->conn)
        return false;
    /* Until it stands, the SQLSTATE of a refusal is told in the text of the message alone. */
    PQsetErrorVerbosity(link->conn, PQERRORS_VERBOSE);
    return PQstatus(link->conn) != CONNECTION_BAD;
}

static size_t idle_like(const struct pgsql *self, const struct pgsql_link *link)
{
    size_t count = 0;
    for (const struct pgsql_link *other = self->links; other; other = other->next)
        if (!other->busy && fits(other, link->server, link->database, link->reads))
            count++;
    return count;
}

void pgsql_link_give(struct pgsql *self, struct pgsql_link *link, int64_t now_ms)
{
    bool keep = !link->unclean && PQstatus(link->conn) == CONNECTION_OK &&
                PQtransactionStatus(link->conn) == PQTRANS_IDLE &&
                PQpipelineStatus(link->conn) == PQ_PIPELINE_OFF && idle_like(self, link) < IDLE_MAX;
    if (!keep) {
        pgsql_link_close(self, link);
        return;
    }
    link->busy = false;
    link->idle_ms = now_ms;
}

void pgsql_link_close(struct pgsql *self, struct pgsql_link *link)
{
    struct pgsql_link **at = &self->links;
    while (*at && *at != link)
        at = &(*at)->next;
    if (*at)
        *at = link->next;
    PQfinish(link->conn);
    free(link->database);
    free(link->owner);
    free(link);
}

void pgsql_link_close_idle(struct pgsql *self, const struct pgsql_server *server, const char *database)
{
    struct pgsql_link *next = NULL;
    for (struct pgsql_link *link = self->links; link; link = next) {
        next = link->next;
        if (!link->busy && link->server->port && strcmp(link->server->port, server->port) == 0 &&
            strcmp(link->server->host, server->host) == 0 && strcmp(link->database, database) == 0)
            pgsql_link_close(self, link);
    }
}

void pgsql_link_close_all(struct pgsql *self)
{
    while (self->links)
        pgsql_link_close(self, self->links);
}
