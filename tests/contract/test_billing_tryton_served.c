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

/* ---- entities ------------------------------------------------------------------------------------------ */

#define ENTITY                                                                                               \
    "'name':'Acme Europe Ltd','country':'IE','address':'12 Grand Quay, Dublin 2','vat_id':'IE1234567T',"     \
    "'first_invoice':1000"

static void test_an_entity_is_a_party_a_company_and_a_sequence(void **state)
{
    struct tryton *t = *state;
    char id[32];
    tryton_make(t, "entity", "lf1.ent1", "{'code':'acme-1','invoice_prefix':'E1-'," ENTITY "}", id);
    assert_string_equal(
        tryton_sql(t,
                   "select p.code || '|' || p.name || '|' || a.street || '|' || c.code from "
                   "party_party p join party_address a on a.party=p.id join country_country c "
                   "on c.id=a.country where p.id=%s",
                   id),
        "acme-1|Acme Europe Ltd|12 Grand Quay, Dublin 2|IE");
    assert_string_equal(tryton_sql(t,
                                   "select code || '|' || type from party_identifier where party=%s and type "
                                   "is not null",
                                   id),
                        "IE1234567T|eu_vat");
    assert_string_equal(
        tryton_sql(t, "select code from party_identifier where party=%s and type is null", id), "lf1.ent1");
    assert_string_equal(tryton_sql(t,
                                   "select u.code from company_company c join currency_currency u on "
                                   "u.id=c.currency where c.party=%s",
                                   id),
                        "EUR");
    tryton_assert_sql(
        t, "E1-|1000|acme-1 from 1000 [lf1.ent1]",
        "select prefix || '|' || number_next_internal || '|' || name from ir_sequence_strict where "
        "prefix='E1-'");
}

static void test_creating_an_entity_twice_with_one_token_makes_one(void **state)
{
    struct tryton *t = *state;
    static const char json[] = "{'code':'acme-2','invoice_prefix':'E2-'," ENTITY "}";
    char first[32], second[32];
    tryton_make(t, "entity", "lf1.ent2", json, first);
    tryton_again(t);
    tryton_make(t, "entity", "lf1.ent2", json, second);
    assert_string_equal(first, second);
    tryton_assert_sql(t, "1", "select count(*) from party_party where code='acme-2'");
    tryton_assert_sql(t, "1", "select count(*) from ir_sequence_strict where prefix='E2-'");
    assert_string_equal(tryton_sql(t, "select count(*) from company_company where party=%s", first), "1");
}

static void test_an_entity_reads_back_as_it_was_asked_for(void **state)
{
    struct tryton *t = *state;
    static const char json[] = "{'code':'acme-3','invoice_prefix':'E3-'," ENTITY "}";
    char id[32];
    tryton_make(t, "entity", "lf1.ent3", json, id);
    const struct op_result *r = tryton_run(t, "entity", LF_VERB_READ, "lf1.ent3", id, json);
    tryton_assert_end(t, r, LF_END_OK);
    assert_string_equal(tryton_text(r, "name"), "Acme Europe Ltd");
    assert_string_equal(tryton_text(r, "country"), "IE");
    assert_string_equal(tryton_text(r, "vat_id"), "IE1234567T");
    assert_string_equal(tryton_text(r, "invoice_prefix"), "E3-");
    assert_int_equal(value_get_int(r->state, "first_invoice", 0), 1000);
    assert_int_equal(value_get_int(r->state, "next_invoice", 0), 1000);
    assert_null(value_get(r->state, "options"));
}

