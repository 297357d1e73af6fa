#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "bench.h"
#include "mishap.h"
#include "model/value.h"
#include "server.h"
#include "tryton.h"

/* billing-tryton when things go wrong: lost and late replies, a killed landfall, sessions that run out,
 * servers in trouble, and everything a preflight is to find. */

static struct tryton world;

static int enter(void **state)
{
    tryton_open(&world);
    *state = &world;
    return 0;
}

static int leave(void **state)
{
    tryton_close(*state);
    return 0;
}

/* A driver that has logged in and read the books, and a way on which nothing happens yet. */
static int ready(void **state)
{
    struct tryton *t = *state;
    struct op_item item = {.verb = LF_VERB_OWNED};
    mishap_forget(t->m);
    tryton_again(t);
    assert_int_equal(bench_run(t->b, "tax", item)->status, LF_END_OK);
    mishap_forget(t->m);
    return 0;
}

/* ---- helpers ------------------------------------------------------------------------------------------- */

static const struct op_result *create(struct tryton *t, const char *type, const char *marker,
                                      const char *json)
{
    return tryton_run(t, type, LF_VERB_CREATE, marker, NULL, json);
}

static const struct op_result *recover(struct tryton *t, const char *type, const char *marker,
                                       const char *json)
{
    return tryton_run(t, type, LF_VERB_RECOVER, marker, NULL, json);
}

/* A whole HTTP reply.  Two of them are alive at a time at most. */
static const char *reply(int status, const char *body)
{
    static char text[2][1024];
    static size_t turn;
    turn = 1 - turn;
    (void)snprintf(text[turn], sizeof(text[turn]),
                   "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
                   "%zu\r\n\r\n%s",
                   status, strlen(body), body);
    return text[turn];
}

/* The driver numbers its requests from 1: one login, ten pages of books, one search of marks. */
#define REQUESTS_OF_READY 12

static const char *exception(int after, const char *json)
{
    char body[512];
    (void)snprintf(body, sizeof(body), "{\"id\":%d,\"error\":%s}", REQUESTS_OF_READY + after, json);
    return reply(200, body);
}

/* ---- lost and late ------------------------------------------------------------------------------------- */

static void test_a_lost_reply_at_any_stage_of_an_entity_makes_one_of_each(void **state)
{
    static const char *const calls[] = {"*party.party.create", "*company.company.create",
                                        "*ir.sequence.strict.create"};
    struct tryton *t = *state;
    for (size_t i = 0; i < 3; i++) {
        char json[256], marker[32];
        (void)snprintf(marker, sizeof(marker), "lf1.lost%zu", i);
        (void)snprintf(
            json, sizeof(json),
            "{'code':'lost-%zu','name':'Lost','country':'IE','invoice_prefix':'L%zu-','first_invoice':7}", i,
            i);
        mishap_next(t->m, calls[i], 1, MISHAP_LOSE_REPLY, NULL);
        tryton_assert_end(t, create(t, "entity", marker, json), LF_END_UNSURE);
        tryton_assert_noted(t, "tryton.no_reply");
        const struct op_result *r = recover(t, "entity", marker, json);
        tryton_assert_end(t, r, LF_END_OK);
        assert_string_equal(r->marker, marker);
        /* Half an entity is never taken for a whole one. */
        assert_true((value_get(r->state, "invoice_prefix") != NULL) == (i == 2));
        tryton_assert_end(t, create(t, "entity", marker, json), LF_END_OK);
        assert_string_equal(tryton_sql(t, "select count(*) from party_party where code='lost-%zu'", i), "1");
        assert_string_equal(
            tryton_sql(t,
                       "select count(*) from company_company c join party_party p on p.id=c.party "
                       "where p.code='lost-%zu'",
                       i),
            "1");
        assert_string_equal(tryton_sql(t, "select count(*) from ir_sequence_strict where prefix='L%zu-'", i),
                            "1");
    }
}

