#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "generate.h"
#include "model/path.h"
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

static const struct value *from(struct arena *mem, const char *json)
{
    const struct value *v = NULL;
    struct err err = {0};
    if (!value_json_parse(mem, json, strlen(json), &v, &err))
        fail_msg("%s: %s", json, err.summary);
    return v;
}

static struct path path_of(struct arena *mem, const char *text)
{
    struct path p = {0};
    struct err err = {0};
    if (!path_parse(mem, text, &p, &err))
        fail_msg("%s", err.summary);
    return p;
}

static void test_a_path_is_keys_and_indexes(void **state)
{
    struct path p = path_of(*state, "a.\"b.\\\"c\\\\\"[12].*.d-e_f");
    assert_int_equal(p.count, 5);
    assert_string_equal(p.at[0].key, "a");
    assert_string_equal(p.at[1].key, "b.\"c\\");
    assert_int_equal(p.at[2].kind, PATH_INDEX);
    assert_int_equal(p.at[2].index, 12);
    assert_int_equal(p.at[3].kind, PATH_ANY);
    assert_string_equal(p.at[4].key, "d-e_f");
    assert_int_equal(path_of(*state, "a[*]").at[1].kind, PATH_ANY);
}

static void test_a_bad_path_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "a key is missing at character 1"},
        {"a.", "a key is missing at character 3"},
        {".a", "unexpected character at character 1"},
        {"a..b", "unexpected character at character 3"},
        {"a b", "'.' or '[' is missing at character 2"},
        {"a[x]", "an index is a whole number, at character 3"},
        {"a[01]", "an index is a whole number, at character 5"},
        {"a[]", "an index is a whole number, at character 3"},
        {"a[1", "']' is missing at character 4"},
        {"a[1234567890]", "']' is missing at character 12"},
        {"\"a", "the quote is not closed at character 3"},
        {"\"a\\", "are known escapes, at character 3"},
        {"\"a\\n\"", "are known escapes, at character 3"},
        {"a*", "'.' or '[' is missing at character 2"},
        {"*a", "'.' or '[' is missing at character 2"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct path p = {.count = 77};
        struct err err = {0};
        assert_false(path_parse(*state, cases[i].text, &p, &err));
        assert_string_equal(err.code, "path.syntax");
        if (!strstr(err.summary, cases[i].says))
            fail_msg("'%s' does not say '%s'", err.summary, cases[i].says);
        assert_int_equal(p.count, 77);
    }
}

static void test_a_path_has_at_most_64_segments(void **state)
{
    struct buf text;
    buf_init(&text, 0);
    for (int i = 0; i < 64; i++)
        path_print_index(&text, 0);
    assert_int_equal(path_of(*state, text.at).count, 64);
    path_print_index(&text, 0);
    struct path p;
    struct err err = {0};
    assert_false(path_parse(*state, text.at, &p, &err));
    buf_done(&text);
}

static void test_any_key_survives_printing_and_parsing(void **state)
{
    struct generator g = {.state = 3, .mem = *state};
    for (int i = 0; i < 500; i++) {
        const char *keys[4];
        struct buf text;
        buf_init(&text, 0);
        for (size_t k = 0; k < COUNT_OF(keys); k++) {
            keys[k] = generate_text(&g);
            path_print_key(&text, keys[k], k == 0);
            path_print_index(&text, k);
        }
        struct path p = path_of(*state, text.at);
        assert_int_equal(p.count, 8);
        for (size_t k = 0; k < COUNT_OF(keys); k++) {
            assert_int_equal(p.at[2 * k].kind, PATH_KEY);
            assert_string_equal(p.at[2 * k].key, keys[k]);
            assert_int_equal(p.at[2 * k + 1].index, k);
        }
        buf_done(&text);
    }
}

static void test_get_finds_what_is_there_and_nothing_else(void **state)
{
    struct arena *mem = *state;
    const struct value *v = from(mem, "{\"a\":[{\"b.c\":7},2],\"n\":null}");
    assert_int_equal(path_get_text(mem, v, "a[0].\"b.c\"")->number, 7);
    assert_int_equal(path_get_text(mem, v, "n")->kind, VALUE_NULL);
    assert_null(path_get_text(mem, v, "a[2]"));
    assert_null(path_get_text(mem, v, "a.b"));
    assert_null(path_get_text(mem, v, "n.x"));
    assert_null(path_get_text(mem, v, "a.*"));
    assert_null(path_get_text(mem, v, "a["));
    assert_null(path_get_text(mem, NULL, "a"));
    assert_int_equal(path_get_text(mem, value_unknown(VALUE_MAP), "a[1].b")->kind, VALUE_UNKNOWN);
    assert_null(path_get_text(mem, value_unknown(VALUE_MAP), "*"));
}

