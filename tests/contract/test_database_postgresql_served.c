#include "postgres_set.h"

#include "base/file.h"
#include "server.h"

/* database-postgresql on a server of its own: databases, clusters and users, judged by psql. */

/* ---- databases --------------------------------------------------------------------------------- */

static void test_a_database_is_owned_by_a_role_that_is_its_mark(void **state)
{
    struct set *set = *state;
    const struct op_result *r = made(set, "database", "{'name':'main','place':'here'}");
    assert_string_equal(r->id, "main");
    assert_string_equal(r->marker, MARKER);
    assert_true(
        value_equal(r->state, bench_value(set->b, "{'name':'main','place':'here','host':'127.0.0.1'}")));
    IS(MARKER "|f|landfall database.x.y",
       ASK("select r.rolname, r.rolcanlogin, shobj_description(d.oid, 'pg_database') from pg_database d"
           " join pg_roles r on r.oid = d.datdba where datname = 'main'"));
    IS("0", ASK("select count(*) from pg_database d, aclexplode(d.datacl) a where datname = 'main' and"
                " a.grantee = 0"));
    size_t saves = 0;
    (void)bench_saves(set->b, &saves);
    assert_int_equal(saves, 1);
    const char *said = NULL;
    assert_int_not_equal(postgres_try(&server, "main", "stranger", "stranger-password", &said, "select 1"),
                         0);
    assert_non_null(strstr(said, "permission denied for database"));
}

static void test_creating_a_database_twice_keeps_its_data(void **state)
{
    struct set *set = *state;
    made(set, "database", "{'name':'main'}");
    ASK_MAIN("create table t (a int); insert into t values (1)");
    assert_int_equal(made(set, "database", "{'name':'main'}")->status, LF_END_OK);
    IS("1", ASK_MAIN("select a from t"));
    IS("1", ASK("select count(*) from pg_roles where rolname like 'lf1.%%'"));
}

static void test_destroying_takes_the_role_along_and_may_be_asked_again(void **state)
{
    struct set *set = *state;
    made(set, "database", "{'name':'main'}");
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "database", "main")->status, LF_END_GONE);
    IS("0|0", ASK("select (select count(*) from pg_database where datname = 'main'),"
                  " (select count(*) from pg_roles where rolname like 'lf1.%%')"));
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "database", "main")->status, LF_END_GONE);
    assert_int_equal(by_id(set, LF_VERB_READ, "database", "main")->status, LF_END_GONE);
}

static void test_a_database_of_somebody_else_is_left_alone(void **state)
{
    struct set *set = *state;
    ASK("create database main");
    const char *before =
        arena_text(set->mem, ASK("select oid, datdba, datacl from pg_database where datname = 'main'"));
    const struct op_result *r = want(set, LF_VERB_CREATE, "database", "{'name':'main'}");
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_null(r->marker);
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "database", "main")->status, LF_END_EXISTS);
    assert_int_equal(want(set, LF_VERB_UPDATE, "database", "{'name':'main'}")->status, LF_END_EXISTS);
    assert_int_equal(want(set, LF_VERB_RECOVER, "database", "{'name':'main'}")->status, LF_END_EXISTS);
    IS(before, ASK("select oid, datdba, datacl from pg_database where datname = 'main'"));
    IS("0", ASK("select count(*) from pg_roles where rolname like 'lf1.%%'"));
}

static void test_another_marker_is_told(void **state)
{
    struct set *set = *state;
    struct op_item item = {.verb = LF_VERB_CREATE, .marker = THEIRS};
    item.desired = bench_value(set->b, "{'name':'main'}");
    assert_int_equal(bench_run(set->b, "database", item)->status, LF_END_OK);
    const struct op_result *r = want(set, LF_VERB_CREATE, "database", "{'name':'main'}");
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, THEIRS);
}

static void test_a_copy_of_ours_is_nobodys(void **state)
{
    struct set *set = *state;
    made(set, "database", "{'name':'main'}");
    ASK("create database copy template main owner \"" MARKER "\"");
    const struct op_result *r = want(set, LF_VERB_FIND, "database", "{'name':'copy'}");
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->marker);
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "database", "copy")->status, LF_END_EXISTS);
    struct op_item item = {.verb = LF_VERB_OWNED};
    assert_int_equal(bench_run(set->b, "database", item)->status, LF_END_OK);
    size_t count = 0;
    const struct op_result *found = bench_found(set->b, &count);
    assert_int_equal(count, 1);
    assert_string_equal(found[0].id, "main");
    assert_string_equal(found[0].marker, MARKER);
    /* The role owns the copy as well: the database goes, the role cannot, and that is said. */
    r = by_id(set, LF_VERB_DESTROY, "database", "main");
    assert_int_equal(r->status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, "database.role_in_use"));
    ASK("drop database copy");
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "database", "main")->status, LF_END_GONE);
    IS("0", ASK("select count(*) from pg_roles where rolname like 'lf1.%%'"));
}

