#include "golden.h"

#include "facts_sample.h"
#include "model/diag.h"
#include "model/value_json.h"
#include "region/provenance.h"
#include "report/as_json.h"

static const struct out_style style = {0};

/* What was said, read back: one JSON text with that format, which is its first key. */
static const struct value *parsed(struct golden *g, const char *format)
{
    struct err err;
    const struct value *v;
    const char *said = golden_text(g);
    const char *head = arena_print(g->mem, "{\n  \"format\": \"%s\"", format);
    assert_memory_equal(said, head, strlen(head));
    assert_int_equal(said[strlen(said) - 1], '\n');
    if (!value_json_parse(g->mem, said, strlen(said), &v, &err))
        fail_msg("%s\n%s", err.summary, said);
    return v;
}

static void test_a_plan_holds_every_fact_and_reads_back(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, style);
    sample_make(&s, g.mem);
    as_json_plan(&g.out, &s.plan);
    const struct value *v = parsed(&g, "landfall.plan/1");
    assert_int_equal(value_get(v, "steps")->count, s.plan.count);
    assert_string_equal(value_get_text(value_get(v, "cost"), "month_low", ""), "303.00");
    assert_int_equal(value_get(v, "pending")->count, 2);
    golden_check(&g, "plan.json");
}

static void test_a_value_that_is_secret_by_its_schema_is_not_told(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, style);
    sample_make(&s, g.mem);
    struct plan_step *db = &s.steps[2];
    assert_string_equal(db->address, "database.database.main");
    db->desired = db->promise =
        SAMPLE_MAP(&s, {"name", sample_t(&s, "main")}, {"password", sample_t(&s, "hunter2-hunter2")});
    as_json_plan(&g.out, &s.plan);
    assert_null(strstr(golden_text(&g), "hunter2"));
    golden_close(&g);
}

static void test_an_error_carries_what_else_was_found(void **state)
{
    (void)state;
    struct golden g;
    struct err err;
    struct diags d;
    golden_open(&g, style);
    diag_init(&d, g.mem);
    diag_add(&d, &(struct diag){.severity = DIAG_ERROR, .code = "a.b", .summary = "one \"quoted\" thing"});
    err_set(&err, "a.b", "one \"quoted\" thing");
    err_at(&err, "regions/eu.yaml", 3, 1);
    as_json_err(&g.out, &err, &d);
    const struct value *v = parsed(&g, "landfall.error/1");
    assert_string_equal(value_get_text(v, "where", ""), "regions/eu.yaml:3:1");
    assert_null(value_get(v, "advice"));
    assert_int_equal(value_get(v, "diagnostics")->count, 1);
    golden_close(&g);
}

static void test_check_counts_what_it_found(void **state)
{
    (void)state;
    struct golden g;
    struct diags d;
    golden_open(&g, style);
    diag_init(&d, g.mem);
    as_json_check(&g.out, "eu", 62, NULL, &d);
    const struct value *v = parsed(&g, "landfall.check/1");
    assert_null(value_get(v, "left_out"));
    assert_true(value_get_bool(v, "ok", false));
    assert_int_equal(value_get_int(v, "steps", 0), 62);
    assert_int_equal(value_get(v, "diagnostics")->count, 0);
    golden_close(&g);
}

static void test_a_value_comes_with_its_story(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, style);
    const struct origin written = {
        .file = "regions/us.yaml", .line = 20, .column = 7, .kind = ORIGIN_WRITTEN};
    const struct provenance_step step = {&written, value_int(g.mem, 8)};
    as_json_value(&g.out, "eu", "services.x", value_int(g.mem, 8), &step, 1);
    const struct value *v = parsed(&g, "landfall.value/1");
    assert_int_equal(value_get_int(v, "value", 0), 8);
    assert_string_equal(value_get_text(value_item(value_get(v, "story"), 0), "how", ""), "written");
    golden_close(&g);
}

static void test_outputs_all_or_one(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, style);
    sample_make(&s, g.mem);
    as_json_outputs(&g.out, "eu", NULL, s.plan.outputs);
    assert_int_equal(value_get(parsed(&g, "landfall.outputs/1"), "outputs")->count, 2);
    golden_close(&g);
    golden_open(&g, style);
    sample_make(&s, g.mem);
    as_json_outputs(&g.out, "eu", "app_url", s.plan.outputs);
    const struct value *one = value_get(parsed(&g, "landfall.outputs/1"), "outputs");
    assert_int_equal(one->count, 1);
    assert_string_equal(value_get_text(one, "app_url", ""), "https://app.eu.acme.example");
    golden_close(&g);
    golden_open(&g, style);
    as_json_outputs(&g.out, "eu", NULL, NULL);
    assert_int_equal(value_get(parsed(&g, "landfall.outputs/1"), "outputs")->count, 0);
    golden_close(&g);
}

