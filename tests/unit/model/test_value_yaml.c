/* YAML: what is read, what is refused, and whether the refusal points at the right place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/value.h"
#include "model/value_json.h"
#include "model/value_yaml.h"

struct fixture {
    struct arena *mem;
    struct origins origins;
    const struct value *v;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->mem = arena_new();
    origins_init(&f->origins, f->mem);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_free(f->mem);
    free(f);
    return 0;
}

static bool parse_n(struct fixture *f, const char *text, size_t count)
{
    f->v = NULL;
    err_clear(&f->err);
    return value_yaml_parse(f->mem, &f->origins, "regions/eu.yaml", text, count, &f->v, &f->err);
}

static bool parse(struct fixture *f, const char *text)
{
    return parse_n(f, text, strlen(text));
}

static void reads_as(struct fixture *f, const char *text, const char *json)
{
    if (!parse(f, text))
        fail_msg("%s: %s\n%s", f->err.where, f->err.summary, f->err.detail);
    assert_string_equal(value_json_text(f->mem, f->v), json);
}

/* Refused with that code, at that place; nothing is given out and there is advice. */
static void refused_n(struct fixture *f, const char *text, size_t count, const char *code, const char *where)
{
    assert_false(parse_n(f, text, count));
    assert_string_equal(f->err.code, code);
    assert_string_equal(f->err.where, where);
    assert_true(f->err.advice[0] != '\0');
    assert_null(f->v);
}

static void refused(struct fixture *f, const char *text, const char *code, const char *where)
{
    refused_n(f, text, strlen(text), code, where);
}

static void test_maps_lists_and_words_become_values(void **state)
{
    struct fixture *f = *state;
    reads_as(f, "b: 1\na: [x, 'y', \"z\\n\"]\nc:\n  - d: true\n  - null\n",
             "{\"a\":[\"x\",\"y\",\"z\\n\"],\"b\":1,\"c\":[{\"d\":true},null]}");
    reads_as(f, "{}", "{}");
    reads_as(f, "---\n# said\na: |\n  two\n  lines\n", "{\"a\":\"two\\nlines\\n\"}");
}

static void test_only_true_false_and_null_are_special(void **state)
{
    struct fixture *f = *state;
    reads_as(f, "[yes, no, on, off, True, NULL, ~, 'true', n]",
             "[\"yes\",\"no\",\"on\",\"off\",\"True\",\"NULL\",\"~\",\"true\",\"n\"]");
}

static void test_json_numbers_are_numbers(void **state)
{
    struct fixture *f = *state;
    reads_as(f, "[0, -7, 9223372036854775807, 0.25, -1.5]", "[0,-7,9223372036854775807,0.25,-1.5]");
    reads_as(
        f, "['1', 10.0.0.0/16, 2026-12-15, 1.2.3, 12:30, 3 %, -, a1, 1 000, '0123']",
        "[\"1\",\"10.0.0.0/16\",\"2026-12-15\",\"1.2.3\",\"12:30\",\"3 %\",\"-\",\"a1\",\"1 000\",\"0123\"]");
}

static void test_what_may_be_a_number_elsewhere_must_be_quoted(void **state)
{
    struct fixture *f = *state;
    static const char *const odd[] = {"0123",  ".5",   "1_000", "1e3",  "+1",   "0x1F", "0o17", "1.",
                                      "-.inf", ".NaN", "1E+5",  "-012", "12e5", "0b11", "1_0.5"};
    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        const char *text = arena_print(f->mem, "a: %s\n", odd[i]);
        refused(f, text, "yaml.number", "regions/eu.yaml:1:4");
        assert_non_null(strstr(f->err.advice, odd[i]));
    }
}

static void test_numbers_that_would_lose_digits_are_refused(void **state)
{
    struct fixture *f = *state;
    refused(f, "a: 9223372036854775808\n", "yaml.number_range", "regions/eu.yaml:1:4");
    refused(f, "a: 0.1234567890123456\n", "yaml.number_range", "regions/eu.yaml:1:4");
    reads_as(f, "a: 0.000000123456789012345\n", "{\"a\":1.23456789012345e-07}");
}

static void test_a_key_without_a_value_is_an_error_not_a_null(void **state)
{
    struct fixture *f = *state;
    refused(f, "a: 1\nb:\nc: 2\n", "yaml.empty_value", "regions/eu.yaml:2:3");
    refused(f, "a: [1, , 2]", "yaml.syntax", "regions/eu.yaml:1:8");
    refused(f, "- \n- 2\n", "yaml.empty_value", "regions/eu.yaml:1:2");
}

