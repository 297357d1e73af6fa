/* A region file on its own: what it must hold, what it may hold, and what a reader is told. */
#include "project_folder.h"

#include "model/origins.h"

static void test_a_whole_file_is_read(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu",
                        "timezone: UTC\n"
                        "services:\n"
                        "  databases:\n"
                        "    main: { storage_gb: 200, share: 0.25 }\n"
                        "residency:\n"
                        "  customer: [eu-west-1, eu-central-1]\n"
                        "drivers:\n"
                        "  dns/parent: { use: route53, account: shared, shared: true }\n"
                        "  dns: { use: powerdns, api_key: !secret env:PDNS_API_KEY }\n"
                        "  billing: { use: local, path: out/eu/billing }\n"
                        "budget: { monthly: 42000, one_off: \"5000.50\" }\n"
                        "launch:\n"
                        "  target: 2026-12-15\n"
                        "  can_follow: [todo.whatsapp]\n");
    folder_must_load(p, "eu");
    const struct region *r = p->region;
    assert_int_equal(p->diags.count, 0);
    assert_string_equal(r->name, "eu");
    assert_null(r->from);
    assert_string_equal(r->parent_domain, "acme.example");
    assert_int_equal(r->driver_count, 3);
    assert_string_equal(r->drivers[0].subsystem, "billing");
    assert_string_equal(r->drivers[1].instance, "");
    assert_string_equal(r->drivers[2].instance, "parent");
    assert_string_equal(r->drivers[2].driver, "route53");
    assert_true(r->drivers[2].shared);
    assert_string_equal(value_json_text(p->mem, r->drivers[2].settings), "{\"account\":\"shared\"}");
    const struct value *key = value_get(r->drivers[1].settings, "api_key");
    assert_string_equal(key->secret->source, "env:PDNS_API_KEY");
    assert_null(key->secret->bytes);
    assert_string_equal(value_json_text(p->mem, r->budget), "{\"monthly\":42000,\"one_off\":\"5000.50\"}");
    assert_string_equal(value_json_text(p->mem, r->launch),
                        "{\"can_follow\":[\"todo.whatsapp\"],\"target\":\"2026-12-15\"}");
    assert_int_equal(r->file_count, 1);
    assert_string_equal(r->files[0].path, "regions/eu.yaml");
    assert_int_equal(strlen(r->files[0].digest), 64);
}

static void test_a_playbook_sees_the_view_and_nothing_else(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu", "drivers: { dns: { use: local } }\nservices: { a: 1 }\n");
    folder_must_load(p, "eu");
    assert_string_equal(value_json_text(p->mem, p->region->view),
                        "{\"currency\":\"EUR\",\"domain\":\"eu.acme.example\",\"jurisdiction\":\"X\","
                        "\"parent_domain\":\"acme.example\",\"place\":\"eu-place-1\",\"region\":\"eu\","
                        "\"services\":{\"a\":1},\"timezone\":\"UTC\",\"title\":\"Region eu\"}");
}

static void test_a_region_without_services_has_an_empty_map(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu", "");
    folder_must_load(p, "eu");
    assert_string_equal(folder_services(p), "{}");
}

static void test_an_unknown_key_gets_its_place_a_caret_and_a_suggestion(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu", "curency: EUR\n");
    assert_false(folder_load(p, "eu"));
    folder_says(p, "region.unknown_key", "regions/eu.yaml:7:1", "did you mean 'currency'?");
    assert_string_equal(folder_diag(p, "region.unknown_key")->detail, "    7 | curency: EUR\n      | ^");
    assert_string_equal(p->err.code, "region.unknown_key");
    assert_string_equal(p->err.where, "regions/eu.yaml:7:1");
    assert_null(p->region);
}

static void test_everything_wrong_is_told_at_once_in_the_order_of_the_file(void **state)
{
    struct folder *p = *state;
    folder_write(p, "regions/eu.yaml",
                 "title: 7\n"
                 "region: au\n"
                 "plaec: x\n"
                 "domain: EU.example\n"
                 "currency: EURO\n"
                 "budget: { monthly: 42.5, yearly: 3 }\n"
                 "drivers: { dns: { path: x } }\n");
    assert_false(folder_load(p, "eu"));
    folder_says(p, "region.missing_key", "regions/eu.yaml:1:1", "'place'");
    folder_says(p, "region.missing_key", "regions/eu.yaml:1:1", "'jurisdiction'");
    folder_says(p, "region.wrong_kind", "regions/eu.yaml:1:8", "must be text, not a whole number");
    folder_says(p, "region.wrong_name", "regions/eu.yaml:2:9", "'au'");
    folder_says(p, "region.unknown_key", "regions/eu.yaml:3:1", "did you mean 'place'?");
    folder_says(p, "region.domain", "regions/eu.yaml:4:9", "lower case");
    folder_says(p, "region.currency", "regions/eu.yaml:5:11", "ISO 4217");
    folder_says(p, "region.money_float", "regions/eu.yaml:6:20", "quote it");
    folder_says(p, "region.unknown_key", "regions/eu.yaml:6:26", "'yearly'");
    folder_says(p, "region.missing_key", "regions/eu.yaml:7:17", "'use'");
    for (size_t i = 1; i < p->diags.count; i++)
        assert_true(strcmp(p->diags.at[i - 1].where, p->diags.at[i].where) <= 0);
}

