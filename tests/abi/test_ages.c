#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "bench.h"
#include "model/value.h"
#include "plugin/host.h"

#define FROZEN ABI_PLUGINS "/old-frozen.so"
#define FUTURE ABI_PLUGINS "/new-future.so"
#define NEEDY  ABI_PLUGINS "/new-needy.so"

static int open_frozen(void **state)
{
    *state = bench_open(FROZEN, "{'greeting':'servus','password':{'$secret':{'source':'test:longenough'}}}");
    return 0;
}

static int open_future(void **state)
{
    *state = bench_open(FUTURE, NULL);
    return 0;
}

static int close_bench(void **state)
{
    bench_close(*state);
    return 0;
}

/* ---- a plugin of 1.0 ----------------------------------------------------------------------------------- */

static void test_a_plugin_of_1_0_declares_its_contract(void **state)
{
    const struct driver *d = bench_driver(*state);
    const struct contract_type *t = driver_type(d, "thing");
    assert_string_equal(d->version, "1.0.0");
    assert_int_equal(t->settle.create, LF_SETTLE_TOKENED);
    assert_int_equal(t->settle.token_retention_s, 86400);
    assert_int_equal(t->facts.schema->version, 3);
    assert_int_equal(t->facts.schema->count, 5);
    assert_int_equal(t->facts.traits, CATALOG_HOLDS_DATA);
    assert_true(t->facts.can_find);
    assert_false(t->has_update);
    assert_int_equal(t->max_batch, 50);
    const struct schema_attr *parts = schema_find(t->facts.schema, "parts");
    assert_int_equal(parts->of->attrs[0].kind, VALUE_INT);
    assert_string_equal(driver_call(d, "say")->pool, "old-frozen");
}

static void test_a_plugin_of_1_0_creates_through_work_save_and_after(void **state)
{
    struct bench *b = *state;
    struct op_item item = {.verb = LF_VERB_CREATE, .marker = "lf1.x"};
    item.desired = bench_value(b, "{'name':'a','tags':['x']}");
    const struct op_result *r = bench_run(b, "thing", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->broke);
    assert_string_equal(r->id, "made-1");
    assert_string_equal(value_get_text(r->state, "greeting", ""), "servus");
    assert_int_equal(value_kind(value_get(r->state, "key")), VALUE_SECRET);
    assert_true(value_equal(r->memo, bench_value(b, "{'seen':[1,2.5,true,null]}")));
    assert_true(bench_has_note(b, "old.making"));
    size_t count;
    const struct bench_save *saves = bench_saves(b, &count);
    assert_int_equal(count, 1);
    assert_string_equal(saves[0].id, "made-1");
    assert_int_equal(value_get_int(saves[0].progress, "step", 0), 1);
}

static void test_a_plugin_of_1_0_reads_many(void **state)
{
    struct bench *b = *state;
    struct op_item items[3] = {{.verb = LF_VERB_READ}, {.verb = LF_VERB_READ}, {.verb = LF_VERB_READ}};
    items[1].prior = bench_value(b, "{'name':'b'}");
    const struct op_result *r = bench_run_many(b, "thing", items, 3);
    assert_int_equal(r[0].status, LF_END_GONE);
    assert_int_equal(r[1].status, LF_END_OK);
    assert_true(value_equal(r[1].state, items[1].prior));
    assert_int_equal(r[2].status, LF_END_GONE);
}

static void test_a_plugin_of_1_0_estimates_lists_finds_and_calls(void **state)
{
    struct bench *b = *state;
    const struct op_result *r = bench_run(b, "thing", (struct op_item){.verb = LF_VERB_ESTIMATE});
    assert_int_equal(r->cost_count, 2);
    assert_string_equal(r->costs[1].sku, "old.traffic");
    assert_int_equal(r->costs[1].high_milli, 9000);

    r = bench_run(b, "thing", (struct op_item){.verb = LF_VERB_OWNED});
    assert_int_equal(r->status, LF_END_OK);
    size_t count;
    const struct op_result *found = bench_found(b, &count);
    assert_int_equal(count, 2);
    assert_string_equal(found[1].marker, "lf1.b");

    struct op_item find = {.verb = LF_VERB_FIND};
    find.desired = bench_value(b, "{'name':'/proc/sys/kernel/ostype'}");
    r = bench_run(b, "thing", find);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(value_get_text(r->state, "name", ""), "Linux\n");
    find.desired = bench_value(b, "{'name':'/no/such/file'}");
    assert_int_equal(bench_run(b, "thing", find)->status, LF_END_GONE);

    struct op_item say = {.verb = LF_VERB_CALL, .args = bench_value(b, "{'what':'hm'}")};
    assert_string_equal(value_get_text(bench_call(b, "say", say)->reply, "said", ""), "hm");
}

