#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/value.h"
#include "pdns.h"
#include "server.h"

/* dns-powerdns's zones, and its looking around, on a real PowerDNS: judged by what the name server answers
 * and by what the API tells curl.  All of it runs on SQLite and once more on PostgreSQL. */

#define MINE  "lf1.mine"
#define OTHER "lf1.other"
#define ZONE  "{'name':'acme.test','ttl':600}"
#define API   "{'zone':'acme.test','type':'A','name':'api','values':['192.0.2.1']}"

static struct pdns server;

static int enter(void **state)
{
    pdns_open(&server, "");
    *state = &server;
    return 0;
}

static int leave(void **state)
{
    pdns_close(*state);
    return 0;
}

static const char *serial(struct pdns *p)
{
    return pdns_ask(p, "/zones/acme.test.", ".serial");
}

/* ---- zones --------------------------------------------------------------------------------------------- */

static void test_a_zone_is_made_with_its_mark(void **state)
{
    struct pdns *p = *state;
    const struct op_result *r = pdns_change(p, "zone", LF_VERB_CREATE, ZONE);
    pdns_assert_state(p, r,
                      "{'name':'acme.test','nameservers':['ns1.acme.example','ns2.acme.example'],"
                      "'email':'hostmaster@acme.test','ttl':600,'ds':[]}");
    assert_string_equal(r->id, "acme.test");
    assert_string_equal(r->marker, MINE);
    assert_int_equal(mishap_count(p->m, "POST "), 1);
    assert_int_equal(mishap_count(p->m, "P"), 1);
    assert_string_equal(pdns_ask(p, "/zones/acme.test.", "[.account,.kind,.dnssec]"),
                        "[\"lf1.mine\",\"Native\",false]");
    assert_string_equal(pdns_dig(p, "acme.test NS"), "ns1.acme.example.\nns2.acme.example.\n");
    const char *soa = pdns_dig(p, "acme.test SOA");
    assert_non_null(strstr(soa, "ns1.acme.example. hostmaster.acme.test. 20"));
    assert_non_null(strstr(soa, " 7200 900 1209600 300\n"));
}

static void test_a_zone_created_twice_is_one_zone(void **state)
{
    struct pdns *p = *state;
    pdns_make_zone(p);
    const char *before = pdns_ask(p, "/zones/acme.test.", ".");
    mishap_forget(p->m);
    pdns_make_zone(p);
    assert_string_equal(pdns_ask(p, "/zones/acme.test.", "."), before);
    assert_int_equal(mishap_count(p->m, "P"), 0);
}

static void test_a_zone_is_changed_in_place(void **state)
{
    static const char wanted[] = "{'name':'ACME.test.','nameservers':['a.dns.example','B.dns.example.'],"
                                 "'email':'Dns.Team@acme.example','ttl':900,'ds':[]}";
    static const char asked[] = "{'name':'ACME.test.','nameservers':['a.dns.example','B.dns.example.'],"
                                "'email':'Dns.Team@acme.example','ttl':900}";
    struct pdns *p = *state;
    pdns_make_zone(p);
    const char *before = serial(p);
    pdns_assert_state(p, pdns_change(p, "zone", LF_VERB_UPDATE, asked), wanted);
    assert_string_equal(pdns_dig(p, "acme.test NS"), "a.dns.example.\nb.dns.example.\n");
    assert_non_null(strstr(pdns_dig(p, "acme.test SOA"), "a.dns.example. Dns\\.Team.acme.example. "));
    assert_string_equal(pdns_rrset(p, "acme.test.", "NS"),
                        "[900,[\"a.dns.example.\",\"b.dns.example.\"],[]]");
    assert_true(strtoul(serial(p), NULL, 10) > strtoul(before, NULL, 10));
    pdns_assert_state(p, pdns_look(p, "zone", LF_VERB_READ, asked), wanted);
    mishap_forget(p->m);
    pdns_assert_state(p, pdns_change(p, "zone", LF_VERB_UPDATE, asked), wanted);
    assert_int_equal(mishap_count(p->m, "P"), 0);
    assert_int_equal(pdns_change(p, "zone", LF_VERB_UPDATE, "{'name':'no.test','ttl':60}")->status,
                     LF_END_GONE);
}

