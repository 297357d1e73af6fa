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

/* ---- helpers ------------------------------------------------------------------------------------------- */

static void assert_end(struct tryton *t, const struct op_result *r, uint32_t status)
{
    if (r->status != status)
        fail_msg("ended as %u, not %u: %s", r->status, status, tryton_notes(t));
}

static void assert_refused(struct tryton *t, const struct op_result *r, const char *code)
{
    assert_end(t, r, LF_END_REFUSED);
    if (!bench_has_note(t->b, code))
        fail_msg("no %s, but %s", code, tryton_notes(t));
}

/* What a create leaves: its id, in a buffer of the caller's. */
static const char *make(struct tryton *t, const char *type, const char *marker, const char *json, char *id)
{
    const struct op_result *r = tryton_run(t, type, LF_VERB_CREATE, marker, NULL, json);
    assert_end(t, r, LF_END_OK);
    assert_string_equal(r->marker, marker);
    (void)snprintf(id, 32, "%s", r->id);
    return id;
}

static const char *text_of(const struct op_result *r, const char *key)
{
    const char *text = value_get_text(r->state, key, NULL);
    return text ? text : "";
}

static void assert_sql(struct tryton *t, const char *want, const char *sql)
{
    assert_string_equal(tryton_sql(t, "%s", sql), want);
}

/* ---- entities ------------------------------------------------------------------------------------------ */

#define ENTITY                                                                                               \
    "'name':'Acme Europe Ltd','country':'IE','address':'12 Grand Quay, Dublin 2','vat_id':'IE1234567T',"     \
    "'first_invoice':1000"

static void test_an_entity_is_a_party_a_company_and_a_sequence(void **state)
{
    struct tryton *t = *state;
    char id[32];
    make(t, "entity", "lf1.ent1", "{'code':'acme-1','invoice_prefix':'E1-'," ENTITY "}", id);
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
    assert_sql(t, "E1-|1000|acme-1 from 1000 [lf1.ent1]",
               "select prefix || '|' || number_next_internal || '|' || name from ir_sequence_strict where "
               "prefix='E1-'");
}

static void test_creating_an_entity_twice_with_one_token_makes_one(void **state)
{
    struct tryton *t = *state;
    static const char json[] = "{'code':'acme-2','invoice_prefix':'E2-'," ENTITY "}";
    char first[32], second[32];
    make(t, "entity", "lf1.ent2", json, first);
    tryton_again(t);
    make(t, "entity", "lf1.ent2", json, second);
    assert_string_equal(first, second);
    assert_sql(t, "1", "select count(*) from party_party where code='acme-2'");
    assert_sql(t, "1", "select count(*) from ir_sequence_strict where prefix='E2-'");
    assert_string_equal(tryton_sql(t, "select count(*) from company_company where party=%s", first), "1");
}

static void test_an_entity_reads_back_as_it_was_asked_for(void **state)
{
    struct tryton *t = *state;
    static const char json[] = "{'code':'acme-3','invoice_prefix':'E3-'," ENTITY "}";
    char id[32];
    make(t, "entity", "lf1.ent3", json, id);
    const struct op_result *r = tryton_run(t, "entity", LF_VERB_READ, "lf1.ent3", id, json);
    assert_end(t, r, LF_END_OK);
    assert_string_equal(text_of(r, "name"), "Acme Europe Ltd");
    assert_string_equal(text_of(r, "country"), "IE");
    assert_string_equal(text_of(r, "vat_id"), "IE1234567T");
    assert_string_equal(text_of(r, "invoice_prefix"), "E3-");
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
    make(t, "entity", "lf1.ent4", before, id);
    tryton_sql(t, "update ir_sequence_strict set number_next_internal=1007 where prefix='E4-'");
    mishap_forget(t->m);
    const struct op_result *r = tryton_update(t, "entity", "lf1.ent4", id, before, after);
    assert_end(t, r, LF_END_OK);
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
    assert_sql(t, "1007", "select number_next_internal from ir_sequence_strict where prefix='E4-'");
}

