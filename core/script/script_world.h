/* The world: every name a script can use without having made it.  Plain Lua's part is the allow-list below;
 * playbook/ and policies add their words.  Nothing in it can be assigned, and a name that is not there is an
 * error with advice, not nil.
 *
 *   assert error ipairs pairs pcall select tonumber tostring type xpcall
 *   math    abs ceil floor fmod huge max maxinteger min mininteger modf pi sqrt tointeger type ult
 *   string  byte char find format gmatch gsub len lower match rep reverse sub upper
 *   table   concat insert move pack remove sort unpack
 *
 * Where they differ from Lua 5.4: pairs goes through numbers, then texts, in order, and takes no other keys;
 * tostring and %s give no addresses; table.sort is stable; string.rep, table.concat and table.move have a
 * limit; patterns have a step limit; pcall and xpcall do not catch a spent budget or memory; type names the
 * kind of a handle ("reference", "step", "secret"). */
#pragma once

struct lua_State;

/* For script_new. */
void script_world_open(struct lua_State *L);
/* Pops a value and makes it a global of that name. */
void script_world_add(struct lua_State *L, const char *name);
/* Replaces the table on the stack by a view of it that can be read and gone through, not written.  A missing
 * key raises, with the nearest one as advice; `what` names the table in messages and lives for ever. */
void script_world_seal(struct lua_State *L, const char *what);
