/* The image: a store as its file and the log of a crashed writer say it together, in memory.  SQLite could
 * put them together itself, but only by writing; here the file is mapped privately and the log's pages are
 * laid over it, so that nothing is written anywhere and a killed reader leaves nothing behind.  The log's
 * format is SQLite's, fixed for good (sqlite.org/fileformat2.html, section 4).  Private to store. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct err;

struct store_image {
    unsigned char *at; /* whole pages; NULL: none */
    size_t size;       /* of the database, as of the last commit in the log */
    size_t mapped;
};

/* The caller makes sure that nobody writes while the image is in use.  `detached`: copies every page now, so
 * that this need be true only until it returns. */
MUST_USE bool store_image_open(const char *path, bool detached, struct store_image *out, struct err *err);
void store_image_close(struct store_image *image); /* a zeroed one is fine */
