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

/* dns-powerdns's records on a real PowerDNS: judged by what the name server answers and by what the API tells
 * curl.  All of it runs on SQLite and once more on PostgreSQL. */

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

/* ---- records ------------------------------------------------------------------------------------------- */

static void test_each_type_is_answered_as_it_was_asked_for(void **state)
{
    static const struct {
        const char *json;
        const char *question;
        const char *answer;
    } cases[] = {
        {"'type':'A','name':'@','values':['192.0.2.1','192.0.2.2']", "acme.test A", "192.0.2.1\n192.0.2.2\n"},
        {"'type':'AAAA','name':'Www','values':['2001:0DB8:0000::0001']", "www.acme.test AAAA",
         "2001:db8::1\n"},
        {"'type':'CNAME','name':'*.app','values':['Host.Example.net']", "one.app.acme.test CNAME",
         "host.example.net.\n"},
        {"'type':'CNAME','name':'k1._domainkey','values':['k1._domainkey.mail.example.']",
         "k1._domainkey.acme.test CNAME", "k1._domainkey.mail.example.\n"},
        {"'type':'MX','name':'@','values':['10 mx.example.net','20 mx2.example.net']", "acme.test MX",
         "10 mx.example.net.\n20 mx2.example.net.\n"},
        {"'type':'MX','name':'quiet','values':['0 .']", "quiet.acme.test MX", "0 .\n"},
        {"'type':'TXT','name':'_dmarc','values':['v=DMARC1; p=none']", "_dmarc.acme.test TXT",
         "\"v=DMARC1; p=none\"\n"},
        {"'type':'TXT','name':'q','values':['quote \\u0022 and \\\\ back','caf\\u00e9']", "q.acme.test TXT",
         "\"caf\\195\\169\"\n\"quote \\\" and \\\\ back\"\n"},
        {"'type':'TXT','name':'e','values':['']", "e.acme.test TXT", "\"\"\n"},
        {"'type':'SRV','name':'_sip._tcp','values':['1 2 5060 sip.example.net']", "_sip._tcp.acme.test SRV",
         "1 2 5060 sip.example.net.\n"},
        {"'type':'CAA','name':'@','values':['0 Issue letsencrypt.org','0 iodef mailto:sec@acme.test']",
         "acme.test CAA", "0 iodef \"mailto:sec@acme.test\"\n0 issue \"letsencrypt.org\"\n"},
        {"'type':'NS','name':'eu','values':['ns1.example.net'],'ttl':60", "eu.acme.test NS", ""},
        {"'type':'DS','name':'eu','values':['60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118']",
         "eu.acme.test DS", "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118\n"},
    };
    struct pdns *p = *state;
    pdns_make_zone(p);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char json[256];
        (void)snprintf(json, sizeof(json), "{'zone':'acme.test',%s}", cases[i].json);
        pdns_make(p, json);
        assert_string_equal(pdns_dig(p, cases[i].question), cases[i].answer);
        /* What is read back is spelled as it was asked, and asked again it is no difference. */
        const struct value *asked = bench_value(p->b, json);
        const struct op_result *r = pdns_look(p, "record", LF_VERB_READ, json);
        assert_int_equal(r->status, LF_END_OK);
        assert_true(value_equal(value_get(r->state, "values"), value_get(asked, "values")));
        assert_true(value_equal(value_get(r->state, "name"), value_get(asked, "name")));
        struct op_item item = {.verb = LF_VERB_PLAN, .prior = r->state, .desired = asked};
        assert_int_equal(bench_run(p->b, "record", item)->action, LF_DO_KEEP);
    }
    assert_string_equal(pdns_rrset(p, "eu.acme.test.", "NS"),
                        "[60,[\"ns1.example.net.\"],[[\"lf1.mine\",\"landfall dns.step.one\"]]]");
}

