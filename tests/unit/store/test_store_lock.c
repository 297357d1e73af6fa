#include "store_fixture.h"

#include <sched.h>
#include <signal.h>
#include <sys/file.h>

/* ---- one writer ---------------------------------------------------------------------------- */

static void test_a_second_writer_is_told_who_the_first_one_is(void **state)
{
    struct fixture *f = *state;
    struct store_writer *second = NULL;
    fixture_open(f);
    assert_false(store_writer_open(f->loop, f->path, "eu", FIXTURE_LINEAGE, "resume", &second, &f->err));
    assert_null(second);
    assert_string_equal(f->err.code, "store.locked");
    char pid[32];
    snprintf(pid, sizeof(pid), "(pid %d on", (int)getpid());
    assert_non_null(strstr(f->err.summary, "landfall apply"));
    assert_non_null(strstr(f->err.summary, pid));
    assert_non_null(strstr(f->err.summary, "since 2026-01-01T00:00:00"));
    assert_non_null(strstr(f->err.summary, "'eu'"));
    assert_non_null(strstr(f->err.advice, "nothing is lost"));

    /* The first one works on, and after it the second one may. */
    struct store_res res = fixture_res(f, 1);
    store_put_res(f->writer, &res);
    fixture_commit_well(f);
    fixture_close(f);
    fixture_open(f);
    assert_int_equal(store_writer_fence(f->writer), 2);
}

static void open_and_wait(struct fixture *f, int in, int out)
{
    fixture_open(f);
    fixture_say(out);
    fixture_hear(in);
    fixture_close(f);
}

static void test_a_writer_of_another_process_is_in_the_way_until_it_ends(void **state)
{
    struct fixture *f = *state;
    int to, from;
    pid_t pid = fixture_fork(f, open_and_wait, &to, &from);
    assert_true(fixture_hear(from));
    assert_false(fixture_try_open(f));
    assert_string_equal(f->err.code, "store.locked");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(to);
    close(from);
    fixture_open(f);
    assert_int_equal(store_writer_fence(f->writer), 2);
}

/* ---- children of a writer ------------------------------------------------------------------ */

/* A writer that starts a command which inherits the lock, and dies. */
static void die_and_leave_a_child(struct fixture *f, int in, int out)
{
    fixture_open(f);
    struct store_res res = fixture_res(f, 1);
    store_put_res(f->writer, &res);
    fixture_commit_well(f);
    if (fork() == 0) {
        fixture_say(out);
        fixture_hear(in);
        _exit(0);
    }
    for (;;)
        pause();
}

static void test_a_dead_writers_child_keeps_the_region_locked(void **state)
{
    struct fixture *f = *state;
    int to, from;
    pid_t pid = fixture_fork(f, die_and_leave_a_child, &to, &from);
    assert_true(fixture_hear(from));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_false(fixture_try_open(f));
    assert_string_equal(f->err.code, "store.locked");
    assert_non_null(strstr(f->err.detail, "still runs"));

    /* What it wrote can be read all the same, and reading leaves it alone. */
    const char *before = fixture_picture(f);
    assert_int_equal(fixture_read(f).res_count, 1);
    assert_string_equal(fixture_picture(f), before);

    close(to); /* the child ends, and with it the lock */
    int fd = open(arena_print(f->mem, "%s.lock", f->path), O_RDONLY);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    close(fd);
    close(from);
    fixture_open(f);
    assert_int_equal(store_writer_fence(f->writer), 2);
}

/* ---- readers ------------------------------------------------------------------------------- */

/* Has process `pid` the file open?  Then it is about to wait for us. */
static bool has_open(pid_t pid, const char *path)
{
    char folder[64], link[512], target[512];
    snprintf(folder, sizeof(folder), "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(folder);
    bool found = false;
    for (struct dirent *e; dir && !found && (e = readdir(dir));) {
        snprintf(link, sizeof(link), "%s/%.64s", folder, e->d_name);
        ssize_t count = readlink(link, target, sizeof(target) - 1);
        target[count > 0 ? count : 0] = '\0';
        found = strcmp(target, path) == 0;
    }
    if (dir)
        closedir(dir);
    return found;
}

static void share_until_someone_waits(struct fixture *f, int in, int out)
{
    (void)in;
    const char *path = arena_print(f->mem, "%s.lock", f->path);
    int fd = open(path, O_RDONLY);
    if (fd < 0 || flock(fd, LOCK_SH) != 0)
        _exit(1);
    fixture_say(out);
    while (!has_open(getppid(), path))
        sched_yield();
    _exit(0);
}

static void test_a_writer_waits_for_readers(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    fixture_close(f);
    int to, from;
    pid_t pid = fixture_fork(f, share_until_someone_waits, &to, &from);
    assert_true(fixture_hear(from));
    fixture_open(f);
    assert_int_equal(store_writer_fence(f->writer), 2);
    waitpid(pid, NULL, 0);
    close(to);
    close(from);
}

static void test_the_lock_is_inherited_only_on_request(void **state)
{
    struct fixture *f = *state;
    fixture_open(f);
    int fd = store_writer_lock_fd(f->writer);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_second_writer_is_told_who_the_first_one_is),
        TEST(test_a_writer_of_another_process_is_in_the_way_until_it_ends),
        TEST(test_a_dead_writers_child_keeps_the_region_locked),
        TEST(test_a_writer_waits_for_readers),
        TEST(test_the_lock_is_inherited_only_on_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
