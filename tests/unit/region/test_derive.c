/* Copy, shrink, absent, override: what a region makes of the one it is copied from. */
#include "project_folder.h"

#include "base/buf.h"
#include "model/path.h"
#include "region/provenance.h"

#define US                                                                                                   \
    "services:\n"                                                                                            \
    "  databases:\n"                                                                                         \
    "    audit: { replicas: 1, size: large, storage_gb: 100 }\n"                                             \
    "    main: { replicas: 9, size: large, storage_gb: 4000, hosts: [a, b] }\n"                              \
    "  queues:\n"                                                                                            \
    "    legacy-import: { width: 4 }\n"                                                                      \
    "    mail: { width: 8 }\n"

static void given(struct folder *p, const char *eu)
{
    folder_write_region(p, "us", US);
    folder_write_region(p, "eu", arena_print(p->mem, "from: us\n%s", eu));
}

static const char *text_at(struct folder *p, const char *path)
{
    return value_json_text(p->mem, path_get_text(p->mem, p->region->view, path));
}

static void test_only_services_are_copied(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "us",
                        "timezone: UTC\n"
                        "services: { a: { b: 1 } }\n"
                        "residency: { customer: [x] }\n"
                        "drivers: { dns: { use: local } }\n"
                        "budget: { monthly: 1 }\n"
                        "launch: { target: 2026-01-01 }\n");
    folder_write_region(p, "eu", "from: us\n");
    folder_must_load(p, "eu");
    const struct region *r = p->region;
    assert_string_equal(folder_services(p), "{\"a\":{\"b\":1}}");
    assert_string_equal(r->place, "eu-place-1");
    assert_int_equal(r->driver_count, 0);
    assert_null(r->residency);
    assert_null(r->budget);
    assert_null(r->launch);
    assert_int_equal(r->file_count, 2);
    assert_string_equal(r->files[1].path, "regions/us.yaml");
}

static void test_integers_shrink_by_an_exact_factor_and_round_up(void **state)
{
    struct folder *p = *state;
    given(p, "shrink:\n"
             "  - match: services.databases.*.replicas\n"
             "    to: { times: 0.25, at_least: 1 }\n"
             "    why: 3 % of US traffic at launch\n"
             "    grow_back: replica lag above 5 s for a day\n"
             "  - { match: services.databases.*.storage_gb, to: { times: \"0.0003\", at_most: 1 }, why: w }\n"
             "  - { match: services.queues.*.width, to: { at_most: 5 }, why: w }\n");
    folder_must_load(p, "eu");
    assert_string_equal(text_at(p, "services.databases.main.replicas"), "3");
    assert_string_equal(text_at(p, "services.databases.audit.replicas"), "1");
    assert_string_equal(text_at(p, "services.databases.main.storage_gb"), "1");
    assert_string_equal(text_at(p, "services.queues.mail.width"), "5");
    assert_string_equal(text_at(p, "services.queues.legacy-import.width"), "4");
    assert_int_equal(p->region->shrink_count, 3);
    assert_int_equal(p->region->shrinks[0].hits, 1);
    assert_int_equal(p->region->shrinks[1].hits, 2);
    assert_string_equal(p->region->shrinks[0].why, "3 % of US traffic at launch");
    assert_string_equal(p->region->shrinks[0].grow_back, "replica lag above 5 s for a day");
}

static void test_a_rule_may_give_a_value_of_any_shape(void **state)
{
    struct folder *p = *state;
    given(p, "shrink:\n"
             "  - { match: services.databases.*.size, to: small, why: w }\n"
             "  - { match: services.queues.*, to: { value: { width: 1 } }, why: w }\n"
             "  - { match: \"services.databases.main.hosts[1]\", to: c, why: w }\n");
    folder_must_load(p, "eu");
    assert_string_equal(text_at(p, "services.databases.main.size"), "\"small\"");
    assert_string_equal(text_at(p, "services.queues"),
                        "{\"legacy-import\":{\"width\":1},\"mail\":{\"width\":1}}");
    assert_string_equal(text_at(p, "services.databases.main.hosts"), "[\"a\",\"c\"]");
}

