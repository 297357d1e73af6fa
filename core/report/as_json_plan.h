/* The keys of landfall.plan/1, for a document that holds a plan among other things. */
#pragma once

struct doc;
struct plan;

void as_json_plan_keys(struct doc *d, const struct plan *p);
