/* The conformance suite: one driver, asked everything that the contract promises, with every way things go
 * wrong in between.  It judges by what is there afterwards, never by what the driver says of itself alone.
 *
 * It makes objects of its own, under names nobody else uses, and removes them.  Each case is told as soon as
 * it has ended; a case that fails says in words for the driver's author what was done, seen and promised. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "plugin/host.h"

struct diags;
struct err;

enum conform_outcome { CONFORM_PASSED = 1, CONFORM_FAILED, CONFORM_SKIPPED };

struct conform_finding {
    const char *summary; /* what the driver did */
    const char *detail;  /* what was seen: its notes, the state; or NULL */
    const char *advice;  /* what the contract wants; or NULL */
};

struct conform_row {
    const char *type; /* "record"; NULL: the driver as a whole */
    const char *name; /* "create_twice" */
    const char *doc;  /* what it proves, as a sentence without a full stop */
    enum conform_outcome outcome;
    const char *reason; /* skipped: why */
    const struct conform_finding *findings;
    size_t finding_count;
    int64_t took_ms;
};

struct conform_ask {
    const char *path;           /* of the .so */
    const char *folder, *sheet; /* the file of settings and samples, seen from the folder */
    struct host_secrets secrets;
    void *user;
    void (*told)(void *user, const struct conform_row *row);
};

struct conform_result {
    const char *subsystem, *driver, *version;
    const char *by_word; /* types whose dryness is the driver's word, joined; or NULL */
    uint32_t passed, failed, skipped;
};

/* False: it could not run (no such file, wrong settings, a broken sheet).  Rows and result live in mem. */
MUST_USE bool conform_run(struct arena *mem, const struct conform_ask *ask, struct conform_result *out,
                          struct diags *diags, struct err *err);
