/* The plugin folders: which file belongs to a driver, and what there is when none does. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct arena;
struct err;

/* The first folder's <subsystem>-<driver>.so.  The error "plugin.missing" lists where it looked and what is
 * there. */
MUST_USE bool registry_folder_find(struct arena *mem, const char *const *folders, size_t folder_count,
                                   const char *subsystem, const char *driver, const char **path,
                                   struct err *err);
MUST_USE bool registry_folder_digest(struct arena *mem, const char *path, const char **digest,
                                     struct err *err);
