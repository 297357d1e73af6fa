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

/* dns-powerdns when things go wrong: replies that are lost, late, cut off, endless or somebody else's, a
 * server that dies, and settings that cannot work.  The server is real; the way to it is not reliable. */

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

static void make_zone(struct pdns *p)
{
    assert_int_equal(pdns_change(p, "zone", LF_VERB_CREATE, ZONE)->status, LF_END_OK);
    mishap_forget(p->m);
}

static uint32_t create(struct pdns *p)
{
    return pdns_change(p, "record", LF_VERB_CREATE, API)->status;
}

static uint32_t recover(struct pdns *p)
{
    return pdns_look(p, "record", LF_VERB_RECOVER, API)->status;
}

static uint32_t preflight(struct pdns *p)
{
    return bench_run(p->b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT})->status;
}

static const char *values_now(struct pdns *p)
{
    return pdns_ask(p, "/zones/acme.test.",
                    "[.rrsets[]|select(.name==\"api.acme.test.\")|[.records[].content]]|flatten");
}

/* ---- replies that are lost ----------------------------------------------------------------------------- */

static void test_a_zone_whose_reply_is_lost_is_found_and_made_once(void **state)
{
    struct pdns *p = *state;
    mishap_next(p->m, "POST ", 1, MISHAP_LOSE_REPLY, NULL);
    assert_int_equal(pdns_change(p, "zone", LF_VERB_CREATE, ZONE)->status, LF_END_UNSURE);
    pdns_assert_note(p, "powerdns.no_reply", "acme.test");
    const struct op_result *r = pdns_look(p, "zone", LF_VERB_RECOVER, ZONE);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, MINE);
    assert_int_equal(pdns_change(p, "zone", LF_VERB_CREATE, ZONE)->status, LF_END_OK);
    assert_int_equal(mishap_count(p->m, "POST "), 1);
}

static void test_a_record_whose_reply_is_lost_is_found_and_made_once(void **state)
{
    struct pdns *p = *state;
    make_zone(p);
    mishap_next(p->m, "PATCH ", 1, MISHAP_LOSE_REPLY, NULL);
    assert_int_equal(create(p), LF_END_UNSURE);
    assert_int_equal(recover(p), LF_END_OK);
    assert_int_equal(create(p), LF_END_OK);
    assert_int_equal(mishap_count(p->m, "PATCH "), 1);
    assert_string_equal(values_now(p), "[\"192.0.2.1\"]");
    mishap_next(p->m, "PATCH ", 1, MISHAP_LOSE_REPLY, NULL);
    assert_int_equal(pdns_change(p, "record", LF_VERB_DESTROY, API)->status, LF_END_UNSURE);
    assert_int_equal(recover(p), LF_END_GONE);
}

static void test_a_change_that_was_cut_off_before_it_arrived_never_happened(void **state)
{
    struct pdns *p = *state;
    make_zone(p);
    mishap_next(p->m, "PATCH ", 1, MISHAP_RESET, NULL);
    assert_int_equal(create(p), LF_END_UNSURE);
    assert_int_equal(recover(p), LF_END_GONE);
    assert_int_equal(create(p), LF_END_OK);
}

static void test_a_zone_whose_update_is_half_done_is_brought_to_its_end(void **state)
{
    static const char asked[] = "{'name':'acme.test','ttl':60,'options':{'kind':'primary'}}";
    struct pdns *p = *state;
    make_zone(p);
    mishap_next(p->m, "PATCH ", 1, MISHAP_ANSWER,
                "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    /* The PUT before it was done: "nothing happened" would be a lie. */
    assert_int_equal(pdns_change(p, "zone", LF_VERB_UPDATE, asked)->status, LF_END_UNSURE);
    assert_string_equal(pdns_ask(p, "/zones/acme.test.", ".kind"), "Master");
    assert_int_equal(pdns_change(p, "zone", LF_VERB_UPDATE, asked)->status, LF_END_OK);
    assert_non_null(strstr(pdns_dig(p, "acme.test SOA"), "ns1.acme.example."));
    assert_string_equal(pdns_ask(p, "/zones/acme.test.", "[.rrsets[]|.ttl]|unique"), "[60]");
}

/* The client died, and its request lands long after: in the way of nothing, since it says what shall be. */
static void test_a_dead_clients_request_that_lands_late_does_no_harm(void **state)
{
    struct pdns *p = *state;
    make_zone(p);
    mishap_next(p->m, "PATCH ", 1, MISHAP_LATE, NULL);
    assert_int_equal(create(p), LF_END_UNSURE);
    assert_int_equal(recover(p), LF_END_GONE); /* a look that did not wait as it was told to */
    assert_int_equal(create(p), LF_END_OK);
    assert_true(mishap_is_quiet(p->m));
    assert_int_equal(mishap_count(p->m, "PATCH "), 2);
    assert_int_equal(recover(p), LF_END_OK);
    assert_int_equal(pdns_change(p, "record", LF_VERB_UPDATE, API)->status, LF_END_OK);
    assert_string_equal(values_now(p), "[\"192.0.2.1\"]");
    mishap_forget(p->m);
    mishap_next(p->m, "POST ", 1, MISHAP_LATE, NULL);
    const char *zone = "{'name':'late.test'}";
    assert_int_equal(pdns_change(p, "zone", LF_VERB_CREATE, zone)->status, LF_END_UNSURE);
    assert_int_equal(pdns_change(p, "zone", LF_VERB_CREATE, zone)->status, LF_END_OK);
    assert_true(mishap_is_quiet(p->m));
    const struct op_result *r = pdns_look(p, "zone", LF_VERB_READ, zone);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, MINE);
}

