#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/arena.h"
#include "base/map.h"

static void *number(size_t n)
{
    return (void *)(uintptr_t)n;
}

static void test_an_empty_map_holds_nothing(void **state)
{
    (void)state;
    struct map *m = map_new();
    size_t at = 0;
    const char *key;
    void *value;
    assert_null(map_find(m, "a"));
    assert_false(map_has(m, "a"));
    assert_false(map_remove(m, "a"));
    assert_false(map_next(m, &at, &key, &value));
    assert_int_equal(map_count(m), 0);
    map_free(m);
    map_free(NULL);
}

static void test_what_was_put_is_found_and_replaced_in_place(void **state)
{
    (void)state;
    struct map *m = map_new();
    assert_null(map_put(m, "", number(1)));
    assert_null(map_put(m, "dns.zone.main", number(2)));
    assert_ptr_equal(map_put(m, "", number(3)), number(1));
    assert_ptr_equal(map_find(m, ""), number(3));
    assert_ptr_equal(map_find(m, "dns.zone.main"), number(2));
    assert_null(map_find(m, "dns.zone.mai"));
    assert_int_equal(map_count(m), 2);
    map_free(m);
}

static void test_a_null_value_is_there_all_the_same(void **state)
{
    (void)state;
    struct map *m = map_new();
    map_put(m, "a", NULL);
    assert_null(map_find(m, "a"));
    assert_true(map_has(m, "a"));
    assert_int_equal(map_count(m), 1);
    map_free(m);
}

static void test_entries_come_in_the_order_of_insertion(void **state)
{
    (void)state;
    static const char *const keys[] = {"z", "a", "m", "b", "y"};
    struct map *m = map_new();
    for (size_t i = 0; i < 5; i++)
        map_put(m, keys[i], number(i + 1));
    map_remove(m, "m");
    map_put(m, "a", number(20));
    map_put(m, "m", number(30));
    static const char *const expected[] = {"z", "a", "b", "y", "m"};
    static const size_t values[] = {1, 20, 4, 5, 30};
    size_t at = 0, seen = 0;
    const char *key;
    void *value;
    while (map_next(m, &at, &key, &value)) {
        assert_true(seen < 5);
        assert_string_equal(key, expected[seen]);
        assert_ptr_equal(value, number(values[seen]));
        seen++;
    }
    assert_int_equal(seen, 5);
    map_free(m);
}

static void test_a_hundred_thousand_keys_are_all_found(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    struct map *m = map_new();
    const size_t many = 100000;
    for (size_t i = 0; i < many; i++)
        assert_null(map_put(m, arena_print(mem, "dns.record.r-%zu", i), number(i + 1)));
    assert_int_equal(map_count(m), many);
    for (size_t i = 0; i < many; i++) {
        char key[64];
        snprintf(key, sizeof(key), "dns.record.r-%zu", i);
        assert_ptr_equal(map_find(m, key), number(i + 1));
    }
    assert_false(map_has(m, "dns.record.r-100000"));
    map_free(m);
    arena_free(mem);
}

/* Checked against the plainest model there is: an array of flags. */
static void test_any_mix_of_puts_and_removes_agrees_with_a_plain_array(void **state)
{
    (void)state;
    enum { KEYS = 300 };
    static char names[KEYS][16];
    size_t model[KEYS] = {0}, live = 0;
    struct map *m = map_new();
    uint32_t random = 12345; /* a linear congruential generator: the same mix in every run */
    for (size_t i = 0; i < KEYS; i++)
        snprintf(names[i], sizeof(names[i]), "key-%zu", i);
    for (size_t turn = 1; turn <= 50000; turn++) {
        random = random * 1664525u + 1013904223u;
        size_t k = (random >> 8) % KEYS;
        if (random >> 31) {
            assert_ptr_equal(map_put(m, names[k], number(turn)), number(model[k]));
            live += model[k] == 0;
            model[k] = turn;
        } else {
            assert_int_equal(map_remove(m, names[k]), model[k] != 0);
            live -= model[k] != 0;
            model[k] = 0;
        }
        assert_int_equal(map_count(m), live);
    }
    for (size_t k = 0; k < KEYS; k++)
        assert_ptr_equal(map_find(m, names[k]), number(model[k]));
    map_free(m);
}

static void test_entries_may_be_removed_while_walking(void **state)
{
    (void)state;
    static char names[100][8];
    struct map *m = map_new();
    for (size_t i = 0; i < 100; i++) {
        snprintf(names[i], sizeof(names[i]), "k%zu", i);
        map_put(m, names[i], number(i + 1));
    }
    size_t at = 0, seen = 0;
    const char *key;
    void *value;
    while (map_next(m, &at, &key, &value)) {
        assert_ptr_equal(value, number(seen + 1));
        seen++;
        if (seen % 3)
            assert_true(map_remove(m, key));
    }
    assert_int_equal(seen, 100);
    assert_int_equal(map_count(m), 33);
    map_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_map_holds_nothing),
        cmocka_unit_test(test_what_was_put_is_found_and_replaced_in_place),
        cmocka_unit_test(test_a_null_value_is_there_all_the_same),
        cmocka_unit_test(test_entries_come_in_the_order_of_insertion),
        cmocka_unit_test(test_a_hundred_thousand_keys_are_all_found),
        cmocka_unit_test(test_any_mix_of_puts_and_removes_agrees_with_a_plain_array),
        cmocka_unit_test(test_entries_may_be_removed_while_walking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