static void check_with(struct arena *mem, const char *base, const char *path, const char *v,
                       const char *expected)
{
    struct path p = path_of(mem, path);
    const struct value *before = from(mem, base), *out = NULL;
    struct err err = {0};
    if (!path_with(mem, before, &p, v ? from(mem, v) : NULL, &out, &err))
        fail_msg("%s", err.summary);
    assert_string_equal(value_json_text(mem, out), expected);
    assert_true(value_equal(before, from(mem, base)));
}

static void test_with_sets_makes_and_removes(void **state)
{
    struct arena *mem = *state;
    check_with(mem, "{\"a\":1}", "b", "2", "{\"a\":1,\"b\":2}");
    check_with(mem, "{}", "a.b.c", "2", "{\"a\":{\"b\":{\"c\":2}}}");
    check_with(mem, "null", "a.b", "2", "{\"a\":{\"b\":2}}");
    check_with(mem, "{\"a\":null}", "a.b", "2", "{\"a\":{\"b\":2}}");
    check_with(mem, "{\"a\":[1,2,3]}", "a[1]", "9", "{\"a\":[1,9,3]}");
    check_with(mem, "{\"a\":[1,2,3]}", "a[1]", NULL, "{\"a\":[1,3]}");
    check_with(mem, "{\"a\":{\"b\":1,\"c\":2}}", "a.b", NULL, "{\"a\":{\"c\":2}}");
    check_with(mem, "{\"a\":1}", "b.c", NULL, "{\"a\":1}");
    check_with(mem, "{\"a\":1}", "a.c", NULL, "{\"a\":1}");
    check_with(mem, "{\"a\":[1]}", "a[7]", NULL, "{\"a\":[1]}");
    check_with(mem, "[{\"x\":1}]", "[0].y", "2", "[{\"x\":1,\"y\":2}]");
}

static void test_with_refuses_what_is_not_there(void **state)
{
    static const struct {
        const char *base, *path, *code;
    } cases[] = {
        {"{\"a\":[1]}", "a[1]", "path.no_item"},       {"{\"a\":{}}", "a[0]", "path.no_item"},
        {"{\"a\":\"text\"}", "a.b", "path.not_a_map"}, {"{\"a\":[]}", "a.b", "path.not_a_map"},
        {"{\"a\":[1]}", "a.*", "path.pattern"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct path p = path_of(*state, cases[i].path);
        const struct value *out = NULL;
        struct err err = {0};
        assert_false(path_with(*state, from(*state, cases[i].base), &p, value_bool(true), &out, &err));
        assert_string_equal(err.code, cases[i].code);
        assert_null(out);
    }
}

struct seen {
    struct buf text;
    const struct value *root;
    size_t stop_after, count;
};

static bool see(void *user, const char *path_text, const struct path *concrete, const struct value *v)
{
    struct seen *s = user;
    buf_print(&s->text, "%s;", path_text);
    assert_ptr_equal(path_get(s->root, concrete), v);
    return ++s->count != s->stop_after;
}

static void test_a_star_is_exactly_one_segment_in_order(void **state)
{
    struct arena *mem = *state;
    struct seen s = {
        .root =
            from(mem, "{\"db\":{\"z\":{\"n\":1},\"a.b\":{\"n\":2},\"m\":{}},\"l\":[{\"n\":3},{\"n\":4}]}")};
    buf_init(&s.text, 0);
    struct path p = path_of(mem, "*.*.n");
    assert_true(path_each(s.root, &p, see, &s));
    assert_string_equal(s.text.at, "db.\"a.b\".n;db.z.n;l[0].n;l[1].n;");
    buf_clear(&s.text);
    p = path_of(mem, "db.*");
    s.stop_after = s.count + 2;
    assert_false(path_each(s.root, &p, see, &s));
    assert_string_equal(s.text.at, "db.\"a.b\";db.m;");
    buf_clear(&s.text);
    p = path_of(mem, "nothing.*");
    assert_true(path_each(s.root, &p, see, &s));
    assert_string_equal(s.text.at, "");
    buf_done(&s.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_path_is_keys_and_indexes),
        cmocka_unit_test(test_a_bad_path_is_refused_with_its_place),
        cmocka_unit_test(test_a_path_has_at_most_64_segments),
        cmocka_unit_test(test_any_key_survives_printing_and_parsing),
        cmocka_unit_test(test_get_finds_what_is_there_and_nothing_else),
        cmocka_unit_test(test_with_sets_makes_and_removes),
        cmocka_unit_test(test_with_refuses_what_is_not_there),
        cmocka_unit_test(test_a_star_is_exactly_one_segment_in_order),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
