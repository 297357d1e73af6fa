#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "bench.h"
#include "model/value.h"

/* dns-local judged by its zone files.  Each test has a folder of its own. */

#define DRIVER PLUGINS_FOLDER "/dns-local.so"
#define ZONE   "acme.test"
#define MINE   "lf1.mine"
#define OTHER  "lf1.other"

struct world {
    struct bench *b;
    char folder[64];
    char file[96];
};

static int enter(void **state)
{
    static struct world world;
    char settings[128];
    memset(&world, 0, sizeof(world));
    (void)snprintf(world.folder, sizeof(world.folder), "/tmp/landfall-dns-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    (void)snprintf(world.file, sizeof(world.file), "%s/zones/%s.zone", world.folder, ZONE);
    (void)snprintf(settings, sizeof(settings), "{'path':'%s/zones'}", world.folder);
    world.b = bench_open(DRIVER, settings);
    *state = &world;
    return 0;
}

static int leave(void **state)
{
    struct world *w = *state;
    char zones[96];
    size_t breaches = 0;
    bench_breaches(w->b, &breaches);
    assert_int_equal(breaches, 0);
    bench_close(w->b);
    (void)snprintf(zones, sizeof(zones), "%s/zones", w->folder);
    unlink(w->file);
    rmdir(zones);
    rmdir(w->folder);
    return 0;
}

/* ---- helpers ------------------------------------------------------------------------------------------- */

static const char *file_now(struct world *w)
{
    struct err err;
    const char *bytes = NULL;
    size_t count = 0;
    return file_read(bench_arena(w->b), w->file, 1 << 24, &bytes, &count, &err) ? bytes : NULL;
}

static void write_file(struct world *w, const char *text)
{
    struct err err;
    assert_true(file_make_folders(file_folder(bench_arena(w->b), w->file), 0755, &err));
    assert_true(file_replace(w->file, text, strlen(text), 0644, &err));
}

static const struct op_result *change(struct world *w, const char *type, uint32_t verb, const char *json)
{
    struct op_item item = {.verb = verb, .marker = MINE, .address = "dns.step.one"};
    const struct value *v = bench_value(w->b, json);
    if (verb == LF_VERB_DESTROY)
        item.prior = v;
    else
        item.desired = v;
    return bench_run(w->b, type, item);
}

static const struct op_result *look(struct world *w, const char *type, uint32_t verb, const char *json)
{
    struct op_item item = {.verb = verb, .marker = MINE, .prior = bench_value(w->b, json)};
    if (verb == LF_VERB_FIND || verb == LF_VERB_RECOVER) {
        item.desired = item.prior;
        item.prior = NULL;
    }
    return bench_run(w->b, type, item);
}

static void make_zone(struct world *w)
{
    assert_int_equal(change(w, "zone", LF_VERB_CREATE, "{'name':'acme.test','ttl':600}")->status, LF_END_OK);
}

static void assert_state(struct world *w, const struct op_result *r, const char *json)
{
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->broke);
    assert_true(value_equal(r->state, bench_value(w->b, json)));
}

/* A file as people write them, with everything the syntax allows. */
static const char people[] = "$TTL 1h\n"
                             "@ IN SOA ns.acme.test. host\\.master (\n"
                             "      41 ; serial\n"
                             "      2h 15m 2w 5m )\n"
                             "  NS ns\n"
                             "; a comment (with a parenthesis and a \"quote\n"
                             "ns  A 192.0.2.53\n"
                             "    AAAA 2001:DB8::53\n"
                             "www 5m IN CNAME host.example.net.\n"
                             "\n"
                             "$ORIGIN sub.acme.test.\n"
                             "odd TYPE65534 \\# 2 abcd\n"
                             "@ TXT \"one; two\" three\n";

/* ---- zones --------------------------------------------------------------------------------------------- */

static void test_a_zone_becomes_a_file(void **state)
{
    struct world *w = *state;
    const struct op_result *r = change(w, "zone", LF_VERB_CREATE, "{'name':'acme.test','ttl':600}");
    assert_state(w, r,
                 "{'name':'acme.test','nameservers':['ns1.acme.test'],'email':'hostmaster@acme.test','ttl':"
                 "600,'ds':[]}");
    assert_string_equal(r->id, ZONE);
    assert_string_equal(r->marker, MINE);
    assert_string_equal(
        file_now(w), "; Records under a '; landfall' line are kept by landfall; all others are left alone.\n"
                     "$ORIGIN acme.test.\n"
                     "$TTL 600\n"
                     "; landfall lf1.mine dns.step.one\n"
                     "acme.test. 600 IN SOA ns1.acme.test. hostmaster.acme.test. 1 7200 900 1209600 300\n"
                     "acme.test. 600 IN NS ns1.acme.test.\n"
                     "; landfall glue\n"
                     "ns1.acme.test. 600 IN A 127.0.0.1\n");
}

