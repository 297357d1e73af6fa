#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "bench.h"
#include "model/value.h"
#include "world.h"

#define DRIVER PLUGINS_FOLDER "/database-local.so"

/* One test's folder and driver. */
struct set {
    struct arena *mem;
    char *folder;
    const char *data;
    struct bench *b;
};

static struct bench *open_bench(const struct set *set)
{
    return bench_open(DRIVER, arena_print(set->mem, "{'path':'%s/','place':'here'}", set->data));
}

static int open_set(void **state)
{
    struct arena *mem = arena_new();
    struct set *set = ARENA_NEW(mem, struct set);
    set->mem = mem;
    set->folder = world_new(mem);
    set->data = arena_print(mem, "%s/data", set->folder);
    set->b = open_bench(set);
    *state = set;
    return 0;
}

static int close_set(void **state)
{
    struct set *set = *state;
    size_t breaches = 0;
    (void)bench_breaches(set->b, &breaches);
    assert_int_equal(breaches, 0);
    bench_close(set->b);
    world_remove(set->folder);
    arena_free(set->mem);
    return 0;
}

static const char *file_of(struct set *set, const char *name)
{
    return arena_print(set->mem, "%s/%s.db", set->data, name);
}

static const char *ask(struct set *set, const char *name, const char *sql)
{
    return world_ask(set->mem, file_of(set, name), sql);
}

static const struct op_result *want(struct set *set, uint32_t verb, const char *type, const char *json)
{
    struct op_item item = {.verb = verb, .desired = bench_value(set->b, json)};
    return bench_run(set->b, type, item);
}

static const struct op_result *made(struct set *set, const char *type, const char *json)
{
    const struct op_result *r = want(set, LF_VERB_CREATE, type, json);
    assert_null(r->broke);
    assert_int_equal(r->status, LF_END_OK);
    return r;
}

static void refused(struct set *set, uint32_t verb, const char *type, const char *json, const char *code)
{
    const struct op_result *r = want(set, verb, type, json);
    assert_null(r->broke);
    assert_int_equal(r->status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, code));
}

/* A migration of database "main". */
static const char *migration(struct set *set, const char *name, const char *sql)
{
    return arena_print(set->mem, "{'database':'main','name':'%s','sql':'%s'}", name, sql);
}

static const struct op_result *query(struct set *set, const char *token, const char *sql, const char *params)
{
    struct op_item item = {.verb = LF_VERB_CALL, .token = token};
    item.args =
        bench_value(set->b, arena_print(set->mem, "{'database':'main','sql':'%s','params':%s}", sql, params));
    return bench_call(set->b, "query", item);
}

static void query_refused(struct set *set, const char *sql, const char *params, const char *code)
{
    const struct op_result *r = query(set, "refused", sql, params);
    assert_null(r->broke);
    assert_int_equal(r->status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, code));
}

static bool note_says(struct set *set, const char *text)
{
    size_t count = 0;
    const struct diag *notes = bench_notes(set->b, &count);
    for (size_t i = 0; i < count; i++)
        if (notes[i].detail && strstr(notes[i].detail, text))
            return true;
    return false;
}

/* ---- databases --------------------------------------------------------------------------------- */

static void test_a_created_database_is_a_file_that_says_whose_it_is(void **state)
{
    struct set *set = *state;
    const struct op_result *r = made(set, "database", "{'name':'main','storage_gb':20}");
    assert_string_equal(r->id, "main");
    assert_string_equal(r->marker, "lf1.benchbenchbenchbenchbenchbe");
    const char *expected =
        arena_print(set->mem, "{'name':'main','storage_gb':20,'place':'here','host':'localhost','path':'%s'}",
                    file_of(set, "main"));
    assert_true(value_equal(r->state, bench_value(set->b, expected)));
    struct op_item item = {.verb = LF_VERB_READ, .id = "main"};
    assert_true(value_equal(bench_run(set->b, "database", item)->state, r->state));
    assert_string_equal(ask(set, "main", "select marker from landfall_marks"),
                        "lf1.benchbenchbenchbenchbenchbe");
    assert_string_equal(ask(set, "main", "pragma integrity_check"), "ok");
    assert_string_equal(ask(set, "main", "pragma journal_mode"), "delete");
}

static void test_creating_twice_keeps_the_data(void **state)
{
    struct set *set = *state;
    (void)made(set, "database", "{'name':'main'}");
    world_sql(file_of(set, "main"), "create table t (x); insert into t values (42)");
    const struct op_result *r = made(set, "database", "{'name':'main','replicas':2}");
    assert_int_equal(value_get_int(r->state, "replicas", 0), 2);
    assert_string_equal(ask(set, "main", "select x from t"), "42");
}

