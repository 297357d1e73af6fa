#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "bench.h"
#include "model/value.h"
#include "server.h"

/* What dns-rfc2136 can say without a name server: settings, plans, estimates, and that nobody is there. */

#define DRIVER PLUGINS_FOLDER "/dns-rfc2136.so"

static const char *settings(char *out, size_t room, const char *more)
{
    (void)snprintf(out, room,
                   "{'server':'127.0.0.1','port':%d,'key':'k','timeout_s':1,"
                   "'secret':{'$secret':{'source':'test:c2VjcmV0c2VjcmV0c2VjcmV0'}}%s}",
                   server_port(), more);
    return out;
}

static int enter(void **state)
{
    char text[512];
    *state = bench_open(DRIVER, settings(text, sizeof(text), ",'zones':['acme.test.','EU.acme.test']"));
    return 0;
}

static int leave(void **state)
{
    size_t breaches = 0;
    (void)bench_breaches(*state, &breaches);
    bench_close(*state);
    assert_int_equal(breaches, 0);
    return 0;
}

static const struct op_result *plan(struct bench *b, const char *type, const char *json)
{
    return bench_run(b, type, (struct op_item){.verb = LF_VERB_PLAN, .desired = bench_value(b, json)});
}

static void test_settings_that_cannot_work_are_refused_when_they_are_read(void **state)
{
    static const struct {
        const char *json, *says;
    } bad[] = {
        {"{'key':'k','secret':{'$secret':{'source':'test:c2VjcmV0c2VjcmV0'}}}", "server"},
        {"{'server':'','key':'k','secret':{'$secret':{'source':'test:c2VjcmV0c2VjcmV0'}}}", "server"},
        {"{'server':'a','secret':{'$secret':{'source':'test:c2VjcmV0c2VjcmV0'}}}", "key"},
        {"{'server':'a','key':'a..b','secret':{'$secret':{'source':'test:c2VjcmV0c2VjcmV0'}}}", "key"},
        {"{'server':'a','key':'k'}", "secret"},
        {"{'server':'a','key':'k','port':0,'secret':{'$secret':{'source':'test:c2VjcmV0c2VjcmV0'}}}", "port"},
        {"{'server':'a','key':'k','port':65536,'secret':{'$secret':{'source':'test:c2VjcmV0c2VjcmV0'}}}",
         "port"},
        {"{'server':'a','key':'k','timeout_s':0,'secret':{'$secret':{'source':'test:c2VjcmV0c2VjcmV0'}}}",
         "time"},
        {"{'server':'a','key':'k','algorithm':'hmac-md5','secret':{'$secret':{'source':'test:"
         "c2VjcmV0c2VjcmV0'}}}",
         "algorithm"},
        {"{'server':'a','key':'k','zones':['a b'],'secret':{'$secret':{'source':'test:c2VjcmV0c2VjcmV0'}}}",
         "zones"},
        {"{'server':'a','key':'k','zones':[''],'secret':{'$secret':{'source':'test:c2VjcmV0c2VjcmV0'}}}",
         "zones"},
        {"{'server':'a','key':'k','nameservers':['-/"
         "'],'secret':{'$secret':{'source':'test:c2VjcmV0c2VjcmV0'}}}",
         "name servers"},
        {"{'server':'a','key':'k','colour':1,'secret':{'$secret':{'source':'test:c2VjcmV0c2VjcmV0'}}}",
         "colour"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct bench *b = NULL;
        struct err err;
        if (bench_try(DRIVER, bad[i].json, &b, &err)) {
            bench_close(b);
            fail_msg("accepted: %s", bad[i].json);
        }
        if (!strstr(err.summary, bad[i].says))
            fail_msg("'%s' says nothing of '%s'", err.summary, bad[i].says);
    }
}

static void test_what_cannot_work_is_refused_while_planning(void **state)
{
    static char long_name[400];
    static char many[60000];
    static const struct {
        const char *type, *json, *code, *path;
    } bad[] = {
        {"record", "{'zone':'acme.test','type':'A','name':'a','values':['192.0.2.256']}", "dns.value",
         "values[0]"},
        {"record", "{'zone':'acme.test','type':'AAAA','name':'a','values':['192.0.2.1']}", "dns.value",
         "values[0]"},
        {"record", "{'zone':'acme.test','type':'SOA','name':'@','values':['x']}", "dns.type_unknown", "type"},
        {"record", "{'zone':'acme.test','type':'NS','name':'@','values':['ns.test.']}", "dns.record_name",
         "name"},
        {"record", "{'zone':'acme.test','type':'CNAME','name':'@','values':['a.test']}", "dns.record_name",
         "name"},
        {"record", "{'zone':'acme.test','type':'A','name':'a b','values':['192.0.2.1']}", "dns.record_name",
         "name"},
        {"record", "{'zone':'acme.test','type':'TXT','name':'x._landfall','values':['y']}", "dns.record_name",
         "name"},
        {"record", "{'zone':'acme.test','type':'TXT','name':'_landfall','values':['y']}", "dns.record_name",
         "name"},
        {"record", "{'zone':'acme.test','type':'A','name':'a','values':[]}", "dns.value_count", "values"},
        {"record", "{'zone':'acme.test','type':'A','name':'a','values':['192.0.2.1'],'ttl':0}", "dns.ttl",
         "ttl"},
        {"record", "{'zone':'acme.test','type':'A','name':'a','values':['192.0.2.1'],'options':{'x':1}}",
         "dns.option_unknown", "options.x"},
        {"record", "{'zone':'acme test','type':'A','name':'a','values':['192.0.2.1']}", "dns.zone_name",
         "zone"},
        {"record", long_name, "dns.record_name", "name"},
        {"record", many, "rfc2136.too_large", "values"},
        {"zone", "{'name':'other.test'}", "rfc2136.zone_not_made", "name"},
        {"zone", "{'name':'acme.test','ttl':-1}", "dns.ttl", "ttl"},
        {"zone", "{'name':'acme.test','email':'nobody'}", "dns.email", "email"},
        {"zone", "{'name':'acme.test','nameservers':['ns']}", "dns.nameserver", "nameservers[0]"},
        {"zone", "{'name':'acme.test','options':{'x':1}}", "dns.option_unknown", "options.x"},
    };
    struct bench *b = *state;
    /* Four labels of 60: a name for the record, none for its marker. */
    int at = snprintf(long_name, sizeof(long_name), "{'zone':'acme.test','type':'CNAME','name':'");
    for (int label = 0; label < 4; label++)
        at += snprintf(long_name + at, sizeof(long_name) - (size_t)at, "%s%058d", label ? "." : "", label);
    (void)snprintf(long_name + at, sizeof(long_name) - (size_t)at, "','values':['a.test']}");
    at = snprintf(many, sizeof(many), "{'zone':'acme.test','type':'A','name':'many','values':['192.0.2.1'");
    for (int i = 0; i < 800; i++)
        at += snprintf(many + at, sizeof(many) - (size_t)at, ",'10.1.%d.%d'", i / 250, i % 250);
    (void)snprintf(many + at, sizeof(many) - (size_t)at, "]}");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        size_t count = 0;
        assert_int_equal(plan(b, bad[i].type, bad[i].json)->status, LF_END_REFUSED);
        const struct diag *notes = bench_notes(b, &count);
        assert_int_equal(count, 1);
        assert_string_equal(notes[0].code, bad[i].code);
        assert_string_equal(notes[0].path, bad[i].path);
        assert_non_null(notes[0].detail ? notes[0].detail : notes[0].summary);
    }
}

