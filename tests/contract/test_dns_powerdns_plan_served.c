#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "model/diag.h"
#include "model/value.h"
#include "pdns.h"
#include "server.h"

/* What dns-powerdns refuses before anything is done: settings, preflight, plans.  The server is real; what it
 * says of itself is, where it must be, not. */

#define MINE "lf1.mine"
#define ZONE "{'name':'acme.test','ttl':600}"
#define API  "{'zone':'acme.test','type':'A','name':'api','values':['192.0.2.1']}"

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

static uint32_t create(struct pdns *p)
{
    return pdns_change(p, "record", LF_VERB_CREATE, API)->status;
}

static uint32_t preflight(struct pdns *p)
{
    return bench_run(p->b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT})->status;
}

/* ---- settings and preflight ---------------------------------------------------------------------------- */

static struct bench *open_at(const char *url, const char *key)
{
    char json[512];
    (void)snprintf(
        json, sizeof(json),
        "{'url':'%s','api_key':{'$secret':{'source':'test:%s'}},'nameservers':['ns1.acme.example']}", url,
        key);
    return bench_open(PLUGINS_FOLDER "/dns-powerdns.so", json);
}

static void test_preflight_says_what_is_wrong(void **state)
{
    static const struct {
        const char *reply;
        uint32_t status;
        const char *code;
    } cases[] = {
        {"{\"id\":\"localhost\",\"daemon_type\":\"recursor\",\"version\":\"4.8.4\"}", LF_END_REFUSED,
         "powerdns.not_authoritative"},
        {"{\"id\":\"localhost\",\"daemon_type\":\"authoritative\",\"version\":\"4.4.1\"}", LF_END_REFUSED,
         "powerdns.too_old"},
        {"{\"id\":\"localhost\",\"daemon_type\":\"authoritative\",\"version\":\"3.4.11\"}", LF_END_REFUSED,
         "powerdns.too_old"},
        {"<html>It works!</html>", LF_END_REFUSED, "powerdns.not_authoritative"},
    };
    struct pdns *p = *state;
    size_t count = 0;
    assert_int_equal(preflight(p), LF_END_OK);
    bench_notes(p->b, &count);
    assert_int_equal(count, 0);
    assert_int_equal(mishap_count(p->m, "GET "), 2);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char reply[512];
        (void)snprintf(reply, sizeof(reply),
                       "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                       strlen(cases[i].reply), cases[i].reply);
        mishap_next(p->m, "GET ", 1, MISHAP_ANSWER, reply);
        assert_int_equal(preflight(p), cases[i].status);
        pdns_assert_note(p, cases[i].code, NULL);
    }
    mishap_next(p->m, "GET ", 1, MISHAP_SILENT, NULL);
    bench_timeout(p->b, 500);
    assert_int_equal(preflight(p), LF_END_CANNOT_TELL);
    pdns_close(p);
    pdns_open(p, ",'kind':'primary'");
    static const char quiet[] = "[{\"name\":\"launch\",\"value\":\"bind, gpgsql:two\"},"
                                "{\"name\":\"primary\",\"value\":\"no\"}]";
    char reply[512];
    (void)snprintf(reply, sizeof(reply),
                   "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s", strlen(quiet),
                   quiet);
    mishap_next(p->m, "GET /api/v1/servers/localhost/config", 1, MISHAP_ANSWER, reply);
    assert_int_equal(preflight(p), LF_END_OK);
    pdns_assert_note(p, "powerdns.no_notify", NULL);
    struct pdns typo = *p;
    char json[256];
    (void)snprintf(
        json, sizeof(json),
        "{'url':'http://127.0.0.1:%d','api_key':{'$secret':{'source':'test:%s'}},'nameservers':['ns1']}",
        mishap_port(p->m), p->key);
    typo.b = bench_open(PLUGINS_FOLDER "/dns-powerdns.so", json);
    assert_int_equal(preflight(&typo), LF_END_REFUSED);
    pdns_assert_note(&typo, "dns.nameserver", "ns1");
    bench_close(typo.b);
}

static void test_wrong_credentials_are_told_before_anything_is_done(void **state)
{
    struct pdns *p = *state;
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", p->api_port);
    struct pdns wrong = *p;
    wrong.b = open_at(url, "not-the-key-of-this");
    assert_int_equal(preflight(&wrong), LF_END_REFUSED);
    pdns_assert_note(&wrong, "powerdns.credentials", "401");
    assert_int_equal(create(&wrong), LF_END_REFUSED);
    pdns_assert_note(&wrong, "powerdns.credentials", "401");
    assert_int_equal(pdns_look(&wrong, "zone", LF_VERB_READ, ZONE)->status, LF_END_CANNOT_TELL);
    bench_close(wrong.b);
}

