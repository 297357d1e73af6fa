/* Compiler attributes the whole core spells the same way.  Nothing here has a run-time meaning
 * except AUTO, which calls `fn(&local)` when the local leaves its scope.  Never use AUTO in a
 * function that sees lua_State: a Lua error leaves it by longjmp and the clean-up is skipped. */
#pragma once

#define MUST_USE           __attribute__((warn_unused_result))
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define AUTO(fn)           __attribute__((cleanup(fn)))
#define UNUSED             __attribute__((unused))
#define COUNT_OF(a)        (sizeof(a) / sizeof((a)[0]))
