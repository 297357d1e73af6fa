#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "plugin/contract.h"

/* A whole plugin on the stack, sound until a test spoils one field. */
struct sample {
    struct arena *mem;
    struct lf_attr attrs[2];
    struct lf_schema schema;
    struct lf_settle settle;
    struct lf_resource thing, other;
    const struct lf_resource *things[3];
    struct lf_call say;
    const struct lf_call *calls[2];
    struct lf_plugin plugin;
    struct contract out;
    struct err err;
};

static void verb(void *self, struct lf_op *op, const struct lf_request *req)
{
    (void)self;
    (void)op;
    (void)req;
}

static int make(void **state)
{
    struct arena *mem = arena_new();
    struct sample *s = ARENA_NEW(mem, struct sample);
    s->mem = mem;
    s->attrs[0] = (struct lf_attr){.name = "zeta", .kind = LF_KIND_TEXT, .doc = "z", .fallback = "\"q\""};
    s->attrs[1] = (struct lf_attr){.name = "alpha", .kind = LF_KIND_LIST, .doc = "a", .of = NULL};
    s->schema = (struct lf_schema){sizeof(s->schema), 4, s->attrs, 2, sizeof(s->attrs[0])};
    s->settle = (struct lf_settle){.struct_size = sizeof(s->settle)};
    s->settle.create = s->settle.update = s->settle.destroy = LF_SETTLE_NAMED;
    s->thing = (struct lf_resource){.struct_size = sizeof(s->thing), .name = "thing", .doc = "d"};
    s->thing.schema = &s->schema;
    s->thing.settle = &s->settle;
    s->thing.read = s->thing.create = s->thing.destroy = verb;
    s->other = s->thing;
    s->other.name = "other";
    s->say = (struct lf_call){.struct_size = sizeof(s->say), .name = "say", .doc = "d", .args = &s->schema};
    s->say.settle = &s->settle;
    s->say.run = verb;
    s->things[0] = &s->thing;
    s->things[1] = &s->other;
    s->calls[0] = &s->say;
    s->plugin = (struct lf_plugin){.struct_size = sizeof(s->plugin), .subsystem = "toy", .name = "box"};
    s->plugin.resources = s->things;
    s->plugin.calls = s->calls;
    *state = s;
    return 0;
}

static int unmake(void **state)
{
    arena_free(((struct sample *)*state)->mem);
    return 0;
}

static void must_refuse(struct sample *s, const char *sentence)
{
    assert_false(contract_compile(s->mem, &s->plugin, &s->out, &s->err));
    assert_string_equal(s->err.code, "plugin.bad_descriptor");
    assert_string_equal(s->err.summary, sentence);
    assert_true(s->err.advice[0] != '\0');
}

static void must_pass(struct sample *s)
{
    if (!contract_compile(s->mem, &s->plugin, &s->out, &s->err))
        fail_msg("%s", s->err.summary);
}

static void test_a_sound_plugin_becomes_schemas_sorted_by_name(void **state)
{
    struct sample *s = *state;
    must_pass(s);
    assert_int_equal(s->out.type_count, 2);
    const struct contract_type *t = &s->out.types[0];
    assert_string_equal(t->facts.schema->attrs[0].name, "alpha");
    assert_int_equal(t->facts.schema->attrs[0].of_kind, VALUE_ANY);
    assert_string_equal(t->facts.schema->attrs[1].fallback->text, "q");
    assert_int_equal(t->facts.schema->attrs[1].since, 1);
    assert_int_equal(t->facts.schema->version, 4);
    assert_string_equal(t->pool, "toy-box");
    assert_int_equal(t->max_batch, 1000);
    assert_false(t->has_update);
    assert_false(t->facts.can_find);
    assert_int_equal(s->out.call_count, 1);
    assert_int_equal(s->out.calls[0].settle, LF_SETTLE_NAMED);
    assert_null(s->out.calls[0].facts.reply);
    assert_null(s->out.settings);
}

