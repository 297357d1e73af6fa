/* Secrets: where they may come from, and that what was shown is kept out of the output. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "cli/secrets.h"
#include "model/value.h"
#include "report/out.h"

struct world {
    struct out_filter *filter;
    struct secrets *secrets;
    struct host_secrets host;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    w->filter = out_filter_new();
    w->secrets = secrets_new(w->filter);
    w->host = secrets_for_host(w->secrets);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    secrets_free(w->secrets);
    out_filter_free(w->filter);
    free(w);
    return 0;
}

static bool reveal(struct world *w, const char *source, const char **bytes, size_t *count, struct err *err)
{
    struct secret secret = {.source = source};
    return w->host.reveal(w->host.user, &secret, bytes, count, err);
}

static void refused(struct world *w, const char *source, const char *code)
{
    const char *bytes = "untouched";
    size_t count = 0;
    struct err err;
    assert_false(reveal(w, source, &bytes, &count, &err));
    assert_string_equal(err.code, code);
    assert_string_equal(bytes, "untouched");
}

static void test_the_environment_is_read_once(void **state)
{
    struct world *w = *state;
    const char *bytes, *again;
    size_t count;
    struct err err;
    setenv("LANDFALL_TEST_SECRET", "correct horse battery", 1);
    assert_true(reveal(w, "env:LANDFALL_TEST_SECRET", &bytes, &count, &err));
    assert_int_equal(count, 21);
    assert_string_equal(bytes, "correct horse battery");
    setenv("LANDFALL_TEST_SECRET", "something else entirely", 1);
    assert_true(reveal(w, "env:LANDFALL_TEST_SECRET", &again, &count, &err));
    assert_ptr_equal(bytes, again);
    unsetenv("LANDFALL_TEST_SECRET");
}

static void test_a_file_s_last_newline_is_not_part_of_it(void **state)
{
    struct world *w = *state;
    char path[] = "secret-XXXXXX", source[64];
    const char *bytes;
    size_t count;
    struct err err;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "line one\nline two\r\n", 19), 19);
    close(fd);
    snprintf(source, sizeof(source), "file:%s", path);
    bool ok = reveal(w, source, &bytes, &count, &err);
    unlink(path);
    assert_true(ok);
    assert_string_equal(bytes, "line one\nline two");
    assert_int_equal(count, 17);
}

static void test_what_is_not_there_is_named(void **state)
{
    struct world *w = *state;
    unsetenv("LANDFALL_TEST_SECRET");
    refused(w, "env:LANDFALL_TEST_SECRET", "secrets.not_set");
    setenv("LANDFALL_TEST_SECRET", "", 1);
    refused(w, "env:LANDFALL_TEST_SECRET", "secrets.not_set");
    refused(w, "vault:kv/x", "secrets.unknown_source");
    refused(w, "output:dns.zone.apex", "secrets.shown_once");
    unsetenv("LANDFALL_TEST_SECRET");
}

/* Too short to be filtered out of what is printed without hurting innocent text. */
static void test_a_short_secret_is_refused(void **state)
{
    struct world *w = *state;
    setenv("LANDFALL_TEST_SECRET", "1234567", 1);
    refused(w, "env:LANDFALL_TEST_SECRET", "secrets.too_short");
    unsetenv("LANDFALL_TEST_SECRET");
}

static void test_what_was_shown_is_not_printed(void **state)
{
    struct world *w = *state;
    struct out out;
    char seen[256] = "";
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    w->host.shown(w->host.user, "correct horse battery", 21);
    out_open(&out, ends[1], (struct out_style){0}, w->filter);
    out_text(&out, "the key is correct horse battery, or so\n");
    assert_true(out_close(&out));
    close(ends[1]);
    assert_true(read(ends[0], seen, sizeof(seen) - 1) > 0);
    close(ends[0]);
    assert_null(strstr(seen, "horse"));
    assert_non_null(strstr(seen, "the key is "));
    assert_non_null(strstr(seen, ", or so\n"));
}

