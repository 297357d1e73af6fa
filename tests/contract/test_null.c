#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "bench.h"
#include "model/value.h"

#define DRIVER PLUGINS_FOLDER "/null-null.so"

static int open_plain(void **state)
{
    *state = bench_open(DRIVER, NULL);
    return 0;
}

static int close_bench(void **state)
{
    bench_close(*state);
    return 0;
}

static void test_a_created_thing_says_its_id_marker_and_state(void **state)
{
    struct bench *b = *state;
    struct op_item item = {.verb = LF_VERB_CREATE, .marker = "lf1.mine"};
    item.desired = bench_value(b, "{'name':'one','size':3}");
    const struct op_result *r = bench_run(b, "thing", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->broke);
    assert_string_equal(r->id, "lf1.mine");
    assert_string_equal(r->marker, "lf1.mine");
    assert_true(value_equal(r->state, bench_value(b, "{'name':'one','size':3,'echo':'one'}")));
}

static void test_a_read_tells_what_was_remembered(void **state)
{
    struct bench *b = *state;
    struct op_item item = {.verb = LF_VERB_READ, .id = "x", .prior = bench_value(b, "{'size':1}")};
    const struct op_result *r = bench_run(b, "thing", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_true(value_equal(r->state, item.prior));
    assert_int_equal(bench_run(b, "thing", (struct op_item){.verb = LF_VERB_READ})->status, LF_END_GONE);
}

static void test_a_batch_settles_each_item_by_its_own_verb(void **state)
{
    struct bench *b = *state;
    struct op_item items[] = {
        {.verb = LF_VERB_CREATE, .desired = bench_value(b, "{'name':'a'}"), .marker = "lf1.a"},
        {.verb = LF_VERB_DESTROY, .id = "b"},
        {.verb = LF_VERB_UPDATE, .id = "c", .desired = bench_value(b, "{'size':2}")},
    };
    const struct op_result *r = bench_run_many(b, "thing", items, 3);
    assert_int_equal(r[0].status, LF_END_OK);
    assert_string_equal(r[0].id, "lf1.a");
    assert_int_equal(r[1].status, LF_END_GONE);
    assert_int_equal(r[2].status, LF_END_OK);
    assert_string_equal(r[2].id, "c");
}

static void test_a_slow_create_ends_at_its_deadline_in_doubt(void **state)
{
    (void)state;
    struct bench *b = bench_open(DRIVER, "{'delay_ms':60000}");
    bench_timeout(b, 10);
    const struct op_result *r = bench_run(b, "thing", (struct op_item){.verb = LF_VERB_CREATE});
    assert_int_equal(r->status, LF_END_UNSURE);
    assert_true(r->timed_out);
    assert_null(r->broke);
    size_t breaches;
    bench_breaches(b, &breaches);
    assert_int_equal(breaches, 0);
    bench_close(b);
}

static void test_the_echo_call_gives_its_argument_back(void **state)
{
    struct bench *b = *state;
    struct op_item item = {.verb = LF_VERB_CALL, .args = bench_value(b, "{'value':[1,2]}")};
    const struct op_result *r = bench_call(b, "echo", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_non_null(r->reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_created_thing_says_its_id_marker_and_state, open_plain,
                                        close_bench),
        cmocka_unit_test_setup_teardown(test_a_read_tells_what_was_remembered, open_plain, close_bench),
        cmocka_unit_test_setup_teardown(test_a_batch_settles_each_item_by_its_own_verb, open_plain,
                                        close_bench),
        cmocka_unit_test(test_a_slow_create_ends_at_its_deadline_in_doubt),
        cmocka_unit_test_setup_teardown(test_the_echo_call_gives_its_argument_back, open_plain, close_bench),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
