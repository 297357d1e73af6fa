#include <pwd.h>
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
#include "plugin/loader.h"

/* A folder only this user can write to, with a copy of a good plugin in it. */
struct place {
    struct arena *mem;
    const char *folder, *plugin;
};

static int make_place(void **state)
{
    struct arena *mem = arena_new();
    struct place *p = ARENA_NEW(mem, struct place);
    struct err err;
    const char *bytes;
    size_t count;
    const struct passwd *user = getpwuid(geteuid());
    assert_non_null(user);
    char *folder = arena_print(mem, "%s/.landfall-trust-XXXXXX", user->pw_dir);
    assert_non_null(mkdtemp(folder));
    p->mem = mem;
    p->folder = folder;
    p->plugin = file_join(mem, folder, "old-frozen.so");
    assert_true(file_read(mem, ABI_PLUGINS "/old-frozen.so", 100 << 20, &bytes, &count, &err));
    assert_true(file_replace(p->plugin, bytes, count, 0755, &err));
    *state = p;
    return 0;
}

static int remove_place(void **state)
{
    struct place *p = *state;
    const char *const names[] = {"link.so", "text.so", "folder.so/old-frozen.so"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unlink(file_join(p->mem, p->folder, names[i]));
    rmdir(file_join(p->mem, p->folder, "folder.so"));
    unlink(p->plugin);
    rmdir(p->folder);
    arena_free(p->mem);
    return 0;
}

static void must_refuse(const char *path, const char *code, const char *words)
{
    const struct lf_plugin *plugin = NULL;
    struct err err;
    assert_false(loader_open(path, &plugin, &err));
    assert_null(plugin);
    assert_string_equal(err.code, code);
    if (!strstr(err.summary, words) && !strstr(err.detail, words))
        fail_msg("'%s' (%s) lacks '%s'", err.summary, err.detail, words);
    assert_true(err.advice[0] != '\0');
}

static void test_a_plugin_in_a_folder_of_ones_own_is_loaded(void **state)
{
    struct place *p = *state;
    const struct lf_plugin *plugin = NULL;
    struct err err;
    assert_true(loader_open(p->plugin, &plugin, &err));
    assert_string_equal(plugin->name, "frozen");
}

static void test_a_plugin_others_can_write_is_refused(void **state)
{
    struct place *p = *state;
    assert_int_equal(chmod(p->plugin, 0757), 0);
    must_refuse(p->plugin, "plugin.untrusted", "can be written by other users (mode 0757)");
    assert_int_equal(chmod(p->plugin, 0775), 0);
    must_refuse(p->plugin, "plugin.untrusted", "can be written by other users (mode 0775)");
}

static void test_a_plugin_in_a_folder_others_can_write_is_refused(void **state)
{
    struct place *p = *state;
    assert_int_equal(chmod(p->folder, 0777), 0);
    must_refuse(p->plugin, "plugin.untrusted", "can be written by other users (mode 0777)");
    assert_int_equal(chmod(p->folder, 01777), 0);
    must_refuse(p->plugin, "plugin.untrusted", "can be written by other users (mode 1777)");
}

static void test_a_plugin_of_another_user_is_refused(void **state)
{
    struct place *p = *state;
    if (geteuid() != 0)
        skip(); /* only root can give a file away */
    assert_int_equal(chown(p->plugin, 12345, 12345), 0);
    must_refuse(p->plugin, "plugin.untrusted", "is owned by user 12345, not by root or you");
}

static void test_a_link_is_as_good_as_what_it_leads_to(void **state)
{
    struct place *p = *state;
    const struct lf_plugin *plugin = NULL;
    struct err err;
    const char *link = file_join(p->mem, p->folder, "link.so");
    assert_int_equal(symlink("old-frozen.so", link), 0);
    assert_true(loader_open(link, &plugin, &err));

    const char *open_folder = file_join(p->mem, p->folder, "folder.so");
    const char *moved = file_join(p->mem, open_folder, "old-frozen.so");
    assert_int_equal(mkdir(open_folder, 0755), 0);
    assert_int_equal(chmod(open_folder, 0777), 0);
    assert_int_equal(rename(p->plugin, moved), 0);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink("folder.so/old-frozen.so", link), 0);
    must_refuse(link, "plugin.untrusted", "can be written by other users (mode 0777)");
}

static void test_a_link_to_nothing_is_missing(void **state)
{
    struct place *p = *state;
    const char *link = file_join(p->mem, p->folder, "link.so");
    assert_int_equal(symlink("nowhere.so", link), 0);
    must_refuse(link, "plugin.missing", "No such file or directory");
}

static void test_a_folder_is_no_plugin(void **state)
{
    struct place *p = *state;
    const char *folder = file_join(p->mem, p->folder, "folder.so");
    assert_int_equal(mkdir(folder, 0755), 0);
    must_refuse(folder, "plugin.untrusted", "is not a regular file");
}

static void test_a_text_is_no_plugin_and_the_linker_says_why(void **state)
{
    struct place *p = *state;
    struct err err;
    static const char text[] =
        "#!/bin/sh\necho this is long enough to hold an ELF header, and is none at all\n";
    const char *path = file_join(p->mem, p->folder, "text.so");
    assert_true(file_replace(path, text, strlen(text), 0755, &err));
    must_refuse(path, "plugin.cannot_load", "invalid ELF header");
}

int main(void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        IN_PLACE(test_a_plugin_in_a_folder_of_ones_own_is_loaded),
        IN_PLACE(test_a_plugin_others_can_write_is_refused),
        IN_PLACE(test_a_plugin_in_a_folder_others_can_write_is_refused),
        IN_PLACE(test_a_plugin_of_another_user_is_refused),
        IN_PLACE(test_a_link_is_as_good_as_what_it_leads_to),
        IN_PLACE(test_a_link_to_nothing_is_missing),
        IN_PLACE(test_a_folder_is_no_plugin),
        IN_PLACE(test_a_text_is_no_plugin_and_the_linker_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
