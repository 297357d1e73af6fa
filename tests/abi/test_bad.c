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
#include "bench.h"
#include "model/value.h"

static const char *path_of(const char *name)
{
    static char path[512];
    snprintf(path, sizeof(path), ABI_PLUGINS "/bad-%s.so", name);
    return path;
}

static struct bench *open_bad(const char *name)
{
    return bench_open(path_of(name), NULL);
}

static void must_refuse(const char *name, const char *code, const char *sentence)
{
    struct bench *b = NULL;
    struct err err;
    assert_false(bench_try(path_of(name), NULL, &b, &err));
    assert_string_equal(err.code, code);
    if (!strstr(err.summary, sentence) && !strstr(err.detail, sentence))
        fail_msg("'%s' (%s) lacks '%s'", err.summary, err.detail, sentence);
}

static void must_break(const struct op_result *r, uint32_t status, const char *sentence)
{
    assert_int_equal(r->status, status);
    assert_non_null(r->broke);
    assert_string_equal(r->broke, sentence);
}

static const struct op_result *run(struct bench *b, uint32_t verb)
{
    return bench_run(b, "thing", (struct op_item){.verb = verb, .desired = bench_value(b, "{'name':'a'}")});
}

static bool was_said(struct bench *b, const char *sentence)
{
    size_t count;
    const struct diag *notes = bench_notes(b, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(notes[i].summary, sentence) == 0)
            return strcmp(notes[i].code, "plugin.broke_contract") == 0;
    }
    return false;
}

/* ---- refused before they run ------------------------------------------------------------------------------
 */

static void test_what_cannot_be_loaded_is_refused_with_a_sentence(void **state)
{
    (void)state;
    must_refuse("wrong-major", "plugin.abi", "speaks version 2 of the plugin contract, this core version 1");
    must_refuse("next-major", "plugin.abi", "speaks version 2 of the plugin contract, this core version 1");
    must_refuse("no-symbol", "plugin.no_symbol", "is not a landfall plugin: it has no lf_plugin_v1()");
    must_refuse("undefined-symbol", "plugin.cannot_load", "nobody_defines_this");
    must_refuse("null-plugin", "plugin.bad_descriptor", "lf_plugin_v1() gave NULL");
    must_refuse("no-struct-size", "plugin.bad_descriptor", "struct_size of its lf_plugin is not set");
    must_refuse("null-resources", "plugin.bad_descriptor",
                "plugin bad-null-resources: it offers no resources, no calls and no types()");
    must_refuse("other-name", "plugin.bad_descriptor", "holds the plugin bad-my-real-name");
}

static void test_a_driver_that_refuses_its_settings_is_quoted(void **state)
{
    (void)state;
    struct bench *b = NULL;
    struct err err;
    assert_false(bench_try(path_of("refuses-open"), NULL, &b, &err));
    assert_string_equal(err.summary, "driver bad-refuses-open for 'bad': url: no such planet");
    assert_string_equal(err.detail, "looked at eight");
    assert_string_equal(err.advice, "try another sun");
}

/* ---- ends -------------------------------------------------------------------------------------- */

static void test_finishing_twice_is_named_and_the_first_end_stands(void **state)
{
    (void)state;
    struct bench *b = open_bad("finishes-twice");
    must_break(run(b, LF_VERB_CREATE), LF_END_OK, "plugin bad-finishes-twice finished twice");
    assert_null(run(b, LF_VERB_READ)->broke);
    bench_close(b);
}

static void test_finishing_again_long_after_the_end_is_named(void **state)
{
    (void)state;
    struct bench *b = open_bad("finishes-again-later");
    assert_null(run(b, LF_VERB_CREATE)->broke);
    const struct op_result *r = run(b, LF_VERB_READ);
    assert_int_equal(r->status, LF_END_OK);
    assert_null(r->broke);
    size_t count;
    const struct diag *breaches = bench_breaches(b, &count);
    assert_true(count >= 2);
    assert_string_equal(breaches[0].code, "plugin.broke_contract");
    assert_string_equal(breaches[0].summary, "plugin bad-finishes-again-later finished twice");
    bench_close(b);
}

static void test_never_finishing_ends_at_the_deadline_in_doubt(void **state)
{
    (void)state;
    struct bench *b = open_bad("never-finishes");
    bench_timeout(b, 5);
    const struct op_result *r = run(b, LF_VERB_CREATE);
    must_break(r, LF_END_UNSURE,
               "plugin bad-never-finishes never finished: it waited for nothing when the deadline came");
    assert_true(r->timed_out);
    bench_close(b);
}

static void test_finishing_after_the_deadline_is_named(void **state)
{
    (void)state;
    struct bench *b = open_bad("finishes-late");
    bench_timeout(b, 5);
    assert_int_equal(run(b, LF_VERB_CREATE)->status, LF_END_UNSURE);
    assert_int_equal(run(b, LF_VERB_READ)->status, LF_END_OK);
    size_t count;
    const struct diag *breaches = bench_breaches(b, &count);
    assert_int_equal(count, 1);
    assert_string_equal(breaches[0].summary, "plugin bad-finishes-late finished after its deadline");
    bench_close(b);
}

