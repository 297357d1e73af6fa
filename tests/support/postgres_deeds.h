/* Deeds of a client of database-postgresql that tests kill, cut off or race, and what must be true
 * afterwards. */
#pragma once

#include "postgres_set.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "line.h"

/* What a client does until it is killed, with a bench of its own. */
typedef const struct op_result *deed_fn(struct set *set);

static inline const struct op_result *create_database(struct set *set)
{
    return want(set, LF_VERB_CREATE, "database", "{'name':'main'}");
}

static inline const struct op_result *destroy_database(struct set *set)
{
    return by_id(set, LF_VERB_DESTROY, "database", "main");
}

static inline const struct op_result *create_user(struct set *set)
{
    return want(set, LF_VERB_CREATE, "user", "{'database':'main','name':'app','role':'write'}");
}

static inline const struct op_result *destroy_user(struct set *set)
{
    return by_id(set, LF_VERB_DESTROY, "user", "main/app");
}

static inline const struct op_result *create_migration(struct set *set)
{
    return want(set, LF_VERB_CREATE, "migration",
                migration(set, "0001", "create table t (a int); insert into t values (1)"));
}

static inline const struct op_result *insert(struct set *set)
{
    return query(set, "token", "insert into t values (?)", "[2]");
}

/* In a process of its own, killed as its n-th piece goes over the line.  False when it came to its end. */
static inline bool dies(struct set *set, struct line *line, const char *bytes, int n, enum line_mishap mishap,
                        deed_fn *deed)
{
    int gate[2], status = 0;
    char go = 0;
    assert_int_equal(pipe(gate), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct set own = {set->mem, NULL};
        if (read(gate[0], &go, 1) != 1)
            _exit(99);
        own.b = open_bench(own.mem, line_port(line), "");
        _exit((int)deed(&own)->status);
    }
    line_break(line, bytes, n, mishap, child);
    assert_int_equal(write(gate[1], &go, 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(gate[0]);
    close(gate[1]);
    (void)line_broke(line);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == LF_END_OK ||
                WEXITSTATUS(status) == LF_END_GONE);
    return WIFSIGNALED(status);
}

static inline void reset(void)
{
    ASK("select format('drop database %%I with (force)', datname) from pg_database where datname not in"
        " ('postgres', 'landfall', 'template0', 'template1') \\gexec\n"
        "select format('drop role %%I', rolname) from pg_roles where rolname not in ('postgres', 'landfall',"
        " 'stranger') and rolname !~ '^pg_' \\gexec\n");
}

static inline void one_database(struct set *set)
{
    uint32_t there = want(set, LF_VERB_RECOVER, "database", "{'name':'main'}")->status;
    assert_true(there == LF_END_OK || there == LF_END_GONE);
    assert_int_equal(create_database(set)->status, LF_END_OK);
    IS("1|1|t",
       ASK("select (select count(*) from pg_database where datname = 'main'), (select count(*) from"
           " pg_roles where rolname like 'lf1.%%'), (select not exists (select from aclexplode(datacl)"
           " where grantee = 0) from pg_database where datname = 'main')"));
    IS("0", ASK("select count(*) from pg_locks where locktype = 'advisory'"));
}

static inline void with_database(struct set *set)
{
    assert_int_equal(create_database(set)->status, LF_END_OK);
}

static inline void with_migration(struct set *set)
{
    with_database(set);
    assert_int_equal(create_migration(set)->status, LF_END_OK);
}

static inline void one_row(struct set *set)
{
    const struct op_result *r = insert(set);
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(value_get_int(r->reply, "changes", 0), 1);
    IS("1|1", ASK_MAIN("select (select count(*) from t where a = 2), (select count(*) from landfall.calls)"));
}
