#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "generate.h"
#include "model/expr.h"
#include "model/value.h"
#include "model/value_json.h"

static int make_arena(void **state)
{
    *state = arena_new();
    return 0;
}

static int drop_arena(void **state)
{
    arena_free(*state);
    return 0;
}

static const struct value *pair_map(struct arena *mem, const char *key, const struct value *v)
{
    struct pair one = {key, v};
    return value_map(mem, &one, 1);
}

static void test_null_reads_as_null_everywhere(void **state)
{
    (void)state;
    assert_int_equal(value_kind(NULL), VALUE_NULL);
    assert_true(value_is_null(NULL));
    assert_true(value_is_null(value_null()));
    assert_null(value_get(NULL, "a"));
    assert_null(value_item(NULL, 0));
    assert_null(value_as_text(NULL));
    assert_true(value_equal(NULL, value_null()));
    assert_false(value_equal(NULL, value_bool(false)));
    assert_false(value_has_unknown(NULL));
}

static void test_a_map_is_sorted_bytewise_and_every_key_is_found(void **state)
{
    struct arena *mem = *state;
    for (size_t count = 0; count < 200; count += count < 30 ? 1 : 17) {
        struct pair pairs[200] = {0};
        for (size_t i = 0; i < count; i++) {
            /* 7 shares no factor with any count below, so every key comes once, out of order. */
            size_t n = count % 7 ? i * 7 % count : count - 1 - i;
            pairs[i] = (struct pair){arena_print(mem, "key%zu", n), value_int(mem, (int64_t)n)};
        }
        const struct value *map = value_map(mem, pairs, count);
        assert_int_equal(map->count, count);
        for (size_t i = 1; i < count; i++)
            assert_true(strcmp(map->pairs[i - 1].key, map->pairs[i].key) < 0);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(value_get_int(map, arena_print(mem, "key%zu", i), -1), i);
        assert_null(value_get(map, "key"));
        assert_null(value_get(map, "zzz"));
    }
}

static void test_getters_answer_otherwise_for_the_wrong_kind(void **state)
{
    struct arena *mem = *state;
    const struct value *map = pair_map(mem, "n", value_int(mem, 7));
    assert_int_equal(value_get_int(map, "n", -1), 7);
    assert_string_equal(value_get_text(map, "n", "none"), "none");
    assert_true(value_get_bool(map, "n", true));
    assert_int_equal(value_get_int(map, "m", -1), -1);
    assert_null(value_get(value_int(mem, 7), "n"));
    assert_null(value_item(map, 0));
}

static void test_an_integer_never_equals_a_real(void **state)
{
    struct arena *mem = *state;
    assert_false(value_equal(value_int(mem, 1), value_real(mem, 1.0)));
    assert_true(value_equal(value_real(mem, 0.0), value_real(mem, -0.0)));
    assert_true(value_compare(value_int(mem, INT64_MIN), value_int(mem, INT64_MAX)) < 0);
}

static void test_texts_order_by_bytes_then_length(void **state)
{
    struct arena *mem = *state;
    assert_true(value_compare(value_text(mem, "a"), value_text(mem, "ab")) < 0);
    assert_true(value_compare(value_text(mem, "b"), value_text(mem, "ab")) > 0);
    assert_true(value_compare(value_text(mem, "z"), value_text(mem, "\u00e9")) < 0);
    assert_true(value_equal(value_text_n(mem, "abc", 2), value_text_borrow(mem, "ab", 2)));
}

static void test_origins_never_count(void **state)
{
    struct arena *mem = *state;
    const struct value *here = value_at_origin(mem, value_int(mem, 1), 3);
    assert_int_equal(here->where, 3);
    assert_true(value_equal(here, value_int(mem, 1)));
    assert_ptr_equal(value_at_origin(mem, here, 3), here);
    assert_int_equal(value_at_origin(mem, NULL, 4)->kind, VALUE_NULL);
    assert_int_equal(value_null()->where, 0);
}

static void test_secrets_equal_by_digest_else_by_source(void **state)
{
    struct arena *mem = *state;
    const struct value *a = value_secret(mem, &(struct secret){.source = "env:A", .digest = "11"});
    const struct value *moved = value_secret(mem, &(struct secret){.source = "file:b", .digest = "11"});
    const struct value *changed = value_secret(mem, &(struct secret){.source = "env:A", .digest = "22"});
    const struct value *open = value_secret(mem, &(struct secret){.source = "env:A"});
    assert_true(value_equal(a, moved));
    assert_false(value_equal(a, changed));
    assert_true(value_equal(a, open));
    assert_false(value_equal(moved, open));
}

static void test_unknowns_equal_when_their_kinds_do(void **state)
{
    (void)state;
    assert_true(value_equal(value_unknown(VALUE_TEXT), value_unknown(VALUE_TEXT)));
    assert_false(value_equal(value_unknown(VALUE_TEXT), value_unknown(VALUE_INT)));
    assert_int_equal(value_unknown(VALUE_EXPR)->unknown_kind, VALUE_ANY);
    assert_int_equal(value_unknown((enum value_kind)0)->unknown_kind, VALUE_ANY);
    assert_string_equal(value_kind_name(VALUE_INT), "integer");
    assert_string_equal(value_kind_name((enum value_kind)99), "nothing known");
}

static void test_what_is_deep_inside_is_found(void **state)
{
    struct arena *mem = *state;
    struct expr ref = {.op = EXPR_REF, .address = "a.b.c", .path = "id"};
    const struct value *items[] = {
        value_int(mem, 1), pair_map(mem, "x", value_unknown(VALUE_ANY)),
        pair_map(mem, "y", value_expr(mem, &ref)),
        pair_map(mem, "z", value_secret(mem, &(struct secret){.source = "env:A"}))};
    const struct value *all = value_list(mem, items, 4), *one = value_list(mem, items, 1);
    assert_true(value_has_unknown(all) && value_has_expr(all) && value_has_secret(all));
    assert_false(value_has_unknown(one) || value_has_expr(one) || value_has_secret(one));
}

