#include "model/decl.h"

#include <stddef.h>

#include "base/str.h"

_Static_assert(offsetof(struct decl, address) == 0, "it is looked up by what it begins with");

/* Called for every reference of every step, so it must not walk. */
const struct decl *decl_find(const struct decls *d, const char *address)
{
    size_t i = str_find_sorted(address, d->at, d->count, sizeof(*d->at));
    return i < d->count ? &d->at[i] : NULL;
}