static void make_role_alone(const char *name)
{
    ASK("create role \"" MARKER "\" nologin role landfall;"
        "comment on role \"" MARKER "\" is E'landfall database\\n" MARKER "\\nx\\n%s\\n\\n'",
        name);
}

static void test_a_role_without_its_database_is_gone_on_with_or_destroyed(void **state)
{
    struct set *set = *state;
    make_role_alone("main");
    assert_int_equal(want(set, LF_VERB_RECOVER, "database", "{'name':'main'}")->status, LF_END_GONE);
    struct op_item item = {.verb = LF_VERB_RECOVER, .id = "main"};
    item.prior = bench_value(set->b, "{'name':'main'}");
    assert_int_equal(bench_run(set->b, "database", item)->status, LF_END_OK); /* a destroy: not done yet */
    item.verb = LF_VERB_OWNED;
    bench_run(set->b, "database", item);
    size_t count = 0;
    (void)bench_found(set->b, &count);
    assert_int_equal(count, 1);
    made(set, "database", "{'name':'main'}");
    by_id(set, LF_VERB_DESTROY, "database", "main");
    make_role_alone("main");
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "database", "main")->status, LF_END_GONE);
    IS("0", ASK("select count(*) from pg_roles where rolname like 'lf1.%%'"));
}

static void test_a_role_of_our_name_that_is_not_ours_stops_a_create(void **state)
{
    struct set *set = *state;
    make_role_alone("other");
    refused(set, LF_VERB_CREATE, "database", "{'name':'main'}", "database.server_refused");
    IS("0", ASK("select count(*) from pg_database where datname = 'main'"));
}

/* A database that cannot be made: nothing of it stays, and the next try, with another marker, meets nothing.
 */
static void test_a_database_that_the_server_refuses_leaves_no_role(void **state)
{
    struct set *set = *state;
    refused(set, LF_VERB_CREATE, "database", "{'name':'main','options':{'locale':'xx_YY.nowhere'}}",
            "database.server_refused");
    assert_true(says(set, "invalid locale name"));
    refused(set, LF_VERB_CREATE, "database", "{'name':'main','options':{'template':'nowhere'}}",
            "database.no_template");
    assert_true(says(set, "\"nowhere\" does not exist"));
    IS("0", ASK("select count(*) from pg_roles where rolname like 'lf1.%%'"));
    made(set, "database", "{'name':'main'}");
}

static void adopt(struct set *set, const char *was, uint32_t status)
{
    struct op_item item = {.verb = LF_VERB_UPDATE, .id = "main"};
    item.desired = bench_value(set->b, "{'name':'main'}");
    item.memo = bench_value(set->b, was ? arena_print(set->mem, "{'adopt':true,'was':'%s'}", was)
                                        : "{'adopt':true,'was':null}");
    assert_int_equal(bench_run(set->b, "database", item)->status, status);
}

static void test_a_found_database_is_adopted_while_its_marker_is_the_one_seen(void **state)
{
    struct set *set = *state;
    ASK("create database main owner landfall");
    adopt(set, THEIRS, LF_END_EXISTS);
    adopt(set, NULL, LF_END_OK);
    IS(MARKER,
       ASK("select rolname from pg_database d join pg_roles r on r.oid = datdba where datname = 'main'"));
    by_id(set, LF_VERB_DESTROY, "database", "main");
    struct op_item item = {.verb = LF_VERB_CREATE, .marker = THEIRS};
    item.desired = bench_value(set->b, "{'name':'main'}");
    bench_run(set->b, "database", item);
    ASK_MAIN("set role \"" THEIRS "\"; create table t (a int)");
    adopt(set, NULL, LF_END_EXISTS);
    adopt(set, THEIRS, LF_END_OK);
    /* What the old role owned went over with it. */
    IS(MARKER, ASK_MAIN("select tableowner from pg_tables where tablename = 't'"));
    IS("1", ASK("select count(*) from pg_roles where rolname like 'lf1.%%'"));
}

