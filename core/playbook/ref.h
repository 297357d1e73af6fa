/* The reference: an attribute of a step as a playbook holds it, a userdata with one pointer to an expression.
 * It can be passed, stored and joined with '..'; everything else raises a message that says what to write.
 * Lua cannot catch `ref == "x"` (false) and `if ref` (true); ref == ref can be caught and raises. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "model/expr.h"

struct lua_State;
struct value;

/* Pushes a reference to `path` of `address`; both texts live as long as the declarations. */
void ref_push(struct lua_State *L, const char *address, const char *path);
/* Pushes an expression made by a word; file and line are filled in. */
void ref_push_expr(struct lua_State *L, struct expr expr);
/* The value at `index` if it is a reference, else NULL. */
const struct value *ref_test(struct lua_State *L, int index);
