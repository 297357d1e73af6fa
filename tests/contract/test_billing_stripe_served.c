#include "stripe_world.h"

#include "base/err.h"

/* billing-stripe judged by what is in the double of Stripe. */

/* ---- products ------------------------------------------------------------------------------------------ */

static void test_a_product_and_its_mark_come_in_one_request_and_twice_is_once(void **state)
{
    struct world *w = *state;
    const struct op_result *r = run(w, "product", LF_VERB_CREATE, TEAM);
    assert_end(w, r, LF_END_OK);
    assert_string_equal(r->id, "team");
    assert_state(w, r, TEAM);
    assert_int_equal(changes(w), 1);
    assert_sent(w, "metadata%5Blandfall%5D=lf1.mine&metadata%5Blandfall_address%5D=billing.thing.one");
    assert_sent(w, "'idempotency-key': 'token-1'");
    assert_holds(w, "'metadata': {'category': 'standard', 'landfall': 'lf1.mine', "
                    "'landfall_address': 'billing.thing.one'}");
    assert_end(w, run(w, "product", LF_VERB_CREATE, TEAM), LF_END_OK);
    assert_int_equal(objects(w, "product"), 1);
    assert_int_equal(changes(w), 1);
    assert_end(w, with_id(w, "product", LF_VERB_READ, "team", TEAM), LF_END_OK);
}

static void test_a_product_is_changed_and_what_is_left_out_is_unset(void **state)
{
    struct world *w = *state;
    (void)made(w, "product", "t", MINE, TEAM);
    const struct op_result *r =
        with_id(w, "product", LF_VERB_UPDATE, "team", "{'code':'team','name':'Team \\\"plus\\\" & =%'}");
    assert_end(w, r, LF_END_OK);
    assert_state(w, r, "{'code':'team','name':'Team \\\"plus\\\" & =%','category':'standard'}");
    assert_holds(w, "'name': 'Team \\'plus\\' & =%'");
    assert_holds(w, "'description': null");
    r = with_id(w, "product", LF_VERB_READ, "team", TEAM);
    assert_string_equal(r->marker, MINE);
    assert_end(w, with_id(w, "product", LF_VERB_UPDATE, "nobody", "{'code':'nobody','name':'N'}"),
               LF_END_GONE);
}

static void test_a_product_of_somebody_else_is_left_alone(void **state)
{
    struct world *w = *state;
    someone(w, "{'make':'products','values':{'id':'team','name':'Theirs'}}");
    const struct op_result *r = run(w, "product", LF_VERB_CREATE, TEAM);
    assert_end(w, r, LF_END_EXISTS);
    assert_null(r->marker);
    assert_end(w, with_id(w, "product", LF_VERB_UPDATE, "team", TEAM), LF_END_EXISTS);
    assert_end(w, with_id(w, "product", LF_VERB_DESTROY, "team", TEAM), LF_END_EXISTS);
    (void)made(w, "product", "t2", OTHER, "{'code':'solo','name':'Solo'}");
    r = run(w, "product", LF_VERB_CREATE, "{'code':'solo','name':'Mine'}");
    assert_end(w, r, LF_END_EXISTS);
    assert_string_equal(r->marker, OTHER);
    /* An archived one keeps its name, too. */
    someone(w, "{'change':'products','id':'team','values':{'active':false}}");
    assert_end(w, run(w, "product", LF_VERB_CREATE, TEAM), LF_END_EXISTS);
    assert_holds(w, "'name': 'Theirs'");
    assert_holds(w, "'name': 'Solo'");
    assert_int_equal(changes(w), 1);
}

static void test_a_product_is_adopted_when_it_is_as_it_was(void **state)
{
    struct world *w = *state;
    someone(w, "{'make':'products','values':{'id':'team','name':'Theirs'}}");
    const struct op_result *r = run(w, "product", LF_VERB_FIND, "{'code':'team'}");
    assert_end(w, r, LF_END_OK);
    assert_null(r->marker);
    struct op_item item = item_of(w, LF_VERB_UPDATE, TEAM);
    item.id = "team";
    item.memo = bench_value(w->b, "{'adopt':true,'was':'lf1.other'}");
    assert_end(w, run_item(w, "product", item), LF_END_EXISTS);
    item.memo = bench_value(w->b, "{'adopt':true}");
    r = run_item(w, "product", item);
    assert_end(w, r, LF_END_OK);
    assert_string_equal(r->marker, MINE);
    assert_holds(w, "'landfall': 'lf1.mine'");
}