static void test_a_session_in_a_database_keeps_it_and_ours_are_not_in_the_way(void **state)
{
    struct set *set = *state;
    made(set, "database", "{'name':'main'}");
    answers(set, "select 1 as one", "[]", "{'rows':[{'one':1}],'changes':0}"); /* leaves an idle session */
    FILE *other = popen(arena_print(set->mem, "psql -XAtq -h %s -p %d -U postgres main >/dev/null",
                                    server.folder, server.port),
                        "w");
    assert_non_null(other);
    (void)fprintf(other, "select 1;\n");
    (void)fflush(other);
    while (
        strcmp(ASK("select count(*) from pg_stat_activity where datname = 'main' and usename = 'postgres'"),
               "0") == 0)
        continue;
    const struct op_result *r = by_id(set, LF_VERB_DESTROY, "database", "main");
    assert_int_equal(r->status, LF_END_RETRY);
    assert_true(bench_has_note(set->b, "database.in_use"));
    IS("1", ASK("select count(*) from pg_database where datname = 'main'"));
    pclose(other);
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "database", "main")->status, LF_END_GONE);
}

static void test_bad_databases_are_refused_in_plan(void **state)
{
    struct set *set = *state;
    static const char *const bad[][2] = {
        {"{'name':'a234567890123456789012345678901234567890123456789012345678901234'}", "database.bad_name"},
        {"{'name':'ma/in'}", "database.bad_name"},
        {"{'name':'ma\\'in'}", "database.bad_name"},
        {"{'name':'ma\\nin'}", "database.bad_name"},
        {"{'name':''}", "database.bad_name"},
        {"{'name':'main','place':'there'}", "database.other_place"},
        {"{'name':'main','cluster':'far','place':'here'}", "database.other_place"},
        {"{'name':'main','cluster':{'$unknown':'text'},'place':'nowhere'}", "database.other_place"},
        {"{'name':'main','cluster':'nowhere'}", "database.no_cluster"},
        {"{'name':'main','size':'small'}", "database.not_offered"},
        {"{'name':'main','storage_gb':5}", "database.not_offered"},
        {"{'name':'main','replicas':1}", "database.not_offered"},
        {"{'name':'main','options':{'colour':'red'}}", "database.bad_option"},
        {"{'name':'main','options':{'public_connect':'yes'}}", "database.bad_option"},
        {"{'name':'main','options':{'locale':5}}", "database.bad_option"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refused(set, LF_VERB_PLAN, "database", bad[i][0], bad[i][1]);
    struct op_item item = {.verb = LF_VERB_PLAN, .id = "main"};
    item.prior = bench_value(set->b, "{'name':'main','options':{'locale':'C'}}");
    item.desired = bench_value(set->b, "{'name':'main','options':{'locale':'C.UTF-8'}}");
    assert_int_equal(bench_run(set->b, "database", item)->status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, "database.fixed_option"));
}

/* A name that needs quotes in SQL, and would be dangerous without. */
static void test_odd_names_are_quoted(void **state)
{
    struct set *set = *state;
    made(set, "database", "{'name':'Drop Table; --'}");
    IS("1", ASK("select count(*) from pg_database where datname = 'Drop Table; --'"));
    made(set, "user", "{'database':'Drop Table; --','name':'Mr. %s $1'}");
    IS("1", ASK("select count(*) from pg_roles where rolname = 'Drop Table; --_Mr. %%s $1'"));
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "user", "Drop Table; --/Mr. %s $1")->status, LF_END_GONE);
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "database", "Drop Table; --")->status, LF_END_GONE);
}

static void test_options_of_a_database_come_back_as_they_went(void **state)
{
    struct set *set = *state;
    ASK("create database pattern; \\c pattern\n create table t (a int)");
    ASK("alter database pattern owner to landfall");
    const char *json = "{'name':'main','options':{'template':'pattern','public_connect':true}}";
    const struct op_result *r = made(set, "database", json);
    assert_true(value_equal(value_get(r->state, "options"), value_get(bench_value(set->b, json), "options")));
    IS("1", ASK_MAIN("select count(*) from pg_tables where tablename = 't'"));
    struct op_item item = {.verb = LF_VERB_READ, .id = "main", .prior = r->state};
    assert_true(value_equal(bench_run(set->b, "database", item)->state, r->state));
    by_id(set, LF_VERB_DESTROY, "database", "main");
    r = made(set, "database", "{'name':'plain','options':{'locale':'C'}}");
    assert_string_equal(value_get_text(value_get(r->state, "options"), "locale", ""), "C");
    IS("C", ASK("select datcollate from pg_database where datname = 'plain'"));
    /* Somebody opened it to everybody: that is drift, and an update closes it. */
    by_id(set, LF_VERB_DESTROY, "database", "plain");
    made(set, "database", "{'name':'shut'}");
    ASK("grant connect on database shut to public");
    r = by_id(set, LF_VERB_READ, "database", "shut");
    assert_true(value_equal(value_get(r->state, "options"), bench_value(set->b, "{'public_connect':true}")));
    r = want(set, LF_VERB_UPDATE, "database", "{'name':'shut'}");
    assert_int_equal(r->status, LF_END_OK);
    assert_null(value_get(r->state, "options"));
}

