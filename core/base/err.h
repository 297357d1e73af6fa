/* The error: one failure, told to a tired person at night.  A fixed-size value on the caller's
 * stack, so that reporting a failure never allocates; over-long parts are cut with an ellipsis.
 *
 *     summary  one line, lower case, no full stop, values in 'quotes': what was being done and seen
 *     detail   what was seen, at length (a source line with a caret, a service's own words)
 *     advice   what to do
 *     code     stable and greppable: "region.unknown_key"
 *     where    "regions/eu.yaml:12:3", or empty
 *
 * Every function that fills it returns false, so that `return err_set(...)` is the whole exit.
 * The place that knows most writes the message; callers wrap it with what they were doing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct err {
    char code[48];
    char where[320];
    char summary[640];
    char detail[1536];
    char advice[640];
};

/* Starts a new error: clears every part, then sets code and summary.  err may not be NULL. */
bool err_set(struct err *err, const char *code, const char *fmt, ...) PRINTF(3, 4);
/* As err_set, with ": " and strerror(errno_value) behind the summary. */
bool err_sys(struct err *err, const char *code, int errno_value, const char *fmt, ...) PRINTF(4, 5);
/* Puts "what: " before the summary. */
bool err_wrap(struct err *err, const char *fmt, ...) PRINTF(2, 3);
bool err_detail(struct err *err, const char *fmt, ...) PRINTF(2, 3);
bool err_advise(struct err *err, const char *fmt, ...) PRINTF(2, 3);
/* line and column count from 1; 0 leaves that part out. */
bool err_at(struct err *err, const char *file, uint32_t line, uint32_t column);
void err_clear(struct err *err);
