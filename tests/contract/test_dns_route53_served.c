#include "route53_world.h"

/* dns-route53 against a strict double of the service, judged by what the double holds in the end: zones,
 * sweeps, preflight. */

#define API_A "'type':'A','name':'api'"

/* ---- zones --------------------------------------------------------------------------------------------- */

static void test_a_zone_is_made_marked_and_brought_to_what_is_asked(void **state)
{
    struct world *w = *state;
    set(w, "{'pending':0.3}");
    struct op_item item =
        item_of(w, LF_VERB_CREATE, "{'name':'Acme.Test.','ttl':600,'email':'dns.admin@acme.test'}");
    item.address = "dns.zone.main";
    const struct op_result *r = run_item(w, "zone", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, MINE);
    assert_memory_equal(r->id, "acme.test/Z", 11);
    assert_state(w, r, "name", "'Acme.Test.'");
    assert_state(w, r, "ttl", "600");
    assert_state(w, r, "email", "'dns.admin@acme.test'");
    assert_state(w, r, "ds", "[]");
    assert_int_equal(value_get(r->state, "nameservers")->count, 4);
    assert_holds(w, "'comment': 'landfall lf1.mine dns.zone.main'");
    assert_holds(w, "'reference': 'token-1'");
    assert_holds(w, "dns\\\\.admin.acme.test. 1 7200");
    assert_holds(w, "'type': 'NS', 'ttl': 600");
    size_t saves = 0;
    assert_string_equal(bench_saves(w->b, &saves)[0].id, r->id);
    assert_int_equal(saves, 2);
}

static void test_a_zone_made_twice_is_one(void **state)
{
    struct world *w = *state;
    make_zone(w);
    struct op_item item = item_of(w, LF_VERB_CREATE, "{'name':'acme.test','ttl':3600}");
    item.token = "zone-token";
    assert_string_equal(run_item(w, "zone", item)->id, w->zone);
    assert_int_equal(zones(w), 1);
    assert_int_equal(asked(w, "CreateHostedZone"), 1);
}

/* The reply is lost, and the lists do not show the zone yet: the token alone keeps it from being made twice.
 */
static void test_a_zone_whose_reply_was_lost_is_not_doubled(void **state)
{
    struct world *w = *state;
    set(w, "{'lag':1.5}");
    fault(w, "CreateHostedZone", "lost", 1);
    const char *json = "{'name':'acme.test','ttl':3600}";
    assert_int_equal(run(w, "zone", LF_VERB_CREATE, json)->status, LF_END_UNSURE);
    assert_int_equal(run(w, "zone", LF_VERB_CREATE, json)->status, LF_END_UNSURE);
    assert_int_equal(zones(w), 1);
    set(w, "{'lag':0}");
    const struct op_result *r = run(w, "zone", LF_VERB_CREATE, json);
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(zones(w), 1);
    assert_holds(w, "'type': 'NS', 'ttl': 3600");
}

/* A process dies with the zone's id saved: the next one goes on from there, though no list shows the zone. */
static void test_a_create_goes_on_from_what_was_saved(void **state)
{
    struct world *w = *state;
    set(w, "{'lag':60}");
    fault(w, "GetHostedZone", "reset", 9);
    const char *json = "{'name':'acme.test','ttl':3600}";
    assert_int_equal(run(w, "zone", LF_VERB_CREATE, json)->status, LF_END_UNSURE);
    size_t count = 0;
    const struct bench_save *saves = bench_saves(w->b, &count);
    assert_int_equal(count, 1);
    struct op_item item = item_of(w, LF_VERB_CREATE, json);
    item.id = saves[0].id;
    item.saved = saves[0].progress;
    set(w, "{'faults':0}");
    const struct op_result *r = run_item(w, "zone", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->id, item.id);
    assert_int_equal(asked(w, "CreateHostedZone"), 1);
    assert_int_equal(zones(w), 1);
}

