#include "rds_world.h"

/* database-rds against a strict double of the service, judged by what the double holds in the end: making,
 * changing, removing. */

/* ---- making -------------------------------------------------------------------------------------------- */

static void test_an_instance_is_made_marked_and_waited_for(void **state)
{
    struct world *w = *state;
    const struct op_result *r =
        run(w, LF_VERB_CREATE,
            "{" SMALL ",'replicas':1,'options':{'version':'16','user':'owner','subnet_group':'private',"
            "'security_groups':['sg-2','sg-1'],'backup_days':14,'deletion_protection':true,"
            "'final_snapshot':false}}");
    assert_end(w, r, LF_END_OK);
    assert_string_equal(r->id, "acme-eu");
    assert_string_equal(r->marker, MINE);
    assert_state(w, r, "size", "'db.t4g.medium'");
    assert_state(w, r, "storage_gb", "100");
    assert_state(w, r, "replicas", "1");
    assert_state(w, r, "place", "'eu-west-1'");
    assert_state(w, r, "host", "'acme-eu.c9akciq32.eu-west-1.rds.example'");
    assert_state(w, r, "options",
                 "{'version':'16','user':'owner','subnet_group':'private','security_groups':['sg-2','sg-1'],"
                 "'backup_days':14,'deletion_protection':true,'final_snapshot':false}");
    assert_holds(w, "'AllocatedStorage': '94'");
    assert_holds(w, "'StorageEncrypted': 'true'");
    assert_holds(w, "'ManageMasterUserPassword': 'true'");
    assert_holds(w, "'PubliclyAccessible': 'false'");
    assert_holds(w, "'tags': {'landfall': 'lf1.mine', 'landfall:address': 'database.cluster.main'}");
    assert_holds(w, "'DBInstanceStatus': 'available'");
    size_t saves = 0;
    assert_string_equal(bench_saves(w->b, &saves)[0].id, "acme-eu");
    assert_int_equal(saves, 1);
    assert_int_equal(twin_count(w->twin, "log", "MasterUserPassword="), 0);
}

static void test_made_twice_is_one(void **state)
{
    struct world *w = *state;
    (void)make(w);
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_OK);
    assert_int_equal(instances(w), 1);
    assert_int_equal(asked(w, "ModifyDBInstance"), 0);
    /* The same again, with more asked: it is brought there. */
    assert_end(w, run(w, LF_VERB_CREATE, "{" SMALL ",'replicas':1}"), LF_END_OK);
    assert_holds(w, "'MultiAZ': 'true'");
}

static void test_a_lost_reply_makes_no_second(void **state)
{
    struct world *w = *state;
    fault(w, "CreateDBInstance", "lost", 1);
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_UNSURE);
    /* Still being made: ours, and nothing that could be taken for finished. */
    const struct op_result *r = run(w, LF_VERB_RECOVER, TREE);
    assert_end(w, r, LF_END_OK);
    assert_string_equal(r->marker, MINE);
    assert_null(r->state);
    r = run(w, LF_VERB_CREATE, TREE);
    assert_end(w, r, LF_END_OK);
    assert_non_null(value_get(r->state, "host"));
    assert_int_equal(instances(w), 1);
    r = run(w, LF_VERB_RECOVER, TREE);
    assert_state(w, r, "storage_gb", "100");
    fault(w, "CreateDBInstance", "after_500", 1);
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_UNSURE);
}

/* A process dies with the identity saved: the next one goes on from there, though no look shows it yet. */
static void test_a_create_goes_on_from_what_was_saved(void **state)
{
    struct world *w = *state;
    fault(w, "DescribeDBInstances", "reset", 99);
    bench_timeout(w->b, 3000);
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_UNSURE);
    bench_timeout(w->b, 0);
    size_t count = 0;
    const struct bench_save *saves = bench_saves(w->b, &count);
    assert_int_equal(count, 1);
    struct op_item item = item_of(w, LF_VERB_CREATE, TREE);
    item.id = saves[0].id;
    item.saved = saves[0].progress;
    set(w, "{'faults':0,'lag':1.5}");
    assert_end(w, run_item(w, item), LF_END_OK);
    assert_int_equal(asked(w, "CreateDBInstance"), 1);
    /* Another of that name in its place is not the one that was begun. */
    someone(w, "{'at':'acme-eu','values':{'DbiResourceId':'db-ELSE'}}");
    set(w, "{'lag':0}");
    assert_end(w, run_item(w, item), LF_END_EXISTS);
}