static void test_with_key_sets_replaces_and_removes(void **state)
{
    struct arena *mem = *state;
    const struct value *map = value_with_key(mem, NULL, "m", value_int(mem, 1));
    map = value_with_key(mem, map, "a", value_int(mem, 2));
    map = value_with_key(mem, map, "z", value_int(mem, 3));
    assert_string_equal(value_json_text(mem, map), "{\"a\":2,\"m\":1,\"z\":3}");
    const struct value *replaced = value_with_key(mem, map, "m", value_null());
    assert_string_equal(value_json_text(mem, replaced), "{\"a\":2,\"m\":null,\"z\":3}");
    const struct value *removed = value_with_key(mem, map, "m", NULL);
    assert_string_equal(value_json_text(mem, removed), "{\"a\":2,\"z\":3}");
    assert_ptr_equal(value_with_key(mem, removed, "m", NULL), removed);
    assert_string_equal(value_json_text(mem, map), "{\"a\":2,\"m\":1,\"z\":3}");
    assert_string_equal(value_json_text(mem, value_with_key(mem, NULL, "m", NULL)), "{}");
}

static const struct value *from(struct arena *mem, const char *json)
{
    const struct value *v = NULL;
    struct err err = {0};
    if (!value_json_parse(mem, json, strlen(json), &v, &err))
        fail_msg("%s: %s", json, err.summary);
    return v;
}

static void test_merge_goes_into_maps_and_replaces_all_else(void **state)
{
    struct arena *mem = *state;
    const struct value *base = from(mem, "{\"a\":{\"x\":1,\"y\":2},\"l\":[1,2,3],\"k\":1}");
    const struct value *over = from(mem, "{\"a\":{\"y\":3,\"z\":4},\"l\":[9],\"n\":null}");
    assert_string_equal(value_json_text(mem, value_merge(mem, base, over)),
                        "{\"a\":{\"x\":1,\"y\":3,\"z\":4},\"k\":1,\"l\":[9],\"n\":null}");
    assert_ptr_equal(value_merge(mem, base, NULL), base);
    assert_ptr_equal(value_merge(mem, NULL, over), over);
    assert_string_equal(value_json_text(mem, value_merge(mem, base, value_null())), "null");
}

static void test_a_copy_outlives_its_source(void **state)
{
    struct arena *mem = *state, *tmp = arena_new();
    struct generator g = {.state = 11, .mem = tmp};
    for (int i = 0; i < 200; i++) {
        const struct value *v = generate_value(&g, 4);
        char *text = arena_text(mem, value_json_text(tmp, v));
        const struct value *args = value_list(tmp, &v, 1);
        struct expr join = {.op = EXPR_JOIN, .args = {args}, .file = arena_text(tmp, "p.lua"), .line = 2};
        const struct value *copy = value_copy(mem, value_at_origin(tmp, v, 5));
        const struct value *expr = value_copy(mem, value_expr(tmp, &join));
        assert_true(value_equal(copy, v));
        assert_true(value_equal(expr, value_expr(tmp, &join)));
        assert_int_equal(copy->where, 5);
        arena_reset(tmp);
        assert_string_equal(value_json_text(mem, copy), text);
        assert_string_equal(expr->expr->file, "p.lua");
    }
    arena_free(tmp);
}

static void test_compare_is_a_total_order(void **state)
{
    struct generator g = {.state = 5, .mem = *state};
    const struct value *v[40];
    for (size_t i = 0; i < COUNT_OF(v); i++)
        v[i] = generate_value(&g, 2);
    for (size_t i = 0; i < COUNT_OF(v); i++) {
        assert_int_equal(value_compare(v[i], v[i]), 0);
        for (size_t k = 0; k < COUNT_OF(v); k++) {
            int order = value_compare(v[i], v[k]), back = value_compare(v[k], v[i]);
            assert_int_equal((order > 0) - (order < 0), (back < 0) - (back > 0));
            assert_int_equal(order == 0, value_equal(v[i], v[k]));
        }
    }
}

static void test_exprs_equal_by_what_they_say_not_where(void **state)
{
    struct arena *mem = *state;
    struct expr a = {.op = EXPR_REF, .address = "x.y.z", .path = "id", .file = "a.lua", .line = 1};
    struct expr b = a, c = a;
    b.line = 9;
    c.path = "name";
    assert_true(value_equal(value_expr(mem, &a), value_expr(mem, &b)));
    assert_false(value_equal(value_expr(mem, &a), value_expr(mem, &c)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_reads_as_null_everywhere),
        cmocka_unit_test(test_a_map_is_sorted_bytewise_and_every_key_is_found),
        cmocka_unit_test(test_getters_answer_otherwise_for_the_wrong_kind),
        cmocka_unit_test(test_an_integer_never_equals_a_real),
        cmocka_unit_test(test_texts_order_by_bytes_then_length),
        cmocka_unit_test(test_origins_never_count),
        cmocka_unit_test(test_secrets_equal_by_digest_else_by_source),
        cmocka_unit_test(test_unknowns_equal_when_their_kinds_do),
        cmocka_unit_test(test_what_is_deep_inside_is_found),
        cmocka_unit_test(test_with_key_sets_replaces_and_removes),
        cmocka_unit_test(test_merge_goes_into_maps_and_replaces_all_else),
        cmocka_unit_test(test_a_copy_outlives_its_source),
        cmocka_unit_test(test_compare_is_a_total_order),
        cmocka_unit_test(test_exprs_equal_by_what_they_say_not_where),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
