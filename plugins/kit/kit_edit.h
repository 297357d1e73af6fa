/* One file, one batch: read it, let the driver decide everything, write it back if it changed.
 *
 * The file is replaced whole or not at all, so the answers the driver gave become true together.  When the
 * file cannot be read nobody is told that something is gone; when it cannot be written no change is called
 * done. */
#pragma once

#include "kit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the driver wants done with the file. */
#define KIT_EDIT_KEEP   1u /* leave it as it is                                          */
#define KIT_EDIT_WRITE  2u /* replace it with `text`                                     */
#define KIT_EDIT_REMOVE 3u /* it holds nothing any more                                  */

struct kit_edit {
    struct kit_batch *batch;
    const char *path;
    const char *text; /* in: the bytes, or NULL where there is no file; out: what to write */
    size_t len;
};

/* Answers every item of edit->batch; gives KIT_EDIT_*.  Called once, never when the file is unreadable. */
typedef uint32_t kit_edit_fn(struct kit_edit *edit);

/* `cap` bounds what is read.  Ends the batch.  `subsystem` begins the codes of the notes given on trouble. */
void kit_edit(struct kit_batch *batch, const char *subsystem, const char *path, size_t cap, kit_edit_fn *fn);

#ifdef __cplusplus
}
#endif