static void test_digests_need_the_store_s_key(void **state)
{
    struct world *w = *state;
    struct arena *mem = arena_new();
    uint8_t key[DIGEST_KEY] = {1};
    assert_null(w->host.digest(w->host.user, mem, "correct horse", 13));
    secrets_set_digest_key(w->secrets, key);
    const char *one = w->host.digest(w->host.user, mem, "correct horse", 13);
    assert_string_equal(one, w->host.digest(w->host.user, mem, "correct horse", 13));
    assert_string_not_equal(one, w->host.digest(w->host.user, mem, "correct nurse", 13));
    key[0] = 2;
    secrets_set_digest_key(w->secrets, key);
    assert_string_not_equal(one, w->host.digest(w->host.user, mem, "correct horse", 13));
    arena_free(mem);
}

#define KEY       "0123456789abcdef0123456789abcdef"
#define OTHER_KEY "fedcba9876543210fedcba9876543210"

/* A process of its own with that key; NULL: the project names none. */
static void key_is(struct world *w, struct arena *mem, const char *key)
{
    static const struct secret ref = {.source = "env:LANDFALL_TEST_KEY"};
    secrets_free(w->secrets);
    w->secrets = secrets_new(w->filter);
    w->host = secrets_for_host(w->secrets);
    if (key)
        setenv("LANDFALL_TEST_KEY", key, 1);
    secrets_set_key(w->secrets, key ? value_secret(mem, &ref) : NULL);
}

static bool open_seal(struct world *w, const char *sealed, const char **bytes, size_t *count, struct err *err)
{
    struct secret secret = {.source = "output:db.user.a", .sealed = sealed};
    return w->host.reveal(w->host.user, &secret, bytes, count, err);
}

static void test_what_was_sealed_opens_in_another_process(void **state)
{
    struct world *w = *state;
    struct arena *mem = arena_new();
    struct err err;
    const char *bytes;
    size_t count;
    key_is(w, mem, KEY);
    assert_true(w->host.can_seal(w->host.user, &err));
    const char *sealed = w->host.seal(w->host.user, mem, "correct horse", 13);
    const char *second = w->host.seal(w->host.user, mem, "another nurse", 13);
    assert_null(strstr(sealed, "correct"));
    key_is(w, mem, KEY);
    assert_true(open_seal(w, sealed, &bytes, &count, &err));
    assert_int_equal(count, 13);
    assert_memory_equal(bytes, "correct horse", 13);
    /* Two of one step, told apart. */
    assert_true(open_seal(w, second, &bytes, &count, &err));
    assert_memory_equal(bytes, "another nurse", 13);
    unsetenv("LANDFALL_TEST_KEY");
    arena_free(mem);
}

static void test_a_wrong_or_missing_key_opens_nothing_and_is_named(void **state)
{
    struct world *w = *state;
    struct arena *mem = arena_new();
    struct err err;
    const char *bytes;
    size_t count;
    key_is(w, mem, KEY);
    const char *sealed = w->host.seal(w->host.user, mem, "correct horse", 13);
    char *damaged = arena_text(mem, sealed);
    size_t end = strlen(damaged) - 6;
    damaged[end] = damaged[end] == 'A' ? 'B' : 'A';
    assert_false(open_seal(w, damaged, &bytes, &count, &err));
    assert_string_equal(err.code, "digest.cannot_open");
    assert_false(open_seal(w, "nonsense", &bytes, &count, &err));
    key_is(w, mem, OTHER_KEY);
    assert_false(open_seal(w, sealed, &bytes, &count, &err));
    assert_string_equal(err.code, "secrets.other_key");
    key_is(w, mem, NULL);
    assert_false(open_seal(w, sealed, &bytes, &count, &err));
    assert_string_equal(err.code, "secrets.no_key");
    assert_false(w->host.can_seal(w->host.user, &err));
    assert_null(w->host.seal(w->host.user, mem, "correct horse", 13));
    key_is(w, mem, "too short to guard");
    assert_false(w->host.can_seal(w->host.user, &err));
    assert_string_equal(err.code, "secrets.weak_key");
    unsetenv("LANDFALL_TEST_KEY");
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_environment_is_read_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_file_s_last_newline_is_not_part_of_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_not_there_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_short_secret_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_was_shown_is_not_printed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_digests_need_the_store_s_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_was_sealed_opens_in_another_process, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_wrong_or_missing_key_opens_nothing_and_is_named, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