static void test_destroying_an_entity_takes_all_of_it_and_is_safe_twice(void **state)
{
    struct tryton *t = *state;
    static const char json[] = "{'code':'acme-5','invoice_prefix':'E5-'," ENTITY "}";
    char id[32];
    make(t, "entity", "lf1.ent5", json, id);
    assert_end(t, tryton_run(t, "entity", LF_VERB_DESTROY, "lf1.ent5", id, json), LF_END_GONE);
    assert_sql(t, "0", "select count(*) from party_party where code='acme-5'");
    assert_sql(t, "0", "select count(*) from ir_sequence_strict where prefix='E5-'");
    assert_string_equal(tryton_sql(t, "select count(*) from company_company where party=%s", id), "0");
    assert_end(t, tryton_run(t, "entity", LF_VERB_DESTROY, "lf1.ent5", id, json), LF_END_GONE);
}

static void test_two_entities_do_not_share_an_invoice_prefix(void **state)
{
    struct tryton *t = *state;
    char id[32];
    make(t, "entity", "lf1.ent6", "{'code':'acme-6','invoice_prefix':'E6-'," ENTITY "}", id);
    assert_refused(t,
                   tryton_run(t, "entity", LF_VERB_CREATE, "lf1.ent7", NULL,
                              "{'code':'acme-7','invoice_prefix':'E6-'," ENTITY "}"),
                   "billing.invoice_prefix_taken");
    assert_sql(t, "0", "select count(*) from party_party where code='acme-7'");
}

static void test_a_tax_number_that_tryton_does_not_believe_is_refused_in_its_words(void **state)
{
    struct tryton *t = *state;
    const struct op_result *r = tryton_run(t, "entity", LF_VERB_CREATE, "lf1.ent8", NULL,
                                           "{'code':'acme-8','name':'X','country':'IE','vat_id':'IE1234567X',"
                                           "'invoice_prefix':'E8-'}");
    assert_refused(t, r, "tryton.refused");
    assert_non_null(strstr(tryton_notes(t), "\"IE1234567X\" for party \"X\" is not valid"));
    assert_sql(t, "0", "select count(*) from party_party where code='acme-8'");
}

static void test_a_numbering_that_cannot_be_seen_is_not_taken_for_gone(void **state)
{
    struct tryton *t = *state;
    static const char json[] = "{'code':'acme-9','invoice_prefix':'E9-'," ENTITY "}";
    char id[32];
    make(t, "entity", "lf1.ent9", json, id);
    const char *company = tryton_sql(t, "select id from company_company where party=%s", id);
    tryton_sql(t, "update ir_sequence_strict set company=%s where prefix='E9-'", company);
    assert_end(t, tryton_run(t, "entity", LF_VERB_READ, "lf1.ent9", id, json), LF_END_CANNOT_TELL);
    assert_true(bench_has_note(t->b, "tryton.sequence_unseen"));
}

/* ---- products ------------------------------------------------------------------------------------------ */

static void test_a_product_is_a_service_with_its_mark_in_one_request(void **state)
{
    struct tryton *t = *state;
    char id[32];
    mishap_forget(t->m);
    make(t, "product", "lf1.prod1", "{'code':'team','name':'Team','description':'Ten inboxes'}", id);
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
    make(t, "product", "lf1.prod1", "{'code':'team','name':'Team','description':'Ten inboxes'}", again);
    assert_string_equal(id, again);
    assert_sql(t, "1", "select count(*) from product_template where code='team'");
}

static void test_a_product_changes_in_one_request(void **state)
{
    struct tryton *t = *state;
    static const char before[] = "{'code':'prod-2','name':'Two','description':'Old','category':'standard'}";
    char id[32];
    make(t, "product", "lf1.prod2", before, id);
    const struct op_result *r = tryton_update(t, "product", "lf1.prod2", id, before,
                                              "{'code':'prod-2','name':'Zwei','category':'telecom'}");
    assert_end(t, r, LF_END_OK);
    assert_string_equal(text_of(r, "category"), "telecom");
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
    assert_end(t, r, LF_END_EXISTS);
    assert_null(r->marker);
    const char *id = tryton_sql(t, "select id from product_product where code='theirs'");
    assert_end(t,
               tryton_update(t, "product", MINE, id, "{'code':'theirs'}", "{'code':'theirs','name':'Ours'}"),
               LF_END_EXISTS);
    assert_end(t, tryton_run(t, "product", LF_VERB_DESTROY, MINE, id, "{'code':'theirs'}"), LF_END_EXISTS);
    assert_sql(t, "Theirs", "select name from product_template where code='theirs'");
}

