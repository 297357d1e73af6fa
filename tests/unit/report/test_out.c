#include "golden.h"

#include <errno.h>
#include <fcntl.h>

#include "base/attr.h"
#include "base/digest.h"

#define SECRET "correct horse/battery+\"staple\""

static void says(struct golden *g, const char *text)
{
    out_text(&g->out, text);
    out_char(&g->out, '\n');
}

static void arm(struct golden *g, const char *secret)
{
    out_filter_add(g->filter, secret, strlen(secret));
}

static void test_without_secrets_text_passes_unchanged(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, (struct out_style){0});
    out_print(&g.out, "%d %s", 12, "apples");
    out_fill(&g.out, '.', 3);
    out_char(&g.out, '\n');
    assert_string_equal(golden_text(&g), "12 apples...\n");
    golden_close(&g);
}

static void test_a_secret_is_masked_in_every_spelling(void **state)
{
    (void)state;
    static const char *const spellings[] = {
        SECRET,
        "correct horse/battery+\\\"staple\\\"",
        "correct horse\\/battery+\\\"staple\\\"",
        "correct%20horse%2Fbattery%2B%22staple%22",
        "correct%20horse%2fbattery%2b%22staple%22",
        "correct+horse%2Fbattery%2B%22staple%22",
        "636f727265637420686f7273652f626174746572792b22737461706c6522",
        "636F727265637420686F7273652F626174746572792B22737461706C6522",
    };
    for (size_t i = 0; i < COUNT_OF(spellings); i++) {
        struct golden g;
        golden_open(&g, (struct out_style){0});
        arm(&g, SECRET);
        out_text(&g.out, "key=");
        says(&g, spellings[i]);
        assert_string_equal(golden_text(&g), "key=[secret]\n");
        golden_close(&g);
    }
}

static void test_base64_is_masked_wherever_the_secret_stands_in_it(void **state)
{
    (void)state;
    static const char *const before[] = {"", "a", "ab", "abc"};
    for (size_t i = 0; i < COUNT_OF(before); i++) {
        struct golden g;
        golden_open(&g, (struct out_style){0});
        arm(&g, SECRET);
        const char *whole = arena_print(g.mem, "%s" SECRET "tail", before[i]);
        const char *coded = digest_base64(g.mem, whole, strlen(whole));
        says(&g, coded);
        const char *said = golden_text(&g);
        assert_non_null(strstr(said, "[secret]"));
        /* What is left of it is too little to hold four bytes of the secret. */
        assert_true(strlen(said) < strlen("[secret]") + 8 + 8 + 1);
        golden_close(&g);
    }
}

static void test_base64_for_urls_is_masked(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, (struct out_style){0});
    arm(&g, "\xfb\xef\xbe\xfb\xef\xbe\xff\xff\xff");
    says(&g, "--------____ ++++++++////");
    assert_string_equal(golden_text(&g), "[secret] [secret]\n");
    golden_close(&g);
}

static void test_of_two_secrets_that_begin_alike_the_longer_one_is_masked(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, (struct out_style){0});
    arm(&g, "password-one");
    arm(&g, "password-one-and-two");
    says(&g, "password-one-and-two password-one password-on");
    assert_string_equal(golden_text(&g), "[secret] [secret] password-on\n");
    golden_close(&g);
}

static void test_short_secrets_are_not_looked_for(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, (struct out_style){0});
    arm(&g, "example");
    assert_true(out_filter_is_empty(g.filter));
    says(&g, "eu.acme.example");
    assert_string_equal(golden_text(&g), "eu.acme.example\n");
    golden_close(&g);
}

static void test_a_secret_that_lies_across_two_writes_is_masked(void **state)
{
    (void)state;
    /* Line feeds inside, as in a key file: no line ends where it could safely be cut. */
    static const char key[] = "-----BEGIN-----\nabcdefghijklmnop\nqrstuvwxyz\n-----END-----";
    for (size_t before = 65500; before < 65560; before++) {
        struct golden g;
        golden_open(&g, (struct out_style){0});
        arm(&g, key);
        out_fill(&g.out, 'x', before);
        out_char(&g.out, '\n');
        for (size_t i = 0; i < sizeof(key) - 1; i++)
            out_char(&g.out, key[i]);
        for (int i = 0; i < 70000; i++)
            out_char(&g.out, i % 50 ? 'y' : '\n');
        const char *said = golden_text(&g);
        assert_int_equal(strlen(said), before + 1 + strlen("[secret]") + 70000);
        assert_null(strstr(said, "abcdefghijklmnop"));
        assert_non_null(strstr(said, "\n[secret]\n"));
        golden_close(&g);
    }
}

static void test_much_text_is_written_before_it_is_asked_for(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, (struct out_style){0});
    for (int i = 0; i < 20000; i++)
        says(&g, "a line");
    assert_true(lseek(g.out.fd, 0, SEEK_END) > 60000);
    assert_int_equal(strlen(golden_text(&g)), 20000 * strlen("a line\n"));
    golden_close(&g);
}

static void test_provider_text_cannot_move_the_cursor(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, (struct out_style){0});
    out_safe(&g.out, "a\x1b[2Jb\xe2\x80\xae"
                     "c\n\xff");
    assert_string_equal(golden_text(&g), "a\\x1b[2Jb\\u202ec \\xff");
    golden_close(&g);
}

static void test_an_ascii_sink_escapes_what_is_beyond(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, (struct out_style){.ascii = true});
    out_safe(&g.out, "Zürich \xf0\x9f\x98\x80");
    out_sign(&g.out, "→", "->");
    assert_string_equal(golden_text(&g), "Z\\u00fcrich \\U0001f600->");
    golden_close(&g);
}

static void test_colors_are_sent_only_where_they_are_wanted(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, (struct out_style){0});
    out_painted(&g.out, OUT_RED, "no");
    assert_string_equal(golden_text(&g), "no");
    golden_close(&g);
    golden_open(&g, (struct out_style){.color = true});
    out_painted(&g.out, OUT_RED, "no");
    assert_string_equal(golden_text(&g), "\x1b[31mno\x1b[0m");
    golden_close(&g);
}

static void test_a_failed_write_is_reported_and_the_rest_dropped(void **state)
{
    (void)state;
    struct out o;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    out_open(&o, fd, (struct out_style){0}, NULL);
    out_text(&o, "hello\n");
    out_flush(&o);
    assert_true(o.failed);
    out_text(&o, "more\n");
    assert_false(out_close(&o));
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_secrets_text_passes_unchanged),
        cmocka_unit_test(test_a_secret_is_masked_in_every_spelling),
        cmocka_unit_test(test_base64_is_masked_wherever_the_secret_stands_in_it),
        cmocka_unit_test(test_base64_for_urls_is_masked),
        cmocka_unit_test(test_of_two_secrets_that_begin_alike_the_longer_one_is_masked),
        cmocka_unit_test(test_short_secrets_are_not_looked_for),
        cmocka_unit_test(test_a_secret_that_lies_across_two_writes_is_masked),
        cmocka_unit_test(test_much_text_is_written_before_it_is_asked_for),
        cmocka_unit_test(test_provider_text_cannot_move_the_cursor),
        cmocka_unit_test(test_an_ascii_sink_escapes_what_is_beyond),
        cmocka_unit_test(test_colors_are_sent_only_where_they_are_wanted),
        cmocka_unit_test(test_a_failed_write_is_reported_and_the_rest_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
