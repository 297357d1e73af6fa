#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "model/diag.h"

static int make_arena(void **state)
{
    *state = arena_new();
    return 0;
}

static int drop_arena(void **state)
{
    arena_free(*state);
    return 0;
}

static void add(struct diags *d, enum diag_severity severity, const char *where, const char *summary)
{
    diag_add(d,
             &(struct diag){.severity = severity, .code = "test.code", .where = where, .summary = summary});
}

static void test_findings_are_sorted_by_place_and_lines_by_number(void **state)
{
    static const char *const places[] = {"b.yaml:2:1", NULL,     "a.yaml:10:2", "a.yaml:9:30",
                                         "a.yaml:10",  "a.yaml", "b.yaml:2:1",  "a.yaml:10:1"};
    static const char *const sorted[] = {"a.yaml",      "a.yaml:9:30", "a.yaml:10",  "a.yaml:10:1",
                                         "a.yaml:10:2", "b.yaml:2:1",  "b.yaml:2:1", NULL};
    static const char *const summaries[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
    struct diags d;
    diag_init(&d, *state);
    for (size_t i = 0; i < COUNT_OF(places); i++)
        add(&d, DIAG_WARNING, places[i], summaries[i]);
    assert_int_equal(d.count, COUNT_OF(sorted));
    for (size_t i = 0; i < COUNT_OF(sorted); i++) {
        if (sorted[i])
            assert_string_equal(d.at[i].where, sorted[i]);
        else
            assert_null(d.at[i].where);
    }
    /* Equal places stay in the order they were found in. */
    assert_string_equal(d.at[5].summary, "0");
    assert_string_equal(d.at[6].summary, "6");
}

static void test_everything_is_copied(void **state)
{
    struct diags d;
    diag_init(&d, *state);
    char text[] = "gone soon";
    diag_add(&d, &(struct diag){.severity = DIAG_HINT,
                                .code = text,
                                .address = text,
                                .path = text,
                                .where = text,
                                .summary = text,
                                .detail = text,
                                .advice = text});
    memset(text, 'x', sizeof(text) - 1);
    assert_string_equal(d.at[0].code, "gone soon");
    assert_string_equal(d.at[0].address, "gone soon");
    assert_string_equal(d.at[0].path, "gone soon");
    assert_string_equal(d.at[0].where, "gone soon");
    assert_string_equal(d.at[0].summary, "gone soon");
    assert_string_equal(d.at[0].detail, "gone soon");
    assert_string_equal(d.at[0].advice, "gone soon");
    assert_int_equal(d.errors + d.warnings, 0);
}

static void test_past_the_limit_findings_are_counted_but_an_error_is_always_kept(void **state)
{
    struct diags d;
    diag_init(&d, *state);
    for (int i = 0; i < DIAG_MAX + 50; i++)
        add(&d, DIAG_WARNING, "a.yaml:1", "warning");
    assert_int_equal(d.count, DIAG_MAX);
    assert_int_equal(d.warnings, DIAG_MAX + 50);
    add(&d, DIAG_ERROR, "a.yaml:0", "the error");
    assert_int_equal(d.count, DIAG_MAX);
    assert_int_equal(d.errors, 1);
    struct err err = {0};
    assert_false(diag_ok(&d, &err));
    assert_string_equal(err.summary, "the error");
    for (int i = 0; i < DIAG_MAX + 50; i++)
        add(&d, DIAG_ERROR, "b.yaml:1", "more");
    assert_int_equal(d.count, DIAG_MAX);
    assert_int_equal(d.errors, DIAG_MAX + 51);
    for (size_t i = 0; i < d.count; i++)
        assert_int_equal(d.at[i].severity, DIAG_ERROR);
}

static void test_the_first_error_becomes_the_err(void **state)
{
    struct diags d;
    diag_init(&d, *state);
    struct err err = {0};
    assert_true(diag_ok(&d, &err));
    add(&d, DIAG_WARNING, "a.yaml:1", "a warning");
    assert_true(diag_ok(&d, &err));
    add(&d, DIAG_ERROR, "a.yaml:9:2", "second");
    diag_add(&d, &(struct diag){.severity = DIAG_ERROR,
                                .code = "test.first",
                                .where = "a.yaml:3:1",
                                .summary = "50 % of it",
                                .detail = "detail",
                                .advice = "advice"});
    assert_false(diag_ok(&d, &err));
    assert_string_equal(err.code, "test.first");
    assert_string_equal(err.where, "a.yaml:3:1");
    assert_string_equal(err.summary, "50 % of it");
    assert_string_equal(err.detail, "detail");
    assert_string_equal(err.advice, "advice");
}

static void test_an_err_becomes_a_finding(void **state)
{
    struct diags d;
    diag_init(&d, *state);
    struct err err;
    err_set(&err, "test.code", "it broke");
    err_at(&err, "p.lua", 4, 0);
    diag_add_err(&d, DIAG_ERROR, "x.y.z", &err);
    assert_int_equal(d.errors, 1);
    assert_string_equal(d.at[0].summary, "it broke");
    assert_string_equal(d.at[0].where, "p.lua:4");
    assert_string_equal(d.at[0].address, "x.y.z");
    assert_null(d.at[0].detail);
    assert_null(d.at[0].advice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_findings_are_sorted_by_place_and_lines_by_number),
        cmocka_unit_test(test_everything_is_copied),
        cmocka_unit_test(test_past_the_limit_findings_are_counted_but_an_error_is_always_kept),
        cmocka_unit_test(test_the_first_error_becomes_the_err),
        cmocka_unit_test(test_an_err_becomes_a_finding),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