/* ---- clusters ---------------------------------------------------------------------------------- */

static void test_a_cluster_is_a_listed_server_taken_into_use(void **state)
{
    struct set *set = *state;
    const struct op_result *r =
        made(set, "cluster", "{'name':'primary','size':'small','replicas':1,'storage_gb':20}");
    assert_string_equal(r->id, "primary");
    assert_true(
        value_equal(r->state, bench_value(set->b, "{'name':'primary','size':'small','replicas':1,"
                                                  "'storage_gb':20,'place':'here','host':'127.0.0.1'}")));
    IS("primary|small|1|20|here|" MARKER "|database.x.y",
       postgres_ask(&server, "landfall", "select * from landfall.clusters"));
    made(set, "database", "{'name':'main','cluster':'primary'}");
    r = by_id(set, LF_VERB_DESTROY, "cluster", "primary");
    assert_int_equal(r->status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, "database.cluster_in_use"));
    assert_true(says(set, "'main' lives on it"));
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "database", "primary/main")->status, LF_END_GONE);
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "cluster", "primary")->status, LF_END_GONE);
    IS("0", postgres_ask(&server, "landfall", "select count(*) from landfall.clusters"));
}

static void test_a_cluster_of_another_shape_is_refused_naming_the_attribute(void **state)
{
    struct set *set = *state;
    static const char *const bad[][2] = {
        {"{'name':'primary','size':'large','replicas':1,'storage_gb':20}", "size"},
        {"{'name':'primary','size':'small','replicas':2,'storage_gb':20}", "replicas"},
        {"{'name':'primary','size':'small','replicas':1,'storage_gb':21}", "storage_gb"},
        {"{'name':'primary','size':'small','replicas':1,'storage_gb':20,'place':'there'}", "place"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        size_t count = 0;
        refused(set, LF_VERB_PLAN, "cluster", bad[i][0], "database.cluster_differs");
        assert_string_equal(bench_notes(set->b, &count)[0].path, bad[i][1]);
        refused(set, LF_VERB_CREATE, "cluster", bad[i][0], "database.cluster_differs");
    }
    refused(set, LF_VERB_PLAN, "cluster", "{'name':'nowhere'}", "database.no_cluster");
    made(set, "database", "{'name':'main','cluster':'far','place':'there'}");
}

static void test_a_cluster_in_use_by_somebody_else_is_left_alone(void **state)
{
    struct set *set = *state;
    made(set, "cluster", "{'name':'far','replicas':0}");
    postgres_ask(&server, "landfall", "update landfall.clusters set marker = '" THEIRS "'");
    const struct op_result *r = want(set, LF_VERB_CREATE, "cluster", "{'name':'far','replicas':0}");
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, THEIRS);
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "cluster", "far")->status, LF_END_EXISTS);
    IS("1", postgres_ask(&server, "landfall", "select count(*) from landfall.clusters"));
}

/* ---- users ------------------------------------------------------------------------------------- */

#define PASSWORD(bytes) "'password':{'$secret':{'source':'test:" bytes "'}}"

static int as(const char *user, const char *sql)
{
    return postgres_try(&server, "main", user, "correct horse", NULL, "%s", sql);
}

static void with_users(struct set *set)
{
    made(set, "database", "{'name':'main'}");
    made(set, "migration",
         migration(set, "0001", "create table t (a serial, b text); insert into t (b) values (1)"));
    made(set, "user", "{'database':'main','name':'reader','role':'read'," PASSWORD("correct horse") "}");
    made(set, "user", "{'database':'main','name':'writer','role':'write'," PASSWORD("correct horse") "}");
    made(set, "user", "{'database':'main','name':'admin','role':'admin'," PASSWORD("correct horse") "}");
}

static void test_each_role_may_do_what_it_says_and_no_more(void **state)
{
    struct set *set = *state;
    with_users(set);
    assert_int_equal(as("main_reader", "select * from t"), 0);
    assert_int_not_equal(as("main_reader", "insert into t (b) values (2)"), 0);
    assert_int_equal(as("main_writer", "insert into t (b) values (2); update t set b = 3; delete from t"), 0);
    assert_int_not_equal(as("main_writer", "create table u (a int)"), 0);
    assert_int_not_equal(as("main_writer", "truncate t"), 0);
    assert_int_equal(as("main_admin", "alter table t add c int; create table made_by_admin (a int)"), 0);
    for (const char *const *user = (const char *const[]){"main_reader", "main_writer", "main_admin", NULL};
         *user; user++)
        assert_int_not_equal(as(*user, "select * from landfall.migrations"), 0);
}

