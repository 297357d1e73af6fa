#include "store_fixture.h"

#include <signal.h>
#include <sys/resource.h>

#include "base/file.h"
#include "store/store_db.h"

/* A store of an older landfall, kept as the SQL that makes it: readers take it as it is, the first writer
 * brings it up to today's schema. */

static void load_frozen(struct fixture *f, const char *name)
{
    struct store_db db;
    const char *sql = NULL;
    size_t count = 0;
    const char *from = arena_print(f->mem, TESTS_FOLDER "/unit/store/frozen/%s", name);
    assert_true(file_read(f->mem, from, 1 << 20, &sql, &count, &f->err));
    fixture_remove_folder(arena_print(f->mem, "%s/state", f->folder));
    assert_int_equal(mkdir(arena_print(f->mem, "%s/state", f->folder), 0700), 0);
    assert_true(
        store_db_open(&db, f->path, f->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL, &f->err));
    sqlite3_db_config(db.handle, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
    if (!store_db_exec(&db, sql, &f->err))
        fail_msg("%s", f->err.summary);
    store_db_close(&db);
}

static const char *picture_of(struct fixture *f)
{
    struct store_snapshot s = fixture_read(f);
    s.fence = 0; /* every writer raises it */
    return fixture_print(f->mem, &s);
}

static int64_t schema_of(struct fixture *f)
{
    struct store_db db;
    int64_t schema = 0;
    assert_true(store_db_open(&db, f->path, f->path, SQLITE_OPEN_READONLY, NULL, &f->err));
    assert_true(store_db_number(&db, "SELECT schema FROM meta", &schema, &f->err));
    store_db_close(&db);
    return schema;
}

static void test_a_store_of_schema_1_is_read_without_being_changed(void **state)
{
    struct fixture *f = *state;
    load_frozen(f, "schema_1.sql");
    const char *before = fixture_picture(f);
    struct store_snapshot s = fixture_read(f);
    assert_int_equal(s.res_count, 2);
    assert_int_equal(s.op_count, 1);
    assert_string_equal(s.last_run->plan, "{\"steps\":7}");
    assert_string_equal(s.outputs, "{\"url\":\"https://eu.example.com\"}");
    assert_null(s.audit_head);

    struct store_audit *entries = NULL;
    struct store_notice *notices = NULL;
    struct store_approval *approvals = NULL;
    size_t count = 42;
    assert_true(store_read_audit(f->mem, f->path, &entries, &count, &f->err));
    assert_int_equal(count, 0);
    assert_true(store_read_notices(f->mem, f->path, "due", &notices, &count, &f->err));
    assert_int_equal(count, 0);
    assert_true(store_read_approvals(f->mem, f->path, &approvals, &count, &f->err));
    assert_int_equal(count, 0);
    assert_string_equal(fixture_picture(f), before);
}

static void test_the_first_writer_brings_it_up_and_loses_nothing(void **state)
{
    struct fixture *f = *state;
    load_frozen(f, "schema_1.sql");
    const char *before = picture_of(f);
    fixture_open(f);
    fixture_close(f);
    assert_int_equal(schema_of(f), STORE_SCHEMA);
    assert_string_equal(picture_of(f), before);

    /* All that is new works, and what was there is written on. */
    const struct store_approval yes = {.nonce = "n1", .plan_digest = "digest-2", .json = "{}"};
    struct store_run run = fixture_run("run-2", "digest-2");
    struct store_op op = fixture_op(f, 0);
    run.approvals = &yes;
    run.approval_count = 1;
    op.state = STORE_OP_DONE;
    fixture_open(f);
    store_put_run(f->writer, &run);
    store_put_audit(f->writer, "approval.used", "{}");
    store_put_notice(f->writer,
                     &(struct store_notice){.key = "k", .sink = "s", .body = "{}", .state = "due"});
    store_move_op(f->writer, STORE_OP_INTENT, 1, &op);
    fixture_commit_well(f);
    fixture_close(f);
    fixture_open(f);
    fixture_close(f);
    struct store_snapshot s = fixture_read(f);
    assert_int_equal(s.op_count, 0);
    assert_int_equal(s.audit_count, 1);
    struct store_run *runs = NULL;
    size_t count = 0;
    assert_true(store_read_runs(f->mem, f->path, &runs, &count, &f->err));
    assert_int_equal(count, 2);
}

static void test_a_store_of_schema_1_that_is_not_this_regions_stays_what_it_is(void **state)
{
    struct fixture *f = *state;
    load_frozen(f, "schema_1.sql");
    struct store_writer *w = NULL;
    assert_false(store_writer_open(f->loop, f->path, "us", FIXTURE_LINEAGE, "apply", &w, &f->err));
    assert_string_equal(f->err.code, "store.other_region");
    assert_int_equal(schema_of(f), 1);
}

/* The kernel kills the child at its first write beyond the limit: every page of the upgrade gets its turn. */
static void upgrade_within(struct fixture *f, rlim_t bytes)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        signal(SIGXFSZ, SIG_DFL);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){bytes, bytes});
        fixture_open(f);
        fixture_close(f);
        _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
}

static void test_a_kill_at_any_write_of_the_upgrade_leaves_the_old_store_or_the_new_one(void **state)
{
    struct fixture *f = *state;
    load_frozen(f, "schema_1.sql");
    const char *before = picture_of(f);
    int old = 0, new = 0;
    for (rlim_t bytes = 0; bytes < 160 * 1024; bytes += 2000) {
        load_frozen(f, "schema_1.sql");
        upgrade_within(f, bytes);
        assert_string_equal(picture_of(f), before); /* what a crash left is read as well */
        fixture_open(f);
        fixture_close(f);
        assert_string_equal(picture_of(f), before);
        assert_int_equal(schema_of(f), STORE_SCHEMA);

        load_frozen(f, "schema_1.sql");
        upgrade_within(f, bytes);
        *(fixture_read(f).fence == 1 ? &old : &new) += 1;
    }
    assert_true(old > 5);
    assert_true(new > 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_store_of_schema_1_is_read_without_being_changed),
        TEST(test_the_first_writer_brings_it_up_and_loses_nothing),
        TEST(test_a_store_of_schema_1_that_is_not_this_regions_stays_what_it_is),
        TEST(test_a_kill_at_any_write_of_the_upgrade_leaves_the_old_store_or_the_new_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
