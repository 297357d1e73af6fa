/* The settings: one server at the top, and a list of those that are clusters of the contract.  What a list
 * entry leaves out it takes from the top, so several clusters on one server are several short lines. */
#include "postgresql.h"
#include "postgresql_link.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_OF_A_SERVER                                                                                    \
    {                                                                                                        \
        "host", LF_KIND_TEXT, 0, "the server's name or address, or the folder of its socket",                \
        NULL,   NULL,         0, 1},                                                                         \
        {"port", LF_KIND_INT, 0, "its port; 5432 where it is not given", NULL, NULL, 0, 1},                  \
        {"user", LF_KIND_TEXT, 0, "the role landfall logs in with; it needs CREATEDB and CREATEROLE",        \
         NULL,   NULL,         0, 1},                                                                        \
        {"password", LF_KIND_TEXT, LF_ATTR_SECRET, "that role's password", NULL, NULL, 0, 1},                \
        {"reader", LF_KIND_TEXT,                                                                             \
         0,        "a role that may only look, for plans; left out: the same role, read only",               \
         NULL,     NULL,                                                                                     \
         0,        1},                                                                                       \
        {"reader_password", LF_KIND_TEXT, LF_ATTR_SECRET, "the reader's password", NULL, NULL, 0, 1},        \
        {"dbname", LF_KIND_TEXT, 0, "the maintenance database; postgres where it is not given",              \
         NULL,     NULL,         0, 1},                                                                      \
        {"sslmode",                                                                                          \
         LF_KIND_TEXT,                                                                                       \
         0,                                                                                                  \
         "disable, require, verify-ca or verify-full; left out: verify-full, and disable for sockets and "   \
         "loopback",                                                                                         \
         NULL,                                                                                               \
         NULL,                                                                                               \
         0,                                                                                                  \
         1},                                                                                                 \
        {"sslrootcert", LF_KIND_TEXT, 0, "the file of the certificates to trust; left out: the system's",    \
         NULL,          NULL,         0, 1},                                                                 \
        {"host_for_programs",                                                                                \
         LF_KIND_TEXT,                                                                                       \
         0,                                                                                                  \
         "the host name programs connect to, where it is another",                                           \
         NULL,                                                                                               \
         NULL,                                                                                               \
         0,                                                                                                  \
         1},                                                                                                 \
    {                                                                                                        \
        "place", LF_KIND_TEXT, 0, "where the server's data lives; residency reads it", NULL, NULL, 0, 1      \
    }

static const struct lf_attr cluster_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED, "the cluster's name, as database.cluster asks for it", NULL,
     NULL, 0, 1},
    {"size", LF_KIND_TEXT, 0, "the size of one node, in your own words", NULL, NULL, 0, 1},
    {"replicas", LF_KIND_INT, 0, "how many readable copies it has beside the primary", NULL, "0", 0, 1},
    {"storage_gb", LF_KIND_INT, 0, "storage of each node in gigabytes (10^9 bytes)", NULL, NULL, 0, 1},
    WORDS_OF_A_SERVER,
};
static const struct lf_schema cluster_schema = LF_SCHEMA(1, cluster_attrs);

static const struct lf_attr setting_attrs[] = {
    WORDS_OF_A_SERVER,
    {"clusters", LF_KIND_LIST, 0, "the servers that are there for database.cluster", &cluster_schema, "[]", 0,
     1},
};
const struct lf_schema pgsql_settings = LF_SCHEMA(1, setting_attrs);

/* libpq's list without those that fall back to an open connection when TLS is refused. */
static const char *const sslmodes[] = {"disable", "require", "verify-ca", "verify-full"};

#define SYSTEM_CERTIFICATES "/etc/ssl/certs/ca-certificates.crt"
#define REPLICAS_MAX        100

static int fail(struct lf_diag *why, const char *path, const char *summary, const char *advice)
{
    *why = (struct lf_diag){.struct_size = sizeof(*why),
                            .severity = LF_DIAG_ERROR,
                            .code = "database.bad_setting",
                            .path = path,
                            .summary = summary,
                            .advice = advice};
    return -1;
}

/* The instance's own copy of a setting, or what it falls back to. */
static const char *keep(const struct kit *kit, const struct lf_value *from, const char *key,
                        const char *otherwise)
{
    const char *text = kit_get_text(kit, from, key);
    if (!text || !*text)
        text = otherwise;
    return text ? strdup(text) : NULL;
}

