/* A PostgreSQL server for tests, started by tests/servers/postgres and asked by psql, as a person would. */
#pragma once

#include <stdbool.h>

struct postgres {
    char folder[64]; /* the data, the log, the socket */
    int port;
};

/* 0, or what main ends with. */
int postgres_missing(void);
/* In a folder of its own.  `how`: "", "tls", "max_connections=20" ... */
void postgres_start(struct postgres *p, const char *how);
/* Again, on the same port. */
void postgres_go_on(struct postgres *p, const char *how);
void postgres_stop(struct postgres *p);
/* Power cut: all its processes at once. */
void postgres_crash(struct postgres *p);
void postgres_remove(struct postgres *p);

/* Rows as `a|b`, without the last line feed; good until the next question.  As the superuser, over the
 * socket. */
__attribute__((format(printf, 3, 4))) const char *postgres_ask(const struct postgres *p, const char *database,
                                                               const char *format, ...);
/* The same as somebody else over TCP; gives psql's exit status, and what it said in *said. */
__attribute__((format(printf, 6, 7))) int postgres_try(const struct postgres *p, const char *database,
                                                       const char *user, const char *password,
                                                       const char **said, const char *format, ...);
/* Whether the bytes stand anywhere in the server's log. */
bool postgres_logged(const struct postgres *p, const char *bytes);
