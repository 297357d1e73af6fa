#include "conform/sheet.h"

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
#include "conform/samples.h"
#include "model/diag.h"
#include "model/value.h"
#include "model/value_json.h"

struct desk {
    struct arena *mem;
    char folder[64];
    struct diags diags;
    struct err err;
};

static int set_up(void **state)
{
    struct desk *d = calloc(1, sizeof(*d));
    assert_non_null(d);
    d->mem = arena_new();
    (void)snprintf(d->folder, sizeof(d->folder), "/tmp/landfall-sheet-XXXXXX");
    assert_non_null(mkdtemp(d->folder));
    diag_init(&d->diags, d->mem);
    *state = d;
    return 0;
}

static int tear_down(void **state)
{
    struct desk *d = *state;
    unlink(file_join(d->mem, d->folder, "f.yaml"));
    rmdir(d->folder);
    arena_free(d->mem);
    free(d);
    return 0;
}

static bool load(struct desk *d, const char *subsystem, const char *text, struct sheet **out)
{
    struct err err;
    assert_true(file_replace(file_join(d->mem, d->folder, "f.yaml"), text, strlen(text), 0644, &err));
    return sheet_load(d->mem, d->folder, "f.yaml", subsystem, out, &d->diags, &d->err);
}

static void refuses(struct desk *d, const char *text, const char *code, const char *where, const char *advice)
{
    struct sheet *s;
    assert_false(load(d, "hosts", text, &s));
    assert_string_equal(d->err.code, code);
    assert_string_equal(d->err.where, where);
    assert_string_equal(d->err.advice, advice);
}

static void test_a_file_for_a_known_subsystem_needs_settings_alone(void **state)
{
    struct desk *d = *state;
    struct sheet *s;
    assert_true(load(d, "dns", "settings: { path: \"${folder}/zones\" }\n", &s));
    assert_non_null(sheet_find(s, "zone"));
    assert_string_equal(sheet_find(s, "record")->needs[0].type, "zone");
    assert_false(sheet_find(s, "zone")->given);
    assert_int_equal(s->kills, SHEET_KILLS);
    assert_int_equal(s->lag_ms, -1);
    assert_null(s->proxy_host);
}

static void test_what_the_file_says_of_a_type_goes_over_the_samples_key_by_key(void **state)
{
    struct desk *d = *state;
    struct sheet *s;
    assert_true(load(d, "dns",
                     "types:\n  zone: { skip: the server has its own }\n"
                     "  record: { update: { ttl: 60 }, needs: { zone: zone } }\n",
                     &s));
    const struct sheet_type *record = sheet_find(s, "record");
    assert_true(record->given);
    assert_string_equal(value_json_text(d->mem, record->update), "{\"ttl\":60}");
    assert_string_equal(value_get_text(record->create, "type", ""), "A");
    assert_string_equal(sheet_find(s, "zone")->skip, "the server has its own");
    assert_non_null(sheet_find(s, "zone")->create);
}

static void test_every_key_is_read(void **state)
{
    struct desk *d = *state;
    struct sheet *s;
    assert_true(load(d, "hosts",
                     "settings: { url: \"http://${proxy}\" }\nproxy: 127.0.0.1:81\nkills: 3\nlag_ms: 20\n"
                     "words: { domain: example.net }\nskip: { owned: no lists }\n"
                     "types:\n  a: { create: { n: \"${name}.${domain}\" } }\n"
                     "  b: { alone: true, needs: [a], create: { a: \"${a.id}\" }, update: {}, "
                     "foreign: [make, \"${name}\"], foreign_remove: [rm] }\n",
                     &s));
    assert_string_equal(s->proxy_host, "127.0.0.1");
    assert_int_equal(s->proxy_port, 81);
    assert_int_equal(s->kills, 3);
    assert_int_equal(s->lag_ms, 20);
    assert_true(sheet_find(s, "b")->alone);
    assert_int_equal(sheet_find(s, "b")->foreign->count, 2);
    assert_string_equal(sheet_find(s, "b")->needs[0].name, "a");
    assert_null(sheet_find(s, "c"));
}

static void test_mistakes_are_told_at_their_place_with_a_way_out(void **state)
{
    struct desk *d = *state;
    refuses(d, "setings: {}\n", "conform.unknown_key", "f.yaml:1:1", "did you mean 'settings'?");
}

static void test_an_unknown_word_names_what_comes_near(void **state)
{
    refuses(*state, "types:\n  a: { create: { n: \"${nam}\" } }\n", "conform.unknown_word", "f.yaml:2:21",
            "did you mean '${name}'?");
}

static void test_a_need_of_no_known_type_is_a_mistake(void **state)
{
    refuses(*state,
            "types:\n  zone: { create: { n: x } }\n  b: { needs: [zoen], create: { z: \"${zoen.id}\" } }\n",
            "conform.unknown_type", "f.yaml:3:15", "did you mean 'zone'?");
}

static void test_a_type_without_create_says_why(void **state)
{
    refuses(*state, "types:\n  a: { update: { n: x } }\n", "conform.missing_key", "f.yaml:2:6",
            "write `create`, or say why not: skip: <reason>");
}

static void test_a_proxy_is_an_address_with_a_port(void **state)
{
    refuses(*state, "proxy: here\n", "conform.proxy", "f.yaml:1:8",
            "write 127.0.0.1:PORT, where the service listens");
}

static void test_settings_that_go_through_the_proxy_need_one(void **state)
{
    refuses(*state, "settings: { url: \"${proxy}\" }\n", "conform.no_proxy", "f.yaml:1:11",
            "say where the service listens: proxy: 127.0.0.1:PORT");
}

static void test_counts_have_bounds(void **state)
{
    refuses(*state, "kills: -1\n", "conform.range", "f.yaml:1:8", "write a number from 0 to 10000");
}

static void test_a_command_has_a_program(void **state)
{
    refuses(*state, "types:\n  a: { create: { n: x }, foreign: [] }\n", "conform.no_command", "f.yaml:2:35",
            "write the program, then its arguments: [./make, x]");
}

static void test_the_samples_that_came_with_landfall_are_sound(void **state)
{
    struct desk *d = *state;
    struct sheet *s;
    size_t count = 0;
    for (; samples_table[count].subsystem; count++) {
        assert_true(load(d, samples_table[count].subsystem, "settings: {}\n", &s));
        assert_true(s->type_count > 0);
    }
    assert_true(count >= 4);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_file_for_a_known_subsystem_needs_settings_alone),
        TEST(test_what_the_file_says_of_a_type_goes_over_the_samples_key_by_key),
        TEST(test_every_key_is_read),
        TEST(test_mistakes_are_told_at_their_place_with_a_way_out),
        TEST(test_an_unknown_word_names_what_comes_near),
        TEST(test_a_need_of_no_known_type_is_a_mistake),
        TEST(test_a_type_without_create_says_why),
        TEST(test_a_proxy_is_an_address_with_a_port),
        TEST(test_settings_that_go_through_the_proxy_need_one),
        TEST(test_counts_have_bounds),
        TEST(test_a_command_has_a_program),
        TEST(test_the_samples_that_came_with_landfall_are_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