static void test_a_resource_must_be_whole(void **state)
{
    struct sample *s = *state;
    s->thing.create = NULL;
    must_refuse(s, "plugin toy-box: type 'thing' lacks one of read, create and destroy");
    s->thing.create = verb;
    s->thing.schema = NULL;
    must_refuse(s, "plugin toy-box: type 'thing' has no schema");
    s->thing.doc = NULL;
    must_refuse(s, "plugin toy-box: type 'thing' has no doc");
    s->thing.name = "No Name";
    must_refuse(s, "plugin toy-box: a resource has no valid name ([a-z0-9][a-z0-9_-]*)");
    s->thing.name = NULL;
    must_refuse(s, "plugin toy-box: a resource has no valid name ([a-z0-9][a-z0-9_-]*)");
    s->thing.struct_size = 0;
    must_refuse(s, "plugin toy-box: a resource whose struct_size is not set");
}

static void test_every_change_says_how_its_doubt_is_settled(void **state)
{
    struct sample *s = *state;
    s->settle.update = 0;
    must_pass(s); /* there is no update to doubt */
    s->thing.update = verb;
    must_refuse(s, "plugin toy-box: type 'thing' does not say how a doubt about update is settled");
    s->settle.destroy = 6;
    must_refuse(s, "plugin toy-box: type 'thing' does not say how a doubt about destroy is settled");
    s->settle.struct_size = 4;
    must_refuse(s, "plugin toy-box: type 'thing' has a settle whose struct_size is not set");
    s->thing.settle = NULL;
    must_refuse(s, "plugin toy-box: type 'thing' has no settle");
}

static void test_a_newer_plugins_unknown_way_of_settling_is_blind(void **state)
{
    struct sample *s = *state;
    s->settle.create = 9;
    s->plugin.abi_minor = LF_ABI_MINOR + 1;
    must_pass(s);
    assert_int_equal(s->out.types[0].settle.create, LF_SETTLE_BLIND);
}

static void test_names_are_given_once(void **state)
{
    struct sample *s = *state;
    s->other.name = "thing";
    must_refuse(s, "plugin toy-box declares 'thing' twice");
    s->other.name = "say";
    must_refuse(s, "plugin toy-box declares 'say' twice");
    s->other.name = "other";
    s->attrs[1].name = "zeta";
    must_refuse(s, "plugin toy-box: type 'thing': attribute 'zeta' is declared twice");
}

static void test_the_cores_own_names_are_no_attributes(void **state)
{
    struct sample *s = *state;
    s->attrs[0].name = "step";
    must_refuse(s, "plugin toy-box: type 'thing': attribute 'step' has a name the core keeps for itself");
    s->attrs[0].name = "id";
    must_refuse(s, "plugin toy-box: type 'thing': attribute 'id' has a name the core keeps for itself");
    s->plugin.resources = NULL;
    must_pass(s); /* a call may have an argument called id */
}

static void test_attributes_must_make_sense(void **state)
{
    struct sample *s = *state;
    struct lf_attr good = s->attrs[0];
    s->attrs[0].kind = 99;
    must_refuse(s, "plugin toy-box: type 'thing': attribute 'zeta' is of an unknown kind");
    s->attrs[0].kind = LF_KIND_UNKNOWN;
    must_refuse(s, "plugin toy-box: type 'thing': attribute 'zeta' is of an unknown kind");
    s->attrs[0] = good;
    s->attrs[0].doc = NULL;
    must_refuse(s, "plugin toy-box: type 'thing': attribute 'zeta' has no doc");
    s->attrs[0] = good;
    s->attrs[0].flags = 1u << 30;
    must_refuse(s, "plugin toy-box: type 'thing': attribute 'zeta' has flags this version does not know");
    s->attrs[0].flags = LF_ATTR_UNORDERED;
    must_refuse(s, "plugin toy-box: type 'thing': attribute 'zeta' is UNORDERED, but no list");
    s->attrs[0] = good;
    s->attrs[0].of = &s->schema;
    must_refuse(
        s, "plugin toy-box: type 'thing': attribute 'zeta' describes elements, but is neither a list nor a "
           "map");
    s->attrs[0] = good;
    s->attrs[0].of_kind = 55;
    must_refuse(s, "plugin toy-box: type 'thing': attribute 'zeta' has elements of an unknown kind");
    s->attrs[0].name = NULL;
    must_refuse(s, "plugin toy-box: type 'thing': attribute '?' has no valid name ([a-z0-9][a-z0-9_-]*)");
}

