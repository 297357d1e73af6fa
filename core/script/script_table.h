/* Tables of a script: pairs in order, ipairs, and the part of the table library that plain Lua leaves
 * unbounded or, as its sort, different from run to run. */
#pragma once

struct lua_State;

/* Adds pairs and ipairs to the table on the stack. */
void script_table_add_walks(struct lua_State *L);
/* Stack: library table, Lua's own concat, Lua's own move; pops the two and adds concat, move and sort. */
void script_table_add(struct lua_State *L);
