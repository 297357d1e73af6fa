/* The approvals block: who has to say yes, and a plan that nobody could ever approve is told at once. */
#include "project_folder.h"

#include "region/approvals.h"
#include "region/project.h"

static const struct approvals *given(struct folder *p, const char *text)
{
    struct project *project = NULL;
    folder_write(p, "playbooks/saas.lua", "stage \"x\"\n");
    folder_write(p, PROJECT_FILE, text);
    diag_init(&p->diags, p->mem);
    return project_load(p->mem, p->path, &project, &p->diags, &p->err) ? &project->approvals : NULL;
}

static void test_without_the_block_nobody_is_asked(void **state)
{
    struct folder *p = *state;
    const struct approvals *a = given(p, "{}\n");
    assert_false(approvals_are_asked(a));
    assert_int_equal(approvals_of_person(a, "anybody"), APPROVALS_ALL);
    assert_int_equal(a->valid_ms, 7 * INT64_C(86400000));
    assert_false(a->is_signed || a->own_plans || a->within_budget);
}

static void test_every_key_is_read(void **state)
{
    struct folder *p = *state;
    folder_write(p, "approvers", "ada ssh-ed25519 AAAA\n");
    const struct approvals *a = given(p, "approvals:\n"
                                         "  need: { local: 1, shared: 2, irreversible: 2 }\n"
                                         "  people:\n"
                                         "    ada@acme.example: [local, shared, irreversible]\n"
                                         "    bob: [irreversible, shared]\n"
                                         "  signed: true\n"
                                         "  allowed_signers: approvers\n"
                                         "  own_plans: true\n"
                                         "  valid_days: 30\n"
                                         "  within_budget: true\n");
    assert_non_null(a);
    assert_true(approvals_are_asked(a));
    assert_int_equal(a->need[APPROVALS_LOCAL], 1);
    assert_int_equal(a->need[APPROVALS_SHARED], 2);
    assert_int_equal(a->need[APPROVALS_IRREVERSIBLE], 2);
    assert_int_equal(approvals_of_person(a, "ada@acme.example"), APPROVALS_ALL);
    assert_int_equal(approvals_of_person(a, "bob"),
                     APPROVALS_BIT(APPROVALS_SHARED) | APPROVALS_BIT(APPROVALS_IRREVERSIBLE));
    assert_int_equal(approvals_of_person(a, "Bob"), 0);
    assert_int_equal(approvals_of_person(a, "mallory"), 0);
    assert_string_equal(a->allowed_signers, arena_print(p->mem, "%s/approvers", p->path));
    assert_true(a->is_signed && a->own_plans && a->within_budget);
    assert_int_equal(a->valid_ms, 30 * INT64_C(86400000));
}

static void test_a_class_that_is_not_named_needs_as_many_as_the_one_before_it(void **state)
{
    struct folder *p = *state;
    const struct approvals *a = given(p, "approvals: { need: { shared: 2 } }\n");
    assert_int_equal(a->need[APPROVALS_LOCAL], 0);
    assert_int_equal(a->need[APPROVALS_SHARED], 2);
    assert_int_equal(a->need[APPROVALS_IRREVERSIBLE], 2);
    a = given(p, "approvals: { need: { local: 3, irreversible: 0 } }\n");
    assert_int_equal(a->need[APPROVALS_SHARED], 3);
    assert_int_equal(a->need[APPROVALS_IRREVERSIBLE], 0);
}

static void test_what_can_never_be_kept_is_refused(void **state)
{
    static const struct {
        const char *text, *code;
    } wrong[] = {
        {"approvals: { need: { local: 2 }, people: { ada: [local] } }\n", "approvals.too_few_people"},
        {"approvals: { need: { local: 17 } }\n", "approvals.range"},
        {"approvals: { need: { local: -1 } }\n", "approvals.range"},
        {"approvals: { need: { locale: 1 } }\n", "approvals.unknown_key"},
        {"approvals: { needs: {} }\n", "approvals.unknown_key"},
        {"approvals: [ada]\n", "project.wrong_kind"},
        {"approvals: { people: { ada: local } }\n", "approvals.wrong_kind"},
        {"approvals: { need: { local: 1 }, people: {} }\n", "approvals.no_people"},
        {"approvals: { people: { ada: [globally] } }\n", "approvals.class"},
        {"approvals: { people: { \"-ada\": [local] } }\n", "approvals.name"},
        {"approvals: { signed: true }\n", "approvals.no_signers"},
        {"approvals: { allowed_signers: nowhere }\n", "approvals.no_file"},
        {"approvals: { valid_days: 0 }\n", "approvals.range"},
        {"approvals: { valid_days: 367 }\n", "approvals.range"},
        {"approvals: { own_plans: never }\n", "approvals.wrong_kind"},
    };
    struct folder *p = *state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_null(given(p, wrong[i].text));
        if (strcmp(p->err.code, wrong[i].code) != 0)
            fail_msg("%s is %s, not %s", wrong[i].text, p->err.code, wrong[i].code);
        assert_true(p->err.where[0] != '\0' && p->err.advice[0] != '\0');
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_without_the_block_nobody_is_asked),
        TEST(test_every_key_is_read),
        TEST(test_a_class_that_is_not_named_needs_as_many_as_the_one_before_it),
        TEST(test_what_can_never_be_kept_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
