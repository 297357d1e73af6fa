/* Patterns mean what they mean in Lua 5.4, and end. */
#include "fake_script.h"

/* Expected results are those of the lua5.4 program. */
static void test_patterns_mean_what_they_mean_in_lua(void **state)
{
    struct fixture *f = *state;
    static const char *const cases[][2] = {
        {"('hello world'):match('o w')", "o w"},
        {"('hello'):find('l')", "3 3"},
        {"('hello'):find('l+')", "3 4"},
        {"('hello'):find('xyz')", "nil"},
        {"('hello'):find('', 10)", "nil"},
        {"('hello'):find('', 6)", "6 5"},
        {"('a.b'):find('.', 1, true)", "2 2"},
        {"('a+b'):find('+', 1, true)", "2 2"},
        {"('hello'):find('l', -2)", "4 4"},
        {"('key = value'):match('^(%w+)%s*=%s*(%w+)$')", "key value"},
        {"('  trim  '):match('^%s*(.-)%s*$')", "trim"},
        {"('2026-11-22'):match('(%d+)-(%d+)-(%d+)')", "2026 11 22"},
        {"('f(a(b)c)d'):match('%b()')", "(a(b)c)"},
        {"('THE (quick) fox'):find('%((%a+)%)')", "5 11 quick"},
        {"('THE (quick) fox'):gsub('%f[%a]%a+', 'w')", "w (w) w 3"},
        {"('hello'):match('()ll()')", "3 5"},
        {"('abab'):match('(ab)%1')", "ab"},
        {"('x^y'):match('[%^]')", "^"},
        {"('a]b'):match('[]]')", "]"},
        {"('a-z'):match('[a%-]+')", "a-"},
        {"('a-z'):match('[^a]+')", "-z"},
        {"('abc'):match('[a-c]+')", "abc"},
        {"('colour color'):gsub('colou?r', 'x')", "x x 2"},
        {"('abc'):gsub('%w', '%0%0')", "aabbcc 3"},
        {"('abc'):gsub('', '-')", "-a-b-c- 4"},
        {"('hello world'):gsub('o', '0', 1)", "hell0 world 1"},
        {"('hello'):gsub('(l)(l)', '%2%1')", "hello 1"},
        {"('$name is $age'):gsub('%$(%w+)', { name = 'Ann', age = 7 })", "Ann is 7 2"},
        {"('abc'):gsub('%w', function(c) if c == 'b' then return 'B' end end)", "aBc 3"},
        {"('100'):gsub('1', '50%%')", "50%00 1"},
        {"('abc'):gsub('^a', 'x')", "xbc 1"},
        {"('aaa'):gsub('^a', 'x')", "xaa 1"},
        {"('one;two;;four'):gsub(';;', ';')", "one;two;four 1"},
        {"('a,b,,c'):gsub(',', '', 2)", "ab,c 2"},
        {"('x'):rep(3):match('x-$')", "xxx"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[320];
        snprintf(text, sizeof(text),
                 "local t = table.pack(%s)\nfor i = 1, t.n do t[i] = tostring(t[i]) end\nreturn "
                 "table.concat(t, ' ')",
                 cases[i][0]);
        const char *result = gives(f, text);
        if (strcmp(result, cases[i][1]) != 0)
            fail_msg("%s gives '%s', not '%s'", cases[i][0], result, cases[i][1]);
    }
}

static void test_gmatch_goes_through_all_matches(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(
        gives(
            f,
            "local n = ''\nfor k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do n = n .. k .. v end\nreturn n"),
        "a1b2");
    assert_string_equal(
        gives(f, "local n = 0\nfor w in ('one two  three'):gmatch('%a*') do n = n + 1 end\nreturn n"), "4");
    assert_string_equal(
        gives(f, "local n = ''\nfor w in ('abc'):gmatch('%a', 2) do n = n .. w end\nreturn n"), "bc");
}

static void test_a_pattern_that_would_run_for_minutes_is_stopped(void **state)
{
    struct fixture *f = *state;
    assert_fails(f, "local a = 1\nreturn ('a'):rep(64):find(('a-'):rep(12) .. 'b')", "playbooks/a.lua:2",
                 "this pattern needs more than");
    assert_string_equal(f->err.code, "script.pattern_steps");
    assert_fails(f, "return ('a'):rep(40):match(('a?'):rep(40) .. ('a'):rep(41))", "playbooks/a.lua:1",
                 "this pattern needs more than");
    assert_fails(f, "return ('a'):rep(40):gsub(('a*'):rep(14) .. 'b', '')", "playbooks/a.lua:1",
                 "this pattern needs more than");
    assert_fails(f, "for w in ('a'):rep(40):gmatch(('a*'):rep(14) .. 'b') do end", "playbooks/a.lua:1",
                 "this pattern needs more than");
}

static void test_pcall_in_a_loop_of_patterns_still_ends(void **state)
{
    struct fixture *f = *state;
    assert_fails(f, "while true do\n  pcall(string.find, ('a'):rep(64), ('a-'):rep(12) .. 'b')\nend",
                 "playbooks/a.lua:2", "instructions were spent");
}

static void test_patterns_on_large_texts_are_fast(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(gives(f, "local text, n = ('some words, '):rep(20000), 0\n"
                                 "for w in text:gmatch('%a+') do n = n + 1 end\nreturn n"),
                        "40000");
}

static void test_malformed_patterns_are_errors(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {"[a", "%",  "(a",  "(a))", "%1", "%b",  "%f",
                                      "[%", "[^", "%bx", "(()",  "%9", "[a-%"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char text[120];
        snprintf(text, sizeof(text), "return ('abcx(a)'):find('%s')", bad[i]);
        if (runs(f, text))
            fail_msg("'%s' was taken", bad[i]);
        assert_string_equal(f->err.code, "script.pattern");
    }
    assert_fails(f, "return ('abc'):gsub('a', '%x')", "playbooks/a.lua:1", "needs a digit behind it");
    assert_fails(f, "return ('abc'):gsub('a', '%2')", "playbooks/a.lua:1", "a capture that is not there");
    assert_fails(f, "return ('a'):rep(50):match(('(a'):rep(40))", "playbooks/a.lua:1", "malformed pattern");
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_patterns_mean_what_they_mean_in_lua),
        TEST(test_gmatch_goes_through_all_matches),
        TEST(test_a_pattern_that_would_run_for_minutes_is_stopped),
        TEST(test_pcall_in_a_loop_of_patterns_still_ends),
        TEST(test_patterns_on_large_texts_are_fast),
        TEST(test_malformed_patterns_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