static void test_a_zone_created_twice_is_one_zone(void **state)
{
    struct world *w = *state;
    make_zone(w);
    const char *first = file_now(w);
    make_zone(w);
    assert_string_equal(first, file_now(w));
}

static void test_a_zone_is_changed_in_place(void **state)
{
    struct world *w = *state;
    make_zone(w);
    const char *json = "{'name':'ACME.test.','nameservers':['a.dns.example','B.dns.example.'],"
                       "'email':'dns.team@acme.example','ttl':900,'ds':[]}";
    assert_state(w, change(w, "zone", LF_VERB_UPDATE, json), json);
    const char *text = file_now(w);
    assert_non_null(strstr(text, "$TTL 900\n"));
    assert_non_null(strstr(text, "acme.test. 900 IN SOA a.dns.example. dns\\.team.acme.example. 2 7200"));
    assert_non_null(
        strstr(text, "acme.test. 900 IN NS a.dns.example.\nacme.test. 900 IN NS b.dns.example.\n"));
    assert_null(strstr(text, "ns1"));
    assert_state(w, look(w, "zone", LF_VERB_READ, json), json);
}

static void test_a_zone_with_other_records_is_not_removed(void **state)
{
    struct world *w = *state;
    make_zone(w);
    const char *record = "{'zone':'acme.test','type':'A','name':'api','values':['192.0.2.1']}";
    assert_int_equal(change(w, "record", LF_VERB_CREATE, record)->status, LF_END_OK);
    assert_int_equal(change(w, "zone", LF_VERB_DESTROY, "{'name':'acme.test'}")->status, LF_END_REFUSED);
    assert_true(bench_has_note(w->b, "dns.zone_not_empty"));
    assert_int_equal(change(w, "record", LF_VERB_DESTROY, record)->status, LF_END_GONE);
    assert_int_equal(change(w, "zone", LF_VERB_DESTROY, "{'name':'acme.test'}")->status, LF_END_GONE);
    assert_null(file_now(w));
    assert_int_equal(change(w, "zone", LF_VERB_DESTROY, "{'name':'acme.test'}")->status, LF_END_GONE);
}

static void test_the_zone_of_people_is_found_and_not_taken(void **state)
{
    struct world *w = *state;
    write_file(w, people);
    const struct op_result *r = look(w, "zone", LF_VERB_FIND, "{'name':'acme.test'}");
    assert_state(w, r,
                 "{'name':'acme.test','nameservers':['ns.acme.test'],"
                 "'email':'host.master@acme.test','ttl':3600,'ds':[]}");
    assert_null(r->marker);
    r = change(w, "zone", LF_VERB_CREATE, "{'name':'acme.test'}");
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_null(r->marker);
    assert_int_equal(change(w, "zone", LF_VERB_UPDATE, "{'name':'acme.test','ttl':60}")->status,
                     LF_END_EXISTS);
    assert_int_equal(change(w, "zone", LF_VERB_DESTROY, "{'name':'acme.test'}")->status, LF_END_EXISTS);
    assert_string_equal(file_now(w), people);
}

static void test_a_serial_number_goes_round_past_zero(void **state)
{
    struct world *w = *state;
    write_file(w, "@ 60 SOA ns host 4294967295 1 1 1 1\n@ 60 NS ns.example.net.\n");
    const char *record = "{'zone':'acme.test','type':'A','name':'a','values':['192.0.2.1'],'ttl':5}";
    assert_int_equal(change(w, "record", LF_VERB_CREATE, record)->status, LF_END_OK);
    assert_non_null(strstr(file_now(w), "SOA ns host 1 1 1 1 1\n"));
}

/* ---- records ------------------------------------------------------------------------------------------- */

