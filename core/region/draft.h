/* The draft: a new region's file, written from the one it is to be copied from, for a person to finish.
 * What only a person can decide says FILL IN (SPEC_OPEN), and no load lets it pass; what other copies of the
 * same region did stands beside it as comments.  Pure text: nothing is written here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct arena;
struct diags;
struct err;

struct draft {
    const char *path; /* regions/de.yaml */
    const char *text;
    size_t open;      /* places that say FILL IN */
    size_t leftovers; /* texts that hold the other region's name, place or domain, as comments */
};

/* `from` must be a region that loads; what is wrong with it is in `diags`.  Errors: "draft.same",
 * "draft.bad_name", "draft.exists" - the new region has a file already. */
MUST_USE bool draft_make(struct arena *mem, const char *project, const char *from, const char *name,
                         struct draft *out, struct diags *diags, struct err *err);
