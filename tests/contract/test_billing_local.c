#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "bench.h"
#include "model/value.h"

/* billing-local judged by its catalogue.  Each test has a folder of its own. */

#define DRIVER PLUGINS_FOLDER "/billing-local.so"
#define MINE   "lf1.mine"
#define OTHER  "lf1.other"

#define ENTITY                                                                                               \
    "{'code':'acme-eu','name':'Acme Europe Ltd','country':'IE','invoice_prefix':'EU-','first_invoice':1000}"
#define PRODUCT "{'code':'team','name':'Team','category':'standard'}"
#define PRICE                                                                                                \
    "{'code':'team-eur','product':'team','currency':'EUR','amount':'49.00','tax_behavior':'exclusive',"      \
    "'interval':'month'}"
#define TAX                                                                                                  \
    "{'code':'ie','jurisdiction':'IE','category':'standard','rate':'23','valid_from':'2027-01-01',"          \
    "'valid_to':'2027-12-31'}"

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
    (void)snprintf(world.folder, sizeof(world.folder), "/tmp/landfall-billing-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    (void)snprintf(world.file, sizeof(world.file), "%s/catalogue.json", world.folder);
    (void)snprintf(settings, sizeof(settings), "{'path':'%s'}", world.folder);
    world.b = bench_open(DRIVER, settings);
    *state = &world;
    return 0;
}

