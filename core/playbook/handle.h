/* The handle: what a step's declaration gives back.  Its fields are references to the step's attributes,
 * known or not; itself it is no value, and says so.  One small userdata a step. */
#pragma once

#include <stdint.h>

#include "model/decl.h"

struct catalog_type;
struct lua_State;

struct handle {
    struct decl *step;               /* until its table is there; NULL afterwards */
    const char *address;             /* lives as long as the declarations */
    const struct catalog_type *type; /* NULL: not a resource */
    uint32_t kind;                   /* enum decl_kind */
};

/* Pushes a new one. */
struct handle *handle_push(struct lua_State *L);
struct handle *handle_test(struct lua_State *L, int index);