static void test_rights_hold_for_what_is_made_later(void **state)
{
    struct set *set = *state;
    with_users(set);
    made(set, "migration",
         migration(set, "0002",
                   "create table later (a serial); create schema more; create table more.later (a int)"));
    assert_int_equal(as("main_admin", "create table by_admin (a int)"), 0);
    assert_int_equal(
        as("main_reader", "select * from later; select * from more.later; select * from by_admin"), 0);
    assert_int_equal(as("main_writer", "insert into later default values; insert into more.later values (1);"
                                       "insert into by_admin values (1)"),
                     0);
    IS("1",
       ASK_MAIN("select count(distinct tableowner) from pg_tables where schemaname in ('public', 'more')"));
}

static void test_a_users_role_may_be_changed_and_a_change_by_hand_is_seen(void **state)
{
    struct set *set = *state;
    with_users(set);
    const struct op_result *r =
        want(set, LF_VERB_UPDATE, "user",
             "{'database':'main','name':'writer','role':'read'," PASSWORD("correct horse") "}");
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(as("main_writer", "select * from t"), 0);
    assert_int_not_equal(as("main_writer", "insert into t (b) values (2)"), 0);
    want(set, LF_VERB_UPDATE, "user", "{'database':'main','name':'admin','role':'write'}");
    IS("0", ASK("select count(*) from pg_auth_members m join pg_roles r on r.oid = m.member where rolname ="
                " 'main_admin'"));
    r = by_id(set, LF_VERB_READ, "user", "main/admin");
    assert_string_equal(value_get_text(r->state, "role", ""), "write");
    assert_string_equal(value_get_text(r->state, "login", ""), "main_admin");
    ASK("alter role main_reader nologin");
    r = by_id(set, LF_VERB_READ, "user", "main/reader");
    assert_int_equal(r->status, LF_END_OK);
    assert_null(value_get(r->state, "role"));
    ASK_MAIN("alter default privileges for role \"" MARKER "\" grant truncate on tables to main_writer");
    assert_null(value_get(by_id(set, LF_VERB_READ, "user", "main/writer")->state, "role"));
}

static void test_a_password_is_nowhere_but_in_its_verifier(void **state)
{
    struct set *set = *state;
    with_users(set);
    IS("t",
       ASK("select rolpassword like 'SCRAM-SHA-256$4096:%%' from pg_authid where rolname = 'main_reader'"));
    assert_int_not_equal(postgres_try(&server, "main", "main_reader", "wrong", NULL, "select 1"), 0);
    assert_true(postgres_logged(&server, "SCRAM-SHA-256$4096:"));
    assert_false(postgres_logged(&server, "correct horse"));
    want(set, LF_VERB_UPDATE, "user", "{'database':'main','name':'reader','role':'read'}");
    assert_int_not_equal(as("main_reader", "select 1"), 0);
    IS("t", ASK("select rolpassword is null from pg_authid where rolname = 'main_reader'"));
}

static void test_what_a_user_owns_outlives_it(void **state)
{
    struct set *set = *state;
    with_users(set);
    /* Not in the owner's name: it may, but need not. */
    assert_int_equal(
        as("main_admin", "set role main_admin; create table x (a int); insert into x values (7)"), 0);
    IS("main_admin", ASK_MAIN("select tableowner from pg_tables where tablename = 'x'"));
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "user", "main/admin")->status, LF_END_GONE);
    IS("7", ASK_MAIN("select a from x"));
    IS(MARKER, ASK_MAIN("select tableowner from pg_tables where tablename = 'x'"));
    IS("0", ASK("select count(*) from pg_roles where rolname = 'main_admin'"));
    ASK("create database theirs owner main_writer");
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "user", "main/writer")->status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, "database.user_in_use"));
    assert_true(says(set, "theirs"));
    IS("1", ASK("select count(*) from pg_roles where rolname = 'main_writer'"));
}

static void test_a_user_whose_database_is_gone_can_still_be_destroyed(void **state)
{
    struct set *set = *state;
    with_users(set);
    ASK("drop database main with (force)");
    const struct op_result *r = by_id(set, LF_VERB_READ, "user", "main/writer");
    assert_int_equal(r->status, LF_END_OK);
    assert_null(value_get(r->state, "role"));
    refused(set, LF_VERB_CREATE, "user", "{'database':'main','name':'new'}", "database.no_database");
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "user", "main/writer")->status, LF_END_GONE);
    IS("0", ASK("select count(*) from pg_roles where rolname = 'main_writer'"));
}

