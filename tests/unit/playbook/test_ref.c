/* References: what can be said with them, and what raises. */
#include "fake_project.h"

#define ZONE USE "local zone = dns.zone 'apex' { name = 'x' }\n"

static void test_attributes_are_references_also_when_they_are_known(void **state)
{
    struct fixture *f = *state;
    loaded(f, ZONE "dns.record 'r' { zone = zone.name, type = type(zone.name), name = type(zone), values = { "
                   "zone.id } }");
    assert_string_equal(shown(f, "dns.record.r", "zone"), "(dns.zone.apex.name)");
    assert_string_equal(shown(f, "dns.record.r", "type"), "\"reference\"");
    assert_string_equal(shown(f, "dns.record.r", "name"), "\"step\"");
    const struct value *values = value_get(decl_find(playbook_decls(f->p), "dns.record.r")->attrs, "values");
    assert_string_equal(values->items[0]->expr->path, "id");
    assert_string_equal(values->items[0]->expr->file, "playbooks/saas.lua");
    assert_int_equal(values->items[0]->expr->line, 3);
}

static void test_items_count_from_one_in_lua_and_from_zero_in_paths(void **state)
{
    struct fixture *f = *state;
    loaded(f, ZONE "dns.record 'r' { zone = zone.nameservers[1], name = zone.options.a['b c'][3] }");
    assert_string_equal(shown(f, "dns.record.r", "zone"), "(dns.zone.apex.nameservers[0])");
    assert_string_equal(shown(f, "dns.record.r", "name"), "(dns.zone.apex.options.a.\"b c\"[2])");
    assert_refused(f, ZONE "local x = zone.nameservers[0]", 3, "no number from 1", "lists count from 1");
}

static void test_joins_become_one_list_of_parts(void **state)
{
    struct fixture *f = *state;
    loaded(f, ZONE "dns.record 'r' { name = 'a' .. zone.id .. 'b' .. 1 .. zone.name .. 2.5 }");
    assert_string_equal(shown(f, "dns.record.r", "name"),
                        "\"a\" .. (dns.zone.apex.id) .. \"b\" .. 1 .. (dns.zone.apex.name) .. 2.5");
    const struct value *v = value_get(decl_find(playbook_decls(f->p), "dns.record.r")->attrs, "name");
    assert_int_equal(v->expr->op, EXPR_JOIN);
    assert_int_equal(v->expr->args[0]->count, 6);
}

