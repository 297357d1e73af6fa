/* Power cuts: an undo log of everything that no fsync has made durable.  Each file's bytes and each folder's
 * names are a subject of their own, because a disk keeps order within neither of them only for our sake; a
 * cut takes back, subject by subject, all that came after a point of its own. */
#include "killer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Descriptors that keep files alive for the cut stay clear of those of the program. */
#define KEEPERS_FROM 2000
#define KEEPERS_MOST 60000
#define SUBJECTS     512

struct step {
    struct step *before;   /* of the whole log: newest first */
    struct subject *whose; /* NULL: durable by now */
    enum { BYTES, NAME_NEW, FOLDER_NEW, NAME_GONE, NAME_MOVED } what;
    unsigned long number; /* within its subject */
    off_t at, old_size;
    char *bytes;
    size_t count;
    char *path, *to, *aside;
};

struct subject {
    dev_t dev;
    ino_t ino;
    int keeper;
    unsigned long steps, keeps;
};

static struct {
    struct step *newest;
    struct subject subjects[SUBJECTS];
    size_t count;
    unsigned long asides;
} power;

/* Opened anew, not duplicated: a duplicate would keep the program's flock beyond its close.  The wrapped
 * functions would count the call as the program's own; a plain system call does not. */
static int keep_fd(int fd)
{
    char name[64];
    struct rlimit most = {KEEPERS_MOST, KEEPERS_MOST};
    (void)setrlimit(RLIMIT_NOFILE, &most);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    long again = syscall(SYS_openat, AT_FDCWD, name, O_RDWR | O_CLOEXEC);
    if (again < 0 && errno == EISDIR)
        again = syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int kept = again < 0 ? -1 : fcntl((int)again, F_DUPFD_CLOEXEC, KEEPERS_FROM);
    syscall(SYS_close, again);
    return kept;
}

static void fail(const char *what)
{
    dprintf(2, "killer: %s: %s\n", what, strerror(errno));
    abort();
}

static struct subject *subject_of(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        fail("fstat");
    for (size_t i = 0; i < power.count; i++) {
        if (power.subjects[i].dev == st.st_dev && power.subjects[i].ino == st.st_ino)
            return &power.subjects[i];
    }
    if (power.count == SUBJECTS) {
        errno = ENOSPC;
        fail("subjects");
    }
    struct subject *s = &power.subjects[power.count++];
    *s = (struct subject){.dev = st.st_dev, .ino = st.st_ino, .keeper = keep_fd(fd)};
    if (s->keeper < 0)
        fail("keeper");
    return s;
}

static struct step *step_new(struct subject *s)
{
    struct step *step = calloc(1, sizeof(*step));
    if (!step)
        fail("memory");
    step->before = power.newest;
    step->whose = s;
    step->number = s->steps++;
    power.newest = step;
    return step;
}

/* ---- bytes ---------------------------------------------------------------------------------- */

/* SQLite's shared index is mapped, made anew by the first who opens a store, and worth nothing after a crash.
 */
static bool is_shared_index(int fd)
{
    char name[64], path[PATH_MAX];
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    ssize_t count = readlink(name, path, sizeof(path));
    return count > 4 && memcmp(path + count - 4, "-shm", 4) == 0;
}

/* Remembers what stands in [at, at + count) and how long the file is.  The file may be open for writing only.
 */
static void remember(int fd, off_t at, size_t count)
{
    struct stat st;
    char name[64];
    if (is_shared_index(fd))
        return;
    struct subject *s = subject_of(fd);
    if (fstat(fd, &st) != 0)
        fail("fstat");
    struct step *step = step_new(s);
    step->what = BYTES;
    step->at = at;
    step->old_size = st.st_size;
    step->count = at >= st.st_size                    ? 0
                  : (size_t)(st.st_size - at) < count ? (size_t)(st.st_size - at)
                                                      : count;
    step->bytes = malloc(step->count + 1);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    ssize_t got = pread(fd, step->bytes, step->count, at);
    if (got < 0 && errno == EBADF) {
        long again = syscall(SYS_openat, AT_FDCWD, name, O_RDONLY);
        got = again < 0 ? -1 : pread((int)again, step->bytes, step->count, at);
        syscall(SYS_close, again);
    }
    if (got != (ssize_t)step->count)
        fail("pread");
}

void power_will_write(int fd, off_t at, size_t count)
{
    remember(fd, at, count);
}

void power_will_truncate(int fd, off_t size)
{
    remember(fd, size, SSIZE_MAX);
}