static void test_each_type_is_written_in_its_form(void **state)
{
    static const struct {
        const char *json;
        const char *line;
    } cases[] = {
        {"'type':'A','name':'@','values':['192.0.2.1']", "acme.test. 600 IN A 192.0.2.1\n"},
        {"'type':'AAAA','name':'Www','values':['2001:0DB8:0::0001']",
         "www.acme.test. 600 IN AAAA 2001:db8::1\n"},
        {"'type':'CNAME','name':'*.app','values':['Host.Example.net']",
         "*.app.acme.test. 600 IN CNAME host.example.net.\n"},
        {"'type':'CNAME','name':'k1._domainkey','values':['k1._domainkey.mail.example.']",
         "k1._domainkey.acme.test. 600 IN CNAME k1._domainkey.mail.example.\n"},
        {"'type':'MX','name':'@','values':['10 mx.example.net']",
         "acme.test. 600 IN MX 10 mx.example.net.\n"},
        {"'type':'MX','name':'quiet','values':['0 .']", "quiet.acme.test. 600 IN MX 0 .\n"},
        {"'type':'TXT','name':'_dmarc','values':['v=DMARC1; p=none']",
         "_dmarc.acme.test. 600 IN TXT \"v=DMARC1; p=none\"\n"},
        {"'type':'TXT','name':'q','values':['a \\\\ b\\u00fc']",
         "q.acme.test. 600 IN TXT \"a \\\\ b\\195\\188\"\n"},
        {"'type':'TXT','name':'e','values':['']", "e.acme.test. 600 IN TXT \"\"\n"},
        {"'type':'SRV','name':'_sip._tcp','values':['1 2 5060 sip.example.net']",
         "_sip._tcp.acme.test. 600 IN SRV 1 2 5060 sip.example.net.\n"},
        {"'type':'CAA','name':'@','values':['0 Issue letsencrypt.org']",
         "acme.test. 600 IN CAA 0 issue \"letsencrypt.org\"\n"},
        {"'type':'NS','name':'eu','values':['ns1.example.net'],'ttl':60",
         "eu.acme.test. 60 IN NS ns1.example.net.\n"},
    };
    struct world *w = *state;
    make_zone(w);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char json[256];
        (void)snprintf(json, sizeof(json), "{'zone':'acme.test',%s}", cases[i].json);
        const struct op_result *r = change(w, "record", LF_VERB_CREATE, json);
        assert_int_equal(r->status, LF_END_OK);
        assert_non_null(strstr(file_now(w), cases[i].line));
        /* What is read back is spelled as it was asked. */
        const struct value *asked = bench_value(w->b, json);
        assert_true(value_equal(value_get(r->state, "values"), value_get(asked, "values")));
        r = look(w, "record", LF_VERB_READ, json);
        assert_true(value_equal(value_get(r->state, "values"), value_get(asked, "values")));
        assert_true(value_equal(value_get(r->state, "name"), value_get(asked, "name")));
    }
}

static void test_a_long_text_is_split_in_the_file_only(void **state)
{
    struct world *w = *state;
    char json[800];
    char text[601];
    memset(text, 'k', 600);
    text[600] = '\0';
    (void)snprintf(json, sizeof(json), "{'zone':'acme.test','type':'TXT','name':'key','values':['%s']}",
                   text);
    make_zone(w);
    assert_int_equal(change(w, "record", LF_VERB_CREATE, json)->status, LF_END_OK);
    const char *line = strstr(file_now(w), "IN TXT ");
    assert_non_null(line);
    assert_int_equal(strcspn(line, "\n"), strlen("IN TXT ") + 600 + 2 * 3 + 2);
    const struct op_result *r =
        look(w, "record", LF_VERB_FIND, "{'zone':'acme.test','type':'TXT','name':'key'}");
    assert_string_equal(value_as_text(value_item(value_get(r->state, "values"), 0)), text);
}

static void test_a_record_created_twice_is_one_record(void **state)
{
    struct world *w = *state;
    const char *json = "{'zone':'acme.test','type':'A','name':'api','values':['192.0.2.1','192.0.2.2']}";
    make_zone(w);
    assert_int_equal(change(w, "record", LF_VERB_CREATE, json)->status, LF_END_OK);
    const char *first = file_now(w);
    const struct op_result *r = change(w, "record", LF_VERB_CREATE, json);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->id, "acme.test/api/A");
    assert_string_equal(first, file_now(w));
}

static void test_a_record_is_changed_where_it_stands(void **state)
{
    struct world *w = *state;
    make_zone(w);
    assert_int_equal(change(w, "record", LF_VERB_CREATE,
                            "{'zone':'acme.test','type':'A','name':'a','values':['192.0.2.1','192.0.2.2']}")
                         ->status,
                     LF_END_OK);
    assert_int_equal(
        change(w, "record", LF_VERB_CREATE, "{'zone':'acme.test','type':'TXT','name':'z','values':['z']}")
            ->status,
        LF_END_OK);
    const char *json = "{'zone':'acme.test','type':'A','name':'a','values':['192.0.2.3'],'ttl':30}";
    assert_state(w, change(w, "record", LF_VERB_UPDATE, json),
                 "{'zone':'acme.test','type':'A','name':'a','values':['192.0.2.3'],'ttl':30,"
                 "'fqdn':'a.acme.test'}");
    const char *text = file_now(w);
    assert_null(strstr(text, "192.0.2.1"));
    assert_null(strstr(text, "192.0.2.2"));
    assert_true(strstr(text, "a.acme.test. 30 IN A 192.0.2.3") < strstr(text, "z.acme.test."));
    assert_int_equal(change(w, "record", LF_VERB_UPDATE,
                            "{'zone':'acme.test','type':'A','name':'b','values':['192.0.2.3']}")
                         ->status,
                     LF_END_GONE);
}