static void test_own_services_win_over_shrink_and_shrink_over_the_copy(void **state)
{
    struct folder *p = *state;
    given(p, "shrink:\n"
             "  - { match: services.databases.*.storage_gb, to: 7, why: w }\n"
             "services:\n"
             "  databases:\n"
             "    main: { storage_gb: 200, extra: true }\n"
             "    new: { size: tiny }\n"
             "  queues: { mail: null }\n");
    folder_must_load(p, "eu");
    assert_string_equal(text_at(p, "services.databases"),
                        "{\"audit\":{\"replicas\":1,\"size\":\"large\",\"storage_gb\":7},"
                        "\"main\":{\"extra\":true,\"hosts\":[\"a\",\"b\"],\"replicas\":9,\"size\":\"large\","
                        "\"storage_gb\":200},\"new\":{\"size\":\"tiny\"}}");
    assert_string_equal(text_at(p, "services.queues.mail"), "null");
}

static void test_what_is_absent_is_gone_but_stays_visible(void **state)
{
    struct folder *p = *state;
    given(p, "absent:\n"
             "  - what: services.queues.legacy-import\n"
             "    why: the importer was replaced\n"
             "    owner: data-platform\n"
             "    revisit: 2027-03-01\n");
    folder_must_load(p, "eu");
    assert_string_equal(text_at(p, "services.queues"), "{\"mail\":{\"width\":8}}");
    assert_int_equal(p->region->absent_count, 1);
    assert_string_equal(p->region->absents[0].what, "services.queues.legacy-import");
    assert_string_equal(p->region->absents[0].owner, "data-platform");
    assert_string_equal(p->region->absents[0].revisit, "2027-03-01");
}

static void test_a_rule_that_matches_nothing_suggests_a_path(void **state)
{
    struct folder *p = *state;
    given(p, "shrink:\n"
             "  - { match: services.databases.*.replica, to: 1, why: w }\n"
             "  - { match: services.databsaes.main.size, to: x, why: w }\n"
             "  - { match: services.queues.other.width, to: 1, why: w }\n"
             "absent:\n"
             "  - { what: services.queues.legacy_import, why: w, owner: o }\n");
    assert_false(folder_load(p, "eu"));
    folder_says(p, "region.shrink_nothing", "regions/eu.yaml:9:14",
                "did you mean 'services.databases.*.replicas'?");
    folder_says(p, "region.shrink_nothing", "regions/eu.yaml:10:14",
                "did you mean 'services.databases.main.size'?");
    folder_says(p, "region.shrink_nothing", "regions/eu.yaml:11:14", "there is: legacy-import, mail");
    folder_says(p, "region.absent_missing", "regions/eu.yaml:13:13",
                "did you mean 'services.queues.legacy-import'?");
    assert_int_equal(p->diags.errors, 4);
}

static void test_a_rule_does_not_match_what_is_absent(void **state)
{
    struct folder *p = *state;
    given(p, "absent:\n  - { what: services.queues, why: w, owner: o }\n"
             "shrink:\n  - { match: services.queues.*.width, to: 1, why: w }\n");
    assert_false(folder_load(p, "eu"));
    assert_int_equal(p->diags.errors, 1);
    assert_non_null(folder_diag(p, "region.shrink_nothing"));
}

static void test_two_rules_for_one_value_are_an_error_naming_both(void **state)
{
    struct folder *p = *state;
    given(p, "shrink:\n"
             "  - { match: services.databases.main.size, to: small, why: w }\n"
             "  - { match: services.databases.*.size, to: tiny, why: w }\n");
    assert_false(folder_load(p, "eu"));
    assert_int_equal(p->diags.errors, 1);
    folder_says(p, "region.shrink_twice", "regions/eu.yaml:10:14",
                "'services.databases.main.size' is matched by 'services.databases.*.size' and by "
                "'services.databases.main.size' (line 9)");
}

static void test_a_rule_for_a_map_quarrels_with_one_for_a_part_of_it(void **state)
{
    struct folder *p = *state;
    given(p, "shrink:\n"
             "  - { match: services.queues.mail, to: { value: {} }, why: w }\n"
             "  - { match: services.queues.*.width, to: 1, why: w }\n");
    assert_false(folder_load(p, "eu"));
    folder_says(p, "region.shrink_twice", "regions/eu.yaml:10:14", "'services.queues.mail'");
    given(p, "shrink:\n"
             "  - { match: services.queues.*.width, to: 1, why: w }\n"
             "  - { match: services.queues.mail, to: { value: {} }, why: w }\n");
    assert_false(folder_load(p, "eu"));
    folder_says(p, "region.shrink_twice", "regions/eu.yaml:10:14", "'services.queues.mail'");
}

