#include "killer.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A preloaded library has nobody to hand it its state: this is the one place of the tests with variables of
 * its own. */
static struct {
    enum { COUNT, BEFORE, AFTER, TORN, POWER, FAIL, HALT } how;
    bool counted[KILLER_KINDS];
    unsigned long at, span, seen, made[KILLER_KINDS];
    int error;
    unsigned seed;
    const char *tally, *name;
    bool ready;
    pthread_mutex_t lock;
} killer = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const char *const kind_names[KILLER_KINDS] = {"create",   "write", "sync",   "rename", "unlink",
                                                     "truncate", "link",  "folder", "send",   "receive"};

/* The real function behind ours.  Every call asks anew: a lookup is cheap beside what is looked up. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* ---- set-up and the end --------------------------------------------------------------------- */

static unsigned long number(const char *name)
{
    const char *text = getenv(name);
    return text ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
    static const char *const hows[] = {"count", "before", "after", "torn", "power", "fail", "halt"};
    const char *how = getenv("KILLER_HOW"), *kinds = getenv("KILLER_KINDS");
    for (size_t i = 0; how && i < sizeof(hows) / sizeof(hows[0]); i++) {
        if (strcmp(hows[i], how) == 0)
            killer.how = i;
    }
    for (int k = 0; k < KILLER_KINDS; k++)
        killer.counted[k] = !kinds || !kinds[0] || strstr(kinds, kind_names[k]);
    killer.at = number("KILLER_AT");
    killer.span = number("KILLER_SPAN");
    killer.error = (int)number("KILLER_ERRNO");
    killer.seed = (unsigned)number("KILLER_SEED");
    killer.tally = getenv("KILLER_TALLY");
    killer.name = getenv("KILLER_NAME");
    killer.ready = how != NULL;
}

static void write_tally(void)
{
    char text[512];
    int put = 0;
    for (int k = 0; k < KILLER_KINDS; k++)
        put += snprintf(text + put, sizeof(text) - (size_t)put, "%s %lu\n", kind_names[k], killer.made[k]);
    int fd = killer.tally ? REAL(open)(killer.tally, O_WRONLY | O_CREAT | O_TRUNC, 0644) : -1;
    if (fd < 0)
        return;
    if (REAL(write)(fd, text, (size_t)put) < 0)
        abort();
    close(fd);
}

__attribute__((destructor)) static void end(void)
{
    if (killer.ready)
        write_tally();
}

/* Under the lock, and `ready` to the last: a thread that got by would change files after the power is gone,
 * and nothing would ever take that back. */
