#include "postgres_deeds.h"

/* database-postgresql when things go wrong: lost replies, silence, a server that dies, refuses or is not who
 * it says, and many clients at once. */

/* ---- lost replies ------------------------------------------------------------------------------ */

/* The bench behind the line, while the other one looks from outside. */
static uint32_t over(struct set *set, struct line *line, const char *bytes, enum line_mishap mishap,
                     deed_fn *deed)
{
    struct set other = {set->mem, open_bench(set->mem, line_port(line), "")};
    line_break(line, bytes, 0, mishap, 0);
    uint32_t status = deed(&other)->status;
    assert_true(line_broke(line));
    bench_close(other.b);
    return status;
}

static const struct op_result *read_database(struct set *set)
{
    return by_id(set, LF_VERB_READ, "database", "main");
}

static void test_a_lost_reply_is_unsure_only_where_something_may_have_happened(void **state)
{
    struct set *set = *state;
    struct line *line = line_open(server.port);
    assert_int_equal(over(set, line, "pg_advisory_lock", LINE_CUT_AFTER, create_database), LF_END_RETRY);
    assert_int_equal(over(set, line, "create role", LINE_CUT_AFTER, create_database), LF_END_UNSURE);
    assert_int_equal(want(set, LF_VERB_RECOVER, "database", "{'name':'main'}")->status, LF_END_GONE);
    assert_int_equal(over(set, line, "create database", LINE_CUT_AFTER, create_database), LF_END_UNSURE);
    assert_int_equal(want(set, LF_VERB_RECOVER, "database", "{'name':'main'}")->status, LF_END_OK);
    one_database(set);
    assert_int_equal(over(set, line, "pg_database", LINE_CUT_AFTER, read_database), LF_END_RETRY);
    assert_int_equal(over(set, line, "create table t", LINE_CUT_AFTER, create_migration), LF_END_RETRY);
    IS("0", ASK_MAIN("select count(*) from pg_tables where tablename = 't'"));
    assert_int_equal(over(set, line, "insert into landfall.migrations", LINE_CUT_AFTER, create_migration),
                     LF_END_UNSURE);
    struct op_item item = {.verb = LF_VERB_RECOVER, .id = "main/0001"};
    assert_int_equal(bench_run(set->b, "migration", item)->status, LF_END_OK);
    assert_int_equal(over(set, line, "insert into landfall.calls", LINE_CUT_AFTER, insert), LF_END_RETRY);
    assert_int_equal(over(set, line, "update landfall.calls", LINE_CUT_BEFORE, insert), LF_END_UNSURE);
    IS("0", ASK_MAIN("select count(*) from t where a = 2"));
    assert_int_equal(over(set, line, "update landfall.calls", LINE_CUT_AFTER, insert), LF_END_UNSURE);
    one_row(set);
    line_close(line);
}

static void test_a_silent_line_ends_with_the_time(void **state)
{
    struct set *set = *state;
    struct line *line = line_open(server.port);
    with_migration(set);
    struct set other = {set->mem, open_bench(set->mem, line_port(line), "")};
    bench_timeout(other.b, 4000);
    line_break(line, "update landfall.calls", 0, LINE_HANG, 0);
    assert_int_equal(insert(&other)->status, LF_END_UNSURE);
    line_break(line, "", 0, LINE_HANG, 0); /* the first word of a new connection */
    const struct op_result *r = insert(&other);
    assert_true(r->status == LF_END_UNSURE || r->status == LF_END_RETRY);
    bench_close(other.b);
    line_close(line);
    one_row(set);
}

static void test_a_server_that_never_answers_is_given_up(void **state)
{
    struct set *set = *state;
    struct line *line = line_open(server.port);
    assert_int_equal(over(set, line, "", LINE_HANG, create_database), LF_END_RETRY);
    line_close(line);
}

/* ---- the server -------------------------------------------------------------------------------- */

static void test_a_server_that_died_and_came_back_is_used_again(void **state)
{
    struct set *set = *state;
    with_migration(set);
    assert_int_equal(insert(set)->status, LF_END_OK);
    postgres_crash(&server);
    const struct op_result *r = query(set, "down", "insert into t values (3)", "[]");
    assert_int_equal(r->status, LF_END_RETRY);
    assert_true(bench_has_note(set->b, "database.unreachable"));
    struct op_item item = {.verb = LF_VERB_RECOVER, .id = "main/0001"};
    assert_int_equal(bench_run(set->b, "migration", item)->status, LF_END_CANNOT_TELL);
    postgres_go_on(&server, "");
    assert_int_equal(query(set, "down", "insert into t values (3)", "[]")->status, LF_END_OK);
    postgres_stop(&server);
    postgres_go_on(&server, "");
    assert_int_equal(insert(set)->status, LF_END_OK);
    IS("1|1|2",
       ASK_MAIN("select count(*) filter (where a = 2), count(*) filter (where a = 3), (select count(*)"
                " from landfall.calls) from t"));
}

