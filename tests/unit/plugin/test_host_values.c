#include "op_fixture.h"

#include "base/str.h"

static int start(void **state)
{
    struct fixture *f = test_malloc(sizeof(*f));
    fixture_init(f, loop_new_virtual());
    *state = f;
    return 0;
}

static int stop(void **state)
{
    fixture_done(*state);
    test_free(*state);
    return 0;
}

/* Runs `verb` inside an operation, where values may be made. */
static void inside(struct fixture *f, lf_verb_fn *verb)
{
    f->raw.read = verb;
    fixture_start(f, LF_VERB_READ, 0);
    loop_run(f->loop);
    assert_int_equal(f->ended, 1);
}

static const struct lf_values *values(void *self)
{
    return host_table(((struct fixture *)self)->host)->values;
}

static void make_and_read(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct lf_values *v = values(self);
    size_t len = 0;
    assert_int_equal(v->kind(NULL), LF_KIND_NULL);
    assert_int_equal(v->as_int(v->of_int(op, -7), 0), -7);
    assert_int_equal(v->as_int(v->of_text(op, "7", 1), 5), 5);
    assert_true(v->as_real(v->of_real(op, 0.5), 0) == 0.5);
    assert_true(v->as_real(v->of_int(op, 3), 0) == 3.0);
    assert_int_equal(v->as_bool(v->of_bool(op, 2), 0), 1);
    assert_int_equal(v->as_bool(v->of_null(op), 1), 1);
    assert_string_equal(v->as_text(v->of_text(op, "abcdef", 3), &len), "abc");
    assert_int_equal(len, 3);
    assert_null(v->as_text(v->of_int(op, 1), &len));
    assert_int_equal(v->kind(v->unknown(op, LF_KIND_TEXT)), LF_KIND_UNKNOWN);
    const struct lf_value *two[] = {v->of_int(op, 1), NULL};
    const struct lf_value *list = v->of_list(op, two, 2);
    assert_int_equal(v->count(list), 2);
    assert_int_equal(v->kind(v->at(list, 1, NULL)), LF_KIND_NULL);
    assert_null(v->at(list, 2, NULL));
    assert_int_equal(v->count(v->of_text(op, "abc", 3)), 0);
    fixture_ok(self, op, req);
}

static void test_values_are_made_and_read_back(void **state)
{
    inside(*state, make_and_read);
    fixture_said(*state, "item0=1 end ");
}

static void paths(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct lf_values *v = values(self);
    const struct lf_value *base = v->from_json(op, "{\"a\":{\"b.c\":[1,{\"d\":2}]},\"e\":3}", 31);
    const char *key = NULL;
    assert_int_equal(v->as_int(v->get(base, "a.\"b.c\"[1].d"), 0), 2);
    assert_int_equal(v->as_int(v->get(base, "e"), 0), 3);
    assert_null(v->get(base, "a.x"));
    assert_null(v->get(base, "a..b"));
    assert_null(v->get(NULL, "a"));
    assert_non_null(v->at(base, 1, &key));
    assert_string_equal(key, "e");

    char name[] = "f";
    const struct lf_value *more = v->with(op, base, name, v->of_int(op, 4));
    name[0] = '?'; /* the key was copied */
    more = v->with(op, more, "a.\"b.c\"[1].d", v->of_int(op, 9));
    size_t len = 0;
    assert_string_equal(v->to_json(op, more, &len), "{\"a\":{\"b.c\":[1,{\"d\":9}]},\"e\":3,\"f\":4}");
    assert_int_equal(len, 37);
    assert_string_equal(v->to_json(op, base, NULL), "{\"a\":{\"b.c\":[1,{\"d\":2}]},\"e\":3}");
    assert_string_equal(v->to_json(op, v->with(op, NULL, "x.y", v->of_bool(op, 1)), NULL),
                        "{\"x\":{\"y\":true}}");
    assert_null(v->from_json(op, "{", 1));
    fixture_ok(self, op, req);
}

static void test_paths_reach_inside_and_values_never_change(void **state)
{
    inside(*state, paths);
    fixture_said(*state, "item0=1 end ");
}

