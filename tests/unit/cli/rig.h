/* The rig: runs commands as main would, in a folder of its own, and keeps what they say.  Standard input is
 * no terminal.  Drivers are not there: what needs them is tested by tests/golden. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/session.h"

struct rig {
    struct arena *mem;
    char folder[64], home[4096];
    char said[65536]; /* on standard output, by the last command */
    struct err err;   /* of the last command, when it could not run */
    bool ran;
    int exit_code;
    size_t errors; /* in the diags */
};

static int rig_set_up(void **state)
{
    struct rig *r = calloc(1, sizeof(*r));
    assert_non_null(getcwd(r->home, sizeof(r->home)));
    snprintf(r->folder, sizeof(r->folder), "/tmp/landfall-cli-XXXXXX");
    assert_non_null(mkdtemp(r->folder));
    assert_int_equal(chdir(r->folder), 0);
    r->mem = arena_new();
    *state = r;
    return 0;
}

static int rig_remove(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static int rig_tear_down(void **state)
{
    struct rig *r = *state;
    assert_int_equal(chdir(r->home), 0);
    nftw(r->folder, rig_remove, 8, FTW_DEPTH | FTW_PHYS);
    arena_free(r->mem);
    free(r);
    return 0;
}

static inline void rig_write(struct rig *r, const char *path, const char *text)
{
    struct err err;
    const char *full = file_join(r->mem, r->folder, path);
    if (!file_make_folders(file_folder(r->mem, full), 0755, &err) ||
        !file_replace(full, text, strlen(text), 0644, &err))
        fail_msg("%s", err.summary);
}

static inline const char *rig_read(struct rig *r, const char *path)
{
    struct err err;
    const char *bytes;
    size_t count;
    if (!file_read(r->mem, file_join(r->mem, r->folder, path), 1 << 20, &bytes, &count, &err))
        fail_msg("%s", err.summary);
    return bytes;
}

/* Runs `landfall LINE`, its words split at single spaces, where the rig's folder is the working one. */
static inline void rig_run(struct rig *r, const char *line)
{
    char *argv[16] = {arena_text(r->mem, "landfall")}, *text = arena_text(r->mem, line);
    struct session s;
    struct args args;
    int argc = 1;
    while (*text && argc < 15) {
        argv[argc++] = text;
        text += strcspn(text, " ");
        if (*text)
            *text++ = '\0';
    }
    assert_int_equal(chdir(r->folder), 0);
    if (!args_parse(r->mem, argc, argv, &args, &r->err))
        fail_msg("'%s' was refused: %s", line, r->err.summary);
    FILE *said = tmpfile();
    session_open(&s, r->mem, &args);
    s.out.fd = s.err.fd = fileno(said);
    s.can_ask = s.live = false;
    err_clear(&r->err);
    r->ran = args.command->run(&s, &args, &r->exit_code, &r->err);
    r->errors = s.diags.errors;
    session_close(&s);
    rewind(said);
    r->said[fread(r->said, 1, sizeof(r->said) - 1, said)] = '\0';
    fclose(said);
}
