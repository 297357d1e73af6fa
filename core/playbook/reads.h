/* The reads: which values of its region a playbook looked at since the last step was declared, so that a plan
 * can name the rule behind an attribute.  Only maps that hold a shrunk value are watched; to the playbook
 * they are tables as all others. */
#pragma once

#include <stddef.h>

#include "model/value.h"

struct lua_State;
struct playbook;

/* One shrunk value that was read, under the key it was read by. */
struct reads_one {
    const char *key;
    const struct value *value;
};

/* Pushes the region's view, its maps watched where that can tell anything. */
void reads_give(struct lua_State *L, const struct playbook *p, const struct value *view);
/* The attributes of the step that is being declared, each that came from a shrunk value with its origin:
 * where it has the key and the value of what was read, or the very text that was read once.  Forgets all
 * reads. */
const struct value *reads_link(struct playbook *p, const struct value *attrs);
