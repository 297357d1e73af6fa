/* The sink: the one way out for everything landfall says.  It collects text, takes known secrets out of it,
 * and writes it to a descriptor.  Colors and signs beyond ASCII are asked for here and left out where the
 * reader cannot show them.  What a provider or a plugin said goes through out_safe; our own words, and what
 * a JSON printer made, go through out_text and out_print.
 *
 * The same filter serves every sink of the process.  Both live until they are freed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/* ---- the filter ---------------------------------------------------------------------------- */

/* Secrets by value: each in its plain form and as base64 (all three alignments), hex (both cases), URL- and
 * JSON-escaped text.  What stands in the output instead is "[secret]". */
struct buf;
struct out_filter;

struct out_filter *out_filter_new(void);
void out_filter_free(struct out_filter *f); /* NULL is fine; wipes what it knew */
/* Copied.  Shorter than 8 bytes is not filtered: too much of the innocent text would go with it. */
void out_filter_add(struct out_filter *f, const char *bytes, size_t count);
bool out_filter_is_empty(const struct out_filter *f); /* also for NULL */
/* Bytes of the longest form it looks for: what a writer that cuts a text in two has to hold back. */
size_t out_filter_longest(const struct out_filter *f);
/* Where the first secret at or behind `from` begins, and its length; `count` when there is none. */
size_t out_filter_find(const struct out_filter *f, const char *bytes, size_t count, size_t from,
                       size_t *length);
/* Appends the text with every secret replaced. Whoever cuts a text short masks it first: half a secret is
 * not found any more. */
void out_filter_mask(const struct out_filter *f, struct buf *out, const char *bytes, size_t count);

/* ---- the sink ------------------------------------------------------------------------------ */

enum out_color {
    OUT_PLAIN = 0,
    OUT_BOLD,
    OUT_DIM,
    OUT_RED,
    OUT_GREEN,
    OUT_YELLOW,
    OUT_BLUE,
    OUT_CYAN,
    OUT_COLOR_COUNT,
};

struct out_style {
    bool color;       /* escape sequences may be sent */
    bool ascii;       /* nothing beyond ASCII: no box lines, ellipses, arrows, currency signs */
    unsigned columns; /* width of the terminal; 0: not one, never cut a line */
};

struct out {
    int fd;
    struct out_style style;
    struct out_filter *filter; /* borrowed; NULL: no secrets are known */
    struct out_text *text;     /* what is collected and not written yet */
    bool failed;               /* a write failed (EPIPE, ENOSPC): everything after it is dropped */
    int error;                 /* its errno */
};

void out_open(struct out *o, int fd, struct out_style style, struct out_filter *filter);
/* Writes what is left.  False when some write failed: the reader did not get everything. */
bool out_close(struct out *o);
/* Writes what was collected, filtered.  Collected text is also written on its own when it grows beyond 64
 * KiB, at the end of a line. */
void out_flush(struct out *o);

void out_text(struct out *o, const char *text);
void out_print(struct out *o, const char *fmt, ...) PRINTF(2, 3);
void out_char(struct out *o, char c);
void out_fill(struct out *o, char c, size_t count);
/* Text that somebody else wrote: str_safe, and in an ASCII sink everything else becomes an escape. */
void out_safe(struct out *o, const char *text); /* NULL: nothing */
void out_safe_n(struct out *o, const char *bytes, size_t count);
/* The same into a buffer, for what has to be measured first. */
void out_make_safe(const struct out *o, struct buf *into, const char *bytes, size_t count);
/* From here on in that color, until the next call; nothing in a sink without colors. */
void out_paint(struct out *o, enum out_color color);
/* out_paint, the text made safe, out_paint(OUT_PLAIN). */
void out_painted(struct out *o, enum out_color color, const char *text);
/* One of two spellings, by style.ascii: out_sign(o, "→", "->"). */
void out_sign(struct out *o, const char *sign, const char *ascii);