static void test_users_of_one_role_name_never_share_it(void **state)
{
    struct set *set = *state;
    made(set, "database", "{'name':'a'}");
    struct op_item item = {.verb = LF_VERB_CREATE, .marker = THEIRS};
    item.desired = bench_value(set->b, "{'name':'a_b'}");
    bench_run(set->b, "database", item);
    made(set, "user", "{'database':'a','name':'b_c'}");
    item.desired = bench_value(set->b, "{'database':'a_b','name':'c'}");
    const struct op_result *r = bench_run(set->b, "user", item);
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_null(r->marker); /* of another user: nobody's, as far as this one goes */
    ASK("create role a_old login");
    assert_int_equal(want(set, LF_VERB_CREATE, "user", "{'database':'a','name':'old'}")->status,
                     LF_END_EXISTS);
    refused(set, LF_VERB_PLAN, "user",
            "{'database':'a','name':'a23456789012345678901234567890123456789012345678901234567890123'}",
            "database.bad_name");
    refused(set, LF_VERB_PLAN, "user", "{'database':'a','name':'x','role':'owner'}", "database.bad_role");
    refused(set, LF_VERB_PLAN, "user", "{'database':'nowhere/a','name':'x'}", "database.bad_name");
}

/* ---- looking and preparing --------------------------------------------------------------------- */

static void test_verbs_that_look_change_nothing(void **state)
{
    struct set *set = *state;
    static const char *const objects[][3] = {
        {"cluster", "primary", "{'name':'primary'}"},
        {"database", "main", "{'name':'main'}"},
        {"user", "main/a", "{'database':'main','name':'a'}"},
        {"migration", "main/1", "{'database':'main','name':'1','sql':'create table only_planned (a int)'}"},
    };
    static const uint32_t verbs[] = {LF_VERB_READ, LF_VERB_PLAN, LF_VERB_FIND, LF_VERB_OWNED,
                                     LF_VERB_ESTIMATE};
    const char *count = "select (select count(*) from pg_class), (select count(*) from pg_roles),"
                        " (select count(*) from pg_database), (select count(*) from pg_namespace)";
    const char *before = arena_text(set->mem, postgres_ask(&server, "landfall", "%s", count));
    bench_read_only(set->b, true);
    for (size_t o = 0; o < 4; o++) {
        for (size_t v = 0; v < sizeof(verbs) / sizeof(verbs[0]); v++) {
            struct op_item item = {.verb = verbs[v], .id = objects[o][1]};
            item.desired = verbs[v] == LF_VERB_READ ? NULL : bench_value(set->b, objects[o][2]);
            const struct op_result *r = bench_run(set->b, objects[o][0], item);
            assert_true(r->status == LF_END_OK || r->status == LF_END_GONE || r->status == LF_END_REFUSED);
        }
    }
    struct op_item item = {.verb = LF_VERB_PREFLIGHT};
    assert_int_equal(bench_run(set->b, NULL, item)->status, LF_END_OK);
    IS(before, postgres_ask(&server, "landfall", "%s", count));
    assert_false(postgres_logged(&server, "only_planned"));
}

static void test_a_reader_looks_with_its_own_login(void **state)
{
    struct set *set = *state;
    ASK("create role watcher login password 'watcher-password'");
    struct bench *other =
        open_bench(set->mem, server.port,
                   ",'reader':'watcher','reader_password':{'$secret':{'source':'test:watcher-password'}}");
    struct op_item item = {.verb = LF_VERB_CREATE};
    item.desired = bench_value(other, "{'name':'main'}");
    assert_int_equal(bench_run(other, "database", item)->status, LF_END_OK);
    item.desired = bench_value(other, "{'database':'main','name':'0001','sql':'create table t (a int)'}");
    assert_int_equal(bench_run(other, "migration", item)->status, LF_END_OK);
    item.desired = bench_value(other, "{'name':'far'}");
    assert_int_equal(bench_run(other, "cluster", item)->status, LF_END_OK);
    bench_read_only(other, true);
    item = (struct op_item){.verb = LF_VERB_READ, .id = "main/0001"};
    assert_int_equal(bench_run(other, "migration", item)->status, LF_END_OK);
    item.id = "far";
    assert_int_equal(bench_run(other, "cluster", item)->status, LF_END_OK);
    IS("t|0",
       ASK("select count(*) filter (where usename = 'watcher') > 0, count(*) filter (where usename <>"
           " 'watcher' and query like '%%landfall.%%' and backend_start > now()) from pg_stat_activity"));
    bench_close(other);
}

