#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"

void file_close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- reading ------------------------------------------------------------------------------- */

static bool too_large(const char *path, size_t cap, struct err *err)
{
    return err_set(err, "file.too_large", "'%s' is larger than %zu bytes", path, cap);
}

/* Reads to the end.  Files of /proc claim no size and others may grow meanwhile, so the size is a
 * hint only and the cap is enforced on what arrives. */
static bool read_all(struct arena *mem, int fd, const char *path, size_t hint, size_t cap, const char **bytes,
                     size_t *count, struct err *err)
{
    size_t room = hint > 4094 ? hint + 2 : 4096, have = 0;
    char *at = arena_alloc(mem, room);
    for (;;) {
        ssize_t got = read(fd, at + have, room - have - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_sys(err, "file.cannot_read", errno, "cannot read '%s'", path);
        have += (size_t)got;
        if (have > cap)
            return too_large(path, cap, err);
        if (got == 0)
            break;
        if (have == room - 1) {
            char *grown = arena_alloc(mem, room * 2);
            memcpy(grown, at, have);
            at = grown;
            room *= 2;
        }
    }
    at[have] = '\0';
    *bytes = at;
    *count = have;
    return true;
}

/* *fd is -1 or the caller's to close. */
static bool open_regular(const char *path, int *fd, struct stat *st, struct err *err)
{
    /* O_NONBLOCK, because opening a pipe without a writer would wait for ever. */
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*fd < 0)
        return err_sys(err, "file.cannot_open", errno, "cannot open '%s'", path);
    if (fstat(*fd, st) != 0)
        return err_sys(err, "file.cannot_open", errno, "cannot look at '%s'", path);
    return S_ISREG(st->st_mode) || err_set(err, "file.not_regular", "'%s' is %s, not a file", path,
                                           S_ISDIR(st->st_mode) ? "a folder" : "a device, pipe or socket");
}

bool file_read(struct arena *mem, const char *path, size_t cap, const char **bytes, size_t *count,
               struct err *err)
{
    int fd AUTO(file_close_fd) = -1;
    struct stat st;
    if (!open_regular(path, &fd, &st, err))
        return false;
    if ((uintmax_t)st.st_size > cap)
        return too_large(path, cap, err);
    return read_all(mem, fd, path, (size_t)st.st_size, cap, bytes, count, err);
}

bool file_read_head(struct arena *mem, const char *path, size_t most, const char **bytes, size_t *count,
                    struct err *err)
{
    int fd AUTO(file_close_fd) = -1;
    struct stat st;
    if (!open_regular(path, &fd, &st, err))
        return false;
    char *at = arena_alloc(mem, most + 1);
    size_t have = 0;
    for (ssize_t got = 1; got != 0 && have < most;) {
        got = read(fd, at + have, most - have);
        if (got < 0 && errno != EINTR)
            return err_sys(err, "file.cannot_read", errno, "cannot read '%s'", path);
        have += got > 0 ? (size_t)got : 0;
    }
    at[have] = '\0';
    *bytes = at;
    *count = have;
    return true;
}

/* ---- writing ------------------------------------------------------------------------------- */

static bool write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t put = write(fd, bytes, count);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        bytes += put;
        count -= (size_t)put;
    }
    return true;
}

