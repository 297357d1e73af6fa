#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "generate.h"
#include "model/schema.h"
#include "model/value_json.h"

/* Sorted by name, as a schema must be. */
static const struct schema_attr node_attrs[] = {
    {.name = "ip", .kind = VALUE_TEXT, .flags = SCHEMA_COMPUTED},
    {.name = "n", .kind = VALUE_INT},
};
static const struct schema node = {.version = 1, .attrs = node_attrs, .count = COUNT_OF(node_attrs)};

static const struct schema_attr attrs[] = {
    {.name = "any", .kind = VALUE_ANY},
    {.name = "box", .kind = VALUE_MAP, .of = &node},
    {.name = "fixed_list", .kind = VALUE_LIST, .flags = SCHEMA_FIXED | SCHEMA_UNORDERED},
    {.name = "host", .kind = VALUE_TEXT, .flags = SCHEMA_COMPUTED},
    {.name = "name", .kind = VALUE_TEXT, .flags = SCHEMA_REQUIRED | SCHEMA_FIXED},
    {.name = "nodes", .kind = VALUE_LIST, .of = &node},
    {.name = "password", .kind = VALUE_TEXT, .flags = SCHEMA_SECRET},
    {.name = "place", .kind = VALUE_MAP, .flags = SCHEMA_FIXED, .of_kind = VALUE_TEXT},
    {.name = "set", .kind = VALUE_LIST, .flags = SCHEMA_UNORDERED, .of_kind = VALUE_TEXT},
    {.name = "size", .kind = VALUE_INT},
    {.name = "unordered_nodes", .kind = VALUE_LIST, .flags = SCHEMA_UNORDERED, .of = &node},
    {.name = "values", .kind = VALUE_LIST, .of_kind = VALUE_TEXT},
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

/* A map whose keys are attributes of the schema, with values of any kind. */
static const struct value *generate_attrs(struct generator *g)
{
    const struct value *v = value_map(g->mem, NULL, 0);
    for (size_t i = 0; i < COUNT_OF(attrs); i++)
        if (generate_below(g, 3))
            v = value_with_key(g->mem, v, attrs[i].name, generate_value(g, 3));
    return v;
}

static void test_what_is_compared_with_itself_is_the_same(void **state)
{
    struct generator g = {.state = 77, .mem = *state, .known = true};
    for (int i = 0; i < 1000; i++) {
        const struct value *v = generate_attrs(&g);
        struct schema_diffs diffs;
        const struct value *promise;
        assert_int_equal(schema_compare(g.mem, &schema, v, value_copy(g.mem, v), &diffs, &promise),
                         SCHEMA_SAME);
        assert_int_equal(diffs.count, 0);
        assert_false(diffs.may_replace);
        const char *path = NULL;
        if (!schema_keeps_promise(g.mem, &schema, v, v, &path))
            fail_msg("%s breaks at %s", value_json_text(g.mem, v), path);
    }
}

/* The diffs as "path:before>after", a ! behind the path of a fixed one and a # behind a secret one. */
static const char *compared(struct arena *mem, const char *prior, const char *desired,
                            enum schema_change *change, bool *may_replace, const char **promise)
{
    struct schema_diffs diffs;
    const struct value *promised;
    *change =
        schema_compare(mem, &schema, prior ? from(mem, prior) : NULL, from(mem, desired), &diffs, &promised);
    *may_replace = diffs.may_replace;
    *promise = value_json_text(mem, promised);
    struct buf text;
    buf_init(&text, 0);
    for (size_t i = 0; i < diffs.count; i++) {
        const struct schema_diff *d = &diffs.at[i];
        buf_print(&text, "%s%s%s%s:%s>%s", i ? " " : "", d->path, d->fixed ? "!" : "", d->secret ? "#" : "",
                  d->before ? value_json_text(mem, d->before) : "",
                  d->after ? value_json_text(mem, d->after) : "");
    }
    const char *kept = buf_keep(&text, mem);
    buf_done(&text);
    return kept;
}

static void test_each_difference_is_named_by_its_path(void **state)
{
    static const struct {
        const char *prior, *desired, *diffs;
        enum schema_change change;
        bool may_replace;
    } cases[] = {
        {"{\"size\":1}", "{\"size\":2}", "size:1>2", SCHEMA_UPDATE, false},
        {"{\"size\":1}", "{\"size\":1.0}", "size:1>1.0", SCHEMA_UPDATE, false},
        {"{}", "{\"size\":2}", "size:>2", SCHEMA_UPDATE, false},
        {"{\"size\":2}", "{}", "size:2>", SCHEMA_UPDATE, false},
        {"{\"size\":2}", "{\"size\":null}", "size:2>null", SCHEMA_UPDATE, false},
        {"{\"size\":null}", "{}", "", SCHEMA_SAME, false},
        {"{}", "{\"size\":null}", "", SCHEMA_SAME, false},
        {"{\"name\":\"a\"}", "{\"name\":\"b\"}", "name!:\"a\">\"b\"", SCHEMA_REPLACE, false},
        {"{\"name\":\"a\",\"size\":1}", "{\"name\":\"b\",\"size\":2}", "name!:\"a\">\"b\" size:1>2",
         SCHEMA_REPLACE, false},
        {"{\"place\":{\"a\":\"x\",\"b\":\"y\"}}", "{\"place\":{\"a\":\"x\",\"c\":\"z\"}}",
         "place.b!:\"y\"> place.c!:>\"z\"", SCHEMA_REPLACE, false},
        {"{\"host\":\"h\"}", "{}", "", SCHEMA_SAME, false},
        {"{\"host\":\"h\"}", "{\"host\":null}", "", SCHEMA_SAME, false},
        {"{\"host\":\"h\"}", "{\"host\":\"i\"}", "host:\"h\">\"i\"", SCHEMA_UPDATE, false},
        {"{\"values\":[\"a\",\"b\"]}", "{\"values\":[\"b\",\"a\",\"c\"]}",
         "values[0]:\"a\">\"b\" values[1]:\"b\">\"a\" values[2]:>\"c\"", SCHEMA_UPDATE, false},
        {"{\"set\":[\"a\",\"b\",\"b\"]}", "{\"set\":[\"b\",\"a\",\"b\"]}", "", SCHEMA_SAME, false},
        {"{\"set\":[\"a\",\"b\",\"b\"]}", "{\"set\":[\"b\",\"a\",\"a\"]}",
         "set:[\"a\",\"b\",\"b\"]>[\"b\",\"a\",\"a\"]", SCHEMA_UPDATE, false},
        {"{\"set\":[\"a\"]}", "{\"set\":[\"a\",\"a\"]}", "set:[\"a\"]>[\"a\",\"a\"]", SCHEMA_UPDATE, false},
        {"{\"box\":{\"ip\":\"x\",\"n\":1}}", "{\"box\":{\"n\":1}}", "", SCHEMA_SAME, false},
        {"{\"box\":{\"ip\":\"x\",\"n\":1}}", "{\"box\":{\"n\":2}}", "box.n:1>2", SCHEMA_UPDATE, false},
        {"{\"nodes\":[{\"ip\":\"x\",\"n\":1}]}", "{\"nodes\":[{\"n\":1}]}", "", SCHEMA_SAME, false},
        {"{\"nodes\":[{\"ip\":\"x\",\"n\":1}]}", "{\"nodes\":[{\"n\":2}]}", "nodes[0].n:1>2", SCHEMA_UPDATE,
         false},
        {"{\"unordered_nodes\":[{\"ip\":\"x\",\"n\":1},{\"ip\":\"y\",\"n\":2}]}",
         "{\"unordered_nodes\":[{\"n\":2},{\"n\":1}]}", "", SCHEMA_SAME, false},
        {"{\"name\":\"a\"}", "{\"name\":{\"$unknown\":\"text\"}}", "name:\"a\">{\"$unknown\":\"text\"}",
         SCHEMA_UPDATE, true},
        {"{\"size\":1}", "{\"size\":{\"$unknown\":\"any\"}}", "size:1>{\"$unknown\":\"any\"}", SCHEMA_UPDATE,
         false},
        {"{\"fixed_list\":[1]}", "{\"fixed_list\":[{\"$unknown\":\"any\"}]}",
         "fixed_list:[1]>[{\"$unknown\":\"any\"}]", SCHEMA_UPDATE, true},
        {"{\"password\":{\"$secret\":{\"source\":\"env:A\",\"digest\":\"1\"}}}",
         "{\"password\":{\"$secret\":{\"source\":\"env:B\",\"digest\":\"1\"}}}", "", SCHEMA_SAME, false},
        {"{\"password\":\"old\"}", "{\"password\":\"new\"}", "password#:\"old\">\"new\"", SCHEMA_UPDATE,
         false},
        {"{\"any\":{\"a\":{\"b\":[1,{\"c\":2}]}}}", "{\"any\":{\"a\":{\"b\":[1,{\"c\":3}]}}}",
         "any.a.b[1].c:2>3", SCHEMA_UPDATE, false},
        {"{\"any\":1}", "{\"any\":{\"a\":1}}", "any:1>{\"a\":1}", SCHEMA_UPDATE, false},
        {"{\"left_by_an_older_driver\":1}", "{}", "", SCHEMA_SAME, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum schema_change change;
        bool may_replace;
        const char *promise;
        const char *diffs =
            compared(*state, cases[i].prior, cases[i].desired, &change, &may_replace, &promise);
        if (strcmp(diffs, cases[i].diffs) != 0)
            fail_msg("%s to %s: '%s'", cases[i].prior, cases[i].desired, diffs);
        assert_int_equal(change, cases[i].change);
        assert_int_equal(may_replace, cases[i].may_replace);
    }
}

static void test_the_promise_has_the_computed_attributes(void **state)
{
    static const struct {
        const char *prior, *desired, *promise;
    } cases[] = {
        /* create: unknown */
        {NULL, "{\"name\":\"a\"}", "{\"host\":{\"$unknown\":\"text\"},\"name\":\"a\"}"},
        {NULL, "{\"host\":\"own\",\"name\":\"a\"}", "{\"host\":\"own\",\"name\":\"a\"}"},
        {NULL, "{\"box\":{\"n\":1},\"host\":null}",
         "{\"box\":{\"ip\":{\"$unknown\":\"text\"},\"n\":1},\"host\":{\"$unknown\":\"text\"}}"},
        /* keep and update: from prior */
        {"{\"host\":\"h\",\"size\":1}", "{\"size\":1}", "{\"host\":\"h\",\"size\":1}"},
        {"{\"host\":\"h\",\"size\":1}", "{\"size\":2}", "{\"host\":\"h\",\"size\":2}"},
        {"{\"host\":\"h\",\"nodes\":[{\"ip\":\"x\",\"n\":1}]}", "{\"nodes\":[{\"n\":1},{\"n\":2}]}",
         "{\"host\":\"h\",\"nodes\":[{\"ip\":\"x\",\"n\":1},{\"ip\":{\"$unknown\":\"text\"},\"n\":2}]}"},
        /* an unordered list keeps its computed parts only while nothing in it changes */
        {"{\"host\":\"h\",\"unordered_nodes\":[{\"ip\":\"x\",\"n\":1},{\"ip\":\"y\",\"n\":2}]}",
         "{\"unordered_nodes\":[{\"n\":2},{\"n\":1}]}",
         "{\"host\":\"h\",\"unordered_nodes\":[{\"ip\":\"x\",\"n\":1},{\"ip\":\"y\",\"n\":2}]}"},
        {"{\"host\":\"h\",\"unordered_nodes\":[{\"ip\":\"x\",\"n\":1}]}", "{\"unordered_nodes\":[{\"n\":2}]}",
         "{\"host\":\"h\",\"unordered_nodes\":[{\"ip\":{\"$unknown\":\"text\"},\"n\":2}]}"},
        /* replace: unknown again */
        {"{\"host\":\"h\",\"name\":\"a\"}", "{\"name\":\"b\"}",
         "{\"host\":{\"$unknown\":\"text\"},\"name\":\"b\"}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum schema_change change;
        bool may_replace;
        const char *promise;
        compared(*state, cases[i].prior, cases[i].desired, &change, &may_replace, &promise);
        assert_string_equal(promise, cases[i].promise);
    }
}

static void test_a_create_is_an_update_without_diffs(void **state)
{
    enum schema_change change;
    bool may_replace;
    const char *promise;
    assert_string_equal(compared(*state, NULL, "{\"name\":\"a\"}", &change, &may_replace, &promise), "");
    assert_int_equal(change, SCHEMA_UPDATE);
    assert_false(may_replace);
}

static void test_a_promise_without_computed_attributes_is_the_desired_value(void **state)
{
    const struct value *desired = from(*state, "{\"host\":\"h\",\"size\":1}"), *promise;
    struct schema_diffs diffs;
    schema_compare(*state, &schema, NULL, desired, &diffs, &promise);
    assert_ptr_equal(promise, desired);
    assert_int_equal(schema_compare(*state, &schema, desired, desired, &diffs, NULL), SCHEMA_SAME);
}

static void test_a_promise_is_kept_in_every_known_part(void **state)
{
    static const struct {
        const char *promise, *result, *breach; /* NULL: kept */
    } cases[] = {
        {"{\"host\":{\"$unknown\":\"text\"},\"name\":\"a\"}", "{\"host\":\"h\",\"name\":\"a\"}", NULL},
        {"{\"name\":\"a\"}", "{\"host\":\"extra\",\"name\":\"a\"}", NULL},
        {"{\"name\":\"a\"}", "{\"name\":\"b\"}", "name"},
        {"{\"name\":\"a\"}", "{}", "name"},
        {"{\"size\":null}", "{}", NULL},
        {"{\"size\":1}", "{\"size\":1.0}", "size"},
        {"{\"values\":[\"a\",\"b\"]}", "{\"values\":[\"b\",\"a\"]}", "values[0]"},
        {"{\"values\":[\"a\",{\"$unknown\":\"text\"}]}", "{\"values\":[\"a\",\"z\"]}", NULL},
        {"{\"values\":[\"a\"]}", "{\"values\":[\"a\",\"b\"]}", "values"},
        {"{\"set\":[\"a\",\"b\"]}", "{\"set\":[\"b\",\"a\"]}", NULL},
        {"{\"set\":[\"a\",\"a\"]}", "{\"set\":[\"b\",\"a\"]}", "set"},
        {"{\"set\":[{\"$unknown\":\"text\"},\"a\"]}", "{\"set\":[\"a\",\"z\"]}", NULL},
        {"{\"set\":[{\"$unknown\":\"text\"},\"a\"]}", "{\"set\":[\"y\",\"z\"]}", "set"},
        {"{\"unordered_nodes\":[{\"ip\":{\"$unknown\":\"text\"},\"n\":1},{\"ip\":\"y\",\"n\":1}]}",
         "{\"unordered_nodes\":[{\"ip\":\"y\",\"n\":1},{\"ip\":\"x\",\"n\":1}]}", NULL},
        {"{\"box\":{\"n\":1}}", "{\"box\":{\"ip\":\"x\",\"n\":1}}", NULL},
        {"{\"box\":{\"n\":1}}", "{\"box\":{\"ip\":\"x\",\"n\":2}}", "box.n"},
        {"{\"place\":{\"a\":\"x\"}}", "{\"place\":{\"a\":\"x\",\"b\":\"y\"}}", "place"},
        {"{\"any\":{\"a\":[{\"b\":1}]}}", "{\"any\":{\"a\":[{\"b\":2}]}}", "any.a[0].b"},
        {"{\"password\":{\"$secret\":{\"source\":\"env:A\",\"digest\":\"1\"}}}", "{}", NULL},
        {"{\"password\":{\"$secret\":{\"source\":\"env:A\",\"digest\":\"1\"}}}",
         "{\"password\":{\"$secret\":{\"source\":\"env:A\",\"digest\":\"2\"}}}", "password"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *path = NULL;
        bool kept = schema_keeps_promise(*state, &schema, from(*state, cases[i].promise),
                                         from(*state, cases[i].result), &path);
        if (kept != (cases[i].breach == NULL))
            fail_msg("%s, %s: %s", cases[i].promise, cases[i].result, path ? path : "kept");
        if (cases[i].breach)
            assert_string_equal(path, cases[i].breach);
        else
            assert_null(path);
    }
}

/* What a driver reports: the promise with its unknowns settled. */
static const struct value *settled(struct arena *mem, const struct value *v)
{
    if (value_kind(v) == VALUE_UNKNOWN)
        return value_text(mem, "settled");
    if (value_kind(v) == VALUE_MAP) {
        const struct value *made = value_map(mem, NULL, 0);
        for (size_t i = 0; i < v->count; i++)
            made = value_with_key(mem, made, v->pairs[i].key, settled(mem, v->pairs[i].value));
        return made;
    }
    if (value_kind(v) == VALUE_LIST) {
        const struct value **items = ARENA_ARRAY(mem, const struct value *, v->count);
        for (size_t i = 0; i < v->count; i++)
            items[i] = settled(mem, v->items[i]);
        return value_list(mem, items, v->count);
    }
    return v;
}

static void test_a_settled_promise_is_kept_and_asks_for_nothing_more(void **state)
{
    struct generator g = {.state = 99, .mem = *state, .known = true};
    for (int i = 0; i < 1000; i++) {
        const struct value *prior = generate_attrs(&g), *desired = generate_attrs(&g), *promise;
        struct schema_diffs diffs;
        schema_compare(g.mem, &schema, i % 4 ? prior : NULL, desired, &diffs, &promise);
        const struct value *result = settled(g.mem, promise);
        const char *path = NULL;
        if (!schema_keeps_promise(g.mem, &schema, promise, result, &path))
            fail_msg("%s breaks at %s", value_json_text(g.mem, promise), path);
        if (schema_compare(g.mem, &schema, result, desired, &diffs, NULL) != SCHEMA_SAME)
            fail_msg("%s still differs at %s", value_json_text(g.mem, desired), diffs.at[0].path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_compared_with_itself_is_the_same),
        cmocka_unit_test(test_each_difference_is_named_by_its_path),
        cmocka_unit_test(test_the_promise_has_the_computed_attributes),
        cmocka_unit_test(test_a_create_is_an_update_without_diffs),
        cmocka_unit_test(test_a_promise_without_computed_attributes_is_the_desired_value),
        cmocka_unit_test(test_a_promise_is_kept_in_every_known_part),
        cmocka_unit_test(test_a_settled_promise_is_kept_and_asks_for_nothing_more),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
