#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"

/* Each test has a folder of its own, empty, and the arena. */
struct room {
    struct arena *mem;
    char folder[64];
};

static int set_up(void **state)
{
    struct room *r = calloc(1, sizeof(*r));
    assert_non_null(r);
    r->mem = arena_new();
    snprintf(r->folder, sizeof(r->folder), "/tmp/landfall-file-XXXXXX");
    assert_non_null(mkdtemp(r->folder));
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    struct room *r = *state;
    DIR *folder = opendir(r->folder);
    assert_non_null(folder);
    for (struct dirent *e; (e = readdir(folder));) {
        const char *path = file_join(r->mem, r->folder, e->d_name);
        if (!str_equal(e->d_name, ".") && !str_equal(e->d_name, ".."))
            assert_int_equal(remove(path), 0);
    }
    closedir(folder);
    assert_int_equal(rmdir(r->folder), 0);
    arena_free(r->mem);
    free(r);
    return 0;
}

static const char *inside(struct room *r, const char *name)
{
    return file_join(r->mem, r->folder, name);
}

static size_t entries(struct room *r)
{
    size_t count = 0;
    DIR *folder = opendir(r->folder);
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 2; /* without . and .. */
}

static void test_what_is_replaced_is_read_back_whole(void **state)
{
    struct room *r = *state;
    struct err err;
    const char *path = inside(r, "eu.plan"), *bytes;
    size_t count;
    assert_true(file_replace(path, "old and longer", 14, 0644, &err));
    assert_true(file_replace(path, "new\0x", 5, 0600, &err));
    assert_true(file_read(r->mem, path, 5, &bytes, &count, &err));
    assert_int_equal(count, 5);
    assert_memory_equal(bytes, "new\0x", 6);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(entries(r), 1);
}

static void test_a_draft_is_seen_only_when_it_is_committed(void **state)
{
    struct room *r = *state;
    struct err err;
    struct file_draft draft;
    const char *path = inside(r, "eu.html"), *bytes;
    size_t count;
    assert_true(file_replace(path, "old", 3, 0644, &err));
    assert_true(file_draft_begin(&draft, path, &err));
    assert_int_equal(write(draft.fd, "ne", 2), 2);
    assert_true(file_read(r->mem, path, 9, &bytes, &count, &err));
    assert_string_equal(bytes, "old");
    assert_int_equal(write(draft.fd, "w", 1), 1);
    assert_true(file_draft_commit(&draft, 0600, &err));
    assert_true(file_read(r->mem, path, 9, &bytes, &count, &err));
    assert_string_equal(bytes, "new");
    assert_int_equal(entries(r), 1);
}

static void test_an_abandoned_draft_leaves_nothing(void **state)
{
    struct room *r = *state;
    struct err err;
    struct file_draft draft;
    const char *path = inside(r, "eu.html"), *bytes;
    size_t count;
    assert_true(file_replace(path, "old", 3, 0644, &err));
    assert_true(file_draft_begin(&draft, path, &err));
    assert_int_equal(write(draft.fd, "half", 4), 4);
    file_draft_abandon(&draft);
    assert_true(file_read(r->mem, path, 9, &bytes, &count, &err));
    assert_string_equal(bytes, "old");
    assert_int_equal(entries(r), 1);
    assert_false(file_draft_begin(&draft, inside(r, "no/such"), &err));
    assert_string_equal(err.code, "file.cannot_write");
}

static void test_of_a_large_file_the_head_can_be_read(void **state)
{
    struct room *r = *state;
    struct err err;
    const char *path = inside(r, "big"), *bytes;
    size_t count;
    assert_true(file_replace(path, "\0and more", 9, 0644, &err));
    assert_true(file_read_head(r->mem, path, 4, &bytes, &count, &err));
    assert_int_equal(count, 4);
    assert_memory_equal(bytes, "\0and", 5);
    assert_true(file_read_head(r->mem, path, 4096, &bytes, &count, &err));
    assert_int_equal(count, 9);
    assert_memory_equal(bytes, "\0and more", 10);
    assert_false(file_read_head(r->mem, r->folder, 4, &bytes, &count, &err));
    assert_string_equal(err.code, "file.not_regular");
    assert_false(file_read_head(r->mem, inside(r, "none"), 4, &bytes, &count, &err));
    assert_string_equal(err.code, "file.cannot_open");
}