static void test_a_duplicate_key_names_both_places(void **state)
{
    struct fixture *f = *state;
    refused(f, "place: a\ntitle: b\nplace: c\n", "yaml.duplicate_key", "regions/eu.yaml:3:1");
    assert_non_null(strstr(f->err.summary, "line 1"));
    refused(f, "a: {b: 1, c: 2, \"b\": 3}", "yaml.duplicate_key", "regions/eu.yaml:1:17");
}

static void test_anchors_aliases_and_merge_keys_are_refused(void **state)
{
    struct fixture *f = *state;
    refused(f, "a: &x 1\nb: *x\n", "yaml.anchor", "regions/eu.yaml:1:4");
    refused(f, "b: *x\n", "yaml.alias", "regions/eu.yaml:1:4");
    refused(f, "<<: {a: 1}\n", "yaml.merge_key", "regions/eu.yaml:1:1");
    refused(f, "*x : 1\n", "yaml.alias", "regions/eu.yaml:1:1");
    refused(f, "a: &x {b: 1}\n", "yaml.anchor", "regions/eu.yaml:1:4");
    refused(f, "a: &x\n  - 1\n", "yaml.anchor", "regions/eu.yaml:1:4");
}

static void test_an_alias_bomb_is_refused_at_its_first_anchor(void **state)
{
    struct fixture *f = *state;
    refused(f, "a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\n", "yaml.anchor",
            "regions/eu.yaml:1:4");
}

static void test_tags_other_than_secret_are_refused(void **state)
{
    struct fixture *f = *state;
    refused(f, "a: !!str 1\n", "yaml.tag", "regions/eu.yaml:1:4");
    refused(f, "a: !python/object:os.system x\n", "yaml.tag", "regions/eu.yaml:1:4");
    refused(f, "a: !secret {b: 1}\n", "yaml.tag", "regions/eu.yaml:1:4");
    refused(f, "!secret a: 1\n", "yaml.tag", "regions/eu.yaml:1:1");
}

static void test_a_secret_keeps_its_source_only(void **state)
{
    struct fixture *f = *state;
    assert_true(parse(f, "[!secret env:PDNS_API_KEY, !secret \"file:/run/key\"]"));
    const struct value *first = value_item(f->v, 0);
    assert_int_equal(value_kind(first), VALUE_SECRET);
    assert_string_equal(first->secret->source, "env:PDNS_API_KEY");
    assert_null(first->secret->bytes);
    assert_string_equal(value_item(f->v, 1)->secret->source, "file:/run/key");
}

static void test_a_secret_written_out_is_refused_and_not_repeated(void **state)
{
    struct fixture *f = *state;
    refused(f, "a: !secret hunter2hunter2\n", "yaml.secret", "regions/eu.yaml:1:4");
    assert_null(strstr(f->err.summary, "hunter2"));
    refused(f, "a: !secret vault:x\n", "yaml.secret", "regions/eu.yaml:1:4");
    refused(f, "a: !secret env:9X\n", "yaml.secret", "regions/eu.yaml:1:4");
    refused(f, "a: !secret env:\n", "yaml.secret", "regions/eu.yaml:1:4");
    refused(f, "a: !secret\n", "yaml.secret", "regions/eu.yaml:1:4");
}

static void test_a_second_document_and_directives_are_refused(void **state)
{
    struct fixture *f = *state;
    refused(f, "a: 1\n---\nb: 2\n", "yaml.second_document", "regions/eu.yaml:2:1");
    refused(f, "%YAML 1.1\n---\na: 1\n", "yaml.directive", "regions/eu.yaml:1:1");
    refused(f, "", "yaml.empty", "regions/eu.yaml:1:1");
    refused(f, "# nothing\n", "yaml.empty", "regions/eu.yaml:1:1");
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void test_a_hundred_thousand_brackets_fail_at_once(void **state)
{
    struct fixture *f = *state;
    static const char *const shapes[] = {"[", "{a: ", "- ", "[[\n", "? "};
    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
        struct buf text;
        buf_init(&text, 0);
        for (int n = 0; n < 100000; n++)
            buf_text(&text, shapes[i]);
        double before = now();
        assert_false(parse_n(f, text.at, text.count));
        /* A naive reader needs 17 s; processor time, so a busy machine does not matter. */
        assert_true(now() - before < 0.1);
        assert_string_equal(f->err.code, i == 4 ? "yaml.key" : "yaml.depth");
        buf_done(&text);
    }
}