static void test_an_update_keeps_the_data_and_drops_what_is_not_asked(void **state)
{
    struct set *set = *state;
    (void)made(set, "database", "{'name':'main','size':'db.small'}");
    world_sql(file_of(set, "main"), "create table t (x); insert into t values (42)");
    const struct op_result *r =
        want(set, LF_VERB_UPDATE, "database", "{'name':'main','storage_gb':9,'place':'there'}");
    assert_int_equal(r->status, LF_END_OK);
    assert_null(value_get(r->state, "size"));
    assert_string_equal(value_get_text(r->state, "place", ""), "there");
    assert_string_equal(ask(set, "main", "select x from t"), "42");
    assert_int_equal(want(set, LF_VERB_UPDATE, "database", "{'name':'none'}")->status, LF_END_GONE);
}

static void test_destroying_removes_the_file_once(void **state)
{
    struct set *set = *state;
    (void)made(set, "database", "{'name':'main'}");
    struct op_item item = {.verb = LF_VERB_DESTROY, .id = "main"};
    assert_int_equal(bench_run(set->b, "database", item)->status, LF_END_OK);
    assert_string_equal(world_picture(set->mem, set->data), "");
    assert_int_equal(bench_run(set->b, "database", item)->status, LF_END_GONE);
}

static void test_a_draft_of_a_crash_is_not_a_database_and_the_next_create_removes_it(void **state)
{
    struct set *set = *state;
    (void)made(set, "database", "{'name':'other'}");
    world_write(arena_print(set->mem, "%s/.main.db.new", set->data), "half a file");
    world_write(arena_print(set->mem, "%s/main.db-journal", set->data), "of a database that is no more");
    assert_int_equal(want(set, LF_VERB_RECOVER, "database", "{'name':'main'}")->status, LF_END_GONE);
    (void)made(set, "database", "{'name':'main'}");
    assert_int_not_equal(access(arena_print(set->mem, "%s/.main.db.new", set->data), F_OK), 0);
    assert_string_equal(ask(set, "main", "pragma integrity_check"), "ok");
}

static void each_change_meets_somebody_else(struct set *set, const char *marker)
{
    const char *before = world_picture(set->mem, set->folder);
    const uint32_t verbs[] = {LF_VERB_CREATE, LF_VERB_UPDATE, LF_VERB_DESTROY, LF_VERB_RECOVER};
    for (size_t i = 0; i < 4; i++) {
        const struct op_result *r = want(set, verbs[i], "database", "{'name':'main'}");
        assert_int_equal(r->status, LF_END_EXISTS);
        if (marker)
            assert_string_equal(r->marker, marker);
        else
            assert_null(r->marker);
    }
    assert_string_equal(world_picture(set->mem, set->folder), before);
}

static void test_a_database_of_somebody_else_is_left_alone(void **state)
{
    struct set *set = *state;
    (void)made(set, "database", "{'name':'main'}");
    world_sql(file_of(set, "main"), "update landfall_marks set marker = 'lf1.other'");
    each_change_meets_somebody_else(set, "lf1.other");
    assert_int_equal(unlink(file_of(set, "main")), 0);
    world_sql(file_of(set, "main"), "create table theirs (x)");
    each_change_meets_somebody_else(set, NULL);
}

static void test_a_file_that_is_no_database_is_somebody_elses(void **state)
{
    struct set *set = *state;
    (void)made(set, "database", "{'name':'other'}");
    world_write(file_of(set, "main"),
                "notes that somebody keeps under an unlucky name, long enough to be no header"
                " of anything, and certainly not of a database of any kind");
    const char *before = world_picture(set->mem, set->folder);
    assert_int_equal(want(set, LF_VERB_CREATE, "database", "{'name':'main'}")->status, LF_END_EXISTS);
    assert_int_equal(want(set, LF_VERB_READ, "database", "{'name':'main'}")->status, LF_END_FAILED);
    assert_int_equal(want(set, LF_VERB_DESTROY, "database", "{'name':'main'}")->status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, "database.not_a_database"));
    assert_string_equal(world_picture(set->mem, set->folder), before);
}

static void test_a_found_database_is_adopted_while_its_marker_is_the_one_seen(void **state)
{
    struct set *set = *state;
    (void)made(set, "database", "{'name':'other'}");
    world_sql(file_of(set, "main"), "create table theirs (x); insert into theirs values (7)");
    struct op_item item = {.verb = LF_VERB_FIND, .desired = bench_value(set->b, "{'name':'main'}")};
    const struct op_result *r = bench_run(set->b, "database", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->id, "main");
    assert_null(r->marker);
    item.verb = LF_VERB_UPDATE;
    item.memo = bench_value(set->b, "{'adopt':true,'was':'lf1.other'}");
    assert_int_equal(bench_run(set->b, "database", item)->status, LF_END_EXISTS);
    item.memo = bench_value(set->b, "{'adopt':true,'was':''}");
    r = bench_run(set->b, "database", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, "lf1.benchbenchbenchbenchbenchbe");
    assert_string_equal(ask(set, "main", "select x from theirs"), "7");
}

