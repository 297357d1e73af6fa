/* A disk that is full or failing, a folder that cannot be written, descriptors that run out: at many points
 * of a build landfall ends with an error that says what to do, and once the cause is gone a resume completes,
 * with nothing twice, no orphan and no loss. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "judge.h"
#include "killer.h"

#define POINTS 12

struct place {
    struct sandbox_tools tools;
    struct judge judge;
    unsigned long calls[KILLER_KINDS];
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
    sandbox_tally(&reference, p->calls);
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

/* What is broken stays broken: a few tries show as much as the three minutes of patience a person gets. */
#define APPLY "apply " JUDGE_REGION " --yes --tries 4"

/* One build in which the fault strikes; `words`: one of them is told, unless nothing went wrong after all. */
static void build_with(struct place *p, const struct sandbox_kill *fault, const char *const *words)
{
    struct sandbox box;
    bool told = false;
    char name[64];
    snprintf(name, sizeof(name), "error-%d-%lu-%lu", fault->error, fault->at, fault->span);
    sandbox_make(&box, &p->tools, name);
    int code = sandbox_run(&box, APPLY, fault);
    if (code != 1 && code != 3)
        fail_msg("%s error %d of call %lu: landfall ended with %d; kept: %s", fault->kinds, fault->error,
                 fault->at, code, box.folder);
    for (; *words; words++)
        told = told || sandbox_said(&box, *words);
    if (!told && (code == 1 || sandbox_said(&box, "not finished")))
        fail_msg("%s error %d of call %lu: nobody is told why; kept: %s", fault->kinds, fault->error,
                 fault->at, box.said);
    if (!judge_accepts(&p->judge, &box, stdout))
        fail_msg("%s error %d of call %lu: see above; kept: %s", fault->kinds, fault->error, fault->at,
                 box.folder);
    sandbox_remove(&box);
}

/* POINTS builds, the fault beginning ever later.  The first calls make the store and are all tried. */
static void sweep(struct place *p, const char *kinds, unsigned long of, unsigned long span, int error,
                  const char *const *words)
{
    for (unsigned long i = 0; i < POINTS; i++) {
        struct sandbox_kill fault = {.how = "fail",
                                     .kinds = kinds,
                                     .at = i < POINTS / 4 ? i + 1
                                                          : (i - POINTS / 4) * of / (POINTS * 3 / 4) + 5,
                                     .span = span,
                                     .error = error};
        build_with(p, &fault, words);
    }
}

static const char *const space[] = {"No space left on device", "disk is full", "cannot be made", NULL};
static const char *const failing[] = {"Input/output error", "disk I/O error", "unable to open database file",
                                      NULL};
/* SQLite says "disk I/O error" when it cannot remove a file. */
static const char *const unwritable[] = {"Read-only file system", "cannot be made",
                                         "unable to open database file", "disk I/O error", NULL};
static const char *const descriptors[] = {"Too many open files", "cannot be made",
                                          "unable to open database file", NULL};

static void test_a_disk_that_is_full_and_stays_full(void **state)
{
    struct place *p = *state;
    sweep(p, "create write folder", p->calls[KILLER_WRITE] + p->calls[KILLER_CREATE], 0, ENOSPC, space);
}

static void test_a_disk_without_room_for_one_write(void **state)
{
    struct place *p = *state;
    sweep(p, "write", p->calls[KILLER_WRITE], 1, ENOSPC, space);
}

static void test_a_disk_that_fails_for_good_as_it_syncs(void **state)
{
    struct place *p = *state;
    sweep(p, "sync", p->calls[KILLER_SYNC], 0, EIO, failing);
}

static void test_a_sync_that_fails_once(void **state)
{
    struct place *p = *state;
    sweep(p, "sync", p->calls[KILLER_SYNC], 1, EIO, failing);
}

static void test_a_disk_that_becomes_read_only(void **state)
{
    struct place *p = *state;
    sweep(p, "create folder unlink rename", p->calls[KILLER_CREATE] + p->calls[KILLER_UNLINK], 0, EROFS,
          unwritable);
}

static void test_descriptors_that_run_out(void **state)
{
    struct place *p = *state;
    sweep(p, "create", p->calls[KILLER_CREATE], 0, EMFILE, descriptors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_disk_that_is_full_and_stays_full),
        cmocka_unit_test(test_a_disk_without_room_for_one_write),
        cmocka_unit_test(test_a_disk_that_fails_for_good_as_it_syncs),
        cmocka_unit_test(test_a_sync_that_fails_once),
        cmocka_unit_test(test_a_disk_that_becomes_read_only),
        cmocka_unit_test(test_descriptors_that_run_out),
    };
    return cmocka_run_group_tests(tests, open_place, close_place);
}
