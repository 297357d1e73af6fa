#include "postgres_set.h"

#include <unistd.h>

/* database-postgresql on servers of its own: schemas, extensions, grants, publications, subscriptions and
 * copies of a schema, judged by psql. */

static void with_table(struct set *set)
{
    made(set, "database", "{'name':'main'}");
    made(set, "migration",
         migration(set, "0001", "create table t (a int primary key, b text); create table u (a int)"));
}

static const struct op_result *update(struct set *set, const char *type, const char *json)
{
    const struct op_result *r = want(set, LF_VERB_UPDATE, type, json);
    if (r->broke || r->status != LF_END_OK)
        fail_with_notes(set, r, json);
    return r;
}

/* Two creates are one, another marker is told and left alone, what is destroyed is gone, twice. */
static void lives(struct set *set, const char *type, const char *id, const char *json, const char *count)
{
    const struct op_result *first = made(set, type, json);
    assert_string_equal(first->id, id);
    assert_string_equal(first->marker, MARKER);
    const struct op_result *again = made(set, type, json);
    assert_true(value_equal(first->state, again->state));
    IS("1", ASK_MAIN("%s", count));
    struct op_item item = {.verb = LF_VERB_CREATE, .marker = THEIRS, .desired = bench_value(set->b, json)};
    const struct op_result *r = bench_run(set->b, type, item);
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, MARKER);
    item = (struct op_item){.verb = LF_VERB_DESTROY, .marker = THEIRS, .id = id};
    assert_int_equal(bench_run(set->b, type, item)->status, LF_END_EXISTS);
    item = (struct op_item){.verb = LF_VERB_RECOVER, .marker = THEIRS, .id = id};
    assert_int_equal(bench_run(set->b, type, item)->status, LF_END_EXISTS);
    assert_int_equal(by_id(set, LF_VERB_RECOVER, type, id)->status, LF_END_OK);
    item = (struct op_item){.verb = LF_VERB_PLAN, .id = id, .prior = first->state};
    item.desired = bench_value(set->b, json);
    r = bench_run(set->b, type, item);
    if (r->action != LF_DO_KEEP)
        fail_msg("a plan right after create changes '%s'", r->because ? r->because[0] : "?");
    size_t found = 0;
    item = (struct op_item){.verb = LF_VERB_OWNED};
    assert_int_equal(bench_run(set->b, type, item)->status, LF_END_OK);
    assert_string_equal(bench_found(set->b, &found)[0].id, id);
    assert_int_equal(found, 1);
    item = (struct op_item){.verb = LF_VERB_DESTROY, .id = id, .prior = first->state};
    assert_int_equal(bench_run(set->b, type, item)->status, LF_END_GONE);
    IS("0", ASK_MAIN("%s", count));
    assert_int_equal(bench_run(set->b, type, item)->status, LF_END_GONE);
    assert_int_equal(by_id(set, LF_VERB_READ, type, id)->status, LF_END_GONE);
}

/* ---- schemas and extensions -------------------------------------------------------------------- */

static void test_a_schema_carries_its_mark_as_its_comment(void **state)
{
    struct set *set = *state;
    with_table(set);
    made(set, "user", "{'database':'main','name':'app','role':'write'}");
    lives(set, "schema", "main/More", "{'database':'main','name':'More'}",
          "select count(*) from pg_namespace where nspname = 'More'");
    made(set, "schema", "{'database':'main','name':'more'}");
    ASK_MAIN("set role \"" MARKER "\"; create table more.x (a int)");
    IS(MARKER "|t",
       ASK_MAIN("select r.rolname, has_table_privilege('main_app', 'more.x', 'insert') from pg_namespace"
                " n join pg_roles r on r.oid = n.nspowner where nspname = 'more'"));
    const struct op_result *r = by_id(set, LF_VERB_DESTROY, "schema", "main/more");
    assert_int_equal(r->status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, "database.schema_in_use"));
    IS("1", ASK_MAIN("select count(*) from pg_tables where schemaname = 'more'"));
    refused(set, LF_VERB_PLAN, "schema", "{'database':'main','name':'landfall'}", "database.bad_name");
    refused(set, LF_VERB_PLAN, "schema", "{'database':'main','name':'pg_mine'}", "database.bad_name");
    assert_int_equal(want(set, LF_VERB_CREATE, "schema", "{'database':'main','name':'public'}")->status,
                     LF_END_EXISTS);
}

