/* The killer itself: what a power cut took is gone, and no thread changes a file any more after it.  The
 * program that it kills is this one, told to be the victim. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRITERS 4
/* Far longer than the cut takes: so most writers wake up after it, and find the lock taken. */
#define NAP_US   10000
#define ROUNDS   5      /* of each, before the power is cut */
#define LASTS_US 300000 /* from the start on; the cut comes after some milliseconds */
#define VICTIM   "victim"
/* A seed of a cut that takes back all that was not synced. */
#define LOSES_ALL "4"

/* ---- the victim ------------------------------------------------------------------------------ */

struct writer {
    int number;
    _Atomic uint64_t rounds;
};

/* As a database does it: the journal is synced before the file it protects is written. */
static void *write_on(void *user)
{
    struct writer *w = user;
    char journal[32], file[32];
    snprintf(journal, sizeof(journal), "journal-%d", w->number);
    snprintf(file, sizeof(file), "file-%d", w->number);
    int log = open(journal, O_WRONLY), to = open(file, O_WRONLY);
    for (uint64_t n = 1;; n++) {
        if (pwrite(log, &n, sizeof(n), 0) < 0 || fsync(log) != 0 || pwrite(to, &n, sizeof(n), 0) < 0)
            abort();
        w->rounds = n;
        usleep(NAP_US);
    }
    return NULL;
}

/* Ends at the first folder, with all writers at work: that is the call the killer waits for. */
static int be_victim(void)
{
    static struct writer writers[WRITERS];
    pthread_t thread;
    for (int i = 0; i < WRITERS; i++) {
        writers[i].number = i;
        if (pthread_create(&thread, NULL, write_on, &writers[i]) != 0)
            abort();
    }
    for (int i = 0; i < WRITERS; i++) {
        while (writers[i].rounds < ROUNDS)
            usleep(100);
    }
    return mkdir("struck", 0755) == 0 ? 1 : 2;
}

/* ---- the test -------------------------------------------------------------------------------- */

static void path_of(char *path, size_t room, const char *name, int number)
{
    snprintf(path, room, "%s/%s-%d", WORK, name, number);
}

static void make_files(void)
{
    char path[512];
    uint64_t none = 0;
    assert_int_equal(system("rm -rf '" WORK "' && mkdir -p '" WORK "/aside'"), 0);
    for (int i = 0; i < WRITERS * 2; i++) {
        path_of(path, sizeof(path), i % 2 ? "file" : "journal", i / 2);
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(fwrite(&none, sizeof(none), 1, f), 1);
        assert_int_equal(fclose(f), 0);
    }
    assert_int_equal(mkfifo(WORK "/tally", 0600), 0);
}

static void give(const char *name, const char *value)
{
    if (setenv(name, value, 1) != 0)
        _exit(126);
}

static pid_t start_victim(void)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0)
        return child;
    give("LD_PRELOAD", KILLER);
    give("KILLER_HOW", "power");
    give("KILLER_KINDS", "folder");
    give("KILLER_AT", "1");
    give("KILLER_SEED", LOSES_ALL);
    give("KILLER_ASIDE", WORK "/aside");
    give("KILLER_TALLY", WORK "/tally");
    if (chdir(WORK) == 0)
        execl(SELF, SELF, VICTIM, NULL);
    _exit(127);
}

static uint64_t number_in(const char *name, int number)
{
    char path[512];
    uint64_t n = UINT64_MAX;
    path_of(path, sizeof(path), name, number);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fread(&n, sizeof(n), 1, f), 1);
    fclose(f);
    return n;
}

/* Between the cut and the kill the killer writes its tally; into a pipe that nobody reads yet it takes as
 * long as we like. */
static void test_no_thread_writes_after_the_power_is_cut(void **state)
{
    char said[512];
    int status = 0;
    (void)state;
    make_files();
    pid_t child = start_victim();
    usleep(LASTS_US);
    int tally = open(WORK "/tally", O_RDONLY);
    assert_true(tally >= 0);
    ssize_t got = read(tally, said, sizeof(said) - 1);
    close(tally);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_true(got > 0);
    said[got] = '\0';
    assert_non_null(strstr(said, "folder 1\n"));
    for (int i = 0; i < WRITERS; i++) {
        /* No file was ever synced; a journal was in each round. */
        assert_int_equal(number_in("file", i), 0);
        assert_true(number_in("journal", i) >= ROUNDS);
    }
    assert_int_not_equal(access(WORK "/struck", F_OK), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_thread_writes_after_the_power_is_cut),
    };
    if (argc == 2 && strcmp(argv[1], VICTIM) == 0)
        return be_victim();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