static void test_a_late_create_of_a_dead_process_makes_no_second_zone(void **state)
{
    struct world *w = *state;
    fault(w, "CreateHostedZone", "late", 1);
    const char *json = "{'name':'acme.test','ttl':3600}";
    assert_int_equal(run(w, "zone", LF_VERB_CREATE, json)->status, LF_END_UNSURE);
    assert_int_equal(run(w, "zone", LF_VERB_CREATE, json)->status, LF_END_OK);
    assert_string_equal(twin_tell(w->twin, "land", NULL), "1");
    assert_int_equal(twin_count(w->twin, "log", "HostedZoneAlreadyExists"), 1);
    assert_int_equal(zones(w), 1);
}

static void test_a_foreign_zone_of_the_name_is_a_conflict(void **state)
{
    struct world *w = *state;
    someone(w, "{'zone':'acme.test','comment':'made by hand'}");
    const struct op_result *r = run(w, "zone", LF_VERB_CREATE, "{'name':'acme.test'}");
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_null(r->marker);
    someone(w, "{'zone':'beta.test','comment':'landfall " OTHER " dns.zone.x'}");
    r = run(w, "zone", LF_VERB_CREATE, "{'name':'beta.test'}");
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, OTHER);
    assert_int_equal(zones(w), 2);
    assert_holds(w, "made by hand");
    assert_int_equal(asked(w, "CreateHostedZone"), 0);
}

static void test_a_zone_is_updated_replaced_in_nothing_and_destroyed_by_id(void **state)
{
    struct world *w = *state;
    make_zone(w);
    struct op_item item =
        item_of(w, LF_VERB_UPDATE, "{'name':'acme.test','ttl':7200,'email':'noc@acme.test'}");
    item.id = w->zone;
    const struct op_result *r = run_item(w, "zone", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_state(w, r, "ttl", "7200");
    assert_holds(w, "noc.acme.test. 1 7200");
    item.marker = OTHER;
    r = run_item(w, "zone", item);
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, MINE);
    item = item_of(w, LF_VERB_DESTROY, "{'name':'acme.test'}");
    item.id = w->zone;
    item.marker = OTHER;
    assert_int_equal(run_item(w, "zone", item)->status, LF_END_EXISTS);
    item.marker = MINE;
    assert_int_equal(run_item(w, "zone", item)->status, LF_END_GONE);
    assert_int_equal(run_item(w, "zone", item)->status, LF_END_GONE);
    assert_int_equal(zones(w), 0);
    item.id = NULL;
    assert_int_equal(run_item(w, "zone", item)->status, LF_END_GONE);
}

static void test_a_zone_that_holds_other_records_stays(void **state)
{
    struct world *w = *state;
    make_zone(w);
    someone(w,
            text(w, "{'in':'%s','action':'CREATE','name':'www.acme.test','type':'A','values':['192.0.2.1']}",
                 hosted(w)));
    struct op_item item = item_of(w, LF_VERB_DESTROY, "{'name':'acme.test'}");
    item.id = w->zone;
    assert_int_equal(run_item(w, "zone", item)->status, LF_END_REFUSED);
    assert_note(w, "dns.zone_not_empty");
    size_t count = 0;
    assert_non_null(strstr(bench_notes(w->b, &count)[0].detail, "www.acme.test"));
    assert_int_equal(zones(w), 1);
}