static void test_an_extension_is_made_marked_and_dropped(void **state)
{
    struct set *set = *state;
    with_table(set);
    lives(set, "extension", "main/hstore", "{'database':'main','name':'hstore'}",
          "select count(*) from pg_extension where extname = 'hstore'");
    made(set, "extension", "{'database':'main','name':'hstore','version':'1.7'}");
    const struct op_result *r =
        update(set, "extension", "{'database':'main','name':'hstore','version':'1.8'}");
    assert_string_equal(value_get_text(r->state, "version", ""), "1.8");
    IS("1.8", ASK_MAIN("select extversion from pg_extension where extname = 'hstore'"));
    ASK_MAIN("create table h (a hstore)");
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "extension", "main/hstore")->status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, "database.extension_in_use"));
    r = want(set, LF_VERB_CREATE, "extension", "{'database':'main','name':'no_such_extension'}");
    assert_int_equal(r->status, LF_END_REFUSED);
    refused(set, LF_VERB_CREATE, "extension", "{'database':'main','name':'pg_stat_statements'}",
            "database.not_allowed");
    assert_int_equal(want(set, LF_VERB_CREATE, "extension", "{'database':'main','name':'plpgsql'}")->status,
                     LF_END_EXISTS);
}

/* ---- grants ------------------------------------------------------------------------------------ */

#define GRANT(privileges)                                                                                    \
    "{'database':'main','name':'g','user':'main/"                                                            \
    "app','kind':'table','object':'public.t','privileges':[" privileges "]}"
#define MAY                                                                                                  \
    "select string_agg(p, ' ') from unnest(array['select', 'insert', 'update', 'truncate']) p where"         \
    " has_table_privilege('main_app', 't', p)"

static void test_a_grant_adds_privileges_and_takes_back_those_it_added(void **state)
{
    struct set *set = *state;
    with_table(set);
    made(set, "user", "{'database':'main','name':'app','role':'read'}");
    lives(set, "grant", "main/g", GRANT("'insert','select'"), "select count(*) from landfall.grants");
    IS("select", ASK_MAIN(MAY)); /* that is its role's, not the grant's */
    made(set, "grant", GRANT("'insert','select'"));
    IS("select insert", ASK_MAIN(MAY));
    const struct op_result *r = update(set, "grant", GRANT("'truncate'"));
    assert_true(value_equal(value_get(r->state, "privileges"), bench_value(set->b, "['truncate']")));
    IS("select truncate", ASK_MAIN(MAY));
    ASK_MAIN("revoke truncate on t from main_app");
    r = by_id(set, LF_VERB_READ, "grant", "main/g");
    assert_true(value_equal(value_get(r->state, "privileges"), bench_value(set->b, "[]")));
    update(set, "grant", GRANT("'truncate'"));
    IS("select truncate", ASK_MAIN(MAY));
    ASK_MAIN("drop table t");
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "grant", "main/g")->status, LF_END_GONE);
}

