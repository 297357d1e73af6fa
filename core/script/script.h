/* The script: one closed Lua world that playbooks and policies share.  No os, io, debug, load, raw access or
 * metatables; an allocator cap, an instruction budget that pcall cannot swallow, bounded pattern calls, a
 * watchdog thread behind all of it; pairs is sorted. What a playbook can say beyond plain Lua is added by
 * playbook/ through script_call.  Lives until script_free; one thread.
 *
 * What a script sees of plain Lua is the list in script_world.c and nothing else. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct arena;
struct err;
struct lua_State;
struct script;

struct script_limits {
    size_t memory;         /* bytes the world may hold; 0: 512 MiB */
    uint64_t instructions; /* per script_run / resume of a coroutine; 0: 500 000 000 */
    uint32_t seconds;      /* of the watchdog, per run; 0: 30 */
};

struct script *script_new(struct script_limits limits);
void script_free(struct script *s);
/* No thread of it is left until it runs again: the process may fork. */
void script_rest(struct script *s);

/* What hangs off every coroutine of a script; main's is made by script_new. */
struct script_thread {
    struct script *script;
    void *user; /* NULL for the main one */
};

struct lua_State *script_state(struct script *s);
struct script *script_of(struct lua_State *L);
struct script_thread *script_thread_of(struct lua_State *L);
/* A coroutine just made belongs to `t`, which must outlive it.  t->script is filled in. */
void script_thread_set(struct lua_State *co, struct script_thread *t);

/* One pointer for whoever made the script. */
void script_set_owner(struct script *s, void *owner);
void *script_owner(const struct script *s);
/* Interned keys and secrets go to `mem`, which must outlive every value taken out of the script.  What is
 * added to it from now on counts against the memory cap.  Without it they go to an arena of the script's. */
void script_keep_in(struct script *s, struct arena *mem);
struct arena *script_keep(struct script *s);

/* Compiles text (never bytecode) and leaves the function on the stack of the main state.  `name` is what
 * errors call the file.  "script.syntax" with file:line and the line itself, "script.bytecode". */
MUST_USE bool script_load(struct script *s, const char *name, const char *bytes, size_t count,
                          struct err *err);
/* Calls what lies below `args` values on the main state's stack, as lua_pcall does.  On failure err has
 * file:line of the script, a traceback of script lines only as detail, and advice.  May be called again from
 * inside a C function the script called: budget and watchdog are the outer run's then. */
MUST_USE bool script_run(struct script *s, int args, int results, struct err *err);
/* script_run of a C function, which gets `arg` as light userdata: for work on the Lua state outside a run. */
MUST_USE bool script_protect(struct script *s, int (*fn)(struct lua_State *), void *arg, struct err *err);

enum script_end { SCRIPT_DONE = 1, SCRIPT_WAITS = 2, SCRIPT_FAILED = 3 };
/* Resumes a coroutine from within a script_run, with a budget of its own; `results` values lie on its stack
 * when it is done.  Failed: err as in script_run, the coroutine is dead. */
enum script_end script_resume(struct script *s, struct lua_State *co, int args, int *results,
                              struct err *err);

/* The innermost script line that runs in L; false outside any.  `file` lives as long as the arena of
 * script_keep. */
bool script_place(struct lua_State *L, const char **file, uint32_t *line);
/* Steps done in C on the script's behalf count as instructions; raises "script.budget". */
void script_charge(struct lua_State *L, uint64_t steps);
/* Tells the watchdog the current line: for C functions that may take long. */
void script_note(struct lua_State *L);
/* Raises "script.memory" once what was kept outside Lua passes the cap. */
void script_check_memory(struct lua_State *L);
/* True while an error must not be swallowed: the budget is spent. */
bool script_is_stopped(const struct script *s);
