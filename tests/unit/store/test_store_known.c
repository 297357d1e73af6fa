#include "store_fixture.h"

#include "store/store_known.h"

static void test_generations_of_an_address_are_told_apart(void **state)
{
    (void)state;
    struct store_known *k = store_known_new();
    for (int64_t g = 1; g <= 3; g++)
        store_known_add_res(k, "dns.zone.apex", g, 10 + g)->sum = (uint64_t)g;
    for (int64_t g = 1; g <= 3; g++) {
        assert_int_equal(store_known_find_res(k, "dns.zone.apex", g)->id, 10 + g);
        assert_int_equal(store_known_find_res(k, "dns.zone.apex", g)->sum, g);
    }
    assert_null(store_known_find_res(k, "dns.zone.apex", 4));
    assert_null(store_known_find_res(k, "dns.zone", 1));
    store_known_free(k);
}

static void test_removing_any_generation_leaves_the_others(void **state)
{
    (void)state;
    for (int64_t gone = 1; gone <= 3; gone++) {
        struct store_known *k = store_known_new();
        for (int64_t g = 1; g <= 3; g++)
            store_known_add_res(k, "a", g, g);
        store_known_remove_res(k, "a", gone);
        store_known_remove_res(k, "a", 7);
        for (int64_t g = 1; g <= 3; g++)
            assert_int_equal(store_known_find_res(k, "a", g) != NULL, g != gone);
        for (int64_t g = 1; g <= 3; g++)
            store_known_remove_res(k, "a", g);
        assert_null(store_known_res_of(k, "a"));
        store_known_add_res(k, "a", 1, 9); /* in the memory of one that was removed */
        assert_int_equal(store_known_find_res(k, "a", 1)->id, 9);
        store_known_free(k);
    }
}

static void test_a_rename_moves_all_generations(void **state)
{
    (void)state;
    struct store_known *k = store_known_new();
    store_known_add_res(k, "a", 1, 1);
    store_known_add_res(k, "a", 2, 2);
    store_known_rename_res(k, "a", "b");
    store_known_rename_res(k, "none", "c");
    assert_null(store_known_res_of(k, "a"));
    assert_null(store_known_res_of(k, "c"));
    assert_int_equal(store_known_find_res(k, "b", 1)->id, 1);
    assert_int_equal(store_known_find_res(k, "b", 2)->id, 2);
    store_known_free(k);
}

static void test_the_first_open_op_is_known_in_whatever_order_they_end(void **state)
{
    (void)state;
    static const int orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}, {2, 0, 3, 1}};
    static const char *const names[] = {"a", "b", "c", "d"};
    for (size_t round = 0; round < COUNT_OF(orders); round++) {
        struct store_known *k = store_known_new();
        bool open[4] = {true, true, true, true};
        assert_int_equal(store_known_first_op(k, 5), 5);
        for (int i = 0; i < 4; i++)
            store_known_add_op(k, names[i], 10 + 2 * i);
        for (int i = 0; i < 4; i++) {
            store_known_remove_op(k, names[orders[round][i]]);
            assert_null(store_known_find_op(k, names[orders[round][i]]));
            open[orders[round][i]] = false;
            int first = 0;
            while (first < 4 && !open[first])
                first++;
            assert_int_equal(store_known_first_op(k, 18), 10 + 2 * first);
        }
        store_known_add_op(k, "longer than the one whose memory it gets", 30);
        assert_int_equal(store_known_find_op(k, "longer than the one whose memory it gets")->id, 30);
        assert_int_equal(store_known_first_op(k, 31), 30);
        store_known_free(k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generations_of_an_address_are_told_apart),
        cmocka_unit_test(test_removing_any_generation_leaves_the_others),
        cmocka_unit_test(test_a_rename_moves_all_generations),
        cmocka_unit_test(test_the_first_open_op_is_known_in_whatever_order_they_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