static bool sync_folder(const char *folder, struct err *err)
{
    int fd AUTO(file_close_fd) = open(folder, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (fd < 0 || fsync(fd) != 0)
        return err_sys(err, "file.cannot_sync", errno, "cannot sync folder '%s'", folder);
    return true;
}

/* Hidden, so that a program that reads every file of the folder does not meet a half one. */
#define TEMPORARY "XXXXXX"

/* Is `entry` a temporary file for `name`: .NAME.XXXXXX? */
static bool is_temporary(const char *entry, const char *name)
{
    size_t count = strlen(name);
    return entry[0] == '.' && strncmp(entry + 1, name, count) == 0 && entry[count + 1] == '.' &&
           strlen(entry) == count + 2 + strlen(TEMPORARY);
}

/* Temporary files whose writers died.  A living writer holds a lock on its own, so a lock that is free says
 * that nobody will ever rename this file; where locks do not work nothing is removed. */
static void remove_abandoned(const char *folder, const char *name)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return;
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (!is_temporary(entry->d_name, name))
            continue;
        int fd AUTO(file_close_fd) =
            openat(dirfd(dir), entry->d_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    closedir(dir);
}

/* Makes the temporary file and locks it.  Whoever tidied it away in the moment between the two held the lock,
 * so a file that still has its name is safe from then on. */
static int open_temporary(const char *folder, const char *name, char *path, size_t room)
{
    for (;;) {
        struct stat st;
        int put = snprintf(path, room, "%s/.%s." TEMPORARY, folder, name);
        if (put < 0 || (size_t)put >= room) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int fd = mkostemp(path, O_CLOEXEC);
        if (fd < 0 || flock(fd, LOCK_EX) != 0 || fstat(fd, &st) != 0 || st.st_nlink > 0)
            return fd;
        close(fd);
    }
}

_Static_assert(sizeof(((struct file_draft *)0)->path) == PATH_MAX, "as long as any path");

bool file_draft_begin(struct file_draft *d, const char *path, struct err *err)
{
    const char *name = file_name(path);
    d->fd = -1;
    int put = snprintf(d->folder, sizeof(d->folder), "%.*s", name == path ? 1 : (int)(name - path),
                       name == path ? "." : path);
    if (put < 0 || (size_t)put >= sizeof(d->folder) || strlen(path) >= sizeof(d->path))
        return err_sys(err, "file.cannot_write", ENAMETOOLONG, "cannot write '%s'", path);
    memcpy(d->path, path, strlen(path) + 1);
    remove_abandoned(d->folder, name);
    d->fd = open_temporary(d->folder, name, d->temporary, sizeof(d->temporary));
    return d->fd >= 0 || err_sys(err, "file.cannot_write", errno, "cannot write '%s'", path);
}

void file_draft_abandon(struct file_draft *d)
{
    file_close_fd(&d->fd);
    unlink(d->temporary);
}

/* Closes the descriptor in any case. */
static bool make_durable(int fd, unsigned mode)
{
    bool good = fchmod(fd, (mode_t)mode) == 0 && fsync(fd) == 0;
    int why = errno;
    if (close(fd) != 0 && good) {
        why = errno;
        good = false;
    }
    errno = why;
    return good;
}

bool file_draft_commit(struct file_draft *d, unsigned mode, struct err *err)
{
    bool good = make_durable(d->fd, mode) && rename(d->temporary, d->path) == 0;
    int why = errno;
    d->fd = -1;
    if (good)
        return sync_folder(d->folder, err);
    file_draft_abandon(d);
    return err_sys(err, "file.cannot_write", why, "cannot write '%s'", d->path);
}

bool file_replace(const char *path, const void *bytes, size_t count, unsigned mode, struct err *err)
{
    struct file_draft draft;
    if (!file_draft_begin(&draft, path, err))
        return false;
    if (!write_all(draft.fd, bytes, count)) {
        int why = errno;
        file_draft_abandon(&draft);
        return err_sys(err, "file.cannot_write", why, "cannot write '%s'", path);
    }
    return file_draft_commit(&draft, mode, err);
}

/* What is synced in a folder is lost with it while its own name is not on disk. */
static bool sync_name(const char *path, struct err *err)
{
    char above[PATH_MAX];
    snprintf(above, sizeof(above), "%.*s", (int)(file_name(path) - path), path);
    return sync_folder(above[0] ? above : ".", err);
}

bool file_make_folders(const char *path, unsigned mode, struct err *err)
{
    char part[PATH_MAX];
    size_t count = strlen(path);
    if (count >= sizeof(part))
        return err_sys(err, "file.cannot_make_folder", ENAMETOOLONG, "cannot make folder '%s'", path);
    for (size_t end = 1; end <= count; end++) {
        if (path[end] != '/' && path[end] != '\0')
            continue;
        memcpy(part, path, end);
        part[end] = '\0';
        if (mkdir(part, (mode_t)mode) == 0) {
            if (!sync_name(part, err))
                return false;
            continue;
        }
        int why = errno;
        if (file_is_folder(part))
            continue;
        return err_sys(err, "file.cannot_make_folder", file_exists(part) ? ENOTDIR : why,
                       "cannot make folder '%s'", part);
    }
    return true;
}

/* ---- versions ------------------------------------------------------------------------------ */

void file_version_get(const char *path, struct file_version *out)
{
    struct stat st;
    *out = (struct file_version){0};
    if (stat(path, &st) != 0)
        return;
    *out = (struct file_version){.device = st.st_dev,
                                 .inode = st.st_ino,
                                 .size = (uint64_t)st.st_size,
                                 .modified_s = st.st_mtim.tv_sec,
                                 .modified_ns = st.st_mtim.tv_nsec,
                                 .changed_s = st.st_ctim.tv_sec,
                                 .changed_ns = st.st_ctim.tv_nsec};
}

bool file_version_is(const char *path, const struct file_version *v)
{
    struct file_version now;
    file_version_get(path, &now);
    return memcmp(&now, v, sizeof(now)) == 0; /* no padding: seven fields of eight bytes */
}

/* The lock is on the file that is there: who waited for it finds another file under the name afterwards.
 * While there is none, the folder stands in for it. */
bool file_hold(const char *path, int *fd)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof(folder), "%.*s", (int)(file_name(path) - path), path);
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0)
        *fd = open(folder[0] ? folder : ".", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (*fd >= 0 && flock(*fd, LOCK_EX) == 0)
        return true;
    file_close_fd(fd);
    return false;
}

