/* Parity: each difference is led back to what made it, and nothing gets an explanation it does not have. */
#include "../region/project_folder.h"

#include "base/attr.h"
#include "launch/parity.h"
#include "launch/parity_words.h"
#include "model/decl.h"
#include "model/path.h"

/* The playbook of these tests: a function of the region's values, and nothing else. */
struct world {
    struct folder *folder;
    const struct decls *(*declare)(struct world *w, const struct region *region, struct arena *mem,
                                   struct err *err);
    int evaluations;
    struct region *left, *right;
    struct parity *parity;
    const void *own; /* of the test */
};

static bool evaluate(void *user, const struct region *region, struct arena *mem, const struct decls **out,
                     struct err *err)
{
    struct world *w = user;
    w->evaluations++;
    *out = w->declare(w, region, mem, err);
    return *out != NULL;
}

static bool no_type(void *user, const char *subsystem, const char *instance, const char *type,
                    const struct catalog_type **out, struct err *err)
{
    (void)user, (void)subsystem, (void)instance, (void)type, (void)out;
    return err_set(err, "catalog.no_type", "there are no types here");
}

static void compare(struct world *w, bool brief)
{
    struct folder *p = w->folder;
    folder_must_load(p, "eu");
    w->left = p->region;
    folder_must_load(p, "us");
    w->right = p->region;
    struct parity_ask ask = {.left = w->left,
                             .right = w->right,
                             .catalog = {.type = no_type},
                             .evaluate = evaluate,
                             .user = w,
                             .brief = brief};
    w->evaluations = 0;
    if (!parity_make(p->mem, &ask, &w->parity, &p->err))
        fail_msg("%s: %s", p->err.code, p->err.summary);
}

static const struct parity_difference *find(const struct world *w, const char *address, const char *setting)
{
    for (size_t i = 0; i < w->parity->count; i++) {
        const struct parity_difference *d = &w->parity->at[i];
        bool same =
            d->setting == NULL || setting == NULL ? d->setting == setting : strcmp(d->setting, setting) == 0;
        if (d->address && strcmp(d->address, address) == 0 && same)
            return d;
    }
    return NULL;
}

/* ---- a playbook of numbers -------------------------------------------------------------------------- */

#define VALUES 8
#define STEPS  6

enum kind { SAME, SHRUNK, MEANT, BARE, KINDS };

/* Step i has the sum of those values whose bit is set; values differ by distinct powers of ten, so that no
 * two sets of differences have one sum. */
struct numbers {
    enum kind kinds[VALUES];
    uint32_t uses[STEPS];
};

static uint32_t chance_at;

static uint32_t chance(uint32_t below)
{
    chance_at = chance_at * 1664525u + 1013904223u;
    return (chance_at >> 8) % below;
}

static const struct decls *declare_numbers(struct world *w, const struct region *region, struct arena *mem,
                                           struct err *err)
{
    (void)err;
    const struct numbers *n = w->own;
    struct decl *steps = ARENA_ARRAY(mem, struct decl, STEPS);
    for (uint32_t i = 0; i < STEPS; i++) {
        int64_t sum = 0;
        for (uint32_t k = 0; k < VALUES; k++) {
            const struct value *v =
                value_get(value_get(region->view, "services"), arena_print(mem, "v%u", k));
            sum += n->uses[i] & (1u << k) ? v->number : 0;
        }
        struct pair pair = {"sum", value_int(mem, sum)};
        steps[i] = (struct decl){.address = arena_print(mem, "x.thing.s%u", i),
                                 .kind = DECL_RESOURCE,
                                 .subsystem = "x",
                                 .type = "thing",
                                 .instance = "",
                                 .attrs = value_map(mem, &pair, 1),
                                 .file = "playbooks/main.lua"};
    }
    struct decls *decls = ARENA_NEW(mem, struct decls);
    *decls = (struct decls){.at = steps, .count = STEPS};
    return decls;
}