static void test_a_product_of_another_marker_is_told_by_its_marker(void **state)
{
    struct tryton *t = *state;
    char id[32];
    make(t, "product", OTHER, "{'code':'prod-3','name':'Three'}", id);
    const struct op_result *r =
        tryton_run(t, "product", LF_VERB_CREATE, MINE, NULL, "{'code':'prod-3','name':'Mine'}");
    assert_end(t, r, LF_END_EXISTS);
    assert_string_equal(r->marker, OTHER);
    r = tryton_run(t, "product", LF_VERB_RECOVER, MINE, NULL, "{'code':'prod-3','name':'Mine'}");
    assert_end(t, r, LF_END_EXISTS);
    assert_end(t, tryton_run(t, "product", LF_VERB_RECOVER, MINE, NULL, "{'code':'never','name':'N'}"),
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
    assert_end(t, r, LF_END_OK);
    assert_null(r->marker);
    struct op_item item = {.verb = LF_VERB_UPDATE, .marker = "lf1.adopted", .id = r->id, .prior = r->state};
    item.desired = bench_value(t->b, "{'code':'old','name':'Old','category':'standard'}");
    item.memo = bench_value(t->b, "{'adopt':true}");
    assert_end(t, bench_run(t->b, "product", item), LF_END_OK);
    assert_sql(t, "lf1.adopted",
               "select i.code from product_identifier i join product_product p on p.id=i.product where "
               "p.code='old'");
}

static void test_a_product_that_has_a_price_is_not_deleted(void **state)
{
    struct tryton *t = *state;
    static const char json[] = "{'code':'prod-4','name':'Four'}";
    char id[32];
    make(t, "product", "lf1.prod4", json, id);
    tryton_person(t, "product.price_list.line.create", "[{'price_list':1,'product':%s,'formula':'12'}]", id);
    assert_refused(t, tryton_run(t, "product", LF_VERB_DESTROY, "lf1.prod4", id, json),
                   "billing.product_in_use");
    assert_string_equal(tryton_sql(t, "select count(*) from product_price_list_line where product=%s", id),
                        "1");
}

/* ---- prices -------------------------------------------------------------------------------------------- */

static void test_a_price_is_a_line_and_a_subscription_service(void **state)
{
    struct tryton *t = *state;
    char product[32], id[32], json[256];
    make(t, "product", "lf1.prod5", "{'code':'prod-5','name':'Five'}", product);
    (void)snprintf(
        json, sizeof(json),
        "{'code':'five-month','product':'%s','currency':'EUR','amount':'55.10','interval':'month'}", product);
    make(t, "price", "lf1.price1", json, id);
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
    assert_end(t, r, LF_END_OK);
    assert_string_equal(text_of(r, "amount"), "55.10");
    assert_int_equal(value_get_int(r->state, "amount_minor", 0), 5510);
    assert_string_equal(text_of(r, "interval"), "month");
    assert_string_equal(text_of(r, "tax_behavior"), "exclusive");
    assert_string_equal(text_of(r, "currency"), "EUR");
    assert_string_equal(text_of(r, "product"), product);
    assert_end(t, tryton_run(t, "price", LF_VERB_DESTROY, "lf1.price1", id, json), LF_END_GONE);
    assert_string_equal(
        tryton_sql(t, "select count(*) from sale_subscription_service where product=%s", product), "0");
    assert_string_equal(
        tryton_sql(t, "select count(*) from product_price_list_line where product=%s", product), "0");
}

static void test_an_amount_in_minor_units_is_the_same_amount(void **state)
{
    struct tryton *t = *state;
    char product[32], id[32], json[256], more[256];
    make(t, "product", "lf1.prod6", "{'code':'prod-6','name':'Six'}", product);
    (void)snprintf(json, sizeof(json),
                   "{'code':'six','product':'%s','currency':'EUR','amount':5,'interval':'one_time','tax_"
                   "behavior':'exclusive'}",
                   product);
    (void)snprintf(
        more, sizeof(more),
        "{'code':'six','product':'%s','currency':'EUR','amount':99999999999999,'interval':'one_time'}",
        product);
    make(t, "price", "lf1.price2", json, id);
    assert_string_equal(tryton_sql(t, "select formula from product_price_list_line where id=%s", id),
                        "0.05 # six [lf1.price2]");
    const struct op_result *r = tryton_update(t, "price", "lf1.price2", id, json, more);
    assert_end(t, r, LF_END_OK);
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
    make(t, "product", "lf1.prod7", "{'code':'prod-7','name':'Seven'}", product);
    tryton_person(t, "product.price_list.line.create", "[{'price_list':2,'product':%s,'formula':'12'}]",
                  product);
    (void)snprintf(json, sizeof(json),
                   "{'code':'seven','product':'%s','currency':'EUR','amount':'12.00','interval':'year'}",
                   product);
    const struct op_result *r = tryton_run(t, "price", LF_VERB_CREATE, MINE, NULL, json);
    assert_end(t, r, LF_END_EXISTS);
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
        assert_refused(t, tryton_run(t, "price", cases[i].verb, MINE, NULL, cases[i].json), cases[i].code);
    assert_sql(t, "0", "select count(*) from product_price_list_line where formula like '%# bad%'");
}

static void test_a_service_that_is_gone_makes_the_price_unfinished(void **state)
{
    struct tryton *t = *state;
    char product[32], id[32], json[256];
    make(t, "product", "lf1.prod8", "{'code':'prod-8','name':'Eight'}", product);
    (void)snprintf(json, sizeof(json), "{'code':'eight','product':'%s','currency':'EUR','amount':'8.00'}",
                   product);
    make(t, "price", "lf1.price8", json, id);
    tryton_person(t, "sale.subscription.service.delete", "[%s]",
                  tryton_sql(t, "select id from sale_subscription_service where product=%s", product));
    const struct op_result *r = tryton_run(t, "price", LF_VERB_RECOVER, "lf1.price8", NULL, json);
    assert_end(t, r, LF_END_OK);
    assert_string_equal(text_of(r, "interval"), "");
    make(t, "price", "lf1.price8", json, id);
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
    make(t, "tax", "lf1.tax1", json, id);
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
    assert_end(t, r, LF_END_OK);
    assert_string_equal(text_of(r, "rate"), "8.875");
    assert_string_equal(text_of(r, "jurisdiction"), "AT");
    assert_string_equal(text_of(r, "valid_from"), "2027-01-01");
    assert_string_equal(text_of(r, "valid_to"), "2027-12-31");
    assert_string_equal(text_of(r, "category"), "standard");
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
        make(t, "tax", marker, json, id);
        const struct op_result *r = tryton_run(t, "tax", LF_VERB_READ, marker, id, json);
        assert_string_equal(text_of(r, "rate"), rates[i].rate);
        assert_string_equal(tryton_sql(t, "select rate from account_tax where id=%s", id), rates[i].kept);
    }
}

