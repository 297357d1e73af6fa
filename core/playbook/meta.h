/* The reserved key `step`: what every step may say beside its attributes.
 *
 *   after    list of addresses or handles          owner    text
 *   holds    list of data categories               blocks   milestone ("launch")
 *   protect  refuse to destroy or replace          replace  "create_first"
 *   ignore   list of attribute paths               timeout  seconds, or "30s", "5m", "1h"
 *   shared   touches live customers elsewhere      driver   instance: drivers: dns/<instance>
 *   guess    { days, monthly, one_off }: money is an integer or a text, never a float
 *
 * protect, replace and ignore are for resources, driver for resources and existing objects. */
#pragma once

#include <stdbool.h>

struct arena;
struct decl;
struct lua_State;

/* Fills d->meta (and d->instance) from the field `step` of the table at `index`; raises what is wrong. */
void meta_take(struct lua_State *L, struct arena *tmp, struct decl *d, int index);
bool meta_is_key(const char *name);
