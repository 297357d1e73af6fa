/* The keys: the closed shape of one map in a file of landfall's own - which keys there are, which must be
 * there, what kind each is.  A user's own data is not checked here but by shape. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/value.h"

struct findings;

#define KEYS_BOOL    (1u << VALUE_BOOL)
#define KEYS_INT     (1u << VALUE_INT)
#define KEYS_DECIMAL ((1u << VALUE_INT) | (1u << VALUE_REAL) | (1u << VALUE_TEXT))
#define KEYS_TEXT    (1u << VALUE_TEXT)
#define KEYS_LIST    (1u << VALUE_LIST)
#define KEYS_MAP     (1u << VALUE_MAP)
#define KEYS_SECRET  (1u << VALUE_SECRET)
#define KEYS_ANY     (~0u)

struct keys_rule {
    const char *name;
    uint32_t kinds; /* KEYS_* */
    bool required;
};

struct keys {
    const char *code; /* "region": errors are region.unknown_key, .missing_key, .wrong_kind, .empty_text */
    const char *what; /* "a region file" */
    const struct keys_rule *rules;
    size_t count;
};

/* True when nothing was found.  `v` may be of any kind. */
bool keys_check(struct findings *f, const struct keys *keys, const struct value *v);
/* One value against a set of kinds; `name` is how the error calls it. */
bool keys_check_kind(struct findings *f, const char *code, const char *name, uint32_t kinds,
                     const struct value *v);
/* "did you mean 'x'?", or what there is: for any word out of a known few. */
const char *keys_advice(struct findings *f, const char *word, const char *const *known, size_t count);
/* The same over the keys of a map. */
const char *keys_advice_of_map(struct findings *f, const char *word, const struct value *map);
