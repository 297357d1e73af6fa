#include "postgres_deeds.h"

/* database-postgresql and clients that are killed: at every piece they send, and with something still under
 * way. */

/* Kills at every piece the deed sends, just before and just after the server gets it; `prepare` makes the
 * world, `judge` looks at what a second try by somebody else made of it. */
static int sweep(struct set *set, void (*prepare)(struct set *set), deed_fn *deed,
                 void (*judge)(struct set *set))
{
    static const enum line_mishap mishaps[] = {LINE_KILL_BEFORE, LINE_KILL_AFTER};
    struct line *line = line_open(server.port);
    int kills = 0;
    for (size_t m = 0; m < 2; m++) {
        for (int n = 0;; n++) {
            prepare(set);
            if (!dies(set, line, "", n, mishaps[m], deed))
                break;
            kills++;
            judge(set);
            reset();
        }
        reset();
    }
    line_close(line);
    return kills;
}

static void no_preparation(struct set *set)
{
    (void)set;
}

static void test_a_database_create_killed_anywhere_is_gone_on_with(void **state)
{
    assert_true(sweep(*state, no_preparation, create_database, one_database) >= 14);
}

static void no_database(struct set *set)
{
    struct op_item item = {.verb = LF_VERB_RECOVER, .id = "main"};
    item.prior = bench_value(set->b, "{'name':'main'}");
    uint32_t there = bench_run(set->b, "database", item)->status;
    assert_true(there == LF_END_OK || there == LF_END_GONE);
    /* What recover calls gone leaves nothing behind that anybody would have to remove. */
    if (there == LF_END_GONE)
        IS("0", ASK("select count(*) from pg_roles where rolname like 'lf1.%%'"));
    const struct op_result *r = destroy_database(set);
    if (r->status != LF_END_GONE)
        fail_with_notes(set, r, "destroy");
    IS("0|0", ASK("select (select count(*) from pg_database where datname = 'main'), (select count(*) from"
                  " pg_roles where rolname like 'lf1.%%')"));
}

static void test_a_database_destroy_killed_anywhere_is_gone_on_with(void **state)
{
    assert_true(sweep(*state, with_database, destroy_database, no_database) >= 10);
}

static void one_user(struct set *set)
{
    uint32_t there = want(set, LF_VERB_RECOVER, "user", "{'database':'main','name':'app'}")->status;
    const char *role = ASK("select count(*) from pg_roles where rolname = 'main_app'");
    assert_string_equal(role, there == LF_END_OK ? "1" : "0");
    assert_int_equal(create_user(set)->status, LF_END_OK);
    IS("t", ASK_MAIN("select has_table_privilege('main_app', 't', 'insert')"));
}

static void test_a_user_create_killed_anywhere_leaves_all_or_nothing(void **state)
{
    assert_true(sweep(*state, with_migration, create_user, one_user) >= 12);
}

static void with_user(struct set *set)
{
    with_migration(set);
    assert_int_equal(create_user(set)->status, LF_END_OK);
}

static void no_user(struct set *set)
{
    assert_int_equal(destroy_user(set)->status, LF_END_GONE);
    IS("0", ASK("select count(*) from pg_roles where rolname = 'main_app'"));
}

static void test_a_user_destroy_killed_anywhere_is_gone_on_with(void **state)
{
    assert_true(sweep(*state, with_user, destroy_user, no_user) >= 12);
}

static void one_migration(struct set *set)
{
    struct op_item item = {.verb = LF_VERB_RECOVER, .id = "main/0001"};
    uint32_t there = bench_run(set->b, "migration", item)->status;
    IS(there == LF_END_OK ? "1" : "0", ASK_MAIN("select count(*) from pg_tables where tablename = 't'"));
    assert_int_equal(create_migration(set)->status, LF_END_OK);
    IS("1|1", ASK_MAIN("select (select count(*) from t), (select count(*) from landfall.migrations)"));
}

static void test_a_migration_killed_anywhere_is_applied_whole_and_once(void **state)
{
    assert_true(sweep(*state, with_database, create_migration, one_migration) >= 14);
}

static void test_a_query_killed_anywhere_is_done_once(void **state)
{
    assert_true(sweep(*state, with_migration, insert, one_row) >= 12);
}

/* ---- landing late ------------------------------------------------------------------------------ */

/* Nobody can make a database while somebody holds this lock. */
static FILE *hold_databases(struct set *set)
{
    FILE *psql = popen(arena_print(set->mem, "psql -XAtq -h %s -p %d -U postgres landfall >/dev/null",
                                   server.folder, server.port),
                       "w");
    assert_non_null(psql);
    (void)fprintf(psql, "begin; lock table pg_database in exclusive mode;\n");
    (void)fflush(psql);
    while (strcmp(ASK("select count(*) from pg_locks where mode = 'ExclusiveLock' and relation ="
                      " 'pg_database'::regclass"),
                  "0") == 0)
        usleep(5000);
    return psql;
}

/* While this process is busy with something else. */
static void let_go_soon(FILE *psql)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0)
        return;
    usleep(300000);
    (void)fprintf(psql, "commit;\n");
    (void)fflush(psql);
    _exit(0);
}

static void wait_for_the_dead(void)
{
    while (strcmp(ASK("select count(*) from pg_stat_activity where query like 'create database%%'"
                      " and state = 'active'"),
                  "0") != 0)
        usleep(5000);
}

static void test_recover_waits_for_what_a_dead_client_still_has_under_way(void **state)
{
    struct set *set = *state;
    struct line *line = line_open(server.port);
    FILE *psql = hold_databases(set);
    assert_true(dies(set, line, "create database", 0, LINE_KILL_HIDDEN, create_database));
    IS("0", ASK("select count(*) from pg_database where datname = 'main'"));
    let_go_soon(psql);
    assert_int_equal(want(set, LF_VERB_RECOVER, "database", "{'name':'main'}")->status, LF_END_OK);
    IS("1", ASK("select count(*) from pg_database where datname = 'main'"));
    assert_int_not_equal(wait(NULL), -1);
    pclose(psql);
    line_close(line);
    one_database(set);
}

static void test_a_server_gives_up_what_a_dead_client_asked_for(void **state)
{
    struct set *set = *state;
    struct line *line = line_open(server.port);
    FILE *psql = hold_databases(set);
    assert_true(dies(set, line, "create database", 0, LINE_KILL_AFTER, create_database));
    assert_int_equal(want(set, LF_VERB_RECOVER, "database", "{'name':'main'}")->status, LF_END_GONE);
    pclose(psql);
    wait_for_the_dead();
    IS("0", ASK("select count(*) from pg_database where datname = 'main'"));
    line_close(line);
    one_database(set);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, open_set, close_set)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_a_database_create_killed_anywhere_is_gone_on_with),
        STORY(test_a_database_destroy_killed_anywhere_is_gone_on_with),
        STORY(test_a_user_create_killed_anywhere_leaves_all_or_nothing),
        STORY(test_a_user_destroy_killed_anywhere_is_gone_on_with),
        STORY(test_a_migration_killed_anywhere_is_applied_whole_and_once),
        STORY(test_a_query_killed_anywhere_is_done_once),
        STORY(test_recover_waits_for_what_a_dead_client_still_has_under_way),
        STORY(test_a_server_gives_up_what_a_dead_client_asked_for),
    };
    int missing = postgres_missing();
    return missing ? missing : cmocka_run_group_tests(tests, start, stop);
}