static void test_a_lost_reply_at_any_stage_of_a_tax_makes_one_of_each(void **state)
{
    static const char *const calls[] = {"*account.tax.create", "*account.tax.rule.line.create"};
    static const char *const places[] = {"AT", "BE"};
    struct tryton *t = *state;
    for (size_t i = 0; i < 2; i++) {
        char json[256], marker[32];
        (void)snprintf(marker, sizeof(marker), "lf1.taxlost%zu", i);
        (void)snprintf(json, sizeof(json), "{'code':'taxlost-%zu','jurisdiction':'%s','rate':'20'}", i,
                       places[i]);
        mishap_next(t->m, calls[i], 1, MISHAP_LOSE_REPLY, NULL);
        tryton_assert_end(t, create(t, "tax", marker, json), LF_END_UNSURE);
        const struct op_result *r = recover(t, "tax", marker, json);
        tryton_assert_end(t, r, LF_END_OK);
        assert_true((value_get(r->state, "jurisdiction") != NULL) == (i == 1));
        tryton_assert_end(t, create(t, "tax", marker, json), LF_END_OK);
        assert_string_equal(
            tryton_sql(t, "select count(*) from account_tax where name like 'taxlost-%zu %%'", i), "1");
        assert_string_equal(
            tryton_sql(t,
                       "select count(*) from account_tax_rule_line l join account_tax x on x.id=l.tax "
                       "where x.name like 'taxlost-%zu %%'",
                       i),
            "1");
    }
}

static void test_a_lost_reply_of_a_product_and_its_price(void **state)
{
    struct tryton *t = *state;
    char json[256];
    mishap_next(t->m, "*product.template.create", 1, MISHAP_CUT, NULL);
    tryton_assert_end(t, create(t, "product", "lf1.plost", "{'code':'plost','name':'Lost'}"), LF_END_UNSURE);
    const struct op_result *r = create(t, "product", "lf1.plost", "{'code':'plost','name':'Lost'}");
    tryton_assert_end(t, r, LF_END_OK);
    (void)snprintf(json, sizeof(json),
                   "{'code':'plost-month','product':'%s','currency':'EUR','amount':'1.00'}", r->id);
    mishap_next(t->m, "*subscription.service.create", 1, MISHAP_LOSE_REPLY, NULL);
    tryton_assert_end(t, create(t, "price", "lf1.plost", json), LF_END_UNSURE);
    tryton_assert_end(t, create(t, "price", "lf1.plost", json), LF_END_OK);
    tryton_assert_sql(t, "1", "select count(*) from product_template where code='plost'");
    tryton_assert_sql(t, "1",
                      "select count(*) from product_price_list_line where formula like '%# plost-month%'");
    tryton_assert_sql(
        t, "1",
        "select count(*) from sale_subscription_service s join product_product p on p.id=s.product where "
        "p.code='plost'");
}

static void test_a_request_of_a_dead_landfall_lands_late_and_is_taken(void **state)
{
    static const char json[] = "{'code':'late','jurisdiction':'CZ','rate':'21'}";
    struct tryton *t = *state;
    mishap_next(t->m, "*account.tax.create", 1, MISHAP_LATE, NULL);
    tryton_assert_end(t, create(t, "tax", "lf1.late", json), LF_END_UNSURE);
    tryton_assert_end(t, recover(t, "tax", "lf1.late", json), LF_END_GONE);
    /* The core waits for what may still be under way before it looks. */
    const struct lf_settle *settle = &driver_type(bench_driver(t->b), "tax")->settle;
    assert_int_equal(settle->create, LF_SETTLE_FINDABLE);
    assert_true(settle->max_inflight_ms >= 20000);
    assert_true(mishap_is_quiet(t->m));
    tryton_assert_end(t, recover(t, "tax", "lf1.late", json), LF_END_OK);
    tryton_assert_end(t, create(t, "tax", "lf1.late", json), LF_END_OK);
    tryton_assert_sql(t, "1", "select count(*) from account_tax where name like 'late %'");
}

