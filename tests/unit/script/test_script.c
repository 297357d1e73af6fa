/* The closed world from outside: what stops a script, and what its errors say. */
#include "fake_script.h"

static void test_a_syntax_error_names_the_line_and_shows_it(void **state)
{
    struct fixture *f = *state;
    assert_fails(f, "local a = 1\nlocal b = = 2\n", "playbooks/a.lua:2",
                 "this is not Lua: unexpected symbol");
    assert_string_equal(f->err.code, "script.syntax");
    assert_non_null(strstr(f->err.detail, "2 | local b = = 2"));
}

static void test_bytecode_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_false(script_load(f->s, "playbooks/a.lua", "\x1bLua", 4, &f->err));
    assert_string_equal(f->err.code, "script.bytecode");
    assert_string_equal(f->err.summary, "'playbooks/a.lua' is compiled Lua, and only text is read");
}

static void test_an_endless_loop_spends_the_budget(void **state)
{
    struct fixture *f = *state;
    assert_fails(f, "local x = 1\nwhile true do x = x + 1 end", "playbooks/a.lua:2",
                 "50000000 instructions were spent");
    assert_string_equal(f->err.code, "script.budget");
}

static void test_pcall_does_not_swallow_a_spent_budget(void **state)
{
    struct fixture *f = *state;
    assert_fails(f, "while true do\n  pcall(function() while true do end end)\nend", "playbooks/a.lua:2",
                 "instructions were spent");
    assert_fails(f, "local function again() while true do end end\nxpcall(again, again)", "playbooks/a.lua:1",
                 "instructions were spent");
}

static void test_the_budget_is_new_in_each_run(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++)
        assert_true(runs(f, "for i = 1, 3000000 do local x = i * 2 end"));
}

static void test_a_memory_bomb_hits_the_cap(void **state)
{
    struct fixture *f = *state;
    assert_fails(f, "local t = {}\nfor i = 1, 1e9 do\n  t[i] = ('x'):rep(100000) .. i\nend",
                 "playbooks/a.lua:3", "more than 64 MiB");
    assert_string_equal(f->err.code, "script.memory");
    assert_true(runs(f, "local fine = { 1 }"));
}

static void test_pcall_does_not_swallow_a_memory_bomb(void **state)
{
    struct fixture *f = *state;
    assert_false(
        runs(f, "pcall(function()\n  local t = {}\n  for i = 1, 1e9 do\n t[i] = ('x'):rep(100000) .. i\n"
                "end end)\nerror('went on')"));
    assert_string_equal(f->err.code, "script.memory");
}

static void test_doubling_a_text_hits_the_cap(void **state)
{
    struct fixture *f = *state;
    assert_false(runs(f, "local s = 'x'\nwhile true do\n  s = s .. s\nend"));
    assert_string_equal(f->err.code, "script.memory");
}

static void test_a_traceback_lists_script_lines_only(void **state)
{
    struct fixture *f = *state;
    assert_fails(f,
                 "local function inner(t)\n  return t.missing.name\nend\n"
                 "local function outer()\n  inner({})\n  return 1\nend\n"
                 "table.sort({ 2, 1 }, function() outer() return true end)\n",
                 "playbooks/a.lua:2", "attempt to index a nil value (field 'missing')");
    assert_string_equal(f->err.detail,
                        "at playbooks/a.lua:2, in inner\ncalled from playbooks/a.lua:5, in outer\n"
                        "called from playbooks/a.lua:8\ncalled from playbooks/a.lua:8");
    assert_non_null(strstr(f->err.advice, "is not there"));
}

static void test_deep_recursion_is_an_error(void **state)
{
    struct fixture *f = *state;
    assert_false(runs(f, "local function f(n) return 1 + f(n + 1) end\nf(1)"));
    assert_non_null(strstr(f->err.summary, "stack overflow"));
    assert_non_null(strstr(f->err.detail, "\nand more"));
}

