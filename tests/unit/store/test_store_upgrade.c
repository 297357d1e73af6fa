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

static void kill_upgrades_of(struct fixture *f, const char *name)
{
    load_frozen(f, name);
    const char *before = picture_of(f);
    int old = 0, new = 0;
    for (rlim_t bytes = 0; bytes < 160 * 1024; bytes += 4000) {
        load_frozen(f, name);
        upgrade_within(f, bytes);
        *(fixture_read(f).fence == 1 ? &old : &new) += 1;
        assert_string_equal(picture_of(f), before); /* what a crash left is read as well */
        fixture_open(f);
        fixture_close(f);
        assert_string_equal(picture_of(f), before);
        assert_int_equal(schema_of(f), STORE_SCHEMA);
    }
    assert_true(old > 5);
    assert_true(new > 5);
}

static void test_a_kill_at_any_write_of_the_upgrade_leaves_the_old_store_or_the_new_one(void **state)
{
    kill_upgrades_of(*state, "schema_1.sql");
    kill_upgrades_of(*state, "schema_2.sql");
}

/* ---- schema 2 ------------------------------------------------------------------------------ */

/* Everything that schema 3 finds in another way, as one text. */
static const char *answers_of(struct fixture *f)
{
    struct store_audit *words = NULL, *digest = NULL, *chain = NULL;
    struct store_notice *due = NULL, *left = NULL;
    struct store_approval *spent = NULL;
    struct store_event *events = NULL;
    struct store_op *ops = NULL;
    const struct store_notice *one = NULL, *none = NULL;
    const struct store_run *run = NULL;
    size_t word_count, digest_count, chain_count, due_count, left_count, total, spent_count, event_count,
        op_count;
    struct buf out;
    buf_init(&out, 0);
    assert_true(store_read_words(f->mem, f->path, NULL, &words, &word_count, &f->err));
    for (size_t i = 0; i < word_count; i++)
        buf_print(&out, "word %lld %s %s\n", (long long)words[i].seq, words[i].kind, words[i].entry);
    assert_true(store_read_words(f->mem, f->path, STORE_AUDIT_DIGEST, &digest, &digest_count, &f->err));
    assert_int_equal(digest_count, 1);
    buf_print(&out, "digest %s\n", digest[0].entry);
    assert_true(store_read_audit(f->mem, f->path, &chain, &chain_count, &f->err));
    buf_print(&out, "chain %zu\n", chain_count);
    assert_true(store_read_notices(f->mem, f->path, "due", &due, &due_count, &f->err));
    for (size_t i = 0; i < due_count; i++)
        buf_print(&out, "due %s\n", due[i].key);
    assert_true(store_read_open_notices(f->mem, f->path, 1, &left, &left_count, &total, &f->err));
    for (size_t i = 0; i < left_count; i++)
        buf_print(&out, "left %lld %s %s\n", (long long)left[i].id, left[i].key, left[i].state);
    assert_true(store_read_notice(f->mem, f->path, "once-2", &one, &f->err));
    assert_true(store_read_notice(f->mem, f->path, "once-6", &none, &f->err));
    buf_print(&out, "notices %zu, %s, %s\n", total, one ? one->state : "none", none ? "some" : "none");
    assert_true(store_read_approvals_of_run(f->mem, f->path, "run-1", &spent, &spent_count, &f->err));
    buf_print(&out, "spent %zu by %s\n", spent_count, spent[0].json);
    assert_true(store_read_approvals_of_run(f->mem, f->path, "run-0", &spent, &spent_count, &f->err));
    assert_int_equal(spent_count, 0);
    assert_true(store_read_run_of_plan(f->mem, f->path, "digest-0", &run, &f->err));
    buf_print(&out, "plan of %s", run ? run->run_id : "none");
    assert_true(store_read_run_of_plan(f->mem, f->path, "digest-9", &run, &f->err));
    buf_print(&out, ", %s\n", run ? run->run_id : "none");
    assert_true(store_read_new_events(f->mem, f->path, 10, &events, &event_count, &f->err));
    assert_true(store_read_ops_of_run(f->mem, f->path, "run-1", &ops, &op_count, &f->err));
    buf_print(&out, "events %zu, ops %zu\n", event_count, op_count);
    const char *text = buf_keep(&out, f->mem);
    buf_done(&out);
    return text;
}

static void test_a_store_of_schema_2_answers_as_it_does_when_it_was_brought_up(void **state)
{
    static const char answers[] =
        "word 3 residency.seen {\"address\":\"dns.record.r2\",\"generation\":2,\"holds\":[\"customer\"]}\n"
        "word 7 residency.seen "
        "{\"address\":\"dns.record.r1\",\"generation\":1,\"holds\":[\"customer\"],\"told\":\"eu-central-1\"}"
        "\n"
        "word 9 digest.sent {\"date\":\"2026-01-02\"}\n"
        "digest {\"date\":\"2026-01-02\"}\n"
        "chain 9\n"
        "due event-3\n"
        "due once-5\n"
        "left 2 once-2 sent\n"
        "left 3 event-3 due\n"
        "left 4 event-4 given_up\n"
        "left 5 once-5 due\n"
        "notices 5, sent, none\n"
        "spent 1 by {\"by\":\"ada\"}\n"
        "plan of run-0, none\n"
        "events 3, ops 3\n";
    struct fixture *f = *state;
    load_frozen(f, "schema_2.sql");
    const char *before = fixture_picture(f), *was = picture_of(f);
    assert_string_equal(answers_of(f), answers);
    assert_string_equal(fixture_picture(f), before);
    assert_int_equal(schema_of(f), 2);

    fixture_open(f);
    fixture_close(f);
    assert_int_equal(schema_of(f), STORE_SCHEMA);
    assert_string_equal(picture_of(f), was);
    assert_string_equal(answers_of(f), answers);

    /* The table that was filled is the one that is kept up. */
    fixture_open(f);
    store_put_audit(f->writer, STORE_AUDIT_GONE, "{\"address\":\"dns.record.r1\",\"generation\":1}");
    fixture_commit_well(f);
    fixture_close(f);
    struct store_audit *words = NULL;
    size_t count = 0;
    assert_true(store_read_words(f->mem, f->path, NULL, &words, &count, &f->err));
    assert_int_equal(count, 2);
    assert_true(store_read_words(f->mem, f->path, "dns.record.r1", &words, &count, &f->err));
    assert_int_equal(count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_store_of_schema_1_is_read_without_being_changed),
        TEST(test_the_first_writer_brings_it_up_and_loses_nothing),
        TEST(test_a_store_of_schema_1_that_is_not_this_regions_stays_what_it_is),
        TEST(test_a_store_of_schema_2_answers_as_it_does_when_it_was_brought_up),
        TEST(test_a_kill_at_any_write_of_the_upgrade_leaves_the_old_store_or_the_new_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
