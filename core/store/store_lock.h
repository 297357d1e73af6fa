/* The lock: one writer per region on this host.  flock on `<store>.lock`, which the kernel gives back when
 * the last process that inherited the descriptor has ended; the file's text says who holds it.  Readers of a
 * store without a writer hold it shared.  Private to store. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"

struct err;

/* Also the one row of table lock, where the fence lives. */
struct store_lock_facts {
    int64_t fence;     /* grows with every writer */
    const char *nonce; /* which writer, when pids repeat */
    const char *host;
    int64_t pid;
    int64_t started_ms; /* wall clock */
    const char *command;
};

/* Takes it for writing, waiting up to 2 s for readers but not for another writer, and writes the facts.  The
 * descriptor has O_CLOEXEC; closing it gives the lock back unless a child holds it too. */
MUST_USE bool store_lock_take(const char *path, const char *region, const struct store_lock_facts *mine,
                              int *fd, struct err *err);

enum store_lock_state {
    STORE_LOCK_SHARED, /* ours until *fd is closed                                    */
    STORE_LOCK_NONE,   /* there is no lock file, and reading makes none: *fd is -1 */
    STORE_LOCK_HELD,   /* by a writer: *fd is -1                                      */
};
/* For a reader; never waits, never writes. */
enum store_lock_state store_lock_share(const char *path, int *fd);
/* Who holds what is STORE_LOCK_HELD, texts in mem; all zero when the holder did not write it yet.  False: it
 * has ended, and only a command it started holds it still. */
bool store_lock_holder(struct arena *mem, const char *path, struct store_lock_facts *out);
/* Does this very process hold it?  Then the store's files must be opened through SQLite only: closing any
 * other descriptor of theirs would drop the locks SQLite has on them. */
bool store_lock_is_ours(const char *path);

/* Fills host, pid and nonce; texts live in mem. */
void store_lock_introduce(struct arena *mem, struct store_lock_facts *facts);
/* A short nap of one who waits for a lock. */
void store_lock_nap(void);
