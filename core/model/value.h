/* The value: one immutable piece of data - what region files hold, what playbooks pass, what drivers
 * read and promise, what the store remembers.  Maps are sorted by key (bytewise), so equal values
 * print as equal bytes.  A value lives as long as the arena it was made in and everything it points
 * to must live at least as long; to outlive the source, value_copy.
 *
 * lf_value, what plugins see, is this struct behind an opaque name. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct err;
struct expr;

/* The first ten are LF_KIND_* of the plugin contract, number for number. */
enum value_kind {
    VALUE_NULL = 1,
    VALUE_BOOL = 2,
    VALUE_INT = 3,
    VALUE_REAL = 4,
    VALUE_TEXT = 5,
    VALUE_LIST = 6,
    VALUE_MAP = 7,
    VALUE_UNKNOWN = 8, /* known only after another step is done                         */
    VALUE_SECRET = 9,  /* a handle; its bytes are only in memory, never printed          */
    VALUE_ANY = 10,    /* in a schema only                                               */
    VALUE_EXPR = 32,   /* computed from other steps; never reaches a plugin or the store */
};

/* A secret: where it comes from, a keyed digest to notice a change by, and - only while the process
 * that resolved it runs - its bytes.  source: "env:NAME", "file:PATH", "output:dns.zone.apex.key". */
struct secret {
    const char *source;
    const char *digest; /* hex, keyed; NULL when not resolved                        */
    const char *bytes;  /* NULL when not resolved                                     */
    size_t count;
    const char *sealed; /* base64 of the sealed bytes as stored, or NULL              */
};

struct pair;

struct value {
    uint8_t kind;         /* enum value_kind */
    uint8_t unknown_kind; /* VALUE_UNKNOWN: the kind it will have, or VALUE_ANY          */
    uint16_t reserved;
    uint32_t where; /* origin: index into the region's table of places, 0: none; never compared or printed */
    union {
        bool truth;
        int64_t number;
        double real;
        const char *text; /* NUL behind `count` bytes; holds no other NUL               */
        const struct value *const *items;
        const struct pair *pairs;
        const struct secret *secret;
        const struct expr *expr;
    };
    size_t count; /* bytes of a text, items of a list, pairs of a map               */
};

struct pair {
    const char *key;
    const struct value *value;
};

/* Makers; the result lives in `mem`. Constants that need no memory are shared statics. */
const struct value *value_null(void);
const struct value *value_bool(bool b);
const struct value *value_int(struct arena *mem, int64_t n);
const struct value *value_real(struct arena *mem, double d);
const struct value *value_text(struct arena *mem, const char *text);         /* copied */
const struct value *value_text_or_null(struct arena *mem, const char *text); /* null: NULL or empty */
const struct value *value_text_n(struct arena *mem, const char *bytes, size_t count);
const struct value *value_text_borrow(struct arena *mem, const char *text,
                                      size_t count); /* borrowed for mem's life */
const struct value *value_list(struct arena *mem, const struct value *const *items,
                               size_t count); /* array copied */
/* Sorts a copy of the pairs by key; keys are borrowed.  A repeated key is a programmer error (assert). */
const struct value *value_map(struct arena *mem, const struct pair *pairs, size_t count);
/* The same over arrays that live as long as `mem` and are not copied; pairs are sorted already. */
const struct value *value_list_borrow(struct arena *mem, const struct value *const *items, size_t count,
                                      uint32_t where);
const struct value *value_map_borrow(struct arena *mem, const struct pair *pairs, size_t count,
                                     uint32_t where);
const struct value *value_unknown(enum value_kind will_be);
const struct value *value_secret(struct arena *mem,
                                 const struct secret *secret); /* struct copied, texts borrowed */
const struct value *value_expr(struct arena *mem, const struct expr *expr);
/* The same value with another origin. */
const struct value *value_at_origin(struct arena *mem, const struct value *v, uint32_t where);
const struct value *value_copy(struct arena *mem, const struct value *v); /* deep */

/* NULL reads as null everywhere below. */
enum value_kind value_kind(const struct value *v);
bool value_is_null(const struct value *v);
const char *value_kind_name(enum value_kind kind); /* "text", "integer", "list", ... for messages */
/* NULL unless a map with that key. */
const struct value *value_get(const struct value *v, const char *key);
const char *value_get_text(const struct value *v, const char *key, const char *otherwise);
int64_t value_get_int(const struct value *v, const char *key, int64_t otherwise);
bool value_get_bool(const struct value *v, const char *key, bool otherwise);
const struct value *value_item(const struct value *list, size_t i); /* NULL past the end */
const char *value_as_text(const struct value *v);                   /* NULL unless text */

/* Deep; origins do not count; unknown equals unknown; secrets by digest, else by source.
 * An integer never equals a real. */
bool value_equal(const struct value *a, const struct value *b);
/* A total order over kinds, then content: for sorting unordered lists. */
int value_compare(const struct value *a, const struct value *b);
bool value_has_unknown(const struct value *v);
bool value_has_expr(const struct value *v);
bool value_has_secret(const struct value *v);
/* A new map: `base` with `key` set to `v` (v NULL: removed). base NULL is an empty map. */
const struct value *value_with_key(struct arena *mem, const struct value *base, const char *key,
                                   const struct value *v);
/* A new map: every key of `over` replaces or joins `base`; maps merge recursively, all else is replaced. */
const struct value *value_merge(struct arena *mem, const struct value *base, const struct value *over);
