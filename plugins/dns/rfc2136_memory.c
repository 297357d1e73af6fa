#include "rfc2136_memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 16384

struct block {
    struct block *before;
    size_t size;
    size_t used;
    max_align_t bytes[];
};

struct memory {
    struct block *last;
};

struct memory *memory_new(void)
{
    struct memory *memory = calloc(1, sizeof(*memory));
    if (!memory)
        abort();
    return memory;
}

void memory_free(struct memory *memory)
{
    if (!memory)
        return;
    while (memory->last) {
        struct block *block = memory->last;
        memory->last = block->before;
        explicit_bzero(block->bytes, block->used);
        free(block);
    }
    free(memory);
}

void *memory_get(struct memory *memory, size_t size)
{
    if (size > SIZE_MAX / 2)
        abort();
    size_t step = sizeof(max_align_t);
    size_t need = (size + step - 1) / step * step;
    struct block *block = memory->last;
    if (!block || block->size - block->used < need) {
        size_t room = need > BLOCK_SIZE ? need : BLOCK_SIZE;
        block = calloc(1, sizeof(*block) + room);
        if (!block)
            abort();
        block->size = room;
        block->before = memory->last;
        memory->last = block;
    }
    void *at = (char *)block->bytes + block->used;
    block->used += need;
    return at;
}

char *memory_text(struct memory *memory, const char *text, size_t len)
{
    char *copy = memory_get(memory, len + 1);
    if (len > 0)
        memcpy(copy, text, len);
    return copy;
}

char *memory_print(struct memory *memory, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        abort();
    char *text = memory_get(memory, (size_t)len + 1);
    va_start(args, format);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}