static void test_a_plan_promises_what_is_known_and_asks_nobody(void **state)
{
    struct bench *b = *state;
    const struct op_result *r =
        plan(b, "record", "{'zone':'acme.test','type':'A','name':'api','values':['192.0.2.1']}");
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(r->action, LF_DO_CREATE);
    assert_string_equal(value_get_text(r->state, "fqdn", ""), "api.acme.test");
    r = plan(b, "zone", "{'name':'Eu.Acme.Test.'}");
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(r->action, LF_DO_CREATE);
    struct op_item keep = {
        .verb = LF_VERB_PLAN,
        .prior = bench_value(b, "{'zone':'acme.test','type':'AAAA','name':'a','values':['2001:db8::1'],"
                                "'ttl':60,'fqdn':'a.acme.test'}"),
        .desired =
            bench_value(b, "{'zone':'acme.test.','type':'aaaa','name':'A','values':['2001:0DB8:0::1']}"),
    };
    assert_int_equal(bench_run(b, "record", keep)->action, LF_DO_KEEP);
}

static void test_an_estimate_says_what_and_how_much_and_no_price(void **state)
{
    static const char *const types[] = {"record", "zone"};
    static const char *const skus[] = {"rfc2136.record", "rfc2136.zone"};
    struct bench *b = *state;
    for (size_t i = 0; i < 2; i++) {
        struct op_item ask = {.verb = LF_VERB_ESTIMATE, .desired = bench_value(b, "{'name':'acme.test'}")};
        const struct op_result *r = bench_run(b, types[i], ask);
        assert_int_equal(r->status, LF_END_OK);
        assert_int_equal(r->cost_count, 1);
        assert_string_equal(r->costs[0].sku, skus[i]);
        assert_int_equal(r->costs[0].expected_milli, 1000);
        assert_int_equal(r->costs[0].per, LF_PER_MONTH);
    }
}

