/* What a report says, compared with a file in data/.  UPDATE=1 writes the file instead; git diff reviews. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "report/out.h"

struct golden {
    struct arena *mem;
    struct out_filter *filter;
    struct out out;
};

static inline void golden_open(struct golden *g, struct out_style style)
{
    g->mem = arena_new();
    g->filter = out_filter_new();
    int fd = memfd_create("golden", 0);
    assert_true(fd >= 0);
    out_open(&g->out, fd, style, g->filter);
}

/* Everything said so far; the sink goes on. */
static inline const char *golden_text(struct golden *g)
{
    out_flush(&g->out);
    off_t end = lseek(g->out.fd, 0, SEEK_END);
    char *text = arena_alloc(g->mem, (size_t)end + 1);
    assert_int_equal(pread(g->out.fd, text, (size_t)end, 0), end);
    return text;
}

static inline void golden_close(struct golden *g)
{
    int fd = g->out.fd;
    assert_true(out_close(&g->out));
    close(fd);
    out_filter_free(g->filter);
    arena_free(g->mem);
}

/* Compares and closes. */
static inline void golden_check(struct golden *g, const char *name)
{
    struct err err;
    const char *said = golden_text(g), *wanted;
    size_t count;
    const char *path = arena_print(g->mem, "%s/unit/report/data/%s", TESTS_FOLDER, name);
    if (getenv("UPDATE")) {
        if (!file_replace(path, said, strlen(said), 0644, &err))
            fail_msg("%s", err.summary);
    } else {
        if (!file_read(g->mem, path, 4 << 20, &wanted, &count, &err))
            fail_msg("%s (UPDATE=1 writes it)", err.summary);
        assert_string_equal(said, wanted);
    }
    golden_close(g);
}
