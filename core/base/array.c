#include "base/array.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void array_room(void **at, size_t *room, size_t need, size_t item_size)
{
    if (need <= *room)
        return;
    size_t more = *room ? *room : 8;
    while (more < need && more <= SIZE_MAX / 2)
        more *= 2;
    if (more < need)
        more = need;
    void *grown = more <= PTRDIFF_MAX / item_size ? realloc(*at, more * item_size) : NULL;
    if (!grown) {
        fputs("landfall: out of memory\n", stderr);
        abort();
    }
    *at = grown;
    *room = more;
}

void array_done(void **at, size_t *count, size_t *room)
{
    free(*at);
    *at = NULL;
    *count = *room = 0;
}
