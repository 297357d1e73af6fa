#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "generate.h"
#include "model/expr.h"
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

static const struct value *parsed(struct arena *mem, const char *json)
{
    const struct value *v = NULL;
    struct err err = {0};
    if (!value_json_parse(mem, json, strlen(json), &v, &err))
        fail_msg("%s: %s", json, err.summary);
    return v;
}

static void test_what_is_printed_reads_back_the_same(void **state)
{
    (void)state;
    struct arena *mem = arena_new();
    struct generator g = {.state = 42, .mem = mem};
    for (int i = 0; i < 3000; i++) {
        const struct value *v = generate_value(&g, 5);
        const char *text = value_json_text(mem, v);
        const struct value *again = parsed(mem, text);
        assert_true(value_equal(v, again));
        assert_string_equal(value_json_text(mem, again), text);
        arena_reset(mem);
    }
    arena_free(mem);
}

static void test_pretty_text_reads_back_the_same(void **state)
{
    struct generator g = {.state = 43, .mem = *state};
    for (int i = 0; i < 300; i++) {
        const struct value *v = generate_value(&g, 5);
        struct buf text;
        buf_init(&text, 0);
        value_json_print_pretty(&text, v, 0);
        assert_true(value_equal(v, parsed(g.mem, text.at)));
        buf_done(&text);
    }
}

static void test_bytes_do_not_depend_on_the_order_of_insertion(void **state)
{
    struct generator g = {.state = 44, .mem = *state};
    for (int round = 0; round < 200; round++) {
        const struct value *map = generate_map(&g, 2);
        struct pair pairs[40];
        memcpy(pairs, map->pairs, map->count * sizeof(*pairs));
        for (size_t i = map->count; i > 1; i--) {
            size_t k = generate_below(&g, i);
            struct pair swap = pairs[k];
            pairs[k] = pairs[i - 1];
            pairs[i - 1] = swap;
        }
        assert_string_equal(value_json_text(g.mem, value_map(g.mem, pairs, map->count)),
                            value_json_text(g.mem, map));
    }
}

