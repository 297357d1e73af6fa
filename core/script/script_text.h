/* Texts of a script: the string functions that plain Lua leaves unbounded, or that would show addresses. */
#pragma once

struct lua_State;

/* Stack: library table, Lua's own format, Lua's own rep; pops the two and adds format, rep, find, match,
 * gmatch and gsub. */
void script_text_add(struct lua_State *L);
/* Pushes what tostring gives: numbers and texts as in Lua, the kind's name for all else. */
void script_text_push(struct lua_State *L, int index);