static void test_grants_on_other_kinds_of_object(void **state)
{
    struct set *set = *state;
    with_table(set);
    made(set, "migration",
         migration(set, "0002",
                   "create schema s; create sequence s.\\\"Q\\\"; create function s.f(int) returns int"
                   " language sql as $$ select 1 $$; revoke all on function s.f from public"));
    made(set, "user", "{'database':'main','name':'app','role':'read'}");
    made(set, "grant",
         "{'database':'main','name':'a','user':'main/app','kind':'schema','object':'s','privileges':["
         "'create']}");
    made(set, "grant",
         "{'database':'main','name':'b','user':'main/app','kind':'sequence','object':'s.\\\"Q\\\"',"
         "'privileges':['usage']}");
    made(set, "grant",
         "{'database':'main','name':'c','user':'main/app','kind':'function','object':'s.f(integer)',"
         "'privileges':['execute']}");
    IS("t|t|t",
       ASK_MAIN("select has_schema_privilege('main_app', 's', 'create'), has_sequence_privilege('main_app',"
                " 's.\"Q\"', 'usage'), has_function_privilege('main_app', 's.f(int)', 'execute')"));
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "grant", "main/b")->status, LF_END_GONE);
    IS("f", ASK_MAIN("select has_sequence_privilege('main_app', 's.\"Q\"', 'usage')"));
    static const char *const bad[][2] = {
        {"{'database':'main','name':'x','user':'main/"
         "app','kind':'database','object':'t','privileges':['select']}",
         "database.bad_kind"},
        {"{'database':'main','name':'x','user':'main/app','object':'t','privileges':['execute']}",
         "database.bad_privilege"},
        {"{'database':'main','name':'x','user':'main/app','object':'t','privileges':['select, insert']}",
         "database.bad_privilege"},
        {"{'database':'main','name':'x','user':'other/app','object':'t','privileges':['select']}",
         "database.bad_name"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refused(set, LF_VERB_PLAN, "grant", bad[i][0], bad[i][1]);
    refused(set, LF_VERB_CREATE, "grant",
            "{'database':'main','name':'x','user':'main/app','object':'nowhere','privileges':['select']}",
            "database.server_refused");
}

/* ---- publications and subscriptions ------------------------------------------------------------ */

static void test_a_publication_of_tables_changes_with_what_is_asked(void **state)
{
    struct set *set = *state;
    with_table(set);
    lives(set, "publication", "main/p", "{'database':'main','name':'p','tables':['t','public.u']}",
          "select count(*) from pg_publication");
    made(set, "publication", "{'database':'main','name':'p','tables':['t']}");
    update(set, "publication",
           "{'database':'main','name':'p','tables':['u','t'],'operations':['insert','delete']}");
    IS("t,u|t|f|t|f|" MARKER, ASK_MAIN("select (select string_agg(tablename, ',' order by 1) from "
                                       "pg_publication_tables), pubinsert, pubupdate,"
                                       " pubdelete, pubtruncate, (select rolname from pg_roles where oid = "
                                       "pubowner) from pg_publication"));
    ASK_MAIN("alter publication p drop table u");
    const struct op_result *r = by_id(set, LF_VERB_READ, "publication", "main/p");
    assert_true(value_equal(value_get(r->state, "tables"), bench_value(set->b, "['t']")));
    refused(set, LF_VERB_CREATE, "publication", "{'database':'main','name':'all'}", "database.not_allowed");
    refused(set, LF_VERB_PLAN, "publication", "{'database':'main','name':'q','tables':[]}",
            "database.no_tables");
    refused(set, LF_VERB_PLAN, "publication", "{'database':'main','name':'q','operations':['merge']}",
            "database.bad_operation");
    refused(set, LF_VERB_CREATE, "publication", "{'database':'main','name':'q','tables':['nowhere']}",
            "database.server_refused");
}

/* The publisher is the test's server, the subscriber another one, where landfall is a superuser. */
struct following {
    struct postgres other;
    struct set here;
};

static void open_following(struct set *set, struct following *pair)
{
    with_table(set);
    made(set, "publication", "{'database':'main','name':'p','tables':['t']}");
    ASK_MAIN("insert into t values (1, 'old'); create role follower login replication password "
             "'follow-the-leader';"
             "grant connect on database main to follower; grant select on t to follower");
    postgres_start(&pair->other, "");
    pair->here.mem = set->mem;
    pair->here.b = bench_open(
        DRIVER, arena_print(set->mem,
                            "{'host':'127.0.0.1','port':%d,'user':'postgres','password':{'$secret':"
                            "{'source':'test:superuser-password'}}}",
                            pair->other.port));
    made(&pair->here, "database", "{'name':'main'}");
    made(&pair->here, "migration", migration(set, "0001", "create table t (a int primary key, b text)"));
}

static void close_following(struct following *pair)
{
    bench_close(pair->here.b);
    postgres_remove(&pair->other);
    ASK_MAIN("select pg_drop_replication_slot(slot_name) from pg_replication_slots");
    ASK_MAIN("drop owned by follower; drop role follower");
}

static const char *subscription(struct set *set, const char *more)
{
    return arena_print(set->mem,
                       "{'database':'main','name':'s','source_host':'127.0.0.1','source_port':%d,"
                       "'source_database':'main','source_user':'follower','source_password':{'$secret':"
                       "{'source':'test:follow-the-leader'}},'publications':['p']%s}",
                       server.port, more);
}

static void arrives(const struct postgres *other, const char *count)
{
    for (int tries = 0; tries < 1200; tries++) {
        if (strcmp(postgres_ask(other, "main", "select count(*) from t"), count) == 0)
            return;
        usleep(50000);
    }
    fail_msg("not %s rows arrived", count);
}

#define SLOTS "select count(*) from pg_replication_slots where slot_name !~ '_sync_'"

static void test_a_subscription_follows_and_takes_its_slot_along(void **state)
{
    struct set *set = *state;
    struct following pair;
    open_following(set, &pair);
    const struct op_result *r =
        made(&pair.here, "subscription", subscription(set, ",'copy_data':true,'enabled':true"));
    assert_string_equal(r->marker, MARKER);
    IS("lf1_benchbenchbenchbenchbenchbe",
       ASK("select slot_name from pg_replication_slots where slot_name !~ '_sync_'"));
    arrives(&pair.other, "1");
    ASK_MAIN("insert into t values (2, 'new')");
    arrives(&pair.other, "2");
    made(&pair.here, "subscription", subscription(set, ",'copy_data':true,'enabled':true"));
    IS("1", postgres_ask(&pair.other, "main", "select count(*) from pg_subscription"));
    assert_false(postgres_logged(&pair.other, "follow-the-leader"));
    struct op_item item = {.verb = LF_VERB_PLAN, .id = r->id, .prior = r->state};
    item.desired = bench_value(pair.here.b, subscription(set, ",'copy_data':true,'enabled':true"));
    assert_int_equal(bench_run(pair.here.b, "subscription", item)->action, LF_DO_KEEP);
    r = update(&pair.here, "subscription", subscription(set, ",'enabled':false"));
    IS("f", postgres_ask(&pair.other, "main", "select subenabled from pg_subscription"));
    item = (struct op_item){.verb = LF_VERB_DESTROY, .id = "main/s", .prior = r->state, .marker = THEIRS};
    assert_int_equal(bench_run(pair.here.b, "subscription", item)->status, LF_END_EXISTS);
    item.marker = NULL;
    assert_int_equal(bench_run(pair.here.b, "subscription", item)->status, LF_END_GONE);
    assert_int_equal(bench_run(pair.here.b, "subscription", item)->status, LF_END_GONE);
    IS("0", ASK(SLOTS));
    close_following(&pair);
}

static void
test_a_slot_that_a_crash_left_is_used_and_one_that_cannot_be_reached_is_not_forgotten(void **state)
{
    struct set *set = *state;
    struct following pair;
    open_following(set, &pair);
    ASK_MAIN("select pg_create_logical_replication_slot('lf1_benchbenchbenchbenchbenchbe', 'pgoutput')");
    const struct op_result *r = made(&pair.here, "subscription", subscription(set, ""));
    arrives(&pair.other, "1");
    postgres_stop(&server);
    struct op_item item = {.verb = LF_VERB_DESTROY, .id = "main/s", .prior = r->state};
    assert_int_equal(bench_run(pair.here.b, "subscription", item)->status, LF_END_RETRY);
    IS("1", postgres_ask(&pair.other, "main", "select count(*) from pg_subscription"));
    /* Given up on purpose: the slot stays, and somebody has to know. */
    item.prior = bench_value(pair.here.b, subscription(set, ",'options':{'abandon_slot':true}"));
    assert_int_equal(bench_run(pair.here.b, "subscription", item)->status, LF_END_GONE);
    postgres_go_on(&server, "");
    IS("1", ASK(SLOTS));
    close_following(&pair);
}

static void test_bad_subscriptions_are_refused(void **state)
{
    struct set *set = *state;
    with_table(set);
    refused(set, LF_VERB_PLAN, "subscription",
            "{'database':'main','name':'s','source_host':'h','source_database':'d','source_user':'u',"
            "'publications':[]}",
            "database.no_publications");
    refused(set, LF_VERB_PLAN, "subscription",
            "{'database':'main','name':'s','source_host':'h','source_port':0,'source_database':'d',"
            "'source_user':'u','publications':['p']}",
            "database.bad_port");
    refused(set, LF_VERB_PLAN, "subscription", subscription(set, ",'options':{'sslmode':'prefer'}"),
            "database.bad_option");
    /* PostgreSQL 15 lets only superusers subscribe, and landfall is none here. */
    refused(set, LF_VERB_CREATE, "subscription",
            "{'database':'main','name':'s','source_host':'h','source_database':'d','source_user':'u',"
            "'publications':['p']}",
            "database.not_allowed");
}

/* ---- copies of a schema ------------------------------------------------------------------------ */

static const char *copy(struct set *set, const char *more)
{
    return arena_print(set->mem,
                       "{'database':'main','name':'c','source_host':'127.0.0.1','source_port':%d,"
                       "'source_database':'reference','source_user':'postgres','source_password':"
                       "{'$secret':{'source':'test:superuser-password'}}%s}",
                       server.port, more);
}

static void with_reference(struct set *set)
{
    made(set, "database", "{'name':'main'}");
    ASK("create database reference; \\c reference\n"
        "create schema billing; create table billing.invoice (id serial primary key, total numeric(10,2));"
        "create table customer (id int primary key, name text not null, invoice int references "
        "billing.invoice);"
        "create view v as select * from customer; insert into customer values (1, 'Ann');"
        "create function f() returns trigger language plpgsql as $$ begin return new; end $$;"
        "create trigger g before insert on customer for each row execute function f();"
        "create schema landfall; create table landfall.calls (token text)");
}

static void test_a_schema_is_copied_without_its_rows_once(void **state)
{
    struct set *set = *state;
    with_reference(set);
    const struct op_result *r = made(set, "schema_copy", copy(set, ""));
    assert_int_equal(strlen(value_get_text(r->state, "checksum", "")), 64);
    IS("0|" MARKER "|1|1",
       ASK_MAIN("select (select count(*) from customer), (select tableowner from pg_tables where tablename ="
                " 'invoice'), (select count(*) from pg_trigger where tgname = 'g'), (select count(*) from"
                " landfall.copies)"));
    ASK("\\c reference\n create table more (a int)");
    made(set, "schema_copy", copy(set, ""));
    IS("0", ASK_MAIN("select count(*) from pg_tables where tablename = 'more'"));
    assert_int_equal(by_id(set, LF_VERB_DESTROY, "schema_copy", "main/c")->status, LF_END_GONE);
    IS("1", ASK_MAIN("select count(*) from pg_tables where tablename = 'customer'"));
    assert_int_equal(by_id(set, LF_VERB_READ, "schema_copy", "main/c")->status, LF_END_GONE);
    made(set, "schema_copy", copy(set, ""));
    assert_false(postgres_logged(&server, "superuser-password"));
}

static void test_a_copy_may_be_of_some_schemas_and_fails_whole(void **state)
{
    struct set *set = *state;
    with_reference(set);
    ASK_MAIN("set role \"" MARKER "\"; create table customer (a int)");
    const struct op_result *r = want(set, LF_VERB_CREATE, "schema_copy", copy(set, ""));
    assert_int_equal(r->status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, "database.copy_failed"));
    assert_true(says(set, "relation \"customer\" already exists"));
    IS("0", ASK_MAIN("select count(*) from pg_namespace where nspname = 'billing'"));
    made(set, "schema_copy", copy(set, ",'schemas':['billing']"));
    IS("1", ASK_MAIN("select count(*) from pg_tables where schemaname = 'billing'"));
    const char *json = arena_print(set->mem,
                                   "{'database':'main','name':'d','source_host':'127.0.0.1','source_port':%d,"
                                   "'source_database':'nowhere','source_user':'postgres','source_password':"
                                   "{'$secret':{'source':'test:superuser-password'}}}",
                                   server.port);
    assert_int_equal(want(set, LF_VERB_CREATE, "schema_copy", json)->status, LF_END_FAILED);
    assert_true(bench_has_note(set->b, "database.dump_failed"));
    assert_true(says(set, "database \"nowhere\" does not exist"));
    refused(set, LF_VERB_PLAN, "schema_copy", copy(set, ",'schemas':['a\\\"b']"), "database.bad_name");
}

