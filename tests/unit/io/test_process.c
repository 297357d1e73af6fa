#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/attr.h"
#include "io/loop.h"
#include "io/process.h"

#define A_MINUTE 60000

/* How one command ended, copied. */
struct ending {
    struct loop *loop;
    struct process_end end;
    char out[4096], err[512], error[256];
    int calls;
};

static const char *const plain_env[] = {"PATH=/usr/bin:/bin", NULL};

static int start(void **state)
{
    struct ending *e = test_calloc(1, sizeof(*e));
    e->loop = loop_new();
    *state = e;
    return 0;
}

static int stop(void **state)
{
    struct ending *e = *state;
    loop_free(e->loop);
    test_free(e);
    return 0;
}

static void on_end(void *user, const struct process_end *end)
{
    struct ending *e = user;
    e->end = *end;
    snprintf(e->out, sizeof(e->out), "%s", end->out.bytes);
    snprintf(e->err, sizeof(e->err), "%s", end->err.bytes);
    snprintf(e->error, sizeof(e->error), "%s", end->error ? end->error : "");
    e->calls++;
}

static struct process_ask asking(const char *const *argv)
{
    return (struct process_ask){.argv = argv, .env = plain_env, .keep_fd = -1, .timeout_ms = A_MINUTE};
}

static void run(struct ending *e, const struct process_ask *ask)
{
    e->calls = 0;
    process_start(e->loop, ask, on_end, e);
    assert_int_equal(e->calls, 0);
    loop_run(e->loop);
    assert_int_equal(e->calls, 1);
}

static void run_script(struct ending *e, const char *script)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct process_ask ask = asking(argv);
    run(e, &ask);
}

/* Gone, or dead and not yet buried by whoever adopted it. */
static bool is_dead(int pid)
{
    char path[64], line[512] = "";
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return true;
    if (!fgets(line, sizeof(line), file))
        line[0] = '\0';
    fclose(file);
    const char *behind = strrchr(line, ')');
    return !behind || behind[2] == 'Z' || behind[2] == 'X';
}

/* A SIGKILL is heeded soon, not at once. */
static bool dies(int pid)
{
    for (int i = 0; i < 2000 && !is_dead(pid); i++)
        usleep(1000);
    return is_dead(pid);
}

/* ---- what it gets ------------------------------------------------------------------------------------ */

static void test_a_command_tells_its_exit_code_and_what_it_printed(void **state)
{
    struct ending *e = *state;
    run_script(e, "echo good; echo bad >&2; exit 75");
    assert_true(e->end.started);
    assert_int_equal(e->end.exit_code, 75);
    assert_int_equal(e->end.signal, 0);
    assert_false(e->end.timed_out || e->end.was_stopped || e->end.out.cut);
    assert_string_equal(e->out, "good\n");
    assert_string_equal(e->err, "bad\n");
}

static void test_words_are_words_and_no_shell_reads_them(void **state)
{
    const char *const argv[] = {"printf", "%s|", "a b", "$(id)", "'", "*", "", NULL};
    struct process_ask ask = asking(argv);
    run(*state, &ask);
    assert_string_equal(((struct ending *)*state)->out, "a b|$(id)|'|*||");
}

static void test_the_environment_is_what_was_given_and_nothing_else(void **state)
{
    const char *const argv[] = {"env", NULL};
    const char *const env[] = {"PATH=/usr/bin:/bin", "A=1", "B=two words", NULL};
    struct process_ask ask = asking(argv);
    ask.env = env;
    assert_int_equal(setenv("LANDFALL_TEST_LEAK", "1", 1), 0);
    run(*state, &ask);
    assert_string_equal(((struct ending *)*state)->out, "PATH=/usr/bin:/bin\nA=1\nB=two words\n");
}

static void test_it_works_in_the_folder_it_is_told(void **state)
{
    const char *const argv[] = {"pwd", NULL};
    struct process_ask ask = asking(argv);
    ask.cwd = "/usr";
    run(*state, &ask);
    assert_string_equal(((struct ending *)*state)->out, "/usr\n");
}

static void test_a_long_input_arrives_whole(void **state)
{
    enum { COUNT = 1 << 20 };
    char *input = test_malloc(COUNT);
    memset(input, 'x', COUNT);
    const char *const argv[] = {"wc", "-c", NULL};
    struct process_ask ask = asking(argv);
    ask.input = input;
    ask.input_count = COUNT;
    run(*state, &ask);
    assert_string_equal(((struct ending *)*state)->out, "1048576\n");
    /* Somebody who does not read it is not in the way, nor is anybody ended by it. */
    const char *const deaf[] = {"true", NULL};
    ask.argv = deaf;
    run(*state, &ask);
    assert_int_equal(((struct ending *)*state)->end.exit_code, 0);
    test_free(input);
}