static void test_a_zone_with_other_records_is_not_removed(void **state)
{
    struct pdns *p = *state;
    pdns_make_zone(p);
    pdns_make(p, API);
    assert_int_equal(pdns_change(p, "zone", LF_VERB_DESTROY, ZONE)->status, LF_END_REFUSED);
    assert_true(bench_has_note(p->b, "dns.zone_not_empty"));
    assert_int_equal(pdns_change(p, "record", LF_VERB_DESTROY, API)->status, LF_END_GONE);
    assert_int_equal(pdns_change(p, "zone", LF_VERB_DESTROY, ZONE)->status, LF_END_GONE);
    assert_string_equal(pdns_ask(p, "/zones", "length"), "0");
    assert_int_equal(pdns_change(p, "zone", LF_VERB_DESTROY, ZONE)->status, LF_END_GONE);
}

static void test_the_zone_of_people_is_found_and_not_taken(void **state)
{
    struct pdns *p = *state;
    assert_int_equal(pdns_send(p, "POST", "/zones",
                               "{\"name\":\"acme.test.\",\"kind\":\"Native\",\"account\":\"customer-7\","
                               "\"nameservers\":[\"ns.people.example.\"]}"),
                     201);
    const char *before = pdns_ask(p, "/zones/acme.test.", ".");
    const struct op_result *r = pdns_look(p, "zone", LF_VERB_FIND, "{'name':'acme.test'}");
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->marker);
    assert_string_equal(value_as_text(value_item(value_get(r->state, "nameservers"), 0)),
                        "ns.people.example");
    r = pdns_change(p, "zone", LF_VERB_CREATE, ZONE);
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_null(r->marker);
    assert_int_equal(pdns_change(p, "zone", LF_VERB_UPDATE, ZONE)->status, LF_END_EXISTS);
    assert_int_equal(pdns_change(p, "zone", LF_VERB_DESTROY, ZONE)->status, LF_END_EXISTS);
    assert_string_equal(pdns_ask(p, "/zones/acme.test.", "."), before);
}

static void test_the_zone_of_another_region_is_told_with_its_marker(void **state)
{
    struct pdns *p = *state;
    assert_int_equal(pdns_change_as(p, OTHER, "zone", LF_VERB_CREATE, ZONE)->status, LF_END_OK);
    const struct op_result *r = pdns_change(p, "zone", LF_VERB_CREATE, ZONE);
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, OTHER);
    r = pdns_look(p, "zone", LF_VERB_RECOVER, ZONE);
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, OTHER);
}

static void test_a_zone_is_adopted_by_comparing_its_mark(void **state)
{
    struct pdns *p = *state;
    assert_int_equal(pdns_change_as(p, OTHER, "zone", LF_VERB_CREATE, ZONE)->status, LF_END_OK);
    struct op_item item = {.verb = LF_VERB_UPDATE, .marker = MINE, .desired = bench_value(p->b, ZONE)};
    item.prior = item.desired;
    item.memo = bench_value(p->b, "{'adopt':true,'was':'lf1.third'}");
    assert_int_equal(bench_run(p->b, "zone", item)->status, LF_END_EXISTS);
    item.memo = bench_value(p->b, "{'adopt':true,'was':'lf1.other'}");
    const struct op_result *r = bench_run(p->b, "zone", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, MINE);
    assert_string_equal(pdns_ask(p, "/zones/acme.test.", ".account"), MINE);
}

/* PowerDNS makes a zone's row before its records: a crash between leaves a zone with a mark and nothing else.
 */
static void test_a_half_made_zone_is_finished(void **state)
{
    struct pdns *p = *state;
    pdns_make_zone(p);
    assert_int_equal(
        pdns_send(p, "PATCH", "/zones/acme.test.",
                  "{\"rrsets\":[{\"name\":\"acme.test.\",\"type\":\"NS\",\"changetype\":\"DELETE\"},"
                  "{\"name\":\"acme.test.\",\"type\":\"SOA\",\"changetype\":\"DELETE\"}]}"),
        204);
    assert_int_equal(pdns_look(p, "zone", LF_VERB_RECOVER, ZONE)->status, LF_END_OK);
    pdns_make_zone(p);
    assert_string_equal(pdns_dig(p, "acme.test NS"), "ns1.acme.example.\nns2.acme.example.\n");
    assert_non_null(strstr(pdns_dig(p, "acme.test SOA"), "ns1.acme.example. hostmaster.acme.test."));
}

