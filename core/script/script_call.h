/* The call: how a script reaches C.  A word is one function a script can call; it takes its arguments (may
 * raise, owns nothing), works in C (does not touch L), and gives results (may raise, owns only `tmp`).
 *
 * `tmp` is empty when a word begins and good until the word returns or calls Lua: the next word empties it.
 * Raising is a longjmp, so a word holds nothing that needs freeing when it may raise. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct arena;
struct err;
struct lua_State;

typedef int script_word_fn(struct lua_State *L, struct arena *tmp);

/* Lives for ever: the name of the word in messages, and what it does. */
struct script_word {
    const char *name;
    script_word_fn *fn;
};

/* Pushes the word as a function, with `upvalues` values popped from the stack: SCRIPT_UPVALUE(1)... */
void script_call_push(struct lua_State *L, const struct script_word *word, int upvalues);
#define SCRIPT_UPVALUE(i) lua_upvalueindex((i) + 1)

/* A kind of userdata: `name` is its type in messages; words end with one without a name, and become fields
 * of its metatable ("__index").  Every operator that is not among them raises `refuse`, called with the value
 * and the operator or function that was tried. */
struct script_type {
    const char *name;
    const struct script_word *words;
    const struct script_word *refuse; /* or NULL: Lua's own message */
};
void script_call_add_type(struct lua_State *L, const struct script_type *type);
/* New userdata of a type that was added, zeroed, on the stack. */
void *script_call_new(struct lua_State *L, const struct script_type *type, size_t size);
/* NULL when it is anything else. */
void *script_call_test(struct lua_State *L, int index, const struct script_type *type);

/* The error the next script_call_raise raises: filled in place, because err is too big for a word's stack. */
struct err *script_call_err(struct lua_State *L);
/* Raises script_call_err; without `where` it gets the script line that called.  Never returns. */
int script_call_raise(struct lua_State *L);
/* The same in one step; advice may be NULL. */
int script_call_fail(struct lua_State *L, const char *code, const char *advice, const char *fmt, ...)
    PRINTF(4, 5);
/* Raises what the value's type has to say about being used with `what`; returns when it says nothing. */
void script_call_refuse(struct lua_State *L, int index, const char *what);

/* Arguments: raise with the word's name when they do not fit. */
const char *script_call_text(struct lua_State *L, int index, const char *word, const char *example);
void script_call_table(struct lua_State *L, int index, const char *word, const char *example);
/* Calls as lua_pcall does, from inside a word that must put something right before an error goes on: false
 * leaves the message on the stack, to be raised again by lua_error with its whole story. */
bool script_call_guarded(struct lua_State *L, int args, int results);
