#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/attr.h"
#include "base/err.h"
#include "model/diag.h"
#include "model/expr.h"
#include "model/schema.h"
#include "model/value_json.h"

/* Sorted by name, as a schema must be. */
static const struct schema_attr rule_attrs[] = {
    {.name = "port", .kind = VALUE_INT, .flags = SCHEMA_REQUIRED},
    {.name = "proto",
     .kind = VALUE_TEXT,
     .fallback = &(struct value){.kind = VALUE_TEXT, .text = "tcp", .count = 3}},
};
static const struct schema rule = {.version = 1, .attrs = rule_attrs, .count = COUNT_OF(rule_attrs)};

static const struct schema_attr attrs[] = {
    {.name = "any", .kind = VALUE_ANY},
    {.name = "host", .kind = VALUE_TEXT, .flags = SCHEMA_COMPUTED},
    {.name = "name",
     .kind = VALUE_TEXT,
     .flags = SCHEMA_REQUIRED | SCHEMA_KEY,
     .doc = "the name of the thing"},
    {.name = "on", .kind = VALUE_BOOL},
    {.name = "password", .kind = VALUE_TEXT, .flags = SCHEMA_SECRET},
    {.name = "ratio", .kind = VALUE_REAL},
    {.name = "rule", .kind = VALUE_MAP, .of = &rule},
    {.name = "rules", .kind = VALUE_LIST, .of = &rule},
    {.name = "size", .kind = VALUE_INT, .fallback = &(struct value){.kind = VALUE_INT, .number = 3}},
    {.name = "tags", .kind = VALUE_MAP, .of_kind = VALUE_TEXT},
    {.name = "values", .kind = VALUE_LIST, .of_kind = VALUE_TEXT},
    {.name = "weights", .kind = VALUE_LIST, .of_kind = VALUE_REAL},
};
static const struct schema schema = {.version = 1, .attrs = attrs, .count = COUNT_OF(attrs)};

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

static const char *checked(struct arena *mem, const char *json, struct diags *out)
{
    diag_init(out, mem);
    return value_json_text(mem, schema_check(mem, &schema, from(mem, json), "x.y.z", "p.lua:4", out));
}

static void test_attributes_are_found_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(attrs); i++)
        assert_ptr_equal(schema_find(&schema, attrs[i].name), &attrs[i]);
    assert_null(schema_find(&schema, "nam"));
    assert_null(schema_find(&schema, ""));
    assert_string_equal(schema_nearest(&schema, "valeus"), "values");
    assert_null(schema_nearest(&schema, "completely_different"));
}

static void test_fallbacks_are_filled_in_at_every_depth(void **state)
{
    struct diags d;
    assert_string_equal(
        checked(
            *state,
            "{\"name\":\"a\",\"rule\":{\"port\":1},\"rules\":[{\"port\":2,\"proto\":\"udp\"},{\"port\":3}]}",
            &d),
        "{\"name\":\"a\",\"rule\":{\"port\":1,\"proto\":\"tcp\"},"
        "\"rules\":[{\"port\":2,\"proto\":\"udp\"},{\"port\":3,\"proto\":\"tcp\"}],\"size\":3}");
    assert_int_equal(d.count, 0);
}

static void test_a_value_with_nothing_to_fill_in_is_shared(void **state)
{
    struct diags d;
    diag_init(&d, *state);
    const struct value *v =
        from(*state, "{\"any\":{\"x\":[1]},\"name\":\"a\",\"size\":1,\"values\":[\"b\"]}");
    assert_ptr_equal(schema_check(*state, &schema, v, NULL, NULL, &d), v);
    assert_int_equal(d.count, 0);
}

static void test_integers_become_reals_where_reals_are_wanted(void **state)
{
    struct diags d;
    assert_string_equal(checked(*state, "{\"name\":\"a\",\"ratio\":2,\"size\":1,\"weights\":[1,0.5]}", &d),
                        "{\"name\":\"a\",\"ratio\":2.0,\"size\":1,\"weights\":[1.0,0.5]}");
    assert_int_equal(d.count, 0);
}

