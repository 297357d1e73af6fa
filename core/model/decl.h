/* Declarations: what a playbook asked for, as plain data.  Made by playbook/, read by plan/ and run/; another
 * input language would make the same.  Lives in the arena of the evaluation. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/value.h"

enum decl_kind {
    DECL_RESOURCE = 1,
    DECL_EXISTING = 2, /* looked up, never written */
    DECL_ACTION = 3,
    DECL_CHECK = 4,
    DECL_HUMAN = 5,
    DECL_TODO = 6,
};

/* step = { ... }: what every step may say beside its attributes. */
struct decl_meta {
    const char *const *after; /* addresses, beyond those its references imply */
    size_t after_count;
    const char *owner;        /* or NULL */
    const char *const *holds; /* data categories */
    size_t holds_count;
    const char *blocks;  /* milestone it blocks, or NULL; "launch" unless the region's can_follow lists it */
    const char *replace; /* "create_first", or NULL */
    const char *const *ignore; /* attribute paths whose drift is not repaired */
    size_t ignore_count;
    int64_t timeout_ms;        /* 0: the default of the verb */
    const struct value *guess; /* { days, monthly, one_off }, or NULL */
    bool protect;              /* refuse to destroy or replace */
    bool shared;               /* touches what live customers of other regions use */
};

struct decl {
    const char *address;
    enum decl_kind kind;
    const char *subsystem, *type; /* resources only */
    const char *name;
    const char *instance; /* "" or "parent" */
    const char *stage;    /* "" before the first stage */
    const struct value
        *attrs; /* a map, exprs inside; actions: { version }; checks: { http = ... }; human: { ask } */
    struct decl_meta meta;
    int64_t version;  /* actions: raise it to run again */
    uint32_t run;     /* actions: the script function */
    const char *file; /* where it was declared: playbooks/saas.lua */
    uint32_t line;
    uint32_t order; /* position in the playbook, for stages in the order of their first step */
};

struct decl_moved {
    const char *from, *to;
    const char *file;
    uint32_t line;
};

/* A file that was read while evaluating, for the plan's digest. */
struct decl_file {
    const char *path;   /* relative to the project */
    const char *digest; /* hex */
};

struct decls {
    const struct decl *at; /* sorted by address */
    size_t count;
    const struct decl_moved *moved;
    size_t moved_count;
    const struct decl_file *files; /* sorted by path */
    size_t file_count;
    const char *const *stages; /* in order of first use */
    size_t stage_count;
    const struct value *outputs; /* a map, exprs inside; or NULL */
};

/* By binary search; NULL when there is none. */
const struct decl *decl_find(const struct decls *d, const char *address);
