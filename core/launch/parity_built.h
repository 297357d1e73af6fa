/* Built: is what stands in the two regions what is declared for them?  Asked of the stores alone. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

struct arena;
struct decls;
struct err;
struct parity;
struct parity_ask;
struct parity_list;

MUST_USE bool parity_built_compare(struct arena *mem, const struct parity_ask *ask, const struct decls *left,
                                   const struct decls *right, struct parity_list *list, struct parity *out,
                                   struct err *err);
