#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dynamic.h"
#include "model/value.h"
#include "server.h"

/* Records on real name servers, BIND and Knot, with and without transfers: judged by dig, disturbed by
 * nsupdate. */

static int enter(void **state, const char *kind, const char *options)
{
    static struct dynamic d;
    memset(&d, 0, sizeof(d));
    dynamic_start(&d, kind, options, "acme.test other.test");
    dynamic_drive(&d, "writer", d.port, ",'zones':['acme.test']");
    *state = &d;
    return 0;
}

static int enter_bind(void **state)
{
    return enter(state, "bind", "");
}

static int enter_knot(void **state)
{
    return enter(state, "knot", "");
}

static int enter_bind_closed(void **state)
{
    return enter(state, "bind", "--no-transfer");
}

static int enter_knot_closed(void **state)
{
    return enter(state, "knot", "--no-transfer");
}

static int enter_bind_signed(void **state)
{
    return enter(state, "bind", "--signed");
}

static int enter_knot_signed(void **state)
{
    return enter(state, "knot", "--signed");
}

static int leave(void **state)
{
    dynamic_stop(*state);
    return 0;
}

#define EMPTY "acme.test. 300 NS ns1.acme.test.\nns1.acme.test. 300 A 127.0.0.1\n"
#define API   "'type':'A','name':'api','values':['192.0.2.1','192.0.2.2'],'ttl':60"

/* ---- create -------------------------------------------------------------------------------------------- */

static void test_a_record_and_its_marker_come_into_being_together(void **state)
{
    struct dynamic *d = *state;
    long serial = dynamic_serial(d, "acme.test");
    const struct op_result *r = dynamic_ask_record(d, LF_VERB_CREATE, API);
    dynamic_assert_end(d, r, LF_END_OK);
    assert_string_equal(r->id, "acme.test/api/A");
    assert_string_equal(r->marker, DYNAMIC_OURS);
    assert_string_equal(value_get_text(r->state, "fqdn", ""), "api.acme.test");
    dynamic_assert_answer(d, "api.acme.test A", "192.0.2.1\n192.0.2.2\n");
    dynamic_assert_answer(d, "_a.api._landfall.acme.test TXT",
                          "\"" DYNAMIC_OURS "\" \"token-1\" \"dns.record.api\"\n");
    if (strcmp(d->kind, "bind") == 0)
        assert_true(dynamic_serial(d, "acme.test") > serial);
}

static void test_creating_twice_with_one_token_is_creating_once(void **state)
{
    struct dynamic *d = *state;
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    long serial = dynamic_serial(d, "acme.test");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    assert_int_equal(dynamic_serial(d, "acme.test"), serial);
    assert_string_equal(dynamic_dump(d, "acme.test"), "_a.api._landfall.acme.test. 60 TXT \"" DYNAMIC_OURS
                                                      "\" \"token-1\" \"dns.record.api\"\n"
                                                      "acme.test. 300 NS ns1.acme.test.\n"
                                                      "api.acme.test. 60 A 192.0.2.1\n"
                                                      "api.acme.test. 60 A 192.0.2.2\n"
                                                      "ns1.acme.test. 300 A 127.0.0.1\n");
}

static void test_a_create_that_finds_its_own_marker_brings_the_record_to_what_is_asked(void **state)
{
    struct dynamic *d = *state;
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    dynamic_assert_end(
        d, dynamic_ask_record(d, LF_VERB_CREATE, "'type':'A','name':'api','values':['192.0.2.7']"),
        LF_END_OK);
    dynamic_assert_answer(d, "api.acme.test A", "192.0.2.7\n");
}

