#include "stripe_world.h"

/* billing-stripe when the way to Stripe, or Stripe itself, is in trouble. */

static const struct {
    const char *type, *json, *path, *noun;
} kinds[] = {
    {"product", "{'code':'solo','name':'Solo'}", "/v1/products", "product"},
    {"price", PRICE, "/v1/prices", "price"},
    {"tax", VAT, "/v1/tax_rates", "tax_rate"},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int enter_with_product(void **state)
{
    (void)enter(state);
    (void)made(*state, "product", "token-team", "lf1.product", TEAM);
    return 0;
}

static const struct op_result *create(struct world *w, size_t k)
{
    return run(w, kinds[k].type, LF_VERB_CREATE, kinds[k].json);
}

/* Besides the product that prices are of. */
static int those_made(struct world *w, size_t k)
{
    return objects(w, kinds[k].noun) - (k == 0);
}

static void post_fault(struct world *w, size_t k, const char *what, int times)
{
    fault(w, text(w, "POST %s", kinds[k].path), what, times);
}

/* ---- doubt --------------------------------------------------------------------------------------------- */

static void test_a_lost_reply_is_found_again_and_nothing_is_made_twice(void **state)
{
    static const char *const ways[] = {"lost", "after_500", "garbage"};
    struct world *w = *state;
    for (size_t k = 0; k < KINDS; k++) {
        struct op_item item = item_of(w, LF_VERB_CREATE, kinds[k].json);
        item.token = text(w, "token-%zu", k);
        post_fault(w, k, ways[k], 1);
        assert_end(w, run_item(w, kinds[k].type, item), LF_END_UNSURE);
        const struct op_result *r = run(w, kinds[k].type, LF_VERB_RECOVER, kinds[k].json);
        assert_end(w, r, LF_END_OK);
        assert_string_equal(r->marker, MINE);
        assert_end(w, run_item(w, kinds[k].type, item), LF_END_OK);
        assert_int_equal(those_made(w, k), 1);
    }
}

static void test_whatever_the_answer_looks_like_it_is_a_doubt(void **state)
{
    static const char *const ways[] = {"lost",  "after_500", "truncate",  "garbage",
                                       "giant", "reset",     "before_503"};
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct op_item item =
            item_of(w, LF_VERB_CREATE, text(w, "{'code':'t%zu','jurisdiction':'IE','rate':'1'}", i));
        item.token = text(w, "token-t%zu", i);
        item.marker = text(w, "lf1.t%zu", i);
        post_fault(w, 2, ways[i], 1);
        assert_end(w, run_item(w, "tax", item), LF_END_UNSURE);
        assert_end(w, run_item(w, "tax", item), LF_END_OK);
        assert_int_equal(objects(w, "tax_rate"), (int)i + 1);
    }
}

static void test_no_answer_to_a_look_is_never_gone(void **state)
{
    static const char *const ways[] = {"lost", "truncate", "garbage", "giant", "before_503", "after_500"};
    struct world *w = *state;
    const char *id = made(w, "tax", "t", MINE, VAT);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        fault(w, "GET /v1/tax_rates", ways[i], 100);
        assert_end(w, with_id(w, "tax", LF_VERB_READ, id, VAT), LF_END_CANNOT_TELL);
        assert_end(w, run(w, "tax", LF_VERB_FIND, VAT), LF_END_CANNOT_TELL);
        assert_end(w, run(w, "tax", LF_VERB_OWNED, VAT), LF_END_CANNOT_TELL);
        /* Before a change it is certain that nothing has happened. */
        assert_end(w, with_id(w, "tax", LF_VERB_DESTROY, id, VAT), LF_END_RETRY);
        set(w, "{'faults':[]}");
    }
    assert_int_equal(changes(w), 2);
    assert_end(w, with_id(w, "tax", LF_VERB_READ, id, VAT), LF_END_OK);
}

