#include "conform/fill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/value.h"
#include "model/value_json.h"

static const struct value *json(struct arena *mem, const char *text)
{
    const struct value *v;
    struct err err;
    assert_true(value_json_parse(mem, text, strlen(text), &v, &err));
    return v;
}

static struct fill words(struct arena *mem)
{
    struct fill_word *w = ARENA_ARRAY(mem, struct fill_word, 3);
    w[0] = (struct fill_word){"name", value_text(mem, "lf1")};
    w[1] = (struct fill_word){"zone", json(mem, "{\"id\":\"z-1\",\"ttl\":300,\"ns\":[\"a\",\"b\"]}")};
    w[2] = (struct fill_word){"later", NULL};
    return (struct fill){w, 3};
}

static void fills(const char *sample, const char *expected)
{
    struct arena *mem = arena_new();
    const struct fill fill = words(mem);
    const struct value *out;
    struct err err;
    assert_true(fill_value(mem, &fill, json(mem, sample), &out, NULL, &err));
    assert_string_equal(value_json_text(mem, out), expected);
    arena_free(mem);
}

static void refuses(const char *sample, const char *code, const char *advice)
{
    struct arena *mem = arena_new();
    const struct fill fill = words(mem);
    const struct value *out = NULL;
    struct err err;
    assert_false(fill_value(mem, &fill, json(mem, sample), &out, NULL, &err));
    assert_null(out);
    assert_string_equal(err.code, code);
    assert_string_equal(err.advice, advice);
    arena_free(mem);
}

static void test_words_stand_inside_texts_at_any_depth(void **state)
{
    (void)state;
    fills("{\"a\":[{\"b\":\"${name}.example\"}],\"n\":3}", "{\"a\":[{\"b\":\"lf1.example\"}],\"n\":3}");
    fills("\"${name}-${zone.id}-${zone.ttl}\"", "\"lf1-z-1-300\"");
    fills("\"costs $5 and {braces}\"", "\"costs $5 and {braces}\"");
}

static void test_a_text_that_is_one_word_becomes_the_value_itself(void **state)
{
    (void)state;
    fills("{\"ttl\":\"${zone.ttl}\",\"ns\":\"${zone.ns}\",\"first\":\"${zone.ns[0]}\"}",
          "{\"first\":\"a\",\"ns\":[\"a\",\"b\"],\"ttl\":300}");
}

static void test_what_cannot_be_filled_says_why(void **state)
{
    (void)state;
    refuses("\"${nmae}\"", "conform.unknown_word", "did you mean '${name}'?");
    refuses("\"${zone.nothing}\"", "conform.no_such_part", "");
    refuses("\"${later}\"", "conform.no_such_part", "");
    refuses("\"x-${zone.ns}\"", "conform.word_form", "");
    refuses("\"${name\"", "conform.word_form", "");
}

static void test_a_check_needs_no_values(void **state)
{
    struct arena *mem = arena_new();
    const struct fill fill = words(mem);
    struct err err;
    uint32_t where;
    (void)state;
    assert_true(fill_check(mem, &fill, json(mem, "[\"${later}\",\"x${later.id}\"]"), &where, &err));
    assert_false(fill_check(mem, &fill, json(mem, "[\"${other}\"]"), &where, &err));
    assert_string_equal(err.advice, "there is ${name}, ${zone}, ${later}");
    arena_free(mem);
}

static void test_a_mention_is_the_whole_word(void **state)
{
    struct arena *mem = arena_new();
    (void)state;
    assert_true(fill_mentions(json(mem, "{\"a\":[\"x${zone.id}\"]}"), "zone"));
    assert_true(fill_mentions(json(mem, "\"${name}\""), "name"));
    assert_false(fill_mentions(json(mem, "[\"${names}\",\"name\",{\"name\":\"x\"}]"), "name"));
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_stand_inside_texts_at_any_depth),
        cmocka_unit_test(test_a_text_that_is_one_word_becomes_the_value_itself),
        cmocka_unit_test(test_what_cannot_be_filled_says_why),
        cmocka_unit_test(test_a_check_needs_no_values),
        cmocka_unit_test(test_a_mention_is_the_whole_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
