/* The arena: memory with one lifetime.  Everything allocated from it dies together in arena_free
 * or arena_reset; there is no free for one piece.  Out of memory aborts: a crash is a path that is
 * tested every night, a half-handled allocation failure is not.  One thread at a time. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "base/attr.h"

struct arena;

/* Never NULL.  The first chunk is small (512 bytes), later ones double up to 256 KiB. */
struct arena *arena_new(void);
void arena_free(struct arena *mem);  /* NULL is fine */
void arena_reset(struct arena *mem); /* keeps the newest chunk */

/* Zeroed, aligned for any type of that size.  size 0 gives a valid pointer. */
void *arena_alloc(struct arena *mem, size_t size);
void *arena_copy(struct arena *mem, const void *bytes, size_t size);
char *arena_text(struct arena *mem, const char *text);                  /* copied; NULL stays NULL */
char *arena_text_n(struct arena *mem, const char *bytes, size_t count); /* adds the NUL */
char *arena_print(struct arena *mem, const char *fmt, ...) PRINTF(2, 3);
char *arena_vprint(struct arena *mem, const char *fmt, va_list args);

/* Bytes handed out by malloc for this arena. */
size_t arena_used(const struct arena *mem);

#define ARENA_NEW(mem, type)      ((type *)arena_alloc((mem), sizeof(type)))
#define ARENA_ARRAY(mem, type, n) ((type *)arena_alloc((mem), sizeof(type) * (n)))