static void test_looks_that_lag_are_waited_for(void **state)
{
    struct world *w = *state;
    set(w, "{'lag':0.5}");
    const struct value *memo = make(w);
    assert_end(w, update(w, memo, "{" SMALL ",'replicas':1}"), LF_END_OK);
    assert_int_equal(asked(w, "ModifyDBInstance"), 1);
    assert_end(w, destroy(w, memo, TREE), LF_END_GONE);
    assert_int_equal(asked(w, "DeleteDBInstance"), 1);
    assert_int_equal(instances(w), 0);
}

/* A quarter of an hour is not lost to one bad answer. */
static void test_a_look_that_fails_is_looked_again(void **state)
{
    struct world *w = *state;
    fault(w, "DescribeDBInstances", "throttle", 2);
    fault(w, "DescribeDBInstances", "before_500", 2);
    (void)make(w);
    assert_int_equal(asked(w, "CreateDBInstance"), 1);
}

static void test_a_late_create_of_a_dead_process_makes_no_second(void **state)
{
    struct world *w = *state;
    fault(w, "CreateDBInstance", "late", 1);
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_UNSURE);
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_OK);
    assert_string_equal(twin_tell(w->twin, "land", NULL), "1");
    assert_int_equal(twin_count(w->twin, "log", "DBInstanceAlreadyExists"), 1);
    assert_int_equal(instances(w), 1);
}

static void test_a_foreign_instance_is_a_conflict_and_untouched(void **state)
{
    struct world *w = *state;
    someone(w, "{'make':'acme-eu'}");
    const struct op_result *r = run(w, LF_VERB_CREATE, TREE);
    assert_end(w, r, LF_END_EXISTS);
    assert_null(r->marker);
    someone(w, "{'at':'acme-eu','tags':{'landfall':'" OTHER "'}}");
    r = run(w, LF_VERB_CREATE, TREE);
    assert_end(w, r, LF_END_EXISTS);
    assert_string_equal(r->marker, OTHER);
    assert_end(w, run(w, LF_VERB_RECOVER, TREE), LF_END_EXISTS);
    assert_end(w, update(w, NULL, TREE), LF_END_EXISTS);
    assert_end(w, destroy(w, NULL, TREE), LF_END_EXISTS);
    assert_int_equal(
        asked(w, "ModifyDBInstance") + asked(w, "DeleteDBInstance") + asked(w, "AddTagsToResource"), 0);
    assert_int_equal(instances(w), 1);
}

static void test_what_could_not_be_made_is_damaged(void **state)
{
    struct world *w = *state;
    static const char *const outcomes[] = {"failed", "incompatible-network", "incompatible-parameters"};
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        set(w, text(w, "{'outcome':'%s'}", outcomes[i]));
        const struct op_result *r = run(w, LF_VERB_CREATE, TREE);
        assert_end(w, r, LF_END_DAMAGED);
        assert_state(w, r, "name", "'acme-eu'");
        assert_note(w, "rds.status");
        someone(w, "{'remove':'acme-eu'}");
    }
    /* Of what never was a database RDS takes no last snapshot. */
    set(w, "{'outcome':'failed'}");
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_DAMAGED);
    assert_end(w, run(w, LF_VERB_READ, TREE), LF_END_DAMAGED);
    assert_end(w, destroy(w, NULL, TREE), LF_END_GONE);
    assert_int_equal(instances(w), 0);
}

static void test_ours_on_its_way_out_is_waited_for_and_made_anew(void **state)
{
    struct world *w = *state;
    (void)make(w);
    someone(w, "{'remove':'acme-eu'}");
    (void)make(w);
    set(w, "{'deleting':4}");
    bench_timeout(w->b, 3000);
    assert_end(w, destroy(w, NULL, TREE), LF_END_UNSURE);
    bench_timeout(w->b, 0);
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_OK);
    assert_holds(w, "'DbiResourceId': 'db-DOUBLE000003'");
    assert_int_equal(instances(w), 1);
}