static void test_a_signed_zone_tells_its_ds_records_and_no_private_key(void **state)
{
    static const char signed_zone[] = "{'name':'acme.test','options':{'dnssec':true}}";
    struct pdns *p = *state;
    const struct op_result *r = pdns_change(p, "zone", LF_VERB_CREATE, signed_zone);
    assert_int_equal(r->status, LF_END_OK);
    const struct value *ds = value_get(r->state, "ds");
    assert_int_equal(ds->count, 1);
    const char *keys =
        pdns_ask(p, "/zones/acme.test./cryptokeys", ".[].ds[] | select(split(\" \")[2]==\"2\")");
    assert_string_equal(value_as_text(value_item(ds, 0)), keys);
    assert_true(value_get_bool(value_get(r->state, "options"), "dnssec", false));
    assert_non_null(strstr(pdns_dig(p, "acme.test NS +dnssec"), "NS 13 2 "));
    r = pdns_look(p, "zone", LF_VERB_READ, signed_zone);
    assert_true(value_equal(value_get(r->state, "ds"), ds));
    /* Records that come later are signed as well. */
    pdns_make(p, API);
    assert_non_null(strstr(pdns_dig(p, "api.acme.test A +dnssec"), "A 13 3 "));
    assert_false(mishap_saw(p->m, "rivate"));

    r = pdns_change(p, "zone", LF_VERB_UPDATE, "{'name':'acme.test','options':{'dnssec':false}}");
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(value_get(r->state, "ds")->count, 0);
    assert_null(strstr(pdns_dig(p, "acme.test NS +dnssec"), "NS 13 2 "));
    r = pdns_change(p, "zone", LF_VERB_UPDATE, signed_zone);
    assert_int_equal(value_get(r->state, "ds")->count, 1);
    assert_false(mishap_saw(p->m, "rivate"));
}

static void test_a_zone_is_of_the_kind_that_is_asked_for(void **state)
{
    struct pdns *p = *state;
    const char *primary = "{'name':'acme.test','options':{'kind':'primary'}}";
    const struct op_result *r = pdns_change(p, "zone", LF_VERB_CREATE, primary);
    assert_string_equal(value_get_text(value_get(r->state, "options"), "kind", ""), "primary");
    assert_string_equal(pdns_ask(p, "/zones/acme.test.", ".kind"), "Master");
    r = pdns_change(p, "zone", LF_VERB_UPDATE, "{'name':'acme.test','options':{'kind':'native'}}");
    assert_string_equal(value_get_text(value_get(r->state, "options"), "kind", ""), "native");
    assert_string_equal(pdns_ask(p, "/zones/acme.test.", ".kind"), "Native");
    pdns_close(p);
    pdns_open(p, ",'kind':'primary'");
    pdns_make_zone(p);
    assert_string_equal(pdns_ask(p, "/zones/acme.test.", ".kind"), "Master");
}

/* A PATCH of a secondary is taken by PowerDNS, and gone with the next transfer. */
static void test_a_secondary_zone_is_not_written(void **state)
{
    struct pdns *p = *state;
    assert_int_equal(pdns_send(p, "POST", "/zones",
                               "{\"name\":\"acme.test.\",\"kind\":\"Slave\",\"account\":\"lf1.mine\","
                               "\"masters\":[\"127.0.0.9\"],\"nameservers\":[]}"),
                     201);
    assert_int_equal(pdns_change(p, "record", LF_VERB_CREATE, API)->status, LF_END_REFUSED);
    assert_true(bench_has_note(p->b, "dns.zone_not_writable"));
    assert_int_equal(pdns_change(p, "zone", LF_VERB_UPDATE, ZONE)->status, LF_END_REFUSED);
    assert_true(bench_has_note(p->b, "dns.zone_not_writable"));
    assert_int_equal(mishap_count(p->m, "P"), 0);
}

/* ---- looking ------------------------------------------------------------------------------------------- */

static void test_recover_tells_what_became_of_a_change(void **state)
{
    struct pdns *p = *state;
    assert_int_equal(pdns_look(p, "zone", LF_VERB_RECOVER, ZONE)->status, LF_END_GONE);
    pdns_make_zone(p);
    assert_int_equal(pdns_look(p, "zone", LF_VERB_RECOVER, ZONE)->status, LF_END_OK);
    assert_int_equal(pdns_look(p, "record", LF_VERB_RECOVER, API)->status, LF_END_GONE);
    pdns_make(p, API);
    const struct op_result *r = pdns_look(p, "record", LF_VERB_RECOVER, API);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->id, "acme.test/api/A");
    struct op_item item = {.verb = LF_VERB_RECOVER, .marker = MINE, .prior = bench_value(p->b, API)};
    assert_int_equal(bench_run(p->b, "record", item)->status, LF_END_OK);
    assert_int_equal(pdns_change(p, "record", LF_VERB_DESTROY, API)->status, LF_END_GONE);
    assert_int_equal(bench_run(p->b, "record", item)->status, LF_END_GONE);
}