static void test_a_late_delete_of_what_was_changed_since_deletes_nothing(void **state)
{
    static const char json[] = "{'code':'keep','name':'Keep','category':'standard'}";
    struct tryton *t = *state;
    const struct op_result *r = create(t, "product", "lf1.keep", json);
    tryton_assert_end(t, r, LF_END_OK);
    const char *template = tryton_sql(t, "select template from product_product where id=%s", r->id);
    usleep(1100000); /* on SQLite, Tryton's timestamps count whole seconds */
    mishap_next(t->m, "*product.template.delete", 1, MISHAP_LATE, NULL);
    tryton_assert_end(t, tryton_run(t, "product", LF_VERB_DESTROY, "lf1.keep", r->id, json), LF_END_UNSURE);
    tryton_person(t, "product.template.write", "[%s],{'name':'Kept'}", template);
    assert_true(mishap_is_quiet(t->m));
    tryton_assert_sql(t, "Kept", "select name from product_template where code='keep'");
}

static void test_killed_in_the_middle_of_an_entity(void **state)
{
    static const char json[] = "{'code':'killed','name':'Killed','country':'IE','invoice_prefix':'K-'}";
    struct tryton *t = *state;
    mishap_next(t->m, "*company.company.create", 1, MISHAP_SILENT, NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct tryton own = *t;
        own.b = tryton_bench(t, "");
        create(&own, "entity", "lf1.killed", json);
        _exit(0);
    }
    for (int tries = 0; tries < 3000 && !mishap_saw(t->m, "company.company.create"); tries++)
        usleep(20000);
    assert_true(mishap_saw(t->m, "company.company.create"));
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    tryton_assert_sql(t, "1", "select count(*) from party_party where code='killed'");
    const struct op_result *r = recover(t, "entity", "lf1.killed", json);
    tryton_assert_end(t, r, LF_END_OK);
    assert_null(value_get(r->state, "invoice_prefix"));
    tryton_assert_end(t, create(t, "entity", "lf1.killed", json), LF_END_OK);
    tryton_assert_sql(t, "1", "select count(*) from party_party where code='killed'");
    tryton_assert_sql(
        t, "1",
        "select count(*) from company_company c join party_party p on p.id=c.party where p.code='killed'");
    tryton_assert_sql(t, "1", "select count(*) from ir_sequence_strict where prefix='K-'");
}

static void test_an_entity_that_was_half_deleted_is_still_there(void **state)
{
    static const char json[] = "{'code':'halfgone','name':'Half','country':'IE','invoice_prefix':'H-'}";
    struct tryton *t = *state;
    struct op_item item = {.verb = LF_VERB_RECOVER, .marker = "lf1.half"};
    struct op_item owned = {.verb = LF_VERB_OWNED};
    size_t count = 0;
    bool is_found = false;
    const struct op_result *r = create(t, "entity", "lf1.half", json);
    tryton_assert_end(t, r, LF_END_OK);
    item.id = r->id;
    item.prior = r->state;
    mishap_next(t->m, "*party.party.delete", 1, MISHAP_LOSE_REPLY, NULL);
    tryton_assert_end(t, tryton_run(t, "entity", LF_VERB_DESTROY, "lf1.half", item.id, json), LF_END_UNSURE);
    tryton_assert_sql(t, "0", "select count(*) from party_party where code='halfgone'");
    tryton_assert_end(t, bench_run(t->b, "entity", item), LF_END_OK);
    tryton_assert_end(t, bench_run(t->b, "entity", owned), LF_END_OK);
    const struct op_result *found = bench_found(t->b, &count);
    for (size_t i = 0; i < count; i++)
        is_found |= strcmp(found[i].marker, "lf1.half") == 0;
    assert_true(is_found);
    tryton_assert_end(t, tryton_run(t, "entity", LF_VERB_DESTROY, "lf1.half", item.id, json), LF_END_GONE);
    tryton_assert_sql(t, "0", "select count(*) from ir_sequence_strict where prefix='H-'");
    tryton_assert_end(t, bench_run(t->b, "entity", item), LF_END_GONE);
}

