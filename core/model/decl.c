#include "model/decl.h"

#include <string.h>

/* Called for every reference of every step, so it must not walk. */
const struct decl *decl_find(const struct decls *d, const char *address)
{
    size_t low = 0, high = d->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(d->at[middle].address, address);
        if (order == 0)
            return &d->at[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