static void test_two_rules_that_agree_may_match_one_value(void **state)
{
    struct folder *p = *state;
    given(p, "shrink:\n"
             "  - { match: services.databases.main.size, to: small, why: a }\n"
             "  - { match: services.databases.*.size, to: small, why: b }\n");
    folder_must_load(p, "eu");
    assert_string_equal(text_at(p, "services.databases.main.size"), "\"small\"");
    assert_string_equal(text_at(p, "services.databases.audit.size"), "\"small\"");
    assert_int_equal(p->region->shrinks[1].hits, 1);
}

static void test_only_integers_can_be_computed(void **state)
{
    struct folder *p = *state;
    given(p, "shrink:\n  - { match: services.databases.main.*, to: { times: 0.5 }, why: w }\n");
    assert_false(folder_load(p, "eu"));
    folder_says(p, "region.shrink_kind", "regions/eu.yaml:9:14",
                "'services.databases.main.size' is text, and only an integer can be computed");
}

static void test_badly_written_rules_are_told(void **state)
{
    struct folder *p = *state;
    given(p, "shrink:\n"
             "  - { match: services.databases.*.size, to: x }\n"
             "  - { match: drivers.dns, to: x, why: w }\n"
             "  - { match: services.queues.*.width, to: { times: fast }, why: w }\n"
             "  - { match: services.queues.*.width, to: { tims: 1 }, why: w }\n"
             "  - { match: services.queues.*.width, to: { at_least: 3, at_most: 2 }, why: w }\n"
             "  - { match: services.queues.*.width, to: { value: 1, times: 2 }, why: w }\n"
             "  - { match: \"services..x\", to: 1, why: w }\n"
             "  - { match: services.queues.*.width, to: !secret env:X, why: w }\n"
             "absent:\n"
             "  - { what: services.queues.*, why: w, owner: o }\n"
             "  - { what: services.queues.mail, why: w, owner: o, revisit: later }\n"
             "  - services.queues.mail\n");
    assert_false(folder_load(p, "eu"));
    folder_says(p, "region.missing_key", "regions/eu.yaml:9:5", "'why'");
    folder_says(p, "region.rule_path", "regions/eu.yaml:10:14", "only services are copied");
    folder_says(p, "region.shrink_times", "regions/eu.yaml:11:52", "0.25");
    folder_says(p, "region.unknown_key", "regions/eu.yaml:12:45", "did you mean 'times'?");
    folder_says(p, "region.shrink_times", "regions/eu.yaml:13:55", "at_most");
    folder_says(p, "region.shrink_to", "regions/eu.yaml:14:43", "one thing");
    folder_says(p, "path.syntax", "regions/eu.yaml:15:14", "");
    folder_says(p, "region.shrink_to", "regions/eu.yaml:16:43", "secret");
    folder_says(p, "region.rule_path", "regions/eu.yaml:18:13", "one key");
    folder_says(p, "region.date", "regions/eu.yaml:19:62", "'later'");
    folder_says(p, "region.wrong_kind", "regions/eu.yaml:20:5", "must be a map");
}

static void test_rules_without_from_have_nothing_to_work_on(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu", "shrink:\n  - { match: services.a, to: 1, why: w }\n");
    assert_false(folder_load(p, "eu"));
    folder_says(p, "region.nothing_copied", "regions/eu.yaml:7:1", "from: <region>");
}

static void test_declaring_what_is_absent_is_an_error(void **state)
{
    struct folder *p = *state;
    given(p, "absent:\n  - { what: services.queues.mail, why: w, owner: o }\n"
             "  - { what: services.queues.mail, why: w, owner: o }\n"
             "services:\n  queues:\n    mail: { width: 1 }\n");
    assert_false(folder_load(p, "eu"));
    folder_says(p, "region.override_absent", "regions/eu.yaml:13:5", "absent on purpose (line 9)");
    folder_says(p, "region.absent_twice", "regions/eu.yaml:10:13", "left out already");
}

