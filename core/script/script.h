/* The script: one closed Lua world that playbooks and policies share.  No os, io, debug, load, raw access or
 * metatables; an allocator cap, an instruction budget that pcall cannot swallow, bounded pattern calls, a
 * watchdog thread behind all of it; pairs is sorted. What a playbook can say beyond plain Lua is added by
 * playbook/ through lua_call.  Lives until script_free; one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct err;
struct script;

struct script_limits {
    size_t memory;         /* bytes the world may hold; 0: 512 MiB */
    uint64_t instructions; /* per script_run / resume of a coroutine; 0: 2 000 000 000 */
    uint32_t seconds;      /* of the watchdog, per run; 0: 30 */
};

struct script *script_new(struct script_limits limits);
void script_free(struct script *s);
