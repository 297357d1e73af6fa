#include "golden.h"

#include "model/value_json.h"
#include "report/as_dot.h"
#include "report/as_json.h"
#include "report/as_text.h"
#include "sample.h"

static void connect_steps(struct sample *s)
{
    /* 0 <- 1 <- 2, and 0 <- 2. */
    static const uint32_t needs[] = {0, 0, 1}, needs_at[] = {0, 0, 1, 3}, sorted[] = {0, 1, 2};
    sample_add(s, "dns.zone.apex", DECL_RESOURCE, "names", PLAN_CREATE, "new");
    sample_add(s, "dns.zone.parent", DECL_EXISTING, "names", PLAN_LOOKUP, "looked up");
    sample_add(s, "odd \"name\\", DECL_CHECK, "", PLAN_CHECK, "never ran");
    s->graph.needs = needs;
    s->graph.needs_at = needs_at;
    s->graph.sorted = sorted;
}

static void make(struct golden *g, struct sample *s)
{
    golden_open(g, (struct out_style){0});
    memset(s, 0, sizeof(*s));
    s->mem = g->mem;
    s->graph.nodes = s->nodes;
    connect_steps(s);
}

static void test_a_graph_is_valid_dot_with_everything_escaped(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    make(&g, &s);
    s.nodes[0].decl = NULL;
    as_dot_graph(&g.out, "eu", &s.graph);
    golden_check(&g, "graph.dot");
}

static void test_a_graph_as_text_names_what_each_step_needs(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    make(&g, &s);
    as_text_graph(&g.out, &s.graph);
    assert_string_equal(golden_text(&g), "dns.zone.apex\n"
                                         "dns.zone.parent\n"
                                         "    needs dns.zone.apex\n"
                                         "odd \"name\\\n"
                                         "    needs dns.zone.apex\n"
                                         "    needs dns.zone.parent\n");
    golden_close(&g);
}

static void test_a_graph_as_json_has_its_edges(void **state)
{
    (void)state;
    struct golden g;
    struct sample s;
    struct err err;
    const struct value *v;
    make(&g, &s);
    as_json_graph(&g.out, "eu", &s.graph);
    const char *said = golden_text(&g);
    assert_true(value_json_parse(g.mem, said, strlen(said), &v, &err));
    const struct value *last = value_item(value_get(v, "steps"), 2);
    assert_string_equal(value_get_text(last, "kind", ""), "check");
    assert_int_equal(value_get(last, "needs")->count, 2);
    golden_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_graph_is_valid_dot_with_everything_escaped),
        cmocka_unit_test(test_a_graph_as_text_names_what_each_step_needs),
        cmocka_unit_test(test_a_graph_as_json_has_its_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