static int leave(void **state)
{
    struct world *w = *state;
    size_t breaches = 0;
    bench_breaches(w->b, &breaches);
    assert_int_equal(breaches, 0);
    bench_close(w->b);
    unlink(w->file);
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

static void write_file(struct world *w, const char *json)
{
    struct err err;
    char *text = arena_text(bench_arena(w->b), json);
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    assert_true(file_replace(w->file, text, strlen(text), 0644, &err));
}

static const struct op_result *change(struct world *w, const char *type, uint32_t verb, const char *json)
{
    struct op_item item = {.verb = verb, .marker = MINE, .address = "billing.step.one"};
    const struct value *v = bench_value(w->b, json);
    if (verb == LF_VERB_DESTROY)
        item.prior = v;
    else
        item.desired = v;
    return bench_run(w->b, type, item);
}

static void make(struct world *w, const char *type, const char *json)
{
    const struct op_result *r = change(w, type, LF_VERB_CREATE, json);
    if (r->status != LF_END_OK)
        fail_msg("%s ended as %u", json, r->status);
    assert_null(r->broke);
}

static const struct op_result *look(struct world *w, const char *type, uint32_t verb, const char *json)
{
    struct op_item item = {.verb = verb, .marker = MINE, .desired = bench_value(w->b, json)};
    if (verb == LF_VERB_READ) {
        item.prior = item.desired;
        item.desired = NULL;
    }
    return bench_run(w->b, type, item);
}

static const struct op_result *plan(struct world *w, const char *type, const char *prior, const char *desired)
{
    struct op_item item = {.verb = LF_VERB_PLAN, .desired = bench_value(w->b, desired)};
    item.prior = prior ? bench_value(w->b, prior) : NULL;
    return bench_run(w->b, type, item);
}

static void assert_refused(struct world *w, const struct op_result *r, const char *code, const char *path)
{
    size_t notes = 0;
    if (r->status != LF_END_REFUSED || !bench_has_note(w->b, code))
        fail_msg("not refused as %s, but ended as %u", code, r->status);
    const struct diag *note = bench_notes(w->b, &notes);
    assert_int_equal(notes, 1);
    if (path)
        assert_string_equal(note->path, path);
}

/* ---- what is written ----------------------------------------------------------------------------------- */

static void test_the_catalogue_is_as_documented(void **state)
{
    struct world *w = *state;
    make(w, "entity", ENTITY);
    make(w, "product", PRODUCT);
    make(w, "price", PRICE);
    make(w, "tax", TAX);
    const struct value *all = bench_value(w->b, file_now(w));
    const struct value *expected = bench_value(
        w->b, "{'format':'landfall-billing','version':1,'entities':{'acme-eu':{'code':'acme-eu','name':'Acme "
              "Europe "
              "Ltd','country':'IE','invoice_prefix':'EU-','first_invoice':1000,'next_invoice':1000,"
              "'landfall':{'marker':'lf1.mine','address':'billing.step.one'}}},"
              "'products':{'team':{'code':'team','name':'Team','category':'standard',"
              "'landfall':{'marker':'lf1.mine','address':'billing.step.one'}}},"
              "'prices':{'team-eur':{'code':'team-eur','product':'team','currency':'EUR','amount':'49.00',"
              "'amount_minor':4900,'tax_behavior':'exclusive','interval':'month',"
              "'landfall':{'marker':'lf1.mine','address':'billing.step.one'}}},"
              "'taxes':{'ie':{'code':'ie','jurisdiction':'IE','category':'standard','rate':'23',"
              "'valid_from':'2027-01-01','valid_to':'2027-12-31',"
              "'landfall':{'marker':'lf1.mine','address':'billing.step.one'}}}}");
    assert_true(value_equal(all, expected));
}

static void test_what_is_created_is_read_back(void **state)
{
    static const struct {
        const char *type;
        const char *json;
        const char *id;
        const char *computed;
        int64_t number;
    } cases[] = {
        {"entity", ENTITY, "acme-eu", "next_invoice", 1000},
        {"product", PRODUCT, "team", NULL, 0},
        {"price", PRICE, "team-eur", "amount_minor", 4900},
        {"tax", TAX, "ie", NULL, 0},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct value *expected = bench_value(w->b, cases[i].json);
        if (cases[i].computed)
            expected = value_with_key(bench_arena(w->b), expected, cases[i].computed,
                                      value_int(bench_arena(w->b), cases[i].number));
        const struct op_result *r = change(w, cases[i].type, LF_VERB_CREATE, cases[i].json);
        assert_int_equal(r->status, LF_END_OK);
        assert_string_equal(r->id, cases[i].id);
        assert_string_equal(r->marker, MINE);
        assert_true(value_equal(r->state, expected));
        assert_true(value_equal(look(w, cases[i].type, LF_VERB_READ, cases[i].json)->state, expected));
        assert_true(value_equal(look(w, cases[i].type, LF_VERB_FIND, cases[i].json)->state, expected));
    }
}

static void test_a_thing_created_twice_is_one_thing(void **state)
{
    struct world *w = *state;
    make(w, "product", PRODUCT);
    const char *first = file_now(w);
    make(w, "product", PRODUCT);
    assert_string_equal(first, file_now(w));
}

static void test_a_change_replaces_what_is_said_and_drops_what_is_not(void **state)
{
    struct world *w = *state;
    make(w, "product", "{'code':'team','name':'Team','description':'old'}");
    const struct op_result *r =
        change(w, "product", LF_VERB_UPDATE, "{'code':'team','name':'Teams','category':'reduced'}");
    assert_int_equal(r->status, LF_END_OK);
    assert_true(
        value_equal(r->state, bench_value(w->b, "{'code':'team','name':'Teams','category':'reduced'}")));
    assert_null(strstr(file_now(w), "old"));
    assert_int_equal(change(w, "product", LF_VERB_UPDATE, "{'code':'nobody','name':'x'}")->status,
                     LF_END_GONE);
    assert_int_equal(change(w, "product", LF_VERB_DESTROY, PRODUCT)->status, LF_END_GONE);
    assert_null(strstr(file_now(w), "team"));
    assert_int_equal(change(w, "product", LF_VERB_DESTROY, PRODUCT)->status, LF_END_GONE);
}

static void test_invoice_numbers_never_go_back(void **state)
{
    struct world *w = *state;
    write_file(
        w, "{'format':'landfall-billing','version':1,'entities':{'acme-eu':{'code':'acme-eu','name':'Acme',"
           "'country':'IE','invoice_prefix':'EU-','first_invoice':1000,'next_invoice':1234,"
           "'landfall':{'marker':'lf1.mine'}}}}");
    const struct op_result *r = change(w, "entity", LF_VERB_UPDATE, ENTITY);
    assert_int_equal(r->status, LF_END_OK);
    assert_int_equal(value_get_int(r->state, "next_invoice", 0), 1234);
    make(w, "entity", ENTITY);
    assert_non_null(strstr(file_now(w), "\"next_invoice\":1234"));
}

static void test_an_amount_keeps_its_spelling_and_its_worth(void **state)
{
    static const struct {
        const char *currency;
        const char *amount;
        const char *text;
        int64_t minor;
    } cases[] = {
        {"EUR", "4900", "\"amount\":\"49.00\"", 4900},    {"EUR", "'0.05'", "\"amount\":\"0.05\"", 5},
        {"JPY", "'5000'", "\"amount\":\"5000\"", 5000},   {"JPY", "5000", "\"amount\":\"5000\"", 5000},
        {"KWD", "'1.234'", "\"amount\":\"1.234\"", 1234}, {"KWD", "7", "\"amount\":\"0.007\"", 7},
        {"USD", "'0.00'", "\"amount\":\"0.00\"", 0},
    };
    struct world *w = *state;
    make(w, "product", PRODUCT);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char json[160];
        (void)snprintf(json, sizeof(json), "{'code':'p','product':'team','currency':'%s','amount':%s}",
                       cases[i].currency, cases[i].amount);
        const struct op_result *r = change(w, "price", LF_VERB_CREATE, json);
        assert_int_equal(r->status, LF_END_OK);
        assert_int_equal(value_get_int(r->state, "amount_minor", -1), cases[i].minor);
        assert_true(value_equal(value_get(r->state, "amount"), value_get(bench_value(w->b, json), "amount")));
        assert_non_null(strstr(file_now(w), cases[i].text));
        assert_int_equal(change(w, "price", LF_VERB_DESTROY, json)->status, LF_END_GONE);
    }
}

