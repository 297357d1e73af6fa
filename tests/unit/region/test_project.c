/* landfall.yaml: found from below, closed, with defaults for what harms nobody. */
#include "project_folder.h"

#include "region/project.h"

static struct project *load(struct folder *p)
{
    struct project *project = NULL;
    diag_init(&p->diags, p->mem);
    return project_load(p->mem, p->path, &project, &p->diags, &p->err) ? project : NULL;
}

static struct project *given(struct folder *p, const char *text)
{
    folder_write(p, "playbooks/saas.lua", "stage \"x\"\n");
    folder_write(p, PROJECT_FILE, text);
    return load(p);
}

static void test_an_empty_file_gives_the_defaults(void **state)
{
    struct folder *p = *state;
    struct project *project = given(p, "{}\n");
    assert_non_null(project);
    assert_string_equal(project->store, arena_print(p->mem, "%s/.landfall", p->path));
    assert_string_equal(project->playbook, "playbooks/saas.lua");
    assert_null(project->key);
    assert_int_equal(project->parallel, PROJECT_PARALLEL);
    assert_int_equal(project->plugin_count, 0);
    assert_int_equal(project->timeouts.create_ms, 0);
}

static void test_every_key_is_read(void **state)
{
    struct folder *p = *state;
    folder_write(p, "prices/list.yaml", "{}\n");
    folder_write(p, "playbooks/other.lua", "\n");
    folder_write(p, "plugins/README", "\n");
    folder_write(p, "certs/ours.pem", "\n");
    struct project *project = given(p, "store: /var/lib/landfall\n"
                                       "key: !secret env:LANDFALL_STORE_KEY\n"
                                       "plugins: [plugins, /usr/lib]\n"
                                       "playbook: playbooks/other.lua\n"
                                       "price_books: [prices/list.yaml]\n"
                                       "parallel: 8\n"
                                       "pools:\n"
                                       "  route53: { width: 4, rate: 4.5, burst: 10, lands_within: 1.5 }\n"
                                       "  a: { rate: \"0.001\" }\n"
                                       "timeouts: { read: 30, create: 600 }\n"
                                       "http: { ca_file: certs/ours.pem, plain: [vault, \"fd00::1\"] }\n");
    assert_non_null(project);
    assert_string_equal(project->store, "/var/lib/landfall");
    assert_string_equal(project->key->secret->source, "env:LANDFALL_STORE_KEY");
    assert_int_equal(project->plugin_count, 2);
    assert_string_equal(project->plugins[0], arena_print(p->mem, "%s/plugins", p->path));
    assert_string_equal(project->plugins[1], "/usr/lib");
    assert_string_equal(project->playbook, "playbooks/other.lua");
    assert_string_equal(project->price_books[0], "prices/list.yaml");
    assert_int_equal(project->parallel, 8);
    assert_int_equal(project->pool_count, 2);
    assert_string_equal(project->pools[0].name, "a");
    assert_int_equal(project->pools[0].rate_milli, 1);
    assert_int_equal(project->pools[0].width, 0);
    assert_int_equal(project->pools[1].width, 4);
    assert_int_equal(project->pools[1].rate_milli, 4500);
    assert_int_equal(project->pools[1].burst, 10);
    assert_int_equal(project->pools[1].lands_ms, 1500);
    assert_int_equal(project->pools[0].lands_ms, 0);
    assert_int_equal(project->timeouts.read_ms, 30000);
    assert_int_equal(project->timeouts.create_ms, 600000);
    assert_int_equal(project->timeouts.destroy_ms, 0);
    assert_string_equal(project->http.ca_file, file_join(p->mem, p->path, "certs/ours.pem"));
    assert_int_equal(project->http.plain_count, 2);
    assert_string_equal(project->http.plain[1], "fd00::1");
}

