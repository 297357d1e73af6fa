/* What people do to a build: two at once on one region, Ctrl-C once and twice, a folder they may not write
 * to, and two regions that share a zone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "judge.h"

#define APPLY "apply " JUDGE_REGION " --yes"
#define PATH  1024
/* Half a minute of naps of a millisecond: what is waited for comes within a tenth of a second. */
#define NAPS   30000
#define ROUNDS 5

struct place {
    struct sandbox_tools tools;
    struct judge judge;
    struct sandbox box, other;
};

static int open_place(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    struct sandbox reference;
    assert_non_null(p);
    p->tools = (struct sandbox_tools){PROGRAM, KILLER, PROJECT, WORK};
    (void)mkdir(WORK, 0755);
    *state = p;
    if (!judge_open(&p->judge, &p->tools, &reference, stdout))
        return -1;
    sandbox_remove(&reference);
    return 0;
}

static int close_place(void **state)
{
    struct place *p = *state;
    judge_close(&p->judge);
    free(p);
    return 0;
}

static int open_box(void **state)
{
    struct place *p = *state;
    sandbox_make(&p->box, &p->tools, "people");
    return 0;
}

/* Left behind by a test that failed: then this is not reached. */
static void accept_and_remove(struct place *p)
{
    if (!judge_accepts(&p->judge, &p->box, stdout))
        fail_msg("see above; kept: %s", p->box.folder);
    sandbox_remove(&p->box);
}

static void nap(void)
{
    struct timespec ms = {.tv_nsec = 1000000};
    nanosleep(&ms, NULL);
}

static void wait_for_file(const struct place *p, const char *name)
{
    char path[PATH];
    struct stat st;
    snprintf(path, sizeof(path), "%s/%s", p->box.folder, name);
    for (int i = 0; i < NAPS; i++) {
        if (stat(path, &st) == 0 && st.st_size > 0)
            return;
        nap();
    }
    fail_msg("'%s' never came", path);
}

/* A build that stands still in its middle, as it puts a zone file in place; SIGCONT lets it go on. */
static pid_t start_and_halt(struct place *p)
{
    struct sandbox_kill halt = {
        .how = "halt", .kinds = "rename", .name = "eu/dns/eu.acme.example.zone", .at = 1};
    pid_t child = sandbox_start(&p->box, APPLY, &halt);
    assert_true(sandbox_wait_for_halt(child));
    return child;
}

/* A second landfall in the same folder, its words apart. */
static struct sandbox *second(struct place *p)
{
    p->other = p->box;
    snprintf(p->other.said, sizeof(p->other.said), "%s/second.said", p->tools.work);
    return &p->other;
}

/* ---- two at once ---------------------------------------------------------------------------- */

static void test_a_second_landfall_on_one_region_is_refused_and_disturbs_nothing(void **state)
{
    struct place *p = *state;
    struct sandbox *other = second(p);
    pid_t first = start_and_halt(p);
    assert_int_equal(sandbox_run(other, APPLY, NULL), 1);
    assert_true(sandbox_said(other, "store.locked"));
    assert_int_equal(sandbox_run(other, "resume " JUDGE_REGION " --yes", NULL), 1);
    assert_true(sandbox_said(other, "store.locked"));
    assert_int_equal(sandbox_run(other, "destroy " JUDGE_REGION " --yes --yes-destroy-data", NULL), 1);
    /* Looking is always allowed. */
    assert_int_equal(sandbox_run(other, "status " JUDGE_REGION, NULL), 0);
    assert_int_equal(kill(first, SIGCONT), 0);
    assert_int_equal(sandbox_wait(first), 3);
    accept_and_remove(p);
}