static void test_a_part_of_a_country_is_a_subdivision(void **state)
{
    struct tryton *t = *state;
    static const char json[] = "{'code':'us-ny','jurisdiction':'US-NY','name':'Sales tax','rate':'8.875'}";
    char id[32];
    make(t, "tax", "lf1.usny", json, id);
    assert_string_equal(tryton_sql(t,
                                   "select s.code from account_tax_rule_line l join country_subdivision s on "
                                   "s.id=l.to_subdivision where l.tax=%s",
                                   id),
                        "US-NY");
    assert_string_equal(text_of(tryton_run(t, "tax", LF_VERB_READ, "lf1.usny", id, json), "jurisdiction"),
                        "US-NY");
}

static void test_taxes_that_hold_on_the_same_day_are_refused_and_neighbors_are_not(void **state)
{
    struct tryton *t = *state;
    char id[32];
    make(t, "tax", "lf1.fi1", "{'code':'fi-1','jurisdiction':'FI','rate':'24','valid_to':'2027-06-30'}", id);
    assert_refused(t,
                   tryton_run(t, "tax", LF_VERB_CREATE, "lf1.fi2", NULL,
                              "{'code':'fi-2','jurisdiction':'FI','rate':'25.5','valid_from':'2027-06-30'}"),
                   "billing.tax_overlap");
    make(t, "tax", "lf1.fi2", "{'code':'fi-2','jurisdiction':'FI','rate':'25.5','valid_from':'2027-07-01'}",
         id);
    assert_sql(t, "2", "select count(*) from account_tax where name like 'fi-%'");
}