static void test_a_zone_is_found_read_recovered_and_adopted(void **state)
{
    struct world *w = *state;
    assert_int_equal(run(w, "zone", LF_VERB_FIND, "{'name':'acme.test'}")->status, LF_END_GONE);
    assert_int_equal(run(w, "zone", LF_VERB_RECOVER, "{'name':'acme.test'}")->status, LF_END_GONE);
    someone(w, "{'zone':'acme.test','comment':'of the web team'}");
    const struct op_result *r = run(w, "zone", LF_VERB_FIND, "{'name':'acme.test'}");
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->marker);
    assert_state(w, r, "ttl", "900");
    assert_state(w, r, "email", "'awsdns-hostmaster@amazon.com'");
    assert_int_equal(run(w, "zone", LF_VERB_RECOVER, "{'name':'acme.test'}")->status, LF_END_EXISTS);

    struct op_item item = item_of(w, LF_VERB_UPDATE, "{'name':'acme.test','ttl':900}");
    item.id = r->id;
    item.memo = bench_value(w->b, "{'adopt':true}");
    assert_int_equal(run_item(w, "zone", item)->status, LF_END_OK);
    assert_holds(w, "'comment': 'landfall lf1.mine dns.record.one | of the web team'");
    assert_int_equal(run(w, "zone", LF_VERB_RECOVER, "{'name':'acme.test'}")->status, LF_END_OK);
    /* The one that was to be taken over is meanwhile somebody else's. */
    item.marker = OTHER;
    assert_int_equal(run_item(w, "zone", item)->status, LF_END_EXISTS);

    someone(w, "{'zone':'acme.test'}");
    assert_int_equal(run(w, "zone", LF_VERB_FIND, "{'name':'acme.test'}")->status, LF_END_CANNOT_TELL);
    assert_note(w, "route53.ambiguous");
}