/* Somebody else's zone comes between the look and the POST: 409 is a question, not an answer. */
static void test_a_name_that_is_taken_meanwhile_is_told_with_its_holder(void **state)
{
    struct pdns *p = *state;
    mishap_next(p->m, "POST ", 1, MISHAP_LATE, NULL); /* ours, by a client that died */
    assert_int_equal(pdns_change(p, "zone", LF_VERB_CREATE, ZONE)->status, LF_END_UNSURE);
    assert_true(mishap_is_quiet(p->m));
    mishap_next(p->m, "GET /api/v1/servers/localhost/zones", 1, MISHAP_ANSWER,
                "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 9\r\n\r\nNot Found");
    const struct op_result *r = pdns_change(p, "zone", LF_VERB_CREATE, ZONE);
    assert_int_equal(r->status, LF_END_OK);
    mishap_next(p->m, "GET /api/v1/servers/localhost/zones", 1, MISHAP_ANSWER,
                "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 9\r\n\r\nNot Found");
    r = pdns_change_as(p, "lf1.other", "zone", LF_VERB_CREATE, ZONE);
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, MINE);
}

/* ---- trouble ------------------------------------------------------------------------------------------- */

static const char ise[] =
    "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    "Content-Length: 21\r\n\r\nInternal Server Error";

static void test_a_500_that_changed_nothing_is_tried_again(void **state)
{
    struct pdns *p = *state;
    make_zone(p);
    mishap_next(p->m, "PATCH ", 1, MISHAP_ANSWER, ise);
    assert_int_equal(create(p), LF_END_RETRY);
    pdns_assert_note(p, "powerdns.trouble", "Internal Server Error");
    assert_string_equal(values_now(p), "[]");
    assert_int_equal(create(p), LF_END_OK);
}

static void test_a_500_that_hides_a_success_is_found_out(void **state)
{
    struct pdns *p = *state;
    make_zone(p);
    mishap_next(p->m, "PATCH ", 1, MISHAP_AFTER, ise);
    assert_int_equal(create(p), LF_END_OK);
    assert_string_equal(values_now(p), "[\"192.0.2.1\"]");
    mishap_next(p->m, "PATCH ", 1, MISHAP_AFTER, ise);
    assert_int_equal(pdns_change(p, "record", LF_VERB_DESTROY, API)->status, LF_END_GONE);
}

static void test_a_500_about_a_zone_is_looked_behind(void **state)
{
    struct pdns *p = *state;
    mishap_next(p->m, "POST ", 1, MISHAP_ANSWER, ise);
    assert_int_equal(pdns_change(p, "zone", LF_VERB_CREATE, ZONE)->status, LF_END_RETRY);
    pdns_assert_note(p, "powerdns.trouble", "Internal Server Error");
    mishap_next(p->m, "POST ", 1, MISHAP_AFTER, ise);
    assert_int_equal(pdns_change(p, "zone", LF_VERB_CREATE, ZONE)->status, LF_END_UNSURE);
    assert_int_equal(pdns_change(p, "zone", LF_VERB_CREATE, ZONE)->status, LF_END_OK);
    mishap_next(p->m, "DELETE ", 1, MISHAP_ANSWER, ise);
    assert_int_equal(pdns_change(p, "zone", LF_VERB_DESTROY, ZONE)->status, LF_END_RETRY);
    mishap_next(p->m, "DELETE ", 1, MISHAP_AFTER, ise);
    assert_int_equal(pdns_change(p, "zone", LF_VERB_DESTROY, ZONE)->status, LF_END_GONE);
    assert_string_equal(pdns_ask(p, "/zones", "length"), "0");
}

