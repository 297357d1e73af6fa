#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "model/expr.h"
#include "model/value_json.h"

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

/* A world where steps x.y.* are known by a map, `later` is not known yet and `never` cannot work. */
struct world {
    struct arena *mem;
    const struct value *known;
    size_t finds, calls;
};

static bool find(void *user, const struct expr *ref, const struct value **out, struct err *err)
{
    struct world *w = user;
    w->finds++;
    if (strcmp(ref->address, "x.y.never") == 0)
        return err_set(err, "test.never", "there is no '%s'", ref->address);
    *out = value_get(value_get(w->known, ref->address), ref->path);
    return true;
}

static bool call(void *user, uint32_t fn, const struct value *arg, struct arena *mem,
                 const struct value **out, struct err *err)
{
    struct world *w = user;
    w->calls++;
    if (fn == 0)
        return err_set(err, "test.raised", "the function raised");
    if (fn == 1)
        *out = NULL;
    else
        *out = value_int(mem, value_kind(arg) == VALUE_INT ? arg->number * 2 : -1);
    return true;
}

static const struct value *from(struct arena *mem, const char *json)
{
    const struct value *v = NULL;
    struct err err = {0};
    if (!value_json_parse(mem, json, strlen(json), &v, &err))
        fail_msg("%s: %s", json, err.summary);
    return v;
}

static const struct value *ref(struct arena *mem, const char *address, const char *path)
{
    struct expr *e = ARENA_NEW(mem, struct expr);
    *e =
        (struct expr){.op = EXPR_REF, .address = address, .path = path, .file = "playbooks/p.lua", .line = 7};
    return value_expr(mem, e);
}

static const struct value *make(struct arena *mem, enum expr_op op, const struct value *a,
                                const struct value *b, const struct value *c, uint32_t fn)
{
    struct expr *e = ARENA_NEW(mem, struct expr);
    *e = (struct expr){.op = op, .args = {a, b, c}, .fn = fn, .file = "playbooks/p.lua", .line = 9};
    return value_expr(mem, e);
}

static const struct value *join(struct arena *mem, const struct value *a, const struct value *b)
{
    const struct value *parts[] = {a, b};
    return make(mem, EXPR_JOIN, value_list(mem, parts, 2), NULL, NULL, 0);
}

static struct world world_of(struct arena *mem)
{
    return (struct world){.mem = mem,
                          .known =
                              from(mem, "{\"x.y.z\":{\"host\":\"h.eu\",\"port\":53,\"on\":true,\"list\":[1],"
                                        "\"rate\":0.5,\"key\":{\"$secret\":{\"source\":\"env:K\"}},"
                                        "\"half\":[1,{\"$unknown\":\"any\"}]}}")};
}

static const char *evaluated(struct world *w, const struct value *v)
{
    const struct expr_world outside = {.user = w, .find = find, .call = call};
    const struct value *out = NULL;
    struct err err = {0};
    if (!expr_eval(w->mem, v, &outside, &out, &err))
        fail_msg("%s", err.summary);
    assert_false(value_has_expr(out));
    return value_json_text(w->mem, out);
}

static void check_refused(struct world *w, const struct value *v, const char *code, const char *where)
{
    const struct expr_world outside = {.user = w, .find = find, .call = call};
    const struct value *out = NULL;
    struct err err = {0};
    assert_false(expr_eval(w->mem, v, &outside, &out, &err));
    assert_string_equal(err.code, code);
    assert_string_equal(err.where, where);
    assert_null(out);
}

static void test_a_reference_is_its_value_or_unknown(void **state)
{
    struct arena *mem = *state;
    struct world w = world_of(mem);
    assert_string_equal(evaluated(&w, ref(mem, "x.y.z", "port")), "53");
    assert_string_equal(evaluated(&w, ref(mem, "x.y.later", "id")), "{\"$unknown\":\"any\"}");
    check_refused(&w, ref(mem, "x.y.never", "id"), "test.never", "playbooks/p.lua:7");
}

