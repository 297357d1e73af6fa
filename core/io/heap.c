#include "io/heap.h"

#include <stdio.h>
#include <stdlib.h>

void *heap_new(size_t size)
{
    void *at = calloc(1, size);
    if (!at) {
        fputs("landfall: out of memory\n", stderr);
        abort();
    }
    return at;
}
