/* The file that -o names.  A slip of the keyboard must not cost a store, a region file or somebody's notes:
 * what is there gives way only to its own kind, which its first bytes tell, or when it is empty. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct err;

/* Of a format: it begins with `head`; and where that alone is not enough, `then` begins behind it, before the
 * first `end`.  then: NULL where it is. */
struct outfile_sign {
    const char *head, *then, *end;
};

struct outfile_kind {
    const char *what; /* "report" */
    const char *code; /* of the error: report.in_the_way */
    const struct outfile_sign *signs;
    size_t count;
};

/* Whole or cut off, of this version or another; or nothing at all.  bytes: the first ones will do. */
bool outfile_gives_way(const struct outfile_kind *kind, const char *bytes, size_t count);
/* Asks no more than its content: whoever may write, may write there.  What is there and cannot be read may be
 * anything, and stays. */
MUST_USE bool outfile_check(const char *path, const struct outfile_kind *kind, struct err *err);
