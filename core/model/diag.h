/* Diagnostics: what a check found, several at once, sorted by place.  An err is one failure that ends a
 * function; a diag list is everything wrong with an input, so that a person mends it in one go. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum diag_severity { DIAG_ERROR = 1, DIAG_WARNING = 2, DIAG_HINT = 3, DIAG_TRACE = 4 };

struct diag {
    enum diag_severity severity;
    const char *code;    /* "region.unknown_key" */
    const char *address; /* of the step it is about, or NULL */
    const char *path;    /* attribute path, or NULL */
    const char *where;   /* "regions/eu.yaml:12:3", or NULL */
    const char *summary;
    const char *detail; /* may be NULL */
    const char *advice; /* may be NULL */
};

#define DIAG_MAX 200 /* further ones are counted, not kept */

struct diags {
    struct arena *mem;
    struct diag *at;
    size_t count, room;
    size_t errors, warnings; /* also those past DIAG_MAX */
};

void diag_init(struct diags *d, struct arena *mem);
/* Everything in `one` is copied. */
void diag_add(struct diags *d, const struct diag *one);
/* The error as a diagnostic of that severity. */
void diag_add_err(struct diags *d, enum diag_severity severity, const char *address, const struct err *err);
/* What a function failed with, unless it told errors itself: there were `before` of them. */
void diag_add_untold(struct diags *d, size_t before, const struct err *err);
/* The first error as an err (for callers that can report one only); true when there is none. */
bool diag_ok(const struct diags *d, struct err *err);
