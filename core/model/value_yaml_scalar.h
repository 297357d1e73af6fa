/* The scalar: what an unquoted word of YAML means here.  Only true, false, null and JSON-grammar numbers
 * without an exponent are special; what another reader of YAML would take for a number is refused, so that
 * no file means two things. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/attr.h"

struct err;
struct value;

MUST_USE bool value_yaml_scalar_plain(struct arena *mem, const char *text, const struct value **out,
                                      struct err *err);
/* The source behind `!secret`: env:NAME or file:PATH. */
MUST_USE bool value_yaml_scalar_secret(struct arena *mem, const char *source, const struct value **out,
                                       struct err *err);