/* ---- sessions ------------------------------------------------------------------------------------------ */

static void test_a_session_that_ran_out_is_opened_again(void **state)
{
    struct tryton *t = *state;
    tryton_sql(t, "delete from ir_session");
    tryton_assert_end(t, create(t, "product", "lf1.session", "{'code':'session','name':'Session'}"),
                      LF_END_OK);
    assert_true(mishap_saw(t->m, "common.db.login"));
    tryton_assert_sql(t, "1", "select count(*) from product_template where code='session'");
}

static void test_a_session_that_runs_out_just_before_the_change_does_it_once(void **state)
{
    struct tryton *t = *state;
    mishap_next(t->m, "*product.template.create", 1, MISHAP_ANSWER, reply(401, ""));
    tryton_assert_end(t, create(t, "product", "lf1.session2", "{'code':'session-2','name':'Session'}"),
                      LF_END_OK);
    tryton_assert_sql(t, "1", "select count(*) from product_template where code='session-2'");
}

static void test_a_server_that_wants_a_login_again_and_again_is_not_asked_for_ever(void **state)
{
    struct tryton *t = *state;
    mishap_next(t->m, "*search_read", 100, MISHAP_ANSWER, reply(401, ""));
    tryton_assert_end(t, create(t, "product", "lf1.session3", "{'code':'session-3','name':'Session'}"),
                      LF_END_REFUSED);
    tryton_assert_noted(t, "tryton.credentials");
    assert_true(mishap_count(t->m, "POST") <= 4);
    tryton_assert_sql(t, "0", "select count(*) from product_template where code='session-3'");
}

/* ---- exceptions ---------------------------------------------------------------------------------------- */

static void test_exceptions_mean_what_tryton_says_of_them(void **state)
{
    static const struct {
        const char *json;
        const char *code;
        uint32_t status;
    } cases[] = {
        {"[\"UserError\",[\"no such thing\",\"because\",null]]", "tryton.refused", LF_END_REFUSED},
        {"[\"UserWarning\",[\"name.of.it\",\"sure?\",\"really\"]]", "tryton.warning", LF_END_REFUSED},
        {"[\"ConcurrencyException\",\"meanwhile\"]", "tryton.concurrency", LF_END_RETRY},
        {"[\"LoginException\",[\"sms_code\",\"code?\",\"char\"]]", "tryton.login", LF_END_REFUSED},
        {"[\"database is locked\",\"\"]", "tryton.busy", LF_END_RETRY},
        {"[\"division by zero\",\"Traceback ...\"]", "tryton.trouble", LF_END_UNSURE},
        {"\"nonsense\"", "tryton.trouble", LF_END_UNSURE},
    };
    struct tryton *t = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(ready(state), 0);
        mishap_next(t->m, "*product.template.create", 1, MISHAP_ANSWER, exception(3, cases[i].json));
        tryton_assert_end(t, create(t, "product", "lf1.never", "{'code':'never','name':'Never'}"),
                          cases[i].status);
        tryton_assert_noted(t, cases[i].code);
    }
    tryton_assert_sql(t, "0", "select count(*) from product_template where code='never'");
}

/* As where an access rule hides a record from its own maker: it must not be made again and again. */
static void test_what_was_made_and_is_not_seen_is_not_made_again(void **state)
{
    struct tryton *t = *state;
    char body[64];
    (void)snprintf(body, sizeof(body), "{\"id\":%d,\"result\":[987654]}", REQUESTS_OF_READY + 3);
    mishap_next(t->m, "*product.template.create", 1, MISHAP_ANSWER, reply(200, body));
    tryton_assert_end(t, create(t, "product", "lf1.unseen", "{'code':'unseen','name':'Unseen'}"),
                      LF_END_UNSURE);
    tryton_assert_noted(t, "tryton.unseen");
    tryton_assert_sql(t, "0", "select count(*) from product_template where code='unseen'");
}