static void copy_file(struct set *set, const char *from, const char *to)
{
    const char *bytes = NULL;
    size_t size = 0;
    struct err err;
    assert_true(file_read(set->mem, file_of(set, from), WORLD_FILE_MAX, &bytes, &size, &err));
    assert_true(file_replace(file_of(set, to), bytes, size, 0644, &err));
}

static void test_owned_lists_marked_databases_and_no_copies(void **state)
{
    struct set *set = *state;
    size_t count = 9;
    struct op_item item = {.verb = LF_VERB_OWNED};
    assert_int_equal(bench_run(set->b, "database", item)->status, LF_END_OK);
    (void)bench_found(set->b, &count);
    assert_int_equal(count, 0);
    (void)made(set, "cluster", "{'name':'c'}");
    (void)made(set, "database", "{'name':'main'}");
    (void)made(set, "migration", migration(set, "0001", "create table t (x)"));
    copy_file(set, "main", "copy");
    world_sql(file_of(set, "plain"), "create table theirs (x)");
    world_write(arena_print(set->mem, "%s/junk.db", set->data),
                "not a database in the least, only some text that is"
                " long enough to fill a header of a hundred bytes");
    assert_int_equal(bench_run(set->b, "database", item)->status, LF_END_OK);
    const struct op_result *found = bench_found(set->b, &count);
    assert_int_equal(count, 1);
    assert_string_equal(found[0].id, "main");
    assert_string_equal(value_get_text(found[0].memo, "address", ""), "bench.step");
    assert_int_equal(bench_run(set->b, "migration", item)->status, LF_END_OK);
    found = bench_found(set->b, &count);
    assert_int_equal(count, 1);
    assert_string_equal(found[0].id, "main/0001");
    assert_int_equal(bench_run(set->b, "cluster", item)->status, LF_END_OK);
    (void)bench_found(set->b, &count);
    assert_int_equal(count, 1);
}

