#include "postgres_set.h"

/* database-postgresql on a server of its own: migrations and queries, judged by psql. */

/* ---- migrations -------------------------------------------------------------------------------- */

static void test_a_migration_is_applied_once_with_its_ledger_row(void **state)
{
    struct set *set = *state;
    made(set, "database", "{'name':'main'}");
    const char *json = migration(set, "0001_init", "create table t (a int); insert into t values (1)");
    const struct op_result *r = made(set, "migration", json);
    assert_string_equal(r->id, "main/0001_init");
    assert_int_equal(strlen(value_get_text(r->state, "checksum", "")), 64);
    assert_int_equal(strlen(value_get_text(r->state, "applied_at", "")), strlen("2026-01-01T00:00:00Z"));
    made(set, "migration", json);
    IS("1", ASK_MAIN("select count(*) from t"));
    IS("0001_init|" MARKER "|f", ASK_MAIN("select name, marker, released from landfall.migrations"));
    IS(MARKER, ASK_MAIN("select tableowner from pg_tables where tablename = 't'"));
    struct op_item item = {.verb = LF_VERB_READ, .id = "main/0001_init"};
    assert_true(value_equal(bench_run(set->b, "migration", item)->state, r->state));
}

static void test_a_changed_or_misplaced_migration_is_refused(void **state)
{
    struct set *set = *state;
    made(set, "database", "{'name':'main'}");
    made(set, "migration", migration(set, "0002", "create table t (a int)"));
    refused(set, LF_VERB_CREATE, "migration", migration(set, "0002", "create table u (a int)"),
            "database.migration_changed");
    refused(set, LF_VERB_CREATE, "migration", migration(set, "0001", "create table u (a int)"),
            "database.migration_order");
    refused(set, LF_VERB_CREATE, "migration",
            "{'database':'main','name':'0003','sql':'select 1','follows':'main/0009'}",
            "database.migration_follows");
    refused(set, LF_VERB_PLAN, "migration",
            "{'database':'main','name':'0003','sql':'select 1','follows':'other/0002'}",
            "database.migration_follows");
    made(set, "migration", "{'database':'main','name':'0003','sql':'select 1','follows':'main/0002'}");
    struct op_item item = {.verb = LF_VERB_PLAN, .id = "main/0002"};
    item.prior = by_id(set, LF_VERB_READ, "migration", "main/0002")->state;
    item.desired = bench_value(set->b, migration(set, "0002", "create table u (a int)"));
    assert_int_equal(bench_run(set->b, "migration", item)->status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, "database.migration_changed"));
    IS("t", ASK_MAIN("select string_agg(tablename, ',') from pg_tables where schemaname = 'public'"));
}

static void fails_at(struct set *set, const char *sql, const char *code, const char *words)
{
    refused(set, LF_VERB_CREATE, "migration", migration(set, "0001", sql), code);
    if (!says(set, words))
        fail_msg("%s: nobody says '%s'", sql, words);
    IS("0", ASK_MAIN("select count(*) from pg_tables where schemaname = 'public'"));
}

static void test_a_migration_that_fails_leaves_nothing_and_names_the_line(void **state)
{
    struct set *set = *state;
    made(set, "database", "{'name':'main'}");
    fails_at(set, "create table t (a int);\\n-- é ü\\n\\nselekt 1", "database.migration_failed", "line 4:");
    fails_at(set, "create table t (a int);\\ninsert into t values (1);\\n\\nselect 1 / a - 1 / 0\\n from t",
             "database.migration_failed", "line 4: division by zero");
    fails_at(set, "create table t (a int);\\ninsert into nowhere values (1)", "database.migration_failed",
             "line 2: relation \"nowhere\" does not exist");
    fails_at(set, "create table t (a int unique);\\nvacuum t", "database.not_in_transaction", "line 2");
    fails_at(set, "create table t (a int);\\ncreate index concurrently on t (a)",
             "database.not_in_transaction", "line 2");
    fails_at(set, "create table t (a int);\\ncopy t from stdin;", "database.no_copy", "COPY");
    fails_at(set, "create table t (a int);\\ncopy t to stdout;", "database.no_copy", "COPY");
    fails_at(set, "insert into landfall.calls values (1)", "database.migration_failed", "permission denied");
    fails_at(set, "do $$ begin commit; end $$", "database.migration_failed", "line 1: invalid transaction");
    made(set, "migration", migration(set, "0001", "create table t (a int)"));
}

static void test_a_migration_stays_inside_its_transaction(void **state)
{
    struct set *set = *state;
    made(set, "database", "{'name':'main'}");
    static const char *const bad[] = {
        "create table t (a int); commit; create table u (a int)",
        "create table t (a int);\\n/* /* nested */ */ Begin",
        "ROLLBACK",
        "-- x\\n end",
        "start transaction",
        "savepoint a",
        "prepare transaction 'x'",
        "select $a$ ; $a$; abort",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *sql = arena_text(set->mem, bad[i]);
        for (char *c = sql; *c; c++)
            *c = *c == '\'' ? '"' : *c;
        refused(set, LF_VERB_PLAN, "migration",
                migration(set, "0001", bad[i][0] == 'p' ? "prepare transaction x" : sql),
                "database.migration_failed");
    }
    /* None of these ends anything. */
    made(
        set, "migration",
        migration(
            set, "0001",
            "create table begin_here (\\\"end\\\" int); -- commit\\n/* commit; */"
            "create function f() returns int language sql begin atomic select case when true then 1 end; end;"
            "create function g() returns void language plpgsql as $x$ begin perform 1; end $x$;"
            "prepare p as select 1; comment on table begin_here is $$; commit; $$"));
    IS("1", ASK_MAIN("select f()"));
}