static void test_a_destroy_in_doubt_asks_for_what_was_there_not_for_its_name(void **state)
{
    static const char json[] = "{'code':'renamed','name':'First','category':'standard'}";
    struct tryton *t = *state;
    struct op_item item = {.verb = LF_VERB_RECOVER, .marker = "lf1.first"};
    char id[32];
    item.id = tryton_make(t, "product", "lf1.first", json, id);
    item.prior = bench_value(t->b, json);
    tryton_assert_end(t, bench_run(t->b, "product", item), LF_END_OK);
    tryton_assert_end(t, tryton_run(t, "product", LF_VERB_DESTROY, "lf1.first", id, json), LF_END_GONE);
    tryton_assert_end(t, create(t, "product", "lf1.second", json), LF_END_OK);
    tryton_assert_end(t, bench_run(t->b, "product", item), LF_END_GONE);
    tryton_assert_sql(t, "1", "select count(*) from product_template where code='renamed'");
}

static void test_trouble_on_the_way(void **state)
{
    static const struct {
        enum mishap_kind kind;
        int status;
        const char *body;
        const char *code;
        uint32_t of_change, of_read;
    } cases[] = {
        {MISHAP_ANSWER, 500, "oops", "tryton.trouble", LF_END_UNSURE, LF_END_CANNOT_TELL},
        {MISHAP_ANSWER, 503, "", "tryton.trouble", LF_END_UNSURE, LF_END_CANNOT_TELL},
        {MISHAP_ANSWER, 429, "", "tryton.throttled", LF_END_RETRY, LF_END_RETRY},
        {MISHAP_ANSWER, 403, "", "tryton.forbidden", LF_END_REFUSED, LF_END_REFUSED},
        {MISHAP_ANSWER, 302, "", "tryton.refused", LF_END_REFUSED, LF_END_REFUSED},
        {MISHAP_ANSWER, 200, "<html>", "tryton.garbled", LF_END_UNSURE, LF_END_CANNOT_TELL},
        {MISHAP_ANSWER, 200, "{\"id\":4,\"result\":[1]}", "tryton.garbled", LF_END_UNSURE,
         LF_END_CANNOT_TELL},
        {MISHAP_ANSWER, 200, "", "tryton.garbled", LF_END_UNSURE, LF_END_CANNOT_TELL},
        {MISHAP_RESET, 0, "", "tryton.no_reply", LF_END_UNSURE, LF_END_CANNOT_TELL},
        {MISHAP_GIANT, 0, "", "tryton.no_reply", LF_END_UNSURE, LF_END_CANNOT_TELL},
    };
    struct tryton *t = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(ready(state), 0);
        mishap_next(t->m, "*product.template.create", 1, cases[i].kind,
                    reply(cases[i].status, cases[i].body));
        tryton_assert_end(t, create(t, "product", "lf1.trouble", "{'code':'trouble','name':'Trouble'}"),
                          cases[i].of_change);
        tryton_assert_noted(t, cases[i].code);
        mishap_next(t->m, "*product.product.search_read", 1, cases[i].kind,
                    reply(cases[i].status, cases[i].body));
        tryton_assert_end(t, tryton_run(t, "product", LF_VERB_READ, "lf1.trouble", "1", "{'code':'trouble'}"),
                          cases[i].of_read);
        tryton_assert_noted(t, cases[i].code);
    }
    tryton_assert_sql(t, "0", "select count(*) from product_template where code='trouble'");
}

