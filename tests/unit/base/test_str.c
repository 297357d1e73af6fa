#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

static void test_null_equals_null_only(void **state)
{
    (void)state;
    assert_true(str_equal(NULL, NULL));
    assert_false(str_equal(NULL, ""));
    assert_false(str_equal("", NULL));
    assert_true(str_equal("a", "a"));
    assert_false(str_equal("a", "A"));
}

static void test_beginnings_and_endings(void **state)
{
    (void)state;
    assert_true(str_starts("dns.zone", "dns."));
    assert_true(str_starts("dns", ""));
    assert_false(str_starts("dn", "dns"));
    assert_true(str_ends("eu.yaml", ".yaml"));
    assert_true(str_ends("x", ""));
    assert_false(str_ends("yaml", ".yaml"));
    assert_false(str_ends("eu.yaml~", ".yaml"));
}

static bool utf8(const char *text)
{
    return str_is_utf8(text, strlen(text));
}

static void test_only_well_formed_utf8_passes(void **state)
{
    (void)state;
    assert_true(utf8(""));
    assert_true(utf8("Dublin \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"));
    assert_true(utf8("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"));
    static const char *const bad[] = {
        "\x80",             /* continuation alone */
        "\xc3",             /* cut off */
        "\xe2\x82",         /* cut off */
        "\xc0\xaf",         /* overlong */
        "\xc1\xbf",         /* overlong */
        "\xe0\x9f\xbf",     /* overlong */
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xed\xa0\x80",     /* surrogate */
        "\xed\xbf\xbf",     /* surrogate */
        "\xf4\x90\x80\x80", /* above U+10FFFF */
        "\xf5\x80\x80\x80",
        "\xff",
        "\xe2(\xa1",
        "ab\xc3",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(utf8(bad[i]));
    assert_false(str_is_utf8("a\0b", 3));
}

static bool nfc_safe(const char *text)
{
    return str_is_nfc_safe(text, strlen(text));
}

static void test_names_nfc_would_change_are_not_safe(void **state)
{
    (void)state;
    assert_true(nfc_safe("plain-ascii"));
    assert_true(nfc_safe("caf\xc3\xa9"));               /* composed */
    assert_true(nfc_safe("\xe6\x9d\xb1\xe4\xba\xac"));  /* Tokyo */
    assert_true(nfc_safe("\xea\xb0\x80"));              /* a Hangul syllable */
    assert_false(nfc_safe("cafe\xcc\x81"));             /* e and a combining acute */
    assert_false(nfc_safe("\xe2\x84\xa6"));             /* ohm sign, which NFC makes an omega */
    assert_false(nfc_safe("\xe1\x84\x80\xe1\x85\xa1")); /* Hangul letters apart */
    assert_false(nfc_safe("\xf0\xaf\xa8\x9d"));         /* U+2FA1D, the last of the table */
    assert_false(nfc_safe("\xff"));
}

static void test_integers_follow_the_grammar_of_json(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},
                {"-0", 0},
                {"7", 7},
                {"-12", -12},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN}};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        int64_t out = 42;
        assert_true(str_to_int(good[i].text, &out));
        assert_true(out == good[i].value);
    }
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      "01",
                                      "-01",
                                      "1.0",
                                      "1e3",
                                      " 1",
                                      "1 ",
                                      "0x1",
                                      "1_000",
                                      "--1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999999"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t out = 42;
        assert_false(str_to_int(bad[i], &out));
        assert_true(out == 42);
    }
}

static void test_a_slip_of_the_finger_finds_its_word(void **state)
{
    (void)state;
    static const char *const words[] = {"zone", "record", "database", "subscription", "queue"};
    const size_t n = COUNT_OF(words);
    assert_string_equal(str_nearest("zoen", words, n), "zone");
    assert_string_equal(str_nearest("zon", words, n), "zone");
    assert_string_equal(str_nearest("recrod", words, n), "record");
    assert_string_equal(str_nearest("databse", words, n), "database");
    assert_string_equal(str_nearest("subscripton", words, n), "subscription");
    assert_string_equal(str_nearest("queue", words, n), "queue");
    assert_null(str_nearest("topic", words, n));
    assert_null(str_nearest("", words, n));
    assert_null(str_nearest("zone", words, 0));
}

static void test_the_nearest_wins_and_ties_go_to_the_first(void **state)
{
    (void)state;
    static const char *const words[] = {"maine", "mains", "main"};
    assert_string_equal(str_nearest("main", words, 3), "main");
    assert_string_equal(str_nearest("mainx", words, 3), "maine");
    /* Two transpositions are two edits; as replacements they would be four, past the limit of 3. */
    static const char *const swapped[] = {"badcefgh"};
    assert_string_equal(str_nearest("abcdefgh", swapped, 1), "badcefgh");
}

