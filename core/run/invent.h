/* The inventor: values that a service would have made, made up from a schema alone - an address, a host name,
 * a count - the same for the same object in every build, so that what refers to them resolves alike. */
#pragma once

#include "base/arena.h"

struct schema;
struct value;

struct invent_ask {
    const char *seed;  /* of the object or call: equal seeds give equal values */
    const char *name;  /* of the step, for names people read */
    const char *place; /* where it lives unless it is told, or NULL */
};

/* The state of an object as asked for: `desired` without its secrets, and every computed attribute that it
 * leaves open. */
const struct value *invent_state(struct arena *mem, const struct schema *s, const struct value *desired,
                                 const struct invent_ask *ask);
/* A reply: every attribute of the schema. */
const struct value *invent_reply(struct arena *mem, const struct schema *s, const struct invent_ask *ask);
