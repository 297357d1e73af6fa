/* The program: one command of the person who runs the suite, without a shell, waited for and bounded. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct err;

/* argv ends with NULL.  It has the suite's environment and standard error, nothing to read, and what it
 * prints is dropped. */
MUST_USE bool program_run(const char *const *argv, int64_t timeout_ms, struct err *err);
