/* The build: apply, resume and destroy are one story - settle, plan, ask, lock, execute, tell - with
 * different beginnings. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "cli/planning.h"

struct err;
struct plan_file;
struct session;

enum build_kind { BUILD_APPLY = 1, BUILD_RESUME, BUILD_DESTROY };

struct build_ask {
    enum build_kind kind;
    const char *region;
    struct planning planning;     /* not for BUILD_RESUME: that goes on as the run began */
    const struct plan_file *file; /* exactly this plan, or nothing; NULL: whatever is due */
    const char *path;             /* of the file, as it was typed; NULL: none */
};

/* exit_code: COMMAND_OK, COMMAND_PARTIAL. */
MUST_USE bool build_run(struct session *s, const struct build_ask *ask, int *exit_code, struct err *err);