static void test_bad_names_numbers_and_options_are_refused_before_any_file(void **state)
{
    struct set *set = *state;
    static const char *const cases[][3] = {
        {"database", "{'name':'../main'}", "database.bad_name"},
        {"database", "{'name':'Main'}", "database.bad_name"},
        {"database", "{'name':'catalogue'}", "database.bad_name"},
        {"database", "{'name':'main','replicas':101}", "database.out_of_range"},
        {"database", "{'name':'main','options':{'a':1}}", "database.unknown_option"},
        {"cluster", "{'name':'','size':'x'}", "database.bad_name"},
        {"cluster", "{'name':'c','storage_gb':0}", "database.out_of_range"},
        {"migration", "{'database':'main','name':'0001','sql':''}", "database.bad_sql"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        refused(set, LF_VERB_PLAN, cases[i][0], cases[i][1], cases[i][2]);
        refused(set, LF_VERB_CREATE, cases[i][0], cases[i][1], cases[i][2]);
    }
    refused(set, LF_VERB_CREATE, "user", "{'database':'main','name':'u','role':'root'}", "database.bad_role");
    assert_string_equal(world_picture(set->mem, set->data), "(no folder)");
}

/* ---- clusters and users ------------------------------------------------------------------------ */

static void test_a_cluster_comes_before_its_databases_and_goes_after_them(void **state)
{
    struct set *set = *state;
    refused(set, LF_VERB_CREATE, "database", "{'name':'main','cluster':'c'}", "database.no_cluster");
    const struct op_result *r = made(set, "cluster", "{'name':'c','size':'db.small','replicas':1}");
    assert_true(
        value_equal(r->state, bench_value(set->b, "{'name':'c','size':'db.small','replicas':1,'place':'here',"
                                                  "'host':'localhost'}")));
    (void)made(set, "database", "{'name':'main','cluster':'c'}");
    refused(set, LF_VERB_DESTROY, "cluster", "{'name':'c'}", "database.cluster_in_use");
    assert_int_equal(want(set, LF_VERB_DESTROY, "database", "{'name':'main'}")->status, LF_END_OK);
    assert_int_equal(want(set, LF_VERB_DESTROY, "cluster", "{'name':'c'}")->status, LF_END_OK);
}

static void test_a_user_is_recorded_and_its_password_is_nowhere(void **state)
{
    struct set *set = *state;
    const char *user = "{'database':'main','name':'app','role':'write',"
                       "'password':{'$secret':{'source':'test:correct horse'}}}";
    refused(set, LF_VERB_CREATE, "user", user, "database.no_database");
    (void)made(set, "database", "{'name':'main'}");
    const struct op_result *r = made(set, "user", user);
    assert_string_equal(r->id, "main/app");
    assert_non_null(value_get(r->state, "password"));
    assert_int_equal(
        strncmp(ask(set, "catalogue", "select password_hash from user"), "$argon2id$v=19$m=19456,t=2,", 27),
        0);
    const char *bytes = NULL;
    size_t size = 0;
    struct err err;
    assert_true(file_read(set->mem, file_of(set, "catalogue"), WORLD_FILE_MAX, &bytes, &size, &err));
    assert_null(memmem(bytes, size, "correct horse", 13));
    r = want(set, LF_VERB_READ, "user", "{'database':'main','name':'app'}");
    assert_true(
        value_equal(r->state, bench_value(set->b, "{'database':'main','name':'app','role':'write'}")));
    r = want(set, LF_VERB_UPDATE, "user", "{'database':'main','name':'app'}");
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(ask(set, "catalogue", "select role || coalesce(password_hash, ' none') from user"),
                        "read none");
    assert_int_equal(want(set, LF_VERB_DESTROY, "user", "{'database':'main','name':'app'}")->status,
                     LF_END_OK);
    assert_int_equal(want(set, LF_VERB_READ, "user", "{'database':'main','name':'app'}")->status,
                     LF_END_GONE);
}

/* ---- migrations -------------------------------------------------------------------------------- */

static void test_a_migration_is_applied_once_with_its_ledger_row(void **state)
{
    struct set *set = *state;
    (void)made(set, "database", "{'name':'main'}");
    const char *first = migration(set, "0001_init", "create table t (x); insert into t values (1);");
    const struct op_result *r = made(set, "migration", first);
    assert_string_equal(r->id, "main/0001_init");
    /* As b2sum -l 256 prints it. */
    assert_string_equal(value_get_text(r->state, "checksum", ""),
                        "64e349d01468a08c9262528f00345e4806582f316359791d0186f678bf920f37");
    assert_int_equal(strlen(value_get_text(r->state, "applied_at", "")), strlen("2026-01-01T00:00:00Z"));
    (void)made(set, "migration", first);
    assert_string_equal(ask(set, "main", "select count(*) from t"), "1");
    struct op_item item = {.verb = LF_VERB_READ, .id = "main/0001_init"};
    assert_true(value_equal(bench_run(set->b, "migration", item)->state, r->state));
}

static void test_a_changed_migration_is_refused_in_plan_and_everywhere(void **state)
{
    struct set *set = *state;
    (void)made(set, "database", "{'name':'main'}");
    const struct op_result *r = made(set, "migration", migration(set, "0001", "create table t (x)"));
    struct op_item item = {.verb = LF_VERB_PLAN, .id = "main/0001", .prior = r->state};
    item.desired = bench_value(set->b, migration(set, "0001", "create table t (x)"));
    assert_int_equal(bench_run(set->b, "migration", item)->action, LF_DO_KEEP);
    item.desired = bench_value(set->b, migration(set, "0001", "create table t (x, y)"));
    const uint32_t verbs[] = {LF_VERB_PLAN, LF_VERB_UPDATE, LF_VERB_CREATE};
    for (size_t i = 0; i < 3; i++) {
        item.verb = verbs[i];
        r = bench_run(set->b, "migration", item);
        assert_int_equal(r->status, LF_END_REFUSED);
        assert_true(bench_has_note(set->b, "database.migration_changed"));
    }
    /* On a database made anew its ledger is empty, and nothing is changed. */
    item.verb = LF_VERB_PLAN;
    item.desired = bench_value(set->b, "{'database':'next','name':'0001','sql':'create table t (x, y)'}");
    assert_int_equal(bench_run(set->b, "migration", item)->action, LF_DO_REPLACE);
}

static void test_a_migration_that_fails_leaves_nothing_and_names_the_line(void **state)
{
    struct set *set = *state;
    (void)made(set, "database", "{'name':'main'}");
    refused(
        set, LF_VERB_CREATE, "migration",
        migration(set, "0001",
                  "create table t (x);\\n\\ninsert into t values (1);\\ninsert into nowhere\\n values (1);"),
        "database.migration_failed");
    assert_true(note_says(set, "line 4: no such table: nowhere"));
    assert_string_equal(ask(set, "main", "select count(*) from sqlite_master where name = 't'"), "0");
    assert_string_equal(ask(set, "main", "select count(*) from landfall_migrations"), "0");
    refused(set, LF_VERB_CREATE, "migration",
            migration(set, "0001", "create table t (x unique);\\ninsert into t values (1), (1)"),
            "database.migration_failed");
    assert_true(note_says(set, "line 2: UNIQUE constraint failed: t.x"));
    refused(set, LF_VERB_CREATE, "migration", "{'database':'none','name':'0001','sql':'select 1'}",
            "database.no_file");
}

static void test_a_migration_stays_inside_its_transaction_and_its_database(void **state)
{
    struct set *set = *state;
    (void)made(set, "database", "{'name':'main'}");
    static const char *const statements[] = {
        "commit",
        "begin",
        "savepoint s",
        "attach database \\\"/tmp/elsewhere.db\\\" as e",
        "pragma journal_mode = wal",
        "pragma writable_schema = 1",
        "delete from landfall_migrations",
        "insert into LANDFALL_calls values (1, 2)",
        "drop table landfall_marks",
        "alter table landfall_marks rename to x",
        "create trigger t after insert on landfall_calls begin select 1; end",
    };
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        refused(set, LF_VERB_CREATE, "migration",
                migration(set, "0001", arena_print(set->mem, "create table t (x); %s", statements[i])),
                "database.migration_failed");
        assert_true(note_says(set, "may not use"));
    }
    assert_string_equal(ask(set, "main", "select count(*) from sqlite_master where name = 't'"), "0");
    (void)made(set, "migration", migration(set, "0001", "create table t (x); pragma user_version = 7"));
    assert_string_equal(ask(set, "main", "pragma user_version"), "7");
}