static void test_a_long_text_is_split_on_the_way_only(void **state)
{
    static const size_t sizes[] = {255, 256, 600, 20000};
    struct pdns *p = *state;
    pdns_make_zone(p);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t size = sizes[i], strings = (size + 254) / 255;
        char *json = malloc(size + 100), *text = malloc(size + 1), question[64];
        assert_true(json && text);
        memset(text, 'k', size);
        text[size] = '\0';
        (void)snprintf(json, size + 100, "{'zone':'acme.test','type':'TXT','name':'key%zu','values':['%s']}",
                       size, text);
        pdns_make(p, json);
        const struct op_result *r = pdns_look(p, "record", LF_VERB_READ, json);
        assert_string_equal(value_as_text(value_item(value_get(r->state, "values"), 0)), text);
        (void)snprintf(json, size + 100, "{'zone':'acme.test','type':'TXT','name':'key%zu'}", size);
        r = pdns_look(p, "record", LF_VERB_FIND, json);
        assert_string_equal(value_as_text(value_item(value_get(r->state, "values"), 0)), text);
        (void)snprintf(question, sizeof(question), "+tcp key%zu.acme.test TXT", size);
        const char *answer = pdns_dig(p, question);
        assert_int_equal(strlen(answer), size + strings * 2 + (strings - 1) + 1);
        assert_int_equal(strcspn(answer, " \n"), (size < 255 ? size : 255) + 2);
        free(json);
        free(text);
    }
}

static void test_a_record_created_twice_is_one_record(void **state)
{
    struct pdns *p = *state;
    pdns_make_zone(p);
    pdns_make(p, API);
    const char *first = pdns_ask(p, "/zones/acme.test.", ".");
    const struct op_result *r = pdns_change(p, "record", LF_VERB_CREATE, API);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->id, "acme.test/api/A");
    assert_string_equal(r->marker, MINE);
    assert_string_equal(pdns_ask(p, "/zones/acme.test.", "."), first);
    assert_string_equal(pdns_rrset(p, "api.acme.test.", "A"),
                        "[600,[\"192.0.2.1\"],[[\"lf1.mine\",\"landfall dns.step.one\"]]]");
}

static void test_a_record_is_changed_and_removed(void **state)
{
    static const char asked[] =
        "{'zone':'acme.test','type':'A','name':'api','values':['192.0.2.3'],'ttl':30}";
    struct pdns *p = *state;
    pdns_make_zone(p);
    pdns_make(p, "{'zone':'acme.test','type':'A','name':'api','values':['192.0.2.1','192.0.2.2']}");
    pdns_assert_state(p, pdns_change(p, "record", LF_VERB_UPDATE, asked),
                      "{'zone':'acme.test','type':'A','name':'api','values':['192.0.2.3'],'ttl':30,"
                      "'fqdn':'api.acme.test'}");
    assert_string_equal(pdns_dig(p, "api.acme.test A"), "192.0.2.3\n");
    assert_int_equal(pdns_change(p, "record", LF_VERB_UPDATE,
                                 "{'zone':'acme.test','type':'A','name':'b','values':['192.0.2.3']}")
                         ->status,
                     LF_END_GONE);
    assert_int_equal(pdns_change(p, "record", LF_VERB_DESTROY, asked)->status, LF_END_GONE);
    assert_string_equal(pdns_dig(p, "api.acme.test A"), "");
    assert_int_equal(pdns_change(p, "record", LF_VERB_DESTROY, asked)->status, LF_END_GONE);
    assert_int_equal(pdns_look(p, "record", LF_VERB_READ, asked)->status, LF_END_GONE);
    assert_string_equal(pdns_rrset(p, "api.acme.test.", "A"), "");
}

static void test_the_records_of_others_are_not_taken(void **state)
{
    static const char *const comments[] = {
        "", ",\"comments\":[{\"account\":\"anna\",\"content\":\"ticket 4711\"}]",
        ",\"comments\":[{\"account\":\"lf1.other\",\"content\":\"landfall dns.record.x\"}]",
        /* Claimed twice: the other claim counts. */
        ",\"comments\":[{\"account\":\"lf1.mine\",\"content\":\"landfall dns.step.one\"},"
        "{\"account\":\"lf1.other\",\"content\":\"landfall dns.record.x\"}]"};
    static const char *const markers[] = {NULL, NULL, OTHER, OTHER};
    static const uint32_t verbs[] = {LF_VERB_CREATE, LF_VERB_UPDATE, LF_VERB_DESTROY};
    struct pdns *p = *state;
    pdns_make_zone(p);
    for (size_t i = 0; i < 4; i++) {
        char body[512];
        (void)snprintf(body, sizeof(body),
                       "{\"rrsets\":[{\"name\":\"api.acme.test.\",\"type\":\"A\",\"changetype\":\"REPLACE\","
                       "\"ttl\":60,\"records\":[{\"content\":\"192.0.2.9\",\"disabled\":false}]%s}]}",
                       comments[i]);
        assert_int_equal(pdns_send(p, "PATCH", "/zones/acme.test.", body), 204);
        const char *before = pdns_ask(p, "/zones/acme.test.", ".");
        for (size_t k = 0; k < 3; k++) {
            const struct op_result *r = pdns_change(p, "record", verbs[k], API);
            assert_int_equal(r->status, LF_END_EXISTS);
            assert_true((markers[i] == NULL) == (r->marker == NULL));
            if (markers[i])
                assert_string_equal(r->marker, markers[i]);
        }
        assert_int_equal(pdns_look(p, "record", LF_VERB_RECOVER, API)->status, LF_END_EXISTS);
        assert_string_equal(pdns_ask(p, "/zones/acme.test.", "."), before);
    }
}