static void test_a_missing_place_is_never_given_a_default(void **state)
{
    struct folder *p = *state;
    folder_write(p, "regions/eu.yaml",
                 "region: eu\ntitle: E\njurisdiction: EU\ndomain: eu.acme.example\ncurrency: EUR\n");
    assert_false(folder_load(p, "eu"));
    assert_int_equal(p->diags.count, 1);
    folder_says(p, "region.missing_key", "regions/eu.yaml:1:1", "there is no default");
}

static void test_wrong_values_are_named(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu",
                        "timezone: ../etc\n"
                        "launch: { target: soon, can_follow: [whats app] }\n"
                        "budget: { monthly: \"12,50\", one_off: -1 }\n"
                        "residency: { customer: eu, log: [], x: [a, a] }\n"
                        "drivers: { DNS: { use: local }, queue: local, a: { use: l, shared: yes } }\n"
                        "services: [1]\n");
    assert_false(folder_load(p, "eu"));
    folder_says(p, "region.timezone", "regions/eu.yaml:7:11", "Europe/Dublin");
    folder_says(p, "region.date", "regions/eu.yaml:8:19", "'soon'");
    folder_says(p, "region.address", "regions/eu.yaml:8:38", "todo.whatsapp");
    folder_says(p, "money.syntax", "regions/eu.yaml:9:20", "");
    folder_says(p, "region.budget", "regions/eu.yaml:9:38", "0 or more");
    folder_says(p, "region.wrong_kind", "regions/eu.yaml:10:24", "must be a list, not text");
    folder_says(p, "region.residency_empty", "regions/eu.yaml:10:33", "places");
    folder_says(p, "region.residency_twice", "regions/eu.yaml:10:44", "'a'");
    folder_says(p, "region.driver_name", "regions/eu.yaml:11:12", "'DNS'");
    folder_says(p, "region.wrong_kind", "regions/eu.yaml:11:40", "must be a map, not text");
    folder_says(p, "region.wrong_kind", "regions/eu.yaml:11:68", "must be true or false, not text");
    folder_says(p, "region.wrong_kind", "regions/eu.yaml:12:11", "must be a map, not a list");
}

static void test_broken_yaml_is_the_only_thing_said_of_its_file(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu", "place: again\n");
    assert_false(folder_load(p, "eu"));
    assert_int_equal(p->diags.count, 1);
    folder_says(p, "yaml.duplicate_key", "regions/eu.yaml:7:1", "'place'");
    assert_non_null(strstr(p->diags.at[0].detail, "^"));
}

static void test_a_file_that_is_no_map_is_refused(void **state)
{
    struct folder *p = *state;
    folder_write(p, "regions/eu.yaml", "[1, 2]\n");
    assert_false(folder_load(p, "eu"));
    folder_says(p, "region.wrong_kind", "regions/eu.yaml:1:1", "must be a map, not a list");
}

static void test_a_region_that_does_not_exist_gets_a_suggestion(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu-central", "");
    assert_false(folder_load(p, "eu-centrel"));
    assert_string_equal(p->err.code, "region.not_found");
    assert_non_null(strstr(p->err.advice, "did you mean 'eu-central'?"));
    assert_false(folder_load(p, "../../etc/passwd"));
    assert_string_equal(p->err.code, "region.bad_name");
}

static void test_the_list_holds_regions_only_and_is_sorted(void **state)
{
    struct folder *p = *state;
    const char *const *names;
    size_t count;
    assert_true(region_list(p->mem, p->path, &names, &count, &p->err));
    assert_int_equal(count, 0);
    folder_write_region(p, "us", "");
    folder_write_region(p, "au", "");
    folder_write(p, "regions/services.schema.yaml", "{}\n");
    folder_write(p, "regions/notes.txt", "x");
    folder_write(p, "regions/.eu.yaml", "x");
    assert_true(region_list(p->mem, p->path, &names, &count, &p->err));
    assert_int_equal(count, 2);
    assert_string_equal(names[0], "au");
    assert_string_equal(names[1], "us");
}