/* ---- whose it is --------------------------------------------------------------------------------------- */

static const char peoples[] = "{'format':'landfall-billing','version':1,'note':'kept','entities':{},"
                              "'products':{'team':{'code':'team','name':'Ours','color':'red'},"
                              "'theirs':{'code':'theirs','name':'X','landfall':{'marker':'lf1.other'}}}}";

static void test_things_of_others_are_left_alone(void **state)
{
    struct world *w = *state;
    write_file(w, peoples);
    const char *before = file_now(w);
    const struct op_result *r = change(w, "product", LF_VERB_CREATE, PRODUCT);
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_null(r->marker);
    assert_int_equal(change(w, "product", LF_VERB_UPDATE, PRODUCT)->status, LF_END_EXISTS);
    assert_int_equal(change(w, "product", LF_VERB_DESTROY, PRODUCT)->status, LF_END_EXISTS);
    r = change(w, "product", LF_VERB_CREATE, "{'code':'theirs','name':'Y'}");
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, OTHER);
    assert_string_equal(file_now(w), before);
    make(w, "product", "{'code':'solo','name':'Solo'}");
    const struct value *now = bench_value(w->b, file_now(w));
    assert_string_equal(value_get_text(now, "note", ""), "kept");
    assert_string_equal(value_get_text(value_get(value_get(now, "products"), "team"), "color", ""), "red");
}