static void test_a_tax_changes_with_its_line_and_goes_with_it(void **state)
{
    struct tryton *t = *state;
    static const char before[] =
        "{'code':'fr-1','jurisdiction':'FR','rate':'20','category':'standard','valid_from':'2027-01-01'}";
    static const char after[] =
        "{'code':'fr-1','jurisdiction':'FR','rate':'21','name':'TVA','valid_to':'2028-02-29'}";
    char id[32];
    make(t, "tax", "lf1.fr1", before, id);
    const struct op_result *r = tryton_update(t, "tax", "lf1.fr1", id, before, after);
    assert_end(t, r, LF_END_OK);
    assert_string_equal(text_of(r, "rate"), "21");
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
    assert_end(t, tryton_run(t, "tax", LF_VERB_DESTROY, "lf1.fr1", id, after), LF_END_GONE);
    assert_sql(t, "0", "select count(*) from account_tax where name like 'fr-1%'");
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
        assert_refused(t, tryton_run(t, "tax", LF_VERB_PLAN, MINE, NULL, cases[i].json), cases[i].code);
    assert_refused(
        t, tryton_run(t, "product", LF_VERB_PLAN, MINE, NULL, "{'code':'x','name':'X','category':'books'}"),
        "tryton.category");
    assert_refused(t,
                   tryton_run(t, "entity", LF_VERB_PLAN, MINE, NULL,
                              "{'code':'x','name':'X','country':'XX','invoice_prefix':'X'}"),
                   "tryton.country");
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
    make(t, "tax", "lf1.gr1", before, id);
    tryton_person(t, "account.tax.write", "[%s],{'rate':{'__class__':'Decimal','decimal':'0.13'}}", id);
    const struct op_result *r = tryton_run(t, "tax", LF_VERB_READ, "lf1.gr1", id, before);
    assert_end(t, r, LF_END_OK);
    assert_string_equal(text_of(r, "rate"), "13");
    assert_refused(t, tryton_update(t, "tax", "lf1.gr1", id, before, after), "tryton.changed");
    assert_string_equal(tryton_sql(t, "select rate from account_tax where id=%s", id), "0.13");
}

static void test_what_no_attribute_says_shows_in_the_options_and_is_put_right(void **state)
{
    struct tryton *t = *state;
    static const char json[] =
        "{'code':'hr-1','jurisdiction':'HR','name':'PDV','rate':'25','category':'standard'}";
    char id[32];
    make(t, "tax", "lf1.hr1", json, id);
    tryton_person(t, "account.tax.write", "[%s],{'active':false,'name':'Croatia [lf1.hr1]'}", id);
    tryton_person(t, "account.tax.rule.line.write",
                  "[%s],{'end_date':{'__class__':'date','year':2030,'month':1,'day':1}}",
                  tryton_sql(t, "select id from account_tax_rule_line where tax=%s", id));
    const struct op_result *r = tryton_run(t, "tax", LF_VERB_READ, "lf1.hr1", id, json);
    assert_end(t, r, LF_END_OK);
    assert_string_equal(text_of(r, "code"), "hr-1");
    const struct value *options = value_get(r->state, "options");
    assert_false(value_get_bool(options, "active", true));
    assert_string_equal(value_get_text(options, "code", ""), "Croatia");
    assert_string_equal(value_get_text(options, "rule_line", ""), "group standard, from ever to 2030-01-01");
    struct op_item item = {.verb = LF_VERB_UPDATE, .marker = "lf1.hr1", .id = id, .prior = r->state};
    item.desired = bench_value(t->b, json);
    r = bench_run(t->b, "tax", item);
    assert_end(t, r, LF_END_OK);
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
    make(t, "product", "lf1.prod9", before, id);
    const char *template = tryton_sql(t, "select template from product_product where id=%s", id);
    next_second();
    /* The driver's write waits in the proxy while a person is faster; its sender gets no answer. */
    mishap_next(t->m, "*template.write", 1, MISHAP_LATE, NULL, 2500);
    const struct op_result *r = tryton_update(t, "product", "lf1.prod9", id, before, after);
    assert_end(t, r, LF_END_UNSURE);
    tryton_person(t, "product.template.write", "[%s],{'name':'Nueve'}", template);
    assert_true(mishap_is_quiet(t->m));
    assert_true(mishap_saw(t->m, "ConcurrencyException"));
    mishap_forget(t->m);
    assert_string_equal(tryton_sql(t, "select name from product_template where id=%s", template), "Nueve");
    assert_refused(t, tryton_update(t, "product", "lf1.prod9", id, before, after), "tryton.changed");
    assert_string_equal(tryton_sql(t, "select name from product_template where id=%s", template), "Nueve");
}