static void test_a_product_that_had_prices_is_archived_and_comes_back(void **state)
{
    struct world *w = *state;
    (void)made(w, "product", "t", MINE, TEAM);
    const char *price = made(w, "price", "p", "lf1.price", PRICE);
    const struct op_result *r = with_id(w, "product", LF_VERB_DESTROY, "team", TEAM);
    assert_end(w, r, LF_END_REFUSED);
    assert_note(w, "billing.product_in_use");
    struct op_item item = item_of(w, LF_VERB_DESTROY, PRICE);
    item.id = price;
    item.marker = "lf1.price";
    assert_end(w, run_item(w, "price", item), LF_END_GONE);
    assert_end(w, with_id(w, "product", LF_VERB_DESTROY, "team", TEAM), LF_END_GONE);
    assert_holds(w, "'metadata': {'category': 'standard', 'landfall_retired': 'lf1.mine'}");
    assert_end(w, with_id(w, "product", LF_VERB_READ, "team", TEAM), LF_END_GONE);
    assert_end(w, run(w, "product", LF_VERB_FIND, TEAM), LF_END_GONE);
    assert_end(w, with_id(w, "product", LF_VERB_DESTROY, "team", TEAM), LF_END_GONE);
    /* Somebody else's region may have the name now. */
    assert_string_equal(made(w, "product", "again", OTHER, "{'code':'team','name':'Again'}"), "team");
    assert_int_equal(objects(w, "product"), 1);
    assert_holds(w, "'landfall': 'lf1.other'");
    assert_int_equal(count_in(w, "dump", "landfall_retired': 'lf1.mine'"), 0);
    assert_end(w, with_id(w, "product", LF_VERB_DESTROY, "team", TEAM), LF_END_EXISTS);
}

static void test_a_product_without_prices_is_deleted(void **state)
{
    struct world *w = *state;
    (void)made(w, "product", "t", MINE, TEAM);
    assert_end(w, with_id(w, "product", LF_VERB_DESTROY, "team", TEAM), LF_END_GONE);
    assert_int_equal(objects(w, "product"), 0);
    assert_end(w, with_id(w, "product", LF_VERB_DESTROY, "team", TEAM), LF_END_GONE);
}

static void test_tax_codes_follow_the_category(void **state)
{
    struct world *w = *state;
    open_driver(w, KEY, ",'tax_codes':{'standard':'txcd_10103001','books':'txcd_35010000'}");
    const struct op_result *r = run(w, "product", LF_VERB_CREATE, TEAM);
    assert_end(w, r, LF_END_OK);
    assert_holds(w, "'tax_code': 'txcd_10103001'");
    someone(w, "{'change':'products','id':'team','values':{'tax_code':'txcd_99999999'}}");
    r = with_id(w, "product", LF_VERB_READ, "team", TEAM);
    assert_state(w, r,
                 "{'code':'team','name':'Team','description':'For a team',"
                 "'category':'standard, with txcd_99999999'}");
    assert_end(w,
               with_id(w, "product", LF_VERB_UPDATE, "team", "{'code':'team','name':'T','category':'books'}"),
               LF_END_OK);
    assert_holds(w, "'tax_code': 'txcd_35010000'");
    assert_refused(w, "product", "{'code':'x','name':'X','category':'food'}", "stripe.tax_code");
}

/* ---- prices -------------------------------------------------------------------------------------------- */

