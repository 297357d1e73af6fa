#include "pdns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "model/diag.h"
#include "model/value.h"
#include "server.h"

#define SCRIPT  TESTS_FOLDER "/servers/pdns"
#define OUT_MAX ((size_t)1 << 20)
#define MARKER  "lf1.mine"
#define ZONES   "/api/v1/servers/localhost/zones"

static char *room(struct pdns *p)
{
    return arena_alloc(bench_arena(p->b), OUT_MAX);
}

void pdns_start(struct pdns *p, const char *backend)
{
    char out[4096];
    *p = (struct pdns){.backend = backend};
    (void)snprintf(p->folder, sizeof(p->folder), "/tmp/landfall-pdns-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    p->dns_port = server_port();
    p->api_port = server_port();
    pdns_restart(p);
    server_run(p->key, sizeof(p->key), "cat %s/key", p->folder);
    (void)out;
}

void pdns_restart(struct pdns *p)
{
    char out[4096];
    server_run(out, sizeof(out), SCRIPT " start %s %d %d %s 2>&1", p->folder, p->dns_port, p->api_port,
               p->backend);
}

void pdns_stop(struct pdns *p)
{
    char out[4096];
    server_run(out, sizeof(out), SCRIPT " stop %s 2>&1 && rm -r %s", p->folder, p->folder);
}

void pdns_open(struct pdns *p, const char *settings)
{
    char json[1024];
    p->m = mishap_open(p->api_port);
    (void)snprintf(json, sizeof(json),
                   "{'url':'http://127.0.0.1:%d','api_key':{'$secret':{'source':'test:%s'}},"
                   "'nameservers':['ns1.acme.example','ns2.acme.example']%s}",
                   mishap_port(p->m), p->key, settings);
    p->b = bench_open(PLUGINS_FOLDER "/dns-powerdns.so", json);
}

void pdns_close(struct pdns *p)
{
    char out[4096];
    size_t breaches = 0;
    bench_breaches(p->b, &breaches);
    assert_int_equal(breaches, 0);
    bench_close(p->b);
    mishap_close(p->m);
    server_run(out, sizeof(out),
               "curl -sf -H 'X-API-Key: %s' http://127.0.0.1:%d" ZONES
               " | jq -r '.[].id' | while read -r zone; do "
               "curl -sf -X DELETE -H 'X-API-Key: %s' http://127.0.0.1:%d" ZONES "/$zone || exit 1; done",
               p->key, p->api_port, p->key, p->api_port);
}

const char *pdns_ask(struct pdns *p, const char *path, const char *filter)
{
    char *out = room(p);
    server_run(out, OUT_MAX,
               "curl -s -H 'X-API-Key: %s' 'http://127.0.0.1:%d/api/v1/servers/localhost%s' | jq -rc '%s'",
               p->key, p->api_port, path, filter);
    size_t len = strlen(out);
    if (len > 0 && out[len - 1] == '\n')
        out[len - 1] = '\0';
    return out;
}

int pdns_send(struct pdns *p, const char *method, const char *path, const char *body)
{
    char out[64];
    server_run(out, sizeof(out),
               "curl -s -o /dev/null -w '%%{http_code}' -X %s -H 'X-API-Key: %s' -d '%s' "
               "'http://127.0.0.1:%d/api/v1/servers/localhost%s'",
               method, p->key, body, p->api_port, path);
    return (int)strtol(out, NULL, 10);
}

const char *pdns_dig(struct pdns *p, const char *question)
{
    return server_run(room(p), OUT_MAX,
                      "kdig +short +timeout=2 @127.0.0.1 -p %d %s | sed 's, *$,,' | LC_ALL=C sort",
                      p->dns_port, question);
}

const struct op_result *pdns_change_as(struct pdns *p, const char *marker, const char *type, uint32_t verb,
                                       const char *json)
{
    struct op_item item = {.verb = verb, .marker = marker, .address = "dns.step.one"};
    const struct value *v = bench_value(p->b, json);
    if (verb == LF_VERB_DESTROY)
        item.prior = v;
    else
        item.desired = v;
    return bench_run(p->b, type, item);
}

const struct op_result *pdns_change(struct pdns *p, const char *type, uint32_t verb, const char *json)
{
    return pdns_change_as(p, MARKER, type, verb, json);
}

const struct op_result *pdns_look(struct pdns *p, const char *type, uint32_t verb, const char *json)
{
    struct op_item item = {.verb = verb, .marker = MARKER};
    if (verb == LF_VERB_READ)
        item.prior = bench_value(p->b, json);
    else
        item.desired = bench_value(p->b, json);
    return bench_run(p->b, type, item);
}

void pdns_make_zone(struct pdns *p)
{
    assert_int_equal(pdns_change(p, "zone", LF_VERB_CREATE, "{'name':'acme.test','ttl':600}")->status,
                     LF_END_OK);
}

void pdns_make(struct pdns *p, const char *json)
{
    const struct op_result *r = pdns_change(p, "record", LF_VERB_CREATE, json);
    if (r->status != LF_END_OK)
        fail_msg("%s ended as %u", json, r->status);
}

void pdns_assert_state(struct pdns *p, const struct op_result *r, const char *json)
{
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->broke);
    assert_true(value_equal(r->state, bench_value(p->b, json)));
}

