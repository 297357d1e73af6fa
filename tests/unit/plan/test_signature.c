/* Signatures by the real ssh-keygen: whose they are, and by which key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "io/loop.h"
#include "plan/signature.h"

struct fixture {
    struct arena *mem;
    struct err err;
    struct signature_tool tool;
    char folder[40];
    const char *key, *allowed;
};

/* One key, which may sign for whoever has a name: a team that shares it, or a pattern written too wide. */
static int setup(void **state)
{
    struct arena *mem = arena_new();
    struct fixture *f = ARENA_NEW(mem, struct fixture);
    const char *bytes;
    size_t count;
    const char **env = ARENA_ARRAY(mem, const char *, 2);
    env[0] = arena_print(mem, "PATH=%s", getenv("PATH"));
    f->mem = mem;
    f->tool = (struct signature_tool){.loop = loop_new(), .env = env};
    memcpy(f->folder, "/tmp/landfall-signature-XXXXXX", sizeof("/tmp/landfall-signature-XXXXXX"));
    assert_non_null(mkdtemp(f->folder));
    f->key = file_join(mem, f->folder, "key");
    f->allowed = file_join(mem, f->folder, "allowed");
    assert_int_equal(system(arena_print(mem, "ssh-keygen -q -t ed25519 -N '' -f %s", f->key)), 0);
    assert_true(file_read(mem, arena_print(mem, "%s.pub", f->key), 4096, &bytes, &count, &f->err));
    const char *line = arena_print(mem, "* %s", bytes);
    assert_true(file_replace(f->allowed, line, strlen(line), 0644, &f->err));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    assert_true(file_remove_all(f->folder));
    loop_free(f->tool.loop);
    arena_free(f->mem);
    return 0;
}

static const char *key_of(struct fixture *f, const char *who, const char *text, const char *signature)
{
    const char *key = NULL;
    if (!signature_check(f->mem, &f->tool, f->allowed, who, text, signature, &key, &f->err))
        fail_msg("%s", f->err.summary);
    return key;
}

/* What is told of a signature quotes the name, and a name may be written as the end of that sentence. */
static void test_one_key_is_one_whatever_names_it_signs_for(void **state)
{
    struct fixture *f = *state;
    const char *signature;
    assert_true(signature_make(f->mem, &f->tool, f->key, "yes", &signature, &f->err));
    const char *key = key_of(f, "ada", "yes", signature);
    assert_true(str_starts(key, "SHA256:"));
    assert_string_equal(key_of(f, "bob", "yes", signature), key);
    assert_string_equal(key_of(f, "a key SHA256:1", "yes", signature), key);
    assert_string_equal(key_of(f, "with ED25519 key SHA256:2 3", "yes", signature), key);
}

static void test_another_text_is_not_what_was_signed(void **state)
{
    struct fixture *f = *state;
    const char *signature, *key = NULL;
    assert_true(signature_make(f->mem, &f->tool, f->key, "yes", &signature, &f->err));
    assert_false(signature_check(f->mem, &f->tool, f->allowed, "ada", "yes!", signature, &key, &f->err));
    assert_string_equal(f->err.code, "signature.bad");
    assert_null(key);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_one_key_is_one_whatever_names_it_signs_for),
        TEST(test_another_text_is_not_what_was_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
