/* landfall.use("dns", "database/reports"): one table a subsystem, whose fields are its types (dns.zone) and
 * its calls (database.query).  Behind a slash stands the instance of the driver; without one it is the
 * region's plain driver, and step.driver may still choose another for a single step. */
#pragma once

#include <stdbool.h>

struct catalog_call;
struct lua_State;
struct value;
struct arena;

/* A call as a value a playbook passes to ctx:call or a check. */
struct word_use_call {
    const char *subsystem, *instance, *name;
    const struct catalog_call *facts;
};
const struct word_use_call *word_use_test_call(struct lua_State *L, int index);
/* { subsystem, instance, call }: how a check keeps it. */
const struct value *word_use_call_value(struct arena *mem, const struct word_use_call *c);
