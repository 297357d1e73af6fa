#include "store_fixture.h"

#include <signal.h>
#include <sys/resource.h>

#include "store/store_db.h"

/* The image must say of a log, whole, torn or flipped, exactly what SQLite says when it recovers it. */

struct bytes {
    unsigned char *at;
    size_t count;
};

static struct bytes get(struct fixture *f, const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    struct bytes b = {arena_alloc(f->mem, (size_t)st.st_size), (size_t)st.st_size};
    int fd = open(path, O_RDONLY);
    assert_true(read(fd, b.at, b.count) == (ssize_t)b.count);
    close(fd);
    return b;
}

static void put(const char *path, const unsigned char *at, size_t count)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_true(write(fd, at, count) == (ssize_t)count);
    close(fd);
}

static void write_and_die(struct fixture *f, int in, int out)
{
    (void)in, (void)out;
    fixture_open(f);
    for (int turn = 0; turn < 6; turn++) {
        for (int i = 0; i < 12; i++) {
            struct store_op op = fixture_op(f, turn * 12 + i);
            struct store_res res = fixture_res(f, i);
            res.ext_id = arena_print(f->mem, "turn-%d", turn);
            store_put_op(f->writer, &op);
            store_put_res(f->writer, &res);
        }
        fixture_commit_well(f);
    }
    kill(getpid(), SIGKILL);
}

static void crash(struct fixture *f, struct bytes *file, struct bytes *log)
{
    int to, from;
    pid_t pid = fixture_fork(f, write_and_die, &to, &from);
    waitpid(pid, NULL, 0);
    close(to);
    close(from);
    *file = get(f, f->path);
    *log = get(f, arena_print(f->mem, "%s-wal", f->path));
}

/* What a reader sees: the rows, or the code of the failure. */
static const char *see(struct arena *mem, const char *path)
{
    struct store_snapshot s;
    struct err err;
    return store_read(mem, path, &s, &err) ? fixture_print(mem, &s) : arena_text(mem, err.code);
}

/* The same file and log, as SQLite puts them together on a copy. */
static const char *see_recovered(struct arena *mem, struct fixture *f, const struct bytes *file,
                                 const unsigned char *log, size_t count)
{
    struct store_db db;
    struct err err;
    const char *path = arena_print(mem, "%s/copy.db", f->folder), *wal = arena_print(mem, "%s-wal", path);
    put(path, file->at, file->count);
    put(wal, log, count);
    assert_true(store_db_open(&db, path, path, SQLITE_OPEN_READWRITE, NULL, &err));
    assert_true(store_db_exec(&db, "PRAGMA wal_checkpoint", &err));
    store_db_close(&db);
    const char *seen = see(mem, path);
    unlink(path);
    unlink(wal);
    unlink(arena_print(mem, "%s-shm", path));
    return seen;
}

static void test_a_log_torn_anywhere_gives_what_sqlite_recovers(void **state)
{
    struct fixture *f = *state;
    struct bytes file, log;
    crash(f, &file, &log);
    const char *wal = arena_print(f->mem, "%s-wal", f->path), *last = "";
    struct arena *mem = arena_new();
    size_t different = 0, step = 0;
    for (size_t count = 0; count <= log.count; count += step) {
        put(wal, log.at, count);
        const char *seen = see(mem, f->path);
        assert_string_equal(seen, see_recovered(mem, f, &file, log.at, count));
        different += strcmp(seen, last) != 0;
        last = seen;
        step = count < 64 ? 8 : 1031; /* a prime: every place in a frame gets its turn */
        if (count < log.count && step > log.count - count)
            step = log.count - count;
    }
    assert_int_equal(different, 8); /* the new store, its fence, and six turns */
    arena_free(mem);
}

static void test_a_log_with_a_flipped_bit_gives_what_sqlite_recovers(void **state)
{
    struct fixture *f = *state;
    struct bytes file, log;
    crash(f, &file, &log);
    const char *wal = arena_print(f->mem, "%s-wal", f->path);
    struct arena *mem = arena_new();
    for (size_t bit = 0; bit < log.count * 8; bit += bit < 56 * 8 ? 5 : 9001) {
        log.at[bit / 8] = (unsigned char)(log.at[bit / 8] ^ (1 << bit % 8));
        put(wal, log.at, log.count);
        assert_string_equal(see(mem, f->path), see_recovered(mem, f, &file, log.at, log.count));
        log.at[bit / 8] = (unsigned char)(log.at[bit / 8] ^ (1 << bit % 8));
        arena_reset(mem);
    }
    arena_free(mem);
}

/* Frames of an earlier use of the log lie behind the newer ones; they must not come back to life. */
static void reuse_the_log(struct fixture *f, int in, int out)
{
    (void)in, (void)out;
    fixture_open(f);
    for (int turn = 0; turn < 3; turn++) {
        for (int i = 0; i < 60 - turn * 25; i++) {
            struct store_res res = fixture_res(f, i);
            res.ext_id = arena_print(f->mem, "turn-%d", turn);
            store_put_res(f->writer, &res);
        }
        fixture_commit_well(f);
        struct store_db db;
        struct err err;
        if (turn < 2 && (!store_db_open(&db, f->path, f->path, SQLITE_OPEN_READWRITE, NULL, &err) ||
                         !store_db_exec(&db, "PRAGMA wal_checkpoint", &err)))
            _exit(1);
        if (turn < 2)
            store_db_close(&db);
    }
    kill(getpid(), SIGKILL);
}

static void test_frames_of_an_earlier_use_of_the_log_stay_dead(void **state)
{
    struct fixture *f = *state;
    int to, from;
    pid_t pid = fixture_fork(f, reuse_the_log, &to, &from);
    waitpid(pid, NULL, 0);
    close(to);
    close(from);
    struct bytes file = get(f, f->path), log = get(f, arena_print(f->mem, "%s-wal", f->path));
    struct store_snapshot s = fixture_read(f);
    assert_int_equal(s.res_count, 60);
    size_t turns[3] = {0};
    for (size_t i = 0; i < s.res_count; i++)
        turns[s.res[i].ext_id[5] - '0']++;
    assert_int_equal(turns[0], 25);
    assert_int_equal(turns[1], 25);
    assert_int_equal(turns[2], 10);
    assert_string_equal(fixture_print(f->mem, &s), see_recovered(f->mem, f, &file, log.at, log.count));
}

/* The reader may make no file of a single byte: it needs none. */
static void read_without_disk(struct fixture *f, int in, int out)
{
    (void)in;
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_FSIZE, &none);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){16, 16});
    struct store_snapshot s;
    for (int i = 0; i < 20; i++) {
        if (!store_read(f->mem, f->path, &s, &f->err) || s.res_count != 12)
            _exit(1);
    }
    fixture_say(out); /* a pipe is no file */
}

static void test_reading_what_a_crash_left_needs_no_disk_and_keeps_no_descriptor(void **state)
{
    struct fixture *f = *state;
    struct bytes file, log;
    crash(f, &file, &log);
    int to, from;
    pid_t pid = fixture_fork(f, read_without_disk, &to, &from);
    assert_true(fixture_hear(from));
    waitpid(pid, NULL, 0);
    close(to);
    close(from);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_log_torn_anywhere_gives_what_sqlite_recovers),
        TEST(test_a_log_with_a_flipped_bit_gives_what_sqlite_recovers),
        TEST(test_frames_of_an_earlier_use_of_the_log_stay_dead),
        TEST(test_reading_what_a_crash_left_needs_no_disk_and_keeps_no_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