static void test_a_join_makes_text_of_texts_and_numbers(void **state)
{
    struct arena *mem = *state;
    struct world w = world_of(mem);
    assert_string_equal(evaluated(&w, join(mem, value_text(mem, "https://"), ref(mem, "x.y.z", "host"))),
                        "\"https://h.eu\"");
    assert_string_equal(evaluated(&w, join(mem, ref(mem, "x.y.z", "port"), ref(mem, "x.y.z", "rate"))),
                        "\"530.5\"");
    assert_string_equal(
        evaluated(&w, join(mem, join(mem, value_int(mem, -1), value_text(mem, "a")), value_text(mem, ""))),
        "\"-1a\"");
    assert_string_equal(evaluated(&w, join(mem, value_text(mem, "a"), ref(mem, "x.y.later", "id"))),
                        "{\"$unknown\":\"text\"}");
    check_refused(&w, join(mem, value_text(mem, "a"), ref(mem, "x.y.z", "list")), "expr.joins_kind",
                  "playbooks/p.lua:9");
    check_refused(&w, join(mem, value_text(mem, "a"), ref(mem, "x.y.z", "on")), "expr.joins_kind",
                  "playbooks/p.lua:9");
    check_refused(&w, join(mem, value_text(mem, "a"), ref(mem, "x.y.z", "key")), "expr.joins_secret",
                  "playbooks/p.lua:9");
}

static void test_a_function_runs_only_on_what_is_known(void **state)
{
    struct arena *mem = *state;
    struct world w = world_of(mem);
    assert_string_equal(evaluated(&w, make(mem, EXPR_MAP, ref(mem, "x.y.z", "port"), NULL, NULL, 2)), "106");
    assert_string_equal(evaluated(&w, make(mem, EXPR_MAP, ref(mem, "x.y.z", "port"), NULL, NULL, 1)), "null");
    assert_int_equal(w.calls, 2);
    assert_string_equal(evaluated(&w, make(mem, EXPR_MAP, ref(mem, "x.y.z", "half"), NULL, NULL, 2)),
                        "{\"$unknown\":\"any\"}");
    assert_int_equal(w.calls, 2);
    check_refused(&w, make(mem, EXPR_MAP, ref(mem, "x.y.z", "port"), NULL, NULL, 0), "test.raised",
                  "playbooks/p.lua:9");
    check_refused(&w, make(mem, EXPR_MAP, ref(mem, "x.y.never", "id"), NULL, NULL, 2), "test.never",
                  "playbooks/p.lua:7");
}

static void test_is_compares_without_converting(void **state)
{
    struct arena *mem = *state;
    struct world w = world_of(mem);
    const struct value *port = ref(mem, "x.y.z", "port"), *later = ref(mem, "x.y.later", "id");
    assert_string_equal(evaluated(&w, make(mem, EXPR_IS, port, value_int(mem, 53), NULL, 0)), "true");
    assert_string_equal(evaluated(&w, make(mem, EXPR_IS, port, value_real(mem, 53), NULL, 0)), "false");
    assert_string_equal(evaluated(&w, make(mem, EXPR_IS, port, later, NULL, 0)),
                        "{\"$unknown\":\"boolean\"}");
    assert_string_equal(evaluated(&w, make(mem, EXPR_IS, later, later, NULL, 0)),
                        "{\"$unknown\":\"boolean\"}");
}

static void test_when_evaluates_only_the_chosen_branch(void **state)
{
    struct arena *mem = *state;
    struct world w = world_of(mem);
    const struct value *on = ref(mem, "x.y.z", "on"), *never = ref(mem, "x.y.never", "id");
    assert_string_equal(evaluated(&w, make(mem, EXPR_WHEN, on, ref(mem, "x.y.z", "port"), never, 0)), "53");
    assert_string_equal(evaluated(&w, make(mem, EXPR_WHEN, value_bool(false), never, value_int(mem, 2), 0)),
                        "2");
    assert_string_equal(evaluated(&w, make(mem, EXPR_WHEN, ref(mem, "x.y.later", "on"), never, never, 0)),
                        "{\"$unknown\":\"any\"}");
    check_refused(&w, make(mem, EXPR_WHEN, ref(mem, "x.y.z", "port"), on, on, 0), "expr.not_a_condition",
                  "playbooks/p.lua:9");
    check_refused(&w, make(mem, EXPR_WHEN, on, never, on, 0), "test.never", "playbooks/p.lua:7");
}

