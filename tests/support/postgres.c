#include "postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server.h"

#define SCRIPT   TESTS_FOLDER "/servers/postgres"
#define SAID_MAX 65536
#define SQL_MAX  4096

int postgres_missing(void)
{
    static const char *const programs[] = {"psql", "openssl", NULL};
    char out[64];
    int missing = server_missing(programs, "postgresql-15 openssl");
    if (missing)
        return missing;
    if (server_try(out, sizeof(out), "ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1") == 0)
        return 0;
    static const char *const server[] = {"postgres-in-/usr/lib/postgresql", NULL};
    return server_missing(server, "postgresql-15");
}

void postgres_go_on(struct postgres *p, const char *how)
{
    char out[4096];
    server_run(out, sizeof(out), SCRIPT " start %s %d %s 2>&1", p->folder, p->port, how);
}

void postgres_start(struct postgres *p, const char *how)
{
    (void)snprintf(p->folder, sizeof(p->folder), "/tmp/landfall-postgres-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    p->port = server_port();
    postgres_go_on(p, how);
}

void postgres_stop(struct postgres *p)
{
    char out[4096];
    server_run(out, sizeof(out), SCRIPT " stop %s 2>&1", p->folder);
}

void postgres_crash(struct postgres *p)
{
    char out[4096];
    server_run(out, sizeof(out), SCRIPT " crash %s 2>&1", p->folder);
}

void postgres_remove(struct postgres *p)
{
    char out[4096];
    postgres_stop(p);
    server_run(out, sizeof(out), "rm -rf %s 2>&1", p->folder);
}

/* psql reads its statements from a file: no shell has a say in what they are. */
static void write_sql(const char *path, const char *format, va_list args)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(vfprintf(file, format, args) >= 0);
    assert_int_equal(fclose(file), 0);
}

const char *postgres_ask(const struct postgres *p, const char *database, const char *format, ...)
{
    static char said[SAID_MAX];
    char path[128];
    va_list args;
    (void)snprintf(path, sizeof(path), "%s/ask.sql", p->folder);
    va_start(args, format);
    write_sql(path, format, args);
    va_end(args);
    server_run(said, sizeof(said), "psql -XAtq -v ON_ERROR_STOP=1 -h %s -p %d -U postgres -d '%s' -f %s 2>&1",
               p->folder, p->port, database, path);
    size_t len = strlen(said);
    if (len > 0 && said[len - 1] == '\n')
        said[len - 1] = '\0';
    return said;
}

int postgres_try(const struct postgres *p, const char *database, const char *user, const char *password,
                 const char **said, const char *format, ...)
{
    static char text[SAID_MAX];
    char path[128];
    va_list args;
    (void)snprintf(path, sizeof(path), "%s/try.sql", p->folder);
    va_start(args, format);
    write_sql(path, format, args);
    va_end(args);
    int status =
        server_try(text, sizeof(text),
                   "PGPASSWORD='%s' psql -wXAtq -v ON_ERROR_STOP=1 -h 127.0.0.1 -p %d -U '%s' -d '%s'"
                   " -f %s 2>&1",
                   password, p->port, user, database, path);
    size_t len = strlen(text);
    if (len > 0 && text[len - 1] == '\n')
        text[len - 1] = '\0';
    if (said)
        *said = text;
    return status;
}

bool postgres_logged(const struct postgres *p, const char *bytes)
{
    char out[256];
    return server_try(out, sizeof(out), "grep -qF -- '%s' %s/server.log", bytes, p->folder) == 0;
}