static void test_a_price_has_its_code_as_lookup_key(void **state)
{
    struct world *w = *state;
    (void)made(w, "product", "t", "lf1.product", TEAM);
    const struct op_result *r = run(w, "price", LF_VERB_CREATE, PRICE);
    assert_end(w, r, LF_END_OK);
    const char *id = arena_text(bench_arena(w->b), r->id);
    assert_state(w, r,
                 "{'code':'team-eur','product':'team','currency':'EUR','amount':'49.00','amount_minor':4900,"
                 "'tax_behavior':'exclusive','interval':'month'}");
    assert_sent(w, "lookup_key=team-eur&product=team&currency=eur&unit_amount=4900&tax_behavior=exclusive&"
                   "recurring%5Binterval%5D=month&metadata%5Blandfall%5D=lf1.mine");
    assert_end(w, run(w, "price", LF_VERB_CREATE, PRICE), LF_END_OK);
    assert_int_equal(objects(w, "price"), 1);
    r = with_id(w, "price", LF_VERB_READ, id, "{'code':'team-eur','currency':'EUR','amount':4900}");
    assert_int_equal(value_get(r->state, "amount")->number, 4900);
    struct op_item other = item_of(w, LF_VERB_CREATE, PRICE);
    other.marker = OTHER;
    other.token = "token-other";
    r = run_item(w, "price", other);
    assert_end(w, r, LF_END_EXISTS);
    assert_string_equal(r->marker, MINE);
    r = run(w, "price", LF_VERB_FIND, "{'code':'team-eur'}");
    assert_end(w, r, LF_END_OK);
    assert_string_equal(r->id, id);
}

static void test_a_price_is_archived_and_gives_its_lookup_key_away(void **state)
{
    struct world *w = *state;
    (void)made(w, "product", "t", "lf1.product", TEAM);
    const char *first = made(w, "price", "p1", MINE, PRICE);
    assert_end(w, with_id(w, "price", LF_VERB_DESTROY, first, PRICE), LF_END_GONE);
    assert_holds(w, "'lookup_key': null");
    assert_holds(w, "'landfall_retired': 'lf1.mine'");
    assert_end(w, with_id(w, "price", LF_VERB_READ, first, PRICE), LF_END_GONE);
    assert_end(w, with_id(w, "price", LF_VERB_DESTROY, first, PRICE), LF_END_GONE);
    const char *second = made(w, "price", "p2", "lf1.next", PRICE);
    assert_string_not_equal(first, second);
    assert_int_equal(objects(w, "price"), 2);
    size_t count = 0;
    assert_end(w, run_item(w, "price", (struct op_item){.verb = LF_VERB_OWNED}), LF_END_OK);
    const struct op_result *found = bench_found(w->b, &count);
    assert_int_equal(count, 1);
    assert_string_equal(found[0].marker, "lf1.next");
}

static void test_a_price_that_people_archived_comes_back_or_makes_room(void **state)
{
    struct world *w = *state;
    (void)made(w, "product", "t", "lf1.product", TEAM);
    const char *id = made(w, "price", "p1", MINE, PRICE);
    const char *archive = text(w, "{'change':'prices','id':'%s','values':{'active':false}}", id);
    someone(w, archive);
    assert_end(w, with_id(w, "price", LF_VERB_READ, id, PRICE), LF_END_GONE);
    assert_end(w, run(w, "price", LF_VERB_FIND, PRICE), LF_END_GONE);
    struct op_item theirs = item_of(w, LF_VERB_CREATE, PRICE);
    theirs.marker = OTHER;
    assert_end(w, run_item(w, "price", theirs), LF_END_EXISTS);
    assert_string_equal(made(w, "price", "p2", MINE, PRICE), id);
    assert_int_equal(objects(w, "price"), 1);
    assert_int_equal(count_in(w, "dump", "'active': false"), 0);
    someone(w, archive);
    const char *dearer = "{'code':'team-eur','product':'team','currency':'EUR','amount':'59.00'}";
    assert_string_not_equal(made(w, "price", "p3", MINE, dearer), id);
    assert_int_equal(objects(w, "price"), 2);
    assert_holds(w, "'landfall_retired': 'lf1.mine'");
    assert_int_equal(count_in(w, "dump", "'lookup_key': 'team-eur'"), 1);
}

static void test_another_amount_is_another_price_and_the_plan_says_so(void **state)
{
    struct world *w = *state;
    static const char prior[] = "{'code':'team-eur','product':'team','currency':'EUR','amount':'49.00',"
                                "'amount_minor':4900,'tax_behavior':'exclusive','interval':'month'}";
    const struct op_result *r = planned(w, "price", prior, PRICE);
    assert_int_equal(r->action, LF_DO_KEEP);
    r = planned(w, "price", prior, "{'code':'team-eur','product':'team','currency':'EUR','amount':4900}");
    assert_int_equal(r->action, LF_DO_KEEP);
    r = planned(w, "price", prior, "{'code':'team-eur','product':'team','currency':'EUR','amount':'59.00'}");
    assert_int_equal(r->action, LF_DO_REPLACE);
    assert_string_equal(r->because[0], "amount");
    assert_null(r->because[1]);
    assert_int_equal(value_get(r->state, "amount_minor")->number, 5900);
    assert_int_equal(count_in(w, "log", "'method'"), 0);
}