static void test_an_address_where_nobody_answers_is_told(void **state)
{
    struct pdns *p = *state;
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", server_port());
    struct pdns away = *p;
    away.b = open_at(url, p->key);
    uint32_t status = preflight(&away);
    assert_int_equal(status, LF_END_RETRY); /* asked again a few times, then told */
    pdns_assert_note(&away, "powerdns.unreachable", NULL);
    assert_int_equal(create(&away), LF_END_RETRY);
    bench_close(away.b);
    /* TLS to what speaks none. */
    (void)snprintf(url, sizeof(url), "https://127.0.0.1:%d", p->api_port);
    away.b = open_at(url, p->key);
    status = preflight(&away);
    assert_true(status == LF_END_RETRY || status == LF_END_CANNOT_TELL);
    bench_close(away.b);
}

static void test_a_backend_without_comments_is_refused(void **state)
{
    struct pdns bind;
    char out[4096];
    (void)state;
    pdns_start(&bind, "bind");
    server_run(
        out, sizeof(out),
        "printf '@ 60 IN SOA ns.acme.test. h.acme.test. 1 2 3 4 5\\n@ 60 IN NS ns1.acme.example.\\n' "
        ">%s/acme.zone && echo 'zone \"acme.test\" { type master; file \"%s/acme.zone\"; };' >%s/named.conf",
        bind.folder, bind.folder, bind.folder);
    server_run(out, sizeof(out), TESTS_FOLDER "/servers/pdns stop %s", bind.folder);
    pdns_restart(&bind);
    pdns_open(&bind, "");
    assert_int_equal(preflight(&bind), LF_END_REFUSED);
    pdns_assert_note(&bind, "powerdns.backend", "bind");
    assert_int_equal(create(&bind), LF_END_REFUSED);
    pdns_assert_note(&bind, "powerdns.backend", "Hosting backend");
    /* It says yes to an account, and forgets it. */
    struct op_item item = {
        .verb = LF_VERB_UPDATE, .marker = MINE, .desired = bench_value(bind.b, "{'name':'acme.test'}")};
    item.prior = item.desired;
    item.memo = bench_value(bind.b, "{'adopt':true}");
    assert_int_equal(bench_run(bind.b, "zone", item)->status, LF_END_REFUSED);
    assert_int_equal(pdns_change(&bind, "zone", LF_VERB_CREATE, "{'name':'new.test'}")->status,
                     LF_END_REFUSED);
    pdns_assert_note(&bind, "powerdns.refused", "backend");
    bench_close(bind.b);
    mishap_close(bind.m);
    pdns_stop(&bind);
}

static void test_settings_that_cannot_work_are_refused(void **state)
{
    static const char *const cases[] = {
        "{}",
        "{'url':'http://127.0.0.1:1'}",
        "{'url':'127.0.0.1:8081','api_key':'k'}",
        "{'url':'ftp://x','api_key':'k'}",
        "{'url':'http://','api_key':'k'}",
        "{'url':'http://x/?a=b','api_key':'k'}",
        "{'url':'http://me:secret@x','api_key':'k'}",
        "{'url':'http://x','api_key':'k','server':'../..'}",
        "{'url':'http://x','api_key':'k','server':''}",
        "{'url':'http://x','api_key':'k','kind':'slave'}",
        "{'url':'http://x','api_key':'k','colour':'red'}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench *b = NULL;
        struct err err;
        if (bench_try(PLUGINS_FOLDER "/dns-powerdns.so", cases[i], &b, &err))
            fail_msg("not refused: %s", cases[i]);
    }
}

/* ---- planning ------------------------------------------------------------------------------------------ */

static const struct op_result *plan(struct pdns *p, const char *type, const char *prior, const char *desired)
{
    struct op_item item = {.verb = LF_VERB_PLAN, .desired = bench_value(p->b, desired)};
    item.prior = prior ? bench_value(p->b, prior) : NULL;
    return bench_run(p->b, type, item);
}

static void test_a_plan_says_what_will_be_known(void **state)
{
    struct pdns *p = *state;
    const struct op_result *r = plan(p, "zone", NULL, "{'name':'acme.test','ttl':600}");
    assert_int_equal(r->action, LF_DO_CREATE);
    assert_string_equal(value_as_text(value_item(value_get(r->state, "nameservers"), 1)), "ns2.acme.example");
    assert_string_equal(value_get_text(r->state, "email", ""), "hostmaster@acme.test");
    assert_int_equal(value_get(r->state, "ds")->count, 0);
    r = plan(p, "zone", NULL, "{'name':'acme.test','options':{'dnssec':true}}");
    assert_int_equal(value_kind(value_get(r->state, "ds")), VALUE_UNKNOWN);
    static const char prior[] =
        "{'name':'acme.test','nameservers':['ns1.acme.example'],'email':'hostmaster@acme.test',"
        "'ttl':3600,'ds':['1 13 2 aa'],'options':{'dnssec':true}}";
    r = plan(p, "zone", prior, "{'name':'Acme.test.','options':{'dnssec':true}}");
    assert_int_equal(r->action, LF_DO_KEEP);
    r = plan(p, "zone", prior, "{'name':'acme.test','options':{'dnssec':false}}");
    assert_int_equal(r->action, LF_DO_UPDATE);
    assert_int_equal(value_get(r->state, "ds")->count, 0);
    assert_true(bench_has_note(p->b, "dns.unsigning"));
    r = plan(p, "record", NULL, "{'zone':'acme.test','type':'A','name':'api','values':['192.0.2.1']}");
    assert_string_equal(value_get_text(r->state, "fqdn", ""), "api.acme.test");
    assert_int_equal(mishap_count(p->m, ""), 0);
}