static void test_what_is_wrong_is_named_with_its_path_and_a_cure(void **state)
{
    static const struct {
        const char *json, *code, *path, *summary, *advice;
    } cases[] = {
        {"{\"name\":\"a\",\"valeus\":[]}", "schema.unknown_attribute", "valeus", "unknown attribute 'valeus'",
         "did you mean 'values'?"},
        {"{\"name\":\"a\",\"zzzzzzzz\":1}", "schema.unknown_attribute", "zzzzzzzz", "unknown",
         "known here: any, host, name"},
        {"{\"name\":\"a\",\"id\":\"7\"}", "schema.unknown_attribute", "id", "unknown attribute 'id'",
         "the service gives the id"},
        {"{\"name\":\"a\",\"rule\":{\"port\":1,\"protos\":\"x\"}}", "schema.unknown_attribute", "rule.protos",
         "'rule.protos'", "'proto'"},
        {"{}", "schema.missing_attribute", "name", "required attribute 'name' is missing",
         "the name of the thing"},
        {"{\"name\":null}", "schema.missing_attribute", "name", "required attribute 'name' is missing",
         "add 'name'"},
        {"{\"name\":\"a\",\"rules\":[{\"port\":1},{}]}", "schema.missing_attribute", "rules[1].port",
         "'rules[1].port'", "add 'port'"},
        {"{\"name\":5}", "schema.wrong_kind", "name", "'name' must be text, not an integer", "in quotes"},
        {"{\"name\":\"a\",\"size\":5.0}", "schema.wrong_kind", "size",
         "'size' must be an integer, not a number", "//"},
        {"{\"name\":\"a\",\"on\":\"yes\"}", "schema.wrong_kind", "on", "'on' must be true or false, not text",
         "without quotes"},
        {"{\"name\":\"a\",\"values\":\"b\"}", "schema.wrong_kind", "values", "must be a list", "brackets"},
        {"{\"name\":\"a\",\"values\":[\"b\",1]}", "schema.wrong_kind", "values[1]",
         "'values[1]' must be text", "quotes"},
        {"{\"name\":\"a\",\"tags\":{\"a.b\":1}}", "schema.wrong_kind", "tags.\"a.b\"", "must be text",
         "quotes"},
        {"{\"name\":\"a\",\"rules\":[3]}", "schema.wrong_kind", "rules[0]", "must be a map, not an integer",
         "keys and values"},
        {"{\"name\":\"a\",\"rule\":[]}", "schema.wrong_kind", "rule", "must be a map, not a list",
         "keys and values"},
        {"{\"name\":{\"$secret\":{\"source\":\"env:A\"}}}", "schema.wrong_kind", "name", "not a secret",
         "marked as secret"},
        {"{\"name\":\"a\",\"password\":\"hunter22\"}", "schema.plain_secret", "password", "plain text",
         "!secret"},
        {"{\"name\":\"a\",\"password\":7}", "schema.wrong_kind", "password", "must be text", "quotes"},
        {"{\"name\":{\"$unknown\":\"integer\"}}", "schema.wrong_kind", "name", "must be text, not an integer",
         "quotes"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct diags d;
        checked(*state, cases[i].json, &d);
        if (d.count != 1)
            fail_msg("%s: %zu findings", cases[i].json, d.count);
        assert_int_equal(d.errors, 1);
        assert_string_equal(d.at[0].code, cases[i].code);
        assert_string_equal(d.at[0].path, cases[i].path);
        assert_string_equal(d.at[0].address, "x.y.z");
        assert_string_equal(d.at[0].where, "p.lua:4");
        if (!strstr(d.at[0].summary, cases[i].summary))
            fail_msg("'%s' does not say '%s'", d.at[0].summary, cases[i].summary);
        if (!cases[i].advice)
            assert_null(d.at[0].advice);
        else if (!d.at[0].advice || !strstr(d.at[0].advice, cases[i].advice))
            fail_msg("'%s' does not advise '%s'", d.at[0].advice ? d.at[0].advice : "", cases[i].advice);
        assert_null(strstr(d.at[0].summary, "hunter22"));
    }
}

static void test_everything_wrong_is_told_at_once(void **state)
{
    struct diags d;
    checked(*state, "{\"on\":1,\"size\":\"x\",\"zzz\":1}", &d);
    assert_int_equal(d.errors, 4);
}

static void test_secrets_unknowns_and_nulls_are_accepted_where_they_fit(void **state)
{
    struct diags d;
    checked(
        *state,
        "{\"host\":null,\"name\":{\"$unknown\":\"text\"},\"password\":{\"$secret\":{\"source\":\"env:A\"}},"
        "\"ratio\":{\"$unknown\":\"integer\"},\"rule\":{\"$unknown\":\"any\"},\"size\":{\"$unknown\":\"any\"}"
        ","
        "\"values\":[{\"$unknown\":\"text\"}]}",
        &d);
    assert_int_equal(d.count, 0);
}

static const struct value *with_expr(struct arena *mem, const char *key, const struct expr *e)
{
    return value_with_key(mem, from(mem, "{\"name\":\"a\"}"), key, value_expr(mem, e));
}

static void test_expressions_are_checked_as_far_as_their_kind_is_known(void **state)
{
    struct arena *mem = *state;
    struct expr ref = {.op = EXPR_REF, .address = "a.b.c", .path = "id"};
    struct expr join = {.op = EXPR_JOIN, .args = {value_list(mem, NULL, 0)}};
    struct expr is = {.op = EXPR_IS, .args = {value_null(), value_null()}};
    struct expr when = {.op = EXPR_WHEN,
                        .args = {value_expr(mem, &is), value_int(mem, 1), value_int(mem, 2)}};
    struct expr mixed = {.op = EXPR_WHEN,
                         .args = {value_expr(mem, &is), value_int(mem, 1), value_text(mem, "a")}};
    const struct {
        const char *key;
        const struct expr *e;
        size_t errors;
    } cases[] = {
        {"size", &ref, 0},  {"values", &ref, 0}, {"password", &ref, 0}, {"name", &join, 0},
        {"size", &join, 1}, {"on", &is, 0},      {"size", &is, 1},      {"size", &when, 0},
        {"on", &when, 1},   {"ratio", &when, 0}, {"values", &mixed, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct diags d;
        diag_init(&d, mem);
        schema_check(mem, &schema, with_expr(mem, cases[i].key, cases[i].e), NULL, NULL, &d);
        if (d.errors != cases[i].errors)
            fail_msg("case %zu: %zu errors", i, d.errors);
    }
}

static void test_only_a_map_has_attributes(void **state)
{
    struct diags d;
    checked(*state, "[1]", &d);
    assert_int_equal(d.count, 1);
    assert_null(d.at[0].path);
    assert_string_equal(d.at[0].summary, "attributes must be a map, not a list");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attributes_are_found_by_name),
        cmocka_unit_test(test_fallbacks_are_filled_in_at_every_depth),
        cmocka_unit_test(test_a_value_with_nothing_to_fill_in_is_shared),
        cmocka_unit_test(test_integers_become_reals_where_reals_are_wanted),
        cmocka_unit_test(test_what_is_wrong_is_named_with_its_path_and_a_cure),
        cmocka_unit_test(test_everything_wrong_is_told_at_once),
        cmocka_unit_test(test_secrets_unknowns_and_nulls_are_accepted_where_they_fit),
        cmocka_unit_test(test_expressions_are_checked_as_far_as_their_kind_is_known),
        cmocka_unit_test(test_only_a_map_has_attributes),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
