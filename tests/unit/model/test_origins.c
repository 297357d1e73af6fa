/* Origins: entries keep their place while the table grows, and a copy leads back to its text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "model/origins.h"
#include "model/value.h"

static void test_entries_stay_while_the_table_grows(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    struct origins o;
    origins_init(&o, mem);
    assert_null(origins_get(&o, 0));
    for (uint32_t i = 1; i <= 1000; i++)
        assert_int_equal(origins_add(&o, (struct origin){.file = "f", .line = i, .kind = ORIGIN_WRITTEN}), i);
    for (uint32_t i = 1; i <= 1000; i++)
        assert_int_equal(origins_get(&o, i)->line, i);
    assert_null(origins_get(&o, 1001));
    origins_set_value(&o, 7, value_null());
    assert_ptr_equal(origins_get(&o, 7)->value, value_null());
    arena_free(mem);
}

static void test_a_copy_of_a_copy_leads_to_the_text(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    struct origins o;
    origins_init(&o, mem);
    uint32_t text = origins_add(&o, (struct origin){.kind = ORIGIN_WRITTEN});
    uint32_t copy = origins_add(&o, (struct origin){.kind = ORIGIN_COPIED, .from = text});
    uint32_t again = origins_add(&o, (struct origin){.kind = ORIGIN_COPIED, .from = copy});
    uint32_t shrunk = origins_add(&o, (struct origin){.kind = ORIGIN_SHRUNK, .from = again});
    assert_int_equal(origins_text_of(&o, again), text);
    assert_int_equal(origins_text_of(&o, text), text);
    /* A rule's value stands in the rule, not in what it replaced. */
    assert_int_equal(origins_text_of(&o, shrunk), shrunk);
    assert_int_equal(origins_text_of(&o, 0), 0);
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_stay_while_the_table_grows),
        cmocka_unit_test(test_a_copy_of_a_copy_leads_to_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