static void test_what_people_wrote_is_given_back_byte_by_byte(void **state)
{
    struct world *w = *state;
    const char *json = "{'zone':'acme.test','type':'A','name':'api','values':['192.0.2.1'],'ttl':60}";
    write_file(w, people);
    assert_int_equal(change(w, "record", LF_VERB_CREATE, json)->status, LF_END_OK);
    const char *text = file_now(w);
    const char *tail = "; landfall lf1.mine dns.step.one\napi.acme.test. 60 IN A 192.0.2.1\n";
    assert_int_equal(strlen(text), strlen(people) + strlen(tail));
    assert_string_equal(text + strlen(people), tail);
    assert_int_equal(change(w, "record", LF_VERB_DESTROY, json)->status, LF_END_GONE);
    /* Only the serial number has moved, twice. */
    char *expected = strdup(people);
    assert_non_null(expected);
    memcpy(strstr(expected, "41 ;"), "43", 2);
    assert_string_equal(file_now(w), expected);
    free(expected);
}

static void test_the_records_of_people_are_not_taken(void **state)
{
    static const char *const theirs[] = {
        "{'zone':'acme.test','type':'A','name':'ns','values':['192.0.2.1']}",
        "{'zone':'acme.test','type':'TXT','name':'sub','values':['one']}",
    };
    struct world *w = *state;
    write_file(w, people);
    for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
        const struct op_result *r = change(w, "record", LF_VERB_CREATE, theirs[i]);
        assert_int_equal(r->status, LF_END_EXISTS);
        assert_null(r->marker);
        assert_int_equal(change(w, "record", LF_VERB_UPDATE, theirs[i])->status, LF_END_EXISTS);
        assert_int_equal(change(w, "record", LF_VERB_DESTROY, theirs[i])->status, LF_END_EXISTS);
    }
    assert_string_equal(file_now(w), people);
}

static void test_a_record_that_leans_on_a_removed_one_stands_by_itself(void **state)
{
    struct world *w = *state;
    write_file(w, "@ 60 SOA ns.example.net. host 1 1 1 1 1\n"
                  "@ 60 NS ns.example.net.\n"
                  "; landfall lf1.mine dns.record.a\n"
                  "a 120 A 192.0.2.1\n"
                  "  TXT leaning\n"
                  "b TXT too\n");
    assert_int_equal(
        change(w, "record", LF_VERB_DESTROY, "{'zone':'acme.test','type':'A','name':'a'}")->status,
        LF_END_GONE);
    assert_string_equal(file_now(w), "@ 60 SOA ns.example.net. host 2 1 1 1 1\n"
                                     "@ 60 NS ns.example.net.\n"
                                     "a.acme.test. 120  TXT leaning\n"
                                     "b TXT too\n");
}

static void test_adopting_compares_the_marker_and_sets_it(void **state)
{
    struct world *w = *state;
    write_file(w, people);
    struct op_item item = {.verb = LF_VERB_UPDATE, .marker = MINE, .address = "dns.record.www"};
    item.desired = bench_value(
        w->b, "{'zone':'acme.test','type':'CNAME','name':'www','values':['host.example.net'],'ttl':300}");
    item.memo = bench_value(w->b, "{'adopt':true,'was':'lf1.other'}");
    assert_int_equal(bench_run(w->b, "record", item)->status, LF_END_EXISTS);
    assert_string_equal(file_now(w), people);
    item.memo = bench_value(w->b, "{'adopt':true,'was':''}");
    const struct op_result *r = bench_run(w->b, "record", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, MINE);
    assert_non_null(strstr(file_now(w), "; landfall lf1.mine dns.record.www\nwww.acme.test. 300 IN CNAME"));
    item.verb = LF_VERB_UPDATE;
    item.desired = bench_value(w->b, "{'name':'acme.test','ttl':3600}");
    r = bench_run(w->b, "zone", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, MINE);
    assert_non_null(
        strstr(file_now(w), "SOA ns.acme.test. host\\.master.acme.test. 43 7200 900 1209600 300\n"));
}

static void test_a_cname_stands_alone(void **state)
{
    struct world *w = *state;
    make_zone(w);
    struct op_item items[] = {
        {.verb = LF_VERB_CREATE, .marker = "lf1.1"},
        {.verb = LF_VERB_CREATE, .marker = "lf1.2"},
        {.verb = LF_VERB_CREATE, .marker = "lf1.3"},
        {.verb = LF_VERB_CREATE, .marker = "lf1.4"},
    };
    items[0].desired = bench_value(w->b, "{'zone':'acme.test','type':'A','name':'a','values':['192.0.2.1']}");
    items[1].desired =
        bench_value(w->b, "{'zone':'acme.test','type':'CNAME','name':'a','values':['x.example']}");
    items[2].desired =
        bench_value(w->b, "{'zone':'acme.test','type':'CNAME','name':'b','values':['x.example']}");
    items[3].desired = bench_value(w->b, "{'zone':'acme.test','type':'TXT','name':'b','values':['x']}");
    const struct op_result *r = bench_run_many(w->b, "record", items, 4);
    assert_int_equal(r[0].status, LF_END_OK);
    assert_int_equal(r[1].status, LF_END_REFUSED);
    assert_int_equal(r[2].status, LF_END_OK);
    assert_int_equal(r[3].status, LF_END_REFUSED);
    size_t notes = 0;
    bench_notes(w->b, &notes);
    assert_int_equal(notes, 2);
    assert_true(bench_has_note(w->b, "dns.cname_not_alone"));
}