static void test_what_cannot_work_is_refused_by_the_plan(void **state)
{
    static const struct {
        const char *type;
        const char *json;
        const char *code;
    } cases[] = {
        {"zone", "{'name':'../etc'}", "dns.zone_name"},
        {"zone", "{'name':'a%2fb.test'}", "dns.zone_name"},
        {"zone", "{'name':'acme.test','nameservers':[]}", "dns.nameserver"},
        {"zone", "{'name':'acme.test','email':'nobody'}", "dns.email"},
        {"zone", "{'name':'acme.test','ttl':0}", "dns.ttl"},
        {"zone", "{'name':'acme.test','options':{'colour':1}}", "dns.option_unknown"},
        {"zone", "{'name':'acme.test','options':{'dnssec':'yes'}}", "dns.option_value"},
        {"zone", "{'name':'acme.test','options':{'kind':'slave'}}", "dns.option_value"},
        {"record", "{'zone':'acme.test','type':'A','name':'a','values':['192.0.2.300']}", "dns.value"},
        {"record", "{'zone':'acme.test','type':'A','name':'a','values':['192.0.2.1'],'options':{'x':1}}",
         "dns.option_unknown"},
        {"record", "{'zone':'acme.test','type':'PTR','name':'a','values':['x.example']}", "dns.type_unknown"},
        {"record", "{'zone':'acme.test','type':'DS','name':'@','values':['1 13 2 aabb']}", "dns.record_name"},
        {"record", "{'zone':'acme.test','type':'DS','name':'eu','values':['1 13 2 aab']}", "dns.value"},
        {"record", "{'zone':'acme.test','type':'CNAME','name':'@','values':['x.example']}",
         "dns.record_name"},
    };
    struct pdns *p = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct op_result *r = plan(p, cases[i].type, NULL, cases[i].json);
        if (r->status != LF_END_REFUSED || !bench_has_note(p->b, cases[i].code))
            fail_msg("not refused as %s: %s", cases[i].code, cases[i].json);
    }
    assert_int_equal(mishap_count(p->m, ""), 0);
}

static void test_a_zone_whose_servers_nobody_names_is_refused(void **state)
{
    struct pdns *p = *state;
    struct pdns bare = *p;
    char json[256];
    (void)snprintf(json, sizeof(json),
                   "{'url':'http://127.0.0.1:%d','api_key':{'$secret':{'source':'test:%s'}}}",
                   mishap_port(p->m), p->key);
    bare.b = bench_open(PLUGINS_FOLDER "/dns-powerdns.so", json);
    assert_int_equal(plan(&bare, "zone", NULL, ZONE)->status, LF_END_REFUSED);
    pdns_assert_note(&bare, "dns.nameservers_missing", "acme.test");
    assert_int_equal(pdns_change(&bare, "zone", LF_VERB_CREATE, ZONE)->status, LF_END_REFUSED);
    assert_int_equal(mishap_count(p->m, "P"), 0);
    bench_close(bare.b);
}

static void test_what_is_charged_is_estimated(void **state)
{
    struct pdns *p = *state;
    struct op_item item = {.verb = LF_VERB_ESTIMATE, .desired = bench_value(p->b, ZONE)};
    const struct op_result *r = bench_run(p->b, "zone", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(r->cost_count, 0);
    pdns_close(p);
    pdns_open(p, ",'charged':true");
    item.desired = bench_value(p->b, ZONE);
    r = bench_run(p->b, "zone", item);
    assert_int_equal(r->cost_count, 1);
    assert_string_equal(r->costs[0].sku, "powerdns.zone");
    assert_string_equal(r->costs[0].unit, "zone");
    assert_int_equal(r->costs[0].expected_milli, 1000);
    item.desired = bench_value(p->b, API);
    r = bench_run(p->b, "record", item);
    assert_string_equal(r->costs[0].sku, "powerdns.record");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    static const char *const needed[] = {"pdns_server", "sqlite3", "kdig", "curl", "jq", NULL};
    const struct CMUnitTest tests[] = {
        TEST(test_preflight_says_what_is_wrong),
        TEST(test_wrong_credentials_are_told_before_anything_is_done),
        TEST(test_an_address_where_nobody_answers_is_told),
        cmocka_unit_test(test_a_backend_without_comments_is_refused),
        cmocka_unit_test(test_settings_that_cannot_work_are_refused),
        TEST(test_a_plan_says_what_will_be_known),
        TEST(test_what_cannot_work_is_refused_by_the_plan),
        TEST(test_a_zone_whose_servers_nobody_names_is_refused),
        TEST(test_what_is_charged_is_estimated),
    };
    int missing = server_missing(needed, "pdns-server pdns-backend-sqlite3 sqlite3 knot-dnsutils curl jq");
    if (missing)
        return missing;
    pdns_start(&server, "sqlite");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pdns_stop(&server);
    return failed;
}
