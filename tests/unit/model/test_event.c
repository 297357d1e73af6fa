#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "model/event.h"

static void test_every_kind_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int kind = 1; kind < EVENT_KIND_COUNT; kind++) {
        const char *name = event_name((enum event_kind)kind);
        assert_string_not_equal(name, "unknown");
        assert_int_equal(event_from_name(name), kind);
    }
    assert_string_equal(event_name(EVENT_STEP_DONE), "step.done");
    assert_string_equal(event_name(EVENT_NOTE), "note");
}

static void test_what_is_no_event_has_no_kind(void **state)
{
    (void)state;
    assert_int_equal(event_from_name("step"), 0);
    assert_int_equal(event_from_name(""), 0);
    assert_int_equal(event_from_name("unknown"), 0);
    assert_string_equal(event_name((enum event_kind)0), "unknown");
    assert_string_equal(event_name(EVENT_KIND_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_has_a_name_of_its_own),
        cmocka_unit_test(test_what_is_no_event_has_no_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
