/* The session: finding the project, a region and its store, and what is said when one is not there. */
#include "rig.h"

#include "io/loop.h"
#include "model/decl.h"

static const char us[] = "region: us\ntitle: US\njurisdiction: US\nplace: us-east-1\n"
                         "domain: us.acme.example\ncurrency: USD\nservices: { a: 1 }\n";

static void make_project(struct rig *r)
{
    rig_write(r, "landfall.yaml", "playbook: playbooks/main.lua\n");
    rig_write(r, "playbooks/main.lua", "");
    rig_write(r, "regions/us.yaml", us);
}

static void test_a_project_is_found_from_below(void **state)
{
    struct rig *r = *state;
    make_project(r);
    rig_write(r, "deep/er/file", "");
    rig_run(r, "-C deep/er show us services.a");
    assert_true(r->ran);
    assert_string_equal(r->said, "1\n");
}

static void test_without_a_project_init_is_the_advice(void **state)
{
    struct rig *r = *state;
    rig_run(r, "show us");
    assert_false(r->ran);
    assert_string_equal(r->err.code, "project.not_found");
    assert_non_null(strstr(r->err.advice, "landfall init"));
}

static void test_a_folder_that_is_not_there_is_named(void **state)
{
    struct rig *r = *state;
    rig_run(r, "-C nowhere show us");
    assert_false(r->ran);
    assert_string_equal(r->err.code, "cli.folder");
    assert_non_null(strstr(r->err.summary, "'nowhere'"));
}

static void test_a_mistyped_region_is_recognized(void **state)
{
    struct rig *r = *state;
    make_project(r);
    rig_run(r, "status su");
    assert_false(r->ran);
    assert_string_equal(r->err.code, "region.missing");
    assert_non_null(strstr(r->err.summary, "did you mean 'us'?"));
}

/* A region's name becomes part of a path; what could climb out of the folder never gets that far. */
static void test_a_path_is_no_region(void **state)
{
    struct rig *r = *state;
    static const char *const lines[] = {"status ../us", "output /etc/passwd", "history us/../us",
                                        "status US"};
    make_project(r);
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        rig_run(r, lines[i]);
        assert_false(r->ran);
        assert_string_equal(r->err.code, "region.missing");
    }
}

static void test_reading_makes_no_store(void **state)
{
    struct rig *r = *state;
    static const char *const lines[] = {"status us", "output us", "history us", "check us", "graph us"};
    make_project(r);
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        rig_run(r, lines[i]);
        if (!r->ran)
            fail_msg("%s: %s", lines[i], r->err.summary);
    }
    assert_false(file_exists(file_join(r->mem, r->folder, ".landfall")));
}

static void test_an_output_that_is_not_there_is_no_empty_line(void **state)
{
    struct rig *r = *state;
    make_project(r);
    rig_run(r, "output us app_url");
    assert_false(r->ran);
    assert_string_equal(r->err.code, "output.missing");
}

static void test_a_driver_that_is_not_installed_is_told_with_its_place(void **state)
{
    struct rig *r = *state;
    make_project(r);
    rig_write(r, "regions/us.yaml",
              arena_print(r->mem, "%sdrivers:\n  dns: { use: nosuch }\n  queue: { use: neither }\n", us));
    rig_run(r, "plan us");
    assert_false(r->ran);
    assert_int_equal(r->errors, 2); /* both, not only the first */
    assert_non_null(strstr(r->err.where, "regions/us.yaml:9:"));
}

/* Between the plan and the lock another landfall applied something. */
static void let_another_apply(struct rig *r, const char *lineage)
{
    struct loop *loop = loop_new();
    struct store_writer *other;
    assert_true(file_make_folders(".landfall", 0700, &r->err));
    struct store_res row = {.address = "human.x",
                            .generation = 1,
                            .kind = DECL_HUMAN,
                            .subsystem = "",
                            .type = "",
                            .instance = "",
                            .driver = "",
                            .driver_version = ""};
    assert_true(store_writer_open(loop, ".landfall/us.db", "us", lineage, "apply", &other, &r->err));
    store_put_res(other, &row);
    store_writer_close(other);
    loop_free(loop);
}

static void test_who_was_overtaken_does_nothing(void **state)
{
    struct rig *r = *state;
    struct args args = {0};
    struct session s;
    static const char lineage[] = "0123456789abcdef0123456789abcdef";
    make_project(r);
    session_open(&s, r->mem, &args);
    assert_true(session_open_region(&s, "us", &r->err));
    assert_true(session_open_drivers(&s, &r->err));
    let_another_apply(r, lineage);
    assert_false(session_lock(&s, lineage, "apply", &r->err));
    assert_string_equal(r->err.code, "plan.overtaken");
    session_close(&s);
}

static void test_an_untouched_store_is_locked(void **state)
{
    struct rig *r = *state;
    struct args args = {0};
    struct session s;
    static const char lineage[] = "0123456789abcdef0123456789abcdef";
    make_project(r);
    session_open(&s, r->mem, &args);
    assert_true(session_open_region(&s, "us", &r->err));
    assert_true(session_open_drivers(&s, &r->err));
    assert_true(session_lock(&s, lineage, "apply", &r->err));
    assert_string_equal(store_writer_lineage(s.writer), lineage);
    session_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_project_is_found_from_below, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_without_a_project_init_is_the_advice, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_a_folder_that_is_not_there_is_named, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_a_mistyped_region_is_recognized, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_a_path_is_no_region, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_reading_makes_no_store, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_an_output_that_is_not_there_is_no_empty_line, rig_set_up,
                                        rig_tear_down),
        cmocka_unit_test_setup_teardown(test_a_driver_that_is_not_installed_is_told_with_its_place,
                                        rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_who_was_overtaken_does_nothing, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(test_an_untouched_store_is_locked, rig_set_up, rig_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
