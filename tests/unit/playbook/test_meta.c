/* The reserved key `step`. */
#include "fake_project.h"

static const struct decl_meta *meta_of(struct fixture *f, const char *step)
{
    char text[600];
    snprintf(text, sizeof(text),
             USE "local other = dns.zone 'other' { name = 'y' }\ndns.zone 'a' { name = 'x', step = %s }",
             step);
    return &decl_find(loaded(f, text), "dns.zone.a")->meta;
}

static void test_every_key_is_taken(void **state)
{
    struct fixture *f = *state;
    const struct decl_meta *m = meta_of(
        f, "{ after = { other, 'action.seed' }, owner = 'dns', holds = { 'customer', 'telemetry' }, blocks = "
           "'beta', protect = true, replace = 'create_first', ignore = { 'email', 'options.\"a b\"' }, "
           "timeout = '5m', shared = true, driver = 'parent', guess = { days = 1.5, monthly = '18.50', "
           "one_off = 3 } }");
    assert_int_equal(m->after_count, 2);
    assert_string_equal(m->after[0], "dns.zone.other");
    assert_string_equal(m->after[1], "action.seed");
    assert_string_equal(m->owner, "dns");
    assert_int_equal(m->holds_count, 2);
    assert_string_equal(m->blocks, "beta");
    assert_true(m->protect && m->shared);
    assert_string_equal(m->replace, "create_first");
    assert_int_equal(m->ignore_count, 2);
    assert_int_equal(m->timeout_ms, 300000);
    assert_string_equal(value_json_text(f->mem, m->guess),
                        "{\"days\":1.5,\"monthly\":\"18.50\",\"one_off\":3}");
}

static void test_times_are_seconds_or_have_a_unit(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(meta_of(f, "{ timeout = 30 }")->timeout_ms, 30000);
    assert_int_equal(meta_of(f, "{ timeout = 0.5 }")->timeout_ms, 500);
    assert_int_equal(meta_of(f, "{ timeout = '30s' }")->timeout_ms, 30000);
    assert_int_equal(meta_of(f, "{ timeout = '2h' }")->timeout_ms, 7200000);
    assert_int_equal(meta_of(f, "{}")->timeout_ms, 0);
}

static void test_what_is_wrong_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const cases[][3] = {
        {"{ ownr = 'x' }", "step has no 'ownr'", "did you mean 'owner'?"},
        {"{ zzz = 1 }", "step has no 'zzz'", "known here: after"},
        {"{ 'x' }", "step has names", "owner"},
        {"'x'", "step must be a table", "step = {"},
        {"{ owner = 1 }", "step.owner must be a text", "dns-team"},
        {"{ after = 'dns.zone.b' }", "step.after must be a list", "after = {"},
        {"{ after = { 'nonsense' } }", "step.after holds something that is neither", "dns.zone.apex"},
        {"{ after = { other.id } }", "step.after holds something that is neither", "after = { zone }"},
        {"{ after = { x = other } }", "step.after must be a plain list", "after = {"},
        {"{ holds = { 1 } }", "step.holds must be a text", "customer"},
        {"{ protect = 'yes' }", "step.protect must be true or false", "true"},
        {"{ replace = 'first' }", "step.replace knows \"create_first\" only", "leave it out"},
        {"{ ignore = { 'a..b' } }", "cannot read path", ""},
        {"{ timeout = '5 minutes' }", "step.timeout must be a time", "\"5m\""},
        {"{ timeout = 0 }", "step.timeout must be a time", "30"},
        {"{ timeout = -1 }", "step.timeout must be a time", "30"},
        {"{ timeout = 1e300 }", "step.timeout must be a time", "30"},
        {"{ driver = true }", "step.driver must be a text", "parent"},
        {"{ guess = { days = 'x' } }", "step.guess has days that are no number", "days = 10"},
        {"{ guess = { weeks = 1 } }", "step.guess has no 'weeks'", "days, monthly and one_off"},
        {"{ guess = { month = 1 } }", "step.guess has no 'month'", ""},
        {"{ guess = { monthly = 12.5 } }", "step.guess.monthly is money and may not be a float", "quotes"},
        {"{ guess = { monthly = 12.0 } }", "step.guess.monthly is money and may not be a float", "quotes"},
        {"{ guess = { one_off = -3 } }", "step.guess.one_off must be an amount", "300"},
        {"{ guess = { one_off = '1,5' } }", "step.guess.one_off", ""},
        {"{ guess = { 1 } }", "step.guess must be a map", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[400];
        snprintf(text, sizeof(text),
                 USE "local other = dns.zone 'other' { name = 'y' }\ndns.zone 'a' { name = 'x', step = %s }",
                 cases[i][0]);
        assert_refused(f, text, 3, cases[i][1], cases[i][2]);
    }
}

static void test_keys_that_mean_nothing_for_a_kind_are_refused(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, "todo 'a' { step = { protect = true } }", 1,
                   "todo.a: step.protect has no meaning for a todo", "leave it out");
    assert_refused(f, "human 'a' { step = { driver = 'x' } }", 1, "has no meaning for a step of a person",
                   "");
    assert_refused(f, USE "dns.zone:existing 'a' { step = { replace = 'create_first' } }", 2,
                   "has no meaning for something that exists", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_key_is_taken),
        TEST(test_times_are_seconds_or_have_a_unit),
        TEST(test_what_is_wrong_is_refused),
        TEST(test_keys_that_mean_nothing_for_a_kind_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