static void test_a_large_file_is_read_whole(void **state)
{
    struct room *r = *state;
    struct err err;
    const size_t size = 3000000;
    char *big = arena_alloc(r->mem, size);
    memset(big, 'x', size);
    big[size - 1] = 'y';
    const char *path = inside(r, "big"), *bytes;
    size_t count;
    assert_true(file_replace(path, big, size, 0644, &err));
    assert_true(file_read(r->mem, path, size, &bytes, &count, &err));
    assert_int_equal(count, size);
    assert_memory_equal(bytes, big, size);
}

static void test_an_empty_file_is_an_empty_text(void **state)
{
    struct room *r = *state;
    struct err err;
    const char *path = inside(r, "empty"), *bytes;
    size_t count = 99;
    assert_true(file_replace(path, "", 0, 0644, &err));
    assert_true(file_read(r->mem, path, 0, &bytes, &count, &err));
    assert_int_equal(count, 0);
    assert_string_equal(bytes, "");
}

static void test_a_file_without_a_size_is_read_to_its_end(void **state)
{
    struct room *r = *state;
    struct err err;
    const char *bytes;
    size_t count;
    assert_true(file_read(r->mem, "/proc/self/status", 1 << 20, &bytes, &count, &err));
    assert_true(count > 0);
    assert_true(str_starts(bytes, "Name:"));
    assert_false(file_read(r->mem, "/proc/self/status", 10, &bytes, &count, &err));
    assert_string_equal(err.code, "file.too_large");
}

static void test_reading_refuses_what_is_too_large_missing_or_no_file(void **state)
{
    struct room *r = *state;
    struct err err;
    const char *path = inside(r, "six"), *bytes = "untouched";
    size_t count = 99;
    assert_true(file_replace(path, "sixsix", 6, 0644, &err));
    assert_false(file_read(r->mem, path, 5, &bytes, &count, &err));
    assert_string_equal(err.code, "file.too_large");
    assert_false(file_read(r->mem, inside(r, "none"), 5, &bytes, &count, &err));
    assert_string_equal(err.code, "file.cannot_open");
    assert_true(str_ends(err.summary, "/none': No such file or directory"));
    assert_false(file_read(r->mem, r->folder, 5, &bytes, &count, &err));
    assert_string_equal(err.code, "file.not_regular");
    assert_int_equal(mkfifo(inside(r, "pipe"), 0600), 0);
    assert_false(file_read(r->mem, inside(r, "pipe"), 5, &bytes, &count, &err));
    assert_string_equal(err.code, "file.not_regular");
    assert_string_equal(bytes, "untouched");
    assert_int_equal(count, 99);
}

static void test_a_failed_replace_leaves_nothing_behind(void **state)
{
    struct room *r = *state;
    struct err err;
    assert_false(file_replace(inside(r, "no/such"), "x", 1, 0644, &err));
    assert_string_equal(err.code, "file.cannot_write");
    assert_int_equal(mkdir(inside(r, "taken"), 0755), 0);
    assert_false(file_replace(inside(r, "taken"), "x", 1, 0644, &err));
    assert_string_equal(err.code, "file.cannot_write");
    assert_int_equal(entries(r), 1);
    char name[5000];
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_false(file_replace(inside(r, name), "x", 1, 0644, &err));
    assert_string_equal(err.code, "file.cannot_write");
}

static void
test_a_temporary_file_of_a_dead_writer_is_tidied_away_and_one_of_a_living_writer_stays(void **state)
{
    struct room *r = *state;
    struct err err;
    int living = open(inside(r, ".list.aaaaaa"), O_CREAT | O_WRONLY, 0600);
    assert_true(living >= 0);
    assert_int_equal(flock(living, LOCK_EX), 0);
    assert_int_equal(close(open(inside(r, ".list.bbbbbb"), O_CREAT | O_WRONLY, 0600)), 0);
    assert_int_equal(close(open(inside(r, ".lists.cccccc"), O_CREAT | O_WRONLY, 0600)), 0);
    assert_true(file_replace(inside(r, "list"), "x", 1, 0644, &err));
    assert_true(file_exists(inside(r, ".list.aaaaaa")));
    assert_false(file_exists(inside(r, ".list.bbbbbb")));
    assert_true(file_exists(inside(r, ".lists.cccccc")));
    assert_int_equal(entries(r), 3);
    close(living);
}

