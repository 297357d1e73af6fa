/* Waivers: whoever bends a rule says who answers for it, why, until when, and who was told. */
#include "project_folder.h"

#include "base/tick.h"
#include "region/waiver.h"

#define WHOLE                                                                                                \
    "rule: encrypted at rest\n"                                                                              \
    "steps: [database.cluster.*, queue]\n"                                                                   \
    "owner: data-platform\n"                                                                                 \
    "reason: the old disks go in March\n"                                                                    \
    "expires: 2027-03-31\n"                                                                                  \
    "told: [security, legal]\n"

static struct waivers *load(struct folder *p, const char *region, const char *timezone)
{
    struct waivers *out = NULL;
    diag_init(&p->diags, p->mem);
    return waiver_load(p->mem, p->path, region, timezone, &out, &p->diags, &p->err) ? out : NULL;
}

static struct waivers *given(struct folder *p, const char *text)
{
    folder_write(p, "waivers/disks.yaml", text);
    return load(p, "eu", "UTC");
}

static void test_a_waiver_is_read_whole(void **state)
{
    struct folder *p = *state;
    struct waivers *all = given(p, WHOLE);
    assert_non_null(all);
    assert_int_equal(all->count, 1);
    const struct waiver *w = &all->at[0];
    assert_string_equal(w->name, "disks");
    assert_string_equal(w->rule, "encrypted at rest");
    assert_string_equal(w->owner, "data-platform");
    assert_string_equal(w->reason, "the old disks go in March");
    assert_int_equal(w->step_count, 2);
    assert_int_equal(w->told_count, 2);
    assert_string_equal(w->told[1], "legal");
    assert_string_equal(w->where, "waivers/disks.yaml:1:7");
    assert_non_null(strstr(w->detail, "encrypted at rest"));
    assert_string_equal(all->files[0].path, "waivers/disks.yaml");
    assert_int_equal(strlen(all->files[0].digest), 64);
}

static void test_a_project_without_waivers_has_none(void **state)
{
    struct folder *p = *state;
    struct waivers *all = load(p, "eu", "UTC");
    assert_non_null(all);
    assert_int_equal(all->count, 0);
}

static void test_the_last_day_ends_where_the_region_is(void **state)
{
    struct folder *p = *state;
    int64_t midnight;
    assert_true(tick_parse("2027-03-31", &midnight)); /* 24:00 UTC */
    const struct waiver *w = &given(p, WHOLE)->at[0];
    assert_false(waiver_is_expired(w, midnight - 1));
    assert_true(waiver_is_expired(w, midnight));
    if (!file_exists("/usr/share/zoneinfo/Europe/Dublin"))
        return;
    w = &load(p, "eu", "Europe/Dublin")->at[0]; /* summer time began on the 28th */
    assert_false(waiver_is_expired(w, midnight - 3600001));
    assert_true(waiver_is_expired(w, midnight - 3600000));
}

static void test_only_the_rule_and_the_steps_it_names_are_covered(void **state)
{
    struct folder *p = *state;
    const struct waiver *w = &given(p, WHOLE)->at[0];
    assert_true(waiver_covers(w, "encrypted at rest", "database.cluster.primary"));
    assert_true(waiver_covers(w, "encrypted at rest", "queue.queue.orders"));
    assert_false(waiver_covers(w, "encrypted at rest", "database.database.main"));
    assert_false(waiver_covers(w, "names", "database.cluster.primary"));
}

static void test_it_holds_in_the_regions_it_names_only(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu", "");
    folder_write_region(p, "au", "");
    folder_write(p, "waivers/disks.yaml", WHOLE "regions: [au]\n");
    folder_write(p, "waivers/all.yaml", WHOLE);
    assert_int_equal(load(p, "eu", "UTC")->count, 1);
    assert_int_equal(load(p, "au", "UTC")->count, 2);
    assert_string_equal(load(p, "au", "UTC")->at[0].name, "all");
}

static void test_without_owner_or_expiry_nothing_is_waived(void **state)
{
    struct folder *p = *state;
    assert_null(given(p, "rule: r\nsteps: [dns]\nreason: because\ntold: [x]\n"));
    folder_says(p, "waiver.missing_key", "waivers/disks.yaml:1:1", "needs 'owner'");
    folder_says(p, "waiver.missing_key", "waivers/disks.yaml:1:1", "needs 'expires'");
    assert_non_null(strstr(folder_diag(p, "waiver.missing_key")->detail, "^"));
}

static void test_everything_wrong_is_told_at_once(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "eu", "");
    assert_null(given(p, "rule: \"\"\n"
                         "steps: [Dns.record, 7]\n"
                         "owners: data\n"
                         "owner: data\n"
                         "reason: x\n"
                         "expires: never\n"
                         "told: []\n"
                         "regions: [eu, mars]\n"));
    folder_says(p, "waiver.empty_text", "waivers/disks.yaml:1:7", "write something");
    folder_says(p, "waiver.steps", "waivers/disks.yaml:2:9", "dns.record.mail-*");
    folder_says(p, "waiver.wrong_kind", "waivers/disks.yaml:2:21", "write text here");
    folder_says(p, "waiver.unknown_key", "waivers/disks.yaml:3:1", "did you mean 'owner'?");
    folder_says(p, "waiver.expires", "waivers/disks.yaml:6:10", "2027-03-31");
    folder_says(p, "waiver.empty_list", "waivers/disks.yaml:7:7", "at least one");
    folder_says(p, "waiver.regions", "waivers/disks.yaml:8:15", "'mars'");
}

static void test_a_broken_waiver_of_another_region_is_told_too(void **state)
{
    struct folder *p = *state;
    folder_write_region(p, "au", "");
    assert_null(given(p, "regions: [au]\nrule: r\nsteps: [dns]\n"));
    assert_non_null(folder_diag(p, "waiver.missing_key"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_a_waiver_is_read_whole),
        CASE(test_a_project_without_waivers_has_none),
        CASE(test_the_last_day_ends_where_the_region_is),
        CASE(test_only_the_rule_and_the_steps_it_names_are_covered),
        CASE(test_it_holds_in_the_regions_it_names_only),
        CASE(test_without_owner_or_expiry_nothing_is_waived),
        CASE(test_everything_wrong_is_told_at_once),
        CASE(test_a_broken_waiver_of_another_region_is_told_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
