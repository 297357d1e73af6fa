/* The allow-list, exactly, and what differs from plain Lua. */
#include "fake_script.h"

static void test_the_globals_are_exactly_these(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(
        gives(f, "local n = {}\nfor k in pairs(_ENV) do n[#n + 1] = k end\nreturn table.concat(n, ' ')"),
        "assert error ipairs math pairs pcall select string table tonumber tostring type xpcall");
}

static void test_the_libraries_are_exactly_these(void **state)
{
    struct fixture *f = *state;
    static const char *const want[][2] = {
        {"math", "abs ceil floor fmod huge max maxinteger min mininteger modf pi sqrt tointeger type ult"},
        {"string", "byte char find format gmatch gsub len lower match rep reverse sub upper"},
        {"table", "concat insert move pack remove sort unpack"},
    };
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        char text[160];
        snprintf(text, sizeof(text),
                 "local n = {}\nfor k in pairs(%s) do n[#n + 1] = k end\nreturn table.concat(n, ' ')",
                 want[i][0]);
        assert_string_equal(gives(f, text), want[i][1]);
    }
}

static void test_what_is_missing_says_what_to_do(void **state)
{
    struct fixture *f = *state;
    assert_fails(f, "os.execute('rm -rf /')", "playbooks/a.lua:1", "there is no 'os' here");
    assert_non_null(strstr(f->err.advice, "declares and does not do"));
    assert_fails(f, "\nlocal x = io.open('/etc/passwd')", "playbooks/a.lua:2", "there is no 'io' here");
    assert_fails(f, "load('return 1')", "playbooks/a.lua:1", "there is no 'load' here");
    assert_fails(f, "setmetatable({}, {})", "playbooks/a.lua:1", "there is no 'setmetatable' here");
    assert_fails(f, "math.random()", "playbooks/a.lua:1", "'math' has no 'random'");
    assert_non_null(strstr(f->err.advice, "the same plan"));
    assert_fails(f, "string.dump(function() end)", "playbooks/a.lua:1", "'string' has no 'dump'");
    assert_fails(f, "tabel.insert({}, 1)", "playbooks/a.lua:1", "there is no 'tabel' here");
    assert_string_equal(f->err.advice, "did you mean 'table'?");
    assert_fails(f, "local s = ('x'):uper()", "playbooks/a.lua:1", "'string' has no 'uper'");
    assert_string_equal(f->err.advice, "did you mean 'string.upper'?");
}

static void test_assigning_a_global_says_local(void **state)
{
    struct fixture *f = *state;
    assert_fails(f, "local a = 1\nzone = 2", "playbooks/a.lua:2", "the global 'zone' is assigned");
    assert_string_equal(f->err.advice, "write 'local zone = ...'");
    assert_fails(f, "function add() end", "playbooks/a.lua:1", "the global 'add' is assigned");
    assert_string_equal(f->err.advice, "write 'local function add(...)'");
    assert_fails(f, "string = {}", "playbooks/a.lua:1", "the global 'string' is assigned");
    assert_fails(f, "string.format = nil", "playbooks/a.lua:1", "'string' can only be read");
    assert_fails(f, "_ENV.x = 1", "playbooks/a.lua:1", "the global 'x' is assigned");
}

static void test_pairs_is_sorted_and_survives_removal(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(
        gives(f, "local t = { b = 1, a = 2, [3] = 3, [-1] = 4, [2.5] = 5, c = 6, ab = 7, [10] = 8 }\n"
                 "local n = {}\nfor k, v in pairs(t) do n[#n + 1] = k .. '=' .. v end\n"
                 "return table.concat(n, ' ')"),
        "-1=4 2.5=5 3=3 10=8 a=2 ab=7 b=1 c=6");
    assert_string_equal(gives(f, "local t, n = {}, 0\nfor i = 1, 1000 do t['k' .. i] = i end\n"
                                 "for k in pairs(t) do t[k] = nil n = n + 1 end\n"
                                 "for k in pairs(t) do n = n + 1 end\nreturn n"),
                        "1000");
    assert_string_equal(gives(f, "local t, n = { a = 1, b = 2, c = 3 }, ''\n"
                                 "for k in pairs(t) do n = n .. k t.b = nil end\nreturn n"),
                        "ac");
    assert_fails(f, "for k in pairs({ [{}] = 1 }) do end", "playbooks/a.lua:1", "a key of the kind table");
    assert_fails(f, "for k in pairs(nil) do end", "playbooks/a.lua:1", "table expected, got nil");
}