static void test_a_replaced_file_is_another_version_and_a_missing_one_has_none(void **state)
{
    struct room *r = *state;
    struct err err;
    struct file_version none, first;
    const char *path = inside(r, "list");
    file_version_get(path, &none);
    assert_true(file_version_is(path, &none));
    assert_true(file_replace(path, "x", 1, 0644, &err));
    assert_false(file_version_is(path, &none));
    file_version_get(path, &first);
    assert_true(file_version_is(path, &first));
    assert_true(file_replace(path, "x", 1, 0644, &err));
    assert_false(file_version_is(path, &first));
}

static void test_a_held_file_is_held_by_one(void **state)
{
    struct room *r = *state;
    struct err err;
    const char *path = inside(r, "list");
    int first, folder, second;
    assert_true(file_hold(path, &folder)); /* not there yet: its folder is held */
    assert_true(file_replace(path, "x", 1, 0644, &err));
    assert_true(file_hold(path, &first));
    second = open(path, O_RDONLY);
    assert_int_equal(flock(second, LOCK_EX | LOCK_NB), -1);
    file_close_fd(&first);
    assert_int_equal(flock(second, LOCK_EX | LOCK_NB), 0);
    close(second);
    close(folder);
    assert_false(file_hold(inside(r, "no/such"), &first));
    assert_int_equal(first, -1);
}

static void test_folders_are_made_to_any_depth_and_twice(void **state)
{
    struct room *r = *state;
    struct err err;
    const char *deep = inside(r, "a//b/c/");
    assert_true(file_make_folders(deep, 0755, &err));
    assert_true(file_is_folder(deep));
    assert_true(file_make_folders(deep, 0755, &err));
    assert_true(file_replace(inside(r, "a/b/file"), "", 0, 0644, &err));
    assert_false(file_make_folders(inside(r, "a/b/file/d"), 0755, &err));
    assert_string_equal(err.code, "file.cannot_make_folder");
    assert_true(str_ends(err.summary, "/file': Not a directory"));
    assert_int_equal(remove(inside(r, "a/b/file")), 0);
    assert_int_equal(rmdir(inside(r, "a/b/c")), 0);
    assert_int_equal(rmdir(inside(r, "a/b")), 0);
}

static void test_existence_and_kind(void **state)
{
    struct room *r = *state;
    struct err err;
    assert_true(file_replace(inside(r, "f"), "", 0, 0644, &err));
    assert_true(file_exists(inside(r, "f")));
    assert_false(file_is_folder(inside(r, "f")));
    assert_true(file_exists(r->folder));
    assert_true(file_is_folder(r->folder));
    assert_false(file_exists(inside(r, "g")));
    assert_false(file_is_folder(inside(r, "g")));
}

static void test_names_are_joined_and_taken_apart(void **state)
{
    struct room *r = *state;
    assert_string_equal(file_join(r->mem, "a", "b"), "a/b");
    assert_string_equal(file_join(r->mem, "a/", "b"), "a/b");
    assert_string_equal(file_join(r->mem, "/", "b"), "/b");
    assert_string_equal(file_join(r->mem, "", "b"), "b");
    assert_string_equal(file_join(r->mem, "a", "/b"), "/b");
    assert_string_equal(file_name("a/b.c"), "b.c");
    assert_string_equal(file_name("b"), "b");
    assert_string_equal(file_folder(r->mem, "a/b/c"), "a/b");
    assert_string_equal(file_folder(r->mem, "a//c"), "a");
    assert_string_equal(file_folder(r->mem, "/c"), "/");
    assert_string_equal(file_folder(r->mem, "c"), ".");
}