static void test_migrations_come_in_the_order_of_their_names(void **state)
{
    struct set *set = *state;
    (void)made(set, "database", "{'name':'main'}");
    struct op_item items[] = {
        {.verb = LF_VERB_CREATE,
         .marker = "lf1.3",
         .desired = bench_value(set->b, migration(set, "0003", "insert into t values (3)"))},
        {.verb = LF_VERB_CREATE,
         .marker = "lf1.1",
         .desired = bench_value(set->b, migration(set, "0001", "create table t (x)"))},
        {.verb = LF_VERB_CREATE,
         .marker = "lf1.2",
         .desired = bench_value(set->b, migration(set, "0002", "insert into t values (2)"))},
    };
    const struct op_result *r = bench_run_many(set->b, "migration", items, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(r[i].status, LF_END_OK);
    assert_string_equal(ask(set, "main", "select group_concat(x) from (select x from t order by rowid)"),
                        "2,3");
    refused(set, LF_VERB_CREATE, "migration", migration(set, "0002_late", "select 1"),
            "database.migration_order");
    refused(set, LF_VERB_CREATE, "migration",
            "{'database':'main','name':'0005','sql':'select 1','follows':'main/0004'}",
            "database.migration_follows");
    (void)made(set, "migration", migration(set, "0004", "select 1"));
    (void)made(set, "migration", "{'database':'main','name':'0005','sql':'select 1','follows':'main/0004'}");
}

static void test_a_broken_migration_stops_those_behind_it_in_its_batch(void **state)
{
    struct set *set = *state;
    (void)made(set, "database", "{'name':'main'}");
    struct op_item items[] = {
        {.verb = LF_VERB_CREATE,
         .desired = bench_value(set->b, migration(set, "0001", "create table t (x)"))},
        {.verb = LF_VERB_CREATE,
         .desired = bench_value(set->b, migration(set, "0003", "create table w (x)"))},
        {.verb = LF_VERB_CREATE,
         .desired = bench_value(set->b, migration(set, "0002", "create tabel u (x)"))},
    };
    const struct op_result *r = bench_run_many(set->b, "migration", items, 3);
    assert_int_equal(r[0].status, LF_END_OK);
    assert_int_equal(r[1].status, LF_END_REFUSED);
    assert_int_equal(r[2].status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, "database.migration_blocked"));
    assert_string_equal(ask(set, "main", "select group_concat(name) from landfall_migrations"), "0001");
    assert_string_equal(ask(set, "main", "select count(*) from sqlite_master where name = 'w'"), "0");
}

static void test_a_destroyed_migration_is_released_and_never_run_again(void **state)
{
    struct set *set = *state;
    (void)made(set, "database", "{'name':'main'}");
    const char *first = migration(set, "0001", "create table t (x)");
    (void)made(set, "migration", first);
    struct op_item item = {.verb = LF_VERB_DESTROY, .id = "main/0001"};
    assert_int_equal(bench_run(set->b, "migration", item)->status, LF_END_OK);
    assert_int_equal(bench_run(set->b, "migration", item)->status, LF_END_GONE);
    assert_int_equal(want(set, LF_VERB_RECOVER, "migration", first)->status, LF_END_GONE);
    assert_string_equal(ask(set, "main", "select count(*) from sqlite_master where name = 't'"), "1");
    refused(set, LF_VERB_CREATE, "migration", migration(set, "0001", "create table u (x)"),
            "database.migration_changed");
    (void)made(set, "migration", first);
    assert_string_equal(ask(set, "main", "select marker || released from landfall_migrations"),
                        "lf1.benchbenchbenchbenchbenchbe0");
}

static void dying_migration(void *user)
{
    struct set *set = user;
    set->b = open_bench(set);
    (void)made(set, "migration",
               migration(set, "0001", "create table t (x); insert into t values (1); select die()"));
}

static void test_a_migration_killed_before_its_ledger_row_leaves_neither(void **state)
{
    struct set *set = *state;
    (void)made(set, "database", "{'name':'main'}");
    assert_true(world_killed(INT_MAX, dying_migration, set));
    const char *fixed = migration(set, "0001", "create table t (x); insert into t values (1)");
    assert_int_equal(want(set, LF_VERB_RECOVER, "migration", fixed)->status, LF_END_GONE);
    assert_string_equal(ask(set, "main", "select count(*) from sqlite_master where name = 't'"), "0");
    assert_string_equal(ask(set, "main", "select count(*) from landfall_migrations"), "0");
    (void)made(set, "migration", fixed);
    assert_string_equal(ask(set, "main", "select count(*) from t"), "1");
}

