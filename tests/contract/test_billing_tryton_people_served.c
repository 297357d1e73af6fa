#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench.h"
#include "mishap.h"
#include "model/value.h"
#include "tryton.h"

/* billing-tryton on a real Tryton 6.0, judged by SQL on its database and by Tryton's own client.  All tests
 * share one server, so each has objects of its own. */

#define MINE  "lf1.mine"
#define OTHER "lf1.other"

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

/* ---- people -------------------------------------------------------------------------------------------- */

/* In whole seconds: that is what Tryton compares on SQLite. */
static void next_second(void)
{
    usleep(1100000);
}

static void test_what_a_person_changed_shows_and_is_not_overwritten(void **state)
{
    struct tryton *t = *state;
    static const char before[] =
        "{'code':'gr-1','jurisdiction':'GR','name':'FPA','rate':'24','category':'standard'}";
    static const char after[] =
        "{'code':'gr-1','jurisdiction':'GR','name':'FPA','rate':'25','category':'standard'}";
    char id[32];
    tryton_make(t, "tax", "lf1.gr1", before, id);
    tryton_person(t, "account.tax.write", "[%s],{'rate':{'__class__':'Decimal','decimal':'0.13'}}", id);
    const struct op_result *r = tryton_run(t, "tax", LF_VERB_READ, "lf1.gr1", id, before);
    tryton_assert_end(t, r, LF_END_OK);
    assert_string_equal(tryton_text(r, "rate"), "13");
    tryton_assert_refused(t, tryton_update(t, "tax", "lf1.gr1", id, before, after), "tryton.changed");
    assert_string_equal(tryton_sql(t, "select rate from account_tax where id=%s", id), "0.13");
}

static void test_what_no_attribute_says_shows_in_the_options_and_is_put_right(void **state)
{
    struct tryton *t = *state;
    static const char json[] =
        "{'code':'hr-1','jurisdiction':'HR','name':'PDV','rate':'25','category':'standard'}";
    char id[32];
    tryton_make(t, "tax", "lf1.hr1", json, id);
    tryton_person(t, "account.tax.write", "[%s],{'active':false,'name':'Croatia [lf1.hr1]'}", id);
    tryton_person(t, "account.tax.rule.line.write",
                  "[%s],{'end_date':{'__class__':'date','year':2030,'month':1,'day':1}}",
                  tryton_sql(t, "select id from account_tax_rule_line where tax=%s", id));
    const struct op_result *r = tryton_run(t, "tax", LF_VERB_READ, "lf1.hr1", id, json);
    tryton_assert_end(t, r, LF_END_OK);
    assert_string_equal(tryton_text(r, "code"), "hr-1");
    const struct value *options = value_get(r->state, "options");
    assert_false(value_get_bool(options, "active", true));
    assert_string_equal(value_get_text(options, "code", ""), "Croatia");
    assert_string_equal(value_get_text(options, "rule_line", ""), "group standard, from ever to 2030-01-01");
    struct op_item item = {.verb = LF_VERB_UPDATE, .marker = "lf1.hr1", .id = id, .prior = r->state};
    item.desired = bench_value(t->b, json);
    r = bench_run(t->b, "tax", item);
    tryton_assert_end(t, r, LF_END_OK);
    assert_null(value_get(r->state, "options"));
    assert_string_equal(tryton_sql(t, "select name || '|' || active from account_tax where id=%s", id),
                        "hr-1 [lf1.hr1]|1");
    assert_string_equal(tryton_sql(t, "select end_date from account_tax_rule_line where tax=%s", id), "");
}

static void test_a_write_between_the_look_and_the_change_is_a_concurrency_exception(void **state)
{
    struct tryton *t = *state;
    static const char before[] = "{'code':'prod-9','name':'Nine','category':'standard'}";
    static const char after[] = "{'code':'prod-9','name':'Neun','category':'standard'}";
    char id[32];
    tryton_make(t, "product", "lf1.prod9", before, id);
    const char *template = tryton_sql(t, "select template from product_product where id=%s", id);
    next_second();
    /* The driver's write waits in the proxy while a person is faster; its sender gets no answer. */
    mishap_next(t->m, "*template.write", 1, MISHAP_LATE, NULL);
    const struct op_result *r = tryton_update(t, "product", "lf1.prod9", id, before, after);
    tryton_assert_end(t, r, LF_END_UNSURE);
    tryton_person(t, "product.template.write", "[%s],{'name':'Nueve'}", template);
    assert_true(mishap_is_quiet(t->m));
    assert_true(mishap_saw(t->m, "ConcurrencyException"));
    mishap_forget(t->m);
    assert_string_equal(tryton_sql(t, "select name from product_template where id=%s", template), "Nueve");
    tryton_assert_refused(t, tryton_update(t, "product", "lf1.prod9", id, before, after), "tryton.changed");
    assert_string_equal(tryton_sql(t, "select name from product_template where id=%s", template), "Nueve");
}