static void test_adopting_compares_the_marker_and_sets_it(void **state)
{
    struct world *w = *state;
    write_file(w, peoples);
    struct op_item item = {.verb = LF_VERB_UPDATE, .marker = MINE, .address = "billing.product.team"};
    item.desired = bench_value(w->b, PRODUCT);
    item.memo = bench_value(w->b, "{'adopt':true,'was':'lf1.other'}");
    assert_int_equal(bench_run(w->b, "product", item)->status, LF_END_EXISTS);
    item.memo = bench_value(w->b, "{'adopt':true,'was':''}");
    const struct op_result *r = bench_run(w->b, "product", item);
    assert_int_equal(r->status, LF_END_OK);
    assert_string_equal(r->marker, MINE);
    assert_non_null(strstr(file_now(w), "\"color\":\"red\""));
}

static void test_owned_finds_what_carries_a_marker(void **state)
{
    struct world *w = *state;
    size_t count = 0;
    write_file(w, peoples);
    assert_int_equal(bench_run(w->b, "product", (struct op_item){.verb = LF_VERB_OWNED})->status, LF_END_OK);
    const struct op_result *found = bench_found(w->b, &count);
    assert_int_equal(count, 1);
    assert_string_equal(found[0].id, "theirs");
    assert_string_equal(found[0].marker, OTHER);
    assert_int_equal(bench_run(w->b, "price", (struct op_item){.verb = LF_VERB_OWNED})->status, LF_END_OK);
    bench_found(w->b, &count);
    assert_int_equal(count, 0);
}

/* ---- recover, and reading only ------------------------------------------------------------------------- */

static void test_recover_tells_what_became_of_a_create(void **state)
{
    struct world *w = *state;
    assert_int_equal(look(w, "product", LF_VERB_RECOVER, PRODUCT)->status, LF_END_GONE);
    make(w, "product", PRODUCT);
    assert_int_equal(look(w, "product", LF_VERB_RECOVER, PRODUCT)->status, LF_END_OK);
    struct op_item item = {.verb = LF_VERB_RECOVER, .marker = OTHER, .desired = bench_value(w->b, PRODUCT)};
    const struct op_result *r = bench_run(w->b, "product", item);
    assert_int_equal(r->status, LF_END_EXISTS);
    assert_string_equal(r->marker, MINE);
}

static void test_a_file_that_is_not_understood_is_never_written(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{'format':'other','version':1}",
        "{'format':'landfall-billing','version':2}",
        "{'format':'landfall-billing','version':1,'prices':[]}",
        "{'format':'landfall-billing','version':1,'prices':{'a':1}}",
        "{'format':'landfall-billing','version':1,'prices':{},'prices':{}}",
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_file(w, texts[i]);
        const char *before = file_now(w);
        assert_int_equal(change(w, "product", LF_VERB_CREATE, PRODUCT)->status, LF_END_FAILED);
        assert_true(bench_has_note(w->b, "billing.catalogue_syntax"));
        assert_int_equal(look(w, "product", LF_VERB_READ, PRODUCT)->status, LF_END_CANNOT_TELL);
        assert_int_equal(look(w, "product", LF_VERB_RECOVER, PRODUCT)->status, LF_END_CANNOT_TELL);
        struct op_item item = {.verb = LF_VERB_OWNED};
        assert_int_equal(bench_run(w->b, "product", item)->status, LF_END_CANNOT_TELL);
        item.verb = LF_VERB_PREFLIGHT;
        assert_int_equal(bench_run(w->b, NULL, item)->status, LF_END_FAILED);
        assert_string_equal(file_now(w), before);
    }
}

static void test_verbs_that_only_look_write_nothing(void **state)
{
    static const uint32_t verbs[] = {LF_VERB_READ, LF_VERB_FIND,     LF_VERB_RECOVER,
                                     LF_VERB_PLAN, LF_VERB_ESTIMATE, LF_VERB_OWNED};
    struct world *w = *state;
    bench_read_only(w->b, true);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        struct op_item item = {.verb = verbs[i], .desired = bench_value(w->b, PRODUCT)};
        assert_null(bench_run(w->b, "product", item)->broke);
    }
    assert_int_equal(bench_run(w->b, NULL, (struct op_item){.verb = LF_VERB_PREFLIGHT})->status, LF_END_OK);
    assert_null(file_now(w));
}