static void test_refusals_of_the_service_are_told_in_words(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *set, *json, *code;
    } cases[] = {
        {"{'instances_most':0}", TREE, "rds.quota"},
        {"{'instances_most':40,'storage_most':50}", TREE, "rds.quota"},
        {"{'storage_most':100000,'room':false}", TREE, "rds.no_capacity"},
        {"{'room':true}", "{" SMALL ",'options':{'subnet_group':'nowhere'}}", "rds.no_subnet_group"},
        {"{}", "{'name':'a','size':'db.x9.huge','storage_gb':100}", "rds.not_offered"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set(w, cases[i].set);
        assert_end(w, run(w, LF_VERB_CREATE, cases[i].json), LF_END_REFUSED);
        assert_note(w, cases[i].code);
    }
    assert_int_equal(instances(w), 0);
    static const struct {
        const char *what;
        uint32_t end;
        const char *code;
    } faults[] = {
        {"throttle", LF_END_RETRY, "rds.throttled"},    {"before_500", LF_END_UNSURE, "rds.trouble"},
        {"reset", LF_END_UNSURE, "rds.no_reply"},       {"truncate", LF_END_UNSURE, NULL},
        {"garbage", LF_END_UNSURE, "rds.garbled"},      {"giant", LF_END_UNSURE, NULL},
        {"expired", LF_END_REFUSED, "rds.credentials"},
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        fault(w, "CreateDBInstance", faults[i].what, 1);
        assert_end(w, run(w, LF_VERB_CREATE, TREE), faults[i].end);
        if (faults[i].code)
            assert_note(w, faults[i].code);
    }
    assert_true(instances(w) <= 1);
}

/* ---- changing ------------------------------------------------------------------------------------------ */

static void test_an_update_is_sent_once_and_waited_for(void **state)
{
    struct world *w = *state;
    const struct value *memo = make(w);
    set(w, "{'noticing':0.4}"); /* so long it looks as if nothing had been asked */
    const struct op_result *r =
        update(w, memo,
               "{'name':'acme-eu','size':'db.t4g.large','storage_gb':200,'replicas':1,"
               "'options':{'backup_days':30,'deletion_protection':true,'security_groups':['sg-9']}}");
    assert_end(w, r, LF_END_OK);
    assert_state(w, r, "size", "'db.t4g.large'");
    assert_state(w, r, "storage_gb", "200");
    assert_state(w, r, "options", "{'backup_days':30,'deletion_protection':true,'security_groups':['sg-9']}");
    assert_holds(w, "'AllocatedStorage': '187'");
    assert_holds(w, "'pending': {}");
    assert_int_equal(asked(w, "ModifyDBInstance"), 1);
    assert_end(w, run(w, LF_VERB_READ, TREE), LF_END_OK);
    r = update(w, memo, "{'name':'acme-eu','size':'db.t4g.large','storage_gb':200,'replicas':1}");
    assert_end(w, r, LF_END_OK);
    assert_int_equal(asked(w, "ModifyDBInstance"), 1);
    /* From 400 GiB on gp3 wants its operations a second named. */
    r = update(w, memo, "{'name':'acme-eu','size':'db.t4g.large','storage_gb':500,'replicas':1}");
    assert_end(w, r, LF_END_OK);
    assert_holds(w, "'Iops': '12000'");
}

static void test_an_update_in_doubt_is_settled(void **state)
{
    struct world *w = *state;
    const struct value *memo = make(w);
    const char *wider = "{" SMALL ",'replicas':1}";
    set(w, "{'noticing':0.2,'changing':0.4}");
    fault(w, "ModifyDBInstance", "lost", 1);
    assert_end(w, update(w, memo, wider), LF_END_UNSURE);
    struct op_item item = item_of(w, LF_VERB_RECOVER, wider);
    item.prior = bench_value(w->b, TREE);
    item.memo = memo;
    assert_end(w, run_item(w, item), LF_END_CANNOT_TELL);
    assert_note(w, "rds.busy");
    assert_end(w, update(w, memo, wider), LF_END_OK);
    const struct op_result *r = run_item(w, item);
    assert_end(w, r, LF_END_OK);
    assert_state(w, r, "replicas", "1");
}

static void test_what_waits_for_the_window_is_not_waited_for(void **state)
{
    struct world *w = *state;
    const struct value *memo = make(w);
    someone(w, "{'pend':'acme-eu','values':{'DBInstanceClass':'db.r6g.large'}}");
    assert_end(w, update(w, memo, TREE), LF_END_OK);
    assert_int_equal(asked(w, "ModifyDBInstance"), 0);
}