static void test_trouble_before_the_change_was_sent_is_no_doubt(void **state)
{
    struct tryton *t = *state;
    mishap_next(t->m, "*product.product.search_read", 1, MISHAP_ANSWER, reply(500, "oops"));
    tryton_assert_end(t, create(t, "product", "lf1.before", "{'code':'before','name':'Before'}"),
                      LF_END_RETRY);
    tryton_again(t);
    mishap_next(t->m, "*common.db.login", 1, MISHAP_LOSE_REPLY, NULL);
    tryton_assert_end(t, create(t, "product", "lf1.before", "{'code':'before','name':'Before'}"),
                      LF_END_RETRY);
    tryton_assert_sql(t, "0", "select count(*) from product_template where code='before'");
}

static void test_a_connection_that_stays_open_and_silent_ends_at_the_deadline(void **state)
{
    struct tryton *t = *state;
    bench_timeout(t->b, 6000);
    mishap_next(t->m, "*product.template.create", 1, MISHAP_SILENT, NULL);
    const struct op_result *r = create(t, "product", "lf1.silent", "{'code':'silent','name':'Silent'}");
    tryton_assert_end(t, r, LF_END_UNSURE);
    assert_true(r->timed_out);
    bench_timeout(t->b, 0);
    tryton_assert_end(t, create(t, "product", "lf1.silent", "{'code':'silent','name':'Silent'}"), LF_END_OK);
    tryton_assert_sql(t, "1", "select count(*) from product_template where code='silent'");
}

static void test_a_create_that_stops_half_way_for_good_is_damaged_and_known(void **state)
{
    struct tryton *t = *state;
    /* An identifier, an address and a company may be made, but no sequence: the account group is taken away.
     */
    const char *group = tryton_sql(t, "select id from res_group where name='Account Administration'");
    const char *user = tryton_sql(t, "select id from res_user where login='landfall'");
    tryton_person(t, "res.user.write", "[%s],{'groups':[['remove',[%s]]]}", user, group);
    const struct op_result *r = create(t, "entity", "lf1.damaged",
                                       "{'code':'damaged','name':'D','country':'IE','invoice_prefix':'D-'}");
    tryton_person(t, "res.user.write", "[%s],{'groups':[['add',[%s]]]}", user, group);
    tryton_assert_end(t, r, LF_END_DAMAGED);
    assert_string_equal(r->marker, "lf1.damaged");
    assert_non_null(r->id);
    assert_null(value_get(r->state, "invoice_prefix"));
    tryton_assert_noted(t, "tryton.refused");
    tryton_assert_sql(t, "1", "select count(*) from party_party where code='damaged'");
}

static void test_names_of_every_kind_are_kept_as_they_are(void **state)
{
    static const char json[] =
        "{'code':'names','name':'O\\u0027Brien \\u0022& Co\\u0022 \\\\ %_ \\u2603','description':"
        "'line\\u000aline'}";
    struct tryton *t = *state;
    const struct op_result *r = create(t, "product", "lf1.names", json);
    tryton_assert_end(t, r, LF_END_OK);
    assert_string_equal(value_get_text(r->state, "name", ""), "O'Brien \"& Co\" \\ %_ \u2603");
    assert_string_equal(tryton_sql(t, "select t.name from product_template t where t.code='names'"),
                        "O'Brien \"& Co\" \\ %_ \u2603");
    assert_string_equal(value_get_text(r->state, "description", ""), "line\nline");
}

/* ---- preflight ----------------------------------------------------------------------------------------- */

static const struct op_result *preflight(struct tryton *t)
{
    struct op_item item = {.verb = LF_VERB_PREFLIGHT};
    return bench_run(t->b, NULL, item);
}

/* A preflight with other settings. */
static void assert_preflight(struct tryton *t, const char *more, uint32_t status, const char *code)
{
    struct bench *good = t->b;
    t->b = tryton_bench(t, more);
    const struct op_result *r = preflight(t);
    tryton_assert_end(t, r, status);
    tryton_assert_noted(t, code);
    assert_null(strstr(tryton_notes(t), "not-the-password"));
    bench_close(t->b);
    t->b = good;
}

