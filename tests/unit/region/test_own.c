/* What a region says for itself: what a copy lacks of it is told at once, in one warning for each place. */
#include "project_folder.h"

#include "region/own.h"

static const struct diag *only(struct folder *p, size_t count)
{
    if (p->diags.count != count)
        for (size_t i = 0; i < p->diags.count; i++)
            print_error("%s: %s\n", p->diags.at[i].path, p->diags.at[i].summary);
    assert_int_equal(p->diags.count, count);
    assert_int_equal(p->diags.warnings, count);
    return count > 0 ? p->diags.at : NULL;
}

static const struct diag *checked(struct folder *p, const char *name, size_t count)
{
    diag_init(&p->diags, p->mem);
    own_check(p->mem, p->path, name, &p->diags);
    return only(p, count);
}

static void write_one(struct folder *p, const char *name, const char *jurisdiction, const char *more)
{
    folder_write(p, arena_print(p->mem, "regions/%s.yaml", name),
                 arena_print(p->mem,
                             "region: %s\ntitle: T\njurisdiction: %s\nplace: %s-place-1\n"
                             "domain: %s.acme.example\ncurrency: EUR\n%s",
                             name, jurisdiction, name, name, more));
}

#define REFERENCE                                                                                            \
    "services:\n"                                                                                            \
    "  own:\n"                                                                                               \
    "    US:\n"                                                                                              \
    "      network: \"10.20\"\n"                                                                             \
    "      entity: { name: Acme Inc., vat_id: \"541234567\" }\n"                                             \
    "      rates: { US-NY: \"4\", US-TX: \"6\" }\n"

static void test_a_copy_without_a_block_lacks_all_of_it_where_it_belongs(void **state)
{
    struct folder *p = *state;
    write_one(p, "us", "US", REFERENCE);
    write_one(p, "de", "DE", "from: us\n");
    const struct diag *d = checked(p, "de", 1);
    assert_string_equal(d->code, "own.lacks");
    assert_string_equal(d->path, "services.own.DE");
    assert_string_equal(d->where, "regions/de.yaml:1:1");
    assert_string_equal(d->summary,
                        "'services.own.DE' is missing: 'us' says 'entity', 'network', 'rates' for itself");
    assert_non_null(strstr(d->advice, "network: \"10.20\""));
    assert_non_null(strstr(d->advice, "entity: {name: Acme Inc., vat_id: \"541234567\"}"));
    assert_non_null(strstr(d->advice, "(regions/us.yaml:10)"));
}

static void test_each_place_tells_all_it_lacks_in_one_warning(void **state)
{
    struct folder *p = *state;
    write_one(p, "us", "US", REFERENCE);
    write_one(p, "de", "DE", "from: us\nservices: { own: { DE: { entity: {}, rates: { DE: \"19\" } } } }\n");
    const struct diag *d = checked(p, "de", 2);
    assert_string_equal(d[0].summary, "'services.own.DE' lacks 'network', which 'us' says for itself");
    assert_string_equal(d[0].where, "regions/de.yaml:8:24");
    assert_string_equal(d[1].summary,
                        "'services.own.DE.entity' is empty, and 'us' says 'name', 'vat_id' for itself");
}

/* US-NY is a question to the United States alone; that there are no rates at all is one to everybody. */
static void test_what_is_keyed_by_the_other_s_word_is_missed_only_when_nothing_is_there(void **state)
{
    struct folder *p = *state;
    write_one(p, "us", "US", REFERENCE);
    write_one(
        p, "de", "DE",
        "from: us\nservices: { own: { DE: { network: x, entity: { name: x, vat_id: x }, rates: {} } } }\n");
    const struct diag *d = checked(p, "de", 1);
    assert_string_equal(d->path, "services.own.DE.rates");
    write_one(p, "de", "DE",
              "from: us\nservices: { own: { DE: { network: x, entity: { name: x, vat_id: x }, rates: { a: x "
              "} } } }\n");
    (void)checked(p, "de", 0);
}

