/* Lua data as values and back. */
#include "fake_script.h"

#include "model/schema.h"
#include "model/value.h"
#include "model/value_json.h"
#include "script/script_call.h"
#include "script/script_value.h"

struct taken {
    struct arena *mem;
    const struct schema *schema;
    const char *json;
};

static int take_inside(lua_State *L)
{
    struct taken *t = lua_touserdata(L, 1);
    lua_getglobal(L, "type"); /* anything that is no argument */
    lua_pop(L, 1);
    struct script_value_rules rules = {.what = "it", .schema = t->schema};
    lua_rawgetp(L, LUA_REGISTRYINDEX, t);
    t->json = value_json_text(t->mem, script_value_take(L, -1, t->mem, &rules));
    return 0;
}

/* The expression as JSON, or the error. */
static const char *json_of(struct fixture *f, struct arena *mem, const struct schema *schema, const char *lua)
{
    char text[512];
    struct taken t = {.mem = mem, .schema = schema};
    snprintf(text, sizeof(text), "return %s", lua);
    assert_true(script_load(f->s, "a.lua", text, strlen(text), &f->err));
    assert_true(script_run(f->s, 0, 1, &f->err));
    lua_rawsetp(script_state(f->s), LUA_REGISTRYINDEX, &t);
    if (!script_protect(f->s, take_inside, &t, &f->err))
        return arena_text(mem, f->err.summary);
    return t.json;
}

static void test_tables_become_lists_and_maps(void **state)
{
    struct fixture *f = *state;
    struct arena *mem = arena_new();
    static const char *const cases[][2] = {
        {"{ 1, 'a', true, 2.5 }", "[1,\"a\",true,2.5]"},
        {"{ b = 1, a = { c = {} } }", "{\"a\":{\"c\":[]},\"b\":1}"},
        {"{ }", "[]"},
        {"'text'", "\"text\""},
        {"{ 1, nil, 3 }", "it: is a list with holes"},
        {"{ [1] = 1, [3] = 3 }", "it: is a list with holes"},
        {"{ [2] = 1 }", "it: is a list with holes"},
        {"{ 1, x = 2 }", "it: mixes a list and a map"},
        {"{ a = { b = { 1, x = 2 } } }", "it: 'a.b' mixes a list and a map"},
        {"{ a = { 1, { b = pairs } } }", "it: 'a[2].b' is a function, which cannot be passed as a value"},
        {"{ [true] = 1 }", "it: has a key that is no text"},
        {"{ a = 1/0 }", "it: 'a' is no number (infinite, or 0/0)"},
        {"{ a = 'x\\0y' }", "it: 'a' is no UTF-8 text, or holds a NUL"},
        {"{ ['x\\0y'] = 1 }", "a key is no UTF-8 text, or two keys that differ may look alike"},
        {"{ a = '\\xff' }", "it: 'a' is no UTF-8 text, or holds a NUL"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(json_of(f, mem, NULL, cases[i][0]), cases[i][1]);
    arena_free(mem);
}

static void test_a_table_that_holds_itself_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct arena *mem = arena_new();
    const char *loop = "(function() local t = {} t.t = t return t end)()";
    assert_non_null(strstr(json_of(f, mem, NULL, loop), "is nested too deeply"));
    const char *bomb = "(function() local t = 1 for i = 1, 60 do t = { t, t } end return t end)()";
    assert_non_null(strstr(json_of(f, mem, NULL, bomb), "holds more than 1000000 items"));
    arena_free(mem);
}

static void test_an_empty_table_is_what_the_schema_says(void **state)
{
    struct fixture *f = *state;
    struct arena *mem = arena_new();
    static const struct schema_attr inner[] = {{.name = "tags", .kind = VALUE_MAP}};
    static const struct schema shape = {.attrs = inner, .count = 1};
    static const struct schema_attr attrs[] = {
        {.name = "options", .kind = VALUE_MAP},
        {.name = "rules", .kind = VALUE_LIST, .of = &shape},
        {.name = "values", .kind = VALUE_LIST},
    };
    static const struct schema schema = {.attrs = attrs, .count = 3};
    assert_string_equal(
        json_of(f, mem, &schema, "{ options = {}, values = {}, rules = { { tags = {} }, {} } }"),
        "{\"options\":{},\"rules\":[{\"tags\":{}},{}],\"values\":[]}");
    assert_string_equal(json_of(f, mem, &schema, "{}"), "{}");
    arena_free(mem);
}

struct given {
    const struct value *v;
    const char *text;
};

static int give_inside(lua_State *L)
{
    struct given *g = lua_touserdata(L, 1);
    script_value_give(L, g->v);
    lua_setfield(L, LUA_REGISTRYINDEX, "given");
    return 0;
}

static void test_a_secret_passes_through_and_shows_nothing(void **state)
{
    struct fixture *f = *state;
    struct arena *mem = arena_new();
    struct secret secret = {.source = "env:KEY", .bytes = "hunter2hunter2", .count = 14};
    struct given g = {.v = value_secret(mem, &secret)};
    assert_true(script_protect(f->s, give_inside, &g, &f->err));
    static const char *const tries[] = {"return tostring(...)", "return 'x' .. (...)", "return #(...)",
                                        "return (...) + 1", "return (...) < 1"};
    for (size_t i = 0; i < COUNT_OF(tries); i++) {
        assert_true(script_load(f->s, "a.lua", tries[i], strlen(tries[i]), &f->err));
        lua_getfield(script_state(f->s), LUA_REGISTRYINDEX, "given");
        assert_false(script_run(f->s, 1, 1, &f->err));
        assert_string_equal(f->err.code, "script.secret");
        assert_null(strstr(f->err.summary, "hunter2"));
    }
    struct taken t = {.mem = mem};
    lua_getfield(script_state(f->s), LUA_REGISTRYINDEX, "given");
    lua_rawsetp(script_state(f->s), LUA_REGISTRYINDEX, &t);
    assert_true(script_protect(f->s, take_inside, &t, &f->err));
    assert_string_equal(t.json, "{\"$secret\":{\"source\":\"env:KEY\"}}");
    arena_free(mem);
}

static void test_what_is_kept_outside_lua_counts_against_the_cap(void **state)
{
    struct fixture *f = *state;
    struct arena *mem = arena_new();
    script_keep_in(f->s, mem);
    arena_alloc(mem, (size_t)65 << 20);
    assert_string_equal(json_of(f, mem, NULL, "{ 1 }"), "the script needs more than 64 MiB of memory");
    arena_free(mem);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_tables_become_lists_and_maps),
        TEST(test_a_table_that_holds_itself_is_an_error),
        TEST(test_an_empty_table_is_what_the_schema_says),
        TEST(test_a_secret_passes_through_and_shows_nothing),
        TEST(test_what_is_kept_outside_lua_counts_against_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
