#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"

static void test_setting_starts_anew_and_returns_false(void **state)
{
    (void)state;
    struct err err;
    assert_false(err_set(&err, "plan.stale", "old"));
    err_detail(&err, "seen");
    err_advise(&err, "do");
    err_at(&err, "x", 1, 1);
    assert_false(err_set(&err, "region.unknown_key", "unknown key '%s'", "nmae"));
    assert_string_equal(err.code, "region.unknown_key");
    assert_string_equal(err.summary, "unknown key 'nmae'");
    assert_string_equal(err.detail, "");
    assert_string_equal(err.advice, "");
    assert_string_equal(err.where, "");
}

static void test_a_system_failure_ends_with_its_reason(void **state)
{
    (void)state;
    struct err err;
    assert_false(err_sys(&err, "file.cannot_open", ENOENT, "cannot open '%s'", "eu.plan"));
    assert_string_equal(err.summary, "cannot open 'eu.plan': No such file or directory");
}

static void test_the_reason_survives_a_long_text(void **state)
{
    (void)state;
    struct err err;
    err_sys(&err, "file.cannot_open", ENOENT, "%0800d", 1);
    assert_true(str_ends(err.summary, "...: No such file or directory"));
    assert_int_equal(strlen(err.summary), sizeof(err.summary) - 1);
}

static void test_callers_wrap_from_the_front(void **state)
{
    (void)state;
    struct err err;
    err_set(&err, "file.cannot_open", "cannot open 'eu.plan'");
    assert_false(err_wrap(&err, "loading plan"));
    assert_false(err_wrap(&err, "region '%s'", "eu"));
    assert_string_equal(err.summary, "region 'eu': loading plan: cannot open 'eu.plan'");
    assert_string_equal(err.code, "file.cannot_open");
}

static void test_an_empty_summary_is_wrapped_without_a_colon(void **state)
{
    (void)state;
    struct err err;
    err_clear(&err);
    err_wrap(&err, "loading plan");
    assert_string_equal(err.summary, "loading plan");
}

static void test_long_parts_are_cut_with_an_ellipsis(void **state)
{
    (void)state;
    struct err err;
    char longer[4000];
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    err_set(&err, longer, "%s", longer);
    err_detail(&err, "%s", longer);
    err_advise(&err, "%s", longer);
    assert_int_equal(strlen(err.code), sizeof(err.code) - 1);
    assert_int_equal(strlen(err.summary), sizeof(err.summary) - 1);
    assert_int_equal(strlen(err.detail), sizeof(err.detail) - 1);
    assert_int_equal(strlen(err.advice), sizeof(err.advice) - 1);
    assert_true(str_ends(err.summary, "xx..."));
    assert_true(str_ends(err.detail, "xx..."));
    err_wrap(&err, "outer");
    assert_true(str_starts(err.summary, "outer: xx"));
    assert_true(str_ends(err.summary, "xx..."));
}

static void test_a_text_that_just_fits_is_not_cut(void **state)
{
    (void)state;
    struct err err;
    err_set(&err, "a.b", "%*d", (int)sizeof(err.summary) - 1, 7);
    assert_true(str_ends(err.summary, "  7"));
    err_detail(&err, "%*d", (int)sizeof(err.detail) - 1, 7);
    assert_true(str_ends(err.detail, "  7"));
}

static void test_a_cut_never_halves_a_character(void **state)
{
    (void)state;
    for (int shift = 0; shift < 4; shift++) {
        struct err err;
        char text[1200] = "xxxx";
        for (int at = shift; at + 3 < 1199; at += 3)
            memcpy(text + at, "\xe2\x82\xac", 4);
        err_set(&err, "a.b", "%s", text);
        assert_true(str_is_utf8(err.summary, strlen(err.summary)));
        assert_true(str_ends(err.summary, "\xe2\x82\xac..."));
    }
}

static void test_an_error_may_be_rewritten_from_its_own_parts(void **state)
{
    (void)state;
    struct err err;
    err_set(&err, "a.b", "inner");
    err_set(&err, "c.d", "outer of '%s'", err.summary);
    assert_string_equal(err.summary, "outer of 'inner'");
    err_wrap(&err, "%s twice", err.summary);
    assert_string_equal(err.summary, "outer of 'inner' twice: outer of 'inner'");
    err_at(&err, "regions/eu.yaml", 12, 3);
    err_at(&err, err.where, 0, 0);
    assert_string_equal(err.where, "regions/eu.yaml:12:3");
}

static void test_a_place_leaves_out_what_is_not_known(void **state)
{
    (void)state;
    struct err err;
    err_at(&err, "regions/eu.yaml", 12, 3);
    assert_string_equal(err.where, "regions/eu.yaml:12:3");
    err_at(&err, "regions/eu.yaml", 12, 0);
    assert_string_equal(err.where, "regions/eu.yaml:12");
    err_at(&err, "regions/eu.yaml", 0, 3);
    assert_string_equal(err.where, "regions/eu.yaml");
}

static void test_a_long_path_loses_its_front_and_keeps_the_line(void **state)
{
    (void)state;
    struct err err;
    char path[600];
    memset(path, 'x', sizeof(path));
    memcpy(path + 590, "/eu.yaml", 9);
    err_at(&err, path, 4294967295u, 4294967295u);
    assert_true(str_starts(err.where, "...x"));
    assert_true(str_ends(err.where, "x/eu.yaml:4294967295:4294967295"));
    assert_int_equal(strlen(err.where), sizeof(err.where) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_setting_starts_anew_and_returns_false),
        cmocka_unit_test(test_a_system_failure_ends_with_its_reason),
        cmocka_unit_test(test_the_reason_survives_a_long_text),
        cmocka_unit_test(test_callers_wrap_from_the_front),
        cmocka_unit_test(test_an_empty_summary_is_wrapped_without_a_colon),
        cmocka_unit_test(test_long_parts_are_cut_with_an_ellipsis),
        cmocka_unit_test(test_a_text_that_just_fits_is_not_cut),
        cmocka_unit_test(test_a_cut_never_halves_a_character),
        cmocka_unit_test(test_an_error_may_be_rewritten_from_its_own_parts),
        cmocka_unit_test(test_a_place_leaves_out_what_is_not_known),
        cmocka_unit_test(test_a_long_path_loses_its_front_and_keeps_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
