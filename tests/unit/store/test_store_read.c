#include "store_fixture.h"

#include <signal.h>

#include "store/store_db.h"

/* ---- what there is to read ----------------------------------------------------------------- */

/* Some of everything, and enough that tables have more than one page. */
static void fill(struct fixture *f, int count)
{
    struct store_run run = fixture_run("run-1", "digest-1");
    store_put_run(f->writer, &run);
    for (int i = 0; i < count; i++) {
        struct store_op op = fixture_op(f, i);
        struct store_res res = fixture_res(f, i);
        struct event e = {.kind = EVENT_STEP_DONE, .wall_ms = i, .address = res.address};
        struct store_call call = {
            .address = "action.seed", .key = res.address, .digest = "d", .reply = "{}", .done = true};
        store_put_op(f->writer, &op);
        if (i % 4 != 0) {
            op.state = STORE_OP_DONE;
            store_move_op(f->writer, STORE_OP_INTENT, 1, &op);
            store_put_res(f->writer, &res);
        }
        store_put_event(f->writer, &e);
        store_put_call(f->writer, &call);
    }
    store_put_outputs(f->writer, "{\"url\":\"https://eu.example.com\"}");
    fixture_commit_well(f);
}

static void make_store(struct fixture *f, int count)
{
    fixture_open(f);
    fill(f, count);
    fixture_close(f);
}

static void change_by_hand(struct fixture *f, const char *sql)
{
    struct store_db db;
    assert_true(
        store_db_open(&db, f->path, f->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL, &f->err));
    if (!store_db_exec(&db, sql, &f->err))
        fail_msg("%s", f->err.summary);
    store_db_close(&db);
}

static void put_file(const char *path, const char *bytes, size_t count)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_true(write(fd, bytes, count) == (ssize_t)count);
    close(fd);
}

static char *get_file(const char *path, size_t *count)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    char *bytes = malloc((size_t)st.st_size);
    int fd = open(path, O_RDONLY);
    assert_true(read(fd, bytes, (size_t)st.st_size) == st.st_size);
    close(fd);
    *count = (size_t)st.st_size;
    return bytes;
}

static void check_that_reading_fails(struct fixture *f, const char *code)
{
    struct store_snapshot s = {.serial = 42};
    assert_false(store_read(f->mem, f->path, &s, &f->err));
    assert_string_equal(f->err.code, code);
    assert_true(f->err.advice[0] != '\0');
    assert_int_equal(s.serial, 42); /* outputs are untouched */
}

/* ---- reading changes nothing --------------------------------------------------------------- */

/* Every way there is to read. */
static void read_all(struct fixture *f)
{
    struct store_event *events;
    struct store_run *runs;
    const struct store_run *run;
    struct store_op *ops;
    const char *address;
    size_t count;
    struct store_snapshot s = fixture_read(f);
    assert_true(s.exists && s.res_count > 0 && s.op_count > 0);
    assert_true(store_read_events(f->mem, f->path, NULL, 5, &events, &count, &f->err));
    assert_int_equal(count, 5);
    assert_true(store_read_runs(f->mem, f->path, &runs, &count, &f->err));
    assert_true(store_read_run_of_plan(f->mem, f->path, "digest-1", &run, &f->err));
    assert_non_null(run);
    assert_true(store_read_ops_of(f->mem, f->path, "dns.record.r1", &ops, &count, &f->err));
    assert_int_equal(count, 1);
    assert_true(store_read_marker(f->mem, f->path, "lf1.none", &address, &f->err));
}

static void test_no_store_is_an_empty_snapshot_and_stays_none(void **state)
{
    struct fixture *f = *state;
    struct store_snapshot s = fixture_read(f);
    assert_false(s.exists);
    assert_int_equal(s.res_count + s.op_count, 0);
    struct store_event *events;
    size_t count = 7;
    assert_true(store_read_events(f->mem, f->path, NULL, 5, &events, &count, &f->err));
    assert_int_equal(count, 0);
    assert_int_not_equal(access(arena_print(f->mem, "%s/state", f->folder), F_OK), 0);
}