/* ---- what is refused ----------------------------------------------------------------------------------- */

static void test_bad_declarations_are_refused_by_the_plan(void **state)
{
    static const struct {
        const char *type;
        const char *json;
        const char *code;
        const char *path;
    } cases[] = {
        {"price", "'product':'p','currency':'EUR','amount':'49.0'", "billing.amount", "amount"},
        {"price", "'product':'p','currency':'EUR','amount':'49'", "billing.amount", "amount"},
        {"price", "'product':'p','currency':'JPY','amount':'49.00'", "billing.amount", "amount"},
        {"price", "'product':'p','currency':'KWD','amount':'1.23'", "billing.amount", "amount"},
        {"price", "'product':'p','currency':'EUR','amount':49.5", "billing.amount", "amount"},
        {"price", "'product':'p','currency':'EUR','amount':-1", "billing.amount", "amount"},
        {"price", "'product':'p','currency':'EUR','amount':'-1.00'", "billing.amount", "amount"},
        {"price", "'product':'p','currency':'EUR','amount':'1,00'", "billing.amount", "amount"},
        {"price", "'product':'p','currency':'EUR','amount':'123456789012345.00'", "billing.amount", "amount"},
        {"price", "'product':'p','currency':'EUR','amount':'1.00x'", "billing.amount", "amount"},
        {"price", "'product':'p','currency':'eur','amount':1", "billing.currency", "currency"},
        {"price", "'product':'p','currency':'XXQ','amount':1", "billing.currency", "currency"},
        {"price", "'product':'p','currency':'EUR','amount':1,'tax_behavior':'maybe'", "billing.choice",
         "tax_behavior"},
        {"price", "'product':'p','currency':'EUR','amount':1,'interval':'week'", "billing.choice",
         "interval"},
        {"price", "'product':'p','currency':'EUR','amount':1,'options':{'x':1}", "billing.option_unknown",
         "options.x"},
        {"tax", "'jurisdiction':'Ireland','rate':'23'", "billing.place", "jurisdiction"},
        {"tax", "'jurisdiction':'IE','rate':'23%'", "billing.rate", "rate"},
        {"tax", "'jurisdiction':'IE','rate':'1.23456'", "billing.rate", "rate"},
        {"tax", "'jurisdiction':'IE','rate':'23','valid_from':'2027-02-29'", "billing.date", "valid_from"},
        {"tax", "'jurisdiction':'IE','rate':'23','valid_to':'01.02.2027'", "billing.date", "valid_to"},
        {"tax", "'jurisdiction':'IE','rate':'23','valid_from':'2027-02-02','valid_to':'2027-02-01'",
         "billing.validity", "valid_to"},
        {"entity", "'name':'A','country':'ie','invoice_prefix':'A'", "billing.place", "country"},
        {"entity", "'name':'A','country':'IE','invoice_prefix':'a b'", "billing.invoice_prefix",
         "invoice_prefix"},
        {"entity", "'name':'A','country':'IE','invoice_prefix':'A','vat_id':'IE 12'", "billing.vat_id",
         "vat_id"},
        {"entity", "'name':'A','country':'IE','invoice_prefix':'A','first_invoice':0",
         "billing.first_invoice", "first_invoice"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char json[256];
        (void)snprintf(json, sizeof(json), "{'code':'c',%s}", cases[i].json);
        assert_refused(w, plan(w, cases[i].type, NULL, json), cases[i].code, cases[i].path);
    }
    assert_refused(w, plan(w, "product", NULL, "{'code':'../x','name':'n'}"), "billing.code", "code");
    assert_int_equal(plan(w, "tax", NULL,
                          "{'code':'c','jurisdiction':'US-CA','rate':'8.875',"
                          "'valid_from':'2028-02-29'}")
                         ->status,
                     LF_END_OK);
}

static void test_a_plan_compares_worth_not_spelling(void **state)
{
    static const char prior[] =
        "{'code':'p','product':'team','currency':'EUR','amount':'49.00','amount_minor':4900,"
        "'tax_behavior':'exclusive','interval':'month'}";
    struct world *w = *state;
    const struct op_result *r =
        plan(w, "price", prior, "{'code':'p','product':'team','currency':'EUR','amount':4900}");
    assert_int_equal(r->action, LF_DO_KEEP);
    r = plan(w, "price", prior, "{'code':'p','product':'team','currency':'EUR','amount':'59.00'}");
    assert_int_equal(r->action, LF_DO_UPDATE);
    assert_string_equal(r->because[0], "amount");
    assert_int_equal(value_get_int(r->state, "amount_minor", 0), 5900);
    r = plan(w, "price", prior, "{'code':'p','product':'team','currency':'USD','amount':'49.00'}");
    assert_int_equal(r->action, LF_DO_REPLACE);
    r = plan(w, "price", NULL, "{'code':'p','product':'team','currency':'EUR','amount':'49.00'}");
    assert_int_equal(r->action, LF_DO_CREATE);
    assert_string_equal(value_get_text(r->state, "interval", ""), "month");
}

static void test_two_entities_share_no_invoice_prefix(void **state)
{
    struct world *w = *state;
    make(w, "entity", ENTITY);
    const char *before = file_now(w);
    const char *json = "{'code':'acme-fr','name':'Acme SAS','country':'FR','invoice_prefix':'EU-'}";
    assert_refused(w, change(w, "entity", LF_VERB_CREATE, json), "billing.invoice_prefix_taken",
                   "invoice_prefix");
    assert_string_equal(file_now(w), before);
}

static void test_tax_rules_do_not_overlap(void **state)
{
    static const struct {
        const char *rest;
        bool good;
    } cases[] = {
        {"'jurisdiction':'IE'", false},
        {"'jurisdiction':'IE','valid_to':'2027-01-01'", false},
        {"'jurisdiction':'IE','valid_from':'2027-12-31'", false},
        {"'jurisdiction':'IE','valid_from':'2027-06-01','valid_to':'2027-06-01'", false},
        {"'jurisdiction':'IE','category':'standard','valid_from':'2027-06-01'", false},
        {"'jurisdiction':'IE','valid_to':'2026-12-31'", true},
        {"'jurisdiction':'IE','valid_from':'2028-01-01'", true},
        {"'jurisdiction':'IE','category':'reduced'", true},
        {"'jurisdiction':'FR'", true},
    };
    struct world *w = *state;
    make(w, "tax", TAX);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char json[200];
        (void)snprintf(json, sizeof(json), "{'code':'x','rate':'9',%s}", cases[i].rest);
        const struct op_result *r = change(w, "tax", LF_VERB_CREATE, json);
        if (cases[i].good)
            assert_int_equal(r->status, LF_END_OK);
        else
            assert_refused(w, r, "billing.tax_overlap", "valid_from");
        assert_int_equal(change(w, "tax", LF_VERB_DESTROY, json)->status, LF_END_GONE);
    }
    /* A rule does not stand in its own way. */
    assert_int_equal(
        change(w, "tax", LF_VERB_UPDATE, "{'code':'ie','jurisdiction':'IE','rate':'21'}")->status, LF_END_OK);
}