static void test_a_real_name_has_no_links_and_no_dots(void **state)
{
    struct room *r = *state;
    struct err err;
    assert_true(file_replace(inside(r, "f"), "", 0, 0644, &err));
    assert_int_equal(symlink("f", inside(r, "link")), 0);
    const char *real = file_real(r->mem, inside(r, "./link"));
    assert_non_null(real);
    assert_string_equal(real, file_real(r->mem, inside(r, "f")));
    assert_null(file_real(r->mem, inside(r, "none")));
}

static void test_a_system_program_is_trusted_also_through_links(void **state)
{
    (void)state;
    struct err err;
    err_clear(&err);
    bool trusted = file_is_trusted("/bin/sh", &err);
    assert_string_equal(err.summary, "");
    assert_true(trusted);
    assert_true(file_is_trusted("/usr/../usr/./bin//sh", &err));
}

static void test_a_file_right_in_a_shared_folder_is_not_trusted_but_one_in_a_folder_of_ours_is(void **state)
{
    struct room *r = *state;
    struct err err;
    assert_true(file_replace(inside(r, "f.so"), "", 0, 0644, &err));
    assert_true(file_is_trusted(inside(r, "f.so"), &err));
    char shared[] = "/tmp/landfall-file-XXXXXX";
    int fd = mkstemp(shared);
    assert_true(fd >= 0);
    close(fd);
    assert_false(file_is_trusted(shared, &err));
    char round_about[128];
    snprintf(round_about, sizeof(round_about), "%s/../%s", r->folder, strrchr(shared, '/') + 1);
    assert_false(file_is_trusted(round_about, &err));
    unlink(shared);
    assert_string_equal(err.code, "file.not_trusted");
    assert_non_null(strstr(err.summary, "folder '/tmp'"));
    assert_true(err.advice[0] != '\0');
    assert_false(file_is_trusted("/usr/bin", &err));
    assert_false(file_is_trusted("/bin/none", &err));
    assert_non_null(strstr(err.summary, "No such file"));
}

static void test_links_in_a_circle_end(void **state)
{
    struct room *r = *state;
    struct err err;
    assert_int_equal(symlink("b", inside(r, "a")), 0);
    assert_int_equal(symlink("a", inside(r, "b")), 0);
    assert_false(file_is_trusted(inside(r, "a"), &err));
    assert_false(file_is_trusted("/proc/self/fd/none", &err));
}

static void test_closing_marks_the_descriptor(void **state)
{
    (void)state;
    int fd = dup(0), none = -1;
    assert_true(fd >= 0);
    int was = fd;
    file_close_fd(&fd);
    assert_int_equal(fd, -1);
    assert_int_equal(close(was), -1);
    file_close_fd(&none);
    assert_int_equal(none, -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_replaced_is_read_back_whole),
        TEST(test_a_draft_is_seen_only_when_it_is_committed),
        TEST(test_an_abandoned_draft_leaves_nothing),
        TEST(test_a_large_file_is_read_whole),
        TEST(test_of_a_large_file_the_head_can_be_read),
        TEST(test_an_empty_file_is_an_empty_text),
        TEST(test_a_file_without_a_size_is_read_to_its_end),
        TEST(test_reading_refuses_what_is_too_large_missing_or_no_file),
        TEST(test_a_failed_replace_leaves_nothing_behind),
        TEST(test_a_temporary_file_of_a_dead_writer_is_tidied_away_and_one_of_a_living_writer_stays),
        TEST(test_a_replaced_file_is_another_version_and_a_missing_one_has_none),
        TEST(test_a_held_file_is_held_by_one),
        TEST(test_folders_are_made_to_any_depth_and_twice),
        TEST(test_existence_and_kind),
        TEST(test_names_are_joined_and_taken_apart),
        TEST(test_a_real_name_has_no_links_and_no_dots),
        TEST(test_a_system_program_is_trusted_also_through_links),
        TEST(test_a_file_right_in_a_shared_folder_is_not_trusted_but_one_in_a_folder_of_ours_is),
        TEST(test_links_in_a_circle_end),
        TEST(test_closing_marks_the_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