static void test_reading_a_closed_store_changes_nothing(void **state)
{
    struct fixture *f = *state;
    make_store(f, 40);
    const char *before = fixture_picture(f);
    read_all(f);
    assert_string_equal(fixture_picture(f), before);
}

static void test_reading_without_a_lock_file_makes_none(void **state)
{
    struct fixture *f = *state;
    make_store(f, 40);
    unlink(arena_print(f->mem, "%s.lock", f->path));
    const char *before = fixture_picture(f);
    read_all(f);
    assert_string_equal(fixture_picture(f), before);
}

static void write_and_wait(struct fixture *f, int in, int out)
{
    fixture_open(f);
    fill(f, 40);
    fixture_say(out);
    fixture_hear(in);
    fixture_close(f);
}

static void test_reading_beside_a_living_writer_changes_nothing(void **state)
{
    struct fixture *f = *state;
    int to, from;
    pid_t pid = fixture_fork(f, write_and_wait, &to, &from);
    assert_true(fixture_hear(from));
    const char *before = fixture_picture(f);
    assert_non_null(strstr(before, "eu.db-shm"));
    assert_non_null(strstr(before, "eu.db-wal"));
    read_all(f);
    assert_string_equal(fixture_picture(f), before);
    close(to);
    close(from);
    waitpid(pid, NULL, 0);
    read_all(f);
}

static void write_and_die(struct fixture *f, int in, int out)
{
    (void)in, (void)out;
    fixture_open(f);
    fill(f, 40);
    kill(getpid(), SIGKILL);
}

static void crash(struct fixture *f)
{
    int to, from;
    pid_t pid = fixture_fork(f, write_and_die, &to, &from);
    waitpid(pid, NULL, 0);
    close(to);
    close(from);
}

static void test_reading_what_a_crash_left_changes_nothing(void **state)
{
    struct fixture *f = *state;
    crash(f);
    const char *before = fixture_picture(f);
    assert_non_null(strstr(before, "eu.db-wal"));
    read_all(f);
    assert_string_equal(fixture_picture(f), before);
    /* And the next writer finds the same. */
    const char *read = NULL;
    struct store_snapshot s = fixture_read(f);
    read = fixture_print(f->mem, &s);
    fixture_open(f);
    fixture_close(f);
    s = fixture_read(f);
    s.fence--;
    assert_string_equal(fixture_print(f->mem, &s), read);
}

/* A folder nobody may write to; as root, seen by somebody who is not. */
static void read_as_a_stranger(struct fixture *f, int in, int out)
{
    (void)in;
    if (geteuid() == 0 && seteuid(65534) != 0)
        _exit(1);
    read_all(f);
    struct loop *loop = loop_new_virtual();
    struct store_writer *w;
    if (!store_writer_open(loop, f->path, "eu", FIXTURE_LINEAGE, "apply", &w, &f->err) &&
        strcmp(f->err.code, "store.read_only") == 0 && f->err.advice[0])
        fixture_say(out);
    loop_free(loop);
    _exit(0);
}

