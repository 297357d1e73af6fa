/* What a service would have made: of the right kind, in the right form, always the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "model/schema.h"
#include "model/value.h"
#include "run/invent.h"

static const struct schema_attr inner_attrs[] = {{.name = "port", .kind = VALUE_INT}};
static const struct schema inner = {.version = 1, .attrs = inner_attrs, .count = 1};
static const struct schema_attr attrs[] = {
    {.name = "applied_at", .kind = VALUE_TEXT, .flags = SCHEMA_COMPUTED},
    {.name = "endpoint", .kind = VALUE_MAP, .flags = SCHEMA_COMPUTED, .of = &inner},
    {.name = "host", .kind = VALUE_TEXT, .flags = SCHEMA_COMPUTED},
    {.name = "ipv6", .kind = VALUE_TEXT, .flags = SCHEMA_COMPUTED},
    {.name = "name", .kind = VALUE_TEXT, .flags = SCHEMA_REQUIRED | SCHEMA_KEY},
    {.name = "nameservers",
     .kind = VALUE_LIST,
     .flags = SCHEMA_COMPUTED | SCHEMA_UNORDERED,
     .of_kind = VALUE_TEXT},
    {.name = "note", .kind = VALUE_TEXT},
    {.name = "password", .kind = VALUE_TEXT, .flags = SCHEMA_SECRET},
    {.name = "place", .kind = VALUE_TEXT, .flags = SCHEMA_COMPUTED | SCHEMA_PLACE},
    {.name = "rows", .kind = VALUE_LIST, .flags = SCHEMA_COMPUTED, .of_kind = VALUE_ANY},
    {.name = "size", .kind = VALUE_INT, .flags = SCHEMA_COMPUTED},
};
static const struct schema schema = {.version = 1, .attrs = attrs, .count = COUNT_OF(attrs)};
static const struct invent_ask ask = {.seed = "db.main", .name = "main_db", .place = "eu-west-1"};

static struct arena *mem;

static int setup(void **state)
{
    (void)state;
    mem = arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(mem);
    return 0;
}

static const struct value *state_of(const struct invent_ask *how)
{
    const struct secret secret = {.source = "env:X"};
    const struct pair pairs[] = {{"name", value_text(mem, "main")},
                                 {"password", value_secret(mem, &secret)},
                                 {"size", value_int(mem, 7)}};
    return invent_state(mem, &schema, value_map(mem, pairs, COUNT_OF(pairs)), how);
}

static void test_a_state_is_what_was_asked_and_what_the_service_adds(void **state)
{
    (void)state;
    const struct value *v = state_of(&ask);
    assert_string_equal(value_get_text(v, "name", ""), "main");
    assert_int_equal(value_get_int(v, "size", 0), 7); /* asked for, though the service might have set it */
    assert_null(value_get(v, "note"));                /* neither asked for nor computed */
    assert_null(value_get(v, "password"));            /* services do not tell them again */
    assert_string_equal(value_get_text(v, "place", ""), "eu-west-1");
    assert_false(value_has_unknown(v));
    for (size_t i = 0; i < COUNT_OF(attrs); i++) {
        const struct value *is = value_get(v, attrs[i].name);
        if (attrs[i].flags & SCHEMA_COMPUTED)
            assert_int_equal(value_kind(is), attrs[i].kind);
    }
}

static void test_names_say_in_which_form(void **state)
{
    (void)state;
    const struct value *v = state_of(&ask);
    assert_non_null(strstr(value_get_text(v, "host", ""), ".rehearsal.invalid"));
    assert_memory_equal(value_get_text(v, "host", ""), "main-db-", 8); /* a host name has no underscore */
    assert_memory_equal(value_get_text(v, "ipv6", ""), "2001:db8::", 10);
    assert_string_equal(value_get_text(v, "applied_at", ""), "2026-01-01T00:00:00Z");
    const struct value *list = value_get(v, "nameservers");
    assert_int_equal(list->count, 2);
    assert_false(value_equal(list->items[0], list->items[1]));
    assert_in_range(value_get_int(value_get(v, "endpoint"), "port", 0), 1024, 65535);
    assert_int_equal(value_get(v, "rows")->count, 0); /* nobody can guess rows */
}

static void test_equal_seeds_give_equal_values_and_others_others(void **state)
{
    (void)state;
    struct invent_ask other = ask;
    other.seed = "db.other";
    assert_true(value_equal(state_of(&ask), state_of(&ask)));
    assert_string_not_equal(value_get_text(state_of(&ask), "host", ""),
                            value_get_text(state_of(&other), "host", ""));
}

static void test_a_reply_has_every_attribute_and_keeps_promises(void **state)
{
    (void)state;
    const struct value *v = invent_reply(mem, &schema, &ask);
    assert_int_equal(v->count, COUNT_OF(attrs));
    const char *path;
    const struct value *state_value = state_of(&ask);
    assert_true(schema_keeps_promise(mem, &schema, state_value, state_value, &path));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_a_state_is_what_was_asked_and_what_the_service_adds),
        CASE(test_names_say_in_which_form),
        CASE(test_equal_seeds_give_equal_values_and_others_others),
        CASE(test_a_reply_has_every_attribute_and_keeps_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