const char *pdns_rrset(struct pdns *p, const char *name, const char *type)
{
    char filter[256];
    (void)snprintf(
        filter, sizeof(filter),
        ".rrsets[] | select(.name==\"%s\" and .type==\"%s\") | [.ttl, ([.records[].content]|sort), "
        "([.comments[]|[.account,.content]]|sort)]",
        name, type);
    return pdns_ask(p, "/zones/acme.test.", filter);
}

void pdns_assert_note(struct pdns *p, const char *code, const char *words)
{
    size_t count = 0;
    const struct diag *notes = bench_notes(p->b, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(notes[i].code, code) == 0) {
            if (words && !strstr(notes[i].summary, words) &&
                !(notes[i].detail && strstr(notes[i].detail, words)))
                fail_msg("%s says: %s (%s)", code, notes[i].summary, notes[i].detail);
            assert_non_null(notes[i].advice);
            return;
        }
    fail_msg("no note '%s' among %zu, the first is '%s'", code, count, count ? notes[0].code : "none");
}

/* ---- backends ------------------------------------------------------------------------------------------ */

static int on(struct pdns *p, const char *name, const char *backend, const struct CMUnitTest *tests,
              size_t count)
{
    pdns_start(p, backend);
    int failed = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
    pdns_stop(p);
    return failed;
}

static int on_postgresql(struct pdns *p, const struct CMUnitTest *tests, size_t count)
{
    char folder[] = "/tmp/landfall-pdns-pg-XXXXXX", backend[128], out[4096];
    int port = server_port();
    assert_non_null(mkdtemp(folder));
    server_run(out, sizeof(out), TESTS_FOLDER "/servers/postgres start %s %d 2>&1", folder, port);
    server_run(out, sizeof(out), "psql -X -q -h %s -p %d -U postgres -c 'create database pdns' 2>&1", folder,
               port);
    (void)snprintf(backend, sizeof(backend), "pgsql 127.0.0.1 %d postgres superuser-password pdns", port);
    int failed = on(p, "on PostgreSQL", backend, tests, count);
    server_run(out, sizeof(out), TESTS_FOLDER "/servers/postgres stop %s 2>&1 && rm -r %s", folder, folder);
    return failed;
}

int pdns_on_each(struct pdns *p, const struct CMUnitTest *tests, size_t count)
{
    static const char *const needed[] = {"pdns_server", "pdnsutil", "sqlite3", "psql",
                                         "kdig",        "curl",     "jq",      NULL};
    int missing =
        server_missing(needed, "pdns-server pdns-backend-sqlite3 pdns-backend-pgsql postgresql sqlite3 "
                               "knot-dnsutils curl jq");
    return missing ? missing : on(p, "on SQLite", "sqlite", tests, count) + on_postgresql(p, tests, count);
}