static void test_a_concurrency_exception_is_a_retry(void **state)
{
    struct tryton *t = *state;
    static const char before[] = "{'code':'prod-10','name':'Ten','category':'standard'}";
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
    char id[32], text[512], body[256];
    make(t, "product", "lf1.prod10", before, id);
    /* The proxy cannot know the number of the request, so it answers the one that must come next. */
    tryton_again(t);
    assert_end(t, tryton_run(t, "product", LF_VERB_READ, "lf1.prod10", id, before), LF_END_OK);
    (void)snprintf(body, sizeof(body),
                   "{\"id\":16,\"error\":[\"ConcurrencyException\",\"modified in the meanwhile\"]}");
    (void)snprintf(text, sizeof(text), "%sContent-Length: %zu\r\n\r\n%s", head, strlen(body), body);
    mishap_next(t->m, "*template.write", 1, MISHAP_ANSWER, text, 0);
    const struct op_result *r = tryton_update(t, "product", "lf1.prod10", id, before,
                                              "{'code':'prod-10','name':'Zehn','category':'standard'}");
    assert_end(t, r, LF_END_RETRY);
    assert_true(bench_has_note(t->b, "tryton.concurrency"));
    mishap_forget(t->m);
}

static void test_a_copy_with_the_same_mark_is_told(void **state)
{
    struct tryton *t = *state;
    static const char json[] = "{'code':'prod-11','name':'Eleven'}";
    char id[32];
    make(t, "product", "lf1.prod11", json, id);
    tryton_person(t, "product.template.copy", "[%s]",
                  tryton_sql(t, "select template from product_product where id=%s", id));
    assert_end(t, tryton_run(t, "product", LF_VERB_RECOVER, "lf1.prod11", NULL, json), LF_END_MANY);
    assert_true(bench_has_note(t->b, "tryton.many"));
    assert_end(t, tryton_run(t, "product", LF_VERB_CREATE, "lf1.prod11", NULL, json), LF_END_UNSURE);
    assert_sql(t, "2", "select count(*) from product_template where name like 'Eleven%'");
    tryton_sql(t, "delete from product_identifier where code='lf1.prod11' and product<>%s", id);
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static void test_many_are_read_at_once(void **state)
{
    struct tryton *t = *state;
    struct op_item items[3];
    char ids[2][32];
    memset(items, 0, sizeof(items));
    make(t, "product", "lf1.many1", "{'code':'many-1','name':'One'}", ids[0]);
    make(t, "product", "lf1.many2", "{'code':'many-2','name':'Two'}", ids[1]);
    for (size_t i = 0; i < 3; i++)
        items[i] = (struct op_item){
            .verb = LF_VERB_READ, .marker = MINE, .prior = bench_value(t->b, "{'code':'none'}")};
    items[0].id = ids[1];
    items[1].id = "987654";
    items[2].id = ids[0];
    mishap_forget(t->m);
    const struct op_result *r = bench_run_many(t->b, "product", items, 3);
    assert_int_equal(r[0].status, LF_END_OK);
    assert_string_equal(text_of(&r[0], "name"), "Two");
    assert_int_equal(r[1].status, LF_END_GONE);
    assert_string_equal(text_of(&r[2], "name"), "One");
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
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        char text[32];
        size_t count = 0;
        struct op_item item = {.verb = LF_VERB_OWNED};
        assert_end(t, bench_run(t->b, types[i].type, item), LF_END_OK);
        const struct op_result *found = bench_found(t->b, &count);
        (void)snprintf(text, sizeof(text), "%zu", count);
        assert_sql(t, text, types[i].sql);
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
    assert_end(t, bench_run(t->b, NULL, ready), LF_END_OK);
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
    make(t, "tax", marker, json, id);
}

/* A salesperson's sale and its invoice, in Tryton's own client. */
static void test_a_sale_in_tryton_has_this_price_this_tax_and_this_number(void **state)
{
    struct tryton *t = *state;
    char product[32], id[32], json[256];
    make(t, "product", "lf1.sell", "{'code':'sell','name':'Sold'}", product);
    (void)snprintf(json, sizeof(json),
                   "{'code':'sell-month','product':'%s','currency':'EUR','amount':'119.00'}", product);
    make(t, "price", "lf1.sell", json, id);
    /* Three rates, of which the one in the middle holds on this one day. */
    make_tax_of_days(t, "24", "", day_from_now(t, -1));
    make_tax_of_days(t, "25.5", day_from_now(t, 0), day_from_now(t, 0));
    make_tax_of_days(t, "26", day_from_now(t, 1), "");
    make(t, "entity", "lf1.sell",
         "{'code':'seller','name':'Seller','country':'SE','invoice_prefix':'S-','first_invoice':41}", id);
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