static void test_tostring_shows_no_addresses(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(
        gives(f, "return tostring({}) .. tostring(pairs) .. tostring(nil) .. tostring(1.5) .. tostring(7)"),
        "tablefunctionnil1.57");
    assert_string_equal(gives(f, "return ('%s %s %5.1f %d%%'):format({}, pairs, 2.25, 3)"),
                        "table function   2.2 3%");
    assert_fails(f, "return ('%p'):format({})", "playbooks/a.lua:1", "knows no '%p'");
}

static void test_string_rep_has_a_limit(void **state)
{
    struct fixture *f = *state;
    assert_fails(f, "local a = 1\nlocal s = ('x'):rep(2^40)", "playbooks/a.lua:2", "more than 16 MiB");
    assert_string_equal(f->err.code, "script.size");
    assert_fails(f, "return ('x'):rep(1 << 62, 'yy')", "playbooks/a.lua:1", "more than 16 MiB");
    assert_string_equal(gives(f, "return ('ab'):rep(3, '-') .. ('x'):rep(-1) .. (''):rep(1000000000)"),
                        "ab-ab-ab");
}

static void test_table_functions_have_limits(void **state)
{
    struct fixture *f = *state;
    assert_fails(f, "table.move({}, 1, 1 << 60, 2)", "playbooks/a.lua:1", "more than 10000000 items");
    assert_fails(
        f, "local t, s = {}, ('x'):rep(1 << 20)\nfor i = 1, 100 do t[i] = s end\nreturn table.concat(t)",
        "playbooks/a.lua:3", "more than 67108864 bytes");
    assert_fails(f, "return table.concat({ 'a', {} })", "playbooks/a.lua:1", "found table at place 2");
    assert_string_equal(gives(f, "return table.concat({ 'a', 1, 2.5 }, ', ', 2)"), "1, 2.5");
    assert_string_equal(gives(f, "return table.concat(table.move({ 1, 2, 3 }, 2, 3, 1))"), "233");
}

static void test_sort_is_stable_and_takes_any_order_function(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(gives(f, "local t = {}\nfor i = 1, 500 do t[i] = { n = i % 7, i = i } end\n"
                                 "table.sort(t, function(a, b) return a.n < b.n end)\n"
                                 "for i = 2, 500 do\n"
                                 "  local a, b = t[i - 1], t[i]\n"
                                 "  assert(a.n < b.n or (a.n == b.n and a.i < b.i))\nend\nreturn 'sorted'"),
                        "sorted");
    assert_string_equal(gives(f, "local t = { 3, 1, 2 }\ntable.sort(t)\nreturn table.concat(t)"), "123");
    assert_string_equal(
        gives(f, "local t = { 'b', 'a' }\ntable.sort(t, function() return true end)\nreturn #t"), "2");
    assert_fails(f, "table.sort({ 1, 'a' })", "playbooks/a.lua:1", "attempt to compare");
}

static void test_pcall_gives_results_and_messages(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(
        gives(f, "local ok, a, b = pcall(function(x) return x, 2 end, 1)\nreturn tostring(ok) .. a .. b"),
        "true12");
    assert_string_equal(gives(f, "local ok, m = pcall(error, 'no', 0)\nreturn tostring(ok) .. m"), "falseno");
    assert_string_equal(
        gives(f, "local ok, m = xpcall(function() error('no', 0) end, function(m) return m .. '!' end)\n"
                 "return tostring(ok) .. m"),
        "falseno!");
    assert_string_equal(gives(f, "local ok, m = pcall(function() return os.time end)\nreturn m"),
                        "playbooks/a.lua:1: there is no 'os' here");
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_the_globals_are_exactly_these),
        TEST(test_the_libraries_are_exactly_these),
        TEST(test_what_is_missing_says_what_to_do),
        TEST(test_assigning_a_global_says_local),
        TEST(test_pairs_is_sorted_and_survives_removal),
        TEST(test_tostring_shows_no_addresses),
        TEST(test_string_rep_has_a_limit),
        TEST(test_table_functions_have_limits),
        TEST(test_sort_is_stable_and_takes_any_order_function),
        TEST(test_pcall_gives_results_and_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
