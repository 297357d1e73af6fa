#include "stripe_world.h"

#include "server.h"

/* What others hold billing-stripe against: `landfall plugin test`, and Stripe's own description of its API.
 */

#define SHEET TESTS_FOLDER "/contract/billing-stripe.yaml"
#define SPEC  "LANDFALL_STRIPE_OPENAPI"

static void test_it_keeps_every_promise_of_the_contract(void **state)
{
    struct world *w = *state;
    const char *folder = twin_folder(w->twin);
    static char out[65536];
    server_run(out, sizeof(out),
               "printf sk_test_double > %s/key && sed 's,PORT,%d,; s,KEY,%s/key,' " SHEET
               " > %s/settings.yaml && " LANDFALL_PROGRAM " plugin test " PLUGINS_FOLDER
               "/billing-stripe.so --settings %s/settings.yaml 2>&1",
               folder, twin_port(w->twin), folder, folder, folder);
    if (!strstr(out, "112 passed, 0 failed, 9 skipped"))
        fail_msg("%s", out);
}

/* Every kind of request that the driver knows. */
static void live(struct world *w)
{
    static const char *const taxes[] = {"'jurisdiction':'IE'", "'jurisdiction':'US-CA','category':'food'",
                                        "'jurisdiction':'FR-IDF','options':{'inclusive':true}"};
    (void)made(w, "product", "t", MINE, TEAM);
    const char *month = made(w, "price", "p", MINE, PRICE);
    (void)made(w, "price", "q", "lf1.once",
               "{'code':'once','product':'team','currency':'ISK','amount':1500,'interval':'one_time',"
               "'tax_behavior':'inclusive'}");
    for (size_t i = 0; i < 3; i++) {
        const char *json = text(w, "{'code':'t%zu','rate':'8.875',%s}", i, taxes[i]);
        const char *id = made(w, "tax", text(w, "t%zu", i), text(w, "lf1.t%zu", i), json);
        struct op_item item =
            item_of(w, LF_VERB_UPDATE, text(w, "{'code':'t%zu','rate':'8.875','name':'N',%s}", i, taxes[i]));
        item.id = id;
        item.marker = text(w, "lf1.t%zu", i);
        item.token = text(w, "u%zu", i);
        assert_end(w, run_item(w, "tax", item), LF_END_OK);
        item.verb = LF_VERB_DESTROY;
        assert_end(w, run_item(w, "tax", item), LF_END_GONE);
    }
    assert_end(w, with_id(w, "product", LF_VERB_UPDATE, "team", "{'code':'team','name':'Team +'}"),
               LF_END_OK);
    struct op_item items[2] = {
        {.verb = LF_VERB_READ, .id = "team", .prior = bench_value(w->b, TEAM)},
        {.verb = LF_VERB_READ, .id = "none", .prior = bench_value(w->b, "{'code':'none'}")}};
    bench_read_only(w->b, true);
    assert_int_equal(bench_run_many(w->b, "product", items, 2)[1].status, LF_END_GONE);
    items[0] = (struct op_item){.verb = LF_VERB_READ, .id = month, .prior = bench_value(w->b, PRICE)};
    assert_int_equal(bench_run_many(w->b, "price", items, 2)[0].status, LF_END_OK);
    assert_end(w, with_id(w, "price", LF_VERB_DESTROY, month, PRICE), LF_END_GONE);
    assert_end(w, with_id(w, "product", LF_VERB_DESTROY, "team", TEAM), LF_END_REFUSED);
    assert_end(w, run(w, "entity", LF_VERB_FIND, "{'code':'acme'}"), LF_END_OK);
    assert_end(w, run(w, "tax", LF_VERB_OWNED, TEAM), LF_END_OK);
    assert_int_equal(bench_run(w->b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT})->status, LF_END_OK);
}

static void test_every_request_is_one_that_stripe_describes(void **state)
{
    struct world *w = *state;
    const char *folder = twin_folder(w->twin), *spec = getenv(SPEC);
    static char out[65536];
    if (!spec || !spec[0]) {
        (void)fprintf(stderr,
                      SPEC " names no file: Stripe's description (spec3.json of its public repository "
                           "'openapi', version 2023-08-16) is not part of landfall\n");
        skip();
    }
    live(w);
    server_run(out, sizeof(out),
               "'" TESTS_FOLDER "/servers/stripe' tell %s log > %s/requests && '" TESTS_FOLDER
               "/servers/stripe_openapi' '%s' %s/requests 2>&1",
               folder, folder, spec, folder);
    if (!strstr(out, ", 0 mistakes, 14 operations"))
        fail_msg("%s", out);
    /* It would have seen a mistake. */
    assert_int_equal(server_try(out, sizeof(out),
                                "sed 's,percentage=8,percentage=x,' %s/requests > %s/wrong && '" TESTS_FOLDER
                                "/servers/stripe_openapi' '%s' %s/wrong 2>&1",
                                folder, folder, spec, folder),
                     1);
    assert_non_null(strstr(out, "percentage: 'x.875' is not a number"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_it_keeps_every_promise_of_the_contract),
        TEST(test_every_request_is_one_that_stripe_describes),
    };
    int end = 0;
    const char *missing = twin_missing(&end);
    if (!missing)
        return cmocka_run_group_tests(tests, NULL, NULL);
    (void)fprintf(stderr, "%s\n", missing);
    return end;
}