/* ---- queries ----------------------------------------------------------------------------------- */

static void with_table(struct set *set)
{
    (void)made(set, "database", "{'name':'main'}");
    (void)made(set, "migration", migration(set, "0001", "create table t (a, b)"));
}

static void test_a_query_with_one_token_runs_once(void **state)
{
    struct set *set = *state;
    with_table(set);
    const char *sql = "insert into t values (?, ?) returning a, b";
    const struct op_result *first = query(set, "t1", sql, "['x', 2]");
    assert_int_equal(first->status, LF_END_OK);
    assert_true(value_equal(first->reply, bench_value(set->b, "{'rows':[{'a':'x','b':2}],'changes':1}")));
    const struct op_result *second = query(set, "t1", sql, "['x', 2]");
    assert_true(value_equal(first->reply, second->reply));
    assert_string_equal(ask(set, "main", "select count(*) from t"), "1");
    assert_int_equal(query(set, "t2", sql, "['x', 2]")->status, LF_END_OK);
    assert_string_equal(ask(set, "main", "select count(*) from t"), "2");
}

static void test_recover_of_a_query_looks_its_token_up(void **state)
{
    struct set *set = *state;
    struct op_item item = {.verb = LF_VERB_RECOVER, .token = "t1"};
    item.args = bench_value(set->b, "{'database':'main','sql':'insert into t values (1, 2)'}");
    assert_int_equal(bench_call(set->b, "query", item)->status, LF_END_GONE);
    with_table(set);
    assert_int_equal(bench_call(set->b, "query", item)->status, LF_END_GONE);
    const struct op_result *done = query(set, "t1", "insert into t values (1, 2)", "[]");
    const struct op_result *r = bench_call(set->b, "query", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_true(value_equal(r->reply, done->reply));
    assert_string_equal(ask(set, "main", "select count(*) from t"), "1");
}

static void test_a_query_that_reads_leaves_no_row_in_the_ledger(void **state)
{
    struct set *set = *state;
    with_table(set);
    world_sql(file_of(set, "main"),
              "insert into t values (1, 'one'), (null, 2.5), (x'00ff', 'tab\t\"quote\"')");
    const char *before = world_picture(set->mem, set->folder);
    const struct op_result *r = query(set, "t", "select a, b from t", "[]");
    assert_int_equal(r->status, LF_END_OK);
    assert_true(
        value_equal(r->reply, bench_value(set->b, "{'rows':[{'a':1,'b':'one'},{'a':null,'b':2.5},"
                                                  "{'a':'00ff','b':'tab\\t\\\"quote\\\"'}],'changes':0}")));
    assert_string_equal(world_picture(set->mem, set->folder), before);
}

static void test_values_are_bound_and_never_become_sql(void **state)
{
    struct set *set = *state;
    with_table(set);
    const char *params = "['); drop table t; --', {'$secret':{'source':'test:hush-hush'}}]";
    assert_int_equal(query(set, "1", "insert into t values (?, ?)", params)->status, LF_END_OK);
    assert_string_equal(ask(set, "main", "select a || b from t"), "); drop table t; --hush-hush");
    params = "[[1, {'k':true}], null]";
    assert_int_equal(query(set, "2", "insert into t values (?, ?)", params)->status, LF_END_OK);
    assert_string_equal(ask(set, "main", "select a from t where b is null"), "[1,{\"k\":true}]");
    params = "[true, 1.5]";
    assert_int_equal(query(set, "3", "insert into t values (?, ?)", params)->status, LF_END_OK);
    assert_string_equal(ask(set, "main", "select typeof(a) || typeof(b) from t where b = 1.5"),
                        "integerreal");
}

static void test_texts_of_any_language_come_back_as_they_went(void **state)
{
    struct set *set = *state;
    with_table(set);
    const char *texts =
        "'\\u007f \\u0080 \\u07ff \\u0800 \\ud7ff \\ue000 \\uffff \\ud800\\udc00 \\udbff\\udfff \\u0001\\\\'";
    const struct op_result *r = query(set, "t", "select ? as x", arena_print(set->mem, "[%s]", texts));
    assert_int_equal(r->status, LF_END_OK);
    const char *expected = arena_print(set->mem, "{'rows':[{'x':%s}],'changes':0}", texts);
    assert_true(value_equal(r->reply, bench_value(set->b, expected)));
}

static void test_bad_queries_are_refused_and_change_nothing(void **state)
{
    struct set *set = *state;
    query_refused(set, "select 1", "[]", "database.no_file");
    with_table(set);
    const char *before = world_picture(set->mem, set->folder);
    query_refused(set, "insert into t values (1, 2); delete from t", "[]", "database.one_statement");
    query_refused(set, " ", "[]", "database.one_statement");
    query_refused(set, "insert into t values (?, ?)", "[1]", "database.param_count");
    query_refused(set, "insert into t values (1, 2)", "[1]", "database.param_count");
    query_refused(set, "select a, b as a from t", "[]", "database.column_twice");
    query_refused(set, "insert into nowhere values (1)", "[]", "database.query_failed");
    query_refused(set, "delete from landfall_calls", "[]", "database.query_failed");
    query_refused(set, "commit", "[]", "database.query_failed");
    query_refused(set, "attach database ? as e", "['/tmp/elsewhere.db']", "database.query_failed");
    query_refused(set, "select cast(? as blob) union select 1e999", "['x']", "database.bad_value");
    query_refused(set, "select cast(substr(cast(? as blob), 1, 1) as text)", "['\u00e9']",
                  "database.bad_value");
    query_refused(set, "select ? || char(0)", "['x']", "database.bad_value");
    query_refused(set, "with recursive n (i) as (select 1 union all select i + 1 from n) select i from n",
                  "[]", "database.too_many_rows");
    struct op_item item = {.verb = LF_VERB_CALL};
    item.args = bench_value(set->b, "{'database':'../main','sql':'select 1'}");
    assert_int_equal(bench_call(set->b, "query", item)->status, LF_END_REFUSED);
    assert_true(bench_has_note(set->b, "database.bad_name"));
    assert_string_equal(world_picture(set->mem, set->folder), before);
}

/* ---- reading writes nothing -------------------------------------------------------------------- */

static void read_everything(struct set *set)
{
    const char *const types[][2] = {{"cluster", "{'name':'c'}"},
                                    {"database", "{'name':'main'}"},
                                    {"user", "{'database':'main','name':'app'}"},
                                    {"migration", migration(set, "0001", "create table t (a, b)")}};
    const uint32_t verbs[] = {LF_VERB_READ, LF_VERB_RECOVER, LF_VERB_FIND, LF_VERB_OWNED, LF_VERB_ESTIMATE};
    bench_read_only(set->b, true);
    for (size_t t = 0; t < 4; t++)
        for (size_t v = 0; v < 5; v++) {
            const struct op_result *r = want(set, verbs[v], types[t][0], types[t][1]);
            assert_null(r->broke);
            assert_true(r->status == LF_END_OK || r->status == LF_END_GONE);
        }
    assert_int_equal(want(set, LF_VERB_PLAN, "database", "{'name':'main'}")->status, LF_END_OK);
    assert_int_equal(want(set, LF_VERB_PLAN, "migration", types[3][1])->status, LF_END_OK);
    assert_int_equal(bench_run(set->b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT})->status, LF_END_OK);
    bench_read_only(set->b, false);
}

