#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "io/loop.h"
#include "plugin/op_state.h"

/* lf_files: whole files of local drivers, read and replaced on worker threads, behind the read-only gate. */

#define DONE      200u
#define FORBIDDEN 403u
#define MISSING   404u
#define OUTDATED  412u
#define TROUBLE   500u
#define UNCHANGED 503u
#define NO_ROOM   507u

#define LIST_MAX ((size_t)64 << 20) /* bytes of names: as the largest reply over HTTP */

/* What an op read, in the version it read.  What it then writes was made from that, so it may replace that
 * alone: two regions that share a zone must not write over each other's records. */
struct host_files_sight {
    struct host_files_sight *next;
    const char *path;
    struct file_version version;
};

struct job;
typedef void job_fn(struct job *j);

/* A job's thread touches the job alone: its inputs are copies, its output lives in an arena of its own. */
struct job {
    struct op_pend pend; /* only when refused */
    struct arena *mem;
    job_fn *work;
    const char *path;
    const char *bytes;
    size_t count, cap;
    bool reads, was_seen;        /* was_seen: `version` is what may be replaced or removed */
    struct file_version version; /* of a read: what was there before it */
    uint32_t status;
    const char *body;
    size_t body_count;
    lf_reply_fn *fn;
    void *user;
};

/* ---- on the thread ----------------------------------------------------------------------------------- */

/* Matching words is safe here: both sides are strerror's, and a path cut short only turns into TROUBLE. */
static bool says(const struct err *err, int errno_value)
{
    return str_ends(err->summary, strerror(errno_value));
}

/* base/file tells its errors in words; those of the system end with strerror's. */
static uint32_t status_of(const struct err *err)
{
    if (says(err, ENOENT) || says(err, ENOTDIR))
        return MISSING;
    if (says(err, EACCES) || says(err, EPERM) || says(err, EROFS))
        return FORBIDDEN;
    return says(err, ENOSPC) || says(err, EDQUOT) ? NO_ROOM : TROUBLE;
}

/* The words become the body, so that a driver can pass them on in its note. */
static void fail(struct job *j, const struct err *err)
{
    j->status = status_of(err);
    j->body = arena_text(j->mem, err->summary);
    j->body_count = strlen(j->body);
}

static void read_now(struct job *j)
{
    struct err err;
    file_version_get(j->path, &j->version);
    if (file_read(j->mem, j->path, j->cap, &j->body, &j->body_count, &err))
        j->status = DONE;
    else
        fail(j, &err);
}

/* Held, and still what the op read?  Then nobody who asks the same way can change it before *hold is closed.
 */
static bool is_current(struct job *j, int *hold)
{
    (void)file_hold(j->path, hold);
    if (!j->was_seen || file_version_is(j->path, &j->version))
        return true;
    j->status = OUTDATED;
    j->body = arena_print(j->mem, "'%s' was changed by another program in the meantime", j->path);
    j->body_count = strlen(j->body);
    return false;
}

/* Whatever goes wrong before the rename leaves the old file standing; what is not known after it is only
 * whether the new name is on disk. */
