/* Planning: the options a plan file remembers are the options it was made with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "cli/args.h"
#include "cli/planning.h"
#include "model/value.h"
#include "model/value_json.h"

static struct args parse(struct arena *mem, int argc, const char *const *words)
{
    char **argv = ARENA_ARRAY(mem, char *, (size_t)argc);
    for (int i = 0; i < argc; i++)
        argv[i] = arena_text(mem, words[i]);
    struct args args;
    struct err err;
    assert_true(args_parse(mem, argc, argv, &args, &err));
    return args;
}

static void test_options_survive_a_plan_file(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    const char *const argv[] = {"landfall", "plan",        "eu",        "--target",      "dns",
                                "--target", "queue.queue", "--replace", "dns.zone.apex", "--destroy"};
    struct args args = parse(mem, 10, argv);
    struct planning before = planning_of_args(&args);
    const char *json = value_json_text(mem, planning_to_value(mem, &before));
    const struct value *read;
    struct err err;
    assert_true(value_json_parse(mem, json, strlen(json), &read, &err));
    struct planning after = planning_of_value(mem, read);
    assert_int_equal(after.target_count, 2);
    assert_string_equal(after.targets[0], "dns");
    assert_string_equal(after.targets[1], "queue.queue");
    assert_int_equal(after.replace_count, 1);
    assert_string_equal(after.replaces[0], "dns.zone.apex");
    assert_true(after.destroy);
    assert_false(after.refresh_only);
    arena_free(mem);
}

static void test_no_options_are_no_options(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    const char *const argv[] = {"landfall", "plan", "eu"};
    struct args args = parse(mem, 3, argv);
    struct planning p = planning_of_args(&args);
    p = planning_of_value(mem, planning_to_value(mem, &p));
    assert_int_equal(p.target_count + p.replace_count, 0);
    assert_false(p.destroy || p.refresh_only || p.no_refresh || p.keep_body);
    p = planning_of_value(mem, NULL);
    assert_int_equal(p.target_count + p.replace_count, 0);
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_survive_a_plan_file),
        cmocka_unit_test(test_no_options_are_no_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
