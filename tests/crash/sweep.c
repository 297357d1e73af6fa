/* The kill sweep: the shipped example's Europe is built and killed at a few hundred points - before and after
 * calls that change files, in the middle of writes, with the power cut - and half of the time the resume is
 * killed as well; then it is resumed to the end and judged: nothing twice, no orphan, no loss.
 *
 *   sweep PROGRAM KILLER PROJECT WORK [POINT]...
 *
 * Which points: SWEEP_POINTS of them (300), chosen by SWEEP_SEED (1); SWEEP_WORKERS (processors) at once.  A
 * point is written HOW:KINDS@N, and a second one after "+" strikes the resume: after:sync@31+before:@7. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "judge.h"
#include "killer.h"

#define POINTS_MOST  20000
#define WORKERS_MOST 16
#define TEXT         128
#define SKIPPED      77 /* as CMakeLists.txt knows it */
#define COUNTED      4
/* Loop, store and workers: a share of the calls that most of them reach. */
#define THREADS 10

struct strike {
    char how[16], kinds[16]; /* how[0] == 0: none */
    unsigned long at;
};

struct point {
    struct strike first, second;
};

/* Shared by the workers. */
struct progress {
    unsigned next, failed, killed, killed_twice;
};

struct sweep {
    struct sandbox_tools tools;
    struct judge judge;
    const char *self;
    bool traced;
    unsigned long seed, calls[KILLER_KINDS], all;
    struct point *points;
    unsigned count;
    struct progress *progress;
};

static const char *const kinds[KILLER_KINDS] = {"create",   "write", "sync",   "rename", "unlink",
                                                "truncate", "link",  "folder", "send",   "receive"};

/* ---- points ---------------------------------------------------------------------------------- */

/* splitmix64: a point depends on the seed and its number alone. */
static unsigned long chance(unsigned long seed, unsigned long n)
{
    unsigned long z = seed * 0x9e3779b97f4a7c15ul + (n + 1) * 0xbf58476d1ce4e5b9ul;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ul;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebul;
    return z ^ (z >> 31);
}

static void print_strike(const struct strike *s, char *text, size_t room)
{
    snprintf(text, room, "%s:%s@%lu", s->how, s->kinds, s->at);
}

static void print_point(const struct point *p, char *text, size_t room)
{
    print_strike(&p->first, text, room);
    size_t put = strlen(text);
    if (!p->second.how[0])
        return;
    text[put++] = '+';
    print_strike(&p->second, text + put, room - put);
}

static bool parse_strike(const char *text, struct strike *s)
{
    *s = (struct strike){0};
    const char *colon = strchr(text, ':'), *at = colon ? strchr(colon, '@') : NULL;
    if (!at || (size_t)(colon - text) >= sizeof(s->how) || (size_t)(at - colon) > sizeof(s->kinds))
        return false;
    memcpy(s->how, text, (size_t)(colon - text));
    memcpy(s->kinds, colon + 1, (size_t)(at - colon) - 1);
    s->at = strtoul(at + 1, NULL, 10);
    return s->at > 0;
}

static bool parse_point(const char *text, struct point *p)
{
    const char *plus = strchr(text, '+');
    *p = (struct point){0};
    return parse_strike(text, &p->first) && (!plus || parse_strike(plus + 1, &p->second));
}

/* Points in turn: half of them spread over all calls alike, half over one kind of call each, so that the rare
 * kinds (a rename, an unlink) are struck as often as the common ones (a write). */
