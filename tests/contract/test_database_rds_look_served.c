#include "rds_world.h"

/* What database-rds sees, promises and refuses before anything is made, against a strict double of RDS; and
 * the suite that all drivers pass. */

/* ---- plans, sweeps, preflight ---------------------------------------------------------------------------
 */

static void test_what_can_never_be_is_refused_in_the_plan(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *prior, *desired, *code;
    } cases[] = {
        {NULL, "{'name':'Acme','size':'db.t4g.medium','storage_gb':100}", "rds.name"},
        {NULL, "{'name':'acme--eu','size':'db.t4g.medium','storage_gb':100}", "rds.name"},
        {NULL, "{'name':'acme\\'; drop','size':'db.t4g.medium','storage_gb':100}", "rds.name"},
        {NULL,
         "{'name':'a123456789012345678901234567890123456789012345678901234567890123','size':'db.t4g.medium',"
         "'storage_gb':100}",
         "rds.name"},
        {NULL, "{'name':'acme-eu','storage_gb':100}", "rds.size"},
        {NULL, "{'name':'acme-eu','size':'t4g.medium','storage_gb':100}", "rds.size"},
        {NULL, "{'name':'acme-eu','size':'db.t4g.medium'}", "rds.storage"},
        {NULL, "{'name':'acme-eu','size':'db.t4g.medium','storage_gb':20}", "rds.storage"},
        {NULL, "{" SMALL ",'replicas':2}", "rds.replicas"},
        {NULL, "{" SMALL ",'place':'us-east-1'}", "rds.place"},
        {NULL, "{" SMALL ",'place':'eu-west-1a','replicas':1}", "rds.place"},
        {NULL, "{" SMALL ",'options':{'engine':'aurora-postgresql'}}", "rds.option"},
        {NULL, "{" SMALL ",'options':{'engine':'mysql'}}", "rds.option"},
        {NULL, "{" SMALL ",'options':{'version':'sixteen'}}", "rds.option"},
        {NULL, "{" SMALL ",'options':{'user':'admin'}}", "rds.option"},
        {NULL, "{" SMALL ",'options':{'kms_key':'alias/x'}}", "rds.option"},
        {NULL, "{" SMALL ",'options':{'backup_days':36}}", "rds.option"},
        {NULL, "{" SMALL ",'options':{'public':'yes'}}", "rds.option"},
        {NULL, "{" SMALL ",'options':{'security_groups':[]}}", "rds.option"},
        {NULL, "{" SMALL ",'options':{'iops':3000}}", "database.option_unknown"},
        {NULL, "{'name':'acme-eu','size':'db.x9.huge','storage_gb':100}", "rds.not_offered"},
        {NULL, "{'name':'acme-eu','size':'db.t4g.micro','storage_gb':100,'replicas':1}", "rds.not_offered"},
        {NULL, "{" SMALL ",'options':{'version':'16.9'}}", "rds.not_offered"},
        {NULL, "{" SMALL ",'place':'eu-west-1f'}", "rds.not_offered"},
        {TREE, "{'name':'acme-eu','size':'db.t4g.medium','storage_gb':50}", "rds.storage_shrink"},
        {TREE, "{'name':'acme-eu','size':'db.t4g.medium','storage_gb':105}", "rds.storage_step"},
        {"{" SMALL ",'options':{'user':'a'}}", "{" SMALL ",'options':{'user':'b'}}", "rds.fixed"},
        {"{" SMALL ",'place':'eu-west-1a'}", "{" SMALL ",'place':'eu-west-1b'}", "rds.fixed"},
        {"{" SMALL ",'options':{'version':'16.4'}}", "{" SMALL ",'options':{'version':'17'}}", "rds.version"},
        {"{" SMALL ",'options':{'version':'16.4'}}", "{" SMALL ",'options':{'version':'16.3'}}",
         "rds.version"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct op_result *r = plan(w, cases[i].prior, cases[i].desired);
        if (r->status != LF_END_REFUSED)
            fail_msg("%s is planned", cases[i].desired);
        assert_note(w, cases[i].code);
    }
    assert_int_equal(instances(w), 0);
}

static void test_a_plan_promises_what_comes(void **state)
{
    struct world *w = *state;
    size_t count = 0;
    const struct op_result *r = plan(w, NULL, TREE);
    assert_end(w, r, LF_END_OK);
    assert_int_equal(r->action, LF_DO_CREATE);
    assert_state(w, r, "place", "'eu-west-1'");
    (void)bench_notes(w->b, &count);
    assert_int_equal(count, 0);
    (void)plan(w, NULL, "{" SMALL ",'replicas':1}");
    assert_note(w, "rds.standby");
    (void)make(w);
    r = run(w, LF_VERB_READ, TREE);
    assert_end(w, r, LF_END_OK);
    struct op_item item = item_of(w, LF_VERB_PLAN, TREE);
    item.prior = r->state;
    assert_int_equal(run_item(w, item)->action, LF_DO_KEEP);
    item.desired = bench_value(w->b, "{" SMALL ",'replicas':1}");
    assert_int_equal(run_item(w, item)->action, LF_DO_UPDATE);
    item.desired = bench_value(w->b, "{'name':'acme-b','size':'db.t4g.medium','storage_gb':21}");
    assert_int_equal(run_item(w, item)->action, LF_DO_REPLACE);
    /* Who may not ask plans all the same, and is told. */
    set(w, "{'keys':[{'access':'AKIDEXAMPLE','secret':'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',"
           "'denied':['DescribeOrderableDBInstanceOptions']}]}");
    assert_end(w, plan(w, NULL, TREE), LF_END_OK);
    assert_note(w, "rds.offer_unknown");
}