static void test_an_update_changes_the_party_in_one_request_and_keeps_the_numbering(void **state)
{
    struct tryton *t = *state;
    static const char before[] = "{'code':'acme-4','invoice_prefix':'E4-'," ENTITY "}";
    static const char after[] = "{'code':'acme-4','invoice_prefix':'E4-','name':'Acme SE','country':'DE',"
                                "'vat_id':'DE136695976','first_invoice':1000}";
    char id[32];
    tryton_make(t, "entity", "lf1.ent4", before, id);
    tryton_sql(t, "update ir_sequence_strict set number_next_internal=1007 where prefix='E4-'");
    mishap_forget(t->m);
    const struct op_result *r = tryton_update(t, "entity", "lf1.ent4", id, before, after);
    tryton_assert_end(t, r, LF_END_OK);
    assert_int_equal(value_get_int(r->state, "next_invoice", 0), 1007);
    assert_string_equal(
        tryton_sql(t,
                   "select p.name || '|' || coalesce(a.street,'') || '|' || c.code from party_party "
                   "p join party_address a on a.party=p.id join country_country c on "
                   "c.id=a.country where p.id=%s",
                   id),
        "Acme SE||DE");
    assert_string_equal(tryton_sql(t, "select group_concat(code) from party_identifier where party=%s", id),
                        "lf1.ent4,DE136695976");
    tryton_assert_sql(t, "1007", "select number_next_internal from ir_sequence_strict where prefix='E4-'");
}

static void test_destroying_an_entity_takes_all_of_it_and_is_safe_twice(void **state)
{
    struct tryton *t = *state;
    static const char json[] = "{'code':'acme-5','invoice_prefix':'E5-'," ENTITY "}";
    char id[32];
    tryton_make(t, "entity", "lf1.ent5", json, id);
    tryton_assert_end(t, tryton_run(t, "entity", LF_VERB_DESTROY, "lf1.ent5", id, json), LF_END_GONE);
    tryton_assert_sql(t, "0", "select count(*) from party_party where code='acme-5'");
    tryton_assert_sql(t, "0", "select count(*) from ir_sequence_strict where prefix='E5-'");
    assert_string_equal(tryton_sql(t, "select count(*) from company_company where party=%s", id), "0");
    tryton_assert_end(t, tryton_run(t, "entity", LF_VERB_DESTROY, "lf1.ent5", id, json), LF_END_GONE);
}

static void test_two_entities_do_not_share_an_invoice_prefix(void **state)
{
    struct tryton *t = *state;
    char id[32];
    tryton_make(t, "entity", "lf1.ent6", "{'code':'acme-6','invoice_prefix':'E6-'," ENTITY "}", id);
    tryton_assert_refused(t,
                          tryton_run(t, "entity", LF_VERB_CREATE, "lf1.ent7", NULL,
                                     "{'code':'acme-7','invoice_prefix':'E6-'," ENTITY "}"),
                          "billing.invoice_prefix_taken");
    tryton_assert_sql(t, "0", "select count(*) from party_party where code='acme-7'");
}

static void test_a_tax_number_that_tryton_does_not_believe_is_refused_in_its_words(void **state)
{
    struct tryton *t = *state;
    const struct op_result *r = tryton_run(t, "entity", LF_VERB_CREATE, "lf1.ent8", NULL,
                                           "{'code':'acme-8','name':'X','country':'IE','vat_id':'IE1234567X',"
                                           "'invoice_prefix':'E8-'}");
    tryton_assert_refused(t, r, "tryton.refused");
    assert_non_null(strstr(tryton_notes(t), "\"IE1234567X\" for party \"X\" is not valid"));
    tryton_assert_sql(t, "0", "select count(*) from party_party where code='acme-8'");
}

static void test_a_numbering_that_cannot_be_seen_is_not_taken_for_gone(void **state)
{
    struct tryton *t = *state;
    static const char json[] = "{'code':'acme-9','invoice_prefix':'E9-'," ENTITY "}";
    char id[32];
    tryton_make(t, "entity", "lf1.ent9", json, id);
    const char *company = tryton_sql(t, "select id from company_company where party=%s", id);
    tryton_sql(t, "update ir_sequence_strict set company=%s where prefix='E9-'", company);
    tryton_assert_end(t, tryton_run(t, "entity", LF_VERB_READ, "lf1.ent9", id, json), LF_END_CANNOT_TELL);
    assert_true(bench_has_note(t->b, "tryton.sequence_unseen"));
}

