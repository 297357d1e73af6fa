/* The keys of landfall.plan/1, for a document that holds a plan among other things. */
#pragma once

#include <stddef.h>

struct doc;
struct plan;
struct schema_diff;

void as_json_plan_keys(struct doc *d, const struct plan *p);
/* "changes", where there are any. */
void as_json_plan_changes(struct doc *d, const struct schema_diff *diffs, size_t count);
