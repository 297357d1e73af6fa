/* Text: the few questions the core asks of UTF-8 text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct arena;
struct buf;

bool str_equal(const char *a, const char *b); /* NULL equals NULL only */
bool str_starts(const char *text, const char *with);
bool str_ends(const char *text, const char *with);
bool str_is_utf8(const char *bytes, size_t count); /* well-formed, no NUL, no surrogates */
/* Well-formed, and no character that NFC replaces or could melt into the one before it: two texts
 * that look alike and pass are equal byte for byte, as far as normalization goes. */
bool str_is_nfc_safe(const char *bytes, size_t count);

/* JSON-grammar decimal integer in range; false when it is anything else. */
MUST_USE bool str_to_int(const char *text, int64_t *out);

/* Which of `count` rows of `size` bytes, each of which begins with the pointer to its text, has this text;
 * sorted by strcmp.  count: none has. */
size_t str_find_sorted(const char *text, const void *rows, size_t count, size_t size);

/* The candidate nearest to `word` by edit distance (transpositions count one), or NULL when none is
 * near enough to be a plausible slip (distance <= 1 + length/4).  Ties go to the first. */
const char *str_nearest(const char *word, const char *const *candidates, size_t count);

/* Columns a terminal needs: one per code point, two for wide East Asian ones. */
size_t str_columns(const char *text);

/* Appends provider text made safe for a terminal: C0, C1, DEL, bidi controls and bad UTF-8 become
 * visible escapes (\x1b, \u202e); newline and tab become spaces. */
void str_safe(struct buf *out, const char *bytes, size_t count);

/* As one word of a command that is to be typed: in quotes where a shell would read anything into it. */
const char *str_word(struct arena *mem, const char *text);