/* What it says is run as SQL: over an open connection, anybody on the way could say it. */
static void test_a_reference_far_away_is_not_asked_without_tls(void **state)
{
    struct set *set = *state;
    with_reference(set);
    /* Linux takes it for this machine; the driver does not know that. */
    static const char far[] = "{'database':'main','name':'c','source_host':'0.0.0.0','source_port':%d,"
                              "'source_database':'reference','source_user':'postgres','source_password':"
                              "{'$secret':{'source':'test:superuser-password'}}%s}";
    const char *bare = arena_print(set->mem, far, server.port, "");
    assert_int_equal(want(set, LF_VERB_CREATE, "schema_copy", bare)->status, LF_END_FAILED);
    assert_true(bench_has_note(set->b, "database.dump_failed"));
    assert_true(says(set, "SSL"));
    IS("0", ASK_MAIN("select count(*) from pg_tables where tablename = 'customer'"));
    made(set, "schema_copy", arena_print(set->mem, far, server.port, ",'options':{'sslmode':'disable'}"));
    IS("1", ASK_MAIN("select count(*) from pg_tables where tablename = 'customer'"));
    refused(set, LF_VERB_PLAN, "schema_copy", copy(set, ",'options':{'sslmode':'prefer'}"),
            "database.bad_option");
    refused(set, LF_VERB_PLAN, "schema_copy",
            arena_print(set->mem, far, 65536, ",'options':{'sslmode':'disable'}"), "database.bad_port");
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, open_set, close_set)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_a_schema_carries_its_mark_as_its_comment),
        STORY(test_an_extension_is_made_marked_and_dropped),
        STORY(test_a_grant_adds_privileges_and_takes_back_those_it_added),
        STORY(test_grants_on_other_kinds_of_object),
        STORY(test_a_publication_of_tables_changes_with_what_is_asked),
        STORY(test_a_subscription_follows_and_takes_its_slot_along),
        STORY(test_a_slot_that_a_crash_left_is_used_and_one_that_cannot_be_reached_is_not_forgotten),
        STORY(test_bad_subscriptions_are_refused),
        STORY(test_a_schema_is_copied_without_its_rows_once),
        STORY(test_a_reference_far_away_is_not_asked_without_tls),
        STORY(test_a_copy_may_be_of_some_schemas_and_fails_whole),
    };
    int missing = postgres_missing();
    return missing ? missing : cmocka_run_group_tests(tests, start, stop);
}