static void test_adopting_compares_the_marker_and_keeps_what_people_wrote(void **state)
{
    struct pdns *p = *state;
    pdns_make_zone(p);
    assert_int_equal(
        pdns_send(p, "PATCH", "/zones/acme.test.",
                  "{\"rrsets\":[{\"name\":\"api.acme.test.\",\"type\":\"A\",\"changetype\":\"REPLACE\","
                  "\"ttl\":60,\"records\":[{\"content\":\"192.0.2.9\",\"disabled\":false}],"
                  "\"comments\":[{\"account\":\"anna\",\"content\":\"ticket 4711\"}]}]}"),
        204);
    struct op_item item = {.verb = LF_VERB_UPDATE, .marker = MINE, .address = "dns.step.one"};
    item.desired = item.prior = bench_value(p->b, API);
    item.memo = bench_value(p->b, "{'adopt':true,'was':'lf1.other'}");
    assert_int_equal(bench_run(p->b, "record", item)->status, LF_END_EXISTS);
    item.memo = bench_value(p->b, "{'adopt':true}");
    const struct op_result *r = bench_run(p->b, "record", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, MINE);
    assert_string_equal(
        pdns_rrset(p, "api.acme.test.", "A"),
        "[60,[\"192.0.2.1\"],[[\"anna\",\"ticket 4711\"],[\"lf1.mine\",\"landfall dns.step.one\"]]]");
    assert_int_equal(pdns_change(p, "record", LF_VERB_DESTROY, API)->status, LF_END_GONE);
    assert_string_equal(pdns_rrset(p, "api.acme.test.", "A"), "");
}

/* Another tool that sends no comments leaves ours where it is: the record is still ours, and shows as drift.
 */
static void test_what_another_tool_changed_is_drift(void **state)
{
    struct pdns *p = *state;
    pdns_make_zone(p);
    pdns_make(p, API);
    assert_int_equal(
        pdns_send(p, "PATCH", "/zones/acme.test.",
                  "{\"rrsets\":[{\"name\":\"api.acme.test.\",\"type\":\"A\",\"changetype\":\"REPLACE\","
                  "\"ttl\":60,\"records\":[{\"content\":\"192.0.2.66\",\"disabled\":false}]}]}"),
        204);
    const struct op_result *r = pdns_look(p, "record", LF_VERB_READ, API);
    pdns_assert_state(p, r,
                      "{'zone':'acme.test','type':'A','name':'api','values':['192.0.2.66'],'ttl':60,"
                      "'fqdn':'api.acme.test'}");
    assert_string_equal(r->marker, MINE);
    assert_int_equal(pdns_change(p, "record", LF_VERB_UPDATE, API)->status, LF_END_OK);
    assert_string_equal(pdns_dig(p, "api.acme.test A"), "192.0.2.1\n");
}

/* One that takes our comment away takes the record over: nothing says any more that it is ours. */
static void test_a_record_that_lost_its_mark_is_left_alone(void **state)
{
    struct pdns *p = *state;
    pdns_make_zone(p);
    pdns_make(p, API);
    assert_int_equal(
        pdns_send(p, "PATCH", "/zones/acme.test.",
                  "{\"rrsets\":[{\"name\":\"api.acme.test.\",\"type\":\"A\",\"changetype\":\"REPLACE\","
                  "\"ttl\":60,\"records\":[{\"content\":\"192.0.2.66\",\"disabled\":false}],"
                  "\"comments\":[]}]}"),
        204);
    const struct op_result *r = pdns_look(p, "record", LF_VERB_READ, API);
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->marker);
    assert_int_equal(pdns_change(p, "record", LF_VERB_UPDATE, API)->status, LF_END_EXISTS);
    assert_int_equal(pdns_change(p, "record", LF_VERB_DESTROY, API)->status, LF_END_EXISTS);
    assert_string_equal(pdns_dig(p, "api.acme.test A"), "192.0.2.66\n");
}

