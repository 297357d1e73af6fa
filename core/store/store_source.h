/* The source: a store opened so that reading it changes nothing, not even a time stamp of a side file.
 *
 *   a writer lives:      SQLite reads beside it, with the shared index of the log mapped read-only
 *   no writer, no log:   the file is immutable while we hold the lock shared
 *   no writer, a log:    a crash left it.  To read it SQLite would have to write, so it is given an image of
 *                        both in memory
 *
 * Private to store. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/attr.h"
#include "store/store_db.h"
#include "store/store_image.h"
#include "store/store_lock.h"
#include "store/store_meta.h"

struct err;

struct store_source {
    struct store_db db;
    struct store_meta meta;
    struct store_image image;
    bool locked; /* lock_fd is open */
    int lock_fd;
    bool held; /* a writer lives */
    struct store_lock_facts holder;
};

/* On success a read transaction is open: everything read belongs to one commit.  *exists is false when there
 * is no file; then there is nothing to close. */
MUST_USE bool store_source_open(struct arena *mem, const char *path, struct store_source *out, bool *exists,
                                struct err *err);
void store_source_close(struct store_source *s); /* for AUTO; a zeroed one is fine */