/* ---- names --------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

bool file_remove_all(const char *path)
{
    /* As many descriptors as it is deep: ours are flat. */
    return nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0;
}

bool file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

bool file_is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

const char *file_join(struct arena *mem, const char *folder, const char *name)
{
    if (name[0] == '/' || folder[0] == '\0')
        return arena_text(mem, name);
    return arena_print(mem, str_ends(folder, "/") ? "%s%s" : "%s/%s", folder, name);
}

const char *file_real(struct arena *mem, const char *path)
{
    char *real = realpath(path, NULL);
    const char *kept = arena_text(mem, real);
    free(real);
    return kept;
}

const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *file_folder(struct arena *mem, const char *path)
{
    size_t count = (size_t)(file_name(path) - path);
    if (count == 0)
        return arena_text(mem, ".");
    while (count > 1 && path[count - 1] == '/')
        count--;
    return arena_text_n(mem, path, count);
}

/* ---- trust --------------------------------------------------------------------------------- */

/* Whoever may write to a thing, or own it and so allow himself to, decides what it holds. */
static bool entry_is_trusted(const char *path, const struct stat *st, struct err *err)
{
    const char *what = S_ISDIR(st->st_mode) ? "folder" : "file";
    if (st->st_uid != 0 && st->st_uid != geteuid()) {
        err_set(err, "file.not_trusted", "%s '%s' is owned by user %u, not by root or you", what, path,
                (unsigned)st->st_uid);
        return err_advise(err, "give it to root: chown root '%s'", path);
    }
    if (st->st_mode & (S_IWGRP | S_IWOTH)) {
        err_set(err, "file.not_trusted", "%s '%s' can be written by other users (mode %04o)", what, path,
                (unsigned)st->st_mode & 07777);
        return err_advise(err, "take that right away: chmod go-w '%s'", path);
    }
    return true;
}

static bool entry_is_shared(const char *folder, struct err *err)
{
    struct stat st = {0};
    if (stat(folder, &st) != 0)
        return err_sys(err, "file.not_trusted", errno, "cannot look at '%s'", folder);
    err_set(err, "file.not_trusted", "folder '%s' can be written by other users (mode %04o)", folder,
            (unsigned)st.st_mode & 07777);
    return err_advise(err, "move the file to a folder that is not shared");
}

/* 40 is the kernel's own bound for one path (MAXSYMLINKS). */
#define LINKS_MAX 40

/* A path being resolved by hand: `done` is resolved and trusted, `rest` is still to walk. */
struct walk {
    char done[PATH_MAX];
    char rest[PATH_MAX];
    unsigned links;
    bool in_shared; /* `done` is a sticky folder: safe to pass through, not to keep a file in */
};