static void test_a_busy_or_sick_instance_is_not_pushed(void **state)
{
    struct world *w = *state;
    const struct value *memo = make(w);
    const char *wider = "{" SMALL ",'replicas':1}";
    someone(w, "{'at':'acme-eu','values':{'DBInstanceStatus':'stopped'}}");
    assert_end(w, update(w, memo, wider), LF_END_REFUSED);
    assert_note(w, "rds.status");
    assert_end(w, run(w, LF_VERB_READ, TREE), LF_END_OK); /* its data is there */
    assert_note(w, "rds.status");
    someone(w, "{'at':'acme-eu','values':{'DBInstanceStatus':'rebooting'}}");
    bench_timeout(w->b, 400);
    assert_end(w, update(w, memo, wider), LF_END_UNSURE);
    bench_timeout(w->b, 0);
    assert_int_equal(asked(w, "ModifyDBInstance"), 0);
    /* Full is no illness: more storage is the cure. */
    someone(w, "{'at':'acme-eu','values':{'DBInstanceStatus':'storage-full'}}");
    assert_end(w, update(w, memo, "{'name':'acme-eu','size':'db.t4g.medium','storage_gb':200}"), LF_END_OK);
    someone(w, "{'at':'acme-eu','values':{'DBInstanceStatus':'deleting'}}");
    assert_end(w, update(w, memo, wider), LF_END_REFUSED);
    assert_note(w, "rds.deleting");
}

