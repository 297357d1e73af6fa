/* Values of a script: Lua data as values and back.  A table is a list (keys 1..n) or a map (text keys),
 * never both; an empty table is what the schema at its place says, else a list.  Keys come out sorted, so
 * that the order of a Lua table reaches nothing.  A secret passes through as an opaque handle. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

struct arena;
struct lua_State;
struct schema;
struct script;
struct value;

struct script_value_rules {
    const char *what;            /* what is taken, for messages: "dns.zone.apex" */
    const struct schema *schema; /* of the map at the top, or NULL */
    const char *const *skip;     /* keys of the top that are not attributes; ends with NULL; or NULL */
};

/* Raises "script.value" with the path inside the table.  Limits: 64 levels, 1 000 000 items, texts are UTF-8
 * without NUL, numbers finite. */
const struct value *script_value_take(struct lua_State *L, int index, struct arena *mem,
                                      const struct script_value_rules *rules);
/* A text at `index` as long as script_keep lives; equal texts give the same pointer. */
const char *script_value_key(struct lua_State *L, int index);
/* Pushes it: null is nil, lists count from 1.  Raises on what is unknown. */
void script_value_give(struct lua_State *L, const struct value *v);

/* How userdata of an upper floor becomes a value: NULL when it cannot, or it raises itself. */
void script_value_set_userdata(struct script *s,
                               const struct value *(*fn)(struct lua_State *L, int index, struct arena *mem));
/* For script_new. */
void script_value_open(struct lua_State *L);