static bool walk_failed(const char *path, int why, struct err *err)
{
    return err_sys(err, "file.not_trusted", why, "cannot look at '%s'", path);
}

/* Puts the link's target in front of the rest.  The link itself lies in a trusted folder. */
static bool walk_link(struct walk *w, const char *link, struct err *err)
{
    char target[PATH_MAX], rest[PATH_MAX];
    ssize_t count = readlink(link, target, sizeof(target) - 1);
    if (count < 0)
        return walk_failed(link, errno, err);
    target[count] = '\0';
    int put = snprintf(rest, sizeof(rest), "%s/%s", target, w->rest);
    if (++w->links > LINKS_MAX || put < 0 || (size_t)put >= sizeof(rest))
        return walk_failed(link, ELOOP, err);
    memcpy(w->rest, rest, (size_t)put + 1);
    if (target[0] == '/')
        w->done[0] = '\0';
    return true;
}

/* Takes the first name off the rest; false at the end. */
static bool walk_name(struct walk *w, char *name, size_t room)
{
    size_t start = strspn(w->rest, "/"), count = strcspn(w->rest + start, "/");
    if (count == 0 || count >= room)
        return false;
    memcpy(name, w->rest + start, count);
    name[count] = '\0';
    memmove(w->rest, w->rest + start + count, strlen(w->rest + start + count) + 1);
    return true;
}

static bool is_sticky(const struct stat *st)
{
    return S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) && st->st_uid == 0;
}

/* One step: checks what `done`/`name` is and goes there. */
static bool walk_step(struct walk *w, const char *name, struct stat *st, struct err *err)
{
    if (str_equal(name, "."))
        return true;
    if (str_equal(name, "..")) {
        char *slash = strrchr(w->done, '/');
        if (slash)
            *slash = '\0';
        if (lstat(w->done[0] ? w->done : "/", st) != 0)
            return walk_failed(w->done, errno, err);
        w->in_shared = is_sticky(st);
        return true;
    }
    char next[PATH_MAX];
    int put = snprintf(next, sizeof(next), "%s/%s", w->done, name);
    if (put < 0 || (size_t)put >= sizeof(next))
        return walk_failed(w->done, ENAMETOOLONG, err);
    if (lstat(next, st) != 0)
        return walk_failed(next, errno, err);
    /* In a sticky folder such as /tmp nobody can move or replace what is ours, so a folder of ours in it is
     * as good as anywhere; a file or a link right in it could have been put there by anyone under any name.
     */
    bool was_shared = w->in_shared;
    w->in_shared = is_sticky(st);
    if (was_shared && !S_ISDIR(st->st_mode))
        return entry_is_shared(w->done, err);
    if (S_ISLNK(st->st_mode))
        return walk_link(w, next, err);
    memcpy(w->done, next, (size_t)put + 1);
    return w->in_shared || entry_is_trusted(next, st, err);
}

bool file_is_trusted(const char *path, struct err *err)
{
    struct walk w = {0};
    struct stat st;
    char cwd[PATH_MAX] = "", name[NAME_MAX + 1];
    if (path[0] != '/' && !getcwd(cwd, sizeof(cwd)))
        return walk_failed(path, errno, err);
    int put = snprintf(w.rest, sizeof(w.rest), "%s/%s", cwd, path);
    if (put < 0 || (size_t)put >= sizeof(w.rest))
        return walk_failed(path, ENAMETOOLONG, err);

    if (stat("/", &st) != 0)
        return walk_failed("/", errno, err);
    if (!entry_is_trusted("/", &st, err))
        return false;
    while (walk_name(&w, name, sizeof(name))) {
        if (!walk_step(&w, name, &st, err))
            return false;
    }
    /* The walk also ends at a name no file system can hold, with that name still in the rest. */
    if (w.rest[strspn(w.rest, "/")] || stat(w.done[0] ? w.done : "/", &st) != 0)
        return walk_failed(path, ENAMETOOLONG, err);
    if (!S_ISREG(st.st_mode))
        return err_set(err, "file.not_trusted", "'%s' is not a regular file", path);
    return true;
}