static void test_everything_wrong_is_told_at_once(void **state)
{
    struct folder *p = *state;
    assert_null(given(
        p, "sotre: x\n"
           "key: hunter2hunter2\n"
           "plugins: plugins\n"
           "parallel: 0\n"
           "pools: { a: { width: -1 }, b: {}, c: { rate: fast }, d: { rat: 1 }, e: { lands_within: 0 } }\n"
           "price_books: [prices/none.yaml, ../outside.yaml, /etc/passwd]\n"
           "timeouts: { read: 9999999 }\n"
           "http: { ca_file: none.pem, plain: ['http://a', 'a:80', '[::1]', ''] }\n"
           "playbook: a/../../b.lua\n"));
    folder_says(p, "project.unknown_key", "landfall.yaml:1:1", "did you mean 'store'?");
    folder_says(p, "project.wrong_kind", "landfall.yaml:2:6", "!secret env:NAME");
    folder_says(p, "project.wrong_kind", "landfall.yaml:3:10", "must be a list");
    folder_says(p, "project.range", "landfall.yaml:4:11", "from 1 to");
    folder_says(p, "project.range", "landfall.yaml:5:22", "'width' is -1");
    folder_says(p, "project.empty_pool", "landfall.yaml:5:31", "'b' limits nothing");
    folder_says(p, "project.rate", "landfall.yaml:5:46", "4.5");
    folder_says(p, "project.unknown_key", "landfall.yaml:5:59", "'rate'");
    folder_says(p, "project.lands_within", "landfall.yaml:5:88", "from 0.001 to 3600");
    folder_says(p, "project.no_file", "landfall.yaml:6:15", "'prices/none.yaml'");
    folder_says(p, "project.outside", "landfall.yaml:6:33", "'../outside.yaml'");
    folder_says(p, "project.outside", "landfall.yaml:6:50", "'/etc/passwd'");
    folder_says(p, "project.range", "landfall.yaml:7:19", "604800");
    folder_says(p, "project.no_file", "landfall.yaml:8:18", "'none.pem'");
    folder_says(p, "project.host", "landfall.yaml:8:36", "'http://a' is no host");
    folder_says(p, "project.host", "landfall.yaml:8:48", "'a:80' is no host");
    folder_says(p, "project.host", "landfall.yaml:8:56", "'[::1]' is no host");
    folder_says(p, "project.host", "landfall.yaml:8:65", "'' is no host");
    folder_says(p, "project.outside", "landfall.yaml:9:11", "outside the project");
}

static void test_a_playbook_is_guessed_only_when_there_is_one(void **state)
{
    struct folder *p = *state;
    folder_write(p, PROJECT_FILE, "{}\n");
    assert_null(load(p));
    folder_says(p, "project.no_playbook", "landfall.yaml:1:1", "holds no *.lua");
    folder_write(p, "playbooks/a.lua", "");
    folder_write(p, "playbooks/lib/names.lua", "");
    assert_string_equal(load(p)->playbook, "playbooks/a.lua");
    folder_write(p, "playbooks/b.lua", "");
    assert_null(load(p));
    folder_says(p, "project.no_playbook", "landfall.yaml:1:1", "several");
}

static void test_a_project_is_found_from_below(void **state)
{
    struct folder *p = *state;
    const char *folder;
    folder_write(p, PROJECT_FILE, "{}\n");
    folder_write(p, "playbooks/lib/names.lua", "");
    assert_true(project_find(p->mem, file_join(p->mem, p->path, "playbooks/lib"), &folder, &p->err));
    assert_string_equal(folder, file_real(p->mem, p->path));
    assert_true(project_find(p->mem, p->path, &folder, &p->err));
    assert_string_equal(folder, file_real(p->mem, p->path));
}

static void test_a_folder_outside_any_project_says_how_to_begin(void **state)
{
    struct folder *p = *state;
    const char *folder = NULL;
    assert_false(project_find(p->mem, p->path, &folder, &p->err));
    assert_string_equal(p->err.code, "project.not_found");
    assert_non_null(strstr(p->err.advice, "landfall init"));
    assert_false(project_find(p->mem, "/nowhere/at/all", &folder, &p->err));
    assert_string_equal(p->err.code, "project.not_found");
    assert_null(folder);
}

static void test_a_missing_file_is_an_error_of_its_own(void **state)
{
    struct folder *p = *state;
    assert_null(load(p));
    assert_string_equal(p->diags.at[0].where, "landfall.yaml");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_an_empty_file_gives_the_defaults),
        CASE(test_every_key_is_read),
        CASE(test_everything_wrong_is_told_at_once),
        CASE(test_a_playbook_is_guessed_only_when_there_is_one),
        CASE(test_a_project_is_found_from_below),
        CASE(test_a_folder_outside_any_project_says_how_to_begin),
        CASE(test_a_missing_file_is_an_error_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