static void test_reals_are_short_and_always_look_real(void **state)
{
    static const struct {
        double real;
        const char *text;
    } cases[] = {
        {0, "0.0"},
        {-0.0, "0.0"},
        {1, "1.0"},
        {-2, "-2.0"},
        {0.1, "0.1"},
        {0.5, "0.5"},
        {1e20, "1e+20"},
        {1e-7, "1e-07"},
        {1.0 / 3, "0.3333333333333333"},
        {123456789012345680.0, "1.2345678901234568e+17"},
        {5e-324, "4.94065645841247e-324"},
        {100000, "100000.0"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(value_json_text(*state, value_real(*state, cases[i].real)), cases[i].text);
}

static void test_reals_do_not_depend_on_the_locale(void **state)
{
    struct arena *mem = *state;
    char *before = arena_text(mem, setlocale(LC_NUMERIC, NULL));
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8"))
        skip(); /* this machine has no locale with a decimal comma */
    const char *text = value_json_text(mem, value_real(mem, 1.5));
    const struct value *again = parsed(mem, "1.5");
    setlocale(LC_NUMERIC, before);
    assert_string_equal(text, "1.5");
    assert_true(again->real == 1.5);
}

static void test_integers_keep_all_64_bits(void **state)
{
    struct arena *mem = *state;
    const char *json = "[9223372036854775807,-9223372036854775808,0,-1]";
    assert_string_equal(value_json_text(mem, parsed(mem, json)), json);
    assert_int_equal(value_item(parsed(mem, json), 1)->number, INT64_MIN);
}

static void test_what_json_lacks_is_a_map_of_one_key(void **state)
{
    struct arena *mem = *state;
    assert_string_equal(value_json_text(mem, value_unknown(VALUE_INT)), "{\"$unknown\":\"integer\"}");
    const struct value *unknown = parsed(mem, "{\"$unknown\":\"list\"}");
    assert_int_equal(unknown->kind, VALUE_UNKNOWN);
    assert_int_equal(unknown->unknown_kind, VALUE_LIST);

    const char *json = "{\"$secret\":{\"digest\":\"ab\",\"sealed\":\"c2VhbA==\",\"source\":\"env:A\"}}";
    const struct value *secret = parsed(mem, json);
    assert_int_equal(secret->kind, VALUE_SECRET);
    assert_string_equal(secret->secret->source, "env:A");
    assert_string_equal(secret->secret->sealed, "c2VhbA==");
    assert_string_equal(value_json_stored(mem, secret), json);
    assert_string_equal(value_json_stored(mem, value_list(mem, &secret, 1)), arena_print(mem, "[%s]", json));
    assert_string_equal(value_json_text(mem, secret),
                        "{\"$secret\":{\"digest\":\"ab\",\"source\":\"env:A\"}}");
}

static void test_bytes_of_a_secret_are_never_printed(void **state)
{
    struct arena *mem = *state;
    struct secret s = {.source = "env:A", .digest = "ab", .bytes = "hunter2-hunter2", .count = 15};
    const char *text = value_json_text(mem, value_secret(mem, &s));
    assert_null(strstr(text, "hunter2"));
    assert_string_equal(text, "{\"$secret\":{\"digest\":\"ab\",\"source\":\"env:A\"}}");
}

static void test_a_users_dollar_key_is_doubled(void **state)
{
    struct arena *mem = *state;
    struct pair one = {"$unknown", value_text(mem, "text")};
    const struct value *map = value_map(mem, &one, 1);
    assert_string_equal(value_json_text(mem, map), "{\"$$unknown\":\"text\"}");
    assert_true(value_equal(parsed(mem, "{\"$$unknown\":\"text\"}"), map));
    assert_non_null(value_get(parsed(mem, "{\"$schema\":1}"), "$schema"));
}

static void test_a_reply_cannot_pass_for_a_secret(void **state)
{
    struct arena *mem = *state;
    const char *json = "{\"$secret\":{\"source\":\"env:HOME\"}}";
    const struct value *v;
    struct err err = {0};
    assert_true(value_json_parse_plain(mem, json, strlen(json), &v, &err));
    assert_int_equal(v->kind, VALUE_MAP);
    assert_string_equal(value_json_text(mem, v), "{\"$$secret\":{\"source\":\"env:HOME\"}}");
    assert_true(value_equal(parsed(mem, value_json_text(mem, v)), v));
}

static void test_expressions_print_all_they_mean(void **state)
{
    struct arena *mem = *state;
    struct expr ref = {.op = EXPR_REF, .address = "dns.zone.a", .path = "id", .file = "p.lua", .line = 3};
    const struct value *parts[] = {value_text(mem, "x"), value_expr(mem, &ref)};
    struct expr join = {.op = EXPR_JOIN, .args = {value_list(mem, parts, 2)}};
    struct expr map = {.op = EXPR_MAP, .args = {value_expr(mem, &ref)}, .fn = 7};
    assert_string_equal(value_json_text(mem, parts[1]),
                        "{\"$expr\":{\"address\":\"dns.zone.a\",\"op\":\"ref\",\"path\":\"id\"}}");
    assert_string_equal(value_json_text(mem, value_expr(mem, &join)),
                        "{\"$expr\":{\"args\":[[\"x\",{\"$expr\":{\"address\":\"dns.zone.a\",\"op\":\"ref\","
                        "\"path\":\"id\"}}]],"
                        "\"op\":\"join\"}}");
    assert_non_null(strstr(value_json_text(mem, value_expr(mem, &map)), "\"fn\":7,\"op\":\"map\""));
}

static void test_pretty_text_has_two_spaces_a_level(void **state)
{
    struct buf text;
    buf_init(&text, 0);
    value_json_print_pretty(&text, parsed(*state, "{\"b\":[1,{}],\"a\":[]}"), 0);
    assert_string_equal(text.at, "{\n  \"a\": [],\n  \"b\": [\n    1,\n    {}\n  ]\n}");
    buf_done(&text);
}

static void test_control_characters_are_escaped(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 0);
    value_json_print_text(&text, "a\"\\\b\f\n\r\t\x01/\x7f", 11);
    assert_string_equal(text.at, "\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0001/\x7f\"");
    buf_done(&text);
}

static void test_bad_json_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *json, *code, *says;
    } cases[] = {
        {"", "value_json.syntax", "line 1"},
        {"{\"a\":1,\n \"a\":2}", "value_json.syntax", "line 2, column 4: duplicate object key"},
        {"[1,\n9223372036854775808]", "value_json.syntax", "line 2, column 19: too big integer"},
        {"[-9223372036854775809]", "value_json.syntax", "too big negative integer"},
        {"[1e999]", "value_json.syntax", "real number overflow"},
        {"[1] 2", "value_json.syntax", "end of file expected"},
        {"[01]", "value_json.syntax", "line 1, column 2"},
        {"[\"\xff\"]", "value_json.syntax", "unable to decode byte 0xff"},
        {"[\"\\u0000\"]", "value_json.syntax", "line 1"},
        {"[\"\\ud800\"]", "value_json.syntax", "line 1"},
        {"{\"$unknown\":\"thing\"}", "value_json.special", "name of a kind"},
        {"{\"$unknown\":\"unknown\"}", "value_json.special", "name of a kind"},
        {"{\"$unknown\":1}", "value_json.special", "name of a kind"},
        {"{\"$secret\":{\"digest\":\"a\"}}", "value_json.special", "without its source"},
        {"{\"$secret\":{\"source\":\"a\",\"bytes\":\"b\"}}", "value_json.special", "texts source"},
        {"{\"$expr\":{\"op\":\"ref\"}}", "value_json.special", "not read back"},
        {"{\"$a\":1,\"$$a\":2}", "value_json.special", "leading $"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct value *v = value_null();
        struct err err = {0};
        assert_false(value_json_parse(*state, cases[i].json, strlen(cases[i].json), &v, &err));
        assert_string_equal(err.code, cases[i].code);
        if (!strstr(err.summary, cases[i].says))
            fail_msg("'%s' does not say '%s'", err.summary, cases[i].says);
        assert_ptr_equal(v, value_null());
    }
}