static const char *keep_port(const struct kit *kit, const struct lf_value *from, const char *otherwise)
{
    int64_t port = kit_get_int(kit, from, "port", 0);
    char text[8] = "";
    if (port > 0 && port <= 65535) {
        size_t at = sizeof(text) - 1;
        for (text[at] = '\0'; port > 0; port /= 10)
            text[--at] = (char)('0' + port % 10);
        return strdup(text + at);
    }
    return strdup(otherwise);
}

/* A handle lives as long as the instance's settings do, which is as long as the instance. */
static const struct lf_value *handle(const struct kit *kit, const struct lf_value *from, const char *key,
                                     const struct lf_value *otherwise)
{
    return kit_has(kit, from, key) ? kit_get(kit, from, key) : otherwise;
}

bool pgsql_host_is_near(const char *host)
{
    return host[0] == '/' || strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
           strcmp(host, "localhost") == 0;
}

/* A password belongs to the user it was given with: an entry with a user of its own inherits none. */
static void take_logins(const struct kit *kit, const struct lf_value *from, const struct pgsql_server *base,
                        struct pgsql_server *out)
{
    bool own_user = kit_has(kit, from, "user"), own_reader = kit_has(kit, from, "reader");
    out->user = keep(kit, from, "user", base->user);
    out->password = handle(kit, from, "password", own_user ? NULL : base->password);
    out->reader = keep(kit, from, "reader", base->reader);
    out->reader_password = handle(kit, from, "reader_password", own_reader ? NULL : base->reader_password);
}

static void take_server(const struct kit *kit, const struct lf_value *from, const struct pgsql_server *base,
                        struct pgsql_server *out)
{
    bool own_host = kit_has(kit, from, "host");
    out->cluster = keep(kit, from, "name", "");
    out->host = keep(kit, from, "host", base->host);
    out->port = keep_port(kit, from, base->port);
    take_logins(kit, from, base, out);
    out->dbname = keep(kit, from, "dbname", base->dbname);
    out->sslmode = keep(kit, from, "sslmode", base->sslmode);
    if (!out->sslmode && out->host)
        out->sslmode = strdup(pgsql_host_is_near(out->host) ? "disable" : "verify-full");
    out->sslrootcert = keep(kit, from, "sslrootcert", base->sslrootcert);
    out->told_host = keep(kit, from, "host_for_programs", own_host ? NULL : base->told_host);
    if (!out->told_host && out->host)
        out->told_host = strdup(out->host[0] == '/' ? "localhost" : out->host);
    out->place = keep(kit, from, "place", base->place);
    out->size = keep(kit, from, "size", NULL);
    out->replicas = kit_get_int(kit, from, "replicas", 0);
    out->storage_gb = kit_get_int(kit, from, "storage_gb", 0);
}

static int check_port(const struct kit *kit, const struct lf_value *from, struct lf_diag *why)
{
    int64_t port = kit_get_int(kit, from, "port", 5432);
    return port > 0 && port <= 65535
               ? 0
               : fail(why, "port", "a port is a number from 1 to 65535", "give the server's port");
}

bool pgsql_sslmode_is_known(const char *sslmode)
{
    for (size_t i = 0; i < sizeof(sslmodes) / sizeof(sslmodes[0]); i++) {
        if (strcmp(sslmodes[i], sslmode) == 0)
            return true;
    }
    return false;
}

static int check_server(const struct pgsql_server *server, struct lf_diag *why)
{
    if (!server->host)
        return fail(why, "host", "a cluster has no host", "give `host` to the cluster, or beside `clusters`");
    if (!server->user)
        return fail(why, "user", "there is no user to log in with", "give `user`");
    if (!pgsql_sslmode_is_known(server->sslmode))
        return fail(why, "sslmode", "there is no such sslmode",
                    "choose disable, require, verify-ca or verify-full");
    if (server->replicas < 0 || server->replicas > REPLICAS_MAX || server->storage_gb < 0)
        return fail(why, "clusters", "a cluster's shape is out of range",
                    "replicas are 0 to 100, storage_gb is at least 1");
    return 0;
}