static void replace_now(struct job *j)
{
    struct err err;
    struct stat st;
    /* A file keeps the mode its owner gave it. */
    unsigned mode = stat(j->path, &st) == 0 ? (unsigned)st.st_mode & 0777 : 0644;
    int hold AUTO(file_close_fd) = -1;
    bool made = file_make_folders(file_folder(j->mem, j->path), 0755, &err);
    if (made && !is_current(j, &hold))
        return;
    if (made && file_replace(j->path, j->bytes, j->count, mode, &err)) {
        j->status = DONE;
        file_version_get(j->path, &j->version);
        return;
    }
    fail(j, &err);
    bool renamed = str_equal(err.code, "file.cannot_sync");
    if (renamed)
        j->status = TROUBLE;
    else if (j->status == TROUBLE || j->status == MISSING) /* missing: a part of the path is a file */
        j->status = UNCHANGED;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Not every file system fills in d_type. */
static bool is_regular(int folder, const struct dirent *entry)
{
    struct stat st;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_REG;
    return fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* Names with a line feed cannot be told in a list of lines and are left out, like hidden temporary files. */
static bool is_listed(int folder, const struct dirent *entry)
{
    return entry->d_name[0] != '.' && !strchr(entry->d_name, '\n') && is_regular(folder, entry);
}

/* Sorted, because the order of a folder differs from one file system to the next and would reach a plan. */
static void list_now(struct job *j)
{
    struct err err;
    DIR *dir = opendir(j->path);
    if (!dir) {
        err_sys(&err, "file.cannot_open", errno, "cannot open folder '%s'", j->path);
        fail(j, &err);
        return;
    }
    ARRAY(const char *) names = {0};
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (is_listed(dirfd(dir), entry))
            ARRAY_PUSH(&names, arena_text(j->mem, entry->d_name));
    }
    closedir(dir);
    if (names.count)
        qsort(names.at, names.count, sizeof(names.at[0]), by_name);
    struct buf lines;
    buf_init(&lines, LIST_MAX);
    for (size_t i = 0; i < names.count; i++)
        buf_print(&lines, "%s\n", names.at[i]);
    j->status = lines.full ? TROUBLE : DONE;
    j->body = lines.full ? "the folder holds too many files" : buf_keep(&lines, j->mem);
    j->body_count = strlen(j->body);
    buf_done(&lines);
    ARRAY_DONE(&names);
}

/* Gone from the folder is not gone for good before the folder is on disk. */
static void remove_now(struct job *j)
{
    struct err err;
    int hold AUTO(file_close_fd) = -1;
    if (!is_current(j, &hold))
        return;
    j->version = (struct file_version){0};
    if (unlink(j->path) != 0) {
        err_sys(&err, "file.cannot_remove", errno, "cannot remove '%s'", j->path);
        fail(j, &err);
        return;
    }
    int folder AUTO(file_close_fd) = open(file_folder(j->mem, j->path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0 && fsync(folder) == 0) {
        j->status = DONE;
        return;
    }
    err_sys(&err, "file.cannot_sync", errno, "cannot sync the folder of '%s'", j->path);
    fail(j, &err);
    j->status = TROUBLE;
}

/* ---- on the loop --------------------------------------------------------------------------------------- */

/* The reply lives on the stack: a plugin keeps nothing of it beyond the callback. */
static void answer(struct job *j, uint32_t sent)
{
    struct op *op = j->pend.op, *before = op_guard_enter(op);
    struct lf_reply reply = {.sent = sent,
                             .status = j->status,
                             .body = j->body,
                             .body_count = j->body_count,
                             .certificate_left_s = -1};
    j->fn((struct lf_op *)op, &reply, j->user);
    op_guard_leave(op, before);
}

static struct host_files_sight *sight_of(struct op *op, const char *path)
{
    struct host_files_sight *s = op->sights;
    while (s && !str_equal(s->path, path))
        s = s->next;
    return s;
}

/* A file that was missing was seen too: another may have made it since.  After a change of its own an op
 * knows the new version. */
static void remember(struct job *j)
{
    struct op *op = j->pend.op;
    struct host_files_sight *s = sight_of(op, j->path);
    if (!(j->reads || s) || (j->status != DONE && j->status != MISSING))
        return;
    if (!s) {
        s = ARENA_NEW(op->mem, struct host_files_sight);
        *s = (struct host_files_sight){.next = op->sights, .path = j->path};
        op->sights = s;
    }
    s->version = j->version;
}

static void on_thread(void *user)
{
    struct job *j = user;
    j->work(j);
}

/* An op that ran out of time is told that its wait is off; one that finished by itself is not. */
static void returned(void *user)
{
    struct job *j = user;
    struct op *op = j->pend.op;
    struct arena *mem = j->mem;
    if (!j->body)
        j->body = "";
    if (op->stage == OP_RUNNING) {
        remember(j);
        answer(j, LF_SENT_REPLY);
    } else if (op->timed_out) {
        op->late = true;
        answer(j, LF_SENT_CANCELED);
        op->late = false;
    }
    op_job_ended(op);
    arena_free(mem);
}

static void refused(struct op_pend *p)
{
    struct job *j = (struct job *)p;
    answer(j, p->op->cancel_told ? LF_SENT_CANCELED : LF_SENT_REPLY);
}

static void drop(struct op_pend *p)
{
    (void)p;
}

/* Only refused jobs are ever pending; a running one answers when its thread is back. */
static void cancel(struct op_pend *p)
{
    answer((struct job *)p, LF_SENT_CANCELED);
}

static const struct op_pend_kind refused_kind = {.drop = drop, .cancel = cancel};

/* Answered next turn like everything else: a driver may not be called back inside its own call. */
static void refuse(struct job *j, uint32_t status, const char *why)
{
    j->status = status;
    j->body = why;
    j->body_count = strlen(why);
    op_pend_add(j->pend.op, &j->pend, &refused_kind);
    op_pend_soon(&j->pend, refused);
}

/* The path is copied, for the caller's may be gone when the thread looks at it. */
static struct job *job_new(struct op *op, job_fn *work, const char *path, lf_reply_fn *fn, void *user)
{
    struct job *j = ARENA_NEW(op->mem, struct job);
    j->pend.op = op;
    j->work = work;
    j->path = arena_text(op->mem, path);
    j->fn = fn;
    j->user = user;
    return j;
}

static void start(struct job *j)
{
    if (!j->path || !j->path[0]) {
        op_event_broke(j->pend.op, "asked for a file without a path");
        refuse(j, TROUBLE, "no path");
    } else if (j->pend.op->cancel_told) {
        refuse(j, TROUBLE, "never started");
    } else {
        j->mem = arena_new();
        op_job_started(j->pend.op);
        loop_work(host_loop(j->pend.op->host), on_thread, returned, j);
    }
}

/* The read-only gate. */
static void start_change(struct job *j, const char *attempt)
{
    const struct host_files_sight *seen = j->path ? sight_of(j->pend.op, j->path) : NULL;
    j->was_seen = seen != NULL;
    if (seen)
        j->version = seen->version;
    if (j->pend.op->may_change) {
        start(j);
        return;
    }
    op_event_gate(j->pend.op, attempt, j->path ? j->path : "");
    refuse(j, FORBIDDEN, "refused by the read-only gate");
}

/* Reading passes the gate in every verb. */
static void read_file(struct lf_op *lf, const char *path, size_t cap, lf_reply_fn *fn, void *user)
{
    struct op *op = (struct op *)lf;
    if (!op_guard_may_act(op, "read"))
        return;
    struct job *j = job_new(op, read_now, path, fn, user);
    j->cap = cap;
    j->reads = true;
    start(j);
}

static void replace_file(struct lf_op *lf, const char *path, const char *bytes, size_t len, lf_reply_fn *fn,
                         void *user)
{
    struct op *op = (struct op *)lf;
    if (!op_guard_may_act(op, "replace"))
        return;
    struct job *j = job_new(op, replace_now, path, fn, user);
    j->bytes = arena_copy(op->mem, bytes, len);
    j->count = len;
    start_change(j, "replace");
}

static void list_folder(struct lf_op *lf, const char *path, lf_reply_fn *fn, void *user)
{
    struct op *op = (struct op *)lf;
    if (op_guard_may_act(op, "list"))
        start(job_new(op, list_now, path, fn, user));
}

static void remove_file(struct lf_op *lf, const char *path, lf_reply_fn *fn, void *user)
{
    struct op *op = (struct op *)lf;
    if (op_guard_may_act(op, "remove"))
        start_change(job_new(op, remove_now, path, fn, user), "remove");
}

const struct lf_files *host_files_table(void)
{
    static const struct lf_files table = {
        .struct_size = sizeof(table),
        .read = read_file,
        .replace = replace_file,
        .list = list_folder,
        .remove = remove_file,
    };
    return &table;
}