static void test_a_block_under_another_word_is_told_apart_from_none(void **state)
{
    struct folder *p = *state;
    write_one(p, "us", "US", REFERENCE);
    write_one(p, "de", "DE", "from: us\nservices: { own: { GER: { network: x } } }\n");
    const struct diag *d = checked(p, "de", 1);
    assert_string_equal(d->advice, "'de' has 'services.own.GER': call it 'DE', or change the jurisdiction");
}

/* It is told of a region that does not load, and is silent where the reference is what is wrong. */
static void test_an_unfinished_copy_is_asked_under_the_word_it_began_with(void **state)
{
    struct folder *p = *state;
    write_one(p, "us", "US", REFERENCE);
    write_one(p, "de", "FILL IN",
              "from: us\nservices: { own: { DE: { network: FILL IN, entity: FILL IN, rates: FILL IN } } }\n");
    assert_false(folder_load(p, "de"));
    (void)checked(p, "de", 0);
    write_one(p, "de", "FILL IN", "from: us\nservices: { own: { DE: { network: FILL IN, rates: x } } }\n");
    assert_string_equal(checked(p, "de", 1)->summary,
                        "'services.own.DE' lacks 'entity', which 'us' says for itself");
    write_one(p, "us", "US", "services: [\n");
    (void)checked(p, "de", 0);
    (void)checked(p, "nowhere", 0);
}

static void test_nothing_is_missed_where_nothing_is_said_or_it_is_shared(void **state)
{
    struct folder *p = *state;
    write_one(p, "us", "US", "services: { own: { EU: { a: 1 } } }\n");
    write_one(p, "de", "DE", "from: us\n");
    (void)checked(p, "de", 0);
    (void)checked(p, "us", 0);
    write_one(p, "us", "US", REFERENCE);
    write_one(p, "west", "US", "from: us\n");
    (void)checked(p, "west", 0);
}

/* What the load itself tells of the blocks, beside what own_check does. */
static const struct diag *loaded(struct folder *p, const char *name, size_t count)
{
    folder_must_load(p, name);
    return only(p, count);
}

static void test_a_copy_of_the_same_jurisdiction_is_told_what_it_takes_over(void **state)
{
    struct folder *p = *state;
    write_one(p, "us", "US", REFERENCE);
    write_one(p, "west", "US", "from: us\n");
    const struct diag *d = loaded(p, "west", 1);
    assert_string_equal(d->code, "own.inherited");
    assert_string_equal(d->path, "services.own.US");
    assert_string_equal(d->where, "regions/us.yaml:9:5");
    assert_non_null(strstr(d->summary, "takes 'entity', 'network', 'rates' over from 'us'"));
    assert_non_null(strstr(d->advice, "write 'services.own.US' in regions/west.yaml"));
    write_one(p, "west", "US", "from: us\nservices: { own: { US: { network: x, entity: { name: x } } } }\n");
    d = loaded(p, "west", 2);
    assert_non_null(strstr(d[0].summary, "'services.own.US.entity' of 'west' takes 'vat_id' over"));
    assert_string_equal(d[0].where, "regions/us.yaml:11:34");
    assert_non_null(strstr(d[1].summary, "'services.own.US' of 'west' takes 'rates' over"));
    /* A copy of a copy takes over what that wrote, and what that took over. */
    write_one(p, "far", "US", "from: west\n");
    assert_non_null(strstr(loaded(p, "far", 1)->summary, "'entity', 'network', 'rates' over from 'west'"));
}

static void test_what_it_writes_again_or_leaves_out_is_its_own(void **state)
{
    struct folder *p = *state;
    write_one(p, "us", "US", REFERENCE);
    write_one(p, "west", "US",
              "from: us\nabsent:\n  - { what: services.own.US.rates, why: w, owner: o }\n"
              "services: { own: { US: { network: \"10.20\", entity: { name: Acme Inc., vat_id: x } } } }\n");
    (void)loaded(p, "west", 0);
}