/* The API lists a name that has a comment and no records, and with a filter by name those of all names. */
static void test_a_comment_without_records_is_no_record(void **state)
{
    struct pdns *p = *state;
    pdns_make_zone(p);
    assert_int_equal(
        pdns_send(p, "PATCH", "/zones/acme.test.",
                  "{\"rrsets\":[{\"name\":\"api.acme.test.\",\"type\":\"A\",\"changetype\":\"REPLACE\","
                  "\"comments\":[{\"account\":\"lf1.mine\",\"content\":\"landfall dns.step.one\"}]}]}"),
        204);
    assert_string_equal(pdns_rrset(p, "api.acme.test.", "A"),
                        "[0,[],[[\"lf1.mine\",\"landfall dns.step.one\"]]]");
    assert_int_equal(pdns_look(p, "record", LF_VERB_READ, API)->status, LF_END_GONE);
    assert_int_equal(pdns_look(p, "record", LF_VERB_RECOVER, API)->status, LF_END_GONE);
    assert_int_equal(bench_run(p->b, "record", (struct op_item){.verb = LF_VERB_OWNED})->status, LF_END_OK);
    size_t count = 1;
    bench_found(p->b, &count);
    assert_int_equal(count, 0);
    pdns_make(p, API);
    assert_string_equal(pdns_rrset(p, "api.acme.test.", "A"),
                        "[600,[\"192.0.2.1\"],[[\"lf1.mine\",\"landfall dns.step.one\"]]]");
}

static void test_a_record_that_is_switched_off_is_a_difference(void **state)
{
    struct pdns *p = *state;
    pdns_make_zone(p);
    pdns_make(p, API);
    assert_int_equal(
        pdns_send(p, "PATCH", "/zones/acme.test.",
                  "{\"rrsets\":[{\"name\":\"api.acme.test.\",\"type\":\"A\",\"changetype\":\"REPLACE\","
                  "\"ttl\":600,\"records\":[{\"content\":\"192.0.2.1\",\"disabled\":true}]}]}"),
        204);
    const struct op_result *r = pdns_look(p, "record", LF_VERB_READ, API);
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(value_get(r->state, "values")->count, 0);
    assert_int_equal(pdns_change(p, "record", LF_VERB_UPDATE, API)->status, LF_END_OK);
    assert_string_equal(pdns_dig(p, "api.acme.test A"), "192.0.2.1\n");
}

static void test_a_cname_stands_alone(void **state)
{
    struct pdns *p = *state;
    pdns_make_zone(p);
    pdns_make(p, API);
    const char *alias = "{'zone':'acme.test','type':'CNAME','name':'api','values':['x.example']}";
    assert_int_equal(pdns_change(p, "record", LF_VERB_CREATE, alias)->status, LF_END_REFUSED);
    assert_true(bench_has_note(p->b, "dns.cname_not_alone"));
    /* One goes and the other comes in one batch, whichever the API would look at first. */
    struct op_item items[2] = {{.verb = LF_VERB_DESTROY, .marker = MINE, .prior = bench_value(p->b, API)},
                               {.verb = LF_VERB_CREATE, .marker = MINE, .desired = bench_value(p->b, alias)}};
    const struct op_result *r = bench_run_many(p->b, "record", items, 2);
    assert_int_equal(r[0].status, LF_END_GONE);
    assert_int_equal(r[1].status, LF_END_OK);
    assert_string_equal(pdns_dig(p, "api.acme.test CNAME"), "x.example.\n");
    items[0].prior = bench_value(p->b, alias);
    items[1].desired = bench_value(p->b, API);
    r = bench_run_many(p->b, "record", items, 2);
    assert_int_equal(r[1].status, LF_END_OK);
    assert_string_equal(pdns_dig(p, "api.acme.test A"), "192.0.2.1\n");
    assert_int_equal(pdns_change(p, "record", LF_VERB_CREATE, alias)->status, LF_END_REFUSED);
}