static void test_a_thousand_records_are_one_writing(void **state)
{
    struct world *w = *state;
    struct op_item *items = calloc(1000, sizeof(*items));
    assert_non_null(items);
    make_zone(w);
    for (size_t i = 0; i < 1000; i++) {
        char json[128];
        (void)snprintf(json, sizeof(json),
                       "{'zone':'acme.test','type':'A','name':'h%zu','values':['192.0.2.%zu']}", i, i % 250);
        items[i] = (struct op_item){.verb = LF_VERB_CREATE, .marker = MINE, .address = "dns.record.h"};
        items[i].desired = bench_value(w->b, json);
    }
    const struct op_result *r = bench_run_many(w->b, "record", items, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(r[i].status, LF_END_OK);
    assert_non_null(strstr(file_now(w), "hostmaster.acme.test. 2 7200"));
    for (size_t i = 0; i < 1000; i++) {
        items[i].verb = LF_VERB_READ;
        items[i].prior = r[i].state;
    }
    const struct op_result *again = bench_run_many(w->b, "record", items, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_true(value_equal(again[i].state, items[i].prior));
    free(items);
}

/* ---- glue ---------------------------------------------------------------------------------------------- */

static void test_glue_comes_and_goes_with_what_needs_it(void **state)
{
    struct world *w = *state;
    const char *delegation =
        "{'zone':'acme.test','type':'NS','name':'eu','values':['ns1.eu.acme.test'],'ttl':60}";
    write_file(w, people);
    assert_int_equal(change(w, "record", LF_VERB_CREATE, delegation)->status, LF_END_OK);
    assert_non_null(strstr(file_now(w), "; landfall glue\nns1.eu.acme.test. 60 IN A 127.0.0.1\n"));
    const char *address = "{'zone':'acme.test','type':'A','name':'ns1.eu','values':['192.0.2.9'],'ttl':60}";
    assert_int_equal(change(w, "record", LF_VERB_CREATE, address)->status, LF_END_OK);
    assert_null(strstr(file_now(w), "glue"));
    assert_int_equal(change(w, "record", LF_VERB_DESTROY, address)->status, LF_END_GONE);
    assert_non_null(strstr(file_now(w), "; landfall glue\n"));
    assert_int_equal(change(w, "record", LF_VERB_DESTROY, delegation)->status, LF_END_GONE);
    assert_null(strstr(file_now(w), "glue"));
    assert_int_equal(look(w, "record", LF_VERB_READ, address)->status, LF_END_GONE);
}

/* ---- recover, and reading only ------------------------------------------------------------------------- */

static void test_recover_tells_what_became_of_a_create(void **state)
{
    struct world *w = *state;
    const char *json = "{'zone':'acme.test','type':'A','name':'api','values':['192.0.2.1']}";
    assert_int_equal(look(w, "zone", LF_VERB_RECOVER, "{'name':'acme.test'}")->status, LF_END_GONE);
    assert_int_equal(look(w, "record", LF_VERB_RECOVER, json)->status, LF_END_GONE);
    make_zone(w);
    assert_int_equal(look(w, "zone", LF_VERB_RECOVER, "{'name':'acme.test'}")->status, LF_END_OK);
    assert_int_equal(look(w, "record", LF_VERB_RECOVER, json)->status, LF_END_GONE);
    assert_int_equal(change(w, "record", LF_VERB_CREATE, json)->status, LF_END_OK);
    const struct op_result *r = look(w, "record", LF_VERB_RECOVER, json);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->id, "acme.test/api/A");
    struct op_item item = {.verb = LF_VERB_RECOVER, .marker = OTHER, .desired = bench_value(w->b, json)};
    r = bench_run(w->b, "record", item);
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, MINE);
}

static void test_recover_of_a_destroy_goes_by_what_was(void **state)
{
    struct world *w = *state;
    const char *json = "{'zone':'acme.test','type':'A','name':'api','values':['192.0.2.1']}";
    make_zone(w);
    assert_int_equal(change(w, "record", LF_VERB_CREATE, json)->status, LF_END_OK);
    struct op_item item = {.verb = LF_VERB_RECOVER, .marker = MINE, .prior = bench_value(w->b, json)};
    assert_int_equal(bench_run(w->b, "record", item)->status, LF_END_OK);
    assert_int_equal(change(w, "record", LF_VERB_DESTROY, json)->status, LF_END_GONE);
    assert_int_equal(bench_run(w->b, "record", item)->status, LF_END_GONE);
}

