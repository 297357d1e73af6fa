/* Files: read whole with a cap, replaced whole and atomically. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"

struct err;

/* Reads the whole regular file into `mem`, NUL behind it.  Over `cap` bytes is an error. */
MUST_USE bool file_read(struct arena *mem, const char *path, size_t cap, const char **bytes, size_t *count,
                        struct err *err);
/* The same of its first `most` bytes, however long it is. */
MUST_USE bool file_read_head(struct arena *mem, const char *path, size_t most, const char **bytes,
                             size_t *count, struct err *err);
/* Temporary file in the same folder, fsync, rename, fsync of the folder: a reader sees the old file
 * or the new one, also after a power cut.  mode: 0644, 0600. */
MUST_USE bool file_replace(const char *path, const void *bytes, size_t count, unsigned mode, struct err *err);
/* The same for what is too long to be held: written to `fd` piece by piece, then committed, or abandoned.
 * Plain data; whoever began it ends it by exactly one of the two. */
struct file_draft {
    int fd;
    char path[4096], temporary[4096], folder[4096]; /* PATH_MAX */
};
MUST_USE bool file_draft_begin(struct file_draft *d, const char *path, struct err *err);
MUST_USE bool file_draft_commit(struct file_draft *d, unsigned mode,
                                struct err *err); /* ends it in any case */
void file_draft_abandon(struct file_draft *d);
MUST_USE bool file_make_folders(const char *path, unsigned mode, struct err *err); /* as mkdir -p */
/* Which file stands under a name, and which state of it; all zero when none does.  A replaced file is
 * another. */
struct file_version {
    uint64_t device, inode, size;
    int64_t modified_s, modified_ns, changed_s, changed_ns;
};
void file_version_get(const char *path, struct file_version *out);
bool file_version_is(const char *path, const struct file_version *v);
/* Keeps other landfalls that do the same from replacing the file until *fd is closed.  False, and *fd -1,
 * where locks do not work: the caller then goes by the version alone. */
bool file_hold(const char *path, int *fd);
bool file_exists(const char *path);
/* With everything below it; links are removed, not followed.  False: something is left. */
bool file_remove_all(const char *path);
bool file_is_folder(const char *path);
/* Joins with one slash; an absolute `name` stands alone. */
const char *file_join(struct arena *mem, const char *folder, const char *name);
/* Absolute and resolved; NULL when it does not exist. */
const char *file_real(struct arena *mem, const char *path);
const char *file_name(const char *path);                      /* behind the last slash */
const char *file_folder(struct arena *mem, const char *path); /* before it; "." when there is none */
/* Regular file owned by root or the user, not writable by others, nor any parent folder
 * (a folder of ours below a sticky one such as /tmp is fine, a file right in it is not).  Says which and how
 * to mend it. */
MUST_USE bool file_is_trusted(const char *path, struct err *err);

void file_close_fd(int *fd); /* for AUTO; -1 is fine */