static void test_a_signed_zone_tells_its_ds(void **state)
{
    struct world *w = *state;
    make_zone(w);
    someone(w, text(w,
                    "{'in':'%s','ds':['12345 13 2 "
                    "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF']}",
                    hosted(w)));
    struct op_item item = item_of(w, LF_VERB_READ, "{'name':'acme.test'}");
    item.id = w->zone;
    const struct op_result *r = run_item(w, "zone", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(value_get(r->state, "ds")->count, 1);
}

static void test_a_zone_beyond_the_quota_is_refused(void **state)
{
    struct world *w = *state;
    set(w, "{'zones_most':0}");
    assert_int_equal(run(w, "zone", LF_VERB_CREATE, "{'name':'acme.test'}")->status, LF_END_REFUSED);
    assert_note(w, "route53.quota");
}

static void test_what_cannot_be_a_zone_is_refused_in_the_plan(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *json, *code;
    } cases[] = {
        {"{'name':'acme..test'}", "dns.zone_name"},
        {"{'name':'acme.test','nameservers':['ns1.acme.test']}", "route53.nameservers"},
        {"{'name':'acme.test','email':'nobody'}", "dns.email"},
        {"{'name':'acme.test','ttl':0}", "dns.ttl"},
        {"{'name':'acme.test','options':{'vpc':'x'}}", "dns.option_unknown"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(run(w, "zone", LF_VERB_PLAN, cases[i].json)->status, LF_END_REFUSED);
        assert_note(w, cases[i].code);
    }
    const struct op_result *r = run(w, "zone", LF_VERB_PLAN, "{'name':'acme.test'}");
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(r->action, LF_DO_CREATE);
    assert_string_equal(twin_tell(w->twin, "log", NULL), "[]");
}

/* ---- refusals, sweeps, preflight ------------------------------------------------------------------------
 */

static void test_a_sweep_finds_what_is_marked_in_every_page(void **state)
{
    struct world *w = *state;
    make_zone(w);
    set(w, "{'page':3}");
    assert_int_equal(record(w, LF_VERB_CREATE, API_A ",'values':['192.0.2.1'],'ttl':300")->status, LF_END_OK);
    assert_int_equal(
        record(w, LF_VERB_CREATE, "'type':'CNAME','name':'*.apps','values':['x.test.'],'ttl':300")->status,
        LF_END_OK);
    assert_int_equal(
        record(w, LF_VERB_CREATE, "'type':'MX','name':'@','values':['1 x.test.'],'ttl':300")->status,
        LF_END_OK);
    for (int i = 0; i < 4; i++)
        someone(w,
                text(w,
                     "{'in':'%s','action':'CREATE','name':'h%d.acme.test','type':'A','values':['192.0.2.1']}",
                     hosted(w), i));
    for (int i = 0; i < 3; i++)
        someone(w, text(w, "{'zone':'other%d.test','comment':'%s'}", i,
                        i == 1 ? "landfall lf1.x dns.zone.y" : "mine"));
    size_t count = 0;
    assert_int_equal(run_item(w, "record", (struct op_item){.verb = LF_VERB_OWNED})->status, LF_END_OK);
    const struct op_result *found = bench_found(w->b, &count);
    assert_int_equal(count, 3);
    assert_string_equal(found[0].marker, MINE);
    bool apex = false, wild = false;
    for (size_t i = 0; i < count; i++) {
        apex |= strcmp(found[i].id, text(w, "%s/@/MX", w->zone)) == 0;
        wild |= strcmp(found[i].id, text(w, "%s/*.apps/CNAME", w->zone)) == 0;
    }
    assert_true(apex && wild);
    assert_string_equal(value_get_text(found[0].memo, "address", ""), "dns.record.one");
    assert_int_equal(run_item(w, "zone", (struct op_item){.verb = LF_VERB_OWNED})->status, LF_END_OK);
    found = bench_found(w->b, &count);
    assert_int_equal(count, 2);
    fault(w, "ListHostedZones", "before_500", 1);
    assert_int_equal(run_item(w, "zone", (struct op_item){.verb = LF_VERB_OWNED})->status,
                     LF_END_CANNOT_TELL);
    /* A record on a far page is found one by one as well. */
    assert_int_equal(record(w, LF_VERB_FIND, "'type':'A','name':'h3'")->status, LF_END_OK);
}

static void preflight_ends(struct world *w, uint32_t status, const char *code)
{
    assert_int_equal(run_item(w, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT})->status, status);
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
    set(w, "{'zones_most':0}");
    preflight_ends(w, LF_END_OK, "route53.quota");
    fault(w, "ListHostedZones", "before_500", 1);
    preflight_ends(w, LF_END_CANNOT_TELL, "route53.trouble");
    set(w, "{'keys':[{'access':'AKIDEXAMPLE','secret':'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',"
           "'denied':['GetAccountLimit']}]}");
    preflight_ends(w, LF_END_OK, "route53.quota_unknown");
    set(w, "{'keys':[{'access':'AKIDEXAMPLE','secret':'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',"
           "'denied':['ListHostedZones']}]}");
    preflight_ends(w, LF_END_REFUSED, "route53.forbidden");
    set(w, "{'region':'us-gov-west-1'}");
    preflight_ends(w, LF_END_REFUSED, "route53.signature");
    open_driver(
        w, "'access_key':{'$secret':{'source':'test:WRONG'}},'secret_key':{'$secret':{'source':'test:x'}}");
    preflight_ends(w, LF_END_REFUSED, "route53.credentials");
    bench_close(w->b);
    w->b = bench_open(ROUTE53_DRIVER,
                      "{'region':'us-east-1','partition':'aws','endpoint':'http://127.0.0.1:9'," KEYS "}");
    preflight_ends(w, LF_END_RETRY, "route53.unreachable");
}

static void test_reading_verbs_send_nothing_unsafe(void **state)
{
    struct world *w = *state;
    make_zone(w);
    assert_int_equal(record(w, LF_VERB_CREATE, API_A ",'values':['192.0.2.1'],'ttl':300")->status, LF_END_OK);
    set(w, "{'log':0}");
    static const uint32_t verbs[] = {LF_VERB_READ, LF_VERB_FIND, LF_VERB_RECOVER, LF_VERB_PLAN,
                                     LF_VERB_ESTIMATE};
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        (void)record(w, verbs[i], API_A ",'values':['192.0.2.1'],'ttl':300");
        (void)run(w, "zone", verbs[i], "{'name':'acme.test'}");
    }
    (void)run_item(w, "zone", (struct op_item){.verb = LF_VERB_OWNED});
    (void)run_item(w, "record", (struct op_item){.verb = LF_VERB_OWNED});
    (void)run_item(w, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT});
    assert_true(twin_count(w->twin, "log", "\"GET\"") > 8);
    assert_int_equal(twin_count(w->twin, "log", "\"POST\""), 0);
    assert_int_equal(twin_count(w->twin, "log", "\"DELETE\""), 0);
}