static void test_a_plugin_of_1_0_runs_on_a_wider_host(void **state)
{
    struct bench *b = *state;
    const struct driver *d = bench_driver(b);
    struct {
        struct lf_host host;
        const void *weather, *tides;
    } wide = {.host = *host_table(d->host)};
    wide.host.struct_size = sizeof(wide);
    wide.host.abi_minor = 9;
    struct lf_diag why = {.struct_size = sizeof(why)};
    void *self = NULL;
    const struct lf_value *settings = (const struct lf_value *)bench_value(b, "{'greeting':'hi'}");
    assert_int_equal(d->plugin->open(&wide.host, settings, &self, &why), 0);
    assert_non_null(self);
    d->plugin->close(self);
}

/* ---- a plugin of 1.9 ----------------------------------------------------------------------------------- */

static void test_a_newer_plugin_is_walked_by_its_own_strides(void **state)
{
    const struct driver *d = bench_driver(*state);
    const struct contract_type *t = driver_type(d, "thing");
    assert_int_equal(t->facts.schema->count, 3);
    assert_int_equal(schema_find(t->facts.schema, "name")->flags, SCHEMA_REQUIRED);
    const struct schema_attr *parts = schema_find(t->facts.schema, "parts");
    assert_int_equal(parts->of->count, 2);
    assert_true(schema_find(parts->of, "fast")->fallback->truth);
    /* What this core cannot settle, it must not guess at. */
    assert_int_equal(t->settle.create, LF_SETTLE_BLIND);
}

static void test_a_newer_plugin_does_without_what_this_core_lacks(void **state)
{
    struct bench *b = *state;
    struct op_item item = {.verb = LF_VERB_CREATE, .desired = bench_value(b, "{'name':'a'}")};
    const struct op_result *r = bench_run(b, "thing", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->broke);
    assert_string_equal(value_get_text(r->state, "core", ""), "old");
    assert_true(bench_has_note(b, "new.wide"));
    r = bench_run(b, "thing", (struct op_item){.verb = LF_VERB_ESTIMATE});
    assert_int_equal(r->cost_count, 2);
    assert_string_equal(r->costs[1].sku, "new.b");
    assert_int_equal(r->costs[1].high_milli, 7);
}

static void test_a_newer_plugin_that_needs_a_service_says_so(void **state)
{
    (void)state;
    struct bench *b = NULL;
    struct err err;
    assert_false(bench_try(FUTURE, "{'wants':'weather'}", &b, &err));
    assert_string_equal(err.code, "plugin.cannot_open");
    assert_string_equal(err.summary, "driver new-future for 'new': this core has no weather service");
}

static void test_a_newer_plugin_on_an_older_host_asks_before_it_uses(void **state)
{
    struct bench *b = *state;
    const struct driver *d = bench_driver(b);
    struct lf_host narrow = *host_table(d->host);
    narrow.struct_size = offsetof(struct lf_host, files);
    narrow.files = (const struct lf_files *)(uintptr_t)8; /* whoever looks here crashes */
    struct lf_diag why = {.struct_size = sizeof(why)};
    void *self = NULL;
    const struct lf_value *settings = (const struct lf_value *)bench_value(b, "{'wants':'files'}");
    assert_int_equal(d->plugin->open(&narrow, settings, &self, &why), -1);
    assert_string_equal(why.summary, "this core has no files service");
}

static void test_a_plugin_that_needs_a_newer_core_is_refused(void **state)
{
    (void)state;
    struct bench *b = NULL;
    struct err err;
    assert_false(bench_try(NEEDY, NULL, &b, &err));
    assert_string_equal(err.code, "plugin.abi");
    assert_non_null(strstr(err.summary, "needs version 1.9 of the plugin contract, this core has 1.1"));
    assert_string_equal(err.advice, "use a newer landfall, or an older build of the plugin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_plugin_of_1_0_declares_its_contract, open_frozen, close_bench),
        cmocka_unit_test_setup_teardown(test_a_plugin_of_1_0_creates_through_work_save_and_after, open_frozen,
                                        close_bench),
        cmocka_unit_test_setup_teardown(test_a_plugin_of_1_0_reads_many, open_frozen, close_bench),
        cmocka_unit_test_setup_teardown(test_a_plugin_of_1_0_estimates_lists_finds_and_calls, open_frozen,
                                        close_bench),
        cmocka_unit_test_setup_teardown(test_a_plugin_of_1_0_runs_on_a_wider_host, open_frozen, close_bench),
        cmocka_unit_test_setup_teardown(test_a_newer_plugin_is_walked_by_its_own_strides, open_future,
                                        close_bench),
        cmocka_unit_test_setup_teardown(test_a_newer_plugin_does_without_what_this_core_lacks, open_future,
                                        close_bench),
        cmocka_unit_test(test_a_newer_plugin_that_needs_a_service_says_so),
        cmocka_unit_test_setup_teardown(test_a_newer_plugin_on_an_older_host_asks_before_it_uses, open_future,
                                        close_bench),
        cmocka_unit_test(test_a_plugin_that_needs_a_newer_core_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
