#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench.h"
#include "model/value.h"
#include "server.h"

/* The zone files of dns-local, judged by those who read zone files: BIND's and Knot's checkers, and a Knot
 * server that is asked. */

#define DRIVER PLUGINS_FOLDER "/dns-local.so"
#define KNOT   TESTS_FOLDER "/servers/knot"

struct world {
    struct bench *b;
    char folder[64];
    int port;
};

static int enter(void **state)
{
    static struct world world;
    char settings[128];
    memset(&world, 0, sizeof(world));
    (void)snprintf(world.folder, sizeof(world.folder), "/tmp/landfall-served-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    (void)snprintf(settings, sizeof(settings), "{'path':'%s/zones'}", world.folder);
    world.b = bench_open(DRIVER, settings);
    world.port = server_port();
    *state = &world;
    return 0;
}

static int leave(void **state)
{
    struct world *w = *state;
    char out[4096];
    bench_close(w->b);
    server_run(out, sizeof(out), "test ! -e %s/server/knot.pid || " KNOT " stop %s/server 2>&1", w->folder,
               w->folder);
    server_run(out, sizeof(out), "rm -r %s 2>&1", w->folder);
    return 0;
}

static void change(struct world *w, const char *type, uint32_t verb, const char *json)
{
    struct op_item item = {.verb = verb, .marker = "lf1.mine", .address = "dns.step.one"};
    item.desired = bench_value(w->b, json);
    if (verb == LF_VERB_DESTROY)
        item.prior = item.desired;
    const struct op_result *r = bench_run(w->b, type, item);
    if (r->status != LF_END_OK && r->status != LF_END_GONE)
        fail_msg("%s ended as %u", json, r->status);
}

/* Both checkers, with every warning an error. */
static void check(struct world *w, const char *zone)
{
    char out[4096];
    server_run(
        out, sizeof(out),
        "named-checkzone -k fail -m fail -M fail -n fail -r fail -S fail -i local %s %s/zones/%s.zone 2>&1",
        zone, w->folder, zone);
    server_run(out, sizeof(out), "kzonecheck -o %s %s/zones/%s.zone 2>&1", zone, w->folder, zone);
}

static void assert_answer(struct world *w, const char *question, const char *answer)
{
    char out[4096];
    server_run(out, sizeof(out), "kdig +short +timeout=2 @127.0.0.1 -p %d %s | sed 's, *$,,' | LC_ALL=C sort",
               w->port, question);
    assert_string_equal(out, answer);
}

/* One of everything, as a region has it. */
static void build(struct world *w)
{
    static const char *const records[] = {
        "'type':'A','name':'@','values':['192.0.2.1','192.0.2.2']",
        "'type':'AAAA','name':'@','values':['2001:DB8::1']",
        "'type':'CNAME','name':'www','values':['acme.test']",
        "'type':'CNAME','name':'*.app','values':['www.acme.test']",
        "'type':'MX','name':'@','values':['10 mail.acme.test','20 mx.example.net']",
        "'type':'A','name':'mail','values':['192.0.2.25']",
        "'type':'TXT','name':'@','values':['v=spf1 -all','quote \\u0022 and \\\\ back']",
        "'type':'TXT','name':'_dmarc','values':['v=DMARC1; p=reject']",
        "'type':'SRV','name':'_sip._tcp','values':['1 2 5060 mail.acme.test']",
        "'type':'CAA','name':'@','values':['0 issue letsencrypt.org','0 iodef mailto:sec@acme.test']",
        "'type':'NS','name':'eu','values':['ns1.eu.acme.test']",
    };
    change(w, "zone", LF_VERB_CREATE, "{'name':'acme.test','ttl':600}");
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        char json[256];
        (void)snprintf(json, sizeof(json), "{'zone':'acme.test',%s}", records[i]);
        change(w, "record", LF_VERB_CREATE, json);
    }
    change(w, "zone", LF_VERB_CREATE, "{'name':'eu.acme.test','ttl':600}");
}

static void test_what_is_written_passes_every_checker(void **state)
{
    struct world *w = *state;
    build(w);
    check(w, "acme.test");
    check(w, "eu.acme.test");
}

static void test_a_long_text_passes_every_checker(void **state)
{
    struct world *w = *state;
    char text[2001];
    char json[2200];
    memset(text, 'x', 2000);
    text[2000] = '\0';
    change(w, "zone", LF_VERB_CREATE, "{'name':'acme.test'}");
    (void)snprintf(json, sizeof(json), "{'zone':'acme.test','type':'TXT','name':'key','values':['%s']}",
                   text);
    change(w, "record", LF_VERB_CREATE, json);
    check(w, "acme.test");
}

static void test_a_server_answers_what_was_asked_for(void **state)
{
    struct world *w = *state;
    char out[4096];
    build(w);
    server_run(out, sizeof(out), KNOT " start %s/server %d %s/zones acme.test eu.acme.test 2>&1", w->folder,
               w->port, w->folder);
    assert_answer(w, "acme.test A", "192.0.2.1\n192.0.2.2\n");
    assert_answer(w, "acme.test AAAA", "2001:db8::1\n");
    assert_answer(w, "acme.test MX", "10 mail.acme.test.\n20 mx.example.net.\n");
    assert_answer(w, "acme.test TXT", "\"quote \\\" and \\\\ back\"\n\"v=spf1 -all\"\n");
    assert_answer(w, "acme.test CAA", "0 iodef \"mailto:sec@acme.test\"\n0 issue \"letsencrypt.org\"\n");
    assert_answer(w, "_sip._tcp.acme.test SRV", "1 2 5060 mail.acme.test.\n");
    assert_answer(w, "one.app.acme.test CNAME", "www.acme.test.\n");
    assert_answer(w, "ns1.acme.test A", "127.0.0.1\n");
    assert_answer(w, "eu.acme.test NS", "ns1.eu.acme.test.\n");
    assert_answer(w, "nothing.acme.test A", "");

    change(w, "record", LF_VERB_UPDATE,
           "{'zone':'acme.test','type':'A','name':'mail','values':['192.0.2.26']}");
    change(w, "record", LF_VERB_DESTROY, "{'zone':'acme.test','type':'CNAME','name':'www'}");
    server_run(out, sizeof(out), KNOT " reload %s/server 2>&1", w->folder);
    assert_answer(w, "mail.acme.test A", "192.0.2.26\n");
    assert_answer(w, "www.acme.test CNAME", "");
}

int main(void)
{
    static const char *const needed[] = {"named-checkzone", "kzonecheck", "knotd", "knotc", "kdig"};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_written_passes_every_checker, enter, leave),
        cmocka_unit_test_setup_teardown(test_a_long_text_passes_every_checker, enter, leave),
        cmocka_unit_test_setup_teardown(test_a_server_answers_what_was_asked_for, enter, leave),
    };
    int missing = server_missing(needed, "bind9-utils knot knot-dnssecutils knot-dnsutils");
    if (missing)
        return missing;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
