/* Confirming: who may be asked, what counts as a yes, and what asks twice. */
#include "rig.h"

#include "cli/confirm.h"
#include "plan/plan.h"
#include "plugin/contract.h"
#include "region/region.h"

/* A session whose person types `typed`; NULL: nobody is there. */
static struct session open_with(struct rig *r, const char *typed, struct args *args)
{
    struct session s;
    session_open(&s, r->mem, args);
    s.out.fd = open("/dev/null", O_WRONLY);
    s.can_ask = typed != NULL;
    if (typed) {
        rig_write(r, "typed", typed);
        assert_non_null(freopen(file_join(r->mem, r->folder, "typed"), "r", stdin));
    }
    return s;
}

static void close_it(struct session *s)
{
    int fd = s->out.fd;
    session_close(s);
    close(fd);
}

static bool yes(struct rig *r, const char *typed, bool option)
{
    struct args args = {0};
    args.options[OPTION_YES].count = option;
    struct session s = open_with(r, typed, &args);
    bool said = confirm_yes(&s, "Do it", &r->err);
    close_it(&s);
    return said;
}

static void test_only_a_whole_yes_is_one(void **state)
{
    struct rig *r = *state;
    assert_true(yes(r, "yes\n", false));
    static const char *const others[] = {"y\n", "YES\n", "no\n", "\n", "", "yes please\n", " yes\n"};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        assert_false(yes(r, others[i], false));
        assert_string_equal(r->err.code, "cli.said_no");
    }
}

static void test_where_nobody_is_the_option_speaks(void **state)
{
    struct rig *r = *state;
    assert_false(yes(r, NULL, false));
    assert_string_equal(r->err.code, "cli.needs_yes");
    assert_true(yes(r, NULL, true));
}

/* The answer to a plan of one step on a type that holds data, or does not. */
static bool data(struct rig *r, const char *typed, bool option, const struct plan_step *like, uint32_t traits)
{
    struct args args = {0};
    struct contract_type type = {.facts = {.traits = traits}};
    struct region region = {.name = "eu"};
    struct plan_step step = *like;
    step.address = "database.database.main";
    step.type = &type;
    struct plan plan = {.region = &region, .steps = &step, .count = 1};
    args.options[OPTION_YES_DATA].count = option;
    struct session s = open_with(r, typed, &args);
    bool said = confirm_data(&s, &plan, &r->err);
    close_it(&s);
    return said;
}

static void test_losing_data_asks_for_the_region_s_name(void **state)
{
    struct rig *r = *state;
    const struct plan_step destroyed = {.action = PLAN_DESTROY, .targeted = true};
    const struct plan_step replaced = {.action = PLAN_REPLACE, .targeted = true};
    assert_true(data(r, "eu\n", false, &destroyed, CATALOG_HOLDS_DATA));
    assert_true(data(r, "eu\n", false, &replaced, CATALOG_HOLDS_DATA));
    assert_false(data(r, "yes\n", false, &destroyed, CATALOG_HOLDS_DATA));
    assert_string_equal(r->err.code, "cli.said_no");
    assert_false(data(r, "us\n", false, &replaced, CATALOG_HOLDS_DATA));
}

static void test_a_script_has_to_say_it_in_full(void **state)
{
    struct rig *r = *state;
    const struct plan_step destroyed = {.action = PLAN_DESTROY, .targeted = true};
    assert_false(data(r, NULL, false, &destroyed, CATALOG_HOLDS_DATA));
    assert_string_equal(r->err.code, "cli.needs_yes_destroy_data");
    assert_true(data(r, NULL, true, &destroyed, CATALOG_HOLDS_DATA));
}

static void test_what_loses_no_data_asks_nothing(void **state)
{
    struct rig *r = *state;
    const struct plan_step destroyed = {.action = PLAN_DESTROY, .targeted = true};
    const struct plan_step left_out = {.action = PLAN_DESTROY, .targeted = false};
    const struct plan_step updated = {.action = PLAN_UPDATE, .targeted = true};
    assert_true(data(r, NULL, false, &destroyed, 0));
    assert_true(data(r, NULL, false, &left_out, CATALOG_HOLDS_DATA));
    assert_true(data(r, NULL, false, &updated, CATALOG_HOLDS_DATA));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_only_a_whole_yes_is_one, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_where_nobody_is_the_option_speaks, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_losing_data_asks_for_the_region_s_name, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_a_script_has_to_say_it_in_full, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_what_loses_no_data_asks_nothing, rig_set_up, rig_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
