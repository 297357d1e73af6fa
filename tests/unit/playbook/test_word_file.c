/* Files of the project, and no others: require, read_csv, read_text. */
#include "fake_project.h"

static void test_a_library_is_loaded_once_from_beside_the_playbook(void **state)
{
    struct fixture *f = *state;
    put_file(f, "playbooks/lib/names.lua",
             "local count = 0\nreturn { next = function() count = count + 1 return 'n' .. count end }");
    put_file(f, "playbooks/lib/deep/er.lua", "local names = require 'lib.names'\nreturn { n = names.next }");
    const struct decls *d =
        loaded(f, "local a, b = require 'lib.names', require 'lib.deep.er'\n"
                  "landfall.output { a = a.next(), b = b.n(), same = a == require 'lib.names' }");
    assert_string_equal(value_json_text(f->mem, d->outputs), "{\"a\":\"n1\",\"b\":\"n2\",\"same\":true}");
    assert_int_equal(d->file_count, 3);
    assert_string_equal(d->files[0].path, "playbooks/lib/deep/er.lua");
    assert_string_equal(d->files[1].path, "playbooks/lib/names.lua");
    assert_string_equal(d->files[2].path, "playbooks/saas.lua");
}

static void test_a_library_lives_in_the_same_closed_world(void **state)
{
    struct fixture *f = *state;
    put_file(f, "playbooks/lib/bad.lua", "\nos.exit()\nreturn {}");
    assert_false(load(f, "require 'lib.bad'"));
    assert_string_equal(f->err.where, "playbooks/lib/bad.lua:2");
    assert_string_equal(f->err.summary, "there is no 'os' here");
    assert_non_null(strstr(f->err.detail, "called from playbooks/saas.lua:1"));
    put_file(f, "playbooks/lib/bad.lua", "local = 3");
    assert_false(load(f, "require 'lib.bad'"));
    assert_string_equal(f->err.where, "playbooks/lib/bad.lua:1");
    assert_string_equal(f->err.code, "script.syntax");
    put_file(f, "playbooks/lib/bad.lua", "return 3");
    assert_refused(f, "require 'lib.bad'", 1, "the file of 'lib.bad' returns no table", "end the file with");
    put_file(f, "playbooks/lib/bad.lua", "stage 'x'\nreturn {}");
    assert_false(load(f, "require 'lib.bad'"));
    assert_non_null(strstr(f->err.summary, "'stage' is used while 'lib.bad' is being required"));
}

static void test_a_library_that_failed_leaves_no_trace(void **state)
{
    struct fixture *f = *state;
    put_file(f, "playbooks/lib/bad.lua", "error('no')");
    const struct decls *d =
        loaded(f, "local ok = pcall(require, 'lib.bad')\nlocal again, why = pcall(require, 'lib.bad')\n"
                  "stage 'x'\nhuman 'h' { ask = why }");
    assert_string_equal(value_get_text(d->at[0].attrs, "ask", ""), "playbooks/lib/bad.lua:1: no");
}

static void test_a_loop_of_libraries_is_named(void **state)
{
    struct fixture *f = *state;
    put_file(f, "playbooks/lib/a.lua", "require 'lib.b'\nreturn {}");
    put_file(f, "playbooks/lib/b.lua", "return require 'lib.c'");
    put_file(f, "playbooks/lib/c.lua", "return require 'lib.b'");
    assert_false(load(f, "require 'lib.a'"));
    assert_string_equal(f->err.summary, "files require each other in a loop: lib.b -> lib.c -> lib.b");
    assert_string_equal(f->err.where, "playbooks/lib/c.lua:1");
}

static void test_only_files_of_the_project_are_read(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, "require '../x'", 1, "'../x' is no file of the project", "lib/names.lua");
    assert_refused(f, "require 'lib.none'", 1, "'playbooks/lib/none.lua' does not exist in the project",
                   "relative");
    assert_refused(f, "landfall.read_text '/etc/passwd'", 1, "is no path inside the project", "relative");
    assert_refused(f, "landfall.read_text '../x'", 1, "is no path inside the project", "relative");
    assert_refused(f, "landfall.read_text 'none.txt'", 1, "'none.txt' does not exist", "relative");
    char link[128];
    snprintf(link, sizeof(link), "%s/link", f->folder);
    assert_int_equal(symlink("/etc", link), 0);
    assert_refused(f, "landfall.read_text 'link/passwd'", 1, "leads out of the project", "relative");
}

static void test_csv_rows_are_tables_of_texts(void **state)
{
    struct fixture *f = *state;
    put_file(f, "data/countries.csv", "code,name\r\nIE,Ireland\r\nFR,\"France, \"\"la\"\"\"\r\n");
    const struct decls *d =
        loaded(f, "landfall.output { rows = landfall.read_csv 'data/countries.csv', text = "
                  "landfall.read_text 'data/countries.csv' }");
    assert_string_equal(
        value_json_text(f->mem, value_get(d->outputs, "rows")),
        "[{\"code\":\"IE\",\"name\":\"Ireland\"},{\"code\":\"FR\",\"name\":\"France, \\\"la\\\"\"}]");
    assert_int_equal(d->file_count, 2);
    assert_string_equal(d->files[0].path, "data/countries.csv");
    put_file(f, "data/countries.csv", "code,name\nIE,Ireland\nFR\n");
    assert_false(load(f, "landfall.read_csv 'data/countries.csv'"));
    assert_string_equal(f->err.where, "data/countries.csv:3");
    assert_string_equal(f->err.summary, "this row has 1 fields, the header has 2");
    assert_refused(f, "landfall.read_csv(7)", 1, "landfall.read_csv takes a text here, not number", "write");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_library_is_loaded_once_from_beside_the_playbook),
        TEST(test_a_library_lives_in_the_same_closed_world),
        TEST(test_a_library_that_failed_leaves_no_trace),
        TEST(test_a_loop_of_libraries_is_named),
        TEST(test_only_files_of_the_project_are_read),
        TEST(test_csv_rows_are_tables_of_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