/* ---- products ------------------------------------------------------------------------------------------ */

static void test_a_product_is_a_service_with_its_mark_in_one_request(void **state)
{
    struct tryton *t = *state;
    char id[32];
    mishap_forget(t->m);
    tryton_make(t, "product", "lf1.prod1", "{'code':'team','name':'Team','description':'Ten inboxes'}", id);
    assert_string_equal(
        tryton_sql(
            t,
            "select t.type || '|' || t.name || '|' || t.salable || '|' || c.name || '|' || p.code || '|' || "
            "p.description from product_product p join product_template t on t.id=p.template join "
            "product_category c on c.id=t.account_category where p.id=%s",
            id),
        "service|Team|1|standard|team|Ten inboxes");
    assert_string_equal(tryton_sql(t, "select code from product_identifier where product=%s", id),
                        "lf1.prod1");
    char again[32];
    tryton_make(t, "product", "lf1.prod1", "{'code':'team','name':'Team','description':'Ten inboxes'}",
                again);
    assert_string_equal(id, again);
    tryton_assert_sql(t, "1", "select count(*) from product_template where code='team'");
}

static void test_a_product_changes_in_one_request(void **state)
{
    struct tryton *t = *state;
    static const char before[] = "{'code':'prod-2','name':'Two','description':'Old','category':'standard'}";
    char id[32];
    tryton_make(t, "product", "lf1.prod2", before, id);
    const struct op_result *r = tryton_update(t, "product", "lf1.prod2", id, before,
                                              "{'code':'prod-2','name':'Zwei','category':'telecom'}");
    tryton_assert_end(t, r, LF_END_OK);
    assert_string_equal(tryton_text(r, "category"), "telecom");
    assert_null(value_get(r->state, "description"));
    assert_string_equal(
        tryton_sql(t,
                   "select t.name || '|' || coalesce(p.description,'none') || '|' || c.name from "
                   "product_product p join product_template t on t.id=p.template join "
                   "product_category c on c.id=t.account_category where p.id=%s",
                   id),
        "Zwei|none|telecom");
}

static void test_somebody_elses_product_stays_untouched(void **state)
{
    struct tryton *t = *state;
    tryton_person(
        t, "product.template.create",
        "[{'name':'Theirs','code':'theirs','type':'service','default_uom':1,'list_price':{'__class__':"
        "'Decimal','decimal':'5'},'products':[['create',[{'description':'by hand'}]]]}]");
    const struct op_result *r =
        tryton_run(t, "product", LF_VERB_CREATE, MINE, NULL, "{'code':'theirs','name':'Ours'}");
    tryton_assert_end(t, r, LF_END_EXISTS);
    assert_null(r->marker);
    const char *id = tryton_sql(t, "select id from product_product where code='theirs'");
    tryton_assert_end(
        t, tryton_update(t, "product", MINE, id, "{'code':'theirs'}", "{'code':'theirs','name':'Ours'}"),
        LF_END_EXISTS);
    tryton_assert_end(t, tryton_run(t, "product", LF_VERB_DESTROY, MINE, id, "{'code':'theirs'}"),
                      LF_END_EXISTS);
    tryton_assert_sql(t, "Theirs", "select name from product_template where code='theirs'");
}