static void write_numbers(struct folder *p, const struct numbers *n)
{
    struct buf us, shrink, differs, own;
    struct buf *all[] = {&us, &shrink, &differs, &own};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        buf_init(all[i], 0);
    int64_t step = 1;
    for (uint32_t k = 0; k < VALUES; k++, step *= 10) {
        buf_print(&us, "  v%u: 0\n", k);
        if (n->kinds[k] == SHRUNK)
            buf_print(&shrink, "  - { match: services.v%u, to: %d, why: w%u }\n", k, (int)step, k);
        else if (n->kinds[k] != SAME)
            buf_print(&own, "  v%u: %d\n", k, (int)step);
        if (n->kinds[k] == MEANT)
            buf_print(&differs, "  - { what: services.v%u, why: w%u, owner: o }\n", k, k);
    }
    folder_write_region(p, "us", arena_print(p->mem, "services:\n%s", us.at));
    folder_write_region(p, "eu",
                        arena_print(p->mem, "from: us\n%s%s%s%s%s%s", shrink.count ? "shrink:\n" : "",
                                    shrink.at, differs.count ? "differs:\n" : "", differs.at,
                                    own.count ? "services:\n" : "", own.at));
    for (size_t i = 0; i < COUNT_OF(all); i++)
        buf_done(all[i]);
}

static bool has_cause(const struct parity_difference *d, uint32_t k, enum kind kind, struct arena *mem)
{
    const char *what = arena_print(mem, "services.v%u", k);
    enum parity_by by = kind == SHRUNK ? PARITY_SHRUNK : kind == MEANT ? PARITY_DIFFERS : PARITY_UNEXPLAINED;
    for (size_t i = 0; i < d->cause_count; i++)
        if (d->causes[i]->by == by && strcmp(d->causes[i]->what, what) == 0)
            return true;
    return false;
}

/* The causes of a difference are the values it was made of that differ: none more, none less. */
static void check_numbers(const struct world *w, const struct numbers *n)
{
    for (uint32_t i = 0; i < STEPS; i++) {
        const struct parity_difference *d = find(w, arena_print(w->folder->mem, "x.thing.s%u", i), "sum");
        size_t expected = 0, bare = 0;
        for (uint32_t k = 0; k < VALUES; k++) {
            if (!(n->uses[i] & (1u << k)) || n->kinds[k] == SAME)
                continue;
            expected++;
            bare += n->kinds[k] == BARE;
            assert_non_null(d);
            assert_true(has_cause(d, k, n->kinds[k], w->folder->mem));
        }
        assert_int_equal(d ? d->cause_count : 0, expected);
        if (d)
            assert_int_equal(d->explained, bare == 0);
    }
}

static void test_the_causes_of_a_difference_are_what_it_was_made_of(void **state)
{
    struct world w = {.folder = *state, .declare = declare_numbers};
    for (uint32_t seed = 1; seed < 60; seed++) {
        struct numbers n;
        chance_at = seed;
        for (uint32_t k = 0; k < VALUES; k++)
            n.kinds[k] = (enum kind)chance(KINDS);
        for (uint32_t i = 0; i < STEPS; i++)
            n.uses[i] = chance(1u << VALUES);
        write_numbers(w.folder, &n);
        w.own = &n;
        compare(&w, false);
        check_numbers(&w, &n);
    }
}

static void test_in_brief_what_is_unexplained_is_the_same(void **state)
{
    struct world w = {.folder = *state, .declare = declare_numbers};
    for (uint32_t seed = 1; seed < 20; seed++) {
        struct numbers n;
        chance_at = seed;
        for (uint32_t k = 0; k < VALUES; k++)
            n.kinds[k] = (enum kind)chance(KINDS);
        for (uint32_t i = 0; i < STEPS; i++)
            n.uses[i] = chance(1u << VALUES);
        write_numbers(w.folder, &n);
        w.own = &n;
        compare(&w, false);
        size_t unexplained = w.parity->unexplained, count = w.parity->count;
        compare(&w, true);
        assert_int_equal(w.parity->unexplained, unexplained);
        assert_int_equal(w.parity->count, count);
    }
}

