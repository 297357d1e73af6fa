/* How a job comes to its connection: an idle one, or a new one step by step, without ever blocking the loop.
 * libpq looks names up with a blocking call, so a worker does that first and libpq gets addresses. */
#include "postgresql_fault.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* A server that does not answer in this time is not there. */
#define CONNECT_MS 10000
/* More addresses of one name are not tried. */
#define ADDRESSES_MAX 4

/* ---- looking a name up -------------------------------------------------------------------- */

/* On its way to a worker and back; all of it the operation's memory. */
struct lookup {
    struct pgsql_job *job;
    char host[256];
    char addresses[ADDRESSES_MAX * (INET6_ADDRSTRLEN + 1)];
    char hosts[ADDRESSES_MAX * 257];
    int error;
};

static void look_up(void *user)
{
    struct lookup *lookup = user;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    size_t len = 0, hosts_len = 0, count = 0;
    lookup->error = getaddrinfo(lookup->host, NULL, &hints, &list);
    for (const struct addrinfo *one = list; one && count < ADDRESSES_MAX; one = one->ai_next) {
        char text[INET6_ADDRSTRLEN] = "";
        if (getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST) != 0)
            continue;
        int wrote = snprintf(lookup->addresses + len, sizeof(lookup->addresses) - len, "%s%s",
                             count > 0 ? "," : "", text);
        len += wrote > 0 ? (size_t)wrote : 0;
        wrote = snprintf(lookup->hosts + hosts_len, sizeof(lookup->hosts) - hosts_len, "%s%s",
                         count > 0 ? "," : "", lookup->host);
        hosts_len += wrote > 0 ? (size_t)wrote : 0;
        count++;
    }
    if (list)
        freeaddrinfo(list);
    if (lookup->error == 0 && count == 0)
        lookup->error = EAI_NONAME;
}

static bool is_numeric(const char *host)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* ---- connecting --------------------------------------------------------------------------- */

static void end(struct pgsql_job *job, const struct pgsql_fault *fault, const char *detail)
{
    const struct pgsql_server *server = job->server;
    bool speaks =
        kit_changes(job->req) || job->req->verb == LF_VERB_CALL || job->req->verb == LF_VERB_PREFLIGHT;
    uint32_t status = speaks ? fault->status : LF_END_CANNOT_TELL;
    if (fault->status == LF_END_RETRY)
        status = pgsql_fault_not_now(job->req);
    kit_note(job->kit, job->op, fault->code, NULL,
             kit_format(job->kit, job->op, "%s: %s port %s", fault->summary, server->host, server->port),
             detail, fault->advice);
    if (job->link)
        pgsql_link_close(job->self, job->link);
    job->link = NULL;
    kit_finish(job->kit, job->op, status);
}

/* libpq tells these in words alone. */
static const struct {
    const char *said;
    struct pgsql_fault fault;
} spoken[] = {
    {"certificate",
     {LF_END_REFUSED, "database.tls_refused", "the server's certificate is not to be trusted",
      "give `host` as the certificate says it, and its authority in `sslrootcert`"}},
    {"does not support SSL",
     {LF_END_REFUSED, "database.tls_refused", "the server speaks no TLS",
      "turn TLS on at the server, or say `sslmode: disable` where the way is safe"}},
    {"password",
     {LF_END_REFUSED, "database.login_refused", "the server does not let landfall in",
      "check `user` and `password`"}},
};

/* What a connection that did not come to be means, by the server's code or by libpq's words. */
static struct pgsql_fault fault_of(const struct pgsql_job *job, const char *state, const char *text)
{
    const struct pgsql_fault no_maintenance = {
        LF_END_REFUSED, "database.no_database", "the maintenance database is not there",
        "make it (createdb), or name one that is there as `dbname` in the drivers block"};
    const struct pgsql_fault unreachable = {LF_END_RETRY, "database.unreachable",
                                            "the server cannot be reached",
                                            "check `host` and `port`, and that the server runs"};
    if (strcmp(state, "3D000") == 0 && strcmp(job->database, job->server->dbname) == 0)
        return no_maintenance;
    if (*state)
        return pgsql_fault_of(state, text);
    for (size_t i = 0; i < sizeof(spoken) / sizeof(spoken[0]); i++)
        if (strstr(text, spoken[i].said))
            return spoken[i].fault;
    return unreachable;
}

static void refused(struct pgsql_job *job)
{
    char state[6];
    const char *text = PQerrorMessage(job->link->conn);
    char *detail = kit_copy(job->kit, job->op, text, strnlen(text, 800));
    pgsql_fault_connect_state(text, state);
    struct pgsql_fault fault = fault_of(job, state, text);
    /* The place in the server's source is of no use to anybody here. */
    char *location = strstr(detail, "\nLOCATION:");
    if (location)
        *location = '\0';
    if (strcmp(state, "3D000") == 0 && job->no_database) {
        pgsql_then_fn *then = job->no_database;
        job->no_database = NULL;
        pgsql_link_close(job->self, job->link);
        job->link = NULL;
        then(job);
        return;
    }
    end(job, &fault, detail);
}

static void no_memory(struct pgsql_job *job)
{
    const struct pgsql_fault fault = {LF_END_FAILED, "database.no_memory", "there is no memory left",
                                      "free some, then resume"};
    end(job, &fault, NULL);
}

static void ready(struct lf_op *op, int fd, uint32_t events, void *user, int stop);