static void test_a_500_that_cannot_be_looked_behind_stays_in_doubt(void **state)
{
    struct pdns *p = *state;
    make_zone(p);
    mishap_next(p->m, "PATCH ", 1, MISHAP_ANSWER, ise);
    mishap_next(p->m, "GET ", 0, MISHAP_ANSWER, ise);
    struct op_item item = {.verb = LF_VERB_CREATE, .marker = MINE, .desired = bench_value(p->b, API)};
    mishap_forget(p->m);
    mishap_next(p->m, "PATCH ", 1, MISHAP_AFTER,
                "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(bench_run(p->b, "record", item)->status, LF_END_UNSURE);
    pdns_assert_note(p, "powerdns.trouble", "503");
    assert_int_equal(recover(p), LF_END_OK);
}

static void test_throttling_is_waited_out(void **state)
{
    static const char slow[] =
        "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
    struct pdns *p = *state;
    make_zone(p);
    mishap_next(p->m, "PATCH ", 1, MISHAP_ANSWER, slow);
    const struct op_result *r = pdns_change(p, "record", LF_VERB_CREATE, API);
    assert_int_equal(r->status, LF_END_RETRY);
    assert_int_equal(r->retry_after_ms, 7000);
    pdns_assert_note(p, "powerdns.throttled", NULL);
    mishap_next(p->m, "GET ", 1, MISHAP_ANSWER, slow);
    assert_int_equal(pdns_look(p, "record", LF_VERB_READ, API)->status, LF_END_RETRY);
}

/* A question that went wrong: what only looks cannot tell, and a change was never begun. */
static void test_a_question_without_a_good_answer_is_never_gone(void **state)
{
    static const struct {
        enum mishap_kind kind;
        const char *text;
        const char *code;
    } cases[] = {
        {MISHAP_ANSWER, ise, "powerdns.trouble"},
        {MISHAP_RESET, NULL, "powerdns.no_reply"},
        {MISHAP_CUT, NULL, "powerdns.no_reply"},
        {MISHAP_GIANT, NULL, "powerdns.no_reply"},
        {MISHAP_SILENT, NULL, NULL},
        {MISHAP_ANSWER,
         "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 20\r\n\r\n<html>Welcome</html>",
         "powerdns.garbled"},
        {MISHAP_ANSWER, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
         "powerdns.garbled"},
        {MISHAP_ANSWER,
         "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: "
         "30\r\n\r\n{\"name\":\"acme.test.\",\"rrsets\":[",
         "powerdns.garbled"},
        {MISHAP_ANSWER,
         "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 51\r\n\r\n"
         "{\"name\":\"other.test.\",\"kind\":\"Native\",\"rrsets\":[]}  ",
         "powerdns.garbled"},
        {MISHAP_ANSWER, "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 4\r\n\r\nnope",
         "powerdns.refused"},
        {MISHAP_ANSWER,
         "HTTP/1.1 302 Found\r\nLocation: /login\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
         "powerdns.refused"},
    };
    struct pdns *p = *state;
    make_zone(p);
    assert_int_equal(create(p), LF_END_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bench_timeout(p->b, cases[i].kind == MISHAP_SILENT ? 3000 : 0);
        mishap_forget(p->m);
        mishap_next(p->m, "GET ", 100, cases[i].kind, cases[i].text);
        uint32_t status = pdns_look(p, "record", LF_VERB_READ, API)->status;
        if (status != LF_END_CANNOT_TELL)
            fail_msg("case %zu: a read ended as %u", i, status);
        if (cases[i].code)
            pdns_assert_note(p, cases[i].code, NULL);
        status = pdns_look(p, "zone", LF_VERB_RECOVER, ZONE)->status;
        if (status != LF_END_CANNOT_TELL)
            fail_msg("case %zu: a recover ended as %u", i, status);
        status = bench_run(p->b, "record", (struct op_item){.verb = LF_VERB_OWNED})->status;
        if (status != LF_END_CANNOT_TELL && status != LF_END_RETRY)
            fail_msg("case %zu: a sweep ended as %u", i, status);
        mishap_forget(p->m);
        mishap_next(p->m, "GET ", 100, cases[i].kind, cases[i].text);
        status = pdns_change(p, "record", LF_VERB_DESTROY, API)->status;
        bool refused = cases[i].code && strcmp(cases[i].code, "powerdns.refused") == 0;
        if (cases[i].kind == MISHAP_SILENT ? status != LF_END_UNSURE && status != LF_END_RETRY
                                           : status != (refused ? LF_END_REFUSED : LF_END_RETRY))
            fail_msg("case %zu: a change ended as %u", i, status);
        assert_int_equal(mishap_count(p->m, "P"), 0);
    }
    mishap_forget(p->m);
    assert_string_equal(values_now(p), "[\"192.0.2.1\"]");
}

/* 404 for the zone and a good answer about the server: only then it is gone. */
static void test_a_missing_zone_is_told_from_a_wrong_address(void **state)
{
    struct pdns *p = *state;
    assert_int_equal(pdns_look(p, "zone", LF_VERB_READ, ZONE)->status, LF_END_GONE);
    assert_int_equal(mishap_count(p->m, "GET "), 2);
    pdns_close(p);
    pdns_open(p, ",'server':'elsewhere'");
    assert_int_equal(pdns_look(p, "zone", LF_VERB_READ, ZONE)->status, LF_END_CANNOT_TELL);
    assert_int_equal(pdns_look(p, "record", LF_VERB_READ, API)->status, LF_END_CANNOT_TELL);
    assert_int_equal(pdns_change(p, "zone", LF_VERB_CREATE, ZONE)->status, LF_END_REFUSED);
    assert_int_equal(mishap_count(p->m, "P"), 0);
    assert_int_equal(preflight(p), LF_END_REFUSED);
    pdns_assert_note(p, "powerdns.no_server", "elsewhere");
}

/* One RRset that PowerDNS will not have spoils a whole PATCH: it alone is refused, and the others go again.
 */
static void test_one_bad_record_does_not_sink_its_batch(void **state)
{
    static const char *const bodies[] = {
        "{\"error\": \"Record b.acme.test./A '192.0.2.1': Parsing record content\"}",
        "{\"error\": \"RRset b.acme.test. IN A: Conflicts with pre-existing RRset\"}",
    };
    struct pdns *p = *state;
    make_zone(p);
    for (size_t i = 0; i < 2; i++) {
        static const char *const names[] = {"a", "b", "bb", "b"};
        static const char *const types[] = {"A", "A", "A", "AAAA"};
        struct op_item items[4];
        char json[4][96], reply[512];
        (void)snprintf(reply, sizeof(reply),
                       "HTTP/1.1 422 Unprocessable Entity\r\nConnection: close\r\nContent-Type: "
                       "application/json\r\nContent-Length: %zu\r\n\r\n%s",
                       strlen(bodies[i]), bodies[i]);
        for (size_t k = 0; k < 4; k++) {
            (void)snprintf(json[k], sizeof(json[k]),
                           "{'zone':'acme.test','type':'%s','name':'%s','values':['%s']}", types[k], names[k],
                           k < 3 ? "192.0.2.1" : "2001:db8::1");
            items[k] = (struct op_item){
                .verb = LF_VERB_CREATE, .marker = MINE, .desired = bench_value(p->b, json[k])};
        }
        mishap_next(p->m, "PATCH ", 1, MISHAP_ANSWER, reply);
        const struct op_result *r = bench_run_many(p->b, "record", items, 4);
        assert_int_equal(r[0].status, LF_END_RETRY);
        assert_int_equal(r[3].status, LF_END_RETRY);
        assert_int_equal(r[1].status, LF_END_REFUSED);
        assert_int_equal(r[2].status, LF_END_RETRY);
        pdns_assert_note(p, "powerdns.refused", "b.acme.test.");
    }
}

/* Copies of what is written, as an overlapping PATCH leaves them: laid by a trigger, `times` times. */
static void lay_copies(struct pdns *p, int times)
{
    char out[4096];
    server_run(
        out, sizeof(out),
        "sqlite3 %s/pdns.sqlite3 \"create table copies (id integer); "
        "with recursive n(i) as (select 1 union all select i+1 from n where i<%d) insert into copies "
        "select i from n; "
        "create trigger copy after insert on records when new.name='api.acme.test' and "
        "(select count(*) from copies)>0 begin delete from copies where id=(select max(id) from copies); "
        "insert into records (domain_id,name,type,content,ttl,prio,disabled,auth) values (new.domain_id,"
        "new.name,new.type,new.content,new.ttl,new.prio,new.disabled,new.auth); end\"",
        p->folder, times);
}

static void clear_copies(struct pdns *p)
{
    char out[4096];
    server_run(out, sizeof(out), "sqlite3 %s/pdns.sqlite3 'drop trigger copy; drop table copies'", p->folder);
}

static void test_a_record_with_copies_is_healed_at_once(void **state)
{
    struct pdns *p = *state;
    make_zone(p);
    lay_copies(p, 1);
    assert_int_equal(create(p), LF_END_OK);
    assert_int_equal(mishap_count(p->m, "PATCH "), 2);
    assert_string_equal(values_now(p), "[\"192.0.2.1\"]");
    clear_copies(p);
}

/* The first PATCH was done: whatever becomes of the second, "nothing happened" would be a lie. */
static void test_a_second_patch_that_fails_leaves_a_doubt(void **state)
{
    static const char *const replies[] = {
        "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 422 Unprocessable Entity\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
    };
    struct pdns *p = *state;
    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        make_zone(p);
        lay_copies(p, 1);
        mishap_next(p->m, "PATCH ", 1, MISHAP_AFTER,
                    "HTTP/1.1 204 No Content\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        mishap_next(p->m, "PATCH ", 1, MISHAP_ANSWER, replies[i]);
        assert_int_equal(create(p), LF_END_UNSURE);
        clear_copies(p);
        assert_int_equal(pdns_change(p, "record", LF_VERB_UPDATE, API)->status, LF_END_OK);
        assert_string_equal(values_now(p), "[\"192.0.2.1\"]");
        assert_int_equal(pdns_change(p, "record", LF_VERB_DESTROY, API)->status, LF_END_GONE);
    }
}

static void test_a_record_that_is_written_over_again_and_again_is_told(void **state)
{
    struct pdns *p = *state;
    make_zone(p);
    lay_copies(p, 2);
    assert_int_equal(create(p), LF_END_UNSURE);
    pdns_assert_note(p, "dns.written_over", NULL);
    assert_int_equal(mishap_count(p->m, "PATCH "), 2); /* it was healed once, and no more */
    clear_copies(p);
    assert_int_equal(create(p), LF_END_OK);
    assert_string_equal(values_now(p), "[\"192.0.2.1\"]");
}

static void test_a_server_that_dies_and_comes_back_is_used_again(void **state)
{
    struct pdns *p = *state;
    char out[4096];
    make_zone(p);
    server_run(out, sizeof(out), TESTS_FOLDER "/servers/pdns crash %s 2>&1", p->folder);
    /* The proxy is still there: the connection is taken, and nothing answers. */
    assert_int_equal(pdns_look(p, "record", LF_VERB_READ, API)->status, LF_END_CANNOT_TELL);
    assert_int_equal(create(p), LF_END_RETRY);
    pdns_restart(p);
    assert_int_equal(create(p), LF_END_OK);
    assert_string_equal(pdns_dig(p, "api.acme.test A"), "192.0.2.1\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    static const char *const needed[] = {"pdns_server", "sqlite3", "kdig", "curl", "jq", NULL};
    const struct CMUnitTest tests[] = {
        TEST(test_a_zone_whose_reply_is_lost_is_found_and_made_once),
        TEST(test_a_record_whose_reply_is_lost_is_found_and_made_once),
        TEST(test_a_change_that_was_cut_off_before_it_arrived_never_happened),
        TEST(test_a_zone_whose_update_is_half_done_is_brought_to_its_end),
        TEST(test_a_dead_clients_request_that_lands_late_does_no_harm),
        TEST(test_a_name_that_is_taken_meanwhile_is_told_with_its_holder),
        TEST(test_a_500_that_changed_nothing_is_tried_again),
        TEST(test_a_500_that_hides_a_success_is_found_out),
        TEST(test_a_500_about_a_zone_is_looked_behind),
        TEST(test_a_500_that_cannot_be_looked_behind_stays_in_doubt),
        TEST(test_throttling_is_waited_out),
        TEST(test_a_question_without_a_good_answer_is_never_gone),
        TEST(test_a_missing_zone_is_told_from_a_wrong_address),
        TEST(test_one_bad_record_does_not_sink_its_batch),
        TEST(test_a_record_with_copies_is_healed_at_once),
        TEST(test_a_second_patch_that_fails_leaves_a_doubt),
        TEST(test_a_record_that_is_written_over_again_and_again_is_told),
        TEST(test_a_server_that_dies_and_comes_back_is_used_again),
    };
    int missing = server_missing(needed, "pdns-server pdns-backend-sqlite3 sqlite3 knot-dnsutils curl jq");
    if (missing)
        return missing;
    pdns_start(&server, "sqlite");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pdns_stop(&server);
    return failed;
}