/* A slash ends the cluster in the id of a database. */
static int check_clusters(const struct pgsql *self, struct lf_diag *why)
{
    for (size_t i = 0; i < self->server_count; i++) {
        const char *name = self->servers[i].cluster;
        if (i > 0 && (!*name || strlen(name) > PGSQL_NAME_MAX || strpbrk(name, "/\n")))
            return fail(why, "clusters", "a cluster's name cannot be used",
                        "give 1 to 63 bytes without a slash");
        for (size_t j = 0; j < i; j++)
            if (strcmp(self->servers[j].cluster, name) == 0)
                return fail(why, "clusters", "two clusters have one name", "give each a name of its own");
        if (i > 0 && check_server(&self->servers[i], why) != 0)
            return -1;
    }
    return 0;
}

static const char *const root_text[] = {"5432", "postgres"};

static int take(struct pgsql *self, const struct lf_value *settings, struct lf_diag *why)
{
    const struct kit *kit = &self->kit;
    const struct pgsql_server nothing = {.port = root_text[0], .dbname = root_text[1]};
    const struct lf_value *list = kit_get(kit, settings, "clusters");
    size_t listed = list && kit->values->kind(list) == LF_KIND_LIST ? kit->values->count(list) : 0;
    self->servers = calloc(listed + 1, sizeof(*self->servers));
    if (!self->servers)
        return fail(why, NULL, "there is no memory left", "free memory");
    self->server_count = listed + 1;
    take_server(kit, settings, &nothing, &self->servers[0]);
    for (size_t i = 0; i <= listed; i++) {
        const struct lf_value *from = i == 0 ? settings : kit->values->at(list, i - 1, NULL);
        if (i > 0)
            take_server(kit, from, &self->servers[0], &self->servers[i]);
        if (check_port(kit, from, why) != 0)
            return -1;
    }
    if (listed == 0 && !self->servers[0].host)
        return fail(why, "host", "there is no server", "give `host`, or `clusters` with a host each");
    if (self->servers[0].host && check_server(&self->servers[0], why) != 0)
        return -1;
    return check_clusters(self, why);
}

int pgsql_open(const struct lf_host *host, const struct lf_value *settings, void **self, struct lf_diag *why)
{
    struct pgsql *made = calloc(1, sizeof(*made));
    if (!made)
        return fail(why, NULL, "there is no memory left", "free memory");
    kit_init(&made->kit, host);
    if (take(made, settings, why) != 0) {
        pgsql_close(made);
        return -1;
    }
    *self = made;
    return 0;
}

void pgsql_close(void *self)
{
    struct pgsql *gone = self;
    pgsql_link_close_all(gone);
    for (size_t i = 0; i < gone->server_count; i++) {
        struct pgsql_server *server = &gone->servers[i];
        const char *const texts[] = {server->cluster,     server->host,      server->port,    server->user,
                                     server->reader,      server->dbname,    server->sslmode, server->size,
                                     server->sslrootcert, server->told_host, server->place};
        for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++)
            free((void *)(uintptr_t)texts[t]);
    }
    free(gone->servers);
    free(gone);
}

const struct pgsql_server *pgsql_server_of(const struct pgsql *self, const char *cluster)
{
    const char *name = cluster ? cluster : "";
    for (size_t i = 0; i < self->server_count; i++)
        if (strcmp(self->servers[i].cluster, name) == 0 && self->servers[i].host)
            return &self->servers[i];
    return NULL;
}

/* Cluster names are few and short, so the longest prefix is found by trying them. */
const char *pgsql_database_of(const struct pgsql *self, const char *id, const struct pgsql_server **server)
{
    const char *slash = strchr(id, '/');
    if (!slash) {
        *server = pgsql_server_of(self, NULL);
        return *server ? id : NULL;
    }
    for (size_t i = 1; i < self->server_count; i++) {
        size_t len = strlen(self->servers[i].cluster);
        if (len == (size_t)(slash - id) && memcmp(self->servers[i].cluster, id, len) == 0) {
            *server = &self->servers[i];
            return slash + 1;
        }
    }
    return NULL;
}

const char *pgsql_name_fault(const struct kit *kit, struct lf_op *op, const char *name)
{
    if (!*name)
        return "it is empty";
    if (strlen(name) > PGSQL_NAME_MAX)
        return kit_format(kit, op, "'%.80s' has %zu bytes, PostgreSQL takes %d", name, strlen(name),
                          PGSQL_NAME_MAX);
    for (const char *c = name; *c; c++)
        if (*c == '/' || *c == '"' || *c == '\'' || *c == '\\' || (unsigned char)*c < 0x20 || *c == 0x7f)
            return kit_format(kit, op, "'%.80s' has a slash, a backslash, a quote or a control character",
                              name);
    return NULL;
}
