/* Arguments: what can be typed, in which order, and what is said when it is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/args.h"

#define MOST 16

static struct arena *mem;

static int set_up(void **state)
{
    (void)state;
    mem = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(mem);
    return 0;
}

/* Splits at single spaces: "plan eu -q". */
static bool parse(const char *line, struct args *out, struct err *err)
{
    char *argv[MOST + 1] = {arena_text(mem, "landfall")};
    int argc = 1;
    char *text = arena_text(mem, line);
    while (*text && argc < MOST) {
        argv[argc++] = text;
        text += strcspn(text, " ");
        if (*text)
            *text++ = '\0';
    }
    char **kept = arena_copy(mem, argv, sizeof(argv));
    return args_parse(mem, argc, kept, out, err);
}

static struct args good(const char *line)
{
    struct args a;
    struct err err;
    if (!parse(line, &a, &err))
        fail_msg("'%s' was refused: %s", line, err.summary);
    return a;
}

static struct err bad(const char *line, const char *code)
{
    struct args a;
    struct err err;
    assert_false(parse(line, &a, &err));
    assert_string_equal(err.code, code);
    assert_true(err.advice[0] != '\0');
    return err;
}

static void test_options_stand_before_behind_and_between_the_words(void **state)
{
    (void)state;
    static const char *const lines[] = {"-q plan eu --exit-code", "plan --exit-code -q eu",
                                        "plan eu -q --exit-code"};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct args a = good(lines[i]);
        assert_string_equal(a.command->name, "plan");
        assert_string_equal(args_word(&a, 0), "eu");
        assert_true(args_has(&a, OPTION_QUIET));
        assert_true(args_has(&a, OPTION_EXIT_CODE));
        assert_false(args_has(&a, OPTION_VERBOSE));
    }
}

static void test_a_value_is_attached_or_follows(void **state)
{
    (void)state;
    static const char *const lines[] = {"plan eu -o a.plan", "plan eu -oa.plan", "plan eu --out a.plan",
                                        "plan eu --out=a.plan"};
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct args a = good(lines[i]);
        assert_string_equal(args_text(&a, OPTION_OUT, "?"), "a.plan");
    }
}

static void test_letters_are_bundled(void **state)
{
    (void)state;
    struct args a = good("apply eu -qvy");
    assert_true(args_has(&a, OPTION_QUIET) && args_has(&a, OPTION_VERBOSE) && args_has(&a, OPTION_YES));
    a = good("-qCacme plan eu");
    assert_string_equal(args_text(&a, OPTION_FOLDER, "?"), "acme");
    assert_true(args_has(&a, OPTION_QUIET));
}

