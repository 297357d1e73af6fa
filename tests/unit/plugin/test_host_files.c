#include "op_fixture.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"

struct files {
    struct fixture f;
    char folder[64];
    enum { READ, REPLACE, LIST, REMOVE, EDIT, EDIT_LATE } what;
    const char *path;
    size_t cap;
    int left; /* replacements to go */
};

static int start(void **state)
{
    struct files *t = test_calloc(1, sizeof(*t));
    fixture_init(&t->f, loop_new());
    snprintf(t->folder, sizeof(t->folder), "/tmp/landfall-files-XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    *state = t;
    return 0;
}

static int stop(void **state)
{
    struct files *t = *state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", t->folder);
    assert_int_equal(system(command), 0);
    fixture_done(&t->f);
    test_free(t);
    return 0;
}

static void replied(struct lf_op *op, const struct lf_reply *reply, void *user)
{
    struct files *t = user;
    const struct lf_http *http = host_table(t->f.host)->http;
    size_t len = 0;
    const char *body = http->body(reply, &len);
    assert_int_equal(http->sent(reply), LF_SENT_REPLY);
    assert_null(http->header(reply, "Content-Type"));
    assert_int_equal(strlen(body), len);
    buf_print(&t->f.said, "%u:%s ", http->status(reply), http->status(reply) == 200 ? body : "");
    assert_true(http->status(reply) == 200 || len > 0);
    fixture_finish(&t->f, op, LF_END_OK);
}

static void replace_next(struct lf_op *op, const struct lf_reply *reply, void *user)
{
    struct files *t = user;
    const struct lf_host *host = host_table(t->f.host);
    buf_print(&t->f.said, "%u ", host->http->status(reply));
    t->left--;
    host->files->replace(op, t->path, "new bytes", 9, t->left > 0 ? replace_next : replied, t);
}

/* While the driver thinks about what it read, another program replaces the file. */
static void was_read(struct lf_op *op, const struct lf_reply *reply, void *user)
{
    struct files *t = user;
    struct err err;
    if (t->what == EDIT_LATE)
        assert_true(file_replace(t->path, "of another", 10, 0644, &err));
    t->left = 2;
    replace_next(op, reply, user);
}

static void act(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct files *t = self;
    const struct lf_files *files = host_table(t->f.host)->files;
    (void)req;
    if (t->what == READ)
        files->read(op, t->path, t->cap, replied, t);
    else if (t->what == EDIT || t->what == EDIT_LATE)
        files->read(op, t->path, t->cap, was_read, t);
    else if (t->what == REPLACE)
        files->replace(op, t->path, "new bytes", 9, replied, t);
    else if (t->what == LIST)
        files->list(op, t->path, replied, t);
    else
        files->remove(op, t->path, replied, t);
}

/* As a create, so that the gate is open. */
static void run(struct files *t, int what, const char *name)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", t->folder, name);
    t->what = what;
    t->path = path;
    t->cap = t->cap ? t->cap : 1000;
    t->f.raw.create = act;
    t->f.driver.self = t;
    fixture_start(&t->f, LF_VERB_CREATE, 0);
    loop_run(t->f.loop);
}

static void test_a_file_is_replaced_read_listed_and_removed(void **state)
{
    struct files *t = *state;
    run(t, REPLACE, "deep/er/b.txt");
    run(t, READ, "deep/er/b.txt");
    run(t, REPLACE, "deep/er/a.txt");
    run(t, REPLACE, "deep/er/.hidden");
    run(t, LIST, "deep/er");
    run(t, LIST, "deep");
    run(t, REMOVE, "deep/er/b.txt");
    run(t, LIST, "deep/er");
    fixture_said(&t->f, "200: item0=1 end 200:new bytes item0=1 end 200: item0=1 end 200: item0=1 end "
                        "200:a.txt\nb.txt\n item0=1 end 200: item0=1 end 200: item0=1 end "
                        "200:a.txt\n item0=1 end ");
}

static void test_a_file_is_replaced_only_as_it_was_read(void **state)
{
    struct files *t = *state;
    char path[256];
    const char *bytes;
    size_t count;
    struct err err;
    run(t, EDIT, "file"); /* it is made, and replaced by the same operation */
    run(t, EDIT, "file");
    run(t, EDIT_LATE, "file");
    run(t, EDIT_LATE, "other");
    fixture_said(&t->f, "404 200 200: item0=1 end 200 200 200: item0=1 end 200 412 412: item0=1 end "
                        "404 412 412: item0=1 end ");
    struct arena *mem = arena_new();
    snprintf(path, sizeof(path), "%s/other", t->folder);
    assert_true(file_read(mem, path, 100, &bytes, &count, &err));
    assert_string_equal(bytes, "of another");
    arena_free(mem);
}

static void test_what_is_not_there_is_a_404(void **state)
{
    struct files *t = *state;
    run(t, READ, "none");
    run(t, LIST, "none");
    run(t, REMOVE, "none");
    fixture_said(&t->f, "404: item0=1 end 404: item0=1 end 404: item0=1 end ");
}

static void test_trouble_is_a_500_and_a_503_when_for_certain_nothing_was_changed(void **state)
{
    struct files *t = *state;
    run(t, REPLACE, "file");
    t->cap = 3;
    run(t, READ, "file");
    run(t, READ, "");
    run(t, REPLACE, "file/below");
    fixture_said(&t->f, "200: item0=1 end 500: item0=1 end 500: item0=1 end 503: item0=1 end ");
}

static void test_a_replaced_file_keeps_its_mode(void **state)
{
    struct files *t = *state;
    struct stat st;
    char path[256];
    run(t, REPLACE, "file");
    snprintf(path, sizeof(path), "%s/file", t->folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    assert_int_equal(chmod(path, 0600), 0);
    run(t, REPLACE, "file");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_a_path_that_is_missing_is_named(void **state)
{
    struct files *t = *state;
    t->what = READ;
    t->f.raw.create = act;
    t->f.driver.self = t;
    fixture_start(&t->f, LF_VERB_CREATE, 0);
    loop_run(t->f.loop);
    fixture_said(&t->f, "500: item0=1 end ");
    assert_string_equal(t->f.broke, "plugin toy-box asked for a file without a path");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_a_file_is_replaced_read_listed_and_removed),
        TEST(test_a_file_is_replaced_only_as_it_was_read),
        TEST(test_what_is_not_there_is_a_404),
        TEST(test_trouble_is_a_500_and_a_503_when_for_certain_nothing_was_changed),
        TEST(test_a_replaced_file_keeps_its_mode),
        TEST(test_a_path_that_is_missing_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