static void test_an_error_elsewhere_does_not_make_a_good_region_bad(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu", "");
    struct diag other = {.severity = DIAG_ERROR, .code = "other", .summary = "of someone else"};
    diag_add(&p->diags, &other);
    assert_true(region_load(p->mem, p->path, "eu", &p->region, &p->diags, &p->err));
}

static void test_a_file_full_of_mistakes_is_told_of_quickly_and_capped(void **state)
{
    struct folder *p = *state;
    struct buf text;
    buf_init(&text, 0);
    for (int i = 0; i < 60000; i++)
        buf_print(&text, "unknown%d: 1\n", i);
    folder_write_n(p, "regions/eu.yaml", text.at, text.count);
    buf_done(&text);
    assert_false(folder_load(p, "eu"));
    assert_int_equal(p->diags.count, DIAG_MAX);
    assert_true(p->diags.errors >= 60000);
}

static void test_a_schema_flags_unknown_keys_and_wrong_kinds(void **state)
{
    struct folder *p = *state;
    folder_write(p, "regions/services.schema.yaml",
                 "databases: { \"*\": { storage_gb: integer, size: text, tags: [text], cost: money } }\n"
                 "anything: any\n");
    folder_write_region(p, "us",
                        "services:\n"
                        "  databases:\n"
                        "    main: { storage_bg: 1, size: 2, tags: [a, 1], cost: 1.5 }\n"
                        "  anything: { a: [1, x] }\n"
                        "  quues: {}\n");
    assert_false(folder_load(p, "us"));
    assert_int_equal(p->diags.errors, 5);
    folder_says(p, "region.unknown_key", "regions/us.yaml:9:13", "did you mean 'storage_gb'?");
    folder_says(p, "region.wrong_kind", "regions/us.yaml:9:34", "must be text, not integer");
    folder_says(p, "region.wrong_kind", "regions/us.yaml:9:47", "'services.databases.main.tags[1]'");
    folder_says(p, "region.money_float", "regions/us.yaml:9:57", "quote it");
    folder_says(p, "region.unknown_key", "regions/us.yaml:11:3", "there is: anything, databases");
}

static void test_a_schema_finds_what_was_copied_where_it_was_written(void **state)
{
    struct folder *p = *state;
    folder_write(p, "regions/services.schema.yaml", "a: text\n");
    folder_write_region(p, "us", "services:\n  a: 1\n");
    folder_write_region(p, "eu", "from: us\n");
    assert_false(folder_load(p, "eu"));
    folder_says(p, "region.wrong_kind", "regions/us.yaml:8:6", "'services.a'");
}

static void test_a_broken_schema_is_its_own_error(void **state)
{
    struct folder *p = *state;
    folder_write(p, "regions/services.schema.yaml", "a: txet\nb: [text, text]\n");
    folder_write_region(p, "us", "services: { a: 1 }\n");
    assert_false(folder_load(p, "us"));
    folder_says(p, "shape.unknown_kind", "regions/services.schema.yaml:1:4", "did you mean 'text'?");
    folder_says(p, "shape.wrong_kind", "regions/services.schema.yaml:2:4", "list of one");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_a_whole_file_is_read),
        CASE(test_a_playbook_sees_the_view_and_nothing_else),
        CASE(test_a_region_without_services_has_an_empty_map),
        CASE(test_an_unknown_key_gets_its_place_a_caret_and_a_suggestion),
        CASE(test_everything_wrong_is_told_at_once_in_the_order_of_the_file),
        CASE(test_a_missing_place_is_never_given_a_default),
        CASE(test_wrong_values_are_named),
        CASE(test_broken_yaml_is_the_only_thing_said_of_its_file),
        CASE(test_a_file_that_is_no_map_is_refused),
        CASE(test_a_region_that_does_not_exist_gets_a_suggestion),
        CASE(test_the_list_holds_regions_only_and_is_sorted),
        CASE(test_an_error_elsewhere_does_not_make_a_good_region_bad),
        CASE(test_a_file_full_of_mistakes_is_told_of_quickly_and_capped),
        CASE(test_a_schema_flags_unknown_keys_and_wrong_kinds),
        CASE(test_a_schema_finds_what_was_copied_where_it_was_written),
        CASE(test_a_broken_schema_is_its_own_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