static void test_currencies_are_counted_as_stripe_counts_them(void **state)
{
    static const struct {
        const char *currency, *amount, *units;
    } cases[] = {{"ISK", "'1500'", "150000"}, {"UGX", "1500", "150000"}, {"MGA", "'1500.00'", "1500"},
                 {"KWD", "'4.990'", "4990"},  {"JPY", "'500'", "500"},   {"EUR", "'0.10'", "10"}};
    struct world *w = *state;
    (void)made(w, "product", "t", "lf1.product", TEAM);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct op_item item = item_of(w, LF_VERB_CREATE,
                                      text(w, "{'code':'c%zu','product':'team','currency':'%s','amount':%s}",
                                           i, cases[i].currency, cases[i].amount));
        item.token = text(w, "token-c%zu", i);
        item.marker = text(w, "lf1.c%zu", i);
        const struct op_result *r = run_item(w, "price", item);
        assert_end(w, r, LF_END_OK);
        assert_true(value_equal(value_get(r->state, "amount"), value_get(item.desired, "amount")));
        assert_sent(w, text(w, "unit_amount=%s&", cases[i].units));
    }
    assert_refused(w, "price", "{'code':'x','product':'team','currency':'MGA','amount':'1500.20'}",
                   "stripe.amount");
    assert_refused(w, "price", "{'code':'x','product':'team','currency':'KWD','amount':'4.995'}",
                   "stripe.amount");
    assert_refused(w, "price", "{'code':'x','product':'team','currency':'CLF','amount':'4.9950'}",
                   "stripe.amount");
    assert_refused(w, "price", "{'code':'x','product':'team','currency':'EUR','amount':1000000000000}",
                   "stripe.amount");
    assert_refused(w, "price", "{'code':'x','product':'team','currency':'EUR','amount':'4.9'}",
                   "billing.amount");
    assert_refused(w, "price", "{'code':'x','product':'team','currency':'EUR','amount':1,'options':{'a':1}}",
                   "billing.option_unknown");
}

static void test_what_people_made_of_a_price_shows(void **state)
{
    struct world *w = *state;
    (void)made(w, "product", "t", "lf1.product", TEAM);
    const char *id = made(w, "price", "p", MINE, PRICE);
    someone(w, text(w,
                    "{'change':'prices','id':'%s','values':{'unit_amount':null,'unit_amount_decimal':'0.5',"
                    "'recurring':{'interval':'month','interval_count':3,'usage_type':'licensed'}}}",
                    id));
    const struct op_result *r = with_id(w, "price", LF_VERB_READ, id, PRICE);
    assert_end(w, r, LF_END_OK);
    assert_state(w, r,
                 "{'code':'team-eur','product':'team','currency':'EUR','amount':'0.5 at Stripe',"
                 "'tax_behavior':'exclusive','interval':'3 months'}");
    someone(w, text(w, "{'change':'prices','id':'%s','values':{'unit_amount':150050,'currency':'isk'}}", id));
    r = with_id(w, "price", LF_VERB_READ, id, PRICE);
    assert_null(value_get(r->state, "amount_minor"));
}

static void test_many_prices_are_read_with_one_list(void **state)
{
    struct world *w = *state;
    struct op_item items[3] = {{0}};
    (void)made(w, "product", "t", "lf1.product", TEAM);
    for (size_t i = 0; i < 3; i++) {
        const char *json =
            text(w, "{'code':'c%zu','product':'team','currency':'EUR','amount':%zu}", i, i + 1);
        const char *id = made(w, "price", text(w, "p%zu", i), text(w, "lf1.p%zu", i), json);
        items[i] = (struct op_item){.verb = LF_VERB_READ, .prior = bench_value(w->b, json), .id = id};
    }
    items[2].id = "price_nobody";
    int asked = count_in(w, "log", "'method': 'GET'");
    bench_read_only(w->b, true);
    const struct op_result *r = bench_run_many(w->b, "price", items, 3);
    assert_int_equal(r[0].status, LF_END_OK);
    assert_int_equal(value_get(r[1].state, "amount")->number, 2);
    assert_int_equal(r[2].status, LF_END_GONE);
    assert_int_equal(count_in(w, "log", "'method': 'GET'"), asked + 2);
}