static void test_verbs_that_only_look_send_only_questions(void **state)
{
    static const uint32_t verbs[] = {LF_VERB_READ, LF_VERB_FIND,     LF_VERB_RECOVER,
                                     LF_VERB_PLAN, LF_VERB_ESTIMATE, LF_VERB_OWNED};
    struct pdns *p = *state;
    pdns_make_zone(p);
    pdns_make(p, API);
    mishap_forget(p->m);
    bench_read_only(p->b, true);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        struct op_item item = {.verb = verbs[i], .marker = MINE, .desired = bench_value(p->b, ZONE)};
        item.prior = verbs[i] == LF_VERB_READ ? item.desired : NULL;
        assert_int_equal(bench_run(p->b, "zone", item)->status, LF_END_OK);
        item.desired = bench_value(p->b, API);
        item.prior = verbs[i] == LF_VERB_READ ? item.desired : NULL;
        assert_int_equal(bench_run(p->b, "record", item)->status, LF_END_OK);
    }
    assert_int_equal(bench_run(p->b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT})->status, LF_END_OK);
    assert_true(mishap_count(p->m, "GET ") > 0);
    assert_int_equal(mishap_count(p->m, ""), mishap_count(p->m, "GET "));
}

static void test_owned_finds_what_carries_a_marker(void **state)
{
    struct pdns *p = *state;
    size_t count = 0;
    assert_int_equal(bench_run(p->b, "zone", (struct op_item){.verb = LF_VERB_OWNED})->status, LF_END_OK);
    bench_found(p->b, &count);
    assert_int_equal(count, 0);
    pdns_make_zone(p);
    pdns_make(p, API);
    assert_int_equal(pdns_send(p, "POST", "/zones",
                               "{\"name\":\"people.test.\",\"kind\":\"Native\",\"account\":\"customer-7\","
                               "\"nameservers\":[\"ns.people.example.\"]}"),
                     201);
    assert_int_equal(pdns_change_as(p, OTHER, "record", LF_VERB_CREATE,
                                    "{'zone':'people.test','type':'TXT','name':'@','values':['x']}")
                         ->status,
                     LF_END_OK);
    assert_int_equal(bench_run(p->b, "zone", (struct op_item){.verb = LF_VERB_OWNED})->status, LF_END_OK);
    const struct op_result *found = bench_found(p->b, &count);
    assert_int_equal(count, 1);
    assert_string_equal(found[0].id, "acme.test");
    assert_string_equal(found[0].marker, MINE);
    assert_int_equal(bench_run(p->b, "record", (struct op_item){.verb = LF_VERB_OWNED})->status, LF_END_OK);
    found = bench_found(p->b, &count);
    assert_int_equal(count, 2);
    assert_string_equal(found[0].id, "acme.test/api/A");
    assert_string_equal(found[0].marker, MINE);
    assert_string_equal(value_get_text(found[0].memo, "address", ""), "dns.step.one");
    assert_string_equal(found[1].id, "people.test/@/TXT");
    assert_string_equal(found[1].marker, OTHER);
}

static void test_a_record_needs_its_zone(void **state)
{
    struct pdns *p = *state;
    assert_int_equal(pdns_change(p, "record", LF_VERB_CREATE, API)->status, LF_END_REFUSED);
    assert_true(bench_has_note(p->b, "dns.zone_missing"));
    assert_int_equal(pdns_look(p, "record", LF_VERB_READ, API)->status, LF_END_GONE);
    assert_int_equal(pdns_change(p, "record", LF_VERB_DESTROY, API)->status, LF_END_GONE);
    assert_int_equal(mishap_count(p->m, "P"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_a_zone_is_made_with_its_mark),
        TEST(test_a_zone_created_twice_is_one_zone),
        TEST(test_a_zone_is_changed_in_place),
        TEST(test_a_zone_with_other_records_is_not_removed),
        TEST(test_the_zone_of_people_is_found_and_not_taken),
        TEST(test_the_zone_of_another_region_is_told_with_its_marker),
        TEST(test_a_zone_is_adopted_by_comparing_its_mark),
        TEST(test_a_half_made_zone_is_finished),
        TEST(test_a_signed_zone_tells_its_ds_records_and_no_private_key),
        TEST(test_a_zone_is_of_the_kind_that_is_asked_for),
        TEST(test_a_secondary_zone_is_not_written),
        TEST(test_recover_tells_what_became_of_a_change),
        TEST(test_verbs_that_only_look_send_only_questions),
        TEST(test_owned_finds_what_carries_a_marker),
        TEST(test_a_record_needs_its_zone),
    };
    return pdns_on_each(&server, tests, sizeof(tests) / sizeof(tests[0]));
}
