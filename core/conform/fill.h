/* Filling: `${name}`, `${proxy}`, `${zone.id}` in a sample become what they stand for.  A text that is one
 * placeholder and nothing else becomes the value itself, of whatever kind; inside a longer text only what has
 * a text form can stand. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"

struct err;
struct value;

struct fill_word {
    const char *name;          /* "zone" for ${zone} and ${zone.id} */
    const struct value *value; /* a map for words with a dot; NULL: known, but not yet what it is */
};

struct fill {
    const struct fill_word *words;
    size_t count;
};

/* False: "conform.unknown_word", and *where is the origin of the text; or "conform.word_form". */
MUST_USE bool fill_value(struct arena *mem, const struct fill *fill, const struct value *v,
                         const struct value **out, uint32_t *where, struct err *err);
/* Only looks whether all words are known: their values may be missing. */
MUST_USE bool fill_check(struct arena *mem, const struct fill *fill, const struct value *v, uint32_t *where,
                         struct err *err);
/* Does a placeholder of this name stand in it anywhere? */
bool fill_mentions(const struct value *v, const char *word);