static void test_no_connection_left_is_tried_again_later(void **state)
{
    struct set *set = *state;
    ASK("alter role landfall connection limit 1");
    assert_int_equal(read_database(set)->status, LF_END_GONE);
    struct set other = {set->mem, open_bench(set->mem, server.port, "")};
    assert_int_equal(create_database(&other)->status, LF_END_RETRY);
    assert_true(bench_has_note(other.b, "database.no_connection_left"));
    bench_close(other.b);
    ASK("alter role landfall connection limit -1");
    assert_int_equal(create_database(set)->status, LF_END_OK);
}

static void raises(struct set *set, const char *state, const char *words, uint32_t status)
{
    struct op_item item = {.verb = LF_VERB_CREATE};
    const char *sql =
        arena_print(set->mem,
                    "create table gone (a int); do $x$ begin raise exception $y$%s$y$ using errcode ="
                    " $y$%s$y$; end $x$",
                    words, state);
    item.desired = bench_value(set->b, migration(set, "0002", sql));
    assert_int_equal(bench_run(set->b, "migration", item)->status, status);
    IS("0", ASK_MAIN("select count(*) from pg_tables where tablename = 'gone'"));
}

static void test_what_the_server_asks_to_try_again_is_tried_again_and_nothing_else(void **state)
{
    struct set *set = *state;
    with_migration(set);
    raises(set, "40001", "could not serialize", LF_END_RETRY);
    raises(set, "40P01", "deadlock detected", LF_END_RETRY);
    raises(set, "55P03", "lock not available", LF_END_RETRY);
    raises(set, "53300", "too many", LF_END_RETRY);
    raises(set, "57P03", "cannot connect now", LF_END_RETRY);
    raises(set, "XX000", "tuple concurrently updated", LF_END_RETRY);
    raises(set, "XX000", "tuple concurrently deleted", LF_END_RETRY);
    raises(set, "XX000", "something else", LF_END_REFUSED);
    raises(set, "42601", "syntax error", LF_END_REFUSED);
    raises(set, "28000", "not allowed", LF_END_REFUSED);
}

static void test_a_turn_that_does_not_come_is_a_retry(void **state)
{
    struct set *set = *state;
    with_database(set);
    FILE *psql = popen(arena_print(set->mem, "psql -XAtq -h %s -p %d -U postgres main >/dev/null",
                                   server.folder, server.port),
                       "w");
    assert_non_null(psql);
    (void)fprintf(psql, "select pg_advisory_lock(hashtextextended('landfall', 0));\n");
    (void)fflush(psql);
    while (strcmp(ASK("select count(*) from pg_locks where locktype = 'advisory'"), "0") == 0)
        usleep(5000);
    assert_int_equal(create_user(set)->status, LF_END_RETRY);
    assert_true(bench_has_note(set->b, "database.locked"));
    pclose(psql);
    IS("0", ASK("select count(*) from pg_roles where rolname = 'main_app'"));
}

/* ---- many at once ------------------------------------------------------------------------------ */

static pid_t in_parallel(struct set *set, const char *type, const char *json, const char *marker)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0)
        return child;
    struct bench *b = open_bench(set->mem, server.port, "");
    struct op_item item = {.verb = LF_VERB_CREATE, .marker = marker, .address = "database.x.y"};
    item.desired = bench_value(b, json);
    _exit((int)bench_run(b, type, item)->status);
}

static uint32_t end_of(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return (uint32_t)WEXITSTATUS(status);
}

static void test_of_two_who_create_one_database_one_has_it(void **state)
{
    struct set *set = *state;
    for (int round = 0; round < 5; round++) {
        pid_t a = in_parallel(set, "database", "{'name':'main'}", MARKER);
        pid_t b = in_parallel(set, "database", "{'name':'main'}", THEIRS);
        uint32_t ends[] = {end_of(a), end_of(b)};
        assert_true((ends[0] == LF_END_OK && ends[1] == LF_END_EXISTS) ||
                    (ends[0] == LF_END_EXISTS && ends[1] == LF_END_OK));
        IS(ends[0] == LF_END_OK ? MARKER : THEIRS, ASK("select r.rolname from pg_database d join pg_roles r "
                                                       "on r.oid = d.datdba where datname = 'main'"));
        reset();
    }
}

static void test_many_users_of_one_database_come_into_being_at_once(void **state)
{
    struct set *set = *state;
    pid_t children[8];
    with_migration(set);
    for (int i = 0; i < 8; i++)
        children[i] = in_parallel(set, "user",
                                  arena_print(set->mem, "{'database':'main','name':'u%d','role':'write'}", i),
                                  arena_print(set->mem, "lf1.user%d", i));
    for (int i = 0; i < 8; i++)
        assert_int_equal(end_of(children[i]), LF_END_OK);
    IS("8", ASK_MAIN("select count(*) from pg_roles where has_table_privilege(rolname, 't', 'insert')"
                     " and rolname like 'main\\_u%%'"));
}