static void test_a_sweep_finds_what_is_marked_on_every_page(void **state)
{
    struct world *w = *state;
    (void)make(w);
    set(w, "{'page':2}");
    for (int i = 0; i < 5; i++)
        someone(w, text(w, "{'make':'n%d','tags':{'%s':'lf1.x'}}", i, i == 3 ? "landfall" : "team"));
    size_t count = 0;
    assert_end(w, run_item(w, (struct op_item){.verb = LF_VERB_OWNED}), LF_END_OK);
    const struct op_result *found = bench_found(w->b, &count);
    assert_int_equal(count, 2);
    assert_string_equal(found[0].marker, MINE);
    assert_string_equal(value_get_text(found[0].memo, "address", ""), "database.cluster.main");
    assert_string_equal(found[1].id, "n3");
    assert_int_equal(asked(w, "DescribeDBInstances") >= 3, 1);
    fault(w, "DescribeDBInstances", "before_500", 1);
    assert_end(w, run_item(w, (struct op_item){.verb = LF_VERB_OWNED}), LF_END_CANNOT_TELL);
}

static void preflight_ends(struct world *w, uint32_t status, const char *code)
{
    assert_end(w, run_item(w, (struct op_item){.verb = LF_VERB_PREFLIGHT}), status);
    if (code)
        assert_note(w, code);
}

static void test_preflight_says_what_is_wrong(void **state)
{
    struct world *w = *state;
    size_t count = 0;
    preflight_ends(w, LF_END_OK, NULL);
    (void)bench_notes(w->b, &count);
    assert_int_equal(count, 0);
    set(w, "{'instances_most':0}");
    preflight_ends(w, LF_END_OK, "rds.quota");
    fault(w, "DescribeDBInstances", "before_500", 1);
    preflight_ends(w, LF_END_CANNOT_TELL, "rds.trouble");
    set(w, "{'keys':[{'access':'AKIDEXAMPLE','secret':'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',"
           "'denied':['DescribeAccountAttributes']}]}");
    preflight_ends(w, LF_END_OK, "rds.quota_unknown");
    set(w, "{'keys':[{'access':'AKIDEXAMPLE','secret':'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',"
           "'denied':['DescribeDBInstances']}]}");
    preflight_ends(w, LF_END_REFUSED, "rds.forbidden");
    set(w, "{'region':'us-gov-west-1'}");
    preflight_ends(w, LF_END_REFUSED, "rds.signature");
    open_at(w, twin_port(w->twin),
            "'access_key':{'$secret':{'source':'test:WRONG'}},'secret_key':{'$secret':{'source':'test:x'}}");
    preflight_ends(w, LF_END_REFUSED, "rds.credentials");
    open_at(w, 9, KEYS);
    preflight_ends(w, LF_END_RETRY, "rds.unreachable");
}

static void test_looking_verbs_change_nothing(void **state)
{
    struct world *w = *state;
    (void)make(w);
    set(w, "{'log':0}");
    static const uint32_t verbs[] = {LF_VERB_READ, LF_VERB_FIND, LF_VERB_RECOVER, LF_VERB_PLAN,
                                     LF_VERB_ESTIMATE};
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        assert_end(w, run(w, verbs[i], TREE), LF_END_OK);
    assert_int_equal(twin_count(w->twin, "log", "\"action\": \"Describe"),
                     twin_count(w->twin, "log", "\"action\": "));
    /* No answer is never "gone". */
    fault(w, "DescribeDBInstances", "reset", 1);
    assert_end(w, run(w, LF_VERB_READ, TREE), LF_END_CANNOT_TELL);
    fault(w, "DescribeDBInstances", "garbage", 1);
    assert_end(w, run(w, LF_VERB_RECOVER, TREE), LF_END_CANNOT_TELL);
}

static void test_a_standby_costs_what_its_primary_costs(void **state)
{
    struct world *w = *state;
    const struct op_result *r = run(w, LF_VERB_ESTIMATE, "{" SMALL ",'replicas':1}");
    assert_end(w, r, LF_END_OK);
    assert_int_equal(r->cost_count, 3);
    assert_string_equal(r->costs[0].sku, "rds.eu-west-1.db.t4g.medium");
    assert_int_equal(r->costs[0].expected_milli, 2000);
    assert_string_equal(r->costs[1].sku, "rds.eu-west-1.storage.gp3");
    assert_int_equal(r->costs[1].expected_milli, 188000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        TEST(test_what_can_never_be_is_refused_in_the_plan),
        TEST(test_a_plan_promises_what_comes),
        TEST(test_a_sweep_finds_what_is_marked_on_every_page),
        TEST(test_preflight_says_what_is_wrong),
        TEST(test_looking_verbs_change_nothing),
        TEST(test_a_standby_costs_what_its_primary_costs),
    };
    int end = 0;
    const char *missing = twin_missing(&end);
    if (missing) {
        (void)fprintf(stderr, "%s\n", missing);
        return end;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