static void test_in_brief_ten_rules_cost_no_more_than_one(void **state)
{
    struct numbers n = {.uses = {255}};
    struct world w = {.folder = *state, .declare = declare_numbers, .own = &n};
    for (uint32_t k = 0; k < VALUES; k++)
        n.kinds[k] = SHRUNK;
    write_numbers(w.folder, &n);
    compare(&w, true);
    assert_int_equal(w.evaluations, 3);
    assert_int_equal(w.parity->unexplained, 0);
}

/* ---- who the region is ------------------------------------------------------------------------------- */

static const struct decls *one_step(struct arena *mem, const char *name, struct pair pair)
{
    struct decl *step = ARENA_NEW(mem, struct decl);
    *step = (struct decl){.address = arena_print(mem, "x.thing.%s", name),
                          .kind = DECL_RESOURCE,
                          .subsystem = "x",
                          .type = "thing",
                          .instance = "",
                          .attrs = value_map(mem, &pair, 1),
                          .file = "playbooks/main.lua"};
    struct decls *decls = ARENA_NEW(mem, struct decls);
    *decls = (struct decls){.at = step, .count = 1};
    return decls;
}

static const char *word(const struct region *region, const char *key)
{
    return value_get_text(region->view, key, "");
}

static const struct decls *declare_words(struct world *w, const struct region *region, struct arena *mem,
                                         struct err *err)
{
    (void)w, (void)err;
    struct pair pair = {"host", value_text(mem, arena_print(mem, "db.%s (%s)", word(region, "domain"),
                                                            word(region, "place")))};
    return one_step(mem, "db", pair);
}

static void test_a_text_that_only_says_where_it_is_explains_itself(void **state)
{
    struct world w = {.folder = *state, .declare = declare_words};
    folder_write_region(w.folder, "us", "");
    folder_write_region(w.folder, "eu", "from: us\n");
    compare(&w, false);
    assert_int_equal(w.parity->count, 1);
    assert_int_equal(w.parity->at[0].causes[0]->by, PARITY_OWN);
    assert_int_equal(w.parity->unexplained, 0);
}

static const struct decls *declare_choice(struct world *w, const struct region *region, struct arena *mem,
                                          struct err *err)
{
    (void)w, (void)err;
    bool eu = strcmp(word(region, "region"), "eu") == 0;
    return one_step(mem, "db", (struct pair){"size", value_int(mem, eu ? 1 : 9)});
}

static void test_a_playbook_that_decides_by_the_name_is_not_explained_by_it(void **state)
{
    struct world w = {.folder = *state, .declare = declare_choice};
    folder_write_region(w.folder, "us", "");
    folder_write_region(w.folder, "eu", "from: us\n");
    compare(&w, false);
    assert_int_equal(w.parity->unexplained, 1);
    assert_int_equal(w.parity->at[0].causes[0]->by, PARITY_UNEXPLAINED);
    folder_write_region(w.folder, "eu",
                        "from: us\ndiffers:\n  - { what: x.thing.db#size, why: small, owner: me }\n"
                        "  - { what: x.thing.db#name, why: small, owner: me }\n");
    compare(&w, false);
    assert_int_equal(w.parity->unexplained, 0);
    assert_string_equal(w.parity->at[0].causes[0]->owner, "me");
    assert_int_equal(w.parity->idle, 1);
}

static const struct decls *declare_named(struct world *w, const struct region *region, struct arena *mem,
                                         struct err *err)
{
    (void)w, (void)err;
    return one_step(mem, arena_print(mem, "%s-main", word(region, "region")),
                    (struct pair){"size", value_int(mem, 1)});
}

static void test_a_step_named_by_its_region_is_the_same_step(void **state)
{
    struct world w = {.folder = *state, .declare = declare_named};
    folder_write_region(w.folder, "us", "");
    folder_write_region(w.folder, "eu", "from: us\n");
    compare(&w, false);
    assert_int_equal(w.parity->count, 0);
}

/* ---- a playbook that takes not every mixture --------------------------------------------------------- */