static void test_every_type_is_made_read_and_removed(void **state)
{
#define DIGEST "49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC0000"
    static const struct {
        const char *json, *question, *answer;
    } all[] = {
        {"'type':'A','name':'@','values':['192.0.2.9']", "acme.test A", "192.0.2.9\n"},
        {"'type':'AAAA','name':'h','values':['2001:0DB8::1']", "h.acme.test AAAA", "2001:db8::1\n"},
        {"'type':'CNAME','name':'www','values':['Acme.Test']", "www.acme.test CNAME", "acme.test.\n"},
        {"'type':'CNAME','name':'*.app','values':['www.acme.test']", "one.app.acme.test CNAME",
         "www.acme.test.\n"},
        {"'type':'MX','name':'@','values':['10 ns1.acme.test','20 mx.example.net']", "acme.test MX",
         "10 ns1.acme.test.\n20 mx.example.net.\n"},
        {"'type':'TXT','name':'@','values':['v=spf1 -all','quote \\u0022 and \\\\ back','']", "acme.test TXT",
         "\"\"\n\"quote \\\" and \\\\ back\"\n\"v=spf1 -all\"\n"},
        {"'type':'SRV','name':'_sip._tcp','values':['1 2 5060 mail.acme.test']", "_sip._tcp.acme.test SRV",
         "1 2 5060 mail.acme.test.\n"},
        {"'type':'CAA','name':'@','values':['0 issue letsencrypt.org','0 iodef mailto:sec@acme.test']",
         "acme.test CAA", "0 iodef \"mailto:sec@acme.test\"\n0 issue \"letsencrypt.org\"\n"},
        {"'type':'NS','name':'eu','values':['ns1.example.net','ns2.example.net']",
         "+noshort +noall +authority eu.acme.test NS | awk '$4 == \"NS\" {print $5}'",
         "ns1.example.net.\nns2.example.net.\n"},
        {"'type':'DS','name':'eu','values':['12345 13 2 " DIGEST "']", "eu.acme.test DS",
         "12345 13 2 " DIGEST "\n"},
    };
    struct dynamic *d = *state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, all[i].json), LF_END_OK);
        dynamic_assert_answer(d, all[i].question, all[i].answer);
        const struct op_result *r = dynamic_ask_record(d, LF_VERB_READ, all[i].json);
        dynamic_assert_end(d, r, LF_END_OK);
        assert_string_equal(r->marker, DYNAMIC_OURS);
        assert_int_equal(value_get_int(r->state, "ttl", 0), 300);
    }
    for (size_t i = sizeof(all) / sizeof(all[0]); i > 0; i--) {
        dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, all[i - 1].json), LF_END_GONE);
        dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_READ, all[i - 1].json), LF_END_GONE);
    }
    assert_string_equal(dynamic_dump(d, "acme.test"), EMPTY);
}

static void test_a_long_text_is_cut_into_strings_and_comes_back_whole(void **state)
{
    struct dynamic *d = *state;
    static char text[9001], json[9200];
    for (size_t i = 0; i + 1 < sizeof(text); i++)
        text[i] = (char)('a' + i % 23);
    (void)snprintf(json, sizeof(json), "'type':'TXT','name':'key._domainkey','values':['%s']", text);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, json), LF_END_OK);
    char seen[16384];
    (void)snprintf(seen, sizeof(seen), "%s", dynamic_answer(d, "+tcp key._domainkey.acme.test TXT"));
    assert_int_equal(strcspn(seen + 1, "\""), 255);
    const struct op_result *r = dynamic_ask_record(d, LF_VERB_READ, json);
    dynamic_assert_end(d, r, LF_END_OK);
    assert_string_equal(value_get(r->state, "values")->items[0]->text, text);
    dynamic_assert_end(
        d, dynamic_change_record(d, json, "'type':'TXT','name':'key._domainkey','values':['x']"), LF_END_OK);
    dynamic_assert_answer(d, "key._domainkey.acme.test TXT", "\"x\"\n");
}

/* ---- whose is it -------------------------------------------------------------------------------------- */

static void test_a_record_of_somebody_else_is_left_alone(void **state)
{
    struct dynamic *d = *state;
    dynamic_update(d, "acme.test", "update add api.acme.test 99 A 203.0.113.5");
    long serial = dynamic_serial(d, "acme.test");
    const struct op_result *r = dynamic_ask_record(d, LF_VERB_CREATE, API);
    dynamic_assert_end(d, r, LF_END_EXISTS);
    assert_null(r->marker);
    dynamic_assert_end(d, dynamic_change_record(d, API, API), LF_END_EXISTS);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, API), LF_END_EXISTS);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_RECOVER, API), LF_END_EXISTS);
    dynamic_assert_answer(d, "api.acme.test A", "203.0.113.5\n");
    assert_int_equal(dynamic_serial(d, "acme.test"), serial);
}

