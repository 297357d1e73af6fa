/* The schema: the shape of a map - a type's attributes, a call's arguments, a driver's settings - and what
 * checking, filling and diffing against it mean.  Compiled by plugin/contract from lf_schema; plain data,
 * lives in its arena. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/value.h"

struct diags;

/* LF_ATTR_*, number for number. */
#define SCHEMA_REQUIRED  (1u << 0)
#define SCHEMA_COMPUTED  (1u << 1)
#define SCHEMA_FIXED     (1u << 2)
#define SCHEMA_SECRET    (1u << 3)
#define SCHEMA_UNORDERED (1u << 4)
#define SCHEMA_PLACE     (1u << 5)
#define SCHEMA_KEY       (1u << 6)

struct schema;

struct schema_attr {
    const char *name;
    enum value_kind kind; /* VALUE_ANY: anything */
    uint32_t flags;
    const char *doc;
    const struct schema *of;      /* shape of a map or of each list element, or NULL */
    enum value_kind of_kind;      /* kind of each element where `of` is NULL; VALUE_ANY: anything */
    const struct value *fallback; /* parsed, or NULL */
    uint32_t since;
};

struct schema {
    uint32_t version;
    const struct schema_attr *attrs; /* sorted by name */
    size_t count;
};

const struct schema_attr *schema_find(const struct schema *s, const char *name); /* NULL: not there */
/* Nearest attribute name for "did you mean", or NULL. */
const char *schema_nearest(const struct schema *s, const char *name);

/* Checks `v` (a map) against the schema: unknown attributes with a suggestion, missing required ones, wrong
 * kinds.  Exprs and unknowns of unfitting kind are reported where their kind is known, otherwise accepted.
 * The `id` of a step is no attribute. `where`: place of the declaration for the messages, `address` likewise.
 * Adds to `out`; returns the value with fallbacks filled in. */
const struct value *schema_check(struct arena *mem, const struct schema *s, const struct value *v,
                                 const char *address, const char *where, struct diags *out);

enum schema_change { SCHEMA_SAME = 0, SCHEMA_UPDATE = 1, SCHEMA_REPLACE = 2 };

/* One changed attribute path. */
struct schema_diff {
    const char *path;                   /* "values[0]" */
    const struct value *before, *after; /* NULL: absent */
    bool fixed;                         /* forces a replacement */
    bool secret;                        /* never print before and after */
};

struct schema_diffs {
    struct schema_diff *at;
    size_t count;
    bool may_replace; /* a FIXED attribute is still unknown */
};

/* Compares what is with what is asked.  COMPUTED attributes absent (or null) in `desired` do not count;
 * unordered lists compare as multisets; integer 1 and real 1.0 differ.  An unknown in `desired` counts as a
 * change.  `promise` (may be NULL) gets `desired` with the computed attributes filled in: from `prior` on
 * keep and update, unknown on create (prior NULL) and replace.  A create is SCHEMA_UPDATE without diffs:
 * everything in `promise` is new. */
enum schema_change schema_compare(struct arena *mem, const struct schema *s, const struct value *prior,
                                  const struct value *desired, struct schema_diffs *diffs,
                                  const struct value **promise);
/* True when `result` keeps every known part of `promise` (unordered lists as multisets); otherwise *path
 * names the first breach.  A secret that the result leaves out is kept: services do not tell them again. */
bool schema_keeps_promise(struct arena *mem, const struct schema *s, const struct value *promise,
                          const struct value *result, const char **path);