static void test_the_deepest_allowed_nesting_is_read(void **state)
{
    struct fixture *f = *state;
    char text[2 * VALUE_YAML_DEPTH + 1];
    memset(text, '[', VALUE_YAML_DEPTH);
    memset(text + VALUE_YAML_DEPTH, ']', VALUE_YAML_DEPTH);
    assert_true(parse_n(f, text, 2 * VALUE_YAML_DEPTH));
}

static void test_long_files_and_long_texts_are_refused(void **state)
{
    struct fixture *f = *state;
    char *text = malloc(VALUE_YAML_BYTES + 1);
    memset(text, 'a', VALUE_YAML_BYTES + 1);
    refused_n(f, text, VALUE_YAML_BYTES + 1, "yaml.too_long", "regions/eu.yaml");
    refused_n(f, text, VALUE_YAML_SCALAR + 1, "yaml.scalar_long", "regions/eu.yaml:1:1");
    assert_true(parse_n(f, text, VALUE_YAML_SCALAR));
    free(text);
}

static void test_a_hundred_thousand_keys_are_no_trouble(void **state)
{
    struct fixture *f = *state;
    struct buf text;
    buf_init(&text, 0);
    for (int n = 0; n < 100000; n++)
        buf_print(&text, "k%d: 1\n", n);
    double before = now();
    assert_true(parse_n(f, text.at, text.count));
    assert_true(now() - before < 3.0);
    assert_int_equal(f->v->count, 100000);
    buf_done(&text);
}

static void test_bytes_that_are_not_text_are_refused_with_their_place(void **state)
{
    struct fixture *f = *state;
    refused(f,
            "\xef\xbb\xbf"
            "a: 1\n",
            "yaml.bom", "regions/eu.yaml:1:1");
    refused(f, "a: 1\nb: \xff\n", "yaml.utf8", "regions/eu.yaml:2:4");
    refused(f, "a: \xc3\xa9\xed\xa0\x80\n", "yaml.utf8", "regions/eu.yaml:1:5");
    refused(f, "a: \x1b[31m\n", "yaml.control", "regions/eu.yaml:1:4");
    refused(f, "a: \xe2\x80\xa8\n", "yaml.control", "regions/eu.yaml:1:4");
    refused(f, "a: 1\rb: 2\n", "yaml.control", "regions/eu.yaml:1:5");
    refused_n(f, "a: \0b\n", 7, "yaml.utf8", "regions/eu.yaml:1:4");
    refused(f, "a: \"x\\0y\"\n", "yaml.nul", "regions/eu.yaml:1:4");
    reads_as(f, "a: 1\r\nb: 2\r\n", "{\"a\":1,\"b\":2}");
}

static void test_a_text_without_a_nul_behind_it_is_not_read_past_its_end(void **state)
{
    struct fixture *f = *state;
    static const char bad[] = {'a', ':', ' ', '\xff'};
    char *exact = malloc(sizeof(bad)); /* the sanitizer watches its end */
    memcpy(exact, bad, sizeof(bad));
    refused_n(f, exact, sizeof(bad), "yaml.utf8", "regions/eu.yaml:1:4");
    free(exact);
}

static void test_a_tab_as_indentation_says_to_use_spaces(void **state)
{
    struct fixture *f = *state;
    refused(f, "a:\n\tb: 1\n", "yaml.tab", "regions/eu.yaml:2:1");
    assert_non_null(strstr(f->err.advice, "spaces"));
}

static void test_keys_are_text_in_normal_form(void **state)
{
    struct fixture *f = *state;
    reads_as(f, "1: a\ntrue: b\n\xc3\xa9: c\n", "{\"1\":\"a\",\"true\":\"b\",\"\xc3\xa9\":\"c\"}");
    refused(f, "e\xcc\x81: 1\n", "yaml.key_nfc", "regions/eu.yaml:1:1");
    refused(f, "{[a]: 1}", "yaml.key", "regions/eu.yaml:1:2");
    refused(f, "? {a: 1}\n: 2\n", "yaml.key", "regions/eu.yaml:1:3");
    refused(f, "\"\": 1\n", "yaml.key", "regions/eu.yaml:1:1");
}