static void test_a_concurrency_exception_is_a_retry(void **state)
{
    struct tryton *t = *state;
    static const char before[] = "{'code':'prod-10','name':'Ten','category':'standard'}";
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
    char id[32], text[512], body[256];
    tryton_make(t, "product", "lf1.prod10", before, id);
    /* The proxy cannot know the number of the request, so it answers the one that must come next. */
    tryton_again(t);
    tryton_assert_end(t, tryton_run(t, "product", LF_VERB_READ, "lf1.prod10", id, before), LF_END_OK);
    (void)snprintf(body, sizeof(body),
                   "{\"id\":16,\"error\":[\"ConcurrencyException\",\"modified in the meanwhile\"]}");
    (void)snprintf(text, sizeof(text), "%sContent-Length: %zu\r\n\r\n%s", head, strlen(body), body);
    mishap_next(t->m, "*template.write", 1, MISHAP_ANSWER, text);
    const struct op_result *r = tryton_update(t, "product", "lf1.prod10", id, before,
                                              "{'code':'prod-10','name':'Zehn','category':'standard'}");
    tryton_assert_end(t, r, LF_END_RETRY);
    assert_true(bench_has_note(t->b, "tryton.concurrency"));
    mishap_forget(t->m);
}

static void test_a_copy_with_the_same_mark_is_told(void **state)
{
    struct tryton *t = *state;
    static const char json[] = "{'code':'prod-11','name':'Eleven'}";
    char id[32];
    tryton_make(t, "product", "lf1.prod11", json, id);
    tryton_person(t, "product.template.copy", "[%s]",
                  tryton_sql(t, "select template from product_product where id=%s", id));
    tryton_assert_end(t, tryton_run(t, "product", LF_VERB_RECOVER, "lf1.prod11", NULL, json), LF_END_MANY);
    assert_true(bench_has_note(t->b, "tryton.many"));
    tryton_assert_end(t, tryton_run(t, "product", LF_VERB_CREATE, "lf1.prod11", NULL, json), LF_END_UNSURE);
    tryton_assert_sql(t, "2", "select count(*) from product_template where name like 'Eleven%'");
    tryton_sql(t, "delete from product_identifier where code='lf1.prod11' and product<>%s", id);
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static void test_many_are_read_at_once(void **state)
{
    struct tryton *t = *state;
    struct op_item items[3];
    char ids[2][32];
    memset(items, 0, sizeof(items));
    tryton_make(t, "product", "lf1.many1", "{'code':'many-1','name':'One'}", ids[0]);
    tryton_make(t, "product", "lf1.many2", "{'code':'many-2','name':'Two'}", ids[1]);
    for (size_t i = 0; i < 3; i++)
        items[i] = (struct op_item){
            .verb = LF_VERB_READ, .marker = MINE, .prior = bench_value(t->b, "{'code':'none'}")};
    items[0].id = ids[1];
    items[1].id = "987654";
    items[2].id = ids[0];
    mishap_forget(t->m);
    const struct op_result *r = bench_run_many(t->b, "product", items, 3);
    assert_int_equal(r[0].status, LF_END_OK);
    assert_string_equal(tryton_text(&r[0], "name"), "Two");
    assert_int_equal(r[1].status, LF_END_GONE);
    assert_string_equal(tryton_text(&r[2], "name"), "One");
    assert_int_equal(mishap_count(t->m, "POST"), 2);
}

static void test_owned_tells_every_mark(void **state)
{
    struct tryton *t = *state;
    static const struct {
        const char *type;
        const char *sql;
    } types[] = {
        {"entity", "select count(*) from party_identifier where code like 'lf1.%'"},
        {"product", "select count(*) from product_identifier where code like 'lf1.%'"},
        {"price", "select count(*) from product_price_list_line where formula like '% # %[lf1.%]'"},
        {"tax", "select count(*) from account_tax where name like '%[lf1.%]'"},
    };
    char product[32], id[32], json[256];
    tryton_make(t, "entity", "lf1.owned", "{'code':'owned','name':'O','country':'IE','invoice_prefix':'O-'}",
                id);
    tryton_make(t, "tax", "lf1.owned", "{'code':'owned','jurisdiction':'LT','rate':'21'}", id);
    tryton_make(t, "product", "lf1.owned", "{'code':'owned','name':'Owned'}", product);
    (void)snprintf(json, sizeof(json), "{'code':'owned','product':'%s','currency':'EUR','amount':'1.00'}",
                   product);
    tryton_make(t, "price", "lf1.owned", json, id);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        char text[32];
        size_t count = 0;
        struct op_item item = {.verb = LF_VERB_OWNED};
        tryton_assert_end(t, bench_run(t->b, types[i].type, item), LF_END_OK);
        const struct op_result *found = bench_found(t->b, &count);
        (void)snprintf(text, sizeof(text), "%zu", count);
        tryton_assert_sql(t, text, types[i].sql);
        assert_true(count > 0);
        for (size_t k = 0; k < count; k++)
            assert_true(strncmp(found[k].marker, "lf1.", 4) == 0 && found[k].id);
    }
}

