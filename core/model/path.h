/* The path: where inside a value something is.  Written a.b."c.d"[0]; in region rules a * stands
 * for exactly one segment. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"

struct buf;
struct err;
struct value;

enum path_part_kind { PATH_KEY = 1, PATH_INDEX = 2, PATH_ANY = 3 };

struct path_part {
    enum path_part_kind kind;
    const char *key;
    size_t index;
};

struct path {
    struct path_part *at;
    size_t count;
};

/* Errors: "path.syntax" with the place in the text. */
MUST_USE bool path_parse(struct arena *mem, const char *text, struct path *out, struct err *err);
/* Appends one segment in the written form: ".key", "\"odd key\"" or "[3]". `first` leaves out the dot. */
void path_print_key(struct buf *out, const char *key, bool first);
void path_print_index(struct buf *out, size_t index);
/* NULL when nothing is there, an unknown when that cannot be known yet; a PATH_ANY never matches here. */
const struct value *path_get(const struct value *v, const struct path *path);
const struct value *path_get_text(struct arena *tmp, const struct value *v,
                                  const char *path); /* NULL also for a bad path */
/* A new value with `v` at `path` (NULL: removed); missing maps are made, a missing list item is an error. */
MUST_USE bool path_with(struct arena *mem, const struct value *base, const struct path *path,
                        const struct value *v, const struct value **out, struct err *err);
/* Calls fn for every place the pattern (with PATH_ANY) matches, in order; stops and returns false when fn
 * does. */
typedef bool path_match_fn(void *user, const char *path_text, const struct path *concrete,
                           const struct value *v);
bool path_each(const struct value *v, const struct path *pattern, path_match_fn *fn, void *user);