static void test_a_file_that_is_not_understood_is_never_written(void **state)
{
    static const struct {
        const char *text;
        const char *line;
    } cases[] = {
        {"@ 60 SOA a b 1 1 1 1 1\n$INCLUDE other\n", "line 2 "},
        {"@ 60 SOA a b 1 1 1 1 1\n@ 60 NS (\nx\n", "line 4 "},
        {"@ 60 SOA a b 1 1 1 1 1\nx 60 TXT \"open\n", "line 2 "},
        {"@ 60 SOA a b 1 1 1 1 1\n\nx 60 A 192.0.2.256\n", "line 3 "},
        {"@ 60 SOA a b 1 1 1 1 1\n@ 60 SOA a b 1 1 1 1 1\n", "line 2 "},
        {"@ 60 SOA a b 1 1 1 1\n", "line 1 "},
        {"x 60 CH A 192.0.2.1\n", "line 1 "},
        {"x A 192.0.2.1\n", "line 1 "},
        {"", "line 1 "},
    };
    struct world *w = *state;
    const char *json = "{'zone':'acme.test','type':'A','name':'api','values':['192.0.2.1']}";
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t notes = 0;
        write_file(w, cases[i].text);
        assert_int_equal(change(w, "record", LF_VERB_CREATE, json)->status, LF_END_FAILED);
        assert_true(bench_has_note(w->b, "dns.zone_file_syntax"));
        assert_non_null(strstr(bench_notes(w->b, &notes)->summary, cases[i].line));
        assert_int_equal(look(w, "record", LF_VERB_READ, json)->status, LF_END_CANNOT_TELL);
        assert_int_equal(look(w, "record", LF_VERB_RECOVER, json)->status, LF_END_CANNOT_TELL);
        assert_int_equal(look(w, "zone", LF_VERB_FIND, "{'name':'acme.test'}")->status, LF_END_CANNOT_TELL);
        assert_int_equal(change(w, "zone", LF_VERB_CREATE, "{'name':'acme.test'}")->status, LF_END_FAILED);
        assert_string_equal(file_now(w), cases[i].text);
    }
}

static void test_a_folder_in_the_way_is_no_missing_zone(void **state)
{
    struct world *w = *state;
    struct err err;
    assert_true(file_make_folders(w->file, 0755, &err));
    assert_int_equal(look(w, "zone", LF_VERB_READ, "{'name':'acme.test'}")->status, LF_END_CANNOT_TELL);
    assert_true(bench_has_note(w->b, "dns.file_unreadable"));
    assert_int_equal(change(w, "zone", LF_VERB_CREATE, "{'name':'acme.test'}")->status, LF_END_FAILED);
    rmdir(w->file);
}

static void test_verbs_that_only_look_write_nothing(void **state)
{
    static const uint32_t verbs[] = {LF_VERB_READ, LF_VERB_FIND,     LF_VERB_RECOVER,
                                     LF_VERB_PLAN, LF_VERB_ESTIMATE, LF_VERB_OWNED};
    struct world *w = *state;
    struct stat st;
    char zones[96];
    (void)snprintf(zones, sizeof(zones), "%s/zones", w->folder);
    bench_read_only(w->b, true);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        struct op_item item = {.verb = verbs[i], .desired = bench_value(w->b, "{'name':'acme.test'}")};
        assert_null(bench_run(w->b, "zone", item)->broke);
        item.desired = bench_value(w->b, "{'zone':'acme.test','type':'A','name':'a','values':['192.0.2.1']}");
        assert_null(bench_run(w->b, "record", item)->broke);
    }
    assert_int_equal(bench_run(w->b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT})->status, LF_END_OK);
    assert_int_equal(stat(zones, &st), -1);
    assert_int_equal(errno, ENOENT);
}

static void test_owned_finds_what_carries_a_marker(void **state)
{
    struct world *w = *state;
    size_t count = 0;
    assert_int_equal(bench_run(w->b, "zone", (struct op_item){.verb = LF_VERB_OWNED})->status, LF_END_OK);
    make_zone(w);
    assert_int_equal(change(w, "record", LF_VERB_CREATE,
                            "{'zone':'acme.test','type':'A','name':'@','values':['192.0.2.1']}")
                         ->status,
                     LF_END_OK);
    assert_int_equal(bench_run(w->b, "zone", (struct op_item){.verb = LF_VERB_OWNED})->status, LF_END_OK);
    const struct op_result *found = bench_found(w->b, &count);
    assert_int_equal(count, 1);
    assert_string_equal(found[0].id, ZONE);
    assert_string_equal(found[0].marker, MINE);
    assert_int_equal(bench_run(w->b, "record", (struct op_item){.verb = LF_VERB_OWNED})->status, LF_END_OK);
    found = bench_found(w->b, &count);
    assert_int_equal(count, 1);
    assert_string_equal(found[0].id, "acme.test/@/A");
    assert_string_equal(value_get_text(found[0].memo, "address", ""), "dns.step.one");
    write_file(w, "broken (\n");
    assert_int_equal(bench_run(w->b, "zone", (struct op_item){.verb = LF_VERB_OWNED})->status,
                     LF_END_CANNOT_TELL);
}