static void test_a_record_of_another_store_is_left_alone_and_named(void **state)
{
    struct dynamic *d = *state;
    struct op_item theirs =
        dynamic_record(d, LF_VERB_CREATE, "'type':'A','name':'api','values':['192.0.2.8']");
    theirs.marker = DYNAMIC_THEIRS;
    dynamic_assert_end(d, bench_run(d->b, "record", theirs), LF_END_OK);
    const struct op_result *r = dynamic_ask_record(d, LF_VERB_CREATE, API);
    dynamic_assert_end(d, r, LF_END_EXISTS);
    assert_string_equal(r->marker, DYNAMIC_THEIRS);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, API), LF_END_EXISTS);
    dynamic_assert_answer(d, "api.acme.test A", "192.0.2.8\n");
}

static void test_adopting_takes_what_is_there_and_no_more(void **state)
{
    struct dynamic *d = *state;
    dynamic_update(d, "acme.test", "update add api.acme.test 99 A 203.0.113.5");
    const struct op_result *r = dynamic_ask_record(d, LF_VERB_FIND, API);
    dynamic_assert_end(d, r, LF_END_OK);
    assert_null(r->marker);
    struct op_item adopt = dynamic_record(d, LF_VERB_UPDATE, API);
    adopt.prior = r->state;
    adopt.memo = bench_value(d->b, "{'adopt':true,'was':'" DYNAMIC_THEIRS "'}");
    dynamic_assert_end(d, bench_run(d->b, "record", adopt), LF_END_EXISTS);
    adopt.memo = bench_value(d->b, "{'adopt':true,'was':''}");
    r = bench_run(d->b, "record", adopt);
    dynamic_assert_end(d, r, LF_END_OK);
    assert_string_equal(r->marker, DYNAMIC_OURS);
    dynamic_assert_answer(d, "api.acme.test A", "192.0.2.1\n192.0.2.2\n");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, API), LF_END_GONE);
}

static void test_a_marker_without_its_record_protects_nothing(void **state)
{
    struct dynamic *d = *state;
    struct op_item theirs = dynamic_record(d, LF_VERB_CREATE, API);
    theirs.marker = DYNAMIC_THEIRS;
    dynamic_assert_end(d, bench_run(d->b, "record", theirs), LF_END_OK);
    dynamic_update(d, "acme.test", "update delete api.acme.test A");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_READ, API), LF_END_GONE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, API), LF_END_GONE);
    dynamic_assert_answer(d, "_a.api._landfall.acme.test TXT",
                          "\"" DYNAMIC_THEIRS "\" \"token-1\" \"dns.record.api\"\n");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    dynamic_update(d, "acme.test", "update delete api.acme.test A");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, API), LF_END_GONE);
    assert_string_equal(dynamic_dump(d, "acme.test"), EMPTY);
}

/* ---- update, destroy, recover -------------------------------------------------------------------------- */

static void test_an_update_replaces_all_values_and_signs_for_it(void **state)
{
    struct dynamic *d = *state;
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    const struct op_result *r =
        dynamic_change_record(d, API, "'type':'A','name':'api','values':['192.0.2.2','192.0.2.3'],'ttl':90");
    dynamic_assert_end(d, r, LF_END_OK);
    assert_int_equal(value_get_int(r->state, "ttl", 0), 90);
    dynamic_assert_answer(d, "api.acme.test A", "192.0.2.2\n192.0.2.3\n");
    dynamic_assert_answer(d, "_a.api._landfall.acme.test TXT",
                          "\"" DYNAMIC_OURS "\" \"token-2\" \"dns.record.api\"\n");
    assert_non_null(strstr(dynamic_dump(d, "acme.test"), "api.acme.test. 90 A 192.0.2.3\n"));
}

static void test_what_is_there_already_is_not_sent(void **state)
{
    struct dynamic *d = *state;
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    long serial = dynamic_serial(d, "acme.test");
    dynamic_assert_end(
        d, dynamic_change_record(d, API, "'type':'a','name':'API','values':['192.0.2.2','192.0.2.1']"),
        LF_END_OK);
    assert_int_equal(dynamic_serial(d, "acme.test"), serial);
}

static void test_what_is_gone_is_told_and_not_made_again(void **state)
{
    struct dynamic *d = *state;
    long serial = dynamic_serial(d, "acme.test");
    dynamic_assert_end(d, dynamic_change_record(d, API, API), LF_END_GONE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, API), LF_END_GONE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_RECOVER, API), LF_END_GONE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_FIND, API), LF_END_GONE);
    assert_int_equal(dynamic_serial(d, "acme.test"), serial);
}