static void test_a_token_that_is_being_used_makes_a_second_use_wait(void **state)
{
    struct set *set = *state;
    with_migration(set);
    pid_t children[4];
    for (int i = 0; i < 4; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            struct set own = {set->mem, open_bench(set->mem, server.port, "")};
            _exit((int)query(&own, "token", "insert into t select 2 from pg_sleep(0.3)", "[]")->status);
        }
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(end_of(children[i]), LF_END_OK);
    IS("1", ASK_MAIN("select count(*) from t where a = 2"));
}

/* ---- who the server is ------------------------------------------------------------------------- */

static uint32_t knocks(struct set *set, int port, const char *host, const char *more, const char *code)
{
    struct bench *b = bench_open(
        DRIVER, arena_print(set->mem,
                            "{'host':'%s','port':%d,'user':'postgres','password':{'$secret':{'source':"
                            "'test:superuser-password'}}%s}",
                            host, port, more));
    struct op_item item = {.verb = LF_VERB_PREFLIGHT};
    uint32_t status = bench_run(b, NULL, item)->status;
    if (code)
        assert_true(bench_has_note(b, code));
    bench_close(b);
    return status;
}

static void test_a_server_is_who_its_certificate_says(void **state)
{
    struct set *set = *state;
    struct postgres tls;
    postgres_start(&tls, "tls");
    const char *trusted =
        arena_print(set->mem, ",'sslmode':'verify-full','sslrootcert':'%s/ca.crt'", tls.folder);
    assert_int_equal(knocks(set, tls.port, "localhost", trusted, NULL), LF_END_OK);
    assert_int_equal(knocks(set, tls.port, "127.0.0.1", trusted, "database.tls_refused"), LF_END_REFUSED);
    assert_int_equal(knocks(set, tls.port, "localhost", ",'sslmode':'verify-full'", "database.tls_refused"),
                     LF_END_REFUSED);
    assert_int_equal(knocks(set, tls.port, "127.0.0.1", ",'sslmode':'require'", NULL), LF_END_OK);
    trusted = arena_print(set->mem, ",'sslmode':'verify-ca','sslrootcert':'%s/ca.crt'", tls.folder);
    assert_int_equal(knocks(set, tls.port, "127.0.0.1", trusted, NULL), LF_END_OK);
    assert_int_equal(
        knocks(set, server.port, "localhost", ",'sslmode':'verify-full'", "database.tls_refused"),
        LF_END_REFUSED);
    postgres_remove(&tls);
}

/* Over a socket the server knows the user by its system login; with no password there is none to send. */
static void test_a_socket_is_a_host_too(void **state)
{
    struct set *set = *state;
    struct bench *b = bench_open(
        DRIVER, arena_print(set->mem, "{'host':'%s','port':%d,'user':'landfall','dbname':'landfall'}",
                            server.folder, server.port));
    struct op_item item = {.verb = LF_VERB_PREFLIGHT};
    assert_int_equal(bench_run(b, NULL, item)->status, LF_END_OK);
    bench_close(b);
}

/* ---- speed ------------------------------------------------------------------------------------- */

/* A row is two trips over a connection that is kept: no connect each, and no more statements than needed. */
static void test_many_rows_share_a_connection(void **state)
{
    struct set *set = *state;
    with_migration(set);
    for (int i = 0; i < 200; i++)
        assert_int_equal(
            query(set, arena_print(set->mem, "row-%d", i), "insert into t values (?)", "[9]")->status,
            LF_END_OK);
    IS("200|1", ASK_MAIN("select count(*), count(distinct xmin::text) / 200 from t where a = 9"));
    IS("1", ASK("select count(*) from pg_stat_activity where usename = 'landfall' and datname = 'main'"));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, open_set, close_set)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_a_lost_reply_is_unsure_only_where_something_may_have_happened),
        STORY(test_a_silent_line_ends_with_the_time),
        STORY(test_a_server_that_never_answers_is_given_up),
        STORY(test_a_server_that_died_and_came_back_is_used_again),
        STORY(test_no_connection_left_is_tried_again_later),
        STORY(test_what_the_server_asks_to_try_again_is_tried_again_and_nothing_else),
        STORY(test_a_turn_that_does_not_come_is_a_retry),
        STORY(test_of_two_who_create_one_database_one_has_it),
        STORY(test_many_users_of_one_database_come_into_being_at_once),
        STORY(test_a_token_that_is_being_used_makes_a_second_use_wait),
        STORY(test_a_server_is_who_its_certificate_says),
        STORY(test_a_socket_is_a_host_too),
        STORY(test_many_rows_share_a_connection),
    };
    int missing = postgres_missing();
    return missing ? missing : cmocka_run_group_tests(tests, start, stop);
}