static void test_an_error_without_a_text_is_told(void **state)
{
    struct fixture *f = *state;
    assert_fails(f, "error({})", "playbooks/a.lua:1", "an error was raised with a table");
    assert_fails(f, "error('own words', 0)", "playbooks/a.lua:1", "own words");
    assert_fails(f, "\nerror('own words')", "playbooks/a.lua:2", "own words");
}

/* What a script raises itself is told by who wrote the check: the place of the check is not what is wrong. */
static void test_a_script_s_own_words_are_told_apart_from_lua_s(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text, *advice;
    } cases[] = {
        {"error('add services.x')", "mend what they name"},
        {"error('attempt to compare a with b', 0)", "mend what they name"},
        {"local raise = error\nlocal function check(v) return raise('no ' .. v) end\ncheck('x')",
         "mend what they name"},
        {"assert(nil, 'add services.x')", "mend what they name"},
        {"pcall(error, 'first')\nlocal a = nil + 1", "one side is no number"},
        {"assert(false)", "give assert a text"},
        {"local a = ('x'):sub({})", "mend the playbook at the place"},
        {"local a = {} < {}", "compare two numbers"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_false(runs(f, cases[i].text));
        if (!strstr(f->err.advice, cases[i].advice))
            fail_msg("%s: %s: %s", cases[i].text, f->err.summary, f->err.advice);
    }
}

static void test_a_long_file_name_is_still_found_in_messages(void **state)
{
    struct fixture *f = *state;
    const char *name = "playbooks/lib/a-folder-with-quite-a-long-name/another-one-of-them/file.lua";
    const char *text = "local a = nil + 1";
    assert_true(script_load(f->s, name, text, strlen(text), &f->err));
    assert_false(script_run(f->s, 0, 0, &f->err));
    assert_non_null(strstr(f->err.where, "file.lua:1"));
    assert_non_null(strstr(f->err.summary, "attempt to perform arithmetic"));
    assert_null(strstr(f->err.summary, "file.lua"));
}

static void test_a_coroutine_waits_and_goes_on(void **state)
{
    struct fixture *f = *state;
    lua_State *L = script_state(f->s);
    struct script_thread thread = {.user = f};
    const char *text = "local a = ...\nif a == 2 then error('two') end\nreturn a";
    for (int i = 1; i <= 2; i++) {
        assert_true(script_load(f->s, "playbooks/a.lua", text, strlen(text), &f->err));
        lua_State *co = lua_newthread(L);
        script_thread_set(co, &thread);
        assert_ptr_equal(script_thread_of(co)->user, f);
        assert_ptr_equal(script_of(co), f->s);
        lua_insert(L, -2);
        lua_xmove(L, co, 1);
        lua_pushinteger(co, i);
        int results = 0;
        enum script_end end = script_resume(f->s, co, 1, &results, &f->err);
        assert_int_equal(end, i == 1 ? SCRIPT_DONE : SCRIPT_FAILED);
        if (i == 1)
            assert_int_equal(lua_tointeger(co, -1), 1);
    }
    assert_string_equal(f->err.where, "playbooks/a.lua:2");
    assert_string_equal(f->err.summary, "two");
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_syntax_error_names_the_line_and_shows_it),
        TEST(test_bytecode_is_refused),
        TEST(test_an_endless_loop_spends_the_budget),
        TEST(test_pcall_does_not_swallow_a_spent_budget),
        TEST(test_the_budget_is_new_in_each_run),
        TEST(test_a_memory_bomb_hits_the_cap),
        TEST(test_pcall_does_not_swallow_a_memory_bomb),
        TEST(test_doubling_a_text_hits_the_cap),
        TEST(test_a_traceback_lists_script_lines_only),
        TEST(test_deep_recursion_is_an_error),
        TEST(test_an_error_without_a_text_is_told),
        TEST(test_a_script_s_own_words_are_told_apart_from_lua_s),
        TEST(test_a_long_file_name_is_still_found_in_messages),
        TEST(test_a_coroutine_waits_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
