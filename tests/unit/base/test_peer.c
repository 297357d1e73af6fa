#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/peer.h"

static void test_what_never_leaves_this_machine_is_loopback(void **state)
{
    static const char *const good[] = {"localhost",   "LocalHost", "127.0.0.1",
                                       "127.255.0.9", "[::1]",     "[0:0:0:0:0:0:0:1]"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(peer_is_loopback(good[i]));
}

/* Names that only look like it are resolved by somebody else. */
static void test_what_only_looks_like_it_is_not(void **state)
{
    static const char *const bad[] = {"",
                                      "localhost.acme.example",
                                      "127.0.0.1.acme.example",
                                      "128.0.0.1",
                                      "0.0.0.0",
                                      "::1",
                                      "[::2]",
                                      "[",
                                      "[]",
                                      "127.1",
                                      "0x7f000001",
                                      "[::ffff:127.0.0.1]"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(peer_is_loopback(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_never_leaves_this_machine_is_loopback),
        cmocka_unit_test(test_what_only_looks_like_it_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