static void test_secrets_are_never_copied_and_the_gap_is_told(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "us",
                        "services:\n"
                        "  mail:\n"
                        "    key: !secret env:US_KEY\n"
                        "    keys: [!secret env:A, b]\n"
                        "    own: !secret env:US_OWN\n");
    folder_write_region(p, "eu", "from: us\nservices: { mail: { own: !secret env:EU_OWN } }\n");
    folder_must_load(p, "eu");
    assert_int_equal(p->diags.warnings, 2);
    folder_says(p, "region.secret_not_copied", "regions/us.yaml:9:10", "declare its own in regions/eu.yaml");
    folder_says(p, "region.secret_not_copied", "regions/us.yaml:10:12", "'services.mail.keys[0]'");
    const struct value *mail = value_get(p->region->services, "mail");
    assert_null(value_get(mail, "key"));
    assert_int_equal(value_get(mail, "keys")->count, 1);
    assert_string_equal(value_get(mail, "own")->secret->source, "env:EU_OWN");
}

/* Its own block has the other's secrets; here nobody reads it, unless both are of one jurisdiction. */
static void test_secrets_that_the_other_has_for_itself_are_missing_to_nobody(void **state)
{
    struct folder *p = *state;
    folder_write(
        p, "regions/us.yaml",
        "region: us\ntitle: T\njurisdiction: US\nplace: us-1\ndomain: us.acme.example\ncurrency: USD\n"
        "services:\n"
        "  own: { US: { a: { b: !secret env:US_B } }, XX: !secret env:US_X }\n"
        "  z: !secret env:US_Z\n");
    folder_write_region(p, "eu", "from: us\n");
    folder_must_load(p, "eu");
    assert_int_equal(p->diags.warnings, 2);
    folder_says(p, "region.secret_not_copied", "regions/us.yaml:8:50", "'services.own.XX'");
    folder_says(p, "region.secret_not_copied", "regions/us.yaml:9:6", "'services.z'");
    assert_null(value_get(value_get(value_get(value_get(p->region->services, "own"), "US"), "a"), "b"));
    folder_write(
        p, "regions/eu.yaml",
        "region: eu\ntitle: T\njurisdiction: US\nplace: eu-1\ndomain: eu.acme.example\ncurrency: USD\n"
        "from: us\n");
    folder_must_load(p, "eu");
    assert_int_equal(p->diags.warnings, 4);
    folder_says(p, "region.secret_not_copied", "regions/us.yaml:8:24", "'services.own.US.a.b'");
    folder_says(p, "own.inherited", "regions/us.yaml:8:10", "takes 'a' over from 'us'");
}

static void test_what_the_other_says_for_itself_leads_nowhere(void **state)
{
    struct folder *p = *state;
    folder_write(
        p, "regions/us.yaml",
        "region: us\ntitle: T\njurisdiction: US\nplace: us-1\ndomain: us.acme.example\ncurrency: USD\n"
        "services:\n"
        "  own: { US: { url: www.us.acme.example }, all: www.us.acme.example }\n");
    folder_write_region(p, "eu", "from: us\n");
    folder_must_load(p, "eu");
    assert_int_equal(p->diags.warnings, 1);
    folder_says(p, "region.copied_domain", "regions/us.yaml:8:49", "'services.own.all'");
}

static void test_copied_text_that_names_the_old_region_is_a_warning(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "us",
                        "services:\n"
                        "  a: db.us.acme.example\n"
                        "  b: bucket-us-place-1-x\n"
                        "  c: [us-queue]\n"
                        "  d: status and bus\n"
                        "  us_key: 1\n"
                        "  f: in the us\n"
                        "  g: us\n");
    folder_write_region(p, "eu",
                        "from: us\n"
                        "services: { f: still us }\n"
                        "shrink:\n  - { match: services.g, to: x, why: w }\n");
    folder_must_load(p, "eu");
    assert_int_equal(p->diags.warnings, 4);
    folder_says(p, "region.copied_domain", "regions/us.yaml:8:6", "'services.a'");
    folder_says(p, "region.copied_place", "regions/us.yaml:9:6", "'us-place-1', the place of 'us'");
    folder_says(p, "region.copied_name", "regions/us.yaml:10:7", "'services.c[0]'");
    folder_says(p, "region.copied_name", "regions/us.yaml:12:3", "override it in regions/eu.yaml");
}

