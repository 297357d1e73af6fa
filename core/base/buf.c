#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"

/* Makes room for `count` more bytes and the NUL behind them. */
static void reserve(struct buf *b, size_t count)
{
    array_room((void **)&b->at, &b->room, b->count + count + 1, 1);
}

/* How many of `count` bytes the cap lets in.  Once one byte was turned away nothing is let in any
 * more: a text that goes on behind a hole is worse than one that ends. */
static size_t admit(struct buf *b, size_t count)
{
    if (b->full)
        return 0;
    if (b->cap == 0 || count <= b->cap - b->count)
        return count;
    b->full = true;
    return b->cap - b->count;
}

void buf_init(struct buf *b, size_t cap)
{
    *b = (struct buf){.cap = cap};
    reserve(b, 0);
    b->at[0] = '\0';
}

void buf_done(struct buf *b)
{
    array_done((void **)&b->at, &b->count, &b->room);
    b->full = false;
}

void buf_clear(struct buf *b)
{
    b->count = 0;
    b->full = false;
    b->at[0] = '\0';
}

void buf_add(struct buf *b, const void *bytes, size_t count)
{
    count = admit(b, count);
    if (count == 0)
        return;
    reserve(b, count);
    memcpy(b->at + b->count, bytes, count);
    b->count += count;
    b->at[b->count] = '\0';
}

void buf_text(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_fill(struct buf *b, char c, size_t count)
{
    count = admit(b, count);
    reserve(b, count);
    memset(b->at + b->count, c, count);
    b->count += count;
    b->at[b->count] = '\0';
}

void buf_print(struct buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    size_t spare = b->room - b->count;
    int count = vsnprintf(b->at + b->count, spare, fmt, args);
    if (count > 0 && (size_t)count >= spare) {
        /* Printed whole first, also past the cap: the cap bounds what is kept, and formats are ours. */
        reserve(b, (size_t)count);
        vsnprintf(b->at + b->count, (size_t)count + 1, fmt, again);
    }
    if (count > 0)
        b->count += admit(b, (size_t)count);
    b->at[b->count] = '\0';
    va_end(again);
    va_end(args);
}

char *buf_keep(const struct buf *b, struct arena *mem)
{
    return arena_text_n(mem, b->at, b->count);
}