static void test_a_list_keeps_every_value_in_order(void **state)
{
    (void)state;
    struct args a = good("plan eu --target a --target b --target=c --target d --target e");
    assert_int_equal(a.options[OPTION_TARGET].count, 5);
    static const char *const expected[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(a.options[OPTION_TARGET].at[i], expected[i]);
}

static void test_two_dashes_end_the_options(void **state)
{
    (void)state;
    struct args a = good("output eu -- --json");
    assert_string_equal(args_word(&a, 1), "--json");
    assert_false(args_has(&a, OPTION_JSON));
}

static void test_the_same_name_means_what_the_command_says(void **state)
{
    (void)state;
    struct args a = good("show eu domain --why");
    assert_true(args_has(&a, OPTION_STORY));
    a = good("resolve eu a.b.c --forget --why gone");
    assert_string_equal(args_text(&a, OPTION_REASON, "?"), "gone");
    assert_false(args_has(&a, OPTION_STORY));
}

static void test_help_needs_nothing_else(void **state)
{
    (void)state;
    struct args a = good("resolve --help");
    assert_string_equal(a.command->name, "resolve");
    a = good("-h");
    assert_null(a.command);
    assert_true(args_has(&a, OPTION_HELP));
}

static void test_version_is_also_an_option(void **state)
{
    (void)state;
    struct args a = good("--version");
    assert_string_equal(a.command->name, "version");
}

static void test_a_mistyped_command_is_recognized(void **state)
{
    (void)state;
    struct err err = bad("paln eu", "usage.unknown_command");
    assert_non_null(strstr(err.summary, "did you mean 'plan'?"));
    err = bad("frobnicate", "usage.unknown_command");
    assert_null(strstr(err.summary, "did you mean"));
}

static void test_a_mistyped_option_is_recognized(void **state)
{
    (void)state;
    struct err err = bad("plan eu --exitcode", "usage.unknown_option");
    assert_non_null(strstr(err.summary, "did you mean '--exit-code'?"));
    err = bad("plan eu -z", "usage.unknown_option");
    assert_non_null(strstr(err.summary, "'-z'"));
}

static void test_an_option_of_another_command_is_named_as_such(void **state)
{
    (void)state;
    struct err err = bad("status eu --yes", "usage.unknown_option");
    assert_non_null(strstr(err.detail, "'status' does not take it"));
}

static void test_values_are_checked(void **state)
{
    (void)state;
    bad("plan eu -o", "usage.needs_value");
    bad("plan eu --exit-code=3", "usage.takes_no_value");
    bad("apply eu --crash-after 0", "usage.bad_value");
    bad("apply eu --crash-after soon", "usage.bad_value");
    struct err err = bad("--color=alway plan eu", "usage.bad_value");
    assert_non_null(strstr(err.advice, "auto, always, never"));
    struct args a = good("apply eu --crash-after 120");
    assert_int_equal(args_number(&a, OPTION_CRASH_AFTER, 0), 120);
    assert_int_equal(args_number(&a, OPTION_LAST, 50), 50);
}

/* A name is kept for good, and stands in tables. */
static void test_a_name_is_one_line_that_can_be_shown(void **state)
{
    static const char *const refused[] = {"Ada\nByron",
                                          "Ada\tByron",
                                          "Ada\x1b[31m",
                                          "Ada\x7f",
                                          "Ada\xff",
                                          "\xe2\x80\xae"
                                          "adA"};
    char by[640] = "approve eu.plan --by ";
    size_t start = strlen(by);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct err err = bad(arena_print(mem, "done eu a --by %s", refused[i]), "usage.bad_value");
        assert_non_null(strstr(err.summary, "--by"));
    }
    /* Characters, not bytes. */
    for (size_t i = 0; i < 200; i++)
        memcpy(by + start + 2 * i, "\xc3\xa9", 3);
    good(by);
    memcpy(by + start + 400, "e", 2);
    bad(by, "usage.bad_value");
    good("done eu a --by O'Brien\\S\xc3\xb6hne");
    good("done eu a --by=");
}

static void test_words_are_counted(void **state)
{
    (void)state;
    struct err err = bad("plan", "usage.missing");
    assert_non_null(strstr(err.summary, "landfall plan REGION"));
    err = bad("plan eu us", "usage.too_many");
    assert_non_null(strstr(err.summary, "'us'"));
    bad("done eu", "usage.missing");
}

static void test_a_word_with_few_answers_is_checked(void **state)
{
    (void)state;
    good("completion zsh");
    struct err err = bad("completion bsh", "usage.bad_word");
    assert_non_null(strstr(err.advice, "bash, zsh"));
    bad("plugin install", "usage.bad_word");
}

static void test_the_last_one_given_counts(void **state)
{
    (void)state;
    struct args a = good("plan eu -o a -o b");
    assert_string_equal(args_text(&a, OPTION_OUT, "?"), "b");
}

/* What was understood before the mistake decides how it is told. */
static void test_a_mistake_is_told_in_the_form_that_was_asked_for(void **state)
{
    (void)state;
    struct args a;
    struct err err;
    assert_false(parse("plan eu --json --tragte x", &a, &err));
    assert_true(args_has(&a, OPTION_JSON));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_options_stand_before_behind_and_between_the_words, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_value_is_attached_or_follows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_letters_are_bundled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_list_keeps_every_value_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_two_dashes_end_the_options, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_same_name_means_what_the_command_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_help_needs_nothing_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_version_is_also_an_option, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_mistyped_command_is_recognized, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_mistyped_option_is_recognized, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_option_of_another_command_is_named_as_such, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_values_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_name_is_one_line_that_can_be_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_words_are_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_word_with_few_answers_is_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_last_one_given_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_mistake_is_told_in_the_form_that_was_asked_for, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
