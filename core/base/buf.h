/* The buffer: bytes being collected, always NUL-terminated, with an optional cap.  Past the cap the
 * buffer stops growing and `full` stays set, so a writer needs one check at the end. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct buf {
    char *at; /* never NULL after buf_init */
    size_t count, room;
    size_t cap; /* 0: none */
    bool full;
};

void buf_init(struct buf *b, size_t cap);
void buf_done(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory */
void buf_add(struct buf *b, const void *bytes, size_t count);
void buf_text(struct buf *b, const char *text);
void buf_char(struct buf *b, char c);
void buf_fill(struct buf *b, char c, size_t count);
void buf_print(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
char *buf_keep(const struct buf *b, struct arena *mem); /* copied, NUL-terminated */