/* In a zone that came from a file PowerDNS counts no changes, and secondaries would never hear of ours. */
static void test_a_change_raises_the_serial_number_of_a_zone_of_people(void **state)
{
    struct pdns *p = *state;
    char out[4096];
    server_run(
        out, sizeof(out),
        "printf '@ 60 IN SOA ns.people.example. h\\\\.m.people.example. 4294967294 1 2 3 4\\n@ 60 IN NS "
        "ns.people.example.\\nwww 60 IN A 192.0.2.80\\n' >%s/people.zone && " TESTS_FOLDER
        "/servers/pdns load %s acme.test %s/people.zone 2>&1",
        p->folder, p->folder, p->folder);
    static const char *const after[] = {" 4294967295 1 2 3 4\n", " 1 1 2 3 4\n", " 2 1 2 3 4\n"};
    assert_string_equal(pdns_ask(p, "/zones/acme.test.", ".soa_edit_api"), "");
    static const uint32_t verbs[] = {LF_VERB_CREATE, LF_VERB_DESTROY, LF_VERB_CREATE};
    for (size_t i = 0; i < 3; i++) {
        uint32_t status = pdns_change(p, "record", verbs[i], API)->status;
        assert_int_equal(status, verbs[i] == LF_VERB_CREATE ? LF_END_OK : LF_END_GONE);
        const char *soa = pdns_dig(p, "acme.test SOA");
        if (!strstr(soa, after[i]) || !strstr(soa, "ns.people.example. h\\.m.people.example. "))
            fail_msg("change %zu: %s", i, soa);
    }
    pdns_make(p, API); /* nothing to change, nothing counted */
    assert_non_null(strstr(pdns_dig(p, "acme.test SOA"), after[2]));
    assert_string_equal(pdns_dig(p, "www.acme.test A"), "192.0.2.80\n");
}

/* ---- many ---------------------------------------------------------------------------------------------- */

#define MANY 1000