static void test_verbs_that_read_never_make_or_write_a_file(void **state)
{
    struct set *set = *state;
    const char *before = world_picture(set->mem, set->folder);
    read_everything(set);
    assert_string_equal(world_picture(set->mem, set->folder), before);
    (void)made(set, "cluster", "{'name':'c'}");
    with_table(set);
    (void)made(set, "user", "{'database':'main','name':'app'}");
    before = world_picture(set->mem, set->folder);
    read_everything(set);
    assert_string_equal(world_picture(set->mem, set->folder), before);
}

/* ---- costs ------------------------------------------------------------------------------------- */

static void test_nodes_and_storage_are_priced_where_they_are_asked_for(void **state)
{
    struct set *set = *state;
    const struct op_result *r = want(set, LF_VERB_ESTIMATE, "cluster",
                                     "{'name':'c','size':'db.t4g.medium','replicas':1,'storage_gb':50}");
    assert_int_equal(r->cost_count, 2);
    assert_string_equal(r->costs[0].sku, "database.db.t4g.medium");
    assert_string_equal(r->costs[0].what, "db.t4g.medium, 2 nodes");
    assert_int_equal(r->costs[0].expected_milli, 2000);
    assert_string_equal(r->costs[1].sku, "database.storage");
    assert_int_equal(r->costs[1].expected_milli, 100000);
    assert_int_equal(want(set, LF_VERB_ESTIMATE, "database", "{'name':'main'}")->cost_count, 0);
    r = want(set, LF_VERB_ESTIMATE, "database", "{'name':'main','storage_gb':{'$unknown':'integer'}}");
    assert_int_equal(r->status, LF_END_CANNOT_TELL);
}

/* ---- dying ------------------------------------------------------------------------------------- */

static void build_all(void *user)
{
    struct set *set = user;
    set->b = open_bench(set);
    (void)made(set, "cluster", "{'name':'c'}");
    (void)made(set, "database", "{'name':'main','cluster':'c'}");
    (void)made(set, "user", "{'database':'main','name':'app'}");
    (void)made(set, "migration",
               migration(set, "0001", "create table t (a, b); insert into t values (0, 0)"));
    assert_int_equal(query(set, "token", "insert into t values (1, 2)", "[]")->status, LF_END_OK);
}

