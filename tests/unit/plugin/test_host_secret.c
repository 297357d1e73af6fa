/* Secrets inside values: what is looked up, what is told of it, and what drivers may not tell in clear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/schema.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plugin/host.h"
#include "plugin/host_secret.h"

static bool reveal(void *user, const struct secret *secret, const char **bytes, size_t *count,
                   struct err *err)
{
    unsigned *asked = user;
    ++*asked;
    if (!str_equal(secret->source, "env:GOOD"))
        return err_set(err, "secrets.not_set", "'%s' is not set", secret->source);
    *bytes = "hunter2hunter2";
    *count = 14;
    return true;
}

static const char *digest(void *user, struct arena *mem, const char *bytes, size_t count)
{
    (void)user;
    return arena_print(mem, "digest-of-%.2s-%zu", bytes, count);
}

static const char *seal(void *user, struct arena *mem, const char *bytes, size_t count)
{
    (void)user;
    (void)bytes;
    return arena_print(mem, "sealed-%zu", count);
}

struct world {
    struct arena *mem;
    struct host *host;
    unsigned asked;
};

static int start(void **state)
{
    struct arena *mem = arena_new();
    struct world *w = ARENA_NEW(mem, struct world);
    *w = (struct world){.mem = mem};
    w->host = host_new((struct host_parts){
        .secrets = {.user = &w->asked, .reveal = reveal, .digest = digest, .seal = seal}});
    *state = w;
    return 0;
}

static int stop(void **state)
{
    struct world *w = *state;
    host_free(w->host);
    arena_free(w->mem);
    return 0;
}

static const struct value *parsed(struct world *w, const char *json)
{
    const struct value *v = NULL;
    struct err err;
    assert_true(value_json_parse(w->mem, json, strlen(json), &v, &err));
    return v;
}

static void test_a_value_without_secrets_stays_the_same_value(void **state)
{
    struct world *w = *state;
    struct err err;
    uint32_t where;
    const struct value *v = parsed(w, "{\"a\":[1,{\"b\":\"text\"}]}"), *out = NULL;
    assert_true(host_secret_digests(w->mem, w->host, v, &out, &where, &err));
    assert_ptr_equal(out, v);
    assert_true(host_secret_digests(w->mem, w->host, NULL, &out, &where, &err));
    assert_null(out);
    assert_int_equal(w->asked, 0);
}

static void test_every_secret_gets_its_digest_and_no_bytes(void **state)
{
    struct world *w = *state;
    struct err err;
    uint32_t where;
    const struct value *out = NULL,
                       *v = parsed(w, "{\"a\":[{\"$secret\":{\"source\":\"env:GOOD\"}},2],"
                                      "\"b\":{\"$secret\":{\"digest\":\"known\",\"source\":\"env:LOST\"}}}");
    assert_true(host_secret_digests(w->mem, w->host, v, &out, &where, &err));
    assert_string_equal(value_json_text(w->mem, out),
                        "{\"a\":[{\"$secret\":{\"digest\":\"digest-of-hu-14\",\"source\":\"env:GOOD\"}},2],"
                        "\"b\":{\"$secret\":{\"digest\":\"known\",\"source\":\"env:LOST\"}}}");
    assert_null(value_item(value_get(out, "a"), 0)->secret->bytes);
}

static void test_what_cannot_be_found_is_told_with_its_place(void **state)
{
    struct world *w = *state;
    struct err err;
    uint32_t where = 0;
    static const struct secret lost = {.source = "env:LOST"};
    const struct value *secret = value_at_origin(w->mem, value_secret(w->mem, &lost), 7), *out = secret;
    const struct value *v = value_with_key(w->mem, NULL, "list", value_list(w->mem, &secret, 1));
    assert_false(host_secret_digests(w->mem, w->host, v, &out, &where, &err));
    assert_string_equal(err.summary, "'list[0]': 'env:LOST' is not set");
    assert_int_equal(where, 7);
    assert_ptr_equal(out, secret);
    assert_false(host_secret_bytes(w->mem, w->host, v, &out, &err));
    assert_ptr_equal(out, secret);
}

static const struct schema_attr inner[] = {{.name = "pin", .kind = VALUE_TEXT, .flags = SCHEMA_SECRET}};
static const struct schema inner_schema = {.attrs = inner, .count = 1};
static const struct schema_attr outer[] = {
    {.name = "key", .kind = VALUE_TEXT, .flags = SCHEMA_SECRET | SCHEMA_COMPUTED},
    {.name = "name", .kind = VALUE_TEXT},
    {.name = "nested", .kind = VALUE_MAP, .of = &inner_schema},
};
static const struct schema outer_schema = {.attrs = outer, .count = 3};

static void test_what_a_driver_tells_in_clear_is_shut(void **state)
{
    struct world *w = *state;
    const struct value *v =
        parsed(w, "{\"key\":\"very-secret\",\"name\":\"a\",\"nested\":{\"pin\":\"nested-secret\"}}");
    const struct value *shut = host_secret_hide(w->mem, w->host, &outer_schema, "db.user.a", v);
    assert_null(strstr(value_json_stored(w->mem, shut), "secret\","));
    assert_string_equal(value_json_stored(w->mem, value_get(shut, "key")),
                        "{\"$secret\":{\"digest\":\"digest-of-ve-11\",\"sealed\":\"sealed-11\","
                        "\"source\":\"output:db.user.a\"}}");
    assert_int_equal(value_kind(value_get(value_get(shut, "nested"), "pin")), VALUE_SECRET);
    assert_string_equal(value_get_text(shut, "name", ""), "a");
    assert_null(host_secret_hide(w->mem, w->host, &outer_schema, "db.user.a", NULL));
}

static void test_a_type_that_makes_secrets_is_known_by_its_schema(void **state)
{
    struct world *w = *state;
    struct err err;
    assert_true(host_secret_is_made(&outer_schema));
    assert_false(host_secret_is_made(&inner_schema));
    assert_false(host_secret_is_made(NULL));
    assert_false(host_secret_can_keep(w->host, &err));
    assert_string_equal(err.code, "secret.cannot_seal");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_a_value_without_secrets_stays_the_same_value),
        TEST(test_every_secret_gets_its_digest_and_no_bytes),
        TEST(test_what_cannot_be_found_is_told_with_its_place),
        TEST(test_what_a_driver_tells_in_clear_is_shut),
        TEST(test_a_type_that_makes_secrets_is_known_by_its_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
