/* completion: scripts a shell can read, that know every command and option. */
#include "rig.h"

/* What the completion function offers for the words, the last of which is being typed. */
static const char *offers(struct rig *r, const char *words, int place)
{
    static const char driver[] = "source ./script; COMP_WORDS=(%s); COMP_CWORD=%d; _landfall; "
                                 "echo \"${COMPREPLY[*]}\"";
    char script[1024], command[1200];
    snprintf(script, sizeof(script), driver, words, place);
    rig_write(r, "ask.sh", script);
    snprintf(command, sizeof(command), "cd '%s' && bash ask.sh", r->folder);
    FILE *answer = popen(command, "r");
    assert_non_null(answer);
    char *line = arena_alloc(r->mem, 4096);
    if (!fgets(line, 4096, answer))
        line[0] = '\0';
    assert_int_equal(pclose(answer), 0);
    line[strcspn(line, "\n")] = '\0';
    return line;
}

static void write_script(struct rig *r)
{
    rig_run(r, "completion bash");
    assert_true(r->ran);
    rig_write(r, "script", r->said);
    rig_write(r, "regions/eu.yaml", "");
    rig_write(r, "regions/us.yaml", "");
}

static void test_bash_completes_commands_regions_and_options(void **state)
{
    struct rig *r = *state;
    write_script(r);
    assert_string_equal(offers(r, "landfall pl", 1), "plan plugin");
    assert_string_equal(offers(r, "landfall plan ''", 2), "eu us");
    assert_string_equal(offers(r, "landfall plan e", 2), "eu");
    assert_string_equal(offers(r, "landfall plan eu --exi", 3), "--exit-code");
    assert_string_equal(offers(r, "landfall status eu --exi", 3), "");
    assert_string_equal(offers(r, "landfall -q plan ''", 3), "eu us");
}

/* compgen expands the words it is given: a cloned project must not get to run commands by its file names. */
static void test_a_file_name_is_never_run(void **state)
{
    struct rig *r = *state;
    write_script(r);
    rig_write(r, "regions/$(touch ran).yaml", "");
    rig_write(r, "regions/`touch ran`.yaml", "");
    rig_write(r, "regions/a b.yaml", "");
    rig_write(r, "regions/-x.yaml", "");
    assert_string_equal(offers(r, "landfall plan ''", 2), "eu us");
    assert_false(file_exists(file_join(r->mem, r->folder, "ran")));
    assert_false(file_exists("ran"));
}

static void test_bash_completes_values(void **state)
{
    struct rig *r = *state;
    write_script(r);
    assert_string_equal(offers(r, "landfall --color a", 2), "auto always");
    assert_string_equal(offers(r, "landfall completion z", 2), "zsh");
    assert_string_equal(offers(r, "landfall help desc", 2), "describe");
    rig_write(r, "eu.plan", "");
    assert_string_equal(offers(r, "landfall apply eu", 2), "eu eu.plan");
    assert_string_equal(offers(r, "landfall plan eu -o eu.p", 4), "eu.plan");
}

static void test_both_scripts_know_every_command_and_option(void **state)
{
    struct rig *r = *state;
    static const char *const lines[] = {"completion bash", "completion zsh"};
    size_t count;
    const struct command *list = command_list(&count);
    for (size_t k = 0; k < COUNT_OF(lines); k++) {
        rig_run(r, lines[k]);
        assert_true(r->ran);
        for (size_t i = 0; i < count; i++)
            assert_non_null(strstr(r->said, arena_print(r->mem, "        %s)\n", list[i].name)));
        for (int id = 0; id < OPTION_COUNT; id++)
            assert_non_null(
                strstr(r->said, arena_print(r->mem, "--%s", option_get((enum option_id)id)->name)));
    }
}

/* Where zsh is installed, it says itself whether it can read its script. */
static void test_zsh_reads_its_script(void **state)
{
    struct rig *r = *state;
    if (system("command -v zsh >/dev/null") != 0)
        skip();
    rig_run(r, "completion zsh");
    rig_write(r, "_landfall", r->said);
    assert_int_equal(system(arena_print(r->mem, "zsh -n '%s/_landfall'", r->folder)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bash_completes_commands_regions_and_options, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_a_file_name_is_never_run, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_bash_completes_values, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_both_scripts_know_every_command_and_option, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_zsh_reads_its_script, rig_set_up, rig_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
