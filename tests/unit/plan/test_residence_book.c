/* The book: a file of evidence is what the chain says, or the first place that is not is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/residence_book.h"
#include "store/store.h"

#define HASH(c) c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c

static const struct store_audit chain[] = {
    {1, 1000, "run.opened", "{}", HASH("00"), HASH("11")},
    {2, 2000, "residency.seen",
     "{\"address\":\"a.b.one\",\"generation\":1,\"holds\":[\"customer\"],\"how\":\"seen\",\"told\":\"x\","
     "\"verdict\":\"fine\"}",
     HASH("11"), HASH("22")},
    {3, 3000, "residency.seen",
     "{\"address\":\"a.b.two\",\"generation\":1,\"holds\":[\"customer\"],\"how\":\"not told\","
     "\"verdict\":\"open\"}",
     HASH("22"), HASH("33")},
    {4, 4000, "residency.seen",
     "{\"address\":\"a.b.one\",\"generation\":2,\"holds\":[\"customer\"],\"how\":\"declared\",\"told\":\"y\","
     "\"verdict\":\"elsewhere\"}",
     HASH("33"), HASH("44")},
    /* The old one goes after the new one was made. */
    {5, 5000, "residency.gone", "{\"address\":\"a.b.one\",\"generation\":1,\"holds\":[\"customer\"]}",
     HASH("44"), HASH("55")},
    {6, 6000, "residency.gone", "{\"address\":\"a.b.two\",\"generation\":1,\"holds\":[\"customer\"]}",
     HASH("55"), HASH("66")},
};

static struct residence_book book_of(struct arena *mem, int64_t upto)
{
    struct residence_book book;
    struct err err;
    assert_true(residence_book_make(mem, "eu", "lineage", chain, COUNT_OF(chain), upto, &book, &err));
    return book;
}

static void test_the_newest_word_counts_and_what_is_gone_is_gone(void **state)
{
    struct arena *mem = arena_new();
    (void)state;
    struct residence_book book = book_of(mem, 0);
    assert_int_equal(book.count, 1);
    assert_string_equal(book.lines[0].address, "a.b.one");
    assert_int_equal(book.lines[0].audit->seq, 4);
    assert_true(book.lines[0].wrong);
    assert_int_equal(book.declared, 1);
    assert_int_equal(book.gone, 2);
    assert_int_equal(book.trail_count, 5);
    assert_int_equal(book.entries, 6);
    assert_string_equal(book.head, HASH("66"));
    arena_free(mem);
}

static void test_up_to_an_entry_it_is_what_it_was_then(void **state)
{
    struct arena *mem = arena_new();
    (void)state;
    struct residence_book book = book_of(mem, 3);
    assert_int_equal(book.count, 2);
    assert_int_equal(book.seen, 1);
    assert_int_equal(book.untold, 1);
    assert_int_equal(book.wrong, 0);
    assert_string_equal(book.head, HASH("33"));
    arena_free(mem);
}

static void test_what_the_chain_does_not_know_is_missing(void **state)
{
    struct arena *mem = arena_new();
    (void)state;
    struct residence_book book = book_of(mem, 0);
    struct store_res rows[] = {
        {.address = "a.b.none", .generation = 1},
        {.address = "a.b.old", .generation = 1, .holds = "[\"customer\"]", .deposed = true},
        {.address = "a.b.one", .generation = 2, .holds = "[\"customer\"]"},
        {.address = "a.b.one", .generation = 3, .holds = "[\"customer\"]"},
        {.address = "a.b.two", .generation = 1, .holds = "[\"customer\"]"},
    };
    struct store_snapshot truth = {.res = rows, .res_count = COUNT_OF(rows)};
    size_t count;
    const char *const *missing = residence_book_missing(mem, &book, &truth, &count);
    assert_int_equal(count, 2);
    assert_string_equal(missing[0], "a.b.one");
    assert_string_equal(missing[1], "a.b.two");
    arena_free(mem);
}