static void test_of_another_jurisdiction_nothing_is_taken_over(void **state)
{
    struct folder *p = *state;
    write_one(p, "us", "US", REFERENCE "    EU: { network: x }\n");
    write_one(p, "de", "DE", "from: us\nservices: { own: { DE: { network: x } } }\n");
    (void)loaded(p, "de", 0);
    write_one(p, "eu", "EU", "from: us\n");
    (void)loaded(p, "eu", 0);
    /* But of a region between them, or behind. */
    write_one(p, "us2", "US", "from: de\n");
    assert_string_equal(loaded(p, "us2", 1)->code, "own.inherited");
}

static void test_a_block_beside_the_one_that_is_read_is_told(void **state)
{
    struct folder *p = *state;
    write_one(p, "us", "US", REFERENCE);
    write_one(p, "de", "DE", "from: us\nservices: { own: { DE: { a: x }, GER: { a: x }, note: x } }\n");
    const struct diag *d = loaded(p, "de", 1);
    assert_string_equal(d->code, "own.unread");
    assert_string_equal(d->path, "services.own.GER");
    assert_string_equal(d->where, "regions/de.yaml:8:34");
    assert_string_equal(d->summary, "nobody reads 'services.own.GER': the jurisdiction of 'de' is 'DE'");
    /* Where none is read, own_check says what is lacking, at this block. */
    write_one(p, "de", "DE", "from: us\nservices: { own: { GER: { a: x } } }\n");
    (void)loaded(p, "de", 0);
    /* What is copied from one may be written in it. */
    write_one(p, "us", "US", REFERENCE "    EU: { network: x }\n");
    (void)loaded(p, "us", 0);
}

static const char *printed(struct folder *p, const char *json)
{
    const struct value *v;
    struct buf out;
    assert_true(value_json_parse(p->mem, json, strlen(json), &v, &p->err));
    buf_init(&out, 0);
    own_print(&out, v);
    const char *kept = buf_keep(&out, p->mem);
    buf_done(&out);
    return kept;
}

static void test_a_value_is_shown_as_it_would_be_written(void **state)
{
    struct folder *p = *state;
    static const char *const cases[][2] = {
        {"\"Acme Inc.\"", "Acme Inc."},
        {"\"10.20\"", "\"10.20\""},
        {"\"0123\"", "\"0123\""},
        {"\"true\"", "\"true\""},
        {"\"\"", "\"\""},
        {"\"- x\"", "\"- x\""},
        {"\"a: b\"", "\"a: b\""},
        {"\"two\\nlines\"", "two lines"},
        {"\"\\u001b[31m\\u2028\"", "\"\\x1b[31m\\u2028\""},
        {"[]", ""},
        {"[1, [true, null], {\"a\": \"b\"}]", "1, [true, null], {a: b}"},
        {"{\"a\": [], \"b\": {}}", "a: [], b: {}"},
        {"1.5", "1.5"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(printed(p, cases[i][0]), cases[i][1]);
}

static void test_a_key_is_made_of_the_region_s_name(void **state)
{
    struct folder *p = *state;
    assert_string_equal(own_key(p->mem, "de"), "DE");
    assert_string_equal(own_key(p->mem, "eu-central"), "EU-CENTRAL");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_a_copy_without_a_block_lacks_all_of_it_where_it_belongs),
        CASE(test_each_place_tells_all_it_lacks_in_one_warning),
        CASE(test_what_is_keyed_by_the_other_s_word_is_missed_only_when_nothing_is_there),
        CASE(test_a_block_under_another_word_is_told_apart_from_none),
        CASE(test_an_unfinished_copy_is_asked_under_the_word_it_began_with),
        CASE(test_nothing_is_missed_where_nothing_is_said_or_it_is_shared),
        CASE(test_a_copy_of_the_same_jurisdiction_is_told_what_it_takes_over),
        CASE(test_what_it_writes_again_or_leaves_out_is_its_own),
        CASE(test_of_another_jurisdiction_nothing_is_taken_over),
        CASE(test_a_block_beside_the_one_that_is_read_is_told),
        CASE(test_a_value_is_shown_as_it_would_be_written),
        CASE(test_a_key_is_made_of_the_region_s_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