static void nonsense(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct lf_values *v = values(self);
    const struct lf_value *base = v->from_json(op, "{\"a\":1}", 7);
    assert_int_equal(v->kind(v->of_real(op, 1e308 * 10)), LF_KIND_NULL);
    assert_ptr_equal(v->with(op, base, "a..b", base), base);
    assert_string_equal(v->as_text(v->of_text(op, "a\xff", 2), NULL), "a\\xff");
    assert_int_equal(v->kind(v->of_text(op, NULL, 0)), LF_KIND_NULL);
    assert_null(v->reveal(op, base, NULL));
    assert_int_equal(v->kind(v->unknown(op, 4711)), LF_KIND_UNKNOWN);
    fixture_ok(self, op, req);
}

static void test_what_makes_no_sense_is_named_and_does_no_harm(void **state)
{
    struct fixture *f = *state;
    inside(f, nonsense);
    assert_string_equal(f->broke, "plugin toy-box made a number that is not finite");
    assert_non_null(strstr(f->said.at, "note:plugin.broke_contract@toy.thing.a"));
}

/* ---- secrets ------------------------------------------------------------------------------------------ */

static struct lf_value *secret_of(struct fixture *f, const char *source)
{
    struct secret s = {.source = source};
    return (struct lf_value *)value_secret(f->mem, &s);
}

static bool reveal(void *user, const struct secret *secret, const char **bytes, size_t *count,
                   struct err *err)
{
    (void)user;
    if (str_equal(secret->source, "env:LOST"))
        return err_set(err, "secret.missing", "environment variable 'LOST' is not set");
    *bytes = "hunter2hunter2";
    *count = 14;
    return true;
}

static void shown(void *user, const char *bytes, size_t count)
{
    buf_print(&((struct fixture *)user)->said, "shown:%.*s ", (int)count, bytes);
}

static const char *digest(void *user, struct arena *mem, const char *bytes, size_t count)
{
    (void)user;
    (void)bytes;
    return arena_print(mem, "digest-of-%zu", count);
}

static void reveals(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct fixture *f = self;
    const struct lf_values *v = values(self);
    size_t len = 0;
    assert_string_equal(v->reveal(op, secret_of(f, "env:GOOD"), &len), "hunter2hunter2");
    assert_int_equal(len, 14);
    assert_null(v->reveal(op, secret_of(f, "env:LOST"), &len));
    const struct value *made = (const struct value *)v->of_secret(op, "mine-mine", 9);
    assert_string_equal(made->secret->source, "output:toy.thing.a");
    assert_string_equal(made->secret->digest, "digest-of-9");
    assert_string_equal(v->reveal(op, (const struct lf_value *)made, &len), "mine-mine");
    assert_null(strstr(v->to_json(op, (const struct lf_value *)made, NULL), "mine-mine"));
    const char *claim = "{\"a\":{\"$secret\":{\"source\":\"env:GOOD\"}}}";
    const struct lf_value *said = v->get(v->from_json(op, claim, strlen(claim)), "a");
    assert_int_equal(v->kind(said), LF_KIND_MAP);
    fixture_ok(self, op, req);
}

static void test_secrets_are_revealed_inside_an_operation_and_arm_the_filter(void **state)
{
    struct fixture *f = *state;
    host_free(f->host);
    struct host_parts parts = {.loop = f->loop, .pools = f->pools};
    parts.secrets = (struct host_secrets){.user = f, .reveal = reveal, .shown = shown, .digest = digest};
    f->host = host_new(parts);
    f->driver.host = f->host;
    inside(f, reveals);
    fixture_said(f,
                 "shown:hunter2hunter2 shown:mine-mine shown:mine-mine note:plugin.cannot_reveal@toy.thing.a "
                 "item0=1 end ");
}

/* Words for digits of a password. */
static const char *mask(void *user, struct arena *mem, const char *text, size_t count)
{
    (void)user;
    const char *at = strstr(text, "hunter2hunter2");
    assert_int_equal(count, strlen(text));
    return at ? arena_print(mem, "%.*s***%s", (int)(at - text), text, at + 14) : arena_text(mem, text);
}

