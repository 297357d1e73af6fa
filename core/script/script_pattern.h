/* The pattern: Lua's patterns with the same meaning as in Lua 5.4, and a limit on the steps one call may
 * take.  Plain Lua has none, and ("a"):rep(64):find(("a-"):rep(12).."b") runs for minutes inside one C call,
 * where no instruction budget reaches. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct lua_State;

#define SCRIPT_PATTERN_CAPTURES 32
#define SCRIPT_PATTERN_STEPS    20000000u /* about a tenth of a second */

struct script_pattern {
    struct lua_State *L;
    const char *text, *text_end;
    const char *pattern_end;
    uint64_t steps; /* since the call began */
    unsigned depth;
    unsigned count; /* captures, closed or not */
    struct {
        const char *at;
        ptrdiff_t length; /* or one of the marks in the .c */
    } captures[SCRIPT_PATTERN_CAPTURES];
};

void script_pattern_init(struct script_pattern *m, struct lua_State *L, const char *text, size_t text_count,
                         const char *pattern, size_t pattern_count);
/* The end of the match that begins at `from`, or NULL.  Raises on a malformed pattern and past the limit. */
const char *script_pattern_match(struct script_pattern *m, const char *from, const char *pattern);
/* Pushes one capture; the whole match where the pattern has none and i is 0. */
void script_pattern_push(struct script_pattern *m, unsigned i, const char *from, const char *to);
/* Pushes all captures; without any, the whole match, unless `from` is NULL.  Returns how many. */
int script_pattern_push_all(struct script_pattern *m, const char *from, const char *to);