/* ---- planning ------------------------------------------------------------------------------------------ */

static const struct op_result *plan(struct world *w, const char *type, const char *prior, const char *desired)
{
    struct op_item item = {.verb = LF_VERB_PLAN, .desired = bench_value(w->b, desired)};
    item.prior = prior ? bench_value(w->b, prior) : NULL;
    return bench_run(w->b, type, item);
}

static void test_a_plan_says_what_will_be_known(void **state)
{
    struct world *w = *state;
    const struct op_result *r =
        plan(w, "record", NULL, "{'zone':'acme.test','type':'A','name':'api','values':['192.0.2.1']}");
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(r->action, LF_DO_CREATE);
    assert_string_equal(value_get_text(r->state, "fqdn", ""), "api.acme.test");
    assert_int_equal(value_kind(value_get(r->state, "ttl")), VALUE_UNKNOWN);
    r = plan(w, "zone", NULL, "{'name':'acme.test','ttl':600}");
    assert_int_equal(r->action, LF_DO_CREATE);
    assert_string_equal(value_as_text(value_item(value_get(r->state, "nameservers"), 0)), "ns1.acme.test");
}

static void test_spelling_alone_changes_nothing(void **state)
{
    static const char prior[] = "{'zone':'acme.test','type':'AAAA','name':'api','values':['2001:db8::1'],"
                                "'ttl':60,'fqdn':'api.acme.test'}";
    struct world *w = *state;
    const struct op_result *r =
        plan(w, "record", prior,
             "{'zone':'Acme.test.','type':'aaaa','name':'API','values':['2001:0db8:0::1'],'ttl':60}");
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(r->action, LF_DO_KEEP);
    r = plan(w, "record", prior, "{'zone':'acme.test','type':'AAAA','name':'api','values':['2001:db8::2']}");
    assert_int_equal(r->action, LF_DO_UPDATE);
    assert_string_equal(r->because[0], "values");
    assert_null(r->because[1]);
    r = plan(w, "record", prior, "{'zone':'acme.test','type':'AAAA','name':'web','values':['2001:db8::1']}");
    assert_int_equal(r->action, LF_DO_REPLACE);
    assert_string_equal(r->because[0], "name");
}