static void test_a_zone_costs_what_the_book_says_and_a_record_nothing(void **state)
{
    struct world *w = *state;
    const struct op_result *r = run(w, "zone", LF_VERB_ESTIMATE, "{'name':'acme.test'}");
    assert_int_equal(r->cost_count, 2);
    assert_string_equal(r->costs[0].sku, "route53.zone");
    assert_int_equal(r->costs[0].expected_milli, 1000);
    assert_true(r->costs[1].flags & LF_COST_UNBOUNDED);
    r = run(w, "record", LF_VERB_ESTIMATE,
            "{'zone':'acme.test/Z1','type':'A','name':'a','values':['192.0.2.1']}");
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(r->cost_count, 0);
}

static void test_the_suite_of_all_drivers_passes(void **state)
{
    struct world *w = *state;
    char path[128], command[512], line[512];
    (void)snprintf(path, sizeof(path), "%s/sheet.yaml", twin_folder(w->twin));
    FILE *sheet = fopen(path, "w");
    assert_non_null(sheet);
    assert_true(fprintf(sheet,
                        "settings:\n  region: us-east-1\n  partition: aws\n"
                        "  endpoint: \"http://127.0.0.1:%d\"\n  access_key: !secret env:TWIN_ACCESS_KEY\n"
                        "  secret_key: !secret env:TWIN_SECRET_KEY\n"
                        "lag_ms: 300\ntypes:\n  zone: { create: { name: \"${name}.example\", ttl: 3600 } } # "
                        "it gives the servers\n",
                        twin_port(w->twin)) > 0);
    assert_int_equal(fclose(sheet), 0);
    set(w, "{'pending':0.1}");
    assert_int_equal(setenv("TWIN_ACCESS_KEY", "AKIDEXAMPLE", 1), 0);
    assert_int_equal(setenv("TWIN_SECRET_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 1), 0);
    (void)snprintf(command, sizeof(command), "%s plugin test %s --settings %s 2>&1", LANDFALL, ROUTE53_DRIVER,
                   path);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    while (fgets(line, sizeof(line), out))
        if (!strstr(line, "  ok  "))
            (void)fputs(line, stderr);
    assert_int_equal(pclose(out), 0);
    assert_int_equal(zones(w), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        TEST(test_a_zone_is_made_marked_and_brought_to_what_is_asked),
        TEST(test_a_zone_made_twice_is_one),
        TEST(test_a_zone_whose_reply_was_lost_is_not_doubled),
        TEST(test_a_create_goes_on_from_what_was_saved),
        TEST(test_a_late_create_of_a_dead_process_makes_no_second_zone),
        TEST(test_a_foreign_zone_of_the_name_is_a_conflict),
        TEST(test_a_zone_is_updated_replaced_in_nothing_and_destroyed_by_id),
        TEST(test_a_zone_that_holds_other_records_stays),
        TEST(test_a_zone_is_found_read_recovered_and_adopted),
        TEST(test_a_signed_zone_tells_its_ds),
        TEST(test_a_zone_beyond_the_quota_is_refused),
        TEST(test_what_cannot_be_a_zone_is_refused_in_the_plan),
        TEST(test_a_sweep_finds_what_is_marked_in_every_page),
        TEST(test_preflight_says_what_is_wrong),
        TEST(test_reading_verbs_send_nothing_unsafe),
        TEST(test_a_zone_costs_what_the_book_says_and_a_record_nothing),
        TEST(test_the_suite_of_all_drivers_passes),
    };
    int end = 0;
    const char *missing = twin_missing(&end);
    if (missing) {
        (void)fprintf(stderr, "%s\n", missing);
        return end;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
