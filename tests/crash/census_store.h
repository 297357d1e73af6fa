/* The census's own parts, and what it reads through SQLite. */
#pragma once

#include "census.h"

__attribute__((format(printf, 2, 3))) void census_add(struct census *c, const char *format, ...);
void census_add_mark(struct census *c, const char *marker, const char *address);
/* Every row of every table, and whether the file is whole. */
void census_take_sqlite(struct census *c, const char *path, const char *name);