/* eu-central-1 is a place in Europe, and neither the region 'eu' nor wrong where data may live there. */
static void test_a_place_is_not_the_name_of_a_region(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu",
                        "services:\n"
                        "  a: eu-central-1\n"
                        "  b: eu-northeast2\n"
                        "  c: eu-gov-west-1\n"
                        "  d: eu-east-queue\n"
                        "  e: eu-gov-queue-1\n");
    folder_write_region(p, "de", "from: eu\nresidency: { customer: [x, eu-central-1] }\n");
    folder_must_load(p, "de");
    assert_int_equal(p->diags.warnings, 4);
    folder_says(p, "region.copied_name", "regions/eu.yaml:9:6", "'services.b' holds a place named like 'eu'");
    folder_says(p, "region.copied_name", "regions/eu.yaml:10:6",
                "'services.c' holds a place named like 'eu'");
    folder_says(p, "region.copied_name", "regions/eu.yaml:11:6", "'eu', the name of 'eu'");
    folder_says(p, "region.copied_name", "regions/eu.yaml:12:6", "'eu', the name of 'eu'");
}

static void test_a_chain_is_resolved_from_its_far_end(void **state)
{
    struct folder *p = *state;
    given(p, "shrink:\n  - { match: services.databases.main.replicas, to: { times: 0.5 }, why: half }\n"
             "absent:\n  - { what: services.queues.legacy-import, why: w, owner: o }\n"
             "services: { queues: { mail: { width: 6 } } }\n");
    folder_write_region(
        p, "au", "from: eu\nshrink:\n  - { match: services.*.*.replicas, to: { times: 0.5 }, why: again }\n");
    folder_must_load(p, "au");
    assert_string_equal(text_at(p, "services.databases.main.replicas"), "3");
    assert_string_equal(text_at(p, "services.queues"), "{\"mail\":{\"width\":6}}");
    assert_int_equal(p->region->absent_count, 1);
    assert_int_equal(p->region->file_count, 3);
    assert_string_equal(p->region->files[1].path, "regions/eu.yaml");
}

static void test_one_literal_in_many_places_can_be_shrunk_apart_later(void **state)
{
    struct folder *p = *state;
    given(p, "shrink:\n  - { match: services.queues.*, to: { value: { width: 4 } }, why: w }\n");
    folder_write_region(p, "au",
                        "from: eu\nshrink:\n  - { match: services.queues.mail.width, to: 1, why: w }\n");
    folder_must_load(p, "au");
    assert_string_equal(text_at(p, "services.queues"),
                        "{\"legacy-import\":{\"width\":4},\"mail\":{\"width\":1}}");
}

static void test_a_from_loop_is_named(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "xx", "from: eu\n");
    folder_write_region(p, "eu", "from: au\n");
    folder_write_region(p, "au", "from: eu\n");
    assert_false(folder_load(p, "xx"));
    folder_says(p, "region.from_loop", "regions/au.yaml:7:7", "eu -> au -> eu");
    folder_write_region(p, "au", "from: au\n");
    assert_false(folder_load(p, "au"));
    folder_says(p, "region.from_loop", "regions/au.yaml:7:7", "au -> au");
}

static void test_a_from_that_leads_nowhere_gets_a_suggestion(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu-west", "from: eu-wset\n");
    assert_false(folder_load(p, "eu-west"));
    folder_says(p, "region.not_found", "regions/eu-west.yaml:7:7", "did you mean 'eu-west'?");
    folder_write_region(p, "eu", "from: ../us\n");
    assert_false(folder_load(p, "eu"));
    folder_says(p, "region.bad_name", "regions/eu.yaml:7:7", "'../us'");
}

static void test_an_error_in_the_reference_points_into_its_file(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "us", "services: { a: &x 1 }\n");
    folder_write_region(p, "eu", "from: us\nbudgte: {}\n");
    assert_false(folder_load(p, "eu"));
    folder_says(p, "region.unknown_key", "regions/eu.yaml:8:1", "'budget'");
    folder_says(p, "yaml.anchor", "regions/us.yaml:7:16", "'&x'");
}