static void test_values_changed_by_hand_are_read_and_can_be_removed(void **state)
{
    struct dynamic *d = *state;
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    dynamic_update(d, "acme.test", "update add api.acme.test 60 A 203.0.113.77");
    const struct op_result *r = dynamic_ask_record(d, LF_VERB_READ, API);
    dynamic_assert_end(d, r, LF_END_OK);
    assert_int_equal(value_get(r->state, "values")->count, 3);
    r = dynamic_ask_record(d, LF_VERB_RECOVER, API);
    dynamic_assert_end(d, r, LF_END_OK);
    assert_string_equal(r->marker, DYNAMIC_OURS);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, API), LF_END_GONE);
    assert_string_equal(dynamic_dump(d, "acme.test"), EMPTY);
}

static void test_nothing_changes_when_nothing_may(void **state)
{
    struct dynamic *d = *state;
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, API), LF_END_OK);
    long serial = dynamic_serial(d, "acme.test");
    bench_read_only(d->b, true);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_READ, API), LF_END_OK);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_RECOVER, API), LF_END_OK);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, API), LF_END_REFUSED);
    dynamic_assert_note(d, "rfc2136.read_only");
    dynamic_assert_end(
        d, dynamic_ask_record(d, LF_VERB_CREATE, "'type':'A','name':'new','values':['192.0.2.1']"),
        LF_END_REFUSED);
    assert_int_equal(dynamic_serial(d, "acme.test"), serial);
}

/* ---- names that are special ---------------------------------------------------------------------------- */

static void test_a_wildcard_answers_for_nothing_that_is_managed(void **state)
{
    struct dynamic *d = *state;
    dynamic_update(d, "acme.test",
                   "update add *.acme.test 60 A 203.0.113.1\nupdate add *.acme.test 60 TXT \"any\"");
    const char *one = "'type':'A','name':'one','values':['203.0.113.1']";
    dynamic_assert_answer(d, "one.acme.test A", "203.0.113.1\n");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_READ, one), LF_END_GONE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_FIND, one), LF_END_GONE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, one), LF_END_OK);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_READ, one), LF_END_OK);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, one), LF_END_GONE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_READ, one), LF_END_GONE);
    dynamic_assert_answer(d, "one.acme.test A", "203.0.113.1\n");
}

static void test_the_marker_of_a_wildcard_hides_no_name_from_it(void **state)
{
    struct dynamic *d = *state;
    const char *all = "'type':'A','name':'*','values':['192.0.2.5']";
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, all), LF_END_OK);
    dynamic_assert_answer(d, "any.acme.test A", "192.0.2.5\n");
    dynamic_assert_answer(d, "_a.-._landfall.acme.test TXT",
                          "\"" DYNAMIC_OURS "\" \"token-1\" \"dns.record.api\"\n");
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_READ, all), LF_END_OK);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, all), LF_END_GONE);
}

static void test_a_cname_stands_alone(void **state)
{
    struct dynamic *d = *state;
    dynamic_update(
        d, "acme.test",
        "update add www.acme.test 60 CNAME acme.test.\nupdate add host.acme.test 60 A 203.0.113.1");
    dynamic_assert_end(
        d, dynamic_ask_record(d, LF_VERB_CREATE, "'type':'A','name':'www','values':['192.0.2.1']"),
        LF_END_REFUSED);
    dynamic_assert_note(d, "dns.cname_not_alone");
    dynamic_assert_end(
        d, dynamic_ask_record(d, LF_VERB_CREATE, "'type':'CNAME','name':'host','values':['acme.test']"),
        LF_END_REFUSED);
    dynamic_assert_note(d, "dns.cname_not_alone");
    dynamic_assert_answer(d, "www.acme.test CNAME", "acme.test.\n");
    dynamic_assert_answer(d, "host.acme.test A", "203.0.113.1\n");
}