static void test_a_request_that_lands_late_is_not_made_twice(void **state)
{
    struct world *w = *state;
    fault(w, "POST /v1/tax_rates", "late", 1);
    assert_end(w, create(w, 2), LF_END_UNSURE);
    assert_end(w, run(w, "tax", LF_VERB_RECOVER, VAT), LF_END_GONE);
    assert_end(w, create(w, 2), LF_END_OK); /* overtakes it, under the same key */
    assert_string_equal(twin_tell(w->twin, "land", NULL), "1");
    assert_int_equal(count_in(w, "log", "'fault': 'late', 'status': 200"), 1);
    assert_int_equal(objects(w, "tax_rate"), 1);
}

static void test_a_silent_service_is_given_up_in_time(void **state)
{
    struct world *w = *state;
    bench_timeout(w->b, 3000);
    fault(w, "POST /v1/tax_rates", "silent", 1);
    const struct op_result *r = create(w, 2);
    assert_int_equal(r->status, LF_END_UNSURE);
    fault(w, "GET /v1/tax_rates", "silent", 1);
    r = run(w, "tax", LF_VERB_FIND, VAT);
    assert_int_equal(r->status, LF_END_CANNOT_TELL);
}

/* ---- keys ---------------------------------------------------------------------------------------------- */

static void test_a_stored_500_is_asked_again_under_the_next_key(void **state)
{
    struct world *w = *state;
    for (size_t k = 0; k < KINDS; k++) {
        struct op_item item = item_of(w, LF_VERB_CREATE, kinds[k].json);
        item.token = text(w, "token-%zu", k);
        post_fault(w, k, "before_500", 1);
        assert_end(w, run_item(w, kinds[k].type, item), LF_END_UNSURE);
        assert_end(w, run_item(w, kinds[k].type, item), LF_END_OK);
        assert_int_equal(those_made(w, k), 1);
        assert_int_equal(count_in(w, "log", text(w, "'idempotency-key': 'token-%zu'", k)), 2);
        assert_int_equal(count_in(w, "log", text(w, "'idempotency-key': 'token-%zu-2'", k)), 1);
    }
}

static void test_a_stored_500_of_an_update_or_an_archiving_is_overcome_too(void **state)
{
    struct world *w = *state;
    const char *id = made(w, "tax", "t", MINE, VAT);
    static const char renamed[] = "{'code':'ie','jurisdiction':'IE','rate':'23','name':'MWSt'}";
    post_fault(w, 2, "before_500", 1);
    assert_end(w, with_id(w, "tax", LF_VERB_UPDATE, id, renamed), LF_END_UNSURE);
    assert_end(w, with_id(w, "tax", LF_VERB_UPDATE, id, renamed), LF_END_OK);
    assert_holds(w, "'display_name': 'MWSt'");
    assert_sent(w, "'idempotency-key': 'token-update-update-2'");
    post_fault(w, 2, "before_500", 1);
    assert_end(w, with_id(w, "tax", LF_VERB_DESTROY, id, renamed), LF_END_UNSURE);
    assert_end(w, with_id(w, "tax", LF_VERB_DESTROY, id, renamed), LF_END_GONE);
    assert_sent(w, "'idempotency-key': 'token-destroy-retire-2'");
    assert_holds(w, "'active': false");
}

static void test_a_service_that_fails_for_good_ends_the_step(void **state)
{
    struct world *w = *state;
    post_fault(w, 2, "before_500", 100);
    for (int turn = 0; turn < 8; turn++)
        assert_int_equal(create(w, 2)->status, LF_END_UNSURE);
    assert_int_equal(create(w, 2)->status, LF_END_FAILED);
    assert_note(w, "stripe.trouble");
    assert_int_equal(objects(w, "tax_rate"), 0);
}

static void test_a_stored_success_is_not_taken_for_what_is_there_now(void **state)
{
    struct world *w = *state;
    const char *id = made(w, "tax", "token-1", MINE, VAT);
    someone(w, text(w, "{'remove':'tax_rates','id':'%s'}", id));
    const struct op_result *r = create(w, 2);
    assert_end(w, r, LF_END_OK);
    assert_string_not_equal(r->id, id);
    assert_int_equal(objects(w, "tax_rate"), 1);
    /* Archived by somebody after a create whose answer was lost: it comes back. */
    id = arena_text(bench_arena(w->b), r->id);
    someone(w, text(w, "{'change':'tax_rates','id':'%s','values':{'active':false}}", id));
    set(w, "{'forget':true}");
    r = create(w, 2);
    assert_end(w, r, LF_END_OK);
    assert_string_not_equal(r->id, id);
}