static void preflight(struct set *set, const char *settings, uint32_t status, const char *code)
{
    struct bench *other = bench_open(DRIVER, settings);
    struct op_item item = {.verb = LF_VERB_PREFLIGHT};
    const struct op_result *r = bench_run(other, NULL, item);
    if (r->status != status || (code && !bench_has_note(other, code))) {
        struct set told = {set->mem, other};
        fail_with_notes(&told, r, settings);
    }
    bench_close(other);
}

static void test_preflight_says_what_is_missing(void **state)
{
    struct set *set = *state;
#define SETTINGS(host, user, database, password, more)                                                       \
    arena_print(set->mem,                                                                                    \
                "{'host':'%s','port':%d,'user':'%s','dbname':'%s','password':{'$secret':{'source':"          \
                "'test:%s'}}%s}",                                                                            \
                host, server.port, user, database, password, more)
    preflight(set, SETTINGS("localhost", "landfall", "landfall", "landfall-password", ""), LF_END_OK, NULL);
    preflight(set, SETTINGS("127.0.0.1", "landfall", "landfall", "wrong-password", ""), LF_END_REFUSED,
              "database.login_refused");
    preflight(set, SETTINGS("127.0.0.1", "nobody-here", "landfall", "landfall-password", ""), LF_END_REFUSED,
              "database.login_refused");
    preflight(set, SETTINGS("127.0.0.1", "landfall", "nowhere", "landfall-password", ""), LF_END_REFUSED,
              "database.no_database");
    /* A cluster that shares the server alone is asked about its own database and password. */
    preflight(set,
              SETTINGS("127.0.0.1", "landfall", "landfall", "landfall-password",
                       ",'clusters':[{'name':'a'},{'name':'b','dbname':'nowhere'}]"),
              LF_END_REFUSED, "database.no_database");
    preflight(set,
              SETTINGS("127.0.0.1", "landfall", "landfall", "landfall-password",
                       ",'clusters':[{'name':'a'},{'name':'b','user':'landfall','password':"
                       "{'$secret':{'source':'test:wrong-password'}}}]"),
              LF_END_REFUSED, "database.login_refused");
    preflight(set, SETTINGS("127.0.0.1", "landfall", "landfall", "landfall-password", ",'sslmode':'require'"),
              LF_END_REFUSED, "database.tls_refused");
    preflight(set, SETTINGS("no-such-host.invalid", "landfall", "landfall", "x", ",'sslmode':'disable'"),
              LF_END_CANNOT_TELL, "database.unreachable");
    preflight(set, "{'host':'127.0.0.1','port':1,'user':'landfall'}", LF_END_CANNOT_TELL,
              "database.unreachable");
    preflight(set, SETTINGS("127.0.0.1", "stranger", "landfall", "stranger-password", ""), LF_END_REFUSED,
              "database.cannot_create_databases");
    preflight(set, SETTINGS("127.0.0.1", "stranger", "landfall", "stranger-password", ""), LF_END_REFUSED,
              "database.cannot_create_roles");
    preflight(set, SETTINGS("127.0.0.1", "stranger", "landfall", "stranger-password", ""), LF_END_REFUSED,
              "database.no_ledger_right");
    preflight(set, SETTINGS("127.0.0.1", "landfall", "postgres", "landfall-password", ""), LF_END_REFUSED,
              "database.no_ledger_right");
    preflight(set,
              SETTINGS("127.0.0.1", "landfall", "landfall", "landfall-password",
                       ",'reader':'stranger','reader_password':{'$secret':{'source':'test:not-this-one'}}"),
              LF_END_REFUSED, "database.login_refused");
    preflight(
        set,
        SETTINGS("127.0.0.1", "landfall", "landfall", "wrong-password",
                 ",'reader':'stranger','reader_password':{'$secret':{'source':'test:stranger-password'}}"),
        LF_END_REFUSED, "database.login_refused");
}