static void check_read_only_folder(struct fixture *f)
{
    const char *folder = arena_print(f->mem, "%s/state", f->folder);
    const char *names[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        chmod(arena_print(f->mem, "%s%s", f->path, names[i]), 0444);
    chmod(folder, 0555);
    chmod(f->folder, 0755);
    const char *before = fixture_picture(f);
    int to, from;
    pid_t pid = fixture_fork(f, read_as_a_stranger, &to, &from);
    assert_true(fixture_hear(from));
    waitpid(pid, NULL, 0);
    close(to);
    close(from);
    assert_string_equal(fixture_picture(f), before);
}

static void test_a_read_only_folder_can_be_read_and_not_be_written(void **state)
{
    struct fixture *f = *state;
    make_store(f, 40);
    check_read_only_folder(f);
}

static void test_what_a_crash_left_in_a_read_only_folder_can_be_read(void **state)
{
    struct fixture *f = *state;
    crash(f);
    check_read_only_folder(f);
}

static void test_a_path_with_odd_characters_is_read_literally(void **state)
{
    struct fixture *f = *state;
    f->path = arena_print(f->mem, "%s/state/50%%20 ?mode=rw#x.db", f->folder);
    make_store(f, 40);
    read_all(f);
}

/* ---- what is not a store, or not one any more ---------------------------------------------- */

static void test_a_text_file_is_not_a_store(void **state)
{
    struct fixture *f = *state;
    make_store(f, 1);
    put_file(f->path, "hello, this is a text file and no database at all\n", 50);
    check_that_reading_fails(f, "store.not_a_store");
    assert_false(fixture_try_open(f));
    assert_string_equal(f->err.code, "store.not_a_store");
}

static void test_an_empty_file_is_not_a_store(void **state)
{
    struct fixture *f = *state;
    make_store(f, 1);
    put_file(f->path, "", 0);
    check_that_reading_fails(f, "store.not_a_store");
    assert_false(fixture_try_open(f));
    assert_string_equal(f->err.code, "store.not_a_store");
}

static void test_another_programs_database_is_not_a_store(void **state)
{
    struct fixture *f = *state;
    make_store(f, 1);
    unlink(f->path);
    change_by_hand(f, "CREATE TABLE meta(id INTEGER PRIMARY KEY, schema); INSERT INTO meta VALUES(1, 1)");
    check_that_reading_fails(f, "store.not_a_store");
}

static void test_a_newer_schema_is_refused_by_readers_and_writers(void **state)
{
    struct fixture *f = *state;
    make_store(f, 1);
    change_by_hand(f, "UPDATE meta SET schema=schema+1; ALTER TABLE meta RENAME COLUMN region TO place");
    check_that_reading_fails(f, "store.newer");
    assert_false(fixture_try_open(f));
    assert_string_equal(f->err.code, "store.newer");
}

static void test_a_truncated_file_is_damaged(void **state)
{
    struct fixture *f = *state;
    make_store(f, 40);
    size_t count;
    char *bytes = get_file(f->path, &count);
    for (size_t keep = 4096; keep < count; keep += 4096 * 3) {
        put_file(f->path, bytes, keep);
        check_that_reading_fails(f, "store.corrupt");
        assert_false(fixture_try_open(f));
    }
    free(bytes);
}

static void test_a_row_that_vanished_or_came_back_is_noticed(void **state)
{
    static const char *const changes[] = {
        "DELETE FROM res WHERE id=3",
        "DELETE FROM op WHERE state=1 AND id=(SELECT max(id) FROM op WHERE state=1)",
        "DELETE FROM run",
        "DELETE FROM meta",
        "DELETE FROM lock",
        "UPDATE res SET observed=replace(observed, '1', '2') WHERE id=1",
        "UPDATE op SET saved='{}' WHERE state=1",
        "UPDATE op SET state=4 WHERE state=1",
        "UPDATE res SET address='dns.record.other' WHERE id=2",
        "UPDATE res SET memo='' WHERE id=2",
        "UPDATE plan SET body='{}'",
        "UPDATE output SET body='{}'",
    };
    struct fixture *f = *state;
    make_store(f, 20);
    size_t count;
    char *bytes = get_file(f->path, &count);
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        put_file(f->path, bytes, count);
        fixture_read(f);
        change_by_hand(f, changes[i]);
        check_that_reading_fails(f, "store.corrupt");
    }
    free(bytes);
}

static void test_a_damaged_row_is_named_by_table_and_step(void **state)
{
    struct fixture *f = *state;
    make_store(f, 20);
    change_by_hand(f, "UPDATE res SET ext_id='id-99' WHERE address='dns.record.r7'");
    check_that_reading_fails(f, "store.corrupt");
    assert_non_null(strstr(f->err.summary, "'res'"));
    assert_non_null(strstr(f->err.summary, "dns.record.r7"));
    assert_non_null(strstr(f->err.advice, "landfall adopt"));
}

static void test_a_lost_call_is_noticed_by_the_next_writer(void **state)
{
    struct fixture *f = *state;
    make_store(f, 20);
    change_by_hand(f, "DELETE FROM call WHERE key='dns.record.r5'");
    assert_false(fixture_try_open(f));
    assert_string_equal(f->err.code, "store.corrupt");
    assert_non_null(strstr(f->err.summary, "'call'"));
}

/* ---- bit rot ------------------------------------------------------------------------------- */