static struct point choose(const struct sweep *s, unsigned n)
{
    static const char *const hows[] = {"before", "after", "torn", "before", "after", "power"};
    static const int turns[] = {KILLER_RENAME, KILLER_UNLINK, KILLER_SYNC,
                                KILLER_CREATE, KILLER_WRITE,  KILLER_TRUNCATE};
    struct point p = {0};
    unsigned long r = chance(s->seed, n), total = s->all, slots = s->count;
    const char *how = hows[n % 6], *kind = "";
    if (n / 6 % 2) {
        int k = turns[n / 12 % 6];
        kind = kinds[k];
        total = s->calls[k];
    }
    if (s->traced)
        how = "strace";
    if (strcmp(how, "torn") == 0) {
        kind = kinds[KILLER_WRITE];
        total = s->calls[KILLER_WRITE];
    }
    snprintf(p.first.how, sizeof(p.first.how), "%s", how);
    snprintf(p.first.kinds, sizeof(p.first.kinds), "%s", kind);
    if (total == 0)
        total = 1;
    p.first.at = 1 + (n * total / slots + r % (total / slots + 1)) % total;
    if (s->traced) {
        p.first.at = 1 + p.first.at / THREADS;
    } else if (r / 7 % 2) {
        /* About as many calls are left as the first strike left undone. */
        unsigned long left = (total - p.first.at) * s->all / total + 20;
        snprintf(p.second.how, sizeof(p.second.how), "%s", hows[r / 64 % 6]);
        p.second.at = 1 + r / 4096 % left;
    }
    return p;
}

/* ---- one point ------------------------------------------------------------------------------- */

/* False: it neither ended nor died. */
static bool strike(struct sandbox *box, const char *line, const struct strike *s, unsigned seed, bool *died)
{
    struct sandbox_kill kill = {.how = s->how, .kinds = s->kinds, .at = s->at, .seed = seed};
    int code = sandbox_run(box, line, &kill);
    *died = code == SANDBOX_KILLED;
    return code != SANDBOX_HUNG;
}

/* Alone, the point is number 0: so that it draws the same lots, the seed is moved. */
static void tell_failure(const struct sweep *s, const struct sandbox *box, unsigned n, const char *point,
                         const char *why)
{
    printf("FAIL %s (seed %lu)\n%s  kept: %s\n  again: SWEEP_SEED=%lu %s %s %s %s %s '%s'\n", point,
           s->seed + n, why, box->folder, s->seed + n, s->self, s->tools.program, s->tools.killer,
           s->tools.project, s->tools.work, point);
    fflush(stdout);
}

static void one(struct sweep *s, unsigned n)
{
    char name[32], text[TEXT], *why = NULL;
    size_t room = 0;
    const struct point *p = &s->points[n];
    struct sandbox box;
    snprintf(name, sizeof(name), "point-%u", n);
    print_point(p, text, sizeof(text));
    sandbox_make(&box, &s->tools, name);
    bool died = false, again = false;
    bool good = strike(&box, "apply " JUDGE_REGION " --yes", &p->first, (unsigned)(s->seed + n), &died);
    if (good && died && p->second.how[0])
        good = strike(&box, "resume " JUDGE_REGION " --yes", &p->second, (unsigned)(s->seed + n), &again);
    __atomic_add_fetch(&s->progress->killed, died, __ATOMIC_RELAXED);
    __atomic_add_fetch(&s->progress->killed_twice, again, __ATOMIC_RELAXED);
    FILE *tell = open_memstream(&why, &room);
    if (!good)
        fprintf(tell, "  it hangs\n");
    good = good && judge_accepts(&s->judge, &box, tell);
    fclose(tell);
    if (good) {
        sandbox_remove(&box);
    } else {
        __atomic_add_fetch(&s->progress->failed, 1, __ATOMIC_RELAXED);
        tell_failure(s, &box, n, text, why);
    }
    free(why);
}

static void work(struct sweep *s)
{
    for (;;) {
        unsigned n = __atomic_fetch_add(&s->progress->next, 1, __ATOMIC_RELAXED);
        if (n >= s->count)
            return;
        one(s, n);
    }
}

/* ---- all of them ------------------------------------------------------------------------------ */

static unsigned long setting(const char *name, unsigned long otherwise, unsigned long most)
{
    const char *text = getenv(name);
    unsigned long n = text ? strtoul(text, NULL, 10) : 0;
    return n == 0 ? otherwise : n > most ? most : n;
}