static void test_words_of_absurd_length_have_no_neighbor(void **state)
{
    (void)state;
    char word[300];
    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    const char *const words[] = {word, "a"};
    assert_null(str_nearest(word, words, 2));
    word[127] = '\0';
    assert_ptr_equal(str_nearest(word, words, 2), word);
}

static void test_columns_count_what_a_terminal_shows(void **state)
{
    (void)state;
    assert_int_equal(str_columns(""), 0);
    assert_int_equal(str_columns("abc"), 3);
    assert_int_equal(str_columns("caf\xc3\xa9"), 4);
    assert_int_equal(str_columns("\xe6\x9d\xb1\xe4\xba\xac"), 4);
    assert_int_equal(str_columns("\xf0\x9f\x98\x80"), 2);
    assert_int_equal(str_columns("\xff\xfe"), 2);
}

static void check_safe(const char *bytes, size_t count, const char *expected)
{
    struct buf b;
    buf_init(&b, 0);
    str_safe(&b, bytes, count);
    assert_string_equal(b.at, expected);
    buf_done(&b);
}

static void test_provider_text_cannot_steer_a_terminal(void **state)
{
    (void)state;
    check_safe("", 0, "");
    check_safe("caf\xc3\xa9 \xf0\x9f\x98\x80", 10, "caf\xc3\xa9 \xf0\x9f\x98\x80");
    check_safe("\x1b[2J", 4, "\\x1b[2J");
    check_safe("a\nb\tc\rd", 7, "a b c\\x0dd");
    check_safe("a\0b\x7f", 4, "a\\x00b\\x7f");
    check_safe("\xc2\x9b"
               "31m",
               5, "\\u009b31m");
    check_safe("\xe2\x80\xae"
               "gpj",
               6, "\\u202egpj");
    check_safe("\xe2\x81\xa6|\xd8\x9c", 6, "\\u2066|\\u061c");
    check_safe("ok\xff\xc3", 4, "ok\\xff\\xc3");
}

static void test_rows_are_found_by_the_text_they_begin_with(void **state)
{
    (void)state;
    const struct {
        const char *text;
        int more;
    } rows[] = {{"a", 1}, {"a.b", 2}, {"b", 3}, {"dns.zone", 4}, {"z", 5}};
    for (size_t count = 0; count <= COUNT_OF(rows); count++) {
        for (size_t i = 0; i < COUNT_OF(rows); i++)
            assert_int_equal(str_find_sorted(rows[i].text, rows, count, sizeof(rows[0])),
                             i < count ? i : count);
        assert_int_equal(str_find_sorted("", rows, count, sizeof(rows[0])), count);
        assert_int_equal(str_find_sorted("a.", rows, count, sizeof(rows[0])), count);
        assert_int_equal(str_find_sorted("zz", rows, count, sizeof(rows[0])), count);
    }
    assert_int_equal(str_find_sorted("a", NULL, 0, sizeof(rows[0])), 0);
}

static void test_a_word_is_one_word_to_a_shell(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word;
    } all[] = {
        {"eu.plan", "eu.plan"},
        {"../plans/eu_1-a.plan", "../plans/eu_1-a.plan"},
        {"", "''"},
        {"a b.plan", "'a b.plan'"},
        {"it's.plan", "'it'\\''s.plan'"},
        {"$(x)", "'$(x)'"},
        {"dns.*", "'dns.*'"},
        {"~/eu.plan", "'~/eu.plan'"},
    };
    struct arena *mem = arena_new();
    for (size_t i = 0; i < COUNT_OF(all); i++)
        assert_string_equal(str_word(mem, all[i].text), all[i].word);
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_equals_null_only),
        cmocka_unit_test(test_beginnings_and_endings),
        cmocka_unit_test(test_only_well_formed_utf8_passes),
        cmocka_unit_test(test_names_nfc_would_change_are_not_safe),
        cmocka_unit_test(test_integers_follow_the_grammar_of_json),
        cmocka_unit_test(test_a_slip_of_the_finger_finds_its_word),
        cmocka_unit_test(test_the_nearest_wins_and_ties_go_to_the_first),
        cmocka_unit_test(test_words_of_absurd_length_have_no_neighbor),
        cmocka_unit_test(test_columns_count_what_a_terminal_shows),
        cmocka_unit_test(test_provider_text_cannot_steer_a_terminal),
        cmocka_unit_test(test_a_word_is_one_word_to_a_shell),
        cmocka_unit_test(test_rows_are_found_by_the_text_they_begin_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