static void test_nobody_there_is_never_gone(void **state)
{
    static const uint32_t looks[] = {LF_VERB_READ, LF_VERB_FIND, LF_VERB_RECOVER};
    static const uint32_t changes[] = {LF_VERB_CREATE, LF_VERB_UPDATE, LF_VERB_DESTROY};
    struct bench *b = *state;
    const struct value *record =
        bench_value(b, "{'zone':'acme.test','type':'A','name':'api','values':['192.0.2.1']}");
    const struct value *zone = bench_value(b, "{'name':'acme.test'}");
    for (size_t i = 0; i < 3; i++) {
        struct op_item ask = {.verb = looks[i], .prior = record, .desired = record};
        assert_int_equal(bench_run(b, "record", ask)->status, LF_END_CANNOT_TELL);
        assert_true(bench_has_note(b, "rfc2136.unreachable"));
        ask.verb = changes[i];
        assert_int_equal(bench_run(b, "record", ask)->status, LF_END_RETRY);
        ask = (struct op_item){.verb = looks[i], .prior = zone, .desired = zone};
        assert_int_equal(bench_run(b, "zone", ask)->status, LF_END_CANNOT_TELL);
        ask.verb = changes[i];
        assert_int_equal(bench_run(b, "zone", ask)->status, LF_END_RETRY);
    }
}

static void test_a_server_without_an_address_is_told_by_its_name(void **state)
{
    struct bench *b;
    size_t count = 0;
    (void)state;
    b = bench_open(DRIVER, "{'server':'no-such-host.invalid','key':'k',"
                           "'secret':{'$secret':{'source':'test:c2VjcmV0c2VjcmV0c2VjcmV0'}}}");
    const struct op_result *r = bench_run(b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT});
    assert_int_equal(r->status, LF_END_CANNOT_TELL);
    const struct diag *notes = bench_notes(b, &count);
    assert_string_equal(notes[0].code, "rfc2136.unreachable");
    assert_non_null(strstr(notes[0].summary, "no-such-host.invalid"));
    assert_non_null(strstr(notes[0].detail, "looking up its address"));
    bench_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings_that_cannot_work_are_refused_when_they_are_read),
        cmocka_unit_test_setup_teardown(test_what_cannot_work_is_refused_while_planning, enter, leave),
        cmocka_unit_test_setup_teardown(test_a_plan_promises_what_is_known_and_asks_nobody, enter, leave),
        cmocka_unit_test_setup_teardown(test_an_estimate_says_what_and_how_much_and_no_price, enter, leave),
        cmocka_unit_test_setup_teardown(test_nobody_there_is_never_gone, enter, leave),
        cmocka_unit_test(test_a_server_without_an_address_is_told_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