static void test_a_migrations_settings_end_with_it(void **state)
{
    struct set *set = *state;
    made(set, "database", "{'name':'main'}");
    made(set, "migration",
         migration(set, "0001",
                   "create schema s; create table s.t (a int); set search_path = s; set role none"));
    query_refused(set, "select * from t", "[]", "database.query_failed");
    assert_int_equal(query(set, "set", "set search_path = s", "[]")->status, LF_END_OK);
    query_refused(set, "select * from t", "[]", "database.query_failed");
}

static void test_a_destroyed_migration_is_released_and_never_run_again(void **state)
{
    struct set *set = *state;
    made(set, "database", "{'name':'main'}");
    const char *json = migration(set, "0001", "create table t (a int)");
    made(set, "migration", json);
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "migration", "main/0001")->status, LF_END_GONE);
    assert_int_equal(by_id(set, LF_VERB_READ, "migration", "main/0001")->status, LF_END_GONE);
    IS("t|t", ASK_MAIN("select released, marker is null from landfall.migrations"));
    refused(set, LF_VERB_CREATE, "migration", migration(set, "0001", "create table u (a int)"),
            "database.migration_changed");
    made(set, "migration", json);
    IS("f", ASK_MAIN("select released from landfall.migrations"));
    ASK_MAIN("update landfall.migrations set marker = '" THEIRS "'");
    assert_int_equal(want(set, LF_VERB_CREATE, "migration", json)->status, LF_END_EXISTS);
    struct op_item item = {.verb = LF_VERB_OWNED};
    assert_int_equal(bench_run(set->b, "migration", item)->status, LF_END_OK);
    size_t count = 0;
    assert_string_equal(bench_found(set->b, &count)[0].id, "main/0001");
    assert_int_equal(count, 1);
}

/* ---- queries ----------------------------------------------------------------------------------- */

static void with_table(struct set *set)
{
    made(set, "database", "{'name':'main'}");
    made(set, "migration", migration(set, "0001", "create table t (a int, b text)"));
}

static void test_a_query_with_one_token_runs_once(void **state)
{
    struct set *set = *state;
    with_table(set);
    const struct op_result *r = query(set, "one", "insert into t values (?, ?) returning a", "[1,'x']");
    assert_int_equal(r->status, LF_END_OK);
    assert_true(value_equal(r->reply, bench_value(set->b, "{'rows':[{'a':1}],'changes':1}")));
    r = query(set, "one", "insert into t values (?, ?) returning a", "[1,'x']");
    assert_int_equal(r->status, LF_END_OK);
    assert_true(value_equal(r->reply, bench_value(set->b, "{'rows':[{'a':1}],'changes':1}")));
    assert_int_equal(query(set, "two", "insert into t values (?, ?)", "[2,null]")->status, LF_END_OK);
    IS("2|2", ASK_MAIN("select (select count(*) from t), (select count(*) from landfall.calls)"));
    struct op_item item = {.verb = LF_VERB_RECOVER, .token = "one"};
    item.args =
        bench_value(set->b, "{'database':'main','sql':'insert into t values (?, ?)','params':[1,'x']}");
    assert_int_equal(bench_call(set->b, "query", item)->status, LF_END_OK);
    item.token = "never";
    assert_int_equal(bench_call(set->b, "query", item)->status, LF_END_GONE);
}

static void test_placeholders_are_found_where_they_are_and_nowhere_else(void **state)
{
    struct set *set = *state;
    with_table(set);
    answers(set, "select ?::int + ?::int as n", "[1,2]", "{'rows':[{'n':3}],'changes':0}");
    answers(set, "select $2::text as b, $1::text as a", "['a','b']",
            "{'rows':[{'a':'a','b':'b'}],'changes':0}");
    answers(set, "select $$?$$ || $q$ ? $$ $q$ || ? as n -- ?\\n /* ? /* ? */ ? */", "['!']",
            "{'rows':[{'n':'? ? $$ !'}],'changes':0}");
    answers(set, "select \\\"?\\\" from (select 1 as \\\"?\\\") x", "[]", "{'rows':[{'?':1}],'changes':0}");
    answers(set, "select $${}$$::jsonb ?? $1 as has", "['a']", "{'rows':[{'has':false}],'changes':0}");
    answers(set, "select U&\\\"?\\\" as u, e$1 from (select 1 as \\\"?\\\", 2 as e$1) x", "[]",
            "{'rows':[{'u':1,'e$1':2}],'changes':0}");
    query_refused(set, "select ?::int", "[]", "database.param_count");
    query_refused(set, "select ?::int", "[1,2]", "database.param_count");
    query_refused(set, "select ?::int + $1::int", "[1]", "database.param_count");
    query_refused(set, "select $2::int", "[1]", "database.param_count");
}