static void test_preflight_is_good_on_a_good_server(void **state)
{
    struct tryton *t = *state;
    size_t count = 0;
    bench_read_only(t->b, true);
    tryton_assert_end(t, preflight(t), LF_END_OK);
    bench_notes(t->b, &count);
    assert_int_equal(count, 0);
}

static void test_preflight_finds_wrong_settings(void **state)
{
    struct tryton *t = *state;
    char url[64];
    assert_preflight(t, "'password':{'$secret':{'source':'test:not-the-password'}}", LF_END_REFUSED,
                     "tryton.credentials");
    assert_preflight(t, "'user':'nobody'", LF_END_REFUSED, "tryton.credentials");
    assert_preflight(t, "'database':'other'", LF_END_REFUSED, "tryton.database");
    assert_preflight(t, "'company':'Nobody Ltd'", LF_END_REFUSED, "tryton.company");
    assert_preflight(t, "'tax_account':'No Account'", LF_END_REFUSED, "tryton.tax_account");
    assert_preflight(t, "'tax_rule':'No Rule'", LF_END_REFUSED, "tryton.tax_rule");
    assert_preflight(t, "'price_lists':{'month':'No List'}", LF_END_REFUSED, "tryton.price_list");
    assert_preflight(t, "'recurrences':{'month':'Never'}", LF_END_REFUSED, "tryton.recurrence");
    (void)snprintf(url, sizeof(url), "'url':'http://127.0.0.1:%d'", server_port());
    assert_preflight(t, url, LF_END_RETRY, "tryton.unreachable");
}

static void test_preflight_says_all_that_is_missing_in_order(void **state)
{
    struct tryton *t = *state;
    size_t count = 0;
    struct bench *good = t->b;
    t->b = tryton_bench(t, "'tax_account':'None','price_lists':{'month':'No List','year':'No Other'}");
    tryton_assert_end(t, preflight(t), LF_END_REFUSED);
    const struct diag *notes = bench_notes(t->b, &count);
    assert_int_equal(count, 3);
    assert_string_equal(notes[0].path, "tax_account");
    assert_string_equal(notes[1].path, "price_lists.month");
    assert_string_equal(notes[2].path, "price_lists.year");
    bench_close(t->b);
    t->b = good;
}

static void test_preflight_finds_an_older_server(void **state)
{
    struct tryton *t = *state;
    tryton_again(t);
    mishap_next(t->m, "POST / ", 1, MISHAP_ANSWER, reply(200, "{\"id\":1,\"result\":\"5.8.7\"}"));
    tryton_assert_end(t, preflight(t), LF_END_REFUSED);
    tryton_assert_noted(t, "tryton.version");
    assert_non_null(strstr(tryton_notes(t), "5.8.7"));
}

static void test_preflight_names_missing_modules(void **state)
{
    struct tryton *t = *state;
    tryton_sql(t, "update ir_module set state='not activated' where name in ('sale_subscription','country')");
    const struct op_result *r = preflight(t);
    tryton_sql(t, "update ir_module set state='activated' where name in ('sale_subscription','country')");
    tryton_assert_end(t, r, LF_END_REFUSED);
    tryton_assert_noted(t, "tryton.modules");
    assert_non_null(strstr(tryton_notes(t), "not active: country, sale_subscription"));
}

static void test_preflight_names_missing_rights_and_a_create_is_refused_in_trytons_words(void **state)
{
    struct tryton *t = *state;
    const char *group = tryton_sql(t, "select id from res_group where name='Product Administration'");
    const char *user = tryton_sql(t, "select id from res_user where login='landfall'");
    tryton_person(t, "res.user.write", "[%s],{'groups':[['remove',[%s]]]}", user, group);
    const struct op_result *r = preflight(t);
    tryton_assert_end(t, r, LF_END_REFUSED);
    tryton_assert_noted(t, "tryton.access");
    assert_non_null(strstr(tryton_notes(t), "may not create, write, delete 'product.template'"));
    r = create(t, "product", "lf1.rights", "{'code':'rights','name':'Rights'}");
    tryton_assert_end(t, r, LF_END_REFUSED);
    tryton_assert_noted(t, "tryton.refused");
    tryton_person(t, "res.user.write", "[%s],{'groups':[['add',[%s]]]}", user, group);
    tryton_assert_sql(t, "0", "select count(*) from product_template where code='rights'");
}

