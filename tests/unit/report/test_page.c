#include "golden.h"

#include "base/attr.h"
#include "report/page.h"

/* What was said so far by a page over a sink that knows one secret. */
struct desk {
    struct golden g;
    struct page page;
};

static void open_desk(struct desk *d)
{
    golden_open(&d->g, (struct out_style){0});
    out_filter_add(d->g.filter, "s&cret<er>", 10);
    page_open(&d->page, &d->g.out);
}

static void close_desk(struct desk *d)
{
    page_done(&d->page);
    golden_close(&d->g);
}

static void test_a_text_can_neither_end_its_element_nor_its_attribute(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d);
    page_text(&d.page, "</code><script>alert('1' && \"2\")</script>");
    assert_string_equal(golden_text(&d.g), "&lt;/code&gt;&lt;script&gt;alert(&#39;1&#39; &amp;&amp; "
                                           "&quot;2&quot;)&lt;/script&gt;");
    close_desk(&d);
    open_desk(&d);
    page_attr(&d.page, "data-o", "a\" onclick=\"x");
    page_attr(&d.page, "data-p", NULL);
    assert_string_equal(golden_text(&d.g), " data-o=\"a&quot; onclick=&quot;x\"");
    close_desk(&d);
}

static void test_every_byte_comes_out_harmless(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        struct desk d;
        char text[] = {'a', (char)c, 'b', '\0'};
        open_desk(&d);
        page_text(&d.page, text);
        const char *said = golden_text(&d.g);
        assert_int_equal(said[0], 'a');
        for (const char *at = said; *at; at++) {
            assert_null(strchr("<>\"'", *at));
            assert_true((unsigned char)*at >= 0x20 && (unsigned char)*at < 0x7f);
            if (*at == '&')
                assert_true(strchr(at, ';') != NULL);
        }
        close_desk(&d);
    }
}

static void test_text_that_turns_around_or_is_no_text_is_shown_as_what_it_is(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d);
    page_text(&d.page, "a\xe2\x80\xae"
                       "b\x1b[31m\xc3\xa9\xff\n\tz");
    assert_string_equal(golden_text(&d.g), "a\\u202eb\\x1b[31m\xc3\xa9\\xff  z");
    close_desk(&d);
}

static void test_a_secret_is_found_before_it_is_escaped(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d);
    page_text(&d.page, "key s&cret<er>!");
    assert_string_equal(golden_text(&d.g), "key [secret]!");
    close_desk(&d);
}

static void test_style_and_script_are_written_as_they_are(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d);
    out_filter_add(d.g.filter, "function", 8);
    page_markup(&d.page, "<script>");
    page_verbatim(&d.page, "function f() {}");
    page_markup(&d.page, "</script>function");
    assert_string_equal(golden_text(&d.g), "<script>function f() {}</script>[secret]");
    close_desk(&d);
}

static void test_ids_are_plain_and_different_texts_have_different_ones(void **state)
{
    (void)state;
    static const char *const texts[] = {"a.b", "a~2eb", "a b",      "a-b",  "a_b",
                                        "A.b", "",      "\xc3\xa9", "a\"b", "a#b"};
    char seen[COUNT_OF(texts)][64];
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct desk d;
        open_desk(&d);
        page_id(&d.page, "s-", texts[i]);
        snprintf(seen[i], sizeof(seen[i]), "%s", golden_text(&d.g));
        assert_int_equal(strspn(seen[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~"),
                         strlen(seen[i]));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(seen[i], seen[k]);
        close_desk(&d);
    }
    assert_string_equal(seen[0], "s-a~2eb");
    assert_string_equal(seen[1], "s-a~7e2eb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_text_can_neither_end_its_element_nor_its_attribute),
        cmocka_unit_test(test_every_byte_comes_out_harmless),
        cmocka_unit_test(test_text_that_turns_around_or_is_no_text_is_shown_as_what_it_is),
        cmocka_unit_test(test_a_secret_is_found_before_it_is_escaped),
        cmocka_unit_test(test_style_and_script_are_written_as_they_are),
        cmocka_unit_test(test_ids_are_plain_and_different_texts_have_different_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
