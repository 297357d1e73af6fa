/* The shape: what a project says its `services` look like, in regions/services.schema.yaml.
 *
 *     databases: { "*": { storage_gb: integer, size: text, replicas: integer, tags: [text] } }
 *
 * A word is a kind: text, integer, number, boolean, money, date, secret, list, map, any.  A map names the
 * keys there may be, "*" stands for any other; a list of one shape is a list of such items.  Nothing is
 * required: a playbook that needs a value says so itself. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

struct findings;
struct value;

#define SHAPE_FILE "regions/services.schema.yaml"

/* *out NULL when the project has none.  False: it is broken, and that is a finding. */
MUST_USE bool shape_load(struct findings *f, const char *project, const struct value **out);
/* `shape` may be NULL.  Findings point at where the value was written, also when it was copied. */
void shape_check(struct findings *f, const struct value *shape, const struct value *services);