static void test_status(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, style);
    sample_make(&s, g.mem);
    struct facts_status status = facts_make_status(&s.region);
    as_json_status(&g.out, &status);
    /* What failed and was done later is no trouble any more. */
    assert_int_equal(value_get(parsed(&g, "landfall.status/1"), "troubles")->count, 2);
    golden_check(&g, "status.json");
}

static void test_a_run(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    golden_open(&g, style);
    sample_make(&s, g.mem);
    struct facts_run run = facts_make_run(&s.plan, s.plan.outputs);
    as_json_run(&g.out, &run);
    assert_string_equal(value_get_text(parsed(&g, "landfall.run/1"), "state", ""), "partial");
    golden_check(&g, "run.json");
}

static void test_history(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, style);
    struct facts_history h = facts_make_history(NULL);
    as_json_history(&g.out, &h);
    const struct value *v = parsed(&g, "landfall.history/1");
    assert_int_equal(value_get(v, "runs")->count, 1);
    assert_null(value_get(v, "earlier_runs"));
    assert_string_equal(value_get_text(value_item(value_get(v, "events"), 0), "at", ""),
                        "2026-11-22T09:40:40.123Z");
    golden_close(&g);
}

static void test_a_deed(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, style);
    as_json_deed(&g.out, &(struct facts_deed){.command = "resolve",
                                              .region = "eu",
                                              .address = "dns.zone.apex",
                                              .what = "kept zone-2",
                                              .id = "zone-2"});
    assert_string_equal(value_get_text(parsed(&g, "landfall.deed/1"), "id", ""), "zone-2");
    golden_close(&g);
}

static void test_plugins_and_what_they_offer(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    struct facts_plugin plugins[2];
    golden_open(&g, style);
    sample_make(&s, g.mem);
    facts_make_plugins(&s, plugins);
    as_json_plugins(&g.out, plugins, 2);
    const struct value *list = value_get(parsed(&g, "landfall.plugins/1"), "plugins");
    assert_string_equal(value_get_text(value_item(list, 1), "refused", ""), "it was built for ABI 2");
    golden_close(&g);
    golden_open(&g, style);
    sample_make(&s, g.mem);
    facts_make_plugins(&s, plugins);
    as_json_describe(&g.out, plugins, 1, NULL);
    golden_check(&g, "describe.json");
    golden_open(&g, style);
    as_json_describe(&g.out, plugins, 1, "query");
    const struct value *driver = value_item(value_get(parsed(&g, "landfall.describe/1"), "drivers"), 0);
    assert_int_equal(value_get(driver, "types")->count, 0);
    assert_int_equal(value_get(driver, "calls")->count, 1);
    golden_close(&g);
}

static void test_tricky_characters_are_escaped_and_mean_the_same(void **state)
{
    (void)state;
    struct golden g;
    golden_open(&g, style);
    const char *text = "a\x7f\xc2\x9b\xe2\x80\xae\xc3\xa9\x1b";
    as_json_value(&g.out, "eu", "p", value_text(g.mem, text), NULL, 0);
    assert_non_null(strstr(golden_text(&g), "a\\u007f\\u009b\\u202e\xc3\xa9\\u001b"));
    assert_string_equal(value_get_text(parsed(&g, "landfall.value/1"), "value", ""), text);
    golden_close(&g);
}

static void test_bytes_that_are_no_text_do_not_break_the_document(void **state)
{
    (void)state;
    struct golden g;
    struct err err;
    golden_open(&g, style);
    err_set(&err, "x.y", "cut \xe2\x82");
    as_json_err(&g.out, &err, NULL);
    assert_string_equal(value_get_text(parsed(&g, "landfall.error/1"), "summary", ""),
                        "cut \xef\xbf\xbd\xef\xbf\xbd");
    golden_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plan_holds_every_fact_and_reads_back),
        cmocka_unit_test(test_a_value_that_is_secret_by_its_schema_is_not_told),
        cmocka_unit_test(test_an_error_carries_what_else_was_found),
        cmocka_unit_test(test_check_counts_what_it_found),
        cmocka_unit_test(test_a_value_comes_with_its_story),
        cmocka_unit_test(test_outputs_all_or_one),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_a_run),
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_a_deed),
        cmocka_unit_test(test_plugins_and_what_they_offer),
        cmocka_unit_test(test_tricky_characters_are_escaped_and_mean_the_same),
        cmocka_unit_test(test_bytes_that_are_no_text_do_not_break_the_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
