#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"

struct step {
    int64_t number;
    char letter;
};

static void test_pushed_items_stay_in_order(void **state)
{
    (void)state;
    ARRAY(struct step) steps = {0};
    for (int i = 0; i < 1000; i++)
        ARRAY_PUSH(&steps, ((struct step){.number = i, .letter = (char)('a' + i % 26)}));
    assert_int_equal(steps.count, 1000);
    assert_true(steps.room >= 1000 && steps.room <= 2048);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(steps.at[i].number, i);
        assert_int_equal(steps.at[i].letter, 'a' + i % 26);
    }
    ARRAY_DONE(&steps);
    assert_null(steps.at);
    assert_int_equal(steps.count, 0);
    assert_int_equal(steps.room, 0);
}

static void test_a_kept_copy_outlives_the_array(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    ARRAY(int) numbers = {0};
    assert_null(ARRAY_KEEP(&numbers, mem));
    ARRAY_PUSH(&numbers, 7);
    ARRAY_PUSH(&numbers, 8);
    const int *kept = ARRAY_KEEP(&numbers, mem);
    ARRAY_DONE(&numbers);
    assert_int_equal(kept[0], 7);
    assert_int_equal(kept[1], 8);
    arena_free(mem);
}

static void test_room_that_is_there_moves_nothing(void **state)
{
    (void)state;
    ARRAY(int) numbers = {0};
    array_room((void **)&numbers.at, &numbers.room, 100, sizeof(int));
    assert_true(numbers.room >= 100);
    const int *before = numbers.at;
    for (int i = 0; i < 100; i++)
        ARRAY_PUSH(&numbers, i);
    assert_ptr_equal(numbers.at, before);
    ARRAY_DONE(&numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pushed_items_stay_in_order),
        cmocka_unit_test(test_a_kept_copy_outlives_the_array),
        cmocka_unit_test(test_room_that_is_there_moves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