/* Every product has its price: those of one region with the prices of the other are refused. */
static const struct decls *declare_prices(struct world *w, const struct region *region, struct arena *mem,
                                          struct err *err)
{
    (void)w;
    const struct value *services = value_get(region->view, "services");
    const struct value *products = value_get(services, "products");
    const struct value *prices = value_get(value_get(services, "own"), word(region, "jurisdiction"));
    const struct value *sum = value_int(mem, 0);
    for (size_t i = 0; i < products->count; i++) {
        const struct value *price = value_get(prices, products->pairs[i].key);
        if (!price) {
            err_set(err, "test.no_price", "no price of '%s'", products->pairs[i].key);
            return NULL;
        }
        sum = value_int(mem, sum->number + price->number);
    }
    return one_step(mem, "list", (struct pair){"sum", sum});
}

static void test_mixtures_the_playbook_refuses_wait_for_the_rest(void **state)
{
    struct world w = {.folder = *state, .declare = declare_prices};
    folder_write(
        w.folder, "regions/us.yaml",
        "{ region: us, title: US, jurisdiction: US, place: p-us, domain: us.acme.example,\n"
        "  currency: USD, services: { products: { a: 1, b: 1 }, own: { US: { a: 10, b: 20 } } } }\n");
    folder_write(w.folder, "regions/eu.yaml",
                 "{ region: eu, title: EU, jurisdiction: EU, place: p-eu, domain: eu.acme.example,\n"
                 "  currency: EUR, from: us, services: { own: { EU: { a: 11 } } },\n"
                 "  absent: [{ what: services.products.b, why: not yet, owner: me }],\n"
                 "  differs: [{ what: services.own, why: its prices, owner: me }] }\n");
    compare(&w, false);
    const struct parity_difference *d = find(&w, "x.thing.list", "sum");
    assert_non_null(d);
    assert_true(d->explained);
    assert_int_equal(d->cause_count, 2);
    assert_int_equal(w.parity->unexplained, 0);
}

static void test_an_error_of_the_playbook_names_the_region(void **state)
{
    struct world w = {.folder = *state, .declare = declare_prices};
    folder_write_region(w.folder, "us", "services: { products: { a: 1 } }\n");
    folder_write_region(w.folder, "eu", "from: us\n");
    folder_must_load(w.folder, "eu");
    w.left = w.folder->region;
    folder_must_load(w.folder, "us");
    struct parity_ask ask = {.left = w.left,
                             .right = w.folder->region,
                             .catalog = {.type = no_type},
                             .evaluate = evaluate,
                             .user = &w};
    assert_false(parity_make(w.folder->mem, &ask, &w.parity, &w.folder->err));
    assert_non_null(strstr(w.folder->err.summary, "for region 'eu'"));
}

/* ---- words ------------------------------------------------------------------------------------------- */

static void test_words_are_whole_and_the_longest_wins(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu", "");
    folder_must_load(p, "eu");
    const struct region *left = p->region;
    folder_write_region(p, "us", "");
    folder_must_load(p, "us");
    struct parity_words words;
    parity_words_of(&words, p->mem, left, p->region);
    struct buf out;
    buf_init(&out, 0);
    parity_words_translate(&words, &out,
                           "eu.acme.example eu-place-1 eu neue eux \xc3\xa9"
                           "eu eu_2");
    assert_string_equal(out.at, "us.acme.example us-place-1 us neue eux \xc3\xa9"
                                "eu us_2");
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
        TEST(test_the_causes_of_a_difference_are_what_it_was_made_of),
        TEST(test_in_brief_what_is_unexplained_is_the_same),
        TEST(test_in_brief_ten_rules_cost_no_more_than_one),
        TEST(test_a_text_that_only_says_where_it_is_explains_itself),
        TEST(test_a_playbook_that_decides_by_the_name_is_not_explained_by_it),
        TEST(test_a_step_named_by_its_region_is_the_same_step),
        TEST(test_mixtures_the_playbook_refuses_wait_for_the_rest),
        TEST(test_an_error_of_the_playbook_names_the_region),
        TEST(test_words_are_whole_and_the_longest_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
