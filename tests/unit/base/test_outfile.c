#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/file.h"
#include "base/outfile.h"

static const struct outfile_sign signs[] = {
    {.head = "{\"format\":\"thing/"},
    {"# ", ": a thing\n\nMade ", "\n"},
};
static const struct outfile_kind kind = {
    .what = "thing", .code = "thing.in_the_way", .signs = signs, .count = COUNT_OF(signs)};

static bool gives_way(const char *text)
{
    return outfile_gives_way(&kind, text, strlen(text));
}

static void test_its_own_gives_way_in_any_format_and_version(void **state)
{
    (void)state;
    assert_true(gives_way(""));
    assert_true(gives_way("{\"format\":\"thing/1\",\"a\":1}\n"));
    assert_true(gives_way("{\"format\":\"thing/7"));
    assert_true(gives_way("# eu: a thing\n\nMade today"));
    assert_true(gives_way("# : a thing\n\nMade "));
}

static void test_anything_else_stays(void **state)
{
    (void)state;
    assert_false(gives_way("{\"format\":\"other/1\"}"));
    assert_false(gives_way("{\"format\":\"thing"));
    assert_false(gives_way(" {\"format\":\"thing/1\"}"));
    assert_false(gives_way("\n"));
    assert_false(gives_way("# eu: a thing\n\nSeen today"));
    assert_false(gives_way("# Notes\n\n# eu: a thing\n\nMade today"));
    assert_false(gives_way("See # eu: a thing\n\nMade today"));
    assert_false(outfile_gives_way(&kind, "\0{\"format\":\"thing/1\"}", 20));
}

struct place {
    struct arena *mem;
    char folder[64];
    const char *path;
};

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    p->mem = arena_new();
    snprintf(p->folder, sizeof(p->folder), "/tmp/landfall-outfile-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    p->path = file_join(p->mem, p->folder, "eu");
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    assert_true(file_remove_all(p->folder));
    arena_free(p->mem);
    free(p);
    return 0;
}

static void put(const struct place *p, const char *bytes, size_t count)
{
    struct err err;
    assert_true(file_replace(p->path, bytes, count, 0644, &err));
}

static void test_what_is_not_there_is_in_nobodys_way(void **state)
{
    const struct place *p = *state;
    struct err err;
    assert_true(outfile_check(p->path, &kind, &err));
    assert_false(file_exists(p->path));
}

static void test_who_is_refused_is_told_where_why_and_what_to_do(void **state)
{
    const struct place *p = *state;
    struct err err;
    put(p, "region: eu\n", 11);
    assert_false(outfile_check(p->path, &kind, &err));
    assert_string_equal(err.code, "thing.in_the_way");
    assert_non_null(strstr(err.summary, p->path));
    assert_non_null(strstr(err.summary, "no thing"));
    assert_non_null(strstr(err.advice, "another file"));
}

/* A plan of a hundred thousand steps is looked at as fast as a short one. */
static void test_a_long_one_is_known_by_its_first_bytes(void **state)
{
    const struct place *p = *state;
    struct err err;
    const size_t count = 1000000;
    char *bytes = arena_alloc(p->mem, count);
    memset(bytes, 'x', count);
    put(p, bytes, count);
    assert_false(outfile_check(p->path, &kind, &err));
    memcpy(bytes, signs[0].head, strlen(signs[0].head));
    put(p, bytes, count);
    assert_true(outfile_check(p->path, &kind, &err));
}

static void test_what_is_no_file_stays(void **state)
{
    const struct place *p = *state;
    struct err err;
    assert_false(outfile_check(p->folder, &kind, &err));
    assert_string_equal(err.code, "file.not_regular");
    assert_non_null(strstr(err.advice, "another file"));
    assert_false(outfile_check("/dev/null", &kind, &err));
    assert_string_equal(err.code, "file.not_regular");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_its_own_gives_way_in_any_format_and_version),
        cmocka_unit_test(test_anything_else_stays),
        TEST(test_what_is_not_there_is_in_nobodys_way),
        TEST(test_who_is_refused_is_told_where_why_and_what_to_do),
        TEST(test_a_long_one_is_known_by_its_first_bytes),
        TEST(test_what_is_no_file_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
