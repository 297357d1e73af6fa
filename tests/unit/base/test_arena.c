#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"

static void test_allocations_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    char *all[600];
    for (size_t i = 0; i < 600; i++) {
        all[i] = arena_alloc(mem, i);
        assert_non_null(all[i]);
        /* A type of that size can need no more. */
        size_t step = i % _Alignof(max_align_t) == 0 ? _Alignof(max_align_t) : sizeof(void *);
        assert_int_equal((uintptr_t)all[i] % step, 0);
        for (size_t j = 0; j < i; j++)
            assert_int_equal(all[i][j], 0);
        memset(all[i], (int)(i & 0x7F), i);
    }
    for (size_t i = 0; i < 600; i++) {
        for (size_t j = 0; j < i; j++)
            assert_int_equal(all[i][j], i & 0x7F);
    }
    arena_free(mem);
}

static void test_a_new_arena_costs_512_bytes_until_they_are_gone(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    assert_int_equal(arena_used(mem), 512);
    arena_alloc(mem, 300);
    assert_int_equal(arena_used(mem), 512);
    arena_alloc(mem, 300);
    assert_true(arena_used(mem) > 512);
    arena_free(mem);
}

static void test_a_big_request_leaves_the_current_chunk_in_use(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    char *small = arena_alloc(mem, 16);
    char *big = arena_alloc(mem, 1 << 20);
    size_t used = arena_used(mem);
    char *next = arena_alloc(mem, 16);
    assert_int_equal(arena_used(mem), used);
    assert_true(next > small && next - small <= 64);
    memset(big, 1, 1 << 20);
    assert_int_equal(next[0], 0);
    arena_free(mem);
}

static void test_many_small_requests_waste_little(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    for (size_t i = 0; i < 100000; i++)
        arena_alloc(mem, 32);
    assert_true(arena_used(mem) < 100000 * 32 * 2);
    arena_free(mem);
}

static void test_reset_keeps_one_chunk_and_hands_out_zeroes_again(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    for (size_t i = 0; i < 1000; i++)
        memset(arena_alloc(mem, 100), 0xEE, 100);
    memset(arena_alloc(mem, 1 << 20), 0xEE, 1 << 20);
    arena_reset(mem);
    size_t kept = arena_used(mem);
    assert_true(kept <= 512 + 256 * 1024);
    const char *again = arena_alloc(mem, 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(again[i], 0);
    assert_int_equal(arena_used(mem), kept);
    arena_free(mem);
}

static void test_a_fresh_arena_can_be_reset(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    memset(arena_alloc(mem, 64), 0xEE, 64);
    arena_reset(mem);
    assert_int_equal(arena_used(mem), 512);
    assert_int_equal(*(char *)arena_alloc(mem, 64), 0);
    arena_free(mem);
}

static void test_free_takes_null(void **state)
{
    (void)state;
    arena_free(NULL);
}

static void test_copies_are_copies(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    char source[] = "Dublin";
    char *text = arena_text(mem, source), *part = arena_text_n(mem, source, 3);
    char *bytes = arena_copy(mem, source, 2);
    source[0] = 'X';
    assert_string_equal(text, "Dublin");
    assert_string_equal(part, "Dub");
    assert_memory_equal(bytes, "Du", 2);
    assert_null(arena_text(mem, NULL));
    assert_string_equal(arena_text_n(mem, NULL, 0), "");
    assert_non_null(arena_copy(mem, NULL, 0));
    arena_free(mem);
}

static void test_texts_of_any_length_are_printed_whole(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    for (int width = 0; width < 2000; width += 51) {
        char *text = arena_print(mem, "%*s|%d", width, "", width);
        assert_int_equal(strchr(text, '|') - text, width);
        assert_int_equal(strlen(text), strlen(strchr(text, '|')) + (size_t)width);
    }
    assert_string_equal(arena_print(mem, "%255d", 7) + 254, "7");
    assert_string_equal(arena_print(mem, "%256d", 7) + 255, "7");
    arena_free(mem);
}

static void test_typed_allocations_fit_their_type(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    int64_t *one = ARENA_NEW(mem, int64_t), *many = ARENA_ARRAY(mem, int64_t, 100);
    *one = -1;
    for (size_t i = 0; i < 100; i++)
        many[i] = (int64_t)i;
    assert_int_equal(*one, -1);
    assert_int_equal(many[99], 99);
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocations_are_zeroed_aligned_and_apart),
        cmocka_unit_test(test_a_new_arena_costs_512_bytes_until_they_are_gone),
        cmocka_unit_test(test_a_big_request_leaves_the_current_chunk_in_use),
        cmocka_unit_test(test_many_small_requests_waste_little),
        cmocka_unit_test(test_reset_keeps_one_chunk_and_hands_out_zeroes_again),
        cmocka_unit_test(test_a_fresh_arena_can_be_reset),
        cmocka_unit_test(test_free_takes_null),
        cmocka_unit_test(test_copies_are_copies),
        cmocka_unit_test(test_texts_of_any_length_are_printed_whole),
        cmocka_unit_test(test_typed_allocations_fit_their_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
