/* The watchdog ends the process; so each test watches a child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "script/watchdog.h"

/* Runs fn in a child; its standard error, and how it ended. */
static int in_child(void (*fn)(void), char *text, size_t room)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        fn();
        _exit(0);
    }
    close(ends[1]);
    size_t count = 0;
    ssize_t got;
    while (count < room - 1 && (got = read(ends[0], text + count, room - 1 - count)) > 0)
        count += (size_t)got;
    text[count] = '\0';
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void compute(void)
{
    for (volatile unsigned i = 0;; i++)
        ;
}

static void hang(void)
{
    struct watchdog *w = watchdog_new(20);
    watchdog_note(w, "playbooks/saas.lua", 12);
    watchdog_arm(w);
    compute();
}

static void wait_for_ever(void)
{
    struct watchdog *w = watchdog_new(20);
    watchdog_arm(w);
    for (;;)
        pause();
}

/* As on a machine that stands still: more than the limit by the clock, and next to nothing by the processor.
 */
static void stand_still(void)
{
    struct watchdog *w = watchdog_new(2000);
    watchdog_arm(w);
    (void)usleep(2500000);
    watchdog_disarm(w);
    watchdog_free(w);
}

/* What came before the arming does not count. */
static void compute_before(void)
{
    struct watchdog *w = watchdog_new(400);
    struct timespec spent = {0};
    while (spent.tv_sec == 0 && spent.tv_nsec < 500000000)
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    watchdog_arm(w);
    watchdog_disarm(w);
    watchdog_free(w);
}

static void end_in_time(void)
{
    struct watchdog *w = watchdog_new(60000);
    for (int i = 0; i < 1000; i++) {
        watchdog_arm(w);
        watchdog_disarm(w);
    }
    watchdog_free(w);
}

static void hang_after_a_pause(void)
{
    struct watchdog *w = watchdog_new(20);
    watchdog_arm(w);
    watchdog_disarm(w);
    watchdog_arm(w);
    compute();
}

static void test_a_script_that_hangs_is_ended_with_its_line(void **state)
{
    (void)state;
    char text[1024];
    assert_int_equal(in_child(hang, text, sizeof(text)), 1);
    assert_non_null(
        strstr(text, "landfall: playbooks/saas.lua:12: the script has run for more than 0.02 seconds"));
    assert_non_null(strstr(text, "landfall resume"));
}

static void test_one_that_waits_for_ever_is_ended_too(void **state)
{
    (void)state;
    char text[1024];
    assert_int_equal(in_child(wait_for_ever, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "more than 0.02 seconds"));
}

static void test_a_machine_that_stands_still_ends_no_script(void **state)
{
    (void)state;
    char text[1024];
    assert_int_equal(in_child(stand_still, text, sizeof(text)), 0);
    assert_string_equal(text, "");
}

static void test_only_what_is_spent_since_the_arming_counts(void **state)
{
    (void)state;
    char text[1024];
    assert_int_equal(in_child(compute_before, text, sizeof(text)), 0);
    assert_string_equal(text, "");
}

static void test_arming_again_starts_anew(void **state)
{
    (void)state;
    char text[1024];
    assert_int_equal(in_child(hang_after_a_pause, text, sizeof(text)), 1);
    assert_non_null(strstr(text, "more than 0.02 seconds"));
}

static void test_a_script_that_ends_is_left_alone(void **state)
{
    (void)state;
    char text[1024];
    assert_int_equal(in_child(end_in_time, text, sizeof(text)), 0);
    assert_string_equal(text, "");
}

static void test_the_last_line_can_be_asked(void **state)
{
    (void)state;
    const char *file;
    uint32_t line;
    struct watchdog *w = watchdog_new(1000);
    watchdog_last(w, &file, &line);
    assert_null(file);
    watchdog_note(w, "a.lua", 3);
    watchdog_last(w, &file, &line);
    assert_string_equal(file, "a.lua");
    assert_int_equal(line, 3);
    watchdog_free(w);
    watchdog_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_script_that_hangs_is_ended_with_its_line),
        cmocka_unit_test(test_one_that_waits_for_ever_is_ended_too),
        cmocka_unit_test(test_a_machine_that_stands_still_ends_no_script),
        cmocka_unit_test(test_only_what_is_spent_since_the_arming_counts),
        cmocka_unit_test(test_arming_again_starts_anew),
        cmocka_unit_test(test_a_script_that_ends_is_left_alone),
        cmocka_unit_test(test_the_last_line_can_be_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