/* ---- taxes --------------------------------------------------------------------------------------------- */

static void test_a_tax_rate_is_sent_to_the_digit(void **state)
{
    struct world *w = *state;
    static const char tax[] = "{'code':'ca','jurisdiction':'US-CA','category':'standard','rate':'8.8750',"
                              "'options':{'inclusive':true}}";
    const struct op_result *r = run(w, "tax", LF_VERB_CREATE, tax);
    assert_end(w, r, LF_END_OK);
    assert_state(w, r, tax);
    assert_sent(w, "percentage=8.8750&inclusive=true&display_name=ca&jurisdiction=US-CA&country=US&state=CA&"
                   "metadata%5Bcode%5D=ca&metadata%5Bcategory%5D=standard&metadata%5Blandfall%5D=lf1.mine");
    assert_end(w, run(w, "tax", LF_VERB_CREATE, tax), LF_END_OK);
    assert_int_equal(objects(w, "tax_rate"), 1);
    r = with_id(w, "tax", LF_VERB_READ, r->id, "{'code':'ca','rate':'9'}");
    assert_string_equal(value_get(r->state, "rate")->text, "8.875");
    struct op_item other = item_of(w, LF_VERB_CREATE, tax);
    other.marker = OTHER;
    r = run_item(w, "tax", other);
    assert_end(w, r, LF_END_EXISTS);
    assert_string_equal(r->marker, MINE);
}

static void test_a_tax_is_renamed_in_place_and_replaced_for_another_rate(void **state)
{
    struct world *w = *state;
    const char *id = made(w, "tax", "t", MINE, VAT);
    const struct op_result *r =
        planned(w, "tax", VAT, "{'code':'ie','jurisdiction':'IE','rate':'23.0','name':'VAT'}");
    assert_int_equal(r->action, LF_DO_KEEP);
    r = planned(w, "tax", VAT,
                "{'code':'ie','jurisdiction':'IE','rate':'23','name':'VAT','options':{'inclusive':false}}");
    assert_int_equal(r->action, LF_DO_KEEP);
    r = planned(w, "tax", VAT,
                "{'code':'ie','jurisdiction':'IE','rate':'23','name':'VAT','options':{'inclusive':true}}");
    assert_int_equal(r->action, LF_DO_REPLACE);
    r = planned(w, "tax", VAT, "{'code':'ie','jurisdiction':'IE','rate':'21','name':'VAT'}");
    assert_int_equal(r->action, LF_DO_REPLACE);
    assert_string_equal(r->because[0], "rate");
    r = planned(w, "tax", VAT, "{'code':'ie','jurisdiction':'IE','rate':'23'}");
    assert_int_equal(r->action, LF_DO_UPDATE);
    r = with_id(w, "tax", LF_VERB_UPDATE, id, "{'code':'ie','jurisdiction':'IE','rate':'23'}");
    assert_end(w, r, LF_END_OK);
    assert_state(w, r, "{'code':'ie','jurisdiction':'IE','category':'standard','rate':'23'}");
    assert_holds(w, "'display_name': 'ie'");
    assert_end(w, with_id(w, "tax", LF_VERB_DESTROY, id, VAT), LF_END_GONE);
    assert_holds(w, "'active': false");
    assert_end(w, with_id(w, "tax", LF_VERB_READ, id, VAT), LF_END_GONE);
    assert_string_not_equal(made(w, "tax", "t2", "lf1.next", VAT), id);
}

static void test_what_stripe_has_no_place_for_is_refused_by_name(void **state)
{
    struct world *w = *state;
    assert_refused(w, "tax", "{'code':'a','jurisdiction':'IE','rate':'23','valid_from':'2027-01-01'}",
                   "stripe.validity");
    assert_refused(w, "tax", "{'code':'a','jurisdiction':'IE','rate':'23','valid_to':'2027-01-01'}",
                   "stripe.validity");
    assert_refused(w, "tax", "{'code':'a','jurisdiction':'IE','rate':'100.5'}", "stripe.rate");
    assert_refused(w, "tax", "{'code':'a','jurisdiction':'IE','rate':'23','options':{'inclusive':1}}",
                   "billing.choice");
    assert_refused(w, "tax", "{'code':'a','jurisdiction':'IE','rate':'23','options':{'x':1}}",
                   "billing.option_unknown");
    assert_refused(w, "tax",
                   "{'code':'a','jurisdiction':'IE','rate':'23','name':"
                   "'123456789012345678901234567890123456789012345678901'}",
                   "stripe.length");
    assert_refused(w, "product", "{'code':'a','name':''}", "stripe.length");
    assert_refused(w, "product", "{'code':'a','name':'A','description':''}", "stripe.length");
    assert_int_equal(count_in(w, "log", "'method'"), 0);
}

