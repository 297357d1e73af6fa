/* Provenance: the story of one value - written where, copied from where, shrunk by which rule and why,
 * overridden where. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct arena;
struct err;
struct origin;
struct region;
struct value;

struct provenance_step {
    const struct origin *origin;
    const struct value *value; /* what it was after this step */
};

/* The steps of the value at `path` ("services.databases.main.storage_gb"), oldest first; none for a default
 * (timezone).  Paths are those of the region's view.  An unknown path is
 * an error with a suggestion. */
MUST_USE bool provenance_of(struct arena *mem, const struct region *region, const char *path,
                            const struct provenance_step **steps, size_t *count, struct err *err);