static void write_byte(int fd, size_t at, char byte)
{
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
}

/* Flips single bits all over the file: a read fails with a reason, or gives exactly what was written. */
static void test_no_flipped_bit_makes_a_row_silently_wrong(void **state)
{
    struct fixture *f = *state;
    make_store(f, 24);
    struct store_snapshot s = fixture_read(f);
    const char *expected = fixture_print(f->mem, &s);
    size_t count, failures = 0, tries = 0;
    char *bytes = get_file(f->path, &count);
    int fd = open(f->path, O_RDWR);
    struct arena *mem = arena_new();
    /* A prime, so that all bits of a byte and all places in a page get their turn. */
    for (size_t bit = 0; bit < count * 8; bit += 151, tries++) {
        write_byte(fd, bit / 8, (char)(bytes[bit / 8] ^ (1 << bit % 8)));
        if (store_read(mem, f->path, &s, &f->err))
            assert_string_equal(fixture_print(mem, &s), expected);
        else
            failures++;
        write_byte(fd, bit / 8, bytes[bit / 8]);
        arena_reset(mem);
    }
    arena_free(mem);
    close(fd);
    free(bytes);
    assert_true(failures > tries / 20); /* the flips do hit rows */
    s = fixture_read(f);
    assert_string_equal(fixture_print(f->mem, &s), expected);
}

/* The same for the rows themselves, every bit of some of them: where the text of a row lies, each flip fails.
 */
static void test_every_flipped_bit_of_a_rows_text_is_noticed(void **state)
{
    struct fixture *f = *state;
    make_store(f, 24);
    size_t count, found = 0;
    char *bytes = get_file(f->path, &count);
    int fd = open(f->path, O_RDWR);
    /* ext_id, schema_version, marker, desired and observed of one row, as they lie in the file. */
    static const char text[] = "id-7\003lf1.00000000000000000000000007{\"n\":7}{\"n\":7}";
    for (size_t at = 0; at + sizeof(text) < count; at++) {
        if (memcmp(bytes + at, text, sizeof(text) - 1) != 0)
            continue;
        found++;
        for (size_t bit = at * 8; bit < (at + sizeof(text) - 1) * 8; bit++) {
            write_byte(fd, bit / 8, (char)(bytes[bit / 8] ^ (1 << bit % 8)));
            check_that_reading_fails(f, "store.corrupt");
            write_byte(fd, bit / 8, bytes[bit / 8]);
        }
    }
    close(fd);
    free(bytes);
    assert_int_equal(found, 1);
}

/* ---- runs without an end -------------------------------------------------------------------- */

static void put_done(struct fixture *f, enum event_kind kind, const char *run_id, const char *address)
{
    store_put_event(f->writer, &(struct event){.kind = kind,
                                               .verb = kind == EVENT_RESOLVED ? "done" : "create",
                                               .run_id = run_id,
                                               .address = address});
}

static const struct store_run *read_runs(struct fixture *f, size_t expected)
{
    struct store_run *runs = NULL;
    size_t count = 0;
    assert_true(store_read_runs(f->mem, f->path, &runs, &count, &f->err));
    assert_int_equal(count, expected);
    return runs;
}

static void test_a_run_without_an_end_was_killed_and_is_told_with_what_was_done(void **state)
{
    struct fixture *f = *state;
    struct store_run first = fixture_run("run-0", "digest-0"), second = fixture_run("run-1", "digest-1"),
                     third = fixture_run("run-2", "digest-2");
    second.state = "done";
    second.done = 5;
    fixture_open(f);
    put_done(f, EVENT_RESOLVED, NULL, "human.early"); /* before any run */
    store_put_run(f->writer, &first);
    put_done(f, EVENT_STEP_DONE, "run-0", "dns.record.a");
    put_done(f, EVENT_STEP_DONE, "run-0", "dns.record.a");
    put_done(f, EVENT_RESOLVED, NULL, "human.meanwhile");
    store_put_run(f->writer, &second);
    put_done(f, EVENT_STEP_DONE, "run-1", "dns.record.c");
    put_done(f, EVENT_STEP_DONE, "run-0", "dns.record.b"); /* settled by who came next */
    put_done(f, EVENT_RESOLVED, NULL, "human.late");
    store_put_run(f->writer, &third);
    put_done(f, EVENT_STEP_DONE, "run-2", "dns.record.d");
    fixture_commit_well(f);
    fixture_close(f);
    const struct store_run *runs = read_runs(f, 3);
    assert_string_equal(store_run_state(&runs[0]), "killed");
    assert_int_equal(runs[0].done, 3);
    assert_string_equal(store_run_state(&runs[1]), "done");
    assert_int_equal(runs[1].done, 5);
    assert_string_equal(store_run_state(&runs[2]), "killed");
    assert_int_equal(runs[2].done, 1);
    struct store_snapshot s = fixture_read(f);
    assert_string_equal(store_run_state(s.last_run), "killed");
    assert_int_equal(s.last_run->done, 1);
    assert_null(s.holder);
}