static void test_more_tax_rates_than_a_page_holds_are_all_seen(void **state)
{
    struct world *w = *state;
    const char *id = made(w, "tax", "t", MINE, VAT);
    someone(w, "{'make':'tax_rates','times':230,'values':{'display_name':'X','inclusive':false,"
               "'percentage':1,'metadata':{'code':'x%d','landfall':'lf1.x%d','landfall_address':'billing.tax."
               "x%d'}}}");
    const struct op_result *r = run(w, "tax", LF_VERB_FIND, "{'code':'ie'}");
    assert_end(w, r, LF_END_OK);
    assert_string_equal(r->id, id);
    r = run(w, "tax", LF_VERB_RECOVER, VAT);
    assert_end(w, r, LF_END_OK);
    assert_string_equal(r->id, id);
    size_t count = 0;
    assert_end(w, run_item(w, "tax", (struct op_item){.verb = LF_VERB_OWNED}), LF_END_OK);
    const struct op_result *found = bench_found(w->b, &count);
    assert_int_equal(count, 231);
    assert_string_equal(value_get(found[0].memo, "address")->text, "billing.tax.x229");
    someone(w, "{'make':'tax_rates','values':{'display_name':'X','inclusive':false,'percentage':23,"
               "'metadata':{'code':'ie','landfall':'lf1.mine'}}}");
    assert_end(w, run(w, "tax", LF_VERB_RECOVER, VAT), LF_END_MANY);
    assert_note(w, "stripe.many");
}

/* ---- the account --------------------------------------------------------------------------------------- */

static void test_the_entity_is_the_account_and_is_never_made(void **state)
{
    struct world *w = *state;
    static const char entity[] = "{'code':'acme-eu','name':'Acme','country':'IE','invoice_prefix':'EU-'}";
    const struct op_result *r = run(w, "entity", LF_VERB_FIND, "{'code':'acme-eu'}");
    assert_end(w, r, LF_END_OK);
    assert_string_equal(r->id, "acct_double");
    assert_state(w, r, "{'code':'acme-eu','name':'Acme Europe Ltd','country':'IE'}");
    assert_end(w, run(w, "entity", LF_VERB_FIND, "{'code':'acme-us','country':'US'}"), LF_END_REFUSED);
    assert_note(w, "stripe.country");
    assert_refused(w, "entity", entity, "stripe.entity");
    assert_end(w, with_id(w, "entity", LF_VERB_DESTROY, "acct_double", entity), LF_END_REFUSED);
    assert_end(w, with_id(w, "entity", LF_VERB_READ, "acct_elsewhere", entity), LF_END_GONE);
    assert_int_equal(changes(w), 0);
}

static const struct op_result *preflight(struct world *w)
{
    bench_read_only(w->b, true);
    return bench_run(w->b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT});
}

static void test_a_preflight_tells_what_is_wrong_with_the_key(void **state)
{
    struct world *w = *state;
    assert_end(w, preflight(w), LF_END_OK);
    assert_note(w, "stripe.test_mode");
    open_driver(w, KEY, ",'account':'acct_other'");
    assert_end(w, preflight(w), LF_END_REFUSED);
    assert_note(w, "stripe.account");
    open_driver(w, "'api_key':{'$secret':{'source':'test:sk_test_unknown'}}", "");
    assert_end(w, preflight(w), LF_END_REFUSED);
    assert_note(w, "stripe.credentials");
    open_driver(w, "'api_key':{'$secret':{'source':'test:pk_live_published'}}", "");
    assert_end(w, preflight(w), LF_END_REFUSED);
    assert_note(w, "stripe.key");
    set(w, "{'keys':{'rk_live_some':{'denied':['prices','account']}},'account':{'charges_enabled':false}}");
    open_driver(w, "'api_key':{'$secret':{'source':'test:rk_live_some'}}", "");
    assert_end(w, preflight(w), LF_END_REFUSED);
    assert_note(w, "stripe.forbidden");
    open_driver(w, "'api_key':{'$secret':{'source':'test:rk_live_some'}}", ",'account':'acct_double'");
    set(w, "{'keys':{'rk_live_some':{'denied':['account']}}}");
    assert_end(w, preflight(w), LF_END_REFUSED);
    assert_note(w, "stripe.forbidden");
    set(w, "{'keys':{'rk_live_some':{'denied':[]}}}");
    assert_end(w, preflight(w), LF_END_OK);
    assert_note(w, "stripe.not_activated");
    assert_int_equal(changes(w), 0);
}