/* The suite that every driver passes, third parties' too. */
static void test_the_conformance_suite_is_passed(void **state)
{
    struct set *set = *state;
    static char out[65536];
    const char *psql =
        arena_print(set->mem, "psql, -q, -h, %s, -p, '%d', -U, postgres, -c", server.folder, server.port);
    const char *sheet = arena_print(
        set->mem,
        "settings:\n"
        "  { host: 127.0.0.1, port: %d, user: landfall, password: !secret env:LANDFALL_TEST, dbname: "
        "landfall,\n"
        "    clusters: [{ name: primary, size: small, replicas: 1 }] }\n"
        "types:\n"
        "  cluster: { skip: a cluster is a server of the settings and cannot have a name of the suite's }\n"
        "  database:\n"
        "    update: { options: { public_connect: true } }\n"
        "    foreign: [%s, 'create database ${name}']\n"
        "    foreign_remove: [%s, 'drop database ${name}']\n"
        "  user: { needs: [database] }\n"
        "  schema:\n"
        "    needs: [database]\n"
        "    create: { database: '${database.id}', name: '${name}' }\n"
        "    replace: { name: '${name}b' }\n"
        "  extension:\n"
        "    needs: [database]\n"
        "    create: { database: '${database.id}', name: hstore, version: '1.7' }\n"
        "    update: { version: '1.8' }\n"
        "  grant:\n"
        "    needs: [database, user]\n"
        "    create: { database: '${database.id}', name: '${name}', user: '${user.id}', kind: schema,\n"
        "              object: public, privileges: [create] }\n"
        "  publication: { skip: a publication needs a table }\n"
        "  subscription: { skip: a subscription needs a second server }\n"
        "  schema_copy: { skip: a copy needs a reference }\n",
        server.port, psql, psql);
    char path[128];
    struct err err;
    (void)snprintf(path, sizeof(path), "%s/sheet.yaml", server.folder);
    assert_true(file_replace(path, sheet, strlen(sheet), 0644, &err));
    if (server_try(out, sizeof(out),
                   "LANDFALL_TEST=landfall-password NO_COLOR=1 " PLUGINS_FOLDER
                   "/../core/landfall plugin test " DRIVER " --settings %s 2>&1",
                   path) != 0)
        fail_msg("%s", out);
    assert_non_null(strstr(out, "0 failed"));
}

static void test_bad_settings_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{}",
        "{'host':'127.0.0.1'}",
        "{'host':'127.0.0.1','user':'x','port':0}",
        "{'host':'127.0.0.1','user':'x','port':70000}",
        "{'host':'127.0.0.1','user':'x','sslmode':'prefer'}",
        "{'user':'x','clusters':[{'name':'a'}]}",
        "{'host':'127.0.0.1','user':'x','clusters':[{'name':'a'},{'name':'a'}]}",
        "{'host':'127.0.0.1','user':'x','clusters':[{'name':'a/b'}]}",
        "{'host':'127.0.0.1','user':'x','clusters':[{'name':'a','replicas':101}]}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct bench *b = NULL;
        struct err err;
        if (bench_try(DRIVER, bad[i], &b, &err))
            fail_msg("opened with %s", bad[i]);
    }
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, open_set, close_set)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_a_database_is_owned_by_a_role_that_is_its_mark),
        STORY(test_creating_a_database_twice_keeps_its_data),
        STORY(test_destroying_takes_the_role_along_and_may_be_asked_again),
        STORY(test_a_database_of_somebody_else_is_left_alone),
        STORY(test_another_marker_is_told),
        STORY(test_a_copy_of_ours_is_nobodys),
        STORY(test_a_role_without_its_database_is_gone_on_with_or_destroyed),
        STORY(test_a_role_of_our_name_that_is_not_ours_stops_a_create),
        STORY(test_a_database_that_the_server_refuses_leaves_no_role),
        STORY(test_a_found_database_is_adopted_while_its_marker_is_the_one_seen),
        STORY(test_a_session_in_a_database_keeps_it_and_ours_are_not_in_the_way),
        STORY(test_bad_databases_are_refused_in_plan),
        STORY(test_odd_names_are_quoted),
        STORY(test_options_of_a_database_come_back_as_they_went),
        STORY(test_a_cluster_is_a_listed_server_taken_into_use),
        STORY(test_a_cluster_of_another_shape_is_refused_naming_the_attribute),
        STORY(test_a_cluster_in_use_by_somebody_else_is_left_alone),
        STORY(test_each_role_may_do_what_it_says_and_no_more),
        STORY(test_rights_hold_for_what_is_made_later),
        STORY(test_a_users_role_may_be_changed_and_a_change_by_hand_is_seen),
        STORY(test_a_password_is_nowhere_but_in_its_verifier),
        STORY(test_what_a_user_owns_outlives_it),
        STORY(test_a_user_whose_database_is_gone_can_still_be_destroyed),
        STORY(test_users_of_one_role_name_never_share_it),
        STORY(test_verbs_that_look_change_nothing),
        STORY(test_a_reader_looks_with_its_own_login),
        STORY(test_preflight_says_what_is_missing),
        STORY(test_the_conformance_suite_is_passed),
        STORY(test_bad_settings_are_refused),
    };
    int missing = postgres_missing();
    return missing ? missing : cmocka_run_group_tests(tests, start, stop);
}
