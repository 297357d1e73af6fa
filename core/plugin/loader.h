/* The loader: one shared object to one checked descriptor.  A regular file in a trusted place, RTLD_NOW |
 * RTLD_LOCAL, the ABI record compared before any other plugin code runs, dlerror's words kept, never closed
 * again. */
#pragma once

#include "base/attr.h"
#include "landfall/plugin.h"
#include <stdbool.h>

struct err;

/* Errors: plugin.missing, plugin.untrusted, plugin.cannot_load, plugin.no_symbol, plugin.abi,
 * plugin.bad_descriptor - each with what to do. */
MUST_USE bool loader_open(const char *path, const struct lf_plugin **out, struct err *err);
