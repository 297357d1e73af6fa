/* What the tests of the store share: a folder, a writer on a virtual loop, rows that are told apart by a
 * number, and a picture of a folder that shows every change. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "io/loop.h"
#include "model/event.h"
#include "store/store.h"
#include "store/store_row.h"

#define FIXTURE_LINEAGE "00112233445566778899aabbccddeeff"

struct fixture {
    struct arena *mem;
    struct loop *loop;
    struct store_writer *writer; /* NULL: closed */
    char folder[64];
    const char *path;
    struct err err;
    bool answered, ok; /* of the last commit */
};

static inline int fixture_setup(void **state)
{
    struct arena *mem = arena_new();
    struct fixture *f = ARENA_NEW(mem, struct fixture);
    f->mem = mem;
    f->loop = loop_new_virtual();
    snprintf(f->folder, sizeof(f->folder), "/tmp/landfall-test-XXXXXX");
    if (!mkdtemp(f->folder))
        return -1;
    f->path = arena_print(mem, "%s/state/eu.db", f->folder);
    *state = f;
    return 0;
}

static inline void fixture_close(struct fixture *f)
{
    store_writer_close(f->writer);
    f->writer = NULL;
}

static inline int fixture_remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static inline void fixture_remove_folder(const char *folder)
{
    nftw(folder, fixture_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    loop_free(f->loop);
    chmod(arena_print(f->mem, "%s/state", f->folder), 0700);
    fixture_remove_folder(f->folder);
    arena_free(f->mem);
    return 0;
}

static inline bool fixture_try_open(struct fixture *f)
{
    return store_writer_open(f->loop, f->path, "eu", FIXTURE_LINEAGE, "apply", &f->writer, &f->err);
}

static inline void fixture_open(struct fixture *f)
{
    if (!fixture_try_open(f))
        fail_msg("%s: %s", f->err.code, f->err.summary);
}

static inline void fixture_answer(void *user, bool ok, const struct err *err)
{
    struct fixture *f = user;
    f->answered = true;
    f->ok = ok;
    if (err)
        f->err = *err;
}

/* Everything put so far; true when it is durable. */
static inline bool fixture_commit(struct fixture *f)
{
    f->answered = f->ok = false;
    store_after_commit(f->writer, fixture_answer, f);
    loop_run(f->loop);
    assert_true(f->answered);
    return f->ok;
}

static inline void fixture_commit_well(struct fixture *f)
{
    if (!fixture_commit(f))
        fail_msg("%s: %s", f->err.code, f->err.summary);
}

static inline struct store_snapshot fixture_read(struct fixture *f)
{
    struct store_snapshot s;
    if (!store_read(f->mem, f->path, &s, &f->err))
        fail_msg("%s: %s", f->err.code, f->err.summary);
    return s;
}

static inline struct store_op fixture_op(struct fixture *f, int number)
{
    return (struct store_op){.op_id = arena_print(f->mem, "%032d", number),
                             .run_id = "aaaabbbbccccddddaaaabbbbccccdddd",
                             .address = arena_print(f->mem, "dns.record.r%d", number),
                             .generation = 1,
                             .kind = 1,
                             .subsystem = "dns",
                             .type = "record",
                             .instance = "",
                             .driver = "dns-local",
                             .driver_version = "1.0",
                             .schema_version = 3,
                             .verb = 3,
                             .settle = 1,
                             .marker = arena_print(f->mem, "lf1.%026d", number),
                             .desired = arena_print(f->mem, "{\"n\":%d}", number),
                             .planned = "{\"ttl\":300}",
                             .meta = "{\"depends_on\":[]}",
                             .state = STORE_OP_INTENT,
                             .attempt = 1};
}

static inline struct store_res fixture_res(struct fixture *f, int number)
{
    return (struct store_res){.address = arena_print(f->mem, "dns.record.r%d", number),
                              .generation = 1,
                              .kind = 1,
                              .subsystem = "dns",
                              .type = "record",
                              .instance = "",
                              .driver = "dns-local",
                              .driver_version = "1.0",
                              .schema_version = 3,
                              .ext_id = arena_print(f->mem, "id-%d", number),
                              .marker = arena_print(f->mem, "lf1.%026d", number),
                              .desired = arena_print(f->mem, "{\"n\":%d}", number),
                              .observed = arena_print(f->mem, "{\"n\":%d}", number),
                              .depends_on = "[]",
                              .declared_at = "playbooks/saas.lua:12"};
}

static inline struct store_run fixture_run(const char *run_id, const char *plan_digest)
{
    return (struct store_run){.run_id = run_id,
                              .plan_digest = plan_digest,
                              .base_serial = 0,
                              .command = "apply",
                              .state = "running",
                              .started_ms = 1000,
                              .total = 7,
                              .plan = "{\"steps\":7}"};
}

/* Every field of a row, so that a forgotten one is seen. */
static inline void fixture_print_row(struct buf *out, enum store_rows rows, const void *row)
{
    const struct store_table *t = store_row_table(rows);
    buf_print(out, "%s:", t->name);
    for (size_t i = 0; i < t->count; i++) {
        const char *at = (const char *)row + t->fields[i].offset;
        if (t->fields[i].type == STORE_FIELD_TEXT) {
            const char *text = *(const char *const *)(const void *)at;
            buf_print(out, " %s=%s", t->fields[i].name, text ? text : "NULL");
        } else if (t->fields[i].type == STORE_FIELD_INT) {
            buf_print(out, " %s=%lld", t->fields[i].name, (long long)*(const int64_t *)(const void *)at);
        } else if (t->fields[i].type == STORE_FIELD_UINT32) {
            buf_print(out, " %s=%u", t->fields[i].name, *(const uint32_t *)(const void *)at);
        } else {
            buf_print(out, " %s=%d", t->fields[i].name, *(const bool *)at);
        }
    }
    buf_char(out, '\n');
}

static inline const char *fixture_print(struct arena *mem, const struct store_snapshot *s)
{
    struct buf out;
    buf_init(&out, 0);
    buf_print(&out, "exists=%d lineage=%s serial=%lld fence=%lld epoch=%lld outputs=%s\n", s->exists,
              s->lineage ? s->lineage : "NULL", (long long)s->serial, (long long)s->fence,
              (long long)s->epoch, s->outputs ? s->outputs : "NULL");
    for (size_t i = 0; i < s->res_count; i++)
        fixture_print_row(&out, STORE_ROWS_RES, &s->res[i]);
    for (size_t i = 0; i < s->op_count; i++)
        fixture_print_row(&out, STORE_ROWS_OP, &s->ops[i]);
    if (s->last_run) {
        fixture_print_row(&out, STORE_ROWS_RUN, s->last_run);
        buf_print(&out, "plan=%s\n", s->last_run->plan ? s->last_run->plan : "NULL");
    }
    const char *text = buf_keep(&out, mem);
    buf_done(&out);
    return text;
}

static inline int fixture_by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void fixture_picture_file(struct buf *out, const char *folder, const char *name)
{
    char path[512], hex[DIGEST_HEX] = "";
    struct stat st;
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(stat(path, &st), 0);
    if (S_ISREG(st.st_mode)) {
        char *bytes = malloc((size_t)st.st_size + 1);
        int fd = open(path, O_RDONLY);
        assert_true(read(fd, bytes, (size_t)st.st_size + 1) == st.st_size);
        close(fd);
        digest_text(bytes, (size_t)st.st_size, hex);
        free(bytes);
    }
    buf_print(out, "%s size %lld modified %lld.%09ld mode %o %s\n", name, (long long)st.st_size,
              (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, st.st_mode, hex);
}

/* Names, sizes, times, contents of all that is in the folder, and of the folder itself.  Never while this
 * process has the store open: closing a file of SQLite's drops its locks. */
static inline const char *fixture_picture(struct fixture *f)
{
    char *names[16], folder[128];
    size_t count = 0;
    struct buf out;
    buf_init(&out, 0);
    snprintf(folder, sizeof(folder), "%s/state", f->folder);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        assert_true(count < COUNT_OF(names));
        if (strcmp(e->d_name, "..") != 0)
            names[count++] = arena_text(f->mem, e->d_name);
    }
    closedir(dir);
    qsort(names, count, sizeof(names[0]), fixture_by_name);
    for (size_t i = 0; i < count; i++)
        fixture_picture_file(&out, folder, names[i]);
    const char *text = buf_keep(&out, f->mem);
    buf_done(&out);
    return text;
}

/* A child process that runs fn, which ends it; its words come through *from, ours go through *to. */
typedef void fixture_child_fn(struct fixture *f, int in, int out);

static inline pid_t fixture_fork(struct fixture *f, fixture_child_fn *fn, int *to, int *from)
{
    int down[2], up[2];
    assert_int_equal(pipe(down), 0);
    assert_int_equal(pipe(up), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(down[1]);
        close(up[0]);
        fn(f, down[0], up[1]);
        _exit(0);
    }
    close(down[0]);
    close(up[1]);
    *to = down[1];
    *from = up[0];
    return pid;
}

static inline void fixture_say(int fd)
{
    ssize_t put = write(fd, ".", 1);
    (void)put;
}

/* False at the end of the pipe. */
static inline bool fixture_hear(int fd)
{
    char c;
    return read(fd, &c, 1) == 1;
}
