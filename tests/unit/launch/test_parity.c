/* Parity: each difference is led back to what made it, and nothing gets an explanation it does not have. */
#include "../region/project_folder.h"

#include "base/attr.h"
#include "launch/parity.h"
#include "launch/parity_words.h"
#include "model/decl.h"
#include "model/expr.h"
#include "model/path.h"
#include "model/schema.h"
#include "store/store.h"

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

/* The causes that nobody gave, in the same order. */
static void check_same_blame(const struct parity *a, const struct parity *b)
{
    size_t i = 0, k = 0;
    for (; i < a->cause_count; i++) {
        if (a->causes[i]->by < PARITY_UNEXPLAINED)
            continue;
        while (k < b->cause_count && b->causes[k]->by < PARITY_UNEXPLAINED)
            k++;
        assert_true(k < b->cause_count);
        assert_string_equal(a->causes[i]->what, b->causes[k]->what);
        assert_string_equal(a->causes[i]->left, b->causes[k++]->left);
    }
    assert_int_equal(k == 0 ? 0 : b->cause_count, k);
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
        struct parity whole = *w.parity;
        compare(&w, true);
        assert_int_equal(w.parity->unexplained, whole.unexplained);
        assert_int_equal(w.parity->count, whole.count);
        assert_null(w.parity->at);
        check_same_blame(&whole, w.parity);
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

static void test_what_explains_itself_needs_no_mixture(void **state)
{
    struct world w = {.folder = *state, .declare = declare_words};
    folder_write_region(w.folder, "us", "services: { size: 9 }\n");
    folder_write_region(w.folder, "eu", "from: us\nshrink:\n  - { match: services.size, to: 1, why: w }\n");
    compare(&w, false);
    assert_int_equal(w.parity->unexplained, 0);
    assert_int_equal(w.evaluations, 2);
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

/* ---- steps that only one side has ---------------------------------------------------------------------- */

/* A step for each entry of services.steps, of the size it says; the region's own name stands in one. */
static const struct decls *declare_list(struct world *w, const struct region *region, struct arena *mem,
                                        struct err *err)
{
    (void)w, (void)err;
    const struct value *list = value_get(value_get(region->view, "services"), "steps");
    struct decl *steps = ARENA_ARRAY(mem, struct decl, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const char *key = list->pairs[i].key;
        const char *name = strcmp(key, "own") ? key : arena_print(mem, "m-%s", word(region, "region"));
        struct pair pairs[] = {{"deep", NULL}, {"size", list->pairs[i].value}};
        struct pair inside = {"er", list->pairs[i].value};
        pairs[0].value = value_map(mem, &inside, 1);
        steps[i] = *one_step(mem, name, (struct pair){"x", value_null()})->at;
        steps[i].attrs = value_map(mem, pairs, COUNT_OF(pairs));
        steps[i].meta.owner = list->pairs[i].value->number > 1 ? "big" : NULL;
    }
    struct decls *decls = ARENA_NEW(mem, struct decls);
    *decls = (struct decls){.at = steps, .count = list->count};
    return decls;
}

static void check_row(const struct parity *p, size_t i, const char *address, const char *setting,
                      const char *what)
{
    assert_true(i < p->count);
    assert_string_equal(p->at[i].address, address);
    if (setting)
        assert_string_equal(p->at[i].setting, setting);
    else
        assert_null(p->at[i].setting);
    assert_int_equal(p->at[i].cause_count, 1);
    assert_string_equal(p->at[i].causes[0]->what, what);
}

static void test_steps_of_one_side_stand_among_those_of_both(void **state)
{
    struct world w = {.folder = *state, .declare = declare_list};
    folder_write_region(w.folder, "us", "services: { steps: { a: 1, b: 1, d: 1, own: 9, z: 9 } }\n");
    folder_write_region(w.folder, "eu",
                        "from: us\nshrink:\n  - { match: services.steps.own, to: 1, why: w }\n"
                        "  - { match: services.steps.z, to: 1, why: w }\n"
                        "absent: [{ what: services.steps.b, why: not yet, owner: me }]\n"
                        "differs: [{ what: services.steps.c, why: ours, owner: me }]\n"
                        "services: { steps: { c: 1 } }\n");
    compare(&w, false);
    const char *own = "services.steps.own", *z = "services.steps.z";
    assert_int_equal(w.parity->count, 8);
    assert_int_equal(w.parity->unexplained, 0);
    check_row(w.parity, 0, "x.thing.b", NULL, "services.steps.b");
    check_row(w.parity, 1, "x.thing.c", NULL, "services.steps.c");
    check_row(w.parity, 2, "x.thing.m-eu", "deep.er", own);
    check_row(w.parity, 3, "x.thing.z", "deep.er", z);
    check_row(w.parity, 4, "x.thing.m-eu", "size", own);
    check_row(w.parity, 5, "x.thing.z", "size", z);
    check_row(w.parity, 6, "x.thing.m-eu", "step.owner", own);
    check_row(w.parity, 7, "x.thing.z", "step.owner", z);
    assert_null(w.parity->at[0].left);
    assert_null(w.parity->at[1].right);
    assert_null(w.parity->at[6].left);
    assert_string_equal(w.parity->at[6].right->text, "big");
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

/* ---- what stands ------------------------------------------------------------------------------------ */

static bool sized(void *user, const char *subsystem, const char *instance, const char *type,
                  const struct catalog_type **out, struct err *err)
{
    static const struct schema_attr attrs[] = {{.name = "size", .kind = VALUE_INT}};
    static const struct schema schema = {1, attrs, COUNT_OF(attrs)};
    static const struct catalog_type thing = {.subsystem = "x", .name = "thing", .schema = &schema};
    (void)user, (void)subsystem, (void)instance, (void)type, (void)err;
    *out = &thing;
    return true;
}

static const struct decls *declare_four(struct world *w, const struct region *region, struct arena *mem,
                                        struct err *err)
{
    (void)w, (void)region, (void)err;
    struct decl *steps = ARENA_ARRAY(mem, struct decl, 4);
    for (int i = 0; i < 4; i++)
        steps[i] = *one_step(mem, arena_print(mem, "s%d", i), (struct pair){"size", value_int(mem, 5)})->at;
    struct decls *decls = ARENA_NEW(mem, struct decls);
    *decls = (struct decls){.at = steps, .count = 4};
    return decls;
}

/* What is asked for as it is declared stands as well as it can, whatever the service shows of it; and what it
 * shows as it is declared is right, whatever was asked for. */
static void test_only_what_is_neither_asked_nor_seen_is_another_thing(void **state)
{
    static const struct {
        const char *desired, *observed;
    } rows[] = {{"{\"size\":5}", "{\"size\":4}"},
                {"{\"size\":3}", "{\"size\":5}"},
                {"{\"size\":3}", "{\"size\":4}"},
                {"{\"size\":3}", "{\"size\":2}"}};
    struct store_res res[COUNT_OF(rows)];
    struct world w = {.folder = *state, .declare = declare_four};
    struct folder *p = w.folder;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        res[i] = (struct store_res){.address = arena_print(p->mem, "x.thing.s%zu", i),
                                    .kind = DECL_RESOURCE,
                                    .subsystem = "x",
                                    .type = "thing",
                                    .instance = "",
                                    .desired = rows[i].desired,
                                    .observed = rows[i].observed};
    const struct store_snapshot truth = {.exists = true, .res = res, .res_count = COUNT_OF(rows)};
    folder_write_region(p, "us", "");
    folder_write_region(p, "eu", "from: us\n");
    folder_must_load(p, "eu");
    w.left = p->region;
    folder_must_load(p, "us");
    const struct parity_ask ask = {.left = w.left,
                                   .right = p->region,
                                   .catalog = {.type = sized},
                                   .evaluate = evaluate,
                                   .user = &w,
                                   .left_truth = &truth};
    assert_true(parity_make(p->mem, &ask, &w.parity, &p->err));
    assert_int_equal(w.parity->count, 2);
    assert_int_equal(w.parity->unexplained, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct parity_difference *d = &w.parity->at[i];
        assert_string_equal(d->address, res[2 + i].address);
        assert_string_equal(d->setting, "size");
        assert_int_equal(d->left->number, 5);
        assert_int_equal(d->right->number, i ? 2 : 4);
        assert_int_equal(d->causes[0]->by, PARITY_BUILT);
    }
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

/* A text on its own is read where it stands; in a list it is spelled first.  Both say the same. */
static void test_a_text_is_judged_alike_alone_and_in_a_list(void **state)
{
    static const char *const parts[] = {"eu", "us", ".acme.example", "eu-place-1", "us-place-1", "-",
                                        "e",  "u",  "\xc3\xa9",      "\"",         "\\",         "\n"};
    struct folder *p = *state;
    folder_write_region(p, "eu", "");
    folder_must_load(p, "eu");
    const struct region *left = p->region;
    folder_write_region(p, "us", "");
    folder_must_load(p, "us");
    struct parity_words words;
    parity_words_of(&words, p->mem, left, p->region);
    size_t same = 0;
    chance_at = 1;
    for (int round = 0; round < 20000; round++) {
        struct buf text[2];
        const struct value *alone[2], *listed[2];
        uint32_t count = chance(4);
        buf_init(&text[0], 0);
        buf_init(&text[1], 0);
        for (uint32_t i = 0; i < count; i++) {
            const char *part = parts[chance(COUNT_OF(parts))];
            buf_text(&text[0], part);
            if (chance(3) > 0)
                parity_words_translate(&words, &text[1], part);
            else
                buf_text(&text[1], part);
        }
        for (int k = 0; k < 2; k++) {
            alone[k] = value_text(p->mem, text[k].at);
            listed[k] = value_list(p->mem, &alone[k], 1);
            buf_done(&text[k]);
        }
        bool is_same = parity_words_same(&words, alone[0], alone[1]);
        assert_int_equal(is_same, parity_words_same(&words, listed[0], listed[1]));
        assert_int_equal(parity_words_alike(listed[0], listed[1]),
                         strcmp(alone[0]->text, alone[1]->text) == 0);
        same += is_same;
    }
    assert_in_range(same, 2000, 18000);
}

/* Every step before it that is new moves its number. */
static void test_a_function_of_the_script_is_the_same_under_another_number(void **state)
{
    struct folder *p = *state;
    const struct value *values[2][2];
    for (uint32_t side = 0; side < 2; side++) {
        struct expr *ref = ARENA_NEW(p->mem, struct expr), *map = ARENA_NEW(p->mem, struct expr);
        *ref = (struct expr){.op = EXPR_REF, .address = "x.thing.db", .path = "id"};
        *map = (struct expr){.op = EXPR_MAP, .fn = 7 + side, .args = {value_expr(p->mem, ref)}};
        values[side][0] = value_text(p->mem, "a");
        values[side][1] = value_expr(p->mem, map);
    }
    const struct value *left = value_list(p->mem, values[0], 2), *right = value_list(p->mem, values[1], 2);
    assert_false(value_equal(left, right));
    assert_true(parity_words_alike(left, right));
    assert_false(parity_words_alike(left, value_list(p->mem, values[1], 1)));
    assert_false(parity_words_alike(values[0][0], values[0][1]));
    assert_false(parity_words_alike(value_int(p->mem, 1), value_real(p->mem, 1.0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
        TEST(test_the_causes_of_a_difference_are_what_it_was_made_of),
        TEST(test_in_brief_what_is_unexplained_is_the_same),
        TEST(test_in_brief_ten_rules_cost_no_more_than_one),
        TEST(test_what_explains_itself_needs_no_mixture),
        TEST(test_a_text_that_only_says_where_it_is_explains_itself),
        TEST(test_a_playbook_that_decides_by_the_name_is_not_explained_by_it),
        TEST(test_a_step_named_by_its_region_is_the_same_step),
        TEST(test_steps_of_one_side_stand_among_those_of_both),
        TEST(test_mixtures_the_playbook_refuses_wait_for_the_rest),
        TEST(test_an_error_of_the_playbook_names_the_region),
        TEST(test_only_what_is_neither_asked_nor_seen_is_another_thing),
        TEST(test_words_are_whole_and_the_longest_wins),
        TEST(test_a_text_is_judged_alike_alone_and_in_a_list),
        TEST(test_a_function_of_the_script_is_the_same_under_another_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