static void test_two_that_start_at_once_build_one_region(void **state)
{
    struct place *p = *state;
    for (int i = 0; i < ROUNDS; i++) {
        open_box(state);
        struct sandbox *other = second(p);
        pid_t first = sandbox_start(&p->box, APPLY, NULL), next = sandbox_start(other, APPLY, NULL);
        int a = sandbox_wait(first), b = sandbox_wait(next);
        if (!((a == 3 && (b == 3 || b == 1)) || (a == 1 && b == 3)))
            fail_msg("they ended with %d and %d; kept: %s", a, b, p->box.folder);
        accept_and_remove(p);
    }
}

static void test_what_a_killed_landfall_locked_is_free_at_once(void **state)
{
    struct place *p = *state;
    pid_t first = start_and_halt(p);
    assert_int_equal(kill(first, SIGKILL), 0);
    assert_int_equal(sandbox_wait(first), SANDBOX_KILLED);
    accept_and_remove(p);
}

/* ---- Ctrl-C ---------------------------------------------------------------------------------- */

/* Interrupts a build that has begun and not ended: signals come while it stands still. */
static int interrupt(struct place *p, const int *signals, size_t count)
{
    pid_t child = start_and_halt(p);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(kill(child, signals[i]), 0);
    assert_int_equal(kill(child, SIGCONT), 0);
    return sandbox_wait(child);
}