static void test_depth_ends_at_64(void **state)
{
    struct buf text;
    buf_init(&text, 0);
    buf_fill(&text, '[', VALUE_JSON_DEPTH);
    buf_fill(&text, ']', VALUE_JSON_DEPTH);
    const struct value *v;
    struct err err = {0};
    assert_true(value_json_parse(*state, text.at, text.count, &v, &err));
    buf_clear(&text);
    buf_text(&text, "[\"[[[[\\\"[[[\",\n");
    buf_fill(&text, '[', 100000);
    assert_false(value_json_parse(*state, text.at, text.count, &v, &err));
    assert_string_equal(err.code, "value_json.depth");
    assert_string_equal(err.summary, "line 2, column 64: more than 64 levels deep");
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_printed_reads_back_the_same),
        cmocka_unit_test(test_pretty_text_reads_back_the_same),
        cmocka_unit_test(test_bytes_do_not_depend_on_the_order_of_insertion),
        cmocka_unit_test(test_reals_are_short_and_always_look_real),
        cmocka_unit_test(test_reals_do_not_depend_on_the_locale),
        cmocka_unit_test(test_integers_keep_all_64_bits),
        cmocka_unit_test(test_what_json_lacks_is_a_map_of_one_key),
        cmocka_unit_test(test_bytes_of_a_secret_are_never_printed),
        cmocka_unit_test(test_a_users_dollar_key_is_doubled),
        cmocka_unit_test(test_a_reply_cannot_pass_for_a_secret),
        cmocka_unit_test(test_expressions_print_all_they_mean),
        cmocka_unit_test(test_pretty_text_has_two_spaces_a_level),
        cmocka_unit_test(test_control_characters_are_escaped),
        cmocka_unit_test(test_bad_json_is_refused_with_its_place),
        cmocka_unit_test(test_depth_ends_at_64),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