static void test_reading_verbs_send_nothing_that_changes(void **state)
{
    struct tryton *t = *state;
    static const char *const words[] = {".create\"", ".write\"", ".delete\""};
    struct op_item owned = {.verb = LF_VERB_OWNED}, ready = {.verb = LF_VERB_PREFLIGHT};
    bench_read_only(t->b, true);
    mishap_forget(t->m);
    tryton_run(t, "product", LF_VERB_READ, MINE, "1", "{'code':'team','name':'Team'}");
    tryton_run(t, "product", LF_VERB_PLAN, MINE, NULL, "{'code':'team','name':'Team'}");
    tryton_run(t, "product", LF_VERB_RECOVER, MINE, NULL, "{'code':'team','name':'Team'}");
    tryton_run(t, "product", LF_VERB_FIND, MINE, NULL, "{'code':'team','name':'Team'}");
    bench_run(t->b, "tax", owned);
    tryton_assert_end(t, bench_run(t->b, NULL, ready), LF_END_OK);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        assert_false(mishap_saw(t->m, words[i]));
    bench_read_only(t->b, false);
}

static const char *day_from_now(struct tryton *t, int days)
{
    return tryton_sql(t, "select date('now', 'localtime', '%+d days')", days);
}

static void make_tax_of_days(struct tryton *t, const char *rate, const char *from, const char *to)
{
    char json[256], marker[32], id[32];
    (void)snprintf(marker, sizeof(marker), "lf1.moms%.2s", rate);
    (void)snprintf(json, sizeof(json),
                   "{'code':'se-%s','jurisdiction':'SE','name':'Moms %s','rate':'%s'%s%s%s%s%s%s}", rate,
                   rate, rate, from[0] ? ",'valid_from':'" : "", from, from[0] ? "'" : "",
                   to[0] ? ",'valid_to':'" : "", to, to[0] ? "'" : "");
    tryton_make(t, "tax", marker, json, id);
}

/* A salesperson's sale and its invoice, in Tryton's own client. */
static void test_a_sale_in_tryton_has_this_price_this_tax_and_this_number(void **state)
{
    struct tryton *t = *state;
    char product[32], id[32], json[256];
    tryton_make(t, "product", "lf1.sell", "{'code':'sell','name':'Sold'}", product);
    (void)snprintf(json, sizeof(json),
                   "{'code':'sell-month','product':'%s','currency':'EUR','amount':'119.00'}", product);
    tryton_make(t, "price", "lf1.sell", json, id);
    /* Three rates, of which the one in the middle holds on this one day. */
    make_tax_of_days(t, "24", "", day_from_now(t, -1));
    make_tax_of_days(t, "25.5", day_from_now(t, 0), day_from_now(t, 0));
    make_tax_of_days(t, "26", day_from_now(t, 1), "");
    tryton_make(t, "entity", "lf1.sell",
                "{'code':'seller','name':'Seller','country':'SE','invoice_prefix':'S-','first_invoice':41}",
                id);
    assert_string_equal(tryton_sell(t, "SE", "sell", "Monthly", "seller from 41 [lf1.sell]"),
                        "119.0000|Moms 25.5|119.00|30.34|149.34|S-41");
    assert_string_equal(tryton_sell(t, "AX", "sell", "Monthly", "-"), "119.0000|VAT|119.00|27.37|146.37|-");
    const struct op_result *r =
        tryton_run(t, "entity", LF_VERB_READ, "lf1.sell", id,
                   "{'code':'seller','name':'Seller','country':'SE','invoice_prefix':'S-'}");
    assert_int_equal(value_get_int(r->state, "next_invoice", 0), 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_person_changed_shows_and_is_not_overwritten),
        cmocka_unit_test(test_what_no_attribute_says_shows_in_the_options_and_is_put_right),
        cmocka_unit_test(test_a_write_between_the_look_and_the_change_is_a_concurrency_exception),
        cmocka_unit_test(test_a_concurrency_exception_is_a_retry),
        cmocka_unit_test(test_a_copy_with_the_same_mark_is_told),
        cmocka_unit_test(test_many_are_read_at_once),
        cmocka_unit_test(test_owned_tells_every_mark),
        cmocka_unit_test(test_reading_verbs_send_nothing_that_changes),
        cmocka_unit_test(test_a_sale_in_tryton_has_this_price_this_tax_and_this_number),
    };
    int missing = tryton_missing();
    return missing ? missing : cmocka_run_group_tests(tests, enter, leave);
}
