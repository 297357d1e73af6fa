#include "golden.h"

#include "base/attr.h"
#include "report/layers.h"

static struct layers place(struct arena *mem, uint32_t count, struct layers_edge *edges, uint32_t edge_count)
{
    struct layers l = {.count = count, .edges = edges, .edge_count = edge_count};
    layers_make(mem, &l);
    return l;
}

static void test_everything_stands_right_of_what_it_needs(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    struct layers_edge edges[] = {{2, 3, 1, false}, {0, 1, 1, false}, {1, 3, 1, false}, {0, 2, 1, false}};
    struct layers l = place(mem, 5, edges, COUNT_OF(edges));
    for (uint32_t i = 0; i < l.edge_count; i++)
        assert_true(l.layer[l.edges[i].from] < l.layer[l.edges[i].to]);
    assert_int_equal(l.layer[4], 0); /* hangs on nothing */
    assert_int_equal(l.layer_count, 3);
    assert_int_equal(l.row_count, 2);
    arena_free(mem);
}

static void test_no_two_share_a_place(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    struct layers_edge edges[40];
    uint32_t count = 0;
    for (uint32_t to = 1; to < 20; to++)
        for (uint32_t from = to % 3; from < to && count < COUNT_OF(edges); from += 7)
            edges[count++] = (struct layers_edge){from, to, 1, false};
    struct layers l = place(mem, 20, edges, count);
    for (uint32_t a = 0; a < l.count; a++)
        for (uint32_t b = 0; b < a; b++)
            assert_true(l.layer[a] != l.layer[b] || l.row[a] != l.row[b]);
    arena_free(mem);
}

static void test_an_edge_that_follows_from_others_is_not_drawn(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    struct layers_edge edges[] = {{0, 1, 1, false}, {1, 2, 1, false}, {0, 2, 1, false}, {0, 3, 1, false}};
    struct layers l = place(mem, 4, edges, COUNT_OF(edges));
    for (uint32_t i = 0; i < l.edge_count; i++)
        assert_int_equal(l.edges[i].drawn, !(l.edges[i].from == 0 && l.edges[i].to == 2));
    arena_free(mem);
}

static void test_a_loop_of_groups_does_no_harm_and_is_drawn(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    struct layers_edge edges[] = {{0, 1, 1, false}, {1, 0, 1, false}, {1, 1, 1, false}};
    struct layers l = place(mem, 2, edges, COUNT_OF(edges));
    assert_int_equal(l.layer[0], 0);
    assert_int_equal(l.layer[1], 1);
    for (uint32_t i = 0; i < l.edge_count; i++)
        assert_true(l.edges[i].drawn);
    arena_free(mem);
}

static void test_a_graph_without_edges_is_one_column(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    struct layers l = place(mem, 3, NULL, 0);
    assert_int_equal(l.layer_count, 1);
    assert_int_equal(l.row_count, 3);
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_stands_right_of_what_it_needs),
        cmocka_unit_test(test_no_two_share_a_place),
        cmocka_unit_test(test_an_edge_that_follows_from_others_is_not_drawn),
        cmocka_unit_test(test_a_loop_of_groups_does_no_harm_and_is_drawn),
        cmocka_unit_test(test_a_graph_without_edges_is_one_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
