/* The words: how two regions call themselves, and whether two values say the same of each.  "eu.acme.example"
 * in the one is "us.acme.example" in the other. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct region;
struct value;

#define PARITY_WORDS 9

struct parity_word {
    const char *left, *right;
};

struct parity_words {
    struct parity_word at[PARITY_WORDS]; /* the longest on the left first */
    size_t count;
};

void parity_words_of(struct parity_words *w, struct arena *mem, const struct region *left,
                     const struct region *right);
/* The left region's words in `text` replaced by the right one's. */
void parity_words_translate(const struct parity_words *w, struct buf *out, const char *text);
/* The right region's word for a whole left one, or NULL. */
const char *parity_words_other(const struct parity_words *w, const char *left);
/* The value in one line, expressions as a reader of a plan sees them. */
void parity_words_spell(struct buf *out, const struct value *v);
/* Do a reader of a plan and these two say the same?  A function of the script is spelled without its number:
 * it has another one as soon as there is one more before it, and is the same function. */
bool parity_words_alike(const struct value *left, const struct value *right);
/* Do they differ in nothing but the regions' own words? */
bool parity_words_same(const struct parity_words *w, const struct value *left, const struct value *right);