static void test_an_entry_of_another_landfall_is_told(void **state)
{
    static const char *const bad[] = {"[]", "{\"address\":\"a.b.c\"}", "{\"holds\":[]}", "{"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct arena *mem = arena_new();
        struct store_audit one = {1, 1, "residency.seen", bad[i], HASH("00"), HASH("11")};
        struct residence_book book;
        struct err err;
        assert_false(residence_book_make(mem, "eu", "l", &one, 1, 0, &book, &err));
        assert_non_null(strstr(err.summary, "entry 1 of the audit chain"));
        arena_free(mem);
    }
}

/* ---- every change of a file shows --------------------------------------------------------------------- */

#define MADE_MS INT64_C(1795716000000) /* 2026-11-26T18:00:00Z */

static const struct value *file_of(struct arena *mem, const struct residence_book *book)
{
    const struct value *v = residence_book_value(mem, book);
    v = value_with_key(mem, v, "made_at", value_text(mem, "2026-11-26T18:00:00.000Z"));
    return value_with_key(mem, v, "format", value_text(mem, "landfall.residency/1"));
}

/* The n-th leaf changed, or the n-th container's first part taken out; NULL past the end. */
static const struct value *changed(struct arena *mem, const struct value *v, int *n)
{
    bool map = value_kind(v) == VALUE_MAP, list = value_kind(v) == VALUE_LIST;
    if (!map && !list)
        return (*n)-- == 0 ? value_text(mem, "changed") : NULL;
    if (v->count > 0 && (*n)-- == 0)
        return map ? value_with_key(mem, v, v->pairs[0].key, NULL)
                   : value_list(mem, v->items + 1, v->count - 1);
    for (size_t i = 0; i < v->count; i++) {
        const struct value *inner = changed(mem, map ? v->pairs[i].value : v->items[i], n);
        if (inner && map)
            return value_with_key(mem, v, v->pairs[i].key, inner);
        if (inner) {
            const struct value **items = arena_copy(mem, v->items, v->count * sizeof(*items));
            items[i] = inner;
            return value_list(mem, items, v->count);
        }
    }
    return NULL;
}

static void test_every_single_change_of_a_file_is_told(void **state)
{
    struct arena *mem = arena_new();
    struct err err;
    (void)state;
    struct residence_book book = book_of(mem, 0);
    const struct value *file = file_of(mem, &book);
    int64_t made_ms = 0;
    assert_true(residence_book_check(mem, &book, file, MADE_MS, &made_ms, &err));
    assert_int_equal(made_ms, MADE_MS);
    int changes = 0;
    for (;; changes++) {
        int n = changes;
        const struct value *other = changed(mem, file, &n);
        if (!other)
            break;
        /* What the format is, the reader has looked at before. */
        if (strcmp(value_get_text(other, "format", ""), "landfall.residency/1") != 0)
            continue;
        if (residence_book_check(mem, &book, other, MADE_MS, &made_ms, &err))
            fail_msg("change %d passed: %s", changes, value_json_text(mem, other));
        assert_string_equal(err.code, "residency.tampered");
    }
    assert_true(changes > 60);
    arena_free(mem);
}

/* The chain does not know when a file was made: the clock does. */
static void test_a_file_that_is_not_made_yet_is_refused(void **state)
{
    enum { SKEW_MS = 300000 };
    struct arena *mem = arena_new();
    struct err err;
    int64_t made_ms;
    (void)state;
    struct residence_book book = book_of(mem, 0);
    const struct value *file = file_of(mem, &book);
    assert_true(residence_book_check(mem, &book, file, MADE_MS - SKEW_MS, &made_ms, &err));
    assert_false(residence_book_check(mem, &book, file, MADE_MS - SKEW_MS - 1, &made_ms, &err));
    assert_string_equal(err.code, "residency.future");
    assert_non_null(strstr(err.summary, "2026-11-26T18:00:00.000Z"));
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_newest_word_counts_and_what_is_gone_is_gone),
        cmocka_unit_test(test_up_to_an_entry_it_is_what_it_was_then),
        cmocka_unit_test(test_what_the_chain_does_not_know_is_missing),
        cmocka_unit_test(test_an_entry_of_another_landfall_is_told),
        cmocka_unit_test(test_every_single_change_of_a_file_is_told),
        cmocka_unit_test(test_a_file_that_is_not_made_yet_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