static void test_a_stored_refusal_does_not_outlive_its_cause(void **state)
{
    struct world *w = *state;
    static const char price[] = "{'code':'x','product':'later','currency':'EUR','amount':1}";
    assert_end(w, run(w, "price", LF_VERB_CREATE, price), LF_END_REFUSED);
    assert_note(w, "billing.product_missing");
    (void)made(w, "product", "token-later", "lf1.later", "{'code':'later','name':'Later'}");
    assert_end(w, run(w, "price", LF_VERB_CREATE, price), LF_END_OK);
    assert_sent(w, "'idempotency-key': 'token-1-2'");
}

static void test_a_key_that_was_used_for_something_else_is_refused(void **state)
{
    struct world *w = *state;
    (void)made(w, "tax", "token-1", OTHER, "{'code':'other','jurisdiction':'IE','rate':'1'}");
    assert_end(w, create(w, 2), LF_END_REFUSED);
    assert_note(w, "stripe.idempotency");
    assert_int_equal(objects(w, "tax_rate"), 1);
}

static void test_a_request_in_flight_is_a_doubt(void **state)
{
    struct world *w = *state;
    post_fault(w, 1, "in_flight", 1);
    assert_end(w, create(w, 1), LF_END_UNSURE);
    assert_note(w, "stripe.in_flight");
    assert_end(w, create(w, 1), LF_END_OK);
}

/* ---- certain ------------------------------------------------------------------------------------------- */

static void test_too_many_requests_is_certainly_nothing(void **state)
{
    struct world *w = *state;
    for (size_t k = 0; k < KINDS; k++) {
        post_fault(w, k, "throttle", 1);
        const struct op_result *r = create(w, k);
        assert_end(w, r, LF_END_RETRY);
        assert_int_equal(r->retry_after_ms, 7000);
        assert_note(w, "stripe.throttled");
        fault(w, text(w, "GET %s", kinds[k].path), "throttle", 1);
        assert_end(w, create(w, k), LF_END_RETRY);
        assert_int_equal(those_made(w, k), 0);
    }
}

#define THEIR_PRICE                                                                                          \
    "{'make':'prices','values':{'product':'team','currency':'eur','unit_amount':1,'lookup_key':'team-eur'}}"

/* After the look and before the create. */
static void test_a_name_that_is_taken_in_between_is_somebody_elses(void **state)
{
    struct world *w = *state;
    (void)twin_tell(w->twin, "faults",
                    "[{'action':'POST /v1/prices','what':'meanwhile','do':" THEIR_PRICE "},"
                    "{'action':'POST /v1/products','what':'meanwhile','do':"
                    "{'make':'products','values':{'id':'solo','name':'Theirs'}}}]");
    const struct op_result *r = create(w, 1);
    assert_end(w, r, LF_END_EXISTS);
    assert_null(r->marker);
    assert_int_equal(objects(w, "price"), 1);
    struct op_item item = item_of(w, LF_VERB_CREATE, kinds[0].json);
    item.token = "token-0";
    assert_end(w, run_item(w, "product", item), LF_END_EXISTS);
    assert_holds(w, "'name': 'Theirs'");
}

/* Taken when it was to be made, and not to be seen when it was looked for. */
static void test_a_name_that_nobody_can_be_seen_to_have_is_refused_in_words(void **state)
{
    struct world *w = *state;
    (void)twin_tell(w->twin, "faults",
                    "[{'action':'POST /v1/prices','what':'meanwhile','do':" THEIR_PRICE "},"
                    "{'action':'GET /v1/prices','what':'meanwhile','do':null},"
                    "{'action':'GET /v1/prices','what':'meanwhile','do':{'remove':'prices','id':"
                    "'price_000002Double'}}]");
    assert_end(w, create(w, 1), LF_END_REFUSED);
    assert_note(w, "stripe.name_taken");
    assert_end(w, create(w, 1), LF_END_OK);
}