static void test_a_product_of_another_marker_is_told_by_its_marker(void **state)
{
    struct tryton *t = *state;
    char id[32];
    tryton_make(t, "product", OTHER, "{'code':'prod-3','name':'Three'}", id);
    const struct op_result *r =
        tryton_run(t, "product", LF_VERB_CREATE, MINE, NULL, "{'code':'prod-3','name':'Mine'}");
    tryton_assert_end(t, r, LF_END_EXISTS);
    assert_string_equal(r->marker, OTHER);
    r = tryton_run(t, "product", LF_VERB_RECOVER, MINE, NULL, "{'code':'prod-3','name':'Mine'}");
    tryton_assert_end(t, r, LF_END_EXISTS);
    tryton_assert_end(t, tryton_run(t, "product", LF_VERB_RECOVER, MINE, NULL, "{'code':'never','name':'N'}"),
                      LF_END_GONE);
}

static void test_find_and_adopt_take_a_product_over(void **state)
{
    struct tryton *t = *state;
    tryton_person(
        t, "product.template.create",
        "[{'name':'Old','code':'old','type':'service','default_uom':1,'list_price':{'__class__':'Decimal',"
        "'decimal':'5'},'account_category':1,'products':[['create',[{}]]]}]");
    const struct op_result *r =
        tryton_run(t, "product", LF_VERB_FIND, MINE, NULL, "{'code':'old','name':'Old'}");
    tryton_assert_end(t, r, LF_END_OK);
    assert_null(r->marker);
    struct op_item item = {.verb = LF_VERB_UPDATE, .marker = "lf1.adopted", .id = r->id, .prior = r->state};
    item.desired = bench_value(t->b, "{'code':'old','name':'Old','category':'standard'}");
    item.memo = bench_value(t->b, "{'adopt':true}");
    tryton_assert_end(t, bench_run(t->b, "product", item), LF_END_OK);
    tryton_assert_sql(
        t, "lf1.adopted",
        "select i.code from product_identifier i join product_product p on p.id=i.product where "
        "p.code='old'");
}

static void test_a_product_that_has_a_price_is_not_deleted(void **state)
{
    struct tryton *t = *state;
    static const char json[] = "{'code':'prod-4','name':'Four'}";
    char id[32];
    tryton_make(t, "product", "lf1.prod4", json, id);
    tryton_person(t, "product.price_list.line.create", "[{'price_list':1,'product':%s,'formula':'12'}]", id);
    tryton_assert_refused(t, tryton_run(t, "product", LF_VERB_DESTROY, "lf1.prod4", id, json),
                          "billing.product_in_use");
    assert_string_equal(tryton_sql(t, "select count(*) from product_price_list_line where product=%s", id),
                        "1");
}

/* ---- prices -------------------------------------------------------------------------------------------- */

static void test_a_price_is_a_line_and_a_subscription_service(void **state)
{
    struct tryton *t = *state;
    char product[32], id[32], json[256];
    tryton_make(t, "product", "lf1.prod5", "{'code':'prod-5','name':'Five'}", product);
    (void)snprintf(
        json, sizeof(json),
        "{'code':'five-month','product':'%s','currency':'EUR','amount':'55.10','interval':'month'}", product);
    tryton_make(t, "price", "lf1.price1", json, id);
    assert_string_equal(tryton_sql(t,
                                   "select l.formula || '|' || p.name from product_price_list_line l join "
                                   "product_price_list p on p.id=l.price_list where l.id=%s",
                                   id),
                        "55.10 # five-month [lf1.price1]|Monthly");
    assert_string_equal(tryton_sql(t,
                                   "select r.name from sale_subscription_service s join "
                                   "sale_subscription_recurrence_rule_set r on r.id=s.consumption_recurrence "
                                   "where s.product=%s",
                                   product),
                        "Monthly");
    const struct op_result *r = tryton_run(t, "price", LF_VERB_READ, "lf1.price1", id, json);
    tryton_assert_end(t, r, LF_END_OK);
    assert_string_equal(tryton_text(r, "amount"), "55.10");
    assert_int_equal(value_get_int(r->state, "amount_minor", 0), 5510);
    assert_string_equal(tryton_text(r, "interval"), "month");
    assert_string_equal(tryton_text(r, "tax_behavior"), "exclusive");
    assert_string_equal(tryton_text(r, "currency"), "EUR");
    assert_string_equal(tryton_text(r, "product"), product);
    tryton_assert_end(t, tryton_run(t, "price", LF_VERB_DESTROY, "lf1.price1", id, json), LF_END_GONE);
    assert_string_equal(
        tryton_sql(t, "select count(*) from sale_subscription_service where product=%s", product), "0");
    assert_string_equal(
        tryton_sql(t, "select count(*) from product_price_list_line where product=%s", product), "0");
}

