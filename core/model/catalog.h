/* The catalog: which types there are, asked for without seeing plugins.  plugin/registry answers; tests
 * answer with a table. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/schema.h"

struct err;

#define CATALOG_OWN_TRANSPORT  (1u << 0)
#define CATALOG_MARKLESS       (1u << 1)
#define CATALOG_HOLDS_DATA     (1u << 2)
#define CATALOG_TELLS_PLACE    (1u << 3)
#define CATALOG_TAKES_UNMARKED (1u << 4)

struct catalog_type {
    const char *subsystem, *name, *doc;
    const struct schema *schema;
    uint32_t traits; /* CATALOG_* */
    bool can_find;   /* `:existing` works */
};

struct catalog_call {
    const char *subsystem, *name, *doc;
    const struct schema *args;
    const struct schema *reply;
};

/* instance: "" for the region's plain driver, "parent" for drivers: dns/parent.  All texts borrowed.
 * Errors name what there is and what comes near: "catalog.no_subsystem", "catalog.no_instance",
 * "catalog.no_type". */
struct catalog {
    void *user;
    bool (*subsystem)(void *user, const char *subsystem, struct err *err); /* any instance declared? */
    bool (*type)(void *user, const char *subsystem, const char *instance, const char *type,
                 const struct catalog_type **out, struct err *err);
    bool (*call)(void *user, const char *subsystem, const char *instance, const char *call,
                 const struct catalog_call **out, struct err *err);
};
