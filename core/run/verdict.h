/* The verdict: a person settles what landfall could not - `landfall resolve`. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "model/event.h"

struct err;
struct loop;
struct registry;
struct store_snapshot;
struct store_writer;

enum verdict { VERDICT_KEEP = 1, VERDICT_RETRY, VERDICT_FORGET };

struct verdict_ask {
    struct loop *loop;
    struct registry *registry;
    struct store_writer *writer;
    const struct store_snapshot *truth;
    const char *region, *address;
    enum verdict verdict;
    const char *id;  /* VERDICT_KEEP: the service's id of the object that is it */
    const char *by;  /* who says so */
    const char *why; /* VERDICT_FORGET needs it; otherwise it may be NULL */
    event_fn *tell;
    void *tell_user;
    event_fn *keep; /* called beside the event that is put, or NULL */
    void *keep_user;
};

/* False: nothing of that address is open, and nothing need be locked to say so. */
MUST_USE bool verdict_check(const struct verdict_ask *ask, struct err *err);
/* keep: the object is read back, its row written, the operation done.  retry: it did not happen; the next
 * apply plans it anew. forget: landfall lets go of it, row and operation, and whatever is there stays there.
 * Nothing in the world is changed by any of them; the audit chain keeps who said what ("resolved").  Runs the
 * loop; durable when it returns. */
MUST_USE bool verdict_run(const struct verdict_ask *ask, struct err *err);