static void test_bad_records_are_refused_by_the_plan(void **state)
{
    static const struct {
        const char *json;
        const char *code;
        const char *path;
    } cases[] = {
        {"'type':'SOA','name':'@','values':['x']", "dns.type_unknown", "type"},
        {"'type':'A','name':'a','values':['192.0.2.300']", "dns.value", "values[0]"},
        {"'type':'A','name':'a','values':['192.0.2.1','2001:db8::1']", "dns.value", "values[1]"},
        {"'type':'A','name':'a','values':['192.0.2.1','192.0.2.1']", "dns.value", "values[1]"},
        {"'type':'AAAA','name':'a','values':['192.0.2.1']", "dns.value", "values[0]"},
        {"'type':'A','name':'a','values':[]", "dns.value_count", "values"},
        {"'type':'CNAME','name':'a','values':['x.example','y.example']", "dns.value_count", "values"},
        {"'type':'CNAME','name':'@','values':['x.example']", "dns.record_name", "name"},
        {"'type':'CNAME','name':'a','values':['x']", "dns.value", "values[0]"},
        {"'type':'NS','name':'@','values':['x.example']", "dns.record_name", "name"},
        {"'type':'MX','name':'@','values':['mx.example']", "dns.value", "values[0]"},
        {"'type':'MX','name':'@','values':['70000 mx.example']", "dns.value", "values[0]"},
        {"'type':'MX','name':'@','values':['10 m_x.example']", "dns.value", "values[0]"},
        {"'type':'SRV','name':'sip','values':['1 2 3 a.example']", "dns.record_name", "name"},
        {"'type':'SRV','name':'_sip._tcp','values':['1 2 a.example']", "dns.value", "values[0]"},
        {"'type':'CAA','name':'@','values':['256 issue x']", "dns.value", "values[0]"},
        {"'type':'CAA','name':'@','values':['0 is-sue x']", "dns.value", "values[0]"},
        {"'type':'TXT','name':'@','values':['\\u0022open']", "dns.value", "values[0]"},
        {"'type':'A','name':'under_score','values':['192.0.2.1']", "dns.record_name", "name"},
        {"'type':'A','name':'a..b','values':['192.0.2.1']", "dns.record_name", "name"},
        {"'type':'A','name':'-a','values':['192.0.2.1']", "dns.record_name", "name"},
        {"'type':'A','name':'','values':['192.0.2.1']", "dns.record_name", "name"},
        {"'type':'A','name':'a.*','values':['192.0.2.1']", "dns.record_name", "name"},
        {"'type':'A','name':'a.acme.test','values':['192.0.2.1']", "dns.record_name", "name"},
        {"'type':'A','name':'a.','values':['192.0.2.1']", "dns.record_name", "name"},
        {"'type':'A','name':'a23456789012345678901234567890123456789012345678901234567890abcd',"
         "'values':['192.0.2.1']",
         "dns.record_name", "name"},
        {"'type':'A','name':'a','values':['192.0.2.1'],'ttl':0", "dns.ttl", "ttl"},
        {"'type':'A','name':'a','values':['192.0.2.1'],'ttl':2147483648", "dns.ttl", "ttl"},
        {"'type':'A','name':'a','values':['192.0.2.1'],'options':{'geo':1}", "dns.option_unknown",
         "options.geo"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char json[256];
        size_t notes = 0;
        (void)snprintf(json, sizeof(json), "{'zone':'acme.test',%s}", cases[i].json);
        const struct op_result *r = plan(w, "record", NULL, json);
        if (r->status != LF_END_REFUSED || !bench_has_note(w->b, cases[i].code))
            fail_msg("not refused as %s: %s", cases[i].code, json);
        assert_string_equal(bench_notes(w->b, &notes)->path, cases[i].path);
        assert_int_equal(notes, 1);
    }
}

static void test_bad_zones_are_refused_by_the_plan(void **state)
{
    static const struct {
        const char *json;
        const char *code;
    } cases[] = {
        {"{'name':'../etc'}", "dns.zone_name"},
        {"{'name':''}", "dns.zone_name"},
        {"{'name':'a_b.test'}", "dns.zone_name"},
        {"{'name':'acme.test','nameservers':[]}", "dns.nameserver"},
        {"{'name':'acme.test','nameservers':['ns1']}", "dns.nameserver"},
        {"{'name':'acme.test','nameservers':['ns.a.test','NS.a.test.']}", "dns.nameserver"},
        {"{'name':'acme.test','email':'nobody'}", "dns.email"},
        {"{'name':'acme.test','email':'a b@acme.test'}", "dns.email"},
        {"{'name':'acme.test','ttl':-1}", "dns.ttl"},
        {"{'name':'acme.test','options':{'x':1}}", "dns.option_unknown"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct op_result *r = plan(w, "zone", NULL, cases[i].json);
        if (r->status != LF_END_REFUSED || !bench_has_note(w->b, cases[i].code))
            fail_msg("not refused as %s: %s", cases[i].code, cases[i].json);
    }
}

static void test_a_record_needs_its_zone(void **state)
{
    struct world *w = *state;
    const struct op_result *r = change(w, "record", LF_VERB_CREATE,
                                       "{'zone':'acme.test','type':'A','name':'a','values':['192.0.2.1']}");
    assert_int_equal(r->status, LF_END_REFUSED);
    assert_true(bench_has_note(w->b, "dns.zone_missing"));
    assert_null(file_now(w));
}

static void test_settings_that_cannot_work_are_refused(void **state)
{
    (void)state;
    struct bench *b = NULL;
    struct err err;
    assert_false(bench_try(DRIVER, "{}", &b, &err));
    assert_false(bench_try(DRIVER, "{'path':''}", &b, &err));
    assert_false(bench_try(DRIVER, "{'path':'x','address':'localhost'}", &b, &err));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_zone_becomes_a_file),
        TEST(test_a_zone_created_twice_is_one_zone),
        TEST(test_a_zone_is_changed_in_place),
        TEST(test_a_zone_with_other_records_is_not_removed),
        TEST(test_the_zone_of_people_is_found_and_not_taken),
        TEST(test_a_serial_number_goes_round_past_zero),
        TEST(test_each_type_is_written_in_its_form),
        TEST(test_a_long_text_is_split_in_the_file_only),
        TEST(test_a_record_created_twice_is_one_record),
        TEST(test_a_record_is_changed_where_it_stands),
        TEST(test_what_people_wrote_is_given_back_byte_by_byte),
        TEST(test_the_records_of_people_are_not_taken),
        TEST(test_a_record_that_leans_on_a_removed_one_stands_by_itself),
        TEST(test_adopting_compares_the_marker_and_sets_it),
        TEST(test_a_cname_stands_alone),
        TEST(test_a_thousand_records_are_one_writing),
        TEST(test_glue_comes_and_goes_with_what_needs_it),
        TEST(test_recover_tells_what_became_of_a_create),
        TEST(test_recover_of_a_destroy_goes_by_what_was),
        TEST(test_a_file_that_is_not_understood_is_never_written),
        TEST(test_a_folder_in_the_way_is_no_missing_zone),
        TEST(test_verbs_that_only_look_write_nothing),
        TEST(test_owned_finds_what_carries_a_marker),
        TEST(test_a_plan_says_what_will_be_known),
        TEST(test_spelling_alone_changes_nothing),
        TEST(test_bad_records_are_refused_by_the_plan),
        TEST(test_bad_zones_are_refused_by_the_plan),
        TEST(test_a_record_needs_its_zone),
        cmocka_unit_test(test_settings_that_cannot_work_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