static void test_a_fallback_is_json_of_the_attributes_kind(void **state)
{
    struct sample *s = *state;
    s->attrs[0].fallback = "7";
    must_refuse(s, "plugin toy-box: type 'thing': attribute 'zeta' has a fallback of another kind");
    s->attrs[0].fallback = "nothing";
    assert_false(contract_compile(s->mem, &s->plugin, &s->out, &s->err));
    assert_non_null(strstr(s->err.summary, "attribute 'zeta' has a fallback that is not JSON: "));
    s->attrs[0].kind = LF_KIND_REAL;
    s->attrs[0].fallback = "7";
    must_pass(s);
    assert_int_equal(s->out.types[0].facts.schema->attrs[1].fallback->kind, VALUE_REAL);
}

static void test_a_schema_that_holds_itself_is_refused(void **state)
{
    struct sample *s = *state;
    s->attrs[1].of = &s->schema;
    assert_false(contract_compile(s->mem, &s->plugin, &s->out, &s->err));
    assert_non_null(strstr(s->err.summary, "has a schema nested too deeply"));
}

static void test_a_schema_must_be_readable(void **state)
{
    struct sample *s = *state;
    s->schema.attr_size = 8;
    must_refuse(s, "plugin toy-box: type 'thing' has attributes that cannot be read (attrs, attr_size)");
    s->schema.attr_size = sizeof(struct lf_attr) + 3;
    must_refuse(s, "plugin toy-box: type 'thing' has attributes that cannot be read (attrs, attr_size)");
    s->schema.attr_count = 5000;
    must_refuse(s, "plugin toy-box: type 'thing' has more than 1000 attributes");
    s->schema.struct_size = 0;
    must_refuse(s, "plugin toy-box: type 'thing' has a schema whose struct_size is not set");
}

static void test_a_call_must_be_whole(void **state)
{
    struct sample *s = *state;
    s->say.run = NULL;
    must_refuse(s, "plugin toy-box: call 'say' has no run");
    s->say.run = verb;
    s->say.args = NULL;
    must_refuse(s, "plugin toy-box: call 'say' has no schema of its arguments");
    s->say.args = &s->schema;
    s->say.settle = NULL;
    must_refuse(s, "plugin toy-box: call 'say' has no settle");
    s->say.struct_size = 3;
    must_refuse(s, "plugin toy-box: a call whose struct_size is not set");
}

static void test_a_plugin_offers_something(void **state)
{
    struct sample *s = *state;
    s->plugin.resources = NULL;
    s->plugin.calls = NULL;
    must_refuse(s, "plugin toy-box: it offers no resources, no calls and no types()");
    s->plugin.types = verb;
    must_pass(s); /* a bridge learns its types at run time */
    assert_int_equal(s->out.type_count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)
    const struct CMUnitTest tests[] = {
        TEST(test_a_sound_plugin_becomes_schemas_sorted_by_name),
        TEST(test_a_resource_must_be_whole),
        TEST(test_every_change_says_how_its_doubt_is_settled),
        TEST(test_a_newer_plugins_unknown_way_of_settling_is_blind),
        TEST(test_names_are_given_once),
        TEST(test_the_cores_own_names_are_no_attributes),
        TEST(test_attributes_must_make_sense),
        TEST(test_a_fallback_is_json_of_the_attributes_kind),
        TEST(test_a_schema_that_holds_itself_is_refused),
        TEST(test_a_schema_must_be_readable),
        TEST(test_a_call_must_be_whole),
        TEST(test_a_plugin_offers_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