static void go_on(struct pgsql_job *job, PostgresPollingStatusType wants)
{
    job->kit->host->wait->watch(job->op, PQsocket(job->link->conn),
                                wants == PGRES_POLLING_READING ? LF_WATCH_READ : LF_WATCH_WRITE, ready, job);
}

static void greeted(struct pgsql_job *job)
{
    pgsql_then_fn *then = job->user_then;
    then(job);
}

static void ignore(void *arg, const PGresult *notice)
{
    (void)arg;
    (void)notice;
}

/* A server that knows how notices by itself that its peer died while a statement runs. */
static void connected(struct pgsql_job *job)
{
    PGconn *conn = job->link->conn;
    job->connecting++;
    PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
    (void)PQsetNoticeReceiver(conn, ignore, NULL);
    if (PQsetnonblocking(conn, 1) != 0) {
        no_memory(job);
        return;
    }
    if (PQserverVersion(conn) < 140000) {
        greeted(job);
        return;
    }
    pgsql_job_print(job, "set client_connection_check_interval = 1000");
    pgsql_job_print(job, "set idle_session_timeout = 60000");
    pgsql_job_fly(job, PGSQL_SAFE, greeted);
}

/* The descriptor may be another after each step, and the old one closed: nobody watches it meanwhile. */
static void ready(struct lf_op *op, int fd, uint32_t events, void *user, int stop)
{
    struct pgsql_job *job = user;
    (void)events;
    job->kit->host->wait->unwatch(op, fd);
    if (stop) {
        pgsql_link_close(job->self, job->link);
        job->link = NULL;
        kit_finish(job->kit, op, LF_END_CANCELED);
        return;
    }
    PostgresPollingStatusType wants = PQconnectPoll(job->link->conn);
    if (wants == PGRES_POLLING_OK)
        connected(job);
    else if (wants == PGRES_POLLING_FAILED)
        refused(job);
    else
        go_on(job, wants);
}

/* ---- time --------------------------------------------------------------------------------- */

/* The timer cannot be taken back, so it knows which try it belongs to. */
struct patience {
    struct pgsql_job *job;
    uint64_t connecting;
};

static void impatient(struct lf_op *op, void *user, int stop)
{
    const struct patience *patience = user;
    struct pgsql_job *job = patience->job;
    (void)op;
    if (stop || job->connecting != patience->connecting || !job->link)
        return;
    job->kit->host->wait->unwatch(job->op, PQsocket(job->link->conn));
    const struct pgsql_fault fault = {LF_END_RETRY, "database.unreachable", "the server does not answer",
                                      "check `host` and `port`, and that the server runs"};
    end(job, &fault, kit_format(job->kit, job->op, "no answer in %d s", CONNECT_MS / 1000));
}

static void start(struct pgsql_job *job, const char *hosts, const char *addresses)
{
    const struct pgsql_server *server = job->server;
    bool as_reader = job->link->reads && server->reader;
    const struct lf_value *handle = as_reader ? server->reader_password : server->password;
    const char *password = NULL;
    if (handle) {
        password = job->kit->values->reveal(job->op, handle, NULL);
        if (!password) {
            pgsql_link_close(job->self, job->link);
            job->link = NULL;
            kit_refuse(job->kit, job->op, "database.no_password", "password", "the password cannot be read",
                       NULL, "check the secret it comes from");
            return;
        }
    }
    bool started = pgsql_link_start(job->link, hosts, addresses, password);
    if (!job->link->conn) {
        no_memory(job);
        return;
    }
    if (!started) {
        refused(job);
        return;
    }
    struct patience *patience = job->kit->ops->scratch(job->op, sizeof(*patience));
    patience->job = job;
    patience->connecting = ++job->connecting;
    job->kit->ops->after(job->op, CONNECT_MS, impatient, patience);
    go_on(job, PGRES_POLLING_WRITING);
}

static void looked_up(struct lf_op *op, void *user, int stop)
{
    struct lookup *lookup = user;
    struct pgsql_job *job = lookup->job;
    if (stop) {
        pgsql_link_close(job->self, job->link);
        job->link = NULL;
        kit_finish(job->kit, op, LF_END_CANCELED);
        return;
    }
    if (lookup->error != 0) {
        const struct pgsql_fault fault = {LF_END_RETRY, "database.unreachable",
                                          "the server's name has no address", "check `host`"};
        end(job, &fault, gai_strerror(lookup->error));
        return;
    }
    start(job, lookup->hosts, lookup->addresses);
}

void pgsql_job_connect(struct pgsql_job *job, const struct pgsql_server *server, const char *database,
                       pgsql_then_fn *then)
{
    bool reads =
        job->login == PGSQL_LOGIN_FITTING ? job->req->read_only != 0 : job->login == PGSQL_LOGIN_READER;
    job->server = server;
    job->database = database;
    job->user_then = then;
    job->link = pgsql_link_take(job->self, server, database, reads, job->kit->ops->now_ms(job->op));
    if (job->link) {
        then(job);
        return;
    }
    job->link = pgsql_link_new(job->self, server, database, reads);
    if (!job->link) {
        no_memory(job);
    } else if (server->host[0] == '/' || is_numeric(server->host)) {
        start(job, NULL, NULL);
    } else {
        struct lookup *lookup = job->kit->ops->scratch(job->op, sizeof(*lookup));
        lookup->job = job;
        (void)snprintf(lookup->host, sizeof(lookup->host), "%s", server->host);
        job->kit->host->wait->work(job->op, PGSQL_POOL, look_up, looked_up, lookup);
    }
}