/* ---- names ---------------------------------------------------------------------------------- */

static char *absolute(int folder, const char *path)
{
    char at[PATH_MAX] = "", name[64], *whole = NULL;
    if (path[0] == '/')
        return strdup(path);
    snprintf(name, sizeof(name), folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
    if (readlink(name, at, sizeof(at) - 1) < 0 || asprintf(&whole, "%s/%s", at, path) < 0)
        fail("readlink");
    return whole;
}

static struct step *name_step(char *path)
{
    char *slash = strrchr(path, '/'), kept = slash[1];
    slash[1] = '\0';
    long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
    slash[1] = kept;
    if (fd < 0)
        fail(path);
    struct step *step = step_new(subject_of((int)fd));
    syscall(SYS_close, fd);
    step->path = path;
    return step;
}

/* A second name for a file that is about to lose its own. */
static char *set_aside(const char *path)
{
    char *aside = NULL;
    const char *folder = getenv("KILLER_ASIDE");
    if (asprintf(&aside, "%s/%d.%lu", folder ? folder : "/tmp", (int)getpid(), power.asides++) < 0)
        fail("memory");
    if (syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, aside, 0) == 0)
        return aside;
    if (errno != ENOENT)
        fail(aside);
    free(aside);
    return NULL;
}

void power_did_create(int folder, const char *path)
{
    name_step(absolute(folder, path))->what = NAME_NEW;
}

void power_did_make_folder(int folder, const char *path)
{
    name_step(absolute(folder, path))->what = FOLDER_NEW;
}

void power_will_unlink(int folder, const char *path)
{
    char *whole = absolute(folder, path), *aside = set_aside(whole);
    struct step *step = name_step(whole);
    step->what = NAME_GONE;
    step->aside = aside;
}

void power_will_replace(int from_folder, const char *from, int to_folder, const char *to)
{
    char *whole = absolute(to_folder, to), *aside = set_aside(whole);
    struct step *step = name_step(whole);
    step->what = NAME_MOVED;
    step->to = absolute(from_folder, from);
    step->aside = aside;
}

/* ---- durable, or lost ------------------------------------------------------------------------ */

void power_did_sync(int fd)
{
    struct subject *s = subject_of(fd);
    for (struct step *step = power.newest; step; step = step->before) {
        if (step->whose != s)
            continue;
        step->whose = NULL;
        if (step->aside)
            syscall(SYS_unlinkat, AT_FDCWD, step->aside, 0);
        free(step->bytes);
        step->bytes = NULL;
    }
}

static void move(const char *from, const char *to)
{
    if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0) != 0)
        fail(to);
}

static void take_back(struct step *step)
{
    char *aside = NULL;
    switch (step->what) {
    case BYTES:
        if (syscall(SYS_ftruncate, step->whose->keeper, step->old_size) != 0 ||
            syscall(SYS_pwrite64, step->whose->keeper, step->bytes, step->count, step->at) < 0)
            fail("undo");
        break;
    case NAME_NEW:
        syscall(SYS_unlinkat, AT_FDCWD, step->path, 0);
        break;
    case FOLDER_NEW: /* with all that is in it, whether synced or not: no path leads there any more */
        if (asprintf(&aside, "%s/%d.%lu", getenv("KILLER_ASIDE"), (int)getpid(), power.asides++) < 0)
            fail("memory");
        move(step->path, aside);
        break;
    case NAME_GONE:
        if (step->aside)
            move(step->aside, step->path);
        break;
    case NAME_MOVED:
        move(step->path, step->to);
        if (step->aside)
            move(step->aside, step->path);
        break;
    }
}

/* xorshift of Marsaglia; any spread will do. */
static unsigned next(unsigned *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

void power_cut(unsigned seed)
{
    unsigned state = seed * 2654435761u + 1;
    unsigned long pending[SUBJECTS] = {0};
    for (struct step *step = power.newest; step; step = step->before) {
        if (step->whose)
            pending[step->whose - power.subjects]++;
    }
    /* Half of the cuts lose everything, the others some of it. */
    bool all = next(&state) % 2;
    for (size_t i = 0; i < power.count; i++) {
        struct subject *s = &power.subjects[i];
        s->keeps = s->steps - pending[i] + (all ? 0 : next(&state) % (pending[i] + 1));
    }
    for (struct step *step = power.newest; step; step = step->before) {
        if (step->whose && step->number >= step->whose->keeps)
            take_back(step);
    }
}
