/* init: a project that is in order, made once, and nothing overwritten. */
#include "rig.h"

#include "model/diag.h"
#include "region/region.h"

static void test_both_regions_of_a_new_project_are_in_order(void **state)
{
    struct rig *r = *state;
    static const char *const names[] = {"us", "eu"};
    rig_run(r, "init acme");
    assert_true(r->ran);
    assert_non_null(strstr(r->said, "cd acme && landfall plan eu"));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct region *region;
        struct diags diags;
        struct err err;
        diag_init(&diags, r->mem);
        if (!region_load(r->mem, "acme", names[i], &region, &diags, &err))
            fail_msg("%s: %s", names[i], err.summary);
        assert_int_equal(diags.count, 0);
    }
}

static void test_eu_is_a_smaller_copy(void **state)
{
    struct rig *r = *state;
    rig_run(r, "init");
    rig_run(r, "show eu services.databases.main.replicas");
    assert_true(r->ran);
    assert_string_equal(r->said, "1\n");
    rig_run(r, "show us services.databases.main.replicas");
    assert_string_equal(r->said, "4\n");
    rig_run(r, "show eu services.queues.legacy-import");
    assert_false(r->ran);
}

/* An example that blocks its own launch teaches nobody what is wrong. */
static void test_every_difference_of_a_new_project_is_explained(void **state)
{
    struct rig *r = *state;
    rig_run(r, "init");
    rig_run(r, "diff eu us");
    assert_true(r->ran);
    assert_non_null(strstr(r->said, "0 unexplained"));
    assert_null(strstr(r->said, "nobody said why"));
}

static void test_nothing_is_overwritten_and_nothing_half_made(void **state)
{
    struct rig *r = *state;
    rig_write(r, "playbooks/main.lua", "-- mine\n");
    rig_run(r, "init");
    assert_false(r->ran);
    assert_string_equal(r->err.code, "init.exists");
    assert_string_equal(rig_read(r, "playbooks/main.lua"), "-- mine\n");
    assert_false(file_exists(file_join(r->mem, r->folder, "landfall.yaml")));
}

static void test_a_second_init_is_refused(void **state)
{
    struct rig *r = *state;
    rig_run(r, "init -q");
    assert_true(r->ran);
    assert_string_equal(r->said, "");
    rig_run(r, "init");
    assert_false(r->ran);
}

static void test_stores_stay_out_of_git(void **state)
{
    struct rig *r = *state;
    rig_run(r, "init");
    assert_non_null(strstr(rig_read(r, ".gitignore"), ".landfall/\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_both_regions_of_a_new_project_are_in_order, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_eu_is_a_smaller_copy, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_every_difference_of_a_new_project_is_explained, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_is_overwritten_and_nothing_half_made, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_a_second_init_is_refused, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_stores_stay_out_of_git, rig_set_up, rig_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
