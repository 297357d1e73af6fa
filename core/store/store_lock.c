#include "store/store_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/tick.h"
#include "store/store_db.h"

#define NAP_MS    10
#define PATIENCE  (2000 / NAP_MS) /* naps: a plan reads 100 000 rows in a fraction of that */
#define FACTS_MAX 1024

void store_lock_nap(void)
{
    struct timespec nap = {.tv_nsec = NAP_MS * 1000000L};
    nanosleep(&nap, NULL);
}

void store_lock_introduce(struct arena *mem, struct store_lock_facts *facts)
{
    char host[256] = "", nonce[33];
    if (gethostname(host, sizeof(host) - 1) != 0)
        host[0] = '\0';
    digest_random_hex(16, nonce);
    facts->host = arena_text(mem, host);
    facts->nonce = arena_text(mem, nonce);
    facts->pid = getpid();
}

/* ---- the facts, one a line ----------------------------------------------------------------- */

/* Nothing depends on them but messages: they need not be durable, and a failed write is no reason to stop. */
static void write_facts(int fd, const struct store_lock_facts *f)
{
    char text[FACTS_MAX];
    int count = snprintf(text, sizeof(text), "%lld\n%lld\n%s\n%s\n", (long long)f->pid,
                         (long long)f->started_ms, f->host, f->command);
    if (count < 0 || (size_t)count >= sizeof(text) || ftruncate(fd, 0) != 0)
        return;
    ssize_t put = pwrite(fd, text, (size_t)count, 0);
    (void)put;
}

/* Cuts the first line off *rest. */
static char *take_line(char **rest)
{
    char *line = *rest, *end = strchr(line, '\n');
    if (!end)
        return NULL;
    *end = '\0';
    *rest = end + 1;
    return line;
}

/* `text` has FACTS_MAX bytes and holds what the result points to. */
static bool read_facts(int fd, char *text, struct store_lock_facts *out)
{
    ssize_t count = pread(fd, text, FACTS_MAX - 1, 0);
    if (count <= 0)
        return false;
    text[count] = '\0';
    char *pid = take_line(&text), *started = pid ? take_line(&text) : NULL;
    char *host = started ? take_line(&text) : NULL, *command = host ? take_line(&text) : NULL;
    if (!command)
        return false;
    *out = (struct store_lock_facts){.pid = strtoll(pid, NULL, 10),
                                     .started_ms = strtoll(started, NULL, 10),
                                     .host = host,
                                     .command = command};
    return true;
}

/* ---- taking -------------------------------------------------------------------------------- */

static int open_lock(const char *path, int flags)
{
    char name[4096];
    int count = snprintf(name, sizeof(name), "%s.lock", path);
    if (count < 0 || (size_t)count >= sizeof(name)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(name, flags | O_CLOEXEC | O_NOCTTY, 0600);
}

/* Never waits in the kernel: how long to wait is ours to say. */
static int try_flock(int fd, int how)
{
    int rc;
    do
        rc = flock(fd, how | LOCK_NB);
    while (rc != 0 && errno == EINTR);
    return rc;
}

/* The writer is gone but the lock is not: a command it started still runs and may still change things. */
static bool outlived(const struct store_lock_facts *f)
{
    char host[256] = "";
    return gethostname(host, sizeof(host) - 1) == 0 && strcmp(host, f->host) == 0 &&
           kill((pid_t)f->pid, 0) != 0 && errno == ESRCH;
}

static bool say_locked(int fd, const char *region, struct err *err)
{
    char text[FACTS_MAX], since[TICK_TEXT];
    struct store_lock_facts f;
    if (!read_facts(fd, text, &f)) {
        err_set(err, "store.locked", "another landfall is working on region '%s'", region);
        return err_advise(err, "wait for it or stop it, nothing is lost");
    }
    tick_print(f.started_ms, since);
    err_set(err, "store.locked", "landfall %s (pid %lld on host %s, since %s) is working on region '%s'",
            f.command, (long long)f.pid, f.host, since, region);
    if (outlived(&f)) {
        err_detail(err, "that process has ended, but a command it started still runs");
        return err_advise(err, "wait for that command or stop it, nothing is lost");
    }
    return err_advise(err, "wait for it or stop it, nothing is lost");
}

/* Only readers hold it: they share it with us for a moment. */
static bool held_by_readers(int fd)
{
    if (try_flock(fd, LOCK_SH) != 0)
        return false;
    flock(fd, LOCK_UN);
    return true;
}

/* The facts are written before anything else is done, so that whoever comes next can be told. */
bool store_lock_take(const char *path, const char *region, const struct store_lock_facts *mine, int *out,
                     struct err *err)
{
    int fd = open_lock(path, O_RDWR | O_CREAT);
    if (fd < 0)
        return store_db_failed_sys(path, errno, "locking", err);
    for (int naps = 0; try_flock(fd, LOCK_EX) != 0; naps++) {
        int why = errno;
        if (why == EWOULDBLOCK && naps < PATIENCE && held_by_readers(fd)) {
            store_lock_nap();
            continue;
        }
        if (why == EWOULDBLOCK)
            say_locked(fd, region, err);
        else
            store_db_failed_sys(path, why, "locking", err);
        close(fd);
        return false;
    }
    write_facts(fd, mine);
    *out = fd;
    return true;
}

/* A lock file that cannot be opened is treated as one that is not there: then the store cannot be opened for
 * the same reason, and that error is the better one. */
enum store_lock_state store_lock_share(const char *path, int *out)
{
    *out = -1;
    int fd = open_lock(path, O_RDONLY);
    if (fd < 0)
        return STORE_LOCK_NONE;
    if (try_flock(fd, LOCK_SH) == 0) {
        *out = fd;
        return STORE_LOCK_SHARED;
    }
    close(fd);
    return STORE_LOCK_HELD;
}

bool store_lock_holder(struct arena *mem, const char *path, struct store_lock_facts *out)
{
    char text[FACTS_MAX];
    struct store_lock_facts f;
    int fd AUTO(file_close_fd) = open_lock(path, O_RDONLY);
    *out = (struct store_lock_facts){0};
    if (fd < 0 || !read_facts(fd, text, &f))
        return true;
    if (outlived(&f))
        return false;
    *out = f;
    out->host = arena_text(mem, f.host);
    out->command = arena_text(mem, f.command);
    return true;
}

bool store_lock_is_ours(const char *path)
{
    char text[FACTS_MAX];
    struct store_lock_facts f;
    int fd AUTO(file_close_fd) = open_lock(path, O_RDONLY);
    return fd >= 0 && read_facts(fd, text, &f) && f.pid == getpid();
}