static void test_a_thousand_records_are_one_patch(void **state)
{
    struct pdns *p = *state;
    static struct op_item items[MANY];
    char json[128];
    pdns_make_zone(p);
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(json, sizeof(json),
                       "{'zone':'acme.test','type':'A','name':'h%zu','values':['192.0.2.%zu']}", i, i % 250);
        items[i] =
            (struct op_item){.verb = LF_VERB_CREATE, .marker = MINE, .desired = bench_value(p->b, json)};
    }
    mishap_forget(p->m);
    const struct op_result *r = bench_run_many(p->b, "record", items, MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(r[i].status, LF_END_OK);
    assert_int_equal(mishap_count(p->m, "PATCH "), 1);
    assert_int_equal(mishap_count(p->m, "GET "), 2);
    assert_string_equal(pdns_dig(p, "h7.acme.test A"), "192.0.2.7\n");
    assert_string_equal(pdns_ask(p, "/zones/acme.test.", ".rrsets|length"), "1002");
    /* Read back, looked for after a crash, and removed: as many at once. */
    static const uint32_t verbs[] = {LF_VERB_READ, LF_VERB_RECOVER};
    for (size_t k = 0; k < 2; k++) {
        mishap_forget(p->m);
        for (size_t i = 0; i < MANY; i++) {
            items[i].verb = verbs[k];
            items[i].prior = items[i].desired;
        }
        r = bench_run_many(p->b, "record", items, MANY);
        for (size_t i = 0; i < MANY; i++)
            assert_int_equal(r[i].status, LF_END_OK);
        assert_int_equal(mishap_count(p->m, ""), 1);
    }
    for (size_t i = 0; i < MANY; i++)
        items[i].verb = LF_VERB_DESTROY;
    r = bench_run_many(p->b, "record", items, MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(r[i].status, LF_END_GONE);
    assert_string_equal(pdns_ask(p, "/zones/acme.test.", ".rrsets|length"), "2");
}

static void test_a_batch_answers_each_for_itself(void **state)
{
    static const char theirs[] = "{'zone':'acme.test','type':'A','name':'theirs','values':['192.0.2.1']}";
    static const char bad[] = "{'zone':'acme.test','type':'A','name':'bad','values':['192.0.2.300']}";
    struct pdns *p = *state;
    pdns_make_zone(p);
    assert_int_equal(pdns_change_as(p, OTHER, "record", LF_VERB_CREATE, theirs)->status, LF_END_OK);
    struct op_item items[4] = {{.verb = LF_VERB_CREATE, .marker = MINE, .desired = bench_value(p->b, API)},
                               {.verb = LF_VERB_CREATE, .marker = MINE, .desired = bench_value(p->b, theirs)},
                               {.verb = LF_VERB_CREATE, .marker = MINE, .desired = bench_value(p->b, bad)},
                               {.verb = LF_VERB_DESTROY, .marker = MINE, .prior = bench_value(p->b, bad)}};
    const struct op_result *r = bench_run_many(p->b, "record", items, 4);
    assert_int_equal(r[0].status, LF_END_OK);
    assert_int_equal(r[1].status, LF_END_EXISTS);
    assert_string_equal(r[1].marker, OTHER);
    assert_int_equal(r[2].status, LF_END_REFUSED);
    assert_int_equal(r[3].status, LF_END_GONE);
}

/* ---- copies -------------------------------------------------------------------------------------------- */

/* Overlapping PATCHes of one RRset leave copies on some databases.  However many: they are seen as a
 * difference, and one REPLACE alone heals it. */
static void assert_heals(struct pdns *p)
{
    const struct op_result *r = pdns_look(p, "record", LF_VERB_READ, API);
    assert_int_equal(r->status, LF_END_OK);
    size_t copies = strtoul(
        pdns_ask(p, "/zones/acme.test.", "[.rrsets[]|select(.name==\"api.acme.test.\")|.records[]]|length"),
        NULL, 10);
    assert_int_equal(value_get(r->state, "values")->count, copies);
    struct op_item item = {.verb = LF_VERB_PLAN, .prior = r->state, .desired = bench_value(p->b, API)};
    assert_int_equal(bench_run(p->b, "record", item)->action, copies == 1 ? LF_DO_KEEP : LF_DO_UPDATE);
    assert_int_equal(pdns_change(p, "record", LF_VERB_UPDATE, API)->status, LF_END_OK);
    assert_string_equal(pdns_rrset(p, "api.acme.test.", "A"),
                        "[600,[\"192.0.2.1\"],[[\"lf1.mine\",\"landfall dns.step.one\"]]]");
}

static void test_copies_of_a_record_are_seen_and_healed(void **state)
{
    struct pdns *p = *state;
    char out[4096];
    pdns_make_zone(p);
    pdns_make(p, API);
    server_run(
        out, sizeof(out),
        "cat >%s/same.json <<'END'\n{\"rrsets\":[{\"name\":\"api.acme.test.\",\"type\":\"A\","
        "\"changetype\":\"REPLACE\",\"ttl\":600,\"records\":[{\"content\":\"192.0.2.1\",\"disabled\":false}],"
        "\"comments\":[{\"account\":\"lf1.mine\",\"content\":\"landfall dns.step.one\"}]}]}\nEND\n"
        "seq 120 | xargs -P20 -I{} curl -s -o /dev/null -w '%%{http_code}\\n' -X PATCH -H 'X-API-Key: %s' "
        "-d @%s/same.json http://127.0.0.1:%d/api/v1/servers/localhost/zones/acme.test. | sort | uniq -c",
        p->folder, p->key, p->folder, p->api_port);
    assert_non_null(strstr(out, " 204"));
    assert_heals(p);
    if (strcmp(p->backend, "sqlite") != 0)
        return;
    /* SQLite lets nothing overlap, and answers 500 instead: here the copies are laid by hand. */
    server_run(
        out, sizeof(out),
        "for i in 1 2 3 4; do sqlite3 %s/pdns.sqlite3 \"insert into records (domain_id,name,type,content,ttl,"
        "prio,disabled,auth) select domain_id,name,type,content,ttl,prio,disabled,auth from records where "
        "name='api.acme.test' and type='A' limit 1\"; done",
        p->folder);
    assert_heals(p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_each_type_is_answered_as_it_was_asked_for),
        TEST(test_a_long_text_is_split_on_the_way_only),
        TEST(test_a_record_created_twice_is_one_record),
        TEST(test_a_record_is_changed_and_removed),
        TEST(test_the_records_of_others_are_not_taken),
        TEST(test_adopting_compares_the_marker_and_keeps_what_people_wrote),
        TEST(test_what_another_tool_changed_is_drift),
        TEST(test_a_record_that_lost_its_mark_is_left_alone),
        TEST(test_a_comment_without_records_is_no_record),
        TEST(test_a_record_that_is_switched_off_is_a_difference),
        TEST(test_a_cname_stands_alone),
        TEST(test_a_change_raises_the_serial_number_of_a_zone_of_people),
        TEST(test_a_thousand_records_are_one_patch),
        TEST(test_a_batch_answers_each_for_itself),
        TEST(test_copies_of_a_record_are_seen_and_healed),
    };
    return pdns_on_each(&server, tests, sizeof(tests) / sizeof(tests[0]));
}
