#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/str.h"
#include "bench.h"
#include "model/value.h"

#define FROZEN ABI_PLUGINS "/old-frozen.so"

static int open_frozen(void **state)
{
    *state = bench_open(FROZEN, "{'password':{'$secret':{'source':'test:longenough'}}}");
    return 0;
}

static int close_bench(void **state)
{
    bench_close(*state);
    return 0;
}

static void must_refuse(const char *settings, const char *code, const char *summary, const char *advice)
{
    struct bench *b = NULL;
    struct err err;
    assert_false(bench_try(FROZEN, settings, &b, &err));
    assert_string_equal(err.code, code);
    assert_string_equal(err.summary, summary);
    assert_string_equal(err.advice, advice);
}

static void test_settings_are_checked_filled_and_their_secrets_revealed(void **state)
{
    const struct driver *d = bench_driver(*state);
    assert_string_equal(value_get_text(d->settings, "greeting", ""), "hello");
    const struct value *password = value_get(d->settings, "password");
    assert_int_equal(value_kind(password), VALUE_SECRET);
    assert_string_equal(password->secret->bytes, "longenough");
    assert_string_equal(password->secret->source, "test:longenough");
    assert_int_equal(strlen(d->so_digest), 64);
    assert_true(str_ends(d->so_path, "/old-frozen.so"));
}

static void test_wrong_settings_are_refused_with_advice(void **state)
{
    (void)state;
    must_refuse("{'greetng':'x'}", "schema.unknown_attribute", "drivers: old: unknown attribute 'greetng'",
                "did you mean 'greeting'?");
    must_refuse("{'greeting':7}", "schema.wrong_kind",
                "drivers: old: 'greeting' must be text, not an integer", "put it in quotes");
    must_refuse("{'password':{'$secret':{'source':'env:NONE'}}}", "secret.unknown",
                "drivers: old: 'password': the bench has no secret 'env:NONE'", "");
    must_refuse("{'greeting':'a greeting of more than thirty-one bytes'}", "plugin.cannot_open",
                "driver old-frozen for 'old': greeting: things cannot say more than 31 bytes", "");
}

static void test_the_catalog_answers_for_what_is_opened(void **state)
{
    struct bench *b = *state;
    struct catalog c = registry_catalog(bench_registry(b));
    const struct catalog_type *type = NULL;
    const struct catalog_call *call = NULL;
    struct err err;
    assert_true(c.subsystem(c.user, "old", &err));
    assert_true(c.type(c.user, "old", "", "thing", &type, &err));
    assert_string_equal(type->doc, "a thing");
    assert_true(c.call(c.user, "old", "", "say", &call, &err));
    assert_string_equal(call->name, "say");

    assert_false(c.subsystem(c.user, "odl", &err));
    assert_string_equal(err.advice, "did you mean 'old'?");
    assert_false(c.type(c.user, "old", "", "thin", &type, &err));
    assert_string_equal(err.code, "catalog.no_type");
    assert_string_equal(err.summary, "driver old-frozen has no type 'thin'");
    assert_string_equal(err.advice, "did you mean 'thing'?");
    assert_false(c.type(c.user, "old", "", "elephant", &type, &err));
    assert_string_equal(err.advice, "there is: thing");
    assert_false(c.call(c.user, "old", "", "sya", &call, &err));
    assert_string_equal(err.code, "catalog.no_call");
    assert_false(c.type(c.user, "old", "parent", "thing", &type, &err));
    assert_string_equal(err.code, "catalog.no_instance");
    assert_string_equal(err.summary, "the region has no driver 'old/parent'");
}

static void test_one_instance_has_one_driver(void **state)
{
    struct registry *r = bench_registry(*state);
    struct registry_ask ask = {
        .subsystem = "old", .instance = "", .driver = "frozen", .where = "eu.yaml:3:1"};
    struct err err;
    assert_false(registry_add(r, &ask, &err));
    assert_string_equal(err.code, "plugin.repeated");
    assert_string_equal(err.summary, "two drivers for 'old'");
    assert_string_equal(err.where, "eu.yaml:3:1");
    size_t count;
    registry_drivers(r, &count);
    assert_int_equal(count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_frozen, close_bench)
    const struct CMUnitTest tests[] = {
        TEST(test_settings_are_checked_filled_and_their_secrets_revealed),
        cmocka_unit_test(test_wrong_settings_are_refused_with_advice),
        TEST(test_the_catalog_answers_for_what_is_opened),
        TEST(test_one_instance_has_one_driver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