static void test_a_price_needs_its_product_and_keeps_it(void **state)
{
    struct world *w = *state;
    assert_refused(w, change(w, "price", LF_VERB_CREATE, PRICE), "billing.product_missing", "product");
    assert_null(file_now(w));
    make(w, "product", PRODUCT);
    make(w, "price", PRICE);
    assert_refused(w, change(w, "product", LF_VERB_DESTROY, PRODUCT), "billing.product_in_use", NULL);
    assert_int_equal(change(w, "price", LF_VERB_DESTROY, PRICE)->status, LF_END_GONE);
    assert_int_equal(change(w, "product", LF_VERB_DESTROY, PRODUCT)->status, LF_END_GONE);
}

static void test_a_batch_settles_each_item_and_writes_once(void **state)
{
    struct world *w = *state;
    struct op_item items[] = {
        {.verb = LF_VERB_CREATE, .marker = "lf1.1", .desired = bench_value(w->b, "{'code':'a','name':'A'}")},
        {.verb = LF_VERB_CREATE, .marker = "lf1.2", .desired = bench_value(w->b, "{'code':'B','name':'B'}")},
        {.verb = LF_VERB_CREATE, .marker = "lf1.3", .desired = bench_value(w->b, "{'code':'c','name':'C'}")},
        {.verb = LF_VERB_DESTROY, .marker = "lf1.1", .prior = bench_value(w->b, "{'code':'a','name':'A'}")},
    };
    const struct op_result *r = bench_run_many(w->b, "product", items, 4);
    assert_int_equal(r[0].status, LF_END_OK);
    assert_int_equal(r[1].status, LF_END_REFUSED);
    assert_int_equal(r[2].status, LF_END_OK);
    assert_int_equal(r[3].status, LF_END_GONE);
    const struct value *products = value_get(bench_value(w->b, file_now(w)), "products");
    assert_int_equal(products->count, 1);
    assert_non_null(value_get(products, "c"));
}

