#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "model/due.h"

/* The date at the end of an event's text. */

static void test_what_is_printed_is_found_again(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    const char *text = due_print(mem, "legal: Countersign", "2026-12-01");
    assert_string_equal(text, "legal: Countersign (due 2026-12-01)");
    assert_string_equal(due_find(mem, text), "2026-12-01");
    assert_string_equal(due_print(mem, "legal: Countersign", NULL), "legal: Countersign");
    arena_free(mem);
}

static void test_only_a_date_at_the_very_end_counts(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    assert_null(due_find(mem, ""));
    assert_null(due_find(mem, "pay (due 2026-12-01) at once"));
    assert_null(due_find(mem, "pay (due soon)"));
    assert_null(due_find(mem, "pay (due 2026-12-01"));
    assert_string_equal(due_find(mem, "pay (due 2025-01-01) (due 2026-12-01)"), "2026-12-01");
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_printed_is_found_again),
        cmocka_unit_test(test_only_a_date_at_the_very_end_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