static void test_input_can_be_opened_by_name_and_no_input_is_an_end(void **state)
{
    const char *const argv[] = {"cat", "/dev/stdin", NULL};
    struct process_ask ask = asking(argv);
    ask.input = "hello";
    ask.input_count = 5;
    run(*state, &ask);
    assert_string_equal(((struct ending *)*state)->out, "hello");
    ask.input = NULL;
    run(*state, &ask);
    assert_string_equal(((struct ending *)*state)->out, "");
    assert_int_equal(((struct ending *)*state)->end.exit_code, 0);
}

static void test_signals_are_at_their_defaults(void **state)
{
    /* We ignore SIGPIPE by now; a command that did would write into broken pipes for ever. */
    run_script(*state, "grep -E '^Sig(Ign|Blk)' /proc/self/status");
    assert_string_equal(((struct ending *)*state)->out,
                        "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

static void test_it_leads_a_session_and_a_group_of_its_own(void **state)
{
    struct ending *e = *state;
    int pid = 0, group = 0, session = 0;
    run_script(e, "echo $$ $(cut -d ' ' -f 5,6 /proc/$$/stat)");
    assert_int_equal(sscanf(e->out, "%d %d %d", &pid, &group, &session), 3);
    assert_int_equal(group, pid);
    assert_int_equal(session, pid);
    assert_int_not_equal(pid, getpid());
}

/* ---- descriptors ------------------------------------------------------------------------------------- */

static void test_no_descriptor_is_inherited(void **state)
{
    int open_one = open("/dev/null", O_RDONLY); /* and no O_CLOEXEC, as some library's */
    const char *const argv[] = {"ls", "/proc/self/fd", NULL};
    struct process_ask ask = asking(argv);
    run(*state, &ask);
    /* 3 is the folder that ls reads. */
    assert_string_equal(((struct ending *)*state)->out, "0\n1\n2\n3\n");
    close(open_one);
}

static void kill_it(void *user)
{
    process_kill(user);
}

static void test_a_lock_is_held_until_the_command_that_inherited_it_has_ended(void **state)
{
    struct ending *e = *state;
    char path[] = "/tmp/landfall-process-XXXXXX";
    int mine = mkostemp(path, O_CLOEXEC);
    assert_int_equal(flock(mine, LOCK_EX), 0);
    const char *const argv[] = {"sleep", "60", NULL};
    struct process_ask ask = asking(argv);
    ask.keep_fd = mine;
    struct process *p = process_start(e->loop, &ask, on_end, e);
    assert_true(process_has_started(p));
    close(mine);
    int other = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
    assert_int_equal(errno, EWOULDBLOCK);
    loop_after(e->loop, 10, kill_it, p);
    loop_run(e->loop);
    assert_int_equal(e->end.signal, SIGKILL);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
    close(other);
    unlink(path);
}

static void test_what_is_inherited_is_descriptor_3(void **state)
{
    char path[] = "/tmp/landfall-process-XXXXXX", expected[64];
    int mine = mkostemp(path, O_CLOEXEC);
    const char *const argv[] = {"readlink", "/proc/self/fd/3", NULL};
    struct process_ask ask = asking(argv);
    ask.keep_fd = mine;
    run(*state, &ask);
    snprintf(expected, sizeof(expected), "%s\n", path);
    assert_string_equal(((struct ending *)*state)->out, expected);
    close(mine);
    unlink(path);
}

/* ---- caps ---------------------------------------------------------------------------------------------- */

static void test_too_much_output_is_cut_and_does_not_block_the_command(void **state)
{
    struct ending *e = *state;
    const char *const argv[] = {"sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x; echo done >&2", NULL};
    struct process_ask ask = asking(argv);
    ask.output_max = 10;
    run(e, &ask);
    assert_int_equal(e->end.exit_code, 0);
    assert_string_equal(e->out, "xxxxxxxxxx");
    assert_true(e->end.out.cut);
    assert_string_equal(e->err, "done\n");
    assert_false(e->end.err.cut);
}

/* ---- what never ran ------------------------------------------------------------------------------------ */

static void test_what_cannot_be_started_has_for_certain_not_run(void **state)
{
    struct ending *e = *state;
    const char *const argv[] = {"/no/such/command", NULL};
    struct process_ask ask = asking(argv);
    run(e, &ask);
    assert_false(e->end.started);
    assert_string_equal(e->error, "cannot start '/no/such/command': no such file or directory");

    const char *const folder[] = {"/usr", NULL};
    ask.argv = folder;
    run(e, &ask);
    assert_false(e->end.started);
    assert_string_equal(e->error, "cannot start '/usr': permission denied");

    const char *const good[] = {"true", NULL};
    ask.argv = good;
    ask.cwd = "/no/such/folder";
    run(e, &ask);
    assert_false(e->end.started);
}

/* The command is looked for along the PATH that it gets, not along ours. */
static void test_without_a_path_only_the_systems_folders_are_searched(void **state)
{
    struct ending *e = *state;
    const char *const argv[] = {"true", NULL}, *const env[] = {"PATH=/no/such/folder", NULL};
    struct process_ask ask = asking(argv);
    ask.env = env;
    run(e, &ask);
    assert_false(e->end.started);
}

/* ---- time ---------------------------------------------------------------------------------------------- */

static void test_a_command_whose_time_is_over_is_asked_to_end(void **state)
{
    struct ending *e = *state;
    const char *const argv[] = {"sleep", "60", NULL};
    struct process_ask ask = asking(argv);
    ask.timeout_ms = 30;
    run(e, &ask);
    assert_true(e->end.timed_out);
    assert_int_equal(e->end.signal, SIGTERM);
}

static void test_one_that_will_not_end_is_killed_with_all_of_its_group(void **state)
{
    struct ending *e = *state;
    int child = 0;
    const char *const argv[] = {"sh", "-c", "trap '' TERM; sleep 60 & echo $!; wait; sleep 60", NULL};
    struct process_ask ask = asking(argv);
    ask.timeout_ms = 3000;
    ask.grace_ms = 30;
    run(e, &ask);
    assert_true(e->end.timed_out);
    assert_int_equal(e->end.signal, SIGKILL);
    assert_int_equal(sscanf(e->out, "%d", &child), 1);
    assert_true(dies(child));
}

static void test_one_that_ends_in_good_order_says_how(void **state)
{
    struct ending *e = *state;
    const char *const argv[] = {"sh", "-c", "trap 'echo tidied; exit 3' TERM; echo ready; sleep 60 & wait",
                                NULL};
    struct process_ask ask = asking(argv);
    ask.timeout_ms = 3000;
    run(e, &ask);
    assert_true(e->end.timed_out);
    assert_int_equal(e->end.signal, 0);
    assert_int_equal(e->end.exit_code, 3);
    assert_string_equal(e->out, "ready\ntidied\n");
}

static void test_nothing_of_its_group_goes_on_behind_its_end(void **state)
{
    struct ending *e = *state;
    int child = 0;
    run_script(e, "sleep 60 & echo $!; exit 0");
    assert_int_equal(e->end.exit_code, 0);
    assert_int_equal(sscanf(e->out, "%d", &child), 1);
    assert_true(dies(child));
}

/* It may live for years; its inherited pipes must not keep us waiting for their end. */
static void test_what_left_the_group_is_not_waited_for(void **state)
{
    struct ending *e = *state;
    int child = 0;
    /* Ends when the other one has left and said so: only then it lets go of this pipe. */
    run_script(e, "exec 3>&1; : $(setsid sh -c 'echo $$ >&3; exec sleep 60 >&3' &); exit 0");
    assert_int_equal(sscanf(e->out, "%d", &child), 1);
    assert_false(is_dead(child));
    assert_int_equal(kill(child, SIGKILL), 0);
}

static void stop_it(void *user)
{
    process_stop(user, 20);
}

static void test_a_stop_is_polite_first(void **state)
{
    struct ending *e = *state;
    const char *const argv[] = {"sleep", "60", NULL};
    struct process_ask ask = asking(argv);
    loop_after(e->loop, 10, stop_it, process_start(e->loop, &ask, on_end, e));
    loop_run(e->loop);
    assert_true(e->end.was_stopped);
    assert_int_equal(e->end.signal, SIGTERM);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_a_command_tells_its_exit_code_and_what_it_printed),
        TEST(test_words_are_words_and_no_shell_reads_them),
        TEST(test_the_environment_is_what_was_given_and_nothing_else),
        TEST(test_it_works_in_the_folder_it_is_told),
        TEST(test_a_long_input_arrives_whole),
        TEST(test_input_can_be_opened_by_name_and_no_input_is_an_end),
        TEST(test_signals_are_at_their_defaults),
        TEST(test_it_leads_a_session_and_a_group_of_its_own),
        TEST(test_no_descriptor_is_inherited),
        TEST(test_a_lock_is_held_until_the_command_that_inherited_it_has_ended),
        TEST(test_what_is_inherited_is_descriptor_3),
        TEST(test_too_much_output_is_cut_and_does_not_block_the_command),
        TEST(test_what_cannot_be_started_has_for_certain_not_run),
        TEST(test_without_a_path_only_the_systems_folders_are_searched),
        TEST(test_a_command_whose_time_is_over_is_asked_to_end),
        TEST(test_one_that_will_not_end_is_killed_with_all_of_its_group),
        TEST(test_one_that_ends_in_good_order_says_how),
        TEST(test_nothing_of_its_group_goes_on_behind_its_end),
        TEST(test_what_left_the_group_is_not_waited_for),
        TEST(test_a_stop_is_polite_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
