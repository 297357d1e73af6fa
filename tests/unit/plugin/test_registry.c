#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "plugin/host.h"
#include "plugin/registry.h"

/* What the registry says about folders and names; with real plugins it is tested in tests/abi. */
struct folders {
    struct arena *mem;
    struct host *host;
    const char *names[2];
};

static int make(void **state)
{
    struct arena *mem = arena_new();
    struct folders *t = ARENA_NEW(mem, struct folders);
    t->mem = mem;
    t->host = host_new((struct host_parts){0});
    char *folder = arena_text(mem, "/tmp/landfall-registry-XXXXXX");
    assert_non_null(mkdtemp(folder));
    t->names[0] = folder;
    t->names[1] = arena_print(mem, "%s/none", folder);
    const char *const files[] = {"dns-powerdns.so", "dns-local.so", "notes.txt", ".hidden.so"};
    struct err err;
    for (size_t i = 0; i < 4; i++)
        assert_true(file_replace(file_join(mem, folder, files[i]), "no ELF", 6, 0755, &err));
    *state = t;
    return 0;
}

static int unmake(void **state)
{
    struct folders *t = *state;
    const char *const files[] = {"dns-powerdns.so", "dns-local.so", "notes.txt", ".hidden.so"};
    for (size_t i = 0; i < 4; i++)
        unlink(file_join(t->mem, t->names[0], files[i]));
    rmdir(t->names[0]);
    host_free(t->host);
    arena_free(t->mem);
    return 0;
}

static void test_a_missing_plugin_lists_where_was_looked_and_what_is_there(void **state)
{
    struct folders *t = *state;
    struct registry *r = registry_new(t->host, t->names, 2);
    struct registry_ask ask = {
        .subsystem = "dns", .instance = "", .driver = "powerdsn", .where = "regions/eu.yaml:9:3"};
    struct err err;
    assert_false(registry_add(r, &ask, &err));
    assert_string_equal(err.code, "plugin.missing");
    assert_string_equal(err.where, "regions/eu.yaml:9:3");
    assert_string_equal(err.summary, "no plugin 'dns-powerdsn.so'");
    assert_string_equal(err.detail,
                        arena_print(t->mem,
                                    "looked in '%s' (dns-local.so, dns-powerdns.so), '%s' (no such folder)",
                                    t->names[0], t->names[1]));
    assert_string_equal(err.advice, "did you mean 'dns-powerdns'?");
    registry_free(r);
}

static void test_a_driver_name_cannot_lead_out_of_the_folders(void **state)
{
    struct folders *t = *state;
    struct registry *r = registry_new(t->host, t->names, 2);
    struct registry_ask ask = {.subsystem = "dns", .instance = "", .driver = "../landfall"};
    struct err err;
    assert_false(registry_add(r, &ask, &err));
    assert_string_equal(err.code, "plugin.missing");
    registry_free(r);
}

static void test_without_folders_the_error_says_so(void **state)
{
    struct folders *t = *state;
    struct registry *r = registry_new(t->host, NULL, 0);
    struct registry_ask ask = {.subsystem = "dns", .instance = "", .driver = "local"};
    struct err err;
    assert_false(registry_add(r, &ask, &err));
    assert_string_equal(err.detail, "no plugin folders are configured");
    assert_non_null(strstr(err.advice, "landfall.yaml"));
    registry_free(r);
}

static void test_an_empty_catalog_says_what_to_write(void **state)
{
    struct folders *t = *state;
    struct registry *r = registry_new(t->host, t->names, 2);
    struct catalog c = registry_catalog(r);
    const struct catalog_type *type;
    struct err err;
    assert_false(c.type(c.user, "dns", "", "zone", &type, &err));
    assert_string_equal(err.code, "catalog.no_subsystem");
    assert_string_equal(err.summary, "the region has no driver for 'dns'");
    assert_string_equal(err.advice,
                        "name one under 'drivers' in the region file, as dns: { use: ... }; which there are: "
                        "landfall describe");
    assert_null(registry_find(r, "dns", ""));
    registry_free(r);
}

static void test_a_scan_lists_what_cannot_be_loaded_and_why(void **state)
{
    struct folders *t = *state;
    struct registry_found *found;
    size_t count;
    struct err err;
    assert_true(registry_scan(t->mem, t->names, 2, &found, &count, &err));
    assert_int_equal(count, 2);
    assert_string_equal(file_name(found[0].path), "dns-local.so");
    assert_null(found[0].plugin);
    assert_non_null(strstr(found[0].refusal, "cannot load plugin"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)
    const struct CMUnitTest tests[] = {
        TEST(test_a_missing_plugin_lists_where_was_looked_and_what_is_there),
        TEST(test_a_driver_name_cannot_lead_out_of_the_folders),
        TEST(test_without_folders_the_error_says_so),
        TEST(test_an_empty_catalog_says_what_to_write),
        TEST(test_a_scan_lists_what_cannot_be_loaded_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
