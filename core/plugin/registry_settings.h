/* The settings of a driver, from the region file to what open() is handed: checked against the plugin's
 * schema, defaults filled, secrets with their bytes. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

struct arena;
struct err;
struct host;
struct schema;
struct value;

/* schema may be NULL: the driver takes no settings; given may be NULL: there are none.  label: "dns/parent".
 */
MUST_USE bool registry_settings_resolve(struct arena *mem, struct host *host, const struct schema *schema,
                                        const struct value *given, const char *label, const char *where,
                                        const struct value **out, struct err *err);