static void test_preflight_finds_a_user_of_another_company(void **state)
{
    struct tryton *t = *state;
    char user[32];
    (void)snprintf(user, sizeof(user), "%s", tryton_sql(t, "select id from res_user where login='landfall'"));
    tryton_person(t, "res.user.write", "[%s],{'company':null}", user);
    tryton_again(t);
    const struct op_result *r = preflight(t);
    tryton_person(t, "res.user.write", "[%s],{'company':1}", user);
    tryton_assert_end(t, r, LF_END_REFUSED);
    tryton_assert_noted(t, "tryton.user_company");
}

static void test_settings_that_cannot_be_are_refused_before_anything_is_asked(void **state)
{
    static const struct {
        const char *more, *words;
    } cases[] = {
        {"'url':'tryton.acme.example'", "'url' is the address of a Tryton server"},
        {"'database':'../other'", "the name of a database has letters"},
        {"'user':'a:b'", "holds no ':'"},
        {"'price_lists':{'month':'Same','year':'Same'}", "each interval needs a price list of its own"},
    };
    struct tryton *t = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench *b = NULL;
        struct err err;
        assert_false(
            bench_try(PLUGINS_FOLDER "/billing-tryton.so", tryton_settings(t, cases[i].more), &b, &err));
        assert_string_equal(err.code, "plugin.cannot_open");
        assert_non_null(strstr(err.summary, cases[i].words));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, ready)
    const struct CMUnitTest tests[] = {
        TEST(test_a_lost_reply_at_any_stage_of_an_entity_makes_one_of_each),
        TEST(test_a_lost_reply_at_any_stage_of_a_tax_makes_one_of_each),
        TEST(test_a_lost_reply_of_a_product_and_its_price),
        TEST(test_a_request_of_a_dead_landfall_lands_late_and_is_taken),
        TEST(test_a_late_delete_of_what_was_changed_since_deletes_nothing),
        TEST(test_killed_in_the_middle_of_an_entity),
        TEST(test_an_entity_that_was_half_deleted_is_still_there),
        TEST(test_a_session_that_ran_out_is_opened_again),
        TEST(test_a_session_that_runs_out_just_before_the_change_does_it_once),
        TEST(test_a_server_that_wants_a_login_again_and_again_is_not_asked_for_ever),
        TEST(test_exceptions_mean_what_tryton_says_of_them),
        TEST(test_what_was_made_and_is_not_seen_is_not_made_again),
        TEST(test_a_destroy_in_doubt_asks_for_what_was_there_not_for_its_name),
        TEST(test_trouble_on_the_way),
        TEST(test_trouble_before_the_change_was_sent_is_no_doubt),
        TEST(test_a_connection_that_stays_open_and_silent_ends_at_the_deadline),
        TEST(test_a_create_that_stops_half_way_for_good_is_damaged_and_known),
        TEST(test_names_of_every_kind_are_kept_as_they_are),
        TEST(test_preflight_is_good_on_a_good_server),
        TEST(test_preflight_finds_wrong_settings),
        TEST(test_preflight_says_all_that_is_missing_in_order),
        TEST(test_preflight_finds_an_older_server),
        TEST(test_preflight_names_missing_modules),
        TEST(test_preflight_names_missing_rights_and_a_create_is_refused_in_trytons_words),
        TEST(test_preflight_finds_a_user_of_another_company),
        cmocka_unit_test(test_settings_that_cannot_be_are_refused_before_anything_is_asked),
    };
    int missing = tryton_missing();
    return missing ? missing : cmocka_run_group_tests(tests, enter, leave);
}
