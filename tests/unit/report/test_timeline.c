#include "golden.h"

#include "report/timeline.h"
#include "report_sample.h"

static struct timeline make(struct golden *g, struct sample *s)
{
    struct timeline t;
    golden_open(g, (struct out_style){0});
    sample_make(s, g->mem);
    report_sample_connect(s);
    timeline_make(g->mem, &s->plan, report_sample_events, COUNT_OF(report_sample_events), &t);
    return t;
}

static void test_each_end_is_a_bar_as_long_as_it_took(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    struct timeline t = make(&g, &s);
    assert_int_equal(t.count, 5); /* who waits has none */
    assert_string_equal(t.bars[0].event->address, "database.database.main");
    assert_int_equal(t.bars[0].end_ms - t.bars[0].start_ms, 5000);
    assert_int_equal(t.start_ms, REPORT_SAMPLE_NOW - 9000);
    assert_int_equal(t.end_ms, REPORT_SAMPLE_NOW);
    assert_int_equal(t.bars[4].step, UINT32_MAX); /* dns.gone.away */
    golden_close(&g);
}

static void test_the_critical_path_leads_from_the_last_end_to_what_it_waited_for(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    struct timeline t = make(&g, &s);
    assert_int_equal(t.path_count, 2);
    assert_string_equal(t.bars[t.path[0]].event->address, "database.database.main");
    assert_string_equal(t.bars[t.path[1]].event->address, "action.seed-reference-data");
    assert_int_equal(t.path_ms, 9000);
    golden_close(&g);
}

static void test_a_step_that_came_twice_has_two_bars_and_the_last_one_counts(void **state)
{
    (void)state;
    static const struct store_event events[] = {
        {1, 1000, "r1", "step.failed", "dns.zone.apex", "create", NULL, NULL, 100},
        {2, 3000, "r1", "step.done", "dns.zone.apex", "create", NULL, NULL, 200},
    };
    struct golden g;
    struct sample s;
    struct timeline t = make(&g, &s);
    timeline_make(g.mem, &s.plan, events, COUNT_OF(events), &t);
    const struct timeline_bar *const *last = timeline_by_step(g.mem, &s.plan, &t);
    assert_int_equal(t.count, 2);
    assert_int_equal(last[plan_find(&s.plan, "dns.zone.apex")]->end_ms, 3000);
    assert_null(last[0]);
    golden_close(&g);
}

/* Made and taken down in one run: the walk goes both ways along one edge, and ends. */
static void test_the_path_ends_when_a_step_and_its_need_end_in_either_order(void **state)
{
    (void)state;
    static const struct store_event events[] = {
        {1, 1000, "r1", "step.done", "dns.record.api", "create", NULL, NULL, 100},
        {2, 1000, "r1", "step.done", "dns.zone.apex", "destroy", NULL, NULL, 100},
    };
    struct golden g;
    struct sample s;
    struct timeline t = make(&g, &s);
    timeline_make(g.mem, &s.plan, events, COUNT_OF(events), &t);
    assert_int_equal(t.path_count, 2);
    golden_close(&g);
}

static void test_no_events_are_no_timeline(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    struct timeline t = make(&g, &s);
    timeline_make(g.mem, &s.plan, NULL, 0, &t);
    assert_int_equal(t.count + t.path_count, 0);
    assert_int_equal(t.start_ms, 0);
    golden_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_end_is_a_bar_as_long_as_it_took),
        cmocka_unit_test(test_the_critical_path_leads_from_the_last_end_to_what_it_waited_for),
        cmocka_unit_test(test_a_step_that_came_twice_has_two_bars_and_the_last_one_counts),
        cmocka_unit_test(test_the_path_ends_when_a_step_and_its_need_end_in_either_order),
        cmocka_unit_test(test_no_events_are_no_timeline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