static void test_what_lies_below_a_delegation_is_seen(void **state)
{
    struct dynamic *d = *state;
    const char *cut = "'type':'NS','name':'eu','values':['ns1.eu.acme.test']";
    const char *glue = "'type':'A','name':'ns1.eu','values':['192.0.2.53']";
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, glue), LF_END_OK);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_CREATE, cut), LF_END_OK);
    dynamic_assert_answer(d, "+noshort +noall +additional eu.acme.test NS | awk '$4 == \"A\" {print $5}'",
                          "192.0.2.53\n");
    const struct op_result *r = dynamic_ask_record(d, LF_VERB_READ, glue);
    dynamic_assert_end(d, r, LF_END_OK);
    assert_string_equal(r->marker, DYNAMIC_OURS);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_READ, cut), LF_END_OK);
    dynamic_assert_end(
        d, dynamic_ask_record(d, LF_VERB_READ, "'type':'A','name':'ns2.eu','values':['192.0.2.54']"),
        LF_END_GONE);
    dynamic_assert_end(
        d, dynamic_change_record(d, glue, "'type':'A','name':'ns1.eu','values':['192.0.2.99']"), LF_END_OK);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, cut), LF_END_GONE);
    dynamic_assert_end(d, dynamic_ask_record(d, LF_VERB_DESTROY, glue), LF_END_GONE);
    assert_string_equal(dynamic_dump(d, "acme.test"), EMPTY);
}

static void test_a_marker_made_by_hand_is_not_overwritten(void **state)
{
    struct dynamic *d = *state;
    dynamic_update(d, "acme.test", "update add _a.api._landfall.acme.test 60 TXT \"mine\"");
    const struct op_result *r = dynamic_ask_record(d, LF_VERB_CREATE, API);
    assert_true(r->status == LF_END_REFUSED || r->status == LF_END_RETRY);
    dynamic_assert_answer(d, "_a.api._landfall.acme.test TXT", "\"mine\"\n");
    dynamic_assert_answer(d, "api.acme.test A", "");
}

/* ---- many ---------------------------------------------------------------------------------------------- */

#define MANY 400

static void fill(struct dynamic *d, struct op_item *items, size_t count, uint32_t verb)
{
    for (size_t i = 0; i < count; i++) {
        char json[128];
        (void)snprintf(json, sizeof(json), "'type':'A','name':'h%zu','values':['192.0.2.%zu']", i, i % 250);
        items[i] = dynamic_record(d, verb, json);
    }
}

static void test_many_records_are_few_messages_and_one_that_cannot_be_spoils_none(void **state)
{
    struct dynamic *d = *state;
    static struct op_item items[MANY];
    dynamic_update(d, "acme.test", "update add h7.acme.test 60 A 203.0.113.1");
    long serial = dynamic_serial(d, "acme.test");
    fill(d, items, MANY, LF_VERB_CREATE);
    items[11].desired =
        dynamic_record(d, LF_VERB_READ, "'type':'CNAME','name':'h7','values':['a.test']").prior;
    const struct op_result *r = bench_run_many(d->b, "record", items, MANY);
    for (size_t i = 0; i < MANY; i++)
        dynamic_assert_end(d, &r[i], i == 7 ? LF_END_EXISTS : i == 11 ? LF_END_REFUSED : LF_END_OK);
    dynamic_assert_note(d, "dns.cname_not_alone");
    if (strstr(dynamic_dump(d, "acme.test"), "RRSIG") == NULL)
        assert_true(dynamic_serial(d, "acme.test") <= serial + MANY);
    dynamic_assert_answer(d, "h399.acme.test A", "192.0.2.149\n");
    dynamic_assert_answer(d, "h7.acme.test A", "203.0.113.1\n");
    fill(d, items, MANY, LF_VERB_READ);
    r = bench_run_many(d->b, "record", items, MANY);
    for (size_t i = 0; i < MANY; i++)
        dynamic_assert_end(d, &r[i], i == 11 ? LF_END_GONE : LF_END_OK);
    fill(d, items, MANY, LF_VERB_DESTROY);
    r = bench_run_many(d->b, "record", items, MANY);
    for (size_t i = 0; i < MANY; i++)
        dynamic_assert_end(d, &r[i], i == 7 ? LF_END_EXISTS : LF_END_GONE);
    assert_string_equal(dynamic_dump(d, "acme.test"),
                        "acme.test. 300 NS ns1.acme.test.\nh7.acme.test. 60 A 203.0.113.1\n"
                        "ns1.acme.test. 300 A 127.0.0.1\n");
}

