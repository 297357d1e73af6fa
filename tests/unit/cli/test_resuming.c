/* Resuming: what the first yes still covers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "cli/resuming.h"
#include "plan/plan.h"

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

/* How many differences there are between the outline and a plan of one step. */
static size_t differences(const char *outline, enum plan_action now, struct resuming_difference **out)
{
    struct plan_step step = {.address = "dns.zone.apex", .action = now, .targeted = true};
    struct plan plan = {.steps = &step, .count = 1};
    size_t count;
    resuming_compare(mem, outline, &plan, out, &count);
    return count;
}

static size_t count_of(const char *outline, enum plan_action now)
{
    struct resuming_difference *unused;
    return differences(outline, now, &unused);
}

static void test_the_same_again_is_covered(void **state)
{
    (void)state;
    assert_int_equal(count_of("{\"dns.zone.apex\":\"create\"}", PLAN_CREATE), 0);
    assert_int_equal(count_of("{\"dns.zone.apex\":\"run\"}", PLAN_RUN), 0);
}

/* Killed between the two halves of a replacement, what is left is a creation. */
static void test_less_is_covered(void **state)
{
    (void)state;
    assert_int_equal(count_of("{\"dns.zone.apex\":\"replace\"}", PLAN_CREATE), 0);
    assert_int_equal(count_of("{\"dns.zone.apex\":\"create\"}", PLAN_UPDATE), 0);
    assert_int_equal(count_of("{\"dns.zone.apex\":\"destroy\"}", PLAN_FORGET), 0);
}

static void test_more_is_told_with_what_it_was(void **state)
{
    (void)state;
    struct resuming_difference *d;
    assert_int_equal(differences("{\"dns.zone.apex\":\"create\"}", PLAN_DESTROY, &d), 1);
    assert_string_equal(d[0].address, "dns.zone.apex");
    assert_string_equal(d[0].before, "create");
    assert_string_equal(d[0].now, "destroy");
    assert_int_equal(count_of("{\"dns.zone.apex\":\"update\"}", PLAN_REPLACE), 1);
}

static void test_another_kind_of_thing_is_not_covered(void **state)
{
    (void)state;
    assert_int_equal(count_of("{\"dns.zone.apex\":\"check\"}", PLAN_RUN), 1);
    assert_int_equal(count_of("{\"dns.zone.apex\":\"run\"}", PLAN_CREATE), 1);
    assert_int_equal(count_of("{\"dns.zone.apex\":\"create\"}", PLAN_FORGET), 1);
}

static void test_a_new_step_is_a_difference(void **state)
{
    (void)state;
    struct resuming_difference *d;
    assert_int_equal(differences("{\"dns.zone.other\":\"create\"}", PLAN_CREATE, &d), 1);
    assert_null(d[0].before);
    assert_int_equal(count_of("{}", PLAN_KEEP), 0);
    assert_int_equal(count_of("{}", PLAN_WAIT), 0);
    assert_int_equal(count_of("{}", PLAN_LOOKUP), 0);
}

static void test_without_a_readable_outline_nothing_is_covered(void **state)
{
    (void)state;
    assert_int_equal(count_of(NULL, PLAN_UPDATE), 1);
    assert_int_equal(count_of("{\"dns.zone", PLAN_UPDATE), 1);
    assert_int_equal(count_of("{\"dns.zone.apex\":\"levitate\"}", PLAN_UPDATE), 1);
}

static void test_what_is_not_targeted_does_not_count(void **state)
{
    (void)state;
    struct plan_step step = {.address = "dns.zone.apex", .action = PLAN_CREATE, .targeted = false};
    struct plan plan = {.steps = &step, .count = 1};
    struct resuming_difference *d;
    size_t count;
    resuming_compare(mem, "{}", &plan, &d, &count);
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_same_again_is_covered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_less_is_covered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_more_is_told_with_what_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_kind_of_thing_is_not_covered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_new_step_is_a_difference, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_a_readable_outline_nothing_is_covered, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_not_targeted_does_not_count, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