static void test_an_amount_in_minor_units_is_the_same_amount(void **state)
{
    struct tryton *t = *state;
    char product[32], id[32], json[256], more[256];
    tryton_make(t, "product", "lf1.prod6", "{'code':'prod-6','name':'Six'}", product);
    (void)snprintf(json, sizeof(json),
                   "{'code':'six','product':'%s','currency':'EUR','amount':5,'interval':'one_time','tax_"
                   "behavior':'exclusive'}",
                   product);
    (void)snprintf(
        more, sizeof(more),
        "{'code':'six','product':'%s','currency':'EUR','amount':99999999999999,'interval':'one_time'}",
        product);
    tryton_make(t, "price", "lf1.price2", json, id);
    assert_string_equal(tryton_sql(t, "select formula from product_price_list_line where id=%s", id),
                        "0.05 # six [lf1.price2]");
    const struct op_result *r = tryton_update(t, "price", "lf1.price2", id, json, more);
    tryton_assert_end(t, r, LF_END_OK);
    assert_string_equal(tryton_sql(t, "select formula from product_price_list_line where id=%s", id),
                        "999999999999.99 # six [lf1.price2]");
    assert_true(value_get_int(r->state, "amount", 0) == 99999999999999);
    assert_string_equal(
        tryton_sql(t, "select count(*) from sale_subscription_service where product=%s", product), "0");
}

static void test_another_line_for_the_product_in_the_list_is_a_taken_name(void **state)
{
    struct tryton *t = *state;
    char product[32], json[256];
    tryton_make(t, "product", "lf1.prod7", "{'code':'prod-7','name':'Seven'}", product);
    tryton_person(t, "product.price_list.line.create", "[{'price_list':2,'product':%s,'formula':'12'}]",
                  product);
    (void)snprintf(json, sizeof(json),
                   "{'code':'seven','product':'%s','currency':'EUR','amount':'12.00','interval':'year'}",
                   product);
    const struct op_result *r = tryton_run(t, "price", LF_VERB_CREATE, MINE, NULL, json);
    tryton_assert_end(t, r, LF_END_EXISTS);
    assert_null(r->marker);
    assert_string_equal(
        tryton_sql(t, "select formula from product_price_list_line where product=%s", product), "12");
}

