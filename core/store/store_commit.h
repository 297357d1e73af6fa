/* The commit: batches in, one transaction and one fsync out.  Owns the connection that writes.  Used by one
 * thread at a time: the opener's until the writer's thread starts, then that thread's.  Private to store.
 *
 * Every transaction first sees that the fence in the file is still ours.  After a failed one nothing may be
 * run again: whether a failed COMMIT took effect is unknown until somebody opens the file anew. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "store/store_batch.h"
#include "store/store_lock.h"
#include "store/store_meta.h"

struct err;
struct store_commit;

/* The caller holds the lock; the file exists.  Raises the fence in it (facts->fence is not read). */
MUST_USE bool store_commit_open(const char *path, const char *region, const struct store_lock_facts *facts,
                                struct store_commit **out, struct err *err);
/* `failed`: leave the log as it is, for the next one to read. */
void store_commit_close(struct store_commit *c, bool failed);

int64_t store_commit_fence(const struct store_commit *c);
const struct store_meta *store_commit_meta(const struct store_commit *c); /* as it was opened, and later */

/* All records of the list of batches, in order. */
MUST_USE bool store_commit_run(struct store_commit *c, const struct store_batch *first, struct err *err);

/* Pages in the log that are not moved into the file yet. */
int store_commit_backlog(const struct store_commit *c);
/* Moves as many as readers allow. */
MUST_USE bool store_commit_checkpoint(struct store_commit *c, struct err *err);
