/* The fixture: a plan made up for a case, from plain values.  The rules see it through the same views as a
 * real one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct arena;
struct err;
struct plan;
struct value;

struct policy_fixture {
    struct plan *plan;
    bool at_apply;                /* as rules are asked when it is applied */
    const struct value *approval; /* or NULL */
};

MUST_USE bool policy_fixture_make(struct arena *mem, const struct value *described, const char *file,
                                  uint32_t line, struct policy_fixture *out, struct err *err);
/* Every key of the map is one of `known`, which ends with NULL; an empty list is an empty map. */
MUST_USE bool policy_fixture_check(const struct value *map, const char *what, const char *const *known,
                                   struct err *err);