static void test_provenance_tells_the_whole_story_oldest_first(void **state)
{
    struct folder *p = *state;
    const struct provenance_step *steps;
    size_t count;
    given(p, "shrink:\n  - { match: services.databases.*.storage_gb, to: { times: 0.1 }, why: small }\n"
             "services: { databases: { main: { storage_gb: 200 } } }\n");
    folder_must_load(p, "eu");
    assert_true(
        provenance_of(p->mem, p->region, "services.databases.main.storage_gb", &steps, &count, &p->err));
    assert_int_equal(count, 4);
    static const struct {
        uint32_t kind, line;
        const char *file;
        int64_t value;
    } expected[] = {
        {ORIGIN_WRITTEN, 10, "regions/us.yaml", 4000},
        {ORIGIN_COPIED, 7, "regions/eu.yaml", 4000},
        {ORIGIN_SHRUNK, 9, "regions/eu.yaml", 400},
        {ORIGIN_OVERRIDDEN, 10, "regions/eu.yaml", 200},
    };
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(steps[i].origin->kind, expected[i].kind);
        assert_int_equal(steps[i].origin->line, expected[i].line);
        assert_string_equal(steps[i].origin->file, expected[i].file);
        assert_int_equal(steps[i].value->number, expected[i].value);
    }
    assert_string_equal(steps[2].origin->why, "small");
}

static void test_provenance_of_an_unknown_path_suggests_one(void **state)
{
    struct folder *p = *state;
    const struct provenance_step *steps;
    size_t count;
    given(p, "");
    folder_must_load(p, "eu");
    assert_false(provenance_of(p->mem, p->region, "services.databases.mian.size", &steps, &count, &p->err));
    assert_string_equal(p->err.code, "provenance.unknown_path");
    assert_string_equal(p->err.advice, "did you mean 'services.databases.main.size'?");
    assert_false(provenance_of(p->mem, p->region, "a..b", &steps, &count, &p->err));
    assert_true(provenance_of(p->mem, p->region, "timezone", &steps, &count, &p->err));
    assert_int_equal(count, 0);
    assert_true(provenance_of(p->mem, p->region, "place", &steps, &count, &p->err));
    assert_int_equal(count, 1);
}

static void test_ten_thousand_copied_databases_are_no_trouble(void **state)
{
    struct folder *p = *state;
    struct buf text;
    buf_init(&text, 0);
    buf_text(&text, "services:\n  databases:\n");
    for (int i = 0; i < 10000; i++)
        buf_print(&text, "    d%d: { replicas: 4, size: large }\n", i);
    folder_write_region(p, "us", text.at);
    buf_done(&text);
    folder_write_region(
        p, "eu", "from: us\nshrink:\n  - { match: services.*.*.replicas, to: { times: 0.5 }, why: w }\n");
    folder_must_load(p, "eu");
    assert_int_equal(p->region->shrinks[0].hits, 10000);
    assert_string_equal(text_at(p, "services.databases.d9999"), "{\"replicas\":2,\"size\":\"large\"}");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_only_services_are_copied),
        CASE(test_integers_shrink_by_an_exact_factor_and_round_up),
        CASE(test_a_rule_may_give_a_value_of_any_shape),
        CASE(test_own_services_win_over_shrink_and_shrink_over_the_copy),
        CASE(test_what_is_absent_is_gone_but_stays_visible),
        CASE(test_a_rule_that_matches_nothing_suggests_a_path),
        CASE(test_a_rule_does_not_match_what_is_absent),
        CASE(test_two_rules_for_one_value_are_an_error_naming_both),
        CASE(test_a_rule_for_a_map_quarrels_with_one_for_a_part_of_it),
        CASE(test_two_rules_that_agree_may_match_one_value),
        CASE(test_only_integers_can_be_computed),
        CASE(test_badly_written_rules_are_told),
        CASE(test_rules_without_from_have_nothing_to_work_on),
        CASE(test_declaring_what_is_absent_is_an_error),
        CASE(test_secrets_are_never_copied_and_the_gap_is_told),
        CASE(test_secrets_that_the_other_has_for_itself_are_missing_to_nobody),
        CASE(test_what_the_other_says_for_itself_leads_nowhere),
        CASE(test_copied_text_that_names_the_old_region_is_a_warning),
        CASE(test_a_place_is_not_the_name_of_a_region),
        CASE(test_a_chain_is_resolved_from_its_far_end),
        CASE(test_one_literal_in_many_places_can_be_shrunk_apart_later),
        CASE(test_a_from_loop_is_named),
        CASE(test_a_from_that_leads_nowhere_gets_a_suggestion),
        CASE(test_an_error_in_the_reference_points_into_its_file),
        CASE(test_provenance_tells_the_whole_story_oldest_first),
        CASE(test_provenance_of_an_unknown_path_suggests_one),
        CASE(test_ten_thousand_copied_databases_are_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
