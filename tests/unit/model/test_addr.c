#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/attr.h"
#include "base/err.h"
#include "model/addr.h"

static const char long_name[] = "a23456789-123456789-123456789-123456789-123456789-123456789-123"; /* 63 */

static void test_names_are_small_letters_digits_dashes_and_underscores(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "0", "main", "db-1_x", "a-", long_name};
    static const char *const bad[] = {
        "",    "-a",        "_a",
        "A",   "a.b",       "a b",
        "a/b", "caf\u00e9", "a23456789-123456789-123456789-123456789-123456789-123456789-1234"};
    assert_int_equal(strlen(long_name), ADDR_NAME_MAX);
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(addr_name_is_valid(good[i]));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(addr_name_is_valid(bad[i]));
}

static void test_a_bad_name_comes_with_a_better_one(void **state)
{
    (void)state;
    static const struct {
        const char *name, *says, *advice;
    } cases[] = {
        {"", "may not be empty", "choose a name such as 'main'"},
        {"Main DB", "must begin with", "write 'main-db'"},
        {"eu.acme.example", "may hold", "write 'eu-acme-example'"},
        {"-x-", "must begin with", "write 'x'"},
        {"a  &  b", "may hold", "write 'a-b'"},
        {"\u65e5\u672c", "must begin with", "choose a name such as 'main'"},
        {"a23456789-123456789-123456789-123456789-123456789-123456789-1234",
         "has 64 characters, the limit is 63",
         "write 'a23456789-123456789-123456789-123456789-123456789-123456789-123'"},
    };
    struct err err = {0};
    assert_true(addr_check_name("main", &err));
    assert_string_equal(err.code, "");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_false(addr_check_name(cases[i].name, &err));
        assert_string_equal(err.code, "addr.bad_name");
        assert_non_null(strstr(err.summary, cases[i].says));
        assert_string_equal(err.advice, cases[i].advice);
    }
}

static void test_addresses_are_made_of_their_parts_and_recognized(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    assert_string_equal(addr_of_resource(mem, "dns", "zone", "apex"), "dns.zone.apex");
    assert_string_equal(addr_of_kind(mem, "action", "seed"), "action.seed");
    arena_free(mem);
    static const char *const good[] = {"dns.zone.apex", "database.user.0-app", "action.seed",
                                       "check.login",   "human.dpa-signed",    "todo.whatsapp"};
    static const char *const bad[] = {"",
                                      "dns",
                                      "dns.zone",
                                      "dns..apex",
                                      ".zone.apex",
                                      "dns.zone.",
                                      "dns.zone.Apex",
                                      "dns.zone.a.b",
                                      "action.",
                                      "actions.seed",
                                      "action.seed.x",
                                      "1dns.zone.a",
                                      "dns.2zone.a",
                                      "dns.zone.a b"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(addr_is_valid(good[i]));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (addr_is_valid(bad[i]))
            fail_msg("'%s' is accepted", bad[i]);
}

static void test_region_names_are_safe_as_file_names(void **state)
{
    (void)state;
    static const char *const good[] = {"eu", "us-east-1", "a1", "abcdefghijklmnopqrstuvwxyz012345"};
    static const char *const bad[] = {"",
                                      "e",
                                      "EU",
                                      "1eu",
                                      "eu-",
                                      "-eu",
                                      "e_u",
                                      "../eu",
                                      "eu/x",
                                      "eu.x",
                                      "abcdefghijklmnopqrstuvwxyz0123456"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(addr_region_is_valid(good[i]));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(addr_region_is_valid(bad[i]));
}

static void test_a_pattern_is_the_first_parts_with_stars_inside(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *address;
        bool matches;
    } cases[] = {
        {"*", "dns.zone.apex", true},
        {"dns", "dns.zone.apex", true},
        {"dns.zone", "dns.zone.apex", true},
        {"dns.zone.apex", "dns.zone.apex", true},
        {"dns.*.apex", "dns.zone.apex", true},
        {"dns.z*", "dns.zone.apex", true},
        {"*.*.a*x", "dns.zone.apex", true},
        {"*.*.*p*e*", "dns.zone.apex", true},
        {"dns.zone.a*a*a*b", "dns.zone.aaaaaaaaaaaaaaaaaaaa", false},
        {"dn", "dns.zone.apex", false},
        {"dns.zon", "dns.zone.apex", false},
        {"dns.zone.apex.more", "dns.zone.apex", false},
        {"dns.*ex", "dns.zone.apex", false}, /* a star stays in its part */
        {"human.*", "human.dpa-signed", true},
        {"*.*.*", "human.dpa-signed", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (addr_matches(cases[i].pattern, cases[i].address) != cases[i].matches)
            fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].address);
    static const char *const good[] = {"*", "dns", "dns.*", "dns.record.mail-*", "**"};
    static const char *const bad[] = {"",    ".",        "dns.",       ".zone", "dns..apex",
                                      "Dns", "dns zone", "dns/parent", "[a]"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(addr_pattern_is_valid(good[i]));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(addr_pattern_is_valid(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_small_letters_digits_dashes_and_underscores),
        cmocka_unit_test(test_a_bad_name_comes_with_a_better_one),
        cmocka_unit_test(test_addresses_are_made_of_their_parts_and_recognized),
        cmocka_unit_test(test_region_names_are_safe_as_file_names),
        cmocka_unit_test(test_a_pattern_is_the_first_parts_with_stars_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