static void test_every_operator_says_what_to_write_instead(void **state)
{
    struct fixture *f = *state;
    static const char *const cases[][2] = {
        {"zone.id + 1", "landfall.map"},
        {"1 - zone.id", "landfall.map"},
        {"zone.id * 2", "landfall.map"},
        {"zone.id / 2", "landfall.map"},
        {"zone.id // 2", "landfall.map"},
        {"zone.id % 2", "landfall.map"},
        {"zone.id ^ 2", "landfall.map"},
        {"-zone.id", "landfall.map"},
        {"zone.id & 1", "landfall.map"},
        {"zone.id << 1", "landfall.map"},
        {"~zone.id", "landfall.map"},
        {"#zone.nameservers", "function(list) return #list end"},
        {"zone.id < 1", "landfall.map"},
        {"zone.id <= zone.name", "landfall.map"},
        {"zone.id == zone.name", "landfall.is(a, b)"},
        {"zone.id()", "call functions on it later"},
        {"tostring(zone.id)", "join it with '..'"},
        {"tonumber(zone.id)", "return tonumber(v)"},
        {"pairs(zone.id)", "for k, v in pairs(t)"},
        {"ipairs(zone.nameservers)", "for i, v in ipairs(l)"},
        {"table.concat({ zone.id }, ',')", "join with '..'"},
        {"('%s'):format(zone.id)", "join it with '..'"},
        {"('x'):gsub('x', function() return zone.id end)", "landfall.map"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[400];
        snprintf(text, sizeof(text), ZONE "local x = %s", cases[i][0]);
        assert_refused(f, text, 3, "whose value is known only after its step is done", cases[i][1]);
        assert_non_null(strstr(f->err.summary, "(dns.zone.apex."));
    }
    assert_refused(f, ZONE "zone.id.x = 1", 3, "'=' was tried on (dns.zone.apex.id)", "the step's own table");
    assert_refused(f, ZONE "local x = zone.id .. {}", 3, "a table cannot be joined", "join texts");
    assert_refused(f, ZONE "local x = zone.id .. zone", 3,
                   "'..' was tried on the step 'dns.zone.apex' itself", ".id");
    assert_refused(f, ZONE "local x = zone .. 'x'", 3, "'..' was tried on the step 'dns.zone.apex' itself",
                   ".id");
    assert_refused(f, ZONE "zone.name = 'y'", 3, "'=' was tried on the step", "the step's table");
    assert_refused(f, ZONE "local x = zone.nmae", 3, "the step 'dns.zone.apex' has no attribute 'nmae'",
                   "did you mean 'name'?");
    assert_refused(f, ZONE "local x = zone.nothing_like_it", 3, "has no attribute",
                   "it has: id, email, name");
    assert_refused(f, ZONE "local x = (zone.id .. 'x').part", 3, "is computed later", "landfall.map");
    assert_refused(f, "local c = check 'c' { http = { url = 'x' } }\nlocal x = c.id", 2, "has no attributes",
                   "after");
}

struct known {
    const struct value *value;
};

static bool find_known(void *user, const struct expr *ref, const struct value **out, struct err *err)
{
    (void)ref;
    (void)err;
    *out = ((struct known *)user)->value;
    return true;
}

static struct playbook *calling;

static bool call_script(void *user, uint32_t fn, const struct value *arg, struct arena *mem,
                        const struct value **out, struct err *err)
{
    (void)user;
    return playbook_call(calling, fn, arg, mem, out, err);
}

/* The output `v` of the playbook where every reference is worth `json`; NULL: an error. */
static const char *output_with(struct fixture *f, const char *json)
{
    struct known known = {NULL};
    if (json && !value_json_parse(f->mem, json, strlen(json), &known.value, &f->err))
        fail_msg("%s", json);
    struct expr_world world = {.user = &known, .find = find_known, .call = call_script};
    const struct value *out;
    calling = f->p;
    if (!expr_eval(f->mem, value_get(playbook_decls(f->p)->outputs, "v"), &world, &out, &f->err))
        return NULL;
    return value_json_text(f->mem, out);
}

static void test_map_is_and_when_compute_later(void **state)
{
    struct fixture *f = *state;
    loaded(f, ZONE
           "landfall.output { v = landfall.map(zone.nameservers, function(l) return l[#l] .. '!' end) }");
    assert_string_equal(output_with(f, "[\"a\",\"b\"]"), "\"b!\"");
    assert_string_equal(output_with(f, NULL), "{\"$unknown\":\"any\"}");
    loaded(f, ZONE "landfall.output { v = landfall.map({ a = zone.id, b = 1 }, function(t) return t end) }");
    assert_string_equal(output_with(f, "7"), "{\"a\":7,\"b\":1}");
    loaded(f, ZONE "landfall.output { v = landfall.when(landfall.is(zone.name, 'x'), 'yes', { zone.id }) }");
    assert_string_equal(output_with(f, "\"x\""), "\"yes\"");
    assert_string_equal(output_with(f, "\"y\""), "[\"y\"]");
    assert_refused(f, ZONE "landfall.map(zone.id, 'x')", 3, "must be a function",
                   "landfall.map(zone.nameservers");
    assert_refused(f, ZONE "landfall.is(zone.id)", 3, "landfall.is needs 2 arguments", "");
    assert_refused(f, ZONE "landfall.when(zone.id, 1)", 3, "landfall.when needs 3 arguments", "");
}

static void test_an_error_in_a_map_function_names_its_line(void **state)
{
    struct fixture *f = *state;
    loaded(f, ZONE "landfall.output { v = landfall.map(zone.id, function(v)\n  return v.x.y\nend) }");
    assert_null(output_with(f, "{}"));
    assert_string_equal(f->err.where, "playbooks/saas.lua:4");
    assert_non_null(strstr(f->err.summary, "a function of landfall.map: attempt to index a nil value"));
    loaded(f, ZONE "landfall.output { v = landfall.map(zone.id, function(v) return zone.id end) }");
    assert_null(output_with(f, "{}"));
    assert_non_null(strstr(f->err.summary, "returned a reference"));
    loaded(f, ZONE "landfall.output { v = landfall.map(zone.id, function(v) dns.zone 'b' {} end) }");
    assert_null(output_with(f, "{}"));
    assert_non_null(strstr(f->err.summary, "'dns.zone' is used after the playbook has ended"));
}

static void test_what_an_action_returns_is_a_reference_too(void **state)
{
    struct fixture *f = *state;
    loaded(f, USE
           "local a = action 'a' { version = 1, run = function() end }\ndns.zone 'z' { name = a.result }");
    assert_string_equal(shown(f, "dns.zone.z", "name"), "(action.a.result)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_attributes_are_references_also_when_they_are_known),
        TEST(test_items_count_from_one_in_lua_and_from_zero_in_paths),
        TEST(test_joins_become_one_list_of_parts),
        TEST(test_every_operator_says_what_to_write_instead),
        TEST(test_map_is_and_when_compute_later),
        TEST(test_an_error_in_a_map_function_names_its_line),
        TEST(test_what_an_action_returns_is_a_reference_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
