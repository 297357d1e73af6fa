/* A user's project in a folder of its own under /tmp, made for one test and removed behind it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "model/diag.h"
#include "model/value.h"
#include "model/value_json.h"
#include "region/region.h"

struct folder {
    struct arena *mem;
    char path[64];
    struct diags diags;
    struct err err;
    struct region *region;
};

static inline int folder_setup(void **state)
{
    struct folder *p = calloc(1, sizeof(*p));
    p->mem = arena_new();
    memcpy(p->path, "/tmp/landfall-test-XXXXXX", sizeof("/tmp/landfall-test-XXXXXX"));
    assert_non_null(mkdtemp(p->path));
    diag_init(&p->diags, p->mem);
    *state = p;
    return 0;
}

static inline int folder_remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline int folder_teardown(void **state)
{
    struct folder *p = *state;
    nftw(p->path, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
    arena_free(p->mem);
    free(p);
    return 0;
}

static inline void folder_write_n(struct folder *p, const char *name, const char *text, size_t count)
{
    const char *path = file_join(p->mem, p->path, name);
    assert_true(file_make_folders(file_folder(p->mem, path), 0755, &p->err));
    assert_true(file_replace(path, text, count, 0644, &p->err));
}

static inline void folder_write(struct folder *p, const char *name, const char *text)
{
    folder_write_n(p, name, text, strlen(text));
}

/* The keys every region needs, then `more`. */
static inline void folder_write_region(struct folder *p, const char *name, const char *more)
{
    folder_write(p, arena_print(p->mem, "regions/%s.yaml", name),
                 arena_print(p->mem,
                             "region: %s\n"
                             "title: Region %s\n"
                             "jurisdiction: X\n"
                             "place: %s-place-1\n"
                             "domain: %s.acme.example\n"
                             "currency: EUR\n"
                             "%s",
                             name, name, name, name, more));
}

static inline bool folder_load(struct folder *p, const char *name)
{
    diag_init(&p->diags, p->mem);
    p->region = NULL;
    return region_load(p->mem, p->path, name, &p->region, &p->diags, &p->err);
}

static inline void folder_must_load(struct folder *p, const char *name)
{
    if (!folder_load(p, name))
        fail_msg("%s: %s: %s", p->err.where, p->err.code, p->err.summary);
}

static inline const struct diag *folder_diag(const struct folder *p, const char *code)
{
    for (size_t i = 0; i < p->diags.count; i++)
        if (strcmp(p->diags.at[i].code, code) == 0)
            return &p->diags.at[i];
    return NULL;
}

/* A diagnostic of that code at that place whose advice (or summary) says `says`. */
static inline void folder_says(const struct folder *p, const char *code, const char *where, const char *says)
{
    for (size_t i = 0; i < p->diags.count; i++) {
        const struct diag *d = &p->diags.at[i];
        if (strcmp(d->code, code) != 0 || d->where == NULL || strcmp(d->where, where) != 0)
            continue;
        assert_non_null(d->advice);
        if (strstr(d->advice, says) != NULL || strstr(d->summary, says) != NULL)
            return;
    }
    for (size_t i = 0; i < p->diags.count; i++)
        print_error("%s: %s: %s (%s)\n", p->diags.at[i].where, p->diags.at[i].code, p->diags.at[i].summary,
                    p->diags.at[i].advice);
    fail_msg("no diagnostic %s at %s says '%s'", code, where, says);
}

static inline const char *folder_services(const struct folder *p)
{
    return value_json_text(p->mem, p->region->services);
}
