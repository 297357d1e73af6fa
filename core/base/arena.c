#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Under AddressSanitizer the free part of a chunk is poisoned, so that running off the end of an
 * allocation, or using one after arena_reset, is reported like a heap error. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONED 1
#endif
#endif
#ifdef ARENA_POISONED
#include <sanitizer/asan_interface.h>
#define POISON(at, size)   ASAN_POISON_MEMORY_REGION((at), (size))
#define UNPOISON(at, size) ASAN_UNPOISON_MEMORY_REGION((at), (size))
#define REDZONE            16
#else
#define POISON(at, size)   ((void)(at), (void)(size))
#define UNPOISON(at, size) ((void)(at), (void)(size))
#define REDZONE            0
#endif

/* 512 bytes hold a small value or an error path without a second malloc; 256 KiB is where glibc's
 * malloc would start to map each chunk on its own, and doubling further only wastes the tail. */
#define FIRST_CHUNK   ((size_t)512)
#define LARGEST_CHUNK ((size_t)256 * 1024)

struct chunk {
    struct chunk *older;
    size_t size; /* of `bytes` */
    alignas(max_align_t) char bytes[];
};

/* `at` and `end` bound the free part of the shared chunk.  Chunks of their own hang in the same
 * list but are never `shared`.  The struct itself carries the first chunk: one malloc makes it. */
struct arena {
    char *at, *end;
    struct chunk *newest;
    struct chunk *shared; /* NULL while `first` is in use */
    size_t next_size;
    size_t used;
    alignas(max_align_t) char first[];
};

static void out_of_memory(void)
{
    static const char text[] = "landfall: out of memory\n";
    fputs(text, stderr);
    abort();
}

struct arena *arena_new(void)
{
    struct arena *mem = malloc(FIRST_CHUNK);
    if (!mem)
        out_of_memory();
    mem->newest = mem->shared = NULL;
    mem->at = mem->first;
    mem->end = (char *)mem + FIRST_CHUNK;
    mem->next_size = FIRST_CHUNK * 2;
    mem->used = FIRST_CHUNK;
    POISON(mem->at, (size_t)(mem->end - mem->at));
    return mem;
}

/* Frees every chunk but `keep`, which may be NULL. */
static void chunks_free(struct arena *mem, struct chunk *keep)
{
    struct chunk *c = mem->newest;
    while (c) {
        struct chunk *older = c->older;
        if (c != keep) {
            mem->used -= sizeof(*c) + c->size;
            UNPOISON(c->bytes, c->size);
            free(c);
        }
        c = older;
    }
    mem->newest = keep;
    if (keep)
        keep->older = NULL;
}

void arena_free(struct arena *mem)
{
    if (!mem)
        return;
    chunks_free(mem, NULL);
    UNPOISON(mem->first, FIRST_CHUNK - sizeof(*mem));
    free(mem);
}

void arena_reset(struct arena *mem)
{
    chunks_free(mem, mem->shared);
    if (mem->shared) {
        mem->at = mem->shared->bytes;
        mem->end = mem->at + mem->shared->size;
    } else {
        mem->at = mem->first;
        mem->end = (char *)mem + FIRST_CHUNK;
    }
    POISON(mem->at, (size_t)(mem->end - mem->at));
}

static struct chunk *chunk_add(struct arena *mem, size_t size)
{
    struct chunk *c = malloc(sizeof(*c) + size);
    if (!c)
        out_of_memory();
    c->older = mem->newest;
    c->size = size;
    mem->newest = c;
    mem->used += sizeof(*c) + size;
    return c;
}

/* The slow path.  What would take more than half of the next shared chunk gets a chunk of its own,
 * and the free tail of the current one stays in use.  The next size doubles all the same, so that
 * many such requests soon share chunks. */
static char *chunk_take(struct arena *mem, size_t need)
{
    size_t size = mem->next_size;
    if (mem->next_size < LARGEST_CHUNK)
        mem->next_size *= 2;
    if (need > (size - sizeof(struct chunk)) / 2)
        return chunk_add(mem, need)->bytes;
    struct chunk *c = chunk_add(mem, size - sizeof(struct chunk));
    mem->shared = c;
    mem->at = c->bytes + need;
    mem->end = c->bytes + c->size;
    POISON(mem->at, (size_t)(mem->end - mem->at));
    return c->bytes;
}

/* The size of a type is a multiple of its alignment, so a size that is no multiple of 16 needs less than 16.
 * A third of all that a large plan holds are values of 24 bytes. */
static inline size_t alignment_of(size_t size)
{
    return size % alignof(max_align_t) == 0 ? alignof(max_align_t) : sizeof(void *);
}

/* Bytes with undefined content. */
static inline char *take(struct arena *mem, size_t size, size_t step)
{
    if (size > PTRDIFF_MAX - LARGEST_CHUNK)
        out_of_memory();
    if (REDZONE && step < sizeof(void *))
        step = sizeof(void *); /* AddressSanitizer's granule */
    size_t gap = -(uintptr_t)mem->at & (step - 1);
    size_t need = (size ? size : 1) + REDZONE;
    char *at;
    if (gap + need <= (size_t)(mem->end - mem->at)) {
        at = mem->at + gap;
        mem->at += gap + need;
    } else {
        at = chunk_take(mem, need);
    }
    UNPOISON(at, size);
    POISON(at + size, need - size);
    return at;
}

void *arena_alloc(struct arena *mem, size_t size)
{
    return memset(take(mem, size, alignment_of(size)), 0, size);
}

void *arena_copy(struct arena *mem, const void *bytes, size_t size)
{
    char *at = take(mem, size, alignment_of(size));
    if (size)
        memcpy(at, bytes, size);
    return at;
}

char *arena_text(struct arena *mem, const char *text)
{
    return text ? arena_text_n(mem, text, strlen(text)) : NULL;
}

char *arena_text_n(struct arena *mem, const char *bytes, size_t count)
{
    char *at = take(mem, count + 1, 1);
    if (count)
        memcpy(at, bytes, count);
    at[count] = '\0';
    return at;
}

char *arena_print(struct arena *mem, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = arena_vprint(mem, fmt, args);
    va_end(args);
    return text;
}

char *arena_vprint(struct arena *mem, const char *fmt, va_list args)
{
    char small[256]; /* most texts are short: one pass of printf, then one copy */
    va_list again;
    va_copy(again, args);
    int count = vsnprintf(small, sizeof(small), fmt, args);
    char *text;
    if (count < 0) {
        text = arena_text_n(mem, "", 0); /* only an encoding error of %ls, which is not used */
    } else if ((size_t)count < sizeof(small)) {
        text = arena_text_n(mem, small, (size_t)count);
    } else {
        text = take(mem, (size_t)count + 1, 1);
        vsnprintf(text, (size_t)count + 1, fmt, again);
    }
    va_end(again);
    return text;
}

size_t arena_used(const struct arena *mem)
{
    return mem->used;
}