static void test_two_of_one_name_in_one_batch_make_one(void **state)
{
    struct dynamic *d = *state;
    struct op_item items[] = {
        dynamic_record(d, LF_VERB_CREATE, "'type':'A','name':'api','values':['192.0.2.1']"),
        dynamic_record(d, LF_VERB_CREATE, "'type':'A','name':'api','values':['192.0.2.2']"),
        dynamic_record(d, LF_VERB_CREATE, "'type':'A','name':'www','values':['192.0.2.3']"),
        dynamic_record(d, LF_VERB_CREATE, "'type':'CNAME','name':'www','values':['api.acme.test']"),
    };
    items[1].marker = DYNAMIC_THEIRS;
    const struct op_result *r = bench_run_many(d->b, "record", items, 4);
    dynamic_assert_end(d, &r[0], LF_END_OK);
    dynamic_assert_end(d, &r[1], LF_END_RETRY);
    dynamic_assert_end(d, &r[2], LF_END_OK);
    dynamic_assert_end(d, &r[3], LF_END_REFUSED);
    dynamic_assert_answer(d, "api.acme.test A", "192.0.2.1\n");
    dynamic_assert_answer(d, "www.acme.test A", "192.0.2.3\n");
}

static void test_what_the_key_may_not_change_is_refused_alone(void **state)
{
    struct dynamic *d = *state;
    dynamic_drive(d, "narrow", d->port, "");
    struct op_item items[] = {
        dynamic_record(d, LF_VERB_CREATE, "'type':'A','name':'open','values':['192.0.2.1']"),
        dynamic_record(d, LF_VERB_CREATE, "'type':'A','name':'closed','values':['192.0.2.2']"),
    };
    const struct op_result *r = bench_run_many(d->b, "record", items, 2);
    dynamic_assert_end(d, &r[0], LF_END_OK);
    dynamic_assert_end(d, &r[1], LF_END_REFUSED);
    dynamic_assert_note(d, "rfc2136.not_allowed");
    dynamic_assert_answer(d, "open.acme.test A", "192.0.2.1\n");
    dynamic_assert_answer(d, "closed.acme.test A", "");
}

int main(void)
{
#define ON(kind, test)                                                                                       \
    {                                                                                                        \
#kind ": " #test, test, enter_##kind, leave, NULL                                                    \
    }
#define ON_BOTH(test)   ON(bind, test), ON(knot, test)
#define ON_ALL(test)    ON(bind, test), ON(knot, test), ON(bind_closed, test), ON(knot_closed, test)
#define ON_SIGNED(test) ON(bind_signed, test), ON(knot_signed, test)
    const struct CMUnitTest tests[] = {
        ON_ALL(test_a_record_and_its_marker_come_into_being_together),
        ON_ALL(test_creating_twice_with_one_token_is_creating_once),
        ON_BOTH(test_a_create_that_finds_its_own_marker_brings_the_record_to_what_is_asked),
        ON_ALL(test_every_type_is_made_read_and_removed),
        ON_SIGNED(test_every_type_is_made_read_and_removed),
        ON_BOTH(test_a_long_text_is_cut_into_strings_and_comes_back_whole),
        ON_ALL(test_a_record_of_somebody_else_is_left_alone),
        ON_BOTH(test_a_record_of_another_store_is_left_alone_and_named),
        ON_BOTH(test_adopting_takes_what_is_there_and_no_more),
        ON_ALL(test_a_marker_without_its_record_protects_nothing),
        ON_BOTH(test_an_update_replaces_all_values_and_signs_for_it),
        ON_BOTH(test_what_is_there_already_is_not_sent),
        ON_BOTH(test_what_is_gone_is_told_and_not_made_again),
        ON_ALL(test_values_changed_by_hand_are_read_and_can_be_removed),
        ON_ALL(test_nothing_changes_when_nothing_may),
        ON_ALL(test_a_wildcard_answers_for_nothing_that_is_managed),
        ON_BOTH(test_the_marker_of_a_wildcard_hides_no_name_from_it),
        ON_ALL(test_a_cname_stands_alone),
        ON_SIGNED(test_a_cname_stands_alone),
        ON_ALL(test_what_lies_below_a_delegation_is_seen),
        ON_SIGNED(test_what_lies_below_a_delegation_is_seen),
        ON_ALL(test_a_marker_made_by_hand_is_not_overwritten),
        ON_ALL(test_many_records_are_few_messages_and_one_that_cannot_be_spoils_none),
        ON_SIGNED(test_many_records_are_few_messages_and_one_that_cannot_be_spoils_none),
        ON_BOTH(test_two_of_one_name_in_one_batch_make_one),
        ON_BOTH(test_what_the_key_may_not_change_is_refused_alone),
    };
    int missing = server_missing(dynamic_programs, DYNAMIC_PACKAGES);
    return missing ? missing : cmocka_run_group_tests(tests, NULL, NULL);
}
