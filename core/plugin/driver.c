#include "base/str.h"
#include "plugin/registry.h"

/* A plugin declares a handful of types, so a walk beats any table. */

const struct contract_type *driver_type(const struct driver *d, const char *type)
{
    for (size_t i = 0; i < d->contract.type_count; i++) {
        if (str_equal(d->contract.types[i].facts.name, type))
            return &d->contract.types[i];
    }
    return NULL;
}

const struct contract_call *driver_call(const struct driver *d, const char *call)
{
    for (size_t i = 0; i < d->contract.call_count; i++) {
        if (str_equal(d->contract.calls[i].facts.name, call))
            return &d->contract.calls[i];
    }
    return NULL;
}