static void check_held(struct fixture *f, const char *command, const char *state)
{
    assert_true(store_writer_open(f->loop, f->path, "eu", FIXTURE_LINEAGE, command, &f->writer, &f->err));
    struct store_snapshot s = fixture_read(f);
    assert_string_equal(store_run_state(s.last_run), state);
    assert_string_equal(store_run_state(&read_runs(f, 2)[1]), state);
    assert_string_equal(store_run_state(&read_runs(f, 2)[0]), "killed");
    assert_null(s.holder); /* no other process */
    fixture_close(f);
}

static void nothing(void *user)
{
    (void)user;
}

static void pass_a_second(struct fixture *f)
{
    loop_after(f->loop, 1000, nothing, NULL);
    loop_run(f->loop);
}

/* The newest run goes on where the lock is held by who opened it, or resumes it; not where anybody holds it.
 */
static void test_a_run_whose_landfall_holds_the_lock_is_running(void **state)
{
    struct fixture *f = *state;
    const struct tick *tick = loop_tick(f->loop);
    fixture_open(f);
    for (int i = 0; i < 2; i++) {
        struct store_run run =
            fixture_run(arena_print(f->mem, "run-%d", i), arena_print(f->mem, "digest-%d", i));
        run.started_ms = tick->wall_ms(tick->user);
        store_put_run(f->writer, &run);
    }
    fixture_commit_well(f);
    struct store_snapshot s = fixture_read(f);
    assert_string_equal(store_run_state(s.last_run), "running");
    assert_string_equal(store_run_state(&read_runs(f, 2)[1]), "running");
    assert_string_equal(store_run_state(&read_runs(f, 2)[0]), "killed");
    fixture_close(f);
    pass_a_second(f);
    check_held(f, "apply", "killed");
    check_held(f, "done", "killed");
    check_held(f, "resume", "running");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_no_store_is_an_empty_snapshot_and_stays_none),
        TEST(test_reading_a_closed_store_changes_nothing),
        TEST(test_reading_without_a_lock_file_makes_none),
        TEST(test_reading_beside_a_living_writer_changes_nothing),
        TEST(test_reading_what_a_crash_left_changes_nothing),
        TEST(test_a_read_only_folder_can_be_read_and_not_be_written),
        TEST(test_what_a_crash_left_in_a_read_only_folder_can_be_read),
        TEST(test_a_path_with_odd_characters_is_read_literally),
        TEST(test_a_text_file_is_not_a_store),
        TEST(test_an_empty_file_is_not_a_store),
        TEST(test_another_programs_database_is_not_a_store),
        TEST(test_a_newer_schema_is_refused_by_readers_and_writers),
        TEST(test_a_truncated_file_is_damaged),
        TEST(test_a_row_that_vanished_or_came_back_is_noticed),
        TEST(test_a_damaged_row_is_named_by_table_and_step),
        TEST(test_a_lost_call_is_noticed_by_the_next_writer),
        TEST(test_no_flipped_bit_makes_a_row_silently_wrong),
        TEST(test_every_flipped_bit_of_a_rows_text_is_noticed),
        TEST(test_a_run_without_an_end_was_killed_and_is_told_with_what_was_done),
        TEST(test_a_run_whose_landfall_holds_the_lock_is_running),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