static void choose_points(struct sweep *s, int given, char **points)
{
    s->count = given > 0 ? (unsigned)given : (unsigned)setting("SWEEP_POINTS", 300, POINTS_MOST);
    s->points = calloc(s->count, sizeof(*s->points));
    if (!s->points)
        abort();
    for (unsigned n = 0; n < s->count; n++) {
        if (given == 0)
            s->points[n] = choose(s, n);
        else if (!parse_point(points[n], &s->points[n])) {
            fprintf(stderr, "'%s' is no point; one looks like after:sync@31+before:@7\n", points[n]);
            exit(2);
        }
    }
}

static void run_workers(struct sweep *s)
{
    unsigned long workers =
        setting("SWEEP_WORKERS", (unsigned long)sysconf(_SC_NPROCESSORS_ONLN), WORKERS_MOST);
    s->progress = mmap(NULL, sizeof(*s->progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s->progress == MAP_FAILED)
        abort();
    fflush(NULL);
    for (unsigned long i = 0; i < workers; i++) {
        pid_t child = fork();
        if (child < 0)
            abort();
        if (child == 0) {
            work(s);
            fflush(NULL);
            _exit(0);
        }
    }
    int status, bad = 0;
    while (wait(&status) > 0)
        bad += status != 0;
    s->progress->failed += (unsigned)bad;
}

/* A sweep that hardly ever strikes proves nothing: runs differ by a few calls from the one that was counted,
 * so the last points may miss. */
static bool sum_up(const struct sweep *s, bool chosen)
{
    const struct progress *p = s->progress;
    printf("%u points of %lu calls (seed %lu): %u killed, %u of them again in the resume, %u failed\n",
           s->count, s->all, s->seed, p->killed, p->killed_twice, p->failed);
    if (chosen && p->killed * 5 < s->count * 4) {
        printf("FAIL: too few points were struck\n");
        return false;
    }
    return p->failed == 0;
}

/* No two builds make the same number of calls: what is ready at once travels together.  The smallest of a few
 * is what nearly every build gets to. */
static void count_calls(struct sweep *s, const struct sandbox *reference)
{
    struct sandbox_kill count = {.how = "count"};
    sandbox_tally(reference, s->calls);
    for (int i = 0; i < COUNTED; i++) {
        struct sandbox box;
        unsigned long calls[KILLER_KINDS];
        sandbox_make(&box, &s->tools, "counted");
        (void)sandbox_run(&box, "apply " JUDGE_REGION " --yes", &count);
        sandbox_tally(&box, calls);
        for (int k = 0; k < KILLER_KINDS; k++)
            s->calls[k] = calls[k] < s->calls[k] ? calls[k] : s->calls[k];
        sandbox_remove(&box);
    }
    for (int k = 0; k < KILLER_KINDS; k++)
        s->all += s->calls[k];
}

/* Landfall works in another folder than this program. */
static const char *absolute(const char *path)
{
    const char *real = realpath(path, NULL);
    if (real)
        return real;
    perror(path);
    exit(2);
}

int main(int argc, char **argv)
{
    struct sweep s = {0};
    struct sandbox reference;
    if (argc < 5) {
        fprintf(stderr, "usage: %s PROGRAM KILLER PROJECT WORK [POINT]...\n", argv[0]);
        return 2;
    }
    s.self = argv[0];
    s.traced = setting("SWEEP_STRACE", 0, 1);
    if (s.traced && system("strace -qqq -o /dev/null true 2>/dev/null") != 0) {
        printf("skipped: strace is missing, or may not trace here\n");
        return SKIPPED;
    }
    s.seed = setting("SWEEP_SEED", 1, ~0ul);
    (void)mkdir(argv[4], 0755);
    s.tools =
        (struct sandbox_tools){absolute(argv[1]), absolute(argv[2]), absolute(argv[3]), absolute(argv[4])};
    if (!judge_open(&s.judge, &s.tools, &reference, stdout))
        return 1;
    count_calls(&s, &reference);
    choose_points(&s, argc - 5, argv + 5);
    run_workers(&s);
    bool good = sum_up(&s, argc == 5);
    if (good)
        sandbox_remove(&reference);
    judge_close(&s.judge);
    free(s.points);
    return good ? 0 : 1;
}