/* A file where the folder should be: the catalogue is not there, and cannot be made. */
static void test_a_file_that_cannot_be_written_is_no_success(void **state)
{
    struct world *w = *state;
    char settings[160];
    write_file(w, "in the way");
    (void)snprintf(settings, sizeof(settings), "{'path':'%s/below'}", w->file);
    struct bench *b = bench_open(DRIVER, settings);
    struct op_item items[] = {
        {.verb = LF_VERB_CREATE, .desired = bench_value(b, PRODUCT)},
        {.verb = LF_VERB_DESTROY, .prior = bench_value(b, "{'code':'x','name':'X'}")},
        {.verb = LF_VERB_CREATE, .desired = bench_value(b, "{'code':'?','name':'X'}")},
    };
    const struct op_result *r = bench_run_many(b, "product", items, 3);
    /* The trouble came before the rename: for certain nothing was changed. */
    assert_int_equal(r[0].status, LF_END_FAILED);
    assert_int_equal(r[1].status, LF_END_FAILED);
    assert_int_equal(r[2].status, LF_END_REFUSED);
    assert_true(bench_has_note(b, "billing.file_unwritable"));
    bench_close(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_catalogue_is_as_documented),
        TEST(test_what_is_created_is_read_back),
        TEST(test_a_thing_created_twice_is_one_thing),
        TEST(test_a_change_replaces_what_is_said_and_drops_what_is_not),
        TEST(test_invoice_numbers_never_go_back),
        TEST(test_an_amount_keeps_its_spelling_and_its_worth),
        TEST(test_things_of_others_are_left_alone),
        TEST(test_adopting_compares_the_marker_and_sets_it),
        TEST(test_owned_finds_what_carries_a_marker),
        TEST(test_recover_tells_what_became_of_a_create),
        TEST(test_a_file_that_is_not_understood_is_never_written),
        TEST(test_verbs_that_only_look_write_nothing),
        TEST(test_bad_declarations_are_refused_by_the_plan),
        TEST(test_a_plan_compares_worth_not_spelling),
        TEST(test_two_entities_share_no_invoice_prefix),
        TEST(test_tax_rules_do_not_overlap),
        TEST(test_a_price_needs_its_product_and_keeps_it),
        TEST(test_a_batch_settles_each_item_and_writes_once),
        TEST(test_a_file_that_cannot_be_written_is_no_success),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
