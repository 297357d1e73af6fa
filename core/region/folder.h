/* The folder: the files of one kind in one folder of the project, by name. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"

struct err;

/* Names without the suffix, sorted; a folder that does not exist holds none. */
MUST_USE bool folder_list(struct arena *mem, const char *path, const char *suffix, const char *const **names,
                          size_t *count, struct err *err);
