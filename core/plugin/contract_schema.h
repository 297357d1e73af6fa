/* A plugin's lf_schema as the model's schema: walked by its own stride, checked attribute by attribute. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "landfall/plugin.h"

struct arena;
struct err;
struct schema;

/* `thing` names the owner in messages: "type 'zone'".  Texts of the plugin are borrowed for ever. */
MUST_USE bool contract_schema_compile(struct arena *mem, const struct lf_plugin *plugin, const char *thing,
                                      const struct lf_schema *from, const struct schema **out,
                                      struct err *err);
