/* The words that declare: a type of a subsystem (dns.zone "apex" { ... }, dns.zone:existing "parent" { ...
 * }), action, check, human and todo. */
#pragma once

struct catalog_type;
struct lua_State;

/* Pushes the type; texts live as long as the declarations. */
void word_step_push_type(struct lua_State *L, const char *subsystem, const char *instance,
                         const struct catalog_type *type);
