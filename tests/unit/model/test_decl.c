#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/attr.h"
#include "model/decl.h"

static void test_a_declaration_is_found_by_its_address(void **state)
{
    (void)state;
    static const struct decl all[] = {{.address = "action.seed"},
                                      {.address = "dns.record.a"},
                                      {.address = "dns.record.a-b"},
                                      {.address = "dns.zone.apex"},
                                      {.address = "todo.x"}};
    for (size_t count = 0; count <= COUNT_OF(all); count++) {
        struct decls d = {.at = all, .count = count};
        for (size_t i = 0; i < COUNT_OF(all); i++)
            assert_ptr_equal(decl_find(&d, all[i].address), i < count ? &all[i] : NULL);
        assert_null(decl_find(&d, "dns.record"));
        assert_null(decl_find(&d, "zzz"));
        assert_null(decl_find(&d, ""));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_declaration_is_found_by_its_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
