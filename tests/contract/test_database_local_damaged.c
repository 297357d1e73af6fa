/* A database's file that was damaged: no verb takes it for gone, none touches it, none asks to be asked
 * again, and each says what a person can do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "bench.h"
#include "model/value.h"
#include "world.h"

#define DRIVER PLUGINS_FOLDER "/database-local.so"
/* SQLite's own header is left as it was: then the file is a database, and a broken one. */
#define HEADER 100

struct set {
    struct arena *mem;
    char *folder;
    const char *file;
    struct bench *b;
};

static int open_set(void **state)
{
    struct arena *mem = arena_new();
    struct set *set = ARENA_NEW(mem, struct set);
    set->mem = mem;
    set->folder = world_new(mem);
    set->file = arena_print(mem, "%s/main.db", set->folder);
    set->b = bench_open(DRIVER, arena_print(mem, "{'path':'%s'}", set->folder));
    *state = set;
    return 0;
}

static int close_set(void **state)
{
    struct set *set = *state;
    size_t breaches = 0;
    (void)bench_breaches(set->b, &breaches);
    assert_int_equal(breaches, 0);
    bench_close(set->b);
    world_remove(set->folder);
    arena_free(set->mem);
    return 0;
}

static const struct op_result *want(struct set *set, uint32_t verb, const char *type, const char *json)
{
    struct op_item item = {.verb = verb, .desired = bench_value(set->b, json)};
    return bench_run(set->b, type, item);
}

static void damage(const struct set *set)
{
    const char *bytes = NULL;
    size_t size = 0;
    struct err err;
    assert_true(file_read(set->mem, set->file, WORLD_FILE_MAX, &bytes, &size, &err));
    assert_true(size > HEADER);
    char *broken = arena_alloc(set->mem, size);
    memcpy(broken, bytes, HEADER);
    memset(broken + HEADER, 0xff, size - HEADER);
    assert_true(file_replace(set->file, broken, size, 0644, &err));
}

static void is_damaged(struct set *set, const struct op_result *r, const char *what)
{
    size_t count = 0;
    if (r->broke || r->status != LF_END_FAILED)
        fail_msg("%s: ended with %u, not FAILED", what, r->status);
    assert_true(bench_has_note(set->b, "database.corrupt"));
    const struct diag *notes = bench_notes(set->b, &count);
    assert_string_equal(notes[count - 1].summary, "the file is damaged");
    assert_non_null(strstr(notes[count - 1].detail, "main.db"));
    assert_non_null(strstr(notes[count - 1].advice, "restore it from a backup"));
}

#define DATABASE  "{'name':'main','storage_gb':20}"
#define MIGRATION "{'database':'main','name':'0001','sql':'create table t (x)'}"

static void test_each_verb_says_that_the_file_is_damaged_and_leaves_it(void **state)
{
    static const uint32_t verbs[] = {LF_VERB_READ,   LF_VERB_FIND,   LF_VERB_RECOVER,
                                     LF_VERB_CREATE, LF_VERB_UPDATE, LF_VERB_DESTROY};
    struct set *set = *state;
    assert_int_equal(want(set, LF_VERB_CREATE, "database", DATABASE)->status, LF_END_OK);
    assert_int_equal(want(set, LF_VERB_CREATE, "migration", MIGRATION)->status, LF_END_OK);
    damage(set);
    const char *before = world_picture(set->mem, set->folder);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        const char *what = arena_print(set->mem, "verb %u", verbs[i]);
        is_damaged(set, want(set, verbs[i], "database", DATABASE), what);
        is_damaged(set, want(set, verbs[i], "migration", MIGRATION), what);
    }
    struct op_item list = {.verb = LF_VERB_OWNED};
    is_damaged(set, bench_run(set->b, "database", list), "owned");
    assert_string_equal(world_picture(set->mem, set->folder), before);
}

static void test_a_call_and_its_recover_say_so_too(void **state)
{
    struct set *set = *state;
    struct op_item item = {.verb = LF_VERB_CALL, .token = "t1"};
    item.args = bench_value(set->b, "{'database':'main','sql':'create table t (x)'}");
    assert_int_equal(want(set, LF_VERB_CREATE, "database", DATABASE)->status, LF_END_OK);
    damage(set);
    is_damaged(set, bench_call(set->b, "query", item), "query");
    item.verb = LF_VERB_RECOVER;
    is_damaged(set, bench_call(set->b, "query", item), "recover of the query");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_verb_says_that_the_file_is_damaged_and_leaves_it, open_set,
                                        close_set),
        cmocka_unit_test_setup_teardown(test_a_call_and_its_recover_say_so_too, open_set, close_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