static void test_what_vanishes_in_between_is_made_or_gone(void **state)
{
    static const char vanish[] = "[{'action':'POST /v1/products','what':'meanwhile','do':"
                                 "{'remove':'products','id':'solo'}}]";
    struct world *w = *state;
    (void)made(w, "product", "token-solo", MINE, "{'code':'solo','name':'Old'}");
    (void)twin_tell(w->twin, "faults", vanish);
    assert_end(w, create(w, 0), LF_END_OK);
    assert_holds(w, "'name': 'Solo'");
    (void)twin_tell(w->twin, "faults", vanish);
    assert_end(w, with_id(w, "product", LF_VERB_UPDATE, "solo", "{'code':'solo','name':'New'}"), LF_END_GONE);
    assert_int_equal(those_made(w, 0), 0);
}

static void test_a_default_price_is_not_archived(void **state)
{
    struct world *w = *state;
    const char *id = made(w, "price", "p", MINE, PRICE);
    someone(w, text(w, "{'change':'products','id':'team','values':{'default_price':'%s'}}", id));
    assert_end(w, with_id(w, "price", LF_VERB_DESTROY, id, PRICE), LF_END_REFUSED);
    assert_note(w, "stripe.refused");
    someone(w, "{'change':'products','id':'team','values':{'default_price':''}}");
    assert_end(w, with_id(w, "price", LF_VERB_DESTROY, id, PRICE), LF_END_GONE);
}

static void test_keys_that_do_not_work_are_told_from_each_other(void **state)
{
    struct world *w = *state;
    set(w, "{'keys':{'sk_test_double':{'denied':['tax_rates']}}}");
    assert_end(w, create(w, 2), LF_END_REFUSED);
    assert_note(w, "stripe.forbidden");
    set(w, "{'keys':{}}");
    assert_end(w, create(w, 1), LF_END_REFUSED);
    assert_note(w, "stripe.credentials");
    set(w, "{'keys':{'sk_test_double':{'denied':[]}}}");
}

static void test_nobody_there_is_certainly_nothing(void **state)
{
    struct world *w = *state;
    bench_close(w->b);
    w->b = bench_open(DRIVER, "{'url':'http://127.0.0.1:1'," KEY "}");
    assert_end(w, create(w, 2), LF_END_RETRY);
    assert_note(w, "stripe.unreachable");
    assert_end(w, run(w, "tax", LF_VERB_FIND, VAT), LF_END_RETRY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_with_product, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_lost_reply_is_found_again_and_nothing_is_made_twice),
        TEST(test_whatever_the_answer_looks_like_it_is_a_doubt),
        TEST(test_no_answer_to_a_look_is_never_gone),
        TEST(test_a_request_that_lands_late_is_not_made_twice),
        TEST(test_a_silent_service_is_given_up_in_time),
        TEST(test_a_stored_500_is_asked_again_under_the_next_key),
        TEST(test_a_stored_500_of_an_update_or_an_archiving_is_overcome_too),
        TEST(test_a_service_that_fails_for_good_ends_the_step),
        TEST(test_a_stored_success_is_not_taken_for_what_is_there_now),
        TEST(test_a_stored_refusal_does_not_outlive_its_cause),
        TEST(test_a_key_that_was_used_for_something_else_is_refused),
        TEST(test_a_request_in_flight_is_a_doubt),
        TEST(test_too_many_requests_is_certainly_nothing),
        TEST(test_a_name_that_is_taken_in_between_is_somebody_elses),
        TEST(test_a_name_that_nobody_can_be_seen_to_have_is_refused_in_words),
        TEST(test_what_vanishes_in_between_is_made_or_gone),
        TEST(test_a_default_price_is_not_archived),
        TEST(test_keys_that_do_not_work_are_told_from_each_other),
        TEST(test_nobody_there_is_certainly_nothing),
    };
    int end = 0;
    const char *missing = twin_missing(&end);
    if (!missing)
        return cmocka_run_group_tests(tests, NULL, NULL);
    (void)fprintf(stderr, "%s\n", missing);
    return end;
}