static void test_an_error_shows_the_line_and_a_caret(void **state)
{
    struct fixture *f = *state;
    refused(f, "a: 1\nb: \xe6\x97\xa5 # x\nc: {d: 1, d: 2}\n", "yaml.duplicate_key", "regions/eu.yaml:3:11");
    assert_string_equal(f->err.detail, "    3 | c: {d: 1, d: 2}\n      |           ^");
}

static void test_a_long_line_is_shown_around_the_caret(void **state)
{
    struct fixture *f = *state;
    struct buf text;
    buf_init(&text, 0);
    buf_fill(&text, ' ', 200);
    buf_text(&text, "a: 0123 #");
    buf_fill(&text, 'x', 200);
    assert_false(parse_n(f, text.at, text.count));
    assert_string_equal(f->err.where, "regions/eu.yaml:1:204");
    const char *second = strchr(f->err.detail, '\n') + 1;
    assert_true((size_t)(second - f->err.detail) < 130);
    assert_int_equal(f->err.detail[strchr(second, '^') - second], '0');
    buf_done(&text);
}

static void test_every_value_knows_its_place_and_its_keys_place(void **state)
{
    struct fixture *f = *state;
    const char *text = "a: 1\nbig:\n  key: [x, y]\n";
    assert_true(parse(f, text));
    const struct value *list = value_get(value_get(f->v, "big"), "key");
    const struct origin *at = origins_get(&f->origins, list->where);
    assert_string_equal(at->file, "regions/eu.yaml");
    assert_int_equal(at->line, 3);
    assert_int_equal(at->column, 8);
    assert_int_equal(at->key_line, 3);
    assert_int_equal(at->key_column, 3);
    assert_int_equal(at->kind, ORIGIN_WRITTEN);
    assert_ptr_equal(at->value, list);
    const struct origin *y = origins_get(&f->origins, value_item(list, 1)->where);
    assert_int_equal(y->column, 12);
    assert_int_equal(y->key_line, 0);
    assert_null(origins_get(&f->origins, 0));

    assert_false(value_yaml_point_key(&f->err, at, text));
    assert_string_equal(f->err.where, "regions/eu.yaml:3:3");
    assert_false(value_yaml_point(&f->err, y, text));
    assert_string_equal(f->err.where, "regions/eu.yaml:3:12");
}

static void test_broken_syntax_points_at_the_trouble(void **state)
{
    struct fixture *f = *state;
    refused(f, "a: [1, 2\nb: 3\n", "yaml.syntax", "regions/eu.yaml:2:2");
    refused(f, "a: \"open\n", "yaml.quote", "regions/eu.yaml:1:4");
    refused(f, "a: 1\n b: 2\n", "yaml.syntax", "regions/eu.yaml:2:3");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_maps_lists_and_words_become_values),
        CASE(test_only_true_false_and_null_are_special),
        CASE(test_json_numbers_are_numbers),
        CASE(test_what_may_be_a_number_elsewhere_must_be_quoted),
        CASE(test_numbers_that_would_lose_digits_are_refused),
        CASE(test_a_key_without_a_value_is_an_error_not_a_null),
        CASE(test_a_duplicate_key_names_both_places),
        CASE(test_anchors_aliases_and_merge_keys_are_refused),
        CASE(test_an_alias_bomb_is_refused_at_its_first_anchor),
        CASE(test_tags_other_than_secret_are_refused),
        CASE(test_a_secret_keeps_its_source_only),
        CASE(test_a_secret_written_out_is_refused_and_not_repeated),
        CASE(test_a_second_document_and_directives_are_refused),
        CASE(test_a_hundred_thousand_brackets_fail_at_once),
        CASE(test_the_deepest_allowed_nesting_is_read),
        CASE(test_long_files_and_long_texts_are_refused),
        CASE(test_a_hundred_thousand_keys_are_no_trouble),
        CASE(test_bytes_that_are_not_text_are_refused_with_their_place),
        CASE(test_a_text_without_a_nul_behind_it_is_not_read_past_its_end),
        CASE(test_a_tab_as_indentation_says_to_use_spaces),
        CASE(test_keys_are_text_in_normal_form),
        CASE(test_an_error_shows_the_line_and_a_caret),
        CASE(test_a_long_line_is_shown_around_the_caret),
        CASE(test_every_value_knows_its_place_and_its_keys_place),
        CASE(test_broken_syntax_points_at_the_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
