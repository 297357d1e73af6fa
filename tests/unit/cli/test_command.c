/* The tables of commands and options: what help, parsing and completion rely on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/command.h"

static void test_every_command_is_explained_with_an_example_of_itself(void **state)
{
    (void)state;
    size_t count;
    const struct command *list = command_list(&count);
    assert_true(count > 15);
    for (size_t i = 0; i < count; i++) {
        const struct command *c = &list[i];
        assert_true(c->summary[0] && c->about[0] && c->synopsis && c->run);
        char call[64];
        snprintf(call, sizeof(call), "landfall %s", c->name);
        if (!strstr(c->example, call))
            fail_msg("the example of '%s' does not show it", c->name);
    }
}

static void test_every_command_is_found_by_its_name_alone(void **state)
{
    (void)state;
    size_t count;
    const struct command *list = command_list(&count);
    for (size_t i = 0; i < count; i++)
        assert_ptr_equal(command_find(list[i].name), &list[i]);
    assert_null(command_find("pla"));
    assert_null(command_find(""));
    assert_string_equal(command_nearest("aply"), "apply");
    assert_null(command_nearest("frobnicate"));
}

static void test_words_fit_their_table(void **state)
{
    (void)state;
    size_t count;
    const struct command *list = command_list(&count);
    for (size_t i = 0; i < count; i++) {
        const struct command *c = &list[i];
        assert_true(c->words_min <= c->words_max && c->words_max <= COMMAND_WORDS);
        for (size_t k = 0; k < COMMAND_WORDS; k++)
            assert_int_equal(c->words[k] != COMMAND_WORD_NONE, k < c->words_max);
        assert_int_equal(c->choices != NULL, c->words[0] == COMMAND_WORD_CHOICE);
    }
}

/* Two options of one command under one name, or one letter, and only the first could ever be given. */
static void test_no_command_takes_two_options_of_one_name(void **state)
{
    (void)state;
    size_t count;
    const struct command *list = command_list(&count);
    for (size_t i = 0; i < count; i++) {
        option_set set = OPTION_ALWAYS | list[i].options;
        for (int id = 0; id < OPTION_COUNT; id++) {
            const struct option_facts *f = option_get((enum option_id)id);
            if (!(set & OPTION_BIT(id)))
                continue;
            assert_int_equal(option_find(set, f->name), id);
            if (f->letter)
                assert_int_equal(option_find_letter(set, f->letter), id);
        }
    }
}

static void test_every_option_is_complete_and_used(void **state)
{
    (void)state;
    size_t count;
    const struct command *list = command_list(&count);
    option_set used = OPTION_ALWAYS;
    for (size_t i = 0; i < count; i++)
        used |= list[i].options;
    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct option_facts *f = option_get((enum option_id)id);
        assert_true(f->name && f->name[0] && f->doc && f->doc[0]);
        assert_int_equal(f->value != NULL, f->kind != OPTION_FLAG);
        if (!(used & OPTION_BIT(id)))
            fail_msg("no command takes --%s", f->name);
    }
}

static void test_a_near_option_is_one_the_command_takes(void **state)
{
    (void)state;
    option_set set = OPTION_BIT(OPTION_TARGET) | OPTION_BIT(OPTION_YES);
    assert_string_equal(option_nearest(set, "targte"), "target");
    assert_null(option_nearest(set, "replace"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_command_is_explained_with_an_example_of_itself),
        cmocka_unit_test(test_every_command_is_found_by_its_name_alone),
        cmocka_unit_test(test_words_fit_their_table),
        cmocka_unit_test(test_no_command_takes_two_options_of_one_name),
        cmocka_unit_test(test_every_option_is_complete_and_used),
        cmocka_unit_test(test_a_near_option_is_one_the_command_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