static void test_a_forgotten_status_is_doubt_and_not_success(void **state)
{
    (void)state;
    struct bench *b = open_bad("status-zero");
    const char *sentence = "plugin bad-status-zero ended with the unknown status 0";
    must_break(run(b, LF_VERB_CREATE), LF_END_UNSURE, sentence);
    must_break(run(b, LF_VERB_READ), LF_END_CANNOT_TELL, sentence);
    bench_close(b);
}

static void test_an_unknown_or_senseless_status_is_doubt(void **state)
{
    (void)state;
    struct bench *b = open_bad("unknown-status");
    must_break(run(b, LF_VERB_CREATE), LF_END_UNSURE,
               "plugin bad-unknown-status ended with the unknown status 42");
    must_break(run(b, LF_VERB_READ), LF_END_CANNOT_TELL,
               "plugin bad-unknown-status ended with status 7, which makes no sense when reading");
    bench_close(b);
}

static void test_no_result_at_all_is_doubt(void **state)
{
    (void)state;
    struct bench *b = open_bad("no-result");
    must_break(run(b, LF_VERB_CREATE), LF_END_UNSURE, "plugin bad-no-result ended without a result");
    must_break(run(b, LF_VERB_READ), LF_END_CANNOT_TELL,
               "plugin bad-no-result ended with a result whose struct_size is not set");
    bench_close(b);
}

static void test_a_create_without_an_id_is_doubt(void **state)
{
    (void)state;
    struct bench *b = open_bad("no-id");
    must_break(run(b, LF_VERB_CREATE), LF_END_UNSURE,
               "plugin bad-no-id said that creating went well but gave no id");
    must_break(run(b, LF_VERB_READ), LF_END_CANNOT_TELL,
               "plugin bad-no-id gave an id that is not text, or too long");
    bench_close(b);
}

static void test_a_state_must_be_known_and_a_map(void **state)
{
    (void)state;
    struct bench *b = open_bad("unknown-state");
    const struct op_result *r = run(b, LF_VERB_CREATE);
    must_break(r, LF_END_UNSURE, "plugin bad-unknown-state gave a state that is not fully known");
    assert_null(r->state);
    must_break(run(b, LF_VERB_READ), LF_END_CANNOT_TELL,
               "plugin bad-unknown-state gave a state that is not a map");
    assert_true(was_said(b, "plugin bad-unknown-state made a text that is not UTF-8 or holds a NUL"));
    bench_close(b);
}

static void test_what_nobody_asked_for_is_doubt(void **state)
{
    (void)state;
    struct bench *b = open_bad("canceled-unasked");
    must_break(run(b, LF_VERB_CREATE), LF_END_UNSURE,
               "plugin bad-canceled-unasked said it was canceled, but nobody had asked it to stop");
    must_break(run(b, LF_VERB_PLAN), LF_END_CANNOT_TELL,
               "plugin bad-canceled-unasked planned the unknown action 77");
    must_break(run(b, LF_VERB_ESTIMATE), LF_END_CANNOT_TELL,
               "plugin bad-canceled-unasked gave costs that cannot be read");
    bench_close(b);
}

/* ---- items, saves, notes ----------------------------------------------------------------------------------
 */

static void test_items_are_settled_once_and_the_forgotten_are_in_doubt(void **state)
{
    (void)state;
    struct bench *b = open_bad("items");
    struct op_item items[4];
    for (size_t i = 0; i < 4; i++)
        items[i] = (struct op_item){.verb = LF_VERB_DESTROY};
    const struct op_result *r = bench_run_many(b, "thing", items, 4);
    assert_int_equal(r[0].status, LF_END_OK);
    assert_int_equal(r[1].status, LF_END_UNSURE);
    assert_int_equal(r[2].status, LF_END_OK);
    assert_int_equal(r[3].status, LF_END_OK);
    assert_true(was_said(b, "plugin bad-items settled item 0 twice"));
    assert_true(was_said(b, "plugin bad-items settled item 4 of 4"));
    assert_true(was_said(b, "plugin bad-items settled item 18446744073709551615 of 4"));
    assert_true(was_said(b, "plugin bad-items saved item 4 of 4"));
    bench_close(b);
}

static void test_an_item_of_a_single_is_named(void **state)
{
    (void)state;
    struct bench *b = open_bad("items");
    must_break(run(b, LF_VERB_CREATE), LF_END_OK,
               "plugin bad-items settled an item of an operation that is no batch");
    bench_close(b);
}

static void test_saving_after_the_end_or_while_reading_is_named(void **state)
{
    (void)state;
    struct bench *b = open_bad("saves-after-finish");
    size_t count;
    must_break(run(b, LF_VERB_CREATE), LF_END_OK,
               "plugin bad-saves-after-finish called save() after its operation had ended");
    bench_saves(b, &count);
    assert_int_equal(count, 0);
    must_break(run(b, LF_VERB_READ), LF_END_OK, "plugin bad-saves-after-finish saved progress while reading");
    bench_saves(b, &count);
    assert_int_equal(count, 0);
    bench_close(b);
}