static void test_what_cannot_become_is_refused_by_what_stands(void **state)
{
    struct world *w = *state;
    const struct value *memo = make(w);
    static const struct {
        const char *json, *code;
    } cases[] = {
        {"{'name':'acme-eu','size':'db.t4g.medium','storage_gb':50}", "rds.storage_shrink"},
        {"{" SMALL ",'options':{'user':'someone'}}", "rds.fixed"},
        {"{" SMALL ",'place':'eu-west-1a'}", "rds.fixed"},
        {"{" SMALL ",'options':{'version':'15'}}", "rds.version"},
        {"{" SMALL ",'options':{'version':'16.3'}}", "rds.version"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_end(w, update(w, memo, cases[i].json), LF_END_REFUSED);
        assert_note(w, cases[i].code);
    }
    assert_int_equal(asked(w, "ModifyDBInstance"), 0);
}

static void test_an_instance_is_found_and_adopted(void **state)
{
    struct world *w = *state;
    assert_end(w, run(w, LF_VERB_FIND, TREE), LF_END_GONE);
    assert_end(w, run(w, LF_VERB_RECOVER, TREE), LF_END_GONE);
    someone(w, "{'make':'acme-eu','tags':{'team':'web'}}");
    const struct op_result *r = run(w, LF_VERB_FIND, "{'name':'acme-eu'}");
    assert_end(w, r, LF_END_OK);
    assert_null(r->marker);
    assert_state(w, r, "storage_gb", "100");
    assert_state(w, r, "host", "'acme-eu.host.rds.example'");
    assert_end(w, update(w, bench_value(w->b, "{'adopt':true}"), TREE), LF_END_OK);
    assert_holds(w, "'team': 'web', 'landfall': 'lf1.mine'");
    /* What another has marked since is not taken over. */
    someone(w, "{'at':'acme-eu','tags':{'landfall':'" OTHER "'}}");
    assert_end(w, update(w, bench_value(w->b, "{'adopt':true}"), TREE), LF_END_EXISTS);
}

/* The mark was set: what then was not taken on is no "nothing happened". */
static void test_half_an_adoption_is_in_doubt(void **state)
{
    struct world *w = *state;
    const struct value *memo = bench_value(w->b, "{'adopt':true}");
    const char *wider = "{" SMALL ",'replicas':1}";
    someone(w, "{'make':'acme-eu'}");
    fault(w, "ModifyDBInstance", "throttle", 1);
    assert_end(w, update(w, memo, wider), LF_END_UNSURE);
    assert_holds(w, "'landfall': 'lf1.mine'");
    assert_end(w, update(w, memo, wider), LF_END_OK);
    fault(w, "ModifyDBInstance", "throttle", 1);
    assert_end(w, update(w, memo, TREE), LF_END_RETRY);
}

static void test_an_instance_of_another_engine_is_not_adopted(void **state)
{
    struct world *w = *state;
    someone(w, "{'make':'acme-eu','values':{'Engine':'aurora-postgresql'}}");
    assert_end(w, update(w, bench_value(w->b, "{'adopt':true}"), TREE), LF_END_REFUSED);
    assert_note(w, "rds.fixed");
    assert_int_equal(asked(w, "ModifyDBInstance"), 0);
}

/* ---- removing ------------------------------------------------------------------------------------------ */

static void test_a_destroy_leaves_a_snapshot_and_only_one(void **state)
{
    struct world *w = *state;
    const struct value *memo = make(w);
    fault(w, "DeleteDBInstance", "lost", 1);
    assert_end(w, destroy(w, memo, TREE), LF_END_UNSURE);
    assert_end(w, destroy(w, memo, TREE), LF_END_GONE);
    assert_end(w, destroy(w, memo, TREE), LF_END_GONE);
    assert_int_equal(instances(w), 0);
    assert_holds(w, "'snapshots': {'acme-eu-final-lf-token-1': 'acme-eu'}");
    memo = make(w);
    assert_end(w, destroy(w, memo, "{" SMALL ",'options':{'final_snapshot':false}}"), LF_END_GONE);
    assert_holds(w, "'snapshots': {'acme-eu-final-lf-token-1': 'acme-eu'}");
    /* One of that id is there, and the instance too: nothing is thrown away on a guess. */
    memo = make(w);
    assert_end(w, destroy(w, memo, TREE), LF_END_REFUSED);
    assert_note(w, "rds.snapshot_taken");
    assert_int_equal(instances(w), 1);
}

static void test_a_protected_instance_stays(void **state)
{
    struct world *w = *state;
    const struct value *memo = make(w);
    someone(w, "{'at':'acme-eu','values':{'DeletionProtection':'true'}}");
    assert_end(w, destroy(w, memo, TREE), LF_END_REFUSED);
    assert_note(w, "rds.protected");
    assert_int_equal(asked(w, "DeleteDBInstance"), 0);
    assert_end(w, update(w, memo, "{" SMALL ",'options':{'deletion_protection':false}}"), LF_END_OK);
    assert_end(w, destroy(w, memo, TREE), LF_END_GONE);
}

/* A snapshot that was restored under the old name has the old tags, and other data. */
static void test_another_instance_of_the_name_is_not_ours(void **state)
{
    struct world *w = *state;
    const struct value *memo = make(w);
    someone(w, "{'remove':'acme-eu'}");
    someone(w, "{'make':'acme-eu','tags':{'landfall':'" MINE "'}}");
    struct op_item item = item_of(w, LF_VERB_READ, TREE);
    item.memo = memo;
    assert_end(w, run_item(w, item), LF_END_GONE);
    assert_note(w, "rds.replaced");
    assert_end(w, update(w, memo, "{" SMALL ",'replicas':1}"), LF_END_GONE);
    assert_end(w, destroy(w, memo, TREE), LF_END_GONE);
    assert_int_equal(instances(w), 1);
    assert_int_equal(asked(w, "ModifyDBInstance") + asked(w, "DeleteDBInstance"), 0);
    assert_end(w, run(w, LF_VERB_CREATE, TREE), LF_END_OK); /* a plan has shown it */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        TEST(test_an_instance_is_made_marked_and_waited_for),
        TEST(test_made_twice_is_one),
        TEST(test_a_lost_reply_makes_no_second),
        TEST(test_a_create_goes_on_from_what_was_saved),
        TEST(test_looks_that_lag_are_waited_for),
        TEST(test_a_look_that_fails_is_looked_again),
        TEST(test_a_late_create_of_a_dead_process_makes_no_second),
        TEST(test_a_foreign_instance_is_a_conflict_and_untouched),
        TEST(test_what_could_not_be_made_is_damaged),
        TEST(test_ours_on_its_way_out_is_waited_for_and_made_anew),
        TEST(test_refusals_of_the_service_are_told_in_words),
        TEST(test_an_update_is_sent_once_and_waited_for),
        TEST(test_an_update_in_doubt_is_settled),
        TEST(test_what_waits_for_the_window_is_not_waited_for),
        TEST(test_a_busy_or_sick_instance_is_not_pushed),
        TEST(test_what_cannot_become_is_refused_by_what_stands),
        TEST(test_an_instance_is_found_and_adopted),
        TEST(test_half_an_adoption_is_in_doubt),
        TEST(test_an_instance_of_another_engine_is_not_adopted),
        TEST(test_a_destroy_leaves_a_snapshot_and_only_one),
        TEST(test_a_protected_instance_stays),
        TEST(test_another_instance_of_the_name_is_not_ours),
    };
    int end = 0;
    const char *missing = twin_missing(&end);
    if (missing) {
        (void)fprintf(stderr, "%s\n", missing);
        return end;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