static void test_parts_without_expressions_are_shared(void **state)
{
    struct arena *mem = *state;
    struct world w = world_of(mem);
    const struct expr_world outside = {.user = &w, .find = find, .call = call};
    const struct value *plain = from(mem, "{\"a\":[1,{\"b\":2}]}"), *out;
    struct err err = {0};
    assert_true(expr_eval(mem, plain, &outside, &out, &err));
    assert_ptr_equal(out, plain);
    const struct value *mixed = value_with_key(mem, plain, "z", ref(mem, "x.y.z", "port"));
    mixed = value_at_origin(mem, mixed, 12);
    assert_true(expr_eval(mem, mixed, &outside, &out, &err));
    assert_string_equal(value_json_text(mem, out), "{\"a\":[1,{\"b\":2}],\"z\":53}");
    assert_ptr_equal(value_get(out, "a"), value_get(plain, "a"));
    assert_int_equal(out->where, 12);
    assert_true(expr_eval(mem, NULL, &outside, &out, &err));
    assert_true(value_is_null(out));
}

struct refs {
    struct buf text;
    size_t stop_after;
};

static bool see(void *user, const struct expr *e)
{
    struct refs *r = user;
    buf_print(&r->text, "%s ", e->address);
    return --r->stop_after > 0;
}

static void test_every_reference_is_seen_in_order(void **state)
{
    struct arena *mem = *state;
    const struct value *items[] = {
        join(mem, ref(mem, "a", "id"), ref(mem, "b", "id")),
        make(mem, EXPR_WHEN, make(mem, EXPR_IS, ref(mem, "c", "id"), value_int(mem, 1), NULL, 0),
             ref(mem, "d", "id"), make(mem, EXPR_MAP, ref(mem, "e", "id"), NULL, NULL, 2), 0),
        value_with_key(mem, value_with_key(mem, NULL, "z", ref(mem, "g", "id")), "y", ref(mem, "f", "id")),
    };
    const struct value *v = value_list(mem, items, 3);
    struct refs r = {.stop_after = 100};
    buf_init(&r.text, 0);
    assert_true(expr_each_ref(v, see, &r));
    assert_string_equal(r.text.at, "a b c d e f g ");
    buf_clear(&r.text);
    r.stop_after = 3;
    assert_false(expr_each_ref(v, see, &r));
    assert_string_equal(r.text.at, "a b c ");
    buf_done(&r.text);
}

static void check_printed(const struct value *v, const char *expected)
{
    struct buf text;
    buf_init(&text, 0);
    expr_print(&text, v->expr);
    assert_string_equal(text.at, expected);
    buf_done(&text);
}

static void test_an_expression_prints_as_a_reader_knows_it(void **state)
{
    struct arena *mem = *state;
    const struct value *id = ref(mem, "dns.zone.apex", "id"), *item = ref(mem, "dns.zone.apex", "[0]");
    check_printed(id, "(dns.zone.apex.id)");
    check_printed(item, "(dns.zone.apex[0])");
    check_printed(join(mem, value_text(mem, "https://"), id), "\"https://\" .. (dns.zone.apex.id)");
    check_printed(make(mem, EXPR_MAP, id, NULL, NULL, 3),
                  "landfall.map((dns.zone.apex.id), function at playbooks/p.lua:9)");
    check_printed(make(mem, EXPR_IS, id, value_text(mem, "x"), NULL, 0),
                  "landfall.is((dns.zone.apex.id), \"x\")");
    check_printed(make(mem, EXPR_WHEN, id, value_list(mem, &id, 1), value_with_key(mem, NULL, "k", id), 0),
                  "landfall.when((dns.zone.apex.id), { (dns.zone.apex.id) }, { k = (dns.zone.apex.id) })");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reference_is_its_value_or_unknown),
        cmocka_unit_test(test_a_join_makes_text_of_texts_and_numbers),
        cmocka_unit_test(test_a_function_runs_only_on_what_is_known),
        cmocka_unit_test(test_is_compares_without_converting),
        cmocka_unit_test(test_when_evaluates_only_the_chosen_branch),
        cmocka_unit_test(test_parts_without_expressions_are_shared),
        cmocka_unit_test(test_every_reference_is_seen_in_order),
        cmocka_unit_test(test_an_expression_prints_as_a_reader_knows_it),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
