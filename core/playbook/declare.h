/* Declaring: from a name and a table to a struct decl.  A step comes in two calls, its name and then its
 * table; a name without its table is found when the playbook has ended. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "model/decl.h"

struct arena;
struct catalog_type;
struct err;
struct handle;
struct lua_State;
struct playbook;

/* What is declared: a type of a subsystem, or one of the kinds. */
struct declare_what {
    enum decl_kind kind;
    const char *subsystem, *instance, *name; /* name: of the type, or "action" */
    const struct catalog_type *type;         /* NULL: no resource */
    const char *prefix;                      /* of the address: "dns.zone." */
};

/* Takes the name at `index` and pushes the handle. */
void declare_begin(struct lua_State *L, struct arena *tmp, const struct declare_what *what, int index);
/* Takes the table at `index`. */
void declare_finish(struct lua_State *L, struct arena *tmp, struct handle *h, int index);
/* After the playbook has ended: sorted, every step complete and no address twice. */
MUST_USE bool declare_collect(struct playbook *p, struct err *err);
