/* A test's own driver bench on a PostgreSQL server of the whole test program, and short words for what nearly
 * every test of database-postgresql does with it.  Included once, by a test program. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "bench.h"
#include "model/value.h"
#include "postgres.h"

#define DRIVER PLUGINS_FOLDER "/database-postgresql.so"
#define MARKER "lf1.benchbenchbenchbenchbenchbe"
#define THEIRS "lf1.somebodyelsesomebodyelseso"

static struct postgres server;

struct set {
    struct arena *mem;
    struct bench *b;
};

static inline struct bench *open_bench(struct arena *mem, int port, const char *more)
{
    return bench_open(
        DRIVER,
        arena_print(mem,
                    "{'host':'127.0.0.1','port':%d,'user':'landfall','dbname':'landfall','place':'here',"
                    "'password':{'$secret':{'source':'test:landfall-password'}},'clusters':[{'name':"
                    "'primary','size':'small','replicas':1,'storage_gb':20},{'name':'far','place':"
                    "'there'}]%s}",
                    port, more));
}

static inline int start(void **state)
{
    (void)state;
    postgres_start(&server, "");
    postgres_ask(&server, "postgres",
                 "create role landfall login createdb createrole password 'landfall-password';"
                 "create database landfall owner landfall;"
                 "create role stranger login password 'stranger-password';");
    return 0;
}

static inline int stop(void **state)
{
    (void)state;
    postgres_remove(&server);
    return 0;
}

static inline int open_set(void **state)
{
    struct arena *mem = arena_new();
    struct set *set = ARENA_NEW(mem, struct set);
    set->mem = mem;
    set->b = open_bench(mem, server.port, "");
    *state = set;
    return 0;
}

/* Each test finds the server as the first one found it. */
static inline int close_set(void **state)
{
    struct set *set = *state;
    size_t breaches = 0;
    (void)bench_breaches(set->b, &breaches);
    assert_int_equal(breaches, 0);
    bench_close(set->b);
    arena_free(set->mem);
    postgres_ask(
        &server, "postgres",
        "select format('drop database %%I with (force)', datname) from pg_database where datname not in"
        " ('postgres', 'landfall', 'template0', 'template1') \\gexec\n"
        "\\c landfall\n drop schema if exists landfall cascade;\n"
        "select format('drop role %%I', rolname) from pg_roles where rolname not in ('postgres',"
        " 'landfall', 'stranger') and rolname !~ '^pg_' \\gexec\n");
    return 0;
}

static inline const struct op_result *want(struct set *set, uint32_t verb, const char *type, const char *json)
{
    struct op_item item = {.verb = verb, .desired = bench_value(set->b, json), .address = "database.x.y"};
    return bench_run(set->b, type, item);
}

static inline const struct op_result *by_id(struct set *set, uint32_t verb, const char *type, const char *id)
{
    struct op_item item = {.verb = verb, .id = id};
    return bench_run(set->b, type, item);
}

static inline void fail_with_notes(struct set *set, const struct op_result *r, const char *json)
{
    size_t count = 0;
    const struct diag *notes = bench_notes(set->b, &count);
    for (size_t i = 0; i < count; i++)
        print_message("%s: %s (%s)\n", notes[i].code, notes[i].summary,
                      notes[i].detail ? notes[i].detail : "");
    fail_msg("%s ended as %u: %s", json, r->status, r->broke ? r->broke : "");
}

static inline const struct op_result *made(struct set *set, const char *type, const char *json)
{
    const struct op_result *r = want(set, LF_VERB_CREATE, type, json);
    if (r->broke || r->status != LF_END_OK)
        fail_with_notes(set, r, json);
    return r;
}

static inline void refused(struct set *set, uint32_t verb, const char *type, const char *json,
                           const char *code)
{
    const struct op_result *r = want(set, verb, type, json);
    if (r->broke || r->status != LF_END_REFUSED || !bench_has_note(set->b, code))
        fail_with_notes(set, r, json);
}

static inline bool says(struct set *set, const char *text)
{
    size_t count = 0;
    const struct diag *notes = bench_notes(set->b, &count);
    for (size_t i = 0; i < count; i++)
        if ((notes[i].detail && strstr(notes[i].detail, text)) || strstr(notes[i].summary, text))
            return true;
    return false;
}

static inline const char *migration(struct set *set, const char *name, const char *sql)
{
    return arena_print(set->mem, "{'database':'main','name':'%s','sql':'%s'}", name, sql);
}

static inline const struct op_result *query(struct set *set, const char *token, const char *sql,
                                            const char *params)
{
    struct op_item item = {.verb = LF_VERB_CALL, .token = token};
    item.args =
        bench_value(set->b, arena_print(set->mem, "{'database':'main','sql':'%s','params':%s}", sql, params));
    return bench_call(set->b, "query", item);
}

static inline void answers(struct set *set, const char *sql, const char *params, const char *reply)
{
    static int number;
    const struct op_result *r = query(set, arena_print(set->mem, "answers-%d", number++), sql, params);
    if (r->status != LF_END_OK)
        fail_with_notes(set, r, sql);
    if (!value_equal(r->reply, bench_value(set->b, reply)))
        fail_msg("%s did not answer %s but %s", sql, reply,
                 value_get(r->reply, "rows") ? "something else" : "?");
}

static inline void query_refused(struct set *set, const char *sql, const char *params, const char *code)
{
    const struct op_result *r = query(set, "refused", sql, params);
    if (r->broke || r->status != LF_END_REFUSED || !bench_has_note(set->b, code))
        fail_with_notes(set, r, sql);
}

#define ASK(...)           postgres_ask(&server, "postgres", __VA_ARGS__)
#define ASK_MAIN(...)      postgres_ask(&server, "main", __VA_ARGS__)
#define IS(expected, said) assert_string_equal(said, expected)