static void test_prices_that_cannot_be_are_refused(void **state)
{
    struct tryton *t = *state;
    static const struct {
        const char *json;
        const char *code;
        uint32_t verb;
    } cases[] = {
        {"{'code':'bad','product':'1','currency':'USD','amount':'1.00'}", "tryton.currency", LF_VERB_PLAN},
        {"{'code':'bad','product':'1','currency':'EUR','amount':'1.0'}", "billing.amount", LF_VERB_PLAN},
        {"{'code':'bad','product':'1','currency':'EUR','amount':1.5}", "billing.amount", LF_VERB_PLAN},
        {"{'code':'bad','product':'1','currency':'EUR','amount':'1.00','tax_behavior':'inclusive'}",
         "tryton.tax_behavior", LF_VERB_PLAN},
        {"{'code':'bad','product':'1','currency':'EUR','amount':'1.00','options':{'x':1}}",
         "billing.option_unknown", LF_VERB_PLAN},
        {"{'code':'bad','product':'99999','currency':'EUR','amount':'1.00'}", "billing.product_missing",
         LF_VERB_CREATE},
        {"{'code':'bad','product':'team','currency':'EUR','amount':'1.00'}", "billing.product_missing",
         LF_VERB_CREATE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        tryton_assert_refused(t, tryton_run(t, "price", cases[i].verb, MINE, NULL, cases[i].json),
                              cases[i].code);
    tryton_assert_sql(t, "0", "select count(*) from product_price_list_line where formula like '%# bad%'");
}

static void test_a_service_that_is_gone_makes_the_price_unfinished(void **state)
{
    struct tryton *t = *state;
    char product[32], id[32], json[256];
    tryton_make(t, "product", "lf1.prod8", "{'code':'prod-8','name':'Eight'}", product);
    (void)snprintf(json, sizeof(json), "{'code':'eight','product':'%s','currency':'EUR','amount':'8.00'}",
                   product);
    tryton_make(t, "price", "lf1.price8", json, id);
    tryton_person(t, "sale.subscription.service.delete", "[%s]",
                  tryton_sql(t, "select id from sale_subscription_service where product=%s", product));
    const struct op_result *r = tryton_run(t, "price", LF_VERB_RECOVER, "lf1.price8", NULL, json);
    tryton_assert_end(t, r, LF_END_OK);
    assert_string_equal(tryton_text(r, "interval"), "");
    tryton_make(t, "price", "lf1.price8", json, id);
    assert_string_equal(
        tryton_sql(t, "select count(*) from sale_subscription_service where product=%s", product), "1");
}

/* ---- taxes --------------------------------------------------------------------------------------------- */

static void test_a_tax_is_exact_and_has_a_line_in_the_rule(void **state)
{
    struct tryton *t = *state;
    static const char json[] = "{'code':'at-1','jurisdiction':'AT','name':'USt','rate':'8.875',"
                               "'valid_from':'2027-01-01','valid_to':'2027-12-31'}";
    char id[32];
    tryton_make(t, "tax", "lf1.tax1", json, id);
    assert_string_equal(
        tryton_sql(t,
                   "select x.name || '|' || x.description || '|' || x.type || '|' || x.rate || '|' || "
                   "x.start_date || '|' || x.end_date || '|' || g.code from account_tax x join "
                   "account_tax_group g on g.id=x.\"group\" where x.id=%s",
                   id),
        "at-1 [lf1.tax1]|USt|percentage|0.08875|2027-01-01|2027-12-31|standard");
    assert_string_equal(
        tryton_sql(t,
                   "select r.name || '|' || c.code || '|' || l.start_date || '|' || l.end_date from "
                   "account_tax_rule_line l join account_tax_rule r on r.id=l.rule join "
                   "country_country c on c.id=l.to_country where l.tax=%s",
                   id),
        "Customers by country|AT|2027-01-01|2027-12-31");
    const struct op_result *r = tryton_run(t, "tax", LF_VERB_READ, "lf1.tax1", id, json);
    tryton_assert_end(t, r, LF_END_OK);
    assert_string_equal(tryton_text(r, "rate"), "8.875");
    assert_string_equal(tryton_text(r, "jurisdiction"), "AT");
    assert_string_equal(tryton_text(r, "valid_from"), "2027-01-01");
    assert_string_equal(tryton_text(r, "valid_to"), "2027-12-31");
    assert_string_equal(tryton_text(r, "category"), "standard");
}

static void test_rates_keep_their_digits_and_their_spelling(void **state)
{
    struct tryton *t = *state;
    static const struct {
        const char *place, *rate, *kept;
    } rates[] = {
        {"BE", "0", "0"},           {"BG", "20", "0.2"},
        {"CY", "25.5", "0.255"},    {"CZ", "0.0001", "0.000001"},
        {"DE", "100", "1"},         {"DK", "19.60", "0.196"},
        {"EE", "7.125", "0.07125"}, {"ES", "999.9999", "9.999999"},
    };
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        char json[128], marker[32], id[32];
        (void)snprintf(json, sizeof(json),
                       "{'code':'rate-%zu','jurisdiction':'%s','rate':'%s','category':'telecom'}", i,
                       rates[i].place, rates[i].rate);
        (void)snprintf(marker, sizeof(marker), "lf1.rate%zu", i);
        tryton_make(t, "tax", marker, json, id);
        const struct op_result *r = tryton_run(t, "tax", LF_VERB_READ, marker, id, json);
        assert_string_equal(tryton_text(r, "rate"), rates[i].rate);
        assert_string_equal(tryton_sql(t, "select rate from account_tax where id=%s", id), rates[i].kept);
    }
}

static void test_a_part_of_a_country_is_a_subdivision(void **state)
{
    struct tryton *t = *state;
    static const char json[] = "{'code':'us-ny','jurisdiction':'US-NY','name':'Sales tax','rate':'8.875'}";
    char id[32];
    tryton_make(t, "tax", "lf1.usny", json, id);
    assert_string_equal(tryton_sql(t,
                                   "select s.code from account_tax_rule_line l join country_subdivision s on "
                                   "s.id=l.to_subdivision where l.tax=%s",
                                   id),
                        "US-NY");
    assert_string_equal(tryton_text(tryton_run(t, "tax", LF_VERB_READ, "lf1.usny", id, json), "jurisdiction"),
                        "US-NY");
}

static void test_taxes_that_hold_on_the_same_day_are_refused_and_neighbors_are_not(void **state)
{
    struct tryton *t = *state;
    char id[32];
    tryton_make(t, "tax", "lf1.fi1",
                "{'code':'fi-1','jurisdiction':'FI','rate':'24','valid_to':'2027-06-30'}", id);
    tryton_assert_refused(
        t,
        tryton_run(t, "tax", LF_VERB_CREATE, "lf1.fi2", NULL,
                   "{'code':'fi-2','jurisdiction':'FI','rate':'25.5','valid_from':'2027-06-30'}"),
        "billing.tax_overlap");
    tryton_make(t, "tax", "lf1.fi2",
                "{'code':'fi-2','jurisdiction':'FI','rate':'25.5','valid_from':'2027-07-01'}", id);
    tryton_assert_sql(t, "2", "select count(*) from account_tax where name like 'fi-%'");
}

static void test_a_tax_changes_with_its_line_and_goes_with_it(void **state)
{
    struct tryton *t = *state;
    static const char before[] =
        "{'code':'fr-1','jurisdiction':'FR','rate':'20','category':'standard','valid_from':'2027-01-01'}";
    static const char after[] =
        "{'code':'fr-1','jurisdiction':'FR','rate':'21','name':'TVA','valid_to':'2028-02-29'}";
    char id[32];
    tryton_make(t, "tax", "lf1.fr1", before, id);
    const struct op_result *r = tryton_update(t, "tax", "lf1.fr1", id, before, after);
    tryton_assert_end(t, r, LF_END_OK);
    assert_string_equal(tryton_text(r, "rate"), "21");
    assert_null(value_get(r->state, "options"));
    assert_string_equal(
        tryton_sql(t,
                   "select coalesce(start_date,'ever') || '|' || end_date from account_tax_rule_line "
                   "where tax=%s",
                   id),
        "ever|2028-02-29");
    assert_string_equal(
        tryton_sql(t,
                   "select coalesce(start_date,'ever') || '|' || end_date || '|' || rate || '|' || "
                   "description from account_tax where id=%s",
                   id),
        "ever|2028-02-29|0.21|TVA");
    tryton_assert_end(t, tryton_run(t, "tax", LF_VERB_DESTROY, "lf1.fr1", id, after), LF_END_GONE);
    tryton_assert_sql(t, "0", "select count(*) from account_tax where name like 'fr-1%'");
    assert_string_equal(tryton_sql(t, "select count(*) from account_tax_rule_line where tax=%s", id), "0");
}

static void test_taxes_that_cannot_be_are_refused_in_the_plan(void **state)
{
    struct tryton *t = *state;
    static const struct {
        const char *json;
        const char *code;
    } cases[] = {
        {"{'code':'bad','jurisdiction':'XX','rate':'1'}", "tryton.country"},
        {"{'code':'bad','jurisdiction':'US-ZZ','rate':'1'}", "tryton.country"},
        {"{'code':'bad','jurisdiction':'IE','rate':'1','category':'books'}", "tryton.tax_group"},
        {"{'code':'bad','jurisdiction':'IE','rate':'1,5'}", "billing.rate"},
        {"{'code':'bad','jurisdiction':'IE','rate':'1','valid_from':'2027-02-29'}", "billing.date"},
        {"{'code':'Bad','jurisdiction':'IE','rate':'1'}", "billing.code"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        tryton_assert_refused(t, tryton_run(t, "tax", LF_VERB_PLAN, MINE, NULL, cases[i].json),
                              cases[i].code);
    tryton_assert_refused(
        t, tryton_run(t, "product", LF_VERB_PLAN, MINE, NULL, "{'code':'x','name':'X','category':'books'}"),
        "tryton.category");
    tryton_assert_refused(t,
                          tryton_run(t, "entity", LF_VERB_PLAN, MINE, NULL,
                                     "{'code':'x','name':'X','country':'XX','invoice_prefix':'X'}"),
                          "tryton.country");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_entity_is_a_party_a_company_and_a_sequence),
        cmocka_unit_test(test_creating_an_entity_twice_with_one_token_makes_one),
        cmocka_unit_test(test_an_entity_reads_back_as_it_was_asked_for),
        cmocka_unit_test(test_an_update_changes_the_party_in_one_request_and_keeps_the_numbering),
        cmocka_unit_test(test_destroying_an_entity_takes_all_of_it_and_is_safe_twice),
        cmocka_unit_test(test_two_entities_do_not_share_an_invoice_prefix),
        cmocka_unit_test(test_a_tax_number_that_tryton_does_not_believe_is_refused_in_its_words),
        cmocka_unit_test(test_a_numbering_that_cannot_be_seen_is_not_taken_for_gone),
        cmocka_unit_test(test_a_product_is_a_service_with_its_mark_in_one_request),
        cmocka_unit_test(test_a_product_changes_in_one_request),
        cmocka_unit_test(test_somebody_elses_product_stays_untouched),
        cmocka_unit_test(test_a_product_of_another_marker_is_told_by_its_marker),
        cmocka_unit_test(test_find_and_adopt_take_a_product_over),
        cmocka_unit_test(test_a_product_that_has_a_price_is_not_deleted),
        cmocka_unit_test(test_a_price_is_a_line_and_a_subscription_service),
        cmocka_unit_test(test_an_amount_in_minor_units_is_the_same_amount),
        cmocka_unit_test(test_another_line_for_the_product_in_the_list_is_a_taken_name),
        cmocka_unit_test(test_prices_that_cannot_be_are_refused),
        cmocka_unit_test(test_a_service_that_is_gone_makes_the_price_unfinished),
        cmocka_unit_test(test_a_tax_is_exact_and_has_a_line_in_the_rule),
        cmocka_unit_test(test_rates_keep_their_digits_and_their_spelling),
        cmocka_unit_test(test_a_part_of_a_country_is_a_subdivision),
        cmocka_unit_test(test_taxes_that_hold_on_the_same_day_are_refused_and_neighbors_are_not),
        cmocka_unit_test(test_a_tax_changes_with_its_line_and_goes_with_it),
        cmocka_unit_test(test_taxes_that_cannot_be_are_refused_in_the_plan),
    };
    int missing = tryton_missing();
    return missing ? missing : cmocka_run_group_tests(tests, enter, leave);
}