static void test_values_of_each_kind_are_bound_and_told(void **state)
{
    struct set *set = *state;
    with_table(set);
    answers(
        set,
        "select ?::int8 as i, ?::float8 as f, ?::bool as b, ?::text as t, ?::text as n, ?::jsonb->0 as l,"
        " ?::numeric as m, ?::bytea as y, ?::date as d",
        "[9007199254740993,1.5,true,'drop table t; --',null,[7],'1.10','\\\\x00ff','2026-01-02']",
        "{'rows':[{'i':9007199254740993,'f':1.5,'b':true,'t':'drop table t; --','n':null,'l':'7','m':'1.10',"
        "'y':'00ff','d':'2026-01-02'}],'changes':0}");
    answers(set, "select ?::text as s", "[{'$secret':{'source':'test:told to the database'}}]",
            "{'rows':[{'s':'told to the database'}],'changes':0}");
    answers(set, "select ?::text as s", "['ünïcödé 漢字 \\u0001 \\\\ \\\"']",
            "{'rows':[{'s':'ünïcödé 漢字 \\u0001 \\\\ \\\"'}],'changes':0}");
    answers(set, "insert into t select i, null from generate_series(1, 5) i", "[]",
            "{'rows':[],'changes':5}");
    answers(set, "delete from t where a > ?", "[3]", "{'rows':[],'changes':2}");
    answers(set, "select a from t where a > 100", "[]", "{'rows':[],'changes':0}");
    query_refused(set, "select $$NaN$$::float8 as x", "[]", "database.bad_value");
}

static void test_bad_queries_are_refused_and_change_nothing(void **state)
{
    struct set *set = *state;
    with_table(set);
    query_refused(set, "insert into t values (1, null); insert into t values (2, null)", "[]",
                  "database.one_statement");
    query_refused(set, " ; -- nothing", "[]", "database.one_statement");
    query_refused(set, "commit", "[]", "database.query_failed");
    query_refused(set, "select $$never ends", "[]", "database.query_failed");
    query_refused(set, "insert into nowhere values (1)", "[]", "database.query_failed");
    query_refused(set, "insert into t values (?, null)", "['x']", "database.query_failed");
    query_refused(set, "insert into t values (1, null) returning a, a", "[]", "database.column_twice");
    query_refused(set, "insert into t select i, null from generate_series(1, 10001) i returning a", "[]",
                  "database.too_many_rows");
    query_refused(set, "insert into t values (1, repeat($$x$$, 1100000)) returning b", "[]",
                  "database.too_many_rows");
    query_refused(set, "copy t from stdin", "[]", "database.no_copy");
    query_refused(set, "vacuum t", "[]", "database.query_failed");
    query_refused(set, "delete from landfall.calls", "[]", "database.query_failed");
    IS("0", ASK_MAIN("select count(*) from t"));
    struct op_item item = {.verb = LF_VERB_CALL};
    item.args = bench_value(set->b, "{'database':'no/where','sql':'select 1'}");
    assert_int_equal(bench_call(set->b, "query", item)->status, LF_END_REFUSED);
    item.args = bench_value(set->b, "{'database':'nowhere','sql':'select 1'}");
    assert_int_equal(bench_call(set->b, "query", item)->status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, "database.no_database"));
}

static void test_a_check_only_reads(void **state)
{
    struct set *set = *state;
    with_table(set);
    bench_read_only(set->b, true);
    answers(set, "select count(*) as n from t", "[]", "{'rows':[{'n':0}],'changes':0}");
    query_refused(set, "insert into t values (1, null)", "[]", "database.only_reads");
    query_refused(set, "with x as (insert into t values (1, null) returning a) select * from x", "[]",
                  "database.only_reads");
    query_refused(set, "create table u (a int)", "[]", "database.only_reads");
    bench_read_only(set->b, false);
    IS("0|0", ASK_MAIN("select (select count(*) from t), (select count(*) from landfall.calls)"));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, open_set, close_set)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_a_migration_is_applied_once_with_its_ledger_row),
        STORY(test_a_changed_or_misplaced_migration_is_refused),
        STORY(test_a_migration_that_fails_leaves_nothing_and_names_the_line),
        STORY(test_a_migration_stays_inside_its_transaction),
        STORY(test_a_migrations_settings_end_with_it),
        STORY(test_a_destroyed_migration_is_released_and_never_run_again),
        STORY(test_a_query_with_one_token_runs_once),
        STORY(test_placeholders_are_found_where_they_are_and_nowhere_else),
        STORY(test_values_of_each_kind_are_bound_and_told),
        STORY(test_bad_queries_are_refused_and_change_nothing),
        STORY(test_a_check_only_reads),
    };
    int missing = postgres_missing();
    return missing ? missing : cmocka_run_group_tests(tests, start, stop);
}
