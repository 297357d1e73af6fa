/* Resuming: what the first yes still covers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "cli/resuming.h"
#include "plan/plan.h"

#define FILES "{\"files\":{\"playbooks/main.lua\":\"f1\"},"

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
    struct plan plan = {
        .steps = &step, .count = 1, .outline = FILES "\"steps\":{\"dns.zone.apex\":\"x d1\"}}"};
    size_t count;
    resuming_compare(mem, outline, &plan, false, out, &count);
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
    assert_int_equal(count_of(FILES "\"steps\":{\"dns.zone.apex\":\"create d1\"}}", PLAN_CREATE), 0);
    assert_int_equal(count_of(FILES "\"steps\":{\"dns.zone.apex\":\"run d1\"}}", PLAN_RUN), 0);
}

/* Killed between the two halves of a replacement, what is left is a creation. */
static void test_less_is_covered(void **state)
{
    (void)state;
    assert_int_equal(count_of(FILES "\"steps\":{\"dns.zone.apex\":\"replace d1\"}}", PLAN_CREATE), 0);
    assert_int_equal(count_of(FILES "\"steps\":{\"dns.zone.apex\":\"create d1\"}}", PLAN_UPDATE), 0);
    assert_int_equal(count_of(FILES "\"steps\":{\"dns.zone.apex\":\"destroy d1\"}}", PLAN_FORGET), 0);
}

static void test_more_is_told_with_what_it_was(void **state)
{
    (void)state;
    struct resuming_difference *d;
    assert_int_equal(differences(FILES "\"steps\":{\"dns.zone.apex\":\"create d1\"}}", PLAN_DESTROY, &d), 1);
    assert_string_equal(d[0].what, "dns.zone.apex");
    assert_string_equal(d[0].before, "create");
    assert_string_equal(d[0].now, "destroy");
    assert_int_equal(count_of(FILES "\"steps\":{\"dns.zone.apex\":\"update d1\"}}", PLAN_REPLACE), 1);
}

static void test_another_kind_of_thing_is_not_covered(void **state)
{
    (void)state;
    assert_int_equal(count_of(FILES "\"steps\":{\"dns.zone.apex\":\"check d1\"}}", PLAN_RUN), 1);
    assert_int_equal(count_of(FILES "\"steps\":{\"dns.zone.apex\":\"run d1\"}}", PLAN_CREATE), 1);
    assert_int_equal(count_of(FILES "\"steps\":{\"dns.zone.apex\":\"create d1\"}}", PLAN_FORGET), 1);
}

static void test_a_new_step_is_a_difference(void **state)
{
    (void)state;
    struct resuming_difference *d;
    assert_int_equal(differences(FILES "\"steps\":{\"dns.zone.other\":\"create d1\"}}", PLAN_CREATE, &d), 1);
    assert_null(d[0].before);
    assert_int_equal(count_of("{}", PLAN_KEEP), 0);
    assert_int_equal(count_of("{}", PLAN_WAIT), 0);
    assert_int_equal(count_of("{}", PLAN_LOOKUP), 0);
}

static void test_without_a_readable_outline_nothing_is_covered(void **state)
{
    (void)state;
    struct resuming_difference *d;
    assert_int_equal(differences(NULL, PLAN_UPDATE, &d), 2); /* the file, the step */
    assert_int_equal(d[1].kind, RESUMING_MORE);
    assert_int_equal(count_of("{\"dns.zone", PLAN_UPDATE), 2);
    assert_int_equal(count_of("{\"dns.zone.apex\":\"update\"}", PLAN_UPDATE), 2);
    assert_int_equal(count_of(FILES "\"steps\":{\"dns.zone.apex\":\"levitate d1\"}}", PLAN_UPDATE), 1);
}

/* The same action with other values is another thing than the yes was given for. */
static void test_an_edited_step_is_told(void **state)
{
    (void)state;
    struct resuming_difference *d;
    assert_int_equal(differences(FILES "\"steps\":{\"dns.zone.apex\":\"create d0\"}}", PLAN_CREATE, &d), 1);
    assert_int_equal(d[0].kind, RESUMING_EDITED);
    assert_string_equal(d[0].what, "dns.zone.apex");
    /* Done by this run, edited, and now to be changed again. */
    assert_int_equal(differences(FILES "\"steps\":{\"dns.zone.apex\":\"create d0\"}}", PLAN_UPDATE, &d), 1);
    assert_int_equal(d[0].kind, RESUMING_EDITED);
    assert_int_equal(count_of(FILES "\"steps\":{\"dns.zone.apex\":\"create d0\"}}", PLAN_KEEP), 0);
}

static void test_an_edited_file_is_told_while_something_is_left_to_do(void **state)
{
    (void)state;
    struct resuming_difference *d;
    const char *outline =
        "{\"files\":{\"playbooks/main.lua\":\"f0\"},\"steps\":{\"dns.zone.apex\":\"create d1\"}}";
    assert_int_equal(differences(outline, PLAN_CREATE, &d), 1);
    assert_int_equal(d[0].kind, RESUMING_FILE);
    assert_string_equal(d[0].what, "playbooks/main.lua");
    assert_int_equal(count_of(outline, PLAN_KEEP), 0);
    assert_int_equal(count_of(outline, PLAN_WAIT), 0);
}

/* A ceiling holds for what has a price: what lost its own would be built beyond all counting. */
static void test_a_step_that_lost_its_price_is_told_where_money_is_counted(void **state)
{
    (void)state;
    static const char *const before[] = {FILES "\"steps\":{\"dns.zone.apex\":\"create d1\"}}",
                                         FILES "\"steps\":{\"dns.zone.apex\":\"create d1 unpriced\"}}"};
    const struct decl decl = {.kind = DECL_RESOURCE};
    struct plan_step step = {.address = "dns.zone.apex",
                             .action = PLAN_CREATE,
                             .targeted = true,
                             .decl = &decl,
                             .cost = {.why_not = "no price"}};
    struct plan plan = {
        .steps = &step, .count = 1, .outline = FILES "\"steps\":{\"dns.zone.apex\":\"create d1 unpriced\"}}"};
    struct resuming_difference *d;
    size_t count;
    resuming_compare(mem, before[0], &plan, true, &d, &count);
    assert_int_equal(count, 1);
    assert_int_equal(d[0].kind, RESUMING_UNPRICED);
    assert_string_equal(d[0].now, "no price");
    resuming_compare(mem, before[0], &plan, false, &d, &count);
    assert_int_equal(count, 0);
    resuming_compare(mem, before[1], &plan, true, &d, &count);
    assert_int_equal(count, 0);
    /* What has one now is counted, whatever it had. */
    step.cost.priced = true;
    plan.outline = before[0];
    resuming_compare(mem, before[1], &plan, true, &d, &count);
    assert_int_equal(count, 0);
}

static void test_what_is_not_targeted_does_not_count(void **state)
{
    (void)state;
    struct plan_step step = {.address = "dns.zone.apex", .action = PLAN_CREATE, .targeted = false};
    struct plan plan = {.steps = &step, .count = 1};
    struct resuming_difference *d;
    size_t count;
    resuming_compare(mem, "{}", &plan, false, &d, &count);
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
        cmocka_unit_test_setup_teardown(test_an_edited_step_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_edited_file_is_told_while_something_is_left_to_do, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_step_that_lost_its_price_is_told_where_money_is_counted,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_not_targeted_does_not_count, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