/* The secret stands across the place where a long text is cut. */
static void tells_on(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct fixture *f = self;
    char *words = arena_alloc(f->mem, 6000);
    memset(words, 'x', 5999);
    words[5999] = '\0';
    memcpy(words + 3992, "hunter2hunter2", 14);
    const struct lf_diag diag = {.struct_size = sizeof(diag),
                                 .severity = LF_DIAG_ERROR,
                                 .code = "toy.said",
                                 .path = "a.hunter2hunter2",
                                 .summary = "'hunter2hunter2' is refused",
                                 .detail = words,
                                 .advice = "write other than hunter2hunter2"};
    host_table(f->host)->ops->note(op, &diag);
    fixture_ok(self, op, req);
}

static void test_what_a_plugin_says_holds_no_secret_that_was_shown(void **state)
{
    struct fixture *f = *state;
    host_free(f->host);
    struct host_parts parts = {.loop = f->loop, .pools = f->pools};
    parts.secrets = (struct host_secrets){.user = f, .reveal = reveal, .shown = shown, .mask = mask};
    f->host = host_new(parts);
    f->driver.host = f->host;
    inside(f, tells_on);
    const char *detail = strrchr(f->words, '|') + 1;
    assert_int_equal(strncmp(f->words, "a.***|'***' is refused|write other than ***|xxx", 46), 0);
    assert_string_equal(detail + 3990, "xx***xxxxx");
}

/* A breach is told with what the plugin handed over. */
static void oversteps(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct fixture *f = self;
    const struct lf_send post = {
        .struct_size = sizeof(post), .method = "POST", .url = "https://a.example/?key=hunter2hunter2"};
    host_table(f->host)->http->send(op, &post, NULL, NULL);
    (void)values(self)->with(op, NULL, "hunter2hunter2..", NULL);
    fixture_ok(self, op, req);
}

static void test_nor_does_what_is_said_of_a_breach(void **state)
{
    struct fixture *f = *state;
    host_free(f->host);
    struct host_parts parts = {.loop = f->loop, .pools = f->pools};
    parts.secrets = (struct host_secrets){.user = f, .reveal = reveal, .shown = shown, .mask = mask};
    f->host = host_new(parts);
    f->driver.host = f->host;
    inside(f, oversteps);
    assert_non_null(strstr(f->words, "'https://a.example/?key=***'"));
    assert_non_null(strstr(f->broke, "the path '***..'"));
}

static void compares(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct fixture *f = self;
    const struct lf_values *v = values(self);
    struct secret one = {.source = "env:A", .digest = "d1"}, moved = {.source = "file:A", .digest = "d1"};
    struct secret changed = {.source = "env:A", .digest = "d2"};
    const struct lf_value *a = (const struct lf_value *)value_secret(f->mem, &one);
    assert_true(v->same(a, (const struct lf_value *)value_secret(f->mem, &moved)));
    assert_false(v->same(a, (const struct lf_value *)value_secret(f->mem, &changed)));
    assert_false(v->same(a, v->of_text(op, "d1", 2)));
    assert_true(v->same(v->of_int(op, 3), v->of_int(op, 3)));
    assert_true(v->same(NULL, v->of_null(op)));
    fixture_ok(self, op, req);
}

static void test_secrets_are_the_same_when_they_hide_the_same_bytes(void **state)
{
    inside(*state, compares);
}

static void test_without_a_keeper_secrets_stay_shut(void **state)
{
    struct fixture *f = *state;
    struct secret s = {.source = "env:GOOD"};
    struct err err;
    const char *bytes;
    size_t count;
    assert_false(host_reveal(f->host, &s, &bytes, &count, &err));
    assert_string_equal(err.summary, "nothing here can reveal the secret 'env:GOOD'");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_values_are_made_and_read_back),
        TEST(test_paths_reach_inside_and_values_never_change),
        TEST(test_what_makes_no_sense_is_named_and_does_no_harm),
        TEST(test_secrets_are_revealed_inside_an_operation_and_arm_the_filter),
        TEST(test_what_a_plugin_says_holds_no_secret_that_was_shown),
        TEST(test_nor_does_what_is_said_of_a_breach),
        TEST(test_secrets_are_the_same_when_they_hide_the_same_bytes),
        TEST(test_without_a_keeper_secrets_stay_shut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
