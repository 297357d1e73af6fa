#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"

static void test_a_new_buffer_is_an_empty_text(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 0);
    assert_string_equal(b.at, "");
    assert_int_equal(b.count, 0);
    buf_done(&b);
}

static void test_pieces_are_collected_in_order(void **state)
{
    (void)state;
    struct buf b;
    struct arena *mem = arena_new();
    buf_init(&b, 0);
    buf_text(&b, "zone ");
    buf_char(&b, '\'');
    buf_add(&b, "eu.example", 2);
    buf_print(&b, "%s %d", "'", 42);
    buf_fill(&b, '-', 3);
    buf_fill(&b, '-', 0);
    buf_add(&b, NULL, 0);
    assert_string_equal(b.at, "zone 'eu' 42---");
    assert_int_equal(b.count, strlen(b.at));
    char *kept = buf_keep(&b, mem);
    buf_done(&b);
    assert_string_equal(kept, "zone 'eu' 42---");
    arena_free(mem);
}

static void test_past_the_cap_nothing_more_is_taken(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 5);
    buf_text(&b, "abcde");
    assert_false(b.full);
    buf_text(&b, "");
    assert_false(b.full);
    buf_char(&b, 'f');
    assert_true(b.full);
    assert_string_equal(b.at, "abcde");
    buf_done(&b);
}

static void test_a_piece_over_the_cap_is_cut_and_no_later_piece_follows_the_hole(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 6);
    buf_text(&b, "abc");
    buf_print(&b, "%d", 1234567);
    assert_string_equal(b.at, "abc123");
    assert_true(b.full);
    buf_clear(&b);
    assert_false(b.full);
    buf_text(&b, "abcd");
    buf_fill(&b, 'x', 4);
    buf_text(&b, "");
    buf_print(&b, "y");
    assert_string_equal(b.at, "abcdxx");
    assert_true(b.full);
    buf_done(&b);
}

static void test_long_prints_grow_the_buffer(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 0);
    for (int i = 0; i < 100; i++)
        buf_print(&b, "%*d", 97, i);
    assert_int_equal(b.count, 9700);
    assert_string_equal(b.at + 9698, "99");
    buf_done(&b);
}

static void test_clearing_keeps_the_memory(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 0);
    buf_fill(&b, 'x', 1000);
    const char *before = b.at;
    buf_clear(&b);
    assert_string_equal(b.at, "");
    buf_fill(&b, 'y', 1000);
    assert_ptr_equal(b.at, before);
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_buffer_is_an_empty_text),
        cmocka_unit_test(test_pieces_are_collected_in_order),
        cmocka_unit_test(test_past_the_cap_nothing_more_is_taken),
        cmocka_unit_test(test_a_piece_over_the_cap_is_cut_and_no_later_piece_follows_the_hole),
        cmocka_unit_test(test_long_prints_grow_the_buffer),
        cmocka_unit_test(test_clearing_keeps_the_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
