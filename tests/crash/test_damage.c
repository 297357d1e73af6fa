/* A build that died in the middle of a change, and a disk that then broke the file the change is in: the
 * resume ends soon and says what a person has to do, and once that is done a resume completes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "judge.h"
#include "killer.h"

#define DATABASE "out/" JUDGE_REGION "/databases/main.db"
#define PATH     1024
/* SQLite's own header is left as it was. */
#define HEADER 100
/* More than a build removes files. */
#define STRIKES 200

static const struct sandbox_tools tools = {PROGRAM, KILLER, PROJECT, WORK};

static void path_in(const struct sandbox *box, const char *name, char *path)
{
    snprintf(path, PATH, "%s/%s", box->folder, name);
}

static bool has(const struct sandbox *box, const char *name)
{
    char path[PATH];
    path_in(box, name, path);
    return access(path, F_OK) == 0;
}

/* Strikes one build after the other before a file is removed, most of which are journals, until one of them
 * leaves a transaction of this database behind. */
static bool die_in_a_transaction(struct sandbox *box)
{
    for (unsigned long at = 1; at < STRIKES; at++) {
        struct sandbox_kill kill = {.how = "before", .kinds = "unlink", .at = at};
        sandbox_make(box, &tools, "damage");
        if (sandbox_run(box, "apply " JUDGE_REGION " --yes", &kill) != SANDBOX_KILLED)
            return false;
        if (has(box, DATABASE) && has(box, DATABASE "-journal"))
            return true;
    }
    return false;
}

static void shell(const struct sandbox *box, const char *what)
{
    char line[PATH * 2];
    snprintf(line, sizeof(line), "cd '%s' && %s", box->folder, what);
    assert_int_equal(system(line), 0);
}

static void damage(const struct sandbox *box)
{
    char path[PATH], wrong[4096];
    memset(wrong, 0xff, sizeof(wrong));
    path_in(box, DATABASE, path);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, wrong, sizeof(wrong) - HEADER, HEADER), (ssize_t)sizeof(wrong) - HEADER);
    assert_int_equal(close(fd), 0);
}

static void test_a_resume_on_a_damaged_database_ends_with_advice_and_the_next_one_completes(void **state)
{
    struct judge judge;
    struct sandbox box, reference;
    (void)state;
    (void)mkdir(WORK, 0755);
    assert_true(judge_open(&judge, &tools, &reference, stdout));
    assert_true(die_in_a_transaction(&box));
    /* The journal would mend the page; what is kept is the whole, for the person to put back. */
    shell(&box, "mkdir kept && mv " DATABASE "-journal kept && cp " DATABASE " kept");
    damage(&box);
    assert_int_equal(sandbox_run(&box, "resume " JUDGE_REGION " --yes", NULL), 1);
    assert_true(sandbox_said(&box, "the file is damaged"));
    assert_true(sandbox_said(&box, "restore it from a backup"));
    assert_int_equal(sandbox_run(&box, "resume " JUDGE_REGION " --yes", NULL), 1);
    shell(&box, "cp kept/main.db kept/main.db-journal out/" JUDGE_REGION "/databases/ && rm -r kept");
    if (!judge_accepts(&judge, &box, stdout))
        fail_msg("see above; kept: %s", box.folder);
    sandbox_remove(&box);
    sandbox_remove(&reference);
    judge_close(&judge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_resume_on_a_damaged_database_ends_with_advice_and_the_next_one_completes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