/* Until it is nobody's any more: as the build runs, as it stops and as it tells how to go on. */
static int hang_up_again_and_again(struct place *p)
{
    int status = 0;
    pid_t child = start_and_halt(p);
    assert_int_equal(kill(child, SIGHUP), 0);
    assert_int_equal(kill(child, SIGCONT), 0);
    while (waitpid(child, &status, WNOHANG) == 0) {
        assert_int_equal(kill(child, SIGHUP), 0);
        nap();
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void test_one_interrupt_starts_nothing_more_and_says_how_to_go_on(void **state)
{
    struct place *p = *state;
    assert_int_equal(interrupt(p, (int[]){SIGINT}, 1), 3);
    assert_true(sandbox_said(&p->box, "Stopping: no step is started any more"));
    assert_true(sandbox_said(&p->box, "landfall resume eu"));
    assert_int_equal(sandbox_run(&p->box, "plan " JUDGE_REGION " --exit-code", NULL), 2);
    accept_and_remove(p);
}

static void test_a_request_to_end_is_as_good_as_an_interrupt(void **state)
{
    struct place *p = *state;
    assert_int_equal(interrupt(p, (int[]){SIGTERM}, 1), 3);
    assert_true(sandbox_said(&p->box, "landfall resume eu"));
    accept_and_remove(p);
}

/* The kernel says it, and the shell that goes says it again: all of it is one interrupt. */
static void test_a_terminal_that_goes_away_is_one_interrupt(void **state)
{
    struct place *p = *state;
    assert_int_equal(hang_up_again_and_again(p), 3);
    assert_true(sandbox_said(&p->box, "Stopping: no step is started any more"));
    assert_false(sandbox_said(&p->box, "Stopping now"));
    assert_true(sandbox_said(&p->box, "landfall resume eu"));
    accept_and_remove(p);
}

static void test_under_nohup_a_terminal_that_goes_away_stops_nothing(void **state)
{
    struct place *p = *state;
    signal(SIGHUP, SIG_IGN); /* inherited */
    int code = hang_up_again_and_again(p);
    signal(SIGHUP, SIG_DFL);
    assert_int_equal(code, 3);
    assert_false(sandbox_said(&p->box, "Stopping"));
    accept_and_remove(p);
}

static void test_a_second_interrupt_stops_at_once_and_loses_nothing(void **state)
{
    struct place *p = *state;
    for (int i = 0; i < ROUNDS; i++) {
        open_box(state);
        /* Two of a kind that come at once are one to the kernel. */
        int code = interrupt(p, (int[]){SIGINT, SIGTERM}, 2);
        if (code != 3)
            fail_msg("it ended with %d; kept: %s", code, p->box.folder);
        assert_true(sandbox_said(&p->box, "landfall resume eu"));
        accept_and_remove(p);
    }
}

/* ---- folders --------------------------------------------------------------------------------- */

/* What a folder's mode forbids it does not forbid root, so this uses what stops root as well: a file in its
 * place. */
static void test_a_store_that_cannot_be_made_leaves_the_world_alone(void **state)
{
    struct place *p = *state;
    char path[PATH];
    snprintf(path, sizeof(path), "%s/.landfall", p->box.folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(sandbox_run(&p->box, APPLY, NULL), 1);
    assert_true(sandbox_said(&p->box, ".landfall"));
    snprintf(path, sizeof(path), "%s/out/eu", p->box.folder);
    assert_int_equal(access(path, F_OK), -1);
    snprintf(path, sizeof(path), "%s/.landfall", p->box.folder);
    assert_int_equal(unlink(path), 0);
    accept_and_remove(p);
}

static void test_a_drivers_folder_that_cannot_be_made_fails_its_steps_alone(void **state)
{
    struct place *p = *state;
    char path[PATH];
    snprintf(path, sizeof(path), "%s/out/eu", p->box.folder);
    assert_int_equal(mkdir(path, 0755), 0);
    snprintf(path, sizeof(path), "%s/out/eu/billing", p->box.folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
    int code = sandbox_run(&p->box, APPLY, NULL);
    assert_true(code == 1 || code == 3);
    assert_true(sandbox_said(&p->box, "out/eu/billing"));
    assert_int_equal(unlink(path), 0);
    accept_and_remove(p);
}

/* ---- two regions, one zone -------------------------------------------------------------------- */

/* Each puts its delegation into the company's zone; neither may write over the other's.  The first is halted
 * when its new zone file is written but not in place yet, while the second comes and goes. */
static void test_two_regions_share_a_zone_and_neither_delegation_is_lost(void **state)
{
    struct place *p = *state;
    char line[PATH * 2];
    struct sandbox_kill halt = {
        .how = "halt", .kinds = "rename", .name = "shared/dns/acme.example.zone", .at = 1};
    struct sandbox *other = second(p);
    pid_t eu = sandbox_start(&p->box, APPLY, &halt);
    assert_true(sandbox_wait_for_halt(eu));
    pid_t au = sandbox_start(other, "apply au --yes", NULL);
    wait_for_file(p, "out/au/queues/queues.db");
    assert_int_equal(kill(eu, SIGCONT), 0);
    int eu_code = sandbox_wait(eu), au_code = sandbox_wait(au);
    snprintf(line, sizeof(line),
             "cd '%s/out/shared/dns' && grep -q '^eu[.]acme[.]example[.].* NS ' acme.example.zone && "
             "grep -q '^au[.]acme[.]example[.].* NS ' acme.example.zone",
             p->box.folder);
    if (eu_code != 3 || au_code != 3 || system(line) != 0)
        fail_msg("they end with %d and %d, or a delegation is lost; kept: %s", eu_code, au_code,
                 p->box.folder);
    sandbox_remove(&p->box);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, open_box)
    const struct CMUnitTest tests[] = {
        TEST(test_a_second_landfall_on_one_region_is_refused_and_disturbs_nothing),
        TEST(test_two_that_start_at_once_build_one_region),
        TEST(test_what_a_killed_landfall_locked_is_free_at_once),
        TEST(test_one_interrupt_starts_nothing_more_and_says_how_to_go_on),
        TEST(test_a_request_to_end_is_as_good_as_an_interrupt),
        TEST(test_a_terminal_that_goes_away_is_one_interrupt),
        TEST(test_under_nohup_a_terminal_that_goes_away_stops_nothing),
        TEST(test_a_second_interrupt_stops_at_once_and_loses_nothing),
        TEST(test_a_store_that_cannot_be_made_leaves_the_world_alone),
        TEST(test_a_drivers_folder_that_cannot_be_made_fails_its_steps_alone),
        TEST(test_two_regions_share_a_zone_and_neither_delegation_is_lost),
    };
    return cmocka_run_group_tests(tests, open_place, close_place);
}