static void test_killed_at_any_statement_and_built_again_nothing_is_lost_or_doubled(void **state)
{
    struct set *set = *state;
    int kills = 0;
    while (world_killed(kills, build_all, set)) {
        uint32_t there = want(set, LF_VERB_RECOVER, "database", "{'name':'main'}")->status;
        assert_true(there == LF_END_OK || there == LF_END_GONE);
        there = want(set, LF_VERB_RECOVER, "migration", migration(set, "0001", "x"))->status;
        assert_true(there == LF_END_OK || there == LF_END_GONE);
        assert_false(world_killed(INT_MAX, build_all, set));
        assert_string_equal(ask(set, "main",
                                "select (select count(*) from t) || (select count(*) from"
                                " landfall_migrations) || (select count(*) from landfall_calls)"),
                            "211");
        assert_string_equal(
            ask(set, "catalogue", "select (select count(*) from cluster) || (select count(*) from user)"),
            "11");
        assert_int_not_equal(access(arena_print(set->mem, "%s/.main.db.new", set->data), F_OK), 0);
        world_remove(set->data);
        kills++;
    }
    assert_true(kills > 40);
}

static void die_half_way(void *user)
{
    struct set *set = user;
    world_sql(file_of(set, "main"),
              "pragma cache_size = 1; begin; update landfall_marks set marker = 'lf1.wrong';"
              "with recursive n (i) as (select 1 union all select i + 1 from n where i < 2000)"
              " insert into t select i, hex(zeroblob(200)) from n;"
              " select die()");
}

static void test_recover_rolls_back_what_a_dead_program_left_and_a_read_only_says_so(void **state)
{
    struct set *set = *state;
    with_table(set);
    assert_true(world_killed(INT_MAX, die_half_way, set));
    assert_int_equal(access(arena_print(set->mem, "%s-journal", file_of(set, "main")), F_OK), 0);
    const char *before = world_picture(set->mem, set->folder);
    bench_read_only(set->b, true);
    assert_int_equal(want(set, LF_VERB_READ, "database", "{'name':'main'}")->status, LF_END_CANNOT_TELL);
    assert_true(bench_has_note(set->b, "database.unfinished_transaction"));
    assert_string_equal(world_picture(set->mem, set->folder), before);
    bench_read_only(set->b, false);
    assert_int_equal(want(set, LF_VERB_RECOVER, "database", "{'name':'main'}")->status, LF_END_OK);
    assert_int_equal(want(set, LF_VERB_READ, "database", "{'name':'main'}")->status, LF_END_OK);
    assert_string_equal(ask(set, "main", "select count(*) from t"), "0");
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, open_set, close_set)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_a_created_database_is_a_file_that_says_whose_it_is),
        STORY(test_creating_twice_keeps_the_data),
        STORY(test_an_update_keeps_the_data_and_drops_what_is_not_asked),
        STORY(test_destroying_removes_the_file_once),
        STORY(test_a_draft_of_a_crash_is_not_a_database_and_the_next_create_removes_it),
        STORY(test_a_database_of_somebody_else_is_left_alone),
        STORY(test_a_file_that_is_no_database_is_somebody_elses),
        STORY(test_a_found_database_is_adopted_while_its_marker_is_the_one_seen),
        STORY(test_owned_lists_marked_databases_and_no_copies),
        STORY(test_bad_names_numbers_and_options_are_refused_before_any_file),
        STORY(test_a_cluster_comes_before_its_databases_and_goes_after_them),
        STORY(test_a_user_is_recorded_and_its_password_is_nowhere),
        STORY(test_a_migration_is_applied_once_with_its_ledger_row),
        STORY(test_a_changed_migration_is_refused_in_plan_and_everywhere),
        STORY(test_a_migration_that_fails_leaves_nothing_and_names_the_line),
        STORY(test_a_migration_stays_inside_its_transaction_and_its_database),
        STORY(test_migrations_come_in_the_order_of_their_names),
        STORY(test_a_broken_migration_stops_those_behind_it_in_its_batch),
        STORY(test_a_destroyed_migration_is_released_and_never_run_again),
        STORY(test_a_migration_killed_before_its_ledger_row_leaves_neither),
        STORY(test_a_query_with_one_token_runs_once),
        STORY(test_recover_of_a_query_looks_its_token_up),
        STORY(test_a_query_that_reads_leaves_no_row_in_the_ledger),
        STORY(test_values_are_bound_and_never_become_sql),
        STORY(test_texts_of_any_language_come_back_as_they_went),
        STORY(test_bad_queries_are_refused_and_change_nothing),
        STORY(test_verbs_that_read_never_make_or_write_a_file),
        STORY(test_nodes_and_storage_are_priced_where_they_are_asked_for),
        STORY(test_killed_at_any_statement_and_built_again_nothing_is_lost_or_doubled),
        STORY(test_recover_rolls_back_what_a_dead_program_left_and_a_read_only_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
