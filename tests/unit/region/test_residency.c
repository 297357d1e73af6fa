/* Residency: what may live where, and that silence never means yes. */
#include "project_folder.h"

#include "region/residency.h"

static void given(struct folder *p)
{
    folder_write_region(p, "eu",
                        "residency: { customer: [eu-west-1, eu-central-1], telemetry: [us-east-1] }\n");
    folder_must_load(p, "eu");
}

static void check(struct folder *p, const char *category, const char *place)
{
    const char *holds[] = {category};
    struct residency_use use = {"database.database.main", holds, 1, place, "playbooks/saas.lua:12"};
    diag_init(&p->diags, p->mem);
    residency_check(p->region, &use, 1, &p->diags);
}

static void test_only_named_places_are_allowed(void **state)
{
    struct folder *p = *state;
    given(p);
    assert_true(residency_allows(p->region, "customer", "eu-central-1"));
    assert_false(residency_allows(p->region, "customer", "us-east-1"));
    assert_false(residency_allows(p->region, "customer", "eu-central"));
    assert_true(residency_allows(p->region, "telemetry", "us-east-1"));
    assert_false(residency_allows(p->region, "payment", "eu-west-1"));
}

static void test_a_region_that_says_nothing_allows_nothing(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu", "");
    folder_must_load(p, "eu");
    assert_false(residency_allows(p->region, "customer", "eu-place-1"));
    check(p, "customer", "eu-place-1");
    folder_says(p, "residency.unknown_category", "playbooks/saas.lua:12",
                "to 'residency' in regions/eu.yaml");
}

static void test_a_step_in_an_allowed_place_is_fine(void **state)
{
    struct folder *p = *state;
    given(p);
    check(p, "customer", "eu-west-1");
    assert_int_equal(p->diags.count, 0);
}

static void test_a_step_in_another_place_is_refused_with_what_is_allowed(void **state)
{
    struct folder *p = *state;
    given(p);
    check(p, "customer", "us-east-1");
    folder_says(p, "residency.not_allowed", "playbooks/saas.lua:12", "may not live in 'us-east-1'");
    assert_string_equal(p->diags.at[0].detail,
                        "'customer' may live in: eu-west-1, eu-central-1 (regions/eu.yaml:7)");
    assert_string_equal(p->diags.at[0].address, "database.database.main");
}

static void test_a_step_without_a_known_place_is_refused(void **state)
{
    struct folder *p = *state;
    given(p);
    check(p, "customer", NULL);
    folder_says(p, "residency.no_place", "playbooks/saas.lua:12", "in which place");
}

static void test_a_slip_in_the_category_gets_a_suggestion(void **state)
{
    struct folder *p = *state;
    given(p);
    check(p, "custmer", "eu-west-1");
    folder_says(p, "residency.unknown_category", "playbooks/saas.lua:12", "did you mean 'customer'?");
}

static void test_each_category_of_each_step_is_checked(void **state)
{
    struct folder *p = *state;
    given(p);
    const char *holds[] = {"customer", "telemetry"};
    struct residency_use uses[] = {
        {"database.database.a", holds, 2, "eu-west-1", NULL},
        {"database.database.b", holds, 2, "us-east-1", NULL},
        {"database.database.c", NULL, 0, NULL, NULL},
    };
    diag_init(&p->diags, p->mem);
    residency_check(p->region, uses, 3, &p->diags);
    assert_int_equal(p->diags.errors, 2);
    assert_string_equal(p->diags.at[0].address, "database.database.a");
    assert_string_equal(p->diags.at[1].address, "database.database.b");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_only_named_places_are_allowed),
        CASE(test_a_region_that_says_nothing_allows_nothing),
        CASE(test_a_step_in_an_allowed_place_is_fine),
        CASE(test_a_step_in_another_place_is_refused_with_what_is_allowed),
        CASE(test_a_step_without_a_known_place_is_refused),
        CASE(test_a_slip_in_the_category_gets_a_suggestion),
        CASE(test_each_category_of_each_step_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