static void test_settings_that_cannot_be_right_are_refused(void **state)
{
    static const struct {
        const char *setting, *words;
    } wrong[] = {
        {"'url':'http://api.stripe.com'", "'url' is an https address"},
        {"'url':'http://127.0.0.1.evil.example'", "'url' is an https address"},
        {"'url':'ftp://x'", "'url' is an https address"},
        {"'url':'https://x?y'", "'url' is an https address"},
        {"'account':'team'", "is named 'acct_...'"},
        {"'account':'acct_'", "is named 'acct_...'"},
        {"'tax_codes':{'standard':'10103001'}", "is 'txcd_' and digits"},
        {"'tax_codes':{'standard':'txcd_1x'}", "is 'txcd_' and digits"},
        {"'tax_codes':{'standard':10103001}", "is 'txcd_' and digits"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct bench *none = NULL;
        struct err err;
        assert_false(bench_try(DRIVER, text(w, "{%s,%s}", KEY, wrong[i].setting), &none, &err));
        if (!strstr(err.summary, wrong[i].words))
            fail_msg("%s: %s", wrong[i].setting, err.summary);
    }
}

static void test_what_is_sold_costs_a_share_that_no_plan_can_bound(void **state)
{
    struct world *w = *state;
    const struct op_result *r = run(w, "price", LF_VERB_ESTIMATE, PRICE);
    assert_end(w, r, LF_END_OK);
    assert_int_equal(r->cost_count, 1);
    assert_string_equal(r->costs[0].sku, "stripe.billing");
    assert_true(r->costs[0].flags & LF_COST_UNBOUNDED);
    r = run(w, "product", LF_VERB_ESTIMATE, TEAM);
    assert_end(w, r, LF_END_OK);
    assert_int_equal(r->cost_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_product_and_its_mark_come_in_one_request_and_twice_is_once),
        TEST(test_a_product_is_changed_and_what_is_left_out_is_unset),
        TEST(test_a_product_of_somebody_else_is_left_alone),
        TEST(test_a_product_is_adopted_when_it_is_as_it_was),
        TEST(test_a_product_that_had_prices_is_archived_and_comes_back),
        TEST(test_a_product_without_prices_is_deleted),
        TEST(test_tax_codes_follow_the_category),
        TEST(test_a_price_has_its_code_as_lookup_key),
        TEST(test_a_price_is_archived_and_gives_its_lookup_key_away),
        TEST(test_a_price_that_people_archived_comes_back_or_makes_room),
        TEST(test_another_amount_is_another_price_and_the_plan_says_so),
        TEST(test_currencies_are_counted_as_stripe_counts_them),
        TEST(test_what_people_made_of_a_price_shows),
        TEST(test_many_prices_are_read_with_one_list),
        TEST(test_a_tax_rate_is_sent_to_the_digit),
        TEST(test_a_tax_is_renamed_in_place_and_replaced_for_another_rate),
        TEST(test_what_stripe_has_no_place_for_is_refused_by_name),
        TEST(test_more_tax_rates_than_a_page_holds_are_all_seen),
        TEST(test_the_entity_is_the_account_and_is_never_made),
        TEST(test_a_preflight_tells_what_is_wrong_with_the_key),
        TEST(test_settings_that_cannot_be_right_are_refused),
        TEST(test_what_is_sold_costs_a_share_that_no_plan_can_bound),
    };
    int end = 0;
    const char *missing = twin_missing(&end);
    if (!missing)
        return cmocka_run_group_tests(tests, NULL, NULL);
    (void)fprintf(stderr, "%s\n", missing);
    return end;
}