static void die(void)
{
    write_tally();
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* ---- one call ------------------------------------------------------------------------------- */

/* What becomes of a call. */
enum fate { GO, TEAR, GO_AND_DIE, REFUSE };

/* Counts under the lock, which stays taken until `leave`: so that no other thread changes a file between the
 * decision and the kill, and the undo log of a power cut is in the order of the calls. */
static enum fate enter(enum killer_kind kind)
{
    pthread_mutex_lock(&killer.lock);
    killer.made[kind]++;
    if (!killer.counted[kind])
        return GO;
    unsigned long n = ++killer.seen;
    if (killer.how == FAIL)
        return n >= killer.at && (killer.span == 0 || n < killer.at + killer.span) ? REFUSE : GO;
    if (killer.how == COUNT || n != killer.at)
        return GO;
    if (killer.how == HALT) {
        /* To this thread: a signal to the process may be taken by another while this one goes on. */
        tgkill(getpid(), gettid(), SIGSTOP);
        return GO;
    }
    if (killer.how == POWER)
        power_cut(killer.seed);
    if (killer.how == BEFORE || killer.how == POWER)
        die();
    return killer.how == TORN ? TEAR : GO_AND_DIE;
}

static void leave(enum fate fate)
{
    if (fate == GO_AND_DIE || fate == TEAR)
        die();
    int kept = errno;
    pthread_mutex_unlock(&killer.lock);
    if (fate == REFUSE)
        kept = killer.error;
    errno = kept;
}

static bool is_file(int fd, bool or_folder)
{
    struct stat st;
    int kept = errno;
    bool yes = killer.ready && fd > 2 && fstat(fd, &st) == 0 &&
               (S_ISREG(st.st_mode) || (or_folder && S_ISDIR(st.st_mode)));
    errno = kept;
    return yes;
}

static bool cuts_power(void)
{
    return killer.how == POWER;
}

/* ---- writing -------------------------------------------------------------------------------- */

static ssize_t put(int fd, const void *bytes, size_t count, off_t at, bool here)
{
    return here ? REAL(write)(fd, bytes, count) : REAL(pwrite)(fd, bytes, count, at);
}

static ssize_t on_write(int fd, const void *bytes, size_t count, off_t at, bool here)
{
    if (!is_file(fd, false))
        return put(fd, bytes, count, at, here);
    ssize_t done = -1;
    enum fate fate = enter(KILLER_WRITE);
    if (cuts_power())
        power_will_write(fd, here ? lseek(fd, 0, SEEK_CUR) : at, count);
    if (fate != REFUSE)
        done = put(fd, bytes, fate == TEAR ? count / 2 : count, at, here);
    leave(fate);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    return on_write(fd, bytes, count, 0, true);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at)
{
    return on_write(fd, bytes, count, at, false);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at)
{
    return on_write(fd, bytes, count, at, false);
}

static int on_truncate(int fd, off_t size)
{
    if (!is_file(fd, false))
        return REAL(ftruncate)(fd, size);
    int done = -1;
    enum fate fate = enter(KILLER_TRUNCATE);
    if (cuts_power())
        power_will_truncate(fd, size);
    if (fate != REFUSE)
        done = REAL(ftruncate)(fd, size);
    leave(fate);
    return done;
}

int ftruncate(int fd, off_t size)
{
    return on_truncate(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    return on_truncate(fd, size);
}

/* Nothing is really synced: a killed process leaves its writes in the kernel's cache, and a power cut is
 * played by the undo log.  It makes the sweep several times faster. */
static int on_sync(int fd)
{
    if (!is_file(fd, true))
        return 0;
    enum fate fate = enter(KILLER_SYNC);
    if (cuts_power())
        power_did_sync(fd);
    leave(fate);
    return fate == REFUSE ? -1 : 0;
}

int fsync(int fd)
{
    return on_sync(fd);
}

int fdatasync(int fd)
{
    return on_sync(fd);
}

/* ---- names ---------------------------------------------------------------------------------- */

static int on_open(int folder, const char *path, int flags, mode_t mode)
{
    /* /dev and /proc hold no files; a file that is there already is not created. */
    if (!killer.ready || !(flags & O_CREAT) || path[0] == '\0' || strncmp(path, "/dev/", 5) == 0)
        return REAL(openat)(folder, path, flags, mode);
    struct stat st;
    int kept = errno;
    bool is_new = fstatat(folder, path, &st, 0) != 0;
    errno = kept;
    if (!is_new && !(flags & O_TRUNC))
        return REAL(openat)(folder, path, flags, mode);
    int fd = -1;
    enum fate fate = enter(KILLER_CREATE);
    if (fate != REFUSE)
        fd = REAL(openat)(folder, path, flags, mode);
    if (fd >= 0 && is_new && cuts_power())
        power_did_create(folder, path);
    leave(fate);
    return fd;
}

static mode_t mode_of(int flags, va_list rest)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

#define OPEN(name)                                                                                           \
    int name(const char *path, int flags, ...)                                                               \
    {                                                                                                        \
        va_list rest;                                                                                        \
        va_start(rest, flags);                                                                               \
        mode_t mode = mode_of(flags, rest);                                                                  \
        va_end(rest);                                                                                        \
        return on_open(AT_FDCWD, path, flags, mode);                                                         \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                                         \
    int name(int folder, const char *path, int flags, ...)                                                   \
    {                                                                                                        \
        va_list rest;                                                                                        \
        va_start(rest, flags);                                                                               \
        mode_t mode = mode_of(flags, rest);                                                                  \
        va_end(rest);                                                                                        \
        return on_open(folder, path, flags, mode);                                                           \
    }
OPENAT(openat64)

static int on_temporary(char *path, int flags)
{
    int fd = -1;
    enum fate fate = killer.ready ? enter(KILLER_CREATE) : GO;
    if (fate != REFUSE)
        fd = REAL(mkostemp)(path, flags);
    if (fd >= 0 && cuts_power())
        power_did_create(AT_FDCWD, path);
    if (killer.ready)
        leave(fate);
    return fd;
}

int mkostemp(char *path, int flags)
{
    return on_temporary(path, flags);
}

int mkostemp64(char *path, int flags)
{
    return on_temporary(path, flags);
}

int mkdirat(int folder, const char *path, mode_t mode)
{
    struct stat st;
    if (!killer.ready || fstatat(folder, path, &st, 0) == 0)
        return REAL(mkdirat)(folder, path, mode);
    int done = -1;
    enum fate fate = enter(KILLER_FOLDER);
    if (fate != REFUSE)
        done = REAL(mkdirat)(folder, path, mode);
    if (done == 0 && cuts_power())
        power_did_make_folder(folder, path);
    leave(fate);
    return done;
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    int done = -1;
    if (!killer.ready || (killer.name && !strstr(to, killer.name)))
        return REAL(renameat)(from_folder, from, to_folder, to);
    enum fate fate = enter(KILLER_RENAME);
    if (cuts_power())
        power_will_replace(from_folder, from, to_folder, to);
    if (fate != REFUSE)
        done = REAL(renameat)(from_folder, from, to_folder, to);
    leave(fate);
    return done;
}

int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlinkat(int folder, const char *path, int flags)
{
    struct stat st;
    if (!killer.ready || flags != 0 || fstatat(folder, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return REAL(unlinkat)(folder, path, flags);
    int done = -1;
    enum fate fate = enter(KILLER_UNLINK);
    if (cuts_power())
        power_will_unlink(folder, path);
    if (fate != REFUSE)
        done = REAL(unlinkat)(folder, path, flags);
    leave(fate);
    return done;
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int link(const char *from, const char *to)
{
    int done = -1;
    enum fate fate = killer.ready ? enter(KILLER_LINK) : GO;
    if (fate != REFUSE)
        done = REAL(link)(from, to);
    if (done == 0 && cuts_power())
        power_did_create(AT_FDCWD, to);
    if (killer.ready)
        leave(fate);
    return done;
}

/* ---- servers -------------------------------------------------------------------------------- */

static bool is_of_internet(int fd)
{
    int domain = 0, kept = errno;
    socklen_t size = sizeof(domain);
    bool yes = killer.ready && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
               (domain == AF_INET || domain == AF_INET6);
    errno = kept;
    return yes;
}

/* After it: the request has left, and nobody will ever read the reply.  Torn: half of it has left. */
static ssize_t on_send(int fd, const void *bytes, size_t count, int flags)
{
    if (!is_of_internet(fd))
        return REAL(send)(fd, bytes, count, flags);
    ssize_t done = -1;
    enum fate fate = enter(KILLER_SEND);
    if (fate != REFUSE)
        done = REAL(send)(fd, bytes, fate == TEAR ? count / 2 : count, flags);
    leave(fate);
    return done;
}

ssize_t send(int fd, const void *bytes, size_t count, int flags)
{
    return on_send(fd, bytes, count, flags);
}

ssize_t sendto(int fd, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t size)
{
    return to ? REAL(sendto)(fd, bytes, count, flags, to, size) : on_send(fd, bytes, count, flags);
}

/* Only what brings bytes counts: how often a program looks in vain depends on the server's mood. */
ssize_t recv(int fd, void *bytes, size_t room, int flags)
{
    ssize_t done = REAL(recv)(fd, bytes, room, flags);
    if (done <= 0 || (flags & MSG_PEEK) || !is_of_internet(fd))
        return done;
    leave(enter(KILLER_RECEIVE));
    return done;
}