static void test_unreadable_notes_do_no_harm(void **state)
{
    (void)state;
    struct bench *b = open_bad("bad-note");
    must_break(run(b, LF_VERB_CREATE), LF_END_OK,
               "plugin bad-bad-note gave a note whose struct_size is not set");
    assert_true(was_said(b, "plugin bad-bad-note called found() while creating"));
    size_t count;
    const struct diag *notes = bench_notes(b, &count);
    bool escaped = false;
    for (size_t i = 0; i < count; i++)
        escaped |= strcmp(notes[i].summary, "\\x1b[31m\\xff") == 0 && notes[i].severity == DIAG_ERROR;
    assert_true(escaped);
    bench_close(b);
}

static void test_a_worker_thread_may_not_touch_the_host(void **state)
{
    (void)state;
    struct bench *b = open_bad("wrong-thread");
    must_break(run(b, LF_VERB_CREATE), LF_END_OK,
               "plugin bad-wrong-thread used the host from a worker thread");
    bench_close(b);
}

/* ---- the gate ---------------------------------------------------------------------------------- */

static void test_unsafe_requests_are_not_sent_while_reading(void **state)
{
    (void)state;
    struct bench *b = open_bad("writes-http");
    assert_int_equal(run(b, LF_VERB_READ)->status, LF_END_CANNOT_TELL);
    assert_true(was_said(b,
                         "plugin bad-writes-http tried to DELETE 'http://127.0.0.1:9/zones' while reading: "
                         "refused, nothing was changed"));
    bench_read_only(b, true);
    run(b, LF_VERB_CREATE);
    assert_true(was_said(b,
                         "plugin bad-writes-http tried to DELETE 'http://127.0.0.1:9/zones' while creating: "
                         "refused, nothing was changed"));
    bench_close(b);
}

static void test_files_are_not_written_while_reading(void **state)
{
    (void)state;
    struct bench *b = open_bad("writes-files");
    char path[] = "/tmp/landfall-abi-XXXXXX";
    struct err err;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_true(file_replace(path, "theirs", 6, 0600, &err));
    struct op_item item = {.verb = LF_VERB_READ, .address = path};
    assert_int_equal(bench_run(b, "thing", item)->status, LF_END_CANNOT_TELL);
    assert_true(bench_has_note(b, "plugin.broke_contract"));
    item.verb = LF_VERB_FIND;
    assert_int_equal(bench_run(b, "thing", item)->status, LF_END_CANNOT_TELL);
    assert_true(bench_has_note(b, "plugin.broke_contract"));
    const char *bytes;
    size_t count;
    assert_true(file_read(bench_arena(b), path, 100, &bytes, &count, &err));
    assert_string_equal(bytes, "theirs");
    /* The same calls pass where the verb may change the world. */
    item.verb = LF_VERB_CREATE;
    assert_int_equal(bench_run(b, "thing", item)->status, LF_END_OK);
    assert_true(file_read(bench_arena(b), path, 100, &bytes, &count, &err));
    assert_string_equal(bytes, "mine");
    item.verb = LF_VERB_DESTROY;
    assert_int_equal(bench_run(b, "thing", item)->status, LF_END_OK);
    assert_false(file_exists(path));
    bench_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_cannot_be_loaded_is_refused_with_a_sentence),
        cmocka_unit_test(test_a_driver_that_refuses_its_settings_is_quoted),
        cmocka_unit_test(test_finishing_twice_is_named_and_the_first_end_stands),
        cmocka_unit_test(test_finishing_again_long_after_the_end_is_named),
        cmocka_unit_test(test_never_finishing_ends_at_the_deadline_in_doubt),
        cmocka_unit_test(test_finishing_after_the_deadline_is_named),
        cmocka_unit_test(test_a_forgotten_status_is_doubt_and_not_success),
        cmocka_unit_test(test_an_unknown_or_senseless_status_is_doubt),
        cmocka_unit_test(test_no_result_at_all_is_doubt),
        cmocka_unit_test(test_a_create_without_an_id_is_doubt),
        cmocka_unit_test(test_a_state_must_be_known_and_a_map),
        cmocka_unit_test(test_what_nobody_asked_for_is_doubt),
        cmocka_unit_test(test_items_are_settled_once_and_the_forgotten_are_in_doubt),
        cmocka_unit_test(test_an_item_of_a_single_is_named),
        cmocka_unit_test(test_saving_after_the_end_or_while_reading_is_named),
        cmocka_unit_test(test_unreadable_notes_do_no_harm),
        cmocka_unit_test(test_a_worker_thread_may_not_touch_the_host),
        cmocka_unit_test(test_unsafe_requests_are_not_sent_while_reading),
        cmocka_unit_test(test_files_are_not_written_while_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
